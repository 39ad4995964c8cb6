//! Layers as a workbook: for each a sheet with its matrix as the Navigator would show it, and lists over all of them.
//!
//! The sheet `About` says what each layer is; then stand the matrices, called after their layers; `Scores` has a row for each
//! cell, `Metadata` one for each row of metadata and each link, `Legend` one for each colour that is explained. Everything is
//! text or a number, never a formula or a link, whatever it begins with. The same layers give the same bytes.

mod lists;
mod matrix;
mod names;

use std::collections::{BTreeMap, BTreeSet};

use rust_xlsxwriter::{self as book, FormatAlign, FormatBorder, Worksheet};

use super::picture::Options;
use super::sheets::{WorkbookError, empty, shown};
use crate::attack::Catalog;
use crate::layer::read::InputLayer;
use crate::mapping::write::MAX_ROWS;
use crate::matrix::palette::{Color, Theme};
use crate::matrix::{Shown, ShownCell};

/// The most layers that a workbook takes: each has a sheet of its own.
pub const MAX_LAYERS: usize = 250;

/// The most colours of cells. Each makes up to three formats, of which Excel takes some 65,000.
pub(super) const MAX_COLORS: usize = 20_000;

/// The text of what is disabled, as in the Navigator.
const DISABLED: Color = Color([0xaa; 3]);
/// The lines around cells.
const RULE: Color = Color([0xd5, 0xd9, 0xdf]);
/// Behind headings.
const HEADING: Color = Color([0xee, 0xf0, 0xf3]);

/// A layer with the catalog of its version.
#[derive(Debug, Clone, Copy)]
pub struct CatalogedLayer<'a> {
    /// The layer.
    pub layer: &'a InputLayer,
    /// The catalog that it is laid out on.
    pub catalog: &'a Catalog,
}

/// A layer as its sheets need it.
struct Part<'a> {
    layer: &'a InputLayer,
    catalog: &'a Catalog,
    /// What its sheet is called; unlike all others.
    sheet: String,
    matrix: Shown<'a>,
}

impl Part<'_> {
    /// All cells, each technique before its sub-techniques, open or not.
    fn cells(&self) -> impl Iterator<Item = &ShownCell<'_>> {
        let techniques = self.matrix.columns.iter().flat_map(|column| &column.techniques);
        techniques.flat_map(|one| std::iter::once(&one.cell).chain(&one.subs))
    }
}

/// A workbook of these layers.
///
/// Of the options the theme does not count: sheets are white. A page that has a name is the paper to print on, lying or upright.
/// Squares without text have ids here, and so has what shows neither ids nor names.
///
/// # Errors
/// When there are more layers than [`MAX_LAYERS`], a list is longer than a sheet, or there are more colours than a workbook
/// holds.
pub fn workbook(layers: &[CatalogedLayer<'_>], options: &Options) -> Result<Vec<u8>, WorkbookError> {
    if layers.len() > MAX_LAYERS {
        return Err(WorkbookError::TooManyLayers { layers: layers.len() });
    }
    let names = names::sheets(layers.iter().map(|one| one.layer));
    let parts = layers.iter().zip(names).map(|(one, sheet)| Part {
        layer: one.layer,
        catalog: one.catalog,
        sheet,
        matrix: Shown::new(one.layer, one.catalog, Theme::Light, options.expand),
    });
    let parts: Vec<Part<'_>> = parts.collect();
    check(&parts)?;
    let mut formats = Formats::new();
    let mut workbook = empty()?;
    lists::about(workbook.add_worksheet().set_name(names::ABOUT)?, &parts, &formats)?;
    for (place, part) in parts.iter().enumerate() {
        let sheet = workbook.add_worksheet().set_name(&part.sheet)?;
        if place == 0 {
            sheet.set_active(true);
        }
        matrix::write(sheet, part, options, &mut formats)?;
    }
    lists::scores(workbook.add_worksheet().set_name(names::SCORES)?, &parts, &mut formats)?;
    lists::metadata(workbook.add_worksheet().set_name(names::METADATA)?, &parts, &formats)?;
    lists::legend(workbook.add_worksheet().set_name(names::LEGEND)?, &parts, &mut formats)?;
    Ok(workbook.save_to_buffer()?)
}

/// Whether a workbook holds these layers, before anything is made of them.
fn check(parts: &[Part<'_>]) -> Result<(), WorkbookError> {
    let mut colors: BTreeSet<Color> = BTreeSet::new();
    for part in parts {
        colors.extend(part.cells().filter_map(|cell| cell.fill));
        colors.extend(lists::colors(part.layer));
    }
    if colors.len() > MAX_COLORS {
        return Err(WorkbookError::TooManyColors { colors: colors.len() });
    }
    let lengths: [fn(&Part<'_>) -> usize; 3] = [|part| part.cells().count(), lists::told, lists::explained];
    for length in lengths {
        let rows = parts.iter().map(length).sum();
        if rows >= MAX_ROWS {
            return Err(WorkbookError::TooManyRows { rows });
        }
    }
    Ok(())
}

/// How a cell looks that is not like all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Look {
    /// As any text.
    Text,
    /// A cell of the matrix.
    Cell { fill: Option<Color>, is_enabled: bool, is_indented: bool },
    /// The head of a column of the matrix.
    Tactic(Color),
    /// A colour in a list, told by its name.
    Swatch(Color),
}

/// How cells look, each look made once.
struct Formats {
    text: book::Format,
    prose: book::Format,
    label: book::Format,
    heading: book::Format,
    looks: BTreeMap<Look, book::Format>,
}

impl Formats {
    fn new() -> Self {
        let top = book::Format::new().set_align(FormatAlign::Top);
        let bold = top.clone().set_bold();
        Self {
            prose: top.clone().set_text_wrap(),
            label: bold.clone(),
            heading: bold.set_background_color(paint(HEADING)).set_border_bottom(FormatBorder::Thin),
            text: top,
            looks: BTreeMap::new(),
        }
    }

    fn of(&mut self, look: Look) -> &book::Format {
        let text = &self.text;
        self.looks.entry(look).or_insert_with(|| match look {
            Look::Text => text.clone(),
            Look::Cell { fill, is_enabled, is_indented } => {
                let edged = text.clone().set_text_wrap().set_font_size(9).set_border(FormatBorder::Thin);
                let edged = edged.set_border_color(paint(RULE)).set_indent(u8::from(is_indented));
                let filled = fill.map_or(edged.clone(), |fill| filled(edged, fill));
                if is_enabled { filled } else { filled.set_font_color(paint(DISABLED)) }
            }
            Look::Tactic(fill) => {
                let bold = text.clone().set_bold().set_text_wrap().set_align(FormatAlign::Center);
                filled(bold, fill).set_border(FormatBorder::Thin).set_border_color(paint(RULE))
            }
            Look::Swatch(fill) => filled(text.clone(), fill),
        })
    }
}

/// A fill, and the text colour that reads on it.
fn filled(format: book::Format, fill: Color) -> book::Format {
    format.set_background_color(paint(fill)).set_font_color(paint(fill.ink()))
}

fn paint(color: Color) -> book::Color {
    let [red, green, blue] = color.0;
    book::Color::RGB(u32::from_be_bytes([0, red, green, blue]))
}

/// Writes a text; nothing where it is empty.
fn put(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    text: &str,
    format: &book::Format,
) -> Result<(), WorkbookError> {
    if !text.is_empty() {
        sheet.write_string_with_format(row, column, shown(text), format)?;
    }
    Ok(())
}

/// Everything that is printed is as wide as one page, on which the first row stands again.
fn print_set_up(sheet: &mut Worksheet) -> Result<(), WorkbookError> {
    sheet.set_landscape().set_print_fit_to_pages(1, 0).set_margins(0.4, 0.4, 0.5, 0.5, 0.25, 0.25);
    sheet.set_footer("&L&A&RPage &P of &N").set_repeat_rows(0, 0)?;
    Ok(())
}
