//! The values of a JSON or YAML file, each with its bytes.
//!
//! JSON is not parsed into a tree: a [`Node`] is the raw text of a value, and is taken apart when it is asked for. So a
//! wrong type is a finding at its own place, what stands after it is still read, and a hostile file costs no more memory
//! than its text.

use std::borrow::Cow;
use std::fmt;
use std::ops::ControlFlow;

use serde::de::{DeserializeSeed, Deserializer as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::locator::Layout;
use super::yaml::{self, Tree, Value};
use super::{Source, Span};
use crate::diagnostic::{Code, Diagnostic, Place};

/// How many members an object may have.
pub const MAX_MEMBERS: usize = 100_000;

/// What kind of value it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// No value.
    Null,
    /// True or false.
    Bool,
    /// A number.
    Number,
    /// Text.
    Text,
    /// A list.
    List,
    /// An object.
    Object,
}

impl Kind {
    /// For people, with an article: `a list`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "a truth value",
            Self::Number => "a number",
            Self::Text => "text",
            Self::List => "a list",
            Self::Object => "an object",
        }
    }
}

/// A document that was parsed, or at least found to be sound.
#[derive(Debug)]
pub struct Document<'s> {
    source: &'s Source,
    number: u32,
    root: Root<'s>,
}

#[derive(Debug)]
enum Root<'s> {
    Json(&'s RawValue),
    Yaml(Tree),
}

/// A value in a document.
#[derive(Clone, Copy)]
pub struct Node<'d> {
    source: &'d Source,
    number: u32,
    inner: Inner<'d>,
}

#[derive(Clone, Copy)]
enum Inner<'d> {
    Json(&'d RawValue),
    Yaml(&'d Tree),
}

/// A member of an object.
#[derive(Debug, Clone)]
pub struct Member<'d> {
    /// The key.
    pub key: Cow<'d, str>,
    /// The bytes of the key.
    pub key_span: Span,
    /// The value.
    pub value: Node<'d>,
}

impl<'s> Document<'s> {
    /// Checks a JSON text. `number` is the number of the source among the [`super::Sources`] that spans will be looked up in.
    ///
    /// # Errors
    /// A finding where the text stops being JSON.
    pub fn json(source: &'s Source, number: u32) -> Result<Self, Diagnostic> {
        source.set_layout(Layout::json());
        match serde_json::from_str(source.text()) {
            Ok(raw) => Ok(Self { source, number, root: Root::Json(raw) }),
            Err(error) => Err(json_syntax(source, &error)),
        }
    }

    /// Parses a YAML text; else like [`Document::json`].
    ///
    /// # Errors
    /// A finding where the text stops being YAML, or asks for more than a mapping ever needs.
    pub fn yaml(source: &'s Source, number: u32) -> Result<Self, Diagnostic> {
        Ok(Self { source, number, root: Root::Yaml(yaml::parse(source)?) })
    }

    /// The outermost value.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        let inner = match &self.root {
            Root::Json(raw) => Inner::Json(raw),
            Root::Yaml(tree) => Inner::Yaml(tree),
        };
        Node { source: self.source, number: self.number, inner }
    }
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("kind", &self.kind()).field("span", &self.span()).finish()
    }
}

impl<'d> Node<'d> {
    /// The kind.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self.inner {
            Inner::Json(raw) => match raw.get().as_bytes().first() {
                Some(b'"') => Kind::Text,
                Some(b'{') => Kind::Object,
                Some(b'[') => Kind::List,
                Some(b't' | b'f') => Kind::Bool,
                Some(b'n') => Kind::Null,
                _ => Kind::Number,
            },
            Inner::Yaml(tree) => match tree.value {
                Value::Null => Kind::Null,
                Value::Bool(_) => Kind::Bool,
                Value::Number => Kind::Number,
                Value::Text(_) => Kind::Text,
                Value::List(_) => Kind::List,
                Value::Object(_) => Kind::Object,
            },
        }
    }

    /// The bytes.
    #[must_use]
    pub fn span(self) -> Span {
        match self.inner {
            Inner::Json(raw) => self.span_of(raw.get()),
            Inner::Yaml(tree) => tree.span(self.number),
        }
    }

    /// The bytes of text that is borrowed from the source: its address says where it stands.
    fn span_of(self, part: &str) -> Span {
        let base = self.source.text().as_ptr() as usize;
        let start = (part.as_ptr() as usize).saturating_sub(base);
        Span::new(self.number, start..start + part.len())
    }

    /// Where it stands.
    #[must_use]
    pub fn place(self) -> Place {
        self.source.place(self.span().range())
    }

    /// Where other bytes of the same source stand.
    #[must_use]
    pub fn place_of(self, span: Span) -> Place {
        self.source.place(span.range())
    }

    /// The value as it stands in the source.
    #[must_use]
    pub fn raw(self) -> &'d str {
        self.source.text().get(self.span().range()).unwrap_or_default()
    }

    /// The text, when it is text, or a plain value in YAML; `Err` says why the escapes in it cannot be read.
    ///
    /// # Errors
    /// For half of a surrogate pair.
    pub fn text(self) -> Result<Option<Cow<'d, str>>, String> {
        match self.inner {
            Inner::Json(raw) => {
                let Some(inner) = raw.get().strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
                    return Ok(None);
                };
                if !inner.contains('\\') {
                    return Ok(Some(Cow::Borrowed(inner)));
                }
                match serde_json::from_str::<String>(raw.get()) {
                    Ok(text) => Ok(Some(Cow::Owned(text))),
                    Err(error) => Err(cause(&error)),
                }
            }
            Inner::Yaml(tree) => match &tree.value {
                Value::Text(text) => Ok(Some(Cow::Borrowed(text))),
                // A plain `365`, `no` or `N` is a number or a truth value by accident: nobody quotes every text.
                Value::Number | Value::Bool(_) => Ok(Some(Cow::Borrowed(tree.raw(self.source)))),
                _ => Ok(None),
            },
        }
    }

    /// A number as it stands there: a version is often written as one.
    #[must_use]
    pub fn number_text(self) -> Option<Cow<'d, str>> {
        match self.inner {
            Inner::Json(raw) => (self.kind() == Kind::Number).then(|| Cow::Borrowed(raw.get())),
            Inner::Yaml(tree) => match &tree.value {
                Value::Number => Some(Cow::Borrowed(tree.raw(self.source))),
                _ => None,
            },
        }
    }

    /// The number, when it is a finite one.
    #[must_use]
    pub fn number(self) -> Option<f64> {
        self.number_text()?.parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// The truth value, when it is one.
    #[must_use]
    pub fn bool(self) -> Option<bool> {
        match self.inner {
            Inner::Json(raw) => raw.get().parse().ok(),
            Inner::Yaml(tree) => match tree.value {
                Value::Bool(value) => Some(value),
                _ => None,
            },
        }
    }

    /// The members of an object, in order, repeated keys included; `None` when it is no object or has more than
    /// [`MAX_MEMBERS`].
    #[must_use]
    pub fn members(self) -> Option<Vec<Member<'d>>> {
        match self.inner {
            Inner::Json(raw) if self.kind() == Kind::Object => {
                let mut members = Vec::new();
                let each = Members { node: self, members: &mut members };
                serde_json::Deserializer::from_str(raw.get()).deserialize_map(each).ok()?;
                Some(members)
            }
            Inner::Yaml(Tree { value: Value::Object(object), .. }) => {
                let members = object.iter().map(|(key, value)| Member {
                    key: Cow::Borrowed(key.key(self.source)),
                    key_span: key.span(self.number),
                    value: Node { inner: Inner::Yaml(value), ..self },
                });
                Some(members.collect())
            }
            _ => None,
        }
    }

    /// Calls `each` for every item of a list, in order, until it breaks; `false` when it is no list.
    pub fn for_each_item(self, mut each: impl FnMut(usize, Self) -> ControlFlow<()>) -> bool {
        match self.inner {
            Inner::Json(raw) if self.kind() == Kind::List => {
                let items = Items { node: self, each };
                // The text is sound JSON; what ends early ends because it was told to.
                let _ = serde_json::Deserializer::from_str(raw.get()).deserialize_seq(items);
                true
            }
            Inner::Yaml(Tree { value: Value::List(list), .. }) => {
                for (index, item) in list.iter().enumerate() {
                    if each(index, Node { inner: Inner::Yaml(item), ..self }).is_break() {
                        break;
                    }
                }
                true
            }
            _ => false,
        }
    }

    /// The items of a list; `None` when it is no list or has more than [`MAX_MEMBERS`].
    #[must_use]
    pub fn items(self) -> Option<Vec<Self>> {
        let mut items = Vec::new();
        let is_list = self.for_each_item(|_, item| {
            items.push(item);
            if items.len() > MAX_MEMBERS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        (is_list && items.len() <= MAX_MEMBERS).then_some(items)
    }

    /// The first member with this key.
    #[must_use]
    pub fn get(self, key: &str) -> Option<Self> {
        self.members()?.into_iter().find(|member| member.key == key).map(|member| member.value)
    }
}

/// Collects the members of a JSON object.
struct Members<'m, 'd> {
    node: Node<'d>,
    members: &'m mut Vec<Member<'d>>,
}

impl<'d> Visitor<'d> for Members<'_, 'd> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'d>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Text)? {
            let raw: &'d RawValue = map.next_value()?;
            if self.members.len() == MAX_MEMBERS {
                return Err(serde::de::Error::custom("too many members"));
            }
            let value = Node { inner: Inner::Json(raw), ..self.node };
            let key_span = match &key {
                Cow::Borrowed(key) => {
                    let bare = self.node.span_of(key);
                    // The quotes belong to it.
                    Span { start: bare.start.saturating_sub(1), end: bare.end + 1, ..bare }
                }
                Cow::Owned(_) => value.span(),
            };
            self.members.push(Member { key, key_span, value });
        }
        Ok(())
    }
}

/// Text that is borrowed where it has no escapes.
struct Text;

impl<'d> DeserializeSeed<'d> for Text {
    type Value = Cow<'d, str>;

    fn deserialize<D: serde::Deserializer<'d>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'d> Visitor<'d> for Text {
    type Value = Cow<'d, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'d str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// Hands the items of a JSON list on.
struct Items<'d, F> {
    node: Node<'d>,
    each: F,
}

impl<'d, F: FnMut(usize, Node<'d>) -> ControlFlow<()>> Visitor<'d> for Items<'d, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'d>>(mut self, mut items: A) -> Result<(), A::Error> {
        let mut index = 0;
        while let Some(raw) = items.next_element::<&'d RawValue>()? {
            if (self.each)(index, Node { inner: Inner::Json(raw), ..self.node }).is_break() {
                return Err(serde::de::Error::custom("enough"));
            }
            index += 1;
        }
        Ok(())
    }
}

/// A JSON syntax error at the place that the parser names.
fn json_syntax(source: &Source, error: &serde_json::Error) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::Syntax, format!("the JSON breaks off: {}", cause(error)));
    let help = if error.is_eof() {
        "the file seems to be cut short"
    } else {
        "the file is not valid JSON from here on"
    };
    let line = source.line_start(error.line().saturating_sub(1));
    // The parser counts bytes from 1, and 0 where a line has just begun.
    let at = line + error.column().saturating_sub(1);
    diagnostic.at(source.place(at..at + 1)).help(help)
}

/// The parser's message without the position.
fn cause(error: &serde_json::Error) -> String {
    let cause = error.to_string();
    cause.rsplit_once(" at line ").map_or(cause.as_str(), |(cause, _)| cause).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(node: Node<'_>) -> String {
        match node.kind() {
            Kind::Object => {
                let members = node.members().expect("an object");
                let parts = members.iter().map(|one| format!("{}: {}", one.key, outline(one.value)));
                format!("{{{}}}", parts.collect::<Vec<_>>().join(", "))
            }
            Kind::List => {
                let items = node.items().expect("a list");
                format!("[{}]", items.into_iter().map(outline).collect::<Vec<_>>().join(", "))
            }
            Kind::Text => format!("'{}'", node.text().expect("sound").expect("text")),
            Kind::Number => node.number_text().expect("a number").into_owned(),
            Kind::Bool => node.bool().expect("a truth value").to_string(),
            Kind::Null => "null".to_owned(),
        }
    }

    #[test]
    fn json_and_yaml_give_the_same_values_and_places() {
        let json = Source::new(
            "a.json",
            "{\"a\": [1, 16.10, true, null],\n \"b c\": {\"d\": \"x\\u00e9\"}}".to_owned(),
        );
        let yaml = Source::new("a.yaml", "a:\n- 1\n- 16.10\n- true\n- null\nb c:\n  d: xé\n".to_owned());
        let json_document = Document::json(&json, 0).expect("it is JSON");
        let yaml_document = Document::yaml(&yaml, 0).expect("it is YAML");
        let expected = "{a: [1, 16.10, true, null], b c: {d: 'xé'}}";
        assert_eq!(outline(json_document.root()), expected);
        assert_eq!(outline(yaml_document.root()), expected);
        for (document, line, column) in [(&json_document, 2, 15), (&yaml_document, 7, 6)] {
            let node = document.root().get("b c").and_then(|one| one.get("d")).expect("it is there");
            let place = node.place();
            assert_eq!((place.line, place.column), (line, column));
            assert_eq!(place.locator.map(|one| one.to_string()).as_deref(), Some("[\"b c\"].d"));
        }
    }

    #[test]
    fn a_plain_value_of_yaml_is_text_where_text_is_wanted() {
        let source = Source::new("a.yaml", "[N, no, 365, 16.10, yes, ~, a b]\n".to_owned());
        let document = Document::yaml(&source, 0).expect("it is YAML");
        let items = document.root().items().expect("a list");
        let texts: Vec<_> = items.iter().map(|item| item.text().expect("sound")).collect();
        let expected = [Some("N"), Some("no"), Some("365"), Some("16.10"), Some("yes"), None, Some("a b")];
        assert_eq!(texts.iter().map(Option::as_deref).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn an_alias_has_the_text_of_what_it_repeats() {
        let text = "[&x 1.10, *x, &n true, *n, &t a b, *t]\n".to_owned();
        let source = Source::new("a.yaml", text);
        let document = Document::yaml(&source, 0).expect("it is YAML");
        let items = document.root().items().expect("a list");
        let texts: Vec<_> = items.iter().filter_map(|item| item.text().expect("sound")).collect();
        assert_eq!(texts, ["1.10", "1.10", "true", "true", "a b", "a b"]);
        assert_eq!(items[1].place().column, 11, "and its own place");
    }

    #[test]
    fn repeated_keys_are_kept_and_half_surrogates_are_told() {
        let source = Source::new("x", r#"{"a": 1, "a": "\ud800"}"#.to_owned());
        let document = Document::json(&source, 0).expect("it is JSON");
        let members = document.root().members().expect("an object");
        assert_eq!(members.len(), 2);
        assert_eq!(&source.text()[members[1].key_span.range()], "\"a\"");
        assert!(members[1].value.text().is_err());
    }
}
