//! The typed views that templates are rendered over: one struct per page, every field documented, no logic.
//!
//! All text is plain text; the templates escape it. Every link in a view is either relative to the page it stands on
//! or an `http`/`https` address that was checked when the view was made.

use schemars::JsonSchema;
use serde::Serialize;

use super::deployment::{DeployedView, NotDeployed, StandingRow};
use super::next::NextView;
use super::threat::{TechniqueThreat, ThreatView};
use super::upgrade::{AbsenceView, UpgradeView};

/// What every page has.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Page {
    /// The document title, without the site's name.
    pub title: String,
    /// One sentence for search results and link previews.
    pub description: String,
    /// The way back to the folder of `index.html`: empty there, `../` one level down.
    pub root: String,
    /// The heading of the whole site: "AWS" or "AWS and VERIS".
    pub site: String,
    /// The tool and its version: `navlayer 0.1.0`.
    pub generator: String,
}

/// A count with its denominator.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Fraction {
    /// The numerator.
    pub n: usize,
    /// The denominator.
    pub of: usize,
    /// 100 × n / of, to one decimal; 0 when there is nothing to count.
    pub percent: f64,
    /// The percentage for people: `22 %`, `0.4 %`, `–` when there is nothing to count.
    pub text: String,
}

/// A weighted coverage with what it was computed from.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Weighted {
    /// The sum of the scores.
    pub sum: f64,
    /// 100 × the number of techniques counted: the sum if each had the full score.
    pub of: usize,
    /// 100 × sum / of, to one decimal.
    pub percent: f64,
    /// The percentage for people.
    pub text: String,
}

/// Coverage of one slice of the catalog: a kind of technique, a tactic, a category, a capability.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CoverageRow {
    /// What the row is about: "Techniques", "Initial Access", "Protect".
    pub name: String,
    /// A stable key: `techniques`, `initial-access`, `protect`, a slug.
    pub key: String,
    /// The page of the row's subject, relative to this page, or its page on attack.mitre.org.
    pub href: Option<String>,
    /// Techniques and sub-techniques with a mapping.
    pub mapped: Fraction,
    /// Of these, techniques alone; absent in a row of sub-techniques.
    pub techniques: Option<Fraction>,
    /// Of these, sub-techniques alone; absent in a row of techniques.
    pub sub_techniques: Option<Fraction>,
    /// Reaching at least Partial; absent for unscored frameworks.
    pub partial: Option<Fraction>,
    /// Reaching Significant; absent for unscored frameworks.
    pub significant: Option<Fraction>,
    /// Weighted coverage; absent for unscored frameworks.
    pub weighted: Option<Weighted>,
    /// How the mapped techniques divide by strongest level, weakest first; the parts of a stacked bar. Empty for
    /// unscored frameworks.
    pub levels: Vec<LevelShare>,
}

/// The techniques of a row whose strongest level is this one.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LevelShare {
    /// `Minimal`, `Partial` or `Significant`.
    pub level: String,
    /// A CSS class: `minimal`, `partial`, `significant`.
    pub class: String,
    /// How many techniques.
    pub n: usize,
    /// Where the part starts in the bar, in percent of the denominator.
    pub start: f64,
    /// How wide the part is, in percent of the denominator.
    pub width: f64,
}

/// The state of a matrix cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CellState {
    /// A capability maps it.
    Covered,
    /// In scope, and no capability maps it.
    NotCovered,
    /// The source says that it cannot be mapped.
    NotMappable,
    /// A mapping without a score, under a metric that needs one.
    NotAssessed,
    /// Outside the filters in force.
    OutOfScope,
}

/// One technique or sub-technique in a matrix column.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MatrixCell {
    /// `T1562.008`
    pub id: String,
    /// The catalog's name.
    pub name: String,
    /// Its page, relative to this page; where the sources say nothing about it, its page on attack.mitre.org.
    pub href: String,
    /// Covered, or which kind of empty.
    pub state: CellState,
    /// A CSS class that carries fill and text colour (`g50`, `protect-partial`), or the state (`not-covered`).
    pub class: String,
    /// The score as shown: `50`, or for counts `3`; absent when unscored.
    pub score: Option<String>,
    /// What the colour means, in words: `Partial`, `3 capabilities`, `not covered`.
    pub label: String,
    /// Sub-techniques in id order; empty for a sub-technique.
    pub subs: Vec<MatrixCell>,
    /// How many sub-techniques are covered.
    pub subs_covered: usize,
    /// How many sub-techniques there are in scope; more than `subs` holds where only mapped ones are shown.
    pub subs_total: usize,
}

/// One tactic's column.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MatrixColumn {
    /// `TA0001`
    pub id: String,
    /// `initial-access`
    pub key: String,
    /// `Initial Access`
    pub name: String,
    /// Its page on attack.mitre.org.
    pub url: String,
    /// Techniques with a mapping, of those in the column (sub-techniques not counted).
    pub mapped: Fraction,
    /// The cells, by name as in ATT&CK.
    pub cells: Vec<MatrixCell>,
}

/// One line of a legend.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LegendEntry {
    /// The CSS class of its swatch.
    pub class: String,
    /// What it means: `Partial (50)`.
    pub label: String,
}

/// A heatmap laid out as the ATT&CK matrix.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MatrixView {
    /// The table's accessible name: "AWS coverage of Enterprise ATT&CK 16.1".
    pub caption: String,
    /// Tactic columns in matrix order.
    pub columns: Vec<MatrixColumn>,
    /// What the colours mean, the kinds of empty included.
    pub legend: Vec<LegendEntry>,
    /// What a score is under the metric in force, in a sentence.
    pub note: String,
}

/// A capability in the index's table.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CapabilityRow {
    /// The id in the source.
    pub id: String,
    /// The name, or the id where the source has none.
    pub name: String,
    /// Its page, relative to this page.
    pub href: String,
    /// Its group's name, where groups say more than capabilities.
    pub group: Option<String>,
    /// Coverage by this capability alone.
    pub coverage: CoverageRow,
    /// For frameworks with categories, per category (always Protect, Detect, Respond) how many techniques it maps.
    pub categories: Vec<CategoryCount>,
    /// Techniques that no other capability of the framework maps.
    pub only: usize,
    /// Whether the source says that it cannot be mapped.
    pub non_mappable: bool,
}

/// How many techniques fall to a category.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CategoryCount {
    /// `Protect`
    pub name: String,
    /// `protect`
    pub key: String,
    /// Distinct techniques and sub-techniques.
    pub n: usize,
}

/// A technique in a list of gaps.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TechniqueRef {
    /// `T1562.008`
    pub id: String,
    /// The catalog's name; for a sub-technique preceded by its technique's: `Impair Defenses: Disable Cloud Logs`.
    pub name: String,
    /// Its page in the site, else on attack.mitre.org.
    pub href: String,
    /// Whether `href` leaves the site.
    pub external: bool,
}

/// What one tactic leaves open.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct GapGroup {
    /// The tactic's name.
    pub name: String,
    /// `initial-access`
    pub key: String,
    /// Techniques (not sub-techniques) not covered, of those in scope.
    pub open: Fraction,
    /// Those techniques: neither they nor any of their sub-techniques are mapped.
    pub techniques: Vec<TechniqueRef>,
}

/// The gaps of one framework, the kinds of empty told apart.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct GapsView {
    /// Not covered at all, per tactic.
    pub not_covered: Vec<GapGroup>,
    /// Declared not mappable by the source.
    pub not_mappable: Vec<TechniqueRef>,
    /// Mapped, but without a score.
    pub not_assessed: Vec<TechniqueRef>,
    /// New since the ATT&CK version that the source was made on, and so not assessed.
    pub new: Vec<TechniqueRef>,
    /// That version.
    pub made_on: String,
    /// Capabilities that the source says cannot be mapped.
    pub non_mappable_capabilities: Vec<CapabilityRef>,
    /// Mapped ids that are not active in this version: each with what became of it.
    pub retired: Vec<RetiredRef>,
}

/// A capability named in running text.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CapabilityRef {
    /// The id in the source.
    pub id: String,
    /// The name.
    pub name: String,
    /// Its page, relative to this page.
    pub href: String,
}

/// A mapped id that the catalog does not hold as active.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RetiredRef {
    /// The id as mapped.
    pub id: String,
    /// The name as given in the source.
    pub name: String,
    /// What became of it: "revoked, replaced by T1053.002".
    pub fate: String,
    /// Its page, relative to this page.
    pub href: String,
}

/// Where a mapping set came from.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SourceView {
    /// `AWS 12/12/2024`
    pub label: String,
    /// The framework's id: `aws`
    pub framework: String,
    /// The framework's version as given.
    pub version: String,
    /// The file or folder as it was named, or "embedded in navlayer".
    pub path: String,
    /// The ATT&CK version that it was made on.
    pub attack_version: String,
    /// The ATT&CK version that it is shown on.
    pub shown_on: String,
    /// The domain's name: Enterprise.
    pub domain: String,
    /// Rows read, non-mappable rows included.
    pub rows: usize,
    /// Capabilities named.
    pub capabilities: usize,
    /// Who published it, when stated.
    pub organization: Option<String>,
    /// Its last update as given, when stated.
    pub last_update: Option<String>,
    /// Set when the analysts' comments are not in the source as read; says where they are.
    pub notice: Option<String>,
}

/// A link to a layer file of the site.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LayerLink {
    /// What it shows: "All of AWS", "Protect".
    pub label: String,
    /// The file, relative to this page.
    pub href: String,
}

/// One framework's part of the index.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FrameworkView {
    /// The anchor and file key: `aws`.
    pub key: String,
    /// `AWS`
    pub name: String,
    /// Where it came from.
    pub source: SourceView,
    /// Whether its mappings carry levels, or scores as numbers.
    pub scored: bool,
    /// The metric's name for people: "strongest level".
    pub metric: String,
    /// Set when the metric was chosen automatically: why.
    pub metric_notice: Option<String>,
    /// Headline rows: Techniques, Sub-techniques, All, in that order.
    pub headline: Vec<CoverageRow>,
    /// Set when ids are mapped that are not active: how many ids there are in all, and how many of them count.
    pub retired_notice: Option<String>,
    /// The heatmap.
    pub matrix: MatrixView,
    /// Coverage per tactic, in matrix order.
    pub tactics: Vec<CoverageRow>,
    /// Coverage per category; empty for frameworks without categories.
    pub categories: Vec<CoverageRow>,
    /// Every capability that maps something, most techniques first; then the non-mappable ones.
    pub capabilities: Vec<CapabilityRow>,
    /// What is left open.
    pub gaps: GapsView,
    /// What to switch on next; absent where there is more than one framework, or no choice.
    pub next: Option<NextView>,
    /// The layer files of this framework.
    pub layers: Vec<LayerLink>,
}

/// A finding about a source.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FindingView {
    /// `NL0203`
    pub code: String,
    /// `error`, `warning` or `note`
    pub severity: String,
    /// What was found.
    pub message: String,
    /// `aws.json:120:34`
    pub place: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// The findings of a run.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FindingsView {
    /// How many errors.
    pub errors: usize,
    /// How many warnings.
    pub warnings: usize,
    /// How many notes.
    pub notes: usize,
    /// The findings, errors first, at most 200.
    pub items: Vec<FindingView>,
    /// How many more there are.
    pub more: usize,
}

/// How the figures came about.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MethodView {
    /// What each level scores: `Minimal 10, Partial 50, Significant 100`, one entry each.
    pub scale: Vec<LegendEntry>,
    /// The metric's definition in a sentence.
    pub metric: String,
    /// The roll-up's definition in a sentence.
    pub rollup: String,
    /// The denominator in a sentence: "656 active techniques of Enterprise ATT&CK 16.1 (202 techniques, …)".
    pub denominator: String,
    /// The filters in force, one sentence each; empty when there are none.
    pub filters: Vec<String>,
}

/// `index.html`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct IndexView {
    /// What every page has.
    pub page: Page,
    /// `Enterprise ATT&CK 16.1`
    pub attack: String,
    /// One per source, in the order given; at least one.
    pub frameworks: Vec<FrameworkView>,
    /// Whether there is more than one framework.
    pub several: bool,
    /// Who is to be defended against, held against all sources together; absent when nobody is named.
    pub threat: Option<ThreatView>,
    /// What of the mapped capabilities runs; absent where nobody says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployed: Option<DeployedView>,
    /// What became of the rows of sources that were made on another ATT&CK version; mostly empty.
    pub upgrades: Vec<UpgradeView>,
    /// What the sources cannot have assessed on the way, once for each pair of versions.
    pub absences: Vec<AbsenceView>,
    /// How the figures came about.
    pub method: MethodView,
    /// What was found in the sources.
    pub findings: FindingsView,
}

/// A reference of a mapping.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReferenceView {
    /// The text as given.
    pub text: String,
    /// The address, when the text is an http or https address; else the text is shown as it is.
    pub href: Option<String>,
}

/// One mapping on a capability's or a technique's page.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MappingView {
    /// The capability.
    pub capability: CapabilityRef,
    /// The technique's id, as mapped.
    pub technique_id: String,
    /// The technique's name as the source gives it.
    pub technique_name: String,
    /// The catalog's name, when it differs from the one given.
    pub current_name: Option<String>,
    /// The techniques that the source maps, where an upgrade made another one of them: `T1562.008 (ATT&CK 16.1)`.
    pub was: Vec<String>,
    /// The technique's page, relative to this page.
    pub technique_href: String,
    /// The mapping type: `technique_scores`, `mitigates`, `related-to`.
    pub mapping_type: String,
    /// `Protect`, `Detect`, `Respond`; absent when unscored.
    pub category: Option<String>,
    /// A CSS class: `protect`, `detect`, `respond`.
    pub category_class: Option<String>,
    /// `Minimal`, `Partial`, `Significant`; absent when unscored.
    pub level: Option<String>,
    /// A CSS class: `minimal`, `partial`, `significant`.
    pub level_class: Option<String>,
    /// The score, where the source gives a number in place of a level.
    pub score: Option<String>,
    /// A CSS class that carries the score's fill and text colour.
    pub score_class: Option<String>,
    /// The analysts' comment; may hold line breaks; empty when there is none.
    pub comment: String,
    /// The references.
    pub references: Vec<ReferenceView>,
}

/// A technique with all mappings that a capability has for it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TechniqueGroup {
    /// The technique.
    pub technique: TechniqueRef,
    /// A CSS class that carries fill and text colour of its score.
    pub class: String,
    /// Its mappings by this capability: Protect, Detect, Respond.
    pub mappings: Vec<MappingView>,
}

/// `capabilities/<id>.html`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CapabilityView {
    /// What every page has.
    pub page: Page,
    /// The id in the source.
    pub id: String,
    /// The name.
    pub name: String,
    /// The source's own description of the capability, when it has one.
    pub description: Option<String>,
    /// The framework's name: `AWS`.
    pub framework: String,
    /// The framework's anchor on the index: `aws`.
    pub framework_key: String,
    /// Where it came from.
    pub source: SourceView,
    /// The group's name, when there is one that is not the capability itself.
    pub group: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Whether the source says that it cannot be mapped.
    pub non_mappable: bool,
    /// How it stands, and what scans found about it; absent where nobody says what is deployed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployed: Option<StandingRow>,
    /// What the source says of the capability as a whole, or why it cannot be mapped.
    pub comment: String,
    /// References of the capability as a whole.
    pub references: Vec<ReferenceView>,
    /// Whether its mappings carry levels, or scores as numbers.
    pub scored: bool,
    /// Headline rows: Techniques, Sub-techniques, All.
    pub headline: Vec<CoverageRow>,
    /// Per category; empty for unscored frameworks.
    pub categories: Vec<CoverageRow>,
    /// Its own heatmap: only the techniques that it maps, under their tactics.
    pub matrix: MatrixView,
    /// Its mappings by technique, in id order.
    pub techniques: Vec<TechniqueGroup>,
    /// Techniques that no other capability of the framework maps.
    pub only: Vec<TechniqueRef>,
    /// Its layer file, relative to this page; absent for non-mappable capabilities.
    pub layer: Option<String>,
    /// The capabilities before and after it in the index's order.
    pub previous: Option<CapabilityRef>,
    /// See `previous`.
    pub next: Option<CapabilityRef>,
}

/// One framework's mappings of a technique.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TechniqueFramework {
    /// `AWS 12/12/2024`
    pub label: String,
    /// `aws`
    pub key: String,
    /// Whether its mappings carry levels, or scores as numbers.
    pub scored: bool,
    /// Per category the strongest level; empty for frameworks without categories.
    pub strongest: Vec<CategoryLevel>,
    /// The metric's score for the technique as shown, when it has one.
    pub score: Option<String>,
    /// A CSS class that carries fill and text colour of the score.
    pub class: String,
    /// What the score means in words.
    pub score_label: String,
    /// Distinct capabilities that map the technique.
    pub capabilities: usize,
    /// Its rows, by capability name, then Protect, Detect, Respond.
    pub mappings: Vec<MappingView>,
    /// Set when the source declares the technique not mappable: its comment, or empty.
    pub not_mappable: Option<String>,
}

/// The strongest level of one category.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CategoryLevel {
    /// `Protect`
    pub category: String,
    /// `protect`
    pub key: String,
    /// `Significant`; absent when no capability maps the technique in this category.
    pub level: Option<String>,
    /// `significant`; `none` when absent.
    pub level_class: String,
    /// Capabilities that map the technique in this category.
    pub capabilities: usize,
}

/// A sub-technique in a technique page's list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SubTechniqueRow {
    /// The sub-technique.
    pub technique: TechniqueRef,
    /// A CSS class that carries fill and text colour of its score, or its state.
    pub class: String,
    /// What the colour means in words.
    pub label: String,
    /// Mappings of it, over all frameworks.
    pub mappings: usize,
}

/// `techniques/<id>.html`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TechniqueView {
    /// What every page has.
    pub page: Page,
    /// `T1562.008`
    pub id: String,
    /// The catalog's name, or the one given when the catalog does not know the id.
    pub name: String,
    /// `Enterprise ATT&CK 16.1`
    pub attack: String,
    /// Its page on attack.mitre.org, at this version.
    pub url: String,
    /// Its tactics, in matrix order.
    pub tactics: Vec<TacticRef>,
    /// Its platforms.
    pub platforms: Vec<String>,
    /// For a sub-technique its technique.
    pub parent: Option<TechniqueRef>,
    /// Set when the id is not active in this version: what became of it.
    pub fate: Option<String>,
    /// What the threat makes of it; absent when there is none, or it does not use it.
    pub threat: Option<TechniqueThreat>,
    /// Capabilities that map it and are not deployed; empty where nobody says what is.
    pub not_deployed: Vec<NotDeployed>,
    /// What the sources say, framework by framework; those that say nothing are left out.
    pub frameworks: Vec<TechniqueFramework>,
    /// Its active sub-techniques.
    pub sub_techniques: Vec<SubTechniqueRow>,
}

/// A tactic named on a technique's page.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TacticRef {
    /// `TA0005`
    pub id: String,
    /// `Defense Evasion`
    pub name: String,
    /// Its page on attack.mitre.org.
    pub url: String,
}
