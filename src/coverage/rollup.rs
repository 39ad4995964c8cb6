//! Whether and how a technique is scored from its sub-techniques.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// How sub-techniques' scores reach their technique. Whatever is chosen, a technique's own score is never lowered, and
/// no figure counts a technique as mapped because of a roll-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Rollup {
    /// Not at all: what analysts mapped is what is shown.
    #[default]
    None,
    /// The highest score of any sub-technique.
    Max,
    /// The mean over all active sub-techniques in scope; one that has no score counts 0.
    Mean,
}

impl Rollup {
    /// All roll-ups.
    pub const ALL: [Self; 3] = [Self::None, Self::Max, Self::Mean];

    /// The name on the command line.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Max => "max",
            Self::Mean => "mean",
        }
    }

    /// The definition in one sentence.
    #[must_use]
    pub const fn definition(self) -> &'static str {
        match self {
            Self::None => {
                "Techniques and sub-techniques are shown as the analysts mapped them; neither is computed from the other."
            }
            Self::Max => {
                "A technique is shown with the highest score among its own and its sub-techniques'. The roll-up colours \
                 the matrix; it enters no figure."
            }
            Self::Mean => {
                "A technique is shown with the mean over its sub-techniques in scope, those without a score counting 0, \
                 or with its own score where that is higher. The roll-up colours the matrix; it enters no figure."
            }
        }
    }

    /// The rolled-up score of a technique with these sub-techniques; `None` when there is nothing to roll up.
    ///
    /// `scores` has one entry for each active sub-technique in scope.
    #[must_use]
    pub fn score(self, scores: &[Option<f64>]) -> Option<f64> {
        let there = || scores.iter().flatten();
        there().next()?;
        match self {
            Self::None => None,
            Self::Max => there().copied().reduce(f64::max),
            Self::Mean => Some(there().sum::<f64>() / scores.len() as f64),
        }
    }
}

impl fmt::Display for Rollup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rolls_up_what_is_there() {
        let subs = [Some(50.0), None, Some(10.0), None];
        assert_eq!(Rollup::None.score(&subs), None);
        assert_eq!(Rollup::Max.score(&subs), Some(50.0));
        assert_eq!(Rollup::Mean.score(&subs), Some(15.0));
        for rollup in Rollup::ALL {
            assert_eq!(rollup.score(&[None, None]), None);
            assert_eq!(rollup.score(&[]), None);
        }
    }
}
