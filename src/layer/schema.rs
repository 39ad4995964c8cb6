//! The JSON Schema of a Navigator layer of any format, from 2.x to 4.5: what navlayer reads.
//!
//! The types are never filled: [`super::read`] takes layers value by value, so that each mistake is found at its place.
//! Other fields than these are kept out of no layer: tools add their own, and the Navigator passes over them.
#![allow(dead_code, reason = "the fields say what the schema holds")]

use schemars::JsonSchema;

/// One layer, or several.
#[derive(Debug, JsonSchema)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "it is never filled")]
pub enum AnyLayerFile {
    /// A layer by itself.
    One(AnyLayer),
    /// Several; the Navigator opens them as tabs.
    Several(#[schemars(length(min = 1))] Vec<AnyLayer>),
}

/// A layer of any format.
#[derive(Debug, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AnyLayer {
    /// The name.
    name: Option<String>,
    /// The format's version, up to 3.0.
    version: Option<String>,
    /// The versions that it is made for, from 4.0 on.
    versions: Option<AnyVersions>,
    /// `enterprise-attack`, `mobile-attack`, `ics-attack`; up to 3.0 `mitre-enterprise` and `mitre-mobile`.
    domain: String,
    /// What it shows.
    description: Option<String>,
    /// Filters.
    filters: Option<AnyFilters>,
    /// How techniques are ordered, from 0 to 3.
    sorting: Option<i64>,
    /// How the matrix was laid out, up to 2.2.
    view_mode: Option<i64>,
    /// How the matrix is laid out, from 3.0 on.
    layout: Option<serde_json::Map<String, serde_json::Value>>,
    /// Whether disabled techniques are hidden.
    hide_disabled: Option<bool>,
    /// What it says of techniques.
    techniques: Vec<AnyAnnotation>,
    /// From scores to colours.
    gradient: Option<AnyGradient>,
    /// What colours mean.
    legend_items: Option<Vec<AnyLegendItem>>,
    /// Rows about the layer.
    metadata: Option<Vec<AnyRow>>,
    /// Links about the layer.
    links: Option<Vec<AnyRow>>,
}

/// The versions that a layer is made for.
#[derive(Debug, JsonSchema)]
struct AnyVersions {
    /// The ATT&CK version: its major number counts.
    attack: Option<String>,
    /// The Navigator's version.
    navigator: Option<String>,
    /// The format's version.
    layer: Option<String>,
}

/// Filters.
#[derive(Debug, JsonSchema)]
struct AnyFilters {
    /// The platforms shown; none, or an empty list: all.
    platforms: Option<Vec<String>>,
}

/// What a layer says of one technique.
#[derive(Debug, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AnyAnnotation {
    /// The technique's id. Some tools write null for what they could not map.
    #[serde(rename = "techniqueID")]
    technique_id: Option<String>,
    /// The tactic's short name; absent: all tactics of the technique.
    tactic: Option<String>,
    /// The score.
    score: Option<f64>,
    /// A colour of its own; empty: the score's.
    color: Option<String>,
    /// A comment.
    comment: Option<String>,
    /// Whether the technique is enabled.
    enabled: Option<bool>,
    /// Rows about it.
    metadata: Option<Vec<AnyRow>>,
    /// Links about it.
    links: Option<Vec<AnyRow>>,
    /// Whether its sub-techniques are shown.
    show_subtechniques: Option<bool>,
}

/// A row of metadata, a link, or a divider between them.
#[derive(Debug, JsonSchema)]
struct AnyRow {
    /// What a row tells.
    name: Option<String>,
    /// What it is.
    value: Option<TextOrBool>,
    /// What a link shows.
    label: Option<String>,
    /// Where a link leads.
    url: Option<String>,
    /// Whether it is a divider.
    divider: Option<bool>,
}

/// A text; in the dividers of mitreattack-python, a truth value.
#[derive(Debug, JsonSchema)]
#[serde(untagged)]
enum TextOrBool {
    /// Text.
    Text(String),
    /// A truth value.
    Bool(bool),
}

/// From scores to colours.
#[derive(Debug, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AnyGradient {
    /// Evenly spaced colours.
    colors: Vec<String>,
    /// The score of the first.
    min_value: Option<f64>,
    /// The score of the last.
    max_value: Option<f64>,
}

/// One line of a legend.
#[derive(Debug, JsonSchema)]
struct AnyLegendItem {
    /// What the colour means.
    label: Option<String>,
    /// The colour.
    color: Option<String>,
}
