//! `navlayer.toml`: from what is written, over the flags that override it, to settings with nothing left to decide.
//!
//! [`parse`] reads a file into [`Written`], every value with its place, and finds all mistakes in one walk.
//! [`Written::over`] lays flags over a file; [`Settings`] fill in the defaults and know where each value came from.

mod keys;
mod names;
mod schema;
mod settings;
mod show;
mod values;
mod walk;
mod written;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

pub use keys::{FILTERS, FilterList, SELECTION_FILTERS, accepted};
pub use schema::Config;
pub use settings::Settings;
pub use show::{InForce, OriginView, SettingView};
pub use walk::{MAX_FINDINGS, Parsed, parse};
pub use written::{Origin, Position, SavedSelection, Setting, TINTS, Written};

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Source;

/// The name of the file that is looked for.
pub const FILE: &str = "navlayer.toml";

/// The largest file that is read, in bytes.
pub const MAX_BYTES: u64 = 1024 * 1024;

/// What stopped the reading of a configuration.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}: {source}", path.display())]
pub struct ConfigError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// Looks for the file in a folder and in those above it. The result is relative to the folder: `../navlayer.toml`.
#[must_use]
pub fn find(folder: &Path) -> Option<PathBuf> {
    let height = folder.ancestors().position(|above| above.join(FILE).is_file())?;
    let mut path: PathBuf = std::iter::repeat_n("..", height).collect();
    path.push(FILE);
    Some(path)
}

/// Reads a file. Paths in it are relative to its folder. What is wrong *in* it is a finding, never an error.
///
/// # Errors
/// When the file cannot be read.
pub fn load(path: &Path) -> Result<Parsed, ConfigError> {
    let error = |source| ConfigError { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(error)?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(error)?;
    let name = path.display().to_string();
    match decode(&name, bytes) {
        Ok(text) => Ok(parse(&name, path.parent().unwrap_or(Path::new("")), text)),
        Err(finding) => Ok(Parsed { findings: vec![finding], ..Parsed::default() }),
    }
}

fn decode(name: &str, bytes: Vec<u8>) -> Result<String, Diagnostic> {
    let broken = |message: String| Diagnostic::new(Code::ConfigSyntax, message);
    if bytes.len() as u64 > MAX_BYTES {
        let source = Source::new(name, String::new());
        return Err(
            broken(format!("a configuration of more than {MAX_BYTES} bytes is none")).at(source.whole())
        );
    }
    let is_utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let source = Source::new(name, String::from_utf8_lossy(error.as_bytes()).into_owned());
        let what = if is_utf16 { "it is UTF-16" } else { "the bytes from here on are not UTF-8" };
        broken(format!("the file is not UTF-8 text: {what}"))
            .at(source.place(valid..valid + 1))
            .help("save it as UTF-8")
    })
}

#[cfg(test)]
mod tests;
