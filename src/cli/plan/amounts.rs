//! The weights of techniques and the costs of capabilities.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use navlayer::attack::upgrade::Upgrade;
use navlayer::attack::{Catalog, Fate, Roster, TechniqueId};
use navlayer::coverage::CapabilityKey;
use navlayer::coverage::plan::{self, Amount};
use navlayer::coverage::threat::{Named, Threat};
use navlayer::diagnostic::{Code, Diagnostic, Severity};
use navlayer::layer::read::{self, InputLayer};
use navlayer::layer::{self, Upgraded};
use navlayer::mapping::check;
use navlayer::source::decode::MAX_BYTES;
use navlayer::source::{Source, Span};

use super::super::file::{MAX_FINDINGS, open, short};
use super::super::known::Known;
use super::super::names::Names;
use super::super::{Failure, Global, account, findings, upgrade as upgrades};
use super::file::{self, Kind};

/// Whether a text means a file, and no group: one that is there, or whose ending is that of one.
pub(super) fn is_file(path: &Path) -> bool {
    let endings = ["json", "csv", "tsv", "txt", "gz"];
    let has_ending = |ending: &str| endings.iter().any(|known| ending.eq_ignore_ascii_case(known));
    path.is_file() || path.extension().and_then(|ending| ending.to_str()).is_some_and(has_ending)
}

/// The weights of techniques by the groups and campaigns that use them: `APT29, G0016=2`.
pub(super) fn of_actors(
    text: &str,
    catalog: &Catalog,
    global: &Global,
) -> Result<BTreeMap<TechniqueId, Amount>, Failure> {
    let named = Named::list(text).map_err(|error| Failure::new(format!("--weights: {error}")))?;
    let actors = named.iter().map(|one| match one {
        Named::Actor { name, weight } => Ok((name.as_str(), *weight)),
        Named::Layer(path) => Err(Failure::new(format!("{} stands beside groups", path.display()))
            .with_help("--weights takes one file, or groups and campaigns")),
    });
    let actors = actors.collect::<Result<Vec<_>, _>>()?;
    let threat = Threat::of_actors(&Roster::new(catalog), actors)?;
    for note in threat.notes() {
        findings::say(global, &format!("note: {note}"));
    }
    of_threat(&threat, "--weights")
}

/// The weights of techniques by how much a threat uses them; `flag` is what names it.
pub(super) fn of_threat(threat: &Threat, flag: &str) -> Result<BTreeMap<TechniqueId, Amount>, Failure> {
    plan::weights(threat).map_err(|error| Failure::new(format!("{flag}: {error}")))
}

/// The weights of techniques: of a Navigator layer its scores, of a table its rows.
pub(super) fn weights(
    path: &Path,
    catalog: &Catalog,
    global: &Global,
    findings: &mut Vec<Diagnostic>,
) -> Result<BTreeMap<TechniqueId, Amount>, Failure> {
    let source = match open(path, MAX_BYTES)? {
        Ok(source) => source,
        Err(finding) => {
            findings.push(finding);
            return Ok(BTreeMap::new());
        }
    };
    if source.text().trim_start().starts_with(['{', '[']) {
        return of_layer(path, &source, catalog, global, findings);
    }
    let mut weights: BTreeMap<TechniqueId, (Amount, Span)> = BTreeMap::new();
    let is_key = |cell: &str| cell.bytes().any(|byte| byte.is_ascii_digit());
    let entries = file::amounts(&source, Kind::WEIGHTS, &is_key, findings);
    for entry in &entries.rows {
        if findings.len() >= MAX_FINDINGS {
            break;
        }
        let at = || entries.place(&source, entry);
        let Ok(id) = entry.key.parse::<TechniqueId>() else {
            let message = format!("`{}` is not the id of a technique", short(&entry.key));
            let help = match catalog.nearest(&short(&entry.key)) {
                Some(near) => format!("did you mean {near}?"),
                None => "ids look like T1562 and T1562.008".to_owned(),
            };
            findings.push(Diagnostic::new(Code::MalformedId, message).at(at()).help(help));
            continue;
        };
        findings.extend(inactive(id, catalog).map(|finding| finding.at(at())));
        match weights.get(&id) {
            Some((_, first)) => findings.push(entries.repeated(&source, entry, *first)),
            None => {
                weights.insert(id, (entry.amount, entry.span));
            }
        }
    }
    if weights.is_empty() && !has_errors(findings) {
        findings.push(Diagnostic::new(Code::NotAnAmount, "the file holds no weight").at(source.whole()));
    }
    Ok(weights.into_iter().map(|(id, (weight, _))| (id, weight)).collect())
}

/// What there is to say of an id that is not active.
fn inactive(id: TechniqueId, catalog: &Catalog) -> Option<Diagnostic> {
    if catalog.technique(id).is_some() {
        return None;
    }
    let attack = format!("{} ATT&CK {}", catalog.domain().name(), catalog.version());
    let fate = catalog.fate(id);
    if fate == Fate::Unknown {
        let message = format!("{id} is no technique of {attack}, nor of any version or domain known here");
        return Some(Diagnostic::new(Code::UnknownTechnique, message).help(check::advice(id, catalog)));
    }
    let message = format!("{id} is not active in {attack}: {}", fate.describe());
    let stands = "its weight counts where a mapping names it";
    let (code, help) = match &fate {
        Fate::Revoked { chain } => match chain.last() {
            Some(end) => (Code::RetiredTechnique, format!("weigh {end} instead; as it is, {stands}")),
            None => (Code::RetiredTechnique, stands.to_owned()),
        },
        Fate::Elsewhere(_) | Fate::Later { .. } => (Code::MisplacedTechnique, stands.to_owned()),
        _ => (Code::RetiredTechnique, stands.to_owned()),
    };
    Some(Diagnostic::new(code, message).help(help))
}

fn has_errors(findings: &[Diagnostic]) -> bool {
    findings.iter().any(|one| one.severity == Severity::Error)
}

/// The scores of a layer, carried to the catalog's version where the layer states another one. Of several of one
/// technique the highest counts.
fn of_layer(
    path: &Path,
    source: &Source,
    catalog: &Catalog,
    global: &Global,
    findings: &mut Vec<Diagnostic>,
) -> Result<BTreeMap<TechniqueId, Amount>, Failure> {
    let layers = match read::from_source(source) {
        Ok(reading) => {
            findings.extend(reading.findings.iter().map(upgrades::as_warning));
            reading.layers
        }
        Err(finding) => {
            findings.push(
                finding.help("weights are the scores of a Navigator layer, or a CSV of technique,weight"),
            );
            return Ok(BTreeMap::new());
        }
    };
    let layer = match <[InputLayer; 1]>::try_from(layers) {
        Ok([layer]) => layer,
        Err(layers) => {
            return Err(Failure::new(format!("{} holds {} layers", path.display(), layers.len()))
                .with_help("`navlayer combine` makes one of several: 'max(a, b)'"));
        }
    };
    if let Some(domain) = layer.known_domain().filter(|domain| *domain != catalog.domain()) {
        let (path, of) = (path.display(), catalog.domain());
        return Err(Failure::new(format!("the layer {path} is on {domain}, and the mappings are on {of}")));
    }
    // Scores are checked where they stand in the file; an upgrade moves them.
    check_scores(&layer, source, findings);
    let layer = carried(layer, path, source, catalog, global, findings)?;
    let mut weights: BTreeMap<TechniqueId, Amount> = BTreeMap::new();
    for annotation in &layer.techniques {
        let Some(weight) = annotation.score.as_ref().and_then(|score| Amount::new(score.value).ok()) else {
            continue;
        };
        if findings.len() >= MAX_FINDINGS {
            break;
        }
        let place = || source.place(annotation.id_span.unwrap_or(annotation.span).range());
        if let Some(id) = annotation.id() {
            findings.extend(inactive(id, catalog).map(|finding| finding.at(place())));
            let held = weights.entry(id).or_default();
            *held = weight.max(*held);
        } else {
            let finding = Diagnostic::new(Code::MalformedId, "a score stands beside no id of a technique");
            findings.push(finding.at(place()));
        }
    }
    Ok(weights)
}

/// Finds scores that are no weights, and that there is none.
fn check_scores(layer: &InputLayer, source: &Source, findings: &mut Vec<Diagnostic>) {
    let scored = || layer.techniques.iter().filter_map(|one| Some((one, one.score.as_ref()?)));
    if scored().next().is_none() {
        let finding = Diagnostic::new(Code::NotAnAmount, "the layer has no score").at(source.whole());
        findings.push(finding.help("a weight is a score; colours and comments weigh nothing"));
    }
    let left = MAX_FINDINGS.saturating_sub(findings.len());
    let wrong = scored().filter(|(_, score)| Amount::new(score.value).is_err()).take(left);
    findings.extend(wrong.map(|(annotation, score)| {
        let id = annotation.technique.as_ref().map_or("a technique", |id| id.value.as_str());
        let what = if score.value < 0.0 { "negative" } else { "too large" };
        let message = format!("the score of {} is {what} for a weight: {}", short(id), score.value);
        let finding = Diagnostic::new(Code::NotAnAmount, message).at(source.place(score.span.range()));
        finding.help("a weight is a number from 0 to 1000000")
    }));
}

/// The layer on the catalog's version. One that states none is taken to be on it.
fn carried(
    layer: InputLayer,
    path: &Path,
    source: &Source,
    catalog: &Catalog,
    global: &Global,
    findings: &mut Vec<Diagnostic>,
) -> Result<InputLayer, Failure> {
    let known = Known::read(global)?;
    let domain = catalog.domain();
    let versions = known.releases.versions(domain);
    let Some(stated) = layer.release(domain, versions).filter(|stated| *stated != catalog.version()) else {
        return Ok(layer);
    };
    if !versions.contains(&stated) {
        findings.push(upgrades::unknown(&layer, source, domain, stated, versions));
        return Ok(layer);
    }
    let from = known.releases.catalog(domain, stated)?;
    let way = Upgrade::new(&from, catalog)?;
    let path = path.display().to_string();
    let Upgraded { layer, record, findings: moves } = layer::upgrade(&layer, &path, &path, &way);
    findings.extend(moves.into_iter().map(|(span, one)| one.at(source.place(span.range()))));
    account::say([&record], global);
    Ok(layer)
}

/// The costs of capabilities: the rows of a table.
pub(super) fn costs(
    path: &Path,
    names: &Names<'_>,
    findings: &mut Vec<Diagnostic>,
) -> Result<BTreeMap<CapabilityKey, Amount>, Failure> {
    let source = match open(path, MAX_BYTES)? {
        Ok(source) => source,
        Err(finding) => {
            findings.push(finding);
            return Ok(BTreeMap::new());
        }
    };
    let mut costs: BTreeMap<CapabilityKey, (Amount, Span)> = BTreeMap::new();
    let is_key = |cell: &str| names.called(cell).is_some();
    let entries = file::amounts(&source, Kind::COSTS, &is_key, findings);
    for entry in &entries.rows {
        if findings.len() >= MAX_FINDINGS {
            break;
        }
        let Some(called) = names.called(&entry.key) else {
            findings.push(names.unknown(&entry.key).at(entries.place(&source, entry)));
            continue;
        };
        match called.iter().find_map(|key| costs.get(key)) {
            Some((_, first)) => findings.push(entries.repeated(&source, entry, *first)),
            None => costs.extend(called.iter().map(|key| (*key, (entry.amount, entry.span)))),
        }
    }
    if costs.is_empty() && !has_errors(findings) {
        findings.push(Diagnostic::new(Code::NotAnAmount, "the file holds no cost").at(source.whole()));
    }
    Ok(costs.into_iter().map(|(key, (cost, _))| (key, cost)).collect())
}

/// Those of the capabilities that need a cost and have none.
pub(super) fn without_cost(
    needed: &BTreeSet<CapabilityKey>,
    costs: &BTreeMap<CapabilityKey, Amount>,
) -> Vec<CapabilityKey> {
    needed.iter().copied().filter(|key| !costs.contains_key(key)).collect()
}
