//! The look that docs/look.md writes down is the look that pages have.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::support::Workspace;

fn repository(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The custom properties of a block of rules.
fn properties(block: &str) -> BTreeMap<&str, &str> {
    let block = block.split('}').next().unwrap_or(block);
    let declarations = block.split([';', '\n']).filter_map(|line| line.trim().split_once(':'));
    let own = declarations.filter(|(name, _)| name.starts_with("--"));
    own.map(|(name, value)| (name, value.trim())).collect()
}

/// The properties of the first two `:root` blocks of a style sheet: light, and dark.
fn themes(style: &str) -> [BTreeMap<&str, &str>; 2] {
    let mut blocks = style.split(":root").skip(1).map(|block| block.trim_start().trim_start_matches('{'));
    let mut next = || properties(blocks.next().expect("a block of properties"));
    [next(), next()]
}

/// The cells in code of the table row whose first cell is this.
fn row<'d>(docs: &'d str, name: &str) -> Option<Vec<&'d str>> {
    let start = format!("| `{name}` |");
    let line = docs.lines().find(|line| line.starts_with(&start))?;
    Some(line.split('|').map(|cell| cell.trim().trim_matches('`')).collect())
}

#[test]
fn every_token_of_the_style_sheet_is_written_down() {
    let (style, docs) = (repository("templates/site.css"), repository("docs/look.md"));
    let [light, dark] = themes(&style);
    let mut colors = 0;
    for (name, value) in &light {
        if ["--sans", "--mono", "--gutter"].contains(name) {
            continue;
        }
        let told = row(&docs, name).unwrap_or_else(|| panic!("{name} is not in docs/look.md"));
        assert_eq!(told[2], *value, "{name}");
        if value.starts_with('#') {
            assert_eq!(told[3], dark[name], "{name}, dark");
            colors += 1;
        }
    }
    assert!(colors >= 13, "{colors} colours");
}

#[test]
fn every_colour_of_the_data_is_written_down() {
    let space = Workspace::new();
    let page = space.run(&["report", "--brief", "-o", "-"]).ok().stdout;
    let docs = repository("docs/look.md");
    let (_, style) = page.split_once("<style>").expect("a style sheet");
    let [light, dark] = themes(style);
    for name in ["--minimal", "--partial", "--significant", "--protect", "--detect", "--respond"] {
        let told = row(&docs, name).unwrap_or_else(|| panic!("{name} is not in docs/look.md"));
        assert_eq!((told[2], told[3]), (light[name], dark[name]), "{name}");
        let text = format!("{name}-text");
        if let Some(text_color) = light.get(text.as_str()).filter(|_| told.len() > 6) {
            assert_eq!((told[4], told[5]), (*text_color, dark[text.as_str()]), "{text}");
        }
    }
}

#[test]
fn pictures_stand_on_the_ground_of_pages() {
    let space = Workspace::new();
    space.run(&["layer", "-o", "aws.json"]).ok();
    let style = repository("templates/site.css");
    let themes = themes(&style);
    for (theme, tokens) in ["light", "dark"].iter().zip(&themes) {
        let picture = space.run(&["render", "aws.json", "--theme", theme]).ok().stdout;
        for name in ["--paper", "--ink", "--ink-3", "--rule"] {
            assert!(picture.contains(tokens[name]), "{name} {} in {theme}", tokens[name]);
        }
    }
}

/// The parts of a style sheet that hold on screens.
fn on_screen(style: &str) -> String {
    let mut kept = String::new();
    for (index, part) in style.split("@media print").enumerate() {
        // What follows a print block begins where its braces are balanced.
        let mut depth = 0_i32;
        let end = if index == 0 {
            0
        } else {
            part.char_indices()
                .find_map(|(at, c)| {
                    depth += match c {
                        '{' => 1,
                        '}' => -1,
                        _ => 0,
                    };
                    (c == '}' && depth == 0).then_some(at + 1)
                })
                .unwrap_or(part.len())
        };
        kept.push_str(&part[end..]);
    }
    kept
}

#[test]
fn text_has_no_size_but_those_of_the_scale() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut sheets = 0;
    for entry in fs::read_dir(folder).expect("templates/ is there") {
        let path = entry.expect("it can be listed").path();
        if path.extension().is_none_or(|ending| ending != "css") {
            continue;
        }
        sheets += 1;
        let style = on_screen(&fs::read_to_string(&path).expect("it can be read"));
        for size in style.split("font-size:").skip(1) {
            let size = size.split([';', '}']).next().unwrap_or(size).trim();
            let is_relative = size.ends_with("em") && !size.ends_with("rem");
            let is_root = ["118%", "150%"].contains(&size);
            assert!(
                size.starts_with("var(--type-") || is_relative || is_root || size == "inherit",
                "{}: {size}",
                path.display()
            );
        }
    }
    assert!(sheets >= 3, "{sheets} style sheets");
}
