//! The YAML of Security Stack Mappings: one file per control, a folder of them one mapping set.
//!
//! A technique's own scores stand under `technique-scores`; under `sub-techniques-scores` each block is a cross product
//! of its sub-techniques and its scores.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::Arc;

use super::super::model::{Category, Framework, Level, MappingSet, Origin, Publication};
use super::Outcome;
use super::notes::{Notes, plain, too_many};
use super::rows::{Assembler, Field, Row, short};
use crate::attack::{Domain, TechniqueId, Version};
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::source::node::{Document, Kind, Member, Node};
use crate::source::{Source, Span};
use crate::suggest::Suggestions;

/// The fields of a control.
const CONTROL: [&str; 14] = [
    "version",
    "ATT&CK version",
    "name",
    "platform",
    "author",
    "contact",
    "organization",
    "creation date",
    "last update",
    "description",
    "tags",
    "techniques",
    "comments",
    "references",
];
const TECHNIQUE: [&str; 4] = ["id", "name", "technique-scores", "sub-techniques-scores"];
const BLOCK: [&str; 2] = ["sub-techniques", "scores"];
const SUB_TECHNIQUE: [&str; 2] = ["id", "name"];
const SCORE: [&str; 3] = ["category", "value", "comments"];

/// What is said about a list that is there for nothing.
const EMPTY: &str = "leave it out, or fill it: its publisher's schema has no empty lists";

/// What a control file says, taken out of its document.
#[derive(Debug)]
pub(super) struct Control {
    attack_version: Text,
    platform: Text,
    name: Text,
    publication: Publication,
    description: Option<String>,
    tags: Vec<Text>,
    comment: String,
    references: Vec<String>,
    techniques: Vec<Technique>,
}

/// A text of the file with its bytes.
#[derive(Debug, Clone)]
struct Text {
    text: String,
    span: Span,
}

#[derive(Debug)]
struct Technique {
    id: Text,
    name: Option<Text>,
    scores: Vec<Score>,
    blocks: Vec<Block>,
}

#[derive(Debug)]
struct Block {
    /// Each with its name, when it has one.
    sub_techniques: Vec<(Text, Option<Text>)>,
    scores: Vec<Score>,
}

#[derive(Debug)]
struct Score {
    category: Option<Text>,
    level: Option<Text>,
    comment: Option<Text>,
    span: Span,
}

/// A control file with its text and what was found in it.
#[derive(Debug)]
pub(super) struct File {
    pub(super) source: Arc<Source>,
    pub(super) control: Control,
    pub(super) findings: Vec<Diagnostic>,
}

/// What tells that a YAML file is meant to be a control: its one unmistakable key, or the two that only together tell.
pub(super) fn is_control(text: &str) -> bool {
    let has = |name: &str| {
        text.lines().any(|line| {
            line.trim_start_matches(['"', '\''])
                .strip_prefix(name)
                .is_some_and(|rest| rest.trim_start_matches(['"', '\'']).trim_start().starts_with(':'))
        })
    };
    has("ATT&CK version") || (has("platform") && has("techniques"))
}

/// Reads one control file; `Err` holds what was found when nothing can be made of it.
pub(super) fn parse(source: Arc<Source>) -> Result<File, Vec<Diagnostic>> {
    let mut parser = Parser { source: &source, notes: Notes::default() };
    // The number of the source is known when the controls are put together.
    let control = match Document::yaml(&source, 0) {
        Ok(document) => parser.control(document.root()),
        Err(finding) => return Err(vec![finding]),
    };
    parser.file_name();
    let findings = parser.notes.findings;
    match control {
        Some(control) => Ok(File { source, control, findings }),
        None => Err(findings),
    }
}

struct Parser<'s> {
    source: &'s Source,
    notes: Notes,
}

impl Parser<'_> {
    fn control(&mut self, root: Node<'_>) -> Option<Control> {
        let members = self.notes.members(root, "the control")?;
        self.notes.unknown_keys(&members, &CONTROL);
        let get = |name: &str| members.iter().find(|member| member.key == name).map(|member| member.value);
        let required = |parser: &mut Self, name: &str| parser.required(get(name), name);
        let (version, name, platform) =
            (required(self, "ATT&CK version"), required(self, "name"), required(self, "platform"));
        let publication = Publication {
            mapping_version: None,
            author: self.notes.filled(get("author"), "author"),
            contact: self.notes.filled(get("contact"), "contact"),
            organization: self.notes.filled(get("organization"), "organization"),
            creation_date: self.notes.date(get("creation date"), "creation date"),
            last_update: self.notes.date(get("last update"), "last update"),
        };
        let description = self.notes.filled(get("description"), "description");
        if get("tags").is_none() {
            let help = "its publisher's schema wants the field, if only empty";
            self.notes.find_help(self.source.whole(), Code::NoTags, "the control has no `tags`", help);
        }
        let tags = self.strings(get("tags"), "tags");
        let references = self.strings(get("references"), "references");
        let comment = self.notes.filled(get("comments"), "comments").unwrap_or_default();
        let techniques = self.each(get("techniques"), "techniques", Self::technique);
        for name in ["version", "description"] {
            if get(name).is_none() {
                self.notes.expected(self.source.whole(), "the control", name);
            }
        }
        if get("techniques").is_none_or(|node| matches!(node.kind(), Kind::Null | Kind::List))
            && techniques.is_empty()
        {
            let place = get("techniques").map_or_else(|| self.source.whole(), Node::place);
            let help = "it is read as not mappable";
            self.notes.find_help(place, Code::NoTechniques, "the control has no techniques", help);
        }
        self.listed_twice(&techniques);
        self.ascii();
        Some(Control {
            attack_version: version?,
            platform: platform?,
            name: name?,
            publication,
            description,
            tags,
            comment,
            references: references.into_iter().map(|reference| reference.text).collect(),
            techniques,
        })
    }

    /// The items of a list that may be absent or null, each taken by `take`.
    fn each<T>(
        &mut self,
        node: Option<Node<'_>>,
        name: &str,
        take: impl Fn(&mut Self, Node<'_>) -> Option<T>,
    ) -> Vec<T> {
        let Some(node) = node.filter(|node| node.kind() != Kind::Null) else { return Vec::new() };
        let Some(items) = node.items() else {
            self.notes.wrong_type(node, name, Kind::List.name());
            return Vec::new();
        };
        let mut taken = Vec::with_capacity(items.len());
        for item in items {
            if self.notes.is_full() {
                self.notes.give_up(self.source);
                break;
            }
            taken.extend(take(self, item));
        }
        taken
    }

    fn technique(&mut self, node: Node<'_>) -> Option<Technique> {
        let members = self.notes.members(node, "techniques")?;
        self.notes.unknown_keys(&members, &TECHNIQUE);
        let get = |name: &str| value(&members, name);
        let id = self.required_in(get("id"), "id", node);
        let name = self.optional(get("name"), "name");
        let scores = self.scores(get("technique-scores"), "technique-scores");
        let blocks = self.each(get("sub-techniques-scores"), "sub-techniques-scores", Self::block);
        for (list, is_empty) in
            [("technique-scores", scores.is_empty()), ("sub-techniques-scores", blocks.is_empty())]
        {
            if let Some(list_node) = get(list).filter(|node| is_empty && node.kind() == Kind::List) {
                self.notes.find_help(
                    list_node.place(),
                    Code::SpoiltList,
                    format!("`{list}` is empty"),
                    EMPTY,
                );
            }
        }
        let id = id?;
        if id.text.trim().parse().is_ok_and(TechniqueId::is_sub) {
            let message = format!("{} is a sub-technique, and listed as a technique", id.text.trim());
            let help = "it counts; its publisher's tools count it at neither level";
            self.notes.find_help(self.place(&id), Code::SubAsTechnique, message, help);
        }
        if scores.is_empty() && blocks.iter().all(|block| block.scores.is_empty()) {
            let message = format!("{} has no score", short(id.text.trim()));
            self.notes.find_help(self.place(&id), Code::NoScore, message, "it counts as mapped to nothing");
        }
        Some(Technique { id, name, scores, blocks })
    }

    fn block(&mut self, node: Node<'_>) -> Option<Block> {
        let members = self.notes.members(node, "sub-techniques-scores")?;
        self.notes.unknown_keys(&members, &BLOCK);
        let sub_techniques =
            self.each(value(&members, "sub-techniques"), "sub-techniques", |parser, node| {
                let members = parser.notes.members(node, "sub-techniques")?;
                parser.notes.unknown_keys(&members, &SUB_TECHNIQUE);
                let id = parser.required_in(value(&members, "id"), "id", node);
                let name = parser.optional(value(&members, "name"), "name");
                Some((id?, name))
            });
        let scores = self.scores(value(&members, "scores"), "scores");
        if sub_techniques.is_empty() || scores.is_empty() {
            let what = if sub_techniques.is_empty() { "sub-techniques" } else { "scores" };
            let help = "it counts as mapped to nothing";
            self.notes.find_help(node.place(), Code::NoScore, format!("a block without {what}"), help);
        }
        Some(Block { sub_techniques, scores })
    }

    fn scores(&mut self, node: Option<Node<'_>>, name: &str) -> Vec<Score> {
        self.each(node, name, |parser, node| {
            let members = parser.notes.members(node, name)?;
            parser.notes.unknown_keys(&members, &SCORE);
            let category = parser.required_in(value(&members, "category"), "category", node);
            let level = parser.required_in(value(&members, "value"), "value", node);
            parser.letter_case(category.as_ref(), Category::name);
            parser.letter_case(level.as_ref(), Level::name);
            Some(Score {
                category,
                level,
                comment: parser.optional(value(&members, "comments"), "comments"),
                span: node.span(),
            })
        })
    }

    /// Names are in title case in the publisher's schema.
    fn letter_case<T: FromStr>(&mut self, given: Option<&Text>, name: impl Fn(T) -> &'static str) {
        if let Some(given) = given
            && let Ok(value) = given.text.trim().parse()
        {
            self.notes.letter_case(self.place(given), &given.text, name(value));
        }
    }

    /// Finds techniques with two entries, and sub-techniques that stand twice below one.
    fn listed_twice(&mut self, techniques: &[Technique]) {
        let mut seen = BTreeSet::new();
        for technique in techniques {
            if !seen.insert(technique.id.text.trim()) {
                let message = format!("{} stands twice under `techniques`", short(technique.id.text.trim()));
                self.notes.find_help(
                    self.place(&technique.id),
                    Code::ListedTwice,
                    message,
                    "all its scores count",
                );
            }
            let mut below = BTreeSet::new();
            for (sub, _) in technique.blocks.iter().flat_map(|block| &block.sub_techniques) {
                if !below.insert(sub.text.trim()) {
                    let (sub_id, id) = (short(sub.text.trim()), short(technique.id.text.trim()));
                    let message = format!("{sub_id} stands twice below {id}");
                    self.notes.find_help(self.place(sub), Code::ListedTwice, message, "all its scores count");
                }
            }
        }
    }

    fn place(&self, text: &Text) -> Place {
        self.source.place(text.span.range())
    }

    /// Texts of which each stands once and none is empty.
    fn strings(&mut self, node: Option<Node<'_>>, name: &str) -> Vec<Text> {
        let Some(node) = node.filter(|node| node.kind() != Kind::Null) else { return Vec::new() };
        let mut texts: Vec<Text> = Vec::new();
        let mut held = BTreeSet::new();
        let fields = self.notes.list(node, name);
        if fields.is_empty() && node.kind() == Kind::List {
            self.notes.find_help(node.place(), Code::SpoiltList, format!("`{name}` is empty"), EMPTY);
        }
        for field in fields {
            let text = field.text.trim();
            let twice = held.contains(text);
            if text.is_empty() || twice {
                let message = if twice {
                    format!("`{}` stands twice in `{name}`", short(text))
                } else {
                    format!("an empty text in `{name}`")
                };
                let place = self.source.place(field.span.range());
                self.notes.find_help(place, Code::SpoiltList, message, "it is passed over");
                continue;
            }
            held.insert(text.to_owned());
            texts.push(Text { text: text.to_owned(), span: field.span });
        }
        texts
    }

    fn optional(&mut self, node: Option<Node<'_>>, name: &str) -> Option<Text> {
        let field = self.notes.text_or_number(node?, name)?;
        Some(Text { text: field.text.into_owned(), span: field.span })
    }

    fn required(&mut self, node: Option<Node<'_>>, name: &str) -> Option<Text> {
        if node.is_none_or(|node| node.kind() == Kind::Null) {
            // What is missing stands nowhere.
            let place = node.map_or_else(|| self.source.whole(), Node::place);
            self.notes.find(place, Code::MissingField, format!("the control has no `{name}`"));
            return None;
        }
        self.optional(node, name)
    }

    fn required_in(&mut self, node: Option<Node<'_>>, name: &str, holder: Node<'_>) -> Option<Text> {
        if node.is_none_or(|node| node.kind() == Kind::Null) {
            let place = node.unwrap_or(holder).place();
            self.notes.find(place, Code::MissingField, format!("`{name}` is missing"));
            return None;
        }
        self.optional(node, name)
    }

    /// The publisher's tools pass over files of another name, and warn of characters outside ASCII.
    fn file_name(&mut self) {
        if self.source.name().ends_with(".yml") {
            let message = "the file ends in `.yml`; the publisher's tools read `.yaml`";
            self.notes.find(self.source.whole(), Code::FileName, message);
        }
    }

    fn ascii(&mut self) {
        let text = self.source.text();
        if let Some((at, character)) = text.char_indices().find(|(_, character)| !character.is_ascii()) {
            let lines = text.lines().filter(|line| !line.is_ascii()).count();
            let noun = if lines == 1 { "line holds" } else { "lines hold" };
            let message = format!("{lines} {noun} characters outside ASCII; the first is `{character}`");
            let place = self.source.place(at..at + character.len_utf8());
            self.notes.find(place, Code::NonAscii, message);
        }
    }
}

fn value<'d>(members: &[Member<'d>], name: &str) -> Option<Node<'d>> {
    members.iter().find(|member| member.key == name).map(|member| member.value)
}

/// Puts the controls of one platform together. `files` are in the order of their names; `vocabulary` holds the tags that
/// they may have, when there is one.
pub(super) fn assemble(files: Vec<File>, vocabulary: Option<&[String]>, origin: Origin) -> Outcome {
    let mut findings = Vec::new();
    let Some(first) = files.first() else { return Outcome::default() };
    let version = |file: &File| short(file.control.attack_version.text.trim()).parse::<Version>();
    for file in &files {
        if let Err(error) = version(file) {
            let place = file.source.place(file.control.attack_version.span.range());
            findings.push(Diagnostic::new(Code::UnknownVersion, error.to_string()).at(place));
        }
    }
    let Some(attack_version) = files.iter().find_map(|file| version(file).ok()) else {
        findings.extend(files.into_iter().flat_map(|file| file.findings));
        return Outcome::found(findings);
    };
    let framework = Framework::new(first.control.platform.text.trim().to_lowercase(), "");
    let mut set = MappingSet::new(framework, Domain::Enterprise, attack_version, origin);
    set.version_span = first.control.attack_version.span;
    let latest = |dates: fn(&Publication) -> Option<&String>| {
        let all = files.iter().filter_map(|file| dates(&file.control.publication));
        all.max_by_key(|date| sortable(date)).cloned()
    };
    set.publication = Publication {
        creation_date: latest(|one| one.creation_date.as_ref()),
        last_update: latest(|one| one.last_update.as_ref()),
        ..first.control.publication.clone()
    };
    for file in &files {
        set.sources.add(Arc::clone(&file.source));
    }
    let mut assembler = Assembler::new(set);
    let known = vocabulary.map(|tags| tags.iter().map(String::as_str).collect());
    let mut suggestions = Suggestions::default();
    for (number, file) in files.iter().enumerate() {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        let control = &file.control;
        let adder = Adder { assembler: &mut assembler, suggestions: &mut suggestions, number, control };
        adder.add(attack_version, known.as_ref());
        if assembler.is_done() {
            break;
        }
    }
    if assembler.is_full() {
        findings.push(too_many(&first.source));
    }
    findings.extend(files.into_iter().flat_map(|file| file.findings));
    Outcome::read(assembler, findings)
}

/// `mm/dd/yyyy` in an order that sorts.
fn sortable(date: &str) -> (String, String) {
    let mut parts = date.rsplitn(2, '/');
    (parts.next().unwrap_or_default().to_owned(), parts.next().unwrap_or_default().to_owned())
}

/// Adds one control to the set.
struct Adder<'a> {
    assembler: &'a mut Assembler,
    suggestions: &'a mut Suggestions,
    number: u32,
    control: &'a Control,
}

impl<'a> Adder<'a> {
    fn add(mut self, attack_version: Version, vocabulary: Option<&BTreeSet<&str>>) {
        let control = self.control;
        let stated = control.attack_version.text.trim().parse::<Version>();
        if stated.is_ok_and(|stated| stated != attack_version) {
            let message = format!(
                "this control is on ATT&CK {}, the others on {attack_version}",
                short(control.attack_version.text.trim())
            );
            let help = format!("it is read as {attack_version}");
            let at = self.span(control.attack_version.span);
            self.assembler.find(at, Diagnostic::new(Code::MixedVersions, message).help(help));
        }
        // The id that Security Stack Mappings' own exports and Mappings Explorer use for a control.
        let id = control.name.text.trim().to_lowercase().replace(' ', "_");
        if control.techniques.is_empty() {
            let row = Row { mapping_type: Some(plain("non_mappable")), ..self.row(&id) };
            self.assembler.push(&row);
        }
        for tag in &control.tags {
            if self.assembler.is_done() {
                break;
            }
            self.check_tag(tag, vocabulary);
        }
        let capability = self.assembler.capability(&id);
        control.name.text.trim().clone_into(&mut capability.name);
        capability.description.clone_from(&control.description);
        capability.tags = control.tags.iter().map(|tag| tag.text.clone()).collect();
        capability.comment.clone_from(&control.comment);
        for reference in &control.references {
            self.assembler.refer(&id, reference.clone());
        }
        for technique in &control.techniques {
            self.technique(&id, technique);
        }
    }

    fn check_tag(&mut self, tag: &Text, vocabulary: Option<&BTreeSet<&str>>) {
        let Some(vocabulary) = vocabulary.filter(|known| !known.contains(tag.text.as_str())) else { return };
        let diagnostic = Diagnostic::new(
            Code::UnknownTag,
            format!("the tag `{}` is not in the vocabulary beside the file", short(&tag.text)),
        );
        let diagnostic = match self.suggestions.nearest(&tag.text, vocabulary.iter().copied()) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic,
        };
        self.assembler.find(self.span(tag.span), diagnostic);
    }

    fn technique(&mut self, id: &str, technique: &'a Technique) {
        if technique.scores.is_empty() {
            let name = technique.name.as_ref().map(|name| self.field(name));
            self.assembler.list(&self.field(&technique.id), name.as_ref());
        }
        for score in &technique.scores {
            self.score(id, &technique.id, technique.name.as_ref(), score, None);
        }
        for block in &technique.blocks {
            for (sub, name) in &block.sub_techniques {
                if block.scores.is_empty() {
                    self.unscored(sub, name.as_ref(), &technique.id);
                }
                for score in &block.scores {
                    if self.assembler.is_done() {
                        return;
                    }
                    self.score(id, sub, name.as_ref(), score, Some(&technique.id));
                }
            }
        }
    }

    /// A sub-technique of a block without scores: its id, its name and where it stands are checked all the same.
    fn unscored(&mut self, sub: &'a Text, name: Option<&'a Text>, technique: &Text) {
        let name = name.map(|name| self.field(name));
        self.assembler.list(&self.field(sub), name.as_ref());
        let id = |text: &Text| text.text.trim().parse::<TechniqueId>().ok();
        if let (Some(sub_id), Some(parent)) = (id(sub), id(technique))
            && sub_id.parent() != Some(parent)
        {
            let message = format!("{sub_id} is not a sub-technique of {parent}");
            let help = "it has no score, and so counts nowhere";
            self.assembler.find(self.span(sub.span), Diagnostic::new(Code::WrongParent, message).help(help));
        }
    }

    fn score(
        &mut self,
        capability: &str,
        id: &'a Text,
        name: Option<&'a Text>,
        score: &'a Score,
        related: Option<&'a Text>,
    ) {
        let row = Row {
            mapping_type: Some(plain("technique_scores")),
            technique_id: Some(self.field(id)),
            technique_name: name.map(|name| self.field(name)),
            category: score.category.as_ref().map(|category| self.field(category)),
            level: score.level.as_ref().map(|level| self.field(level)),
            related_score: related.map(|id| self.field(id)),
            comment: score.comment.as_ref().map(|comment| self.field(comment)),
            span: self.span(score.span),
            ..self.row(capability)
        };
        self.assembler.push(&row);
    }

    /// A row of this control, with nothing but the control itself.
    fn row<'r>(&self, capability: &'r str) -> Row<'r>
    where
        'a: 'r,
    {
        let span = self.span(self.control.name.span);
        Row {
            capability_id: Some(Field { text: Cow::Borrowed(capability), span }),
            capability_name: Some(Field { text: Cow::Borrowed(self.control.name.text.as_str()), span }),
            span,
            ..Row::default()
        }
    }

    fn field(&self, text: &'a Text) -> Field<'a> {
        Field { text: Cow::Borrowed(&text.text), span: self.span(text.span) }
    }

    fn span(&self, span: Span) -> Span {
        Span { source: self.number, ..span }
    }
}

impl Control {
    /// The platform, as the key that puts controls together.
    pub(super) fn platform(&self) -> String {
        self.platform.text.trim().to_lowercase()
    }
}
