//! What sides have against a threat: for the page, and for programs.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::view::ComparePlace;
use crate::attack::TechniqueId;
use crate::coverage::Coverage;
use crate::coverage::compare::{Comparison, Defence};
use crate::coverage::threat::{Exposure, Guard, ThreatCoverage};
use crate::report::against::{GuardEntry, ThreatFacts, ThreatFigures, users};
use crate::report::site::{fraction, percent_text};
use crate::report::threat::{GuardShare, UseShare, class, guards, label_of, legend_of, share};
use crate::report::view::{Fraction, LegendEntry};
use crate::tables::{AgainstSideRow, compared_against};

/// The most gaps that the page lists openly.
const LISTED: usize = 20;

/// The section of a threat.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CompareThreat {
    /// Who it is: `APT29, APT28`.
    pub name: String,
    /// What a use is of this threat, in a sentence.
    pub definition: String,
    /// Whether it has several groups and campaigns.
    pub several: bool,
    /// The denominator: its techniques and sub-techniques in scope.
    pub in_scope: usize,
    /// How many more the filters leave out; in no figure.
    pub out_of_scope: usize,
    /// What was carried on or left out, a sentence each.
    pub notes: Vec<String>,
    /// What each side has against it, and last what all sides have together.
    pub rows: Vec<CompareThreatRow>,
    /// What the colours of bars and tiles mean.
    pub legend: Vec<LegendEntry>,
    /// What is taken together: `all sides together`, or `what is deployed` beside what is on paper.
    pub what: String,
    /// Whether it is the latter.
    pub as_deployed: bool,
    /// Its techniques of which a risk remains with all sides together, most used first, of one use the weakest first.
    pub gaps: Vec<CompareGap>,
    /// Those after the first few.
    pub more: Vec<CompareGap>,
}

/// What one side has against a threat, or all together.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CompareThreatRow {
    /// The side's name.
    pub name: String,
    /// The class of its colour; absent for all sides together.
    pub class: Option<String>,
    /// The threat's techniques and sub-techniques that it covers.
    pub covered: Fraction,
    /// Of these, techniques alone.
    pub techniques: Fraction,
    /// Of these, sub-techniques alone.
    pub sub_techniques: Fraction,
    /// How many no other side covers; absent for all sides together.
    pub only: Option<usize>,
    /// Σ use × score, of 100 × Σ use.
    pub weighted: UseShare,
    /// The residual risk: what is missing to the whole use.
    pub residual: UseShare,
    /// How the threat's techniques divide by what covers them: the parts of a stacked bar.
    pub guards: Vec<GuardShare>,
}

/// A technique of a threat of which a risk remains.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CompareGap {
    /// `T1562.008`
    pub id: String,
    /// The catalog's name; of a sub-technique with its technique's before it.
    pub name: String,
    /// Its page on attack.mitre.org.
    pub href: String,
    /// The names of the groups and campaigns that use it.
    pub used_by: Vec<String>,
    /// How much it is used, in percent.
    pub usage: String,
    /// What each side reaches, in the order of the sides.
    pub places: Vec<ComparePlace>,
    /// What all sides together make of it, in a word: `not covered`, `Minimal`.
    pub label: String,
    /// A CSS class: `guard-open`, `guard-unassessed`, `guard-weak`, `guard-strong`.
    pub class: String,
    /// The residual risk with all sides together, in percent.
    pub residual: String,
}

/// What a row of the table of techniques tells of a threat that uses the technique.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CompareUse {
    /// How much it is used, in percent.
    pub usage: String,
    /// What to sort by.
    pub usage_order: f64,
    /// The names of the groups and campaigns that use it.
    pub used_by: Vec<String>,
    /// The residual risk with all sides together, in percent.
    pub residual: String,
    /// What to sort by.
    pub residual_order: f64,
}

/// The section; `None` without a threat. `place` is how a side's level is shown, `url` a technique's address.
pub(super) fn view(
    comparison: &Comparison<'_>,
    place: impl Fn(TechniqueId) -> Vec<ComparePlace>,
    url: impl Fn(TechniqueId) -> String,
) -> Option<CompareThreat> {
    let defence = comparison.defence()?;
    let (threat, together, coverage) = (defence.threat(), defence.together(), defence.coverage());
    let sides = comparison.sides().iter().zip(defence.sides());
    let held: Vec<(&Coverage<'_>, &ThreatCoverage<'_>)> =
        sides.map(|(side, against)| (&side.coverage, against)).chain([(coverage, together)]).collect();
    let rows = compared_against(comparison).into_iter().zip(&held).enumerate();
    let gap = |gap: &Exposure| CompareGap {
        id: gap.technique.to_string(),
        name: coverage.full_name(gap.technique),
        href: url(gap.technique),
        used_by: threat.users(gap.technique).map(|member| member.name.clone()).collect(),
        usage: percent_text(gap.usage, 1.0),
        places: place(gap.technique),
        label: label_of(gap, coverage),
        class: class(Guard::of_exposure(gap, coverage)),
        residual: percent_text(gap.residual, 1.0),
    };
    let mut gaps: Vec<CompareGap> = together.gaps().into_iter().map(gap).collect();
    let more = gaps.split_off(LISTED.min(gaps.len()));
    let guards = held.iter().flat_map(|(coverage, against)| {
        against.exposures().iter().map(|exposure| Guard::of_exposure(exposure, coverage))
    });
    let shown: BTreeSet<Guard> = guards.collect();
    Some(CompareThreat {
        name: threat.name().to_owned(),
        definition: together.definition(),
        several: threat.members().len() > 1,
        what: defence.what().to_owned(),
        as_deployed: defence.is_as_deployed(),
        in_scope: together.in_scope().total(),
        out_of_scope: together.out_of_scope().total(),
        notes: threat.notes().to_vec(),
        rows: rows
            .map(|(place, (row, (coverage, against)))| row_view(place, row, coverage, against))
            .collect(),
        legend: legend_of(coverage, &shown),
        gaps,
        more,
    })
}

fn row_view(
    place: usize,
    row: AgainstSideRow,
    coverage: &Coverage<'_>,
    against: &ThreatCoverage<'_>,
) -> CompareThreatRow {
    let (covered, all) = (row.covered, row.in_scope);
    CompareThreatRow {
        name: row.side,
        class: row.only.map(|_| format!("side{place}")),
        covered: fraction(covered.total(), all.total()),
        techniques: fraction(covered.techniques, all.techniques),
        sub_techniques: fraction(covered.sub_techniques, all.sub_techniques),
        only: row.only,
        weighted: share(against.total_use() - against.total_residual(), against.total_use()),
        residual: share(against.total_residual(), against.total_use()),
        guards: guards(coverage, against),
    }
}

/// What a row tells of a threat; `None` where it does not use the technique.
pub(super) fn used(defence: &Defence<'_>, id: TechniqueId) -> Option<CompareUse> {
    let exposure = defence.together().exposure(id)?;
    Some(CompareUse {
        usage: percent_text(exposure.usage, 1.0),
        usage_order: exposure.usage,
        used_by: defence.threat().users(id).map(|member| member.name.clone()).collect(),
        residual: percent_text(exposure.residual, 1.0),
        residual_order: exposure.residual,
    })
}

/// What `compare --format json` says of a threat.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ThreatEntry {
    /// Who it is.
    #[serde(flatten)]
    pub facts: ThreatFacts,
    /// What each side alone covers of it, in the order of the sides.
    pub sides: Vec<ThreatFigures>,
    /// What all sides together cover of it: their mappings, added up by the metric. Where some sides are on paper and others
    /// as deployed, the latter alone.
    pub together: ThreatFigures,
    /// Every technique of the threat in scope, by id.
    pub techniques: Vec<UsedTechnique>,
    /// The ids of those of which a risk remains with all sides together: most used first, of one use the weakest first.
    pub gaps: Vec<TechniqueId>,
}

/// A technique of a threat, as sides cover it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UsedTechnique {
    /// The id.
    pub id: TechniqueId,
    /// The catalog's name; of a sub-technique with its technique's before it.
    pub name: String,
    /// The ids of the groups and campaigns that use it.
    pub used_by: Vec<String>,
    /// How much it is used, from above 0 to 1.
    #[serde(rename = "use")]
    pub usage: f64,
    /// What each side alone has, in the order of the sides.
    pub sides: Vec<GuardEntry>,
    /// What all sides together have.
    pub together: GuardEntry,
}

pub(super) fn entry(comparison: &Comparison<'_>) -> Option<ThreatEntry> {
    let defence = comparison.defence()?;
    let together = defence.together();
    let techniques = together.exposures().iter().map(|exposure| UsedTechnique {
        id: exposure.technique,
        name: defence.coverage().full_name(exposure.technique),
        used_by: users(together, exposure.technique),
        usage: exposure.usage,
        sides: defence.exposures(exposure.technique).map(GuardEntry::from).collect(),
        together: exposure.into(),
    });
    Some(ThreatEntry {
        facts: ThreatFacts::new(together),
        sides: defence.sides().iter().map(ThreatFigures::new).collect(),
        together: ThreatFigures::new(together),
        techniques: techniques.collect(),
        gaps: together.gaps().into_iter().map(|gap| gap.technique).collect(),
    })
}
