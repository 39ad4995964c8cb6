//! How much techniques are used, as a layer's scores say.

use std::collections::BTreeMap;

use super::combine::records;
use super::read::InputLayer;
use crate::attack::{Catalog, TechniqueId};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// What a layer says of uses.
#[derive(Debug)]
pub struct Uses {
    /// The highest score of each technique, over its tactics; of a layer without a single score, 1 for what is annotated.
    pub scores: BTreeMap<TechniqueId, f64>,
    /// What else there is to say, in a sentence each, without a full stop.
    pub notes: Vec<String>,
    /// Annotations that have no place, each with where it stood in the layer's source.
    pub findings: Vec<(Span, Diagnostic)>,
}

/// Reads the scores of a layer that is on the catalog's domain and version, record by record as the Navigator shows it.
/// Disabled techniques are left out.
#[must_use]
pub fn uses(layer: &InputLayer, catalog: &Catalog) -> Uses {
    let mut findings = Vec::new();
    let records = records(layer, catalog, &mut |span, finding| findings.push((span, finding)));
    let enabled = || records.iter().filter(|(_, annotation)| annotation.enabled);
    let mut scores: BTreeMap<TechniqueId, f64> = BTreeMap::new();
    for ((id, _), annotation) in enabled() {
        if let Some(score) = &annotation.score {
            let held = scores.entry(*id).or_insert(score.value);
            *held = held.max(score.value);
        }
    }
    let mut notes = Vec::new();
    if scores.is_empty() {
        scores = enabled().map(|((id, _), _)| (*id, 1.0)).collect();
        if !scores.is_empty() {
            notes.push("the layer has no scores: every technique that it annotates counts 1".to_owned());
        }
    }
    let disabled = records.len() - enabled().count();
    if disabled > 0 {
        let what = if disabled == 1 { "annotation is" } else { "annotations are" };
        notes.push(format!("{disabled} disabled {what} left out"));
    }
    Uses { scores, notes, findings }
}
