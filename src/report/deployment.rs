//! What is deployed, beside what is mapped: a section of pages, and a part of what programs read.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::site::{Content, Counted, Site, coverage_row, fraction};
use super::view::{CoverageRow, Fraction, LayerLink, TechniqueRef};
use crate::attack::TechniqueId;
use crate::coverage::compare::Comparison;
use crate::coverage::{CapabilityKey, Cell, Coverage, Levels, State};
use crate::deployment::{Counts, Deployment, Evidence, Standing};
use crate::layer;
use crate::mapping::select::Selection;
use crate::mapping::{Category, MappingSet};

/// The most techniques that are listed.
const LISTED: usize = 40;

/// The most failed checks that one capability lists.
const NAMED: usize = 6;

/// The most accounts and regions that one capability lists: an organisation may have thousands.
const PLACES: usize = 8;

/// The most services that are listed of which checks are about no capability.
const UNTIED: usize = 20;

/// What runs of the mapped capabilities, for a site or a comparison.
#[derive(Debug, Clone, Copy)]
pub struct Deployed<'a> {
    /// Which capabilities run, and why.
    pub deployment: &'a Deployment,
    /// What coverage on paper is of: the selection before it was narrowed to what runs.
    pub paper: &'a Selection,
}

/// Coverage on paper and as deployed, and the evidence.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DeployedView {
    /// The scans, lists and names that say what is deployed.
    pub sources: Vec<String>,
    /// When a capability counts as deployed, in a sentence.
    pub rule: String,
    /// Whether a scan says it, so that there are results.
    pub evidence: bool,
    /// The capabilities that count as deployed, of those that map something.
    pub capabilities: Fraction,
    /// Techniques, sub-techniques, and both.
    pub totals: Vec<PaperRow>,
    /// Per tactic, in matrix order.
    pub tactics: Vec<PaperRow>,
    /// Every capability that maps something: what runs most surely first.
    pub standings: Vec<StandingRow>,
    /// Techniques that reach less as deployed than on paper: what is lost altogether first; the first of them.
    pub lost: Vec<LostRow>,
    /// How many there are of them.
    pub lost_count: usize,
    /// How many more there are than are listed.
    pub more_lost: usize,
    /// Results of checks that are about no capability, by service; the first of them.
    pub untied: Vec<UntiedRow>,
    /// How many more services there are.
    pub more_untied: usize,
    /// The layers of both, and of the differences, where there are some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<LayerLink>,
    /// The page with both matrices side by side, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

/// The figures of a slice, on paper and as deployed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PaperRow {
    /// `Techniques`, `Persistence`
    pub name: String,
    /// What is mapped.
    pub paper: CoverageRow,
    /// What of it runs.
    pub deployed: CoverageRow,
}

/// How one capability stands.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StandingRow {
    /// The capability's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its page, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub href: Option<String>,
    /// How it stands.
    pub standing: Standing,
    /// The same for people: `in part`.
    pub label: String,
    /// Whether it counts as deployed.
    pub deployed: bool,
    /// The active techniques and sub-techniques in scope that it maps on paper.
    pub mapped: usize,
    /// What a scan found about it; absent where no result is about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<EvidenceView>,
}

/// What scans found about a capability.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EvidenceView {
    /// How many results came out how.
    pub counts: Counts,
    /// How many checks there are results of.
    pub checks: usize,
    /// The checks of which a result failed; the first of them.
    pub failed_checks: Vec<String>,
    /// How many more there are.
    pub more_failed_checks: usize,
    /// The accounts, subscriptions or projects.
    pub accounts: Vec<String>,
    /// The regions or locations.
    pub regions: Vec<String>,
    /// The results of each account and region, those first of which any failed; the first of them.
    pub places: Vec<PlaceCounts>,
    /// How many more there are.
    pub more_places: usize,
}

/// The results about a capability in one place.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlaceCounts {
    /// The account; empty where the scan does not say.
    pub account: String,
    /// The region; empty where the scan does not say.
    pub region: String,
    /// How many results came out how.
    pub counts: Counts,
}

/// A technique that reaches less as deployed than on paper.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LostRow {
    /// The technique.
    pub technique: TechniqueRef,
    /// What it reaches on paper: `Significant`, `83`.
    pub paper: String,
    /// What it reaches as deployed: the same, or `not covered`.
    pub deployed: String,
    /// Whether nothing that runs covers it.
    pub open: bool,
    /// The names of the capabilities that map it and are not deployed.
    pub missing: Vec<String>,
}

/// Results of checks of one service that are about no capability.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UntiedRow {
    /// The service that the checks' ids start with: `ec2`.
    pub service: String,
    /// How many results came out how.
    pub counts: Counts,
}

/// Coverage on paper and as deployed, side by side; `None` where nobody says what is deployed.
pub(super) fn comparison<'a>(content: &Content<'a>) -> Option<Comparison<'a>> {
    let deployed = content.deployed?;
    let involved = content.sets.iter().enumerate().filter(|(set, _)| deployed.paper.has_any_capability(*set));
    let name = frameworks(involved.map(|(_, set)| set));
    let sides = sides(&name, deployed.paper, &content.selection);
    let comparison = Comparison::new(content.sets, content.catalog, content.rules, &sides);
    Some(match content.threat {
        Some(threat) => comparison.against(threat),
        None => comparison,
    })
}

/// The names of sets' frameworks, each once: `AWS + Azure`.
#[must_use]
pub fn frameworks<'s>(sets: impl IntoIterator<Item = &'s MappingSet>) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in sets.into_iter().map(|set| set.framework.name()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(" + ")
}

/// The sides of a comparison of what is mapped with what of it runs; `name` is what is mapped: `AWS`.
#[must_use]
pub fn sides(name: &str, paper: &Selection, deployed: &Selection) -> [(String, Selection); 2] {
    [(format!("{name} on paper"), paper.clone()), (format!("{name} as deployed"), deployed.clone())]
}

/// The layers of both and of their differences, in one file.
pub(super) fn layers(content: &Content<'_>, comparison: &Comparison<'_>) -> Vec<u8> {
    let options = layer::Options {
        color_by: content.color_by,
        palette: content.palette,
        expand: content.expand,
        ..layer::Options::default()
    };
    let mut layers = layer::of_comparison(comparison, &options);
    if let ([_, side], Some(deployed), Some(layer)) =
        (comparison.sides(), content.deployed, layers.get_mut(1))
    {
        layer::add_evidence(layer, &side.coverage, deployed.deployment);
    }
    layer::to_bundle(&layers)
}

/// The view of a site; `None` where nobody says what is deployed.
pub(super) fn view(site: &Site<'_>) -> Option<DeployedView> {
    let (deployed, paper) = (site.content.deployed?, site.paper.as_ref()?);
    let maker = Maker {
        deployment: deployed.deployment,
        paper,
        deployed: &site.combined,
        capability: &|key| site.capability_paths.get(&key).cloned(),
        technique: &|id| site.technique_ref(id, ""),
    };
    let layer =
        LayerLink { label: "On paper, as deployed, and what differs".to_owned(), href: site.both.clone() };
    Some(DeployedView { layer: Some(layer), page: Some(PAGE.to_owned()), ..maker.view() })
}

/// The view of sides that are narrowed to what runs; on paper they are together what `deployed.paper` selects.
pub(super) fn of_comparison(comparison: &Comparison<'_>, deployed: Deployed<'_>) -> DeployedView {
    let side = &comparison.sides()[0].coverage;
    let coverage = |selection| Coverage::new(side.sets(), side.catalog(), selection, *comparison.rules());
    let paper = coverage(deployed.paper.clone());
    let running = coverage(deployed.deployment.narrow(deployed.paper));
    let technique = |id: TechniqueId| TechniqueRef {
        id: id.to_string(),
        name: paper.full_name(id),
        href: side.catalog().version().page("techniques", &id.url_path()),
        external: true,
    };
    let maker = Maker {
        deployment: deployed.deployment,
        paper: &paper,
        deployed: &running,
        capability: &|_| None,
        technique: &technique,
    };
    maker.view()
}

/// The page with both matrices.
pub(super) const PAGE: &str = "deployed.html";

/// How a capability with a page stands, and what scans found about it.
pub(super) fn standing(site: &Site<'_>, key: CapabilityKey) -> Option<StandingRow> {
    let (deployed, paper) = (site.content.deployed?, site.paper.as_ref()?);
    let maker = Maker {
        deployment: deployed.deployment,
        paper,
        deployed: &site.combined,
        capability: &|_| None,
        technique: &|id| site.technique_ref(id, ""),
    };
    let maps = |(id, cell): &(&TechniqueId, &Cell)| {
        paper.catalog().technique(**id).is_some() && cell.capabilities.iter().any(|(one, _)| *one == key)
    };
    Some(maker.standing(key, paper.cells().iter().filter(maps).count()))
}

/// The names of the capabilities that map a technique and are not deployed, with what they reach.
pub(super) fn not_deployed(site: &Site<'_>, id: TechniqueId) -> Vec<NotDeployed> {
    let (Some(deployed), Some(paper)) = (site.content.deployed, site.paper.as_ref()) else {
        return Vec::new();
    };
    let capabilities = paper.cell(id).map(|cell| cell.capabilities.as_slice()).unwrap_or_default();
    let missing = capabilities.iter().filter(|(key, _)| !deployed.deployment.is_deployed(*key));
    let row = |(key, levels): &(CapabilityKey, Levels)| NotDeployed {
        name: paper.sets()[key.set].capabilities[key.capability].name.clone(),
        standing: deployed.deployment.standing(*key).name().to_owned(),
        reaches: Category::ALL
            .into_iter()
            .filter_map(|category| {
                let level = levels.level_in(category, &paper.rules().scale)?;
                Some(format!("{category} {level}"))
            })
            .collect::<Vec<_>>()
            .join(", "),
    };
    missing.map(row).collect()
}

/// A capability that maps a technique and is not deployed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct NotDeployed {
    /// Its name.
    pub name: String,
    /// How it stands: `failing`.
    pub standing: String,
    /// What it reaches: `Protect Partial, Detect Minimal`; empty without levels.
    pub reaches: String,
}

/// What a view is made of.
pub(super) struct Maker<'a, 'c> {
    pub(super) deployment: &'a Deployment,
    pub(super) paper: &'c Coverage<'a>,
    pub(super) deployed: &'c Coverage<'a>,
    /// The page of a capability.
    pub(super) capability: &'c dyn Fn(CapabilityKey) -> Option<String>,
    /// A technique with its page.
    pub(super) technique: &'c dyn Fn(TechniqueId) -> TechniqueRef,
}

impl Maker<'_, '_> {
    /// The view, without a page and a layer.
    pub(super) fn view(&self) -> DeployedView {
        let standings = self.standings();
        let lost = self.lost();
        let deployed = standings.iter().filter(|row| row.deployed).count();
        let untied = self.deployment.untied().iter();
        DeployedView {
            sources: self.deployment.sources().to_vec(),
            rule: self.deployment.rule().definition().to_owned(),
            evidence: self.deployment.has_evidence(),
            capabilities: fraction(deployed, standings.len()),
            totals: self.totals(),
            tactics: self.tactics(),
            standings,
            lost_count: lost.len(),
            more_lost: lost.len().saturating_sub(LISTED),
            lost: lost.into_iter().take(LISTED).collect(),
            more_untied: untied.len().saturating_sub(UNTIED),
            untied: untied
                .take(UNTIED)
                .map(|(service, counts)| UntiedRow { service: service.clone(), counts: *counts })
                .collect(),
            layer: None,
            page: None,
        }
    }

    /// Whether any mapping has levels.
    fn scored(&self) -> bool {
        self.paper.involved().any(|(_, set)| set.is_scored())
    }

    fn totals(&self) -> Vec<PaperRow> {
        let (paper, deployed) = (self.paper.statistics(None, None), self.deployed.statistics(None, None));
        let rows = [
            ("Techniques", Counted::Techniques),
            ("Sub-techniques", Counted::SubTechniques),
            ("Both together", Counted::Both),
        ];
        let row = |name: &str, counted| {
            let of =
                |statistics| coverage_row(name, "", statistics, counted, self.scored(), self.paper.rules());
            PaperRow { name: name.to_owned(), paper: of(&paper), deployed: of(&deployed) }
        };
        rows.map(|(name, counted)| row(name, counted)).into()
    }

    fn tactics(&self) -> Vec<PaperRow> {
        let wanted = self.paper.selection().scope.tactics();
        let all = self.paper.catalog().tactics().iter().enumerate();
        let wanted = all.filter(|(index, _)| wanted.is_none_or(|wanted| wanted.contains(index)));
        let rows = wanted.map(|(index, tactic)| {
            let of = |coverage: &Coverage<'_>| {
                let statistics = coverage.statistics(Some(index), None);
                coverage_row(&tactic.name, "", &statistics, Counted::Both, self.scored(), coverage.rules())
            };
            PaperRow { name: tactic.name.to_string(), paper: of(self.paper), deployed: of(self.deployed) }
        });
        rows.filter(|row| row.paper.mapped.of > 0).collect()
    }

    fn standings(&self) -> Vec<StandingRow> {
        let mut mapped: BTreeMap<CapabilityKey, usize> = BTreeMap::new();
        for (id, cell) in self.paper.cells() {
            for (key, _) in &cell.capabilities {
                let is_active = self.paper.catalog().technique(*id).is_some();
                *mapped.entry(*key).or_default() += usize::from(is_active);
            }
        }
        let mut rows: Vec<StandingRow> =
            mapped.iter().map(|(key, mapped)| self.standing(*key, *mapped)).collect();
        rows.sort_by(|a, b| {
            a.standing.cmp(&b.standing).then(b.mapped.cmp(&a.mapped)).then(a.name.cmp(&b.name))
        });
        rows
    }

    fn standing(&self, key: CapabilityKey, mapped: usize) -> StandingRow {
        let capability = &self.paper.sets()[key.set].capabilities[key.capability];
        let standing = self.deployment.standing(key);
        StandingRow {
            id: capability.id.clone(),
            name: capability.name.clone(),
            href: (self.capability)(key),
            standing,
            label: standing.name().to_owned(),
            deployed: self.deployment.is_deployed(key),
            mapped,
            evidence: self.deployment.evidence(key).map(evidence_view),
        }
    }

    fn lost(&self) -> Vec<LostRow> {
        let mut rows: Vec<(f64, LostRow)> = Vec::new();
        for (id, cell) in self.paper.cells().iter().filter(|(id, _)| self.paper.state(**id) == State::Covered)
        {
            let held = self.deployed.cell(*id).filter(|cell| cell.is_mapped());
            let (paper, deployed) = (cell.own_score, held.and_then(|cell| cell.own_score));
            let is_less = |paper: f64| deployed.is_none_or(|deployed| deployed < paper);
            let Some(score) = paper.filter(|paper| is_less(*paper)) else { continue };
            let missing = self.deployment.missing(cell, self.paper.sets());
            let row = LostRow {
                technique: (self.technique)(*id),
                paper: reach(self.paper, *id),
                deployed: if held.is_some() { reach(self.deployed, *id) } else { "not covered".to_owned() },
                open: held.is_none(),
                missing: missing.into_iter().map(str::to_owned).collect(),
            };
            rows.push((score - deployed.unwrap_or_default(), row));
        }
        // Stable, so that the id breaks ties.
        rows.sort_by(|(a, one), (b, other)| other.open.cmp(&one.open).then(b.total_cmp(a)));
        rows.into_iter().map(|(_, row)| row).collect()
    }
}

/// What a technique reaches, in a word: the strongest level, or the score where levels are not what counts.
fn reach(coverage: &Coverage<'_>, id: TechniqueId) -> String {
    let Some(cell) = coverage.cell(id) else { return "not covered".to_owned() };
    let categories = &coverage.selection().categories;
    let levels: Levels = cell.levels();
    match levels.level(categories, &coverage.rules().scale) {
        Some(level) if coverage.rules().metric == crate::coverage::Metric::Strongest => {
            level.name().to_owned()
        }
        _ => {
            coverage.shown_score(cell).map_or_else(|| "without a score".to_owned(), |score| score.to_string())
        }
    }
}

fn evidence_view(evidence: &Evidence) -> EvidenceView {
    let failed: Vec<String> = evidence.failed_checks().map(str::to_owned).collect();
    let mut places: Vec<PlaceCounts> = evidence
        .places
        .iter()
        .map(|((account, region), counts)| PlaceCounts {
            account: account.clone(),
            region: region.clone(),
            counts: *counts,
        })
        .collect();
    // Stable: of equal ones the account and the region say the order.
    places.sort_by_key(|place| place.counts.failed == 0);
    let texts = |all: Vec<&str>| all.into_iter().map(str::to_owned).collect();
    EvidenceView {
        counts: evidence.counts,
        checks: evidence.checks.len(),
        more_failed_checks: failed.len().saturating_sub(NAMED),
        failed_checks: failed.into_iter().take(NAMED).collect(),
        accounts: texts(evidence.accounts()),
        regions: texts(evidence.regions()),
        more_places: places.len().saturating_sub(PLACES),
        places: places.into_iter().take(PLACES).collect(),
    }
}
