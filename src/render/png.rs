//! A layer's matrix as a PNG picture: the same as the SVG one, in pixels.
//!
//! Text is drawn from the outlines of the embedded font, so that a picture looks the same wherever it is made. The same layer
//! gives the same bytes.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use png::{BitDepth, ColorType, Compression, Encoder};
use tiny_skia::{
    FillRule, GradientStop, LinearGradient, Paint as Brush, Path, PathBuilder, Pixmap, Point, Rect, Shader,
    SpreadMode, Transform,
};

use super::font::{OutlinePen, Weight, advance, outline};
use super::picture::place::{Above, Bar, Cell, Placed, Text, place};
use super::picture::{Look, Options, Paint, mark_color};
use crate::attack::Catalog;
use crate::layer::read::InputLayer;
use crate::matrix::palette::{Color, Theme};
use crate::matrix::{Shown, stops};

/// How many pixels a picture may have at most.
pub const MAX_PIXELS: u64 = 100_000_000;

/// How many pixels a picture has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Resolution {
    /// So many pixels for each of the page's own, of which 96 are an inch; above 0.
    Scale(f32),
    /// So many pixels from left to right, and as many from top to bottom as the page's shape asks for.
    Width(u32),
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PngError {
    /// It would have more pixels than [`MAX_PIXELS`].
    #[error("the picture would be {width}×{height} pixels, more than {} million", MAX_PIXELS / 1_000_000)]
    TooLarge {
        /// Pixels from left to right.
        width: u64,
        /// Pixels from top to bottom.
        height: u64,
    },
    /// It cannot be written as PNG.
    #[error("the picture cannot be written: {0}")]
    Encoding(#[from] png::EncodingError),
}

/// Draws a layer on the catalog of its version. Without a page in the options the picture is as large as the matrix.
///
/// # Errors
/// When it would have more than [`MAX_PIXELS`].
pub fn png(
    layer: &InputLayer,
    catalog: &Catalog,
    options: &Options,
    resolution: Resolution,
) -> Result<Vec<u8>, PngError> {
    let theme = options.theme.unwrap_or(Theme::Light);
    let shown = Shown::new(layer, catalog, theme, options.expand);
    let placed = place(layer, catalog, &shown, options, Above::Title);
    let (width, height) = pixels(placed.page, resolution)?;
    let pixmap = Pixmap::new(width, height);
    let pixmap = pixmap.ok_or(PngError::TooLarge { width: width.into(), height: height.into() })?;
    let scale = width as f32 / placed.size.0;
    let mut canvas = Canvas { look: Look::of(theme), pixmap, scale, glyphs: Glyphs::default() };
    canvas.draw(layer, &placed);
    encode(&canvas.pixmap)
}

/// Width and height in pixels.
fn pixels(page: (f32, f32), resolution: Resolution) -> Result<(u32, u32), PngError> {
    let scale = match resolution {
        Resolution::Scale(scale) => scale,
        Resolution::Width(width) => width as f32 / page.0,
    };
    // A cast stops at the ends of the type's range.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let side = |length: f32| ((length * scale).round() as u64).max(1);
    let (width, height) = (side(page.0), side(page.1));
    let too_large = PngError::TooLarge { width, height };
    if width.saturating_mul(height) > MAX_PIXELS {
        return Err(too_large);
    }
    match (u32::try_from(width), u32::try_from(height)) {
        (Ok(width), Ok(height)) => Ok((width, height)),
        _ => Err(too_large),
    }
}

/// The pixels as a file: three bytes each, as nothing shines through.
fn encode(pixmap: &Pixmap) -> Result<Vec<u8>, PngError> {
    let (pixels, _) = pixmap.data().as_chunks::<4>();
    let bytes: Vec<u8> = pixels.iter().flat_map(|[red, green, blue, _]| [*red, *green, *blue]).collect();
    let mut file = Vec::with_capacity(256 * 1024);
    let mut encoder = Encoder::new(&mut file, pixmap.width(), pixmap.height());
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Balanced);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&bytes)?;
    writer.finish()?;
    Ok(file)
}

/// What is drawn on. Lengths are the page's own; [`Canvas::scale`] makes pixels of them.
struct Canvas {
    look: Look,
    pixmap: Pixmap,
    scale: f32,
    glyphs: Glyphs,
}

impl Canvas {
    fn draw(&mut self, layer: &InputLayer, placed: &Placed<'_>) {
        self.pixmap.fill(opaque(self.look.ground));
        for text in &placed.texts {
            let ink = if text.is_quiet { self.look.quiet } else { self.look.ink };
            self.line(text, ink);
        }
        if let Some(bar) = &placed.bar {
            self.gradient(*bar, &stops(layer));
        }
        for (x, y, side, color) in &placed.swatches {
            let edge = self.look.rule;
            self.framed(Bar { x: *x, y: *y, width: *side, height: *side }, *color, edge);
        }
        for cell in &placed.cells {
            self.cell(cell);
        }
    }

    fn cell(&mut self, cell: &Cell<'_>) {
        let Paint { fill, edge, ink } = self.look.cell(cell.shown, |color| color);
        let bar = Bar { x: cell.x, y: cell.y, width: cell.width, height: cell.height };
        self.framed(bar, fill, edge);
        for text in &cell.texts {
            self.line(text, ink);
        }
        if let Some(mark) = cell.shown.mark {
            let [left, _, right, bottom] = self.edges(bar);
            let thick = (cell.mark_height() * self.scale).round().max(1.0);
            self.fill([left, bottom - thick, right, bottom], mark_color(mark));
        }
    }

    /// Left, top, right and bottom of a box in whole pixels, so that its edges are sharp.
    fn edges(&self, bar: Bar) -> [f32; 4] {
        let left = (bar.x * self.scale).round();
        let top = (bar.y * self.scale).round();
        let right = ((bar.x + bar.width) * self.scale).round().max(left + 1.0);
        let bottom = ((bar.y + bar.height) * self.scale).round().max(top + 1.0);
        [left, top, right, bottom]
    }

    /// A box with a line around it, inside.
    fn framed(&mut self, bar: Bar, fill: Color, edge: Color) {
        let [left, top, right, bottom] = self.edges(bar);
        self.fill([left, top, right, bottom], edge);
        let line = (0.75 * self.scale).round().max(1.0);
        if fill != edge && right - left > 2.0 * line && bottom - top > 2.0 * line {
            self.fill([left + line, top + line, right - line, bottom - line], fill);
        }
    }

    fn fill(&mut self, [left, top, right, bottom]: [f32; 4], color: Color) {
        let brush = Brush { anti_alias: false, ..brush(color) };
        if let Some(rect) = Rect::from_ltrb(left, top, right, bottom) {
            self.pixmap.fill_rect(rect, &brush, Transform::identity(), None);
        }
    }

    /// A box that goes through colours from left to right.
    fn gradient(&mut self, bar: Bar, colors: &[Color]) {
        let [left, top, right, bottom] = self.edges(bar);
        let last = (colors.len().max(2) - 1) as f32;
        let stops = colors.iter().enumerate();
        let stops = stops.map(|(place, color)| GradientStop::new(place as f32 / last, opaque(*color)));
        let (from, to) = (Point::from_xy(left, top), Point::from_xy(right, top));
        let shader = LinearGradient::new(from, to, stops.collect(), SpreadMode::Pad, Transform::identity());
        let (Some(shader), Some(rect)) = (shader, Rect::from_ltrb(left, top, right, bottom)) else { return };
        let brush = Brush { shader, anti_alias: false, ..Brush::default() };
        self.pixmap.fill_rect(rect, &brush, Transform::identity(), None);
    }

    /// A line of text, as one shape.
    fn line(&mut self, text: &Text, ink: Color) {
        let weight = if text.is_bold { Weight::Bold } else { Weight::Regular };
        let size = text.size * self.scale;
        let (mut x, y) = (text.x * self.scale, text.y * self.scale);
        let mut shape = PathBuilder::new();
        for character in text.line.chars() {
            if let Some(glyph) = self.glyphs.get(character, weight) {
                let place = Transform::from_row(size, 0.0, 0.0, -size, x, y);
                if let Some(glyph) = glyph.clone().transform(place) {
                    shape.push_path(&glyph);
                }
            }
            x += advance(character, weight) * size;
        }
        if let Some(shape) = shape.finish() {
            self.pixmap.fill_path(&shape, &brush(ink), FillRule::Winding, Transform::identity(), None);
        }
    }
}

/// The shapes of characters, in ems; `None` of those that show nothing.
#[derive(Default)]
struct Glyphs {
    known: BTreeMap<(Weight, char), Option<Path>>,
}

impl Glyphs {
    fn get(&mut self, character: char, weight: Weight) -> Option<&Path> {
        match self.known.entry((weight, character)) {
            Entry::Occupied(known) => known.into_mut().as_ref(),
            Entry::Vacant(new) => {
                let mut pen = Pen(PathBuilder::new());
                outline(character, weight, &mut pen);
                new.insert(pen.0.finish()).as_ref()
            }
        }
    }
}

/// What the font draws with.
struct Pen(PathBuilder);

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.0.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.0.line_to(x, y);
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        self.0.quad_to(cx, cy, x, y);
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        self.0.cubic_to(cx0, cy0, cx1, cy1, x, y);
    }

    fn close(&mut self) {
        self.0.close();
    }
}

fn opaque(Color([red, green, blue]): Color) -> tiny_skia::Color {
    tiny_skia::Color::from_rgba8(red, green, blue, 0xff)
}

fn brush(color: Color) -> Brush<'static> {
    Brush { shader: Shader::SolidColor(opaque(color)), ..Brush::default() }
}
