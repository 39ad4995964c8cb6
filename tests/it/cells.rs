//! What each cell of a layer looks like, rule by rule of the Navigator, in pictures, tables and workbooks alike.

mod cases;

use std::collections::BTreeMap;

use serde_json::json;

use self::cases::Look::{Absent, Blank, Closed, Disabled, Fill};
use self::cases::{CREDENTIALS, Case, EXECUTION, aggregates, annotations, case, gradients, grey, visibility};
use crate::support::Workspace;
use crate::workbook::{Book, between};

/// A cell of a picture: its fill, and the colour of its text.
fn drawn(svg: &str) -> BTreeMap<(String, String), (String, String)> {
    let cells = svg.split("<g data-id=\"").skip(1).map(|cell| {
        let cell = cell.split("</g>").next().expect("it ends");
        let id = cell.split('"').next().expect("an id").to_owned();
        let tactic = between(cell, "data-tactic=\"", "\"").to_owned();
        let of = |tag: &str| between(between(cell, tag, ">"), " fill=\"", "\"").to_owned();
        ((tactic, id), (of("<rect"), of("<text")))
    });
    cells.collect()
}

/// A row of a table: its colour, and whether it is enabled.
fn told(csv: &str) -> BTreeMap<(String, String), (String, String)> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let heads = reader.headers().expect("a head").clone();
    let place = |name: &str| heads.iter().position(|head| head == name).expect(name);
    let (color, enabled) = (place("color"), place("enabled"));
    let rows = reader.records().map(|row| row.expect("a row"));
    rows.map(|row| ((short(&row[0]), row[1].to_owned()), (row[color].to_owned(), row[enabled].to_owned())))
        .collect()
}

/// A tactic's short name.
fn short(tactic: &str) -> String {
    tactic.to_lowercase().replace(' ', "-")
}

fn check(space: &Workspace, case: &Case) {
    space.write("x.json", case.layer.to_string());
    let run = |arguments: &[&str]| {
        space.run(&[&["render", "x.json", "-q", "--show", "id", "--force"], arguments].concat()).ok()
    };
    run(&["-o", "x.svg"]);
    run(&["-o", "x.csv"]);
    run(&["-o", "x.xlsx"]);
    let (drawn, told) = (drawn(&space.read("x.svg")), told(&space.read("x.csv")));
    let book = Book::new(&space.bytes("x.xlsx"));
    let matrix = if told.is_empty() { BTreeMap::new() } else { book.sheet("x").matrix() };
    let matrix: BTreeMap<(String, String), Option<String>> =
        matrix.into_iter().map(|((tactic, id), fill)| ((short(&tactic), id), fill)).collect();
    assert_eq!(drawn.keys().collect::<Vec<_>>(), matrix.keys().collect::<Vec<_>>(), "{}", case.rule);
    let mut filled: BTreeMap<(String, String), &str> = BTreeMap::new();
    for (tactic, id, look) in &case.cells {
        let key = ((*tactic).to_owned(), (*id).to_owned());
        let what = format!("{}: {id} in {tactic}", case.rule);
        let in_table = told.get(&key).map(|(color, enabled)| (color.as_str(), enabled.as_str()));
        let in_picture = drawn.get(&key).map(|(fill, _)| fill.as_str());
        let in_book = matrix.get(&key).map(Option::as_deref);
        let expected = match look {
            Fill(fill) => (Some((*fill, "yes")), Some(*fill), Some(Some(*fill))),
            Blank => (Some(("", "yes")), Some("#ffffff"), Some(None)),
            Disabled => (Some(("", "no")), Some("#ffffff"), Some(None)),
            Closed(fill) => (Some((*fill, "yes")), None, None),
            Absent => (None, None, None),
        };
        assert_eq!((in_table, in_picture, in_book), expected, "{what}");
        if *look == Disabled {
            assert_eq!(drawn[&key].1, "#aaaaaa", "{what}");
        }
        if let Fill(fill) | Closed(fill) = look {
            filled.insert(key, fill);
        }
    }
    filled.retain(|_, fill| !fill.is_empty());
    let all = told.iter().filter(|(_, (color, _))| !color.is_empty());
    let all: BTreeMap<(String, String), &str> =
        all.map(|(key, (color, _))| (key.clone(), color.as_str())).collect();
    assert_eq!(all, filled, "{}: no other cell has a fill", case.rule);
}

fn check_all(cases: &[Case]) {
    let space = Workspace::new();
    for case in cases {
        check(&space, case);
    }
}

/// Sections 3 and 9: what the theme and the layout change.
#[test]
fn themes_and_layouts_change_what_they_should() {
    let space = Workspace::new();
    let techniques = json!([
        {"techniqueID": "T1106", "color": "#ff000080"},
        {"techniqueID": "T1203", "score": 50},
        {"techniqueID": "T1110", "score": 0},
    ]);
    let case = case("", techniques, json!({"gradient": grey(), "layout": {"layout": "mini"}}), &[]);
    space.write("x.json", case.layer.to_string());
    let key = |tactic: &str, id: &str| (tactic.to_owned(), id.to_owned());
    let run = |arguments: &[&str]| space.run(&[&["render", "x.json", "-q"], arguments].concat()).ok().stdout;
    // 255 × 128 / 255 and what is left of #2e2e3f.
    let dark = told(&run(&["--format", "csv", "--theme", "dark"]));
    assert_eq!(dark[&key(EXECUTION, "T1106")].0, "#97171f", "on the Navigator's dark ground");
    assert_eq!(dark[&key(EXECUTION, "T1203")].0, "#818181", "an opaque one is the same on any");
    let dark = drawn(&run(&["--theme", "dark", "--layout", "side", "--show", "id"]));
    assert_eq!(dark[&key(EXECUTION, "T1106")].0, "#97171f");
    // Squares stand for all sub-techniques, open or not; unless it is said which are open.
    let count = |arguments: &[&str]| run(arguments).matches("<g data-id=\"").count();
    let all = told(&run(&["--format", "csv"])).len();
    assert_eq!(count(&[]), all);
    assert_eq!(count(&["--expand", "all"]), all);
    assert_eq!(count(&["--expand", "none"]), told_techniques(&run(&["--format", "csv"])));
    assert!(count(&["--layout", "side"]) < all);
}

/// How many rows are of techniques.
fn told_techniques(csv: &str) -> usize {
    told(csv).keys().filter(|(_, id)| !id.contains('.')).count()
}

/// Section 10: what has no platform is there where `None` is one.
#[test]
fn what_has_no_platform_is_there_in_ics_alone() {
    let space = Workspace::new();
    let mut layer = json!({
        "name": "x", "domain": "ics-attack", "versions": {"attack": "18"}, "gradient": grey(),
        "techniques": [{"techniqueID": "T0895", "score": 50}],
    });
    let key = ("execution".to_owned(), "T0895".to_owned());
    for (platforms, there) in [(json!([]), true), (json!(["None"]), true), (json!(["Windows"]), false)] {
        layer["filters"] = json!({"platforms": platforms});
        space.write("x.json", layer.to_string());
        let svg = space.run(&["render", "x.json", "-q"]).ok().stdout;
        assert_eq!(
            drawn(&svg).get(&key).map(|(fill, _)| fill.as_str()),
            there.then_some("#818181"),
            "{platforms}"
        );
    }
}

/// Section 9: by name or by score, up or down; unscored techniques are below all scores, unscored sub-techniques 0.
#[test]
fn cells_stand_in_the_order_of_the_navigator() {
    let space = Workspace::new();
    let techniques = json!([
        {"techniqueID": "T1110", "score": -5, "showSubtechniques": true},
        {"techniqueID": "T1110.001", "score": -1},
        {"techniqueID": "T1110.003", "score": 7},
        {"techniqueID": "T1003", "score": 3},
        {"techniqueID": "T1528", "score": 3},
    ]);
    let layer = case("", techniques, json!({}), &[]).layer;
    for (sorting, scored, subs) in [
        (0, ["T1110", "T1003", "T1528"], ["T1110.004", "T1110.002", "T1110.001", "T1110.003"]),
        (1, ["T1528", "T1003", "T1110"], ["T1110.003", "T1110.001", "T1110.002", "T1110.004"]),
        (2, ["T1110", "T1003", "T1528"], ["T1110.001", "T1110.004", "T1110.002", "T1110.003"]),
        (3, ["T1003", "T1528", "T1110"], ["T1110.003", "T1110.004", "T1110.002", "T1110.001"]),
    ] {
        let mut layer = layer.clone();
        layer["sorting"] = json!(sorting);
        space.write("x.json", layer.to_string());
        let svg = space.run(&["render", "x.json", "-q"]).ok().stdout;
        let cells = svg
            .split("<g data-id=\"")
            .skip(1)
            .filter(|cell| between(cell, "data-tactic=\"", "\"") == CREDENTIALS);
        let ids: Vec<&str> = cells.map(|cell| cell.split('"').next().expect("an id")).collect();
        let of = |wanted: &[&str]| ids.iter().copied().filter(|id| wanted.contains(id)).collect::<Vec<_>>();
        assert_eq!(of(&scored), scored, "{sorting}");
        assert_eq!(of(&subs), subs, "{sorting}");
        let rest = ids.iter().position(|id| *id == "T1187").expect("an unscored one");
        let place = ids.iter().position(|id| *id == "T1110").expect("a scored one");
        match sorting {
            2 => assert!(rest < place, "what has no score is below -5"),
            3 => assert!(rest > place, "what has no score is below -5"),
            _ => {}
        }
    }
}

#[test]
fn scores_have_the_colours_of_the_gradient() {
    check_all(&gradients());
}

#[test]
fn annotations_count_in_their_order() {
    check_all(&annotations());
}

#[test]
fn there_are_the_cells_that_the_navigator_shows() {
    check_all(&visibility());
}

#[test]
fn aggregate_scores_are_those_of_the_navigator() {
    check_all(&aggregates());
}
