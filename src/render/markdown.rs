//! Markdown tables, as GitHub and most others draw them.
//!
//! Whatever a file says is text: no cell can end its row, open a tag, or make a link or a picture. Web addresses become
//! links that show themselves.

use std::fmt::Write as _;

use super::without_controls;
use crate::link;
use crate::tables::{Cell, Kind, Table};

/// A table; numbers are aligned to the right.
#[must_use]
pub fn table(table: &Table) -> String {
    let mut text = String::new();
    let headings: Vec<String> = table.heads().iter().map(|head| escape(&head.heading)).collect();
    line(&mut text, &headings);
    let rules: Vec<String> = table
        .heads()
        .iter()
        .map(|head| if head.kind == Kind::Text { "---" } else { "---:" }.to_owned())
        .collect();
    line(&mut text, &rules);
    for row in table.rows() {
        let cells: Vec<String> = row.iter().map(cell).collect();
        line(&mut text, &cells);
    }
    text
}

fn line(text: &mut String, cells: &[String]) {
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::List(list) => list.iter().map(|entry| address_or_text(entry)).collect::<Vec<_>>().join(", "),
        _ => escape(&cell.text(", ")),
    }
}

fn address_or_text(entry: &str) -> String {
    match link::web_address(entry) {
        Some(address) => format!("<{address}>"),
        None => escape(entry),
    }
}

/// Text with a backslash or an entity for whatever Markdown or HTML would read as more than text.
#[must_use]
pub fn escape(text: &str) -> String {
    let text = text.trim().replace("\r\n", "\n").replace('\r', "\n");
    let mut escaped = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\n' => escaped.push_str("<br>"),
            '\t' => escaped.push(' '),
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\\' | '|' | '`' | '*' | '[' | ']' | '~' | '$' => escaped.extend(['\\', c]),
            // Inside a word it is only itself: ids stay readable.
            '_' if !before.is_alphanumeric() || !rest.peek().is_some_and(|next| next.is_alphanumeric()) => {
                escaped.push_str("\\_");
            }
            _ => escaped.push(c),
        }
        before = c;
    }
    without_controls(&escaped, |_| false).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        for (given, wanted) in [
            ("a|b", "a\\|b"),
            ("a\nb\r\nc\rd", "a<br>b<br>c<br>d"),
            ("<img src=x>", "&lt;img src=x&gt;"),
            ("![x](http://a.example)", "!\\[x\\](http://a.example)"),
            ("amazon_guardduty", "amazon_guardduty"),
            ("_x_ __y", "\\_x\\_ \\_\\_y"),
            ("`*~\\", "\\`\\*\\~\\\\"),
            ("a&b", "a&amp;b"),
            ("\u{1b}[31m", "\u{fffd}\\[31m"),
        ] {
            assert_eq!(escape(given), wanted, "{given}");
        }
    }

    #[test]
    fn only_web_addresses_become_links() {
        assert_eq!(address_or_text("https://a.example/b_(c)*"), "<https://a.example/b_(c)*>");
        assert_eq!(address_or_text("javascript:alert(1)"), "javascript:alert(1)");
        assert_eq!(address_or_text("https://a.example/|x"), "https://a.example/\\|x");
    }
}
