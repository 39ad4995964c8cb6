//! What changed between two versions of ATT&CK.
//!
//! A [`Diff`] compares two [`Catalog`]s of a domain by id: what is new, what is called or placed otherwise, and what became
//! of the rest. Tactics are told apart by their ids, too, so that a renamed tactic moves no technique. It works in either
//! direction, and says then what is different in the second version.
//!
//! ```
//! use navlayer::attack::diff::{Diff, Retirement};
//! use navlayer::attack::{Catalog, Domain};
//!
//! let catalog = |version: &str| Catalog::embedded(Domain::Enterprise, version.parse().expect("a version"));
//! let diff = Diff::new(&catalog("16.1")?, &catalog("19.0")?)?;
//! let impair = diff.retired.iter().find(|one| one.technique.name == "Impair Defenses").expect("it is retired");
//! let Retirement::Replaced { chain } = &impair.how else { panic!("it is replaced") };
//! assert_eq!(chain[0].technique.id.to_string(), "T1685");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod compare;

use std::fmt::{self, Write as _};

use schemars::JsonSchema;
use serde::Serialize;

use super::{Catalog, CatalogError, Domain, TechniqueId, Version};

/// What is different in one version of ATT&CK, seen from another.
///
/// Every list is in the order of the ids, tactics in the order of the matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Diff {
    /// The domain of both.
    pub domain: Domain,
    /// The version that is compared.
    pub from: Version,
    /// The version that it is compared with.
    pub to: Version,
    /// How many of each.
    pub counts: DiffCounts,
    /// The tactics that are added, renamed, moved in the matrix, or removed; the removed ones come last.
    pub tactics: Vec<TacticDifference>,
    /// The platforms of the whole domain that `to` has more or less, but for those that are called otherwise.
    pub platforms: Exchange<String>,
    /// The platforms that are called otherwise, by name: no technique changed for it.
    pub renamed_platforms: Vec<RenamedPlatform>,
    /// Active in `to`, and not known in `from`.
    pub added: Vec<Added>,
    /// Active in `to`, and listed as retired in `from`.
    pub brought_back: Vec<BroughtBack>,
    /// Active in both, with another name, tactics, platforms or parent.
    pub changed: Vec<Changed>,
    /// Active in both, and the successors of something that is retired; they may stand in `changed`, too.
    pub merged: Vec<Merged>,
    /// Active in `from`, and not in `to`.
    pub retired: Vec<Retired>,
}

/// A platform under another name: one that was renamed, several that were joined, or, the other way, one that was split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RenamedPlatform {
    /// The names in the first version.
    pub from: Vec<String>,
    /// The names in the second version.
    pub to: Vec<String>,
    /// The techniques that are active in both and are on it in the first version.
    pub techniques: Count,
}

impl RenamedPlatform {
    /// `Network is called Network Devices`; of several, `Google Workspace and Office 365 are called Office Suite`.
    #[must_use]
    pub fn describe(&self) -> String {
        let verb = if self.from.len() == 1 { "is" } else { "are" };
        format!("{} {verb} called {}", self.from.join(" and "), self.to.join(" and "))
    }
}

/// Techniques and sub-techniques, counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Count {
    /// Techniques.
    pub techniques: usize,
    /// Sub-techniques.
    pub sub_techniques: usize,
}

impl Count {
    /// Both together.
    #[must_use]
    pub const fn total(self) -> usize {
        self.techniques + self.sub_techniques
    }
}

/// How many techniques and sub-techniques there are of each kind.
///
/// `from` = `unchanged` + `changed` + `retired`, and `to` = `unchanged` + `changed` + `brought_back` + `added`. The parts
/// of `changed` overlap; those of `retired` add up to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct DiffCounts {
    /// Active in the first version.
    pub from: Count,
    /// Active in the second version.
    pub to: Count,
    /// Active in both, and the same in name, tactics, platforms and parent.
    pub unchanged: Count,
    /// Active in both, and different.
    pub changed: Count,
    /// Of the changed: with another name.
    pub renamed: Count,
    /// Of the changed: with other tactics.
    pub moved_tactic: Count,
    /// Of the changed: with another parent, or now with or without one.
    pub moved_parent: Count,
    /// Of the changed: with other platforms, whatever they are called.
    pub platforms: Count,
    /// New in the second version.
    pub added: Count,
    /// Retired in the first version, active in the second.
    pub brought_back: Count,
    /// No longer active in the second version.
    pub retired: Count,
    /// Of the retired: revoked, with a successor.
    pub replaced: Count,
    /// Of the retired: revoked, and no successor is named.
    pub revoked_without_successor: Count,
    /// Of the retired: deprecated.
    pub deprecated: Count,
    /// Of the retired: not even listed any more.
    pub removed: Count,
    /// Of the retired, where the second version is the earlier one: made later than that.
    pub not_yet: Count,
}

/// A technique or sub-technique with the name that it has in the version in question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TechniqueName {
    /// The id.
    pub id: TechniqueId,
    /// The name; of a sub-technique, its own only.
    pub name: String,
    /// The name of a sub-technique's technique.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_name: Option<String>,
}

impl TechniqueName {
    /// The name that tells a sub-technique from others of the same name: `Impair Defenses: Disable or Modify Tools`.
    #[must_use]
    pub fn full_name(&self) -> String {
        match &self.parent_name {
            Some(parent) => format!("{parent}: {}", self.name),
            None => self.name.clone(),
        }
    }
}

impl fmt::Display for TechniqueName {
    /// `T1562.001 Impair Defenses: Disable or Modify Tools`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.id, self.full_name())
    }
}

/// What came and what went.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Exchange<T> {
    /// In the second version only.
    pub gained: Vec<T>,
    /// In the first version only.
    pub lost: Vec<T>,
}

impl<T> Exchange<T> {
    /// Whether nothing came or went.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.gained.is_empty() && self.lost.is_empty()
    }
}

/// A tactic with the name that it has in the version in question.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct TacticName {
    /// `TA0005`
    pub id: String,
    /// `Defense Evasion`
    pub name: String,
}

/// A tactic that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TacticDifference {
    /// `TA0005`
    pub id: String,
    /// What it was; absent: it is added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<TacticPlace>,
    /// What it is; absent: it is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<TacticPlace>,
    /// Whether it stands elsewhere among the tactics that both versions have. Its position alone does not tell, since a
    /// tactic that is added or removed shifts all that follow.
    pub moved: bool,
}

/// A tactic in one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TacticPlace {
    /// `Defense Evasion`
    pub name: String,
    /// `defense-evasion`
    pub shortname: String,
    /// Its column in the matrix, from 1.
    pub position: usize,
}

impl TacticDifference {
    /// Whether both versions have it, under different names.
    #[must_use]
    pub fn is_renamed(&self) -> bool {
        let pair = self.from.as_ref().zip(self.to.as_ref());
        pair.is_some_and(|(from, to)| (&from.name, &from.shortname) != (&to.name, &to.shortname))
    }

    /// What is different, in words, `from` being the first version: `TA0005 Stealth: called Defense Evasion in 16.1`.
    #[must_use]
    pub fn describe(&self, from: Version) -> String {
        let (name, what) = match (&self.from, &self.to) {
            (Some(was), Some(is)) => {
                let name = (was.name != is.name).then(|| format!("called {} in {from}", was.name));
                let shortname = || format!("short name {}, in {from} {}", is.shortname, was.shortname);
                let name = name.or_else(|| (was.shortname != is.shortname).then(shortname));
                let place = format!("at place {} of the matrix, in {from} at {}", is.position, was.position);
                let changes = [name, self.moved.then_some(place)];
                (&is.name, changes.into_iter().flatten().collect::<Vec<_>>().join("; "))
            }
            (Some(was), None) => (&was.name, "removed".to_owned()),
            (None, Some(is)) => (&is.name, format!("added at place {} of the matrix", is.position)),
            (None, None) => return self.id.clone(),
        };
        format!("{} {name}: {what}", self.id)
    }
}

/// A technique that is new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Added {
    /// The technique.
    pub technique: TechniqueName,
    /// Its tactics, in matrix order.
    pub tactics: Vec<TacticName>,
    /// Its platforms.
    pub platforms: Vec<String>,
    /// The retired techniques that it takes over; empty: it is wholly new.
    pub replaces: Vec<TechniqueName>,
}

/// A technique that was retired and is active.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BroughtBack {
    /// The technique.
    pub technique: TechniqueName,
    /// What the first version says of it.
    pub was: Retirement,
    /// Its tactics, in matrix order.
    pub tactics: Vec<TacticName>,
    /// Its platforms.
    pub platforms: Vec<String>,
    /// The retired techniques that it takes over.
    pub replaces: Vec<TechniqueName>,
}

/// A technique that both versions have; what is absent stayed as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Changed {
    /// The technique, as the second version calls it.
    pub technique: TechniqueName,
    /// What the first version called it, a sub-technique without its technique.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub former_name: Option<String>,
    /// The tactics that it gained and lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tactics: Option<Exchange<TacticName>>,
    /// The technique that it belonged to and belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<ParentChange>,
    /// The platforms that it gained and lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platforms: Option<Exchange<String>>,
}

impl Changed {
    /// How many of name, tactics, parent and platforms changed.
    #[must_use]
    pub fn count(&self) -> usize {
        usize::from(self.former_name.is_some())
            + usize::from(self.tactics.is_some())
            + usize::from(self.parent.is_some())
            + usize::from(self.platforms.is_some())
    }
}

/// A sub-technique that belongs to another technique, or a technique and sub-technique that became the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ParentChange {
    /// The technique of the sub-technique that it was; absent: it was a technique.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<TechniqueName>,
    /// The technique of the sub-technique that it is; absent: it is a technique.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<TechniqueName>,
}

impl ParentChange {
    /// What it is and was, in words: `a technique instead of a sub-technique of T1562 Impair Defenses`.
    #[must_use]
    pub fn describe(&self) -> String {
        let place = |parent: &Option<TechniqueName>| {
            parent
                .as_ref()
                .map_or_else(|| "a technique".to_owned(), |one| format!("a sub-technique of {one}"))
        };
        format!("{} instead of {}", place(&self.to), place(&self.from))
    }
}

/// A technique that both versions have, and that took over others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Merged {
    /// The technique.
    pub technique: TechniqueName,
    /// The retired techniques that it takes over; never empty.
    pub replaces: Vec<TechniqueName>,
}

/// A technique that is no longer active.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Retired {
    /// The technique, as the first version calls it.
    pub technique: TechniqueName,
    /// What became of it.
    #[serde(flatten)]
    pub how: Retirement,
    /// Whether the end of its successors stands elsewhere: under another technique, or now with or without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<ParentChange>,
}

/// Why a technique is not active in a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum Retirement {
    /// Revoked in favour of another.
    Replaced {
        /// The successors, nearest first; never empty.
        chain: Vec<Successor>,
    },
    /// Revoked, and no successor is named.
    RevokedWithoutSuccessor,
    /// Withdrawn.
    Deprecated,
    /// Not listed at all.
    Removed,
    /// Made later than this version.
    NotYet,
}

/// One step of what took a technique's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Successor {
    /// The technique.
    #[serde(flatten)]
    pub technique: TechniqueName,
    /// Whether it is active; the last one may be deprecated itself.
    pub active: bool,
}

impl Retirement {
    /// What became of the technique, in words that complete "T1562 is …": `replaced by T1685 Disable or Modify Tools`.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Replaced { chain } => replaced(chain),
            Self::RevokedWithoutSuccessor => "revoked without a successor".to_owned(),
            Self::Deprecated => "deprecated".to_owned(),
            Self::Removed => "removed, not even listed as retired".to_owned(),
            Self::NotYet => "not there yet".to_owned(),
        }
    }

    /// The active technique at the end of the successors.
    #[must_use]
    pub fn successor(&self) -> Option<&TechniqueName> {
        match self {
            Self::Replaced { chain } => chain.last().filter(|end| end.active).map(|end| &end.technique),
            _ => None,
        }
    }
}

fn replaced(chain: &[Successor]) -> String {
    let Some((end, steps)) = chain.split_last() else { return "revoked without a successor".to_owned() };
    let mut text = format!("replaced by {}", end.technique);
    if !steps.is_empty() {
        let steps: Vec<String> = steps.iter().map(|step| step.technique.id.to_string()).collect();
        let _ = write!(text, " (by way of {})", steps.join(", "));
    }
    if !end.active {
        text.push_str(", which is not active itself");
    }
    text
}

impl Diff {
    /// Compares two catalogs of one domain.
    ///
    /// # Errors
    ///
    /// When they are of different domains.
    pub fn new(from: &Catalog, to: &Catalog) -> Result<Self, CatalogError> {
        compare::compare(from, to)
    }

    /// Whether nothing is different.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let DiffCounts { changed, added, brought_back, retired, .. } = self.counts;
        let techniques = changed.total() + added.total() + brought_back.total() + retired.total();
        techniques == 0
            && self.tactics.is_empty()
            && self.platforms.is_empty()
            && self.renamed_platforms.is_empty()
    }

    /// Whether the second version is the earlier one.
    #[must_use]
    pub fn is_backwards(&self) -> bool {
        self.to < self.from
    }

    /// How many of the replaced stand elsewhere with their successors, as one sentence; `None` when none does.
    #[must_use]
    pub fn moves_of_replaced(&self) -> Option<String> {
        let moves = || self.retired.iter().filter_map(|one| one.parent.as_ref());
        let raised = moves().filter(|parent| parent.to.is_none()).count();
        let lowered = moves().filter(|parent| parent.from.is_none()).count();
        let other = moves().count() - raised - lowered;
        let phrases = [
            (raised, "became or joined a technique"),
            (lowered, "became a sub-technique"),
            (other, "went under another technique"),
        ];
        let phrases = phrases.into_iter().filter(|(count, _)| *count > 0);
        let phrases: Vec<String> = phrases.map(|(count, phrase)| format!("{count} {phrase}")).collect();
        (!phrases.is_empty()).then(|| format!("Of these, {}.", phrases.join(", ")))
    }

    /// `Enterprise ATT&CK 16.1 to 19.0`
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} ATT&CK {} to {}", self.domain.name(), self.from, self.to)
    }
}
