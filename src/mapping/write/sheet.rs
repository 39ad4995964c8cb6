//! The set as a workbook: one sheet of texts.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, XlsxError};

use super::super::literal;
use super::super::model::MappingSet;
use super::table::{COLUMNS, REFERENCES, held, records};
use super::{Content, WriteError};

/// How many rows a sheet holds, its header included.
pub(crate) const MAX_ROWS: usize = 1_048_576;

/// How long a cell's text may be, in UTF-16 units.
pub(super) const MAX_CELL: usize = 32_767;

/// How wide the columns are, in characters.
const WIDTHS: [f64; COLUMNS.len()] = [
    18.0, 16.0, 24.0, 28.0, 32.0, 18.0, 12.0, 28.0, 10.0, 14.0, 12.0, 12.0, 12.0, 40.0, 60.0, 20.0, 12.0,
    12.0,
];

/// The workbook's bytes.
pub(super) fn workbook(set: &MappingSet, content: Content) -> Result<Vec<u8>, WriteError> {
    let rows = set.mappings.len() + set.capabilities.len() + set.non_mappable.len();
    if rows >= MAX_ROWS {
        return Err(WriteError::TooManyRows { rows });
    }
    make(set, content).map_err(WriteError::Workbook)
}

fn make(set: &MappingSet, content: Content) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // The same set gives the same bytes on every day.
    let created = ExcelDateTime::from_ymd(2000, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
    let sheet = workbook.add_worksheet().set_name("Sheet1")?;
    let bold = Format::new().set_bold().set_align(FormatAlign::Top);
    for ((column, name), width) in (0_u16..).zip(COLUMNS).zip(WIDTHS) {
        sheet.set_column_width(column, width)?;
        sheet.write_string_with_format(0, column, name, &bold)?;
    }
    let mut last = 0;
    for ((row, cells), number) in records(set, content).zip(1_u32..) {
        last = number;
        for (column, text) in (0_u16..).zip(&cells) {
            if text.is_empty() {
                continue;
            }
            let is_list = usize::from(column) == REFERENCES;
            let text =
                if is_list { fitting_list(&row.references, text) } else { fitting(&held(text)).to_owned() };
            sheet.write_string(number, column, text)?;
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    sheet.autofilter(0, 0, last, u16::try_from(COLUMNS.len() - 1).unwrap_or(0))?;
    workbook.save_to_buffer()
}

/// Whether a cell holds the text whole.
pub(super) fn fits(text: &str) -> bool {
    text.len() <= MAX_CELL || text.encode_utf16().count() <= MAX_CELL
}

/// As much of a text as a cell holds.
pub(crate) fn fitting(text: &str) -> &str {
    if fits(text) {
        return text;
    }
    let mut units = 0;
    let end = text.char_indices().find(|(_, c)| {
        units += c.len_utf16();
        units > MAX_CELL
    });
    &text[..end.map_or(text.len(), |(at, _)| at)]
}

/// As many references as a cell holds: a list that is cut is none.
fn fitting_list(references: &[&str], list: &str) -> String {
    if fits(list) {
        return list.to_owned();
    }
    let mut units = 0;
    let held = references.iter().take_while(|reference| {
        // One more, with the two characters that part it from the one before, or that enclose the list.
        units += literal::list([**reference]).encode_utf16().count();
        units <= MAX_CELL
    });
    literal::list(held.copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_longer_than_a_cell_is_cut_between_characters_and_references() {
        let emoji = "😀".repeat(20_000);
        assert!(!fits(&emoji));
        assert_eq!(fitting(&emoji).encode_utf16().count(), MAX_CELL - 1);
        let address = format!("https://a.example/{}", "x".repeat(982));
        let all = vec![address.as_str(); 40];
        let cut = fitting_list(&all, &literal::list(all.iter().copied()));
        let held = literal::parse_list(&cut).expect("it is a list");
        assert_eq!(held.len(), MAX_CELL / (1_000 + 4));
        assert!(fits(&cut) && held.iter().all(|one| *one == address));
        assert_eq!(fitting_list(&["a"], "['a']"), "['a']");
    }
}
