//! Gradients, and the scores for which they have no colour.

use std::collections::BTreeMap;

use super::super::read::{InputAnnotation, InputGradient, InputTactic, Spanned};
use super::Checker;
use crate::attack::{Catalog, Technique, TechniqueId};
use crate::diagnostic::Code;
use crate::source::Span;

/// From this share of a gradient's range up to its end the Navigator looks for a colour after the last.
const PAST_THE_LAST: f64 = 0.995;

impl Checker<'_> {
    pub(super) fn gradient(&mut self, catalog: Option<&Catalog>) {
        let layer = self.layer;
        let scores = || layer.techniques.iter().filter_map(|technique| technique.score.as_ref());
        if let Some(gradient) = &layer.gradient {
            self.ends(gradient, scores().next().is_some());
        }
        let (min, max) = layer.range();
        let breaks = |score: f64| {
            let share = (score - min) / (max - min);
            min < max && score > min && score < max && share >= PAST_THE_LAST
        };
        let advice =
            format!("the Navigator breaks off at a score from 99.5 % of the range up to its end, {max}");
        for score in scores().filter(|score| breaks(score.value)) {
            let message = format!("the gradient has no colour for the score {}", score.value);
            self.find(score.span, Code::ScoreBreaks, message, format!("{advice}; write {max}, or less"));
        }
        self.whole_scores(scores());
        if let Some(catalog) = catalog.filter(|_| layer.layout.show_aggregate_scores) {
            for (id, aggregate, span) in self.aggregates(catalog).into_iter().filter(|one| breaks(one.1)) {
                let message =
                    format!("the gradient has no colour for {aggregate}, the aggregate score of {id}");
                self.find(span, Code::ScoreBreaks, message, advice.clone());
            }
        }
    }

    /// Where a gradient begins and ends.
    fn ends(&mut self, gradient: &InputGradient, is_scored: bool) {
        let (Some(min), Some(max)) = (&gradient.min, &gradient.max) else {
            if is_scored {
                let message = "the gradient has no `minValue` or no `maxValue`";
                let help = "the Navigator breaks off at the first score";
                self.find(gradient.span, Code::ScoreBreaks, message, help);
            }
            return;
        };
        if min.value >= max.value {
            let what = if min.value > max.value { "above" } else { "equal to" };
            let message = format!("`minValue` {} is {what} `maxValue` {}", min.value, max.value);
            let help = format!(
                "the Navigator paints every score from {} up in the last colour, and any other in the first",
                max.value
            );
            self.find(min.span, Code::GradientRange, message, help);
        }
        for end in [min, max] {
            if end.value.fract() != 0.0 {
                let message = format!("mitreattack-python refuses {} as an end of a gradient", end.value);
                self.find(end.span, Code::PythonRefuses, message, "it takes whole numbers");
            }
        }
        let steps = gradient.colors.len().saturating_sub(1) as f64;
        if min.value < max.value && max.value - min.value < steps {
            let message = format!(
                "mitreattack-python refuses a gradient of {} colours on {} to {}",
                gradient.colors.len(),
                min.value,
                max.value
            );
            let help = format!("its range is at least {steps}, one less than its colours");
            self.find(gradient.span, Code::PythonRefuses, message, help);
        }
    }

    /// Python keeps whole scores only.
    fn whole_scores<'s>(&mut self, scores: impl Iterator<Item = &'s Spanned<f64>>) {
        let (first, plural) =
            super::first_of(scores.filter(|score| score.value.fract() != 0.0).map(|score| score.span));
        if let Some((span, count)) = first {
            let message = format!("mitreattack-python cuts {count} score{plural} to whole numbers");
            self.find(span, Code::PythonLoses, message, "the Navigator keeps them as they are");
        }
    }

    /// The aggregate score of each technique with sub-techniques, as the Navigator computes it.
    fn aggregates(&self, catalog: &Catalog) -> Vec<(TechniqueId, f64, Span)> {
        let mut records: BTreeMap<(TechniqueId, usize), &InputAnnotation> = BTreeMap::new();
        for annotation in &self.layer.techniques {
            let Some(technique) = annotation.id().and_then(|id| catalog.technique(id)) else { continue };
            for tactic in technique.tactics.iter().filter(|tactic| is_in(annotation, catalog, *tactic)) {
                records.insert((technique.id, tactic), annotation);
            }
        }
        let parents = catalog.techniques().iter().filter(|technique| technique.parent.is_none());
        let mut found = Vec::new();
        for parent in parents {
            for tactic in parent.tactics.iter() {
                let score = |id: TechniqueId| records.get(&(id, tactic)).and_then(|one| one.score.as_ref());
                let subs: Vec<&Technique> =
                    catalog.sub_techniques(parent.id).filter(|sub| sub.tactics.contains(tactic)).collect();
                let scored: Vec<&Spanned<f64>> = subs.iter().filter_map(|sub| score(sub.id)).collect();
                let own = score(parent.id);
                let Some(first) = own.or(scored.first().copied()).filter(|_| !subs.is_empty()) else {
                    continue;
                };
                // A technique without a score of its own counts 0 among the others.
                let all = || {
                    std::iter::once(own.map_or(0.0, |own| own.value))
                        .chain(scored.iter().map(|one| one.value))
                };
                let count = if self.layer.layout.count_unscored {
                    subs.len() + 1
                } else {
                    scored.len() + usize::from(own.is_some())
                };
                let aggregate = match self.layer.layout.aggregate_function.as_str() {
                    "min" => all().fold(f64::INFINITY, f64::min),
                    "max" => all().fold(f64::NEG_INFINITY, f64::max),
                    "sum" => all().sum(),
                    _ => all().sum::<f64>() / count as f64,
                };
                found.push((parent.id, (aggregate * 100.0).round() / 100.0, first.span));
            }
        }
        found.dedup_by(|one, other| one.0 == other.0 && (one.1 - other.1).abs() < f64::EPSILON);
        found
    }
}

/// Whether an annotation is for a tactic.
fn is_in(annotation: &InputAnnotation, catalog: &Catalog, tactic: usize) -> bool {
    match &annotation.tactic {
        InputTactic::Every => true,
        InputTactic::One(name) => catalog.tactics()[tactic].shortname == name.value,
        InputTactic::Nowhere(_) => false,
    }
}
