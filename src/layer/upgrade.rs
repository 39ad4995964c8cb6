//! Carrying a layer from one ATT&CK version to another, annotation by annotation, with an account of every one.
//!
//! What counts is what the Navigator shows: of several annotations of one technique in one tactic the last. Annotations of
//! several techniques or tactics that come to one become one: the highest score and its colour, every comment, row and link, and the
//! techniques that they were of. Gradient, legend and layout stay as they are.

mod merge;
mod own;
pub(in crate::layer) mod platforms;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::read::{InputAnnotation, InputLayer, InputMetadata, InputTactic, Spanned, quoted};
use crate::attack::upgrade::{Counted, Ledger, Merge, Named, Record, TacticMove, Upgrade};
use crate::attack::{Catalog, TechniqueId, Version};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

pub(super) use merge::{origins, row};
use platforms::Carried;

/// The rows of a layer's metadata that name the versions which an upgrade led from and to.
pub(super) const VERSIONS: [&str; 2] = ["upgraded from", "upgraded to"];

/// A layer on another ATT&CK version.
#[derive(Debug)]
pub struct Upgraded {
    /// The layer.
    pub layer: InputLayer,
    /// What became of every annotation.
    pub record: Record,
    /// What was dropped, as warnings, and what moved, as notes: each with where it stood in the layer's source.
    pub findings: Vec<(Span, Diagnostic)>,
}

/// Carries a layer to the upgrade's target. `title` and `source` are for the account: the layer's name and its file.
///
/// What is written in the layer on another version than the upgrade starts from is carried by its id all the same.
#[must_use]
pub fn upgrade(layer: &InputLayer, title: &str, source: &str, upgrade: &Upgrade<'_>) -> Upgraded {
    let mut carrier = Carrier {
        upgrade,
        is_own: super::check::is_own(layer),
        made_on: made_on(layer, upgrade.from()),
        first: OnceCell::new(),
        ledger: Ledger::new(upgrade, Counted::Annotations),
        moves: BTreeMap::new(),
        merges: Vec::new(),
        findings: Vec::new(),
    };
    let (from, to) = (upgrade.from(), upgrade.to());
    let mut new = upgrade.new_techniques();
    // What says only that nobody can have assessed a technique is no row of anybody's, and is written anew.
    let said = layer.techniques.iter().filter(|one| !carrier.is_own || !own::is_mark(one));
    let said: Vec<&InputAnnotation> = said.collect();
    let mut techniques = carrier.techniques(&said);
    if carrier.is_own {
        let marks = own::Marks::of(layer, carrier.made_on);
        new = marks.carry(upgrade);
        marks.write(&new, to.version(), layer.span, &mut techniques);
    }
    let mut moved = InputLayer { techniques, ..layer.clone() };
    let mut notes = Vec::new();
    if let Some(filter) = &layer.platforms {
        let names: Vec<&str> = filter.value.iter().map(|name| name.value.as_str()).collect();
        let Carried { platforms, notes: told, lost } = platforms::carry(&names, from, to);
        let spanned = |name| Spanned { value: name, span: filter.span };
        moved.platforms = platforms
            .map(|names| Spanned { value: names.into_iter().map(spanned).collect(), span: filter.span });
        notes = told;
        carrier.findings.extend(lost.into_iter().map(|(place, message, meant)| {
            let help = match meant {
                Some(meant) => {
                    format!("the Navigator does not take it for {meant}; write it so, to filter by it")
                }
                None => "it is left out of the platform filter".to_owned(),
            };
            let finding = Diagnostic::new(Code::DroppedByUpgrade, message).help(help);
            (filter.value[place].span, finding)
        }));
    }
    // On the same version only retired techniques move, and each says so itself.
    if from.version() != to.version() {
        say_versions(&mut moved, from, to);
    }
    let Carrier { ledger, moves, merges, findings, made_on, is_own, .. } = carrier;
    let mut record = ledger.finish(title.to_owned(), source.to_owned(), &new);
    // What was new before is marked in layers of navlayer's own alone.
    if is_own {
        record.made_on = made_on;
    }
    record.merges = merges;
    record.merges.sort_by(|one, other| (&one.to, &one.of).cmp(&(&other.to, &other.of)));
    record.tactic_moves = moves
        .into_iter()
        .map(|((id, from), to)| TacticMove { id, from, to: to.into_iter().collect() })
        .collect();
    record.platforms = notes;
    Upgraded { layer: moved, record, findings }
}

/// The version that the layer was made on, before any upgrade; of navlayer's own, the newest that its sources were made on.
fn made_on(layer: &InputLayer, from: &Catalog) -> Version {
    let rows = |wanted: &'static str| {
        layer.metadata.iter().filter_map(move |one| match one {
            InputMetadata::Row { name, value } if name == wanted => {
                value.value.rsplit(' ').next()?.parse().ok()
            }
            _ => None,
        })
    };
    let sources = rows("source ATT&CK version").max();
    sources.or_else(|| rows(VERSIONS[0]).next()).unwrap_or(from.version())
}

/// The versions, in the layer's own metadata and description. Of several upgrades in turn, the first and the last count.
fn say_versions(layer: &mut InputLayer, from: &Catalog, to: &Catalog) {
    let name = |catalog: &Catalog| format!("{} {}", catalog.domain().id(), catalog.version());
    let [from_row, to_row] = VERSIONS;
    let known = |layer: &InputLayer, wanted: &str| {
        layer.metadata.iter().find_map(|one| match one {
            InputMetadata::Row { name, value } if name == wanted => Some(value.value.clone()),
            _ => None,
        })
    };
    let first = known(layer, from_row).unwrap_or_else(|| name(from));
    let is_ours = |one: &InputMetadata| matches!(one, InputMetadata::Row { name, .. } if name == from_row || name == to_row);
    layer.metadata.retain(|one| !is_ours(one));
    for one in &mut layer.metadata {
        // What navlayer writes into its own layers: the release in full.
        if let InputMetadata::Row { name: key, value } = one
            && key == "ATT&CK"
            && value.value == name(from)
        {
            value.value = name(to);
        }
    }
    let suffix = |from: &str, to: &str| format!("Upgraded from {from} to {to}.");
    let before = suffix(&first, &known_target(&layer.description, &first));
    let description = layer.description.strip_suffix(&before).unwrap_or(&layer.description).trim_end();
    let gap = if description.is_empty() { "" } else { " " };
    layer.description = format!("{description}{gap}{}", suffix(&first, &name(to)));
    layer.metadata.push(row(from_row, first, layer.span));
    layer.metadata.push(row(to_row, name(to), layer.span));
}

/// The target that a description's last sentence names, when an earlier upgrade wrote it.
fn known_target(description: &str, first: &str) -> String {
    let start = format!("Upgraded from {first} to ");
    let target = description.rsplit_once(&start).and_then(|(_, rest)| rest.strip_suffix('.'));
    target.unwrap_or_default().to_owned()
}

/// An annotation that the Navigator shows.
struct Alive<'a> {
    index: usize,
    source: TechniqueId,
    annotation: &'a InputAnnotation,
    /// Of one without a tactic that others take the place of in some of its tactics: the rest of them.
    rest: Vec<String>,
}

/// Whether annotations of several tactics come to one tactic.
fn overlap(rows: &[Row]) -> bool {
    let mut seen: BTreeSet<&String> = rows.iter().flat_map(|row| &row.rest).collect();
    rows.iter().filter_map(|row| row.tactics.as_ref()).flatten().any(|tactic| !seen.insert(tactic))
}

struct Carrier<'u, 'c> {
    upgrade: &'u Upgrade<'c>,
    /// Whether navlayer wrote the layer.
    is_own: bool,
    /// The version that the layer was made on.
    made_on: Version,
    /// Its catalog where that is another than the one that the upgrade starts from, once it is needed; `None` where it is
    /// not built in.
    first: OnceCell<Option<Catalog>>,
    ledger: Ledger<'u, 'c>,
    /// Target and former tactic → tactics.
    moves: BTreeMap<(TechniqueId, String), BTreeSet<String>>,
    merges: Vec<Merge>,
    findings: Vec<(Span, Diagnostic)>,
}

/// An annotation that the Navigator shows, on its way.
#[derive(Clone)]
struct Row {
    /// Its place among those of the layer, in the order in which the Navigator takes them.
    index: usize,
    source: TechniqueId,
    annotation: InputAnnotation,
    /// The short names of the tactics that it goes to; `None`: all of the target.
    tactics: Option<Vec<String>>,
    /// Of one without a tactic that others take the place of in some of its tactics: those that the rest of them go to.
    rest: Vec<String>,
}

impl Carrier<'_, '_> {
    fn techniques(&mut self, all: &[&InputAnnotation]) -> Vec<InputAnnotation> {
        let alive = self.alive(all);
        let mut groups: BTreeMap<TechniqueId, Vec<Row>> = BTreeMap::new();
        for Alive { index, source, annotation, rest } in alive {
            let Some(target) = self.carry(source, annotation) else { continue };
            let rest = rest.iter().flat_map(|tactic| self.tactics(tactic, source, target)).collect();
            let tactics = match &annotation.tactic {
                InputTactic::One(tactic) => Some(self.tactics(&tactic.value, source, target)),
                InputTactic::Every | InputTactic::Nowhere(_) => None,
            };
            let mut annotation = annotation.clone();
            if self.is_own {
                // What the former version says of the technique is told where that version is.
                annotation.metadata.retain(|one| !own::is_fate(one));
            }
            if target != source {
                self.moved(&mut annotation, source, target);
            }
            if let Some(technique) = &mut annotation.technique {
                technique.value = target.to_string();
            }
            groups.entry(target).or_default().push(Row { index, source, annotation, tactics, rest });
        }
        let mut out: Vec<(usize, InputAnnotation)> = Vec::new();
        for (target, rows) in groups {
            let rows = self.placed(target, rows);
            let mut sources: Vec<TechniqueId> = rows.iter().map(|row| row.source).collect();
            sources.sort_unstable();
            sources.dedup();
            if sources.len() < 2 && !overlap(&rows) {
                out.extend(rows.into_iter().flat_map(|row| self.told(target, row)));
            } else {
                let index = rows.iter().map(|row| row.index).min().unwrap_or_default();
                let merged = self.merge(target, &rows);
                out.extend(merged.into_iter().map(|annotation| (index, annotation)));
            }
        }
        out.sort_by_key(|(index, _)| *index);
        out.into_iter().map(|(_, annotation)| annotation).collect()
    }

    /// Counts an annotation, tells what becomes of it, and says which technique it goes to.
    fn carry(&mut self, source: TechniqueId, annotation: &InputAnnotation) -> Option<TechniqueId> {
        let version = self.upgrade.to().version();
        let what = self.ledger.row(source, "");
        let (target, dropped) = (what.target(source), what.reason());
        let span = annotation.id_span.unwrap_or(annotation.span);
        if let Some(reason) = dropped {
            let reason = format!("{source} has no place in ATT&CK {version}: {}", reason.describe());
            self.drop_finding(annotation, reason);
        } else if let Some(target) = target.filter(|target| *target != source) {
            let named = Named::of(target, self.upgrade.to());
            let message = format!("{source} is {named} in ATT&CK {version}");
            self.findings.push((span, Diagnostic::new(Code::MovedByUpgrade, message)));
        }
        target
    }

    /// Tells of an annotation that is left out, unless it said nothing.
    fn drop_finding(&mut self, annotation: &InputAnnotation, message: String) {
        if annotation.is_annotated() {
            let span = annotation.id_span.unwrap_or(annotation.span);
            let help = "the annotation is left out; the account of the upgrade lists it";
            self.findings.push((span, Diagnostic::new(Code::DroppedByUpgrade, message).help(help)));
        }
    }

    /// The annotations that the Navigator shows or would show if their technique were active, in order; the others are
    /// dropped.
    fn alive<'a>(&mut self, all: &[&'a InputAnnotation]) -> Vec<Alive<'a>> {
        // A later annotation takes the place of an earlier one in each of its tactics.
        let mut taken: BTreeMap<TechniqueId, BTreeSet<String>> = BTreeMap::new();
        let mut alive = Vec::with_capacity(all.len());
        // What the Navigator does not show for a mistake that is mended here takes no shown one's place.
        let is_shown = |annotation: &InputAnnotation| {
            let id = annotation.id().map(|id| id.to_string());
            let is_as_written = annotation.technique.as_ref().map(|stated| &stated.value) == id.as_ref();
            is_as_written && !matches!(annotation.tactic, InputTactic::Nowhere(_))
        };
        let (shown, nowhere): (Vec<&InputAnnotation>, Vec<_>) = all.iter().partition(|one| is_shown(one));
        let ordered = nowhere.into_iter().chain(shown).collect::<Vec<_>>();
        for (index, annotation) in ordered.into_iter().enumerate().rev() {
            let Some(stated) = &annotation.technique else {
                let reason = "the annotation names no technique";
                self.ledger.drop_other("", reason);
                self.drop_finding(annotation, reason.to_owned());
                continue;
            };
            let Some(id) = annotation.id() else {
                let reason = "not the id of a technique";
                self.ledger.drop_other(stated.value.trim(), reason);
                self.drop_finding(annotation, format!("{}: {reason}", quoted(&stated.value)));
                continue;
            };
            let tactics = match (self.shown_in(id), &annotation.tactic) {
                (Some(known), InputTactic::One(tactic)) if !known.contains(&tactic.value) => {
                    let reason =
                        format!("the Navigator shows it nowhere: {id} is not in the tactic {}", tactic.value);
                    self.ledger.drop_other(&id.to_string(), &reason);
                    self.drop_finding(annotation, reason);
                    continue;
                }
                (_, InputTactic::One(tactic)) => vec![tactic.value.clone()],
                (Some(known), _) if !known.is_empty() => known,
                _ => vec![String::new()],
            };
            let taken = taken.entry(id).or_default();
            // A retired technique has no tactics; what is said of it without one is said of all.
            let is_covered = taken.contains("");
            let count = tactics.len();
            let fresh: Vec<String> =
                tactics.into_iter().filter(|tactic| !is_covered && taken.insert(tactic.clone())).collect();
            if fresh.is_empty() {
                let reason = "a later annotation of the same technique takes its place";
                self.ledger.drop_other(&id.to_string(), reason);
                self.drop_finding(annotation, format!("{id}: {reason}"));
                continue;
            }
            self.tell_mended(annotation, id);
            let rest = if fresh.len() < count { fresh } else { Vec::new() };
            alive.push(Alive { index, source: id, annotation, rest });
        }
        alive.reverse();
        alive
    }

    /// Tells of what the Navigator did not show for a mistake that is mended here.
    fn tell_mended(&mut self, annotation: &InputAnnotation, id: TechniqueId) {
        let stated = annotation.technique.as_ref().filter(|stated| stated.value != id.to_string());
        if let Some(stated) = stated {
            let message = format!("the technique {} is written as ATT&CK writes it", quoted(&stated.value));
            self.findings.push((stated.span, Diagnostic::new(Code::Rewritten, message)));
        }
        if let InputTactic::Nowhere(span) = annotation.tactic {
            let message = format!("{id} is in no tactic and is written for all of its tactics");
            self.findings.push((span, Diagnostic::new(Code::Rewritten, message)));
        }
    }

    /// The tactics of an active technique of the source.
    fn shown_in(&self, id: TechniqueId) -> Option<Vec<String>> {
        let technique = self.upgrade.from().technique(id)?;
        let tactics = self.upgrade.from().tactics();
        Some(technique.tactics.iter().map(|place| tactics[place].shortname.to_string()).collect())
    }

    /// Where an annotation of one tactic goes: to the same tactic, whatever it is called now; where the technique has left
    /// it, to those that it has joined. None when it has only left.
    fn tactics(&self, tactic: &str, source: TechniqueId, target: TechniqueId) -> Vec<String> {
        let (from, to) = (self.upgrade.from(), self.upgrade.to());
        let Some(technique) = to.technique(target) else { return Vec::new() };
        let former = from.tactics().iter().find(|one| one.shortname == tactic);
        let is_same = |place: &usize| match former {
            Some(former) => to.tactics()[*place].id == former.id,
            None => to.tactics()[*place].shortname == tactic,
        };
        let shortname = |place: usize| to.tactics()[place].shortname.to_string();
        if let Some(place) = technique.tactics.iter().find(is_same) {
            return vec![shortname(place)];
        }
        let Some(before) = from.technique(source) else {
            return technique.tactics.iter().map(shortname).collect();
        };
        let left: Vec<&str> = before.tactics.iter().map(|place| from.tactics()[place].id.as_ref()).collect();
        let joined =
            technique.tactics.iter().filter(|place| !left.contains(&to.tactics()[*place].id.as_ref()));
        joined.map(shortname).collect()
    }

    /// Gives annotations a place whose technique has left their tactic: if none of the others has one, all of its tactics;
    /// else they are dropped, for the others say what there is to say.
    fn placed(&mut self, target: TechniqueId, rows: Vec<Row>) -> Vec<Row> {
        let has_place = |row: &Row| row.tactics.as_ref().is_none_or(|tactics| !tactics.is_empty());
        let any = rows.iter().any(has_place);
        let mut kept = Vec::with_capacity(rows.len());
        for mut row in rows {
            if has_place(&row) {
                kept.push(row);
                continue;
            }
            if any {
                let tactic = match &row.annotation.tactic {
                    InputTactic::One(tactic) => tactic.value.clone(),
                    InputTactic::Every | InputTactic::Nowhere(_) => String::new(),
                };
                let reason = format!(
                    "{target} has left the tactic {tactic}; its other tactics keep their annotations"
                );
                self.ledger.drop_counted(row.source, &reason);
                self.drop_finding(&row.annotation, reason);
                continue;
            }
            row.tactics = None;
            kept.push(row);
        }
        kept
    }

    /// An annotation in each of its tactics, with what moved noted.
    fn told(&mut self, target: TechniqueId, row: Row) -> Vec<(usize, InputAnnotation)> {
        let Row { index, annotation, tactics, .. } = row;
        self.note_tactics(target, &annotation, tactics.as_deref());
        let Some(tactics) = tactics else {
            return vec![(index, InputAnnotation { tactic: InputTactic::Every, ..annotation })];
        };
        let span = annotation.span;
        let one = |name: String| InputAnnotation {
            tactic: InputTactic::One(Spanned { value: name, span }),
            ..annotation.clone()
        };
        tactics.into_iter().map(|name| (index, one(name))).collect()
    }

    fn note_tactics(
        &mut self,
        target: TechniqueId,
        annotation: &InputAnnotation,
        tactics: Option<&[String]>,
    ) {
        let InputTactic::One(former) = &annotation.tactic else { return };
        let now: BTreeSet<String> = match tactics {
            Some([same]) if *same == former.value => return,
            Some(tactics) => tactics.iter().cloned().collect(),
            None => self.tactics_of(target).into_iter().collect(),
        };
        self.moves.entry((target, former.value.clone())).or_default().extend(now);
    }

    fn tactics_of(&self, target: TechniqueId) -> Vec<String> {
        let to = self.upgrade.to();
        let places = to.technique(target).map(|one| one.tactics).unwrap_or_default();
        places.iter().map(|place| to.tactics()[place].shortname.to_string()).collect()
    }

    /// Notes the former technique in the metadata of an annotation that goes to another.
    fn moved(&self, annotation: &mut InputAnnotation, source: TechniqueId, target: TechniqueId) {
        let named = target.to_string();
        let names_target = |origin: &&str| origin.split(' ').next() == Some(named.as_str());
        let origins = origins(annotation);
        if !origins.is_empty() && origins.iter().all(names_target) {
            // Back where it started, by two upgrades of which the second undid the first: it has not moved.
            annotation.metadata.retain(|one| !merge::is_origin(one));
        } else if annotation.is_annotated() && origins.is_empty() {
            let span = annotation.span;
            annotation.metadata.insert(0, self.origin(source, span));
        }
    }

    /// The row that names a technique of the source. What an earlier upgrade did not move is called what it was before that.
    fn origin(&self, source: TechniqueId, span: Span) -> InputMetadata {
        let from = self.upgrade.from();
        let load = || {
            let is_other = self.made_on != from.version();
            is_other.then(|| Catalog::embedded(from.domain(), self.made_on).ok()).flatten()
        };
        let first = self.first.get_or_init(load).as_ref();
        let from = first.filter(|first| first.technique(source).is_some()).unwrap_or(from);
        let named = Named::of(source, from);
        row(super::build::UPGRADED_FROM, format!("{named} (ATT&CK {})", self.made_on), span)
    }
}
