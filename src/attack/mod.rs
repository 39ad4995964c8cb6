//! What ATT&CK itself says: ids, versions, and a catalog of one domain in one version.
//!
//! Everything downstream asks a [`Catalog`] whether an id is active, what it is called, where it stands in the matrix,
//! and what became of it.

mod catalog;
mod id;
pub mod stix;
mod version;

pub use catalog::{
    Actor, ActorKind, Catalog, CatalogError, Fate, Table, Tactic, Technique, embedded_versions,
};
pub use id::{ParseIdError, TechniqueId};
pub use version::{Domain, ParseDomainError, ParseVersionError, Version};
