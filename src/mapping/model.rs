//! What a mapping set holds, whatever file it came from.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Serialize;

use crate::attack::upgrade::Record;
use crate::attack::{Domain, TechniqueId, Version};
use crate::source::{Sources, Span};

/// What a mapping says that a capability does about a technique.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
pub enum Category {
    /// Limits or prevents the technique or its effect.
    Protect,
    /// Finds the technique in use.
    Detect,
    /// Contains or reverses the technique.
    Respond,
}

impl Category {
    /// All categories, in the order that readers know.
    pub const ALL: [Self; 3] = [Self::Protect, Self::Detect, Self::Respond];

    /// `Protect`
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Protect => "Protect",
            Self::Detect => "Detect",
            Self::Respond => "Respond",
        }
    }

    /// `protect`: for file names, CSS classes and JSON.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Protect => "protect",
            Self::Detect => "detect",
            Self::Respond => "respond",
        }
    }
}

/// How well a capability does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
pub enum Level {
    /// Low coverage, or uncertain.
    Minimal,
    /// Some of the technique's procedures, or some of the time.
    Partial,
    /// Most of the technique's procedures, dependably.
    Significant,
}

impl Level {
    /// All levels, weakest first.
    pub const ALL: [Self; 3] = [Self::Minimal, Self::Partial, Self::Significant];

    /// `Partial`
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minimal => "Minimal",
            Self::Partial => "Partial",
            Self::Significant => "Significant",
        }
    }

    /// `partial`: for CSS classes and JSON.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Minimal => "minimal",
            Self::Partial => "partial",
            Self::Significant => "significant",
        }
    }
}

/// A score that a source gives as a number, in place of a level: above 0 and at most 100.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NumericScore(f64);

impl NumericScore {
    /// The score, when it is above 0 and at most 100.
    #[must_use]
    pub fn new(score: f64) -> Option<Self> {
        (score > 0.0 && score <= 100.0).then_some(Self(score))
    }

    /// The number.
    #[must_use]
    pub const fn value(self) -> f64 {
        self.0
    }
}

// The number is never NaN, so its order is total.
impl Eq for NumericScore {}

impl PartialOrd for NumericScore {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for NumericScore {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl fmt::Display for NumericScore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Text that is none of the names that the field allows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is none of {allowed}")]
pub struct ParseNameError {
    /// The text as given.
    pub value: String,
    /// The names that are allowed, for people.
    pub allowed: &'static str,
}

impl FromStr for Category {
    type Err = ParseNameError;

    /// Reads the name in any case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|category| category.key().eq_ignore_ascii_case(text))
            .ok_or_else(|| ParseNameError { value: text.to_owned(), allowed: "Protect, Detect or Respond" })
    }
}

impl FromStr for Level {
    type Err = ParseNameError;

    /// Reads the name in any case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|level| level.key().eq_ignore_ascii_case(text)).ok_or_else(|| {
            ParseNameError { value: text.to_owned(), allowed: "Minimal, Partial or Significant" }
        })
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is mapped, and in which edition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Framework {
    /// The id that the file states, in lower case: `aws`, `nist_800_53`.
    pub id: String,
    /// The edition as the file states it: `12/12/2024`, `rev5`; empty when it states none.
    pub version: String,
    /// What the user wants it called, instead of [`Framework::name`]'s own knowledge.
    pub title: Option<String>,
}

/// The published frameworks, by id, with the names that people read.
const FRAMEWORKS: [(&str, &str); 13] = [
    ("aws", "AWS"),
    ("azure", "Azure"),
    ("cri_profile", "CRI Profile"),
    ("csa_ccm", "CSA CCM"),
    ("gcp", "Google Cloud"),
    ("intel-vpro", "Intel vPro"),
    ("kev", "KEV"),
    ("m365", "Microsoft 365"),
    ("nist_800_53", "NIST 800-53"),
    ("prowler-aws", "Prowler AWS"),
    ("prowler-azure", "Prowler Azure"),
    ("prowler-gcp", "Prowler Google Cloud"),
    ("veris", "VERIS"),
];

impl Framework {
    /// A framework with this id, and an edition that may be empty.
    #[must_use]
    pub fn new(id: impl Into<String>, version: impl Into<String>) -> Self {
        Self { id: id.into(), version: version.into(), title: None }
    }

    /// The name that people read: `AWS`, `NIST 800-53`; the id itself for a framework of the user's own.
    #[must_use]
    pub fn name(&self) -> &str {
        if let Some(title) = &self.title {
            return title;
        }
        FRAMEWORKS.iter().find(|(id, _)| *id == self.id).map_or(&self.id, |(_, name)| name)
    }

    /// The framework that [`Framework::label`] names so.
    #[must_use]
    pub fn from_label(label: &str) -> Self {
        let label = label.trim();
        let known = FRAMEWORKS.iter().find_map(|(id, name)| {
            let rest = label.strip_prefix(name)?;
            (rest.is_empty() || rest.starts_with(' ')).then_some((*id, rest))
        });
        // An id of the user's own has no end of its own; an edition has a digit.
        let own = || match label.rsplit_once(' ') {
            Some((id, edition)) if edition.contains(|c: char| c.is_ascii_digit()) => (id, edition),
            _ => (label, ""),
        };
        let (id, version) = known.unwrap_or_else(own);
        Self::new(id, version.trim())
    }

    /// Name and edition: `AWS 12/12/2024`.
    #[must_use]
    pub fn label(&self) -> String {
        if self.version.is_empty() {
            self.name().to_owned()
        } else {
            format!("{} {}", self.name(), self.version)
        }
    }
}

/// Where a mapping set came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Origin {
    /// The mapping that is built in: facts, without the analysts' comments.
    #[default]
    Embedded,
    /// A file or folder, as it was named.
    Path(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded => f.write_str("embedded in navlayer"),
            Self::Path(path) => f.write_str(path),
        }
    }
}

/// Who published a mapping set and when, as far as it says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Publication {
    /// The mappings' own version.
    pub mapping_version: Option<String>,
    /// The author.
    pub author: Option<String>,
    /// An address for questions.
    pub contact: Option<String>,
    /// The organization.
    pub organization: Option<String>,
    /// The date of creation as given.
    pub creation_date: Option<String>,
    /// The date of the last update as given.
    pub last_update: Option<String>,
}

/// A set of capabilities that the source puts together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The id: `AC`.
    pub id: String,
    /// The name: `Access Control`; the id when the source has none.
    pub name: String,
    /// Where the source defines it, when it does.
    pub span: Option<Span>,
}

/// How a capability and a technique are related, as a source defines it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MappingType {
    /// The name: `technique_scores`, `mitigates`, `related-to`; the id when the source has none.
    pub name: String,
    /// What the source says of it; often nothing.
    pub description: String,
    /// Where the source defines it.
    pub span: Span,
}

/// The thing that covers: a service, a control, a product.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Capability {
    /// The id in the source, without blanks around it.
    pub id: String,
    /// The name; the id when the source has none.
    pub name: String,
    /// The source's own description, where it has one apart from the name.
    pub description: Option<String>,
    /// Indices into [`MappingSet::groups`], in order of appearance.
    pub groups: Vec<usize>,
    /// Tags, in the source's order.
    pub tags: Vec<String>,
    /// A comment on the capability as a whole; for a non-mappable one, why.
    pub comment: String,
    /// References of the capability as a whole.
    pub references: Vec<String>,
    /// Where it is first named.
    pub span: Span,
    /// Whether the source declares that it cannot be mapped.
    pub non_mappable: bool,
    /// Where it declares that.
    pub non_mappable_span: Span,
}

/// Where a mapping's publisher points for evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The text, without blanks around it; not always an address.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// One row: a capability and a technique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// Index into [`MappingSet::capabilities`].
    pub capability: usize,
    /// The group that the row puts the capability in, as an index into [`MappingSet::groups`].
    pub group: Option<usize>,
    /// The technique, as given: it may be retired or misplaced.
    pub technique: TechniqueId,
    /// The technique's name as given; often an old one.
    pub technique_name: String,
    /// The mapping type's name: `technique_scores`, `mitigates`, `related-to`.
    pub mapping_type: String,
    /// The category, when scored.
    pub category: Option<Category>,
    /// The level, when scored.
    pub level: Option<Level>,
    /// The score, when the source gives a number in place of a level; then there may be no category either.
    pub numeric: Option<NumericScore>,
    /// The analysts' comment; empty when there is none.
    pub comment: String,
    /// References; not all are addresses.
    pub references: Vec<Reference>,
    /// The technique whose score this one belongs to, as the source states it.
    pub related_score: Option<TechniqueId>,
    /// The rows of the source that this one was, where an upgrade gave them another technique or made them one; by
    /// technique, and mostly none.
    pub moved_from: Vec<MappingOrigin>,
    /// Where the technique id stands.
    pub id_span: Span,
    /// Where the technique's name stands.
    pub name_span: Span,
    /// Where the level stands; where the id does when there is none.
    pub level_span: Span,
    /// Where the technique stands whose score this one belongs to.
    pub related_span: Span,
}

impl Mapping {
    /// Category and level, when the mapping has both.
    #[must_use]
    pub fn score(&self) -> Option<(Category, Level)> {
        self.category.zip(self.level)
    }

    /// Whether the mapping says how well: by category and level, or by a number.
    #[must_use]
    pub fn is_scored(&self) -> bool {
        self.score().is_some() || self.numeric.is_some()
    }
}

/// What a row of the source said before an upgrade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingOrigin {
    /// The technique, in the version of the source.
    pub technique: TechniqueId,
    /// Its name as the source gives it; empty when it gives none.
    pub name: String,
    /// The comment.
    pub comment: String,
}

impl MappingOrigin {
    /// What a row says now.
    #[must_use]
    pub fn of(row: &Mapping) -> Self {
        Self { technique: row.technique, name: row.technique_name.clone(), comment: row.comment.clone() }
    }
}

/// A technique that the source declares not mappable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NonMappableTechnique {
    /// The technique.
    pub technique: TechniqueId,
    /// Its name as given.
    pub name: String,
    /// Why, when the source says.
    pub comment: String,
    /// Where the technique id stands.
    pub id_span: Span,
    /// Where the technique's name stands.
    pub name_span: Span,
}

/// A technique that the source lists without mapping anything to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedTechnique {
    /// The technique.
    pub technique: TechniqueId,
    /// Its name as given.
    pub name: String,
    /// Where the technique id stands.
    pub id_span: Span,
    /// Where the technique's name stands.
    pub name_span: Span,
}

/// One source's content: a framework mapped to one domain of one ATT&CK version.
#[derive(Debug, Clone)]
pub struct MappingSet {
    /// What is mapped.
    pub framework: Framework,
    /// The ATT&CK domain.
    pub domain: Domain,
    /// The ATT&CK version that the mappings are on: the one that they were made on, unless they were upgraded.
    pub attack_version: Version,
    /// Where the ATT&CK version stands, or where it would.
    pub version_span: Span,
    /// Who published it and when.
    pub publication: Publication,
    /// Where it was read from.
    pub origin: Origin,
    /// The groups, by id.
    pub groups: Vec<Group>,
    /// The mapping types that the source defines, by id.
    pub mapping_types: BTreeMap<String, MappingType>,
    /// The capabilities, by id.
    pub capabilities: Vec<Capability>,
    /// The mappings, in source order.
    pub mappings: Vec<Mapping>,
    /// Techniques declared not mappable, in source order.
    pub non_mappable: Vec<NonMappableTechnique>,
    /// Techniques that the source lists without mapping anything to them, in source order.
    pub listed: Vec<ListedTechnique>,
    /// The version that the mappings were made on, where the source says that it was carried to another before it was
    /// read; layers do.
    pub carried_from: Option<Version>,
    /// The upgrades that brought the set from the version that it was read on to that of
    /// [`MappingSet::attack_version`], in order; mostly none.
    pub upgrades: Vec<Record>,
    /// Techniques that the version on which the mappings were made did not have, nor anything that became them: nobody
    /// assessed them.
    pub not_assessed: BTreeSet<TechniqueId>,
    /// Rows in the source, those without effect included.
    pub rows: usize,
    /// Rows that declare something non-mappable, in any of the spellings.
    pub non_mappable_rows: usize,
    /// The text that spans point into.
    pub sources: Sources,
}

impl MappingSet {
    /// A set without any content yet.
    #[must_use]
    pub fn new(framework: Framework, domain: Domain, attack_version: Version, origin: Origin) -> Self {
        Self {
            framework,
            domain,
            attack_version,
            version_span: Span::default(),
            publication: Publication::default(),
            origin,
            groups: Vec::new(),
            mapping_types: BTreeMap::new(),
            capabilities: Vec::new(),
            mappings: Vec::new(),
            non_mappable: Vec::new(),
            listed: Vec::new(),
            carried_from: None,
            upgrades: Vec::new(),
            not_assessed: BTreeSet::new(),
            rows: 0,
            non_mappable_rows: 0,
            sources: Sources::default(),
        }
    }

    /// The ATT&CK version that the mappings were made on, before any upgrade.
    #[must_use]
    pub fn made_on(&self) -> Version {
        let read_on = self.upgrades.first().map_or(self.attack_version, |record| record.from);
        self.carried_from.unwrap_or(read_on)
    }

    /// Whether any mapping carries a category and a level, or a number.
    #[must_use]
    pub fn is_scored(&self) -> bool {
        self.mappings.iter().any(Mapping::is_scored)
    }

    /// Whether any mapping says in which category it covers.
    #[must_use]
    pub fn has_categories(&self) -> bool {
        self.mappings.iter().any(|mapping| mapping.is_scored() && mapping.category.is_some())
    }

    /// Whether groups put capabilities together, rather than giving each its own group.
    #[must_use]
    pub fn groups_say_more(&self) -> bool {
        let mut members = vec![0_usize; self.groups.len()];
        for group in self.capabilities.iter().flat_map(|capability| &capability.groups) {
            members[*group] += 1;
        }
        members.iter().any(|count| *count > 1)
    }
}
