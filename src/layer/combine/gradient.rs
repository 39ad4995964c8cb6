//! The gradient of a combination, by the Navigator's rule, and with none of the scores at which it breaks off.

use super::{Colors, Side};
use crate::layer::color;
use crate::layer::read::{InputGradient, Spanned};
use crate::matrix::palette::{Color, Palette, Theme};
use crate::source::Span;

/// The Navigator's colours where nobody chose any.
const RED_TO_GREEN: [&str; 3] = ["#ff6666", "#ffe766", "#8ec843"];
/// Those for what is true or false. The Navigator starts with a transparent white, and paints it opaque.
const WHITE_TO_BLUE: [&str; 2] = ["#ffffff", "#66b1ff"];

/// From which share of the range, up to its top, the Navigator finds no colour for a score.
const GAP: f64 = 0.995;

/// The gradient, and what there is to say of it.
pub(super) fn gradient(sides: &[Side<'_>], colors: Colors, scores: &[f64]) -> (InputGradient, Vec<String>) {
    let (colors, low, high) = match colors {
        Colors::Of(place) => inherited(sides, place),
        Colors::House => {
            let ramp = Palette::default().ramp_stops(Theme::Light, 5);
            over(ramp.into_iter().map(Color::hex).collect(), scores)
        }
        Colors::Navigator if range(scores) == Some((0.0, 1.0)) => (owned(&WHITE_TO_BLUE), 0.0, 1.0),
        Colors::Navigator => over(owned(&RED_TO_GREEN), scores),
    };
    let top = widened(low, high, scores);
    let mut notes = Vec::new();
    if top > high {
        notes.push(format!(
            "the gradient runs to {top}, not to {high}: the Navigator has no colour for a score just below its top"
        ));
    }
    let spanned = |value| Spanned { value, span: Span::default() };
    let end = |value| Some(Spanned { value, span: Span::default() });
    let colors = colors.into_iter().map(spanned).collect();
    (InputGradient { colors, min: end(low), max: end(top), span: Span::default() }, notes)
}

fn owned(colors: &[&str]) -> Vec<String> {
    colors.iter().map(|color| (*color).to_owned()).collect()
}

/// The lowest and the highest score.
fn range(scores: &[f64]) -> Option<(f64, f64)> {
    let first = *scores.first()?;
    Some(scores.iter().fold((first, first), |(low, high), score| (low.min(*score), high.max(*score))))
}

/// Colours over the scores' range; over 0 to 100 where that is no range. The ends are whole, and apart by as many steps as
/// there are colours: mitreattack-python takes no others.
fn over(colors: Vec<String>, scores: &[f64]) -> (Vec<String>, f64, f64) {
    let (low, high) = match range(scores) {
        Some((low, high)) if low < high => (low.floor(), high.ceil()),
        _ => (0.0, 100.0),
    };
    let steps = colors.len().saturating_sub(1) as f64;
    (colors, low, high.max(low + steps))
}

/// A side's gradient as the Navigator reads it.
fn inherited(sides: &[Side<'_>], place: usize) -> (Vec<String>, f64, f64) {
    let Some(side) = sides.get(place) else { return (owned(&RED_TO_GREEN), 0.0, 100.0) };
    let (low, high) = side.layer.range();
    let stated = side.layer.gradient.as_ref().map(|gradient| &gradient.colors);
    let stated = stated
        .filter(|colors| colors.len() > 1 && colors.iter().all(|color| color::parse(&color.value).is_some()));
    let colors = stated.map_or_else(
        || owned(&RED_TO_GREEN),
        |colors| colors.iter().map(|color| color.value.clone()).collect(),
    );
    (colors, low, high)
}

/// The first whole top at which every score has a colour.
fn widened(low: f64, high: f64, scores: &[f64]) -> f64 {
    let mut top = high;
    if low >= high {
        return top;
    }
    loop {
        let gap = |score: &&f64| **score < top && (**score - low) / (top - low) >= GAP;
        let Some(highest) = scores.iter().filter(gap).copied().reduce(f64::max) else { return top };
        // Its share of the new range is just below the gap; above it only scores that were at the old top, or beyond, can
        // be in the new gap.
        top = low + ((highest - low) / GAP).floor() + 1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_score_is_where_the_navigator_has_no_colour() {
        let lists: [&[f64]; 6] = [
            &[0.0, 99.6],
            &[0.0, 50.0, 99.6, 100.0],
            &[0.0, 9_990.0, 10_000.0],
            &[0.0, 0.997, 1.0],
            &[-3.5, 996.0, 997.0, 1_000.0, 1_003.0, 2_000.0],
            &[99.7],
        ];
        for scores in lists {
            for colors in [Colors::Navigator, Colors::House] {
                let (made, _) = gradient(&[], colors, scores);
                let end = |end: &Option<Spanned<f64>>| end.as_ref().expect("it has ends").value;
                let (low, high) = (end(&made.min), end(&made.max));
                assert!(low.fract() == 0.0 && high.fract() == 0.0, "{low} to {high}");
                assert!(high - low >= (made.colors.len() - 1) as f64);
                for score in scores {
                    let share = (score - low) / (high - low);
                    assert!(!(GAP..1.0).contains(&share), "{score} in {low} to {high}");
                }
            }
        }
    }
}
