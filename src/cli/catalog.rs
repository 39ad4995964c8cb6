//! `navlayer catalog`: what ATT&CK itself says, and how to bring another release of it.

mod diff;
mod groups;
mod import;
mod list;
mod remove;
mod show;

use std::io;

use clap::{Subcommand, ValueEnum};
use navlayer::attack::{Catalog, CatalogError, Domain, WantedVersion};

use super::known::Known;
use super::{CommandResult, Failure, Global, Outcome};

/// Look up ATT&CK techniques, tactics, groups and campaigns, compare versions, import or remove a release
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(ListArgs),
    Show(ShowArgs),
    Groups(groups::Args),
    Diff(diff::Args),
    Import(import::Args),
    Remove(remove::Args),
}

/// List the known ATT&CK versions of each domain, with what they hold, and the folder of imported ones
#[derive(Debug, clap::Args)]
struct ListArgs {
    /// How to print the list
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: ListFormat,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum ListFormat {
    /// A table for each domain
    #[default]
    Table,
    /// One array with an object for each domain
    Json,
}

/// Show what ATT&CK says of techniques, tactics, groups and campaigns
///
/// Exits with 1 when it knows nothing by one of the names.
#[derive(Debug, clap::Args)]
struct ShowArgs {
    /// Ids (T1562.008, TA0005, G0016, C0024), tactics (credential-access), names ("Valid Accounts") or aliases
    /// ("Cozy Bear"), in any case
    #[arg(required = true, value_name = "ID|NAME")]
    queries: Vec<String>,
    /// The ATT&CK version to look in: 16.1, 16 for the newest of that number, or latest
    #[arg(long, default_value = "latest", value_name = "VERSION")]
    attack_version: WantedVersion,
    /// The domain to look in: enterprise-attack, mobile-attack or ics-attack [default: all of them]
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<Domain>,
    /// How to print what was found
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: ShowFormat,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum ShowFormat {
    /// For people
    #[default]
    Text,
    /// One array with an object for each match
    Json,
}

/// Runs the command. A bundle of the user's own stands for the release that it is.
pub(crate) fn run(args: &Args, global: &Global, out: &mut dyn io::Write) -> CommandResult {
    match &args.command {
        Command::List(args) => list::run(args.format, global, out),
        Command::Show(args) => {
            let catalogs = catalogs(args.attack_version, args.domain, global)?;
            show::run(&args.queries, &catalogs, args.format, out)
        }
        Command::Groups(args) => groups::run(args, global, out),
        Command::Diff(args) => diff::run(args, global, out),
        Command::Import(args) => import::run(args, global, out),
        Command::Remove(args) => remove::run(args, global, out),
    }
}

impl From<CatalogError> for Failure {
    fn from(error: CatalogError) -> Self {
        let failure = Self::new(error.to_string());
        match error.help() {
            Some(help) => failure.with_help(help),
            None => failure,
        }
    }
}

/// The catalogs to search: one for each domain that has the version; of a bundle of the user's own, that one alone.
fn catalogs(wanted: WantedVersion, domain: Option<Domain>, global: &Global) -> Result<Vec<Catalog>, Failure> {
    let stated = match wanted {
        WantedVersion::Exactly(version) => Some(version),
        WantedVersion::Newest | WantedVersion::Major(_) => None,
    };
    let known = Known::read_as(global, stated)?;
    let releases = &known.releases;
    if let Some((of, version)) = known.bundle {
        if let Some(domain) = domain.filter(|domain| *domain != of) {
            return Err(Failure::new(format!("the bundle of --attack-data is of {of}, not {domain}"))
                .with_help("leave out --domain, or give a bundle of that domain"));
        }
        return Ok(vec![releases.catalog(of, version)?]);
    }
    let of = |domain: Domain| {
        let version = wanted.among(releases.versions(domain), domain)?;
        releases.catalog(domain, version)
    };
    if let Some(domain) = domain {
        return Ok(vec![of(domain)?]);
    }
    let found: Vec<Catalog> = Domain::ALL.into_iter().filter_map(|domain| of(domain).ok()).collect();
    if found.is_empty() {
        // No domain has it; Enterprise has the most versions to name.
        return Ok(vec![of(Domain::Enterprise)?]);
    }
    Ok(found)
}
