//! `navlayer.toml`: found, laid under the flags, shown, and told of every mistake in it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Workspace, mapping, place, plain_row, row, with};

/// A workspace with a mapping of two capabilities in `maps/own.json`.
fn workspace() -> Workspace {
    let space = Workspace::new();
    space.mapping(
        "maps/own.json",
        &mapping(&[
            row("lock", "T1110", "protect", "partial"),
            row("lock", "T1078", "protect", "minimal"),
            row("alarm", "T1110", "detect", "significant"),
            row("alarm", "T1053.001", "detect", "partial"),
        ]),
    );
    space
}

/// Key and origins of every setting that `config show` prints as JSON, and the value.
fn shown(space: &Workspace, arguments: &[&str]) -> Vec<(String, Value, String)> {
    let mut all = vec!["config", "show", "--format", "json"];
    all.extend(arguments);
    let shown: Value = serde_json::from_str(&space.run(&all).ok().stdout).expect("JSON");
    let origin = |one: &Value| match one["kind"].as_str().expect("a kind") {
        "file" => format!("{}:{}", one["file"].as_str().expect("a file"), one["line"]),
        "flag" => one["flag"].as_str().expect("a flag").to_owned(),
        kind => kind.to_owned(),
    };
    let rows = shown["settings"].as_array().expect("settings").iter();
    rows.map(|row| {
        let origins: Vec<String> = row["origins"].as_array().expect("origins").iter().map(origin).collect();
        (row["key"].as_str().expect("a key").to_owned(), row["value"].clone(), origins.join(" "))
    })
    .collect()
}

#[test]
fn a_configuration_above_is_found_and_its_paths_are_its_own() {
    let space = workspace();
    space.write("navlayer.toml", "sources = \"maps/own.json\"\n[score]\nmetric = \"count\"\n");
    space.write("deep/down/x.txt", "");
    assert_eq!(space.run(&["layer"]).ok().layer().score("T1110"), Some(2), "in the folder itself");
    let below = space.run_in("deep/down", &["layer"]).ok().layer();
    assert_eq!(below.score("T1110"), Some(2), "and from below");
    assert_eq!(space.run(&["layer", "--metric", "strongest"]).ok().layer().score("T1110"), Some(100));
    let built_in = space.run(&["layer", "--no-config"]).ok().layer();
    assert!(built_in.metadata("source")[0].starts_with("AWS"), "neither sources nor metric");
    assert_eq!(built_in.metadata("metric"), ["strongest"]);
}

#[test]
fn a_configuration_that_is_named_must_be_there() {
    let space = workspace();
    space.write("navlayer.toml", "[score]\nmetric = \"count\"\n");
    space.write("other/own.toml", "sources = [\"../maps/own.json\"]\n");
    let layer = space.run(&["layer", "--config", "other/own.toml"]).ok().layer();
    assert_eq!(layer.score("T1110"), Some(100), "it takes the place of the one that would be found");
    space.run(&["layer", "--config", "no.toml"]).ends_with(2).says(&["cannot read no.toml"]);
    space.run(&["layer", "--config", "other"]).ends_with(2).says(&["cannot read other"]);
    space.run(&["layer", "--config", "other/own.toml", "--no-config"]).ends_with(2);
    space.run(&["schema", "layer", "--config", "no.toml"]).ok();
}

#[test]
fn every_mistake_is_shown_with_its_line_in_one_run() {
    let space = workspace();
    let text = "\
sources = [\"maps/own.json\", 3, \"-\"]
metric = \"layered\"
outptu = \"site\"

[scor]

[score]
metric = \"layerd\"
rollup = max

[scale]
partial = 5

[colors]
by = 1
protect = \"2b6cb0\"

[filters]
category = [\"Protct\", \"detect\"]
level = \"\"

[columns]
capability = \"Service\"

[values.level]
High = \"significnt\"

[table]
attack-version = 16.1
domain = \"enterprise-atack\"

[findings]
allow = [\"NL0101\", \"retired-technik\", \"NL0203\"]
deny = [\"nl0203\"]
";
    space.write("navlayer.toml", text);
    let run =
        space.run(&["build"]).ends_with(2).says(&["navlayer.toml has 18 mistakes", "nothing was written"]);
    assert!(!space.has("navlayer-out") && run.stdout.is_empty());
    let expected = [
        ("NL0703", "3, \"-\"", ""),
        ("NL0704", "\"-\"", "command line"),
        ("NL0702", "metric = \"layered\"", "`metric` belongs into [score]"),
        ("NL0702", "outptu", "did you mean `output`?"),
        ("NL0702", "scor]", "did you mean `score`?"),
        ("NL0704", "\"layerd\"", "did you mean `layered`?"),
        ("NL0701", "max", "text stands in quotes"),
        ("NL0704", "5\n", "0 < minimal < partial"),
        ("NL0703", "1\nprotect", "did you mean \"1\"?"),
        ("NL0704", "\"2b6cb0\"", "did you mean `#2b6cb0`?"),
        ("NL0704", "\"Protct\"", "did you mean `Protect`?"),
        ("NL0704", "\"\"\n\n[columns]", "leave the key out"),
        ("NL0704", "columns]", "technique = "),
        ("NL0704", "\"significnt\"", "did you mean `significant`?"),
        ("NL0703", "16.1", "did you mean \"16.1\"?"),
        ("NL0704", "\"enterprise-atack\"", "did you mean `enterprise-attack`?"),
        ("NL0704", "\"NL0101\"", ""),
        ("NL0704", "\"retired-technik\"", "did you mean `retired-technique`?"),
        ("NL0705", "\"nl0203\"", "the stricter counts"),
    ];
    let findings = run.findings();
    assert_eq!(findings.len(), expected.len(), "{}", run.stderr);
    for (finding, (code, part, help)) in findings.iter().zip(expected) {
        assert_eq!((finding.code.as_str(), &finding.place), (code, &place("navlayer.toml", text, part, 0)));
        assert!(finding.help.contains(help), "{finding:?}");
    }
}

#[test]
fn a_broken_configuration_stops_every_command_that_would_go_by_it() {
    let space = workspace();
    space.write("navlayer.toml", "[score]\nmetrik = \"mean\"\n");
    for arguments in [
        &["build", "maps/own.json"][..],
        &["layer", "maps/own.json"],
        &["convert", "maps/own.json"],
        &["config", "show"],
    ] {
        let run = space.run(arguments).ends_with(2);
        assert_eq!(run.finding("NL0702").place, "navlayer.toml:2:1", "{arguments:?}");
        assert!(run.stdout.is_empty());
    }
    space.run(&["layer", "maps/own.json", "--no-config"]).ok();
    space.run(&["catalog", "show", "T1110"]).ok();
}

#[test]
fn hostile_configurations_end_in_a_diagnostic() {
    let space = workspace();
    let deep = format!("a = {}", "[".repeat(100_000));
    let dotted = format!("{}b = 1", "a.".repeat(100_000));
    for (content, code, part) in [
        (&b"[score]\nmetric = \"\xff\"\n"[..], "NL0701", "not UTF-8"),
        (b"\xff\xfe[\0s\0]\0", "NL0701", "UTF-16"),
        (b"\0\0\0\0", "NL0701", "not TOML"),
        (b"[score]\nmetric = \"a\0b\"", "NL0701", "not TOML"),
        (&vec![b'#'; 1024 * 1024 + 1], "NL0701", "more than 1048576 bytes"),
        (deep.as_bytes(), "NL0701", "not TOML"),
        (dotted.as_bytes(), "NL0701", "not TOML"),
    ] {
        space.write("navlayer.toml", content);
        let run = space.run(&["layer"]).ends_with(2).says(&[part]);
        assert!(run.codes().contains(&code.to_owned()), "{}", run.stderr);
        assert!(!run.stderr.contains("panicked"));
    }
    // As large as allowed, and nothing wrong in it.
    space.write("navlayer.toml", "#".repeat(1024 * 1024));
    space.run(&["layer"]).ok();
}

#[test]
fn filters_of_the_file_hold_until_a_flag_replaces_them() {
    let space = workspace();
    space.write(
        "navlayer.toml",
        "sources = \"maps/own.json\"\n[filters]\ncategory = \"protect\"\ntechnique = [\"T1110\", \"T1078\"]\n",
    );
    assert_eq!(space.run(&["layer"]).ok().layer().ids(), ["T1078", "T1110"]);
    assert_eq!(space.run(&["layer", "--category", "detect"]).ok().layer().ids(), ["T1110"]);
    assert_eq!(space.run(&["layer", "--technique", "T1078"]).ok().layer().ids(), ["T1078"]);
}

#[test]
fn filters_of_the_file_that_match_nothing_are_shown_there_all_of_them() {
    let space = workspace();
    let text = "[filters]\ncapability = [\"lock\", \"alrm\"]\ntactic = \"TA0099\"\ntechnique = \"TA0006\"\n";
    space.write("navlayer.toml", text);
    let run = space.run(&["layer", "maps/own.json"]).ends_with(2).says(&["navlayer.toml has 3 mistakes"]);
    let mut findings = run.findings();
    findings.retain(|finding| finding.code != "NL0203");
    let places: Vec<&str> = findings.iter().map(|finding| finding.place.as_str()).collect();
    assert_eq!(places, ["navlayer.toml:2:23", "navlayer.toml:3:10", "navlayer.toml:4:13"]);
    assert!(findings.iter().all(|finding| finding.code == "NL0706"));
    assert!(findings[0].help.contains("Alarm"), "{:?}", findings[0]);
    // A flag's own mistake stands in no file.
    let run = space.run(&["layer", "maps/own.json", "--no-config", "--capability", "alrm"]).ends_with(2);
    assert_eq!(run.codes(), ["NL0203"]);
}

#[test]
fn a_scale_of_ones_own_scores() {
    let space = workspace();
    space.write("navlayer.toml", "sources = \"maps/own.json\"\n[scale]\nminimal = 20.5\nsignificant = 80\n");
    let layer = space.run(&["layer"]).ok().layer();
    assert_eq!(
        layer.scores(),
        [("T1053.001", Some(50)), ("T1078", Some(21)), ("T1110", Some(80))],
        "Partial stays at 50"
    );
    assert_eq!(layer.metadata("scale"), ["Minimal 20.5, Partial 50, Significant 80"]);
    let labels: Vec<&str> = layer.0["legendItems"]
        .as_array()
        .expect("a legend")
        .iter()
        .map(|item| item["label"].as_str().expect("a label"))
        .collect();
    assert_eq!(labels, ["Minimal (21)", "Partial (50)", "Significant (80)"]);
    space.run(&["build", "-o", "site"]).ok();
    let index = space.read("site/index.html");
    // Index 21, 50 and 80 of the ramp: the legend has a colour for each.
    for class in [".g21{", ".g50{", ".g80{"] {
        assert!(index.contains(class), "{class}");
    }
}

#[test]
fn colours_of_ones_own_change_hues_and_keep_lightness() {
    let space = workspace();
    let standard = space.run(&["layer", "maps/own.json"]).ok().layer();
    let by_category = space.run(&["layer", "maps/own.json", "--color-by", "category"]).ok().layer();
    space.write(
        "navlayer.toml",
        "sources = \"maps/own.json\"\n[colors]\nby = \"category\"\nscore = \"#ff0000\"\nprotect = \"#00FF00\"\n",
    );
    let own = space.run(&["layer"]).ok().layer();
    assert_ne!(own.technique("T1078")["color"], by_category.technique("T1078")["color"]);
    assert_eq!(own.technique("T1053.001")["color"], by_category.technique("T1053.001")["color"]);
    let channels = |hex: &str| {
        let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex");
        (byte(1), byte(3), byte(5))
    };
    let (red, green, blue) = channels(own.technique("T1078")["color"].as_str().expect("a colour"));
    assert!(green > red && green > blue, "a green");
    assert!(red > 150, "and as light as Minimal is, not as what was asked for");
    let red_ramp = space.run(&["layer", "--color-by", "score"]).ok().layer();
    let colors = red_ramp.0["gradient"]["colors"].as_array().expect("colours");
    assert_ne!(red_ramp.0["gradient"], standard.0["gradient"]);
    let mut last = u32::MAX;
    for color in colors {
        let (red, green, blue) = channels(color.as_str().expect("a colour"));
        let sum = u32::from(red) + u32::from(green) + u32::from(blue);
        assert!(red >= green && red >= blue && sum < last, "{colors:?}");
        last = sum;
    }
    space.run(&["build", "-o", "site"]).ok();
    let hex = own.technique("T1078")["color"].as_str().expect("a colour").to_owned();
    assert!(space.read("site/index.html").contains(&hex), "pages and layers have the same colours");
}

#[test]
fn names_of_ones_own_are_shown_and_ids_stay() {
    let space = workspace();
    let text = "sources = \"maps/own.json\"\n[names]\nlayer = \"Ours\"\ndescription = \"What we do.\"\n\
                [names.frameworks]\nACME = \"Acme Cloud\"\n\
                [names.capabilities]\nlock = \"The <b>Lock</b>\"\nalarn = \"x\"\n";
    space.write("navlayer.toml", text);
    let run = space.run(&["layer"]).ok();
    let unmet = run.finding("NL0707");
    assert_eq!((unmet.severity.as_str(), unmet.place.as_str()), ("warning", "navlayer.toml:9:9"));
    assert!(unmet.help.contains("`alarm`"), "{unmet:?}");
    let layer = run.layer();
    assert_eq!(layer.0["name"], "Ours");
    assert_eq!(layer.0["description"], "What we do.");
    assert_eq!(layer.metadata("source"), ["Acme Cloud 03/04/2025"]);
    assert_eq!(space.run(&["layer", "--name", "Mine"]).ok().layer().0["name"], "Mine");
    let by_name = space.run(&["layer", "--capability", "the <b>lock</b>"]).ok().layer();
    assert_eq!(by_name.ids(), ["T1078", "T1110"], "filters take what is shown");

    space.run(&["build", "-o", "site"]).ok();
    let page = space.read("site/capabilities/lock.html");
    assert!(page.contains("The &lt;b&gt;Lock&lt;/b&gt;") && page.contains("Acme Cloud"));
    assert!(space.has("site/layers/acme.json"), "file names are made of ids");
    // A mapping is rewritten as its source holds it.
    assert!(!space.run(&["convert"]).ok().stdout.contains("Acme Cloud"));
    // What denies warnings denies this one.
    space.run(&["layer", "--deny", "name-without-match"]).ends_with(2).says(&["error[NL0707]"]);
    assert!(space.run(&["layer", "--allow", "NL0707"]).ok().codes().contains(&"NL0203".to_owned()));
}

#[test]
fn findings_are_allowed_warned_of_and_denied() {
    let space = workspace();
    let layer = |more: &[&str]| {
        let mut arguments = vec!["layer", "maps/own.json", "-o", "out.json", "--force"];
        arguments.extend(more);
        space.run(&arguments)
    };
    assert_eq!(layer(&[]).ok().finding("NL0203").severity, "warning");
    assert!(layer(&["--allow", "NL0203"]).ok().findings().is_empty());
    assert!(layer(&["--strict", "--allow", "retired-technique"]).ok().findings().is_empty());
    assert_eq!(layer(&["--strict"]).ends_with(1).finding("NL0203").severity, "error");
    assert_eq!(layer(&["--deny", "nl0203,NL0301"]).ends_with(1).finding("NL0203").severity, "error");
    assert_eq!(layer(&["--strict", "--warn", "NL0203"]).ok().finding("NL0203").severity, "warning");
    assert!(layer(&["--allow", "all"]).ok().findings().is_empty());

    space.write("navlayer.toml", "[findings]\ndeny = [\"retired-technique\"]\n");
    layer(&[]).ends_with(1);
    space.run(&["convert", "maps/own.json"]).ok();
    assert_eq!(layer(&["--warn", "NL0203"]).ok().finding("NL0203").severity, "warning");
    space.write("navlayer.toml", "[findings]\nallow = \"NL0203\"\n");
    assert!(layer(&["--strict"]).ok().findings().is_empty(), "what is allowed is no warning");

    space.run(&["layer", "--allow", "NL0101"]).ends_with(2).says(&["NL0101 is an error"]);
    space
        .run(&["layer", "--deny", "retired-technik"])
        .ends_with(2)
        .says(&["retired-technik", "did you mean `retired-technique`?"]);
    // A note that is raised is a warning like any other; the built-in mapping is nobody's to mend.
    space.mapping(
        "plain.json",
        &mapping(&[with(plain_row("lock", "T1110"), "attack_object_name", json!("Old"))]),
    );
    assert!(space.run(&["layer", "plain.json"]).ok().findings().is_empty());
    assert_eq!(space.run(&["layer", "plain.json", "--warn", "notes"]).ok().codes(), ["NL0205"]);
    space.run(&["layer", "plain.json", "--deny", "notes"]).ends_with(1);
    space.run(&["layer", "--deny", "all"]).ok();
}

#[test]
fn outputs_and_templates_are_where_the_file_says() {
    let space = workspace();
    space.write("navlayer.toml", "sources = \"maps\"\noutput = \"site\"\ntemplates = \"own\"\n");
    space.write("own/footer.hbs", "<footer>OUR FOOTER</footer>");
    space.write("below/x.txt", "");
    space.run_in("below", &["build"]).ok();
    assert!(space.read("site/index.html").contains("OUR FOOTER"));
    space.run_in("below", &["build", "--check"]).ok().says(&["up to date"]);
    space.run(&["build", "-o", "elsewhere"]).ok();
    assert!(space.has("elsewhere/index.html") && !space.has("navlayer-out"));
}

#[test]
fn columns_are_checked_before_anything_is_read() {
    let space = workspace();
    let columns = |value: &str| space.run(&["layer", "maps/own.json", "--columns", value]).ends_with(2);
    columns("technique=ID,capabilty=Service").says(&["`capabilty`", "did you mean `capability`?"]);
    columns("ID").says(&["KEY=COLUMN"]);
    columns("technique=").says(&["`technique` names no column"]);
    columns("capability=Service").says(&["does not name the column of techniques", "--columns technique=ID"]);
    let rows = shown(&space, &["--columns", "technique=ID, level=How good", "--table-attack-version", "v15"]);
    let row = |key: &str| rows.iter().find(|row| row.0 == key).expect("the key is shown").clone();
    assert_eq!(row("columns.level").1, "How good");
    assert_eq!(row("columns.technique").2, "--columns");
    assert_eq!(row("table.attack-version").1, "15.0");
    space.run(&["layer", "--table-domain", "moon"]).ends_with(2);
}

#[test]
fn show_tells_what_is_in_force_and_from_where() {
    let space = workspace();
    space.write(
        "navlayer.toml",
        "sources = \"maps/own.json\"\n\n[score]\nmetric = \"layered\"\nrollup = \"max\"\n\n[names.capabilities]\n\
         \"a b\" = \"\\u001b[31mred\"\n",
    );
    space.run(&["config", "show"]).ends_with(2).says(&["control character"]);
    space.write(
        "navlayer.toml",
        "sources = \"maps/own.json\"\n\n[score]\nmetric = \"layered\"\nrollup = \"max\"\n\n[names.capabilities]\n\
         \"a b\" = \"A \\\"B\\\"\"\n",
    );
    let run = space.run(&["config", "show", "--metric", "mean", "--category", "detect"]).ok();
    assert!(run.stderr.is_empty());
    let lines: Vec<Vec<&str>> = run
        .stdout
        .lines()
        .map(|line| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect())
        .collect();
    for expected in [
        &["configuration: navlayer.toml"][..],
        &["sources", "maps/own.json", "navlayer.toml:1"],
        &["score.metric", "mean", "--metric"],
        &["score.rollup", "max", "navlayer.toml:5"],
        &["filters.category", "detect", "--category"],
        &["names.capabilities.\"a b\"", "A \"B\"", "navlayer.toml:8"],
        &["output", "navlayer-out", "default"],
        &["scale.partial", "50", "default"],
    ] {
        assert!(lines.iter().any(|line| line == expected), "{expected:?}\n{}", run.stdout);
    }
    assert!(!run.stdout.contains("filters.level"), "what is not set is not shown");
    assert!(space.run(&["config", "show", "-v"]).ok().stdout.contains("filters.level"));
    assert!(space.run(&["config", "show", "--no-config"]).ok().stdout.starts_with("configuration: none"));
}

#[test]
fn what_show_prints_as_toml_says_the_same() {
    let space = Workspace::new();
    let example = fs::read_to_string(repository("docs/navlayer.toml")).expect("the example is there");
    space.write("navlayer.toml", &example);
    let values = |rows: Vec<(String, Value, String)>| -> Vec<(String, Value)> {
        rows.into_iter().map(|(key, value, _)| (key, value)).collect()
    };
    for flags in [&[][..], &["--metric", "mean", "--tactic", "impact", "--strict", "x \"y\".json"]] {
        let mut arguments = vec!["config", "show", "--format", "toml"];
        arguments.extend(flags);
        let toml = space.run(&arguments).ok().stdout;
        space.write("copy.toml", &toml);
        let copy = values(shown(&space, &["--config", "copy.toml"]));
        assert_eq!(copy, values(shown(&space, flags)), "{toml}");
    }
    let nothing = space.run(&["config", "show", "--format", "toml", "--no-config"]).ok().stdout;
    space.write("copy.toml", &nothing);
    assert_eq!(values(shown(&space, &["--config", "copy.toml"])), values(shown(&space, &["--no-config"])));
}

fn repository(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[test]
fn the_example_is_valid_by_the_schema_and_mistakes_are_not() {
    let schema: Value = serde_json::from_str(&Workspace::new().run(&["schema", "config"]).ok().stdout)
        .expect("a schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is sound");
    let text = fs::read_to_string(repository("docs/navlayer.toml")).expect("the example is there");
    let example: Value = toml::from_str(&text).expect("the example is TOML");
    let errors: Vec<String> = validator.iter_errors(&example).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert!(validator.is_valid(&json!({})), "every key may be left out");
    for wrong in [
        "metric = \"layered\"",
        "output = 3",
        "output = \"\"",
        "sources = [3]",
        "score.metric = \"layerd\"",
        "scale.minimal = 0",
        "scale.significant = 100.5",
        "colors.score = \"red\"",
        "columns.level = \"x\"",
        "values.level.High = \"high\"",
        "table.domain = \"moon\"",
        "filters.colour = \"x\"",
    ] {
        let value: Value = toml::from_str(wrong).expect("it is TOML");
        assert!(!validator.is_valid(&value), "the schema takes {wrong}");
        let findings = navlayer::config::parse("x", Path::new(""), wrong.to_owned()).findings;
        assert_eq!(findings.len(), 1, "the reader takes {wrong}");
    }
}

#[test]
fn the_configuration_of_the_readme_is_sound() {
    let readme = fs::read_to_string(repository("README.md")).expect("there is a README");
    let (_, rest) = readme.split_once("```toml\n").expect("it shows a configuration");
    let (text, _) = rest.split_once("```").expect("the block ends");
    let findings = navlayer::config::parse("README.md", Path::new(""), text.to_owned()).findings;
    assert!(findings.is_empty(), "{findings:?}");
}

#[test]
fn schema_and_reader_know_the_same_keys_and_defaults() {
    let schema: Value = serde_json::from_str(&Workspace::new().run(&["schema", "config"]).ok().stdout)
        .expect("a schema is JSON");
    let mut described = Vec::new();
    describe(&schema, &schema, "", &mut described);
    let keys: BTreeSet<String> = described.iter().map(|(key, _)| key.clone()).collect();
    let accepted: BTreeSet<String> = navlayer::config::accepted().into_iter().collect();
    assert_eq!(keys, accepted);
    let rows = navlayer::config::Settings::default().in_force().settings;
    for (key, default) in described {
        let held = key.split_once(".*").map_or(key.as_str(), |(table, _)| table);
        let row = rows.iter().find(|row| row.key == held);
        let row = row.unwrap_or_else(|| panic!("{key} is not shown"));
        assert_eq!(row.value, default, "{key}");
    }
}

/// Every key that a schema describes, dotted, with its default; for any key stands `*`.
fn describe(schema: &Value, node: &Value, path: &str, all: &mut Vec<(String, Value)>) {
    let target = node["$ref"].as_str().and_then(|name| schema.pointer(name.trim_start_matches('#')));
    let held = target.unwrap_or(node);
    assert!(node["description"].is_string(), "{path} is not described");
    if let Some(properties) = held["properties"].as_object() {
        assert_eq!(held["additionalProperties"], false, "{path}");
        for (key, below) in properties {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            describe(schema, below, &path, all);
        }
    } else if held["additionalProperties"].is_object() {
        let below = &held["additionalProperties"];
        let target = below["$ref"].as_str().and_then(|name| schema.pointer(name.trim_start_matches('#')));
        match target.filter(|target| target["properties"].is_object()) {
            Some(target) => describe(schema, target, &format!("{path}.*"), all),
            None => all.push((format!("{path}.*"), Value::Null)),
        }
    } else {
        all.push((path.to_owned(), node["default"].clone()));
    }
}

#[test]
fn saved_selections_are_read_and_shown() {
    let space = workspace();
    let text = "\
sources = [\"maps/own.json\"]

[selections.prod]
capability = [\"lock\", \"al*\"]

[selections.\"Our Wish\"]
sources = \"maps/own.json\"
category = \"detect\"
tag = \"x\"
all-tags = true
";
    space.write("navlayer.toml", text);
    let rows = shown(&space, &[]);
    let row = |key: &str| {
        let row = rows.iter().find(|(name, ..)| name == key).unwrap_or_else(|| panic!("{key}: {rows:?}"));
        (row.1.clone(), row.2.as_str())
    };
    assert_eq!(row("selections.prod.capability"), (json!(["lock", "al*"]), "navlayer.toml:4"));
    assert_eq!(row("selections.\"our wish\".sources").0, json!(["maps/own.json"]));
    assert_eq!(row("selections.\"our wish\".category").0, json!(["detect"]));
    assert_eq!(row("selections.\"our wish\".all-tags"), (json!(true), "navlayer.toml:10"));
    let again = space.run(&["config", "show", "--format", "toml"]).ok().stdout;
    space.write("again/navlayer.toml", &again);
    let Some((_, own)) = again.split_once("[selections]\n") else { panic!("{again}") };
    assert!(own.starts_with("\"our wish\".sources = [\"maps/own.json\"]"), "{own}");
    space.run(&["config", "show", "--config", "again/navlayer.toml"]).ok();
}

#[test]
fn mistakes_in_saved_selections_are_shown_with_their_lines() {
    let space = workspace();
    let text = "\
[selections]
prod = \"lock\"

[selections.empty]

[selections.scope]
tactic = \"impact\"
capabilty = \"lock\"
category = \"Detct\"

[selections.Twice]
tag = \"a\"

[selections.twice]
tag = \"b\"
sources = \"-\"
";
    space.write("navlayer.toml", text);
    space.run(&["layer"]).ends_with(2).says(&[
        "navlayer.toml:2:8",
        "`selections.prod` takes a table, not a string",
        "navlayer.toml:4:13",
        "the selection `empty` says nothing",
        "navlayer.toml:7:1",
        "`tactic` belongs into [filters]",
        "navlayer.toml:8:1",
        "did you mean `capability`?",
        "navlayer.toml:9:12",
        "did you mean `Detect`?",
        "`twice` stands here twice, in another case",
        "`selections.twice.sources` names files, and `-` is standard input",
        "navlayer.toml has 7 mistakes",
    ]);
}
