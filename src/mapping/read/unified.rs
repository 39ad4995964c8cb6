//! The unified JSON of Mappings Explorer: an object with `metadata` and `mapping_objects`.
//!
//! Each value is taken as raw text first: so a wrong type is a finding at its own place, rows after it are still read,
//! and every later finding about a value can point at it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::model::{Framework, Group, MappingSet, Origin, Publication};
use super::Outcome;
use super::rows::{Assembler, Field, Row, short};
use crate::attack::{Domain, Version};
use crate::diagnostic::{Code, Diagnostic, Place, Source, Sources, Span};

#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow)]
    metadata: Option<&'a RawValue>,
    #[serde(borrow)]
    mapping_objects: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow)]
    technology_domain: Option<&'a RawValue>,
    #[serde(borrow)]
    attack_version: Option<&'a RawValue>,
    #[serde(borrow)]
    mapping_framework: Option<&'a RawValue>,
    #[serde(borrow)]
    mapping_framework_version: Option<&'a RawValue>,
    #[serde(borrow)]
    mapping_version: Option<&'a RawValue>,
    #[serde(borrow)]
    author: Option<&'a RawValue>,
    #[serde(borrow)]
    contact: Option<&'a RawValue>,
    #[serde(borrow)]
    organization: Option<&'a RawValue>,
    #[serde(borrow)]
    creation_date: Option<&'a RawValue>,
    #[serde(borrow)]
    last_update: Option<&'a RawValue>,
    #[serde(borrow)]
    mapping_types: Option<&'a RawValue>,
    #[serde(borrow)]
    capability_groups: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct MappingType<'a> {
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Object<'a> {
    #[serde(borrow)]
    capability_id: Option<&'a RawValue>,
    #[serde(borrow)]
    capability_description: Option<&'a RawValue>,
    #[serde(borrow)]
    capability_group: Option<&'a RawValue>,
    #[serde(borrow)]
    mapping_type: Option<&'a RawValue>,
    #[serde(borrow)]
    attack_object_id: Option<&'a RawValue>,
    #[serde(borrow)]
    attack_object_name: Option<&'a RawValue>,
    #[serde(borrow)]
    score_category: Option<&'a RawValue>,
    #[serde(borrow)]
    score_value: Option<&'a RawValue>,
    #[serde(borrow)]
    related_score: Option<&'a RawValue>,
    #[serde(borrow)]
    status: Option<&'a RawValue>,
    #[serde(borrow)]
    comments: Option<&'a RawValue>,
    #[serde(borrow)]
    references: Option<&'a RawValue>,
}

/// Reads the file; `None` when it is JSON of another kind.
pub(super) fn read(source: &Arc<Source>, origin: Origin) -> Option<Outcome> {
    let text = source.text();
    // A list would fill the struct's fields one by one; it is JSON of another kind.
    if !text.trim_start().starts_with('{') {
        let checked = serde_json::from_str::<serde::de::IgnoredAny>(text);
        return checked.err().map(|error| Outcome::failed(syntax(source, &error)));
    }
    let file: File<'_> = match serde_json::from_str(text) {
        Ok(file) => file,
        Err(error) if error.classify() == serde_json::error::Category::Data => {
            return Some(Outcome::failed(named_twice(source, &error)));
        }
        Err(error) => return Some(Outcome::failed(syntax(source, &error))),
    };
    let (metadata, objects) = match (file.metadata, file.mapping_objects) {
        (Some(metadata), Some(objects)) => (metadata, objects),
        (None, None) => return None,
        // A Navigator layer has a list of metadata.
        (Some(metadata), None) if !metadata.get().starts_with('{') => return None,
        (metadata, _) => {
            let missing = if metadata.is_none() { "metadata" } else { "mapping_objects" };
            let diagnostic = Diagnostic::new(Code::MissingField, format!("the file has no `{missing}`"));
            return Some(Outcome::failed(diagnostic.at(source.whole())));
        }
    };
    Some(Reader { source, findings: Vec::new() }.read(metadata, objects, origin))
}

/// A syntax error at the place that the parser names.
pub(super) fn syntax(source: &Source, error: &serde_json::Error) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::Syntax, format!("the JSON breaks off: {}", cause(error)));
    let help = if error.is_eof() {
        "the file seems to be cut short"
    } else {
        "the file is not valid JSON from here on"
    };
    diagnostic.at(place(source, error)).help(help)
}

/// The one thing that can be wrong with an object of raw values: a name stands in it twice.
fn named_twice(source: &Source, error: &serde_json::Error) -> Diagnostic {
    Diagnostic::new(Code::WrongType, format!("the file has a {}", cause(error))).at(place(source, error))
}

/// The parser's message without the position.
fn cause(error: &serde_json::Error) -> String {
    let cause = error.to_string();
    cause.rsplit_once(" at line ").map_or(cause.as_str(), |(cause, _)| cause).to_owned()
}

/// The parser's position.
fn place(source: &Source, error: &serde_json::Error) -> Place {
    let starts: usize =
        source.text().split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    // The parser counts bytes from 1, and 0 where a line has just begun.
    let at = starts + error.column().saturating_sub(1);
    source.place(at..at + 1)
}

struct Reader<'s> {
    source: &'s Arc<Source>,
    findings: Vec<Diagnostic>,
}

impl<'s> Reader<'s> {
    fn read(mut self, metadata: &'s RawValue, objects: &'s RawValue, origin: Origin) -> Outcome {
        let set = self.metadata(metadata, origin);
        let rows: Result<Vec<&RawValue>, _> = serde_json::from_str(objects.get());
        let Ok(rows) = rows else {
            self.wrong_type(objects, "mapping_objects", "a list");
            return Outcome { set: None, findings: self.findings };
        };
        let Some(set) = set else { return Outcome { set: None, findings: self.findings } };
        if rows.is_empty() {
            let diagnostic = Diagnostic::new(Code::NoMappings, "`mapping_objects` is empty");
            self.findings.push(diagnostic.at(self.source.place(self.range(objects))));
            return Outcome { set: None, findings: self.findings };
        }
        let mut assembler = Assembler::new(set);
        for (index, raw) in rows.into_iter().enumerate() {
            if !raw.get().starts_with('{') {
                self.wrong_type(raw, &format!("mapping_objects[{index}]"), "an object");
                continue;
            }
            match serde_json::from_str::<Object<'_>>(raw.get()) {
                Ok(object) => assembler.push(&self.row(&object, raw)),
                Err(error) => {
                    let message = format!("`mapping_objects[{index}]` is not a mapping ({})", cause(&error));
                    let place = self.source.place(self.range(raw));
                    self.findings.push(Diagnostic::new(Code::WrongType, message).at(place));
                }
            }
        }
        let (set, mut findings) = assembler.finish();
        self.findings.append(&mut findings);
        Outcome { set: Some(set), findings: self.findings }
    }

    fn metadata(&mut self, raw: &'s RawValue, origin: Origin) -> Option<MappingSet> {
        let object = raw.get().starts_with('{').then(|| serde_json::from_str::<Metadata<'_>>(raw.get()));
        let metadata = match object {
            Some(Ok(metadata)) => metadata,
            Some(Err(error)) => {
                let message = format!("`metadata` has a {}", cause(&error));
                let place = self.source.place(self.range(raw));
                self.findings.push(Diagnostic::new(Code::WrongType, message).at(place));
                return None;
            }
            None => {
                self.wrong_type(raw, "metadata", "an object");
                return None;
            }
        };
        let framework = self.required(metadata.mapping_framework, "mapping_framework", raw);
        let version = self.required(metadata.attack_version, "attack_version", raw);
        let domain = self.required(metadata.technology_domain, "technology_domain", raw);
        let attack_version = self.parsed::<Version>(version.as_ref(), Code::UnknownVersion);
        let domain = self.parsed::<Domain>(domain.as_ref(), Code::UnknownDomain);
        let publication = Publication {
            mapping_version: self.optional(metadata.mapping_version),
            author: self.optional(metadata.author),
            contact: self.optional(metadata.contact),
            organization: self.optional(metadata.organization),
            creation_date: self.optional(metadata.creation_date),
            last_update: self.optional(metadata.last_update),
        };
        let edition = self.optional(metadata.mapping_framework_version).unwrap_or_default();
        let groups = self.names(metadata.capability_groups, "capability_groups");
        let mapping_types = self.types(metadata.mapping_types);
        let mut sources = Sources::default();
        sources.add(Arc::clone(self.source));
        Some(MappingSet {
            framework: Framework::new(framework?.text.trim().to_lowercase(), edition),
            domain: domain?,
            attack_version: attack_version?,
            version_span: version.map_or_else(Span::default, |field| field.span),
            publication,
            origin,
            groups: groups.into_iter().map(|(id, name)| Group { id, name }).collect(),
            mapping_types,
            capabilities: Vec::new(),
            mappings: Vec::new(),
            non_mappable: Vec::new(),
            rows: 0,
            non_mappable_rows: 0,
            sources,
        })
    }

    fn row(&mut self, object: &Object<'s>, raw: &'s RawValue) -> Row<'s> {
        Row {
            capability_id: self.text(object.capability_id, "capability_id"),
            capability_name: self.text(object.capability_description, "capability_description"),
            group: self.text(object.capability_group, "capability_group"),
            mapping_type: self.text(object.mapping_type, "mapping_type"),
            technique_id: self.text(object.attack_object_id, "attack_object_id"),
            technique_name: self.text(object.attack_object_name, "attack_object_name"),
            category: self.text(object.score_category, "score_category"),
            level: self.text(object.score_value, "score_value"),
            status: self.text(object.status, "status"),
            related_score: self.text(object.related_score, "related_score"),
            comment: self.text(object.comments, "comments"),
            references: self.list(object.references, "references"),
            span: self.span(raw),
        }
    }

    /// The bytes of a value; it is borrowed from the source, so its address says where it stands.
    fn range(&self, raw: &RawValue) -> Range<usize> {
        let base = self.source.text().as_ptr() as usize;
        let start = (raw.get().as_ptr() as usize).saturating_sub(base);
        start..start + raw.get().len()
    }

    fn span(&self, raw: &RawValue) -> Span {
        let range = self.range(raw);
        // Sources are far below 4 GiB: `super::MAX_BYTES`.
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { source: 0, start: offset(range.start), end: offset(range.end) }
    }

    fn text(&mut self, raw: Option<&'s RawValue>, name: &str) -> Option<Field<'s>> {
        let raw = raw?;
        let json = raw.get();
        let span = self.span(raw);
        if let Some(inner) = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            if !inner.contains('\\') {
                return Some(Field { text: Cow::Borrowed(inner), span });
            }
            match serde_json::from_str::<String>(json) {
                Ok(text) => return Some(Field { text: Cow::Owned(text), span }),
                Err(error) => {
                    let message = format!("`{name}` is not valid text ({error})");
                    let place = self.source.place(self.range(raw));
                    self.findings.push(Diagnostic::new(Code::Syntax, message).at(place));
                    return None;
                }
            }
        }
        self.wrong_type(raw, name, "text");
        None
    }

    fn list(&mut self, raw: Option<&'s RawValue>, name: &str) -> Vec<Field<'s>> {
        let Some(raw) = raw else { return Vec::new() };
        let Ok(values) = serde_json::from_str::<Vec<&RawValue>>(raw.get()) else {
            self.wrong_type(raw, name, "a list of texts");
            return Vec::new();
        };
        let filled = values.into_iter().filter(|value| value.get() != "null");
        filled.filter_map(|value| self.text(Some(value), name)).collect()
    }

    fn optional(&mut self, raw: Option<&'s RawValue>) -> Option<String> {
        let text = self.text(raw, "metadata")?.text.trim().to_owned();
        (!text.is_empty()).then_some(text)
    }

    fn required(&mut self, raw: Option<&'s RawValue>, name: &str, metadata: &RawValue) -> Option<Field<'s>> {
        // A version is often written as a number; its text is what counts.
        if let Some(number) = raw.filter(|raw| raw.get().starts_with(|c: char| c.is_ascii_digit())) {
            return Some(Field { text: Cow::Borrowed(number.get()), span: self.span(number) });
        }
        if raw.is_some() {
            return self.text(raw, name);
        }
        let range = self.range(metadata);
        let place = self.source.place(range.start..range.start + 1);
        let message = format!("`metadata` has no `{name}`");
        self.findings.push(Diagnostic::new(Code::MissingField, message).at(place));
        None
    }

    fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(
        &mut self,
        field: Option<&Field<'s>>,
        code: Code,
    ) -> Option<T> {
        let field = field?;
        // The value is cut, and never what is said about it.
        match short(field.text.trim()).parse::<T>() {
            Ok(value) => Some(value),
            Err(error) => {
                let place = self.source.place(field.span.start as usize..field.span.end as usize);
                self.findings.push(Diagnostic::new(code, error.to_string()).at(place));
                None
            }
        }
    }

    fn names(&mut self, raw: Option<&'s RawValue>, name: &str) -> BTreeMap<String, String> {
        let Some(raw) = raw else { return BTreeMap::new() };
        serde_json::from_str(raw.get()).unwrap_or_else(|_| {
            self.wrong_type(raw, name, "an object of names");
            BTreeMap::new()
        })
    }

    fn types(&mut self, raw: Option<&'s RawValue>) -> BTreeMap<String, String> {
        let Some(raw) = raw else { return BTreeMap::new() };
        let Ok(types) = serde_json::from_str::<BTreeMap<String, MappingType<'_>>>(raw.get()) else {
            self.wrong_type(raw, "mapping_types", "an object of objects with a name");
            return BTreeMap::new();
        };
        let named = types.into_iter().map(|(id, kind)| {
            let name = kind.name.map_or_else(|| id.clone(), Cow::into_owned);
            (id, name)
        });
        named.collect()
    }

    fn wrong_type(&mut self, raw: &RawValue, name: &str, expected: &str) {
        let message = format!("`{name}` is {}, not {expected}", kind(raw));
        let place = self.source.place(self.range(raw));
        self.findings.push(Diagnostic::new(Code::WrongType, message).at(place));
    }
}

/// What kind of JSON value it is, for people.
fn kind(raw: &RawValue) -> &'static str {
    match raw.get().as_bytes().first() {
        Some(b'"') => "text",
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b't' | b'f') => "a truth value",
        Some(b'n') => "null",
        _ => "a number",
    }
}
