//! What a layer says of the ATT&CK version that its mappings were made on, before they were carried to its own.

use std::collections::{BTreeMap, BTreeSet};

use super::super::super::model::Framework;
use super::blocks;
use crate::attack::upgrade::Upgrade;
use crate::attack::{Domain, Releases, TechniqueId, Version};
use crate::layer::NotAssessed;
use crate::layer::read::{InputAnnotation, InputLayer, InputMetadata};

/// The versions that a layer names beside its own.
#[derive(Debug, Default)]
pub(super) struct Carried {
    /// By the label of the source.
    sources: BTreeMap<String, Version>,
    /// That of the whole layer, when the layer was upgraded.
    layer: Option<Version>,
    /// The techniques that the layer marks as new since.
    marked: BTreeSet<TechniqueId>,
}

impl Carried {
    pub(super) fn of(layer: &InputLayer) -> Self {
        let mut sources = BTreeMap::new();
        let mut source = None;
        for row in &layer.metadata {
            let InputMetadata::Row { name, value } = row else { continue };
            match (name.as_str(), &source) {
                ("source", _) => source = Some(Framework::from_label(&value.value).label()),
                ("source ATT&CK version", Some(label)) => {
                    if let Ok(version) = value.value.trim().parse() {
                        sources.entry(label.clone()).or_insert(version);
                    }
                }
                _ => {}
            }
        }
        let upgraded = blocks::value(&layer.metadata, "upgraded from");
        let last_word = upgraded.and_then(|text| text.rsplit(' ').next());
        let is_new =
            |one: &&InputAnnotation| blocks::value(&one.metadata, "state").is_some_and(NotAssessed::is_state);
        Self {
            sources,
            layer: last_word.and_then(|version| version.parse().ok()),
            marked: layer.techniques.iter().filter(is_new).filter_map(InputAnnotation::id).collect(),
        }
    }

    /// The version that a framework's mappings were made on, when it is not the layer's.
    pub(super) fn made_on(&self, framework: &Framework, version: Version) -> Option<Version> {
        let stated = self.sources.get(&framework.label()).copied().or(self.layer);
        // Back on its own version, a layer may have lost something on the way.
        stated.filter(|stated| *stated != version || !self.marked.is_empty())
    }

    /// What nobody can have assessed who worked on another version: by the facts, or where a release is not known here,
    /// by the marks in the layer.
    pub(super) fn not_assessed(
        &self,
        domain: Domain,
        [made_on, version]: [Version; 2],
        releases: &Releases,
    ) -> BTreeSet<TechniqueId> {
        if made_on == version {
            return self.marked.clone();
        }
        let catalogs =
            releases.catalog(domain, made_on).and_then(|from| Ok((from, releases.catalog(domain, version)?)));
        let new = catalogs.and_then(|(from, to)| Ok(Upgrade::new(&from, &to)?.new_techniques()));
        new.unwrap_or_else(|_| self.marked.clone())
    }
}

/// The techniques that an annotation was of, each with its name: `T1562.008 Impair Defenses: … (ATT&CK 16.1)`.
pub(super) fn origins(technique: &InputAnnotation) -> Vec<(TechniqueId, String)> {
    let origin = |text: &str| {
        let (id, name) = text.split_once(' ').unwrap_or((text, ""));
        let name = name.rsplit_once("(ATT&CK ").map_or(name, |(name, _)| name);
        Some((id.parse().ok()?, name.trim().to_owned()))
    };
    blocks::values(&technique.metadata, "upgraded from").filter_map(origin).collect()
}
