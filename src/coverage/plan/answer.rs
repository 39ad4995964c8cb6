//! What a plan answers.

use super::amount::Amount;
use crate::attack::TechniqueId;
use crate::coverage::CapabilityKey;

/// A technique that a capability adds or raises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// The technique.
    pub technique: TechniqueId,
    /// Its strongest score before; `None` when nothing covered it.
    pub from: Option<u8>,
    /// Its strongest score after.
    pub to: u8,
}

/// One more capability, and what it adds to those before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The capability.
    pub capability: CapabilityKey,
    /// What it costs.
    pub cost: Amount,
    /// By how much it raises Σ weight × strongest score / 100, upon what is enabled and the steps before.
    pub gain: Amount,
    /// By how much it would raise it upon what is enabled alone.
    pub alone: Amount,
    /// How many techniques it covers that nothing before it covers.
    pub newly_covered: usize,
    /// What it adds and raises, by technique.
    pub changes: Vec<Change>,
}

/// How far some capabilities together go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// Σ weight × strongest score / 100.
    pub value: Amount,
    /// Techniques with a score.
    pub covered: usize,
}

/// Every capability that adds something, each the best next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranking {
    /// The order in which to switch on: most gain for its cost first, given those before.
    pub steps: Vec<Step>,
    /// Those that add nothing to the steps, in the order of ties.
    pub rest: Vec<CapabilityKey>,
    /// With what is enabled.
    pub before: Standing,
    /// With everything.
    pub reachable: Standing,
}

/// How sure an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// No other choice is better, and it comes first of those that are as good.
    Optimal,
    /// No other choice is better; whether one that is as good comes first by the order of ties, the search did not settle.
    OptimalUpToTies,
    /// The search stopped at its limit.
    Within {
        /// The best value known, or the lowest cost: the answer's.
        known: Amount,
        /// The value that no choice exceeds, or the cost that none undercuts.
        bound: Amount,
    },
}

impl Proof {
    /// Whether nothing is better.
    #[must_use]
    pub const fn is_optimal(self) -> bool {
        matches!(self, Self::Optimal | Self::OptimalUpToTies)
    }

    /// How far the answer is from the best at most: 0.02 when by 2 % of the bound for a value, of the answer for a cost.
    #[must_use]
    pub fn gap(self) -> f64 {
        match self {
            Self::Within { known, bound } if known != bound => {
                let (low, high) = (known.min(bound), known.max(bound));
                (high - low).value() / high.value()
            }
            _ => 0.0,
        }
    }
}

/// A set of capabilities to switch on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The capabilities, each the best next one of the set, with what it adds.
    pub chosen: Vec<Step>,
    /// What they cost together.
    pub cost: Amount,
    /// With what is enabled.
    pub before: Standing,
    /// With the chosen ones too.
    pub after: Standing,
    /// With everything.
    pub reachable: Standing,
    /// Whether the budget pays for everything that is not enabled, and so was no limit. False where there is no budget.
    pub is_ample: bool,
    /// How sure it is.
    pub proof: Proof,
    /// The nodes that the search visited.
    pub nodes: u64,
}
