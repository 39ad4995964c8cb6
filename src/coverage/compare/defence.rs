//! What sides have against a threat, each alone and all together.

use super::Side;
use crate::attack::TechniqueId;
use crate::coverage::threat::{Exposure, Threat, ThreatCoverage};
use crate::coverage::{Coverage, State};

/// A threat held against each side, and against all sides together: the mappings of all of them, added up. Where some sides
/// are on paper and others as deployed, only the latter are taken together: what is on paper alone is not there.
#[derive(Debug, Clone)]
pub struct Defence<'a> {
    is_as_deployed: bool,
    coverage: Coverage<'a>,
    together: ThreatCoverage<'a>,
    sides: Vec<ThreatCoverage<'a>>,
}

impl<'a> Defence<'a> {
    /// `None` when there is no side.
    pub(super) fn new(threat: &'a Threat, sides: &[Side<'a>]) -> Option<Self> {
        let parts: Vec<&Coverage<'a>> = sides.iter().map(|side| &side.coverage).collect();
        let runs = |part: &&&Coverage<'a>| part.selection().is_of_running();
        let running: Vec<&Coverage<'a>> = parts.iter().filter(runs).copied().collect();
        let is_as_deployed = !running.is_empty() && running.len() < parts.len();
        let coverage = Coverage::together(if is_as_deployed { &running } else { &parts })?;
        Some(Self {
            is_as_deployed,
            together: ThreatCoverage::new(threat, &coverage),
            sides: parts.iter().map(|part| ThreatCoverage::new(threat, part)).collect(),
            coverage,
        })
    }

    /// The threat.
    #[must_use]
    pub fn threat(&self) -> &'a Threat {
        self.together.threat()
    }

    /// Whether what is taken together are the sides as deployed, beside others on paper.
    #[must_use]
    pub const fn is_as_deployed(&self) -> bool {
        self.is_as_deployed
    }

    /// What is taken together, in words: `all sides together`.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        if self.is_as_deployed { "what is deployed" } else { "all sides together" }
    }

    /// All sides added up.
    #[must_use]
    pub const fn coverage(&self) -> &Coverage<'a> {
        &self.coverage
    }

    /// The threat held against all sides together.
    #[must_use]
    pub const fn together(&self) -> &ThreatCoverage<'a> {
        &self.together
    }

    /// The threat held against each side, in the order of the sides.
    #[must_use]
    pub fn sides(&self) -> &[ThreatCoverage<'a>] {
        &self.sides
    }

    /// What each side alone says of a technique of the threat, in the order of the sides; none of what the threat does not
    /// use.
    pub fn exposures(&self, technique: TechniqueId) -> impl Iterator<Item = &Exposure> {
        self.sides.iter().filter_map(move |side| side.exposure(technique))
    }

    /// The sides, by their place, that cover a technique of the threat.
    pub fn covering(&self, technique: TechniqueId) -> impl Iterator<Item = usize> {
        let all = self.exposures(technique).enumerate();
        all.filter(|(_, exposure)| exposure.state == State::Covered).map(|(place, _)| place)
    }
}
