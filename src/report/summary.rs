//! `summary.json`: every figure of the report, for programs.

use schemars::JsonSchema;
use serde::Serialize;

use crate::attack::upgrade::Record;
use crate::attack::{Domain, TechniqueId, Version};
use crate::coverage::{Metric, Rollup};
use crate::mapping::{Category, Level};

use super::deployment::DeployedView;
use super::index::upgrades;
use super::next::NextView;
use super::site::{Framework, Site};
use super::threat::{self, ThreatSummary};
use super::view::{CapabilityRow, CoverageRow, FindingsView, GapsView, LayerLink, MethodView, SourceView};

/// The figures of a site. Addresses are relative to the file.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Summary {
    /// The tool and its version.
    pub generator: String,
    /// The ATT&CK domain.
    pub domain: Domain,
    /// The ATT&CK version that everything is shown on.
    pub attack_version: Version,
    /// The metric asked for; a framework without levels is counted.
    pub metric: Metric,
    /// The roll-up.
    pub rollup: Rollup,
    /// How the figures came about, in words.
    pub method: MethodView,
    /// What was found in the sources.
    pub findings: FindingsView,
    /// What became of the rows of sources that were made on another ATT&CK version; mostly empty.
    pub upgrades: Vec<Record>,
    /// What of the mapped capabilities runs, and coverage on paper beside coverage as deployed; absent where nobody says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployed: Option<DeployedView>,
    /// Who is to be defended against, held against all sources together; absent when nobody is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threat: Option<ThreatSummary>,
    /// One per source, in the order given.
    pub frameworks: Vec<FrameworkSummary>,
}

/// The figures of one framework.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FrameworkSummary {
    /// The key in file names and anchors.
    pub key: String,
    /// The name.
    pub name: String,
    /// Where it came from.
    pub source: SourceView,
    /// Whether its mappings carry levels, or scores as numbers.
    pub scored: bool,
    /// The metric in force for it.
    pub metric: Metric,
    /// Techniques, sub-techniques, and both.
    pub headline: Vec<CoverageRow>,
    /// Per tactic, in matrix order.
    pub tactics: Vec<CoverageRow>,
    /// Per category; empty without levels.
    pub categories: Vec<CoverageRow>,
    /// Per capability.
    pub capabilities: Vec<CapabilityRow>,
    /// What is left open.
    pub gaps: GapsView,
    /// What to switch on next, on top of what is deployed, or when nothing is on yet; absent where there is more than one framework, or no choice.
    pub next: Option<NextView>,
    /// The layer files.
    pub layers: Vec<LayerLink>,
    /// Every technique with a mapping or a rolled-up score, by id.
    pub techniques: Vec<TechniqueSummary>,
}

/// The figures of one technique.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TechniqueSummary {
    /// The id.
    pub id: TechniqueId,
    /// The catalog's name, or the one given for an id that it does not know.
    pub name: String,
    /// Whether the id is active in this version.
    pub active: bool,
    /// The score as layers and pages show it; absent when it has none.
    pub score: Option<i64>,
    /// Whether the score is rolled up from sub-techniques.
    pub rolled_up: bool,
    /// The strongest level per category; a number counts as the level that it reaches.
    pub levels: Vec<CategoryStrength>,
    /// The ids of the distinct capabilities that map it.
    pub capabilities: Vec<String>,
}

/// The strongest level in a category.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct CategoryStrength {
    /// The category.
    pub category: Category,
    /// The level.
    pub level: Level,
}

/// The summary of a site whose index is `view`.
pub(super) fn summary(site: &Site<'_>, view: &super::view::IndexView) -> Summary {
    let content = site.content;
    let frameworks = site.frameworks.iter().zip(&view.frameworks).map(|(framework, view)| FrameworkSummary {
        key: framework.key.clone(),
        name: view.name.clone(),
        source: view.source.clone(),
        scored: view.scored,
        metric: framework.coverage.rules().metric,
        headline: view.headline.clone(),
        tactics: view.tactics.clone(),
        categories: view.categories.clone(),
        capabilities: view.capabilities.clone(),
        gaps: view.gaps.clone(),
        next: view.next.clone(),
        layers: view.layers.clone(),
        techniques: techniques(site, framework),
    });
    Summary {
        generator: crate::GENERATOR.to_owned(),
        domain: content.catalog.domain(),
        attack_version: content.catalog.version(),
        metric: content.rules.metric,
        rollup: content.rules.rollup,
        method: view.method.clone(),
        findings: view.findings.clone(),
        upgrades: upgrades(site).cloned().collect(),
        deployed: view.deployed.clone(),
        threat: threat::summary(site),
        frameworks: frameworks.collect(),
    }
}

fn techniques(site: &Site<'_>, framework: &Framework<'_>) -> Vec<TechniqueSummary> {
    let coverage = &framework.coverage;
    let rows = coverage.cells().iter().map(|(id, cell)| {
        let levels = cell.levels();
        let scale = &coverage.rules().scale;
        let strength =
            |category| Some(CategoryStrength { category, level: levels.level_in(category, scale)? });
        let capability = |key: crate::coverage::CapabilityKey| {
            site.content.sets[key.set].capabilities[key.capability].id.clone()
        };
        TechniqueSummary {
            id: *id,
            name: site.full_name(*id),
            active: site.content.catalog.technique(*id).is_some(),
            score: coverage.shown_score(cell),
            rolled_up: cell.rolled_up.is_some(),
            levels: Category::ALL.into_iter().filter_map(strength).collect(),
            capabilities: cell.capabilities.iter().map(|(key, _)| capability(*key)).collect(),
        }
    });
    rows.collect()
}
