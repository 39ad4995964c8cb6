//! `navlayer convert`: which form is written where, and what is said to be lost.

use serde_json::{Value, json};

use crate::support::{Finding, Workspace, mapping, row, with};

const LOCK: &str = include_str!("reading/controls/lock.yaml");

fn space() -> Workspace {
    let space = Workspace::new();
    space.mapping("map.json", &mapping(&[row("lock", "T1110", "protect", "partial")]));
    space
}

#[test]
fn the_ending_or_the_format_tells_the_form() {
    let space = space();
    for (file, start) in [
        ("a.json", "{\n\"metadata\""),
        ("a.yaml", "metadata:\n"),
        ("a.yml", "metadata:\n"),
        ("a.csv", ",mapping_framework,"),
        ("a.TSV", "\tmapping_framework\t"),
    ] {
        space.run(&["convert", "map.json", "-o", file]).ok();
        assert!(space.read(file).starts_with(start), "{file}");
    }
    space.run(&["convert", "map.json", "-o", "a.xlsx"]).ok();
    assert!(space.bytes("a.xlsx").starts_with(b"PK"));
    space.run(&["convert", "map.json", "-o", "table", "--format", "csv"]).ok();
    assert_eq!(space.read("table"), space.read("a.csv"));
    assert_eq!(space.run(&["convert", "map.json", "--format", "yaml"]).ok().stdout, space.read("a.yaml"));
    assert_eq!(space.run(&["convert", "map.json"]).ok().stdout, space.read("a.json"));
    let refused = space.run(&["convert", "missing.json", "-o", "a.txt"]).ends_with(2);
    refused.says(&["a.txt does not tell the form", "--format"]);
    space
        .run(&["convert", "map.json", "--format", "xlsx"])
        .ends_with(2)
        .says(&["XLSX is no text", "-o FILE.xlsx"]);
}

#[test]
fn two_runs_give_the_same_bytes() {
    let space = space();
    for form in ["json", "yaml", "csv", "tsv", "xlsx"] {
        let files = [format!("a.{form}"), format!("b.{form}")];
        for file in &files {
            space.run(&["convert", "map.json", "-o", file]).ok();
        }
        assert!(space.bytes(&files[0]) == space.bytes(&files[1]), "{form}");
    }
}

#[test]
fn nothing_is_replaced_unasked() {
    let space = space();
    space.write("mine.csv", "a,b\n");
    space.run(&["convert", "map.json", "-o", "mine.csv"]).ends_with(2).says(&["--force"]);
    assert_eq!(space.read("mine.csv"), "a,b\n");
    space.run(&["convert", "map.json", "-o", "mine.csv", "--force"]).ok();
}

#[test]
fn several_sets_need_a_folder() {
    let space = space();
    let mut other = mapping(&[row("lock", "T1110", "protect", "partial")]);
    other["metadata"]["mapping_framework"] = json!("other");
    space.mapping("other.json", &other);
    let sources = ["convert", "map.json", "other.json"];
    let refused = space.run(&[&sources[..], &["-o", "all.csv"]].concat()).ends_with(2);
    refused.says(&["2 mapping sets", "acme 03/04/2025 (map.json), other 03/04/2025 (other.json)", "FOLDER/"]);
    space
        .run(&[&sources[..], &["-o", "out/", "--format", "csv"]].concat())
        .ok()
        .says(&["2 mapping sets in out/"]);
    assert_eq!(
        space.names("out"),
        [
            "acme-03.04.2025_attack-16.1-enterprise.csv",
            "manifest.json",
            "other-03.04.2025_attack-16.1-enterprise.csv"
        ]
    );
}

#[test]
fn what_a_form_cannot_hold_is_said_once_for_each_kind() {
    let space = Workspace::new();
    space.write("lock.yaml", LOCK);
    for form in ["json", "csv"] {
        let file = format!("lock.{form}");
        let run = space.run(&["convert", "lock.yaml", "-o", &file]).ok();
        let finding = run.finding("NL0601");
        assert!(
            finding.message.starts_with(&form.to_uppercase()) && finding.message.contains("tag"),
            "{finding:?}"
        );
        assert_eq!((finding.severity.as_str(), finding.place.as_str()), ("warning", "lock.yaml"));
        run.finding("NL0602");
    }
    let strict = space.run(&["convert", "lock.yaml", "-o", "strict.json", "--strict"]).ends_with(1);
    strict.says(&["nothing was written"]);
    assert!(!space.has("strict.json"));
    let facts = space.run(&["convert", "lock.yaml", "--facts"]).ok();
    assert!(!facts.codes().contains(&"NL0602".to_owned()), "a sentence is left out on purpose");
}

/// The codes that converting a mapping to a form gives.
fn codes(set: &Value, form: &str) -> Vec<String> {
    let space = Workspace::new();
    space.mapping("map.json", set);
    space.run(&["convert", "map.json", "-o", &format!("out.{form}")]).ok().codes()
}

#[test]
fn tables_hold_less_than_json() {
    let plain = mapping(&[row("lock", "T1110", "protect", "partial")]);
    assert_eq!(codes(&plain, "json"), [""; 0]);
    assert_eq!(codes(&plain, "yaml"), [""; 0]);
    assert_eq!(codes(&plain, "csv"), ["NL0606"], "two groups that no row names");
    let mut grouped =
        mapping(&[with(row("lock", "T1110", "protect", "partial"), "capability_group", json!("AC"))]);
    grouped["metadata"]["capability_groups"] = json!({"AC": "Access Control"});
    assert_eq!(codes(&grouped, "csv"), ["NL0607"], "access_control is what the name tells");
    let mut authored = grouped.clone();
    authored["metadata"]["capability_groups"] = json!({"access_control": "Access Control"});
    authored["mapping_objects"][0]["capability_group"] = json!("access_control");
    assert_eq!(codes(&authored, "csv"), [""; 0]);
    authored["metadata"]["author"] = json!("Ann");
    assert_eq!(codes(&authored, "xlsx"), ["NL0608"]);
    assert_eq!(codes(&authored, "json"), [""; 0]);
    authored["metadata"]["author"] = json!(null);
    authored["mapping_objects"][0]["comments"] = json!("=HYPERLINK(\"https://a.example\")");
    assert_eq!(codes(&authored, "csv"), ["NL0611"]);
    assert_eq!(codes(&authored, "xlsx"), [""; 0]);
    authored["mapping_objects"][0]["comments"] = json!("x".repeat(40_000));
    assert_eq!(codes(&authored, "xlsx"), ["NL0609"]);
    assert_eq!(codes(&authored, "csv"), [""; 0]);
    authored["mapping_objects"][0]["comments"] = json!("a\u{1}b");
    assert_eq!(codes(&authored, "csv"), ["NL0610"]);
    assert_eq!(codes(&authored, "yaml"), [""; 0]);
    authored["metadata"]["creation_date"] = json!("2024-01-02");
    assert_eq!(codes(&authored, "json"), ["NL0612"]);
}

/// The finding with a code that converting a file to JSON gives.
#[track_caller]
fn lost(file: &str, content: &str, code: &str) -> Finding {
    let space = Workspace::new();
    space.write(file, content);
    let run = space.run(&["convert", file, "-o", "out.json", "--force"]);
    let finding = run.finding(code);
    assert_eq!((finding.severity.as_str(), finding.place.as_str()), ("warning", file), "{finding:?}");
    finding
}

#[test]
fn rows_hold_less_than_a_capability() {
    // A row that cannot count puts its capability in a group all the same.
    let grouped =
        |group: &str| with(row("lock", "T1110", "protect", "partial"), "capability_group", json!(group));
    let finding = lost(
        "map.json",
        &mapping(&[grouped("wall"), with(grouped("watch"), "attack_object_id", json!(""))]).to_string(),
        "NL0603",
    );
    assert!(finding.message.contains("`watch` of `lock`"), "{finding:?}");
    assert_eq!(finding.help, "each row names one group");
    let two = mapping(&[grouped("wall"), with(grouped("watch"), "attack_object_id", json!("T1078"))]);
    assert_eq!(codes(&two, "json"), [""; 0], "a row for each group");

    let finding = lost("lock.yaml", LOCK, "NL0604");
    assert!(finding.message.contains("1 capability's own comment or references"), "{finding:?}");
    assert!(finding.message.contains("that of `door_lock`"), "{finding:?}");
    let silent = LOCK.split("\ncomments: Turns").next().expect("the part before");
    let space = Workspace::new();
    space.write("lock.yaml", silent);
    let run = space.run(&["convert", "lock.yaml", "-o", "out.json"]).ok();
    assert!(!run.codes().contains(&"NL0604".to_owned()), "{}", run.stderr);

    let nameless = row("bell", "", "", "");
    let rows = mapping(&[row("lock", "T1110", "protect", "partial"), nameless]);
    let finding = lost("map.json", &rows.to_string(), "NL0605");
    assert!(finding.message.contains("neither mapped nor declared non-mappable"), "{finding:?}");
    assert!(finding.message.contains("`bell`") && finding.help.contains("left out"), "{finding:?}");
}

#[test]
fn a_score_that_is_a_number_has_no_place_beside_levels() {
    let layer = |score: u32| {
        let layer = json!({
            "name": "Purple Team",
            "versions": {"attack": "16", "navigator": "5.1.0", "layer": "4.5"},
            "domain": "enterprise-attack",
            "techniques": [{"techniqueID": "T1110", "score": score}, {"techniqueID": "T1078"}]
        });
        layer.to_string()
    };
    let finding = lost("layer.json", &layer(37), "NL0613");
    assert!(finding.message.contains("1 score that is a number"), "{finding:?}");
    assert!(finding.message.contains("37 of `purple_team` for T1110"), "{finding:?}");
    assert!(finding.help.contains("levels only"), "{finding:?}");
}

#[test]
fn a_text_too_long_for_a_cell_is_cut_and_the_rest_is_read_again() {
    let space = Workspace::new();
    let long = "é😀".repeat(20_000);
    let row = with(row("lock", "T1110", "protect", "partial"), "comments", json!(long));
    let addresses: Vec<String> = (0..2_000).map(|n| format!("https://a.example/{n:020}")).collect();
    let row = with(row, "references", json!(addresses));
    space.mapping("map.json", &mapping(&[row]));
    space
        .run(&["convert", "map.json", "-o", "cut.xlsx"])
        .ok()
        .says(&["2 texts are longer than the 32767 characters"]);
    let layer = space.layer("cut.xlsx", &["-q"]);
    assert_eq!(layer.scores(), [("T1110", Some(50))]);
}

#[test]
fn json_passes_the_rules_of_mappings_explorer() {
    let space = Workspace::new();
    // A mapping without a type beside what is not mappable, and a control that defines no types at all.
    let untyped = with(row("lock", "T1110", "", ""), "mapping_type", Value::Null);
    let denied =
        with(with(row("lawn", "", "", ""), "mapping_type", Value::Null), "status", json!("non_mappable"));
    space.mapping("untyped.json", &mapping(&[untyped, denied]));
    space.write("lock.yaml", LOCK);
    for source in ["untyped.json", "lock.yaml"] {
        let text = space.run(&["convert", source, "-q"]).ok().stdout;
        check_rules(&serde_json::from_str(&text).expect("it is JSON"), source);
    }
}

/// The rules of Mappings Explorer's schema and of the checks that it makes before an export.
fn check_rules(file: &Value, name: &str) {
    let keys =
        |value: &Value| -> Vec<String> { value.as_object().expect("an object").keys().cloned().collect() };
    assert_eq!(keys(file), ["mapping_objects", "metadata"], "{name}");
    let metadata = &file["metadata"];
    for key in [
        "mapping_version",
        "technology_domain",
        "attack_version",
        "mapping_framework",
        "mapping_framework_version",
    ] {
        assert!(metadata[key].is_string(), "{name}: {key}");
    }
    assert!(["enterprise", "mobile", "ics"].contains(&metadata["technology_domain"].as_str().expect("text")));
    for kind in metadata["mapping_types"].as_object().expect("an object").values() {
        assert!(
            kind["name"].is_string() && kind["description"].is_string() && keys(kind).len() == 2,
            "{name}"
        );
    }
    let rows = file["mapping_objects"].as_array().expect("a list");
    let mut undefined = std::collections::BTreeSet::new();
    for row in rows {
        for key in ["mapping_type", "capability_group", "references", "status"] {
            assert!(row.get(key).is_some(), "{name}: {key}");
        }
        assert!(row["references"].is_array(), "{name}");
        assert!(["complete", "in_progress", "non_mappable"].contains(&row["status"].as_str().expect("text")));
        for (key, allowed) in [
            ("score_category", ["protect", "detect", "respond"]),
            ("score_value", ["minimal", "partial", "significant"]),
        ] {
            assert!(
                row.get(key).is_none_or(|value| allowed.contains(&value.as_str().expect("text"))),
                "{name}"
            );
        }
        if let Some(group) = row["capability_group"].as_str() {
            assert!(metadata["capability_groups"].get(group).is_some(), "{name}: {group}");
        }
        let kind = &row["mapping_type"];
        if kind.as_str().is_none_or(|kind| metadata["mapping_types"].get(kind).is_none()) {
            undefined.insert(kind.to_string());
        }
    }
    assert!(undefined.len() < 2, "{name}: {undefined:?}");
    assert!(
        undefined.iter().all(|kind| kind == "null" || kind == "\"non_mappable\""),
        "{name}: {undefined:?}"
    );
}
