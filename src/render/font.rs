//! The font of pictures, and how wide text is in it: Noto Sans, which is embedded.

use std::sync::LazyLock;

use skrifa::instance::{LocationRef, Size};
use skrifa::outline::DrawSettings;
pub(super) use skrifa::outline::OutlinePen;
use skrifa::raw::TableProvider as _;
use skrifa::{FontRef, MetadataProvider as _};

use super::without_controls;

/// The family's name, as pictures name it.
pub(super) const FAMILY: &str = "Noto Sans";

/// A weight of the family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    Regular,
    Bold,
}

/// Advance widths of the characters that a font has, in ems.
struct Widths {
    /// Of the Basic Multilingual Plane's first part, which holds what texts here are written in.
    near: Vec<f32>,
    font: Option<FontRef<'static>>,
    /// What a character is given that the font does not have.
    missing: f32,
}

static REGULAR: LazyLock<Widths> = LazyLock::new(|| Widths::new(notosans::REGULAR_TTF));
static BOLD: LazyLock<Widths> = LazyLock::new(|| Widths::new(notosans::BOLD_TTF));

/// How many characters are looked up once and for all.
const NEAR: u32 = 0x250;

impl Widths {
    fn new(data: &'static [u8]) -> Self {
        let font = FontRef::new(data).ok();
        let mut widths = Self { near: Vec::new(), font, missing: 1.0 };
        let near =
            (0..NEAR).map(|code| char::from_u32(code).map_or(0.0, |character| widths.look_up(character)));
        widths.near = near.collect();
        widths
    }

    fn look_up(&self, character: char) -> f32 {
        let Some(font) = &self.font else { return self.missing };
        let metrics = font.glyph_metrics(Size::new(1.0), LocationRef::default());
        let glyph = font.charmap().map(character);
        glyph.and_then(|glyph| metrics.advance_width(glyph)).unwrap_or(self.missing)
    }

    fn of(&self, character: char) -> f32 {
        let near = usize::try_from(u32::from(character)).ok().and_then(|code| self.near.get(code));
        near.copied().unwrap_or_else(|| self.look_up(character))
    }
}

fn widths(weight: Weight) -> &'static Widths {
    match weight {
        Weight::Regular => &REGULAR,
        Weight::Bold => &BOLD,
    }
}

/// How wide a text is at a size, in the size's unit.
pub(super) fn width(text: &str, weight: Weight, size: f32) -> f32 {
    let widths = widths(weight);
    text.chars().map(|character| widths.of(character)).sum::<f32>() * size
}

/// How far a character moves the next one, in ems.
pub(super) fn advance(character: char, weight: Weight) -> f32 {
    widths(weight).of(character)
}

/// How many of the font's own units an em is.
pub(super) fn units(weight: Weight) -> f32 {
    let head = widths(weight).font.as_ref().and_then(|font| font.head().ok());
    f32::from(head.map_or(1000, |head| head.units_per_em().max(1)))
}

/// Draws the outline of a character in the font's own units, the base line at 0 and what is above it positive. What the
/// font does not have is a box.
pub(super) fn outline(character: char, weight: Weight, pen: &mut impl OutlinePen) {
    let Some(font) = &widths(weight).font else { return };
    let glyph = font.charmap().map(character).unwrap_or_default();
    let Some(outline) = font.outline_glyphs().get(glyph) else { return };
    // A glyph that breaks off is drawn as far as it goes: the font is our own.
    let _ = outline.draw(DrawSettings::unhinted(Size::unscaled(), LocationRef::default()), pen);
}

/// A text in at most so many lines, none wider than `room`; what does not fit ends in an ellipsis. Lines break at blanks,
/// after hyphens and slashes, and in a word that is wider than a line.
pub(super) fn wrap(text: &str, weight: Weight, size: f32, room: f32, most: usize) -> Vec<String> {
    let text = without_controls(text, char::is_whitespace);
    let fits = |line: &str| width(line, weight, size) <= room;
    let mut lines: Vec<String> = Vec::new();
    for (starts, mut piece) in text.split_whitespace().flat_map(pieces) {
        let gap = if starts { " " } else { "" };
        if let Some(line) = lines.last_mut() {
            let joined = format!("{line}{gap}{piece}");
            if fits(&joined) {
                *line = joined;
                continue;
            }
            if lines.len() == most {
                // One piece more is enough to tell that something is missing.
                if let Some(line) = lines.last_mut() {
                    *line = shortened(&format!("{line}{gap}{piece}"), &fits);
                }
                return lines;
            }
        }
        while !fits(piece) {
            let cut = longest(piece, &fits);
            if lines.len() + 1 == most || cut == 0 {
                lines.push(shortened(piece, &fits));
                return lines;
            }
            lines.push(piece[..cut].to_owned());
            piece = &piece[cut..];
        }
        lines.push(piece.to_owned());
    }
    lines
}

/// The parts of a word between which a line may break, each with whether it starts the word.
fn pieces(word: &str) -> impl Iterator<Item = (bool, &str)> {
    word.split_inclusive(['-', '/']).enumerate().map(|(place, piece)| (place == 0, piece))
}

/// How wide the longest part of a text is at which no line breaks, in ems.
pub(super) fn longest_piece(text: &str, weight: Weight) -> f32 {
    let pieces = text.split_whitespace().flat_map(pieces);
    pieces.map(|(_, piece)| width(piece, weight, 1.0)).fold(0.0, f32::max)
}

/// The end of the longest start of a word that fits; 0 when not even one character does.
fn longest(word: &str, fits: &impl Fn(&str) -> bool) -> usize {
    let ends: Vec<usize> = word.char_indices().skip(1).map(|(at, _)| at).chain([word.len()]).collect();
    let count = ends.partition_point(|end| fits(&word[..*end]));
    count.checked_sub(1).and_then(|last| ends.get(last)).copied().unwrap_or(0)
}

/// A text that fits with an ellipsis at its end; empty where not even that does.
fn shortened(text: &str, fits: &impl Fn(&str) -> bool) -> String {
    if fits(text) {
        return text.to_owned();
    }
    let with_dots = |end: usize| format!("{}…", text[..end].trim_end());
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let count = ends.partition_point(|end| fits(&with_dots(*end)));
    match count {
        0 => String::new(),
        _ => with_dots(ends[count - 1]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_the_font() {
        let em = |text: &str| width(text, Weight::Regular, 1.0);
        assert!(em("i") < em("n") && em("n") < em("m") && (0.2..1.0).contains(&em("n")));
        assert!(width("Impact", Weight::Bold, 10.0) > width("Impact", Weight::Regular, 10.0));
        assert!((width("ab", Weight::Regular, 20.0) - 20.0 * (em("a") + em("b"))).abs() < 1e-3);
        assert!(em("漢") > 0.9, "what the font does not have takes a whole em");
    }

    #[test]
    fn no_line_is_wider_than_its_room() {
        for text in [
            "Exploitation for Privilege Escalation",
            "a",
            "",
            "Supercalifragilistic expialidocious",
            "漢字漢字漢字漢字",
        ] {
            for room in [4.0, 12.0, 40.0, 90.0] {
                for most in 1..4 {
                    let lines = wrap(text, Weight::Regular, 10.0, room, most);
                    assert!(lines.len() <= most);
                    for line in &lines {
                        assert!(width(line, Weight::Regular, 10.0) <= room, "{line} in {room}");
                    }
                    let joined: String = lines.concat().split_whitespace().collect();
                    if !joined.ends_with('…') && room > 12.0 {
                        assert_eq!(joined, text.split_whitespace().collect::<String>(), "{room} {most}");
                    }
                }
            }
        }
        assert_eq!(wrap("Valid Accounts", Weight::Regular, 10.0, 200.0, 2), ["Valid Accounts"]);
        assert_eq!(wrap("Valid Accounts", Weight::Regular, 10.0, 50.0, 2), ["Valid", "Accounts"]);
        assert_eq!(
            wrap("Adversary-in-the-Middle", Weight::Regular, 10.0, 90.0, 2),
            ["Adversary-in-the-", "Middle"]
        );
        assert_eq!(
            wrap("Masquerade Task or Service", Weight::Regular, 10.0, 62.0, 2),
            ["Masquerade", "Task or Ser…"]
        );
    }
}
