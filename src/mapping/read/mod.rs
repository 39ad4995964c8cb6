//! Reading: from files and folders, whatever they are called, to mapping sets and findings.
//!
//! A form is recognised by its content. Each form has one private module that turns a file into rows; what the rows
//! mean is decided in one place for all of them.

mod control;
mod options;
mod rows;
mod unified;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use options::{Columns, Options};

use super::model::{MappingSet, Origin};
use crate::diagnostic::{Code, Diagnostic, Source};

/// The largest file that is read, in bytes: a hundred times the largest published mapping.
pub const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// How deep folders are searched.
const MAX_DEPTH: usize = 8;

/// The published AWS mapping of 12/12/2024 on ATT&CK 16.1: facts, without the analysts' comments.
const EMBEDDED: &str = include_str!("../../../data/mappings/aws-12.12.2024_attack-16.1-enterprise.json");

/// What was read.
#[derive(Debug, Default)]
pub struct Reading {
    /// The mapping sets, in the order of their files. A file with an error gives none, or one without the rows at fault.
    pub sets: Vec<MappingSet>,
    /// What was found: about each file as a whole and its values first, then about its rows.
    pub findings: Vec<Diagnostic>,
}

/// What stopped the reading of a source.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The file or folder cannot be opened or read.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is larger than [`MAX_BYTES`].
    #[error("{} is larger than {} MiB", path.display(), MAX_BYTES / 1024 / 1024)]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// No file of the folder holds a mapping.
    #[error("no mapping file in {}", path.display())]
    NothingThere {
        /// The folder.
        path: PathBuf,
    },
}

/// What one form's module makes of a file.
struct Outcome {
    set: Option<MappingSet>,
    findings: Vec<Diagnostic>,
}

impl Outcome {
    fn failed(finding: Diagnostic) -> Self {
        Self { set: None, findings: vec![finding] }
    }
}

/// A file by its form.
enum Form {
    Unified(Box<Outcome>),
    Control(Box<control::Control>),
    /// Not a mapping, or not readable as the form that it seems to be.
    Other(Diagnostic),
}

/// The mapping that is built in: AWS of 12/12/2024 on ATT&CK 16.1, without comments.
///
/// # Panics
/// Never: a test reads the embedded file.
#[must_use]
pub fn embedded() -> Reading {
    let source = Source::new("embedded AWS mapping", EMBEDDED.to_owned());
    let mut reading = Reading::default();
    reading.take(from_source(&Arc::new(source), Origin::Embedded));
    reading
}

/// Reads a mapping from text; `name` is what findings and reports call it.
///
/// The text is a Mappings Explorer JSON file or a Security Stack Mappings control file.
#[must_use]
pub fn from_text(name: &str, text: &str) -> Reading {
    from_owned(name, text.to_owned())
}

fn from_owned(name: &str, text: String) -> Reading {
    let source = Source::new(name, without_mark(text));
    let mut reading = Reading::default();
    reading.take(from_source(&Arc::new(source), Origin::Path(name.to_owned())));
    reading
}

/// The text without the byte order mark that some editors put before it.
fn without_mark(mut text: String) -> String {
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    text
}

/// Reads a mapping from a reader, up to [`MAX_BYTES`]; `name` is what findings and reports call it.
///
/// # Errors
/// When reading fails or the content is too large.
pub fn from_reader(name: &str, input: impl io::Read) -> Result<Reading, ReadError> {
    let path = Path::new(name);
    Ok(decoded(path, read_bounded(path, input, 0)?))
}

/// Reads a file, or all mapping files below a folder.
///
/// In a folder, control files (YAML) of one platform make one mapping set; each unified file (JSON) makes its own;
/// other files are left out, with a note each.
///
/// # Errors
/// When the path cannot be read, a file is too large, or a folder holds no mapping. What is wrong *in* a file is a
/// finding, never an error.
pub fn from_path(path: &Path) -> Result<Reading, ReadError> {
    let metadata = path.metadata().map_err(|source| ReadError::Io { path: path.to_owned(), source })?;
    if metadata.is_dir() {
        return from_folder(path);
    }
    let file = File::open(path).map_err(|source| ReadError::Io { path: path.to_owned(), source })?;
    if metadata.is_file() && metadata.len() > MAX_BYTES {
        return Err(ReadError::TooLarge { path: path.to_owned() });
    }
    let bytes = read_bounded(path, file, metadata.len())?;
    Ok(decoded(path, bytes))
}

fn decoded(path: &Path, bytes: Vec<u8>) -> Reading {
    match decode(path, bytes) {
        Ok(text) => from_owned(&path.display().to_string(), text),
        Err(finding) => Reading { sets: Vec::new(), findings: vec![finding] },
    }
}

impl Reading {
    fn take(&mut self, outcome: Outcome) {
        self.sets.extend(outcome.set);
        self.findings.extend(outcome.findings);
    }
}

fn from_source(source: &Arc<Source>, origin: Origin) -> Outcome {
    match recognise(source, &origin) {
        Form::Unified(outcome) => *outcome,
        Form::Control(control) => control::assemble(&[(Arc::clone(source), *control)], origin),
        Form::Other(finding) => Outcome::failed(finding),
    }
}

fn recognise(source: &Arc<Source>, origin: &Origin) -> Form {
    let text = source.text();
    if text.trim().is_empty() {
        let diagnostic = Diagnostic::new(Code::Syntax, "the file is empty").at(source.whole());
        return Form::Other(diagnostic);
    }
    if text.trim_start().starts_with(['{', '[']) {
        return match unified::read(source, origin.clone()) {
            Some(outcome) => Form::Unified(Box::new(outcome)),
            None => Form::Other(not_a_mapping(source, other_json(text))),
        };
    }
    if control::is_control(text) {
        return match control::parse(source) {
            Ok(control) => Form::Control(Box::new(control)),
            Err(finding) => Form::Other(finding),
        };
    }
    Form::Other(not_a_mapping(source, "neither JSON nor a Security Stack Mappings control"))
}

fn not_a_mapping(source: &Source, what: &str) -> Diagnostic {
    Diagnostic::new(Code::NotAMapping, format!("this is not a mapping file: {what}")).at(source.whole()).help(
        "navlayer reads Mappings Explorer JSON (`metadata` and `mapping_objects`) and Security Stack Mappings YAML",
    )
}

/// What JSON of another kind seems to be.
fn other_json(text: &str) -> &'static str {
    let has = |key: &str| text.contains(key);
    if has("\"techniques\"") && (has("\"domain\"") || has("\"versions\"")) {
        "it is an ATT&CK Navigator layer"
    } else if has("\"type\"") && has("\"bundle\"") {
        "it is a STIX bundle; `--attack-data` and `navlayer catalog import` read those"
    } else if has("\"Requirements\"") {
        "it is a Prowler compliance file"
    } else {
        "it is JSON of another kind"
    }
}

/// Reads everything, up to the limit; `expected` is how much there seems to be.
fn read_bounded(path: &Path, input: impl io::Read, expected: u64) -> Result<Vec<u8>, ReadError> {
    // A byte more than expected, so that the end is seen without growing.
    let mut bytes = Vec::with_capacity(usize::try_from(expected.min(MAX_BYTES)).unwrap_or(0) + 1);
    let read = input.take(MAX_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|source| ReadError::Io { path: path.to_owned(), source })?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(ReadError::TooLarge { path: path.to_owned() });
    }
    Ok(bytes)
}

fn decode(path: &Path, bytes: Vec<u8>) -> Result<String, Diagnostic> {
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let name = path.display().to_string();
        let bytes = error.into_bytes();
        let encoding = if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            "it is UTF-16"
        } else {
            "the bytes from here on are not UTF-8"
        };
        let source = Source::new(name, String::from_utf8_lossy(&bytes).into_owned());
        Diagnostic::new(Code::Syntax, format!("the file is not UTF-8 text: {encoding}"))
            .at(source.place(valid..valid + 1))
            .help("save it as UTF-8")
    })
}

fn from_folder(folder: &Path) -> Result<Reading, ReadError> {
    let mut files = Vec::new();
    list(folder, 0, &mut files)?;
    let mut reading = Reading::default();
    // Controls are put together per folder and platform, where the first of them stands.
    let mut controls: BTreeMap<(PathBuf, String), Vec<control::File>> = BTreeMap::new();
    let mut skipped = Vec::new();
    for path in files {
        let file = File::open(&path).map_err(|source| ReadError::Io { path: path.clone(), source })?;
        let source = match decode(&path, read_bounded(&path, file, 0)?) {
            Ok(text) => Arc::new(Source::new(path.display().to_string(), without_mark(text))),
            Err(finding) => {
                skipped.push(skip(&finding));
                continue;
            }
        };
        match recognise(&source, &Origin::Path(source.name().to_string())) {
            Form::Unified(outcome) => reading.take(*outcome),
            Form::Control(control) => {
                let parent = path.parent().unwrap_or(folder).to_owned();
                controls.entry((parent, control.platform())).or_default().push((source, *control));
            }
            Form::Other(finding) if finding.code == Code::NotAMapping => skipped.push(skip(&finding)),
            Form::Other(finding) => reading.findings.push(finding),
        }
    }
    for ((parent, _), files) in controls {
        reading.take(control::assemble(&files, Origin::Path(parent.display().to_string())));
    }
    if reading.sets.is_empty() && reading.findings.is_empty() {
        return Err(ReadError::NothingThere { path: folder.to_owned() });
    }
    reading.findings.append(&mut skipped);
    Ok(reading)
}

/// In a folder a file of another kind is no mistake.
fn skip(finding: &Diagnostic) -> Diagnostic {
    Diagnostic {
        code: Code::FileSkipped,
        severity: Code::FileSkipped.severity(),
        help: None,
        ..finding.clone()
    }
}

/// The files below a folder in the order of their names; hidden ones are left out.
fn list(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), ReadError> {
    let error = |source| ReadError::Io { path: folder.to_owned(), source };
    let mut entries = Vec::new();
    for entry in folder.read_dir().map_err(error)? {
        entries.push(entry.map_err(error)?);
    }
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        // Links are followed to files, never to folders: a link to a parent would not end.
        let kind = entry.file_type().map_err(error)?;
        if kind.is_dir() && depth < MAX_DEPTH {
            list(&path, depth + 1, files)?;
        } else if kind.is_file() || (kind.is_symlink() && path.is_file()) {
            files.push(path);
        }
    }
    Ok(())
}
