//! Annotations of several techniques that come to one.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};

use super::super::read::{InputAnnotation, InputLink, InputMetadata, InputTactic, Spanned};
use super::{Carrier, Row, own};
use crate::attack::TechniqueId;
use crate::attack::upgrade::{Merge, MergedRow, Named};
use crate::diagnostic::{Code, Diagnostic};
use crate::layer::build::UPGRADED_FROM;
use crate::mapping::upgrade::says;
use crate::source::Span;

impl Carrier<'_, '_> {
    /// One annotation of those of several techniques: for all tactics of the target where all say the same, else for each.
    pub(super) fn merge(&mut self, target: TechniqueId, rows: &[Row]) -> Vec<InputAnnotation> {
        let all = self.tactics_of(target);
        for row in rows {
            self.note_tactics(target, &row.annotation, row.tactics.as_deref());
        }
        // Of one technique the annotation of a tactic takes the place of that of all tactics, as ever; those that come from
        // several tactics to one count together.
        let mut by_tactic: BTreeMap<&str, BTreeMap<TechniqueId, Vec<usize>>> = BTreeMap::new();
        for (place, row) in rows.iter().enumerate() {
            for tactic in row.tactics.as_ref().unwrap_or(&all) {
                let held = by_tactic.entry(tactic).or_default().entry(row.source).or_default();
                held.retain(|one| rows[*one].tactics.is_some() || rows[*one].rest.contains(tactic));
                held.push(place);
            }
        }
        let mut strongest: BTreeSet<usize> = BTreeSet::new();
        let mut shares: BTreeSet<usize> = BTreeSet::new();
        let mut made: Vec<(&str, Vec<usize>, InputAnnotation)> = Vec::new();
        for (tactic, of) in &by_tactic {
            let places: Vec<usize> = of.values().flatten().copied().collect();
            let first = strongest_of(rows, &places);
            strongest.insert(first);
            if places.len() > 1 {
                shares.extend(&places);
            }
            let joined = match places.as_slice() {
                [only] => rows[*only].annotation.clone(),
                _ => self.joined(target, rows, &places, first),
            };
            made.push((tactic, places, InputAnnotation { tactic: InputTactic::Every, ..joined }));
        }
        for (place, row) in rows.iter().enumerate() {
            if shares.contains(&place) && !strongest.contains(&place) {
                self.ledger.merged(row.source);
                let message =
                    format!("this annotation of {} becomes part of the one of {target}", row.source);
                let span = row.annotation.id_span.unwrap_or(row.annotation.span);
                self.findings.push((span, Diagnostic::new(Code::MergedByUpgrade, message)));
            }
        }
        self.tell(target, rows, &made);
        let is_alike = made.len() == all.len() && made.windows(2).all(|pair| pair[0].2 == pair[1].2);
        if is_alike {
            return made.into_iter().take(1).map(|(.., annotation)| annotation).collect();
        }
        let of = |(tactic, _, annotation): (&str, Vec<usize>, InputAnnotation)| {
            let tactic = Spanned { value: tactic.to_owned(), span: annotation.span };
            InputAnnotation { tactic: InputTactic::One(tactic), ..annotation }
        };
        made.into_iter().map(of).collect()
    }

    fn joined(
        &self,
        target: TechniqueId,
        rows: &[Row],
        places: &[usize],
        strongest: usize,
    ) -> InputAnnotation {
        let of = || places.iter().map(|place| &rows[*place]);
        let mut joined = rows[strongest].annotation.clone();
        // A colour beats the score's: without a colour of its own, the strongest shows its score.
        let unscored = of().all(|row| row.annotation.score.is_none());
        if unscored && joined.color.is_none() {
            joined.color = of().filter_map(|row| row.annotation.color.clone()).min();
        }
        joined.enabled = of().any(|row| row.annotation.enabled);
        joined.show_subtechniques = of().any(|row| row.annotation.show_subtechniques);
        joined.links = links(of());
        joined.other = other(of());
        if self.is_own {
            let held: Vec<&Row> = of().collect();
            let origin = |source, span| self.origin(source, span);
            if let Some(own) = own::join(target, &held, &rows[strongest], origin) {
                joined.comment.value = own.comment;
                joined.metadata = own.metadata;
                return joined;
            }
        }
        joined.comment.value = comment(of());
        // Annotations of one technique that have not moved, but for their tactics.
        let is_kept = of()
            .filter(|row| row.annotation.is_annotated())
            .all(|row| row.source == target && origins(&row.annotation).is_empty());
        joined.metadata = self.metadata(of(), !is_kept);
        joined
    }

    /// The techniques of the source first, then the rows of each.
    fn metadata<'r>(&self, rows: impl Iterator<Item = &'r Row>, has_moved: bool) -> Vec<InputMetadata> {
        let mut sources: Vec<InputMetadata> = Vec::new();
        let mut parts: Vec<Vec<InputMetadata>> = Vec::new();
        let (mut named, mut said) = (BTreeSet::new(), BTreeSet::new());
        for row in rows.filter(|row| row.annotation.is_annotated()) {
            let (own, rest): (Vec<_>, Vec<_>) = row.annotation.metadata.iter().cloned().partition(is_origin);
            let own = if own.is_empty() && has_moved {
                vec![self.origin(row.source, row.annotation.span)]
            } else {
                own
            };
            // What was made of several has a line before each part but the first.
            let is_line = |one: &InputMetadata| matches!(one, InputMetadata::Divider { .. });
            let rest: Vec<&[InputMetadata]> =
                if own.len() > 1 { rest.split(is_line).collect() } else { vec![&rest] };
            sources.extend(own.into_iter().filter(|one| named.insert(text(one).map(owned))));
            for part in rest.into_iter().filter(|part| !part.is_empty()) {
                let texts: Vec<_> = part.iter().map(|row| text(row).map(owned)).collect();
                if said.insert(texts) {
                    parts.push(part.to_vec());
                }
            }
        }
        sources.sort_by(|one, other| text(one).cmp(&text(other)));
        let mut all = sources;
        for (index, part) in parts.into_iter().enumerate() {
            if let Some(span) = part.first().map(span).filter(|_| index > 0) {
                all.push(InputMetadata::Divider { shown: true, is_row: false, span });
            }
            all.extend(part);
        }
        all
    }

    fn tell(&mut self, target: TechniqueId, rows: &[Row], made: &[(&str, Vec<usize>, InputAnnotation)]) {
        let said = |annotation: &InputAnnotation| match (&annotation.score, &annotation.color) {
            (Some(score), _) => score.value.to_string(),
            (None, Some(color)) => color.clone(),
            (None, None) => String::new(),
        };
        let of = |places: &[usize]| -> Vec<MergedRow> {
            places
                .iter()
                .map(|place| &rows[*place])
                .map(|row| MergedRow {
                    from: row.source,
                    said: said(&row.annotation),
                    disabled: !row.annotation.enabled,
                })
                .collect()
        };
        let score = |annotation: &InputAnnotation| annotation.score.as_ref().map(|score| score.value);
        let gives_way = |row: &Row, to: &InputAnnotation| {
            to.enabled && !row.annotation.enabled && score(&row.annotation) > score(to)
        };
        for (tactic, places, annotation) in made.iter().filter(|(_, places, _)| places.len() > 1) {
            self.merges.push(Merge {
                to: Named::of(target, self.upgrade.to()),
                of: (*tactic).to_owned(),
                rows: of(places),
                result: said(annotation),
                note: places
                    .iter()
                    .any(|place| gives_way(&rows[*place], annotation))
                    .then(|| "a higher score is disabled, and does not count".to_owned()),
            });
        }
    }
}

/// One comment of several, each with the technique it was of, unless all are the same.
fn comment<'r>(rows: impl Iterator<Item = &'r Row>) -> String {
    let said: Vec<&Row> = rows.filter(|row| !row.annotation.comment.value.trim().is_empty()).collect();
    let texts: BTreeSet<&str> = said.iter().map(|row| row.annotation.comment.value.as_str()).collect();
    if texts.len() < 2 {
        return texts.first().map_or_else(String::new, |text| (*text).to_owned());
    }
    let part = |row: &&Row| {
        let text = &row.annotation.comment.value;
        match origins(&row.annotation).as_slice() {
            [] => format!("{}: {text}", row.source),
            [one] => format!("{}: {text}", one.split(' ').next().unwrap_or_default()),
            // Made of several already.
            _ => text.clone(),
        }
    };
    let mut parts: Vec<String> = Vec::with_capacity(said.len());
    for part in said.iter().map(part) {
        // One that was made of several may say already what another says.
        if parts.iter().all(|known| !says(known, &part)) {
            parts.retain(|known| !says(&part, known));
            parts.push(part);
        }
    }
    parts.join("\n\n")
}

/// The one that shows most: enabled, with the highest score; else with a colour, of several the one whose text comes first;
/// else the first. It is the same in whatever order they come.
fn strongest_of(rows: &[Row], places: &[usize]) -> usize {
    let rank = |place: &usize| {
        let annotation = &rows[*place].annotation;
        let score = annotation.score.as_ref().map(|score| score.value);
        (annotation.enabled, score, annotation.color.as_deref().map(Reverse))
    };
    let mut best = places[0];
    for place in &places[1..] {
        let (held, one) = (rank(&best), rank(place));
        if one.partial_cmp(&held) == Some(Ordering::Greater) {
            best = *place;
        }
    }
    best
}

/// A row of metadata.
pub(in crate::layer) fn row(name: &str, value: String, span: Span) -> InputMetadata {
    InputMetadata::Row { name: name.to_owned(), value: Spanned { value, span } }
}

/// The techniques that an annotation names as those it was of.
pub(in crate::layer) fn origins(annotation: &InputAnnotation) -> Vec<&str> {
    annotation
        .metadata
        .iter()
        .filter(|one| is_origin(one))
        .filter_map(|one| text(one).map(|(_, value)| value))
        .collect()
}

pub(super) fn is_origin(one: &InputMetadata) -> bool {
    text(one).is_some_and(|(name, _)| name == UPGRADED_FROM)
}

fn text(one: &InputMetadata) -> Option<(&str, &str)> {
    match one {
        InputMetadata::Row { name, value } => Some((name, &value.value)),
        InputMetadata::Divider { .. } => None,
    }
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn span(one: &InputMetadata) -> Span {
    match one {
        InputMetadata::Row { value, .. } => value.span,
        InputMetadata::Divider { span, .. } => *span,
    }
}

/// Every link once.
fn links<'r>(rows: impl Iterator<Item = &'r Row>) -> Vec<InputLink> {
    let mut all: Vec<InputLink> = Vec::new();
    let address = |link: &InputLink| match link {
        InputLink::Link { label, url } => Some((label.clone(), url.value.clone())),
        InputLink::Divider { .. } => None,
    };
    let mut seen = BTreeSet::new();
    for link in rows.flat_map(|row| &row.annotation.links) {
        if address(link).is_none_or(|address| seen.insert(address)) {
            all.push(link.clone());
        }
    }
    all
}

/// Fields that no format defines, those of the first that has them.
fn other<'r>(rows: impl Iterator<Item = &'r Row>) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    let mut seen = BTreeSet::new();
    for (key, value) in rows.flat_map(|row| &row.annotation.other) {
        if seen.insert((key, value)) {
            all.push((key.clone(), value.clone()));
        }
    }
    all
}
