//! `navlayer plan`: what to switch on next.

mod amounts;
mod file;
mod told;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use clap::{ArgGroup, ValueEnum};
use navlayer::config::{Setting, Settings, Written};
use navlayer::coverage::plan::{Amount, Budget, Course, Cover, PlanError, Problem, Question, Terms};
use navlayer::coverage::threat::Threat;
use navlayer::coverage::{CapabilityKey, Coverage, Metric};
use navlayer::deployment::{Deployment, Scans};
use navlayer::diagnostic::{Diagnostic, Severity};
use navlayer::layer;
use navlayer::render::markdown;
use navlayer::report::plan_file;
use navlayer::source::decode::MAX_BYTES;
use navlayer::tables::{self, Content, Table};

use super::account::UpgradeReportArgs;
use super::args::{DeployedArgs, FilterArgs, SourceArgs, ThreatArgs};
use super::deployed;
use super::file::{deliver, open};
use super::input::{self, Input};
use super::layer::is_our_layer;
use super::names::{self, Meant, Names};
use super::query::say_metric;
use super::table::{FormatArg, LayoutArgs, Sheet};
use super::{CommandResult, Failure, Global, Outcome, config, findings, threat};
use told::Told;

/// Plan what to switch on next: which capabilities add most to those that are enabled
///
/// Ranks what is not enabled by what it adds; with --budget finds the best choice, with --cover the smallest set that keeps
/// what all capabilities cover. Choices are exact, and proved: the answer says that nothing is better, or how far from the
/// best it may be.
///
/// What counts is the sum of weight × strongest score / 100 over the techniques: one that goes from nothing to Significant
/// gains 1, from Minimal to Significant 0.9. Mappings without levels are counted: each technique that one maps gains 1.
///
/// With --threat what counts is how much a group uses each technique, and the plan tells how far each step goes against it,
/// and where risk remains. A threat that only navlayer.toml names is told of in the same way, but weighs nothing.
///
/// A mapping says what a capability can cover, in the judgement of whoever published it; not that it is configured well, or
/// that it stops or detects anything by itself.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, group(ArgGroup::new("weighing").args(["weights", "threat"])))]
pub(crate) struct Args {
    #[command(flatten)]
    sources: SourceArgs,
    #[command(flatten)]
    account: UpgradeReportArgs,
    #[command(flatten)]
    question: QuestionArgs,
    #[command(flatten)]
    deployed: DeployedArgs,
    /// Also list the techniques that each step adds or raises; in csv in place of the steps
    #[arg(long)]
    techniques: bool,
    /// How to write the plan [default: as the file's ending says; else table]
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
    /// The file to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    layout: LayoutArgs,
    #[command(flatten)]
    threat: ThreatArgs,
    #[command(flatten)]
    filters: FilterArgs,
}

const EXAMPLES: &str = "\
Columns: step, framework, id, capability, cost, gain, alone, newly_covered, raised, covered, reached, \
reached_percent, techniques; with a threat also threat_covered, threat_weighted_percent, threat_residual_percent

`gain` is what a step adds to all before it, `alone` what it would add to what is enabled; `covered` and \
`reached` are what is covered, and the sum that is reached, of what all capabilities together cover and \
reach. `threat_covered` is of the threat's techniques in scope, `threat_weighted_percent` the same by use and \
score, and `threat_residual_percent` what is missing to 100.

Examples:
  navlayer plan                                      AWS services, step by step
  navlayer plan --budget 3                           the best three, exactly
  navlayer plan --enabled amazon_guardduty,aws_config --budget 3 --techniques
  navlayer plan --cover any                          the fewest that keep every technique covered
  navlayer plan --threat APT29 --budget 3            the best three against APT29, and what remains
  navlayer plan --weights group.json --cost eur.csv --budget 500
  navlayer plan --enabled enabled.txt --cover best --format layer -o plan.json";

/// What is asked, and what counts.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Plan")]
struct QuestionArgs {
    /// What is on already: an id, a name, a glob, several with commas between them, @SELECTION of navlayer.toml, or a file
    /// with one on each line
    ///
    /// A name goes before a file of that name. In a file, what follows a # is a comment.
    #[arg(long, value_name = "NAME|FILE")]
    enabled: Vec<String>,
    /// Find the best choice of at most so many capabilities; with --cost, of at most this cost together
    #[arg(long, value_name = "K", allow_negative_numbers = true, conflicts_with = "cover")]
    budget: Option<Amount>,
    /// Find the smallest set that keeps every covered technique; with --cost, the cheapest
    #[arg(long, value_enum, value_name = "WHAT")]
    cover: Option<CoverArg>,
    /// What techniques weigh: the scores of a Navigator layer, a CSV of technique,weight, or groups and campaigns that use
    /// them, with weights of their own: APT29, G0016=2
    ///
    /// Of groups, a technique weighs the sum of the weights of those that use it in the ATT&CK version in force.
    /// A technique that the file does not name weighs what --other-weight says. A technique's weight is not one of its
    /// sub-techniques.
    #[arg(long, value_name = "FILE|NAME[=WEIGHT],...")]
    weights: Option<String>,
    /// What techniques weigh that --weights or --threat does not name [default: 0, and they do not count]
    #[arg(long, value_name = "WEIGHT", allow_negative_numbers = true, requires = "weighing")]
    other_weight: Option<Amount>,
    /// What capabilities cost: a CSV of capability,cost
    #[arg(long, value_name = "FILE")]
    cost: Option<PathBuf>,
    /// What capabilities cost that --cost does not name [default: an error]
    #[arg(long, value_name = "COST", allow_negative_numbers = true, requires = "cost")]
    other_cost: Option<Amount>,
    /// What a technique's score is [default: strongest; count where navlayer.toml says so]
    #[arg(long, value_enum, value_name = "METRIC")]
    metric: Option<MetricArg>,
    /// How many nodes a search visits at most before it says how far it got [default: 3000]
    #[arg(long, value_name = "COUNT")]
    nodes: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CoverArg {
    /// Covered, at whatever score
    Any,
    /// At its strongest score
    Best,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum MetricArg {
    /// The highest level that any capability reaches in any selected category
    Strongest,
    /// 100 where any capability maps it: the plan counts techniques
    Count,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: as wide as the terminal
    Table,
    /// For spreadsheets; a first line with the columns' keys
    Csv,
    /// For programs: one object; `navlayer schema plan` describes it
    Json,
    /// For documents: tables as GitHub draws them
    Markdown,
    /// A Navigator layer with a colour for what is on, for the steps, and for what stays open; with a threat, a second one
    /// in the same file shows the threat and what is on after the plan
    Layer,
}

/// Runs the command.
pub(crate) fn run(args: &Args, global: &Global, out: &mut dyn io::Write) -> CommandResult {
    let output = args.output.as_deref().filter(|path| *path != Path::new("-"));
    let format = format(args.format, output)?;
    args.account.check()?;
    let question = args.question.question()?;
    let settings = config::settings(args.flags(), global)?;
    let Some(input) = input::load(&settings, global)? else { return Ok(Outcome::Findings) };
    let selection = input::select(&settings, &input, global)?;
    input::say_empty(&input, &selection, global);
    args.account.write(&input.sets, &settings, args.force, global)?;
    let content = Content {
        sets: &input.sets,
        catalog: &input.catalog,
        selection: &selection,
        rules: settings.rules(),
    };
    let coverage = content.coverage(selection.clone());
    say_metric(&coverage, settings.metric.value, global);
    let deployed = deployed::read(&settings, &input, global)?;
    let threat = threat::threat(&settings, &input, global)?;
    let weighing = threat.as_ref().filter(|_| args.threat.is_given());
    if threat.is_some() && weighing.is_none() {
        findings::say(
            global,
            "note: the plan is not weighed by the threat of navlayer.toml, only told against it; --threat weighs by it",
        );
    }
    let given = (&input, deployed.as_ref());
    let Some(terms) = args.question.terms(given, &coverage, weighing, &settings, global)? else {
        return Ok(Outcome::Findings);
    };
    let plan = Problem::of(&coverage, &terms)
        .and_then(|problem| problem.plan(question))
        .map_err(|error| args.question.explain(&error, &terms, weighing, &coverage))?;
    let course = threat.as_ref().map(|threat| Course::new(threat, &plan, &coverage, &terms));
    let told = Told { plan: &plan, coverage: &coverage, terms: &terms, course: course.as_ref() };
    let bytes = args.bytes(&told, deployed.as_ref(), format, &settings, global)?;
    if !matches!(format, Format::Table | Format::Markdown) {
        told.sentences().iter().for_each(|sentence| findings::say(global, sentence));
    }
    let is_ours = (format == Format::Layer).then_some(is_our_layer as fn(&[u8]) -> bool);
    deliver(output, &bytes, args.force, is_ours, global, out)?;
    Ok(Outcome::Clean)
}

/// The format asked for, or what the file's ending says. Standard output and devices are for people.
fn format(asked: Option<Format>, output: Option<&Path>) -> Result<Format, Failure> {
    let Some(path) = output.filter(|_| asked.is_none()) else { return Ok(asked.unwrap_or(Format::Table)) };
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("txt") => Ok(Format::Table),
        Some("csv") => Ok(Format::Csv),
        Some("json") => Ok(Format::Json),
        Some("md" | "markdown") => Ok(Format::Markdown),
        None if path.exists() && !path.is_file() => Ok(Format::Table),
        _ => Err(Failure::new(format!("{} does not tell the format to write", path.display())).with_help(
            "the endings .txt, .csv, .json and .md do; --format names it for any other file, and a layer",
        )),
    }
}

impl Args {
    /// What the flags say of settings.
    fn flags(&self) -> Written {
        let mut flags = Written::default();
        self.sources.write(&mut flags);
        self.deployed.write(&mut flags);
        self.filters.write(&mut flags);
        self.threat.write(&mut flags);
        flags.metric = self.question.metric.map(|metric| {
            let metric = match metric {
                MetricArg::Strongest => Metric::Strongest,
                MetricArg::Count => Metric::Count,
            };
            Setting::flag(metric, "--metric")
        });
        flags
    }

    fn bytes(
        &self,
        told: &Told<'_>,
        deployed: Option<&Deployment>,
        format: Format,
        settings: &Settings,
        global: &Global,
    ) -> Result<Vec<u8>, Failure> {
        let is_long = (self.techniques || global.verbose) && !told.plan.steps.is_empty();
        let text = match format {
            Format::Csv if self.techniques => self.layout.text(changes(told), FormatArg::Csv)?,
            Format::Csv => self.layout.text(steps(told)?, FormatArg::Csv)?,
            Format::Json => {
                let file = plan_file(told.plan, told.coverage, told.terms, told.course);
                serde_json::to_string_pretty(&file).map_err(io::Error::from)? + "\n"
            }
            Format::Layer => {
                let mut plan = layer::of_plan(told.plan, told.coverage, told.terms);
                if let Some(deployment) = deployed {
                    let running = deployment.narrow(told.coverage.selection());
                    let running = Coverage::new(
                        told.coverage.sets(),
                        told.coverage.catalog(),
                        running,
                        *told.coverage.rules(),
                    );
                    layer::add_evidence(&mut plan, &running, deployment);
                }
                let Some(course) = told.course else { return Ok(layer::to_json(&plan)) };
                let options = layer::Options { palette: settings.palette(), ..layer::Options::default() };
                let overlay = layer::overlay_of_plan(told.plan, told.coverage, course, &options);
                return Ok(layer::to_bundle(&[plan, overlay]));
            }
            Format::Markdown => self.document(told, is_long)?,
            Format::Table => self.terminal(told, is_long)?,
        };
        Ok(text.into_bytes())
    }

    /// Title, steps, what is said of them and, where asked for, what each adds, in Markdown.
    fn document(&self, told: &Told<'_>, is_long: bool) -> Result<String, Failure> {
        let mut parts = vec![format!("## {}\n", markdown::escape(&told.title()))];
        if !told.plan.steps.is_empty() {
            parts.push(self.layout.text(steps(told)?, FormatArg::Markdown)?);
        }
        parts.extend(told.sentences().iter().map(|sentence| markdown::escape(sentence) + "\n"));
        if let Some(gaps) = told.gaps() {
            parts.push(format!("### {}\n", told::REMAINS));
            parts.push(self.layout.of_width_alone().text(gaps, FormatArg::Markdown)?);
        }
        if is_long {
            parts.push(format!("### {ADDED}\n"));
            parts.push(self.layout.of_width_alone().text(changes(told), FormatArg::Markdown)?);
        }
        Ok(parts.join("\n"))
    }

    /// The same for a terminal.
    fn terminal(&self, told: &Told<'_>, is_long: bool) -> Result<String, Failure> {
        let width = self.layout.width().into();
        let mut parts = vec![told::wrap(&told.title(), width) + "\n"];
        if !told.plan.steps.is_empty() {
            parts.push(self.layout.text(steps(told)?, FormatArg::Table)?);
        }
        parts.push(told.sentences().iter().map(|sentence| told::wrap(sentence, width) + "\n").collect());
        if let Some(gaps) = told.gaps() {
            parts.push(self.remains(gaps));
        }
        if is_long {
            let table = self.layout.of_width_alone().text(changes(told), FormatArg::Table)?;
            parts.push(format!("{ADDED}:\n\n{table}"));
        }
        Ok(parts.join("\n"))
    }
}

impl Args {
    /// The first of the gaps, and how many more there are.
    fn remains(&self, mut gaps: Sheet) -> String {
        let more = gaps.table.rows().len().saturating_sub(GAPS);
        // What tells most is what tells most of all of them.
        let columns = gaps.table.telling();
        gaps.table.select(&columns);
        gaps.table.truncate(GAPS);
        let table = self.layout.of_width_alone().draw(&gaps.table);
        let more = match more {
            0 => String::new(),
            more => format!("… and {more} more, which json and markdown list\n"),
        };
        let heading = told::wrap(&format!("{}:", told::REMAINS), self.layout.width().into());
        format!("{heading}\n\n{table}{more}")
    }
}

/// How many of a threat's techniques of which a risk remains a terminal shows.
const GAPS: usize = 12;

const ADDED: &str = "What each step adds";

fn steps(told: &Told<'_>) -> Result<Sheet, Failure> {
    let mut table = Table::new(&tables::steps(told.plan, told.coverage));
    if let Some(course) = told.course {
        table.insert(table.column("reached_percent")? + 1, Table::new(&tables::steps_against(course)));
    }
    Ok(Sheet { table, below: None })
}

fn changes(told: &Told<'_>) -> Sheet {
    let rows = tables::changes(told.plan, told.coverage, |id| told.terms.weight(id));
    Sheet { table: Table::new(&rows), below: None }
}

fn is_scan(path: &Path) -> Failure {
    let message = format!("{} is the result of a scan, and no list of capabilities", path.display());
    Failure::new(message).with_help("--deployed reads it: what its checks find running counts as enabled")
}

impl QuestionArgs {
    fn question(&self) -> Result<Question, Failure> {
        if let Some(cover) = self.cover {
            return Ok(Question::Cover(match cover {
                CoverArg::Any => Cover::Any,
                CoverArg::Best => Cover::Best,
            }));
        }
        let Some(budget) = self.budget else { return Ok(Question::Order) };
        if budget == Amount::ZERO {
            return Err(Failure::new("a budget of 0 buys nothing")
                .with_help("without --budget, everything is put in order"));
        }
        if self.cost.is_some() {
            return Ok(Question::Best(Budget::Cost(budget)));
        }
        let count = budget.to_string().parse().map_err(|_| {
            Failure::new(format!("a budget of {budget} is no number of capabilities"))
                .with_help("--cost FILE says what capabilities cost; a budget is of their cost then")
        })?;
        Ok(Question::Best(Budget::Capabilities(count)))
    }

    /// What is given besides the mappings; `None` when a file has mistakes, which have been printed.
    fn terms(
        &self,
        (input, deployed): (&Input, Option<&Deployment>),
        coverage: &Coverage<'_>,
        weighing: Option<&Threat>,
        settings: &Settings,
        global: &Global,
    ) -> Result<Option<Terms>, Failure> {
        let names = Names::new(&input.sets);
        let mut found: Vec<Diagnostic> = Vec::new();
        let mut terms = Terms::default();
        if let Some(nodes) = self.nodes {
            terms.nodes = nodes;
        }
        let mut enabled: BTreeSet<CapabilityKey> = BTreeSet::new();
        if let Some(deployment) = deployed {
            deployed::say(deployment, coverage.selection(), &input.sets, global);
            let all = deployed::mapped(coverage.selection(), &input.sets).into_iter();
            enabled.extend(all.filter(|key| deployment.is_deployed(*key)));
        }
        for argument in &self.enabled {
            for meant in names::meant(argument, "--enabled", &names, (input, settings), global)? {
                match meant {
                    Meant::Capabilities { keys, .. } => enabled.extend(keys),
                    Meant::File(path) => match open(&path, MAX_BYTES)? {
                        Ok(source) if Scans::is_scan(&source) => return Err(is_scan(&path)),
                        Ok(source) => enabled.extend(names::list(&source, &names, &mut found)),
                        Err(finding) => found.push(finding),
                    },
                }
            }
        }
        if let Some(text) = &self.weights {
            terms.weights = match Path::new(text) {
                path if amounts::is_file(path) => amounts::weights(path, &input.catalog, global, &mut found)?,
                _ => amounts::of_actors(text, &input.catalog, global)?,
            };
        }
        if let Some(threat) = weighing {
            terms.weights = amounts::of_threat(threat, "--threat")?;
        }
        if self.weights.is_some() || weighing.is_some() {
            terms.other_weight = self.other_weight.unwrap_or(Amount::ZERO);
        }
        if let Some(path) = &self.cost {
            terms.costs = amounts::costs(path, &names, &mut found)?;
            terms.other_cost = self.other_cost.unwrap_or(Amount::ONE);
        }
        input::in_source_order(&mut found, &[]);
        settings.finding_levels().apply(&mut found);
        if found.iter().any(|one| one.severity == Severity::Error) {
            return Ok(input::stop(&found, global));
        }
        findings::print(&found, global);
        let is_selected = |key: &CapabilityKey| coverage.selection().has_capability(key.set, key.capability);
        let left_out = enabled.iter().filter(|key| !is_selected(key)).count();
        if left_out > 0 {
            let noun = if left_out == 1 { "capability is" } else { "capabilities are" };
            findings::say(global, &format!("note: {left_out} enabled {noun} left out by the filters"));
        }
        terms.enabled = enabled.into_iter().filter(is_selected).collect();
        terms.costs.retain(|key, _| is_selected(key));
        self.check_costs(&terms, coverage)?;
        Ok(Some(terms))
    }

    /// Refuses costs that leave something open, or say nothing.
    fn check_costs(&self, terms: &Terms, coverage: &Coverage<'_>) -> Result<(), Failure> {
        let Some(path) = &self.cost else { return Ok(()) };
        let needed: BTreeSet<CapabilityKey> =
            told::scoring(coverage).into_iter().filter(|key| !terms.enabled.contains(key)).collect();
        let without = amounts::without_cost(&needed, &terms.costs);
        if !without.is_empty() && self.other_cost.is_none() {
            let listed = told::listed(without.iter().map(|key| told::name(coverage, *key)));
            let count = told::counted(without.len(), "capability");
            let verb = if without.len() == 1 { "has" } else { "have" };
            return Err(Failure::new(format!("{count} {verb} no cost in {}: {listed}", path.display()))
                .with_help("add them, or --other-cost COST says what all others cost"));
        }
        let cost = |key: &CapabilityKey| terms.costs.get(key).copied().unwrap_or(terms.other_cost);
        if !needed.is_empty() && needed.iter().all(|key| cost(key) == Amount::ZERO) {
            let message = format!("every capability that can be switched on costs 0 by {}", path.display());
            return Err(Failure::new(message).with_help("without --cost, a budget counts capabilities"));
        }
        Ok(())
    }

    fn explain(
        &self,
        error: &PlanError,
        terms: &Terms,
        weighing: Option<&Threat>,
        coverage: &Coverage<'_>,
    ) -> Failure {
        let (PlanError::NoWeight, Some(who)) =
            (error, weighing.map(Threat::name).or(self.weights.as_deref()))
        else {
            return Failure::new(error.to_string());
        };
        let heavy = || terms.weights.iter().filter(|(_, weight)| **weight > Amount::ZERO);
        let scope = &coverage.selection().scope;
        let is_left_out = heavy().all(|(id, _)| !scope.contains_id(*id, coverage.catalog()));
        let heavy = heavy().count();
        if heavy == 0 {
            return Failure::new(format!("every weight in {who} is 0"))
                .with_help("what weighs 0 does not count, and nothing is left to plan for");
        }
        let techniques = told::counted(heavy, "technique");
        let verb = if weighing.is_some() { "uses" } else { "weighs" };
        if is_left_out {
            return Failure::new(format!("none of the {techniques} that {who} {verb} is in scope"))
                .with_help("the filters on tactics, platforms, techniques and kind leave them out");
        }
        Failure::new(format!("no capability covers any of the {techniques} that {who} {verb}"))
            .with_help("--other-weight 1 lets all others count, too")
    }
}
