//! Branch and bound: the best choice within limits, or the proof that there is none.
//!
//! Depth first, on an explicit stack, and without a clock: a run is the same on every machine. Each node is a
//! [`Residual`]; it is pruned by its relaxation, candidates whose decision one way the relaxation excludes are decided the
//! other way, and then one candidate is branched on.

use std::cmp::Reverse;

use super::instance::Instance;
use super::reduce;
use super::relax::{Price, Relaxed, Room, step};
use super::residual::{Fate, Residual};

/// How long the multipliers of a node are improved.
#[derive(Debug, Clone, Copy)]
struct Effort {
    rounds: usize,
    /// After so many rounds without a better bound, steps are halved.
    patience: usize,
}

/// The first node's bound is worth its time; below, many quick nodes were found to be faster than few good ones.
const FIRST: Effort = Effort { rounds: 400, patience: 20 };
/// One of many questions, most of which are settled soon.
const FIRST_OF_MANY: Effort = Effort { rounds: 60, patience: 6 };
const BELOW: Effort = Effort { rounds: 6, patience: 3 };

/// What a choice must keep to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// The least value.
    pub(super) value: u64,
    /// The most candidates.
    pub(super) count: usize,
    /// The highest cost.
    pub(super) cost: u64,
}

/// Which limit every choice that is found tightens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    Value,
    Count,
    Cost,
    /// None: one choice is enough.
    Any,
}

/// How a search ended.
#[derive(Debug)]
pub(super) struct Outcome {
    /// The last choice found, rising; it is the best one unless nodes are left open.
    pub(super) found: Option<Vec<u32>>,
    /// When the nodes did not suffice, what no choice that was not seen can beat: for [`Goal::Value`] a value, for
    /// [`Goal::Cost`] a cost where that is the price, else 0.
    pub(super) open: Option<u64>,
    /// The nodes visited.
    pub(super) nodes: u64,
}

/// Which question the relaxation answers, and what a unit of weight or price is worth in multipliers and bounds.
#[derive(Debug, Clone, Copy)]
enum Relaxation {
    Value { scale: u64 },
    Cover { price: Price, scale: u64 },
}

/// A search under way.
#[derive(Debug)]
pub(super) struct Search<'i> {
    instance: &'i Instance,
    goal: Goal,
    limits: Limits,
    relaxation: Relaxation,
    found: Option<Vec<u32>>,
    is_done: bool,
    nodes: u64,
    relaxed: Relaxed,
}

impl<'i> Search<'i> {
    /// A search of an instance. Where everything must be reached, `price` is what is bounded.
    pub(super) fn new(instance: &'i Instance, goal: Goal, limits: Limits, price: Price) -> Self {
        // Fine multipliers, and sums of them that fit.
        const FITS: u64 = 1 << 58;
        let total = instance.total();
        let dearest = instance.costs.iter().map(|cost| price.of(*cost)).max().unwrap_or(0);
        let sum = dearest.saturating_mul(instance.weights.len() as u64).max(1);
        let is_cover = goal != Goal::Value && limits.value == total && sum <= FITS;
        let relaxation = if is_cover {
            let scale = (FITS / sum).min(1 << 16);
            let price =
                Price { per_candidate: price.per_candidate * scale, per_cost: price.per_cost * scale };
            Relaxation::Cover { price, scale }
        } else {
            Relaxation::Value { scale: (FITS / total.max(1)).clamp(1, 1 << 16) }
        };
        let relaxed = Relaxed::default();
        Self { instance, goal, limits, relaxation, found: None, is_done: false, nodes: 0, relaxed }
    }

    /// Searches at most `nodes` nodes, below the candidates that `fates` decides.
    pub(super) fn run(mut self, fates: &[Fate], nodes: u64) -> Outcome {
        let root = Residual::root(self.instance, fates);
        let mut stack: Vec<Residual> = self.first(root).into_iter().collect();
        while let Some(node) = stack.pop() {
            if self.is_done {
                break;
            }
            if self.nodes >= nodes {
                stack.push(node);
                let open = self.open(&stack);
                return Outcome { found: self.found, open: Some(open), nodes: self.nodes };
            }
            self.nodes += 1;
            if let Some((with, without)) = self.branch(node) {
                stack.push(without);
                stack.push(with);
            }
        }
        Outcome { found: self.found, open: None, nodes: self.nodes }
    }

    /// What open nodes may still hold.
    fn open(&self, stack: &[Residual]) -> u64 {
        let bounds = stack.iter().map(|node| node.bound);
        let bound = match (self.relaxation, self.goal) {
            (Relaxation::Value { scale }, Goal::Value) => bounds.max().map(|bound| bound / i128::from(scale)),
            (Relaxation::Cover { price: Price { per_candidate: 0, .. }, scale }, Goal::Cost) => {
                let scale = i128::from(scale);
                bounds.min().map(|bound| (bound + scale - 1) / scale)
            }
            _ => None,
        };
        bound.and_then(|bound| u64::try_from(bound).ok()).unwrap_or(0)
    }

    /// The first node, without what dominance decides, and with multipliers to start from.
    fn first(&mut self, mut node: Residual) -> Option<Residual> {
        loop {
            node = self.settled(node)?;
            if let Some(next) = reduce::dominated(&node) {
                node = next;
            } else if matches!(self.relaxation, Relaxation::Cover { .. })
                && let Some(next) = reduce::implied(&node)
            {
                node = next;
            } else {
                break;
            }
        }
        match self.relaxation {
            Relaxation::Value { scale } => {
                node.multipliers = node.weights.iter().map(|weight| weight * scale).collect();
                node.bound = i128::from(node.within_reach()) * i128::from(scale);
            }
            Relaxation::Cover { price, .. } => {
                node.multipliers.fill(u64::MAX);
                for candidate in 0..node.len() {
                    let share = price.of(node.costs[candidate]) / node.reaches(candidate).len().max(1) as u64;
                    for element in node.reaches(candidate).to_vec() {
                        let held = &mut node.multipliers[element as usize];
                        *held = share.min(*held);
                    }
                }
            }
        }
        Some(node)
    }

    /// A node with everything decided that follows from the limits; `None` when nothing below it counts.
    fn settled(&mut self, mut node: Residual) -> Option<Residual> {
        loop {
            if node.gained >= self.limits.value {
                self.offer(node.taken.clone(), node.gained, node.spent);
            }
            let room = self.room(&node)?;
            if node.within_reach() < self.limits.value {
                return None;
            }
            if node.costs.iter().any(|cost| *cost > room.cost) {
                let fate = |cost: &u64| if *cost > room.cost { Fate::Out } else { Fate::Open };
                node = node.decide(&node.costs.iter().map(fate).collect::<Vec<_>>());
            } else if let Some(next) = reduce::essentials(&node, self.limits.value) {
                node = next;
            } else {
                return Some(node);
            }
        }
    }

    /// Bounds a node, and splits it on one candidate: with it, and without.
    fn branch(&mut self, node: Residual) -> Option<(Residual, Residual)> {
        let mut node = self.settled(node)?;
        let mut effort = match (self.nodes, self.goal) {
            (1, Goal::Any) => FIRST_OF_MANY,
            (1, _) => FIRST,
            _ => BELOW,
        };
        while self.improve(&mut node, effort)? {
            let Some(next) = self.fix(&node) else { break };
            node = self.settled(next)?;
            effort = BELOW;
        }
        let on = pick(&node)?;
        let mut fates = vec![Fate::Open; node.len()];
        fates[on] = Fate::In;
        let with = node.decide(&fates);
        fates[on] = Fate::Out;
        Some((with, node.decide(&fates)))
    }

    /// Decides candidates whose other decision the relaxation excludes; `None` when there are none.
    fn fix(&self, node: &Residual) -> Option<Residual> {
        let relaxed = &self.relaxed;
        let fates: Vec<Fate> = (0..node.len())
            .map(|candidate| match relaxed.chosen[candidate] {
                _ if i128::from(relaxed.losses[candidate]) <= relaxed.slack => Fate::Open,
                true => Fate::In,
                false => Fate::Out,
            })
            .collect();
        fates.iter().any(|fate| *fate != Fate::Open).then(|| node.decide(&fates))
    }

    /// Improves a node's multipliers, and leaves what they prove in `relaxed`. `None` when nothing below the node counts;
    /// else whether there is anything open.
    fn improve(&mut self, node: &mut Residual, effort: Effort) -> Option<bool> {
        let mut best = i128::MAX;
        let mut multipliers = node.multipliers.clone();
        let (mut stale, mut halvings) = (0, 0_u32);
        for round in 0..=effort.rounds {
            self.relax(node)?;
            if self.relaxed.slack < best {
                best = self.relaxed.slack;
                multipliers.clone_from(&node.multipliers);
                stale = 0;
            } else {
                stale += 1;
                if stale > effort.patience {
                    (stale, halvings) = (0, halvings + 1);
                }
            }
            let counts = self.relaxed.counts(node);
            self.offer_relaxed(node, &counts);
            let slack = (self.relaxed.slack + 1) >> halvings.min(126);
            let goes_on = round < effort.rounds
                && match self.relaxation {
                    Relaxation::Value { scale } => {
                        step(node, &counts, slack, |node, element| node.weights[element] * scale)
                    }
                    Relaxation::Cover { price, .. } => {
                        let dearest = node.costs.iter().map(|cost| price.of(*cost)).max().unwrap_or(0);
                        step(node, &counts, slack, |_, _| dearest)
                    }
                };
            if !goes_on {
                break;
            }
        }
        node.multipliers = multipliers;
        self.relax(node)?;
        if let Relaxation::Cover { price, .. } = self.relaxation {
            let chosen = self.relaxed.repaired(node, price);
            self.offer_with(node, chosen.into_iter());
            self.relax(node)?;
        }
        Some(node.len() > 0)
    }

    /// Solves the relaxation of a node, and keeps what it proves; `None` when nothing below the node counts.
    fn relax(&mut self, node: &mut Residual) -> Option<()> {
        let room = self.room(node)?;
        match self.relaxation {
            Relaxation::Value { scale } => {
                let wanted = self.limits.value.saturating_sub(node.gained);
                self.relaxed.value(node, room, wanted, scale);
                let bound = self.relaxed.bound.saturating_add(i128::from(node.gained) * i128::from(scale));
                node.bound = node.bound.min(bound);
            }
            Relaxation::Cover { price, .. } => {
                self.relaxed.cover(node, room, price);
                let spent = u128::from(price.per_candidate) * node.taken.len() as u128
                    + u128::from(price.per_cost) * u128::from(node.spent);
                let bound = self.relaxed.bound + i128::try_from(spent).unwrap_or(0);
                node.bound = node.bound.max(bound);
            }
        }
        (self.relaxed.slack >= 0).then_some(())
    }

    /// What may be taken below a node; `None` when nothing.
    fn room(&self, node: &Residual) -> Option<Room> {
        let count = self.limits.count.checked_sub(node.taken.len())?;
        let cost = self.limits.cost.checked_sub(node.spent)?;
        (count > 0 && !self.is_done).then_some(Room { count, cost })
    }

    /// Takes over the relaxed choice, when it keeps to the limits.
    fn offer_relaxed(&mut self, node: &Residual, counts: &[u32]) {
        let reached = counts.iter().zip(&node.weights).filter(|(count, _)| **count > 0);
        let value = node.gained + reached.map(|(_, weight)| weight).sum::<u64>();
        if value >= self.limits.value {
            let chosen: Vec<usize> = (0..node.len()).filter(|one| self.relaxed.chosen[*one]).collect();
            self.offer_with(node, chosen.into_iter());
        }
    }

    /// Takes over what is taken and some open candidates, when they keep to the limits.
    fn offer_with(&mut self, node: &Residual, open: impl Iterator<Item = usize>) {
        let mut all = node.taken.clone();
        all.extend(open.map(|candidate| node.who[candidate]));
        let (value, cost) = (self.instance.value(&all), self.instance.cost(&all));
        self.offer(all, value, cost);
    }

    fn offer(&mut self, mut all: Vec<u32>, value: u64, cost: u64) {
        let limits = self.limits;
        if self.is_done || value < limits.value || all.len() > limits.count || cost > limits.cost {
            return;
        }
        let tightened = match self.goal {
            Goal::Value => value.checked_add(1).map(|value| Limits { value, ..limits }),
            Goal::Count => all.len().checked_sub(1).map(|count| Limits { count, ..limits }),
            Goal::Cost => cost.checked_sub(1).map(|cost| Limits { cost, ..limits }),
            Goal::Any => None,
        };
        all.sort_unstable();
        self.found = Some(all);
        self.is_done = tightened.is_none();
        self.limits = tightened.unwrap_or(limits);
    }
}

/// The candidate to branch on: the one that gains most.
fn pick(node: &Residual) -> Option<usize> {
    let gain = |candidate: usize| -> u64 {
        node.reaches(candidate).iter().map(|element| node.weights[*element as usize]).sum()
    };
    (0..node.len()).max_by_key(|candidate| (gain(*candidate), Reverse(*candidate)))
}
