//! `navlayer schema`: JSON Schemas of what navlayer reads and writes.

use std::io;

use clap::ValueEnum;
use navlayer::attack::Diff;
use navlayer::config::Config;
use navlayer::diagnostic::FindingsFile;
use navlayer::layer::{AnyLayerFile, Layer};
use navlayer::mapping::MappingFile;
use navlayer::report::view::{CapabilityView, IndexView, TechniqueView};
use navlayer::report::{
    CompareView, ComparisonFile, DiffView, LayerView, PlanFile, ReportView, Summary, UpgradeFile, UpgradePage,
};
use schemars::{Schema, schema_for};

use super::{CommandResult, Failure, Outcome};

/// Print the JSON Schema of a file that navlayer reads or writes, or of what a template is given
///
/// The schemas are of draft 2020-12; schemas/ in the repository holds them all.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Of what
    #[arg(value_enum, value_name = "WHAT", required_unless_present = "list")]
    what: Option<What>,
    /// List what there is a schema of
    #[arg(long, conflicts_with = "what")]
    list: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// A mapping file: Mappings Explorer JSON, as navlayer reads and writes it
    Mapping,
    /// What `validate --format json` writes
    Findings,
    /// A Navigator layer, as navlayer writes it
    Layer,
    /// A Navigator layer of any format that navlayer reads, or several
    AnyLayer,
    /// summary.json
    Summary,
    /// What `upgrade --report` and `--upgrade-report` write as JSON
    Upgrade,
    /// What `catalog diff --format json` writes
    Diff,
    /// What `plan --format json` writes
    Plan,
    /// What `compare --format json` writes
    Compare,
    /// navlayer.toml
    Config,
    /// What the template index.hbs is given
    #[value(name = "view:index")]
    Index,
    /// What the template capability.hbs is given
    #[value(name = "view:capability")]
    Capability,
    /// What the template technique.hbs is given
    #[value(name = "view:technique")]
    Technique,
    /// What the template upgrade.hbs is given
    #[value(name = "view:upgrade")]
    UpgradeView,
    /// What the template diff.hbs is given
    #[value(name = "view:diff")]
    DiffView,
    /// What the template compare.hbs is given
    #[value(name = "view:compare")]
    CompareView,
    /// What the template layer.hbs is given
    #[value(name = "view:layer")]
    LayerView,
    /// What the template report.hbs is given
    #[value(name = "view:report")]
    ReportView,
}

impl What {
    fn schema(self) -> Schema {
        match self {
            Self::Mapping => schema_for!(MappingFile),
            Self::Findings => schema_for!(FindingsFile<'_>),
            Self::Layer => schema_for!(Layer),
            Self::AnyLayer => schema_for!(AnyLayerFile),
            Self::Summary => schema_for!(Summary),
            Self::Diff => schema_for!(Diff),
            Self::Plan => schema_for!(PlanFile),
            Self::Compare => schema_for!(ComparisonFile),
            Self::Config => schema_for!(Config),
            Self::Index => schema_for!(IndexView),
            Self::Capability => schema_for!(CapabilityView),
            Self::Technique => schema_for!(TechniqueView),
            Self::Upgrade => schema_for!(UpgradeFile),
            Self::UpgradeView => schema_for!(UpgradePage),
            Self::DiffView => schema_for!(DiffView),
            Self::CompareView => schema_for!(CompareView),
            Self::LayerView => schema_for!(LayerView),
            Self::ReportView => schema_for!(ReportView),
        }
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args, out: &mut dyn io::Write) -> CommandResult {
    let Some(what) = args.what else {
        for value in What::value_variants().iter().filter_map(What::to_possible_value) {
            writeln!(out, "{}", value.get_name())?;
        }
        return Ok(Outcome::Clean);
    };
    let text =
        serde_json::to_string_pretty(&what.schema()).map_err(|error| Failure::new(error.to_string()))?;
    writeln!(out, "{text}")?;
    Ok(Outcome::Clean)
}

/// The schema of this name, as `--list` has it.
pub(super) fn of(name: &str) -> Option<serde_json::Value> {
    What::from_str(name, false).ok().map(|what| what.schema().to_value())
}
