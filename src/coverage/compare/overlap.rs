//! Two sides: what they share.

use super::{Comparison, Place};
use crate::mapping::Category;

/// Two sides, by their places.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// The first.
    pub left: usize,
    /// The second; greater than the first.
    pub right: usize,
    /// Over all categories.
    pub overall: Overlap,
    /// In each category that any of all sides maps anything in.
    pub categories: Vec<(Category, Overlap)>,
}

/// How much two sides share, counted in active techniques and sub-techniques in scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Overlap {
    /// What both map.
    pub both: usize,
    /// What the left one maps, and the right one does not.
    pub left_only: usize,
    /// What the right one maps, and the left one does not.
    pub right_only: usize,
    /// Of what both map: where the left one has the higher score.
    pub left_stronger: usize,
    /// Of what both map: where the right one has the higher score.
    pub right_stronger: usize,
    /// Of what both map: where the scores are equal.
    pub equal: usize,
    /// The lower of the two scores, summed up; what is not mapped counts 0.
    pub lower_sum: i64,
    /// The higher of the two scores, summed up.
    pub higher_sum: i64,
}

impl Overlap {
    /// What either maps: the denominator of [`Overlap::jaccard`].
    #[must_use]
    pub const fn union(&self) -> usize {
        self.both + self.left_only + self.right_only
    }

    /// The Jaccard index: the share of what both map in what either maps, from 0 to 1; `None` when neither maps anything.
    #[must_use]
    pub fn jaccard(&self) -> Option<f64> {
        (self.union() > 0).then(|| self.both as f64 / self.union() as f64)
    }

    /// The Jaccard index weighted by score: the sum of the lower scores over the sum of the higher ones, from 0 to 1;
    /// `None` when there is no score.
    #[must_use]
    pub fn weighted_jaccard(&self) -> Option<f64> {
        (self.higher_sum > 0).then(|| self.lower_sum as f64 / self.higher_sum as f64)
    }

    fn add(&mut self, left: Place, right: Place) {
        match (left.is_mapped, right.is_mapped) {
            (false, false) => return,
            (true, false) => self.left_only += 1,
            (false, true) => self.right_only += 1,
            (true, true) => {
                self.both += 1;
                match left.weight().cmp(&right.weight()) {
                    std::cmp::Ordering::Less => self.right_stronger += 1,
                    std::cmp::Ordering::Equal => self.equal += 1,
                    std::cmp::Ordering::Greater => self.left_stronger += 1,
                }
            }
        }
        self.lower_sum += left.weight().min(right.weight());
        self.higher_sum += left.weight().max(right.weight());
    }
}

/// Every two sides.
pub(super) fn pairs(comparison: &Comparison<'_>) -> Vec<Pair> {
    let count = comparison.sides().len();
    let places = (0..count).flat_map(|left| (left + 1..count).map(move |right| (left, right)));
    let overlap = |left: usize, right: usize, category: Option<Category>| {
        let mut overlap = Overlap::default();
        for (_, standing) in comparison.standings(category) {
            overlap.add(standing.places[left], standing.places[right]);
        }
        overlap
    };
    let pairs = places.map(|(left, right)| Pair {
        left,
        right,
        overall: overlap(left, right, None),
        categories: comparison
            .categories()
            .iter()
            .map(|category| (*category, overlap(left, right, Some(*category))))
            .collect(),
    });
    pairs.collect()
}
