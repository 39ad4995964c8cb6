//! What is deployed, in a layer: the evidence beside what it speaks for, and what is covered on paper alone.

use super::build::per_tactic;
use super::model::{Annotation, Layer, Metadata};
use crate::attack::TechniqueId;
use crate::coverage::{CapabilityKey, Cell, Coverage, State, whole};
use crate::deployment::Deployment;

/// The state, in metadata, of a technique that only capabilities map which are not deployed.
pub(crate) const NOT_DEPLOYED: &str = "not deployed";

/// Adds to a layer of `deployed` what makes it so: which capabilities are deployed and what scans found about each, on the
/// layer and on every technique that it maps.
pub fn add_evidence(layer: &mut Layer, deployed: &Coverage<'_>, deployment: &Deployment) {
    let name = |key: CapabilityKey| deployed.sets()[key.set].capabilities[key.capability].name.as_str();
    let row = |key: CapabilityKey| {
        let evidence = deployment.evidence(key)?;
        Metadata::new("evidence", format!("{}: {}", name(key), evidence.in_words()))
    };
    let mut keys: Vec<CapabilityKey> = Vec::new();
    for cell in deployed.cells().values() {
        keys.extend(cell.capabilities.iter().map(|(key, _)| *key));
    }
    keys.sort_unstable();
    keys.dedup();
    let names: Vec<&str> = keys.iter().map(|key| name(*key)).collect();
    let mut rows: Vec<Metadata> = Vec::new();
    let listed = if names.is_empty() { "nothing that maps a technique".to_owned() } else { names.join(", ") };
    rows.extend(Metadata::new("deployed", listed));
    rows.extend(keys.iter().filter_map(|key| row(*key)));
    // The last row names the tool.
    let end = layer.metadata.len().saturating_sub(1);
    layer.metadata.splice(end..end, rows);
    for annotation in &mut layer.techniques {
        let Some(cell) = deployed.cell(annotation.technique_id) else { continue };
        // Before the first block: what follows a `capability` is told of that.
        let rows: Vec<Metadata> = cell.capabilities.iter().filter_map(|(key, _)| row(*key)).collect();
        annotation.metadata.splice(0..0, rows);
    }
}

/// Adds to a layer of `deployed` what is more on paper: a row on every technique that is covered better there, and an
/// annotation without a score, so that it is not painted, on every one that is covered there alone.
pub fn add_paper(layer: &mut Layer, deployed: &Coverage<'_>, paper: &Coverage<'_>, deployment: &Deployment) {
    for annotation in &mut layer.techniques {
        let id = annotation.technique_id;
        let held = deployed.cell(id).and_then(Cell::score);
        let Some(cell) = paper.cell(id).filter(|cell| cell.score() > held) else { continue };
        let rows = Metadata::new("on paper", on_paper(paper, cell, deployment));
        annotation.metadata.splice(0..0, rows);
    }
    let mut more = Vec::new();
    for (id, cell) in lost(deployed, paper) {
        let words = on_paper(paper, cell, deployment);
        let state = Metadata::new("state", NOT_DEPLOYED).into_iter();
        let annotation = Annotation {
            technique_id: id,
            tactic: None,
            score: None,
            color: None,
            comment: format!("Covered on paper, not as deployed. On paper: {words}."),
            enabled: true,
            metadata: state.chain(Metadata::new("on paper", words.as_str())).collect(),
            links: Vec::new(),
            show_subtechniques: false,
        };
        per_tactic(deployed, annotation, &mut more);
    }
    layer.techniques.extend(more);
    layer.techniques.sort_by_key(|annotation| annotation.technique_id);
}

/// The techniques that are covered on paper, and of which the layer says nothing yet.
fn lost<'c>(
    deployed: &'c Coverage<'_>,
    paper: &'c Coverage<'_>,
) -> impl Iterator<Item = (TechniqueId, &'c Cell)> {
    let covered =
        paper.cells().iter().filter(|(id, cell)| cell.is_mapped() && paper.state(**id) == State::Covered);
    let active = covered.filter(|(id, _)| paper.catalog().technique(**id).is_some());
    active.filter(|(id, _)| deployed.state(**id) == State::NotCovered).map(|(id, cell)| (*id, cell))
}

/// `score 100; not deployed: Amazon Macie, AWS Config`
fn on_paper(paper: &Coverage<'_>, cell: &Cell, deployment: &Deployment) -> String {
    let names: Vec<&str> = deployment.missing(cell, paper.sets()).into_iter().collect();
    let score = cell.score().map(|score| format!("score {}; ", whole(score, paper.full_score())));
    format!("{}not deployed: {}", score.unwrap_or_default(), names.join(", "))
}
