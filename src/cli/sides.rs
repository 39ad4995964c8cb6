//! One text on the command line that means some of the mappings: `amazon_guardduty`, `@prod`, `tag:Network`, a file.

use std::ops::Range;
use std::path::{Path, PathBuf};

use navlayer::attack::Catalog;
use navlayer::config::{SavedSelection, Settings};
use navlayer::diagnostic::{Code, Diagnostic};
use navlayer::mapping::named::{Named, What};
use navlayer::mapping::select::{Filter, Selection, UnknownName};
use navlayer::mapping::{MappingSet, Origin};
use navlayer::suggest;

use super::file::nearby;
use super::input::explain;
use super::{Failure, Global, config, findings};

/// What a text means, before anything is read.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// As typed.
    pub(crate) text: String,
    /// The name that the user gives to it: `before=q1.json`.
    pub(crate) name: Option<String>,
    meaning: Meaning,
}

#[derive(Debug, Clone)]
enum Meaning {
    /// `@prod`: a selection of the configuration.
    Saved { name: String, saved: SavedSelection },
    /// A file, a folder or a pattern; after `#`, something of it.
    Path { path: PathBuf, part: Option<String> },
    /// Something of the sources.
    Name(String),
}

/// Which mappings a text means.
#[derive(Debug, Clone)]
pub(crate) struct Side {
    /// What outputs call it.
    pub(crate) name: String,
    /// The mappings.
    pub(crate) selection: Selection,
    /// Whether it is all of some sets.
    pub(crate) is_whole: bool,
}

impl Asked {
    /// Reads a text. `NAME=` before it names it.
    ///
    /// What has a slash or the ending of a mapping file is a path when it is there; everything else names something of
    /// the sources, so that `./aws` is a folder and `aws` a framework.
    pub(crate) fn parse(text: &str, settings: &Settings) -> Result<Self, Failure> {
        let (name, rest) = match text.split_once('=') {
            Some((name, rest)) if !is_there(text) && is_label(name) => (Some(name.trim().to_owned()), rest),
            _ => (None, text),
        };
        if rest.trim().is_empty() {
            return Err(Failure::new(format!("`{text}` names nothing"))
                .with_help("a capability, @SELECTION, group:NAME, tag:NAME, a framework or a file"));
        }
        let meaning = if let Some(saved) = rest.trim().strip_prefix('@') {
            Meaning::of_saved(saved, settings)?
        } else {
            Meaning::of_path(rest).unwrap_or_else(|| Meaning::Name(rest.trim().to_owned()))
        };
        Ok(Self { text: text.to_owned(), name, meaning })
    }

    /// The sources that it brings itself; `None` when it is something of those that all share.
    pub(crate) fn own_sources(&self) -> Option<Vec<PathBuf>> {
        match &self.meaning {
            Meaning::Path { path, .. } => Some(vec![path.clone()]),
            Meaning::Saved { saved, .. } if !saved.sources.is_empty() => Some(saved.source_paths()),
            Meaning::Saved { .. } | Meaning::Name(_) => None,
        }
    }

    /// Which mappings of `sets[own]` it means, as a selection of all `sets`. A name that nobody has stops the run; one
    /// of the configuration is shown there.
    pub(crate) fn resolve(
        &self,
        sets: &[MappingSet],
        own: Range<usize>,
        catalog: &Catalog,
        settings: &Settings,
        global: &Global,
    ) -> Result<Side, Failure> {
        let start = own.start;
        let held = &sets[own];
        let (filter, name, is_whole) = match &self.meaning {
            Meaning::Saved { name, saved } => {
                report_unknown(saved, held, catalog, settings, global)?;
                (saved.filter(), name.clone(), false)
            }
            Meaning::Path { part: None, .. } => (Filter::default(), labels(held, |_| true), true),
            Meaning::Path { part: Some(part), .. } | Meaning::Name(part) => {
                let named = Named::find(part, held).map_err(|unknown| self.unknown(unknown, settings))?;
                let (name, is_whole) = (title(&named, held), named.what == What::Framework);
                (named.filter, name, is_whole)
            }
        };
        let selection = filter.resolve(held, catalog).map_err(|unknown| explain(unknown, catalog))?;
        let name = self.name.clone().unwrap_or(name);
        Ok(Side { name, selection: selection.among(sets, start), is_whole: is_whole && self.name.is_none() })
    }

    fn unknown(&self, unknown: UnknownName, settings: &Settings) -> Failure {
        let value = unknown.value.clone();
        let failure = Failure::from(unknown);
        if settings.selections.contains_key(&value.to_lowercase()) {
            return failure.with_help(format!("did you mean `@{value}`?"));
        }
        match &self.meaning {
            Meaning::Name(name) if Path::new(name).exists() => {
                failure.with_help(format!("`./{name}` is the file or folder"))
            }
            Meaning::Name(name) if looks_like_path(name) => {
                let near = nearby(Path::new(name.split('#').next().unwrap_or(name)));
                failure.with_help(near.unwrap_or_else(|| "there is no such file or folder either".to_owned()))
            }
            _ => failure,
        }
    }
}

impl Meaning {
    fn of_saved(name: &str, settings: &Settings) -> Result<Self, Failure> {
        let name = name.trim().to_lowercase();
        if let Some(saved) = settings.selections.get(&name) {
            return Ok(Self::Saved { name, saved: saved.clone() });
        }
        let known: Vec<&str> = settings.selections.keys().map(String::as_str).collect();
        let help = match suggest::nearest(&name, known.iter().copied()) {
            Some(near) => format!("did you mean `@{near}`?"),
            None if known.is_empty() => format!("[selections.{name}] of navlayer.toml would be it"),
            None => format!("there are @{}", known.join(", @")),
        };
        Err(Failure::new(format!("no selection is called `@{name}`")).with_help(help))
    }

    /// A path, when the text looks like one and is there, or is a pattern of paths.
    fn of_path(text: &str) -> Option<Self> {
        let is_named = |text: &str| text == "-" || (looks_like_path(text) && is_there(text));
        let is_pattern = |text: &str| looks_like_path(text) && text.contains(['*', '?']);
        if !is_named(text)
            && let Some((path, part)) = text.split_once('#')
            && (is_named(path) || is_pattern(path))
        {
            return Some(Self::Path { path: path.into(), part: Some(part.trim().to_owned()) });
        }
        (is_named(text) || is_pattern(text)).then(|| Self::Path { path: text.into(), part: None })
    }
}

/// The texts before `=` that are names rather than parts of something else.
fn is_label(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && !text.starts_with('@') && !text.contains(['/', '\\', ':', '#'])
}

fn is_there(text: &str) -> bool {
    Path::new(text).exists()
}

/// A slash, or the ending of a file that mappings come in.
fn looks_like_path(text: &str) -> bool {
    let ending = Path::new(text).extension().map(|ending| ending.to_string_lossy().to_lowercase());
    let is_known = |ending: &str| ["json", "yaml", "yml", "csv", "tsv", "xlsx", "gz"].contains(&ending);
    text.contains(['/', '\\']) || ending.is_some_and(|ending| is_known(&ending))
}

/// Shows where the configuration stands what means nothing to these sets.
fn report_unknown(
    saved: &SavedSelection,
    sets: &[MappingSet],
    catalog: &Catalog,
    settings: &Settings,
    global: &Global,
) -> Result<(), Failure> {
    let mut found = Vec::new();
    for (entry, filter) in saved.entries() {
        if let Err(unknown) = filter.resolve(sets, catalog) {
            let Failure { message, help, .. } = explain(unknown, catalog);
            let finding = Diagnostic::new(Code::FilterWithoutMatch, message);
            let finding = Diagnostic { help, ..finding };
            found.push(match entry.origin.place() {
                Some(place) => finding.at(place),
                None => finding,
            });
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    findings::print_all(&found, global);
    Err(config::failure(settings.file.as_deref(), found.len()))
}

/// What a name means, by its own name.
fn title(named: &Named, sets: &[MappingSet]) -> String {
    let is_named = |id: &str, name: &str| {
        id.eq_ignore_ascii_case(&named.name) || name.to_lowercase() == named.name.to_lowercase()
    };
    let found = match named.what {
        What::Framework => {
            let counts = named.filter.frameworks(sets).unwrap_or_default();
            Some(labels(sets, |set| counts.get(set).copied().unwrap_or(false)))
        }
        What::Capability => {
            let mut all = sets.iter().flat_map(|set| &set.capabilities);
            all.find(|one| is_named(&one.id, &one.name)).map(|one| one.name.clone())
        }
        What::Group => {
            let mut all = sets.iter().flat_map(|set| &set.groups);
            all.find(|one| is_named(&one.id, &one.name)).map(|one| one.name.clone())
        }
        What::Tag => {
            let mut all = sets.iter().flat_map(|set| &set.capabilities).flat_map(|one| &one.tags);
            all.find(|tag| tag.to_lowercase() == named.name.to_lowercase()).cloned()
        }
    };
    let own = || named.name.rsplit_once('#').map_or(named.name.as_str(), |(_, part)| part).to_owned();
    found.filter(|name| !name.is_empty()).unwrap_or_else(own)
}

/// The labels of sets, each once.
fn labels(sets: &[MappingSet], counts: impl Fn(usize) -> bool) -> String {
    let mut labels: Vec<String> = Vec::new();
    for (_, set) in sets.iter().enumerate().filter(|(index, _)| counts(*index)) {
        let label = set.framework.label();
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    labels.join(" + ")
}

/// Gives sides that are called alike names that tell them apart: by the edition, by the ATT&CK version that their
/// mappings were made on, by their file, by what was typed, or by a number.
pub(crate) fn tell_apart(sides: &mut [Side], asked: &[Asked], sets: &[MappingSet]) {
    name_versions(sides, sets);
    for place in 0..sides.len() {
        let alike: Vec<usize> =
            (place..sides.len()).filter(|other| sides[*other].name == sides[place].name).collect();
        if alike.len() < 2 {
            continue;
        }
        let each = |way: &dyn Fn(&Side) -> String| alike.iter().map(|at| way(&sides[*at])).collect();
        let ways: [Vec<String>; 4] = [
            each(&|side| joined(side, sets, |set| set.framework.label())),
            each(&|side| made_on(side, sets)),
            each(&|side| joined(side, sets, file_name)),
            alike.iter().map(|at| asked[*at].text.clone()).collect(),
        ];
        let is_telling = |names: &&Vec<String>| {
            names.iter().enumerate().all(|(at, name)| !name.is_empty() && !names[..at].contains(name))
        };
        let numbers: Vec<String> = (1..=alike.len()).map(|number| number.to_string()).collect();
        let chosen = ways.iter().find(is_telling).unwrap_or(&numbers);
        for (at, more) in alike.iter().zip(chosen) {
            sides[*at].name = format!("{} ({more})", sides[*at].name);
        }
    }
}

/// Names the version that a whole set without an edition was made on, where another edition of it is a side, too.
fn name_versions(sides: &mut [Side], sets: &[MappingSet]) {
    let frameworks: Vec<String> =
        sides.iter().map(|side| joined(side, sets, |set| set.framework.name().to_owned())).collect();
    for place in 0..sides.len() {
        let has_no_edition = involved(&sides[place], sets).all(|set| set.framework.version.is_empty());
        let is_vague = (0..sides.len())
            .any(|other| other != place && sides[other].is_whole && frameworks[other] == frameworks[place]);
        if sides[place].is_whole && has_no_edition && is_vague {
            sides[place].name = format!("{} ({})", sides[place].name, made_on(&sides[place], sets));
        }
    }
}

/// The sets of which a side has anything.
fn involved<'s>(side: &'s Side, sets: &'s [MappingSet]) -> impl Iterator<Item = &'s MappingSet> {
    let all = sets.iter().enumerate();
    all.filter(|(set, _)| side.selection.has_any_capability(*set)).map(|(_, set)| set)
}

/// What its sets are called, each once.
fn joined(side: &Side, sets: &[MappingSet], name: impl Fn(&MappingSet) -> String) -> String {
    let mut names: Vec<String> = Vec::new();
    for name in involved(side, sets).map(name) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(" + ")
}

fn made_on(side: &Side, sets: &[MappingSet]) -> String {
    format!("ATT&CK {}", joined(side, sets, |set| set.made_on().to_string()))
}

/// `aws.json`
fn file_name(set: &MappingSet) -> String {
    match &set.origin {
        Origin::Embedded => "built in".to_owned(),
        Origin::Path(path) => {
            let name = Path::new(path).file_name();
            name.map_or_else(|| path.clone(), |name| name.to_string_lossy().into_owned())
        }
    }
}
