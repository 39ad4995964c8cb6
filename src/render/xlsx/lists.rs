//! The sheets that are lists over all layers.

use rust_xlsxwriter::Worksheet;

use super::super::sheets::WorkbookError;
use super::{Formats, Look, Part, print_set_up, put, row};
use crate::layer::color;
use crate::layer::read::{InputLayer, InputLink, InputMetadata, InputTactic, Spanned};
use crate::matrix::palette::Color;
use crate::matrix::stops;
use crate::tables::shown;

const GUIDE: &str = "Each layer has a sheet with its matrix, in the colours that the Navigator shows. Scores has a row for each cell, \
                     Metadata a row for each row of metadata and each link of a technique, Legend what colours mean.";

/// Heads a list: names of columns, and how wide these are.
fn heads(sheet: &mut Worksheet, columns: &[(&str, f64)], formats: &Formats) -> Result<(), WorkbookError> {
    for (column, (name, width)) in (0_u16..).zip(columns) {
        put(sheet, (0, column), name, &formats.heading)?;
        sheet.set_column_width(column, *width)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    print_set_up(sheet)
}

/// Lets a list of so many rows be filtered.
fn filtered(sheet: &mut Worksheet, rows: usize, columns: &[(&str, f64)]) -> Result<(), WorkbookError> {
    let last = u32::try_from(rows).unwrap_or(u32::MAX);
    sheet.autofilter(0, 0, last, u16::try_from(columns.len() - 1).unwrap_or(u16::MAX))?;
    Ok(())
}

/// What each layer is, in rows of a label and a text.
pub(super) fn about(
    sheet: &mut Worksheet,
    parts: &[Part<'_>],
    formats: &Formats,
) -> Result<(), WorkbookError> {
    sheet.set_column_width(0, 24)?.set_column_width(1, 100)?;
    print_set_up(sheet)?;
    put(sheet, (0, 0), "ATT&CK Navigator layers", &formats.label)?;
    put(sheet, (0, 1), GUIDE, &formats.prose)?;
    let mut rows = 1;
    for part in parts {
        rows += 1;
        for (place, (label, text)) in facts(part).iter().enumerate() {
            let at = row(rows - 1)?;
            let looks = if place == 0 { [&formats.heading; 2] } else { [&formats.text, &formats.prose] };
            put(sheet, (at, 0), label, looks[0])?;
            put(sheet, (at, 1), text, looks[1])?;
            rows += 1;
        }
    }
    Ok(())
}

/// What a layer says of itself, a label and a text each; the name of its sheet first.
fn facts(part: &Part<'_>) -> Vec<(String, String)> {
    let layer = part.layer;
    let stated = |text: Option<&str>| text.unwrap_or("not stated").to_owned();
    let value = |held: &Option<Spanned<String>>| stated(held.as_ref().map(|one| one.value.as_str()));
    let cells = part.matrix.columns.iter().flat_map(|column| &column.techniques);
    let (techniques, subs) = cells.fold((0, 0), |(all, subs), one| (all + 1, subs + one.subs.len()));
    let mut facts = vec![
        ("Sheet", part.sheet.clone()),
        ("Name", value(&layer.name)),
        ("Description", layer.description.clone()),
        ("Shown on", format!("{} ATT&CK {}", part.catalog.domain().name(), part.catalog.version())),
        ("Domain", value(&layer.domain)),
        ("ATT&CK version", value(&layer.attack)),
        ("Layer format", value(&layer.format)),
        ("Navigator", stated(layer.navigator.as_deref())),
        ("Platforms", platforms(layer)),
        ("Order", order(layer).to_owned()),
        ("Layout", layout(layer)),
        ("Disabled techniques", if layer.hide_disabled { "hidden" } else { "shown in grey" }.to_owned()),
        ("Cells", format!("{techniques} of techniques, {subs} of sub-techniques, one in each tactic")),
    ];
    facts.retain(|(_, text)| !text.is_empty());
    let facts = facts.into_iter().map(|(label, text)| (label.to_owned(), text));
    facts
        .chain(
            rows_of(&layer.metadata, &layer.links)
                .map(|(_, name, value)| (name.to_owned(), value.to_owned())),
        )
        .collect()
}

fn platforms(layer: &InputLayer) -> String {
    let names = layer.platforms.as_ref().map(|held| held.value.as_slice()).unwrap_or_default();
    if names.is_empty() {
        return "all".to_owned();
    }
    names.iter().map(|name| name.value.as_str()).collect::<Vec<_>>().join(", ")
}

fn order(layer: &InputLayer) -> &'static str {
    match layer.sorting {
        1 => "by name, last first",
        2 => "by score, lowest first",
        3 => "by score, highest first",
        _ => "by name",
    }
}

fn layout(layer: &InputLayer) -> String {
    let layout = &layer.layout;
    let mut text = layout.layout.clone();
    if layout.show_aggregate_scores {
        text.push_str(&format!("; aggregate scores: {}", layout.aggregate_function));
        if layout.count_unscored {
            text.push_str(", what is unscored counts as 0");
        }
    }
    text
}

/// Rows of metadata and links: what they are, name, value. Lines between them are left out.
fn rows_of<'a>(
    metadata: &'a [InputMetadata],
    links: &'a [InputLink],
) -> impl Iterator<Item = (&'static str, &'a str, &'a str)> {
    let metadata = metadata.iter().filter_map(|one| match one {
        InputMetadata::Row { name, value } => Some(("Metadata", name.as_str(), value.value.as_str())),
        InputMetadata::Divider { .. } => None,
    });
    let links = links.iter().filter_map(|one| match one {
        InputLink::Link { label, url } => Some(("Link", label.as_str(), url.value.as_str())),
        InputLink::Divider { .. } => None,
    });
    metadata.chain(links)
}

/// A row for each cell that the Navigator would show, open or not.
pub(super) fn scores(
    sheet: &mut Worksheet,
    parts: &[Part<'_>],
    formats: &mut Formats,
) -> Result<(), WorkbookError> {
    const COLUMNS: [(&str, f64); 11] = [
        ("Layer", 26.0),
        ("ID", 11.0),
        ("Name", 40.0),
        ("Tactic", 22.0),
        ("Kind", 14.0),
        ("Sub-technique of", 17.0),
        ("Score", 10.0),
        ("Aggregate", 12.0),
        ("Colour", 10.0),
        ("Enabled", 10.0),
        ("Comment", 80.0),
    ];
    heads(sheet, &COLUMNS, formats)?;
    let mut rows = 0;
    for part in parts {
        for cell in shown(&part.matrix) {
            let at = row(rows)?;
            let kind = if cell.parent.is_some() { "Sub-technique" } else { "Technique" };
            let texts =
                [&part.sheet, &cell.id, &cell.name, &cell.tactic, kind, cell.parent.as_deref().unwrap_or("")];
            for (column, text) in (0_u16..).zip(texts) {
                put(sheet, (at, column), text, &formats.text)?;
            }
            for (column, number) in [(6, cell.score), (7, cell.aggregate)] {
                if let Some(number) = number {
                    sheet.write_number_with_format(at, column, number, &formats.text)?;
                }
            }
            if let Some((text, color)) =
                cell.color.as_deref().and_then(|text| Some((text, Color::from_hex(text)?)))
            {
                put(sheet, (at, 8), text, formats.of(Look::Swatch(color))?)?;
            }
            put(sheet, (at, 9), if cell.enabled { "yes" } else { "no" }, &formats.text)?;
            put(sheet, (at, 10), &cell.comment, &formats.text)?;
            rows += 1;
        }
    }
    filtered(sheet, rows, &COLUMNS)
}

/// Metadata and links of techniques as the layers say them, what the Navigator shows nowhere included.
pub(super) fn metadata(
    sheet: &mut Worksheet,
    parts: &[Part<'_>],
    formats: &Formats,
) -> Result<(), WorkbookError> {
    const COLUMNS: [(&str, f64); 7] = [
        ("Layer", 26.0),
        ("ID", 11.0),
        ("Technique", 40.0),
        ("Tactic", 22.0),
        ("Kind", 11.0),
        ("Name", 30.0),
        ("Value", 80.0),
    ];
    heads(sheet, &COLUMNS, formats)?;
    let mut rows = 0;
    for part in parts {
        for annotation in &part.layer.techniques {
            let technique = annotation.id().and_then(|id| part.catalog.technique(id));
            let id = annotation.technique.as_ref().map_or("", |id| id.value.trim());
            let name = technique.map_or("", |technique| &technique.name);
            let tactic = match &annotation.tactic {
                InputTactic::Every => "all of its tactics",
                InputTactic::One(shortname) => {
                    let mut known = part.catalog.tactics().iter();
                    let known = known.find(|tactic| tactic.shortname == shortname.value);
                    known.map_or(shortname.value.as_str(), |tactic| &tactic.name)
                }
                InputTactic::Nowhere(_) => "",
            };
            for (kind, label, value) in rows_of(&annotation.metadata, &annotation.links) {
                let at = row(rows)?;
                let texts = [&part.sheet, id, name, tactic, kind, label, value];
                for (column, text) in (0_u16..).zip(texts) {
                    put(sheet, (at, column), text, &formats.text)?;
                }
                rows += 1;
            }
        }
    }
    filtered(sheet, rows, &COLUMNS)
}

/// The stops of each gradient with their scores, and the entries of each legend.
pub(super) fn legend(
    sheet: &mut Worksheet,
    parts: &[Part<'_>],
    formats: &mut Formats,
) -> Result<(), WorkbookError> {
    const COLUMNS: [(&str, f64); 5] =
        [("Layer", 26.0), ("Kind", 12.0), ("Colour", 12.0), ("Score", 12.0), ("Meaning", 60.0)];
    heads(sheet, &COLUMNS, formats)?;
    let mut rows = 0;
    for part in parts {
        let colors = stops(part.layer);
        let (min, max) = part.layer.range();
        let last = colors.len().saturating_sub(1);
        for (place, color) in colors.into_iter().enumerate() {
            let at = row(rows)?;
            let share = place as f64 / last.max(1) as f64;
            put(sheet, (at, 0), &part.sheet, &formats.text)?;
            put(sheet, (at, 1), "Gradient", &formats.text)?;
            put(sheet, (at, 2), &color.hex(), formats.of(Look::Swatch(color))?)?;
            sheet.write_number_with_format(at, 3, min * (1.0 - share) + max * share, &formats.text)?;
            let meaning = if place == 0 {
                "this score and below"
            } else if place == last {
                "this score and above"
            } else {
                ""
            };
            put(sheet, (at, 4), meaning, &formats.text)?;
            rows += 1;
        }
        for item in &part.layer.legend {
            let at = row(rows)?;
            put(sheet, (at, 0), &part.sheet, &formats.text)?;
            put(sheet, (at, 1), "Legend", &formats.text)?;
            match color::parse(&item.color) {
                Some(read) => {
                    put(sheet, (at, 2), &Color(read.rgb).hex(), formats.of(Look::Swatch(Color(read.rgb)))?)?
                }
                None => put(sheet, (at, 2), &item.color, &formats.text)?,
            }
            put(sheet, (at, 4), &item.label, &formats.text)?;
            rows += 1;
        }
    }
    filtered(sheet, rows, &COLUMNS)
}
