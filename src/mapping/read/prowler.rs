//! Prowler's `mitre_attack_*.json`: its services become capabilities, its attributes mappings.
//!
//! Levels are given for techniques only. The sub-techniques that a requirement lists, as "T1078.001 - Default Accounts",
//! are mappings without a score.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::super::model::{Framework, MappingSet, Origin};
use super::notes::{Notes, plain};
use super::rows::{Assembler, Field, Row};
use super::{Options, Outcome};
use crate::attack::{Domain, TechniqueId, Version};
use crate::diagnostic::Code;
use crate::source::node::{Kind, Member, Node};
use crate::source::{Source, Span};

/// The ATT&CK version that fits the ids of Prowler's files, which state none.
const VERSION: Version = Version { major: 13, minor: 1 };

/// The fields that name the service, one for each provider.
const SERVICES: [(&str, &str); 3] = [("AWSService", "aws"), ("AzureService", "azure"), ("GCPService", "gcp")];

/// Reads the document; `None` when it is of another form.
pub(super) fn read(
    source: &Arc<Source>,
    root: Node<'_>,
    origin: &Origin,
    options: &Options,
) -> Option<Outcome> {
    let members = root.members()?;
    let framework = value(&members, "Framework")?.text().ok()??;
    let requirements = value(&members, "Requirements")?;
    if framework != "MITRE-ATTACK" {
        return None;
    }
    let mut reader = Reader { source, notes: Notes::default(), listed: Vec::new() };
    let id = reader.provider(value(&members, "Provider"), requirements);
    let version = reader.version(value(&members, "Version"), options);
    let framework = Framework::new(format!("prowler-{id}"), "");
    let mut set = MappingSet::new(framework, Domain::Enterprise, version, origin.clone());
    set.version_span = value(&members, "Version").map(Node::span).unwrap_or_default();
    set.publication.organization = Some("Prowler".to_owned());
    set.sources.add(Arc::clone(source));
    let mut assembler = Assembler::new(set);
    let is_list = requirements.for_each_item(|index, requirement| {
        reader.requirement(index, requirement, &mut assembler);
        if reader.notes.is_full() || assembler.is_full() {
            reader.notes.give_up(source);
            return ControlFlow::Break(());
        }
        if assembler.is_done() {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    reader.say_listed();
    if !is_list {
        reader.notes.wrong_type(requirements, "Requirements", Kind::List.name());
        return Some(Outcome::found(reader.notes.findings));
    }
    if assembler.is_empty() {
        reader.notes.find(requirements.place(), Code::NoMappings, "no requirement names a service");
        return Some(Outcome::found(reader.notes.findings));
    }
    Some(Outcome::read(assembler, reader.notes.findings))
}

fn value<'d>(members: &[Member<'d>], name: &str) -> Option<Node<'d>> {
    members.iter().find(|member| member.key == name).map(|member| member.value)
}

struct Reader<'s> {
    source: &'s Arc<Source>,
    notes: Notes,
    /// Where sub-techniques are listed.
    listed: Vec<Span>,
}

impl Reader<'_> {
    /// The provider's key: as stated, or by the field that names the services.
    fn provider(&mut self, stated: Option<Node<'_>>, requirements: Node<'_>) -> String {
        if let Some(provider) = self.notes.filled(stated, "Provider") {
            return provider.to_lowercase();
        }
        let range = requirements.span().range();
        let text = &self.source.text()[range];
        let found = SERVICES.iter().find(|(field, _)| text.contains(field));
        found.map_or("cloud", |(_, provider)| provider).to_owned()
    }

    fn version(&mut self, stated: Option<Node<'_>>, options: &Options) -> Version {
        if let Some(version) = options.attack_version {
            return version;
        }
        let field = stated.and_then(|node| self.notes.text_or_number(node, "Version"));
        if let Some(field) = field.filter(|field| !field.text.trim().is_empty()) {
            let parsed = self.notes.parsed(self.source, Some(&field), Code::UnknownVersion);
            return parsed.unwrap_or(VERSION);
        }
        let place = stated.map_or_else(|| self.source.whole(), Node::place);
        let message = format!("the file states no ATT&CK version; its ids fit {VERSION}, which is assumed");
        self.notes.find_help(place, Code::VersionAssumed, message, "--table-attack-version states another");
        VERSION
    }

    /// Says once how the listed sub-techniques are read.
    fn say_listed(&mut self) {
        let Some(first) = self.listed.first() else { return };
        let count = self.listed.len();
        let noun = if count == 1 { "sub-technique is" } else { "sub-techniques are" };
        let message = format!("{count} {noun} listed without a level; this is the first");
        let help = "each is mapped by the services of its requirement, without a score";
        self.notes.find_help(self.source.place(first.range()), Code::ListedOnly, message, help);
    }

    fn requirement(&mut self, index: usize, node: Node<'_>, assembler: &mut Assembler) {
        let Some(members) = self.notes.members(node, &format!("Requirements[{index}]")) else { return };
        let id = value(&members, "Id").and_then(|node| self.notes.text(node, "Id"));
        let Some(id) = id.filter(|id| !id.text.trim().is_empty()) else {
            self.notes.find(node.place(), Code::MissingField, format!("Requirements[{index}] has no `Id`"));
            return;
        };
        let name = value(&members, "Name").and_then(|node| self.notes.text(node, "Name"));
        let references: Vec<Field<'_>> = value(&members, "TechniqueURL")
            .and_then(|node| self.notes.text(node, "TechniqueURL"))
            .filter(|url| !url.text.trim().is_empty())
            .into_iter()
            .collect();
        let subs = value(&members, "SubTechniques");
        let subs = subs.map(|node| self.notes.list(node, "SubTechniques")).unwrap_or_default();
        let attributes = value(&members, "Attributes").and_then(|node| {
            let items = node.items();
            if items.is_none() {
                self.notes.wrong_type(node, "Attributes", "a list of objects");
            }
            items
        });
        let mut services: Vec<Field<'_>> = Vec::new();
        let mut held = BTreeSet::new();
        for attribute in attributes.unwrap_or_default() {
            let Some(fields) = self.notes.members(attribute, "Attributes") else { continue };
            let mut text = |name: &str| value(&fields, name).and_then(|node| self.notes.text(node, name));
            let service = SERVICES.iter().find_map(|(field, _)| text(field));
            let (category, level, comment) = (text("Category"), text("Value"), text("Comment"));
            let row = Row {
                capability_id: service.as_ref().map(capability_id),
                capability_name: service.clone(),
                mapping_type: Some(plain("technique_scores")),
                technique_id: Some(id.clone()),
                technique_name: name.clone(),
                category,
                level,
                comment,
                references: references.clone(),
                span: attribute.span(),
                ..Row::default()
            };
            assembler.push(&row);
            services.extend(service.filter(|one| held.insert(one.text.clone())));
        }
        self.listed.extend(subs.iter().map(|sub| sub.span));
        for sub in &subs {
            add_listed(sub, &id, &services, assembler);
        }
    }
}

/// Adds a sub-technique that a requirement lists: mapped by its services, and not scored.
fn add_listed(sub: &Field<'_>, parent: &Field<'_>, services: &[Field<'_>], assembler: &mut Assembler) {
    let (id, name) = sub.text.split_once(" - ").unwrap_or((&*sub.text, ""));
    let span = |text: &str| {
        // The text stands in quotes, and without escapes as it is.
        let at = sub.text.find(text).unwrap_or(0) + 1;
        let start = sub.span.start as usize + at;
        Span::new(sub.span.source, start..start + text.len())
    };
    if id.trim().parse::<TechniqueId>().is_err() {
        // One mistake, whatever the number of services.
        let name =
            (!name.trim().is_empty()).then(|| Field { text: Cow::Borrowed(name.trim()), span: span(name) });
        assembler.list(&Field { text: Cow::Borrowed(id.trim()), span: span(id) }, name.as_ref());
        return;
    }
    for service in services {
        if assembler.is_done() {
            return;
        }
        let row = Row {
            capability_id: Some(capability_id(service)),
            capability_name: Some(service.clone()),
            mapping_type: Some(plain("listed")),
            technique_id: Some(Field { text: Cow::Borrowed(id.trim()), span: span(id) }),
            technique_name: Some(Field { text: Cow::Borrowed(name.trim()), span: span(name) }),
            related_score: Some(parent.clone()),
            span: sub.span,
            ..Row::default()
        };
        assembler.push(&row);
    }
}

/// The id of a service: its name in lower case, with `_` for blanks, as the Center's mappings call it.
fn capability_id<'a>(service: &Field<'a>) -> Field<'a> {
    let id = service.text.trim().to_lowercase().split_whitespace().collect::<Vec<_>>().join("_");
    Field { text: Cow::Owned(id), span: service.span }
}
