//! What can be asked of a plan, and the reply to any of it in one form.

use super::answer::{Answer, Proof, Ranking, Standing, Step};
use super::{Amount, Budget, CapabilityKey, Cover, PlanError, Problem};

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// The order in which to switch on everything: [`Problem::rank`].
    Order,
    /// The best choice within a budget: [`Problem::best`].
    Best(Budget),
    /// The cheapest set that keeps what all reach: [`Problem::cover`].
    Cover(Cover),
}

/// The reply to a [`Question`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What was asked.
    pub question: Question,
    /// The capabilities to switch on, each the best next one of them, with what it adds.
    pub steps: Vec<Step>,
    /// Those that add nothing to the steps, in the order of ties; only of an order.
    pub rest: Vec<CapabilityKey>,
    /// How many capabilities are enabled.
    pub enabled: usize,
    /// How many are not.
    pub open: usize,
    /// What the steps cost together.
    pub cost: Amount,
    /// Whether any capability that is not enabled costs something else than 1.
    pub has_costs: bool,
    /// With what is enabled.
    pub before: Standing,
    /// With the steps too.
    pub after: Standing,
    /// With everything.
    pub reachable: Standing,
    /// Whether a budget pays for everything that is not enabled.
    pub is_ample: bool,
    /// How sure it is; an order is what it is.
    pub proof: Option<Proof>,
    /// The nodes that the search visited.
    pub nodes: u64,
}

impl Problem {
    /// The reply to a question.
    ///
    /// # Errors
    /// [`PlanError::EmptyBudget`].
    pub fn plan(&self, question: Question) -> Result<Plan, PlanError> {
        let open: Vec<usize> = self.open().collect();
        let blank = Plan {
            question,
            steps: Vec::new(),
            rest: Vec::new(),
            enabled: self.capabilities.len() - open.len(),
            open: open.len(),
            cost: Amount::ZERO,
            has_costs: open.iter().any(|one| self.capabilities[*one].cost != Amount::ONE),
            before: Standing::default(),
            after: Standing::default(),
            reachable: Standing::default(),
            is_ample: false,
            proof: None,
            nodes: 0,
        };
        Ok(match question {
            Question::Order => blank.of_ranking(self.rank()),
            Question::Best(budget) => blank.of_answer(self.best(budget)?),
            Question::Cover(cover) => blank.of_answer(self.cover(cover)),
        })
    }
}

impl Plan {
    fn of_ranking(self, ranking: Ranking) -> Self {
        let Ranking { steps, rest, before, reachable } = ranking;
        let cost = steps.iter().map(|step| step.cost).sum();
        Self { steps, rest, cost, before, after: reachable, reachable, ..self }
    }

    fn of_answer(self, answer: Answer) -> Self {
        let Answer { chosen, cost, before, after, reachable, is_ample, proof, nodes } = answer;
        Self { steps: chosen, cost, before, after, reachable, is_ample, proof: Some(proof), nodes, ..self }
    }

    /// How far each step goes, with everything before it.
    pub fn standings(&self) -> impl Iterator<Item = Standing> {
        self.steps.iter().scan(self.before, |standing, step| {
            standing.value = standing.value + step.gain;
            standing.covered += step.newly_covered;
            Some(*standing)
        })
    }
}
