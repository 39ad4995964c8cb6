//! Scores: the mappings themselves, row by row.

use super::techniques::{platforms, tactics};
use super::{Cell, Column, Row, Shown};
use crate::attack::TechniqueId;
use crate::coverage::{Coverage, whole};
use crate::mapping::select::TechniqueKind;
use crate::mapping::{Category, Level, Mapping, MappingSet};

/// One mapping.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreRow {
    /// Name and edition of its framework: `AWS 12/12/2024`.
    pub framework: String,
    /// The capability's id.
    pub capability_id: String,
    /// The capability's name.
    pub capability_name: String,
    /// The capability's groups.
    pub groups: Vec<String>,
    /// The capability's tags.
    pub tags: Vec<String>,
    /// The technique, as given: it may be retired.
    pub technique_id: TechniqueId,
    /// Its name in the catalog, of a sub-technique with its technique's before it; of an unknown id the one given.
    pub technique_name: String,
    /// The techniques that the source maps, where an upgrade made another one of them.
    pub upgraded_from: Vec<String>,
    /// The names of its tactics.
    pub tactics: Vec<String>,
    /// Its platforms.
    pub platforms: Vec<String>,
    /// What became of an id that is not active: `revoked, replaced by T1053.002`.
    pub fate: Option<String>,
    /// The category, when scored.
    pub category: Option<Category>,
    /// The level, when scored.
    pub level: Option<Level>,
    /// What the level is worth.
    pub score: Option<i64>,
    /// The mapping type: `technique_scores`, `mitigates`.
    pub mapping_type: String,
    /// The analysts' comment.
    pub comment: String,
    /// References; not all are addresses.
    pub references: Vec<String>,
}

impl Row for ScoreRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("framework", "Framework", Shown::WhenVaried, |row| Cell::of_text(&row.framework)),
        Column::text("capability_id", "Capability ID", Shown::WhenUnlike("capability_name"), |row| {
            Cell::of_text(&row.capability_id)
        }),
        Column::text("capability_name", "Capability name", Shown::Always, |row| {
            Cell::of_text(&row.capability_name)
        }),
        Column::text("groups", "Groups", Shown::OnRequest, |row| Cell::List(row.groups.clone())),
        Column::text("tags", "Tags", Shown::OnRequest, |row| Cell::List(row.tags.clone())),
        Column::text("technique_id", "Technique ID", Shown::Always, |row| {
            Cell::Text(row.technique_id.to_string())
        }),
        Column::text("technique_name", "Technique name", Shown::Always, |row| {
            Cell::of_text(&row.technique_name)
        }),
        Column::text("upgraded_from", "Upgraded from", Shown::WhenFilled, |row| {
            Cell::List(row.upgraded_from.clone())
        }),
        Column::text("kind", "Kind", Shown::OnRequest, |row| {
            Cell::of_text(TechniqueKind::of(row.technique_id).name())
        }),
        Column::text("tactics", "Tactics", Shown::OnRequest, |row| Cell::List(row.tactics.clone())),
        Column::text("platforms", "Platforms", Shown::OnRequest, |row| Cell::List(row.platforms.clone())),
        Column::text("fate", "Fate", Shown::OnRequest, |row| {
            Cell::of_text(row.fate.as_deref().unwrap_or("active"))
        }),
        Column::text("category", "Category", Shown::WhenFilled, |row| {
            row.category.map_or(Cell::Empty, Cell::Category)
        }),
        Column::text("level", "Level", Shown::WhenFilled, |row| row.level.map_or(Cell::Empty, Cell::Level)),
        Column::number("score", "Score", Shown::OnRequest, |row| row.score.map_or(Cell::Empty, Cell::Whole)),
        Column::text("mapping_type", "Mapping type", Shown::WhenVaried, |row| {
            Cell::of_text(&row.mapping_type)
        }),
        Column::text("comment", "Comment", Shown::OnRequest, |row| Cell::of_prose(&row.comment)),
        Column::text("references", "References", Shown::OnRequest, |row| Cell::List(row.references.clone())),
    ];
}

/// The selected mappings in scope, every row of the source: by framework in the order of the sets, capability id,
/// technique, category, then the source's own order.
#[must_use]
pub fn scores(coverage: &Coverage<'_>) -> Vec<ScoreRow> {
    let mut places: Vec<(usize, usize)> =
        coverage.cells().values().flat_map(|cell| cell.mappings.iter().copied()).collect();
    let mapping = |(set, index): &(usize, usize)| &coverage.sets()[*set].mappings[*index];
    places.sort_by_key(|at| {
        let mapping = mapping(at);
        (at.0, mapping.capability, mapping.technique, mapping.category, at.1)
    });
    places.iter().map(|at| row(coverage, &coverage.sets()[at.0], mapping(at))).collect()
}

fn row(coverage: &Coverage<'_>, set: &MappingSet, mapping: &Mapping) -> ScoreRow {
    let catalog = coverage.catalog();
    let capability = &set.capabilities[mapping.capability];
    let id = mapping.technique;
    ScoreRow {
        framework: set.framework.label(),
        capability_id: capability.id.clone(),
        capability_name: capability.name.clone(),
        groups: capability.groups.iter().map(|group| set.groups[*group].name.clone()).collect(),
        tags: capability.tags.clone(),
        technique_id: id,
        technique_name: coverage.full_name(id),
        upgraded_from: mapping.moved_from.iter().map(|origin| origin.technique.to_string()).collect(),
        tactics: tactics(catalog, id),
        platforms: platforms(catalog, id),
        fate: catalog.technique(id).is_none().then(|| catalog.fate(id).describe()),
        category: mapping.category,
        level: mapping.level,
        score: mapping.level.map(|level| whole(coverage.rules().scale.score(level), 100.0)),
        mapping_type: mapping.mapping_type.clone(),
        comment: mapping.comment.clone(),
        references: mapping.references.iter().map(|reference| reference.text.clone()).collect(),
    }
}
