//! Findings as a SARIF 2.1.0 log, the form that code scanning reads.

mod model;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::is_separator;

use serde::Serialize;

use self::model::{
    Artifact, ArtifactLocation, Configuration, Driver, Finding, Invocation, Location, Log, LogicalLocation,
    Message, Notification, PhysicalLocation, Region, Rule, Run, Snippet, Tool,
};
use super::{Code, Diagnostic, Place, Report, Severity};
use crate::source::Locator;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The log of a report: one run.
pub(super) fn log(report: &Report<'_>) -> impl Serialize + use<> {
    let mut artifacts = Artifacts::default();
    for file in report.files {
        artifacts.index(uri(file));
    }
    let results = report.told().map(|finding| result(finding, &mut artifacts)).collect();
    let failures = report
        .failures
        .iter()
        .map(|failure| Notification { level: Severity::Error.name(), message: plain(failure) });
    let run = Run {
        tool: Tool {
            driver: Driver {
                name: "navlayer",
                version: VERSION,
                semantic_version: VERSION,
                rules: Code::ALL.iter().map(|code| rule(*code)).collect(),
            },
        },
        column_kind: "unicodeCodePoints",
        invocations: [Invocation {
            execution_successful: report.failures.is_empty(),
            tool_execution_notifications: failures.collect(),
        }],
        artifacts: artifacts.all,
        results,
    };
    Log { schema: SCHEMA, version: "2.1.0", runs: [run] }
}

/// The files, each once.
#[derive(Default)]
struct Artifacts {
    all: Vec<Artifact>,
    indices: BTreeMap<String, usize>,
}

impl Artifacts {
    fn index(&mut self, uri: String) -> usize {
        if let Some(index) = self.indices.get(&uri) {
            return *index;
        }
        let index = self.all.len();
        self.indices.insert(uri.clone(), index);
        self.all.push(Artifact { location: ArtifactLocation { uri, index: None } });
        index
    }
}

fn plain(text: &str) -> Message {
    Message { text: text.to_owned(), markdown: None }
}

fn rule(code: Code) -> Rule {
    let help = code.advice().map(|advice| Message {
        text: advice.to_owned(),
        markdown: code.example().map(|example| format!("{advice}\n\n```\n{}\n```\n", example.trim_end())),
    });
    Rule {
        id: code.id(),
        name: code.name(),
        short_description: plain(first_sentence(code.description())),
        full_description: plain(code.description()),
        help,
        default_configuration: Configuration { level: code.severity().name() },
    }
}

fn first_sentence(text: &str) -> &str {
    text.split_once(". ").map_or(text, |(first, _)| first)
}

fn result(finding: &Diagnostic, artifacts: &mut Artifacts) -> Finding {
    let text = match &finding.help {
        Some(help) => format!("{}\nHelp: {help}", finding.message),
        None => finding.message.clone(),
    };
    Finding {
        rule_id: finding.code.id(),
        rule_index: Code::ALL.iter().position(|code| *code == finding.code),
        level: finding.severity.name(),
        message: plain(&text),
        locations: finding.place.iter().map(|place| location(place, artifacts)).collect(),
    }
}

fn location(place: &Place, artifacts: &mut Artifacts) -> Location {
    let uri = uri(&place.file);
    let index = Some(artifacts.index(uri.clone()));
    let logical = place.locator.as_ref().map(|locator| LogicalLocation {
        fully_qualified_name: locator.as_str().to_owned(),
        kind: match locator {
            Locator::Path(_) => "value",
            Locator::Record(_) => "record",
            Locator::Cell(_) => "cell",
        },
    });
    // A spreadsheet has no lines.
    let has_lines = place.line > 0 && !matches!(place.locator, Some(Locator::Cell(_)));
    let (region, context_region) = if has_lines { regions(place) } else { (None, None) };
    Location {
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation { uri, index },
            region,
            context_region,
        },
        logical_locations: logical.into_iter().collect(),
    }
}

/// The value, and what is shown of its line where that is more.
fn regions(place: &Place) -> (Option<Region>, Option<Region>) {
    let text = &place.excerpt.text;
    let mark = place.excerpt.mark.clone();
    let count = |part: &str| part.chars().count();
    let region = |start: usize, part: &str| Region {
        start_line: place.line,
        start_column: start,
        end_line: place.line,
        end_column: start + count(part),
        snippet: (!part.is_empty()).then(|| Snippet { text: part.to_owned() }),
    };
    let before = count(&text[..mark.start]);
    let context = region(place.column.saturating_sub(before).max(1), text);
    let is_more = mark.len() < text.len();
    (Some(region(place.column, &text[mark])), is_more.then_some(context))
}

/// A file's name as a reference: relative as it was named, or `file:` where it was absolute.
fn uri(name: &str) -> String {
    let mut uri = String::with_capacity(name.len() + 8);
    let bytes = name.as_bytes();
    let is_drive = bytes.len() > 2
        && bytes[0].is_ascii_alphabetic()
        && bytes[1] == b':'
        && is_separator(char::from(bytes[2]));
    let mut rest = name;
    if is_drive {
        let _ = write!(uri, "file:///{}", &name[..2]);
        rest = &name[2..];
    } else if name.starts_with(is_separator) {
        uri.push_str(if cfg!(windows) && name[1..].starts_with(is_separator) { "file:" } else { "file://" });
    } else {
        while let Some(below) = rest.strip_prefix('.').and_then(|below| below.strip_prefix(is_separator)) {
            rest = below;
        }
    }
    for character in rest.chars() {
        match character {
            'A'..='Z' | 'a'..='z' | '0'..='9' | '-' | '.' | '_' | '~' => uri.push(character),
            _ if is_separator(character) => uri.push('/'),
            _ => {
                for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                    let _ = write!(uri, "%{byte:02X}");
                }
            }
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    #[test]
    fn names_become_references() {
        for (name, expected) in [
            ("a.json", "a.json"),
            ("./a b/c:d.json", "a%20b/c%3Ad.json"),
            ("../é%20#?.json", "../%C3%A9%2520%23%3F.json"),
            ("/data/a b.json", "file:///data/a%20b.json"),
            ("standard input", "standard%20input"),
            ("a\u{1b}\u{202e}", "a%1B%E2%80%AE"),
        ] {
            assert_eq!(uri(name), expected, "{name}");
        }
    }

    #[test]
    fn regions_count_characters_from_one() {
        let source = Source::new("a.json", "{\n \"é\": \"T9\", 1}\n".to_owned());
        let at = source.text().find("\"T9").expect("it is there");
        let (region, context) = regions(&source.place(at..at + 4));
        let (region, context) = (region.expect("a region"), context.expect("its line"));
        assert_eq!(
            (region.start_line, region.start_column, region.end_line, region.end_column),
            (2, 7, 2, 11)
        );
        assert_eq!(region.snippet.map(|snippet| snippet.text).as_deref(), Some("\"T9\""));
        assert_eq!((context.start_column, context.end_column), (1, 15));
        assert_eq!(context.snippet.map(|snippet| snippet.text).as_deref(), Some(" \"é\": \"T9\", 1}"));
    }

    #[test]
    fn a_part_of_a_long_line_stands_where_it_is() {
        let source = Source::new("a.json", "é".repeat(1_000));
        let (region, context) = regions(&source.place(1_000..1_010));
        let (region, context) = (region.expect("a region"), context.expect("its line"));
        assert_eq!((region.start_column, region.end_column), (501, 506));
        assert!(context.start_column < 501 && context.end_column > 506);
        let shown = context.snippet.expect("a text").text.chars().count();
        assert_eq!(context.end_column - context.start_column, shown);
    }
}
