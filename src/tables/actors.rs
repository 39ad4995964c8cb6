//! Groups and campaigns: who they are, and how many techniques they are known to use.

use super::{Cell, Column, Row, Shown};
use crate::attack::{Actor, ActorKind, Catalog, Domain, TechniqueId, Version};

/// One group or campaign that is active in its catalog.
#[derive(Debug, Clone, PartialEq)]
pub struct ActorRow {
    /// `G0016` or `C0024`.
    pub id: String,
    /// Group or campaign.
    pub kind: ActorKind,
    /// `APT29`.
    pub name: String,
    /// The other names, in ATT&CK's own order.
    pub aliases: Vec<String>,
    /// What it is known to use, sorted. The release may name retired techniques.
    pub techniques: Vec<TechniqueId>,
    /// The catalog's domain.
    pub domain: Domain,
    /// The catalog's version: the uses are those that it knows.
    pub attack_version: Version,
}

impl ActorRow {
    /// The row of an actor of a catalog.
    #[must_use]
    pub fn new(actor: &Actor, catalog: &Catalog) -> Self {
        Self {
            id: actor.id.to_string(),
            kind: actor.kind,
            name: actor.name.to_string(),
            aliases: actor.aliases.iter().map(ToString::to_string).collect(),
            techniques: actor.techniques.clone(),
            domain: catalog.domain(),
            attack_version: catalog.version(),
        }
    }

    fn count(&self, are_sub: bool) -> usize {
        self.techniques.iter().filter(|id| id.parent().is_some() == are_sub).count()
    }
}

impl Row for ActorRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("id", "ID", Shown::Always, |row| Cell::of_text(&row.id)),
        Column::text("kind", "Kind", Shown::WhenVaried, |row| Cell::of_text(row.kind.name())),
        Column::text("name", "Name", Shown::Always, |row| Cell::of_text(&row.name)),
        Column::number("techniques", "Techniques", Shown::Always, |row| Cell::count(row.count(false))),
        Column::number("sub_techniques", "Sub-techniques", Shown::Always, |row| Cell::count(row.count(true))),
        Column::text("aliases", "Aliases", Shown::WhenFilled, |row| Cell::List(row.aliases.clone())),
        Column::text("technique_ids", "Technique IDs", Shown::OnRequest, |row| {
            Cell::List(row.techniques.iter().map(ToString::to_string).collect())
        }),
        Column::text("domain", "Domain", Shown::OnRequest, |row| Cell::of_text(row.domain.id())),
        Column::text("attack_version", "Attack version", Shown::OnRequest, |row| {
            Cell::Text(row.attack_version.to_string())
        }),
    ];
}
