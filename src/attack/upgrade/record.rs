//! The account of an upgrade: every row that went in, and what became of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Move, Upgrade};
use crate::attack::{Catalog, Domain, TechniqueId, Version};

/// What an account counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Counted {
    /// The rows of a mapping set.
    Rows,
    /// The annotations of a layer.
    Annotations,
}

impl Counted {
    /// The word for one or several: `row`, `annotations`.
    #[must_use]
    pub const fn noun(self, n: usize) -> &'static str {
        match (self, n) {
            (Self::Rows, 1) => "row",
            (Self::Rows, _) => "rows",
            (Self::Annotations, 1) => "annotation",
            (Self::Annotations, _) => "annotations",
        }
    }

    /// Some of them: `7 rows`; where some became part of others, `7 rows, 2 of them merged`.
    #[must_use]
    pub fn amount(self, n: usize, merged: usize) -> String {
        let noun = self.noun(n);
        match merged {
            0 => format!("{n} {noun}"),
            _ if merged == n => format!("{n} {noun}, merged"),
            _ => format!("{n} {noun}, {merged} of them merged"),
        }
    }
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It stands as it stood.
    Kept,
    /// Its technique has another name.
    Renamed,
    /// Its technique goes on under another id, by the same name.
    Renumbered,
    /// Another technique took over.
    Replaced,
    /// It became part of another row.
    Merged,
    /// There is nothing to carry it to.
    Dropped,
}

impl Kind {
    /// All kinds, in the order of the account.
    pub const ALL: [Self; 6] =
        [Self::Kept, Self::Renamed, Self::Renumbered, Self::Replaced, Self::Merged, Self::Dropped];

    /// `renumbered`
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Renamed => "renamed",
            Self::Renumbered => "renumbered",
            Self::Replaced => "replaced",
            Self::Merged => "merged",
            Self::Dropped => "dropped",
        }
    }

    /// What the word means of what is counted, in half a sentence.
    #[must_use]
    pub const fn definition(self, counted: Counted) -> &'static str {
        match self {
            Self::Kept => "the same technique, by the same name",
            Self::Renamed => "the same id under another name",
            Self::Renumbered => "the same name under another id",
            Self::Replaced => "another technique took over",
            Self::Merged => match counted {
                Counted::Rows => {
                    "became part of another row, which keeps the strongest level and all comments"
                }
                Counted::Annotations => {
                    "became part of another annotation, which keeps the highest score and all comments"
                }
            },
            Self::Dropped => "nothing to carry it to",
        }
    }
}

/// How many rows went in, and what became of them: each is counted once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Counts {
    /// Rows that name a technique.
    pub rows: usize,
    /// Rows that stand as they stood.
    pub kept: usize,
    /// Rows whose technique has another name.
    pub renamed: usize,
    /// Rows whose technique goes on under another id, by the same name.
    pub renumbered: usize,
    /// Rows whose technique another one took over.
    pub replaced: usize,
    /// Rows that became part of another row.
    pub merged: usize,
    /// Rows that there is nothing to carry to.
    pub dropped: usize,
}

impl Counts {
    /// The number of rows of one kind.
    #[must_use]
    pub const fn of(&self, kind: Kind) -> usize {
        match kind {
            Kind::Kept => self.kept,
            Kind::Renamed => self.renamed,
            Kind::Renumbered => self.renumbered,
            Kind::Replaced => self.replaced,
            Kind::Merged => self.merged,
            Kind::Dropped => self.dropped,
        }
    }

    fn add(&mut self, kind: Kind, rows: usize) {
        let count = match kind {
            Kind::Kept => &mut self.kept,
            Kind::Renamed => &mut self.renamed,
            Kind::Renumbered => &mut self.renumbered,
            Kind::Replaced => &mut self.replaced,
            Kind::Merged => &mut self.merged,
            Kind::Dropped => &mut self.dropped,
        };
        *count += rows;
        self.rows += rows;
    }

    /// Rows that came out: all but those that were merged into others or dropped.
    #[must_use]
    pub const fn rows_out(&self) -> usize {
        self.kept + self.renamed + self.renumbered + self.replaced
    }

    /// Rows that do not stand as they stood.
    #[must_use]
    pub const fn changed(&self) -> usize {
        self.rows - self.kept
    }
}

impl fmt::Display for Counts {
    /// `487 = 440 kept + 24 renamed + 6 renumbered + 11 replaced + 6 merged + 0 dropped`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.rows)?;
        for (index, kind) in Kind::ALL.into_iter().enumerate() {
            let sign = if index == 0 { " =" } else { " +" };
            write!(f, "{sign} {} {}", self.of(kind), kind.name())?;
        }
        Ok(())
    }
}

/// A technique by id and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Named {
    /// `T1562.008`; as the source has it where that is no id.
    pub id: String,
    /// The name, of a sub-technique with its technique's before it; empty when none is known.
    pub name: String,
}

impl Named {
    /// A technique as a catalog names it.
    #[must_use]
    pub fn of(id: TechniqueId, catalog: &Catalog) -> Self {
        Self { id: id.to_string(), name: catalog.full_name_of(id).unwrap_or_default() }
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() { f.write_str(&self.id) } else { write!(f, "{} {}", self.id, self.name) }
    }
}

/// What became of the rows of one technique, where they do not all stand as they stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Change {
    /// The technique in the version of the source.
    pub from: Named,
    /// The technique in the version of the target; absent where the rows were dropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Named>,
    /// What became of the technique.
    pub kind: Kind,
    /// The ids that took over, nearest first, to the end.
    pub chain: Vec<TechniqueId>,
    /// Why the rows were dropped, or where a tactic took them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How many rows name it.
    pub rows: usize,
    /// How many of these became part of another row.
    pub merged: usize,
}

impl Change {
    /// `by way of T1547.011` where more than one technique took over in turn.
    #[must_use]
    pub fn way(&self) -> Option<String> {
        let (_, steps) = self.chain.split_last()?;
        let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
        (!steps.is_empty()).then(|| format!("by way of {}", steps.join(", ")))
    }
}

/// Rows that became one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Merge {
    /// The technique that all of them came to.
    pub to: Named,
    /// What they have in common beside it: `Amazon GuardDuty, Detect`, or a tactic.
    pub of: String,
    /// The rows, in the order of the source.
    pub rows: Vec<MergedRow>,
    /// What the one row says: the strongest level or score.
    pub result: String,
    /// What more there is to know of it, in half a sentence: that a higher score is of a disabled annotation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Merge {
    /// What the rows said, each once, in the order of the source: `T1562.001 Partial`.
    #[must_use]
    pub fn origins(&self) -> Vec<String> {
        let mut told = BTreeSet::new();
        self.rows.iter().map(ToString::to_string).filter(|row| told.insert(row.clone())).collect()
    }
}

/// A row that became part of another, or took others in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MergedRow {
    /// The technique that it was of.
    pub from: TechniqueId,
    /// What it said: a level or score; empty when neither.
    pub said: String,
    /// Whether it is an annotation that is disabled.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(default)]
    pub disabled: bool,
}

impl fmt::Display for MergedRow {
    /// `T1562.001 Partial`, `T1562.001 100 (disabled)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gap = if self.said.is_empty() { "" } else { " " };
        let disabled = if self.disabled { " (disabled)" } else { "" };
        write!(f, "{}{gap}{}{disabled}", self.from, self.said)
    }
}

/// A tactic that is not in both versions as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TacticChange {
    /// `TA0005`
    pub id: String,
    /// Its name in the version of the source; absent when it is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Its name in the version of the target; absent when it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

impl TacticChange {
    /// The tactics that are not in both catalogs by the same name, by id.
    #[must_use]
    pub fn between(from: &Catalog, to: &Catalog) -> Vec<Self> {
        let mut tactics: BTreeMap<&str, (Option<String>, Option<String>)> = BTreeMap::new();
        for tactic in from.tactics() {
            tactics.entry(&tactic.id).or_default().0 = Some(tactic.name.to_string());
        }
        for tactic in to.tactics() {
            tactics.entry(&tactic.id).or_default().1 = Some(tactic.name.to_string());
        }
        let changed = tactics.into_iter().filter(|(_, (from, to))| from != to);
        changed.map(|(id, (from, to))| Self { id: id.to_owned(), from, to }).collect()
    }

    /// `TA0005 Defense Evasion is now Stealth`
    #[must_use]
    pub fn describe(&self) -> String {
        match (&self.from, &self.to) {
            (Some(from), Some(to)) => format!("{} {from} is now {to}", self.id),
            (None, Some(to)) => format!("{} {to} is new", self.id),
            (Some(from), None) => format!("{} {from} is gone", self.id),
            (None, None) => self.id.clone(),
        }
    }
}

/// Annotations that moved from one tactic to others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct TacticMove {
    /// The technique in the version of the target.
    pub id: TechniqueId,
    /// The tactic's short name in the source.
    pub from: String,
    /// The short names in the target.
    pub to: Vec<String>,
}

impl TacticMove {
    /// `T1685.002: defense-evasion is now defense-impairment`
    #[must_use]
    pub fn describe(&self) -> String {
        format!("{}: {} is now {}", self.id, self.from, self.to.join(" and "))
    }
}

/// The account of one upgrade of one mapping set or layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Record {
    /// What was upgraded: `AWS 12/12/2024`, or a layer's name.
    pub title: String,
    /// Where it was read from.
    pub source: String,
    /// The ATT&CK domain.
    pub domain: Domain,
    /// The version that it was on.
    pub from: Version,
    /// The version that it was carried to.
    pub to: Version,
    /// The version that it was made on: `from`, unless it had been carried to that before.
    pub made_on: Version,
    /// What a row is: that of a mapping set, or a layer's annotation.
    pub counted: Counted,
    /// Every row, by what became of it.
    pub counts: Counts,
    /// The techniques of which not all rows stand as they stood, by id.
    pub changes: Vec<Change>,
    /// Rows that became one, by technique.
    pub merges: Vec<Merge>,
    /// Techniques of the target that nothing in the version became that it was made on: not assessed, which is not the
    /// same as not covered. By id.
    pub not_assessed: Vec<Named>,
    /// Tactics that are not in both versions as they are, by id.
    pub tactics: Vec<TacticChange>,
    /// Annotations that moved from one tactic to others, by technique. Mapping sets name no tactics.
    pub tactic_moves: Vec<TacticMove>,
    /// What became of a layer's platform filter, in a sentence each.
    pub platforms: Vec<String>,
}

impl Record {
    /// The changes of one kind, by id.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(move |change| change.kind == kind)
    }

    /// Why some techniques of the target are not assessed: see [`absence`](super::absence).
    #[must_use]
    pub fn absence(&self) -> String {
        super::absence(self.made_on, self.to)
    }

    /// How many techniques and rows some changes are of: `3 techniques, 7 rows, 2 of them merged`.
    ///
    /// Where one is no technique's id, `2 ids`; rows without an id are counted by themselves.
    #[must_use]
    pub fn amount<'c>(&self, changes: impl IntoIterator<Item = &'c Change>) -> String {
        let mut ids: BTreeSet<&str> = BTreeSet::new();
        let (mut rows, mut merged) = (0, 0);
        for change in changes {
            ids.extend(Some(change.from.id.as_str()).filter(|id| !id.is_empty()));
            rows += change.rows;
            merged += change.merged;
        }
        let are_techniques = ids.iter().all(|id| id.parse::<TechniqueId>().is_ok());
        let noun = if are_techniques { "technique" } else { "id" };
        counted_with(ids.len(), noun, &self.counted.amount(rows, merged))
    }

    /// At how many techniques rows came together, and how many became part of others: `1 technique, 6 rows`.
    #[must_use]
    pub fn merged_amount(&self) -> String {
        let targets: BTreeSet<&str> = self.merges.iter().map(|merge| merge.to.id.as_str()).collect();
        counted_with(targets.len(), "technique", &self.counted.amount(self.counts.merged, 0))
    }

    /// What became of the rows of one technique, by its id in the source; `None` where all stand as they stood.
    #[must_use]
    pub fn change_of(&self, id: &str) -> Option<&Change> {
        self.changes.iter().find(|change| change.from.id == id)
    }

    /// The account in a line: `AWS 12/12/2024: ATT&CK 16.1 to 19.0, 487 rows = 440 kept + …`.
    #[must_use]
    pub fn summary(&self) -> String {
        let Self { title, from, to, counted, counts, .. } = self;
        let noun = counted.noun(counts.rows);
        let account = counts.to_string();
        let account = account.split_once(' ').map_or("", |(_, rest)| rest);
        format!("{title}: ATT&CK {from} to {to}, {} {noun} {account}", counts.rows)
    }
}

/// What nobody can have assessed on the way from one version to another: the same for all that went it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence<'a> {
    /// The ATT&CK domain.
    pub domain: Domain,
    /// The version that the sources were made on.
    pub made_on: Version,
    /// The version of the target.
    pub to: Version,
    /// The techniques, by id; never empty.
    pub techniques: &'a [Named],
    /// The titles of the accounts that say so, in their order.
    pub titles: Vec<&'a str>,
}

impl<'a> Absence<'a> {
    /// What some accounts say of it, each list once, in their order.
    #[must_use]
    pub fn of(records: impl IntoIterator<Item = &'a Record>) -> Vec<Self> {
        let mut places: BTreeMap<(Domain, Version, Version, &[Named]), usize> = BTreeMap::new();
        let mut all: Vec<Self> = Vec::new();
        for record in records.into_iter().filter(|record| !record.not_assessed.is_empty()) {
            let Record { domain, made_on, to, not_assessed: techniques, title, .. } = record;
            let place = *places.entry((*domain, *made_on, *to, techniques)).or_insert(all.len());
            if place == all.len() {
                let titles = Vec::new();
                all.push(Self { domain: *domain, made_on: *made_on, to: *to, techniques, titles });
            }
            all[place].titles.push(title);
        }
        all
    }

    /// Why nobody can have assessed them: see [`absence`](super::absence).
    #[must_use]
    pub fn reason(&self) -> String {
        super::absence(self.made_on, self.to)
    }

    /// Of one account its title, of several the versions: `Enterprise ATT&CK 16.1 to 19.0`.
    #[must_use]
    pub fn describe_source(&self) -> String {
        match self.titles.as_slice() {
            [title] => (*title).to_owned(),
            _ => format!("{} ATT&CK {} to {}", self.domain.name(), self.made_on, self.to),
        }
    }
}

fn counted_with(n: usize, noun: &str, amount: &str) -> String {
    match n {
        0 => amount.to_owned(),
        1 => format!("1 {noun}, {amount}"),
        _ => format!("{n} {noun}s, {amount}"),
    }
}

/// Counts rows as they are carried.
pub(crate) struct Ledger<'u, 'c> {
    upgrade: &'u Upgrade<'c>,
    counted: Counted,
    ids: BTreeMap<TechniqueId, Entry>,
    /// Rows that were dropped for a reason of their own: id and reason.
    others: BTreeMap<(String, String), usize>,
}

struct Entry {
    what: Move,
    /// The name that the source gives it.
    given: String,
    rows: usize,
    merged: usize,
}

impl<'u, 'c> Ledger<'u, 'c> {
    pub(crate) fn new(upgrade: &'u Upgrade<'c>, counted: Counted) -> Self {
        Self { upgrade, counted, ids: BTreeMap::new(), others: BTreeMap::new() }
    }

    /// Counts a row of a technique, and says what becomes of it; `given` is the name that the source has for it.
    pub(crate) fn row(&mut self, id: TechniqueId, given: &str) -> &Move {
        let new = || Entry { what: self.upgrade.of(id), given: given.to_owned(), rows: 0, merged: 0 };
        let entry = self.ids.entry(id).or_insert_with(new);
        entry.rows += 1;
        &entry.what
    }

    /// A row that was counted became part of another.
    pub(crate) fn merged(&mut self, id: TechniqueId) {
        if let Some(entry) = self.ids.get_mut(&id) {
            entry.merged += 1;
        }
    }

    /// A row that was counted is dropped all the same.
    pub(crate) fn drop_counted(&mut self, id: TechniqueId, reason: &str) {
        if let Some(entry) = self.ids.get_mut(&id) {
            entry.rows -= 1;
            self.drop_other(&id.to_string(), reason);
        }
    }

    /// A row is dropped that was not counted; `id` as the source has it.
    pub(crate) fn drop_other(&mut self, id: &str, reason: &str) {
        *self.others.entry((id.to_owned(), reason.to_owned())).or_default() += 1;
    }

    /// The account. What else it tells is added by the caller.
    pub(crate) fn finish(
        self,
        title: String,
        source: String,
        not_assessed: &BTreeSet<TechniqueId>,
    ) -> Record {
        let (from, to) = (self.upgrade.from(), self.upgrade.to());
        let mut counts = Counts::default();
        let mut changes = Vec::new();
        for (id, entry) in &self.ids {
            let (kind, chain, reason) = match &entry.what {
                Move::Kept => (Kind::Kept, Vec::new(), None),
                Move::Renamed => (Kind::Renamed, Vec::new(), None),
                Move::Renumbered { chain } => (Kind::Renumbered, chain.clone(), None),
                Move::Replaced { chain } => (Kind::Replaced, chain.clone(), None),
                Move::Dropped(reason) => (Kind::Dropped, Vec::new(), Some(reason.describe())),
            };
            counts.add(kind, entry.rows - entry.merged);
            counts.add(Kind::Merged, entry.merged);
            if entry.rows == 0 || (kind == Kind::Kept && entry.merged == 0) {
                continue;
            }
            let mut named = Named::of(*id, from);
            if named.name.is_empty() {
                named.name = to.full_name_of(*id).unwrap_or_else(|| entry.given.clone());
            }
            changes.push(Change {
                from: named,
                to: entry.what.target(*id).map(|target| Named::of(target, to)),
                kind,
                chain,
                reason,
                rows: entry.rows,
                merged: entry.merged,
            });
        }
        for ((id, reason), rows) in self.others {
            counts.add(Kind::Dropped, rows);
            let name = id.parse().ok().and_then(|id| from.full_name_of(id)).unwrap_or_default();
            changes.push(Change {
                from: Named { id, name },
                to: None,
                kind: Kind::Dropped,
                chain: Vec::new(),
                reason: Some(reason),
                rows,
                merged: 0,
            });
        }
        changes.sort_by(|one, other| one.from.id.cmp(&other.from.id));
        Record {
            title,
            source,
            domain: to.domain(),
            from: from.version(),
            to: to.version(),
            made_on: from.version(),
            counted: self.counted,
            counts,
            changes,
            merges: Vec::new(),
            not_assessed: not_assessed.iter().map(|id| Named::of(*id, to)).collect(),
            tactics: TacticChange::between(from, to),
            tactic_moves: Vec::new(),
            platforms: Vec::new(),
        }
    }
}
