//! YAML as a tree of values with their bytes.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::DuplicateKeyPolicy;
use serde_saphyr::{Location, Spanned};

use super::locator::{Layout, Outline, Step};
use super::{Source, Span};
use crate::diagnostic::{Code, Diagnostic};

/// The largest YAML text that is read, in bytes: its parser makes some 20 MB a second.
pub(super) const MAX_BYTES: usize = 16 * 1024 * 1024;

/// A value as the parser gives it.
#[derive(Debug)]
enum Value {
    Null,
    Bool(bool),
    /// Its text is what stands in the source.
    Number,
    Text(String),
    List(Vec<Spanned<Value>>),
    Object(Vec<(Spanned<Value>, Spanned<Value>)>),
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Value, E> {
        Ok(Value::Number)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Value, E> {
        Ok(Value::Number)
    }

    fn visit_i128<E: de::Error>(self, _: i128) -> Result<Value, E> {
        Ok(Value::Number)
    }

    fn visit_u128<E: de::Error>(self, _: u128) -> Result<Value, E> {
        Ok(Value::Number)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Number)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Vec::new();
        while let Some(member) = members.next_entry()? {
            object.push(member);
        }
        Ok(Value::Object(object))
    }
}

/// A value with its bytes.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) span: Span,
    pub(super) value: TreeValue,
}

/// What a value of a YAML text is.
#[derive(Debug)]
pub(super) enum TreeValue {
    Null,
    Bool(bool),
    /// A number as it stands there.
    Number(String),
    Text(String),
    List(Vec<Tree>),
    /// Keys with their bytes, and values.
    Object(Vec<(String, Span, Tree)>),
}

/// Reads a YAML text; notes in the source what stands where.
pub(super) fn parse(source: &Source, number: u32) -> Result<Tree, Diagnostic> {
    if source.text().len() > MAX_BYTES {
        let message = format!("the YAML is larger than {} MiB", MAX_BYTES / 1024 / 1024);
        return Err(Diagnostic::new(Code::Syntax, message)
            .at(source.whole())
            .help("split it, or convert it to JSON, which is read faster"));
    }
    let mut budget = serde_saphyr::Budget::default();
    budget.max_nodes = 4_000_000;
    budget.max_events = 8_000_000;
    let options = serde_saphyr::options! {
        budget: Some(budget),
        duplicate_keys: DuplicateKeyPolicy::Error,
    };
    let parsed: Spanned<Value> = serde_saphyr::from_str_with_options(source.text(), options)
        .map_err(|error| syntax(source, &error))?;
    let mut builder = Builder { source, number, outline: Vec::new() };
    let tree = builder.build(parsed, None);
    source.set_layout(Layout::Outline(Outline::new(builder.outline)));
    Ok(tree)
}

struct Builder<'s> {
    source: &'s Source,
    number: u32,
    outline: Vec<(u32, Option<usize>, Step)>,
}

impl Builder<'_> {
    /// `holder` is the place in the outline of what holds the value.
    fn build(&mut self, parsed: Spanned<Value>, holder: Option<usize>) -> Tree {
        let range = bytes(self.source, parsed.referenced);
        let span = Span::new(self.number, range.clone());
        let value = match parsed.value {
            Value::Null => TreeValue::Null,
            Value::Bool(value) => TreeValue::Bool(value),
            Value::Number => {
                let text = self.source.text().get(range).unwrap_or_default();
                TreeValue::Number(text.trim().trim_matches(['"', '\'']).to_owned())
            }
            Value::Text(text) => TreeValue::Text(text),
            Value::List(items) => {
                let items = items.into_iter().enumerate().map(|(index, item)| {
                    let start = bytes(self.source, item.referenced).start;
                    let entry = self.note(start, holder, Step::Index(index));
                    self.build(item, Some(entry))
                });
                TreeValue::List(items.collect())
            }
            Value::Object(members) => {
                let members = members.into_iter().map(|(key, value)| {
                    let range = bytes(self.source, key.referenced);
                    let text = match key.value {
                        Value::Text(text) => text,
                        _ => self.source.text().get(range.clone()).unwrap_or_default().to_owned(),
                    };
                    let entry = self.note(range.start, holder, Step::Key(text.as_str().into()));
                    (text, Span::new(self.number, range), self.build(value, Some(entry)))
                });
                TreeValue::Object(members.collect())
            }
        };
        Tree { span, value }
    }

    fn note(&mut self, start: usize, holder: Option<usize>, step: Step) -> usize {
        self.outline.push((u32::try_from(start).unwrap_or(u32::MAX), holder, step));
        self.outline.len() - 1
    }
}

/// A syntax error where the parser stopped.
fn syntax(source: &Source, error: &serde_saphyr::Error) -> Diagnostic {
    let message = error.without_snippet().to_string();
    let message = message.lines().next().unwrap_or("not valid YAML");
    // The place holds the position already.
    let message = message.split(" at line ").next().unwrap_or(message);
    let message = message.strip_prefix("error: ").unwrap_or(message).trim_end_matches(':');
    let shown: String = message.chars().take(120).collect();
    let place = match error.location() {
        Some(location) => {
            let range = bytes(source, location);
            source.place(range.start..range.end.max(range.start + 1))
        }
        None => source.whole(),
    };
    Diagnostic::new(Code::Syntax, shown).at(place)
}

/// The bytes of a location.
fn bytes(source: &Source, location: Location) -> std::ops::Range<usize> {
    let span = location.span();
    if let (Some(start), Some(length)) = (span.byte_offset(), span.byte_len()) {
        let start = usize::try_from(start).unwrap_or(0);
        return start..start + usize::try_from(length).unwrap_or(0);
    }
    let line = usize::try_from(location.line()).unwrap_or(1).saturating_sub(1);
    let column = usize::try_from(location.column()).unwrap_or(1).saturating_sub(1);
    let start = source.line_start(line);
    let characters = source.text()[start..].char_indices().nth(column);
    let at = characters.map_or(source.text().len(), |(at, _)| start + at);
    at..at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(tree: &Tree, text: &str, all: &mut Vec<String>) {
        all.push(text[tree.span.range()].to_owned());
        match &tree.value {
            TreeValue::List(items) => items.iter().for_each(|item| show(item, text, all)),
            TreeValue::Object(members) => members.iter().for_each(|(_, _, value)| show(value, text, all)),
            _ => {}
        }
    }

    #[test]
    fn values_span_their_text_and_lists_and_objects_how_they_open() {
        let text = "a: [1, [2]]\nb: []\nc:\n- d: e\n  f: {}\n- g\nh: {i: {j: k}}\nl: \"x\n  y\"\n";
        let source = Source::new("x", text.to_owned());
        let tree = parse(&source, 0).expect("it is YAML");
        let mut all = Vec::new();
        show(&tree, text, &mut all);
        let expected = ["", "[", "1", "[", "2", "[", "", "", "e", "{", "g", "{", "{", "k", "\"x\n  y\""];
        assert_eq!(all, expected);
    }
}
