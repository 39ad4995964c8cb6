//! What a run found, as a whole.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::json::{CodeCount, Counts, FindingsFile};
use super::{Code, Diagnostic, Severity, github, is_hostile, sarif};

/// What was found in some files, and how much of it is told.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The files that were checked, as they were named, in their order.
    pub files: &'a [String],
    /// Everything that was found, in the order in which it is told.
    pub findings: &'a [Diagnostic],
    /// What could not be checked, and why.
    pub failures: &'a [String],
    /// The least severity that is told; all findings count.
    pub least: Severity,
}

impl<'a> Report<'a> {
    /// The findings that are told.
    pub fn told(&self) -> impl Iterator<Item = &'a Diagnostic> + use<'a> {
        let least = self.least;
        self.findings.iter().filter(move |finding| finding.severity <= least)
    }

    /// How many findings there are of each severity, told or not.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let count = |severity| self.findings.iter().filter(|one| one.severity == severity).count();
        Counts {
            files: self.files.len(),
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            notes: count(Severity::Note),
            codes: code_counts(self.findings),
        }
    }

    /// As a JSON object; [`FindingsFile`] says what is in it.
    #[must_use]
    pub fn json(&self) -> String {
        json_text(&FindingsFile::new(self))
    }

    /// As a JSON object that lists no finding, and counts them all.
    #[must_use]
    pub fn summary_json(&self) -> String {
        json_text(&FindingsFile { findings: Vec::new(), ..FindingsFile::new(self) })
    }

    /// As a SARIF 2.1.0 log, for code scanning.
    #[must_use]
    pub fn sarif(&self) -> String {
        json_text(&sarif::log(self))
    }

    /// As the commands by which a GitHub Actions step annotates files, a line each.
    #[must_use]
    pub fn github(&self) -> String {
        github::commands(self)
    }
}

/// How many findings there are of each code and severity, in the order of the codes.
#[must_use]
pub fn code_counts(findings: &[Diagnostic]) -> Vec<CodeCount> {
    let mut counts: BTreeMap<(Code, Severity), usize> = BTreeMap::new();
    for finding in findings {
        *counts.entry((finding.code, finding.severity)).or_default() += 1;
    }
    let each = counts.into_iter();
    each.map(|((code, severity), count)| CodeCount { code: code.id(), name: code.name(), severity, count })
        .collect()
}

/// A value as indented JSON that is safe to print: what a terminal would obey is escaped, and still the same text.
///
/// # Panics
/// Never: what is made here has texts for keys and no failing parts.
pub(super) fn json_text(value: &impl serde::Serialize) -> String {
    let raw = serde_json::to_string_pretty(value).expect("texts and numbers are JSON");
    let mut text = String::with_capacity(raw.len() + 1);
    for character in raw.chars() {
        // The line ends stand between the values: within them they are escaped already.
        if is_hostile(character) && character != '\n' {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        } else {
            text.push(character);
        }
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_every_character_and_shows_no_hostile_one() {
        let value = "a\u{1b}[2J\u{202e}\u{9b}\u{7f}\n\u{feff}é\u{1f600}";
        let text = json_text(&vec![value]);
        assert!(text.chars().all(|c| c == '\n' || !is_hostile(c)), "{text:?}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&text).expect("it is JSON"), [value]);
    }
}
