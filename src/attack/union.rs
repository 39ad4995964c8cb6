//! Joining releases into tables: each fact once, with the set of versions in which it holds.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::actors::{ActorRow, ActorTable, UsesRow};
use super::stix::Release;
use super::table::{Lazy, TACTIC_SEPARATOR, Table, TacticRow, TechniqueRow, VersionSet};
use super::{CatalogError, Domain, TechniqueId};

/// One table for each domain among the releases, in the order of the domains.
pub(super) fn tables(releases: Vec<Release>) -> Result<Vec<Table>, CatalogError> {
    let mut domains: BTreeMap<Domain, Vec<Release>> = BTreeMap::new();
    for release in releases {
        domains.entry(release.domain).or_default().push(release);
    }
    domains.into_iter().map(|(domain, releases)| table(domain, releases)).collect()
}

/// The table of one release.
pub(super) fn table_of(release: Release) -> Result<Table, CatalogError> {
    table(release.domain, vec![release])
}

fn table(domain: Domain, mut releases: Vec<Release>) -> Result<Table, CatalogError> {
    releases.sort_by_key(|release| release.version);
    if let Some([first, second]) = releases.windows(2).find(|pair| pair[0].version == pair[1].version) {
        return Err(CatalogError::SameVersionTwice {
            domain,
            version: first.version,
            first: first.path.clone(),
            second: second.path.clone(),
        });
    }
    if let Some(release) = releases.get(VersionSet::LIMIT) {
        let (path, count) = (release.path.clone(), releases.len());
        return Err(CatalogError::TooMany { path, what: "versions", count, limit: VersionSet::LIMIT });
    }
    let actors = ActorTable { actors: actor_rows(&releases), uses: uses_rows(&releases) };
    Ok(Table {
        domain,
        versions: releases.iter().map(|release| release.version).collect(),
        tactics: tactic_rows(&releases),
        techniques: Lazy::from_rows(technique_rows(&releases)),
        actors: Lazy::from_rows(actors),
        notes: notes(&releases),
    })
}

/// Facts by id, in the order of their first version.
struct Union<K, F>(BTreeMap<K, Vec<(F, VersionSet)>>);

impl<K: Ord, F: PartialEq> Union<K, F> {
    fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Says that `facts` hold for `id` in the version at `index`; called in ascending order of `index`.
    fn add(&mut self, id: K, facts: F, index: usize) {
        let known = self.0.entry(id).or_default();
        if let Some((_, versions)) = known.iter_mut().find(|(other, _)| *other == facts) {
            versions.insert(index);
        } else {
            let mut versions = VersionSet::default();
            versions.insert(index);
            known.push((facts, versions));
        }
    }

    fn rows<R>(self, row: impl Fn(&K, F, VersionSet) -> R) -> Vec<R> {
        let all = self.0.into_iter();
        all.flat_map(|(id, facts)| {
            facts.into_iter().map(|(facts, versions)| row(&id, facts, versions)).collect::<Vec<_>>()
        })
        .collect()
    }
}

fn tactic_rows(releases: &[Release]) -> Vec<TacticRow> {
    let mut union = Union::new();
    for (index, release) in releases.iter().enumerate() {
        for (place, tactic) in release.tactics.iter().enumerate() {
            union.add(&tactic.id, (&tactic.shortname, &tactic.name, place + 1), index);
        }
    }
    union.rows(|id, (shortname, name, position), versions| TacticRow {
        id: Cow::Owned((*id).clone()),
        shortname: Cow::Owned(shortname.clone()),
        name: Cow::Owned(name.clone()),
        position,
        versions,
    })
}

fn technique_rows(releases: &[Release]) -> Vec<TechniqueRow> {
    let mut union = Union::new();
    for (index, release) in releases.iter().enumerate() {
        for (id, technique) in &release.techniques {
            union.add(*id, technique, index);
        }
    }
    union.rows(|id, facts, versions| TechniqueRow {
        id: *id,
        name: Cow::Owned(facts.name.clone()),
        tactics: Cow::Owned(facts.tactics.clone()),
        platforms: Cow::Owned(facts.platforms.clone()),
        parent: facts.parent,
        versions,
        state: facts.state.clone(),
    })
}

fn actor_rows(releases: &[Release]) -> Vec<ActorRow> {
    let mut union = Union::new();
    for (index, release) in releases.iter().enumerate() {
        for (id, actor) in &release.actors {
            union.add(id, (actor.kind, &actor.name, &actor.aliases, &actor.state), index);
        }
    }
    union.rows(|id, (kind, name, aliases, state), versions| ActorRow {
        id: Cow::Owned((*id).clone()),
        kind,
        name: Cow::Owned(name.clone()),
        aliases: Cow::Owned(aliases.clone()),
        versions,
        state: state.clone(),
    })
}

/// The techniques of an actor that share their versions stand in one row.
fn uses_rows(releases: &[Release]) -> Vec<UsesRow> {
    let mut versions: BTreeMap<(&str, TechniqueId), VersionSet> = BTreeMap::new();
    for (index, release) in releases.iter().enumerate() {
        for (id, actor) in &release.actors {
            for technique in &actor.uses {
                versions.entry((id, *technique)).or_default().insert(index);
            }
        }
    }
    // The first version comes before the set, so that an actor's rows stand in the order in which they began.
    let mut rows: BTreeMap<(&str, Option<usize>, VersionSet), String> = BTreeMap::new();
    for ((actor, technique), versions) in versions {
        let techniques = rows.entry((actor, versions.first(), versions)).or_default();
        if !techniques.is_empty() {
            techniques.push(TACTIC_SEPARATOR);
        }
        techniques.push_str(&technique.to_string());
    }
    let rows = rows.into_iter();
    rows.map(|((actor, _, versions), techniques)| UsesRow {
        id: Cow::Owned(actor.to_owned()),
        versions,
        techniques: Cow::Owned(techniques),
    })
    .collect()
}

fn notes(releases: &[Release]) -> Vec<String> {
    let notes = releases.iter().flat_map(|release| {
        release.notes.iter().map(move |note| format!("{} {}: {note}", release.domain, release.version))
    });
    notes.collect()
}
