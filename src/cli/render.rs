//! `navlayer render`: a layer's matrix as a picture or a table.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use navlayer::attack::{Catalog, WantedVersion};
use navlayer::config::Written;
use navlayer::diagnostic::{Diagnostic, Severity};
use navlayer::layer::read::{self, InputLayer, LayerFile, LayerFiles};
use navlayer::matrix::Shown;
use navlayer::matrix::palette::Theme;
use navlayer::render::picture::{Arrangement, Options};
use navlayer::render::png::{PngError, Resolution, png};
use navlayer::render::svg::svg;
use navlayer::render::{csv, markdown};
use navlayer::tables::{self, Table};

use super::args::ExpandArg;
use super::file::deliver;
use super::known::Known;
use super::upgrade::{as_warning, no_domain, unknown};
use super::{CommandResult, Failure, Global, Outcome, config, findings, input};

/// Draw a Navigator layer: the matrix as a picture, or as a table
///
/// Cells, colours, order and what is hidden are as the Navigator shows them; layers of format 2.0 to 4.5 are read. A picture
/// is as large as its matrix, or of the size of a page, with text as large as the matrix allows.
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
    /// The page to fill: a4, a3, letter, tabloid, slide (1920×1080 pixels), each upright with -upright after it, WIDTHxHEIGHT
    /// in millimetres, or matrix for as large as the matrix is [default: slide for png; else matrix]
    #[arg(long, value_name = "SIZE", value_parser = page)]
    page: Option<Page>,
    /// How many pixels of a png each pixel of the page takes, of which 96 are an inch: 0.25 to 8 [default: 1]
    #[arg(long, value_name = "N", value_parser = scale, conflicts_with = "width")]
    scale: Option<f32>,
    /// How many pixels a png has from left to right
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(16..=50_000))]
    width: Option<u32>,
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
  navlayer render theirs.json -o theirs.csv          every cell with its score, colour and comment";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A picture that scales
    Svg,
    /// A picture in pixels
    Png,
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

/// How large a picture is.
#[derive(Debug, Clone, Copy)]
enum Page {
    /// As large as the matrix.
    Matrix,
    /// Width and height in pixels.
    Size(f32, f32),
}

impl Page {
    const SLIDE: Self = Self::Size(1920.0, 1080.0);
}

/// Reads a page's size.
fn page(text: &str) -> Result<Page, String> {
    let text = text.trim().to_lowercase();
    let (name, is_upright) =
        text.strip_suffix("-upright").map_or((text.as_str(), false), |name| (name, true));
    let turned = |page| match page {
        Page::Size(width, height) if is_upright => Page::Size(height, width),
        page => page,
    };
    match name {
        "slide" => return Ok(turned(Page::SLIDE)),
        "matrix" if !is_upright => return Ok(Page::Matrix),
        _ => {}
    }
    if let Some((_, width, height)) = PAGES.iter().find(|(known, ..)| *known == name) {
        return Ok(turned(Page::Size(width * PIXELS, height * PIXELS)));
    }
    let known = "a page is a4, a3, letter, tabloid, slide or matrix, or WIDTHxHEIGHT in millimetres: 420x297";
    let (width, height) = text.split_once('x').ok_or(known)?;
    let side = |text: &str| text.trim().parse::<f32>().ok().filter(|side| (50.0..=5_000.0).contains(side));
    match (side(width), side(height)) {
        (Some(width), Some(height)) => Ok(Page::Size(width * PIXELS, height * PIXELS)),
        _ => Err(format!("{known}, each from 50 to 5000")),
    }
}

/// Reads how many pixels one of the page takes.
fn scale(text: &str) -> Result<f32, String> {
    let scale = text.trim().parse::<f32>().ok().filter(|scale| (0.25..=8.0).contains(scale));
    scale.ok_or_else(|| "a scale is a number from 0.25 to 8: 2 is twice as sharp".to_owned())
}

/// Runs the command.
pub(crate) fn run(args: &Args, global: &Global, out: &mut dyn io::Write) -> CommandResult {
    let output = args.output.as_deref().filter(|path| *path != Path::new("-"));
    let format = format(args.format, output)?;
    args.picture.check(format)?;
    if format == Format::Png && output.is_none() && io::stdout().is_terminal() {
        return Err(Failure::new("a png is no text for a terminal").with_help("-o FILE.png names a file"));
    }
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
        let layer = chosen(file, part.as_deref())?;
        drawn = catalog(args, layer, file, &known, &mut found, global)?.map(|catalog| (layer, catalog));
    }
    input::in_source_order(&mut found, &[]);
    settings.finding_levels().apply(&mut found);
    let is_sound = found.iter().all(|one| one.severity != Severity::Error);
    let Some((layer, catalog)) = drawn.filter(|_| is_sound) else {
        input::stop::<()>(&found, global);
        return Ok(Outcome::Findings);
    };
    findings::print(&found, global);
    let options = args.picture.options(format);
    let rows = || {
        let matrix = Shown::new(layer, &catalog, options.theme.unwrap_or(Theme::Light), options.expand);
        tables::shown(&matrix)
    };
    let bytes = match format {
        Format::Svg => svg(layer, &catalog, &options).into_bytes(),
        Format::Png => png(layer, &catalog, &options, args.picture.resolution())?,
        Format::Csv => csv::table(&Table::new(&rows())).into_bytes(),
        Format::Markdown => {
            let mut rows = rows();
            rows.retain(|row| row.color.is_some() || !row.enabled || !row.comment.is_empty());
            let mut table = Table::new(&rows);
            let columns = table.telling();
            table.select(&columns);
            markdown::table(&table).into_bytes()
        }
    };
    deliver(output, &bytes, args.force, None, global, out)?;
    Ok(Outcome::Clean)
}

/// The format asked for, or what the file's ending says. Standard output and devices get a picture.
fn format(asked: Option<Format>, output: Option<&Path>) -> Result<Format, Failure> {
    let Some(path) = output.filter(|_| asked.is_none()) else { return Ok(asked.unwrap_or(Format::Svg)) };
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("svg") => Ok(Format::Svg),
        Some("png") => Ok(Format::Png),
        Some("csv") => Ok(Format::Csv),
        Some("md" | "markdown") => Ok(Format::Markdown),
        None if path.exists() && !path.is_file() => Ok(Format::Svg),
        _ => Err(Failure::new(format!("{} does not tell the format to write", path.display()))
            .with_help("the endings .svg, .png, .csv and .md do; --format names it for any other file")),
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
                "{path} holds {} layers, and a picture is of one",
                layers.len()
            ))
            .with_help(format!("{path}#1 is the first one, {path}#NAME that of a name")));
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

/// The catalog that a layer is on; `None` when a finding says why there is none.
fn catalog(
    args: &Args,
    layer: &InputLayer,
    file: &LayerFile,
    known: &Known,
    found: &mut Vec<Diagnostic>,
    global: &Global,
) -> Result<Option<Catalog>, Failure> {
    let Some(domain) = layer.known_domain() else {
        found.push(no_domain(layer, &file.source));
        return Ok(None);
    };
    let versions = known.releases.versions(domain);
    let version = match layer.release(domain, versions) {
        Some(stated) if versions.contains(&stated) => stated,
        Some(stated) => {
            found.push(unknown(layer, &file.source, domain, stated, versions));
            return Ok(None);
        }
        None => {
            let version = args.from.unwrap_or(WantedVersion::Newest).among(versions, domain)?;
            if args.from.is_none() {
                let path = file.path.display();
                findings::say(
                    global,
                    &format!("note: {path} states no ATT&CK version; it is drawn on {version}"),
                );
            }
            version
        }
    };
    Ok(Some(known.releases.catalog(domain, version)?))
}

impl From<PngError> for Failure {
    fn from(error: PngError) -> Self {
        let help = match &error {
            PngError::TooLarge { .. } => {
                Some("a smaller --page, --scale or --width makes less of it".to_owned())
            }
            _ => None,
        };
        Self { help, ..Self::new(error.to_string()) }
    }
}

impl PictureArgs {
    /// Refuses what only a picture in pixels has.
    fn check(&self, format: Format) -> Result<(), Failure> {
        let flag = self.scale.map(|_| "--scale").or(self.width.map(|_| "--width"));
        match flag.filter(|_| format != Format::Png) {
            Some(flag) => {
                Err(Failure::new(format!("{flag} is about the pixels of a png, and none is written"))
                    .with_help("-o FILE.png writes one; --page sets the size of other pictures"))
            }
            None => Ok(()),
        }
    }

    fn resolution(&self) -> Resolution {
        self.width.map_or(Resolution::Scale(self.scale.unwrap_or(1.0)), Resolution::Width)
    }

    fn options(&self, format: Format) -> Options {
        let page = self.page.unwrap_or(if format == Format::Png { Page::SLIDE } else { Page::Matrix });
        let shows = |what| (!self.show.is_empty()).then(|| self.show.contains(&what));
        Options {
            page: match page {
                Page::Matrix => None,
                Page::Size(width, height) => Some((width, height)),
            },
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
