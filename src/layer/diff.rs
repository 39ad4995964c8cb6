//! From what changed between two versions of ATT&CK to a layer on the second one.
//!
//! Each technique that is not what it was has one colour, by the first kind of [`Change`] that holds for it; its comment
//! and metadata tell everything. There are no scores. What is retired cannot be shown on the second version: it is told
//! with its successor, and in the layer's own metadata when it has none.

use std::collections::BTreeMap;

use super::build::blank;
use super::model::{Annotation, Layer, LegendItem, Metadata};
use crate::attack::TechniqueId;
use crate::attack::diff::{
    Added, BroughtBack, Changed, Count, Diff, Exchange, Retired, Retirement, TacticName, TechniqueName,
};
use crate::matrix::palette::Color;

/// What a colour says of a technique. Of several kinds the first one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// It takes over a retired technique, being new or not.
    TakesOver,
    /// It is wholly new.
    New,
    /// It was retired, and is active.
    BroughtBack,
    /// Two or more of the following.
    Several,
    /// It belongs to another technique, or became a technique or a sub-technique.
    OtherParent,
    /// It gained or lost tactics.
    OtherTactics,
    /// It has another name.
    Renamed,
    /// It gained or lost platforms.
    OtherPlatforms,
}

impl Change {
    /// All kinds, in the order in which they count.
    pub const ALL: [Self; 8] = [
        Self::TakesOver,
        Self::New,
        Self::BroughtBack,
        Self::Several,
        Self::OtherParent,
        Self::OtherTactics,
        Self::Renamed,
        Self::OtherPlatforms,
    ];

    /// What the legend calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TakesOver => "Takes over a retired technique",
            Self::New => "New",
            Self::BroughtBack => "Brought back",
            Self::Several => "Several changes",
            Self::OtherParent => "Other parent",
            Self::OtherTactics => "Other tactics",
            Self::Renamed => "Renamed",
            Self::OtherPlatforms => "Other platforms",
        }
    }

    /// Its colour. The weightier a change, the darker it is; where red and green are alike, lightness and blue tell the
    /// kinds apart.
    #[must_use]
    pub fn color(self) -> Color {
        let (lightness, chroma, hue) = match self {
            Self::TakesOver => (0.42, 0.15, 340.0),
            Self::New => (0.47, 0.13, 258.0),
            Self::BroughtBack => (0.56, 0.09, 190.0),
            Self::Several => (0.60, 0.13, 55.0),
            Self::OtherParent => (0.70, 0.13, 330.0),
            Self::OtherTactics => (0.80, 0.13, 80.0),
            Self::Renamed => (0.80, 0.09, 245.0),
            Self::OtherPlatforms => (0.91, 0.045, 150.0),
        };
        Color::oklch(lightness, chroma, hue)
    }

    /// The kind of a technique that both versions have.
    fn of(changed: &Changed) -> Self {
        if changed.count() > 1 {
            Self::Several
        } else if changed.parent.is_some() {
            Self::OtherParent
        } else if changed.tactics.is_some() {
            Self::OtherTactics
        } else if changed.former_name.is_some() {
            Self::Renamed
        } else {
            Self::OtherPlatforms
        }
    }
}

/// A layer on the second version of what is different there.
#[must_use]
pub fn of_diff(diff: &Diff) -> Layer {
    let mut notes: BTreeMap<TechniqueId, Note> = BTreeMap::new();
    for one in &diff.added {
        notes.insert(one.technique.id, Note::of_added(one, diff));
    }
    for one in &diff.brought_back {
        notes.insert(one.technique.id, Note::of_brought_back(one, diff));
    }
    for one in &diff.changed {
        notes.insert(one.technique.id, Note::of_changed(one, diff));
    }
    for one in &diff.merged {
        let note = notes.entry(one.technique.id).or_insert_with(|| Note::new(Change::TakesOver));
        note.take_over(&one.replaces);
    }
    let used = |change: &Change| notes.values().any(|note| note.change == *change);
    let legend = Change::ALL.into_iter().filter(used);
    Layer {
        legend_items: legend
            .map(|change| LegendItem { label: change.name().to_owned(), color: change.color().hex() })
            .collect(),
        metadata: metadata(diff),
        techniques: notes.into_iter().map(|(id, note)| note.annotation(id)).collect(),
        ..blank(diff.domain, diff.to, diff.title(), description(diff))
    }
}

/// What is told of one technique.
struct Note {
    change: Change,
    sentences: Vec<String>,
    metadata: Vec<Metadata>,
}

impl Note {
    const fn new(change: Change) -> Self {
        Self { change, sentences: Vec::new(), metadata: Vec::new() }
    }

    fn of_added(added: &Added, diff: &Diff) -> Self {
        let mut note = Self::new(Change::New);
        note.say("new", format!("New: not in ATT&CK {}.", diff.from));
        note.take_over(&added.replaces);
        note
    }

    fn of_brought_back(one: &BroughtBack, diff: &Diff) -> Self {
        let mut note = Self::new(Change::BroughtBack);
        let was = one.was.describe();
        let opening = if diff.is_backwards() { "Retired later" } else { "Brought back" };
        note.say("brought back", format!("{opening}: in ATT&CK {} {was}.", diff.from));
        note.row(&format!("state in {}", diff.from), was);
        note.take_over(&one.replaces);
        note
    }

    fn of_changed(changed: &Changed, diff: &Diff) -> Self {
        let mut note = Self::new(Change::of(changed));
        if let Some(former) = &changed.former_name {
            note.say("renamed", format!("Renamed: called {former} in ATT&CK {}.", diff.from));
            note.row(&format!("name in {}", diff.from), former.clone());
        }
        if let Some(parent) = &changed.parent {
            note.say("other parent", format!("Other parent: {}.", parent.describe()));
        }
        if let Some(tactics) = &changed.tactics {
            let names = |tactics: &[TacticName]| {
                tactics.iter().map(|tactic| format!("{} ({})", tactic.name, tactic.id)).collect()
            };
            let names = Exchange { gained: names(&tactics.gained), lost: names(&tactics.lost) };
            note.exchange("other tactics", "tactics", &names);
        }
        if let Some(platforms) = &changed.platforms {
            note.exchange("other platforms", "platforms", platforms);
        }
        note
    }

    fn take_over(&mut self, replaces: &[TechniqueName]) {
        if replaces.is_empty() {
            return;
        }
        self.change = Change::TakesOver;
        let names: Vec<String> = replaces.iter().map(ToString::to_string).collect();
        self.say("takes over", format!("Takes over {}.", names.join("; ")));
        for name in names {
            self.row("takes over", name);
        }
    }

    fn say(&mut self, change: &str, sentence: String) {
        self.sentences.push(sentence);
        self.row("change", change);
    }

    fn exchange(&mut self, change: &str, what: &str, exchange: &Exchange<String>) {
        let sides = [("gained", &exchange.gained), ("lost", &exchange.lost)];
        let sides = sides.into_iter().filter(|(_, names)| !names.is_empty());
        let told: Vec<String> =
            sides.clone().map(|(verb, names)| format!("{verb} {}", names.join(", "))).collect();
        self.say(change, format!("{}: {}.", capitalized(change), told.join("; ")));
        for (verb, names) in sides {
            self.row(&format!("{what} {verb}"), names.join(", "));
        }
    }

    fn row(&mut self, name: &str, value: impl Into<String>) {
        self.metadata.extend(Metadata::new(name, value));
    }

    fn annotation(self, id: TechniqueId) -> Annotation {
        Annotation {
            technique_id: id,
            tactic: None,
            score: None,
            color: Some(self.change.color().hex()),
            comment: self.sentences.join(" "),
            enabled: true,
            metadata: self.metadata,
            links: Vec::new(),
            show_subtechniques: false,
        }
    }
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn description(diff: &Diff) -> String {
    if diff.is_empty() {
        return format!(
            "Nothing differs between {} ATT&CK {} and {}.",
            diff.domain.name(),
            diff.from,
            diff.to
        );
    }
    let counts = diff.counts;
    let figure = |count: Count| format!("{} + {}", count.techniques, count.sub_techniques);
    format!(
        "What is different in {} ATT&CK {}, seen from {}, in techniques + sub-techniques: {} added, {} brought back, {} \
         changed, {} as before; {} of {} in {} are no longer active, and told with their successors or in the layer's \
         metadata. A technique to which several colours apply has the first of the legend; its comment tells all.",
        diff.domain.name(),
        diff.to,
        diff.from,
        figure(counts.added),
        figure(counts.brought_back),
        figure(counts.changed),
        figure(counts.unchanged),
        figure(counts.retired),
        figure(counts.from),
        diff.from,
    )
}

fn metadata(diff: &Diff) -> Vec<Metadata> {
    let mut rows = Vec::new();
    let mut row = |name: &str, value: String| rows.extend(Metadata::new(name, value));
    row("ATT&CK", format!("{} {}", diff.domain.id(), diff.to));
    row("compared with", format!("{} {}", diff.domain.id(), diff.from));
    for tactic in &diff.tactics {
        row("tactic", tactic.describe(diff.from));
    }
    row("platforms added", diff.platforms.gained.join(", "));
    row("platforms removed", diff.platforms.lost.join(", "));
    for one in &diff.renamed_platforms {
        row("platform", one.describe());
    }
    for one in diff.retired.iter().filter(|one| one.how.successor().is_none()) {
        row(retired_as(one), format!("{}: {}", one.technique, one.how.describe()));
    }
    row("generator", crate::GENERATOR.to_owned());
    rows
}

const fn retired_as(retired: &Retired) -> &'static str {
    match retired.how {
        Retirement::Replaced { .. } | Retirement::RevokedWithoutSuccessor => "revoked",
        Retirement::Deprecated => "deprecated",
        Retirement::Removed => "removed",
        Retirement::NotYet => "not there yet",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::palette::tests::{distance, seen_by_dichromat};

    #[test]
    fn kinds_are_told_apart_by_every_eye_and_text_reads_on_each() {
        for (at, one) in Change::ALL.into_iter().enumerate() {
            let color = one.color();
            assert!(color.contrast(color.ink()) >= 4.5, "{one:?}");
            for other in Change::ALL.into_iter().skip(at + 1) {
                for protan in [None, Some(true), Some(false)] {
                    let see = |color| protan.map_or(color, |protan| seen_by_dichromat(color, protan));
                    let apart = distance(see(color), see(other.color()));
                    assert!(apart > 0.05, "{one:?} {other:?} {protan:?}: {apart}");
                }
            }
        }
    }

    #[test]
    fn weightier_changes_are_darker() {
        let lightness = Change::ALL.map(|change| change.color().luminance());
        assert!(lightness.is_sorted_by(|one, next| *one <= *next + 0.02), "{lightness:?}");
    }
}
