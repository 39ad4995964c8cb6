//! How much a threat uses techniques, and what remains: columns beside those of other tables.

use super::gaps::technique;
use super::{Cell, Column, Content, GapRow, Row, Shown};
use crate::attack::TechniqueId;
use crate::coverage::threat::{Exposure, Threat, ThreatCoverage, percent};
use crate::coverage::{CapabilityKey, Coverage, Tally};
use crate::parallel;

/// What a threat makes of one technique.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UseRow {
    /// The use and the residual risk, from 0 to 1, of a technique that the threat uses.
    pub exposure: Option<Exposure>,
    /// The names of the groups and campaigns that use it.
    pub used_by: Vec<String>,
}

impl Row for UseRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("use", "Use", Shown::Always, |row| share(row, |exposure| exposure.usage)),
        Column::number("score", "Score", Shown::Always, |row| {
            row.exposure.and_then(|exposure| exposure.score).map_or(Cell::Empty, Cell::Whole)
        }),
        Column::number("residual", "Residual", Shown::Always, |row| share(row, |exposure| exposure.residual)),
        Column::text("used_by", "Used by", Shown::WhenVaried, |row| Cell::List(row.used_by.clone())),
    ];
}

/// From 0 to 100, to one decimal.
fn share(row: &UseRow, of: fn(&Exposure) -> f64) -> Cell {
    row.exposure.map_or(Cell::Empty, |exposure| Cell::Decimal(percent(of(&exposure))))
}

/// What of a threat a capability covers alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AgainstRow {
    /// The threat's techniques that it covers.
    pub covered: Tally,
    /// The threat's techniques in scope.
    pub in_scope: Tally,
    /// Σ use × score / (100 × Σ use), from 0 to 1; `None` when nothing of the threat is in scope.
    pub weighted: Option<f64>,
}

impl Row for AgainstRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::share("threat_covered", "Threat covered", Shown::Always, |row| {
            Cell::share(row.covered.total(), row.in_scope.total())
        }),
        Column::number("threat_weighted_percent", "Threat weighted percent", Shown::Always, |row| {
            row.weighted.map_or(Cell::Empty, |weighted| Cell::Decimal(percent(weighted)))
        }),
    ];
}

/// What of a threat each of some capabilities covers alone, in their order.
#[must_use]
pub fn capabilities_against(
    content: &Content<'_>,
    threat: &Threat,
    capabilities: &[CapabilityKey],
) -> Vec<AgainstRow> {
    parallel::map(capabilities, |key| {
        let is_this = |set, capability| CapabilityKey { set, capability } == *key;
        let coverage = content.coverage(content.selection.with_capabilities(is_this));
        let against = ThreatCoverage::new(threat, &coverage);
        AgainstRow { covered: against.covered(), in_scope: against.in_scope(), weighted: against.weighted() }
    })
}

/// What a threat makes of some techniques, a row for each.
#[must_use]
pub fn uses(against: &ThreatCoverage<'_>, techniques: impl IntoIterator<Item = TechniqueId>) -> Vec<UseRow> {
    let row = |id| {
        let exposure = against.exposure(id).copied();
        let used_by = against.threat().users(id).map(|member| member.name.clone());
        UseRow { used_by: if exposure.is_some() { used_by.collect() } else { Vec::new() }, exposure }
    };
    techniques.into_iter().map(row).collect()
}

/// The techniques of a threat of which a risk remains, in the order of [`ThreatCoverage::gaps`]: the covered ones whose
/// score is not the highest among them.
#[must_use]
pub fn gaps_against(
    content: &Content<'_>,
    coverage: &Coverage<'_>,
    against: &ThreatCoverage<'_>,
) -> Vec<GapRow> {
    let any_kind = content.coverage(content.selection.of_any_kind());
    let row = |exposure: &&Exposure| {
        let mut row = technique(coverage, &any_kind, exposure.technique, exposure.state);
        if let Some(parent) =
            exposure.technique.parent().filter(|_| exposure.parent_is_mapped && exposure.score.is_none())
        {
            let gap = if row.comment.is_empty() { "" } else { "\n" };
            let told = format!("{gap}{parent} is mapped, which does not cover this sub-technique.");
            row.comment.push_str(&told);
        }
        row
    };
    against.gaps().iter().map(row).collect()
}
