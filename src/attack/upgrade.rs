//! Carrying techniques from one ATT&CK version to another.
//!
//! An [`Upgrade`] says of any id what becomes of it on the way from one catalog to another, forwards or backwards: it
//! stays, it is renamed, other ids took over, or it ends, and why. Only facts that ATT&CK states are used: what is active,
//! and what was revoked by what, followed to the end. Whoever carries rows (a mapping set, a layer) counts them in a
//! [`Record`].

mod record;

use std::cell::OnceCell;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::{Catalog, CatalogError, Domain, Fate, TechniqueId, Version};

pub(crate) use record::Ledger;
pub use record::{
    Absence, Change, Counted, Counts, Kind, Merge, MergedRow, Named, Record, TacticChange, TacticMove,
};

/// The way from one catalog to another of the same domain.
#[derive(Debug)]
pub struct Upgrade<'a> {
    from: &'a Catalog,
    to: &'a Catalog,
    /// Id active in `to` → ids that `from` has revoked in its favour. For the way back.
    former: OnceCell<BTreeMap<TechniqueId, Vec<TechniqueId>>>,
}

/// What becomes of an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// It is active, and has the same name.
    Kept,
    /// It is active under another name.
    Renamed,
    /// The technique goes on under another id: the last of the chain bears the same name.
    Renumbered {
        /// The ids that took over, nearest first; never empty.
        chain: Vec<TechniqueId>,
    },
    /// Another technique took over: the last of the chain.
    Replaced {
        /// The ids that took over, nearest first; never empty.
        chain: Vec<TechniqueId>,
    },
    /// There is nothing to carry it to.
    Dropped(Reason),
}

/// Why techniques of `to` count as not assessed on `from`: `new since ATT&CK 16.1`; on the way back, `not in ATT&CK 19.0`;
/// where a version between did not know them, `lost on the way back to ATT&CK 16.1`.
#[must_use]
pub fn absence(from: Version, to: Version) -> String {
    match from.cmp(&to) {
        Ordering::Less => format!("new since ATT&CK {from}"),
        Ordering::Equal => format!("lost on the way back to ATT&CK {to}"),
        Ordering::Greater => format!("not in ATT&CK {from}"),
    }
}

/// Why there is nothing to carry an id to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It was withdrawn, or the last of those that took over was.
    Deprecated {
        /// The ids that took over before; mostly none.
        chain: Vec<TechniqueId>,
    },
    /// It was revoked, or the last of those that took over was, and ATT&CK names no successor.
    NoSuccessor {
        /// The ids that took over before; mostly none.
        chain: Vec<TechniqueId>,
    },
    /// It was revoked by a technique that was in turn revoked by it.
    Cycle {
        /// The ids of the circle, nearest first.
        chain: Vec<TechniqueId>,
    },
    /// The last of those that took over is nothing that the target knows how to go on from.
    Lost {
        /// The ids that took over.
        chain: Vec<TechniqueId>,
        /// What became of the last of them.
        fate: Fate,
    },
    /// The target does not list it any more.
    Removed {
        /// The last version in which it was active; if it never was, in which it was listed.
        last: Version,
    },
    /// The target does not know it yet, nor a technique that it came from.
    NotYet {
        /// The first version that knows it.
        first: Version,
    },
    /// The target does not know it yet, and it came from several techniques.
    Several {
        /// Those techniques, by id.
        former: Vec<TechniqueId>,
        /// The first version that knows it.
        first: Version,
    },
    /// It belongs to another domain.
    OtherDomain(Domain),
    /// It never was a technique of ATT&CK.
    NeverExisted,
}

impl Reason {
    /// The reason in words that complete "T1053.004 is dropped: …".
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Deprecated { chain } => {
                after(chain, "deprecated", |end| format!("replaced by {end}, which is deprecated"))
            }
            Self::NoSuccessor { chain } => after(chain, "revoked without a successor", |end| {
                format!("replaced by {end}, which is revoked without a successor")
            }),
            Self::Cycle { chain } => {
                format!("revoked in a circle by way of {}, and so without a successor", list(chain, "and"))
            }
            Self::Lost { chain, fate } => after(chain, &fate.describe(), |end| match fate {
                Fate::Gone { last } => {
                    format!(
                        "replaced by {end}, which was last active in ATT&CK {last}, and is not listed any more"
                    )
                }
                _ => format!("replaced by {end}, which is {fate}"),
            }),
            Self::Removed { last } => format!("last active in ATT&CK {last}, and not listed any more"),
            Self::NotYet { first } => format!("not known before ATT&CK {first}"),
            Self::Several { former, first } => {
                format!("not known before ATT&CK {first}, which made it of {}", list(former, "and"))
            }
            Self::OtherDomain(domain) => Fate::Elsewhere(*domain).describe(),
            Self::NeverExisted => "never a technique of ATT&CK, as far as is known".to_owned(),
        }
    }
}

fn after(chain: &[TechniqueId], alone: &str, ends: impl Fn(TechniqueId) -> String) -> String {
    chain.last().map_or_else(|| alone.to_owned(), |end| ends(*end))
}

fn list(ids: &[TechniqueId], joint: &str) -> String {
    let texts: Vec<String> = ids.iter().map(ToString::to_string).collect();
    match texts.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} {joint} {last}", rest.join(", ")),
    }
}

impl Move {
    /// Why there is nothing to carry it to; `None` where there is.
    #[must_use]
    pub const fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Dropped(reason) => Some(reason),
            _ => None,
        }
    }

    /// The id that `id` is carried to; `None` when it is dropped.
    #[must_use]
    pub fn target(&self, id: TechniqueId) -> Option<TechniqueId> {
        match self {
            Self::Kept | Self::Renamed => Some(id),
            Self::Renumbered { chain } | Self::Replaced { chain } => chain.last().copied(),
            Self::Dropped(_) => None,
        }
    }
}

impl<'a> Upgrade<'a> {
    /// The way from one catalog to another. They may be the same; then only retired ids move.
    ///
    /// # Errors
    ///
    /// When the catalogs are of different domains.
    pub fn new(from: &'a Catalog, to: &'a Catalog) -> Result<Self, CatalogError> {
        if from.domain() != to.domain() {
            return Err(CatalogError::OtherDomain { from: from.domain(), to: to.domain() });
        }
        Ok(Self { from, to, former: OnceCell::new() })
    }

    /// The catalog that the rows were made on.
    #[must_use]
    pub fn from(&self) -> &'a Catalog {
        self.from
    }

    /// The catalog that the rows are carried to.
    #[must_use]
    pub fn to(&self) -> &'a Catalog {
        self.to
    }

    /// What becomes of an id. The target's own facts decide; of an id that it does not list, those of the versions
    /// between.
    #[must_use]
    pub fn of(&self, id: TechniqueId) -> Move {
        match self.to.fate(id) {
            Fate::Active if self.name_before(id).is_some_and(|name| self.to.name_of(id) != Some(name)) => {
                Move::Renamed
            }
            Fate::Active => Move::Kept,
            Fate::Revoked { chain } => self.along(id, chain),
            Fate::RevokedWithoutSuccessor => Move::Dropped(Reason::NoSuccessor { chain: Vec::new() }),
            Fate::Deprecated => Move::Dropped(Reason::Deprecated { chain: Vec::new() }),
            Fate::Gone { last } => self.gone(id, last),
            Fate::Later { first } => self.back(id, first),
            Fate::Elsewhere(domain) => Move::Dropped(Reason::OtherDomain(domain)),
            Fate::Unknown => Move::Dropped(Reason::NeverExisted),
        }
    }

    /// The active techniques of the target that nothing active in the source becomes: what the source cannot have
    /// assessed. By id.
    #[must_use]
    pub fn new_techniques(&self) -> BTreeSet<TechniqueId> {
        let reached = self.reached(|_| true);
        self.to.techniques().iter().map(|one| one.id).filter(|id| !reached.contains(id)).collect()
    }

    /// What of the target cannot have been assessed, when `before` could not be in the source: for the second of two
    /// upgrades in turn.
    #[must_use]
    pub fn not_assessed(&self, before: &BTreeSet<TechniqueId>) -> BTreeSet<TechniqueId> {
        let mut new = self.new_techniques();
        if before.is_empty() {
            return new;
        }
        // What was new before is new still, unless something that was assessed came to the same technique.
        let assessed = self.reached(|id| !before.contains(&id));
        let carried = before.iter().filter_map(|id| self.of(*id).target(*id));
        new.extend(carried.filter(|id| self.to.technique(*id).is_some() && !assessed.contains(id)));
        new
    }

    /// What the active techniques of the source become, of those that `counts` takes.
    fn reached(&self, counts: impl Fn(TechniqueId) -> bool) -> BTreeSet<TechniqueId> {
        let ids = self.from.techniques().iter().map(|one| one.id).filter(|id| counts(*id));
        ids.filter_map(|id| self.of(id).target(id)).collect()
    }

    /// A name as the source's version has it.
    fn name_before(&self, id: TechniqueId) -> Option<&'a str> {
        self.from.name_of(id)
    }

    fn along(&self, id: TechniqueId, chain: Vec<TechniqueId>) -> Move {
        let Some(end) = chain.last().copied() else {
            return Move::Dropped(Reason::NoSuccessor { chain });
        };
        match self.to.fate(end) {
            Fate::Active => self.moved(id, end, chain),
            Fate::Deprecated => Move::Dropped(Reason::Deprecated { chain }),
            // The chain was cut where it would have closed.
            Fate::Revoked { .. } => Move::Dropped(Reason::Cycle { chain }),
            Fate::RevokedWithoutSuccessor => Move::Dropped(Reason::NoSuccessor { chain }),
            fate @ (Fate::Gone { .. } | Fate::Later { .. } | Fate::Elsewhere(_) | Fate::Unknown) => {
                Move::Dropped(Reason::Lost { chain, fate })
            }
        }
    }

    fn moved(&self, id: TechniqueId, end: TechniqueId, chain: Vec<TechniqueId>) -> Move {
        let name = self.name_before(id).or_else(|| self.to.name_of(id));
        if name.is_some() && name == self.to.name_of(end) {
            Move::Renumbered { chain }
        } else {
            Move::Replaced { chain }
        }
    }

    /// An id that the target has forgotten: the last version before it that lists the id says what took over.
    fn gone(&self, id: TechniqueId, last: Version) -> Move {
        let mut chain = self.to.last_chain(id);
        let Some(end) = chain.last().copied() else { return Move::Dropped(Reason::Removed { last }) };
        if let Fate::Revoked { chain: rest } = self.to.fate(end) {
            chain.extend(rest);
        }
        self.along(id, chain)
    }

    /// An id that the target does not know yet: the one technique of the target that the source has replaced by it.
    fn back(&self, id: TechniqueId, first: Version) -> Move {
        let former = self.former().get(&id).map(Vec::as_slice).unwrap_or_default();
        let name = self.name_before(id);
        let same: Vec<TechniqueId> =
            former.iter().copied().filter(|one| name.is_some() && self.to.name_of(*one) == name).collect();
        match (same.as_slice(), former) {
            ([one], _) => Move::Renumbered { chain: vec![*one] },
            (_, [one]) => Move::Replaced { chain: vec![*one] },
            (_, []) => Move::Dropped(Reason::NotYet { first }),
            (_, several) => Move::Dropped(Reason::Several { former: several.to_vec(), first }),
        }
    }

    fn former(&self) -> &BTreeMap<TechniqueId, Vec<TechniqueId>> {
        self.former.get_or_init(|| {
            let mut former: BTreeMap<TechniqueId, Vec<TechniqueId>> = BTreeMap::new();
            for id in self.from.retired().filter(|id| self.to.technique(*id).is_some()) {
                if let Fate::Revoked { chain } = self.from.fate(id)
                    && let Some(end) = chain.last()
                {
                    former.entry(*end).or_default().push(id);
                }
            }
            former
        })
    }
}
