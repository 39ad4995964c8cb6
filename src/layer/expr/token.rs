//! The words, numbers and signs of an expression.

use std::ops::Range;

use super::{MAX_LENGTH, Mistake};

/// The operators that are words.
pub(super) const WORDS: [&str; 5] = ["and", "mod", "not", "or", "xor"];

/// The signs that the language has, longer ones first.
const SIGNS: [&str; 17] =
    ["==", "!=", "<=", ">=", "+", "-", "*", "/", "^", "%", "<", ">", "?", ":", "(", ")", ","];

/// Signs that people write for others, and what to write; longer ones first.
const OTHERS: [(&str, &str); 21] = [
    ("===", "write `==`"),
    ("!==", "write `!=`"),
    ("&&", "write `and`"),
    ("||", "write `or`"),
    ("**", "write `^`"),
    ("<<", "bits are not scores; write `* 2 ^ n`"),
    (">>", "bits are not scores; write `/ 2 ^ n`"),
    ("<>", "write `!=`"),
    ("=<", "write `<=`"),
    ("=>", "write `>=`"),
    (".*", "write `*`"),
    ("./", "write `/`"),
    (".^", "write `^`"),
    ("&", "bits are not scores; write `and`"),
    ("|", "bits are not scores; write `or`"),
    ("!", "write `not` before what is denied; factorials are not taken"),
    ("~", "write `not`"),
    ("=", "write `==` to compare"),
    ("[", "functions take their arguments in ( )"),
    ("{", "write ( )"),
    ("\\", "write `/`"),
];

/// A part of the expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Range<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Number(f64),
    /// A name in small letters.
    Name(String),
    /// A sign, or an operator that is a word.
    Sign(&'static str),
    End,
}

impl Kind {
    pub(super) fn is(&self, sign: &str) -> bool {
        matches!(self, Self::Sign(one) if *one == sign)
    }
}

/// The parts of an expression, and its end.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Mistake> {
    if text.len() > MAX_LENGTH {
        let message =
            format!("the expression has {} bytes; {MAX_LENGTH} are the most that is read", text.len());
        return Err(Mistake::syntax(0..0, message));
    }
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let token = token(text, at, first)?;
        at = token.span.end;
        tokens.push(token);
    }
    tokens.push(Token { kind: Kind::End, span: text.trim_end().len()..text.trim_end().len() });
    Ok(tokens)
}

fn token(text: &str, at: usize, first: char) -> Result<Token, Mistake> {
    let rest = &text[at..];
    let is_digit = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    if first.is_ascii_digit() || (first == '.' && is_digit(&rest[1..])) {
        return number(rest, at);
    }
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    if first.is_alphabetic() || first == '_' {
        let length = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
        let name = rest[..length].to_lowercase();
        let word = WORDS.into_iter().find(|word| *word == name);
        let kind = word.map_or(Kind::Name(name), Kind::Sign);
        return Ok(Token { kind, span: at..at + length });
    }
    // `!==` starts with a sign that there is, and is none.
    let other = OTHERS.into_iter().find(|(sign, _)| rest.starts_with(sign));
    let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign));
    match (sign, other) {
        (Some(sign), other) if other.is_none_or(|(other, _)| other.len() <= sign.len()) => {
            Ok(Token { kind: Kind::Sign(sign), span: at..at + sign.len() })
        }
        (_, Some((sign, help))) => {
            let message = format!("`{sign}` is no operator of expressions");
            Err(Mistake::syntax(at..at + sign.len(), message).help(help))
        }
        _ => {
            let message = format!("`{first}` has no meaning in an expression");
            Err(Mistake::syntax(at..at + first.len_utf8(), message))
        }
    }
}

/// Digits, digits after a point, and a power of ten: `2.5e-3`.
fn number(rest: &str, at: usize) -> Result<Token, Mistake> {
    let digits = |from: usize| {
        rest[from..].find(|c: char| !c.is_ascii_digit()).map_or(rest.len(), |length| from + length)
    };
    let mut end = digits(0);
    if rest[end..].starts_with('.') {
        end = digits(end + 1);
    }
    // A letter `e` is a power of ten only before digits: `2e` is twice the layer e.
    if let Some(power) = rest[end..].strip_prefix(['e', 'E']) {
        let sign = usize::from(power.starts_with(['+', '-']));
        if power[sign..].starts_with(|c: char| c.is_ascii_digit()) {
            end = digits(end + 1 + sign);
        }
    }
    let mut letters = rest[end..].chars();
    let is_base = letters.next().is_some_and(|c| "xXbBoO".contains(c))
        && letters.next().is_some_and(|c| c.is_ascii_hexdigit());
    if &rest[..end] == "0" && is_base {
        let message = "numbers are written in tens";
        return Err(Mistake::syntax(at..at + end + 2, message).help("16, not 0x10"));
    }
    let value = rest[..end].parse().ok().filter(|value: &f64| value.is_finite());
    let value = value.ok_or_else(|| Mistake::syntax(at..at + end, "the number is too large"))?;
    Ok(Token { kind: Kind::Number(value), span: at..at + end })
}
