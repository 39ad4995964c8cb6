//! Comparing two catalogs, id by id.

use std::collections::BTreeMap;

use super::{
    Added, BroughtBack, Changed, Count, Diff, DiffCounts, Exchange, Merged, ParentChange, RenamedPlatform,
    Retired, Retirement, Successor, TacticDifference, TacticName, TacticPlace, TechniqueName,
};
use crate::attack::platforms::Names;
use crate::attack::{Catalog, CatalogError, Fate, Tactic, Technique, TechniqueId};

pub(super) fn compare(from: &Catalog, to: &Catalog) -> Result<Diff, CatalogError> {
    if from.domain() != to.domain() {
        return Err(CatalogError::OtherDomain { from: from.domain(), to: to.domain() });
    }
    let retired: Vec<Retired> = from
        .techniques()
        .iter()
        .filter(|technique| to.technique(technique.id).is_none())
        .map(|technique| retire(technique, from, to))
        .collect();
    let successors = successors(&retired);
    let replaces = |id| successors.get(&id).cloned().unwrap_or_default();
    let names = Names::between(from, to);
    let (mut added, mut brought_back, mut changed, mut merged) = (vec![], vec![], vec![], vec![]);
    for technique in to.techniques() {
        let replaces = replaces(technique.id);
        if let Some(former) = from.technique(technique.id) {
            changed.extend(change([(former, from), (technique, to)], &names));
            if !replaces.is_empty() {
                merged.push(Merged { technique: named(technique.id, to), replaces });
            }
            continue;
        }
        let (name, tactics) = (named(technique.id, to), tactic_names(technique, to));
        let platforms = platform_names(technique, to);
        match from.fate(technique.id) {
            Fate::Revoked { .. } | Fate::RevokedWithoutSuccessor | Fate::Deprecated => {
                let was = retirement(technique.id, from, false);
                brought_back.push(BroughtBack { technique: name, was, tactics, platforms, replaces });
            }
            _ => added.push(Added { technique: name, tactics, platforms, replaces }),
        }
    }
    let mut diff = Diff {
        domain: from.domain(),
        from: from.version(),
        to: to.version(),
        counts: DiffCounts::default(),
        tactics: tactics(from.tactics(), to.tactics()),
        platforms: exchange_by(&texts(from.platforms()), &texts(to.platforms()), |name| names.of(name)),
        renamed_platforms: renamed_platforms(from, to, &names),
        added,
        brought_back,
        changed,
        merged,
        retired,
    };
    diff.counts = counts(&diff, from, to);
    Ok(diff)
}

fn counts(diff: &Diff, from: &Catalog, to: &Catalog) -> DiffCounts {
    let active = |catalog: &Catalog| count(catalog.techniques().iter().map(|technique| technique.id));
    let changed = |is: fn(&Changed) -> bool| {
        count(diff.changed.iter().filter(|one| is(one)).map(|one| one.technique.id))
    };
    let retired = |is: fn(&Retirement) -> bool| {
        count(diff.retired.iter().filter(|one| is(&one.how)).map(|one| one.technique.id))
    };
    let in_both = from.techniques().iter().map(|one| one.id).filter(|id| to.technique(*id).is_some());
    let is_changed = |id: &TechniqueId| diff.changed.binary_search_by_key(id, |one| one.technique.id).is_ok();
    DiffCounts {
        from: active(from),
        to: active(to),
        unchanged: count(in_both.filter(|id| !is_changed(id))),
        changed: changed(|_| true),
        renamed: changed(|one| one.former_name.is_some()),
        moved_tactic: changed(|one| one.tactics.is_some()),
        moved_parent: changed(|one| one.parent.is_some()),
        platforms: changed(|one| one.platforms.is_some()),
        added: count(diff.added.iter().map(|one| one.technique.id)),
        brought_back: count(diff.brought_back.iter().map(|one| one.technique.id)),
        retired: retired(|_| true),
        replaced: retired(|how| matches!(how, Retirement::Replaced { .. })),
        revoked_without_successor: retired(|how| *how == Retirement::RevokedWithoutSuccessor),
        deprecated: retired(|how| *how == Retirement::Deprecated),
        removed: retired(|how| *how == Retirement::Removed),
        not_yet: retired(|how| *how == Retirement::NotYet),
    }
}

fn count(ids: impl Iterator<Item = TechniqueId>) -> Count {
    ids.fold(Count::default(), |count, id| {
        let sub = usize::from(id.is_sub());
        Count { techniques: count.techniques + 1 - sub, sub_techniques: count.sub_techniques + sub }
    })
}

/// The id with the names that a catalog has for it and its technique, active or not.
fn named(id: TechniqueId, catalog: &Catalog) -> TechniqueName {
    let name_of = |id: TechniqueId| catalog.name_of(id).map(str::to_owned);
    let parent = match catalog.technique(id) {
        Some(technique) => technique.parent,
        None => id.parent(),
    };
    TechniqueName {
        id,
        name: name_of(id).unwrap_or_else(|| id.to_string()),
        parent_name: parent.and_then(name_of),
    }
}

fn retire(technique: &Technique, from: &Catalog, to: &Catalog) -> Retired {
    let how = retirement(technique.id, to, to.version() < from.version());
    let parent = how.successor().and_then(|end| {
        let now = to.technique(end.id)?.parent;
        parent_change(technique.parent, now, from, to)
    });
    Retired { technique: named(technique.id, from), how, parent }
}

/// Why an id is not active in a catalog.
fn retirement(id: TechniqueId, catalog: &Catalog, is_earlier: bool) -> Retirement {
    match catalog.fate(id) {
        Fate::Revoked { chain } if is_cut(&chain, catalog) => Retirement::RevokedWithoutSuccessor,
        Fate::Revoked { chain } => {
            let step =
                |id| Successor { technique: named(id, catalog), active: catalog.technique(id).is_some() };
            Retirement::Replaced { chain: chain.into_iter().map(step).collect() }
        }
        Fate::RevokedWithoutSuccessor => Retirement::RevokedWithoutSuccessor,
        Fate::Deprecated => Retirement::Deprecated,
        Fate::Later { .. } | Fate::Elsewhere(_) | Fate::Unknown if is_earlier => Retirement::NotYet,
        Fate::Active | Fate::Gone { .. } | Fate::Later { .. } | Fate::Elsewhere(_) | Fate::Unknown => {
            Retirement::Removed
        }
    }
}

/// Whether a chain was cut where it would have closed: it leads nowhere.
fn is_cut(chain: &[TechniqueId], catalog: &Catalog) -> bool {
    chain.last().is_some_and(|end| matches!(catalog.fate(*end), Fate::Revoked { .. }))
}

/// What each active end of a chain takes over.
fn successors(retired: &[Retired]) -> BTreeMap<TechniqueId, Vec<TechniqueName>> {
    let mut successors: BTreeMap<TechniqueId, Vec<TechniqueName>> = BTreeMap::new();
    for one in retired {
        if let Some(end) = one.how.successor() {
            successors.entry(end.id).or_default().push(one.technique.clone());
        }
    }
    successors
}

fn change([(former, from), (now, to)]: [(&Technique, &Catalog); 2], names: &Names) -> Option<Changed> {
    let tactics = exchange_by(&tactic_names(former, from), &tactic_names(now, to), |one| &one.id);
    let platforms =
        exchange_by(&platform_names(former, from), &platform_names(now, to), |name| names.of(name));
    let change = Changed {
        technique: named(now.id, to),
        former_name: (former.name != now.name).then(|| former.name.to_string()),
        tactics: Some(tactics).filter(|tactics| !tactics.is_empty()),
        parent: parent_change(former.parent, now.parent, from, to),
        platforms: Some(platforms).filter(|platforms| !platforms.is_empty()),
    };
    (change.count() > 0).then_some(change)
}

fn parent_change(
    former: Option<TechniqueId>,
    now: Option<TechniqueId>,
    from: &Catalog,
    to: &Catalog,
) -> Option<ParentChange> {
    (former != now)
        .then(|| ParentChange { from: former.map(|id| named(id, from)), to: now.map(|id| named(id, to)) })
}

fn tactic_names(technique: &Technique, catalog: &Catalog) -> Vec<TacticName> {
    let tactics = technique.tactics.iter().filter_map(|place| catalog.tactics().get(place));
    tactics.map(|tactic| TacticName { id: tactic.id.to_string(), name: tactic.name.to_string() }).collect()
}

fn platform_names(technique: &Technique, catalog: &Catalog) -> Vec<String> {
    let platforms = technique.platforms.iter().filter_map(|place| catalog.platforms().get(place));
    platforms.map(ToString::to_string).collect()
}

fn texts(texts: &[impl ToString]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

fn renamed_platforms(from: &Catalog, to: &Catalog, names: &Names) -> Vec<RenamedPlatform> {
    let all = names.all().into_iter();
    let renamed = all.map(|(later, earlier)| {
        let (later, earlier) = (vec![later.to_owned()], texts(&earlier));
        let (before, now) = if to.version() < from.version() { (later, earlier) } else { (earlier, later) };
        let is_on = |technique: &&Technique| {
            platform_names(technique, from).iter().any(|name| before.contains(name))
                && to.technique(technique.id).is_some()
        };
        let techniques = count(from.techniques().iter().filter(is_on).map(|technique| technique.id));
        RenamedPlatform { from: before, to: now, techniques }
    });
    renamed.collect()
}

/// What is in one list and not in the other, by a key; each in the order of its list.
fn exchange_by<T: Clone>(from: &[T], to: &[T], key: impl Fn(&T) -> &str) -> Exchange<T> {
    let only = |one: &[T], other: &[T]| -> Vec<T> {
        let is_alone = |item: &&T| other.iter().all(|held| key(held) != key(item));
        one.iter().filter(is_alone).cloned().collect()
    };
    Exchange { gained: only(to, from), lost: only(from, to) }
}

fn tactics(from: &[Tactic], to: &[Tactic]) -> Vec<TacticDifference> {
    let place_in = |tactics: &[Tactic], id: &str| tactics.iter().position(|tactic| tactic.id == id);
    let place = |tactics: &[Tactic], place: usize| TacticPlace {
        name: tactics[place].name.to_string(),
        shortname: tactics[place].shortname.to_string(),
        position: place + 1,
    };
    let shared: Vec<usize> = to.iter().filter_map(|tactic| place_in(from, &tactic.id)).collect();
    let settled = longest_rise(&shared);
    let mut changes = Vec::new();
    for (now, tactic) in to.iter().enumerate() {
        let former = place_in(from, &tactic.id);
        let change = TacticDifference {
            id: tactic.id.to_string(),
            from: former.map(|former| place(from, former)),
            to: Some(place(to, now)),
            moved: former.is_some_and(|former| !settled.contains(&former)),
        };
        if former.is_none() || change.moved || change.is_renamed() {
            changes.push(change);
        }
    }
    for (former, tactic) in from.iter().enumerate() {
        if place_in(to, &tactic.id).is_none() {
            let id = tactic.id.to_string();
            changes.push(TacticDifference { id, from: Some(place(from, former)), to: None, moved: false });
        }
    }
    changes
}

/// The longest part of the places that rises: what stayed in order. The others are those that moved.
fn longest_rise(places: &[usize]) -> Vec<usize> {
    // For each place the longest rise that ends there; of equal ones, the first.
    let mut best: Vec<Vec<usize>> = Vec::with_capacity(places.len());
    for (at, place) in places.iter().enumerate() {
        let before = best[..at].iter().filter(|rise| rise.last().is_some_and(|last| last < place));
        let mut rise: Vec<usize> = Vec::new();
        for candidate in before {
            if candidate.len() > rise.len() {
                rise.clone_from(candidate);
            }
        }
        rise.push(*place);
        best.push(rise);
    }
    best.into_iter().fold(Vec::new(), |longest, rise| if rise.len() > longest.len() { rise } else { longest })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tactic(id: &'static str) -> Tactic {
        Tactic { id: id.into(), shortname: id.to_lowercase().into(), name: id.into() }
    }

    fn changes(from: &[&'static str], to: &[&'static str]) -> Vec<(String, bool, bool, bool)> {
        let list = |ids: &[&'static str]| ids.iter().map(|id| tactic(id)).collect::<Vec<_>>();
        let changes = tactics(&list(from), &list(to)).into_iter();
        changes.map(|one| (one.id, one.from.is_some(), one.to.is_some(), one.moved)).collect()
    }

    #[test]
    fn a_tactic_that_moved_is_told_from_those_that_were_shifted() {
        assert_eq!(changes(&["A", "B", "C"], &["A", "X", "B", "C"]), [("X".to_owned(), false, true, false)]);
        assert_eq!(changes(&["A", "B", "C"], &["B", "C"]), [("A".to_owned(), true, false, false)]);
        let moved = ("A".to_owned(), true, true, true);
        assert_eq!(changes(&["A", "B", "C", "D"], &["B", "C", "D", "A"]), [moved]);
        assert!(changes(&["A", "B"], &["A", "B"]).is_empty());
        assert!(changes(&[], &[]).is_empty());
    }
}
