//! Spreadsheets: the sheets of a workbook as sources of cells.

use std::io::Cursor;
use std::path::Path;

use calamine::{DataRef, Reader as _, Xlsx};

use super::locator::{Grid, GridCell, Layout};
use super::table::{MAX_CELLS, MAX_COLUMNS};
use super::{Source, archive};
use crate::diagnostic::{Code, Diagnostic};

/// What ends a cell in a sheet's text: a character that no cell can hold, for XML has no place for it.
pub(crate) const END: char = '\u{1f}';

/// How much text a workbook's sheets may hold, in bytes.
const MAX_TEXT: usize = 64 * 1024 * 1024;

/// The sheets of a workbook that hold anything, in order. `path` is what findings call it.
///
/// # Errors
/// A finding about the file as a whole when it is no workbook, damaged, or unpacks to more than any mapping needs.
pub fn workbook(path: &Path, bytes: &[u8]) -> Result<Vec<Source>, Diagnostic> {
    let name = path.display().to_string();
    let failed = |message: String| {
        Diagnostic::new(Code::Syntax, message).at(Source::new(name.as_str(), String::new()).whole())
    };
    let is_workbook = archive::check(bytes).map_err(&failed)?;
    if !is_workbook {
        let message = "this is not a mapping file: a ZIP archive that holds no XLSX workbook";
        let finding = failed(message.to_owned());
        return Err(Diagnostic { code: Code::NotAMapping, ..finding }
            .help("unpack it, and name the files in it; save a spreadsheet of another kind as XLSX or CSV"));
    }
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes))
        .map_err(|error| failed(format!("the file is not an XLSX workbook: {error}")))?;
    let mut sources = Vec::new();
    let mut budget = Budget::default();
    for sheet in book.sheet_names() {
        let source = read_sheet(&mut book, &sheet, &name, &mut budget)
            .map_err(|reason| failed(format!("the sheet `{sheet}` cannot be read: {reason}")))?;
        sources.extend(source);
    }
    Ok(sources)
}

/// How much of a workbook's sheets may still be read.
struct Budget {
    cells: usize,
    /// In bytes: one long text may stand in every cell, and is stored once.
    text: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { cells: MAX_CELLS, text: MAX_TEXT }
    }
}

fn read_sheet(
    book: &mut Xlsx<Cursor<&[u8]>>,
    sheet: &str,
    name: &str,
    budget: &mut Budget,
) -> Result<Option<Source>, String> {
    // Cells one by one: a range would be as large as the corner that a single far cell spans.
    let mut reader = book.worksheet_cells_reader(sheet).map_err(|error| error.to_string())?;
    let mut text = String::new();
    let mut cells = Vec::new();
    while let Some(cell) = reader.next_cell().map_err(|error| error.to_string())? {
        let (row, column) = cell.get_position();
        let start = u32::try_from(text.len()).unwrap_or(u32::MAX);
        push_value(&mut text, cell.get_value());
        if text.len() == start as usize {
            continue;
        }
        text.push(END);
        let left = budget.cells.checked_sub(1);
        budget.cells = left.ok_or_else(|| format!("there are more than {MAX_CELLS} cells"))?;
        let left = budget.text.checked_sub(text.len() - start as usize);
        budget.text = left.ok_or_else(|| format!("its text is more than {} MiB", MAX_TEXT / 1024 / 1024))?;
        cells.push(GridCell { start, row, column });
    }
    if cells.is_empty() {
        return Ok(None);
    }
    if !cells.is_sorted_by_key(|cell| (cell.row, cell.column)) {
        return Err("its cells are out of order".to_owned());
    }
    if cells.iter().any(|cell| cell.column as usize >= MAX_COLUMNS) {
        return Err(format!("it has more than {MAX_COLUMNS} columns"));
    }
    let source = Source::new(name, text);
    source.set_layout(Layout::Sheet(Grid { sheet: sheet.to_owned(), cells }));
    Ok(Some(source))
}

/// A cell's value as people see it.
fn push_value(text: &mut String, value: &DataRef<'_>) {
    use std::fmt::Write as _;
    let start = text.len();
    let _ = match value {
        DataRef::Int(number) => write!(text, "{number}"),
        DataRef::Float(number) => write!(text, "{number}"),
        DataRef::SharedString(held) => write!(text, "{held}"),
        DataRef::Bool(held) => write!(text, "{held}"),
        // As published files write dates.
        DataRef::DateTime(held) if held.is_datetime() => {
            let (year, month, day, ..) = held.to_ymd_hms_milli();
            write!(text, "{month:02}/{day:02}/{year:04}")
        }
        DataRef::DateTime(held) => write!(text, "{held}"),
        DataRef::String(held) | DataRef::DateTimeIso(held) | DataRef::DurationIso(held) => {
            write!(text, "{held}")
        }
        DataRef::Error(error) => write!(text, "{error}"),
        DataRef::Empty => Ok(()),
    };
    if text[start..].contains(END) {
        let clean = text[start..].replace(END, " ");
        text.truncate(start);
        text.push_str(&clean);
    }
}
