//! What is read from mapping files, and what is found in them.

use serde_json::{Value, json};

use crate::support::{Run, Workspace, mapping, place, plain_row, row, values, with, without};

/// A folder with this mapping in `map.json`, and its text.
fn given(mapping: &Value) -> (Workspace, String) {
    let space = Workspace::new();
    let text = space.mapping("map.json", mapping);
    (space, text)
}

/// The layer run on one mapping, notes included.
fn read(mapping: &Value) -> (Run, String) {
    let (space, text) = given(mapping);
    (space.run(&["layer", "map.json", "-v"]), text)
}

/// What `summary.json` says of the one framework.
fn summary(mapping: &Value) -> Value {
    let (space, _) = given(mapping);
    space.run(&["build", "map.json", "-o", "site"]).ok();
    space.json("site/summary.json")["frameworks"][0].clone()
}

const LOCK: &str = include_str!("reading/controls/lock.yaml");

#[test]
fn a_form_is_recognised_by_its_content_and_not_by_its_name() {
    let space = Workspace::new();
    space.mapping("json.txt", &mapping(&[row("lock", "T1110", "protect", "partial")]));
    space.write("yaml.json", LOCK);
    space.write("no_ending", LOCK);
    assert_eq!(space.layer("json.txt", &[]).scores(), [("T1110", Some(50))]);
    let control = [("T1110", Some(50)), ("T1110.001", Some(100)), ("T1110.003", Some(100))];
    assert_eq!(space.layer("yaml.json", &[]).scores(), control);
    assert_eq!(space.layer("no_ending", &[]).scores(), control);
    assert_eq!(space.run_with(&["layer", "-"], LOCK.as_bytes()).ok().layer().scores(), control);
}

#[test]
fn a_folder_is_searched_whatever_its_files_are_called() {
    let space = Workspace::new();
    space.mapping("in/deep/json.txt", &mapping(&[row("lock", "T1110", "protect", "partial")]));
    space.write("in/deep/er/Lock On Door.yaml", LOCK);
    space.write("in/notes.md", "# Notes, no mapping\n");
    space.write("in/.hidden.json", "{");
    let run = space.run(&["layer", "in", "-v"]).ok();
    assert_eq!(run.layer().metadata("source"), ["door", "acme 03/04/2025"]);
    let skipped = run.finding("NL0108");
    assert_eq!((skipped.severity.as_str(), skipped.place.as_str()), ("note", "in/notes.md"));
}

#[test]
fn three_spellings_of_non_mappable_say_the_same_of_a_capability() {
    let undeclared = mapping(&[row("lock", "T1110", "protect", "partial")]);
    let mut declared = undeclared.clone();
    declared["metadata"]["mapping_types"]["non_mappable"] =
        json!({"name": "non_mappable", "description": ""});
    let empty = |kind: Value, status: &str| {
        let row = row("lawn", "", "", "");
        let row = with(with(row, "mapping_type", kind), "status", json!(status));
        let row = with(with(row, "attack_object_id", Value::Null), "attack_object_name", Value::Null);
        without(row, &["score_category", "score_value", "related_score"])
    };
    for (mut set, spelling) in [
        (undeclared.clone(), empty(json!("non_mappable"), "non_mappable")),
        (undeclared.clone(), empty(json!("non_mappable"), "complete")),
        (declared, empty(json!("non_mappable"), "non_mappable")),
        (undeclared, empty(Value::Null, "non_mappable")),
    ] {
        set["mapping_objects"].as_array_mut().expect("a list").push(spelling.clone());
        let (run, _) = read(&set);
        let layer = run.ok().layer();
        assert_eq!(layer.scores(), [("T1110", Some(50))], "{spelling}");
        assert_eq!(layer.metadata("not mappable"), ["Lawn"], "{spelling}");
        let summary = summary(&set);
        assert_eq!(summary["gaps"]["non_mappable_capabilities"][0]["id"], "lawn", "{spelling}");
        assert_eq!(summary["capabilities"][1]["non_mappable"], true, "{spelling}");
        assert_eq!(summary["capabilities"][1]["coverage"]["mapped"]["n"], 0, "{spelling}");
    }
}

#[test]
fn a_null_capability_says_that_the_technique_is_not_mappable() {
    let mut declared = row("", "T1200", "", "");
    for field in ["capability_id", "capability_description", "capability_group", "mapping_type"] {
        declared = with(declared, field, Value::Null);
    }
    let declared = with(with(declared, "status", json!("non_mappable")), "comments", json!("Hands only."));
    let set = mapping(&[row("lock", "T1110", "protect", "partial"), declared]);
    let (run, _) = read(&set);
    let layer = run.ok().layer();
    assert_eq!(layer.scores(), [("T1110", Some(50)), ("T1200", None)]);
    assert_eq!(values(&layer.technique("T1200")["metadata"], "state"), ["not mappable"]);
    assert!(layer.technique("T1200").get("color").is_none(), "what is not mappable is never painted");
    let summary = summary(&set);
    assert_eq!(summary["gaps"]["not_mappable"][0]["id"], "T1200");
    assert_eq!(summary["headline"][2]["mapped"]["n"], 1, "it is not counted as mapped");
}

#[test]
fn a_row_that_names_neither_capability_nor_technique_is_found_and_left_out() {
    let nothing =
        with(with(row("", "", "", ""), "capability_id", Value::Null), "status", json!("non_mappable"));
    let (run, text) = read(&mapping(&[row("lock", "T1110", "protect", "partial"), nothing]));
    let run = run.ok();
    // Fields stand in alphabetical order; the row is what begins after the first row's end.
    assert_eq!(run.finding("NL0306").place, place("map.json", &text, "{\n      \"attack_object_id\"", 1));
    assert_eq!(run.layer().ids(), ["T1110"]);
}

#[test]
fn a_capability_that_is_both_mapped_and_non_mappable_counts_with_its_mappings() {
    let denied = with(
        with(row("lock", "", "", ""), "mapping_type", json!("non_mappable")),
        "status",
        json!("non_mappable"),
    );
    let (run, text) = read(&mapping(&[row("lock", "T1110", "protect", "partial"), denied]));
    let run = run.ok();
    let finding = run.finding("NL0308");
    assert_eq!(finding.place, place("map.json", &text, "\"lock\"", 1), "the row that declares it");
    assert!(finding.message.contains("`lock`") && finding.help.contains("mappings count"), "{finding:?}");
    assert_eq!(run.layer().scores(), [("T1110", Some(50))]);
}

#[test]
fn a_downloaded_file_without_status_and_with_absent_keys_is_read_as_it_is() {
    let bare = json!({
        "capability_id": "lock", "capability_description": "Lock", "mapping_type": "technique_scores",
        "attack_object_id": "T1110", "attack_object_name": "Brute Force",
        "score_category": "protect", "score_value": "minimal"
    });
    let (run, _) = read(&mapping(&[bare, json!({"capability_id": "log", "attack_object_id": "T1046"})]));
    let run = run.ok();
    let lacking: Vec<_> = run.findings().into_iter().map(|one| (one.code, one.message)).collect();
    let expected = ["capability_group", "mapping_type"].map(|name| ("NL0408", name));
    assert_eq!(lacking.len(), 2, "{lacking:?}");
    for ((code, message), (expected, name)) in lacking.iter().zip(expected) {
        assert!(code == expected && message.contains(name), "{lacking:?}");
    }
    assert_eq!(run.layer().scores(), [("T1046", None), ("T1110", Some(10))]);
}

#[test]
fn empty_texts_and_nulls_mean_that_nothing_is_stated() {
    let empty = row("lock", "T1110", "", "");
    let mut nulls = row("log", "T1046", "", "");
    for field in ["score_category", "score_value", "comments", "references", "related_score", "status"] {
        nulls = with(nulls, field, Value::Null);
    }
    let (run, _) = read(&mapping(&[empty, nulls, row("eye", "T1078", "detect", "significant")]));
    let run = run.ok();
    assert!(run.codes().is_empty(), "{}", run.stderr);
    let layer = run.layer();
    assert_eq!(layer.scores(), [("T1046", None), ("T1078", Some(100)), ("T1110", None)]);
    assert!(layer.technique("T1046").get("links").is_none(), "a null reference is none");
}

#[test]
fn ids_keep_their_odd_characters_and_lose_blanks_around_them() {
    let ids = [
        "I&S-03",
        "action.variety.Spyware/Keylogger",
        "module_(hsm)",
        "brackets [x]",
        "two  blanks",
        " CM-5 ",
    ];
    let mut rows: Vec<Value> = ids.iter().map(|id| row(id, " T1110 ", "protect", "partial")).collect();
    rows.push(row("CM-5", "T1046", "detect", "minimal"));
    let summary = summary(&mapping(&rows));
    let capabilities = summary["capabilities"].as_array().expect("a list");
    let mut found: Vec<&str> = capabilities.iter().map(|one| one["id"].as_str().expect("text")).collect();
    found.sort_unstable();
    let mut wanted = ids.map(str::trim);
    wanted.sort_unstable();
    assert_eq!(found, wanted, "the two spellings of CM-5 are one capability");
    assert_eq!(summary["techniques"][1]["id"], "T1110", "blanks around a technique do not count");
}

#[test]
fn ids_that_differ_in_case_alone_are_two_capabilities_with_a_page_each() {
    let (space, _) = given(&mapping(&[
        row("Action.Theft", "T1110", "protect", "partial"),
        row("action.theft", "T1110", "protect", "minimal"),
    ]));
    space.run(&["build", "map.json", "-o", "site"]).ok();
    let names = space.names("site/capabilities");
    assert_eq!(names, ["action.theft-2.html", "action.theft.html"]);
    let pages: Vec<String> =
        names.iter().map(|name| space.read(&format!("site/capabilities/{name}"))).collect();
    assert!(pages.iter().any(|page| page.contains("<code>Action.Theft</code>")));
    assert!(pages.iter().any(|page| page.contains("<code>action.theft</code>")));
    assert_eq!(space.layer("map.json", &["--metric", "count"]).score("T1110"), Some(2));
}

#[test]
fn an_old_name_is_a_note_and_the_id_counts() {
    let old = with(
        row("eye", "T1046", "detect", "partial"),
        "attack_object_name",
        json!("Network Service Scanning"),
    );
    let (space, text) = given(&mapping(&[old]));
    let quiet = space.run(&["layer", "map.json"]).ok();
    assert!(quiet.codes().is_empty(), "a note is shown on request: {}", quiet.stderr);
    let run = space.run(&["layer", "map.json", "-v"]).ok();
    let finding = run.finding("NL0205");
    assert_eq!(finding.severity, "note");
    assert_eq!(finding.place, place("map.json", &text, "\"Network Service Scanning\"", 0));
    assert!(finding.message.contains("`Network Service Discovery`"), "{finding:?}");
    assert_eq!(run.layer().scores(), [("T1046", Some(50))]);
}

#[test]
fn a_name_with_its_technique_before_it_or_in_another_case_is_right() {
    let named =
        |id: &str, name: &str| with(row("eye", id, "detect", "partial"), "attack_object_name", json!(name));
    let (run, _) = read(&mapping(&[
        named("T1110.001", "Brute Force: Password Guessing"),
        named("T1110.003", "brute force:  password  spraying "),
        named("T1046", "network service discovery"),
    ]));
    assert!(run.codes().is_empty(), "{}", run.stderr);
}

#[test]
fn the_same_row_twice_counts_once() {
    let twice = row("lock", "T1110", "protect", "partial");
    let (run, text) = read(&mapping(&[twice.clone(), twice]));
    let run = run.ok();
    let finding = run.finding("NL0301");
    assert_eq!(
        (finding.severity.as_str(), finding.place),
        ("note", place("map.json", &text, "\"T1110\"", 1))
    );
    assert_eq!(values(&run.layer().technique("T1110")["metadata"], "capability").len(), 1);
}

#[test]
fn of_conflicting_levels_the_strongest_counts() {
    let levels = ["minimal", "significant", "partial"];
    let rows: Vec<Value> = levels.iter().map(|level| row("lock", "T1110", "protect", level)).collect();
    let (space, text) = given(&mapping(&rows));
    let run = space.run(&["layer", "map.json"]).ok();
    let conflicts: Vec<_> = run.findings();
    assert_eq!(conflicts.len(), 2, "{}", run.stderr);
    for (number, finding) in conflicts.iter().enumerate() {
        assert_eq!((finding.code.as_str(), finding.severity.as_str()), ("NL0302", "warning"));
        let level = format!("\"{}\"", levels[number + 1]);
        assert_eq!(finding.place, place("map.json", &text, &level, 0));
        assert!(finding.help.contains("Significant counts"), "{finding:?}");
    }
    assert_eq!(run.layer().score("T1110"), Some(100));
    assert_eq!(
        space.layer("map.json", &["--metric", "mean"]).score("T1110"),
        Some(100),
        "one capability, not three"
    );
    assert_eq!(space.layer("map.json", &["--metric", "count"]).score("T1110"), Some(1));
}

#[test]
fn different_categories_of_one_capability_are_no_conflict() {
    let (run, _) = read(&mapping(&[
        row("lock", "T1110", "protect", "minimal"),
        row("lock", "T1110", "detect", "significant"),
    ]));
    assert!(run.codes().is_empty(), "{}", run.stderr);
}

#[test]
fn a_complete_row_without_a_technique_is_left_out_with_a_warning() {
    let (run, text) = read(&mapping(&[
        row("lock", "T1110", "protect", "partial"),
        with(row("lost", "", "", ""), "attack_object_id", Value::Null),
    ]));
    let run = run.ok();
    let finding = run.finding("NL0306");
    assert_eq!(finding.severity, "warning");
    assert!(finding.message.contains("`lost`"), "{finding:?}");
    assert_eq!(finding.place, place("map.json", &text, "{\n      \"attack_object_id\"", 1));
    assert_eq!(run.layer().metadata("not mappable"), Vec::<&str>::new(), "nobody said so");
}

#[test]
fn a_category_without_a_level_and_a_level_without_a_category_stand_without_a_score() {
    let (run, text) = read(&mapping(&[
        without(row("lock", "T1110", "protect", ""), &["score_value"]),
        with(row("lock", "T1046", "", "partial"), "score_category", Value::Null),
        row("lock", "T1078", "detect", "minimal"),
    ]));
    let run = run.ok();
    let found: Vec<(String, String)> =
        run.findings().into_iter().map(|finding| (finding.code, finding.place)).collect();
    let code = || "NL0305".to_owned();
    assert_eq!(
        found,
        [
            (code(), place("map.json", &text, "\"protect\"", 0)),
            (code(), place("map.json", &text, "\"partial\"", 0))
        ]
    );
    let layer = run.layer();
    assert_eq!(layer.scores(), [("T1046", None), ("T1078", Some(10)), ("T1110", None)]);
    assert_eq!(
        values(&layer.technique("T1110")["metadata"], "state"),
        ["not assessed: mapped without a score"]
    );
}

#[test]
fn an_unknown_attack_version_of_a_row_does_not_keep_it_from_being_read() {
    let odd = with(row("eye", "T1046", "detect", "partial"), "attack_version", json!("[UNKNOWN_VERSION]"));
    let (run, _) = read(&mapping(&[odd]));
    let run = run.ok();
    assert_eq!(run.codes(), ["NL0324"], "{}", run.stderr);
    assert_eq!(run.layer().scores(), [("T1046", Some(50))]);
}

#[test]
fn an_attack_version_may_be_a_number_and_a_major_version_alone() {
    for (written, attack, source) in [
        (json!(9), "9", "9.0"),
        (json!(8.2), "8", "8.2"),
        (json!("10.1"), "10", "10.1"),
        (json!("10"), "10", "10.0"),
        (json!("v16.1"), "16", "16.1"),
    ] {
        let mut set = mapping(&[row("eye", "T1046", "detect", "partial")]);
        set["metadata"]["attack_version"] = written;
        let (run, _) = read(&set);
        let layer = run.ok().layer();
        assert_eq!(layer.0["versions"]["attack"], attack);
        assert_eq!(layer.metadata("source ATT&CK version"), [source]);
    }
}

#[test]
fn retired_misplaced_and_later_techniques_stand_by_their_id_with_a_warning_each() {
    let ids = ["T1053.001", "T1521.003", "T1685", "T1053.004"];
    let rows: Vec<Value> = ids.iter().map(|id| row("eye", id, "detect", "partial")).collect();
    let (space, text) = given(&mapping(&rows));
    let run = space.run(&["layer", "map.json"]).ok();
    let findings = run.findings();
    let wanted = [
        ("NL0203", "revoked, replaced by T1053.002"),
        ("NL0204", "a Mobile technique"),
        ("NL0204", "not known before ATT&CK 19.0"),
        ("NL0203", "deprecated"),
    ];
    for ((id, (code, fate)), finding) in ids.iter().zip(wanted).zip(&findings) {
        assert_eq!((finding.code.as_str(), finding.severity.as_str()), (code, "warning"));
        assert_eq!(finding.place, place("map.json", &text, &format!("\"{id}\""), 0));
        assert!(finding.message.starts_with(id) && finding.message.ends_with(fate), "{finding:?}");
    }
    assert_eq!(run.layer().ids(), ["T1053.001", "T1053.004", "T1521.003", "T1685"]);
    let strict = space.run(&["layer", "map.json", "--strict"]).ends_with(1);
    assert!(strict.stdout.is_empty() && strict.findings().iter().all(|one| one.severity == "error"));
}

#[test]
fn what_is_retired_counts_in_no_figure() {
    let summary = summary(&mapping(&[row("eye", "T1053.001", "detect", "partial")]));
    assert_eq!(summary["headline"][2]["mapped"]["n"], 0);
    assert_eq!(summary["gaps"]["retired"][0]["fate"], "revoked, replaced by T1053.002");
    assert_eq!(summary["techniques"][0]["active"], false);
}

#[test]
fn an_unknown_technique_is_an_error_with_the_nearest_one() {
    let (run, text) = read(&mapping(&[
        row("eye", "T1046", "detect", "partial"),
        row("eye", "T1562.099", "detect", "partial"),
    ]));
    let run = run.ends_with(1);
    let finding = run.finding("NL0202");
    assert_eq!(finding.severity, "error");
    assert_eq!(finding.place, place("map.json", &text, "\"T1562.099\"", 0));
    assert!(finding.help.starts_with("did you mean T1562.0"), "{finding:?}");
    assert!(run.stdout.is_empty(), "nothing is written");
}

#[test]
fn what_is_no_technique_id_is_an_error_at_its_place() {
    for (id, help) in [
        ("T1098.A006", "an id is a technique such as T1562"),
        ("TA0006", "this is a tactic"),
        ("T1562.8", "an id is a technique"),
        ("T15620", "an id is a technique"),
        ("T1110.000", "an id is a technique"),
        ("Brute Force", "an id is a technique"),
    ] {
        let (run, text) = read(&mapping(&[row("eye", id, "detect", "partial")]));
        let run = run.ends_with(1);
        let finding = run.finding("NL0201");
        assert_eq!(finding.message, format!("`{id}` is not a technique id"));
        assert_eq!(finding.place, place("map.json", &text, &format!("\"{id}\""), 0));
        assert!(finding.help.starts_with(help), "{finding:?}");
    }
}

#[test]
fn unknown_categories_levels_and_statuses_come_with_what_was_meant() {
    let (space, text) = given(&mapping(&[
        row("eye", "T1046", "Protct", "partial"),
        row("eye", "T1110", "Detect", "Mninimal"),
        with(row("eye", "T1078", "detect", "minimal"), "status", json!("compleet")),
        row("eye", "T1190", "prevent", "high"),
    ]));
    let run = space.run(&["layer", "map.json"]).ends_with(1);
    let found: Vec<_> =
        run.findings().into_iter().map(|one| (one.code, one.message, one.place, one.help)).collect();
    let at = |part: &str| place("map.json", &text, part, 0);
    for (code, value, what, help) in [
        ("NL0303", "Protct", "category", "did you mean `Protect`?"),
        ("NL0304", "Mninimal", "level", "did you mean `Minimal`?"),
        ("NL0309", "compleet", "status", "did you mean `complete`? the row counts as mapped"),
        ("NL0303", "prevent", "category", "a category is Protect, Detect or Respond"),
        ("NL0304", "high", "level", "a level is Minimal, Partial or Significant"),
    ] {
        let wanted = (
            code.to_owned(),
            format!("unknown {what} `{value}`"),
            at(&format!("\"{value}\"")),
            help.to_owned(),
        );
        assert!(found.contains(&wanted), "{wanted:?} is not in {found:?}");
    }
    assert_eq!(found.len(), 5, "all findings of a file come at once: {found:?}");
}

#[test]
fn categories_and_levels_are_read_in_any_case() {
    let (run, _) = read(&mapping(&[row("eye", "T1046", "DETECT", "Significant")]));
    assert_eq!(run.ok().layer().scores(), [("T1046", Some(100))]);
}

#[test]
fn places_are_right_in_a_file_that_is_one_long_line() {
    let rows: Vec<Value> = (1..40).map(|_| row("eye", "T1046", "detect", "partial")).collect();
    let mut set = mapping(&rows);
    set["mapping_objects"][30]["attack_object_id"] = json!("T1053.001");
    set["mapping_objects"][2]["comments"] = json!("naïve — “quoted” 😀");
    let space = Workspace::new();
    let text = set.to_string();
    space.write("line.json", &text);
    let run = space.run(&["layer", "line.json"]).ok();
    assert_eq!(run.finding("NL0203").place, place("line.json", &text, "\"T1053.001\"", 0));
    assert!(run.stderr.lines().all(|line| line.chars().count() < 300), "a long line is shown in part");
}

#[test]
fn references_become_links_where_they_are_addresses_and_text_where_not() {
    let references = json!([
        "  https://one.example/a ",
        "https://two.example/b https://three.example/c;http://four.example/d",
        "Ref: https://five.example/e",
        "https://six.example/f licensing",
        "[]",
        "chrome-extension://abcdef/page.html#text",
        "\"",
        "",
        null,
        "https://one.example/a"
    ]);
    let (space, text) =
        given(&mapping(&[with(row("eye", "T1046", "detect", "partial"), "references", references)]));
    let run = space.run(&["layer", "map.json", "-v"]).ok();
    let layer = run.layer();
    let links = layer.technique("T1046")["links"].as_array().expect("links").clone();
    let urls: Vec<&str> = links.iter().map(|link| link["url"].as_str().expect("text")).collect();
    assert_eq!(
        urls,
        [
            "https://one.example/a",
            "https://two.example/b",
            "https://three.example/c",
            "http://four.example/d"
        ]
    );
    let mut notes: Vec<_> = run.findings();
    assert_eq!(
        notes.pop().map(|blank| blank.code).as_deref(),
        Some("NL0317"),
        "the empty one is passed over"
    );
    assert_eq!(notes.len(), 5, "{}", run.stderr);
    assert!(notes.iter().all(|note| note.code == "NL0401" && note.severity == "note"), "{notes:?}");
    for (note, value) in notes.iter().zip(["\"Ref:", "\"https://six", "\"[]\"", "\"chrome", "\"\\\"\""]) {
        assert_eq!(note.place, place("map.json", &text, value, 0), "each at its own place");
    }
    space.run(&["build", "map.json", "-o", "site"]).ok();
    let page = space.read("site/techniques/T1046.html");
    assert!(page.contains("<li dir=\"auto\">Ref: https://five.example/e</li>"), "shown as text");
    assert!(!page.contains("href=\"chrome-extension"), "never a link");
}

#[test]
fn a_mapping_without_levels_is_read_as_it_is() {
    let (run, _) = read(&mapping(&[plain_row("ac-2", "T1110"), plain_row("ac-3", "T1110")]));
    let layer = run.ok().layer();
    assert_eq!(layer.score("T1110"), Some(2));
    assert_eq!(values(&layer.technique("T1110")["metadata"], "mapping type"), ["mitigates", "mitigates"]);
}

// Security Stack Mappings

#[test]
fn controls_of_one_platform_in_a_folder_are_one_mapping_set() {
    let space = Workspace::new();
    space.write("controls/lock.yaml", LOCK);
    space.write("controls/Camera On Gate.yaml", include_str!("reading/controls/Camera On Gate.yaml"));
    space.write("controls/lawn.yaml", include_str!("reading/controls/lawn.yaml"));
    let run = space.run(&["layer", "controls", "--metric", "count", "-v"]).ok();
    // One has no techniques, one no description.
    assert_eq!(run.codes(), ["NL0322", "NL0408"], "{}", run.stderr);
    let layer = run.layer();
    assert_eq!(layer.metadata("source"), ["door"]);
    assert_eq!(layer.metadata("source ATT&CK version"), ["9.0"]);
    assert_eq!(layer.metadata("last update"), ["02/11/2021"], "the latest by date, not by text");
    assert_eq!(layer.metadata("not mappable"), ["Lawn"]);
    assert_eq!(
        layer.scores(),
        [
            ("T1078", Some(1)),
            ("T1110", Some(2)),
            ("T1110.001", Some(2)),
            ("T1110.003", Some(1)),
            ("T1110.004", Some(1))
        ]
    );
    let detect = space.run(&["layer", "controls", "--category", "detect"]).ok().layer();
    assert_eq!(
        detect.scores(),
        [("T1078", Some(10)), ("T1110", Some(10)), ("T1110.001", Some(50)), ("T1110.004", Some(50))]
    );
}

#[test]
fn version_numbers_of_controls_are_read_as_versions() {
    for (written, version) in [("9", "9.0"), ("10", "10.0"), ("8.2", "8.2"), ("10.0", "10.0"), ("'9'", "9.0")]
    {
        let space = Workspace::new();
        space.write("lock.yaml", LOCK.replace("ATT&CK version: 9", &format!("ATT&CK version: {written}")));
        assert_eq!(space.layer("lock.yaml", &[]).metadata("source ATT&CK version"), [version], "{written}");
    }
}

#[test]
fn controls_on_different_attack_versions_are_a_warning() {
    let space = Workspace::new();
    let camera = include_str!("reading/controls/Camera On Gate.yaml").replace("version: 9", "version: 10");
    space.write("controls/a.yaml", LOCK);
    space.write("controls/b.yaml", &camera);
    let run = space.run(&["layer", "controls"]).ok();
    let finding = run.finding("NL0310");
    assert_eq!(finding.place, place("controls/b.yaml", &camera, "10", 0));
    assert_eq!(run.layer().metadata("source ATT&CK version"), ["9.0"]);
}

#[test]
fn findings_in_controls_stand_at_their_line_and_column() {
    let space = Workspace::new();
    let text = LOCK
        .replace("value: Partial", "value: Partal")
        .replace("id: T1110.003", "id: T1078.004")
        .replace("id: T1110.001", "id: T1110.A01");
    space.write("lock.yaml", &text);
    let run = space.run(&["layer", "lock.yaml"]).ends_with(1);
    let level = run.finding("NL0304");
    assert_eq!(level.place, place("lock.yaml", &text, "Partal", 0));
    assert_eq!(level.help, "did you mean `Partial`?");
    assert_eq!(run.finding("NL0201").place, place("lock.yaml", &text, "T1110.A01", 0));
    assert_eq!(run.finding("NL0206").place, place("lock.yaml", &text, "T1078.004", 0));
}

#[test]
fn tags_comments_and_references_of_controls_reach_their_pages() {
    let space = Workspace::new();
    space.write("lock.yaml", LOCK);
    space.run(&["build", "lock.yaml", "-o", "site"]).ok();
    let page = space.read("site/capabilities/door_lock.html");
    for part in [
        "<li dir=\"auto\">Hardware</li>",
        "Turns twice.",
        "href=\"https://lock.example/manual\"",
        "Keeps strangers out.",
        "Needs a key that fits.",
    ] {
        assert!(page.contains(part), "{part} is not on the page");
    }
}

// What files and folders bring

#[test]
fn a_file_counts_once_however_it_is_named() {
    let space = Workspace::new();
    let set =
        mapping(&[row("lock", "T1110", "protect", "partial"), row("eye", "T1110", "detect", "minimal")]);
    space.mapping("in/deep/a.json", &set);
    space.write("in/notes.txt", "no mapping");
    let count = ["--metric", "count", "-q"];
    for sources in [
        &["in/deep/a.json"][..],
        &["in/deep/a.json", "in/deep/a.json"],
        &["in/deep/a.json", "./in/deep/../deep/a.json"],
        &["in", "in/deep"],
        &["in/deep", "in"],
        &["in/deep/a.json", "in"],
        &["in/**/*.json", "in/deep/a.json"],
    ] {
        let run = space.run(&[&["layer"][..], sources, &count].concat()).ok();
        assert_eq!(run.layer().score("T1110"), Some(2), "{sources:?}");
        space.run(&[&["validate"][..], sources].concat()).ok();
    }
    space.run(&["convert", "in/deep/a.json", "-o", "a.csv", "-q"]).ok();
    let run = space.run(&["layer", "in/deep/a.json", "a.csv", "--metric", "count"]).ok();
    assert_eq!(run.layer().score("T1110"), Some(2));
    assert!(run.finding("NL0114").message.contains("the same mappings as in/deep/a.json"));
    space.run(&["layer", "in/*.txt"]).ends_with(2).says(&["error: no mapping file in in/*.txt"]);
    space.run(&["layer", "in/*.csv"]).ends_with(2).says(&["error: no file matches in/*.csv"]);
}

#[test]
fn other_programs_files_with_metadata_are_no_mistake_in_a_folder() {
    let space = Workspace::new();
    space.mapping("in/a.json", &mapping(&[row("lock", "T1110", "protect", "partial")]));
    space.write("in/pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n---\nkind: Service\n");
    space.write("in/notebook.ipynb", r#"{"metadata": {"kernelspec": {}}, "cells": []}"#);
    let run = space.run(&["layer", "in", "-v"]).ok();
    let skipped: Vec<String> =
        run.findings().into_iter().filter(|one| one.code == "NL0108").map(|one| one.place).collect();
    assert_eq!(skipped, ["in/notebook.ipynb", "in/pod.yaml"]);
}

#[test]
fn a_wrong_version_in_the_first_control_hides_nothing_of_the_others() {
    let space = Workspace::new();
    space.write("in/a.yaml", LOCK.replace("ATT&CK version: 9", "ATT&CK version: nine"));
    space.write("in/b.yaml", LOCK.replace("Partial", "Partal").replace("Door Lock", "Door Bolt"));
    let run = space.run(&["layer", "in"]).ends_with(1);
    assert_eq!(run.codes(), ["NL0105", "NL0304"]);
}

#[test]
fn layers_of_two_domains_in_one_file_are_parted_by_their_names() {
    let space = Workspace::new();
    let layer = |name: &str, domain: &str, id: &str| {
        json!({"name": name, "versions": {"attack": "16", "navigator": "5.1.0", "layer": "4.5"}, "domain": domain,
            "techniques": [{"techniqueID": id, "score": 40}]})
    };
    let both =
        json!([layer("walls", "enterprise-attack", "T1110"), layer("phones", "mobile-attack", "T1521")]);
    space.write("both.json", both.to_string());
    space.run(&["layer", "both.json"]).ends_with(2).says(&["walls (both.json)", "--framework"]);
    for (name, id) in [("walls", "T1110"), ("phones", "T1521")] {
        assert_eq!(space.layer("both.json", &["--framework", name]).scores(), [(id, Some(40))]);
    }
}

#[test]
fn techniques_that_a_control_only_lists_are_checked_all_the_same() {
    let space = Workspace::new();
    let techniques = "techniques:\n- id: T9999\n  name: Nothing\n- id: T1110\n  name: Brute Farce\n  sub-techniques-scores:\n  \
                      - sub-techniques:\n    - {id: T1078.004, name: Cloud Accounts}\n    scores: []\n";
    let control =
        format!("version: 1\nATT&CK version: 9\nname: Lamp\nplatform: Door\ndescription: x\n{techniques}");
    space.write("lamp.yaml", &control);
    let run = space.run(&["layer", "lamp.yaml", "-v"]).ends_with(1);
    let at = |part: &str| place("lamp.yaml", &control, part, 0);
    assert_eq!(run.finding("NL0202").place, at("T9999"));
    assert_eq!(run.finding("NL0205").place, at("Brute Farce"));
    assert_eq!(run.finding("NL0206").place, at("T1078.004"));
}

#[test]
fn a_pair_that_is_declared_not_mappable_is_told() {
    let pair = with(row("lock", "T1046", "", ""), "status", json!("non_mappable"));
    let (run, _) = read(&mapping(&[row("lock", "T1110", "protect", "partial"), pair]));
    let run = run.ok();
    assert_eq!(run.layer().ids(), ["T1110"]);
    assert!(run.finding("NL0325").message.contains("`lock` and T1046"));
}
