//! An upper bound on the value of what is left, by Lagrangian relaxation, in whole numbers.
//!
//! That an element counts once, however many chosen candidates reach it, is what makes a choice hard. Pay each candidate
//! a multiplier λ for each element that it reaches instead, and the elements what is left of their weight w: the choice
//! falls apart into single candidates, and for every λ from 0 to w
//!
//! ```text
//! Σ (w − λ) + the most that candidates within the budget are paid
//! ```
//!
//! is at least the value of every choice (Cornuéjols, Fisher and Nemhauser 1977 have it for the location of accounts).
//! At λ = w it is the bound by the largest gains. Since it holds for *every* λ, the multipliers are whole numbers in
//! units of a fraction (the scale) of a weight, and no rounding can make a bound wrong.

use std::cmp::Reverse;

use super::residual::Residual;

/// What may still be taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    pub(super) count: usize,
    pub(super) cost: u64,
}

/// A bound, and the relaxed choice that it comes from.
#[derive(Debug, Default)]
pub(super) struct Relaxed {
    /// On the value of the open part, in scaled units.
    pub(super) bound: u128,
    /// Per open candidate whether the relaxed choice has it.
    pub(super) chosen: Vec<bool>,
    /// Per open candidate by how much the bound falls at least when it is decided the other way.
    pub(super) losses: Vec<u64>,
    /// Per open candidate what it is paid.
    pub(super) pay: Vec<u64>,
    order: Vec<u32>,
}

impl Relaxed {
    /// The bound at the residual's multipliers.
    pub(super) fn evaluate(&mut self, residual: &Residual, room: Room, scale: u64) {
        let len = residual.len();
        self.pay.clear();
        self.pay.extend((0..len).map(|candidate| {
            let reached = residual.reaches(candidate).iter();
            reached.map(|element| residual.multipliers[*element as usize]).sum::<u64>()
        }));
        self.chosen.clear();
        self.chosen.resize(len, false);
        self.losses.clear();
        self.losses.resize(len, 0);
        let weight = residual.weights.iter().sum::<u64>() * scale;
        let kept = weight - residual.multipliers.iter().sum::<u64>();
        let first = residual.costs.first().copied().unwrap_or(0);
        let uniform = residual.costs.iter().all(|cost| *cost == first);
        let total: u64 = if uniform { first.saturating_mul(len as u64) } else { residual.costs.iter().sum() };
        let fits = uniform && first > 0;
        let count = if fits {
            room.count.min(usize::try_from(room.cost / first).unwrap_or(usize::MAX))
        } else {
            room.count
        };
        let by_count = self.by_count(count.min(len));
        self.bound = u128::from(kept) + by_count;
        if !uniform && room.cost < total {
            let by_cost = by_cost(residual, &self.pay, room.cost, &mut self.order);
            let other = u128::from(kept) + by_cost;
            if other < self.bound {
                self.bound = other;
                self.choose_by_cost(residual, room.cost);
            }
        }
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
        let last = taken.iter().map(|candidate| pay[*candidate as usize]).min().unwrap_or(0);
        let next = left.iter().map(|candidate| pay[*candidate as usize]).max().unwrap_or(0);
        let mut sum = 0;
        for candidate in taken.iter().map(|candidate| *candidate as usize) {
            sum += u128::from(pay[candidate]);
            self.chosen[candidate] = true;
            self.losses[candidate] = pay[candidate] - next;
        }
        for candidate in left.iter().map(|candidate| *candidate as usize) {
            // Where nothing may be taken, taking one is no choice at all.
            self.losses[candidate] = if count == 0 { u64::MAX } else { last - pay[candidate] };
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
}

/// The order by pay for cost, in `order`, and the pay of what fits the room, of the last one a part.
fn by_cost(residual: &Residual, pay: &[u64], room: u64, order: &mut Vec<u32>) -> u128 {
    order.clear();
    order.extend((0..).take(pay.len()));
    order.sort_unstable_by(|a, b| {
        let (i, j) = (*a as usize, *b as usize);
        let here = u128::from(pay[i]) * u128::from(residual.costs[j]);
        let there = u128::from(pay[j]) * u128::from(residual.costs[i]);
        // What costs nothing comes first: with a pay of 0 it would compare as equal to everything.
        (residual.costs[i] > 0).cmp(&(residual.costs[j] > 0)).then(there.cmp(&here)).then(a.cmp(b))
    });
    let mut left = room;
    let mut sum = 0;
    for candidate in order.iter().map(|candidate| *candidate as usize) {
        let cost = residual.costs[candidate];
        if cost > left {
            return sum + u128::from(pay[candidate]) * u128::from(left) / u128::from(cost);
        }
        left -= cost;
        sum += u128::from(pay[candidate]);
    }
    sum
}

/// A lower bound on the cost of reaching `wanted` of the open part's value (in scaled units) at these multipliers.
pub(super) fn least_cost(residual: &Residual, wanted: u64, scale: u64) -> u64 {
    let weight = residual.weights.iter().sum::<u64>() * scale;
    let kept = weight - residual.multipliers.iter().sum::<u64>();
    let pay: Vec<u64> = (0..residual.len())
        .map(|candidate| {
            let reached = residual.reaches(candidate).iter();
            reached.map(|element| residual.multipliers[*element as usize]).sum()
        })
        .collect();
    let mut order = Vec::new();
    by_cost(residual, &pay, u64::MAX, &mut order);
    let mut missing = u128::from(wanted.saturating_sub(kept));
    let mut cost = 0;
    for candidate in order.iter().map(|candidate| *candidate as usize) {
        if missing == 0 {
            break;
        }
        let paid = u128::from(pay[candidate]);
        if paid >= missing {
            let part = (missing * u128::from(residual.costs[candidate])).div_ceil(paid);
            return cost + u64::try_from(part).unwrap_or(u64::MAX);
        }
        missing -= paid;
        cost += residual.costs[candidate];
    }
    cost
}
