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
        if name.starts_with("xl/worksheets/")
            && let Some(reference) = far_reference(&content)
        {
            let shown: String = reference.chars().take(40).collect();
            return Err(format!("a sheet of the workbook names the cell `{shown}`, which no sheet has"));
        }
    }
    Ok(is_workbook)
}

/// The first cell, or corner of a range, that an element of a sheet names and that is past what a sheet can have: the
/// reader counts such references beyond what numbers hold.
fn far_reference(sheet: &[u8]) -> Option<String> {
    for tag in sheet.split(|byte| *byte == b'<').skip(1) {
        let tag = tag.split(|byte| *byte == b'>').next().unwrap_or_default();
        // Names and values in turn: `c r=`, `A1`, ` s=`, `2`.
        let mut parts = tag.split(|byte| matches!(byte, b'"' | b'\''));
        while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
            let name = name.trim_ascii_end();
            let name = name.strip_suffix(b"=").unwrap_or(name).trim_ascii_end();
            let is_reference = [b" r".as_slice(), b" ref"].iter().any(|wanted| name.ends_with(wanted));
            if is_reference && value.split(|byte| *byte == b':').any(is_far) {
                return Some(String::from_utf8_lossy(value).into_owned());
            }
        }
    }
    None
}

/// Whether a reference has more than the three letters and seven digits of the last cell, `XFD1048576`.
fn is_far(reference: &[u8]) -> bool {
    let letters = reference.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    letters > 3 || reference.len() - letters > 7
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
            ("<c r=\"ABCD1\">", Some("ABCD1")),
            ("<c s=\"1\" r=\"A12345678\">", Some("A12345678")),
            ("<dimension ref=\"A1:ZZZZ1\"/>", Some("A1:ZZZZ1")),
            ("<row r=\"99999999\">", Some("99999999")),
        ] {
            assert_eq!(far_reference(sheet.as_bytes()).as_deref(), far, "{sheet}");
        }
    }
}
