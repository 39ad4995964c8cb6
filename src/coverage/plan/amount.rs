//! Weights, costs and their sums, held exactly.

use std::borrow::Cow;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Sub};
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

/// A weight, a cost, or a sum of scores: a number from 0 up, exact to the eighth decimal.
///
/// A weight or a cost is given to the sixth decimal, so that its hundredth, the worth of one point of a score, is exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Amount(u64);

/// A number that is no weight and no cost.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a number from 0 to 1000000")]
pub struct AmountError(
    /// The number as given.
    pub String,
);

/// Units in 1.
const UNITS: u64 = 100_000_000;
/// Units in the last decimal of a weight or a cost.
const STEP: u64 = 100;

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The default weight and the default cost.
    pub const ONE: Self = Self(UNITS);

    /// A weight or a cost, rounded to the sixth decimal.
    ///
    /// # Errors
    /// Unless it is from 0 to 1,000,000, and when it is not a number.
    pub fn new(number: f64) -> Result<Self, AmountError> {
        if !(0.0..=1_000_000.0).contains(&number) {
            return Err(AmountError(number.to_string()));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most 10^12, and not negative"
        )]
        let steps = (number * (UNITS / STEP) as f64).round() as u64;
        Ok(Self(steps * STEP))
    }

    /// The number, for what computes on.
    #[must_use]
    pub fn value(self) -> f64 {
        self.0 as f64 / UNITS as f64
    }

    /// In hundred-millionths.
    pub(super) const fn units(self) -> u64 {
        self.0
    }

    /// So many hundred-millionths.
    pub(super) const fn of_units(units: u64) -> Self {
        Self(units)
    }

    /// What a score of 100 is worth at this weight, for a score from 0 to 100.
    pub(super) const fn times_score(self, score: u8) -> Self {
        Self(self.0 / STEP * score as u64)
    }
}

impl FromStr for Amount {
    type Err = AmountError;

    /// Reads a decimal number such as `3` or `0.25`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.trim().parse().map_err(|_| AmountError(text.to_owned()))?;
        Self::new(number).map_err(|_| AmountError(text.to_owned()))
    }
}

impl fmt::Display for Amount {
    /// All decimals that are not 0: `64.6`, `3`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / UNITS, self.0 % UNITS);
        if rest == 0 {
            return f.pad(&whole.to_string());
        }
        let decimals = format!("{rest:08}");
        f.pad(&format!("{whole}.{}", decimals.trim_end_matches('0')))
    }
}

/// As a number.
impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_multiple_of(UNITS) {
            (self.0 / UNITS).serialize(serializer)
        } else {
            self.value().serialize(serializer)
        }
    }
}

impl JsonSchema for Amount {
    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A weight, a cost, or a sum of scores.",
            "type": "number",
            "minimum": 0
        })
    }
}

impl Add for Amount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Amount {
    type Output = Self;

    /// The difference, 0 where it would be below.
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact() -> Result<(), AmountError> {
        let tenth: Amount = "0.1".parse()?;
        assert_eq!([tenth; 3].into_iter().sum::<Amount>(), "0.3".parse()?);
        assert_eq!(tenth.times_score(1).to_string(), "0.001");
        assert_eq!(Amount::new(0.000_000_4)?, Amount::ZERO);
        assert_eq!(Amount::new(2.5)?.to_string(), "2.5");
        assert_eq!(Amount::new(1_000_000.0)?.to_string(), "1000000");
        assert!((tenth.value() - 0.1).abs() < f64::EPSILON);
        Ok(())
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in ["-1", "-0.001", "NaN", "inf", "1000001", "", "dear"] {
            assert_eq!(text.parse::<Amount>(), Err(AmountError(text.to_owned())));
        }
    }
}
