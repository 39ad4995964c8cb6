//! Layer files: what they are called, and what is in them.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{LayerReading, is_layer, read};
use crate::diagnostic::{Code, Diagnostic};
use crate::layer::check::not_read;
use crate::mapping::read::{ReadError, files, skip};
use crate::source::Source;
use crate::source::decode::{Decoded, decode};
use crate::source::node::Document;

/// A file that was read.
#[derive(Debug)]
pub struct LayerFile {
    /// Its path as it was named or found.
    pub path: PathBuf,
    /// Its text.
    pub source: Arc<Source>,
    /// Its layers, with what was found in them.
    pub reading: LayerReading,
}

/// What some paths hold.
#[derive(Debug, Default)]
pub struct LayerFiles {
    /// The files that hold layers, in order.
    pub files: Vec<LayerFile>,
    /// Why a file holds none: an error where it was named itself, else a note.
    pub findings: Vec<Diagnostic>,
    /// What could not be read.
    pub errors: Vec<ReadError>,
}

/// Reads layer files, and those of folders and patterns; UTF-8 or UTF-16, plain or gzipped.
#[must_use]
pub fn from_paths(paths: &[PathBuf]) -> LayerFiles {
    let files::Expansion { inputs, brought, errors } = files::expand(paths);
    let mut all = LayerFiles { errors, ..LayerFiles::default() };
    for input in inputs {
        match files::read(&input.path) {
            Ok(bytes) => match from_bytes(&input.path, bytes) {
                Ok(file) => all.files.push(file),
                Err(finding) if input.from.is_some() => {
                    all.findings.push(skip(&finding));
                }
                Err(finding) => all.findings.push(finding),
            },
            Err(error) => all.errors.push(error),
        }
    }
    for (path, files) in brought {
        if !files.iter().any(|file| all.files.iter().any(|held| held.path == *file)) {
            all.errors.push(ReadError::NothingThere { path });
        }
    }
    all
}

/// Reads a stream; `name` is what findings call it.
///
/// # Errors
/// When it cannot be read, or is larger than a layer file can be.
pub fn from_stream(name: &str, input: impl io::Read) -> Result<LayerFiles, ReadError> {
    let path = Path::new(name);
    let mut all = LayerFiles::default();
    match from_bytes(path, files::read_bounded(path, input, 0)?) {
        Ok(file) => all.files.push(file),
        Err(finding) => all.findings.push(finding),
    }
    Ok(all)
}

fn from_bytes(path: &Path, bytes: Vec<u8>) -> Result<LayerFile, Diagnostic> {
    let name = path.display().to_string();
    let text = match decode(path, bytes)? {
        Decoded::Text(text) => text,
        Decoded::Archive(_) => return Err(not_a_layer(&Source::new(name, String::new()))),
    };
    let source = Source::new(name, text);
    let reading = {
        let document = Document::json(&source, 0)?;
        if !is_layer(document.root()) {
            return Err(not_a_layer(&source));
        }
        let mut reading = read(document.root());
        reading.findings.extend(not_read(document.root()));
        reading
    };
    Ok(LayerFile { path: path.to_owned(), source: Arc::new(source), reading })
}

pub(super) fn not_a_layer(source: &Source) -> Diagnostic {
    Diagnostic::new(Code::NotAMapping, "this is not an ATT&CK Navigator layer").at(source.whole())
}
