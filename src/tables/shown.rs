//! A layer's matrix as a table: a row for each cell that the Navigator would show, open or not.

use super::{Cell, Column, Row, Shown};
use crate::layer::read::InputMetadata;
use crate::matrix::{Shown as Matrix, ShownCell};

/// A cell of the matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownRow {
    /// The tactic's name.
    pub tactic: String,
    /// The technique's id.
    pub id: String,
    /// The technique's own name.
    pub name: String,
    /// The id of a sub-technique's technique.
    pub parent: Option<String>,
    /// Its own score.
    pub score: Option<f64>,
    /// The score of it and its sub-techniques, where the layer shows it.
    pub aggregate: Option<f64>,
    /// The fill, as `#rrggbb`; `None` when it has none.
    pub color: Option<String>,
    /// Whether it is enabled.
    pub enabled: bool,
    /// The comment.
    pub comment: String,
    /// The rows of metadata: `name: value`.
    pub metadata: Vec<String>,
}

impl Row for ShownRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("tactic", "Tactic", Shown::Always, |row| Cell::of_text(&row.tactic)),
        Column::text("id", "ID", Shown::Always, |row| Cell::of_text(&row.id)),
        Column::text("name", "Name", Shown::Always, |row| Cell::of_text(&row.name)),
        Column::text("parent", "Sub-technique of", Shown::OnRequest, |row| {
            row.parent.as_deref().map_or(Cell::Empty, Cell::of_text)
        }),
        Column::number("score", "Score", Shown::WhenFilled, |row| number(row.score)),
        Column::number("aggregate", "Aggregate", Shown::WhenFilled, |row| number(row.aggregate)),
        Column::text("color", "Colour", Shown::WhenFilled, |row| {
            row.color.as_deref().map_or(Cell::Empty, Cell::of_text)
        }),
        Column::text("enabled", "Enabled", Shown::WhenVaried, |row| {
            Cell::of_text(if row.enabled { "yes" } else { "no" })
        }),
        Column::text("comment", "Comment", Shown::WhenFilled, |row| Cell::of_prose(&row.comment)),
        Column::text("metadata", "Metadata", Shown::OnRequest, |row| Cell::List(row.metadata.clone())),
    ];
}

fn number(score: Option<f64>) -> Cell {
    score.map_or(Cell::Empty, Cell::Number)
}

/// The cells of a matrix, column by column, each technique before its sub-techniques.
#[must_use]
pub fn shown(matrix: &Matrix<'_>) -> Vec<ShownRow> {
    let mut rows = Vec::new();
    for column in &matrix.columns {
        for technique in &column.techniques {
            rows.push(row(&column.tactic.name, &technique.cell, technique.aggregate));
            rows.extend(technique.subs.iter().map(|sub| row(&column.tactic.name, sub, None)));
        }
    }
    rows
}

fn row(tactic: &str, cell: &ShownCell<'_>, aggregate: Option<f64>) -> ShownRow {
    let metadata = cell.annotation.map(|one| one.metadata.as_slice()).unwrap_or_default();
    let metadata = metadata.iter().filter_map(|row| match row {
        InputMetadata::Row { name, value } => Some(format!("{name}: {}", value.value)),
        InputMetadata::Divider { .. } => None,
    });
    ShownRow {
        tactic: tactic.to_owned(),
        id: cell.technique.id.to_string(),
        name: cell.technique.name.to_string(),
        parent: cell.technique.parent.map(|parent| parent.to_string()),
        score: cell.score,
        aggregate,
        color: cell.fill.map(crate::matrix::palette::Color::hex),
        enabled: cell.is_enabled,
        comment: cell.annotation.map(|one| one.comment.value.clone()).unwrap_or_default(),
        metadata: metadata.collect(),
    }
}
