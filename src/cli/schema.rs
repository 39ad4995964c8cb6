//! `navlayer schema`: JSON Schemas of what navlayer writes.

use std::io;

use clap::ValueEnum;
use navlayer::diagnostic::FindingsFile;
use navlayer::layer::Layer;
use navlayer::report::Summary;

use super::{CommandResult, Failure, Outcome};

/// Print the JSON Schema of a file that navlayer writes
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which file
    #[arg(value_enum, value_name = "WHAT")]
    what: What,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// What `validate --format json` writes
    Findings,
    /// A Navigator layer, as navlayer writes it
    Layer,
    /// summary.json
    Summary,
}

/// Runs the command.
pub(crate) fn run(args: &Args, out: &mut dyn io::Write) -> CommandResult {
    let schema = match args.what {
        What::Findings => schemars::schema_for!(FindingsFile<'_>),
        What::Layer => schemars::schema_for!(Layer),
        What::Summary => schemars::schema_for!(Summary),
    };
    let text = serde_json::to_string_pretty(&schema).map_err(|error| Failure::new(error.to_string()))?;
    writeln!(out, "{text}")?;
    Ok(Outcome::Clean)
}
