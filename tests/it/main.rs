//! The integration tests: one binary, one module for each feature.

mod bad_input;
mod bad_tables;
mod build;
mod catalog;
mod config;
mod convert;
mod corpus;
mod filters;
mod hostile;
mod layer_checks;
mod layer_reading;
mod layers;
mod messages;
mod mutants;
mod prowler;
mod query;
mod query_tables;
mod reading;
mod repository;
mod round_trip;
mod schemas;
mod support;
mod tables;
mod upgrade_facts;
mod validate;
mod validate_corpus;
