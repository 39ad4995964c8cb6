//! Sides that are compared against a threat.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx};
use serde_json::{Value, json};

use super::output::{expected_of, open_in_order, threat_layer};
use super::{assert_close, number};
use crate::support::{Workspace, mapping, plain_row, row};

const SIDES: [&str; 2] = ["amazon_guardduty", "aws_config"];
const WEIGHTS: [(&str, f64); 2] = [("G0016", 2.0), ("G0007", 1.0)];
const THREAT: &str = "APT29=2,APT28";

/// Id → use and score.
type Uses = BTreeMap<String, (f64, Option<f64>)>;

/// What each of the two services covers, counted from the mappings themselves, and what both cover together.
fn recomputed(space: &Workspace) -> [Uses; 3] {
    let side = |name: &str| expected_of(space, &WEIGHTS, &["--capability", name]);
    let both = [&["--capability", SIDES[0]][..], &["--capability", SIDES[1]]].concat();
    [side(SIDES[0]), side(SIDES[1]), expected_of(space, &WEIGHTS, &both)]
}

fn compared(space: &Workspace, arguments: &[&str]) -> Value {
    let all = [&["compare"][..], arguments, &["--format", "json", "-q"]].concat();
    serde_json::from_str(&space.run(&all).ok().stdout).expect("it is JSON")
}

fn lines(table: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    reader.deserialize().map(|row| row.expect("a line")).collect()
}

#[test]
fn figures_of_each_side_and_of_all_together_are_what_the_rows_say() {
    let space = Workspace::new();
    let value = compared(&space, &[SIDES[0], SIDES[1], "--threat", THREAT]);
    let threat = &value["threat"];
    let of = recomputed(&space);
    assert_eq!(threat["name"], "APT29 (weight 2), APT28 (weight 1)");
    assert_eq!(threat["attack_version"], "16.1");
    assert!(threat["definition"].as_str().expect("a sentence").contains("use it in ATT&CK 16.1"));
    assert_eq!(threat["in_scope"]["total"], of[0].len());
    let figures = [&threat["sides"][0], &threat["sides"][1], &threat["together"]];
    for (figures, uses) in figures.into_iter().zip(&of) {
        let covered = |sub: bool| {
            uses.iter().filter(|(id, (_, score))| id.contains('.') == sub && score.is_some()).count()
        };
        assert_eq!(figures["covered"]["techniques"], covered(false));
        assert_eq!(figures["covered"]["sub_techniques"], covered(true));
        let total: f64 = uses.values().map(|(usage, _)| usage).sum();
        let reached: f64 = uses.values().map(|(usage, score)| usage * score.unwrap_or(0.0) / 100.0).sum();
        assert_close(&figures["weighted_coverage"], reached / total);
        assert_close(&figures["total_residual"], total - reached);
        assert_close(&threat["total_use"], total);
    }
    let techniques = threat["techniques"].as_array().expect("a list");
    assert_eq!(techniques.len(), of[0].len());
    for technique in techniques {
        let id = technique["id"].as_str().expect("an id");
        let entries = [&technique["sides"][0], &technique["sides"][1], &technique["together"]];
        for (entry, uses) in entries.into_iter().zip(&of) {
            let (usage, score) = uses[id];
            assert_close(&technique["use"], usage);
            assert_eq!(entry["score"].as_f64(), score, "{id}");
            assert_close(&entry["residual"], usage * (1.0 - score.unwrap_or(0.0) / 100.0));
        }
    }
    // Most used first, of one use the weakest first.
    let together = of[2].iter().map(|(id, (usage, score))| (id.as_str(), *usage, *score));
    assert_eq!(threat["gaps"], json!(open_in_order(together)));
    assert!(compared(&space, &SIDES)["threat"].is_null());
}

/// Several partial answers of different sides beat one: all together is more than the best of them.
#[test]
fn all_sides_together_are_added_up_by_the_metric() {
    let space = Workspace::new();
    let rows = [
        row("lock", "T1078", "protect", "partial"),
        row("alarm", "T1078", "detect", "partial"),
        row("bell", "T1190", "detect", "significant"),
    ];
    space.mapping("own.json", &mapping(&rows));
    let of = |metric: &str| {
        let all = ["lock", "alarm", "-s", "own.json", "--threat", "APT29", "--metric", metric];
        let value = compared(&space, &all);
        let techniques = value["threat"]["techniques"].as_array().expect("a list").clone();
        let accounts = techniques.into_iter().find(|one| one["id"] == "T1078").expect("APT29 uses it");
        [&accounts["sides"][0]["score"], &accounts["sides"][1]["score"], &accounts["together"]["score"]]
            .map(|score| score.as_i64().expect("a score"))
    };
    assert_eq!(of("strongest"), [50, 50, 50]);
    assert_eq!(of("layered"), [50, 50, 75]);
    // Two categories of three, where each side has one.
    assert_eq!(of("balanced"), [17, 17, 33]);
    assert_eq!(of("count"), [1, 1, 2]);
    // A capability that is no side is in no sum.
    let value = compared(&space, &["lock", "alarm", "-s", "own.json", "--threat", "APT29"]);
    assert_eq!(value["threat"]["together"]["covered"]["total"], 1);
}

#[test]
fn the_text_tells_what_each_side_covers_and_where_risk_remains() {
    let space = Workspace::new();
    let run = space.run(&["compare", SIDES[0], SIDES[1], "--threat", "Cozy Bear", "--width", "120"]).ok();
    let run = run.says(&["all sides together against APT29: 7 of 17 techniques and 13 of 49 sub-techniques"]);
    let text = &run.stdout;
    let line = |start: &str| {
        let line = text.lines().find(|line| line.starts_with(start) && line.contains("of 66"));
        line.unwrap_or_else(|| panic!("{start} in:\n{text}")).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("Amazon GuardDuty"), "Amazon GuardDuty 4 of 17 11 of 49 15 of 66 9 8.3 91.7");
    assert_eq!(line("AWS Config"), "AWS Config 5 of 17 6 of 49 11 of 66 5 11.5 88.5");
    assert_eq!(line("All sides together"), "All sides together 7 of 17 13 of 49 20 of 66 17.7 82.3");
    let places: Vec<usize> = [
        "Sides, in techniques",
        "Against APT29, in techniques",
        "A technique is used where ATT&CK 16.1 says that APT29 uses it.",
        "Where risk remains with all sides together, most used first",
        "T1003.002",
        "… and 49 more, which every format but text and csv lists",
        "What two sides share",
        "\nTechniques:",
    ]
    .map(|part| text.find(part).unwrap_or_else(|| panic!("{part} in:\n{text}")))
    .to_vec();
    assert!(places.is_sorted(), "{places:?}");
    let all = space.run(&["compare", SIDES[0], SIDES[1], "--threat", "APT29", "--format", "markdown"]).ok();
    let gaps = all.stdout.split("\n## ").find(|part| part.starts_with("Where risk")).expect("a section");
    assert_eq!(gaps.lines().filter(|line| line.starts_with("| T1")).count(), 61);
    assert!(!all.stdout.contains('…'));
}

#[test]
fn rows_tell_how_much_they_are_used_and_can_be_narrowed_to_what_is() {
    let space = Workspace::new();
    let table = |arguments: &[&str]| {
        let all = [&["compare", SIDES[0], SIDES[1], "--format", "csv", "-q"], arguments].concat();
        space.run(&all).ok().stdout
    };
    let (plain, told) = (table(&[]), table(&["--threat", THREAT]));
    let heads = |text: &str| -> Vec<String> {
        text.lines().next().expect("a header").split(',').map(str::to_owned).collect()
    };
    let own = ["use", "residual", "used_by", "amazon_guardduty_residual", "aws_config_residual"];
    let others: Vec<String> = heads(&told).into_iter().filter(|head| !own.contains(&head.as_str())).collect();
    assert_eq!(others, heads(&plain), "the others stand as ever");
    assert!(heads(&told).windows(4).any(|some| some == ["aws_config", "use", "residual", "used_by"]));
    let of = recomputed(&space);
    let keys = ["amazon_guardduty_residual", "aws_config_residual", "residual"];
    let rows = lines(&told);
    assert_eq!(rows.len(), lines(&plain).len());
    for row in &rows {
        let used = of[2].get(&row["id"]);
        assert_eq!(row["use"].is_empty(), used.is_none());
        for (key, uses) in keys.into_iter().zip(&of) {
            let Some((usage, score)) = uses.get(&row["id"]) else {
                assert_eq!(row[key], "");
                continue;
            };
            let residual = usage * (100.0 - score.unwrap_or(0.0));
            assert!((row[key].parse::<f64>().expect(key) - residual).abs() <= 0.051, "{row:?}");
        }
    }
    let ids = |text: &str| lines(text).into_iter().map(|row| row["id"].clone()).collect::<BTreeSet<String>>();
    let used: BTreeSet<String> = of[2].keys().cloned().collect();
    let narrowed = table(&["--threat", THREAT, "--used"]);
    let covered = of[2].iter().filter(|(_, (_, score))| score.is_some()).map(|(id, _)| id.clone());
    assert_eq!(ids(&narrowed), covered.collect());
    assert_eq!(ids(&table(&["--threat", THREAT, "--used", "--all"])), used);
    assert!(
        table(&["--threat", THREAT, "--sort", "-use"]).lines().nth(1).expect("a row").contains(",100.0,")
    );
}

/// A side that is called like a column of a threat has the same key with one and without.
#[test]
fn a_side_may_be_called_like_a_column_of_a_threat() {
    let space = Workspace::new();
    let heads = |more: &[&str]| {
        let all =
            [&["compare", "use=aws_config", "residual=amazon_macie", "--format", "csv", "-q"], more].concat();
        space.run(&all).ok().stdout.lines().next().expect("a header").to_owned()
    };
    for head in ["use_2", "residual_2"] {
        assert!(heads(&[]).split(',').any(|one| one == head));
        assert!(heads(&["--threat", "APT29"]).split(',').any(|one| one == head));
    }
}

#[test]
fn a_workbook_has_sheets_of_the_threat() {
    let space = Workspace::new();
    let all = ["compare", SIDES[0], SIDES[1], "--threat", THREAT, "-o", "book.xlsx", "-q"];
    space.run(&all).ok();
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(space.bytes("book.xlsx"))).expect("a workbook");
    let names = ["About", "Sides", "Threat", "Threat gaps", "Overlap", "Techniques", "Dominated"];
    assert_eq!(book.sheet_names(), names);
    let threat = book.worksheet_range("Threat").expect("a sheet");
    let first: Vec<String> = threat.rows().map(|row| row[0].to_string()).collect();
    assert_eq!(first, ["Side", "Amazon GuardDuty", "AWS Config", "All sides together"]);
    let gaps = book.worksheet_range("Threat gaps").expect("a sheet");
    let of = recomputed(&space);
    let open = of[2].values().filter(|(_, score)| score.is_none_or(|score| score < 100.0)).count();
    assert_eq!(gaps.rows().count(), 1 + open);
    let about = book.worksheet_range("About").expect("a sheet");
    let says =
        |part: &str| about.rows().any(|row| matches!(&row[0], Data::String(text) if text.contains(part)));
    assert!(says("that use it in ATT&CK 16.1"));
    space.run(&["compare", SIDES[0], SIDES[1], "-o", "plain.xlsx", "-q"]).ok();
    let plain: Xlsx<_> = Xlsx::new(Cursor::new(space.bytes("plain.xlsx"))).expect("a workbook");
    assert_eq!(plain.sheet_names(), ["About", "Sides", "Overlap", "Techniques", "Dominated"]);
}

#[test]
fn layers_tell_of_uses_and_the_last_one_overlays_all_sides() {
    let space = Workspace::new();
    let layers = |more: &[&str]| -> Vec<Value> {
        let all = [&["compare", SIDES[0], SIDES[1], "--format", "layer", "-q"], more].concat();
        let mut layers: Vec<Value> = serde_json::from_str(&space.run(&all).ok().stdout).expect("layers");
        // The Navigator opens the last one first.
        layers.reverse();
        layers
    };
    let names = |layers: &[Value]| -> Vec<String> {
        layers.iter().map(|layer| layer["name"].as_str().expect("a name").to_owned()).collect()
    };
    let (plain, told) = (layers(&[]), layers(&["--threat", THREAT]));
    assert_eq!(names(&told)[..3], names(&plain)[..]);
    assert_eq!(names(&told)[3], "All sides against APT29 (weight 2), APT28 (weight 1)");
    let of = recomputed(&space);
    let annotation = |layer: &Value, id: &str| {
        let all = layer["techniques"].as_array().expect("a list");
        all.iter().find(|one| one["techniqueID"] == id).cloned().unwrap_or_else(|| panic!("{id}"))
    };
    for (id, (usage, score)) in &of[2] {
        let residual = (usage * (100.0 - score.unwrap_or(0.0))).round();
        let shown = number(&annotation(&told[3], id)["score"]);
        assert!((shown - residual).abs() <= 1.0, "{id}: {shown}, {residual}");
    }
    // T1078 is used, and each side's layer tells what remains with it alone.
    let residual = |layer: &Value| {
        let metadata = annotation(layer, "T1078")["metadata"].clone();
        let rows = metadata.as_array().expect("rows").clone();
        rows.into_iter().find(|row| row["name"] == "residual risk").expect("a row")["value"].clone()
    };
    assert_eq!([residual(&told[0]), residual(&told[1])], ["50 of 100", "90 of 100"]);
    // An overlay is no mapping.
    space.write("tabs.json", told[3].to_string());
    space.run(&["layer", "tabs.json"]).ends_with(1).says(&["what remains of a threat, not what is covered"]);
}

#[test]
fn a_page_tells_of_the_threat_and_marks_what_it_uses() {
    let space = Workspace::new();
    let page = |more: &[&str]| {
        space.run(&[&["compare", SIDES[0], SIDES[1], "--format", "html"], more].concat()).ok().stdout
    };
    let (plain, told) = (page(&[]), page(&["--threat", "APT29"]));
    let uses = expected_of(&space, &[("G0016", 1.0)], &["--capability", SIDES[0]]);
    let with = |fits: &dyn Fn(Option<f64>) -> bool| uses.values().filter(|(_, score)| fits(*score)).count();
    let bar = format!(
        "aria-label=\"Of 66 techniques and sub-techniques used: {} used, not covered; {} used, covered below Partial; {} used, \
         covered at least Partial\"",
        with(&|score| score.is_none()),
        with(&|score| score.is_some_and(|score| score < 50.0)),
        with(&|score| score.is_some_and(|score| score >= 50.0)),
    );
    assert!(told.contains(&bar), "{bar}");
    for part in [
        "Against <span dir=\"auto\">APT29</span>",
        "<a href=\"#threat\">Threat</a>",
        "A technique is used where ATT&amp;CK 16.1 says that APT29 uses it.",
        "Where risk remains with all sides together",
        "<summary>41 more</summary>",
        "<u>†</u> used: APT29",
        "<u>†</u> Valid Accounts",
        ".guard-open{",
        "data-threat",
        "It is no probability",
    ] {
        assert!(told.contains(part), "{part}");
    }
    for part in ["guard-", "<u>†</u>", "id=\"threat\"", " data-used>", " data-threat>"] {
        assert!(!plain.contains(part), "{part}");
    }
    // T1005 is used, and no side maps it: it has a place in the heatmaps.
    assert!(told.contains("<u>†</u> Data from Local System"));
    assert_eq!(told.matches(" data-used>").count(), used_rows(&space));
}

fn used_rows(space: &Workspace) -> usize {
    let all = ["compare", SIDES[0], SIDES[1], "--threat", "APT29", "--used", "--format", "csv", "-q"];
    lines(&space.run(&all).ok().stdout).len()
}

#[test]
fn a_layer_is_a_threat_of_a_comparison_too() {
    let space = Workspace::new();
    let one = json!([{"techniqueID": "T1078", "score": 4}, {"techniqueID": "T1005", "score": 1}]);
    space.write("seen.json", threat_layer("16", &one));
    let value = compared(&space, &[SIDES[0], SIDES[1], "--threat", "seen.json"]);
    assert_eq!(value["threat"]["name"], "Seen by us");
    assert_eq!(value["threat"]["actors"], json!([]));
    assert_eq!(value["threat"]["gaps"], json!(["T1078", "T1005"]));
    assert_close(&value["threat"]["together"]["total_residual"], 0.5 + 0.25);
    space.write("navlayer.toml", "threat = \"seen.json\"\n");
    let told = compared(&space, &SIDES);
    assert_eq!(told["threat"], value["threat"], "the configuration names it as well");
    let other = compared(&space, &[SIDES[0], SIDES[1], "--threat", "APT29"]);
    assert_eq!(other["threat"]["name"], "APT29", "a flag goes first");
}

#[test]
fn mappings_that_are_counted_cover_in_full() {
    let space = Workspace::new();
    let rows = [plain_row("door", "T1078"), plain_row("gate", "T1078"), plain_row("gate", "T1190")];
    space.mapping("plain.json", &mapping(&rows));
    let value = compared(&space, &["door", "gate", "-s", "plain.json", "--threat", "APT29"]);
    assert_close(&value["threat"]["sides"][0]["weighted_coverage"], 1.0 / 66.0);
    assert_close(&value["threat"]["together"]["weighted_coverage"], 2.0 / 66.0);
    let page = space
        .run(&["compare", "door", "gate", "-s", "plain.json", "--threat", "APT29", "--format", "html"])
        .ok();
    assert!(page.stdout.contains("Used, mapped"));
}

/// What is on paper alone stops nobody: beside it, what remains is what remains with what is deployed.
#[test]
fn on_paper_and_as_deployed_what_remains_is_as_deployed() {
    let space = Workspace::new();
    space.write("on.txt", "amazon_guardduty\n");
    let all = ["aws", "--deployed", "on.txt", "--threat", THREAT];
    let value = compared(&space, &all);
    let threat = &value["threat"];
    assert_eq!(threat["together"], threat["sides"][1]);
    assert_ne!(threat["together"], threat["sides"][0]);
    let own = expected_of(&space, &WEIGHTS, &["--capability", "amazon_guardduty"]);
    let own = own.iter().map(|(id, (usage, score))| (id.as_str(), *usage, *score));
    assert_eq!(threat["gaps"], json!(open_in_order(own)));
    let run = space.run(&[&["compare"], &all[..]].concat()).ok();
    let run = run.says(&["what is deployed against APT29 (weight 2), APT28 (weight 1): "]);
    assert!(run.stdout.contains("Where risk remains with what is deployed"), "{}", run.stdout);
    assert!(!run.stdout.contains("All sides together"), "{}", run.stdout);
    let page = space.run(&[&["compare", "--format", "html"], &all[..]].concat()).ok().stdout;
    assert!(page.contains("Where risk remains with what is deployed</h2>"));
    let layers = space.run(&[&["compare", "--format", "layer"], &all[..]].concat()).ok().stdout;
    assert!(layers.contains("\"As deployed against APT29"));
    // Two sides are both as deployed, and both together are all that is.
    let both = compared(&space, &[SIDES[0], SIDES[1], "--deployed", "on.txt", "--threat", THREAT]);
    assert_eq!(both["threat"]["together"], threat["sides"][1]);
    assert_eq!(both["threat"]["sides"][1]["covered"]["total"], 0);
    // The page of a site that puts both side by side tells the same.
    space.run(&["build", "--deployed", "on.txt", "--threat", THREAT, "-o", "site", "-q"]).ok();
    assert!(space.read("site/deployed.html").contains("Where risk remains with what is deployed</h2>"));
}

#[test]
fn mistakes_in_a_threat_stop_a_comparison() {
    let space = Workspace::new();
    let mobile = threat_layer("16", &json!([{"techniqueID": "T1078", "score": 4}]));
    space.write("mobile.json", mobile.replace("enterprise", "mobile"));
    for (threat, says) in [
        ("Cosy Bear", "did you mean Cozy Bear (G0016)"),
        ("mobile.json", "is on mobile-attack, and the mappings are on enterprise-attack"),
        ("APT29=0", "a weight is a number above 0"),
    ] {
        let all = ["compare", SIDES[0], SIDES[1], "--threat", threat, "-o", "out.html"];
        space.run(&all).ends_with(2).says(&[says]);
        assert!(!space.has("out.html"), "{threat}");
    }
    space
        .run(&["compare", SIDES[0], SIDES[1], "--used"])
        .ends_with(2)
        .says(&["--used leaves what a threat uses, and no threat is named", "--threat APT29 names one"]);
}

/// APT29 uses nothing that the filter leaves: the figures say so, of no technique.
#[test]
fn a_threat_out_of_scope_is_told() {
    let space = Workspace::new();
    let arguments = ["--threat", "APT29", "--technique", "T1485", "--technique", "T1530"];
    let all = [&["compare", "aws", SIDES[0]], &arguments[..]].concat();
    let run = space.run(&all).ok();
    let run =
        run.says(&["against APT29: 0 of 0 techniques and 0 of 0 sub-techniques", "66 more are out of scope"]);
    assert!(run.stdout.contains("0 of 0") && !run.stdout.contains("Where risk remains"), "{}", run.stdout);
    let value = compared(&space, &[&["aws", SIDES[0]], &arguments[..]].concat());
    assert!(value["threat"]["together"]["weighted_coverage"].is_null());
    let page = space.run(&[&all[..], &["--format", "html"]].concat()).ok();
    assert!(page.stdout.contains("No technique of the threat is in scope."));
}

#[test]
fn what_is_written_of_a_threat_is_what_the_schema_says() {
    let space = Workspace::new();
    let schema: Value = serde_json::from_str(&space.run(&["schema", "compare"]).ok().stdout).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is sound");
    for threat in ["APT29", "APT29=2,Lazarus Group,C0024"] {
        let value = compared(&space, &[SIDES[0], SIDES[1], "aws", "--threat", threat]);
        let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
        let mut broken = value;
        broken["threat"]["total_use"] = json!("many");
        assert!(!validator.is_valid(&broken), "the schema can say no");
    }
}
