//! What is written: by a file or by flags, each value with where it came from.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::keys::SELECTION_FILTERS;
use crate::attack::{Domain, Version, WantedVersion};
use crate::coverage::threat::Named;
use crate::coverage::{Metric, Rollup};
use crate::deployment;
use crate::diagnostic::{Place, Rule};
use crate::layer::{ColorBy, Expand};
use crate::mapping::select::{Filter, TechniqueKind};
use crate::mapping::{Category, Level};
use crate::matrix::palette::{Color, Hue};
use crate::source::Source;

/// A value and where it came from.
#[derive(Debug, Clone)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub origin: Origin,
}

impl<T> Setting<T> {
    /// A value that a flag gives.
    #[must_use]
    pub fn flag(value: T, name: impl Into<Cow<'static, str>>) -> Self {
        Self { value, origin: Origin::Flag(name.into()) }
    }

    /// A value that nobody gives.
    #[must_use]
    pub fn default(value: T) -> Self {
        Self { value, origin: Origin::Default }
    }
}

/// Where a value came from.
#[derive(Debug, Clone)]
pub enum Origin {
    /// From nobody: it is the default.
    Default,
    /// From a file.
    File(Position),
    /// From this flag: `--metric`.
    Flag(Cow<'static, str>),
}

impl Origin {
    /// The place in the file that it came from.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::File(position) => Some(position.place()),
            Self::Default | Self::Flag(_) => None,
        }
    }
}

impl fmt::Display for Origin {
    /// `default`, `navlayer.toml:12` or `--metric`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(position) => {
                let place = position.place();
                write!(f, "{}:{}", place.file, place.line)
            }
            Self::Flag(name) => f.write_str(name),
        }
    }
}

/// Bytes of a configuration. The place is made of them only when somebody asks: a long line makes that dear.
#[derive(Debug, Clone)]
pub struct Position {
    source: Arc<Source>,
    bytes: Range<usize>,
}

impl Position {
    pub(super) fn new(source: &Arc<Source>, bytes: Range<usize>) -> Self {
        Self { source: Arc::clone(source), bytes }
    }

    pub(super) fn bytes(&self) -> Range<usize> {
        self.bytes.clone()
    }

    /// The place.
    #[must_use]
    pub fn place(&self) -> Place {
        self.source.place(self.bytes.clone())
    }
}

/// The keys of `[colors]` that hold a colour, and whose hue each is; that of scores is nobody's.
pub const TINTS: [(&str, Option<Hue>); 5] = [
    ("score", None),
    ("protect", Some(Hue::Of(Category::Protect))),
    ("detect", Some(Hue::Of(Category::Detect))),
    ("respond", Some(Hue::Of(Category::Respond))),
    ("several", Some(Hue::Several)),
];

/// A selection that a configuration names, to ask for it again: `@prod`.
#[derive(Debug, Clone, Default)]
pub struct SavedSelection {
    /// Where its mappings are; none: where all others are.
    pub sources: Vec<Setting<PathBuf>>,
    /// Which of them it holds, by the keys of [`super::SELECTION_FILTERS`]; none: all.
    pub filters: BTreeMap<&'static str, Vec<Setting<String>>>,
    /// Whether a capability must have every tag asked for.
    pub all_tags: Option<Setting<bool>>,
}

impl SavedSelection {
    /// Its sources; none: those of all others.
    #[must_use]
    pub fn source_paths(&self) -> Vec<PathBuf> {
        self.sources.iter().map(|source| source.value.clone()).collect()
    }

    /// What it holds of the mappings of its sources, to resolve.
    #[must_use]
    pub fn filter(&self) -> Filter {
        let all_tags = self.all_tags.as_ref().is_some_and(|flag| flag.value);
        let mut filter = Filter { all_tags, ..Filter::default() };
        for (key, list) in SELECTION_FILTERS {
            let entries = self.filters.get(key).into_iter().flatten();
            list(&mut filter).extend(entries.map(|entry| entry.value.clone()));
        }
        filter
    }

    /// Each entry of its filters, and a filter of it alone: to tell which of them means nothing.
    pub fn entries(&self) -> impl Iterator<Item = (&Setting<String>, Filter)> {
        let all = SELECTION_FILTERS.iter().flat_map(|(key, list)| {
            self.filters.get(key).into_iter().flatten().map(move |entry| (list, entry))
        });
        all.map(|(list, entry)| {
            let mut filter = Filter::default();
            list(&mut filter).push(entry.value.clone());
            (entry, filter)
        })
    }
}

/// What a file says, or what flags say. Nothing in it has a default.
#[derive(Debug, Clone, Default)]
pub struct Written {
    /// Mapping files and folders, and globs of them.
    pub sources: Vec<Setting<PathBuf>>,
    /// The folder that `build` writes.
    pub output: Option<Setting<PathBuf>>,
    /// The ATT&CK version that mappings are carried to.
    pub wanted_version: Option<Setting<WantedVersion>>,
    /// A folder of templates.
    pub templates: Option<Setting<PathBuf>>,
    /// Who is to be defended against.
    pub threat: Vec<Setting<Named>>,
    /// What is deployed: scans, lists, and names.
    pub deployed: Vec<Setting<String>>,
    /// When what a scan has results about counts as deployed.
    pub deployed_when: Option<Setting<deployment::Rule>>,
    /// The capabilities that checks are about, by the start of their ids.
    pub checks: BTreeMap<String, Setting<Vec<Setting<String>>>>,
    /// The filters, by the keys of [`super::FILTERS`].
    pub filters: BTreeMap<&'static str, Vec<Setting<String>>>,
    /// Whether a capability must have every tag asked for.
    pub all_tags: Option<Setting<bool>>,
    /// Saved selections, by names in lower case.
    pub selections: BTreeMap<String, SavedSelection>,
    /// The one kind of technique that is in scope.
    pub kind: Option<Setting<TechniqueKind>>,
    /// The metric.
    pub metric: Option<Setting<Metric>>,
    /// The roll-up.
    pub rollup: Option<Setting<Rollup>>,
    /// What each level is worth.
    pub scale: BTreeMap<Level, Setting<f64>>,
    /// What the colours tell.
    pub color_by: Option<Setting<ColorBy>>,
    /// Colours, by the keys of [`TINTS`].
    pub colors: BTreeMap<&'static str, Setting<Color>>,
    /// Names to show for frameworks, by ids in lower case.
    pub frameworks: BTreeMap<String, Setting<String>>,
    /// Names to show for capabilities, by ids in lower case.
    pub capabilities: BTreeMap<String, Setting<String>>,
    /// The name of the layer that `layer` writes.
    pub layer_name: Option<Setting<String>>,
    /// Its description.
    pub layer_description: Option<Setting<String>>,
    /// Which techniques layers expand.
    pub expand: Option<Setting<Expand>>,
    /// The columns of a table with a header of the user's own, by [`crate::mapping::read::Columns::KEYS`].
    pub columns: BTreeMap<&'static str, Setting<String>>,
    /// Words that mean a category, in lower case.
    pub categories: BTreeMap<String, Setting<Category>>,
    /// Words that mean a level, in lower case.
    pub levels: BTreeMap<String, Setting<Level>>,
    /// What such a table maps.
    pub table_framework: Option<Setting<String>>,
    /// The ATT&CK version of a source that states none.
    pub attack_version: Option<Setting<Version>>,
    /// The ATT&CK domain of a source that states none.
    pub domain: Option<Setting<Domain>>,
    /// What is made of findings.
    pub findings: Vec<Setting<Rule>>,
}

impl Written {
    /// This laid over `below`, which holds where this says nothing. A list or a table replaces the one below whole,
    /// each filter for itself; what is made of findings adds up.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        let mut filters = below.filters;
        filters.extend(self.filters);
        let mut findings = below.findings;
        findings.extend(self.findings);
        Self {
            sources: list(self.sources, below.sources),
            output: self.output.or(below.output),
            wanted_version: self.wanted_version.or(below.wanted_version),
            templates: self.templates.or(below.templates),
            threat: list(self.threat, below.threat),
            deployed: list(self.deployed, below.deployed),
            deployed_when: self.deployed_when.or(below.deployed_when),
            checks: table(self.checks, below.checks),
            filters,
            all_tags: self.all_tags.or(below.all_tags),
            selections: table(self.selections, below.selections),
            kind: self.kind.or(below.kind),
            metric: self.metric.or(below.metric),
            rollup: self.rollup.or(below.rollup),
            scale: table(self.scale, below.scale),
            color_by: self.color_by.or(below.color_by),
            colors: table(self.colors, below.colors),
            frameworks: table(self.frameworks, below.frameworks),
            capabilities: table(self.capabilities, below.capabilities),
            layer_name: self.layer_name.or(below.layer_name),
            layer_description: self.layer_description.or(below.layer_description),
            expand: self.expand.or(below.expand),
            columns: table(self.columns, below.columns),
            categories: table(self.categories, below.categories),
            levels: table(self.levels, below.levels),
            table_framework: self.table_framework.or(below.table_framework),
            attack_version: self.attack_version.or(below.attack_version),
            domain: self.domain.or(below.domain),
            findings,
        }
    }
}

fn list<T>(own: Vec<T>, below: Vec<T>) -> Vec<T> {
    if own.is_empty() { below } else { own }
}

fn table<K: Ord, V>(own: BTreeMap<K, V>, below: BTreeMap<K, V>) -> BTreeMap<K, V> {
    if own.is_empty() { below } else { own }
}

/// The distinct origins of some settings, in their order: a list is written on several lines.
pub(super) fn origins<'s, T: 's>(settings: impl IntoIterator<Item = &'s Setting<T>>) -> Vec<Origin> {
    let mut seen = BTreeSet::new();
    let all = settings.into_iter().map(|setting| setting.origin.clone());
    all.filter(|origin| seen.insert(origin.to_string())).collect()
}
