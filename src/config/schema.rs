//! The configuration as a JSON Schema describes it: for editors that complete and check TOML, and for people.
//!
//! Nothing is read through these types, since they would stop at the first mistake; a test compares their keys with
//! those that are accepted.

#![expect(dead_code, reason = "the types describe a file, and hold none")]

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema};

use crate::coverage::{Metric, Rollup};
use crate::layer::{ColorBy, Expand};

/// `navlayer.toml`: what navlayer does without being told by flags. Every key may be left out; a flag beats the file,
/// the file beats the default. Paths are relative to the folder of the file.
#[derive(Debug, JsonSchema)]
#[serde(deny_unknown_fields, rename = "navlayer.toml", rename_all = "kebab-case")]
#[schemars(transform = optional)]
pub struct Config {
    /// Mapping files and folders, and globs of them: `mappings/*.json`. Without any, the AWS mapping that is built in.
    /// Sources on the command line replace the list. `-` (standard input) stands on the command line only.
    sources: StringOrList,
    /// The folder that `navlayer build` writes to (`--output`).
    #[schemars(extend("default" = "navlayer-out"))]
    output: Text,
    /// The ATT&CK version that mappings are carried to: `16.1`, `19` for the newest of that number, or `latest`
    /// (`--attack-version`). Without it they stay on their own; those of several versions are brought to the newest of
    /// theirs.
    attack_version: Text,
    /// A folder of templates that take the place of the built-in ones of the same name (`--templates`).
    templates: Text,
    /// Who is to be defended against (`--threat`): groups and campaigns by name, alias or id, each with a weight where it
    /// is not 1 (`APT29`, `G0016=2`); or a layer whose scores say how much techniques are used (`threat.json`). A plan tells
    /// of it, but only the flag makes it the weight of techniques there.
    threat: StringOrList,
    /// What is deployed, where coverage is to be narrowed to it.
    deployed: Deployed,
    /// Which mappings count and which techniques are in scope.
    filters: Filters,
    /// Selections with a name, to ask for them again: `[selections.prod]` is `@prod`.
    selections: BTreeMap<String, SavedSelection>,
    /// From mappings to scores.
    score: Score,
    /// What each level is worth, strictly rising: 0 < minimal < partial < significant ≤ 100.
    scale: Scale,
    /// The colours of layers and pages.
    colors: Colors,
    /// What outputs call things. Ids, file names and filters by id stay.
    names: Names,
    /// How the Navigator opens layers.
    layer: Layer,
    /// The columns of a CSV or XLSX table with a header of one's own, by the names in its header; case and blanks around
    /// them do not count. With this table, `technique` is needed. `--columns` replaces it.
    columns: Columns,
    /// What the words of such a table mean.
    values: Values,
    /// What such a table, or another source, does not say itself.
    table: Table,
    /// What is made of findings. Each entry is a code (`NL0203`), its name (`retired-technique`), or a group: `all`,
    /// `warnings` (what is a warning so far), `notes`. A code beats a group, the stricter of two beats the other, and
    /// `--allow`, `--warn`, `--deny` and `--strict` beat the file. That a file cannot be read (NL01…) stays an error.
    findings: Findings,
}

/// What of the mapped capabilities runs.
#[derive(Debug, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = optional)]
struct Deployed {
    /// Results of scans, and lists of capabilities (`--deployed`).
    files: StringOrList,
    /// When a capability counts as deployed that a scan has results about: when all of them passed, or any
    /// (`--deployed-when`).
    #[schemars(extend("default" = "all"))]
    when: crate::deployment::Rule,
    /// The capabilities that checks are about, by the start of their ids, where navlayer does not know:
    /// `ec2_ebs = "aws_config"`. An empty list ties the checks to none.
    checks: BTreeMap<String, StringOrList>,
}

/// A string that says something.
#[derive(Debug, JsonSchema)]
#[schemars(inline, extend("minLength" = 1))]
struct Text(String);

/// A string, or several.
#[derive(Debug, JsonSchema)]
#[serde(untagged)]
enum StringOrList {
    /// One.
    One(Text),
    /// Several, each once.
    Several(Vec<Text>),
}

/// Ids or names in any case, or globs. Entries of one filter are alternatives; filters add up. A flag replaces the
/// list of the same name; the others stay.
#[derive(Debug, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = optional)]
struct Filters {
    /// Frameworks, where the sources hold several: `aws`, `AWS 12/12/2024` (`--framework`).
    framework: StringOrList,
    /// Protect, Detect or Respond (`--category`).
    category: StringOrList,
    /// Minimal, Partial or Significant (`--level`).
    level: StringOrList,
    /// Capabilities: `amazon_guardduty`, `Amazon GuardDuty`, `aws_*` (`--capability`).
    capability: StringOrList,
    /// Groups of capabilities (`--group`).
    group: StringOrList,
    /// Tags of capabilities (`--tag`).
    tag: StringOrList,
    /// Tactics: `TA0006`, `credential-access`, `Credential Access` (`--tactic`).
    tactic: StringOrList,
    /// Platforms: `IaaS`, `Office*` (`--platform`).
    platform: StringOrList,
    /// Techniques: `T1562`, `Impair Defenses`, `T1562*` with its sub-techniques (`--technique`).
    technique: StringOrList,
    /// Whether a capability must have every tag named, not any of them (`--all-tags`).
    #[schemars(extend("default" = false))]
    #[serde(rename = "all-tags")]
    all_tags: bool,
    /// Only techniques, or only sub-techniques (`--kind`). Without it, both.
    kind: Kind,
}

/// Capabilities and mappings that are asked for together. Filters are as in `[filters]`; those on ATT&CK (tactic,
/// platform, technique, kind) stand there alone, since a percentage has one denominator.
#[derive(Debug, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(transform = optional, extend("minProperties" = 1))]
struct SavedSelection {
    /// Mapping files and folders, and globs of them, relative to the file. Without any, those of all others.
    sources: StringOrList,
    /// Frameworks, where the sources hold several.
    framework: StringOrList,
    /// Protect, Detect or Respond.
    category: StringOrList,
    /// Minimal, Partial or Significant.
    level: StringOrList,
    /// Capabilities: `amazon_guardduty`, `Amazon GuardDuty`, `aws_*`.
    capability: StringOrList,
    /// Groups of capabilities.
    group: StringOrList,
    /// Tags of capabilities.
    tag: StringOrList,
    /// Whether a capability must have every tag named, not any of them.
    all_tags: bool,
}

/// Techniques apart from sub-techniques.
#[derive(Debug, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    /// T1562
    Technique,
    /// T1562.008
    SubTechnique,
}

/// From mappings to scores.
#[derive(Debug, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = optional)]
struct Score {
    /// How a technique's mappings become one score (`--metric`).
    #[schemars(extend("default" = "strongest"))]
    metric: Metric,
    /// Whether and how techniques are also scored from their sub-techniques (`--rollup`).
    #[schemars(extend("default" = "none"))]
    rollup: Rollup,
}

/// Scores from above 0 to 100, strictly rising.
#[derive(Debug, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = optional)]
struct Scale {
    /// The score of Minimal.
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 100, "default" = 10))]
    minimal: f64,
    /// The score of Partial.
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 100, "default" = 50))]
    partial: f64,
    /// The score of Significant.
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 100, "default" = 100))]
    significant: f64,
}

/// Of each colour only the hue and how full it is are taken. Lightness stays navlayer's own, so that a stronger score
/// is always darker (on dark pages, lighter) and text on every colour keeps a contrast of 4.5:1.
#[derive(Debug, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = optional)]
struct Colors {
    /// What the colours tell (`--color-by`).
    #[schemars(extend("default" = "score"))]
    by: ColorBy,
    /// The hue of scores, instead of the ramp from sea-green over blue to violet.
    #[schemars(regex(pattern = HEX))]
    score: String,
    /// The hue of Protect, instead of blue.
    #[schemars(regex(pattern = HEX))]
    protect: String,
    /// The hue of Detect, instead of amber.
    #[schemars(regex(pattern = HEX))]
    detect: String,
    /// The hue of Respond, instead of magenta.
    #[schemars(regex(pattern = HEX))]
    respond: String,
    /// The hue of several categories at once, instead of a greyish green.
    #[schemars(regex(pattern = HEX))]
    several: String,
}

const HEX: &str = "^#[0-9A-Fa-f]{6}$";

/// What outputs call things.
#[derive(Debug, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = optional)]
struct Names {
    /// The name to show for each framework, by its id in any case: `aws = "Our cloud"`.
    frameworks: BTreeMap<String, Text>,
    /// The name to show for each capability, by its id in any case: `amazon_guardduty = "GuardDuty"`.
    capabilities: BTreeMap<String, Text>,
    /// The name of the layer that `navlayer layer` writes (`--name`). Without it, made from the sources.
    layer: Text,
    /// The description of that layer (`--description`). Without it, made from the sources.
    description: Text,
}

/// How the Navigator opens layers.
#[derive(Debug, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = optional)]
struct Layer {
    /// Which techniques the Navigator shows with their sub-techniques (`--expand`).
    #[schemars(extend("default" = "none"))]
    expand: Expand,
}

/// The name of each column.
#[derive(Debug, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(transform = optional, extend("required" = ["technique"]))]
struct Columns {
    /// The technique's id.
    technique: Text,
    /// The technique's name.
    technique_name: Text,
    /// The capability's id; without it, the framework is the one capability.
    capability: Text,
    /// The capability's name.
    capability_name: Text,
    /// The capability's group.
    group: Text,
    /// The category: Protect, Detect, Respond, or a word of `[values.category]`.
    category: Text,
    /// The level: Minimal, Partial, Significant, or a word of `[values.level]`.
    level: Text,
    /// The comment.
    comment: Text,
    /// The references.
    references: Text,
    /// The mapping type.
    mapping_type: Text,
}

/// What words mean; their case does not count.
#[derive(Debug, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = optional)]
struct Values {
    /// Words that mean protect, detect or respond: `Prevent = "protect"`.
    category: BTreeMap<String, CategoryWord>,
    /// Words that mean minimal, partial or significant: `High = "significant"`.
    level: BTreeMap<String, LevelWord>,
}

/// A category, in any case.
#[derive(Debug, JsonSchema)]
#[schemars(inline, extend("enum" = ["protect", "detect", "respond", "Protect", "Detect", "Respond"]))]
struct CategoryWord(String);

/// A level, in any case.
#[derive(Debug, JsonSchema)]
#[schemars(inline, extend("enum" = ["minimal", "partial", "significant", "Minimal", "Partial", "Significant"]))]
struct LevelWord(String);

/// What a source does not say itself.
#[derive(Debug, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(transform = optional)]
struct Table {
    /// What a table with a header of one's own maps, by its id (`--table-framework`). Without it, its file's name.
    framework: Text,
    /// The ATT&CK version of a source that states none (`--table-attack-version`).
    #[schemars(regex(pattern = r"^[vV]?\d+(\.\d+)?$"), extend("examples" = ["16.1"]))]
    attack_version: String,
    /// The ATT&CK domain of a source that states none (`--table-domain`). Without it, Enterprise.
    #[schemars(extend("enum" = ["enterprise-attack", "mobile-attack", "ics-attack", "enterprise", "mobile", "ics"]))]
    domain: String,
}

/// What is made of findings, by their codes.
#[derive(Debug, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = optional)]
struct Findings {
    /// Findings to leave out (`--allow`).
    allow: StringOrList,
    /// Findings to make warnings of (`--warn`).
    warn: StringOrList,
    /// Findings to make errors of (`--deny`).
    deny: StringOrList,
}

/// A key that is left out is no mistake, but for those that the type names itself.
fn optional(schema: &mut Schema) {
    let needed = schema.get("required").and_then(|list| list.as_array()).map(Vec::len);
    let keys = schema.get("properties").and_then(|list| list.as_object()).map(serde_json::Map::len);
    if needed == keys {
        schema.remove("required");
    }
}
