//! Tables on the command line: which columns, in which order, drawn how and where.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, Table as Drawing, TableStyle, Width, presets,
};
use navlayer::render::{csv, markdown};
use navlayer::tables::{Cell, Head, Kind, Table, UnknownColumn};

use super::file::write_one;
use super::findings::{self, clean};
use super::{Failure, Global};

/// How a table comes out.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Table")]
pub(crate) struct TableArgs {
    #[command(flatten)]
    layout: LayoutArgs,
    /// How to write the table [default: as the file's ending says; else table]
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<FormatArg>,
    /// The file to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(long)]
    force: bool,
}

/// Which rows and columns a table has, and how wide it is.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Table")]
pub(crate) struct LayoutArgs {
    /// Sort by these columns; a minus before one puts the greatest first. What is empty comes last
    #[arg(long, value_name = "COLUMN[,-COLUMN...]", value_delimiter = ',', allow_hyphen_values = true)]
    sort: Vec<String>,
    /// Show these columns, in this order; `all` stands for all of them
    ///
    /// Without it, csv and json have all columns; markdown has those that tell most, and table those of them that fit.
    #[arg(long, value_name = "COLUMN[,COLUMN...]", value_delimiter = ',')]
    select: Vec<String>,
    /// How wide a table may be [default: as the terminal, or 120]
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(20..=2000))]
    width: Option<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatArg {
    /// For people: as wide as the terminal, long comments shortened
    Table,
    /// For spreadsheets; a first line with the columns' keys
    Csv,
    /// For programs: an array with an object for each row
    Json,
    /// For documents: a table as GitHub draws it
    Markdown,
}

impl From<UnknownColumn> for Failure {
    fn from(error: UnknownColumn) -> Self {
        let help = match &error.nearest {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("known here: {}", error.known.join(", ")),
        };
        Self::new(error.to_string()).with_help(help)
    }
}

/// A table, and below it, clearly apart, another of the same columns under a heading.
pub(crate) struct Sheet {
    pub(crate) table: Table,
    pub(crate) below: Option<(&'static str, Table)>,
}

impl TableArgs {
    /// Whether the user asked for an order.
    pub(crate) fn is_sorted(&self) -> bool {
        !self.layout.sort.is_empty()
    }

    /// Sorts, narrows and draws a sheet, and writes it.
    pub(crate) fn write(
        &self,
        sheet: Sheet,
        global: &Global,
        out: &mut dyn io::Write,
    ) -> Result<(), Failure> {
        if self.format.is_none() && self.of_ending().is_none() {
            let path = self.output.as_deref().unwrap_or(Path::new("-"));
            return Err(Failure::new(format!("{} does not tell the format to write", path.display()))
                .with_help(
                    "the endings .txt, .csv, .json and .md do; --format names it for any other file",
                ));
        }
        let text = self.layout.text(sheet, self.format())?;
        let Some(path) = self.output.as_deref().filter(|path| *path != Path::new("-")) else {
            out.write_all(text.as_bytes())?;
            // What is said about the table comes after it.
            out.flush()?;
            return Ok(());
        };
        // A table bears no mark of who made it: nothing is replaced unasked.
        write_one(path, text.as_bytes(), self.force, None)?;
        findings::say(global, &format!("wrote {}", path.display()));
        Ok(())
    }

    /// The format asked for, or what the file's ending says.
    fn format(&self) -> FormatArg {
        self.format.or_else(|| self.of_ending()).unwrap_or(FormatArg::Table)
    }

    /// The format of the file's ending; `None` when it tells none. Standard output is for people.
    fn of_ending(&self) -> Option<FormatArg> {
        let Some(path) = self.output.as_deref().filter(|path| *path != Path::new("-")) else {
            return Some(FormatArg::Table);
        };
        // A device has no ending, and takes anything.
        let Some(ending) = path.extension() else { return (!path.is_file()).then_some(FormatArg::Table) };
        match ending.to_string_lossy().to_lowercase().as_str() {
            "txt" => Some(FormatArg::Table),
            "csv" => Some(FormatArg::Csv),
            "json" => Some(FormatArg::Json),
            "md" | "markdown" => Some(FormatArg::Markdown),
            _ => None,
        }
    }
}

impl LayoutArgs {
    /// The same width, with all rows in their order and the columns that tell most.
    pub(crate) fn of_width_alone(&self) -> Self {
        Self { sort: Vec::new(), select: Vec::new(), width: self.width }
    }

    /// How wide a table may be.
    pub(crate) fn width(&self) -> u16 {
        self.width.unwrap_or_else(terminal_width)
    }

    /// A sheet, sorted and narrowed, in a format.
    pub(crate) fn text(&self, mut sheet: Sheet, format: FormatArg) -> Result<String, UnknownColumn> {
        let is_for_people = matches!(format, FormatArg::Table | FormatArg::Markdown);
        self.arrange(&mut sheet.table, is_for_people)?;
        if let Some((_, table)) = &mut sheet.below {
            self.arrange(table, is_for_people)?;
        }
        Ok(self.draw_sheet(&sheet, format))
    }

    /// Puts the rows in order and keeps the columns to show. Without columns asked for, people get those that tell most.
    pub(crate) fn arrange(&self, table: &mut Table, is_for_people: bool) -> Result<(), UnknownColumn> {
        let orders = self.sort.iter().map(|name| table.order(name)).collect::<Result<Vec<_>, _>>()?;
        table.sort(&orders);
        let columns = self.columns(table, is_for_people)?;
        table.select(&columns);
        Ok(())
    }

    /// The places of the columns to show, each once.
    fn columns(&self, table: &Table, is_for_people: bool) -> Result<Vec<usize>, UnknownColumn> {
        let mut columns = Vec::new();
        for name in &self.select {
            if name.trim().eq_ignore_ascii_case("all") {
                columns.extend(0..table.heads().len());
            } else {
                columns.push(table.column(name)?);
            }
        }
        if columns.is_empty() {
            return Ok(if is_for_people { table.telling() } else { (0..table.heads().len()).collect() });
        }
        let mut once = Vec::with_capacity(columns.len());
        for column in columns {
            if !once.contains(&column) {
                once.push(column);
            }
        }
        Ok(once)
    }

    fn draw_sheet(&self, sheet: &Sheet, format: FormatArg) -> String {
        match format {
            FormatArg::Csv => csv::table(&together(sheet)),
            FormatArg::Json => {
                let text = serde_json::to_string_pretty(&together(sheet));
                text.expect("a table has no key that is not text") + "\n"
            }
            FormatArg::Markdown => {
                let first = markdown::table(&sheet.table);
                let Some((heading, table)) = filled(sheet) else { return first };
                format!("{first}\n{}\n\n{}", markdown::escape(heading), markdown::table(table))
            }
            FormatArg::Table => {
                let first = self.draw(&sheet.table);
                let Some((heading, table)) = filled(sheet) else { return first };
                format!("{first}\n{heading}:\n\n{}", self.draw(table))
            }
        }
    }

    /// Columns side by side; where those that were asked for are too many for that, one below the other.
    pub(crate) fn draw(&self, table: &Table) -> String {
        let width = self.width();
        let shown: Vec<Vec<String>> =
            table.rows().iter().map(|row| row.iter().map(shown).collect()).collect();
        let words: Vec<u16> = (0..table.heads().len())
            .map(|column| longest_word(&table.heads()[column], &shown, column))
            .collect();
        let fitting = fitting(&words, width);
        if fitting == words.len() || (self.select.is_empty() && fitting > 1) {
            return side_by_side(&table.heads()[..fitting], &shown, &words, width);
        }
        shown.iter().map(|row| record(table.heads(), row, width)).collect::<Vec<_>>().join("\n")
    }
}

fn together(sheet: &Sheet) -> Table {
    let mut all = sheet.table.clone();
    if let Some((_, below)) = &sheet.below {
        all.append(below.clone());
    }
    all
}

fn filled(sheet: &Sheet) -> Option<(&'static str, &Table)> {
    let (heading, table) = sheet.below.as_ref()?;
    (!table.rows().is_empty()).then_some((heading, table))
}

fn terminal_width() -> u16 {
    let stdout = io::stdout();
    let size = if stdout.is_terminal() { terminal_size::terminal_size_of(stdout) } else { None };
    size.map_or(120, |(terminal_size::Width(width), _)| width.max(20))
}

/// Longer comments are cut off: they are read in the other formats.
const PROSE: usize = 160;
/// Longer cells of any kind are no names.
const TEXT: usize = 400;
/// Between columns.
const GAP: u16 = 2;
/// The longest word that is not broken to make room.
const WORD: u16 = 14;

/// How many columns from the first on fit beside each other.
fn fitting(words: &[u16], width: u16) -> usize {
    let mut needed = 0_u16;
    words
        .iter()
        .take_while(|word| {
            let gap = if needed == 0 { 0 } else { GAP };
            needed = needed.saturating_add(gap).saturating_add(**word);
            needed <= width
        })
        .count()
}

fn side_by_side(heads: &[Head], rows: &[Vec<String>], words: &[u16], width: u16) -> String {
    let mut drawing = empty(width);
    drawing.load_style(head_rule());
    drawing.set_header(heads.iter().map(|head| clean(&head.heading)));
    drawing.add_rows(rows.iter().map(|row| &row[..heads.len()]));
    let wanted = drawing.column_max_content_widths();
    let widths = widths(&words[..heads.len()], &wanted, width);
    let last = heads.len() - 1;
    for (place, (column, head)) in drawing.column_iter_mut().zip(heads).enumerate() {
        let gap = if place == last { 0 } else { GAP };
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(widths[place] + gap)));
        if head.kind != Kind::Text {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    finish(drawing)
}

/// The widths of columns that fit: at least their longest words, at most what they want, and what is left between is
/// shared out evenly.
fn widths(words: &[u16], wanted: &[u16], width: u16) -> Vec<u16> {
    let mut widths = words.to_vec();
    let gaps = GAP * u16::try_from(words.len().saturating_sub(1)).unwrap_or_default();
    let mut left = width.saturating_sub(gaps + words.iter().sum::<u16>());
    loop {
        let growing: Vec<usize> = (0..widths.len()).filter(|place| widths[*place] < wanted[*place]).collect();
        if growing.is_empty() || left == 0 {
            return widths;
        }
        let share = (left / u16::try_from(growing.len()).unwrap_or(u16::MAX)).max(1);
        for place in growing {
            let more = share.min(wanted[place] - widths[place]).min(left);
            widths[place] += more;
            left -= more;
        }
    }
}

/// One row as a table of its own: headings at the left. What is empty is left out.
fn record(heads: &[Head], row: &[String], width: u16) -> String {
    let mut drawing = empty(width);
    drawing.load_style(presets::NOTHING);
    let filled = heads.iter().zip(row).filter(|(_, text)| !text.is_empty());
    drawing.add_rows(filled.map(|(head, text)| [clean(&head.heading), text.clone()]));
    if let Some(column) = drawing.column_mut(0) {
        // The same for all rows, so that they stand below each other.
        let longest = heads.iter().map(|head| head.heading.len()).max().unwrap_or_default();
        let longest = u16::try_from(longest).unwrap_or(WORD).min(width / 2);
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(longest + GAP)));
    }
    finish(drawing)
}

fn empty(width: u16) -> Drawing {
    let mut drawing = Drawing::new();
    drawing.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    drawing
}

fn finish(mut drawing: Drawing) -> String {
    let last = drawing.column_count().saturating_sub(1);
    for (place, column) in drawing.column_iter_mut().enumerate() {
        column.set_padding((0, if place == last { 0 } else { GAP }));
    }
    drawing.trim_fmt() + "\n"
}

/// A rule below the headings, and no other line.
fn head_rule() -> TableStyle {
    presets::NOTHING.header_separator(comfy_table::LineStyle::none().fill('─'))
}

/// What a terminal shows of a cell: one line, without what it would obey.
fn shown(cell: &Cell) -> String {
    let text = cell.text(", ");
    let most = if matches!(cell, Cell::Prose(_)) { PROSE } else { TEXT };
    // Words are taken only as far as they can be shown: a cell may be as long as a file.
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().take(most + 1));
        if line.chars().count() > most {
            line = line.chars().take(most - 1).collect::<String>() + "…";
            break;
        }
    }
    clean(&line)
}

/// How wide a column must be for its words to stay whole, within reason. A number is one word: `12 of 656`.
fn longest_word(head: &Head, rows: &[Vec<String>], column: usize) -> u16 {
    let longest = |text: &str| text.split(' ').map(|word| word.chars().count()).max().unwrap_or_default();
    let cells = rows.iter().map(|row| match head.kind {
        Kind::Text => longest(&row[column]),
        Kind::Number | Kind::Share => row[column].len(),
    });
    let widest = cells.chain([longest(&head.heading)]).max().unwrap_or_default();
    u16::try_from(widest).unwrap_or(WORD).min(WORD)
}
