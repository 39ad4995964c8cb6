//! `navlayer render`: a layer's matrix as a picture and as tables.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{Workspace, corpus, covered, listing};
use crate::workbook::between;

/// The number of an attribute.
fn number(tag: &str, name: &str) -> f64 {
    let start = tag.find(&format!(" {name}=\"")).expect(name) + name.len() + 3;
    tag[start..].split('"').next().and_then(|text| text.parse().ok()).expect(name)
}

/// A cell of a picture: its title, its box, its fill, and the ends of its texts.
struct Cell {
    title: String,
    /// Left, top, right, bottom.
    edges: [f64; 4],
    fill: String,
    /// Left, right and base of each.
    texts: Vec<[f64; 3]>,
}

fn cells(svg: &str) -> Vec<Cell> {
    let cells = svg.split("<g data-id=").skip(1).map(|part| {
        let part = part.split("</g>").next().expect("it ends");
        let rect = part.split("<rect").nth(1).and_then(|rect| rect.split("/>").next()).expect("a box");
        let (x, y) = (number(rect, "x"), number(rect, "y"));
        let texts = part.split("<text").skip(1).map(|text| {
            let x = number(text, "x");
            [x, x + number(text, "textLength"), number(text, "y")]
        });
        Cell {
            title: between(part, "<title>", "</title>").to_owned(),
            edges: [x, y, x + number(rect, "width"), y + number(rect, "height")],
            fill: rect
                .split(" fill=\"")
                .nth(1)
                .and_then(|fill| fill.split('"').next())
                .expect("a fill")
                .to_owned(),
            texts: texts.collect(),
        }
    });
    cells.collect()
}

#[test]
fn cells_have_the_colours_of_the_legend() {
    let space = Workspace::new();
    space.run(&["layer", "-o", "aws.json"]).ok();
    let svg = space.run(&["render", "aws.json", "--expand", "all"]).ok().stdout;
    let layer = space.json("aws.json");
    let legend: BTreeMap<i64, &str> = layer["legendItems"]
        .as_array()
        .expect("a legend")
        .iter()
        .filter_map(|item| {
            let label = item["label"].as_str()?;
            let score = label.split('(').nth(1)?.trim_end_matches(')').parse().ok()?;
            Some((score, item["color"].as_str()?))
        })
        .collect();
    assert_eq!(legend.keys().copied().collect::<Vec<_>>(), [10, 50, 100]);
    let scores: BTreeMap<&str, i64> = layer["techniques"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|one| Some((one["techniqueID"].as_str()?, one["score"].as_i64()?)))
        .collect();
    let cells = cells(&svg);
    let mut painted = std::collections::BTreeSet::new();
    for cell in &cells {
        let id = cell.title.split(' ').next().expect("an id");
        match scores.get(id) {
            Some(score) => {
                assert_eq!(cell.fill, legend[score], "{}", cell.title);
                assert!(cell.title.ends_with(&format!(", score {score}")), "{}", cell.title);
                painted.insert(id);
            }
            None => assert_eq!(cell.fill, "#ffffff", "{}", cell.title),
        }
    }
    // One mapped id is not active in 16.1, and the Navigator shows it nowhere.
    assert_eq!(painted.len() + 1, scores.len());
}

#[test]
fn no_text_leaves_its_cell() {
    let space = Workspace::new();
    space.run(&["layer", "--attack-version", "19.0", "-o", "aws.json"]).ok();
    for arguments in [
        &["--page", "a3", "--expand", "all", "--show", "id,name,score"][..],
        &["--page", "a4-upright", "--expand", "annotated", "--layout", "flat"],
        &["--page", "60x60", "--show", "name"],
        &["--expand", "annotated", "--show", "id,score"],
        &["--page", "slide", "--layout", "mini", "--expand", "all"],
    ] {
        let svg = space.run(&[&["render", "aws.json"], arguments].concat()).ok().stdout;
        let root = svg.lines().next().expect("a line");
        let view: Vec<f64> = root
            .split("viewBox=\"0 0 ")
            .nth(1)
            .and_then(|text| text.split('"').next())
            .expect("a view box")
            .split(' ')
            .map(|side| side.parse().expect("a number"))
            .collect();
        let cells = cells(&svg);
        assert!(cells.len() > 250, "{}", cells.len());
        for Cell { title, edges: [left, top, right, bottom], texts, .. } in &cells {
            assert!(
                *left >= 0.0 && *top >= 0.0 && *right <= view[0] && *bottom <= view[1],
                "{arguments:?}: {title}"
            );
            for [start, end, base] in texts {
                assert!(start >= left && *end <= right + 0.02, "{arguments:?}: {title}: {end} in {right}");
                assert!(base >= top && base <= bottom, "{arguments:?}: {title}");
            }
        }
    }
}

#[test]
fn a_page_has_its_size_and_every_run_the_same_bytes() {
    let space = Workspace::new();
    space.run(&["layer", "-o", "aws.json"]).ok();
    for (page, width, height) in [
        ("a4", 1122.52, 793.7),
        ("letter-upright", 816.0, 1056.0),
        ("slide", 1920.0, 1080.0),
        ("254x127", 960.0, 480.0),
    ] {
        let svg = space.run(&["render", "aws.json", "--page", page]).ok().stdout;
        let root = svg.lines().next().expect("a line").replace("<svg", "<svg ");
        assert!(
            (number(&root, "width") - width).abs() < 0.02 && (number(&root, "height") - height).abs() < 0.02,
            "{root}"
        );
        assert_eq!(space.run(&["render", "aws.json", "--page", page]).ok().stdout, svg);
    }
    space.run(&["render", "aws.json", "--page", "a9"]).ends_with(2).says(&["a page is a4, a3, letter"]);
    space.run(&["render", "aws.json", "--page", "10x10"]).ends_with(2).says(&["from 50 to 5000"]);
}

#[test]
fn one_of_several_layers_is_drawn() {
    let space = Workspace::new();
    space.run(&["layer", "--per", "category", "--bundle", "-o", "tabs.json"]).ok();
    space.run(&["render", "tabs.json"]).ends_with(2).says(&["tabs.json holds 3 layers", "tabs.json#1"]);
    let names: Vec<String> = space
        .json("tabs.json")
        .as_array()
        .expect("layers")
        .iter()
        .map(|layer| layer["name"].as_str().expect("a name").to_owned())
        .collect();
    for (place, name) in names.iter().enumerate() {
        let by_name = space.run(&["render", &format!("tabs.json#{}", name.to_lowercase())]).ok().stdout;
        assert_eq!(space.run(&["render", &format!("tabs.json#{}", place + 1)]).ok().stdout, by_name);
        assert!(by_name.contains(&format!(">{name}, Enterprise ATT&amp;CK 16.1</title>")), "{name}");
    }
    space.run(&["render", "tabs.json#nothing"]).ends_with(2).says(&["is called `nothing`", &names[0]]);
    space.run(&["render", "tab.json"]).ends_with(2).says(&["did you mean `tabs.json`?"]);
}

#[test]
fn tables_have_a_row_for_each_cell() {
    let space = Workspace::new();
    space.run(&["layer", "-o", "aws.json"]).ok();
    space.run(&["render", "aws.json", "-o", "aws.csv"]).ok();
    let csv = space.read("aws.csv");
    let drawn = cells(&space.run(&["render", "aws.json", "--expand", "all"]).ok().stdout).len();
    let rows = csv.lines().filter(|line| line.contains(",T1")).count();
    assert!(rows >= drawn, "{rows} rows, {drawn} cells");
    assert!(csv.starts_with("tactic,id,name,parent,score,aggregate,color,enabled,comment,metadata\n"));
    space.run(&["render", "aws.json", "-o", "aws.md"]).ok();
    assert!(space.read("aws.md").starts_with("| Tactic "));
    space
        .run(&["render", "aws.json", "-o", "aws.bmp"])
        .ends_with(2)
        .says(&["does not tell the format", ".svg"]);
    space.write("mine.csv", "mine");
    space.run(&["render", "aws.json", "-o", "mine.csv"]).ends_with(2).says(&["exists already", "--force"]);
}

#[test]
fn hostile_layers_are_drawn_and_do_nothing() {
    let space = Workspace::new();
    let long = "Wide".repeat(2_500);
    let layer = json!({
        "name": format!("<script>alert(1)</script>\u{202e}\u{1b}[31m&{long}"),
        "domain": "enterprise-attack",
        "versions": {"attack": "16", "navigator": "5.1.0", "layer": "4.5"},
        "description": "]]> \" onload=\"alert(1)\"",
        "techniques": [{"techniqueID": "T1059", "score": 1e300, "comment": "<b>"}, {"techniqueID": "T1078", "color": "red"}],
        "legendItems": [{"label": "<x>\u{0}", "color": "#123456"}, {"label": "y", "color": "url(http://x)"}],
        "gradient": {"colors": ["no", "colour"], "minValue": 5, "maxValue": 5},
    });
    space.write("hostile.json", layer.to_string());
    let svg = space.run(&["render", "hostile.json", "--show", "name,score"]).ok().stdout;
    assert!(
        !svg.contains("<script") && !svg.contains("<b>") && !svg.contains("<x>") && !svg.contains("url(http")
    );
    assert!(
        !svg.contains(['\u{202e}', '\u{1b}', '\u{0}']) && !svg.contains("onload=\""),
        "attributes are the picture's own"
    );
    let colors: Vec<String> =
        cells(&svg).into_iter().filter(|one| one.title.starts_with("T1078 ")).map(|one| one.fill).collect();
    assert!(!colors.is_empty() && colors.iter().all(|color| color == "#ff0000"), "{colors:?}");
    for (text, code) in [
        (json!({"name": "x", "techniques": []}), "NL0102"),
        (
            json!({"name": "x", "domain": "enterprise-attack", "versions": {"attack": "99"}, "techniques": []}),
            "NL0105",
        ),
    ] {
        space.write("bad.json", text.to_string());
        let run = space.run(&["render", "bad.json"]).ends_with(1);
        assert!(run.codes().contains(&code.to_owned()), "{:?}: {}", run.codes(), run.stderr);
    }
    let none: Value = json!({"name": "x", "domain": "enterprise-attack", "techniques": []});
    space.write("none.json", none.to_string());
    space.run(&["render", "none.json"]).ok().says(&["states no ATT&CK version; it is drawn on 19.0"]);
    let on = space.run(&["render", "none.json", "--from", "8.2"]).ok().stdout;
    assert!(on.contains("x, Enterprise ATT&amp;CK 8.2</title>"));
}

#[test]
fn published_layers_are_drawn() {
    let Some(corpus) = corpus() else { return };
    let space = Workspace::new();
    let files = listing(&corpus.join("navigator-layers"));
    for path in &files {
        let run = space.run(&["render", &path.to_string_lossy(), "--from", "8.2", "--page", "a3", "-q"]).ok();
        assert!(cells(&run.stdout).len() > 100, "{}", path.display());
    }
    covered(files.len());
}
