//! YAML as a tree of values with their bytes.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::DuplicateKeyPolicy;
use serde_saphyr::{Location, Spanned};

use super::locator::{Layout, Outline, Step};
use super::{Source, Span};
use crate::diagnostic::{Code, Diagnostic};

/// The largest YAML text that is read, in bytes: its parser makes some 20 MB a second, and no mapping has two.
pub(super) const MAX_BYTES: usize = 8 * 1024 * 1024;

/// How many values a YAML text may have, those that aliases repeat counted each time: four times those of the largest
/// published mapping.
const MAX_NODES: usize = 500_000;

/// A value with its bytes.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) start: u32,
    pub(super) end: u32,
    /// Where its text stands: for an alias, at what it repeats.
    text: (u32, u32),
    pub(super) value: Value,
}

/// What a value of a YAML text is.
#[derive(Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    /// Its text is what stands in the source.
    Number,
    Text(Box<str>),
    List(Vec<Tree>),
    Object(Vec<(Tree, Tree)>),
}

impl Tree {
    /// The bytes in the source with this number.
    pub(super) const fn span(&self, source: u32) -> Span {
        Span { source, start: self.start, end: self.end }
    }

    /// The text of a key, which need not be text.
    pub(super) fn key<'t>(&'t self, source: &'t Source) -> &'t str {
        match &self.value {
            Value::Text(text) => text,
            _ => self.raw(source),
        }
    }

    /// A plain value as it stands in the source.
    pub(super) fn raw<'t>(&self, source: &'t Source) -> &'t str {
        let (start, end) = self.text;
        let text = source.text().get(start as usize..end as usize).unwrap_or_default();
        text.trim().trim_matches(['"', '\''])
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parsed = Spanned::<Value>::deserialize(deserializer)?;
        let (start, end) = bytes_of(parsed.referenced);
        Ok(Self { start, end, text: bytes_of(parsed.defined), value: parsed.value })
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

/// The bytes of a location. The parser counts them whenever it is given text.
fn bytes_of(location: Location) -> (u32, u32) {
    let offset = |bytes: Option<u64>| u32::try_from(bytes.unwrap_or(0)).unwrap_or(u32::MAX);
    let span = location.span();
    let start = offset(span.byte_offset());
    (start, start.saturating_add(offset(span.byte_len())))
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
        Ok(Value::Text(text.into()))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text.into()))
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

/// Reads a YAML text; notes in the source what stands where.
pub(super) fn parse(source: &Source) -> Result<Tree, Diagnostic> {
    if source.text().len() > MAX_BYTES {
        let message = format!("the YAML is larger than {} MiB", MAX_BYTES / 1024 / 1024);
        return Err(Diagnostic::new(Code::Syntax, message)
            .at(source.whole())
            .help("split it, or convert it to JSON, which is read faster"));
    }
    let mut budget = serde_saphyr::Budget::default();
    budget.max_nodes = MAX_NODES;
    budget.max_events = 4 * MAX_NODES;
    let options = serde_saphyr::options! {
        budget: Some(budget),
        duplicate_keys: DuplicateKeyPolicy::Error,
    };
    let tree: Tree = serde_saphyr::from_str_with_options(source.text(), options)
        .map_err(|error| syntax(source, &error))?;
    let mut outline = Outline::default();
    note(&tree, None, &mut outline);
    source.set_layout(Layout::Outline(outline));
    Ok(tree)
}

/// Notes what a value holds; `holder` is its own place in the outline.
fn note(tree: &Tree, holder: Option<u32>, outline: &mut Outline) {
    match &tree.value {
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                let entry = outline.push(item.start, holder, Step::Index(index));
                note(item, entry, outline);
            }
        }
        Value::Object(members) => {
            for (key, value) in members {
                let entry = outline.push(key.start, holder, Step::Key(key.start..key.end));
                note(value, entry, outline);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number | Value::Text(_) => {}
    }
}

/// A syntax error where the parser stopped.
fn syntax(source: &Source, error: &serde_saphyr::Error) -> Diagnostic {
    let message = error.without_snippet().to_string();
    let message = message.lines().next().unwrap_or("not valid YAML");
    // The place holds the position already.
    let message = message.split(" at line ").next().unwrap_or(message);
    let message = message.strip_prefix("error: ").unwrap_or(message).trim_end_matches(':');
    let (message, help) = in_own_words(message);
    let shown: String = message.chars().take(120).collect();
    let place = match error.location() {
        Some(location) => {
            let range = bytes(source, location);
            source.place(range.start..range.end.max(range.start + 1))
        }
        None => source.whole(),
    };
    Diagnostic::new(Code::Syntax, shown).at(place).help(help)
}

/// What the parser says, in words for whoever wrote the file, and what to do about it.
fn in_own_words(message: &str) -> (String, &'static str) {
    let said = |text: &str| message.contains(text);
    if let Some(rest) = message.strip_prefix("duplicate mapping key: ") {
        let key = rest.split(", set ").next().unwrap_or(rest);
        (format!("the key `{key}` stands twice"), "which of them counts is nowhere said: keep one")
    } else if said("recursive references") {
        ("a value repeats itself without end".to_owned(), "write the value out instead of the alias")
    } else if said("budget breached") || said("recursion limit") || said("nesting") {
        ("the YAML nests deeper, or repeats more, than any mapping".to_owned(), "write the values out")
    } else {
        (message.to_owned(), "the file is not valid YAML from here on")
    }
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
        all.push(text[tree.span(0).range()].to_owned());
        match &tree.value {
            Value::List(items) => items.iter().for_each(|item| show(item, text, all)),
            Value::Object(members) => members.iter().for_each(|(_, value)| show(value, text, all)),
            _ => {}
        }
    }

    #[test]
    fn values_span_their_text_and_lists_and_objects_how_they_open() {
        let text = "a: [1, [2]]\nb: []\nc:\n- d: e\n  f: {}\n- g\nh: {i: {j: k}}\nl: \"x\n  y\"\n";
        let source = Source::new("x", text.to_owned());
        let tree = parse(&source).expect("it is YAML");
        let mut all = Vec::new();
        show(&tree, text, &mut all);
        let expected = ["", "[", "1", "[", "2", "[", "", "", "e", "{", "g", "{", "{", "k", "\"x\n  y\""];
        assert_eq!(all, expected);
    }
}
