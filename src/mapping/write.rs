//! Writing a mapping set as the unified JSON of Mappings Explorer.

use std::collections::BTreeMap;

use serde::Serialize;

use super::model::{Capability, Category, Level, MappingSet};
use crate::attack::Domain;
use crate::link;

/// What goes into the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Everything that the form has a place for: not tags, descriptions of capabilities, or a second group.
    Everything,
    /// Facts: ids, names, types, categories, levels, relations, addresses. No sentence of anybody's.
    Facts,
}

#[derive(Serialize)]
struct Metadata<'a> {
    mapping_version: &'a str,
    technology_domain: &'a str,
    attack_version: String,
    mapping_framework: &'a str,
    mapping_framework_version: &'a str,
    author: Option<&'a str>,
    contact: Option<&'a str>,
    organization: Option<&'a str>,
    creation_date: Option<&'a str>,
    last_update: Option<&'a str>,
    mapping_types: BTreeMap<&'a str, MappingType<'a>>,
    capability_groups: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
struct MappingType<'a> {
    name: &'a str,
    description: &'a str,
}

/// A row; by default a non-mappable one.
#[derive(Serialize)]
struct Object<'a> {
    capability_id: Option<&'a str>,
    capability_description: Option<&'a str>,
    capability_group: Option<&'a str>,
    mapping_type: Option<&'a str>,
    attack_object_id: Option<String>,
    attack_object_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score_category: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score_value: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    related_score: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    comments: &'a str,
    references: Vec<&'a str>,
    status: &'static str,
}

impl Default for Object<'_> {
    fn default() -> Self {
        Self {
            capability_id: None,
            capability_description: None,
            capability_group: None,
            mapping_type: Some("non_mappable"),
            attack_object_id: None,
            attack_object_name: None,
            score_category: None,
            score_value: None,
            related_score: None,
            comments: "",
            references: Vec::new(),
            status: "non_mappable",
        }
    }
}

/// How many mappings of the set have a score that is a number: the form has a place for levels only, and such a mapping
/// stands in it without a score.
#[must_use]
pub fn unheld_scores(set: &MappingSet) -> usize {
    set.mappings.iter().filter(|mapping| mapping.numeric.is_some()).count()
}

/// The set as JSON text, one mapping a line: first the mappings in source order, then what is non-mappable.
#[must_use]
pub fn unified_json(set: &MappingSet, content: Content) -> String {
    let rows: Vec<String> = objects(set, content).iter().map(json).collect();
    format!(
        "{{\n\"metadata\": {},\n\"mapping_objects\": [\n{}\n]\n}}\n",
        json(&metadata(set, content)),
        rows.join(",\n")
    )
}

/// Text and lists alone: this cannot fail.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn metadata(set: &MappingSet, content: Content) -> Metadata<'_> {
    let publication = &set.publication;
    Metadata {
        mapping_version: publication.mapping_version.as_deref().unwrap_or_default(),
        technology_domain: match set.domain {
            Domain::Enterprise => "enterprise",
            Domain::Mobile => "mobile",
            Domain::Ics => "ics",
        },
        attack_version: set.attack_version.to_string(),
        mapping_framework: &set.framework.id,
        mapping_framework_version: &set.framework.version,
        author: publication.author.as_deref(),
        contact: publication.contact.as_deref(),
        organization: publication.organization.as_deref(),
        creation_date: publication.creation_date.as_deref(),
        last_update: publication.last_update.as_deref(),
        mapping_types: set
            .mapping_types
            .iter()
            .map(|(id, kind)| {
                let description = if content == Content::Everything { kind.description.as_str() } else { "" };
                (id.as_str(), MappingType { name: &kind.name, description })
            })
            .collect(),
        capability_groups: set.groups.iter().map(|group| (group.id.as_str(), group.name.as_str())).collect(),
    }
}

fn objects(set: &MappingSet, content: Content) -> Vec<Object<'_>> {
    let mapped = set.mappings.iter().map(|mapping| {
        let capability = &set.capabilities[mapping.capability];
        Object {
            mapping_type: Some(type_id(set, &mapping.mapping_type)),
            attack_object_id: Some(mapping.technique.to_string()),
            attack_object_name: Some(&mapping.technique_name),
            score_category: mapping.category.map(Category::key),
            score_value: mapping.level.map(Level::key),
            related_score: mapping.related_score.map(|id| id.to_string()),
            comments: comment(content, &mapping.comment),
            references: references(content, mapping.references.iter().map(|one| one.text.as_str())),
            status: "complete",
            ..of_capability(set, capability)
        }
    });
    let declared = set.capabilities.iter().filter(|capability| capability.non_mappable);
    let capabilities = declared.map(|capability| Object {
        comments: comment(content, &capability.comment),
        references: references(content, capability.references.iter().map(String::as_str)),
        ..of_capability(set, capability)
    });
    let techniques = set.non_mappable.iter().map(|technique| Object {
        attack_object_id: Some(technique.technique.to_string()),
        attack_object_name: Some(&technique.name),
        comments: comment(content, &technique.comment),
        ..Object::default()
    });
    mapped.chain(capabilities).chain(techniques).collect()
}

/// A non-mappable row about a capability, without comment and references.
fn of_capability<'a>(set: &'a MappingSet, capability: &'a Capability) -> Object<'a> {
    Object {
        capability_id: Some(&capability.id),
        capability_description: Some(&capability.name),
        capability_group: capability.groups.first().map(|group| set.groups[*group].id.as_str()),
        ..Object::default()
    }
}

fn comment(content: Content, text: &str) -> &str {
    if content == Content::Everything { text } else { "" }
}

fn references<'a>(content: Content, all: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    all.filter(|text| content == Content::Everything || link::web_address(text).is_some()).collect()
}

/// The id of a mapping type by the name that mappings hold.
fn type_id<'a>(set: &'a MappingSet, name: &'a str) -> &'a str {
    set.mapping_types.iter().find(|(_, known)| known.name == name).map_or(name, |(id, _)| id)
}
