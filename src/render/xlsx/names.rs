//! What the sheets of layers are called: as Excel takes it, and each unlike all others.

use std::collections::BTreeSet;

use super::super::without_controls;
use crate::layer::read::InputLayer;

pub(super) const ABOUT: &str = "About";
pub(super) const SCORES: &str = "Scores";
pub(super) const METADATA: &str = "Metadata";
pub(super) const LEGEND: &str = "Legend";

/// How many units of UTF-16 a name has at most.
const MOST: usize = 31;

/// The names of sheets, by their layers: without what Excel refuses, and told apart without regard to case.
pub(super) fn sheets<'l>(layers: impl Iterator<Item = &'l InputLayer>) -> Vec<String> {
    // Excel keeps the last one for itself.
    let mut taken: BTreeSet<String> =
        [ABOUT, SCORES, METADATA, LEGEND, "History"].into_iter().map(folded).collect();
    let mut names = Vec::new();
    for (place, layer) in layers.enumerate() {
        let stated = layer.name.as_ref().map_or("", |name| name.value.as_str());
        let mut wanted = plain(stated);
        if wanted.is_empty() {
            wanted = format!("Layer {}", place + 1);
        }
        let numbered = (2..).map(|number| with_end(&wanted, &format!(" ({number})")));
        let free = std::iter::once(with_end(&wanted, ""))
            .chain(numbered)
            .find(|name| !taken.contains(&folded(name)));
        let name = free.unwrap_or_default();
        taken.insert(folded(&name));
        names.push(name);
    }
    names
}

/// One spelling for all cases of a name.
fn folded(name: &str) -> String {
    name.to_uppercase().to_lowercase()
}

/// A name without what a sheet's must not have; what is longer than a name is left out.
fn plain(name: &str) -> String {
    // Enough of a hostile name for any sheet.
    let start: String = name.trim_start().chars().take(4 * MOST).collect();
    let shown = without_controls(&start, char::is_whitespace);
    let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    let replaced = words.replace(['[', '('], "(").replace([']', ')'], ")");
    let replaced = replaced.replace([':', '*', '?', '/', '\\', '\u{fffe}', '\u{ffff}'], "-");
    with_end(replaced.trim_matches(is_edge), "")
}

/// What must not stand at either end: an apostrophe, and blanks, which nobody sees.
fn is_edge(character: char) -> bool {
    character == '\'' || character.is_whitespace()
}

/// As much of a name as leaves room for an end, and the end.
fn with_end(name: &str, end: &str) -> String {
    let mut room = MOST - end.len();
    let held = name.chars().take_while(|c| {
        let fits = c.len_utf16() <= room;
        room = room.saturating_sub(c.len_utf16());
        fits
    });
    let held: String = held.collect();
    format!("{}{end}", held.trim_end_matches(is_edge))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::read;
    use crate::source::Source;

    fn of(names: &[&str]) -> Vec<String> {
        let layers: Vec<serde_json::Value> = names
            .iter()
            .map(|name| serde_json::json!({"name": name, "domain": "enterprise-attack", "techniques": []}))
            .collect();
        let text = serde_json::to_string(&layers).expect("layers are JSON");
        let reading = read::from_source(&Source::new("x.json", text)).expect("they are layers");
        sheets(reading.layers.iter())
    }

    #[test]
    fn excel_takes_every_name() {
        let long = "Wide".repeat(2_500);
        let clefs = "\u{1d11e}".repeat(40);
        let names = [
            "AWS",
            "aws",
            "AWS",
            "a[b]:c*?/\\d",
            "'quoted'",
            "''",
            "",
            " \t ",
            "History",
            "scores",
            "=HYPERLINK(1)",
            "\u{1b}[31m\u{202e}",
            &long,
            &long,
            &clefs,
            "ends in a blank after thirty    x",
            "\u{ffff}",
            "STRASSE",
            "straße",
        ];
        let sheets = of(&names);
        assert_eq!(&sheets[..3], ["AWS", "aws (2)", "AWS (3)"]);
        assert_eq!(&sheets[3..6], ["a(b)-c----d", "quoted", "Layer 6"]);
        assert_eq!(&sheets[6..11], ["Layer 7", "Layer 8", "History (2)", "scores (2)", "=HYPERLINK(1)"]);
        assert_eq!(sheets[12], "WideWideWideWideWideWideWideWid");
        assert_eq!(sheets[13], "WideWideWideWideWideWideWid (2)");
        assert_eq!(sheets[14].chars().count(), 15);
        let mut seen = BTreeSet::new();
        for name in &sheets {
            assert!((1..=31).contains(&name.encode_utf16().count()), "{name}");
            assert!(!name.contains(['[', ']', ':', '*', '?', '/', '\\']), "{name}");
            assert!(!name.starts_with(is_edge) && !name.ends_with(is_edge), "{name}");
            assert!(!name.chars().any(crate::diagnostic::is_hostile), "{name}");
            assert!(seen.insert(folded(name)), "{name}");
        }
        assert_eq!(of(&names), sheets);
    }
}
