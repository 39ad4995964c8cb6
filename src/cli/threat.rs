//! From `--threat` to a threat on the catalog in force.

use std::fmt::Write as _;
use std::path::Path;

use navlayer::attack::upgrade::Upgrade;
use navlayer::attack::{Roster, Version};
use navlayer::config::{Setting, Settings};
use navlayer::coverage::threat::{Named, Threat, ThreatCoverage, ThreatError, percent};
use navlayer::diagnostic::{Code, Diagnostic, Severity};
use navlayer::layer::read::{self, InputLayer, LayerFile, LayerFiles};
use navlayer::layer::{self, Upgraded, Uses};

use super::input::{self, Input};
use super::upgrade::{as_warning, no_domain, stem, unknown};
use super::{Failure, Global, config, findings};

impl From<ThreatError> for Failure {
    fn from(error: ThreatError) -> Self {
        Self { help: error.help(), ..Self::new(error.to_string()) }
    }
}

/// The threat that the flags or the configuration name; `None` when nobody is named. Says what had to be carried on or
/// left out.
pub(crate) fn threat(settings: &Settings, input: &Input, global: &Global) -> Result<Option<Threat>, Failure> {
    let layers = settings.threat.iter().filter_map(|named| match &named.value {
        Named::Layer(path) => Some(path.as_path()),
        Named::Actor { .. } => None,
    });
    let layers: Vec<&Path> = layers.collect();
    let threat = match (layers.as_slice(), settings.threat.len()) {
        (_, 0) => return Ok(None),
        ([only], 1) => of_layer(only, settings, input, global)?,
        ([], _) => of_actors(settings, input, global)?,
        ([path, ..], _) => {
            return Err(Failure::new(format!(
                "a threat is one layer or some actors, and {} stands beside others",
                path.display()
            ))
            .with_help("`navlayer combine 'max(a, b)'` makes one layer of several"));
        }
    };
    for note in threat.notes() {
        findings::say(global, &format!("note: {note}"));
    }
    Ok(Some(threat))
}

/// A name that means nobody stops the run; where it stands in the configuration, it is shown there.
fn of_actors(settings: &Settings, input: &Input, global: &Global) -> Result<Threat, Failure> {
    let roster = Roster::new(&input.catalog);
    let named = |setting: &Setting<Named>| match &setting.value {
        Named::Actor { name, weight } => Some((name.clone(), *weight)),
        Named::Layer(_) => None,
    };
    let actors: Vec<(String, f64)> = settings.threat.iter().filter_map(named).collect();
    let mut mistakes = Vec::new();
    for setting in &settings.threat {
        if let (Named::Actor { name, .. }, Some(place)) = (&setting.value, setting.origin.place())
            && let Err(error) = roster.find(name)
        {
            let finding = Diagnostic::new(Code::InvalidSetting, error.to_string()).at(place);
            mistakes.push(Diagnostic { help: error.help(), ..finding });
        }
    }
    if !mistakes.is_empty() {
        findings::print_all(&mistakes, global);
        return Err(config::failure(settings.file.as_deref(), mistakes.len()));
    }
    let named = actors.iter().map(|(name, weight)| (name.as_str(), *weight));
    Threat::of_actors(&roster, named).map_err(|error| {
        let file = actors.iter().find(|(name, _)| Path::new(name).is_file());
        match file {
            Some((name, _)) => Failure::from(error)
                .with_help(format!("a layer's file is named by its ending, .json, and {name} has another")),
            None => error.into(),
        }
    })
}

fn of_layer(path: &Path, settings: &Settings, input: &Input, global: &Global) -> Result<Threat, Failure> {
    let LayerFiles { files, findings: mut found, errors } = read::from_paths(&[path.to_owned()]);
    if let Some(error) = errors.into_iter().next() {
        return Err(error.into());
    }
    let mut threat = None;
    if let Some(file) = files.first() {
        let [layer] = file.reading.layers.as_slice() else {
            let message =
                format!("{} holds {} layers, and a threat is one", path.display(), file.reading.layers.len());
            return Err(
                Failure::new(message).with_help("`navlayer combine 'max(a, b)'` makes one layer of several")
            );
        };
        found.extend(file.reading.findings.iter().map(as_warning));
        threat = carried(layer, file, input, global, &mut found)?;
    }
    input::in_source_order(&mut found, &[]);
    settings.finding_levels().apply(&mut found);
    findings::print(&found, global);
    let errors = found.iter().filter(|one| one.severity == Severity::Error).count();
    let Some((name, uses)) = threat.filter(|_| errors == 0) else {
        return Err(Failure::new(format!("{} cannot be used as a threat", path.display())));
    };
    for note in &uses.notes {
        findings::say(global, &format!("note: {}: {note}", path.display()));
    }
    Ok(Threat::of_scores(&name, &uses.scores, &input.catalog)?)
}

/// The layer's name and its scores on the catalog's version; `None` when a finding says why there are none.
fn carried(
    layer: &InputLayer,
    file: &LayerFile,
    input: &Input,
    global: &Global,
    found: &mut Vec<Diagnostic>,
) -> Result<Option<(String, Uses)>, Failure> {
    let (source, to) = (&file.source, &input.catalog);
    let Some(domain) = layer.known_domain() else {
        found.push(no_domain(layer, source));
        return Ok(None);
    };
    let path = file.path.display();
    if domain != to.domain() {
        let message = format!("the threat {path} is on {domain}, and the mappings are on {}", to.domain());
        return Err(Failure::new(message).with_help("a threat is of the domain of the mappings"));
    }
    let known: &[Version] = input.releases.versions(domain);
    let from = match layer.release(domain, known) {
        Some(stated) if known.contains(&stated) => stated,
        Some(stated) => {
            found.push(unknown(layer, source, domain, stated, known));
            return Ok(None);
        }
        None => {
            let version = to.version();
            findings::say(
                global,
                &format!("note: {path} states no ATT&CK version; it is read as of {version}"),
            );
            version
        }
    };
    let from = input.releases.catalog(domain, from)?;
    let name = layer.name.as_ref().map_or("", |name| name.value.trim());
    let name = if name.is_empty() { stem(&file.path) } else { name.to_owned() };
    let upgrade = Upgrade::new(&from, to)?;
    let Upgraded { layer, findings: moved, .. } = layer::upgrade(layer, &name, &path.to_string(), &upgrade);
    let uses = layer::uses(&layer, to);
    let told = moved.iter().chain(&uses.findings);
    found.extend(told.map(|(span, finding)| finding.clone().at(source.place(span.range()))));
    Ok(Some((name, uses)))
}

/// Says what of the threat is covered, and what remains.
pub(crate) fn say(against: &ThreatCoverage<'_>, global: &Global) {
    say_of("", against, global);
}

/// The same of what is named: `all sides together `.
pub(crate) fn say_of(what: &str, against: &ThreatCoverage<'_>, global: &Global) {
    findings::say(global, &format!("{what}{}", headline(against)));
}

fn headline(against: &ThreatCoverage<'_>) -> String {
    let (covered, all) = (against.covered(), against.in_scope());
    let threat = against.threat();
    let used = match threat.members() {
        [] => "with a score there".to_owned(),
        [_] => format!("that ATT&CK {} says it uses", threat.version()),
        _ => format!("that ATT&CK {} says they use", threat.version()),
    };
    let mut line = format!(
        "against {}: {} of {} techniques and {} of {} sub-techniques {used} are covered",
        threat.name(),
        covered.techniques,
        all.techniques,
        covered.sub_techniques,
        all.sub_techniques,
    );
    if let Some(weighted) = against.weighted() {
        let (weighted, residual) = (percent(weighted), percent(1.0 - weighted));
        let by = if against.is_counted() { "by use" } else { "by score" };
        let _ = write!(
            line,
            "; weighted {by}, {weighted:.1} % of all use is covered, which leaves {residual:.1} % of it as residual risk"
        );
    }
    let out = against.out_of_scope().total();
    if out > 0 {
        let _ = write!(line, "; {out} more {} out of scope", if out == 1 { "is" } else { "are" });
    }
    line
}
