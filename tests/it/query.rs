//! `navlayer query`: what it says of capabilities, techniques, scores and gaps.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::{
    Run, Workspace, active, corpus, covered, listing, mapping, plain_row, row, with, without,
};

pub(crate) const SUBJECTS: [&str; 4] = ["capabilities", "techniques", "scores", "gaps"];

/// Three capabilities that map, one that cannot, a technique that cannot, and one without a level.
pub(crate) fn space() -> Workspace {
    let declared = without(row("mirror", "T1", "", ""), &["score_category", "score_value"]);
    let capability =
        with(with(declared.clone(), "attack_object_id", Value::Null), "status", json!("non_mappable"));
    let capability = with(capability, "comments", json!("It only reflects."));
    let technique = with(with(declared, "attack_object_id", json!("T1600")), "status", json!("non_mappable"));
    let technique =
        with(with(technique, "capability_id", Value::Null), "capability_description", Value::Null);
    let technique = with(technique, "comments", json!("No product\nreaches it."));
    let unscored = with(row("eye", "T1595", "", ""), "comments", json!("Never measured."));
    let space = Workspace::new();
    space.mapping(
        "map.json",
        &mapping(&[
            with(row("lock", "T1110", "protect", "partial"), "comments", json!("Most doors.")),
            row("lock", "T1110.001", "protect", "significant"),
            with(
                row("eye", "T1110", "detect", "minimal"),
                "references",
                json!(["https://a.example/x", "page 3"]),
            ),
            row("eye", "T1078.004", "detect", "partial"),
            row("guard", "T1046", "respond", "significant"),
            row("guard", "T1053.001", "respond", "minimal"),
            without(unscored, &["score_category", "score_value"]),
            capability,
            technique,
        ]),
    );
    space
}

/// Standard output as rows.
#[track_caller]
fn rows(run: &Run) -> Vec<Value> {
    let value: Value =
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stdout));
    value.as_array().expect("an array").clone()
}

pub(crate) fn json_rows(space: &Workspace, arguments: &[&str]) -> Vec<Value> {
    let mut all = vec!["query"];
    all.extend(arguments);
    all.extend(["--format", "json", "-q"]);
    rows(&space.run(&all).ok())
}

/// What a column holds, from the first row to the last.
fn column(rows: &[Value], key: &str) -> Vec<Value> {
    rows.iter().map(|row| row[key].clone()).collect()
}

pub(crate) fn texts<'a>(rows: &'a [Value], key: &str) -> Vec<&'a str> {
    rows.iter().map(|row| row[key].as_str().unwrap_or_default()).collect()
}

#[test]
fn capabilities_are_listed_with_what_they_cover() {
    let space = space();
    let rows = json_rows(&space, &["capabilities", "map.json"]);
    assert_eq!(texts(&rows, "id"), ["eye", "lock", "guard", "mirror"], "most techniques first");
    let row = |id: &str| rows.iter().find(|row| row["id"] == id).expect("it is listed");
    let lock = json!({
        "framework": "acme 03/04/2025",
        "id": "lock",
        "name": "Lock",
        "groups": [],
        "tags": [],
        "state": "mapped",
        "mapped": {"n": 2, "of": 656},
        "techniques": {"n": 1, "of": 203},
        "sub_techniques": {"n": 1, "of": 453},
        "protect": 2,
        "detect": 0,
        "respond": 0,
        "minimal": 0,
        "partial": 1,
        "significant": 1,
        "only": 1,
        "weighted": {"n": 150, "of": 65600},
        "weighted_percent": 0.2,
        "mappings": 2,
        "retired": 0,
        "comment": null,
        "references": []
    });
    assert_eq!(*row("lock"), lock);
    assert_eq!(row("guard")["mapped"]["n"], 1, "a retired id is in no figure");
    assert_eq!(row("guard")["retired"], 1);
    assert_eq!(row("eye")["mapped"]["n"], 3, "one of them without a level");
    assert_eq!((&row("eye")["detect"], &row("eye")["only"]), (&json!(2), &json!(2)));
    assert_eq!(
        (&row("mirror")["state"], &row("mirror")["comment"]),
        (&json!("not mappable"), &json!("It only reflects."))
    );
}

#[test]
fn capabilities_that_the_filters_leave_without_a_mapping_are_listed_when_asked_for() {
    let space = space();
    let detect = ["capabilities", "map.json", "--category", "detect"];
    assert_eq!(texts(&json_rows(&space, &detect), "id"), ["eye", "mirror"]);
    let rows = json_rows(&space, &[&detect[..], &["--all"]].concat());
    assert_eq!(texts(&rows, "id"), ["eye", "guard", "lock", "mirror"]);
    assert_eq!(texts(&rows, "state"), ["mapped", "no mapping", "no mapping", "not mappable"]);
}

#[test]
fn a_capability_without_a_level_is_not_assessed() {
    let space = Workspace::new();
    let unscored = without(row("eye", "T1595", "", ""), &["score_category", "score_value"]);
    space.mapping("map.json", &mapping(&[unscored, row("lock", "T1110", "protect", "partial")]));
    let rows = json_rows(&space, &["capabilities", "map.json"]);
    assert_eq!(texts(&rows, "state"), ["not assessed", "mapped"]);
    let counted = json_rows(&space, &["capabilities", "map.json", "--metric", "count"]);
    assert_eq!(texts(&counted, "state"), ["mapped", "mapped"]);
    assert_eq!(column(&counted, "weighted_percent"), [Value::Null, Value::Null], "a count has no full score");
}

#[test]
fn techniques_are_listed_with_score_levels_and_capabilities() {
    let space = space();
    let rows = json_rows(&space, &["techniques", "map.json"]);
    assert_eq!(texts(&rows, "id"), ["T1046", "T1053.001", "T1078.004", "T1110", "T1110.001", "T1595"]);
    let brute_force = json!({
        "id": "T1110",
        "name": "Brute Force",
        "kind": "technique",
        "tactics": ["Credential Access"],
        "platforms": rows[3]["platforms"],
        "fate": "active",
        "state": "covered",
        "score": 50,
        "rolled_up": false,
        "protect": "Partial",
        "detect": "Minimal",
        "respond": null,
        "capability_count": 2,
        "capabilities": ["Eye", "Lock"],
        "capability_ids": ["eye", "lock"],
        "frameworks": ["acme 03/04/2025"],
        "mappings": 2
    });
    assert_eq!(rows[3], brute_force);
    assert!(rows[3]["platforms"].as_array().expect("a list").contains(&json!("IaaS")));
    assert_eq!(rows[1]["fate"], "revoked, replaced by T1053.002");
    assert_eq!(
        (&rows[2]["kind"], &rows[2]["name"]),
        (&json!("sub-technique"), &json!("Valid Accounts: Cloud Accounts"))
    );
    assert_eq!((&rows[5]["state"], &rows[5]["score"]), (&json!("not assessed"), &Value::Null));
    let layered = json_rows(&space, &["techniques", "map.json", "--metric", "layered"]);
    assert_eq!(layered[3]["score"], 55);
}

#[test]
fn all_techniques_in_scope_are_listed_when_asked_for() {
    let space = space();
    let rows = json_rows(&space, &["techniques", "map.json", "--all"]);
    assert_eq!(rows.len(), active("16.1").len() + 1, "and the retired one");
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for state in texts(&rows, "state") {
        *states.entry(state).or_default() += 1;
    }
    let wanted = [("covered", 5), ("not assessed", 1), ("not covered", 650), ("not mappable", 1)];
    assert_eq!(states, BTreeMap::from(wanted));
}

#[test]
fn scores_are_one_row_for_each_mapping() {
    let space = space();
    let rows = json_rows(&space, &["scores", "map.json"]);
    let of: Vec<(&str, &str)> =
        texts(&rows, "capability_id").into_iter().zip(texts(&rows, "technique_id")).collect();
    let wanted = [
        ("eye", "T1078.004"),
        ("eye", "T1110"),
        ("eye", "T1595"),
        ("guard", "T1046"),
        ("guard", "T1053.001"),
        ("lock", "T1110"),
        ("lock", "T1110.001"),
    ];
    assert_eq!(of, wanted);
    let eye = json!({
        "framework": "acme 03/04/2025",
        "capability_id": "eye",
        "capability_name": "Eye",
        "groups": [],
        "tags": [],
        "technique_id": "T1110",
        "technique_name": "Brute Force",
        "upgraded_from": [],
        "kind": "technique",
        "tactics": ["Credential Access"],
        "platforms": rows[1]["platforms"],
        "fate": "active",
        "category": "Detect",
        "level": "Minimal",
        "score": 10,
        "mapping_type": "technique_scores",
        "comment": null,
        "references": ["https://a.example/x", "page 3"]
    });
    assert_eq!(rows[1], eye);
    assert_eq!((&rows[2]["category"], &rows[2]["comment"]), (&Value::Null, &json!("Never measured.")));
    assert_eq!(
        texts(
            &json_rows(&space, &["scores", "map.json", "--technique", "T1110*", "--level", "significant"]),
            "technique_id"
        ),
        ["T1110.001"]
    );
}

#[test]
fn gaps_tell_three_kinds_of_empty_apart_and_say_why() {
    let space = space();
    let rows = json_rows(&space, &["gaps", "map.json"]);
    let row = |id: &str| rows.iter().find(|row| row["id"] == id);
    let kind = |id: &str| row(id).map(|row| (row["state"].as_str().expect("text"), row["comment"].as_str()));
    assert_eq!(kind("T1003"), Some(("not covered", None)));
    assert_eq!(kind("T1600"), Some(("not mappable", Some("No product\nreaches it."))));
    assert_eq!(kind("T1595"), Some(("not assessed", Some("Never measured."))));
    assert_eq!(row("T1595").expect("a row")["capabilities"], json!(["Eye"]));
    assert_eq!(row("T1600").expect("a row")["frameworks"], json!(["acme 03/04/2025"]));
    for mapped in ["T1046", "T1110", "T1110.001", "T1078.004", "T1053.001"] {
        assert_eq!(kind(mapped), None, "{mapped} is no gap");
    }
    let subs = |id: &str| row(id).expect("a row")["mapped_sub_techniques"].clone();
    assert_eq!(subs("T1078"), json!({"n": 1, "of": 4}));
    assert_eq!(subs("T1003"), json!({"n": 0, "of": 8}));
    assert_eq!(subs("T1003.001"), Value::Null, "a sub-technique has none");
    let last = rows.last().expect("a row");
    assert_eq!(
        (&last["kind"], &last["id"], &last["state"]),
        (&json!("capability"), &json!("mirror"), &json!("not mappable"))
    );
    assert_eq!(last["comment"], "It only reflects.");
    assert_eq!(rows.iter().filter(|row| row["kind"] == "capability").count(), 1);
    assert_eq!(rows.len(), 656 - 4 + 1, "all that is not covered, and the capability");
}

#[test]
fn gaps_say_beside_the_table_what_was_counted_of_how_many() {
    let space = space();
    space.run(&["query", "gaps", "map.json"]).ok().says(&[
        "of 203 techniques and 453 sub-techniques in scope of Enterprise ATT&CK 16.1: 4 covered, 650 not covered, 1 not \
         mappable, 1 not assessed; 1 capability is declared not mappable",
    ]);
    space
        .run(&["query", "techniques", "map.json", "--kind", "technique"])
        .ok()
        .says(&["mapped: 3 of 203 techniques and 0 of 0 sub-techniques in scope of Enterprise ATT&CK 16.1"]);
    space.run(&["query", "scores", "map.json"]).ok().says(&[
        "7 mappings of 3 capabilities; mapped: 3 of 203 techniques and 2 of 453 sub-techniques",
        "1 mapped id is not active and in no count",
    ]);
    space
        .run(&["query", "capabilities", "map.json"])
        .ok()
        .says(&["4 capabilities: 3 mapped, 1 not mappable; mapped together: 3 of 203 techniques"]);
    let quiet = space.run(&["query", "gaps", "map.json", "-q"]).ok();
    assert_eq!(quiet.stderr, "");
}

#[test]
fn a_gap_that_is_rolled_up_is_covered_and_subs_are_counted_for_techniques_alone() {
    let space = space();
    let technique = ["gaps", "map.json", "--kind", "technique"];
    let rows = json_rows(&space, &technique);
    let accounts = rows.iter().find(|row| row["id"] == "T1078").expect("it is a gap");
    assert_eq!(accounts["mapped_sub_techniques"], json!({"n": 1, "of": 4}));
    assert!(texts(&rows, "kind").iter().all(|kind| *kind != "sub-technique"));
    let rolled = json_rows(&space, &[&technique[..], &["--rollup", "max"]].concat());
    assert!(!texts(&rolled, "id").contains(&"T1078"), "it has its sub-technique's score");
    assert_eq!(rolled.len(), rows.len() - 1);
}

#[test]
fn gaps_that_a_capability_filter_leaves_are_not_called_not_mappable() {
    let rows = json_rows(&space(), &["gaps", "map.json", "--capability", "lock"]);
    let t1600 = rows.iter().find(|row| row["id"] == "T1600").expect("a gap");
    assert_eq!(
        t1600["state"], "not covered",
        "the source says it of all of its capabilities, not of this one"
    );
    assert!(rows.iter().all(|row| row["kind"] != "capability"));
}

#[test]
fn figures_are_those_of_the_summary() {
    let space = Workspace::new();
    for arguments in [
        &[][..],
        &["--category", "detect"],
        &["--metric", "layered", "--rollup", "mean", "--platform", "IaaS"],
        &["--tactic", "discovery", "--tactic", "persistence", "--level", "partial"],
        &["--kind", "technique", "--rollup", "max"],
        &["--metric", "count"],
    ] {
        same_as_summary(&space, &[], arguments);
    }
}

/// Compares what `query` says of some sources with what `build` writes of them.
fn same_as_summary(space: &Workspace, sources: &[&str], arguments: &[&str]) {
    let with = |first: &[&'static str]| -> Vec<String> {
        first.iter().chain(sources).chain(arguments).map(|one| (*one).to_owned()).collect()
    };
    let build = with(&["build", "-q", "--force", "-o", "site"]);
    space.run(&build.iter().map(String::as_str).collect::<Vec<_>>()).ok();
    let summary = space.json("site/summary.json");
    let frameworks = summary["frameworks"].as_array().expect("a list");
    let query = |subject: &'static str| {
        let arguments = with(&[subject]);
        json_rows(space, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
    };
    same_capabilities(&query("capabilities"), frameworks, arguments);
    if let [framework] = frameworks.as_slice() {
        same_techniques(&query("techniques"), framework, arguments);
        same_gaps(&query("gaps"), framework, arguments);
    }
}

fn same_capabilities(rows: &[Value], frameworks: &[Value], arguments: &[&str]) {
    let of =
        |framework: &Value| -> Vec<Value> { framework["capabilities"].as_array().expect("a list").clone() };
    let built: Vec<Value> = frameworks.iter().flat_map(of).collect();
    assert_eq!(rows.len(), built.len(), "{arguments:?}");
    for framework in frameworks {
        let label = &framework["source"]["label"];
        for built in of(framework) {
            let row = rows
                .iter()
                .find(|row| row["id"] == built["id"] && row["framework"] == *label)
                .unwrap_or_else(|| panic!("{} is listed", built["id"]));
            let coverage = &built["coverage"];
            for (key, built) in [
                ("mapped", &coverage["mapped"]),
                ("techniques", &coverage["techniques"]),
                ("sub_techniques", &coverage["sub_techniques"]),
            ] {
                assert_eq!((&row[key]["n"], &row[key]["of"]), (&built["n"], &built["of"]), "{key} of {row}");
            }
            assert_eq!(row["only"], built["only"], "{row}");
            for category in built["categories"].as_array().expect("a list") {
                assert_eq!(row[category["key"].as_str().expect("text")], category["n"], "{row}");
            }
            for level in coverage["levels"].as_array().expect("a list") {
                assert_eq!(row[level["class"].as_str().expect("text")], level["n"], "{row}");
            }
            let weighted = &coverage["weighted"];
            assert_eq!(row["weighted"]["n"].as_f64(), weighted["sum"].as_f64(), "{row}");
            assert_eq!(row["weighted"]["of"], weighted["of"], "{row}");
            assert_eq!(row["weighted_percent"], weighted["percent"], "{row}");
            assert_eq!(row["state"] == "not mappable", built["non_mappable"] == true, "{row}");
        }
    }
}

fn same_techniques(rows: &[Value], framework: &Value, arguments: &[&str]) {
    let built = framework["techniques"].as_array().expect("a list");
    assert_eq!(texts(rows, "id"), texts(built, "id"), "{arguments:?}");
    for (row, built) in rows.iter().zip(built) {
        for key in ["name", "score", "rolled_up"] {
            assert_eq!(row[key], built[key], "{key} of {row}");
        }
        assert_eq!(row["capability_ids"], built["capabilities"]);
        assert_eq!(row["fate"] == "active", built["active"] == true, "{row}");
        let mut levels = BTreeMap::new();
        for level in built["levels"].as_array().expect("a list") {
            levels.insert(level["category"].as_str().expect("text").to_lowercase(), level["level"].clone());
        }
        for category in ["protect", "detect", "respond"] {
            assert_eq!(row[category], levels.get(category).cloned().unwrap_or_default(), "{row}");
        }
    }
}

fn same_gaps(rows: &[Value], framework: &Value, arguments: &[&str]) {
    let ids = |list: &Value| -> BTreeSet<String> {
        texts(list.as_array().expect("a list"), "id").into_iter().map(str::to_owned).collect()
    };
    let with = |keep: &dyn Fn(&Value) -> bool| -> BTreeSet<String> {
        rows.iter().filter(|row| keep(row)).map(|row| row["id"].as_str().expect("text").to_owned()).collect()
    };
    let gaps = &framework["gaps"];
    let is_technique = |row: &Value| row["kind"] != "capability";
    assert_eq!(with(&|row| row["state"] == "not mappable" && is_technique(row)), ids(&gaps["not_mappable"]));
    assert_eq!(with(&|row| row["state"] == "not assessed"), ids(&gaps["not_assessed"]));
    assert_eq!(with(&|row| !is_technique(row)), ids(&gaps["non_mappable_capabilities"]), "{arguments:?}");
    // The site lists techniques of which no sub-technique is mapped either.
    let open: BTreeSet<String> = gaps["not_covered"]
        .as_array()
        .expect("a list")
        .iter()
        .flat_map(|tactic| ids(&tactic["techniques"]))
        .collect();
    let is_open = |row: &Value| {
        row["kind"] == "technique"
            && row["state"] == "not covered"
            && row["mapped_sub_techniques"]["n"].as_i64().unwrap_or(0) == 0
    };
    // A technique that is open in one tactic may have a mapped sub-technique in another alone.
    if arguments.contains(&"--kind") {
        assert!(with(&is_open).is_subset(&open), "{arguments:?}");
    } else {
        assert_eq!(with(&is_open), open, "{arguments:?}");
    }
}

#[test]
fn a_source_with_errors_is_not_asked() {
    let space = Workspace::new();
    space.mapping("map.json", &mapping(&[row("lock", "TX", "protect", "partial")]));
    for subject in SUBJECTS {
        let run = space.run(&["query", subject, "map.json"]).ends_with(1);
        assert_eq!(run.stdout, "");
    }
}

#[test]
fn sources_without_levels_are_counted_and_mixed_ones_are_told_apart() {
    let space = space();
    let plain = with(
        mapping(&[plain_row("ac-2", "T1110"), plain_row("ac-2", "T1046"), plain_row("ac-3", "T1046")]),
        "metadata",
        {
            let metadata = mapping(&[])["metadata"].clone();
            with(metadata, "mapping_framework", json!("rules"))
        },
    );
    space.mapping("plain.json", &plain);
    let run = space.run(&["query", "techniques", "plain.json", "--format", "json"]).ok();
    assert_eq!(column(&rows(&run), "score"), [json!(2), json!(1)]);
    run.says(&["note: rules 03/04/2025 has no levels; a score counts capabilities (--metric count)"]);
    let run = space.run(&["query", "techniques", "map.json", "plain.json", "--format", "json"]).ok();
    run.says(&["beside mappings that have, its own stand without a score (--framework keeps them apart)"]);
    let both = json_rows(&space, &["capabilities", "map.json", "plain.json"]);
    let only: BTreeMap<&str, &Value> =
        texts(&both, "id").into_iter().zip(both.iter().map(|row| &row["only"])).collect();
    assert_eq!(only["ac-2"], 1, "in its own framework");
    assert_eq!(
        json_rows(&space, &["capabilities", "map.json", "plain.json", "--framework", "rul*"]).len(),
        2
    );
}

#[test]
fn every_published_mapping_has_a_row_for_each_of_its_own() {
    let Some(corpus) = corpus() else { return };
    let space = Workspace::new();
    let files = listing(&corpus.join("mappings-explorer"));
    for path in &files {
        let source = path.to_string_lossy();
        let raw: Value =
            serde_json::from_slice(&std::fs::read(path).expect("the file can be read")).expect("it is JSON");
        let filled = |row: &Value, key: &str| {
            row[key].as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let is_mapped =
            |row: &&Value| row["mapping_type"] != "non_mappable" && row["status"] != "non_mappable";
        let raw_rows: Vec<&Value> = raw["mapping_objects"].as_array().expect("rows").iter().collect();
        let mut wanted: BTreeMap<(String, String), [usize; 4]> = BTreeMap::new();
        let mut levels: BTreeMap<Option<String>, usize> = BTreeMap::new();
        for row in raw_rows.iter().copied().filter(is_mapped) {
            let (Some(capability), Some(technique)) =
                (filled(row, "capability_id"), filled(row, "attack_object_id"))
            else {
                continue;
            };
            let counts = wanted.entry((capability, technique)).or_default();
            counts[0] += 1;
            counts[1] += filled(row, "comments").map_or(0, |text| text.len());
            counts[2] += usize::from(filled(row, "score_value").is_some());
            *levels.entry(filled(row, "score_value").map(|level| level.to_lowercase())).or_default() += 1;
        }
        let rows = json_rows(&space, &["scores", &source]);
        let mut found: BTreeMap<(String, String), [usize; 4]> = BTreeMap::new();
        let mut found_levels: BTreeMap<Option<String>, usize> = BTreeMap::new();
        for row in &rows {
            let text = |key: &str| row[key].as_str().map(str::to_owned);
            let key = (text("capability_id").expect("an id"), text("technique_id").expect("an id"));
            let counts = found.entry(key).or_default();
            counts[0] += 1;
            counts[1] += text("comment").map_or(0, |text| text.len());
            counts[2] += usize::from(row["level"].is_string());
            *found_levels.entry(text("level").map(|level| level.to_lowercase())).or_default() += 1;
        }
        assert_eq!(found, wanted, "{source}");
        assert_eq!(found_levels, levels, "{source}");
        same_as_summary(&space, &[&source], &[]);
    }
    covered(files.len());
}

#[test]
fn several_published_mappings_have_the_figures_of_their_summary() {
    let Some(corpus) = corpus() else { return };
    let folder = corpus.join("mappings-explorer");
    let paths = ["aws-12.12.2024_attack-16.1-enterprise.json", "gcp-03.06.2025_attack-16.1-enterprise.json"];
    let paths = paths.map(|name| folder.join(name).to_string_lossy().into_owned());
    let sources: Vec<&str> = paths.iter().map(String::as_str).collect();
    let space = Workspace::new();
    same_as_summary(&space, &sources, &[]);
    same_as_summary(&space, &sources, &["--framework", "aws", "--category", "protect"]);
    covered(2);
}
