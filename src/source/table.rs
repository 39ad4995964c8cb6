//! Tables: records of cells, from CSV, TSV or a spreadsheet, read one record at a time.

use std::ops::{ControlFlow, Range};

use super::locator::{Layout, Records};
pub(crate) use super::sheet::END as CELL_END;
pub use super::sheet::{Workbook, workbook};
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

/// How many records are looked at for the header.
pub const HEAD: usize = 20;

/// A cell: its text, without quotes around it, and its bytes in the source.
#[derive(Debug, Clone, Copy)]
pub struct Cell<'a> {
    /// The text.
    pub text: &'a str,
    /// The bytes.
    pub span: Span,
}

/// How a table stands in its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// What parts the cells of a text.
    pub delimiter: u8,
    /// How many records stand above the header.
    pub above: usize,
}

impl Shape {
    /// That of a table whose header stands first, parted by what parts that.
    #[must_use]
    pub fn of(source: &Source) -> Self {
        let delimiter = match source.layout() {
            Some(Layout::Sheet(_)) => b',',
            _ => delimiter(source.text()),
        };
        Self { delimiter, above: 0 }
    }
}

/// Calls `each` for every record of a table with its bytes, the header first, until it breaks. Records may differ in
/// length; empty ones are left out.
///
/// The source is the text of a CSV or TSV file, or a sheet of a workbook.
///
/// # Errors
/// A finding where a quote is opened and not closed, once the records before it are handed over; and, before any is,
/// where a NUL stands, or past [`MAX_COLUMNS`] or [`MAX_CELLS`].
pub fn for_each_record(
    source: &Source,
    number: u32,
    shape: Shape,
    mut each: impl FnMut(&[Cell<'_>], Span) -> ControlFlow<()>,
) -> Result<(), Diagnostic> {
    let Some(Layout::Sheet(grid)) = source.layout() else {
        return for_each_text_record(source, number, shape, each);
    };
    for row in grid.rows().skip(shape.above) {
        let cells = row_cells(source, number, row);
        let filled = cells.iter().find(|cell| !cell.text.trim().is_empty());
        if let Some(first) = filled
            && each(&cells, first.span).is_break()
        {
            break;
        }
    }
    Ok(())
}

fn for_each_text_record(
    source: &Source,
    number: u32,
    Shape { delimiter, above }: Shape,
    mut each: impl FnMut(&[Cell<'_>], Span) -> ControlFlow<()>,
) -> Result<(), Diagnostic> {
    // Where records start is known before any of them is handed over, so that every finding can name its record.
    let Survey { starts, open } = survey(source, delimiter)?;
    // Nothing of the record with the open quote is read.
    let text = match (open, starts.last()) {
        (Some(_), Some(last)) => &source.text()[..*last as usize],
        _ => source.text(),
    };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut starts = Some(starts);
    let mut record = csv::StringRecord::new();
    for index in 0.. {
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                let message = format!("the table breaks off: {error}");
                return Err(Diagnostic::new(Code::Syntax, message).at(source.whole()));
            }
        }
        if index < above || record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if let Some(mut starts) = starts.take() {
            let header = record.iter().map(|name| name.chars().take(MAX_NAME).collect()).collect();
            let starts = starts.split_off(index.min(starts.len()));
            source.set_layout(Layout::Records(Records { delimiter, header, starts }));
        }
        let start = record_start(text, &record);
        let end =
            usize::try_from(reader.position().byte()).map_or(text.len(), |end| end.clamp(start, text.len()));
        let ranges = raw_fields(&text[start..end], delimiter);
        let span_of = |index: usize| {
            let range = ranges.get(index).cloned().unwrap_or(0..end - start);
            Span::new(number, start + range.start..start + range.end)
        };
        let cells: Vec<Cell<'_>> =
            record.iter().enumerate().map(|(index, text)| Cell { text, span: span_of(index) }).collect();
        if each(&cells, Span::new(number, start..end)).is_break() {
            return Ok(());
        }
    }
    let Some(at) = open else { return Ok(()) };
    let finding = Diagnostic::new(Code::Syntax, "a quote is opened here and never closed");
    Err(finding.at(source.place(at..at + 1)).help("everything after it would be one cell"))
}

/// The texts of a table's header, which stands first; no more than [`MAX_COLUMNS`] of them.
#[must_use]
pub fn header(source: &Source) -> Vec<String> {
    head(source, Shape::of(source).delimiter).into_iter().next().map(|(_, header)| header).unwrap_or_default()
}

/// The texts of those of a table's first [`HEAD`] records that are not blank, each with how many records stand above
/// it; no more than [`MAX_COLUMNS`] texts of each, and little of what follows is looked at.
#[must_use]
pub fn head(source: &Source, delimiter: u8) -> Vec<(usize, Vec<String>)> {
    let mut records: Vec<(usize, Vec<String>)> = Vec::new();
    if let Some(Layout::Sheet(grid)) = source.layout() {
        for (index, row) in grid.rows().take(HEAD).enumerate() {
            let cells = row_cells(source, 0, row);
            records.push((index, cells.iter().map(|cell| cell.text.to_owned()).collect()));
        }
    } else {
        let text = &source.text()[..super::floor_boundary(source.text(), MAX_HEADER)];
        let mut scan = Scan::new(delimiter);
        let mut end = text.len();
        for (at, byte) in text.bytes().enumerate() {
            let starts = scan.step(byte) == Step::RecordStarts;
            if starts && scan.records > HEAD || scan.columns > MAX_COLUMNS {
                end = at;
                break;
            }
        }
        let reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(&text.as_bytes()[..end]);
        let read = reader.into_records().map_while(Result::ok).enumerate();
        records.extend(read.map(|(index, record)| (index, record.iter().map(str::to_owned).collect())));
    }
    records.retain(|(_, cells)| cells.iter().any(|cell| !cell.trim().is_empty()));
    records
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

/// What stands where in a table.
#[derive(Debug)]
struct Survey {
    /// The first byte of each record.
    starts: Vec<u32>,
    /// The quote that is never closed; it stands in the last record.
    open: Option<usize>,
}

/// Goes over a table once, in no memory but for where its records start: finds what would make it too large, or
/// another table than its author sees.
fn survey(source: &Source, delimiter: u8) -> Result<Survey, Diagnostic> {
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
    Ok(Survey { starts, open: (scan.state == State::Quoted).then_some(opened) })
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
        for_each_record(&source, 0, Shape::of(&source), |cells, _| {
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
        for_each_record(&source, 0, Shape::of(&source), |cells, _| {
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
    fn an_open_quote_is_found_where_it_opens_after_the_records_before_it() {
        let source = Source::new("x.csv", "a,b\n0,z\n1,\"x\n2,y\n".to_owned());
        let mut records = 0;
        let finding = for_each_record(&source, 0, Shape::of(&source), |_, _| {
            records += 1;
            ControlFlow::Continue(())
        })
        .expect_err("it is open");
        assert_eq!(finding.place.map(|place| (place.line, place.column)), Some((3, 3)));
        assert_eq!(records, 2);
    }
}
