//! The text form of the fact tables: tab-separated lines under a head of comments, made to be read in a diff.
//!
//! Every line begins with its id and its versions, so that a reader who wants one version can pass over the others.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::mem;

use super::actors::{ActorKind, ActorRow, ActorTable, UsesRow};
use super::table::{Lazy, State, Table, TacticRow, TechniqueRow, VersionSet};
use super::{Domain, TechniqueId, Version};

const FORMAT: &str = "# navlayer ATT&CK facts, format 1";
const RIGHTS: &str =
    "# ATT&CK facts are (c) The MITRE Corporation, reproduced and distributed with its permission";
const DOMAIN: &str = "# domain: ";
const VERSIONS: &str = "# versions: ";

/// Reads the versions and tactics of one domain; its techniques and actors stay text until they are asked for.
pub(super) fn read_table(
    domain: Domain,
    tactics: &'static str,
    techniques: &'static str,
    actors: &'static str,
) -> Result<Table, String> {
    let versions = Head::read(techniques)?.versions;
    let tactics = read_tactics(tactics, borrow, &versions)?;
    Ok(Table {
        domain,
        versions,
        tactics,
        techniques: Lazy::from_text(techniques),
        actors: Lazy::from_text(actors),
        notes: Vec::new(),
    })
}

/// Reads a whole table that is not embedded: its rows own their text, and what is wrong is an error, not a defect.
///
/// The error names the file of the table, as its place in [`write_table`]'s list, and says what is wrong with it.
pub(super) fn read_owned(
    domain: Domain,
    tactics: &str,
    techniques: &str,
    actors: &str,
) -> Result<Table, (usize, String)> {
    let versions = Head::read(techniques).map_err(|cause| (0, cause))?.versions;
    for (file, text) in [techniques, tactics, actors].into_iter().enumerate() {
        let stated = text.lines().find_map(|line| line.strip_prefix(DOMAIN)).unwrap_or_default();
        if stated != domain.id() {
            return Err((file, format!("its domain is {stated:?}")));
        }
    }
    let mut technique_rows = Vec::new();
    read_techniques(techniques, own, |_| true, |row| technique_rows.push(row)).map_err(|cause| (0, cause))?;
    let tactic_rows = read_tactics(tactics, own, &versions).map_err(|cause| (1, cause))?;
    let actors = read_actors(actors, own, &versions).map_err(|cause| (2, cause))?;
    Ok(Table {
        domain,
        versions,
        tactics: tactic_rows,
        techniques: Lazy::from_rows(technique_rows),
        actors: Lazy::from_rows(actors),
        notes: Vec::new(),
    })
}

/// Keeps a field as it is: the embedded text lives as long as the program.
pub(super) fn borrow(text: &'static str) -> Cow<'static, str> {
    Cow::Borrowed(text)
}

fn own(text: &str) -> Cow<'static, str> {
    Cow::Owned(text.to_owned())
}

fn read_tactics<'t>(
    text: &'t str,
    keep: impl Fn(&'t str) -> Cow<'static, str> + Copy,
    versions: &[Version],
) -> Result<Vec<TacticRow>, String> {
    let head = Head::read(text)?;
    if head.versions != versions {
        return Err("the tactics have other versions than the techniques".to_owned());
    }
    let mut rows = Vec::new();
    read_lines(text, |line| {
        rows.push(read_tactic(line, keep, &head)?);
        Some(())
    })?;
    Ok(rows)
}

/// Reads the techniques whose versions are `wanted`, and hands over their rows in the order of the lines; `keep` says how
/// a row holds its fields.
pub(super) fn read_techniques<'t>(
    text: &'t str,
    keep: impl Fn(&'t str) -> Cow<'static, str> + Copy,
    wanted: impl Fn(VersionSet) -> bool,
    mut take: impl FnMut(TechniqueRow),
) -> Result<(), String> {
    let head = Head::read(text)?;
    read_lines(text, |line| {
        let (id, versions, facts) = head.split(line)?;
        if wanted(versions) {
            take(read_technique(id, versions, keep, facts)?);
        }
        Some(())
    })
}

/// Reads the actors of one domain.
pub(super) fn read_actors<'t>(
    text: &'t str,
    keep: impl Fn(&'t str) -> Cow<'static, str> + Copy,
    versions: &[Version],
) -> Result<ActorTable, String> {
    let head = Head::read(text)?;
    if head.versions != versions {
        return Err("the actors have other versions than the techniques".to_owned());
    }
    let mut table = ActorTable::default();
    read_lines(text, |line| read_actor(line, keep, &head, &mut table))?;
    Ok(table)
}

/// What a reader of lines has to know: the versions of the table.
struct Head {
    versions: Vec<Version>,
    /// The versions as they are written, each packed into one number: most lines name two.
    packed: Vec<u128>,
}

impl Head {
    fn read(text: &str) -> Result<Self, String> {
        if text.lines().next() != Some(FORMAT) {
            return Err("not a fact table of this format".to_owned());
        }
        let line = text.lines().find_map(|line| line.strip_prefix(VERSIONS)).ok_or("no versions")?;
        let names = line.split(' ');
        let packed = names.clone().map(|name| name.bytes().fold(0, pack)).collect();
        let versions = names.map(str::parse).collect::<Result<Vec<Version>, _>>();
        let versions = versions.map_err(|error| error.to_string())?;
        if versions.is_empty()
            || versions.len() > VersionSet::LIMIT
            || !versions.is_sorted_by(|one, next| one < next)
        {
            return Err(format!("not a list of versions: {line:?}"));
        }
        Ok(Self { versions, packed })
    }

    /// The id and the versions that a line begins with, and its other fields.
    fn split<'t>(
        &self,
        line: &'t str,
    ) -> Option<(&'t str, VersionSet, impl Iterator<Item = &'t str> + use<'t>)> {
        let mut fields = parts::<b'\t'>(line);
        Some((fields.next()?, self.set(fields.next()?)?, fields))
    }

    /// Reads `8.2-12.1,14.1` in one pass: every line has such a text, also those that are passed over.
    fn set(&self, text: &str) -> Option<VersionSet> {
        let mut set = VersionSet::default();
        let (mut first, mut packed) = (None, 0);
        for byte in text.bytes() {
            match byte {
                b'-' => first = Some(self.place(mem::take(&mut packed))?),
                b',' => {
                    let last = self.place(mem::take(&mut packed))?;
                    set.insert_range(first.take().unwrap_or(last), last);
                }
                _ => packed = pack(packed, byte),
            }
        }
        let last = self.place(packed)?;
        set.insert_range(first.unwrap_or(last), last);
        Some(set)
    }

    fn place(&self, packed: u128) -> Option<usize> {
        self.packed.iter().position(|known| *known == packed)
    }
}

/// Adds a byte to the text of a version, which has at most 11.
fn pack(packed: u128, byte: u8) -> u128 {
    packed << 8 | u128::from(byte)
}

/// The parts between ASCII separators.
fn parts<const SEPARATOR: u8>(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = find::<SEPARATOR>(text.as_bytes()) else {
            return rest.take();
        };
        rest = Some(&text[end + 1..]);
        Some(&text[..end])
    })
}

/// The place of the first `BYTE`.
///
/// With `str::split`, or a look at one byte after the other, a catalog takes half as long again. The crate memchr would be
/// faster, but its first call asks the processor what it can do, and in a virtual machine that takes longer than it saves.
fn find<const BYTE: u8>(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::MAX / 0xFF;
    let (chunks, tail) = bytes.as_chunks::<8>();
    for (place, chunk) in chunks.iter().enumerate() {
        let differs = u64::from_le_bytes(*chunk) ^ (ONES * u64::from(BYTE));
        // Subtracting one sets the highest bit of a byte that is zero; what it borrows only reaches the bytes after it.
        let same = differs.wrapping_sub(ONES) & !differs & (ONES << 7);
        if same != 0 {
            return Some(place * 8 + same.trailing_zeros() as usize / 8);
        }
    }
    Some(chunks.len() * 8 + tail.iter().position(|byte| *byte == BYTE)?)
}

/// Calls `read` with every line that is no comment.
fn read_lines<'t>(text: &'t str, mut read: impl FnMut(&'t str) -> Option<()>) -> Result<(), String> {
    // Git may have turned the line ends into those of Windows.
    let lines = parts::<b'\n'>(text).map(|line| line.strip_suffix('\r').unwrap_or(line));
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        read(line).ok_or_else(|| format!("not a line of the table: {line:?}"))?;
    }
    Ok(())
}

fn read_tactic<'t>(
    line: &'t str,
    keep: impl Fn(&'t str) -> Cow<'static, str>,
    head: &Head,
) -> Option<TacticRow> {
    let (id, versions, mut fields) = head.split(line)?;
    Some(TacticRow {
        id: keep(id),
        shortname: keep(fields.next()?),
        name: keep(fields.next()?),
        position: fields.next()?.parse().ok()?,
        versions,
    })
}

fn read_technique<'t>(
    id: &str,
    versions: VersionSet,
    keep: impl Fn(&'t str) -> Cow<'static, str> + Copy,
    mut fields: impl Iterator<Item = &'t str>,
) -> Option<TechniqueRow> {
    let id: TechniqueId = id.parse().ok()?;
    let name = keep(fields.next()?);
    let tactics = keep(fields.next()?);
    let platforms = keep(fields.next()?);
    let state = read_state(fields.next()?, fields.next(), keep)?;
    let parent = match fields.next() {
        None | Some("") => usual_parent(id, &state),
        Some(parent) => Some(parent.parse().ok()?),
    };
    Some(TechniqueRow { id, name, tactics, platforms, parent, versions, state })
}

/// The parent that a line leaves out.
fn usual_parent(id: TechniqueId, state: &State) -> Option<TechniqueId> {
    id.parent().filter(|_| *state == State::Active)
}

fn read_state<'t>(
    state: &str,
    replaced_by: Option<&'t str>,
    keep: impl Fn(&'t str) -> Cow<'static, str>,
) -> Option<State> {
    match state {
        "active" => Some(State::Active),
        "revoked" => Some(State::Revoked(keep(replaced_by.unwrap_or_default()))),
        "deprecated" => Some(State::Deprecated),
        _ => None,
    }
}

fn read_actor<'t>(
    line: &'t str,
    keep: impl Fn(&'t str) -> Cow<'static, str> + Copy,
    head: &Head,
    table: &mut ActorTable,
) -> Option<()> {
    let (id, versions, mut fields) = head.split(line)?;
    let id = keep(id);
    let kind = fields.next()?;
    if kind == "uses" {
        table.uses.push(UsesRow { id, versions, techniques: keep(fields.next()?) });
        return Some(());
    }
    let kind = ActorKind::ALL.into_iter().find(|known| known.name() == kind)?;
    let name = keep(fields.next()?);
    let state = read_state(fields.next()?, fields.next(), keep)?;
    let aliases = keep(fields.next().unwrap_or_default());
    table.actors.push(ActorRow { id, kind, name, aliases, versions, state });
    Some(())
}

/// Writes the three files of a table.
pub(super) fn write_table(table: &Table) -> Vec<(String, String)> {
    let texts = [write_techniques(table), write_tactics(table), write_actors(table)];
    file_names(table.domain).into_iter().zip(texts).collect()
}

/// The files that keep the table of a domain: techniques, tactics, actors.
pub(super) fn file_names(domain: Domain) -> [String; 3] {
    [format!("{domain}.tsv"), format!("{domain}.tactics.tsv"), format!("{domain}.actors.tsv")]
}

fn head(table: &Table, columns: &[&str]) -> String {
    let versions: Vec<String> = table.versions.iter().map(ToString::to_string).collect();
    let mut text =
        format!("{FORMAT}\n{RIGHTS}\n{DOMAIN}{}\n{VERSIONS}{}\n", table.domain, versions.join(" "));
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
    let mut text = head(
        table,
        &[
            "columns: id, versions, name, tactics, platforms, state, replaced by, parent where the id does not tell",
        ],
    );
    for row in table.techniques() {
        let parent = row.parent.filter(|_| row.parent != usual_parent(row.id, &row.state));
        let parent = parent.as_ref().map(TechniqueId::to_string).unwrap_or_default();
        let (state, chain) = write_state(&row.state);
        let versions = write_ranges(row.versions, &table.versions, ",");
        let id = row.id.to_string();
        line(&mut text, &[&id, &versions, &row.name, &row.tactics, &row.platforms, state, chain, &parent]);
    }
    text
}

fn write_tactics(table: &Table) -> String {
    let mut text = head(table, &["columns: id, versions, shortname, name, position in the matrix"]);
    for row in &table.tactics {
        let versions = write_ranges(row.versions, &table.versions, ",");
        line(&mut text, &[&row.id, &versions, &row.shortname, &row.name, &row.position.to_string()]);
    }
    text
}

fn write_actors(table: &Table) -> String {
    let columns = [
        "columns: id, versions, group or campaign, name, state, replaced by, aliases",
        "columns: id, versions, uses, techniques",
    ];
    let mut text = head(table, &columns);
    let actors = table.actors();
    let mut uses = actors.uses.iter().peekable();
    let mut rows = actors.actors.iter().peekable();
    while let Some(row) = rows.next() {
        let versions = write_ranges(row.versions, &table.versions, ",");
        let (state, chain) = write_state(&row.state);
        line(&mut text, &[&row.id, &versions, row.kind.name(), &row.name, state, chain, &row.aliases]);
        if rows.peek().is_some_and(|next| next.id == row.id) {
            continue;
        }
        while let Some(used) = uses.next_if(|used| used.id == row.id) {
            let versions = write_ranges(used.versions, &table.versions, ",");
            line(&mut text, &[&used.id, &versions, "uses", &used.techniques]);
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
