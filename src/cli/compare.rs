//! `navlayer compare`: sides next to each other.

mod text;

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use navlayer::config::{Setting, Settings, Written};
use navlayer::coverage::Rollup;
use navlayer::coverage::compare::Comparison;
use navlayer::coverage::threat::Threat;
use navlayer::layer;
use navlayer::mapping::MappingSet;
use navlayer::mapping::select::Selection;
use navlayer::render::csv;
use navlayer::render::sheets::{Sheet, WorkbookError, workbook};
use navlayer::report;
use navlayer::tables::{self, Rows, Table};

use super::account::UpgradeReportArgs;
use super::args::{DeployedArgs, FilterArgs, MetricArgs, ReadingArgs, ThreatArgs};
use super::deployed::{self, Deployed};
use super::file::write_one;
use super::input::{self, Input};
use super::layer::is_our_layer;
use super::sides::{Asked, Side, tell_apart};
use super::table::LayoutArgs;
use super::{CommandResult, Failure, Global, Outcome, config, findings, threat};

/// How many sides there are at least, and at most.
pub(crate) const SIDES: Range<usize> = 2..9;

/// Put capabilities, groups, tags, frameworks, files or layers side by side
///
/// Per technique and category: the level of each side, who is strongest, and what only one side maps. Of all sides: what
/// they share, and which capabilities another one makes superfluous as far as the mappings go. As text, a page, a table, a
/// workbook, JSON, or as Navigator layers: one for each side on one scale, and one of the differences.
///
/// With --threat also what each side and all together cover of what a group uses, and where risk remains.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Two to eight of: a capability (id, name or glob), a framework (aws, aws@2021 for an edition, aws#amazon_guardduty for
    /// something of it), group:NAME, tag:NAME, @SELECTION of navlayer.toml, a file or folder (mapping.json, or
    /// mapping.json#NAME for something of it); NAME=SIDE names a side
    ///
    /// Without a word before it, a name is looked for among capabilities, frameworks, groups and tags, in this order.
    /// Capabilities are those of --source; files bring their own. What has a slash or the ending of a mapping file is a
    /// path: ./aws is a folder, aws a framework. With --deployed, one side, or none for everything, is compared with what of
    /// it is deployed.
    #[arg(value_name = "SIDE")]
    sides: Vec<String>,
    /// Mapping files, folders or patterns that names are looked for in [default: `sources` of navlayer.toml, or the built-in
    /// AWS mapping]
    #[arg(short, long, value_name = "SOURCE")]
    source: Vec<PathBuf>,
    #[command(flatten)]
    reading: ReadingArgs,
    #[command(flatten)]
    account: UpgradeReportArgs,
    /// How to write it [default: as the file's ending says; else text]
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
    /// The file to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(long)]
    force: bool,
    /// A folder of templates that take the place of the built-in ones of the same name, for a page
    #[arg(long, value_name = "DIR")]
    templates: Option<PathBuf>,
    /// What the rows of the table are for
    #[arg(long, value_enum, value_name = "WHAT", default_value_t)]
    per: Per,
    /// Leave out rows in which all sides are equal
    #[arg(long, conflicts_with = "all")]
    differences: bool,
    /// Also list the techniques in scope that no side maps
    #[arg(long)]
    all: bool,
    /// Leave out rows of techniques that the threat does not use: of --threat, or of navlayer.toml
    ///
    /// With --all, the techniques that it uses and no side maps have rows, too.
    #[arg(long)]
    used: bool,
    #[command(flatten)]
    columns: LayoutArgs,
    #[command(flatten)]
    deployed: DeployedArgs,
    #[command(flatten)]
    threat: ThreatArgs,
    #[command(flatten)]
    metric: MetricArgs,
    #[command(flatten)]
    filters: FilterArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: the figures of the sides, what they share, and a row for each technique
    Text,
    /// A page that needs nothing else
    Html,
    /// Navigator layers in one file: the sides on one scale, the differences, and with a threat what all sides together
    /// have against it
    Layer,
    /// The table alone, for spreadsheets
    Csv,
    /// A workbook with all tables
    Xlsx,
    /// For programs: `navlayer schema compare` describes it
    Json,
    /// For documents
    Markdown,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Per {
    /// Each technique in each category
    #[default]
    Category,
    /// Each technique, over all categories
    Technique,
}

const EXAMPLES: &str = "\
Examples:
  navlayer compare amazon_guardduty aws_config                 two services of AWS
  navlayer compare amazon_guardduty aws_config -o page.html    the same as a page, matrices side by side
  navlayer compare amazon_guardduty aws_config --format layer -o tabs.json
                                                               for the Navigator: each side, and the differences
  navlayer compare @prod @wanted --differences                 saved selections of navlayer.toml
  navlayer compare 2021.json 2024.json --category detect       two editions of a mapping
  navlayer compare aws azure -s aws.json -s azure.json -o clouds.xlsx
  navlayer compare amazon_guardduty aws_config --threat APT29
                                                               what of APT29's techniques each covers, and what remains
  navlayer compare @prod @wanted --threat APT29 --used --all --format csv

Columns of the table: id, name, kind, tactics, platforms, fate, category, one for each side, verdict \
(only, strongest, equal, none), by (whom the verdict is about), lead; and for each side its score, \
state, capabilities and comments. With --threat also use (100 is one by all actors named, or a layer's highest score), residual \
(use × (1 − score / 100), of the technique with all sides together, or with what is deployed beside what is \
on paper), used_by, and for each side its residual; `--used` leaves the threat's techniques, `--sort -use` puts them first.";

impl From<WorkbookError> for Failure {
    fn from(error: WorkbookError) -> Self {
        Self::new(error.to_string())
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args, global: &Global, out: &mut dyn io::Write) -> CommandResult {
    args.account.check()?;
    let output = args.output.as_deref().filter(|path| *path != Path::new("-"));
    let format = format(args.format, output)?;
    let settings = config::settings(args.flags(), global)?;
    check_count(args.sides.len(), !settings.deployed.is_empty())?;
    let asked: Vec<Asked> =
        args.sides.iter().map(|text| Asked::parse(text, &settings)).collect::<Result<_, _>>()?;
    let (mut groups, places) = groups(&asked, &settings);
    if groups.is_empty() {
        groups.push(settings.source_paths());
    }
    let Some(input) = input::load_groups(&settings, &groups, global)? else {
        return Ok(Outcome::Findings);
    };
    let all = input::select(&settings, &input, global)?;
    let mut sides: Vec<Side> = Vec::with_capacity(asked.len());
    for (one, place) in asked.iter().zip(places) {
        let own = input.groups[place].clone();
        let mut side = one.resolve(&input.sets, own, &input.catalog, &settings, global)?;
        side.selection = all.narrowed_to(&side.selection);
        sides.push(side);
    }
    tell_apart(&mut sides, &asked, &input.sets);
    let deployed = narrow(&mut sides, &all, &settings, &input, global)?;
    args.account.write(&input.sets, &settings, args.force, global)?;
    if settings.rollup.value != Rollup::None {
        findings::say(global, "note: a comparison is of what is mapped; the roll-up is left out");
    }
    let threat = threat::threat(&settings, &input, global)?;
    if args.used && threat.is_none() {
        return Err(Failure::new("--used leaves what a threat uses, and no threat is named")
            .with_help("--threat APT29 names one; `navlayer catalog groups` lists them"));
    }
    let comparison = compared(&settings, &input, &sides, threat.as_ref());
    text::notes(&comparison, &sides, &input.sets, settings.metric.value, global);
    let bytes = written(args, &settings, &comparison, deployed.as_ref(), format)?;
    match output {
        None => {
            out.write_all(&bytes)?;
            // What is said about the table comes after it.
            out.flush()?;
        }
        Some(path) => {
            let is_ours = (format == Format::Layer).then_some(is_our_layer as fn(&[u8]) -> bool);
            write_one(path, &bytes, args.force, is_ours)?;
            findings::say(global, &format!("wrote {}", path.display()));
        }
    }
    text::summary(&comparison, global);
    Ok(Outcome::Clean)
}

impl Args {
    /// What the flags say of settings.
    fn flags(&self) -> Written {
        let sources = self.source.iter().map(|source| Setting::flag(source.clone(), "--source"));
        let mut flags = Written { sources: sources.collect(), ..Written::default() };
        self.reading.write(&mut flags);
        self.deployed.write(&mut flags);
        self.threat.write(&mut flags);
        self.metric.write(&mut flags);
        self.filters.write(&mut flags);
        flags.templates = self.templates.clone().map(|folder| Setting::flag(folder, "--templates"));
        flags
    }

    fn rows(&self) -> Rows {
        Rows {
            per_technique: self.per == Per::Technique,
            all: self.all,
            differences: self.differences,
            used: self.used,
        }
    }
}

/// The lists of sources, each read once, and of each side the place of its own.
fn groups(asked: &[Asked], settings: &Settings) -> (Vec<Vec<PathBuf>>, Vec<usize>) {
    let mut groups: Vec<Vec<PathBuf>> = Vec::new();
    let mut places = Vec::with_capacity(asked.len());
    for one in asked {
        let sources = one.own_sources().unwrap_or_else(|| settings.source_paths());
        let held = groups.iter().position(|group| *group == sources);
        places.push(held.unwrap_or_else(|| {
            groups.push(sources);
            groups.len() - 1
        }));
    }
    (groups, places)
}

fn compared<'a>(
    settings: &Settings,
    input: &'a Input,
    sides: &[Side],
    threat: Option<&'a Threat>,
) -> Comparison<'a> {
    let named: Vec<(String, Selection)> =
        sides.iter().map(|side| (side.name.clone(), side.selection.clone())).collect();
    let comparison = Comparison::new(&input.sets, &input.catalog, settings.rules(), &named);
    match threat {
        Some(threat) => comparison.against(threat),
        None => comparison,
    }
}

/// The format asked for, or what the file's ending says. Standard output and devices are for people.
fn format(asked: Option<Format>, output: Option<&Path>) -> Result<Format, Failure> {
    let Some(path) = output.filter(|_| asked.is_none()) else { return Ok(asked.unwrap_or(Format::Text)) };
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("txt") => Ok(Format::Text),
        Some("html" | "htm") => Ok(Format::Html),
        Some("csv") => Ok(Format::Csv),
        Some("xlsx") => Ok(Format::Xlsx),
        Some("json") => Ok(Format::Json),
        Some("md" | "markdown") => Ok(Format::Markdown),
        None if path.exists() && !path.is_file() => Ok(Format::Text),
        _ => Err(Failure::new(format!("{} does not tell the format to write", path.display())).with_help(
            "the endings .txt, .html, .csv, .xlsx, .json and .md do; --format names it for any other file, and layers",
        )),
    }
}

fn written(
    args: &Args,
    settings: &Settings,
    comparison: &Comparison<'_>,
    deployed: Option<&Deployed>,
    format: Format,
) -> Result<Vec<u8>, Failure> {
    let standings = deployed.map(|deployed| standings(deployed, comparison.sides()[0].coverage.sets()));
    let of_page = deployed.map(|one| report::Deployed { deployment: &one.deployment, paper: &one.paper });
    let rows = |is_for_people: bool| -> Result<Table, Failure> {
        let mut table = tables::compared(comparison, args.rows());
        args.columns.arrange(&mut table, is_for_people)?;
        Ok(table)
    };
    Ok(match format {
        Format::Text => text::text(comparison, standings, &rows(true)?, &args.columns).into_bytes(),
        Format::Markdown => text::markdown(comparison, standings, &rows(true)?).into_bytes(),
        Format::Csv => csv::table(&rows(false)?).into_bytes(),
        Format::Xlsx => workbook(&text::about(comparison), &sheets(comparison, standings, rows(false)?))?,
        Format::Json => {
            let file = report::comparison_file(comparison, of_page);
            let mut json = serde_json::to_vec_pretty(&file).map_err(io::Error::from)?;
            json.push(b'\n');
            json
        }
        Format::Layer => {
            let options = layer::Options {
                color_by: settings.color_by.value,
                palette: settings.palette(),
                expand: settings.expand.value,
                ..layer::Options::default()
            };
            let mut layers = layer::of_comparison(comparison, &options);
            if let Some(deployed) = deployed {
                for (layer, side) in layers.iter_mut().zip(comparison.sides()) {
                    if side.coverage.selection().is_of_running() {
                        layer::add_evidence(layer, &side.coverage, &deployed.deployment);
                    }
                }
            }
            layer::to_bundle(&layers)
        }
        Format::Html => {
            let templates = settings.templates.value.as_deref();
            let options = report::PageOptions { palette: settings.palette(), templates, deployed: of_page };
            report::compare_page(comparison, options)?.into_bytes()
        }
    })
}

fn sheets(comparison: &Comparison<'_>, standings: Option<Table>, rows: Table) -> Vec<Sheet> {
    let mut sheets = vec![Sheet { name: "Sides", table: Table::new(&tables::compared_sides(comparison)) }];
    if comparison.defence().is_some() {
        sheets.push(Sheet { name: "Threat", table: Table::new(&tables::compared_against(comparison)) });
        sheets.push(Sheet { name: "Threat gaps", table: tables::compared_gaps(comparison) });
    }
    sheets.extend([
        Sheet { name: "Overlap", table: Table::new(&tables::compared_pairs(comparison)) },
        Sheet { name: "Techniques", table: rows },
        Sheet { name: "Dominated", table: Table::new(&tables::dominated(comparison)) },
    ]);
    sheets.extend(standings.map(|table| Sheet { name: "Deployed", table }));
    sheets
}

/// How the capabilities of the sides stand that map something.
fn standings(deployed: &Deployed, sets: &[MappingSet]) -> Table {
    let keys = deployed::mapped(&deployed.paper, sets);
    Table::new(&tables::deployed(&deployed.deployment, sets, keys))
}

/// Two to eight sides; where it is told what is deployed, one or none will do: it is compared with itself.
fn check_count(count: usize, is_deployed: bool) -> Result<(), Failure> {
    if SIDES.contains(&count) || (is_deployed && count < SIDES.start) {
        return Ok(());
    }
    let sides = match count {
        0 => "none".to_owned(),
        1 => "one side".to_owned(),
        _ => format!("{count} sides"),
    };
    let failure = Failure::new(format!("a comparison is of two to eight sides, not of {sides}"));
    Err(match count {
        0 | 1 => failure.with_help(
            "with --deployed FILE, one side, or everything, is compared with what of it is deployed",
        ),
        _ => failure.with_help("@SELECTION of navlayer.toml puts several capabilities into one side"),
    })
}

/// Narrows the sides to what is deployed, where somebody says what is. A single side, or everything, becomes two: on paper,
/// and as deployed. On paper all sides together are what is returned.
fn narrow(
    sides: &mut Vec<Side>,
    all: &Selection,
    settings: &Settings,
    input: &Input,
    global: &Global,
) -> Result<Option<Deployed>, Failure> {
    let is_any = |sides: &[Side], set, capability| {
        sides.iter().any(|side| side.selection.has_capability(set, capability))
    };
    let together = match sides.as_slice() {
        [] => all.clone(),
        [only] => only.selection.clone(),
        sides => all.with_capabilities(|set, capability| is_any(sides, set, capability)),
    };
    let (narrowed, Some(deployed)) = deployed::narrow(together, settings, input, global)? else {
        return Ok(None);
    };
    if let [] | [_] = sides.as_slice() {
        let whole = || report::frameworks(&input.sets);
        let name = sides.first().map_or_else(whole, |side| side.name.clone());
        let is_whole = sides.first().is_none_or(|side| side.is_whole);
        let both = report::sides(&name, &deployed.paper, &narrowed);
        *sides = both.map(|(name, selection)| Side { name, selection, is_whole }).into();
    } else {
        for side in sides.iter_mut() {
            side.selection = deployed.deployment.narrow(&side.selection);
        }
    }
    Ok(Some(deployed))
}
