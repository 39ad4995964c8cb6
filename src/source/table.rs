//! Tables: records of cells, from CSV, TSV or a spreadsheet, read one record at a time.

use std::ops::{ControlFlow, Range};

use super::locator::{Layout, Records};
pub(crate) use super::sheet::END as CELL_END;
pub use super::sheet::workbook;
use super::{Source, Span};
use crate::diagnostic::{Code, Diagnostic};

/// How many cells a table may have: ten times the largest published one.
pub const MAX_CELLS: usize = 1_000_000;

/// How many columns a table may have.
pub const MAX_COLUMNS: usize = 1_000;

/// How much of a column's name is kept to show it, in characters.
const MAX_NAME: usize = 200;

/// How much of a text is looked at for its header, in bytes.
const MAX_HEADER: usize = 64 * 1024;

/// A cell: its text, without quotes around it, and its bytes in the source.
#[derive(Debug, Clone, Copy)]
pub struct Cell<'a> {
    /// The text.
    pub text: &'a str,
    /// The bytes.
    pub span: Span,
}

/// Calls `each` for every record of a table with its bytes, the header first, until it breaks. Records may differ in
/// length; empty ones are left out.
///
/// The source is the text of a CSV or TSV file, parted by what parts its first line, or a sheet of a workbook.
///
/// # Errors
/// A finding where a quote is opened and not closed, where a NUL stands, or past [`MAX_COLUMNS`] or [`MAX_CELLS`].
pub fn for_each_record(
    source: &Source,
    number: u32,
    mut each: impl FnMut(&[Cell<'_>], Span) -> ControlFlow<()>,
) -> Result<(), Diagnostic> {
    if let Some(Layout::Sheet(grid)) = source.layout() {
        for row in grid.rows() {
            let cells = row_cells(source, number, row);
            let span = Span::new(number, cells.first().map_or(0..0, |cell| cell.span.range()));
            if cells.iter().any(|cell| !cell.text.trim().is_empty()) && each(&cells, span).is_break() {
                break;
            }
        }
        return Ok(());
    }
    let text = source.text();
    let delimiter = delimiter(text);
    // Where records start is known before any of them is handed over, so that every finding can name its record.
    let starts = survey(source, delimiter)?;
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut starts = Some(starts);
    let mut record = csv::StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(error) => {
                let message = format!("the table breaks off: {error}");
                return Err(Diagnostic::new(Code::Syntax, message).at(source.whole()));
            }
        }
        let start = record_start(text, &record);
        let end =
            usize::try_from(reader.position().byte()).map_or(text.len(), |end| end.clamp(start, text.len()));
        let ranges = raw_fields(&text[start..end], delimiter);
        if let Some(starts) = starts.take() {
            let header = record.iter().map(|name| name.chars().take(MAX_NAME).collect()).collect();
            source.set_layout(Layout::Records(Records { delimiter, header, starts }));
        }
        let span_of = |index: usize| {
            let range = ranges.get(index).cloned().unwrap_or(0..end - start);
            Span::new(number, start + range.start..start + range.end)
        };
        let cells: Vec<Cell<'_>> =
            record.iter().enumerate().map(|(index, text)| Cell { text, span: span_of(index) }).collect();
        if cells.iter().all(|cell| cell.text.trim().is_empty()) {
            continue;
        }
        if each(&cells, Span::new(number, start..end)).is_break() {
            return Ok(());
        }
    }
}

/// The texts of a table's first record; no more than [`MAX_COLUMNS`] of them, and nothing of what follows is looked at.
#[must_use]
pub fn header(source: &Source) -> Vec<String> {
    if let Some(Layout::Sheet(grid)) = source.layout() {
        let first = grid.rows().map(|row| row_cells(source, 0, row));
        let mut filled = first.filter(|cells| cells.iter().any(|cell| !cell.text.trim().is_empty()));
        let cells = filled.next().unwrap_or_default();
        return cells.iter().map(|cell| cell.text.to_owned()).collect();
    }
    let text = &source.text()[..super::floor_boundary(source.text(), MAX_HEADER)];
    let mut scan = Scan::new(delimiter(text));
    let mut end = text.len();
    for (at, byte) in text.bytes().enumerate() {
        if scan.step(byte) == Step::RecordStarts && scan.records > 1 || scan.columns > MAX_COLUMNS {
            end = at;
            break;
        }
    }
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(scan.delimiter)
        .has_headers(false)
        .from_reader(&text.as_bytes()[..end]);
    let mut record = csv::StringRecord::new();
    match reader.read_record(&mut record) {
        Ok(true) => record.iter().map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// Where the reading of a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    BeforeRecord,
    BeforeField,
    Plain,
    Quoted,
    /// After a quote within quotes: it closes the field, or the next one makes it a character.
    Closing,
}

/// What a byte does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    RecordStarts,
    QuoteOpens,
    Other,
}

/// Tells records and fields apart, byte by byte, as the CSV reader does.
#[derive(Debug)]
struct Scan {
    delimiter: u8,
    state: State,
    /// Fields of the record so far.
    columns: usize,
    records: usize,
}

impl Scan {
    const fn new(delimiter: u8) -> Self {
        Self { delimiter, state: State::BeforeRecord, columns: 0, records: 0 }
    }

    fn step(&mut self, byte: u8) -> Step {
        let is_end = matches!(byte, b'\r' | b'\n');
        let mut step = Step::Other;
        if self.state == State::BeforeRecord {
            if is_end {
                return Step::Other;
            }
            step = Step::RecordStarts;
            self.records += 1;
            self.columns = 1;
            self.state = State::BeforeField;
        }
        self.state = match self.state {
            State::Quoted if byte != b'"' => State::Quoted,
            State::Quoted => State::Closing,
            State::Closing if byte == b'"' => State::Quoted,
            State::BeforeField if byte == b'"' => {
                // A record's first byte may open a quote as well; that it starts the record is what counts then.
                if step == Step::Other {
                    step = Step::QuoteOpens;
                }
                State::Quoted
            }
            _ if byte == self.delimiter => {
                self.columns += 1;
                State::BeforeField
            }
            _ if is_end => State::BeforeRecord,
            _ => State::Plain,
        };
        step
    }
}

/// Goes over a table once, in no memory but for where its records start: finds what would make it too large, or
/// another table than its author sees.
fn survey(source: &Source, delimiter: u8) -> Result<Vec<u32>, Diagnostic> {
    let text = source.text();
    let found = |at: usize, message: String| {
        Err(Diagnostic::new(Code::Syntax, message).at(source.place(at..(at + 1).min(text.len()))))
    };
    let mut scan = Scan::new(delimiter);
    let mut starts = Vec::new();
    let mut opened = 0;
    let mut cells = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte == 0 {
            return found(at, "a NUL character stands in the table".to_owned());
        }
        let columns = scan.columns;
        match scan.step(byte) {
            Step::RecordStarts => {
                starts.push(u32::try_from(at).unwrap_or(u32::MAX));
                opened = at;
                cells += 1;
            }
            Step::QuoteOpens => opened = at,
            Step::Other => cells += scan.columns - columns,
        }
        if scan.columns > MAX_COLUMNS {
            return found(at, format!("the table has more than {MAX_COLUMNS} columns"));
        }
        if cells > MAX_CELLS {
            return found(at, format!("the table has more than {MAX_CELLS} cells"));
        }
    }
    if scan.state == State::Quoted {
        return found(opened, "a quote is opened here and never closed".to_owned())
            .map_err(|finding| finding.help("everything after it would be one cell"));
    }
    Ok(starts)
}

/// What parts the fields of the first line: a comma, a tab or a semicolon, whichever stands there most often.
#[must_use]
pub fn delimiter(text: &str) -> u8 {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let mut quoted = false;
    let mut counts = [(b',', 0), (b'\t', 0), (b';', 0)];
    for byte in first.bytes() {
        quoted ^= byte == b'"';
        if let Some((_, count)) = counts.iter_mut().find(|(delimiter, _)| *delimiter == byte && !quoted) {
            *count += 1;
        }
    }
    let mut best = counts[0];
    for candidate in &counts[1..] {
        if candidate.1 > best.1 {
            best = *candidate;
        }
    }
    best.0
}

/// The first byte of a record: the reader's position may still be before the end of the line above.
fn record_start(text: &str, record: &csv::StringRecord) -> usize {
    let at = record.position().map_or(0, csv::Position::byte);
    let at = usize::try_from(at).unwrap_or(0).min(text.len());
    at + text[at..].bytes().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
}

/// The bytes of the fields of one record as it stands in the file, without quotes around them.
pub(super) fn raw_fields(record: &str, delimiter: u8) -> Vec<Range<usize>> {
    let bytes = record.as_bytes();
    let mut fields = Vec::new();
    let mut at = 0;
    loop {
        let start = at;
        if bytes.get(at) == Some(&b'"') {
            at += 1;
            let inner = at;
            while at < bytes.len() {
                if bytes[at] == b'"' {
                    if bytes.get(at + 1) != Some(&b'"') {
                        break;
                    }
                    at += 1;
                }
                at += 1;
            }
            fields.push(inner..at.min(bytes.len()));
            while at < bytes.len() && bytes[at] != delimiter {
                at += 1;
            }
        } else {
            while at < bytes.len() && bytes[at] != delimiter {
                at += 1;
            }
            let end = start + record[start..at].trim_end_matches(['\r', '\n']).len();
            fields.push(start..end);
        }
        if at >= bytes.len() {
            return fields;
        }
        at += 1;
    }
}

/// The cells of a row, with the empty ones between them.
fn row_cells<'a>(source: &'a Source, number: u32, row: &[super::locator::GridCell]) -> Vec<Cell<'a>> {
    let mut cells: Vec<Cell<'a>> = Vec::with_capacity(row.len());
    for cell in row {
        let start = cell.start as usize;
        let end = start + source.text()[start..].find(sheet_end).unwrap_or(0);
        while cells.len() < cell.column as usize {
            cells.push(Cell { text: "", span: Span::new(number, start..start) });
        }
        cells.push(Cell { text: &source.text()[start..end], span: Span::new(number, start..end) });
    }
    cells
}

/// What ends each cell in a sheet's text.
fn sheet_end(c: char) -> bool {
    c == super::sheet::END
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &str) -> Vec<Vec<(String, String)>> {
        let source = Source::new("x.csv", text.to_owned());
        let mut records = Vec::new();
        for_each_record(&source, 0, |cells, _| {
            let pairs =
                cells.iter().map(|cell| (cell.text.to_owned(), source.text()[cell.span.range()].to_owned()));
            records.push(pairs.collect());
            ControlFlow::Continue(())
        })
        .expect("it is a table");
        records
    }

    #[test]
    fn every_cell_has_its_text_and_its_bytes() {
        for text in [
            "a,b c,\"d \"\"e\"\"\"\r\n1,\"x\r\ny\",\r\n\r\n2,\"\",é\r\n",
            "a\tb c\t\"d \"\"e\"\"\"\n1\t\"x\ny\"\t\n2\t\té",
            "a;b c;\"d \"\"e\"\"\"\n\n1;\"x\ny\";\n2;;é\n",
        ] {
            let records = records(text);
            assert_eq!(records.len(), 3, "{text:?}");
            for (cell, bytes) in records.iter().flatten() {
                assert_eq!(cell, &bytes.replace("\"\"", "\""), "{text:?}");
            }
            assert_eq!(records[0][2].0, "d \"e\"");
            assert!(records[1][1].0.starts_with('x') && records[1][1].0.ends_with('y'));
        }
    }

    #[test]
    fn places_name_the_record_and_the_column() {
        let source = Source::new("x.csv", "id,level\n1,\"a\nb\"\n\n2,c,d\n".to_owned());
        let mut spans = Vec::new();
        for_each_record(&source, 0, |cells, _| {
            spans.extend(cells.iter().map(|cell| cell.span));
            ControlFlow::Continue(())
        })
        .expect("it is a table");
        let places: Vec<String> = spans
            .iter()
            .map(|span| {
                let place = source.place(span.range());
                format!("{}:{} {}", place.line, place.column, place.locator.expect("it has one"))
            })
            .collect();
        assert_eq!(
            places,
            [
                "1:1 header",
                "1:4 header",
                "2:1 record 1, id",
                "2:4 record 1, level",
                "5:1 record 2, id",
                "5:3 record 2, level",
                "5:5 record 2"
            ]
        );
    }

    #[test]
    fn an_open_quote_is_found_where_it_opens() {
        let source = Source::new("x.csv", "a,b\n1,\"x\n2,y\n".to_owned());
        let finding = for_each_record(&source, 0, |_, _| ControlFlow::Continue(())).expect_err("it is open");
        assert_eq!(finding.place.map(|place| (place.line, place.column)), Some((2, 3)));
    }
}
