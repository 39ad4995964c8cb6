//! ATT&CK Navigator layers and coverage reports from published capability mappings.
//!
//! The flow has one direction. [`mapping`] reads a source into a mapping set; [`coverage`] adds sets up on an
//! [`attack::Catalog`]; [`layer`], [`report`] and [`tables`] write what came out; [`output`] puts files where they
//! belong.
//!
//! ```
//! use navlayer::attack::Catalog;
//! use navlayer::coverage::{Coverage, Rules};
//! use navlayer::mapping::{read, select::Selection};
//! use navlayer::{layer, mapping::Category};
//!
//! let sets = read::embedded().sets;
//! let catalog = Catalog::embedded(sets[0].domain, sets[0].attack_version)?;
//! let coverage = Coverage::new(&sets, &catalog, Selection::everything(&sets), Rules::default());
//! let heatmap = layer::to_json(&layer::build(&coverage, &layer::Options::default()));
//!
//! let detect = coverage.statistics(None, Some(Category::Detect));
//! println!("{} of {} detected", detect.mapped.total(), detect.in_scope.total());
//! # assert!(heatmap.len() > 10_000 && detect.mapped.total() > 0);
//! # Ok::<(), navlayer::attack::CatalogError>(())
//! ```

pub mod attack;
pub mod config;
pub mod coverage;
pub mod deployment;
pub mod diagnostic;
pub mod layer;
pub mod link;
pub mod mapping;
pub mod matrix;
pub mod output;
mod parallel;
pub mod render;
pub mod report;
pub mod source;
pub mod suggest;
pub mod tables;

/// The tool and its version, as outputs name it.
pub const GENERATOR: &str = concat!("navlayer ", env!("CARGO_PKG_VERSION"));
