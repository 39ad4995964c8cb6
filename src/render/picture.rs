//! What pictures have in common, whatever they are written as: how one is made, its colours, and where everything stands.
//!
//! On a page of a given size the text is as large as the matrix allows.

pub(super) mod place;

use crate::layer::Expand;
use crate::layer::read::InputLayer;
use crate::matrix::palette::{Color, Theme};
use crate::matrix::{Mark, ShownCell};

/// How techniques and their sub-techniques stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrangement {
    /// Sub-techniques beside their technique.
    Side,
    /// Sub-techniques under their technique.
    Flat,
    /// Squares without text.
    Mini,
}

impl Arrangement {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Side, Self::Flat, Self::Mini];

    /// The name in layers: `side`.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Side => "side",
            Self::Flat => "flat",
            Self::Mini => "mini",
        }
    }

    /// By its name in a layer; the Navigator takes any other for [`Arrangement::Side`].
    pub(super) fn of(layer: &InputLayer) -> Self {
        let named = Self::ALL.into_iter().find(|one| one.key() == layer.layout.layout);
        named.unwrap_or(Self::Side)
    }
}

/// How a picture is made.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Width and height in pixels, 96 of them an inch; `None`: as large as the matrix.
    pub page: Option<(f32, f32)>,
    /// The colours around the cells.
    pub theme: Option<Theme>,
    /// How sub-techniques stand; `None`: as the layer says.
    pub arrangement: Option<Arrangement>,
    /// Which techniques are open; `None`: as the layer says.
    pub expand: Option<Expand>,
    /// Whether cells show ids; `None`: as the layer says.
    pub ids: Option<bool>,
    /// Whether cells show names; `None`: as the layer says.
    pub names: Option<bool>,
    /// Whether cells show scores.
    pub scores: bool,
}

/// The colours around the cells, as a format has colours.
pub(super) struct Look<C = Color> {
    pub(super) ground: C,
    pub(super) ink: C,
    pub(super) quiet: C,
    pub(super) rule: C,
    /// The text of what is disabled.
    pub(super) disabled: C,
}

impl Look {
    pub(super) const fn of(theme: Theme) -> Self {
        match theme {
            Theme::Light => Self {
                ground: Color([0xff; 3]),
                ink: Color([0x14, 0x18, 0x1f]),
                quiet: Color([0x62, 0x6a, 0x77]),
                rule: Color([0xdf, 0xe2, 0xe6]),
                disabled: Color([0xaa; 3]),
            },
            Theme::Dark => Self {
                ground: Color([0x11, 0x14, 0x19]),
                ink: Color([0xe9, 0xeb, 0xef]),
                quiet: Color([0x94, 0x9c, 0xa9]),
                rule: Color([0x2a, 0x30, 0x39]),
                disabled: Color([0x6b, 0x73, 0x80]),
            },
        }
    }
}

impl<C: Clone> Look<C> {
    /// The colours of a cell; `of` tells how the format has a colour of the layer's.
    pub(super) fn cell(&self, shown: &ShownCell<'_>, of: impl Fn(Color) -> C) -> Paint<C> {
        let ink = match shown.fill {
            _ if !shown.is_enabled => self.disabled.clone(),
            Some(fill) => of(fill.ink()),
            None => self.ink.clone(),
        };
        let or = |none: &C| shown.fill.map_or_else(|| none.clone(), &of);
        Paint { fill: or(&self.ground), edge: or(&self.rule), ink }
    }
}

/// The colours of a cell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint<C = Color> {
    pub(super) fill: C,
    pub(super) edge: C,
    pub(super) ink: C,
}

/// The Navigator's own: yellow for comments, purple for metadata, blue for links.
pub(super) const fn mark_color(mark: Mark) -> Color {
    match mark {
        Mark::Comment => Color([0xe6, 0xb8, 0x00]),
        Mark::Metadata => Color([0x8e, 0x44, 0xad]),
        Mark::Links => Color([0x2f, 0x6f, 0xde]),
    }
}
