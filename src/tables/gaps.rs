//! Gaps: what is not covered, the kinds of empty told apart.

use std::collections::BTreeSet;

use super::techniques::{frameworks, platforms, tactics};
use super::{CapabilityState, Cell, Column, Content, Row, Shown};
use crate::attack::TechniqueId;
use crate::attack::upgrade::absence;
use crate::coverage::{CapabilityKey, Coverage, State};
use crate::mapping::select::TechniqueKind;

/// What is not covered, or covers nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GapSubject {
    /// A technique or sub-technique, and which kind of empty it is.
    Technique(TechniqueId, State),
    /// A capability that its source declares not mappable, by its id.
    Capability(String),
}

/// One gap.
#[derive(Debug, Clone, PartialEq)]
pub struct GapRow {
    /// What it is.
    pub subject: GapSubject,
    /// The catalog's name of a technique, of a sub-technique with its technique's before it; a capability's name.
    pub name: String,
    /// The names of a technique's tactics.
    pub tactics: Vec<String>,
    /// A technique's platforms.
    pub platforms: Vec<String>,
    /// How many of a technique's active sub-techniques are mapped, of how many; of any kind, whatever the filters say
    /// of kinds. `None` for what has none.
    pub sub_techniques: Option<(usize, usize)>,
    /// What became of an id that is not active, and in no count.
    pub fate: Option<String>,
    /// Why it is empty, where a source says so.
    pub comment: String,
    /// The frameworks that say so: that declare it not mappable, or map it without a level.
    pub frameworks: Vec<String>,
    /// The names of the capabilities that map it without a level.
    pub capabilities: Vec<String>,
}

impl GapRow {
    /// Whether it is a technique or sub-technique.
    #[must_use]
    pub const fn is_technique(&self) -> bool {
        matches!(self.subject, GapSubject::Technique(..))
    }
}

impl Row for GapRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("kind", "Kind", Shown::OnRequest, |row| match &row.subject {
            GapSubject::Technique(id, _) => Cell::of_text(TechniqueKind::of(*id).name()),
            GapSubject::Capability(_) => Cell::of_text("capability"),
        }),
        Column::text("id", "ID", Shown::Always, |row| match &row.subject {
            GapSubject::Technique(id, _) => Cell::Text(id.to_string()),
            GapSubject::Capability(id) => Cell::of_text(id),
        }),
        Column::text("name", "Name", Shown::Always, |row| Cell::of_text(&row.name)),
        Column::text("state", "State", Shown::Always, |row| match &row.subject {
            GapSubject::Technique(_, state) => Cell::of_text(state.name()),
            GapSubject::Capability(_) => Cell::of_text(CapabilityState::NotMappable.name()),
        }),
        Column::text("tactics", "Tactics", Shown::WhenFilled, |row| Cell::List(row.tactics.clone())),
        Column::text("platforms", "Platforms", Shown::OnRequest, |row| Cell::List(row.platforms.clone())),
        Column::share("mapped_sub_techniques", "Mapped sub-techniques", Shown::WhenFilled, |row| {
            row.sub_techniques.map_or(Cell::Empty, |(n, of)| Cell::share(n, of))
        }),
        Column::text("fate", "Fate", Shown::OnRequest, |row| match &row.subject {
            GapSubject::Technique(..) => Cell::of_text(row.fate.as_deref().unwrap_or("active")),
            GapSubject::Capability(_) => Cell::Empty,
        }),
        Column::text("comment", "Comment", Shown::WhenFilled, |row| Cell::of_prose(&row.comment)),
        Column::text("frameworks", "Frameworks", Shown::WhenVaried, |row| Cell::List(row.frameworks.clone())),
        Column::text("capabilities", "Capabilities", Shown::WhenFilled, |row| {
            Cell::List(row.capabilities.clone())
        }),
    ];
}

/// The techniques in scope that are not covered, by id, then the selected capabilities that their source declares not
/// mappable and that map nothing, by framework and id. `coverage` is that of the whole content.
///
/// An id that is not active is among them where a source declares it not mappable or maps it without a level.
#[must_use]
pub fn gaps(content: &Content<'_>, coverage: &Coverage<'_>) -> Vec<GapRow> {
    // Whether sub-techniques are mapped is worth knowing also when only techniques are asked for.
    let any_kind = content.coverage(content.selection.of_any_kind());
    let active = content.catalog.techniques().iter().map(|technique| technique.id);
    let ids: BTreeSet<TechniqueId> = active
        .chain(coverage.cells().keys().copied())
        .chain(coverage.not_mappable().iter().copied())
        .collect();
    let mut rows = Vec::new();
    for id in ids {
        match coverage.state(id) {
            State::Covered | State::OutOfScope => {}
            state => rows.push(technique(coverage, &any_kind, id, state)),
        }
    }
    rows.extend(capabilities(content, coverage));
    rows
}

pub(super) fn technique(
    coverage: &Coverage<'_>,
    any_kind: &Coverage<'_>,
    id: TechniqueId,
    state: State,
) -> GapRow {
    let catalog = coverage.catalog();
    let scope = &any_kind.selection().scope;
    let (mut mapped, mut of) = (0, 0);
    for sub in catalog.sub_techniques(id).filter(|sub| scope.contains(sub)) {
        of += 1;
        mapped += usize::from(any_kind.cell(sub.id).is_some_and(crate::coverage::Cell::is_mapped));
    }
    let (sets, comments) = reasons(coverage, id);
    let is_new = coverage.cell(id).is_none() && coverage.is_new(id);
    let comment = if is_new { new_since(coverage) } else { comments.join("\n") };
    let cell = coverage.cell(id);
    let keys = cell.into_iter().flat_map(|cell| cell.capabilities.iter().map(|(key, _)| *key));
    let name = |key: CapabilityKey| coverage.sets()[key.set].capabilities[key.capability].name.clone();
    GapRow {
        subject: GapSubject::Technique(id, state),
        name: coverage.full_name(id),
        tactics: tactics(catalog, id),
        platforms: platforms(catalog, id),
        sub_techniques: (of > 0).then_some((mapped, of)),
        fate: catalog.technique(id).is_none().then(|| catalog.fate(id).describe()),
        comment,
        frameworks: frameworks(coverage, sets.into_iter()),
        capabilities: keys.map(name).collect(),
    }
}

/// Why a technique is not assessed that the sources' ATT&CK versions did not have.
fn new_since(coverage: &Coverage<'_>) -> String {
    let newest = coverage.involved().map(|(_, set)| set.made_on()).max();
    let now = coverage.catalog().version();
    newest.map_or_else(String::new, |made_on| {
        format!("Not assessed: {}, on which the source was made.", absence(made_on, now))
    })
}

/// The sets that say something of a technique that is not covered, and what they say, each sentence once.
fn reasons<'a>(coverage: &Coverage<'a>, id: TechniqueId) -> (Vec<usize>, Vec<&'a str>) {
    let mut sets = Vec::new();
    let mut comments = Vec::new();
    let mut say = |set: usize, comment: &'a str| {
        sets.push(set);
        if !comment.is_empty() && !comments.contains(&comment) {
            comments.push(comment);
        }
    };
    if coverage.not_mappable().contains(&id) {
        let sets = coverage.sets().iter().enumerate();
        for (set, held) in sets.filter(|(set, _)| coverage.selection().has_all_capabilities(*set)) {
            for declared in held.non_mappable.iter().filter(|declared| declared.technique == id) {
                say(set, &declared.comment);
            }
        }
    }
    for (set, index) in coverage.cell(id).into_iter().flat_map(|cell| &cell.mappings) {
        say(*set, &coverage.sets()[*set].mappings[*index].comment);
    }
    (sets, comments)
}

fn capabilities(content: &Content<'_>, coverage: &Coverage<'_>) -> Vec<GapRow> {
    let mapping: BTreeSet<CapabilityKey> =
        coverage.cells().values().flat_map(|cell| cell.capabilities.iter().map(|(key, _)| *key)).collect();
    let mut rows = Vec::new();
    for (set, held) in coverage.involved() {
        for (place, capability) in held.capabilities.iter().enumerate() {
            let is_left = content.selection.has_capability(set, place)
                && !mapping.contains(&CapabilityKey { set, capability: place });
            if capability.non_mappable && is_left {
                rows.push(GapRow {
                    subject: GapSubject::Capability(capability.id.clone()),
                    name: capability.name.clone(),
                    tactics: Vec::new(),
                    platforms: Vec::new(),
                    sub_techniques: None,
                    fate: None,
                    comment: capability.comment.clone(),
                    frameworks: vec![held.framework.label()],
                    capabilities: Vec::new(),
                });
            }
        }
    }
    rows
}
