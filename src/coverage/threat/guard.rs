//! Threat and coverage at once: which of five kinds a technique is.

use super::{Exposure, ThreatCoverage};
use crate::attack::TechniqueId;
use crate::coverage::{Coverage, State};
use crate::mapping::Level;

/// What threat and coverage make of a technique together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    /// The threat uses it, and nothing covers it.
    Open,
    /// The threat uses it, and it is not assessed or not mappable.
    Unassessed,
    /// The threat uses it, and its score is below Partial.
    Weak,
    /// The threat uses it, and its score is at least Partial, or it is counted.
    Strong,
    /// It is covered, and the threat does not use it.
    Unused,
}

impl Guard {
    /// All of them, the most urgent first.
    pub const ALL: [Self; 5] = [Self::Open, Self::Unassessed, Self::Weak, Self::Strong, Self::Unused];

    /// `open`: for CSS classes.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Unassessed => "unassessed",
            Self::Weak => "weak",
            Self::Strong => "strong",
            Self::Unused => "unused",
        }
    }

    /// In words, for legends. `scored`: whether scores have levels.
    #[must_use]
    pub const fn label(self, scored: bool) -> &'static str {
        match self {
            Self::Open => "used, not covered",
            Self::Unassessed => "used, not assessed or not mappable",
            Self::Weak => "used, covered below Partial",
            Self::Strong if scored => "used, covered at least Partial",
            Self::Strong => "used, mapped",
            Self::Unused => "covered, not used",
        }
    }

    /// That of a technique; `None` for what is neither used nor covered, or not in scope.
    #[must_use]
    pub fn of(technique: TechniqueId, coverage: &Coverage<'_>, against: &ThreatCoverage<'_>) -> Option<Self> {
        let Some(exposure) = against.exposure(technique) else {
            let is_active = coverage.catalog().technique(technique).is_some();
            return (is_active && coverage.own_state(technique) == State::Covered).then_some(Self::Unused);
        };
        Some(Self::of_exposure(exposure, coverage))
    }

    /// That of a technique that the threat uses.
    #[must_use]
    pub fn of_exposure(exposure: &Exposure, coverage: &Coverage<'_>) -> Self {
        if exposure.score.is_none() {
            if exposure.state == State::NotCovered { Self::Open } else { Self::Unassessed }
        } else if coverage.rules().scale.level(exposure.strength) < Level::Partial {
            Self::Weak
        } else {
            Self::Strong
        }
    }
}
