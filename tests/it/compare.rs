//! `navlayer compare`: sides next to each other, in every form.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Cursor;
use std::path::Path;

use calamine::{Data, Reader as _, Xlsx};
use serde_json::{Value, json};

use crate::support::{Layer, Workspace, active, corpus, covered, mapping, place, plain_row, row, with};

const SERVICES: [&str; 2] = ["amazon_guardduty", "aws_config"];

/// The strongest level of a capability in each technique and category, straight from the built-in mapping's file.
fn levels(capability: &str) -> BTreeMap<(String, String), i64> {
    let file = "data/mappings/aws-12.12.2024_attack-16.1-enterprise.json";
    let text =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect("the mapping is there");
    let value: Value = serde_json::from_str(&text).expect("it is JSON");
    let rows = value["mapping_objects"].as_array().expect("rows").iter();
    let mut levels = BTreeMap::new();
    for row in rows.filter(|row| row["capability_id"] == capability && row["attack_object_id"].is_string()) {
        let score = match row["score_value"].as_str().unwrap_or_default() {
            "minimal" => 10,
            "partial" => 50,
            "significant" => 100,
            other => panic!("{other}"),
        };
        let text = |field: &str| row[field].as_str().expect(field).to_owned();
        let held = levels.entry((text("attack_object_id"), text("score_category"))).or_insert(0);
        *held = score.max(*held);
    }
    levels
}

/// Over all categories: the score of each technique.
fn scores(capability: &str) -> BTreeMap<String, i64> {
    let mut scores = BTreeMap::new();
    for ((technique, _), score) in levels(capability) {
        let held = scores.entry(technique).or_insert(0);
        *held = score.max(*held);
    }
    scores
}

fn compared(space: &Workspace, arguments: &[&str]) -> Value {
    let all = [&["compare"][..], arguments, &["--format", "json"]].concat();
    serde_json::from_str(&space.run(&all).ok().stdout).expect("it is JSON")
}

fn lines(table: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(table.as_bytes());
    reader.records().map(|record| record.expect("a line").iter().map(str::to_owned).collect()).collect()
}

/// Two capabilities that share a technique, and two of which one is worth nothing beside the other.
fn workspace() -> Workspace {
    let space = Workspace::new();
    let commented =
        with(row("lock", "T1110", "protect", "partial"), "comments", json!("Locks after <b>five</b>."));
    let rows = [
        commented,
        row("lock", "T1110", "detect", "minimal"),
        row("lock", "T1078", "protect", "minimal"),
        with(row("alarm", "T1110", "detect", "significant"), "comments", json!("Rings.")),
        row("alarm", "T1021.001", "detect", "minimal"),
        row("bell", "T1021.001", "detect", "minimal"),
    ];
    space.mapping("maps/own.json", &mapping(&rows));
    space.write("navlayer.toml", "sources = [\"maps/own.json\"]\n");
    space
}

#[test]
fn two_services_are_compared_as_their_rows_say() {
    let space = Workspace::new();
    let value = compared(&space, &SERVICES);
    let [left, right] = SERVICES.map(scores);
    let shared: Vec<&String> = left.keys().filter(|id| right.contains_key(*id)).collect();
    let either: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    let all = active("16.1");
    assert_eq!(value["in_scope"]["total"], all.len());
    let count = |pointer: &str| {
        let count = value.pointer(pointer).and_then(Value::as_u64).expect(pointer);
        usize::try_from(count).expect(pointer)
    };
    assert_eq!(count("/sides/0/overall/mapped/total"), left.len());
    assert_eq!(count("/sides/1/overall/mapped/total"), right.len());
    assert_eq!(count("/sides/0/overall/only/total"), left.len() - shared.len());
    assert_eq!(count("/overall/every/total"), shared.len());
    assert_eq!(count("/overall/nobody/total"), all.len() - either.len());
    let stronger = shared.iter().filter(|id| left[**id] > right[**id]).count();
    assert_eq!(count("/sides/0/overall/strongest/total"), stronger);
    let pair = &value["pairs"][0]["overall"];
    let share = |name: &str| pair[name].as_f64().expect(name);
    assert!((share("jaccard") - shared.len() as f64 / either.len() as f64).abs() < 1e-12);
    let of = |scores: &BTreeMap<String, i64>, id: &String| scores.get(id).copied().unwrap_or(0);
    let lower: i64 = either.iter().map(|id| of(&left, id).min(of(&right, id))).sum();
    let higher: i64 = either.iter().map(|id| of(&left, id).max(of(&right, id))).sum();
    assert!((share("weighted_jaccard") - lower as f64 / higher as f64).abs() < 1e-12);
    let nobody = value["nobody"].as_array().expect("a list").len();
    assert_eq!(nobody + value["techniques"].as_array().expect("a list").len(), all.len());
}

#[test]
fn the_table_has_a_row_for_each_technique_and_category() {
    let space = Workspace::new();
    let table = space.run(&["compare", SERVICES[0], SERVICES[1], "--format", "csv"]).ok().stdout;
    let rows = lines(&table);
    let column =
        |name: &str| rows[0].iter().position(|head| head == name).unwrap_or_else(|| panic!("{name}"));
    let [left, right] = SERVICES.map(levels);
    let keys: BTreeSet<&(String, String)> = left.keys().chain(right.keys()).collect();
    assert_eq!(rows.len() - 1, keys.len());
    for row in &rows[1..] {
        let key = (row[column("id")].clone(), row[column("category")].to_lowercase());
        let scores = [left.get(&key), right.get(&key)].map(|score| score.copied().unwrap_or(0));
        let verdict = match scores {
            [0, _] | [_, 0] => "only",
            [one, other] if one == other => "equal",
            _ => "strongest",
        };
        assert_eq!(row[column("verdict")], verdict, "{key:?}");
        assert_eq!(row[column("lead")], (scores[0] - scores[1]).abs().to_string(), "{key:?}");
        let words = scores.map(|score| match score {
            10 => "Minimal",
            50 => "Partial",
            100 => "Significant",
            _ => "",
        });
        let shown = SERVICES.map(|name| row[column(name)].as_str());
        assert_eq!(shown, words, "{key:?}");
    }
    let differing =
        space.run(&["compare", SERVICES[0], SERVICES[1], "--differences", "--format", "csv"]).ok();
    let equal = keys.iter().filter(|key| left.get(**key) == right.get(**key)).count();
    assert_eq!(lines(&differing.stdout).len(), rows.len() - equal);
    let each = ["compare", SERVICES[0], SERVICES[1], "--per", "technique", "--all", "--format", "csv"];
    assert_eq!(lines(&space.run(&each).ok().stdout).len() - 1, active("16.1").len());
}

/// The layers of a file, in the order of the Navigator's tabs.
fn tabs(text: &str) -> Vec<Layer> {
    let value: Value = serde_json::from_str(text).expect("it is JSON");
    value.as_array().expect("several layers").iter().rev().cloned().map(Layer).collect()
}

#[test]
fn layers_are_the_sides_on_one_scale_and_their_difference() {
    let space = Workspace::new();
    let arguments = ["compare", SERVICES[0], SERVICES[1], "--format", "layer", "-o", "tabs.json"];
    space.run(&arguments).ok();
    space.run(&arguments).ok(); // it replaces its own
    let tabs = tabs(&space.read("tabs.json"));
    let names: Vec<&str> = tabs.iter().map(|layer| layer.0["name"].as_str().expect("a name")).collect();
    assert_eq!(names, ["Amazon GuardDuty", "AWS Config", "Amazon GuardDuty − AWS Config"]);
    assert_eq!(tabs[0].0["gradient"], tabs[1].0["gradient"]);
    assert_eq!(tabs[0].0["legendItems"], tabs[1].0["legendItems"]);
    let [left, right] = SERVICES.map(scores);
    let either: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    assert_eq!(tabs[2].ids().len(), either.len());
    for id in either {
        let of = |scores: &BTreeMap<String, i64>| scores.get(id).copied().unwrap_or(0);
        assert_eq!(tabs[2].score(id), Some(of(&left) - of(&right)), "{id}");
    }
    let gradient = &tabs[2].0["gradient"];
    let ends = [&gradient["minValue"], &gradient["maxValue"]].map(|end| end.as_i64().expect("a number"));
    assert_eq!(ends[0], -ends[1], "the middle is where both are equal");
    let colors = gradient["colors"].as_array().expect("colours");
    let legend = tabs[2].0["legendItems"].as_array().expect("a legend");
    let label = |at: usize| legend[at]["label"].as_str().expect("a label");
    assert!(
        label(0).starts_with("Amazon GuardDuty by") && label(legend.len() - 1).starts_with("AWS Config by")
    );
    assert_eq!(legend[0]["color"], colors[colors.len() - 1]);
    assert_eq!(legend[legend.len() - 1]["color"], colors[0]);
}

#[test]
fn no_difference_stands_where_the_navigator_breaks_off() {
    let space = Workspace::new();
    let rows = [
        row("lock", "T1110", "protect", "significant"),
        row("lock", "T1078", "protect", "significant"),
        row("alarm", "T1078", "detect", "minimal"),
    ];
    space.mapping("own.json", &mapping(&rows));
    space.write("navlayer.toml", "sources = [\"own.json\"]\n[scale]\nminimal = 1\n");
    let tabs = tabs(&space.run(&["compare", "lock", "alarm", "--format", "layer"]).ok().stdout);
    let difference = &tabs[2];
    assert_eq!((difference.score("T1110"), difference.score("T1078")), (Some(100), Some(99)));
    let top = difference.0["gradient"]["maxValue"].as_f64().expect("a number");
    for (id, score) in difference.scores() {
        let score = score.expect("a score") as f64;
        let share = (score + top) / (2.0 * top);
        assert!(share < 0.995 || score >= top, "{id}: {score} of {top}");
    }
}

#[test]
fn with_more_sides_the_colour_names_the_strongest() {
    let space = workspace();
    let text = space.run(&["compare", "lock", "alarm", "bell", "--format", "layer"]).ok().stdout;
    let tabs = tabs(&text);
    assert_eq!(tabs.len(), 4);
    let legend = tabs[3].0["legendItems"].as_array().expect("a legend");
    let named: BTreeMap<&str, &str> = legend
        .iter()
        .map(|item| (item["label"].as_str().expect("a label"), item["color"].as_str().expect("a colour")))
        .collect();
    let color = |id: &str| tabs[3].technique(id)["color"].as_str().expect("a colour");
    assert_eq!(color("T1110"), named["Alarm"]);
    assert_eq!(color("T1078"), named["Lock"]);
    assert_eq!(color("T1021.001"), named["Equal: several are strongest"]);
    assert!(!named.contains_key("Bell"), "it is strongest nowhere");
    assert_eq!(tabs[3].score("T1110"), Some(50), "the lead");
    let comment = tabs[3].technique("T1110")["comment"].as_str().expect("a comment");
    assert_eq!(
        comment,
        "Alarm reaches more, by 50. Lock: Protect Partial, Detect Minimal. Alarm: Detect Significant. Bell: not mapped."
    );
}

#[test]
fn the_page_needs_nothing_else_and_says_what_a_level_means() {
    let space = workspace();
    space.run(&["compare", "lock", "alarm", "-o", "page.html"]).ok();
    let page = space.read("page.html");
    for part in [
        "default-src &#x27;none&#x27;",
        "Lock against Alarm",
        "stops or detects anything by itself",
        "Locks after &lt;b&gt;five&lt;/b&gt;.",
        "Rings.",
        "only here",
        "data-compared",
        "data-verdict=\"Only Lock\"",
        "1 of 3",
        "Mapped by no side",
    ] {
        let plain = part.replace("&#x27;", "'");
        assert!(page.contains(&plain), "{plain}");
    }
    assert!(!page.contains("src=\"") && !page.contains("<b>five</b>"));
    for (place, _) in page.match_indices("href=\"") {
        let rest = &page[place + 6..];
        let is_own = rest.starts_with('#')
            || rest.starts_with("data:image")
            || rest.starts_with("https://attack.mitre.org/");
        assert!(is_own, "{}", &rest[..40]);
    }
    // Each technique that any side maps has a cell in each heatmap, in the same order.
    let matrices: Vec<&str> = page
        .split("<table class=\"matrix\">")
        .skip(1)
        .map(|rest| rest.split("</table>").next().expect("it ends"))
        .collect();
    let ids = |matrix: &str| {
        matrix
            .match_indices("<i>")
            .map(|(at, _)| matrix[at + 3..].split('<').next().expect("an id").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(matrices.len(), 2);
    assert_eq!(ids(matrices[0]), ids(matrices[1]));
    assert!(["T1110", "T1078", "T1021.001"].iter().all(|id| ids(matrices[0]).contains(&(*id).to_owned())));
    space.run(&["compare", "lock", "alarm", "-o", "page.html"]).ok();
    space.write("page.html", "mine");
    space.run(&["compare", "lock", "alarm", "-o", "page.html"]).ends_with(2).says(&["--force replaces it"]);
}

#[test]
fn the_workbook_holds_all_tables_as_text_and_numbers() {
    let space = Workspace::new();
    let rows = [
        with(row("lock", "T1110", "protect", "partial"), "comments", json!("=HYPERLINK(\"http://x\")")),
        row("alarm", "T1110", "detect", "minimal"),
    ];
    space.mapping("own.json", &mapping(&rows));
    space.run(&["compare", "lock", "alarm", "-s", "own.json", "-o", "book.xlsx"]).ok();
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(space.bytes("book.xlsx"))).expect("a workbook");
    assert_eq!(book.sheet_names(), ["About", "Sides", "Overlap", "Techniques", "Dominated"]);
    let sides = book.worksheet_range("Sides").expect("a sheet");
    assert_eq!(sides.get_value((1, 0)), Some(&Data::String("Lock".to_owned())));
    assert_eq!(sides.get_value((1, 1)), Some(&Data::Float(1.0)), "mapped");
    assert_eq!(sides.get_value((1, 2)), Some(&Data::Float(active("16.1").len() as f64)), "of how many");
    let techniques = book.worksheet_range("Techniques").expect("a sheet");
    let texts: Vec<String> = techniques.used_cells().map(|(.., cell)| cell.to_string()).collect();
    assert!(texts.iter().any(|text| text == "Lock, Protect Partial: =HYPERLINK(\"http://x\")"), "{texts:?}");
    assert!(book.worksheet_formula("Techniques").expect("a sheet").is_empty());
    let about = book.worksheet_range("About").expect("a sheet");
    let about: Vec<String> = about.used_cells().map(|(.., cell)| cell.to_string()).collect();
    assert!(about.iter().any(|line| line.contains("stops or detects anything by itself")), "{about:?}");
    let first = space.bytes("book.xlsx");
    space.run(&["compare", "lock", "alarm", "-s", "own.json", "-o", "book.xlsx"]).ok();
    assert!(space.bytes("book.xlsx") == first, "the same bytes");
}

#[test]
fn a_side_may_be_many_things() {
    let space = workspace();
    space.write(
        "navlayer.toml",
        "sources = [\"maps/own.json\"]\n[selections.ringing]\ncapability = [\"alarm\", \"bell\"]\n\
         [selections.elsewhere]\nsources = [\"maps/other.json\"]\ncategory = \"protect\"\n",
    );
    let other = [row("gate", "T1190", "protect", "partial"), row("gate", "T1566", "detect", "partial")];
    space.mapping("maps/other.json", &mapping(&other));
    let sides = [
        "@Ringing",
        "@elsewhere",
        "maps/other.json",
        "maps/other.json#gate",
        "l*",
        "capability:Lock",
        "Doors=bell",
    ];
    let value = compared(&space, &sides);
    let of = |place: usize| {
        let side = &value["sides"][place];
        (
            side["name"].as_str().expect("a name"),
            side["overall"]["mapped"]["total"].as_u64().expect("a number"),
        )
    };
    assert_eq!(of(0), ("ringing", 2));
    assert_eq!(of(1), ("elsewhere", 1), "the selection's category and sources");
    assert_eq!(of(2).1, 2);
    assert_eq!(of(3), ("Gate", 2));
    assert_eq!(of(4), ("l*", 2));
    assert_eq!(of(5), ("Lock", 2));
    assert_eq!(of(6), ("Doors", 1));
}

#[test]
fn names_that_nobody_has_name_the_nearest() {
    let space = workspace();
    space.write(
        "navlayer.toml",
        "sources = [\"maps/own.json\"]\n[selections.prod]\ncapability = [\"lock\", \"alrm\"]\n",
    );
    let refused = |sides: [&str; 2], says: &[&str]| {
        space.run(&["compare", sides[0], sides[1]]).ends_with(2).says(says);
    };
    refused(
        ["lock", "alrm"],
        &["no capability, framework, group or tag is called `alrm`", "did you mean `Alarm`"],
    );
    refused(["lock", "group:locks"], &["no group is called `locks`"]);
    refused(["lock", "tag:x"], &["no tag is called `x`", "these mappings have no tags"]);
    refused(["lock", "@prdo"], &["no selection is called `@prdo`", "did you mean `@prod`?"]);
    refused(["lock", "prod"], &["did you mean `@prod`?"]);
    refused(
        ["lock", "@prod"],
        &["navlayer.toml:3:23", "no capability is called `alrm`", "did you mean `Alarm`?"],
    );
    refused(["lock", "maps/gone.json"], &["is called `maps/gone.json`", "did you mean `maps/own.json`?"]);
    refused(
        ["lock", "maps/something-else.yaml"],
        &["is called `maps/something-else.yaml`", "there is no such file or folder either"],
    );
    refused(["lock", "maps"], &["`./maps` is the file or folder"]);
    refused(["lock", "maps/own.json#alrm"], &["did you mean `Alarm`"]);
    refused(["lock", "x="], &["`x=` names nothing"]);
}

#[test]
fn too_few_sides_too_many_and_two_domains_are_told() {
    let space = workspace();
    space.run(&["compare", "lock"]).ends_with(2).says(&["two to eight sides, not of one side"]);
    space.run(&[&["compare"][..], &["lock"; 9]].concat()).ends_with(2).says(&["not of 9 sides"]);
    let mut mobile = mapping(&[row("phone", "T1404", "protect", "partial")]);
    mobile["metadata"]["technology_domain"] = json!("mobile");
    space.mapping("maps/mobile.json", &mobile);
    let run = space.run(&["compare", "lock", "maps/mobile.json"]);
    run.ends_with(2).says(&["coverage is of one ATT&CK domain"]);
}

#[test]
fn a_thing_against_itself_and_an_empty_side_are_told() {
    let space = workspace();
    let run = space.run(&["compare", "lock", "lock", "--differences", "--format", "csv"]).ok();
    let run = run.says(&["warning: Lock (1) and Lock (2) are the same mappings; everything is equal"]);
    assert_eq!(lines(&run.stdout).len(), 1, "no row differs");
    let run = space.run(&["compare", "lock", "bell", "--category", "protect"]).ok();
    run.says(&["warning: no mapping of Bell passes the filters; the side is empty"]);
    for format in ["json", "html", "layer", "csv", "xlsx", "markdown"] {
        let output = format!("out.{format}");
        let none = ["compare", "lock", "bell", "--category", "respond", "--format", format, "-o", &output];
        space.run(&none).ok().says(&["no mapping of Lock passes the filters", "no mapping of Bell"]);
    }
    let built_in = ["compare", "amazon_macie", "amazon_guardduty", "--no-config"];
    space.run(&built_in).ok().says(&["Amazon Macie is declared not mappable by its source"]);
}

#[test]
fn filters_metrics_and_the_configuration_hold_for_all_sides() {
    let space = workspace();
    let value = compared(&space, &["lock", "alarm", "--category", "detect", "--tactic", "credential-access"]);
    let in_tactic =
        active("16.1").iter().filter(|one| one.tactics.contains(&"credential-access".to_owned())).count();
    assert_eq!(value["in_scope"]["total"], in_tactic);
    let ids: Vec<&str> = value["techniques"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["id"].as_str().expect("an id"))
        .collect();
    assert_eq!(ids, ["T1110"]);
    assert_eq!(value["techniques"][0]["categories"].as_array().expect("a list").len(), 1);
    let value = compared(&space, &["acme", "bell", "--metric", "count"]);
    let counts = |place: usize| value["techniques"][0]["sides"][place]["score"].clone();
    assert_eq!((value["techniques"][0]["id"].as_str(), counts(0)), (Some("T1021.001"), json!(2)));
    space.write("navlayer.toml", "sources = [\"maps/own.json\"]\n[score]\nrollup = \"max\"\n");
    let run = space.run(&["compare", "lock", "alarm", "--format", "json"]).ok();
    let run = run.says(&["the roll-up is left out"]);
    let value: Value = serde_json::from_str(&run.stdout).expect("it is JSON");
    assert!(value["techniques"].as_array().expect("a list").iter().all(|one| one["id"] != "T1021"));
}

#[test]
fn mappings_without_levels_are_counted() {
    let space = Workspace::new();
    space.mapping(
        "own.json",
        &mapping(&[plain_row("a", "T1110"), plain_row("b", "T1110"), plain_row("c", "T1078")]),
    );
    space.write("navlayer.toml", "sources = [\"own.json\"]\n[selections.two]\ncapability = [\"a\", \"b\"]\n");
    let run = space.run(&["compare", "@two", "c", "--format", "layer"]).ok();
    let run = run.says(&["has no levels; what is compared is how many capabilities map a technique"]);
    let tabs = tabs(&run.stdout);
    assert_eq!((tabs[0].score("T1110"), tabs[1].score("T1078")), (Some(2), Some(1)));
    assert_eq!(tabs[0].0["gradient"], tabs[1].0["gradient"], "one scale");
    assert_eq!((tabs[2].score("T1110"), tabs[2].score("T1078")), (Some(2), Some(-1)));
    space.run(&["compare", "@two", "c", "-o", "page.html"]).ok();
    assert!(space.read("page.html").contains("2 capabilities"));
}

#[test]
fn hostile_names_end_nowhere_as_more_than_text() {
    let space = Workspace::new();
    let hostile = "<script>x</script>=cmd|'/c'!A1";
    let named = |id: &str, name: &str| {
        with(row(id, "T1110", "protect", "partial"), "capability_description", json!(name))
    };
    space.mapping("own.json", &mapping(&[named("lock", hostile), named("alarm", "\u{1b}[2J")]));
    let arguments = ["compare", "lock", "alarm", "-s", "own.json"];
    let text = space.run(&arguments).ok().stdout;
    assert!(!text.contains('\u{1b}'), "{text}");
    let page = space.run(&[&arguments[..], &["--format", "html"]].concat()).ok().stdout;
    assert!(!page.contains("<script>x") && page.contains("&lt;script&gt;x"));
    let table = space.run(&[&arguments[..], &["--format", "csv"]].concat()).ok().stdout;
    assert!(lines(&table)[1].iter().all(|cell| !cell.starts_with(['=', '+', '@'])));
}

#[test]
fn editions_of_one_mapping_are_brought_to_one_version_and_told_apart() {
    let Some(corpus) = corpus() else { return };
    let path = |name: &str| corpus.join(name).display().to_string();
    let (folder, old) = (
        path("security-stack-mappings/AWS"),
        path("mappings-explorer/aws-09.21.2021_attack-9.0-enterprise.json"),
    );
    let space = Workspace::new();
    let value = compared(&space, &[&folder, "aws"]);
    let names: Vec<&str> = value["sides"]
        .as_array()
        .expect("sides")
        .iter()
        .map(|side| side["name"].as_str().expect("a name"))
        .collect();
    assert_eq!(names, ["AWS (ATT&CK 9.0)", "AWS 12/12/2024"]);
    assert_eq!(value["attack_version"], "16.1");
    let new = path("mappings-explorer/aws-12.12.2024_attack-16.1-enterprise.json");
    let editions = compared(&space, &["aws@2021", "aws@2024", "-s", &old, "-s", &new]);
    assert_eq!(
        editions["sides"][1]["overall"]["mapped"]["total"],
        value["sides"][1]["overall"]["mapped"]["total"]
    );
    // The later edition gained scores and changed one: nothing of the former is stronger.
    assert_eq!(editions["sides"][0]["overall"]["strongest"]["total"], 0);
    let one =
        compared(&space, &["aws@2021#amazon_guardduty", "aws@2024#amazon_guardduty", "-s", &old, "-s", &new]);
    assert_eq!(one["sides"][0]["name"], "Amazon GuardDuty (AWS 09/21/2021)");
    let dominated = one["dominated"].as_array().expect("a list");
    assert_eq!(dominated.len(), 1);
    assert_eq!(dominated[0]["by"][0]["framework"], "AWS 12/12/2024");
    covered(3);
}

#[test]
fn what_is_written_for_programs_is_what_the_schema_says() {
    let space = workspace();
    let schema: Value = serde_json::from_str(&space.run(&["schema", "compare"]).ok().stdout).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is sound");
    for sides in [&SERVICES[..], &["aws", "amazon_macie"], &["amazon_guardduty", "aws_config", "aws"]] {
        let value = compared(&space, &[sides, &["--no-config"]].concat());
        let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{sides:?}: {errors:?}");
    }
}

#[test]
fn saved_selections_are_shown_where_they_are_wrong_even_twice() {
    let space = workspace();
    let text = "sources = [\"maps/own.json\"]\n[selections.both]\ncapability = \"nobody\"\ntag = \"none\"\n";
    space.write("navlayer.toml", text);
    let run = space.run(&["compare", "@both", "lock"]).ends_with(2);
    run.says(&[
        &place("navlayer.toml", text, "\"nobody\"", 0),
        &place("navlayer.toml", text, "\"none\"", 0),
        "2 mistakes",
    ]);
}
