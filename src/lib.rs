//! ATT&CK Navigator layers and coverage reports from published capability mappings.
//!
//! The flow has one direction: [`mapping`] reads a source into a mapping set, [`coverage`] adds it up on an
//! [`attack::Catalog`], and [`layer`] and [`report`] write what came out.

pub mod attack;
