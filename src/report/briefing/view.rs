//! What the template of a report is given.

use schemars::JsonSchema;
use serde::Serialize;

use crate::report::compare::SidesView;
use crate::report::deployment::DeployedView;
use crate::report::explorer::ExplorerView;
use crate::report::next::NextView;
use crate::report::threat::ThreatView;
use crate::report::upgrade::{AbsenceView, UpgradeView};
use crate::report::view::{
    CapabilityRef, CapabilityRow, CategoryLevel, CoverageRow, FindingsView, GapsView, MatrixView, MethodView,
    Page, SourceView,
};

/// `report.hbs`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReportView {
    /// What every page has.
    pub page: Page,
    /// `Enterprise ATT&CK 16.1`
    pub attack: String,
    /// The major version, as addresses on attack.mitre.org have it: `v16`
    pub attack_path: String,
    /// What stands on the title page.
    pub cover: CoverView,
    /// The answer in one page.
    pub answer: AnswerView,
    /// Whether any mapping carries a level, or a score as a number.
    pub scored: bool,
    /// Whether there is more than one source.
    pub several: bool,
    /// The metric's name for people: "strongest level".
    pub metric: String,
    /// Why mappings are counted where that was not asked for.
    pub metric_notice: Option<String>,
    /// The heatmap of all sources together.
    pub matrix: MatrixView,
    /// The same for readers who ask back.
    pub explorer: ExplorerView,
    /// Coverage per tactic, in matrix order.
    pub tactics: Vec<CoverageRow>,
    /// Coverage per category; empty without categories.
    pub categories: Vec<CoverageRow>,
    /// One per source, in the order given.
    pub frameworks: Vec<ReportFramework>,
    /// Capabilities or sources beside each other; absent where there is but one.
    pub sides: Option<SidesView>,
    /// Who is to be defended against; absent when nobody is named.
    pub threat: Option<ThreatView>,
    /// What of the mapped capabilities runs; absent where nobody says it.
    pub deployed: Option<DeployedView>,
    /// What became of the rows of sources that were made on another ATT&CK version.
    pub upgrades: Vec<UpgradeView>,
    /// What the sources cannot have assessed on the way, once for each pair of versions.
    pub absences: Vec<AbsenceView>,
    /// Every technique that the sources or the threat say something of, by id; empty in a brief report.
    pub techniques: Vec<TechniqueEntry>,
    /// How the figures came about.
    pub method: MethodView,
    /// What was found in the sources.
    pub findings: FindingsView,
    /// What the mappings refer to, in the order of their numbers, from 1.
    pub notes: Vec<NoteView>,
    /// Whether the parts for reference are left out: mappings, techniques, findings.
    pub brief: bool,
}

/// What stands on the title page beside the title.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CoverView {
    /// Under the title, where somebody says it.
    pub subtitle: Option<String>,
    /// For whom the report is, where somebody says it.
    pub prepared_for: Option<String>,
    /// By whom, where somebody says it.
    pub prepared_by: Option<String>,
    /// The date of the report, where somebody says it.
    pub date: Option<String>,
    /// What was looked at, a sentence for each source.
    pub looked_at: Vec<String>,
    /// What the figures are of, in a sentence.
    pub scope: String,
}

/// The answer in one page.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AnswerView {
    /// The answer in two or three sentences.
    pub lead: String,
    /// Headline rows: Techniques, Sub-techniques, All, in that order.
    pub headline: Vec<CoverageRow>,
    /// What the mappings say where they are no statement of defence: of vulnerabilities or incidents; absent for others.
    pub relation: Option<String>,
    /// Up to three things that stand out for the better.
    pub strengths: Vec<PointView>,
    /// Up to three things that stand out for the worse.
    pub gaps: Vec<PointView>,
    /// How many mapped ids are not active and in no percentage, in a sentence; absent when none is.
    pub retired_notice: Option<String>,
}

/// One thing that stands out.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PointView {
    /// In a few words: `Credential Access is covered most broadly`.
    pub title: String,
    /// In a sentence, with the figures.
    pub text: String,
    /// Where on the page it is told at length.
    pub href: String,
}

/// One source's part of a report.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReportFramework {
    /// The key in anchors: `aws`.
    pub key: String,
    /// `AWS`
    pub name: String,
    /// Where it came from.
    pub source: SourceView,
    /// Whether its mappings carry levels, or scores as numbers.
    pub scored: bool,
    /// Whether its mappings are in categories.
    pub has_categories: bool,
    /// Every capability that maps something, most techniques first; then the non-mappable ones.
    pub capabilities: Vec<CapabilityRow>,
    /// Every capability with what it maps, in the same order; empty in a brief report.
    pub details: Vec<CapabilityEntry>,
    /// What is left open.
    pub gaps: GapsView,
    /// What to switch on next; absent where there is more than one source, or no choice.
    pub next: Option<NextView>,
}

/// A capability with what it maps.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CapabilityEntry {
    /// What links to it lead to, without `#`: `capability-aws_config`.
    pub key: String,
    /// The id in the source.
    pub id: String,
    /// The name.
    pub name: String,
    /// The source's own description, when it has one.
    pub description: Option<String>,
    /// The group's name, when it says more than the capability does.
    pub group: Option<String>,
    /// What it maps, in a sentence with figures.
    pub summary: String,
    /// Whether the source says that it cannot be mapped.
    pub non_mappable: bool,
    /// What the source says of the capability as a whole.
    pub comment: String,
    /// What the source refers to for the capability as a whole, or for each of its mappings alike, by number.
    pub notes: Vec<NoteRef>,
    /// Whether any mapping has a comment, so that each needs room.
    pub commented: bool,
    /// What it maps, in id order.
    pub entries: Vec<MappedEntry>,
}

/// What a capability says of one technique.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MappedEntry {
    /// `T1562.008`
    pub id: String,
    /// The catalog's name; for a sub-technique preceded by its technique's.
    pub name: String,
    /// Where the page tells of the technique.
    pub href: String,
    /// Its mappings: Protect, Detect, Respond.
    pub mappings: Vec<ReportMapping>,
}

/// One mapping.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReportMapping {
    /// `Protect`, `Detect`, `Respond`; absent when there is none.
    pub category: Option<String>,
    /// `Minimal`, `Partial`, `Significant`, or a score as a number, or the mapping type.
    pub label: String,
    /// A CSS class that carries fill and text colour; empty for a mapping type.
    pub class: String,
    /// The analysts' comment; may hold line breaks; empty when there is none.
    pub comment: String,
    /// The source's name of the technique, where ATT&CK calls it otherwise now.
    pub given_name: Option<String>,
    /// The techniques that the source maps, where an upgrade made another one of them.
    pub was: Vec<String>,
    /// What it refers to, by number; empty where all mappings of its capability refer to the same.
    pub notes: Vec<NoteRef>,
}

/// A reference where it is cited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NoteRef {
    /// Its number among the notes, from 1.
    pub place: usize,
    /// Its address, or where the notes tell it.
    pub href: String,
}

/// A reference where it is told.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct NoteView {
    /// Its number, from 1.
    pub place: usize,
    /// The text as given.
    pub text: String,
    /// The address, when the text is an http or https address.
    pub href: Option<String>,
}

/// A technique with who maps it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TechniqueEntry {
    /// `T1562.008`, which is also its anchor.
    pub id: String,
    /// The catalog's name; for a sub-technique preceded by its technique's.
    pub name: String,
    /// Its page on attack.mitre.org, at the version in force.
    pub url: String,
    /// What became of an id that is not active.
    pub fate: Option<String>,
    /// A CSS class that carries fill and text colour of its score, or its state.
    pub class: String,
    /// What the colour means in words.
    pub label: String,
    /// Per category the strongest level; empty without categories.
    pub strongest: Vec<CategoryLevel>,
    /// The capabilities that map it, by name; none where only its sub-techniques are mapped, or a threat uses it.
    pub capabilities: Vec<CapabilityRef>,
}
