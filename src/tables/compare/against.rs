//! Sides against a threat: what of it each covers, and where risk remains with all of them.

use super::{own, side_keys};
use crate::attack::TechniqueId;
use crate::coverage::Tally;
use crate::coverage::compare::{Comparison, Defence};
use crate::coverage::threat::{Exposure, ThreatCoverage, percent};
use crate::mapping::select::TechniqueKind;
use crate::tables::{Cell, Column, Head, Kind, Row, Shown, Table};

/// What a side has against a threat.
#[derive(Debug, Clone, PartialEq)]
pub struct AgainstSideRow {
    /// Its name.
    pub side: String,
    /// The threat's techniques that it covers.
    pub covered: Tally,
    /// The threat's techniques in scope.
    pub in_scope: Tally,
    /// Those that no other side covers; `None` for all sides together.
    pub only: Option<usize>,
    /// Σ use × score / (100 × Σ use), from 0 to 1; `None` when nothing of the threat is in scope.
    pub weighted: Option<f64>,
}

impl Row for AgainstSideRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("side", "Side", Shown::Always, |row| Cell::of_text(&row.side)),
        Column::share("techniques", "Techniques", Shown::Always, |row| {
            Cell::share(row.covered.techniques, row.in_scope.techniques)
        }),
        Column::share("sub_techniques", "Sub-techniques", Shown::Always, |row| {
            Cell::share(row.covered.sub_techniques, row.in_scope.sub_techniques)
        }),
        Column::share("covered", "Covered", Shown::Always, |row| {
            Cell::share(row.covered.total(), row.in_scope.total())
        }),
        Column::number("only", "Only here", Shown::Always, |row| row.only.map_or(Cell::Empty, Cell::count)),
        Column::number("weighted_percent", "Weighted percent", Shown::Always, |row| {
            row.weighted.map_or(Cell::Empty, |share| Cell::Decimal(percent(share)))
        }),
        Column::number("residual_percent", "Residual percent", Shown::Always, |row| {
            row.weighted.map_or(Cell::Empty, |share| Cell::Decimal(percent(1.0 - share)))
        }),
    ];
}

/// One row for each side, and the last for all sides together, unless they are on paper and as deployed; none without a
/// threat.
#[must_use]
pub fn compared_against(comparison: &Comparison<'_>) -> Vec<AgainstSideRow> {
    let Some(defence) = comparison.defence() else { return Vec::new() };
    let row = |side: &str, against: &ThreatCoverage<'_>, only: Option<usize>| AgainstSideRow {
        side: side.to_owned(),
        covered: against.covered(),
        in_scope: against.in_scope(),
        only,
        weighted: against.weighted(),
    };
    let mut only = vec![0; defence.sides().len()];
    for exposure in defence.together().exposures() {
        let mut covering = defence.covering(exposure.technique);
        if let (Some(side), None) = (covering.next(), covering.next()) {
            only[side] += 1;
        }
    }
    let sides = comparison.sides().iter().zip(defence.sides()).zip(only);
    let mut rows: Vec<AgainstSideRow> =
        sides.map(|((side, against), only)| row(&side.name, against, Some(only))).collect();
    if !defence.is_as_deployed() {
        rows.push(row("All sides together", defence.together(), None));
    }
    rows
}

/// The threat's techniques of which a risk remains with all sides together, most used first, of one use the weakest first;
/// with the score of each side. Empty without a threat.
#[must_use]
pub fn compared_gaps(comparison: &Comparison<'_>) -> Table {
    let Some(defence) = comparison.defence() else { return Table::default() };
    let mut heads = vec![
        Head::new("id", "ID", Kind::Text, Shown::Always),
        Head::new("name", "Name", Kind::Text, Shown::Always),
        Head::new("kind", "Kind", Kind::Text, Shown::OnRequest),
        Head::new("state", "State", Kind::Text, Shown::WhenVaried),
        Head::new("use", "Use", Kind::Number, Shown::Always),
        Head::new("score", "Score", Kind::Number, Shown::Always),
        Head::new("residual", "Residual", Kind::Number, Shown::Always),
        Head::new("used_by", "Used by", Kind::Text, Shown::WhenVaried),
    ];
    let names: Vec<&str> = comparison.sides().iter().map(|side| side.name.as_str()).collect();
    let of_side = |(key, name): (String, &&str)| {
        own(format!("{key}_score"), (*name).to_owned(), Kind::Number, Shown::Always)
    };
    heads.extend(side_keys(&names).into_iter().zip(&names).map(of_side));
    let score = |exposure: &Exposure| exposure.score.map_or(Cell::Empty, Cell::Whole);
    let gaps = defence.together().gaps();
    let rows = gaps.into_iter().map(|gap| {
        let id = gap.technique;
        let mut cells = vec![
            Cell::Text(id.to_string()),
            Cell::of_text(&defence.coverage().full_name(id)),
            Cell::of_text(TechniqueKind::of(id).name()),
            Cell::of_text(gap.state.name()),
            Cell::Decimal(percent(gap.usage)),
            score(gap),
            Cell::Decimal(percent(gap.residual)),
            users(defence, id),
        ];
        cells.extend(defence.exposures(id).map(score));
        cells
    });
    Table::of(heads, rows.collect())
}

/// What the rows of a comparison tell of a threat, beside the levels of the sides.
pub(super) const ROW: [(&str, &str, Kind, Shown); 3] = [
    ("use", "Use", Kind::Number, Shown::Always),
    ("residual", "Residual", Kind::Number, Shown::Always),
    ("used_by", "Used by", Kind::Text, Shown::WhenVaried),
];

/// The cells of [`ROW`] for a technique, and what remains of it with each side alone; empty where it is not used.
pub(super) fn row_cells(defence: &Defence<'_>, id: TechniqueId) -> ([Cell; 3], Vec<Cell>) {
    let Some(exposure) = defence.together().exposure(id) else {
        let nothing = [Cell::Empty, Cell::Empty, Cell::List(Vec::new())];
        return (nothing, vec![Cell::Empty; defence.sides().len()]);
    };
    let residual = |exposure: &Exposure| Cell::Decimal(percent(exposure.residual));
    let told = [Cell::Decimal(percent(exposure.usage)), residual(exposure), users(defence, id)];
    (told, defence.exposures(id).map(residual).collect())
}

fn users(defence: &Defence<'_>, id: TechniqueId) -> Cell {
    Cell::List(defence.threat().users(id).map(|member| member.name.clone()).collect())
}
