//! The unified form of Mappings Explorer, as JSON or YAML: an object with `metadata` and `mapping_objects`.
//!
//! The download without `status` and what the Mappings Editor saves are the same form with other fields left out.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::super::model::{Category, Framework, Group, Level, MappingSet, MappingType, Origin, Publication};
use super::Outcome;
use super::notes::Notes;
use super::rows::{Assembler, Field, Row, short};
use crate::attack::{Domain, Version};
use crate::diagnostic::{Code, Place};
use crate::source::node::{Kind, Member, Node};
use crate::source::{Source, Span};

/// The fields of `metadata`.
const METADATA: [&str; 13] = [
    "mapping_version",
    "technology_domain",
    "attack_version",
    "mapping_framework",
    "mapping_framework_version",
    "mapping_framework_version_schema",
    "author",
    "contact",
    "organization",
    "creation_date",
    "last_update",
    "mapping_types",
    "capability_groups",
];

/// The fields of `metadata` that no other kind of file has.
const OWN: [&str; 3] = ["mapping_framework", "attack_version", "technology_domain"];

/// The fields of a row.
const ROW: [&str; 19] = [
    "capability_id",
    "capability_description",
    "capability_group",
    "mapping_type",
    "attack_object_id",
    "attack_object_name",
    "score_category",
    "score_value",
    "related_score",
    "status",
    "comments",
    "references",
    "attack_version",
    "technology_domain",
    "mapping_framework",
    "mapping_framework_version",
    "author",
    "contact",
    "organization",
];

/// Reads the document; `None` when it is of another form.
pub(super) fn read(source: &Arc<Source>, root: Node<'_>, origin: Origin) -> Option<Outcome> {
    if root.kind() != Kind::Object {
        return None;
    }
    let metadata = root.get("metadata");
    let objects = root.get("mapping_objects");
    let mut notes = Notes::default();
    match (metadata, objects) {
        (Some(metadata), Some(objects)) => {
            if let Some(members) = notes.members(root, "the file") {
                notes.unknown_keys(&members, &["metadata", "mapping_objects"]);
            }
            let stated = REPEATED.map(|name| (name, String::new()));
            Some(Reader { source, notes, stated, lacking: BTreeMap::new() }.read(metadata, objects, origin))
        }
        (None, None) => None,
        // A Navigator layer has a list of metadata.
        (Some(metadata), None) if metadata.kind() != Kind::Object || root.get("techniques").is_some() => None,
        // Much has `metadata`; what tells a mapping's is what it maps.
        (Some(metadata), None) if OWN.iter().all(|key| metadata.get(key).is_none()) => None,
        (metadata, _) => {
            let missing = if metadata.is_none() { "metadata" } else { "mapping_objects" };
            notes.find(source.whole(), Code::MissingField, format!("the file has no `{missing}`"));
            Some(Outcome::found(notes.findings))
        }
    }
}

struct Reader<'s> {
    source: &'s Arc<Source>,
    notes: Notes,
    /// What `metadata` says of every row, by the field that a row may repeat it in.
    stated: [(&'static str, String); 4],
    /// The rows without a field that the publisher's tools ask for: the first one's place, and how many.
    lacking: BTreeMap<&'static str, (Place, usize)>,
}

/// The fields of a row that say what `metadata` says already.
const REPEATED: [&str; 4] =
    ["attack_version", "technology_domain", "mapping_framework", "mapping_framework_version"];

/// The fields without which the publisher's tools refuse `metadata`, beside those that are needed here.
const EXPECTED: [&str; 5] =
    ["mapping_version", "creation_date", "mapping_framework_version", "mapping_types", "capability_groups"];

impl Reader<'_> {
    fn read(mut self, metadata: Node<'_>, objects: Node<'_>, origin: Origin) -> Outcome {
        let set = self.metadata(metadata, origin);
        if objects.kind() != Kind::List {
            self.notes.wrong_type(objects, "mapping_objects", Kind::List.name());
            return Outcome::found(self.notes.findings);
        }
        let Some(set) = set else { return Outcome::found(self.notes.findings) };
        let mut assembler = Assembler::new(set);
        let mut rows = 0_usize;
        objects.for_each_item(|index, item| {
            rows += 1;
            self.row(index, item, &mut assembler);
            if self.notes.is_full() || assembler.is_full() {
                self.notes.give_up(self.source);
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        for (name, (place, count)) in std::mem::take(&mut self.lacking) {
            let holder = if count == 1 { "a row".to_owned() } else { format!("this row, one of {count},") };
            self.notes.expected(place, &holder, name);
        }
        if rows == 0 {
            self.notes.find(objects.place(), Code::NoMappings, "`mapping_objects` is empty");
            return Outcome::found(self.notes.findings);
        }
        Outcome::read(assembler, self.notes.findings)
    }

    fn row(&mut self, index: usize, item: Node<'_>, assembler: &mut Assembler) {
        let Some(members) = self.notes.members(item, &format!("mapping_objects[{index}]")) else { return };
        let mut row = Row { span: item.span(), ..Row::default() };
        let mut unknown = false;
        for member in &members {
            let key = &*member.key;
            let field = match key {
                "capability_id" => &mut row.capability_id,
                "capability_description" => &mut row.capability_name,
                "capability_group" => &mut row.group,
                "mapping_type" => &mut row.mapping_type,
                "attack_object_id" => &mut row.technique_id,
                "attack_object_name" => &mut row.technique_name,
                "score_category" => &mut row.category,
                "score_value" => &mut row.level,
                "related_score" => &mut row.related_score,
                "status" => &mut row.status,
                "comments" => &mut row.comment,
                "references" => {
                    row.references = self.references(member.value);
                    continue;
                }
                "attack_version"
                | "technology_domain"
                | "mapping_framework"
                | "mapping_framework_version" => {
                    self.repeated(key, member.value);
                    continue;
                }
                other => {
                    unknown |= !ROW.contains(&other);
                    continue;
                }
            };
            // Of a field that stands twice, the first counts.
            if field.is_none() {
                *field = self.notes.text(member.value, key);
            }
        }
        if unknown {
            self.notes.unknown_keys(&members, &ROW);
        }
        self.expected(item, &members, &row);
        // What could not be read is told; that the row then lacks it need not be.
        let is_unread = |name: &str, field: &Option<Field<'_>>| {
            let holds = |member: &Member<'_>| member.key == name && member.value.kind() != Kind::Null;
            field.is_none() && members.iter().any(holds)
        };
        if !is_unread("capability_id", &row.capability_id)
            && !is_unread("attack_object_id", &row.technique_id)
        {
            assembler.push(&row);
        }
    }

    /// What the publisher's own tools ask of a row, and is no matter here.
    fn expected(&mut self, item: Node<'_>, members: &[Member<'_>], row: &Row<'_>) {
        for name in ["mapping_type", "capability_group"] {
            if !members.iter().any(|member| member.key == name) {
                let lacking = self.lacking.entry(name);
                lacking.or_insert_with(|| (item.place_of(opening(item)), 0)).1 += 1;
            }
        }
        let category = row
            .category
            .as_ref()
            .and_then(|field| Some((field, field.text.trim().parse::<Category>().ok()?.key())));
        let level = row
            .level
            .as_ref()
            .and_then(|field| Some((field, field.text.trim().parse::<Level>().ok()?.key())));
        for (field, expected) in category.into_iter().chain(level) {
            if field.text.trim() != expected {
                self.notes.letter_case(self.source.place(field.span.range()), &field.text, expected);
            }
        }
    }

    /// A field that repeats what `metadata` says.
    fn repeated(&mut self, name: &str, node: Node<'_>) {
        let Some(given) = self.notes.text_or_number(node, name) else { return };
        let given = given.text.trim();
        let Some((_, stated)) = self.stated.iter().find(|(one, _)| *one == name) else { return };
        let same_version = || {
            given.parse::<Version>().is_ok_and(|version| stated.parse() == Ok(version))
                && name == "attack_version"
        };
        if given.is_empty() || stated.is_empty() || given.eq_ignore_ascii_case(stated) || same_version() {
            return;
        }
        let message = format!("the row's `{name}` is `{}`, the file's `{}`", short(given), short(stated));
        // What the Mappings Editor writes for an id that it does not find.
        let help = match given {
            "[UNKNOWN_VERSION]" => {
                "the editor that wrote this did not know the row's id; the row is read as the others"
            }
            _ => "the row is read as all others of the file",
        };
        self.notes.find_help(node.place(), Code::RowDisagrees, message, help);
    }

    /// The references of a row; one that stands by itself, without a list, is one all the same.
    fn references<'d>(&mut self, node: Node<'d>) -> Vec<Field<'d>> {
        let mut references = self.notes.list(node, "references");
        if node.kind() == Kind::Text {
            references.extend(self.notes.text(node, "references"));
        }
        for blank in references.iter().filter(|field| field.text.trim().is_empty()) {
            let place = self.source.place(blank.span.range());
            self.notes.find_help(
                place,
                Code::SpoiltList,
                "an empty text in `references`",
                "it is passed over",
            );
        }
        references
    }

    fn metadata(&mut self, node: Node<'_>, origin: Origin) -> Option<MappingSet> {
        let members = self.notes.members(node, "metadata")?;
        self.notes.unknown_keys(&members, &METADATA);
        let get = |name: &str| members.iter().find(|member| member.key == name).map(|member| member.value);
        let framework = self.required(get("mapping_framework"), "mapping_framework", node);
        let version = self.required(get("attack_version"), "attack_version", node);
        let domain = self.required(get("technology_domain"), "technology_domain", node);
        for (name, stated) in &mut self.stated {
            if let Some(Ok(Some(text))) =
                get(name).map(|node| node.number_text().map_or_else(|| node.text(), |text| Ok(Some(text))))
            {
                text.trim().clone_into(stated);
            }
        }
        for name in EXPECTED.into_iter().filter(|name| get(name).is_none()) {
            self.notes.expected(node.place_of(opening(node)), "`metadata`", name);
        }
        let attack_version =
            self.notes.parsed::<Version>(self.source, version.as_ref(), Code::UnknownVersion);
        let domain = self.notes.parsed::<Domain>(self.source, domain.as_ref(), Code::UnknownDomain);
        let publication = Publication {
            mapping_version: self.notes.filled(get("mapping_version"), "mapping_version"),
            author: self.notes.filled(get("author"), "author"),
            contact: self.notes.filled(get("contact"), "contact"),
            organization: self.notes.filled(get("organization"), "organization"),
            creation_date: self.notes.date(get("creation_date"), "creation_date"),
            last_update: self.notes.date(get("last_update"), "last_update"),
        };
        let edition = self.notes.filled(get("mapping_framework_version"), "mapping_framework_version");
        let groups = self.groups(get("capability_groups"));
        let mapping_types = self.types(get("mapping_types"));
        let framework = Framework::new(framework?.text.trim().to_lowercase(), edition.unwrap_or_default());
        let mut set = MappingSet::new(framework, domain?, attack_version?, origin);
        set.version_span = version.map(|field| field.span).unwrap_or_default();
        set.publication = publication;
        set.groups = groups;
        set.mapping_types = mapping_types;
        set.sources.add(Arc::clone(self.source));
        Some(set)
    }

    fn required<'d>(&mut self, node: Option<Node<'d>>, name: &str, metadata: Node<'_>) -> Option<Field<'d>> {
        let is_blank =
            |node: &Node<'d>| node.text().is_ok_and(|text| text.is_some_and(|text| text.trim().is_empty()));
        if let Some(node) = node.filter(|node| node.kind() != Kind::Null && !is_blank(node)) {
            return self.notes.text_or_number(node, name);
        }
        let place = node.map_or_else(|| metadata.place_of(opening(metadata)), Node::place);
        let help = match name {
            "attack_version" => "state the ATT&CK version that the mappings were made on, such as \"16.1\"",
            "technology_domain" => "state \"enterprise\", \"mobile\" or \"ics\"",
            _ => "state the framework's id, such as \"aws\"",
        };
        self.notes.find_help(place, Code::MissingField, format!("`metadata` has no `{name}`"), help);
        None
    }

    fn groups(&mut self, node: Option<Node<'_>>) -> Vec<Group> {
        let Some(members) = self.table(node, "capability_groups") else { return Vec::new() };
        let mut groups = BTreeMap::new();
        for member in members {
            if let Some(name) = self.notes.text(member.value, "capability_groups") {
                let id = member.key.trim().to_owned();
                let name = name.text.trim().to_owned();
                let name = if name.is_empty() { id.clone() } else { name };
                groups.entry(id).or_insert((name, member.key_span));
            }
        }
        let groups = groups.into_iter().map(|(id, (name, span))| Group { id, name, span: Some(span) });
        groups.collect()
    }

    fn types(&mut self, node: Option<Node<'_>>) -> BTreeMap<String, MappingType> {
        let mut types = BTreeMap::new();
        let Some(members) = self.table(node, "mapping_types") else { return types };
        for member in members {
            let Some(fields) = self.notes.members(member.value, "mapping_types") else { continue };
            self.notes.unknown_keys(&fields, &["name", "description"]);
            let get = |name: &str| fields.iter().find(|field| field.key == name).map(|field| field.value);
            let id = member.key.trim().to_owned();
            for name in ["name", "description"].into_iter().filter(|name| get(name).is_none()) {
                let holder = format!("the mapping type `{}`", short(&id));
                self.notes.expected(member.value.place_of(member.key_span), &holder, name);
            }
            let name = self.notes.filled(get("name"), "name").unwrap_or_else(|| id.clone());
            let description = self.notes.filled(get("description"), "description").unwrap_or_default();
            types.entry(id).or_insert(MappingType { name, description, span: member.key_span });
        }
        types
    }

    /// The members of an object that may be absent or null.
    fn table<'d>(&mut self, node: Option<Node<'d>>, name: &str) -> Option<Vec<Member<'d>>> {
        let node = node.filter(|node| node.kind() != Kind::Null)?;
        self.notes.members(node, name)
    }
}

/// The first byte of a value: where something is missing in it.
fn opening(node: Node<'_>) -> Span {
    let span = node.span();
    Span { end: span.start + 1, ..span }
}
