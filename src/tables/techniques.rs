//! Techniques: what all selected capabilities together say of each.

use std::collections::BTreeSet;

use super::{Cell, Column, Listed, Row, Shown};
use crate::attack::{Catalog, TechniqueId};
use crate::coverage::{Coverage, Levels, State};
use crate::mapping::Category;
use crate::mapping::select::TechniqueKind;

/// One technique or sub-technique.
#[derive(Debug, Clone, PartialEq)]
pub struct TechniqueRow {
    /// The id.
    pub id: TechniqueId,
    /// The catalog's name, of a sub-technique with its technique's before it; of an unknown id the one given.
    pub name: String,
    /// The names of its tactics in the catalog.
    pub tactics: Vec<String>,
    /// Its platforms in the catalog.
    pub platforms: Vec<String>,
    /// What became of an id that is not active: `revoked, replaced by T1053.002`.
    pub fate: Option<String>,
    /// Covered, or which kind of empty.
    pub state: State,
    /// The score as layers show it.
    pub score: Option<i64>,
    /// Whether the score is rolled up from sub-techniques.
    pub rolled_up: bool,
    /// The strongest level per category.
    pub levels: Levels,
    /// The names of the distinct capabilities that map it.
    pub capabilities: Vec<String>,
    /// Their ids, in the same order.
    pub capability_ids: Vec<String>,
    /// The frameworks that map it.
    pub frameworks: Vec<String>,
    /// Its mappings.
    pub mappings: usize,
}

impl Row for TechniqueRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("id", "ID", Shown::Always, |row| Cell::Text(row.id.to_string())),
        Column::text("name", "Name", Shown::Always, |row| Cell::of_text(&row.name)),
        Column::text("kind", "Kind", Shown::OnRequest, |row| Cell::of_text(TechniqueKind::of(row.id).name())),
        Column::text("tactics", "Tactics", Shown::OnRequest, |row| Cell::List(row.tactics.clone())),
        Column::text("platforms", "Platforms", Shown::OnRequest, |row| Cell::List(row.platforms.clone())),
        Column::text("fate", "Fate", Shown::OnRequest, |row| {
            Cell::of_text(row.fate.as_deref().unwrap_or("active"))
        }),
        Column::text("state", "State", Shown::WhenVaried, |row| Cell::of_text(row.state.name())),
        Column::number("score", "Score", Shown::Always, |row| row.score.map_or(Cell::Empty, Cell::Whole)),
        Column::text("rolled_up", "Rolled up", Shown::WhenVaried, |row| Cell::Flag(row.rolled_up)),
        Column::text("protect", "Protect", Shown::WhenFilled, |row| level(row, Category::Protect)),
        Column::text("detect", "Detect", Shown::WhenFilled, |row| level(row, Category::Detect)),
        Column::text("respond", "Respond", Shown::WhenFilled, |row| level(row, Category::Respond)),
        Column::number("capability_count", "Capability count", Shown::OnRequest, |row| {
            Cell::count(row.capabilities.len())
        }),
        Column::text("capabilities", "Capabilities", Shown::Always, |row| {
            Cell::List(row.capabilities.clone())
        }),
        Column::text("capability_ids", "Capability IDs", Shown::OnRequest, |row| {
            Cell::List(row.capability_ids.clone())
        }),
        Column::text("frameworks", "Frameworks", Shown::WhenVaried, |row| Cell::List(row.frameworks.clone())),
        Column::number("mappings", "Mappings", Shown::OnRequest, |row| Cell::count(row.mappings)),
    ];
}

fn level(row: &TechniqueRow, category: Category) -> Cell {
    row.levels.get(category).map_or(Cell::Empty, Cell::Level)
}

/// The techniques in scope by id: those with a selected mapping or a rolled-up score, or all of them. Mapped ids that are
/// not active are among them.
#[must_use]
pub fn techniques(coverage: &Coverage<'_>, listed: Listed) -> Vec<TechniqueRow> {
    let mut ids: BTreeSet<TechniqueId> = coverage.cells().keys().copied().collect();
    if listed == Listed::All {
        let scope = &coverage.selection().scope;
        let active = coverage.catalog().techniques().iter().filter(|technique| scope.contains(technique));
        ids.extend(active.map(|technique| technique.id));
        ids.extend(coverage.not_mappable());
    }
    ids.into_iter().map(|id| row(coverage, id)).collect()
}

fn row(coverage: &Coverage<'_>, id: TechniqueId) -> TechniqueRow {
    let catalog = coverage.catalog();
    let cell = coverage.cell(id).cloned().unwrap_or_default();
    let capabilities =
        || cell.capabilities.iter().map(|(key, _)| &coverage.sets()[key.set].capabilities[key.capability]);
    TechniqueRow {
        id,
        name: coverage.full_name(id),
        tactics: tactics(catalog, id),
        platforms: platforms(catalog, id),
        fate: catalog.technique(id).is_none().then(|| catalog.fate(id).describe()),
        state: coverage.state(id),
        score: coverage.shown_score(&cell),
        rolled_up: cell.rolled_up.is_some(),
        levels: cell.levels(),
        capabilities: capabilities().map(|capability| capability.name.clone()).collect(),
        capability_ids: capabilities().map(|capability| capability.id.clone()).collect(),
        frameworks: frameworks(coverage, cell.capabilities.iter().map(|(key, _)| key.set)),
        mappings: cell.mappings.len(),
    }
}

/// The labels of some sets, each once, in the order of the sets.
pub(super) fn frameworks(coverage: &Coverage<'_>, sets: impl Iterator<Item = usize>) -> Vec<String> {
    let sets: BTreeSet<usize> = sets.collect();
    sets.into_iter().map(|set| coverage.sets()[set].framework.label()).collect()
}

/// The names of a technique's tactics, in the order of the matrix; none for an id that is not active.
pub(super) fn tactics(catalog: &Catalog, id: TechniqueId) -> Vec<String> {
    let technique = catalog.technique(id);
    let places = technique.into_iter().flat_map(|technique| technique.tactics.iter());
    places.map(|place| catalog.tactics()[place].name.to_string()).collect()
}

/// A technique's platforms; none for an id that is not active.
pub(super) fn platforms(catalog: &Catalog, id: TechniqueId) -> Vec<String> {
    let technique = catalog.technique(id);
    let places = technique.into_iter().flat_map(|technique| technique.platforms.iter());
    places.map(|place| catalog.platforms()[place].to_string()).collect()
}
