//! Where everything stands in a picture: title, legend, columns and cells, with their texts broken into lines.

use super::super::font::{Weight, width, wrap};
use super::{Arrangement, Options};
use crate::attack::Catalog;
use crate::layer::color;
use crate::layer::read::InputLayer;
use crate::matrix::palette::Color;
use crate::matrix::{Shown, ShownCell, ShownTactic};

/// Around everything.
const MARGIN: f32 = 24.0;
/// Between columns, and between cells.
const GAP: f32 = 2.5;
/// How wide a column is where the picture is as large as the matrix.
const COLUMN: f32 = 116.0;
/// The side of a square without text.
const SQUARE: f32 = 10.0;
/// The largest text in cells, and the smallest before the whole picture is drawn smaller.
const LARGEST: f32 = 10.0;
const SMALLEST: f32 = 2.0;
/// Of a line's height, how much is its text's size.
const LEADING: f32 = 1.22;
/// How many lines a name may take.
const LINES: usize = 3;

/// A line of text.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub(super) x: f32,
    /// Of the line's base.
    pub(super) y: f32,
    pub(super) size: f32,
    pub(super) width: f32,
    pub(super) is_bold: bool,
    pub(super) is_quiet: bool,
    pub(super) line: String,
}

impl Text {
    fn new(x: f32, y: f32, size: f32, weight: Weight, line: String) -> Self {
        let width = width(&line, weight, size);
        Self { x, y, size, width, is_bold: weight == Weight::Bold, is_quiet: false, line }
    }

    fn quiet(self) -> Self {
        Self { is_quiet: true, ..self }
    }
}

/// A cell with its place.
#[derive(Debug)]
pub(super) struct Cell<'s> {
    pub(super) shown: &'s ShownCell<'s>,
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) width: f32,
    pub(super) height: f32,
    pub(super) texts: Vec<Text>,
    /// What it is, in full.
    pub(super) title: String,
}

/// A box.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bar {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) width: f32,
    pub(super) height: f32,
}

/// Everything with its place.
#[derive(Debug)]
pub(super) struct Placed<'s> {
    /// What the picture is of.
    pub(super) title: String,
    /// Width and height of the picture.
    pub(super) page: (f32, f32),
    /// Width and height of what is drawn, which the page shows as large as it can.
    pub(super) size: (f32, f32),
    pub(super) texts: Vec<Text>,
    pub(super) bar: Option<Bar>,
    pub(super) swatches: Vec<(f32, f32, f32, Color)>,
    pub(super) cells: Vec<Cell<'s>>,
}

/// What cells show, and how.
#[derive(Debug, Clone, Copy)]
struct Style {
    arrangement: Arrangement,
    ids: bool,
    names: bool,
    scores: bool,
    /// Whether squares stand for all sub-techniques: there the Navigator opens every technique.
    all_squares: bool,
    size: f32,
    unit: f32,
}

impl Style {
    /// Between a cell's edge and its text.
    fn pad(self) -> f32 {
        0.25 * self.size
    }

    /// Between the cells of a column.
    fn gap(self) -> f32 {
        GAP.min(0.25 * self.size)
    }
}

/// Places a layer.
pub(super) fn place<'s>(
    layer: &InputLayer,
    catalog: &Catalog,
    shown: &'s Shown<'s>,
    options: &Options,
) -> Placed<'s> {
    let arrangement = options.arrangement.unwrap_or_else(|| Arrangement::of(layer));
    let units: f32 = shown.columns.iter().map(|column| units(column, arrangement)).sum::<f32>().max(1.0);
    let gaps = GAP * (units - 1.0);
    let width = match options.page {
        Some((width, _)) => width,
        None => 2.0 * MARGIN + units * COLUMN + gaps,
    };
    let unit = (width - 2.0 * MARGIN - gaps) / units;
    let style = |size| Style {
        arrangement,
        ids: options.ids.unwrap_or(layer.layout.show_id),
        names: options.names.unwrap_or(layer.layout.show_name),
        scores: options.scores,
        all_squares: options.expand.is_none(),
        size,
        unit,
    };
    let mut head = Head::new(layer, catalog, width);
    let mut size = LARGEST;
    loop {
        let (cells, texts, bottom) = columns(shown, head.bottom, style(size));
        let needed = bottom + MARGIN;
        let room = options.page.map_or(f32::INFINITY, |(_, height)| height);
        if needed <= room || size <= SMALLEST {
            head.texts.extend(texts);
            let page = options.page.unwrap_or((width, needed));
            // What does not fit at the smallest size is drawn smaller as a whole.
            let scale = (needed / page.1).max(1.0);
            return Placed {
                title: head.title,
                page,
                size: (page.0 * scale, page.1 * scale),
                texts: head.texts,
                bar: Some(head.bar),
                swatches: head.swatches,
                cells,
            };
        }
        size = (size - 0.25).max(SMALLEST);
    }
}

/// How many columns' widths a tactic takes.
fn units(column: &ShownTactic<'_>, arrangement: Arrangement) -> f32 {
    let beside = arrangement == Arrangement::Side && column.techniques.iter().any(|one| one.is_expanded);
    if beside { 2.0 } else { 1.0 }
}

/// Title and legend.
struct Head {
    title: String,
    texts: Vec<Text>,
    bar: Bar,
    swatches: Vec<(f32, f32, f32, Color)>,
    bottom: f32,
}

impl Head {
    fn new(layer: &InputLayer, catalog: &Catalog, page: f32) -> Self {
        let name = layer.name.as_ref().map_or("", |name| name.value.trim());
        let on = format!("{} ATT&CK {}", catalog.domain().name(), catalog.version());
        let title = if name.is_empty() { on.clone() } else { format!("{name}, {on}") };
        let room = page - 2.0 * MARGIN;
        let mut texts = Vec::new();
        let mut y = MARGIN + 20.0;
        for line in wrap(if name.is_empty() { &on } else { name }, Weight::Bold, 20.0, room, 2) {
            texts.push(Text::new(MARGIN, y, 20.0, Weight::Bold, line));
            y += 25.0;
        }
        y -= 6.0;
        let about = if layer.description.trim().is_empty() {
            on
        } else {
            format!("{on}. {}", layer.description.trim())
        };
        for line in wrap(&about, Weight::Regular, 9.5, room.min(820.0), 2) {
            texts.push(Text::new(MARGIN, y, 9.5, Weight::Regular, line).quiet());
            y += 12.5;
        }
        let mut head = Self {
            title,
            texts,
            bar: Bar { x: MARGIN, y: y + 2.0, width: 120.0, height: 9.0 },
            swatches: Vec::new(),
            bottom: y + 26.0,
        };
        head.legend(layer, page);
        head
    }

    /// The ends of the gradient, and the legend's entries in a row, as many rows as they need.
    fn legend(&mut self, layer: &InputLayer, page: f32) {
        const SIZE: f32 = 8.5;
        let (min, max) = layer.range();
        let base = self.bar.y + 8.0;
        let least = Text::new(MARGIN, base, SIZE, Weight::Regular, min.to_string());
        self.bar.x = MARGIN + least.width + 5.0;
        let most = Text::new(self.bar.x + self.bar.width + 5.0, base, SIZE, Weight::Regular, max.to_string());
        let mut x = most.x + most.width + 18.0;
        let mut y = self.bar.y;
        self.texts.extend([least.quiet(), most.quiet()]);
        for item in &layer.legend {
            let Some(read) = color::parse(&item.color) else { continue };
            let lines = wrap(&item.label, Weight::Regular, SIZE, page - 2.0 * MARGIN - 16.0, 1);
            let Some(line) = lines.into_iter().next() else { continue };
            let wide = width(&line, Weight::Regular, SIZE);
            if x + 13.0 + wide > page - MARGIN {
                (x, y) = (MARGIN, y + 13.0);
            }
            self.swatches.push((x, y, 9.0, Color(read.rgb)));
            self.texts.push(Text::new(x + 13.0, y + 8.0, SIZE, Weight::Regular, line).quiet());
            x += 13.0 + wide + 14.0;
        }
        self.bottom = y + 26.0;
    }
}

/// Cells and headings of all columns, and where they end.
fn columns<'s>(shown: &'s Shown<'s>, top: f32, style: Style) -> (Vec<Cell<'s>>, Vec<Text>, f32) {
    let heading = (style.size * 1.05).max(6.5).min(style.unit / 5.0);
    let lead = heading * LEADING;
    let (mut cells, mut texts) = (Vec::new(), Vec::new());
    let mut bottom = top;
    let mut x = MARGIN;
    for column in &shown.columns {
        let units = units(column, style.arrangement);
        let wide = units * style.unit + (units - 1.0) * GAP;
        for (row, line) in wrap(&column.tactic.name, Weight::Bold, heading, wide, 2).into_iter().enumerate() {
            texts.push(Text::new(x, top + lead * (row as f32), heading, Weight::Bold, line));
        }
        let count = column.techniques.len();
        let count = format!("{count} {}", if count == 1 { "technique" } else { "techniques" });
        let counted =
            wrap(&count, Weight::Regular, heading * 0.85, wide, 1).into_iter().next().unwrap_or_default();
        let base = top + 2.0 * lead - 1.0;
        texts.push(Text::new(x, base, heading * 0.85, Weight::Regular, counted).quiet());
        let end = place_column(column, (x, base + 5.0), style, &mut cells);
        bottom = bottom.max(end);
        x += wide + GAP;
    }
    (cells, texts, bottom)
}

fn place_column<'s>(
    column: &'s ShownTactic<'s>,
    (x, top): (f32, f32),
    style: Style,
    cells: &mut Vec<Cell<'s>>,
) -> f32 {
    if style.arrangement == Arrangement::Mini {
        return squares(column, (x, top), style, cells);
    }
    let mut y = top;
    for technique in &column.techniques {
        let own = cells.len();
        cells.push(cell(&technique.cell, technique.aggregate, (x, y), style.unit, style));
        let mut end = y + cells[own].height;
        if technique.is_expanded {
            let (sub_x, sub_width, mut sub_y) = match style.arrangement {
                Arrangement::Side => (x + style.unit + GAP, style.unit, y),
                _ => (
                    x + 2.0 * style.size.min(6.0),
                    style.unit - 2.0 * style.size.min(6.0),
                    end + 0.4 * style.gap(),
                ),
            };
            for sub in &technique.subs {
                let sub = cell(sub, None, (sub_x, sub_y), sub_width, style);
                sub_y += sub.height + 0.4 * style.gap();
                cells.push(sub);
            }
            end = end.max(sub_y - 0.4 * style.gap());
            if style.arrangement == Arrangement::Side {
                cells[own].height = end - y;
            }
        }
        y = end + style.gap();
    }
    y - style.gap()
}

/// Squares in rows: a technique and its sub-techniques, which are smaller.
fn squares<'s>(
    column: &'s ShownTactic<'s>,
    (left, top): (f32, f32),
    style: Style,
    cells: &mut Vec<Cell<'s>>,
) -> f32 {
    let (mut x, mut y) = (left, top);
    let mut put = |shown: &'s ShownCell<'s>, aggregate, side: f32| {
        if x + side > left + style.unit && x > left {
            (x, y) = (left, y + SQUARE + GAP);
        }
        let (at, below) = (x, y + SQUARE - side);
        x += side + GAP;
        cells.push(Cell {
            shown,
            x: at,
            y: below,
            width: side,
            height: side,
            texts: Vec::new(),
            title: title(shown, aggregate),
        });
    };
    for technique in &column.techniques {
        put(&technique.cell, technique.aggregate, SQUARE);
        if technique.is_expanded || style.all_squares {
            technique.subs.iter().for_each(|sub| put(sub, None, 0.7 * SQUARE));
        }
    }
    y + SQUARE
}

fn cell<'s>(
    shown: &'s ShownCell<'s>,
    aggregate: Option<f64>,
    (x, y): (f32, f32),
    wide: f32,
    style: Style,
) -> Cell<'s> {
    let pad = style.pad();
    let room = wide - 2.0 * pad;
    let lead = style.size * LEADING;
    let id = shown.technique.id.to_string();
    let label = match (style.ids, style.names) {
        (true, true) => format!("{id}: {}", shown.technique.name),
        (true, false) => id,
        (false, true) => shown.technique.name.to_string(),
        (false, false) => String::new(),
    };
    let mut lines: Vec<(String, Weight)> = wrap(&label, Weight::Regular, style.size, room, LINES)
        .into_iter()
        .map(|line| (line, Weight::Regular))
        .collect();
    if let Some(score) = aggregate.or(shown.score).filter(|_| style.scores) {
        lines.extend(
            wrap(&score.to_string(), Weight::Bold, style.size, room, 1)
                .into_iter()
                .map(|line| (line, Weight::Bold)),
        );
    }
    let height = lead * lines.len().max(1) as f32 + 2.0 * pad;
    let base = |row: usize| y + pad + lead * (row as f32) + style.size * 0.98;
    let texts = lines.into_iter().enumerate();
    let texts =
        texts.map(|(row, (line, weight))| Text::new(x + pad, base(row), style.size, weight, line)).collect();
    Cell { shown, x, y, width: wide, height, texts, title: title(shown, aggregate) }
}

/// What a cell is, in full: `T1059 Command and Scripting Interpreter, score 50`.
fn title(shown: &ShownCell<'_>, aggregate: Option<f64>) -> String {
    let mut parts = vec![format!("{} {}", shown.technique.id, shown.technique.name)];
    parts.extend(shown.score.map(|score| format!("score {score}")));
    parts.extend(aggregate.map(|score| format!("aggregate score {score}")));
    if !shown.is_enabled {
        parts.push("disabled".to_owned());
    }
    parts.join(", ")
}
