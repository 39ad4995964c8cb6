//! A threat held against a coverage.

use std::cmp::Ordering;

use super::{Member, Threat};
use crate::attack::TechniqueId;
use crate::coverage::{Cell, Coverage, State, Tally, whole};

/// A technique that a threat uses, and what the coverage says of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exposure {
    /// The technique or sub-technique; active, and in scope.
    pub technique: TechniqueId,
    /// How much it is used, from above 0 to 1.
    pub usage: f64,
    /// Covered, or which kind of empty; a roll-up does not count.
    pub state: State,
    /// Its own score as layers show it.
    pub score: Option<i64>,
    /// What the score counts, from 0 to 100: the score itself, or 100 for what is counted.
    pub strength: f64,
    /// The residual risk: use × (1 − strength / 100), from 0 to 1.
    pub residual: f64,
    /// Of a sub-technique: whether its technique is mapped, which does not cover it.
    pub parent_is_mapped: bool,
}

/// What of one group or campaign is covered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MemberCoverage<'t> {
    /// Who it is.
    pub member: &'t Member,
    /// Its techniques that are covered.
    pub covered: Tally,
    /// Its techniques in scope.
    pub in_scope: Tally,
}

/// A threat held against a coverage.
///
/// The denominators are the threat's techniques and sub-techniques that are active and in scope.
#[derive(Debug, Clone)]
pub struct ThreatCoverage<'t> {
    threat: &'t Threat,
    /// By id.
    exposures: Vec<Exposure>,
    out_of_scope: Tally,
    is_counted: bool,
}

impl<'t> ThreatCoverage<'t> {
    /// Holds a threat against a coverage on the same catalog.
    #[must_use]
    pub fn new(threat: &'t Threat, coverage: &Coverage<'_>) -> Self {
        let mut exposures = Vec::with_capacity(threat.weights().len());
        let mut out_of_scope = Tally::default();
        for technique in threat.weights().keys() {
            if coverage.selection().scope.contains_id(*technique, coverage.catalog()) {
                exposures.push(exposure(*technique, threat.usage(*technique), coverage));
            } else {
                out_of_scope.add(technique.parent().is_some());
            }
        }
        let is_counted = !coverage.rules().metric.needs_levels();
        Self { threat, exposures, out_of_scope, is_counted }
    }

    /// Whether the mappings are counted, so that a mapped technique counts in full.
    #[must_use]
    pub const fn is_counted(&self) -> bool {
        self.is_counted
    }

    /// What a use is, and where the mappings are counted, what a mapped technique counts.
    #[must_use]
    pub fn definition(&self) -> String {
        let counted = if self.is_counted {
            " Mappings are counted here: a mapped technique counts in full."
        } else {
            ""
        };
        format!("{}{counted}", self.threat.definition())
    }

    /// The threat.
    #[must_use]
    pub fn threat(&self) -> &'t Threat {
        self.threat
    }

    /// Every technique of the threat that is in scope, by id.
    #[must_use]
    pub fn exposures(&self) -> &[Exposure] {
        &self.exposures
    }

    /// What is known of one technique; `None` when the threat does not use it, or it is out of scope.
    #[must_use]
    pub fn exposure(&self, technique: TechniqueId) -> Option<&Exposure> {
        let place = self.exposures.binary_search_by_key(&technique, |exposure| exposure.technique).ok()?;
        Some(&self.exposures[place])
    }

    /// The denominator: the threat's techniques in scope.
    #[must_use]
    pub fn in_scope(&self) -> Tally {
        tally(self.exposures.iter())
    }

    /// The threat's techniques that the filters leave out; in no figure.
    #[must_use]
    pub fn out_of_scope(&self) -> Tally {
        self.out_of_scope
    }

    /// Those that have a score.
    #[must_use]
    pub fn covered(&self) -> Tally {
        tally(self.exposures.iter().filter(|exposure| exposure.state == State::Covered))
    }

    /// The sum of the uses.
    #[must_use]
    pub fn total_use(&self) -> f64 {
        // The sum of nothing is -0.
        self.exposures.iter().map(|exposure| exposure.usage).sum::<f64>() + 0.0
    }

    /// The sum of the residual risks: Σ use − Σ use × score / 100.
    #[must_use]
    pub fn total_residual(&self) -> f64 {
        self.exposures.iter().map(|exposure| exposure.residual).sum::<f64>() + 0.0
    }

    /// The weighted coverage: Σ use × score / (100 × Σ use), from 0 to 1; `None` when nothing of the threat is in scope.
    #[must_use]
    pub fn weighted(&self) -> Option<f64> {
        let total = self.total_use();
        let reached: f64 = self.exposures.iter().map(|exposure| exposure.usage * exposure.strength).sum();
        (total > 0.0).then(|| reached / (100.0 * total))
    }

    /// The techniques of which a risk remains: by use, most first; of one use the weakest first, without a score before
    /// any; then by id.
    #[must_use]
    pub fn gaps(&self) -> Vec<&Exposure> {
        let mut gaps: Vec<&Exposure> =
            self.exposures.iter().filter(|exposure| exposure.strength < 100.0).collect();
        gaps.sort_by(|a, b| order(a, b));
        gaps
    }

    /// What of each group or campaign is covered, in the order of the threat.
    #[must_use]
    pub fn members(&self) -> Vec<MemberCoverage<'t>> {
        let of = |member: &'t Member| {
            let used = || self.exposures.iter().filter(|one| member.techniques.contains(&one.technique));
            MemberCoverage {
                member,
                covered: tally(used().filter(|exposure| exposure.state == State::Covered)),
                in_scope: tally(used()),
            }
        };
        self.threat.members().iter().map(of).collect()
    }
}

fn exposure(technique: TechniqueId, usage: f64, coverage: &Coverage<'_>) -> Exposure {
    let own = coverage.cell(technique).and_then(|cell| cell.own_score);
    let score = own.map(|score| whole(score, coverage.full_score()));
    let strength = match score {
        None => 0.0,
        // Nothing but that it is mapped is known.
        Some(_) if !coverage.rules().metric.needs_levels() => 100.0,
        Some(score) => score as f64,
    };
    let parent = technique.parent().and_then(|parent| coverage.cell(parent));
    Exposure {
        technique,
        usage,
        state: coverage.own_state(technique),
        score,
        strength,
        residual: usage * (1.0 - strength / 100.0),
        parent_is_mapped: parent.is_some_and(Cell::is_mapped),
    }
}

/// Most used first, then weakest, then by id.
fn order(a: &Exposure, b: &Exposure) -> Ordering {
    // Sums of weights in another order differ in their last bits.
    let rounded = |usage: f64| (usage * 1e9).round();
    let by_use = rounded(b.usage).total_cmp(&rounded(a.usage));
    let by_score = || a.score.is_some().cmp(&b.score.is_some()).then(a.strength.total_cmp(&b.strength));
    by_use.then_with(by_score).then(a.technique.cmp(&b.technique))
}

fn tally<'e>(exposures: impl Iterator<Item = &'e Exposure>) -> Tally {
    let mut tally = Tally::default();
    for exposure in exposures {
        tally.add(exposure.technique.parent().is_some());
    }
    tally
}
