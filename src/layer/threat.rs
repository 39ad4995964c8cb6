//! Layers of a threat: a heatmap that also tells of uses, and one layer that shows threat and coverage at once.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::build::{annotations, blank, build, default_name, expand, layer_metadata, per_tactic, sheet_safe};
use super::model::{Annotation, Filters, Gradient, Layer, Layout, LegendItem, Metadata};
use super::{ColorBy, Options};
use crate::attack::TechniqueId;
use crate::coverage::threat::{Exposure, Guard, Threat, ThreatCoverage, percent};
use crate::coverage::{Coverage, Tally, whole};
use crate::matrix::palette::{Color, Theme};

/// The row of an overlay's metadata by which it is told from a heatmap: its scores are no coverage.
pub(crate) const RISKS: (&str, &str) = ("scores", "residual risks from 0 to 100, no coverage");

/// Makes a layer of everything in the coverage, as [`build`](super::build()) does, with what the threat makes of it in the
/// metadata of the layer and of every technique that is mapped and used.
#[must_use]
pub fn build_against(coverage: &Coverage<'_>, against: &ThreatCoverage<'_>, options: &Options) -> Layer {
    let mut layer = build(coverage, options);
    for annotation in &mut layer.techniques {
        if let Some(exposure) = against.exposure(annotation.technique_id) {
            // Before the first block: what follows a `capability` is told of that.
            let mut metadata = exposure_rows(exposure, against.threat());
            metadata.append(&mut annotation.metadata);
            annotation.metadata = metadata;
        }
    }
    // The last row names the tool.
    let end = layer.metadata.len().saturating_sub(1);
    layer.metadata.splice(end..end, threat_rows(against));
    layer
}

/// Makes a layer that shows threat and coverage at once: its colours tell what is used and not covered, used and covered
/// weakly or well, and covered and not used; its scores are residual risks from 0 to 100, by which it can be sorted. What
/// is neither used nor covered is left out.
///
/// Name and description that the options leave empty are made from sources and threat.
#[must_use]
pub fn overlay(coverage: &Coverage<'_>, against: &ThreatCoverage<'_>, options: &Options) -> Layer {
    let catalog = coverage.catalog();
    let threat = against.threat();
    let name = match options.name.as_str() {
        "" => sheet_safe(&format!("{} against {}", default_name(coverage), threat.name())),
        name => name.to_owned(),
    };
    let description = match options.description.as_str() {
        "" => description(coverage, against),
        text => text.to_owned(),
    };
    let mut techniques = Vec::new();
    for (guard, annotation) in marked(coverage, against) {
        let color = Some(options.palette.guard(guard, Theme::Light).hex());
        per_tactic(coverage, Annotation { color, ..annotation }, &mut techniques);
    }
    expand(catalog, options.expand, &mut techniques);
    let scored = coverage.rules().metric.needs_levels();
    let used: BTreeSet<&str> = techniques.iter().filter_map(|one| one.color.as_deref()).collect();
    let legend = Guard::ALL.map(|guard| LegendItem {
        label: guard.label(scored).to_owned(),
        color: options.palette.guard(guard, Theme::Light).hex(),
    });
    let legend_items = legend.into_iter().filter(|item| used.contains(item.color.as_str())).collect();
    let platforms = &coverage.selection().platforms;
    let mut metadata = layer_metadata(coverage);
    let end = metadata.len().saturating_sub(1);
    metadata.splice(end..end, threat_rows(against).into_iter().chain(Metadata::new(RISKS.0, RISKS.1)));
    let stops = options.palette.ramp_stops(Theme::Light, 5);
    Layer {
        filters: (!platforms.is_empty()).then(|| Filters { platforms: platforms.clone() }),
        layout: Layout { expanded_subtechniques: options.expand, ..Layout::default() },
        legend_items,
        techniques,
        gradient: Gradient {
            colors: stops.into_iter().map(Color::hex).collect(),
            min_value: 0,
            max_value: 100,
        },
        metadata,
        ..blank(catalog.domain(), catalog.version(), name, description)
    }
}

fn description(coverage: &Coverage<'_>, against: &ThreatCoverage<'_>) -> String {
    let catalog = coverage.catalog();
    let labels: Vec<String> = coverage.involved().map(|(_, set)| set.framework.label()).collect();
    let who = if labels.is_empty() { "Nothing".to_owned() } else { labels.join(", ") };
    let mut text = format!(
        "{who} against {} on {} ATT&CK {}. {} Scores are residual risks: use × (1 − score / 100), of 100.",
        against.threat().name(),
        catalog.domain().name(),
        catalog.version(),
        against.threat().definition(),
    );
    if !coverage.selection().phrases.is_empty() {
        let _ = write!(text, " Filtered by {}.", coverage.selection().phrases.join("; "));
    }
    text
}

/// What is used or covered, by id.
fn marked<'c>(
    coverage: &'c Coverage<'_>,
    against: &'c ThreatCoverage<'_>,
) -> impl Iterator<Item = (Guard, Annotation)> + 'c {
    let used = against.exposures().iter().map(|exposure| exposure.technique);
    let ids: BTreeSet<TechniqueId> = used.chain(coverage.cells().keys().copied()).collect();
    let options = Options { color_by: ColorBy::Score, ..Options::default() };
    let mut told = annotations(coverage, &options).into_iter().peekable();
    ids.into_iter().filter_map(move |id| {
        // What the heatmap says of it: who covers it, and the links.
        while told.next_if(|annotation| annotation.technique_id < id).is_some() {}
        let held = told.next_if(|annotation| annotation.technique_id == id);
        let guard = Guard::of(id, coverage, against)?;
        let exposure = against.exposure(id);
        let comment = held.as_ref().map_or(String::new(), |held| held.comment.clone());
        Some((
            guard,
            Annotation {
                technique_id: id,
                tactic: None,
                score: exposure.map(|exposure| whole(100.0 * exposure.residual, 100.0)),
                color: None,
                comment: comment_of(guard, exposure, &comment, coverage),
                enabled: true,
                metadata: exposure
                    .map(|exposure| exposure_rows(exposure, against.threat()))
                    .unwrap_or_default(),
                links: held.map(|held| held.links).unwrap_or_default(),
                show_subtechniques: false,
            },
        ))
    })
}

fn comment_of(guard: Guard, exposure: Option<&Exposure>, covered: &str, coverage: &Coverage<'_>) -> String {
    let scored = coverage.rules().metric.needs_levels();
    let mut text = guard.label(scored).to_owned();
    text[..1].make_ascii_uppercase();
    match exposure {
        Some(exposure) if guard == Guard::Unassessed => text = format!("Used, {}", exposure.state.name()),
        _ => {}
    }
    text.push('.');
    if let Some(exposure) = exposure.filter(|exposure| exposure.parent_is_mapped && exposure.score.is_none())
        && let Some(parent) = exposure.technique.parent()
    {
        let _ = write!(text, " {parent} is mapped, which does not cover this sub-technique.");
    }
    if !covered.is_empty() && guard != Guard::Open {
        text.push(' ');
        text.push_str(covered);
    }
    text
}

/// Who uses it, how much, and what remains.
fn exposure_rows(exposure: &Exposure, threat: &Threat) -> Vec<Metadata> {
    let users: Vec<&str> = threat.users(exposure.technique).map(|member| member.name.as_str()).collect();
    let used_by = match (users.as_slice(), threat.members().len()) {
        ([], _) => threat.name().to_owned(),
        (users, 1) => users.join(", "),
        (users, all) => format!("{} ({} of {all})", users.join(", "), users.len()),
    };
    let score = exposure.score.map_or_else(|| "none".to_owned(), |score| score.to_string());
    let rows = [
        ("used by", used_by),
        ("use", format!("{} of 100", percent(exposure.usage))),
        ("coverage score", score),
        ("residual risk", format!("{} of 100", percent(exposure.residual))),
    ];
    rows.into_iter().filter_map(|(name, value)| Metadata::new(name, value)).collect()
}

fn threat_rows(against: &ThreatCoverage<'_>) -> Vec<Metadata> {
    let threat = against.threat();
    let (covered, all) = (against.covered(), against.in_scope());
    let counted = |tally: Tally, of: Tally| {
        format!(
            "{} of {} techniques, {} of {} sub-techniques",
            tally.techniques, of.techniques, tally.sub_techniques, of.sub_techniques
        )
    };
    let weighted = against.weighted().map(|weighted| {
        let (weighted, residual) = (percent(weighted), percent(1.0 - weighted));
        let by = if against.is_counted() { "" } else { ", by score" };
        format!("{weighted:.1} % of all use{by}; residual risk {residual:.1} %")
    });
    let rows = [
        ("threat", threat.name().to_owned()),
        ("uses", threat.definition()),
        ("threat covered", counted(covered, all)),
        ("threat covered, weighted", weighted.unwrap_or_default()),
    ];
    rows.into_iter().filter_map(|(name, value)| Metadata::new(name, value)).collect()
}
