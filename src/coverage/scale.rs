//! What a level is worth.

use crate::mapping::Level;

/// The score of each level, from above 0 to 100, strictly rising.
///
/// The default, 10, 50 and 100, is what the published Security Stack Mappings layers use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    minimal: f64,
    partial: f64,
    significant: f64,
}

/// Scores that do not rise strictly from above 0 to at most 100.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("a scale rises from above 0 to at most 100, not from {minimal} over {partial} to {significant}")]
pub struct ScaleError {
    minimal: f64,
    partial: f64,
    significant: f64,
}

impl Default for Scale {
    fn default() -> Self {
        Self { minimal: 10.0, partial: 50.0, significant: 100.0 }
    }
}

impl Scale {
    /// A scale of one's own.
    ///
    /// # Errors
    /// Unless 0 < minimal < partial < significant ≤ 100.
    pub fn new(minimal: f64, partial: f64, significant: f64) -> Result<Self, ScaleError> {
        // NaN fails every comparison, and so is refused.
        if 0.0 < minimal && minimal < partial && partial < significant && significant <= 100.0 {
            Ok(Self { minimal, partial, significant })
        } else {
            Err(ScaleError { minimal, partial, significant })
        }
    }

    /// The score of a level.
    #[must_use]
    pub const fn score(&self, level: Level) -> f64 {
        match level {
            Level::Minimal => self.minimal,
            Level::Partial => self.partial,
            Level::Significant => self.significant,
        }
    }

    /// The level that a score above 0 reaches: Significant from its score up, Partial from its own, else Minimal.
    #[must_use]
    pub fn level(&self, score: f64) -> Level {
        if score >= self.significant {
            Level::Significant
        } else if score >= self.partial {
            Level::Partial
        } else {
            Level::Minimal
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_rises() {
        assert!(Scale::new(10.0, 50.0, 100.0).is_ok());
        for (a, b, c) in [(0.0, 1.0, 2.0), (1.0, 1.0, 2.0), (1.0, 2.0, 101.0), (f64::NAN, 2.0, 3.0)] {
            assert!(Scale::new(a, b, c).is_err(), "{a} {b} {c}");
        }
    }

    #[test]
    fn a_number_counts_as_the_level_that_it_reaches() {
        let scale = Scale::new(20.0, 60.0, 90.0).expect("it rises");
        for (score, level) in [(0.1, "Minimal"), (59.9, "Minimal"), (60.0, "Partial"), (89.0, "Partial")] {
            assert_eq!(scale.level(score).name(), level, "{score}");
        }
        assert_eq!(scale.level(90.0), Level::Significant);
        assert!(Level::ALL.into_iter().all(|level| scale.level(scale.score(level)) == level));
    }
}
