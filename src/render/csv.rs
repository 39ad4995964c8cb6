//! CSV for spreadsheets and scripts: RFC 4180 quoting, UTF-8, lines that end in LF.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula and runs it. Such a cell gets an
//! apostrophe before it, unless it is a plain number.

use std::borrow::Cow;

use super::without_controls;
use crate::tables::{Cell, Kind, Table};

/// A table with its keys in the first line. A share takes two columns, the second of them, `…_of`, its denominator;
/// lists are joined by `; `.
#[must_use]
#[expect(clippy::missing_panics_doc, reason = "memory takes whatever is written to it")]
pub fn table(table: &Table) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut line: Vec<Cow<'_, str>> = Vec::new();
    for head in table.heads() {
        line.push(Cow::Borrowed(&head.key));
        if head.kind == Kind::Share {
            line.push(Cow::Owned(format!("{}_of", head.key)));
        }
    }
    write(&mut writer, &line);
    for row in table.rows() {
        line.clear();
        for (head, cell) in table.heads().iter().zip(row) {
            match (head.kind, cell) {
                (Kind::Share, Cell::Share { n, of }) => {
                    line.extend([n, of].map(|number| Cow::Owned(number.to_string())));
                }
                (Kind::Share, Cell::Part { n, of }) => {
                    line.extend([n, of].map(|amount| Cow::Owned(amount.to_string())));
                }
                (Kind::Share, _) => line.extend([Cow::Borrowed(""), Cow::Borrowed("")]),
                _ => line.push(field(cell)),
            }
        }
        write(&mut writer, &line);
    }
    let bytes = writer.into_inner().expect("memory takes whatever is written to it");
    String::from_utf8(bytes).expect("all fields are UTF-8")
}

fn write(writer: &mut csv::Writer<Vec<u8>>, line: &[Cow<'_, str>]) {
    let fields = line.iter().map(AsRef::as_ref);
    writer
        .write_record(fields.map(str::as_bytes))
        .expect("all lines have a field for each column, in memory");
}

fn field(cell: &Cell) -> Cow<'_, str> {
    match cell {
        Cell::Whole(_) | Cell::Decimal(_) | Cell::Number(_) | Cell::Amount(_) | Cell::Flag(_) => {
            cell.text("")
        }
        _ => match cell.text("; ") {
            Cow::Borrowed(text) => safe(text),
            Cow::Owned(text) => Cow::Owned(safe(&text).into_owned()),
        },
    }
}

/// Text as it may stand in a spreadsheet: what would be run is shown.
#[must_use]
pub fn safe(text: &str) -> Cow<'_, str> {
    let text = without_controls(text, |c| matches!(c, '\t' | '\n' | '\r'));
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if is_formula && !is_number(&text) { Cow::Owned(format!("'{text}")) } else { text }
}

/// `-1`, `+2.5`: digits with at most one point. `-1e3` and `-1+cmd` are none.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    all_digits(whole) && all_digits(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_shown() {
        for hostile in
            ["=1+1", "+cmd", "-cmd", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "-1+1", "-", "+", "-1e3"]
        {
            assert_eq!(safe(hostile), format!("'{hostile}"));
        }
        for plain in ["", "-1", "+2.5", "1=1", "a@b", "T1562", "-0.5", " =1"] {
            assert_eq!(safe(plain), plain);
        }
        assert_eq!(safe("a\u{1b}[2Jb\nc"), "a\u{fffd}[2Jb\nc");
    }
}
