//! Reading layers of every format from 2.x to 4.5: one, or several in an array.
//!
//! A layer is taken as the Navigator takes it, with its defaults and its leniency; what the Navigator would leave out or
//! break off at is a finding. Nothing that a layer holds is lost: what no format defines is kept as it stands, and so are
//! the scores, colours and rows of techniques that ATT&CK does not know. What all that means is told by
//! [`super::check`].

mod file;
pub(in crate::layer) mod parts;
mod shape;

use crate::attack::{Domain, TechniqueId, Version};
use crate::diagnostic::Diagnostic;
use crate::source::node::{Document, Kind, Node};
use crate::source::{Source, Span};

use super::model::{Layout, LegendItem};
pub use file::{LayerFile, LayerFiles, from_paths, from_stream};
use shape::Shape;
pub use shape::Spanned;
pub(in crate::layer) use shape::{Fields, MAX_FINDINGS, quoted, short};

/// The rows of a layer's metadata that name its release in full.
const RELEASE_ROWS: [&str; 2] = ["ATT&CK", super::upgrade::VERSIONS[1]];

/// What was read of a file.
#[derive(Debug, Default)]
pub struct LayerReading {
    /// The layers, in the order of the file.
    pub layers: Vec<InputLayer>,
    /// Values of another type than the format says, in the order of reading.
    pub findings: Vec<Diagnostic>,
}

/// A layer as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct InputLayer {
    /// The name.
    pub name: Option<Spanned<String>>,
    /// The description; empty when there is none.
    pub description: String,
    /// The domain as stated.
    pub domain: Option<Spanned<String>>,
    /// The ATT&CK version as stated.
    pub attack: Option<Spanned<String>>,
    /// The version of the layer format as stated: in `version` up to 3.0, in `versions.layer` from 4.0 on.
    pub format: Option<Spanned<String>>,
    /// The Navigator's version as stated.
    pub navigator: Option<String>,
    /// The platforms of the filter; `None` without a filter, which shows all.
    pub platforms: Option<Spanned<Vec<Spanned<String>>>>,
    /// How techniques are sorted: 0 to 3, by name or by score, up or down.
    pub sorting: u8,
    /// How the matrix is laid out.
    pub layout: Layout,
    /// Whether disabled techniques are hidden.
    pub hide_disabled: bool,
    /// The annotations, in the order of the file.
    pub techniques: Vec<InputAnnotation>,
    /// From scores to colours; `None`: the Navigator's red to green from 0 to 100.
    pub gradient: Option<InputGradient>,
    /// What the colours mean.
    pub legend: Vec<LegendItem>,
    /// Rows about the layer.
    pub metadata: Vec<InputMetadata>,
    /// Links of the layer.
    pub links: Vec<InputLink>,
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
    /// Where the layer's own ATT&CK data is.
    pub custom_data_url: Option<String>,
    /// Fields that no format defines, as JSON text.
    pub other: Vec<(String, String)>,
    /// The layer as a whole.
    pub span: Span,
}

/// The tactic that an annotation is for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum InputTactic {
    /// None is named: all tactics of the technique.
    #[default]
    Every,
    /// The one with this short name.
    One(Spanned<String>),
    /// Null, empty, or no text: the Navigator finds it nowhere.
    Nowhere(Span),
}

/// What a layer says of a technique.
#[derive(Debug, Clone, PartialEq)]
pub struct InputAnnotation {
    /// The technique's id as stated; `None` when it is absent, empty, null or no text.
    pub technique: Option<Spanned<String>>,
    /// Where `techniqueID` stands, whatever it is; `None` when it is absent.
    pub id_span: Option<Span>,
    /// The tactic.
    pub tactic: InputTactic,
    /// The score; any finite number.
    pub score: Option<Spanned<f64>>,
    /// An explicit colour, one that the Navigator reads.
    pub color: Option<String>,
    /// A comment; empty when there is none.
    pub comment: Spanned<String>,
    /// Whether the technique is enabled.
    pub enabled: bool,
    /// Rows about the technique.
    pub metadata: Vec<InputMetadata>,
    /// Links.
    pub links: Vec<InputLink>,
    /// Whether its sub-techniques are shown.
    pub show_subtechniques: bool,
    /// Fields that no format defines, as JSON text.
    pub other: Vec<(String, String)>,
    /// The annotation as a whole.
    pub span: Span,
}

/// A row of metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputMetadata {
    /// Name and value.
    Row {
        /// What the row tells.
        name: String,
        /// What it is; never empty.
        value: Spanned<String>,
    },
    /// A line between rows.
    Divider {
        /// Whether it is drawn.
        shown: bool,
        /// Whether it is written in the way of mitreattack-python, as a row called `DIVIDER`.
        is_row: bool,
        /// Where it stands.
        span: Span,
    },
}

/// A link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputLink {
    /// Label and address.
    Link {
        /// What is shown.
        label: String,
        /// Where it leads; any text.
        url: Spanned<String>,
    },
    /// A line between links.
    Divider {
        /// Whether it is drawn.
        shown: bool,
        /// Where it stands.
        span: Span,
    },
}

/// From scores to colours.
#[derive(Debug, Clone, PartialEq)]
pub struct InputGradient {
    /// The colours as stated, those that are none included.
    pub colors: Vec<Spanned<String>>,
    /// The score of the first colour, when it is a number.
    pub min: Option<Spanned<f64>>,
    /// The score of the last colour, when it is a number.
    pub max: Option<Spanned<f64>>,
    /// The gradient as a whole.
    pub span: Span,
}

impl InputLayer {
    /// The domain, when it is one of ATT&CK's.
    #[must_use]
    pub fn known_domain(&self) -> Option<Domain> {
        self.domain.as_ref()?.value.trim().parse().ok()
    }

    /// The release that the layer is on: the one that it states where that is `known`, else the newest known of its major
    /// number, which is all that the Navigator reads. `None` when it states none.
    #[must_use]
    pub fn attack_version(&self, known: &[Version]) -> Option<Version> {
        let (major, stated) = stated_version(&self.attack.as_ref()?.value)?;
        let exact = stated.filter(|stated| known.contains(stated));
        let newest = known.iter().rev().find(|version| version.major == major).copied();
        Some(exact.or(newest).or(stated).unwrap_or(Version { major, minor: 0 }))
    }

    /// The release that the layer is on, of those that are `known`: where its metadata says so in full, as navlayer writes
    /// it, that one; else as [`InputLayer::attack_version`] says.
    #[must_use]
    pub fn release(&self, domain: Domain, known: &[Version]) -> Option<Version> {
        let stated = self.attack_version(known);
        let rows = self.metadata.iter().rev().filter_map(|row| match row {
            InputMetadata::Row { name, value } if RELEASE_ROWS.contains(&name.as_str()) => Some(&value.value),
            _ => None,
        });
        let mut full = rows.filter_map(|text| text.strip_prefix(domain.id())?.trim().parse::<Version>().ok());
        // The last row is that of the last upgrade.
        full.next().filter(|full| stated.is_none_or(|stated| stated.major == full.major)).or(stated)
    }

    /// The scores of the gradient's first and last colour.
    #[must_use]
    pub fn range(&self) -> (f64, f64) {
        let end = |of: fn(&InputGradient) -> &Option<Spanned<f64>>| {
            self.gradient.as_ref().and_then(|gradient| of(gradient).as_ref()).map(|end| end.value)
        };
        (end(|gradient| &gradient.min).unwrap_or(0.0), end(|gradient| &gradient.max).unwrap_or(100.0))
    }
}

impl InputAnnotation {
    /// The technique's id, when it is one.
    #[must_use]
    pub fn id(&self) -> Option<TechniqueId> {
        self.technique.as_ref()?.value.trim().parse().ok()
    }

    /// Whether the Navigator counts the technique as annotated.
    #[must_use]
    pub fn is_annotated(&self) -> bool {
        self.score.is_some()
            || self.color.is_some()
            || !self.enabled
            || !self.comment.value.is_empty()
            || !self.metadata.is_empty()
            || !self.links.is_empty()
    }
}

/// The first number of a version text, which is what the Navigator reads of `ATT&CK v16.1`, and the release when a minor
/// number follows.
pub(in crate::layer) fn stated_version(text: &str) -> Option<(u16, Option<Version>)> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let rest = &text[start..];
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let major = rest[..digits(rest)].parse().ok()?;
    let minor = rest[digits(rest)..].strip_prefix('.').and_then(|minor| minor[..digits(minor)].parse().ok());
    Some((major, minor.map(|minor| Version { major, minor })))
}

/// Whether a document is a layer, or an array that starts with one.
#[must_use]
pub fn is_layer(root: Node<'_>) -> bool {
    let one = match root.kind() {
        Kind::List => {
            let mut first = None;
            root.for_each_item(|_, item| {
                first = Some(item);
                std::ops::ControlFlow::Break(())
            });
            first
        }
        _ => Some(root),
    };
    let Some(fields) = one.and_then(Fields::of) else { return false };
    let has = |key: &str| fields.has(key);
    // Security Stack Mappings and DeTT&CT have techniques and a version, too.
    let is_other = has("mapping_objects") || has("ATT&CK version") || has("file_type") || has("platform");
    let has_version = has("versions") || has("version");
    !is_other && (has("techniques") && (has("domain") || has_version) || has("domain") && has("versions"))
}

/// Reads every layer of a document.
#[must_use]
pub fn read(root: Node<'_>) -> LayerReading {
    let mut shape = Shape::default();
    let items = match root.kind() {
        Kind::List => shape.items(root, "the file"),
        _ => vec![root],
    };
    let layers = items.into_iter().filter_map(|item| parts::layer(&mut shape, item)).collect();
    LayerReading { layers, findings: shape.findings }
}

/// Reads every layer of a JSON text.
///
/// # Errors
/// A finding where the text stops being JSON, or that it holds no layer.
pub fn from_source(source: &Source) -> Result<LayerReading, Diagnostic> {
    let document = Document::json(source, 0)?;
    if !is_layer(document.root()) {
        return Err(file::not_a_layer(source));
    }
    Ok(read(document.root()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> (InputLayer, Vec<Diagnostic>) {
        let source = Source::new("layer.json", text.to_owned());
        let mut reading = from_source(&source).expect("it is a layer");
        assert_eq!(reading.layers.len(), 1);
        (reading.layers.remove(0), reading.findings)
    }

    #[test]
    fn versions_are_read_as_the_navigator_reads_them() {
        for (text, version) in [("16", "16.1"), ("16.1", "16.1"), ("v16", "16.1"), ("ATT&CK v16.1", "16.1")] {
            let (layer, _) = one(&format!(
                r#"{{"domain": "mitre-enterprise", "techniques": [], "versions": {{"attack": "{text}"}}}}"#
            ));
            let domain = layer.known_domain().expect("a domain");
            let known = crate::attack::embedded_versions(domain);
            assert_eq!(layer.attack_version(known).map(|one| one.to_string()).as_deref(), Some(version));
        }
        assert_eq!(stated_version("4.x"), Some((4, None)));
        assert_eq!(stated_version("latest"), None);
        assert_eq!(stated_version("99999999"), None);
    }

    #[test]
    fn the_release_that_is_stated_counts_where_it_is_known() {
        let on = |attack: &str| {
            let (layer, _) = one(&format!(
                r#"{{"domain": "enterprise-attack", "techniques": [], "versions": {{"attack": "{attack}"}}}}"#
            ));
            layer
                .attack_version(crate::attack::embedded_versions(Domain::Enterprise))
                .map(|version| version.to_string())
        };
        assert_eq!(on("10.0").as_deref(), Some("10.0"));
        assert_eq!(on("10").as_deref(), Some("10.1"));
        assert_eq!(on("10.7").as_deref(), Some("10.1"), "the Navigator has one minor version of each major");
        assert_eq!(on("5").as_deref(), Some("5.0"), "and what is not known stays what it is");
    }

    #[test]
    fn a_layer_of_every_format_is_read_whole() {
        let (old, findings) = one(
            r#"{"name": "old", "version": "2.2", "domain": "mitre-mobile", "viewMode": 2,
                "filters": {"stages": ["act"], "platforms": ["android"]}, "sorting": 1, "mine": {"a": [1]},
                "techniques": [{"techniqueID": "T1400", "tactic": "defense-evasion", "score": 1.5, "color": "",
                                "comment": "c", "enabled": false, "score_num": 3}]}"#,
        );
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!(old.format.as_ref().map(|format| format.value.as_str()), Some("2.2"));
        assert_eq!((old.layout.layout.as_str(), old.sorting), ("mini", 1));
        assert_eq!(old.other, [("mine".to_owned(), "{\"a\": [1]}".to_owned())]);
        let technique = &old.techniques[0];
        assert_eq!(technique.score.as_ref().map(|score| score.value), Some(1.5));
        assert!(technique.color.is_none() && !technique.enabled && technique.is_annotated());
        assert_eq!(technique.other, [("score_num".to_owned(), "3".to_owned())]);

        let (new, findings) = one(
            r##"{"name": "new", "versions": {"attack": "16", "navigator": "5.1.0", "layer": "4.5"},
                "domain": "enterprise-attack", "description": "d", "hideDisabled": true,
                "filters": {"platforms": ["Linux"]}, "layout": {"layout": "flat", "showID": true},
                "gradient": {"colors": ["#fff", "#000"], "minValue": 1, "maxValue": 8},
                "legendItems": [{"label": "l", "color": "red"}],
                "metadata": [{"name": "n", "value": "v"}, {"divider": true}],
                "links": [{"label": "l", "url": "https://a.example"}, {"divider": false}],
                "techniques": [{"techniqueID": "T1110",
                                "metadata": [{"name": "DIVIDER", "value": true}, {"name": "n", "value": "v"}]}]}"##,
        );
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!(new.range(), (1.0, 8.0));
        assert!(new.layout.show_id && new.hide_disabled && new.select_techniques_across_tactics);
        assert_eq!((new.metadata.len(), new.links.len(), new.legend.len()), (2, 2, 1));
        assert_eq!(new.techniques[0].metadata.len(), 2, "a divider of either spelling");
        assert_eq!(new.techniques[0].tactic, InputTactic::Every);
    }
}
