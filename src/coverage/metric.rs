//! The rules that turn a technique's mappings into one score.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::scale::Scale;
use crate::mapping::{Category, Level, NumericScore};

/// How a technique's mappings become one score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Metric {
    /// The highest level that any capability reaches in any selected category.
    #[default]
    Strongest,
    /// 100 × (1 − Π(1 − sᵢ/100)) over the capabilities, each at its strongest selected level. Several partial answers
    /// beat one; that they fail independently of each other is an assumption.
    Layered,
    /// The mean over the capabilities that map the technique, each at its strongest selected level.
    Mean,
    /// The mean over the selected categories of the strongest level in each; an empty category counts 0.
    Balanced,
    /// How many distinct capabilities map the technique.
    Count,
}

impl Metric {
    /// All metrics.
    pub const ALL: [Self; 5] = [Self::Strongest, Self::Layered, Self::Mean, Self::Balanced, Self::Count];

    /// The name on the command line.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Strongest => "strongest",
            Self::Layered => "layered",
            Self::Mean => "mean",
            Self::Balanced => "balanced",
            Self::Count => "count",
        }
    }

    /// What people read: "strongest level".
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Strongest => "strongest level",
            Self::Layered => "layered score",
            Self::Mean => "mean score",
            Self::Balanced => "balanced score",
            Self::Count => "number of capabilities",
        }
    }

    /// The definition in one sentence.
    #[must_use]
    pub const fn definition(self) -> &'static str {
        match self {
            Self::Strongest => {
                "A technique's score is the highest level that any capability reaches in any selected category."
            }
            Self::Layered => {
                "A technique's score is 100 × (1 − Π(1 − s/100)) over the capabilities that map it, each at its \
                 strongest selected level s: several partial answers beat one, assuming that they fail independently."
            }
            Self::Mean => {
                "A technique's score is the mean over the capabilities that map it, each at its strongest selected level."
            }
            Self::Balanced => {
                "A technique's score is the mean over the selected categories of the strongest level in each; a \
                 category without a mapping counts 0."
            }
            Self::Count => "A technique's score is the number of distinct capabilities that map it.",
        }
    }

    /// Whether scores run from 0 to 100 and need levels.
    #[must_use]
    pub const fn needs_levels(self) -> bool {
        !matches!(self, Self::Count)
    }

    /// The score of a technique, or `None` when nothing that maps it has what the metric needs.
    ///
    /// `capabilities` has one entry for each distinct capability that maps the technique. Levels outside `categories`
    /// are ignored, and a number counts as the score that it is, in every one of them when it is said of none; the
    /// result is from 0 to 100, for [`Metric::Count`] from 1 up.
    #[must_use]
    pub fn score(self, capabilities: &[Levels], categories: &[Category], scale: &Scale) -> Option<f64> {
        if self == Self::Count {
            return (!capabilities.is_empty()).then_some(capabilities.len() as f64);
        }
        let scores = || capabilities.iter().filter_map(|levels| levels.score(categories, scale));
        scores().next()?;
        Some(match self {
            Self::Strongest | Self::Count => scores().fold(0.0, f64::max),
            Self::Layered => 100.0 * (1.0 - scores().map(|score| 1.0 - score / 100.0).product::<f64>()),
            Self::Mean => scores().sum::<f64>() / scores().count() as f64,
            Self::Balanced => {
                let best = |category: &Category| {
                    let scores = capabilities.iter().filter_map(|levels| levels.score(&[*category], scale));
                    scores.fold(0.0, f64::max)
                };
                categories.iter().map(best).sum::<f64>() / categories.len() as f64
            }
        })
    }
}

/// The strongest level per category, and the highest number of a source that gives numbers instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Levels {
    stated: [Option<Level>; 3],
    numbers: [Option<NumericScore>; 3],
    /// Said of no category.
    overall: Option<NumericScore>,
}

impl Levels {
    /// The level that is stated in a category.
    #[must_use]
    pub const fn get(&self, category: Category) -> Option<Level> {
        self.stated[category as usize]
    }

    /// The number that is stated in a category, or in none.
    #[must_use]
    pub fn number(&self, category: Option<Category>) -> Option<NumericScore> {
        category.map_or(self.overall, |category| self.numbers[category as usize])
    }

    /// Whether anything is stated in a category.
    #[must_use]
    pub const fn has(&self, category: Category) -> bool {
        self.stated[category as usize].is_some() || self.numbers[category as usize].is_some()
    }

    /// Keeps the stronger of what is there and `level`.
    pub fn raise(&mut self, category: Category, level: Level) {
        let held = &mut self.stated[category as usize];
        *held = (*held).max(Some(level));
    }

    /// Keeps the higher of what is there and `number`.
    pub fn raise_number(&mut self, category: Option<Category>, number: NumericScore) {
        let held = match category {
            Some(category) => &mut self.numbers[category as usize],
            None => &mut self.overall,
        };
        *held = (*held).max(Some(number));
    }

    /// Takes over what is stronger elsewhere.
    pub fn raise_all(&mut self, other: &Self) {
        for (held, level) in self.stated.iter_mut().zip(other.stated) {
            *held = (*held).max(level);
        }
        for (held, number) in self.numbers.iter_mut().zip(other.numbers) {
            *held = (*held).max(number);
        }
        self.overall = self.overall.max(other.overall);
    }

    /// The same without what is said of no category.
    #[must_use]
    pub fn of_categories(self) -> Self {
        Self { overall: None, ..self }
    }

    /// The score in a category: its level's or its number, whichever is higher.
    #[must_use]
    pub fn score_in(&self, category: Category, scale: &Scale) -> Option<f64> {
        let level = self.get(category).map(|level| scale.score(level));
        let number = self.number(Some(category)).map(NumericScore::value);
        level.into_iter().chain(number).reduce(f64::max)
    }

    /// The highest score in any of the categories, or said of none.
    #[must_use]
    pub fn score(&self, categories: &[Category], scale: &Scale) -> Option<f64> {
        let scores = categories.iter().filter_map(|category| self.score_in(*category, scale));
        scores.chain(self.overall.map(NumericScore::value)).reduce(f64::max)
    }

    /// The level in a category; a number counts as the level that it reaches.
    #[must_use]
    pub fn level_in(&self, category: Category, scale: &Scale) -> Option<Level> {
        self.score_in(category, scale).map(|score| scale.level(score))
    }

    /// The strongest level in any of the categories, or said of none; a number counts as the level that it reaches.
    #[must_use]
    pub fn level(&self, categories: &[Category], scale: &Scale) -> Option<Level> {
        self.score(categories, scale).map(|score| scale.level(score))
    }
}

/// A score as layers hold it: a whole number.
///
/// Rounded half up, save that only what is exactly `full` becomes `full`, and only 0 becomes 0. So a layered score of
/// 99.8 is not passed off as full coverage; the Navigator, besides, cannot colour a score just below a gradient's end.
#[must_use]
pub fn whole(score: f64, full: f64) -> i64 {
    let rounded = (score + 0.5).floor();
    let clamped = if score >= full {
        full
    } else if score > 0.0 {
        rounded.clamp(1.0_f64.min(full), (full - 1.0).max(1.0))
    } else {
        0.0
    };
    // Scores are between 0 and a count of capabilities; the cast is exact.
    #[expect(clippy::cast_possible_truncation, reason = "a whole number far below 2^53")]
    let whole = clamped as i64;
    whole
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn levels(protect: Option<Level>, detect: Option<Level>, respond: Option<Level>) -> Levels {
        Levels { stated: [protect, detect, respond], ..Levels::default() }
    }

    fn number(category: Option<Category>, score: f64) -> Levels {
        let mut levels = Levels::default();
        levels.raise_number(category, NumericScore::new(score).expect("above 0 and at most 100"));
        levels
    }

    fn score(metric: Metric, capabilities: &[Levels]) -> Option<f64> {
        metric.score(capabilities, &Category::ALL, &Scale::default())
    }

    #[test]
    fn each_metric_on_one_example() {
        let partial = Some(Level::Partial);
        let example = [
            levels(partial, None, None),
            levels(Some(Level::Minimal), partial, None),
            levels(None, Some(Level::Minimal), None),
            levels(None, None, None),
        ];
        assert_eq!(score(Metric::Strongest, &example), Some(50.0));
        let layered = score(Metric::Layered, &example).expect("it has levels");
        assert!((layered - 77.5).abs() < 1e-9, "1 - 0.5 × 0.5 × 0.9 = 0.775, not {layered}");
        let mean = score(Metric::Mean, &example).expect("it has levels");
        assert!((mean - 110.0 / 3.0).abs() < 1e-9);
        let balanced = score(Metric::Balanced, &example).expect("it has levels");
        assert!((balanced - 100.0 / 3.0).abs() < 1e-9);
        assert_eq!(score(Metric::Count, &example), Some(4.0));
    }

    #[test]
    fn a_number_counts_as_the_score_that_it_is() {
        let partial = levels(Some(Level::Partial), None, None);
        let example = [partial, number(None, 80.0)];
        assert_eq!(score(Metric::Strongest, &example), Some(80.0));
        let layered = score(Metric::Layered, &example).expect("it has scores");
        assert!((layered - 90.0).abs() < 1e-9, "1 - 0.5 × 0.2 = 0.9, not {layered}");
        assert_eq!(score(Metric::Mean, &example), Some(65.0));
        assert_eq!(score(Metric::Balanced, &example), Some(80.0), "said of no category, it counts in each");
        assert_eq!(score(Metric::Balanced, &[number(Some(Category::Detect), 60.0)]), Some(20.0));
        assert_eq!(score(Metric::Count, &example), Some(2.0));
    }

    #[test]
    fn a_number_of_no_category_is_none_of_a_category() {
        let scale = Scale::default();
        let mut all = number(None, 70.0);
        all.raise_all(&number(Some(Category::Detect), 5.0));
        assert_eq!(all.level(&Category::ALL, &scale), Some(Level::Partial));
        assert_eq!(all.level_in(Category::Protect, &scale), None);
        assert_eq!(all.level_in(Category::Detect, &scale), Some(Level::Minimal));
        assert!(all.has(Category::Detect) && !all.has(Category::Protect));
    }

    #[test]
    fn nothing_is_not_zero() {
        for metric in Metric::ALL {
            assert_eq!(score(metric, &[]), None);
        }
        assert_eq!(score(Metric::Strongest, &[Levels::default()]), None, "a mapping without a level");
        assert_eq!(score(Metric::Count, &[Levels::default()]), Some(1.0));
    }

    #[test]
    fn categories_that_are_not_selected_do_not_count() {
        let example = [levels(Some(Level::Significant), Some(Level::Minimal), None)];
        let detect = |metric: Metric| metric.score(&example, &[Category::Detect], &Scale::default());
        assert_eq!(detect(Metric::Strongest), Some(10.0));
        assert_eq!(detect(Metric::Balanced), Some(10.0));
    }

    #[test]
    fn whole_scores_never_round_to_full_or_to_nothing() {
        assert_eq!(whole(99.75, 100.0), 99);
        assert_eq!(whole(100.0, 100.0), 100);
        assert_eq!(whole(0.2, 100.0), 1);
        assert_eq!(whole(0.0, 100.0), 0);
        assert_eq!(whole(12.5, 100.0), 13);
        assert_eq!(whole(1.0, 1.0), 1);
        assert_eq!(whole(0.5, 1.0), 1);
    }

    fn any_level() -> impl Strategy<Value = Option<Level>> {
        prop_oneof![
            Just(None),
            Just(Some(Level::Minimal)),
            Just(Some(Level::Partial)),
            Just(Some(Level::Significant))
        ]
    }

    fn any_capabilities() -> impl Strategy<Value = Vec<Levels>> {
        prop::collection::vec((any_level(), any_level(), any_level()), 1..8)
            .prop_map(|all| all.into_iter().map(|(p, d, r)| levels(p, d, r)).collect())
    }

    proptest! {
        #[test]
        fn scores_stay_in_range_and_in_order(capabilities in any_capabilities()) {
            let [strongest, layered, mean, balanced, _] = Metric::ALL.map(|metric| score(metric, &capabilities));
            if let (Some(strongest), Some(layered), Some(mean), Some(balanced)) = (strongest, layered, mean, balanced) {
                for value in [strongest, layered, mean, balanced] {
                    prop_assert!(value > 0.0 && value <= 100.0);
                }
                prop_assert!(mean <= strongest + 1e-9);
                prop_assert!(balanced <= strongest + 1e-9);
                prop_assert!(strongest <= layered + 1e-9);
            }
        }

        #[test]
        fn the_order_of_capabilities_does_not_matter(capabilities in any_capabilities()) {
            let mut turned = capabilities.clone();
            turned.reverse();
            for metric in Metric::ALL {
                let (a, b) = (score(metric, &capabilities), score(metric, &turned));
                prop_assert_eq!(a.is_some(), b.is_some());
                prop_assert!((a.unwrap_or(0.0) - b.unwrap_or(0.0)).abs() < 1e-9);
            }
        }

        #[test]
        fn a_further_capability_never_lowers_what_is_reached(
            capabilities in any_capabilities(),
            more in (any_level(), any_level(), any_level()),
        ) {
            let mut larger = capabilities.clone();
            larger.push(levels(more.0, more.1, more.2));
            for metric in [Metric::Strongest, Metric::Layered, Metric::Balanced, Metric::Count] {
                let (before, after) = (score(metric, &capabilities), score(metric, &larger));
                prop_assert!(before.unwrap_or(0.0) <= after.unwrap_or(0.0) + 1e-9);
            }
        }

        #[test]
        fn whole_scores_are_near_and_inside(score in 0.0_f64..=100.0) {
            let rounded = whole(score, 100.0);
            prop_assert!((0..=100).contains(&rounded));
            prop_assert!((rounded as f64 - score).abs() <= 1.0);
            prop_assert_eq!(rounded == 100, score >= 100.0);
        }
    }
}
