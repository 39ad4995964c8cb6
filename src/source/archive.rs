//! What a workbook's ZIP archive holds, looked at before any of it is believed.

use std::fmt::Display;
use std::io::{Cursor, Read as _};

use zip::ZipArchive;
use zip::result::ZipError;

/// How much a workbook may unpack to, in bytes: five times the largest published one.
const MAX_UNPACKED: u64 = super::decode::MAX_BYTES / 2;

/// How many files a workbook may have.
const MAX_FILES: usize = 10_000;

/// Goes through the archive: how much it says that it unpacks to, how much it does, for what it says may be a lie, and
/// whether its sheets name cells that no sheet has. Tells whether there is a workbook in it.
pub(super) fn check(bytes: &[u8]) -> Result<bool, String> {
    let damaged = |error: &dyn Display| format!("the ZIP archive is damaged: {error}");
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
    if archive.len() > MAX_FILES {
        return Err(format!("the ZIP archive holds {} files; no workbook does", archive.len()));
    }
    let mib = MAX_UNPACKED / 1024 / 1024;
    let mut stated: u64 = 0;
    for index in 0..archive.len() {
        let file = archive.by_index_raw(index).map_err(|error| damaged(&error))?;
        stated = stated.saturating_add(file.size());
    }
    if stated > MAX_UNPACKED {
        return Err(format!("the workbook unpacks to {} MiB; at most {mib} are read", stated / 1024 / 1024));
    }
    let mut left = MAX_UNPACKED;
    let mut is_workbook = false;
    let mut content = Vec::new();
    for index in 0..archive.len() {
        let file = archive.by_index(index).map_err(|error| match error {
            ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => {
                "the ZIP archive is encrypted; save the workbook without a password".to_owned()
            }
            error => damaged(&error),
        })?;
        let name = file.name().map(|name| name.to_ascii_lowercase()).unwrap_or_default();
        is_workbook |= name == "xl/workbook.xml";
        content.clear();
        file.take(left + 1).read_to_end(&mut content).map_err(|error| damaged(&error))?;
        left = left.checked_sub(content.len() as u64).ok_or_else(|| {
            format!("the workbook unpacks to more than {mib} MiB, which is more than it says")
        })?;
        // A workbook may keep its sheets anywhere, and call them anything.
        if let Some(reference) = far_reference(&content) {
            let shown: String = reference.chars().take(40).collect();
            return Err(format!("a sheet of the workbook names the cell `{shown}`, which no sheet has"));
        }
    }
    Ok(is_workbook)
}

/// The first cell, or range, that an element of a sheet names and that no sheet has: the reader counts such references
/// beyond what numbers hold. Elements end where the reader ends them, so that none hides behind another.
fn far_reference(part: &[u8]) -> Option<String> {
    let is_sheet = [b"sheetData".as_slice(), b"dimension"]
        .iter()
        .any(|wanted| part.windows(wanted.len()).any(|bytes| bytes == *wanted));
    if !is_sheet {
        return None;
    }
    let mut rest = part;
    while let Some(start) = rest.iter().position(|byte| *byte == b'<') {
        rest = &rest[start + 1..];
        let end = match rest {
            [b'!', b'-', ..] => ending(rest, 5, b"-->"),
            [b'!', b'[', ..] => ending(rest, 2, b"]]>"),
            [b'?', ..] => ending(rest, 0, b"?>"),
            // What the document may define ends nowhere that is easily told; no sheet defines anything.
            [b'!', ..] => return Some("<!".to_owned()),
            _ => tag_end(rest),
        };
        // What is never closed is refused by the reader.
        let tag = &rest[..end?];
        let name = tag.split(|byte| is_blank(*byte) || *byte == b'/').next().unwrap_or_default();
        let local = name.rsplit(|byte| *byte == b':').next().unwrap_or_default();
        if [b"c".as_slice(), b"row", b"dimension", b"mergeCell", b"f"].contains(&local)
            && let Some(value) = attributes(&tag[name.len()..]).find(|(name, value)| is_outside(name, value))
        {
            return Some(String::from_utf8_lossy(value.1).into_owned());
        }
        rest = &rest[tag.len()..];
    }
    None
}

/// Where the `>` of a closing mark stands, which begins at a byte or later.
fn ending(text: &[u8], from: usize, mark: &[u8]) -> Option<usize> {
    let from = from.saturating_sub(mark.len() - 1);
    let found = text.get(from..)?.windows(mark.len()).position(|bytes| bytes == mark)?;
    Some(from + found + mark.len() - 1)
}

/// Where the `>` of a tag stands, outside of quotes.
fn tag_end(text: &[u8]) -> Option<usize> {
    let mut quote = None;
    text.iter().position(|byte| {
        match (quote, *byte) {
            (None, b'>') => return true,
            (None, b'"' | b'\'') => quote = Some(*byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
        false
    })
}

/// The names and values of a tag's attributes, up to what is none.
fn attributes(tag: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = tag;
    std::iter::from_fn(move || {
        let equals = rest.iter().position(|byte| *byte == b'=')?;
        let name = rest[..equals].trim_ascii();
        let (quote, after) = rest[equals + 1..].trim_ascii_start().split_first()?;
        if !matches!(quote, b'"' | b'\'') {
            return None;
        }
        let end = after.iter().position(|byte| byte == quote)?;
        rest = &after[end + 1..];
        Some((name, &after[..end]))
    })
}

fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace()
}

/// Whether an attribute names what no sheet has: a cell past the last one, or a range that ends before it begins.
fn is_outside(name: &[u8], value: &[u8]) -> bool {
    if name != b"r" && name != b"ref" {
        return false;
    }
    let mut corners = value.split(|byte| *byte == b':').map(corner);
    let mut last = (0, 0);
    corners.any(|corner| match corner {
        Some((column, row)) => {
            let is_back = column < last.0 || row < last.1;
            last = (column, row);
            is_back
        }
        None => true,
    })
}

/// The column and the row that a reference names, 0 for what it does not; `None` past the last cell, `XFD1048576`.
/// What is no reference is left to the reader, which refuses it where it stands.
fn corner(reference: &[u8]) -> Option<(u32, u32)> {
    let letters = reference.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let digits = reference[letters..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    if letters > 3 || digits > 7 {
        return None;
    }
    let number = |base: u32, zero: u8| {
        move |sum: u32, byte: &u8| sum * base + u32::from(byte.to_ascii_uppercase() - zero)
    };
    let column = reference[..letters].iter().fold(0, number(26, b'A' - 1));
    let row = reference[letters..letters + digits].iter().fold(0, number(10, b'0'));
    (column <= 16_384 && row <= 1_048_576).then_some((column, row))
}

#[cfg(test)]
mod tests {
    use super::far_reference;

    #[test]
    fn references_are_those_of_a_sheet() {
        for (sheet, far) in [
            ("<row r=\"1048576\"><c s='2' r = 'XFD1048576'>", None),
            ("<dimension ref=\"A1:XFD1048576\"/>", None),
            ("<t> r=\"ABCDEFGH1\" </t>", None),
            ("<x r=\"ABCDEFGH1\">", None),
            ("<!-- <c r='ABCDEFGH1'> ' --><![CDATA[<c r='ABCDEFGH1'>\"]]><?x <c r='ABCDEFGH1'>?>", None),
            ("<c x=' r=\"ABCDEFGH1\"'>", None),
            ("<c r=\"ABCD1\">", Some("ABCD1")),
            ("<c\nr=\"ABCD1\">", Some("ABCD1")),
            ("<c\tr\r\n=\n'ABCD1'/>", Some("ABCD1")),
            ("<c x=\">\" r=\"ABCD1\">", Some("ABCD1")),
            ("<c x='\"' r=\"ABCD1\">", Some("ABCD1")),
            ("<c s=\"1\"r=\"ABCD1\">", Some("ABCD1")),
            ("<x:c r=\"ABCD1\">", Some("ABCD1")),
            ("<!-- ' --><c r=\"ABCD1\">", Some("ABCD1")),
            ("<![CDATA['>]]><c r=\"ABCD1\">", Some("ABCD1")),
            ("<?x '?><c r=\"ABCD1\">", Some("ABCD1")),
            ("<!DOCTYPE x '><c r=\"ABCD1\">", Some("<!")),
            ("<c s=\"1\" r=\"A12345678\">", Some("A12345678")),
            ("<c r=\"A4294967296\">", Some("A4294967296")),
            ("<c r=\"XFE1\">", Some("XFE1")),
            ("<c r=\"A1048577\">", Some("A1048577")),
            ("<dimension ref=\"A1:ZZZZ1\"/>", Some("A1:ZZZZ1")),
            ("<dimension ref=\"B2:A1\"/>", Some("B2:A1")),
            ("<row r=\"99999999\">", Some("99999999")),
        ] {
            let sheet = format!("<sheetData/>{sheet}");
            assert_eq!(far_reference(sheet.as_bytes()).as_deref(), far, "{sheet}");
        }
    }
}
