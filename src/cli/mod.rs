//! The command line: the only place with arguments, printing and the environment.

mod account;
mod args;
mod build;
mod catalog;
mod combine;
mod compare;
mod config;
mod convert;
mod deployed;
mod file;
mod findings;
mod input;
mod known;
mod layer;
mod names;
mod plan;
mod query;
mod render;
mod report;
mod schema;
mod sides;
mod table;
mod templates;
mod threat;
mod upgrade;
mod validate;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use navlayer::diagnostic::Target;
use navlayer::mapping::read::ReadError;
use navlayer::mapping::select::UnknownName;
use navlayer::output::SinkError;

/// ATT&CK Navigator layers and coverage reports from published capability mappings
///
/// Reads mappings of security capabilities to ATT&CK techniques, adds them up, and writes heatmaps for ATT&CK Navigator
/// and a summary to read in a browser. Without a source it uses the AWS mapping of 12/12/2024 on ATT&CK 16.1, which is
/// built in. It never uses the network.
#[derive(Debug, Parser)]
#[command(name = "navlayer", version, max_term_width = 100, arg_required_else_help = true, after_help = AFTER_HELP)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  navlayer build                                   everything about AWS, into navlayer-out/
  navlayer layer --category detect -o detect.json  one heatmap: what AWS services cover in Detect
  navlayer layer mapping.json --per capability -o by-capability/
  navlayer query gaps --tactic exfiltration        what AWS services leave open
  navlayer layer --threat APT29 --overlay -o apt29.json
                                                   what a group uses, and what covers it
  navlayer plan --budget 3                         the three AWS services that together cover most
  navlayer compare amazon_guardduty aws_config -o page.html
                                                   two services side by side
  navlayer report -o report.html                   a report to read and to print
  navlayer validate mapping.json                   everything that is wrong with it, line by line
  navlayer upgrade layer.json --to latest -o new.json
                                                   a layer on the ATT&CK version of today
  navlayer combine 'max(a, b)' a=aws.json b=gcp.json -o either.json
                                                   a layer from other layers
  navlayer catalog show T1562.008
  navlayer catalog groups bear                     groups and campaigns by name or alias

Exit codes: 0 done, 1 findings of severity error or a check that failed, 2 something stopped the run.";

/// Options that every command takes.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options of every command")]
struct Global {
    /// Use this ATT&CK release for this run: a STIX bundle. Mappings and layers are carried to it unless --attack-version
    /// or --to says otherwise
    #[arg(long, global = true, value_name = "BUNDLE.json")]
    attack_data: Option<PathBuf>,
    /// The folder of imported ATT&CK releases [default: NAVLAYER_DATA, or navlayer/ in the platform's data folder]
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Read this configuration instead of the navlayer.toml here or in a folder above
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "no_config")]
    config: Option<PathBuf>,
    /// Read no configuration
    #[arg(long, global = true)]
    no_config: bool,
    /// Leave findings of this code out: NL0203, retired-technique, or all, warnings, notes
    #[arg(long, global = true, value_name = "CODE", value_delimiter = ',', value_parser = config::allowed)]
    allow: Vec<Target>,
    /// Make findings of this code warnings
    #[arg(long, global = true, value_name = "CODE", value_delimiter = ',', value_parser = config::warned)]
    warn: Vec<Target>,
    /// Make findings of this code errors
    #[arg(long, global = true, value_name = "CODE", value_delimiter = ',', value_parser = config::denied)]
    deny: Vec<Target>,
    /// Treat warnings as errors: --deny warnings
    #[arg(long, global = true)]
    strict: bool,
    /// Show notes too, and every finding in full
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    verbose: bool,
    /// Show errors only
    #[arg(short, long, global = true)]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Build(build::Args),
    Layer(layer::Args),
    Plan(plan::Args),
    Query(query::Args),
    Render(render::Args),
    Report(report::Args),
    Validate(validate::Args),
    Catalog(catalog::Args),
    Combine(combine::Args),
    Compare(compare::Args),
    Config(config::Args),
    Convert(convert::Args),
    Schema(schema::Args),
    Templates(templates::Args),
    Upgrade(upgrade::Args),
}

/// How a command ended, when nothing stopped it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing to report: exit code 0.
    Clean,
    /// Findings of severity error, or a check that failed: exit code 1.
    Findings,
    /// Something could not be done, and was said; the rest is done: exit code 2.
    Incomplete,
}

/// What stopped a command: exit code 2.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What went wrong, with its causes, in one line.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) help: Option<String>,
    /// Whether the reader of our output has gone, which is nobody's mistake.
    pub(crate) is_broken_pipe: bool,
}

impl Failure {
    /// A failure without advice.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, is_broken_pipe: false }
    }

    /// Adds advice.
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// What a subcommand returns.
pub(crate) type CommandResult = Result<Outcome, Failure>;

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let is_broken_pipe = error.kind() == io::ErrorKind::BrokenPipe;
        Self { is_broken_pipe, ..Self::new(format!("cannot write the output ({error})")) }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        let help = match &error {
            ReadError::NothingThere { .. } => Some(
                "`navlayer layer --help` and the README tell which forms are read; `validate` says of each file what it is"
                    .to_owned(),
            ),
            ReadError::Io { path, .. } => file::nearby(path),
            _ => None,
        };
        Self { help, ..Self::new(error.to_string()) }
    }
}

impl From<UnknownName> for Failure {
    fn from(error: UnknownName) -> Self {
        let quoted =
            |names: &[String]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let help = if !error.nearest.is_empty() {
            Some(format!("did you mean {}?", quoted(&error.nearest).replace(", ", " or ")))
        } else if !error.known.is_empty() {
            Some(format!("known here: {}", error.known.join(", ")))
        } else {
            None
        };
        let help = help.or_else(|| match error.what {
            "group" | "tag" => Some(format!("these mappings have no {}s", error.what)),
            "technique" => Some("`navlayer catalog show` looks ids and names up".to_owned()),
            _ => None,
        });
        let is_tactic = error.what == "technique" && error.value.to_uppercase().starts_with("TA0");
        let help = if is_tactic { Some(format!("this is a tactic: --tactic {}", error.value)) } else { help };
        Self { help, ..Self::new(error.to_string()) }
    }
}

impl From<SinkError> for Failure {
    fn from(error: SinkError) -> Self {
        let help = match &error {
            SinkError::NotOurs { .. } | SinkError::OtherCommand { .. } => {
                Some("nothing was written; --force replaces it, -o DIR writes elsewhere")
            }
            SinkError::NotAFolder { .. } | SinkError::Manifest { .. } => {
                Some("nothing was written; -o DIR writes elsewhere")
            }
            _ => None,
        };
        Self { help: help.map(str::to_owned), ..Self::new(error.to_string()) }
    }
}

/// Parses the arguments, runs the command and turns its result into an exit code.
pub(crate) fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    let result = run(&cli, &mut out).and_then(|outcome| {
        out.flush()?;
        Ok(outcome)
    });
    match result {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Ok(Outcome::Incomplete) => ExitCode::from(2),
        Err(failure) if failure.is_broken_pipe => ExitCode::SUCCESS,
        Err(failure) => {
            findings::print_failure(&failure);
            ExitCode::from(2)
        }
    }
}

fn run(cli: &Cli, out: &mut dyn io::Write) -> CommandResult {
    match &cli.command {
        Command::Build(args) => build::run(args, &cli.global),
        Command::Layer(args) => layer::run(args, &cli.global, out),
        Command::Plan(args) => plan::run(args, &cli.global, out),
        Command::Query(args) => query::run(args, &cli.global, out),
        Command::Render(args) => render::run(args, &cli.global, out),
        Command::Report(args) => report::run(args, &cli.global, out),
        Command::Validate(args) => validate::run(args, &cli.global, out),
        Command::Catalog(args) => catalog::run(args, &cli.global, out),
        Command::Combine(args) => combine::run(args, &cli.global, out),
        Command::Compare(args) => compare::run(args, &cli.global, out),
        Command::Config(args) => config::run(args, &cli.global, out),
        Command::Convert(args) => convert::run(args, &cli.global, out),
        Command::Schema(args) => schema::run(args, out),
        Command::Templates(args) => templates::run(args, &cli.global, out),
        Command::Upgrade(args) => upgrade::run(args, &cli.global, out),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_arguments_are_sound() {
        super::Cli::command().debug_assert();
    }
}
