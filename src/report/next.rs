//! What to switch on next: the best choices of a framework's capabilities, on top of those that are deployed, else when none is
//! on yet; and those against a threat.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::site::{Framework, Site, fraction, percent_text};
use super::threat::{UseShare, share};
use super::view::{CapabilityRef, Fraction};
use crate::coverage::plan::{self, Amount, Budget, Course, Cover, Plan, Problem, Question, TIES, Terms};
use crate::coverage::threat::Threat;
use crate::coverage::{CapabilityKey, Coverage, Metric};

/// What to switch on next, on top of what is deployed, or when nothing is on yet.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct NextView {
    /// The capabilities that are deployed, and map something; none where nobody says what is.
    pub deployed: Vec<CapabilityRef>,
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
    /// The choices against the threat; absent when nobody is named, or no capability covers anything of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threat: Option<NextThreat>,
}

/// What to switch on next against a threat, on top of what is deployed, or when nothing is on yet.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct NextThreat {
    /// Who it is: `APT29, APT28`.
    pub name: String,
    /// What counts, in a sentence.
    pub measure: String,
    /// The choices, smallest first.
    pub choices: Vec<ThreatChoice>,
    /// The residual risk that all capabilities together leave.
    pub least: UseShare,
}

/// Capabilities that together are the best choice against a threat.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ThreatChoice {
    /// `The best 3 capabilities`
    pub title: String,
    /// The capabilities, each the best next one of them.
    pub capabilities: Vec<CapabilityRef>,
    /// The threat's techniques and sub-techniques that they cover, of those in scope.
    pub covered: Fraction,
    /// The residual risk that they leave.
    pub residual: UseShare,
    /// How sure the choice is, in a sentence.
    pub proof: String,
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
    // What is not deployed is chosen from, too.
    let coverage = site.paper.as_ref().unwrap_or(&one.coverage);
    let mapping: BTreeSet<CapabilityKey> = coverage
        .cells()
        .values()
        .filter(|cell| cell.own_score.is_some())
        .flat_map(|cell| &cell.capabilities)
        .map(|(key, _)| *key)
        .collect();
    let is_on = |key: &CapabilityKey| {
        site.content.deployed.is_some_and(|deployed| deployed.deployment.is_deployed(*key))
    };
    let enabled: BTreeSet<CapabilityKey> = mapping.iter().copied().filter(is_on).collect();
    let left = mapping.len() - enabled.len();
    let terms = Terms { nodes: NODES, enabled, ..Terms::default() };
    let plans = plans(coverage, &terms, left)?;
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
        deployed: terms.enabled.iter().map(|key| site.capability_ref(*key, "")).collect(),
        capabilities: all,
        techniques,
        inactive: counted.filter(|(id, _)| is_inactive(**id)).count(),
        measure: measure.to_owned(),
        ties: TIES.to_owned(),
        choices: plans.iter().map(|plan| choice(site, plan)).collect(),
        threat: site.against.as_ref().and_then(|against| {
            let threat = against_threat(site, coverage, against.threat(), &terms.enabled, left);
            threat.filter(|threat| !threat.choices.is_empty())
        }),
    })
}

/// The best few of so many capabilities that are not on, and the smallest set of those that cover everything; `None` where there is nothing
/// to choose.
fn plans(coverage: &Coverage<'_>, terms: &Terms, capabilities: usize) -> Option<Vec<Plan>> {
    let problem = Problem::of(coverage, terms).ok()?;
    let cover = problem.plan(Question::Cover(Cover::Any)).ok()?;
    if capabilities < 2 || cover.steps.is_empty() {
        return None;
    }
    let budgets = BUDGETS.into_iter().filter(|count| *count < capabilities);
    let best = budgets.filter_map(|count| problem.plan(Question::Best(Budget::Capabilities(count))).ok());
    let mut plans: Vec<Plan> = best.collect();
    // A larger budget that buys no more says nothing more.
    plans.dedup_by_key(|plan| plan.steps.len());
    plans.push(cover);
    Some(plans)
}

/// The same choices, where a technique weighs what the threat uses it.
fn against_threat(
    site: &Site<'_>,
    coverage: &Coverage<'_>,
    threat: &Threat,
    enabled: &BTreeSet<CapabilityKey>,
    capabilities: usize,
) -> Option<NextThreat> {
    let terms = Terms {
        nodes: NODES,
        enabled: enabled.clone(),
        weights: plan::weights(threat).ok()?,
        other_weight: Amount::ZERO,
        ..Terms::default()
    };
    let plans = plans(coverage, &terms, capabilities)?;
    let mut least = None;
    let choices = plans.iter().map(|plan| {
        let course = Course::new(threat, plan, coverage, &terms);
        let (after, reachable) = (course.after(), course.reachable());
        least = Some(share(reachable.total_residual(), reachable.total_use()));
        ThreatChoice {
            title: plan.title(),
            capabilities: refs(site, plan),
            covered: fraction(after.covered().total(), after.in_scope().total()),
            residual: share(after.total_residual(), after.total_use()),
            proof: plan.proof_in_words(),
        }
    });
    let choices = choices.collect();
    Some(NextThreat {
        name: threat.name().to_owned(),
        measure: measure_against(threat, coverage.rules().metric),
        choices,
        least: least?,
    })
}

/// What counts against a threat, in a sentence.
fn measure_against(threat: &Threat, metric: Metric) -> String {
    let sum = match metric {
        Metric::Count => "weights of the techniques that a choice covers",
        _ => "weight × strongest score / 100",
    };
    let weight = match threat.members() {
        [] => "its score there",
        [_] => "what its user weighs",
        _ => "what those that use it weigh together",
    };
    format!("What counts is the sum of {sum}: a technique weighs {weight}, and nothing where it is not used.")
}

fn refs(site: &Site<'_>, plan: &Plan) -> Vec<CapabilityRef> {
    plan.steps.iter().map(|step| site.capability_ref(step.capability, "")).collect()
}

fn choice(site: &Site<'_>, plan: &Plan) -> ChoiceView {
    let (after, of) = (plan.after, plan.reachable);
    ChoiceView {
        title: plan.title(),
        capabilities: refs(site, plan),
        covered: fraction(after.covered, of.covered),
        reached: (!plan.counts()).then(|| Reached {
            sum: after.value.to_string(),
            of: of.value.to_string(),
            text: percent_text(after.value.value(), of.value.value()),
        }),
        proof: plan.proof_in_words(),
    }
}
