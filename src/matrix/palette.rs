//! The colours: one ramp for scores, one hue for each category, and the ink that is read on them.
//!
//! Everything is made in Oklch, where lightness is what the eye sees: a ramp's lightness falls (on dark pages, rises)
//! strictly with the score, so that it reads in grey, on paper and with any colour vision. The three category hues are
//! told apart by people who see red and green alike: blue, amber, magenta; a test simulates it.

use palette::{FromColor, IsWithinBounds, Oklch, Srgb};

use crate::mapping::{Category, Level};

/// An opaque sRGB colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Color(pub [u8; 3]);

impl Color {
    /// `#rrggbb`
    #[must_use]
    pub fn hex(self) -> String {
        let [r, g, b] = self.0;
        format!("#{r:02x}{g:02x}{b:02x}")
    }

    /// From Oklch: lightness 0 to 1, chroma, hue in degrees. Chroma is reduced until the colour exists in sRGB.
    #[must_use]
    pub fn oklch(lightness: f32, chroma: f32, hue: f32) -> Self {
        let mut chroma = chroma;
        loop {
            let color = Srgb::from_color(Oklch::new(lightness, chroma, hue));
            if color.is_within_bounds() || chroma <= 0.0 {
                let rgb = color.into_format::<u8>();
                return Self([rgb.red, rgb.green, rgb.blue]);
            }
            chroma = (chroma - 0.002).max(0.0);
        }
    }

    /// WCAG 2 relative luminance, from 0 to 1.
    #[must_use]
    pub fn luminance(self) -> f64 {
        let linear = |channel: u8| -> f64 {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        let [r, g, b] = self.0;
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    }

    /// WCAG 2 contrast with another colour, from 1 to 21.
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// The text colour that reads on this one: a near-black where its contrast is enough, else black or white,
    /// whichever reads better. One of these two always has 4.5:1.
    #[must_use]
    pub fn ink(self) -> Self {
        if self.contrast(INK) >= 4.5 {
            INK
        } else if self.contrast(BLACK) >= self.contrast(WHITE) {
            BLACK
        } else {
            WHITE
        }
    }
}

const INK: Color = Color([0x10, 0x13, 0x1c]);
const BLACK: Color = Color([0; 3]);
const WHITE: Color = Color([0xff, 0xff, 0xff]);

/// Which page the colours stand on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// Light pages, paper, and layers: higher scores are darker.
    Light,
    /// Dark pages: higher scores are lighter.
    Dark,
}

/// The score ramp at `t` from 0 (lowest score) to 1 (highest).
#[must_use]
pub fn ramp(theme: Theme, t: f32) -> Color {
    match theme {
        Theme::Light => Color::oklch(0.95 - 0.58 * t, 0.028 + 0.125 * t, 190.0 + 88.0 * t),
        Theme::Dark => Color::oklch(0.33 + 0.53 * t, 0.045 + 0.075 * t, 195.0 + 80.0 * t),
    }
}

/// `count` evenly spaced colours of the score ramp, lowest score first; at least two.
#[must_use]
pub fn ramp_stops(theme: Theme, count: usize) -> Vec<Color> {
    let count = count.max(2);
    (0..count).map(|index| ramp(theme, index as f32 / (count - 1) as f32)).collect()
}

/// A category's hue, or that of several at once, or of none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hue {
    /// One category.
    Of(Category),
    /// More than one.
    Several,
    /// None is stated: the source gives a number alone.
    Unstated,
}

impl Hue {
    /// All hues, in legend order.
    pub const ALL: [Self; 5] = [
        Self::Of(Category::Protect),
        Self::Of(Category::Detect),
        Self::Of(Category::Respond),
        Self::Several,
        Self::Unstated,
    ];

    /// `protect`, `several`: for CSS classes.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Of(category) => category.key(),
            Self::Several => "several",
            Self::Unstated => "unstated",
        }
    }

    /// `Protect`, `Several categories`
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Of(category) => category.name(),
            Self::Several => "Several categories",
            Self::Unstated => "No category stated",
        }
    }

    /// Hue in degrees and full chroma.
    const fn oklch(self) -> (f32, f32) {
        match self {
            Self::Of(Category::Protect) => (255.0, 0.13),
            Self::Of(Category::Detect) => (62.0, 0.13),
            Self::Of(Category::Respond) => (340.0, 0.13),
            Self::Several => (140.0, 0.05),
            Self::Unstated => (200.0, 0.0),
        }
    }

    /// The fill of a level in this hue.
    #[must_use]
    pub fn fill(self, theme: Theme, level: Level) -> Color {
        let (hue, chroma) = self.oklch();
        let (light, dark, share) = match level {
            Level::Minimal => (0.92, 0.36, 0.45),
            Level::Partial => (0.74, 0.56, 0.85),
            Level::Significant => (0.47, 0.82, 1.0),
        };
        // Where red and green are alike, grey is told from the hues by its lightness alone.
        let apart = if self == Self::Unstated { 0.08 } else { 0.0 };
        Color::oklch(if theme == Theme::Light { light - apart } else { dark + apart }, chroma * share, hue)
    }

    /// The fill of the hue as such: chips, bars.
    #[must_use]
    pub fn chip(self, theme: Theme) -> Color {
        let (hue, chroma) = self.oklch();
        let light = if self == Self::Of(Category::Detect) { 0.72 } else { 0.53 };
        Color::oklch(if theme == Theme::Light { light } else { 0.72 }, chroma, hue)
    }

    /// The hue as text on the page.
    #[must_use]
    pub fn text(self, theme: Theme) -> Color {
        let (hue, chroma) = self.oklch();
        Color::oklch(if theme == Theme::Light { 0.45 } else { 0.82 }, chroma * 0.9, hue)
    }
}

#[cfg(test)]
mod tests {
    use palette::{IntoColor, Oklab};

    use super::*;

    fn oklab(color: Color) -> Oklab {
        let [r, g, b] = color.0;
        Srgb::new(r, g, b).into_format::<f32>().into_color()
    }

    /// What a person sees who lacks one kind of cone: Viénot, Brettel and Mollon (1999), in linear RGB.
    fn seen_by_dichromat(color: Color, protan: bool) -> Color {
        let [r, g, b] = color.0;
        let linear = Srgb::new(r, g, b).into_format::<f64>().into_linear();
        let matrix = if protan {
            [[0.112_38, 0.887_62, 0.0], [0.112_38, 0.887_62, 0.0], [0.004_01, -0.004_01, 1.0]]
        } else {
            [[0.292_75, 0.707_25, 0.0], [0.292_75, 0.707_25, 0.0], [-0.022_34, 0.022_34, 1.0]]
        };
        let dot = |row: [f64; 3]| {
            (row[0] * linear.red + row[1] * linear.green + row[2] * linear.blue).clamp(0.0, 1.0)
        };
        let seen = palette::LinSrgb::new(dot(matrix[0]), dot(matrix[1]), dot(matrix[2]));
        let rgb: Srgb<u8> = Srgb::<f64>::from_linear(seen).into_format();
        Color([rgb.red, rgb.green, rgb.blue])
    }

    fn distance(a: Color, b: Color) -> f32 {
        let (a, b) = (oklab(a), oklab(b));
        ((a.l - b.l).powi(2) + (a.a - b.a).powi(2) + (a.b - b.b).powi(2)).sqrt()
    }

    #[test]
    fn the_ramp_is_strictly_monotone_for_every_eye() {
        for theme in [Theme::Light, Theme::Dark] {
            let colors: Vec<Color> = (0_u8..=20).map(|step| ramp(theme, f32::from(step) / 20.0)).collect();
            for pair in colors.windows(2) {
                let falls = theme == Theme::Light;
                for protan in [None, Some(true), Some(false)] {
                    let see = |color| protan.map_or(color, |protan| seen_by_dichromat(color, protan));
                    let (first, second) = (oklab(see(pair[0])).l, oklab(see(pair[1])).l);
                    assert!(if falls { first > second } else { first < second }, "{theme:?} {pair:?}");
                }
            }
        }
    }

    #[test]
    fn levels_of_a_hue_are_strictly_monotone() {
        for theme in [Theme::Light, Theme::Dark] {
            for hue in Hue::ALL {
                let [minimal, partial, significant] = Level::ALL.map(|level| oklab(hue.fill(theme, level)).l);
                let ordered = if theme == Theme::Light {
                    minimal > partial && partial > significant
                } else {
                    minimal < partial && partial < significant
                };
                assert!(ordered, "{theme:?} {hue:?}");
            }
        }
    }

    #[test]
    fn category_hues_are_told_apart_without_red_and_green() {
        for theme in [Theme::Light, Theme::Dark] {
            for level in [Level::Partial, Level::Significant] {
                for (index, one) in Hue::ALL.iter().enumerate() {
                    for other in &Hue::ALL[index + 1..] {
                        for protan in [true, false] {
                            let see = |hue: &Hue| seen_by_dichromat(hue.fill(theme, level), protan);
                            let apart = distance(see(one), see(other));
                            assert!(apart > 0.05, "{theme:?} {level} {one:?} {other:?}: {apart}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn text_reads_on_every_fill() {
        for theme in [Theme::Light, Theme::Dark] {
            let ramp = (0_u8..100).map(|step| ramp(theme, f32::from(step) / 99.0));
            let fills = Hue::ALL.into_iter().flat_map(|hue| Level::ALL.map(|level| hue.fill(theme, level)));
            let chips = Hue::ALL.into_iter().map(|hue| hue.chip(theme));
            for color in ramp.chain(fills).chain(chips) {
                assert!(color.contrast(color.ink()) >= 4.5, "{theme:?} {}", color.hex());
            }
        }
    }

    #[test]
    fn ramp_stops_span_the_ramp() {
        let stops = ramp_stops(Theme::Light, 5);
        assert_eq!(stops.len(), 5);
        assert_eq!((stops[0], stops[4]), (ramp(Theme::Light, 0.0), ramp(Theme::Light, 1.0)));
        assert_eq!(ramp_stops(Theme::Light, 0).len(), 2);
    }
}
