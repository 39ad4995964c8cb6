//! Carrying a mapping set from one ATT&CK version to another, row by row, with an account of every one.
//!
//! Rows of one capability that come to say something of one technique become one row: it keeps the strongest level, every
//! comment and every reference, and remembers which techniques they were of.

use std::collections::{BTreeMap, BTreeSet};

use crate::attack::upgrade::{Counted, Ledger, Merge, MergedRow, Move, Named, Upgrade};
use crate::attack::{Catalog, TechniqueId};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

use super::model::{Category, Mapping, MappingOrigin, MappingSet};

/// Carries a set to the upgrade's target. What went where is in the last of [`MappingSet::upgrades`]; the findings tell it
/// row by row: what was dropped as a warning, what moved or merged as a note.
///
/// The set must be on the version that the upgrade starts from.
pub fn upgrade(set: &mut MappingSet, upgrade: &Upgrade<'_>) -> Vec<Diagnostic> {
    let mut carrier = Carrier { upgrade, ledger: Ledger::new(upgrade, Counted::Rows), findings: Vec::new() };
    let mappings = std::mem::take(&mut set.mappings);
    let mut merges = Vec::new();
    set.mappings = carrier.mappings(set, mappings, &mut merges);
    set.non_mappable = carrier.statements(
        std::mem::take(&mut set.non_mappable),
        "declared not mappable",
        |row| Parts { technique: &mut row.technique, name: &mut row.name, span: row.id_span },
        |kept, row| add_comment(&mut kept.comment, &row.comment),
        &mut merges,
    );
    set.listed = carrier.statements(
        std::mem::take(&mut set.listed),
        "listed without a mapping",
        |row| Parts { technique: &mut row.technique, name: &mut row.name, span: row.id_span },
        |_, _| {},
        &mut merges,
    );
    merges.sort_by(|one, other| (&one.to, &one.of).cmp(&(&other.to, &other.of)));
    let not_assessed = upgrade.not_assessed(&set.not_assessed);
    let origin = set.origin.to_string();
    let Carrier { ledger, findings, .. } = carrier;
    let mut record = ledger.finish(set.framework.label(), origin, &not_assessed);
    record.merges = merges;
    record.made_on = set.made_on();
    set.upgrades.push(record);
    set.attack_version = upgrade.to().version();
    set.not_assessed = not_assessed;
    findings
        .into_iter()
        .map(|(span, finding)| match set.sources.place(span) {
            Some(place) => finding.at(place),
            None => finding,
        })
        .collect()
}

/// Calls every technique of a set what a catalog calls it: for those who write the set anew.
pub fn rename(set: &mut MappingSet, catalog: &Catalog) {
    let name = |id: TechniqueId, name: &mut String| {
        if let Some(known) = catalog.name_of(id) {
            known.clone_into(name);
        }
    };
    set.mappings.iter_mut().for_each(|row| name(row.technique, &mut row.technique_name));
    set.non_mappable.iter_mut().for_each(|row| name(row.technique, &mut row.name));
    set.listed.iter_mut().for_each(|row| name(row.technique, &mut row.name));
}

/// What two rows must have in common to become one: the capability, the technique, the mapping type, the category, and
/// whether they have a level, a number or neither.
type MergeKey = (usize, TechniqueId, String, Option<Category>, bool, bool);

struct Carrier<'u, 'c> {
    upgrade: &'u Upgrade<'c>,
    ledger: Ledger<'u, 'c>,
    findings: Vec<(Span, Diagnostic)>,
}

impl Carrier<'_, '_> {
    fn mappings(&mut self, set: &MappingSet, rows: Vec<Mapping>, merges: &mut Vec<Merge>) -> Vec<Mapping> {
        let mut carried: Vec<(TechniqueId, Mapping)> = Vec::with_capacity(rows.len());
        for mut row in rows {
            let source = row.technique;
            let Some(target) = self.carry(source, &row.technique_name, row.id_span) else { continue };
            if target != source && row.moved_from.is_empty() {
                row.moved_from = vec![MappingOrigin::of(&row)];
            }
            self.rename(source, target, &mut row.technique_name);
            row.technique = target;
            // Back where it started, by two upgrades of which the second undid the first: it has not moved.
            if row.moved_from.iter().all(|origin| origin.technique == target) {
                row.moved_from.clear();
            }
            let related = row.related_score;
            row.related_score = related.and_then(|id| self.upgrade.of(id).target(id));
            carried.push((source, row));
        }
        self.merge(set, carried, merges)
    }

    /// The name of the new technique, where it is another one; a name that the source gives to the same technique stays as it
    /// is given.
    fn rename(&self, source: TechniqueId, target: TechniqueId, name: &mut String) {
        if target != source {
            self.upgrade.to().name_of(target).unwrap_or_default().clone_into(name);
        }
    }

    /// Counts a row, tells what becomes of it, and says where it goes.
    fn carry(&mut self, id: TechniqueId, name: &str, span: Span) -> Option<TechniqueId> {
        let version = self.upgrade.to().version();
        let what = self.ledger.row(id, name);
        let finding = match what {
            Move::Kept | Move::Renamed => return Some(id),
            Move::Dropped(reason) => {
                let message = format!("{id} has no place in ATT&CK {version}: {}", reason.describe());
                let help = "the row is left out; map what it is about to a technique of that version";
                Diagnostic::new(Code::DroppedByUpgrade, message).help(help)
            }
            Move::Renumbered { chain } | Move::Replaced { chain } => {
                let named = chain.last().map(|end| Named::of(*end, self.upgrade.to()));
                let end = named.map_or_else(String::new, |named| named.to_string());
                Diagnostic::new(Code::MovedByUpgrade, format!("{id} is {end} in ATT&CK {version}"))
            }
        };
        let target = what.target(id);
        self.findings.push((span, finding));
        target
    }

    /// Makes one row of those that came together from different techniques.
    fn merge(
        &mut self,
        set: &MappingSet,
        carried: Vec<(TechniqueId, Mapping)>,
        merges: &mut Vec<Merge>,
    ) -> Vec<Mapping> {
        // Nothing comes together at a technique to which nothing moved.
        let moved = carried.iter().filter(|(source, row)| *source != row.technique);
        let meeting: BTreeSet<TechniqueId> = moved.map(|(_, row)| row.technique).collect();
        let mut groups: BTreeMap<MergeKey, Vec<usize>> = BTreeMap::new();
        let rows = carried.iter().enumerate();
        for (index, (_, row)) in rows.filter(|(_, (_, row))| meeting.contains(&row.technique)) {
            let key = (
                row.capability,
                row.technique,
                row.mapping_type.clone(),
                row.category,
                row.level.is_some(),
                row.numeric.is_some(),
            );
            groups.entry(key).or_default().push(index);
        }
        groups.retain(|_, rows| rows.iter().any(|index| carried[*index].0 != carried[rows[0]].0));
        let mut rows: Vec<Option<(TechniqueId, Mapping)>> = carried.into_iter().map(Some).collect();
        for (key, group) in groups {
            let taken: Vec<(TechniqueId, Mapping)> =
                group.iter().filter_map(|index| rows[*index].take()).collect();
            merges.push(self.told(set, &key, &taken));
            let strongest = strongest(&taken);
            for (source, row) in
                taken.iter().enumerate().filter(|(index, _)| *index != strongest).map(|at| at.1)
            {
                self.ledger.merged(*source);
                let message = format!(
                    "this row of {source} becomes part of the one of {} for {}",
                    row.technique, set.capabilities[row.capability].name
                );
                self.findings.push((row.id_span, Diagnostic::new(Code::MergedByUpgrade, message)));
            }
            let place = group[strongest];
            rows[place] = Some((taken[strongest].0, joined(taken, strongest)));
        }
        rows.into_iter().flatten().map(|(_, row)| row).collect()
    }

    fn told(&self, set: &MappingSet, key: &MergeKey, rows: &[(TechniqueId, Mapping)]) -> Merge {
        let capability = &set.capabilities[key.0].name;
        let said = |row: &Mapping| match (row.level, row.numeric) {
            (Some(level), _) => level.name().to_owned(),
            (None, Some(number)) => number.to_string(),
            (None, None) => String::new(),
        };
        Merge {
            to: Named::of(key.1, self.upgrade.to()),
            of: key.3.map_or_else(|| capability.clone(), |category| format!("{capability}, {category}")),
            rows: rows.iter().map(|(from, row)| merged_row(*from, said(row))).collect(),
            note: None,
            result: rows.get(strongest(rows)).map_or_else(String::new, |(_, row)| said(row)),
        }
    }

    /// Carries what a set says of techniques without a capability. Of those that come to one technique the first stays;
    /// `of` says in the account what they are, and `join` adds to the first what another says.
    fn statements<T>(
        &mut self,
        rows: Vec<T>,
        of: &str,
        parts: impl Fn(&mut T) -> Parts<'_>,
        join: impl Fn(&mut T, &mut T),
        merges: &mut Vec<Merge>,
    ) -> Vec<T> {
        let mut carried: Vec<T> = Vec::with_capacity(rows.len());
        // Of each target, the place of the row that stays, and the techniques that came to it, that row's first.
        let mut seen: BTreeMap<TechniqueId, (usize, Vec<TechniqueId>)> = BTreeMap::new();
        for mut row in rows {
            let Parts { technique, name, span } = parts(&mut row);
            let source = *technique;
            let Some(target) = self.carry(source, name, span) else { continue };
            let (place, sources) = seen.entry(target).or_insert((carried.len(), vec![source]));
            // The same statement twice in a source is no merge of ours.
            if sources[0] != source {
                sources.push(source);
                self.ledger.merged(source);
                let message = format!("this row of {source} becomes part of the one of {target}, {of}");
                self.findings.push((span, Diagnostic::new(Code::MergedByUpgrade, message)));
                join(&mut carried[*place], &mut row);
                continue;
            }
            self.rename(source, target, name);
            *technique = target;
            carried.push(row);
        }
        let together = seen.into_iter().filter(|(_, (_, sources))| sources.len() > 1);
        merges.extend(together.map(|(target, (_, sources))| Merge {
            to: Named::of(target, self.upgrade.to()),
            of: of.to_owned(),
            rows: sources.into_iter().map(|from| merged_row(from, String::new())).collect(),
            result: String::new(),
            note: None,
        }));
        carried
    }
}

/// What carrying changes in a statement of a technique, and where its id stands.
struct Parts<'r> {
    technique: &'r mut TechniqueId,
    name: &'r mut String,
    span: Span,
}

fn merged_row(from: TechniqueId, said: String) -> MergedRow {
    MergedRow { from, said, disabled: false }
}

/// Whether a comment has all paragraphs of another, as they stand there.
pub(crate) fn says(comment: &str, other: &str) -> bool {
    let framed = |text: &str| format!("\n\n{text}\n\n");
    framed(comment).contains(&framed(other))
}

/// Adds to a comment what it does not say yet.
fn add_comment(comment: &mut String, other: &str) {
    if other.is_empty() || says(comment, other) {
        return;
    }
    if !comment.is_empty() {
        comment.push_str("\n\n");
    }
    comment.push_str(other);
}

/// The place of the first of the strongest rows.
fn strongest(rows: &[(TechniqueId, Mapping)]) -> usize {
    let strength = |row: &Mapping| (row.level, row.numeric);
    let best = rows.iter().map(|(_, row)| strength(row)).max();
    rows.iter().position(|(_, row)| Some(strength(row)) == best).unwrap_or_default()
}

/// The strongest of some rows, with what the others say beside it.
fn joined(rows: Vec<(TechniqueId, Mapping)>, strongest: usize) -> Mapping {
    let mut origins: Vec<MappingOrigin> = Vec::new();
    let mut references: Vec<super::model::Reference> = Vec::new();
    let mut kept = None;
    for (index, (_, row)) in rows.into_iter().enumerate() {
        let own =
            if row.moved_from.is_empty() { vec![MappingOrigin::of(&row)] } else { row.moved_from.clone() };
        origins.extend(own);
        references.extend(row.references.iter().cloned());
        if index == strongest {
            kept = Some(row);
        }
    }
    // By technique, and in the order of the source, so that two upgrades in turn say what one says.
    origins.sort_by_key(|origin| origin.technique);
    references.sort_by_key(|reference| reference.span);
    let mut told = BTreeSet::new();
    references.retain(|reference| told.insert(reference.text.clone()));
    let mut kept = kept.expect("the strongest is one of them");
    kept.comment = comment(&origins);
    kept.references = references;
    kept.moved_from = origins;
    kept
}

/// The rows that one was, as far as it says: its comment is that of all of them, or where each part names its technique, as
/// [`comment`] writes it, theirs.
pub(crate) fn origins(techniques: &[(TechniqueId, String)], comment: &str) -> Vec<MappingOrigin> {
    let mut origins: Vec<MappingOrigin> = techniques
        .iter()
        .map(|(technique, name)| MappingOrigin {
            technique: *technique,
            name: name.clone(),
            comment: String::new(),
        })
        .collect();
    let places: BTreeMap<TechniqueId, usize> =
        origins.iter().enumerate().map(|(place, origin)| (origin.technique, place)).collect();
    let mut parts: Vec<(usize, String)> = Vec::new();
    for part in comment.split("\n\n") {
        let named = part.split_once(": ").and_then(|(id, rest)| Some((id.parse().ok()?, rest)));
        let place = named.and_then(|(id, rest): (TechniqueId, &str)| Some((*places.get(&id)?, rest)));
        match (place, parts.last_mut()) {
            (Some((place, rest)), _) => parts.push((place, rest.to_owned())),
            (None, Some((_, text))) => {
                text.push_str("\n\n");
                text.push_str(part);
            }
            (None, None) => break,
        }
    }
    if origins.len() < 2 || parts.is_empty() {
        for origin in &mut origins {
            comment.clone_into(&mut origin.comment);
        }
        return origins;
    }
    for (place, text) in parts {
        add_comment(&mut origins[place].comment, &text);
    }
    origins
}

/// The comments of rows that became one: one by itself where all say the same, else each with the technique it was of.
pub(crate) fn comment(origins: &[MappingOrigin]) -> String {
    let said: Vec<&MappingOrigin> =
        origins.iter().filter(|origin| !origin.comment.trim().is_empty()).collect();
    let texts: BTreeSet<&str> = said.iter().map(|origin| origin.comment.as_str()).collect();
    if texts.len() < 2 {
        return texts.first().map_or_else(String::new, |text| (*text).to_owned());
    }
    let mut told = BTreeSet::new();
    let mut parts = Vec::with_capacity(said.len());
    for origin in said {
        if told.insert((origin.technique, &origin.comment)) {
            parts.push(format!("{}: {}", origin.technique, origin.comment));
        }
    }
    parts.join("\n\n")
}
