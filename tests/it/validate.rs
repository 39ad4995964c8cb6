//! `navlayer validate`: what it finds, in every format, and how it ends.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use assert_cmd::Command;
use serde_json::{Value, json};

use crate::support::{Run, Workspace, mapping, place, plain_row, row, with, without};

/// A row of which nothing can be said.
fn sound(capability: &str, technique: &str) -> Value {
    let row = row(capability, technique, "protect", "partial");
    let row = with(row, "comments", json!("It does."));
    with(row, "references", json!(["https://door.example/manual"]))
}

/// A mapping of which nothing can be said.
fn clean(rows: &[Value]) -> Value {
    let mut set = mapping(rows);
    set["metadata"]["capability_groups"] = json!({});
    set
}

fn json_of(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}\n{}", run.stdout))
}

fn texts<'a>(value: &'a Value, field: &str) -> Vec<&'a str> {
    value.as_array().expect("a list").iter().map(|one| one[field].as_str().expect("text")).collect()
}

fn no_hostile_character(text: &str) {
    let hostile = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let found: Vec<char> = text.chars().filter(|c| hostile(*c)).collect();
    assert!(found.is_empty(), "{found:?} in {text:?}");
}

#[test]
fn a_sound_file_has_no_findings() {
    let space = Workspace::new();
    space.mapping("map.json", &clean(&[sound("lock", "T1110")]));
    let run = space.run(&["validate", "map.json"]).ok();
    assert_eq!(run.stdout, "1 file: no findings\n");
    assert!(run.stderr.is_empty(), "{}", run.stderr);
    assert!(space.run(&["validate", "map.json", "-q"]).ok().stdout.is_empty());
}

#[test]
fn without_a_file_the_configured_sources_are_checked_or_the_built_in_mapping() {
    let space = Workspace::new();
    let run = space.run(&["validate"]).ok();
    assert!(run.stdout.ends_with("1 file: 1 warning, 28 notes\n"), "{}", run.stdout);
    space.mapping("map.json", &clean(&[with(sound("lock", "T1053.001"), "attack_object_name", json!(""))]));
    space.write("navlayer.toml", "sources = [\"map.json\"]\n[findings]\nallow = [\"NL0203\"]\n");
    assert_eq!(space.run(&["validate"]).ok().stdout, "1 file: no findings\n");
    let run = space.run(&["validate", "--deny", "retired-technique"]).ends_with(1);
    assert_eq!(run.report()[0].severity, "error");
    let run = space.run(&["validate", "--no-config", "map.json"]).ok();
    assert_eq!(run.report()[0].severity, "warning");
}

#[test]
fn the_exit_code_says_how_bad_it_is() {
    let space = Workspace::new();
    let retired = with(sound("lock", "T1053.001"), "attack_object_name", json!(""));
    let unknown = with(sound("lock", "T1110"), "score_value", json!("high"));
    space.mapping("note.json", &clean(&[with(sound("lock", "T1110"), "comments", json!(""))]));
    space.mapping("warning.json", &clean(&[retired]));
    space.mapping("error.json", &clean(&[unknown]));
    for (file, code, strict) in [("note.json", 0, 0), ("warning.json", 0, 1), ("error.json", 1, 1)] {
        for format in ["text", "json", "sarif", "github"] {
            space.run(&["validate", file, "--format", format]).ends_with(code);
            space.run(&["validate", file, "--format", format, "--strict"]).ends_with(strict);
        }
    }
    let run = space.run(&["validate", "note.json", "warning.json", "error.json"]).ends_with(1);
    assert!(run.stdout.ends_with("3 files: 1 error, 1 warning, 1 note\n"), "{}", run.stdout);
    let strict = space.run(&["validate", "note.json", "warning.json", "error.json", "--strict"]);
    assert!(strict.stdout.ends_with("3 files: 2 errors, 1 note\n"), "{}", strict.stdout);
}

#[test]
fn what_cannot_be_read_keeps_nothing_from_being_checked() {
    let space = Workspace::new();
    let text =
        space.mapping("bad.json", &clean(&[with(sound("lock", "T1110"), "score_value", json!("high"))]));
    space.mapping("good.json", &clean(&[sound("lock", "T1110")]));
    space.write("docs/readme.md", "words");
    let files = ["validate", "nowhere.json", "bad.json", "none-*.json", "docs", "good.json"];
    let run = space.run(&files).ends_with(2).says(&[
        "error: cannot read nowhere.json",
        "error: no file matches none-*.json",
        "error: no mapping file in docs",
    ]);
    assert!(!run.stdout.contains("nowhere"), "{}", run.stdout);
    let found = run.report();
    assert_eq!(found[0].code, "NL0304");
    assert_eq!(found[0].place, place("bad.json", &text, "\"high\"", 0));
    assert!(run.stdout.ends_with("3 files: 1 error, 1 note\n"), "{}", run.stdout);

    let run = space.run(&[&files[..], &["--format", "json"]].concat()).ends_with(2);
    let report = json_of(&run);
    assert_eq!(report["files"], json!(["bad.json", "docs/readme.md", "good.json"]));
    let failures = report["failures"].as_array().expect("a list");
    assert_eq!(failures.len(), 3, "{failures:?}");
    let run = space.run(&[&files[..], &["--format", "sarif"]].concat()).ends_with(2);
    let invocation = &json_of(&run)["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["toolExecutionNotifications"].as_array().map(Vec::len), Some(3));
    let run = space.run(&[&files[..], &["--format", "github"]].concat()).ends_with(2);
    assert!(run.stdout.contains("::error title=navlayer::cannot read nowhere.json"), "{}", run.stdout);
}

#[test]
fn each_set_is_checked_on_the_attack_version_of_its_own() {
    let space = Workspace::new();
    let named = |name: &str| with(sound("lock", "T1562.008"), "attack_object_name", json!(name));
    let on = |version: &str, domain: &str, rows: &[Value]| {
        let mut set = clean(rows);
        set["metadata"]["attack_version"] = json!(version);
        set["metadata"]["technology_domain"] = json!(domain);
        set
    };
    // T1562.008 was renamed in 14.1; T0800 is of ICS only.
    space.mapping("old.json", &on("9.0", "enterprise", &[named("Disable Cloud Logs")]));
    space.mapping("new.json", &on("16.1", "enterprise", &[named("Disable Cloud Logs")]));
    space.mapping("ics.json", &on("16.1", "ics", &[sound("lock", "T0800")]));
    space.mapping("mobile.json", &on("16.1", "mobile", &[sound("lock", "T0800")]));
    space.mapping("future.json", &on("99.0", "enterprise", &[sound("lock", "T1110")]));
    let files = ["old.json", "new.json", "ics.json", "mobile.json", "future.json"];
    let run = space.run(&[&["validate"], &files[..]].concat()).ends_with(1);
    let found: Vec<(String, String)> = run
        .report()
        .into_iter()
        .map(|one| (one.place.split(':').next().unwrap_or_default().to_owned(), one.code))
        .collect();
    let expected = [("new.json", "NL0205"), ("mobile.json", "NL0204"), ("future.json", "NL0105")];
    assert_eq!(found, expected.map(|(file, code)| (file.to_owned(), code.to_owned())));
    let unknown = &run.report()[2];
    assert!(
        unknown.help.contains("known are 8.2, 9.0") && unknown.help.contains("--attack-data"),
        "{unknown:?}"
    );

    space.write(
        "enterprise-attack-99.0.json",
        r#"{"type": "bundle", "objects": [
            {"type": "x-mitre-tactic", "id": "x-mitre-tactic--1", "name": "Impact", "x_mitre_shortname": "impact",
             "external_references": [{"source_name": "mitre-attack", "external_id": "TA0040"}]},
            {"type": "x-mitre-matrix", "id": "x-mitre-matrix--1", "tactic_refs": ["x-mitre-tactic--1"]},
            {"type": "attack-pattern", "id": "attack-pattern--1", "name": "Brute Force", "x_mitre_domains": ["enterprise-attack"],
             "kill_chain_phases": [{"kill_chain_name": "mitre-attack", "phase_name": "impact"}],
             "x_mitre_platforms": ["Linux"],
             "external_references": [{"source_name": "mitre-attack", "external_id": "T1110"}]}]}"#,
    );
    let own = ["--attack-data", "enterprise-attack-99.0.json"];
    space.run(&[&["validate", "future.json", "ics.json"], &own[..]].concat()).ok();
    let run = space.run(&[&["validate", "new.json", "ics.json"], &own[..]].concat()).ok();
    let codes: Vec<String> = run.report().into_iter().map(|one| one.code).collect();
    assert!(codes.contains(&"NL0801".to_owned()), "T1562.008 is not in that bundle:\n{}", run.stdout);
    space.run(&["validate", "new.json", "--attack-data", "none.json"]).ends_with(2);
}

#[test]
fn findings_come_file_by_file_and_from_top_to_bottom() {
    let space = Workspace::new();
    let rows = [
        with(sound("lock", "T1053.001"), "status", json!("odd")),
        with(sound("bell", "T9999"), "references", json!(["words"])),
        with(sound("lock", "T1110"), "score_valu", json!(1)),
    ];
    space.mapping("b.json", &clean(&rows));
    space.mapping("a.json", &clean(&rows));
    space.write("c.json", "{");
    let run = space.run(&["validate", "c.json", "b.json", "a.json"]).ends_with(1);
    let lines: Vec<(String, usize)> = run
        .report()
        .iter()
        .map(|one| {
            let mut parts = one.place.split(':');
            (
                parts.next().unwrap_or_default().to_owned(),
                parts.next().and_then(|line| line.parse().ok()).unwrap_or(0),
            )
        })
        .collect();
    let files: Vec<&str> = lines.iter().map(|(file, _)| file.as_str()).collect();
    assert_eq!(
        files,
        [
            "c.json", "b.json", "b.json", "b.json", "b.json", "b.json", "a.json", "a.json", "a.json",
            "a.json", "a.json"
        ]
    );
    for pair in lines.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
        assert!(pair[0].1 <= pair[1].1, "{lines:?}");
    }
    let again = space.run(&["validate", "c.json", "b.json", "a.json"]);
    assert_eq!(again.stdout, run.stdout, "and always so");
}

#[test]
fn every_finding_is_listed_and_quiet_leaves_the_errors() {
    let space = Workspace::new();
    let odd = json!([
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"
    ]);
    let rows = [
        with(sound("lock", "T1110"), "references", odd),
        with(sound("lock", "T1078"), "score_value", json!("high")),
    ];
    space.mapping("map.json", &clean(&rows));
    let run = space.run(&["validate", "map.json"]).ends_with(1);
    assert_eq!(run.report().iter().filter(|one| one.code == "NL0401").count(), 12);
    assert!(run.stdout.ends_with("1 file: 1 error, 12 notes\n"), "{}", run.stdout);

    let quiet = space.run(&["validate", "map.json", "-q"]).ends_with(1);
    let codes: Vec<String> = quiet.report().into_iter().map(|one| one.code).collect();
    assert_eq!(codes, ["NL0304"]);
    let quiet = json_of(&space.run(&["validate", "map.json", "-q", "--format", "json"]));
    assert_eq!(texts(&quiet["findings"], "code"), ["NL0304"]);
    assert_eq!(quiet["summary"]["notes"], 12, "all count");

    let summary = space.run(&["validate", "map.json", "--summary"]).ends_with(1);
    assert_eq!(
        summary.stdout,
        " 1  error    NL0304  unknown-level\n12  note     NL0401  not-a-link\n1 file: 1 error, 12 notes\n"
    );
    let summary = json_of(&space.run(&["validate", "map.json", "--summary", "--format", "json"]));
    assert_eq!(summary["findings"], json!([]));
    assert_eq!(
        summary["summary"]["codes"][1],
        json!({"code": "NL0401", "name": "not-a-link", "severity": "note", "count": 12})
    );
}

#[test]
fn folders_patterns_and_standard_input_are_checked_alike() {
    let space = Workspace::new();
    let bad = clean(&[with(sound("lock", "T1110"), "score_value", json!("high"))]);
    space.mapping("maps/a.json", &bad);
    space.mapping("maps/copy.json", &bad);
    space.write("maps/notes.txt", "words");
    for source in ["maps", "maps/*.json"] {
        let run = space.run(&["validate", source]).ends_with(1);
        let files: BTreeSet<String> = run
            .report()
            .into_iter()
            .filter(|one| one.code == "NL0304")
            .filter_map(|one| Some(one.place.split_once(':')?.0.to_owned()))
            .collect();
        assert_eq!(
            files,
            BTreeSet::from(["maps/a.json".to_owned(), "maps/copy.json".to_owned()]),
            "a copy is checked too"
        );
    }
    let run = space
        .run_with(&["validate", "maps/a.json", "-", "maps/copy.json"], bad.to_string().as_bytes())
        .ends_with(1);
    let places: Vec<String> = run.report().into_iter().map(|one| one.place).collect();
    assert!(places[1].starts_with("standard input:1:"), "{places:?}");
    assert!(run.stdout.ends_with("3 files: 3 errors\n"), "{}", run.stdout);

    // Retired names of a copy are found too: it is checked, not only read.
    let old = clean(&[with(sound("lock", "T1110"), "attack_object_name", json!("Brute Strength"))]);
    space.mapping("twice/a.json", &old);
    space.mapping("twice/b.json", &old);
    let run = space.run(&["validate", "twice"]).ok();
    assert_eq!(run.report().iter().filter(|one| one.code == "NL0205").count(), 2, "{}", run.stdout);
}

#[test]
fn the_json_form_says_everything_and_fits_its_schema() {
    let space = Workspace::new();
    let rows = [with(sound("lock", "T1110"), "score_value", json!("mninimal"))];
    let text = space.mapping("map.json", &clean(&rows));
    space.write("bad.yml", "name: x\nplatform: Door\nATT&CK version: 9\ntags:\ndescription: x\nversion: 1\ntechniques:\n- id: T1\n");
    let run = space.run(&["validate", "map.json", "bad.yml", "--format", "json"]).ends_with(1);
    assert!(run.stderr.is_empty(), "{}", run.stderr);
    let report = json_of(&run);
    assert_eq!(report["generator"], concat!("navlayer ", env!("CARGO_PKG_VERSION")));
    assert_eq!(report["files"], json!(["map.json", "bad.yml"]));
    let at = place("map.json", &text, "\"mninimal\"", 0);
    let [_, line, column] = at.split(':').collect::<Vec<_>>()[..] else { panic!("{at}") };
    assert_eq!(
        report["findings"][0],
        json!({
            "code": "NL0304", "name": "unknown-level", "severity": "error", "message": "unknown level `mninimal`",
            "file": "map.json", "line": line.parse::<u64>().expect("a number"),
            "column": column.parse::<u64>().expect("a number"), "locator": "mapping_objects[0].score_value",
            "value": "\"mninimal\"", "help": "did you mean `Minimal`?"
        })
    );
    let whole = &report["findings"][1];
    assert_eq!(
        (&whole["file"], &whole["line"], &whole["value"]),
        (&json!("bad.yml"), &Value::Null, &Value::Null)
    );
    let counts = &report["summary"];
    let each = report["findings"].as_array().expect("a list");
    for (field, severity) in [("errors", "error"), ("warnings", "warning"), ("notes", "note")] {
        let count = each.iter().filter(|one| one["severity"] == severity).count();
        assert_eq!(counts[field], count, "{field}");
    }
    let schema: Value =
        serde_json::from_str(&space.run(&["schema", "findings"]).ok().stdout).expect("it is JSON");
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    validator.validate(&report).unwrap_or_else(|error| panic!("{error}"));
    assert!(validator.validate(&json!({"findings": [{}]})).is_err());
}

#[test]
fn the_sarif_form_holds_what_code_scanning_needs() {
    let space = Workspace::new();
    let rows = [
        with(sound("lock", "T1053.001"), "attack_object_name", json!("At (Linux)")),
        with(sound("lock", "T1110"), "score_value", json!("é\tx")),
        with(sound("lock", "T1078"), "comments", json!("é")),
    ];
    let text = space.mapping("maps of ours/ä #1.json", &clean(&rows));
    space.write(
        "c.yml",
        "name: x\nplatform: Door\nATT&CK version: 9\ndescription: x\nversion: 1\ntechniques:\n",
    );
    let run = space.run(&["validate", "./maps of ours/ä #1.json", "c.yml", "--format", "sarif"]).ends_with(1);
    let log = json_of(&run);
    assert_eq!(log["version"], "2.1.0");
    assert!(log["$schema"].as_str().expect("text").ends_with("sarif-2.1.0.json"));
    let one = &log["runs"][0];
    assert_eq!(one["columnKind"], "unicodeCodePoints");
    assert_eq!(one["tool"]["driver"]["name"], "navlayer");
    assert_eq!(one["invocations"][0]["executionSuccessful"], true);
    let rules = one["tool"]["driver"]["rules"].as_array().expect("a list");
    for rule in rules {
        assert!(rule["id"].as_str().expect("text").starts_with("NL"), "{rule}");
        assert!(
            ["error", "warning", "note"]
                .contains(&rule["defaultConfiguration"]["level"].as_str().expect("text"))
        );
        for text in [&rule["shortDescription"]["text"], &rule["fullDescription"]["text"], &rule["name"]] {
            assert!(!text.as_str().expect("text").is_empty(), "{rule}");
        }
    }
    let ids: BTreeSet<&str> = rules.iter().map(|rule| rule["id"].as_str().expect("text")).collect();
    assert_eq!(ids.len(), rules.len(), "each once");
    let artifacts = one["artifacts"].as_array().expect("a list");
    let uri = "maps%20of%20ours/%C3%A4%20%231.json";
    assert_eq!(artifacts[0]["location"]["uri"], uri);
    let results = one["results"].as_array().expect("a list");
    assert!(results.len() >= 3, "{results:?}");
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("a number")).expect("it fits");
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().expect("text")));
        assert!(!result["message"]["text"].as_str().expect("text").is_empty());
        let location = &result["locations"][0]["physicalLocation"];
        let index = usize::try_from(location["artifactLocation"]["index"].as_u64().expect("a number"))
            .expect("it fits");
        assert_eq!(artifacts[index]["location"]["uri"], location["artifactLocation"]["uri"]);
        if let Some(region) = location["region"].as_object() {
            let number = |name: &str| region[name].as_u64().expect("a number");
            assert!(
                number("startLine") >= 1
                    && number("startColumn") >= 1
                    && number("endColumn") >= number("startColumn")
            );
        }
    }
    // The regions cut out of the file what they say.
    let result = results.iter().find(|one| one["ruleId"] == "NL0304").expect("it is found");
    let region = &result["locations"][0]["physicalLocation"]["region"];
    let at = |name: &str| usize::try_from(region[name].as_u64().expect("a number")).expect("it fits");
    let line: Vec<char> = text.lines().nth(at("startLine") - 1).expect("the line is there").chars().collect();
    let cut: String = line[at("startColumn") - 1..at("endColumn") - 1].iter().collect();
    assert_eq!(cut, r#""é\tx""#);
    assert_eq!(region["snippet"]["text"], cut.as_str());
    let logical = &result["locations"][0]["logicalLocations"][0];
    assert_eq!(logical["fullyQualifiedName"], "mapping_objects[1].score_value");
    let whole = results.iter().find(|one| one["ruleId"] == "NL0406").expect("it is found");
    assert!(whole["locations"][0]["physicalLocation"].get("region").is_none(), "{whole}");
    // A file that was named from the root is named so.
    let path = space.path("c.yml");
    let log = json_of(&space.run(&["validate", &path.to_string_lossy(), "--format", "sarif"]).ok());
    let uri = log["runs"][0]["artifacts"][0]["location"]["uri"].as_str().expect("text");
    assert!(uri.starts_with("file:///") && uri.ends_with("/c.yml"), "{uri}");
}

#[test]
fn the_github_form_annotates_the_lines() {
    let space = Workspace::new();
    let rows = [
        with(sound("lock", "T1110"), "score_value", json!("100%, or so")),
        with(sound("lock", "T1053.001"), "attack_object_name", json!("")),
        with(sound("lock", "T1078"), "references", json!(["words"])),
    ];
    let text = space.mapping("a,b.json", &clean(&rows));
    let run = space.run(&["validate", "a,b.json", "--format", "github"]).ends_with(1);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{}", run.stdout);
    let at = place("x", &text, "\"100%, or so\"", 0);
    let [_, line, column] = at.split(':').collect::<Vec<_>>()[..] else { panic!("{at}") };
    let end = column.parse::<usize>().expect("a number") + 12;
    assert_eq!(
        lines[0],
        format!(
            "::error file=a%2Cb.json,line={line},col={column},endColumn={end},title=NL0304 unknown-level::unknown level \
             `100%25, or so`%0Aat mapping_objects[0].score_value%0Ahelp: a level is Minimal, Partial or Significant"
        )
    );
    assert!(
        lines[1].starts_with("::warning file=") && lines[2].starts_with("::notice file="),
        "{}",
        run.stdout
    );
}

#[test]
fn nothing_from_a_file_reaches_the_terminal_as_it_is() {
    let space = Workspace::new();
    let evil = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}\u{9b}\u{2066}\r\n::error::x";
    let rows = [
        with(sound("lock", "T1110"), "score_value", json!(evil)),
        with(sound(evil, "T9999"), "references", json!([evil])),
        with(sound("lock", "T1078"), evil, json!(evil)),
    ];
    // Written raw, where JSON allows it, and escaped, where it does not.
    let mut set = clean(&rows);
    set["metadata"]["capability_groups"] = json!({evil: evil});
    set["metadata"]["attack_version"] = json!("16.1");
    let name = "a\u{1b}[31m\u{202e}b.json";
    space.mapping(name, &set);
    space.write("raw\u{9b}.yaml", "ATT&CK version: 9\nname: \"a\u{202e}b\"\nplatform: Door\n\u{202e}: 1\n");
    for format in ["text", "json", "sarif", "github"] {
        let run = space
            .run(&["validate", name, "raw\u{9b}.yaml", "no\u{1b}\u{202e}where", "--format", format])
            .ends_with(2);
        no_hostile_character(&run.stdout);
        no_hostile_character(&run.stderr);
        assert!(!run.stdout.lines().any(|line| line.starts_with("::error::")), "{}", run.stdout);
        if format == "json" {
            assert_eq!(json_of(&run)["files"][0], name, "what is escaped is kept");
        }
    }
}

#[test]
fn colours_are_for_terminals() {
    let space = Workspace::new();
    space.mapping("map.json", &clean(&[with(sound("lock", "T1110"), "score_value", json!("high"))]));
    let run = |set: &[(&str, &str)]| {
        let mut command = Command::cargo_bin("navlayer").expect("the binary is built");
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
            command.env_remove(name);
        }
        let command =
            command.current_dir(space.path("")).args(["validate", "map.json"]).envs(set.iter().copied());
        String::from_utf8(command.output().expect("the binary runs").stdout).expect("it is UTF-8")
    };
    assert!(!run(&[]).contains('\u{1b}'), "standard output is no terminal");
    assert!(run(&[("CLICOLOR_FORCE", "1")]).contains("\u{1b}["));
    assert!(!run(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]).contains('\u{1b}'));
}

#[test]
fn combinations_that_mean_nothing_are_refused_before_anything_is_read() {
    let space = Workspace::new();
    space.mapping("map.json", &clean(&[sound("lock", "T1110")]));
    for arguments in [
        ["validate", "map.json", "--format", "markdown"].as_slice(),
        &["validate", "map.json", "--summary", "--format", "sarif"],
        &["validate", "--codes", "--format", "github"],
        &["validate", "--codes", "map.json"],
        &["validate", "map.json", "--format", "yaml"],
    ] {
        let run = space.run(arguments).ends_with(2);
        assert!(run.stdout.is_empty(), "{}", run.stdout);
    }
}

#[test]
fn what_nothing_says_of_a_whole_set_is_said_once() {
    let space = Workspace::new();
    let bare = |capability: &str| without(plain_row(capability, "T1110"), &["comments"]);
    let set = with(clean(&[bare("a"), bare("b"), bare("c")]), "mapping_types", json!({}));
    let mut set = without(set, &["mapping_types"]);
    set["metadata"]["mapping_types"] = json!({"mitigates": {"name": "mitigates", "description": ""}});
    space.mapping("map.json", &set);
    let run = space.run(&["validate", "map.json"]).ok();
    let found: Vec<(String, String)> = run.report().into_iter().map(|one| (one.code, one.message)).collect();
    let expected = [
        ("NL0402", "none of the 3 mapped capabilities has a comment"),
        ("NL0403", "none of the 3 mapped capabilities has a reference"),
    ];
    assert_eq!(found, expected.map(|(code, message)| (code.to_owned(), message.to_owned())));
}

#[test]
fn a_row_at_fault_brings_no_other_finding_along() {
    let space = Workspace::new();
    for (field, value, code) in [
        ("capability_id", json!(7), "NL0104"),
        ("attack_object_id", json!(["T1110"]), "NL0104"),
        ("references", json!("https://door.example"), "NL0104"),
        ("score_value", json!("high"), "NL0304"),
        ("score_category", json!("prevent"), "NL0303"),
        ("attack_object_id", json!("G0007"), "NL0201"),
    ] {
        let rows = [sound("lock", "T1110"), with(sound("lock", "T1110"), field, value)];
        let rows = [rows[0].clone(), rows[1].clone(), rows[1].clone()];
        space.mapping("map.json", &clean(&rows));
        let run = space.run(&["validate", "map.json"]).ends_with(1);
        let mut codes = run.report().into_iter().map(|one| one.code).collect::<Vec<_>>();
        // Rows whose references alone are wrong are equal rows.
        codes.retain(|found| field != "references" || found != "NL0301");
        assert_eq!(codes, [code, code], "{field}\n{}", run.stdout);
    }
}

const CONTROL: &str = "\
version: 1
ATT&CK version: 9
name: Lock
platform: Door
description: It locks.
tags: [Hardware]
";

#[test]
fn tags_are_those_of_the_vocabulary_beside_the_control() {
    let space = Workspace::new();
    let control = format!("{}techniques: []\n", CONTROL.replace("[Hardware]", "[Hardware, Hardwear, Moat]"));
    let tags = |run: &Run| run.report().into_iter().filter(|one| one.code == "NL0316").collect::<Vec<_>>();
    space.write("free/lock.yaml", &control);
    assert_eq!(tags(&space.run(&["validate", "free"]).ok()).len(), 0, "there is no vocabulary");
    space.write("bound/lock.yaml", &control);
    space.write("bound/valid_tags.txt", "Entrance\nHardware\n");
    for source in ["bound", "bound/lock.yaml"] {
        let found = tags(&space.run(&["validate", source]).ok());
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found[0].place, place("bound/lock.yaml", &control, "Hardwear", 0));
        assert_eq!(found[0].help, "did you mean `Hardware`?");
        assert_eq!(found[1].place, place("bound/lock.yaml", &control, "Moat", 0));
        assert!(found[1].message.contains("the tag `Moat`"), "{found:?}");
    }
}

#[test]
fn a_technique_that_stands_twice_in_a_control_is_told_and_counts() {
    let space = Workspace::new();
    let scored = |id: &str, level: &str, subs: &str| {
        format!("- id: {id}\n  name: x\n  technique-scores: [{{category: Protect, value: {level}}}]\n{subs}")
    };
    let block =
        "  - sub-techniques: [{id: T1110.001, name: y}]\n    scores: [{category: Protect, value: Minimal}]\n";
    let subs = format!("  sub-techniques-scores:\n{block}{block}");
    let twice = format!(
        "{CONTROL}techniques:\n{}{}",
        scored("T1110", "Minimal", &subs),
        scored("T1110", "Significant", "")
    );
    space.write("lock.yaml", &twice);
    let run = space.run(&["validate", "lock.yaml"]).ok();
    let found: Vec<_> = run.report().into_iter().filter(|one| one.code == "NL0321").collect();
    assert_eq!(found.len(), 2, "{}", run.stdout);
    assert_eq!(found[0].message, "T1110.001 stands twice below T1110");
    assert_eq!(found[0].place, place("lock.yaml", &twice, "T1110.001", 1));
    assert_eq!(found[1].message, "T1110 stands twice under `techniques`");
    assert!(found.iter().all(|one| one.severity == "note" && one.help == "all its scores count"));
    let layer = space.layer("lock.yaml", &["-q", "--metric", "strongest"]);
    assert!(layer.scores().contains(&("T1110", Some(100))), "{:?}", layer.scores());
    let once =
        format!("{CONTROL}techniques:\n{}{}", scored("T1110", "Minimal", ""), scored("T1078", "Minimal", ""));
    space.write("lock.yaml", &once);
    let run = space.run(&["validate", "lock.yaml"]).ok();
    assert!(run.report().iter().all(|one| one.code != "NL0321"), "{}", run.stdout);
}

#[test]
fn thousands_of_equal_mistakes_are_told_in_a_moment() {
    let space = Workspace::new();
    let mut rows: Vec<Value> = (0..3_000)
        .map(|n| with(sound("lock", "T9999"), "attack_object_name", json!(format!("x{n}"))))
        .collect();
    rows.extend(
        (0..3_000).map(|n| with(sound("lock", "T1110"), "references", json!([format!("words {n}")]))),
    );
    space.mapping("map.json", &clean(&rows));
    let run = space.run(&["validate", "map.json", "--summary"]).ends_with(1);
    assert!(
        run.stdout.contains("3000  error    NL0202") && run.stdout.contains("3000  note     NL0401"),
        "{}",
        run.stdout
    );
}

/// The page of codes as its JSON form has it.
fn codes() -> Vec<Value> {
    let run = Workspace::new().run(&["validate", "--codes", "--format", "json"]).ok();
    json_of(&run).as_array().expect("a list").clone()
}

#[test]
fn the_page_of_codes_lists_each_code_with_advice() {
    let codes = codes();
    assert!(codes.len() > 50);
    let space = Workspace::new();
    let text = space.run(&["validate", "--codes"]).ok().stdout;
    let markdown = space.run(&["validate", "--codes", "--format", "markdown"]).ok().stdout;
    for entry in &codes {
        let field = |name: &str| entry[name].as_str().expect("text");
        let (code, name) = (field("code"), field("name"));
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{name}");
        assert!(text.contains(&format!("  {code}  {name} ({})\n", field("severity"))), "{code}");
        assert!(markdown.contains(&format!("\n### {code} {name}\n")), "{code}");
        assert!(markdown.contains(&format!("*{}*: {}", field("severity"), field("description"))), "{code}");
        // What a link of the table leads to.
        assert!(markdown.contains(&format!("[{code}](#{}-{name})", code.to_lowercase())), "{code}");
    }
}

#[test]
fn every_example_on_the_page_is_what_it_says() {
    let mut tried = 0;
    for entry in codes() {
        let Some(example) = entry["example"].as_str() else { continue };
        tried += 1;
        let space = Workspace::new();
        let (name, content) = whole_file(example);
        space.write(name, content);
        let run = space.run(&["validate", name, "--format", "json"]);
        let report = json_of(&run);
        let found = texts(&report["findings"], "code");
        assert!(
            found.contains(&entry["code"].as_str().expect("text")),
            "{example}\nmakes {found:?}\n{}",
            space.read(name)
        );
    }
    assert!(tried >= 35, "{tried} examples");
}

/// A file with the part that an example shows, and what else a file needs.
fn whole_file(example: &str) -> (&'static str, String) {
    if !example.starts_with('{') {
        let control = "version: 1\nATT&CK version: 9\nname: Lock\nplatform: Door\ndescription: It locks.\ntags:\ntechniques:\n";
        let own: BTreeSet<&str> =
            example.lines().filter_map(|line| line.split_once(':')).map(|(key, _)| key).collect();
        let rest =
            control.lines().filter(|line| line.split_once(':').is_none_or(|(key, _)| !own.contains(key)));
        let lines: Vec<&str> = rest.chain(example.lines()).collect();
        return ("control.yaml", lines.join("\n"));
    }
    let part: Value = match serde_json::from_str(example) {
        Ok(part) => part,
        Err(_) => return ("mapping.json", example.to_owned()),
    };
    if part.get("metadata").is_none() && part.get("mapping_objects").is_none() {
        return ("mapping.json", example.to_owned());
    }
    let mut whole = clean(&[]);
    whole["metadata"]
        .as_object_mut()
        .expect("an object")
        .extend(part["metadata"].as_object().cloned().unwrap_or_default());
    let rows = part
        .get("mapping_objects")
        .map_or_else(|| vec![json!({})], |rows| rows.as_array().expect("a list").clone());
    let rows = rows.into_iter().map(|own| {
        let mut row = sound("lock", "T1110");
        row.as_object_mut().expect("an object").extend(own.as_object().cloned().unwrap_or_default());
        row
    });
    whole["mapping_objects"] = rows.collect();
    ("mapping.json", whole.to_string())
}

#[test]
fn a_code_is_in_the_source_and_on_the_page() {
    // Codes that nothing raises would be promises.
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut source = String::new();
    for (name, bytes) in crate::support::tree(&root) {
        if !name.starts_with("diagnostic") {
            source.push_str(&String::from_utf8(bytes).expect("it is UTF-8"));
        }
    }
    let unused: BTreeMap<String, String> = codes()
        .iter()
        .map(|entry| {
            (
                entry["name"].as_str().expect("text").to_owned(),
                entry["code"].as_str().expect("text").to_owned(),
            )
        })
        .filter(|(name, _)| {
            let variant: String = name.split('-').map(|word| word[..1].to_uppercase() + &word[1..]).collect();
            !source.contains(&format!("Code::{variant}"))
        })
        .collect();
    let reserved = ["scaled-score", "zero-score"];
    let unused: Vec<&str> =
        unused.keys().map(String::as_str).filter(|name| !reserved.contains(name)).collect();
    assert!(unused.is_empty(), "{unused:?}");
    assert!(fs::read_to_string(root.join("lib.rs")).is_ok());
}
