//! `navlayer build`: everything at once.

use std::path::PathBuf;

use clap::ValueEnum;
use navlayer::config::{Setting, Settings, Written};
use navlayer::coverage::threat::Threat;
use navlayer::diagnostic::Severity;
use navlayer::mapping::select::Selection;
use navlayer::output::Sink;
use navlayer::report::{self, Content, TemplateError};

use super::account::UpgradeReportArgs;
use super::args::{DeployedArgs, FilterArgs, RuleArgs, SourceArgs, ThreatArgs};
use super::deployed::Deployed;
use super::input::Input;
use super::{CommandResult, Failure, Global, Outcome, config, deployed, findings, input, threat};

/// Write the whole site: pages to read, layers for the Navigator, a summary for programs
///
/// Writes index.html, capabilities/, techniques/, layers/ and summary.json, and a manifest.json that remembers what was
/// written: files that navlayer did not write are never touched.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    sources: SourceArgs,
    #[command(flatten)]
    account: UpgradeReportArgs,
    /// The folder to write to [default: navlayer-out]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Write only this part
    #[arg(long, value_enum, value_name = "PART")]
    only: Option<Only>,
    /// Write nothing: say what would change, and exit with 1 if anything would
    #[arg(long)]
    check: bool,
    /// Replace files that navlayer did not write
    #[arg(long)]
    force: bool,
    /// A folder of templates that take the place of the built-in ones of the same name
    #[arg(long, value_name = "DIR")]
    templates: Option<PathBuf>,
    #[command(flatten)]
    deployed: DeployedArgs,
    #[command(flatten)]
    threat: ThreatArgs,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    filters: FilterArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Only {
    /// The layers, straight into the folder
    Layers,
}

impl From<TemplateError> for Failure {
    fn from(error: TemplateError) -> Self {
        let failure = Self::new(format!("a template is not sound: {error}"));
        match error.help() {
            Some(help) => failure.with_help(help),
            None => failure,
        }
    }
}

impl Args {
    /// What the flags say of settings.
    fn flags(&self) -> Written {
        let mut flags = Written::default();
        self.sources.write(&mut flags);
        self.deployed.write(&mut flags);
        self.threat.write(&mut flags);
        self.rules.write(&mut flags);
        self.filters.write(&mut flags);
        flags.output = self.output.clone().map(|folder| Setting::flag(folder, "--output"));
        flags.templates = self.templates.clone().map(|folder| Setting::flag(folder, "--templates"));
        flags
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args, global: &Global) -> CommandResult {
    args.account.check()?;
    let settings = config::settings(args.flags(), global)?;
    let Some(input) = input::load(&settings, global)? else { return Ok(Outcome::Findings) };
    let selection = input::select(&settings, &input, global)?;
    let (selection, deployed) = deployed::narrow(selection, &settings, &input, global)?;
    input::say_empty(&input, &selection, global);
    if settings.sources.is_empty() && !global.verbose {
        let warnings = input.findings.iter().filter(|one| one.severity <= Severity::Warning).count();
        let noun = if warnings == 1 { "warning" } else { "warnings" };
        if warnings > 0 {
            findings::say(
                global,
                &format!("note: {warnings} {noun} about the built-in mapping; -v and the index show them"),
            );
        }
    }
    let threat = threat::threat(&settings, &input, global)?;
    let content = content(&settings, &input, selection, threat.as_ref(), deployed.as_ref());
    let command = if args.only.is_some() { "navlayer build --only layers" } else { "navlayer build" };
    let mut sink = Sink::new(&settings.output.value, command);
    match args.only {
        Some(Only::Layers) => report::layers(&content, &mut sink),
        None => report::site(&content, settings.templates.value.as_deref(), &mut sink)?,
    }
    if args.check {
        return check(&sink, global);
    }
    let outcome = write(&sink, args, global)?;
    // After the site, in whose folder it may be wanted.
    args.account.write(&input.sets, &settings, args.force, global)?;
    Ok(outcome)
}

/// What a site or a report is made of.
pub(super) fn content<'a>(
    settings: &Settings,
    input: &'a Input,
    selection: Selection,
    threat: Option<&'a Threat>,
    deployed: Option<&'a Deployed>,
) -> Content<'a> {
    Content {
        sets: &input.sets,
        catalog: &input.catalog,
        selection,
        rules: settings.rules(),
        color_by: settings.color_by.value,
        palette: settings.palette(),
        expand: settings.expand.value,
        findings: &input.findings,
        threat,
        deployed: deployed.map(|one| report::Deployed { deployment: &one.deployment, paper: &one.paper }),
    }
}

fn check(sink: &Sink, global: &Global) -> CommandResult {
    let changes = sink.changes()?;
    for change in &changes {
        findings::say(global, &format!("would {} {}", change.action, change.path));
    }
    if changes.is_empty() {
        findings::say_written(global, sink, &changes, "file");
        return Ok(Outcome::Clean);
    }
    let noun = if changes.len() == 1 { "file" } else { "files" };
    findings::say(global, &format!("{} {noun} in {} would change", changes.len(), sink.root().display()));
    Ok(Outcome::Findings)
}

fn write(sink: &Sink, args: &Args, global: &Global) -> CommandResult {
    let changes = sink.write(args.force)?;
    let what = if args.only == Some(Only::Layers) { "layer" } else { "file" };
    findings::say_written(global, sink, &changes, what);
    if args.only.is_none() {
        findings::say(global, &format!("open {}", sink.root().join("index.html").display()));
    }
    Ok(Outcome::Clean)
}
