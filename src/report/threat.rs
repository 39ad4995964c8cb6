//! A threat on the site: a section of the index, a part of the summary, and what technique pages tell of uses.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::attack::{ActorKind, TechniqueId, Version};
use crate::coverage::threat::{Exposure, Guard, Member, ThreatCoverage};
use crate::coverage::{Coverage, State};
use crate::layer;

use super::matrix::threat_matrix;
use super::site::{Site, fraction, percent_text};
use super::view::{Fraction, LayerLink, LegendEntry, MatrixView, TechniqueRef};

/// The most gaps that the index lists.
const LISTED: usize = 20;

/// A threat, held against all sources together.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ThreatView {
    /// Who it is: `APT29, APT28`.
    pub name: String,
    /// What a use is of this threat, in a sentence.
    pub definition: String,
    /// The ATT&CK version whose uses these are.
    pub attack_version: String,
    /// The groups and campaigns, in the order given; none for a threat that is a layer.
    pub actors: Vec<ActorRow>,
    /// Its techniques and sub-techniques that are covered, of those in scope.
    pub covered: Fraction,
    /// Of these, techniques alone.
    pub techniques: Fraction,
    /// Of these, sub-techniques alone.
    pub sub_techniques: Fraction,
    /// Σ use × score, of 100 × Σ use, each use from 0 to 100.
    pub weighted: UseShare,
    /// The residual risk: what is missing to the whole use.
    pub residual: UseShare,
    /// How its techniques divide by what covers them, the most urgent first: the parts of a stacked bar.
    pub guards: Vec<GuardShare>,
    /// The techniques of which a risk remains, most used first, of one use the weakest first; the first of them.
    pub gaps: Vec<GapView>,
    /// How many more there are.
    pub more_gaps: usize,
    /// Its techniques that the filters leave out; in no figure.
    pub out_of_scope: usize,
    /// What was carried on or left out, a sentence each.
    pub notes: Vec<String>,
    /// The matrix of its techniques.
    pub matrix: MatrixView,
    /// The layer that shows threat and coverage at once.
    pub layer: LayerLink,
}

/// A share of all use.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UseShare {
    /// The numerator, to one decimal: in techniques that are used wholly.
    pub sum: f64,
    /// The denominator, likewise: the sum of all uses.
    pub of: f64,
    /// Both for people: `19.3 of 66`.
    pub fraction: String,
    /// 100 × sum / of, to one decimal.
    pub percent: f64,
    /// The percentage for people.
    pub text: String,
}

/// A group or campaign of a threat.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ActorRow {
    /// `G0016`
    pub id: String,
    /// `APT29`
    pub name: String,
    /// `group` or `campaign`
    pub kind: String,
    /// Its page on attack.mitre.org, at the version in force.
    pub url: String,
    /// Its weight: `2`, `0.5`.
    pub weight: String,
    /// Its techniques and sub-techniques that are covered, of those in scope.
    pub covered: Fraction,
}

/// The techniques of a threat that are covered alike.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct GuardShare {
    /// `used, not covered`
    pub label: String,
    /// A CSS class: `guard-open`, `guard-unassessed`, `guard-weak`, `guard-strong`.
    pub class: String,
    /// How many techniques.
    pub n: usize,
    /// Where the part starts in the bar, in percent of the threat's techniques in scope.
    pub start: f64,
    /// How wide the part is, likewise.
    pub width: f64,
}

/// A technique of a threat of which a risk remains.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct GapView {
    /// The technique.
    pub technique: TechniqueRef,
    /// What covers it in a word: `not covered`, `Minimal`.
    pub label: String,
    /// A CSS class: `guard-open`, `guard-unassessed`, `guard-weak`, `guard-strong`.
    pub class: String,
    /// How much it is used, in percent.
    pub usage: String,
    /// Its score, when it has one.
    pub score: Option<i64>,
    /// The residual risk, in percent.
    pub residual: String,
    /// The names of the groups and campaigns that use it.
    pub used_by: Vec<String>,
    /// Of a sub-technique that is not covered: whether its technique is mapped, which does not cover it.
    pub parent_is_mapped: bool,
}

/// What a technique's page tells of a threat that uses it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TechniqueThreat {
    /// Who uses it.
    pub used_by: Vec<UserRef>,
    /// The threat's name.
    pub name: String,
    /// How many actors the threat has; 0 for a layer.
    pub of: usize,
    /// How much it is used, in percent.
    pub usage: String,
    /// The residual risk, in percent.
    pub residual: String,
    /// What threat and coverage make of it together: `used, not covered`.
    pub label: String,
    /// A CSS class: `guard-open`, `guard-unassessed`, `guard-weak`, `guard-strong`.
    pub class: String,
}

/// A group or campaign with its page.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UserRef {
    /// `APT29`
    pub name: String,
    /// Its page on attack.mitre.org, at the version in force.
    pub url: String,
}

/// The figures of a threat, for programs. Uses and risks are from 0 to 1.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ThreatSummary {
    /// Who it is.
    pub name: String,
    /// What a use is of this threat, in a sentence.
    pub definition: String,
    /// The ATT&CK version whose uses these are.
    pub attack_version: Version,
    /// The groups and campaigns, in the order given; none for a threat that is a layer.
    pub actors: Vec<ActorRow>,
    /// Its techniques that are covered, of those in scope.
    pub techniques_covered: Fraction,
    /// Its sub-techniques that are covered, of those in scope.
    pub sub_techniques_covered: Fraction,
    /// Its techniques that the filters leave out; in no figure.
    pub out_of_scope: usize,
    /// The sum of the uses.
    pub total_use: f64,
    /// The sum of the residual risks: Σ use − Σ use × score / 100.
    pub total_residual: f64,
    /// Σ use × score / (100 × Σ use); `null` when nothing of the threat is in scope.
    pub weighted_coverage: Option<f64>,
    /// What was carried on or left out, a sentence each.
    pub notes: Vec<String>,
    /// Every technique of the threat in scope, by id.
    pub techniques: Vec<ThreatTechnique>,
    /// The ids of those of which a risk remains: most used first, of one use the weakest first.
    pub gaps: Vec<TechniqueId>,
    /// The layer that shows threat and coverage at once.
    pub layer: String,
}

/// A technique of a threat.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ThreatTechnique {
    /// The id.
    pub id: TechniqueId,
    /// The catalog's name; of a sub-technique with its technique's before it.
    pub name: String,
    /// The ids of the groups and campaigns that use it.
    pub used_by: Vec<String>,
    /// How much it is used, from above 0 to 1.
    #[serde(rename = "use")]
    pub usage: f64,
    /// `covered`, or which kind of empty.
    pub state: &'static str,
    /// Its own score over all sources, as layers show it.
    pub score: Option<i64>,
    /// Use × (1 − score / 100); of mappings that are counted, 0 for what is mapped.
    pub residual: f64,
    /// Of a sub-technique: whether its technique is mapped, which does not cover it.
    pub parent_is_mapped: bool,
}

/// The view of the site's threat; `None` when nobody is named.
pub(super) fn view(site: &Site<'_>) -> Option<ThreatView> {
    let against = site.against.as_ref()?;
    let threat = against.threat();
    let gaps = against.gaps();
    let (covered, all) = (against.covered(), against.in_scope());
    let caption = format!("What {} uses, and what covers it, on {}", threat.name(), site.attack());
    Some(ThreatView {
        name: threat.name().to_owned(),
        definition: against.definition(),
        attack_version: threat.version().to_string(),
        actors: actors(site, against),
        covered: fraction(covered.total(), all.total()),
        techniques: fraction(covered.techniques, all.techniques),
        sub_techniques: fraction(covered.sub_techniques, all.sub_techniques),
        weighted: share(against.total_use() - against.total_residual(), against.total_use()),
        residual: share(against.total_residual(), against.total_use()),
        guards: guards(&site.combined, against),
        gaps: gaps.iter().take(LISTED).map(|gap| gap_view(site, against, gap)).collect(),
        more_gaps: gaps.len().saturating_sub(LISTED),
        out_of_scope: against.out_of_scope().total(),
        notes: threat.notes().to_vec(),
        matrix: threat_matrix(site, against, caption),
        layer: LayerLink { label: format!("Coverage against {}", threat.name()), href: site.overlay.clone() },
    })
}

/// The part of a site's summary.
pub(super) fn summary(site: &Site<'_>) -> Option<ThreatSummary> {
    let against = site.against.as_ref()?;
    let threat = against.threat();
    let (covered, all) = (against.covered(), against.in_scope());
    let technique = |exposure: &Exposure| ThreatTechnique {
        id: exposure.technique,
        name: site.full_name(exposure.technique),
        used_by: threat.users(exposure.technique).map(|member| member.id.clone()).collect(),
        usage: exposure.usage,
        state: exposure.state.name(),
        score: exposure.score,
        residual: exposure.residual,
        parent_is_mapped: exposure.parent_is_mapped,
    };
    Some(ThreatSummary {
        name: threat.name().to_owned(),
        definition: against.definition(),
        attack_version: threat.version(),
        actors: actors(site, against),
        techniques_covered: fraction(covered.techniques, all.techniques),
        sub_techniques_covered: fraction(covered.sub_techniques, all.sub_techniques),
        out_of_scope: against.out_of_scope().total(),
        total_use: against.total_use(),
        total_residual: against.total_residual(),
        weighted_coverage: against.weighted(),
        notes: threat.notes().to_vec(),
        techniques: against.exposures().iter().map(technique).collect(),
        gaps: against.gaps().into_iter().map(|gap| gap.technique).collect(),
        layer: site.overlay.clone(),
    })
}

/// What the page of a technique tells; `None` when the threat does not use it.
pub(super) fn of_technique(site: &Site<'_>, id: TechniqueId) -> Option<TechniqueThreat> {
    let against = site.against.as_ref()?;
    let exposure = against.exposure(id)?;
    let threat = against.threat();
    let guard = Guard::of_exposure(exposure, &site.combined);
    let user = |member: &Member| UserRef { name: member.name.clone(), url: actor_url(site, member) };
    Some(TechniqueThreat {
        used_by: threat.users(id).map(user).collect(),
        name: threat.name().to_owned(),
        of: threat.members().len(),
        usage: percent_text(exposure.usage, 1.0),
        residual: percent_text(exposure.residual, 1.0),
        label: guard.label(site.combined.rules().metric.needs_levels()).to_owned(),
        class: class(guard),
    })
}

/// The CSS class of a guard.
pub(super) fn class(guard: Guard) -> String {
    format!("guard-{}", guard.key())
}

/// What the colours of guards mean, those that are shown.
pub(super) fn legend_of(coverage: &Coverage<'_>, shown: &BTreeSet<Guard>) -> Vec<LegendEntry> {
    let scored = coverage.rules().metric.needs_levels();
    let entry = |guard: Guard| {
        let mut label = guard.label(scored).to_owned();
        label[..1].make_ascii_uppercase();
        LegendEntry { class: class(guard), label }
    };
    Guard::ALL.into_iter().filter(|guard| shown.contains(guard)).map(entry).collect()
}

pub(super) fn share(sum: f64, of: f64) -> UseShare {
    let tenths = |number: f64| (10.0 * number).round() / 10.0;
    let percent = if of > 0.0 { tenths(100.0 * sum / of) } else { 0.0 };
    let fraction = format!("{} of {}", tenths(sum), tenths(of));
    UseShare { sum: tenths(sum), of: tenths(of), fraction, percent, text: percent_text(sum, of) }
}

fn actors(site: &Site<'_>, against: &ThreatCoverage<'_>) -> Vec<ActorRow> {
    let rows = against.members().into_iter().map(|one| ActorRow {
        id: one.member.id.clone(),
        name: one.member.name.clone(),
        kind: one.member.kind.name().to_owned(),
        url: actor_url(site, one.member),
        weight: one.member.weight.to_string(),
        covered: fraction(one.covered.total(), one.in_scope.total()),
    });
    rows.collect()
}

fn actor_url(site: &Site<'_>, member: &Member) -> String {
    let folder = match member.kind {
        ActorKind::Group => "groups",
        ActorKind::Campaign => "campaigns",
    };
    site.content.catalog.version().page(folder, &member.id)
}

pub(super) fn guards(coverage: &Coverage<'_>, against: &ThreatCoverage<'_>) -> Vec<GuardShare> {
    let scored = coverage.rules().metric.needs_levels();
    let all = against.exposures();
    let mut before = 0;
    let used = Guard::ALL.into_iter().filter(|guard| *guard != Guard::Unused);
    let shares = used.map(|guard| {
        let n = all.iter().filter(|one| Guard::of_exposure(one, coverage) == guard).count();
        let (start, end) = (fraction(before, all.len()), fraction(before + n, all.len()));
        before += n;
        let width = (10.0 * (end.percent - start.percent)).round() / 10.0;
        GuardShare {
            label: guard.label(scored).to_owned(),
            class: class(guard),
            n,
            start: start.percent,
            width,
        }
    });
    shares.filter(|share| share.n > 0).collect()
}

/// What covers a technique of a threat, in a word: `not covered`, `Minimal`.
pub(super) fn label_of(exposure: &Exposure, coverage: &Coverage<'_>) -> String {
    let level = exposure.score.map(|_| coverage.rules().scale.level(exposure.strength));
    level.map_or_else(|| exposure.state.name().to_owned(), |level| level.name().to_owned())
}

fn gap_view(site: &Site<'_>, against: &ThreatCoverage<'_>, gap: &Exposure) -> GapView {
    let guard = Guard::of_exposure(gap, &site.combined);
    GapView {
        technique: site.technique_ref(gap.technique, ""),
        label: label_of(gap, &site.combined),
        class: class(guard),
        usage: percent_text(gap.usage, 1.0),
        score: gap.score,
        residual: percent_text(gap.residual, 1.0),
        used_by: against.threat().users(gap.technique).map(|member| member.name.clone()).collect(),
        parent_is_mapped: gap.parent_is_mapped && gap.state == State::NotCovered,
    }
}

/// The overlay layer of a site.
pub(super) fn overlay(site: &Site<'_>, against: &ThreatCoverage<'_>) -> Vec<u8> {
    let options = layer::Options {
        palette: site.content.palette,
        expand: site.content.expand,
        ..layer::Options::default()
    };
    layer::to_json(&layer::overlay(&site.combined, against, &options))
}
