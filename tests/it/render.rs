//! `navlayer render`: a layer's matrix as a picture and as tables.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider as _};

use crate::support::{Workspace, active_of, corpus, covered, listing};
use crate::workbook::between;

/// The number of an attribute.
pub(crate) fn number(tag: &str, name: &str) -> f64 {
    let start = tag.find(&format!(" {name}=\"")).expect(name) + name.len() + 3;
    tag[start..].split('"').next().and_then(|text| text.parse().ok()).expect(name)
}

/// A cell of a picture: its title, its box, its fill, and the ends of its texts.
pub(crate) struct Cell {
    pub(crate) title: String,
    /// Left, top, right, bottom.
    pub(crate) edges: [f64; 4],
    pub(crate) fill: String,
    /// Left, right and base of each.
    pub(crate) texts: Vec<[f64; 3]>,
}

pub(crate) fn cells(svg: &str) -> Vec<Cell> {
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

/// What the embedded font itself says of a text, in ems: its width, and how far it goes above and below its base.
fn extent(font: &FontRef<'_>, text: &str) -> [f64; 3] {
    let metrics = font.glyph_metrics(Size::new(1.0), LocationRef::default());
    let mut extent = [0.0, 0.0, 0.0_f64];
    for character in text.chars() {
        let glyph = font.charmap().map(character).unwrap_or_else(|| panic!("the font has {character:?}"));
        extent[0] += f64::from(metrics.advance_width(glyph).expect("a width"));
        if let Some(bounds) = metrics.bounds(glyph) {
            extent[1] = f64::max(extent[1], f64::from(bounds.y_max));
            extent[2] = f64::max(extent[2], f64::from(-bounds.y_min));
        }
    }
    extent
}

/// Asserts that no text of a picture's cells goes beyond its cell; gives how many texts there are.
fn texts_fit(svg: &str, what: &str) -> usize {
    let fonts = [notosans::REGULAR_TTF, notosans::BOLD_TTF].map(|data| FontRef::new(data).expect("a font"));
    let mut count = 0;
    for cell in svg.split("<g data-id=").skip(1) {
        let cell = cell.split("</g>").next().expect("it ends");
        let rect = between(cell, "<rect", "/>");
        let (left, top) = (number(rect, "x"), number(rect, "y"));
        let (right, bottom) = (left + number(rect, "width"), top + number(rect, "height"));
        let mut last = f64::NEG_INFINITY;
        for text in cell.split("<text").skip(1) {
            let (tag, line) = text.split_once('>').expect("a tag");
            let line = line.split('<').next().expect("a text");
            let line =
                line.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
            let (x, y, size) = (number(tag, "x"), number(tag, "y"), number(tag, "font-size"));
            let font = &fonts[usize::from(tag.contains("font-weight=\"700\""))];
            let [width, above, below] = extent(font, &line).map(|ems| ems * size);
            let what = format!("{what}: {line} of {size} in {}", between(cell, "<title>", "</title>"));
            // Numbers in pictures have two decimals.
            assert!(x >= left && x + width <= right + 0.03, "{what}: {x} + {width} in {left} to {right}");
            assert!(
                y - above >= top - 0.03 && y + below <= bottom + 0.03,
                "{what}: {y} in {top} to {bottom}"
            );
            assert!((number(tag, "textLength") - width).abs() < 0.03, "{what}: {width}");
            assert!(y - last >= size, "{what}: lines lie on each other");
            last = y;
            count += 1;
        }
    }
    count
}

/// By the font's own advances and outlines, not by what the picture says of its texts.
#[test]
fn texts_fit_their_cells_by_the_font_itself() {
    let space = Workspace::new();
    for (domain, version, most) in [("enterprise", "19.0", 800), ("mobile", "18.1", 100), ("ics", "18.1", 70)]
    {
        let techniques: Vec<Value> = active_of(&format!("{domain}-attack"), version)
            .into_iter()
            .map(|one| one.id)
            .zip((0..100).cycle())
            .map(|(id, score)| json!({"techniqueID": id, "score": f64::from(score) + 0.25}))
            .collect();
        let layer = json!({
            "name": domain, "domain": format!("{domain}-attack"), "techniques": techniques,
            "versions": {"attack": version, "navigator": "5.1.0", "layer": "4.5"},
        });
        space.write("all.json", layer.to_string());
        for (page, layout, theme) in [
            ("a3", "side", "light"),
            ("a3", "side", "dark"),
            ("a3", "flat", "light"),
            ("letter", "side", "light"),
            ("letter", "flat", "dark"),
        ] {
            let arguments = ["--expand", "all", "--show", "id,name,score", "--page", page];
            let looks = ["--layout", layout, "--theme", theme];
            let svg = space.run(&[&["render", "all.json"], &arguments[..], &looks].concat()).ok().stdout;
            let what = format!("{domain} {page} {layout} {theme}");
            let texts = texts_fit(&svg, &what);
            assert!(texts >= 2 * most, "{what}: {texts}");
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
