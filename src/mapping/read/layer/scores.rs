//! A layer of scores: one capability, called as the layer is, with a number for each technique.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::super::super::model::{Framework, NumericScore};
use super::super::notes::plain;
use super::super::rows::{Field, Row};
use super::{Part, Reader, row_of, slug};
use crate::attack::{Domain, TechniqueId, Version};
use crate::diagnostic::{Code, Diagnostic};
use crate::layer::read::{InputAnnotation, InputLayer, InputMetadata};
use crate::source::{Source, Span};

/// What all annotations of one technique come to.
struct Annotated<'a> {
    row: Row<'a>,
    /// The score as it stands there, and the one that it is read as.
    score: Option<(f64, NumericScore)>,
    /// Each with its place among them.
    comments: BTreeMap<String, usize>,
    /// The references of the row.
    linked: BTreeSet<Cow<'a, str>>,
    /// A score that differs from the first, where it stands.
    conflict: Option<(f64, Span)>,
}

/// How a layer's scores become scores up to 100.
struct Range {
    max: f64,
    zeros: usize,
    first_zero: Option<Span>,
    above: usize,
}

impl Range {
    fn of(layer: &InputLayer) -> Self {
        let (_, max) = layer.range();
        // On a range that ends at 0 or below, nothing can be covered: it says nothing of how much is all.
        let max = if max > 0.0 { max } else { 100.0 };
        Self { max, zeros: 0, first_zero: None, above: 0 }
    }

    /// The score of a technique; `None` for one of 0 or below.
    fn read(&mut self, score: f64, span: Span) -> Option<NumericScore> {
        if score <= 0.0 {
            self.zeros += 1;
            self.first_zero.get_or_insert(span);
            return None;
        }
        self.above += usize::from(score > self.max);
        // What is above 0 must not become 0 for being tiny.
        let scaled = (score * 100.0 / self.max).clamp(f64::MIN_POSITIVE, 100.0);
        NumericScore::new(scaled)
    }

    /// One note for each thing that was done to the layer's scores.
    fn tell(&self, layer: &InputLayer, source: &Source, findings: &mut Vec<Diagnostic>) {
        if let Some(span) = self.first_zero {
            let (verb, noun) = if self.zeros == 1 { ("has", "technique") } else { ("have", "techniques") };
            let message = format!("{} {noun} {verb} a score of 0 or below", self.zeros);
            let diagnostic = Diagnostic::new(Code::ZeroScore, message).help("they count as not covered");
            findings.push(diagnostic.at(source.place(span.range())));
        }
        let is_full = (self.max - 100.0).abs() < f64::EPSILON;
        if is_full && self.above == 0 {
            return;
        }
        let max = layer.gradient.as_ref().and_then(|gradient| gradient.max.as_ref());
        let span = max.map_or(layer.span, |max| max.span);
        let message = match self.above {
            _ if !is_full => format!("the gradient ends at {}, which is read as 100", self.max),
            1 => "1 score is above 100, and is read as 100".to_owned(),
            above => format!("{above} scores are above 100, and are read as 100"),
        };
        let diagnostic = Diagnostic::new(Code::ScaledScore, message).help(
            "scores are read as shares of the gradient’s last score; a metric adds them up from 0 to 100",
        );
        findings.push(diagnostic.at(source.place(span.range())));
    }
}

impl Reader<'_> {
    /// A layer that says nothing but scores.
    pub(super) fn scores(&mut self, layer: &InputLayer, domain: Domain, version: Version) {
        let all: Vec<&InputAnnotation> = layer.techniques.iter().collect();
        let framework = self.framework(layer);
        self.add(layer, domain, version, &framework, &all);
    }

    /// Annotations without blocks: all of a layer, or what somebody added by hand to one that was made of mappings.
    pub(super) fn add(
        &mut self,
        layer: &InputLayer,
        domain: Domain,
        version: Version,
        framework: &Framework,
        annotations: &[&InputAnnotation],
    ) {
        let name = self.name_of(layer);
        let mut range = Range::of(layer);
        let mut order: Vec<Annotated<'_>> = Vec::new();
        let mut places: BTreeMap<TechniqueId, usize> = BTreeMap::new();
        let annotated = annotations.iter().filter(|one| one.enabled && one.is_annotated());
        for annotation in annotated {
            let stated = annotation.score.as_ref();
            let score = match stated {
                Some(stated) => match range.read(stated.value, stated.span) {
                    None => continue,
                    read => read.map(|read| (stated.value, read)),
                },
                None => None,
            };
            // What is no id is told once for each time that it stands there.
            let place = annotation.id().and_then(|id| places.get(&id).copied());
            let Some(index) = place else {
                if let Some(id) = annotation.id() {
                    places.insert(id, order.len());
                }
                let row = row_of(annotation);
                order.push(Annotated {
                    score,
                    comments: BTreeMap::from([(comment(annotation), 0)]),
                    linked: row.references.iter().map(|one| one.text.clone()).collect(),
                    row,
                    conflict: None,
                });
                continue;
            };
            order[index].join(annotation, score);
        }
        range.tell(layer, self.source, &mut self.findings);
        if order.is_empty() {
            return;
        }
        let span = layer.name.as_ref().map_or(layer.span, |name| name.span);
        let part = self.part(layer, domain, version, framework);
        let id = part.capability(&name);
        for one in order {
            one.push(part, &id, &name, span);
        }
        let description = layer.description.trim();
        if !description.is_empty() {
            part.assembler.capability(&id).description = Some(description.to_owned());
        }
    }
}

impl Part {
    /// The id of a capability that is a layer. Two layers of one name in a file are two capabilities.
    fn capability(&mut self, name: &str) -> String {
        let base = slug(name, &plain(name)).text.into_owned();
        let mut id = base.clone();
        if self.layers.insert(id.clone()) {
            return id;
        }
        let number = self.numbers.entry(base.clone()).or_insert(2);
        while !self.layers.insert(id.clone()) {
            id = format!("{base}_{number}");
            *number += 1;
        }
        id
    }
}

impl<'a> Annotated<'a> {
    /// Takes in a further annotation of the same technique: the Navigator writes one for each tactic.
    fn join(&mut self, annotation: &'a InputAnnotation, score: Option<(f64, NumericScore)>) {
        let place = self.comments.len();
        self.comments.entry(comment(annotation)).or_insert(place);
        let references = row_of(annotation).references.into_iter();
        self.row.references.extend(references.filter(|one| self.linked.insert(one.text.clone())));
        let Some((stated, read)) = score else { return };
        if let Some((held, _)) = self.score
            && (held - stated).abs() > f64::EPSILON
            && self.conflict.is_none()
        {
            let span = annotation.score.as_ref().map_or(annotation.span, |score| score.span);
            self.conflict = Some((stated, span));
        }
        if self.score.is_none_or(|(_, held)| read > held) {
            self.score = Some((stated, read));
        }
    }

    fn push(self, part: &mut Part, id: &str, name: &str, span: Span) {
        if let (Some((other, at)), Some((highest, _))) = (self.conflict, self.score) {
            let technique = self.row.technique_id.as_ref().map_or("", |id| &*id.text);
            let message =
                format!("{technique} has different scores in different tactics, {other} among them");
            let help = format!("{highest} counts, the highest");
            part.assembler.find(at, Diagnostic::new(Code::ConflictingLevels, message).help(help));
        }
        let mut comments: Vec<(usize, &str)> =
            self.comments.iter().map(|(text, place)| (*place, text.as_str())).collect();
        comments.sort_unstable();
        let comments = comments.into_iter().map(|(_, text)| text).filter(|text| !text.is_empty());
        let comment = comments.collect::<Vec<_>>().join("\n\n");
        part.push(&Row {
            capability_id: Some(Field { text: Cow::Borrowed(id), span }),
            capability_name: Some(Field { text: Cow::Borrowed(name), span }),
            mapping_type: Some(plain(if self.score.is_some() { "scored" } else { "annotated" })),
            numeric: self.score.map(|(_, read)| read),
            comment: Some(plain(&comment)),
            ..self.row
        });
    }
}

/// The comment, and under it the rows of metadata: nothing that is said is lost.
fn comment(annotation: &InputAnnotation) -> String {
    let rows = annotation.metadata.iter().filter_map(|row| match row {
        InputMetadata::Row { name, value } => Some(format!("{name}: {}", value.value)),
        InputMetadata::Divider { .. } => None,
    });
    let comment = annotation.comment.value.trim();
    let lines = (!comment.is_empty()).then(|| comment.to_owned()).into_iter().chain(rows);
    lines.collect::<Vec<_>>().join("\n")
}
