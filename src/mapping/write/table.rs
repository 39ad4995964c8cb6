//! The set as a table: the columns of Mappings Explorer's downloads, as CSV or TSV.

use std::borrow::Cow;

use super::super::literal;
use super::super::model::{Category, Level, MappingSet};
use super::Content;
use super::rows::{Row, rows};

/// The columns, in their order.
pub(super) const COLUMNS: [&str; 18] = [
    "mapping_framework",
    "mapping_framework_version",
    "capability_group",
    "capability_id",
    "capability_description",
    "mapping_type",
    "attack_object_id",
    "attack_object_name",
    "attack_version",
    "technology_domain",
    "score_category",
    "score_value",
    "related_score",
    "references",
    "comments",
    "organization",
    "creation_date",
    "last_update",
];

/// Where the references stand.
pub(super) const REFERENCES: usize = 13;

/// The cells of one row.
pub(super) type Cells<'a> = [Cow<'a, str>; COLUMNS.len()];

/// All rows as cells.
pub(super) fn records(set: &MappingSet, content: Content) -> impl Iterator<Item = (Row<'_>, Cells<'_>)> {
    let version = set.attack_version.to_string();
    let text = |text: Option<&'_ str>| text.map_or(Cow::Borrowed(""), |text| Cow::Owned(text.to_owned()));
    rows(set, content).into_iter().map(move |row| {
        let publication = &set.publication;
        let references = literal::list(row.references.iter().copied());
        let cells = [
            Cow::Borrowed(set.framework.id.as_str()),
            set.framework.version.as_str().into(),
            row.group.map_or("", |group| &group.name).into(),
            row.capability.map_or("", |one| &one.id).into(),
            row.capability.map_or("", |one| &one.name).into(),
            if row.is_non_mappable { "non_mappable" } else { row.mapping_type }.into(),
            row.technique.map_or_else(String::new, |id| id.to_string()).into(),
            row.technique_name.unwrap_or_default().into(),
            version.clone().into(),
            super::domain(set.domain).into(),
            row.category.map_or("", Category::key).into(),
            row.level.map_or("", Level::key).into(),
            row.related_score.map_or_else(String::new, |id| id.to_string()).into(),
            references.into(),
            row.comment.into(),
            text(publication.organization.as_deref()),
            text(publication.creation_date.as_deref()),
            text(publication.last_update.as_deref()),
        ];
        (row, cells)
    })
}

/// Whether a character can stand in a cell: tabs and line ends are the only controls that can, and XML knows no
/// characters that Unicode says are none.
pub(super) fn is_held(c: char) -> bool {
    !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// The text with what no cell can hold replaced.
pub(super) fn held(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_held) {
        return Cow::Borrowed(text);
    }
    text.chars().map(|c| if is_held(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}

/// Whether a spreadsheet that opens the text would take the cell for a formula.
pub(super) fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// The set as text, its cells parted by `delimiter`, with the unnamed index column that the downloads have.
pub(super) fn text(set: &MappingSet, content: Content, delimiter: u8) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    // A vector takes everything, and every record has the same length: none of this can fail.
    let header = std::iter::once("").chain(COLUMNS);
    let mut written = writer.write_record(header);
    for (index, (_, cells)) in records(set, content).enumerate() {
        let index = index.to_string();
        let cells = cells.each_ref().map(|cell| held(cell));
        let all = std::iter::once(index.as_str()).chain(cells.iter().map(AsRef::as_ref));
        written = written.and_then(|()| writer.write_record(all));
    }
    written.ok().and_then(|()| writer.into_inner().ok()).unwrap_or_default()
}
