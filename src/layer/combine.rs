//! A layer from other layers: their scores by an expression, and what else they say from those that are asked.
//!
//! The rules are the Navigator's (*create layer from other layers*), record by record: what a layer says of a technique in
//! a tactic. A record that is missing, or has no score, counts as 0; where none of the layers that the expression names
//! has a score, there is none. Annotations that the Navigator shows nowhere take no part. A technique for which all of its
//! tactics come to the same stands once.

mod gradient;
mod inherit;

use std::collections::{BTreeMap, BTreeSet};

use super::build::blank;
use super::expr::Expression;
use super::model::LegendItem;
use super::read::{InputAnnotation, InputLayer, InputMetadata, InputTactic, Spanned, quoted};
use super::upgrade::row;
use crate::attack::{Catalog, Fate, TechniqueId};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// A layer that takes part.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// What the expression calls it.
    pub name: &'a str,
    /// What people call it.
    pub title: &'a str,
    /// The layer; on the ATT&CK version of the result.
    pub layer: &'a InputLayer,
}

/// Whose part of what layers say the result has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Origin {
    /// Nobody's.
    #[default]
    Nobody,
    /// That of one side, by its place.
    One(usize),
    /// That of all sides.
    All,
}

/// What the result has of its sides beside scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Inherit {
    /// Colours; of all sides, that of the first which has one.
    pub colors: Origin,
    /// Comments; of all sides, each after its layer's title.
    pub comments: Origin,
    /// Rows of metadata; of all sides, each side's after a row that names the layer.
    pub metadata: Origin,
    /// Links; of all sides, each once.
    pub links: Origin,
    /// Whether techniques are disabled; of all sides, where all disable them.
    pub states: Origin,
    /// The platforms shown; of all sides, every platform that one of them shows.
    pub filters: Origin,
    /// Legend items; of all sides, each once.
    pub legend: Origin,
}

impl Inherit {
    /// What is inherited of whom, by what it is called.
    #[must_use]
    pub const fn parts(&self) -> [(&'static str, Origin); 7] {
        [
            ("colors", self.colors),
            ("comments", self.comments),
            ("metadata", self.metadata),
            ("links", self.links),
            ("states", self.states),
            ("filters", self.filters),
            ("legend", self.legend),
        ]
    }
}

/// The gradient of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Colors {
    /// As the Navigator gives it: red to green over the range of the scores, white to blue from 0 to 1.
    #[default]
    Navigator,
    /// The one of navlayer's own layers, over the range of the scores.
    House,
    /// That of one side, by its place.
    Of(usize),
}

/// How layers are combined.
#[derive(Debug, Clone, Default)]
pub struct Options<'a> {
    /// The scores; `None`: no scores, only what is inherited.
    pub expression: Option<&'a Expression>,
    /// What else the result has.
    pub inherit: Inherit,
    /// The gradient.
    pub colors: Colors,
    /// The name.
    pub name: String,
    /// The description.
    pub description: String,
    /// Rows about the layer.
    pub metadata: Vec<(String, String)>,
}

/// What a finding of a combination is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// The expression.
    Expression,
    /// Bytes of the source of a side, by its place.
    Side(usize, Span),
}

/// The result.
#[derive(Debug)]
pub struct Combined {
    /// The layer.
    pub layer: InputLayer,
    /// Techniques without a value, and annotations that have no place.
    pub findings: Vec<(About, Diagnostic)>,
    /// What else there is to say, in a sentence each.
    pub notes: Vec<String>,
}

/// A technique in a tactic, by the tactic's place in the catalog.
pub(super) type Key = (TechniqueId, usize);

/// What a layer says, as the Navigator keeps it.
pub(super) type Records<'a> = BTreeMap<Key, &'a InputAnnotation>;

/// Beyond this a layer has no use for a number, and programs that take it for a whole one lose digits.
const MOST: f64 = 1e15;

/// Combines layers that are all on the catalog's domain and version.
#[must_use]
pub fn combine(sides: &[Side<'_>], catalog: &Catalog, options: &Options<'_>) -> Combined {
    let mut findings = Vec::new();
    let records: Vec<Records<'_>> = sides
        .iter()
        .enumerate()
        .map(|(place, side)| {
            let mut left_out = |span, finding| findings.push((About::Side(place, span), finding));
            records(side.layer, catalog, &mut left_out)
        })
        .collect();
    let combiner = Combiner { sides, labels: labels(sides), records, catalog, options };
    let keys = combiner.keys();
    let scores = options.expression.map(|expression| combiner.scores(expression, &keys)).unwrap_or_default();
    findings.extend(combiner.without_value(&scores).into_iter().map(|finding| (About::Expression, finding)));
    let scores: BTreeMap<Key, f64> =
        scores.into_iter().filter_map(|(key, value)| value.ok().map(|value| (key, value))).collect();
    let techniques = combiner.techniques(&keys, &scores);
    let all: Vec<f64> = scores.into_values().collect();
    let (gradient, notes) = gradient::gradient(sides, options.colors, &all);
    let mut layer = empty(catalog, options);
    layer.techniques = techniques;
    layer.gradient = Some(gradient);
    layer.platforms = combiner.platforms();
    layer.legend = combiner.legend();
    Combined { layer, findings, notes }
}

/// A layer that says nothing yet.
fn empty(catalog: &Catalog, options: &Options<'_>) -> InputLayer {
    let made = blank(catalog.domain(), catalog.version(), options.name.clone(), options.description.clone());
    let spanned = |value| Some(Spanned { value, span: Span::default() });
    let rows = options.metadata.iter().filter(|(_, value)| !value.trim().is_empty());
    InputLayer {
        name: spanned(made.name),
        description: made.description,
        domain: spanned(made.domain),
        attack: spanned(made.versions.attack),
        format: spanned(made.versions.layer),
        navigator: Some(made.versions.navigator),
        platforms: None,
        sorting: 0,
        layout: made.layout,
        hide_disabled: made.hide_disabled,
        techniques: Vec::new(),
        gradient: None,
        legend: Vec::new(),
        metadata: rows.map(|(name, value)| row(name, value.clone(), Span::default())).collect(),
        links: Vec::new(),
        show_tactic_row_background: made.show_tactic_row_background,
        tactic_row_background: made.tactic_row_background,
        select_techniques_across_tactics: made.select_techniques_across_tactics,
        select_subtechniques_with_parent: made.select_subtechniques_with_parent,
        select_visible_techniques: made.select_visible_techniques,
        custom_data_url: None,
        other: Vec::new(),
        span: Span::default(),
    }
}

/// What people call each side; where two are called alike, with the name that the expression has for it.
fn labels(sides: &[Side<'_>]) -> Vec<String> {
    let count = |title: &str| sides.iter().filter(|side| side.title == title).count();
    let label = |side: &Side<'_>| match count(side.title) {
        1 => side.title.to_owned(),
        _ => format!("{} ({})", side.title, side.name),
    };
    sides.iter().map(label).collect()
}

/// The records of a layer: of several annotations for a technique and tactic the last. An annotation of no tactic (null, or
/// empty) is read as one of all, where no other of its technique is, as `upgrade` does.
pub(super) fn records<'a>(
    layer: &'a InputLayer,
    catalog: &Catalog,
    left_out: &mut dyn FnMut(Span, Diagnostic),
) -> Records<'a> {
    let mut records = Records::new();
    let is_shown = |one: &&InputAnnotation| !matches!(one.tactic, InputTactic::Nowhere(_));
    let (shown, nowhere): (Vec<_>, Vec<_>) = layer.techniques.iter().partition(is_shown);
    for annotation in nowhere.into_iter().chain(shown) {
        match place(annotation, catalog) {
            Ok((id, tactics)) => records.extend(tactics.into_iter().map(|tactic| ((id, tactic), annotation))),
            Err(message) if annotation.is_annotated() => {
                let span = annotation.id_span.unwrap_or(annotation.span);
                let fate = annotation.id().map(|id| catalog.fate(id));
                let help = match fate {
                    Some(Fate::Revoked { .. }) => format!(
                        "it takes no part; `navlayer upgrade --to {}` carries it to what took over",
                        catalog.version()
                    ),
                    _ => "it takes no part".to_owned(),
                };
                left_out(span, Diagnostic::new(Code::LeftOut, message).help(help));
            }
            Err(_) => {}
        }
    }
    records.retain(|_, annotation| annotation.is_annotated());
    records
}

/// The technique of an annotation with its tactics, or why it has no place.
fn place(annotation: &InputAnnotation, catalog: &Catalog) -> Result<(TechniqueId, Vec<usize>), String> {
    let stated = annotation.technique.as_ref().ok_or("the annotation names no technique")?;
    let id =
        annotation.id().ok_or_else(|| format!("{}: not the id of a technique", quoted(&stated.value)))?;
    let Some(technique) = catalog.technique(id) else {
        let fate = catalog.fate(id).describe();
        return Err(format!("{id} is not active in ATT&CK {}: {fate}", catalog.version()));
    };
    let own: Vec<usize> = technique.tactics.iter().collect();
    let InputTactic::One(tactic) = &annotation.tactic else { return Ok((id, own)) };
    let found = own.into_iter().find(|place| catalog.tactics()[*place].shortname == tactic.value);
    let place = found.ok_or_else(|| format!("{id} is not in the tactic {}", quoted(&tactic.value)))?;
    Ok((id, vec![place]))
}

/// Why a record has no score where it should have one.
#[derive(Debug)]
struct NoValue {
    value: f64,
    /// The scores of the layers that the expression names, in the order of [`Expression::layers`].
    scores: Vec<f64>,
}

struct Combiner<'a> {
    sides: &'a [Side<'a>],
    labels: Vec<String>,
    records: Vec<Records<'a>>,
    catalog: &'a Catalog,
    options: &'a Options<'a>,
}

impl Combiner<'_> {
    /// Whether the expression is the same for every technique.
    fn is_constant(&self) -> bool {
        self.options.expression.is_some_and(|expression| expression.layers().is_empty())
    }

    /// Every record that the result may have.
    fn keys(&self) -> Vec<Key> {
        if self.is_constant() {
            let techniques = self.catalog.techniques().iter();
            let mut all: Vec<Key> =
                techniques.flat_map(|one| one.tactics.iter().map(move |tactic| (one.id, tactic))).collect();
            all.sort_unstable();
            return all;
        }
        let keys: BTreeSet<Key> = self.records.iter().flat_map(|records| records.keys().copied()).collect();
        keys.into_iter().collect()
    }

    /// The value of each record that has one, or should have.
    fn scores(&self, expression: &Expression, keys: &[Key]) -> Vec<(Key, Result<f64, NoValue>)> {
        let named = expression.layers();
        let mut scores = vec![0.0; self.sides.len()];
        let mut stack = Vec::new();
        let mut values = Vec::with_capacity(keys.len());
        for key in keys {
            let mut is_scored = named.is_empty();
            for place in &named {
                let record = self.records[*place].get(key);
                let score = record.and_then(|record| record.score.as_ref());
                is_scored |= score.is_some();
                scores[*place] = score.map_or(0.0, |score| score.value);
            }
            if !is_scored {
                continue;
            }
            let value = expression.evaluate_on(&scores, &mut stack);
            let value = if value.abs() <= MOST {
                // No minus before a 0.
                Ok(value + 0.0)
            } else {
                Err(NoValue { value, scores: named.iter().map(|place| scores[*place]).collect() })
            };
            values.push((*key, value));
        }
        values
    }

    /// A finding for each technique without a value.
    fn without_value(&self, scores: &[(Key, Result<f64, NoValue>)]) -> Vec<Diagnostic> {
        let Some(expression) = self.options.expression else { return Vec::new() };
        let mut by_technique: BTreeMap<TechniqueId, (&NoValue, Vec<usize>)> = BTreeMap::new();
        for ((id, tactic), value) in scores {
            if let Err(no_value) = value {
                by_technique.entry(*id).or_insert_with(|| (no_value, Vec::new())).1.push(*tactic);
            }
        }
        let finding = |(id, (no_value, tactics)): (TechniqueId, (&NoValue, Vec<usize>))| {
            let of = expression.layers();
            let given: Vec<String> = of
                .iter()
                .zip(&no_value.scores)
                .map(|(place, score)| format!("{} = {score}", self.sides[*place].name))
                .collect();
            let given = if given.is_empty() { String::new() } else { format!(" ({})", given.join(", ")) };
            let what = match no_value.value {
                value if value.is_nan() => "no number",
                value if value.is_infinite() => "infinite",
                _ => "too large for a layer",
            };
            let all = self.catalog.technique(id).map_or(0, |one| one.tactics.iter().count());
            let of_tactics = if tactics.len() == all {
                String::new()
            } else {
                let names = tactics.iter().map(|place| &*self.catalog.tactics()[*place].shortname);
                format!(" in {}", names.collect::<Vec<_>>().join(", "))
            };
            let message = format!("the score of {id}{of_tactics} is {what}{given}");
            Diagnostic::new(Code::NoValue, message).help("it is left without a score")
        };
        by_technique.into_iter().map(finding).collect()
    }

    /// The annotations: for all tactics of a technique where all come to the same, else for each.
    fn techniques(&self, keys: &[Key], scores: &BTreeMap<Key, f64>) -> Vec<InputAnnotation> {
        let mut made = Vec::new();
        for records in keys.chunk_by(|one, next| one.0 == next.0) {
            let id = records[0].0;
            let mut of: Vec<(usize, InputAnnotation)> = records
                .iter()
                .map(|key| (key.1, self.annotation(*key, scores.get(key).copied())))
                .filter(|(_, annotation)| annotation.is_annotated())
                .collect();
            let all = self.catalog.technique(id).map_or(0, |technique| technique.tactics.iter().count());
            if of.len() == all && of.windows(2).all(|pair| pair[0].1 == pair[1].1) {
                made.extend(of.pop().map(|(_, annotation)| annotation));
                continue;
            }
            made.extend(of.into_iter().map(|(tactic, annotation)| {
                let value = self.catalog.tactics()[tactic].shortname.to_string();
                let tactic = InputTactic::One(Spanned { value, span: Span::default() });
                InputAnnotation { tactic, ..annotation }
            }));
        }
        made
    }

    fn annotation(&self, key: Key, score: Option<f64>) -> InputAnnotation {
        let spanned = |value| Spanned { value, span: Span::default() };
        InputAnnotation {
            technique: Some(spanned(key.0.to_string())),
            id_span: None,
            tactic: InputTactic::Every,
            score: score.map(|value| Spanned { value, span: Span::default() }),
            color: self.color(key),
            comment: spanned(self.comment(key)),
            enabled: self.is_enabled(key),
            metadata: self.metadata(key),
            links: self.links(key),
            show_subtechniques: false,
            other: Vec::new(),
            span: Span::default(),
        }
    }

    /// The legend items, each once.
    fn legend(&self) -> Vec<LegendItem> {
        let mut items: Vec<LegendItem> = Vec::new();
        for item in self.of(self.options.inherit.legend).flat_map(|place| &self.sides[place].layer.legend) {
            if !items.contains(item) {
                items.push(item.clone());
            }
        }
        items
    }

    /// The platforms that one of the sides shows; `None` where one shows all.
    fn platforms(&self) -> Option<Spanned<Vec<Spanned<String>>>> {
        let spanned = |value| Spanned { value, span: Span::default() };
        let mut names: Vec<String> = Vec::new();
        for place in self.of(self.options.inherit.filters) {
            let filter = self.sides[place].layer.platforms.as_ref().filter(|filter| !filter.value.is_empty());
            for name in &filter?.value {
                if !names.contains(&name.value) {
                    names.push(name.value.clone());
                }
            }
        }
        let names: Vec<Spanned<String>> = names.into_iter().map(spanned).collect();
        (!names.is_empty()).then(|| Spanned { value: names, span: Span::default() })
    }

    /// The places of an origin's sides.
    fn of(&self, origin: Origin) -> impl Iterator<Item = usize> {
        match origin {
            Origin::Nobody => 0..0,
            Origin::One(place) => place..place + 1,
            Origin::All => 0..self.sides.len(),
        }
    }

    /// The records of an origin's sides, with the side's place.
    fn said(&self, origin: Origin, key: Key) -> impl Iterator<Item = (usize, &InputAnnotation)> {
        self.of(origin).filter_map(move |place| Some((place, *self.records[place].get(&key)?)))
    }
}

/// Whether a row of metadata is a line between rows.
fn is_divider(one: &InputMetadata) -> bool {
    matches!(one, InputMetadata::Divider { .. })
}
