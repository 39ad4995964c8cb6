//! Spreadsheets: the sheets of a workbook as sources of cells.

use std::io::Cursor;
use std::path::Path;

use calamine::{DataRef, Reader as _, SheetVisible, Xlsx};

use super::locator::{Grid, GridCell, Layout};
use super::table::{HEAD, MAX_CELLS, MAX_COLUMNS};
use super::{Source, archive};
use crate::diagnostic::{Code, Diagnostic};

/// What ends a cell in a sheet's text: a character that no cell can hold, for XML has no place for it.
pub(crate) const END: char = '\u{1f}';

/// How much text a workbook's sheets may hold, in bytes.
const MAX_TEXT: usize = 64 * 1024 * 1024;

/// What a workbook holds.
#[derive(Debug)]
pub struct Workbook {
    /// The sheets that hold anything, in order.
    pub sheets: Vec<Source>,
    /// The names of the hidden sheets, which are not read: nobody who looks at the workbook sees them.
    pub hidden: Vec<String>,
}

/// The sheets of a workbook. `path` is what findings call it.
///
/// # Errors
/// A finding about the file as a whole when it is no workbook, damaged, or unpacks to more than any mapping needs.
pub fn workbook(path: &Path, bytes: &[u8]) -> Result<Workbook, Diagnostic> {
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
    let mut budget = Budget::default();
    let mut read = Workbook { sheets: Vec::new(), hidden: Vec::new() };
    for calamine::Sheet { name: sheet, visible, .. } in book.sheets_metadata().to_vec() {
        if visible != SheetVisible::Visible {
            read.hidden.push(sheet);
            continue;
        }
        let source = read_sheet(&mut book, &sheet, &name, &mut budget)
            .map_err(|reason| failed(format!("the sheet `{sheet}` cannot be read: {reason}")))?;
        read.sheets.extend(source);
    }
    Ok(read)
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
    let mut rows = Rows { budget, cells: Vec::new(), width: 0, seen: 0 };
    let mut value = String::new();
    while let Some(cell) = reader.next_cell().map_err(|error| error.to_string())? {
        value.clear();
        push_value(&mut value, cell.get_value());
        if !value.is_empty() {
            let (row, column) = cell.get_position();
            rows.push(&mut text, row, column, &value)?;
        }
    }
    rows.end(&mut text)?;
    let cells = rows.cells;
    if cells.is_empty() {
        return Ok(None);
    }
    let source = Source::new(name, text);
    source.set_layout(Layout::Sheet(Grid { sheet: sheet.to_owned(), cells }));
    Ok(Some(source))
}

/// The rows of a sheet in the making. Each is as wide as the first ones, so that an empty cell has a place as well.
struct Rows<'b> {
    budget: &'b mut Budget,
    cells: Vec<GridCell>,
    /// How many columns the first rows have.
    width: u32,
    /// How many rows have a filled cell.
    seen: usize,
}

impl Rows<'_> {
    /// Adds a filled cell, with the empty ones before it.
    fn push(&mut self, text: &mut String, row: u32, column: u32, value: &str) -> Result<(), String> {
        if column as usize >= MAX_COLUMNS {
            return Err(format!("it has more than {MAX_COLUMNS} columns"));
        }
        let mut next = 0;
        match self.cells.last().map(|last| (last.row, last.column)) {
            Some((last, before)) if last == row => next = before + 1,
            Some((last, _)) if last > row => return Err("its cells are out of order".to_owned()),
            _ => {
                self.end(text)?;
                self.seen += 1;
            }
        }
        // A row's end is filled up only when the next one starts.
        if column < next {
            return Err("its cells are out of order".to_owned());
        }
        for gap in next..column.min(self.width) {
            self.add(text, row, gap, "")?;
        }
        if self.seen <= HEAD {
            self.width = self.width.max(column + 1);
        }
        self.add(text, row, column, value)
    }

    /// Fills up the last row.
    fn end(&mut self, text: &mut String) -> Result<(), String> {
        let Some(GridCell { row, column, .. }) = self.cells.last().copied() else { return Ok(()) };
        (column + 1..self.width).try_for_each(|gap| self.add(text, row, gap, ""))
    }

    fn add(&mut self, text: &mut String, row: u32, column: u32, value: &str) -> Result<(), String> {
        let start = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let left = self.budget.cells.checked_sub(1);
        self.budget.cells = left.ok_or_else(|| format!("there are more than {MAX_CELLS} cells"))?;
        let left = self.budget.text.checked_sub(value.len() + 1);
        self.budget.text =
            left.ok_or_else(|| format!("its text is more than {} MiB", MAX_TEXT / 1024 / 1024))?;
        text.push_str(value);
        text.push(END);
        self.cells.push(GridCell { start, row, column });
        Ok(())
    }
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
