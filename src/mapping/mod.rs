//! Mappings of capabilities to ATT&CK techniques: what they hold, how they are read, checked and selected.

pub mod check;
mod literal;
mod model;
pub mod named;
pub mod read;
mod schema;
pub mod select;
pub mod upgrade;
pub mod write;

pub use schema::MappingFile;

pub use model::{
    Capability, Category, Framework, Group, Level, ListedTechnique, Mapping, MappingOrigin, MappingSet,
    MappingType, NonMappableTechnique, NumericScore, Origin, ParseNameError, Publication, Reference,
};
