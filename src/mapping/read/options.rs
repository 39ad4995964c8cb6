//! What a reader is told beside the file: how a table with a header of the user's own is to be read.

use std::collections::BTreeMap;

use super::super::model::{Category, Level};
use crate::attack::{Domain, Releases, Version};

/// What files do not say themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The columns of a table whose header is none of the published ones; `None`: such a table is not a mapping.
    pub columns: Option<Columns>,
    /// Words of such a table that mean a category; keys in lower case, beside Protect, Detect and Respond.
    pub categories: BTreeMap<String, Category>,
    /// Words of such a table that mean a level; keys in lower case, beside Minimal, Partial and Significant.
    pub levels: BTreeMap<String, Level>,
    /// What such a table maps: the framework's id; without it, the file's name.
    pub framework: Option<String>,
    /// The ATT&CK version of a source that states none.
    pub attack_version: Option<Version>,
    /// The ATT&CK domain of a source that states none; Enterprise without it.
    pub domain: Option<Domain>,
    /// The ATT&CK releases that are known: layers state a major number, and some sources no version at all.
    pub releases: Releases,
}

/// Which column of a table holds what, by the names in its header; case and blanks around them do not count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// The technique's id. The one column that a table must have.
    pub technique: String,
    /// The technique's name.
    pub technique_name: Option<String>,
    /// The capability's id; without it, the framework is the one capability.
    pub capability: Option<String>,
    /// The capability's name.
    pub capability_name: Option<String>,
    /// The capability's group.
    pub group: Option<String>,
    /// The category.
    pub category: Option<String>,
    /// The level.
    pub level: Option<String>,
    /// The comment.
    pub comment: Option<String>,
    /// The references.
    pub references: Option<String>,
    /// The mapping type.
    pub mapping_type: Option<String>,
}

impl Columns {
    /// The keys that name a column, in the order in which help lists them.
    pub const KEYS: [&'static str; 10] = [
        "technique",
        "technique-name",
        "capability",
        "capability-name",
        "group",
        "category",
        "level",
        "comment",
        "references",
        "mapping-type",
    ];

    /// Sets the column that a key of [`Columns::KEYS`] names; `false` when it is none of them.
    pub fn set(&mut self, key: &str, column: &str) -> bool {
        let column = column.to_owned();
        match key {
            "technique" => self.technique = column,
            "technique-name" => self.technique_name = Some(column),
            "capability" => self.capability = Some(column),
            "capability-name" => self.capability_name = Some(column),
            "group" => self.group = Some(column),
            "category" => self.category = Some(column),
            "level" => self.level = Some(column),
            "comment" => self.comment = Some(column),
            "references" => self.references = Some(column),
            "mapping-type" => self.mapping_type = Some(column),
            _ => return false,
        }
        true
    }

    /// The column that a key of [`Columns::KEYS`] names.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        match key {
            "technique" => (!self.technique.is_empty()).then_some(self.technique.as_str()),
            "technique-name" => self.technique_name.as_deref(),
            "capability" => self.capability.as_deref(),
            "capability-name" => self.capability_name.as_deref(),
            "group" => self.group.as_deref(),
            "category" => self.category.as_deref(),
            "level" => self.level.as_deref(),
            "comment" => self.comment.as_deref(),
            "references" => self.references.as_deref(),
            "mapping-type" => self.mapping_type.as_deref(),
            _ => None,
        }
    }
}
