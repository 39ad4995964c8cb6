//! Findings and failures on the terminal.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use navlayer::diagnostic::{Code, Diagnostic, Excerpt, Place, Severity, printable};
use navlayer::output::{Action, Change, MANIFEST, Sink};
use navlayer::source::Locator;

use super::{Failure, Global};

/// How many findings of one code are shown, unless all are asked for.
const SHOWN: usize = 10;

/// Prints findings to standard error, in their order, and says how many were left out and why.
///
/// Errors and warnings are shown with the line that they stand in; notes only when asked for.
pub(crate) fn print(findings: &[Diagnostic], global: &Global) {
    print_up_to(if global.verbose { usize::MAX } else { SHOWN }, findings, global);
}

/// Prints findings as [`print`] does, none left out: there are few of them.
pub(crate) fn print_all(findings: &[Diagnostic], global: &Global) {
    print_up_to(usize::MAX, findings, global);
}

fn print_up_to(most: usize, findings: &[Diagnostic], global: &Global) {
    let least = match (global.quiet, global.verbose) {
        (true, _) => Severity::Error,
        (_, true) => Severity::Note,
        _ => Severity::Warning,
    };
    let mut seen: BTreeMap<Code, usize> = BTreeMap::new();
    let mut text = String::new();
    let renderer = Renderer::styled();
    for finding in findings.iter().filter(|finding| finding.severity <= least) {
        let count = seen.entry(finding.code).or_default();
        *count += 1;
        if *count <= most {
            text.push_str(&render(finding, &renderer));
            text.push('\n');
        }
    }
    let left_out = seen.iter().filter(|(_, count)| **count > most);
    for (code, count) in left_out {
        let _ = writeln!(text, "... and {} more {code}; -v shows them all", count - most);
    }
    // Standard error may be closed; there is nobody left to tell.
    let _ = write!(anstream::stderr(), "{text}");
}

/// Prints one line of what was done, unless quiet.
pub(crate) fn say(global: &Global, line: &str) {
    if !global.quiet {
        let _ = writeln!(anstream::stderr(), "{}", clean(line));
    }
}

/// Says what was written to a folder: how many things of which kind, and how many files were new, changed or removed.
pub(crate) fn say_written(global: &Global, sink: &Sink, changes: &[Change], what: &str) {
    let count = |action| changes.iter().filter(|one| one.action == action && one.path != MANIFEST).count();
    let total = sink.files().len();
    let noun = if total == 1 { what.to_owned() } else { format!("{what}s") };
    let parts: Vec<String> = [(Action::Add, "new"), (Action::Change, "changed"), (Action::Remove, "removed")]
        .into_iter()
        .filter(|(action, _)| count(*action) > 0)
        .map(|(action, word)| format!("{} {word}", count(action)))
        .collect();
    let done = if parts.is_empty() { "up to date".to_owned() } else { parts.join(", ") };
    say(global, &format!("{total} {noun} in {}: {done}", sink.root().display()));
}

/// Prints what stopped the run.
pub(crate) fn print_failure(failure: &Failure) {
    let message = clean(&failure.message);
    let mut group = Group::with_title(Level::ERROR.primary_title(message.as_str()));
    let help = failure.help.as_deref().map(clean);
    if let Some(help) = &help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let _ = writeln!(anstream::stderr(), "{}", Renderer::styled().render(&[group]));
}

/// A finding as a compiler would show it: what, where with the line, and what to do.
pub(crate) fn render(finding: &Diagnostic, renderer: &Renderer) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let message = clean(&finding.message);
    let title = level.primary_title(message.as_str()).id(finding.code.id());
    let mut group = Group::with_title(title);
    // What the renderer makes of the place, and what it is.
    let mut counted = None;
    if let Some(place) = &finding.place {
        let file = clean(&place.file);
        if place.line == 0 {
            group = group.element(Origin::path(file));
        } else {
            let (excerpt, mark) = clean_excerpt(place);
            let column = excerpt[..mark.start].chars().count() + 1;
            counted = Some((format!("{file}:{}:{column}", place.line), clean(&place.to_string())));
            let label = match &place.locator {
                Some(Locator::Cell(_)) | None => None,
                Some(locator) => Some(clean(locator.as_str())),
            };
            let snippet = Snippet::source(excerpt)
                .path(file)
                .line_start(place.line)
                .annotation(AnnotationKind::Primary.span(mark).label(label));
            group = group.element(snippet);
        }
    }
    let help = finding.help.as_deref().map(clean);
    if let Some(help) = &help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let text = renderer.render(&[group]);
    // The excerpt of a long line starts in its middle, and a cell is no line: the line below the title says so.
    match (counted, text.split_once('\n')) {
        (Some((counted, place)), Some((title, rest))) if counted != place => {
            format!("{title}\n{}", rest.replacen(&counted, &place, 1))
        }
        // Without a line number there is nothing for the arrow to stand below.
        (None, Some((title, rest))) if finding.place.is_some() => {
            format!("{title}\n{}", rest.replacen("-->", " -->", 1))
        }
        _ => text,
    }
}

/// The excerpt without what a terminal would obey, and where its mark is then. Tabs stay: the renderer knows them.
fn clean_excerpt(place: &Place) -> (String, Range<usize>) {
    let Excerpt { text, mark } = &place.excerpt;
    let clean = |text: &str| text.split('\t').map(clean).collect::<Vec<_>>().join("\t");
    let (before, rest) = text.split_at_checked(mark.start).unwrap_or((text, ""));
    let (marked, after) = rest.split_at_checked(mark.len()).unwrap_or((rest, ""));
    let mut cleaned = clean(before);
    let start = cleaned.len();
    cleaned.push_str(&clean(marked));
    let end = cleaned.len();
    cleaned.push_str(&clean(after));
    (cleaned, start..end)
}

/// Text from a file without what a terminal would obey.
pub(crate) fn clean(text: &str) -> String {
    printable(text)
}
