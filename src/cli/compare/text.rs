//! A comparison for people: its tables one below the other, and what is said beside them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use navlayer::coverage::compare::{Comparison, Defence, Pair};
use navlayer::coverage::{Metric, Tally};
use navlayer::mapping::MappingSet;
use navlayer::render::markdown;
use navlayer::report::METHOD;
use navlayer::tables::{self, Table};

use crate::cli::sides::Side;
use crate::cli::table::LayoutArgs;
use crate::cli::{Global, findings, threat};

/// How many of a threat's techniques of which a risk remains a terminal shows.
const GAPS: usize = 12;

/// The headings of tables, with what their percentages are of.
const SIDES: &str =
    "Sides, in techniques and sub-techniques in scope (weighted: the sum of the scores, of 100 for each)";
const SHARED: &str = "What two sides share, of what either of them maps (weighted: the sum of the lower scores, of the \
                      sum of the higher ones)";
const DEPLOYED: &str = "What is deployed, of the capabilities that map something";

/// A table that stands above the techniques.
struct Section {
    heading: Cow<'static, str>,
    /// With the columns that tell most.
    table: Table,
    /// What is said below it.
    note: String,
}

/// The tables that stand above the techniques; that of a threat's gaps with so many rows at most.
fn sections(comparison: &Comparison<'_>, standings: Option<Table>, most: usize) -> Vec<Section> {
    let mut pairs = tables::compared_pairs(comparison);
    // The categories of twenty-eight pairs are for programs.
    if comparison.sides().len() > 2 {
        pairs.retain(|pair| pair.category.is_none());
    }
    let dominated = "Capabilities that another one makes superfluous, as far as the mappings go";
    let section = |heading: Cow<'static, str>, mut table: Table, most: usize, note: String| {
        let columns = table.telling();
        table.select(&columns);
        table.truncate(most);
        Section { heading, table, note }
    };
    let plain = |heading, table| section(Cow::Borrowed(heading), table, usize::MAX, String::new());
    let mut all = vec![plain(SIDES, Table::new(&tables::compared_sides(comparison)))];
    if let Some([heading, definition, remains]) = comparison.defence().map(of_threat) {
        let against = Table::new(&tables::compared_against(comparison));
        all.push(section(heading.into(), against, usize::MAX, definition));
        let gaps = tables::compared_gaps(comparison);
        let note = match gaps.rows().len().saturating_sub(most) {
            0 => String::new(),
            more => format!("… and {more} more, which every format but text and csv lists"),
        };
        all.push(section(remains.into(), gaps, most, note));
    }
    all.push(plain(SHARED, Table::new(&pairs)));
    all.push(plain(dominated, Table::new(&tables::dominated(comparison))));
    all.extend(standings.map(|table| plain(DEPLOYED, table)));
    all.retain(|section| !section.table.rows().is_empty());
    all
}

/// What stands above the figures of a threat, what a use is, and what stands above its gaps.
fn of_threat(defence: &Defence<'_>) -> [String; 3] {
    let threat = defence.threat();
    let used = if threat.members().is_empty() { "have a score there" } else { "are used" };
    let weighted = if defence.together().is_counted() {
        "the sum of the uses of what is mapped, of the sum of all uses"
    } else {
        "the sum of use × score, of 100 × the sum of all uses"
    };
    let heading = format!(
        "Against {}, in techniques and sub-techniques in scope that {used} (weighted: {weighted})",
        threat.name()
    );
    let remains = format!(
        "Where risk remains with {}, most used first, of one use the weakest first (a use of 100 %: by all actors named, or a layer's highest score; residual: use × (1 − score / 100))",
        defence.what()
    );
    [heading, threat.definition(), remains]
}

pub(super) fn text(
    comparison: &Comparison<'_>,
    standings: Option<Table>,
    rows: &Table,
    columns: &LayoutArgs,
) -> String {
    let mut text = findings::clean(&title(comparison)) + "\n\n";
    for Section { heading, table, note } in sections(comparison, standings, GAPS) {
        let heading = findings::clean(&heading);
        let _ = write!(text, "{heading}:\n\n{}", columns.of_width_alone().draw(&table));
        if !note.is_empty() {
            let _ = writeln!(text, "{}", findings::clean(&note));
        }
        text.push('\n');
    }
    let _ = write!(text, "Techniques:\n\n{}", columns.draw(rows));
    text
}

pub(super) fn markdown(comparison: &Comparison<'_>, standings: Option<Table>, rows: &Table) -> String {
    let mut text = format!("# {}\n", markdown::escape(&title(comparison)));
    for Section { heading, table, note } in sections(comparison, standings, usize::MAX) {
        let _ = write!(text, "\n## {}\n\n{}", markdown::escape(&heading), markdown::table(&table));
        if !note.is_empty() {
            let _ = write!(text, "\n{}\n", markdown::escape(&note));
        }
    }
    let _ = write!(text, "\n## Techniques\n\n{}\n{}\n", markdown::table(rows), markdown::escape(METHOD));
    text
}

/// The lines that a workbook opens with.
pub(super) fn about(comparison: &Comparison<'_>) -> Vec<String> {
    let mut lines = vec![title(comparison), METHOD.to_owned(), counted(comparison)];
    lines.push(comparison.rules().metric.definition().to_owned());
    if let Some([heading, definition, remains]) = comparison.defence().map(of_threat) {
        lines.extend([format!("{heading}. {definition}"), remains]);
    }
    for side in comparison.sides() {
        let sources = side.coverage.involved().map(|(_, set)| {
            format!("{}, made on ATT&CK {}, {}", set.framework.label(), set.made_on(), set.origin)
        });
        lines.push(format!("{}: {}", side.name, sources.collect::<Vec<_>>().join("; ")));
    }
    if let Some(side) = comparison.sides().first() {
        lines.extend(side.coverage.selection().phrases.iter().map(|phrase| format!("Filter: {phrase}")));
    }
    lines.push(
        "Overlap: the share of what both sides map in what either maps; weighted, the sum of the lower scores over the sum \
         of the higher ones. Lead: by how much the highest score exceeds the next one, where nothing counts 0."
            .to_owned(),
    );
    lines.push(navlayer::GENERATOR.to_owned());
    lines
}

/// What is compared, and on what: `Amazon GuardDuty against AWS Config, Enterprise ATT&CK 16.1`.
fn title(comparison: &Comparison<'_>) -> String {
    format!("{}, {}", comparison.title(), attack(comparison))
}

fn attack(comparison: &Comparison<'_>) -> String {
    let catalog = comparison.sides().first().map(|side| side.coverage.catalog());
    let named = catalog.map(|catalog| format!("{} ATT&CK {}", catalog.domain().name(), catalog.version()));
    named.unwrap_or_default()
}

/// What was counted, of how many.
fn counted(comparison: &Comparison<'_>) -> String {
    let figures = comparison.overall();
    let Tally { techniques, sub_techniques } = figures.in_scope;
    let only: Vec<String> = comparison
        .sides()
        .iter()
        .zip(&figures.sides)
        .map(|(side, own)| format!("{} only by {}", own.only.total(), side.name))
        .collect();
    format!(
        "of {techniques} techniques and {sub_techniques} sub-techniques in scope of {}: {} mapped by any side, {} by every \
         side, {}, {} by none",
        attack(comparison),
        figures.any.total(),
        figures.every.total(),
        only.join(", "),
        figures.nobody.total()
    )
}

pub(super) fn summary(comparison: &Comparison<'_>, global: &Global) {
    findings::say(global, &counted(comparison));
    if let Some(defence) = comparison.defence() {
        threat::say_of(&format!("{} ", defence.what()), defence.together(), global);
    }
}

/// What a reader of the result must know: a side that is empty, sides that are one, mappings without levels.
pub(super) fn notes(
    comparison: &Comparison<'_>,
    sides: &[Side],
    sets: &[MappingSet],
    asked: Metric,
    global: &Global,
) {
    for (side, chosen) in comparison.sides().iter().zip(sides) {
        if side.is_empty() {
            let line = match declared(chosen, sets).as_slice() {
                [] if chosen.selection.is_of_running() => {
                    format!("warning: nothing of {} is deployed; the side is empty", side.name)
                }
                [] => format!("warning: no mapping of {} passes the filters; the side is empty", side.name),
                [one] if *one == side.name => {
                    format!("warning: {one} is declared not mappable by its source; the side is empty")
                }
                some => format!(
                    "warning: {} is empty; its source declares not mappable: {}",
                    side.name,
                    some.join(", ")
                ),
            };
            findings::say(global, &line);
        }
    }
    for Pair { left, right, .. } in comparison.pairs() {
        let of = |place: usize| comparison.sides()[place].coverage.cells();
        let is_same = !of(*left).is_empty()
            && of(*left).len() == of(*right).len()
            && of(*left).iter().zip(of(*right)).all(|(a, b)| a.0 == b.0 && a.1.mappings == b.1.mappings);
        if is_same {
            let name = |place: usize| &comparison.sides()[place].name;
            let line = format!(
                "warning: {} and {} are the same mappings; everything is equal",
                name(*left),
                name(*right)
            );
            findings::say(global, &line);
        }
    }
    if asked == Metric::Count {
        return;
    }
    let involved: BTreeSet<usize> = comparison
        .sides()
        .iter()
        .flat_map(|side| side.coverage.involved().map(|(set, _)| set))
        .filter(|set| !sets[*set].is_scored())
        .collect();
    for set in involved {
        let name = sets[set].framework.label();
        let line = if comparison.is_count() {
            format!("note: {name} has no levels; what is compared is how many capabilities map a technique")
        } else {
            format!(
                "note: {name} has no levels; beside sides that have, it counts 0 wherever scores are compared"
            )
        };
        findings::say(global, &line);
    }
}

/// The names of a side's capabilities that their source declares not mappable.
fn declared(side: &Side, sets: &[MappingSet]) -> Vec<String> {
    let all = sets.iter().enumerate().flat_map(|(set, content)| {
        content.capabilities.iter().enumerate().map(move |(index, one)| (set, index, one))
    });
    let own = all.filter(|(set, index, one)| one.non_mappable && side.selection.has_capability(*set, *index));
    own.map(|(_, _, one)| one.name.clone()).collect()
}
