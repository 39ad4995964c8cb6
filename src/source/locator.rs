//! Where a byte stands in a file's own terms: the path of a JSON or YAML value, the record of a table, the cell of a
//! spreadsheet.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::ops::Range;
use std::sync::OnceLock;

use serde::{Serialize, Serializer};

use super::table::raw_fields;

/// Where a place is in its file's own terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Locator {
    /// The path of a JSON or YAML value: `mapping_objects[3].score_value`.
    Path(String),
    /// The record of a table, and the column in it: `record 12, score_value`.
    Record(String),
    /// The cell of a spreadsheet: `Sheet1!G12`.
    Cell(String),
}

impl Locator {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Path(text) | Self::Record(text) | Self::Cell(text) => text,
        }
    }
}

impl fmt::Display for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Locator {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// How the text of a source is built.
#[derive(Debug)]
pub(crate) enum Layout {
    /// JSON, walked when the first place is asked for.
    Json(OnceLock<Vec<Checkpoint>>),
    /// YAML, whose values were noted when it was parsed.
    Outline(Outline),
    /// Records of fields.
    Records(Records),
    /// The cells of a spreadsheet.
    Sheet(Grid),
}

impl Layout {
    /// A JSON text.
    pub(crate) const fn json() -> Self {
        Self::Json(OnceLock::new())
    }

    /// Where a byte of the text stands.
    pub(super) fn locate(&self, text: &str, at: usize) -> Option<Locator> {
        match self {
            Self::Json(checkpoints) => json_path(text, at, checkpoints).map(Locator::Path),
            Self::Outline(outline) => outline.path(text, at).map(Locator::Path),
            Self::Records(records) => records.find(text, at).map(Locator::Record),
            Self::Sheet(grid) => Some(Locator::Cell(grid.find(at).0)),
        }
    }
}

/// How deep a path is followed.
const DEEPEST: usize = 64;

/// How much of a key is shown, in characters.
const LONGEST_KEY: usize = 60;

/// A step of a path, added to it.
fn push_key(path: &mut String, key: &str) {
    let plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    let shown: String = key.chars().take(LONGEST_KEY).collect();
    if !plain {
        let _ = write!(path, "[{shown:?}]");
    } else if path.is_empty() {
        path.push_str(&shown);
    } else {
        let _ = write!(path, ".{shown}");
    }
}

/// An open list or object of a JSON text.
#[derive(Debug, Clone)]
enum Frame {
    /// The bytes of the current key, with its quotes.
    Object(Range<usize>),
    /// The current index.
    List(usize),
}

/// What is open at a byte of a JSON text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Checkpoint {
    at: usize,
    frames: Vec<Frame>,
    /// Whether an object's next text is a key.
    awaits_key: bool,
}

impl Checkpoint {
    /// How far apart checkpoints are, in bytes.
    const STRIDE: usize = 4096;

    /// Reads one token; `None` at the end of the text, or where it is too deep to follow.
    fn step(&mut self, bytes: &[u8]) -> Option<()> {
        let byte = *bytes.get(self.at)?;
        match byte {
            b'"' => {
                let end = string_end(bytes, self.at);
                if self.awaits_key
                    && let Some(Frame::Object(key)) = self.frames.last_mut()
                {
                    *key = self.at..end;
                    self.awaits_key = false;
                }
                self.at = end;
                return Some(());
            }
            b'{' | b'[' => {
                if self.frames.len() == DEEPEST {
                    return None;
                }
                self.frames.push(if byte == b'{' { Frame::Object(0..0) } else { Frame::List(0) });
                self.awaits_key = byte == b'{';
            }
            b'}' | b']' => {
                self.frames.pop();
                self.awaits_key = false;
            }
            b',' => match self.frames.last_mut() {
                Some(Frame::List(index)) => *index += 1,
                Some(Frame::Object(_)) => self.awaits_key = true,
                None => {}
            },
            _ => {}
        }
        self.at += 1;
        Some(())
    }

    /// The path of what stands here.
    fn path(&self, text: &str) -> String {
        let mut path = String::new();
        for frame in &self.frames {
            match frame {
                Frame::List(index) => {
                    let _ = write!(path, "[{index}]");
                }
                Frame::Object(key) if key.is_empty() => {}
                Frame::Object(key) => {
                    let quoted = &text[key.clone()];
                    let plain = quoted.trim_matches('"');
                    push_key(
                        &mut path,
                        &serde_json::from_str::<String>(quoted).unwrap_or_else(|_| plain.to_owned()),
                    );
                }
            }
        }
        path
    }
}

/// One past the closing quote of the string that opens at `start`.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The path of the value, or the key, at a byte of a JSON text.
fn json_path(text: &str, at: usize, checkpoints: &OnceLock<Vec<Checkpoint>>) -> Option<String> {
    let bytes = text.as_bytes();
    let checkpoints = checkpoints.get_or_init(|| {
        let mut all = vec![Checkpoint::default()];
        let mut state = Checkpoint::default();
        let mut last = 0;
        while state.step(bytes).is_some() {
            if state.at - last >= Checkpoint::STRIDE {
                last = state.at;
                all.push(state.clone());
            }
        }
        all
    });
    let mut state = checkpoints[checkpoints.partition_point(|one| one.at <= at).saturating_sub(1)].clone();
    loop {
        // The token that starts at the byte, or holds it, belongs to the path as it is; a key belongs to its own.
        let is_key = state.awaits_key && bytes.get(state.at) == Some(&b'"');
        if state.at >= at && !is_key {
            break;
        }
        // A step past the byte is the last. Where it ends is known before it is made: only texts are longer than a byte.
        let end = match bytes.get(state.at)? {
            b'"' => string_end(bytes, state.at),
            _ => state.at + 1,
        };
        if end > at && !is_key {
            break;
        }
        state.step(bytes)?;
        if state.at > at {
            break;
        }
    }
    let path = state.path(text);
    (!path.is_empty()).then_some(path)
}

/// A step from a list or an object to what it holds.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// The bytes of the key.
    Key(Range<u32>),
    /// The index.
    Index(usize),
}

/// What stands where in a YAML text, as it was parsed.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    entries: Vec<Entry>,
    /// The entries by their starts, sorted when the first place is asked for.
    order: OnceLock<Vec<u32>>,
}

/// A value of a YAML text.
#[derive(Debug)]
struct Entry {
    start: u32,
    /// The entry of what holds it.
    holder: Option<u32>,
    step: Step,
}

impl Outline {
    /// Notes a value and gives its number; `None` when there are too many to number.
    pub(super) fn push(&mut self, start: u32, holder: Option<u32>, step: Step) -> Option<u32> {
        let number = u32::try_from(self.entries.len()).ok()?;
        self.entries.push(Entry { start, holder, step });
        Some(number)
    }

    /// The path of the last value that starts at or before a byte.
    fn path(&self, text: &str, at: usize) -> Option<String> {
        let at = u32::try_from(at).ok()?;
        // An alias repeats what stands before it, so starts need not ascend; of equal ones the innermost is meant.
        let order = self.order.get_or_init(|| {
            let mut order: Vec<u32> = (0..u32::try_from(self.entries.len()).unwrap_or(u32::MAX)).collect();
            order.sort_by_key(|index| self.entries[*index as usize].start);
            order
        });
        let after = order.partition_point(|index| self.entries[*index as usize].start <= at);
        let mut next = after.checked_sub(1).and_then(|last| self.entries.get(order[last] as usize));
        let mut steps = Vec::new();
        while let Some(entry) = next {
            steps.push(&entry.step);
            next = entry.holder.and_then(|holder| self.entries.get(holder as usize));
        }
        let mut path = String::new();
        for step in steps.into_iter().rev() {
            match step {
                Step::Key(key) => {
                    let key = text.get(key.start as usize..key.end as usize).unwrap_or_default();
                    push_key(&mut path, key.trim_matches(['"', '\'']));
                }
                Step::Index(index) => {
                    let _ = write!(path, "[{index}]");
                }
            }
        }
        (!path.is_empty()).then_some(path)
    }
}

/// Where the records of a table start.
#[derive(Debug)]
pub(crate) struct Records {
    /// What parts the fields.
    pub(super) delimiter: u8,
    /// The names of the columns.
    pub(super) header: Vec<String>,
    /// The first byte of each record, that of the header first.
    pub(super) starts: Vec<u32>,
}

impl Records {
    fn find(&self, text: &str, at: usize) -> Option<String> {
        let at = u32::try_from(at).ok()?;
        let record = self.starts.partition_point(|start| *start <= at).checked_sub(1)?;
        if record == 0 {
            return Some("header".to_owned());
        }
        let start = self.starts[record] as usize;
        let end = self.starts.get(record + 1).map_or(text.len(), |next| *next as usize);
        let fields = raw_fields(&text[start..end], self.delimiter);
        let column = fields.iter().rposition(|field| start + field.start <= at as usize);
        let name = column.and_then(|column| self.header.get(column)).map(|name| name.trim());
        Some(match name {
            Some(name) if !name.is_empty() => {
                let shown: String = name.chars().take(LONGEST_KEY).collect();
                format!("record {record}, {shown}")
            }
            _ => format!("record {record}"),
        })
    }
}

/// Which cell of a spreadsheet stands where in its source's text.
#[derive(Debug)]
pub(crate) struct Grid {
    /// The sheet's name.
    pub(super) sheet: String,
    /// The cells, row by row.
    pub(super) cells: Vec<GridCell>,
}

/// A cell of a spreadsheet; empty ones are there as far as the first rows reach.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct GridCell {
    /// Its first byte in the source's text.
    pub(super) start: u32,
    /// Its row, from 0.
    pub(super) row: u32,
    /// Its column, from 0.
    pub(super) column: u32,
}

impl Grid {
    /// The cell at a byte, its row and its column, both from 0.
    pub(super) fn find(&self, at: usize) -> (String, usize, usize) {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        let index = self.cells.partition_point(|cell| cell.start <= at).saturating_sub(1);
        let GridCell { row, column, .. } = self.cells.get(index).copied().unwrap_or_default();
        let sheet = quoted_sheet(&self.sheet);
        (format!("{sheet}!{}{}", column_letters(column), row + 1), row as usize, column as usize)
    }

    /// The sheet's name.
    pub(crate) fn sheet(&self) -> &str {
        &self.sheet
    }

    /// The rows that have a cell, each with its cells.
    pub(super) fn rows(&self) -> impl Iterator<Item = &[GridCell]> {
        self.cells.chunk_by(|one, next| one.row == next.row)
    }
}

/// A sheet's name as references write it: in quotes when it is more than a word, or could be read as a cell.
fn quoted_sheet(name: &str) -> Cow<'_, str> {
    let is_word = name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.')
        && !name.starts_with(|c: char| c.is_numeric() || c == '.');
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let letters = name.bytes().take_while(u8::is_ascii_alphabetic).count();
    // `AB12`, and `R1C1` with or without its numbers.
    let is_cell = ((1..=3).contains(&letters) && letters < name.len() && digits(&name[letters..]))
        || name.strip_prefix(['R', 'r']).is_some_and(|rest| {
            let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            rest.is_empty() || rest.strip_prefix(['C', 'c']).is_some_and(digits)
        })
        || name.strip_prefix(['C', 'c']).is_some_and(digits);
    if is_word && !is_cell {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(format!("'{}'", name.replace('\'', "''")))
    }
}

/// A column's letters: 0 is `A`, 26 is `AA`.
fn column_letters(column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
        rest /= 26;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_json_path_leads_to_the_value_at_a_byte() {
        let filler = "x".repeat(9_000);
        let text = format!(
            r#"{{"metadata": {{"ATT&CK version": "16.1", "a b": [1, [2, {{"c": "}}{{][,\"", "d": true}}]]}}, "filler": "{filler}",
            "mapping_objects": [{{}}, {{"id": "T1", "id2": "T2"}}]}}"#
        );
        let paths = OnceLock::new();
        for (part, path) in [
            ("\"16.1\"", "metadata[\"ATT&CK version\"]"),
            ("2,", "metadata[\"a b\"][1][0]"),
            ("true", "metadata[\"a b\"][1][1].d"),
            ("{][", "metadata[\"a b\"][1][1].c"),
            ("[{}", "mapping_objects"),
            ("{\"id\"", "mapping_objects[1]"),
            ("\"T1\"", "mapping_objects[1].id"),
            ("\"id2\"", "mapping_objects[1].id2"),
            ("\"T2\"", "mapping_objects[1].id2"),
        ] {
            let at = text.find(part).expect("it is there");
            assert_eq!(json_path(&text, at, &paths).as_deref(), Some(path), "{part}");
        }
        assert_eq!(json_path(&text, 0, &paths), None);
        assert_eq!(json_path(&"[".repeat(100_000), 90_000, &OnceLock::new()), None);
    }

    #[test]
    fn sheets_are_quoted_as_in_a_spreadsheet() {
        for name in ["Sheet1", "Mine", "Über_uns", "Map.2", "Rows", "Cells"] {
            assert_eq!(quoted_sheet(name), name);
        }
        for name in ["Map pings", "a-b", "2024", "Q1", "XFD10", "R", "rc", "R1C1", "c12"] {
            assert_eq!(quoted_sheet(name), format!("'{name}'"));
        }
        assert_eq!(quoted_sheet("Map pings'x"), "'Map pings''x'");
    }

    #[test]
    fn columns_are_lettered_as_in_a_spreadsheet() {
        for (column, letters) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16_383, "XFD")]
        {
            assert_eq!(column_letters(column), letters);
        }
    }
}
