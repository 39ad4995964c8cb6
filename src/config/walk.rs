//! From TOML to what is written, with every mistake on the way.

use std::borrow::Cow;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{Node, ROOT, accepted};
use super::written::{Origin, Position, Setting, Written};
use crate::coverage::Scale;
use crate::diagnostic::{Code, Diagnostic};
use crate::mapping::Level;
use crate::mapping::read::Columns;
use crate::source::Source;
use crate::suggest;

/// How many mistakes of a file are shown at most: a file of a million is not a configuration.
pub const MAX_FINDINGS: usize = 200;

/// What a configuration says.
#[derive(Debug, Default)]
pub struct Parsed {
    /// What is written. What is wrong is left out.
    pub written: Written,
    /// The mistakes, in the order of the file; at most [`MAX_FINDINGS`].
    pub findings: Vec<Diagnostic>,
}

/// Reads a configuration. `name` is what findings call it; paths in it are relative to `folder`.
#[must_use]
pub fn parse(name: &str, folder: &Path, text: String) -> Parsed {
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    };
    let source = Arc::new(Source::new(name, text));
    let mut walk = Walk {
        source: Arc::clone(&source),
        folder: folder.to_owned(),
        written: Written::default(),
        findings: Vec::new(),
    };
    let (table, errors) = DeTable::parse_recoverable(source.text());
    let mut broken: Vec<(usize, bool)> = Vec::new();
    for error in errors.iter().take(MAX_FINDINGS) {
        let bytes = error.span().unwrap_or(0..0);
        let message = error.message().lines().collect::<Vec<_>>().join(", ");
        broken.push((bytes.start, message.starts_with("unclosed")));
        walk.find(Code::ConfigSyntax, bytes, format!("this is not TOML: {message}"), syntax_help(&message));
    }
    walk.root(table.get_ref());
    walk.scale_rises();
    walk.columns_have_a_technique(table.get_ref());
    walk.forget_what_follows_from(&broken);
    walk.finish()
}

/// What the parser's word for a common mistake does not tell.
fn syntax_help(message: &str) -> Option<String> {
    let is = |part: &str| message.contains(part);
    let help = if is("duplicate key") {
        "a key stands once; a list holds several values: [\"one\", \"two\"]"
    } else if is("quot") || is("string values must be") {
        "text stands in quotes: \"layered\""
    } else {
        return None;
    };
    Some(help.to_owned())
}

/// One pass over a file.
pub(super) struct Walk {
    pub(super) source: Arc<Source>,
    pub(super) folder: PathBuf,
    pub(super) written: Written,
    /// With the byte that each is about, to sort by.
    findings: Vec<(usize, Diagnostic)>,
}

/// A key and its value.
pub(super) struct Item<'a> {
    /// The last part: `metric`.
    pub(super) key: &'a str,
    /// All of it: `score.metric`.
    pub(super) path: String,
    /// The last part of the table that it stands in: `score`; empty before the first table.
    pub(super) table: &'a str,
    /// Where the key stands.
    pub(super) key_bytes: Range<usize>,
    /// The value.
    pub(super) value: &'a Spanned<DeValue<'a>>,
}

impl Walk {
    pub(super) fn find(&mut self, code: Code, bytes: Range<usize>, message: String, help: Option<String>) {
        if self.findings.len() < MAX_FINDINGS {
            let finding = Diagnostic::new(code, message).at(self.source.place(bytes.clone()));
            self.findings.push((bytes.start, Diagnostic { help, ..finding }));
        }
    }

    pub(super) fn setting<T>(&self, value: T, bytes: Range<usize>) -> Setting<T> {
        Setting { value, origin: Origin::File(Position::new(&self.source, bytes)) }
    }

    fn root(&mut self, table: &DeTable<'_>) {
        self.table(("", ""), table, ROOT);
    }

    /// Reads a table, whose dotted path and its last part are given.
    fn table(&mut self, (path, last): (&str, &str), table: &DeTable<'_>, node: Node) {
        for (key, value) in table {
            let name: &Cow<'_, str> = key.get_ref();
            let below = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
            let item = Item { key: name, path: below, table: last, key_bytes: key.span(), value };
            match node.get(name) {
                Some(Node::Value(reader)) => reader(self, &item),
                Some(inner) => match value.get_ref() {
                    DeValue::Table(table) => {
                        if let Node::Tables(..) = node {
                            self.selection(&item, table);
                        }
                        self.table((&item.path, name), table, inner);
                    }
                    _ => self.wrong_type(&item.path, value, "a table"),
                },
                None => self.unknown_key(path, &item, node),
            }
        }
    }

    pub(super) fn wrong_type(&mut self, path: &str, value: &Spanned<DeValue<'_>>, wanted: &str) {
        let (found, help) = match value.get_ref() {
            DeValue::String(_) => ("a string", None),
            DeValue::Integer(number) => ("an integer", Some(number.as_str())),
            DeValue::Float(number) => ("a float", Some(number.as_str())),
            DeValue::Boolean(_) => ("a boolean", None),
            DeValue::Datetime(_) => ("a date", None),
            DeValue::Array(_) => ("an array", None),
            DeValue::Table(_) => ("a table", None),
        };
        let help =
            help.filter(|_| wanted.starts_with("a string")).map(|text| format!("did you mean \"{text}\"?"));
        let message = format!("`{}` takes {wanted}, not {found}", shown(path));
        self.find(Code::WrongSettingType, value.span(), message, help);
    }

    fn unknown_key(&mut self, path: &str, item: &Item<'_>, node: Node) {
        if self.findings.len() >= MAX_FINDINGS {
            return;
        }
        let known = node.keys();
        let name = shown(item.key);
        let is_table = matches!(item.value.get_ref(), DeValue::Table(_)) && path.is_empty();
        let message = match (is_table, path) {
            (true, _) => format!("there is no table [{name}]"),
            (false, "") => format!("there is no setting `{name}`"),
            (false, path) => format!("[{path}] has no setting `{name}`"),
        };
        let near = suggest::nearest(item.key, known.iter().copied());
        // A right key in the wrong table is no typing mistake.
        let elsewhere = accepted();
        let elsewhere = elsewhere.iter().find_map(|key| match key.rsplit_once('.') {
            Some((table, last)) if last == item.key && table != path => Some(table),
            None if key == item.key => Some(""),
            _ => None,
        });
        let help = match (near, elsewhere) {
            (_, Some("")) => format!("`{name}` stands before the first table"),
            (_, Some(table)) => format!("`{name}` belongs into [{table}]"),
            (Some(near), None) => format!("did you mean `{near}`?"),
            (None, None) => format!("known here: {}", known.join(", ")),
        };
        self.find(Code::UnknownKey, item.key_bytes.clone(), message, Some(help));
    }

    /// What the scale holds must rise, with the defaults where it says nothing.
    fn scale_rises(&mut self) {
        let standard = Scale::default();
        let of = |level: Level| {
            self.written.scale.get(&level).map_or(standard.score(level), |setting| setting.value)
        };
        let [minimal, partial, significant] = Level::ALL.map(of);
        if Scale::new(minimal, partial, significant).is_ok() {
            return;
        }
        let (low, high) = if minimal < partial {
            (Level::Partial, Level::Significant)
        } else {
            (Level::Minimal, Level::Partial)
        };
        let givers =
            [high, low].map(|level| self.written.scale.get(&level).map(|setting| setting.origin.clone()));
        let Some(Origin::File(position)) = givers.into_iter().flatten().next() else { return };
        let state = |level: Level| {
            let by = if self.written.scale.contains_key(&level) { "" } else { " by default" };
            format!("`{}` is {}{by}", level.key(), of(level))
        };
        let message = format!("the scale does not rise: {}, {}", state(low), state(high));
        let help = "0 < minimal < partial < significant ≤ 100".to_owned();
        self.written.scale.clear();
        self.find(Code::InvalidSetting, position.bytes(), message, Some(help));
    }

    /// A table without ids of techniques is no mapping.
    fn columns_have_a_technique(&mut self, root: &DeTable<'_>) {
        let Some((key, value)) = root.iter().find(|(key, _)| *key.get_ref() == "columns") else { return };
        let DeValue::Table(table) = value.get_ref() else { return };
        if table.iter().any(|(key, _)| *key.get_ref() == Columns::KEYS[0]) {
            return;
        }
        let message = "[columns] does not name the column of techniques".to_owned();
        let help = "technique = \"the column with ids such as T1562.008\"".to_owned();
        self.find(Code::InvalidSetting, key.span(), message, Some(help));
    }

    /// A line that is no TOML is told of once: what the parser made of it, and of the line after something that was
    /// left open, says nothing of its own.
    fn forget_what_follows_from(&mut self, broken: &[(usize, bool)]) {
        if broken.is_empty() {
            return;
        }
        let line = |at: usize| self.source.place(at..at).line;
        let broken = broken.iter().map(|(at, is_open)| (line(*at), line(*at) + usize::from(*is_open)));
        let broken: Vec<(usize, usize)> = broken.collect();
        self.findings.retain(|(at, finding)| {
            let line = line(*at);
            finding.code == Code::ConfigSyntax
                || !broken.iter().any(|(first, last)| (*first..=*last).contains(&line))
        });
    }

    fn finish(mut self) -> Parsed {
        self.findings.sort_by_key(|(at, _)| *at);
        Parsed {
            written: self.written,
            findings: self.findings.into_iter().map(|(_, finding)| finding).collect(),
        }
    }
}

/// What stands in a file, shortened to what a message can hold.
pub(super) fn shown(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(60) {
        Some((at, _)) => Cow::Owned(format!("{}…", &text[..at])),
        None => Cow::Borrowed(text),
    }
}
