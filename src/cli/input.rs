//! From the arguments to mapping sets on a catalog.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use navlayer::attack::upgrade::Upgrade;
use navlayer::attack::{Catalog, Domain, Fate, Releases, Version};
use navlayer::config::Settings;
use navlayer::diagnostic::{Code, Diagnostic, Severity};
use navlayer::mapping::read::{self, Reader, Reading};
use navlayer::mapping::select::{Selection, UnknownName};
use navlayer::mapping::upgrade::{rename, upgrade};
use navlayer::mapping::{MappingSet, check};

use super::known::Known;
use super::{Failure, Global, account, config, findings};

/// Mapping sets of one domain, the catalog that they are shown on, and what was found in them.
pub(crate) struct Input {
    pub(crate) sets: Vec<MappingSet>,
    /// The sets of each list of sources that was read by itself.
    pub(crate) groups: Vec<Range<usize>>,
    pub(crate) catalog: Catalog,
    pub(crate) findings: Vec<Diagnostic>,
    /// The ATT&CK releases that are known.
    pub(crate) releases: Releases,
}

/// Reads and checks all sources, brings them to one ATT&CK version, and prints what was found. `None` when there were
/// errors: then nothing can be built.
pub(crate) fn load(settings: &Settings, global: &Global) -> Result<Option<Input>, Failure> {
    load_groups(settings, &[settings.source_paths()], global)
}

/// As [`load`], for several lists of sources, of which an empty one is the built-in mapping.
pub(crate) fn load_groups(
    settings: &Settings,
    groups: &[Vec<PathBuf>],
    global: &Global,
) -> Result<Option<Input>, Failure> {
    let known = Known::read(global)?;
    let Read { mut sets, of, mut findings, mut built_in } = read_groups(settings, groups, &known)?;
    let ranges = (0..groups.len())
        .map(|group| of.partition_point(|of| *of < group)..of.partition_point(|of| *of <= group));
    let ranges = ranges.collect();
    one_domain(&sets)?;
    let domain = sets.first().map(|set| set.domain);
    let target = domain.map(|domain| target(settings, &known, domain, &sets)).transpose()?.flatten();
    let levels = settings.finding_levels();
    let is_asked = settings.wanted_version.value.is_some();
    let mut moves = carry(&mut sets, target, is_asked, &known.releases)?;
    leave_to(&moves, &mut findings);
    leave_to(&moves, &mut built_in);
    levels.apply(&mut findings);
    levels.without_denials().apply(&mut built_in);
    levels.apply(&mut moves);
    let mut told = findings.clone();
    if global.verbose {
        told.extend(built_in.iter().cloned());
    }
    findings.append(&mut built_in);
    // What becomes of the rows is the answer to a question, whatever they came from.
    told.extend(moves.iter().filter(|one| is_move(one)).cloned());
    findings.append(&mut moves);
    in_source_order(&mut findings, &[]);
    in_source_order(&mut told, &[]);
    // Names come last, so that a finding calls everything what its source calls it.
    let mut unmet = settings.rename(&mut sets);
    levels.apply(&mut unmet);
    findings::print_all(&unmet, global);
    let mistakes = unmet.iter().filter(|one| one.severity == Severity::Error).count();
    if mistakes > 0 {
        return Err(config::failure(settings.file.as_deref(), mistakes));
    }
    if findings.iter().any(|one| one.severity == Severity::Error) {
        return Ok(stop(&findings, global));
    }
    let (Some(domain), Some(target)) = (domain, target) else {
        findings::print(&findings, global);
        return Err(Failure::new("the sources hold no mapping"));
    };
    findings::print(&told, global);
    account::say(sets.iter().flat_map(|set| &set.upgrades), global);
    let catalog = known.releases.catalog(domain, target)?;
    Ok(Some(Input { sets, groups: ranges, catalog, findings, releases: known.releases }))
}

/// What several lists of sources hold, as they state it.
#[derive(Default)]
struct Read {
    sets: Vec<MappingSet>,
    /// The list that each set is of, by its place.
    of: Vec<usize>,
    /// What was found in the user's sources.
    findings: Vec<Diagnostic>,
    /// What was found in the built-in mapping.
    built_in: Vec<Diagnostic>,
}

/// Reads and checks lists of sources, of which an empty one is the built-in mapping.
fn read_groups(settings: &Settings, groups: &[Vec<PathBuf>], known: &Known) -> Result<Read, Failure> {
    let options = settings.read_options(known.releases.clone());
    let mut all = Read::default();
    let mut told_of: BTreeSet<Arc<str>> = BTreeSet::new();
    for (group, sources) in groups.iter().enumerate() {
        let mut reading = read_all(sources, &options)?;
        // A file with errors is checked all the same: one run shows all that is wrong.
        reading.findings.extend(check::check_each(&reading.sets, &known.releases));
        // Two lists may share a file.
        reading.findings.retain(|one| one.place.as_ref().is_none_or(|place| !told_of.contains(&place.file)));
        let files = reading.findings.iter().filter_map(|one| Some(Arc::clone(&one.place.as_ref()?.file)));
        told_of.extend(files);
        // What was found in the built-in mapping is no mistake of the user's, who cannot mend it: it stands on the site.
        let found = if sources.is_empty() { &mut all.built_in } else { &mut all.findings };
        found.append(&mut reading.findings);
        all.of.extend(std::iter::repeat_n(group, reading.sets.len()));
        all.sets.append(&mut reading.sets);
    }
    let filter = settings.filter();
    if !filter.frameworks.is_empty() && one_domain(&all.sets).is_err() {
        // A file may hold layers of two domains; only the filter can part them.
        let counts = filter.frameworks(&all.sets)?;
        let kept = |held: usize| counts.get(held).copied().unwrap_or(true);
        let mut place = 0..;
        all.sets.retain(|_| place.next().is_some_and(kept));
        let mut place = 0..;
        all.of.retain(|_| place.next().is_some_and(kept));
    }
    Ok(all)
}

/// Reads all sources for what only rewrites mappings, and prints what was found. They stay on the version that each was
/// made on, unless another one is asked for.
pub(crate) fn load_sets(settings: &Settings, global: &Global) -> Result<Option<Vec<MappingSet>>, Failure> {
    let known = Known::read(global)?;
    let sources = settings.source_paths();
    let Reading { mut sets, mut findings } =
        read_all(&sources, &settings.read_options(known.releases.clone()))?;
    findings.extend(carry_each(&mut sets, settings, &known)?);
    for set in sets.iter_mut().filter(|set| !set.upgrades.is_empty()) {
        rename(set, &known.releases.catalog(set.domain, set.attack_version)?);
    }
    in_source_order(&mut findings, &[]);
    settings.finding_levels().apply(&mut findings);
    if findings.iter().any(|one| one.severity == Severity::Error) {
        return Ok(stop(&findings, global));
    }
    findings::print(&findings, global);
    account::say(sets.iter().flat_map(|set| &set.upgrades), global);
    Ok(Some(sets))
}

/// Carries sets that may be of several domains, each to the version that is asked for. Nothing happens where none is.
///
/// A set whose own version is not known stays as it is, with an error among the findings.
pub(crate) fn carry_each(
    sets: &mut [MappingSet],
    settings: &Settings,
    known: &Known,
) -> Result<Vec<Diagnostic>, Failure> {
    let mut findings = Vec::new();
    for set in sets {
        let asked =
            settings.wanted_version.value.is_some() || known.bundle.is_some_and(|one| one.0 == set.domain);
        if !asked {
            continue;
        }
        let alone = std::slice::from_mut(set);
        let Some(target) = target(settings, known, alone[0].domain, alone)? else { continue };
        if known.releases.catalog(alone[0].domain, alone[0].attack_version).is_err() {
            findings.push(check::unknown_version(&alone[0], &known.releases));
            continue;
        }
        findings.extend(carry(alone, Some(target), true, &known.releases)?);
    }
    Ok(findings)
}

/// The version that the sets are to be on: the one that is asked for, else that of the user's own bundle, else the newest
/// of theirs. `None` when it is the own version of all of them and nobody asked.
fn target(
    settings: &Settings,
    known: &Known,
    domain: Domain,
    sets: &[MappingSet],
) -> Result<Option<Version>, Failure> {
    if let Some(wanted) = settings.wanted_version.value {
        return Ok(Some(wanted.among(known.releases.versions(domain), domain)?));
    }
    if let Some((of, version)) = known.bundle {
        if of != domain {
            let message = format!("the bundle of --attack-data is of {of}, and the mappings are on {domain}");
            return Err(
                Failure::new(message).with_help("leave --attack-data out, or give a bundle of that domain")
            );
        }
        return Ok(Some(version));
    }
    Ok(sets.iter().map(|set| set.attack_version).max())
}

/// Brings all sets to one version. Where all are on it already and nobody asked, nothing is done: a row of a retired
/// technique stays then, and is told of as such.
fn carry(
    sets: &mut [MappingSet],
    target: Option<Version>,
    is_asked: bool,
    releases: &Releases,
) -> Result<Vec<Diagnostic>, Failure> {
    let is_due = |target: &Version| is_asked || sets.iter().any(|set| set.attack_version != *target);
    let Some(target) = target.filter(is_due) else { return Ok(Vec::new()) };
    let mut findings = Vec::new();
    let mut to: BTreeMap<Domain, Catalog> = BTreeMap::new();
    for set in sets {
        // A version that is not known is an error among the findings, and nothing is built.
        let Ok(from) = releases.catalog(set.domain, set.attack_version) else { continue };
        let to = match to.entry(set.domain) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(releases.catalog(set.domain, target)?),
        };
        findings.extend(upgrade(set, &Upgrade::new(&from, to)?));
    }
    Ok(findings)
}

/// Leaves what became of a retired or misplaced id to what an upgrade tells of it: the check says what happens without one.
pub(crate) fn leave_to(moves: &[Diagnostic], findings: &mut Vec<Diagnostic>) {
    let at = |one: &Diagnostic| {
        one.place.as_ref().map(|place| (Arc::clone(&place.file), place.line, place.column))
    };
    let told: BTreeSet<_> = moves.iter().filter_map(at).collect();
    findings.retain(|one| {
        let is_about_the_id = matches!(one.code, Code::RetiredTechnique | Code::MisplacedTechnique);
        !is_about_the_id || at(one).is_none_or(|place| !told.contains(&place))
    });
}

/// Whether a finding tells what an upgrade did.
fn is_move(finding: &Diagnostic) -> bool {
    matches!(finding.code, Code::DroppedByUpgrade | Code::MovedByUpgrade | Code::MergedByUpgrade)
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
    let catalog = &input.catalog;
    let mut findings = Vec::new();
    for (entry, filter) in settings.written_filters() {
        if let Err(unknown) = filter.resolve(&input.sets, &input.catalog)
            && let Some(place) = entry.origin.place()
        {
            let Failure { message, help, .. } = explain(unknown, catalog);
            let finding = Diagnostic::new(Code::FilterWithoutMatch, message).at(place);
            findings.push(Diagnostic { help, ..finding });
        }
    }
    if findings.is_empty() {
        return Err(explain(unknown, catalog));
    }
    findings::print_all(&findings, global);
    Err(config::failure(settings.file.as_deref(), findings.len()))
}

/// Why a name means nothing, where ATT&CK moved on from it.
pub(crate) fn explain(unknown: UnknownName, catalog: &Catalog) -> Failure {
    let version = catalog.version();
    let help = match unknown.what {
        "tactic" => {
            let tactic = catalog.former_tactic(&unknown.value);
            tactic.map(|tactic| {
                format!("in ATT&CK {version} it is called {}: --tactic {}", tactic.name, tactic.shortname)
            })
        }
        "technique" => match unknown.value.trim().parse().map(|id| catalog.fate(id)) {
            Ok(fate @ (Fate::Revoked { .. } | Fate::RevokedWithoutSuccessor | Fate::Deprecated)) => {
                Some(format!("in ATT&CK {version} it is {fate}"))
            }
            Ok(fate @ (Fate::Later { .. } | Fate::Gone { .. } | Fate::Elsewhere(_))) => {
                Some(format!("it is {fate}"))
            }
            _ => None,
        },
        _ => None,
    };
    let failure = Failure::from(unknown);
    match help {
        Some(help) => failure.with_help(help),
        None => failure,
    }
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
