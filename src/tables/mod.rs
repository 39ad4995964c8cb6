//! Tables: what the mappings and their coverage say, one row for each thing, for terminals, spreadsheets and programs.
//!
//! Four subjects of coverage, each a type of row: [`capabilities`], [`techniques`], [`scores`] and [`gaps`]; of a plan its
//! [`steps`] and their [`changes`]; and the groups and campaigns of a catalog ([`ActorRow`]). [`Table::new`] makes typed
//! cells of rows; a table can be ordered and narrowed by the keys of its columns, and [`crate::render`] draws it.
//! Every count is of the catalog's active techniques in scope, and a [`Cell::Share`] carries its denominator.
//!
//! ```
//! use navlayer::attack::Catalog;
//! use navlayer::coverage::Rules;
//! use navlayer::mapping::{read, select::Selection};
//! use navlayer::tables::{self, Content, Listed, Table};
//!
//! let sets = read::embedded().sets;
//! let catalog = Catalog::embedded(sets[0].domain, sets[0].attack_version)?;
//! let selection = Selection::everything(&sets);
//! let content = Content { sets: &sets, catalog: &catalog, selection: &selection, rules: Rules::default() };
//! let mut table = Table::new(&tables::capabilities(&content, Listed::Mapped));
//! table.sort(&[table.order("-mapped")?]);
//! assert!(navlayer::render::csv::table(&table).starts_with("framework,id,name,"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod actors;
mod capabilities;
mod cell;
pub(crate) mod compare;
mod deployed;
mod gaps;
mod plan;
mod scores;
mod shown;
mod techniques;
mod templates;
mod uses;

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};

use crate::attack::Catalog;
use crate::coverage::{Coverage, Rules};
use crate::mapping::MappingSet;
use crate::mapping::select::Selection;
use crate::suggest;

pub use actors::ActorRow;
pub use capabilities::{CapabilityRow, CapabilityState, capabilities};
pub use cell::Cell;
pub use compare::{
    AgainstSideRow, DominatedRow, PairRow, Rows, SideRow, compared, compared_against, compared_gaps,
    compared_pairs, compared_sides, dominated, side_keys,
};
pub use deployed::{DeployedRow, PaperRow, deployed, on_paper};
pub use gaps::{GapRow, GapSubject, gaps};
pub use plan::{ChangeRow, CourseRow, PlanGapRow, StepRow, changes, plan_gaps, steps, steps_against};
pub use scores::{ScoreRow, scores};
pub use shown::{ShownRow, shown};
pub use techniques::{TechniqueRow, techniques};
pub use templates::TemplateRow;
pub use uses::{AgainstRow, UseRow, capabilities_against, gaps_against, uses};

/// What tables are made of.
#[derive(Debug, Clone, Copy)]
pub struct Content<'a> {
    /// The mapping sets, all of the catalog's domain.
    pub sets: &'a [MappingSet],
    /// The catalog that they are shown on.
    pub catalog: &'a Catalog,
    /// The filters in force.
    pub selection: &'a Selection,
    /// The metric and the roll-up in force.
    pub rules: Rules,
}

impl<'a> Content<'a> {
    /// What a part of the selection leaves, added up; counted where no set that is left has levels.
    #[must_use]
    pub fn coverage(&self, selection: Selection) -> Coverage<'a> {
        let involved = self.sets.iter().enumerate().filter(|(set, _)| selection.has_any_capability(*set));
        let rules = self.rules.for_sets(involved.map(|(_, set)| set));
        Coverage::new(self.sets, self.catalog, selection, rules)
    }
}

/// Which rows a table has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// What is mapped.
    Mapped,
    /// Also what is not.
    All,
}

/// What kind of cells a column has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Words, lists of words, categories, levels.
    Text,
    /// Numbers.
    Number,
    /// Numbers, each with its denominator.
    Share,
}

/// When a column stands in a table for people who did not say which columns they want.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Always.
    Always,
    /// When any row has something in it.
    WhenFilled,
    /// When not all rows have the same in it.
    WhenVaried,
    /// When most rows have in it more than another spelling of what the column with this key has.
    WhenUnlike(&'static str),
    /// Only when asked for.
    OnRequest,
}

/// What a column is called and holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The name in files and on the command line: `sub_techniques`.
    pub key: Cow<'static, str>,
    /// The name for people: `Sub-techniques`.
    pub heading: Cow<'static, str>,
    /// What kind of cells it has.
    pub kind: Kind,
    /// When it is shown unasked.
    pub shown: Shown,
}

/// A column of rows of one type.
#[derive(Debug)]
pub struct Column<R> {
    /// What it is called and holds.
    pub head: Head,
    /// What it holds of a row.
    pub cell: fn(&R) -> Cell,
}

impl Head {
    const fn new(key: &'static str, heading: &'static str, kind: Kind, shown: Shown) -> Self {
        Self { key: Cow::Borrowed(key), heading: Cow::Borrowed(heading), kind, shown }
    }
}

impl<R> Column<R> {
    const fn text(key: &'static str, heading: &'static str, shown: Shown, cell: fn(&R) -> Cell) -> Self {
        Self { head: Head::new(key, heading, Kind::Text, shown), cell }
    }

    const fn number(key: &'static str, heading: &'static str, shown: Shown, cell: fn(&R) -> Cell) -> Self {
        Self { head: Head::new(key, heading, Kind::Number, shown), cell }
    }

    const fn share(key: &'static str, heading: &'static str, shown: Shown, cell: fn(&R) -> Cell) -> Self {
        Self { head: Head::new(key, heading, Kind::Share, shown), cell }
    }
}

/// A type of row that has columns.
pub trait Row: Sized + 'static {
    /// All columns, in the order in which they stand.
    const COLUMNS: &'static [Column<Self>];
}

/// Rows of cells under the heads of their columns.
///
/// Serialized as an array with an object for each row, its fields in the order of the columns.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    heads: Vec<Head>,
    /// Each as long as `heads`.
    rows: Vec<Vec<Cell>>,
}

/// By which column, and which way, rows are put in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// The place of the column.
    pub column: usize,
    /// Whether the greatest comes first.
    pub descending: bool,
}

/// A name that no column has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no column is called `{name}`")]
pub struct UnknownColumn {
    /// The name as given.
    pub name: String,
    /// The nearest key, where one is near.
    pub nearest: Option<String>,
    /// All keys.
    pub known: Vec<String>,
}

impl Table {
    /// The table of some rows, with all columns of their type.
    #[must_use]
    pub fn new<R: Row>(rows: &[R]) -> Self {
        Self {
            heads: R::COLUMNS.iter().map(|column| column.head.clone()).collect(),
            rows: rows
                .iter()
                .map(|row| R::COLUMNS.iter().map(|column| (column.cell)(row)).collect())
                .collect(),
        }
    }

    /// A table of columns that only a run tells. Every row has a cell for each head.
    fn of(heads: Vec<Head>, rows: Vec<Vec<Cell>>) -> Self {
        Self { heads, rows }
    }

    /// The heads of the columns.
    #[must_use]
    pub fn heads(&self) -> &[Head] {
        &self.heads
    }

    /// The rows, each with a cell for each head.
    #[must_use]
    pub fn rows(&self) -> &[Vec<Cell>] {
        &self.rows
    }

    /// The place of the column of that name: its key or its heading, in any case.
    ///
    /// # Errors
    /// When no column is called so, with the nearest.
    pub fn column(&self, name: &str) -> Result<usize, UnknownColumn> {
        let key = name.trim().to_lowercase().replace([' ', '-'], "_");
        let heading = name.trim().to_lowercase();
        let is_called = |head: &Head| head.key == key || head.heading.to_lowercase() == heading;
        self.heads.iter().position(is_called).ok_or_else(|| {
            let known: Vec<String> = self.heads.iter().map(|head| head.key.to_string()).collect();
            let nearest = suggest::nearest(&key, known.iter().map(String::as_str)).map(str::to_owned);
            UnknownColumn { name: name.trim().to_owned(), nearest, known }
        })
    }

    /// The order that a column's name asks for; a minus before it asks for the greatest first.
    ///
    /// # Errors
    /// When no column is called so.
    pub fn order(&self, name: &str) -> Result<Order, UnknownColumn> {
        let name = name.trim();
        let (descending, name) = name.strip_prefix('-').map_or((false, name), |name| (true, name));
        Ok(Order { column: self.column(name)?, descending })
    }

    /// Puts the rows in order, by the first column first. What is empty comes last either way; rows that are alike stay
    /// as they stand.
    pub fn sort(&mut self, orders: &[Order]) {
        self.rows.sort_by(|a, b| {
            let mut by = orders.iter().map(|order| {
                let (a, b) = (&a[order.column], &b[order.column]);
                let ordering = a.compare(b);
                if order.descending && !a.is_empty() && !b.is_empty() { ordering.reverse() } else { ordering }
            });
            by.find(|ordering| ordering.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
        });
    }

    /// Keeps these columns, in this order.
    pub fn select(&mut self, columns: &[usize]) {
        let pick = |row: &Vec<Cell>| columns.iter().map(|column| row[*column].clone()).collect();
        self.rows = self.rows.iter().map(pick).collect();
        self.heads = columns.iter().map(|column| self.heads[*column].clone()).collect();
    }

    /// Puts the columns of another table after the first `at` of this one. The two have the same number of rows, and a row
    /// of one is about what the row of the other is about.
    pub fn insert(&mut self, at: usize, other: Self) {
        let at = at.min(self.heads.len());
        self.heads.splice(at..at, other.heads);
        for (row, more) in self.rows.iter_mut().zip(other.rows) {
            row.splice(at..at, more);
        }
    }

    /// The places of the columns to show to people who did not say which they want.
    #[must_use]
    pub fn telling(&self) -> Vec<usize> {
        (0..self.heads.len()).filter(|column| self.is_telling(*column)).collect()
    }

    fn is_telling(&self, column: usize) -> bool {
        let mut cells = self.rows.iter().map(|row| &row[column]);
        match self.heads[column].shown {
            Shown::Always => true,
            Shown::WhenFilled => cells.any(|cell| !cell.is_empty()),
            Shown::WhenVaried => {
                let first = cells.next();
                cells.any(|cell| Some(cell) != first)
            }
            Shown::WhenUnlike(key) => {
                let other = self.heads.iter().position(|head| head.key == key).unwrap_or(column);
                let is_unlike = |row: &&Vec<Cell>| letters(&row[column]) != letters(&row[other]);
                2 * self.rows.iter().filter(is_unlike).count() >= self.rows.len().max(1)
            }
            Shown::OnRequest => false,
        }
    }

    /// Keeps the first rows, at most so many.
    pub fn truncate(&mut self, rows: usize) {
        self.rows.truncate(rows);
    }

    /// Puts the rows of a table with the same columns after those of this one.
    pub fn append(&mut self, mut other: Self) {
        self.rows.append(&mut other.rows);
    }
}

/// What two spellings of a name have in common: `amazon_guardduty` and `Amazon GuardDuty`.
fn letters(cell: &Cell) -> String {
    cell.text("").to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

impl Serialize for Table {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut rows = serializer.serialize_seq(Some(self.rows.len()))?;
        for row in &self.rows {
            rows.serialize_element(&Object { heads: &self.heads, row })?;
        }
        rows.end()
    }
}

struct Object<'a> {
    heads: &'a [Head],
    row: &'a [Cell],
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(Some(self.heads.len()))?;
        for (head, cell) in self.heads.iter().zip(self.row) {
            object.serialize_entry(&*head.key, cell)?;
        }
        object.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever reads a heading can type it.
    fn headings_name_their_columns<R: Row>() {
        let table = Table::new::<R>(&[]);
        for (place, head) in table.heads().iter().enumerate() {
            assert_eq!(table.column(&head.heading), Ok(place), "{}", head.heading);
            assert_eq!(table.column(&head.key), Ok(place), "{}", head.key);
            if let Shown::WhenUnlike(other) = head.shown {
                assert!(table.column(other).is_ok(), "{other}");
            }
        }
    }

    #[test]
    fn columns_are_named_by_key_and_by_heading() {
        headings_name_their_columns::<CapabilityRow>();
        headings_name_their_columns::<TechniqueRow>();
        headings_name_their_columns::<ScoreRow>();
        headings_name_their_columns::<GapRow>();
        headings_name_their_columns::<ActorRow>();
        headings_name_their_columns::<UseRow>();
        headings_name_their_columns::<AgainstRow>();
        headings_name_their_columns::<StepRow>();
        headings_name_their_columns::<ChangeRow>();
        headings_name_their_columns::<CourseRow>();
        headings_name_their_columns::<PlanGapRow>();
        headings_name_their_columns::<SideRow>();
        headings_name_their_columns::<PairRow>();
        headings_name_their_columns::<DominatedRow>();
        headings_name_their_columns::<AgainstSideRow>();
    }

    #[test]
    fn a_minus_asks_for_the_greatest_first() {
        let table = Table::new::<TechniqueRow>(&[]);
        let score = table.column("score").expect("there is one");
        assert_eq!(table.order(" -Score"), Ok(Order { column: score, descending: true }));
        assert_eq!(table.order("score"), Ok(Order { column: score, descending: false }));
        let unknown = table.order("-scroe").expect_err("there is none");
        assert_eq!((unknown.name.as_str(), unknown.nearest.as_deref()), ("scroe", Some("score")));
    }
}
