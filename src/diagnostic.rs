//! Findings about the user's data: what is wrong, where it stands, and what to do about it.
//!
//! A finding is a value, never an error: readers and checks return all of them beside their result, and the command
//! line decides how to show them and what they do to the exit code. The list of [`Code`]s is closed. [`Levels`] are the
//! user's say in what each code is worth.

mod levels;

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use serde::Serialize;

pub use levels::{Action, Group, Levels, ParseTargetError, Rule, Target};

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing can be built on this: exit code 1, and no output.
    Error,
    /// The result stands, and the reader should know.
    Warning,
    /// Worth knowing, common in published data; shown on request.
    Note,
}

impl Severity {
    /// `error`, `warning` or `note`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal, $severity:ident;)+) => {
        /// What kind of finding it is. The codes are stable: a code never changes its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable code: `NL0203`.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The code in words: `retired-technique`.
            #[must_use]
            pub fn name(self) -> String {
                match self { $(Self::$name => kebab_case(stringify!($name)),)+ }
            }

            /// The severity that findings with this code have unless `--strict` raises it.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)+ }
            }

            /// What the code means, in a sentence or two.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+).trim_ascii(),)+ }
            }
        }
    };
}

codes! {
    /// The file breaks the rules of its format (JSON, YAML) or of its encoding.
    Syntax = "NL0101", Error;
    /// The file is well-formed, and not a form of mapping that navlayer reads.
    NotAMapping = "NL0102", Error;
    /// A field that the format requires is absent.
    MissingField = "NL0103", Error;
    /// A value has another type than the format says.
    WrongType = "NL0104", Error;
    /// The ATT&CK version that the file states is not known.
    UnknownVersion = "NL0105", Error;
    /// The ATT&CK domain that the file states is not known.
    UnknownDomain = "NL0106", Error;
    /// The file holds no mapping at all.
    NoMappings = "NL0107", Error;
    /// A file of a folder was left out because it holds no mapping.
    FileSkipped = "NL0108", Note;
    /// The technique field holds something that is not a technique id.
    MalformedId = "NL0201", Error;
    /// The technique id is not known in any ATT&CK domain or version.
    UnknownTechnique = "NL0202", Error;
    /// The technique is revoked, deprecated or gone in the ATT&CK version in force.
    RetiredTechnique = "NL0203", Warning;
    /// The technique belongs to another domain, or to a later version of ATT&CK.
    MisplacedTechnique = "NL0204", Warning;
    /// The technique's name differs from ATT&CK's; the id counts.
    NameDiffers = "NL0205", Note;
    /// A sub-technique stands under a technique that is not its own.
    WrongParent = "NL0206", Warning;
    /// The same row stands there twice; it counts once.
    DuplicateRow = "NL0301", Note;
    /// One capability maps one technique in one category with different levels; the strongest counts.
    ConflictingLevels = "NL0302", Warning;
    /// The category is not Protect, Detect or Respond.
    UnknownCategory = "NL0303", Error;
    /// The level is not Minimal, Partial or Significant.
    UnknownLevel = "NL0304", Error;
    /// A category without a level, or a level without a category: the mapping stands without a score.
    HalfScore = "NL0305", Warning;
    /// A row that is not declared non-mappable names no technique; it cannot count.
    NoTechnique = "NL0306", Warning;
    /// A row that is not declared non-mappable names no capability; it cannot count.
    NoCapability = "NL0307", Warning;
    /// A capability or technique is both mapped and declared not mappable; its mappings count.
    MappedAndNonMappable = "NL0308", Warning;
    /// A status is none of those that the format defines; the row counts as mapped.
    UnknownStatus = "NL0309", Warning;
    /// Two files of one mapping set disagree about the ATT&CK version.
    MixedVersions = "NL0310", Warning;
    /// A reference is not an http or https address; it is shown as text.
    NotALink = "NL0401", Note;
    /// The configuration is not TOML, not UTF-8 text, or too large.
    ConfigSyntax = "NL0701", Error;
    /// The configuration has a key or a table that navlayer does not know.
    UnknownKey = "NL0702", Error;
    /// A setting has another type than it takes: a number where a text is expected.
    WrongSettingType = "NL0703", Error;
    /// A setting has a value that it cannot take, or lacks one that it needs.
    InvalidSetting = "NL0704", Error;
    /// A setting says the same thing twice, or two things of one; the later or stricter counts.
    RepeatedSetting = "NL0705", Warning;
    /// A filter of the configuration names something that none of the sources has.
    FilterWithoutMatch = "NL0706", Error;
    /// The configuration gives a name to an id that none of the sources has.
    NameWithoutMatch = "NL0707", Warning;
}

/// `RetiredTechnique` as `retired-technique`.
fn kebab_case(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    for character in name.chars() {
        if character.is_ascii_uppercase() && !words.is_empty() {
            words.push('-');
        }
        words.push(character.to_ascii_lowercase());
    }
    words
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// What kind of finding it is.
    pub code: Code,
    /// How much it matters here.
    pub severity: Severity,
    /// What was found, with the value, in one line.
    pub message: String,
    /// Where it stands.
    pub place: Option<Box<Place>>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A finding with its code's own severity.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, severity: code.severity(), message: message.into(), place: None, help: None }
    }

    /// Says where it stands.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(Box::new(place));
        self
    }

    /// Says what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Where a finding stands in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file as it was named.
    pub file: Arc<str>,
    /// The line, from 1; 0 when the finding is about the file as a whole.
    pub line: usize,
    /// The column in characters, from 1; 0 when the finding is about the file as a whole.
    pub column: usize,
    /// The offending value as it stands in the file, shortened to [`EXCERPT`] characters.
    pub value: String,
    /// The part of the line around the value, for display.
    #[serde(skip)]
    pub excerpt: Excerpt,
}

/// A part of a line with the offending value marked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// The text; at most [`EXCERPT`] characters on each side of the value's start.
    pub text: String,
    /// The value's bytes within `text`.
    pub mark: Range<usize>,
}

/// How much of a hostile line is ever shown, in characters.
pub const EXCERPT: usize = 120;

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            f.write_str(&self.file)
        } else {
            write!(f, "{}:{}:{}", self.file, self.line, self.column)
        }
    }
}

/// Bytes of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// Which source of its [`Sources`].
    pub source: u32,
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A text file that was read, with its name; turns byte offsets into lines and columns.
#[derive(Debug)]
pub struct Source {
    name: Arc<str>,
    text: String,
    line_starts: OnceLock<Vec<usize>>,
}

impl Source {
    /// A source with the name that findings show.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>, text: String) -> Self {
        Self { name: name.into(), text, line_starts: OnceLock::new() }
    }

    /// The name that findings show.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The file as a whole.
    #[must_use]
    pub fn whole(&self) -> Place {
        Place {
            file: Arc::clone(&self.name),
            line: 0,
            column: 0,
            value: String::new(),
            excerpt: Excerpt::default(),
        }
    }

    /// The place of some bytes. Offsets outside the text are clamped into it.
    #[must_use]
    pub fn place(&self, bytes: Range<usize>) -> Place {
        let starts = self.line_starts.get_or_init(|| {
            std::iter::once(0).chain(self.text.match_indices('\n').map(|(at, _)| at + 1)).collect()
        });
        let start = floor_boundary(&self.text, bytes.start);
        let end = floor_boundary(&self.text, bytes.end).max(start);
        let line = starts.partition_point(|begin| *begin <= start) - 1;
        let line_start = starts[line];
        let line_end = starts.get(line + 1).map_or(self.text.len(), |next| next - 1);
        let before = &self.text[line_start..start];
        let shown_from = before.char_indices().rev().nth(EXCERPT).map_or(0, |(at, _)| at) + line_start;
        let shown_to = end_after(&self.text[start..line_end], EXCERPT) + start;
        let text = self.text[shown_from..shown_to].trim_end_matches('\r').to_owned();
        let mark_start = (start - shown_from).min(text.len());
        let mark = mark_start..(end.min(shown_to) - shown_from).clamp(mark_start, text.len());
        let value_end = end_after(&self.text[start..end], EXCERPT) + start;
        Place {
            file: Arc::clone(&self.name),
            line: line + 1,
            column: before.chars().count() + 1,
            value: self.text[start..value_end].to_owned(),
            excerpt: Excerpt { text, mark },
        }
    }
}

/// The largest character boundary at or before `at`.
fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The byte offset after at most `count` characters.
fn end_after(text: &str, count: usize) -> usize {
    text.char_indices().nth(count).map_or(text.len(), |(at, _)| at)
}

/// The sources of a mapping set; a [`Span`] points into one of them.
#[derive(Debug, Clone, Default)]
pub struct Sources(Vec<Arc<Source>>);

impl Sources {
    /// Adds a source and returns its number.
    ///
    /// # Panics
    /// Never in practice: it would take 2^32 files.
    pub fn add(&mut self, source: Arc<Source>) -> u32 {
        self.0.push(source);
        u32::try_from(self.0.len() - 1).expect("fewer than 2^32 files are read")
    }

    /// The place of a span; `None` when it points into no source.
    #[must_use]
    pub fn place(&self, span: Span) -> Option<Place> {
        let source = self.0.get(span.source as usize)?;
        Some(source.place(span.start as usize..span.end as usize))
    }

    /// The sources, in reading order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Source>> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let source = Source::new("a.json", "{\n  \"é\": \"T9999\"\r\n}".to_owned());
        let at = source.text().find("\"T9").expect("it is there");
        let place = source.place(at..at + 7);
        assert_eq!((place.line, place.column), (2, 8));
        assert_eq!(place.value, "\"T9999\"");
        assert_eq!(place.excerpt.text, "  \"é\": \"T9999\"");
        assert_eq!(&place.excerpt.text[place.excerpt.mark.clone()], "\"T9999\"");
        assert_eq!(place.to_string(), "a.json:2:8");
    }

    #[test]
    fn places_survive_any_offset() {
        let source = Source::new("x", "añb\n".to_owned());
        for start in 0..8 {
            for end in 0..8 {
                let place = source.place(start..end);
                assert!(place.line >= 1 && place.column >= 1);
            }
        }
        assert_eq!(Source::new("x", String::new()).place(0..0).line, 1);
    }

    #[test]
    fn a_long_line_is_shown_in_part() {
        let source = Source::new("x", "y".repeat(100_000));
        let place = source.place(50_000..90_000);
        assert!(place.excerpt.text.len() <= 2 * EXCERPT + 1);
        assert_eq!(place.value.len(), EXCERPT);
        assert_eq!(place.column, 50_001);
    }

    #[test]
    fn codes_are_unique_sorted_and_described() {
        let ids: Vec<_> = Code::ALL.iter().map(|code| code.id()).collect();
        assert!(ids.is_sorted() && ids.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(Code::ALL.iter().all(|code| code.description().ends_with('.')));
        let names: std::collections::BTreeSet<String> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        assert_eq!(Code::NotALink.name(), "not-a-link");
    }
}
