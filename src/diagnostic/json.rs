//! Findings as a JSON object. What holds for the form stands here, for its schema is made of it.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Diagnostic, Report, Severity};
use crate::source::Locator;

/// What `navlayer validate --format json` writes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "Findings")]
pub struct FindingsFile<'a> {
    /// The tool and its version.
    pub generator: &'static str,
    /// The files that were checked, as they were named.
    pub files: &'a [String],
    /// What could not be checked, and why; the exit code is 2 when there is any.
    pub failures: &'a [String],
    /// How much was found.
    pub summary: Counts,
    /// What was found: file by file, from top to bottom.
    pub findings: Vec<FindingEntry<'a>>,
}

/// How many findings there are, those that are not listed included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Counts {
    /// Files that were checked.
    pub files: usize,
    /// Findings of severity error; the exit code is 1 when there is any.
    pub errors: usize,
    /// Findings of severity warning.
    pub warnings: usize,
    /// Findings of severity note.
    pub notes: usize,
    /// Per code and severity, in the order of the codes.
    pub codes: Vec<CodeCount>,
}

/// How many findings have one code and severity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CodeCount {
    /// The code: `NL0304`.
    pub code: &'static str,
    /// The code in words: `unknown-level`.
    pub name: String,
    /// The severity.
    pub severity: Severity,
    /// How many.
    pub count: usize,
}

/// A finding.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FindingEntry<'a> {
    /// The code: `NL0304`.
    pub code: &'static str,
    /// The code in words: `unknown-level`.
    pub name: String,
    /// How much it matters.
    pub severity: Severity,
    /// What was found, with the value.
    pub message: &'a str,
    /// The file, as it was named; null for what is about no file.
    pub file: Option<&'a str>,
    /// The line, from 1, or the row of a spreadsheet; null for the file as a whole.
    pub line: Option<usize>,
    /// The column in characters, from 1, or that of a spreadsheet; null for the file as a whole.
    pub column: Option<usize>,
    /// Where that is in the file's own terms: the path of a JSON or YAML value (`mapping_objects[3].score_value`), the
    /// record and column of a table (`record 12, score_value`), the cell of a spreadsheet (`Sheet1!G12`).
    pub locator: Option<&'a str>,
    /// The offending value as it stands in the file, cut after 120 characters; null for the file as a whole.
    pub value: Option<&'a str>,
    /// What to do about it.
    pub help: Option<&'a str>,
}

impl<'a> FindingsFile<'a> {
    pub(super) fn new(report: &Report<'a>) -> Self {
        Self {
            generator: crate::GENERATOR,
            files: report.files,
            failures: report.failures,
            summary: report.counts(),
            findings: report.told().map(FindingEntry::new).collect(),
        }
    }
}

impl<'a> FindingEntry<'a> {
    fn new(finding: &'a Diagnostic) -> Self {
        let place = finding.place.as_deref();
        let spot = place.filter(|place| place.line > 0);
        Self {
            code: finding.code.id(),
            name: finding.code.name(),
            severity: finding.severity,
            message: &finding.message,
            file: place.map(|place| &*place.file),
            line: spot.map(|place| place.line),
            column: spot.map(|place| place.column),
            locator: spot.and_then(|place| place.locator.as_ref()).map(Locator::as_str),
            value: spot.map(|place| place.value.as_str()),
            help: finding.help.as_deref(),
        }
    }
}
