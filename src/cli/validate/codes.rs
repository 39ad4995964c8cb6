//! The page of all codes.

use std::fmt::Write as _;
use std::io;

use navlayer::diagnostic::Code;
use serde::Serialize;

use super::super::{CommandResult, Failure, Outcome};
use super::Format;

/// What the two digits after `NL` say.
const PARTS: [(&str, &str); 8] = [
    ("01", "Reading a file"),
    ("02", "Techniques"),
    ("03", "Mappings"),
    ("04", "Evidence and form"),
    ("05", "Layers"),
    ("06", "Converting"),
    ("07", "Configuration"),
    ("08", "Another ATT&CK version"),
];

/// A code in the JSON form of the page.
#[derive(Serialize)]
struct Entry {
    code: &'static str,
    name: String,
    severity: &'static str,
    description: &'static str,
    advice: Option<&'static str>,
    example: Option<&'static str>,
}

/// Prints the page.
pub(super) fn print(format: Format, out: &mut dyn io::Write) -> CommandResult {
    let text = match format {
        Format::Text => text(),
        Format::Markdown => markdown(),
        Format::Json => json()?,
        Format::Sarif | Format::Github => {
            return Err(
                Failure::new("the codes are no findings").with_help("--format is text, json or markdown")
            );
        }
    };
    out.write_all(text.as_bytes())?;
    Ok(Outcome::Clean)
}

/// The codes of each part that has any, with its title.
fn parts() -> impl Iterator<Item = (&'static str, Vec<Code>)> {
    let part = |code: Code| &code.id()[2..4];
    let groups = Code::ALL.chunk_by(move |one, next| part(*one) == part(*next));
    groups.map(move |codes| {
        let number = part(codes[0]);
        let title = PARTS.iter().find(|(one, _)| *one == number).map_or("Others", |(_, title)| title);
        (title, codes.to_vec())
    })
}

fn text() -> String {
    let mut text = String::new();
    for (title, codes) in parts() {
        let _ = writeln!(text, "{title}\n");
        for code in codes {
            let _ = writeln!(text, "  {code}  {} ({})", code.name(), code.severity().name());
            for paragraph in [Some(code.description()), code.advice()].into_iter().flatten() {
                for line in wrapped(paragraph, 90) {
                    let _ = writeln!(text, "          {line}");
                }
            }
            text.push('\n');
        }
    }
    text
}

/// The lines of a paragraph, each of at most `width` characters where its words allow.
fn wrapped(paragraph: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in paragraph.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn markdown() -> String {
    let mut text = String::from(
        "<!-- Made by `navlayer validate --codes --format markdown`. -->\n\n# Findings\n\nWhat navlayer finds in your \
         files. A code never changes its meaning. *Errors* stop everything that would be built on them and make the exit \
         code 1, *warnings* do so with `--strict`, *notes* tell how something was read. The examples show what matters \
         of a file.\n\n| code | name | severity |\n|---|---|---|\n",
    );
    for code in Code::ALL {
        let name = code.name();
        let anchor = format!("{}-{name}", code.id().to_lowercase());
        let _ = writeln!(text, "| [{code}](#{anchor}) | {name} | {} |", code.severity().name());
    }
    for (title, codes) in parts() {
        let _ = write!(text, "\n## {title}\n");
        for code in codes {
            let (name, severity) = (code.name(), code.severity().name());
            let _ = write!(text, "\n### {code} {name}\n\n*{severity}*: {}\n", code.description());
            if let Some(advice) = code.advice() {
                let _ = write!(text, "\n{advice}\n");
            }
            if let Some(example) = code.example() {
                let language = if example.starts_with('{') { "json" } else { "yaml" };
                let _ = write!(text, "\n```{language}\n{}\n```\n", example.trim_end());
            }
        }
    }
    text
}

fn json() -> Result<String, Failure> {
    let entry = |code: &Code| Entry {
        code: code.id(),
        name: code.name(),
        severity: code.severity().name(),
        description: code.description(),
        advice: code.advice(),
        example: code.example(),
    };
    let entries: Vec<Entry> = Code::ALL.iter().map(entry).collect();
    let text = serde_json::to_string_pretty(&entries).map_err(|error| Failure::new(error.to_string()))?;
    Ok(text + "\n")
}
