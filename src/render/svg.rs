//! A layer's matrix as an SVG picture, as the Navigator would show it.
//!
//! The picture needs nothing else: it names the font that widths were measured in, and fixes how long each text is, so that
//! none leaves its cell where a viewer has another font.

use std::fmt::Write as _;

use super::font::FAMILY;
use super::picture::place::{Above, MARGIN, Placed, Text, place};
use super::picture::{Look, Options, Paint, mark_color};
use crate::attack::Catalog;
use crate::diagnostic::is_hostile;
use crate::layer::read::InputLayer;
use crate::matrix::palette::{Color, Theme};
use crate::matrix::{Shown, stops};

/// Draws a layer on the catalog of its version.
#[must_use]
pub fn svg(layer: &InputLayer, catalog: &Catalog, options: &Options) -> String {
    let theme = options.theme.unwrap_or(Theme::Light);
    let shown = Shown::new(layer, catalog, theme, options.expand);
    let placed = place(layer, catalog, &shown, options, Above::Title);
    let Look { ground, ink, quiet, rule, disabled } = Look::of(theme);
    let look = Look {
        ground: ground.hex(),
        ink: ink.hex(),
        quiet: quiet.hex(),
        rule: rule.hex(),
        disabled: disabled.hex(),
    };
    let mut writer = Writer { look, text: String::with_capacity(256 * 1024) };
    writer.open(&placed);
    writer.content(layer, &placed);
    writer.text
}

/// The same for a page of ours to hold: without title, and with the page's own colours around the cells, light or dark.
#[must_use]
pub(crate) fn inline(layer: &InputLayer, catalog: &Catalog, options: &Options) -> String {
    let shown = Shown::new(layer, catalog, options.theme.unwrap_or(Theme::Light), options.expand);
    let placed = place(layer, catalog, &shown, options, Above::Legend);
    let variable = |name: &str| format!("var(--{name})");
    let look = Look {
        ground: variable("paper"),
        ink: variable("ink"),
        quiet: variable("ink-3"),
        rule: variable("rule"),
        disabled: variable("ink-3"),
    };
    let mut writer = Writer { look, text: String::with_capacity(256 * 1024) };
    // The page has margins of its own; a line's width stays.
    let margin = MARGIN - 1.0;
    let (width, height) = placed.size;
    let _ = writeln!(
        writer.text,
        "<svg viewBox=\"{margin} {margin} {} {}\" role=\"img\" aria-labelledby=\"picture-title\" \
         font-family=\"'{FAMILY}', sans-serif\">\n<title id=\"picture-title\">{}</title>",
        number(width - 2.0 * margin),
        number(height - 2.0 * margin),
        escape(&placed.title)
    );
    writer.content(layer, &placed);
    writer.text
}

struct Writer {
    look: Look<String>,
    text: String,
}

impl Writer {
    fn open(&mut self, placed: &Placed<'_>) {
        let (width, height) = placed.page;
        let (inner_width, inner_height) = placed.size;
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
            self.look.ground
        );
    }

    fn content(&mut self, layer: &InputLayer, placed: &Placed<'_>) {
        let (ink, quiet) = (self.look.ink.clone(), self.look.quiet.clone());
        for text in &placed.texts {
            self.line(text, if text.is_quiet { &quiet } else { &ink });
        }
        self.legend(layer, placed);
        for cell in &placed.cells {
            let shown = cell.shown;
            let Paint { fill, edge, ink } = self.look.cell(shown, Color::hex);
            let _ = write!(
                self.text,
                "<g data-id=\"{}\" data-tactic=\"{}\"><title>{}</title><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\" stroke=\"{}\" \
                 stroke-width=\".75\"/>",
                shown.technique.id,
                escape(&shown.tactic.shortname),
                escape(&cell.title()),
                number(cell.x),
                number(cell.y),
                number(cell.width),
                number(cell.height),
                fill,
                edge
            );
            for text in &cell.texts {
                self.line(text, &ink);
            }
            if let Some(mark) = shown.mark {
                let thick = cell.mark_height();
                let y = number(cell.y + cell.height - 0.5 * thick);
                let _ = write!(
                    self.text,
                    "<line x1=\"{}\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\" stroke=\"{}\" stroke-width=\"{}\"/>",
                    number(cell.x),
                    number(cell.x + cell.width),
                    mark_color(mark).hex(),
                    number(thick)
                );
            }
            self.text.push_str("</g>\n");
        }
        self.text.push_str("</svg>\n");
    }

    /// A line of text. Its length is fixed, so that another font makes it no longer.
    fn line(&mut self, text: &Text, ink: &str) {
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
            ink,
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
                self.look.rule,
                size = number(*size)
            );
        }
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
