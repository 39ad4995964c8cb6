//! Layers that navlayer wrote: the mappings in the metadata of their techniques, joined as rows of a mapping set are, and
//! the techniques that nobody can have assessed.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr as _;

use super::super::build::{MADE_OF, NotAssessed, made_of_row};
use super::super::read::{InputAnnotation, InputLayer, InputMetadata, InputTactic, Spanned};
use super::Row;
use super::merge::{is_origin, origins, row};
use crate::attack::upgrade::{Upgrade, absence};
use crate::attack::{TechniqueId, Version};
use crate::mapping::upgrade as mappings;
use crate::mapping::{Category, Level, MappingOrigin};
use crate::source::Span;

/// What the annotations that become one say: comment and metadata.
pub(super) struct Joined {
    pub(super) comment: String,
    pub(super) metadata: Vec<InputMetadata>,
}

/// What a capability says in the metadata of a technique.
struct Block {
    source: TechniqueId,
    key: Key,
    /// The level, number or mapping type.
    said: String,
    comment: String,
    /// The techniques that it was of, those that have not moved included.
    origins: Vec<MappingOrigin>,
    has_moved: bool,
    span: Span,
}

/// What two blocks must have in common to become one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    /// The capability's name in lower case, which orders as its id does, and as it stands.
    capability: (String, String),
    /// What it is, and as it stands; empty for none.
    category: (Option<Category>, String),
    /// The name of the row that says how well, and of a mapping type which.
    kind: (String, String),
}

/// Joins annotations of one technique; `None` where no capability says anything in them. `origin` makes the row that names
/// a technique.
pub(super) fn join(
    target: TechniqueId,
    rows: &[&Row],
    strongest: &Row,
    origin: impl Fn(TechniqueId, Span) -> InputMetadata,
) -> Option<Joined> {
    let mut groups: BTreeMap<Key, Vec<Block>> = BTreeMap::new();
    // What names each of the techniques that they were of.
    let mut named: BTreeMap<TechniqueId, InputMetadata> = BTreeMap::new();
    let mut by_hand: Vec<String> = Vec::new();
    let mut rolled_up = "";
    for held in rows {
        for row in held.annotation.metadata.iter().filter(|row| is_origin(row)) {
            if let Some(id) = value(row).split(' ').next().and_then(|id| id.parse().ok()) {
                named.entry(id).or_insert_with(|| row.clone());
            }
        }
        named.entry(held.source).or_insert_with(|| origin(held.source, held.annotation.span));
        let blocks = blocks(held, target);
        let comment = held.annotation.comment.value.as_str();
        match comment.strip_prefix(&summary(&blocks)) {
            // Of the score that is shown, it tells where it comes from.
            Some(rest) if rest.starts_with(ROLLED_UP) || rest.is_empty() => {
                if std::ptr::eq(*held, strongest) {
                    rolled_up = rest;
                }
            }
            // What an earlier upgrade put together.
            Some(rest) if rest.starts_with("\n\n") => by_hand.push(rest.trim_start().to_owned()),
            _ if comment.trim().is_empty() => {}
            _ => by_hand.push(format!("{}: {comment}", held.source)),
        }
        for block in blocks {
            groups.entry(block.key.clone()).or_default().push(block);
        }
    }
    if groups.is_empty() {
        return None;
    }
    let blocks: Vec<Block> = groups.into_values().flat_map(one_of).collect();
    let moved: BTreeSet<TechniqueId> = blocks.iter().flat_map(Block::made_of).collect();
    let of_score = |row: &&InputMetadata| OF_SCORE.contains(&name(row));
    let mut metadata: Vec<InputMetadata> =
        strongest.annotation.metadata.iter().filter(of_score).cloned().collect();
    metadata.extend(moved.iter().filter_map(|id| named.remove(id)));
    for block in &blocks {
        block.write(target, &moved, &mut metadata);
    }
    // Rows that navlayer did not write stay, behind its own.
    let mut seen = BTreeSet::new();
    let others = rows.iter().flat_map(|held| &held.annotation.metadata);
    let others = others.filter(|row| {
        let name = name(row);
        !name.is_empty() && !is_origin(row) && !BLOCK.contains(&name) && !OF_SCORE.contains(&name)
    });
    metadata.extend(others.filter(|row| seen.insert((name(row), value(row)))).cloned());
    by_hand.insert(0, summary(&blocks) + rolled_up);
    Some(Joined { comment: by_hand.join("\n\n"), metadata })
}

/// The rows that tell of the score, rather than of a capability.
const OF_SCORE: [&str; 3] = ["state", "rolled-up score", "own score"];

/// What opens, in a comment, the sentence about a roll-up.
const ROLLED_UP: &str = ". Score ";

fn name(row: &InputMetadata) -> &str {
    match row {
        InputMetadata::Row { name, .. } => name,
        InputMetadata::Divider { .. } => "",
    }
}

fn value(row: &InputMetadata) -> &str {
    match row {
        InputMetadata::Row { value, .. } => &value.value,
        InputMetadata::Divider { .. } => "",
    }
}

/// The rows that a block is of.
const BLOCK: [&str; 7] = ["capability", "category", "level", "score", "mapping type", MADE_OF, "comment"];

/// The blocks of an annotation on its way to `target`.
fn blocks(row: &Row, target: TechniqueId) -> Vec<Block> {
    let stated: Vec<(TechniqueId, String)> = origins(&row.annotation)
        .iter()
        .filter_map(|text| Some((text.split(' ').next()?.parse().ok()?, String::new())))
        .collect();
    let mut blocks: Vec<Block> = Vec::new();
    let mut made_of = Vec::new();
    for one in &row.annotation.metadata {
        let InputMetadata::Row { name, value } = one else { continue };
        if name == "capability" {
            let capability = (value.value.to_lowercase().replace(' ', "_"), value.value.clone());
            let key = Key { capability, category: Default::default(), kind: Default::default() };
            let (said, comment) = Default::default();
            blocks.push(Block {
                source: row.source,
                key,
                said,
                comment,
                origins: Vec::new(),
                has_moved: false,
                span: value.span,
            });
            made_of.push(None);
            continue;
        }
        let (Some(block), Some(made_of)) = (blocks.last_mut(), made_of.last_mut()) else { continue };
        match name.as_str() {
            "category" => block.key.category = (value.value.parse().ok(), value.value.clone()),
            "level" | "score" => {
                block.key.kind.0.clone_from(name);
                block.said.clone_from(&value.value);
            }
            "mapping type" => {
                block.key.kind = (name.clone(), value.value.clone());
                block.said.clone_from(&value.value);
            }
            MADE_OF => *made_of = Some(value.value.clone()),
            "comment" => block.comment.clone_from(&value.value),
            _ => {}
        }
    }
    for (block, made_of) in blocks.iter_mut().zip(made_of) {
        let is_named = |id: &TechniqueId| {
            made_of.as_ref().is_none_or(|of| of.split(", ").any(|one| one.parse() == Ok(*id)))
        };
        let mut techniques: Vec<(TechniqueId, String)> =
            stated.iter().filter(|(id, _)| is_named(id)).cloned().collect();
        block.has_moved = !techniques.is_empty() || row.source != target;
        if techniques.is_empty() {
            techniques.push((row.source, String::new()));
        }
        block.origins = mappings::origins(&techniques, &block.comment);
    }
    blocks
}

/// One block of those of several techniques; those of one technique stay what they are.
fn one_of(mut blocks: Vec<Block>) -> Vec<Block> {
    if blocks.iter().all(|block| block.source == blocks[0].source) {
        return blocks;
    }
    let mut origins: Vec<MappingOrigin> =
        blocks.iter_mut().flat_map(|block| std::mem::take(&mut block.origins)).collect();
    origins.sort_by_key(|origin| origin.technique);
    let comment = mappings::comment(&origins);
    let strongest = blocks.into_iter().reduce(|held, one| if one.is_stronger(&held) { one } else { held });
    strongest
        .into_iter()
        .map(|held| Block { comment: comment.clone(), origins: origins.clone(), has_moved: true, ..held })
        .collect()
}

impl Block {
    fn is_stronger(&self, other: &Self) -> bool {
        match self.key.kind.0.as_str() {
            "level" => Level::from_str(&self.said).ok() > Level::from_str(&other.said).ok(),
            "score" => self.said.parse::<f64>().ok() > other.said.parse::<f64>().ok(),
            _ => false,
        }
    }

    /// The techniques that it was of, where they are others.
    fn made_of(&self) -> BTreeSet<TechniqueId> {
        let origins = self.origins.iter().filter(|_| self.has_moved);
        origins.map(|origin| origin.technique).collect()
    }

    /// The rows, in the order of [`BLOCK`]; `moved` are the techniques that the annotation was of.
    fn write(&self, target: TechniqueId, moved: &BTreeSet<TechniqueId>, metadata: &mut Vec<InputMetadata>) {
        let mut write = |name: &str, value: &str| {
            if !value.is_empty() {
                metadata.push(row(name, value.to_owned(), self.span));
            }
        };
        write("capability", &self.key.capability.1);
        write("category", &self.key.category.1);
        if !self.key.kind.0.is_empty() {
            write(&self.key.kind.0, &self.said);
        }
        let made_of = self.made_of();
        if made_of != *moved {
            write(MADE_OF, &made_of_row(target, &made_of));
        }
        write("comment", &self.comment);
    }

    /// What the capability reaches: `Protect Partial`, `Detect score 40`, `score 40`; nothing for a mapping type.
    fn reached(&self) -> Option<String> {
        let said = match self.key.kind.0.as_str() {
            "level" => self.said.clone(),
            "score" => format!("score {}", self.said),
            _ => return None,
        };
        let (_, category) = &self.key.category;
        Some(if category.is_empty() { said } else { format!("{category} {said}") })
    }
}

/// Who covers it, as in layers that are built: `2 capabilities: AWS Config (Protect Partial), Amazon GuardDuty`.
fn summary(blocks: &[Block]) -> String {
    let place = |block: &&Block| {
        let (is_number, category) = (block.key.kind.0 == "score", block.key.category.0);
        (is_number && category.is_none(), category, is_number)
    };
    let mut capabilities: Vec<String> = Vec::new();
    for block in blocks.chunk_by(|one, other| one.key.capability == other.key.capability) {
        let mut reached: Vec<&Block> = block.iter().collect();
        // Categories in their order, what is of none last.
        reached.sort_by_key(place);
        let mut texts: Vec<String> = reached.into_iter().filter_map(Block::reached).collect();
        texts.dedup();
        let name = &block[0].key.capability.1;
        capabilities.push(if texts.is_empty() {
            name.clone()
        } else {
            format!("{name} ({})", texts.join(", "))
        });
    }
    let noun = if capabilities.len() == 1 { "capability" } else { "capabilities" };
    format!("{} {noun}: {}", capabilities.len(), capabilities.join(", "))
}

/// The techniques that a layer marks as not assessed for being new since the version that its mappings were made on.
#[derive(Debug)]
pub(super) struct Marks {
    techniques: BTreeSet<TechniqueId>,
    made_on: Version,
    /// Whether the layer leaves techniques out, so that nobody can tell which of the new ones it would have.
    is_partial: bool,
}

impl Marks {
    /// Those of a layer whose mappings were made on this version.
    pub(super) fn of(layer: &InputLayer, made_on: Version) -> Self {
        let row = |wanted: &'static str| {
            layer.metadata.iter().filter_map(move |row| match row {
                InputMetadata::Row { name, value } if name == wanted => Some(value.value.as_str()),
                _ => None,
            })
        };
        let of_scope = ["tactic: ", "platform: ", "technique: ", "kind: "];
        Self {
            techniques: layer
                .techniques
                .iter()
                .filter(|one| is_mark(one))
                .filter_map(InputAnnotation::id)
                .collect(),
            made_on,
            is_partial: row("filter").any(|text| of_scope.iter().any(|start| text.starts_with(start))),
        }
    }

    /// The marks on the upgrade's target: what is new to it, and what was new before.
    pub(super) fn carry(&self, upgrade: &Upgrade<'_>) -> BTreeSet<TechniqueId> {
        upgrade.not_assessed(&self.techniques)
    }

    /// Annotations for what is not assessed, where there is none; in the order of techniques, as built layers have them.
    pub(super) fn write(
        &self,
        new: &BTreeSet<TechniqueId>,
        to: Version,
        span: Span,
        all: &mut Vec<InputAnnotation>,
    ) {
        let annotated: BTreeSet<TechniqueId> = all.iter().filter_map(InputAnnotation::id).collect();
        let texts = NotAssessed::new(&absence(self.made_on, to));
        let fresh = new.iter().filter(|id| !self.is_partial && !annotated.contains(id));
        all.extend(fresh.map(|id| InputAnnotation {
            technique: Some(Spanned { value: id.to_string(), span }),
            id_span: None,
            tactic: InputTactic::Every,
            score: None,
            color: None,
            comment: Spanned { value: texts.comment.clone(), span },
            enabled: true,
            metadata: vec![row("state", texts.state.clone(), span)],
            links: Vec::new(),
            show_subtechniques: false,
            other: Vec::new(),
            span,
        }));
        all.sort_by_key(InputAnnotation::id);
    }
}

/// Whether an annotation says only that nobody can have assessed the technique.
pub(super) fn is_mark(annotation: &InputAnnotation) -> bool {
    annotation.score.is_none()
        && matches!(annotation.metadata.as_slice(), [InputMetadata::Row { name, value }]
            if name == "state" && NotAssessed::is_state(&value.value))
}

/// Whether a row of a technique's metadata tells that it is retired, rather than what the sources say of it.
pub(super) fn is_fate(row: &InputMetadata) -> bool {
    let is_of_sources =
        |text: &str| ["not mappable", "not assessed"].iter().any(|state| text.starts_with(state));
    matches!(row, InputMetadata::Row { name, value } if name == "state" && !is_of_sources(&value.value))
}
