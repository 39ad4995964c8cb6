//! The unified form, as JSON and as YAML.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::super::model::{Category, Level, MappingSet};
use super::Content;
use super::rows::rows;

#[derive(Serialize)]
struct Unified<'a> {
    metadata: Metadata<'a>,
    mapping_objects: Vec<Object<'a>>,
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
    mapping_types: BTreeMap<String, MappingType<'a>>,
    capability_groups: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
struct MappingType<'a> {
    name: &'a str,
    description: &'a str,
}

#[derive(Serialize)]
struct Object<'a> {
    capability_id: Option<&'a str>,
    capability_description: Option<&'a str>,
    capability_group: Option<&'a str>,
    mapping_type: Option<String>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
}

/// The set as JSON text, one mapping a line: first the mappings in source order, then what is non-mappable.
#[must_use]
pub fn unified_json(set: &MappingSet, content: Content) -> String {
    let Unified { metadata, mapping_objects } = unified(set, content, true);
    let rows: Vec<String> = mapping_objects.iter().map(json).collect();
    format!("{{\n\"metadata\": {},\n\"mapping_objects\": [\n{}\n]\n}}\n", json(&metadata), rows.join(",\n"))
}

/// Text and lists alone: this cannot fail.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// The set as YAML text.
pub(super) fn yaml(set: &MappingSet, content: Content) -> Result<String, serde_saphyr::ser::Error> {
    serde_saphyr::to_string(&unified(set, content, false))
}

fn unified(set: &MappingSet, content: Content, has_status: bool) -> Unified<'_> {
    let types = Types::new(set);
    // Mappings Explorer knows a type that is not defined when it is null or "non_mappable", and not when both occur.
    let is_untyped = set.mappings.iter().any(|mapping| mapping.mapping_type.is_empty());
    let non_mappable = (!(has_status && is_untyped)).then_some("non_mappable");
    let objects = rows(set, content).into_iter().map(|row| Object {
        capability_id: row.capability.map(|one| one.id.as_str()),
        capability_description: row.capability.map(|one| one.name.as_str()),
        capability_group: row.group.map(|group| group.id.as_str()),
        mapping_type: if row.is_non_mappable {
            non_mappable.map(str::to_owned)
        } else {
            types.id(row.mapping_type)
        },
        attack_object_id: row.technique.map(|id| id.to_string()),
        attack_object_name: row.technique_name,
        score_category: row.category.map(Category::key),
        score_value: row.level.map(Level::key),
        related_score: row.related_score.map(|id| id.to_string()),
        comments: row.comment,
        references: row.references,
        status: has_status.then_some(if row.is_non_mappable { "non_mappable" } else { "complete" }),
    });
    let mapping_objects = objects.collect();
    Unified { metadata: metadata(set, content, &types), mapping_objects }
}

fn metadata<'a>(set: &'a MappingSet, content: Content, types: &Types<'a>) -> Metadata<'a> {
    let publication = &set.publication;
    let defined = set.mapping_types.iter().map(|(id, kind)| {
        let description = if content == Content::Everything { kind.description.as_str() } else { "" };
        (id.clone(), MappingType { name: &kind.name, description })
    });
    let undefined =
        types.undefined.iter().map(|(name, id)| (id.clone(), MappingType { name, description: "" }));
    Metadata {
        mapping_version: publication.mapping_version.as_deref().unwrap_or_default(),
        technology_domain: super::domain(set.domain),
        attack_version: set.attack_version.to_string(),
        mapping_framework: &set.framework.id,
        mapping_framework_version: &set.framework.version,
        author: publication.author.as_deref(),
        contact: publication.contact.as_deref(),
        organization: publication.organization.as_deref(),
        creation_date: publication.creation_date.as_deref(),
        last_update: publication.last_update.as_deref(),
        mapping_types: defined.chain(undefined).collect(),
        capability_groups: set.groups.iter().map(|group| (group.id.as_str(), group.name.as_str())).collect(),
    }
}

/// The ids of mapping types by the names that mappings hold.
struct Types<'a> {
    /// Of the types that the set defines.
    defined: BTreeMap<&'a str, &'a str>,
    /// Of those that it does not: Mappings Explorer asks for a definition of each.
    undefined: BTreeMap<&'a str, String>,
}

impl<'a> Types<'a> {
    fn new(set: &'a MappingSet) -> Self {
        let mut defined = BTreeMap::new();
        for (id, kind) in &set.mapping_types {
            defined.entry(kind.name.as_str()).or_insert(id.as_str());
        }
        let used: BTreeSet<&str> = set.mappings.iter().map(|mapping| mapping.mapping_type.as_str()).collect();
        let mut undefined: BTreeMap<&str, String> = BTreeMap::new();
        let mut taken = BTreeSet::new();
        for name in used.into_iter().filter(|name| !name.is_empty() && !defined.contains_key(name)) {
            let numbered = (2_u32..).map(|number| format!("{name} {number}"));
            let id = std::iter::once(name.to_owned())
                .chain(numbered)
                .find(|id| !set.mapping_types.contains_key(id) && !taken.contains(id));
            taken.extend(id.clone());
            undefined.extend(id.map(|id| (name, id)));
        }
        Self { defined, undefined }
    }

    fn id(&self, name: &str) -> Option<String> {
        let defined = self.defined.get(name).map(|id| (*id).to_owned());
        defined.or_else(|| self.undefined.get(name).cloned())
    }
}
