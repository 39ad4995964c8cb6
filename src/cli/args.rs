//! Arguments that several commands share.

use std::path::PathBuf;

use clap::ValueEnum;
use navlayer::attack::{Domain, Version, WantedVersion};
use navlayer::config::{FILTERS, Setting, Written};
use navlayer::coverage::threat::Named;
use navlayer::coverage::{Metric, Rollup};
use navlayer::deployment::Rule;
use navlayer::layer::{ColorBy, Expand};
use navlayer::mapping::read::Columns;
use navlayer::mapping::select::{Filter, TechniqueKind};
use navlayer::suggest;

/// Where mappings come from.
#[derive(Debug, clap::Args)]
pub(crate) struct SourceArgs {
    /// Mapping files, folders or patterns; `-` is standard input [default: `sources` of navlayer.toml, or the built-in AWS
    /// mapping]
    ///
    /// Files of Mappings Explorer and the Mappings Editor (JSON, YAML, CSV, TSV, XLSX), Security Stack Mappings YAML (a
    /// folder of controls is one mapping set), Prowler's mitre_attack JSON, Navigator layers, and tables by --columns;
    /// each also gzipped. What a file is shows in its content, not in its name.
    #[arg(value_name = "SOURCE")]
    pub(crate) sources: Vec<PathBuf>,
    #[command(flatten)]
    reading: ReadingArgs,
}

/// How sources are read.
#[derive(Debug, clap::Args)]
pub(crate) struct ReadingArgs {
    /// Carry the mappings to this ATT&CK version: 19.0, 19 for the newest of that number, or latest [default: their own;
    /// of several, the newest]
    ///
    /// Forwards or backwards, by what ATT&CK says took over. Every row that moved, merged or was dropped is told.
    #[arg(long, value_name = "VERSION")]
    attack_version: Option<WantedVersion>,
    #[command(flatten)]
    table: HeaderArgs,
}

// On each argument: a heading of the next ones would hold for those of the command, too.
const TABLES: &str = "Tables with a header of your own";

/// How a table is read whose header is none of the published ones.
#[derive(Debug, clap::Args)]
struct HeaderArgs {
    /// Which column holds what: technique=ID,capability=Service,level=Score
    ///
    /// Keys: technique (needed), technique-name, capability, capability-name, group, category, level, comment,
    /// references, mapping-type. A column whose name holds a comma can be named in navlayer.toml, as can words of your
    /// own for categories and levels.
    #[arg(long, value_name = "KEY=COLUMN", value_delimiter = ',', value_parser = column, help_heading = TABLES)]
    columns: Vec<(&'static str, String)>,
    /// What such a table maps, by its id [default: its file's name]
    #[arg(long, value_name = "ID", help_heading = TABLES)]
    table_framework: Option<String>,
    /// The ATT&CK version of a source that states none
    #[arg(long, value_name = "VERSION", help_heading = TABLES)]
    table_attack_version: Option<Version>,
    /// The ATT&CK domain of a source that states none [default: enterprise-attack]
    #[arg(long, value_name = "DOMAIN", help_heading = TABLES)]
    table_domain: Option<Domain>,
}

impl SourceArgs {
    /// What the flags say.
    pub(crate) fn write(&self, to: &mut Written) {
        let sources = self.sources.iter().map(|source| Setting::flag(source.clone(), "command line"));
        to.sources = sources.collect();
        self.reading.write(to);
    }
}

impl ReadingArgs {
    /// What the flags say.
    pub(crate) fn write(&self, to: &mut Written) {
        to.wanted_version = self.attack_version.map(|version| Setting::flag(version, "--attack-version"));
        let columns = self.table.columns.iter();
        to.columns =
            columns.map(|(key, column)| (*key, Setting::flag(column.clone(), "--columns"))).collect();
        to.table_framework =
            self.table.table_framework.clone().map(|id| Setting::flag(id, "--table-framework"));
        to.attack_version =
            self.table.table_attack_version.map(|version| Setting::flag(version, "--table-attack-version"));
        to.domain = self.table.table_domain.map(|domain| Setting::flag(domain, "--table-domain"));
    }
}

/// `technique=ID`
fn column(text: &str) -> Result<(&'static str, String), String> {
    let Some((key, column)) = text.split_once('=') else {
        return Err("a column is given as KEY=COLUMN: technique=ID".to_owned());
    };
    let (key, column) = (key.trim(), column.trim());
    let Some(known) = Columns::KEYS.into_iter().find(|known| *known == key) else {
        let help = match suggest::nearest(key, Columns::KEYS) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known are {}", Columns::KEYS.join(", ")),
        };
        return Err(format!("a table has no `{key}`; {help}"));
    };
    if column.is_empty() {
        return Err(format!("`{key}` names no column"));
    }
    Ok((known, column.to_owned()))
}

/// Which mappings count and which techniques are in scope.
#[derive(Debug, clap::Args)]
#[command(
    next_help_heading = "Filters (repeatable; ids or names in any case, or globs; each replaces its list in navlayer.toml)"
)]
pub(crate) struct FilterArgs {
    /// A framework, where sources hold several: aws, AWS, "AWS 12/12/2024"
    #[arg(long, value_name = "NAME")]
    framework: Vec<String>,
    /// Protect, Detect or Respond
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    category: Vec<String>,
    /// Minimal, Partial or Significant
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    level: Vec<String>,
    /// A capability: amazon_guardduty, "Amazon GuardDuty", '*guard*' for a part of the name
    #[arg(long, value_name = "NAME")]
    capability: Vec<String>,
    /// A group of capabilities
    #[arg(long, value_name = "NAME")]
    group: Vec<String>,
    /// A tag of capabilities
    #[arg(long, value_name = "NAME")]
    tag: Vec<String>,
    /// Ask of a capability every tag named, not any of them
    #[arg(long, requires = "tag")]
    all_tags: bool,
    /// A tactic: TA0006, credential-access, "Credential Access"
    #[arg(long, value_name = "NAME")]
    tactic: Vec<String>,
    /// A platform: IaaS, 'Office*'
    #[arg(long, value_name = "NAME")]
    platform: Vec<String>,
    /// A technique: T1562, "Impair Defenses", 'T1562*' with its sub-techniques
    #[arg(long, value_name = "NAME")]
    technique: Vec<String>,
    /// Only techniques, or only sub-techniques; a roll-up still reaches techniques
    #[arg(long, value_enum, value_name = "KIND")]
    kind: Option<KindArg>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum KindArg {
    /// T1562
    Technique,
    /// T1562.008
    SubTechnique,
}

impl From<KindArg> for TechniqueKind {
    fn from(kind: KindArg) -> Self {
        match kind {
            KindArg::Technique => Self::Technique,
            KindArg::SubTechnique => Self::SubTechnique,
        }
    }
}

impl FilterArgs {
    /// What the flags say: a flag replaces the list of the same name in the configuration.
    pub(crate) fn write(&self, to: &mut Written) {
        let mut filter = self.filter();
        for (key, list) in FILTERS {
            let entries = std::mem::take(list(&mut filter));
            if !entries.is_empty() {
                let flagged = |entry| Setting::flag(entry, format!("--{key}"));
                to.filters.insert(key, entries.into_iter().map(flagged).collect());
            }
        }
        to.all_tags = filter.all_tags.then(|| Setting::flag(true, "--all-tags"));
        to.kind = filter.kind.map(|kind| Setting::flag(kind, "--kind"));
    }

    /// The filters as the library takes them.
    fn filter(&self) -> Filter {
        Filter {
            frameworks: self.framework.clone(),
            categories: self.category.clone(),
            levels: self.level.clone(),
            capabilities: self.capability.clone(),
            groups: self.group.clone(),
            tags: self.tag.clone(),
            all_tags: self.all_tags,
            tactics: self.tactic.clone(),
            platforms: self.platform.clone(),
            techniques: self.technique.clone(),
            kind: self.kind.map(TechniqueKind::from),
        }
    }
}

/// Who is to be defended against.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Threat")]
pub(crate) struct ThreatArgs {
    /// Groups and campaigns by name, alias or id, with weights: APT29, G0016=2, "Lazarus Group"; or a layer whose scores
    /// say how much techniques are used
    ///
    /// The use of a technique is the share of them, by weight, that use it in the ATT&CK version in force; in a layer its
    /// score, divided by the highest. What remains is use × (1 − score / 100). `navlayer catalog groups` lists them.
    #[arg(long, value_name = "NAME[=WEIGHT],...|LAYER.json", value_parser = listed)]
    threat: Vec<ListedThreat>,
}

/// What one `--threat` names.
#[derive(Debug, Clone)]
struct ListedThreat(Vec<Named>);

fn listed(text: &str) -> Result<ListedThreat, String> {
    Named::list(text).map(ListedThreat).map_err(|error| error.to_string())
}

impl ThreatArgs {
    /// Whether the flag names anybody.
    pub(crate) fn is_given(&self) -> bool {
        !self.threat.is_empty()
    }

    /// What the flags say.
    pub(crate) fn write(&self, to: &mut Written) {
        let all = self.threat.iter().flat_map(|listed| &listed.0);
        to.threat = all.map(|named| Setting::flag(named.clone(), "--threat")).collect();
    }
}

/// What of the mapped capabilities runs.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Deployed")]
pub(crate) struct DeployedArgs {
    /// Narrow coverage to what is deployed: a scan by Prowler (its findings as OCSF or CSV, or its compliance table), or a
    /// list of capabilities, one on each line; also ids, names and globs with commas between them, or @SELECTION
    ///
    /// A capability counts as deployed when it is listed, or when the checks of a scan that look at its service pass. How
    /// much is covered on paper and as deployed stands side by side, with the evidence.
    #[arg(long, value_name = "FILE|NAME,...")]
    deployed: Vec<String>,
    /// When a capability counts as deployed that a scan has results about [default: all]
    #[arg(long, value_enum, value_name = "WHEN")]
    deployed_when: Option<DeployedWhenArg>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DeployedWhenArg {
    /// When all of them passed
    All,
    /// When any of them passed
    Any,
}

impl DeployedArgs {
    /// What the flags say.
    pub(crate) fn write(&self, to: &mut Written) {
        let all = self.deployed.iter();
        to.deployed = all.map(|text| Setting::flag(text.clone(), "--deployed")).collect();
        to.deployed_when = self.deployed_when.map(|when| {
            let rule = match when {
                DeployedWhenArg::All => Rule::All,
                DeployedWhenArg::Any => Rule::Any,
            };
            Setting::flag(rule, "--deployed-when")
        });
    }
}

/// From mappings to scores.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Scores")]
pub(crate) struct ScoreArgs {
    #[command(flatten)]
    metric: MetricArgs,
    /// Whether techniques are also scored from their sub-techniques [default: none]
    #[arg(long, value_enum, value_name = "RULE")]
    rollup: Option<RollupArg>,
}

/// From mappings to scores, where nothing is rolled up.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Scores")]
pub(crate) struct MetricArgs {
    /// How a technique's mappings become one score [default: strongest]
    #[arg(long, value_enum, value_name = "METRIC")]
    metric: Option<MetricArg>,
}

impl MetricArgs {
    /// What the flag says.
    pub(crate) fn write(&self, to: &mut Written) {
        to.metric = self.metric.map(|metric| Setting::flag(metric.into(), "--metric"));
    }
}

impl ScoreArgs {
    /// What the flags say.
    pub(crate) fn write(&self, to: &mut Written) {
        self.metric.write(to);
        to.rollup = self.rollup.map(|rollup| Setting::flag(rollup.into(), "--rollup"));
    }
}

/// From mappings to scores, and from scores to colours.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Colours")]
pub(crate) struct RuleArgs {
    #[command(flatten)]
    scores: ScoreArgs,
    #[command(flatten)]
    colors: ColorArgs,
    /// Which techniques the Navigator shows with their sub-techniques [default: none]
    #[arg(long, value_enum, value_name = "WHICH")]
    expand: Option<ExpandArg>,
}

/// From scores to colours.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Colours")]
pub(crate) struct ColorArgs {
    /// What the colours tell [default: score]
    #[arg(long, value_enum, value_name = "WHAT")]
    color_by: Option<ColorByArg>,
}

impl ColorArgs {
    /// What the flag says.
    pub(crate) fn write(&self, to: &mut Written) {
        to.color_by = self.color_by.map(|by| Setting::flag(by.into(), "--color-by"));
    }
}

impl RuleArgs {
    /// What the flags say.
    pub(crate) fn write(&self, to: &mut Written) {
        self.scores.write(to);
        self.colors.write(to);
        to.expand = self.expand.map(|expand| Setting::flag(expand.into(), "--expand"));
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum MetricArg {
    /// The highest level that any capability reaches in any selected category
    Strongest,
    /// 100 × (1 − Π(1 − s/100)) over the capabilities: several partial answers beat one
    Layered,
    /// The mean over the capabilities that map the technique
    Mean,
    /// The mean over the selected categories of the strongest level in each
    Balanced,
    /// How many distinct capabilities map the technique; always used for mappings without levels
    Count,
}

impl From<MetricArg> for Metric {
    fn from(metric: MetricArg) -> Self {
        match metric {
            MetricArg::Strongest => Self::Strongest,
            MetricArg::Layered => Self::Layered,
            MetricArg::Mean => Self::Mean,
            MetricArg::Balanced => Self::Balanced,
            MetricArg::Count => Self::Count,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RollupArg {
    /// No: what analysts mapped is what is shown
    None,
    /// The highest score of any sub-technique
    Max,
    /// The mean over all sub-techniques in scope, those without a score counting 0
    Mean,
}

impl From<RollupArg> for Rollup {
    fn from(rollup: RollupArg) -> Self {
        match rollup {
            RollupArg::None => Self::None,
            RollupArg::Max => Self::Max,
            RollupArg::Mean => Self::Mean,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ColorByArg {
    /// The score, by a gradient
    Score,
    /// The category: blue Protect, amber Detect, magenta Respond, grey several; darker is stronger
    Category,
}

impl From<ColorByArg> for ColorBy {
    fn from(by: ColorByArg) -> Self {
        match by {
            ColorByArg::Score => Self::Score,
            ColorByArg::Category => Self::Category,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ExpandArg {
    /// None: a click opens them
    None,
    /// Those with an annotated sub-technique
    Annotated,
    /// All
    All,
}

impl From<ExpandArg> for Expand {
    fn from(expand: ExpandArg) -> Self {
        match expand {
            ExpandArg::None => Self::None,
            ExpandArg::Annotated => Self::Annotated,
            ExpandArg::All => Self::All,
        }
    }
}
