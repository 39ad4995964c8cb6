//! `navlayer catalog`: what ATT&CK itself says, and how to bring another release of it.

mod diff;
mod list;
mod show;

use std::io;
use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use navlayer::attack::{Catalog, CatalogError, Domain, Table, Version};
use navlayer::output;

use super::{CommandResult, Failure, Global, Outcome};

/// Look up ATT&CK techniques, tactics, groups and campaigns, compare versions, or import a release
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(ListArgs),
    Show(ShowArgs),
    Diff(diff::Args),
    Import(ImportArgs),
}

/// List the known ATT&CK versions of each domain, with what they hold
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
    /// The ATT&CK version to look in: 16.1, 9 or latest
    #[arg(long, default_value = "latest", value_name = "VERSION", value_parser = parse_version)]
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

/// Turn STIX bundles into the fact tables that navlayer embeds
///
/// The bundles of one domain become one set of three tables. To use a bundle as it is, give it to any other command
/// with --attack-data.
#[derive(Debug, clap::Args)]
struct ImportArgs {
    /// STIX bundles as MITRE publishes them: enterprise-attack-16.1.json
    #[arg(required = true, value_name = "BUNDLE")]
    bundles: Vec<PathBuf>,
    /// The folder for the tables
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Replace files that are not tables of navlayer
    #[arg(long)]
    force: bool,
}

/// Which version a command is to use.
#[derive(Debug, Clone, Copy)]
enum WantedVersion {
    Newest,
    Exactly(Version),
}

fn parse_version(text: &str) -> Result<WantedVersion, String> {
    if text.eq_ignore_ascii_case("latest") {
        return Ok(WantedVersion::Newest);
    }
    text.parse().map(WantedVersion::Exactly).map_err(|_| "give a version such as 16.1, or latest".to_owned())
}

/// Runs the command. A bundle of the user's own stands for everything embedded; for `diff`, for the side that it is.
pub(crate) fn run(args: &Args, global: &Global, out: &mut dyn io::Write) -> CommandResult {
    let attack_data = global.attack_data.as_deref();
    match &args.command {
        Command::List(args) => list::run(args.format, attack_data, out),
        Command::Show(args) => {
            let catalogs = catalogs(args.attack_version, args.domain, attack_data)?;
            show::run(&args.queries, &catalogs, args.format, out)
        }
        Command::Diff(args) => diff::run(args, global, out),
        Command::Import(args) => import(args, out),
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

/// The catalogs to search: one for each domain that has the version.
fn catalogs(
    version: WantedVersion,
    domain: Option<Domain>,
    attack_data: Option<&Path>,
) -> Result<Vec<Catalog>, Failure> {
    if let Some(path) = attack_data {
        let version = match version {
            WantedVersion::Newest => None,
            WantedVersion::Exactly(version) => Some(version),
        };
        let catalog = Catalog::from_bundle(path, version)?;
        if let Some(domain) = domain.filter(|domain| *domain != catalog.domain()) {
            let message = format!("{} is {}, not {domain}", path.display(), catalog.domain());
            return Err(
                Failure::new(message).with_help("leave out --domain, or give a bundle of that domain")
            );
        }
        return Ok(vec![catalog]);
    }
    let WantedVersion::Exactly(version) = version else {
        let domains = Domain::ALL.into_iter().filter(|known| domain.is_none_or(|domain| domain == *known));
        return Ok(domains.map(Catalog::newest).collect());
    };
    if let Some(domain) = domain {
        return Ok(vec![Catalog::embedded(domain, version)?]);
    }
    let found: Vec<Catalog> =
        Domain::ALL.into_iter().filter_map(|domain| Catalog::embedded(domain, version).ok()).collect();
    if found.is_empty() {
        return Err(Catalog::embedded(Domain::Enterprise, version)
            .err()
            .map_or_else(|| Failure::new(format!("ATT&CK {version} is not known")), Failure::from));
    }
    Ok(found)
}

fn import(args: &ImportArgs, out: &mut dyn io::Write) -> CommandResult {
    let tables = Table::from_bundles(&args.bundles)?;
    let files: Vec<(String, String)> = tables.iter().flat_map(Table::files).collect();
    let folder = &args.output;
    std::fs::create_dir_all(folder)
        .map_err(|error| Failure::new(format!("cannot make the folder {} ({error})", folder.display())))?;
    // All are asked before the first is written: tables belong together.
    for (name, _) in files.iter().filter(|_| !args.force) {
        let path = folder.join(name);
        if path.exists() && !is_table(&path) {
            return Err(Failure::new(format!("{} is not a table of navlayer", path.display()))
                .with_help("nothing was written; --force replaces it, -o DIR writes elsewhere"));
        }
    }
    for (name, content) in &files {
        output::write_file(&folder.join(name), content.as_bytes())?;
    }
    for table in &tables {
        for note in table.notes() {
            writeln!(out, "note: {note}")?;
        }
        let count = table.versions().len();
        let noun = if count == 1 { "version" } else { "versions" };
        let ranges = table.ranges(table.versions());
        let names: Vec<String> = table.files().into_iter().map(|(name, _)| name).collect();
        writeln!(out, "{}: {count} {noun} ({ranges}) in {}", table.domain(), names.join(", "))?;
    }
    Ok(Outcome::Clean)
}

/// Whether a file is a table as `import` writes it, by its first line.
fn is_table(path: &Path) -> bool {
    std::fs::read(path).is_ok_and(|held| held.starts_with(b"# navlayer ATT&CK facts"))
}
