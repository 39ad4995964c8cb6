//! What the page of a comparison is given.

use schemars::JsonSchema;
use serde::Serialize;

use super::threat::{CompareThreat, CompareUse};
use crate::report::deployment::DeployedView;
use crate::report::upgrade::{AbsenceView, UpgradeView};
use crate::report::view::{CoverageRow, Fraction, GapGroup, LegendEntry, Page, SourceView, TacticRef};

/// Sides beside each other, as a section of a report. Sides are named by their place, from 0.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SidesView {
    /// The sides.
    pub sides: Vec<CompareSide>,
    /// Whether the sides carry levels.
    pub scored: bool,
    /// What each side covers, a row each.
    pub coverage: Vec<CoverageRow>,
    /// How the sides stand to each other.
    pub standings: StandingsView,
    /// The techniques in which the sides differ most, over all categories; those that lead by most first.
    pub rows: Vec<CompareRow>,
    /// How many techniques more the sides differ in.
    pub more: usize,
    /// What every two sides share: a row for each side, with a cell for each.
    pub grid: Vec<GridRow>,
}

/// The page of a comparison. Sides are named by their place, from 0.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CompareView {
    /// What every page has.
    pub page: Page,
    /// `Enterprise ATT&CK 16.1`
    pub attack: String,
    /// The sides.
    pub sides: Vec<CompareSide>,
    /// Whether the sides carry levels.
    pub scored: bool,
    /// What each side covers, a row each.
    pub coverage: Vec<CoverageRow>,
    /// How the sides stand to each other.
    pub standings: StandingsView,
    /// What they have against a threat; absent when nobody is named.
    pub threat: Option<CompareThreat>,
    /// Whether there are more sides than fit beside each other on upright paper.
    pub many: bool,
    /// What the cells and their marks mean.
    pub legend: Vec<LegendEntry>,
    /// A heatmap for each side: the same cells in the same places.
    pub matrices: Vec<CompareMatrix>,
    /// Techniques and sub-techniques in scope that no side maps, and that the heatmaps leave out.
    pub left_out: Fraction,
    /// One row for each technique and category.
    pub rows: Vec<CompareRow>,
    /// Whether any mapping has a comment.
    pub commented: bool,
    /// What every two sides share: a row for each side, with a cell for each.
    pub grid: Vec<GridRow>,
    /// Capabilities of which another one does everything at least as well.
    pub dominated: Vec<DominatedView>,
    /// Per tactic the techniques that no side maps, neither themselves nor any of their sub-techniques.
    pub open: Vec<GapGroup>,
    /// What of the mapped capabilities runs; absent where nobody says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployed: Option<DeployedView>,
    /// What became of the rows of sets that were made on another ATT&CK version; mostly empty.
    pub upgrades: Vec<UpgradeView>,
    /// What the sets cannot have assessed on the way, once for each pair of versions.
    pub absences: Vec<AbsenceView>,
    /// How the figures came about.
    pub method: CompareMethod,
    /// The mapping sets of all sides.
    pub sources: Vec<SourceView>,
}

/// A side.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CompareSide {
    /// Its name.
    pub name: String,
    /// The class of its colour: `side0`.
    pub class: String,
    /// The labels of its sets, with the ATT&CK version that they were made on where it is another.
    pub sources: Vec<String>,
    /// The names of its capabilities that map something.
    pub capabilities: Vec<String>,
    /// Whether it maps nothing that passes the filters.
    pub is_empty: bool,
}

/// How the sides stand to each other: a column for all categories, and one for each.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StandingsView {
    /// The columns.
    pub columns: Vec<StandingColumn>,
    /// The rows, each with a figure for each column.
    pub rows: Vec<StandingsRow>,
}

/// A column of figures.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StandingColumn {
    /// `All categories`, or a category.
    pub name: String,
    /// A category's key; absent over all.
    pub hue: Option<String>,
}

/// A row of figures.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StandingsRow {
    /// `Mapped by any side`, `only by Amazon GuardDuty`.
    pub name: String,
    /// Whether it is a part of the first row.
    pub is_part: bool,
    /// The class of a side's colour, where it is about one.
    pub class: Option<String>,
    /// The figures, of the techniques and sub-techniques in scope.
    pub figures: Vec<Fraction>,
}

/// A heatmap of one side.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CompareMatrix {
    /// The side's name.
    pub name: String,
    /// The class of its colour.
    pub class: String,
    /// The table's accessible name.
    pub caption: String,
    /// Tactic columns in matrix order.
    pub columns: Vec<CompareColumn>,
}

/// A tactic's column.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CompareColumn {
    /// The tactic.
    pub tactic: TacticRef,
    /// Techniques of it that the side maps, of those in scope (sub-techniques not counted).
    pub mapped: Fraction,
    /// The cells, by name as in ATT&CK.
    pub cells: Vec<CompareCell>,
}

/// One technique or sub-technique as one side has it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CompareCell {
    /// `T1562.008`
    pub id: String,
    /// The catalog's name.
    pub name: String,
    /// Its page on attack.mitre.org.
    pub href: String,
    /// A CSS class that carries fill and text colour, or the kind of empty.
    pub class: String,
    /// What the colour means: `Partial`, `not covered`.
    pub label: String,
    /// How it stands to the other sides, as a CSS class: `only`, `ahead`, `same`, `behind`, `elsewhere`, `nobody`.
    pub mark: String,
    /// The same in words: `only here`, `strongest`, `equal`, `less`, `elsewhere`; empty where no side maps it.
    pub said: String,
    /// Whether the threat uses it.
    pub used: bool,
    /// Sub-techniques in id order.
    pub subs: Vec<CompareCell>,
    /// How many sub-techniques the side covers.
    pub subs_covered: usize,
    /// How many sub-techniques there are in scope.
    pub subs_total: usize,
}

/// A technique in one category, or over all where no side has categories.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CompareRow {
    /// `T1562.008`
    pub id: String,
    /// The catalog's name; of a sub-technique with its technique's before it.
    pub name: String,
    /// Its page on attack.mitre.org.
    pub href: String,
    /// What became of an id that is not active.
    pub fate: Option<String>,
    /// The names of its tactics.
    pub tactics: String,
    /// The category's name; absent where no side has categories.
    pub category: Option<String>,
    /// The category's key.
    pub hue: Option<String>,
    /// What each side reaches, in the order of the sides.
    pub places: Vec<ComparePlace>,
    /// `Only Amazon GuardDuty`, `Amazon GuardDuty`, `Equal`.
    pub verdict: String,
    /// The class of the colour of the side that leads, where one does.
    pub leader: Option<String>,
    /// By how much the highest score exceeds the next.
    pub lead: i64,
    /// What the threat makes of the technique; absent where it does not use it.
    pub used: Option<CompareUse>,
    /// What the analysts of each side say, where they say anything.
    pub comments: Vec<CompareComment>,
}

/// What a side reaches.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ComparePlace {
    /// A CSS class that carries fill and text colour; empty where it is not mapped.
    pub class: String,
    /// `Partial`, `3`, `mapped`; empty where it is not mapped.
    pub label: String,
    /// What to sort by: the score, −1 where it is not mapped.
    pub order: i64,
}

/// What an analyst says.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CompareComment {
    /// The side's name.
    pub side: String,
    /// The capability's name.
    pub capability: String,
    /// The comment.
    pub text: String,
}

/// A side in the grid.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct GridRow {
    /// Its name.
    pub name: String,
    /// A cell for each side, in their order.
    pub cells: Vec<GridCell>,
}

/// What two sides share.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct GridCell {
    /// Whether both are the same side, and there is nothing to say.
    pub same: bool,
    /// A CSS class that carries fill and text colour.
    pub class: String,
    /// What both map, of what either maps.
    pub overlap: Fraction,
    /// The sum of the lower scores, in percent of that of the higher ones; absent where there is no score.
    pub weighted: Option<String>,
}

/// A capability of which others do everything at least as well.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DominatedView {
    /// Its name.
    pub name: String,
    /// The names of the sides that it belongs to.
    pub sides: Vec<String>,
    /// How many techniques it maps.
    pub mapped: usize,
    /// Those that do everything at least as well; at most five.
    pub by: Vec<String>,
    /// Those that do exactly the same; at most five.
    pub same: Vec<String>,
    /// How many more there are.
    pub more: usize,
}

/// How the figures came about.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CompareMethod {
    /// What a level means, and what it does not.
    pub meaning: String,
    /// What each level scores.
    pub scale: Vec<LegendEntry>,
    /// The metric's definition in a sentence.
    pub metric: String,
    /// What percentages are of.
    pub denominator: String,
    /// The filters in force.
    pub filters: Vec<String>,
}
