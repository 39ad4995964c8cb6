//! The built-in templates: what there is to take the place of.

use super::{Cell, Column, Row, Shown};
use crate::report::templates::BuiltIn;

/// One built-in template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TemplateRow {
    /// The template.
    pub template: BuiltIn,
    /// Whether one of the user's own takes its place; `None` where no folder of such is known.
    pub is_replaced: Option<bool>,
}

impl Row for TemplateRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("name", "Name", Shown::Always, |row| Cell::of_text(row.template.name)),
        Column::text("kind", "Kind", Shown::Always, |row| Cell::of_text(row.template.kind.name())),
        Column::text("purpose", "What it is", Shown::Always, |row| Cell::of_text(row.template.purpose)),
        Column::text("given", "Given beside", Shown::WhenFilled, |row| Cell::of_text(row.template.given)),
        Column::text("schema", "Schema", Shown::WhenFilled, |row| Cell::of_text(row.template.schema)),
        Column::number("bytes", "Bytes", Shown::OnRequest, |row| Cell::count(row.template.text.len())),
        Column::text("replaced", "Replaced", Shown::WhenFilled, |row| {
            row.is_replaced.map_or(Cell::Empty, Cell::Flag)
        }),
    ];
}
