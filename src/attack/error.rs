//! What can stop a catalog from being loaded, and what to do about it.

use std::path::PathBuf;

use super::table::VersionSet;
use super::{Domain, Version};

/// Why a catalog could not be loaded or a bundle not be imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// No facts are known for this domain and version.
    #[error(
        "{} ATT&CK {version} is not known; known are {}",
        .domain.name(), version_list(.known)
    )]
    UnknownVersion {
        /// The domain that was asked for.
        domain: Domain,
        /// The version that was asked for.
        version: Version,
        /// The versions that are known, in ascending order.
        known: Vec<Version>,
    },
    /// The file could not be read.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file holds nothing, or only white space.
    #[error("{} is empty", .path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The file is larger than any bundle that is read whole.
    #[error("{} is larger than {} MB", .path.display(), .limit / 1_000_000)]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The greatest size that is read, in bytes.
        limit: u64,
    },
    /// The file ends in the middle of its JSON.
    #[error("{}:{line}:{column}: the JSON ends too early ({cause})", .path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// The line of the end, from 1.
        line: usize,
        /// The column of the end, in bytes, from 1.
        column: usize,
        /// What the parser was in the middle of.
        cause: String,
    },
    /// The file is not JSON.
    #[error("{}:{line}:{column}: not JSON ({cause})", .path.display())]
    NotJson {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, in bytes, from 1.
        column: usize,
        /// What the parser met.
        cause: String,
    },
    /// The file is JSON, but something in it does not have the shape that STIX gives it.
    #[error("{}:{line}:{column}: not a STIX bundle ({cause})", .path.display())]
    NotABundle {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, in bytes, from 1.
        column: usize,
        /// What was found.
        cause: String,
    },
    /// A file of the data folder is not a fact table, or not one of the same versions as those beside it.
    #[error("{} is not a fact table ({cause})", .path.display())]
    BadTable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
    /// The bundle holds no technique at all.
    #[error("{} is a STIX bundle, but holds no ATT&CK technique", .path.display())]
    NoTechniques {
        /// The file.
        path: PathBuf,
    },
    /// The bundle has techniques and no tactic for them: nothing could be shown on it.
    #[error("{} is a STIX bundle, but holds no ATT&CK tactic", .path.display())]
    NoTactics {
        /// The file.
        path: PathBuf,
    },
    /// The bundle belongs to no single domain.
    #[error("{}: {problem}", .path.display())]
    NoSingleDomain {
        /// The file.
        path: PathBuf,
        /// What was found instead of one domain.
        problem: String,
    },
    /// The bundle does not say which ATT&CK version it is.
    #[error("{} does not say which ATT&CK version it is", .path.display())]
    NoVersion {
        /// The file.
        path: PathBuf,
        /// The domain, for the advice.
        domain: Domain,
    },
    /// Two bundles of one import are the same version of the same domain.
    #[error(
        "{} and {} are both {domain} {version}", .first.display(), .second.display()
    )]
    SameVersionTwice {
        /// The domain of both.
        domain: Domain,
        /// The version of both.
        version: Version,
        /// The one file.
        first: PathBuf,
        /// The other file.
        second: PathBuf,
    },
    /// A value holds a character that the tables use to keep values apart.
    #[error("{}: the {what} of {id} holds {character:?}: {value:?}", .path.display())]
    BadValue {
        /// The file.
        path: PathBuf,
        /// The ATT&CK id of the object.
        id: String,
        /// Which of its values.
        what: &'static str,
        /// The value.
        value: String,
        /// The character in question.
        character: char,
    },
    /// What is of one domain can neither be compared with another nor carried to it.
    #[error("{from} and {to}: versions are compared, and techniques carried, within one domain")]
    OtherDomain {
        /// The domain of the one side.
        from: Domain,
        /// The domain of the other side.
        to: Domain,
    },
    /// There are more releases of a domain than a table can hold.
    #[error("{count} releases of {domain}, and a table holds at most {}", VersionSet::LIMIT)]
    TooManyVersions {
        /// The domain.
        domain: Domain,
        /// How many there are.
        count: usize,
    },
    /// There is more of something than a catalog can hold.
    #[error("{}: {count} {what}, and a catalog holds at most {limit}", .path.display())]
    TooMany {
        /// The file.
        path: PathBuf,
        /// What there is too much of.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
}

impl CatalogError {
    /// What to do about it, where there is something to do.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        const BUNDLES: &str = "ATT&CK's STIX bundles (enterprise-attack-16.1.json, …) are published by MITRE in \
                               github.com/mitre-attack/attack-stix-data";
        match self {
            Self::Empty { .. } | Self::Truncated { .. } => {
                Some(format!("the download was probably cut off: fetch the file again. {BUNDLES}"))
            }
            Self::NotJson { .. }
            | Self::NotABundle { .. }
            | Self::NoTechniques { .. }
            | Self::NoTactics { .. } => Some(BUNDLES.to_owned()),
            Self::NoSingleDomain { .. } => {
                Some("give one bundle per domain, as MITRE publishes them".to_owned())
            }
            Self::NoVersion { domain, .. } => {
                Some(format!("rename the file so that its name ends in the version: {domain}-16.1.json"))
            }
            Self::UnknownVersion { version, known, .. } => {
                let near = known.iter().rev().find(|known| known.major == version.major);
                let near = near.map_or_else(String::new, |near| format!("did you mean {near}? "));
                Some(format!("{near}{BRING_OTHERS}"))
            }
            Self::BadTable { path, .. } => {
                let folder = path.parent().unwrap_or(path).display();
                Some(format!(
                    "`navlayer catalog import` writes such files; delete those in {folder} and import again"
                ))
            }
            Self::SameVersionTwice { .. } => Some("give one of the two".to_owned()),
            _ => None,
        }
    }
}

/// How a release comes in that is not known.
pub(crate) const BRING_OTHERS: &str = "`navlayer catalog import BUNDLE.json` makes another release known for good, \
                                       --attack-data BUNDLE.json for one run";

/// `8.2, 9.0 and 10.1`.
pub(crate) fn version_list(versions: &[Version]) -> String {
    let texts: Vec<String> = versions.iter().map(ToString::to_string).collect();
    match texts.split_last() {
        None => "none".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}
