//! A layer of any format, written in format 4.5 with everything that it holds.
//!
//! What was read is written as it stands: scores, colours and texts are not judged here. Only where format 4.5 has
//! another spelling for the same, or where the Navigator or the strict Python loader would not take what is stated, the
//! spelling changes; each such [`Change`] is told. Written once more, the result stays as it is.
//!
//! ```
//! use navlayer::attack::{Domain, Version};
//! use navlayer::layer::{read, write::OutputLayer};
//! use navlayer::source::Source;
//!
//! let text = r#"{"version": "3.0", "domain": "mitre-enterprise",
//!     "techniques": [{"techniqueID": "T1110", "score": 5}, {"techniqueID": null, "comment": "lost"}]}"#;
//! let source = Source::new("old.json", text.to_owned());
//! let layer = &read::from_source(&source)?.layers[0];
//! let output = OutputLayer::new(layer, "old", Domain::Enterprise, Some(Version { major: 16, minor: 1 }));
//! let json = output.to_json();
//! for change in output.changes().iter().filter(|change| change.kind.is_loss()) {
//!     println!("line {}: {change}", source.place(change.span.range()).line);
//! }
//! # assert!(String::from_utf8_lossy(&json).contains("\"layer\": \"4.5\"") && output.changes().len() == 2);
//! # Ok::<(), Box<navlayer::diagnostic::Diagnostic>>(())
//! ```

mod change;
mod gradient;

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use super::model::{FORMAT, Layout, LegendItem, NAVIGATOR};
use super::read::{InputAnnotation, InputLayer, InputLink, InputMetadata, InputTactic};
use crate::attack::{Domain, Version};
use crate::link::web_address;
use crate::source::Span;

pub use change::{Change, ChangeKind};
use gradient::OutputGradient;

/// A layer as format 4.5 holds it, field by field in the order in which the Navigator writes them.
///
/// What says nothing is left out: the Navigator's defaults hold, and the strict Python loader loses or refuses some empty
/// values.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OutputLayer<'a> {
    name: &'a str,
    versions: OutputVersions,
    domain: &'a str,
    #[serde(rename = "customDataURL", skip_serializing_if = "Option::is_none")]
    custom_data_url: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    filters: Option<OutputFilters<'a>>,
    // The loader loses a 0, and takes its absence for it.
    #[serde(skip_serializing_if = "is_zero")]
    sorting: u8,
    layout: &'a Layout,
    hide_disabled: bool,
    techniques: Vec<OutputAnnotation<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gradient: Option<OutputGradient<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    legend_items: &'a [LegendItem],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    metadata: Vec<OutputRow<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<OutputLink<'a>>,
    show_tactic_row_background: bool,
    tactic_row_background: &'a str,
    select_techniques_across_tactics: bool,
    select_subtechniques_with_parent: bool,
    select_visible_techniques: bool,
    #[serde(skip)]
    changes: Vec<Change>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct OutputVersions {
    #[serde(skip_serializing_if = "Option::is_none")]
    attack: Option<String>,
    navigator: &'static str,
    layer: &'static str,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct OutputFilters<'a> {
    platforms: Vec<&'a str>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct OutputAnnotation<'a> {
    #[serde(rename = "techniqueID")]
    technique_id: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tactic: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    color: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    comment: &'a str,
    enabled: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    metadata: Vec<OutputRow<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<OutputLink<'a>>,
    show_subtechniques: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
enum OutputRow<'a> {
    Row { name: Cow<'a, str>, value: Cow<'a, str> },
    Divider { divider: bool },
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
enum OutputLink<'a> {
    Link { label: &'a str, url: &'a str },
    Divider { divider: bool },
}

/// A finite number. What is whole is written without a fraction: Python tells the two apart, and refuses `1.0` where it
/// wants a whole number.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Number(f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const TOP: f64 = 9_223_372_036_854_775_808.0;
        if self.0.fract() == 0.0 && self.0.abs() < TOP {
            #[expect(clippy::cast_possible_truncation, reason = "whole, and within the range")]
            let whole = self.0 as i64;
            return serializer.serialize_i64(whole);
        }
        serializer.serialize_f64(self.0)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u8) -> bool {
    *number == 0
}

impl<'a> OutputLayer<'a> {
    /// A layer that was read, for the ATT&CK version that it is on, or was carried to; `None` where it states none.
    ///
    /// `fallback_name` is its name where it has none. A layer on ATT&CK data of its own, whose domain is none of ATT&CK's,
    /// keeps that domain; the one given is for all others.
    #[must_use]
    pub fn new(
        layer: &'a InputLayer,
        fallback_name: &'a str,
        domain: Domain,
        attack: Option<Version>,
    ) -> Self {
        let mut changes = Vec::new();
        let custom_data_url = layer.custom_data_url.as_deref().filter(|url| !url.is_empty());
        let stated = layer.domain.as_ref().map(|domain| domain.value.as_str());
        let own_domain = stated.filter(|domain| {
            custom_data_url.is_some() && layer.known_domain().is_none() && !domain.trim().is_empty()
        });
        Self {
            name: name(layer, fallback_name, &mut changes),
            versions: OutputVersions {
                attack: attack.map(|version| version.major.to_string()),
                navigator: NAVIGATOR,
                layer: FORMAT,
            },
            domain: own_domain.unwrap_or(domain.id()),
            custom_data_url,
            description: &layer.description,
            filters: filters(layer),
            sorting: layer.sorting,
            layout: &layer.layout,
            hide_disabled: layer.hide_disabled,
            techniques: annotations(&layer.techniques, &mut changes),
            gradient: layer.gradient.as_ref().map(|gradient| OutputGradient::new(gradient, &mut changes)),
            legend_items: &layer.legend,
            metadata: rows(&layer.metadata, &layer.other, &layer.links, layer.span, &mut changes),
            links: links(&layer.links, &mut changes),
            show_tactic_row_background: layer.show_tactic_row_background,
            tactic_row_background: &layer.tactic_row_background,
            select_techniques_across_tactics: layer.select_techniques_across_tactics,
            select_subtechniques_with_parent: layer.select_subtechniques_with_parent,
            select_visible_techniques: layer.select_visible_techniques,
            changes,
        }
    }

    /// What is written otherwise than the layer had it, or not at all.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The layer as JSON text in ASCII, ending in a line break.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        super::ascii_json(self)
    }

    /// Several layers in one file, in the order given: an upgraded file opens its tabs in the order of the old one.
    ///
    /// That order is the reverse of the file's; compare [`super::to_bundle`], which is for tabs.
    #[must_use]
    pub fn to_json_array(layers: &[Self]) -> Vec<u8> {
        super::ascii_json(&layers)
    }
}

fn name<'a>(layer: &'a InputLayer, fallback: &'a str, changes: &mut Vec<Change>) -> &'a str {
    match &layer.name {
        Some(name) if !name.value.trim().is_empty() => &name.value,
        stated => {
            let span = stated.as_ref().map_or(layer.span, |name| name.span);
            changes.push(Change::new(ChangeKind::Named, fallback, span));
            fallback
        }
    }
}

/// An empty list shows all platforms, as no list does; the loader breaks off at it.
fn filters(layer: &InputLayer) -> Option<OutputFilters<'_>> {
    let platforms = layer.platforms.as_ref().filter(|platforms| !platforms.value.is_empty())?;
    Some(OutputFilters {
        platforms: platforms.value.iter().map(|platform| platform.value.as_str()).collect(),
    })
}

/// The annotations, those first that the Navigator did not show for a mistake that is mended here.
///
/// Of several entries for a technique and tactic the Navigator keeps the last one. An entry that is mended must not take the
/// place of one that was shown.
fn annotations<'a>(
    annotations: &'a [InputAnnotation],
    changes: &mut Vec<Change>,
) -> Vec<OutputAnnotation<'a>> {
    let (mut mended, mut shown) = (Vec::new(), Vec::with_capacity(annotations.len()));
    for annotation in annotations {
        let before = changes.len();
        let Some(written) = OutputAnnotation::new(annotation, changes) else { continue };
        let is_mended = changes[before..].iter().any(|change| change.kind.shows_annotation());
        if is_mended { mended.push(written) } else { shown.push(written) }
    }
    mended.append(&mut shown);
    mended
}

impl<'a> OutputAnnotation<'a> {
    /// An annotation; `None` when it names no technique, and so has no place in any layer.
    fn new(annotation: &'a InputAnnotation, changes: &mut Vec<Change>) -> Option<Self> {
        let stated = annotation.technique.as_ref().filter(|stated| !stated.value.trim().is_empty());
        let Some(stated) = stated else {
            let span = annotation.id_span.unwrap_or(annotation.span);
            changes.push(Change::new(ChangeKind::NoTechnique, "", span));
            return None;
        };
        let id = annotation.id().map(|id| id.to_string()).filter(|id| *id != stated.value);
        if id.is_some() {
            changes.push(Change::new(ChangeKind::TechniqueId, &stated.value, stated.span));
        }
        let tactic = match &annotation.tactic {
            InputTactic::Every => None,
            InputTactic::One(tactic) => Some(tactic.value.as_str()),
            // A tactic of nowhere cannot be written as it is: the Navigator opens an alert at an empty one, and leaves it
            // out itself when it saves the layer; the loader refuses null. No tactic at all is what the Navigator makes of
            // such a layer, saved and opened again, and what tools mean that write null. The entry is shown then, where no
            // other of its technique is: see `annotations`.
            InputTactic::Nowhere(span) => {
                changes.push(Change::new(ChangeKind::Tactic, &stated.value, *span));
                None
            }
        };
        Some(Self {
            technique_id: id.map_or(Cow::Borrowed(stated.value.as_str()), Cow::Owned),
            tactic,
            score: annotation
                .score
                .as_ref()
                .map(|score| score.value)
                .filter(|score| score.is_finite())
                .map(Number),
            color: annotation.color.as_deref(),
            comment: &annotation.comment.value,
            enabled: annotation.enabled,
            metadata: rows(
                &annotation.metadata,
                &annotation.other,
                &annotation.links,
                annotation.span,
                changes,
            ),
            links: links(&annotation.links, changes),
            show_subtechniques: annotation.show_subtechniques,
        })
    }
}

/// The rows, and after them the fields that no format defines: the Navigator drops such a field when it saves the layer,
/// and the loader refuses the whole layer for it. Links that are none come last: what they say is kept as text.
fn rows<'a>(
    rows: &'a [InputMetadata],
    other: &'a [(String, String)],
    links: &'a [InputLink],
    span: Span,
    changes: &mut Vec<Change>,
) -> Vec<OutputRow<'a>> {
    let mut written: Vec<OutputRow<'a>> = rows
        .iter()
        .map(|row| match row {
            InputMetadata::Row { name, value } => {
                OutputRow::Row { name: Cow::Borrowed(name), value: Cow::Borrowed(&value.value) }
            }
            InputMetadata::Divider { shown, is_row, span } => {
                if *is_row {
                    changes.push(Change::new(ChangeKind::MetadataDivider, "", *span));
                }
                OutputRow::Divider { divider: *shown }
            }
        })
        .collect();
    for (key, json) in other {
        let value = told(json);
        let kind = if value.is_empty() { ChangeKind::EmptyField } else { ChangeKind::Field };
        changes.push(Change::new(kind, key, span));
        if !value.is_empty() {
            // A row without a name is dropped; the empty name as JSON text is none.
            let name = if key.is_empty() { "\"\"" } else { key };
            written.push(OutputRow::Row { name: Cow::Borrowed(name), value });
        }
    }
    for link in links {
        if let InputLink::Link { label, url } = link
            && web_address(&url.value).is_none()
        {
            changes.push(Change::new(ChangeKind::Link, &url.value, url.span));
            written.push(OutputRow::Row { name: Cow::Borrowed(label), value: Cow::Borrowed(&url.value) });
        }
    }
    written
}

/// What a JSON value says: the text of a text, anything else as it stands.
fn told(json: &str) -> Cow<'_, str> {
    if json.starts_with('"')
        && let Ok(text) = serde_json::from_str::<String>(json)
    {
        return Cow::Owned(text);
    }
    Cow::Borrowed(json)
}

/// Links to the web: the Navigator opens whatever address a layer gives. The others are among the [`rows`]. A divider that is false is written true: the Navigator shows an empty line for it, and the loader refuses the
/// layer, or loses the whole technique.
fn links<'a>(links: &'a [InputLink], changes: &mut Vec<Change>) -> Vec<OutputLink<'a>> {
    links
        .iter()
        .filter_map(|link| match link {
            InputLink::Link { label, url } => {
                web_address(&url.value).map(|_| OutputLink::Link { label, url: &url.value })
            }
            InputLink::Divider { shown, span } => {
                if !shown {
                    changes.push(Change::new(ChangeKind::LinkDivider, "", *span));
                }
                Some(OutputLink::Divider { divider: true })
            }
        })
        .collect()
}
