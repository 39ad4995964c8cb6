//! From `--deployed` to what runs.

use std::collections::{BTreeMap, BTreeSet};

use navlayer::config::Settings;
use navlayer::coverage::{CapabilityKey, Coverage};
use navlayer::deployment::{Counts, Deployment, MAX_BYTES, OwnTies, Rule, Scans, Standing, file_name, some};
use navlayer::diagnostic::{Code, Diagnostic, Severity};
use navlayer::mapping::MappingSet;
use navlayer::mapping::select::Selection;

use super::file::open;
use super::input::{self, Input};
use super::names::{self, Meant, Names};
use super::{Failure, Global, findings};

/// What runs, and the selection before it was narrowed to that.
pub(crate) struct Deployed {
    pub(crate) deployment: Deployment,
    /// On paper.
    pub(crate) paper: Selection,
}

/// What the flags or the configuration say is deployed, and of a selection what is; says what counts. Nothing is narrowed
/// where nobody says what is deployed.
pub(crate) fn narrow(
    selection: Selection,
    settings: &Settings,
    input: &Input,
    global: &Global,
) -> Result<(Selection, Option<Deployed>), Failure> {
    let Some(deployment) = read(settings, input, global)? else { return Ok((selection, None)) };
    let narrowed = deployment.narrow(&selection);
    say(&deployment, &selection, &input.sets, global);
    Ok((narrowed, Some(Deployed { deployment, paper: selection })))
}

/// What the flags or the configuration say is deployed; `None` where nobody does.
pub(crate) fn read(
    settings: &Settings,
    input: &Input,
    global: &Global,
) -> Result<Option<Deployment>, Failure> {
    if settings.deployed.is_empty() {
        if matches!(settings.deployed_when.origin, navlayer::config::Origin::Flag(_)) {
            return Err(Failure::new(
                "--deployed-when says when a capability counts as deployed, and nothing says what is",
            )
            .with_help("--deployed FILE names a scan or a list"));
        }
        return Ok(None);
    }
    let names = Names::new(&input.sets);
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut scans = Scans::default();
    let mut listed: Vec<(String, BTreeSet<CapabilityKey>)> = Vec::new();
    for entry in &settings.deployed {
        for meant in names::meant(&entry.value, "--deployed", &names, (input, settings), global)? {
            match meant {
                Meant::Capabilities { name, keys } => listed.push((name, keys)),
                Meant::File(path) => match open(&path, MAX_BYTES)? {
                    Ok(source) if Scans::is_scan(&source) => found.extend(scans.read(&source)),
                    Ok(source) => {
                        let keys = names::list(&source, &names, &mut found);
                        listed.push((file_name(&path.display().to_string()).to_owned(), keys));
                    }
                    Err(finding) => found.push(finding),
                },
            }
        }
    }
    let own = own_ties(settings, &names, &mut found);
    input::in_source_order(&mut found, &[]);
    settings.finding_levels().apply(&mut found);
    findings::print(&found, global);
    if found.iter().any(|one| one.severity == Severity::Error) {
        return Err(Failure::new("what is deployed cannot be told; nothing was written"));
    }
    let mut deployment = Deployment::new(&input.sets, settings.deployed_when.value, &scans, &own);
    for (source, keys) in listed {
        deployment.list(&source, keys);
    }
    Ok(Some(deployment))
}

/// The capabilities that the configuration ties checks to.
fn own_ties(settings: &Settings, names: &Names<'_>, found: &mut Vec<Diagnostic>) -> OwnTies {
    let mut ties = OwnTies::new();
    for (start, tied) in &settings.checks {
        let mut keys: BTreeSet<CapabilityKey> = BTreeSet::new();
        for name in &tied.value {
            if let Some(meant) = names.matching(&name.value) {
                keys.extend(meant);
                continue;
            }
            let message = format!(
                "the checks `{start}_…` are tied to `{}`, and no capability is called so",
                name.value
            );
            let finding = Diagnostic::new(Code::NameWithoutMatch, message).help(names.advice(&name.value));
            found.push(match name.origin.place() {
                Some(place) => finding.at(place),
                None => finding,
            });
        }
        // An empty list ties to none; one of names that nobody has says nothing.
        if tied.value.is_empty() || !keys.is_empty() {
            ties.insert(start.clone(), keys);
        }
    }
    ties
}

/// Says how many capabilities count as deployed, of those that the selection holds and that map something, and which
/// results are about none.
pub(crate) fn say(deployment: &Deployment, selection: &Selection, sets: &[MappingSet], global: &Global) {
    let mapped = mapped(selection, sets);
    let mut standings: BTreeMap<Standing, usize> = BTreeMap::new();
    for key in &mapped {
        *standings.entry(deployment.standing(*key)).or_default() += 1;
    }
    let deployed = mapped.iter().filter(|key| deployment.is_deployed(**key)).count();
    let count = |standing| standings.get(&standing).copied().unwrap_or_default();
    let noun = if mapped.len() == 1 { "capability that maps" } else { "capabilities that map" };
    let line = format!("deployed: {deployed} of {} {noun} something", mapped.len());
    let mut parts = Vec::new();
    for (standing, word) in [
        (Standing::Listed, "listed"),
        (Standing::Passing, "passing"),
        (Standing::InPart, "passing in part"),
        (Standing::Failing, "failing"),
        (Standing::NoResult, "without a result"),
    ] {
        if count(standing) > 0 {
            parts.push(format!("{} {word}", count(standing)));
        }
    }
    let parts = if deployment.has_evidence() { format!(" ({})", parts.join(", ")) } else { String::new() };
    findings::say(global, &format!("{line}{parts}"));
    if deployment.rule() == Rule::All && count(Standing::InPart) > 0 {
        findings::say(global, "note: what passes in part does not count; with --deployed-when any it does");
    }
    if !deployment.untied().is_empty() {
        let mut all = Counts::default();
        deployment.untied().values().for_each(|counts| all += *counts);
        let services: Vec<&str> = deployment.untied().keys().map(String::as_str).collect();
        let (results, verb) = if all.total() == 1 { ("result", "is") } else { ("results", "are") };
        let services = some(&services);
        findings::say(
            global,
            &format!(
                "note: {} {results} of checks of {services} {verb} about no capability of the mappings; \
                 [deployed.checks] of navlayer.toml ties checks to some",
                all.total()
            ),
        );
    }
}

/// The capabilities of a selection that map something.
pub(crate) fn mapped(selection: &Selection, sets: &[MappingSet]) -> BTreeSet<CapabilityKey> {
    let all = sets.iter().enumerate().flat_map(|(set, held)| {
        held.mappings
            .iter()
            .filter(move |mapping| selection.has(set, mapping))
            .map(move |mapping| CapabilityKey { set, capability: mapping.capability })
    });
    all.collect()
}

impl Deployed {
    /// Coverage on paper, to stand beside coverage as deployed.
    pub(crate) fn on_paper<'a>(&self, deployed: &Coverage<'a>) -> Coverage<'a> {
        Coverage::new(deployed.sets(), deployed.catalog(), self.paper.clone(), *deployed.rules())
    }

    /// Says how much is covered on paper, beside how much as deployed.
    pub(crate) fn compare(&self, deployed: &Coverage<'_>, global: &Global) {
        let paper = self.on_paper(deployed);
        let (deployed, paper) = (deployed.statistics(None, None), paper.statistics(None, None));
        let of = deployed.in_scope;
        findings::say(
            global,
            &format!(
                "as deployed {} of {} techniques and {} of {} sub-techniques in scope are covered, on paper {} and {}",
                deployed.mapped.techniques,
                of.techniques,
                deployed.mapped.sub_techniques,
                of.sub_techniques,
                paper.mapped.techniques,
                paper.mapped.sub_techniques,
            ),
        );
    }
}
