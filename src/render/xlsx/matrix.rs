//! The sheet of a layer's matrix: tactics side by side, their techniques below them, sub-techniques beside or under these.

use rust_xlsxwriter::{Note, Worksheet};

use super::super::sheets::{WorkbookError, shown};
use super::super::svg::{Arrangement, Options};
use super::{Formats, HEADING, Look, Part, print_set_up, put};
use crate::layer::color;
use crate::matrix::palette::Color;
use crate::matrix::{ShownCell, ShownTactic};

/// How wide columns are, in characters: with names, and with ids alone.
const NAMED: f64 = 25.0;
const NUMBERED: f64 = 13.0;

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

    fn width(&self) -> f64 {
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
    let style = Style::new(part, options);
    let heading = Look::Tactic(heading(part));
    let mut column = 0;
    for tactic in &part.matrix.columns {
        let is_wide = style.is_beside && tactic.techniques.iter().any(|technique| technique.is_expanded);
        let name = shown(&tactic.tactic.name);
        sheet.set_column_width(column, style.width())?;
        if is_wide {
            sheet.set_column_width(column + 1, style.width())?;
            sheet.merge_range(0, column, 0, column + 1, &name, formats.of(heading))?;
        } else {
            sheet.write_string_with_format(0, column, name, formats.of(heading))?;
        }
        write_tactic(sheet, column, tactic, &style, formats)?;
        column += if is_wide { 2 } else { 1 };
    }
    if column == 0 {
        return put(sheet, (0, 0), "No technique is shown: the layer's filters leave none.", &formats.text);
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

fn write_tactic(
    sheet: &mut Worksheet,
    column: u16,
    tactic: &ShownTactic<'_>,
    style: &Style,
    formats: &mut Formats,
) -> Result<(), WorkbookError> {
    let mut row = 1_u32;
    for technique in &tactic.techniques {
        let label = style.label(&technique.cell, technique.aggregate);
        let format = formats.of(look(&technique.cell, false));
        let subs = if technique.is_expanded { technique.subs.as_slice() } else { &[] };
        let first = row;
        let last = row + u32::try_from(subs.len().saturating_sub(1)).unwrap_or(u32::MAX);
        if style.is_beside && last > first {
            sheet.merge_range(first, column, last, column, &shown(&label), format)?;
        } else {
            put(sheet, (first, column), &label, format)?;
        }
        comment(sheet, (first, column), &technique.cell)?;
        let (beside, mut next) = if style.is_beside { (column + 1, first) } else { (column, first + 1) };
        for sub in subs {
            put(sheet, (next, beside), &style.label(sub, None), formats.of(look(sub, !style.is_beside)))?;
            comment(sheet, (next, beside), sub)?;
            next += 1;
        }
        row = next.max(first + 1);
    }
    Ok(())
}

fn look(cell: &ShownCell<'_>, is_indented: bool) -> Look {
    Look::Cell { fill: cell.fill, is_enabled: cell.is_enabled, is_indented }
}

/// A comment as the note of a cell.
fn comment(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &ShownCell<'_>,
) -> Result<(), WorkbookError> {
    let text = cell.annotation.map_or("", |annotation| annotation.comment.value.trim());
    if text.is_empty() {
        return Ok(());
    }
    let text = match text.char_indices().nth(MAX_NOTE) {
        Some((end, _)) => shown(&format!("{}…\n(all of it: Scores)", &text[..end])),
        None => shown(text),
    };
    // As high as its lines, of some 50 characters each.
    let lines: usize = text.lines().map(|line| 1 + line.chars().count() / 50).sum();
    let height = 14 * u32::try_from(lines.clamp(2, 22)).unwrap_or(22) + 12;
    let note = Note::new(text).set_author("").add_author_prefix(false).set_width(300).set_height(height);
    sheet.insert_note(row, column, &note)?;
    Ok(())
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
