//! A threat for programs: who it is, and what of it something covers. Of comparisons and plans.

use schemars::JsonSchema;
use serde::Serialize;

use super::compare::Count;
use crate::attack::{TechniqueId, Version};
use crate::coverage::threat::{Exposure, ThreatCoverage};

/// Who a threat is.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ThreatFacts {
    /// Who it is: `APT29, APT28`.
    pub name: String,
    /// What a use is of this threat, in a sentence.
    pub definition: String,
    /// The ATT&CK version whose uses these are.
    pub attack_version: Version,
    /// The groups and campaigns, in the order given; none for a threat that is a layer.
    pub actors: Vec<ActorEntry>,
    /// The denominator: its active techniques and sub-techniques in scope.
    pub in_scope: Count,
    /// How many more the filters leave out; in no figure.
    pub out_of_scope: usize,
    /// The sum of the uses in scope, each from 0 to 1.
    pub total_use: f64,
    /// What was carried on or left out, a sentence each.
    pub notes: Vec<String>,
}

/// A group or campaign of a threat.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ActorEntry {
    /// `G0016`
    pub id: String,
    /// `APT29`
    pub name: String,
    /// `group` or `campaign`
    #[schemars(extend("enum" = ["group", "campaign"]))]
    pub kind: &'static str,
    /// Its weight, above 0.
    pub weight: f64,
}

/// What of a threat is covered.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ThreatFigures {
    /// Its techniques that have a score.
    pub covered: Count,
    /// Σ use × score / (100 × Σ use), from 0 to 1; `null` when nothing of the threat is in scope.
    pub weighted_coverage: Option<f64>,
    /// The sum of the residual risks: Σ use − Σ use × score / 100.
    pub total_residual: f64,
}

/// What covers a technique of a threat.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct GuardEntry {
    /// `covered`, or which kind of empty.
    pub state: &'static str,
    /// The score, as layers show it.
    pub score: Option<i64>,
    /// Use × (1 − score / 100); of mappings that are counted, 0 for what is mapped.
    pub residual: f64,
}

impl ThreatFacts {
    pub(super) fn new(against: &ThreatCoverage<'_>) -> Self {
        let threat = against.threat();
        let actors = threat.members().iter().map(|member| ActorEntry {
            id: member.id.clone(),
            name: member.name.clone(),
            kind: member.kind.name(),
            weight: member.weight,
        });
        Self {
            name: threat.name().to_owned(),
            definition: against.definition(),
            attack_version: threat.version(),
            actors: actors.collect(),
            in_scope: against.in_scope().into(),
            out_of_scope: against.out_of_scope().total(),
            total_use: against.total_use(),
            notes: threat.notes().to_vec(),
        }
    }
}

impl ThreatFigures {
    pub(super) fn new(against: &ThreatCoverage<'_>) -> Self {
        Self {
            covered: against.covered().into(),
            weighted_coverage: against.weighted(),
            total_residual: against.total_residual(),
        }
    }
}

impl From<&Exposure> for GuardEntry {
    fn from(exposure: &Exposure) -> Self {
        Self { state: exposure.state.name(), score: exposure.score, residual: exposure.residual }
    }
}

/// The ids of the groups and campaigns that use a technique.
pub(super) fn users(against: &ThreatCoverage<'_>, technique: TechniqueId) -> Vec<String> {
    against.threat().users(technique).map(|member| member.id.clone()).collect()
}
