//! The colours: one ramp for scores, one hue for each category, and the ink that is read on them.
//!
//! Everything is made in Oklch, where lightness is what the eye sees: a ramp's lightness falls (on dark pages, rises)
//! strictly with the score, so that it reads in grey, on paper and with any colour vision. The three category hues are
//! told apart by people who see red and green alike: blue, amber, magenta; a test simulates it.
//!
//! A [`Palette`] of the user's own changes hues and how full they are, never lightness: whatever colours are asked for,
//! ramps stay strictly monotone and text stays readable.

use palette::{FromColor, IsWithinBounds, OklabHue, Oklch, Srgb};

use crate::coverage::threat::Guard;
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

    /// From `#rrggbb`, in any case.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        // A sign is a number's, not a colour's.
        let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let value = u32::from_str_radix(digits, 16).ok().filter(|_| is_hex)?;
        let [_, red, green, blue] = value.to_be_bytes();
        Some(Self([red, green, blue]))
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

    /// The place in [`Hue::ALL`].
    const fn index(self) -> usize {
        match self {
            Self::Of(category) => category as usize,
            Self::Several => 3,
            Self::Unstated => 4,
        }
    }
}

/// A hue and how full it is at most.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Tint {
    /// Degrees.
    hue: f32,
    chroma: f32,
}

impl Tint {
    /// The hue and chroma of a colour; its lightness is left behind.
    fn of(color: Color) -> Self {
        let [red, green, blue] = color.0;
        let Oklch { hue, chroma, .. } = Oklch::from_color(Srgb::new(red, green, blue).into_format::<f32>());
        Self { hue: OklabHue::into_positive_degrees(hue), chroma }
    }
}

/// The hues of scores and categories. The default is what is told apart by any colour vision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Palette {
    /// `None`: the ramp from sea-green over blue to violet.
    score: Option<Tint>,
    /// In the order of [`Hue::ALL`].
    hues: [Tint; 5],
}

impl Default for Palette {
    fn default() -> Self {
        let tint = |hue, chroma| Tint { hue, chroma };
        Self {
            score: None,
            hues: [
                tint(255.0, 0.13),
                tint(62.0, 0.13),
                tint(340.0, 0.13),
                tint(140.0, 0.05),
                tint(200.0, 0.0),
            ],
        }
    }
}

impl Palette {
    /// The same palette with the score ramp in the hue of this colour, at most as full.
    #[must_use]
    pub fn with_score(mut self, color: Color) -> Self {
        self.score = Some(Tint::of(color));
        self
    }

    /// The same palette with the hue of this colour for a category or several, at most as full.
    #[must_use]
    pub fn with_hue(mut self, hue: Hue, color: Color) -> Self {
        self.hues[hue.index()] = Tint::of(color);
        self
    }

    /// The score ramp at `t` from 0 (lowest score) to 1 (highest).
    #[must_use]
    pub fn ramp(&self, theme: Theme, t: f32) -> Color {
        let lightness = match theme {
            Theme::Light => 0.95 - 0.58 * t,
            Theme::Dark => 0.33 + 0.53 * t,
        };
        let (chroma, hue) = match (self.score, theme) {
            (None, Theme::Light) => (0.028 + 0.125 * t, 190.0 + 88.0 * t),
            (None, Theme::Dark) => (0.045 + 0.075 * t, 195.0 + 80.0 * t),
            (Some(tint), Theme::Light) => (tint.chroma * (0.18 + 0.82 * t), tint.hue),
            (Some(tint), Theme::Dark) => (tint.chroma * (0.3 + 0.5 * t), tint.hue),
        };
        Color::oklch(lightness, chroma, hue)
    }

    /// `count` evenly spaced colours of the score ramp, lowest score first; at least two.
    #[must_use]
    pub fn ramp_stops(&self, theme: Theme, count: usize) -> Vec<Color> {
        let count = count.max(2);
        (0..count).map(|index| self.ramp(theme, index as f32 / (count - 1) as f32)).collect()
    }

    /// The fill of a level in a hue.
    #[must_use]
    pub fn fill(&self, hue: Hue, theme: Theme, level: Level) -> Color {
        let Tint { hue: degrees, chroma } = self.hues[hue.index()];
        let (light, dark, share) = match level {
            Level::Minimal => (0.92, 0.36, 0.45),
            Level::Partial => (0.74, 0.56, 0.85),
            Level::Significant => (0.47, 0.82, 1.0),
        };
        // Where red and green are alike, grey is told from the hues by its lightness alone.
        let apart = if hue == Hue::Unstated { 0.08 } else { 0.0 };
        Color::oklch(
            if theme == Theme::Light { light - apart } else { dark + apart },
            chroma * share,
            degrees,
        )
    }

    /// The fill of what threat and coverage make of a technique together: told apart by lightness alone, too.
    #[must_use]
    pub fn guard(&self, guard: Guard, theme: Theme) -> Color {
        let (light, dark, chroma, hue) = match guard {
            Guard::Open => (0.41, 0.90, 0.14, 22.0),
            Guard::Unassessed => (0.70, 0.55, 0.0, 0.0),
            Guard::Weak => (0.83, 0.43, 0.11, 75.0),
            Guard::Strong => (0.56, 0.67, 0.12, 245.0),
            Guard::Unused => (0.945, 0.26, 0.015, 245.0),
        };
        Color::oklch(if theme == Theme::Light { light } else { dark }, chroma, hue)
    }

    /// The fill of a hue as such: chips, bars.
    #[must_use]
    pub fn chip(&self, hue: Hue, theme: Theme) -> Color {
        let Tint { hue: degrees, chroma } = self.hues[hue.index()];
        let light = if hue == Hue::Of(Category::Detect) { 0.72 } else { 0.53 };
        Color::oklch(if theme == Theme::Light { light } else { 0.72 }, chroma, degrees)
    }

    /// A hue as text on the page.
    #[must_use]
    pub fn text(&self, hue: Hue, theme: Theme) -> Color {
        let Tint { hue, chroma } = self.hues[hue.index()];
        Color::oklch(if theme == Theme::Light { 0.45 } else { 0.82 }, chroma * 0.9, hue)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use palette::{IntoColor, Oklab};
    use proptest::prelude::*;

    use super::*;
    use crate::matrix::gradient;

    fn oklab(color: Color) -> Oklab {
        let [r, g, b] = color.0;
        Srgb::new(r, g, b).into_format::<f32>().into_color()
    }

    /// What a person sees who lacks one kind of cone: Viénot, Brettel and Mollon (1999), in linear RGB.
    pub(crate) fn seen_by_dichromat(color: Color, protan: bool) -> Color {
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

    pub(crate) fn distance(a: Color, b: Color) -> f32 {
        let (a, b) = (oklab(a), oklab(b));
        ((a.l - b.l).powi(2) + (a.a - b.a).powi(2) + (a.b - b.b).powi(2)).sqrt()
    }

    #[test]
    fn the_ramp_is_strictly_monotone_for_every_eye() {
        for theme in [Theme::Light, Theme::Dark] {
            let colors: Vec<Color> =
                (0_u8..=20).map(|step| Palette::default().ramp(theme, f32::from(step) / 20.0)).collect();
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
                let [minimal, partial, significant] =
                    Level::ALL.map(|level| oklab(Palette::default().fill(hue, theme, level)).l);
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
    fn threat_and_coverage_are_told_apart_by_every_eye() {
        for theme in [Theme::Light, Theme::Dark] {
            let colors = Guard::ALL.map(|guard| Palette::default().guard(guard, theme));
            for (place, one) in colors.iter().enumerate() {
                assert!(one.contrast(one.ink()) >= 4.5, "{theme:?} {one:?}");
                for other in &colors[..place] {
                    for protan in [None, Some(true), Some(false)] {
                        let see = |color| protan.map_or(color, |protan| seen_by_dichromat(color, protan));
                        let apart = distance(see(*one), see(*other));
                        assert!(apart > 0.12, "{theme:?} {one:?} {other:?} {protan:?}: {apart}");
                        let lightness = (oklab(see(*one)).l - oklab(see(*other)).l).abs();
                        assert!(lightness > 0.1, "{theme:?} {one:?} {other:?} {protan:?}: {lightness}");
                    }
                }
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
                            let see = |hue: &Hue| {
                                seen_by_dichromat(Palette::default().fill(*hue, theme, level), protan)
                            };
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
            let ramp = (0_u8..100).map(|step| Palette::default().ramp(theme, f32::from(step) / 99.0));
            let fills = Hue::ALL
                .into_iter()
                .flat_map(|hue| Level::ALL.map(|level| Palette::default().fill(hue, theme, level)));
            let chips = Hue::ALL.into_iter().map(|hue| Palette::default().chip(hue, theme));
            for color in ramp.chain(fills).chain(chips) {
                assert!(color.contrast(color.ink()) >= 4.5, "{theme:?} {}", color.hex());
            }
        }
    }

    #[test]
    fn ramp_stops_span_the_ramp() {
        let palette = Palette::default();
        let stops = palette.ramp_stops(Theme::Light, 5);
        assert_eq!(stops.len(), 5);
        assert_eq!((stops[0], stops[4]), (palette.ramp(Theme::Light, 0.0), palette.ramp(Theme::Light, 1.0)));
        assert_eq!(palette.ramp_stops(Theme::Light, 0).len(), 2);
    }

    #[test]
    fn a_hue_of_ones_own_is_the_one_asked_for() {
        let teal = Color([0x00, 0x80, 0x80]);
        let palette = Palette::default().with_hue(Hue::Several, teal);
        let shown: Oklch = oklab(palette.fill(Hue::Several, Theme::Light, Level::Significant)).into_color();
        let asked: Oklch = oklab(teal).into_color();
        let apart = (shown.hue - asked.hue).into_degrees().abs();
        assert!(apart < 3.0, "{apart} degrees");
        let protect = Hue::Of(Category::Protect);
        assert_eq!(
            palette.fill(protect, Theme::Light, Level::Partial),
            Palette::default().fill(protect, Theme::Light, Level::Partial),
            "the others stay"
        );
    }

    proptest! {
        #[test]
        fn any_colour_makes_a_palette_that_reads(rgb in any::<[u8; 3]>()) {
            let color = Color(rgb);
            let all = Hue::ALL.into_iter();
            let palette = all.fold(Palette::default().with_score(color), |held, hue| held.with_hue(hue, color));
            for (theme, paper) in [(Theme::Light, Color([0xff; 3])), (Theme::Dark, Color([0x11, 0x14, 0x19]))] {
                let rises = |pair: &[Color]| {
                    let (first, second) = (oklab(pair[0]).l, oklab(pair[1]).l);
                    let (dark, light) = (pair[0].luminance(), pair[1].luminance());
                    if theme == Theme::Light { first > second && dark > light } else { first < second && dark < light }
                };
                let ramp: Vec<Color> =
                    (0_u8..=20).map(|step| palette.ramp(theme, f32::from(step) / 20.0)).collect();
                prop_assert!(ramp.windows(2).all(rises), "{theme:?} {}", color.hex());
                let mut shown = gradient::sample(&palette.ramp_stops(theme, 5));
                shown.extend(ramp);
                for hue in Hue::ALL {
                    let fills = Level::ALL.map(|level| palette.fill(hue, theme, level));
                    prop_assert!(fills.windows(2).all(rises), "{theme:?} {hue:?} {}", color.hex());
                    let text = palette.text(hue, theme);
                    prop_assert!(text.contrast(paper) >= 4.5, "{theme:?} {hue:?} {}", color.hex());
                    shown.extend(fills.into_iter().chain([palette.chip(hue, theme)]));
                }
                for fill in shown {
                    prop_assert!(fill.contrast(fill.ink()) >= 4.5, "{theme:?} {}", fill.hex());
                }
            }
        }
    }
}
