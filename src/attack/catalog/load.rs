//! Making a catalog of one version of a table.
//!
//! Nearly every run begins with this, so it passes once over the rows of the version and reads no list twice.

use std::borrow::Cow;

use super::{Catalog, Facts, PlatformSet, Retired, Tactic, TacticSet, Technique};
use crate::attack::TechniqueId;
use crate::attack::table::{State, TACTIC_SEPARATOR, Table, split_list};

/// Room for the techniques of any domain of today: what is not used costs nothing, what is moved costs twice.
const ROOM: usize = 1024;

/// The catalog of the version at `index`.
pub(super) fn catalog(facts: Facts, index: usize) -> Catalog {
    let tactics = tactics(&facts, index);
    let mut techniques = Vec::with_capacity(ROOM);
    let mut retired = Vec::with_capacity(ROOM);
    let (mut tactic_sets, mut platform_sets) = (Sets::default(), Sets::default());
    let mut platforms = Vec::new();
    facts.for_each_technique_in(index, |row| {
        let (id, name) = (row.id, row.name.clone());
        if row.state != State::Active {
            retired.push(Retired { id, name, state: row.state.clone() });
            return;
        }
        let tactics = tactic_sets.of(&row.tactics, |list| tactic_set(list, &tactics));
        let platforms = platform_sets.of(&row.platforms, |list| platform_set(list, &mut platforms));
        techniques.push(Technique { id, name, parent: row.parent, tactics, platforms });
    });
    let platforms = sort_platforms(&platforms, &mut techniques);
    let mut subs: Vec<(TechniqueId, usize)> = techniques
        .iter()
        .enumerate()
        .filter_map(|(place, technique)| Some((technique.parent?, place)))
        .collect();
    subs.sort_unstable();
    Catalog { facts, index, tactics, platforms, techniques, subs, retired, others: Vec::new() }
}

/// What the lists seen so far mean. Hundreds of techniques share some dozens of lists.
struct Sets<S> {
    known: Vec<(Cow<'static, str>, S)>,
    /// The place of the last answer in `known`.
    last: usize,
}

impl<S> Default for Sets<S> {
    fn default() -> Self {
        Self { known: Vec::new(), last: 0 }
    }
}

impl<S: Copy> Sets<S> {
    #[expect(clippy::ptr_arg, reason = "a borrowed list stays borrowed")]
    fn of(&mut self, list: &Cow<'static, str>, read: impl FnOnce(&Cow<'static, str>) -> S) -> S {
        // A sub-technique mostly has the list of the technique or sub-technique before it.
        if let Some((_, set)) = self.known.get(self.last).filter(|(known, _)| known == list) {
            return *set;
        }
        self.last = self.known.iter().position(|(known, _)| known == list).unwrap_or_else(|| {
            self.known.push((list.clone(), read(list)));
            self.known.len() - 1
        });
        self.known[self.last].1
    }
}

/// The tactics in the order of the matrix.
fn tactics(table: &Table, index: usize) -> Vec<Tactic> {
    let mut rows: Vec<_> = table.tactics.iter().filter(|row| row.versions.contains(index)).collect();
    rows.sort_by_key(|row| row.position);
    let tactics = rows.into_iter().map(|row| Tactic {
        id: row.id.clone(),
        shortname: row.shortname.clone(),
        name: row.name.clone(),
    });
    tactics.collect()
}

fn tactic_set(shortnames: &str, tactics: &[Tactic]) -> TacticSet {
    let places = shortnames
        .split(TACTIC_SEPARATOR)
        .filter_map(|shortname| tactics.iter().position(|tactic| tactic.shortname == shortname))
        // A table of the user's own may have been edited.
        .filter(|place| *place < TacticSet::LIMIT);
    TacticSet(places.fold(0, |set, place| set | 1 << place))
}

/// The places of a list's platforms, in the order in which the platforms were first seen.
#[expect(clippy::ptr_arg, reason = "a borrowed list gives platforms that stay borrowed")]
fn platform_set(list: &Cow<'static, str>, seen: &mut Vec<Cow<'static, str>>) -> PlatformSet {
    let places = split_list(list).into_iter().map(|platform| {
        seen.iter().position(|known| *known == platform).unwrap_or_else(|| {
            seen.push(platform);
            seen.len() - 1
        })
    });
    places.collect()
}

/// Sorts the platforms, and gives the techniques their places in the new order.
///
/// A technique without platforms counts as being on the platform `None` where there is one, as in the Navigator: the ICS
/// technique T0895 relies on it.
fn sort_platforms(seen: &[Cow<'static, str>], techniques: &mut [Technique]) -> Vec<Cow<'static, str>> {
    let mut sorted = seen.to_vec();
    sorted.sort_unstable();
    let place = |name: &str| sorted.binary_search_by(|known| known.as_ref().cmp(name)).ok();
    let places: Vec<usize> = seen.iter().filter_map(|platform| place(platform)).collect();
    let none: PlatformSet = place("None").into_iter().collect();
    for technique in techniques {
        let platforms = technique.platforms.iter().map(|seen| places[seen]).collect();
        technique.platforms = if technique.platforms.is_empty() { none } else { platforms };
    }
    sorted
}
