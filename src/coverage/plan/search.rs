//! Branch and bound: the best choice within limits, or the proof that there is none.
//!
//! Depth first, on an explicit stack, and without a clock: a run is the same on every machine. Each node is a
//! [`Residual`]; it is pruned by its Lagrangian bound, candidates whose decision one way the bound excludes are decided
//! the other way, and then one candidate is branched on.

use super::instance::Instance;
use super::reduce;
use super::relax::{Relaxed, Room, least_cost};
use super::residual::{Fate, Residual};

/// Rounds of improving the multipliers at the first node and at the others.
const ROUNDS: (usize, usize) = (400, 24);

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
    /// [`Goal::Cost`] a cost, else 0.
    pub(super) open: Option<u64>,
    /// The nodes visited.
    pub(super) nodes: u64,
}

/// A search under way.
#[derive(Debug)]
pub(super) struct Search<'i> {
    instance: &'i Instance,
    goal: Goal,
    limits: Limits,
    /// What a weight is worth in the units of multipliers and bounds.
    scale: u64,
    found: Option<Vec<u32>>,
    is_done: bool,
    nodes: u64,
    relaxed: Relaxed,
}

impl<'i> Search<'i> {
    /// A search of an instance.
    pub(super) fn new(instance: &'i Instance, goal: Goal, limits: Limits) -> Self {
        // Fine multipliers, and sums of them that fit.
        let room = (1_u64 << 56) / instance.total().max(1);
        let scale = room.clamp(1, 1 << 16);
        Self {
            instance,
            goal,
            limits,
            scale,
            found: None,
            is_done: false,
            nodes: 0,
            relaxed: Relaxed::default(),
        }
    }

    /// Searches at most `nodes` nodes, below the candidates that `fates` decides.
    pub(super) fn run(mut self, fates: &[Fate], nodes: u64) -> Outcome {
        let root = Residual::root(self.instance, fates, self.scale);
        let mut stack: Vec<Residual> = self.reduced(root).into_iter().collect();
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
        match self.goal {
            Goal::Value => stack.iter().map(|node| node.bound / self.scale).max().unwrap_or(0),
            Goal::Cost => {
                let least = |node: &Residual| {
                    let wanted = self.limits.value.saturating_sub(node.gained);
                    node.spent + least_cost(node, wanted * self.scale, self.scale)
                };
                stack.iter().map(least).min().unwrap_or(0)
            }
            Goal::Count | Goal::Any => 0,
        }
    }

    /// The first node, without what dominance decides.
    fn reduced(&mut self, mut node: Residual) -> Option<Residual> {
        loop {
            node = self.settled(node)?;
            if let Some(next) = reduce::dominated(&node) {
                node = next;
                continue;
            }
            // The instance's own weights say what a choice is worth, so what is dropped is worth it from the start.
            if self.goal != Goal::Value && node.within_reach() == self.limits.value {
                if let Some((next, dropped)) = reduce::implied(&node) {
                    node = next;
                    node.gained += dropped;
                    continue;
                }
            }
            return Some(node);
        }
    }

    /// A node with everything decided that follows from the limits; `None` when nothing below it counts.
    fn settled(&mut self, mut node: Residual) -> Option<Residual> {
        loop {
            self.offer_taken(&node);
            let room = self.room(&node)?;
            if node.within_reach() < self.limits.value {
                return None;
            }
            if node.costs.iter().any(|cost| *cost > room.cost) {
                let fates: Vec<Fate> =
                    node.costs.iter().map(|cost| if *cost > room.cost { Fate::Out } else { Fate::Open }).collect();
                node = node.decide(&fates);
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
        for round in 0.. {
            let rounds = if self.nodes == 1 && round == 0 { ROUNDS.0 } else { ROUNDS.1 };
            if !self.improve(&mut node, rounds) {
                return None;
            }
            let Some(next) = self.fix(&node) else { break };
            node = self.settled(next)?;
        }
        let on = self.pick(&node)?;
        let mut fates = vec![Fate::Open; node.len()];
        fates[on] = Fate::In;
        let with = node.decide(&fates);
        fates[on] = Fate::Out;
        Some((with, node.decide(&fates)))
    }

    /// The candidate to branch on: of those in the relaxed choice the one that it would miss most.
    fn pick(&self, node: &Residual) -> Option<usize> {
        let relaxed = &self.relaxed;
        let key = |candidate: &usize| (relaxed.chosen[*candidate], relaxed.losses[*candidate], std::cmp::Reverse(*candidate));
        (0..node.len()).max_by_key(key)
    }

    /// Decides candidates whose other decision the bound excludes; `None` when there are none.
    fn fix(&self, node: &Residual) -> Option<Residual> {
        let wanted = u128::from(self.limits.value.saturating_sub(node.gained)) * u128::from(self.scale);
        let spare = self.relaxed.bound.checked_sub(wanted)?;
        let fates: Vec<Fate> = (0..node.len())
            .map(|candidate| match self.relaxed.chosen[candidate] {
                _ if u128::from(self.relaxed.losses[candidate]) <= spare => Fate::Open,
                true => Fate::In,
                false => Fate::Out,
            })
            .collect();
        fates.iter().any(|fate| *fate != Fate::Open).then(|| node.decide(&fates))
    }

    /// Improves a node's multipliers, and leaves the bound that they give in `relaxed`; whether the node may hold a choice
    /// still.
    fn improve(&mut self, node: &mut Residual, rounds: usize) -> bool {
        let mut best = u128::MAX;
        let mut multipliers = node.multipliers.clone();
        let (mut stale, mut halvings) = (0, 0);
        for round in 0..=rounds {
            let Some(room) = self.room(node) else { return false };
            self.relaxed.evaluate(node, room, self.scale);
            let wanted = u128::from(self.limits.value.saturating_sub(node.gained)) * u128::from(self.scale);
            if self.relaxed.bound < best {
                best = self.relaxed.bound;
                multipliers.clone_from(&node.multipliers);
                stale = 0;
            } else {
                stale += 1;
                if stale > 5 {
                    (stale, halvings) = (0, halvings + 1);
                }
            }
            if best < wanted {
                return false;
            }
            let counts = self.counts(node);
            self.offer_relaxed(node, &counts);
            if self.is_done {
                return false;
            }
            let excess = self.relaxed.bound.saturating_sub(wanted) + 1;
            if round == rounds || !step(node, &counts, self.scale, |norm| (excess >> halvings) / norm) {
                break;
            }
        }
        node.multipliers = multipliers;
        let Some(room) = self.room(node) else { return false };
        self.relaxed.evaluate(node, room, self.scale);
        let open = u64::try_from(self.relaxed.bound).unwrap_or(u64::MAX);
        node.bound = node.bound.min(open.saturating_add(node.gained * self.scale));
        node.bound / self.scale >= self.limits.value
    }

    /// Per element how many of the relaxed choice reach it.
    fn counts(&self, node: &Residual) -> Vec<u32> {
        let mut counts = vec![0; node.weights.len()];
        for candidate in (0..node.len()).filter(|candidate| self.relaxed.chosen[*candidate]) {
            for element in node.reaches(candidate) {
                counts[*element as usize] += 1;
            }
        }
        counts
    }

    /// What may be taken below a node; `None` when nothing.
    fn room(&self, node: &Residual) -> Option<Room> {
        let count = self.limits.count.checked_sub(node.taken.len())?;
        let cost = self.limits.cost.checked_sub(node.spent)?;
        (count > 0 && !self.is_done).then_some(Room { count, cost })
    }

    /// Takes over the candidates taken, when they keep to the limits.
    fn offer_taken(&mut self, node: &Residual) {
        if node.gained >= self.limits.value {
            self.offer(node.taken.clone(), node.gained, node.spent);
        }
    }

    /// Takes over the relaxed choice, when it keeps to the limits.
    fn offer_relaxed(&mut self, node: &Residual, counts: &[u32]) {
        let reached = counts.iter().zip(&node.weights).filter(|(count, _)| **count > 0);
        let value = node.gained + reached.map(|(_, weight)| weight).sum::<u64>();
        if value < self.limits.value {
            return;
        }
        let chosen = || (0..node.len()).filter(|candidate| self.relaxed.chosen[*candidate]);
        let spent = node.spent + chosen().map(|candidate| node.costs[candidate]).sum::<u64>();
        let mut all = node.taken.clone();
        all.extend(chosen().map(|candidate| node.who[candidate]));
        self.offer(all, value, spent);
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

/// Moves the multipliers against the bound's subgradient; false when there is nowhere to go.
fn step(node: &mut Residual, counts: &[u32], scale: u64, length: impl Fn(u128) -> u128) -> bool {
    let mut norm = 0;
    for (element, count) in counts.iter().enumerate() {
        let held = node.multipliers[element];
        let is_stuck = match count {
            0 => held == node.weights[element] * scale,
            _ => held == 0,
        };
        let off = u128::from(count.abs_diff(1));
        norm += if is_stuck { 0 } else { off * off };
    }
    let length = if norm == 0 { 0 } else { u64::try_from(length(norm)).unwrap_or(u64::MAX) };
    for (element, count) in counts.iter().enumerate() {
        let held = node.multipliers[element];
        node.multipliers[element] = match count {
            0 => held.saturating_add(length).min(node.weights[element] * scale),
            count => held.saturating_sub(length.saturating_mul(u64::from(count - 1))),
        };
    }
    length > 0
}
