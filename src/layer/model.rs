//! An ATT&CK Navigator layer of format 4.5, field by field, in the order in which the Navigator writes it.
//!
//! What is optional here is left out when it says nothing: the Navigator's defaults hold, and the strict Python loader
//! refuses or loses some empty values.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::attack::TechniqueId;

/// The layer format that is written.
pub const FORMAT: &str = "4.5";
/// The Navigator that layers are written for.
pub const NAVIGATOR: &str = "5.1.0";

/// A layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Layer {
    /// The name, as the Navigator's tab shows it.
    pub name: String,
    /// The versions that it is made for.
    pub versions: Versions,
    /// `enterprise-attack`, `mobile-attack` or `ics-attack`.
    pub domain: String,
    /// What it shows, in a sentence or two.
    pub description: String,
    /// Filters; absent: all platforms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filters: Option<Filters>,
    /// How the matrix is laid out.
    pub layout: Layout,
    /// Whether disabled techniques are hidden.
    pub hide_disabled: bool,
    /// The annotated techniques, by id.
    pub techniques: Vec<Annotation>,
    /// From scores to colours.
    pub gradient: Gradient,
    /// What the colours mean.
    pub legend_items: Vec<LegendItem>,
    /// Where it came from and how.
    pub metadata: Vec<Metadata>,
    /// Whether the tactic row has a background.
    pub show_tactic_row_background: bool,
    /// The colour of that background.
    pub tactic_row_background: String,
    /// Whether selecting a technique selects it in all its tactics.
    pub select_techniques_across_tactics: bool,
    /// Whether selecting a technique selects its sub-techniques.
    pub select_subtechniques_with_parent: bool,
    /// Whether only visible techniques are selected.
    pub select_visible_techniques: bool,
}

/// The versions that a layer is made for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Versions {
    /// The major number of the ATT&CK version: all that the Navigator reads.
    pub attack: String,
    /// The Navigator's version.
    pub navigator: String,
    /// The layer format's version.
    pub layer: String,
}

/// Filters of a layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Filters {
    /// The platforms shown; never empty.
    pub platforms: Vec<String>,
}

/// How the Navigator lays the matrix out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Layout {
    /// `side`, `flat` or `mini`.
    pub layout: String,
    /// `average`, `min`, `max` or `sum`.
    pub aggregate_function: String,
    /// Whether ids are shown.
    #[serde(rename = "showID")]
    pub show_id: bool,
    /// Whether names are shown.
    pub show_name: bool,
    /// Whether techniques are coloured by aggregate scores.
    pub show_aggregate_scores: bool,
    /// Whether unscored sub-techniques count in an average.
    pub count_unscored: bool,
    /// Which techniques are expanded.
    pub expanded_subtechniques: Expand,
}

/// The Navigator's own.
impl Default for Layout {
    fn default() -> Self {
        Self {
            layout: "side".to_owned(),
            aggregate_function: "average".to_owned(),
            show_id: false,
            show_name: true,
            show_aggregate_scores: false,
            count_unscored: false,
            expanded_subtechniques: Expand::None,
        }
    }
}

/// Which techniques the Navigator shows with their sub-techniques.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Expand {
    /// None: a click opens them.
    #[default]
    None,
    /// Those with an annotated sub-technique.
    Annotated,
    /// All.
    All,
}

impl Expand {
    /// All choices.
    pub const ALL: [Self; 3] = [Self::None, Self::Annotated, Self::All];

    /// The name on the command line and in layers.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Annotated => "annotated",
            Self::All => "all",
        }
    }
}

/// What a layer says of one technique.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Annotation {
    /// The technique.
    #[serde(rename = "techniqueID")]
    pub technique_id: TechniqueId,
    /// The tactic's short name; absent: all tactics of the technique.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tactic: Option<String>,
    /// The score: a whole number; absent: unscored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<i64>,
    /// An explicit colour, which beats the score's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// A comment.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub comment: String,
    /// Whether the technique is enabled.
    pub enabled: bool,
    /// Name and value rows.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub metadata: Vec<Metadata>,
    /// Links.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub links: Vec<Link>,
    /// Whether its sub-techniques are shown.
    pub show_subtechniques: bool,
}

/// A row of metadata. Both texts are never empty: the Navigator drops the row otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Metadata {
    /// What the row tells.
    pub name: String,
    /// What it is.
    pub value: String,
}

impl Metadata {
    /// A row, unless the value is blank.
    #[must_use]
    pub fn new(name: &str, value: impl Into<String>) -> Option<Self> {
        let value = value.into();
        (!value.trim().is_empty()).then(|| Self { name: name.to_owned(), value })
    }
}

/// A link; the address is http or https.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    /// What is shown.
    pub label: String,
    /// Where it leads.
    pub url: String,
}

/// From scores to colours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Gradient {
    /// Evenly spaced colours from the lowest score to the highest: `#rrggbb`.
    pub colors: Vec<String>,
    /// The score of the first colour.
    pub min_value: i64,
    /// The score of the last colour.
    pub max_value: i64,
}

/// One line of a legend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LegendItem {
    /// What the colour means.
    pub label: String,
    /// The colour: `#rrggbb`.
    pub color: String,
}
