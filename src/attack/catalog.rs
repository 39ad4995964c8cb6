//! A catalog: what ATT&CK says in one domain and version.

mod load;

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use super::actors::{Actor, RetiredActor};
use super::stix::Release;
use super::table::{State, Table, TechniqueRow, places};
use super::{CatalogError, Domain, Releases, TechniqueId, Version};

/// What ATT&CK says in one domain and version: its matrix, its active techniques, and what became of the others.
#[derive(Debug, Clone)]
pub struct Catalog {
    facts: Facts,
    /// The place of the version in the table.
    index: usize,
    tactics: Vec<Tactic>,
    platforms: Vec<Cow<'static, str>>,
    /// Sorted by id.
    techniques: Vec<Technique>,
    /// Sub-techniques as their technique and their place in `techniques`; sorted.
    subs: Vec<(TechniqueId, usize)>,
    /// Sorted by id.
    retired: Vec<Retired>,
    /// What is known of the other domains, where the user brought something of them.
    others: Vec<Arc<Table>>,
}

/// An id that the version lists as revoked or deprecated.
#[derive(Debug, Clone)]
struct Retired {
    id: TechniqueId,
    name: Cow<'static, str>,
    state: State,
}

/// A column of the matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tactic {
    /// `TA0005`.
    pub id: Cow<'static, str>,
    /// `defense-evasion`: what bundles and layers use.
    pub shortname: Cow<'static, str>,
    /// `Defense Evasion`.
    pub name: Cow<'static, str>,
}

/// An active technique or sub-technique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Technique {
    /// `T1562` or `T1562.008`.
    pub id: TechniqueId,
    /// `Impair Defenses`; for a sub-technique its own name only: `Disable or Modify Cloud Logs`.
    pub name: Cow<'static, str>,
    /// The technique of a sub-technique.
    pub parent: Option<TechniqueId>,
    /// Where it stands, as places in [`Catalog::tactics`].
    pub tactics: TacticSet,
    /// What it applies to, as places in [`Catalog::platforms`].
    pub platforms: PlatformSet,
}

/// Tactics of a catalog, as one bit for each place in [`Catalog::tactics`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TacticSet(u32);

/// Platforms of a catalog, as one bit for each place in [`Catalog::platforms`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PlatformSet(u64);

impl TacticSet {
    /// How many tactics a catalog can have.
    pub const LIMIT: usize = 32;

    /// The places in ascending order.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        places(u64::from(self.0))
    }

    /// Whether the tactic at `index` is one of them.
    #[must_use]
    pub const fn contains(self, index: usize) -> bool {
        index < Self::LIMIT && self.0 >> index & 1 == 1
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl PlatformSet {
    /// How many platforms a catalog can have.
    pub const LIMIT: usize = 64;

    /// The places in ascending order.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        places(self.0)
    }

    /// Whether the platform at `index` is one of them.
    #[must_use]
    pub const fn contains(self, index: usize) -> bool {
        index < Self::LIMIT && self.0 >> index & 1 == 1
    }

    /// Whether the two have a platform in common: the Navigator's platform filter.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<usize> for PlatformSet {
    /// The set of the given places; those past [`PlatformSet::LIMIT`] are left out.
    fn from_iter<I: IntoIterator<Item = usize>>(places: I) -> Self {
        Self(places.into_iter().filter(|place| *place < Self::LIMIT).fold(0, |set, place| set | 1 << place))
    }
}

/// What a catalog knows of an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// In force in this version.
    Active,
    /// Revoked in favour of another id.
    Revoked {
        /// The successors, nearest first; never empty. The last one is not revoked itself, or names no successor; it
        /// may be deprecated, so ask for its fate too.
        chain: Vec<TechniqueId>,
    },
    /// Revoked, and the release names no successor.
    RevokedWithoutSuccessor,
    /// Withdrawn.
    Deprecated,
    /// Known in an earlier version, and not even listed as retired in this one.
    Gone {
        /// The last earlier version in which it was active (or, if it never was, in which it was listed).
        last: Version,
    },
    /// Known only in later versions.
    Later {
        /// The first version that knows it.
        first: Version,
    },
    /// Known in another domain only.
    Elsewhere(Domain),
    /// Known nowhere.
    Unknown,
}

impl Fate {
    /// The fate in words that complete "T1053.001 is …": `revoked, replaced by T1053.002`.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Active => "active".to_owned(),
            Self::Revoked { chain } => match chain.split_last() {
                None => "revoked without a successor".to_owned(),
                Some((end, [])) => format!("revoked, replaced by {end}"),
                Some((end, steps)) => {
                    let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
                    format!("revoked, replaced by {end} (by way of {})", steps.join(", "))
                }
            },
            Self::RevokedWithoutSuccessor => "revoked without a successor".to_owned(),
            Self::Deprecated => "deprecated".to_owned(),
            Self::Gone { last } => format!("last known in ATT&CK {last}"),
            Self::Later { first } => format!("not known before ATT&CK {first}"),
            Self::Elsewhere(Domain::Mobile) => "a Mobile technique".to_owned(),
            Self::Elsewhere(domain) => format!("an {} technique", domain.name()),
            Self::Unknown => "not known".to_owned(),
        }
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe())
    }
}

/// The table of a catalog: the embedded one, or that with what the user brought.
#[derive(Debug, Clone)]
enum Facts {
    Embedded(&'static Table),
    Own(Arc<Table>),
}

impl Deref for Facts {
    type Target = Table;

    fn deref(&self) -> &Table {
        match self {
            Self::Embedded(table) => table,
            Self::Own(table) => table,
        }
    }
}

impl Catalog {
    /// The catalog of a release that `navlayer` ships with.
    ///
    /// # Errors
    ///
    /// [`CatalogError::UnknownVersion`] when it ships with no such version of the domain.
    pub fn embedded(domain: Domain, version: Version) -> Result<Self, CatalogError> {
        let table = Table::embedded(domain);
        match table.index_of(version) {
            Some(index) => Ok(load::catalog(Facts::Embedded(table), index)),
            None => Err(CatalogError::UnknownVersion { domain, version, known: table.versions.clone() }),
        }
    }

    /// The catalog of the newest release of `domain` that `navlayer` ships with.
    #[must_use]
    pub fn newest(domain: Domain) -> Self {
        let table = Table::embedded(domain);
        load::catalog(Facts::Embedded(table), table.versions.len() - 1)
    }

    /// The catalog of one version of a table that is not embedded.
    pub(super) fn of_table(table: &Arc<Table>, version: Version) -> Result<Self, CatalogError> {
        let Some(index) = table.index_of(version) else {
            let (domain, known) = (table.domain, table.versions.clone());
            return Err(CatalogError::UnknownVersion { domain, version, known });
        };
        Ok(load::catalog(Facts::Own(Arc::clone(table)), index))
    }

    /// The catalog of a STIX bundle. Its facts come from the bundle alone; only the fate of an id that the bundle does
    /// not hold is looked up in the embedded tables.
    ///
    /// `version` overrides what the bundle and its file name say.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or is no ATT&CK release.
    pub fn from_bundle(path: &Path, version: Option<Version>) -> Result<Self, CatalogError> {
        Self::from_release(Release::read(path, version)?)
    }

    /// The catalog of a release that has been read.
    ///
    /// # Errors
    ///
    /// When the release cannot be made a table.
    pub fn from_release(release: Release) -> Result<Self, CatalogError> {
        let (domain, version) = (release.domain(), release.version());
        let mut releases = Releases::default();
        releases.add_release(release)?;
        releases.catalog(domain, version)
    }

    /// The same, which knows these tables of other domains in place of the embedded ones.
    pub(super) fn beside(self, others: Vec<Arc<Table>>) -> Self {
        Self { others, ..self }
    }

    /// The domain of the catalog.
    #[must_use]
    pub fn domain(&self) -> Domain {
        self.facts.domain
    }

    /// The version of the catalog.
    #[must_use]
    pub fn version(&self) -> Version {
        self.facts.versions[self.index]
    }

    /// The table that the catalog is one version of: all that is known of its domain.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.facts
    }

    /// The tactics in the order of the matrix.
    #[must_use]
    pub fn tactics(&self) -> &[Tactic] {
        &self.tactics
    }

    /// The tactic that another version calls so, by name or short name: Stealth was `defense-evasion`.
    #[must_use]
    pub fn former_tactic(&self, name: &str) -> Option<&Tactic> {
        let is_called = |known: &str| known.eq_ignore_ascii_case(name.trim());
        let rows = self.facts.tactics.iter();
        let mut former = rows.filter(|row| is_called(&row.name) || is_called(&row.shortname));
        former.find_map(|row| self.tactics.iter().find(|tactic| tactic.id == row.id))
    }

    /// The platforms of the active techniques, sorted: those that a layer's platform filter can name.
    #[must_use]
    pub fn platforms(&self) -> &[Cow<'static, str>] {
        &self.platforms
    }

    /// The active techniques and sub-techniques, sorted by id.
    #[must_use]
    pub fn techniques(&self) -> &[Technique] {
        &self.techniques
    }

    /// The active technique or sub-technique with this id.
    #[must_use]
    pub fn technique(&self, id: TechniqueId) -> Option<&Technique> {
        let place = self.techniques.binary_search_by_key(&id, |technique| technique.id).ok()?;
        Some(&self.techniques[place])
    }

    /// The active sub-techniques of a technique, sorted by id.
    #[must_use]
    pub fn sub_techniques(&self, id: TechniqueId) -> impl ExactSizeIterator<Item = &Technique> {
        let start = self.subs.partition_point(|(parent, _)| *parent < id);
        let length = self.subs[start..].partition_point(|(parent, _)| *parent == id);
        self.subs[start..start + length].iter().map(|(_, place)| &self.techniques[*place])
    }

    /// The techniques (without sub-techniques) of the tactic at `index`, by name as the Navigator sorts them; nothing for
    /// an index past the matrix.
    #[must_use]
    pub fn in_tactic(&self, index: usize) -> Vec<&Technique> {
        let mut techniques: Vec<&Technique> = self
            .techniques
            .iter()
            .filter(|technique| technique.parent.is_none() && technique.tactics.contains(index))
            .collect();
        techniques.sort_by_cached_key(|technique| (technique.name.to_lowercase(), technique.id));
        techniques
    }

    /// The ids that this version lists as revoked or deprecated, sorted.
    pub fn retired(&self) -> impl Iterator<Item = TechniqueId> {
        self.retired.iter().map(|technique| technique.id)
    }

    /// What became of `id`, seen from this version.
    #[must_use]
    pub fn fate(&self, id: TechniqueId) -> Fate {
        if self.technique(id).is_some() {
            return Fate::Active;
        }
        if let Some(retired) = self.retired_technique(id) {
            let chain: Vec<TechniqueId> =
                retired.state.chain().filter_map(|next| next.parse().ok()).collect();
            return match retired.state {
                State::Revoked(_) if chain.is_empty() => Fate::RevokedWithoutSuccessor,
                State::Revoked(_) => Fate::Revoked { chain },
                State::Active | State::Deprecated => Fate::Deprecated,
            };
        }
        self.fate_in_other_versions(id).unwrap_or_else(|| {
            let mut others = Domain::ALL.into_iter().filter(|domain| *domain != self.domain());
            others
                .find(|domain| !self.table_of(*domain).rows(id).is_empty())
                .map_or(Fate::Unknown, Fate::Elsewhere)
        })
    }

    fn table_of(&self, domain: Domain) -> &Table {
        let brought = self.others.iter().find(|table| table.domain == domain);
        brought.map_or_else(|| Table::embedded(domain), AsRef::as_ref)
    }

    fn fate_in_other_versions(&self, id: TechniqueId) -> Option<Fate> {
        let table = self.table();
        let here = self.version();
        let versions_of =
            |row: &TechniqueRow| row.versions.iter().map(|index| table.versions[index]).collect();
        let listed: BTreeSet<Version> =
            table.rows(id).iter().flat_map(|row| -> Vec<_> { versions_of(row) }).collect();
        let active = table.active_in(id);
        let before = |version: &&Version| **version < here;
        let last = active.iter().rev().find(before).or_else(|| listed.iter().rev().find(before));
        let first = active.iter().find(|version| **version > here).or_else(|| listed.last());
        match (last, first) {
            (Some(last), _) => Some(Fate::Gone { last: *last }),
            // The table may know the very version that a bundle of the user's own leaves `id` out of.
            (None, Some(first)) if *first > here => Some(Fate::Later { first: *first }),
            _ => None,
        }
    }

    /// What the last version up to this one that lists `id` says took over: the ids, nearest first; none when it was
    /// active to the end.
    pub(super) fn last_chain(&self, id: TechniqueId) -> Vec<TechniqueId> {
        let rows = self.facts.rows(id).iter();
        let last = rows.filter_map(|row| {
            let before = row.versions.iter().take_while(|index| *index <= self.index);
            Some((before.last()?, row))
        });
        let last = last.max_by_key(|(index, _)| *index);
        last.into_iter().flat_map(|(_, row)| row.state.chain()).filter_map(|id| id.parse().ok()).collect()
    }

    /// The name of `id` in this version, or the latest name that it had before; also for retired ids.
    #[must_use]
    pub fn name_of(&self, id: TechniqueId) -> Option<&str> {
        let active = self.technique(id).map(|technique| &technique.name);
        if let Some(name) = active.or_else(|| Some(&self.retired_technique(id)?.name)) {
            return Some(name);
        }
        let names = self.table().names(id).into_iter();
        names.take_while(|(since, _)| *since <= self.version()).last().map(|(_, name)| name)
    }

    /// The name as [`Catalog::name_of`] gives it, of a sub-technique with its technique's before it.
    #[must_use]
    pub fn full_name_of(&self, id: TechniqueId) -> Option<String> {
        let own = self.name_of(id)?;
        let parent = id.parent().and_then(|parent| self.name_of(parent));
        Some(parent.map_or_else(|| own.to_owned(), |parent| format!("{parent}: {own}")))
    }

    /// The known id that `text` most probably means, active or retired: for "did you mean".
    ///
    /// `None` when no id is within two edits.
    #[must_use]
    pub fn nearest(&self, text: &str) -> Option<TechniqueId> {
        let text = text.trim().to_ascii_uppercase();
        let active = self.techniques.iter().map(|technique| (technique.id, false));
        let known = active.chain(self.retired().map(|id| (id, true)));
        // At the same distance, an id that begins like the text is more likely than one that ends like it, and an
        // active id is more likely than a retired one.
        let ranked = known.map(|(id, is_retired)| {
            let known = id.to_string();
            let differs_at = text.bytes().zip(known.bytes()).take_while(|(one, other)| one == other).count();
            let distance = strsim::damerau_levenshtein(&text, &known);
            (distance, Reverse(differs_at), is_retired, id)
        });
        ranked.min().filter(|(distance, ..)| *distance <= 2).map(|(.., id)| id)
    }

    /// The active groups and campaigns, sorted by id. They are read on each call.
    #[must_use]
    pub fn actors(&self) -> Vec<Actor> {
        self.facts.actors().active(self.index)
    }

    /// The groups and campaigns that this version lists as revoked or deprecated, sorted by id.
    #[must_use]
    pub fn retired_actors(&self) -> Vec<RetiredActor> {
        self.facts.actors().retired(self.index)
    }

    fn retired_technique(&self, id: TechniqueId) -> Option<&Retired> {
        let place = self.retired.binary_search_by_key(&id, |technique| technique.id).ok()?;
        Some(&self.retired[place])
    }
}

#[cfg(test)]
mod tests;
