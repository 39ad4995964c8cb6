//! The sheets that are lists over all layers.

use rust_xlsxwriter::Worksheet;

use super::super::sheets::WorkbookError;
use super::{Formats, Look, Part, print_set_up, put};
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
fn filtered(sheet: &mut Worksheet, rows: u32, columns: &[(&str, f64)]) -> Result<(), WorkbookError> {
    sheet.autofilter(0, 0, rows, u16::try_from(columns.len() - 1).unwrap_or(u16::MAX))?;
    Ok(())
}

/// What each layer is, in rows of a label and a text.
pub(super) fn about(
    sheet: &mut Worksheet,
    parts: &[Part<'_>],
    formats: &Formats,
) -> Result<(), WorkbookError> {
    sheet.set_column_width(0, 28)?.set_column_width(1, 100)?;
    print_set_up(sheet)?;
    put(sheet, (0, 0), "ATT&CK Navigator layers", &formats.label)?;
    put(sheet, (0, 1), GUIDE, &formats.prose)?;
    let mut at = 0;
    for part in parts {
        at += 1;
        for (place, (label, text)) in facts(part).iter().enumerate() {
            at += 1;
            let looks = if place == 0 { [&formats.heading; 2] } else { [&formats.text, &formats.prose] };
            put(sheet, (at, 0), label, looks[0])?;
            put(sheet, (at, 1), text, looks[1])?;
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
        (
            "Cells",
            format!("{techniques} of techniques and {subs} of sub-techniques, one in each of their tactics"),
        ),
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
        text.push_str("; aggregate scores: ");
        text.push_str(&layout.aggregate_function);
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
    let mut at = 0;
    for part in parts {
        for cell in shown(&part.matrix) {
            at += 1;
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
            let color = cell.color.as_deref().unwrap_or_default();
            put(sheet, (at, 8), color, formats.of(Color::from_hex(color).map_or(Look::Text, Look::Swatch)))?;
            put(sheet, (at, 9), if cell.enabled { "yes" } else { "no" }, &formats.text)?;
            put(sheet, (at, 10), &cell.comment, &formats.text)?;
        }
    }
    filtered(sheet, at, &COLUMNS)
}

/// How many rows a layer has in [`metadata`].
pub(super) fn told(part: &Part<'_>) -> usize {
    part.layer.techniques.iter().map(|one| rows_of(&one.metadata, &one.links).count()).sum()
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
    let mut at = 0;
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
                at += 1;
                let texts = [&part.sheet, id, name, tactic, kind, label, value];
                for (column, text) in (0_u16..).zip(texts) {
                    put(sheet, (at, column), text, &formats.text)?;
                }
            }
        }
    }
    filtered(sheet, at, &COLUMNS)
}

/// The colours of a layer's gradient and legend.
pub(super) fn colors(layer: &InputLayer) -> impl Iterator<Item = Color> {
    meanings(layer).filter_map(|one| one.color)
}

/// How many rows a layer has in [`legend`].
pub(super) fn explained(part: &Part<'_>) -> usize {
    meanings(part.layer).count()
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
    let mut at = 0;
    for part in parts {
        for Meaning { kind, color, text, score, label } in meanings(part.layer) {
            at += 1;
            put(sheet, (at, 0), &part.sheet, &formats.text)?;
            put(sheet, (at, 1), kind, &formats.text)?;
            let format = color.map_or(Look::Text, Look::Swatch);
            put(sheet, (at, 2), &text, formats.of(format))?;
            if let Some(score) = score {
                sheet.write_number_with_format(at, 3, score, &formats.text)?;
            }
            put(sheet, (at, 4), label, &formats.text)?;
        }
    }
    filtered(sheet, at, &COLUMNS)
}

/// What a colour means.
struct Meaning<'a> {
    kind: &'static str,
    /// `None` when it is none.
    color: Option<Color>,
    text: String,
    score: Option<f64>,
    label: &'a str,
}

/// The stops of a layer's gradient, and its legend.
fn meanings(layer: &InputLayer) -> impl Iterator<Item = Meaning<'_>> {
    let colors = stops(layer);
    let (min, max) = layer.range();
    let last = colors.len().saturating_sub(1);
    let stops = colors.into_iter().enumerate().map(move |(place, color)| {
        let share = place as f64 / last.max(1) as f64;
        let label = match place {
            0 => "this score and below",
            _ if place == last => "this score and above",
            _ => "",
        };
        // Not from the difference, which two ends that are far apart may not have.
        let score = Some(min * (1.0 - share) + max * share);
        Meaning { kind: "Gradient", color: Some(color), text: color.hex(), score, label }
    });
    let items = layer.legend.iter().map(|item| {
        let color = color::parse(&item.color).map(|read| Color(read.rgb));
        let text = color.map_or_else(|| item.color.clone(), Color::hex);
        Meaning { kind: "Legend", color, text, score: None, label: &item.label }
    });
    stops.chain(items)
}
