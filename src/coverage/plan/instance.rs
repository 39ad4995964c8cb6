//! A plan in whole numbers: candidates that reach elements.
//!
//! An element is worth its weight once any chosen candidate reaches it. A technique with scores from 10 over 50 to 100
//! is three elements, worth 10, 40 and 50: whoever reaches the third reaches all of them. So the sum of the strongest
//! scores is the weight of the elements reached, and a plan is a weighted coverage of elements.

use std::collections::BTreeMap;

/// Elements and the candidates that reach them. The order of the candidates decides between equal choices.
#[derive(Debug, Clone)]
pub(super) struct Instance {
    /// Per element, above 0.
    pub(super) weights: Vec<u64>,
    /// Per candidate the elements that it reaches, rising.
    pub(super) reaches: Vec<Vec<u32>>,
    /// Per candidate.
    pub(super) costs: Vec<u64>,
}

impl Instance {
    /// Makes one element of those that the same candidates reach; what nobody reaches, or has no weight, goes.
    ///
    /// `elements` holds each element's weight and the candidates that reach it, rising. The sum of the weights fits.
    pub(super) fn new(elements: impl IntoIterator<Item = (u64, Vec<u32>)>, costs: Vec<u64>) -> Self {
        let mut merged: BTreeMap<Vec<u32>, u64> = BTreeMap::new();
        for (weight, by) in elements {
            if weight > 0 && !by.is_empty() {
                *merged.entry(by).or_default() += weight;
            }
        }
        let mut instance = Self { weights: Vec::new(), reaches: vec![Vec::new(); costs.len()], costs };
        for (element, (by, weight)) in (0..).zip(merged) {
            instance.weights.push(weight);
            for candidate in by {
                instance.reaches[candidate as usize].push(element);
            }
        }
        instance
    }

    /// The weight of all elements.
    pub(super) fn total(&self) -> u64 {
        self.weights.iter().sum()
    }

    /// The weight of what some candidates reach together.
    pub(super) fn value(&self, chosen: &[u32]) -> u64 {
        let mut reached = vec![false; self.weights.len()];
        let mut value = 0;
        for element in chosen.iter().flat_map(|candidate| &self.reaches[*candidate as usize]) {
            if !std::mem::replace(&mut reached[*element as usize], true) {
                value += self.weights[*element as usize];
            }
        }
        value
    }

    /// What some candidates cost together.
    pub(super) fn cost(&self, chosen: &[u32]) -> u64 {
        chosen.iter().map(|candidate| self.costs[*candidate as usize]).sum()
    }
}

/// Divides by the greatest common divisor, which is returned: 1 when there is nothing to divide.
pub(super) fn divide_out(numbers: &mut [u64]) -> u64 {
    let divisor = numbers.iter().fold(0, |a, b| greatest_common_divisor(a, *b)).max(1);
    for number in numbers {
        *number /= divisor;
    }
    divisor
}

fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_elements_are_one() {
        let elements = [(10, vec![0, 1]), (5, vec![1]), (40, vec![0, 1]), (7, vec![]), (0, vec![0])];
        let instance = Instance::new(elements, vec![1, 1]);
        assert_eq!(instance.weights, [50, 5]);
        assert_eq!(instance.reaches, [vec![0], vec![0, 1]]);
        assert_eq!((instance.value(&[0]), instance.value(&[0, 1]), instance.total()), (50, 55, 55));
    }

    #[test]
    fn a_divisor_is_never_nothing() {
        let mut numbers = [20, 0, 50];
        assert_eq!((divide_out(&mut numbers), numbers), (10, [2, 0, 5]));
        assert_eq!(divide_out(&mut [0, 0]), 1);
        assert_eq!(divide_out(&mut []), 1);
    }
}
