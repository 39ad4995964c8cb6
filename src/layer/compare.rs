//! From sides compared to layers: one for each side on one scale, and one of the differences.
//!
//! With two sides, a difference's score is the left score minus the right one, over a ramp with two ends: above 0 the left
//! side reaches more, below 0 the right one, and 0 is painted, since both map it. With more sides the colour names the
//! strongest, and the score is its lead over the next. What no side maps is not painted.
//!
//! Against a threat, the layers of the sides tell of uses, and the last layer shows the threat and what all sides together
//! have against it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::build::{self, Options, blank, per_tactic, sheet_safe};
use super::model::{Annotation, Filters, Gradient, Layer, Layout, LegendItem, Metadata};
use super::threat::{build_against, overlay};
use crate::coverage::compare::{Comparison, Defence, Place, Row, Verdict};
use crate::matrix::palette::{Color, Theme};
use crate::matrix::{gradient, sides};
use crate::tables;

/// How many stops the ramp with two ends has.
const STOPS: usize = 5;

/// A layer for each side, by the same scale, and after them the one of the differences; against a threat, last the overlay of
/// all sides together.
#[must_use]
pub fn of_comparison(comparison: &Comparison<'_>, options: &Options) -> Vec<Layer> {
    let names: Vec<&str> = comparison.sides().iter().map(|side| side.name.as_str()).collect();
    let top = comparison.is_count().then(|| shared_top(comparison));
    let mut layers: Vec<Layer> = comparison
        .sides()
        .iter()
        .enumerate()
        .map(|(place, side)| {
            let own = Options { name: sheet_safe(&side.name), top, ..options.clone() };
            let mut layer = match comparison.defence() {
                Some(defence) => build_against(&side.coverage, &defence.sides()[place], &own),
                None => build::build(&side.coverage, &own),
            };
            let _ = write!(
                layer.description,
                " One of {} sides on one scale: {}.",
                names.len(),
                names.join("; ")
            );
            layer.metadata.extend(Metadata::new("side", side.name.as_str()));
            let others = names.iter().filter(|name| **name != side.name);
            layer.metadata.extend(others.filter_map(|name| Metadata::new("compared with", *name)));
            layer
        })
        .collect();
    layers.extend(difference(comparison, &names, options));
    layers.extend(comparison.defence().map(|defence| together(defence, &names, options)));
    layers
}

/// The threat and what all sides together have against it.
fn together(defence: &Defence<'_>, names: &[&str], options: &Options) -> Layer {
    let who = if defence.is_as_deployed() { "As deployed" } else { "All sides" };
    let name = sheet_safe(&format!("{who} against {}", defence.threat().name()));
    let mut layer = overlay(defence.coverage(), defence.together(), &Options { name, ..options.clone() });
    if !defence.is_as_deployed() {
        let _ = write!(layer.description, " All sides together: {}.", names.join("; "));
        layer.metadata.extend(names.iter().filter_map(|name| Metadata::new("side", *name)));
    }
    layer
}

/// The end of the gradient of counts for all sides.
fn shared_top(comparison: &Comparison<'_>) -> i64 {
    let scores = comparison.rows().iter().flat_map(|row| &row.overall.places).filter_map(|place| place.score);
    let scores: Vec<i64> = scores.collect();
    gradient::safe_top(&scores, scores.iter().copied().max().unwrap_or(1))
}

/// What one annotation of the difference layer shows.
struct Shown {
    /// `None` where the sides differ in nothing that has a score.
    score: Option<i64>,
    color: Option<Color>,
}

fn difference(comparison: &Comparison<'_>, names: &[&str], options: &Options) -> Option<Layer> {
    let coverage = &comparison.sides().first()?.coverage;
    let catalog = coverage.catalog();
    let is_pair = names.len() == 2;
    let mut techniques: Vec<Annotation> = Vec::new();
    let (mut scores, mut met) = (Vec::new(), BTreeSet::new());
    for row in comparison.rows() {
        let Some(shown) = shown(row, is_pair) else { continue };
        scores.extend(shown.score);
        met.insert(match row.overall.verdict() {
            Verdict::Only(side) | Verdict::Strongest(side) => Some(side),
            Verdict::Equal(_) | Verdict::Nobody => None,
        });
        let annotation = Annotation {
            technique_id: row.technique,
            tactic: None,
            score: shown.score,
            color: shown.color.map(Color::hex),
            comment: sentence(row, names),
            enabled: true,
            metadata: metadata(comparison, row),
            links: Vec::new(),
            show_subtechniques: false,
        };
        per_tactic(coverage, annotation, &mut techniques);
    }
    build::expand(catalog, options.expand, &mut techniques);
    let gradient = if is_pair { two_ends(&scores) } else { leads(&scores, options) };
    let legend = if is_pair { legend_of_two(names, &gradient) } else { legend_of_many(names, &met) };
    let title = if is_pair { format!("{} − {}", names[0], names[1]) } else { "Strongest side".to_owned() };
    let platforms = &coverage.selection().platforms;
    Some(Layer {
        filters: (!platforms.is_empty()).then(|| Filters { platforms: platforms.clone() }),
        layout: Layout { expanded_subtechniques: options.expand, ..Default::default() },
        techniques,
        gradient,
        legend_items: legend,
        metadata: about(comparison, names),
        ..blank(catalog.domain(), catalog.version(), sheet_safe(&title), description(comparison, names))
    })
}

fn shown(row: &Row, is_pair: bool) -> Option<Shown> {
    let standing = &row.overall;
    if is_pair {
        let [left, right] = [standing.places.first()?.weight(), standing.places.get(1)?.weight()];
        // What one side maps without a level is not equal to nothing.
        let is_equal = matches!(standing.verdict(), Verdict::Equal(_));
        let score = Some(left - right).filter(|score| *score != 0 || is_equal);
        return Some(Shown { score, color: None });
    }
    let color = match standing.verdict() {
        Verdict::Nobody => return None,
        Verdict::Only(side) | Verdict::Strongest(side) => sides::of_side(side),
        Verdict::Equal(_) => sides::shared(Theme::Light),
    };
    Some(Shown { score: Some(standing.lead()), color: Some(color) })
}

/// The ramp with two ends, as wide as the greatest difference on either side.
fn two_ends(scores: &[i64]) -> Gradient {
    let mut most = scores.iter().map(|score| score.abs()).max().unwrap_or(0).max(1);
    // The Navigator throws at a score just below the top; a top that is not reached, or is, is none of them.
    let is_unsafe = |top: i64| {
        scores.iter().any(|score| *score < top && (score + top) as f64 / (2 * top) as f64 >= 0.995)
    };
    while is_unsafe(most) {
        most += 1;
    }
    let colors = sides::diverging_stops(Theme::Light, if most < 2 { 3 } else { STOPS });
    Gradient { colors: colors.into_iter().map(Color::hex).collect(), min_value: -most, max_value: most }
}

fn leads(scores: &[i64], options: &Options) -> Gradient {
    let max_value = gradient::safe_top(scores, scores.iter().copied().max().unwrap_or(0).max(1));
    let count = usize::try_from(max_value + 1).unwrap_or(5).clamp(2, 5);
    let colors = options.palette.ramp_stops(Theme::Light, count).into_iter().map(Color::hex).collect();
    Gradient { colors, min_value: 0, max_value }
}

fn legend_of_two(names: &[&str], gradient: &Gradient) -> Vec<LegendItem> {
    let top = gradient.max_value;
    let stops = sides::diverging_stops(Theme::Light, gradient.colors.len());
    let colors = gradient::sample(&stops);
    let item = |label: String, score: i64| LegendItem {
        label,
        color: colors[gradient::index(score, gradient.min_value, top)].hex(),
    };
    let half = (top + 1) / 2;
    let mut items = vec![item(format!("{} by {top}", names[0]), top)];
    if half < top {
        items.push(item(format!("{} by {half}", names[0]), half));
    }
    items.push(item("Equal".to_owned(), 0));
    if half < top {
        items.push(item(format!("{} by {half}", names[1]), -half));
    }
    items.push(item(format!("{} by {top}", names[1]), -top));
    items
}

fn legend_of_many(names: &[&str], met: &BTreeSet<Option<usize>>) -> Vec<LegendItem> {
    let sides = names.iter().enumerate().filter(|(place, _)| met.contains(&Some(*place)));
    let mut items: Vec<LegendItem> = sides
        .map(|(place, name)| LegendItem { label: (*name).to_owned(), color: sides::of_side(place).hex() })
        .collect();
    if met.contains(&None) {
        items.push(LegendItem {
            label: "Equal: several are strongest".to_owned(),
            color: sides::shared(Theme::Light).hex(),
        });
    }
    items
}

/// `Only Amazon GuardDuty maps it: Detect Partial.`, or what each side reaches.
fn sentence(row: &Row, names: &[&str]) -> String {
    let verdict = row.overall.verdict();
    let listed = |sides: &[usize]| sides.iter().map(|side| names[*side]).collect::<Vec<_>>().join(", ");
    let opening = match &verdict {
        Verdict::Nobody => return String::new(),
        Verdict::Only(side) => return format!("Only {}: {}.", names[*side], reached(row, *side)),
        Verdict::Strongest(side) => format!("{} reaches more, by {}", names[*side], row.overall.lead()),
        Verdict::Equal(sides) if sides.len() == names.len() => "Equal".to_owned(),
        Verdict::Equal(sides) => format!("Equal, and strongest: {}", listed(sides)),
    };
    let each = names.iter().enumerate().map(|(side, name)| format!("{name}: {}", reached(row, side)));
    format!("{opening}. {}.", each.collect::<Vec<_>>().join(". "))
}

/// `Protect Partial, Detect Minimal`, `3 capabilities`, `mapped`, `not mapped`
fn reached(row: &Row, side: usize) -> String {
    let place = row.overall.places[side];
    if !place.is_mapped {
        return "not mapped".to_owned();
    }
    let in_category = |place: Place| match (place.level, place.score) {
        (Some(level), _) => Some(level.name().to_owned()),
        (None, Some(score)) => Some(score.to_string()),
        (None, None) => None,
    };
    let categories = row.categories.iter().filter_map(|(category, standing)| {
        let place = standing.places[side];
        let what = in_category(place).filter(|_| place.is_mapped)?;
        Some(format!("{category} {what}"))
    });
    let categories: Vec<String> = categories.collect();
    match (categories.is_empty(), place.level, place.score) {
        (false, ..) => categories.join(", "),
        (true, Some(level), _) => level.name().to_owned(),
        (true, None, Some(1)) => "1 capability".to_owned(),
        (true, None, Some(count)) => format!("{count} capabilities"),
        (true, None, None) => "mapped, without a level".to_owned(),
    }
}

/// Of each side a row with what it reaches, and one for each comment.
fn metadata(comparison: &Comparison<'_>, row: &Row) -> Vec<Metadata> {
    let mut rows = Vec::new();
    for (place, side) in comparison.sides().iter().enumerate() {
        rows.extend(Metadata::new("side", format!("{}: {}", side.name, reached(row, place))));
        let mut comments: Vec<&str> = Vec::new();
        for (set, mapping) in tables::compare::mappings(side, row.technique, None) {
            if !mapping.comment.is_empty() && !comments.contains(&mapping.comment.as_str()) {
                comments.push(&mapping.comment);
                let capability = &set.capabilities[mapping.capability].name;
                rows.extend(Metadata::new("comment", format!("{capability}: {}", mapping.comment)));
            }
        }
    }
    rows
}

fn description(comparison: &Comparison<'_>, names: &[&str]) -> String {
    let coverage = comparison.sides().first().map(|side| &side.coverage);
    let attack = coverage.map_or_else(String::new, |coverage| {
        let catalog = coverage.catalog();
        format!("{} ATT&CK {}", catalog.domain().name(), catalog.version())
    });
    let how = if let [left, right] = names {
        format!(
            "A score is that of {left} minus that of {right}: above 0 the first reaches more, below 0 the second; 0 is mapped \
             by both alike."
        )
    } else {
        "A colour names the side that reaches most, and the score is its lead over the next; grey is where several reach \
         the same."
            .to_owned()
    };
    format!(
        "{} on {attack}. {how} What is not mapped counts 0; what no side maps is left blank. {}",
        comparison.title(),
        comparison.rules().metric.definition()
    )
}

fn about(comparison: &Comparison<'_>, names: &[&str]) -> Vec<Metadata> {
    let mut rows: Vec<Metadata> = Vec::new();
    let mut sources: Vec<String> = Vec::new();
    for side in comparison.sides() {
        for (_, set) in side.coverage.involved() {
            let source = format!("{}, made on ATT&CK {}", set.framework.label(), set.made_on());
            if !sources.contains(&source) {
                sources.push(source);
            }
        }
    }
    rows.extend(names.iter().filter_map(|name| Metadata::new("side", *name)));
    rows.extend(sources.into_iter().filter_map(|source| Metadata::new("source", source)));
    if let Some(side) = comparison.sides().first() {
        let catalog = side.coverage.catalog();
        let attack = format!("{} {}", catalog.domain().id(), catalog.version());
        rows.extend(Metadata::new("ATT&CK", attack));
        rows.extend(side.coverage.selection().phrases.iter().filter_map(|one| Metadata::new("filter", one)));
    }
    rows.extend(Metadata::new("metric", comparison.rules().metric.key()));
    rows.extend(Metadata::new("generator", crate::GENERATOR));
    rows
}
