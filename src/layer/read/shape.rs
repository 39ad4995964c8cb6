//! Values of a layer by their types, with a finding for each that the Navigator would leave out or break off at.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::source::node::{Kind, MAX_MEMBERS, Member, Node};

/// How many findings of one file are told.
pub(in crate::layer) const MAX_FINDINGS: usize = 10_000;

/// The longest text that is read, in bytes.
const MAX_TEXT: usize = 1024 * 1024;

/// What it means that a value is of another type than the format says.
const IGNORED: &str = "the Navigator leaves it out and keeps its default";
const BREAKS: &str = "the Navigator breaks off here, and opens the layer half filled or not at all";

/// What was found in the values.
#[derive(Debug, Default)]
pub(super) struct Shape {
    pub(super) findings: Vec<Diagnostic>,
}

/// The members of an object. Of a key that stands twice the last counts, as in JavaScript and Python.
#[derive(Debug, Clone)]
pub(in crate::layer) struct Fields<'d> {
    pub(in crate::layer) members: Vec<Member<'d>>,
}

impl<'d> Fields<'d> {
    /// The members, when it is an object.
    pub(in crate::layer) fn of(node: Node<'d>) -> Option<Self> {
        Some(Self { members: node.members()? })
    }

    /// The value of a key.
    pub(in crate::layer) fn get(&self, key: &str) -> Option<Node<'d>> {
        self.members.iter().rev().find(|member| member.key == key).map(|member| member.value)
    }

    pub(in crate::layer) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// The members whose key stood there before.
    fn repeated(&self) -> Vec<&Member<'d>> {
        let is_small = self.members.len() <= 16;
        let mut seen = BTreeSet::new();
        let repeated = self.members.iter().enumerate().filter(|(index, member)| {
            if is_small {
                self.members[..*index].iter().any(|one| one.key == member.key)
            } else {
                !seen.insert(&*member.key)
            }
        });
        repeated.map(|(_, member)| member).collect()
    }
}

impl Shape {
    /// Notes a finding with what it means.
    pub(super) fn find(&mut self, node: Node<'_>, code: Code, message: String, help: impl Into<String>) {
        if self.findings.len() <= MAX_FINDINGS {
            self.findings.push(Diagnostic::new(code, message).at(node.place()).help(help));
        }
    }

    /// The value is of another type, and left out.
    pub(super) fn ignored(&mut self, node: Node<'_>, name: &str, expected: &str) {
        let message = format!("{} is {}, not {expected}", called(name), node.kind().name());
        self.find(node, Code::IgnoredValue, message, IGNORED);
    }

    /// The value is of another type, and nothing after it is read.
    pub(super) fn breaks(&mut self, node: Node<'_>, name: &str, expected: &str) {
        let message = match node.kind() {
            Kind::Object | Kind::List if expected == node.kind().name() => {
                format!("{} has more than {MAX_MEMBERS} members", called(name))
            }
            kind => format!("{} is {}, not {expected}", called(name), kind.name()),
        };
        self.find(node, Code::LayerBreaks, message, BREAKS);
    }

    /// The members of an object.
    pub(super) fn fields<'d>(&mut self, node: Node<'d>, name: &str) -> Option<Fields<'d>> {
        let Some(fields) = Fields::of(node) else {
            self.breaks(node, name, Kind::Object.name());
            return None;
        };
        for member in fields.repeated() {
            if self.findings.len() < MAX_FINDINGS {
                let message = format!("`{}` stands twice in {}", short(&member.key), called(name));
                let place = member.value.place_of(member.key_span);
                let diagnostic = Diagnostic::new(Code::IgnoredValue, message).at(place);
                self.findings.push(diagnostic.help("the Navigator takes the last of them"));
            }
        }
        Some(fields)
    }

    /// The items of a list.
    pub(super) fn items<'d>(&mut self, node: Node<'d>, name: &str) -> Vec<Node<'d>> {
        node.items().unwrap_or_else(|| {
            self.breaks(node, name, Kind::List.name());
            Vec::new()
        })
    }

    /// The text of a value; what is none, or too long, is a finding.
    pub(super) fn text<'d>(&mut self, node: Node<'d>, name: &str) -> Option<Cow<'d, str>> {
        match node.text() {
            Ok(Some(text)) if text.len() > MAX_TEXT => {
                let message = format!("`{name}` has {} bytes of text", text.len());
                self.find(node, Code::TooLong, message, format!("at most {MAX_TEXT} are read"));
                None
            }
            Ok(Some(text)) => Some(text),
            Ok(None) => {
                self.ignored(node, name, Kind::Text.name());
                None
            }
            Err(reason) => {
                let message = format!("`{name}` is not valid text ({reason})");
                self.find(node, Code::Syntax, message, "an escape of half a character cannot be read");
                None
            }
        }
    }

    /// The text of an optional value.
    pub(super) fn text_of(&mut self, node: Option<Node<'_>>, name: &str) -> Option<String> {
        Some(self.text(node?, name)?.into_owned())
    }

    /// The text of a value that may also be written as a number, as versions are.
    pub(super) fn version<'d>(&mut self, node: Node<'d>, name: &str) -> Option<Cow<'d, str>> {
        node.number_text().or_else(|| self.text(node, name))
    }

    /// A truth value.
    pub(super) fn flag(&mut self, node: Option<Node<'_>>, name: &str) -> Option<bool> {
        let node = node?;
        let flag = node.bool();
        if flag.is_none() {
            self.ignored(node, name, Kind::Bool.name());
        }
        flag
    }

    /// A finite number.
    pub(super) fn number(&mut self, node: Option<Node<'_>>, name: &str) -> Option<f64> {
        let node = node?;
        let number = node.number();
        if number.is_none() {
            self.ignored(node, name, Kind::Number.name());
        }
        number
    }

    /// One of the values that the format defines.
    pub(super) fn choice(
        &mut self,
        node: Option<Node<'_>>,
        name: &str,
        choices: &[&'static str],
    ) -> Option<&'static str> {
        let node = node?;
        let text = self.text(node, name)?;
        let found = choices.iter().find(|choice| **choice == text).copied();
        if found.is_none() {
            let message = format!("`{name}` is {}, which the format does not define", quoted(&text));
            let all = choices.join(", ");
            let help = match crate::suggest::nearest(&text, choices.iter().copied()) {
                Some(near) => format!("did you mean `{near}`? {IGNORED}"),
                None => format!("{IGNORED}; it knows {all}"),
            };
            self.find(node, Code::LayerOption, message, help);
        }
        found
    }
}

/// What a message calls a value: a field by its name, anything else in words.
fn called(name: &str) -> Cow<'_, str> {
    if name.contains(' ') { Cow::Borrowed(name) } else { Cow::Owned(format!("`{name}`")) }
}

/// A text for a message that says what it is.
pub(in crate::layer) fn quoted(text: &str) -> Cow<'static, str> {
    if text.is_empty() { Cow::Borrowed("empty") } else { Cow::Owned(format!("`{}`", short(text))) }
}

/// A value for a message: at most 60 characters of it.
pub(in crate::layer) fn short(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(60) {
        Some((at, _)) => Cow::Owned(format!("{}…", &text[..at])),
        None => Cow::Borrowed(text),
    }
}

/// A value with the bytes that it stands in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// A value where a node stands.
    pub(in crate::layer) fn at(node: Node<'_>, value: T) -> Self {
        Self { value, span: node.span() }
    }
}
