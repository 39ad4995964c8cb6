//! Expressions over the scores of layers, in the language of the Navigator's *create layer from other layers*.
//!
//! The Navigator hands an expression to mathjs 12; what scores can use of that language means the same here, with its
//! precedences, its implicit products and percentages, and its tolerance when numbers are compared. Every value is a
//! number: true is 1 and false is 0, and any number but 0 is true. What mathjs knows beyond numbers (units, complex
//! numbers, matrices, texts, assignments, bits, factorials) is refused with its place, and so is what nobody defined.
//!
//! An expression is checked once, as a whole, and becomes a list of steps for a stack: evaluating it for a technique
//! takes no recursion, and no text of any length or depth can bring it down.
//!
//! ```
//! use navlayer::layer::expr::Expression;
//!
//! let expression = Expression::parse("max(a, b) - 10 new", &["a", "b", "new"]).expect("it is one");
//! assert_eq!(expression.evaluate(&[50.0, 80.0, 2.0]), 60.0);
//!
//! let mistakes = Expression::parse("maxx(a, b)", &["a", "b"]).expect_err("there is no such function");
//! assert_eq!(mistakes[0].span, 0..4);
//! assert_eq!(mistakes[0].help.as_deref(), Some("did you mean `max`?"));
//! ```

mod function;
mod parser;
mod token;

use std::ops::Range;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Source;

pub use function::Function;

/// The longest expression, in bytes.
pub const MAX_LENGTH: usize = 4096;
/// How deep brackets, signs, powers and conditions may stand in each other.
pub const MAX_DEPTH: usize = 100;

/// An expression that was checked, over the layers that it was parsed with.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    text: String,
    steps: Vec<Step>,
}

/// What an evaluation does next to its stack of numbers.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    /// Puts a number.
    Number(f64),
    /// Puts the score of a layer, by its place.
    Layer(usize),
    /// Replaces the last number.
    Unary(Unary),
    /// Replaces the last two numbers by one.
    Binary(Binary),
    /// Replaces as many numbers as there are comparisons and one more: whether each stands so to the next.
    Compare(Vec<Comparison>),
    /// Replaces a condition and its two values by one of them.
    Choose,
    /// Replaces as many numbers.
    Call(Function, usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unary {
    Minus,
    Plus,
    Not,
    /// Divides by 100.
    Percent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Modulo,
    /// `a + 10%` adds a tenth of `a`.
    AddShare,
    SubtractShare,
    And,
    Or,
    Xor,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    Unequal,
    Smaller,
    SmallerOrEqual,
    Larger,
    LargerOrEqual,
}

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// [`Code::ExpressionSyntax`] or [`Code::ExpressionName`].
    pub code: Code,
    /// The bytes of the expression that it is about; empty at its end.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Mistake {
    fn syntax(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { code: Code::ExpressionSyntax, span, message: message.into(), help: None }
    }

    fn name(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { code: Code::ExpressionName, ..Self::syntax(span, message) }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The mistake as a finding in the expression's text.
    #[must_use]
    pub fn diagnostic(&self, source: &Source) -> Diagnostic {
        let finding = Diagnostic::new(self.code, &self.message).at(source.place(self.span.clone()));
        Diagnostic { help: self.help.clone(), ..finding }
    }
}

impl Expression {
    /// Checks an expression over layers of these names: lower-case, as [`is_layer_name`] has them. Letters count alike in
    /// both cases, as in the Navigator. A layer hides a constant of its name (`e`, `pi`).
    ///
    /// # Errors
    /// What is wrong: the first mistake in its form, and before it every name that is none.
    pub fn parse(text: &str, layers: &[&str]) -> Result<Self, Vec<Mistake>> {
        Ok(Self { text: text.trim().to_owned(), steps: parser::parse(text, layers)? })
    }

    /// The text, without blanks around it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The places of the layers that it names, each once, in order.
    #[must_use]
    pub fn layers(&self) -> Vec<usize> {
        let named = self.steps.iter().filter_map(|step| match step {
            Step::Layer(place) => Some(*place),
            _ => None,
        });
        let mut places: Vec<usize> = named.collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    /// The value for the layers' scores, which stand in the order of their names; a score that is not given is 0. NaN
    /// where it has no value among the real numbers.
    #[must_use]
    pub fn evaluate(&self, scores: &[f64]) -> f64 {
        self.evaluate_on(scores, &mut Vec::new())
    }

    /// As [`Expression::evaluate`], on a stack that is used again.
    pub(super) fn evaluate_on(&self, scores: &[f64], stack: &mut Vec<f64>) -> f64 {
        stack.clear();
        for step in &self.steps {
            let held = step.takes().min(stack.len());
            let value = step.value(&stack[stack.len() - held..], scores);
            stack.truncate(stack.len() - held);
            stack.push(value);
        }
        stack.pop().unwrap_or(f64::NAN)
    }
}

/// Whether a layer can be called so: a small letter, then small letters, digits and `_`, and no word of the language.
#[must_use]
pub fn is_layer_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && !is_reserved(name)
}

/// Whether the language has a meaning of its own for a word: an operator, a function, `true` or `false`.
#[must_use]
pub fn is_reserved(word: &str) -> bool {
    matches!(word, "true" | "false") || token::WORDS.contains(&word) || Function::named(word).is_some()
}

impl Step {
    /// How many numbers it takes off the stack.
    fn takes(&self) -> usize {
        match self {
            Self::Number(_) | Self::Layer(_) => 0,
            Self::Unary(_) => 1,
            Self::Binary(_) => 2,
            Self::Choose => 3,
            Self::Compare(comparisons) => comparisons.len() + 1,
            Self::Call(_, count) => *count,
        }
    }

    fn value(&self, taken: &[f64], scores: &[f64]) -> f64 {
        match (self, taken) {
            (Self::Number(number), _) => *number,
            (Self::Layer(place), _) => scores.get(*place).copied().unwrap_or_default(),
            (Self::Unary(unary), [one]) => unary.of(*one),
            (Self::Binary(binary), [left, right]) => binary.of(*left, *right),
            (Self::Choose, [condition, yes, no]) => {
                if is_true(*condition) {
                    *yes
                } else {
                    *no
                }
            }
            (Self::Compare(comparisons), values) => {
                let mut pairs = comparisons.iter().zip(values.windows(2));
                number(pairs.all(|(comparison, pair)| comparison.holds(pair[0], pair[1])))
            }
            (Self::Call(function, _), values) => function.of(values),
            _ => f64::NAN,
        }
    }
}

impl Unary {
    fn of(self, value: f64) -> f64 {
        match self {
            Self::Minus => -value,
            Self::Plus => value,
            Self::Not => number(!is_true(value)),
            Self::Percent => value / 100.0,
        }
    }
}

impl Binary {
    fn of(self, left: f64, right: f64) -> f64 {
        match self {
            Self::Add => left + right,
            Self::Subtract => left - right,
            Self::Multiply => left * right,
            Self::Divide => left / right,
            Self::Power => power(left, right),
            Self::Modulo => modulo(left, right),
            Self::AddShare => left + left * right,
            Self::SubtractShare => left - left * right,
            Self::And => number(is_true(left) && is_true(right)),
            Self::Or => number(is_true(left) || is_true(right)),
            Self::Xor => number(is_true(left) != is_true(right)),
        }
    }
}

impl Comparison {
    fn holds(self, left: f64, right: f64) -> bool {
        let is_near = nearly_equal(left, right);
        match self {
            Self::Equal => is_near,
            Self::Unequal => !is_near,
            Self::Smaller => left < right && !is_near,
            Self::SmallerOrEqual => left <= right || is_near,
            Self::Larger => left > right && !is_near,
            Self::LargerOrEqual => left >= right || is_near,
        }
    }
}

const fn number(truth: bool) -> f64 {
    if truth { 1.0 } else { 0.0 }
}

/// Any number but 0; what is no number is not true.
fn is_true(value: f64) -> bool {
    value != 0.0 && !value.is_nan()
}

/// Whether mathjs takes two numbers for one: 0.1 + 0.2 is 0.3.
#[expect(clippy::float_cmp, reason = "what is the same is the same, infinities included")]
fn nearly_equal(left: f64, right: f64) -> bool {
    const RELATIVE: f64 = 1e-12;
    if left == right {
        return true;
    }
    if !left.is_finite() || !right.is_finite() {
        return false;
    }
    let difference = (left - right).abs();
    difference <= f64::EPSILON || difference <= left.abs().max(right.abs()) * RELATIVE
}

/// With the sign of the divisor; by 0, the number itself.
fn modulo(left: f64, right: f64) -> f64 {
    if right == 0.0 { left } else { left - right * function::floor(left / right) }
}

/// A power among the real numbers. As in JavaScript, that of 1 or -1 to infinity is none.
#[expect(clippy::float_cmp, reason = "exactly 1")]
fn power(base: f64, exponent: f64) -> f64 {
    if exponent.is_nan() || (base.abs() == 1.0 && exponent.is_infinite()) {
        return f64::NAN;
    }
    base.powf(exponent)
}

#[cfg(test)]
mod tests;
