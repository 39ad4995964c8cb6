//! Threats: what groups and campaigns use, held against what is covered.
//!
//! A [`Threat`] gives each technique a *weight*: of groups and campaigns the sum of the weights of those that ATT&CK says
//! use it, of scores the score. Its *use* is that weight divided by the sum of all weights of the actors, or by the highest
//! score: from above 0 to 1. Uses are those of one catalog's version. A [`ThreatCoverage`] holds them against a
//! [`Coverage`](super::Coverage): what of the threat is covered, in what order the rest comes, and which risk remains,
//!
//! > residual risk = use × (1 − score / 100)
//!
//! of a technique without a score its whole use. Scores are those shown, and only a technique's own: a roll-up enters no
//! figure, and a sub-technique is not covered by its technique, nor the other way round. Where only a count means
//! anything ([`Metric::Count`](super::Metric::Count)), a mapped technique counts in full, as in [`super::plan`].
//!
//! The figures are as good as what ATT&CK knows of an actor, which is what was reported; and a score tells what a
//! capability can do, not that it is switched on, or that it works.
//!
//! ```
//! use navlayer::attack::{Catalog, Roster};
//! use navlayer::coverage::threat::{Threat, ThreatCoverage};
//! use navlayer::coverage::{Coverage, Rules};
//! use navlayer::mapping::{read, select::Selection};
//!
//! let sets = read::embedded().sets;
//! let catalog = Catalog::embedded(sets[0].domain, sets[0].attack_version)?;
//! let coverage = Coverage::new(&sets, &catalog, Selection::everything(&sets), Rules::default());
//!
//! let threat = Threat::of_actors(&Roster::new(&catalog), [("APT29", 2.0), ("Lazarus Group", 1.0)])?;
//! let against = ThreatCoverage::new(&threat, &coverage);
//! let (covered, all) = (against.covered().total(), against.in_scope().total());
//! println!("{}: {covered} of {all} techniques are covered", threat.name());
//! for gap in against.gaps().iter().take(3) {
//!     println!("{} {:.2} {:.2}", gap.technique, gap.usage, gap.residual);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod exposure;
mod guard;
mod named;

use std::collections::{BTreeMap, BTreeSet};

use crate::attack::{Actor, ActorError, ActorKind, Catalog, Fate, Roster, TechniqueId, Version};

pub use exposure::{Exposure, MemberCoverage, ThreatCoverage};
pub use guard::Guard;
pub use named::{MOST_WEIGHT, Named, ParseNamedError};

/// A group or campaign of a threat.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// `G0016`.
    pub id: String,
    /// `APT29`.
    pub name: String,
    /// Group or campaign.
    pub kind: ActorKind,
    /// Its weight, above 0.
    pub weight: f64,
    /// The active techniques that it uses.
    pub techniques: BTreeSet<TechniqueId>,
}

/// Who is to be defended against, as the weight of each technique.
#[derive(Debug, Clone, PartialEq)]
pub struct Threat {
    name: String,
    version: Version,
    members: Vec<Member>,
    /// Each above 0.
    weights: BTreeMap<TechniqueId, f64>,
    /// What a technique weighs that is used wholly.
    full: f64,
    notes: Vec<String>,
}

/// What is no threat.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ThreatError {
    /// A name that means no actor, or more than one.
    #[error(transparent)]
    Actor(#[from] ActorError),
    /// An actor that is named twice.
    #[error("`{name}` is {actor}, which is named already: an actor has one weight")]
    Twice {
        /// The second name.
        name: String,
        /// The actor.
        actor: String,
    },
    /// A weight that is not above 0, or too large.
    #[error("`{name}` has the weight {weight}: a weight is above 0 and at most {MOST_WEIGHT}")]
    Weight {
        /// Who has it.
        name: String,
        /// The weight.
        weight: f64,
    },
    /// A score below 0, or one that is not finite.
    #[error("{technique} has the score {score} in {name}: a threat's scores are 0 or above")]
    Score {
        /// The threat's name.
        name: String,
        /// The technique.
        technique: TechniqueId,
        /// The score.
        score: f64,
    },
    /// No technique has a weight above 0.
    #[error("{name} uses no technique of ATT&CK {version}: the weights of the techniques add up to 0")]
    Nothing {
        /// The threat's name.
        name: String,
        /// The catalog's version.
        version: Version,
    },
}

impl ThreatError {
    /// What to do about it, where there is something to say.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Actor(error) => error.help(),
            Self::Nothing { .. } => Some("`navlayer catalog groups` tells what each group uses".to_owned()),
            Self::Twice { .. } | Self::Weight { .. } | Self::Score { .. } => None,
        }
    }
}

impl Threat {
    /// The techniques of some groups and campaigns, each by id, name or alias, and with its weight.
    ///
    /// A technique that is revoked in the catalog's version is carried on to what took over; one that is retired
    /// without a successor is left out. [`Threat::notes`] tells of both, and of retired actors.
    ///
    /// # Errors
    /// When a name means no actor or more than one, an actor is named twice, a weight is not above 0 and at most
    /// [`MOST_WEIGHT`], or none of them uses any technique.
    pub fn of_actors<'n>(
        roster: &Roster<'_>,
        named: impl IntoIterator<Item = (&'n str, f64)>,
    ) -> Result<Self, ThreatError> {
        let version = roster.catalog().version();
        let mut members: Vec<Member> = Vec::new();
        let mut notes = Vec::new();
        for (name, weight) in named {
            if !(weight > 0.0 && weight <= MOST_WEIGHT) {
                return Err(ThreatError::Weight { name: name.to_owned(), weight });
            }
            let found = roster.find(name)?;
            let actor = found.actor;
            if members.iter().any(|member| member.id == actor.id) {
                let (name, actor) = (name.trim().to_owned(), format!("{} ({})", actor.id, actor.name));
                return Err(ThreatError::Twice { name, actor });
            }
            if let Some(former) = found.instead_of {
                let (id, name) = (&former.id, &former.name);
                notes.push(format!("{id} ({name}) is revoked: {} ({}) took over", actor.id, actor.name));
            }
            let member = member(actor, weight, roster.catalog(), &mut notes);
            if member.techniques.is_empty() {
                notes.push(format!("ATT&CK {version} knows no technique that {} uses", member.name));
            }
            members.push(member);
        }
        let mut weights = BTreeMap::new();
        for member in &members {
            for technique in &member.techniques {
                *weights.entry(*technique).or_insert(0.0) += member.weight;
            }
        }
        let name = members_name(&members);
        if weights.is_empty() {
            let name = if name.is_empty() { "a threat of nobody".to_owned() } else { name };
            return Err(ThreatError::Nothing { name, version });
        }
        let full = members.iter().map(|member| member.weight).sum();
        Ok(Self { name, version, members, weights, full, notes })
    }

    /// Techniques by scores, such as those of a layer; a score of 0 is no use. Ids that are not active are carried on or
    /// left out as in [`Threat::of_actors`]; of several that come to one, the highest score counts.
    ///
    /// # Errors
    /// When a score is below 0 or not finite, or none is above 0.
    pub fn of_scores(
        name: &str,
        scores: &BTreeMap<TechniqueId, f64>,
        catalog: &Catalog,
    ) -> Result<Self, ThreatError> {
        let mut notes = Vec::new();
        let mut weights: BTreeMap<TechniqueId, f64> = BTreeMap::new();
        for (technique, score) in scores {
            if !(score.is_finite() && *score >= 0.0) {
                let (name, technique, score) = (name.to_owned(), *technique, *score);
                return Err(ThreatError::Score { name, technique, score });
            }
            if *score > 0.0
                && let Some(technique) = carried(*technique, name, catalog, &mut notes)
            {
                let held = weights.entry(technique).or_insert(0.0);
                *held = held.max(*score);
            }
        }
        let full = weights.values().copied().fold(0.0, f64::max);
        if weights.is_empty() {
            return Err(ThreatError::Nothing { name: name.to_owned(), version: catalog.version() });
        }
        Ok(Self {
            name: name.to_owned(),
            version: catalog.version(),
            members: Vec::new(),
            weights,
            full,
            notes,
        })
    }

    /// What it is called: `APT29, APT28`, and where weights differ, `APT29 (weight 2), APT28 (weight 1)`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The ATT&CK version whose uses these are.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The groups and campaigns, in the order given; none for a threat of scores.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The groups and campaigns that use a technique.
    pub fn users(&self, technique: TechniqueId) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(move |member| member.techniques.contains(&technique))
    }

    /// The weight of every technique that is used, above 0: sums of the actors' weights, or scores.
    #[must_use]
    pub fn weights(&self) -> &BTreeMap<TechniqueId, f64> {
        &self.weights
    }

    /// The use of a technique, from 0 (not used) to 1 (used by all actors, or of the highest score).
    #[must_use]
    pub fn usage(&self, technique: TechniqueId) -> f64 {
        self.weights.get(&technique).map_or(0.0, |weight| (weight / self.full).min(1.0))
    }

    /// What a use is of this threat, in a sentence.
    #[must_use]
    pub fn definition(&self) -> String {
        let version = self.version;
        match self.members.as_slice() {
            [] => format!(
                "The use of a technique is its score in {} divided by the highest score there.",
                self.name
            ),
            [only] => format!("A technique is used where ATT&CK {version} says that {} uses it.", only.name),
            members => {
                let by_weight = if weighs(members) { ", by weight," } else { "" };
                let names: Vec<String> = members.iter().map(|member| named(member, members)).collect();
                let (last, others) =
                    names.split_last().map_or(("", &[][..]), |(last, others)| (last, others));
                let others = others.join(", ");
                format!(
                    "The use of a technique is the share{by_weight} of {others} and {last} that use it in ATT&CK {version}."
                )
            }
        }
    }

    /// What was carried on, and what was left out, in sentences without a full stop.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}

/// A share from 0 to 1 in percent, to one decimal. Only what is exactly 0 or 1 becomes 0 or 100.
#[must_use]
pub fn percent(share: f64) -> f64 {
    let tenths = (1000.0 * share).round();
    let told = if share > 0.0 && share < 1.0 { tenths.clamp(1.0, 999.0) } else { tenths };
    told / 10.0
}

fn member(actor: &Actor, weight: f64, catalog: &Catalog, notes: &mut Vec<String>) -> Member {
    let carried = |id: &TechniqueId| carried(*id, &actor.name, catalog, notes);
    Member {
        id: actor.id.to_string(),
        name: actor.name.to_string(),
        kind: actor.kind,
        weight,
        techniques: actor.techniques.iter().filter_map(carried).collect(),
    }
}

/// The active technique that a used one is, or that took over from it; `None`, with a note, when there is none.
fn carried(id: TechniqueId, user: &str, catalog: &Catalog, notes: &mut Vec<String>) -> Option<TechniqueId> {
    let fate = catalog.fate(id);
    let to = match &fate {
        Fate::Active => return Some(id),
        Fate::Revoked { chain } => chain.last().copied().filter(|end| catalog.technique(*end).is_some()),
        _ => None,
    };
    let what = if to.is_some() { "counted as that" } else { "left out" };
    notes.push(format!("{id}, which {user} uses, is {fate} in ATT&CK {}: {what}", catalog.version()));
    to
}

fn members_name(members: &[Member]) -> String {
    members.iter().map(|member| named(member, members)).collect::<Vec<_>>().join(", ")
}

/// Whether weights differ.
fn weighs(members: &[Member]) -> bool {
    members.iter().any(|member| member.weight.to_bits() != members[0].weight.to_bits())
}

/// A member's name, where weights differ with its own.
fn named(member: &Member, members: &[Member]) -> String {
    if weighs(members) { format!("{} (weight {})", member.name, member.weight) } else { member.name.clone() }
}
