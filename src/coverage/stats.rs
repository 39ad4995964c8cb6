//! Figures, each with its denominator.
//!
//! The denominator is the catalog's active techniques in scope. Techniques and sub-techniques are counted apart; a
//! technique in several tactics counts in each tactic's row and once in the total. A roll-up enters no figure, nor does
//! a mapped id that is not active.

use super::{Coverage, whole};
use crate::mapping::{Category, Level};

/// A count of techniques and sub-techniques.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Techniques.
    pub techniques: usize,
    /// Sub-techniques.
    pub sub_techniques: usize,
}

impl Tally {
    /// Both together.
    #[must_use]
    pub const fn total(self) -> usize {
        self.techniques + self.sub_techniques
    }

    pub(super) fn add(&mut self, is_sub: bool) {
        if is_sub {
            self.sub_techniques += 1;
        } else {
            self.techniques += 1;
        }
    }
}

/// How many techniques have each level as their strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LevelCounts([Tally; 3]);

impl LevelCounts {
    /// Those whose strongest level is this one.
    #[must_use]
    pub const fn exactly(&self, level: Level) -> Tally {
        self.0[level as usize]
    }

    /// Those whose strongest level is this one or a higher one.
    #[must_use]
    pub fn at_least(&self, level: Level) -> Tally {
        let mut sum = Tally::default();
        for tally in &self.0[level as usize..] {
            sum.techniques += tally.techniques;
            sum.sub_techniques += tally.sub_techniques;
        }
        sum
    }
}

/// The figures of one slice: everything, a tactic, a category.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Statistics {
    /// The denominator: active techniques in scope.
    pub in_scope: Tally,
    /// With at least one selected mapping.
    pub mapped: Tally,
    /// Of the denominator: new since the ATT&CK version that the sources were made on, and so not assessed.
    pub new: Tally,
    /// By strongest level in the categories counted.
    pub levels: LevelCounts,
    /// The sums of the scores shown for techniques and for sub-techniques, roll-ups left out; each at most 100 times
    /// the denominator. Meaningless for [`super::Metric::Count`].
    pub score_sum: (f64, f64),
}

impl Statistics {
    /// The sum over techniques and sub-techniques.
    #[must_use]
    pub fn total_score(&self) -> f64 {
        self.score_sum.0 + self.score_sum.1
    }
}

impl Coverage<'_> {
    /// The figures over everything in scope, or over one tactic by its index in the catalog, for all selected
    /// categories or for one of them.
    #[must_use]
    pub fn statistics(&self, tactic: Option<usize>, category: Option<Category>) -> Statistics {
        let mut statistics = Statistics::default();
        let full = self.full_score();
        for technique in self.catalog.techniques() {
            if tactic.is_some_and(|tactic| !technique.tactics.contains(tactic))
                || !self.selection.scope.contains(technique)
            {
                continue;
            }
            let is_sub = technique.parent.is_some();
            statistics.in_scope.add(is_sub);
            let Some(cell) = self.cells.get(&technique.id).filter(|cell| cell.is_mapped()) else {
                if self.is_new(technique.id) {
                    statistics.new.add(is_sub);
                }
                continue;
            };
            let scale = &self.rules.scale;
            let level = match category {
                Some(category) => cell.levels().level_in(category, scale),
                None => cell.strongest(&self.selection.categories, scale),
            };
            if category.is_none() || level.is_some() {
                statistics.mapped.add(is_sub);
            }
            if let Some(level) = level {
                statistics.levels.0[level as usize].add(is_sub);
            }
            let score = match category {
                None => cell.own_score,
                Some(category) => self.score_in(cell, category),
            };
            // As shown, so that sums can be checked by hand.
            if let Some(score) = score.map(|score| whole(score, full) as f64) {
                if is_sub {
                    statistics.score_sum.1 += score;
                } else {
                    statistics.score_sum.0 += score;
                }
            }
        }
        statistics
    }

    /// A cell's own score in one category.
    pub(super) fn score_in(&self, cell: &super::Cell, category: Category) -> Option<f64> {
        let levels = cell.capabilities.iter().map(|(_, levels)| levels.of_categories());
        let levels: Vec<_> = levels.filter(|levels| levels.has(category)).collect();
        self.rules.metric.score(&levels, &[category], &self.rules.scale)
    }
}
