//! The functions of expressions: those of mathjs that are about numbers, and that the Navigator can name, since it writes
//! every expression in small letters.

use std::ops::RangeInclusive;

use super::{Binary, Comparison, nearly_equal, number};

/// A function, by its name in an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Function(&'static Entry);

#[derive(Debug)]
struct Entry {
    name: &'static str,
    /// How many arguments it takes at least and at most.
    takes: (usize, usize),
    of: fn(&[f64]) -> f64,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Entry {}

const MANY: usize = usize::MAX;

const fn entry(name: &'static str, least: usize, most: usize, of: fn(&[f64]) -> f64) -> Entry {
    Entry { name, takes: (least, most), of }
}

/// By name.
static FUNCTIONS: &[Entry] = &[
    entry("abs", 1, 1, |of| of[0].abs()),
    entry("add", 2, MANY, |of| of.iter().sum()),
    entry("and", 2, MANY, |of| number(of.iter().all(|one| super::is_true(*one)))),
    entry("cbrt", 1, 1, |of| of[0].cbrt()),
    entry("ceil", 1, 2, |of| at_digits(of, ceil)),
    entry("cube", 1, 1, |of| of[0] * of[0] * of[0]),
    entry("divide", 2, 2, |of| of[0] / of[1]),
    entry("equal", 2, 2, |of| number(Comparison::Equal.holds(of[0], of[1]))),
    entry("exp", 1, 1, |of| of[0].exp()),
    entry("expm1", 1, 1, |of| of[0].exp_m1()),
    entry("fix", 1, 2, |of| at_digits(of, |value| if value > 0.0 { floor(value) } else { ceil(value) })),
    entry("floor", 1, 2, |of| at_digits(of, floor)),
    entry("hypot", 1, MANY, |of| of.iter().fold(0.0, |sum: f64, one| sum.hypot(*one))),
    entry("larger", 2, 2, |of| number(Comparison::Larger.holds(of[0], of[1]))),
    entry("log", 1, 2, |of| of.get(1).map_or_else(|| of[0].ln(), |base| of[0].ln() / base.ln())),
    entry("log10", 1, 1, |of| of[0].log10()),
    entry("log1p", 1, 1, |of| of[0].ln_1p()),
    entry("log2", 1, 1, |of| of[0].log2()),
    entry("mad", 1, MANY, mad),
    entry("max", 1, MANY, |of| extreme(of, |one, held| one > held)),
    entry("mean", 1, MANY, mean),
    entry("median", 1, MANY, median),
    entry("min", 1, MANY, |of| extreme(of, |one, held| one < held)),
    entry("mod", 2, 2, |of| Binary::Modulo.of(of[0], of[1])),
    entry("multiply", 2, MANY, |of| of.iter().product()),
    entry("or", 2, MANY, |of| number(of.iter().any(|one| super::is_true(*one)))),
    entry("pow", 2, 2, |of| Binary::Power.of(of[0], of[1])),
    entry("prod", 1, MANY, |of| of.iter().product()),
    entry("round", 1, 2, |of| at_digits(of, round)),
    entry("sign", 1, 1, |of| if of[0] == 0.0 { 0.0 } else { of[0].signum() }),
    entry("smaller", 2, 2, |of| number(Comparison::Smaller.holds(of[0], of[1]))),
    entry("sqrt", 1, 1, |of| of[0].sqrt()),
    entry("square", 1, 1, |of| of[0] * of[0]),
    entry("std", 1, MANY, |of| variance(of).sqrt()),
    entry("subtract", 2, 2, |of| of[0] - of[1]),
    entry("sum", 1, MANY, |of| of.iter().sum()),
    entry("unequal", 2, 2, |of| number(Comparison::Unequal.holds(of[0], of[1]))),
    entry("variance", 1, MANY, variance),
    entry("xor", 2, 2, |of| Binary::Xor.of(of[0], of[1])),
];

impl Function {
    /// All functions, by name.
    pub fn all() -> impl Iterator<Item = Self> {
        FUNCTIONS.iter().map(Self)
    }

    /// The function of a name in small letters.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        FUNCTIONS.binary_search_by(|entry| entry.name.cmp(name)).ok().map(|at| Self(&FUNCTIONS[at]))
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0.name
    }

    /// How many arguments it takes.
    #[must_use]
    pub const fn takes(self) -> RangeInclusive<usize> {
        self.0.takes.0..=self.0.takes.1
    }

    /// Its value; of too few arguments, none.
    pub(super) fn of(self, arguments: &[f64]) -> f64 {
        if self.takes().contains(&arguments.len()) { (self.0.of)(arguments) } else { f64::NAN }
    }
}

/// What is no number wins.
fn extreme(of: &[f64], beats: fn(f64, f64) -> bool) -> f64 {
    let best = |held: f64, one: &f64| if one.is_nan() || beats(*one, held) { *one } else { held };
    of.iter().skip(1).fold(of[0], |held, one| if held.is_nan() { held } else { best(held, one) })
}

fn mean(of: &[f64]) -> f64 {
    of.iter().sum::<f64>() / of.len() as f64
}

fn median(of: &[f64]) -> f64 {
    let mut sorted = of.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.iter().any(|one| one.is_nan()) {
        f64::NAN
    } else if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    }
}

/// The median of how far each is from the median.
fn mad(of: &[f64]) -> f64 {
    let middle = median(of);
    median(&of.iter().map(|one| (one - middle).abs()).collect::<Vec<_>>())
}

/// That of a sample; of one alone 0.
fn variance(of: &[f64]) -> f64 {
    if of.len() < 2 {
        return of.iter().map(|one| one * 0.0).sum();
    }
    let mean = mean(of);
    of.iter().map(|one| (one - mean) * (one - mean)).sum::<f64>() / (of.len() - 1) as f64
}

/// With the digits after the point that the second argument asks for: a whole number from 0 to 15.
fn at_digits(of: &[f64], rounded: fn(f64) -> f64) -> f64 {
    let Some(digits) = of.get(1).copied() else { return rounded(of[0]) };
    if !(0.0..=15.0).contains(&digits) || digits.fract() != 0.0 {
        return f64::NAN;
    }
    let factor = 10_f64.powf(digits);
    let scaled = rounded(of[0] * factor);
    // Too large to have digits after the point.
    if scaled.is_finite() { scaled / factor } else { of[0] }
}

/// Half away from zero, and what is a whole number but for an error of calculation is that.
fn round(value: f64) -> f64 {
    // 1.005 at two digits is 100.49999999999999.
    let half = (value * 2.0).round() / 2.0;
    if nearly_equal(value, half) { half.round() } else { value.round() }
}

pub(super) fn floor(value: f64) -> f64 {
    let whole = value.round();
    if nearly_equal(value, whole) { whole } else { value.floor() }
}

fn ceil(value: f64) -> f64 {
    let whole = value.round();
    if nearly_equal(value, whole) { whole } else { value.ceil() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_in_the_order_of_their_names() {
        assert!(FUNCTIONS.is_sorted_by(|one, next| one.name < next.name));
        assert!(Function::all().all(|one| Function::named(one.name()) == Some(one)));
    }
}
