//! A plan for programs: what was asked, what to switch on, what each step adds, and how sure that is.

use schemars::JsonSchema;
use serde::Serialize;

use super::against::{ThreatFacts, ThreatFigures, users};
use crate::attack::upgrade::Record;
use crate::attack::{Domain, TechniqueId, Version};
use crate::coverage::plan::{
    Amount, Budget, Course, Cover, Plan, Proof, Question, Stand, Standing, Step, TIES, Terms,
};
use crate::coverage::threat::Exposure;
use crate::coverage::{CapabilityKey, Coverage, Metric};

/// What a mapping does not say, wherever plans are shown.
pub(super) const CAUTION: &str = "A mapping says what a capability can cover, in the judgement of whoever published it; \
                                  not that it is configured well, or that it stops or detects anything by itself.";

/// What `plan --format json` writes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlanFile {
    /// The tool and its version.
    pub generator: String,
    /// The ATT&CK domain.
    pub domain: Domain,
    /// The ATT&CK version that everything is on.
    pub attack_version: Version,
    /// Name and edition of each framework that has a part in it.
    pub sources: Vec<String>,
    /// What became of the rows of sources that were made on another ATT&CK version, with what they cannot have assessed.
    pub upgrades: Vec<Record>,
    /// The filters in force, one phrase each.
    pub filters: Vec<String>,
    /// What a technique's score is: `strongest`, or `count` where each one that is mapped scores 100.
    pub metric: Metric,
    /// What was asked.
    pub question: Asked,
    /// The same in words.
    pub title: String,
    /// How sure the plan is, in words.
    pub claim: String,
    /// How sure it is; null for an order, which is what it is.
    pub proof: Option<ProofView>,
    /// How ties are broken.
    pub ties: String,
    /// What a value is, and what it does not say.
    pub method: String,
    /// Active techniques and sub-techniques in scope; the plan counts only those that some capability covers.
    pub in_scope: usize,
    /// Whether weights were given.
    pub weighted: bool,
    /// The capabilities that are on.
    pub enabled: Vec<CapabilityName>,
    /// How many capabilities are not.
    pub open: usize,
    /// How far what is enabled goes.
    pub before: Reach,
    /// How far it goes with all steps.
    pub after: Reach,
    /// How far all capabilities go: the denominators of the two above.
    pub reachable: Reach,
    /// What the steps cost together; null without costs.
    pub cost: Option<Amount>,
    /// Whether the budget pays for everything that is not enabled.
    pub ample: bool,
    /// What to switch on, in this order.
    pub steps: Vec<StepView>,
    /// Capabilities that add nothing to the steps; only of an order.
    pub rest: Vec<CapabilityName>,
    /// How far the plan goes against the threat; null when nobody is named.
    pub threat: Option<PlanThreat>,
}

/// How far a plan goes against a threat. Scores are the strongest ones, as in the plan.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlanThreat {
    /// Who it is.
    #[serde(flatten)]
    pub facts: ThreatFacts,
    /// Whether the techniques weigh in the plan what the threat says.
    pub weighs: bool,
    /// With what is enabled.
    pub before: ThreatFigures,
    /// With all steps; after each of them, see there.
    pub after: ThreatFigures,
    /// With all capabilities.
    pub reachable: ThreatFigures,
    /// Its techniques of which a risk remains after the plan: most used first, of one use the weakest first.
    pub gaps: Vec<PlanGap>,
}

/// A technique of a threat of which a risk remains after a plan.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlanGap {
    /// The id.
    pub id: TechniqueId,
    /// Its name, of a sub-technique with its technique's before it.
    pub name: String,
    /// The ids of the groups and campaigns that use it.
    pub used_by: Vec<String>,
    /// How much it is used, from above 0 to 1.
    #[serde(rename = "use")]
    pub usage: f64,
    /// `covered`, or which kind of empty.
    pub state: &'static str,
    /// The strongest score after the plan.
    pub score: Option<i64>,
    /// Use × (1 − score / 100).
    pub residual: f64,
    /// The strongest score of all capabilities.
    pub best: Option<i64>,
}

/// A question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Asked {
    /// Everything, step by step.
    Order,
    /// The best choice of at most so many capabilities.
    Capabilities {
        /// How many.
        budget: usize,
    },
    /// The best choice of at most this cost.
    Cost {
        /// The cost.
        budget: Amount,
    },
    /// The cheapest set that keeps every covered technique covered.
    CoverAny,
    /// The cheapest set that keeps every covered technique at its strongest score.
    CoverBest,
}

/// How sure a plan is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct ProofView {
    /// What is proved.
    pub kind: ProofKind,
    /// The plan's value, or the cost of a cover.
    pub known: Amount,
    /// What no choice exceeds, or the cost that no cover undercuts; the same as `known` where that is proved.
    pub bound: Amount,
    /// How far the plan is from the best at most, as a share of the greater of the two: 0.02 is 2 %.
    pub gap: f64,
    /// The nodes that the search visited.
    pub nodes: u64,
    /// The nodes that it was allowed.
    pub limit: u64,
}

/// What is proved of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProofKind {
    /// Nothing is better, and it comes first of what is as good.
    Optimal,
    /// Nothing is better.
    OptimalUpToTies,
    /// Nothing is better than the bound.
    Within,
}

/// How far some capabilities go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reach {
    /// Techniques and sub-techniques with a score.
    pub covered: usize,
    /// The sum of weight × strongest score / 100.
    pub value: Amount,
}

/// A capability by its names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CapabilityName {
    /// Name and edition of its framework: `AWS 12/12/2024`.
    pub framework: String,
    /// The id in the source.
    pub id: String,
    /// The name; the id where the source has none.
    pub name: String,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StepView {
    /// Its number, from 1.
    pub step: usize,
    /// What to switch on.
    pub capability: CapabilityName,
    /// What that costs; null without costs.
    pub cost: Option<Amount>,
    /// What it adds to the value, upon what is enabled and the steps before.
    pub gain: Amount,
    /// What it would add upon what is enabled alone.
    pub alone: Amount,
    /// How many techniques it covers that nothing before it covers.
    pub newly_covered: usize,
    /// How far this step goes, with all before it.
    pub after: Reach,
    /// How far it goes against the threat; null when nobody is named.
    pub threat: Option<ThreatFigures>,
    /// What it covers and raises, by technique.
    pub techniques: Vec<ChangeView>,
}

/// A technique that a step covers or raises.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChangeView {
    /// The id.
    pub id: TechniqueId,
    /// Its name, of a sub-technique with its technique's before it.
    pub name: String,
    /// The strongest score before, from 1 to 100; null where nothing covered it.
    pub from: Option<u8>,
    /// The strongest score after.
    pub to: u8,
    /// What it weighs.
    pub weight: Amount,
}

impl From<Question> for Asked {
    fn from(question: Question) -> Self {
        match question {
            Question::Order => Self::Order,
            Question::Best(Budget::Capabilities(budget)) => Self::Capabilities { budget },
            Question::Best(Budget::Cost(budget)) => Self::Cost { budget },
            Question::Cover(Cover::Any) => Self::CoverAny,
            Question::Cover(Cover::Best) => Self::CoverBest,
        }
    }
}

impl From<Standing> for Reach {
    fn from(standing: Standing) -> Self {
        Self { covered: standing.covered, value: standing.value }
    }
}

impl From<&Stand> for ThreatFigures {
    fn from(stand: &Stand) -> Self {
        Self {
            covered: stand.covered.into(),
            weighted_coverage: stand.weighted(),
            total_residual: stand.residual(),
        }
    }
}

/// A plan for programs; `course` is how far it goes against a threat, where one is named.
#[must_use]
pub fn plan_file(
    plan: &Plan,
    coverage: &Coverage<'_>,
    terms: &Terms,
    course: Option<&Course<'_>>,
) -> PlanFile {
    let catalog = coverage.catalog();
    let name = |key: &CapabilityKey| capability_name(coverage, *key);
    let steps = plan.steps.iter().zip(plan.standings()).enumerate();
    PlanFile {
        generator: crate::GENERATOR.to_owned(),
        domain: catalog.domain(),
        attack_version: catalog.version(),
        sources: coverage.involved().map(|(_, set)| set.framework.label()).collect(),
        upgrades: coverage.involved().flat_map(|(_, set)| &set.upgrades).cloned().collect(),
        filters: coverage.selection().phrases.clone(),
        metric: match coverage.rules().metric {
            Metric::Count => Metric::Count,
            _ => Metric::Strongest,
        },
        question: plan.question.into(),
        title: plan.title(),
        claim: plan.claim(),
        proof: plan.proof.map(|proof| proof_view(proof, plan, terms)),
        ties: TIES.to_owned(),
        method: format!(
            "A value is the sum of weight × strongest score / 100 over the techniques that any capability covers. {CAUTION}"
        ),
        in_scope: coverage.statistics(None, None).in_scope.total(),
        weighted: !terms.weights.is_empty(),
        enabled: terms.enabled.iter().map(name).collect(),
        open: plan.open,
        before: plan.before.into(),
        after: plan.after.into(),
        reachable: plan.reachable.into(),
        cost: plan.has_costs.then_some(plan.cost),
        ample: plan.is_ample,
        steps: steps
            .map(|(at, (step, after))| StepView {
                threat: course.and_then(|course| course.steps().get(at)).map(ThreatFigures::from),
                ..step_view(at + 1, step, after, plan, coverage, terms)
            })
            .collect(),
        rest: plan.rest.iter().map(name).collect(),
        threat: course.map(|course| threat_view(course, terms)),
    }
}

fn threat_view(course: &Course<'_>, terms: &Terms) -> PlanThreat {
    let after = course.after();
    let gap = |exposure: &Exposure| PlanGap {
        id: exposure.technique,
        name: course.coverage().full_name(exposure.technique),
        used_by: users(after, exposure.technique),
        usage: exposure.usage,
        state: exposure.state.name(),
        score: exposure.score,
        residual: exposure.residual,
        best: course.best(exposure.technique),
    };
    PlanThreat {
        facts: ThreatFacts::new(after),
        weighs: course.weighs(terms),
        before: course.before().into(),
        after: ThreatFigures::new(after),
        reachable: ThreatFigures::new(course.reachable()),
        gaps: after.gaps().into_iter().map(gap).collect(),
    }
}

fn capability_name(coverage: &Coverage<'_>, key: CapabilityKey) -> CapabilityName {
    let set = &coverage.sets()[key.set];
    let capability = &set.capabilities[key.capability];
    CapabilityName {
        framework: set.framework.label(),
        id: capability.id.clone(),
        name: capability.name.clone(),
    }
}

fn proof_view(proof: Proof, plan: &Plan, terms: &Terms) -> ProofView {
    let known = match plan.question {
        Question::Cover(_) => plan.cost,
        _ => plan.after.value,
    };
    let (kind, bound) = match proof {
        Proof::Optimal => (ProofKind::Optimal, known),
        Proof::OptimalUpToTies => (ProofKind::OptimalUpToTies, known),
        Proof::Within { bound, .. } => (ProofKind::Within, bound),
    };
    ProofView { kind, known, bound, gap: proof.gap(), nodes: plan.nodes, limit: terms.nodes }
}

fn step_view(
    number: usize,
    step: &Step,
    after: Standing,
    plan: &Plan,
    coverage: &Coverage<'_>,
    terms: &Terms,
) -> StepView {
    let techniques = step.changes.iter().map(|change| ChangeView {
        id: change.technique,
        name: coverage.full_name(change.technique),
        from: change.from,
        to: change.to,
        weight: terms.weight(change.technique),
    });
    StepView {
        step: number,
        capability: capability_name(coverage, step.capability),
        cost: plan.has_costs.then_some(step.cost),
        gain: step.gain,
        alone: step.alone,
        newly_covered: step.newly_covered,
        after: after.into(),
        threat: None,
        techniques: techniques.collect(),
    }
}
