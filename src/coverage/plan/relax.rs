//! What a relaxation proves of what is left, in whole numbers.
//!
//! That an element counts once, however many chosen candidates reach it, is what makes a choice hard. Pay each candidate
//! a multiplier λ for each element that it reaches instead, and the choice falls apart into single candidates. Two
//! questions are asked so.
//!
//! *How much value can a budget buy?* For every λ from 0 to the weights w, no choice is worth more than
//!
//! ```text
//! Σ (w − λ) + the most that candidates within the budget are paid
//! ```
//!
//! (Cornuéjols, Fisher and Nemhauser 1977 have it for the location of accounts); at λ = w it is the bound by the largest
//! gains. *What is the price of reaching everything?* For every λ from 0 up, none is less than
//!
//! ```text
//! Σ λ + Σ min(0, price − pay)
//! ```
//!
//! Since both hold for *every* λ, the multipliers are whole numbers in units of a fraction of a weight or a price, and no
//! rounding can make a bound wrong.

use std::cmp::Reverse;

use super::residual::Residual;

/// What may still be taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    pub(super) count: usize,
    pub(super) cost: u64,
}

/// What is counted against a limit when everything is to be reached: so much for each candidate and each unit of cost.
///
/// Whatever the two are, a choice within the limits of both is within the limit of the price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Price {
    pub(super) per_candidate: u64,
    pub(super) per_cost: u64,
}

impl Price {
    /// The price of a candidate.
    pub(super) const fn of(self, cost: u64) -> u64 {
        self.per_candidate.saturating_add(self.per_cost.saturating_mul(cost))
    }

    /// The price of all that there is room for.
    fn limit(self, room: Room) -> i128 {
        let part = |per: u64, of: u64| u128::from(per) * u128::from(of);
        let limit = part(self.per_candidate, room.count as u64) + part(self.per_cost, room.cost);
        i128::try_from(limit).unwrap_or(i128::MAX)
    }
}

/// A relaxation solved at some multipliers.
#[derive(Debug, Default)]
pub(super) struct Relaxed {
    /// The bound on the open part, in scaled units: a value that no choice exceeds, or a price that none undercuts.
    pub(super) bound: i128,
    /// How far the bound is from proving that there is no choice within the limits: below 0 there is none.
    pub(super) slack: i128,
    /// Per open candidate whether the relaxed choice has it.
    pub(super) chosen: Vec<bool>,
    /// Per open candidate by how much the slack falls at least when it is decided the other way.
    pub(super) losses: Vec<u64>,
    /// Per open candidate what it is paid.
    pay: Vec<u64>,
    order: Vec<u32>,
}

impl Relaxed {
    fn start(&mut self, residual: &Residual) {
        self.pay.clear();
        self.pay.extend((0..residual.len()).map(|candidate| {
            let reached = residual.reaches(candidate).iter();
            reached.map(|element| residual.multipliers[*element as usize]).sum::<u64>()
        }));
        self.chosen.clear();
        self.chosen.resize(residual.len(), false);
        self.losses.clear();
        self.losses.resize(residual.len(), 0);
    }

    /// The value that there is room for, when `wanted` is asked of it.
    pub(super) fn value(&mut self, residual: &Residual, room: Room, wanted: u64, scale: u64) {
        self.start(residual);
        let len = residual.len();
        let kept = residual.weights.iter().sum::<u64>() * scale - residual.multipliers.iter().sum::<u64>();
        let first = residual.costs.first().copied().unwrap_or(0);
        let is_uniform = residual.costs.iter().all(|cost| *cost == first);
        let mut count = room.count.min(len);
        if is_uniform && first > 0 {
            count = count.min(usize::try_from(room.cost / first).unwrap_or(len));
        }
        let mut paid = self.by_count(count);
        if !is_uniform && room.cost < residual.costs.iter().sum() {
            let by_cost = self.by_cost(residual, room.cost);
            if by_cost < paid {
                paid = by_cost;
                self.choose_by_cost(residual, room.cost);
            }
        }
        self.bound = i128::from(kept).saturating_add(i128::try_from(paid).unwrap_or(i128::MAX));
        self.slack = self.bound - i128::from(wanted) * i128::from(scale);
    }

    /// The price of reaching everything.
    pub(super) fn cover(&mut self, residual: &Residual, room: Room, price: Price) {
        self.start(residual);
        self.bound = residual.multipliers.iter().map(|multiplier| i128::from(*multiplier)).sum();
        for (candidate, cost) in residual.costs.iter().enumerate() {
            let (price, pay) = (price.of(*cost), self.pay[candidate]);
            self.chosen[candidate] = pay > price;
            self.losses[candidate] = pay.abs_diff(price);
            self.bound -= i128::from(pay.saturating_sub(price));
        }
        self.slack = price.limit(room).saturating_sub(self.bound);
    }

    /// The pay of the `count` best paid, with their choice and its losses.
    fn by_count(&mut self, count: usize) -> u128 {
        let len = self.pay.len();
        self.order.clear();
        self.order.extend((0..).take(len));
        let pay = &self.pay;
        let key = |candidate: &u32| (Reverse(pay[*candidate as usize]), *candidate);
        if count > 0 && count < len {
            self.order.select_nth_unstable_by_key(count - 1, key);
        }
        let (taken, left) = self.order.split_at(count);
        let last = taken.iter().map(|candidate| pay[*candidate as usize]).min();
        let next = left.iter().map(|candidate| pay[*candidate as usize]).max().unwrap_or(0);
        let mut sum = 0;
        for candidate in taken.iter().map(|candidate| *candidate as usize) {
            sum += u128::from(pay[candidate]);
            self.chosen[candidate] = true;
            self.losses[candidate] = pay[candidate] - next;
        }
        for candidate in left.iter().map(|candidate| *candidate as usize) {
            // Where nothing may be taken, taking one is no choice at all.
            self.losses[candidate] = last.map_or(u64::MAX, |last| last - pay[candidate]);
        }
        sum
    }

    /// The order by pay for cost, and the pay of what fits the room, of the last one a part.
    fn by_cost(&mut self, residual: &Residual, room: u64) -> u128 {
        self.order.clear();
        self.order.extend((0..).take(self.pay.len()));
        let pay = &self.pay;
        self.order.sort_unstable_by(|a, b| {
            let (i, j) = (*a as usize, *b as usize);
            let here = u128::from(pay[i]) * u128::from(residual.costs[j]);
            let there = u128::from(pay[j]) * u128::from(residual.costs[i]);
            // What costs nothing comes first: with a pay of 0 it would compare as equal to everything.
            (residual.costs[i] > 0).cmp(&(residual.costs[j] > 0)).then(there.cmp(&here)).then(a.cmp(b))
        });
        let mut left = room;
        let mut sum = 0;
        for candidate in self.order.iter().map(|candidate| *candidate as usize) {
            let cost = residual.costs[candidate];
            if cost > left {
                return sum + u128::from(pay[candidate]) * u128::from(left) / u128::from(cost);
            }
            left -= cost;
            sum += u128::from(pay[candidate]);
        }
        sum
    }

    /// The choice of the best paid for their cost, and its losses by the price that a unit of cost has there.
    fn choose_by_cost(&mut self, residual: &Residual, room: u64) {
        let mut left = room;
        let mut critical = None;
        self.chosen.fill(false);
        for candidate in self.order.iter().map(|candidate| *candidate as usize) {
            if residual.costs[candidate] > left {
                critical = Some(candidate);
                break;
            }
            left -= residual.costs[candidate];
            self.chosen[candidate] = true;
        }
        let Some(critical) = critical else {
            self.losses.fill(0);
            return;
        };
        let (price, per) = (u128::from(self.pay[critical]), u128::from(residual.costs[critical]));
        for candidate in 0..self.pay.len() {
            let pay = u128::from(self.pay[candidate]) * per;
            let due = u128::from(residual.costs[candidate]) * price;
            // The price is the critical one's: its own loss is none.
            self.losses[candidate] = u64::try_from(pay.abs_diff(due) / per).unwrap_or(u64::MAX);
        }
    }

    /// A choice that reaches everything: the relaxed one, for each element that it misses the candidate that the
    /// multipliers make cheapest, and then without what the others reach too.
    pub(super) fn repaired(&self, residual: &Residual, price: Price) -> Vec<usize> {
        let mut counts = self.counts(residual);
        let dear = |candidate: usize| {
            i128::from(price.of(residual.costs[candidate])) - i128::from(self.pay[candidate])
        };
        let mut cheapest = vec![usize::MAX; counts.len()];
        for candidate in 0..residual.len() {
            for element in residual.reaches(candidate) {
                let held = &mut cheapest[*element as usize];
                if *held == usize::MAX || dear(candidate) < dear(*held) {
                    *held = candidate;
                }
            }
        }
        let mut chosen: Vec<usize> =
            (0..residual.len()).filter(|candidate| self.chosen[*candidate]).collect();
        for element in 0..cheapest.len() {
            if counts[element] == 0 {
                chosen.push(cheapest[element]);
                for element in residual.reaches(cheapest[element]) {
                    counts[*element as usize] += 1;
                }
            }
        }
        chosen.sort_unstable_by_key(|candidate| {
            (Reverse(residual.costs[*candidate]), Reverse(dear(*candidate)), *candidate)
        });
        chosen.retain(|candidate| {
            let reached = residual.reaches(*candidate);
            let is_needed = reached.iter().any(|element| counts[*element as usize] < 2);
            if !is_needed {
                for element in reached {
                    counts[*element as usize] -= 1;
                }
            }
            is_needed
        });
        chosen
    }

    /// Per element how many of the relaxed choice reach it.
    pub(super) fn counts(&self, residual: &Residual) -> Vec<u32> {
        let mut counts = vec![0; residual.weights.len()];
        for candidate in (0..residual.len()).filter(|candidate| self.chosen[*candidate]) {
            for element in residual.reaches(candidate) {
                counts[*element as usize] += 1;
            }
        }
        counts
    }
}

/// Moves the multipliers to where the slack falls, at most up to what `cap` says of an element; false when there is
/// nowhere to go.
pub(super) fn step(
    residual: &mut Residual,
    counts: &[u32],
    slack: i128,
    cap: impl Fn(&Residual, usize) -> u64,
) -> bool {
    let mut norm = 0_u128;
    for (element, count) in counts.iter().enumerate() {
        let held = residual.multipliers[element];
        let is_stuck = if *count == 0 { held >= cap(residual, element) } else { held == 0 };
        let off = u128::from(count.abs_diff(1));
        norm += if is_stuck { 0 } else { off * off };
    }
    if norm == 0 {
        return false;
    }
    let length = u64::try_from(slack.unsigned_abs() / norm).unwrap_or(u64::MAX);
    for (element, count) in counts.iter().enumerate() {
        let held = residual.multipliers[element];
        residual.multipliers[element] = match count {
            0 => held.max(held.saturating_add(length).min(cap(residual, element))),
            count => held.saturating_sub(length.saturating_mul(u64::from(count - 1))),
        };
    }
    length > 0
}
