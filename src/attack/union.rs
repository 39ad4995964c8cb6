//! Joining releases into tables: each fact once, with the set of versions in which it holds.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::actors::{ActorRow, ActorTable, UsesRow};
use super::stix::Release;
use super::table::{Lazy, TACTIC_SEPARATOR, Table, TacticRow, TechniqueRow, VersionSet};
use super::{CatalogError, Domain, TechniqueId, Version};

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

/// What two tables of one domain say; of a version that both hold, what `newer` says.
pub(super) fn join(older: &Table, newer: &Table) -> Result<Table, CatalogError> {
    let mut versions: Vec<Version> = older.versions.iter().chain(&newer.versions).copied().collect();
    versions.sort_unstable();
    versions.dedup();
    if versions.len() > VersionSet::LIMIT {
        return Err(CatalogError::TooManyVersions { domain: older.domain, count: versions.len() });
    }
    let move_older = Moved::new(older, &versions, |version| newer.index_of(version).is_none());
    let move_newer = Moved::new(newer, &versions, |_| true);
    Ok(of_parts(versions, &[(older, move_older), (newer, move_newer)]))
}

/// A table without some of its versions; `None` when nothing is left.
pub(super) fn without(table: &Table, removed: &[Version]) -> Option<Table> {
    let mut versions = table.versions.clone();
    versions.retain(|version| !removed.contains(version));
    if versions.is_empty() {
        return None;
    }
    let kept = Moved::new(table, &versions, |_| true);
    Some(of_parts(versions, &[(table, kept)]))
}

/// What tables of one domain say of `versions`; there is at least one table.
fn of_parts(versions: Vec<Version>, parts: &[(&Table, Moved)]) -> Table {
    let actors = ActorTable {
        actors: join_rows(
            parts.iter().map(|(table, moved)| (table.actors().actors.as_slice(), moved)),
            |row| &mut row.versions,
            |one, other| one.id.cmp(&other.id),
        ),
        uses: join_uses(parts.iter().map(|(table, moved)| (table.actors().uses.as_slice(), moved))),
    };
    let techniques = join_rows(
        parts.iter().map(|(table, moved)| (table.techniques(), moved)),
        |row| &mut row.versions,
        |one, other| one.id.cmp(&other.id),
    );
    Table {
        domain: parts[0].0.domain,
        tactics: join_rows(
            parts.iter().map(|(table, moved)| (table.tactics.as_slice(), moved)),
            |row| &mut row.versions,
            |one, other| one.id.cmp(&other.id),
        ),
        techniques: Lazy::from_rows(techniques),
        actors: Lazy::from_rows(actors),
        notes: Vec::new(),
        versions,
    }
}

/// Where the versions of a table stand in a list that holds more of them.
struct Moved(Vec<Option<usize>>);

impl Moved {
    fn new(table: &Table, versions: &[Version], keeps: impl Fn(Version) -> bool) -> Self {
        let place = |version: &Version| versions.binary_search(version).ok().filter(|_| keeps(*version));
        Self(table.versions.iter().map(place).collect())
    }

    /// The set in the longer list; `None` when nothing of it is kept.
    fn set(&self, set: VersionSet) -> Option<VersionSet> {
        let mut moved = VersionSet::default();
        set.iter().filter_map(|index| self.0[index]).for_each(|index| moved.insert(index));
        (moved != VersionSet::default()).then_some(moved)
    }
}

/// Rows of tables in the order of id and first version; rows that say the same become one.
fn join_rows<'t, R: Clone + PartialEq + 't>(
    parts: impl Iterator<Item = (&'t [R], &'t Moved)>,
    versions: impl Fn(&mut R) -> &mut VersionSet,
    by_id: impl Fn(&R, &R) -> Ordering,
) -> Vec<R> {
    let mut rows: Vec<(R, VersionSet)> = Vec::new();
    for (table, moved) in parts {
        rows.extend(table.iter().filter_map(|row| {
            let mut row = row.clone();
            let set = moved.set(std::mem::take(versions(&mut row)))?;
            Some((row, set))
        }));
    }
    // Stable: of one id, the rows stand together, and each is compared with the few others.
    rows.sort_by(|(one, _), (other, _)| by_id(one, other));
    let mut joined: Vec<(R, VersionSet)> = Vec::with_capacity(rows.len());
    let mut start = 0;
    for (row, set) in rows {
        if joined.last().is_some_and(|(last, _)| by_id(last, &row) != Ordering::Equal) {
            start = joined.len();
        }
        match joined[start..].iter_mut().find(|(known, _)| *known == row) {
            Some((_, versions)) => *versions = versions.union(set),
            None => joined.push((row, set)),
        }
    }
    joined.sort_by(|(one, set), (other, other_set)| {
        by_id(one, other).then_with(|| set.first().cmp(&other_set.first()))
    });
    let rows = joined.into_iter().map(|(mut row, set)| {
        *versions(&mut row) = set;
        row
    });
    rows.collect()
}

fn join_uses<'t>(parts: impl Iterator<Item = (&'t [UsesRow], &'t Moved)>) -> Vec<UsesRow> {
    let mut versions: BTreeMap<(&str, TechniqueId), VersionSet> = BTreeMap::new();
    for (rows, moved) in parts {
        for row in rows {
            let Some(set) = moved.set(row.versions) else { continue };
            for technique in row.techniques.split(TACTIC_SEPARATOR).filter_map(|id| id.parse().ok()) {
                let known = versions.entry((&row.id, technique)).or_default();
                *known = known.union(set);
            }
        }
    }
    uses_of(versions)
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
    uses_of(versions)
}

fn uses_of(versions: BTreeMap<(&str, TechniqueId), VersionSet>) -> Vec<UsesRow> {
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
