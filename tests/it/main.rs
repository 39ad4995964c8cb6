//! The integration tests: one binary, one module for each feature.

mod bad_input;
mod build;
mod catalog;
mod corpus;
mod filters;
mod layer_checks;
mod layer_reading;
mod layers;
mod reading;
mod repository;
mod support;
