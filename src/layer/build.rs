//! From coverage to a layer.
//!
//! What is written is what the Navigator shows without a warning and the strict Python loader takes without a loss:
//! whole scores, a gradient that no score falls off, no empty value, no unknown field. The two disagree about dividers
//! in metadata (the Navigator's form is lost in Python, Python's is dropped by the Navigator), so a block of metadata
//! is told by the `capability` row that opens it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use super::model::{
    Annotation, Expand, FORMAT, Filters, Gradient, Layer, Layout, LegendItem, Link, Metadata, NAVIGATOR,
    Versions,
};
use crate::attack::upgrade::{Named, Record, absence};
use crate::attack::{Catalog, Domain, TechniqueId, Version};
use crate::coverage::{Cell, Coverage, Levels, Metric, Rollup, Scale, State, whole};
use crate::link;
use crate::mapping::{Category, Level};
use crate::matrix::gradient;
use crate::matrix::palette::{Color, Hue, Palette, Theme};

/// The row of a technique's metadata that names what it was on the ATT&CK version that the source was made on.
pub(super) const UPGRADED_FROM: &str = "upgraded from";

/// The row of a block of metadata that names the techniques that it was of, where they are not all those of the annotation.
pub(crate) const MADE_OF: &str = "made of";

/// What the colours tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ColorBy {
    /// The score, by a gradient that Navigator users can change.
    #[default]
    Score,
    /// The category, by an explicit colour: hue by category, lightness by level.
    Category,
}

impl ColorBy {
    /// Both ways.
    pub const ALL: [Self; 2] = [Self::Score, Self::Category];

    /// The name on the command line.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Score => "score",
            Self::Category => "category",
        }
    }
}

/// How a layer is made.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The name; empty: made from the sources.
    pub name: String,
    /// The description; empty: made from the sources.
    pub description: String,
    /// What the colours tell.
    pub color_by: ColorBy,
    /// The colours.
    pub palette: Palette,
    /// Which techniques are expanded.
    pub expand: Expand,
    /// The score at which the gradient ends, for several layers on one scale; `None`: [`score_top`].
    pub top: Option<i64>,
}

/// Makes a layer of everything in the coverage.
#[must_use]
pub fn build(coverage: &Coverage<'_>, options: &Options) -> Layer {
    let catalog = coverage.catalog();
    let name = if options.name.is_empty() { default_name(coverage) } else { options.name.clone() };
    let description = if options.description.is_empty() {
        default_description(coverage)
    } else {
        options.description.clone()
    };
    let platforms = &coverage.selection().platforms;
    let techniques = annotations(coverage, options);
    let gradient = gradient(coverage, options);
    Layer {
        filters: (!platforms.is_empty()).then(|| Filters { platforms: platforms.clone() }),
        layout: Layout { expanded_subtechniques: options.expand, ..Layout::default() },
        legend_items: legend(coverage, options, &gradient, &techniques),
        techniques,
        gradient,
        metadata: layer_metadata(coverage),
        ..blank(catalog.domain(), catalog.version(), name, description)
    }
}

/// A layer that says nothing yet, with the settings that all layers of ours share.
pub(super) fn blank(domain: Domain, version: Version, name: String, description: String) -> Layer {
    Layer {
        name,
        versions: Versions {
            attack: version.major.to_string(),
            navigator: NAVIGATOR.to_owned(),
            layer: FORMAT.to_owned(),
        },
        domain: domain.id().to_owned(),
        description,
        filters: None,
        layout: Layout::default(),
        hide_disabled: false,
        techniques: Vec::new(),
        gradient: Gradient {
            colors: Palette::default().ramp_stops(Theme::Light, 5).into_iter().map(Color::hex).collect(),
            min_value: 0,
            max_value: 100,
        },
        legend_items: Vec::new(),
        metadata: Vec::new(),
        show_tactic_row_background: false,
        tactic_row_background: "#dddddd".to_owned(),
        select_techniques_across_tactics: true,
        select_subtechniques_with_parent: true,
        select_visible_techniques: false,
    }
}

/// The frameworks' labels. A layer's name becomes a sheet's name when the Navigator exports it to Excel, and characters
/// that Excel refuses there abort the export.
pub(super) fn default_name(coverage: &Coverage<'_>) -> String {
    let labels: Vec<String> = coverage.involved().map(|(_, set)| set.framework.label()).collect();
    sheet_safe(&labels.join(" + "))
}

/// A name without the characters that Excel refuses in a sheet's name.
pub(super) fn sheet_safe(name: &str) -> String {
    name.replace(['/', '\\', ':', '*', '?', '[', ']'], ".")
}

fn default_description(coverage: &Coverage<'_>) -> String {
    let catalog = coverage.catalog();
    let labels: Vec<String> = coverage.involved().map(|(_, set)| set.framework.label()).collect();
    let mut text = format!(
        "{} on {} ATT&CK {}. {}",
        labels.join(", "),
        catalog.domain().name(),
        catalog.version(),
        coverage.rules().metric.definition()
    );
    if !coverage.selection().phrases.is_empty() {
        let _ = write!(text, " Filtered by {}.", coverage.selection().phrases.join("; "));
    }
    text
}

pub(super) fn layer_metadata(coverage: &Coverage<'_>) -> Vec<Metadata> {
    let catalog = coverage.catalog();
    let rules = coverage.rules();
    let mut rows = Vec::new();
    for (_, set) in coverage.involved() {
        rows.extend(Metadata::new("source", set.framework.label()));
        rows.extend(Metadata::new("source ATT&CK version", set.made_on().to_string()));
        rows.extend(set.upgrades.iter().filter_map(|record| Metadata::new("upgrade", upgrade_line(record))));
        rows.extend(set.publication.organization.as_ref().and_then(|name| Metadata::new("publisher", name)));
        rows.extend(set.publication.last_update.as_ref().and_then(|date| Metadata::new("last update", date)));
    }
    let attack = format!("{} {}", catalog.domain().id(), catalog.version());
    rows.extend(Metadata::new("ATT&CK", attack));
    rows.extend(Metadata::new("metric", rules.metric.key()));
    if rules.metric.needs_levels() {
        let scale = Level::ALL.map(|level| format!("{level} {}", rules.scale.score(level)));
        rows.extend(Metadata::new("scale", scale.join(", ")));
    }
    rows.extend(Metadata::new("roll-up", rules.rollup.key()));
    for phrase in &coverage.selection().phrases {
        rows.extend(Metadata::new("filter", phrase));
    }
    let declared: BTreeSet<&str> = coverage
        .sets()
        .iter()
        .enumerate()
        .flat_map(|(set, content)| {
            content.capabilities.iter().enumerate().map(move |(index, one)| (set, index, one))
        })
        .filter(|(set, index, one)| one.non_mappable && coverage.selection().has_capability(*set, *index))
        .map(|(_, _, one)| one.name.as_str())
        .collect();
    let declared: Vec<&str> = declared.into_iter().collect();
    rows.extend(Metadata::new("not mappable", declared.join(", ")));
    rows.extend(Metadata::new("generator", crate::GENERATOR));
    rows
}

/// What an upgrade did, in a line without its title, which stands above it.
pub(super) fn upgrade_line(record: &Record) -> String {
    format!("ATT&CK {} to {}, rows: {}", record.from, record.to, record.counts)
}

pub(super) fn annotations(coverage: &Coverage<'_>, options: &Options) -> Vec<Annotation> {
    let mut all: Vec<Annotation> = Vec::with_capacity(coverage.cells().len());
    for (id, cell) in coverage.cells() {
        let score = coverage.shown_score(cell);
        let color = match options.color_by {
            ColorBy::Score => None,
            ColorBy::Category => category_color(coverage, cell, &options.palette),
        };
        let annotation = Annotation {
            technique_id: *id,
            tactic: None,
            score,
            color,
            comment: comment(coverage, cell),
            enabled: true,
            metadata: technique_metadata(coverage, *id, cell),
            links: links(coverage, cell),
            show_subtechniques: false,
        };
        per_tactic(coverage, annotation, &mut all);
    }
    let declared = coverage.not_mappable().iter().map(|id| Annotation {
        technique_id: *id,
        tactic: None,
        score: None,
        color: None,
        comment: "Declared not mappable by the source; not covered.".to_owned(),
        enabled: true,
        metadata: Metadata::new("state", "not mappable").into_iter().collect(),
        links: Vec::new(),
        show_subtechniques: false,
    });
    for annotation in declared {
        per_tactic(coverage, annotation, &mut all);
    }
    for annotation in new_techniques(coverage) {
        per_tactic(coverage, annotation, &mut all);
    }
    all.sort_by_key(|annotation| annotation.technique_id);
    expand(coverage.catalog(), options.expand, &mut all);
    all
}

/// What is said of a technique that nobody can have assessed.
#[derive(Debug, Clone)]
pub(crate) struct NotAssessed {
    /// The comment of its annotation.
    pub(crate) comment: String,
    /// The row `state` of its metadata.
    pub(crate) state: String,
}

impl NotAssessed {
    /// For techniques that are `absence`: [`absence`] says how.
    pub(super) fn new(absence: &str) -> Self {
        Self {
            comment: format!("Not assessed: {absence}, on which the mappings were made."),
            state: format!("not assessed: {absence}"),
        }
    }

    /// Whether a row `state` says so.
    pub(crate) fn is_state(text: &str) -> bool {
        let absence = text.strip_prefix("not assessed: ").unwrap_or_default();
        ["new since ", "not in ", "lost on the way back to "]
            .iter()
            .any(|why| absence.starts_with(&format!("{why}ATT&CK ")))
    }
}

/// What nobody can have assessed: without a score, so that it is not painted, and with a comment, so that it is not taken
/// for a gap.
fn new_techniques<'c>(coverage: &'c Coverage<'_>) -> impl Iterator<Item = Annotation> + 'c {
    let made_on = coverage.involved().map(|(_, set)| set.made_on()).max();
    let texts = made_on.map(|made_on| NotAssessed::new(&absence(made_on, coverage.catalog().version())));
    let techniques = coverage.catalog().techniques().iter().map(|one| one.id);
    let new = techniques.filter(|id| coverage.is_new(*id) && coverage.state(*id) == State::NotAssessed);
    new.filter(|id| coverage.cell(*id).is_none()).zip(std::iter::repeat(texts)).filter_map(|(id, texts)| {
        let texts = texts?;
        Some(Annotation {
            technique_id: id,
            tactic: None,
            score: None,
            color: None,
            comment: texts.comment,
            enabled: true,
            metadata: Metadata::new("state", texts.state).into_iter().collect(),
            links: Vec::new(),
            show_subtechniques: false,
        })
    })
}

/// One entry for all tactics, unless a tactic filter leaves some of the technique's tactics out.
pub(super) fn per_tactic(coverage: &Coverage<'_>, annotation: Annotation, all: &mut Vec<Annotation>) {
    let catalog = coverage.catalog();
    let wanted = coverage.selection().scope.tactics();
    let technique = catalog.technique(annotation.technique_id);
    let (Some(wanted), Some(technique)) = (wanted, technique) else {
        all.push(annotation);
        return;
    };
    if technique.tactics.iter().all(|tactic| wanted.contains(&tactic)) {
        all.push(annotation);
        return;
    }
    for tactic in technique.tactics.iter().filter(|tactic| wanted.contains(tactic)) {
        let shortname = catalog.tactics()[tactic].shortname.to_string();
        all.push(Annotation { tactic: Some(shortname), ..annotation.clone() });
    }
}

/// Readers that do not know `expandedSubtechniques` (before format 4.5) see the flag of each technique.
pub(super) fn expand(catalog: &Catalog, expand: Expand, all: &mut [Annotation]) {
    if expand == Expand::None {
        return;
    }
    let open: BTreeSet<TechniqueId> = match expand {
        Expand::None => BTreeSet::new(),
        Expand::Annotated => all.iter().filter_map(|annotation| annotation.technique_id.parent()).collect(),
        Expand::All => catalog.techniques().iter().filter_map(|technique| technique.parent).collect(),
    };
    for annotation in all {
        annotation.show_subtechniques = open.contains(&annotation.technique_id);
    }
}

/// Who covers it, in a line: "2 capabilities: AWS Config (Protect Partial), Amazon GuardDuty (Detect Minimal)".
fn comment(coverage: &Coverage<'_>, cell: &Cell) -> String {
    let mut text = match cell.capabilities.len() {
        0 => String::new(),
        1 => "1 capability: ".to_owned(),
        count => format!("{count} capabilities: "),
    };
    for (index, (key, levels)) in cell.capabilities.iter().enumerate() {
        let capability = &coverage.sets()[key.set].capabilities[key.capability];
        let reached = reached(*levels);
        let separator = if index == 0 { "" } else { ", " };
        let _ = write!(text, "{separator}{}", capability.name);
        if !reached.is_empty() {
            let _ = write!(text, " ({})", reached.join(", "));
        }
    }
    if let Some(score) = cell.rolled_up {
        let from = if coverage.rules().rollup == Rollup::Max { "the highest" } else { "the mean" };
        let shown = whole(score, coverage.full_score());
        let _ = write!(
            text,
            "{}Score {shown} is rolled up: {from} of its sub-techniques.",
            if text.is_empty() { "" } else { ". " }
        );
    }
    text
}

/// What a capability reaches: "Protect Partial", or "score 40" where the source gives numbers.
fn reached(levels: Levels) -> Vec<String> {
    let of = |category: Category| {
        let level = levels.get(category).map(|level| format!("{category} {level}"));
        let number = levels.number(Some(category)).map(|number| format!("{category} score {number}"));
        level.into_iter().chain(number)
    };
    let overall = levels.number(None).map(|number| format!("score {number}"));
    Category::ALL.into_iter().flat_map(of).chain(overall).collect()
}

/// One block per capability and category: capability, category, level (or score, or mapping type), comment.
fn technique_metadata(coverage: &Coverage<'_>, id: TechniqueId, cell: &Cell) -> Vec<Metadata> {
    let mut rows = Vec::with_capacity(cell.mappings.len() * 4);
    let catalog = coverage.catalog();
    if catalog.technique(id).is_none() {
        rows.extend(Metadata::new("state", catalog.fate(id).describe()));
    } else if cell.score().is_none() {
        rows.extend(Metadata::new("state", "not assessed: mapped without a score"));
    }
    if let Some(score) = cell.rolled_up {
        rows.extend(Metadata::new("rolled-up score", whole(score, coverage.full_score()).to_string()));
        let own = cell
            .own_score
            .map_or_else(|| "none".to_owned(), |own| whole(own, coverage.full_score()).to_string());
        rows.extend(Metadata::new("own score", own));
    }
    let origins = origins(coverage, cell);
    rows.extend(origins.values().filter_map(|name| Metadata::new(UPGRADED_FROM, name.as_str())));
    let several = coverage.involved().count() > 1;
    let mut last = None;
    for (set, mapping) in coverage.mappings(cell) {
        let capability = &set.capabilities[mapping.capability];
        // The same row twice in a file is one mapping.
        let score = (mapping.score(), mapping.numeric);
        let row = (&capability.id, score, &mapping.mapping_type, &mapping.comment, &set.framework);
        if last == Some(row) {
            continue;
        }
        last = Some(row);
        let name = if several {
            format!("{} ({})", capability.name, set.framework.label())
        } else {
            capability.name.clone()
        };
        rows.extend(Metadata::new("capability", name));
        match score {
            (Some((category, level)), _) => {
                rows.extend(Metadata::new("category", category.name()));
                rows.extend(Metadata::new("level", level.name()));
            }
            (None, Some(number)) => {
                rows.extend(mapping.category.and_then(|category| Metadata::new("category", category.name())));
                rows.extend(Metadata::new("score", number.to_string()));
            }
            (None, None) => rows.extend(Metadata::new("mapping type", mapping.mapping_type.as_str())),
        }
        let made_of: BTreeSet<TechniqueId> =
            mapping.moved_from.iter().map(|origin| origin.technique).collect();
        if !made_of.iter().eq(origins.keys()) {
            rows.extend(Metadata::new(MADE_OF, made_of_row(id, &made_of)));
        }
        rows.extend(Metadata::new("comment", mapping.comment.as_str()));
    }
    rows
}

/// The techniques that a cell's mappings were made on, where they are others: `T1562.008 Impair Defenses: Disable or
/// Modify Cloud Logs (ATT&CK 16.1)`.
pub(super) fn origins(coverage: &Coverage<'_>, cell: &Cell) -> BTreeMap<TechniqueId, String> {
    let mut names: BTreeMap<TechniqueId, String> = BTreeMap::new();
    for (set, mapping) in coverage.mappings(cell) {
        for origin in &mapping.moved_from {
            names.entry(origin.technique).or_insert_with(|| {
                let id = origin.technique.to_string();
                let told = set.upgrades.iter().find_map(|record| record.change_of(&id));
                let name = Named { id, name: origin.name.clone() };
                let full = told.map_or(&name, |change| &change.from);
                format!("{full} (ATT&CK {})", set.made_on())
            });
        }
    }
    names
}

/// The techniques that a block was of: `T1562, T1562.001`; its own, where it has not moved.
pub(super) fn made_of_row(own: TechniqueId, origins: &BTreeSet<TechniqueId>) -> String {
    if origins.is_empty() {
        return own.to_string();
    }
    origins.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn links(coverage: &Coverage<'_>, cell: &Cell) -> Vec<Link> {
    let mut seen = BTreeSet::new();
    let mut links = Vec::new();
    for (_, mapping) in coverage.mappings(cell) {
        for reference in &mapping.references {
            if let Some(url) = link::web_address(&reference.text)
                && seen.insert(url)
            {
                links.push(Link { label: link_label(url), url: url.to_owned() });
            }
        }
    }
    links
}

/// An address without its scheme, shortened: what fits a menu.
fn link_label(url: &str) -> String {
    let bare = url.split_once("://").map_or(url, |(_, rest)| rest).trim_end_matches('/');
    match bare.char_indices().nth(70) {
        Some((at, _)) => format!("{}…", &bare[..at]),
        None => bare.to_owned(),
    }
}

/// The hue of the categories reached, in the lightness of the strongest level; `None` without a level or number.
#[must_use]
pub(crate) fn category_fill(cell: &Cell, categories: &[Category], scale: &Scale) -> Option<(Hue, Level)> {
    let levels = cell.levels();
    let reached: Vec<Category> =
        categories.iter().copied().filter(|category| levels.has(*category)).collect();
    let hue = match reached.as_slice() {
        [] => Hue::Unstated,
        [one] => Hue::Of(*one),
        _ => Hue::Several,
    };
    levels.level(categories, scale).map(|level| (hue, level))
}

fn category_color(coverage: &Coverage<'_>, cell: &Cell, palette: &Palette) -> Option<String> {
    let fill = category_fill(cell, &coverage.selection().categories, &coverage.rules().scale);
    fill.map(|(hue, level)| palette.fill(hue, Theme::Light, level).hex())
}

/// The score at which the gradient of a coverage ends: 100, or about the highest count.
#[must_use]
pub fn score_top(coverage: &Coverage<'_>) -> i64 {
    let full = whole(coverage.full_score(), f64::MAX);
    if coverage.rules().metric != Metric::Count {
        return full;
    }
    let scores: Vec<i64> = coverage.cells().values().filter_map(|cell| coverage.shown_score(cell)).collect();
    gradient::safe_top(&scores, full)
}

fn gradient(coverage: &Coverage<'_>, options: &Options) -> Gradient {
    let max_value = options.top.unwrap_or_else(|| score_top(coverage));
    // The strict Python loader refuses more colours than whole scores.
    let count = usize::try_from(max_value + 1).unwrap_or(5).clamp(2, 5);
    let colors = options.palette.ramp_stops(Theme::Light, count).into_iter().map(Color::hex).collect();
    Gradient { colors, min_value: 0, max_value }
}

/// `1 capability`, `8 capabilities`, and at the end of a gradient that ends below the highest count, `… or more`.
pub(crate) fn count_label(coverage: &Coverage<'_>, count: i64, top: i64) -> String {
    let noun = if count == 1 { "capability" } else { "capabilities" };
    let is_open = count == top && coverage.full_score() > top as f64;
    format!("{count} {noun}{}", if is_open { " or more" } else { "" })
}

fn legend(
    coverage: &Coverage<'_>,
    options: &Options,
    gradient: &Gradient,
    techniques: &[Annotation],
) -> Vec<LegendItem> {
    let rules = coverage.rules();
    let palette = &options.palette;
    if options.color_by == ColorBy::Category {
        let used: BTreeSet<&str> =
            techniques.iter().filter_map(|technique| technique.color.as_deref()).collect();
        let all = Hue::ALL.into_iter().flat_map(|hue| Level::ALL.map(|level| (hue, level)));
        return all
            .map(|(hue, level)| LegendItem {
                label: format!("{}: {level}", hue.name()),
                color: palette.fill(hue, Theme::Light, level).hex(),
            })
            .filter(|item| used.contains(item.color.as_str()))
            .collect();
    }
    let stops: Vec<Color> = palette.ramp_stops(Theme::Light, gradient.colors.len());
    let colors = gradient::sample(&stops);
    let item = |label: String, score: i64| {
        let color = colors[gradient::index(score, gradient.min_value, gradient.max_value)].hex();
        LegendItem { label, color }
    };
    if rules.metric.needs_levels() {
        let top = Level::ALL.map(|level| (level, whole(rules.scale.score(level), 100.0)));
        return top.into_iter().map(|(level, score)| item(format!("{level} ({score})"), score)).collect();
    }
    let mut counts: Vec<i64> = vec![1, (gradient.max_value + 1) / 2, gradient.max_value];
    counts.dedup();
    counts.iter().map(|count| item(count_label(coverage, *count, gradient.max_value), *count)).collect()
}
