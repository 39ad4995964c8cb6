//! The sheet of a layer's matrix: tactics side by side, their techniques below them, sub-techniques beside or under these.

use std::ops::RangeInclusive;

use rust_xlsxwriter::{Note, Worksheet};

use super::super::font::{Weight, wrap};
use super::super::picture::{Arrangement, Options};
use super::super::sheets::{WorkbookError, shown};
use super::{Formats, HEADING, Look, Part, print_set_up, put};
use crate::layer::color;
use crate::matrix::palette::Color;
use crate::matrix::{ShownCell, ShownTactic};

/// How wide columns are, in pixels: with names, and with ids alone.
const NAMED: u16 = 180;
const NUMBERED: u16 = 96;

/// The height of a line of text in cells, in points, and what is left above and below.
const LINE: f64 = 12.0;
const EDGE: f64 = 3.0;

/// The most lines of a row: Excel's rows are at most 409 points high.
const MAX_LINES: usize = 30;

/// As much of a comment as a note shows, in characters.
const MAX_NOTE: usize = 1_000;

/// Papers that have a number: millimetres upright.
const PAPERS: [(u8, f32, f32); 4] =
    [(9, 210.0, 297.0), (8, 297.0, 420.0), (1, 215.9, 279.4), (3, 279.4, 431.8)];

/// What cells show, and where.
struct Style {
    is_beside: bool,
    ids: bool,
    names: bool,
    scores: bool,
}

impl Style {
    fn new(part: &Part<'_>, options: &Options) -> Self {
        let arrangement = options.arrangement.unwrap_or_else(|| Arrangement::of(part.layer));
        let is_mini = arrangement == Arrangement::Mini;
        let layout = &part.layer.layout;
        let names = options.names.unwrap_or(layout.show_name && !is_mini);
        Self {
            is_beside: arrangement != Arrangement::Flat,
            ids: options.ids.unwrap_or(layout.show_id) || !names,
            names,
            scores: options.scores,
        }
    }

    fn width(&self) -> u16 {
        if self.names { NAMED } else { NUMBERED }
    }

    fn label(&self, cell: &ShownCell<'_>, aggregate: Option<f64>) -> String {
        let label = match (self.ids, self.names) {
            (true, true) => format!("{}: {}", cell.technique.id, cell.technique.name),
            (false, true) => cell.technique.name.to_string(),
            (_, false) => cell.technique.id.to_string(),
        };
        match aggregate.or(cell.score).filter(|_| self.scores) {
            Some(score) => format!("{label}\n{score}"),
            None => label,
        }
    }
}

/// How many lines of text rows have. Programs make rows as high as their texts themselves, but not for merged cells.
#[derive(Default)]
struct Lines {
    /// Of each row below the heads.
    rows: Vec<usize>,
    /// First and last row of merged cells, with their lines.
    merged: Vec<(usize, usize, usize)>,
}

impl Lines {
    /// Makes room for a text in rows of a width in pixels; several rows are merged.
    fn add(&mut self, rows: &RangeInclusive<u32>, text: &str, width: u16) {
        // Nine points are twelve pixels; most fonts are narrower than ours.
        let room = f32::from(width) - 8.0;
        let lines = text.lines().map(|line| wrap(line, Weight::Regular, 12.0, room, MAX_LINES).len()).sum();
        let place = |row: u32| usize::try_from(row).unwrap_or(usize::MAX).saturating_sub(1);
        let (first, last) = (place(*rows.start()), place(*rows.end()));
        if self.rows.len() <= last {
            self.rows.resize(last + 1, 1);
        }
        if first == last {
            self.rows[first] = self.rows[first].max(lines);
        } else {
            self.merged.push((first, last, lines));
        }
    }

    /// Makes the rows as high as their texts.
    fn set(mut self, sheet: &mut Worksheet) -> Result<(), WorkbookError> {
        for (first, last, lines) in self.merged {
            let held: usize = self.rows[first..=last].iter().sum();
            self.rows[last] += lines.saturating_sub(held);
        }
        for (row, lines) in (1..).zip(self.rows) {
            sheet.set_row_height(row, lines.min(MAX_LINES) as f64 * LINE + EDGE)?;
        }
        Ok(())
    }
}

/// Writes a layer's matrix.
pub(super) fn write(
    sheet: &mut Worksheet,
    part: &Part<'_>,
    options: &Options,
    formats: &mut Formats,
) -> Result<(), WorkbookError> {
    sheet.set_screen_gridlines(false);
    print_set_up(sheet)?;
    if let Some((paper, is_upright)) = options.page.and_then(paper) {
        sheet.set_paper_size(paper);
        if is_upright {
            sheet.set_portrait();
        }
    }
    let heading = Look::Tactic(heading(part));
    let mut writer = Writer { sheet, formats, style: Style::new(part, options), lines: Lines::default() };
    let mut column = 0;
    for tactic in &part.matrix.columns {
        column = writer.tactic(column, tactic, heading)?;
    }
    let Writer { sheet, formats, lines, .. } = writer;
    if column == 0 {
        return put(sheet, (0, 0), "No technique is shown: the layer's filters leave none.", &formats.text);
    }
    sheet.set_freeze_panes(1, 0)?;
    lines.set(sheet)
}

struct Writer<'w> {
    sheet: &'w mut Worksheet,
    formats: &'w mut Formats,
    style: Style,
    lines: Lines,
}

impl Writer<'_> {
    /// Writes a tactic from a column on; gives the column after it.
    fn tactic(&mut self, column: u16, tactic: &ShownTactic<'_>, heading: Look) -> Result<u16, WorkbookError> {
        let is_beside = self.style.is_beside;
        let is_wide = is_beside && tactic.techniques.iter().any(|technique| technique.is_expanded);
        let end = column + if is_wide { 2 } else { 1 };
        for one in column..end {
            self.sheet.set_column_width_pixels(one, self.style.width().into())?;
        }
        let name = shown(&tactic.tactic.name);
        let format = self.formats.of(heading);
        if is_wide {
            self.sheet.merge_range(0, column, 0, column + 1, &name, format)?;
        } else {
            self.sheet.write_string_with_format(0, column, name, format)?;
        }
        let mut row = 1_u32;
        for technique in &tactic.techniques {
            let subs = if technique.is_expanded { technique.subs.as_slice() } else { &[] };
            let count = u32::try_from(subs.len()).unwrap_or(u32::MAX);
            let own = if is_beside { count.max(1) } else { 1 };
            self.cell(row..=row + own - 1, column, &technique.cell, technique.aggregate, false)?;
            let (beside, first) = if is_beside { (column + 1, row) } else { (column, row + 1) };
            for (at, sub) in (first..).zip(subs) {
                self.cell(at..=at, beside, sub, None, !is_beside)?;
            }
            row = (row + own).max(first + count);
        }
        Ok(end)
    }

    /// Writes a cell, over several rows if need be.
    fn cell(
        &mut self,
        rows: RangeInclusive<u32>,
        column: u16,
        cell: &ShownCell<'_>,
        aggregate: Option<f64>,
        is_indented: bool,
    ) -> Result<(), WorkbookError> {
        let label = self.style.label(cell, aggregate);
        self.lines.add(&rows, &label, self.style.width());
        let look = Look::Cell { fill: cell.fill, is_enabled: cell.is_enabled, is_indented };
        let format = self.formats.of(look);
        let (first, last) = rows.into_inner();
        if last > first {
            self.sheet.merge_range(first, column, last, column, &shown(&label), format)?;
        } else {
            put(self.sheet, (first, column), &label, format)?;
        }
        if let Some(note) = note(cell) {
            self.sheet.insert_note(first, column, &note)?;
        }
        Ok(())
    }
}

/// A comment as the note of a cell.
fn note(cell: &ShownCell<'_>) -> Option<Note> {
    let text = cell.annotation.map_or("", |annotation| annotation.comment.value.trim());
    if text.is_empty() {
        return None;
    }
    let text = match text.char_indices().nth(MAX_NOTE) {
        Some((end, _)) => shown(&format!("{}…\n(all of it: Scores)", &text[..end])),
        None => shown(text),
    };
    // As high as its lines, of some 50 characters each.
    let lines: usize = text.lines().map(|line| 1 + line.chars().count() / 50).sum();
    let height = 14 * u32::try_from(lines.clamp(2, 22)).unwrap_or(22) + 12;
    Some(Note::new(text).set_author("").add_author_prefix(false).set_width(300).set_height(height))
}

/// What the heads of columns stand on.
fn heading(part: &Part<'_>) -> Color {
    let layer = part.layer;
    let own = color::parse(&layer.tactic_row_background).filter(|_| layer.show_tactic_row_background);
    own.map_or(HEADING, |own| Color(own.rgb))
}

/// The number of the paper that a page is, and whether it stands upright.
fn paper((width, height): (f32, f32)) -> Option<(u8, bool)> {
    let near = |side: f32, millimetres: f32| (side - millimetres * 96.0 / 25.4).abs() < 1.0;
    let known = |(short, long): (f32, f32)| PAPERS.iter().find(|(_, w, h)| near(short, *w) && near(long, *h));
    let is_upright = height > width;
    let sides = if is_upright { (width, height) } else { (height, width) };
    known(sides).map(|(number, ..)| (*number, is_upright))
}
