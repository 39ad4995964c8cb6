//! The colours of sides that are compared: a ramp with two ends for two of them, a colour each for more.

use super::palette::{Color, Theme};

/// The most sides that have a colour each.
pub const MOST: usize = 8;

/// Lightness, chroma and hue on light paper. Neighbours differ in lightness, too, so that they are told apart where red and
/// green are alike.
const OF_SIDES: [(f32, f32, f32); MOST] = [
    (0.50, 0.14, 255.0),
    (0.76, 0.13, 62.0),
    (0.62, 0.11, 190.0),
    (0.45, 0.15, 340.0),
    (0.86, 0.11, 100.0),
    (0.74, 0.10, 320.0),
    (0.38, 0.07, 140.0),
    (0.84, 0.07, 230.0),
];

/// The colour of a side on light paper; beyond the last they begin again.
#[must_use]
pub fn of_side(place: usize) -> Color {
    let (lightness, chroma, hue) = OF_SIDES[place % MOST];
    Color::oklch(lightness, chroma, hue)
}

/// What several sides share equally: a grey.
#[must_use]
pub fn shared(theme: Theme) -> Color {
    Color::oklch(if theme == Theme::Light { 0.93 } else { 0.36 }, 0.0, 0.0)
}

/// The ramp from the right side (−1) over what both share (0) to the left side (1): amber over grey to blue, and as dark on
/// either side for the same distance.
#[must_use]
pub fn diverging(theme: Theme, t: f32) -> Color {
    let share = t.abs().min(1.0);
    let lightness = match theme {
        Theme::Light => 0.93 - 0.38 * share,
        Theme::Dark => 0.36 + 0.38 * share,
    };
    let hue = if t < 0.0 { 62.0 } else { 255.0 };
    Color::oklch(lightness, 0.125 * share, hue)
}

/// `count` evenly spaced colours of the diverging ramp, the right side's end first; odd, so that the middle one is what both
/// share.
#[must_use]
pub fn diverging_stops(theme: Theme, count: usize) -> Vec<Color> {
    let count = count.max(3) | 1;
    let half = (count / 2) as f32;
    (0..count).map(|stop| diverging(theme, stop as f32 / half - 1.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::gradient;
    use super::super::palette::tests::{distance, seen_by_dichromat};
    use super::*;

    #[test]
    fn either_end_is_as_far_from_the_middle() {
        for theme in [Theme::Light, Theme::Dark] {
            let mut last = diverging(theme, 0.0).luminance();
            for step in 1_u8..=20 {
                let t = f32::from(step) / 20.0;
                let (left, right) = (diverging(theme, t), diverging(theme, -t));
                let apart = (left.luminance() - right.luminance()).abs();
                assert!(apart < 0.05, "{theme:?} {t}: {apart}");
                let is_on = |color: Color| {
                    if theme == Theme::Light { color.luminance() < last } else { color.luminance() > last }
                };
                assert!(is_on(left) && is_on(right), "{theme:?} {t}");
                last = if theme == Theme::Light {
                    left.luminance().max(right.luminance())
                } else {
                    left.luminance().min(right.luminance())
                };
            }
            let stops = diverging_stops(theme, 4);
            assert_eq!((stops.len(), stops[2]), (5, diverging(theme, 0.0)));
        }
    }

    #[test]
    fn the_sides_are_told_apart_without_red_and_green() {
        for theme in [Theme::Light, Theme::Dark] {
            for protan in [true, false] {
                let see = |t: f32| seen_by_dichromat(diverging(theme, t), protan);
                for share in [0.4, 0.5, 0.9, 1.0] {
                    assert!(distance(see(share), see(-share)) > 0.08, "{theme:?} {share}");
                    assert!(distance(see(share), see(0.0)) > 0.08, "{theme:?} {share}");
                }
            }
        }
        let all: Vec<Color> = (0..MOST).map(of_side).chain([shared(Theme::Light)]).collect();
        for (place, one) in all.iter().enumerate() {
            for other in &all[place + 1..] {
                for seen in [None, Some(true), Some(false)] {
                    let see = |color: Color| seen.map_or(color, |protan| seen_by_dichromat(color, protan));
                    let apart = distance(see(*one), see(*other));
                    assert!(apart > 0.05, "{} {} {seen:?}: {apart}", one.hex(), other.hex());
                }
            }
        }
    }

    #[test]
    fn text_reads_on_every_colour() {
        let sides = (0..MOST).map(of_side);
        let ramps = [Theme::Light, Theme::Dark].into_iter().flat_map(|theme| {
            let sampled = gradient::sample(&diverging_stops(theme, 5));
            sampled.into_iter().chain([shared(theme)])
        });
        for color in sides.chain(ramps) {
            assert!(color.contrast(color.ink()) >= 4.5, "{}", color.hex());
        }
    }
}
