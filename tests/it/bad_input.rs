//! Input that nothing can be built on: one clear diagnostic, exit code 1 or 2, and nothing written.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::{Run, Workspace, mapping, place, row};

const LOCK: &str = include_str!("reading/controls/lock.yaml");

fn good() -> Value {
    mapping(&[row("lock", "T1110", "protect", "partial")])
}

/// Runs what reads mappings on a bad source; checks what holds for each of them, and gives the last run.
#[track_caller]
fn refused(space: &Workspace, source: &str) -> Run {
    let mut last = None;
    for command in [["layer", source, "-o", "out.json"], ["build", source, "-o", "out"]] {
        let run = space.run(&command);
        assert!(run.code == 1 || run.code == 2, "exit code {} of {command:?}\n{}", run.code, run.stderr);
        assert!(!run.stderr.contains("panicked") && !run.stderr.contains("overflow"), "{}", run.stderr);
        assert!(run.stderr.contains(source), "the source is named:\n{}", run.stderr);
        assert!(run.stdout.is_empty(), "{}", run.stdout);
        assert!(!space.has("out.json") && !space.has("out"), "nothing is written by {command:?}");
        last = Some(run);
    }
    last.expect("two commands ran")
}

/// A bad file that has exactly one thing wrong with it: its message must hold `message`.
#[track_caller]
fn refused_once(content: impl AsRef<[u8]>, message: &str) -> Run {
    let space = Workspace::new();
    space.write("bad.json", content);
    let run = refused(&space, "bad.json");
    let errors = run.stderr.lines().filter(|line| line.starts_with("error")).count();
    assert_eq!(errors, 1, "one diagnostic:\n{}", run.stderr);
    run.says(&[message])
}

#[test]
fn an_empty_file_is_said_to_be_empty() {
    for content in ["", " \n\t\r\n", "\u{feff}", "\u{feff}\n"] {
        let run = refused_once(content, "the file is empty");
        assert_eq!(run.finding("NL0101").place, "bad.json");
    }
}

#[test]
fn what_is_neither_json_nor_a_control_is_no_mapping() {
    for content in ["<html></html>", "just words", "key: value\n", "42", "\"text\"", "null"] {
        let run = refused_once(content, "this is not a mapping file");
        let finding = run.finding("NL0102");
        assert!(finding.help.contains("Mappings Explorer"), "{finding:?}");
    }
}

#[test]
fn json_of_another_kind_is_told_by_its_kind() {
    let bundle = json!({"type": "bundle", "id": "bundle--1", "objects": []});
    for (content, kind) in [
        (bundle, "it is a STIX bundle"),
        (json!([]), "it is JSON of another kind"),
        (json!([{"metadata": {}, "mapping_objects": []}]), "it is JSON of another kind"),
        (json!({}), "it is JSON of another kind"),
    ] {
        refused_once(content.to_string(), kind).finding("NL0102");
    }
}

#[test]
fn a_layer_that_covers_nothing_is_said_to() {
    let empty = r#"{"name": "old", "version": "3.0", "domain": "mitre-enterprise", "techniques": []}"#;
    for content in [empty.to_owned(), format!("[{empty}]")] {
        refused_once(content, "the layer covers nothing").finding("NL0107");
    }
}

#[test]
fn a_file_without_metadata_or_without_rows_says_what_is_missing() {
    refused_once(json!({"mapping_objects": []}).to_string(), "the file has no `metadata`").finding("NL0103");
    let metadata = json!({"metadata": {"mapping_framework": "acme"}});
    refused_once(metadata.to_string(), "the file has no `mapping_objects`").finding("NL0103");
    for other in [json!({"metadata": {}}), json!({"metadata": {"kernelspec": {}}, "cells": []})] {
        refused_once(other.to_string(), "it is JSON of another kind").finding("NL0102");
    }
    refused_once(mapping(&[]).to_string(), "`mapping_objects` is empty").finding("NL0107");
    for field in ["attack_version", "technology_domain", "mapping_framework"] {
        for nothing in [Value::Null, json!(""), json!("  ")] {
            let mut set = good();
            set["metadata"][field] = nothing;
            refused_once(set.to_string(), &format!("`metadata` has no `{field}`")).finding("NL0103");
        }
    }
}

#[test]
fn a_truncated_file_is_said_to_be_cut_short_wherever_it_is_cut() {
    let text = serde_json::to_string_pretty(&good()).expect("a value is JSON");
    for share in 1..10 {
        let cut = &text[..text.len() * share / 10];
        let run = refused_once(cut, "the file seems to be cut short");
        let lines = cut.lines().count();
        let finding = run.finding("NL0101");
        assert!(
            finding.place.starts_with(&format!("bad.json:{lines}:")),
            "{finding:?} at the end, line {lines}"
        );
    }
}

#[test]
fn broken_json_is_found_where_it_breaks() {
    let text =
        serde_json::to_string_pretty(&good()).expect("a value is JSON").replace("\"T1110\",", "\"T1110\"");
    let run = refused_once(&text, "the JSON breaks off");
    // What follows the missing comma is what the parser meets.
    assert_eq!(run.finding("NL0101").place, place("bad.json", &text, "\"attack_object_name\"", 0));
    refused_once(format!("{}{{", good()), "the JSON breaks off");
}

#[test]
fn a_missing_source_stops_the_run_with_2() {
    let space = Workspace::new();
    for source in ["nowhere.json", "no/such/folder"] {
        let run = refused(&space, source);
        assert_eq!(run.code, 2);
        run.says(&["error: cannot read"]);
    }
}

#[test]
fn a_folder_without_mappings_stops_the_run_with_2() {
    let space = Workspace::new();
    space.write("docs/readme.md", "words");
    space.write("docs/deep/list.csv", "a,b");
    let run = refused(&space, "docs");
    assert_eq!(run.code, 2);
    run.says(&["error: no mapping file in docs", "help: "]);
}

#[test]
fn one_bad_file_among_good_ones_is_named_and_nothing_is_written() {
    let space = Workspace::new();
    space.mapping("maps/good.json", &good());
    space.write("maps/half.json", &good().to_string()[..200]);
    refused(&space, "maps").says(&["maps/half.json"]).ends_with(1);
    let run = space.run(&["layer", "maps/good.json", "maps/half.json", "-o", "out.json"]);
    run.ends_with(1).says(&["maps/half.json", "nothing was written"]);
    assert!(!space.has("out.json"));
}

#[test]
fn an_unknown_attack_version_comes_with_the_known_ones() {
    for version in ["99.9", "7.0", "20"] {
        let mut set = good();
        set["metadata"]["attack_version"] = json!(version);
        let text = serde_json::to_string_pretty(&set).expect("a value is JSON");
        let finding = refused_once(&text, "is not known").finding("NL0105");
        assert_eq!(finding.place, place("bad.json", &text, &format!("\"{version}\""), 0));
        assert!(
            finding.help.contains("8.2, 9.0, 10.0") && finding.help.contains("--attack-data"),
            "{finding:?}"
        );
    }
    for version in ["[UNKNOWN_VERSION]", "sixteen", "16.1.2", "-1", "99999.0"] {
        let mut set = good();
        set["metadata"]["attack_version"] = json!(version);
        refused_once(set.to_string(), "is not an ATT&CK version").finding("NL0105");
    }
    let run = refused_once(LOCK.replace("version: 9", "version: nine"), "is not an ATT&CK version");
    assert_eq!(run.finding("NL0105").place, "bad.json:2:17");
}

#[test]
fn an_unknown_domain_comes_with_the_known_ones() {
    let mut set = good();
    set["metadata"]["technology_domain"] = json!("space");
    let text = serde_json::to_string_pretty(&set).expect("a value is JSON");
    let run = refused_once(&text, "which is enterprise, mobile or ics");
    assert_eq!(run.finding("NL0106").place, place("bad.json", &text, "\"space\"", 0));
}

#[test]
fn wrong_types_are_found_one_by_one_at_their_places() {
    let space = Workspace::new();
    let mut set = mapping(&[
        json!({"capability_id": 7, "attack_object_id": ["T1110"], "score_category": {}, "references": "text"}),
        json!("not a row"),
        row("lock", "T1110", "protect", "partial"),
    ]);
    set["mapping_objects"][2]["comments"] = json!(true);
    set["mapping_objects"][2]["references"] = json!(["https://a.example", 5]);
    let text = space.mapping("bad.json", &set);
    let run = refused(&space, "bad.json").ends_with(1);
    let errors: Vec<_> = run.findings().into_iter().filter(|one| one.code == "NL0104").collect();
    for (message, part) in [
        ("`capability_id` is a number, not text", "7,"),
        ("`attack_object_id` is a list, not text", "[\n        \"T1110\""),
        ("`score_category` is an object, not text", "{}"),
        ("`references` is text, not a list of texts", "\"text\""),
        ("`mapping_objects[1]` is text, not an object", "\"not a row\""),
        ("`comments` is a truth value, not text", "true"),
        ("`references` is a number, not text", "5\n"),
    ] {
        let at = place("bad.json", &text, part, 0);
        let found = errors.iter().any(|one| one.message == message && one.place == at);
        assert!(found, "{message} at {at} is not in\n{}", run.stderr);
    }
    assert_eq!(errors.len(), 7, "{}", run.stderr);
}

#[test]
fn wrong_types_of_whole_parts_are_found() {
    for (part, value, message) in [
        ("metadata", json!([]), "`metadata` is a list, not an object"),
        ("metadata", json!("x"), "`metadata` is text, not an object"),
        ("mapping_objects", json!({}), "`mapping_objects` is an object, not a list"),
        ("mapping_objects", json!(3), "`mapping_objects` is a number, not a list"),
    ] {
        let mut set = good();
        set[part] = value;
        refused_once(set.to_string(), message).finding("NL0104");
    }
    for (field, value) in [
        ("capability_groups", json!(["a"])),
        ("capability_groups", json!({"a": 1})),
        ("mapping_types", json!(["a"])),
        ("mapping_types", json!({"a": "b"})),
        ("mapping_framework", json!(["acme"])),
        ("technology_domain", json!({})),
    ] {
        let mut set = good();
        set["metadata"][field] = value;
        refused_once(set.to_string(), &format!("`{field}` is")).finding("NL0104");
    }
}

#[test]
fn wrong_types_in_a_control_are_found() {
    for (from, to) in [
        ("name: Door Lock", "name: [Door, Lock]"),
        ("techniques:\n", "techniques: none\nleft:\n"),
        ("tags:\n", "tags: 5\nleft:\n"),
        ("  - id: T1110\n", "  - id: {}\n"),
        ("value: Partial", "value: [Partial]"),
    ] {
        let text = LOCK.replacen(from, to, 1);
        assert_ne!(text, LOCK, "{from} is there");
        let run = refused_once(&text, "bad.json:");
        assert_eq!(run.code, 1, "{to}");
    }
    for field in ["name", "platform"] {
        let text: String = LOCK
            .lines()
            .filter(|line| !line.starts_with(&format!("{field}:")))
            .flat_map(|line| [line, "\n"])
            .collect();
        let run = refused_once(&text, &format!("`{field}`"));
        assert_eq!(run.code, 1);
    }
}

#[test]
fn nul_bytes_are_refused() {
    let text = good().to_string();
    refused_once("\0".repeat(64), "bad.json");
    refused_once(text.replace("\"acme\"", "\"ac\0me\""), "the JSON breaks off").finding("NL0101");
    refused_once(text.replace("\"T1110\"", "\"T1\x00110\""), "the JSON breaks off").finding("NL0101");
    refused_once(format!("{text}\0"), "the JSON breaks off").finding("NL0101");
    refused_once(LOCK.replace("Door Lock", "Door\0Lock"), "bad.json");
}

#[test]
fn half_a_surrogate_pair_is_found_at_its_place() {
    let text = good().to_string();
    for (from, to) in
        [("\"T1110\"", r#""\ud800""#), ("\"lock\"", r#""\udc00\ud800""#), ("\"Lock\"", r#""a \ud83d b""#)]
    {
        let bad = text.replace(from, to);
        let run = refused_once(&bad, "is not valid text");
        assert_eq!(run.finding("NL0101").place, place("bad.json", &bad, to, 0));
    }
    let bad = text.replace("\"Watching\"", r#""\ud800""#);
    assert_ne!(bad, text);
    refused_once(bad, "capability_groups");
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_no_mistake() {
    let space = Workspace::new();
    let text = serde_json::to_string_pretty(&good()).expect("a value is JSON");
    let windows = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    space.write("map.json", windows(&text));
    space.write("lock.yaml", windows(LOCK));
    assert_eq!(space.layer("map.json", &[]).scores(), [("T1110", Some(50))]);
    assert_eq!(space.layer("lock.yaml", &[]).score("T1110"), Some(50));
    let retired = text.replace("T1110", "T1053.001");
    space.write("map.json", windows(&retired));
    let run = space.run(&["layer", "map.json"]).ok();
    assert_eq!(run.finding("NL0203").place, place("map.json", &retired, "\"T1053.001\"", 0));
    let retired = LOCK.replace("T1110.003", "T1053.004");
    space.write("lock.yaml", windows(&retired));
    let run = space.run(&["layer", "lock.yaml"]).ok();
    assert_eq!(run.finding("NL0206").place, place("lock.yaml", &retired, "T1053.004", 0));
}

#[test]
fn text_of_another_encoding_is_told_to_be_saved_as_utf_8() {
    let text = good().to_string();
    let mut latin = text.replace("Lock", "Schl~sser").into_bytes();
    let at = latin.iter().position(|byte| *byte == b'~').expect("it is there");
    latin[at] = 0xf6;
    let finding = refused_once(&latin, "not UTF-8").finding("NL0101");
    assert_eq!(finding.place, format!("bad.json:1:{}", at + 1));
    assert_eq!(finding.help, "save it as UTF-8");
    let mut half: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    half.extend([0x00, 0xd8, 0x20, 0x00]);
    refused_once(&half, "half of a character").finding("NL0101");
}

#[test]
fn nesting_without_end_does_not_end_the_stack() {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(10_000), close.repeat(10_000));
    let text = good().to_string();
    refused_once(deep("[", "]"), "bad.json");
    refused_once(deep("{\"a\":", "}").replace(":}", ":1}"), "bad.json");
    refused_once(deep("[", ""), "bad.json");
    for field in
        ["\"acme\"", "\"lock\"", "\"T1110\"", "[]", "{\"description\":\"\",\"name\":\"technique_scores\"}"]
    {
        let bad = text.replace(field, &deep("[", "]"));
        assert_ne!(bad, text, "{field} is there");
        refused_once(bad, "bad.json");
    }
    let space = Workspace::new();
    space.write(
        "extra.json",
        text.replace("\"contact\":\"\"", &format!("\"extra\":{}", deep("{\"a\":[", "]}"))),
    );
    space.run(&["layer", "extra.json"]).ok();
    for bad in [
        LOCK.replace("techniques:\n", &format!("techniques: {}\nleft:\n", deep("[", "]"))),
        LOCK.replace("name: Door Lock", &format!("name: {}", deep("{a: ", "}"))),
        LOCK.replace("comments: Turns twice.", &format!("extra: {}", deep("[", "]"))),
    ] {
        refused_once(bad, "bad.json");
    }
}

#[test]
fn a_yaml_alias_bomb_does_not_go_off() {
    let mut bomb =
        String::from("ATT&CK version: 9\nname: x\nplatform: y\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(bomb, "a{level}: &a{level} [{aliases}]").expect("memory does not refuse");
    }
    bomb.push_str("tags: *a11\n");
    refused_once(bomb, "bad.json");
}

#[test]
fn names_given_twice_are_refused_and_named() {
    let text = good().to_string();
    refused_once(
        text.replacen("\"author\":null", "\"author\":null,\"attack_version\":\"9.0\"", 1),
        "`attack_version` stands twice in metadata",
    );
    refused_once(
        text.replace("\"attack_object_id\"", "\"attack_object_id\":\"T1046\",\"attack_object_id\""),
        "`attack_object_id` stands twice in mapping_objects[0]",
    );
    refused_once(
        text.replacen("\"metadata\"", "\"mapping_objects\":[],\"metadata\"", 1),
        "`mapping_objects` stands twice in the file",
    );
    refused_once(format!("{LOCK}\nplatform: Gate\n"), "platform");
}

#[test]
fn what_a_terminal_would_obey_is_not_passed_on() {
    let space = Workspace::new();
    let escape = "\u{1b}[31m\u{7}\u{202e}";
    let json = good().to_string();
    space.write("one.json", json.replace("\"T1110\"", r#""T\u001b[31m\u0007\u202e""#));
    space.write("two.json", json.replace("\"T1110\"", &format!("\"T{escape}\"")));
    space.write("three.json", json.replace("\"protect\"", "\"pro\u{202e}tect\u{9b}31m\""));
    space.write("four.yaml", LOCK.replace("Partial", &format!("'{escape}'")));
    for source in ["one.json", "two.json", "three.json", "four.yaml"] {
        let run = refused(&space, source);
        let hostile = run.stderr.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert_eq!(hostile, None, "{source}: {:?}", run.stderr);
    }
}

#[test]
fn standard_input_is_named_in_its_findings() {
    let space = Workspace::new();
    let run = space.run_with(&["layer", "-", "-o", "out.json"], b"{").ends_with(1);
    assert!(run.finding("NL0101").place.starts_with("standard input:1:"), "{}", run.stderr);
    assert!(!space.has("out.json"));
}

#[test]
fn quiet_still_shows_errors_and_says_nothing_else() {
    let space = Workspace::new();
    space.mapping("map.json", &mapping(&[row("eye", "T1053.001", "detect", "partial")]));
    assert_eq!(space.run(&["layer", "map.json", "-q", "-o", "out.json"]).ok().stderr, "");
    space.mapping("map.json", &mapping(&[row("eye", "T1053.A01", "detect", "partial")]));
    let run = space.run(&["layer", "map.json", "-q"]).ends_with(1);
    assert_eq!(run.codes(), ["NL0201"]);
}

#[test]
fn a_file_that_is_not_there_names_the_nearest() {
    let space = Workspace::new();
    space.write("own/heatmap.json", space.run(&["layer"]).ok().stdout);
    space
        .run(&["layer", "-o", "new/heatmap.json"])
        .ends_with(2)
        .says(&["cannot write new/heatmap.json: there is no folder new"]);
    for arguments in [
        &["layer", "own/heatmpa.json"][..],
        &["compare", "own/heatmpa.json", "aws"],
        &["compare", "own/heatmpa.json#aws_config", "aws"],
        &["combine", "a", "a=own/heatmpa.json"],
        &["layer", "--threat", "own/heatmpa.json"],
        &["layer", "--deployed", "own/heatmpa.json"],
        &["plan", "--weights", "own/heatmpa.json"],
        &["plan", "--enabled", "own/heatmpa.json"],
    ] {
        let run = space.run(arguments).ends_with(2);
        run.says(&["did you mean `own/heatmap.json`?"]);
    }
    space.run(&["layer", "own/another.json"]).ends_with(2).says(&["cannot read own/another.json"]);
}
