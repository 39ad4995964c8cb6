//! The integration tests: one binary, one module for each feature.

mod bad_input;
mod build;
mod catalog;
mod config;
mod corpus;
mod filters;
mod hostile;
mod layers;
mod mutants;
mod prowler;
mod query;
mod reading;
mod repository;
mod support;
mod tables;
