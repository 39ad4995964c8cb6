//! The rows of a mapping set, as every form writes them.

use super::super::model::{Capability, Category, Group, Level, MappingSet};
use super::Content;
use crate::attack::TechniqueId;
use crate::link;

/// One row, with its values as the model has them.
#[derive(Debug, Default)]
pub(super) struct Row<'a> {
    pub(super) capability: Option<&'a Capability>,
    pub(super) group: Option<&'a Group>,
    /// The mapping type's name; empty when there is none.
    pub(super) mapping_type: &'a str,
    /// Whether the capability or the technique is declared not mappable.
    pub(super) is_non_mappable: bool,
    pub(super) technique: Option<TechniqueId>,
    pub(super) technique_name: Option<&'a str>,
    pub(super) category: Option<Category>,
    pub(super) level: Option<Level>,
    pub(super) related_score: Option<TechniqueId>,
    pub(super) comment: &'a str,
    pub(super) references: Vec<&'a str>,
}

/// All rows: first the mappings in source order, then the capabilities and the techniques that are non-mappable.
///
/// A row names one group: its own. Where the source has none for each row, the rows of a capability in several groups name
/// one after the other, then the first again: so the capability is in all of them when the rows are read.
pub(super) fn rows(set: &MappingSet, content: Content) -> Vec<Row<'_>> {
    let mut written = vec![0_usize; set.capabilities.len()];
    let mut of_capability = |index: usize| {
        let capability = &set.capabilities[index];
        let group = capability.groups.get(written[index]).or(capability.groups.first());
        written[index] += 1;
        Row { capability: Some(capability), group: group.map(|group| &set.groups[*group]), ..Row::default() }
    };
    let mut rows = Vec::with_capacity(set.mappings.len() + set.non_mappable.len());
    for mapping in &set.mappings {
        let row = of_capability(mapping.capability);
        rows.push(Row {
            group: mapping.group.map(|group| &set.groups[group]).or(row.group),
            mapping_type: &mapping.mapping_type,
            technique: Some(mapping.technique),
            technique_name: Some(&mapping.technique_name),
            category: mapping.category,
            level: mapping.level,
            related_score: mapping.related_score,
            comment: comment(content, &mapping.comment),
            references: references(content, mapping.references.iter().map(|one| one.text.as_str())),
            ..row
        });
    }
    for (index, capability) in set.capabilities.iter().enumerate().filter(|(_, one)| one.non_mappable) {
        rows.push(Row {
            is_non_mappable: true,
            comment: comment(content, &capability.comment),
            references: references(content, capability.references.iter().map(String::as_str)),
            ..of_capability(index)
        });
    }
    rows.extend(set.non_mappable.iter().map(|technique| Row {
        is_non_mappable: true,
        technique: Some(technique.technique),
        technique_name: Some(&technique.name),
        comment: comment(content, &technique.comment),
        ..Row::default()
    }));
    rows
}

fn comment(content: Content, text: &str) -> &str {
    if content == Content::Everything { text } else { "" }
}

fn references<'a>(content: Content, all: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    all.filter(|text| content == Content::Everything || link::web_address(text).is_some()).collect()
}
