//! Files as they were read: text with places in it, whatever they came as.
//!
//! [`decode`] makes text of bytes; a [`Source`] holds it and turns byte offsets into places that people can find again:
//! line, column, and where that is in the file's own terms ([`Locator`]). The values of a JSON or YAML file are [`node`]s
//! that know their bytes; tables, from CSV or from a spreadsheet, are [`table`]s of cells that do.

mod archive;
pub mod decode;
mod locator;
pub mod node;
mod sheet;
pub mod table;
mod yaml;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::diagnostic::{EXCERPT, Excerpt, Place};

pub(crate) use locator::Layout;
pub use locator::Locator;

/// Bytes of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Span {
    /// Which source of its [`Sources`].
    pub source: u32,
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes of a range. Sources are far below 4 GiB: [`decode::MAX_BYTES`].
    #[must_use]
    pub fn new(source: u32, bytes: Range<usize>) -> Self {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { source, start: offset(bytes.start), end: offset(bytes.end) }
    }

    /// The bytes as a range.
    #[must_use]
    pub const fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A file that was read, with its name; turns byte offsets into places.
///
/// The text of a spreadsheet is made here: its cells, one after the other.
#[derive(Debug)]
pub struct Source {
    name: Arc<str>,
    text: String,
    marks: OnceLock<Vec<Mark>>,
    layout: OnceLock<Layout>,
}

/// A known position in the text: places are counted from the last one before them.
#[derive(Debug, Clone, Copy, Default)]
struct Mark {
    at: usize,
    /// From 0.
    line: usize,
    /// Characters before it in its line.
    column: usize,
}

impl Mark {
    /// How far apart marks are at least, in bytes: so much is counted for a place at most.
    const STRIDE: usize = 4096;

    /// The position at a later byte, which is a character boundary.
    fn advance(self, text: &str, to: usize) -> Self {
        let passed = &text[self.at..to];
        match passed.rfind('\n') {
            None => Self { at: to, column: self.column + passed.chars().count(), ..self },
            Some(last) => Self {
                at: to,
                line: self.line + passed.bytes().filter(|byte| *byte == b'\n').count(),
                column: passed[last + 1..].chars().count(),
            },
        }
    }
}

impl Source {
    /// A source with the name that findings show.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>, text: String) -> Self {
        Self { name: name.into(), text, marks: OnceLock::new(), layout: OnceLock::new() }
    }

    /// The name that findings show.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Says how the text is built, so that places tell more than a line. The first to say it is right.
    pub(crate) fn set_layout(&self, layout: Layout) {
        let _ = self.layout.set(layout);
    }

    /// How the text is built, once that is known.
    pub(crate) fn layout(&self) -> Option<&Layout> {
        self.layout.get()
    }

    /// The file as a whole.
    #[must_use]
    pub fn whole(&self) -> Place {
        Place {
            file: Arc::clone(&self.name),
            line: 0,
            column: 0,
            locator: None,
            value: String::new(),
            excerpt: Excerpt::default(),
        }
    }

    /// The place of some bytes. Offsets outside the text are clamped into it.
    #[must_use]
    pub fn place(&self, bytes: Range<usize>) -> Place {
        let start = floor_boundary(&self.text, bytes.start);
        let end = floor_boundary(&self.text, bytes.end).max(start);
        let value_end = end_after(&self.text[start..end], EXCERPT) + start;
        let value = self.text[start..value_end].to_owned();
        let file = Arc::clone(&self.name);
        if let Some(Layout::Sheet(grid)) = self.layout.get() {
            let (cell, row, column) = grid.find(start);
            let text = value.lines().next().unwrap_or_default().to_owned();
            let mark = 0..text.len();
            let excerpt = Excerpt { text, mark };
            let locator = Some(Locator::Cell(cell));
            return Place { file, line: row + 1, column: column + 1, locator, value, excerpt };
        }
        let position = self.position(start);
        let locator = self.layout.get().and_then(|layout| layout.locate(&self.text, start));
        Place {
            file,
            line: position.line + 1,
            column: position.column + 1,
            locator,
            value,
            excerpt: self.excerpt(start, end),
        }
    }

    /// The part of the line around some bytes.
    fn excerpt(&self, start: usize, end: usize) -> Excerpt {
        let before = &self.text[..start];
        let shown_from = before
            .char_indices()
            .rev()
            .take(EXCERPT + 1)
            .take_while(|(_, c)| *c != '\n')
            .last()
            .map_or(start, |(at, _)| at);
        let rest = &self.text[start..];
        let shown_to = start
            + rest
                .char_indices()
                .take(EXCERPT + 1)
                .find(|(_, c)| *c == '\n')
                .map_or_else(|| end_after(rest, EXCERPT), |(at, _)| at);
        let text = self.text[shown_from..shown_to].trim_end_matches('\r').to_owned();
        let mark_start = (start - shown_from).min(text.len());
        let mark = mark_start..(end.min(shown_to) - shown_from).clamp(mark_start, text.len());
        Excerpt { text, mark }
    }

    /// The position of a byte, counted from the last mark before it.
    fn position(&self, at: usize) -> Mark {
        let marks = self.marks.get_or_init(|| {
            let mut marks = vec![Mark::default()];
            let mut last = Mark::default();
            while last.at + Mark::STRIDE < self.text.len() {
                last = last.advance(&self.text, floor_boundary(&self.text, last.at + Mark::STRIDE));
                marks.push(last);
            }
            marks
        });
        let mark = marks[marks.partition_point(|mark| mark.at <= at).saturating_sub(1)];
        mark.advance(&self.text, at)
    }

    /// The byte at which a line starts, by its number from 0; the text's end past the last one.
    pub(crate) fn line_start(&self, line: usize) -> usize {
        if line == 0 {
            return 0;
        }
        let ends = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        ends.map(|(at, _)| at + 1).nth(line - 1).unwrap_or(self.text.len())
    }
}

/// The largest character boundary at or before `at`.
pub(crate) fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The byte offset after at most `count` characters.
fn end_after(text: &str, count: usize) -> usize {
    text.char_indices().nth(count).map_or(text.len(), |(at, _)| at)
}

/// The sources of a mapping set; a [`Span`] points into one of them.
#[derive(Debug, Clone, Default)]
pub struct Sources(Vec<Arc<Source>>);

impl Sources {
    /// Adds a source and returns its number.
    ///
    /// # Panics
    /// Never in practice: it would take 2^32 files.
    pub fn add(&mut self, source: Arc<Source>) -> u32 {
        self.0.push(source);
        u32::try_from(self.0.len() - 1).expect("fewer than 2^32 files are read")
    }

    /// The place of a span; `None` when it points into no source.
    #[must_use]
    pub fn place(&self, span: Span) -> Option<Place> {
        let source = self.0.get(span.source as usize)?;
        Some(source.place(span.range()))
    }

    /// The sources, in reading order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Source>> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let source = Source::new("a.json", "{\n  \"é\": \"T9999\"\r\n}".to_owned());
        let at = source.text().find("\"T9").expect("it is there");
        let place = source.place(at..at + 7);
        assert_eq!((place.line, place.column), (2, 8));
        assert_eq!(place.value, "\"T9999\"");
        assert_eq!(place.excerpt.text, "  \"é\": \"T9999\"");
        assert_eq!(&place.excerpt.text[place.excerpt.mark.clone()], "\"T9999\"");
        assert_eq!(place.to_string(), "a.json:2:8");
    }

    #[test]
    fn places_survive_any_offset() {
        let source = Source::new("x", "añb\n".to_owned());
        for start in 0..8 {
            for end in 0..8 {
                let place = source.place(start..end);
                assert!(place.line >= 1 && place.column >= 1);
            }
        }
        assert_eq!(Source::new("x", String::new()).place(0..0).line, 1);
    }

    #[test]
    fn a_long_line_is_shown_in_part() {
        let source = Source::new("x", "y".repeat(100_000));
        let place = source.place(50_000..90_000);
        assert!(place.excerpt.text.len() <= 2 * EXCERPT + 1);
        assert_eq!(place.value.len(), EXCERPT);
        assert_eq!(place.column, 50_001);
    }

    #[test]
    fn places_are_those_that_counting_from_the_start_gives() {
        let parts: Vec<String> =
            (0..5_000).map(|n| format!("é{n}{}", if n % 7 == 0 { "\n" } else { "," })).collect();
        let source = Source::new("x", parts.concat());
        for (at, _) in source.text().char_indices().step_by(97) {
            let before = &source.text()[..at];
            let place = source.place(at..at);
            assert_eq!(place.line, before.matches('\n').count() + 1);
            assert_eq!(place.column, before.rsplit('\n').next().unwrap_or_default().chars().count() + 1);
            assert_eq!(source.line_start(place.line - 1), before.rfind('\n').map_or(0, |end| end + 1));
        }
    }
}
