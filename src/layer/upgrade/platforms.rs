//! Platform filters between versions: platforms were renamed, joined and split.

use std::collections::BTreeSet;

use crate::attack::Catalog;
use crate::attack::platforms::{RENAMED, has, other_names};

/// What the Navigator makes of the names of the first layer formats.
const FIRST_FORMATS: [(&str, &str); 5] =
    [("android", "Android"), ("ios", "iOS"), ("linux", "Linux"), ("mac", "macOS"), ("windows", "Windows")];

/// A filter on the way to another version.
pub(super) struct Carried {
    /// The platforms as the target has them; `None`: all.
    pub(super) platforms: Option<Vec<String>>,
    /// What there is to say of it, in a sentence each.
    pub(super) notes: Vec<String>,
    /// Names that are left out: the place of each among those of the filter, what to say, and the name that may be meant.
    pub(super) lost: Vec<(usize, String, Option<String>)>,
}

/// A filter as the target has it. Names are compared as the Navigator does, to the letter, but for those of the first
/// formats, which it reads in every version: `windows` is Windows, and `office 365` is no platform.
///
/// A filter of every platform is none, so that what is new in the target is shown, too; so is one of which nothing is left.
pub(super) fn carry(names: &[&str], from: &Catalog, to: &Catalog) -> Carried {
    let (mut notes, mut lost) = (Vec::new(), Vec::new());
    let names: Vec<&str> = names.iter().map(|name| read_as(name)).collect();
    let platforms = from.platforms();
    if !platforms.is_empty() && platforms.iter().all(|known| names.contains(&known.as_ref())) {
        let all = format!("The filter names every platform of ATT&CK {}: it is left out.", from.version());
        notes.push(all);
        return Carried { platforms: None, notes, lost };
    }
    let mut carried: Vec<String> = Vec::new();
    for (place, name) in names.into_iter().enumerate() {
        let now: Vec<&str> = if has(to, name) { vec![name] } else { other_names(name, to) };
        match now.as_slice() {
            [] => {
                let message = format!("{name} is no platform of ATT&CK {}", to.version());
                notes.push(format!("{message}: it is left out."));
                lost.push((place, message, meant(name, from, to)));
            }
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
        return Carried { platforms: None, notes, lost };
    }
    let before: BTreeSet<&str> = from.platforms().iter().map(AsRef::as_ref).collect();
    let new = to.platforms().iter().map(AsRef::as_ref);
    let new: Vec<&str> =
        new.filter(|name| !before.contains(name) && other_names(name, from).is_empty()).collect();
    if !new.is_empty() {
        let (verb, is) = if new.len() == 1 { ("is", "it is") } else { ("are", "they are") };
        notes.push(format!("{} {verb} new, and not in the filter: {is} not shown.", new.join(" and ")));
    }
    Carried { platforms: Some(carried), notes, lost }
}

/// The platform of either version that a name spells in other letters.
fn meant(name: &str, from: &Catalog, to: &Catalog) -> Option<String> {
    let known = || to.platforms().iter().chain(from.platforms()).map(AsRef::as_ref);
    let former = RENAMED.iter().map(|(former, _)| *former);
    known()
        .chain(former)
        .find(|known| *known != name && known.eq_ignore_ascii_case(name.trim()))
        .map(str::to_owned)
}

/// What the Navigator reads a platform of a filter as.
pub(crate) fn read_as(name: &str) -> &str {
    FIRST_FORMATS.iter().find(|(former, _)| *former == name).map_or(name, |(_, now)| now)
}
