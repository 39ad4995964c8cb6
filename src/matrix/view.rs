//! A catalog laid out as the ATT&CK matrix: tactic columns, techniques by name, sub-techniques under their technique.
//!
//! What a cell shows is computed once, by the function given; HTML and every other picture only draw it.

use crate::attack::{Catalog, Tactic, Technique};
use crate::mapping::select::Scope;

/// A matrix whose cells show a `T`.
#[derive(Debug, Clone)]
pub struct Matrix<'a, T> {
    /// One column per tactic that has a technique in scope, in matrix order.
    pub columns: Vec<Column<'a, T>>,
}

/// A tactic's column.
#[derive(Debug, Clone)]
pub struct Column<'a, T> {
    /// The tactic.
    pub tactic: &'a Tactic,
    /// Its index in the catalog.
    pub index: usize,
    /// Its techniques, by name as in ATT&CK and the Navigator.
    pub entries: Vec<Entry<'a, T>>,
}

/// A technique in a column.
#[derive(Debug, Clone)]
pub struct Entry<'a, T> {
    /// The technique.
    pub technique: &'a Technique,
    /// What its cell shows.
    pub shows: T,
    /// Its sub-techniques in this tactic, by id, each with what its cell shows.
    pub subs: Vec<(&'a Technique, T)>,
}

impl<'a, T: Clone> Matrix<'a, T> {
    /// Lays out the techniques in scope. A technique whose sub-technique alone is in scope stands there too, so that
    /// the sub-technique has a place.
    pub fn new(catalog: &'a Catalog, scope: &Scope, mut show: impl FnMut(&'a Technique) -> T) -> Self {
        let tactics = catalog.tactics().iter().enumerate();
        let wanted = tactics.filter(|(index, _)| scope.tactics().is_none_or(|wanted| wanted.contains(index)));
        let columns = wanted.map(|(index, tactic)| {
            let entries = catalog.in_tactic(index).into_iter().filter_map(|technique| {
                let subs: Vec<_> = catalog
                    .sub_techniques(technique.id)
                    .filter(|sub| sub.tactics.contains(index) && scope.contains(sub))
                    .map(|sub| (sub, show(sub)))
                    .collect();
                let is_shown = scope.contains(technique) || !subs.is_empty();
                is_shown.then(|| Entry { technique, shows: show(technique), subs })
            });
            Column { tactic, index, entries: entries.collect() }
        });
        Self { columns: columns.filter(|column| !column.entries.is_empty()).collect() }
    }
}
