//! Tables beside the mappings: weights and costs.

use std::ops::ControlFlow;

use navlayer::coverage::plan::Amount;
use navlayer::diagnostic::{Code, Diagnostic, Place};
use navlayer::source::table::{self, Cell, Shape};
use navlayer::source::{Source, Span};

use super::super::file::{MAX_FINDINGS, short};

/// What a table gives amounts of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    /// `weight`
    pub(super) amount: &'static str,
    /// What the column of amounts may be called, best first.
    amounts: &'static [&'static str],
    /// `technique`
    key: &'static str,
    /// What the column of keys may be called, best first.
    keys: &'static [&'static str],
}

impl Kind {
    pub(super) const WEIGHTS: Self = Self {
        amount: "weight",
        amounts: &["weight", "score"],
        key: "technique",
        keys: &["technique_id", "techniqueid", "attack_object_id", "technique", "id"],
    };

    pub(super) const COSTS: Self = Self {
        amount: "cost",
        amounts: &["cost"],
        key: "capability",
        keys: &["capability_id", "capability", "id", "name"],
    };

    /// The columns of keys and amounts that a header names; `None` when the record is no header. A record of two cells
    /// that names neither is one when its first is no key and its second no number.
    fn columns(
        self,
        record: &[Cell<'_>],
        is_key: &dyn Fn(&str) -> bool,
    ) -> Option<Result<(usize, usize), String>> {
        let plain = |cell: &Cell<'_>| cell.text.trim().to_lowercase().replace([' ', '-'], "_");
        let texts: Vec<String> = record.iter().map(plain).collect();
        let place = |names: &[&str]| names.iter().find_map(|name| texts.iter().position(|text| text == name));
        match (place(self.keys), place(self.amounts)) {
            (Some(key), Some(amount)) => Some(Ok((key, amount))),
            (Some(key), None) if texts.len() == 2 => Some(Ok((key, 1 - key))),
            (None, Some(amount)) if texts.len() == 2 => Some(Ok((1 - amount, amount))),
            (Some(_), None) => Some(Err(format!("no column is called `{}`", self.amount))),
            (None, Some(_)) => Some(Err(format!("no column is called `{}`", self.key))),
            (None, None) => {
                let is_header =
                    texts.len() == 2 && !is_key(record[0].text) && texts[1].parse::<f64>().is_err();
                is_header.then_some(Ok((0, 1)))
            }
        }
    }
}

/// A row of a table of amounts.
pub(super) struct Entry {
    /// What the amount is of.
    pub(super) key: String,
    /// Where that stands.
    pub(super) span: Span,
    pub(super) amount: Amount,
}

/// The rows of a table.
pub(super) struct Entries {
    pub(super) rows: Vec<Entry>,
    has_header: bool,
}

/// The rows of a table with a key and an amount in each; those that are none are findings.
///
/// The first row is a header where it names the columns, or could be no other row. Blank rows, and those that start with
/// `#`, are left out.
pub(super) fn amounts(
    source: &Source,
    kind: Kind,
    is_key: &dyn Fn(&str) -> bool,
    findings: &mut Vec<Diagnostic>,
) -> Entries {
    let mut entries = Vec::new();
    let mut columns = None;
    let mut has_header = false;
    let first = findings.len();
    let outcome = table::for_each_record(source, 0, Shape::of(source), |record, span| {
        if record.first().is_some_and(|cell| cell.text.trim_start().starts_with('#')) {
            return ControlFlow::Continue(());
        }
        if columns.is_none() {
            match kind.columns(record, is_key) {
                Some(Ok(named)) => {
                    columns = Some(named);
                    has_header = true;
                    return ControlFlow::Continue(());
                }
                Some(Err(message)) => {
                    let finding = Diagnostic::new(Code::MissingField, message);
                    let help =
                        format!("a table here has a column `{}` and a column `{}`", kind.key, kind.amount);
                    findings.push(finding.at(source.place(span.range())).help(help));
                    return ControlFlow::Break(());
                }
                None => {}
            }
        }
        match entry(record, columns, kind) {
            Ok(entry) => entries.push(entry),
            Err((at, finding)) => findings.push(finding.at(source.place(at.unwrap_or(span).range()))),
        }
        if findings.len() >= MAX_FINDINGS {
            let finding = Diagnostic::new(Code::TooManyFindings, "no more of the file is read");
            findings.push(finding.at(source.place(span.range())));
            return ControlFlow::Break(());
        }
        columns = columns.or(Some((0, 1)));
        ControlFlow::Continue(())
    });
    findings.extend(outcome.err());
    if !has_header {
        findings[first..].iter_mut().for_each(without_column);
    }
    Entries { rows: entries, has_header }
}

/// Leaves out the names of columns: the first row, which they would come from, is a row like the others.
fn without_column(finding: &mut Diagnostic) {
    if let Some(place) = &mut finding.place {
        place.locator = None;
    }
}

impl Entries {
    /// The place of a row's key.
    pub(super) fn place(&self, source: &Source, entry: &Entry) -> Place {
        let place = source.place(entry.span.range());
        Place { locator: place.locator.filter(|_| self.has_header), ..place }
    }

    /// A finding about the second row for one thing, with where the first stands.
    pub(super) fn repeated(&self, source: &Source, entry: &Entry, first: Span) -> Diagnostic {
        let message = format!("`{}` has a row already", short(&entry.key));
        let help = format!("it stands in line {} too: keep one", source.place(first.range()).line);
        Diagnostic::new(Code::RepeatedEntry, message).at(self.place(source, entry)).help(help)
    }
}

/// A row as an entry, or what is wrong with it and where.
fn entry(
    record: &[Cell<'_>],
    columns: Option<(usize, usize)>,
    kind: Kind,
) -> Result<Entry, (Option<Span>, Diagnostic)> {
    let Kind { amount: what, key: of, .. } = kind;
    let (key, amount) = columns.unwrap_or((0, 1));
    let (Some(key), Some(amount)) = (record.get(key), record.get(amount)) else {
        let message = format!("the row has no {what}");
        let help = format!("a row is `{of},{what}`");
        return Err((None, Diagnostic::new(Code::NotAnAmount, message).help(help)));
    };
    if columns.is_none() && record.len() > 2 {
        let message = format!("nothing says which of {} columns holds the {what}", record.len());
        let help = format!("a first row that names them does: `{of},…,{what}`");
        return Err((None, Diagnostic::new(Code::MissingField, message).help(help)));
    }
    let of = key.text.trim();
    match amount.text.parse() {
        Ok(number) => Ok(Entry { key: of.to_owned(), span: key.span, amount: number }),
        Err(_) => Err((Some(amount.span), no_amount(amount.text.trim(), of, what))),
    }
}

/// What is wrong with a text that is no amount.
fn no_amount(text: &str, of: &str, what: &str) -> Diagnostic {
    let of = short(of);
    let message = match text.parse::<f64>() {
        _ if text.is_empty() => format!("no {what} stands beside `{of}`"),
        Ok(number) if number < 0.0 => format!("the {what} of `{of}` is negative: {}", short(text)),
        Ok(number) if number > 1_000_000.0 => format!("the {what} of `{of}` is too large: {}", short(text)),
        _ => format!("the {what} of `{of}` is not a number: `{}`", short(text)),
    };
    let with_point = text.replace(',', ".");
    let help = if with_point.parse::<Amount>().is_ok() {
        format!("write {with_point}")
    } else {
        format!("a {what} is a number from 0 to 1000000")
    };
    Diagnostic::new(Code::NotAnAmount, message).help(help)
}
