//! From bytes to text: gzip, byte order marks, UTF-8 and UTF-16, within bounds.

use std::io::Read as _;
use std::path::Path;

use crate::diagnostic::{Code, Diagnostic};

use super::Source;

/// The largest file that is read, in bytes, packed or not: thirty times the largest published mapping.
pub const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// What a file turned out to be.
#[derive(Debug)]
pub enum Decoded {
    /// Text, without a byte order mark.
    Text(String),
    /// A ZIP archive, as spreadsheets are.
    Archive(Vec<u8>),
}

/// Unpacks and decodes a file's bytes. `path` is what findings call it.
///
/// Text is UTF-8 with or without a byte order mark, or UTF-16 of either order, with a mark or without one where the
/// first character is ASCII. Gzip is unpacked once.
///
/// # Errors
/// A finding at the place where the bytes stop making sense, or where there is more of them than [`MAX_BYTES`].
pub fn decode(path: &Path, bytes: Vec<u8>) -> Result<Decoded, Diagnostic> {
    decode_within(path, bytes, MAX_BYTES)
}

/// As [`decode`], with another bound in the place of [`MAX_BYTES`].
///
/// # Errors
/// As [`decode`].
pub fn decode_within(path: &Path, bytes: Vec<u8>, most: u64) -> Result<Decoded, Diagnostic> {
    let name = path.display().to_string();
    let bytes = if bytes.starts_with(&[0x1f, 0x8b]) { unpack(&name, &bytes, most)? } else { bytes };
    if bytes.starts_with(b"PK\x03\x04") {
        return Ok(Decoded::Archive(bytes));
    }
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        let message = "the file is an encrypted workbook, or one of Excel before 2007";
        return Err(whole(&name, message).help("save it as XLSX or CSV, without a password"));
    }
    match utf16(&bytes) {
        Some(order) => from_utf16(&name, &bytes, order),
        None => from_utf8(&name, bytes),
    }
    .map(Decoded::Text)
}

/// A finding about the file as a whole.
fn whole(name: &str, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::Syntax, message).at(Source::new(name, String::new()).whole())
}

fn unpack(name: &str, bytes: &[u8], most: u64) -> Result<Vec<u8>, Diagnostic> {
    let mut unpacked = Vec::new();
    let read = flate2::read::MultiGzDecoder::new(bytes).take(most + 1).read_to_end(&mut unpacked);
    if let Err(error) = read {
        return Err(whole(name, format!("the gzip file is damaged: {error}")));
    }
    if unpacked.len() as u64 > most {
        let message = format!("the gzip file unpacks to more than {} MiB", most / 1024 / 1024);
        return Err(whole(name, message).help("no mapping is that large"));
    }
    if unpacked.starts_with(&[0x1f, 0x8b]) {
        return Err(whole(name, "the gzip file holds another gzip file").help("unpack it once first"));
    }
    Ok(unpacked)
}

/// The order of the bytes of a UTF-16 character.
#[derive(Debug, Clone, Copy)]
enum Order {
    Little,
    Big,
}

/// The byte order, when the text is UTF-16: by its mark, or by the zero byte of an ASCII character.
fn utf16(bytes: &[u8]) -> Option<Order> {
    match bytes {
        [0xff, 0xfe, ..] | [1..=0x7f, 0, 1..=0x7f, 0, ..] => Some(Order::Little),
        [0xfe, 0xff, ..] | [0, 1..=0x7f, 0, 1..=0x7f, ..] => Some(Order::Big),
        _ => None,
    }
}

fn from_utf16(name: &str, bytes: &[u8], order: Order) -> Result<String, Diagnostic> {
    let units = bytes.chunks_exact(2).map(|pair| {
        let pair = [pair[0], pair[1]];
        if matches!(order, Order::Little) { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
    });
    let mut text = String::with_capacity(bytes.len() / 2);
    for character in char::decode_utf16(units) {
        match character {
            Ok('\u{feff}') if text.is_empty() => {}
            Ok(character) => text.push(character),
            Err(_) => return Err(undecodable(name, text, "the UTF-16 text has half of a character here")),
        }
    }
    if !bytes.len().is_multiple_of(2) {
        return Err(undecodable(name, text, "the UTF-16 text ends within a character"));
    }
    Ok(text)
}

fn from_utf8(name: &str, bytes: Vec<u8>) -> Result<String, Diagnostic> {
    match String::from_utf8(bytes) {
        Ok(mut text) => {
            if text.starts_with('\u{feff}') {
                text.drain(..'\u{feff}'.len_utf8());
            }
            Ok(text)
        }
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let mut bytes = error.into_bytes();
            bytes.truncate(valid);
            // The bytes up to there are UTF-8: the parser has just said so.
            let text = String::from_utf8(bytes).unwrap_or_default();
            Err(undecodable(name, text, "the file is not UTF-8 text: the bytes from here on are not UTF-8"))
        }
    }
}

/// A finding at the end of what could be decoded, on the line that it breaks off.
fn undecodable(name: &str, mut text: String, message: &str) -> Diagnostic {
    let end = text.len();
    text.push(char::REPLACEMENT_CHARACTER);
    let place = Source::new(name, text).place(end..end + char::REPLACEMENT_CHARACTER.len_utf8());
    Diagnostic::new(Code::Syntax, message).at(place).help("save it as UTF-8")
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn text(bytes: &[u8]) -> Result<String, Diagnostic> {
        match decode(Path::new("x"), bytes.to_vec())? {
            Decoded::Text(text) => Ok(text),
            Decoded::Archive(_) => panic!("it is text"),
        }
    }

    fn wide(text: &str, order: Order, mark: bool) -> Vec<u8> {
        let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
        let bytes = units.flat_map(|unit| match order {
            Order::Little => unit.to_le_bytes(),
            Order::Big => unit.to_be_bytes(),
        });
        bytes.collect()
    }

    #[test]
    fn every_encoding_gives_the_same_text() {
        let plain = "{\"a\": \"é – 😀\"}";
        let mut marked = vec![0xef, 0xbb, 0xbf];
        marked.extend(plain.as_bytes());
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(plain.as_bytes()).expect("memory takes it");
        let packed = packed.finish().expect("memory takes it");
        for bytes in [
            plain.as_bytes().to_vec(),
            marked,
            wide(plain, Order::Little, true),
            wide(plain, Order::Big, true),
            wide(plain, Order::Little, false),
            wide(plain, Order::Big, false),
            packed,
        ] {
            assert_eq!(text(&bytes).as_deref(), Ok(plain));
        }
    }

    #[test]
    fn what_breaks_off_is_found_where_it_does() {
        for (bytes, line, column) in [
            (b"ab\ncd\xffef".to_vec(), 2, 3),
            (wide("ab\nc", Order::Little, true).into_iter().chain([0x00, 0xd8, 0x20, 0x00]).collect(), 2, 2),
            (wide("ab", Order::Big, true).into_iter().chain([0x00]).collect(), 1, 3),
        ] {
            let finding = text(&bytes).expect_err("it is damaged");
            let place = finding.place.expect("it has a place");
            assert_eq!((finding.code, place.line, place.column), (Code::Syntax, line, column), "{bytes:?}");
        }
        assert!(text(&[0x1f, 0x8b, 8, 0]).expect_err("it is cut").message.contains("damaged"));
    }
}
