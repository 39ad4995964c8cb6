//! What is left of an instance once some candidates are taken and others are ruled out.

use super::instance::Instance;

/// What becomes of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Not decided.
    Open,
    /// Taken.
    In,
    /// Ruled out.
    Out,
}

/// The open candidates and the elements that are not reached yet but can be.
#[derive(Debug, Clone)]
pub(super) struct Residual {
    /// The open candidates, by their index in the instance, rising.
    pub(super) who: Vec<u32>,
    /// Per open candidate its cost.
    pub(super) costs: Vec<u64>,
    /// Where each open candidate's elements start in `elements`, and where the last one's end.
    starts: Vec<u32>,
    elements: Vec<u32>,
    /// Per element its weight.
    pub(super) weights: Vec<u64>,
    /// Per element its multiplier: see [`super::relax`].
    pub(super) multipliers: Vec<u64>,
    /// The candidates taken, by their index in the instance.
    pub(super) taken: Vec<u32>,
    /// The weight that they reach.
    pub(super) gained: u64,
    /// What they cost.
    pub(super) spent: u64,
    /// The tightest bound known on any choice below, taken ones included: see [`super::relax`].
    pub(super) bound: i128,
}

impl Residual {
    /// An instance of which nothing is decided but `fates`.
    pub(super) fn root(instance: &Instance, fates: &[Fate]) -> Self {
        let mut starts = vec![0];
        let mut elements = Vec::new();
        for reached in &instance.reaches {
            elements.extend_from_slice(reached);
            starts.push(index(elements.len()));
        }
        let whole = Self {
            who: (0..index(instance.costs.len())).collect(),
            costs: instance.costs.clone(),
            starts,
            elements,
            weights: instance.weights.clone(),
            multipliers: vec![0; instance.weights.len()],
            taken: Vec::new(),
            gained: 0,
            spent: 0,
            bound: 0,
        };
        whole.decide(fates)
    }

    /// The number of open candidates.
    pub(super) fn len(&self) -> usize {
        self.who.len()
    }

    /// The elements that an open candidate reaches, rising.
    pub(super) fn reaches(&self, candidate: usize) -> &[u32] {
        &self.elements[self.starts[candidate] as usize..self.starts[candidate + 1] as usize]
    }

    /// The value of taking every open candidate.
    pub(super) fn within_reach(&self) -> u64 {
        self.gained + self.weights.iter().sum::<u64>()
    }

    /// Per element, how many open candidates reach it.
    pub(super) fn degrees(&self) -> Vec<u32> {
        let mut degrees = vec![0; self.weights.len()];
        for element in &self.elements {
            degrees[*element as usize] += 1;
        }
        degrees
    }

    /// The same with some open candidates decided. Elements that are reached then, or can be no more, are left out, and so
    /// are candidates that reach nothing else.
    pub(super) fn decide(&self, fates: &[Fate]) -> Self {
        self.narrow(fates, vec![true; self.weights.len()])
    }

    /// The same, without the elements that `keeps` rules out as if nobody had asked for them.
    pub(super) fn narrow(&self, fates: &[Fate], mut keeps: Vec<bool>) -> Self {
        let mut next = Self {
            who: Vec::with_capacity(self.len()),
            costs: Vec::with_capacity(self.len()),
            starts: vec![0],
            elements: Vec::with_capacity(self.elements.len()),
            weights: Vec::new(),
            multipliers: Vec::new(),
            taken: self.taken.clone(),
            gained: self.gained,
            spent: self.spent,
            bound: self.bound,
        };
        let all_with = |wanted| (0..self.len()).filter(move |candidate| fates[*candidate] == wanted);
        for candidate in all_with(Fate::In) {
            next.taken.push(self.who[candidate]);
            next.spent += self.costs[candidate];
            for element in self.reaches(candidate).iter().map(|element| *element as usize) {
                if std::mem::replace(&mut keeps[element], false) {
                    next.gained += self.weights[element];
                }
            }
        }
        let mut can_be = vec![false; self.weights.len()];
        for element in all_with(Fate::Open).flat_map(|candidate| self.reaches(candidate)) {
            can_be[*element as usize] = true;
        }
        let mut renumbered = vec![u32::MAX; self.weights.len()];
        for element in 0..self.weights.len() {
            if keeps[element] && can_be[element] {
                renumbered[element] = index(next.weights.len());
                next.weights.push(self.weights[element]);
                next.multipliers.push(self.multipliers[element]);
            }
        }
        for candidate in all_with(Fate::Open) {
            let before = next.elements.len();
            let reached = self.reaches(candidate).iter().map(|element| renumbered[*element as usize]);
            next.elements.extend(reached.filter(|element| *element != u32::MAX));
            if next.elements.len() > before {
                next.who.push(self.who[candidate]);
                next.costs.push(self.costs[candidate]);
                next.starts.push(index(next.elements.len()));
            }
        }
        next
    }
}

/// A position as the lists hold it.
fn index(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
