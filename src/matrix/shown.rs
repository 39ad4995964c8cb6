//! A layer as the Navigator shows it: which cells there are, in which order, and what each has for colour and score.
//!
//! The rules are those of the Navigator 5 (`viewModels.ts`, `cell.ts`, `filter.ts`): of several annotations of a technique in
//! a tactic the last counts, whole; a technique is there when a platform of it is selected; a disabled one has no fill; an
//! explicit colour goes before the colour of an aggregate score, and that before the colour of the score. Where the Navigator
//! breaks off or forgets something (scores just below the top of the gradient, aggregates in a tactic with one technique),
//! what it means to show is shown.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::aggregate::aggregate;
use super::gradient;
use super::palette::{Color, Theme};
use crate::attack::{Catalog, Tactic, Technique, TechniqueId};
use crate::layer::color;
use crate::layer::read::{InputAnnotation, InputLayer, InputTactic};
use crate::layer::{Expand, navigator_platform};

/// What colours with an opacity are flattened on.
const fn ground(theme: Theme) -> Color {
    match theme {
        Theme::Light => Color([0xff; 3]),
        Theme::Dark => Color([0x2e, 0x2e, 0x3f]),
    }
}

/// The Navigator's gradient for layers without one.
const DEFAULT_GRADIENT: [Color; 3] =
    [Color([0xff, 0x66, 0x66]), Color([0xff, 0xe7, 0x66]), Color([0x8e, 0xc8, 0x43])];

/// A layer laid out on a catalog.
#[derive(Debug, Clone)]
pub struct Shown<'a> {
    /// One column for each tactic in which anything is visible, in matrix order.
    pub columns: Vec<ShownTactic<'a>>,
}

/// A tactic's column.
#[derive(Debug, Clone)]
pub struct ShownTactic<'a> {
    /// The tactic.
    pub tactic: &'a Tactic,
    /// Its visible techniques, in the layer's order.
    pub techniques: Vec<ShownTechnique<'a>>,
}

/// A technique in a column.
#[derive(Debug, Clone)]
pub struct ShownTechnique<'a> {
    /// Its cell.
    pub cell: ShownCell<'a>,
    /// The cells of its visible sub-techniques, in the layer's order.
    pub subs: Vec<ShownCell<'a>>,
    /// Whether these are open.
    pub is_expanded: bool,
    /// The score of the technique and all its sub-techniques, where the layer shows it.
    pub aggregate: Option<f64>,
}

/// What a cell shows.
#[derive(Debug, Clone)]
pub struct ShownCell<'a> {
    /// The tactic in whose column it stands.
    pub tactic: &'a Tactic,
    /// The technique or sub-technique.
    pub technique: &'a Technique,
    /// What the layer says of it in this tactic.
    pub annotation: Option<&'a InputAnnotation>,
    /// Its own score.
    pub score: Option<f64>,
    /// Whether it is enabled.
    pub is_enabled: bool,
    /// Its fill; `None` when it has none.
    pub fill: Option<Color>,
    /// What the line under it tells of; `None` when there is none.
    pub mark: Option<Mark>,
}

/// What a line under a cell tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// A comment.
    Comment,
    /// Metadata.
    Metadata,
    /// Links.
    Links,
}

impl<'a> Shown<'a> {
    /// Lays a layer out on the catalog of its version. Which techniques are open, `expand` says, else the layer.
    #[must_use]
    pub fn new(layer: &'a InputLayer, catalog: &'a Catalog, theme: Theme, expand: Option<Expand>) -> Self {
        let maker = Maker::new(layer, catalog, theme, expand);
        let columns = catalog
            .tactics()
            .iter()
            .enumerate()
            .map(|(index, tactic)| ShownTactic { tactic, techniques: maker.techniques(index) });
        Self { columns: columns.filter(|column| !column.techniques.is_empty()).collect() }
    }
}

struct Maker<'a> {
    layer: &'a InputLayer,
    catalog: &'a Catalog,
    /// By technique and tactic.
    annotations: BTreeMap<(TechniqueId, usize), &'a InputAnnotation>,
    /// Per platform of the catalog, whether it is selected.
    platforms: Vec<bool>,
    colors: Vec<Color>,
    ground: Color,
    expand: Expand,
}

impl<'a> Maker<'a> {
    fn new(layer: &'a InputLayer, catalog: &'a Catalog, theme: Theme, expand: Option<Expand>) -> Self {
        let selected = layer.platforms.as_ref().map(|held| &held.value).filter(|held| !held.is_empty());
        let is_selected = |platform: &str| {
            selected.is_none_or(|names| names.iter().any(|name| navigator_platform(&name.value) == platform))
        };
        Self {
            layer,
            catalog,
            annotations: annotations(layer, catalog),
            platforms: catalog.platforms().iter().map(|platform| is_selected(platform)).collect(),
            colors: gradient::sample(&stops(layer)),
            ground: ground(theme),
            expand: expand.unwrap_or(layer.layout.expanded_subtechniques),
        }
    }

    fn techniques(&self, tactic: usize) -> Vec<ShownTechnique<'a>> {
        let all = self.catalog.in_tactic(tactic).into_iter().filter(|technique| self.is_visible(technique));
        let mut shown: Vec<ShownTechnique<'a>> =
            all.filter_map(|technique| self.technique(technique, tactic)).collect();
        let key = |one: &ShownTechnique<'_>| one.aggregate.or(one.cell.score).unwrap_or(f64::NEG_INFINITY);
        self.sort(&mut shown, key);
        shown
    }

    /// `None` when it is disabled, and the layer hides what is.
    fn technique(&self, technique: &'a Technique, tactic: usize) -> Option<ShownTechnique<'a>> {
        let all: Vec<&Technique> =
            self.catalog.sub_techniques(technique.id).filter(|sub| sub.tactics.contains(tactic)).collect();
        let is_enabled = |id| self.annotations.get(&(id, tactic)).is_none_or(|one| one.enabled);
        let mut visible: Vec<&Technique> = all.iter().copied().filter(|sub| self.is_visible(sub)).collect();
        if self.layer.hide_disabled {
            visible.retain(|sub| is_enabled(sub.id));
            if !is_enabled(technique.id) && visible.is_empty() {
                return None;
            }
        }
        visible.sort_by_cached_key(|sub| (sub.name.to_lowercase(), sub.id));
        let own = self.annotations.get(&(technique.id, tactic)).copied();
        let score = |id| self.annotations.get(&(id, tactic)).and_then(|one| Some(one.score.as_ref()?.value));
        let scores: Vec<Option<f64>> = all.iter().map(|sub| score(sub.id)).collect();
        let of_all =
            if all.is_empty() { None } else { aggregate(&self.layer.layout, score(technique.id), &scores) };
        let mut subs: Vec<ShownCell<'a>> =
            visible.into_iter().map(|sub| self.cell(sub, tactic, None)).collect();
        self.sort(&mut subs, |cell| cell.score.unwrap_or(0.0));
        let is_expanded = match self.expand {
            Expand::All => true,
            Expand::Annotated => {
                own.is_some_and(|one| one.show_subtechniques) || self.has_annotated_sub(technique.id)
            }
            Expand::None => own.is_some_and(|one| one.show_subtechniques),
        };
        Some(ShownTechnique {
            cell: self.cell(technique, tactic, of_all),
            is_expanded: is_expanded && !subs.is_empty(),
            subs,
            aggregate: of_all,
        })
    }

    /// Whether a sub-technique is annotated, in any of its tactics.
    fn has_annotated_sub(&self, technique: TechniqueId) -> bool {
        let mut held = self.annotations.iter();
        held.any(|((id, _), one)| id.parent() == Some(technique) && one.is_annotated())
    }

    fn cell(&self, technique: &'a Technique, tactic: usize, aggregate: Option<f64>) -> ShownCell<'a> {
        let annotation = self.annotations.get(&(technique.id, tactic)).copied();
        let score = annotation.and_then(|one| Some(one.score.as_ref()?.value));
        let is_enabled = annotation.is_none_or(|one| one.enabled);
        let explicit = annotation
            .and_then(|one| color::parse(one.color.as_deref()?))
            .map(|color| flattened(color, self.ground));
        let (min, max) = self.layer.range();
        let of_score = aggregate.or(score).map(|score| self.colors[gradient::index_of(score, min, max)]);
        let mark = annotation.and_then(|one| match one {
            _ if !one.comment.value.is_empty() => Some(Mark::Comment),
            _ if !one.metadata.is_empty() => Some(Mark::Metadata),
            _ if !one.links.is_empty() => Some(Mark::Links),
            _ => None,
        });
        ShownCell {
            tactic: &self.catalog.tactics()[tactic],
            technique,
            annotation,
            score,
            is_enabled,
            fill: explicit.or(of_score).filter(|_| is_enabled),
            mark,
        }
    }

    /// What has no platform at all is never visible.
    fn is_visible(&self, technique: &Technique) -> bool {
        technique.platforms.iter().any(|platform| self.platforms.get(platform) == Some(&true))
    }

    /// Puts what stands by name into the layer's order; of equal scores the name decides.
    fn sort<T>(&self, all: &mut [T], score: impl Fn(&T) -> f64) {
        let by_score = |a: &T, b: &T| score(a).partial_cmp(&score(b)).unwrap_or(Ordering::Equal);
        match self.layer.sorting {
            1 => all.reverse(),
            2 => all.sort_by(by_score),
            3 => all.sort_by(|a, b| by_score(b, a)),
            _ => {}
        }
    }
}

/// What a layer says of each technique in each tactic: the last word of several. What it says of an id that the catalog does
/// not have, or under a tactic that is none of the technique's, the Navigator shows nowhere.
fn annotations<'a>(
    layer: &'a InputLayer,
    catalog: &Catalog,
) -> BTreeMap<(TechniqueId, usize), &'a InputAnnotation> {
    let mut all = BTreeMap::new();
    for annotation in &layer.techniques {
        let Some(technique) = annotation.id().and_then(|id| catalog.technique(id)) else { continue };
        match &annotation.tactic {
            InputTactic::Every => {
                all.extend(technique.tactics.iter().map(|tactic| ((technique.id, tactic), annotation)));
            }
            InputTactic::One(shortname) => {
                let tactic = catalog.tactics().iter().position(|tactic| tactic.shortname == shortname.value);
                if let Some(tactic) = tactic.filter(|tactic| technique.tactics.contains(*tactic)) {
                    all.insert((technique.id, tactic), annotation);
                }
            }
            InputTactic::Nowhere(_) => {}
        }
    }
    all
}

/// The colours of a layer's gradient, without their opacity; the Navigator's own where one of them is none.
pub(crate) fn stops(layer: &InputLayer) -> Vec<Color> {
    let stated = layer.gradient.as_ref().map(|gradient| gradient.colors.as_slice()).unwrap_or_default();
    let read: Option<Vec<Color>> =
        stated.iter().map(|text| color::parse(&text.value).map(|color| Color(color.rgb))).collect();
    read.filter(|colors| !colors.is_empty()).unwrap_or_else(|| DEFAULT_GRADIENT.to_vec())
}

/// A colour as it looks on another one.
fn flattened(color: color::Rgba, ground: Color) -> Color {
    let mut channels = [0; 3];
    for (channel, (over, under)) in channels.iter_mut().zip(color.rgb.into_iter().zip(ground.0)) {
        let value = f64::from(over) * color.alpha + f64::from(under) * (1.0 - color.alpha);
        // Between two bytes, so a byte.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two bytes")]
        let value = value.round() as u8;
        *channel = value;
    }
    Color(channels)
}

#[cfg(test)]
mod tests;
