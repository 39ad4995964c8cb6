//! Findings for people: each with its line, and how many there are.

use std::fmt::Write as _;
use std::io;
use std::num::NonZero;
use std::thread;

use annotate_snippets::Renderer;
use anstream::{AutoStream, ColorChoice};
use navlayer::diagnostic::{Counts, Diagnostic, Report, Severity};

use super::findings::render;

/// How many findings are drawn by one thread at least: fewer are not worth it.
const SHARE: usize = 64;

/// All findings, and what they come to.
pub(super) fn report(report: &Report<'_>) -> String {
    let mut text = drawn(report);
    if report.least != Severity::Error {
        text.push_str(&total(&report.counts()));
    }
    text
}

/// How many findings there are of each code, and what they come to.
pub(super) fn summary(report: &Report<'_>) -> String {
    let counts = report.counts();
    let told: Vec<_> = counts.codes.iter().filter(|one| one.severity <= report.least).collect();
    let width = told.iter().map(|one| one.count.to_string().len()).max().unwrap_or(0);
    let mut text = String::new();
    for one in told {
        let _ =
            writeln!(text, "{:>width$}  {:<7}  {}  {}", one.count, one.severity.name(), one.code, one.name);
    }
    text + &total(&counts)
}

/// `12 files: 3 errors, 5 warnings, 40 notes`
fn total(counts: &Counts) -> String {
    let number = |count: usize, noun: &str| {
        let plural = if count == 1 { "" } else { "s" };
        format!("{count} {noun}{plural}")
    };
    let found: Vec<String> = [(counts.errors, "error"), (counts.warnings, "warning"), (counts.notes, "note")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, noun)| number(count, noun))
        .collect();
    let found = if found.is_empty() { "no findings".to_owned() } else { found.join(", ") };
    let found = if counts.files == 0 { "nothing was read".to_owned() } else { found };
    format!("{}: {found}\n", number(counts.files, "file"))
}

/// The findings as they are shown, drawn on all processors.
fn drawn(report: &Report<'_>) -> String {
    // The colours of a terminal, and of nothing else: the report may go into a file.
    let renderer = match AutoStream::choice(&io::stdout()) {
        ColorChoice::Never => Renderer::plain(),
        _ => Renderer::styled(),
    };
    let told: Vec<&Diagnostic> = report.told().collect();
    let draw = |findings: &[&Diagnostic]| -> String {
        findings.iter().map(|finding| render(finding, &renderer) + "\n\n").collect()
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let share = told.len().div_ceil(threads).max(SHARE);
    thread::scope(|scope| {
        let parts: Vec<_> = told.chunks(share).map(|part| scope.spawn(|| draw(part))).collect();
        let parts = parts.into_iter().map(|part| match part.join() {
            Ok(text) => text,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        parts.collect()
    })
}
