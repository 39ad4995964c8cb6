//! What a form cannot hold of a mapping set.

use std::collections::BTreeSet;

use super::super::model::{Capability, MappingSet};
use super::super::read::{group_id, is_date};
use super::rows::rows;
use super::{Content, Form, sheet, table};
use crate::attack::upgrade::absence;
use crate::diagnostic::{Code, Diagnostic};

/// What the set holds that a file of this form will not: one finding for each kind of thing, with how many of them there
/// are and the first.
///
/// Of [`Content::Facts`] the sentences are left out on purpose, which is no loss.
#[must_use]
pub fn losses(set: &MappingSet, form: Form, content: Content) -> Vec<Diagnostic> {
    let mut finder = Finder { set, form, content, findings: Vec::new() };
    finder.capabilities();
    finder.groups();
    finder.scores();
    finder.upgrade();
    if form.is_table() {
        finder.definitions();
        finder.ids();
        finder.metadata();
        finder.cells();
    } else {
        finder.dates();
    }
    finder.findings
}

struct Finder<'a> {
    set: &'a MappingSet,
    form: Form,
    content: Content,
    findings: Vec<Diagnostic>,
}

/// How many of a kind there are, and the first.
#[derive(Debug, Default)]
struct Tally {
    count: usize,
    first: String,
}

impl Tally {
    fn add(&mut self, first: impl FnOnce() -> String) {
        if self.count == 0 {
            self.first = first();
        }
        self.count += 1;
    }

    /// `3 tags`.
    fn counted(&self, one: &str, many: &str) -> String {
        format!("{} {}", self.count, if self.count == 1 { one } else { many })
    }
}

impl Finder<'_> {
    /// Adds a finding about the set as a whole, when there is anything to find.
    fn find(&mut self, code: Code, tally: &Tally, message: String, help: &str) {
        if tally.count == 0 {
            return;
        }
        let message =
            if tally.first.is_empty() { message } else { format!("{message}; the first is {}", tally.first) };
        let mut finding = Diagnostic::new(code, message);
        if let Some(source) = self.set.sources.iter().next() {
            finding = finding.at(source.whole());
        }
        self.findings.push(finding.help(help));
    }

    fn capabilities(&mut self) {
        let form = self.form.name();
        let mut is_mapped = vec![false; self.set.capabilities.len()];
        for mapping in &self.set.mappings {
            is_mapped[mapping.capability] = true;
        }
        let (mut tags, mut descriptions, mut texts, mut rowless) =
            (Tally::default(), Tally::default(), Tally::default(), Tally::default());
        for (capability, is_mapped) in self.set.capabilities.iter().zip(is_mapped) {
            let id = || quoted(&capability.id);
            for tag in &capability.tags {
                tags.add(|| format!("{} of {}", quoted(tag), id()));
            }
            if !is_mapped && !capability.non_mappable {
                rowless.add(id);
                continue;
            }
            if self.content == Content::Facts {
                continue;
            }
            if capability.description.is_some() {
                descriptions.add(|| format!("that of {}", id()));
            }
            if !capability.non_mappable && has_own_text(capability) {
                texts.add(|| format!("that of {}", id()));
            }
        }
        let has_no_place = |what: String| format!("{form} has no place for {what}");
        let message = has_no_place(tags.counted("tag", "tags"));
        self.find(Code::LostTags, &tags, message, "they are left out");
        let what = descriptions.counted("capability's description", "capabilities' descriptions");
        let help = "its column `capability_description` holds the names";
        self.find(Code::LostDescriptions, &descriptions, has_no_place(what), help);
        let what = texts
            .counted("capability's own comment or references", "capabilities' own comments or references");
        let help = "they are left out; only those of mappings, and of what is not mappable, have a row";
        self.find(Code::LostCapabilityTexts, &texts, has_no_place(what), help);
        let what = rowless.counted(
            "capability that is neither mapped nor declared non-mappable",
            "capabilities that are neither mapped nor declared non-mappable",
        );
        self.find(Code::LostCapabilities, &rowless, has_no_place(what), "no row names it, so it is left out");
    }

    /// Scores that a source gives as numbers, as layers do.
    fn scores(&mut self) {
        let mut numbers = Tally::default();
        for mapping in &self.set.mappings {
            if let Some(score) = mapping.numeric {
                let capability = &self.set.capabilities[mapping.capability].id;
                numbers
                    .add(|| format!("{} of {} for {}", score.value(), quoted(capability), mapping.technique));
            }
        }
        let what = numbers.counted("score that is a number", "scores that are numbers");
        let message = format!("{} has no place for {what}", self.form.name());
        self.find(
            Code::LostScores,
            &numbers,
            message,
            "it has levels only; the mappings stand without a score",
        );
    }

    /// Groups of a capability that has fewer rows than groups.
    fn groups(&mut self) {
        let mut left = Tally::default();
        let mut counts = vec![0_usize; self.set.capabilities.len()];
        for mapping in &self.set.mappings {
            counts[mapping.capability] += 1;
        }
        for (capability, count) in self.set.capabilities.iter().zip(counts) {
            let count = count + usize::from(capability.non_mappable);
            // Without a row the capability itself is lost, which is said once.
            for group in capability.groups.iter().skip(count).filter(|_| count > 0) {
                left.add(|| format!("{} of {}", quoted(&self.set.groups[*group].id), quoted(&capability.id)));
            }
        }
        let message = left.counted(
            "further group of a capability has no row to stand in",
            "further groups of capabilities have no row to stand in",
        );
        self.find(Code::LostGroups, &left, message, "each row names one group");
    }

    /// What only a table of definitions says.
    fn definitions(&mut self) {
        let used: BTreeSet<usize> =
            self.set.capabilities.iter().flat_map(|capability| capability.groups.iter().copied()).collect();
        let types: BTreeSet<&str> =
            self.set.mappings.iter().map(|mapping| mapping.mapping_type.as_str()).collect();
        let mut lost = Tally::default();
        for (_, group) in self.set.groups.iter().enumerate().filter(|(index, _)| !used.contains(index)) {
            lost.add(|| format!("the group {}, which no row names", quoted(&group.id)));
        }
        for (id, kind) in &self.set.mapping_types {
            if !types.contains(kind.name.as_str()) && id != "non_mappable" {
                lost.add(|| format!("the mapping type {}, which no row names", quoted(id)));
            } else if !kind.description.is_empty() && self.content == Content::Everything {
                lost.add(|| format!("what the mapping type {} means", quoted(id)));
            }
        }
        let what = lost.counted("definition", "definitions");
        let message = format!("{} has no place for {what}", self.form.name());
        self.find(Code::LostDefinitions, &lost, message, "JSON and YAML hold definitions");
    }

    /// Ids of groups and types whose names alone are written: those that a reader does not make of the name again.
    fn ids(&mut self) {
        let mut lost = Tally::default();
        let mut taken: BTreeSet<String> = BTreeSet::new();
        let mut names: BTreeSet<&str> = BTreeSet::new();
        let mut ids: BTreeSet<&str> = BTreeSet::new();
        for group in rows(self.set, self.content).iter().filter_map(|row| row.group) {
            if !ids.insert(&group.id) {
                continue;
            }
            let is_new = names.insert(&group.name);
            let made = group_id(group.name.trim(), |id| taken.contains(id));
            if !is_new || made != group.id {
                lost.add(|| format!("{} of the group {}", quoted(&group.id), quoted(&group.name)));
            }
            taken.insert(made);
        }
        let used: BTreeSet<&str> =
            self.set.mappings.iter().map(|mapping| mapping.mapping_type.as_str()).collect();
        for (id, kind) in &self.set.mapping_types {
            if *id != kind.name && used.contains(kind.name.as_str()) {
                lost.add(|| format!("{} of the mapping type {}", quoted(id), quoted(&kind.name)));
            }
        }
        let message = format!(
            "{} holds names alone, and {} told by none",
            self.form.name(),
            lost.counted("id is", "ids are")
        );
        self.find(Code::LostIds, &lost, message, "JSON and YAML hold ids and names");
    }

    /// What only the set remembers of an upgrade: the version it was made on, the techniques that rows were of, and those that
    /// nobody assessed.
    fn upgrade(&mut self) {
        let (made_on, mut moved) = (self.set.made_on(), Tally::default());
        for mapping in self.set.mappings.iter().filter(|mapping| !mapping.moved_from.is_empty()) {
            let from = mapping.moved_from.first().map_or(mapping.technique, |origin| origin.technique);
            moved.add(|| format!("{from}, now {}", mapping.technique));
        }
        let what = moved.counted("row was", "rows were");
        let form = self.form.name();
        let message = format!("{form} has no place for what {what} on ATT&CK {made_on}");
        self.find(Code::LostOrigins, &moved, message, "--upgrade-report FILE keeps it");
        let mut new = Tally::default();
        self.set.not_assessed.iter().for_each(|id| new.add(|| id.to_string()));
        let what = new.counted("technique is", "techniques are");
        let absence = absence(made_on, self.set.attack_version);
        let message = format!(
            "{form} has no place for it that {what} {absence} and not assessed: who reads it takes them for not covered"
        );
        self.find(Code::LostOrigins, &new, message, "--upgrade-report FILE lists them; layers keep it");
    }

    fn metadata(&mut self) {
        let publication = &self.set.publication;
        let mut lost = Tally::default();
        let fields = [
            ("mapping_version", &publication.mapping_version),
            ("author", &publication.author),
            ("contact", &publication.contact),
        ];
        for (name, value) in fields {
            if let Some(value) = value {
                lost.add(|| format!("`{name}`: {}", quoted(value)));
            }
        }
        let what = lost.counted("field of the metadata", "fields of the metadata");
        let message = format!("{} has no column for {what}", self.form.name());
        self.find(Code::LostMetadata, &lost, message, "JSON and YAML hold them");
    }

    /// What single cells cannot hold.
    fn cells(&mut self) {
        let form = self.form.name();
        let (mut long, mut formulas, mut replaced) = (Tally::default(), Tally::default(), Tally::default());
        for (index, (_, cells)) in table::records(self.set, self.content).enumerate() {
            for (name, text) in table::COLUMNS.iter().zip(&cells) {
                let place = || format!("`{name}` of row {}", index + 1);
                if self.form == Form::Xlsx && !sheet::fits(text) {
                    long.add(place);
                }
                if self.form.is_text() && table::is_formula(text) {
                    formulas.add(place);
                }
                if !text.chars().all(table::is_held) {
                    replaced.add(place);
                }
            }
        }
        let what = long.counted("text is", "texts are");
        let message =
            format!("{what} longer than the {} characters that a cell of {form} holds", sheet::MAX_CELL);
        self.find(Code::CutTexts, &long, message, "what is too long is cut, whole references at a time");
        let message =
            format!("{} characters that no table holds", replaced.counted("cell has", "cells have"));
        self.find(Code::ReplacedCharacters, &replaced, message, "each is replaced by `\u{fffd}`");
        let what = formulas.counted("cell begins", "cells begin");
        let message =
            format!("{what} as a formula does, and a spreadsheet that opens {form} may take it for one");
        self.find(
            Code::FormulaLike,
            &formulas,
            message,
            "they are kept as they are; XLSX holds them as text",
        );
    }

    /// What Mappings Explorer's own tools ask for.
    fn dates(&mut self) {
        let publication = &self.set.publication;
        let mut refused = Tally::default();
        match &publication.creation_date {
            None => refused.add(|| "`creation_date`, which is absent".to_owned()),
            Some(date) if !is_date(date) => refused.add(|| format!("`creation_date`: {}", quoted(date))),
            Some(_) => {}
        }
        if let Some(date) = publication.last_update.as_ref().filter(|date| !is_date(date)) {
            refused.add(|| format!("`last_update`: {}", quoted(date)));
        }
        let what = refused.counted("date", "dates");
        let message = format!("Mappings Explorer's own tools will refuse {what} of the metadata");
        self.find(
            Code::RefusedDates,
            &refused,
            message,
            "a date is written mm/dd/yyyy; navlayer reads the file as it is",
        );
    }
}

fn has_own_text(capability: &Capability) -> bool {
    !capability.comment.is_empty() || !capability.references.is_empty()
}

/// A value for a message.
fn quoted(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("`{}…`", &text[..at]),
        None => format!("`{text}`"),
    }
}
