//! What is drawn: a layer that is there, or one that mappings make.

use std::io;
use std::path::{Path, PathBuf};

use navlayer::attack::Catalog;
use navlayer::config::{Origin, Setting, Settings, Written};
use navlayer::layer;
use navlayer::layer::read::{self, InputLayer, LayerFiles};
use navlayer::source::Source;

use crate::cli::args::{ColorArgs, DeployedArgs, FilterArgs, ReadingArgs, ScoreArgs, ThreatArgs};
use crate::cli::layer::whole;
use crate::cli::{Failure, Global, input};

/// How mappings become the layer that is drawn: as `navlayer layer` has it.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Mappings")]
pub(super) struct MadeArgs {
    /// The title of a picture of mappings [default: what the sources are called]
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    #[command(flatten)]
    reading: ReadingArgs,
    #[command(flatten)]
    deployed: DeployedArgs,
    #[command(flatten)]
    threat: ThreatArgs,
    /// Show threat and coverage at once: colours tell what is used and covered, scores are residual risks
    #[arg(long, help_heading = "Threat")]
    overlay: bool,
    #[command(flatten)]
    scores: ScoreArgs,
    #[command(flatten)]
    colors: ColorArgs,
    #[command(flatten)]
    filters: FilterArgs,
}

impl MadeArgs {
    /// What the flags say of settings.
    pub(super) fn flags(&self, sources: &[PathBuf]) -> Written {
        let mut flags = Written::default();
        let sources = sources.iter();
        flags.sources = sources.map(|source| Setting::flag(source.clone(), "command line")).collect();
        self.reading.write(&mut flags);
        self.deployed.write(&mut flags);
        self.threat.write(&mut flags);
        self.scores.write(&mut flags);
        self.colors.write(&mut flags);
        self.filters.write(&mut flags);
        flags.layer_name = self.name.clone().map(|name| Setting::flag(name, "--name"));
        flags
    }

    /// Refuses what says how a layer is made, where there is one.
    pub(super) fn check_none(&self, layer: &Path) -> Result<(), Failure> {
        let Some(flag) = self.first_flag() else { return Ok(()) };
        let shown = layer.display();
        Err(Failure::new(format!("{flag} is about mappings, and {shown} is a layer: it is drawn as it is"))
            .with_help(format!("leave {flag} out; `navlayer layer {shown} {flag} … | navlayer render -` takes its scores for mappings")))
    }

    /// The first of the flags that is given.
    fn first_flag(&self) -> Option<String> {
        fn of<T>(setting: Option<&Setting<T>>) -> Option<&Origin> {
            setting.map(|setting| &setting.origin)
        }
        let flags = self.flags(&[]);
        let all = [
            of(flags.layer_name.as_ref()),
            of(flags.wanted_version.as_ref()),
            of(flags.columns.values().next()),
            of(flags.table_framework.as_ref()),
            of(flags.attack_version.as_ref()),
            of(flags.domain.as_ref()),
            of(flags.deployed.first()),
            of(flags.deployed_when.as_ref()),
            of(flags.threat.first()),
            of(flags.metric.as_ref()),
            of(flags.rollup.as_ref()),
            of(flags.color_by.as_ref()),
            of(flags.filters.values().flatten().next()),
            of(flags.kind.as_ref()),
        ];
        let first = all.into_iter().flatten().next().map(ToString::to_string);
        first.or_else(|| self.overlay.then(|| "--overlay".to_owned()))
    }

    /// The layer that the sources make, and the catalog that it is on. `None` when there were errors, which were said.
    pub(super) fn layer(
        &self,
        settings: &Settings,
        global: &Global,
    ) -> Result<Option<(InputLayer, Catalog)>, Failure> {
        let Some((layer, catalog)) = whole(settings, self.overlay, global)? else { return Ok(None) };
        // Drawn is what the layer's file would say: nothing more can be in the picture.
        let text = String::from_utf8_lossy(&layer::to_json(&layer)).into_owned();
        let reading = read::from_source(&Source::new("the layer", text));
        let layers = reading.map_err(|finding| Failure::new(finding.message))?.layers;
        let layer = layers.into_iter().next().ok_or_else(|| Failure::new("the mappings make no layer"))?;
        Ok(Some((layer, catalog)))
    }
}

/// What is asked for.
pub(super) enum Subject {
    /// The layer of this name or number in a file, or the only one.
    Layer { path: PathBuf, files: LayerFiles, part: Option<String> },
    /// What mappings make.
    Mappings,
}

impl Subject {
    /// Told by what the files hold. Standard input is a layer where it stands alone.
    pub(super) fn of(paths: &[PathBuf]) -> Result<Self, Failure> {
        let [only] = paths else {
            return match paths.iter().find(|path| is_layer(path)) {
                Some(layer) => Err(several(layer, paths)),
                None => Ok(Self::Mappings),
            };
        };
        if only == Path::new("-") {
            let files = read::from_stream(input::STANDARD_INPUT, io::stdin().lock())?;
            return Ok(Self::Layer { path: only.clone(), files, part: None });
        }
        let (path, part) = part_of(only);
        if path.is_dir() {
            return Ok(Self::Mappings);
        }
        let files = read::from_paths(std::slice::from_ref(&path));
        let may_be_read_again = path.is_file() || !path.exists();
        if files.files.is_empty() && files.errors.is_empty() && part.is_none() && may_be_read_again {
            return Ok(Self::Mappings);
        }
        Ok(Self::Layer { path, files, part })
    }
}

/// Whether a path is a layer's file, or something of it.
fn is_layer(path: &Path) -> bool {
    let (path, _) = part_of(path);
    path.is_file() && !read::from_paths(&[path]).files.is_empty()
}

fn several(layer: &Path, paths: &[PathBuf]) -> Failure {
    let all = paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" ");
    Failure::new(format!("{} is a layer, and a layer is drawn alone", layer.display()))
        .with_help(format!("`navlayer layer {all} | navlayer render -` draws what they add up to"))
}

/// A file, and what of it is meant: `tabs.json#2`.
fn part_of(path: &Path) -> (PathBuf, Option<String>) {
    let text = path.to_string_lossy();
    match text.rsplit_once('#') {
        Some((file, part)) if !path.exists() => (file.into(), Some(part.trim().to_owned())),
        _ => (path.to_owned(), None),
    }
}
