//! Results as Prowler writes them into tables: a compliance table, a row for each requirement and result; or its own, a row
//! for each result. Columns are parted by `;` and named differently from cloud to cloud.

use std::ops::ControlFlow;

use super::{Reader, ScanResult};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Source, table};

/// The names that each column may have, in small letters and without `_`.
const CHECK: &[&str] = &["checkid"];
const STATUS: &[&str] = &["status"];
const PROVIDER: &[&str] = &["provider"];
const ACCOUNT: &[&str] =
    &["accountid", "accountuid", "subscriptionid", "subscription", "projectid", "tenantid"];
const REGION: &[&str] = &["region", "location"];
const RESOURCE: &[&str] = &["resourceid", "resourceuid"];
const MUTED: &[&str] = &["muted"];

/// Where the columns of a table stand.
struct Layout {
    check: usize,
    status: usize,
    provider: Option<usize>,
    account: Option<usize>,
    region: Option<usize>,
    resource: Option<usize>,
    muted: Option<usize>,
}

impl Layout {
    /// That of a header; else the name of the column that it lacks.
    fn of<'a>(header: impl IntoIterator<Item = &'a str>) -> Result<Self, &'static str> {
        let keys: Vec<String> =
            header.into_iter().map(|name| name.trim().to_lowercase().replace(['_', ' '], "")).collect();
        let find = |names: &[&str]| names.iter().find_map(|name| keys.iter().position(|key| key == name));
        Ok(Self {
            check: find(CHECK).ok_or("CHECKID")?,
            status: find(STATUS).ok_or("STATUS")?,
            provider: find(PROVIDER),
            account: find(ACCOUNT),
            region: find(REGION),
            resource: find(RESOURCE),
            muted: find(MUTED),
        })
    }
}

/// Whether the first line names a column of checks.
pub(super) fn is_scan(source: &Source) -> bool {
    let header = table::header(source);
    header.len() > 1 && Layout::of(header.iter().map(String::as_str)).err() != Some("CHECKID")
}

/// Reads the table.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<(), Diagnostic> {
    let source = reader.source;
    let text = source.text();
    let mut rows = csv::ReaderBuilder::new()
        .delimiter(table::delimiter(text))
        .flexible(true)
        .from_reader(text.as_bytes());
    let broken = |error: &csv::Error| {
        let at = error.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(0));
        let finding = Diagnostic::new(Code::Syntax, format!("the table breaks off: {error}"));
        finding.at(source.place(at..at))
    };
    let layout = Layout::of(rows.headers().map_err(|error| broken(&error))?).map_err(|missing| {
        let message = format!("this is no scan: the table has no column {missing}");
        Diagnostic::new(Code::NotAScan, message).at(source.place(0..0)).help(super::ocsf::HELP)
    })?;
    let mut row = csv::StringRecord::new();
    while rows.read_record(&mut row).map_err(|error| broken(&error))? {
        let cell = |column: Option<usize>| column.and_then(|column| row.get(column)).unwrap_or_default();
        let result = ScanResult {
            provider: cell(layout.provider),
            check: cell(Some(layout.check)),
            account: cell(layout.account),
            region: cell(layout.region),
            resource: cell(layout.resource),
            status: cell(Some(layout.status)),
            is_muted: cell(layout.muted).trim().eq_ignore_ascii_case("true"),
        };
        let start = row.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(0));
        let end = start
            + text
                .get(start..)
                .and_then(|rest| rest.find('\n'))
                .unwrap_or(text.len() - start.min(text.len()));
        if reader.push(&result, start..end) == ControlFlow::Break(()) {
            break;
        }
    }
    Ok(())
}
