//! What of the mapped capabilities runs: by a list, or by the results of a scan.
//!
//! A mapping tells what a capability can cover; whether it is on, somebody has to say. A [`Deployment`] says it for each
//! capability of some mapping sets: because the user lists it, or because the checks of a [`Scans`] that are about it pass.
//! It narrows a [`Selection`] to what runs, so that coverage as deployed stands beside coverage on paper, and it keeps the
//! evidence: how many results passed and failed, in which accounts and regions.
//!
//! A passed check says that a setting was found as it should be when the scan ran. It says nothing of the settings that no
//! check looks at, nor that the capability stops or sees what its mappings say it can.
//!
//! ```
//! use navlayer::deployment::{Deployment, Rule, Scans};
//! use navlayer::mapping::{read, select::Selection};
//! use navlayer::source::Source;
//!
//! let scan = Source::new("scan.csv", "\
//! PROVIDER;ACCOUNTID;REGION;CHECKID;STATUS;RESOURCEID
//! aws;123456789012;us-east-1;guardduty_is_enabled;PASS;detector
//! aws;123456789012;us-east-1;macie_is_enabled;FAIL;session
//! ".to_owned());
//! let mut scans = Scans::default();
//! assert!(scans.read(&scan).is_empty());
//!
//! let sets = read::embedded().sets;
//! let deployment = Deployment::new(&sets, Rule::All, &scans, &Default::default());
//! let deployed = deployment.narrow(&Selection::everything(&sets));
//! let running = sets[0].capabilities.iter().enumerate().filter(|(place, _)| deployed.has_capability(0, *place));
//! let running: Vec<&str> = running.map(|(_, capability)| capability.name.as_str()).collect();
//! assert_eq!(running, ["Amazon GuardDuty"]);
//! ```

mod scan;
mod ties;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::AddAssign;

use schemars::JsonSchema;
use serde::Serialize;

use crate::coverage::{CapabilityKey, Cell};
use crate::mapping::MappingSet;
use crate::mapping::select::Selection;

pub use scan::{MAX_BYTES, Scans, Target, file_name};
pub use ties::{OwnTies, service};

/// When a capability counts as deployed that a scan has results about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// At least one result about it passed, and none failed.
    #[default]
    All,
    /// At least one result about it passed.
    Any,
}

impl Rule {
    /// Both rules.
    pub const ALL: [Self; 2] = [Self::All, Self::Any];

    /// The name on the command line: `all`.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Any => "any",
        }
    }

    /// What it says, in a sentence.
    #[must_use]
    pub const fn definition(self) -> &'static str {
        match self {
            Self::All => {
                "A capability counts as deployed when a result about it passed and none failed, or when it is listed; muted results, and those that somebody has to look at, count as neither."
            }
            Self::Any => {
                "A capability counts as deployed when any result about it passed, though others may have failed, or when it is listed."
            }
        }
    }
}

/// How many results of a scan came out how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Counts {
    /// The setting was found as it should be.
    pub passed: usize,
    /// It was not.
    pub failed: usize,
    /// Somebody has to look; counted as neither.
    pub manual: usize,
    /// Muted by whoever ran the scan; counted as neither.
    pub muted: usize,
}

impl Counts {
    /// All of them.
    #[must_use]
    pub const fn total(self) -> usize {
        self.passed + self.failed + self.manual + self.muted
    }

    /// `3 passed, 1 failed`; the others where there are any.
    #[must_use]
    pub fn in_words(self) -> String {
        let others = [(self.manual, "to be looked at"), (self.muted, "muted")];
        let others = others.iter().filter(|(count, _)| *count > 0);
        let mut parts = vec![format!("{} passed", self.passed), format!("{} failed", self.failed)];
        parts.extend(others.map(|(count, word)| format!("{count} {word}")));
        parts.join(", ")
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.manual += other.manual;
        self.muted += other.muted;
    }
}

/// Whether a capability runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// The user lists it as deployed.
    Listed,
    /// Results about it passed, and none failed.
    Passing,
    /// Some results about it passed and some failed.
    InPart,
    /// Results about it failed, and none passed.
    Failing,
    /// Nothing was said about it: no result passed or failed.
    NoResult,
}

impl Standing {
    /// All of them, what runs most surely first.
    pub const ALL: [Self; 5] = [Self::Listed, Self::Passing, Self::InPart, Self::Failing, Self::NoResult];

    /// For tables: `in part`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Listed => "listed",
            Self::Passing => "passing",
            Self::InPart => "in part",
            Self::Failing => "failing",
            Self::NoResult => "no result",
        }
    }

    /// Whether it counts as deployed.
    #[must_use]
    pub const fn is_deployed(self, rule: Rule) -> bool {
        match self {
            Self::Listed | Self::Passing => true,
            Self::InPart => matches!(rule, Rule::Any),
            Self::Failing | Self::NoResult => false,
        }
    }
}

/// What a scan found about one capability.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence {
    /// All results.
    pub counts: Counts,
    /// Those of each check, by its id.
    pub checks: BTreeMap<String, Counts>,
    /// Those of each account and region; either may be empty where the scan does not say.
    pub places: BTreeMap<(String, String), Counts>,
}

impl Evidence {
    fn add(&mut self, target: &Target, counts: Counts) {
        self.counts += counts;
        *self.checks.entry(target.check.clone()).or_default() += counts;
        let place = (target.account.clone(), target.region.clone());
        *self.places.entry(place).or_default() += counts;
    }

    /// The accounts, in order, each once.
    #[must_use]
    pub fn accounts(&self) -> Vec<&str> {
        distinct(self.places.keys().map(|(account, _)| account.as_str()))
    }

    /// The regions, in order, each once.
    #[must_use]
    pub fn regions(&self) -> Vec<&str> {
        distinct(self.places.keys().map(|(_, region)| region.as_str()))
    }

    /// The ids of the checks of which a result failed, in order.
    pub fn failed_checks(&self) -> impl Iterator<Item = &str> {
        self.checks.iter().filter(|(_, counts)| counts.failed > 0).map(|(check, _)| check.as_str())
    }

    /// `3 passed, 1 failed; account 123456789012; regions eu-west-1, us-east-1`
    #[must_use]
    pub fn in_words(&self) -> String {
        let mut parts = vec![self.counts.in_words()];
        for (noun, names) in [("account", self.accounts()), ("region", self.regions())] {
            if !names.is_empty() {
                let plural = if names.len() == 1 { "" } else { "s" };
                parts.push(format!("{noun}{plural} {}", some(&names)));
            }
        }
        parts.join("; ")
    }
}

/// How many names a sentence lists.
const LISTED: usize = 12;

/// Names with commas between them; of very many the first, and how many more there are: `a, b and 3 more`.
#[must_use]
pub fn some(names: &[&str]) -> String {
    match names.len().checked_sub(LISTED) {
        None | Some(0) => names.join(", "),
        Some(more) => format!("{} and {more} more", names[..LISTED].join(", ")),
    }
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let all: BTreeSet<&str> = names.filter(|name| !name.is_empty()).collect();
    all.into_iter().collect()
}

/// What of some mapping sets runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    rule: Rule,
    /// The files and names that it comes from.
    sources: Vec<String>,
    standings: BTreeMap<CapabilityKey, Standing>,
    evidence: BTreeMap<CapabilityKey, Evidence>,
    untied: BTreeMap<String, Counts>,
}

impl Deployment {
    /// Says of each capability of the sets whether it runs: by what scans found, each check being about the capabilities
    /// that `own` ties it to, else about those of its service (see [`service`]).
    #[must_use]
    pub fn new(sets: &[MappingSet], rule: Rule, scans: &Scans, own: &OwnTies) -> Self {
        let mut deployment = Self {
            rule,
            sources: scans.files().map(str::to_owned).collect(),
            standings: BTreeMap::new(),
            evidence: BTreeMap::new(),
            untied: BTreeMap::new(),
        };
        let mut ties = ties::Ties::new(sets, own);
        for (target, counts) in scans.results() {
            let about = ties.of(&target.provider, &target.check);
            if about.is_empty() {
                let service = service(&target.check).to_owned();
                *deployment.untied.entry(service).or_default() += counts;
            }
            for key in about {
                deployment.evidence.entry(*key).or_default().add(target, counts);
            }
        }
        for (set, held) in sets.iter().enumerate() {
            for capability in 0..held.capabilities.len() {
                let key = CapabilityKey { set, capability };
                let standing =
                    match deployment.evidence.get(&key).map(|one| (one.counts.passed, one.counts.failed)) {
                        None | Some((0, 0)) => Standing::NoResult,
                        Some((_, 0)) => Standing::Passing,
                        Some((0, _)) => Standing::Failing,
                        Some(_) => Standing::InPart,
                    };
                deployment.standings.insert(key, standing);
            }
        }
        deployment
    }

    /// Says that these capabilities run, whatever a scan found; `source` is what says so: a file, or what was typed.
    pub fn list(&mut self, source: &str, capabilities: impl IntoIterator<Item = CapabilityKey>) {
        self.sources.push(source.to_owned());
        for key in capabilities {
            self.standings.insert(key, Standing::Listed);
        }
    }

    /// When a capability counts as deployed that a scan has results about.
    #[must_use]
    pub const fn rule(&self) -> Rule {
        self.rule
    }

    /// The files and names that it comes from.
    #[must_use]
    pub fn sources(&self) -> &[String] {
        &self.sources
    }

    /// Whether any scan was read, so that there is evidence.
    #[must_use]
    pub fn has_evidence(&self) -> bool {
        !self.evidence.is_empty() || !self.untied.is_empty()
    }

    /// Whether a capability runs.
    #[must_use]
    pub fn standing(&self, key: CapabilityKey) -> Standing {
        self.standings.get(&key).copied().unwrap_or(Standing::NoResult)
    }

    /// Whether a capability counts as deployed.
    #[must_use]
    pub fn is_deployed(&self, key: CapabilityKey) -> bool {
        self.standing(key).is_deployed(self.rule)
    }

    /// The names of a technique's capabilities that are not deployed.
    #[must_use]
    pub fn missing<'s>(&self, cell: &Cell, sets: &'s [MappingSet]) -> BTreeSet<&'s str> {
        let missing = cell.capabilities.iter().filter(|(key, _)| !self.is_deployed(*key));
        missing.map(|(key, _)| sets[key.set].capabilities[key.capability].name.as_str()).collect()
    }

    /// What scans found about a capability; `None` when no result is about it.
    #[must_use]
    pub fn evidence(&self, key: CapabilityKey) -> Option<&Evidence> {
        self.evidence.get(&key)
    }

    /// Results that are about no capability of the sets, by the service of their check.
    #[must_use]
    pub fn untied(&self) -> &BTreeMap<String, Counts> {
        &self.untied
    }

    /// The same selection, of what is deployed.
    #[must_use]
    pub fn narrow(&self, selection: &Selection) -> Selection {
        let mut narrowed =
            selection.of_running(|set, capability| self.is_deployed(CapabilityKey { set, capability }));
        let sources: Vec<&str> = self.sources.iter().map(String::as_str).collect();
        let rule = if self.rule == Rule::Any { ", where any check passes" } else { "" };
        narrowed.phrases.push(format!("deployed: {}{rule}", some(&sources)));
        narrowed
    }
}

#[cfg(test)]
mod tests;
