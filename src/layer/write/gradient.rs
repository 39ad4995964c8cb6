//! Gradients, in colours that both the Navigator and Python read.

use std::borrow::Cow;

use serde::Serialize;

use super::{Change, ChangeKind, Number};
use crate::layer::color::{self, Rgba};
use crate::layer::read::{InputGradient, Spanned};

/// What the Navigator paints where a layer has no gradient: red, yellow, green.
const DEFAULT: [&str; 3] = ["#ff6666", "#ffe766", "#8ec843"];

/// Names of colours that the Navigator reads and mitreattack-python does not.
const UNKNOWN_TO_PYTHON: [&str; 4] = ["burntsienna", "rebeccapurple", "teal", "transparent"];

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OutputGradient<'a> {
    colors: Vec<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_value: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_value: Option<Number>,
}

impl<'a> OutputGradient<'a> {
    /// A gradient as stated, what is no colour included.
    pub(super) fn new(gradient: &'a InputGradient, changes: &mut Vec<Change>) -> Self {
        let mut colors: Vec<Cow<'a, str>> =
            gradient.colors.iter().map(|stated| spelled(stated, changes)).collect();
        // Both readers break off at fewer than two: one colour alone is the colour of every score.
        if colors.len() < 2 {
            changes.push(Change::new(ChangeKind::GradientColors, "", gradient.span));
            match colors.pop() {
                Some(only) => colors.extend([only.clone(), only]),
                None => colors.extend(DEFAULT.map(Cow::Borrowed)),
            }
        }
        let end = |end: &Option<Spanned<f64>>| {
            end.as_ref().map(|end| end.value).filter(|end| end.is_finite()).map(Number)
        };
        Self { colors, min_value: end(&gradient.min), max_value: end(&gradient.max) }
    }
}

/// A colour as stated where Python reads it or nobody does, else in digits that both read.
fn spelled<'a>(stated: &'a Spanned<String>, changes: &mut Vec<Change>) -> Cow<'a, str> {
    let text = stated.value.as_str();
    match color::parse(text).filter(|_| !is_read_by_python(text)) {
        Some(color) => {
            changes.push(Change::new(ChangeKind::GradientColor, text, stated.span));
            Cow::Owned(hex(color))
        }
        None => Cow::Borrowed(text),
    }
}

/// Whether mitreattack-python takes a colour that the Navigator takes.
fn is_read_by_python(text: &str) -> bool {
    let is_hex = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if let Some(digits) = text.strip_prefix('#') {
        return matches!(digits.len(), 3 | 6 | 8) && is_hex(digits);
    }
    let is_name = text.bytes().all(|byte| byte.is_ascii_alphabetic()) && !is_hex(text);
    is_name && !UNKNOWN_TO_PYTHON.contains(&text.to_ascii_lowercase().as_str())
}

fn hex(color: Rgba) -> String {
    let [red, green, blue] = color.rgb;
    let opaque = format!("#{red:02x}{green:02x}{blue:02x}");
    if color.alpha >= 1.0 {
        return opaque;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an opacity is from 0 to 1")]
    let alpha = (color.alpha * 255.0).round() as u8;
    format!("{opaque}{alpha:02x}")
}
