//! A picture on whole pixels, for what draws SVG and has no fonts: text is the outlines of the embedded font.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::number;
use crate::render::font::{OutlinePen, Weight, advance, outline, units};
use crate::render::picture::place::{Bar, Text};

/// How long everything is in pixels, and the shapes of characters.
pub(super) struct Grid {
    /// Pixels for each of the lengths in which things are placed.
    scale: f32,
    glyphs: BTreeMap<(Weight, char), Glyph>,
}

/// The shape of a character.
struct Glyph {
    /// Path data from the start of its base line, in halves of the font's unit; empty where nothing shows.
    data: String,
    /// How far it moves the next one, in the same.
    advance: i32,
}

impl Grid {
    pub(super) fn new(scale: f32) -> Self {
        Self { scale, glyphs: BTreeMap::new() }
    }

    /// A box from pixel to pixel, so that its edges are sharp.
    pub(super) fn snapped(&self, bar: Bar) -> Bar {
        let (x, y) = ((bar.x * self.scale).round(), (bar.y * self.scale).round());
        let right = ((bar.x + bar.width) * self.scale).round().max(x + 1.0);
        let bottom = ((bar.y + bar.height) * self.scale).round().max(y + 1.0);
        Bar { x, y, width: right - x, height: bottom - y }
    }

    /// How thick a line is.
    pub(super) fn thick(&self, line: f32) -> f32 {
        (line * self.scale).round().max(1.0)
    }

    /// A line of text as the `transform` and the data of one path; `None` where nothing shows.
    pub(super) fn path(&mut self, text: &Text) -> Option<(String, String)> {
        let weight = if text.is_bold { Weight::Bold } else { Weight::Regular };
        let mut data = String::new();
        let mut at = 0_i32;
        for character in text.line.chars() {
            let glyph =
                self.glyphs.entry((weight, character)).or_insert_with(|| Glyph::new(character, weight));
            if !glyph.data.is_empty() {
                let _ = write!(data, "M{at} 0{}", glyph.data);
            }
            at = at.saturating_add(glyph.advance);
        }
        let (x, y) = (number(text.x * self.scale), number(text.y * self.scale));
        let unit = text.size * self.scale / (2.0 * units(weight));
        (!data.is_empty()).then(|| (format!("matrix({unit} 0 0 -{unit} {x} {y})"), data))
    }
}

impl Glyph {
    fn new(character: char, weight: Weight) -> Self {
        let mut pen = Pen::default();
        outline(character, weight, &mut pen);
        Self { data: pen.data, advance: halves(advance(character, weight) * units(weight)) }
    }
}

/// What the font draws with. All steps are relative, so that a glyph is the same wherever it stands.
#[derive(Default)]
struct Pen {
    data: String,
    start: (i32, i32),
    at: (i32, i32),
}

impl Pen {
    fn step(&mut self, command: char, points: &[(f32, f32)]) {
        self.data.push(command);
        let mut end = self.at;
        for (place, (x, y)) in points.iter().enumerate() {
            end = (halves(*x), halves(*y));
            let gap = if place == 0 { "" } else { " " };
            let _ = write!(self.data, "{gap}{} {}", end.0 - self.at.0, end.1 - self.at.1);
        }
        self.at = end;
    }
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.step('m', &[(x, y)]);
        self.start = self.at;
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.step('l', &[(x, y)]);
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        self.step('q', &[(cx, cy), (x, y)]);
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        self.step('c', &[(cx0, cy0), (cx1, cy1), (x, y)]);
    }

    fn close(&mut self) {
        self.data.push('z');
        self.at = self.start;
    }
}

/// A length in halves of the font's unit: its points are whole units, and curves also meet between two of them.
#[expect(clippy::cast_possible_truncation)]
fn halves(length: f32) -> i32 {
    (2.0 * length).round() as i32
}
