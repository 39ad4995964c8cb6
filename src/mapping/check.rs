//! Findings about a mapping set that only ATT&CK, or the set as a whole, can tell.

use crate::attack::{Catalog, Fate, TechniqueId};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::link;
use crate::source::Span;

use super::model::{Mapping, MappingSet, Reference};

/// Checks a set on the catalog that it will be shown on. Findings are in source order.
///
/// Names are compared only where the set is shown on the version that it was made on: on another version they differ
/// for good reason.
#[must_use]
pub fn check(set: &MappingSet, catalog: &Catalog) -> Vec<Diagnostic> {
    let mut checker = Checker { set, catalog, findings: Vec::new() };
    let same_version = set.attack_version == catalog.version();
    for mapping in &set.mappings {
        checker.technique(mapping.technique, mapping.id_span);
        if same_version {
            checker.name(mapping.technique, &mapping.technique_name, mapping.name_span);
        }
        for reference in &mapping.references {
            checker.reference(reference);
        }
    }
    for technique in &set.non_mappable {
        checker.technique(technique.technique, technique.id_span);
        if same_version {
            checker.name(technique.technique, &technique.name, technique.name_span);
        }
        if set.mappings.iter().any(|mapping| mapping.technique == technique.technique) {
            let message = format!("{} is both mapped and declared not mappable", technique.technique);
            let diagnostic = Diagnostic::new(Code::MappedAndNonMappable, message).help("its mappings count");
            checker.find(technique.id_span, diagnostic);
        }
    }
    checker.capabilities();
    checker.repeats();
    let mut findings = checker.findings;
    findings.sort_by_key(|(span, _)| (span.source, span.start));
    findings.into_iter().map(|(_, diagnostic)| diagnostic).collect()
}

struct Checker<'a> {
    set: &'a MappingSet,
    catalog: &'a Catalog,
    findings: Vec<(Span, Diagnostic)>,
}

impl Checker<'_> {
    fn find(&mut self, span: Span, diagnostic: Diagnostic) {
        let diagnostic = match self.set.sources.place(span) {
            Some(place) => diagnostic.at(place),
            None => diagnostic,
        };
        self.findings.push((span, diagnostic));
    }

    fn technique(&mut self, id: TechniqueId, span: Span) {
        if self.catalog.technique(id).is_some() {
            return;
        }
        let fate = self.catalog.fate(id);
        let attack = format!("{} ATT&CK {}", self.catalog.domain().name(), self.catalog.version());
        let code = match fate {
            Fate::Active => return,
            Fate::Unknown => Code::UnknownTechnique,
            Fate::Later { .. } | Fate::Elsewhere(_) => Code::MisplacedTechnique,
            _ => Code::RetiredTechnique,
        };
        let message = match code {
            Code::UnknownTechnique => {
                format!("{id} is no technique of {attack}, nor of any version or domain known here")
            }
            _ => format!("{id} is not active in {attack}: {}", fate.describe()),
        };
        let mut diagnostic = Diagnostic::new(code, message);
        diagnostic = match code {
            Code::UnknownTechnique => match self.catalog.nearest(&id.to_string()) {
                Some(near) => diagnostic.help(format!("did you mean {near}?")),
                None => diagnostic,
            },
            _ => diagnostic.help("the row stands by its id and is left out of every percentage"),
        };
        self.find(span, diagnostic);
    }

    fn name(&mut self, id: TechniqueId, given: &str, span: Span) {
        let Some(technique) = self.catalog.technique(id) else { return };
        let given = given.trim();
        // Some files write "Technique: Sub-technique".
        let last = given.rsplit(": ").next().unwrap_or(given);
        if given.is_empty()
            || given == technique.name
            || same(given, &technique.name)
            || same(last, &technique.name)
        {
            return;
        }
        let message = format!("{id} is called `{}` in ATT&CK {}", technique.name, self.catalog.version());
        self.find(
            span,
            Diagnostic::new(Code::NameDiffers, message).help("the id counts; the name is shown as given"),
        );
    }

    fn reference(&mut self, reference: &Reference) {
        if link::web_address(&reference.text).is_none() {
            let shown: String = reference.text.chars().take(60).collect();
            let message = format!("the reference `{shown}` is not an http or https address");
            self.find(reference.span, Diagnostic::new(Code::NotALink, message).help("it is shown as text"));
        }
    }

    fn capabilities(&mut self) {
        for (index, capability) in self.set.capabilities.iter().enumerate() {
            if !capability.non_mappable {
                continue;
            }
            if self.set.mappings.iter().any(|mapping| mapping.capability == index) {
                let message = format!("`{}` is both mapped and declared non-mappable", capability.id);
                let diagnostic =
                    Diagnostic::new(Code::MappedAndNonMappable, message).help("its mappings count");
                self.find(capability.non_mappable_span, diagnostic);
            }
        }
    }

    /// Equal rows, and rows of one category that differ in the level. A scored mapping is told by its capability,
    /// technique and category; an unscored one by its mapping type as well.
    fn repeats(&mut self) {
        let key = |mapping: &Mapping| (mapping.capability, mapping.technique, mapping.category);
        let mappings = &self.set.mappings;
        let mut order: Vec<usize> = (0..mappings.len()).collect();
        order.sort_by(|a, b| {
            let (a, b) = (&mappings[*a], &mappings[*b]);
            (key(a), &a.mapping_type).cmp(&(key(b), &b.mapping_type))
        });
        for pair in order.windows(2) {
            let (first, second) = (&mappings[pair[0]], &mappings[pair[1]]);
            if key(first) != key(second) {
                continue;
            }
            let capability = &self.set.capabilities[second.capability].id;
            let pair = format!("`{capability}` is mapped to {}", second.technique);
            match (first.score(), second.score()) {
                (Some((category, one)), Some((_, other))) if one != other => {
                    let message = format!("{pair} as {category} with {one} and with {other}");
                    let help = format!("{} counts, the stronger", one.max(other));
                    self.find(second.id_span, Diagnostic::new(Code::ConflictingLevels, message).help(help));
                }
                (None, None) if first.numeric != second.numeric => {
                    let score = |mapping: &Mapping| {
                        mapping.numeric.map_or_else(|| "no score".to_owned(), |score| score.to_string())
                    };
                    let message = format!("{pair} with {} and with {}", score(first), score(second));
                    let diagnostic =
                        Diagnostic::new(Code::ConflictingLevels, message).help("the highest score counts");
                    self.find(second.id_span, diagnostic);
                }
                _ if first.mapping_type == second.mapping_type => {
                    let message = format!("{pair} twice");
                    self.find(
                        second.id_span,
                        Diagnostic::new(Code::DuplicateRow, message).help("it counts once"),
                    );
                }
                _ => {}
            }
        }
    }
}

/// Names differ by more than case and blanks.
fn same(a: &str, b: &str) -> bool {
    let mut left = a.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase);
    let mut right = b.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase);
    left.by_ref().eq(right.by_ref())
}

/// Raises warnings to errors, for `--strict`. Notes stay notes: published data is full of them.
pub fn strict(findings: &mut [Diagnostic]) {
    for finding in findings {
        if finding.severity == Severity::Warning {
            finding.severity = Severity::Error;
        }
    }
}
