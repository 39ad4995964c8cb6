//! The accounts of upgrades, as they are read: on narrow screens, of several files, and by each command that upgrades.

use serde_json::{Value, json};

use crate::support::{Finding, Run, Workspace, mapping, place, row, values};

/// The parts of a page between two marks.
fn between<'a>(page: &'a str, open: &'a str, close: &'a str) -> impl Iterator<Item = &'a str> {
    page.split(open).skip(1).filter_map(move |rest| rest.split_once(close).map(|(part, _)| part))
}

/// The words of an element, without tags.
fn words(element: &str) -> String {
    let text: String = element
        .split('<')
        .enumerate()
        .map(|(at, part)| if at == 0 { part } else { after_tag(part) })
        .collect();
    text.trim().to_owned()
}

fn after_tag(part: &str) -> &str {
    part.split_once('>').map_or("", |(_, text)| text)
}

#[test]
fn on_a_narrow_screen_every_cell_says_which_column_it_is_of() {
    let space = Workspace::new();
    let upgraded = ["layer", "--attack-version", "19.0", "-o", "a.json", "--upgrade-report", "account.html"];
    space.run(&upgraded).ok();
    space.run(&["catalog", "diff", "16.1", "19.0", "-o", "changes.html"]).ok();
    for (page, count) in [("account.html", 2), ("changes.html", 7)] {
        let page = space.read(page);
        let tables: Vec<&str> = between(&page, " stack\"", "</table>").collect();
        assert_eq!(tables.len(), count, "tables that are stacked");
        for table in tables {
            let columns: Vec<String> =
                between(table, "role=\"columnheader\"", "</th>").map(words_after).collect();
            assert!(columns.len() > 2, "{columns:?}");
            let body = table.split_once("<tbody role=\"rowgroup\">").expect("a body").1;
            let mut rows = 0;
            for row in between(body, "<tr role=\"row\"", "</tr>") {
                let labels: Vec<&str> = between(row, " data-label=\"", "\"").collect();
                assert_eq!(row.matches("<td role=\"cell\"").count(), columns.len() - 1, "{row}");
                assert_eq!(row.matches("<th role=\"rowheader\"").count(), 1, "{row}");
                // The id and the name stand for themselves.
                assert_eq!(labels.len(), columns.len() - 2, "{row}");
                for (label, column) in labels.iter().zip(&columns[2..]) {
                    let version = label.strip_prefix("In ");
                    assert!(
                        column == label || version.is_some_and(|one| column.ends_with(one)),
                        "{label}: {column}"
                    );
                }
                rows += 1;
            }
            assert!(rows > 0, "{table}");
        }
    }
}

fn words_after(rest: &str) -> String {
    words(after_tag(rest))
}

/// A layer on ATT&CK 16.1 with a score for each technique.
fn layer(name: &str, scored: &[(&str, u32)]) -> String {
    let technique = |(id, score): &(&str, u32)| json!({ "techniqueID": id, "score": score, "comment": format!("{name} {id}") });
    let techniques: Vec<Value> = scored.iter().map(technique).collect();
    let versions = json!({ "attack": "16", "navigator": "5.1.0", "layer": "4.5" });
    json!({ "name": name, "domain": "enterprise-attack", "versions": versions, "techniques": techniques })
        .to_string()
}

#[test]
fn what_is_new_is_listed_once_for_all_layers_of_a_version() {
    let space = Workspace::new();
    for name in ["one", "two", "three"] {
        space.write(&format!("in/{name}.json"), layer(name, &[("T1078", 10)]));
    }
    let older = layer("older", &[("T1078", 10)]).replace("\"16\"", "\"15\"");
    space.write("in/older.json", older);
    let account = |file: &str| {
        space.run(&["upgrade", "in", "--to", "19.0", "-o", "out/", "--report", file, "--force"]).ok();
        space.read(file)
    };
    let text = account("account.txt");
    let headings: Vec<&str> = text.lines().filter(|line| line.starts_with("Not assessed")).collect();
    let of_16 = "Not assessed: Enterprise ATT&CK 16.1 to 19.0: 44 techniques are new since ATT&CK 16.1";
    assert_eq!(headings.len(), 2, "{headings:?}");
    assert!(headings.contains(&of_16), "{headings:?}");
    assert!(headings.iter().any(|line| line.starts_with("Not assessed: older: ")), "{headings:?}");
    // T1667 is new in 17: once for each pair of versions.
    assert_eq!(text.matches("\n  T1667 Email Bombing").count(), 2);
    let page = account("account.html");
    assert_eq!(page.matches(">T1667</span>").count(), 2);
    assert!(page.contains(">Enterprise ATT&amp;CK 16.1 to 19.0</span>: 44 techniques are new since"));
    // Programs find each account by itself.
    let json: Value = serde_json::from_str(&account("account.json")).expect("it is JSON");
    let lists = json["upgrades"].as_array().expect("a list").iter().map(|one| one["not_assessed"].as_array());
    assert!(lists.flatten().all(|list| list.iter().any(|one| one["id"] == "T1667")));
}

#[test]
fn an_account_says_what_it_counts() {
    let space = Workspace::new();
    let rows = [
        row("eye", "T1562.001", "Detect", "Partial"),
        row("eye", "T1562.001", "Detect", "Partial"),
        row("eye", "T1562", "Detect", "Minimal"),
        row("eye", "T1211", "Detect", "Minimal"),
        row("eye", "T1211", "Protect", "Minimal"),
        row("eye", "T1053.004", "Detect", "Minimal"),
    ];
    space.mapping("a.json", &mapping(&rows));
    let arguments = ["layer", "a.json", "--attack-version", "19.0", "-o", "b.json"];
    space.run(&[&arguments[..], &["--upgrade-report", "a.txt"]].concat()).ok();
    let text = space.read("a.txt");
    for line in [
        "    6  rows in     on ATT&CK 16.1",
        "Dropped: 1 technique, 1 row",
        "Renamed: 1 technique, 2 rows",
        "Renumbered: 1 technique, 2 rows, 1 of them merged",
        "Replaced: 1 technique, 1 row, merged",
        "Merged: 1 technique, 2 rows",
        // What two rows say alike is told once.
        "  T1685 Disable or Modify Tools, Eye, Detect: Partial (of T1562.001 Partial, T1562 Minimal)",
    ] {
        assert!(text.lines().any(|one| one == line), "{line}\n{text}");
    }
    space.write("layer.json", layer("mine", &[("T1562", 50), ("T1562.001", 100), ("T1211", 10)]));
    let upgraded = ["upgrade", "layer.json", "--to", "19.0", "-o", "new.json", "--report", "l.txt"];
    space.run(&upgraded).ok().says(&["mine: ATT&CK 16.1 to 19.0, 3 annotations = 0 kept + 1 renamed"]);
    let text = space.read("l.txt");
    let text = text.split_once('\n').expect("several lines").1;
    assert!(!text.contains(" row") && !text.contains("level"), "{text}");
    assert!(text.contains("  annotations in ") && text.contains("which keeps the highest score"), "{text}");
    assert!(text.contains("\nRenamed: 1 technique, 1 annotation\n"), "{text}");
    space.run(&["upgrade", "layer.json", "--to", "19.0", "-o", "n.json", "--report", "l.html"]).ok();
    let page = space.read("l.html");
    assert!(page.contains("<h2 dir=\"auto\">Every annotation, and what became of it</h2>"));
    let body = page.split_once("</style>").expect("a style").1;
    assert!(!body.contains(">Rows") && body.contains(">Annotations out</th>"), "{body}");
}

#[test]
fn every_command_that_upgrades_mappings_writes_the_account() {
    let space = Workspace::new();
    space.mapping("a.json", &mapping(&[row("eye", "T1562.001", "Detect", "Partial")]));
    let commands: [&[&str]; 8] = [
        &["build", "a.json", "-o", "site"],
        &["layer", "a.json", "-o", "b.json"],
        &["convert", "a.json", "-o", "b.csv"],
        &["validate", "a.json"],
        &["query", "capabilities", "a.json"],
        &["query", "techniques", "a.json"],
        &["query", "gaps", "a.json"],
        &["query", "scores", "a.json"],
    ];
    let mut accounts = Vec::new();
    for command in commands {
        let file = format!("{}.txt", accounts.len());
        space.run(&[command, &["--attack-version", "19.0", "--upgrade-report", &file]].concat()).ok();
        accounts.push(space.read(&file));
    }
    assert!(accounts[0].contains("Renumbered: 1 technique, 1 row\n"), "{}", accounts[0]);
    assert!(accounts.iter().all(|one| *one == accounts[0]), "{accounts:#?}");
    // A report of findings is no place for it, nor somebody's file.
    space.write("mine.txt", "my notes");
    let into =
        |file| space.run(&["validate", "a.json", "--attack-version", "19.0", "--upgrade-report", file]);
    into("-").ends_with(2).says(&["needs a file of its own"]);
    into("mine.txt").ends_with(2).says(&["mine.txt was not written by navlayer"]);
    assert_eq!(space.read("mine.txt"), "my notes");
}

#[test]
fn links_that_are_none_are_written_as_text_and_told() {
    let space = Workspace::new();
    let links = json!([
        { "label": "run", "url": "javascript:alert(1)" },
        { "label": "read", "url": "https://a.example/b" },
    ]);
    let mut layer: Value = serde_json::from_str(&layer("mine", &[("T1078", 50)])).expect("it is JSON");
    layer["links"] = links.clone();
    layer["techniques"][0]["links"] = links;
    space.mapping("a.json", &layer);
    let only_web = |run: Run, count: usize| {
        let written = run.ok();
        let told: Vec<Finding> = written.findings().into_iter().filter(|one| one.code == "NL0401").collect();
        assert_eq!(told.len(), count, "{}", written.stderr);
        assert!(told.iter().all(|one| one.message.contains("the link `javascript:alert(1)` is not an http")));
        let layer: Value = serde_json::from_str(&written.stdout).expect("it is JSON");
        let technique = &layer["techniques"][0];
        assert_eq!(technique["links"], json!([{ "label": "read", "url": "https://a.example/b" }]));
        assert_eq!(values(&technique["metadata"], "run"), ["javascript:alert(1)"]);
        layer
    };
    let upgraded = only_web(space.run(&["upgrade", "a.json", "--to", "19.0", "-v"]), 2);
    assert_eq!(upgraded["links"], json!([{ "label": "read", "url": "https://a.example/b" }]));
    assert_eq!(values(&upgraded["metadata"], "run"), ["javascript:alert(1)"]);
    only_web(space.run(&["upgrade", "a.json", "--format-only", "-v"]), 2);
    only_web(space.run(&["combine", "a", "a.json", "--links-from", "a", "-v"]), 1);
}

#[test]
fn platforms_are_taken_to_the_letter_as_the_navigator_takes_them() {
    let space = Workspace::new();
    let mut layer: Value = serde_json::from_str(&layer("mine", &[("T1078", 50)])).expect("it is JSON");
    layer["filters"] = json!({ "platforms": ["windows", "office 365", "LINUX", "SaaS", "Amiga"] });
    let text = space.mapping("a.json", &layer);
    let run = space.run(&["upgrade", "a.json", "--to", "19.0"]).ok();
    let found: Vec<(String, String)> = run
        .findings()
        .into_iter()
        .filter(|one| one.code == "NL0801")
        .map(|one| (one.place, format!("{}; {}", one.message, one.help)))
        .collect();
    let told = |name: &str, help: &str| {
        let place = place("a.json", &text, &format!("\"{name}\""), 0);
        (place, format!("{name} is no platform of ATT&CK 19.0; {help}"))
    };
    let meant =
        |name: &str| format!("the Navigator does not take it for {name}; write it so, to filter by it");
    assert_eq!(
        found,
        [
            told("office 365", &meant("Office 365")),
            told("LINUX", &meant("Linux")),
            told("Amiga", "it is left out of the platform filter"),
        ]
    );
    // The Navigator itself reads the names of the first formats.
    let written: Value = serde_json::from_str(&run.stdout).expect("it is JSON");
    assert_eq!(written["filters"]["platforms"], json!(["Windows", "SaaS"]));
}

#[test]
fn ids_that_never_were_stop_a_mapping_and_are_dropped_from_a_layer() {
    let space = Workspace::new();
    let rows = ["T1562.001", "T9999", "T15x"].map(|id| row("eye", id, "Detect", "Partial"));
    space.mapping("a.json", &mapping(&rows));
    let upgraded =
        ["layer", "a.json", "--attack-version", "19.0", "-o", "b.json", "--upgrade-report", "a.txt"];
    let run = space.run(&upgraded).ends_with(1);
    run.says(&["error[NL0202]: T9999", "error[NL0201]: `T15x`", "2 errors; nothing was written"]);
    assert!(!space.has("a.txt") && !space.has("b.json"));
    let run = space.run(&[&upgraded[..], &["--warn", "NL0201", "--warn", "NL0202"]].concat()).ok();
    run.says(&["warning[NL0201]: `T15x`", "warning[NL0202]: T9999", "2 rows = ", " + 1 dropped"]);
    let text = space.read("a.txt");
    let never = "  T9999: never a technique of ATT&CK, as far as is known (1 row)";
    assert!(
        text.contains("\nDropped: 1 technique, 1 row\n") && text.lines().any(|line| line == never),
        "{text}"
    );
    assert!(!text.contains("T15x"), "{text}");
    space.write("l.json", layer("mine", &[("T1562.001", 50), ("T9999", 50), ("T15x", 50)]));
    let run = space.run(&["upgrade", "l.json", "--to", "19.0", "-o", "n.json", "--report", "l.txt"]).ok();
    run.says(&["3 annotations = ", " + 2 dropped"]);
    let text = space.read("l.txt");
    assert!(text.contains("\nDropped: 2 ids, 2 annotations\n"), "{text}");
    assert!(text.contains("  T15x: not the id of a technique (1 annotation)\n"), "{text}");
    assert!(text.contains(&never.replace("row", "annotation")), "{text}");
}

#[test]
fn after_two_upgrades_a_technique_is_called_what_it_was_before_the_first() {
    let space = Workspace::new();
    // Both move between 18.1 and 19.0.
    space.write("a.json", layer("mine", &[("T1562.001", 50), ("T1656", 10)]));
    space.run(&["upgrade", "a.json", "--to", "18.1", "-o", "b.json"]).ok();
    let twice = space.run(&["upgrade", "b.json", "--to", "19.0"]).ok();
    let once = space.run(&["upgrade", "a.json", "--to", "19.0"]).ok();
    let origins = |run: Run| -> Vec<Value> {
        let layer: Value = serde_json::from_str(&run.stdout).expect("it is JSON");
        let techniques = layer["techniques"].as_array().expect("a list").clone();
        techniques.into_iter().map(|one| one["metadata"].clone()).collect()
    };
    let once = origins(once);
    assert_eq!(
        values(&once[0], "upgraded from"),
        ["T1562.001 Impair Defenses: Disable or Modify Tools (ATT&CK 16.1)"]
    );
    assert_eq!(values(&once[1], "upgraded from"), ["T1656 Impersonation (ATT&CK 16.1)"]);
    assert_eq!(origins(twice), once);
}
