//! Findings as workflow commands of GitHub Actions.

use std::fmt::Write as _;

use super::{Diagnostic, Report, Severity, printable};
use crate::source::Locator;

/// A command for each finding and each failure.
pub(super) fn commands(report: &Report<'_>) -> String {
    let mut text = String::new();
    for failure in report.failures {
        let _ = writeln!(text, "::error title=navlayer::{}", data(&printable(failure)));
    }
    for finding in report.told() {
        command(&mut text, finding);
    }
    text
}

fn command(text: &mut String, finding: &Diagnostic) {
    let name = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let title = format!("{} {}", finding.code, finding.code.name());
    let _ = write!(text, "::{name} ");
    let mut message = printable(&finding.message);
    if let Some(place) = finding.place.as_deref() {
        let _ = write!(text, "file={},", property(&printable(&place.file)));
        match &place.locator {
            // A spreadsheet has no lines to annotate.
            Some(Locator::Cell(_)) => {}
            _ if place.line > 0 => {
                let width = place.excerpt.text[place.excerpt.mark.clone()].chars().count();
                let end = place.column + width.max(1) - 1;
                let _ = write!(text, "line={},col={},endColumn={end},", place.line, place.column);
            }
            _ => {}
        }
        if let Some(locator) = &place.locator {
            let _ = write!(message, "\nat {}", printable(locator.as_str()));
        }
    }
    if let Some(help) = &finding.help {
        let _ = write!(message, "\nhelp: {}", printable(help));
    }
    let _ = writeln!(text, "title={}::{}", property(&title), data(&message));
}

/// Text after the second pair of colons.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;
    use crate::source::Source;

    fn commands_of(finding: &Diagnostic) -> String {
        let mut text = String::new();
        command(&mut text, finding);
        text
    }

    #[test]
    fn a_finding_is_one_line_whatever_is_in_it() {
        let source = Source::new("a:b,c%\n::error::x.json", "é \"x\"".to_owned());
        let finding = Diagnostic::new(Code::UnknownLevel, "100 %\r\n::stop-commands::x: a, b")
            .at(source.place(3..6))
            .help("try\nagain");
        assert_eq!(
            commands_of(&finding),
            "::error file=a%3Ab%2Cc%25\u{fffd}%3A%3Aerror%3A%3Ax.json,line=1,col=3,endColumn=5,\
             title=NL0304 unknown-level::100 %25\u{fffd}\u{fffd}::stop-commands::x: a, b%0Ahelp: try\u{fffd}again\n"
        );
    }

    #[test]
    fn notes_are_notices_and_a_whole_file_has_no_line() {
        let source = Source::new("a.yml", "x".to_owned());
        let finding = Diagnostic::new(Code::FileName, "the name").at(source.whole());
        assert_eq!(commands_of(&finding), "::notice file=a.yml,title=NL0406 file-name::the name\n");
        assert_eq!(
            commands_of(&Diagnostic::new(Code::NoTags, "none")),
            "::notice title=NL0405 no-tags::none\n"
        );
    }
}
