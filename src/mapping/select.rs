//! Filters: which mappings count, and which techniques are in scope.
//!
//! Filters on the mappings (framework, category, level, capability, group, tag) say which rows count. Filters on ATT&CK
//! (tactic, platform, technique, kind) say which techniques are in scope, and so what a percentage is a percentage of.

use std::collections::BTreeSet;

use globset::GlobBuilder;

use super::model::{Category, Level, Mapping, MappingSet};
use crate::attack::{Catalog, Technique, TechniqueId};
use crate::suggest;

/// Filters as typed. An empty list filters nothing; several entries of one list are alternatives; lists add up.
///
/// Every entry is a name or an id in any case, or a glob (`*`, `?`, `[ab]`, `{a,b}`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Framework ids, names, or names with the edition: `aws`, `AWS`, `AWS 12/12/2024`.
    pub frameworks: Vec<String>,
    /// `Protect`, `Detect`, `Respond`.
    pub categories: Vec<String>,
    /// `Minimal`, `Partial`, `Significant`.
    pub levels: Vec<String>,
    /// Capability ids or names.
    pub capabilities: Vec<String>,
    /// Group ids or names.
    pub groups: Vec<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// Whether a capability must have every tag named, rather than any.
    pub all_tags: bool,
    /// Tactic ids, short names or names.
    pub tactics: Vec<String>,
    /// Platform names.
    pub platforms: Vec<String>,
    /// Technique ids or names; a technique does not bring its sub-techniques, `T1562*` does.
    pub techniques: Vec<String>,
    /// Only techniques, or only sub-techniques.
    pub kind: Option<TechniqueKind>,
}

/// Techniques apart from sub-techniques.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TechniqueKind {
    /// `T1562`.
    Technique,
    /// `T1562.008`.
    SubTechnique,
}

impl TechniqueKind {
    /// Both kinds.
    pub const ALL: [Self; 2] = [Self::Technique, Self::SubTechnique];

    /// The kind of an id.
    #[must_use]
    pub const fn of(id: TechniqueId) -> Self {
        if id.is_sub() { Self::SubTechnique } else { Self::Technique }
    }

    /// `sub-technique`
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Technique => "technique",
            Self::SubTechnique => "sub-technique",
        }
    }
}

/// A filter entry that matches nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no {what} is called `{value}`")]
pub struct UnknownName {
    /// What was filtered: `capability`, `tactic`.
    pub what: &'static str,
    /// The entry as typed.
    pub value: String,
    /// The nearest names, nearest first; at most three.
    pub nearest: Vec<String>,
    /// All names, when they are few enough to list.
    pub known: Vec<String>,
}

/// A filter resolved on mapping sets and a catalog.
#[derive(Debug, Clone)]
pub struct Selection {
    /// The categories that count, in order; all three when none was asked for.
    pub categories: Vec<Category>,
    /// The techniques in scope.
    pub scope: Scope,
    /// The platforms asked for, by their own names; empty when none was.
    pub platforms: Vec<String>,
    /// The filters in force, one phrase each: `category: Protect`.
    pub phrases: Vec<String>,
    category_asked: bool,
    levels: Option<Vec<Level>>,
    /// Per set whether it counts: one without a capability may still declare techniques not mappable.
    sets: Vec<bool>,
    /// Per set and capability whether it counts.
    capabilities: Vec<Vec<bool>>,
    /// Per set and capability whether it runs; `None` where nobody says.
    running: Option<Vec<Vec<bool>>>,
}

/// The techniques that the ATT&CK filters leave.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    tactics: Option<Vec<usize>>,
    platforms: Option<Vec<usize>>,
    techniques: Option<BTreeSet<TechniqueId>>,
    kind: Option<TechniqueKind>,
}

impl Scope {
    /// Whether an active technique is in scope.
    #[must_use]
    pub fn contains(&self, technique: &Technique) -> bool {
        let has_tactic = |wanted: &Vec<usize>| wanted.iter().any(|index| technique.tactics.contains(*index));
        let has_platform =
            |wanted: &Vec<usize>| wanted.iter().any(|index| technique.platforms.contains(*index));
        self.tactics.as_ref().is_none_or(has_tactic)
            && self.platforms.as_ref().is_none_or(has_platform)
            && self.names(technique.id)
    }

    /// Whether the filters that need no catalog leave an id.
    fn names(&self, id: TechniqueId) -> bool {
        self.techniques.as_ref().is_none_or(|ids| ids.contains(&id))
            && self.kind.is_none_or(|kind| kind == TechniqueKind::of(id))
    }

    /// Whether a mapped id is in scope. An id that is not active has no tactic and no platform to be filtered by.
    #[must_use]
    pub fn contains_id(&self, id: TechniqueId, catalog: &Catalog) -> bool {
        match catalog.technique(id) {
            Some(technique) => self.contains(technique),
            None => self.tactics.is_none() && self.platforms.is_none() && self.names(id),
        }
    }

    /// The tactics asked for, as indices into the catalog's; `None` when all are in scope.
    #[must_use]
    pub fn tactics(&self) -> Option<&[usize]> {
        self.tactics.as_deref()
    }

    /// Whether anything is filtered at all.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.tactics.is_none() && self.platforms.is_none() && self.techniques.is_none() && self.kind.is_none()
    }

    /// The same scope for techniques and sub-techniques alike.
    #[must_use]
    pub fn of_any_kind(&self) -> Self {
        Self { kind: None, ..self.clone() }
    }
}

impl Filter {
    /// Resolves every entry.
    ///
    /// # Errors
    /// The first entry that matches nothing, with the nearest names.
    pub fn resolve(&self, sets: &[MappingSet], catalog: &Catalog) -> Result<Selection, UnknownName> {
        let categories = self.named_categories()?;
        let levels = self.named_levels()?;
        let mut platforms = Vec::new();
        let scope = Scope {
            tactics: self.tactics(catalog)?,
            platforms: self.platforms(catalog, &mut platforms)?,
            techniques: self.techniques(sets, catalog)?,
            kind: self.kind,
        };
        let frameworks = self.frameworks(sets)?;
        let mut selection = Selection {
            category_asked: categories.is_some(),
            categories: categories.unwrap_or_else(|| Category::ALL.to_vec()),
            levels,
            capabilities: self.capabilities(sets, &frameworks)?,
            sets: frameworks,
            scope,
            platforms,
            phrases: Vec::new(),
            running: None,
        };
        selection.phrases = self.phrases(&selection, sets, catalog);
        Ok(selection)
    }

    /// Per set, whether the filter of frameworks lets it count.
    ///
    /// # Errors
    /// A framework that none of the sets is, with the nearest names.
    pub fn frameworks(&self, sets: &[MappingSet]) -> Result<Vec<bool>, UnknownName> {
        let labels: Vec<String> = sets.iter().map(|set| set.framework.label()).collect();
        let names: Vec<Vec<&str>> = sets
            .iter()
            .zip(&labels)
            .map(|(set, label)| vec![set.framework.name(), set.framework.id.as_str(), label.as_str()])
            .collect();
        let picked = pick("framework", &self.frameworks, &names)?;
        Ok((0..sets.len()).map(|set| picked.as_ref().is_none_or(|picked| picked.contains(&set))).collect())
    }

    fn named_categories(&self) -> Result<Option<Vec<Category>>, UnknownName> {
        let names = Category::ALL.map(Category::name);
        let picked = pick("category", &self.categories, &names.map(|name| vec![name]))?;
        Ok(picked.map(|picked| picked.into_iter().map(|index| Category::ALL[index]).collect()))
    }

    fn named_levels(&self) -> Result<Option<Vec<Level>>, UnknownName> {
        let names = Level::ALL.map(Level::name);
        let picked = pick("level", &self.levels, &names.map(|name| vec![name]))?;
        Ok(picked.map(|picked| picked.into_iter().map(|index| Level::ALL[index]).collect()))
    }

    fn capabilities(&self, sets: &[MappingSet], frameworks: &[bool]) -> Result<Vec<Vec<bool>>, UnknownName> {
        let all: Vec<(usize, usize)> = sets
            .iter()
            .enumerate()
            .flat_map(|(set, content)| (0..content.capabilities.len()).map(move |index| (set, index)))
            .collect();
        let of = |(set, index): &(usize, usize)| &sets[*set].capabilities[*index];
        let names: Vec<Vec<&str>> =
            all.iter().map(|at| vec![of(at).id.as_str(), of(at).name.as_str()]).collect();
        let groups: Vec<Vec<&str>> = all
            .iter()
            .map(|at| {
                let groups = of(at).groups.iter().map(|group| &sets[at.0].groups[*group]);
                groups.flat_map(|group| [group.id.as_str(), group.name.as_str()]).collect()
            })
            .collect();
        let tags: Vec<Vec<&str>> =
            all.iter().map(|at| of(at).tags.iter().map(String::as_str).collect()).collect();
        let mut counts: Vec<Vec<bool>> =
            sets.iter().zip(frameworks).map(|(set, counts)| vec![*counts; set.capabilities.len()]).collect();
        // Each list that stands alone is one more condition.
        let one_by_one = if self.all_tags { 1 } else { self.tags.len().max(1) };
        let mut conditions = vec![
            ("capability", self.capabilities.as_slice(), &names),
            ("group", self.groups.as_slice(), &groups),
        ];
        conditions.extend(self.tags.chunks(one_by_one).map(|wanted| ("tag", wanted, &tags)));
        for (what, wanted, names) in conditions {
            if let Some(picked) = pick(what, wanted, names)? {
                let picked: BTreeSet<usize> = picked.into_iter().collect();
                for (index, (set, capability)) in all.iter().enumerate() {
                    counts[*set][*capability] &= picked.contains(&index);
                }
            }
        }
        Ok(counts)
    }

    fn tactics(&self, catalog: &Catalog) -> Result<Option<Vec<usize>>, UnknownName> {
        let names: Vec<Vec<&str>> = catalog
            .tactics()
            .iter()
            .map(|tactic| vec![&*tactic.name, &*tactic.shortname, &*tactic.id])
            .collect();
        pick("tactic", &self.tactics, &names)
    }

    fn platforms(
        &self,
        catalog: &Catalog,
        chosen: &mut Vec<String>,
    ) -> Result<Option<Vec<usize>>, UnknownName> {
        let names: Vec<Vec<&str>> = catalog.platforms().iter().map(|name| vec![&**name]).collect();
        let picked = pick("platform", &self.platforms, &names)?;
        chosen.extend(picked.iter().flatten().map(|index| names[*index][0].to_owned()));
        Ok(picked)
    }

    fn techniques(
        &self,
        sets: &[MappingSet],
        catalog: &Catalog,
    ) -> Result<Option<BTreeSet<TechniqueId>>, UnknownName> {
        if self.techniques.is_empty() {
            return Ok(None);
        }
        let mapped = sets.iter().flat_map(|set| &set.mappings).map(|mapping| mapping.technique);
        let mut ids: BTreeSet<TechniqueId> = mapped.collect();
        ids.extend(catalog.techniques().iter().map(|technique| technique.id));
        let ids: Vec<TechniqueId> = ids.into_iter().collect();
        let texts: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let names: Vec<Vec<&str>> = ids
            .iter()
            .zip(&texts)
            .map(|(id, text)| {
                let name = catalog.technique(*id).map(|technique| &*technique.name);
                std::iter::once(text.as_str()).chain(name).collect()
            })
            .collect();
        let picked = pick("technique", &self.techniques, &names)?;
        Ok(picked.map(|picked| picked.into_iter().map(|index| ids[index]).collect()))
    }

    /// The filters in words: by their own names what is one of a few, as typed what is a pattern.
    fn phrases(&self, selection: &Selection, sets: &[MappingSet], catalog: &Catalog) -> Vec<String> {
        let own = |list: &[String], names: Vec<String>| if list.is_empty() { Vec::new() } else { names };
        let categories = selection.categories.iter().map(ToString::to_string).collect();
        let levels = selection.levels.iter().flatten().map(ToString::to_string).collect();
        let tactics = selection.scope.tactics.iter().flatten();
        let tactics = tactics.map(|index| catalog.tactics()[*index].name.to_string()).collect();
        let frameworks = sets.iter().zip(&selection.sets).filter(|(_, counts)| **counts);
        let frameworks = frameworks.map(|(set, _)| set.framework.label()).collect();
        let lists = [
            ("framework", own(&self.frameworks, frameworks)),
            ("category", own(&self.categories, categories)),
            ("level", own(&self.levels, levels)),
            ("capability", self.capabilities.clone()),
            ("group", self.groups.clone()),
            (if self.all_tags { "every tag of" } else { "tag" }, self.tags.clone()),
            ("tactic", own(&self.tactics, tactics)),
            ("platform", selection.platforms.clone()),
            ("technique", self.techniques.clone()),
            ("kind", self.kind.map(|kind| kind.name().to_owned()).into_iter().collect()),
        ];
        let filled = lists.into_iter().filter(|(_, list)| !list.is_empty());
        filled.map(|(name, list)| format!("{name}: {}", list.join(", "))).collect()
    }
}

impl Selection {
    /// Nothing filtered: every mapping of the sets counts.
    #[must_use]
    pub fn everything(sets: &[MappingSet]) -> Self {
        Self {
            categories: Category::ALL.to_vec(),
            scope: Scope::default(),
            platforms: Vec::new(),
            phrases: Vec::new(),
            category_asked: false,
            levels: None,
            sets: vec![true; sets.len()],
            capabilities: sets.iter().map(|set| vec![true; set.capabilities.len()]).collect(),
            running: None,
        }
    }

    /// Whether a capability of a set counts.
    #[must_use]
    pub fn has_capability(&self, set: usize, capability: usize) -> bool {
        let holds = |held: &[Vec<bool>]| held.get(set).and_then(|held| held.get(capability)) == Some(&true);
        holds(&self.capabilities) && self.running.as_deref().is_none_or(holds)
    }

    /// Whether any capability of a set counts, should it run or not: of what does not run, coverage is none.
    #[must_use]
    pub fn has_any_capability(&self, set: usize) -> bool {
        self.capabilities.get(set).is_some_and(|counts| counts.contains(&true))
    }

    /// Whether every capability of a set counts, in every category and level.
    #[must_use]
    pub fn has_all_capabilities(&self, set: usize) -> bool {
        let all = self.capabilities.get(set).is_some_and(|counts| !counts.contains(&false));
        let counts = self.sets.get(set).is_some_and(|counts| *counts);
        all && counts && !self.category_asked && self.levels.is_none()
    }

    /// Whether a mapping of a set counts, by its capability, category and level; the scope is asked apart.
    #[must_use]
    pub fn has(&self, set: usize, mapping: &Mapping) -> bool {
        let category = match mapping.category {
            Some(category) => self.categories.contains(&category),
            None => !self.category_asked,
        };
        let level = match (&self.levels, mapping.level) {
            (None, _) => true,
            (Some(levels), Some(level)) => levels.contains(&level),
            (Some(_), None) => false,
        };
        category && level && self.has_capability(set, mapping.capability)
    }

    /// The same selection for these categories only.
    #[must_use]
    pub fn with_categories(&self, categories: &[Category]) -> Self {
        let categories = self.categories.iter().copied().filter(|one| categories.contains(one)).collect();
        Self { categories, category_asked: true, ..self.clone() }
    }

    /// The same selection for techniques and sub-techniques alike.
    #[must_use]
    pub fn of_any_kind(&self) -> Self {
        Self { scope: self.scope.of_any_kind(), ..self.clone() }
    }

    /// What this selection and another of the same sets both let count; the scope and the phrases stay this one's.
    #[must_use]
    pub fn narrowed_to(&self, other: &Self) -> Self {
        let levels = match (&self.levels, &other.levels) {
            (Some(own), Some(other)) => Some(own.iter().copied().filter(|one| other.contains(one)).collect()),
            (own, other) => own.clone().or_else(|| other.clone()),
        };
        let both = |own: &[bool], other: &[bool]| own.iter().zip(other).map(|(a, b)| *a && *b).collect();
        Self {
            categories: self
                .categories
                .iter()
                .copied()
                .filter(|one| other.categories.contains(one))
                .collect(),
            category_asked: self.category_asked || other.category_asked,
            levels,
            sets: both(&self.sets, &other.sets),
            capabilities: self
                .capabilities
                .iter()
                .zip(&other.capabilities)
                .map(|(own, other)| both(own, other))
                .collect(),
            running: self.running.clone().or_else(|| other.running.clone()),
            ..self.clone()
        }
    }

    /// The narrowest selection that lets everything count that this one or another of the same sets lets count; the scope
    /// and the phrases stay this one's. It may let more count than the two together, where they differ in more than one
    /// way.
    #[must_use]
    pub fn widened_to(&self, other: &Self) -> Self {
        let either = |own: &[bool], other: &[bool]| own.iter().zip(other).map(|(a, b)| *a || *b).collect();
        let levels = self.levels.iter().flatten().chain(other.levels.iter().flatten());
        let levels: BTreeSet<Level> = levels.copied().collect();
        let categories = self.categories.iter().chain(&other.categories).copied();
        let each = |own: &[Vec<bool>], other: &[Vec<bool>]| {
            own.iter().zip(other).map(|(own, other)| either(own, other)).collect()
        };
        Self {
            categories: categories.collect::<BTreeSet<Category>>().into_iter().collect(),
            category_asked: self.category_asked && other.category_asked,
            levels: (self.levels.is_some() && other.levels.is_some()).then(|| levels.into_iter().collect()),
            sets: either(&self.sets, &other.sets),
            capabilities: each(&self.capabilities, &other.capabilities),
            // What is narrowed to what runs in one of them alone is not narrowed in both together.
            running: self.running.as_ref().zip(other.running.as_ref()).map(|(own, other)| each(own, other)),
            ..self.clone()
        }
    }

    /// The same selection where its sets stand among others, from `start` on; nothing of the others counts.
    #[must_use]
    pub fn among(&self, sets: &[MappingSet], start: usize) -> Self {
        let own = |set: usize| set.checked_sub(start).filter(|own| *own < self.sets.len());
        Self {
            sets: (0..sets.len()).map(|set| own(set).is_some_and(|own| self.sets[own])).collect(),
            capabilities: sets
                .iter()
                .enumerate()
                .map(|(set, content)| match own(set) {
                    Some(own) => self.capabilities[own].clone(),
                    None => vec![false; content.capabilities.len()],
                })
                .collect(),
            ..self.clone()
        }
    }

    /// The same selection, of which only those capabilities count that run: those for which `runs(set, capability)` holds.
    /// Its sets stay: they are what coverage is of, and be it none.
    #[must_use]
    pub fn of_running(&self, runs: impl Fn(usize, usize) -> bool) -> Self {
        let ran = |set: usize, capability: usize| {
            self.running.as_ref().is_none_or(|running| running[set][capability]) && runs(set, capability)
        };
        let running = self
            .capabilities
            .iter()
            .enumerate()
            .map(|(set, held)| (0..held.len()).map(|capability| ran(set, capability)).collect());
        Self { running: Some(running.collect()), ..self.clone() }
    }

    /// Whether it is narrowed to what runs.
    #[must_use]
    pub const fn is_of_running(&self) -> bool {
        self.running.is_some()
    }

    /// The same selection for those capabilities for which `keep(set, capability)` holds.
    #[must_use]
    pub fn with_capabilities(&self, keep: impl Fn(usize, usize) -> bool) -> Self {
        let mut narrowed = self.clone();
        for (set, counts) in narrowed.capabilities.iter_mut().enumerate() {
            for (capability, counts) in counts.iter_mut().enumerate() {
                *counts &= keep(set, capability);
            }
        }
        narrowed
    }
}

/// The indices of the candidates that any entry names; `None` when there is no entry.
fn pick(
    what: &'static str,
    wanted: &[String],
    candidates: &[Vec<&str>],
) -> Result<Option<Vec<usize>>, UnknownName> {
    if wanted.is_empty() {
        return Ok(None);
    }
    let mut picked = BTreeSet::new();
    for entry in wanted {
        let entry = entry.trim();
        let mut found = matching(candidates, |name| name.to_lowercase() == entry.to_lowercase());
        // Ids hold brackets of their own, so a pattern is tried only when nothing is called so.
        if found.is_empty()
            && let Ok(glob) = GlobBuilder::new(entry).case_insensitive(true).build()
            && entry.contains(['*', '?', '[', '{'])
        {
            let glob = glob.compile_matcher();
            found = matching(candidates, |name| glob.is_match(name));
        }
        if found.is_empty() {
            return Err(unknown(what, entry, candidates));
        }
        picked.extend(found);
    }
    Ok(Some(picked.into_iter().collect()))
}

fn matching(candidates: &[Vec<&str>], is_match: impl Fn(&str) -> bool) -> Vec<usize> {
    let hits = candidates.iter().enumerate().filter(|(_, names)| names.iter().any(|name| is_match(name)));
    hits.map(|(index, _)| index).collect()
}

/// What tells that nothing is called so, with the nearest of the candidates' names.
pub(super) fn unknown(what: &'static str, entry: &str, candidates: &[Vec<&str>]) -> UnknownName {
    let names: BTreeSet<&str> = candidates.iter().flatten().copied().collect();
    // One name for each thing: a tactic's name and its short name are both near.
    let mut owners = BTreeSet::new();
    let mut nearest = suggest::several(entry, names.iter().copied(), 9);
    nearest.retain(|name| owners.insert(candidates.iter().position(|names| names.contains(name))));
    nearest.truncate(3);
    let first: Vec<&str> = candidates.iter().filter_map(|names| names.first().copied()).collect();
    let distinct: BTreeSet<&str> = first.iter().copied().collect();
    let mut known = Vec::new();
    if nearest.is_empty() && distinct.len() <= 40 {
        for name in first {
            if !known.iter().any(|known| known == name) {
                known.push(name.to_owned());
            }
        }
    }
    UnknownName {
        what,
        value: entry.to_owned(),
        nearest: nearest.into_iter().map(str::to_owned).collect(),
        known,
    }
}
