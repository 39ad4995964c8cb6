//! Arguments that several commands share.

use std::path::PathBuf;

use clap::ValueEnum;
use navlayer::coverage::{Metric, Rollup, Rules, Scale};
use navlayer::layer::{ColorBy, Expand};
use navlayer::mapping::select::{Filter, TechniqueKind};

/// Where mappings come from.
#[derive(Debug, clap::Args)]
pub(crate) struct SourceArgs {
    /// Mapping files or folders; `-` is standard input [default: the built-in AWS mapping]
    ///
    /// Mappings Explorer JSON, or Security Stack Mappings YAML (a folder of controls is one mapping set). What a file is
    /// shows in its content, not in its name.
    #[arg(value_name = "SOURCE")]
    pub(crate) sources: Vec<PathBuf>,
}

/// Which mappings count and which techniques are in scope.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Filters (repeatable; ids or names in any case, or globs)")]
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
    /// The filters as the library takes them.
    pub(crate) fn filter(&self) -> Filter {
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

/// From mappings to scores.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Scores")]
pub(crate) struct ScoreArgs {
    /// How a technique's mappings become one score
    #[arg(long, value_enum, default_value_t, value_name = "METRIC")]
    metric: MetricArg,
    /// Whether techniques are also scored from their sub-techniques
    #[arg(long, value_enum, default_value_t, value_name = "RULE")]
    rollup: RollupArg,
}

impl ScoreArgs {
    /// The rules as the library takes them.
    pub(crate) fn rules(&self) -> Rules {
        Rules { metric: self.metric.into(), rollup: self.rollup.into(), scale: Scale::default() }
    }
}

/// From mappings to scores, and from scores to colours.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Colours")]
pub(crate) struct RuleArgs {
    #[command(flatten)]
    scores: ScoreArgs,
    /// What the colours tell
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    color_by: ColorByArg,
    /// Which techniques the Navigator shows with their sub-techniques
    #[arg(long, value_enum, default_value_t, value_name = "WHICH")]
    expand: ExpandArg,
}

impl RuleArgs {
    /// The rules as the library takes them.
    pub(crate) fn rules(&self) -> Rules {
        self.scores.rules()
    }

    /// What the colours tell.
    pub(crate) fn color_by(&self) -> ColorBy {
        match self.color_by {
            ColorByArg::Score => ColorBy::Score,
            ColorByArg::Category => ColorBy::Category,
        }
    }

    /// Which techniques are expanded.
    pub(crate) fn expand(&self) -> Expand {
        match self.expand {
            ExpandArg::None => Expand::None,
            ExpandArg::Annotated => Expand::Annotated,
            ExpandArg::All => Expand::All,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum MetricArg {
    /// The highest level that any capability reaches in any selected category
    #[default]
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

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum RollupArg {
    /// No: what analysts mapped is what is shown
    #[default]
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

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum ColorByArg {
    /// The score, by a gradient
    #[default]
    Score,
    /// The category: blue Protect, amber Detect, magenta Respond, grey several; darker is stronger
    Category,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum ExpandArg {
    /// None: a click opens them
    #[default]
    None,
    /// Those with an annotated sub-technique
    Annotated,
    /// All
    All,
}
