//! The text form of the fact tables: tab-separated lines under a head of comments, made to be read in a diff.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::OnceLock;

use super::actors::{ActorKind, ActorRow, ActorTable, UsesRow};
use super::table::{State, Table, TacticRow, TechniqueRow, VersionSet};
use super::{Domain, TechniqueId, Version};

const FORMAT: &str = "# navlayer ATT&CK facts, format 1";
const RIGHTS: &str =
    "# ATT&CK facts are (c) The MITRE Corporation, reproduced and distributed with its permission";
const VERSIONS: &str = "# versions: ";

/// Reads one domain; the actors stay text until they are asked for.
pub(super) fn read_table(
    domain: Domain,
    tactics: &'static str,
    techniques: &'static str,
    actors: &'static str,
) -> Result<Table, String> {
    let head = Head::read(techniques)?;
    let tactics_head = Head::read(tactics)?;
    if head.names != tactics_head.names {
        return Err(format!("the tables of {domain} have different versions"));
    }
    Ok(Table {
        domain,
        tactics: rows(tactics, |line| read_tactic(line, &head))?,
        techniques: rows(techniques, |line| read_technique(line, &head))?,
        versions: head.versions,
        actors: OnceLock::new(),
        actors_text: actors,
        notes: Vec::new(),
    })
}

/// Reads the actors of one domain.
pub(super) fn read_actors(text: &'static str, versions: &[Version]) -> Result<ActorTable, String> {
    let head = Head::read(text)?;
    if head.versions != versions {
        return Err("the actors have other versions than the techniques".to_owned());
    }
    let mut table = ActorTable::default();
    for line in lines(text) {
        if read_actor(line, &head, &mut table).is_none() {
            return Err(format!("not a line of the actor table: {line:?}"));
        }
    }
    Ok(table)
}

/// The versions of a table, as values and as they are written.
struct Head {
    versions: Vec<Version>,
    /// The texts of the versions, packed to compare as numbers: each row names two.
    names: Vec<u128>,
}

impl Head {
    fn read(text: &str) -> Result<Self, String> {
        if text.lines().next() != Some(FORMAT) {
            return Err("not a fact table of this format".to_owned());
        }
        let line = text.lines().find_map(|line| line.strip_prefix(VERSIONS)).ok_or("no versions")?;
        let names: Vec<&str> = line.split(' ').collect();
        let versions = names.iter().map(|name| name.parse()).collect::<Result<Vec<Version>, _>>();
        let versions = versions.map_err(|error| error.to_string())?;
        if versions.is_empty() || versions.len() > VersionSet::LIMIT || !versions.is_sorted() {
            return Err(format!("not a list of versions: {line:?}"));
        }
        Ok(Self { versions, names: names.into_iter().map(pack).collect() })
    }

    /// Reads `8.2-12.1,14.1`.
    fn set(&self, text: &str) -> Option<VersionSet> {
        let mut set = VersionSet::default();
        for range in parts::<b','>(text) {
            let mut ends = parts::<b'-'>(range).map(pack);
            let first = ends.next()?;
            let last = ends.next().unwrap_or(first);
            let first = self.names.iter().position(|known| *known == first)?;
            let last = self.names.iter().position(|known| *known == last)?;
            set.insert_range(first, last);
        }
        Some(set)
    }
}

/// The bytes of a short text as one number; a version has at most 11.
fn pack(text: &str) -> u128 {
    text.bytes().fold(0, |packed, byte| packed << 8 | u128::from(byte))
}

fn fields(line: &'static str) -> impl Iterator<Item = &'static str> {
    parts::<b'\t'>(line)
}

/// The parts between ASCII separators. The fields are so short that `str::split` would take twice the time.
pub(super) fn parts<const SEPARATOR: u8>(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.bytes().position(|byte| byte == SEPARATOR) else {
            return rest.take();
        };
        rest = Some(&text[end + 1..]);
        Some(&text[..end])
    })
}

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.starts_with('#'))
}

fn rows<T>(text: &'static str, read: impl Fn(&'static str) -> Option<T>) -> Result<Vec<T>, String> {
    let mut rows = Vec::with_capacity(text.bytes().filter(|byte| *byte == b'\n').count());
    for line in lines(text) {
        rows.push(read(line).ok_or_else(|| format!("not a line of the table: {line:?}"))?);
    }
    Ok(rows)
}

fn read_tactic(line: &'static str, head: &Head) -> Option<TacticRow> {
    let mut fields = fields(line);
    Some(TacticRow {
        id: fields.next()?.into(),
        shortname: fields.next()?.into(),
        name: fields.next()?.into(),
        position: fields.next()?.parse().ok()?,
        versions: head.set(fields.next()?)?,
    })
}

fn read_technique(line: &'static str, head: &Head) -> Option<TechniqueRow> {
    let mut fields = fields(line);
    let id = fields.next()?.parse().ok()?;
    let name = fields.next()?.into();
    let tactics = fields.next()?.into();
    let platforms = fields.next()?.into();
    let parent = match fields.next()? {
        "" => None,
        parent => Some(parent.parse().ok()?),
    };
    let versions = head.set(fields.next()?)?;
    let state = read_state(fields.next()?, fields.next())?;
    Some(TechniqueRow { id, name, tactics, platforms, parent, versions, state })
}

fn read_state(state: &str, replaced_by: Option<&'static str>) -> Option<State> {
    match state {
        "active" => Some(State::Active),
        "revoked" => Some(State::Revoked(replaced_by.unwrap_or_default().into())),
        "deprecated" => Some(State::Deprecated),
        _ => None,
    }
}

fn read_actor(line: &'static str, head: &Head, table: &mut ActorTable) -> Option<()> {
    let mut fields = fields(line);
    let id: Cow<'static, str> = fields.next()?.into();
    let kind = fields.next()?;
    let versions = head.set(fields.next()?)?;
    if kind == "uses" {
        table.uses.push(UsesRow { id, versions, techniques: fields.next()?.into() });
        return Some(());
    }
    let kind = ActorKind::ALL.into_iter().find(|known| known.name() == kind)?;
    let name = fields.next()?.into();
    let state = read_state(fields.next()?, fields.next())?;
    let aliases = fields.next().unwrap_or_default().into();
    table.actors.push(ActorRow { id, kind, name, aliases, versions, state });
    Some(())
}

/// Writes the three files of a table.
pub(super) fn write_table(table: &Table) -> Vec<(String, String)> {
    let domain = table.domain;
    vec![
        (format!("{domain}.tsv"), write_techniques(table)),
        (format!("{domain}.tactics.tsv"), write_tactics(table)),
        (format!("{domain}.actors.tsv"), write_actors(table)),
    ]
}

fn head(table: &Table, columns: &[&str]) -> String {
    let versions: Vec<String> = table.versions.iter().map(ToString::to_string).collect();
    let mut text =
        format!("{FORMAT}\n{RIGHTS}\n# domain: {}\n{VERSIONS}{}\n", table.domain, versions.join(" "));
    for line in columns {
        text.push_str("# ");
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// Adds a line; empty fields at its end are left out, because editors strip the tabs.
fn line(text: &mut String, fields: &[&str]) {
    let joined = fields.join("\t");
    text.push_str(joined.trim_end_matches('\t'));
    text.push('\n');
}

fn write_techniques(table: &Table) -> String {
    let mut text =
        head(table, &["columns: id, name, tactics, platforms, parent, versions, state, replaced by"]);
    for row in &table.techniques {
        let parent = row.parent.as_ref().map(TechniqueId::to_string).unwrap_or_default();
        let (state, chain) = write_state(&row.state);
        let versions = write_ranges(row.versions, &table.versions, ",");
        let id = row.id.to_string();
        line(&mut text, &[&id, &row.name, &row.tactics, &row.platforms, &parent, &versions, state, chain]);
    }
    text
}

fn write_tactics(table: &Table) -> String {
    let mut text = head(table, &["columns: id, shortname, name, position in the matrix, versions"]);
    for row in &table.tactics {
        let versions = write_ranges(row.versions, &table.versions, ",");
        line(&mut text, &[&row.id, &row.shortname, &row.name, &row.position.to_string(), &versions]);
    }
    text
}

fn write_actors(table: &Table) -> String {
    let columns = [
        "columns: id, group or campaign, versions, name, state, replaced by, aliases",
        "columns: id, uses, versions, techniques",
    ];
    let mut text = head(table, &columns);
    let actors = table.actors();
    let mut uses = actors.uses.iter().peekable();
    let mut rows = actors.actors.iter().peekable();
    while let Some(row) = rows.next() {
        let versions = write_ranges(row.versions, &table.versions, ",");
        let (state, chain) = write_state(&row.state);
        line(&mut text, &[&row.id, row.kind.name(), &versions, &row.name, state, chain, &row.aliases]);
        if rows.peek().is_some_and(|next| next.id == row.id) {
            continue;
        }
        while let Some(used) = uses.next_if(|used| used.id == row.id) {
            let versions = write_ranges(used.versions, &table.versions, ",");
            line(&mut text, &[&used.id, "uses", &versions, &used.techniques]);
        }
    }
    text
}

fn write_state(state: &State) -> (&'static str, &str) {
    match state {
        State::Active => ("active", ""),
        State::Revoked(chain) => ("revoked", chain),
        State::Deprecated => ("deprecated", ""),
    }
}

/// `8.2-12.1,14.1` with `separator` for the comma: a range runs over neighbours in the list of versions.
pub(super) fn write_ranges(set: VersionSet, versions: &[Version], separator: &str) -> String {
    let mut text = String::new();
    let mut places = set.iter().peekable();
    while let Some(first) = places.next() {
        let mut last = first;
        while let Some(next) = places.next_if_eq(&(last + 1)) {
            last = next;
        }
        if !text.is_empty() {
            text.push_str(separator);
        }
        let written = if first == last {
            write!(text, "{}", versions[first])
        } else {
            write!(text, "{}-{}", versions[first], versions[last])
        };
        written.expect("a String takes everything");
    }
    text
}
