//! The integration tests: one binary, one module for each feature.

mod bad_input;
mod build;
mod catalog;
mod corpus;
mod filters;
mod layers;
mod messages;
mod reading;
mod repository;
mod support;
mod validate;
mod validate_corpus;
