//! Findings about the user's data: what is wrong, where it stands, and what to do about it.
//!
//! A finding is a value, never an error: readers and checks return all of them beside their result, and the command
//! line decides how to show them and what they do to the exit code. The list of [`Code`]s is closed. [`Levels`] are the
//! user's say in what each code is worth; a [`Report`] is what was found in a run, in the forms that programs read.

mod github;
mod guide;
mod json;
mod levels;
mod report;
mod sarif;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

pub use levels::{Action, Group, Levels, ParseTargetError, Rule, Target};

use crate::source::Locator;
pub use json::{CodeCount, Counts, FindingEntry, FindingsFile};
pub use report::{Report, code_counts};

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
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
    /// The file breaks the rules of its format (JSON, YAML, CSV, XLSX, gzip) or of its encoding.
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
    /// The file has more findings, rows or mapping sets than anybody reads; what follows was not read, or is not listed.
    TooManyFindings = "NL0109", Error;
    /// A text is longer than any that a mapping holds.
    TooLong = "NL0110", Error;
    /// A field that the format does not define; what it holds is not read.
    UnknownField = "NL0111", Warning;
    /// The file states no ATT&CK version; one was assumed.
    VersionAssumed = "NL0112", Warning;
    /// Rows of one mapping set disagree about who published it, or when; the first counts.
    MixedPublication = "NL0113", Warning;
    /// Two sources hold the same mappings; the later one is left out, for it would count twice.
    RepeatedSource = "NL0114", Warning;
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
    /// Files, or rows, of one mapping set disagree about the ATT&CK version.
    MixedVersions = "NL0310", Warning;
    /// A technique or sub-technique is listed without any score; it counts as mapped to nothing.
    NoScore = "NL0311", Warning;
    /// A row's group is not among those that the file defines; its id stands for its name.
    UndefinedGroup = "NL0312", Warning;
    /// A row's mapping type is not among those that the file defines; its id stands for its name.
    UndefinedType = "NL0313", Warning;
    /// The file defines a group that no row names.
    UnusedGroup = "NL0314", Note;
    /// The file defines a mapping type that no row names.
    UnusedType = "NL0315", Note;
    /// The tag is not in the vocabulary beside the file.
    UnknownTag = "NL0316", Warning;
    /// A value stands twice in a list that holds each once, or the list is empty or holds an empty value.
    SpoiltList = "NL0317", Note;
    /// Sub-techniques that the source lists under a technique without a level; they are mapped, and not scored.
    ListedOnly = "NL0318", Note;
    /// A score of 0, or below: it says that nothing is covered, and is read so.
    ZeroScore = "NL0319", Note;
    /// A score outside the range that the layer states; it was brought into it.
    ScaledScore = "NL0320", Note;
    /// A technique stands in two entries of a control, or a sub-technique in two blocks of one technique; all count.
    ListedTwice = "NL0321", Note;
    /// The control has no techniques; it is read as not mappable.
    NoTechniques = "NL0322", Note;
    /// A control lists a sub-technique as a technique; its publisher's tools then count it at neither level.
    SubAsTechnique = "NL0323", Note;
    /// A row states another ATT&CK version, domain, framework or edition than its file; the file counts.
    RowDisagrees = "NL0324", Warning;
    /// A capability and a technique are declared not mappable together; the row says nothing of either by itself.
    PairNonMappable = "NL0325", Warning;
    /// A reference, or a link of a layer, is not an http or https address; it is shown as text.
    NotALink = "NL0401", Note;
    /// No mapping of the capability has a comment: nothing says why it is scored so.
    NoComments = "NL0402", Note;
    /// No mapping of the capability has a reference, nor has the capability itself.
    NoReferences = "NL0403", Note;
    /// A date is not of the form mm/dd/yyyy, or is no day of the calendar.
    MalformedDate = "NL0404", Note;
    /// The capability has no tags.
    NoTags = "NL0405", Note;
    /// The file is not named as its publisher's tools expect.
    FileName = "NL0406", Note;
    /// The text holds characters outside ASCII, which some of its publisher's tools refuse.
    NonAscii = "NL0407", Note;
    /// A field that its publisher's schema requires is absent; navlayer does without it.
    ExpectedField = "NL0408", Note;
    /// A category or level in other letters than its publisher's schema has, `Protect` for `protect`; it is read alike.
    LetterCase = "NL0409", Note;
    /// A value at which the Navigator breaks off: it opens the layer half filled, or not at all.
    LayerBreaks = "NL0501", Error;
    /// A layer without a name or a domain: the Navigator cannot open it, or stumbles over it later.
    LayerNeeds = "NL0502", Error;
    /// The domain is written as none that the Navigator loads.
    LayerDomain = "NL0503", Error;
    /// The layer is of another minor version of the format: the Navigator says so when it opens the layer.
    LayerFormat = "NL0504", Warning;
    /// The layer is of another major version of the format, or of none: the Navigator asks to dismiss a warning.
    LayerFormatMajor = "NL0505", Warning;
    /// The ATT&CK version is absent, or not written as text: the Navigator takes its newest.
    LayerAttackVersion = "NL0506", Warning;
    /// A layer on data of its own: the Navigator opens it only beside that same data.
    CustomData = "NL0507", Warning;
    /// A field that no version of the layer format defines, or that this one no longer does: the Navigator drops it.
    DroppedField = "NL0508", Warning;
    /// A value of another type than the format says: the Navigator leaves it out.
    IgnoredValue = "NL0509", Warning;
    /// A setting outside the values that the format defines: the Navigator keeps its default.
    LayerOption = "NL0510", Warning;
    /// A platform that the filter names and the ATT&CK version does not: it shows nothing, or something else.
    PlatformFilter = "NL0511", Warning;
    /// Text that is no colour: the Navigator leaves it out.
    LayerColor = "NL0512", Warning;
    /// A gradient whose ends are equal, turned round, or no numbers: it has no colours between them.
    GradientRange = "NL0513", Warning;
    /// A score for which the gradient has no colour: the Navigator breaks off.
    ScoreBreaks = "NL0514", Error;
    /// A score that is no number: the Navigator leaves it out.
    IgnoredScore = "NL0515", Warning;
    /// An annotation that names no technique.
    NoTechniqueId = "NL0516", Warning;
    /// An annotation under a tactic that its technique does not have: nobody sees it, and every tool counts it.
    GhostRecord = "NL0517", Warning;
    /// An annotation that takes the place of an earlier one of the same technique and tactic.
    LostRecord = "NL0518", Warning;
    /// A row of metadata, or a link, that the Navigator drops.
    DroppedRow = "NL0519", Warning;
    /// A legend item that the Navigator drops.
    DroppedLegendItem = "NL0520", Warning;
    /// A divider as mitreattack-python writes it: the Navigator drops it.
    ForeignDivider = "NL0521", Warning;
    /// What mitreattack-python refuses, when it is strict: it then loads nothing of the layer.
    PythonRefuses = "NL0522", Warning;
    /// What mitreattack-python leaves out, and loads the rest.
    PythonLoses = "NL0523", Note;
    /// More layers in a file than the Navigator offers tabs for.
    ManyLayers = "NL0524", Note;
    /// Several layers in a file: the Navigator opens their tabs in reverse order.
    LayerOrder = "NL0525", Note;
    /// The file is in an encoding in which only some tools read layers.
    LayerEncoding = "NL0526", Note;
    /// Tags have no place in the form that is written.
    LostTags = "NL0601", Warning;
    /// Descriptions of capabilities have no place beside their names.
    LostDescriptions = "NL0602", Warning;
    /// A capability is in more groups than it has rows to name them.
    LostGroups = "NL0603", Warning;
    /// A comment, or references, of a mapped capability as a whole have no row to stand in.
    LostCapabilityTexts = "NL0604", Warning;
    /// A capability is neither mapped nor declared non-mappable, so no row names it.
    LostCapabilities = "NL0605", Warning;
    /// A table holds no definitions: of groups and mapping types that no row names, and of what types mean.
    LostDefinitions = "NL0606", Warning;
    /// A table holds the names of groups and mapping types, and an id is not told by its name.
    LostIds = "NL0607", Warning;
    /// A table has no column for a field of the metadata.
    LostMetadata = "NL0608", Warning;
    /// A text is longer than a spreadsheet's cell; it is cut.
    CutTexts = "NL0609", Warning;
    /// A table cannot hold control characters; they are replaced.
    ReplacedCharacters = "NL0610", Warning;
    /// A spreadsheet that opens the text would take a cell for a formula; it is kept as it is.
    FormulaLike = "NL0611", Warning;
    /// A date is absent or malformed, and Mappings Explorer's own tools ask for one.
    RefusedDates = "NL0612", Warning;
    /// A score is a number, and the form has a place for levels only; the mapping stands in it without a score.
    LostScores = "NL0613", Warning;
    /// Rows were carried from another ATT&CK version, and the form has no place for what they were there.
    LostOrigins = "NL0614", Warning;
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
    /// The technique of a row, or of a layer's annotation, has no place in the ATT&CK version that it is carried to; it is left
    /// out.
    DroppedByUpgrade = "NL0801", Warning;
    /// The technique of a row, or of a layer's annotation, is another one in the ATT&CK version that it is carried to.
    MovedByUpgrade = "NL0802", Note;
    /// Rows of one capability come to one technique in the ATT&CK version that they are carried to, and become one. Of the
    /// annotations of a layer only the account tells this.
    MergedByUpgrade = "NL0803", Note;
    /// Something in a layer is written in another way, which says the same in the format of today.
    Rewritten = "NL0804", Note;
    /// Something in a layer has no place in any format, and is not written.
    NotWritten = "NL0805", Warning;
    /// The expression that combines layers cannot be read.
    ExpressionSyntax = "NL0901", Error;
    /// The expression names something that is neither a layer, nor a function, nor a constant.
    ExpressionName = "NL0902", Error;
    /// The expression has no value for a technique that a layer can hold: it divides by 0, or leaves the real numbers.
    NoValue = "NL0903", Warning;
    /// An annotation of a layer that is combined has no place in its ATT&CK version; it is left out.
    LeftOut = "NL0904", Warning;
    /// A weight or a cost is absent, or no number from 0 to 1,000,000.
    NotAnAmount = "NL1001", Error;
    /// A list of capabilities, or of their costs, names one that the mappings do not have.
    NoSuchCapability = "NL1002", Error;
    /// A list of weights or costs has two rows for one technique or capability.
    RepeatedEntry = "NL1003", Error;
    /// The file that says what is deployed is neither a list of capabilities nor the result of a scan.
    NotAScan = "NL1101", Error;
    /// A result of a scan names no check, or has a status that is none of PASS, FAIL and MANUAL; it is left out.
    SpoiltResult = "NL1102", Warning;
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

/// Whether a terminal would obey the character, or a reader be misled by it: control characters, marks that turn the
/// direction of text, and ends of lines and paragraphs.
#[must_use]
pub fn is_hostile(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

/// Text from a file for people to read, with `\u{fffd}` for each character that [`is_hostile`].
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().map(|character| if is_hostile(character) { '\u{fffd}' } else { character }).collect()
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
    /// Where that is in the file's own terms, where it has some.
    pub locator: Option<Locator>,
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
        match &self.locator {
            _ if self.line == 0 => f.write_str(&self.file),
            Some(Locator::Cell(cell)) => write!(f, "{}:{cell}", self.file),
            _ => write!(f, "{}:{}:{}", self.file, self.line, self.column),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
