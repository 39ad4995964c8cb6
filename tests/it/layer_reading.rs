//! Layers as sources: scores as they are, and what was made of mappings back as mappings.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Value, json};

use crate::support::{
    Layer, Run, Workspace, corpus, covered, listing, mapping, place, plain_row, row, values, with,
};

/// A layer of format 4.5 on ATT&CK 16 with these annotations.
fn layer(techniques: &Value) -> Value {
    json!({
        "name": "Purple Team",
        "versions": {"attack": "16", "navigator": "5.1.0", "layer": "4.5"},
        "domain": "enterprise-attack",
        "description": "What we have seen.",
        "techniques": techniques
    })
}

fn read(space: &Workspace, content: &Value, arguments: &[&str]) -> Run {
    space.mapping("in.json", content);
    let mut all = vec!["layer", "in.json", "-v"];
    all.extend(arguments);
    space.run(&all).ok()
}

/// What a layer says of each technique, apart from how it is written.
fn content(layer: &Layer) -> BTreeMap<&str, [Value; 4]> {
    let field = |one: &Value, name: &str| one.get(name).cloned().unwrap_or_default();
    let of = |one| ["score", "comment", "metadata", "links"].map(|name| field(one, name));
    layer.techniques().iter().map(|one| (one["techniqueID"].as_str().expect("an id"), of(one))).collect()
}

/// Writes a layer of a source and reads it back: the second layer must say what the first does.
#[track_caller]
fn comes_back(space: &Workspace, source: &[&str], arguments: &[&str]) -> Layer {
    let mut all = vec!["layer"];
    all.extend(source);
    all.extend(arguments);
    all.extend(["-o", "first.json", "--force", "-q"]);
    space.run(&all).ok();
    let first = Layer(space.json("first.json"));
    let second = space.layer("first.json", &[arguments, &["-q"]].concat());
    assert_eq!(content(&second), content(&first), "{source:?} {arguments:?}");
    assert_eq!(second.0["name"], first.0["name"]);
    assert_eq!(second.0["domain"], first.0["domain"]);
    assert_eq!(second.0["versions"], first.0["versions"]);
    assert_eq!(second.0["metadata"], first.0["metadata"], "{source:?} {arguments:?}");
    first
}

#[test]
fn a_layer_of_ours_gives_back_what_it_was_made_of() {
    let space = Workspace::new();
    for arguments in [
        &[][..],
        &["--metric", "layered"],
        &["--metric", "count"],
        &["--color-by", "category"],
        &["--expand", "all"],
    ] {
        let layer = comes_back(&space, &[], arguments);
        assert_eq!(layer.ids().len(), 215);
    }
}

#[test]
fn a_roll_up_is_no_mapping() {
    let space = Workspace::new();
    space.run(&["layer", "--rollup", "max", "-o", "rolled.json"]).ok();
    space.run(&["layer", "-o", "plain.json"]).ok();
    assert!(Layer(space.json("rolled.json")).ids().len() > 215);
    assert_eq!(content(&space.layer("rolled.json", &["-q"])), content(&space.layer("plain.json", &["-q"])));
}

#[test]
fn parts_of_ours_in_one_file_or_by_tactic_add_up_to_the_whole() {
    let space = Workspace::new();
    space.run(&["layer", "-o", "whole.json"]).ok();
    let whole = space.layer("whole.json", &["-q"]);
    for per in ["capability", "category"] {
        space.run(&["layer", "--per", per, "--bundle", "-o", "parts.json", "--force"]).ok();
        let parts = space.layer("parts.json", &["-q"]);
        let scores = |layer: &Layer| -> Vec<(String, Option<i64>)> {
            layer.scores().into_iter().map(|(id, score)| (id.to_owned(), score)).collect()
        };
        assert_eq!(scores(&parts), scores(&whole), "{per}");
    }
    // A technique stands there once for each tactic, and is mapped once.
    space.run(&["layer", "--tactic", "persistence", "-o", "tactic.json"]).ok();
    let run = space.run(&["layer", "tactic.json", "-v"]).ok();
    assert!(!run.codes().contains(&"NL0301".to_owned()), "{}", run.stderr);
}

#[test]
fn several_sources_in_one_layer_are_several_again() {
    let space = Workspace::new();
    let mut other =
        mapping(&[row("eye", "T1110", "detect", "minimal"), row("ear", "T1078", "detect", "partial")]);
    other["metadata"]["mapping_framework"] = json!("watch");
    space.mapping(
        "one.json",
        &mapping(&[row("lock", "T1110", "protect", "partial"), plain_row("lock", "T1485")]),
    );
    space.mapping("two.json", &other);
    space.run(&["layer", "one.json", "two.json", "-o", "both.json"]).ok();
    space.run(&["build", "both.json", "-o", "site"]).ok();
    let summary = space.json("site/summary.json");
    let frameworks = summary["frameworks"].as_array().expect("a list");
    let labels: Vec<&str> =
        frameworks.iter().map(|one| one["source"]["label"].as_str().expect("text")).collect();
    assert_eq!(labels, ["acme 03/04/2025", "watch 03/04/2025"]);
    let ids = |index: usize| -> Vec<&str> {
        let rows = frameworks[index]["capabilities"].as_array().expect("a list");
        rows.iter().map(|one| one["id"].as_str().expect("text")).collect()
    };
    assert_eq!((ids(0), ids(1)), (vec!["lock"], vec!["ear", "eye"]));
    let back = space.layer("both.json", &["-q"]);
    assert_eq!(content(&back), content(&Layer(space.json("both.json"))));
}

#[test]
fn what_was_declared_not_mappable_still_is() {
    let space = Workspace::new();
    let declared = with(plain_row("moat", ""), "status", json!("non_mappable"));
    let technique =
        with(with(plain_row("", "T1485"), "status", json!("non_mappable")), "capability_id", json!(null));
    space.mapping("in.json", &mapping(&[row("lock", "T1110", "protect", "partial"), declared, technique]));
    let first = comes_back(&space, &["in.json"], &[]);
    assert_eq!(first.metadata("not mappable"), ["Moat"]);
    assert_eq!(values(&first.technique("T1485")["metadata"], "state"), ["not mappable"]);
}

#[test]
fn any_other_layer_is_one_capability_with_its_scores() {
    let space = Workspace::new();
    let techniques = json!([
        {"techniqueID": "T1110", "score": 77, "comment": "seen", "links": [{"label": "l", "url": "https://a.example/x"}]},
        {"techniqueID": "T1078", "color": "#ff6666", "metadata": [{"name": "group", "value": "Bear"}]},
        {"techniqueID": "T1485", "score": 40, "enabled": false},
        {"techniqueID": "T1486", "comment": "", "color": "", "showSubtechniques": true},
        {"techniqueID": "T1490", "comment": "alone"}
    ]);
    let run = read(&space, &layer(&techniques), &[]);
    assert_eq!(run.codes(), Vec::<String>::new(), "{}", run.stderr);
    let made = run.layer();
    assert_eq!(made.scores(), [("T1078", None), ("T1110", Some(77)), ("T1490", None)]);
    let brute = made.technique("T1110");
    assert_eq!(values(&brute["metadata"], "capability"), ["Purple Team"]);
    assert_eq!(values(&brute["metadata"], "score"), ["77"]);
    assert_eq!(values(&brute["metadata"], "comment"), ["seen"]);
    assert_eq!(brute["comment"], "1 capability: Purple Team (score 77)");
    assert_eq!(brute["links"][0]["url"], "https://a.example/x");
    let valid = made.technique("T1078");
    assert_eq!(values(&valid["metadata"], "state"), ["not assessed: mapped without a score"]);
    assert_eq!(values(&valid["metadata"], "comment"), ["group: Bear"]);
    assert_eq!(made.0["name"], "Purple Team");
    comes_back(&space, &["in.json"], &[]);
    let id = space.run(&["layer", "in.json", "--capability", "purple_team", "-q"]).ok().layer();
    assert_eq!(id.ids().len(), 3, "its id is its name in lower case");
}

#[test]
fn a_technique_in_several_tactics_is_one_row_and_the_highest_score_counts() {
    let space = Workspace::new();
    let of = |tactic: &str, score: i64| {
        json!({"techniqueID": "T1078", "tactic": tactic, "score": score, "color": "",
        "comment": "c", "enabled": true, "metadata": [], "links": [], "showSubtechniques": false})
    };
    let run = read(&space, &layer(&json!([of("persistence", 40), of("initial-access", 40)])), &[]);
    assert_eq!(run.codes(), Vec::<String>::new(), "{}", run.stderr);
    let made = run.layer();
    assert_eq!(values(&made.technique("T1078")["metadata"], "capability").len(), 1);
    let content = layer(&json!([of("persistence", 40), of("initial-access", 60), of("stealth", 50)]));
    let text = space.mapping("in.json", &content);
    let run = space.run(&["layer", "in.json"]).ok();
    let finding = run.finding("NL0302");
    assert_eq!(finding.place, place("in.json", &text, "60", 0));
    assert!(finding.message.contains("T1078 has different scores in different tactics"));
    assert!(finding.help.contains("60 counts, the highest"), "{}", finding.help);
    assert_eq!(run.layer().score("T1078"), Some(60));
}

#[test]
fn scores_are_shares_of_the_gradient() {
    let space = Workspace::new();
    let scores = json!([
        {"techniqueID": "T1110", "score": 1}, {"techniqueID": "T1078", "score": 8},
        {"techniqueID": "T1485", "score": 9}, {"techniqueID": "T1486", "score": 0},
        {"techniqueID": "T1490", "score": -2, "comment": "none"}
    ]);
    let gradient = json!({"colors": ["#fff", "#000"], "minValue": 1, "maxValue": 8});
    let content = with(layer(&scores), "gradient", gradient);
    let text = space.mapping("in.json", &content);
    let run = space.run(&["layer", "in.json", "-v"]).ok();
    assert_eq!(run.codes(), ["NL0319", "NL0320"]);
    let scaled = run.finding("NL0320");
    assert_eq!(scaled.place, place("in.json", &text, "8", 0));
    assert!(scaled.message.contains("the gradient ends at 8, which is read as 100"));
    assert!(run.finding("NL0319").message.contains("2 techniques have a score of 0 or below"));
    let made = run.layer();
    assert_eq!(made.scores(), [("T1078", Some(100)), ("T1110", Some(13)), ("T1485", Some(100))]);
    assert_eq!(values(&made.technique("T1110")["metadata"], "score"), ["12.5"]);
    comes_back(&space, &["in.json"], &[]);

    let above = json!([{"techniqueID": "T1110", "score": 250}, {"techniqueID": "T1078", "score": 99.8}]);
    let run = read(&space, &layer(&above), &[]);
    assert!(run.finding("NL0320").message.contains("1 score is above 100"), "{}", run.stderr);
    assert_eq!(run.layer().scores(), [("T1078", Some(99)), ("T1110", Some(100))], "only what is full is 100");
    let nothing = layer(&json!([{"techniqueID": "T1110", "score": 0}]));
    space.mapping("zero.json", &nothing);
    space.run(&["layer", "zero.json"]).ends_with(1).says(&["NL0107", "the layer covers nothing"]);
}

#[test]
fn every_format_and_encoding_gives_the_same() {
    let space = Workspace::new();
    let techniques = json!([{"techniqueID": "T1110", "score": 77}]);
    let new = layer(&techniques);
    let old = json!({"name": "Purple Team", "version": "2.2", "domain": "mitre-enterprise", "viewMode": 1,
        "description": "What we have seen.", "techniques": techniques});
    let utf16: Vec<u8> = [0xff_u8, 0xfe]
        .into_iter()
        .chain(new.to_string().encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let expected = read(&space, &new, &[]).layer();
    for (name, bytes) in [
        ("array.json", json!([new]).to_string().into_bytes()),
        ("bom.json", format!("\u{feff}{new}").into_bytes()),
        ("utf16.json", utf16),
    ] {
        space.write(name, bytes);
        assert_eq!(space.layer(name, &["-q"]).0, expected.0, "{name}");
    }
    space.mapping("old.json", &old);
    let run = space.run(&["layer", "old.json"]).ok();
    let assumed = run.finding("NL0112");
    assert!(assumed.message.contains("states no ATT&CK version"), "{}", assumed.message);
    assert!(assumed.help.contains("the Navigator takes its newest, too"));
    assert_eq!(content(&run.layer()), content(&expected));
    assert_eq!(run.layer().0["versions"]["attack"], "19");
}

#[test]
fn the_stated_release_is_the_newest_of_its_major_number() {
    let space = Workspace::new();
    for (attack, release) in [("10", "10.1"), ("10.0", "10.0"), ("v16", "16.1"), ("9", "9.0")] {
        let mut content = layer(&json!([{"techniqueID": "T1110", "score": 50}]));
        content["versions"]["attack"] = json!(attack);
        let made = read(&space, &content, &[]).layer();
        assert_eq!(made.metadata("ATT&CK"), [format!("enterprise-attack {release}")], "{attack}");
    }
    let mut content = layer(&json!([{"techniqueID": "T1110", "score": 50}]));
    content["versions"]["attack"] = json!("5");
    let text = space.mapping("in.json", &content);
    let run = space.run(&["layer", "in.json"]).ends_with(1);
    assert_eq!(run.finding("NL0105").place, place("in.json", &text, "\"5\"", 0));
}

#[test]
fn several_layers_in_a_file_are_several_capabilities() {
    let space = Workspace::new();
    let one = |name: &str, score: i64| {
        with(layer(&json!([{"techniqueID": "T1110", "score": score}])), "name", json!(name))
    };
    space.mapping("team.json", &json!([one("Red", 20), one("Blue", 60), one("Blue", 90)]));
    let made = space.layer("team.json", &["-q"]);
    assert_eq!(made.0["name"], "team", "the file is what they have in common");
    assert_eq!(made.score("T1110"), Some(90));
    assert_eq!(values(&made.technique("T1110")["metadata"], "capability").len(), 3);
    let mut old = one("Old", 10);
    old["versions"]["attack"] = json!("15");
    space.mapping("mixed.json", &json!([one("Red", 20), old]));
    space.run(&["build", "mixed.json", "-o", "site"]).ok();
    let summary = space.json("site/summary.json");
    let on: BTreeSet<&str> = summary["frameworks"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["source"]["attack_version"].as_str().expect("text"))
        .collect();
    assert_eq!(on, BTreeSet::from(["15.1", "16.1"]), "a set for each release");
}

#[test]
fn what_stands_in_a_row_is_held_to_the_same_rules_as_in_any_mapping() {
    let space = Workspace::new();
    let block = |category: &str, level: &str| {
        json!([{"name": "control", "value": "Lock"}, {"name": "category", "value": category},
               {"name": "value", "value": level}, {"name": "comment", "value": "n/a"}])
    };
    let content = layer(&json!([
        {"techniqueID": "T1110", "metadata": block("Protect", "Partial")},
        {"techniqueID": "T1078", "metadata": block("Protect", "Mninimal")}
    ]));
    let text = space.mapping("in.json", &content);
    let run = space.run(&["layer", "in.json"]).ends_with(1);
    let finding = run.finding("NL0304");
    assert_eq!(finding.place, place("in.json", &text, "\"Mninimal\"", 0));
    assert!(finding.help.contains("did you mean `Minimal`?"));
    for (id, code) in [("T99999", "NL0201"), ("TA0001", "NL0201"), ("T9999", "NL0202")] {
        space.mapping("in.json", &layer(&json!([{"techniqueID": id, "score": 5}])));
        space.run(&["layer", "in.json"]).ends_with(1).finding(code);
    }
    // A technique that is gone is a warning, as it is in any mapping.
    let run = read(&space, &layer(&json!([{"techniqueID": "T1086", "score": 5}])), &[]);
    assert_eq!(run.codes(), ["NL0203"]);
}

#[test]
fn a_control_s_layer_is_that_control() {
    let space = Workspace::new();
    let pair = |level: &str| {
        json!([
            {"name": "category", "value": "Protect"}, {"name": "value", "value": level}, {"name": "comment", "value": "n/a"},
            {"divider": true},
            {"name": "category", "value": "Detect"}, {"name": "value", "value": "Minimal"}, {"name": "comment", "value": "late"}
        ])
    };
    let content = with(
        layer(&json!([
            {"techniqueID": "T1110", "color": "#9305ff", "metadata": pair("Partial"), "score_num": 50},
            {"techniqueID": "T1078", "score": 30}
        ])),
        "name",
        json!("Door Lock"),
    );
    let made = read(&space, &content, &[]).layer();
    let brute = made.technique("T1110");
    assert_eq!(values(&brute["metadata"], "capability"), ["Door Lock", "Door Lock"]);
    assert_eq!(values(&brute["metadata"], "category"), ["Protect", "Detect"]);
    assert_eq!(values(&brute["metadata"], "level"), ["Partial", "Minimal"]);
    assert_eq!(values(&brute["metadata"], "comment"), ["late"], "n/a is no comment");
    assert_eq!(made.score("T1078"), Some(30), "what was added by hand counts");
}

#[test]
fn a_layer_beside_mappings_is_left_out() {
    let space = Workspace::new();
    space.mapping("all/map.json", &mapping(&[row("lock", "T1110", "protect", "partial")]));
    space.mapping("all/map_navigator_layer.json", &layer(&json!([{"techniqueID": "T1078", "score": 5}])));
    for source in ["all", "all/*.json"] {
        let run = space.run(&["layer", source, "-v"]).ok();
        let finding = run.finding("NL0108");
        assert_eq!(finding.place, "all/map_navigator_layer.json");
        assert!(finding.message.contains("a layer beside mappings"), "{}", finding.message);
        assert_eq!(run.layer().ids(), ["T1110"]);
    }
    let named = space.run(&["layer", "all/map.json", "all/map_navigator_layer.json", "-q"]).ok().layer();
    assert_eq!(named.ids(), ["T1078", "T1110"], "a file that is named is read");
    space.mapping("layers/one.json", &layer(&json!([{"techniqueID": "T1078", "score": 5}])));
    assert_eq!(space.layer("layers", &["-q"]).ids(), ["T1078"]);
}

#[test]
fn numbers_enter_every_metric_and_statistic() {
    let space = Workspace::new();
    space.mapping("map.json", &mapping(&[row("lock", "T1110", "protect", "partial")]));
    let numbers = json!([{"techniqueID": "T1110", "score": 80}, {"techniqueID": "T1078", "score": 60},
                         {"techniqueID": "T1485", "score": 5}]);
    space.mapping("in.json", &layer(&numbers));
    let score = |metric: &str| {
        space.run(&["layer", "map.json", "in.json", "--metric", metric, "-q"]).ok().layer().score("T1110")
    };
    assert_eq!(score("strongest"), Some(80));
    assert_eq!(score("layered"), Some(90));
    assert_eq!(score("mean"), Some(65));
    assert_eq!(score("balanced"), Some(80));
    assert_eq!(score("count"), Some(2));
    space.run(&["build", "in.json", "-o", "site", "--color-by", "category"]).ok();
    let framework = &space.json("site/summary.json")["frameworks"][0];
    assert_eq!(framework["scored"], true);
    let all = &framework["headline"][2];
    assert_eq!((&all["partial"]["n"], &all["significant"]["n"]), (&json!(2), &json!(0)));
    assert_eq!(all["weighted"]["sum"], json!(145.0));
    assert_eq!(framework["categories"], json!([]), "no category is stated");
    let made = Layer(space.json("site/layers/purple-team.json"));
    let labels: Vec<&str> = made.0["legendItems"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| item["label"].as_str().expect("text"))
        .collect();
    assert_eq!(labels, ["No category stated: Minimal", "No category stated: Partial"]);
    let page = space.read("site/techniques/T1110.html");
    assert!(page.contains(">80</span>") && !page.contains(">Category</th>"), "the score in place of a level");
    let detect = space.run(&["layer", "in.json", "--category", "detect"]).ok();
    assert!(
        detect.stderr.contains("no mapping passes the filters"),
        "a number of no category is none of detection"
    );
}

#[test]
fn a_layer_that_breaks_the_navigator_is_read_all_the_same() {
    let space = Workspace::new();
    let mut content = layer(&json!([{"techniqueID": "T1110", "score": 50, "comment": 5}, null]));
    content["layout"] = json!(null);
    let run = read(&space, &content, &[]);
    assert_eq!(run.codes(), ["NL0501", "NL0509"]);
    assert!(run.findings().iter().all(|finding| finding.severity == "warning"), "{}", run.stderr);
    assert_eq!(run.layer().scores(), [("T1110", Some(50))]);
    for (field, code) in [("domain", "NL0103"), ("techniques", "NL0107")] {
        let mut content = layer(&json!([{"techniqueID": "T1110", "score": 50}]));
        content.as_object_mut().expect("an object").remove(field);
        space.mapping("in.json", &content);
        space.run(&["layer", "in.json"]).ends_with(1).finding(code);
    }
    let content = with(layer(&json!([{"techniqueID": "T1110", "score": 50}])), "domain", json!("cloud"));
    space.mapping("in.json", &content);
    space.run(&["layer", "in.json"]).ends_with(1).says(&["NL0106", "`cloud` is not an ATT&CK domain"]);
}

/// Capability, technique, category, level and comment of every row, and whether it is declared non-mappable.
fn rows(run: &Run) -> BTreeSet<[String; 6]> {
    let value: Value = serde_json::from_str(&run.stdout).expect("it is JSON");
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().trim().to_owned();
    let fields = ["capability_id", "attack_object_id", "score_category", "score_value", "comments", "status"];
    value["mapping_objects"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| fields.map(|name| text(row, name)))
        .collect()
}

#[test]
fn the_layers_of_the_centers_tools_give_back_their_mappings() {
    let Some(corpus) = corpus() else { return };
    let space = Workspace::new();
    let convert = |path: &str| {
        let path = corpus.join(path);
        rows(&space.run(&["convert", &path.to_string_lossy(), "-q"]).ok())
    };
    let mapex = convert("navigator-layers/mapex-aws-4.4.json");
    assert_eq!(mapex, convert("mappings-explorer/aws-09.21.2021_attack-9.0-enterprise.json"));
    assert_eq!(mapex.len(), 463);
    assert_eq!(mapex.iter().filter(|row| row[5] == "non_mappable").count(), 8);
    let chronicle = convert("navigator-layers/ssm-Chronicle-4.x.json");
    assert_eq!(chronicle, convert("security-stack-mappings/GCP/Chronicle.yaml"));
    assert_eq!(chronicle.len(), 106);
    covered(4);
}

#[test]
fn the_published_layers_are_read_with_the_scores_that_they_have() {
    let Some(corpus) = corpus() else { return };
    let space = Workspace::new();
    let mut files = 0;
    for path in listing(&corpus.join("navigator-layers")) {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        if name.starts_with("mapex") || name.starts_with("ssm") {
            continue;
        }
        let raw: Value = serde_json::from_str(&fs::read_to_string(&path).expect("text")).expect("JSON");
        let top = raw["gradient"]["maxValue"].as_f64().unwrap_or(100.0);
        let mut expected: BTreeMap<&str, Option<i64>> = BTreeMap::new();
        for one in raw["techniques"].as_array().expect("a list") {
            let share = one["score"].as_f64().map(|score| 100.0 * score / top);
            #[expect(clippy::cast_possible_truncation, reason = "between 0 and 100")]
            let shown = share.map(|share| (share + 0.5).floor() as i64);
            let held = expected.entry(one["techniqueID"].as_str().expect("an id")).or_default();
            *held = (*held).max(shown);
        }
        expected.retain(|_, score| *score != Some(0));
        let run = space.run(&["layer", &path.to_string_lossy(), "--metric", "strongest"]).ok();
        assert!(run.findings().iter().all(|finding| finding.severity != "error"), "{}", run.stderr);
        let made = run.layer();
        if name == "Bear_APT.json" {
            assert_eq!(made.ids(), expected.into_keys().collect::<Vec<_>>(), "colours are counted");
        } else {
            assert_eq!(made.scores().into_iter().collect::<BTreeMap<_, _>>(), expected, "{name}");
        }
        files += 1;
    }
    assert_eq!(files, 7);
    covered(files);
}

#[test]
fn published_mappings_come_back_from_our_layers_of_them() {
    let Some(corpus) = corpus() else { return };
    let space = Workspace::new();
    let folder = corpus.join("mappings-explorer");
    let names = [
        "aws-12.12.2024_attack-16.1-enterprise.json",
        "aws-09.21.2021_attack-9.0-enterprise.json",
        "gcp-03.06.2025_attack-16.1-enterprise.json",
        "azure-06.29.2021_attack-8.2-enterprise.json",
    ];
    for name in names {
        comes_back(&space, &[&folder.join(name).to_string_lossy()], &[]);
    }
    covered(names.len());
}
