//! The fact tables: what the ATT&CK releases of one domain say, without repeating what stayed the same.
//!
//! A table is a union over versions. A row holds the facts of one id and the set of versions in which they hold; an id
//! whose facts changed has several rows. The tables of the published releases are embedded as text. A catalog reads only
//! the lines that hold in its version; all rows are read when somebody asks across versions.

use std::borrow::Cow;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::OnceLock;

use super::actors::ActorTable;
use super::stix::Release;
use super::{CatalogError, Domain, TechniqueId, Version, text, union};

/// What the known releases of one domain say.
///
/// [`Table::embedded`] holds the releases that `navlayer` ships with; [`Table::from_bundles`] makes a table of STIX
/// bundles. A [`Catalog`](super::Catalog) is one version of a table.
#[derive(Debug)]
pub struct Table {
    pub(super) domain: Domain,
    /// Ascending; a [`VersionSet`] counts along it.
    pub(super) versions: Vec<Version>,
    /// In the order of id and first version.
    pub(super) tactics: Vec<TacticRow>,
    /// In the order of id and first version.
    pub(super) techniques: Lazy<Vec<TechniqueRow>>,
    pub(super) actors: Lazy<ActorTable>,
    pub(super) notes: Vec<String>,
}

/// Rows that stay text until somebody asks for all of them.
#[derive(Debug)]
pub(super) struct Lazy<T> {
    text: &'static str,
    rows: OnceLock<T>,
}

impl<T> Lazy<T> {
    pub(super) const fn from_text(text: &'static str) -> Self {
        Self { text, rows: OnceLock::new() }
    }

    /// Rows that have no text: those of bundles.
    pub(super) fn from_rows(rows: T) -> Self {
        Self { text: "", rows: OnceLock::from(rows) }
    }

    fn get(&self, read: impl FnOnce(&'static str) -> Result<T, String>) -> &T {
        self.rows.get_or_init(|| read(self.text).expect(EVERY_LINE_IS_READ))
    }
}

/// Why the embedded text cannot fail to be read.
const EVERY_LINE_IS_READ: &str = "a test reads every line of every embedded table";

/// A tactic in the versions in which it has this name and this place in the matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TacticRow {
    pub(super) id: Cow<'static, str>,
    pub(super) shortname: Cow<'static, str>,
    pub(super) name: Cow<'static, str>,
    /// From 1.
    pub(super) position: usize,
    pub(super) versions: VersionSet,
}

/// A technique in the versions in which these facts hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TechniqueRow {
    pub(super) id: TechniqueId,
    pub(super) name: Cow<'static, str>,
    /// Shortnames in the matrix order, between [`TACTIC_SEPARATOR`]s; empty for a retired id.
    pub(super) tactics: Cow<'static, str>,
    /// Sorted, between [`LIST_SEPARATOR`]s; empty for a retired id.
    pub(super) platforms: Cow<'static, str>,
    pub(super) parent: Option<TechniqueId>,
    pub(super) versions: VersionSet,
    pub(super) state: State,
}

/// Stands between the tactics of a technique, and between the techniques that an actor uses.
pub(super) const TACTIC_SEPARATOR: char = ',';
/// Stands between platforms and between aliases, which may hold a comma.
pub(super) const LIST_SEPARATOR: char = '|';
/// Stands between the ids of a chain of successors.
pub(super) const CHAIN_SEPARATOR: char = '>';

/// The parts of a list of platforms or aliases, still borrowed where the list is.
#[expect(clippy::ptr_arg, reason = "a borrowed list gives parts that live as long as the embedded text")]
pub(super) fn split_list(list: &Cow<'static, str>) -> Vec<Cow<'static, str>> {
    fn parts(list: &str) -> impl Iterator<Item = &str> {
        list.split(LIST_SEPARATOR).filter(|part| !part.is_empty())
    }
    match list {
        Cow::Borrowed(text) => parts(text).map(Cow::Borrowed).collect(),
        Cow::Owned(text) => parts(text).map(|part| Cow::Owned(part.to_owned())).collect(),
    }
}

/// What became of an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// In force.
    Active,
    /// Revoked; with the chain of its successors to the end, empty when the release names none.
    Revoked(Cow<'static, str>),
    /// Withdrawn without a successor.
    Deprecated,
}

impl State {
    /// The ids that took over, nearest first.
    pub(super) fn chain(&self) -> impl Iterator<Item = &str> {
        let chain = match self {
            Self::Revoked(chain) => chain.as_ref(),
            Self::Active | Self::Deprecated => "",
        };
        chain.split(CHAIN_SEPARATOR).filter(|id| !id.is_empty())
    }
}

/// Versions of a table, as one bit for each place in its list of versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct VersionSet(u64);

impl VersionSet {
    /// How many versions a table can have.
    pub(super) const LIMIT: usize = 64;

    pub(super) fn insert(&mut self, index: usize) {
        self.0 |= 1 << index;
    }

    /// Inserts all places from `first` to `last`, both below [`VersionSet::LIMIT`].
    pub(super) fn insert_range(&mut self, first: usize, last: usize) {
        self.0 |= u64::MAX << first & u64::MAX >> (Self::LIMIT - 1 - last);
    }

    pub(super) const fn contains(self, index: usize) -> bool {
        self.0 >> index & 1 == 1
    }

    /// The places in ascending order.
    pub(super) fn iter(self) -> impl Iterator<Item = usize> {
        places(self.0)
    }

    pub(super) fn first(self) -> Option<usize> {
        self.iter().next()
    }

    pub(super) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The places of the bits that are set, in ascending order.
pub(super) fn places(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = bits.trailing_zeros();
        // Clears the lowest bit that is set.
        bits &= bits.checked_sub(1)?;
        Some(place as usize)
    })
}

impl Table {
    /// The releases of `domain` that `navlayer` ships with.
    #[must_use]
    #[expect(
        clippy::missing_panics_doc,
        reason = "it cannot: a test reads every line of every embedded table"
    )]
    pub fn embedded(domain: Domain) -> &'static Self {
        static TABLES: [OnceLock<Table>; 3] = [const { OnceLock::new() }; 3];
        let (slot, tactics, techniques, actors) = match domain {
            Domain::Enterprise => (
                0,
                include_str!("../../data/attack/enterprise-attack.tactics.tsv"),
                include_str!("../../data/attack/enterprise-attack.tsv"),
                include_str!("../../data/attack/enterprise-attack.actors.tsv"),
            ),
            Domain::Mobile => (
                1,
                include_str!("../../data/attack/mobile-attack.tactics.tsv"),
                include_str!("../../data/attack/mobile-attack.tsv"),
                include_str!("../../data/attack/mobile-attack.actors.tsv"),
            ),
            Domain::Ics => (
                2,
                include_str!("../../data/attack/ics-attack.tactics.tsv"),
                include_str!("../../data/attack/ics-attack.tsv"),
                include_str!("../../data/attack/ics-attack.actors.tsv"),
            ),
        };
        TABLES[slot]
            .get_or_init(|| text::read_table(domain, tactics, techniques, actors).expect(EVERY_LINE_IS_READ))
    }

    /// Reads the three files of a table of `domain` that [`Table::files`] wrote to a folder. `None` when there is none.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, or is not a table: somebody may have edited it.
    pub fn read(folder: &Path, domain: Domain) -> Result<Option<Self>, CatalogError> {
        let paths = text::file_names(domain).map(|name| folder.join(name));
        let mut texts = Vec::with_capacity(paths.len());
        for path in &paths {
            match std::fs::read_to_string(path) {
                Ok(text) => texts.push(text),
                Err(source) if source.kind() == ErrorKind::NotFound && texts.is_empty() => return Ok(None),
                Err(source) => return Err(CatalogError::Read { path: path.clone(), source }),
            }
        }
        let [techniques, tactics, actors] = texts.as_slice() else { return Ok(None) };
        match text::read_owned(domain, tactics, techniques, actors) {
            Ok(table) => Ok(Some(table)),
            Err((file, cause)) => Err(CatalogError::BadTable { path: paths[file].clone(), cause }),
        }
    }

    /// This table with what `newer` says beside it; of a version that both hold, what `newer` says.
    ///
    /// # Errors
    ///
    /// When there are more versions than a table can hold.
    pub fn with(&self, newer: &Self) -> Result<Self, CatalogError> {
        union::join(self, newer)
    }

    /// This table without some of its versions; those that it does not know are passed over. `None` when nothing is left.
    #[must_use]
    pub fn without(&self, versions: &[Version]) -> Option<Self> {
        union::without(self, versions)
    }

    /// Reads STIX bundles and joins those of one domain into one table, in the order of the domains.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or is no ATT&CK release, when one has no tactic, and when two are the same version of the same domain.
    pub fn from_bundles<P: AsRef<Path>>(paths: &[P]) -> Result<Vec<Self>, CatalogError> {
        let releases = paths
            .iter()
            .map(|path| Release::read(path.as_ref(), None))
            .collect::<Result<Vec<Release>, CatalogError>>()?;
        if let Some(bare) = releases.iter().find(|release| release.tactics.is_empty()) {
            return Err(CatalogError::NoTactics { path: bare.path.clone() });
        }
        union::tables(releases)
    }

    /// The domain of the table.
    #[must_use]
    pub const fn domain(&self) -> Domain {
        self.domain
    }

    /// The versions that the table knows, in ascending order; at least one.
    #[must_use]
    pub fn versions(&self) -> &[Version] {
        &self.versions
    }

    /// The newest version that the table knows.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "it cannot: a table is made of at least one release")]
    pub fn newest(&self) -> Version {
        *self.versions.last().expect("a table has at least one version")
    }

    /// What the bundles hold that the table leaves out: one sentence each. Empty for an embedded table.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The versions in which `id` is active, in ascending order.
    #[must_use]
    pub fn active_in(&self, id: TechniqueId) -> Vec<Version> {
        let active = self.rows(id).iter().filter(|row| row.state == State::Active);
        let set = active.fold(VersionSet::default(), |set, row| set.union(row.versions));
        set.iter().map(|index| self.versions[index]).collect()
    }

    /// The names that `id` has had, oldest first, each with the first version that uses it.
    #[must_use]
    pub fn names(&self, id: TechniqueId) -> Vec<(Version, &str)> {
        let mut by_version: Vec<(usize, &str)> = self
            .rows(id)
            .iter()
            .flat_map(|row| row.versions.iter().map(|index| (index, row.name.as_ref())))
            .collect();
        by_version.sort_unstable();
        by_version.dedup_by(|later, earlier| later.1 == earlier.1);
        by_version.into_iter().map(|(index, name)| (self.versions[index], name)).collect()
    }

    /// The versions as compact ranges: `8.2-12.1, 14.1-19.0`. A range says that nothing known lies between its ends.
    ///
    /// Versions that the table does not know are left out.
    #[must_use]
    pub fn ranges(&self, versions: &[Version]) -> String {
        let mut set = VersionSet::default();
        for version in versions {
            if let Some(index) = self.index_of(*version) {
                set.insert(index);
            }
        }
        text::write_ranges(set, &self.versions, ", ")
    }

    /// The names of the files that keep a table of `domain`, in the order of [`Table::files`]. [`Table::read`] knows of no
    /// table where the first is missing.
    #[must_use]
    pub fn file_names(domain: Domain) -> [String; 3] {
        text::file_names(domain)
    }

    /// The table as the files that keep it: name and content of `<domain>.tsv`, `<domain>.tactics.tsv` and
    /// `<domain>.actors.tsv`. The same bundles give the same bytes, in whatever order they come.
    #[must_use]
    pub fn files(&self) -> Vec<(String, String)> {
        text::write_table(self)
    }

    pub(super) fn index_of(&self, version: Version) -> Option<usize> {
        self.versions.binary_search(&version).ok()
    }

    /// All that the table knows of one id.
    pub(super) fn rows(&self, id: TechniqueId) -> &[TechniqueRow] {
        let rows = self.techniques();
        let start = rows.partition_point(|row| row.id < id);
        let length = rows[start..].partition_point(|row| row.id == id);
        &rows[start..start + length]
    }

    /// The rows of all versions, in the order of id and first version.
    pub(super) fn techniques(&self) -> &[TechniqueRow] {
        self.techniques.get(|text| {
            let mut rows = Vec::new();
            text::read_techniques(text, text::borrow, |_| true, |row| rows.push(row))?;
            Ok(rows)
        })
    }

    /// Hands over the rows of the version at `index`, in the order of their ids: in much less time than it takes to read
    /// the rows of all versions.
    pub(super) fn for_each_technique_in(&self, index: usize, mut take: impl FnMut(&TechniqueRow)) {
        if let Some(rows) = self.techniques.rows.get() {
            return rows.iter().filter(|row| row.versions.contains(index)).for_each(take);
        }
        text::read_techniques(
            self.techniques.text,
            text::borrow,
            |set| set.contains(index),
            |row| take(&row),
        )
        .expect(EVERY_LINE_IS_READ);
    }

    pub(super) fn actors(&self) -> &ActorTable {
        self.actors.get(|text| text::read_actors(text, text::borrow, &self.versions))
    }
}

/// The versions of `domain` that `navlayer` ships with, in ascending order.
#[must_use]
pub fn embedded_versions(domain: Domain) -> &'static [Version] {
    Table::embedded(domain).versions()
}
