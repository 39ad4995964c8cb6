//! What a layer says otherwise once it is written.

use std::fmt;

use crate::layer::read::quoted;
use crate::source::Span;

/// Something of a layer that is written otherwise than it was read, or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What became of it.
    pub kind: ChangeKind,
    /// What it was: the name of a field, a technique's id, a colour, the new name of a layer; empty where the kind says it
    /// all.
    pub what: String,
    /// Where it stood; of a field that no format defines, the annotation or the layer that had it.
    pub span: Span,
}

/// What became of a part of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ChangeKind {
    /// An annotation without a technique was left out: no layer has a place for it.
    NoTechnique,
    /// A field that no format defines was left out, for it was empty.
    EmptyField,
    /// A field that no format defines became a row of metadata.
    Field,
    /// A layer without a name was given one.
    Named,
    /// A technique's id was written as ATT&CK writes it.
    TechniqueId,
    /// An annotation of no tactic (null, or empty) was made one of all tactics.
    Tactic,
    /// A divider in metadata was written in the Navigator's way.
    MetadataDivider,
    /// A divider between links that was false was made true.
    LinkDivider,
    /// A link that is no http or https address became a row of metadata.
    Link,
    /// A colour of the gradient was written in hexadecimal digits.
    GradientColor,
    /// A gradient of one colour was given a second, or one without any the Navigator's own.
    GradientColors,
}

impl Change {
    pub(super) fn new(kind: ChangeKind, what: &str, span: Span) -> Self {
        Self { kind, what: what.to_owned(), span }
    }
}

impl ChangeKind {
    /// Whether something of the layer is missing from what is written.
    #[must_use]
    pub const fn is_loss(self) -> bool {
        matches!(self, Self::NoTechnique | Self::EmptyField)
    }

    /// Whether the Navigator now shows an annotation that it did not show before.
    #[must_use]
    pub const fn shows_annotation(self) -> bool {
        matches!(self, Self::TechniqueId | Self::Tactic)
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = quoted(&self.what);
        match self.kind {
            ChangeKind::NoTechnique => f.write_str("an annotation that names no technique is left out"),
            ChangeKind::EmptyField => {
                write!(f, "the field {what}, which no format defines, is empty and left out")
            }
            ChangeKind::Field => {
                write!(f, "the field {what}, which no format defines, becomes a row of metadata")
            }
            ChangeKind::Named => write!(f, "the layer has no name and is called {what}"),
            ChangeKind::TechniqueId => write!(f, "the technique {what} is written as ATT&CK writes it"),
            ChangeKind::Tactic => write!(f, "{what} is in no tactic and is written for all of its tactics"),
            ChangeKind::MetadataDivider => f.write_str("a row called DIVIDER becomes a divider"),
            ChangeKind::LinkDivider => f.write_str("a divider between links that is false becomes true"),
            ChangeKind::Link => {
                write!(f, "the link {what} is not an http or https address, and becomes a row of metadata")
            }
            ChangeKind::GradientColor => {
                write!(f, "the gradient's colour {what} is written in hexadecimal digits")
            }
            ChangeKind::GradientColors => f.write_str("the gradient has too few colours and is given more"),
        }
    }
}
