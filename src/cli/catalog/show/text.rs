//! The text form of `catalog show`.

use std::io;

use super::entry::{ActorEntry, Entry, Named, TacticEntry, TechniqueEntry, Unknown};

/// Where long lists of ids wrap.
const WIDTH: usize = 100;
/// The column of the values.
const INDENT: usize = 17;

pub(super) fn write(entries: &[Entry], out: &mut dyn io::Write) -> io::Result<()> {
    for (place, entry) in entries.iter().enumerate() {
        if place > 0 {
            writeln!(out)?;
        }
        match entry {
            Entry::Technique(entry) => technique(entry, out)?,
            Entry::Tactic(entry) => tactic(entry, out)?,
            Entry::Group(entry) => actor("group", entry, out)?,
            Entry::Campaign(entry) => actor("campaign", entry, out)?,
            Entry::Unknown(entry) => unknown(entry, out)?,
        }
    }
    Ok(())
}

fn technique(entry: &TechniqueEntry, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "{}  {}", entry.id, entry.name)?;
    let noun = if entry.id.contains('.') { "sub-technique" } else { "technique" };
    field("domain", &[format!("{}, ATT&CK {}", entry.domain.name(), entry.attack_version)], out)?;
    let noun = entry
        .parent
        .as_ref()
        .map_or_else(|| noun.to_owned(), |parent| format!("{noun} of {}", inline(parent)));
    field("kind", &[noun], out)?;
    if !entry.active {
        field("state", std::slice::from_ref(&entry.fate), out)?;
    }
    field("replaced by", &list(&entry.replaced_by), out)?;
    let tactics: Vec<String> =
        entry.tactics.iter().map(|tactic| format!("{} ({})", tactic.name, tactic.id)).collect();
    field("tactics", &wrap(&tactics), out)?;
    field("platforms", &wrap(&entry.platforms), out)?;
    field("sub-techniques", &list(&entry.sub_techniques), out)?;
    let active =
        if entry.active_ranges.is_empty() { "none of the known versions" } else { &entry.active_ranges };
    field("active in", &[active.to_owned()], out)?;
    if entry.names.len() > 1 {
        let names: Vec<String> =
            entry.names.iter().map(|name| format!("{} (since {})", name.name, name.since)).collect();
        field("names", &names, out)?;
    }
    field("page", std::slice::from_ref(&entry.url), out)
}

fn tactic(entry: &TacticEntry, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "{}  {}", entry.id, entry.name)?;
    field("domain", &[format!("{}, ATT&CK {}", entry.domain.name(), entry.attack_version)], out)?;
    field("kind", &[format!("tactic {} of {}, {}", entry.position, entry.of, entry.shortname)], out)?;
    let count = format!("{}, with {} sub-techniques", entry.techniques.len(), entry.sub_techniques);
    let mut techniques = vec![count];
    techniques.extend(list(&entry.techniques));
    field("techniques", &techniques, out)?;
    field("page", std::slice::from_ref(&entry.url), out)
}

fn actor(kind: &str, entry: &ActorEntry, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "{}  {}", entry.id, entry.name)?;
    field("domain", &[format!("{}, ATT&CK {}", entry.domain.name(), entry.attack_version)], out)?;
    field("kind", &[kind.to_owned()], out)?;
    field("aliases", &wrap(&entry.aliases), out)?;
    if entry.active {
        let ids: Vec<String> = entry.techniques.iter().map(ToString::to_string).collect();
        let subs = entry.techniques.iter().filter(|id| id.is_sub()).count();
        let mut lines = vec![format!("{} techniques and {subs} sub-techniques", ids.len() - subs)];
        lines.extend(wrap(&ids));
        field("uses", &lines, out)?;
    } else {
        field("state", std::slice::from_ref(&entry.fate), out)?;
        field("replaced by", &list(&entry.replaced_by), out)?;
    }
    field("page", std::slice::from_ref(&entry.url), out)
}

fn unknown(entry: &Unknown, out: &mut dyn io::Write) -> io::Result<()> {
    let searched = match entry.searched.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => entry.searched.join(""),
    };
    match entry.other_domain {
        Some(domain) => writeln!(out, "`{}` is not known in {searched}, only in {domain}", entry.query)?,
        None => writeln!(out, "`{}` is not known in {searched}", entry.query)?,
    }
    field("did you mean", &list(&entry.did_you_mean), out)
}

/// Writes a label and its lines; nothing when there is no line.
fn field(label: &str, lines: &[String], out: &mut dyn io::Write) -> io::Result<()> {
    for (place, line) in lines.iter().enumerate() {
        let label = if place == 0 { label } else { "" };
        writeln!(out, "  {label:<width$}{line}", width = INDENT - 2)?;
    }
    Ok(())
}

fn inline(named: &Named) -> String {
    format!("{} {}", named.id, named.name).trim_end().to_owned()
}

/// One line for each, the names below each other.
fn list(named: &[Named]) -> Vec<String> {
    let width = named.iter().map(|named| named.id.len()).max().unwrap_or_default();
    named.iter().map(|named| format!("{:<width$}  {}", named.id, named.name).trim_end().to_owned()).collect()
}

/// The words between commas, on as few lines as they fit on.
fn wrap(words: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (place, word) in words.iter().enumerate() {
        let word = if place + 1 < words.len() { format!("{word},") } else { word.clone() };
        match lines.last_mut() {
            Some(line) if INDENT + line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}
