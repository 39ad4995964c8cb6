//! A layer's matrix as an SVG picture, as the Navigator would show it.
//!
//! The picture needs nothing else: it names the font that widths were measured in, and fixes how long each text is, so that
//! none leaves its cell where a viewer has another font. On a page of a given size the text is as large as the matrix allows.

mod place;

use std::fmt::Write as _;

use self::place::{Placed, Text};
use super::font::FAMILY;
use crate::attack::Catalog;
use crate::diagnostic::is_hostile;
use crate::layer::Expand;
use crate::layer::read::InputLayer;
use crate::matrix::palette::{Color, Theme};
use crate::matrix::{Mark, Shown, stops};

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

/// The colours around the cells.
struct Look {
    ground: Color,
    ink: Color,
    quiet: Color,
    rule: Color,
    /// The text of what is disabled.
    disabled: Color,
}

impl Look {
    const fn of(theme: Theme) -> Self {
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

/// Draws a layer on the catalog of its version.
#[must_use]
pub fn svg(layer: &InputLayer, catalog: &Catalog, options: &Options) -> String {
    let theme = options.theme.unwrap_or(Theme::Light);
    let shown = Shown::new(layer, catalog, theme, options.expand);
    let placed = place::place(layer, catalog, &shown, options);
    Writer { look: Look::of(theme), text: String::with_capacity(256 * 1024) }.write(layer, &placed)
}

struct Writer {
    look: Look,
    text: String,
}

impl Writer {
    fn write(mut self, layer: &InputLayer, placed: &Placed<'_>) -> String {
        let (width, height) = placed.page;
        let (inner_width, inner_height) = placed.size;
        let Look { ground, .. } = self.look;
        let _ = write!(
            self.text,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {} {}\" role=\"img\" \
             aria-labelledby=\"title\" font-family=\"'{FAMILY}', sans-serif\">\n<title id=\"title\">{}</title>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"{}\"/>\n",
            number(width),
            number(height),
            number(inner_width),
            number(inner_height),
            escape(&placed.title),
            ground.hex()
        );
        for text in &placed.texts {
            let ink = if text.is_quiet { self.look.quiet } else { self.look.ink };
            self.line(text, ink);
        }
        self.legend(layer, placed);
        for cell in &placed.cells {
            let shown = cell.shown;
            let ink = match shown.fill {
                _ if !shown.is_enabled => self.look.disabled,
                Some(fill) => fill.ink(),
                None => self.look.ink,
            };
            let fill = shown.fill.unwrap_or(self.look.ground);
            let edge = if shown.fill.is_some() { fill } else { self.look.rule };
            let _ = write!(
                self.text,
                "<g data-id=\"{}\" data-tactic=\"{}\"><title>{}</title><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\" stroke=\"{}\" \
                 stroke-width=\".75\"/>",
                shown.technique.id,
                escape(&shown.tactic.shortname),
                escape(&cell.title),
                number(cell.x),
                number(cell.y),
                number(cell.width),
                number(cell.height),
                fill.hex(),
                edge.hex()
            );
            for text in &cell.texts {
                self.line(text, ink);
            }
            if let Some(mark) = shown.mark {
                let y = number(cell.y + cell.height - 0.75);
                let _ = write!(
                    self.text,
                    "<line x1=\"{}\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\" stroke=\"{}\" stroke-width=\"1.5\"/>",
                    number(cell.x),
                    number(cell.x + cell.width),
                    mark_color(mark)
                );
            }
            self.text.push_str("</g>\n");
        }
        self.text.push_str("</svg>\n");
        self.text
    }

    /// A line of text. Its length is fixed, so that another font makes it no longer.
    fn line(&mut self, text: &Text, ink: Color) {
        if text.line.is_empty() {
            return;
        }
        let weight = if text.is_bold { " font-weight=\"700\"" } else { "" };
        let _ = write!(
            self.text,
            "<text x=\"{}\" y=\"{}\" font-size=\"{}\"{weight} fill=\"{}\" textLength=\"{}\" \
             lengthAdjust=\"spacingAndGlyphs\">{}</text>",
            number(text.x),
            number(text.y),
            number(text.size),
            ink.hex(),
            number(text.width),
            escape(&text.line)
        );
    }

    /// The gradient, and the layer's own legend.
    fn legend(&mut self, layer: &InputLayer, placed: &Placed<'_>) {
        let Some(bar) = &placed.bar else { return };
        let colors = stops(layer);
        self.text.push_str("<defs><linearGradient id=\"gradient\">");
        let last = (colors.len().max(2) - 1) as f32;
        for (place, color) in colors.iter().enumerate() {
            let _ = write!(
                self.text,
                "<stop offset=\"{}\" stop-color=\"{}\"/>",
                number(place as f32 / last),
                color.hex()
            );
        }
        let _ = writeln!(
            self.text,
            "</linearGradient></defs><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"url(#gradient)\"/>",
            number(bar.x),
            number(bar.y),
            number(bar.width),
            number(bar.height)
        );
        for (x, y, size, color) in &placed.swatches {
            let _ = writeln!(
                self.text,
                "<rect x=\"{}\" y=\"{}\" width=\"{size}\" height=\"{size}\" fill=\"{}\" stroke=\"{}\" stroke-width=\".75\"/>",
                number(*x),
                number(*y),
                color.hex(),
                self.look.rule.hex(),
                size = number(*size)
            );
        }
    }
}

/// The Navigator's own: yellow for comments, purple for metadata, blue for links.
const fn mark_color(mark: Mark) -> &'static str {
    match mark {
        Mark::Comment => "#e6b800",
        Mark::Metadata => "#8e44ad",
        Mark::Links => "#2f6fde",
    }
}

/// A number to two decimals, without zeros at its end.
fn number(value: f32) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Text in XML, without characters that it cannot hold or that mislead.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            _ if is_hostile(character) || matches!(character, '\u{fffe}' | '\u{ffff}') => {
                escaped.push('\u{fffd}');
            }
            _ => escaped.push(character),
        }
    }
    escaped
}
