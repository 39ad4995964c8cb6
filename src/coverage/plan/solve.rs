//! From an instance to the best choice, and the first one of those that are as good.
//!
//! First what is asked for is settled: the highest value within a budget, or the lowest cost of reaching everything. Then
//! the ties, one after the other, each with everything settled so far as a limit: fewest candidates, lowest cost, and
//! the list that comes first, position by position. Each question is one search, so a rule that rules a candidate out
//! may keep any choice that meets the limits: none of them can lose the first list.

use super::instance::Instance;
use super::relax::Price;
use super::residual::Fate;
use super::search::{Goal, Limits, Search};

/// How much is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proved {
    /// Nothing is better, and it comes first of those that are as good.
    First,
    /// Nothing is better.
    Best,
    /// Nothing is better than this value, or costs less than this.
    Within(u64),
}

/// A choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Solution {
    /// The candidates, rising.
    pub(super) chosen: Vec<u32>,
    pub(super) proved: Proved,
    /// The nodes visited.
    pub(super) nodes: u64,
}

/// The choice of the highest value with at most so many candidates and at most this cost, in at most so many nodes.
pub(super) fn best(instance: &Instance, count: usize, cost: u64, nodes: u64) -> Solution {
    let chosen = greedy(instance, count, cost);
    let limits = Limits { value: instance.value(&chosen) + 1, count, cost };
    let outcome = Search::new(instance, Goal::Value, limits, COUNT).run(&open(instance), nodes);
    let chosen = outcome.found.unwrap_or(chosen);
    let value = instance.value(&chosen);
    if let Some(bound) = outcome.open {
        return Solution { chosen, proved: Proved::Within(bound.max(value)), nodes: outcome.nodes };
    }
    // One candidate is worth more than any cost.
    let dear = instance.costs.iter().sum::<u64>().saturating_add(1);
    let price = Price { per_candidate: dear, per_cost: 1 };
    let limits = Limits { value, count, cost };
    let mut choice = Choice { instance, chosen, limits, left: nodes - outcome.nodes };
    let is_first = choice.tighten(Goal::Count, COUNT).is_none()
        && choice.tighten(Goal::Cost, price).is_none()
        && choice.bring_forward(price);
    choice.solution(if is_first { Proved::First } else { Proved::Best }, nodes)
}

/// The choice of the lowest cost that reaches everything, in at most so many nodes.
pub(super) fn cover(instance: &Instance, nodes: u64) -> Solution {
    let chosen = greedy(instance, usize::MAX, u64::MAX);
    let limits = Limits { value: instance.total(), count: usize::MAX, cost: u64::MAX };
    let mut choice = Choice { instance, chosen, limits, left: nodes };
    if let Some(bound) = choice.tighten(Goal::Cost, COST) {
        let bound = bound.min(choice.limits.cost);
        return choice.solution(Proved::Within(bound), nodes);
    }
    // A unit of cost is worth more than any number of candidates.
    let price = Price { per_candidate: 1, per_cost: instance.costs.len() as u64 + 1 };
    let is_first = choice.tighten(Goal::Count, price).is_none() && choice.bring_forward(price);
    choice.solution(if is_first { Proved::First } else { Proved::Best }, nodes)
}

const COUNT: Price = Price { per_candidate: 1, per_cost: 0 };
const COST: Price = Price { per_candidate: 0, per_cost: 1 };

fn open(instance: &Instance) -> Vec<Fate> {
    vec![Fate::Open; instance.costs.len()]
}

/// The best choice so far, the limits that it meets, and the nodes left to improve on it.
struct Choice<'i> {
    instance: &'i Instance,
    chosen: Vec<u32>,
    limits: Limits,
    left: u64,
}

impl Choice<'_> {
    /// Lowers the count or the cost as far as it goes; what is open when the nodes did not suffice.
    fn tighten(&mut self, goal: Goal, price: Price) -> Option<u64> {
        let limits = self.limits;
        let lower = match goal {
            Goal::Count => self.chosen.len().checked_sub(1).map(|count| Limits { count, ..limits }),
            _ => self.instance.cost(&self.chosen).checked_sub(1).map(|cost| Limits { cost, ..limits }),
        };
        // Equal costs are lowest once the count is.
        let is_settled =
            goal == Goal::Cost && self.limits.count <= self.chosen.len() && self.has_equal_costs();
        let mut left_open = None;
        if let Some(lower) = lower.filter(|_| !is_settled) {
            let search = Search::new(self.instance, goal, lower, price);
            let outcome = search.run(&open(self.instance), self.left);
            self.left -= outcome.nodes;
            left_open = outcome.open;
            if let Some(found) = outcome.found {
                self.chosen = found;
            }
        }
        match goal {
            Goal::Count => self.limits.count = self.chosen.len(),
            _ => self.limits.cost = self.instance.cost(&self.chosen),
        }
        left_open
    }

    fn has_equal_costs(&self) -> bool {
        let costs = &self.instance.costs;
        costs.iter().all(|cost| Some(cost) == costs.first())
    }

    /// Finds the list that comes first within the limits; whether the nodes sufficed.
    ///
    /// For each position, the candidates before the one there are tried in order: the first that some list within the
    /// limits goes on with takes the position.
    fn bring_forward(&mut self, price: Price) -> bool {
        let mut fates = open(self.instance);
        let mut next = 0;
        let mut position = 0;
        while position < self.chosen.len() {
            while next < self.chosen[position] {
                fates[next as usize] = Fate::In;
                let search = Search::new(self.instance, Goal::Any, self.limits, price);
                let outcome = search.run(&fates, self.left);
                self.left -= outcome.nodes;
                if let Some(found) = outcome.found {
                    self.chosen = found;
                    break;
                }
                if outcome.open.is_some() {
                    return false;
                }
                fates[next as usize] = Fate::Out;
                next += 1;
            }
            fates[self.chosen[position] as usize] = Fate::In;
            next = self.chosen[position] + 1;
            position += 1;
        }
        true
    }

    fn solution(self, proved: Proved, nodes: u64) -> Solution {
        Solution { chosen: self.chosen, proved, nodes: nodes - self.left }
    }
}

/// A good choice within the limits: the most for its cost, one by one, then exchanges as long as they help.
fn greedy(instance: &Instance, count: usize, cost: u64) -> Vec<u32> {
    let mut chosen = Vec::new();
    fill(instance, &mut chosen, count, cost);
    let mut value = instance.value(&chosen);
    let mut improved = true;
    while improved {
        improved = false;
        for position in 0..chosen.len() {
            let mut other = chosen.clone();
            other.remove(position);
            fill(instance, &mut other, count, cost);
            let better = instance.value(&other);
            let is_cheaper = || (instance.cost(&other), other.len()) < (instance.cost(&chosen), chosen.len());
            if better > value || better == value && is_cheaper() {
                (chosen, value, improved) = (other, better, true);
                break;
            }
        }
    }
    chosen.sort_unstable();
    chosen
}

/// Adds what gains most for its cost as long as anything gains and fits.
fn fill(instance: &Instance, chosen: &mut Vec<u32>, count: usize, cost: u64) {
    let mut reached = vec![false; instance.weights.len()];
    for element in chosen.iter().flat_map(|candidate| &instance.reaches[*candidate as usize]) {
        reached[*element as usize] = true;
    }
    let mut spent = instance.cost(chosen);
    while chosen.len() < count {
        let mut top: Option<(u32, u64)> = None;
        for (candidate, elements) in (0..).zip(&instance.reaches) {
            let price = instance.costs[candidate as usize];
            let missing =
                elements.iter().map(|element| *element as usize).filter(|element| !reached[*element]);
            let gain: u64 = missing.map(|element| instance.weights[element]).sum();
            if gain > 0
                && price <= cost - spent
                && top.is_none_or(|(best, held)| {
                    is_better((gain, price), (held, instance.costs[best as usize]))
                })
            {
                top = Some((candidate, gain));
            }
        }
        let Some((candidate, _)) = top else { break };
        chosen.push(candidate);
        spent += instance.costs[candidate as usize];
        for element in &instance.reaches[candidate as usize] {
            reached[*element as usize] = true;
        }
    }
}

/// Whether one gain at its price is better than another: more for each unit of cost, then more.
///
/// Gains are above 0, so that the order is one even where something costs nothing.
pub(super) fn is_better(one: (u64, u64), other: (u64, u64)) -> bool {
    let here = u128::from(one.0) * u128::from(other.1);
    let there = u128::from(other.0) * u128::from(one.1);
    (here, one.0) > (there, other.0)
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;

    use proptest::prelude::*;

    use super::*;

    /// Every choice, best first by what a plan promises.
    fn every(instance: &Instance) -> impl Iterator<Item = Vec<u32>> {
        let len = instance.costs.len();
        (0..1_u32 << len).map(move |bits| (0..).take(len).filter(|one| bits >> one & 1 == 1).collect())
    }

    fn best_of_all(instance: &Instance, count: usize, cost: u64) -> Vec<u32> {
        let within = every(instance).filter(|one| one.len() <= count && instance.cost(one) <= cost);
        let key = |one: &Vec<u32>| (Reverse(instance.value(one)), one.len(), instance.cost(one), one.clone());
        within.min_by_key(key).expect("the empty one is within")
    }

    fn cheapest_cover(instance: &Instance) -> Vec<u32> {
        let covers = every(instance).filter(|one| instance.value(one) == instance.total());
        covers.min_by_key(|one| (instance.cost(one), one.len(), one.clone())).expect("all of them cover")
    }

    fn any_instance() -> impl Strategy<Value = Instance> {
        (1_usize..=9, 1_usize..=14).prop_flat_map(|(candidates, elements)| {
            let by = prop::collection::btree_set(0..u32::try_from(candidates).expect("few"), 0..=candidates);
            let elements = prop::collection::vec((0_u64..6, by), elements);
            let costs = prop_oneof![
                Just(vec![1; candidates]),
                Just(vec![3; candidates]),
                prop::collection::vec(0_u64..5, candidates)
            ];
            (elements, costs).prop_map(|(elements, costs)| {
                Instance::new(
                    elements.into_iter().map(|(weight, by)| (weight, by.into_iter().collect())),
                    costs,
                )
            })
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1500))]

        #[test]
        fn the_best_choice_is_the_first_of_the_best(
            instance in any_instance(),
            count in 1_usize..6,
            cost in prop_oneof![Just(u64::MAX), 0_u64..12],
        ) {
            let solution = best(&instance, count, cost, u64::MAX);
            prop_assert_eq!(solution.proved, Proved::First);
            prop_assert_eq!(solution.chosen, best_of_all(&instance, count, cost));
        }

        #[test]
        fn the_cheapest_cover_is_the_first_of_the_cheapest(instance in any_instance()) {
            let solution = cover(&instance, u64::MAX);
            prop_assert_eq!(solution.proved, Proved::First);
            prop_assert_eq!(solution.chosen, cheapest_cover(&instance));
        }

        #[test]
        fn bounds_hold_whenever_the_nodes_run_out(
            instance in any_instance(),
            count in 1_usize..6,
            nodes in 0_u64..3,
        ) {
            let value = instance.value(&best_of_all(&instance, count, u64::MAX));
            let solution = best(&instance, count, u64::MAX, nodes);
            let reached = instance.value(&solution.chosen);
            match solution.proved {
                Proved::Within(bound) => prop_assert!(reached <= value && value <= bound),
                Proved::First | Proved::Best => prop_assert_eq!(reached, value),
            }
            let cost = instance.cost(&cheapest_cover(&instance));
            let solution = cover(&instance, nodes);
            prop_assert_eq!(instance.value(&solution.chosen), instance.total());
            let spent = instance.cost(&solution.chosen);
            match solution.proved {
                Proved::Within(bound) => prop_assert!(bound <= cost && cost <= spent),
                Proved::First | Proved::Best => prop_assert_eq!(spent, cost),
            }
        }
    }
}
