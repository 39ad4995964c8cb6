//! Coverage: mappings added up over techniques, categories and capabilities.
//!
//! [`Coverage::new`] takes what a [`Selection`] leaves of some mapping sets and adds it up on a [`Catalog`]. A metric
//! makes scores of it, a roll-up may give a technique its sub-techniques', and [`Statistics`] count it with their
//! denominators. Files and colours are unknown here.

pub mod compare;
mod metric;
pub mod plan;
mod rollup;
mod scale;
mod stats;
pub mod threat;
mod together;

use std::collections::{BTreeMap, BTreeSet};

use crate::attack::{Catalog, TechniqueId};
use crate::mapping::{Category, Level, Mapping, MappingSet, select::Scope, select::Selection};

pub use metric::{Levels, Metric, whole};
pub use rollup::Rollup;
pub use scale::{Scale, ScaleError};
pub use stats::{LevelCounts, Statistics, Tally};

/// How mappings become scores.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rules {
    /// From mappings to one score.
    pub metric: Metric,
    /// From sub-techniques to their technique.
    pub rollup: Rollup,
    /// From levels to numbers.
    pub scale: Scale,
}

impl Rules {
    /// The same rules with the metric that the sets allow: without a single level, only a count means anything.
    #[must_use]
    pub fn for_sets<'s>(self, sets: impl IntoIterator<Item = &'s MappingSet>) -> Self {
        let scored = sets.into_iter().any(MappingSet::is_scored);
        Self { metric: if scored { self.metric } else { Metric::Count }, ..self }
    }
}

/// One capability of one set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CapabilityKey {
    /// Index of the mapping set.
    pub set: usize,
    /// Index into its capabilities.
    pub capability: usize,
}

/// What the selected mappings say of one technique.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    /// The mappings: index of the set, index of the mapping; by capability, then category, then source order.
    pub mappings: Vec<(usize, usize)>,
    /// The distinct capabilities that map it, in order, each with its strongest level per category.
    pub capabilities: Vec<(CapabilityKey, Levels)>,
    /// The metric's score; `None` when it has none, or the technique is here only for its roll-up.
    pub own_score: Option<f64>,
    /// The rolled-up score, where it is what is shown.
    pub rolled_up: Option<f64>,
}

impl Cell {
    /// The score that is shown: the technique's own, or the rolled-up one where that is higher.
    #[must_use]
    pub fn score(&self) -> Option<f64> {
        self.rolled_up.or(self.own_score)
    }

    /// Whether any selected mapping is of this technique itself.
    #[must_use]
    pub fn is_mapped(&self) -> bool {
        !self.capabilities.is_empty()
    }

    /// The strongest level per category over all capabilities.
    #[must_use]
    pub fn levels(&self) -> Levels {
        let mut all = Levels::default();
        for (_, levels) in &self.capabilities {
            all.raise_all(levels);
        }
        all
    }

    /// The strongest level in any of the categories; a number counts as the level that it reaches.
    #[must_use]
    pub fn strongest(&self, categories: &[Category], scale: &Scale) -> Option<Level> {
        self.levels().level(categories, scale)
    }
}

/// What a technique is, seen from the coverage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// A capability maps it, or a roll-up gives it a score.
    Covered,
    /// Mapped, without the score that the metric needs; or new since the ATT&CK version that the sources were made on.
    NotAssessed,
    /// The source declares it not mappable.
    NotMappable,
    /// In scope, and nothing maps it.
    NotCovered,
    /// The filters leave it out.
    OutOfScope,
}

impl State {
    /// The state in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Covered => "covered",
            Self::NotAssessed => "not assessed",
            Self::NotMappable => "not mappable",
            Self::NotCovered => "not covered",
            Self::OutOfScope => "out of scope",
        }
    }
}

/// Mappings added up.
#[derive(Debug, Clone)]
pub struct Coverage<'a> {
    sets: &'a [MappingSet],
    catalog: &'a Catalog,
    selection: Selection,
    rules: Rules,
    cells: BTreeMap<TechniqueId, Cell>,
    not_mappable: BTreeSet<TechniqueId>,
    new: BTreeSet<TechniqueId>,
}

impl<'a> Coverage<'a> {
    /// Adds up what the selection leaves of the sets.
    ///
    /// Equal mappings count once and conflicting levels keep the strongest: a capability has one level per category.
    #[must_use]
    pub fn new(sets: &'a [MappingSet], catalog: &'a Catalog, selection: Selection, rules: Rules) -> Self {
        let mut cells: BTreeMap<TechniqueId, Cell> = BTreeMap::new();
        let mut not_mappable = declared(sets, catalog, &selection);
        // A technique is rolled up from its sub-techniques also where techniques alone are asked for.
        let scope = selection.scope.of_any_kind();
        for (set_index, set) in sets.iter().enumerate() {
            for (index, mapping) in set.mappings.iter().enumerate() {
                if selection.has(set_index, mapping) && scope.contains_id(mapping.technique, catalog) {
                    cells.entry(mapping.technique).or_default().mappings.push((set_index, index));
                }
            }
        }
        not_mappable.retain(|id| !cells.contains_key(id));
        for cell in cells.values_mut() {
            add_up(cell, sets, &selection, &rules);
        }
        let new = new_to_all(sets, &selection);
        let mut coverage = Self { sets, catalog, selection, rules, cells, not_mappable, new };
        coverage.roll_up(&scope);
        let scope = &coverage.selection.scope;
        coverage.cells.retain(|id, _| scope.contains_id(*id, catalog));
        coverage
    }

    /// Scores techniques in scope from those of their sub-techniques that `scope` contains.
    fn roll_up(&mut self, scope: &Scope) {
        if self.rules.rollup == Rollup::None {
            return;
        }
        let parents = self.catalog.techniques().iter().filter(|technique| technique.parent.is_none());
        for technique in parents.filter(|technique| self.selection.scope.contains(technique)) {
            let scores: Vec<Option<f64>> = self
                .catalog
                .sub_techniques(technique.id)
                .filter(|sub| scope.contains(sub))
                .map(|sub| self.cells.get(&sub.id).and_then(|cell| cell.own_score))
                .collect();
            let own = self.cells.get(&technique.id).and_then(|cell| cell.own_score);
            if let Some(score) = self.rules.rollup.score(&scores)
                && own.is_none_or(|own| score > own)
            {
                self.cells.entry(technique.id).or_default().rolled_up = Some(score);
            }
        }
    }

    /// The mapping sets.
    #[must_use]
    pub fn sets(&self) -> &'a [MappingSet] {
        self.sets
    }

    /// The sets of which any capability is selected, with their indices.
    pub fn involved(&self) -> impl Iterator<Item = (usize, &'a MappingSet)> {
        self.sets.iter().enumerate().filter(|(index, _)| self.selection.has_any_capability(*index))
    }

    /// The catalog.
    #[must_use]
    pub fn catalog(&self) -> &'a Catalog {
        self.catalog
    }

    /// The filters in force.
    #[must_use]
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// The rules in force.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Every technique with a selected mapping or a rolled-up score, by id. Ids that are not active are among them.
    #[must_use]
    pub fn cells(&self) -> &BTreeMap<TechniqueId, Cell> {
        &self.cells
    }

    /// What the mappings say of a technique.
    #[must_use]
    pub fn cell(&self, id: TechniqueId) -> Option<&Cell> {
        self.cells.get(&id)
    }

    /// The mappings of a cell with the set that each is in.
    pub fn mappings(&self, cell: &Cell) -> impl Iterator<Item = (&'a MappingSet, &'a Mapping)> {
        let sets = self.sets;
        cell.mappings
            .iter()
            .map(move |(set, index)| (&sets[*set], &sets[*set].mappings[*index]))
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// Techniques that a source declares not mappable and nothing maps, by id.
    #[must_use]
    pub fn not_mappable(&self) -> &BTreeSet<TechniqueId> {
        &self.not_mappable
    }

    /// Whether a technique is new since the ATT&CK version that each of the sets was made on: nobody can have assessed it.
    #[must_use]
    pub fn is_new(&self, id: TechniqueId) -> bool {
        self.new.contains(&id)
    }

    /// Which kind of covered or empty a technique is.
    #[must_use]
    pub fn state(&self, id: TechniqueId) -> State {
        match self.cells.get(&id) {
            Some(cell) if cell.score().is_some() => State::Covered,
            Some(_) => State::NotAssessed,
            None => self.empty_state(id),
        }
    }

    /// As [`Coverage::state`], roll-ups left out.
    #[must_use]
    pub fn own_state(&self, id: TechniqueId) -> State {
        match self.cells.get(&id).filter(|cell| cell.is_mapped()) {
            Some(cell) if cell.own_score.is_some() => State::Covered,
            Some(_) => State::NotAssessed,
            None => self.empty_state(id),
        }
    }

    /// Which kind of empty a technique is that nothing maps.
    fn empty_state(&self, id: TechniqueId) -> State {
        if self.not_mappable.contains(&id) {
            State::NotMappable
        } else if !self.selection.scope.contains_id(id, self.catalog) {
            State::OutOfScope
        } else if self.new.contains(&id) {
            State::NotAssessed
        } else {
            State::NotCovered
        }
    }

    /// The catalog's name of a technique; of a sub-technique with its technique's before it; of an id that the catalog
    /// does not know the name that a source gives it.
    #[must_use]
    pub fn full_name(&self, id: TechniqueId) -> String {
        let own = self.catalog.name_of(id).map_or_else(|| self.given_name(id), str::to_owned);
        match id.parent().and_then(|parent| self.catalog.technique(parent)) {
            Some(parent) => format!("{}: {own}", parent.name),
            None => own,
        }
    }

    fn given_name(&self, id: TechniqueId) -> String {
        let mut given = self.sets.iter().flat_map(|set| &set.mappings);
        let mapping = given.find(|mapping| mapping.technique == id);
        mapping.map_or_else(String::new, |mapping| mapping.technique_name.clone())
    }

    /// The top of the scores: 100, or for counts the highest count (at least 1).
    #[must_use]
    pub fn full_score(&self) -> f64 {
        if self.rules.metric.needs_levels() {
            100.0
        } else {
            self.cells.values().filter_map(Cell::score).fold(1.0, f64::max)
        }
    }

    /// A cell's score as layers and pages show it: see [`whole`].
    #[must_use]
    pub fn shown_score(&self, cell: &Cell) -> Option<i64> {
        cell.score().map(|score| whole(score, self.full_score()))
    }
}

/// What sources declare not mappable. A technique is so for its source as a whole; said of a part of it, it would be noise.
fn declared(sets: &[MappingSet], catalog: &Catalog, selection: &Selection) -> BTreeSet<TechniqueId> {
    let whole = sets.iter().enumerate().filter(|(set, _)| selection.has_all_capabilities(*set));
    let declared = whole.flat_map(|(_, set)| &set.non_mappable).map(|declared| declared.technique);
    declared.filter(|id| selection.scope.contains_id(*id, catalog)).collect()
}

/// What is new to every set of which anything is selected.
fn new_to_all(sets: &[MappingSet], selection: &Selection) -> BTreeSet<TechniqueId> {
    let mut involved =
        sets.iter().enumerate().filter(|(index, _)| selection.has_any_capability(*index)).map(|(_, set)| set);
    let mut new = involved.next().map(|set| set.not_assessed.clone()).unwrap_or_default();
    for set in involved {
        new.retain(|id| set.not_assessed.contains(id));
    }
    new
}

/// Orders a cell's mappings, joins them by capability and scores them.
fn add_up(cell: &mut Cell, sets: &[MappingSet], selection: &Selection, rules: &Rules) {
    let of = |(set, index): &(usize, usize)| &sets[*set].mappings[*index];
    cell.mappings.sort_by_key(|at| (at.0, of(at).capability, of(at).category, at.1));
    for at in &cell.mappings {
        let mapping = of(at);
        let key = CapabilityKey { set: at.0, capability: mapping.capability };
        if cell.capabilities.last().is_none_or(|(last, _)| *last != key) {
            cell.capabilities.push((key, Levels::default()));
        }
        let Some((_, levels)) = cell.capabilities.last_mut() else { continue };
        if let Some((category, level)) = mapping.score() {
            levels.raise(category, level);
        }
        if let Some(number) = mapping.numeric {
            levels.raise_number(mapping.category, number);
        }
    }
    let levels: Vec<Levels> = cell.capabilities.iter().map(|(_, levels)| *levels).collect();
    cell.own_score = rules.metric.score(&levels, &selection.categories, &rules.scale);
}
