//! What to switch on next: the best choices of a framework's capabilities, when none is on yet.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::site::{Framework, Site, fraction, percent_text};
use super::view::{CapabilityRef, Fraction};
use crate::coverage::plan::{Budget, Cover, Plan, Problem, Question, TIES, Terms};
use crate::coverage::{CapabilityKey, Metric};

/// What to switch on next, when nothing is on yet.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct NextView {
    /// Capabilities that map something, of which the choices are made.
    pub capabilities: usize,
    /// Techniques and sub-techniques that these cover together: the denominator of every choice.
    pub techniques: usize,
    /// Of these, ids that are not active in this version.
    pub inactive: usize,
    /// What counts, in a sentence.
    pub measure: String,
    /// How ties are broken, in a sentence.
    pub ties: String,
    /// The choices, smallest first.
    pub choices: Vec<ChoiceView>,
}

/// Capabilities that together are the best choice.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ChoiceView {
    /// `The best 3 capabilities`
    pub title: String,
    /// The capabilities, each the best next one of them.
    pub capabilities: Vec<CapabilityRef>,
    /// Techniques and sub-techniques that they cover.
    pub covered: Fraction,
    /// The sum of strongest scores / 100 that they reach; absent where it counts techniques.
    pub reached: Option<Reached>,
    /// How sure the choice is, in a sentence.
    pub proof: String,
}

/// A sum of strongest scores / 100 with what all capabilities reach together.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Reached {
    /// The sum, in decimals.
    pub sum: String,
    /// The sum over all capabilities together, in decimals.
    pub of: String,
    /// The percentage for people.
    pub text: String,
}

/// The nodes that the search for each choice visits at most: published mappings take no more, and a site is made as fast
/// as ever.
const NODES: u64 = 100;

/// How many capabilities the choices have.
const BUDGETS: [usize; 3] = [1, 3, 5];

/// The choices of a site's only framework; `None` where there are several frameworks, or nothing to choose from.
pub(super) fn next(site: &Site<'_>, one: &Framework<'_>) -> Option<NextView> {
    if site.frameworks.len() > 1 {
        return None;
    }
    let coverage = &one.coverage;
    let mapping: BTreeSet<CapabilityKey> = coverage
        .cells()
        .values()
        .filter(|cell| cell.own_score.is_some())
        .flat_map(|cell| &cell.capabilities)
        .map(|(key, _)| *key)
        .collect();
    let problem = Problem::of(coverage, &Terms { nodes: NODES, ..Terms::default() }).ok()?;
    let cover = problem.plan(Question::Cover(Cover::Any)).ok()?;
    if mapping.len() < 2 || cover.steps.is_empty() {
        return None;
    }
    let budgets = BUDGETS.into_iter().filter(|count| *count < mapping.len());
    let best = budgets.filter_map(|count| problem.plan(Question::Best(Budget::Capabilities(count))).ok());
    let plans: Vec<Plan> = best.chain([cover]).collect();
    let (techniques, all) = (plans[0].reachable.covered, mapping.len());
    let is_inactive = |id| site.content.catalog.technique(id).is_none();
    let counted = coverage.cells().iter().filter(|(_, cell)| cell.own_score.is_some());
    let measure = match coverage.rules().metric {
        Metric::Count => "What counts is how many techniques a choice covers.",
        _ => {
            "What counts is the sum of strongest scores / 100: a technique adds 1 when it goes from nothing to 100, and 0.9 \
             when it goes from 10 to 100."
        }
    };
    Some(NextView {
        capabilities: all,
        techniques,
        inactive: counted.filter(|(id, _)| is_inactive(**id)).count(),
        measure: measure.to_owned(),
        ties: TIES.to_owned(),
        choices: plans.iter().map(|plan| choice(site, plan)).collect(),
    })
}

fn choice(site: &Site<'_>, plan: &Plan) -> ChoiceView {
    let (after, of) = (plan.after, plan.reachable);
    ChoiceView {
        title: plan.title(),
        capabilities: plan.steps.iter().map(|step| site.capability_ref(step.capability, "")).collect(),
        covered: fraction(after.covered, of.covered),
        reached: (!plan.counts()).then(|| Reached {
            sum: after.value.to_string(),
            of: of.value.to_string(),
            text: percent_text(after.value.value(), of.value.value()),
        }),
        proof: plan.proof_in_words(),
    }
}
