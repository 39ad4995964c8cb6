//! Platform filters between versions: platforms were renamed, joined and split.

use std::collections::BTreeSet;

use crate::attack::Catalog;
use crate::attack::platforms::{has, other_names};

/// What the Navigator makes of the names of the first layer formats.
const FIRST_FORMATS: [(&str, &str); 5] =
    [("android", "Android"), ("ios", "iOS"), ("linux", "Linux"), ("mac", "macOS"), ("windows", "Windows")];

/// A filter as the target has it, and what there is to say of it, in a sentence each.
///
/// A filter of every platform is none, so that what is new in the target is shown, too; so is one of which nothing is left.
pub(super) fn carry(names: &[&str], from: &Catalog, to: &Catalog) -> (Option<Vec<String>>, Vec<String>) {
    let mut notes = Vec::new();
    let names: Vec<&str> = names.iter().map(|name| read_as(name)).collect();
    let platforms = from.platforms();
    if !platforms.is_empty() && platforms.iter().all(|known| names.contains(&known.as_ref())) {
        let all = format!("The filter names every platform of ATT&CK {}: it is left out.", from.version());
        notes.push(all);
        return (None, notes);
    }
    let mut carried: Vec<String> = Vec::new();
    for name in names {
        let now: Vec<&str> = if has(to, name) { vec![name] } else { other_names(name, to) };
        match now.as_slice() {
            [] => notes.push(format!("{name} is no platform of ATT&CK {}: it is left out.", to.version())),
            [same] if *same == name => {}
            _ => notes.push(format!("{name} is now {}.", now.join(" and "))),
        }
        for name in now {
            if carried.iter().all(|known| known != name) {
                carried.push(name.to_owned());
            }
        }
    }
    if carried.is_empty() {
        notes.push("Nothing is left of the filter: all platforms are shown.".to_owned());
        return (None, notes);
    }
    let before: BTreeSet<&str> = from.platforms().iter().map(AsRef::as_ref).collect();
    let new = to.platforms().iter().map(AsRef::as_ref);
    let new: Vec<&str> =
        new.filter(|name| !before.contains(name) && other_names(name, from).is_empty()).collect();
    if !new.is_empty() {
        let (verb, is) = if new.len() == 1 { ("is", "it is") } else { ("are", "they are") };
        notes.push(format!("{} {verb} new, and not in the filter: {is} not shown.", new.join(" and ")));
    }
    (Some(carried), notes)
}

fn read_as(name: &str) -> &str {
    FIRST_FORMATS.iter().find(|(former, _)| *former == name).map_or(name, |(_, now)| now)
}
