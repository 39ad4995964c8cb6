//! One selection into several: a part for each capability, category, group, tag or framework.

use std::collections::BTreeSet;

use crate::attack::Catalog;
use crate::coverage::CapabilityKey;
use crate::mapping::select::Selection;
use crate::mapping::{Category, MappingSet};

use super::build::sheet_safe;

/// What there is one layer for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// Each capability that maps something.
    Capability,
    /// Each category that something is mapped in.
    Category,
    /// Each group with a capability that maps something.
    Group,
    /// Each tag with a capability that maps something.
    Tag,
    /// Each framework, that is, each mapping set.
    Framework,
}

/// A part of a selection.
#[derive(Debug, Clone)]
pub struct Part {
    /// What a file of it is named after: an id, a tag.
    pub id: String,
    /// What people call it; a layer's name.
    pub name: String,
    /// The mappings of the part.
    pub selection: Selection,
    /// The capabilities of the part that map something.
    pub capabilities: Vec<CapabilityKey>,
}

/// The parts of a selection that hold at least one mapping, in the order of the sets and of ids within them.
#[must_use]
pub fn split(sets: &[MappingSet], catalog: &Catalog, selection: &Selection, per: Per) -> Vec<Part> {
    let mapping = mapping_capabilities(sets, catalog, selection);
    match per {
        Per::Capability => capabilities(sets, selection, &mapping),
        Per::Category => categories(sets, catalog, selection),
        Per::Group => groups(sets, selection, &mapping),
        Per::Tag => tags(sets, selection, &mapping),
        Per::Framework => frameworks(sets, selection, &mapping),
    }
}

fn capabilities(sets: &[MappingSet], selection: &Selection, mapping: &[CapabilityKey]) -> Vec<Part> {
    let parts = mapping.iter().map(|key| {
        let capability = &sets[key.set].capabilities[key.capability];
        let name = format!("{} ({})", capability.name, sets[key.set].framework.name());
        part(&capability.id, &name, selection, vec![*key])
    });
    parts.collect()
}

fn categories(sets: &[MappingSet], catalog: &Catalog, selection: &Selection) -> Vec<Part> {
    let parts = Category::ALL.into_iter().filter_map(|category| {
        let narrowed = selection.with_categories(&[category]);
        let capabilities = mapping_capabilities(sets, catalog, &narrowed);
        let name = format!("{} ({})", category.name(), names(sets, &capabilities));
        (!capabilities.is_empty()).then(|| part(category.key(), &name, &narrowed, capabilities))
    });
    parts.collect()
}

fn groups(sets: &[MappingSet], selection: &Selection, mapping: &[CapabilityKey]) -> Vec<Part> {
    let mut parts = Vec::new();
    for (set, content) in sets.iter().enumerate() {
        for (index, group) in content.groups.iter().enumerate() {
            let belongs = |key: &&CapabilityKey| {
                key.set == set && content.capabilities[key.capability].groups.contains(&index)
            };
            let members: Vec<_> = mapping.iter().filter(belongs).copied().collect();
            if !members.is_empty() {
                let name = format!("{} ({})", group.name, content.framework.name());
                parts.push(part(&group.id, &name, selection, members));
            }
        }
    }
    parts
}

fn tags(sets: &[MappingSet], selection: &Selection, mapping: &[CapabilityKey]) -> Vec<Part> {
    let all = sets.iter().flat_map(|set| &set.capabilities).flat_map(|one| &one.tags);
    let all: BTreeSet<&str> = all.map(String::as_str).collect();
    let parts = all.into_iter().filter_map(|tag| {
        let has = |key: &&CapabilityKey| {
            sets[key.set].capabilities[key.capability].tags.iter().any(|own| own == tag)
        };
        let members: Vec<_> = mapping.iter().filter(has).copied().collect();
        (!members.is_empty()).then(|| part(tag, tag, selection, members))
    });
    parts.collect()
}

fn frameworks(sets: &[MappingSet], selection: &Selection, mapping: &[CapabilityKey]) -> Vec<Part> {
    let parts = sets.iter().enumerate().filter_map(|(set, content)| {
        let capabilities: Vec<_> = mapping.iter().filter(|key| key.set == set).copied().collect();
        (!capabilities.is_empty()).then(|| Part {
            id: framework_key(sets, set),
            name: sheet_safe(&content.framework.label()),
            // Capabilities without a mapping stay: they are what the source says is not mappable.
            selection: selection.with_capabilities(|of, _| of == set),
            capabilities,
        })
    });
    parts.collect()
}

/// A set's key among others: its framework, with the edition where the framework alone is not enough.
#[must_use]
pub fn framework_key(sets: &[MappingSet], set: usize) -> String {
    let own = &sets[set].framework;
    let twice = sets.iter().filter(|other| other.framework.id == own.id).count() > 1;
    if twice && !own.version.is_empty() { format!("{}-{}", own.id, own.version) } else { own.id.clone() }
}

fn part(id: &str, name: &str, selection: &Selection, capabilities: Vec<CapabilityKey>) -> Part {
    let narrowed = selection
        .with_capabilities(|set, capability| capabilities.contains(&CapabilityKey { set, capability }));
    Part { id: id.to_owned(), name: sheet_safe(name), selection: narrowed, capabilities }
}

fn names(sets: &[MappingSet], capabilities: &[CapabilityKey]) -> String {
    let involved: BTreeSet<usize> = capabilities.iter().map(|key| key.set).collect();
    involved.into_iter().map(|set| sets[set].framework.name()).collect::<Vec<_>>().join(" + ")
}

/// The capabilities with at least one selected mapping of a technique in scope, in order.
fn mapping_capabilities(sets: &[MappingSet], catalog: &Catalog, selection: &Selection) -> Vec<CapabilityKey> {
    let mut keys = BTreeSet::new();
    for (set, content) in sets.iter().enumerate() {
        let selected = content.mappings.iter().filter(|mapping| {
            selection.has(set, mapping) && selection.scope.contains_id(mapping.technique, catalog)
        });
        keys.extend(selected.map(|mapping| CapabilityKey { set, capability: mapping.capability }));
    }
    keys.into_iter().collect()
}
