//! What is deployed: a table of its own, and columns beside those of other tables.

use super::{Cell, Column, Row, Shown};
use crate::attack::TechniqueId;
use crate::coverage::{CapabilityKey, Coverage};
use crate::deployment::{Deployment, Evidence, Standing};
use crate::mapping::MappingSet;

/// How a capability stands, and what scans found about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeployedRow {
    /// The capability's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How it stands.
    pub standing: Standing,
    /// Whether it counts as deployed.
    pub deployed: bool,
    /// What scans found about it.
    pub evidence: Option<Evidence>,
}

impl Row for DeployedRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("id", "ID", Shown::WhenUnlike("name"), |row| Cell::of_text(&row.id)),
        Column::text("name", "Name", Shown::Always, |row| Cell::of_text(&row.name)),
        Column::text("deployed", "Deployed", Shown::Always, |row| {
            Cell::of_text(if row.deployed { "yes" } else { "no" })
        }),
        Column::text("standing", "Stands", Shown::Always, |row| Cell::of_text(row.standing.name())),
        Column::number("passed", "Passed", Shown::WhenFilled, |row| count(row, |counts| counts.passed)),
        Column::number("failed", "Failed", Shown::WhenFilled, |row| count(row, |counts| counts.failed)),
        Column::number("manual", "To be looked at", Shown::OnRequest, |row| {
            count(row, |counts| counts.manual)
        }),
        Column::number("muted", "Muted", Shown::OnRequest, |row| count(row, |counts| counts.muted)),
        Column::text("accounts", "Accounts", Shown::WhenFilled, |row| list(row, Evidence::accounts)),
        Column::text("regions", "Regions", Shown::WhenFilled, |row| list(row, Evidence::regions)),
        Column::text("failed_checks", "Failed checks", Shown::OnRequest, |row| {
            list(row, |evidence| evidence.failed_checks().collect())
        }),
    ];
}

fn count(row: &DeployedRow, of: fn(crate::deployment::Counts) -> usize) -> Cell {
    row.evidence.as_ref().map_or(Cell::Empty, |evidence| Cell::count(of(evidence.counts)))
}

fn list(row: &DeployedRow, of: fn(&Evidence) -> Vec<&str>) -> Cell {
    let texts = row.evidence.as_ref().map(of).unwrap_or_default();
    Cell::List(texts.into_iter().map(str::to_owned).collect())
}

/// How some capabilities stand, in their order.
#[must_use]
pub fn deployed(
    deployment: &Deployment,
    sets: &[MappingSet],
    capabilities: impl IntoIterator<Item = CapabilityKey>,
) -> Vec<DeployedRow> {
    let row = |key: CapabilityKey| {
        let capability = &sets[key.set].capabilities[key.capability];
        DeployedRow {
            id: capability.id.clone(),
            name: capability.name.clone(),
            standing: deployment.standing(key),
            deployed: deployment.is_deployed(key),
            evidence: deployment.evidence(key).cloned(),
        }
    };
    capabilities.into_iter().map(row).collect()
}

/// What a technique reaches on paper.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PaperRow {
    /// The score that is shown; `None` when it has none.
    pub score: Option<i64>,
    /// The names of the capabilities that map it and are not deployed.
    pub not_deployed: Vec<String>,
}

impl Row for PaperRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("paper_score", "On paper", Shown::Always, |row| {
            row.score.map_or(Cell::Empty, Cell::Whole)
        }),
        Column::text("not_deployed", "Not deployed", Shown::WhenFilled, |row| {
            Cell::List(row.not_deployed.clone())
        }),
    ];
}

/// What some techniques reach on paper, a row for each; an empty one for what is no technique.
#[must_use]
pub fn on_paper(
    paper: &Coverage<'_>,
    deployment: &Deployment,
    techniques: impl IntoIterator<Item = Option<TechniqueId>>,
) -> Vec<PaperRow> {
    let row = |id: Option<TechniqueId>| {
        let Some(cell) = id.and_then(|id| paper.cell(id)) else { return PaperRow::default() };
        PaperRow {
            score: paper.shown_score(cell),
            not_deployed: deployment.missing(cell, paper.sets()).into_iter().map(str::to_owned).collect(),
        }
    };
    techniques.into_iter().map(row).collect()
}
