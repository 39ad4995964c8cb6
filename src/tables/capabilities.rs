//! Capabilities: what each covers, and what only it covers.

use super::{Cell, Column, Content, Listed, Row, Shown};
use crate::coverage::{CapabilityKey, Coverage, Statistics};
use crate::mapping::{Category, Level, MappingSet};
use crate::parallel;

/// What a capability has to say under the filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CapabilityState {
    /// It maps a technique.
    Mapped,
    /// It maps techniques, none with the level that the metric needs.
    NotAssessed,
    /// The source declares that it cannot be mapped.
    NotMappable,
    /// No mapping of it passes the filters.
    NoMapping,
}

impl CapabilityState {
    /// The state in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mapped => "mapped",
            Self::NotAssessed => "not assessed",
            Self::NotMappable => "not mappable",
            Self::NoMapping => "no mapping",
        }
    }
}

/// One capability.
#[derive(Debug, Clone, PartialEq)]
pub struct CapabilityRow {
    /// Which it is.
    pub key: CapabilityKey,
    /// Name and edition of its framework: `AWS 12/12/2024`.
    pub framework: String,
    /// The id in the source.
    pub id: String,
    /// The name; the id where the source has none.
    pub name: String,
    /// The names of its groups.
    pub groups: Vec<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Whether it maps something, and if not, why.
    pub state: CapabilityState,
    /// Its figures alone, each with its denominator.
    pub statistics: Statistics,
    /// Techniques and sub-techniques that it maps in Protect, Detect and Respond.
    pub categories: [usize; 3],
    /// Techniques that no other selected capability of its framework maps.
    pub only: usize,
    /// Whether its framework's mappings carry categories and levels.
    pub has_levels: bool,
    /// Whether its scores run to 100, so that a weighted coverage means something.
    pub is_weighted: bool,
    /// Mapped ids that are not active in the catalog's version, and in no other figure.
    pub retired: usize,
    /// Its mappings.
    pub mappings: usize,
    /// The source's comment on it; for a non-mappable one, why.
    pub comment: String,
    /// References of the capability as a whole.
    pub references: Vec<String>,
}

impl CapabilityRow {
    fn weighted(&self) -> Option<(i64, i64)> {
        // A sum of whole scores, at most 100 for each technique.
        #[expect(clippy::cast_possible_truncation, reason = "a whole number far below 2^53")]
        let sum = self.statistics.total_score() as i64;
        let of = i64::try_from(100 * self.statistics.in_scope.total()).unwrap_or(i64::MAX);
        self.is_weighted.then_some((sum, of))
    }
}

impl Row for CapabilityRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("framework", "Framework", Shown::WhenVaried, |row| Cell::of_text(&row.framework)),
        Column::text("id", "ID", Shown::WhenUnlike("name"), |row| Cell::of_text(&row.id)),
        Column::text("name", "Name", Shown::Always, |row| Cell::of_text(&row.name)),
        Column::text("groups", "Groups", Shown::OnRequest, |row| Cell::List(row.groups.clone())),
        Column::text("tags", "Tags", Shown::OnRequest, |row| Cell::List(row.tags.clone())),
        Column::text("state", "State", Shown::WhenVaried, |row| Cell::of_text(row.state.name())),
        Column::share("mapped", "Mapped", Shown::Always, |row| {
            Cell::share(row.statistics.mapped.total(), row.statistics.in_scope.total())
        }),
        Column::share("techniques", "Techniques", Shown::OnRequest, |row| {
            Cell::share(row.statistics.mapped.techniques, row.statistics.in_scope.techniques)
        }),
        Column::share("sub_techniques", "Sub-techniques", Shown::OnRequest, |row| {
            Cell::share(row.statistics.mapped.sub_techniques, row.statistics.in_scope.sub_techniques)
        }),
        Column::number("protect", "Protect", Shown::WhenFilled, |row| category(row, Category::Protect)),
        Column::number("detect", "Detect", Shown::WhenFilled, |row| category(row, Category::Detect)),
        Column::number("respond", "Respond", Shown::WhenFilled, |row| category(row, Category::Respond)),
        Column::number("minimal", "Minimal", Shown::OnRequest, |row| level(row, Level::Minimal)),
        Column::number("partial", "Partial", Shown::OnRequest, |row| level(row, Level::Partial)),
        Column::number("significant", "Significant", Shown::OnRequest, |row| level(row, Level::Significant)),
        Column::number("only", "Only", Shown::Always, |row| Cell::count(row.only)),
        Column::share("weighted", "Weighted", Shown::OnRequest, |row| {
            row.weighted().map_or(Cell::Empty, |(n, of)| Cell::Share { n, of })
        }),
        Column::number("weighted_percent", "Weighted percent", Shown::WhenFilled, |row| {
            match row.weighted() {
                Some((n, of)) if of > 0 => Cell::Decimal((1000.0 * n as f64 / of as f64).round() / 10.0),
                _ => Cell::Empty,
            }
        }),
        Column::number("mappings", "Mappings", Shown::OnRequest, |row| Cell::count(row.mappings)),
        Column::number("retired", "Retired", Shown::OnRequest, |row| Cell::count(row.retired)),
        Column::text("comment", "Comment", Shown::OnRequest, |row| Cell::of_prose(&row.comment)),
        Column::text("references", "References", Shown::OnRequest, |row| Cell::List(row.references.clone())),
    ];
}

/// A source without levels has no categories either: nothing, not 0.
fn category(row: &CapabilityRow, category: Category) -> Cell {
    if row.has_levels { Cell::count(row.categories[category as usize]) } else { Cell::Empty }
}

fn level(row: &CapabilityRow, level: Level) -> Cell {
    if row.has_levels { Cell::count(row.statistics.levels.exactly(level).total()) } else { Cell::Empty }
}

/// The selected capabilities, by framework in the order of the sets, then by id: those that map something or are
/// declared not mappable, or all of them.
#[must_use]
pub fn capabilities(content: &Content<'_>, listed: Listed) -> Vec<CapabilityRow> {
    let mut rows = Vec::new();
    for (set, held) in content.sets.iter().enumerate() {
        let selected: Vec<CapabilityKey> = (0..held.capabilities.len())
            .filter(|capability| content.selection.has_capability(set, *capability))
            .map(|capability| CapabilityKey { set, capability })
            .collect();
        let framework = content.coverage(content.selection.with_capabilities(|of, _| of == set));
        let made = parallel::map(&selected, |key| row(content, held, *key, &framework));
        rows.extend(
            made.into_iter().filter(|row| listed == Listed::All || row.state != CapabilityState::NoMapping),
        );
    }
    rows
}

fn row(
    content: &Content<'_>,
    held: &MappingSet,
    key: CapabilityKey,
    framework: &Coverage<'_>,
) -> CapabilityRow {
    let capability = &held.capabilities[key.capability];
    let is_this = |set, capability| CapabilityKey { set, capability } == key;
    let coverage = content.coverage(content.selection.with_capabilities(is_this));
    let mapped = || coverage.cells().iter().filter(|(_, cell)| cell.is_mapped());
    let is_active = |id| content.catalog.technique(id).is_some();
    let state = if mapped().any(|(_, cell)| cell.own_score.is_some()) {
        CapabilityState::Mapped
    } else if mapped().next().is_some() {
        CapabilityState::NotAssessed
    } else if capability.non_mappable {
        CapabilityState::NotMappable
    } else {
        CapabilityState::NoMapping
    };
    let in_category = |category: Category| {
        mapped().filter(|(id, cell)| is_active(**id) && cell.levels().get(category).is_some()).count()
    };
    let alone = framework.cells().iter().filter(|(id, cell)| {
        is_active(**id) && matches!(cell.capabilities.as_slice(), [(only, _)] if *only == key)
    });
    CapabilityRow {
        key,
        framework: held.framework.label(),
        id: capability.id.clone(),
        name: capability.name.clone(),
        groups: capability.groups.iter().map(|group| held.groups[*group].name.clone()).collect(),
        tags: capability.tags.clone(),
        state,
        statistics: coverage.statistics(None, None),
        categories: Category::ALL.map(in_category),
        only: alone.count(),
        has_levels: held.is_scored(),
        is_weighted: held.is_scored() && coverage.rules().metric.needs_levels(),
        retired: mapped().filter(|(id, _)| !is_active(**id)).count(),
        mappings: mapped().map(|(_, cell)| cell.mappings.len()).sum(),
        comment: capability.comment.clone(),
        references: capability.references.clone(),
    }
}
