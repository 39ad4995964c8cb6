//! Capabilities that another one makes superfluous, as far as the mappings go.

use std::collections::BTreeMap;

use super::Comparison;
use crate::attack::{Catalog, TechniqueId};
use crate::coverage::{CapabilityKey, Levels, Scale};
use crate::mapping::Category;

/// A capability of which another one does everything at least as well: in each technique and category that it maps, the
/// other one reaches its level or a higher one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dominated {
    /// The capability.
    pub capability: CapabilityKey,
    /// The sides that it belongs to.
    pub sides: Vec<usize>,
    /// How many active techniques and sub-techniques in scope it maps; at least one.
    pub mapped: usize,
    /// Those that do everything at least as well, in order; at least one.
    pub by: Vec<Dominator>,
}

/// One that does everything of another at least as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dominator {
    /// The capability.
    pub capability: CapabilityKey,
    /// Whether both do exactly the same, so that each dominates the other.
    pub is_same: bool,
}

type Profiles = BTreeMap<CapabilityKey, BTreeMap<TechniqueId, Levels>>;

/// The dominated capabilities among those of all sides.
pub(super) fn dominated(comparison: &Comparison<'_>, catalog: &Catalog) -> Vec<Dominated> {
    let mut profiles: Profiles = BTreeMap::new();
    let mut sides: BTreeMap<CapabilityKey, Vec<usize>> = BTreeMap::new();
    for (place, side) in comparison.sides().iter().enumerate() {
        for (id, cell) in side.coverage.cells() {
            if catalog.technique(*id).is_none() {
                continue;
            }
            for (key, levels) in &cell.capabilities {
                profiles.entry(*key).or_default().entry(*id).or_default().raise_all(levels);
                let sides = sides.entry(*key).or_default();
                if sides.last() != Some(&place) {
                    sides.push(place);
                }
            }
        }
    }
    let mut mapping: BTreeMap<TechniqueId, Vec<CapabilityKey>> = BTreeMap::new();
    for (key, profile) in &profiles {
        for id in profile.keys() {
            mapping.entry(*id).or_default().push(*key);
        }
    }
    let scale = &comparison.rules().scale;
    let found = profiles.iter().filter_map(|(key, profile)| {
        // Whoever does everything maps also what the fewest map.
        let candidates = profile.keys().filter_map(|id| mapping.get(id)).min_by_key(|all| all.len())?;
        let by = candidates.iter().filter(|other| *other != key).filter_map(|other| {
            let others = profiles.get(other)?;
            let is_same = others.len() == profile.len() && covers(profile, others, scale);
            covers(others, profile, scale).then_some(Dominator { capability: *other, is_same })
        });
        let by: Vec<Dominator> = by.collect();
        let sides = sides.get(key).cloned().unwrap_or_default();
        (!by.is_empty()).then_some(Dominated { capability: *key, sides, mapped: profile.len(), by })
    });
    found.collect()
}

/// Whether one does everything that another does, at least as well.
fn covers(one: &BTreeMap<TechniqueId, Levels>, other: &BTreeMap<TechniqueId, Levels>, scale: &Scale) -> bool {
    let reaches = |own: &Levels, wanted: &Levels| {
        let in_each = Category::ALL
            .into_iter()
            .all(|category| own.score_in(category, scale) >= wanted.score_in(category, scale));
        in_each && own.score(&Category::ALL, scale) >= wanted.score(&Category::ALL, scale)
    };
    one.len() >= other.len()
        && other.iter().all(|(id, wanted)| one.get(id).is_some_and(|own| reaches(own, wanted)))
}
