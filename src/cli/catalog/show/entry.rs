//! What `catalog show` prints, as data: the JSON form, and what the text form is written from.

use navlayer::attack::{Actor, ActorKind, Catalog, Domain, Fate, RetiredActor, TechniqueId, Version};
use serde::Serialize;

/// One match, or a query without one.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum Entry {
    Technique(TechniqueEntry),
    Tactic(TacticEntry),
    Group(ActorEntry),
    Campaign(ActorEntry),
    Unknown(Unknown),
}

/// An id with its name.
#[derive(Debug, Serialize)]
pub(super) struct Named {
    pub(super) id: String,
    pub(super) name: String,
}

/// A name and the first known version that uses it.
#[derive(Debug, Serialize)]
pub(super) struct NameSince {
    pub(super) since: Version,
    pub(super) name: String,
}

#[derive(Debug, Serialize)]
pub(super) struct TechniqueEntry {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) domain: Domain,
    pub(super) attack_version: Version,
    pub(super) active: bool,
    /// In words: `active`, `revoked, replaced by T1685`.
    pub(super) fate: String,
    /// The chain of successors, nearest first.
    pub(super) replaced_by: Vec<Named>,
    pub(super) tactics: Vec<Named>,
    pub(super) platforms: Vec<String>,
    pub(super) parent: Option<Named>,
    pub(super) sub_techniques: Vec<Named>,
    pub(super) active_in: Vec<Version>,
    /// Every name that the id has had, oldest first.
    pub(super) names: Vec<NameSince>,
    pub(super) url: String,
    /// `active_in` as ranges, for the text form.
    #[serde(skip)]
    pub(super) active_ranges: String,
}

#[derive(Debug, Serialize)]
pub(super) struct TacticEntry {
    pub(super) id: String,
    pub(super) shortname: String,
    pub(super) name: String,
    pub(super) domain: Domain,
    pub(super) attack_version: Version,
    /// From 1.
    pub(super) position: usize,
    pub(super) of: usize,
    pub(super) techniques: Vec<Named>,
    /// How many sub-techniques stand under them in this tactic.
    pub(super) sub_techniques: usize,
    pub(super) url: String,
}

#[derive(Debug, Serialize)]
pub(super) struct ActorEntry {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) domain: Domain,
    pub(super) attack_version: Version,
    pub(super) active: bool,
    /// In words, as for a technique.
    pub(super) fate: String,
    pub(super) replaced_by: Vec<Named>,
    pub(super) aliases: Vec<String>,
    pub(super) techniques: Vec<TechniqueId>,
    pub(super) url: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Unknown {
    pub(super) query: String,
    /// `Enterprise 19.0`, `Mobile 18.1`.
    pub(super) searched: Vec<String>,
    /// The domain that does know the id, when it was not searched.
    pub(super) other_domain: Option<&'static str>,
    pub(super) did_you_mean: Vec<Suggestion>,
}

pub(super) type Suggestion = Named;

pub(super) fn technique(id: TechniqueId, fate: &Fate, catalog: &Catalog) -> Entry {
    let table = catalog.table();
    let names = table.names(id);
    let name = catalog.name_of(id).or_else(|| Some(names.first()?.1)).unwrap_or_default();
    let active = catalog.technique(id);
    let tactics = active.iter().flat_map(|technique| technique.tactics.iter());
    let platforms = active.iter().flat_map(|technique| technique.platforms.iter());
    let active_in = table.active_in(id);
    let chain: &[TechniqueId] = if let Fate::Revoked { chain } = fate { chain } else { &[] };
    let mut words = fate.describe();
    if let Some(end) = chain.last().filter(|end| catalog.technique(**end).is_none()) {
        words = format!("{words}, which is itself {}", catalog.fate(*end));
    }
    Entry::Technique(TechniqueEntry {
        id: id.to_string(),
        name: name.to_owned(),
        domain: catalog.domain(),
        attack_version: catalog.version(),
        active: *fate == Fate::Active,
        fate: words,
        replaced_by: chain.iter().map(|next| named(*next, catalog)).collect(),
        tactics: tactics
            .map(|place| &catalog.tactics()[place])
            .map(|tactic| Named { id: tactic.id.to_string(), name: tactic.name.to_string() })
            .collect(),
        platforms: platforms.map(|place| catalog.platforms()[place].to_string()).collect(),
        parent: active.and_then(|technique| technique.parent).map(|parent| named(parent, catalog)),
        sub_techniques: catalog.sub_techniques(id).map(|sub| named(sub.id, catalog)).collect(),
        active_ranges: table.ranges(&active_in),
        active_in,
        names: names.into_iter().map(|(since, name)| NameSince { since, name: name.to_owned() }).collect(),
        url: version_of_page(fate, catalog).page("techniques", &id.url_path()),
    })
}

pub(super) fn tactic(place: usize, catalog: &Catalog) -> Entry {
    let tactic = &catalog.tactics()[place];
    let techniques = catalog.in_tactic(place);
    let subs = techniques.iter().flat_map(|technique| catalog.sub_techniques(technique.id));
    Entry::Tactic(TacticEntry {
        id: tactic.id.to_string(),
        shortname: tactic.shortname.to_string(),
        name: tactic.name.to_string(),
        domain: catalog.domain(),
        attack_version: catalog.version(),
        position: place + 1,
        of: catalog.tactics().len(),
        sub_techniques: subs.filter(|sub| sub.tactics.contains(place)).count(),
        techniques: techniques.iter().map(|technique| named(technique.id, catalog)).collect(),
        url: catalog.version().page("tactics", &tactic.id),
    })
}

pub(super) fn actor(actor: &Actor, catalog: &Catalog) -> Entry {
    kind(
        actor.kind,
        ActorEntry {
            id: actor.id.to_string(),
            name: actor.name.to_string(),
            domain: catalog.domain(),
            attack_version: catalog.version(),
            active: true,
            fate: Fate::Active.describe(),
            replaced_by: Vec::new(),
            aliases: actor.aliases.iter().map(ToString::to_string).collect(),
            techniques: actor.techniques.clone(),
            url: actor_url(actor.kind, &actor.id, catalog),
        },
    )
}

pub(super) fn retired_actor(actor: &RetiredActor, catalog: &Catalog) -> Entry {
    let actors = catalog.actors();
    let name_of = |id: &str| {
        actors.iter().find(|actor| actor.id == id).map(|actor| actor.name.to_string()).unwrap_or_default()
    };
    let replaced_by: Vec<Named> =
        actor.replaced_by.iter().map(|id| Named { id: id.clone(), name: name_of(id) }).collect();
    let fate = match (actor.revoked, replaced_by.last()) {
        (false, _) => Fate::Deprecated.describe(),
        (true, None) => Fate::RevokedWithoutSuccessor.describe(),
        (true, Some(end)) => format!("revoked, replaced by {}", end.id),
    };
    kind(
        actor.kind,
        ActorEntry {
            id: actor.id.to_string(),
            name: actor.name.to_string(),
            domain: catalog.domain(),
            attack_version: catalog.version(),
            active: false,
            fate,
            replaced_by,
            aliases: actor.aliases.iter().map(ToString::to_string).collect(),
            techniques: Vec::new(),
            url: actor_url(actor.kind, &actor.id, catalog),
        },
    )
}

fn kind(kind: ActorKind, entry: ActorEntry) -> Entry {
    match kind {
        ActorKind::Group => Entry::Group(entry),
        ActorKind::Campaign => Entry::Campaign(entry),
    }
}

fn named(id: TechniqueId, catalog: &Catalog) -> Named {
    Named { id: id.to_string(), name: catalog.name_of(id).unwrap_or_default().to_owned() }
}

/// The version whose page tells of a technique: a catalog that does not list it has none.
fn version_of_page(fate: &Fate, catalog: &Catalog) -> Version {
    match fate {
        Fate::Gone { last } => *last,
        Fate::Later { first } => *first,
        _ => catalog.version(),
    }
}

fn actor_url(kind: ActorKind, id: &str, catalog: &Catalog) -> String {
    match kind {
        ActorKind::Group => catalog.version().page("groups", id),
        ActorKind::Campaign => catalog.version().page("campaigns", id),
    }
}
