//! The JSON Schema of a mapping file: the unified form of Mappings Explorer, as navlayer reads and writes it.
//!
//! The types are never filled: files are read value by value, so that each mistake is found at its place. A test holds the
//! schema and what the reader knows together, and checks published files against it.
#![allow(dead_code, reason = "the fields say what the schema holds")]

use std::collections::BTreeMap;

use schemars::JsonSchema;

/// A mapping file: security capabilities mapped to ATT&CK techniques.
#[derive(Debug, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MappingFile {
    /// What all mappings share.
    metadata: Metadata,
    /// The mappings, and what is declared not mappable.
    #[schemars(length(min = 1))]
    mapping_objects: Vec<Row>,
}

/// What all mappings share.
#[derive(Debug, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Metadata {
    /// What is mapped, by its id: `aws`, `nist_800_53`.
    #[schemars(length(min = 1))]
    mapping_framework: String,
    /// Its edition: `12/12/2024`, `rev5`.
    mapping_framework_version: Option<String>,
    /// How its editions are told. It is not read.
    mapping_framework_version_schema: Option<String>,
    /// The ATT&CK version that the mappings were made on: `16.1`.
    attack_version: VersionText,
    /// The ATT&CK domain.
    technology_domain: DomainName,
    /// The mappings' own version.
    mapping_version: Option<VersionOrEmpty>,
    /// The author.
    author: Option<String>,
    /// An address for questions.
    contact: Option<String>,
    /// The organization.
    organization: Option<String>,
    /// The day of creation: `mm/dd/yyyy`.
    creation_date: Option<String>,
    /// The day of the last update: `mm/dd/yyyy`.
    last_update: Option<String>,
    /// How capabilities and techniques can be related, by id.
    mapping_types: Option<BTreeMap<String, MappingType>>,
    /// The names of groups of capabilities, by id.
    capability_groups: Option<BTreeMap<String, Option<String>>>,
}

/// A version, as text or as a number.
#[derive(Debug, JsonSchema)]
#[serde(untagged)]
enum VersionText {
    /// `"16.1"`
    Text(#[schemars(regex(pattern = r"^\s*v?[0-9]+(\.[0-9]+)?\s*$"))] String),
    /// `16.1`
    Number(f64),
}

/// A version, as text or as a number, or nothing.
#[derive(Debug, JsonSchema)]
#[serde(untagged)]
enum VersionOrEmpty {
    /// `"1"`
    Text(String),
    /// `1`
    Number(f64),
}

/// An ATT&CK domain.
#[derive(Debug, JsonSchema)]
enum DomainName {
    /// Enterprise.
    #[serde(rename = "enterprise")]
    Enterprise,
    /// Mobile.
    #[serde(rename = "mobile")]
    Mobile,
    /// Industrial control systems.
    #[serde(rename = "ics")]
    Ics,
    /// Enterprise, as layers call it.
    #[serde(rename = "enterprise-attack")]
    EnterpriseAttack,
    /// Mobile, as layers call it.
    #[serde(rename = "mobile-attack")]
    MobileAttack,
    /// Industrial control systems, as layers call it.
    #[serde(rename = "ics-attack")]
    IcsAttack,
}

/// How a capability and a technique are related.
#[derive(Debug, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MappingType {
    /// The name: `technique_scores`, `mitigates`.
    name: Option<String>,
    /// What it means.
    description: Option<String>,
}

/// A capability mapped to a technique. Without a technique, a capability that is not mappable; without a capability, a
/// technique that is not.
#[derive(Debug, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Row {
    /// The capability's id: `amazon_guardduty`.
    capability_id: Option<String>,
    /// The capability's name: `Amazon GuardDuty`.
    capability_description: Option<String>,
    /// The id of its group.
    capability_group: Option<String>,
    /// The id of a mapping type; `non_mappable` declares that there is nothing to map.
    mapping_type: Option<String>,
    /// The technique's or sub-technique's id: `T1562.008`.
    attack_object_id: Option<TechniqueText>,
    /// The technique's name. The id counts.
    attack_object_name: Option<String>,
    /// What the capability does about the technique.
    score_category: Option<CategoryText>,
    /// How well it does it.
    score_value: Option<LevelText>,
    /// The technique of a sub-technique's score.
    related_score: Option<TechniqueText>,
    /// Why it is scored so.
    comments: Option<String>,
    /// Addresses of evidence.
    references: Option<Vec<Option<String>>>,
    /// How far the row is; `non_mappable` declares that there is nothing to map.
    status: Option<Status>,
    /// The version of the technique's release, as some tools write it. The metadata's counts.
    attack_version: Option<String>,
    /// As in the metadata, which counts.
    technology_domain: Option<String>,
    /// As in the metadata, which counts.
    mapping_framework: Option<String>,
    /// As in the metadata, which counts.
    mapping_framework_version: Option<String>,
    /// Who made the row. It is not read.
    author: Option<String>,
    /// Whom to ask about the row. It is not read.
    contact: Option<String>,
    /// Who publishes the row. It is not read.
    organization: Option<String>,
}

/// An id of a technique or sub-technique, or nothing.
#[derive(Debug, JsonSchema)]
#[serde(transparent)]
struct TechniqueText(#[schemars(regex(pattern = r"^\s*(T[0-9]{4}(\.[0-9]{3})?)?\s*$"))] String);

/// A category, in any letters, or nothing.
#[derive(Debug, JsonSchema)]
#[serde(transparent)]
struct CategoryText(
    #[schemars(regex(
        pattern = r"^\s*([Pp][Rr][Oo][Tt][Ee][Cc][Tt]|[Dd][Ee][Tt][Ee][Cc][Tt]|[Rr][Ee][Ss][Pp][Oo][Nn][Dd])?\s*$"
    ))]
    String,
);

/// A level, in any letters, or nothing.
#[derive(Debug, JsonSchema)]
#[serde(transparent)]
struct LevelText(
    #[schemars(regex(
        pattern = r"^\s*([Mm][Ii][Nn][Ii][Mm][Aa][Ll]|[Pp][Aa][Rr][Tt][Ii][Aa][Ll]|[Ss][Ii][Gg][Nn][Ii][Ff][Ii][Cc][Aa][Nn][Tt])?\s*$"
    ))]
    String,
);

/// How far a row is: the words of Mappings Explorer, then those that only the Mappings Editor has.
#[derive(Debug, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Status {
    /// The row is done.
    Complete,
    /// The row is being worked on.
    InProgress,
    /// There is nothing to map.
    NonMappable,
    /// The ATT&CK version has changed since.
    VersionChanged,
    /// It is reviewed by its makers.
    InternalReview,
    /// It is to be reviewed by others.
    ParticipantReview,
    /// It was reviewed by others.
    ParticipantReviewed,
    /// It is all but done.
    FinalDraft,
    /// It is reviewed once more.
    FinalReview,
}
