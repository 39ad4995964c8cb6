//! What an id that nobody knows may have been meant to be.

use std::collections::BTreeMap;

use crate::attack::{Catalog, TechniqueId};

/// The techniques of a catalog, by what people get wrong about them.
#[derive(Debug)]
pub(super) struct Guesser<'a> {
    catalog: &'a Catalog,
    ids: Vec<(String, TechniqueId)>,
    names: BTreeMap<String, TechniqueId>,
}

impl<'a> Guesser<'a> {
    pub(super) fn new(catalog: &'a Catalog) -> Self {
        let techniques = || catalog.techniques().iter();
        let ids = techniques().map(|one| (one.id.to_string(), one.id)).collect();
        // Sub-techniques share names; the first one is as good as the others.
        let names = techniques().rev().map(|one| (plain(&one.name), one.id)).collect();
        Self { catalog, ids, names }
    }

    /// Advice about an unknown id: by the name given with it, by its digits, by its technique.
    pub(super) fn advice(&self, id: TechniqueId, name: &str) -> String {
        if let Some(named) = self.names.get(&plain(name)) {
            return format!("did you mean {named}? that is `{}`", name.trim());
        }
        if let Some(near) = self.one_digit_off(&id.to_string()) {
            return format!("did you mean {near}?");
        }
        if let Some(parent) = id.parent().filter(|parent| self.catalog.technique(*parent).is_some()) {
            let below: Vec<TechniqueId> = self.catalog.sub_techniques(parent).map(|one| one.id).collect();
            return match below.as_slice() {
                [first, .., last] => format!("{parent} has {first} to {last}"),
                [only] => format!("{parent} has only {only}"),
                [] => format!("{parent} has no sub-techniques"),
            };
        }
        "`navlayer catalog show NAME` finds a technique by its name".to_owned()
    }

    /// The id with one other digit, or two neighbours swapped. With more of its digits wrong an id may mean any other.
    /// Of several the one counts that is alike the longest: the last digits are mistyped most.
    fn one_digit_off(&self, typed: &str) -> Option<TechniqueId> {
        let typed = typed.as_bytes();
        let near = self.ids.iter().filter_map(|(known, id)| {
            let known = known.as_bytes();
            if known.len() != typed.len() {
                return None;
            }
            let first = known.iter().zip(typed).position(|(one, other)| one != other)?;
            let swapped =
                known.get(first + 1) == typed.get(first) && typed.get(first + 1) == known.get(first);
            let alike = known[first + 1..] == typed[first + 1..]
                || (swapped && known.get(first + 2..) == typed.get(first + 2..));
            alike.then_some((first, *id))
        });
        near.max_by_key(|(first, id)| (*first, std::cmp::Reverse(*id))).map(|(_, id)| id)
    }
}

/// A name without what does not count: case and blanks.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attack::Domain;

    #[test]
    fn advice_is_the_surest_that_there_is() {
        let catalog = Catalog::newest(Domain::Enterprise);
        let guesser = Guesser::new(&catalog);
        let advice = |id: &str, name: &str| guesser.advice(id.parse().expect("an id"), name);
        assert_eq!(advice("T9999", " valid accounts"), "did you mean T1078? that is `valid accounts`");
        assert_eq!(advice("T1087.444", ""), "T1087 has T1087.001 to T1087.004");
        assert_eq!(advice("T1078.009", ""), "did you mean T1078.001?");
        assert_eq!(advice("T0178", ""), "did you mean T1078?", "two neighbours swapped");
        assert_eq!(advice("T9999", ""), "`navlayer catalog show NAME` finds a technique by its name");
        assert!(advice("T1111.444", "").ends_with("has no sub-techniques"));
    }
}
