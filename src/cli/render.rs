//! `navlayer render`: a layer's matrix as a picture or a table.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use clap::ValueEnum;
use navlayer::attack::{Catalog, Domain, Version, WantedVersion};
use navlayer::config::Written;
use navlayer::diagnostic::{Diagnostic, Severity};
use navlayer::layer::read::{self, InputLayer, LayerFile, LayerFiles};
use navlayer::matrix::Shown;
use navlayer::matrix::palette::Theme;
use navlayer::render::svg::{Arrangement, Options, svg};
use navlayer::render::xlsx::{CatalogedLayer, workbook};
use navlayer::render::{csv, markdown};
use navlayer::tables::{self, Table};

use super::args::ExpandArg;
use super::file::deliver;
use super::known::Known;
use super::upgrade::{as_warning, no_domain, unknown};
use super::{CommandResult, Failure, Global, Outcome, config, findings, input};

/// Draw a Navigator layer: the matrix as a picture, as a workbook or as a table
///
/// Cells, colours, order and what is hidden are as the Navigator shows them; layers of format 2.0 to 4.5 are read. A picture
/// is as large as its matrix, or of the size of a page, with text as large as the matrix allows. A workbook takes all
/// layers of a file: a sheet for each, and lists of scores, metadata and colours.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The layer's file; `FILE#NAME` or `FILE#2` is one of several layers in it
    #[arg(value_name = "LAYER")]
    layer: PathBuf,
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
    #[command(flatten)]
    picture: PictureArgs,
}

/// How a picture looks.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Picture")]
struct PictureArgs {
    /// The page to fill: a4, a3, letter, tabloid, slide (1920×1080 pixels), each upright with -upright after it, or WIDTHxHEIGHT
    /// in millimetres [default: as large as the matrix]
    #[arg(long, value_name = "SIZE", value_parser = page)]
    page: Option<(f32, f32)>,
    /// The colours around the cells
    #[arg(long, value_enum, value_name = "THEME", default_value = "light")]
    theme: ThemeArg,
    /// How sub-techniques stand [default: as the layer says]
    #[arg(long, value_enum, value_name = "LAYOUT")]
    layout: Option<LayoutArg>,
    /// Which techniques are drawn with their sub-techniques [default: as the layer says]
    #[arg(long, value_enum, value_name = "WHICH")]
    expand: Option<ExpandArg>,
    /// What cells show: id, name, score, several with commas between them [default: as the layer says]
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',')]
    show: Vec<ShowArg>,
}

const EXAMPLES: &str = "\
Examples:
  navlayer render layers/aws.json -o aws.svg
  navlayer render layers/aws.json --page a3 --expand annotated --show id,name,score -o aws.svg
  navlayer render tabs.json#2 --theme dark --layout mini -o second.svg
  navlayer render tabs.json -o tabs.xlsx             a workbook of all layers in a file
  navlayer render theirs.json -o theirs.csv          every cell with its score, colour and comment";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A picture that scales
    Svg,
    /// A workbook: a sheet for each layer's matrix, and lists of scores, metadata and colours
    Xlsx,
    /// A row for each cell, for spreadsheets
    Csv,
    /// A row for each cell that has something to say, for documents
    Markdown,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ThemeArg {
    /// Dark text on white
    Light,
    /// Light text on black
    Dark,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LayoutArg {
    /// Beside their technique
    Side,
    /// Under their technique
    Flat,
    /// Squares without text
    Mini,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ShowArg {
    /// T1059
    Id,
    /// Command and Scripting Interpreter
    Name,
    /// 50
    Score,
}

/// 96 pixels are an inch, and that is 25.4 millimetres.
const PIXELS: f32 = 96.0 / 25.4;

/// The pages that have a name, lying, in millimetres.
const PAGES: [(&str, f32, f32); 4] =
    [("a4", 297.0, 210.0), ("a3", 420.0, 297.0), ("letter", 279.4, 215.9), ("tabloid", 431.8, 279.4)];

/// Reads a page's size, in pixels.
fn page(text: &str) -> Result<(f32, f32), String> {
    let text = text.trim().to_lowercase();
    let (name, is_upright) =
        text.strip_suffix("-upright").map_or((text.as_str(), false), |name| (name, true));
    let turned = |(width, height): (f32, f32)| if is_upright { (height, width) } else { (width, height) };
    if name == "slide" {
        return Ok(turned((1920.0, 1080.0)));
    }
    if let Some((_, width, height)) = PAGES.iter().find(|(known, ..)| *known == name) {
        return Ok(turned((width * PIXELS, height * PIXELS)));
    }
    let known = "a page is a4, a3, letter, tabloid or slide, or WIDTHxHEIGHT in millimetres: 420x297";
    let (width, height) = text.split_once('x').ok_or(known)?;
    let side = |text: &str| text.trim().parse::<f32>().ok().filter(|side| (50.0..=5_000.0).contains(side));
    match (side(width), side(height)) {
        (Some(width), Some(height)) => Ok((width * PIXELS, height * PIXELS)),
        _ => Err(format!("{known}, each from 50 to 5000")),
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args, global: &Global, out: &mut dyn io::Write) -> CommandResult {
    let output = args.output.as_deref().filter(|path| *path != Path::new("-"));
    let format = format(args.format, output)?;
    let settings = config::settings(Written::default(), global)?;
    let known = Known::read(global)?;
    let (path, part) = part_of(&args.layer);
    let LayerFiles { files, findings: mut found, errors } = read::from_paths(&[path]);
    if let Some(error) = errors.into_iter().next() {
        return Err(error.into());
    }
    let mut drawn = None;
    if let Some(file) = files.first() {
        found.extend(file.reading.findings.iter().map(as_warning));
        let layers = match (format, &part) {
            (Format::Xlsx, None) => file.reading.layers.iter().collect(),
            _ => vec![chosen(file, part.as_deref())?],
        };
        drawn = on_catalogs(args, layers, file, &known, &mut found, global)?;
    }
    input::in_source_order(&mut found, &[]);
    settings.finding_levels().apply(&mut found);
    let is_sound = found.iter().all(|one| one.severity != Severity::Error);
    let Some(drawn) = drawn.filter(|_| is_sound) else {
        input::stop::<()>(&found, global);
        return Ok(Outcome::Findings);
    };
    findings::print(&found, global);
    let bytes = written(format, &drawn, &args.picture.options())?;
    deliver(output, &bytes, args.force, None, global, out)?;
    Ok(Outcome::Clean)
}

/// A layer with the catalog that it is on.
type Drawn<'f> = (&'f InputLayer, Rc<Catalog>);

/// The file's content. All formats but a workbook are of the first layer.
fn written(format: Format, drawn: &[Drawn<'_>], options: &Options) -> Result<Vec<u8>, Failure> {
    if format == Format::Xlsx {
        let layers = drawn.iter().map(|(layer, catalog)| CatalogedLayer { layer, catalog });
        return Ok(workbook(&layers.collect::<Vec<_>>(), options)?);
    }
    let [(layer, catalog), ..] = drawn else { return Ok(Vec::new()) };
    let rows = || {
        let matrix = Shown::new(layer, catalog, options.theme.unwrap_or(Theme::Light), options.expand);
        tables::shown(&matrix)
    };
    let text = match format {
        Format::Svg | Format::Xlsx => svg(layer, catalog, options),
        Format::Csv => csv::table(&Table::new(&rows())),
        Format::Markdown => {
            let mut rows = rows();
            rows.retain(|row| row.color.is_some() || !row.enabled || !row.comment.is_empty());
            let mut table = Table::new(&rows);
            let columns = table.telling();
            table.select(&columns);
            markdown::table(&table)
        }
    };
    Ok(text.into_bytes())
}

/// The format asked for, or what the file's ending says. Standard output and devices get a picture.
fn format(asked: Option<Format>, output: Option<&Path>) -> Result<Format, Failure> {
    let Some(path) = output.filter(|_| asked.is_none()) else { return Ok(asked.unwrap_or(Format::Svg)) };
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("svg") => Ok(Format::Svg),
        Some("xlsx") => Ok(Format::Xlsx),
        Some("csv") => Ok(Format::Csv),
        Some("md" | "markdown") => Ok(Format::Markdown),
        None if path.exists() && !path.is_file() => Ok(Format::Svg),
        _ => Err(Failure::new(format!("{} does not tell the format to write", path.display()))
            .with_help("the endings .svg, .xlsx, .csv and .md do; --format names it for any other file")),
    }
}

/// A file, and what of it is meant: `tabs.json#2`.
fn part_of(path: &Path) -> (PathBuf, Option<String>) {
    let text = path.to_string_lossy();
    match text.rsplit_once('#') {
        Some((file, part)) if !path.exists() => (file.into(), Some(part.trim().to_owned())),
        _ => (path.to_owned(), None),
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

impl PictureArgs {
    fn options(&self) -> Options {
        let shows = |what| (!self.show.is_empty()).then(|| self.show.contains(&what));
        Options {
            page: self.page,
            theme: Some(match self.theme {
                ThemeArg::Light => Theme::Light,
                ThemeArg::Dark => Theme::Dark,
            }),
            arrangement: self.layout.map(|layout| match layout {
                LayoutArg::Side => Arrangement::Side,
                LayoutArg::Flat => Arrangement::Flat,
                LayoutArg::Mini => Arrangement::Mini,
            }),
            expand: self.expand.map(Into::into),
            ids: shows(ShowArg::Id),
            names: shows(ShowArg::Name),
            scores: shows(ShowArg::Score).unwrap_or(false),
        }
    }
}
