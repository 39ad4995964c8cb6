//! The Navigator's own arithmetic for a technique's score from its sub-techniques: `calculateAggregateScore`.
//!
//! An unscored technique enters minimum, maximum and sum as 0, an unscored sub-technique never does; the average divides by
//! how many are scored, or by how many there are. The result is rounded as JavaScript's `toFixed(2)` does.

use crate::layer::Layout;

/// The score of a technique and its sub-techniques by a layer's settings; `None` when none of them is scored, or the layer
/// does not show such scores.
#[must_use]
pub fn aggregate(layout: &Layout, own: Option<f64>, subs: &[Option<f64>]) -> Option<f64> {
    if !layout.show_aggregate_scores || (own.is_none() && subs.iter().all(Option::is_none)) {
        return None;
    }
    let scored = || std::iter::once(own.unwrap_or(0.0)).chain(subs.iter().flatten().copied());
    let valid = usize::from(own.is_some()) + subs.iter().flatten().count();
    let result = match layout.aggregate_function.as_str() {
        "min" => scored().fold(f64::INFINITY, f64::min),
        "max" => scored().fold(f64::NEG_INFINITY, f64::max),
        "sum" => scored().sum(),
        _ => {
            let count = if layout.count_unscored { subs.len() + 1 } else { valid };
            scored().sum::<f64>() / count as f64
        }
    };
    Some(two_decimals(result))
}

/// A number to two decimals, as JavaScript's `toFixed(2)` gives them: by the exact value, and away from zero in the middle
/// between two.
fn two_decimals(number: f64) -> f64 {
    if number.abs() >= 1e15 {
        // Without decimals already.
        return number;
    }
    // Only odd eighths lie in the middle exactly: 200 × x is odd for no other binary fraction.
    let eighths = number * 8.0;
    let is_middle = eighths.fract() == 0.0 && (number * 4.0).fract() != 0.0;
    let nudged = if is_middle { number + 0.001_f64.copysign(number) } else { number };
    format!("{nudged:.2}").parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(function: &str, count_unscored: bool, own: Option<f64>, subs: &[Option<f64>]) -> Option<f64> {
        let layout = Layout {
            show_aggregate_scores: true,
            aggregate_function: function.to_owned(),
            count_unscored,
            ..Layout::default()
        };
        aggregate(&layout, own, subs)
    }

    #[test]
    fn an_unscored_technique_counts_as_zero_and_an_unscored_sub_technique_does_not() {
        let subs = [Some(50.0), Some(70.0)];
        assert_eq!(of("min", false, None, &subs), Some(0.0));
        assert_eq!(of("max", false, None, &[Some(-5.0), Some(-7.0)]), Some(0.0));
        assert_eq!(of("sum", false, None, &subs), Some(120.0));
        assert_eq!(of("min", true, Some(60.0), &[Some(50.0), None]), Some(50.0));
        assert_eq!(of("average", false, None, &subs), Some(60.0));
        assert_eq!(of("average", true, None, &subs), Some(40.0));
        assert_eq!(of("average", false, Some(0.0), &[Some(50.0), None]), Some(25.0), "0 is a score");
        assert_eq!(of("average", true, Some(30.0), &[None, None]), Some(10.0));
        assert_eq!(of("average", false, None, &[None, None]), None);
    }

    #[test]
    fn a_layer_that_shows_no_aggregates_has_none() {
        assert_eq!(aggregate(&Layout::default(), Some(1.0), &[Some(2.0)]), None);
    }

    #[test]
    fn decimals_are_those_of_to_fixed() {
        for (number, expected) in [
            (0.125, 0.13),
            (-0.125, -0.13),
            (1.005, 1.0),
            (0.375, 0.38),
            (2.5, 2.5),
            (33.333_333, 33.33),
            (1e20, 1e20),
        ] {
            assert!((two_decimals(number) - expected).abs() < 1e-12, "{number}: {}", two_decimals(number));
        }
    }
}
