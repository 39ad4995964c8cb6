//! Tables as the sheets of a workbook: texts as texts, numbers as numbers, a header that stays, and filters.
//!
//! Nothing is written as a formula or a link, whatever a cell begins with.

use std::borrow::Cow;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError};

use super::without_controls;
use crate::mapping::write::{MAX_ROWS, fitting};
use crate::tables::{Cell, Head, Kind, Table};

/// A sheet of a workbook.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// Its name: at most 31 characters, without those that Excel refuses, and unlike all others.
    pub name: &'static str,
    /// What stands in it.
    pub table: Table,
}

/// What stopped the making of a workbook.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkbookError {
    /// A table has more rows than a sheet.
    #[error("the table has {rows} rows, and a sheet holds {MAX_ROWS}")]
    TooManyRows {
        /// How many.
        rows: usize,
    },
    /// A file holds more layers than a workbook takes.
    #[error("{layers} layers are too many for a workbook, which takes {}", super::xlsx::MAX_LAYERS)]
    TooManyLayers {
        /// How many.
        layers: usize,
    },
    /// Cells have more colours than a workbook holds.
    #[error("{colors} colours are too many for a workbook, which holds {}", super::xlsx::MAX_COLORS)]
    TooManyColors {
        /// How many.
        colors: usize,
    },
    /// The workbook cannot be made.
    #[error("cannot make the workbook: {0}")]
    Workbook(#[from] XlsxError),
}

/// A workbook of these sheets; before them stands one of lines of text, `About`. The same tables give the same bytes.
///
/// A share takes two columns, the second of them its denominator.
///
/// # Errors
/// When a table is longer than a sheet.
pub fn workbook(about: &[String], sheets: &[Sheet]) -> Result<Vec<u8>, WorkbookError> {
    let mut workbook = empty()?;
    let page = workbook.add_worksheet().set_name("About")?;
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    page.set_column_width(0, 100)?;
    for (row, line) in (0_u32..).zip(about) {
        page.write_string_with_format(row, 0, shown(line), &wrapped)?;
    }
    for sheet in sheets {
        let rows = sheet.table.rows().len();
        if rows >= MAX_ROWS {
            return Err(WorkbookError::TooManyRows { rows });
        }
        fill(workbook.add_worksheet().set_name(sheet.name)?, &sheet.table)?;
    }
    Ok(workbook.save_to_buffer()?)
}

/// A workbook without sheets. The same content gives the same bytes on every day.
pub(super) fn empty() -> Result<Workbook, XlsxError> {
    let mut workbook = Workbook::new();
    let created = ExcelDateTime::from_ymd(2000, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
    Ok(workbook)
}

fn fill(sheet: &mut Worksheet, table: &Table) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Top);
    let top = Format::new().set_align(FormatAlign::Top);
    let prose = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let mut column = 0_u16;
    let mut places = Vec::with_capacity(table.heads().len());
    for (place, head) in table.heads().iter().enumerate() {
        places.push(column);
        sheet.write_string_with_format(0, column, shown(&head.heading), &bold)?;
        sheet.set_column_width(column, width(head, table, place))?;
        column += 1;
        if head.kind == Kind::Share {
            sheet.write_string_with_format(0, column, shown(&format!("{} of", head.heading)), &bold)?;
            column += 1;
        }
    }
    for (number, cells) in (1_u32..).zip(table.rows()) {
        for (place, cell) in places.iter().zip(cells) {
            match cell {
                Cell::Empty => {}
                Cell::Whole(value) => {
                    sheet.write_number_with_format(number, *place, *value as f64, &top)?;
                }
                Cell::Decimal(value) => {
                    sheet.write_number_with_format(number, *place, (value * 10.0).round() / 10.0, &top)?;
                }
                Cell::Number(value) => {
                    sheet.write_number_with_format(number, *place, *value, &top)?;
                }
                Cell::Share { n, of } => {
                    sheet.write_number_with_format(number, *place, *n as f64, &top)?;
                    sheet.write_number_with_format(number, place + 1, *of as f64, &top)?;
                }
                Cell::Prose(text) => {
                    sheet.write_string_with_format(number, *place, shown(text), &prose)?;
                }
                _ if cell.is_empty() => {}
                _ => {
                    sheet.write_string_with_format(number, *place, shown(&cell.text("; ")), &top)?;
                }
            }
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    let last = u32::try_from(table.rows().len()).unwrap_or(u32::MAX);
    sheet.autofilter(0, 0, last, column.saturating_sub(1))?;
    Ok(())
}

/// As wide as its longest text, within reason.
fn width(head: &Head, table: &Table, column: usize) -> f64 {
    let longest = table.rows().iter().map(|row| row[column].text("; ").chars().take(60).count());
    let words = head.heading.split(' ').map(|word| word.chars().count()).max().unwrap_or(0);
    longest.max().unwrap_or(0).max(words).clamp(8, 60) as f64 + 2.0
}

/// A text as a cell holds it.
pub(super) fn shown(text: &str) -> String {
    let text: Cow<'_, str> = without_controls(text, |c| matches!(c, '\n' | '\t'));
    fitting(&text).to_owned()
}
