//! From the arguments to mapping sets on a catalog.

use std::io;
use std::path::Path;
use std::sync::Arc;

use navlayer::attack::{Catalog, CatalogError, Version};
use navlayer::diagnostic::{Code, Diagnostic, Severity};
use navlayer::mapping::read::{self, Reading};
use navlayer::mapping::{MappingSet, check, select::Selection};

use super::args::SourceArgs;
use super::{Failure, Global, findings};

/// Mapping sets of one domain, the catalog that they are shown on, and what was found in them.
pub(crate) struct Input {
    pub(crate) sets: Vec<MappingSet>,
    pub(crate) catalog: Catalog,
    pub(crate) findings: Vec<Diagnostic>,
}

/// Reads and checks all sources and prints what was found. `None` when there were errors: then nothing can be built.
pub(crate) fn load(args: &SourceArgs, global: &Global) -> Result<Option<Input>, Failure> {
    let Reading { sets, mut findings } = read_all(args)?;
    one_domain(&sets)?;
    // A file with errors is checked all the same: one run shows all that is wrong.
    let catalog = catalog(&sets, global, &mut findings)?;
    for set in &sets {
        findings.extend(catalog.iter().flat_map(|catalog| check::check(set, catalog)));
    }
    in_source_order(&mut findings);
    if global.strict && !args.sources.is_empty() {
        check::strict(&mut findings);
    }
    let has_errors = findings.iter().any(|one| one.severity == Severity::Error);
    let Some(catalog) = catalog.filter(|_| !has_errors) else {
        return Ok(stop(&findings, global));
    };
    // What was found in the built-in mapping is no mistake of the user's, who cannot mend it: it stands on the site.
    if !args.sources.is_empty() || global.verbose {
        findings::print(&findings, global);
    }
    say_versions(&sets, &catalog, global);
    Ok(Some(Input { sets, catalog, findings }))
}

/// Reads all sources without a catalog, and prints what was found; for what only rewrites mappings.
pub(crate) fn load_sets(args: &SourceArgs, global: &Global) -> Result<Option<Vec<MappingSet>>, Failure> {
    let Reading { sets, mut findings } = read_all(args)?;
    if global.strict {
        check::strict(&mut findings);
    }
    if findings.iter().any(|one| one.severity == Severity::Error) {
        return Ok(stop(&findings, global));
    }
    findings::print(&findings, global);
    Ok(Some(sets))
}

fn read_all(args: &SourceArgs) -> Result<Reading, Failure> {
    if args.sources.is_empty() {
        return Ok(read::embedded());
    }
    let mut all = Reading::default();
    for source in &args.sources {
        let reading = if source == Path::new("-") {
            read::from_reader("standard input", io::stdin().lock())?
        } else {
            read::from_path(source)?
        };
        all.sets.extend(reading.sets);
        all.findings.extend(reading.findings);
    }
    Ok(all)
}

/// The findings of each file together, from top to bottom.
fn in_source_order(findings: &mut [Diagnostic]) {
    let mut files = Vec::new();
    for place in findings.iter().filter_map(|one| one.place.as_ref()) {
        if !files.contains(&place.file) {
            files.push(Arc::clone(&place.file));
        }
    }
    findings.sort_by_cached_key(|one| {
        let place = one.place.as_ref();
        place.map(|place| (files.iter().position(|file| *file == place.file), place.line, place.column))
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
            "{} is on {}, {} on {}: coverage is of one ATT&CK domain",
            first.origin, first.domain, other.origin, other.domain
        ))
        .with_help("run navlayer once for each domain")),
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
        Err(CatalogError::UnknownVersion { version, known, .. }) => {
            findings.push(unknown_version(newest, version, &known));
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

fn unknown_version(set: &MappingSet, version: Version, known: &[Version]) -> Diagnostic {
    let message = format!("{} ATT&CK {version} is not known", set.domain.name());
    let known: Vec<String> = known.iter().map(ToString::to_string).collect();
    let near = known.iter().find(|one| one.starts_with(&format!("{}.", version.major)));
    let near = near.map_or_else(String::new, |near| format!("did you mean {near}? "));
    let help = format!("{near}known are {}; --attack-data BUNDLE.json brings any other", known.join(", "));
    let diagnostic = Diagnostic::new(Code::UnknownVersion, message).help(help);
    match set.sources.place(set.version_span) {
        Some(place) => diagnostic.at(place),
        None => diagnostic,
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
