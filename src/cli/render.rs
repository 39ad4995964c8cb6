//! `navlayer render`: a matrix as a picture, a page, a workbook or a table.

mod made;
mod picture;

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use clap::ValueEnum;
use navlayer::attack::{Catalog, Domain, Version, WantedVersion};
use navlayer::config::{Setting, Settings, Written};
use navlayer::diagnostic::{Diagnostic, Severity};
use navlayer::layer::read::{InputLayer, LayerFile, LayerFiles};
use navlayer::matrix::Shown;
use navlayer::matrix::palette::Theme;
use navlayer::render::png::png;
use navlayer::render::svg::svg;
use navlayer::render::xlsx::{CatalogedLayer, workbook};
use navlayer::render::{csv, markdown};
use navlayer::report::layer_page;
use navlayer::tables::{self, Table};

use self::made::{MadeArgs, Subject};
use self::picture::PictureArgs;
use super::file::deliver;
use super::known::Known;
use super::upgrade::{as_warning, no_domain, unknown};
use super::{CommandResult, Failure, Global, Outcome, config, findings, input};

/// Draw a Navigator layer, or what mappings make: the matrix as a picture, a page, a workbook or a table
///
/// Cells, colours, order and what is hidden are as the Navigator shows them; layers of format 2.0 to 4.5 are read. A picture
/// is as large as its matrix, or of the size of a page, with text as large as the matrix allows. A workbook takes all
/// layers of a file: a sheet for each, and lists of scores, metadata and colours. Of mappings, the layer is drawn that
/// `navlayer layer` makes of them with the same flags.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// A layer's file, `FILE#NAME` or `FILE#2` for one of several layers in it, `-` for one on standard input; or mapping
    /// files, folders or patterns [default: `sources` of navlayer.toml, or the built-in AWS mapping]
    ///
    /// Whether a file is a layer shows in its content, not in its name.
    #[arg(value_name = "LAYER|SOURCE")]
    subject: Vec<PathBuf>,
    /// The file to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// What to write [default: as the file's ending says; else svg]
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
    /// Replace the file if it exists
    #[arg(long)]
    force: bool,
    /// The ATT&CK version of a layer that states none
    #[arg(long, value_name = "VERSION")]
    from: Option<WantedVersion>,
    /// A folder of templates that take the place of the built-in ones of the same name, for a page
    #[arg(long, value_name = "DIR")]
    templates: Option<PathBuf>,
    #[command(flatten)]
    picture: PictureArgs,
    #[command(flatten)]
    made: MadeArgs,
}

const EXAMPLES: &str = "\
Examples:
  navlayer render -o aws.png                         the built-in AWS mapping, on a slide
  navlayer render layers/aws.json -o aws.svg
  navlayer render layers/aws.json --page a3 --expand annotated --show id,name,score -o aws.svg
  navlayer render tabs.json#2 --theme dark --layout mini -o second.svg
  navlayer render --category Detect --platform IaaS -o detect.png --scale 2
  navlayer render tabs.json -o tabs.xlsx             a workbook of all layers in a file
  navlayer render theirs.json -o theirs.csv          every cell with its score, colour and comment";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A picture that scales
    Svg,
    /// A picture in pixels
    Png,
    /// A page that needs nothing else: the matrix, and what the layer says of techniques
    Html,
    /// A workbook: a sheet for each layer's matrix, and lists of scores, metadata and colours
    Xlsx,
    /// A row for each cell, for spreadsheets
    Csv,
    /// A row for each cell that has something to say, for documents
    Markdown,
}

impl Format {
    /// The ending of a format that is no text.
    const fn binary_ending(self) -> Option<&'static str> {
        match self {
            Self::Png => Some("png"),
            Self::Xlsx => Some("xlsx"),
            Self::Svg | Self::Html | Self::Csv | Self::Markdown => None,
        }
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args, global: &Global, out: &mut dyn io::Write) -> CommandResult {
    let output = args.output.as_deref().filter(|path| *path != Path::new("-"));
    let format = format(args.format, output)?;
    args.picture.check(format)?;
    if let Some(ending) = format.binary_ending()
        && output.is_none()
        && io::stdout().is_terminal()
    {
        let help = format!("-o FILE.{ending} names a file");
        return Err(Failure::new(format!(".{ending} is no text for a terminal")).with_help(help));
    }
    let subject = Subject::of(&args.subject)?;
    let settings = args.settings(&subject, global)?;
    let bytes = match subject {
        Subject::Mappings => match args.made.layer(&settings, global)? {
            Some((layer, catalog)) => {
                let drawn = CatalogedLayer { layer: &layer, catalog: &catalog };
                Some(written(args, format, &[drawn], &settings)?)
            }
            None => None,
        },
        Subject::Layer { files, part, .. } => {
            of_layer(args, format, files, part.as_deref(), &settings, global)?
        }
    };
    let Some(bytes) = bytes else { return Ok(Outcome::Findings) };
    deliver(output, &bytes, args.force, None, global, out)?;
    Ok(Outcome::Clean)
}

impl Args {
    /// The settings in force; flags that are not about what is drawn are refused.
    fn settings(&self, subject: &Subject, global: &Global) -> Result<Settings, Failure> {
        let mut flags = match subject {
            Subject::Mappings if self.from.is_some() => {
                return Err(Failure::new(
                    "--from is about a layer that states no version, and these are mappings",
                )
                .with_help("--table-attack-version is about mappings"));
            }
            Subject::Mappings => self.made.flags(&self.subject),
            Subject::Layer { path, .. } => {
                self.made.check_none(path)?;
                Written::default()
            }
        };
        flags.templates = self.templates.clone().map(|folder| Setting::flag(folder, "--templates"));
        config::settings(flags, global)
    }
}

/// What is written of a layer's file; `None` when findings say why it is nothing.
fn of_layer(
    args: &Args,
    format: Format,
    files: LayerFiles,
    part: Option<&str>,
    settings: &Settings,
    global: &Global,
) -> Result<Option<Vec<u8>>, Failure> {
    let known = Known::read(global)?;
    let LayerFiles { files, findings: mut found, errors } = files;
    if let Some(error) = errors.into_iter().next() {
        return Err(error.into());
    }
    let mut drawn = None;
    if let Some(file) = files.first() {
        found.extend(file.reading.findings.iter().map(as_warning));
        let layers = match (format, part) {
            (Format::Xlsx, None) => file.reading.layers.iter().collect(),
            _ => vec![chosen(file, part)?],
        };
        drawn = on_catalogs(args, layers, file, &known, &mut found, global)?;
    }
    input::in_source_order(&mut found, &[]);
    settings.finding_levels().apply(&mut found);
    let is_sound = found.iter().all(|one| one.severity != Severity::Error);
    let Some(drawn) = drawn.filter(|_| is_sound) else {
        return Ok(input::stop(&found, global));
    };
    findings::print(&found, global);
    let drawn: Vec<CatalogedLayer<'_>> =
        drawn.iter().map(|(layer, catalog)| CatalogedLayer { layer, catalog }).collect();
    written(args, format, &drawn, settings).map(Some)
}

/// A layer with the catalog that it is on.
type Drawn<'f> = (&'f InputLayer, Rc<Catalog>);

/// The file's content. All formats but a workbook are of the first layer.
fn written(
    args: &Args,
    format: Format,
    drawn: &[CatalogedLayer<'_>],
    settings: &Settings,
) -> Result<Vec<u8>, Failure> {
    let options = args.picture.options(format == Format::Png);
    let [CatalogedLayer { layer, catalog }, ..] = *drawn else { return Ok(Vec::new()) };
    let rows = || {
        let matrix = Shown::new(layer, catalog, options.theme.unwrap_or(Theme::Light), options.expand);
        tables::shown(&matrix)
    };
    Ok(match format {
        Format::Svg => svg(layer, catalog, &options).into_bytes(),
        Format::Png => png(layer, catalog, &options, args.picture.resolution())?,
        Format::Html => {
            layer_page(layer, catalog, &options, settings.templates.value.as_deref())?.into_bytes()
        }
        Format::Xlsx => workbook(drawn, &options)?,
        Format::Csv => csv::table(&Table::new(&rows())).into_bytes(),
        Format::Markdown => {
            let mut rows = rows();
            rows.retain(|row| row.color.is_some() || !row.enabled || !row.comment.is_empty());
            let mut table = Table::new(&rows);
            let columns = table.telling();
            table.select(&columns);
            markdown::table(&table).into_bytes()
        }
    })
}

/// The format asked for, or what the file's ending says. Standard output and devices get a picture.
fn format(asked: Option<Format>, output: Option<&Path>) -> Result<Format, Failure> {
    let Some(path) = output.filter(|_| asked.is_none()) else { return Ok(asked.unwrap_or(Format::Svg)) };
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("svg") => Ok(Format::Svg),
        Some("png") => Ok(Format::Png),
        Some("html" | "htm") => Ok(Format::Html),
        Some("xlsx") => Ok(Format::Xlsx),
        Some("csv") => Ok(Format::Csv),
        Some("md" | "markdown") => Ok(Format::Markdown),
        None if path.exists() && !path.is_file() => Ok(Format::Svg),
        _ => Err(Failure::new(format!("{} does not tell the format to write", path.display())).with_help(
            "the endings .svg, .png, .html, .xlsx, .csv and .md do; --format names it for any other file",
        )),
    }
}

/// The layer that is meant: the only one, or that of a name or a number.
fn chosen<'f>(file: &'f LayerFile, part: Option<&str>) -> Result<&'f InputLayer, Failure> {
    let layers = &file.reading.layers;
    let path = file.path.display();
    let name =
        |layer: &InputLayer| layer.name.as_ref().map_or(String::new(), |name| name.value.trim().to_owned());
    let Some(part) = part else {
        let [only] = layers.as_slice() else {
            return Err(Failure::new(format!(
                "{path} holds {} layers, and only a workbook takes several",
                layers.len()
            ))
            .with_help(format!("{path}#1 is the first one, {path}#NAME that of a name; .xlsx takes all")));
        };
        return Ok(only);
    };
    let called = layers.iter().find(|layer| name(layer).to_lowercase() == part.to_lowercase());
    let numbered = || part.parse::<usize>().ok().and_then(|number| layers.get(number.checked_sub(1)?));
    called.or_else(numbered).ok_or_else(|| {
        let names: Vec<String> = layers.iter().take(20).map(|layer| format!("`{}`", name(layer))).collect();
        Failure::new(format!("no layer of {path} is called `{part}`")).with_help(format!(
            "it holds {}, with the numbers 1 to {}",
            names.join(", "),
            layers.len()
        ))
    })
}

/// The layers with the catalogs that they are on; `None` when a finding says why one has none.
fn on_catalogs<'f>(
    args: &Args,
    layers: Vec<&'f InputLayer>,
    file: &LayerFile,
    known: &Known,
    found: &mut Vec<Diagnostic>,
    global: &Global,
) -> Result<Option<Vec<Drawn<'f>>>, Failure> {
    let mut catalogs: BTreeMap<(Domain, Version), Rc<Catalog>> = BTreeMap::new();
    let mut assumed: Vec<Version> = Vec::new();
    let mut drawn = Vec::new();
    let count = layers.len();
    for layer in layers {
        let Some((domain, version, is_stated)) = release(args, layer, file, known, found)? else { continue };
        if !is_stated && args.from.is_none() && !assumed.contains(&version) {
            assumed.push(version);
            let path = file.path.display();
            findings::say(
                global,
                &format!("note: {path} states no ATT&CK version; it is drawn on {version}"),
            );
        }
        let catalog = match catalogs.get(&(domain, version)) {
            Some(catalog) => Rc::clone(catalog),
            None => Rc::new(known.releases.catalog(domain, version)?),
        };
        catalogs.insert((domain, version), Rc::clone(&catalog));
        drawn.push((layer, catalog));
    }
    Ok(Some(drawn).filter(|drawn| drawn.len() == count))
}

/// The release that a layer is on, and whether it says so itself; `None` when a finding says why there is none.
fn release(
    args: &Args,
    layer: &InputLayer,
    file: &LayerFile,
    known: &Known,
    found: &mut Vec<Diagnostic>,
) -> Result<Option<(Domain, Version, bool)>, Failure> {
    let Some(domain) = layer.known_domain() else {
        found.push(no_domain(layer, &file.source));
        return Ok(None);
    };
    let versions = known.releases.versions(domain);
    match layer.release(domain, versions) {
        Some(stated) if versions.contains(&stated) => Ok(Some((domain, stated, true))),
        Some(stated) => {
            found.push(unknown(layer, &file.source, domain, stated, versions));
            Ok(None)
        }
        None => {
            let version = args.from.unwrap_or(WantedVersion::Newest).among(versions, domain)?;
            Ok(Some((domain, version, false)))
        }
    }
}
