//! How much a threat uses techniques, and what remains: columns beside those of other tables.

use super::gaps::technique;
use super::{Cell, Column, Content, GapRow, Row, Shown};
use crate::attack::TechniqueId;
use crate::coverage::Coverage;
use crate::coverage::threat::{Exposure, ThreatCoverage};

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
        Column::number("use", "Use", Shown::Always, |row| percent(row, |exposure| exposure.usage)),
        Column::number("score", "Score", Shown::Always, |row| {
            row.exposure.and_then(|exposure| exposure.score).map_or(Cell::Empty, Cell::Whole)
        }),
        Column::number("residual", "Residual", Shown::Always, |row| {
            percent(row, |exposure| exposure.residual)
        }),
        Column::text("used_by", "Used by", Shown::WhenVaried, |row| Cell::List(row.used_by.clone())),
    ];
}

/// From 0 to 100, to one decimal.
fn percent(row: &UseRow, of: fn(&Exposure) -> f64) -> Cell {
    row.exposure.map_or(Cell::Empty, |exposure| Cell::Decimal((1000.0 * of(&exposure)).round() / 10.0))
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
            row.comment += &format!("{gap}{parent} is mapped, which does not cover this sub-technique.");
        }
        row
    };
    against.gaps().iter().map(row).collect()
}
