//! ATT&CK Navigator layers as mappings.
//!
//! Layers that were made of mappings give them back from the metadata of their techniques: those of navlayer (a
//! `capability` row opens each block), of the Center's mapex (`control`, after a divider) and of its older mapping_cli
//! (`control` in layers of several controls, else the layer's name). Any other layer is one capability, and its scores
//! are read on the range of its gradient.

mod blocks;
mod carried;
mod scores;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::super::model::{Framework, MappingSet, Origin, Publication};
use super::files::stem;
use super::notes::{plain, too_many};
use super::rows::{Assembler, Budget, Field, Row};
use super::{Options, Outcome};
use crate::attack::{Domain, Version};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::layer::NOT_DEPLOYED;
use crate::layer::read::{self as layers, InputAnnotation, InputLayer, InputLink, InputMetadata};
use crate::source::Source;
use crate::source::node::Node;

use carried::Carried;

/// Reads the document; `None` when it is no layer.
pub(super) fn read(
    source: &Arc<Source>,
    root: Node<'_>,
    origin: &Origin,
    options: &Options,
) -> Option<Outcome> {
    if !layers::is_layer(root) {
        return None;
    }
    let layers::LayerReading { layers, mut findings } = layers::read(root);
    for finding in &mut findings {
        // What breaks the Navigator need not break a reading of what is there.
        if finding.code.id().starts_with("NL05") && finding.severity == Severity::Error {
            finding.severity = Severity::Warning;
        }
    }
    let mut reader = Reader {
        source,
        origin,
        options,
        is_alone: true,
        findings,
        sets: Vec::new(),
        places: BTreeMap::new(),
        budget: Rc::default(),
        carried: Carried::default(),
    };
    let mut count: BTreeMap<Option<Domain>, usize> = BTreeMap::new();
    for layer in &layers {
        *count.entry(layer.known_domain()).or_default() += 1;
    }
    for layer in &layers {
        reader.is_alone = count.get(&layer.known_domain()) == Some(&1);
        reader.layer(layer);
    }
    Some(reader.finish())
}

/// How a layer says what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Written by navlayer.
    Own,
    /// Written by mapex.
    Mapex,
    /// Written by mapping_cli.
    MappingCli,
    /// Anything else.
    Scores,
}

impl Form {
    fn of(layer: &InputLayer) -> Self {
        let any = |is: fn(&[InputMetadata]) -> bool| layer.techniques.iter().any(|one| is(&one.metadata));
        if any(blocks::are_own) {
            Self::Own
        } else if layer.description.contains("scores are the number of associated entries")
            || any(blocks::are_mapex)
        {
            Self::Mapex
        } else if any(blocks::are_scored) {
            Self::MappingCli
        } else if blocks::value(&layer.metadata, "generator").is_some_and(|one| one.starts_with("navlayer "))
        {
            Self::Own
        } else {
            Self::Scores
        }
    }
}

/// A mapping set while it is filled.
struct Part {
    assembler: Assembler,
    /// What stands there already: the Navigator writes a technique once for each of its tactics.
    seen: BTreeSet<Vec<String>>,
    /// The capabilities that are layers.
    layers: BTreeSet<String>,
    /// The number that the next layer of a name gets.
    numbers: BTreeMap<String, usize>,
}

impl Part {
    /// Adds a row, once.
    fn push(&mut self, row: &Row<'_>) {
        if !self.assembler.admits(row) {
            return;
        }
        let text = |field: &Option<Field<'_>>| {
            field.as_ref().map_or_else(String::new, |field| field.text.trim().to_owned())
        };
        let fields = [
            &row.capability_id,
            &row.technique_id,
            &row.category,
            &row.level,
            &row.mapping_type,
            &row.comment,
        ];
        let mut key: Vec<String> = fields.into_iter().map(text).collect();
        key.push(row.numeric.map_or_else(String::new, |score| score.to_string()));
        if self.seen.insert(key) {
            self.assembler.push_admitted(row);
        }
    }
}

struct Reader<'s> {
    source: &'s Arc<Source>,
    origin: &'s Origin,
    options: &'s Options,
    /// Whether the layer is the only one of its domain in the file.
    is_alone: bool,
    findings: Vec<Diagnostic>,
    sets: Vec<Part>,
    /// Where the set of a framework on a release is.
    places: BTreeMap<(&'static str, Version, String, String), usize>,
    budget: Rc<Budget>,
    /// What the layer that is read says of the versions that its mappings were made on.
    carried: Carried,
}

impl Reader<'_> {
    fn layer(&mut self, layer: &InputLayer) {
        let Some(domain) = self.domain(layer) else { return };
        let (row, value) = crate::layer::RISKS;
        if blocks::values(&layer.metadata, row).any(|held| held == value) {
            let message = "this layer shows what remains of a threat, not what is covered";
            let diagnostic = Diagnostic::new(Code::NotAMapping, message)
                .help("give its sources instead; as a threat, --threat takes it");
            self.findings.push(diagnostic.at(self.opening(layer)));
            return;
        }
        self.carried = Carried::of(layer);
        let version = self.version(layer, domain);
        match Form::of(layer) {
            Form::Own => self.own(layer, domain, version),
            Form::Mapex => self.mapex(layer, domain, version),
            Form::MappingCli => self.mapping_cli(layer, domain, version),
            Form::Scores => self.scores(layer, domain, version),
        }
    }

    fn domain(&mut self, layer: &InputLayer) -> Option<Domain> {
        let Some(stated) = &layer.domain else {
            if self.options.domain.is_none() {
                let message = "the layer has no `domain`";
                let diagnostic = Diagnostic::new(Code::MissingField, message)
                    .help("write enterprise-attack, mobile-attack or ics-attack");
                self.findings.push(diagnostic.at(self.opening(layer)));
            }
            return self.options.domain;
        };
        let known = layer.known_domain();
        if known.is_none() {
            let message = format!(
                "`{}` is not an ATT&CK domain: enterprise-attack, mobile-attack or ics-attack",
                super::rows::short(&stated.value)
            );
            let place = self.source.place(stated.span.range());
            self.findings.push(Diagnostic::new(Code::UnknownDomain, message).at(place));
        }
        known
    }

    /// Where a layer begins.
    fn opening(&self, layer: &InputLayer) -> crate::diagnostic::Place {
        let start = layer.span.range().start;
        self.source.place(start..start + 1)
    }

    fn version(&mut self, layer: &InputLayer, domain: Domain) -> Version {
        let known = self.options.releases.versions(domain);
        if let Some(version) = layer.release(domain, known).or(self.options.attack_version) {
            return version;
        }
        let newest = self.options.releases.table(domain).newest();
        let (what, place) = match &layer.attack {
            Some(stated) => {
                let value = super::rows::short(&stated.value);
                (format!("`{value}` is not an ATT&CK version"), self.source.place(stated.span.range()))
            }
            None => ("the layer states no ATT&CK version".to_owned(), self.opening(layer)),
        };
        let message = format!("{what}; {newest} is assumed, the newest known");
        let help = "the Navigator takes its newest, too; --table-attack-version states another";
        let diagnostic = Diagnostic::new(Code::VersionAssumed, message).help(help);
        self.findings.push(diagnostic.at(place));
        newest
    }

    /// The set of a framework on a release; made when it is new.
    fn part(
        &mut self,
        layer: &InputLayer,
        domain: Domain,
        version: Version,
        framework: &Framework,
    ) -> &mut Part {
        let key = (domain.id(), version, framework.id.clone(), framework.version.clone());
        if let Some(index) = self.places.get(&key) {
            return &mut self.sets[*index];
        }
        self.places.insert(key, self.sets.len());
        let mut set = MappingSet::new(framework.clone(), domain, version, self.origin.clone());
        set.version_span = layer.attack.as_ref().map_or(layer.span, |attack| attack.span);
        set.sources.add(Arc::clone(self.source));
        let mut assembler = Assembler::sharing(set, Rc::clone(&self.budget));
        if let Some(made_on) = self.carried.made_on(framework, version) {
            let releases = &self.options.releases;
            assembler.set_carried(made_on, self.carried.not_assessed(domain, [made_on, version], releases));
        }
        self.sets.push(Part {
            assembler,
            seen: BTreeSet::new(),
            layers: BTreeSet::new(),
            numbers: BTreeMap::new(),
        });
        let last = self.sets.len() - 1;
        &mut self.sets[last]
    }

    /// What a layer is called: by its name, or by its file.
    fn name_of(&self, layer: &InputLayer) -> String {
        let name = layer.name.as_ref().map_or("", |name| name.value.trim());
        if name.is_empty() { self.stem() } else { name.to_owned() }
    }

    fn stem(&self) -> String {
        let stem = stem(self.source.name());
        if stem.is_empty() { "layer".to_owned() } else { stem }
    }

    /// What a layer maps that does not say so: its own name, or the file's where it holds several of a domain.
    fn framework(&self, layer: &InputLayer) -> Framework {
        let id = match &self.options.framework {
            Some(id) => id.clone(),
            None if self.is_alone => self.name_of(layer),
            None => self.stem(),
        };
        Framework::new(id, "")
    }

    /// A layer of navlayer's own.
    fn own(&mut self, layer: &InputLayer, domain: Domain, version: Version) {
        let sources: Vec<&str> = blocks::values(&layer.metadata, "source").collect();
        let frameworks: Vec<Framework> = match sources.as_slice() {
            [] => vec![self.framework(layer)],
            labels => labels.iter().map(|label| Framework::from_label(label)).collect(),
        };
        let labels = labels(&sources);
        // The sources come in their order, whatever the techniques say first.
        for framework in &frameworks {
            self.part(layer, domain, version, framework);
        }
        let mut by_hand = Vec::new();
        for technique in layer.techniques.iter().filter(|one| one.enabled) {
            let blocks = blocks::blocks(&technique.metadata);
            let of = |name: &str| blocks::value(&technique.metadata, name);
            if blocks.is_empty() {
                if of("state") == Some("not mappable") {
                    let row = Row { mapping_type: Some(plain("non_mappable")), ..row_of(technique) };
                    self.part(layer, domain, version, &frameworks[0]).push(&row);
                } else if of("state").is_some_and(|state| state.starts_with("not assessed")) {
                    // Nobody maps it: it is new since the version that the mappings were made on.
                } else if of("state") == Some(NOT_DEPLOYED) {
                    // What maps it is not deployed.
                } else if of("rolled-up score").is_none() {
                    by_hand.push(technique);
                }
                continue;
            }
            for block in &blocks {
                let Some(name) = &block.capability else { continue };
                if self.sets.iter().any(|part| part.assembler.is_done()) {
                    break;
                }
                let (bare, index) = without_source(&name.text, &labels);
                let row = Row {
                    capability_id: Some(slug(bare, name)),
                    capability_name: Some(Field { text: Cow::Borrowed(bare), span: name.span }),
                    ..block.row(technique)
                };
                self.part(layer, domain, version, &frameworks[index]).push(&row);
            }
        }
        self.add(layer, domain, version, &frameworks[0], &by_hand);
        // The names are sorted. Where the parts are not, a name has a comma of its own, and nobody can part them.
        let declared: Vec<&str> =
            blocks::values(&layer.metadata, "not mappable").flat_map(|names| names.split(", ")).collect();
        for name in Some(declared).filter(|names| names.is_sorted()).into_iter().flatten() {
            let row = Row {
                capability_id: Some(slug(name, &plain(name))),
                capability_name: Some(plain(name)),
                mapping_type: Some(plain("non_mappable")),
                span: layer.span,
                ..Row::default()
            };
            self.part(layer, domain, version, &frameworks[0]).push(&row);
        }
        if let [framework] = frameworks.as_slice() {
            let text = |name: &str| blocks::value(&layer.metadata, name).map(str::to_owned);
            let publication = Publication {
                organization: text("publisher"),
                last_update: text("last update"),
                ..Publication::default()
            };
            self.part(layer, domain, version, framework).assembler.set_publication(publication);
        }
    }

    /// A layer of mapex: `control` holds the capability's id. Where rows have neither level nor comment, the capabilities
    /// stand in the annotation's comment alone.
    fn mapex(&mut self, layer: &InputLayer, domain: Domain, version: Version) {
        let name = self.name_of(layer);
        let framework = match name.strip_suffix(" overview") {
            Some(id) => Framework::new(id.to_lowercase(), ""),
            None => self.framework(layer),
        };
        let part = self.part(layer, domain, version, &framework);
        for technique in layer.techniques.iter().filter(|one| one.enabled) {
            let blocks = blocks::blocks(&technique.metadata);
            let listed = blocks::related(&technique.comment);
            let is_mapped = technique.technique.is_some();
            let kind = || Some(plain(if is_mapped { "technique_scores" } else { "non_mappable" }));
            for block in blocks.iter().filter(|block| block.capability.is_some()) {
                if part.assembler.is_done() {
                    break;
                }
                let row = Row {
                    capability_id: block.capability.clone(),
                    mapping_type: kind(),
                    ..block.row(technique)
                };
                part.push(&row);
            }
            let named = blocks.iter().filter_map(|block| block.capability.as_ref());
            let named: BTreeSet<&str> = named.map(|held| &*held.text).collect();
            for id in listed.iter().filter(|id| !named.contains(&*id.text)) {
                let unscored = if is_mapped { "mapped" } else { "non_mappable" };
                let mapping_type = Some(plain(unscored));
                part.push(&Row { capability_id: Some(id.clone()), mapping_type, ..row_of(technique) });
            }
            // What no capability is related to was declared not mappable.
            if blocks.is_empty() && listed.is_empty() && is_mapped {
                part.push(&Row { mapping_type: Some(plain("non_mappable")), ..row_of(technique) });
            }
        }
    }

    /// A layer of mapping_cli: of one control, which gave it its name, or of several, each named in its blocks.
    fn mapping_cli(&mut self, layer: &InputLayer, domain: Domain, version: Version) {
        let name = self.name_of(layer);
        let framework = match name.strip_suffix(" platform native security controls") {
            Some(platform) => Framework::new(platform.to_lowercase(), ""),
            None => self.framework(layer),
        };
        let mut by_hand = Vec::new();
        for technique in layer.techniques.iter().filter(|one| one.enabled) {
            let blocks = blocks::blocks(&technique.metadata);
            if blocks.is_empty() {
                by_hand.push(technique);
                continue;
            }
            let part = self.part(layer, domain, version, &framework);
            for block in &blocks {
                if part.assembler.is_done() {
                    break;
                }
                let control = block.capability.clone().unwrap_or_else(|| plain(&name));
                let row = Row {
                    capability_id: Some(slug(&control.text, &control)),
                    capability_name: Some(control.clone()),
                    mapping_type: Some(plain("technique_scores")),
                    ..block.row(technique)
                };
                part.push(&row);
            }
        }
        self.add(layer, domain, version, &framework, &by_hand);
    }

    /// The sets, those without any row left out, and what was found.
    fn finish(mut self) -> Outcome {
        let mut sets = Vec::new();
        let mut later = Vec::new();
        if self.sets.iter().any(|part| part.assembler.is_full()) {
            self.findings.push(too_many(self.source));
        }
        for part in self.sets.drain(..).filter(|part| !part.assembler.is_empty()) {
            let (set, mut found) = part.assembler.finish();
            sets.push(set);
            later.append(&mut found);
        }
        let failed = self.findings.iter().any(|finding| finding.severity == Severity::Error);
        if sets.is_empty() && !failed {
            let message =
                "the layer covers nothing: no technique in it has a score above 0, or any annotation";
            self.findings.push(Diagnostic::new(Code::NoMappings, message).at(self.source.whole()));
        }
        self.findings.append(&mut later);
        Outcome { sets, findings: self.findings }
    }
}

/// A row about a technique, with its links as references: they are of the technique, whoever maps it.
fn row_of(technique: &InputAnnotation) -> Row<'_> {
    let references = technique.links.iter().filter_map(|link| match link {
        InputLink::Link { url, .. } => {
            Some(Field { text: Cow::Borrowed(url.value.as_str()), span: url.span })
        }
        InputLink::Divider { .. } => None,
    });
    Row {
        technique_id: technique
            .technique
            .as_ref()
            .map(|id| Field { text: Cow::Borrowed(id.value.as_str()), span: id.span }),
        references: references.collect(),
        moved_from: carried::origins(technique),
        span: technique.span,
        ..Row::default()
    }
}

/// A capability's name without its source, and which source that is. Only layers of several sources name them.
fn without_source<'n>(name: &'n str, labels: &BTreeMap<&str, usize>) -> (&'n str, usize) {
    let Some(open) = name.strip_suffix(')') else { return (name, 0) };
    // Labels may have brackets of their own, and not many.
    let ends = open.rmatch_indices(" (").take(8);
    let found = ends.filter_map(|(at, mark)| Some((&name[..at], *labels.get(&open[at + mark.len()..])?)));
    found.min_by_key(|(_, index)| *index).unwrap_or((name, 0))
}

/// The first place of each label, when there are several sources.
fn labels<'l>(sources: &[&'l str]) -> BTreeMap<&'l str, usize> {
    let places = sources.iter().enumerate().rev().map(|(index, label)| (*label, index));
    if sources.len() > 1 { places.collect() } else { BTreeMap::new() }
}

/// The id of what only has a name, as the Center's mappings form it: lower case, with `_` for blanks.
fn slug<'n>(name: &str, at: &Field<'n>) -> Field<'n> {
    let id = name.trim().to_lowercase().split_whitespace().collect::<Vec<_>>().join("_");
    Field { text: Cow::Owned(id), span: at.span }
}
