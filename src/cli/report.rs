//! `navlayer report`: everything on one page, to read and to print.

use std::io;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use navlayer::config::{Setting, Written};
use navlayer::mapping::select::Selection;
use navlayer::report::{self, Paper, ReportOptions};

use super::account::UpgradeReportArgs;
use super::args::{DeployedArgs, FilterArgs, RuleArgs, SourceArgs, ThreatArgs};
use super::build::content;
use super::compare::SIDES;
use super::file::deliver;
use super::input::Input;
use super::sides::{Asked, tell_apart};
use super::{CommandResult, Failure, Global, Outcome, config, deployed, input, threat};

/// Write a report: one HTML file to read on screen and to print
///
/// The answer in one page, the heatmap (on screen to explore), coverage by tactic, category and capability, capabilities
/// side by side, gaps, what to switch on next, every mapping, method, sources. The file needs nothing else and asks nothing
/// of the network.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    sources: SourceArgs,
    #[command(flatten)]
    account: UpgradeReportArgs,
    /// The file to write; `-` is standard output
    #[arg(short, long, value_name = "FILE", default_value = "navlayer-report.html")]
    output: PathBuf,
    /// Replace the file if navlayer did not write it
    #[arg(long)]
    force: bool,
    /// A folder of templates that take the place of the built-in ones of the same name
    #[arg(long, value_name = "DIR")]
    templates: Option<PathBuf>,
    #[command(flatten)]
    page: PageArgs,
    #[command(flatten)]
    deployed: DeployedArgs,
    #[command(flatten)]
    threat: ThreatArgs,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    filters: FilterArgs,
}

/// What the report says beside the data.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Report")]
struct PageArgs {
    /// The title [default: what the sources are called]
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// A line under the title
    #[arg(long, value_name = "TEXT")]
    subtitle: Option<String>,
    /// For whom it is
    #[arg(long = "for", value_name = "TEXT")]
    prepared_for: Option<String>,
    /// Who made it
    #[arg(long = "by", value_name = "TEXT")]
    prepared_by: Option<String>,
    /// Its date, as it is to stand there: "25 November 2026" (no clock is read)
    #[arg(long, value_name = "TEXT")]
    date: Option<String>,
    /// What to put side by side, two to eight times: a capability (id, name or glob), a framework, group:NAME, tag:NAME,
    /// @SELECTION; NAME=SIDE names it [default: the sources; of one, the three capabilities that map most]
    #[arg(long, value_name = "SIDE")]
    side: Vec<String>,
    /// Leave out what is for reference: every mapping, the list of techniques, the findings
    #[arg(long)]
    brief: bool,
    /// What it is printed on
    #[arg(long, value_enum, value_name = "PAPER", default_value_t)]
    paper: PaperArg,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum PaperArg {
    /// 210 × 297 mm
    #[default]
    A4,
    /// 8.5 × 11 in
    Letter,
}

const EXAMPLES: &str = "\
Examples:
  navlayer report                                  about the built-in AWS mapping: navlayer-report.html
  navlayer report mapping.json -o coverage.html --for \"Acme\" --by \"Security team\" --date \"25 November 2026\"
  navlayer report aws.json azure.json -o clouds.html
  navlayer report --threat APT29 --side amazon_guardduty --side aws_config -o apt29.html
  navlayer report --deployed scan.ocsf.json --brief -o answer.html

Print it from the browser: it is laid out for A4, or with --paper letter for Letter, heatmaps on lying pages.";

impl Args {
    /// What the flags say of settings.
    fn flags(&self) -> Written {
        let mut flags = Written::default();
        self.sources.write(&mut flags);
        self.deployed.write(&mut flags);
        self.threat.write(&mut flags);
        self.rules.write(&mut flags);
        self.filters.write(&mut flags);
        flags.templates = self.templates.clone().map(|folder| Setting::flag(folder, "--templates"));
        flags
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args, global: &Global, out: &mut dyn io::Write) -> CommandResult {
    args.account.check()?;
    if !args.page.side.is_empty() && !SIDES.contains(&args.page.side.len()) {
        return Err(Failure::new(format!(
            "a comparison is of two to eight sides, not of {}",
            args.page.side.len()
        ))
        .with_help("--side is given once for each of them"));
    }
    check_ending(&args.output)?;
    let settings = config::settings(args.flags(), global)?;
    let asked: Vec<Asked> =
        args.page.side.iter().map(|text| Asked::parse(text, &settings)).collect::<Result<_, _>>()?;
    let Some(input) = input::load(&settings, global)? else { return Ok(Outcome::Findings) };
    let selection = input::select(&settings, &input, global)?;
    let (selection, deployed) = deployed::narrow(selection, &settings, &input, global)?;
    input::say_empty(&input, &selection, global);
    let sides = sides(&asked, &input, &settings, global)?;
    let threat = threat::threat(&settings, &input, global)?;
    let content = content(&settings, &input, selection, threat.as_ref(), deployed.as_ref());
    let said = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let options = ReportOptions {
        title: said(&args.page.title),
        subtitle: said(&args.page.subtitle),
        prepared_for: said(&args.page.prepared_for),
        prepared_by: said(&args.page.prepared_by),
        date: said(&args.page.date),
        sides,
        brief: args.page.brief,
        paper: match args.page.paper {
            PaperArg::A4 => Paper::A4,
            PaperArg::Letter => Paper::Letter,
        },
        templates: settings.templates.value.as_deref(),
    };
    let page = report::report_page(&content, &options)?;
    let output = Some(args.output.as_path()).filter(|path| *path != Path::new("-"));
    deliver(output, page.as_bytes(), args.force, Some(is_our_page), global, out)?;
    args.account.write(&input.sets, &settings, args.force, global)?;
    Ok(Outcome::Clean)
}

/// What stands side by side: something of the sources that the report is of.
fn sides(
    asked: &[Asked],
    input: &Input,
    settings: &navlayer::config::Settings,
    global: &Global,
) -> Result<Vec<(String, Selection)>, Failure> {
    let mut sides = Vec::with_capacity(asked.len());
    for one in asked {
        if one.own_sources().is_some() {
            return Err(Failure::new(format!("--side {} is a source of its own", one.text)).with_help(
                "name it among the sources, and here what it is called; `navlayer compare` compares files",
            ));
        }
        sides.push(one.resolve(&input.sets, 0..input.sets.len(), &input.catalog, settings, global)?);
    }
    tell_apart(&mut sides, asked, &input.sets);
    Ok(sides.into_iter().map(|side| (side.name, side.selection)).collect())
}

/// A report is HTML; a file whose name says something else would not open.
fn check_ending(output: &Path) -> Result<(), Failure> {
    let ending = output.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        None | Some("html" | "htm") => Ok(()),
        Some("pdf") => Err(Failure::new("a report is a page of HTML").with_help(
            "write it to FILE.html, open that in a browser, and print it to PDF: it is laid out for paper",
        )),
        Some(ending) => {
            Err(Failure::new(format!("a report is a page of HTML, and .{ending} names something else"))
                .with_help("`navlayer render` writes pictures and workbooks, `navlayer query` tables"))
        }
    }
}

/// Whether a file is a page that navlayer wrote, as its head says.
fn is_our_page(bytes: &[u8]) -> bool {
    const HEAD: usize = 4096;
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(HEAD)]);
    head.contains("<meta name=\"generator\" content=\"navlayer ")
}
