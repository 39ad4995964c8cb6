//! How far a plan goes against a threat, step by step.

use std::collections::{BTreeMap, BTreeSet};

use super::amount::{Amount, AmountError};
use super::question::Plan;
use super::{Terms, score};
use crate::attack::TechniqueId;
use crate::coverage::threat::{Exposure, Threat, ThreatCoverage};
use crate::coverage::{CapabilityKey, Coverage, Metric, Rollup, Rules, Tally};

/// What techniques weigh by a threat: of groups and campaigns the sum of the weights of those that use it, of scores the
/// score. Uses are these weights, divided by the same number each.
///
/// # Errors
/// When one of them is no weight of a plan.
pub fn weights(threat: &Threat) -> Result<BTreeMap<TechniqueId, Amount>, AmountError> {
    threat.weights().iter().map(|(id, weight)| Ok((*id, Amount::new(*weight)?))).collect()
}

/// What of a threat is covered at one point of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Stand {
    /// Its techniques that have a score.
    pub covered: Tally,
    /// Σ use × score / 100.
    pub reached: f64,
    /// Σ use.
    pub total_use: f64,
}

impl Stand {
    /// Σ use × score / (100 × Σ use), from 0 to 1; `None` when nothing of the threat is in scope.
    #[must_use]
    pub fn weighted(&self) -> Option<f64> {
        (self.total_use > 0.0).then(|| self.reached / self.total_use)
    }

    /// The sum of the residual risks: Σ use − Σ use × score / 100.
    #[must_use]
    pub fn residual(&self) -> f64 {
        self.total_use - self.reached
    }
}

/// A plan held against a threat: what of it is covered before the plan, after each step, at the end, and with everything.
///
/// As in the plan, scores are the strongest ones, or 100 for what is counted. What the threat does not use is in no figure,
/// whatever it weighs in the plan.
#[derive(Debug, Clone)]
pub struct Course<'a> {
    before: Stand,
    steps: Vec<Stand>,
    /// Of what is on after the plan.
    coverage: Coverage<'a>,
    after: ThreatCoverage<'a>,
    reachable: ThreatCoverage<'a>,
}

impl<'a> Course<'a> {
    /// Holds the plan of a coverage against a threat on the same catalog.
    #[must_use]
    pub fn new(threat: &'a Threat, plan: &Plan, coverage: &Coverage<'a>, terms: &Terms) -> Self {
        let metric = if coverage.rules().metric == Metric::Count { Metric::Count } else { Metric::Strongest };
        let rules = Rules { metric, rollup: Rollup::None, ..*coverage.rules() };
        let of = |on: &dyn Fn(&CapabilityKey) -> bool| {
            let is_on = |set, capability| on(&CapabilityKey { set, capability });
            // What the sources declare of all of theirs stays.
            let selection = coverage.selection().of_running(is_on);
            Coverage::new(coverage.sets(), coverage.catalog(), selection, rules)
        };
        let all = of(&|_| true);
        let reachable = ThreatCoverage::new(threat, &all);
        let mut marks = Marks::new(&reachable, &all);
        marks.raise(&terms.enabled);
        let before = marks.stand();
        let steps = plan.steps.iter().map(|step| {
            marks.raise(&BTreeSet::from([step.capability]));
            marks.stand()
        });
        let steps = steps.collect();
        let chosen: BTreeSet<&CapabilityKey> =
            plan.steps.iter().map(|step| &step.capability).chain(&terms.enabled).collect();
        let coverage = of(&|key| chosen.contains(key));
        Self { before, steps, after: ThreatCoverage::new(threat, &coverage), coverage, reachable }
    }

    /// The threat.
    #[must_use]
    pub fn threat(&self) -> &'a Threat {
        self.after.threat()
    }

    /// With what is enabled.
    #[must_use]
    pub const fn before(&self) -> &Stand {
        &self.before
    }

    /// After each step, with everything before it.
    #[must_use]
    pub fn steps(&self) -> &[Stand] {
        &self.steps
    }

    /// What is on after the plan, added up.
    #[must_use]
    pub const fn coverage(&self) -> &Coverage<'a> {
        &self.coverage
    }

    /// With what is enabled, and all steps.
    #[must_use]
    pub const fn after(&self) -> &ThreatCoverage<'a> {
        &self.after
    }

    /// With everything.
    #[must_use]
    pub const fn reachable(&self) -> &ThreatCoverage<'a> {
        &self.reachable
    }

    /// The highest score that any capability gives a technique of the threat.
    #[must_use]
    pub fn best(&self, technique: TechniqueId) -> Option<i64> {
        self.reachable.exposure(technique).and_then(|exposure| exposure.score)
    }

    /// Whether the techniques weigh in the plan what the threat says.
    #[must_use]
    pub fn weighs(&self, terms: &Terms) -> bool {
        weights(self.threat()).is_ok_and(|weights| weights == terms.weights)
    }
}

/// The strongest scores of a threat's techniques while capabilities are switched on.
struct Marks<'c> {
    exposures: &'c [Exposure],
    /// Per exposure, what each capability gives it.
    reached: Vec<Vec<(CapabilityKey, u8)>>,
    scores: Vec<u8>,
}

impl<'c> Marks<'c> {
    fn new(against: &'c ThreatCoverage<'_>, coverage: &Coverage<'_>) -> Self {
        let exposures = against.exposures();
        let reached = exposures.iter().map(|exposure| {
            let cell = coverage.cell(exposure.technique);
            let all = cell.into_iter().flat_map(|cell| &cell.capabilities);
            all.filter_map(|(key, levels)| Some((*key, score(coverage, levels)?))).collect()
        });
        Self { exposures, reached: reached.collect(), scores: vec![0; exposures.len()] }
    }

    fn raise(&mut self, on: &BTreeSet<CapabilityKey>) {
        for (score, reached) in self.scores.iter_mut().zip(&self.reached) {
            let best = reached.iter().filter(|(key, _)| on.contains(key)).map(|(_, score)| *score).max();
            *score = (*score).max(best.unwrap_or(0));
        }
    }

    fn stand(&self) -> Stand {
        let mut stand = Stand::default();
        for (exposure, score) in self.exposures.iter().zip(&self.scores) {
            stand.total_use += exposure.usage;
            stand.reached += exposure.usage * f64::from(*score) / 100.0;
            if *score > 0 {
                stand.covered.add(exposure.technique.is_sub());
            }
        }
        stand
    }
}
