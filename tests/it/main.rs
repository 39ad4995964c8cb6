//! The integration tests: one binary, one module for each feature.

mod bad_input;
mod build;
mod catalog;
mod convert;
mod corpus;
mod filters;
mod layers;
mod reading;
mod repository;
mod round_trip;
mod support;
mod tables;
