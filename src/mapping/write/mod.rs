//! Writing a mapping set in a form of Mappings Explorer, column by column as it publishes them.
//!
//! JSON and YAML hold everything that the form has a place for; the tables hold less. [`losses`] tells what is left out,
//! before anything is written.

mod losses;
mod rows;
mod sheet;
mod table;
mod unified;

use std::path::Path;

use super::model::MappingSet;
use crate::attack::Domain;
pub use losses::losses;
pub(crate) use sheet::{MAX_ROWS, fitting};
pub use unified::unified_json;

/// What goes into the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Everything that the form has a place for.
    Everything,
    /// Facts: ids, names, types, categories, levels, relations, addresses. No sentence of anybody's.
    Facts,
}

/// The forms of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// The unified JSON.
    Json,
    /// The same as YAML, without a status in each row, as its download.
    Yaml,
    /// A table parted by commas, with the index that its download has.
    Csv,
    /// The same table parted by tabs.
    Tsv,
    /// The same table as a workbook, without the index.
    Xlsx,
}

impl Form {
    /// All forms.
    pub const ALL: [Self; 5] = [Self::Json, Self::Yaml, Self::Csv, Self::Tsv, Self::Xlsx];

    /// `json`: the ending of its files.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Yaml => "yaml",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Xlsx => "xlsx",
        }
    }

    /// `JSON`: the name that people read.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Yaml => "YAML",
            Self::Csv => "CSV",
            Self::Tsv => "TSV",
            Self::Xlsx => "XLSX",
        }
    }

    /// The form that a file's ending tells, in any case; `.yml` is YAML too.
    #[must_use]
    pub fn of_path(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_lowercase();
        let ending = if ending == "yml" { "yaml" } else { &ending };
        Self::ALL.into_iter().find(|form| form.extension() == ending)
    }

    /// Whether the file is text.
    #[must_use]
    pub const fn is_text(self) -> bool {
        !matches!(self, Self::Xlsx)
    }

    /// Whether each mapping is a row of cells, and the metadata is repeated in each.
    #[must_use]
    pub const fn is_table(self) -> bool {
        matches!(self, Self::Csv | Self::Tsv | Self::Xlsx)
    }
}

/// What stopped the writing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The set has more rows than a sheet.
    #[error("the mapping set has {rows} rows, and a sheet holds {}", sheet::MAX_ROWS)]
    TooManyRows {
        /// How many.
        rows: usize,
    },
    /// The workbook cannot be made.
    #[error("cannot make the workbook: {0}")]
    Workbook(#[source] rust_xlsxwriter::XlsxError),
    /// The YAML cannot be made.
    #[error("cannot make the YAML: {0}")]
    Yaml(#[source] serde_saphyr::ser::Error),
}

/// The set as a file: first the mappings in source order, then what is non-mappable. The same set gives the same bytes.
///
/// What the form cannot hold is left out, or cut to what it can: see [`losses`].
///
/// # Errors
/// When the set is larger than a workbook can be.
pub fn write(set: &MappingSet, form: Form, content: Content) -> Result<Vec<u8>, WriteError> {
    match form {
        Form::Json => Ok(unified_json(set, content).into_bytes()),
        Form::Yaml => unified::yaml(set, content).map(String::into_bytes).map_err(WriteError::Yaml),
        Form::Csv => Ok(table::text(set, content, b',')),
        Form::Tsv => Ok(table::text(set, content, b'\t')),
        Form::Xlsx => sheet::workbook(set, content),
    }
}

/// The name that Mappings Explorer gives the set's files, without an ending: `aws-12.12.2024_attack-16.1-enterprise`.
#[must_use]
pub fn file_stem(set: &MappingSet) -> String {
    let edition = set.framework.version.replace('/', ".");
    let edition = if edition.is_empty() { edition } else { format!("-{edition}") };
    format!("{}{edition}_attack-{}-{}", set.framework.id, set.attack_version, domain(set.domain))
}

/// A domain as the forms write it.
const fn domain(domain: Domain) -> &'static str {
    match domain {
        Domain::Enterprise => "enterprise",
        Domain::Mobile => "mobile",
        Domain::Ics => "ics",
    }
}
