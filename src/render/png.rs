//! A layer's matrix as a PNG picture: the same as the SVG one, in pixels.
//!
//! resvg draws it, from an SVG of its own in which text is the outlines of the embedded font, so that a picture looks the
//! same wherever it is made. The same layer gives the same bytes.

use png::{BitDepth, ColorType, Compression, Encoder};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg;

use super::picture::Options;
use super::picture::place::{Above, place};
use super::svg;
use crate::attack::Catalog;
use crate::layer::read::InputLayer;
use crate::matrix::Shown;
use crate::matrix::palette::Theme;

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
    /// It has more parts than can be drawn.
    #[error("the picture cannot be drawn: {0}")]
    Drawing(#[from] usvg::Error),
    /// It cannot be written as PNG.
    #[error("the picture cannot be written: {0}")]
    Encoding(#[from] png::EncodingError),
}

/// Draws a layer on the catalog of its version. Without a page in the options the picture is as large as the matrix.
///
/// # Errors
/// When it would have more than [`MAX_PIXELS`], or more parts than can be drawn.
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
    let mut pixmap = pixmap.ok_or(PngError::TooLarge { width: width.into(), height: height.into() })?;
    let text = svg::pixels(layer, &placed, theme, (width, height));
    let tree = usvg::Tree::from_str(&text, &usvg::Options::default())?;
    resvg::render(&tree, Transform::identity(), &mut pixmap.as_mut());
    encode(&pixmap)
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
