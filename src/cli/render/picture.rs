//! How a picture looks, and how large it is.

use clap::ValueEnum;
use navlayer::matrix::palette::Theme;
use navlayer::render::picture::{Arrangement, Options};
use navlayer::render::png::{PngError, Resolution};

use super::Format;
use crate::cli::Failure;
use crate::cli::args::ExpandArg;

/// How a picture looks.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Picture")]
pub(super) struct PictureArgs {
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
    /// The colours around the cells of a picture [default: light; html follows its reader]
    #[arg(long, value_enum, value_name = "THEME")]
    theme: Option<ThemeArg>,
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
    /// Refuses what what is written does not have.
    pub(super) fn check(&self, format: Format) -> Result<(), Failure> {
        let pixels = self.scale.map(|_| "--scale").or(self.width.map(|_| "--width"));
        if let Some(flag) = pixels.filter(|_| format != Format::Png) {
            return Err(Failure::new(format!("{flag} is about the pixels of a png, and none is written"))
                .with_help("-o FILE.png writes one; --page sets the size of other pictures"));
        }
        let why = match format {
            Format::Html => "a page is light or dark as its reader's screen is",
            Format::Xlsx => "the sheets of a workbook are white",
            _ => return Ok(()),
        };
        if self.theme.is_some() {
            return Err(Failure::new(format!("--theme is about pictures, and {why}"))
                .with_help("leave it out; -o FILE.svg or FILE.png writes a picture"));
        }
        Ok(())
    }

    pub(super) fn resolution(&self) -> Resolution {
        self.width.map_or(Resolution::Scale(self.scale.unwrap_or(1.0)), Resolution::Width)
    }

    pub(super) fn options(&self, is_png: bool) -> Options {
        let page = self.page.unwrap_or(if is_png { Page::SLIDE } else { Page::Matrix });
        let shows = |what| (!self.show.is_empty()).then(|| self.show.contains(&what));
        Options {
            page: match page {
                Page::Matrix => None,
                Page::Size(width, height) => Some((width, height)),
            },
            theme: self.theme.map(|theme| match theme {
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
