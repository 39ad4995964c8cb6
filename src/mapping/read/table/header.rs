//! What the header of a table says: which published form it is, or which of the user's own columns hold what.

use super::super::options::Columns;
use crate::attack::TechniqueId;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Source;
use crate::source::table::{self, MAX_COLUMNS, Shape};
use crate::suggest;

use super::super::notes::Notes;
use super::super::rows::short;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Framework,
    FrameworkVersion,
    AttackVersion,
    Domain,
    Organization,
    Author,
    Contact,
    CreationDate,
    LastUpdate,
    CapabilityId,
    CapabilityName,
    Group,
    MappingType,
    TechniqueId,
    TechniqueName,
    Category,
    Level,
    RelatedScore,
    Status,
    References,
    Comment,
}

/// The columns of Mappings Explorer's and the Mappings Editor's tables.
const PUBLISHED: [(&str, Role); 21] = [
    ("mapping_framework", Role::Framework),
    ("mapping_framework_version", Role::FrameworkVersion),
    ("capability_group", Role::Group),
    ("capability_id", Role::CapabilityId),
    ("capability_description", Role::CapabilityName),
    ("mapping_type", Role::MappingType),
    ("attack_object_id", Role::TechniqueId),
    ("attack_object_name", Role::TechniqueName),
    ("attack_version", Role::AttackVersion),
    ("technology_domain", Role::Domain),
    ("score_category", Role::Category),
    ("score_value", Role::Level),
    ("related_score", Role::RelatedScore),
    ("references", Role::References),
    ("comments", Role::Comment),
    ("organization", Role::Organization),
    ("creation_date", Role::CreationDate),
    ("last_update", Role::LastUpdate),
    ("author", Role::Author),
    ("contact", Role::Contact),
    ("status", Role::Status),
];

/// Whose table it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Mappings Explorer: `capability_id`; references as Python writes lists.
    Explorer,
    /// The Mappings Editor: `Capability Id`; references parted by commas.
    Editor,
    /// The user's own.
    Own,
}

/// Which column of a table holds what.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) style: Style,
    /// For each column of the header its role, where it has one that is read.
    pub(super) roles: Vec<Option<Role>>,
    /// Whether a column that is named is not there: what the rows say is then not known.
    pub(super) lacks_columns: bool,
}

impl Plan {
    /// Whether a column with this role is there.
    pub(super) fn has(&self, role: Role) -> bool {
        self.column(role).is_some()
    }

    /// Which column has this role.
    pub(super) fn column(&self, role: Role) -> Option<usize> {
        self.roles.iter().position(|held| *held == Some(role))
    }
}

/// The name of a column as the published forms write it: `Capability Id` is `capability_id`.
pub(super) fn key(name: &str) -> String {
    let words =
        name.split(|c: char| c.is_whitespace() || c == '_' || c == '-').filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_").to_lowercase()
}

/// The name of a column of the user's own, without what does not count: case and blanks.
fn own_key(name: &str) -> String {
    name.split_whitespace().collect::<String>().to_lowercase()
}

/// Whose table a header is of; `None` when it is none that is read.
pub(super) fn style(header: &[String], columns: Option<&Columns>) -> Option<Style> {
    let keys: Vec<String> = header.iter().map(|name| key(name)).collect();
    if ["capability_id", "attack_object_id"].iter().all(|needed| keys.iter().any(|one| one == needed)) {
        let is_title_case = header.iter().any(|name| name.trim().contains(' '));
        return Some(if is_title_case { Style::Editor } else { Style::Explorer });
    }
    let columns = columns?;
    let named = Columns::KEYS.iter().filter_map(|key| columns.get(key));
    named.into_iter().any(|name| position(header, name).is_some()).then_some(Style::Own)
}

/// Where a column of the user's own stands.
pub(super) fn position(header: &[String], name: &str) -> Option<usize> {
    let exact = header.iter().position(|one| one.trim() == name.trim());
    exact.or_else(|| header.iter().position(|one| own_key(one) == own_key(name)))
}

/// The plan of a published form; what is unknown or stands twice is a finding. `place` gives where a column's name stands.
pub(super) fn published(
    header: &[String],
    style: Style,
    notes: &mut Notes,
    place: impl Fn(usize) -> crate::diagnostic::Place,
) -> Plan {
    let mut roles: Vec<Option<Role>> = Vec::with_capacity(header.len());
    for (index, name) in header.iter().enumerate() {
        let wanted = key(name);
        let role = PUBLISHED.iter().find(|(known, _)| *known == wanted).map(|(_, role)| *role);
        // The index that pandas writes has no name, or one of its own making.
        let is_index = wanted.is_empty() || (index == 0 && wanted.starts_with("unnamed:"));
        if role.is_none() && !is_index {
            let finding =
                Diagnostic::new(Code::UnknownField, format!("unknown column `{}`", short(name.trim())));
            let near = suggest::nearest(&wanted, PUBLISHED.iter().map(|(known, _)| *known));
            let help = near.map_or_else(
                || "what it holds is not read".to_owned(),
                |near| format!("did you mean `{near}`? what it holds is not read"),
            );
            notes.findings.push(finding.at(place(index)).help(help));
        }
        let is_new = role.is_none_or(|role| !roles.contains(&Some(role)));
        if !is_new {
            twice(name, notes, place(index));
        }
        roles.push(role.filter(|_| is_new));
    }
    Plan { style, roles, lacks_columns: false }
}

/// The columns of a table of the user's own, by [`Columns::KEYS`].
const OWN: [(&str, Role); Columns::KEYS.len()] = [
    ("technique", Role::TechniqueId),
    ("technique-name", Role::TechniqueName),
    ("capability", Role::CapabilityId),
    ("capability-name", Role::CapabilityName),
    ("group", Role::Group),
    ("category", Role::Category),
    ("level", Role::Level),
    ("comment", Role::Comment),
    ("references", Role::References),
    ("mapping-type", Role::MappingType),
];

/// The plan of a table of the user's own; a column that is not there is a finding.
pub(super) fn own(
    header: &[String],
    columns: &Columns,
    notes: &mut Notes,
    place: impl Fn(usize) -> crate::diagnostic::Place,
) -> Plan {
    let mut roles: Vec<Option<Role>> = vec![None; header.len()];
    let mut lacks_columns = false;
    let first = header.iter().position(|name| !name.trim().is_empty()).unwrap_or(0);
    for (name, role) in OWN {
        let Some(column) = columns.get(name) else { continue };
        let Some(at) = position(header, column) else {
            lacks_columns = true;
            let message = format!("the table has no column `{}`, which is named for {name}", short(column));
            let near = suggest::nearest(column, header.iter().map(|one| one.trim()));
            let help = near.map_or_else(
                || format!("its columns are {}", listed(header)),
                |near| format!("did you mean `{near}`?"),
            );
            notes.find_help(place(first), Code::MissingField, message, help);
            if style(header, Some(columns)).is_none() {
                // Another table altogether: the rest goes without saying.
                break;
            }
            continue;
        };
        let same = own_key(&header[at]);
        if let Some(second) = (at + 1..header.len()).find(|other| own_key(&header[*other]) == same) {
            twice(&header[second], notes, place(second));
        }
        if let Some(held) = roles[at] {
            let first = OWN.iter().find(|(_, role)| *role == held).map_or("", |(name, _)| name);
            let message =
                format!("the column `{}` is named for {first} and for {name}", short(header[at].trim()));
            let help = format!("it is read for {first} alone");
            notes.find_help(place(at), Code::WrongType, message, help);
            continue;
        }
        roles[at] = Some(role);
    }
    if !lacks_columns {
        half_score(&mut roles, notes, place);
    }
    Plan { style: Style::Own, roles, lacks_columns }
}

/// A level without a category, or the other way round, is no score in any row: that is said once.
fn half_score(
    roles: &mut [Option<Role>],
    notes: &mut Notes,
    place: impl Fn(usize) -> crate::diagnostic::Place,
) {
    let at = |wanted: Role| roles.iter().position(|role| *role == Some(wanted));
    let (at, missing) = match (at(Role::Category), at(Role::Level)) {
        (Some(at), None) => (at, "levels: name their column as level=…"),
        (None, Some(at)) => (at, "categories: name their column as category=…"),
        _ => return,
    };
    let message = "category and level make a score together, and only one of them has a column";
    let help = format!("the mappings stand without a score, for want of {missing}");
    notes.find_help(place(at), Code::HalfScore, message, help);
    roles[at] = None;
}

fn twice(name: &str, notes: &mut Notes, place: crate::diagnostic::Place) {
    let message = format!("the column `{}` stands twice; the first counts", short(name.trim()));
    notes.find(place, Code::WrongType, message);
}

/// The names of the columns, for people.
fn listed(header: &[String]) -> String {
    let names: Vec<String> = header
        .iter()
        .map(|name| name.trim())
        .filter(|name| !name.is_empty())
        .map(|name| format!("`{}`", short(name)))
        .collect();
    match names.len() {
        ..=12 => names.join(", "),
        more => format!("{} and {} more", names[..12].join(", "), more - 12),
    }
}

/// What a table of another kind is, when the text is one: its header, and how to read it.
pub(super) fn unknown(source: &Source) -> Option<Diagnostic> {
    let header = table::header(source);
    let filled = header.iter().filter(|name| !name.trim().is_empty()).count();
    if filled < 2 || header.len() > MAX_COLUMNS || header.iter().any(|name| name.len() > 200) {
        return None;
    }
    let first = second_record(source).filter(|first| first.len() <= header.len())?;
    let text = source.text();
    let is_blank = |c: char| c.is_whitespace() || c == table::CELL_END;
    let start = text.len() - text.trim_start_matches(is_blank).len();
    let end = start + text[start..].find(['\n', '\r', table::CELL_END]).unwrap_or(text.len() - start);
    let place = source.place(start..end);
    let keys: Vec<String> = header.iter().map(|name| key(name)).collect();
    if keys.iter().any(|one| one == "requirements_id") && keys.iter().any(|one| one == "checkid") {
        let message = "this is not a mapping file: it is the result of a Prowler scan, which says what passed and \
                       not what a service covers";
        let help = "`--deployed FILE` reads it, to narrow a mapping to what runs; Prowler's own mapping is \
                    mitre_attack_*.json, in its folder `compliance`";
        return Some(Diagnostic::new(Code::NotAMapping, message).at(place).help(help));
    }
    let message = "this is not a mapping file: a table whose header is none of the published ones";
    let names = listed(&header);
    let help = match suggestion(&header, &first) {
        Some(columns) => format!("its columns are {names}; say which of them are read: --columns {columns}"),
        None => format!("its columns are {names}; say which of them are read: --columns technique=COLUMN,…"),
    };
    Some(Diagnostic::new(Code::NotAMapping, message).at(place).help(help))
}

/// The texts of the record after the header.
fn second_record(source: &Source) -> Option<Vec<String>> {
    let mut count = 0;
    let mut second = None;
    table::for_each_record(source, 0, Shape::of(source), |cells, _| {
        count += 1;
        if count == 1 {
            return std::ops::ControlFlow::Continue(());
        }
        second = Some(cells.iter().map(|cell| cell.text.to_owned()).collect());
        std::ops::ControlFlow::Break(())
    })
    .ok()?;
    second
}

/// What might be meant by each column, as `--columns` takes it: by what the first record holds, and by the words of the
/// header.
fn suggestion(header: &[String], first: &[String]) -> Option<String> {
    const WORDS: [(&str, &[&str]); 6] = [
        (
            "capability",
            &["capability", "control", "product", "tool", "service", "detection", "rule", "sensor"],
        ),
        ("category", &["category", "function", "kind"]),
        ("level", &["level", "coverage", "value", "score", "rating", "strength", "effectiveness"]),
        ("comment", &["comment", "note", "description", "rationale", "reason"]),
        ("references", &["reference", "link", "url", "source"]),
        ("group", &["group", "vendor", "team"]),
    ];
    let is_id = |text: &String| text.trim().parse::<TechniqueId>().is_ok();
    let lower: Vec<String> = header.iter().map(|name| name.to_lowercase()).collect();
    let has_word = |words: &[&str], index: usize| words.iter().any(|word| lower[index].contains(word));
    let technique = first.iter().position(is_id).or_else(|| {
        (0..header.len()).find(|index| has_word(&["technique", "att&ck", "mitre", "ttp"], *index))
    })?;
    let mut chosen = vec![("technique", technique)];
    for (role, words) in WORDS {
        let free = (0..header.len()).filter(|index| chosen.iter().all(|(_, taken)| taken != index));
        chosen.extend(free.into_iter().find(|index| has_word(words, *index)).map(|index| (role, index)));
    }
    let pairs: Vec<String> = chosen
        .into_iter()
        .map(|(role, index)| (role, header[index].trim()))
        .filter(|(_, name)| !name.contains([',', '=', '\'', '\n']))
        .map(|(role, name)| format!("{role}={name}"))
        .collect();
    let text = pairs.join(",");
    let is_plain = text.chars().all(|c| c.is_alphanumeric() || "=,_-.".contains(c));
    Some(if is_plain { text } else { format!("'{text}'") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn published_headers_are_told_by_their_names() {
        for (names, wanted) in [
            (&["", "mapping_framework", "capability_id", "attack_object_id"][..], Some(Style::Explorer)),
            (&["Capability Id", "Attack Object Id", "References"], Some(Style::Editor)),
            (&["capability_id", "technique"], None),
            (&["id", "name"], None),
        ] {
            assert_eq!(style(&strings(names), None), wanted, "{names:?}");
        }
    }

    #[test]
    fn columns_are_guessed_by_their_content_and_their_words() {
        let header = strings(&["Control", "ATT&CK ID", "Coverage level", "Notes"]);
        let first = strings(&["EDR", "T1110", "high", ""]);
        assert_eq!(
            suggestion(&header, &first).as_deref(),
            Some("'technique=ATT&CK ID,capability=Control,level=Coverage level,comment=Notes'")
        );
        assert_eq!(
            suggestion(&strings(&["a", "b"]), &strings(&["1", "T1110.001"])).as_deref(),
            Some("technique=b")
        );
        assert_eq!(suggestion(&strings(&["a", "b"]), &strings(&["1", "2"])), None);
    }
}
