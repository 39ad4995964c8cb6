//! What ATT&CK itself says: ids, versions, and a catalog of one domain in one version.
//!
//! Everything downstream asks a [`Catalog`] whether an id is active, what it is called, where it stands in the matrix,
//! and what became of it.

mod actors;
mod bundle;
mod catalog;
pub mod diff;
mod error;
mod id;
pub(crate) mod platforms;
mod releases;
mod roster;
pub mod stix;
mod table;
mod text;
mod union;
pub mod upgrade;
mod version;

pub use actors::{Actor, ActorKind, RetiredActor};
pub use catalog::{Catalog, Fate, PlatformSet, Tactic, TacticSet, Technique};
pub use diff::Diff;
pub use error::CatalogError;
pub(crate) use error::{BRING_OTHERS, version_list};
pub use id::{ParseIdError, TechniqueId};
pub use releases::Releases;
pub use roster::{ActorError, Found, Roster};
pub use table::{Table, embedded_versions};
pub use version::{Domain, ParseDomainError, ParseVersionError, ParseWantedError, Version, WantedVersion};
