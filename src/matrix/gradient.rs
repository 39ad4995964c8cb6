//! The Navigator's gradient: evenly spaced stops, interpolated in sRGB, sampled into exactly 100 colours.
//!
//! Rules from the Navigator's `gradient.ts` and tinygradient 1.1.5: each segment between two stops gets
//! round(99 / (stops − 1)) steps, trimmed or filled until there are 100; a score at or above the top has the last
//! colour, one at or below the bottom the first, any other index round(100 × (score − min) / (max − min)).

use super::palette::Color;

/// How many colours the Navigator samples a gradient into.
pub const STEPS: usize = 100;

/// The 100 colours of a gradient with these stops.
///
/// Fewer than two stops give 100 times the one, or black.
#[must_use]
pub fn sample(stops: &[Color]) -> Vec<Color> {
    let (Some(first), Some(last)) = (stops.first(), stops.last()) else {
        return vec![Color([0; 3]); STEPS];
    };
    if stops.len() == 1 {
        return vec![*first; STEPS];
    }
    let mut colors = Vec::with_capacity(STEPS);
    for (pair, steps) in stops.windows(2).zip(segments(stops.len() - 1)) {
        colors.extend((0..steps).map(|step| between(pair[0], pair[1], step as f64 / steps as f64)));
    }
    colors.truncate(STEPS - 1);
    colors.push(*last);
    colors
}

/// The steps of each segment; together 99, the last stop being the hundredth colour.
fn segments(count: usize) -> Vec<usize> {
    let share = (99.0 / count as f64).round();
    // At most 99, so the cast is exact.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 99")]
    let mut steps = vec![(share as usize).max(1); count];
    while steps.iter().sum::<usize>() > STEPS - 1 {
        let Some(largest) = position(&steps, |a, b| a > b) else { break };
        steps[largest] -= 1;
    }
    while steps.iter().sum::<usize>() < STEPS - 1 {
        let Some(smallest) = position(&steps, |a, b| a < b) else { break };
        steps[smallest] += 1;
    }
    steps
}

/// The first index whose value beats all others.
fn position(values: &[usize], beats: impl Fn(usize, usize) -> bool) -> Option<usize> {
    let mut best = 0;
    for (index, value) in values.iter().enumerate() {
        if beats(*value, values[best]) {
            best = index;
        }
    }
    (!values.is_empty()).then_some(best)
}

fn between(from: Color, to: Color, t: f64) -> Color {
    let mut channels = [0; 3];
    for (channel, (from, to)) in channels.iter_mut().zip(from.0.iter().zip(to.0)) {
        let value = f64::from(*from) + (f64::from(to) - f64::from(*from)) * t;
        // Between two bytes, so a byte.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two bytes")]
        let value = value.round() as u8;
        *channel = value;
    }
    Color(channels)
}

/// Which of the 100 colours a score has.
///
/// For a score in [99.5 %, 100 %) of the range, where the Navigator throws, this gives the last colour.
#[must_use]
pub fn index(score: i64, min: i64, max: i64) -> usize {
    index_of(score as f64, min as f64, max as f64)
}

/// As [`index`], of any score and any ends: with the ends turned round, a score below the higher one has the first colour.
#[must_use]
pub fn index_of(score: f64, min: f64, max: f64) -> usize {
    if score >= max {
        return STEPS - 1;
    }
    if score <= min {
        return 0;
    }
    let share = (score - min) / (max - min);
    // Above 0 and at most 100.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 100")]
    let index = (share * 100.0).round() as usize;
    index.min(STEPS - 1)
}

/// The top of a gradient from 0 that no score stands just below: the Navigator throws on a score in
/// [99.5 %, 100 %) of the range, so such a score becomes the top itself.
#[must_use]
pub fn safe_top(scores: &[i64], top: i64) -> i64 {
    let mut top = top;
    loop {
        let crashes = |score: &i64| *score < top && *score as f64 >= 0.995 * top as f64;
        match scores.iter().copied().filter(crashes).min() {
            Some(score) => top = score,
            None => return top,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn color(hex: &str) -> Color {
        let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex");
        Color([byte(1), byte(3), byte(5)])
    }

    /// Values that the Navigator's own code gave for its default gradient on 0 to 100.
    #[test]
    fn equals_the_navigator_on_its_own_gradient() {
        let stops = ["#ff6666", "#ffe766", "#8ec843"].map(color);
        let colors = sample(&stops);
        assert_eq!(colors.len(), STEPS);
        for (score, expected) in [
            (0, "#ff6666"),
            (1, "#ff6966"),
            (25, "#ffa866"),
            (49, "#ffe766"),
            (50, "#fde665"),
            (51, "#fae665"),
            (75, "#c4d754"),
            (99, "#8ec843"),
            (100, "#8ec843"),
        ] {
            assert_eq!(colors[index(score, 0, 100)].hex(), expected, "score {score}");
        }
    }

    #[test]
    fn every_number_of_stops_gives_a_hundred_colours() {
        for count in 0..=100 {
            let stops = vec![Color([9, 9, 9]); count];
            assert_eq!(sample(&stops).len(), STEPS, "{count} stops");
        }
    }

    #[test]
    fn no_score_stands_where_the_navigator_throws() {
        assert_eq!(safe_top(&[1, 2, 8], 8), 8);
        assert_eq!(safe_top(&[1, 417, 418], 418), 417);
        assert_eq!(safe_top(&[996, 998, 1000], 1000), 996);
        assert_eq!(safe_top(&[990, 995, 1000], 1000), 995, "990 is below 99.5 % of 995");
    }
}
