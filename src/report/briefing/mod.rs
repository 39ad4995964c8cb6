//! The report: everything about the sources on one page, which is a document on paper.
//!
//! It tells what the site tells, of all sources together, in the order in which it is read: the answer first, then what it
//! rests on, then what is looked up.

mod answer;
mod entries;
mod view;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::thread;

use crate::coverage::CapabilityKey;
use crate::coverage::compare::Comparison;
use crate::mapping::MappingSet;
use crate::mapping::select::Selection;

use super::compare::{beside, used_by};
use super::explorer::explorer;
use super::index;
use super::matrix::matrix;
use super::site::{Content, Framework, Site, categories};
use super::view::{IndexView, Page};
use super::{TemplateError, Templates, deployment, theme};
use entries::Notes;
pub use view::{
    AnswerView, CapabilityEntry, CoverView, MappedEntry, NoteRef, NoteView, PointView, ReportFramework,
    ReportMapping, ReportView, TechniqueEntry,
};

/// How many capabilities stand side by side where nobody says which.
const SIDES: usize = 3;

/// The most sides.
const MOST_SIDES: usize = 8;

/// What a report says beside what its content says.
#[derive(Debug, Clone, Default)]
pub struct ReportOptions<'a> {
    /// The title; made of the names of the sources when there is none.
    pub title: Option<String>,
    /// Under the title.
    pub subtitle: Option<String>,
    /// For whom it is.
    pub prepared_for: Option<String>,
    /// By whom it is.
    pub prepared_by: Option<String>,
    /// Of when it is, as it is to be shown.
    pub date: Option<String>,
    /// The sides to put beside each other, two to eight, named; the sources, or the capabilities that map most, when there
    /// are none.
    pub sides: Vec<(String, Selection)>,
    /// Leaves out what is for reference: mappings, techniques, findings.
    pub brief: bool,
    /// The paper that it is printed on.
    pub paper: Paper,
    /// Templates that take the place of the embedded ones of the same name.
    pub templates: Option<&'a Path>,
}

/// What a report is printed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Paper {
    /// 210 × 297 mm
    #[default]
    A4,
    /// 8.5 × 11 in
    Letter,
}

impl Paper {
    /// What CSS calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::A4 => "A4",
            Self::Letter => "letter",
        }
    }
}

/// The report: one page of HTML that needs nothing else.
///
/// # Errors
/// When a template is not sound, or asks for what the page does not have.
pub fn report_page(content: &Content<'_>, options: &ReportOptions<'_>) -> Result<String, TemplateError> {
    // Compiling the templates takes about as long as making the view, and needs nothing of it.
    let (templates, (view, style)) = thread::scope(|scope| {
        let templates = scope.spawn(|| Templates::new(options.templates));
        let made = make(content, options);
        (templates.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), made)
    });
    let mut templates = templates?;
    templates.set_theme_of("report", &style, &theme::paper(options.paper));
    templates.render("report", &view)
}

/// The view, and the generated part of its style sheet.
pub(super) fn make(content: &Content<'_>, options: &ReportOptions<'_>) -> (ReportView, String) {
    let site = Site::on_one_page(content, options.brief);
    let comparison = comparison(&site, &options.sides);
    let view = view(&site, comparison.as_ref(), options);
    let mut used = site.used_colors();
    used.extend(theme::used(
        site.combined.cells().values().filter_map(|cell| site.combined.shown_score(cell)),
        crate::layer::score_top(&site.combined),
        &content.rules.scale,
    ));
    let mut style = String::new();
    if let Some((comparison, sides)) = comparison.as_ref().zip(view.sides.as_ref()) {
        used.extend(used_by(comparison, &sides.grid));
        style += &theme::sides(comparison.sides().len());
    }
    if site.against.is_some() {
        style += &theme::threat_style(&content.palette);
    }
    (view, theme::style(&used, &content.palette, &content.rules.scale) + &style)
}

fn view(site: &Site<'_>, comparison: Option<&Comparison<'_>>, options: &ReportOptions<'_>) -> ReportView {
    let content = site.content;
    let IndexView {
        page,
        attack,
        several,
        frameworks,
        threat,
        upgrades: records,
        absences,
        method,
        findings,
        ..
    } = index::index(site);
    let involved = || site.frameworks.iter().map(|one| &content.sets[one.set]);
    let scored = involved().any(MappingSet::is_scored);
    let has_categories = involved().any(MappingSet::has_categories);
    let mut notes = Notes::default();
    let metric_notice = frameworks.iter().find_map(|one| one.metric_notice.clone()).filter(|_| !scored);
    let details: Vec<_> = site
        .frameworks
        .iter()
        .map(|one| if options.brief { Vec::new() } else { entries::capabilities(site, one, &mut notes) })
        .collect();
    let defends = answer::relation(site).is_none();
    let parts = frameworks.into_iter().zip(&site.frameworks).zip(details);
    let frameworks: Vec<ReportFramework> = parts
        .map(|((view, one), details)| ReportFramework {
            has_categories: content.sets[one.set].has_categories(),
            key: view.key,
            name: view.name,
            source: view.source,
            scored: view.scored,
            capabilities: view.capabilities,
            details,
            gaps: view.gaps,
            next: view.next.filter(|_| defends),
        })
        .collect();
    let tactics = index::tactics(site, &site.combined, scored);
    let categories = categories(&site.combined, has_categories);
    let caption = format!("{} coverage of {attack}", site.name());
    ReportView {
        cover: cover(site, options),
        answer: answer::answer(site, scored, &tactics, &categories, &frameworks),
        page: Page { title: options.title.clone().unwrap_or(page.title), ..page },
        attack_path: format!("v{}", content.catalog.version().major),
        attack,
        scored,
        several,
        metric: site.combined.rules().metric.name().to_owned(),
        metric_notice,
        matrix: matrix(site, &site.combined, caption, "", false),
        explorer: explorer(site),
        tactics,
        categories,
        frameworks,
        sides: comparison.map(beside),
        threat,
        deployed: deployment::view(site).map(|view| deployment::DeployedView {
            layer: None,
            page: None,
            ..view
        }),
        upgrades: records,
        absences,
        techniques: if options.brief { Vec::new() } else { entries::techniques(site, has_categories) },
        method,
        findings,
        notes: notes.views(),
        brief: options.brief,
    }
}

/// The sides that are asked for; else the sources, when there are a few; else the capabilities that map most.
fn comparison<'a>(site: &Site<'a>, asked: &[(String, Selection)]) -> Option<Comparison<'a>> {
    let content = site.content;
    let sides: Vec<(String, Selection)> = if asked.is_empty() {
        usual_sides(site)
    } else {
        let narrowed =
            |(name, side): &(String, Selection)| (name.clone(), content.selection.narrowed_to(side));
        asked.iter().map(narrowed).collect()
    };
    (2..=MOST_SIDES)
        .contains(&sides.len())
        .then(|| Comparison::new(content.sets, content.catalog, content.rules, &sides))
}

fn usual_sides(site: &Site<'_>) -> Vec<(String, Selection)> {
    let selection = &site.content.selection;
    if let [only] = site.frameworks.as_slice() {
        let mapping = only.capabilities.iter().filter(|page| page.layer.is_some()).take(SIDES);
        let named = |key: CapabilityKey| {
            let capability = &site.content.sets[key.set].capabilities[key.capability];
            let is_it = |set, at| CapabilityKey { set, capability: at } == key;
            (capability.name.clone(), selection.with_capabilities(is_it))
        };
        return mapping.map(|page| named(page.key)).collect();
    }
    let whole = |one: &Framework<'_>| {
        let label = site.content.sets[one.set].framework.label();
        (label, selection.with_capabilities(|set, _| set == one.set))
    };
    site.frameworks.iter().map(whole).collect()
}

fn cover(site: &Site<'_>, options: &ReportOptions<'_>) -> CoverView {
    let looked_at = site.frameworks.iter().map(|one| looked_at(site, one));
    let statistics = site.combined.statistics(None, None);
    let (techniques, subs) = (statistics.in_scope.techniques, statistics.in_scope.sub_techniques);
    let scope = if site.content.selection.scope.is_everything() { "" } else { " that the filters leave" };
    CoverView {
        subtitle: options.subtitle.clone(),
        prepared_for: options.prepared_for.clone(),
        prepared_by: options.prepared_by.clone(),
        date: options.date.clone(),
        looked_at: looked_at.collect(),
        scope: match subs {
            0 => {
                format!("All figures are of the {techniques} active techniques of {}{scope}.", site.attack())
            }
            _ => format!(
                "All figures are of the {techniques} active techniques and {subs} sub-techniques of {}{scope}.",
                site.attack()
            ),
        },
    }
}

/// `AWS 12/12/2024: 1,073 mappings of 20 capabilities, made on ATT&CK 16.1, last updated 12/11/2024`
fn looked_at(site: &Site<'_>, one: &Framework<'_>) -> String {
    let held = &site.content.sets[one.set];
    let cells = || one.coverage.cells().values();
    let mappings: usize = cells().map(|cell| cell.mappings.len()).sum();
    let capabilities: BTreeSet<CapabilityKey> =
        cells().flat_map(|cell| &cell.capabilities).map(|(key, _)| *key).collect();
    let noun =
        |n: usize, one: &str, many: &str| format!("{} {}", grouped(n), if n == 1 { one } else { many });
    let mut text = format!(
        "{}: {} of {}, made on {} ATT&CK {}",
        held.framework.label(),
        noun(mappings, "mapping", "mappings"),
        noun(capabilities.len(), "capability", "capabilities"),
        held.domain.name(),
        held.made_on(),
    );
    if held.made_on() != site.content.catalog.version() {
        let _ = write!(text, " and carried to {}", site.content.catalog.version());
    }
    if let Some(date) = held.publication.last_update.as_deref().filter(|date| !date.trim().is_empty()) {
        let _ = write!(text, ", last updated {date}");
    }
    text
}

/// A whole number with its thousands set apart, as templates write it.
fn grouped(n: usize) -> String {
    super::templates::grouped(n as f64)
}
