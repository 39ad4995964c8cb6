//! `navlayer query`: mappings and coverage as tables.

mod told;

use std::io;

use clap::Subcommand;
use navlayer::attack::TechniqueId;
use navlayer::config::{Settings, Written};
use navlayer::coverage::threat::{Threat, ThreatCoverage};
use navlayer::coverage::{Coverage, Metric};
use navlayer::mapping::select::Selection;
use navlayer::tables::{self, Content, GapRow, GapSubject, Listed, Table};

use super::account::UpgradeReportArgs;
use super::args::{DeployedArgs, FilterArgs, ScoreArgs, SourceArgs, ThreatArgs};
use super::config;
use super::deployed::{self, Deployed};
use super::input::{self, Input};
use super::table::{Sheet, TableArgs};
use super::{CommandResult, Failure, Global, Outcome, findings, threat};

/// Ask what the mappings say: tables of capabilities, techniques, scores and gaps
///
/// For the terminal, a spreadsheet, a program or a document.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    subject: Subject,
}

const EXAMPLES: &str = "\
Examples:
  navlayer query capabilities --sort -only           what only one service covers, most first
  navlayer query techniques --sort score,-capability_count
  navlayer query scores --capability '*guard*' --category detect
  navlayer query gaps --tactic exfiltration --kind technique
  navlayer query gaps --threat APT29                 what of APT29's techniques is open, and what is weak
  navlayer query scores mapping.json --format csv -o scores.csv

`navlayer query SUBJECT --help` names its columns.";

#[derive(Debug, Subcommand)]
enum Subject {
    Capabilities(CapabilityArgs),
    Techniques(TechniqueArgs),
    Scores(ScoreRowArgs),
    Gaps(GapArgs),
}

/// One row for each capability: what it covers, and what only it covers
///
/// Counts are of active techniques and sub-techniques in scope.
#[derive(Debug, clap::Args)]
#[command(after_help = CAPABILITIES)]
struct CapabilityArgs {
    #[command(flatten)]
    sources: SourceArgs,
    #[command(flatten)]
    account: UpgradeReportArgs,
    /// Also list capabilities of which no mapping passes the filters, and with --deployed those that are not deployed, with
    /// what they map on paper
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    table: TableArgs,
    #[command(flatten)]
    deployed: DeployedArgs,
    #[command(flatten)]
    threat: ThreatArgs,
    #[command(flatten)]
    scores: ScoreArgs,
    #[command(flatten)]
    filters: FilterArgs,
}

const CAPABILITIES: &str = "\
Columns: framework, id, name, groups, tags, state, mapped, techniques, sub_techniques, protect, \
detect, respond, minimal, partial, significant, only, weighted, weighted_percent, mappings, retired, \
comment, references; with --threat also threat_covered, threat_weighted_percent; with --deployed \
also deployed, standing, passed, failed, manual, muted, accounts, regions, failed_checks

`state` is mapped, not mappable (the source says so), not assessed (mapped without a level) or no \
mapping. `protect`, `detect` and `respond` count what is mapped in each; `minimal`, `partial` and \
`significant` what has each as its strongest level; `only` what no other capability of the \
framework maps; `retired` mapped ids that are in no other count; `threat_covered` which of the \
threat's techniques the capability covers alone, and `threat_weighted_percent` the same by use and \
score.

Examples:
  navlayer query capabilities                        most techniques first
  navlayer query capabilities --sort -only,name --select name,only,mapped
  navlayer query capabilities --deployed scan.json --all
  navlayer query capabilities --tag Network --tag 'Denial*' --all-tags AWS/";

/// One row for each technique: its score, its levels, and the capabilities that map it
#[derive(Debug, clap::Args)]
#[command(after_help = TECHNIQUES)]
struct TechniqueArgs {
    #[command(flatten)]
    sources: SourceArgs,
    #[command(flatten)]
    account: UpgradeReportArgs,
    /// Also list techniques in scope that are not mapped
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    table: TableArgs,
    #[command(flatten)]
    deployed: DeployedArgs,
    #[command(flatten)]
    threat: ThreatArgs,
    #[command(flatten)]
    scores: ScoreArgs,
    #[command(flatten)]
    filters: FilterArgs,
}

const TECHNIQUES: &str = "\
Columns: id, name, kind, tactics, platforms, fate, state, score, rolled_up, protect, detect, \
respond, capability_count, capabilities, capability_ids, frameworks, mappings; with --threat also \
use, residual, used_by; with --deployed also paper_score, not_deployed

`protect`, `detect` and `respond` hold the strongest level in each; `fate` tells of an id that is \
not active in the ATT&CK version what became of it. A `use` of 100 is one by all \
actors named, by weight, or a layer's highest score; `residual` = use × (1 − score / 100).

Examples:
  navlayer query techniques --sort -score,id
  navlayer query techniques --all --kind technique --rollup max
  navlayer query techniques aws.json azure.json --framework aws --format json";

/// One row for each mapping: capability, technique, category, level, comment
#[derive(Debug, clap::Args)]
#[command(after_help = SCORES)]
struct ScoreRowArgs {
    #[command(flatten)]
    sources: SourceArgs,
    #[command(flatten)]
    account: UpgradeReportArgs,
    #[command(flatten)]
    table: TableArgs,
    #[command(flatten)]
    deployed: DeployedArgs,
    #[command(flatten)]
    threat: ThreatArgs,
    #[command(flatten)]
    filters: FilterArgs,
}

const SCORES: &str = "\
Columns: framework, capability_id, capability_name, groups, tags, technique_id, technique_name, \
upgraded_from, kind, tactics, platforms, fate, category, level, score, mapping_type, comment, \
references; with --threat also use, residual, used_by

With --threat the rows stay the same: `--sort -use` puts the threat's techniques first. A `use` \
of 100 is one by all actors named, by weight, or a layer's highest score; `residual` is of the technique, not of the row: use × (1 − score / \
100) with the score of all its mappings together.

Examples:
  navlayer query scores --technique T1078 --sort -level
  navlayer query scores --capability '*guard*' --tactic '*access*' --kind sub-technique
  navlayer query scores mapping.json --select technique_id,capability_name,level,comment
  navlayer query scores --threat APT29 --sort -use,-residual
  navlayer query scores mapping.json --format csv -o scores.csv";

/// One row for each technique in scope that is not covered, and why; then the capabilities that map nothing
///
/// Three kinds of empty are told apart: not covered (nothing maps it), not mappable (the source says so), not assessed
/// (mapped without a level).
#[derive(Debug, clap::Args)]
#[command(after_help = GAPS)]
struct GapArgs {
    #[command(flatten)]
    sources: SourceArgs,
    #[command(flatten)]
    account: UpgradeReportArgs,
    #[command(flatten)]
    table: TableArgs,
    #[command(flatten)]
    deployed: DeployedArgs,
    #[command(flatten)]
    threat: ThreatArgs,
    #[command(flatten)]
    scores: ScoreArgs,
    #[command(flatten)]
    filters: FilterArgs,
}

const GAPS: &str = "\
Columns: kind, id, name, state, tactics, platforms, mapped_sub_techniques, fate, comment, \
frameworks, capabilities; with --threat also use, score, residual, used_by; with --deployed also \
paper_score, not_deployed: what would cover it, were it deployed

With --threat the rows are the threat's techniques of which a risk remains, the covered ones with \
less than the full score among them: most used first, of one use the weakest first. A `use` \
of 100 is one by all actors named, by weight, or a layer's highest score; `residual` = use × (1 − score / 100).

Capabilities that their source declares not mappable stand in a table of their own; in csv and \
json they are the last rows, of kind `capability`.

Examples:
  navlayer query gaps --kind technique --tactic exfiltration
  navlayer query gaps --category detect --platform IaaS
  navlayer query gaps --sort -mapped_sub_techniques
  navlayer query gaps --threat APT29=2,'Lazarus Group'
  navlayer query gaps mapping.json --format csv -o gaps.csv";

/// Runs the command.
pub(crate) fn run(args: &Args, global: &Global, out: &mut dyn io::Write) -> CommandResult {
    match &args.subject {
        Subject::Capabilities(args) => capabilities(args, global, out),
        Subject::Techniques(args) => techniques(args, global, out),
        Subject::Scores(args) => scores(args, global, out),
        Subject::Gaps(args) => gaps(args, global, out),
    }
}

/// Sources that were read, and what the filters leave of them.
struct Question {
    settings: Settings,
    input: Input,
    selection: Selection,
    /// What runs, where the selection is narrowed to that.
    deployed: Option<Deployed>,
    threat: Option<Threat>,
}

impl Question {
    /// `None` when the sources have errors, which have been printed.
    fn new(
        (sources, account): (&SourceArgs, &UpgradeReportArgs),
        deployed: &DeployedArgs,
        (scores, threat): (Option<&ScoreArgs>, &ThreatArgs),
        filters: &FilterArgs,
        global: &Global,
    ) -> Result<Option<Self>, Failure> {
        account.check()?;
        let mut flags = Written::default();
        sources.write(&mut flags);
        deployed.write(&mut flags);
        if let Some(scores) = scores {
            scores.write(&mut flags);
        }
        threat.write(&mut flags);
        filters.write(&mut flags);
        let settings = config::settings(flags, global)?;
        let Some(input) = input::load(&settings, global)? else { return Ok(None) };
        let selection = input::select(&settings, &input, global)?;
        let (selection, deployed) = deployed::narrow(selection, &settings, &input, global)?;
        let threat = threat::threat(&settings, &input, global)?;
        account.write(&input.sets, &settings, false, global)?;
        Ok(Some(Self { settings, input, selection, deployed, threat }))
    }

    /// Where it is told what is deployed, puts what techniques reach on paper after a column.
    fn add_paper(
        &self,
        table: &mut Table,
        after: &str,
        coverage: &Coverage<'_>,
        ids: impl Iterator<Item = Option<TechniqueId>>,
    ) -> Result<(), Failure> {
        if let Some(deployed) = &self.deployed {
            let paper = deployed.on_paper(coverage);
            let rows = Table::new(&tables::on_paper(&paper, &deployed.deployment, ids));
            table.insert(table.column(after)? + 1, rows);
        }
        Ok(())
    }

    /// Where it is told what is deployed, says how much is covered so, and how much on paper.
    fn say_deployed(&self, content: &Content<'_>, global: &Global) {
        if let Some(deployed) = &self.deployed {
            deployed.compare(&content.coverage(self.selection.clone()), global);
        }
    }

    fn content(&self) -> Content<'_> {
        Content {
            sets: &self.input.sets,
            catalog: &self.input.catalog,
            selection: &self.selection,
            rules: self.settings.rules(),
        }
    }
}

fn listed(all: bool) -> Listed {
    if all { Listed::All } else { Listed::Mapped }
}

fn capabilities(args: &CapabilityArgs, global: &Global, out: &mut dyn io::Write) -> CommandResult {
    let Some(question) = Question::new(
        (&args.sources, &args.account),
        &args.deployed,
        (Some(&args.scores), &args.threat),
        &args.filters,
        global,
    )?
    else {
        return Ok(Outcome::Findings);
    };
    let content = question.content();
    // What is not deployed is listed with what it maps on paper.
    let paper = question.deployed.as_ref().filter(|_| args.all).map(|deployed| &deployed.paper);
    let shown = Content { selection: paper.unwrap_or(content.selection), ..content };
    let rows = tables::capabilities(&shown, listed(args.all));
    let mut table = Table::new(&rows);
    let mut order = "-mapped";
    if let Some(deployed) = &question.deployed {
        let keys = rows.iter().map(|row| row.key);
        let mut evidence = Table::new(&tables::deployed(&deployed.deployment, content.sets, keys));
        let columns =
            (0..evidence.heads().len()).filter(|at| !["id", "name"].contains(&&*evidence.heads()[*at].key));
        evidence.select(&columns.collect::<Vec<_>>());
        table.insert(table.column("mapped")?, evidence);
    }
    if let Some(threat) = &question.threat {
        let keys: Vec<_> = rows.iter().map(|row| row.key).collect();
        let against = Table::new(&tables::capabilities_against(&content, threat, &keys));
        table.insert(table.column("mapped")?, against);
        order = "-threat_weighted_percent";
    }
    if !args.table.is_sorted() {
        table.sort(&[table.order(order)?]);
    }
    args.table.write(Sheet { table, below: None }, global, out)?;
    told::capabilities(&content, &rows, global);
    question.say_deployed(&content, global);
    if let Some(threat) = &question.threat {
        let coverage = content.coverage(question.selection.clone());
        threat::say(&ThreatCoverage::new(threat, &coverage), global);
    }
    Ok(Outcome::Clean)
}

fn techniques(args: &TechniqueArgs, global: &Global, out: &mut dyn io::Write) -> CommandResult {
    let Some(question) = Question::new(
        (&args.sources, &args.account),
        &args.deployed,
        (Some(&args.scores), &args.threat),
        &args.filters,
        global,
    )?
    else {
        return Ok(Outcome::Findings);
    };
    let content = question.content();
    let coverage = content.coverage(question.selection.clone());
    say_metric(&coverage, content.rules.metric, global);
    let rows = tables::techniques(&coverage, listed(args.all));
    let against = question.threat.as_ref().map(|threat| ThreatCoverage::new(threat, &coverage));
    let mut table = Table::new(&rows);
    if let Some(against) = &against {
        add_uses(&mut table, rows.iter().map(|row| row.id), against)?;
    }
    question.add_paper(&mut table, "score", &coverage, rows.iter().map(|row| Some(row.id)))?;
    args.table.write(Sheet { table, below: None }, global, out)?;
    told::techniques(&coverage, rows.len(), global);
    question.say_deployed(&content, global);
    if let Some(against) = &against {
        threat::say(against, global);
    }
    Ok(Outcome::Clean)
}

/// Adds use, residual risk and users after the score.
fn add_uses(
    table: &mut Table,
    techniques: impl Iterator<Item = TechniqueId>,
    against: &ThreatCoverage<'_>,
) -> Result<(), Failure> {
    let mut uses = Table::new(&tables::uses(against, techniques));
    let columns = ["use", "residual", "used_by"].map(|key| uses.column(key));
    uses.select(&columns.into_iter().collect::<Result<Vec<_>, _>>()?);
    table.insert(table.column("score")? + 1, uses);
    Ok(())
}

fn scores(args: &ScoreRowArgs, global: &Global, out: &mut dyn io::Write) -> CommandResult {
    let Some(question) = Question::new(
        (&args.sources, &args.account),
        &args.deployed,
        (None, &args.threat),
        &args.filters,
        global,
    )?
    else {
        return Ok(Outcome::Findings);
    };
    let content = question.content();
    let coverage = content.coverage(question.selection.clone());
    let rows = tables::scores(&coverage);
    let against = question.threat.as_ref().map(|threat| ThreatCoverage::new(threat, &coverage));
    let mut table = Table::new(&rows);
    if let Some(against) = &against {
        add_uses(&mut table, rows.iter().map(|row| row.technique_id), against)?;
    }
    args.table.write(Sheet { table, below: None }, global, out)?;
    told::scores(&coverage, &rows, global);
    question.say_deployed(&content, global);
    if let Some(against) = &against {
        threat::say(against, global);
    }
    Ok(Outcome::Clean)
}

fn gaps(args: &GapArgs, global: &Global, out: &mut dyn io::Write) -> CommandResult {
    let Some(question) = Question::new(
        (&args.sources, &args.account),
        &args.deployed,
        (Some(&args.scores), &args.threat),
        &args.filters,
        global,
    )?
    else {
        return Ok(Outcome::Findings);
    };
    let content = question.content();
    let coverage = content.coverage(question.selection.clone());
    say_metric(&coverage, content.rules.metric, global);
    if let Some(threat) = &question.threat {
        let against = ThreatCoverage::new(threat, &coverage);
        return gaps_against(args, &question, &content, &against, &coverage, global, out);
    }
    let rows = tables::gaps(&content, &coverage);
    let (techniques, capabilities): (Vec<GapRow>, Vec<GapRow>) =
        rows.iter().cloned().partition(GapRow::is_technique);
    let mut table = Table::new(&techniques);
    let ids = techniques.iter().map(|row| match &row.subject {
        GapSubject::Technique(id, _) => Some(*id),
        GapSubject::Capability(_) => None,
    });
    question.add_paper(&mut table, "state", &coverage, ids)?;
    // Files have the rows of both below each other, so that both have the same columns.
    let mut below = Table::new(&capabilities);
    question.add_paper(&mut below, "state", &coverage, capabilities.iter().map(|_| None))?;
    let sheet = Sheet { table, below: Some(("Capabilities that their source declares not mappable", below)) };
    args.table.write(sheet, global, out)?;
    told::gaps(&coverage, &rows, global);
    question.say_deployed(&content, global);
    Ok(Outcome::Clean)
}

/// What of a threat is open or weak.
fn gaps_against(
    args: &GapArgs,
    question: &Question,
    content: &Content<'_>,
    against: &ThreatCoverage<'_>,
    coverage: &Coverage<'_>,
    global: &Global,
    out: &mut dyn io::Write,
) -> CommandResult {
    let rows = tables::gaps_against(content, coverage, against);
    let mut table = Table::new(&rows);
    let ids = against.gaps().into_iter().map(|gap| gap.technique);
    table.insert(table.column("state")? + 1, Table::new(&tables::uses(against, ids)));
    let ids = against.gaps().into_iter().map(|gap| Some(gap.technique));
    question.add_paper(&mut table, "score", coverage, ids)?;
    args.table.write(Sheet { table, below: None }, global, out)?;
    question.say_deployed(content, global);
    threat::say(against, global);
    Ok(Outcome::Clean)
}

/// Says so when mappings have no levels, and are counted or stand without a score.
pub(super) fn say_metric(coverage: &Coverage<'_>, asked: Metric, global: &Global) {
    if asked == Metric::Count {
        return;
    }
    for (_, set) in coverage.involved().filter(|(_, set)| !set.is_scored()) {
        let name = set.framework.label();
        let line = if coverage.rules().metric == Metric::Count {
            format!("note: {name} has no levels; a score counts capabilities (--metric count)")
        } else {
            format!(
                "note: {name} has no levels; beside mappings that have, its own stand without a score (--framework \
                 keeps them apart)"
            )
        };
        findings::say(global, &line);
    }
}
