//! `navlayer render -o x.xlsx`: layers as a workbook.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read as _};

use calamine::{Data, Reader as _, Xlsx};
use serde_json::{Value, json};

use crate::support::{Workspace, corpus, covered, listing};

/// A workbook as a program sees it: per sheet the texts of its cells, and their fills.
pub(crate) struct Book {
    pub(crate) sheets: Vec<Sheet>,
}

pub(crate) struct Sheet {
    pub(crate) name: String,
    /// By row and column.
    pub(crate) cells: BTreeMap<(u32, u32), Data>,
    /// As `#rrggbb`, of those cells that have one.
    pub(crate) fills: BTreeMap<(u32, u32), String>,
    /// The XML text.
    xml: String,
}

impl Book {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
        let mut part = |name: &str| {
            let mut text = String::new();
            archive.by_name(name).expect(name).read_to_string(&mut text).expect("it is UTF-8");
            text
        };
        let fills = fills_of_styles(&part("xl/styles.xml"));
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
        let mut sheets = Vec::new();
        for (place, name) in book.sheet_names().into_iter().enumerate() {
            let range = book.worksheet_range(&name).expect("a sheet");
            let (top, left) = range.start().unwrap_or_default();
            let number = |place: usize| u32::try_from(place).expect("a sheet is smaller");
            let cells = range.used_cells();
            let cells =
                cells.map(|(row, column, cell)| ((top + number(row), left + number(column)), cell.clone()));
            let cells = cells.collect();
            assert!(book.worksheet_formula(&name).expect("a sheet").is_empty(), "{name} has no formula");
            let xml = part(&format!("xl/worksheets/sheet{}.xml", place + 1));
            assert!(!xml.contains("<f>") && !xml.contains("<hyperlink"), "{name} has nothing active");
            sheets.push(Sheet { name, cells, fills: fills_of_cells(&xml, &fills), xml });
        }
        Self { sheets }
    }

    pub(crate) fn sheet(&self, name: &str) -> &Sheet {
        self.sheets
            .iter()
            .find(|sheet| sheet.name == name)
            .unwrap_or_else(|| panic!("a sheet is called {name}"))
    }

    fn names(&self) -> Vec<&str> {
        self.sheets.iter().map(|sheet| sheet.name.as_str()).collect()
    }
}

impl Sheet {
    pub(crate) fn text(&self, row: u32, column: u32) -> String {
        self.cells.get(&(row, column)).map(ToString::to_string).unwrap_or_default()
    }

    fn rows(&self) -> u32 {
        self.cells.keys().map(|(row, _)| row + 1).max().unwrap_or(0)
    }

    fn row(&self, row: u32) -> Vec<String> {
        let last =
            self.cells.range((row, 0)..=(row, u32::MAX)).next_back().map_or(0, |((_, column), _)| column + 1);
        (0..last).map(|column| self.text(row, column)).collect()
    }

    /// By tactic and id: the fill of each cell of a matrix, `None` without one. Cells show ids.
    pub(crate) fn matrix(&self) -> BTreeMap<(String, String), Option<String>> {
        let mut tactics = BTreeMap::new();
        let mut cells = BTreeMap::new();
        for ((row, column), cell) in &self.cells {
            if *row == 0 {
                tactics.insert(*column, cell.to_string());
                continue;
            }
            let (_, tactic) = tactics.range(..=column).next_back().expect("a head");
            let text = cell.to_string();
            let id = text.split([':', '\n']).next().expect("an id").to_owned();
            let held = cells.insert((tactic.clone(), id), self.fills.get(&(*row, *column)).cloned());
            assert!(held.is_none(), "{text} stands once in {tactic}");
        }
        cells
    }
}

/// What stands between two texts, after the first of them.
pub(crate) fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    text.split(start)
        .nth(1)
        .and_then(|rest| rest.split(end).next())
        .unwrap_or_else(|| panic!("{start} in {text}"))
}

/// The fill of each format.
fn fills_of_styles(styles: &str) -> Vec<Option<String>> {
    let fills: Vec<Option<String>> = between(styles, "<fills", "</fills>")
        .split("<fill>")
        .skip(1)
        .map(|fill| {
            let is_solid = fill.contains("patternType=\"solid\"");
            is_solid.then(|| format!("#{}", between(fill, "<fgColor rgb=\"FF", "\"").to_lowercase()))
        })
        .collect();
    let formats = between(styles, "<cellXfs", "</cellXfs>").split("<xf ").skip(1);
    formats
        .map(|xf| fills[between(xf, "fillId=\"", "\"").parse::<usize>().expect("a number")].clone())
        .collect()
}

fn fills_of_cells(xml: &str, fills: &[Option<String>]) -> BTreeMap<(u32, u32), String> {
    let cells = xml.split("<c r=\"").skip(1).filter_map(|cell| {
        let tag = cell.split('>').next()?;
        let place = tag.split('"').next()?;
        let style: usize = tag.split(" s=\"").nth(1)?.split('"').next()?.parse().ok()?;
        let digits = place.find(|c: char| c.is_ascii_digit())?;
        let column =
            place[..digits].bytes().fold(0, |column, letter| column * 26 + u32::from(letter - b'A') + 1);
        let row: u32 = place[digits..].parse().ok()?;
        Some(((row - 1, column - 1), fills[style].clone()?))
    });
    cells.collect()
}

fn book(space: &Workspace, arguments: &[&str]) -> Book {
    space.run(&[&["render"], arguments, &["--force", "-o", "book.xlsx"]].concat()).ok();
    Book::new(&space.bytes("book.xlsx"))
}

/// A layer of Enterprise ATT&CK 16.1.
fn layer(name: &str, techniques: &Value) -> Value {
    json!({
        "name": name, "domain": "enterprise-attack",
        "versions": {"attack": "16", "navigator": "5.1.0", "layer": "4.5"},
        "techniques": techniques,
    })
}

#[test]
fn a_layer_becomes_a_workbook() {
    let space = Workspace::new();
    space.run(&["layer", "--expand", "annotated", "-o", "aws.json"]).ok();
    let made = book(&space, &["aws.json"]);
    let name = space.json("aws.json")["name"].as_str().expect("a name").to_owned();
    assert_eq!(made.names(), ["About", &name, "Scores", "Metadata", "Legend"]);
    // The matrix: as many cells as the picture, with the same fills.
    let svg = space.run(&["render", "aws.json"]).ok().stdout;
    let drawn: Vec<&str> =
        svg.split("<g data-id=\"").skip(1).map(|cell| cell.split('"').next().expect("an id")).collect();
    let with_ids = book(&space, &["aws.json", "--show", "id,name,score"]);
    let matrix = with_ids.sheet(&name).matrix();
    assert_eq!(matrix.len(), drawn.len());
    let csv = space.run(&["render", "aws.json", "--format", "csv"]).ok().stdout;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    let colors: BTreeMap<(String, String), &str> = rows
        .iter()
        .map(|row| ((row[0].to_owned(), row[1].to_owned()), row.get(6).expect("a colour")))
        .collect();
    for (cell, fill) in &matrix {
        assert_eq!(fill.as_deref().unwrap_or(""), colors[cell], "{cell:?}");
    }
    // Scores: the rows of the CSV, numbers as numbers.
    let scores = made.sheet("Scores");
    assert_eq!(scores.rows() as usize, rows.len() + 1);
    for (place, row) in (1..).zip(&rows) {
        assert_eq!(
            [scores.text(place, 3), scores.text(place, 1), scores.text(place, 2), scores.text(place, 8)],
            [&row[0], &row[1], &row[2], &row[6]]
        );
        assert_eq!(scores.fills.get(&(place, 8)).map_or("", String::as_str), &row[6]);
        match scores.cells.get(&(place, 6)) {
            Some(Data::Float(score)) => assert_eq!(score.to_string(), row[4]),
            other => assert!(other.is_none() && row[4].is_empty(), "{other:?}"),
        }
    }
    // Metadata and links: one row each.
    let techniques = space.json("aws.json")["techniques"].clone();
    let entries = techniques.as_array().expect("a list").iter();
    let count = |one: &Value, field: &str, key: &str| {
        one[field].as_array().map_or(0, |list| list.iter().filter(|row| row[key].is_string()).count())
    };
    let rows: usize = entries.map(|one| count(one, "metadata", "name") + count(one, "links", "url")).sum();
    assert_eq!(made.sheet("Metadata").rows() as usize, rows + 1);
    let legend = made.sheet("Legend");
    assert_eq!(legend.text(1, 4), "this score and below");
    for row in 1..legend.rows() {
        assert_eq!(legend.fills[&(row, 2)], legend.text(row, 2));
    }
}

#[test]
fn a_workbook_takes_all_layers_of_a_file() {
    let space = Workspace::new();
    space.run(&["layer", "--per", "category", "--bundle", "-o", "tabs.json"]).ok();
    let all = book(&space, &["tabs.json"]);
    assert_eq!(
        all.names(),
        ["About", "Respond (AWS)", "Detect (AWS)", "Protect (AWS)", "Scores", "Metadata", "Legend"]
    );
    let one = book(&space, &["tabs.json#2"]);
    assert_eq!(one.names(), ["About", "Detect (AWS)", "Scores", "Metadata", "Legend"]);
    let rows = |book: &Book| {
        let sheet = book.sheet("Scores");
        (1..sheet.rows())
            .filter(|row| sheet.text(*row, 0) == "Detect (AWS)")
            .map(|row| sheet.row(row))
            .collect::<Vec<_>>()
    };
    assert_eq!(rows(&one), rows(&all));
    assert_eq!(one.sheet("Detect (AWS)").cells, all.sheet("Detect (AWS)").cells);
    space.run(&["render", "tabs.json"]).ends_with(2).says(&[".xlsx takes all"]);
    let first = space.bytes("book.xlsx");
    book(&space, &["tabs.json#2"]);
    assert!(space.bytes("book.xlsx") == first, "the same bytes");
    space.run(&["render", "tabs.json", "-o", "book.xlsx"]).ends_with(2).says(&["exists already"]);
    let dark = ["render", "tabs.json", "--theme", "dark", "-o", "dark.xlsx"];
    space.run(&dark).ends_with(2).says(&["the sheets of a workbook are white"]);
    // Several versions and domains, each on its own catalog.
    let mobile = json!({
        "name": "Phones", "domain": "mobile-attack", "versions": {"attack": "17"},
        "techniques": [{"techniqueID": "T1404", "score": 1}],
    });
    space.write("mixed.json", json!([layer("Now", &json!([])), mobile]).to_string());
    let mixed = book(&space, &["mixed.json", "--show", "id"]);
    assert!(mixed.sheet("Phones").matrix().keys().any(|(_, id)| id == "T1404"));
    assert!(mixed.sheet("Now").matrix().keys().any(|(_, id)| id == "T1059"));
    let about: Vec<String> = mixed.sheet("About").cells.values().map(ToString::to_string).collect();
    for text in ["Enterprise ATT&CK 16.1", "Mobile ATT&CK 17.1"] {
        assert!(about.iter().any(|cell| cell == text), "{text}: {about:?}");
    }
}

#[test]
fn sub_techniques_stand_as_the_layout_says() {
    let space = Workspace::new();
    let techniques =
        json!([{"techniqueID": "T1110", "score": 1, "showSubtechniques": true, "comment": "tried\ndaily"}]);
    space.write("x.json", layer("x", &techniques).to_string());
    let place = |sheet: &Sheet, text: &str| {
        let found = sheet.cells.iter().find(|(_, cell)| **cell == Data::String(text.to_owned()));
        *found.unwrap_or_else(|| panic!("{text}")).0
    };
    let side = book(&space, &["x.json"]);
    let sheet = side.sheet("x");
    let (row, column) = place(sheet, "Brute Force");
    let subs = ["Credential Stuffing", "Password Cracking", "Password Guessing", "Password Spraying"];
    for (line, name) in (row..).zip(subs) {
        assert_eq!(place(sheet, name), (line, column + 1));
    }
    assert_eq!(place(sheet, "Credentials from Password Stores"), (row + 4, column));
    assert_eq!(place(sheet, "Credential Access"), (0, column));
    assert_eq!(place(sheet, "Discovery"), (0, column + 2));
    assert!(sheet.xml.contains("<pane ySplit=\"1\"") && sheet.xml.contains("orientation=\"landscape\""));
    assert!(sheet.xml.contains("fitToPage") && sheet.xml.contains("<mergeCells count=\"2\">"));
    let flat = book(&space, &["x.json", "--layout", "flat", "--show", "id", "--page", "a3"]);
    let sheet = flat.sheet("x");
    let (row, column) = place(sheet, "T1110");
    assert_eq!(place(sheet, "T1110.004"), (row + 1, column));
    assert!(sheet.xml.contains("paperSize=\"8\"") && !sheet.xml.contains("mergeCell"));
    let mini = book(&space, &["x.json", "--layout", "mini", "--page", "letter-upright"]);
    let sheet = mini.sheet("x");
    let (row, column) = place(sheet, "T1110");
    assert_eq!(place(sheet, "T1110.004"), (row, column + 1), "what has no room for names has ids");
    assert!(sheet.xml.contains("paperSize=\"1\"") && sheet.xml.contains("orientation=\"portrait\""));
}

#[test]
fn hostile_layers_become_texts() {
    let space = Workspace::new();
    let long = "Wide".repeat(2_500);
    let formulas =
        ["=HYPERLINK(\"http://x\")", "+1+cmd", "-1+1", "@SUM(A1)", "{=1}", "https://x.example/", "_x0041_"];
    let rows: Vec<Value> = formulas.iter().map(|text| json!({"name": text, "value": text})).collect();
    let links: Vec<Value> = formulas.iter().map(|text| json!({"label": text, "url": text})).collect();
    let bad = json!([
        {"techniqueID": "T1059", "score": 1e300, "comment": "=1+1", "metadata": rows, "links": links},
        {"techniqueID": "T1078", "score": -0.25, "comment": "x".repeat(40_000)},
        {"techniqueID": "T1106", "comment": "a\u{0}b\u{1b}c\u{202e}d\u{ffff}e"},
        {"techniqueID": "=T1", "metadata": [{"name": "Sheet", "value": "ghost"}]},
    ]);
    let names = [
        "=HYPERLINK(\"http://x\")",
        &long,
        "\u{1f600}\u{0}'",
        "Scores",
        "scores",
        "",
        "[a]:b*c?/\\",
        "same",
        "Same",
    ];
    let mut layers: Vec<Value> = names.iter().map(|name| layer(name, &bad)).collect();
    layers[0]["description"] = json!("=1+1");
    layers[0]["metadata"] = json!([{"name": "Sheet", "value": "=2"}]);
    layers[0]["legendItems"] = json!([{"label": "=3", "color": "red"}, {"label": "y", "color": "#abc"}]);
    layers[1]["gradient"] = json!({"colors": ["#000000", "#ffffff"], "minValue": -1e308, "maxValue": 1e308});
    layers[2]["filters"] = json!({"platforms": ["Nowhere"]});
    space.write("bad.json", serde_json::to_string(&layers).expect("JSON"));
    let book = book(&space, &["bad.json", "-q"]);
    let sheets = book.names();
    assert_eq!(sheets.len(), layers.len() + 4);
    let unlike: BTreeSet<String> = sheets.iter().map(|name| name.to_lowercase()).collect();
    assert_eq!(unlike.len(), sheets.len());
    assert!(
        sheets.contains(&"Scores (2)") && sheets.contains(&"scores (3)") && sheets.contains(&"Same (2)"),
        "{sheets:?}"
    );
    assert_eq!(sheets[1], "=HYPERLINK(\"http---x\")");
    let metadata = book.sheet("Metadata");
    for (row, text) in (1..).zip(formulas.iter().chain(&formulas)) {
        assert_eq!(metadata.cells[&(row, 6)], Data::String((*text).to_owned()));
    }
    let last: Vec<String> = metadata.row(metadata.rows() - 1);
    assert_eq!(last[1..], ["=T1", "", "all of its tactics", "Metadata", "Sheet", "ghost"]);
    let scores = book.sheet("Scores");
    let row = |id: &str| (1..scores.rows()).find(|row| scores.text(*row, 1) == id).expect(id);
    assert_eq!(scores.cells[&(row("T1059"), 6)], Data::Float(1e300));
    assert_eq!(scores.cells[&(row("T1059"), 10)], Data::String("=1+1".to_owned()));
    assert_eq!(scores.cells[&(row("T1078"), 6)], Data::Float(-0.25));
    assert_eq!(scores.text(row("T1078"), 10).len(), 32_767);
    assert_eq!(scores.text(row("T1106"), 10), "a\u{fffd}b\u{fffd}c\u{fffd}d\u{ffff}e");
    assert!(book.sheets[3].text(0, 0).starts_with("No technique is shown"));
    let about: Vec<String> = book.sheet("About").cells.values().map(ToString::to_string).collect();
    assert!(about.contains(&long) && about.contains(&"=1+1".to_owned()) && about.contains(&"=2".to_owned()));
}

#[test]
fn what_no_workbook_holds_is_refused() {
    let space = Workspace::new();
    let layers = vec![layer("x", &json!([])); 251];
    space.write("many.json", serde_json::to_string(&layers).expect("JSON"));
    space
        .run(&["render", "many.json", "-q", "-o", "many.xlsx"])
        .ends_with(2)
        .says(&["251 layers are too many for a workbook, which takes 250"]);
    assert!(!space.has("many.xlsx"));
    let rows: Vec<Value> = (0..1_050).map(|row| json!({"name": row.to_string(), "value": "x"})).collect();
    let techniques = vec![json!({"techniqueID": "T1059", "tactic": "execution", "metadata": rows}); 1_000];
    space.write("long.json", layer("x", &json!(techniques)).to_string());
    space
        .run(&["render", "long.json", "-q", "-o", "long.xlsx"])
        .ends_with(2)
        .says(&["a sheet holds 1048576"]);
    assert!(!space.has("long.xlsx"));
}

#[test]
fn published_layers_become_workbooks() {
    let Some(corpus) = corpus() else { return };
    let space = Workspace::new();
    let files = listing(&corpus.join("navigator-layers"));
    for path in &files {
        let made = book(&space, &[&path.to_string_lossy(), "--from", "8.2", "-q", "--show", "id,name"]);
        assert!(made.sheets[1].matrix().len() > 100, "{}", path.display());
    }
    covered(files.len());
}
