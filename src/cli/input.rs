//! From the arguments to mapping sets on a catalog.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use navlayer::attack::{Catalog, CatalogError};
use navlayer::config::Settings;
use navlayer::diagnostic::{Code, Diagnostic, Severity};
use navlayer::mapping::read::{self, Reader, Reading};
use navlayer::mapping::{MappingSet, check, select::Selection};

use super::{Failure, Global, config, findings};

/// Mapping sets of one domain, the catalog that they are shown on, and what was found in them.
pub(crate) struct Input {
    pub(crate) sets: Vec<MappingSet>,
    pub(crate) catalog: Catalog,
    pub(crate) findings: Vec<Diagnostic>,
}

/// Reads and checks all sources and prints what was found. `None` when there were errors: then nothing can be built.
pub(crate) fn load(settings: &Settings, global: &Global) -> Result<Option<Input>, Failure> {
    let sources = settings.source_paths();
    let Reading { mut sets, mut findings } = read_all(&sources, &settings.read_options())?;
    let frameworks = settings.filter();
    if !frameworks.frameworks.is_empty() && one_domain(&sets).is_err() {
        // A file may hold layers of two domains; only the filter can part them.
        let mut counts = frameworks.frameworks(&sets)?.into_iter();
        sets.retain(|_| counts.next().unwrap_or(true));
    }
    one_domain(&sets)?;
    // A file with errors is checked all the same: one run shows all that is wrong.
    let catalog = catalog(&sets, global, &mut findings)?;
    for set in &sets {
        findings.extend(catalog.iter().flat_map(|catalog| check::check(set, catalog)));
    }
    in_source_order(&mut findings, &[]);
    // What was found in the built-in mapping is no mistake of the user's, who cannot mend it: it stands on the site.
    let is_own = !sources.is_empty();
    let levels = settings.finding_levels();
    let in_force = if is_own { levels.clone() } else { levels.without_denials() };
    in_force.apply(&mut findings);
    // Names come last, so that a finding calls everything what its source calls it.
    let mut unmet = settings.rename(&mut sets);
    levels.apply(&mut unmet);
    findings::print_all(&unmet, global);
    let mistakes = unmet.iter().filter(|one| one.severity == Severity::Error).count();
    if mistakes > 0 {
        return Err(config::failure(settings.file.as_deref(), mistakes));
    }
    let has_errors = findings.iter().any(|one| one.severity == Severity::Error);
    if sets.is_empty() && !has_errors {
        findings::print(&findings, global);
        return Err(Failure::new("the sources hold no mapping"));
    }
    let Some(catalog) = catalog.filter(|_| !has_errors) else {
        return Ok(stop(&findings, global));
    };
    if is_own || global.verbose {
        findings::print(&findings, global);
    }
    say_versions(&sets, &catalog, global);
    Ok(Some(Input { sets, catalog, findings }))
}

/// Reads all sources without a catalog, and prints what was found; for what only rewrites mappings.
pub(crate) fn load_sets(settings: &Settings, global: &Global) -> Result<Option<Vec<MappingSet>>, Failure> {
    let sources = settings.source_paths();
    let Reading { sets, mut findings } = read_all(&sources, &settings.read_options())?;
    in_source_order(&mut findings, &[]);
    settings.finding_levels().apply(&mut findings);
    if findings.iter().any(|one| one.severity == Severity::Error) {
        return Ok(stop(&findings, global));
    }
    findings::print(&findings, global);
    Ok(Some(sets))
}

/// Reads what the arguments or the configuration name, else the built-in mapping.
fn read_all(sources: &[PathBuf], options: &read::Options) -> Result<Reading, Failure> {
    if sources.is_empty() {
        return Ok(read::embedded());
    }
    let reader = Reader::new(options.clone());
    let mut all = Reading::default();
    for group in groups(sources) {
        let reading = match group {
            Sources::StandardInput => reader.stream(STANDARD_INPUT, io::stdin().lock())?,
            Sources::Paths(paths) => reader.paths(paths)?,
        };
        all.sets.extend(reading.sets);
        all.findings.extend(reading.findings);
    }
    Ok(all)
}

/// What findings call standard input.
pub(crate) const STANDARD_INPUT: &str = "standard input";

/// Sources that are read together.
pub(crate) enum Sources<'a> {
    StandardInput,
    Paths(&'a [PathBuf]),
}

/// Sources in their order; standard input, which can be read once, stands by itself.
pub(crate) fn groups(sources: &[PathBuf]) -> Vec<Sources<'_>> {
    let is_standard_input = |path: &PathBuf| path == Path::new("-");
    let groups = sources.chunk_by(|one, next| is_standard_input(one) == is_standard_input(next));
    let mut has_read = false;
    let parts = groups.filter_map(|group| {
        if !group.iter().any(is_standard_input) {
            return Some(Sources::Paths(group));
        }
        let first = !has_read;
        has_read = true;
        first.then_some(Sources::StandardInput)
    });
    parts.collect()
}

/// Resolves the filters. A name that nobody has stops the run; where it stands in the configuration, it is shown there,
/// and all others of the configuration with it.
pub(crate) fn select(settings: &Settings, input: &Input, global: &Global) -> Result<Selection, Failure> {
    let unknown = match settings.filter().resolve(&input.sets, &input.catalog) {
        Ok(selection) => return Ok(selection),
        Err(unknown) => unknown,
    };
    let mut findings = Vec::new();
    for (entry, filter) in settings.written_filters() {
        if let Err(unknown) = filter.resolve(&input.sets, &input.catalog)
            && let Some(place) = entry.origin.place()
        {
            let Failure { message, help, .. } = Failure::from(unknown);
            let finding = Diagnostic::new(Code::FilterWithoutMatch, message).at(place);
            findings.push(Diagnostic { help, ..finding });
        }
    }
    if findings.is_empty() {
        return Err(unknown.into());
    }
    findings::print_all(&findings, global);
    Err(config::failure(settings.file.as_deref(), findings.len()))
}

/// The findings of each file together, from top to bottom; `files` come first, in their order.
pub(crate) fn in_source_order(findings: &mut [Diagnostic], files: &[String]) {
    let mut ranks: BTreeMap<Arc<str>, usize> = BTreeMap::new();
    let named = files.iter().map(|file| Arc::from(file.as_str()));
    let found = findings.iter().filter_map(|one| Some(Arc::clone(&one.place.as_ref()?.file)));
    for file in named.chain(found) {
        let next = ranks.len();
        ranks.entry(file).or_insert(next);
    }
    findings.sort_by_cached_key(|one| {
        let place = one.place.as_ref();
        place.map(|place| (ranks.get(&place.file).copied(), place.line, place.column))
    });
}

/// Prints findings of which some are errors, and says that nothing was written.
pub(crate) fn stop<T>(findings: &[Diagnostic], global: &Global) -> Option<T> {
    findings::print(findings, global);
    let errors = findings.iter().filter(|one| one.severity == Severity::Error).count();
    let plural = if errors == 1 { "error" } else { "errors" };
    findings::say(global, &format!("{errors} {plural}; nothing was written"));
    None
}

fn one_domain(sets: &[MappingSet]) -> Result<(), Failure> {
    let Some(first) = sets.first() else { return Ok(()) };
    match sets.iter().find(|set| set.domain != first.domain) {
        None => Ok(()),
        Some(other) => Err(Failure::new(format!(
            "{} ({}) is on {}, {} ({}) on {}: coverage is of one ATT&CK domain",
            first.framework.label(),
            first.origin,
            first.domain,
            other.framework.label(),
            other.origin,
            other.domain
        ))
        .with_help("run navlayer once for each domain; --framework tells sets of one file apart")),
    }
}

/// The user's own bundle, or the newest version that a set was made on.
fn catalog(
    sets: &[MappingSet],
    global: &Global,
    findings: &mut Vec<Diagnostic>,
) -> Result<Option<Catalog>, Failure> {
    let Some(newest) = sets.iter().max_by_key(|set| set.attack_version) else { return Ok(None) };
    if let Some(path) = &global.attack_data {
        let catalog = Catalog::from_bundle(path, None)?;
        if catalog.domain() != newest.domain {
            return Err(Failure::new(format!(
                "{} is a bundle of {}, and the mappings are on {}",
                path.display(),
                catalog.domain(),
                newest.domain
            )));
        }
        return Ok(Some(catalog));
    }
    match Catalog::embedded(newest.domain, newest.attack_version) {
        Ok(catalog) => Ok(Some(catalog)),
        Err(CatalogError::UnknownVersion { .. }) => {
            findings.push(check::unknown_version(newest));
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Says so when the filters leave no mapping: what is written then is empty, and rightly so.
pub(crate) fn say_empty(input: &Input, selection: &Selection, global: &Global) {
    let any = input.sets.iter().enumerate().any(|(index, set)| {
        let in_scope = |id| selection.scope.contains_id(id, &input.catalog);
        set.mappings.iter().any(|mapping| selection.has(index, mapping) && in_scope(mapping.technique))
    });
    if !any {
        findings::say(global, "warning: no mapping passes the filters; what is written is empty");
    }
}

fn say_versions(sets: &[MappingSet], catalog: &Catalog, global: &Global) {
    for set in sets.iter().filter(|set| set.attack_version != catalog.version()) {
        let line = format!(
            "note: {} was made on ATT&CK {} and is shown on {}, row by row by its id",
            set.framework.label(),
            set.attack_version,
            catalog.version()
        );
        findings::say(global, &line);
    }
}
