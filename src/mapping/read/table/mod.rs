//! Tables of mappings: CSV, TSV and the sheets of a workbook, one row a mapping.
//!
//! A table is recognised by its header alone. Mappings Explorer's and the Mappings Editor's tables repeat in each row what
//! JSON says once; they write names where JSON has ids, and say non-mappable by the mapping type.

mod header;
mod own;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use super::super::literal;
use super::super::model::{Framework, MappingSet, Origin};
use super::notes::{MAX_TEXT, Notes, is_date, plain};
use super::rows::{Assembler, Field, Row, short};
use super::{Form, Options, Outcome};
use crate::attack::{Domain, Version};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::source::table::{self, Cell, Shape, Workbook};
use crate::source::{Layout, Source, Span};
use header::{Plan, Role, Style};
use own::Fit;

/// What the Mappings Editor writes as the version of a row whose technique it does not find.
const UNKNOWN_VERSION: &str = "[UNKNOWN_VERSION]";

/// How many mapping sets one table may hold: it names each by framework, edition, version and domain.
const MAX_PARTS: usize = 100;

/// Reads a text that is a table of a form that is read; `None` when it is none.
pub(super) fn recognise(source: &Arc<Source>, origin: &Origin, options: &Options) -> Option<Form> {
    let text = source.text();
    let (fit, _) = own::fit(source, options.columns.as_ref())?;
    if fit != Fit::Header && (super::control::is_control(text) || super::is_unified_yaml(text)) {
        return None;
    }
    let outcome = Reader::new(vec![Arc::clone(source)], origin, options).read();
    if fit != Fit::Table {
        return Some(Form::Whole(outcome));
    }
    // A table without the column of techniques: a mistake when it was named, one of many kinds of file in a folder.
    outcome.findings.into_iter().next().map(Form::Other)
}

/// What a table of another kind is; `None` when the text is no table.
pub(super) fn unknown(source: &Source) -> Option<Diagnostic> {
    header::unknown(source)
}

/// Reads the sheets of a workbook that have a known header. Rows of one mapping set may stand on several.
pub(super) fn workbook(book: Workbook, origin: &Origin, options: &Options) -> Form {
    let fit = |sheet: &Source| own::fit(sheet, options.columns.as_ref()).map(|(fit, _)| fit);
    let best = book.sheets.iter().filter_map(fit).min();
    let mut others = Vec::new();
    let mut known = Vec::new();
    for sheet in book.sheets {
        // Where no sheet has the technique's column, one of them is enough to say so of.
        let is_read =
            best.is_some() && fit(&sheet) == best && (best == Some(Fit::Header) || known.is_empty());
        if is_read { known.push(Arc::new(sheet)) } else { others.push(sheet) }
    }
    if known.is_empty() {
        let finding = others.iter().find_map(unknown).unwrap_or_else(|| {
            let empty = Source::new(origin.to_string(), String::new());
            let finding =
                super::not_a_mapping(&empty, "no sheet of the workbook holds a table of a known form");
            match book.hidden.first() {
                Some(name) => finding
                    .help(format!("hidden sheets are not read: show `{}` to have it read", short(name))),
                None => finding,
            }
        });
        return Form::Other(finding);
    }
    let whole = known[0].whole();
    let mut outcome = Reader::new(known, origin, options).read();
    for sheet in &others {
        let Some(Layout::Sheet(grid)) = sheet.layout() else { continue };
        let message =
            format!("the sheet `{}` is left out: its header is none that is read", short(grid.sheet()));
        outcome.findings.push(Diagnostic::new(Code::FileSkipped, message).at(sheet.whole()));
    }
    for name in &book.hidden {
        let message = format!("the sheet `{}` is left out: it is hidden", short(name));
        let finding = Diagnostic::new(Code::FileSkipped, message).at(whole.clone());
        outcome.findings.push(finding.help("show it in the workbook to have it read"));
    }
    Form::Whole(outcome)
}

/// What tells mapping sets apart: framework, edition, ATT&CK version, domain.
type Key = (String, String, Version, Domain);

/// A mapping set in the making.
struct Part {
    key: Key,
    assembler: Assembler,
    /// The columns about the publication in which rows have been found to disagree.
    disagreeing: Vec<Role>,
}

/// What a row inherits that leaves a cell empty: what the table states first, or what was said beside it.
#[derive(Debug, Default)]
struct Defaults {
    framework: String,
    edition: String,
    version: Option<Version>,
    domain: Option<Domain>,
}

struct Reader<'a> {
    sources: Vec<Arc<Source>>,
    /// How the table stands in each source.
    shapes: Vec<Shape>,
    origin: &'a Origin,
    options: &'a Options,
    notes: Notes,
    parts: Vec<Part>,
    defaults: Defaults,
    /// That the version is assumed: to be said once a row is read.
    assumed: Option<Diagnostic>,
    /// The cells that told the last row's set, as they stand there, and which set that was.
    last: Option<([String; 4], usize)>,
    /// Values of those cells that make no sense, each found once.
    senseless: BTreeSet<(Role, String)>,
    /// Whether there is more than is read.
    gave_up: bool,
}

impl<'a> Reader<'a> {
    fn new(sources: Vec<Arc<Source>>, origin: &'a Origin, options: &'a Options) -> Self {
        let shape = |source: &Arc<Source>| own::fit(source, options.columns.as_ref()).map(|(_, shape)| shape);
        let shapes =
            sources.iter().map(|source| shape(source).unwrap_or_else(|| Shape::of(source))).collect();
        Self {
            sources,
            shapes,
            origin,
            options,
            notes: Notes::default(),
            parts: Vec::new(),
            defaults: Defaults::default(),
            assumed: None,
            last: None,
            senseless: BTreeSet::new(),
            gave_up: false,
        }
    }

    fn read(mut self) -> Outcome {
        let sources = self.sources.clone();
        self.find_defaults(&sources);
        for (index, source) in sources.iter().enumerate() {
            let number = u32::try_from(index).unwrap_or(u32::MAX);
            let mut plan: Option<Plan> = None;
            let read = table::for_each_record(source, number, self.shapes[index], |cells, span| {
                match &plan {
                    None => plan = Some(self.plan(source, cells)),
                    Some(plan) => self.row(source, plan, cells, span),
                }
                if self.gave_up || plan.as_ref().is_some_and(|plan| plan.lacks_columns) {
                    return ControlFlow::Break(());
                }
                if self.is_full() {
                    self.notes.give_up(source);
                    return ControlFlow::Break(());
                }
                ControlFlow::Continue(())
            });
            if let Err(finding) = read {
                self.notes.findings.push(finding);
            }
        }
        if self.parts.is_empty() && self.notes.findings.iter().all(|one| one.severity != Severity::Error) {
            let message = "the table has a header and no rows";
            self.notes.find(sources[0].whole(), Code::NoMappings, message);
        }
        let mut outcome = Outcome::found(self.notes.findings);
        for part in self.parts {
            let (set, mut findings) = part.assembler.finish();
            outcome.sets.push(set);
            outcome.findings.append(&mut findings);
        }
        outcome
    }

    fn is_full(&self) -> bool {
        self.notes.is_full() || self.parts.iter().any(|part| part.assembler.is_full())
    }

    /// The plan that a header gives.
    fn plan(&mut self, source: &Source, cells: &[Cell<'_>]) -> Plan {
        let names: Vec<String> = cells.iter().map(|cell| cell.text.to_owned()).collect();
        let place = |index: usize| source.place(cells[index].span.range());
        match (header::style(&names, self.options.columns.as_ref()), &self.options.columns) {
            (Some(Style::Own) | None, Some(columns)) => header::own(&names, columns, &mut self.notes, place),
            (style, _) => header::published(&names, style.unwrap_or(Style::Explorer), &mut self.notes, place),
        }
    }

    /// Looks for the first framework, edition, version and domain that the tables state.
    fn find_defaults(&mut self, sources: &[Arc<Source>]) {
        let wanted = [Role::Framework, Role::FrameworkVersion, Role::AttackVersion, Role::Domain];
        let mut found: BTreeMap<Role, String> = BTreeMap::new();
        let mut states_version = false;
        for (source, shape) in sources.iter().zip(&self.shapes) {
            let mut plan: Option<Plan> = None;
            // What is wrong with the table is found when it is read.
            let _ = table::for_each_record(source, 0, *shape, |cells, _| {
                let Some(plan) = &plan else {
                    let names: Vec<String> = cells.iter().map(|cell| cell.text.to_owned()).collect();
                    let style = header::style(&names, None);
                    let place = |_| source.whole();
                    plan = style.map(|style| header::published(&names, style, &mut Notes::default(), place));
                    return if plan.is_some() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
                };
                for (cell, role) in cells.iter().zip(&plan.roles) {
                    let text = cell.text.trim();
                    let Some(role) = role.filter(|role| wanted.contains(role)) else { continue };
                    if text.is_empty() || text == UNKNOWN_VERSION || text.len() > MAX_TEXT {
                        continue;
                    }
                    states_version |= role == Role::AttackVersion;
                    let makes_sense = match role {
                        Role::AttackVersion => text.parse::<Version>().is_ok(),
                        Role::Domain => text.parse::<Domain>().is_ok(),
                        _ => true,
                    };
                    if makes_sense {
                        found.entry(role).or_insert_with(|| text.to_owned());
                    }
                }
                let is_done = wanted.iter().all(|role| found.contains_key(role) || !plan.has(*role));
                if is_done { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
        }
        let framework = found.remove(&Role::Framework).or_else(|| self.options.framework.clone());
        self.defaults.framework = framework.map_or_else(|| stem(self.origin), |id| id.trim().to_lowercase());
        self.defaults.edition = found.remove(&Role::FrameworkVersion).unwrap_or_default();
        let domain = found.get(&Role::Domain).and_then(|text| text.parse().ok());
        let version = found.get(&Role::AttackVersion).and_then(|text| text.parse().ok());
        // A value that makes no sense is found in its row, and is no reason to assume another.
        self.defaults.domain = domain.or(self.options.domain);
        self.defaults.version = version.or(self.options.attack_version).or_else(|| {
            let domain = self.defaults.domain.unwrap_or(Domain::Enterprise);
            let newest = self.options.releases.table(domain).newest();
            if !states_version {
                let message =
                    format!("the table states no ATT&CK version; the newest known, {newest}, is assumed");
                let help = "--table-attack-version states another";
                let finding = Diagnostic::new(Code::VersionAssumed, message);
                self.assumed = Some(finding.at(sources[0].whole()).help(help));
            }
            Some(newest)
        });
    }

    fn row(&mut self, source: &Source, plan: &Plan, cells: &[Cell<'_>], span: Span) {
        if let Some(extra) = cells.iter().skip(plan.roles.len()).find(|cell| !cell.text.trim().is_empty()) {
            let message = format!("the row has {} cells, and the header {}", cells.len(), plan.roles.len());
            let help = "a cell that holds what parts the cells stands in quotes";
            self.notes.find_help(source.place(extra.span.range()), Code::WrongType, message, help);
            return;
        }
        if is_short(source, plan, cells) {
            let noun = if cells.len() == 1 { "cell" } else { "cells" };
            let message = format!("the row has {} {noun}, and the header {}", cells.len(), plan.roles.len());
            let help =
                "it is left out; a row has a cell for each column, an empty one where there is nothing";
            let end = cells.last().map_or(span, |cell| cell.span).range().end;
            self.notes.find_help(source.place(span.range().start..end), Code::WrongType, message, help);
            return;
        }
        let mut row = Row { span, ..Row::default() };
        let mut about: BTreeMap<Role, Field<'_>> = BTreeMap::new();
        for (cell, role) in cells.iter().zip(&plan.roles) {
            let Some(role) = role.filter(|_| !cell.text.is_empty()) else { continue };
            let Some(field) = self.field(source, cell, role) else { continue };
            let target = match role {
                Role::CapabilityId => &mut row.capability_id,
                Role::CapabilityName => &mut row.capability_name,
                Role::Group => &mut row.group,
                Role::MappingType => &mut row.mapping_type,
                Role::TechniqueId => &mut row.technique_id,
                Role::TechniqueName => &mut row.technique_name,
                Role::Category => &mut row.category,
                Role::Level => &mut row.level,
                Role::RelatedScore => &mut row.related_score,
                Role::Status => &mut row.status,
                Role::Comment => &mut row.comment,
                Role::References => {
                    row.references = self.references(source, plan.style, field);
                    continue;
                }
                _ => {
                    about.insert(role, field);
                    continue;
                }
            };
            *target = Some(field);
        }
        let Some(index) = self.part(source, &about) else { return };
        match plan.style {
            Style::Own => {
                let framework = &self.parts[index].key.0;
                own::complete(&mut row, self.options, framework, source, &mut self.notes);
            }
            _ => complete_published(&mut row, plan),
        }
        if let Some(span) = missing_side(&row, plan, cells) {
            row.span = span;
        }
        self.publication(source, index, &about);
        let assembler = &mut self.parts[index].assembler;
        if let Some(field) = row.group.take_if(|field| !field.text.trim().is_empty()) {
            let id = assembler.group_named(field.text.trim());
            row.group = Some(Field { text: Cow::Owned(id), span: field.span });
        }
        if let Some(field) = &row.mapping_type
            && !matches!(field.text.trim(), "" | "non_mappable")
        {
            assembler.type_named(field.text.trim(), field.span);
        }
        assembler.push(&row);
    }

    fn field<'c>(&mut self, source: &Source, cell: &Cell<'c>, role: Role) -> Option<Field<'c>> {
        if cell.text.len() > MAX_TEXT {
            let message =
                format!("the cell has {} bytes of text; at most {MAX_TEXT} are read", cell.text.len());
            self.notes.find(source.place(cell.span.range()), Code::TooLong, message);
            return None;
        }
        let text = match role {
            Role::MappingType if header::key(cell.text) == "non_mappable" => "non_mappable".into(),
            // The Editor shows `In Progress` for `in_progress`.
            Role::Status => Cow::Owned(header::key(cell.text)),
            _ => Cow::Borrowed(cell.text),
        };
        Some(Field { text, span: cell.span })
    }

    /// The references of a cell.
    fn references<'c>(&mut self, source: &Source, style: Style, field: Field<'c>) -> Vec<Field<'c>> {
        let text = field.text.trim();
        let is_list = text.starts_with('[') && style != Style::Own;
        match literal::parse_list(text) {
            Ok(items) if is_list => {
                let fields = items.into_iter().map(|item| Field { text: Cow::Owned(item), span: field.span });
                fields.collect()
            }
            Err(at) if is_list && style == Style::Explorer => {
                let at = text[..at.min(text.len())].chars().count() + 1;
                let message =
                    format!("`references` is no list as Python writes it: it breaks off at character {at}");
                let help = "a list is written ['https://a.example', 'https://b.example']";
                self.notes.find_help(source.place(field.span.range()), Code::WrongType, message, help);
                vec![field]
            }
            _ if style == Style::Editor => {
                let parts = comma_parted(text).into_iter();
                parts.map(|part| Field { text: Cow::Owned(part), span: field.span }).collect()
            }
            _ if style == Style::Own => own::references(field),
            _ => vec![field],
        }
    }

    /// Which set a row belongs to; made when it is the first of it.
    fn part(&mut self, source: &Source, about: &BTreeMap<Role, Field<'_>>) -> Option<usize> {
        let text = |role| about.get(&role).map_or("", |field: &Field<'_>| field.text.trim());
        let told = [Role::Framework, Role::FrameworkVersion, Role::AttackVersion, Role::Domain].map(text);
        if let Some((last, index)) = &self.last
            && *last == told
        {
            return Some(*index);
        }
        let [framework, edition, version, domain] = told;
        let version = if version == UNKNOWN_VERSION { "" } else { version };
        let framework =
            if framework.is_empty() { self.defaults.framework.clone() } else { framework.to_lowercase() };
        let edition = if edition.is_empty() { self.defaults.edition.clone() } else { edition.to_owned() };
        let field = about.get(&Role::AttackVersion).filter(|_| !version.is_empty());
        let version = self.parsed(source, Role::AttackVersion, field, Code::UnknownVersion);
        let version = version.or(self.defaults.version).unwrap_or(Version { major: 0, minor: 0 });
        let domain_field = about.get(&Role::Domain).filter(|_| !domain.is_empty());
        let domain = self.parsed(source, Role::Domain, domain_field, Code::UnknownDomain);
        let domain = domain.or(self.defaults.domain).unwrap_or(Domain::Enterprise);
        let key = (framework, edition, version, domain);
        let index = match self.parts.iter().position(|part| part.key == key) {
            Some(index) => index,
            None if self.parts.len() == MAX_PARTS => {
                let place = about
                    .values()
                    .next()
                    .map_or_else(|| source.whole(), |field| source.place(field.span.range()));
                let message = format!("the table holds more than {MAX_PARTS} mapping sets");
                let help = "each framework, edition, ATT&CK version and domain is one";
                self.notes.find_help(place, Code::TooManyFindings, message, help);
                self.gave_up = true;
                return None;
            }
            None => self.add_part(source, key, field),
        };
        self.last = Some((told.map(str::to_owned), index));
        Some(index)
    }

    fn add_part(&mut self, source: &Source, key: Key, version: Option<&Field<'_>>) -> usize {
        self.notes.findings.extend(self.assumed.take());
        let (framework, edition, attack_version, domain) = key.clone();
        let same =
            self.parts.iter().find(|part| (&part.key.0, &part.key.1, part.key.3) == (&key.0, &key.1, key.3));
        if let Some((field, held)) = version.zip(same) {
            let message =
                format!("the row is on ATT&CK {attack_version}, and rows before it are on {}", held.key.2);
            let help = "the rows of each version make a mapping set of their own";
            self.notes.find_help(source.place(field.span.range()), Code::MixedVersions, message, help);
        }
        let framework = Framework::new(framework, edition);
        let mut set = MappingSet::new(framework, domain, attack_version, self.origin.clone());
        set.version_span = version.map(|field| field.span).unwrap_or_default();
        for source in &self.sources {
            set.sources.add(Arc::clone(source));
        }
        self.parts.push(Part { key, assembler: Assembler::new(set), disagreeing: Vec::new() });
        self.parts.len() - 1
    }

    fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(
        &mut self,
        source: &Source,
        role: Role,
        field: Option<&Field<'_>>,
        code: Code,
    ) -> Option<T> {
        let field = field?;
        let text = short(field.text.trim());
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                if self.senseless.insert((role, text.into_owned())) {
                    let finding = Diagnostic::new(code, error.to_string());
                    self.notes.findings.push(finding.at(source.place(field.span.range())));
                }
                None
            }
        }
    }

    /// Takes over what a row says about the publication of its set; the first row that says something counts.
    fn publication(&mut self, source: &Source, index: usize, about: &BTreeMap<Role, Field<'_>>) {
        let part = &mut self.parts[index];
        for (role, field) in about {
            let publication = part.assembler.publication();
            let (held, name) = match role {
                Role::Organization => (&mut publication.organization, "organization"),
                Role::CreationDate => (&mut publication.creation_date, "creation_date"),
                Role::LastUpdate => (&mut publication.last_update, "last_update"),
                Role::Author => (&mut publication.author, "author"),
                Role::Contact => (&mut publication.contact, "contact"),
                _ => continue,
            };
            let text = field.text.trim();
            let place = || source.place(field.span.range());
            match held {
                _ if text.is_empty() => {}
                None => {
                    *held = Some(text.to_owned());
                    let is_a_date = matches!(role, Role::CreationDate | Role::LastUpdate);
                    if is_a_date && !is_date(text) {
                        let message = format!("`{}` is not a date of the form mm/dd/yyyy", short(text));
                        let advice = "it is shown as it stands";
                        self.notes.find_help(place(), Code::MalformedDate, message, advice);
                    }
                }
                // Each row of the Editor may have an author of its own.
                Some(_) if matches!(role, Role::Author | Role::Contact) => {}
                Some(first) if first != text && !part.disagreeing.contains(role) => {
                    part.disagreeing.push(*role);
                    let message = format!(
                        "`{name}` is `{}` here and `{}` in rows before it",
                        short(text),
                        short(first)
                    );
                    self.notes.find_help(place(), Code::MixedPublication, message, "the first counts");
                }
                Some(_) => {}
            }
        }
    }
}

/// Whether a field holds anything.
fn is_filled(field: Option<&Field<'_>>) -> bool {
    field.is_some_and(|field| !field.text.trim().is_empty())
}

/// Whether a row of a published table breaks off before a column that is read. A table of the user's own may leave out
/// what is empty, as sheets do.
fn is_short(source: &Source, plan: &Plan, cells: &[Cell<'_>]) -> bool {
    let is_sheet = matches!(source.layout(), Some(Layout::Sheet(_)));
    let is_cut = plan.roles.iter().skip(cells.len()).any(Option::is_some);
    is_cut && !is_sheet && plan.style != Style::Own
}

/// Where the capability or the technique of a row that has only the other stands, or would.
fn missing_side(row: &Row<'_>, plan: &Plan, cells: &[Cell<'_>]) -> Option<Span> {
    let missing = match (is_filled(row.capability_id.as_ref()), is_filled(row.technique_id.as_ref())) {
        (true, false) => Role::TechniqueId,
        (false, true) => Role::CapabilityId,
        _ => return None,
    };
    let column = plan.column(missing)?;
    let last = cells.last()?.span;
    Some(cells.get(column).map_or(Span { start: last.end, ..last }, |cell| cell.span))
}

/// A row of a published table that names either a capability or a technique, and no mapping type: where no column holds
/// the status, this is how it says that the one cannot be mapped.
fn complete_published(row: &mut Row<'_>, plan: &Plan) {
    let names_one = is_filled(row.capability_id.as_ref()) != is_filled(row.technique_id.as_ref());
    if names_one && !is_filled(row.mapping_type.as_ref()) && !plan.has(Role::Status) {
        row.mapping_type = Some(plain("non_mappable"));
    }
}

/// References as the Mappings Editor joins them. An address may hold a comma itself: what follows one and is no address
/// belongs to it.
fn comma_parted(text: &str) -> Vec<String> {
    let is_address = |part: &str| part.contains("://");
    let mut parts: Vec<String> = Vec::new();
    for piece in text.split(',') {
        match parts.last_mut() {
            Some(last) if is_address(last) && !is_address(piece) => {
                last.push(',');
                last.push_str(piece);
            }
            _ => parts.push(piece.to_owned()),
        }
    }
    parts
}

/// A name as an id: in lower case, with `_` for blanks.
fn underscored(name: &str) -> String {
    name.to_lowercase().split_whitespace().collect::<Vec<_>>().join("_")
}

/// The framework that a file's name tells, when nothing else does.
fn stem(origin: &Origin) -> String {
    let Origin::Path(path) = origin else { return "own".to_owned() };
    let id = underscored(&super::files::stem(path));
    if id.is_empty() { "own".to_owned() } else { id }
}
