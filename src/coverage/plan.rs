//! What to switch on next: which capabilities add most to those that are enabled.
//!
//! A [`Problem`] knows for each capability the techniques that it scores, and for each technique its weight. The worth of
//! some capabilities is Σ weight × strongest score / 100 over the techniques: the metric `strongest`, as layers show it,
//! whatever metric the [`Coverage`] was made with. Where only a count means anything, a mapped technique scores 100, and
//! the sum counts techniques. A mapped id that is not active is among them, as in a layer; a roll-up enters no plan, nor
//! does a technique of weight 0.
//!
//! Answers are exact: a branch and bound in whole numbers finds a best set and proves it, or says how far from the best
//! it may be when it reaches its limit, a number of nodes, so that it is the same on every machine. Of several best sets
//! the one with the fewest capabilities is the answer, then the one of the lowest cost, then the one whose list of
//! capabilities, in the order of the frameworks and then by id, comes first.
//!
//! ```
//! use navlayer::attack::Catalog;
//! use navlayer::coverage::plan::{Budget, Cover, Problem, Terms};
//! use navlayer::coverage::{Coverage, Rules};
//! use navlayer::mapping::{read, select::Selection};
//!
//! let sets = read::embedded().sets;
//! let catalog = Catalog::embedded(sets[0].domain, sets[0].attack_version)?;
//! let coverage = Coverage::new(&sets, &catalog, Selection::everything(&sets), Rules::default());
//!
//! let problem = Problem::of(&coverage, &Terms::default())?;
//! let three = problem.best(Budget::Capabilities(3))?;
//! for step in &three.chosen {
//!     let capability = &sets[step.capability.set].capabilities[step.capability.capability];
//!     println!("{}: +{}, {} newly covered", capability.name, step.gain, step.newly_covered);
//! }
//! let all = problem.cover(Cover::Any);
//! println!("{} cover all {} techniques", all.chosen.len(), all.after.covered);
//! # assert!(three.proof.is_optimal() && all.proof.is_optimal());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod amount;
mod answer;
mod course;
mod instance;
mod question;
mod reduce;
mod relax;
mod residual;
mod search;
mod solve;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use super::{CapabilityKey, Coverage, Levels, Metric, whole};
use crate::attack::TechniqueId;
use instance::{Instance, divide_out};
use solve::{Proved, Solution};

pub use amount::{Amount, AmountError};
pub use answer::{Answer, Change, Proof, Ranking, Standing, Step};
pub use course::{Course, Stand, weights};
pub use question::{Plan, Question};
pub use words::TIES;

/// The nodes that the search for an answer visits at most before it says how far it got.
///
/// The published mapping of AWS takes a dozen. Hard problems of 40 capabilities and 400 techniques take a tenth of a second
/// for so many, of 200 and 700 about one second.
pub const NODES: u64 = 3_000;

/// What is given besides the coverage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The capabilities that are on already: given, and free.
    pub enabled: BTreeSet<CapabilityKey>,
    /// The weights of techniques. Weight 0 leaves a technique out; one that nothing covers is passed over.
    pub weights: BTreeMap<TechniqueId, Amount>,
    /// The weight of every other technique.
    pub other_weight: Amount,
    /// The costs of capabilities.
    pub costs: BTreeMap<CapabilityKey, Amount>,
    /// The cost of every other capability.
    pub other_cost: Amount,
    /// The nodes that the search for an answer may visit.
    pub nodes: u64,
}

impl Default for Terms {
    /// Nothing enabled; every weight and every cost is 1.
    fn default() -> Self {
        Self {
            enabled: BTreeSet::new(),
            weights: BTreeMap::new(),
            other_weight: Amount::ONE,
            costs: BTreeMap::new(),
            other_cost: Amount::ONE,
            nodes: NODES,
        }
    }
}

impl Terms {
    /// What a technique weighs.
    #[must_use]
    pub fn weight(&self, technique: TechniqueId) -> Amount {
        self.weights.get(&technique).copied().unwrap_or(self.other_weight)
    }
}

/// The score that a plan gives a technique for what one capability reaches, from 1 to 100; `None` where it has none.
pub(crate) fn score(coverage: &Coverage<'_>, levels: &Levels) -> Option<u8> {
    let score = match coverage.rules().metric {
        Metric::Count => 100.0,
        _ => levels.score(&coverage.selection().categories, &coverage.rules().scale)?,
    };
    Some(u8::try_from(whole(score, 100.0)).unwrap_or(100))
}

/// A capability as a plan sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The capability.
    pub key: CapabilityKey,
    /// What it costs to switch on.
    pub cost: Amount,
    /// Whether it is on already.
    pub enabled: bool,
    /// The strongest score that it gives each technique, from 1 to 100.
    pub scores: BTreeMap<TechniqueId, u8>,
}

/// How much may be switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// So many capabilities.
    Capabilities(usize),
    /// Capabilities of this cost together.
    Cost(Amount),
}

/// What a cover keeps of what all capabilities together reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cover {
    /// Every covered technique has a score.
    Any,
    /// Every covered technique has its strongest score over the selected categories, as the metric `strongest` shows it.
    /// In a category where another one is stronger, it may lose what it had.
    Best,
}

/// What cannot be planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// An enabled capability, or one with a cost, that the coverage has not selected.
    #[error("capability {} of mapping set {} is not among those selected", .0.capability, .0.set)]
    UnknownCapability(CapabilityKey),
    /// A score above 100, or of 0.
    #[error("a score of {score} for {technique}: a score is from 1 to 100")]
    Score {
        /// The technique.
        technique: TechniqueId,
        /// The score.
        score: u8,
    },
    /// Every technique that is covered has weight 0.
    #[error("every covered technique has weight 0: there is nothing to plan for")]
    NoWeight,
    /// Weights or costs whose sum is too large to be exact.
    #[error("the {0} add up to more than a plan can count exactly")]
    TooLarge(&'static str),
    /// A budget for nothing.
    #[error("a budget of 0 buys nothing")]
    EmptyBudget,
}

/// Capabilities, what each covers, and what it is worth.
#[derive(Debug, Clone)]
pub struct Problem {
    techniques: Vec<TechniqueId>,
    weights: Vec<Amount>,
    /// In the order of ties.
    capabilities: Vec<Held>,
    nodes: u64,
}

/// A candidate with its techniques by position.
#[derive(Debug, Clone)]
struct Held {
    key: CapabilityKey,
    cost: Amount,
    enabled: bool,
    scores: Vec<(usize, u8)>,
}

impl Problem {
    /// A plan on what a coverage has selected.
    ///
    /// # Errors
    /// [`PlanError::UnknownCapability`], [`PlanError::NoWeight`] and [`PlanError::TooLarge`].
    pub fn of(coverage: &Coverage<'_>, terms: &Terms) -> Result<Self, PlanError> {
        let sets = coverage.sets();
        let mut candidates = BTreeMap::new();
        for (set, held) in coverage.involved() {
            for capability in 0..held.capabilities.len() {
                if coverage.selection().has_capability(set, capability) {
                    let key = CapabilityKey { set, capability };
                    let cost = terms.costs.get(&key).copied().unwrap_or(terms.other_cost);
                    let enabled = terms.enabled.contains(&key);
                    candidates.insert(key, Candidate { key, cost, enabled, scores: BTreeMap::new() });
                }
            }
        }
        let mut named = terms.enabled.iter().chain(terms.costs.keys());
        if let Some(unknown) = named.find(|key| !candidates.contains_key(key)) {
            return Err(PlanError::UnknownCapability(*unknown));
        }
        for (technique, cell) in coverage.cells() {
            for (key, levels) in &cell.capabilities {
                if let (Some(score), Some(candidate)) = (score(coverage, levels), candidates.get_mut(key)) {
                    candidate.scores.insert(*technique, score);
                }
            }
        }
        let mut candidates: Vec<Candidate> = candidates.into_values().collect();
        candidates.sort_by_key(|one| {
            (one.key.set, &sets[one.key.set].capabilities[one.key.capability].id, one.key)
        });
        Self::new(&candidates, |technique| terms.weight(technique))
            .map(|problem| problem.with_nodes(terms.nodes))
    }

    /// A plan on candidates of one's own. Their order is the order of ties.
    ///
    /// # Errors
    /// [`PlanError::Score`], [`PlanError::NoWeight`] and [`PlanError::TooLarge`].
    pub fn new(candidates: &[Candidate], weight: impl Fn(TechniqueId) -> Amount) -> Result<Self, PlanError> {
        let scores = || candidates.iter().flat_map(|candidate| &candidate.scores);
        if let Some((technique, score)) = scores().find(|(_, score)| !(1..=100).contains(*score)) {
            return Err(PlanError::Score { technique: *technique, score: *score });
        }
        let covered: BTreeSet<TechniqueId> = scores().map(|(technique, _)| *technique).collect();
        let is_covered = !covered.is_empty();
        let weighted = covered.into_iter().map(|technique| (technique, weight(technique)));
        let (techniques, weights): (Vec<TechniqueId>, Vec<Amount>) =
            weighted.filter(|(_, weight)| *weight > Amount::ZERO).unzip();
        if is_covered && techniques.is_empty() {
            return Err(PlanError::NoWeight);
        }
        // Well below 2^64: a bound adds a few of these.
        let fits = |amounts: &mut dyn Iterator<Item = Amount>| amounts.sum::<Amount>().units() < 1 << 60;
        if !fits(&mut weights.iter().copied()) {
            return Err(PlanError::TooLarge("weights"));
        }
        if !fits(&mut candidates.iter().map(|candidate| candidate.cost)) {
            return Err(PlanError::TooLarge("costs"));
        }
        let position = |(technique, score): (&TechniqueId, &u8)| {
            techniques.binary_search(technique).ok().map(|position| (position, *score))
        };
        let capabilities = candidates
            .iter()
            .map(|one| Held {
                key: one.key,
                cost: one.cost,
                enabled: one.enabled,
                scores: one.scores.iter().filter_map(position).collect(),
            })
            .collect();
        Ok(Self { techniques, weights, capabilities, nodes: NODES })
    }

    /// The same with another limit on the nodes that a search visits.
    #[must_use]
    pub const fn with_nodes(mut self, nodes: u64) -> Self {
        self.nodes = nodes;
        self
    }

    /// Ranks what is not enabled: at each step the capability that gains most for its cost upon those before it; of
    /// several, the one that gains more, then covers more techniques anew, then comes first.
    #[must_use]
    pub fn rank(&self) -> Ranking {
        let open: Vec<usize> = self.open().collect();
        let (steps, rest) = self.steps(&open);
        Ranking {
            steps,
            rest: rest.into_iter().map(|capability| self.capabilities[capability].key).collect(),
            before: self.standing(&self.enabled()),
            reachable: self.standing(&self.reachable()),
        }
    }

    /// The best set of capabilities within a budget: the one of the highest value.
    ///
    /// # Errors
    /// [`PlanError::EmptyBudget`]. A budget for more than there is buys everything that adds something.
    pub fn best(&self, budget: Budget) -> Result<Answer, PlanError> {
        let open: Vec<usize> = self.open().collect();
        let mut costs: Vec<u64> = open.iter().map(|one| self.capabilities[*one].cost.units()).collect();
        let total: u64 = costs.iter().sum();
        let unit = divide_out(&mut costs);
        let (count, cost, is_ample) = match budget {
            Budget::Capabilities(0) | Budget::Cost(Amount::ZERO) => return Err(PlanError::EmptyBudget),
            Budget::Capabilities(count) => (count, u64::MAX, count >= open.len()),
            Budget::Cost(cost) => (usize::MAX, cost.units() / unit, cost.units() >= total),
        };
        let mut elements = self.thresholds(&open);
        let mut weights: Vec<u64> = elements.iter().map(|(weight, _)| *weight).collect();
        let worth = divide_out(&mut weights);
        for (element, weight) in elements.iter_mut().zip(weights) {
            element.0 = weight;
        }
        let solution = solve::best(&Instance::new(elements, costs), count, cost, self.nodes);
        let before = self.standing(&self.enabled()).value;
        let proof = |answer: &Answer, bound| Proof::Within {
            known: answer.after.value,
            bound: before + Amount::of_units(bound * worth),
        };
        Ok(Answer { is_ample, ..self.answer(&open, &solution, proof) })
    }

    /// The cheapest set of capabilities that keeps what all of them together reach; with costs of 1, the smallest. Of
    /// several, the one with the fewest capabilities, then the one that comes first.
    #[must_use]
    pub fn cover(&self, cover: Cover) -> Answer {
        let open: Vec<usize> = self.open().collect();
        let mut costs: Vec<u64> = open.iter().map(|one| self.capabilities[*one].cost.units()).collect();
        let unit = divide_out(&mut costs);
        let (enabled, reachable) = (self.enabled(), self.reachable());
        let reaching = self.reaching(&open);
        let elements = (0..self.techniques.len()).map(|technique| {
            let due = match cover {
                Cover::Any => 1,
                Cover::Best => reachable[technique],
            };
            let by = reaching[technique].iter().filter(|(_, score)| *score >= due).map(|(by, _)| *by);
            (u64::from(enabled[technique] < due), by.collect())
        });
        let solution = solve::cover(&Instance::new(elements, costs), self.nodes);
        let proof = |answer: &Answer, bound| Proof::Within {
            known: answer.cost,
            bound: Amount::of_units(bound * unit),
        };
        self.answer(&open, &solution, proof)
    }

    /// The capabilities that are not enabled, in the order of ties.
    fn open(&self) -> impl Iterator<Item = usize> {
        (0..self.capabilities.len()).filter(|capability| !self.capabilities[*capability].enabled)
    }

    /// Per technique the strongest score of what is enabled.
    fn enabled(&self) -> Vec<u8> {
        self.strongest(self.capabilities.iter().filter(|capability| capability.enabled))
    }

    /// Per technique the strongest score of everything.
    fn reachable(&self) -> Vec<u8> {
        self.strongest(self.capabilities.iter())
    }

    fn strongest<'h>(&self, capabilities: impl Iterator<Item = &'h Held>) -> Vec<u8> {
        let mut scores = vec![0; self.techniques.len()];
        for (technique, score) in capabilities.flat_map(|capability| &capability.scores) {
            scores[*technique] = scores[*technique].max(*score);
        }
        scores
    }

    fn standing(&self, scores: &[u8]) -> Standing {
        Standing {
            value: self.weights.iter().zip(scores).map(|(weight, score)| weight.times_score(*score)).sum(),
            covered: scores.iter().filter(|score| **score > 0).count(),
        }
    }

    /// Per technique the open capabilities that score it, by their position among the open ones, with the score.
    fn reaching(&self, open: &[usize]) -> Vec<Vec<(u32, u8)>> {
        let mut reaching = vec![Vec::new(); self.techniques.len()];
        for (by, capability) in (0..).zip(open) {
            for (technique, score) in &self.capabilities[*capability].scores {
                reaching[*technique].push((by, *score));
            }
        }
        reaching
    }

    /// Each score above the enabled one that an open capability gives a technique: what it is worth upon the score
    /// below it, and who reaches it.
    fn thresholds(&self, open: &[usize]) -> Vec<(u64, Vec<u32>)> {
        let enabled = self.enabled();
        let mut elements = Vec::new();
        for (technique, by) in self.reaching(open).into_iter().enumerate() {
            let mut below = enabled[technique];
            let scores: BTreeSet<u8> =
                by.iter().map(|(_, score)| *score).filter(|score| *score > below).collect();
            for score in scores {
                let reached = by.iter().filter(|(_, reached)| *reached >= score).map(|(by, _)| *by);
                let worth = self.weights[technique].times_score(score - below).units();
                elements.push((worth, reached.collect()));
                below = score;
            }
        }
        elements
    }

    /// The capabilities in the order of their gains, each with what it adds; and those that add nothing.
    fn steps(&self, capabilities: &[usize]) -> (Vec<Step>, Vec<usize>) {
        let enabled = self.enabled();
        let mut scores = enabled.clone();
        let mut left = capabilities.to_vec();
        let mut steps = Vec::new();
        loop {
            let mut top: Option<(usize, (Amount, usize))> = None;
            for (position, capability) in left.iter().enumerate() {
                let gain = self.gain(*capability, &scores);
                if gain.0 > Amount::ZERO
                    && top.is_none_or(|(held, most)| self.is_better((*capability, gain), (left[held], most)))
                {
                    top = Some((position, gain));
                }
            }
            let Some((position, (gain, newly_covered))) = top else { break };
            let capability = left.remove(position);
            let held = &self.capabilities[capability];
            let raised = held.scores.iter().filter(|(technique, score)| *score > scores[*technique]);
            let changes: Vec<Change> = raised
                .map(|(technique, score)| Change {
                    technique: self.techniques[*technique],
                    from: Some(scores[*technique]).filter(|score| *score > 0),
                    to: *score,
                })
                .collect();
            for (technique, score) in &held.scores {
                scores[*technique] = scores[*technique].max(*score);
            }
            let alone = self.gain(capability, &enabled).0;
            steps.push(Step { capability: held.key, cost: held.cost, gain, alone, newly_covered, changes });
        }
        (steps, left)
    }

    /// What a capability adds to some scores: its value, and how many techniques it covers anew.
    fn gain(&self, capability: usize, scores: &[u8]) -> (Amount, usize) {
        let mut gain = (Amount::ZERO, 0);
        for (technique, score) in &self.capabilities[capability].scores {
            let held = scores[*technique];
            gain.0 = gain.0 + self.weights[*technique].times_score(score.saturating_sub(held));
            gain.1 += usize::from(held == 0);
        }
        gain
    }

    fn is_better(&self, one: (usize, (Amount, usize)), other: (usize, (Amount, usize))) -> bool {
        let key = |(capability, (gain, _)): (usize, (Amount, usize))| {
            (gain.units(), self.capabilities[capability].cost.units())
        };
        let (here, there) = (key(one), key(other));
        let is_as_good = !solve::is_better(there, here);
        solve::is_better(here, there) || is_as_good && one.1.1 > other.1.1
    }

    /// The answer that a solution over the open capabilities is.
    fn answer(&self, open: &[usize], solution: &Solution, within: impl Fn(&Answer, u64) -> Proof) -> Answer {
        let chosen: Vec<usize> = solution.chosen.iter().map(|position| open[*position as usize]).collect();
        let is_on = |(capability, held): &(usize, &Held)| held.enabled || chosen.contains(capability);
        let after = self.strongest(self.capabilities.iter().enumerate().filter(is_on).map(|(_, held)| held));
        let mut answer = Answer {
            chosen: self.steps(&chosen).0,
            cost: chosen.iter().map(|capability| self.capabilities[*capability].cost).sum(),
            before: self.standing(&self.enabled()),
            after: self.standing(&after),
            reachable: self.standing(&self.reachable()),
            is_ample: false,
            proof: Proof::Optimal,
            nodes: solution.nodes,
        };
        answer.proof = match solution.proved {
            Proved::First => Proof::Optimal,
            Proved::Best => Proof::OptimalUpToTies,
            Proved::Within(bound) => within(&answer, bound),
        };
        answer
    }
}
