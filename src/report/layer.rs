//! The page of a layer: its matrix as the Navigator shows it, and what it says of each technique.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::view::{Page, ReferenceView, TechniqueRef};
use super::{TemplateError, Templates, theme};
use crate::attack::{Catalog, Technique, TechniqueId};
use crate::coverage::Scale;
use crate::layer::read::{InputLayer, InputLink, InputMetadata};
use crate::link::web_address;
use crate::matrix::palette::{Color, Palette, Theme};
use crate::matrix::{Shown, ShownCell};
use crate::render::picture::Options;
use crate::render::svg;

/// What the template of the page is given. The picture is the helper `{{picture}}`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LayerView {
    /// What every page has.
    pub page: Page,
    /// `Enterprise ATT&CK 16.1`
    pub attack: String,
    /// The layer's description; empty when there is none.
    pub description: String,
    /// What the layer says of itself.
    pub facts: Vec<LayerFact>,
    /// Its links.
    pub links: Vec<ReferenceView>,
    /// Whether any technique has a score.
    pub scored: bool,
    /// Whether any technique has a link.
    pub linked: bool,
    /// How many cells the matrix has, those of closed techniques among them.
    pub cells: usize,
    /// A row for each technique of which the layer says anything and that is shown, by id; several where it says different
    /// things in different tactics.
    pub rows: Vec<LayerRow>,
}

/// A row of metadata.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LayerFact {
    /// What it tells.
    pub name: String,
    /// What it is.
    pub value: String,
}

/// What a layer says of a technique.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LayerRow {
    /// The technique.
    pub technique: TechniqueRef,
    /// The tactics in which it says so, in matrix order.
    pub tactics: Vec<String>,
    /// Its own score; absent when it has none.
    pub score: Option<String>,
    /// The score of it and its sub-techniques together, where the layer shows it.
    pub aggregate: Option<String>,
    /// The class of its cell's colour; absent when it has none.
    pub class: Option<String>,
    /// Whether it is enabled.
    pub enabled: bool,
    /// The comment; empty when there is none.
    pub comment: String,
    /// Metadata, in the groups that dividers make.
    pub metadata: Vec<Vec<LayerFact>>,
    /// Links.
    pub links: Vec<ReferenceView>,
}

/// The page of a layer on the catalog of its version, as HTML that needs nothing else. Templates of `folder` take the place of
/// the embedded ones.
///
/// # Errors
/// When a template is not sound, or asks for what the page does not have.
pub fn layer_page(
    layer: &InputLayer,
    catalog: &Catalog,
    options: &Options,
    folder: Option<&Path>,
) -> Result<String, TemplateError> {
    let mut templates = Templates::new(folder)?;
    let (view, colors) = view(layer, catalog, options);
    let mut style = theme::style(&BTreeSet::new(), &Palette::default(), &Scale::default());
    for (color, class) in &colors {
        let _ = write!(style, ".{class}{{background:{};color:{}}}", color.hex(), color.ink().hex());
    }
    templates.set_theme_of("layer", &style, "");
    templates.set_picture(svg::inline(layer, catalog, options));
    templates.render("layer", &view)
}

/// The view, and the classes of its colours.
fn view(layer: &InputLayer, catalog: &Catalog, options: &Options) -> (LayerView, BTreeMap<Color, String>) {
    let shown = Shown::new(layer, catalog, options.theme.unwrap_or(Theme::Light), options.expand);
    let mut maker = Maker { catalog, rows: BTreeMap::new(), colors: BTreeMap::new(), cells: 0 };
    for column in &shown.columns {
        for technique in &column.techniques {
            maker.add(&technique.cell, technique.aggregate, &column.tactic.name);
            technique.subs.iter().for_each(|sub| maker.add(sub, None, &column.tactic.name));
        }
    }
    let Maker { rows, colors, cells, .. } = maker;
    let rows: Vec<LayerRow> = rows.into_values().collect();
    let attack = format!("{} ATT&CK {}", catalog.domain().name(), catalog.version());
    let name = layer.name.as_ref().map_or("", |name| name.value.trim());
    let view = LayerView {
        page: Page {
            title: if name.is_empty() { "A layer".to_owned() } else { name.to_owned() },
            description: format!("An ATT&CK Navigator layer on {attack}."),
            root: String::new(),
            site: attack.clone(),
            generator: crate::GENERATOR.to_owned(),
        },
        attack,
        description: layer.description.trim().to_owned(),
        facts: groups(&layer.metadata).concat(),
        links: links(&layer.links),
        scored: rows.iter().any(|row| row.score.is_some() || row.aggregate.is_some()),
        linked: rows.iter().any(|row| !row.links.is_empty()),
        cells,
        rows,
    };
    (view, colors)
}

/// Rows by technique and place of what is said in the layer.
struct Maker<'a> {
    catalog: &'a Catalog,
    rows: BTreeMap<(TechniqueId, Option<u32>, Option<String>), LayerRow>,
    colors: BTreeMap<Color, String>,
    cells: usize,
}

impl Maker<'_> {
    fn add(&mut self, cell: &ShownCell<'_>, aggregate: Option<f64>, tactic: &str) {
        self.cells += 1;
        let annotation = cell.annotation.filter(|one| one.is_annotated());
        if annotation.is_none() && aggregate.is_none() {
            return;
        }
        let class = cell.fill.map(|color| {
            let next = format!("c{}", self.colors.len());
            self.colors.entry(color).or_insert(next).clone()
        });
        let aggregate = aggregate.map(|score| score.to_string());
        // A technique has a row for each of its annotations, not for each of its tactics.
        let key = (cell.technique.id, annotation.map(|one| one.span.start), aggregate.clone());
        let row = self.rows.entry(key).or_insert_with(|| LayerRow {
            technique: reference(cell.technique, self.catalog),
            tactics: Vec::new(),
            score: cell.score.map(|score| score.to_string()),
            aggregate,
            class,
            enabled: cell.is_enabled,
            comment: annotation.map_or("", |one| one.comment.value.trim()).to_owned(),
            metadata: annotation.map(|one| groups(&one.metadata)).unwrap_or_default(),
            links: annotation.map(|one| links(&one.links)).unwrap_or_default(),
        });
        row.tactics.push(tactic.to_owned());
    }
}

fn reference(technique: &Technique, catalog: &Catalog) -> TechniqueRef {
    TechniqueRef {
        id: technique.id.to_string(),
        name: catalog.full_name_of(technique.id).unwrap_or_else(|| technique.name.to_string()),
        href: catalog.version().page("techniques", &technique.id.url_path()),
        external: true,
    }
}

/// Rows of metadata, in the groups that dividers make.
fn groups(metadata: &[InputMetadata]) -> Vec<Vec<LayerFact>> {
    let is_row = |row: &InputMetadata| matches!(row, InputMetadata::Row { .. });
    let facts = metadata.split(|row| !is_row(row)).map(|group| {
        let facts = group.iter().filter_map(|row| match row {
            InputMetadata::Row { name, value } => {
                Some(LayerFact { name: name.trim().to_owned(), value: value.value.clone() })
            }
            InputMetadata::Divider { .. } => None,
        });
        facts.collect::<Vec<_>>()
    });
    facts.filter(|group| !group.is_empty()).collect()
}

/// Links, of which only web addresses lead anywhere; of others the address is shown.
fn links(links: &[InputLink]) -> Vec<ReferenceView> {
    let views = links.iter().filter_map(|link| match link {
        InputLink::Link { label, url } => {
            let (label, url) = (label.trim(), url.value.trim());
            let href = web_address(url).map(str::to_owned);
            let text = match (label.is_empty(), href.is_some()) {
                (true, _) => url.to_owned(),
                (false, true) => label.to_owned(),
                (false, false) => format!("{label}: {url}"),
            };
            Some(ReferenceView { text, href })
        }
        InputLink::Divider { .. } => None,
    });
    views.collect()
}
