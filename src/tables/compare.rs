//! Sides next to each other as tables: per technique, per side, per pair, and what is dominated.

mod against;

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::techniques::{platforms, tactics};
use super::{Cell, Column, Head, Kind, Row, Shown, Table};
use crate::attack::{Catalog, TechniqueId};
use crate::coverage::compare::{Comparison, Overlap, Place, Side, SideFigures, Standing, Verdict};
use crate::coverage::{CapabilityKey, Coverage, State};
use crate::mapping::select::TechniqueKind;
use crate::mapping::{Category, Level, Mapping, MappingSet};
use crate::output;
use against::{ROW, row_cells};

pub use against::{AgainstSideRow, compared_against, compared_gaps};

/// Which rows a comparison has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rows {
    /// One row for each technique, over all categories, rather than one for each category.
    pub per_technique: bool,
    /// Also the techniques in scope that no side maps.
    pub all: bool,
    /// Only those in which the sides differ.
    pub differences: bool,
    /// Only what the threat uses that the comparison is held against.
    pub used: bool,
}

/// The keys of the sides' columns, in the order of the sides: slugs of their names, each once.
#[must_use]
pub fn side_keys(names: &[&str]) -> Vec<String> {
    // Those of a threat among them, so that keys stay the same with one and without.
    const TAKEN: [&str; 13] = [
        "id",
        "name",
        "kind",
        "tactics",
        "platforms",
        "fate",
        "category",
        "use",
        "residual",
        "used_by",
        "verdict",
        "by",
        "lead",
    ];
    const OF_SIDE: [&str; 5] = ["score", "residual", "state", "capabilities", "comments"];
    let mut keys: Vec<String> = Vec::new();
    for name in names {
        let slug = output::slug(name).replace(['-', '.'], "_");
        let of_side = |key: &str| OF_SIDE.map(|what| format!("{key}_{what}"));
        let is_free = |key: &String| {
            let others = keys.iter().flat_map(|held| of_side(held));
            let is_taken = keys.contains(key) || TAKEN.contains(&key.as_str());
            !is_taken
                && !others.into_iter().any(|held| held == *key)
                && !of_side(key).iter().any(|own| keys.contains(own))
        };
        let mut numbered = (2..).map(|number| format!("{slug}_{number}"));
        let key = if is_free(&slug) { Some(slug.clone()) } else { numbered.find(is_free) };
        keys.push(key.unwrap_or(slug));
    }
    keys
}

/// One row for each technique that any side maps, and for each category that any side maps it in: who is strongest, and
/// of each side the level, the score, the capabilities and their comments. Against a threat also how much the technique is
/// used, by whom, and what remains of it, with all sides together and with each of them.
#[must_use]
pub fn compared(comparison: &Comparison<'_>, rows: Rows) -> Table {
    let sides = comparison.sides();
    let Some(first) = sides.first() else { return Table::default() };
    let catalog = first.coverage.catalog();
    let is_wanted = |id: TechniqueId| {
        let against = comparison.defence().filter(|_| rows.used);
        against.is_none_or(|defence| defence.together().exposure(id).is_some())
    };
    let mut all: Vec<Vec<Cell>> = Vec::new();
    for row in comparison.rows().iter().filter(|row| is_wanted(row.technique)) {
        let per_category = !rows.per_technique && !row.categories.is_empty();
        let of_categories = row.categories.iter().map(|(category, standing)| (Some(*category), standing));
        let overall = [(None, &row.overall)];
        let standings: Vec<(Option<Category>, &Standing)> =
            if per_category { of_categories.collect() } else { overall.to_vec() };
        for (category, standing) in
            standings.into_iter().filter(|(_, one)| !rows.differences || one.differs())
        {
            all.push(cells(comparison, catalog, row.technique, category, standing));
        }
    }
    if rows.all && !rows.differences {
        let nothing = Standing { places: vec![Place::default(); sides.len()] };
        let open = comparison.nobody().iter().filter(|id| is_wanted(**id));
        all.extend(open.map(|id| cells(comparison, catalog, *id, None, &nothing)));
        all.sort_by_cached_key(|row| row[0].text("").into_owned());
    }
    Table::of(heads(comparison), all)
}

fn heads(comparison: &Comparison<'_>) -> Vec<Head> {
    let mut heads = vec![
        Head::new("id", "ID", Kind::Text, Shown::Always),
        Head::new("name", "Name", Kind::Text, Shown::Always),
        Head::new("kind", "Kind", Kind::Text, Shown::OnRequest),
        Head::new("tactics", "Tactics", Kind::Text, Shown::OnRequest),
        Head::new("platforms", "Platforms", Kind::Text, Shown::OnRequest),
        Head::new("fate", "Fate", Kind::Text, Shown::OnRequest),
        Head::new("category", "Category", Kind::Text, Shown::WhenFilled),
    ];
    let names: Vec<&str> = comparison.sides().iter().map(|side| side.name.as_str()).collect();
    let kind = if comparison.is_count() { Kind::Number } else { Kind::Text };
    let keys = side_keys(&names);
    for (key, name) in keys.iter().zip(&names) {
        heads.push(own(key.clone(), (*name).to_owned(), kind, Shown::Always));
    }
    let is_against = comparison.defence().is_some();
    if is_against {
        heads.extend(ROW.map(|(key, heading, kind, shown)| Head::new(key, heading, kind, shown)));
    }
    heads.extend([
        Head::new("verdict", "Verdict", Kind::Text, Shown::Always),
        Head::new("by", "By", Kind::Text, Shown::Always),
        Head::new("lead", "Lead", Kind::Number, Shown::OnRequest),
    ]);
    for (key, name) in keys.iter().zip(&names) {
        let of = |what: &str, heading: &str, kind: Kind| {
            own(format!("{key}_{what}"), format!("{name}: {heading}"), kind, Shown::OnRequest)
        };
        heads.push(of("score", "score", Kind::Number));
        heads.extend(is_against.then(|| of("residual", "residual", Kind::Number)));
        heads.extend([
            of("state", "state", Kind::Text),
            of("capabilities", "capabilities", Kind::Text),
            of("comments", "comments", Kind::Text),
        ]);
    }
    heads
}

/// The head of a column that only a run tells.
fn own(key: String, heading: String, kind: Kind, shown: Shown) -> Head {
    Head { key: Cow::Owned(key), heading: Cow::Owned(heading), kind, shown }
}

fn cells(
    comparison: &Comparison<'_>,
    catalog: &Catalog,
    id: TechniqueId,
    category: Option<Category>,
    standing: &Standing,
) -> Vec<Cell> {
    let sides = comparison.sides();
    let name = sides.first().map(|side| side.coverage.full_name(id)).unwrap_or_default();
    let fate = match catalog.technique(id) {
        Some(_) => "active".to_owned(),
        None => catalog.fate(id).describe(),
    };
    let mut cells = vec![
        Cell::Text(id.to_string()),
        Cell::of_text(&name),
        Cell::of_text(TechniqueKind::of(id).name()),
        Cell::List(tactics(catalog, id)),
        Cell::List(platforms(catalog, id)),
        Cell::of_text(&fate),
        category.map_or(Cell::Empty, Cell::Category),
    ];
    cells.extend(standing.places.iter().map(|place| match (place.is_mapped, place.level, place.score) {
        (false, ..) => Cell::Empty,
        (true, _, Some(score)) if comparison.is_count() => Cell::Whole(score),
        (true, Some(level), _) => Cell::Level(level),
        (true, None, _) => Cell::Text("mapped".to_owned()),
    }));
    let (told, of_sides) = comparison.defence().map(|defence| row_cells(defence, id)).unzip();
    cells.extend(told.into_iter().flatten());
    let verdict = standing.verdict();
    cells.extend([
        Cell::of_text(word(&verdict)),
        Cell::List(leaders(&verdict).iter().map(|side| sides[*side].name.clone()).collect()),
        Cell::Whole(standing.lead()),
    ]);
    let mut of_sides = of_sides.into_iter().flatten();
    for (side, place) in sides.iter().zip(&standing.places) {
        cells.push(place.score.map_or(Cell::Empty, Cell::Whole));
        cells.extend(of_sides.next());
        let state = match side.coverage.state(id) {
            State::Covered if !place.is_mapped => State::NotCovered,
            state => state,
        };
        cells.push(Cell::of_text(state.name()));
        let mappings = mappings(side, id, category);
        cells.push(Cell::List(capability_names(&mappings)));
        cells.push(Cell::of_prose(&comments(&mappings)));
    }
    cells
}

/// `only`, `strongest`, `equal`, `none`
#[must_use]
pub(crate) const fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Nobody => "none",
        Verdict::Only(_) => "only",
        Verdict::Strongest(_) => "strongest",
        Verdict::Equal(_) => "equal",
    }
}

/// The sides that a verdict names.
#[must_use]
pub(crate) fn leaders(verdict: &Verdict) -> &[usize] {
    match verdict {
        Verdict::Nobody => &[],
        Verdict::Only(side) | Verdict::Strongest(side) => std::slice::from_ref(side),
        Verdict::Equal(sides) => sides,
    }
}

/// The mappings of a side of one technique, in one category where one is asked for.
pub(crate) fn mappings<'a>(
    side: &Side<'a>,
    id: TechniqueId,
    category: Option<Category>,
) -> Vec<(&'a MappingSet, &'a Mapping)> {
    let Some(cell) = side.coverage.cell(id) else { return Vec::new() };
    let all = side.coverage.mappings(cell);
    all.filter(|(_, mapping)| category.is_none() || mapping.category == category).collect()
}

fn capability_names(mappings: &[(&MappingSet, &Mapping)]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (set, mapping) in mappings {
        let name = &set.capabilities[mapping.capability].name;
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// `Amazon GuardDuty, Detect Partial: what its analysts say`, a line for each mapping with a comment.
fn comments(mappings: &[(&MappingSet, &Mapping)]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for (set, mapping) in mappings.iter().filter(|(_, mapping)| !mapping.comment.is_empty()) {
        let name = &set.capabilities[mapping.capability].name;
        let score =
            mapping.score().map_or_else(String::new, |(category, level)| format!(", {category} {level}"));
        let line = format!("{name}{score}: {}", mapping.comment);
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.join("\n")
}

/// The figures of one side.
#[derive(Debug, Clone, PartialEq)]
pub struct SideRow {
    /// Its name.
    pub side: String,
    /// The labels of the sets that it is of.
    pub sources: Vec<String>,
    /// The ATT&CK versions that they were made on.
    pub made_on: Vec<String>,
    /// How many capabilities of it map something.
    pub capabilities: usize,
    /// Over all categories.
    pub figures: SideFigures,
    /// How many techniques it maps in each category.
    pub categories: [usize; 3],
    /// Whether it has levels.
    pub is_scored: bool,
}

impl SideRow {
    fn of(&self) -> usize {
        self.figures.statistics.in_scope.total()
    }

    /// A sum of scores in percent of what it would be if every technique in scope had the full score.
    fn percent(&self, sum: f64) -> Cell {
        if self.is_scored && self.of() > 0 { Cell::Decimal(sum / self.of() as f64) } else { Cell::Empty }
    }

    fn level(&self, level: Level) -> Cell {
        if !self.is_scored {
            return Cell::Empty;
        }
        Cell::count(self.figures.statistics.levels.exactly(level).total())
    }
}

impl Row for SideRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("side", "Side", Shown::Always, |row| Cell::of_text(&row.side)),
        Column::share("mapped", "Mapped", Shown::Always, |row| {
            Cell::share(row.figures.statistics.mapped.total(), row.of())
        }),
        Column::share("only", "Only here", Shown::Always, |row| {
            Cell::share(row.figures.only.total(), row.of())
        }),
        Column::number("stronger", "Strongest", Shown::Always, |row| {
            Cell::count(row.figures.stronger.total())
        }),
        Column::number("protect", "Protect", Shown::WhenFilled, |row| Cell::count(row.categories[0])),
        Column::number("detect", "Detect", Shown::WhenFilled, |row| Cell::count(row.categories[1])),
        Column::number("respond", "Respond", Shown::WhenFilled, |row| Cell::count(row.categories[2])),
        Column::number("minimal", "Minimal", Shown::WhenFilled, |row| row.level(Level::Minimal)),
        Column::number("partial", "Partial", Shown::WhenFilled, |row| row.level(Level::Partial)),
        Column::number("significant", "Significant", Shown::WhenFilled, |row| row.level(Level::Significant)),
        Column::number("weighted_percent", "Weighted percent", Shown::WhenFilled, |row| {
            row.percent(row.figures.statistics.total_score())
        }),
        Column::number("lead_percent", "Lead percent", Shown::OnRequest, |row| {
            row.percent(row.figures.lead_sum as f64)
        }),
        Column::number("capabilities", "Capabilities", Shown::Always, |row| Cell::count(row.capabilities)),
        Column::text("sources", "Sources", Shown::WhenVaried, |row| Cell::List(row.sources.clone())),
        Column::text("made_on", "Made on", Shown::WhenVaried, |row| Cell::List(row.made_on.clone())),
    ];
}

/// One row for each side.
#[must_use]
pub fn compared_sides(comparison: &Comparison<'_>) -> Vec<SideRow> {
    let rows = comparison.sides().iter().enumerate().map(|(place, side)| {
        let of = |category: Category| {
            let figures = comparison.of_categories().iter().find(|(of, _)| *of == category);
            figures.map_or(0, |(_, figures)| figures.sides[place].statistics.mapped.total())
        };
        let mut made_on: Vec<String> =
            side.coverage.involved().map(|(_, set)| set.made_on().to_string()).collect();
        made_on.dedup();
        SideRow {
            side: side.name.clone(),
            sources: side.coverage.involved().map(|(_, set)| set.framework.label()).collect(),
            made_on,
            capabilities: mapping_capabilities(&side.coverage).len(),
            figures: comparison.overall().sides[place],
            categories: Category::ALL.map(of),
            is_scored: !comparison.is_count(),
        }
    });
    rows.collect()
}

/// The capabilities of which any mapping counts.
pub(crate) fn mapping_capabilities(coverage: &Coverage<'_>) -> BTreeSet<CapabilityKey> {
    coverage.cells().values().flat_map(|cell| cell.capabilities.iter().map(|(key, _)| *key)).collect()
}

/// What two sides share.
#[derive(Debug, Clone, PartialEq)]
pub struct PairRow {
    /// The first side's name.
    pub left: String,
    /// The second side's name.
    pub right: String,
    /// In one category; `None`: over all.
    pub category: Option<Category>,
    /// How much.
    pub overlap: Overlap,
}

impl Row for PairRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("left", "Left", Shown::Always, |row| Cell::of_text(&row.left)),
        Column::text("right", "Right", Shown::Always, |row| Cell::of_text(&row.right)),
        Column::text("category", "Category", Shown::WhenFilled, |row| {
            row.category.map_or_else(|| Cell::Text("any".to_owned()), Cell::Category)
        }),
        Column::share("both", "Both", Shown::Always, |row| {
            Cell::share(row.overlap.both, row.overlap.union())
        }),
        Column::number("overlap_percent", "Overlap percent", Shown::Always, |row| {
            percent(row.overlap.jaccard())
        }),
        Column::number("weighted_percent", "Weighted percent", Shown::WhenFilled, |row| {
            percent(row.overlap.weighted_jaccard())
        }),
        Column::number("left_only", "Left only", Shown::Always, |row| Cell::count(row.overlap.left_only)),
        Column::number("right_only", "Right only", Shown::Always, |row| Cell::count(row.overlap.right_only)),
        Column::number("left_stronger", "Left stronger", Shown::Always, |row| {
            Cell::count(row.overlap.left_stronger)
        }),
        Column::number("equal", "Equal", Shown::Always, |row| Cell::count(row.overlap.equal)),
        Column::number("right_stronger", "Right stronger", Shown::Always, |row| {
            Cell::count(row.overlap.right_stronger)
        }),
        Column::number("lower_sum", "Lower sum", Shown::OnRequest, |row| Cell::Whole(row.overlap.lower_sum)),
        Column::number("higher_sum", "Higher sum", Shown::OnRequest, |row| {
            Cell::Whole(row.overlap.higher_sum)
        }),
    ];
}

fn percent(share: Option<f64>) -> Cell {
    share.map_or(Cell::Empty, |share| Cell::Decimal(100.0 * share))
}

/// One row for each pair of sides over all categories, and after it one for each category when there are several.
#[must_use]
pub fn compared_pairs(comparison: &Comparison<'_>) -> Vec<PairRow> {
    let mut rows = Vec::new();
    for pair in comparison.pairs() {
        let row = |category: Option<Category>, overlap: Overlap| PairRow {
            left: comparison.sides()[pair.left].name.clone(),
            right: comparison.sides()[pair.right].name.clone(),
            category,
            overlap,
        };
        rows.push(row(None, pair.overall));
        if pair.categories.len() > 1 {
            rows.extend(pair.categories.iter().map(|(category, overlap)| row(Some(*category), *overlap)));
        }
    }
    rows
}

/// A capability of which another one does everything at least as well.
#[derive(Debug, Clone, PartialEq)]
pub struct DominatedRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The sides that it belongs to.
    pub sides: Vec<String>,
    /// How many techniques it maps.
    pub mapped: usize,
    /// Those that do more, or the same better.
    pub by: Vec<String>,
    /// Those that do exactly the same.
    pub same: Vec<String>,
}

impl Row for DominatedRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("name", "Name", Shown::Always, |row| Cell::of_text(&row.name)),
        Column::text("id", "ID", Shown::OnRequest, |row| Cell::of_text(&row.id)),
        Column::text("sides", "Sides", Shown::WhenVaried, |row| Cell::List(row.sides.clone())),
        Column::number("mapped", "Mapped", Shown::Always, |row| Cell::count(row.mapped)),
        Column::text("by", "At least as well", Shown::WhenFilled, |row| Cell::List(row.by.clone())),
        Column::text("same", "Just the same", Shown::WhenFilled, |row| Cell::List(row.same.clone())),
    ];
}

/// A set's label; of one without an edition, the ATT&CK version that it was made on, too.
fn edition(set: &MappingSet) -> String {
    let label = set.framework.label();
    if set.framework.version.is_empty() { format!("{label}, ATT&CK {}", set.made_on()) } else { label }
}

/// One row for each dominated capability.
#[must_use]
pub fn dominated(comparison: &Comparison<'_>) -> Vec<DominatedRow> {
    let Some(first) = comparison.sides().first() else { return Vec::new() };
    let sets = first.coverage.sets();
    let labels: Vec<String> = sets.iter().map(edition).collect();
    // The same name twice is told apart by its framework.
    let name = |key: CapabilityKey| {
        let own = &sets[key.set].capabilities[key.capability].name;
        if sets.len() > 1 { format!("{own} ({})", labels[key.set]) } else { own.clone() }
    };
    let rows = comparison.dominated().iter().map(|one| {
        let of = |is_same: bool| {
            one.by.iter().filter(|by| by.is_same == is_same).map(|by| name(by.capability)).collect()
        };
        let capability = &sets[one.capability.set].capabilities[one.capability.capability];
        DominatedRow {
            id: capability.id.clone(),
            name: name(one.capability),
            sides: one.sides.iter().map(|side| comparison.sides()[*side].name.clone()).collect(),
            mapped: one.mapped,
            by: of(false),
            same: of(true),
        }
    });
    rows.collect()
}
