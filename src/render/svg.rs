//! A layer's matrix as an SVG picture, as the Navigator would show it.
//!
//! The picture needs nothing else: it names the font that widths were measured in, and fixes how long each text is, so that
//! none leaves its cell where a viewer has another font.

mod grid;

use std::fmt::Write as _;

use grid::Grid;

use super::font::FAMILY;
use super::picture::place::{Above, Bar, Cell, MARGIN, Placed, Text, place};
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
    let mut writer = Writer::new(hex(theme), None);
    writer.open(&placed);
    writer.content(layer, &placed);
    writer.text
}

/// The same on so many pixels, without fonts: text is outlines, and boxes stand on whole pixels.
#[must_use]
pub(super) fn pixels(
    layer: &InputLayer,
    placed: &Placed<'_>,
    theme: Theme,
    (width, height): (u32, u32),
) -> String {
    let scale = width as f32 / placed.size.0;
    let mut writer = Writer::new(hex(theme), Some(Grid::new(scale)));
    let _ = writeln!(
        writer.text,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"{}\" shape-rendering=\"crispEdges\"/>",
        writer.look.ground
    );
    writer.content(layer, placed);
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
    let mut writer = Writer::new(look, None);
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

/// The colours around the cells, as SVG has colours.
fn hex(theme: Theme) -> Look<String> {
    let Look { ground, ink, quiet, rule, disabled } = Look::of(theme);
    Look {
        ground: ground.hex(),
        ink: ink.hex(),
        quiet: quiet.hex(),
        rule: rule.hex(),
        disabled: disabled.hex(),
    }
}

struct Writer {
    look: Look<String>,
    /// Where the picture is for pixels and not for readers.
    grid: Option<Grid>,
    text: String,
}

impl Writer {
    fn new(look: Look<String>, grid: Option<Grid>) -> Self {
        Self { look, grid, text: String::with_capacity(256 * 1024) }
    }

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
                "<g data-id=\"{}\" data-tactic=\"{}\"><title>{}</title>",
                shown.technique.id,
                escape(&shown.tactic.shortname),
                escape(&cell.title())
            );
            self.framed(Bar { x: cell.x, y: cell.y, width: cell.width, height: cell.height }, &fill, &edge);
            for text in &cell.texts {
                self.line(text, &ink);
            }
            self.mark(cell);
            self.text.push_str("</g>\n");
        }
        self.text.push_str("</svg>\n");
    }

    /// A box with a line around it.
    fn framed(&mut self, bar: Bar, fill: &str, edge: &str) {
        let Some(grid) = &self.grid else {
            self.rect(bar, fill, &format!(" stroke=\"{edge}\" stroke-width=\".75\""));
            return;
        };
        // The line is inside, as thick on each side.
        let (Bar { x, y, width, height }, line) = (grid.snapped(bar), grid.thick(0.75));
        let inner = Bar { x: x + 0.5 * line, y: y + 0.5 * line, width: width - line, height: height - line };
        if inner.width > line && inner.height > line {
            self.rect(inner, fill, &format!(" stroke=\"{edge}\" stroke-width=\"{}\"{CRISP}", number(line)));
        } else {
            self.rect(Bar { x, y, width, height }, edge, CRISP);
        }
    }

    /// A box without one.
    fn filled(&mut self, bar: Bar, fill: &str) {
        match &self.grid {
            None => self.rect(bar, fill, ""),
            Some(grid) => self.rect(grid.snapped(bar), fill, CRISP),
        }
    }

    fn rect(&mut self, Bar { x, y, width, height }: Bar, fill: &str, more: &str) {
        let _ = write!(
            self.text,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{fill}\"{more}/>",
            number(x),
            number(y),
            number(width),
            number(height)
        );
    }

    /// The line under a cell that has a comment, metadata or links.
    fn mark(&mut self, cell: &Cell<'_>) {
        let Some(mark) = cell.shown.mark else { return };
        let (color, thick) = (mark_color(mark).hex(), cell.mark_height());
        if let Some(grid) = &self.grid {
            let bar = grid.snapped(Bar { x: cell.x, y: cell.y, width: cell.width, height: cell.height });
            let height = grid.thick(thick);
            self.rect(Bar { y: bar.y + bar.height - height, height, ..bar }, &color, CRISP);
            return;
        }
        let y = number(cell.y + cell.height - 0.5 * thick);
        let _ = write!(
            self.text,
            "<line x1=\"{}\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\" stroke=\"{color}\" stroke-width=\"{}\"/>",
            number(cell.x),
            number(cell.x + cell.width),
            number(thick)
        );
    }

    /// A line of text. Its length is fixed, so that another font makes it no longer.
    fn line(&mut self, text: &Text, ink: &str) {
        if text.line.is_empty() {
            return;
        }
        if let Some(grid) = &mut self.grid {
            if let Some((transform, data)) = grid.path(text) {
                let _ = write!(self.text, "<path transform=\"{transform}\" fill=\"{ink}\" d=\"{data}\"/>");
            }
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
        self.text.push_str("</linearGradient></defs>");
        self.filled(*bar, "url(#gradient)");
        self.text.push('\n');
        let edge = self.look.rule.clone();
        for (x, y, side, color) in &placed.swatches {
            self.framed(Bar { x: *x, y: *y, width: *side, height: *side }, &color.hex(), &edge);
            self.text.push('\n');
        }
    }
}

/// No pixel is half inside a box.
const CRISP: &str = " shape-rendering=\"crispEdges\"";

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
