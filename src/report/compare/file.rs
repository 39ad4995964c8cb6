//! A comparison for programs.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::METHOD;
use super::threat::{self, ThreatEntry};
use crate::attack::upgrade::Record;
use crate::coverage::compare::{Comparison, Figures, Overlap, Place, Row, SideFigures, Standing, Verdict};
use crate::coverage::{CapabilityKey, Metric, Tally};
use crate::mapping::{Category, Level, MappingSet};
use crate::report::deployment::{self, Deployed, DeployedView};
use crate::tables::compare::{leaders, mapping_capabilities, mappings, word};

/// What `compare --format json` writes. Sides are named by their place in `sides`, from 0.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ComparisonFile {
    /// The tool and its version.
    pub generator: String,
    /// What a level and a score mean, and what they do not.
    pub method: String,
    /// `enterprise-attack`
    pub domain: String,
    /// `16.1`
    pub attack_version: String,
    /// How mappings became scores; the same for all sides.
    pub metric: Metric,
    /// The filters in force, one phrase each.
    pub filters: Vec<String>,
    /// What became of the rows of sets that were made on another ATT&CK version, with what they cannot have assessed.
    pub upgrades: Vec<Record>,
    /// What of the mapped capabilities runs, and coverage on paper beside coverage as deployed; absent where nobody says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployed: Option<DeployedView>,
    /// The denominator: active techniques and sub-techniques in scope.
    pub in_scope: Count,
    /// The sides.
    pub sides: Vec<SideEntry>,
    /// Of the denominator, over all categories.
    pub overall: Together,
    /// The same in each category that any side maps anything in.
    pub categories: Vec<CategoryTogether>,
    /// Every two sides.
    pub pairs: Vec<PairEntry>,
    /// Capabilities of which another one, of any side, does everything at least as well.
    pub dominated: Vec<DominatedEntry>,
    /// Every technique that any side maps, by id.
    pub techniques: Vec<TechniqueEntry>,
    /// The ids of the techniques in scope that no side maps.
    pub nobody: Vec<String>,
    /// What the sides have against the threat; null when nobody is named.
    pub threat: Option<ThreatEntry>,
}

/// Techniques and sub-techniques, counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Count {
    /// Techniques.
    pub techniques: usize,
    /// Sub-techniques.
    pub sub_techniques: usize,
    /// Both.
    pub total: usize,
}

impl From<Tally> for Count {
    fn from(tally: Tally) -> Self {
        Self { techniques: tally.techniques, sub_techniques: tally.sub_techniques, total: tally.total() }
    }
}

/// A side.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SideEntry {
    /// What outputs call it.
    pub name: String,
    /// The sets that it is of.
    pub sources: Vec<SourceEntry>,
    /// Its capabilities that map something.
    pub capabilities: Vec<CapabilityEntry>,
    /// Over all categories.
    pub overall: SideCounts,
    /// In each category that any side maps anything in.
    pub categories: Vec<CategoryCounts>,
}

/// A mapping set.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SourceEntry {
    /// `AWS 12/12/2024`
    pub label: String,
    /// The ATT&CK version that it was made on.
    pub made_on: String,
    /// Where it was read.
    pub path: String,
}

/// A capability.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct CapabilityEntry {
    /// The label of its set: `AWS 12/12/2024`.
    pub framework: String,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// The figures of a side, of the active techniques and sub-techniques in scope.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SideCounts {
    /// What it maps.
    pub mapped: Count,
    /// What no other side maps.
    pub only: Count,
    /// What others map too, at lower scores.
    pub strongest: Count,
    /// What has each level as its strongest.
    pub minimal: Count,
    /// What has each level as its strongest.
    pub partial: Count,
    /// What has each level as its strongest.
    pub significant: Count,
    /// The sum of the scores; weighted coverage is this over 100 × the denominator. Without meaning for counts.
    pub score_sum: f64,
    /// By how much its scores exceed the best of the others', summed up.
    pub lead_sum: i64,
}

/// A side's figures in a category.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CategoryCounts {
    /// The category.
    pub category: Category,
    /// The figures.
    #[serde(flatten)]
    pub counts: SideCounts,
}

/// All sides together.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Together {
    /// What any side maps.
    pub any: Count,
    /// What every side maps.
    pub every: Count,
    /// What two or more sides map at the same score, which no other exceeds.
    pub equal: Count,
    /// What no side maps.
    pub nobody: Count,
}

/// All sides together in a category.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CategoryTogether {
    /// The category.
    pub category: Category,
    /// The figures.
    #[serde(flatten)]
    pub counts: Together,
}

/// Two sides.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PairEntry {
    /// The place of the one.
    pub left: usize,
    /// The place of the other.
    pub right: usize,
    /// Over all categories.
    pub overall: OverlapEntry,
    /// In each category that any side maps anything in.
    pub categories: Vec<CategoryOverlap>,
}

/// How much two sides share, in active techniques and sub-techniques in scope.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OverlapEntry {
    /// What both map.
    pub both: usize,
    /// What the left one alone of the two maps.
    pub left_only: usize,
    /// What the right one alone of the two maps.
    pub right_only: usize,
    /// What either maps: the denominator of `jaccard`.
    pub union: usize,
    /// Of what both map: where the left one has the higher score.
    pub left_stronger: usize,
    /// Of what both map: where the scores are equal.
    pub equal: usize,
    /// Of what both map: where the right one has the higher score.
    pub right_stronger: usize,
    /// `both` over `union`, from 0 to 1; `null` when neither maps anything.
    pub jaccard: Option<f64>,
    /// The sum of the lower scores over the sum of the higher ones, from 0 to 1; `null` when there is no score.
    pub weighted_jaccard: Option<f64>,
    /// The sum of the lower scores.
    pub lower_sum: i64,
    /// The sum of the higher scores.
    pub higher_sum: i64,
}

/// How much two sides share in a category.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CategoryOverlap {
    /// The category.
    pub category: Category,
    /// How much.
    #[serde(flatten)]
    pub overlap: OverlapEntry,
}

/// A capability of which others do everything at least as well.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DominatedEntry {
    /// The capability.
    pub capability: CapabilityEntry,
    /// The places of the sides that it belongs to.
    pub sides: Vec<usize>,
    /// How many active techniques and sub-techniques in scope it maps.
    pub mapped: usize,
    /// Those that do everything at least as well.
    pub by: Vec<DominatorEntry>,
}

/// One that does everything of another at least as well.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DominatorEntry {
    /// The capability.
    #[serde(flatten)]
    pub capability: CapabilityEntry,
    /// Whether both do exactly the same.
    pub same: bool,
}

/// A technique with all sides.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TechniqueEntry {
    /// `T1562.008`
    pub id: String,
    /// The catalog's name; of a sub-technique with its technique's before it.
    pub name: String,
    /// The short names of its tactics.
    pub tactics: Vec<String>,
    /// Whether it is active in this ATT&CK version; what is not is in no figure.
    pub active: bool,
    /// Over all categories.
    #[serde(flatten)]
    pub overall: StandingEntry,
    /// In each category that any side maps it in.
    pub categories: Vec<CategoryStanding>,
    /// What each side's mappings say, in the order of the sides.
    pub mappings: Vec<Vec<MappingEntry>>,
}

/// How sides stand to each other.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StandingEntry {
    /// `only`: one side alone maps it; `strongest`: several do, and one reaches more than all others; `equal`: several reach
    /// the same, which no other exceeds; `none`: no side maps it.
    #[schemars(extend("enum" = ["only", "strongest", "equal", "none"]))]
    pub verdict: &'static str,
    /// The places of the sides that the verdict is about.
    pub by: Vec<usize>,
    /// By how much the highest score exceeds the next; what is not mapped counts 0.
    pub lead: i64,
    /// What each side reaches, in the order of the sides.
    pub sides: Vec<PlaceEntry>,
}

/// How sides stand to each other in a category.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CategoryStanding {
    /// The category.
    pub category: Category,
    /// How.
    #[serde(flatten)]
    pub standing: StandingEntry,
}

/// What a side reaches.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlaceEntry {
    /// Whether it maps the technique.
    pub mapped: bool,
    /// The strongest level; `null` also where it is mapped without one.
    pub level: Option<Level>,
    /// The score by the metric.
    pub score: Option<i64>,
}

/// A mapping.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MappingEntry {
    /// The label of its set.
    pub framework: String,
    /// Its capability's id.
    pub capability: String,
    /// The category.
    pub category: Option<Category>,
    /// The level.
    pub level: Option<Level>,
    /// What its analysts say; empty where they say nothing.
    pub comment: String,
    /// Their references.
    pub references: Vec<String>,
}

/// The upgrades of the sets that any side is of, each set once.
pub(super) fn upgrades<'c>(comparison: &'c Comparison<'_>) -> impl Iterator<Item = &'c Record> {
    let involved = comparison.sides().iter().flat_map(|side| side.coverage.involved());
    let sets: BTreeMap<usize, &MappingSet> = involved.collect();
    sets.into_values().flat_map(|set| &set.upgrades)
}

/// A comparison for programs; `deployed` says what runs, where the sides are narrowed to that.
#[must_use]
pub fn comparison_file(
    comparison: &Comparison<'_>,
    deployed: Option<Deployed<'_>>,
) -> Option<ComparisonFile> {
    let first = &comparison.sides().first()?.coverage;
    let catalog = first.catalog();
    Some(ComparisonFile {
        generator: crate::GENERATOR.to_owned(),
        method: METHOD.to_owned(),
        domain: catalog.domain().id().to_owned(),
        attack_version: catalog.version().to_string(),
        metric: comparison.rules().metric,
        filters: first.selection().phrases.clone(),
        upgrades: upgrades(comparison).cloned().collect(),
        deployed: deployed.map(|one| deployment::of_comparison(comparison, one)),
        in_scope: comparison.overall().in_scope.into(),
        sides: (0..comparison.sides().len()).map(|place| side(comparison, place)).collect(),
        overall: together(comparison.overall()),
        categories: comparison
            .of_categories()
            .iter()
            .map(|(category, figures)| CategoryTogether { category: *category, counts: together(figures) })
            .collect(),
        pairs: comparison
            .pairs()
            .iter()
            .map(|pair| PairEntry {
                left: pair.left,
                right: pair.right,
                overall: overlap(&pair.overall),
                categories: pair
                    .categories
                    .iter()
                    .map(|(category, own)| CategoryOverlap { category: *category, overlap: overlap(own) })
                    .collect(),
            })
            .collect(),
        dominated: dominated(comparison),
        techniques: comparison.rows().iter().map(|row| technique(comparison, row)).collect(),
        nobody: comparison.nobody().iter().map(ToString::to_string).collect(),
        threat: threat::entry(comparison),
    })
}

fn side(comparison: &Comparison<'_>, place: usize) -> SideEntry {
    let side = &comparison.sides()[place];
    let sources = side.coverage.involved().map(|(_, set)| SourceEntry {
        label: set.framework.label(),
        made_on: set.made_on().to_string(),
        path: set.origin.to_string(),
    });
    let categories = comparison.of_categories().iter().map(|(category, figures)| CategoryCounts {
        category: *category,
        counts: counts(&figures.sides[place]),
    });
    SideEntry {
        name: side.name.clone(),
        sources: sources.collect(),
        capabilities: mapping_capabilities(&side.coverage)
            .into_iter()
            .map(|key| capability(comparison, key))
            .collect(),
        overall: counts(&comparison.overall().sides[place]),
        categories: categories.collect(),
    }
}

fn capability(comparison: &Comparison<'_>, key: CapabilityKey) -> CapabilityEntry {
    let sets = comparison.sides()[0].coverage.sets();
    let own = &sets[key.set].capabilities[key.capability];
    CapabilityEntry { framework: sets[key.set].framework.label(), id: own.id.clone(), name: own.name.clone() }
}

fn counts(figures: &SideFigures) -> SideCounts {
    let statistics = &figures.statistics;
    let level = |level: Level| statistics.levels.exactly(level).into();
    SideCounts {
        mapped: statistics.mapped.into(),
        only: figures.only.into(),
        strongest: figures.stronger.into(),
        minimal: level(Level::Minimal),
        partial: level(Level::Partial),
        significant: level(Level::Significant),
        score_sum: statistics.total_score(),
        lead_sum: figures.lead_sum,
    }
}

fn together(figures: &Figures) -> Together {
    Together {
        any: figures.any.into(),
        every: figures.every.into(),
        equal: figures.equal.into(),
        nobody: figures.nobody.into(),
    }
}

fn overlap(own: &Overlap) -> OverlapEntry {
    OverlapEntry {
        both: own.both,
        left_only: own.left_only,
        right_only: own.right_only,
        union: own.union(),
        left_stronger: own.left_stronger,
        equal: own.equal,
        right_stronger: own.right_stronger,
        jaccard: own.jaccard(),
        weighted_jaccard: own.weighted_jaccard(),
        lower_sum: own.lower_sum,
        higher_sum: own.higher_sum,
    }
}

fn dominated(comparison: &Comparison<'_>) -> Vec<DominatedEntry> {
    let entries = comparison.dominated().iter().map(|one| DominatedEntry {
        capability: capability(comparison, one.capability),
        sides: one.sides.clone(),
        mapped: one.mapped,
        by: one
            .by
            .iter()
            .map(|by| DominatorEntry { capability: capability(comparison, by.capability), same: by.is_same })
            .collect(),
    });
    entries.collect()
}

fn technique(comparison: &Comparison<'_>, row: &Row) -> TechniqueEntry {
    let coverage = &comparison.sides()[0].coverage;
    let catalog = coverage.catalog();
    let tactics = catalog.technique(row.technique).into_iter().flat_map(|technique| technique.tactics.iter());
    let mappings = comparison.sides().iter().map(|side| {
        // The same row twice in a file is one mapping.
        let mut seen = BTreeSet::new();
        let all = mappings(side, row.technique, None).into_iter();
        let distinct = all.filter(|(set, mapping)| {
            seen.insert((
                set.framework.label(),
                mapping.capability,
                mapping.score(),
                mapping.comment.as_str(),
            ))
        });
        let entries = distinct.map(|(set, mapping)| MappingEntry {
            framework: set.framework.label(),
            capability: set.capabilities[mapping.capability].id.clone(),
            category: mapping.category,
            level: mapping.level,
            comment: mapping.comment.clone(),
            references: mapping.references.iter().map(|one| one.text.clone()).collect(),
        });
        entries.collect()
    });
    TechniqueEntry {
        id: row.technique.to_string(),
        name: coverage.full_name(row.technique),
        tactics: tactics.map(|place| catalog.tactics()[place].shortname.to_string()).collect(),
        active: row.is_active,
        overall: standing(&row.overall),
        categories: row
            .categories
            .iter()
            .map(|(category, own)| CategoryStanding { category: *category, standing: standing(own) })
            .collect(),
        mappings: mappings.collect(),
    }
}

fn standing(own: &Standing) -> StandingEntry {
    let verdict: Verdict = own.verdict();
    let place =
        |place: &Place| PlaceEntry { mapped: place.is_mapped, level: place.level, score: place.score };
    StandingEntry {
        verdict: word(&verdict),
        by: leaders(&verdict).to_vec(),
        lead: own.lead(),
        sides: own.places.iter().map(place).collect(),
    }
}
