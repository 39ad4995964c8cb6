//! `navlayer layer`: heatmaps for ATT&CK Navigator.

use std::io;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use navlayer::attack::Catalog;
use navlayer::config::{Setting, Settings, Written};
use navlayer::coverage::threat::{Threat, ThreatCoverage};
use navlayer::coverage::{Coverage, Metric};
use navlayer::layer::{self, Layer, Options, Part, Per};
use navlayer::mapping::MappingSet;
use navlayer::mapping::select::Selection;
use navlayer::output::Sink;

use super::account::UpgradeReportArgs;
use super::args::{DeployedArgs, FilterArgs, RuleArgs, SourceArgs, ThreatArgs};
use super::deployed::{self, Deployed};
use super::file::write_one;
use super::input::{self, Input};
use super::{CommandResult, Failure, Global, Outcome, config, findings, threat};

/// Write heatmaps for ATT&CK Navigator
///
/// One layer of everything, on standard output or to a file; with --per one layer each, into a folder or, with
/// --bundle, into one file that the Navigator opens as several tabs.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    sources: SourceArgs,
    #[command(flatten)]
    account: UpgradeReportArgs,
    /// The file to write, or with --per the folder [default: standard output]
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Write one layer for each of these
    #[arg(long, value_enum, value_name = "WHAT")]
    per: Option<PerArg>,
    /// Put the layers of --per into one multi-layer file
    #[arg(long, requires = "per")]
    bundle: bool,
    /// The layer's name; with --per it goes before each part's name
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// The layer's description
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Replace files that navlayer did not write
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    deployed: DeployedArgs,
    #[command(flatten)]
    threat: ThreatArgs,
    /// Show threat and coverage at once: colours tell what is used and covered, scores are residual risks
    #[arg(long, help_heading = "Threat")]
    overlay: bool,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    filters: FilterArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PerArg {
    /// Each capability that maps something
    Capability,
    /// Protect, Detect and Respond
    Category,
    /// Each group of capabilities
    Group,
    /// Each tag of capabilities
    Tag,
    /// Each framework
    Framework,
}

impl From<PerArg> for Per {
    fn from(per: PerArg) -> Self {
        match per {
            PerArg::Capability => Self::Capability,
            PerArg::Category => Self::Category,
            PerArg::Group => Self::Group,
            PerArg::Tag => Self::Tag,
            PerArg::Framework => Self::Framework,
        }
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args, global: &Global, out: &mut dyn io::Write) -> CommandResult {
    if args.per.is_some() && !args.bundle && args.output.as_deref().is_none_or(|path| path == Path::new("-"))
    {
        return Err(Failure::new("--per writes several files, and no folder is named")
            .with_help("-o DIR names one; --bundle puts them into one file instead"));
    }
    args.account.check()?;
    let settings = config::settings(args.flags(), global)?;
    let Some(input) = input::load(&settings, global)? else { return Ok(Outcome::Findings) };
    let (maker, selection) = Maker::new(&settings, &input, args.overlay, global)?;
    args.account.write(&input.sets, &settings, args.force, global)?;
    say_metric(&settings, args.per.is_none(), &input.sets, &selection, global);
    let name = &settings.layer_name.value;
    let Some(per) = args.per else {
        let layer = maker.one(selection, name.clone(), Some(global));
        return write(&layer::to_json(&layer), args, global, out);
    };
    let parts = layer::split(&input.sets, &input.catalog, &selection, per.into());
    if parts.is_empty() {
        return Err(Failure::new("nothing is left to write a layer of")
            .with_help("no mapping passes the filters, or the mappings have nothing to split by"));
    }
    let mut named = Vec::with_capacity(parts.len());
    for part in parts {
        let name = if name.is_empty() { part.name.clone() } else { format!("{name}: {}", part.name) };
        let Part { id, selection, .. } = part;
        named.push((id, maker.one(selection, name, None)));
    }
    if args.bundle {
        let layers: Vec<Layer> = named.into_iter().map(|(_, layer)| layer).collect();
        return write(&layer::to_bundle(&layers), args, global, out);
    }
    let folder = args.output.as_deref().unwrap_or(Path::new("."));
    let what = per.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
    let mut sink = Sink::new(folder, format!("navlayer layer --per {what}"));
    for (id, layer) in &named {
        let path = sink.name("", id, "json");
        sink.add(path, layer::to_json(layer));
    }
    let changes = sink.write(args.force)?;
    findings::say_written(global, &sink, &changes, "layer");
    Ok(Outcome::Clean)
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
        flags.layer_name = self.name.clone().map(|name| Setting::flag(name, "--name"));
        flags.layer_description = self.description.clone().map(|text| Setting::flag(text, "--description"));
        flags
    }
}

/// The one layer of everything that the settings ask for, and the catalog that it is on. `None` when there were errors: then
/// nothing can be made.
pub(crate) fn whole(
    settings: &Settings,
    overlay: bool,
    global: &Global,
) -> Result<Option<(Layer, Catalog)>, Failure> {
    let Some(input) = input::load(settings, global)? else { return Ok(None) };
    let (maker, selection) = Maker::new(settings, &input, overlay, global)?;
    say_metric(settings, true, &input.sets, &selection, global);
    let layer = maker.one(selection, settings.layer_name.value.clone(), Some(global));
    Ok(Some((layer, input.catalog)))
}

/// What all layers of a run are made of.
struct Maker<'a> {
    settings: &'a Settings,
    input: &'a Input,
    deployed: Option<Deployed>,
    threat: Option<Threat>,
    overlay: bool,
}

impl<'a> Maker<'a> {
    /// With what the filters and what is deployed leave of the mappings.
    fn new(
        settings: &'a Settings,
        input: &'a Input,
        overlay: bool,
        global: &Global,
    ) -> Result<(Self, Selection), Failure> {
        let selection = input::select(settings, input, global)?;
        let (selection, deployed) = deployed::narrow(selection, settings, input, global)?;
        input::say_empty(input, &selection, global);
        let threat = threat::threat(settings, input, global)?;
        if overlay && threat.is_none() {
            return Err(Failure::new("--overlay shows a threat and what covers it, and no threat is named")
                .with_help("--threat APT29 names one; `navlayer catalog groups` lists them"));
        }
        Ok((Self { settings, input, deployed, threat, overlay }, selection))
    }

    /// A layer of a part of the selection; says what it covers of the threat where it is to.
    fn one(&self, selection: Selection, name: String, say: Option<&Global>) -> Layer {
        let Self { settings, input, .. } = self;
        let involved =
            input.sets.iter().enumerate().filter(|(index, _)| selection.has_any_capability(*index));
        let rules = settings.rules().for_sets(involved.map(|(_, set)| set));
        let coverage = Coverage::new(&input.sets, &input.catalog, selection, rules);
        let options = Options {
            name,
            description: settings.layer_description.value.clone(),
            color_by: settings.color_by.value,
            palette: settings.palette(),
            expand: settings.expand.value,
            top: None,
        };
        if let (Some(deployed), Some(global)) = (&self.deployed, say) {
            deployed.compare(&coverage, global);
        }
        let against = self.threat.as_ref().map(|threat| ThreatCoverage::new(threat, &coverage));
        if let (Some(against), Some(global)) = (&against, say) {
            threat::say(against, global);
        }
        let mut layer = match &against {
            None => layer::build(&coverage, &options),
            Some(against) if self.overlay => layer::overlay(&coverage, against, &options),
            Some(against) => layer::build_against(&coverage, against, &options),
        };
        if let Some(deployed) = &self.deployed {
            layer::add_evidence(&mut layer, &coverage, &deployed.deployment);
            if say.is_some() && !self.overlay {
                let paper = deployed.on_paper(&coverage);
                layer::add_paper(&mut layer, &coverage, &paper, &deployed.deployment);
            }
        }
        layer
    }
}

/// Says so when the mappings have no levels, and are counted instead. `is_one`: all of them stand on one layer.
fn say_metric(
    settings: &Settings,
    is_one: bool,
    sets: &[MappingSet],
    selection: &Selection,
    global: &Global,
) {
    if settings.metric.value == Metric::Count {
        return;
    }
    let mut involved = sets.iter().enumerate().filter(|(index, _)| selection.has_any_capability(*index));
    let shares_a_layer = is_one && involved.any(|(_, set)| set.is_scored());
    for (index, set) in sets.iter().enumerate() {
        if selection.has_any_capability(index) && !set.is_scored() {
            let name = set.framework.label();
            let line = if shares_a_layer {
                format!(
                    "note: {name} has no levels; beside mappings that have, its own stand without a score (--per \
                     framework keeps them apart)"
                )
            } else {
                format!("note: {name} has no levels; its layers count capabilities (--metric count)")
            };
            findings::say(global, &line);
        }
    }
}

fn write(bytes: &[u8], args: &Args, global: &Global, out: &mut dyn io::Write) -> CommandResult {
    let Some(path) = args.output.as_ref().filter(|path| *path != Path::new("-")) else {
        out.write_all(bytes)?;
        return Ok(Outcome::Clean);
    };
    write_one(path, bytes, args.force, Some(is_our_layer))?;
    findings::say(global, &format!("wrote {}", path.display()));
    Ok(Outcome::Clean)
}

/// Whether a file is a layer, or several, exactly as this tool writes them: one that was edited since is the user's.
pub(crate) fn is_our_layer(bytes: &[u8]) -> bool {
    let ours = |layer: &Layer| {
        layer.metadata.iter().any(|row| row.name == "generator" && row.value.starts_with("navlayer "))
    };
    if let Ok(layer) = serde_json::from_slice::<Layer>(bytes) {
        return ours(&layer) && layer::to_json(&layer) == bytes;
    }
    serde_json::from_slice::<Vec<Layer>>(bytes).is_ok_and(|mut layers| {
        layers.reverse();
        !layers.is_empty() && layers.iter().all(ours) && layer::to_bundle(&layers) == bytes
    })
}
