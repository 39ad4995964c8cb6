//! ATT&CK Navigator layers: made from coverage, or read in any format, and written as JSON that every reader takes.

mod build;
pub mod check;
pub mod color;
pub mod combine;
mod compare;
mod deployed;
mod diff;
pub mod expr;
mod model;
mod plan;
pub mod read;
mod schema;
mod split;
mod threat;
mod upgrade;
mod uses;
pub mod write;

use std::io;

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, PrettyFormatter, Serializer};

pub use build::{ColorBy, Options, build, score_top};
pub(crate) use build::{MADE_OF, NotAssessed, category_fill, count_label};
pub use compare::of_comparison;
pub(crate) use deployed::NOT_DEPLOYED;
pub use deployed::{add_evidence, add_paper};
pub use diff::{Change, of_diff};
pub use model::{
    Annotation, Expand, FORMAT, Filters, Gradient, Layer, Layout, LegendItem, Link, Metadata, NAVIGATOR,
    Versions,
};

pub use plan::{of_plan, overlay_of_plan};
pub use schema::{AnyLayer, AnyLayerFile};
pub use split::{Part, Per, framework_key, split};
pub(crate) use threat::RISKS;
pub use threat::{build_against, overlay};
pub(crate) use upgrade::platforms::read_as as navigator_platform;
pub use upgrade::{Upgraded, upgrade};
pub use uses::{Uses, uses};

/// A layer as JSON text, ending in a line break.
///
/// The text is pure ASCII: the Python library reads files in the machine's own encoding, and would garble comments.
#[must_use]
pub fn to_json(layer: &Layer) -> Vec<u8> {
    ascii_json(layer)
}

/// Several layers in one file, as the Navigator opens them: in an array.
///
/// The Navigator puts each further layer in front of the one before it, so the last one is written first: then its tabs
/// stand in the order given here.
#[must_use]
pub fn to_bundle(layers: &[Layer]) -> Vec<u8> {
    ascii_json(&layers.iter().rev().collect::<Vec<_>>())
}

fn ascii_json(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256 * 1024);
    let formatter = Ascii(PrettyFormatter::with_indent(b" "));
    let mut serializer = Serializer::with_formatter(&mut bytes, formatter);
    // Writing to memory cannot fail, and no map in a layer has a key that is not text.
    value.serialize(&mut serializer).expect("a layer is JSON");
    bytes.push(b'\n');
    bytes
}

/// Indented JSON in which every character above ASCII is escaped.
struct Ascii(PrettyFormatter<'static>);

impl Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.bytes().position(|byte| byte >= 0x7f) {
            writer.write_all(&rest.as_bytes()[..at])?;
            let Some(character) = rest[at..].chars().next() else { break };
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[at + character.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        self.0.write_char_escape(writer, escape)
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_ascii_and_says_the_same() {
        let texts = ["plain", "naïve – “quoted”", "😀 \u{7f}\u{0}", "\u{202e}abc", "\\ \" \n"];
        for text in texts {
            let bytes = ascii_json(&vec![text]);
            assert!(bytes.is_ascii());
            let back: Vec<String> = serde_json::from_slice(&bytes).expect("it is JSON");
            assert_eq!(back, [text]);
        }
    }
}
