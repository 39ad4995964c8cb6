//! What a scan found: results of checks, added up by check, account and region.

mod ocsf;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{ControlFlow, Range};

use super::Counts;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Source;

/// The largest scan that is read, in bytes, packed or not.
pub const MAX_BYTES: u64 = 512 * 1024 * 1024;

/// How many findings of a file are kept.
const MAX_FINDINGS: usize = 1_000;

/// How much of a status a message repeats, in characters.
const MAX_STATUS: usize = 40;

/// What results are added up by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// The cloud: `aws`; empty where the scan does not say.
    pub provider: String,
    /// The check: `guardduty_is_enabled`.
    pub check: String,
    /// The account, subscription or project.
    pub account: String,
    /// The region or location.
    pub region: String,
}

/// How a result came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    Manual,
    Muted,
}

impl Outcome {
    /// By its name in the scan; `None` for one that no version of Prowler writes.
    fn named(name: &str, is_muted: bool) -> Option<Self> {
        let outcome = match name.trim().to_ascii_uppercase().as_str() {
            "PASS" => Self::Passed,
            "FAIL" => Self::Failed,
            "MANUAL" | "INFO" => Self::Manual,
            "MUTED" => return Some(Self::Muted),
            _ => return None,
        };
        Some(if is_muted { Self::Muted } else { outcome })
    }
}

/// A result as a scan states it.
struct ScanResult<'a> {
    provider: &'a str,
    check: &'a str,
    account: &'a str,
    region: &'a str,
    resource: &'a str,
    status: &'a str,
    is_muted: bool,
}

/// Scans, read one after the other.
///
/// A result that stands there more than once counts once, in one file or in several: a compliance table repeats each for
/// every requirement that it is about, and says the same as the list of findings of the same run.
#[derive(Debug, Clone, Default)]
pub struct Scans {
    files: Vec<String>,
    results: BTreeMap<Target, Counts>,
    seen: BTreeSet<String>,
}

/// The name of a file without its folders, which are its reader’s own affair and differ from machine to machine.
#[must_use]
pub fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

impl Scans {
    /// Whether a text looks like a scan rather than a list: it is JSON, or a table with a column for checks.
    #[must_use]
    pub fn is_scan(source: &Source) -> bool {
        is_json(source) || table::is_scan(source)
    }

    /// Reads a file: Prowler's findings in OCSF (JSON), one of its compliance tables, or its own table (CSV). Returns what
    /// was found in it; an error among that says that not all of it was read.
    pub fn read(&mut self, source: &Source) -> Vec<Diagnostic> {
        self.files.push(file_name(source.name()).to_owned());
        let mut reader = Reader { source, scans: self, findings: Vec::new(), results: 0 };
        let outcome = if is_json(source) { ocsf::read(&mut reader) } else { table::read(&mut reader) };
        let Reader { mut findings, results, .. } = reader;
        match outcome {
            Err(finding) => findings.push(finding),
            // What cannot be counted says nothing of what runs.
            Ok(()) if results == findings.len() => {
                let message = "the scan holds no result of a check that can be counted";
                findings.push(Diagnostic::new(Code::NotAScan, message).at(source.whole()));
            }
            Ok(()) => {}
        }
        findings
    }

    /// The names of the files.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(String::as_str)
    }

    /// The results, added up, in order.
    pub fn results(&self) -> impl Iterator<Item = (&Target, Counts)> {
        self.results.iter().map(|(target, counts)| (target, *counts))
    }
}

fn is_json(source: &Source) -> bool {
    source.text().trim_start().starts_with(['[', '{'])
}

/// A file while it is read.
struct Reader<'s> {
    source: &'s Source,
    scans: &'s mut Scans,
    findings: Vec<Diagnostic>,
    /// How many results it states, repeated ones included.
    results: usize,
}

impl Reader<'_> {
    /// Counts a result, which stands at `bytes`, its status at `status`.
    fn push(&mut self, result: &ScanResult<'_>, bytes: Range<usize>) -> ControlFlow<()> {
        let check = result.check.trim();
        // Prowler writes such a row for a requirement that no check looks at.
        if check == "manual" {
            return ControlFlow::Continue(());
        }
        self.results += 1;
        if check.is_empty() {
            return self.find(bytes, "the result names no check", "it is left out");
        }
        let Some(outcome) = Outcome::named(result.status, result.is_muted) else {
            let status: String = result.status.trim().chars().take(MAX_STATUS).collect();
            let message =
                format!("the result has the status `{status}`, which is none of PASS, FAIL and MANUAL");
            return self.find(bytes, &message, "it is left out");
        };
        let target = Target {
            provider: result.provider.trim().to_lowercase(),
            check: check.to_owned(),
            account: result.account.trim().to_owned(),
            region: result.region.trim().to_owned(),
        };
        // Without a resource, every row is a result of its own.
        let number = self.results.to_string();
        let resource = if result.resource.trim().is_empty() { &number } else { result.resource.trim() };
        let key = [&target.check, &target.account, &target.region, resource].join("\0");
        if self.scans.seen.insert(format!("{key}\0{outcome:?}")) {
            let counts = self.scans.results.entry(target).or_default();
            match outcome {
                Outcome::Passed => counts.passed += 1,
                Outcome::Failed => counts.failed += 1,
                Outcome::Manual => counts.manual += 1,
                Outcome::Muted => counts.muted += 1,
            }
        }
        ControlFlow::Continue(())
    }

    /// Remembers that a result cannot count; breaks when nobody would read more of that.
    fn find(&mut self, bytes: Range<usize>, message: &str, help: &str) -> ControlFlow<()> {
        let place = self.source.place(bytes);
        if self.findings.len() >= MAX_FINDINGS {
            let finding = Diagnostic::new(Code::TooManyFindings, "no more of the file is read").at(place);
            self.findings.push(finding);
            return ControlFlow::Break(());
        }
        self.findings.push(Diagnostic::new(Code::SpoiltResult, message).at(place).help(help));
        ControlFlow::Continue(())
    }
}
