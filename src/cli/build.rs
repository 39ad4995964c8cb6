//! stub
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}
pub(crate) fn run(_: &Args, _: &super::Global) -> super::CommandResult { Ok(super::Outcome::Clean) }
