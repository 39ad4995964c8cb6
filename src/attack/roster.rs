//! Looking groups and campaigns up, as people call them.

use std::collections::BTreeSet;

use super::table::{State, Table};
use super::{Actor, Catalog, Domain, RetiredActor, Version};
use crate::suggest;

/// The groups and campaigns of a catalog, found by id, name or alias in any case.
#[derive(Debug)]
pub struct Roster<'c> {
    catalog: &'c Catalog,
    active: Vec<Actor>,
    retired: Vec<RetiredActor>,
}

/// An actor as it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found<'r> {
    /// The actor.
    pub actor: &'r Actor,
    /// The retired one that was asked for, which the actor took over from.
    pub instead_of: Option<&'r RetiredActor>,
}

/// Why a name means no actor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ActorError {
    /// Nobody in the catalog is called so.
    #[error("no group or campaign of {domain} ATT&CK {version} is called `{name}`", domain = .domain.name())]
    Unknown {
        /// The name as given.
        name: String,
        /// The catalog's domain.
        domain: Domain,
        /// The catalog's version.
        version: Version,
        /// The nearest names, nearest first, each with the id of who is called so: `Cozy Bear (G0016)`.
        nearest: Vec<String>,
        /// Versions of the domain, or another domain, that do know the name, in words.
        elsewhere: Option<String>,
    },
    /// Several are called so.
    #[error("`{name}` is another name of {}", .actors.join(" and of "))]
    Ambiguous {
        /// The name as given.
        name: String,
        /// Those who are called so: `G0074 (Dragonfly 2.0)`.
        actors: Vec<String>,
    },
    /// It is retired, and nobody took over.
    #[error("{id} ({name}) is {} in ATT&CK {version}, and nobody took over", if *.revoked { "revoked" } else { "deprecated" })]
    Retired {
        /// Its id.
        id: String,
        /// Its name.
        name: String,
        /// `true` for revoked, `false` for deprecated.
        revoked: bool,
        /// The catalog's version.
        version: Version,
        /// Versions that still have it, in words.
        elsewhere: Option<String>,
    },
}

impl ActorError {
    /// What to do about it, where there is something to say.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Unknown { elsewhere: Some(elsewhere), .. } => Some(elsewhere.clone()),
            Self::Unknown { nearest, .. } if !nearest.is_empty() => {
                Some(format!("did you mean {}?", nearest.join(" or ")))
            }
            Self::Unknown { .. } => Some("`navlayer catalog groups` lists and searches them".to_owned()),
            Self::Ambiguous { .. } => Some("give the id".to_owned()),
            Self::Retired { elsewhere, .. } => elsewhere.clone(),
        }
    }
}

impl<'c> Roster<'c> {
    /// Those of a catalog.
    #[must_use]
    pub fn new(catalog: &'c Catalog) -> Self {
        Self { catalog, active: catalog.actors(), retired: catalog.retired_actors() }
    }

    /// The active ones, sorted by id.
    #[must_use]
    pub fn actors(&self) -> &[Actor] {
        &self.active
    }

    /// The catalog that they are of.
    #[must_use]
    pub fn catalog(&self) -> &'c Catalog {
        self.catalog
    }

    /// The one actor that is called so: by id, else by name, else by alias. Of a retired one, who took over: what the
    /// catalog's version says, or where it says nothing, the last version before it that did.
    ///
    /// # Errors
    /// When nobody, or more than one, is called so, or a retired one has no successor.
    pub fn find(&self, name: &str) -> Result<Found<'_>, ActorError> {
        let name = name.trim();
        let is_name = |known: &str| same(known, name);
        let all = || self.active.iter();
        let by_id: Vec<&Actor> = all().filter(|actor| is_name(&actor.id)).collect();
        let by_name: Vec<&Actor> = all().filter(|actor| is_name(&actor.name)).collect();
        let has_alias = |actor: &&Actor| actor.aliases.iter().any(|alias| is_name(alias));
        let by_alias: Vec<&Actor> = all().filter(has_alias).collect();
        match [by_id, by_name, by_alias].into_iter().find(|found| !found.is_empty()).as_deref() {
            None => {}
            Some([actor]) => return Ok(Found { actor, instead_of: None }),
            Some(several) => {
                let actors = several.iter().map(|actor| called(&actor.id, &actor.name)).collect();
                return Err(ActorError::Ambiguous { name: name.to_owned(), actors });
            }
        }
        let retired = self.retired.iter().find(|one| is_name(&one.id) || is_name(&one.name));
        let by_alias = || self.retired.iter().find(|one| one.aliases.iter().any(|alias| is_name(alias)));
        let Some(retired) = retired.or_else(by_alias) else { return Err(self.unknown(name)) };
        let successors = self.successors(retired);
        let successor =
            successors.iter().rev().find_map(|id| self.active.iter().find(|actor| actor.id == *id));
        match successor {
            Some(actor) => Ok(Found { actor, instead_of: Some(retired) }),
            None => Err(ActorError::Retired {
                id: retired.id.to_string(),
                name: retired.name.to_string(),
                revoked: retired.revoked,
                version: self.catalog.version(),
                elsewhere: versions_of(self.catalog.table(), &retired.id).map(|versions| {
                    format!("it is active in ATT&CK {versions}, which --attack-version can ask for")
                }),
            }),
        }
    }

    /// The active ones of which the id, the name or an alias contains the text, in any case.
    pub fn search(&self, text: &str) -> impl Iterator<Item = &Actor> {
        let text = text.trim().to_lowercase();
        self.active.iter().filter(move |actor| {
            let mut names = actor.aliases.iter().chain([&actor.id, &actor.name]);
            names.any(|name| name.to_lowercase().contains(&text))
        })
    }

    /// Who took over, nearest first. ATT&CK 19.0 leaves out what earlier versions say of its revoked groups.
    fn successors(&self, retired: &RetiredActor) -> Vec<String> {
        if !retired.revoked || !retired.replaced_by.is_empty() {
            return retired.replaced_by.clone();
        }
        let table = self.catalog.table();
        let here = table.index_of(self.catalog.version());
        let rows = table.actors().actors.iter().filter(|row| row.id == retired.id);
        let before = rows.filter_map(|row| {
            let last = row.versions.iter().take_while(|index| Some(*index) <= here).last()?;
            row.state.chain().next().is_some().then_some((last, row))
        });
        let last = before.max_by_key(|(last, _)| *last);
        last.map(|(_, row)| row.state.chain().map(str::to_owned).collect()).unwrap_or_default()
    }

    fn unknown(&self, name: &str) -> ActorError {
        let mut names: Vec<(&str, &Actor)> = Vec::new();
        for actor in &self.active {
            let own = [&actor.name, &actor.id].into_iter().chain(&actor.aliases);
            names.extend(own.map(|name| (name.as_ref(), actor)));
        }
        let mut meant: Vec<&Actor> = Vec::new();
        let mut nearest = Vec::new();
        for near in suggest::several(name, names.iter().map(|(name, _)| *name), 3) {
            let Some((_, actor)) = names.iter().find(|(name, _)| *name == near) else { continue };
            if !meant.contains(actor) {
                meant.push(actor);
                let other = if near == actor.id { &actor.name } else { &actor.id };
                nearest.push(called(near, other));
            }
        }
        nearest.truncate(2);
        ActorError::Unknown {
            name: name.to_owned(),
            domain: self.catalog.domain(),
            version: self.catalog.version(),
            nearest,
            elsewhere: self.elsewhere(name),
        }
    }

    /// Who else knows the name: other versions of the domain, then the other domains.
    fn elsewhere(&self, name: &str) -> Option<String> {
        if let Some(versions) = versions_of(self.catalog.table(), name) {
            return Some(format!("it is active in ATT&CK {versions}, which --attack-version can ask for"));
        }
        let others = Domain::ALL.into_iter().filter(|domain| *domain != self.catalog.domain());
        let mut knowing = others.filter(|domain| versions_of(Table::embedded(*domain), name).is_some());
        knowing.next().map(|domain| format!("{} ATT&CK knows it", domain.name()))
    }
}

/// The versions of a table in which an active actor has this id or name, as ranges.
fn versions_of(table: &Table, name: &str) -> Option<String> {
    let rows = table.actors().actors.iter().filter(|row| row.state == State::Active);
    let named = rows.filter(|row| same(&row.id, name) || same(&row.name, name));
    let indices: BTreeSet<usize> = named.flat_map(|row| row.versions.iter()).collect();
    let versions: Vec<Version> = indices.into_iter().map(|index| table.versions()[index]).collect();
    (!versions.is_empty()).then(|| table.ranges(&versions))
}

/// `G0016 (APT29)`
fn called(one: &str, other: &str) -> String {
    format!("{one} ({other})")
}

fn same(name: &str, query: &str) -> bool {
    name.eq_ignore_ascii_case(query) || name.to_lowercase() == query.to_lowercase()
}
