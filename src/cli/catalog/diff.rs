//! `navlayer catalog diff`: which catalogs are compared, and what becomes of the result.

mod text;

use std::io;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use navlayer::attack::diff::Diff;
use navlayer::attack::{Catalog, CatalogError, Domain};
use navlayer::{layer, report};

use super::{CommandResult, Failure, Global, Outcome, WantedVersion, parse_version};
use crate::cli::file::write_one;
use crate::cli::findings;
use crate::cli::layer::is_our_layer;

/// Show what changed between two ATT&CK versions: as text, a page, JSON, or a Navigator layer
///
/// Techniques and sub-techniques that are added, replaced, deprecated, removed or brought back, and those with another
/// name, parent, tactic or platform; the same for tactics and for the platforms of the domain. The layer is one of TO;
/// what is retired is told with its successor, or in the layer's own metadata. --attack-data stands for the side whose
/// version it is.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The version to start from: 16.1, 9 or latest
    #[arg(value_name = "FROM", value_parser = parse_version)]
    from: WantedVersion,
    /// The version to compare with it; an earlier one than FROM will do
    #[arg(value_name = "TO", value_parser = parse_version)]
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
    let (from, to) = sides(args, global.attack_data.as_deref())?;
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
    let Some(path) = output else {
        out.write_all(&bytes)?;
        return Ok(Outcome::Clean);
    };
    let is_ours = (format == Format::Layer).then_some(is_our_layer as fn(&[u8]) -> bool);
    write_one(path, &bytes, args.force, is_ours)?;
    findings::say(global, &format!("wrote {}", path.display()));
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

/// The two catalogs. A bundle stands for the version that it is, on whichever side that is asked for.
fn sides(args: &Args, attack_data: Option<&Path>) -> Result<(Catalog, Catalog), Failure> {
    let Some(path) = attack_data else {
        let domain = args.domain.unwrap_or(Domain::Enterprise);
        return Ok((embedded(domain, args.from)?, embedded(domain, args.to)?));
    };
    let bundle = Catalog::from_bundle(path, None)?;
    let (domain, version) = (bundle.domain(), bundle.version());
    if let Some(asked) = args.domain.filter(|asked| *asked != domain) {
        let message = format!("{} is {domain}, not {asked}", path.display());
        return Err(Failure::new(message).with_help("leave out --domain, or give a bundle of that domain"));
    }
    let newest = Catalog::newest(domain).version().max(version);
    let is_bundle = |wanted: WantedVersion| match wanted {
        WantedVersion::Newest => version == newest,
        WantedVersion::Exactly(wanted) => wanted == version,
    };
    if !is_bundle(args.from) && !is_bundle(args.to) {
        let message = format!("{} is {domain} {version}, which is neither FROM nor TO", path.display());
        return Err(Failure::new(message).with_help(format!("name {version} as one of them")));
    }
    let side = |wanted| if is_bundle(wanted) { Ok(bundle.clone()) } else { embedded(domain, wanted) };
    Ok((side(args.from)?, side(args.to)?))
}

fn embedded(domain: Domain, wanted: WantedVersion) -> Result<Catalog, Failure> {
    let WantedVersion::Exactly(version) = wanted else { return Ok(Catalog::newest(domain)) };
    Catalog::embedded(domain, version).map_err(|error| match &error {
        CatalogError::UnknownVersion { known, .. } => {
            let help = match known.iter().rfind(|known| known.major == version.major) {
                Some(near) => format!("did you mean {near}?"),
                None => "--attack-data compares MITRE's STIX bundle of a version; `navlayer catalog import` makes \
                         tables of it, to build in"
                    .to_owned(),
            };
            Failure::new(error.to_string()).with_help(help)
        }
        _ => Failure::from(error),
    })
}
