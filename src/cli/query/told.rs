//! What is said beside a table: what was counted, of how many.

use std::collections::BTreeSet;

use navlayer::coverage::{Coverage, State, Statistics};
use navlayer::tables::{CapabilityRow, CapabilityState, Content, GapRow, GapSubject, ScoreRow};

use super::{Global, findings};

fn say(global: &Global, rows: usize, line: &str) {
    if rows == 0 {
        findings::say(global, "note: nothing passes the filters; the table is empty");
    }
    findings::say(global, line);
}

/// `2 techniques`
fn count(number: usize, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {noun}s"),
    }
}

/// `Enterprise ATT&CK 16.1`
fn attack(coverage: &Coverage<'_>) -> String {
    let catalog = coverage.catalog();
    format!("{} ATT&CK {}", catalog.domain().name(), catalog.version())
}

/// `92 of 203 techniques and 122 of 453 sub-techniques in scope of Enterprise ATT&CK 16.1`
fn mapped(coverage: &Coverage<'_>) -> String {
    let Statistics { mapped, in_scope, .. } = coverage.statistics(None, None);
    format!(
        "{} of {} and {} of {} in scope of {}",
        mapped.techniques,
        count(in_scope.techniques, "technique"),
        mapped.sub_techniques,
        count(in_scope.sub_techniques, "sub-technique"),
        attack(coverage)
    )
}

/// The parts that are not 0: `20 mapped, 10 not mappable`
fn parts(parts: &[(usize, &str)]) -> String {
    let filled = parts.iter().filter(|(number, _)| *number > 0);
    filled.map(|(number, what)| format!("{number} {what}")).collect::<Vec<_>>().join(", ")
}

pub(super) fn capabilities(content: &Content<'_>, rows: &[CapabilityRow], global: &Global) {
    let with = |state: CapabilityState| rows.iter().filter(|row| row.state == state).count();
    let states = [
        CapabilityState::Mapped,
        CapabilityState::NotAssessed,
        CapabilityState::NotMappable,
        CapabilityState::NoMapping,
    ];
    let states = parts(&states.map(|state| (with(state), state.name())));
    let coverage = content.coverage(content.selection.clone());
    let colon = if states.is_empty() { "" } else { ": " };
    let line =
        format!("{}{colon}{states}; mapped together: {}", count(rows.len(), "capability"), mapped(&coverage));
    say(global, rows.len(), &line);
}

pub(super) fn techniques(coverage: &Coverage<'_>, rows: usize, global: &Global) {
    say(global, rows, &format!("mapped: {}{}", mapped(coverage), retired(coverage)));
}

/// Mapped ids that are in no count.
fn retired(coverage: &Coverage<'_>) -> String {
    let is_retired = |id| coverage.catalog().technique(id).is_none();
    match coverage.cells().keys().filter(|id| is_retired(**id)).count() {
        0 => String::new(),
        1 => "; 1 mapped id is not active and in no count".to_owned(),
        more => format!("; {more} mapped ids are not active and in no count"),
    }
}

pub(super) fn scores(coverage: &Coverage<'_>, rows: &[ScoreRow], global: &Global) {
    let capabilities: BTreeSet<(&str, &str)> =
        rows.iter().map(|row| (row.framework.as_str(), row.capability_id.as_str())).collect();
    let line = format!(
        "{} of {}; mapped: {}{}",
        count(rows.len(), "mapping"),
        count(capabilities.len(), "capability"),
        mapped(coverage),
        retired(coverage),
    );
    say(global, rows.len(), &line);
}

pub(super) fn gaps(coverage: &Coverage<'_>, rows: &[GapRow], global: &Global) {
    let scope_of = &coverage.selection().scope;
    let active = coverage.catalog().techniques().iter().filter(|technique| scope_of.contains(technique));
    let states: Vec<State> = active.map(|technique| coverage.state(technique.id)).collect();
    let states = [State::Covered, State::NotCovered, State::NotMappable, State::NotAssessed]
        .map(|state| format!("{} {}", states.iter().filter(|one| **one == state).count(), state.name()));
    let capabilities = rows.iter().filter(|row| matches!(row.subject, GapSubject::Capability(_))).count();
    let capabilities = match capabilities {
        0 => String::new(),
        1 => "; 1 capability is declared not mappable".to_owned(),
        more => format!("; {more} capabilities are declared not mappable"),
    };
    let in_scope = coverage.statistics(None, None).in_scope;
    let line = format!(
        "of {} and {} in scope of {}: {}{capabilities}",
        count(in_scope.techniques, "technique"),
        count(in_scope.sub_techniques, "sub-technique"),
        attack(coverage),
        states.join(", "),
    );
    say(global, rows.len(), &line);
}
