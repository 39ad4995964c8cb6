//! The YAML of Security Stack Mappings: one file per control, a folder of them one mapping set.
//!
//! A technique's own scores stand under `technique-scores`; under `sub-techniques-scores` each block is a cross product
//! of its sub-techniques and its scores.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_saphyr::{Location, Spanned};

use super::super::model::{Framework, MappingSet, Origin, Publication};
use super::Outcome;
use super::rows::{Assembler, Field, Row, short};
use crate::attack::{Domain, TechniqueId, Version};
use crate::diagnostic::{Code, Diagnostic, Source, Sources, Span};

/// A control file as written.
#[derive(Deserialize)]
pub(super) struct Control {
    #[serde(rename = "ATT&CK version")]
    attack_version: Spanned<String>,
    name: Spanned<String>,
    platform: Spanned<String>,
    contact: Option<String>,
    author: Option<String>,
    organization: Option<String>,
    #[serde(rename = "creation date")]
    creation_date: Option<String>,
    #[serde(rename = "last update")]
    last_update: Option<String>,
    description: Option<String>,
    #[serde(default)]
    tags: Option<Vec<String>>,
    #[serde(default)]
    techniques: Option<Vec<Technique>>,
    comments: Option<String>,
    #[serde(default)]
    references: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Technique {
    id: Spanned<String>,
    name: Option<Spanned<String>>,
    #[serde(default, rename = "technique-scores")]
    scores: Option<Vec<Score>>,
    #[serde(default, rename = "sub-techniques-scores")]
    sub_techniques: Option<Vec<Block>>,
}

#[derive(Deserialize)]
struct Block {
    #[serde(default, rename = "sub-techniques")]
    sub_techniques: Vec<SubTechnique>,
    #[serde(default)]
    scores: Vec<Score>,
}

#[derive(Deserialize)]
struct SubTechnique {
    id: Spanned<String>,
    name: Option<Spanned<String>>,
}

#[derive(Deserialize)]
struct Score {
    category: Spanned<String>,
    value: Spanned<String>,
    comments: Option<String>,
}

/// A control file with its text.
pub(super) type File = (Arc<Source>, Control);

/// What tells that a YAML file is meant to be a control: its one unmistakable key.
pub(super) fn is_control(text: &str) -> bool {
    text.lines().any(|line| {
        let key = line.trim_start_matches(['"', '\'']);
        key.starts_with("ATT&CK version")
    })
}

/// Reads one control file.
pub(super) fn parse(source: &Source) -> Result<Control, Diagnostic> {
    // The longest published control has some 4,000 nodes. serde-saphyr's own budget bounds depth, aliases and size.
    serde_saphyr::from_str(source.text()).map_err(|error| {
        let message = error.without_snippet().to_string();
        let message = message.lines().next().unwrap_or("not valid YAML").to_owned();
        // What is missing stands nowhere; the parser would point at what it read last.
        let missing = message.contains("missing field");
        let place = match error.location().filter(|_| !missing) {
            Some(location) => {
                let range = bytes(source, location);
                source.place(range.start..range.end.max(range.start + 1))
            }
            None => source.whole(),
        };
        let code = if missing { Code::MissingField } else { Code::Syntax };
        Diagnostic::new(code, short_message(&message)).at(place)
    })
}

/// The parser's message without the position, which the place holds already.
fn short_message(message: &str) -> String {
    let message = message.split(" at line ").next().unwrap_or(message);
    let message = message.strip_prefix("error: ").unwrap_or(message);
    short(message.trim_end_matches(':')).into_owned()
}

fn bytes(source: &Source, location: Location) -> std::ops::Range<usize> {
    let span = location.span();
    if let (Some(start), Some(length)) = (span.byte_offset(), span.byte_len()) {
        let start = usize::try_from(start).unwrap_or(0);
        return start..start + usize::try_from(length).unwrap_or(0);
    }
    let line = usize::try_from(location.line()).unwrap_or(1).saturating_sub(1);
    let starts: usize = source.text().split_inclusive('\n').take(line).map(str::len).sum();
    let column = usize::try_from(location.column()).unwrap_or(1).saturating_sub(1);
    starts + column..starts + column
}

/// Puts the controls of one platform together. `files` are in the order of their names.
pub(super) fn assemble(files: &[File], origin: Origin) -> Outcome {
    let Some((_, first)) = files.first() else { return Outcome { set: None, findings: Vec::new() } };
    let mut sources = Sources::default();
    for (source, _) in files {
        sources.add(Arc::clone(source));
    }
    let attack_version = match first.attack_version.value.trim().parse::<Version>() {
        Ok(version) => version,
        Err(error) => {
            let place = files[0].0.place(bytes(&files[0].0, first.attack_version.referenced));
            return Outcome::failed(Diagnostic::new(Code::UnknownVersion, error.to_string()).at(place));
        }
    };
    let latest = |dates: fn(&Control) -> Option<&String>| {
        files.iter().filter_map(|(_, control)| dates(control)).max_by_key(|date| sortable(date)).cloned()
    };
    let mut assembler = Assembler::new(MappingSet {
        framework: Framework::new(first.platform.value.trim().to_lowercase(), ""),
        domain: Domain::Enterprise,
        attack_version,
        version_span: span(0, &files[0].0, first.attack_version.referenced),
        publication: Publication {
            mapping_version: None,
            author: first.author.clone(),
            contact: first.contact.clone(),
            organization: first.organization.clone(),
            creation_date: latest(|control| control.creation_date.as_ref()),
            last_update: latest(|control| control.last_update.as_ref()),
        },
        origin,
        groups: Vec::new(),
        mapping_types: BTreeMap::new(),
        capabilities: Vec::new(),
        mappings: Vec::new(),
        non_mappable: Vec::new(),
        rows: 0,
        non_mappable_rows: 0,
        sources,
    });
    for (number, (source, control)) in files.iter().enumerate() {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        Adder { assembler: &mut assembler, number, source, control }.add(attack_version);
    }
    let (set, findings) = assembler.finish();
    Outcome { set: Some(set), findings }
}

/// `mm/dd/yyyy` in an order that sorts.
fn sortable(date: &str) -> (String, String) {
    let mut parts = date.rsplitn(2, '/');
    (parts.next().unwrap_or_default().to_owned(), parts.next().unwrap_or_default().to_owned())
}

fn span(number: u32, source: &Source, location: Location) -> Span {
    let range = bytes(source, location);
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span { source: number, start: offset(range.start), end: offset(range.end) }
}

/// Adds one control to the set.
struct Adder<'a> {
    assembler: &'a mut Assembler,
    number: u32,
    source: &'a Source,
    control: &'a Control,
}

impl<'a> Adder<'a> {
    fn add(&mut self, attack_version: Version) {
        let control = self.control;
        if control.attack_version.value.trim().parse() != Ok(attack_version) {
            let message = format!(
                "this control is on ATT&CK {}, the others on {attack_version}",
                short(control.attack_version.value.trim())
            );
            let help = format!("it is read as {attack_version}");
            let at = self.span(control.attack_version.referenced);
            self.assembler.find(at, Diagnostic::new(Code::MixedVersions, message).help(help));
        }
        // The id that Security Stack Mappings' own exports and Mappings Explorer use for a control.
        let id = control.name.value.trim().to_lowercase().replace(' ', "_");
        let techniques = control.techniques.as_deref().unwrap_or_default();
        if techniques.is_empty() {
            let row = Row { mapping_type: Some(plain("non_mappable")), ..self.row(&id) };
            self.assembler.push(&row);
        }
        let capability = self.assembler.capability(&id);
        control.name.value.trim().clone_into(&mut capability.name);
        capability.description = control.description.as_deref().map(|text| text.trim().to_owned());
        capability.tags = control.tags.clone().unwrap_or_default();
        control.comments.as_deref().unwrap_or_default().trim().clone_into(&mut capability.comment);
        for reference in control.references.iter().flatten() {
            let reference = reference.trim().to_owned();
            if !reference.is_empty() && !capability.references.contains(&reference) {
                capability.references.push(reference);
            }
        }
        for technique in techniques {
            self.technique(&id, technique);
        }
    }

    fn technique(&mut self, id: &str, technique: &'a Technique) {
        for score in technique.scores.iter().flatten() {
            self.score(id, &technique.id, technique.name.as_ref(), score, None);
        }
        let parent: Option<TechniqueId> = technique.id.value.trim().parse().ok();
        for block in technique.sub_techniques.iter().flatten() {
            for sub in &block.sub_techniques {
                self.check_parent(parent, sub);
                for score in &block.scores {
                    self.score(id, &sub.id, sub.name.as_ref(), score, Some(&technique.id));
                }
            }
        }
    }

    fn check_parent(&mut self, parent: Option<TechniqueId>, sub: &SubTechnique) {
        let Ok(sub_id) = sub.id.value.trim().parse::<TechniqueId>() else { return };
        if let Some(parent) = parent
            && sub_id.parent() != Some(parent)
        {
            let message = format!("{sub_id} is not a sub-technique of {parent}");
            let at = self.span(sub.id.referenced);
            let diagnostic =
                Diagnostic::new(Code::WrongParent, message).help("its score counts for the id as it stands");
            self.assembler.find(at, diagnostic);
        }
    }

    fn score(
        &mut self,
        capability: &str,
        id: &'a Spanned<String>,
        name: Option<&'a Spanned<String>>,
        score: &'a Score,
        related: Option<&'a Spanned<String>>,
    ) {
        let row = Row {
            mapping_type: Some(plain("technique_scores")),
            technique_id: Some(self.field(id)),
            technique_name: name.map(|name| self.field(name)),
            category: Some(self.field(&score.category)),
            level: Some(self.field(&score.value)),
            related_score: related.map(|id| self.field(id)),
            comment: score.comments.as_deref().map(plain),
            ..self.row(capability)
        };
        self.assembler.push(&row);
    }

    /// A row of this control, with nothing but the control itself.
    fn row<'r>(&self, capability: &'r str) -> Row<'r>
    where
        'a: 'r,
    {
        let span = self.span(self.control.name.referenced);
        Row {
            capability_id: Some(Field { text: Cow::Borrowed(capability), span }),
            capability_name: Some(Field { text: Cow::Borrowed(self.control.name.value.as_str()), span }),
            span,
            ..Row::default()
        }
    }

    fn field(&self, text: &'a Spanned<String>) -> Field<'a> {
        Field { text: Cow::Borrowed(&text.value), span: self.span(text.referenced) }
    }

    fn span(&self, location: Location) -> Span {
        span(self.number, self.source, location)
    }
}

impl Control {
    /// The platform, as the key that puts controls together.
    pub(super) fn platform(&self) -> String {
        self.platform.value.trim().to_lowercase()
    }
}

/// Text that has no place of its own.
fn plain(text: &str) -> Field<'_> {
    Field { text: Cow::Borrowed(text), span: Span::default() }
}
