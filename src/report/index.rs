//! `index.html`: the view of the whole site.

use crate::attack::TechniqueId;
use crate::attack::upgrade::Record;
use crate::coverage::{CapabilityKey, Metric, State};
use crate::diagnostic::{Diagnostic, Severity};
use crate::layer;
use crate::mapping::{Category, Level};

use super::matrix::matrix;
use super::site::{CapabilityPage, Counted, Framework, Site, categories, coverage_row, fraction, headline};
use super::view::{
    CapabilityRow, CategoryCount, FindingView, FindingsView, FrameworkView, GapGroup, GapsView, IndexView,
    LayerLink, LegendEntry, MethodView, RetiredRef, TechniqueRef,
};
use super::{deployment, next, theme, threat, upgrade};

/// The most findings that the index lists.
const LISTED: usize = 200;

/// The view of the index.
pub(super) fn index(site: &Site<'_>) -> IndexView {
    let attack = site.attack();
    let title = format!("{} coverage of {attack}", site.name());
    let description = format!(
        "Which techniques of {attack} the security capabilities of {} cover, how well, and what they leave open.",
        site.name()
    );
    IndexView {
        page: site.page(title, description, ""),
        attack,
        several: site.frameworks.len() > 1,
        frameworks: site.frameworks.iter().map(|one| framework(site, one)).collect(),
        deployed: deployment::view(site),
        threat: threat::view(site),
        upgrades: upgrades(site).map(upgrade::view).collect(),
        absences: upgrade::absences(upgrades(site)),
        method: method(site),
        findings: findings(site.content.findings),
    }
}

/// What became of the rows of each set that came from another ATT&CK version.
pub(super) fn upgrades<'s>(site: &'s Site<'_>) -> impl Iterator<Item = &'s Record> {
    site.frameworks.iter().flat_map(|one| &site.content.sets[one.set].upgrades)
}

pub(super) fn framework(site: &Site<'_>, one: &Framework<'_>) -> FrameworkView {
    let held = &site.content.sets[one.set];
    let coverage = &one.coverage;
    let scored = held.is_scored();
    // Two editions of one framework are told apart by what they are labelled.
    let shares_its_name = |other: &&Framework<'_>| {
        other.set != one.set && site.content.sets[other.set].framework.name() == held.framework.name()
    };
    let name = match site.frameworks.iter().find(shares_its_name) {
        Some(_) => held.framework.label(),
        None => held.framework.name().to_owned(),
    };
    let metric_notice = one.is_counted.then(|| {
        format!(
            "The mappings of {} have no levels, so they are counted: a technique’s score is the number of \
             capabilities that map it.",
            held.framework.label()
        )
    });
    let caption = format!("{} coverage of {}", held.framework.label(), site.attack());
    let link = |(label, href): &(String, String)| LayerLink { label: label.clone(), href: href.clone() };
    FrameworkView {
        key: one.key.clone(),
        source: site.source(one.set),
        scored,
        metric: coverage.rules().metric.name().to_owned(),
        metric_notice,
        headline: headline(coverage, scored),
        retired_notice: retired_notice(site, coverage),
        matrix: matrix(site, coverage, caption, "", false),
        tactics: tactics(site, coverage, scored),
        categories: categories(coverage, held.has_categories()),
        capabilities: one.capabilities.iter().map(|page| capability_row(site, one, page, scored)).collect(),
        gaps: gaps(site, one),
        next: next::next(site, one),
        layers: one.layers.iter().map(link).collect(),
        name,
    }
}

pub(super) fn retired_notice(site: &Site<'_>, coverage: &crate::coverage::Coverage<'_>) -> Option<String> {
    let mapped = || coverage.cells().iter().filter(|(_, cell)| cell.is_mapped());
    let all = mapped().count();
    let retired = mapped().filter(|(id, _)| site.content.catalog.technique(**id).is_none()).count();
    let verb = if retired == 1 { "is" } else { "are" };
    (retired > 0).then(|| {
        format!(
            "The source maps {all} techniques and sub-techniques; {retired} of them {verb} not active in {} and \
             {} in no percentage. See “Gaps”.",
            site.attack(),
            if retired == 1 { "counts" } else { "count" },
        )
    })
}

/// Coverage per tactic, in matrix order.
pub(super) fn tactics(
    site: &Site<'_>,
    coverage: &crate::coverage::Coverage<'_>,
    scored: bool,
) -> Vec<super::view::CoverageRow> {
    let wanted = coverage.selection().scope.tactics();
    let all = site.content.catalog.tactics().iter().enumerate();
    let rows =
        all.filter(|(index, _)| wanted.is_none_or(|wanted| wanted.contains(index))).map(|(index, tactic)| {
            let statistics = coverage.statistics(Some(index), None);
            let rules = coverage.rules();
            let row =
                coverage_row(&tactic.name, &tactic.shortname, &statistics, Counted::Both, scored, rules);
            super::view::CoverageRow { href: Some(site.tactic_url(&tactic.id)), ..row }
        });
    rows.filter(|row| row.mapped.of > 0).collect()
}

fn capability_row(
    site: &Site<'_>,
    framework: &Framework<'_>,
    page: &CapabilityPage<'_>,
    scored: bool,
) -> CapabilityRow {
    let held = &site.content.sets[page.key.set];
    let capability = &held.capabilities[page.key.capability];
    let statistics = page.coverage.statistics(None, None);
    let rules = page.coverage.rules();
    let count = |category: Category| {
        let active =
            page.coverage.cells().iter().filter(|(id, _)| site.content.catalog.technique(**id).is_some());
        CategoryCount {
            name: category.name().to_owned(),
            key: category.key().to_owned(),
            n: active.filter(|(_, cell)| cell.levels().has(category)).count(),
        }
    };
    CapabilityRow {
        id: capability.id.clone(),
        name: capability.name.clone(),
        href: page.path.clone(),
        group: group_name(site, page.key),
        coverage: coverage_row(&capability.name, &page.path, &statistics, Counted::Both, scored, rules),
        categories: if held.has_categories() { Category::ALL.map(count).into() } else { Vec::new() },
        only: only(framework, page.key).count(),
        non_mappable: page.layer.is_none(),
    }
}

/// The group's name, where groups say more than capabilities do.
pub(super) fn group_name(site: &Site<'_>, key: CapabilityKey) -> Option<String> {
    let held = &site.content.sets[key.set];
    if !held.groups_say_more() {
        return None;
    }
    let names: Vec<&str> = held.capabilities[key.capability]
        .groups
        .iter()
        .map(|group| held.groups[*group].name.as_str())
        .collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// The active techniques that a capability alone maps in its framework.
pub(super) fn only<'f>(
    framework: &'f Framework<'_>,
    key: CapabilityKey,
) -> impl Iterator<Item = TechniqueId> + 'f {
    let alone = framework.coverage.cells().iter().filter(move |(id, cell)| {
        cell.capabilities.len() == 1
            && framework.coverage.catalog().technique(**id).is_some()
            && cell.capabilities.first().is_some_and(|(first, _)| *first == key)
    });
    alone.map(|(id, _)| *id)
}

fn gaps(site: &Site<'_>, one: &Framework<'_>) -> GapsView {
    let coverage = &one.coverage;
    let catalog = site.content.catalog;
    let refs =
        |ids: Vec<_>| -> Vec<TechniqueRef> { ids.into_iter().map(|id| site.technique_ref(id, "")).collect() };
    let not_assessed = coverage.cells().keys().filter(|id| coverage.state(**id) == State::NotAssessed);
    let techniques = catalog.techniques().iter().map(|technique| technique.id);
    let is_new = |id: &TechniqueId| coverage.is_new(*id) && coverage.cell(*id).is_none();
    let new = techniques.filter(|id| is_new(id) && coverage.state(*id) == State::NotAssessed);
    let retired = coverage.cells().keys().filter(|id| catalog.technique(**id).is_none());
    let capabilities = one.capabilities.iter().filter(|page| page.layer.is_none());
    GapsView {
        not_covered: open(site, one),
        not_mappable: refs(coverage.not_mappable().iter().copied().collect()),
        not_assessed: refs(not_assessed.copied().collect()),
        new: refs(new.collect()),
        made_on: site.content.sets[one.set].made_on().to_string(),
        non_mappable_capabilities: capabilities.map(|page| site.capability_ref(page.key, "")).collect(),
        retired: retired
            .map(|id| RetiredRef {
                id: id.to_string(),
                name: site.full_name(*id),
                fate: catalog.fate(*id).describe(),
                href: site.technique_ref(*id, "").href,
            })
            .collect(),
    }
}

/// Per tactic the techniques that nothing maps, neither themselves nor in any sub-technique.
fn open(site: &Site<'_>, one: &Framework<'_>) -> Vec<GapGroup> {
    let catalog = site.content.catalog;
    let coverage = &one.coverage;
    let scope = &coverage.selection().scope;
    let wanted = scope.tactics();
    let mut groups = Vec::new();
    for (index, tactic) in catalog.tactics().iter().enumerate() {
        if wanted.is_some_and(|wanted| !wanted.contains(&index)) {
            continue;
        }
        let in_scope: Vec<_> =
            catalog.in_tactic(index).into_iter().filter(|one| scope.contains(one)).collect();
        let open: Vec<_> = in_scope
            .iter()
            .filter(|technique| {
                let subs = catalog.sub_techniques(technique.id);
                coverage.state(technique.id) == State::NotCovered
                    && subs
                        .filter(|sub| sub.tactics.contains(index))
                        .all(|sub| coverage.cell(sub.id).is_none())
            })
            .collect();
        if in_scope.is_empty() {
            continue;
        }
        groups.push(GapGroup {
            name: tactic.name.to_string(),
            key: tactic.shortname.to_string(),
            open: fraction(open.len(), in_scope.len()),
            techniques: open.iter().map(|technique| site.technique_ref(technique.id, "")).collect(),
        });
    }
    groups
}

fn method(site: &Site<'_>) -> MethodView {
    let rules = &site.content.rules;
    let any_scored = site.frameworks.iter().any(|one| site.content.sets[one.set].is_scored());
    let statistics = site.combined.statistics(None, None);
    let (techniques, subs) = (statistics.in_scope.techniques, statistics.in_scope.sub_techniques);
    let new = statistics.new.total();
    let of_new = if new == 0 {
        String::new()
    } else {
        let verb = if new == 1 { "is" } else { "are" };
        format!(
            " {new} of them {verb} new since the ATT&CK version that the mappings were made on and not assessed; a source \
             of that version cannot cover them."
        )
    };
    let scope = if site.content.selection.scope.is_everything() { "" } else { " that the filters leave" };
    let scale = Level::ALL.map(|level| LegendEntry {
        class: theme::score_class(crate::coverage::whole(rules.scale.score(level), 100.0), 100),
        label: format!("{level} {}", rules.scale.score(level)),
    });
    let metric = if any_scored { rules.metric } else { Metric::Count };
    MethodView {
        scale: if any_scored { scale.into() } else { Vec::new() },
        metric: metric.definition().to_owned(),
        rollup: rules.rollup.definition().to_owned(),
        denominator: format!(
            "The {} active techniques of {}{scope}: {techniques} techniques and {subs} sub-techniques. A technique in \
             several tactics counts in each tactic’s row and once in every total. Mapped ids that are not active count \
             in no percentage.{of_new}",
            techniques + subs,
            site.attack(),
        ),
        filters: site.content.selection.phrases.clone(),
    }
}

fn findings(all: &[Diagnostic]) -> FindingsView {
    let count = |severity| all.iter().filter(|finding| finding.severity == severity).count();
    let mut ordered: Vec<&Diagnostic> = all.iter().collect();
    ordered.sort_by_key(|finding| finding.severity);
    let view = |finding: &Diagnostic| FindingView {
        code: finding.code.id().to_owned(),
        severity: finding.severity.name().to_owned(),
        message: finding.message.clone(),
        place: finding.place.as_ref().map_or_else(String::new, ToString::to_string),
        help: finding.help.clone(),
    };
    FindingsView {
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        notes: count(Severity::Note),
        items: ordered.iter().take(LISTED).map(|finding| view(finding)).collect(),
        more: all.len().saturating_sub(LISTED),
    }
}

/// The end of a coverage's ramp, for pages that colour single techniques.
pub(super) fn top(framework: &Framework<'_>) -> i64 {
    layer::score_top(&framework.coverage)
}
