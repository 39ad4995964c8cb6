//! Reading: from files, folders and patterns, whatever they are called, to mapping sets and findings.
//!
//! A form is recognised by its content. Each form has one private module that turns a file into rows; what the rows
//! mean is decided in one place for all of them.

mod control;
pub(crate) mod files;
mod layer;
mod notes;
mod options;
mod prowler;
mod rows;
mod table;
mod unified;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) use notes::MAX_FINDINGS;
pub(crate) use notes::is_date;
pub use options::{Columns, Options};
pub(crate) use rows::group_id;
pub(super) use rows::short;

use super::model::{Category, Level, MappingSet, Origin};
use crate::attack::TechniqueId;
use crate::diagnostic::{Code, Diagnostic};
use crate::layer::check as layer_check;
use crate::parallel;
pub use crate::source::decode::MAX_BYTES;
use crate::source::decode::{Decoded, decode};
use crate::source::node::{Document, Node};
use crate::source::{Source, table as cells};
use files::{Expansion, Input, read_bounded};
use rows::Assembler;

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

/// What was read to be checked.
#[derive(Debug, Default)]
pub struct Inspection {
    /// What was read.
    pub reading: Reading,
    /// The files that could be read, as they were named, in their order.
    pub files: Vec<String>,
    /// What could not be read.
    pub failures: Vec<ReadError>,
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
    /// No file of the folder, or of those that match the pattern, holds a mapping.
    #[error("no mapping file in {}", path.display())]
    NothingThere {
        /// The folder or pattern.
        path: PathBuf,
    },
    /// No file matches the pattern.
    #[error("no file matches {}", path.display())]
    NoMatch {
        /// The pattern.
        path: PathBuf,
    },
}

impl ReadError {
    /// Whether it is about this file.
    fn is_about(&self, file: &Path) -> bool {
        match self {
            Self::Io { path, .. } | Self::TooLarge { path } => path == file,
            Self::NothingThere { .. } | Self::NoMatch { .. } => false,
        }
    }
}

/// What one form's module makes of a file.
#[derive(Debug, Default)]
struct Outcome {
    sets: Vec<MappingSet>,
    findings: Vec<Diagnostic>,
}

impl Outcome {
    /// Nothing but findings.
    fn found(findings: Vec<Diagnostic>) -> Self {
        Self { sets: Vec::new(), findings }
    }

    /// The set of an assembler, with what was found before it.
    fn read(assembler: Assembler, mut findings: Vec<Diagnostic>) -> Self {
        let (set, mut later) = assembler.finish();
        findings.append(&mut later);
        Self { sets: vec![set], findings }
    }
}

/// A file by its form.
#[derive(Debug)]
enum Form {
    /// A file that is complete by itself.
    Whole(Outcome),
    /// A layer: a mapping by itself, and a picture of the mappings beside it where there are some.
    Layer(Outcome),
    /// One control of a folder of them.
    Control(Box<control::File>),
    /// Not a mapping.
    Other(Diagnostic),
}

/// The mapping that is built in: AWS of 12/12/2024 on ATT&CK 16.1, without comments.
///
/// # Panics
/// Never: a test reads the embedded file.
#[must_use]
pub fn embedded() -> Reading {
    let source = Arc::new(Source::new("embedded AWS mapping", EMBEDDED.to_owned()));
    Reader::default().whole(&source, &Origin::Embedded)
}

/// Reads a mapping from text; `name` is what findings and reports call it. See [`Reader::text`].
#[must_use]
pub fn from_text(name: &str, text: &str) -> Reading {
    Reader::default().text(name, text)
}

/// Reads a mapping from a reader, up to [`MAX_BYTES`]. See [`Reader::stream`].
///
/// # Errors
/// When reading fails or the content is too large.
pub fn from_reader(name: &str, input: impl io::Read) -> Result<Reading, ReadError> {
    Reader::default().stream(name, input)
}

/// Reads a file, or all mapping files below a folder. See [`Reader::paths`].
///
/// # Errors
/// When the path cannot be read, a file is too large, or a folder holds no mapping. What is wrong *in* a file is a
/// finding, never an error.
pub fn from_path(path: &Path) -> Result<Reading, ReadError> {
    Reader::default().paths(&[path.to_owned()])
}

/// Reads mappings, with what the files do not say themselves.
#[derive(Debug, Clone, Default)]
pub struct Reader {
    purpose: Purpose,
    options: Options,
}

impl Reader {
    /// A reader with options.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self { purpose: Purpose::Map, options }
    }

    /// Reads a mapping of any text form; `name` is what findings and reports call it.
    #[must_use]
    pub fn text(&self, name: &str, text: &str) -> Reading {
        let text = text.trim_start_matches('\u{feff}').to_owned();
        self.whole(&Arc::new(Source::new(name, text)), &Origin::Path(name.to_owned()))
    }

    /// Reads a mapping of any form from a stream, up to [`MAX_BYTES`]; `name` is what findings and reports call it.
    ///
    /// # Errors
    /// When reading fails or the content is too large.
    pub fn stream(&self, name: &str, input: impl io::Read) -> Result<Reading, ReadError> {
        let path = Path::new(name);
        let form = self.form(path, read_bounded(path, input, 0)?);
        Ok(Self::gather(vec![(Input::named(path), form)], Copies::LeaveOut))
    }

    /// Reads files, folders and patterns (`*`, `?`, `[ab]`, `{a,b}`, `**`), on all processors.
    ///
    /// Control files (YAML) of one folder and platform make one mapping set; every other file makes its own. Of what a
    /// folder or a pattern brings along, files of other kinds are left out with a note each, and so are files that hold
    /// the same mappings as one before them, and layers beside mappings.
    ///
    /// # Errors
    /// When a path cannot be read, a file is too large, or a folder or pattern brings no mapping. What is wrong *in* a
    /// file is a finding, never an error.
    pub fn paths(&self, paths: &[PathBuf]) -> Result<Reading, ReadError> {
        let (forms, _, errors) = self.forms(paths);
        match errors.into_iter().next() {
            Some(error) => Err(error),
            None => Ok(Self::gather(forms, Copies::LeaveOut)),
        }
    }

    /// Reads all that can be read of files, folders and patterns, to be checked: what [`Reader::paths`] leaves out as a
    /// copy is there too, and what cannot be read keeps nothing else from being read.
    #[must_use]
    pub fn inspect(&self, paths: &[PathBuf]) -> Inspection {
        let (forms, files, failures) = self.checking().forms(paths);
        Inspection { reading: Self::gather(forms, Copies::Keep), files, failures }
    }

    /// Reads a stream, to be checked: see [`Reader::inspect`]; `name` is what findings call it.
    #[must_use]
    pub fn inspect_stream(&self, name: &str, input: impl io::Read) -> Inspection {
        match self.checking().stream(name, input) {
            Ok(reading) => Inspection { reading, files: vec![name.to_owned()], failures: Vec::new() },
            Err(error) => Inspection { failures: vec![error], ..Inspection::default() },
        }
    }

    fn checking(&self) -> Self {
        Self { purpose: Purpose::Check, ..self.clone() }
    }

    /// Each file's form and name, and what could not be read.
    fn forms(&self, paths: &[PathBuf]) -> (Vec<(Input, Form)>, Vec<String>, Vec<ReadError>) {
        let Expansion { inputs, brought, mut errors } = files::expand(paths);
        let results = parallel::map(&inputs, |input| {
            let bytes = files::read(&input.path)?;
            Ok(self.form(&input.path, bytes))
        });
        let mut names = Vec::with_capacity(inputs.len());
        let mut forms = Vec::with_capacity(inputs.len());
        for (input, result) in inputs.into_iter().zip(results) {
            match result {
                Ok(form) => {
                    names.push(input.path.display().to_string());
                    forms.push((input, form));
                }
                Err(error) => errors.push(error),
            }
        }
        let is_mapping = |form: &Form| !matches!(form, Form::Other(_));
        let held: BTreeSet<&Path> = forms
            .iter()
            .filter(|(_, form)| is_mapping(form))
            .map(|(input, _)| input.path.as_path())
            .collect();
        for (path, brought) in brought {
            // A file that could not be read is an error of its own.
            let failed = errors.iter().any(|error| brought.iter().any(|file| error.is_about(file)));
            if !failed && !brought.iter().any(|file| held.contains(file.as_path())) {
                errors.push(ReadError::NothingThere { path });
            }
        }
        (forms, names, errors)
    }

    fn form(&self, path: &Path, bytes: Vec<u8>) -> Form {
        let name = path.display().to_string();
        // What an encoding is called by stands at the start.
        let head: Vec<u8> = bytes.iter().copied().take(4).collect();
        match decode(path, bytes) {
            Ok(Decoded::Text(text)) => {
                let source = Arc::new(Source::new(name.as_str(), text));
                let mut form = self.recognise(&source, &Origin::Path(name));
                if let (Form::Layer(outcome), Purpose::Check) = (&mut form, self.purpose) {
                    outcome.findings.extend(layer_check::encoding(&source, &head));
                }
                form
            }
            Ok(Decoded::Archive(bytes)) => match cells::workbook(path, &bytes) {
                Ok(sheets) => table::workbook(sheets, &Origin::Path(name), &self.options),
                Err(finding) if finding.code == Code::NotAMapping => Form::Other(finding),
                Err(finding) => Form::Whole(Outcome::found(vec![finding])),
            },
            Err(finding) => Form::Whole(Outcome::found(vec![finding])),
        }
    }

    /// Puts the forms of all files together, in their order.
    fn gather(forms: Vec<(Input, Form)>, copies: Copies) -> Reading {
        let mut slots: Vec<Slot> = Vec::new();
        let mut skipped = Vec::new();
        let with_mappings = with_mappings(&forms);
        for (input, form) in forms {
            match form {
                Form::Layer(_)
                    if copies == Copies::LeaveOut
                        && input.from.as_ref().is_some_and(|from| with_mappings.contains(from)) =>
                {
                    skipped.push(beside_mappings(&input.path));
                }
                Form::Whole(outcome) | Form::Layer(outcome) => slots.push(Slot::Whole(input, outcome)),
                Form::Control(file) => {
                    let key = (input.folder(), file.control.platform());
                    let group = slots.iter_mut().find_map(|slot| match slot {
                        Slot::Controls(held, files) if *held == key => Some(files),
                        _ => None,
                    });
                    match group {
                        Some(files) => files.push(*file),
                        None => slots.push(Slot::Controls(key, vec![*file])),
                    }
                }
                Form::Other(finding) if input.from.is_some() => skipped.push(skip(&finding)),
                Form::Other(finding) => slots.push(Slot::Whole(input, Outcome::found(vec![finding]))),
            }
        }
        let mut reading = Reading::default();
        for slot in slots {
            match slot {
                Slot::Whole(input, outcome) => {
                    reading.findings.extend(outcome.findings);
                    for set in outcome.sets {
                        let held = match copies {
                            Copies::LeaveOut => reading.sets.iter().find(|held| same_mappings(held, &set)),
                            Copies::Keep => None,
                        };
                        match held {
                            Some(held) => skipped.push(twice(held, &set, input.from.is_some())),
                            None => reading.sets.push(set),
                        }
                    }
                }
                Slot::Controls((folder, _), files) => {
                    let vocabulary = files::vocabulary(&folder);
                    // One control by itself is called by its file, several by their folder.
                    let origin = match files.as_slice() {
                        [one] => one.source.name().to_string(),
                        _ => folder.display().to_string(),
                    };
                    let outcome = control::assemble(files, vocabulary.as_deref(), Origin::Path(origin));
                    reading.sets.extend(outcome.sets);
                    reading.findings.extend(outcome.findings);
                }
            }
        }
        reading.findings.append(&mut skipped);
        reading
    }

    /// A source that is read by itself.
    fn whole(&self, source: &Arc<Source>, origin: &Origin) -> Reading {
        let outcome = match self.recognise(source, origin) {
            Form::Whole(outcome) | Form::Layer(outcome) => outcome,
            Form::Control(file) => control::assemble(vec![*file], None, origin.clone()),
            Form::Other(finding) => Outcome::found(vec![finding]),
        };
        Reading { sets: outcome.sets, findings: outcome.findings }
    }

    fn recognise(&self, source: &Arc<Source>, origin: &Origin) -> Form {
        let text = source.text();
        let start = text.trim_start();
        if start.is_empty() {
            let diagnostic = Diagnostic::new(Code::Syntax, "the file is empty").at(source.whole());
            return Form::Whole(Outcome::found(vec![diagnostic]));
        }
        if start.starts_with(['{', '[']) {
            return match Document::json(source, 0) {
                Ok(document) => self
                    .json(source, document.root(), origin)
                    .unwrap_or_else(|| Form::Other(not_a_mapping(source, other_json(text)))),
                Err(finding) => Form::Whole(Outcome::found(vec![finding])),
            };
        }
        if let Some(form) = table::recognise(source, origin, &self.options) {
            return form;
        }
        if control::is_control(text) {
            return match control::parse(Arc::clone(source)) {
                Ok(file) => Form::Control(Box::new(file)),
                Err(findings) => Form::Whole(Outcome::found(findings)),
            };
        }
        if is_unified_yaml(text) {
            return match Document::yaml(source, 0) {
                Ok(document) => match unified::read(source, document.root(), origin.clone()) {
                    Some(outcome) => Form::Whole(outcome),
                    None => Form::Other(not_a_mapping(source, "YAML of another kind")),
                },
                Err(finding) => Form::Whole(Outcome::found(vec![finding])),
            };
        }
        Form::Other(
            table::unknown(source)
                .unwrap_or_else(|| not_a_mapping(source, "it is of no form that is known here")),
        )
    }

    /// A JSON document by its form; `None` when it is none of them.
    fn json(&self, source: &Arc<Source>, root: Node<'_>, origin: &Origin) -> Option<Form> {
        unified::read(source, root, origin.clone())
            .or_else(|| prowler::read(source, root, origin, &self.options))
            .map(Form::Whole)
            .or_else(|| self.layer(source, root, origin).map(Form::Layer))
    }

    /// A layer, as this reader reads them; `None` when it is none.
    fn layer(&self, source: &Arc<Source>, root: Node<'_>, origin: &Origin) -> Option<Outcome> {
        let outcome = layer::read(source, root, origin, &self.options)?;
        if self.purpose == Purpose::Map {
            return Some(outcome);
        }
        let mut findings = layer_check::check(source, root, &self.options.releases);
        // What only the mapping in it can have: the rest is told of the layer already.
        let of_mapping = [Code::UnknownCategory, Code::UnknownLevel, Code::HalfScore];
        findings.extend(outcome.findings.into_iter().filter(|finding| of_mapping.contains(&finding.code)));
        Some(Outcome::found(findings))
    }
}

/// What a file is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Purpose {
    /// To be mapped: a layer becomes a mapping set.
    #[default]
    Map,
    /// To be checked: a layer is checked as a layer.
    Check,
}

/// What is done with a file that holds the same mappings as one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Copies {
    Keep,
    LeaveOut,
}

/// What makes mapping sets, in the order of the files.
enum Slot {
    Whole(Input, Outcome),
    Controls((PathBuf, String), Vec<control::File>),
}

/// The folders and patterns that bring mappings along.
fn with_mappings(forms: &[(Input, Form)]) -> Vec<PathBuf> {
    let mappings = forms.iter().filter(|(_, form)| match form {
        Form::Whole(outcome) => !outcome.sets.is_empty(),
        Form::Control(_) => true,
        Form::Layer(_) | Form::Other(_) => false,
    });
    mappings.filter_map(|(input, _)| input.from.clone()).collect()
}

/// A layer in a folder of mappings.
fn beside_mappings(path: &Path) -> Diagnostic {
    let source = Source::new(path.display().to_string(), String::new());
    let message = "it is a layer beside mappings, and is left out: what it shows would count twice";
    Diagnostic::new(Code::FileSkipped, message).at(source.whole()).help("name the file itself to read it")
}

/// What tells that a YAML file is meant to be the unified form: its rows at the start of a line, or what its metadata say.
fn is_unified_yaml(text: &str) -> bool {
    let has = |key: &str| text.lines().any(|line| line.trim_start_matches([' ', '"', '\'']).starts_with(key));
    has("mapping_objects") || (has("metadata") && has("mapping_framework"))
}

fn not_a_mapping(source: &Source, what: &str) -> Diagnostic {
    Diagnostic::new(Code::NotAMapping, format!("this is not a mapping file: {what}")).at(source.whole()).help(
        "navlayer reads Mappings Explorer and Mappings Editor files, Security Stack Mappings controls, Prowler's \
         mitre_attack files, Navigator layers, and tables by --columns",
    )
}

/// What JSON of another kind seems to be.
fn other_json(text: &str) -> &'static str {
    let has = |key: &str| text.contains(key);
    if has("\"type\"") && has("\"bundle\"") {
        "it is a STIX bundle; `--attack-data` and `navlayer catalog import` read those"
    } else if has("\"event_code\"") && has("\"status_code\"") {
        "it is the result of a scan, which says what passed and not what a service covers; `--deployed FILE` reads those"
    } else {
        "it is JSON of another kind"
    }
}

/// In a folder a file of another kind is no mistake.
pub(crate) fn skip(finding: &Diagnostic) -> Diagnostic {
    Diagnostic {
        code: Code::FileSkipped,
        severity: Code::FileSkipped.severity(),
        help: None,
        ..finding.clone()
    }
}

/// Whether two sets are one, published in two forms.
fn same_mappings(one: &MappingSet, other: &MappingSet) -> bool {
    type Fact<'s> = (&'s str, TechniqueId, Option<(Category, Level)>, Option<u64>);
    fn facts(set: &MappingSet) -> Vec<Fact<'_>> {
        let mut rows: Vec<_> = set
            .mappings
            .iter()
            .map(|row| {
                let number = row.numeric.map(|score| score.value().to_bits());
                (set.capabilities[row.capability].id.as_str(), row.technique, row.score(), number)
            })
            .collect();
        rows.sort_unstable();
        rows
    }
    one.framework == other.framework
        && (one.domain, one.attack_version) == (other.domain, other.attack_version)
        && one.mappings.len() == other.mappings.len()
        && facts(one) == facts(other)
}

/// A set that holds the same mappings as one before it; of those that a folder brings along that is no mistake.
fn twice(held: &MappingSet, set: &MappingSet, is_brought: bool) -> Diagnostic {
    let code = if is_brought { Code::FileSkipped } else { Code::RepeatedSource };
    let message = format!("it holds the same mappings as {}, and is left out", held.origin);
    let diagnostic = Diagnostic::new(code, message);
    match set.sources.iter().next() {
        Some(source) => diagnostic.at(source.whole()),
        None => diagnostic,
    }
}
