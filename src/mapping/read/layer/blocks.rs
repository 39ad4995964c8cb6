//! The metadata of a technique as blocks: a capability with its category, level and comment each.

use std::borrow::Cow;

use super::super::super::model::{Category, Level, NumericScore};
use super::super::notes::plain;
use super::super::rows::{Field, Row};
use super::row_of;
use crate::attack::TechniqueId;
use crate::layer::MADE_OF;
use crate::layer::read::{InputAnnotation, InputMetadata, Spanned};
use crate::source::Span;

/// What one capability says, in one category.
#[derive(Debug, Clone, Default)]
pub(super) struct Block<'a> {
    pub(super) capability: Option<Field<'a>>,
    category: Option<Field<'a>>,
    level: Option<Field<'a>>,
    score: Option<Field<'a>>,
    mapping_type: Option<Field<'a>>,
    comment: Option<Field<'a>>,
    /// Of which of the techniques that the annotation was of, when not of all.
    made_of: Option<Field<'a>>,
}

impl<'a> Block<'a> {
    /// Whether anything is said of the capability.
    fn says_something(&self) -> bool {
        self.category.is_some()
            || self.level.is_some()
            || self.score.is_some()
            || self.mapping_type.is_some()
            || self.comment.is_some()
    }

    /// The row of a technique, without its capability.
    pub(super) fn row(&self, technique: &'a InputAnnotation) -> Row<'a> {
        // mapping_cli writes this for no comment.
        let comment = self.comment.clone().filter(|comment| comment.text.trim() != "n/a");
        let number = self.score.as_ref().and_then(|score| score.text.trim().parse().ok());
        let numeric = number.and_then(NumericScore::new);
        let mut row = row_of(technique);
        if let Some(made_of) = &self.made_of {
            let is_named =
                |id: &TechniqueId| made_of.text.split(',').any(|one| one.trim().parse() == Ok(*id));
            row.moved_from.retain(|(id, _)| is_named(id));
        }
        let is_scored = self.level.is_some() || numeric.is_some();
        Row {
            category: self.category.clone(),
            level: self.level.clone(),
            numeric,
            mapping_type: self.mapping_type.clone().or_else(|| {
                is_scored.then(|| plain(if numeric.is_some() { "scored" } else { "technique_scores" }))
            }),
            comment,
            ..row
        }
    }
}

/// The blocks. A `capability` or `control` opens one; a divider, or a second category, begins another of the same
/// capability. Rows that no block knows are passed over.
pub(super) fn blocks(metadata: &[InputMetadata]) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut block = Block::default();
    // Whether the capability of the block has not been told yet.
    let mut is_new = false;
    for row in metadata {
        let InputMetadata::Row { name, value } = row else {
            finish(&mut blocks, &mut block, &mut is_new);
            continue;
        };
        let field = Field { text: Cow::Borrowed(value.value.as_str()), span: value.span };
        match name.as_str() {
            "capability" | "control" => {
                finish(&mut blocks, &mut block, &mut is_new);
                if is_new {
                    blocks.push(block);
                }
                block = Block { capability: Some(field), ..Block::default() };
                is_new = true;
            }
            "category" => {
                if block.category.is_some() {
                    finish(&mut blocks, &mut block, &mut is_new);
                }
                block.category = Some(field);
            }
            "value" | "level" => block.level = block.level.or(Some(field)),
            "score" if block.capability.is_some() => block.score = block.score.or(Some(field)),
            "mapping type" => block.mapping_type = block.mapping_type.or(Some(field)),
            MADE_OF => block.made_of = block.made_of.or(Some(field)),
            "comment" => block.comment = block.comment.or(Some(field)),
            _ => {}
        }
    }
    finish(&mut blocks, &mut block, &mut is_new);
    if is_new {
        blocks.push(block);
    }
    // Without a capability a comment alone is nobody's word.
    blocks.retain(|block| block.capability.is_some() || (block.category.is_some() && block.level.is_some()));
    blocks
}

/// Closes a block in which something is said; the next one is of the same capability.
fn finish<'a>(blocks: &mut Vec<Block<'a>>, block: &mut Block<'a>, is_new: &mut bool) {
    if block.says_something() {
        let capability = block.capability.clone();
        blocks.push(std::mem::replace(block, Block { capability, ..Block::default() }));
        *is_new = false;
    }
}

/// Whether navlayer wrote it: a capability, and what it reaches or how it is related.
pub(super) fn are_own(metadata: &[InputMetadata]) -> bool {
    let mut names = metadata.iter().map(name);
    names.any(|name| name == Some("capability"))
        && names.any(|name| matches!(name, Some("level" | "score" | "mapping type" | "comment")))
}

/// Whether mapex wrote it: a divider before each control.
pub(super) fn are_mapex(metadata: &[InputMetadata]) -> bool {
    matches!(metadata, [InputMetadata::Divider { .. }, second, ..] if name(second) == Some("control"))
}

/// Whether mapping_cli wrote it: a category and a value that are ones, at least one of them.
pub(super) fn are_scored(metadata: &[InputMetadata]) -> bool {
    blocks(metadata).iter().any(|block| {
        let (Some(category), Some(level)) = (&block.category, &block.level) else { return false };
        category.text.trim().parse::<Category>().is_ok() || level.text.trim().parse::<Level>().is_ok()
    })
}

fn name(row: &InputMetadata) -> Option<&str> {
    match row {
        InputMetadata::Row { name, .. } => Some(name),
        InputMetadata::Divider { .. } => None,
    }
}

/// The values of the rows with this name.
pub(super) fn values<'m>(metadata: &'m [InputMetadata], wanted: &str) -> impl Iterator<Item = &'m str> {
    metadata.iter().filter_map(move |row| match row {
        InputMetadata::Row { name, value } if name == wanted => Some(value.value.trim()),
        _ => None,
    })
}

/// The value of the first row with this name.
pub(super) fn value<'m>(metadata: &'m [InputMetadata], wanted: &str) -> Option<&'m str> {
    values(metadata, wanted).next()
}

/// The capabilities that mapex lists in a comment: `Related to:` and a bullet each.
pub(super) fn related(comment: &Spanned<String>) -> Vec<Field<'_>> {
    let Some((_, list)) = comment.value.split_once("Related to:") else { return Vec::new() };
    let span: Span = comment.span;
    let ids = list.split('•').map(str::trim).filter(|id| !id.is_empty());
    ids.map(|id| Field { text: Cow::Borrowed(id), span }).collect()
}
