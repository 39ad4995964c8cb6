//! What is in force, with nothing left to decide.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::keys::FILTERS;
use super::written::{Origin, SavedSelection, Setting, TINTS, Written};
use crate::attack::{Domain, Releases, Version, WantedVersion};
use crate::coverage::threat::Named;
use crate::coverage::{Metric, Rollup, Rules, Scale};
use crate::deployment;
use crate::diagnostic::{Levels, Rule};
use crate::layer::{ColorBy, Expand};
use crate::mapping::read::{self, Columns};
use crate::mapping::select::{Filter, TechniqueKind};
use crate::mapping::{Category, Level};
use crate::matrix::palette::{Color, Palette};

/// Every setting, with where it came from. An empty list or table means that nobody asked for anything.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The file that was read, as findings name it.
    pub file: Option<Arc<str>>,
    /// Mapping files and folders, and globs of them; none: the mapping that is built in.
    pub sources: Vec<Setting<PathBuf>>,
    /// The folder that `build` writes.
    pub output: Setting<PathBuf>,
    /// The ATT&CK version that mappings are carried to; `None`: their own, or the newest of theirs.
    pub wanted_version: Setting<Option<WantedVersion>>,
    /// A folder of templates; `None`: those that are built in.
    pub templates: Setting<Option<PathBuf>>,
    /// Who is to be defended against; none: nobody is named.
    pub threat: Vec<Setting<Named>>,
    /// What is deployed: scans, lists, and names; none: coverage is of what is mapped.
    pub deployed: Vec<Setting<String>>,
    /// When what a scan has results about counts as deployed.
    pub deployed_when: Setting<deployment::Rule>,
    /// The capabilities that checks are about, by the start of their ids.
    pub checks: BTreeMap<String, Setting<Vec<Setting<String>>>>,
    /// The filters, by the keys of [`FILTERS`].
    pub filters: BTreeMap<&'static str, Vec<Setting<String>>>,
    /// Whether a capability must have every tag asked for, rather than any of them.
    pub all_tags: Setting<bool>,
    /// Saved selections, by names in lower case.
    pub selections: BTreeMap<String, SavedSelection>,
    /// The one kind of technique that is in scope; `None`: both.
    pub kind: Setting<Option<TechniqueKind>>,
    /// The metric.
    pub metric: Setting<Metric>,
    /// The roll-up.
    pub rollup: Setting<Rollup>,
    /// What Minimal, Partial and Significant are worth.
    pub scale: [Setting<f64>; 3],
    /// What the colours tell.
    pub color_by: Setting<ColorBy>,
    /// Colours, by the keys of [`TINTS`]; the others are the default palette's.
    pub colors: BTreeMap<&'static str, Setting<Color>>,
    /// Names to show for frameworks, by ids in lower case.
    pub frameworks: BTreeMap<String, Setting<String>>,
    /// Names to show for capabilities, by ids in lower case.
    pub capabilities: BTreeMap<String, Setting<String>>,
    /// The name of the layer that `layer` writes; empty: made from the sources.
    pub layer_name: Setting<String>,
    /// Its description; empty: made from the sources.
    pub layer_description: Setting<String>,
    /// Which techniques layers expand.
    pub expand: Setting<Expand>,
    /// The columns of a table with a header of the user's own, by [`Columns::KEYS`].
    pub columns: BTreeMap<&'static str, Setting<String>>,
    /// Words that mean a category, in lower case.
    pub categories: BTreeMap<String, Setting<Category>>,
    /// Words that mean a level, in lower case.
    pub levels: BTreeMap<String, Setting<Level>>,
    /// What such a table maps; `None`: its file's name.
    pub table_framework: Setting<Option<String>>,
    /// The ATT&CK version of a source that states none.
    pub attack_version: Setting<Option<Version>>,
    /// The ATT&CK domain of a source that states none; `None`: Enterprise.
    pub domain: Setting<Option<Domain>>,
    /// What is made of findings, the file's rules first.
    pub findings: Vec<Setting<Rule>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self::new(None, Written::default())
    }
}

impl Settings {
    /// What is written, with the defaults for what is not. `file` is the configuration's name, when there is one.
    #[must_use]
    pub fn new(file: Option<Arc<str>>, written: Written) -> Self {
        let standard = Scale::default();
        let scale = Level::ALL.map(|level| match written.scale.get(&level) {
            Some(setting) => setting.clone(),
            None => Setting::default(standard.score(level)),
        });
        Self {
            file,
            sources: written.sources,
            output: written.output.unwrap_or_else(|| Setting::default(PathBuf::from("navlayer-out"))),
            wanted_version: optional(written.wanted_version),
            templates: optional(written.templates),
            threat: written.threat,
            deployed: written.deployed,
            deployed_when: given(written.deployed_when),
            checks: written.checks,
            filters: written.filters,
            all_tags: given(written.all_tags),
            selections: written.selections,
            kind: optional(written.kind),
            metric: given(written.metric),
            rollup: given(written.rollup),
            scale,
            color_by: given(written.color_by),
            colors: written.colors,
            frameworks: written.frameworks,
            capabilities: written.capabilities,
            layer_name: given(written.layer_name),
            layer_description: given(written.layer_description),
            expand: given(written.expand),
            columns: written.columns,
            categories: written.categories,
            levels: written.levels,
            table_framework: optional(written.table_framework),
            attack_version: optional(written.attack_version),
            domain: optional(written.domain),
            findings: written.findings,
        }
    }

    /// The sources; none: the mapping that is built in.
    #[must_use]
    pub fn source_paths(&self) -> Vec<PathBuf> {
        self.sources.iter().map(|source| source.value.clone()).collect()
    }

    /// The filters, to resolve.
    #[must_use]
    pub fn filter(&self) -> Filter {
        let mut filter = Filter { all_tags: self.all_tags.value, kind: self.kind.value, ..Filter::default() };
        for (key, list) in FILTERS {
            let entries = self.filters.get(key).into_iter().flatten();
            list(&mut filter).extend(entries.map(|entry| entry.value.clone()));
        }
        filter
    }

    /// Each filter entry that the file holds, and a filter of it alone.
    pub fn written_filters(&self) -> impl Iterator<Item = (&Setting<String>, Filter)> {
        let all = FILTERS.into_iter().flat_map(|(key, list)| {
            self.filters.get(key).into_iter().flatten().map(move |entry| (list, entry))
        });
        all.filter(|(_, entry)| matches!(entry.origin, Origin::File(_))).map(|(list, entry)| {
            let mut filter = Filter::default();
            list(&mut filter).push(entry.value.clone());
            (entry, filter)
        })
    }

    /// How mappings become scores.
    #[must_use]
    pub fn rules(&self) -> Rules {
        let [minimal, partial, significant] = self.scale.each_ref().map(|setting| setting.value);
        // What does not rise was found when it was read, and left out.
        let scale = Scale::new(minimal, partial, significant).unwrap_or_default();
        Rules { metric: self.metric.value, rollup: self.rollup.value, scale }
    }

    /// The colours.
    #[must_use]
    pub fn palette(&self) -> Palette {
        let asked = TINTS.into_iter().filter_map(|(key, hue)| Some((hue, self.colors.get(key)?.value)));
        asked.fold(Palette::default(), |palette, (hue, color)| match hue {
            Some(hue) => palette.with_hue(hue, color),
            None => palette.with_score(color),
        })
    }

    /// What readers are told beside the files, the known ATT&CK releases among it.
    #[must_use]
    pub fn read_options(&self, releases: Releases) -> read::Options {
        let mut columns = Columns::default();
        for (key, column) in &self.columns {
            columns.set(key, &column.value);
        }
        read::Options {
            columns: (!self.columns.is_empty()).then_some(columns),
            categories: values(&self.categories),
            levels: values(&self.levels),
            framework: self.table_framework.value.clone(),
            attack_version: self.attack_version.value,
            domain: self.domain.value,
            releases,
        }
    }

    /// What is made of findings: what the file says, and after it what flags say.
    #[must_use]
    pub fn finding_levels(&self) -> Levels {
        let (flags, file): (Vec<&Setting<Rule>>, Vec<&Setting<Rule>>) =
            self.findings.iter().partition(|rule| matches!(rule.origin, Origin::Flag(_)));
        let levels = |rules: Vec<&Setting<Rule>>| Levels::new(rules.into_iter().map(|rule| rule.value));
        levels(file).then(levels(flags))
    }
}

fn given<T: Default>(setting: Option<Setting<T>>) -> Setting<T> {
    setting.unwrap_or_else(|| Setting::default(T::default()))
}

fn optional<T>(setting: Option<Setting<T>>) -> Setting<Option<T>> {
    match setting {
        Some(Setting { value, origin }) => Setting { value: Some(value), origin },
        None => Setting::default(None),
    }
}

fn values<T: Copy>(map: &BTreeMap<String, Setting<T>>) -> BTreeMap<String, T> {
    map.iter().map(|(key, setting)| (key.clone(), setting.value)).collect()
}
