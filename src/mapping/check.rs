//! Findings about a mapping set that only ATT&CK, or the set as a whole, can tell.

mod guess;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::attack::{BRING_OTHERS, Catalog, Domain, Fate, Releases, TechniqueId, Version, version_list};
use crate::diagnostic::{Code, Diagnostic, Place, Severity};
use crate::source::{Locator, Span};
use crate::{link, parallel};

use super::model::{Mapping, MappingSet, Reference};
use super::read::{MAX_FINDINGS, short};
use guess::Guesser;

/// Checks a set on the catalog that it will be shown on. Findings are in source order.
///
/// Names are compared only where the set is shown on the version that it was made on: on another version they differ
/// for good reason.
#[must_use]
pub fn check(set: &MappingSet, catalog: &Catalog) -> Vec<Diagnostic> {
    let mut checker = Checker::new(set, catalog);
    for mapping in &set.mappings {
        checker.technique(mapping.technique, &mapping.technique_name, mapping.id_span);
        checker.name(mapping.technique, &mapping.technique_name, mapping.name_span);
        checker.parent(mapping);
        for reference in &mapping.references {
            checker.reference(reference);
        }
    }
    for listed in &set.listed {
        checker.technique(listed.technique, &listed.name, listed.id_span);
        checker.name(listed.technique, &listed.name, listed.name_span);
    }
    checker.non_mappable();
    checker.definitions();
    checker.evidence();
    checker.repeats();
    checker.finish()
}

/// Checks each set on the catalog of its own ATT&CK version, on all processors.
///
/// A version that is not known is a finding.
#[must_use]
pub fn check_each(sets: &[MappingSet], releases: &Releases) -> Vec<Diagnostic> {
    let mut keys: Vec<(Domain, Version)> = sets.iter().map(|set| (set.domain, set.attack_version)).collect();
    keys.sort();
    keys.dedup();
    let catalogs = parallel::map(&keys, |(domain, version)| releases.catalog(*domain, *version));
    let catalogs: BTreeMap<_, _> = keys.into_iter().zip(catalogs).collect();
    let findings = parallel::map(sets, |set| match catalogs.get(&(set.domain, set.attack_version)) {
        Some(Ok(catalog)) => check(set, catalog),
        _ => vec![unknown_version(set, releases)],
    });
    findings.into_iter().flatten().collect()
}

/// The ATT&CK version of a set is not known.
#[must_use]
pub fn unknown_version(set: &MappingSet, releases: &Releases) -> Diagnostic {
    let version = set.attack_version;
    let message = format!("{} ATT&CK {version} is not known", set.domain.name());
    let known = releases.versions(set.domain);
    let near = known.iter().rev().find(|one| one.major == version.major);
    let near = near.map_or_else(String::new, |near| format!("did you mean {near}? "));
    let help = format!("{near}known are {}; {BRING_OTHERS}", version_list(known));
    let diagnostic = Diagnostic::new(Code::UnknownVersion, message).help(help);
    match set.sources.place(set.version_span) {
        Some(place) => diagnostic.at(place),
        None => diagnostic,
    }
}

struct Checker<'a> {
    set: &'a MappingSet,
    catalog: &'a Catalog,
    findings: Vec<(Span, Diagnostic)>,
    /// What was found already: several rows may share one text of the source.
    told: BTreeSet<(Code, Span)>,
    /// Made when the first id is unknown.
    guesser: OnceCell<Guesser<'a>>,
    /// Findings that were not kept: there are more than anybody reads.
    passed_over: usize,
}

impl<'a> Checker<'a> {
    fn new(set: &'a MappingSet, catalog: &'a Catalog) -> Self {
        Self {
            set,
            catalog,
            findings: Vec::new(),
            told: BTreeSet::new(),
            guesser: OnceCell::new(),
            passed_over: 0,
        }
    }

    /// The findings, in source order.
    fn finish(mut self) -> Vec<Diagnostic> {
        self.findings.sort_by_key(|(span, _)| (span.source, span.start));
        let mut findings: Vec<Diagnostic> =
            self.findings.into_iter().map(|(_, diagnostic)| diagnostic).collect();
        if self.passed_over > 0 {
            let message = format!("{} more findings are not listed", self.passed_over);
            let diagnostic = Diagnostic::new(Code::TooManyFindings, message);
            // The mappings were read, all of them: this is no error.
            let diagnostic = Diagnostic { severity: Severity::Note, ..diagnostic };
            findings.extend(self.set.sources.iter().next().map(|source| diagnostic.at(source.whole())));
        }
        findings
    }

    /// Notes what is wrong with a text of the source, once for each code.
    fn find_once(&mut self, span: Span, diagnostic: Diagnostic) {
        if self.told.insert((diagnostic.code, span)) {
            self.find(span, diagnostic);
        }
    }

    /// Notes a finding. Of very many the errors are kept longest, for they decide what is built.
    fn find(&mut self, span: Span, diagnostic: Diagnostic) {
        let most = if diagnostic.severity == Severity::Error { 2 * MAX_FINDINGS } else { MAX_FINDINGS };
        if self.findings.len() >= most {
            self.passed_over += 1;
            return;
        }
        let diagnostic = match self.set.sources.place(span) {
            Some(place) => diagnostic.at(place),
            None => diagnostic,
        };
        self.findings.push((span, diagnostic));
    }

    fn technique(&mut self, id: TechniqueId, name: &str, span: Span) {
        if self.catalog.technique(id).is_some() {
            return;
        }
        let fate = self.catalog.fate(id);
        let attack = format!("{} ATT&CK {}", self.catalog.domain().name(), self.catalog.version());
        let stands = "the row stands by its id and is left out of every percentage";
        let (code, help) = match &fate {
            Fate::Active => return,
            Fate::Unknown => (Code::UnknownTechnique, self.guess(id, name)),
            Fate::Elsewhere(domain) => {
                let name = domain.name();
                let help = format!("{name} techniques have files of their own; as it is, {stands}");
                (Code::MisplacedTechnique, help)
            }
            Fate::Later { .. } => (Code::MisplacedTechnique, stands.to_owned()),
            Fate::Revoked { chain } => match chain.last() {
                Some(end) => (Code::RetiredTechnique, format!("map {end} instead; as it is, {stands}")),
                None => (Code::RetiredTechnique, stands.to_owned()),
            },
            _ => (Code::RetiredTechnique, stands.to_owned()),
        };
        let message = match code {
            Code::UnknownTechnique => {
                format!("{id} is no technique of {attack}, nor of any version or domain known here")
            }
            _ => format!("{id} is not active in {attack}: {}", fate.describe()),
        };
        self.find_once(span, Diagnostic::new(code, message).help(help));
    }

    fn guess(&self, id: TechniqueId, name: &str) -> String {
        self.guesser.get_or_init(|| Guesser::new(self.catalog)).advice(id, name)
    }

    fn name(&mut self, id: TechniqueId, given: &str, span: Span) {
        if self.set.attack_version != self.catalog.version() {
            return;
        }
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
        let help = "the id counts; the name is shown as given";
        self.find_once(span, Diagnostic::new(Code::NameDiffers, message).help(help));
    }

    /// A score that belongs to another technique's than the sub-technique's own.
    fn parent(&mut self, mapping: &Mapping) {
        let Some(related) = mapping.related_score else { return };
        let id = mapping.technique;
        let (message, help) = match id.parent() {
            Some(parent) if parent == related => return,
            Some(parent) => {
                let help = match self.catalog.technique(id) {
                    Some(_) => format!("it is one of {parent}; "),
                    None => String::new(),
                };
                (format!("{id} is not a sub-technique of {related}"), help)
            }
            None if id == related => return,
            None => (format!("{id} is a technique, and not one below {related}"), String::new()),
        };
        // Of the two ids the one that stands later contradicts the other.
        let span = mapping.id_span.max(mapping.related_span);
        let help = format!("{help}the row counts for the id as it stands");
        self.find_once(span, Diagnostic::new(Code::WrongParent, message).help(help));
    }

    fn reference(&mut self, reference: &Reference) {
        if link::web_address(&reference.text).is_none() {
            let message =
                format!("the reference `{}` is not an http or https address", short(&reference.text));
            // Most have an address in quotes, or after a word.
            let bare = |word: &'_ str| word.trim_matches(|c| "'\"`<>()[]{},;".contains(c)).to_owned();
            let inner =
                reference.text.split_whitespace().map(bare).find(|word| link::web_address(word).is_some());
            let help = match inner {
                Some(address) => format!("did you mean `{}`? it is shown as text", short(&address)),
                None => "it is shown as text".to_owned(),
            };
            self.find_once(reference.span, Diagnostic::new(Code::NotALink, message).help(help));
        }
    }

    /// What is declared not mappable, and mapped after all.
    fn non_mappable(&mut self) {
        let set = self.set;
        let mut mapped: BTreeMap<TechniqueId, Span> = BTreeMap::new();
        let mut mapping: BTreeMap<usize, Span> = BTreeMap::new();
        for one in &set.mappings {
            mapped.entry(one.technique).or_insert(one.id_span);
            mapping.entry(one.capability).or_insert(one.id_span);
        }
        for technique in &set.non_mappable {
            self.technique(technique.technique, &technique.name, technique.id_span);
            self.name(technique.technique, &technique.name, technique.name_span);
            if let Some(first) = mapped.get(&technique.technique) {
                let message = format!("{} is both mapped and declared not mappable", technique.technique);
                self.find_mapped(message, technique.id_span, *first);
            }
        }
        for (index, capability) in set.capabilities.iter().enumerate() {
            if let Some(first) = mapping.get(&index).filter(|_| capability.non_mappable) {
                let message = format!("`{}` is both mapped and declared non-mappable", short(&capability.id));
                self.find_mapped(message, capability.non_mappable_span, *first);
            }
        }
    }

    fn find_mapped(&mut self, message: String, span: Span, first: Span) {
        let help = format!("it is mapped in {}; its mappings count", self.whereabouts(first, span));
        self.find(span, Diagnostic::new(Code::MappedAndNonMappable, message).help(help));
    }

    /// A place as one says it beside another: `line 12`, or the whole place when that is in another file.
    fn whereabouts(&self, span: Span, beside: Span) -> String {
        match self.set.sources.place(span) {
            Some(Place { locator: Some(Locator::Cell(cell)), .. }) if span.source == beside.source => cell,
            Some(place) if span.source == beside.source => format!("line {}", place.line),
            Some(place) => place.to_string(),
            None => "another row".to_owned(),
        }
    }

    /// Groups and mapping types that the source defines, and no row names.
    fn definitions(&mut self) {
        let set = self.set;
        let used: BTreeSet<usize> =
            set.capabilities.iter().flat_map(|one| one.groups.iter().copied()).collect();
        for (index, group) in set.groups.iter().enumerate() {
            if let Some(span) = group.span.filter(|_| !used.contains(&index)) {
                let message = format!("no row names the group `{}`", short(&group.id));
                let help = "remove it, or correct the rows that were to name it";
                self.find(span, Diagnostic::new(Code::UnusedGroup, message).help(help));
            }
        }
        let used: BTreeSet<&str> = set.mappings.iter().map(|mapping| mapping.mapping_type.as_str()).collect();
        for (id, kind) in &set.mapping_types {
            let declares = id == "non_mappable" && set.non_mappable_rows > 0;
            if !declares && !used.contains(kind.name.as_str()) && kind.span != Span::default() {
                let message = format!("no row is of the mapping type `{}`", short(id));
                let help = "remove it, or correct the rows that were to name it";
                self.find(kind.span, Diagnostic::new(Code::UnusedType, message).help(help));
            }
        }
    }

    /// Capabilities of which nothing says why they are mapped so, or where to look it up.
    fn evidence(&mut self) {
        let set = self.set;
        let mut commented: Vec<bool> = set.capabilities.iter().map(|one| !one.comment.is_empty()).collect();
        let mut referenced: Vec<bool> =
            set.capabilities.iter().map(|one| !one.references.is_empty()).collect();
        let mut mapped = vec![false; set.capabilities.len()];
        for mapping in &set.mappings {
            mapped[mapping.capability] = true;
            commented[mapping.capability] |= !mapping.comment.is_empty();
            referenced[mapping.capability] |= !mapping.references.is_empty();
        }
        let mapped: Vec<usize> = (0..mapped.len()).filter(|index| mapped[*index]).collect();
        let why = "a comment says why something is scored as it is";
        self.without(Code::NoComments, ("comment", why), &mapped, &commented);
        let where_to = "a reference says where that can be looked up";
        self.without(Code::NoReferences, ("reference", where_to), &mapped, &referenced);
    }

    /// Of a source that has none of a thing at all that is told once.
    fn without(&mut self, code: Code, (what, help): (&str, &str), mapped: &[usize], having: &[bool]) {
        let set = self.set;
        let lacking: Vec<usize> = mapped.iter().copied().filter(|index| !having[*index]).collect();
        if lacking.len() > 1 && lacking.len() == mapped.len() {
            let message = format!("none of the {} mapped capabilities has a {what}", mapped.len());
            self.find(set.capabilities[lacking[0]].span, Diagnostic::new(code, message).help(help));
            return;
        }
        for index in lacking {
            let capability = &set.capabilities[index];
            let message = format!("no mapping of `{}` has a {what}", short(&capability.id));
            self.find(capability.span, Diagnostic::new(code, message).help(help));
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
            // Half a score is a finding of its own, and equal to nothing.
            if key(first) != key(second) || second.category.is_some() != second.level.is_some() {
                continue;
            }
            let capability = &self.set.capabilities[second.capability].id;
            let pair = format!("`{}` is mapped to {}", short(capability), second.technique);
            match (first.score(), second.score()) {
                (Some((category, one)), Some((_, other))) if one != other => {
                    let message = format!("{pair} as {category} with {one} and with {other}");
                    let at = self.whereabouts(first.level_span, second.level_span);
                    let help = format!("{one} stands in {at}; {} counts, the stronger", one.max(other));
                    self.find(
                        second.level_span,
                        Diagnostic::new(Code::ConflictingLevels, message).help(help),
                    );
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
                // What has a category and no level was found already, and may have been meant otherwise.
                (None, None) if second.category.is_some() && second.numeric.is_none() => {}
                _ if first.mapping_type == second.mapping_type => {
                    let message = match second.category {
                        Some(category) => format!("{pair} twice as {category}"),
                        None => format!("{pair} twice"),
                    };
                    // Of some forms several rows share one id.
                    let (one, other) = if first.id_span == second.id_span {
                        (first.level_span, second.level_span)
                    } else {
                        (first.id_span, second.id_span)
                    };
                    let help = format!("it stands in {} too, and counts once", self.whereabouts(one, other));
                    self.find(other, Diagnostic::new(Code::DuplicateRow, message).help(help));
                }
                _ => {}
            }
        }
    }
}

/// Advice about an id that is known nowhere: what it may have been meant to be.
#[must_use]
pub fn advice(id: TechniqueId, catalog: &Catalog) -> String {
    Guesser::new(catalog).advice(id, "")
}

/// Whether names differ by no more than case and blanks.
fn same(a: &str, b: &str) -> bool {
    let mut left = a.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase);
    let mut right = b.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase);
    left.by_ref().eq(right.by_ref())
}
