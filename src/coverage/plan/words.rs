//! A plan in words: what is claimed of it, and what of its figures.

use super::answer::{Proof, Standing};
use super::question::{Plan, Question};
use super::{Amount, Budget, Cover};

/// How ties are broken, in a sentence.
pub const TIES: &str = "Of equally good choices the one with the fewest capabilities comes first, then the one with the \
                        lowest cost, then the first by framework and id.";

/// How an order comes about, in a sentence; of capabilities with costs, and of those without.
const ORDERS: [&str; 2] = [
    "Each step is the capability that adds most for its cost to all before it; of several, the one that adds more, then \
     covers more techniques anew, then comes first by framework and id.",
    "Each step is the capability that adds most to all before it; of several, the one that covers more techniques anew, \
     then comes first by framework and id.",
];

impl Plan {
    /// How sure the plan is, and how ties are broken.
    #[must_use]
    pub fn claim(&self) -> String {
        match self.proof {
            Some(Proof::Optimal) if !self.is_idle() => format!("{} {TIES}", self.proof_in_words()),
            _ => self.proof_in_words(),
        }
    }

    /// How sure the plan is: `Optimal: no 3 capabilities reach more than 74.8.`, or how far from optimal it may be.
    #[must_use]
    pub fn proof_in_words(&self) -> String {
        if self.is_idle() {
            return self.idleness();
        }
        let Some(proof) = self.proof else {
            let order = ORDERS[usize::from(!self.has_costs)];
            return format!("{order} The first few together need not be the best few: a budget finds those.");
        };
        match proof {
            Proof::Optimal => format!("Optimal: {}.", self.proved()),
            Proof::OptimalUpToTies => format!(
                "Optimal: {}. Whether it comes first of those that are as good was not settled within {}.",
                self.proved(),
                nodes(self.nodes)
            ),
            Proof::Within { known, bound } => self.bounded(proof, known, bound),
        }
    }

    /// Whether the sum is the number of techniques that are covered: then it says nothing more.
    #[must_use]
    pub fn counts(&self) -> bool {
        let is_count = |standing: Standing| standing.value.to_string() == standing.covered.to_string();
        is_count(self.before) && is_count(self.after) && is_count(self.reachable)
    }

    /// Whether there is nothing to switch on: what is enabled has all that was asked for.
    fn is_idle(&self) -> bool {
        let has_all = match self.question {
            Question::Cover(Cover::Any) => self.before.covered == self.reachable.covered,
            _ => self.before == self.reachable,
        };
        self.steps.is_empty() && has_all
    }

    fn idleness(&self) -> String {
        let techniques = counted(self.reachable.covered, "technique");
        match (self.enabled, self.question) {
            (0, _) => "Nothing to switch on: no capability maps a technique that counts.".to_owned(),
            _ if self.open == 0 => "Nothing to switch on: every capability is enabled.".to_owned(),
            (_, Question::Cover(Cover::Any)) => {
                format!("Nothing to switch on: what is enabled covers all {techniques} already.")
            }
            _ => format!(
                "Nothing to switch on: what is enabled covers all {techniques} already, each at its strongest score."
            ),
        }
    }

    /// What is proved of an optimal one.
    fn proved(&self) -> String {
        let value = self.after.value;
        match self.question {
            Question::Order => String::new(),
            Question::Best(_) if self.is_ample => format!(
                "the budget pays for all {} that are not enabled, and no smaller set reaches {value}",
                counted(self.open, "capability")
            ),
            Question::Best(Budget::Capabilities(1)) => format!("no capability reaches more than {value}"),
            Question::Best(Budget::Capabilities(count)) => {
                format!("no {count} capabilities reach more than {value}")
            }
            Question::Best(Budget::Cost(cost)) => {
                format!("no capabilities that cost {cost} or less reach more than {value}")
            }
            Question::Cover(cover) => {
                let set = if self.has_costs { "cheaper" } else { "smaller" };
                let techniques = counted(self.reachable.covered, "technique");
                match cover {
                    Cover::Any => format!("no {set} set keeps all {techniques} covered"),
                    Cover::Best => format!("no {set} set keeps all {techniques} at their strongest scores"),
                }
            }
        }
    }

    /// What is known of one that the search did not prove.
    fn bounded(&self, proof: Proof, known: Amount, bound: Amount) -> String {
        let nodes = nodes(self.nodes);
        let (share, apart) = (percent(proof.gap()), known.max(bound) - known.min(bound));
        if let Question::Cover(_) = self.question {
            let what =
                if self.has_costs { "none costs less than" } else { "none has fewer capabilities than" };
            return format!(
                "Not proved optimal within {nodes}, but {what} {bound}: this set, with {known}, is at most {apart} above \
                 the best, {share} of {known}."
            );
        }
        format!(
            "Not proved optimal within {nodes}, but no choice reaches more than {bound}: this one, with {known}, is at \
             most {apart} below the best, {share} of {bound}."
        )
    }

    /// What was asked, as a title: `The best 5 capabilities`.
    #[must_use]
    pub fn title(&self) -> String {
        match self.question {
            Question::Order => "What to switch on next, step by step".to_owned(),
            Question::Best(Budget::Capabilities(1)) => "The best capability".to_owned(),
            Question::Best(Budget::Capabilities(count)) => format!("The best {count} capabilities"),
            Question::Best(Budget::Cost(cost)) => format!("The best capabilities for a cost of {cost}"),
            Question::Cover(cover) => {
                let set = if self.has_costs { "cheapest" } else { "smallest" };
                let kept = match cover {
                    Cover::Any => "every covered technique covered",
                    Cover::Best => "every covered technique at its strongest score",
                };
                format!("The {set} set that keeps {kept}")
            }
        }
    }
}

/// `1 technique`, `3 capabilities`
fn counted(number: usize, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {noun}s"),
    }
}

fn nodes(number: u64) -> String {
    format!("{number} {} of the search", if number == 1 { "node" } else { "nodes" })
}

/// A share as a percentage: `1.9 %`, never 0 for what is above it.
fn percent(share: f64) -> String {
    format!("{:.1} %", (100.0 * share).max(0.1))
}
