//! The account of an upgrade as text.

use std::fmt::Write as _;

use navlayer::attack::upgrade::{Absence, Change, Counted, Kind, Named, Record, TacticChange, TacticMove};

use crate::cli::findings::clean;

/// How every account begins, and is known by.
pub(super) const OPENING: &str = "What became of every row, by navlayer ";

/// The accounts, one after the other.
pub(super) fn account(records: &[Record]) -> String {
    let mut text = format!("{OPENING}{}\n", env!("CARGO_PKG_VERSION"));
    if records.is_empty() {
        text.push_str("\nNothing was carried to another ATT&CK version.\n");
    }
    for record in records {
        text.push('\n');
        text.push_str(&of(record));
    }
    for absent in Absence::of(records) {
        let Absence { techniques, .. } = &absent;
        // Of several accounts, whose it is; of one, that is plain.
        let of = if records.len() > 1 { absent.describe_source() + ": " } else { String::new() };
        let n = techniques.len();
        let noun = if n == 1 { "technique is" } else { "techniques are" };
        let amount = format!("{of}{n} {noun} {}", absent.reason());
        section(&mut text, "Not assessed", &clean(&amount), techniques.iter().map(Named::to_string));
    }
    text
}

fn of(record: &Record) -> String {
    let Record { domain, from, to, counted, counts, .. } = record;
    let noun = counted.noun(0);
    let (title, source) = (clean(&record.title), clean(&record.source));
    let mut text = format!("{title}: {} ATT&CK {from} to {to}\nread from {source}\n\n", domain.name());
    let width = counts.rows.to_string().len().max(3);
    let (rows_in, rows_out) = (format!("{noun} in"), format!("{noun} out"));
    let word = rows_out.len().max("renumbered".len());
    let mut count = |n: usize, what: &str, meaning: &str| {
        let _ = writeln!(text, "  {n:>width$}  {what:<word$}  {meaning}");
    };
    count(counts.rows, &rows_in, &format!("on ATT&CK {from}"));
    for kind in Kind::ALL {
        count(counts.of(kind), kind.name(), kind.definition(*counted));
    }
    count(counts.rows_out(), &rows_out, &format!("on ATT&CK {to}: all but the merged and the dropped"));
    let kinds = [
        ("Dropped", Kind::Dropped),
        ("Renamed", Kind::Renamed),
        ("Renumbered", Kind::Renumbered),
        ("Replaced", Kind::Replaced),
    ];
    for (heading, kind) in kinds {
        let lines = record.of(kind).map(|one| change(one, *counted));
        section(&mut text, heading, &record.amount(record.of(kind)), lines);
    }
    let merges = record.merges.iter().map(|merge| {
        let result = if merge.result.is_empty() { String::new() } else { format!(": {}", merge.result) };
        let note = merge.note.as_ref().map_or_else(String::new, |note| format!("; {note}"));
        format!("{}, {}{result} (of {}){note}", merge.to, merge.of, merge.origins().join(", "))
    });
    section(&mut text, "Merged", &record.merged_amount(), merges);
    let tactics = record.tactics.iter().map(TacticChange::describe);
    let tactics = tactics.chain(record.tactic_moves.iter().map(TacticMove::describe));
    section(&mut text, "Tactics", "", tactics);
    section(&mut text, "Platform filter", "", record.platforms.iter().cloned());
    text
}

/// A heading with what the lines are an account of, and the lines; nothing where there are none.
fn section(text: &mut String, heading: &str, amount: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        return;
    }
    let colon = if amount.is_empty() { "" } else { ": " };
    let _ = writeln!(text, "\n{heading}{colon}{amount}");
    for line in lines {
        let _ = writeln!(text, "  {}", clean(&line));
    }
}

fn change(change: &Change, counted: Counted) -> String {
    let rows = counted.amount(change.rows, change.merged);
    let from = if change.from.id.is_empty() { "no technique".to_owned() } else { change.from.to_string() };
    match (&change.to, &change.reason) {
        (Some(to), _) => {
            let way = change.way().map_or_else(String::new, |way| format!(", {way}"));
            format!("{from} -> {to}{way} ({rows})")
        }
        (None, Some(reason)) => format!("{from}: {reason} ({rows})"),
        (None, None) => format!("{from} ({rows})"),
    }
}
