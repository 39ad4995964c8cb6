//! The published mappings, with NAVLAYER_CORPUS: read, added up, and compared with the raw files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Layer, Workspace, corpus, covered, listing, values};

/// The Mappings Explorer files, and the folders of Security Stack Mappings.
fn sources(corpus: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let explorer = listing(&corpus.join("mappings-explorer"));
    let stacks = ["AWS", "GCP"].map(|name| corpus.join("security-stack-mappings").join(name));
    assert!(explorer.len() >= 11, "{explorer:?}");
    (explorer, stacks.into())
}

fn raw(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("the file can be read")).expect("it is JSON")
}

fn rows(raw: &Value) -> &[Value] {
    raw["mapping_objects"].as_array().expect("it has rows")
}

fn filled<'a>(row: &'a Value, field: &str) -> Option<&'a str> {
    row[field].as_str().map(str::trim).filter(|text| !text.is_empty())
}

fn is_non_mappable(row: &Value) -> bool {
    row["mapping_type"] == "non_mappable" || row["status"] == "non_mappable"
}

/// Capability, technique and score of each row that maps one to the other.
fn mapped(raw: &Value) -> Vec<(&str, &str, Option<i64>)> {
    let rows = rows(raw).iter().filter(|row| !is_non_mappable(row)).filter_map(|row| {
        let score = filled(row, "score_value").map(|level| match level.to_lowercase().as_str() {
            "minimal" => 10,
            "partial" => 50,
            "significant" => 100,
            other => panic!("{other} is no level"),
        });
        Some((filled(row, "capability_id")?, filled(row, "attack_object_id")?, score))
    });
    rows.collect()
}

fn without_score(layer: &Layer) -> BTreeSet<&str> {
    layer.scores().into_iter().filter(|(_, score)| score.is_none()).map(|(id, _)| id).collect()
}

#[test]
fn every_published_mapping_is_read_without_an_error() {
    let Some(corpus) = corpus() else { return };
    let space = Workspace::new();
    let (explorer, stacks) = sources(&corpus);
    let mut files = 0;
    for source in explorer.iter().chain(&stacks) {
        let run = space.run(&["layer", &source.to_string_lossy(), "-v"]).ok();
        let errors: Vec<_> = run.findings().into_iter().filter(|one| one.severity == "error").collect();
        assert!(errors.is_empty(), "{}: {errors:?}", source.display());
        assert!(!run.layer().ids().is_empty(), "{}", source.display());
        files += if source.is_dir() { listing(source).len() } else { 1 };
    }
    covered(files);
}

#[test]
fn counts_and_strongest_levels_are_those_of_the_raw_files() {
    let Some(corpus) = corpus() else { return };
    let space = Workspace::new();
    let (explorer, _) = sources(&corpus);
    let mut cells = 0;
    for path in &explorer {
        let raw = raw(path);
        let mapped = mapped(&raw);
        let mut capabilities: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut strongest: BTreeMap<&str, Option<i64>> = BTreeMap::new();
        for (capability, technique, score) in &mapped {
            capabilities.entry(technique).or_default().insert(capability);
            let held = strongest.entry(technique).or_default();
            *held = (*held).max(*score);
        }
        let source = path.to_string_lossy();
        let counts = space.layer(&source, &["--metric", "count", "-q"]);
        let declared = without_score(&counts);
        let counted: BTreeMap<&str, i64> =
            counts.scores().into_iter().filter_map(|(id, score)| Some((id, score?))).collect();
        let wanted: BTreeMap<&str, i64> = capabilities
            .iter()
            .map(|(id, all)| (*id, i64::try_from(all.len()).expect("a small count")))
            .collect();
        assert_eq!(counted, wanted, "{source}");

        let rows =
            rows(&raw).iter().filter(|row| is_non_mappable(row) && filled(row, "capability_id").is_none());
        let ids = rows.filter_map(|row| filled(row, "attack_object_id"));
        let open: BTreeSet<&str> = ids.filter(|id| !capabilities.contains_key(id)).collect();
        assert_eq!(declared, open, "{source}: what is said to be not mappable");
        for id in &open {
            assert_eq!(values(&counts.technique(id)["metadata"], "state"), ["not mappable"], "{source}");
        }

        if strongest.values().any(Option::is_some) {
            let layer = space.layer(&source, &["-q"]);
            let scores: BTreeMap<&str, Option<i64>> = layer.scores().into_iter().collect();
            assert_eq!(scores, strongest, "{source}");
        }
        cells += wanted.len();
    }
    assert!(cells > 2_000, "{cells} techniques are compared");
    covered(explorer.len());
}

#[test]
fn the_aws_mapping_on_16_1_has_215_techniques_and_10_services_that_are_not_mappable() {
    let Some(corpus) = corpus() else { return };
    let path = corpus.join("mappings-explorer/aws-12.12.2024_attack-16.1-enterprise.json");
    let raw = raw(&path);
    let declared: BTreeSet<(&str, &str)> = rows(&raw)
        .iter()
        .filter(|row| is_non_mappable(row))
        .map(|row| {
            (
                filled(row, "capability_id").expect("an id"),
                filled(row, "capability_description").expect("a name"),
            )
        })
        .collect();
    assert_eq!(declared.len(), 10);
    let space = Workspace::new();
    space.run(&["build", &path.to_string_lossy(), "-o", "site"]).ok();
    let layer = Layer(space.json("site/layers/aws.json"));
    assert_eq!(layer.ids().len(), 215);
    let names: BTreeSet<&str> = declared.iter().map(|(_, name)| *name).collect();
    let told = layer.metadata("not mappable");
    assert_eq!(told[0].split(", ").collect::<BTreeSet<&str>>(), names);
    let framework = &space.json("site/summary.json")["frameworks"][0];
    let gaps = framework["gaps"]["non_mappable_capabilities"].as_array().expect("a list");
    let ids: BTreeSet<&str> = gaps.iter().map(|one| one["id"].as_str().expect("text")).collect();
    assert_eq!(ids, declared.iter().map(|(id, _)| *id).collect());
    for id in ids {
        let page = space.read(&format!("site/capabilities/{id}.html"));
        assert!(page.contains("cannot be mapped"), "{id}");
        assert!(!space.has(&format!("site/layers/capabilities/{id}.json")), "{id} has no layer");
    }
    let rows = framework["capabilities"].as_array().expect("a list");
    assert_eq!(rows.iter().filter(|row| row["non_mappable"] == true).count(), 10);
    assert_eq!(rows.len(), 30);
    covered(1);
}

#[test]
fn the_older_aws_controls_give_86_techniques_and_107_sub_techniques_by_category() {
    let Some(corpus) = corpus() else { return };
    let folder = corpus.join("security-stack-mappings/AWS");
    let source = folder.to_string_lossy();
    let space = Workspace::new();
    let layer = space.layer(&source, &["-q"]);
    let (subs, techniques): (Vec<&str>, Vec<&str>) = layer.ids().into_iter().partition(|id| id.contains('.'));
    assert_eq!((techniques.len(), subs.len()), (86, 107));
    let files = listing(&folder);
    for category in ["Protect", "Detect", "Respond"] {
        let mut strongest: BTreeMap<String, i64> = BTreeMap::new();
        for path in &files {
            let text = fs::read_to_string(path).expect("the file can be read");
            let control: Value = serde_saphyr::from_str(&text).expect("it is YAML");
            for (id, score) in control_scores(&control, category) {
                let held = strongest.entry(id).or_default();
                *held = (*held).max(score);
            }
        }
        let layer = space.layer(&source, &["-q", "--category", category]);
        let scores: BTreeMap<String, i64> =
            layer.scores().into_iter().map(|(id, score)| (id.to_owned(), score.expect("a score"))).collect();
        assert_eq!(scores, strongest, "{category}");
        assert!(!scores.is_empty());
    }
    covered(files.len());
}

/// Technique and score of everything that a control scores in a category.
fn control_scores(control: &Value, category: &str) -> Vec<(String, i64)> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let score = |scores: &Value| -> Option<i64> {
        let score = list(scores).into_iter().find(|score| score["category"] == category)?;
        Some(match score["value"].as_str()? {
            "Minimal" => 10,
            "Partial" => 50,
            "Significant" => 100,
            other => panic!("{other} is no level"),
        })
    };
    let id = |one: &Value| one["id"].as_str().expect("an id").to_owned();
    let mut all = Vec::new();
    for technique in list(&control["techniques"]) {
        all.extend(score(&technique["technique-scores"]).map(|score| (id(&technique), score)));
        for block in list(&technique["sub-techniques-scores"]) {
            let subs = list(&block["sub-techniques"]);
            all.extend(
                score(&block["scores"])
                    .into_iter()
                    .flat_map(|score| subs.iter().map(move |sub| (id(sub), score))),
            );
        }
    }
    all
}

#[test]
fn the_page_of_t1046_shows_six_aws_services_and_two_veris_actions_with_what_they_say() {
    let Some(corpus) = corpus() else { return };
    let folder = corpus.join("mappings-explorer");
    let paths = ["aws-09.21.2021_attack-9.0-enterprise.json", "veris-1.4.0_attack-16.1-enterprise.json"]
        .map(|name| folder.join(name));
    let space = Workspace::new();
    let run =
        space.run(&["build", &paths[0].to_string_lossy(), &paths[1].to_string_lossy(), "-o", "site"]).ok();
    run.says(&["AWS 09/21/2021: ATT&CK 9.0 to 16.1, 455 rows = "]);
    let page = shown(&space.read("site/techniques/T1046.html"));
    for (path, count) in paths.iter().zip([6, 2]) {
        let raw = raw(path);
        let rows: Vec<&Value> = rows(&raw)
            .iter()
            .filter(|row| row["attack_object_id"] == "T1046" && !is_non_mappable(row))
            .collect();
        let capabilities: BTreeSet<&str> =
            rows.iter().filter_map(|row| filled(row, "capability_id")).collect();
        assert_eq!(capabilities.len(), count, "{}", path.display());
        for row in rows {
            for field in ["capability_id", "capability_description", "attack_object_name", "comments"] {
                let Some(text) = filled(row, field) else { continue };
                assert!(page.contains(&text.replace("\r\n", "\n")), "{text} of {field} is not on the page");
            }
            for reference in row["references"].as_array().into_iter().flatten() {
                let reference = reference.as_str().expect("text").trim();
                assert!(page.contains(&format!("href=\"{reference}\"")), "{reference} is not on the page");
            }
        }
    }
    let names: BTreeSet<&str> = page
        .split("<td role=\"cell\" data-label=\"ATT&CK technique\">")
        .skip(1)
        .filter_map(|cell| cell.split_once("dir=\"auto\">")?.1.split('<').next())
        .collect();
    assert_eq!(
        names,
        BTreeSet::from(["Network Service Discovery", "Network Service Scanning"]),
        "names as given"
    );
    covered(2);
}

/// A page's text with what was escaped shown as a reader sees it.
fn shown(page: &str) -> String {
    let mut text = page.to_owned();
    for (escaped, shown) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#x60;", "`"),
        ("&#x3D;", "="),
        ("&amp;", "&"),
    ] {
        text = text.replace(escaped, shown);
    }
    text
}

#[test]
fn every_published_mapping_converts_to_a_file_that_says_the_same() {
    let Some(corpus) = corpus() else { return };
    let space = Workspace::new();
    let (explorer, stacks) = sources(&corpus);
    for source in explorer.iter().chain(&stacks) {
        let path = source.to_string_lossy();
        let copy = space.run(&["convert", &path, "-q"]).ok().stdout;
        let scores = |layer: &Layer| -> Vec<(String, Option<i64>)> {
            layer.scores().into_iter().map(|(id, score)| (id.to_owned(), score)).collect()
        };
        let read = space.run_with(&["layer", "-", "-q"], copy.as_bytes()).ok().layer();
        assert_eq!(scores(&read), scores(&space.layer(&path, &["-q"])), "{path}");
    }
    covered(explorer.len() + stacks.len());
}
