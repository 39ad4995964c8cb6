//! `navlayer catalog show`: finding what a query means, and the entries that are printed for it.

mod entry;
mod text;

use std::io;

use navlayer::attack::{Catalog, Domain, Fate, TechniqueId};
use serde::Serialize as _;

use self::entry::{Entry, Suggestion, Unknown};
use super::{CommandResult, Outcome, ShowFormat};

pub(super) fn run(
    queries: &[String],
    catalogs: &[Catalog],
    format: ShowFormat,
    out: &mut dyn io::Write,
) -> CommandResult {
    let entries: Vec<Entry> = queries.iter().flat_map(|query| find(query.trim(), catalogs)).collect();
    match format {
        ShowFormat::Text => text::write(&entries, out)?,
        ShowFormat::Json => {
            let mut json = serde_json::Serializer::pretty(&mut *out);
            entries.serialize(&mut json).map_err(io::Error::from)?;
            writeln!(out)?;
        }
    }
    let all_known = entries.iter().all(|entry| !matches!(entry, Entry::Unknown(_)));
    Ok(if all_known { Outcome::Clean } else { Outcome::Findings })
}

/// What the catalogs know by this id or name; a single [`Entry::Unknown`] when it is nothing.
fn find(query: &str, catalogs: &[Catalog]) -> Vec<Entry> {
    let mut found: Vec<Entry> = catalogs.iter().flat_map(|catalog| current(query, catalog)).collect();
    if found.is_empty() {
        found.extend(catalogs.iter().flat_map(|catalog| by_former_name(query, catalog)));
    }
    if found.is_empty() {
        found.push(Entry::Unknown(unknown(query, catalogs)));
    }
    found
}

fn current(query: &str, catalog: &Catalog) -> Vec<Entry> {
    if let Ok(id) = query.parse::<TechniqueId>() {
        return match catalog.fate(id) {
            Fate::Elsewhere(_) | Fate::Unknown => Vec::new(),
            fate => vec![entry::technique(id, &fate, catalog)],
        };
    }
    let mut found = Vec::new();
    for (place, tactic) in catalog.tactics().iter().enumerate() {
        if [&tactic.id, &tactic.shortname, &tactic.name].iter().any(|name| same(name, query)) {
            found.push(entry::tactic(place, catalog));
        }
    }
    for technique in catalog.techniques() {
        let full = |sub: &str| {
            let parent = technique.parent.and_then(|parent| catalog.name_of(parent));
            parent.is_some_and(|parent| same(&format!("{parent}: {sub}"), query))
        };
        if same(&technique.name, query) || query.contains(": ") && full(&technique.name) {
            found.push(entry::technique(technique.id, &Fate::Active, catalog));
        }
    }
    for actor in catalog.actors() {
        let mut names = actor.aliases.iter().chain([&actor.id, &actor.name]);
        if names.any(|name| same(name, query)) {
            found.push(entry::actor(&actor, catalog));
        }
    }
    for actor in catalog.retired_actors() {
        if same(&actor.id, query) || same(&actor.name, query) {
            found.push(entry::retired_actor(&actor, catalog));
        }
    }
    found
}

/// Techniques that had this name before, or that are retired and had it to the end.
fn by_former_name(query: &str, catalog: &Catalog) -> Vec<Entry> {
    let active = catalog.techniques().iter().map(|technique| technique.id);
    // Reports write a sub-technique as "Impair Defenses: Disable Cloud Logs".
    let own_name = query.rsplit(": ").next().unwrap_or(query);
    let mut ids: Vec<TechniqueId> = active.chain(catalog.retired()).collect();
    ids.retain(|id| {
        let names = catalog.table().names(*id);
        names.iter().any(|(since, name)| *since <= catalog.version() && same(name, own_name))
    });
    ids.into_iter().map(|id| entry::technique(id, &catalog.fate(id), catalog)).collect()
}

fn same(name: &str, query: &str) -> bool {
    name.eq_ignore_ascii_case(query) || name.to_lowercase() == query.to_lowercase()
}

fn unknown(query: &str, catalogs: &[Catalog]) -> Unknown {
    let elsewhere = query.parse::<TechniqueId>().ok().and_then(|id| {
        catalogs.iter().find_map(|catalog| match catalog.fate(id) {
            Fate::Elsewhere(domain) => Some(domain),
            _ => None,
        })
    });
    Unknown {
        query: query.to_owned(),
        searched: catalogs
            .iter()
            .map(|catalog| format!("{} {}", catalog.domain().name(), catalog.version()))
            .collect(),
        other_domain: elsewhere.map(Domain::id),
        did_you_mean: if elsewhere.is_some() { Vec::new() } else { suggestions(query, catalogs) },
    }
}

/// The nearest ids for what looks like a technique id; for anything else the names that hold it or resemble it most.
fn suggestions(query: &str, catalogs: &[Catalog]) -> Vec<Suggestion> {
    const AT_MOST: usize = 3;
    let mut rest = query.chars();
    let looks_like_id = rest.next().is_some_and(|first| first.eq_ignore_ascii_case(&'t'))
        && rest.next().is_some_and(|second| second.is_ascii_digit());
    if looks_like_id {
        let near = catalogs.iter().filter_map(|catalog| {
            let id = catalog.nearest(query)?;
            let name = catalog.name_of(id).unwrap_or_default().to_owned();
            Some(Suggestion { id: id.to_string(), name })
        });
        return near.take(AT_MOST).collect();
    }
    let wanted = query.to_lowercase();
    let mut ranked: Vec<(f64, Suggestion)> = Vec::new();
    for catalog in catalogs {
        for (id, name) in names(catalog) {
            let lower = name.to_lowercase();
            let likeness = if wanted.chars().count() >= 3 && lower.contains(&wanted) {
                2.0
            } else {
                strsim::jaro_winkler(&wanted, &lower)
            };
            if likeness >= 0.88 && !ranked.iter().any(|(_, known)| known.id == id) {
                ranked.push((likeness, Suggestion { id, name }));
            }
        }
    }
    ranked.sort_by(|(one, first), (two, second)| two.total_cmp(one).then_with(|| first.id.cmp(&second.id)));
    ranked.into_iter().map(|(_, suggestion)| suggestion).take(AT_MOST).collect()
}

fn names(catalog: &Catalog) -> Vec<(String, String)> {
    let tactics = catalog.tactics().iter().map(|tactic| (tactic.id.to_string(), tactic.name.to_string()));
    let techniques =
        catalog.techniques().iter().map(|technique| (technique.id.to_string(), technique.name.to_string()));
    let actors = catalog.actors().into_iter().flat_map(|actor| {
        let names: Vec<_> = [actor.name].into_iter().chain(actor.aliases).collect();
        names.into_iter().map(move |name| (actor.id.to_string(), name.into_owned()))
    });
    tactics.chain(techniques).chain(actors).collect()
}
