//! The page of what changed between two versions of ATT&CK: its view, made of a [`Diff`], and its rendering.

use std::collections::BTreeSet;
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::view::{Page, TacticRef, TechniqueRef};
use super::{TemplateError, Templates, theme};
use crate::attack::Version;
use crate::attack::diff::{
    BroughtBack, Changed, Count, Diff, Exchange, RenamedPlatform, Retired, Retirement, TacticDifference,
    TacticName, TacticPlace, TechniqueName,
};
use crate::coverage::Scale;
use crate::matrix::palette::Palette;

/// What the template of the page is given.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DiffView {
    /// What every page has.
    pub page: Page,
    /// `Enterprise`
    pub domain: String,
    /// The version that is compared.
    pub from: String,
    /// The version that it is compared with.
    pub to: String,
    /// Whether the second version is the earlier one.
    pub backwards: bool,
    /// Whether nothing differs.
    pub nothing: bool,
    /// How the active techniques of both versions add up.
    pub sums: Vec<SumRow>,
    /// The tactics that differ, each with what is different.
    pub tactics: Vec<TacticRow>,
    /// The platforms of the domain that came.
    pub platforms_added: Vec<String>,
    /// The platforms of the domain that went.
    pub platforms_removed: Vec<String>,
    /// The platforms that are called otherwise, in a sentence each.
    pub platforms_renamed: Vec<String>,
    /// The kinds of change that there are, each with its techniques.
    pub sections: Vec<DiffSection>,
}

/// A count of techniques: a sum, or a part of the sum above it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SumRow {
    /// What is counted.
    pub name: String,
    /// Whether the rows below it, up to the next sum, add up to it.
    pub is_sum: bool,
    /// Techniques.
    pub techniques: usize,
    /// Sub-techniques.
    pub sub_techniques: usize,
    /// Both.
    pub total: usize,
}

/// A tactic that differs.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TacticRow {
    /// The tactic.
    pub tactic: TacticRef,
    /// What it was called and where it stood; absent: it is added.
    pub before: Option<String>,
    /// What it is called and where it stands; absent: it is removed.
    pub after: Option<String>,
    /// What is different, in words.
    pub change: String,
}

/// One kind of change.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DiffSection {
    /// The anchor.
    pub key: String,
    /// The heading.
    pub title: String,
    /// What the section holds, and of how many.
    pub lead: String,
    /// How many techniques and sub-techniques it has.
    pub n: usize,
    /// The headings of the columns after the technique.
    pub columns: Vec<String>,
    /// The techniques, by id.
    pub rows: Vec<DiffRow>,
}

/// A technique in a section.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DiffRow {
    /// The technique, with its page in the version where it is active.
    pub technique: TechniqueRef,
    /// One cell for each column.
    pub cells: Vec<Vec<DiffItem>>,
}

/// One thing in a cell.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DiffItem {
    /// A technique's id.
    pub id: Option<String>,
    /// The text.
    pub text: String,
    /// The technique's page on attack.mitre.org.
    pub href: Option<String>,
}

impl DiffItem {
    fn text(text: impl Into<String>) -> Self {
        Self { id: None, text: text.into(), href: None }
    }

    fn technique(named: &TechniqueName, version: Version) -> Self {
        let TechniqueRef { id, name, href, .. } = reference(named, version);
        Self { id: Some(id), text: name, href: Some(href) }
    }
}

/// The page of a diff, as HTML that needs nothing else. Templates of `folder` take the place of the embedded ones.
///
/// # Errors
/// When a template is not sound, or asks for what the page does not have.
pub fn diff_page(diff: &Diff, folder: Option<&Path>) -> Result<String, TemplateError> {
    let mut templates = Templates::new(folder)?;
    templates.set_theme(&theme::style(&BTreeSet::new(), &Palette::default(), &Scale::default()));
    templates.render("diff", &view(diff))
}

fn view(diff: &Diff) -> DiffView {
    let title = diff.title();
    let description = format!(
        "Techniques, tactics and platforms that differ between {} ATT&CK {} and {}.",
        diff.domain.name(),
        diff.from,
        diff.to
    );
    DiffView {
        page: Page {
            title,
            description,
            root: String::new(),
            site: "ATT&CK changes".to_owned(),
            generator: crate::GENERATOR.to_owned(),
        },
        domain: diff.domain.name().to_owned(),
        from: diff.from.to_string(),
        to: diff.to.to_string(),
        backwards: diff.is_backwards(),
        nothing: diff.is_empty(),
        sums: sums(diff),
        tactics: tactics(diff),
        platforms_added: diff.platforms.gained.clone(),
        platforms_removed: diff.platforms.lost.clone(),
        platforms_renamed: diff.renamed_platforms.iter().map(renamed_platform).collect(),
        sections: [retired(diff), arrived(diff), changed(diff)].into_iter().flatten().collect(),
    }
}

fn sums(diff: &Diff) -> Vec<SumRow> {
    let (counts, backwards) = (diff.counts, diff.is_backwards());
    let row = |name: &str, is_sum: bool, count: Count| SumRow {
        name: name.to_owned(),
        is_sum,
        techniques: count.techniques,
        sub_techniques: count.sub_techniques,
        total: count.total(),
    };
    vec![
        row(&format!("Active in {}", diff.from), true, counts.from),
        row("unchanged", false, counts.unchanged),
        row("changed", false, counts.changed),
        row(if backwards { "not active" } else { "retired" }, false, counts.retired),
        row(&format!("Active in {}", diff.to), true, counts.to),
        row("unchanged", false, counts.unchanged),
        row("changed", false, counts.changed),
        row(if backwards { "retired later" } else { "brought back" }, false, counts.brought_back),
        row("added", false, counts.added),
    ]
}

fn renamed_platform(one: &RenamedPlatform) -> String {
    let Count { techniques, sub_techniques } = one.techniques;
    format!("{}: {techniques} techniques, {sub_techniques} sub-techniques", one.describe())
}

fn tactics(diff: &Diff) -> Vec<TacticRow> {
    let row = |one: &TacticDifference| {
        let place = |place: &TacticPlace| format!("{}, place {}", place.name, place.position);
        let named = one.to.as_ref().or(one.from.as_ref());
        let version = if one.to.is_some() { diff.to } else { diff.from };
        let changes = [
            (one.from.is_none(), "added"),
            (one.to.is_none(), "removed"),
            (one.is_renamed(), "renamed"),
            (one.moved, "moved"),
        ];
        let changes = changes.into_iter().filter(|(holds, _)| *holds).map(|(_, change)| change);
        TacticRow {
            tactic: TacticRef {
                id: one.id.clone(),
                name: named.map(|place| place.name.clone()).unwrap_or_default(),
                url: version.page("tactics", &one.id),
            },
            before: one.from.as_ref().map(place),
            after: one.to.as_ref().map(place),
            change: changes.collect::<Vec<_>>().join(", "),
        }
    };
    diff.tactics.iter().map(row).collect()
}

fn reference(named: &TechniqueName, version: Version) -> TechniqueRef {
    TechniqueRef {
        id: named.id.to_string(),
        name: named.full_name(),
        href: version.page("techniques", &named.id.url_path()),
        external: true,
    }
}

/// A section, unless it would be empty.
fn section(
    (key, title): (&str, &str),
    lead: String,
    columns: &[&str],
    rows: Vec<DiffRow>,
) -> Option<DiffSection> {
    (!rows.is_empty()).then(|| DiffSection {
        key: key.to_owned(),
        title: title.to_owned(),
        lead,
        n: rows.len(),
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        rows,
    })
}

/// `16 of 656 active in 16.1: 2 techniques and 14 sub-techniques.`
fn lead(count: Count, of: Count, version: Version) -> String {
    let (techniques, subs) = (count.techniques, count.sub_techniques);
    format!(
        "{} of {} active in {version}: {techniques} {} and {subs} {}.",
        count.total(),
        of.total(),
        if techniques == 1 { "technique" } else { "techniques" },
        if subs == 1 { "sub-technique" } else { "sub-techniques" },
    )
}

fn retired(diff: &Diff) -> Vec<DiffSection> {
    let counts = diff.counts;
    let of = |is: fn(&Retirement) -> bool| diff.retired.iter().filter(move |one| is(&one.how));
    let lead = |count| lead(count, counts.from, diff.from);
    let plain =
        |one: &Retired| DiffRow { technique: reference(&one.technique, diff.from), cells: Vec::new() };
    let replaced = of(|how| matches!(how, Retirement::Replaced { .. })).map(|one| DiffRow {
        technique: reference(&one.technique, diff.from),
        cells: vec![successors(&one.how, diff.to)],
    });
    let moves = diff.moves_of_replaced().map_or_else(String::new, |moves| format!(" {moves}"));
    let sections = [
        section(
            ("replaced", "Replaced"),
            lead(counts.replaced) + &moves,
            &["Replaced by"],
            replaced.collect(),
        ),
        section(
            ("revoked", "Revoked without a successor"),
            lead(counts.revoked_without_successor),
            &[],
            of(|how| *how == Retirement::RevokedWithoutSuccessor).map(plain).collect(),
        ),
        section(
            ("deprecated", "Deprecated"),
            lead(counts.deprecated),
            &[],
            of(|how| *how == Retirement::Deprecated).map(plain).collect(),
        ),
        section(
            ("removed", "Removed"),
            lead(counts.removed) + " Not even listed as retired any more.",
            &[],
            of(|how| *how == Retirement::Removed).map(plain).collect(),
        ),
        section(
            ("not-yet", "Not there yet"),
            format!("{} They are newer than {}.", lead(counts.not_yet), diff.to),
            &[],
            of(|how| *how == Retirement::NotYet).map(plain).collect(),
        ),
    ];
    sections.into_iter().flatten().collect()
}

/// The successors in their order; the last of them says so where it is not active itself.
fn successors(how: &Retirement, version: Version) -> Vec<DiffItem> {
    let Retirement::Replaced { chain } = how else { return vec![DiffItem::text(how.describe())] };
    let mut items: Vec<DiffItem> =
        chain.iter().map(|step| DiffItem::technique(&step.technique, version)).collect();
    if how.successor().is_none() {
        items.push(DiffItem::text("which is not active itself"));
    }
    items
}

fn arrived(diff: &Diff) -> Vec<DiffSection> {
    let counts = diff.counts;
    let replaced =
        |all: &[TechniqueName]| all.iter().map(|one| DiffItem::technique(one, diff.from)).collect::<Vec<_>>();
    let names =
        |tactics: &[TacticName]| tactics.iter().map(|one| DiffItem::text(&one.name)).collect::<Vec<_>>();
    let brought_back = diff.brought_back.iter().map(|one: &BroughtBack| DiffRow {
        technique: reference(&one.technique, diff.to),
        cells: vec![names(&one.tactics), successors_before(&one.was, diff.from)],
    });
    let added = diff.added.iter().map(|one| DiffRow {
        technique: reference(&one.technique, diff.to),
        cells: vec![names(&one.tactics), replaced(&one.replaces)],
    });
    let merged = diff.merged.iter().map(|one| DiffRow {
        technique: reference(&one.technique, diff.to),
        cells: vec![replaced(&one.replaces)],
    });
    let was = format!("In {}", diff.from);
    let taking = diff.added.iter().filter(|one| !one.replaces.is_empty()).count();
    let sections = [
        section(
            ("brought-back", if diff.is_backwards() { "Retired later" } else { "Brought back" }),
            lead(counts.brought_back, counts.to, diff.to),
            &["Tactics", &was],
            brought_back.collect(),
        ),
        section(
            ("added", "Added"),
            format!(
                "{} {} wholly new and {taking} in the place of former ones.",
                lead(counts.added, counts.to, diff.to),
                diff.added.len() - taking,
            ),
            &["Tactics", "Replaces"],
            added.collect(),
        ),
        section(
            ("merged", "Merged into"),
            "Active in both versions, and the successors of retired ones.".to_owned(),
            &["Replaces"],
            merged.collect(),
        ),
    ];
    sections.into_iter().flatten().collect()
}

fn successors_before(was: &Retirement, version: Version) -> Vec<DiffItem> {
    let mut items = successors(was, version);
    if matches!(was, Retirement::Replaced { .. }) {
        items.insert(0, DiffItem::text("replaced by"));
    }
    items
}

fn changed(diff: &Diff) -> Vec<DiffSection> {
    let counts = diff.counts;
    let lead = |count| lead(count, counts.from, diff.from);
    let rows = |cells: &dyn Fn(&Changed) -> Option<Vec<Vec<DiffItem>>>| -> Vec<DiffRow> {
        let rows = diff.changed.iter().filter_map(|one| {
            Some(DiffRow { technique: reference(&one.technique, diff.to), cells: cells(one)? })
        });
        rows.collect()
    };
    let sections = [
        section(
            ("renamed", "Renamed"),
            lead(counts.renamed),
            &[&format!("Name in {}", diff.from)],
            rows(&|one| Some(vec![vec![DiffItem::text(one.former_name.as_ref()?)]])),
        ),
        section(
            ("other-parent", "Other parent"),
            lead(counts.moved_parent),
            &["Now"],
            rows(&|one| Some(vec![vec![DiffItem::text(one.parent.as_ref()?.describe())]])),
        ),
        section(
            ("other-tactics", "Other tactics"),
            lead(counts.moved_tactic),
            &["Gained", "Lost"],
            rows(&|one| one.tactics.as_ref().map(|tactics| sides(tactics, |one| &one.name))),
        ),
        section(
            ("other-platforms", "Other platforms"),
            lead(counts.platforms),
            &["Gained", "Lost"],
            rows(&|one| one.platforms.as_ref().map(|platforms| sides(platforms, |one| one))),
        ),
    ];
    sections.into_iter().flatten().collect()
}

/// A cell for what was gained and one for what was lost.
fn sides<T>(exchange: &Exchange<T>, name: impl Fn(&T) -> &String) -> Vec<Vec<DiffItem>> {
    let side = |names: &[T]| names.iter().map(|one| DiffItem::text(name(one))).collect();
    vec![side(&exchange.gained), side(&exchange.lost)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attack::{Catalog, Domain};

    #[test]
    fn what_the_template_is_given_is_what_the_schema_says() {
        let schema = serde_json::to_value(schemars::schema_for!(DiffView)).expect("a schema is JSON");
        let validator = jsonschema::validator_for(&schema).expect("the schema is sound");
        let catalog = |version: &str| Catalog::embedded(Domain::Enterprise, version.parse().expect(version));
        for (from, to) in [("16.1", "19.0"), ("19.0", "16.1"), ("8.2", "9.0"), ("9.0", "9.0")] {
            let (from, to) = (catalog(from).expect("embedded"), catalog(to).expect("embedded"));
            let view = view(&Diff::new(&from, &to).expect("one domain"));
            let value = serde_json::to_value(&view).expect("a view is JSON");
            let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{errors:?}");
        }
    }
}
