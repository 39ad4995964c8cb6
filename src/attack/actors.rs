//! Groups and campaigns, and the techniques that they use.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::TechniqueId;
use super::table::{State, TACTIC_SEPARATOR, VersionSet, split_list};

/// What kind of actor it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ActorKind {
    /// An intrusion set that ATT&CK tracks: `G0016`.
    Group,
    /// A set of intrusions over some time: `C0024`.
    Campaign,
}

impl ActorKind {
    pub(super) const ALL: [Self; 2] = [Self::Group, Self::Campaign];

    /// The word for people: `group` or `campaign`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Campaign => "campaign",
        }
    }
}

/// A group or campaign that is active in its catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// `G0016` or `C0024`.
    pub id: Cow<'static, str>,
    /// Group or campaign.
    pub kind: ActorKind,
    /// `APT29`.
    pub name: Cow<'static, str>,
    /// The other names, in ATT&CK's own order.
    pub aliases: Vec<Cow<'static, str>>,
    /// The techniques that it is known to use, sorted. The release may name retired ones.
    pub techniques: Vec<TechniqueId>,
}

/// A group or campaign that its catalog has revoked or deprecated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetiredActor {
    /// `G0057`.
    pub id: Cow<'static, str>,
    /// Group or campaign.
    pub kind: ActorKind,
    /// `APT34`.
    pub name: Cow<'static, str>,
    /// The other names, in ATT&CK's own order.
    pub aliases: Vec<Cow<'static, str>>,
    /// `true` for revoked, `false` for deprecated.
    pub revoked: bool,
    /// The ids that took over, nearest first; empty when there is none.
    pub replaced_by: Vec<String>,
}

/// All actors of one table.
#[derive(Debug, Default)]
pub(super) struct ActorTable {
    /// In the order of id and first version.
    pub(super) actors: Vec<ActorRow>,
    /// In the order of id and first version.
    pub(super) uses: Vec<UsesRow>,
}

/// An actor in the versions in which these facts hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ActorRow {
    pub(super) id: Cow<'static, str>,
    pub(super) kind: ActorKind,
    pub(super) name: Cow<'static, str>,
    /// Between [`LIST_SEPARATOR`](super::table::LIST_SEPARATOR)s.
    pub(super) aliases: Cow<'static, str>,
    pub(super) versions: VersionSet,
    pub(super) state: State,
}

/// Techniques that an actor uses in exactly these versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UsesRow {
    pub(super) id: Cow<'static, str>,
    pub(super) versions: VersionSet,
    /// Between [`TACTIC_SEPARATOR`]s.
    pub(super) techniques: Cow<'static, str>,
}

impl ActorTable {
    /// The active actors of one version, sorted by id.
    pub(super) fn active(&self, version: usize) -> Vec<Actor> {
        let rows = self.actors.iter().filter(|row| row.versions.contains(version));
        rows.filter(|row| row.state == State::Active)
            .map(|row| Actor {
                id: row.id.clone(),
                kind: row.kind,
                name: row.name.clone(),
                aliases: split_list(&row.aliases),
                techniques: self.techniques(&row.id, version),
            })
            .collect()
    }

    /// The retired actors of one version, sorted by id.
    pub(super) fn retired(&self, version: usize) -> Vec<RetiredActor> {
        let rows = self.actors.iter().filter(|row| row.versions.contains(version));
        rows.filter(|row| row.state != State::Active)
            .map(|row| RetiredActor {
                id: row.id.clone(),
                kind: row.kind,
                name: row.name.clone(),
                aliases: split_list(&row.aliases),
                revoked: matches!(row.state, State::Revoked(_)),
                replaced_by: row.state.chain().map(str::to_owned).collect(),
            })
            .collect()
    }

    fn techniques(&self, id: &str, version: usize) -> Vec<TechniqueId> {
        let start = self.uses.partition_point(|row| row.id.as_ref() < id);
        let rows = self.uses[start..].iter().take_while(|row| row.id == id);
        let ids = rows
            .filter(|row| row.versions.contains(version))
            .flat_map(|row| row.techniques.split(TACTIC_SEPARATOR).filter_map(|id| id.parse().ok()));
        ids.collect::<BTreeSet<TechniqueId>>().into_iter().collect()
    }
}
