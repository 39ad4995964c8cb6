//! Where everything stands in a picture: title, legend, columns and cells, with their texts broken into lines.

use std::iter::successors;

use super::{Arrangement, Options};
use crate::attack::Catalog;
use crate::layer::read::InputLayer;
use crate::layer::{color, navigator_platform};
use crate::matrix::palette::Color;
use crate::matrix::{Shown, ShownCell, ShownTactic};
use crate::render::font::{Weight, longest_piece, width, wrap};

/// Around everything.
pub(in crate::render) const MARGIN: f32 = 24.0;
/// Between columns, and between cells.
const GAP: f32 = 2.5;
/// How wide a column is where the picture is as large as the matrix.
const COLUMN: f32 = 116.0;
/// The side of a square without text where the picture is as large as the matrix, and the largest on a page.
const SQUARE: f32 = 10.0;
const LARGEST_SQUARE: f32 = 40.0;
/// The text in cells where the picture is as large as the matrix; the largest on a page, and the smallest before the whole
/// picture is drawn smaller.
const USUAL: f32 = 10.0;
const LARGEST: f32 = 16.0;
const SMALLEST: f32 = 2.0;
/// Between one size and the next.
const STEP: f32 = 0.25;
/// Of a line's height, how much is its text's size.
const LEADING: f32 = 1.22;
/// How many lines a name may take.
const LINES: usize = 3;

/// A line of text.
#[derive(Debug, Clone)]
pub(in crate::render) struct Text {
    pub(in crate::render) x: f32,
    /// Of the line's base.
    pub(in crate::render) y: f32,
    pub(in crate::render) size: f32,
    pub(in crate::render) width: f32,
    pub(in crate::render) is_bold: bool,
    pub(in crate::render) is_quiet: bool,
    pub(in crate::render) line: String,
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
pub(in crate::render) struct Cell<'s> {
    pub(in crate::render) shown: &'s ShownCell<'s>,
    /// The score of the technique and its sub-techniques together, where the layer shows it.
    pub(in crate::render) aggregate: Option<f64>,
    pub(in crate::render) x: f32,
    pub(in crate::render) y: f32,
    pub(in crate::render) width: f32,
    pub(in crate::render) height: f32,
    pub(in crate::render) texts: Vec<Text>,
}

impl Cell<'_> {
    /// How thick the line under it is that tells of a comment.
    pub(in crate::render) fn mark_height(&self) -> f32 {
        1.5_f32.min(0.12 * self.height)
    }

    /// What it is, in full: `T1059 Command and Scripting Interpreter, score 50`.
    pub(in crate::render) fn title(&self) -> String {
        let shown = self.shown;
        let mut parts = vec![format!("{} {}", shown.technique.id, shown.technique.name)];
        parts.extend(shown.score.map(|score| format!("score {score}")));
        parts.extend(self.aggregate.map(|score| format!("aggregate score {score}")));
        if !shown.is_enabled {
            parts.push("disabled".to_owned());
        }
        parts.join(", ")
    }
}

/// A box.
#[derive(Debug, Clone, Copy)]
pub(in crate::render) struct Bar {
    pub(in crate::render) x: f32,
    pub(in crate::render) y: f32,
    pub(in crate::render) width: f32,
    pub(in crate::render) height: f32,
}

/// Everything with its place.
#[derive(Debug)]
pub(in crate::render) struct Placed<'s> {
    /// What the picture is of.
    pub(in crate::render) title: String,
    /// Width and height of the picture.
    pub(in crate::render) page: (f32, f32),
    /// Width and height of what is drawn, which the page shows as large as it can.
    pub(in crate::render) size: (f32, f32),
    pub(in crate::render) texts: Vec<Text>,
    pub(in crate::render) bar: Option<Bar>,
    pub(in crate::render) swatches: Vec<(f32, f32, f32, Color)>,
    pub(in crate::render) cells: Vec<Cell<'s>>,
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
    /// The size of text; of squares without text their side.
    size: f32,
    /// How wide a column is.
    unit: f32,
}

impl Style {
    /// Between a cell's edge and its text.
    fn pad(self) -> f32 {
        0.25 * self.size
    }

    /// The size of headings: no word of theirs is wider than a column.
    fn heading(self, shown: &Shown<'_>) -> f32 {
        let usual = match self.arrangement {
            Arrangement::Mini => (0.1 * self.unit).min(14.0),
            _ => 1.05 * self.size,
        };
        let names = shown.columns.iter().map(|column| longest_piece(&column.tactic.name, Weight::Bold));
        usual.max(6.5).min(self.unit / names.fold(1.0, f32::max))
    }

    /// Between the cells of a column.
    fn gap(self) -> f32 {
        GAP.min(0.25 * self.size)
    }
}

/// What stands above the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::render) enum Above {
    /// Title, description and legend.
    Title,
    /// The legend alone: the page around the picture tells the rest.
    Legend,
}

/// Places a layer.
pub(in crate::render) fn place<'s>(
    layer: &InputLayer,
    catalog: &Catalog,
    shown: &'s Shown<'s>,
    options: &Options,
    above: Above,
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
    // On a large page, such as a slide, what stands above the matrix is as large in proportion.
    let zoom =
        options.page.map_or(1.0, |(width, height)| (width.min(1.6 * height) / 1_250.0).clamp(1.0, 4.0));
    let head = Head::new(layer, catalog, width, zoom, above);
    let Some(page) = options.page else {
        let usual = if arrangement == Arrangement::Mini { SQUARE } else { USUAL };
        let body = Body::new(shown, head.bottom, style(usual));
        let page = (width, body.bottom + MARGIN);
        return placed(head, body, page);
    };
    let fits = |body: &Body<'_>, size: f32| {
        body.bottom + MARGIN <= page.1 && (size <= USUAL || !body.is_cut && !body.is_broken)
    };
    let largest = if arrangement == Arrangement::Mini { LARGEST_SQUARE.min(unit) } else { LARGEST };
    let sizes: Vec<f32> =
        successors(Some(SMALLEST), |size| Some(size + STEP).filter(|size| *size <= largest)).collect();
    // The largest that fits: what is larger takes more room, all but for a line now and then.
    let mut best = None;
    let _ = sizes.partition_point(|size| {
        let body = Body::new(shown, head.bottom, style(*size));
        let does = fits(&body, *size);
        if does {
            best = Some(body);
        }
        does
    });
    let body = best.unwrap_or_else(|| Body::new(shown, head.bottom, style(SMALLEST)));
    placed(head, body, page)
}

/// Head and body on a page.
fn placed(head: Head, body: Body<'_>, page: (f32, f32)) -> Placed<'_> {
    let mut texts = head.texts;
    texts.extend(body.texts);
    // What does not fit at the smallest size is drawn smaller as a whole.
    let scale = ((body.bottom + MARGIN) / page.1).max(1.0);
    Placed {
        title: head.title,
        page,
        size: (page.0 * scale, page.1 * scale),
        texts,
        bar: Some(head.bar),
        swatches: head.swatches,
        cells: body.cells,
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
    fn new(layer: &InputLayer, catalog: &Catalog, page: f32, zoom: f32, above: Above) -> Self {
        let (name, on) = names(layer, catalog);
        let title = if name.is_empty() { on } else { format!("{name}, {on}") };
        let mut texts = Vec::new();
        let y = match above {
            Above::Title => Self::title(layer, catalog, (page, zoom), &mut texts),
            Above::Legend => MARGIN,
        };
        let bar = Bar { x: MARGIN, y: y + 2.0, width: 120.0 * zoom, height: 9.0 * zoom };
        let mut head = Self { title, texts, bar, swatches: Vec::new(), bottom: y };
        head.legend(layer, page, zoom);
        head
    }

    /// Title and description; tells where they end.
    fn title(layer: &InputLayer, catalog: &Catalog, (page, zoom): (f32, f32), texts: &mut Vec<Text>) -> f32 {
        let (name, on) = names(layer, catalog);
        let room = page - 2.0 * MARGIN;
        let mut y = MARGIN + 20.0 * zoom;
        for line in wrap(if name.is_empty() { &on } else { name }, Weight::Bold, 20.0 * zoom, room, 2) {
            texts.push(Text::new(MARGIN, y, 20.0 * zoom, Weight::Bold, line));
            y += 25.0 * zoom;
        }
        y -= 6.0 * zoom;
        let about = [Some(on), sentence(&layer.description), platforms(layer, catalog)];
        let about: Vec<String> = about.into_iter().flatten().collect();
        let end = if about.len() > 1 { "." } else { "" };
        let about = about.join(". ") + end;
        for line in wrap(&about, Weight::Regular, 9.5 * zoom, room.min(820.0 * zoom), 2) {
            texts.push(Text::new(MARGIN, y, 9.5 * zoom, Weight::Regular, line).quiet());
            y += 12.5 * zoom;
        }
        y
    }

    /// The ends of the gradient, and the legend's entries in a row, as many rows as they need.
    fn legend(&mut self, layer: &InputLayer, page: f32, zoom: f32) {
        let size = 8.5 * zoom;
        let (min, max) = layer.range();
        let base = self.bar.y + 8.0 * zoom;
        let least = Text::new(MARGIN, base, size, Weight::Regular, min.to_string());
        self.bar.x = MARGIN + least.width + 5.0 * zoom;
        let after = self.bar.x + self.bar.width + 5.0 * zoom;
        let most = Text::new(after, base, size, Weight::Regular, max.to_string());
        let mut x = most.x + most.width + 18.0 * zoom;
        let mut y = self.bar.y;
        self.texts.extend([least.quiet(), most.quiet()]);
        for item in &layer.legend {
            let Some(read) = color::parse(&item.color) else { continue };
            let lines = wrap(&item.label, Weight::Regular, size, page - 2.0 * MARGIN - 16.0 * zoom, 1);
            let Some(line) = lines.into_iter().next() else { continue };
            let wide = width(&line, Weight::Regular, size);
            if x + 13.0 * zoom + wide > page - MARGIN {
                (x, y) = (MARGIN, y + 13.0 * zoom);
            }
            self.swatches.push((x, y, 9.0 * zoom, Color(read.rgb)));
            let label = Text::new(x + 13.0 * zoom, y + 8.0 * zoom, size, Weight::Regular, line);
            self.texts.push(label.quiet());
            x += 27.0 * zoom + wide;
        }
        self.bottom = y + 17.0 * zoom;
    }
}

/// What a layer is called, empty when it is not, and what it is on.
fn names<'l>(layer: &'l InputLayer, catalog: &Catalog) -> (&'l str, String) {
    let name = layer.name.as_ref().map_or("", |name| name.value.trim());
    (name, format!("{} ATT&CK {}", catalog.domain().name(), catalog.version()))
}

/// A description without the stop at its end; `None` when there is none.
fn sentence(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.strip_suffix('.').unwrap_or(text).to_owned())
}

/// Of which platforms techniques are shown, where it is not all of them and the layer's description does not say it.
fn platforms(layer: &InputLayer, catalog: &Catalog) -> Option<String> {
    let named = &layer.platforms.as_ref().filter(|held| !held.value.is_empty())?.value;
    let is_shown = |platform: &&str| named.iter().any(|name| navigator_platform(&name.value) == *platform);
    let shown: Vec<&str> = catalog.platforms().iter().map(AsRef::as_ref).filter(is_shown).collect();
    let is_told = shown.iter().all(|platform| layer.description.contains(platform));
    (shown.len() < catalog.platforms().len() && !is_told).then(|| format!("Platforms: {}", shown.join(", ")))
}

/// The columns.
struct Body<'s> {
    style: Style,
    texts: Vec<Text>,
    cells: Vec<Cell<'s>>,
    bottom: f32,
    /// Whether a name is longer than its lines.
    is_cut: bool,
    /// Whether a word is longer than a line.
    is_broken: bool,
}

impl<'s> Body<'s> {
    fn new(shown: &'s Shown<'s>, top: f32, style: Style) -> Self {
        let mut body = Self {
            style,
            texts: Vec::new(),
            cells: Vec::new(),
            bottom: top,
            is_cut: false,
            is_broken: false,
        };
        let heading = style.heading(shown);
        let lead = heading * LEADING;
        let wide = |column: &ShownTactic<'_>| {
            let units = units(column, style.arrangement);
            units * style.unit + (units - 1.0) * GAP
        };
        let headings: Vec<Vec<String>> = shown
            .columns
            .iter()
            .map(|column| wrap(&column.tactic.name, Weight::Bold, heading, wide(column), 2))
            .collect();
        let rows = headings.iter().map(Vec::len).max().unwrap_or(1);
        let top = top + heading;
        let base = top + lead * (rows as f32) - 1.0;
        let below = base + (0.45 * heading).max(5.0);
        let mut x = MARGIN;
        for (column, lines) in shown.columns.iter().zip(headings) {
            let wide = wide(column);
            // Short ones stand right above what is under them.
            let first = rows - lines.len();
            for (row, line) in lines.into_iter().enumerate() {
                let y = top + lead * ((first + row) as f32);
                body.texts.push(Text::new(x, y, heading, Weight::Bold, line));
            }
            let count = column.techniques.len();
            let count = format!("{count} {}", if count == 1 { "technique" } else { "techniques" });
            let counted =
                wrap(&count, Weight::Regular, heading * 0.85, wide, 1).into_iter().next().unwrap_or_default();
            body.texts.push(Text::new(x, base, heading * 0.85, Weight::Regular, counted).quiet());
            let end = body.column(column, (x, below));
            body.bottom = body.bottom.max(end);
            x += wide + GAP;
        }
        body
    }

    fn column(&mut self, column: &'s ShownTactic<'s>, (x, top): (f32, f32)) -> f32 {
        let style = self.style;
        if style.arrangement == Arrangement::Mini {
            return self.squares(column, (x, top));
        }
        let mut y = top;
        for technique in &column.techniques {
            let own = self.cells.len();
            let mut end = y + self.cell(&technique.cell, technique.aggregate, (x, y), style.unit);
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
                    sub_y += self.cell(sub, None, (sub_x, sub_y), sub_width) + 0.4 * style.gap();
                }
                end = end.max(sub_y - 0.4 * style.gap());
                if style.arrangement == Arrangement::Side {
                    self.cells[own].height = end - y;
                }
            }
            y = end + style.gap();
        }
        y - style.gap()
    }

    /// Squares in rows: a technique and its sub-techniques, which are smaller.
    fn squares(&mut self, column: &'s ShownTactic<'s>, (left, top): (f32, f32)) -> f32 {
        let whole = self.style.size;
        let gap = (0.25 * whole).clamp(0.5, 6.0);
        // A gap more keeps columns apart.
        let right = left + self.style.unit - gap;
        let (mut x, mut y) = (left, top);
        let mut put = |shown: &'s ShownCell<'s>, aggregate, side: f32| {
            if x + side > right && x > left {
                (x, y) = (left, y + whole + gap);
            }
            let (at, below) = (x, y + whole - side);
            x += side + gap;
            let texts = Vec::new();
            self.cells.push(Cell { shown, aggregate, x: at, y: below, width: side, height: side, texts });
        };
        for technique in &column.techniques {
            put(&technique.cell, technique.aggregate, whole);
            if technique.is_expanded || self.style.all_squares {
                technique.subs.iter().for_each(|sub| put(sub, None, 0.7 * whole));
            }
        }
        y + whole
    }

    /// Adds a cell, and tells how high it is.
    fn cell(
        &mut self,
        shown: &'s ShownCell<'s>,
        aggregate: Option<f64>,
        (x, y): (f32, f32),
        wide: f32,
    ) -> f32 {
        let style = self.style;
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
        self.is_cut |= lines.len() == LINES && lines[LINES - 1].0.ends_with('…');
        // Only what is larger than usual asks.
        self.is_broken |= style.size > USUAL && longest_piece(&label, Weight::Regular) * style.size > room;
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
        let texts = texts
            .map(|(row, (line, weight))| Text::new(x + pad, base(row), style.size, weight, line))
            .collect();
        self.cells.push(Cell { shown, aggregate, x, y, width: wide, height, texts });
        height
    }
}
