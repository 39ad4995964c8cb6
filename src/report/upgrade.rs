//! What an upgrade did: its account for people, on a page of its own or in the index of a site, and for programs.

use std::collections::BTreeSet;
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::view::{Page, TechniqueRef};
use super::{TemplateError, Templates, theme};
use crate::attack::upgrade::{
    Absence, Change, Counted, Kind, Merge, Named, Record, TacticChange, TacticMove,
};
use crate::attack::{TechniqueId, Version};
use crate::coverage::Scale;
use crate::matrix::palette::Palette;

/// What the page of an account calls itself beside its title.
pub const ACCOUNT_TITLE: &str = "ATT&amp;CK upgrade";

/// The accounts of a run, for programs.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UpgradeFile {
    /// The tool and its version.
    pub generator: String,
    /// One for each mapping set or layer, in the order given.
    pub upgrades: Vec<Record>,
}

/// What the template of the page is given.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UpgradePage {
    /// What every page has.
    pub page: Page,
    /// Whether there are several accounts.
    pub several: bool,
    /// One for each mapping set or layer.
    pub upgrades: Vec<UpgradeView>,
    /// What nobody can have assessed, once for each pair of versions.
    pub absences: Vec<AbsenceView>,
}

/// The account of one upgrade.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UpgradeView {
    /// `AWS 12/12/2024`, or a layer's name.
    pub title: String,
    /// Where it was read from.
    pub source: String,
    /// `Enterprise`
    pub domain: String,
    /// The version that it was made on.
    pub from: String,
    /// The version that it was carried to.
    pub to: String,
    /// What is counted.
    pub counted: CountedView,
    /// Rows that went in.
    pub rows: usize,
    /// Rows that came out.
    pub rows_out: usize,
    /// What became of them; the counts add up to `rows`.
    pub account: Vec<AccountRow>,
    /// Techniques that were renamed, renumbered, replaced, or took rows in.
    pub moved: Vec<MovedRow>,
    /// How many these are: `3 techniques, 7 rows`.
    pub moved_amount: String,
    /// Techniques that there is nothing to carry to.
    pub dropped: Vec<DroppedRow>,
    /// How many these are.
    pub dropped_amount: String,
    /// Rows that became one.
    pub merges: Vec<MergeView>,
    /// How many these are.
    pub merged_amount: String,
    /// Tactics that are not in both versions as they are, in a sentence each.
    pub tactics: Vec<String>,
    /// Annotations that moved from one tactic to others, in a sentence each.
    pub tactic_moves: Vec<String>,
    /// What became of a platform filter, in a sentence each.
    pub platforms: Vec<String>,
}

/// The words for what an account counts.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CountedView {
    /// `row`
    pub one: String,
    /// `rows`
    pub many: String,
    /// `Rows`
    pub heading: String,
}

/// Techniques of a version that nothing in the version of a source became.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AbsenceView {
    /// Of one of several accounts, its title; of several, `Enterprise ATT&CK 16.1 to 19.0`; of the only account, empty.
    pub of: String,
    /// The version that the source was made on.
    pub from: String,
    /// Why nobody assessed them: `new since ATT&CK 16.1`.
    pub reason: String,
    /// The techniques, never none.
    pub techniques: Vec<TechniqueRef>,
}

/// How many rows became what.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AccountRow {
    /// `renumbered`
    pub kind: String,
    /// What the word means.
    pub meaning: String,
    /// How many rows.
    pub n: usize,
}

/// A technique that is another now, or is called otherwise.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MovedRow {
    /// The technique in the source's version.
    pub from: TechniqueRef,
    /// The technique in the target's version.
    pub to: TechniqueRef,
    /// `renamed`, `renumbered`, `replaced`; `kept` where other rows came to it.
    pub kind: String,
    /// The techniques between, where several took over in turn.
    pub way: Option<String>,
    /// Rows that name it.
    pub rows: usize,
    /// Of these, rows that became part of another.
    pub merged: usize,
}

/// A technique whose rows were left out.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DroppedRow {
    /// The id as the source has it; may be empty.
    pub id: String,
    /// The name; may be empty.
    pub name: String,
    /// Why.
    pub reason: String,
    /// Rows that name it.
    pub rows: usize,
}

/// Rows that became one.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MergeView {
    /// The technique that they came to.
    pub to: TechniqueRef,
    /// What they have in common beside it.
    pub of: String,
    /// What the rows said, each once: `T1562.001 Partial`.
    pub rows: Vec<String>,
    /// What the one row says.
    pub result: String,
    /// What more there is to know of it; mostly nothing.
    pub note: Option<String>,
}

/// The page of some accounts.
///
/// # Errors
/// When a template of `folder` is not sound, or asks for what the page does not have.
pub fn upgrade_page(records: &[Record], folder: Option<&Path>) -> Result<String, TemplateError> {
    let mut templates = Templates::new(folder)?;
    templates.set_theme(&theme::style(&BTreeSet::new(), &Palette::default(), &Scale::default()));
    let title = match records {
        [] => "Nothing was carried".to_owned(),
        [one] => format!("{}: ATT&CK {} to {}", one.title, one.from, one.to),
        _ => format!("{} upgrades", records.len()),
    };
    let view = UpgradePage {
        page: Page {
            title,
            description: "What became of every row on the way from one ATT&CK version to another.".to_owned(),
            root: String::new(),
            site: "ATT&CK upgrade".to_owned(),
            generator: crate::GENERATOR.to_owned(),
        },
        several: records.len() > 1,
        upgrades: records.iter().map(view).collect(),
        absences: absences(records),
    };
    templates.render("upgrade", &view)
}

/// The accounts of a run, for programs.
#[must_use]
pub fn upgrade_file(records: Vec<Record>) -> UpgradeFile {
    UpgradeFile { generator: crate::GENERATOR.to_owned(), upgrades: records }
}

/// The account of one upgrade for people. Techniques lead to attack.mitre.org.
pub(super) fn view(record: &Record) -> UpgradeView {
    let account = Kind::ALL.map(|kind| AccountRow {
        kind: kind.name().to_owned(),
        meaning: kind.definition(record.counted).to_owned(),
        n: record.counts.of(kind),
    });
    let moved = |change: &Change| {
        let to = change.to.as_ref()?;
        Some(MovedRow {
            from: reference(&change.from, record.from),
            to: reference(to, record.to),
            kind: change.kind.name().to_owned(),
            way: change.way(),
            rows: change.rows,
            merged: change.merged,
        })
    };
    let dropped = |change: &Change| DroppedRow {
        id: change.from.id.clone(),
        name: change.from.name.clone(),
        reason: change.reason.clone().unwrap_or_default(),
        rows: change.rows,
    };
    UpgradeView {
        title: record.title.clone(),
        source: record.source.clone(),
        domain: record.domain.name().to_owned(),
        from: record.from.to_string(),
        to: record.to.to_string(),
        counted: counted(record.counted),
        rows: record.counts.rows,
        rows_out: record.counts.rows_out(),
        account: account.into(),
        moved: record.changes.iter().filter_map(moved).collect(),
        moved_amount: record.amount(record.changes.iter().filter(|change| change.to.is_some())),
        dropped_amount: record.amount(record.of(Kind::Dropped)),
        merged_amount: record.merged_amount(),
        dropped: record.of(Kind::Dropped).map(dropped).collect(),
        merges: record.merges.iter().map(|merge| merged(merge, record.to)).collect(),
        tactics: record.tactics.iter().map(TacticChange::describe).collect(),
        tactic_moves: record.tactic_moves.iter().map(TacticMove::describe).collect(),
        platforms: record.platforms.clone(),
    }
}

fn counted(counted: Counted) -> CountedView {
    let heading = match counted {
        Counted::Rows => "Rows",
        Counted::Annotations => "Annotations",
    };
    CountedView {
        one: counted.noun(1).to_owned(),
        many: counted.noun(0).to_owned(),
        heading: heading.to_owned(),
    }
}

/// What nobody can have assessed, each list once.
pub(super) fn absences<'r>(records: impl IntoIterator<Item = &'r Record>) -> Vec<AbsenceView> {
    let records: Vec<&Record> = records.into_iter().collect();
    let absences = Absence::of(records.iter().copied()).into_iter();
    let view = |absence: Absence<'_>| AbsenceView {
        of: if records.len() > 1 { absence.describe_source() } else { String::new() },
        from: absence.made_on.to_string(),
        reason: absence.reason(),
        techniques: absence.techniques.iter().map(|one| reference(one, absence.to)).collect(),
    };
    absences.map(view).collect()
}

fn merged(merge: &Merge, version: Version) -> MergeView {
    MergeView {
        to: reference(&merge.to, version),
        of: merge.of.clone(),
        rows: merge.origins(),
        result: merge.result.clone(),
        note: merge.note.clone(),
    }
}

fn reference(named: &Named, version: Version) -> TechniqueRef {
    let page = |id: TechniqueId| version.page("techniques", &id.url_path());
    TechniqueRef {
        id: named.id.clone(),
        name: named.name.clone(),
        href: named.id.parse().map(page).unwrap_or_default(),
        external: true,
    }
}
