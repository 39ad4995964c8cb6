//! Tables on the command line: orders, columns, formats, widths, files.

use std::io::Read as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::query::{SUBJECTS, json_rows, space, texts};
use crate::support::{Workspace, mapping, plain_row, row, with};

#[test]
fn columns_sort_as_what_they_hold() {
    let space = Workspace::new();
    let mut all: Vec<Value> =
        (1..=10).map(|sub| row("wide", &format!("T1059.{sub:03}"), "detect", "partial")).collect();
    all.push(row("b_two", "T1110", "protect", "minimal"));
    all.push(row("b_two", "T1046", "protect", "significant"));
    all.push(row("A_two", "T1110", "respond", "partial"));
    all.push(row("A_two", "T1078", "detect", "minimal"));
    space.mapping("map.json", &mapping(&all));
    let ids = |subject: &str, sort: &str, key: &str| -> Vec<String> {
        let rows = json_rows(&space, &[subject, "map.json", "--sort", sort]);
        texts(&rows, key).into_iter().map(str::to_owned).collect()
    };
    assert_eq!(ids("capabilities", "-mapped", "id"), ["wide", "A_two", "b_two"], "10 before 2, ties by id");
    assert_eq!(ids("capabilities", "mapped", "id"), ["A_two", "b_two", "wide"]);
    assert_eq!(ids("capabilities", "name", "id"), ["A_two", "b_two", "wide"], "without regard to case");
    assert_eq!(
        ids("capabilities", "-Weighted percent", "id"),
        ["wide", "b_two", "A_two"],
        "a heading names a column too"
    );
    assert_eq!(
        ids("scores", "-level,technique_id", "level")[..3],
        ["Significant", "Partial", "Partial"],
        "by strength"
    );
    assert_eq!(
        ids("scores", "category,level,technique_id", "technique_id")[..3],
        ["T1110", "T1046", "T1078"]
    );
    let protect = |sort| json_rows(&space, &["techniques", "map.json", "--sort", sort]);
    let (up, down) = (protect("protect"), protect("-protect"));
    assert_eq!(texts(&up, "protect")[..3], ["Minimal", "Significant", ""]);
    assert_eq!(
        texts(&down, "protect")[..3],
        ["Significant", "Minimal", ""],
        "what is empty comes last either way"
    );
    assert_eq!(texts(&up, "id")[2..], texts(&down, "id")[2..], "and stays in the order of the ids");
}

#[test]
fn an_unknown_column_stops_the_run_with_2_and_the_nearest() {
    let space = space();
    for (arguments, help) in [
        (["--sort", "scor"], "did you mean `score`?"),
        (["--sort", "-tactic"], "did you mean `tactics`?"),
        (["--select", "id,nam"], "did you mean `name`?"),
        (["--select", "zzz"], "known here: id, name, kind, tactics"),
    ] {
        let run = space.run(&["query", "techniques", "map.json", arguments[0], arguments[1]]).ends_with(2);
        assert_eq!(run.says(&["error: no column is called `", help]).stdout, "");
    }
}

#[test]
fn columns_are_chosen_and_ordered() {
    let space = space();
    let rows = json_rows(&space, &["techniques", "map.json", "--select", "score, ID,score"]);
    assert_eq!(rows[3], json!({"score": 50, "id": "T1110"}));
    let csv = |select: &[&str]| {
        let mut all = vec!["query", "techniques", "map.json", "--format", "csv"];
        all.extend(select);
        space.run(&all).ok().stdout.lines().next().expect("a line").to_owned()
    };
    assert_eq!(csv(&["--select", "score,all"]), format!("score,{}", csv(&[]).replace(",score,", ",")));
    let table = space.run(&["query", "techniques", "map.json", "--select", "tactics,id"]).ok().stdout;
    assert!(table.starts_with("Tactics"), "{table}");
    // Sorting by what is not shown.
    let rows = json_rows(&space, &["techniques", "map.json", "--sort", "-score", "--select", "id"]);
    assert_eq!(rows[0], json!({"id": "T1046"}));
}

#[test]
fn csv_has_keys_numbers_and_a_column_for_each_denominator() {
    let space = space();
    let run = space.run(&[
        "query",
        "capabilities",
        "map.json",
        "--format",
        "csv",
        "--select",
        "name,mapped,protect",
    ]);
    assert_eq!(
        run.ok().stdout,
        "name,mapped,mapped_of,protect\nEye,3,656,0\nLock,2,656,2\nGuard,1,656,0\nMirror,0,656,0\n"
    );
    let run = space.run(&[
        "query",
        "scores",
        "map.json",
        "--format",
        "csv",
        "--select",
        "level,references,comment",
    ]);
    let text = run.ok().stdout;
    assert!(text.contains("\nMinimal,https://a.example/x; page 3,\n"), "{text}");
    for subject in SUBJECTS {
        let text = space.run(&["query", subject, "map.json", "--format", "csv"]).ok().stdout;
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let heads = reader.headers().expect("a first line").clone();
        let is_key = |key: &str| key.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase());
        assert!(heads.iter().all(is_key), "{heads:?}");
        let json = json_rows(&space, &[subject, "map.json"]);
        let records: Result<Vec<csv::StringRecord>, csv::Error> = reader.records().collect();
        assert_eq!(records.expect("equal lengths").len(), json.len());
    }
}

/// A capability whose every text is an attack on somebody.
fn hostile() -> Workspace {
    let space = Workspace::new();
    let row = with(
        row("=cmd|'/c calc'!A1", "T1110", "protect", "partial"),
        "capability_description",
        json!("\u{1b}[2J|<b>x</b>\u{202e}"),
    );
    let comment = format!("@SUM(1)\n| a | b |\r\n![x](http://a.example/p.png) {}", "word ".repeat(100));
    let row = with(row, "comments", json!(comment));
    space.mapping(
        "map.json",
        &mapping(&[with(row, "references", json!(["javascript:alert(1)", "https://a.example/b_c"]))]),
    );
    space
}

#[test]
fn hostile_text_is_text_in_every_format() {
    let space = hostile();
    let text = |format: &str| {
        let select = "capability_id,capability_name,comment,references";
        space.run(&["query", "scores", "map.json", "--format", format, "--select", select, "-q"]).ok().stdout
    };
    let table = text("table");
    assert!(!table.chars().any(|c| c != '\n' && (c.is_control() || c == '\u{202e}')), "{table:?}");
    assert!(table.contains("=cmd|'/c calc'!A1"), "{table}");
    assert!(table.contains('…') && table.matches("word").count() < 40, "a comment is shortened: {table}");

    let csv = text("csv");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let record = reader.records().next().expect("a record").expect("it is sound");
    assert_eq!(&record[0], "'=cmd|'/c calc'!A1");
    assert_eq!(&record[1], "\u{fffd}[2J|<b>x</b>\u{fffd}");
    assert!(record[2].starts_with("'@SUM(1)\n| a | b |"), "{record:?}");
    assert_eq!(record[2].matches("word").count(), 100, "a comment is whole");

    let markdown = text("markdown");
    assert_eq!(markdown.lines().count(), 3, "no cell ends its row: {markdown}");
    let row = markdown.lines().last().expect("a row");
    assert!(row.contains("&lt;b&gt;x&lt;/b&gt;") && !row.contains("<b>"), "{row}");
    assert!(row.contains("<br>\\| a \\| b \\|<br>!\\[x\\](http"), "{row}");
    assert!(row.ends_with("| javascript:alert(1), <https://a.example/b_c> |"), "{row}");
    assert_eq!(row.replace("\\|", "").matches('|').count(), 5, "{row}");

    let json: Value = serde_json::from_str(&text("json")).expect("JSON");
    assert_eq!(json[0]["capability_name"], "\u{1b}[2J|<b>x</b>\u{202e}", "programs get what the file says");
    let said = space.run(&["query", "scores", "map.json", "--sort", "\u{1b}[2J"]).ends_with(2).stderr;
    assert!(!said.contains('\u{1b}'), "{said:?}");
}

#[test]
fn markdown_is_a_table_with_headings_and_the_rest_apart() {
    let space = space();
    let run = space.run(&[
        "query",
        "gaps",
        "map.json",
        "--format",
        "markdown",
        "--technique",
        "T1595",
        "--select",
        "id,state,comment,mapped_sub_techniques",
    ]);
    assert_eq!(
        run.ok().stdout,
        "| ID | State | Comment | Mapped sub-techniques |\n| --- | --- | --- | ---: |\n\
         | T1595 | not assessed | Never measured. |  |\n\n\
         Capabilities that their source declares not mappable\n\n\
         | ID | State | Comment | Mapped sub-techniques |\n| --- | --- | --- | ---: |\n\
         | mirror | not mappable | It only reflects. |  |\n"
    );
}

#[test]
fn tables_keep_to_the_width_that_is_asked_for() {
    let space = space();
    for subject in SUBJECTS {
        for (source, width) in [(None, 60), (None, 80), (Some("map.json"), 80), (None, 120), (None, 200)] {
            for select in [&[][..], &["--select", "all"]] {
                let width_text = width.to_string();
                let mut arguments = vec!["query", subject, "--width", &width_text, "-q"];
                arguments.extend(source);
                arguments.extend(select);
                let table = space.run(&arguments).ok().stdout;
                let widest = table.lines().map(|line| line.chars().count()).max().unwrap_or_default();
                assert!(widest <= width && widest > 30, "{arguments:?} is {widest} wide");
                assert!(table.lines().all(|line| line == line.trim_end()), "{arguments:?}");
            }
        }
    }
    for width in ["19", "2001", "wide"] {
        space.run(&["query", "gaps", "--width", width]).ends_with(2);
    }
}

#[test]
fn a_table_shows_the_columns_that_tell_something() {
    let space = space();
    let head = |arguments: &[&str]| -> Vec<String> {
        let mut all = vec!["query"];
        all.extend(arguments);
        let table = space.run(&all).ok().stdout;
        let line = table.lines().next().expect("a line").to_owned();
        line.split("  ").map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
    };
    assert_eq!(head(&["scores"]), ["Capability name", "Technique ID", "Technique name", "Category", "Level"]);
    assert_eq!(
        head(&["capabilities"]),
        ["Name", "State", "Mapped", "Protect", "Detect", "Respond", "Only", "Weighted percent"]
    );
    space.mapping("plain.json", &mapping(&[plain_row("ac-2", "T1110"), plain_row("ac-3", "T1046")]));
    assert_eq!(head(&["capabilities", "plain.json"]), ["Name", "Mapped", "Only"], "it has no levels");
    let sources = ["techniques", "map.json", "plain.json", "--width", "160"];
    assert!(head(&sources).contains(&"Frameworks".to_owned()), "several sources are told apart");
}

#[test]
fn nothing_that_passes_the_filters_is_an_empty_table_and_a_note() {
    let space = space();
    let nothing = ["map.json", "--category", "respond", "--technique", "T1110"];
    for (format, wanted) in
        [("csv", "id,score\n"), ("json", "[]\n"), ("markdown", "| ID | Score |\n| --- | ---: |\n")]
    {
        let mut arguments = vec!["query", "techniques", "--select", "id,score", "--format", format];
        arguments.extend(nothing);
        let run = space.run(&arguments).ok();
        assert_eq!(run.stdout, wanted);
        run.says(&["note: nothing passes the filters; the table is empty"]);
    }
    let mut arguments = vec!["query", "scores"];
    arguments.extend(nothing);
    let run = space.run(&arguments).ok();
    assert!(run.stdout.starts_with("Capability name  Technique ID"), "{}", run.stdout);
    assert_eq!(run.stdout.lines().count(), 2, "headings and their rule");
}

#[test]
fn a_table_is_written_to_a_file_and_replaces_none_unasked() {
    let space = space();
    let arguments = ["query", "scores", "map.json", "--format", "csv", "-o", "scores.csv"];
    let run = space.run(&arguments).ok();
    assert_eq!(run.stdout, "");
    run.says(&["wrote scores.csv"]);
    assert_eq!(space.read("scores.csv"), space.run(&arguments[..5]).ok().stdout);
    space.run(&arguments).ok();
    space.write("scores.csv", "mine");
    space.run(&arguments).ends_with(2).says(&["scores.csv exists already", "--force replaces it"]);
    assert_eq!(space.read("scores.csv"), "mine");
    space.run(&[&arguments[..], &["--force"]].concat()).ok();
    assert!(space.read("scores.csv").starts_with("framework,"));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    for subject in ["scores", "gaps"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_navlayer"))
            .args(["query", subject, "--format", "json"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let mut first = [0];
        let mut stdout = child.stdout.take().expect("a pipe");
        stdout.read_exact(&mut first).expect("it writes");
        drop(stdout);
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{subject}");
    }
}

#[test]
fn a_files_ending_tells_the_format() {
    let space = space();
    for (file, start) in [("a.csv", "framework,"), ("a.json", "[\n"), ("a.md", "| "), ("a.txt", "Capability")]
    {
        space.run(&["query", "scores", "map.json", "-o", file]).ok();
        assert!(space.read(file).starts_with(start), "{file}: {}", space.read(file));
    }
    space
        .run(&["query", "scores", "map.json", "-o", "a.xlsx"])
        .ends_with(2)
        .says(&["a.xlsx does not tell the format"]);
    assert!(!space.has("a.xlsx"));
    space.run(&["query", "scores", "map.json", "-o", "a.out", "--format", "csv"]).ok();
    assert!(space.read("a.out").starts_with("framework,"));
}
