//! `navlayer catalog diff`: which catalogs are compared, and what becomes of the result.

mod text;

use std::io;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use navlayer::attack::diff::Diff;
use navlayer::attack::{Catalog, Domain, WantedVersion};
use navlayer::{layer, report};

use super::{CommandResult, Failure, Global, Known, Outcome};
use crate::cli::file::deliver;
use crate::cli::layer::is_our_layer;

/// Show what changed between two ATT&CK versions: as text, a page, JSON, or a Navigator layer
///
/// Techniques and sub-techniques that are added, replaced, deprecated, removed or brought back, and those with another
/// name, parent, tactic or platform; the same for tactics and for the platforms of the domain. The layer is one of TO;
/// what is retired is told with its successor, or in the layer's own metadata. --attack-data stands for the side whose
/// version it is.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The version to start from: 16.1, 16 for the newest of that number, or latest
    #[arg(value_name = "FROM")]
    from: WantedVersion,
    /// The version to compare with it; an earlier one than FROM will do
    #[arg(value_name = "TO")]
    to: WantedVersion,
    /// enterprise-attack, mobile-attack or ics-attack [default: enterprise-attack, or what --attack-data is]
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<Domain>,
    /// How to write it [default: as the file's ending says; else text]
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
    /// The file to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(long)]
    force: bool,
    /// A folder of templates that take the place of the built-in ones of the same name, for --format html
    #[arg(long, value_name = "DIR")]
    templates: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs: `navlayer schema diff` describes it
    Json,
    /// A page that needs nothing else
    Html,
    /// A Navigator layer on TO, with a colour for each kind of change
    Layer,
}

pub(super) fn run(args: &Args, global: &Global, out: &mut dyn io::Write) -> CommandResult {
    let output = args.output.as_deref().filter(|path| *path != Path::new("-"));
    let format = format(args.format, output)?;
    if args.templates.is_some() && format != Format::Html {
        return Err(Failure::new("--templates is for a page").with_help("--format html writes one"));
    }
    let (from, to) = sides(args, global)?;
    let diff = Diff::new(&from, &to).map_err(|error| Failure::new(error.to_string()))?;
    let bytes = match format {
        Format::Text => text::text(&diff).into_bytes(),
        Format::Json => {
            let mut json = serde_json::to_vec_pretty(&diff).map_err(io::Error::from)?;
            json.push(b'\n');
            json
        }
        Format::Html => report::diff_page(&diff, args.templates.as_deref())?.into_bytes(),
        Format::Layer => layer::to_json(&layer::of_diff(&diff)),
    };
    let is_ours = (format == Format::Layer).then_some(is_our_layer as fn(&[u8]) -> bool);
    deliver(output, &bytes, args.force, is_ours, global, out)?;
    Ok(Outcome::Clean)
}

/// The format asked for, or what the file's ending says. Standard output and devices are for people.
fn format(asked: Option<Format>, output: Option<&Path>) -> Result<Format, Failure> {
    let Some(path) = output.filter(|_| asked.is_none()) else { return Ok(asked.unwrap_or(Format::Text)) };
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("txt") => Ok(Format::Text),
        Some("json") => Ok(Format::Json),
        Some("html" | "htm") => Ok(Format::Html),
        None if path.exists() && !path.is_file() => Ok(Format::Text),
        _ => Err(Failure::new(format!("{} does not tell the format to write", path.display()))
            .with_help("the endings .txt, .json and .html do; --format names it for any other file")),
    }
}

/// The two catalogs. A bundle of the user's own has to be one of them: else there was no need to give it.
fn sides(args: &Args, global: &Global) -> Result<(Catalog, Catalog), Failure> {
    let known = Known::read(global)?;
    let domain = args.domain.or(known.bundle.map(|(domain, _)| domain)).unwrap_or(Domain::Enterprise);
    if let Some((of, _)) = known.bundle.filter(|(of, _)| *of != domain) {
        return Err(Failure::new(format!("the bundle of --attack-data is of {of}, not {domain}"))
            .with_help("leave out --domain, or give a bundle of that domain"));
    }
    let versions = known.releases.versions(domain);
    let (from, to) = (args.from.among(versions, domain)?, args.to.among(versions, domain)?);
    if let Some((_, version)) = known.bundle.filter(|(_, version)| ![from, to].contains(version)) {
        let message =
            format!("the bundle of --attack-data is {domain} {version}, which is neither FROM nor TO");
        return Err(Failure::new(message).with_help(format!("name {version} as one of them")));
    }
    Ok((known.releases.catalog(domain, from)?, known.releases.catalog(domain, to)?))
}
