//! `navlayer convert`: a mapping set as Mappings Explorer JSON.

use std::io;
use std::path::{Path, PathBuf};

use navlayer::config::Written;
use navlayer::mapping::write::{Content, unified_json};

use super::args::SourceArgs;
use super::layer::write_one;
use super::{CommandResult, Failure, Global, Outcome, config, findings, input};

/// Write a mapping set as Mappings Explorer JSON
///
/// What that form has no place for is left out: tags, descriptions of capabilities, a capability's second group.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    sources: SourceArgs,
    /// The file to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Leave out every sentence: comments and descriptions. What is built into navlayer is made so
    #[arg(long)]
    facts: bool,
    /// Replace the file if it exists
    #[arg(long)]
    force: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Args, global: &Global, out: &mut dyn io::Write) -> CommandResult {
    let mut flags = Written::default();
    args.sources.write(&mut flags);
    let settings = config::settings(flags, global)?;
    let Some(sets) = input::load_sets(&settings, global)? else { return Ok(Outcome::Findings) };
    let [set] = sets.as_slice() else {
        return Err(Failure::new(format!(
            "the sources hold {} mapping sets, and a file holds one",
            sets.len()
        ))
        .with_help("convert them one by one"));
    };
    let text = unified_json(set, if args.facts { Content::Facts } else { Content::Everything });
    let Some(path) = args.output.as_ref().filter(|path| *path != Path::new("-")) else {
        out.write_all(text.as_bytes())?;
        return Ok(Outcome::Clean);
    };
    // A mapping may be the only copy of somebody's work: nothing is replaced unasked.
    write_one(path, text.as_bytes(), args.force, |_| false)?;
    findings::say(global, &format!("wrote {}", path.display()));
    Ok(Outcome::Clean)
}
