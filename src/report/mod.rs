//! Reports.
pub mod view;
