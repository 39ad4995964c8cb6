//! Annotations: whose they are, and which of them the Navigator keeps.

use std::collections::BTreeMap;

use super::super::read::{InputAnnotation, InputMetadata, InputTactic, Spanned, short};
use super::Checker;
use crate::attack::{Catalog, Fate, Technique, TechniqueId};
use crate::diagnostic::Code;
use crate::source::Span;
use crate::suggest;

/// What the Navigator keys a record by: the technique's id and the tactic's short name.
type Key = (String, String);

impl<'a> Checker<'a> {
    pub(super) fn techniques(&mut self, catalog: Option<&Catalog>) {
        let layer = self.layer;
        let mut records: BTreeMap<Key, &'a InputAnnotation> = BTreeMap::new();
        for annotation in &layer.techniques {
            let Some(stated) = &annotation.technique else {
                self.no_id(annotation);
                continue;
            };
            let technique = self.technique(annotation, stated, catalog);
            if let Some((catalog, technique)) = catalog.zip(technique) {
                self.tactic(annotation, technique, catalog);
            }
            let tactics = tactics(annotation, technique, catalog);
            self.earlier(annotation, &stated.value, &tactics, &mut records);
        }
    }

    /// An annotation without a technique.
    fn no_id(&mut self, annotation: &InputAnnotation) {
        let message = "the annotation names no technique";
        let help = match annotation.tactic {
            InputTactic::Every => {
                "the Navigator drops it without a word, and mitreattack-python skips or refuses it"
            }
            _ => "the Navigator keeps it as a record that nobody sees, and counts it as scored",
        };
        let opening = Span { end: annotation.span.start + 1, ..annotation.span };
        self.find(annotation.id_span.unwrap_or(opening), Code::NoTechniqueId, message, help);
    }

    /// The technique as the catalog has it; what it has not is a finding.
    fn technique<'c>(
        &mut self,
        annotation: &InputAnnotation,
        stated: &Spanned<String>,
        catalog: Option<&'c Catalog>,
    ) -> Option<&'c Technique> {
        let comes_to = match annotation.tactic {
            InputTactic::Every => "the Navigator drops the annotation without a word",
            _ => "the Navigator keeps it as a record that nobody sees, and counts it as scored",
        };
        let Ok(id) = stated.value.parse::<TechniqueId>() else {
            self.malformed(stated, annotation, comes_to);
            return None;
        };
        if id.to_string() != stated.value {
            let message = format!("`{}` is not how ATT&CK writes {id}", stated.value);
            self.find(stated.span, Code::MalformedId, message, comes_to);
            return None;
        }
        let catalog = catalog?;
        let technique = catalog.technique(id);
        if technique.is_none() && !self.says_so(annotation, &catalog.fate(id)) {
            self.inactive(id, stated, catalog, comes_to);
        }
        technique
    }

    /// Whether navlayer wrote the annotation and says in it what became of its technique: that was told, then.
    fn says_so(&self, annotation: &InputAnnotation, fate: &Fate) -> bool {
        let state = fate.describe();
        super::is_own(self.layer)
            && annotation.metadata.iter().any(|row| match row {
                InputMetadata::Row { name, value } => name == "state" && value.value == state,
                InputMetadata::Divider { .. } => false,
            })
    }

    fn malformed(&mut self, stated: &Spanned<String>, annotation: &InputAnnotation, comes_to: &str) {
        let message = format!("`{}` is not a technique id", short(&stated.value));
        let python =
            if stated.value.starts_with('T') { "" } else { ", and mitreattack-python refuses the layer" };
        let what = match annotation.id() {
            Some(id) => format!("write {id}"),
            None if stated.value.starts_with("TA") => "this is a tactic".to_owned(),
            None => "an id is T1562, or T1562.008 for a sub-technique".to_owned(),
        };
        self.find(stated.span, Code::MalformedId, message, format!("{what}; {comes_to}{python}"));
    }

    /// An id that the version does not have: with what replaces it.
    fn inactive(&mut self, id: TechniqueId, stated: &Spanned<String>, catalog: &Catalog, comes_to: &str) {
        let fate = catalog.fate(id);
        let attack = format!("{} ATT&CK {}", catalog.domain().name(), catalog.version());
        let (code, message) = match &fate {
            Fate::Unknown => {
                (Code::UnknownTechnique, format!("{id} is no technique of {attack}, nor of any other"))
            }
            Fate::Later { .. } | Fate::Elsewhere(_) => {
                (Code::MisplacedTechnique, format!("{id} is not active in {attack}: {}", fate.describe()))
            }
            _ => (Code::RetiredTechnique, format!("{id} is not active in {attack}: {}", fate.describe())),
        };
        let help = match &fate {
            Fate::Unknown => match catalog.nearest(&stated.value) {
                Some(near) => format!("did you mean {near}? {comes_to}"),
                None => comes_to.to_owned(),
            },
            Fate::Revoked { chain } => match chain.last() {
                Some(next) if catalog.technique(*next).is_some() => format!("write {next}; {comes_to}"),
                _ => comes_to.to_owned(),
            },
            _ => comes_to.to_owned(),
        };
        self.find(stated.span, code, message, help);
    }

    /// A tactic that the technique does not have.
    fn tactic(&mut self, annotation: &InputAnnotation, technique: &Technique, catalog: &Catalog) {
        let own: Vec<&str> =
            technique.tactics.iter().map(|index| &*catalog.tactics()[index].shortname).collect();
        let kept = "the Navigator keeps it as a record that nobody sees, and counts it as scored";
        match &annotation.tactic {
            InputTactic::One(tactic) if !own.contains(&tactic.value.as_str()) => {
                let message = format!("{} is not in the tactic `{}`", technique.id, short(&tactic.value));
                let help = match suggest::nearest(&tactic.value, own.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`? {kept}"),
                    None => format!("it is in {}; {kept}", own.join(", ")),
                };
                self.find(tactic.span, Code::GhostRecord, message, help);
            }
            InputTactic::Nowhere(span) => {
                let message = format!("{} is in no tactic here", technique.id);
                let help = if self.source.text()[span.range()].starts_with('"') {
                    "the Navigator shows an alert, and of all such annotations keeps the last; leave `tactic` out for all \
                     tactics"
                        .to_owned()
                } else {
                    format!("{kept}; leave `tactic` out for all tactics")
                };
                self.find(*span, Code::GhostRecord, message, help);
            }
            _ => {}
        }
    }

    /// Annotations of the same technique and tactic: the last takes the place of the others.
    fn earlier(
        &mut self,
        annotation: &'a InputAnnotation,
        id: &str,
        tactics: &[String],
        records: &mut BTreeMap<Key, &'a InputAnnotation>,
    ) {
        let mut lost: Vec<(&'a InputAnnotation, Vec<&str>)> = Vec::new();
        for tactic in tactics {
            let held = records.insert((id.to_owned(), tactic.clone()), annotation);
            let Some(held) = held.filter(|held| held.is_annotated()) else { continue };
            match lost.iter_mut().find(|(other, _)| std::ptr::eq(*other, held)) {
                Some((_, names)) => names.push(tactic),
                None => lost.push((held, vec![tactic])),
            }
        }
        for (held, names) in lost {
            if self.findings.len() >= self.left {
                return;
            }
            let line = self.source.place(held.span.range()).line;
            let mut within = String::new();
            if names.len() < tactics.len() || matches!(annotation.tactic, InputTactic::One(_)) {
                within = format!(" in {}", names.join(", "));
            }
            let message = format!("{} is annotated a second time{within}", short(id));
            let help = format!(
                "the Navigator keeps the last annotation whole, and loses the one of line {line}; make one of the two"
            );
            let span = annotation.technique.as_ref().map_or(annotation.span, |stated| stated.span);
            self.find(span, Code::LostRecord, message, help);
        }
    }
}

/// The tactics under which the Navigator keeps an annotation.
fn tactics(
    annotation: &InputAnnotation,
    technique: Option<&Technique>,
    catalog: Option<&Catalog>,
) -> Vec<String> {
    match (&annotation.tactic, technique, catalog) {
        (InputTactic::One(tactic), ..) => vec![tactic.value.clone()],
        (InputTactic::Nowhere(_), ..) => vec![String::new()],
        (InputTactic::Every, Some(technique), Some(catalog)) => {
            technique.tactics.iter().map(|index| catalog.tactics()[index].shortname.to_string()).collect()
        }
        // Dropped: it takes nobody's place.
        (InputTactic::Every, ..) => Vec::new(),
    }
}
