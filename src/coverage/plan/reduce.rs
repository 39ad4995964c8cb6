//! What can be decided about a residual without a bound.
//!
//! Each rule keeps a choice of at least the same value, at most the same number and at most the same cost; which of
//! several such choices it keeps does not matter here (see [`super::solve`]).

use super::residual::{Fate, Residual};

/// Takes the only candidates for what must be reached: `wanted` is the least value, taken candidates included.
///
/// `None` when there is none.
pub(super) fn essentials(residual: &Residual, wanted: u64) -> Option<Residual> {
    let spare = residual.within_reach().checked_sub(wanted)?;
    if residual.weights.iter().all(|weight| *weight <= spare) {
        return None;
    }
    let degrees = residual.degrees();
    let is_due = |element: &u32| {
        let element = *element as usize;
        degrees[element] == 1 && residual.weights[element] > spare
    };
    let fates: Vec<Fate> = (0..residual.len())
        .map(|candidate| if residual.reaches(candidate).iter().any(is_due) { Fate::In } else { Fate::Open })
        .collect();
    fates.contains(&Fate::In).then(|| residual.decide(&fates))
}

/// Rules out candidates that reach nothing that another one does not reach at most at their cost; of two that are alike,
/// the later one.
///
/// `None` when there is none.
pub(super) fn dominated(residual: &Residual) -> Option<Residual> {
    let words = residual.weights.len().div_ceil(64);
    let bits: Vec<Vec<u64>> =
        (0..residual.len()).map(|candidate| bit_set(residual.reaches(candidate), words)).collect();
    let size = |candidate: usize| residual.reaches(candidate).len();
    let fates: Vec<Fate> = (0..residual.len())
        .map(|weak| {
            let outdone = (0..residual.len()).any(|strong| {
                let order = (size(strong), residual.costs[weak], weak).cmp(&(
                    size(weak),
                    residual.costs[strong],
                    strong,
                ));
                order.is_gt()
                    && residual.costs[strong] <= residual.costs[weak]
                    && is_within(&bits[weak], &bits[strong])
            });
            if outdone { Fate::Out } else { Fate::Open }
        })
        .collect();
    fates.contains(&Fate::Out).then(|| residual.decide(&fates))
}

/// Where everything must be reached: drops elements that are reached along with another one.
///
/// Their weight counts as gained. `None` when there is none.
pub(super) fn implied(residual: &Residual) -> Option<Residual> {
    let words = residual.len().div_ceil(64);
    let mut bits = vec![vec![0_u64; words]; residual.weights.len()];
    for candidate in 0..residual.len() {
        for element in residual.reaches(candidate) {
            bits[*element as usize][candidate / 64] |= 1 << (candidate % 64);
        }
    }
    let degrees = residual.degrees();
    let keeps: Vec<bool> = (0..bits.len())
        .map(|easy| {
            (0..bits.len()).all(|hard| {
                (degrees[hard], hard) >= (degrees[easy], easy) || !is_within(&bits[hard], &bits[easy])
            })
        })
        .collect();
    let dropped = keeps.iter().zip(&residual.weights).filter(|(keeps, _)| !**keeps);
    let dropped: u64 = dropped.map(|(_, weight)| weight).sum();
    (dropped > 0).then(|| {
        let mut next = residual.narrow(&vec![Fate::Open; residual.len()], keeps);
        next.gained += dropped;
        next
    })
}

fn bit_set(members: &[u32], words: usize) -> Vec<u64> {
    let mut bits = vec![0; words];
    for member in members {
        bits[*member as usize / 64] |= 1 << (member % 64);
    }
    bits
}

fn is_within(small: &[u64], large: &[u64]) -> bool {
    small.iter().zip(large).all(|(small, large)| small & !large == 0)
}
