//! Sides next to each other: which of them maps what, which reaches more, what only one has, and how much they share.
//!
//! A side is some of the mappings, with a name. [`Comparison::new`] adds each up by the same rules on the same catalog, so
//! that a level or a score means one thing everywhere. What is compared is what analysts mapped: there is no roll-up.
//!
//! ```
//! use navlayer::attack::Catalog;
//! use navlayer::coverage::{Rules, compare::Comparison};
//! use navlayer::mapping::{named::Named, read};
//!
//! let sets = read::embedded().sets;
//! let catalog = Catalog::embedded(sets[0].domain, sets[0].attack_version)?;
//! let mut sides = Vec::new();
//! for name in ["Amazon GuardDuty", "AWS Config"] {
//!     sides.push((name.to_owned(), Named::find(name, &sets)?.filter.resolve(&sets, &catalog)?));
//! }
//! let comparison = Comparison::new(&sets, &catalog, Rules::default(), &sides);
//! let overlap = comparison.pairs()[0].overall;
//! assert_eq!(overlap.union(), overlap.both + overlap.left_only + overlap.right_only);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod defence;
mod dominance;
mod overlap;

use std::collections::BTreeSet;

use super::threat::Threat;
use super::{Cell, Coverage, Metric, Rollup, Rules, Statistics, Tally, whole};
use crate::attack::{Catalog, TechniqueId};
use crate::mapping::select::Selection;
use crate::mapping::{Category, Level, MappingSet};
use crate::parallel;

pub use defence::Defence;
pub use dominance::{Dominated, Dominator};
pub use overlap::{Overlap, Pair};

/// Some of the mappings, added up.
#[derive(Debug, Clone)]
pub struct Side<'a> {
    /// What it is called.
    pub name: String,
    /// Its mappings.
    pub coverage: Coverage<'a>,
}

impl Side<'_> {
    /// Whether none of its mappings passes the filters.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.coverage.cells().is_empty()
    }
}

/// What one side says of one technique, over all categories or in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// Whether it maps it.
    pub is_mapped: bool,
    /// The strongest level; `None` also where it is mapped without one.
    pub level: Option<Level>,
    /// The score by the metric, as layers show it.
    pub score: Option<i64>,
}

impl Place {
    /// The score, where nothing counts 0.
    #[must_use]
    pub fn weight(self) -> i64 {
        self.score.unwrap_or(0)
    }

    /// What sides are put in order by: a mapping without a score is more than none.
    const fn rank(self) -> (bool, Option<i64>) {
        (self.is_mapped, self.score)
    }
}

/// How sides stand to each other, in one technique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// None maps it.
    Nobody,
    /// One side alone maps it.
    Only(usize),
    /// Several map it, and one reaches a higher score than all others.
    Strongest(usize),
    /// Several map it, and these reach the same, which no other exceeds; at least two.
    Equal(Vec<usize>),
}

/// All sides in one technique, over all categories or in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// One for each side, in their order.
    pub places: Vec<Place>,
}

impl Standing {
    /// The sides that map it.
    pub fn mapping(&self) -> impl Iterator<Item = usize> {
        self.places.iter().enumerate().filter(|(_, place)| place.is_mapped).map(|(side, _)| side)
    }

    /// Who is strongest.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let mut mapping = self.mapping();
        let Some(first) = mapping.next() else { return Verdict::Nobody };
        if mapping.next().is_none() {
            return Verdict::Only(first);
        }
        let best = self.places.iter().map(|place| place.rank()).max();
        let leaders = self.places.iter().enumerate().filter(|(_, place)| Some(place.rank()) == best);
        let leaders: Vec<usize> = leaders.map(|(side, _)| side).collect();
        match leaders.as_slice() {
            [one] => Verdict::Strongest(*one),
            _ => Verdict::Equal(leaders),
        }
    }

    /// By how much the highest score exceeds the next one; what is not mapped, or has no score, counts 0.
    #[must_use]
    pub fn lead(&self) -> i64 {
        let mut weights: Vec<i64> = self.places.iter().map(|place| place.weight()).collect();
        weights.sort_unstable_by(|a, b| b.cmp(a));
        weights.first().copied().unwrap_or(0) - weights.get(1).copied().unwrap_or(0)
    }

    /// Whether the sides differ at all.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.places.windows(2).any(|pair| pair[0].rank() != pair[1].rank())
    }
}

/// A technique with all sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The technique.
    pub technique: TechniqueId,
    /// Whether the catalog has it as active. What is not stands here, and in no figure.
    pub is_active: bool,
    /// Over all categories.
    pub overall: Standing,
    /// In each category that any side maps it in.
    pub categories: Vec<(Category, Standing)>,
}

/// The figures of one side, over all categories or in one.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SideFigures {
    /// What it covers, with the denominator.
    pub statistics: Statistics,
    /// What no other side maps.
    pub only: Tally,
    /// What others map too, at lower scores.
    pub stronger: Tally,
    /// By how much its scores exceed the best of the others', summed up; at most 100 times the denominator.
    pub lead_sum: i64,
}

/// The figures of all sides together, over all categories or in one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figures {
    /// The denominator: active techniques in scope.
    pub in_scope: Tally,
    /// What every side maps.
    pub every: Tally,
    /// What any side maps.
    pub any: Tally,
    /// What two or more sides map at the same score, which no other exceeds.
    pub equal: Tally,
    /// What no side maps.
    pub nobody: Tally,
    /// One for each side.
    pub sides: Vec<SideFigures>,
}

/// Sides compared.
#[derive(Debug, Clone)]
pub struct Comparison<'a> {
    sides: Vec<Side<'a>>,
    rules: Rules,
    full_score: f64,
    categories: Vec<Category>,
    rows: Vec<Row>,
    nobody: Vec<TechniqueId>,
    overall: Figures,
    of_categories: Vec<(Category, Figures)>,
    pairs: Vec<Pair>,
    dominated: Vec<Dominated>,
    defence: Option<Defence<'a>>,
}

impl<'a> Comparison<'a> {
    /// Compares sides: names with selections of the same sets and with the same scope. The metric is the one of the rules
    /// unless no side has levels: then capabilities are counted. A roll-up is left out.
    #[must_use]
    pub fn new(
        sets: &'a [MappingSet],
        catalog: &'a Catalog,
        rules: Rules,
        sides: &[(String, Selection)],
    ) -> Self {
        let is_involved = |set: usize| sides.iter().any(|(_, selection)| selection.has_any_capability(set));
        let involved = sets.iter().enumerate().filter(|(set, _)| is_involved(*set)).map(|(_, set)| set);
        let rules = Rules { rollup: Rollup::None, ..rules.for_sets(involved) };
        let sides = parallel::map(sides, |(name, selection)| Side {
            name: name.clone(),
            coverage: Coverage::new(sets, catalog, selection.clone(), rules),
        });
        let full_score = sides.iter().map(|side| side.coverage.full_score()).fold(1.0, f64::max);
        let mut comparison = Self {
            sides,
            rules,
            full_score,
            categories: Vec::new(),
            rows: Vec::new(),
            nobody: Vec::new(),
            overall: Figures::default(),
            of_categories: Vec::new(),
            pairs: Vec::new(),
            dominated: Vec::new(),
            defence: None,
        };
        comparison.line_up(catalog);
        comparison.count();
        comparison.pairs = overlap::pairs(&comparison);
        comparison.dominated = dominance::dominated(&comparison, catalog);
        comparison
    }

    /// The same comparison, its sides held against a threat on the same catalog.
    #[must_use]
    pub fn against(self, threat: &'a Threat) -> Self {
        Self { defence: Defence::new(threat, &self.sides), ..self }
    }

    /// What the sides have against the threat; `None` when no threat is given.
    #[must_use]
    pub const fn defence(&self) -> Option<&Defence<'a>> {
        self.defence.as_ref()
    }

    /// Makes the rows, and lists what nobody maps.
    fn line_up(&mut self, catalog: &Catalog) {
        let mapped: BTreeSet<TechniqueId> =
            self.sides.iter().flat_map(|side| side.coverage.cells().keys().copied()).collect();
        let rows = mapped.iter().map(|id| {
            let cells: Vec<Option<&Cell>> = self.sides.iter().map(|side| side.coverage.cell(*id)).collect();
            let standing = |category: Option<Category>| Standing {
                places: self
                    .sides
                    .iter()
                    .zip(&cells)
                    .map(|(side, cell)| {
                        cell.map_or_else(Place::default, |cell| self.place(side, cell, category))
                    })
                    .collect(),
            };
            let categories = Category::ALL.map(|category| (category, standing(Some(category))));
            Row {
                technique: *id,
                is_active: catalog.technique(*id).is_some(),
                overall: standing(None),
                categories: categories
                    .into_iter()
                    .filter(|(_, standing)| standing.mapping().next().is_some())
                    .collect(),
            }
        });
        self.rows = rows.collect();
        let is_used = |category: &Category| {
            self.rows.iter().any(|row| row.categories.iter().any(|(of, _)| of == category))
        };
        self.categories = Category::ALL.into_iter().filter(is_used).collect();
        if let Some(side) = self.sides.first() {
            let scope = &side.coverage.selection().scope;
            let open =
                catalog.techniques().iter().filter(|one| scope.contains(one) && !mapped.contains(&one.id));
            self.nobody = open.map(|one| one.id).collect();
        }
    }

    fn place(&self, side: &Side<'_>, cell: &Cell, category: Option<Category>) -> Place {
        let (levels, scale) = (cell.levels(), &self.rules.scale);
        match category {
            Some(category) if !levels.has(category) => Place::default(),
            Some(category) => Place {
                is_mapped: true,
                level: levels.level_in(category, scale),
                score: self.shown(side.coverage.score_in(cell, category)),
            },
            None => Place {
                is_mapped: cell.is_mapped(),
                level: levels.level(&side.coverage.selection().categories, scale),
                score: self.shown(cell.own_score),
            },
        }
    }

    fn shown(&self, score: Option<f64>) -> Option<i64> {
        score.map(|score| whole(score, self.full_score))
    }

    fn count(&mut self) {
        self.overall = self.figures(None);
        let categories = self.categories.clone();
        self.of_categories =
            categories.into_iter().map(|category| (category, self.figures(Some(category)))).collect();
    }

    fn figures(&self, category: Option<Category>) -> Figures {
        let sides = self.sides.iter().map(|side| SideFigures {
            statistics: side.coverage.statistics(None, category),
            ..SideFigures::default()
        });
        let mut figures = Figures { sides: sides.collect(), ..Figures::default() };
        figures.in_scope = figures.sides.first().map(|side| side.statistics.in_scope).unwrap_or_default();
        for (row, standing) in self.standings(category) {
            let is_sub = row.technique.is_sub();
            figures.any.add(is_sub);
            if standing.mapping().count() == self.sides.len() {
                figures.every.add(is_sub);
            }
            match standing.verdict() {
                Verdict::Nobody => {}
                Verdict::Only(side) => {
                    figures.sides[side].only.add(is_sub);
                    figures.sides[side].lead_sum += standing.lead();
                }
                Verdict::Strongest(side) => {
                    figures.sides[side].stronger.add(is_sub);
                    figures.sides[side].lead_sum += standing.lead();
                }
                Verdict::Equal(_) => figures.equal.add(is_sub),
            }
        }
        figures.nobody = Tally {
            techniques: figures.in_scope.techniques - figures.any.techniques,
            sub_techniques: figures.in_scope.sub_techniques - figures.any.sub_techniques,
        };
        figures
    }

    /// The standings that figures are counted of: those of active techniques that any side maps.
    fn standings(&self, category: Option<Category>) -> impl Iterator<Item = (&Row, &Standing)> {
        self.rows.iter().filter(|row| row.is_active).filter_map(move |row| {
            let standing = match category {
                None => Some(&row.overall),
                Some(category) => {
                    row.categories.iter().find(|(of, _)| *of == category).map(|(_, standing)| standing)
                }
            };
            Some((row, standing?))
        })
    }

    /// The sides, in the order given.
    #[must_use]
    pub fn sides(&self) -> &[Side<'a>] {
        &self.sides
    }

    /// What is compared, in words: `Amazon GuardDuty against AWS Config`; of more than three sides the first two and how many
    /// more.
    #[must_use]
    pub fn title(&self) -> String {
        let names: Vec<&str> = self.sides.iter().map(|side| side.name.as_str()).collect();
        match names.as_slice() {
            [one, other] => format!("{one} against {other}"),
            [one, other, third] => format!("{one}, {other} and {third}"),
            [one, other, more @ ..] => format!("{one}, {other} and {} more", more.len()),
            few => few.join(""),
        }
    }

    /// The rules in force, the same for all sides.
    #[must_use]
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Whether capabilities are counted, since no side has levels or a count was asked for.
    #[must_use]
    pub fn is_count(&self) -> bool {
        self.rules.metric == Metric::Count
    }

    /// The top of the scores of all sides: 100, or the highest count.
    #[must_use]
    pub const fn full_score(&self) -> f64 {
        self.full_score
    }

    /// The categories that any side maps anything in.
    #[must_use]
    pub fn categories(&self) -> &[Category] {
        &self.categories
    }

    /// Every technique that any side maps, by id; those that are not active among them.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The row of a technique.
    #[must_use]
    pub fn row(&self, id: TechniqueId) -> Option<&Row> {
        let at = self.rows.binary_search_by_key(&id, |row| row.technique).ok()?;
        self.rows.get(at)
    }

    /// The active techniques in scope that no side maps, by id.
    #[must_use]
    pub fn nobody(&self) -> &[TechniqueId] {
        &self.nobody
    }

    /// The figures over all categories.
    #[must_use]
    pub const fn overall(&self) -> &Figures {
        &self.overall
    }

    /// The figures of each of [`Comparison::categories`].
    #[must_use]
    pub fn of_categories(&self) -> &[(Category, Figures)] {
        &self.of_categories
    }

    /// Every two sides, each pair once: the first with all others, then the second, and so on.
    #[must_use]
    pub fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// The capabilities of any side of which another one does everything at least as well, in order.
    #[must_use]
    pub fn dominated(&self) -> &[Dominated] {
        &self.dominated
    }
}

#[cfg(test)]
mod tests;
