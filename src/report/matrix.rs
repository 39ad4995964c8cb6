//! The heatmap of a page: the matrix of a coverage as the templates draw it.

use std::collections::BTreeSet;

use crate::attack::Technique;
use crate::coverage::threat::{Guard, ThreatCoverage};
use crate::coverage::{Cell, Coverage, Metric, State, whole};
use crate::layer::{self, ColorBy};
use crate::mapping::Level;
use crate::matrix::palette::Hue;
use crate::matrix::{Column, Entry, Matrix};

use super::site::{Face, Site, face, fraction, percent_text};
use super::theme;
use super::threat;
use super::view::{CellState, Fraction, LegendEntry, MatrixCell, MatrixColumn, MatrixView};

/// The heatmap of a coverage. With `only_touched` it has just the techniques that are mapped, themselves or in a
/// sub-technique.
pub(super) fn matrix(
    site: &Site<'_>,
    coverage: &Coverage<'_>,
    caption: String,
    root: &str,
    only_touched: bool,
) -> MatrixView {
    let catalog = site.content.catalog;
    let color_by = site.content.color_by;
    let top = layer::score_top(coverage);
    let is_kept = |technique: &Technique| {
        !only_touched
            || coverage.cell(technique.id).is_some()
            || coverage.not_mappable().contains(&technique.id)
    };
    let laid_out = Matrix::new(catalog, &coverage.selection().scope, is_kept, |technique| {
        cell(site, technique, face(coverage, technique.id, color_by, top), root)
    });
    let is_mapped = |entry: &&Entry<'_, MatrixCell>| {
        entry.shows.state != CellState::OutOfScope
            && coverage.cell(entry.technique.id).is_some_and(Cell::is_mapped)
    };
    let columns: Vec<MatrixColumn> = laid_out
        .columns
        .into_iter()
        .map(|column| {
            let mapped = fraction(column.entries.iter().filter(is_mapped).count(), column.in_scope);
            let subs = column.entries.iter().map(|entry| entry.subs_in_scope).collect();
            drawn(site, column, mapped, subs)
        })
        .collect();
    let legend = legend(coverage, color_by, top, &columns);
    MatrixView { caption, columns, legend, note: note(coverage) }
}

/// A column; `subs` holds for each technique of how many sub-techniques it tells.
fn drawn(
    site: &Site<'_>,
    column: Column<'_, MatrixCell>,
    mapped: Fraction,
    subs: Vec<usize>,
) -> MatrixColumn {
    let cells = column.entries.into_iter().zip(subs).map(|(entry, subs_total)| {
        let subs: Vec<MatrixCell> = entry.subs.into_iter().map(|(_, cell)| cell).collect();
        let subs_covered = subs.iter().filter(|cell| cell.state == CellState::Covered).count();
        MatrixCell { subs, subs_covered, subs_total, ..entry.shows }
    });
    MatrixColumn {
        id: column.tactic.id.to_string(),
        key: column.tactic.shortname.to_string(),
        name: column.tactic.name.to_string(),
        url: site.tactic_url(&column.tactic.id),
        mapped,
        cells: cells.collect(),
    }
}

/// The matrix of a threat: the techniques that it uses, themselves or in a sub-technique, in the colours of what covers
/// them. Columns and cells count what is used, not what is in scope.
pub(super) fn threat_matrix(site: &Site<'_>, against: &ThreatCoverage<'_>, caption: String) -> MatrixView {
    let coverage = &site.combined;
    let top = layer::score_top(coverage);
    let is_used = |technique: &Technique| against.exposure(technique.id).is_some();
    let says_use = against.threat().members().len() != 1;
    let laid_out = Matrix::new(site.content.catalog, &coverage.selection().scope, is_used, |technique| {
        let mut face = face(coverage, technique.id, ColorBy::Score, top);
        if let Some(exposure) = against.exposure(technique.id) {
            face.class = threat::class(Guard::of_exposure(exposure, coverage));
            if says_use {
                face.label = format!("{}, use {}", face.label, percent_text(exposure.usage, 1.0));
            }
        } else {
            "out-of-scope".clone_into(&mut face.class);
            face.label = format!("not used, {}", face.label);
        }
        cell(site, technique, face, "")
    });
    let columns = laid_out.columns.into_iter().map(|column| {
        let subs = column.entries.iter().flat_map(|entry| &entry.subs).map(|(sub, _)| sub.id);
        let all = column.entries.iter().map(|entry| entry.technique.id).chain(subs);
        let used: Vec<State> = all.filter_map(|id| Some(against.exposure(id)?.state)).collect();
        let covered = used.iter().filter(|state| **state == State::Covered).count();
        let mapped = fraction(covered, used.len());
        let subs = column.entries.iter().map(|entry| entry.subs.len()).collect();
        drawn(site, column, mapped, subs)
    });
    let shown: BTreeSet<Guard> =
        against.exposures().iter().map(|exposure| Guard::of_exposure(exposure, coverage)).collect();
    let mut legend = threat::legend_of(coverage, &shown);
    let columns: Vec<MatrixColumn> = columns.collect();
    if columns.iter().flat_map(|column| &column.cells).any(|cell| cell.class == "out-of-scope") {
        let label = "Not used itself; a sub-technique is".to_owned();
        legend.push(LegendEntry { class: "out-of-scope".to_owned(), label });
    }
    let uses = if says_use {
        " A use of 100 % is one by all actors named, or a layer’s highest score."
    } else {
        ""
    };
    let note = format!(
        "Under each tactic: how many of its techniques and sub-techniques that are used are covered.{uses} {}",
        note(coverage)
    );
    MatrixView { caption, columns, legend, note }
}

fn cell(site: &Site<'_>, technique: &Technique, face: Face, root: &str) -> MatrixCell {
    MatrixCell {
        id: technique.id.to_string(),
        name: technique.name.to_string(),
        href: site.technique_href(technique.id, root).unwrap_or_else(|| site.technique_url(technique.id)),
        state: face.state,
        class: face.class,
        score: face.score,
        label: face.label,
        subs: Vec::new(),
        subs_covered: 0,
        subs_total: 0,
    }
}

fn note(coverage: &Coverage<'_>) -> String {
    let rules = coverage.rules();
    let mut note = rules.metric.definition().to_owned();
    if rules.rollup != crate::coverage::Rollup::None {
        note.push(' ');
        note.push_str(rules.rollup.definition());
    }
    note
}

fn legend(
    coverage: &Coverage<'_>,
    color_by: ColorBy,
    top: i64,
    columns: &[MatrixColumn],
) -> Vec<LegendEntry> {
    let cells = || {
        columns
            .iter()
            .flat_map(|column| &column.cells)
            .flat_map(|cell| std::iter::once(cell).chain(&cell.subs))
    };
    let rules = coverage.rules();
    let mut entries: Vec<LegendEntry> = Vec::new();
    if color_by == ColorBy::Category && rules.metric.needs_levels() {
        let used: BTreeSet<&str> = cells().map(|cell| cell.class.as_str()).collect();
        let all = Hue::ALL.into_iter().flat_map(|hue| Level::ALL.map(|level| (hue, level)));
        entries.extend(all.filter_map(|(hue, level)| {
            let class = theme::category_class(hue, level);
            used.contains(class.as_str())
                .then(|| LegendEntry { class, label: format!("{}: {level}", hue.name()) })
        }));
    } else if rules.metric == Metric::Count {
        let mut counts = vec![1, (top + 1) / 2, top];
        counts.dedup();
        entries.extend(counts.into_iter().map(|count| LegendEntry {
            class: theme::score_class(count, top),
            label: layer::count_label(coverage, count, top),
        }));
    } else {
        entries.extend(Level::ALL.into_iter().map(|level| {
            let score = whole(rules.scale.score(level), 100.0);
            LegendEntry { class: theme::score_class(score, top), label: format!("{level} ({score})") }
        }));
    }
    let kinds = [
        (CellState::NotCovered, "not-covered", "Not covered"),
        (CellState::NotMappable, "not-mappable", "Not mappable, says the source"),
        (
            CellState::NotAssessed,
            "not-assessed",
            "Not assessed: mapped without a level, or new in this version",
        ),
        (CellState::OutOfScope, "out-of-scope", "Outside the filters"),
    ];
    let states: Vec<CellState> = cells().map(|cell| cell.state).collect();
    entries.extend(
        kinds
            .into_iter()
            .filter(|(state, ..)| states.contains(state))
            .map(|(_, class, label)| LegendEntry { class: class.to_owned(), label: label.to_owned() }),
    );
    entries
}
