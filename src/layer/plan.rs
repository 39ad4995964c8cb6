//! From a plan to a layer: what is on, what each step adds, and what stays open.
//!
//! Each technique that counts in the plan has one colour, by what covers it first; its comment and metadata tell
//! everything. There are no scores. What no capability covers has no annotation.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::build::{Options, UPGRADED_FROM, blank, origins, per_tactic, sheet_safe, upgrade_line};
use super::model::{Annotation, Filters, Layer, LegendItem, Metadata};
use super::threat::overlay;
use crate::attack::TechniqueId;
use crate::coverage::plan::{Amount, Change, Course, Plan, Terms, score};
use crate::coverage::{CapabilityKey, Cell, Coverage, Metric};
use crate::matrix::palette::{Color, Palette, Theme};

/// How many colours steps have at most; more steps share them, neighbours together.
const BANDS: usize = 8;

/// How much of a capability's name the legend shows, in characters.
const NAME: usize = 48;

/// What a colour says of a technique.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// What is enabled covers it, and no step adds to that.
    Enabled,
    /// What is enabled covers it, and a step raises it.
    Raised,
    /// The step of this number, from 1, is the first that covers it.
    Step(usize),
    /// A capability covers it that is neither enabled nor a step.
    Open,
}

impl Kind {
    /// Its colour in a plan of so many steps. Steps are blue, earlier ones darker, and what is no step is a warm hue: so the
    /// kinds are told apart where red and green are alike, too.
    fn color(self, steps: usize) -> Color {
        match self {
            Self::Enabled => Color::oklch(0.72, 0.03, 90.0),
            Self::Raised => Color::oklch(0.58, 0.12, 50.0),
            Self::Step(step) => {
                let bands = steps.clamp(1, BANDS);
                let share = if bands == 1 { 0.0 } else { band(step, steps) as f32 / (bands - 1) as f32 };
                Palette::default().ramp(Theme::Light, 1.0 - 0.8 * share)
            }
            Self::Open => Color::oklch(0.90, 0.08, 90.0),
        }
    }
}

/// The band of a step, from 0.
fn band(step: usize, steps: usize) -> usize {
    if steps <= BANDS { step - 1 } else { (step - 1) * BANDS / steps }
}

/// What happens to one technique.
struct Story<'p> {
    kind: Kind,
    /// By the number of the step.
    changes: Vec<(usize, &'p Change)>,
}

/// The layer of a plan on a coverage.
#[must_use]
pub fn of_plan(plan: &Plan, coverage: &Coverage<'_>, terms: &Terms) -> Layer {
    let catalog = coverage.catalog();
    let mut changes: BTreeMap<TechniqueId, Vec<(usize, &Change)>> = BTreeMap::new();
    for (step, change) in (1..)
        .zip(&plan.steps)
        .flat_map(|(number, step)| step.changes.iter().map(move |change| (number, change)))
    {
        changes.entry(change.technique).or_default().push((step, change));
    }
    let teller = Teller { plan, coverage, terms };
    let mut techniques = Vec::new();
    let mut used = std::collections::BTreeSet::new();
    for (id, cell) in coverage.cells() {
        if terms.weight(*id) == Amount::ZERO || teller.scores(cell).next().is_none() {
            continue;
        }
        let story = teller.story(cell, changes.remove(id).unwrap_or_default());
        used.insert(story.kind);
        per_tactic(coverage, teller.annotation(*id, cell, &story), &mut techniques);
    }
    let platforms = &coverage.selection().platforms;
    Layer {
        filters: (!platforms.is_empty()).then(|| Filters { platforms: platforms.clone() }),
        legend_items: teller.legend(&used),
        metadata: teller.metadata(),
        techniques,
        ..blank(catalog.domain(), catalog.version(), teller.name(), teller.description())
    }
}

/// The layer that shows a threat and what is on after the plan of a coverage at once: see [`overlay`].
///
/// A name that the options leave empty is made of the plan's and the threat's.
#[must_use]
pub fn overlay_of_plan(
    plan: &Plan,
    coverage: &Coverage<'_>,
    course: &Course<'_>,
    options: &Options,
) -> Layer {
    let name = match options.name.as_str() {
        "" => sheet_safe(&format!("{} against {}", plan_name(coverage), course.threat().name())),
        name => name.to_owned(),
    };
    let mut layer = overlay(course.coverage(), course.after(), &Options { name, ..options.clone() });
    let on_top = if plan.enabled == 0 { "" } else { ", on top of what is enabled" };
    let _ = write!(layer.description, " After a plan: {}{on_top}.", plan.title());
    layer.metadata.extend(Metadata::new("plan", plan.title()));
    layer
}

fn plan_name(coverage: &Coverage<'_>) -> String {
    let labels: Vec<String> = coverage.involved().map(|(_, set)| set.framework.name().to_owned()).collect();
    sheet_safe(&format!("{} plan", labels.join(" + ")))
}

struct Teller<'a> {
    plan: &'a Plan,
    coverage: &'a Coverage<'a>,
    terms: &'a Terms,
}

impl Teller<'_> {
    /// The capabilities that score a cell, each with its score.
    fn scores<'c>(&'c self, cell: &'c Cell) -> impl Iterator<Item = (CapabilityKey, u8)> + 'c {
        cell.capabilities
            .iter()
            .filter_map(|(key, levels)| score(self.coverage, levels).map(|score| (*key, score)))
    }

    fn story<'p>(&self, cell: &Cell, changes: Vec<(usize, &'p Change)>) -> Story<'p> {
        let is_enabled = self.scores(cell).any(|(key, _)| self.terms.enabled.contains(&key));
        let kind = match (is_enabled, changes.first()) {
            (true, None) => Kind::Enabled,
            (true, Some(_)) => Kind::Raised,
            (false, Some((step, _))) => Kind::Step(*step),
            (false, None) => Kind::Open,
        };
        Story { kind, changes }
    }

    fn capability(&self, key: CapabilityKey) -> String {
        let set = &self.coverage.sets()[key.set];
        let name = &set.capabilities[key.capability].name;
        if self.coverage.involved().count() > 1 {
            format!("{name} ({})", set.framework.label())
        } else {
            name.clone()
        }
    }

    fn step(&self, number: usize) -> String {
        self.capability(self.plan.steps[number - 1].capability)
    }

    /// `Amazon GuardDuty at 50, AWS Config at 10`
    fn holders(&self, cell: &Cell, are_enabled: bool) -> String {
        let held = self.scores(cell).filter(|(key, _)| self.terms.enabled.contains(key) == are_enabled);
        let told: Vec<String> =
            held.map(|(key, score)| format!("{} at {score}", self.capability(key))).collect();
        told.join(", ")
    }

    fn annotation(&self, id: TechniqueId, cell: &Cell, story: &Story<'_>) -> Annotation {
        let mut sentences = Vec::new();
        let mut rows = Vec::new();
        let catalog = self.coverage.catalog();
        if catalog.technique(id).is_none() {
            rows.extend(Metadata::new("state", catalog.fate(id).describe()));
        }
        let state = match story.kind {
            Kind::Enabled => "covered by what is enabled".to_owned(),
            Kind::Raised => format!("covered by what is enabled, raised by step {}", story.changes[0].0),
            Kind::Step(step) => format!("added by step {step}"),
            Kind::Open => "open".to_owned(),
        };
        rows.extend(Metadata::new("plan", state));
        let origins = origins(self.coverage, cell).into_values();
        rows.extend(origins.filter_map(|name| Metadata::new(UPGRADED_FROM, name)));
        let enabled = self.holders(cell, true);
        if !enabled.is_empty() {
            sentences.push(format!("Enabled: {enabled}."));
            rows.extend(Metadata::new("enabled", enabled));
        }
        for (step, change) in &story.changes {
            let name = self.step(*step);
            let to = change.to;
            sentences.push(match change.from {
                None => format!("Step {step}: {name} covers it at {to}."),
                Some(from) => format!("Step {step}: {name} raises it from {from} to {to}."),
            });
            let was = change.from.map_or_else(|| "not covered".to_owned(), |from| from.to_string());
            rows.extend(Metadata::new(&format!("step {step}"), format!("{name}: {to}, was {was}")));
        }
        if story.kind == Kind::Open {
            let others = self.holders(cell, false);
            sentences.push(format!("Open: mapped by {others}."));
            rows.extend(Metadata::new("mapped by", others));
        }
        if !self.terms.weights.is_empty() {
            rows.extend(Metadata::new("weight", self.terms.weight(id).to_string()));
        }
        Annotation {
            technique_id: id,
            tactic: None,
            score: None,
            color: Some(story.kind.color(self.plan.steps.len()).hex()),
            comment: sentences.join(" "),
            enabled: true,
            metadata: rows,
            links: Vec::new(),
            show_subtechniques: false,
        }
    }

    /// The kinds that there are; steps that share a colour in one item.
    fn legend(&self, used: &std::collections::BTreeSet<Kind>) -> Vec<LegendItem> {
        let steps = self.plan.steps.len();
        let mut items: Vec<LegendItem> = Vec::new();
        let mut item = |label: String, kind: Kind| {
            items.push(LegendItem { label, color: kind.color(steps).hex() });
        };
        if used.contains(&Kind::Enabled) {
            item("Covered by what is enabled".to_owned(), Kind::Enabled);
        }
        if used.contains(&Kind::Raised) {
            item("Covered by what is enabled, raised by a step".to_owned(), Kind::Raised);
        }
        let numbers: Vec<usize> = (1..=steps).collect();
        for together in numbers.chunk_by(|one, next| band(*one, steps) == band(*next, steps)) {
            let (first, last) = (together[0], together[together.len() - 1]);
            if !together.iter().any(|step| used.contains(&Kind::Step(*step))) {
                continue;
            }
            let label = if first == last {
                let name: String = self.step(first).chars().take(NAME).collect();
                format!("Step {first}: {name}")
            } else {
                format!("Steps {first} to {last}")
            };
            item(label, Kind::Step(first));
        }
        if used.contains(&Kind::Open) {
            item("Open: only others cover it".to_owned(), Kind::Open);
        }
        items
    }

    fn name(&self) -> String {
        plan_name(self.coverage)
    }

    fn description(&self) -> String {
        let Plan { after, reachable, .. } = self.plan;
        let on_top = match self.plan.enabled {
            0 => String::new(),
            1 => ", on top of 1 capability that is enabled".to_owned(),
            more => format!(", on top of {more} capabilities that are enabled"),
        };
        format!(
            "{}{on_top}: {} of {} techniques covered, {} of {} reached. {} A technique has the colour of what covers it \
             first; one without a colour is covered by no capability, or does not count. A mapping says what a capability \
             can cover, not that it stops or detects anything by itself.",
            self.plan.title(),
            after.covered,
            reachable.covered,
            after.value,
            reachable.value,
            self.plan.claim(),
        )
    }

    fn metadata(&self) -> Vec<Metadata> {
        let (catalog, plan) = (self.coverage.catalog(), self.plan);
        let mut rows = Vec::new();
        let mut row = |name: &str, value: String| rows.extend(Metadata::new(name, value));
        for (_, set) in self.coverage.involved() {
            row("source", set.framework.label());
            row("source ATT&CK version", set.made_on().to_string());
            set.upgrades.iter().for_each(|record| row("upgrade", upgrade_line(record)));
        }
        row("ATT&CK", format!("{} {}", catalog.domain().id(), catalog.version()));
        row("plan", plan.title());
        row("claim", plan.claim());
        let metric =
            if self.coverage.rules().metric == Metric::Count { Metric::Count } else { Metric::Strongest };
        row("metric", metric.key().to_owned());
        for phrase in &self.coverage.selection().phrases {
            row("filter", phrase.clone());
        }
        let enabled: Vec<String> = self.terms.enabled.iter().map(|key| self.capability(*key)).collect();
        row("enabled", enabled.join(", "));
        for (number, step) in (1..).zip(&plan.steps) {
            let cost = if plan.has_costs { format!(", cost {}", step.cost) } else { String::new() };
            let told = format!(
                "{}{cost}: gain {}, {} newly covered",
                self.step(number),
                step.gain,
                step.newly_covered
            );
            row(&format!("step {number}"), told);
        }
        row("generator", crate::GENERATOR.to_owned());
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::palette::tests::{distance, seen_by_dichromat};

    #[test]
    fn kinds_are_told_apart_by_every_eye_and_text_reads_on_each() {
        for steps in 1..=20 {
            let mut kinds: Vec<Kind> = vec![Kind::Enabled, Kind::Raised, Kind::Open];
            kinds.extend((1..=steps).map(Kind::Step));
            for (at, one) in kinds.iter().enumerate() {
                let color = one.color(steps);
                assert!(color.contrast(color.ink()) >= 4.5, "{one:?}");
                for other in &kinds[at + 1..] {
                    let shares = |one: &Kind, other: &Kind| match (one, other) {
                        (Kind::Step(one), Kind::Step(other)) => band(*one, steps) == band(*other, steps),
                        _ => false,
                    };
                    if shares(one, other) {
                        assert_eq!(color, other.color(steps));
                        continue;
                    }
                    for protan in [None, Some(true), Some(false)] {
                        let see = |color| protan.map_or(color, |protan| seen_by_dichromat(color, protan));
                        let apart = distance(see(color), see(other.color(steps)));
                        assert!(apart > 0.05, "{steps} steps, {one:?} {other:?} {protan:?}: {apart}");
                    }
                }
            }
        }
    }
}
