//! From rows as written to a mapping set: the rules that every format shares.
//!
//! A format's reader hands over [`Row`]s of text with positions; what a value means, what is non-mappable, and what is
//! a finding is decided here, once.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::str::FromStr;

use super::super::model::{
    Capability, Category, Group, Level, ListedTechnique, Mapping, MappingOrigin, MappingSet, MappingType,
    NonMappableTechnique, NumericScore, Publication, Reference,
};
use super::super::upgrade;
use super::notes::MAX_FINDINGS;
use crate::attack::{TechniqueId, Version};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::suggest::Suggestions;

/// Text with its place.
#[derive(Debug, Clone)]
pub(crate) struct Field<'a> {
    pub(crate) text: Cow<'a, str>,
    pub(crate) span: Span,
}

impl Field<'_> {
    /// The text without blanks around it, `None` when nothing is left.
    fn filled(&self) -> Option<&str> {
        let text = self.text.trim();
        (!text.is_empty()).then_some(text)
    }
}

/// One row as written. An absent, null or blank field is `None` or blank; the rules below treat them alike.
#[derive(Debug, Default)]
pub(crate) struct Row<'a> {
    pub(crate) capability_id: Option<Field<'a>>,
    pub(crate) capability_name: Option<Field<'a>>,
    pub(crate) group: Option<Field<'a>>,
    pub(crate) mapping_type: Option<Field<'a>>,
    pub(crate) technique_id: Option<Field<'a>>,
    pub(crate) technique_name: Option<Field<'a>>,
    pub(crate) category: Option<Field<'a>>,
    pub(crate) level: Option<Field<'a>>,
    /// A number in place of a level.
    pub(crate) numeric: Option<NumericScore>,
    pub(crate) status: Option<Field<'a>>,
    pub(crate) related_score: Option<Field<'a>>,
    pub(crate) comment: Option<Field<'a>>,
    pub(crate) references: Vec<Field<'a>>,
    /// The techniques that the row was of before it was carried to the ATT&CK version that it is on, with their names.
    pub(crate) moved_from: Vec<(TechniqueId, String)>,
    /// The row as a whole.
    pub(crate) span: Span,
}

impl Row<'_> {
    /// How much text the row holds, in bytes.
    fn size(&self) -> usize {
        let fields = [
            &self.capability_id,
            &self.capability_name,
            &self.group,
            &self.mapping_type,
            &self.technique_name,
            &self.comment,
        ];
        let texts = fields.into_iter().flatten().chain(&self.references);
        let moved = self.moved_from.iter().map(|(_, name)| size_of::<MappingOrigin>() + name.len());
        texts.map(|field| field.text.len()).chain(moved).sum()
    }
}

/// How much a file may make: few words can make many rows, for some forms name what is mapped once for all that it is
/// mapped to.
#[derive(Debug)]
pub(crate) struct Budget {
    rows: Cell<usize>,
    /// In bytes.
    text: Cell<usize>,
    /// Whether it was asked for more than there is, and that was said.
    is_spent: Cell<bool>,
}

impl Budget {
    /// Nearly forty times the largest published mapping.
    const ROWS: usize = 100_000;
    /// As much as a file may have itself.
    const TEXT: usize = 64 * 1024 * 1024;

    /// Takes from it; what there is too much of when it does not suffice.
    fn take(&self, rows: usize, text: usize) -> Result<(), String> {
        let left = self.rows.get().checked_sub(rows).ok_or_else(|| format!("{} rows", Self::ROWS))?;
        let text = self.text.get().checked_sub(text);
        let text = text.ok_or_else(|| format!("{} MiB of text in its rows", Self::TEXT / 1024 / 1024))?;
        self.rows.set(left);
        self.text.set(text);
        Ok(())
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self { rows: Cell::new(Self::ROWS), text: Cell::new(Self::TEXT), is_spent: Cell::new(false) }
    }
}

/// Collects rows into a mapping set.
pub(crate) struct Assembler {
    set: MappingSet,
    capabilities: BTreeMap<String, usize>,
    groups: BTreeMap<String, usize>,
    /// Ids of groups that rows call by their names.
    group_names: BTreeMap<String, String>,
    findings: Vec<Diagnostic>,
    /// Whether the source itself says which groups there are.
    defines_groups: bool,
    suggestions: Suggestions,
    /// The groups and the references that each capability has.
    capability_groups: BTreeSet<(usize, usize)>,
    capability_references: BTreeSet<(usize, String)>,
    budget: Rc<Budget>,
}

/// The statuses that Mappings Explorer's schema and the Mappings Editor define.
const STATUSES: [&str; 9] = [
    "complete",
    "in_progress",
    "non_mappable",
    "version_changed",
    "internal_review",
    "participant_review",
    "participant_reviewed",
    "final_draft",
    "final_review",
];

/// What becomes of a row that names only one side of a mapping.
const LEFT_OUT: &str = "it is left out; what cannot be mapped has the status `non_mappable`";

impl Assembler {
    /// Starts from a set that has its metadata and, where the source defines them, its groups.
    pub(crate) fn new(set: MappingSet) -> Self {
        Self::sharing(set, Rc::default())
    }

    /// Like [`Assembler::new`], for one of several sets of a file, which may make so much together.
    pub(crate) fn sharing(set: MappingSet, budget: Rc<Budget>) -> Self {
        let groups = set.groups.iter().enumerate().map(|(at, group)| (group.id.clone(), at)).collect();
        let defines_groups = !set.groups.is_empty();
        Self {
            set,
            capabilities: BTreeMap::new(),
            groups,
            group_names: BTreeMap::new(),
            findings: Vec::new(),
            defines_groups,
            suggestions: Suggestions::default(),
            capability_groups: BTreeSet::new(),
            capability_references: BTreeSet::new(),
            budget,
        }
    }

    /// Says who published the set.
    pub(crate) fn set_publication(&mut self, publication: Publication) {
        self.set.publication = publication;
    }

    /// Whether no row was added.
    pub(crate) fn is_empty(&self) -> bool {
        self.set.rows == 0
    }

    /// Whether there are so many findings that reading on helps nobody.
    pub(crate) fn is_full(&self) -> bool {
        self.findings.len() >= MAX_FINDINGS
    }

    /// Whether no more rows are taken: for the number of findings, or because the file makes too much, which is said.
    pub(crate) fn is_done(&self) -> bool {
        self.is_full() || self.budget.is_spent.get()
    }

    /// Whether there is room for a row. Says so once when there is none.
    pub(crate) fn admits(&mut self, row: &Row<'_>) -> bool {
        !self.is_done() && self.takes(1, row.size(), row.span)
    }

    fn takes(&mut self, rows: usize, text: usize, span: Span) -> bool {
        let Err(most) = self.budget.take(rows, text) else { return true };
        if !self.budget.is_spent.replace(true) {
            let message = format!("the file makes more than {most}; the rest was not read");
            self.find(span, Diagnostic::new(Code::TooManyFindings, message));
        }
        false
    }

    /// Gives a capability a reference, once.
    pub(crate) fn refer(&mut self, capability: &str, reference: String) {
        let index = self.capability_index(capability);
        self.refer_index(index, reference);
    }

    fn refer_index(&mut self, index: usize, reference: String) {
        if self.capability_references.insert((index, reference.clone())) {
            self.set.capabilities[index].references.push(reference);
        }
    }

    /// Notes a finding at a place of the sources.
    pub(crate) fn find(&mut self, span: Span, diagnostic: Diagnostic) {
        self.findings.push(match self.set.sources.place(span) {
            Some(place) => diagnostic.at(place),
            None => diagnostic,
        });
    }

    /// The capability with this id, made when it is new.
    pub(crate) fn capability(&mut self, id: &str) -> &mut Capability {
        let index = self.capability_index(id);
        &mut self.set.capabilities[index]
    }

    fn capability_index(&mut self, id: &str) -> usize {
        if let Some(index) = self.capabilities.get(id) {
            return *index;
        }
        let index = self.set.capabilities.len();
        self.set.capabilities.push(Capability { id: id.to_owned(), ..Capability::default() });
        self.capabilities.insert(id.to_owned(), index);
        index
    }

    fn group_index(&mut self, id: &str) -> usize {
        if let Some(index) = self.groups.get(id) {
            return *index;
        }
        let index = self.set.groups.len();
        self.set.groups.push(Group { id: id.to_owned(), name: id.to_owned(), span: None });
        self.groups.insert(id.to_owned(), index);
        index
    }

    /// The id of the group with this name, made when it is new; for forms that hold names alone.
    pub(crate) fn group_named(&mut self, name: &str) -> String {
        if let Some(id) = self.group_names.get(name) {
            return id.clone();
        }
        let id = group_id(name, |id| self.groups.contains_key(id));
        let index = self.group_index(&id);
        name.clone_into(&mut self.set.groups[index].name);
        self.group_names.insert(name.to_owned(), id.clone());
        id
    }

    /// Defines a mapping type by its name; for forms that hold names alone.
    pub(crate) fn type_named(&mut self, name: &str, span: Span) {
        if !self.set.mapping_types.contains_key(name) {
            let kind = MappingType { name: name.to_owned(), span, ..MappingType::default() };
            self.set.mapping_types.insert(name.to_owned(), kind);
        }
    }

    /// Says that the rows were made on another ATT&CK version, and which techniques of the set's own it cannot have
    /// assessed.
    pub(crate) fn set_carried(&mut self, made_on: Version, not_assessed: BTreeSet<TechniqueId>) {
        self.set.carried_from = Some(made_on);
        self.set.not_assessed = not_assessed;
    }

    /// Who published the set and when, to be filled in as rows say it.
    pub(crate) fn publication(&mut self) -> &mut Publication {
        &mut self.set.publication
    }

    /// Adds a row, when there is room for it.
    pub(crate) fn push(&mut self, row: &Row<'_>) {
        if self.admits(row) {
            self.push_admitted(row);
        }
    }

    /// Adds a row that there is room for.
    pub(crate) fn push_admitted(&mut self, row: &Row<'_>) {
        self.set.rows += 1;
        let (capability, group) = self.row_capability(row).unzip();
        let group = group.flatten();
        let kind = row.mapping_type.as_ref().and_then(Field::filled);
        let status = row.status.as_ref().and_then(Field::filled);
        self.check_status(row.status.as_ref());
        if kind == Some("non_mappable") || status == Some("non_mappable") {
            self.push_non_mappable(row, capability);
            return;
        }
        let Some(capability) = capability else {
            let technique = row.technique_id.as_ref().and_then(Field::filled).map(short);
            let message = match technique {
                Some(id) => format!("{id} is mapped by no capability, and not declared non-mappable"),
                None => "a row that names neither a capability nor a technique".to_owned(),
            };
            self.find(row.span, Diagnostic::new(Code::NoCapability, message).help(LEFT_OUT));
            return;
        };
        let Some(field) = row.technique_id.as_ref().filter(|field| field.filled().is_some()) else {
            let name = &self.set.capabilities[capability].id;
            let message = format!("`{name}` is mapped to no technique, and not declared non-mappable");
            self.find(row.span, Diagnostic::new(Code::NoTechnique, message).help(LEFT_OUT));
            return;
        };
        let (category, level) = self.score(row);
        let Some(technique) = self.technique(field) else { return };
        let mapping_type = self.type_name(row.mapping_type.as_ref());
        // A short id may stand for a long name.
        if !self.takes(0, mapping_type.len(), row.span) {
            return;
        }
        let related = row.related_score.as_ref();
        let (technique_name, name_span) = named(row, field.span);
        let comment = text(row.comment.as_ref());
        self.set.mappings.push(Mapping {
            capability,
            group,
            technique,
            technique_name,
            mapping_type,
            category,
            level,
            numeric: row.numeric,
            moved_from: upgrade::origins(&row.moved_from, &comment),
            comment,
            references: row.references.iter().flat_map(references).collect(),
            related_score: related.and_then(Field::filled).and_then(|id| id.parse().ok()),
            id_span: field.span,
            name_span,
            level_span: row.level.as_ref().map_or(field.span, |level| level.span),
            related_span: related.map(|field| field.span).unwrap_or_default(),
        });
    }

    /// The row's capability, with what the row says of it, and the group that it puts it in.
    fn row_capability(&mut self, row: &Row<'_>) -> Option<(usize, Option<usize>)> {
        let field = row.capability_id.as_ref()?;
        let index = self.capability_index(field.filled()?);
        let group = row.group.as_ref().and_then(|field| Some(self.row_group(field.filled()?, field.span)));
        let is_new = group.is_some_and(|group| self.capability_groups.insert((index, group)));
        let capability = &mut self.set.capabilities[index];
        if capability.name.is_empty() {
            capability.name = text(row.capability_name.as_ref());
        }
        if capability.span == Span::default() {
            capability.span = field.span;
        }
        capability.groups.extend(group.filter(|_| is_new));
        Some((index, group))
    }

    fn row_group(&mut self, id: &str, span: Span) -> usize {
        if self.defines_groups && !self.groups.contains_key(id) {
            let message = format!("the group `{}` is not defined in the file", short(id));
            let near = self.suggestions.nearest(id, self.groups.keys().map(String::as_str));
            let help = stands_for_name(near);
            // Once for each group, which is there from now on: it is one mistake.
            self.find(span, Diagnostic::new(Code::UndefinedGroup, message).help(help));
        }
        self.group_index(id)
    }

    /// The name of a row's mapping type.
    fn type_name(&mut self, field: Option<&Field<'_>>) -> String {
        let Some((field, id)) = field.and_then(|field| Some((field, field.filled()?))) else {
            return String::new();
        };
        if let Some(kind) = self.set.mapping_types.get(id) {
            return kind.name.clone();
        }
        if !self.set.mapping_types.is_empty() {
            let message = format!("the mapping type `{}` is not defined in the file", short(id));
            let near = self.suggestions.nearest(id, self.set.mapping_types.keys().map(String::as_str));
            let diagnostic = Diagnostic::new(Code::UndefinedType, message).help(stands_for_name(near));
            // Once for each type: it is one mistake.
            self.find(field.span, diagnostic);
            let kind = MappingType { name: id.to_owned(), ..MappingType::default() };
            self.set.mapping_types.insert(id.to_owned(), kind);
        }
        id.to_owned()
    }

    /// "Non-mappable" is said of a capability (no technique), or of a technique (no capability).
    fn push_non_mappable(&mut self, row: &Row<'_>, capability: Option<usize>) {
        self.set.non_mappable_rows += 1;
        let comment = text(row.comment.as_ref());
        let technique = row.technique_id.as_ref().filter(|field| field.filled().is_some());
        match (capability, technique) {
            (Some(index), None) => {
                let capability = &mut self.set.capabilities[index];
                capability.non_mappable = true;
                capability.non_mappable_span =
                    row.capability_id.as_ref().map_or(row.span, |field| field.span);
                if capability.comment.is_empty() {
                    capability.comment = comment;
                }
                for reference in row.references.iter().flat_map(references) {
                    self.refer_index(index, reference.text);
                }
            }
            (None, Some(field)) => {
                if let Some(technique) = self.technique(field) {
                    let (name, name_span) = named(row, field.span);
                    let id_span = field.span;
                    self.set.non_mappable.push(NonMappableTechnique {
                        technique,
                        name,
                        comment,
                        id_span,
                        name_span,
                    });
                }
            }
            // The pair alone is declared unmappable: neither the capability nor the technique is, so it only counts.
            (Some(index), Some(field)) => {
                let (capability, id) = (&self.set.capabilities[index].id, short(field.text.trim()));
                let message = format!("`{capability}` and {id} are declared not mappable together");
                let help = "neither of them is by itself: the row is left out, and says nothing of either";
                self.find(field.span, Diagnostic::new(Code::PairNonMappable, message).help(help));
            }
            (None, None) => {
                let message = "a non-mappable row that names neither a capability nor a technique";
                self.find(row.span, Diagnostic::new(Code::NoTechnique, message).help("it is left out"));
            }
        }
    }

    fn check_status(&mut self, status: Option<&Field<'_>>) {
        let Some(field) = status else { return };
        let Some(text) = field.filled() else { return };
        if !STATUSES.contains(&text) {
            let diagnostic =
                Diagnostic::new(Code::UnknownStatus, format!("unknown status `{}`", short(text))).help(
                    match self.suggestions.nearest(text, STATUSES.into_iter()) {
                        Some(near) => format!("did you mean `{near}`? the row counts as mapped"),
                        None => "the row counts as mapped".to_owned(),
                    },
                );
            self.find(field.span, diagnostic);
        }
    }

    fn technique(&mut self, field: &Field<'_>) -> Option<TechniqueId> {
        let text = field.filled()?;
        if let Ok(id) = text.parse() {
            return Some(id);
        }
        let is_tactic =
            text.strip_prefix("TA").is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
        let message = format!("`{}` is not a technique id", short(text));
        let help = if is_tactic {
            "this is a tactic; mappings are to techniques such as T1562 or sub-techniques such as T1562.008"
        } else {
            "an id is a technique such as T1562 or a sub-technique such as T1562.008"
        };
        self.find(field.span, Diagnostic::new(Code::MalformedId, message).help(help));
        None
    }

    /// Takes note of a technique that the source lists without mapping anything to it, so that its id and name are checked.
    pub(crate) fn list(&mut self, id: &Field<'_>, name: Option<&Field<'_>>) {
        let Some(technique) = self.technique(id) else { return };
        let (name, name_span) = match name {
            Some(name) => (name.text.trim().to_owned(), name.span),
            None => (String::new(), id.span),
        };
        self.set.listed.push(ListedTechnique { technique, name, id_span: id.span, name_span });
    }

    /// Category and level, with a finding for what is unknown or halved.
    fn score(&mut self, row: &Row<'_>) -> (Option<Category>, Option<Level>) {
        let category = self.named_value(
            row.category.as_ref(),
            Code::UnknownCategory,
            "category",
            &["Protect", "Detect", "Respond"],
        );
        let level = self.named_value(
            row.level.as_ref(),
            Code::UnknownLevel,
            "level",
            &["Minimal", "Partial", "Significant"],
        );
        let given = |field: &Option<Field<'_>>| -> Option<(String, Span)> {
            let field = field.as_ref()?;
            Some((short(field.filled()?).into_owned(), field.span))
        };
        let (message, span) = match (given(&row.category), given(&row.level)) {
            (Some((text, span)), None) if row.numeric.is_none() => {
                (format!("the category `{text}` stands without a level"), span)
            }
            (None, Some((text, span))) => (format!("the level `{text}` stands without a category"), span),
            _ => return (category, level),
        };
        let help = "the mapping stands, without a score";
        self.find(span, Diagnostic::new(Code::HalfScore, message).help(help));
        (category, level)
    }

    fn named_value<T: FromStr>(
        &mut self,
        field: Option<&Field<'_>>,
        code: Code,
        what: &str,
        names: &[&'static str; 3],
    ) -> Option<T> {
        let field = field?;
        let text = field.filled()?;
        if let Ok(value) = text.parse() {
            return Some(value);
        }
        let help = match self.suggestions.nearest(text, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("a {what} is {}, {} or {}", names[0], names[1], names[2]),
        };
        self.find(field.span, Diagnostic::new(code, format!("unknown {what} `{}`", short(text))).help(help));
        None
    }

    /// The set, with groups and capabilities in the order of their ids, and what was found.
    pub(crate) fn finish(mut self) -> (MappingSet, Vec<Diagnostic>) {
        self.sort_groups();
        let mut order: Vec<usize> = (0..self.set.capabilities.len()).collect();
        order.sort_by(|a, b| self.set.capabilities[*a].id.cmp(&self.set.capabilities[*b].id));
        let mut place = vec![0; order.len()];
        for (new, old) in order.iter().enumerate() {
            place[*old] = new;
        }
        let mut old: Vec<_> = self.set.capabilities.drain(..).map(Some).collect();
        self.set.capabilities = order.iter().filter_map(|index| old[*index].take()).collect();
        for mapping in &mut self.set.mappings {
            mapping.capability = place[mapping.capability];
        }
        for capability in &mut self.set.capabilities {
            if capability.name.is_empty() {
                capability.name.clone_from(&capability.id);
            }
        }
        (self.set, self.findings)
    }

    fn sort_groups(&mut self) {
        let mut order: Vec<usize> = (0..self.set.groups.len()).collect();
        order.sort_by(|a, b| self.set.groups[*a].id.cmp(&self.set.groups[*b].id));
        let mut place = vec![0; order.len()];
        for (new, old) in order.iter().enumerate() {
            place[*old] = new;
        }
        let mut old: Vec<_> = self.set.groups.drain(..).map(Some).collect();
        self.set.groups = order.iter().filter_map(|index| old[*index].take()).collect();
        for group in self.set.capabilities.iter_mut().flat_map(|capability| &mut capability.groups) {
            *group = place[*group];
        }
        for group in self.set.mappings.iter_mut().filter_map(|mapping| mapping.group.as_mut()) {
            *group = place[*group];
        }
    }
}

/// The id of a group that is known by its name: the name in lower case, with `_` for blanks, which is what publishers
/// make of it too; the name as it stands, or numbered, where another group has that id.
pub(crate) fn group_id(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let id = name.to_lowercase().split_whitespace().collect::<Vec<_>>().join("_");
    let numbered = (2_u32..).map(|number| format!("{name} {number}"));
    [id, name.to_owned()].into_iter().chain(numbered).find(|id| !is_taken(id)).unwrap_or_default()
}

/// What is said of an id that is not defined.
fn stands_for_name(near: Option<&str>) -> String {
    match near {
        Some(near) => format!("did you mean `{near}`? its id stands for its name"),
        None => "its id stands for its name".to_owned(),
    }
}

/// The technique's name as given; where there is none, it is empty and stands where the id does.
fn named(row: &Row<'_>, id: Span) -> (String, Span) {
    match &row.technique_name {
        Some(field) => (field.text.trim().to_owned(), field.span),
        None => (String::new(), id),
    }
}

fn text(field: Option<&Field<'_>>) -> String {
    field.map_or_else(String::new, |field| field.text.trim().to_owned())
}

/// A value for a message: at most 60 characters of it.
pub(crate) fn short(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(60) {
        Some((at, _)) => Cow::Owned(format!("{}…", &text[..at])),
        None => Cow::Borrowed(text),
    }
}

/// The references in one string. Published files hold several addresses in one; text around an address stays whole.
fn references(field: &Field<'_>) -> Vec<Reference> {
    let reference = |text: &str| Reference { text: text.to_owned(), span: field.span };
    let text = field.text.trim();
    let parts: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c == ';')
        .map(|part| part.trim_end_matches(','))
        .filter(|part| !part.is_empty())
        .collect();
    if parts.len() > 1 && parts.iter().all(|part| crate::link::web_address(part).is_some()) {
        parts.into_iter().map(reference).collect()
    } else if text.is_empty() {
        Vec::new()
    } else {
        vec![reference(text)]
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::Field;
    use crate::source::Span;

    fn references(text: &str) -> Vec<String> {
        let field = Field { text: Cow::Borrowed(text), span: Span::default() };
        super::references(&field).into_iter().map(|reference| reference.text).collect()
    }

    #[test]
    fn several_addresses_in_one_string_are_several_references() {
        assert_eq!(references(" https://a.example/x "), ["https://a.example/x"]);
        assert_eq!(
            references("https://a.example https://b.example"),
            ["https://a.example", "https://b.example"]
        );
        assert_eq!(references("Ref: https://a.example"), ["Ref: https://a.example"]);
        assert_eq!(references("[]"), ["[]"]);
        assert!(references("  ").is_empty());
    }
}
