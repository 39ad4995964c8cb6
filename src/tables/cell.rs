//! What stands in one place of a table.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde::Serialize;

use crate::coverage::plan::Amount;
use crate::mapping::{Category, Level};

/// What stands in one place of a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Cell {
    /// Nothing; `null` in JSON.
    Empty,
    /// An id, a name, one of a few words.
    Text(String),
    /// What analysts wrote: as long as they liked, over several lines.
    Prose(String),
    /// A category.
    Category(Category),
    /// A level.
    Level(Level),
    /// A count or a score.
    Whole(i64),
    /// A percentage, to one decimal.
    Decimal(f64),
    /// A score as a layer states it, exact.
    Number(f64),
    /// A count with its denominator.
    Share {
        /// The numerator.
        n: i64,
        /// The denominator.
        of: i64,
    },
    /// A weight, a cost, or a sum of them, exact.
    Amount(Amount),
    /// A part of such a sum.
    Part {
        /// The numerator.
        n: Amount,
        /// The denominator.
        of: Amount,
    },
    /// Yes or no.
    Flag(bool),
    /// Several names.
    List(Vec<String>),
}

impl Cell {
    /// Text, or nothing where it is empty.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        if text.is_empty() { Self::Empty } else { Self::Text(text.to_owned()) }
    }

    /// Prose, or nothing where it is empty.
    #[must_use]
    pub fn of_prose(text: &str) -> Self {
        if text.is_empty() { Self::Empty } else { Self::Prose(text.to_owned()) }
    }

    /// A count.
    #[must_use]
    pub fn count(count: usize) -> Self {
        Self::Whole(whole(count))
    }

    /// A count with its denominator.
    #[must_use]
    pub fn share(n: usize, of: usize) -> Self {
        Self::Share { n: whole(n), of: whole(of) }
    }

    /// Whether nothing stands there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty) || matches!(self, Self::List(list) if list.is_empty())
    }

    /// The cell in words: `203`, `12 of 203`, `yes`, and a list with `between` between its entries.
    #[must_use]
    pub fn text(&self, between: &str) -> Cow<'_, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Text(text) | Self::Prose(text) => Cow::Borrowed(text),
            Self::Category(category) => Cow::Borrowed(category.name()),
            Self::Level(level) => Cow::Borrowed(level.name()),
            Self::Whole(number) => Cow::Owned(number.to_string()),
            Self::Decimal(number) => Cow::Owned(format!("{number:.1}")),
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Share { n, of } => Cow::Owned(format!("{n} of {of}")),
            Self::Amount(amount) => Cow::Owned(amount.to_string()),
            Self::Part { n, of } => Cow::Owned(format!("{n} of {of}")),
            Self::Flag(flag) => Cow::Borrowed(if *flag { "yes" } else { "no" }),
            Self::List(list) => Cow::Owned(list.join(between)),
        }
    }

    /// The order of two cells of one column: numbers by value, shares by numerator, categories and levels by their own
    /// order, words without regard to case; what is empty last.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (a, b) if a.is_empty() || b.is_empty() => a.is_empty().cmp(&b.is_empty()),
            (Self::Category(a), Self::Category(b)) => a.cmp(b),
            (Self::Level(a), Self::Level(b)) => a.cmp(b),
            (Self::Whole(a), Self::Whole(b)) => a.cmp(b),
            (Self::Decimal(a), Self::Decimal(b)) | (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Share { n, of }, Self::Share { n: other_n, of: other_of }) => {
                (n, of).cmp(&(other_n, other_of))
            }
            (Self::Amount(a), Self::Amount(b)) => a.cmp(b),
            (Self::Part { n, of }, Self::Part { n: other_n, of: other_of }) => {
                (n, of).cmp(&(other_n, other_of))
            }
            (Self::Flag(a), Self::Flag(b)) => a.cmp(b),
            (Self::List(a), Self::List(b)) => {
                let folded = |list: &[String]| list.iter().map(|one| one.to_lowercase()).collect::<Vec<_>>();
                folded(a).cmp(&folded(b)).then_with(|| a.cmp(b))
            }
            (a, b) => {
                let (a, b) = (a.text(" "), b.text(" "));
                a.to_lowercase().cmp(&b.to_lowercase()).then_with(|| a.cmp(&b))
            }
        }
    }
}

/// Counts of rows and techniques are far below the limit.
fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
