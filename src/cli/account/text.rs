//! The account of an upgrade as text.

use std::fmt::Write as _;

use navlayer::attack::upgrade::{Change, Kind, Named, Record, TacticChange, TacticMove};

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
    text
}

fn of(record: &Record) -> String {
    let Record { domain, from, to, counts, .. } = record;
    let (title, source) = (clean(&record.title), clean(&record.source));
    let mut text = format!("{title}: {} ATT&CK {from} to {to}\nread from {source}\n\n", domain.name());
    let width = counts.rows.to_string().len().max(3);
    let mut count = |n: usize, what: &str, meaning: &str| {
        let _ = writeln!(text, "  {n:>width$}  {what:<10}  {meaning}");
    };
    count(counts.rows, "rows in", &format!("made on ATT&CK {from}"));
    for kind in Kind::ALL {
        count(counts.of(kind), kind.name(), kind.definition());
    }
    count(counts.rows_out(), "rows out", &format!("on ATT&CK {to}: all but the merged and the dropped"));
    let kinds = [
        ("Dropped", Kind::Dropped),
        ("Renamed", Kind::Renamed),
        ("Renumbered", Kind::Renumbered),
        ("Replaced", Kind::Replaced),
    ];
    for (heading, kind) in kinds {
        section(&mut text, heading, record.of(kind).map(change));
    }
    let merges = record.merges.iter().map(|merge| {
        let rows: Vec<String> = merge.rows.iter().map(ToString::to_string).collect();
        let result = if merge.result.is_empty() { String::new() } else { format!(": {}", merge.result) };
        format!("{}, {}{result} (of {})", merge.to, merge.of, rows.join(", "))
    });
    section(&mut text, "Merged", merges);
    let tactics = record.tactics.iter().map(TacticChange::describe);
    section(&mut text, "Tactics", tactics.chain(record.tactic_moves.iter().map(TacticMove::describe)));
    section(&mut text, "Platform filter", record.platforms.iter().cloned());
    let heading = format!("Not assessed: {}", record.absence());
    section(&mut text, &heading, record.not_assessed.iter().map(Named::to_string));
    text
}

fn section(text: &mut String, heading: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{heading} ({})", lines.len());
    for line in lines {
        let _ = writeln!(text, "  {}", clean(&line));
    }
}

fn change(change: &Change) -> String {
    let rows = if change.rows == 1 { "1 row".to_owned() } else { format!("{} rows", change.rows) };
    let merged = if change.merged > 0 { format!(", {} merged", change.merged) } else { String::new() };
    let from = if change.from.id.is_empty() { "no technique".to_owned() } else { change.from.to_string() };
    match (&change.to, &change.reason) {
        (Some(to), _) => {
            let way = change.way().map_or_else(String::new, |way| format!(", {way}"));
            format!("{from} -> {to}{way} ({rows}{merged})")
        }
        (None, Some(reason)) => format!("{from}: {reason} ({rows})"),
        (None, None) => format!("{from} ({rows})"),
    }
}
