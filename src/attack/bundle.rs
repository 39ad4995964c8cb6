//! A STIX bundle as it stands in its file, borrowed from the bytes: only the fields that a catalog needs.
//!
//! One flat struct serves objects of every type, because a tagged enum would copy each object before it knew its type,
//! and lose the line and column of what is wrong.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};

/// A STIX 2.0 or 2.1 bundle.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Bundle<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) objects: Option<Vec<Object<'a>>>,
}

/// Any object of a bundle.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Object<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) name: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) external_references: Option<Vec<Reference<'a>>>,
    #[serde(borrow)]
    pub(super) kill_chain_phases: Option<Vec<Phase<'a>>>,
    #[serde(borrow)]
    pub(super) aliases: Option<Vec<Text<'a>>>,
    revoked: Option<bool>,
    x_mitre_deprecated: Option<bool>,
    #[serde(borrow)]
    pub(super) x_mitre_platforms: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    pub(super) x_mitre_domains: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    pub(super) x_mitre_shortname: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) x_mitre_version: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) tactic_refs: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    pub(super) relationship_type: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) source_ref: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) target_ref: Option<Text<'a>>,
}

/// An external reference; one of them holds the ATT&CK id.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Reference<'a> {
    #[serde(borrow)]
    pub(super) source_name: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) external_id: Option<Text<'a>>,
}

/// A kill-chain phase: a tactic by its shortname.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Phase<'a> {
    #[serde(borrow)]
    pub(super) phase_name: Option<Text<'a>>,
}

impl Object<'_> {
    pub(super) fn is(&self, kind: &str) -> bool {
        text(self.kind.as_ref()) == kind
    }

    pub(super) fn is_revoked(&self) -> bool {
        self.revoked == Some(true)
    }

    pub(super) fn is_deprecated(&self) -> bool {
        self.x_mitre_deprecated == Some(true)
    }

    /// The ATT&CK reference: `mitre-attack`, `mitre-mobile-attack` or `mitre-ics-attack`, wherever it stands in the list.
    fn mitre_reference(&self) -> Option<&Reference<'_>> {
        let references = self.external_references.as_deref().unwrap_or_default();
        references.iter().find(|reference| {
            text(reference.source_name.as_ref()).starts_with("mitre") && reference.external_id.is_some()
        })
    }

    /// The ATT&CK id.
    pub(super) fn external_id(&self) -> Option<&str> {
        Some(text(self.mitre_reference()?.external_id.as_ref()).trim())
    }

    /// Where the ATT&CK id comes from.
    pub(super) fn source_name(&self) -> &str {
        self.mitre_reference().map_or("", |reference| text(reference.source_name.as_ref()))
    }
}

/// The text of an optional field, empty when it is absent.
pub(super) fn text<'t>(field: Option<&'t Text<'_>>) -> &'t str {
    field.map_or("", |text| text.0.as_ref())
}

/// The texts of an optional list.
pub(super) fn texts<'t>(field: Option<&'t Vec<Text<'_>>>) -> impl Iterator<Item = &'t str> {
    field.into_iter().flatten().map(|text| text.0.as_ref())
}

/// A string that is borrowed from the file unless it holds an escape.
///
/// A derived `Option<Cow<str>>` would always be copied, and a `&str` would fail on the first `\u00e4`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(TextVisitor)
    }
}
