//! A table of the user's own: where its header stands, and what its words and addresses mean.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::super::notes::Notes;
use super::super::options::{Columns, Options};
use super::super::rows::{Field, Row, short};
use super::header::{self, position};
use super::{comma_parted, plain, underscored};
use crate::attack::TechniqueId;
use crate::diagnostic::{Code, Diagnostic};
use crate::link::web_address;
use crate::source::Source;
use crate::source::table::{self, MAX_COLUMNS, Shape};
use crate::suggest;

/// How well a table fits what is read, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// Its header is a published one, or holds the column that is named for the technique.
    Header,
    /// Its header holds another of the named columns.
    Columns,
    /// It is a table, and has none of the named columns.
    Table,
}

/// How well a table fits, and where its header stands; `None` when it is none that is read.
pub(super) fn fit(source: &Source, columns: Option<&Columns>) -> Option<(Fit, Shape)> {
    let first = Shape::of(source);
    let head = table::head(source, first.delimiter);
    if head.first().is_some_and(|(_, header)| header::style(header, None).is_some()) {
        return Some((Fit::Header, first));
    }
    let columns = columns?;
    let technique = columns.get("technique");
    let shape_of = |is_header: &dyn Fn(&[String]) -> bool| {
        let place = |head: &[(usize, Vec<String>)]| {
            head.iter().find(|(_, cells)| is_header(cells)).map(|(above, _)| *above)
        };
        if let Some(above) = place(&head) {
            return Some(Shape { above, ..first });
        }
        // A title above the header need not hold what parts the cells, and may hold another mark.
        let others = [b',', b'\t', b';'].into_iter().filter(|other| *other != first.delimiter);
        let mut shapes = others.filter_map(|delimiter| {
            place(&table::head(source, delimiter)).map(|above| Shape { delimiter, above })
        });
        shapes.next()
    };
    if let Some(shape) = shape_of(&|cells| technique.is_some_and(|name| position(cells, name).is_some())) {
        return Some((Fit::Header, shape));
    }
    if let Some(shape) = shape_of(&|cells| header::style(cells, Some(columns)).is_some()) {
        return Some((Fit::Columns, shape));
    }
    is_table(&head).then_some((Fit::Table, first))
}

/// Whether these first records are those of a table: all of one length, or with a technique in a cell.
fn is_table(head: &[(usize, Vec<String>)]) -> bool {
    let Some((_, header)) = head.first() else { return false };
    if header.len() > MAX_COLUMNS || header.iter().any(|name| name.len() > 200) {
        return false;
    }
    let filled = header.iter().filter(|name| !name.trim().is_empty()).count();
    let is_id = |cell: &String| cell.trim().parse::<TechniqueId>().is_ok();
    (filled > 1 && head.iter().all(|(_, cells)| cells.len() == header.len()))
        || head.iter().any(|(_, cells)| cells.iter().any(is_id))
}

/// What a row means by its words, and what it leaves to say. `framework` is what it maps.
pub(super) fn complete(
    row: &mut Row<'_>,
    options: &Options,
    framework: &str,
    source: &Source,
    notes: &mut Notes,
) {
    let category =
        word(row.category.as_mut(), &options.categories, |value| value.name(), &CATEGORY, source, notes);
    let level = word(row.level.as_mut(), &options.levels, |value| value.name(), &LEVEL, source, notes);
    if !(category && level) {
        // That has been said: half a score need not be said too.
        row.category = None;
        row.level = None;
    }
    let named = |key| options.columns.as_ref().and_then(|columns| columns.get(key)).is_some();
    if !named("capability") {
        let name = row.capability_name.as_ref().filter(|_| named("capability-name"));
        row.capability_id = Some(match name {
            Some(name) => Field { text: Cow::Owned(underscored(&name.text)), span: name.span },
            None if named("capability-name") => plain(""),
            None => Field { text: Cow::Owned(framework.to_owned()), span: row.span },
        });
    }
}

/// What a column of words may hold.
struct Words {
    code: Code,
    what: &'static str,
    usual: [&'static str; 3],
    setting: &'static str,
}

const CATEGORY: Words = Words {
    code: Code::UnknownCategory,
    what: "category",
    usual: ["Protect", "Detect", "Respond"],
    setting: "[values.category]",
};

const LEVEL: Words = Words {
    code: Code::UnknownLevel,
    what: "level",
    usual: ["Minimal", "Partial", "Significant"],
    setting: "[values.level]",
};

/// Puts the usual word in the place of one's own; `false` when it is neither, which is a finding.
fn word<T: std::str::FromStr>(
    field: Option<&mut Field<'_>>,
    own: &BTreeMap<String, T>,
    name: fn(&T) -> &'static str,
    words: &Words,
    source: &Source,
    notes: &mut Notes,
) -> bool {
    let Some(field) = field else { return true };
    let text = field.text.trim();
    if let Some(value) = own.get(&text.to_lowercase()) {
        field.text = Cow::Borrowed(name(value));
        return true;
    }
    if text.is_empty() || text.parse::<T>().is_ok() {
        return true;
    }
    let Words { code, what, usual: [one, two, three], setting } = words;
    let candidates = own.keys().map(String::as_str).chain(words.usual);
    let meant = match suggest::nearest(text, candidates) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("a {what} is {one}, {two} or {three}."),
    };
    let help = format!("{meant} words of your own stand in {setting} of navlayer.toml");
    let finding = Diagnostic::new(*code, format!("unknown {what} `{}`", short(text)));
    notes.findings.push(finding.at(source.place(field.span.range())).help(help));
    false
}

/// The addresses of a cell that holds nothing but addresses, parted by commas; any other cell as it is.
pub(super) fn references(field: Field<'_>) -> Vec<Field<'_>> {
    let parts = comma_parted(field.text.trim());
    if parts.len() < 2 || !parts.iter().all(|part| web_address(part).is_some()) {
        return vec![field];
    }
    let fields =
        parts.into_iter().map(|part| Field { text: Cow::Owned(part.trim().to_owned()), span: field.span });
    fields.collect()
}
