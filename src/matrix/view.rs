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
    /// How many of its techniques are in scope, those left out here included.
    pub in_scope: usize,
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
    /// How many of its sub-techniques are in scope in this tactic, those left out here included.
    pub subs_in_scope: usize,
    /// Its sub-techniques in this tactic, by id, each with what its cell shows.
    pub subs: Vec<(&'a Technique, T)>,
}

impl<'a, T> Matrix<'a, T> {
    /// Lays out the techniques in scope for which `keep` holds. A technique whose sub-technique alone does stands there
    /// too, so that the sub-technique has a place. `show` is asked for nothing that is left out.
    pub fn new(
        catalog: &'a Catalog,
        scope: &Scope,
        keep: impl Fn(&Technique) -> bool,
        mut show: impl FnMut(&'a Technique) -> T,
    ) -> Self {
        let mut columns = Vec::new();
        for (index, tactic) in catalog.tactics().iter().enumerate() {
            if scope.tactics().is_some_and(|wanted| !wanted.contains(&index)) {
                continue;
            }
            let mut in_scope = 0;
            let mut entries = Vec::new();
            for technique in catalog.in_tactic(index) {
                let is_in_scope = scope.contains(technique);
                in_scope += usize::from(is_in_scope);
                let subs = || {
                    let subs = catalog.sub_techniques(technique.id);
                    subs.filter(|sub| sub.tactics.contains(index) && scope.contains(sub))
                };
                let kept: Vec<_> = subs().filter(|sub| keep(sub)).map(|sub| (sub, show(sub))).collect();
                if (is_in_scope && keep(technique)) || !kept.is_empty() {
                    let (subs_in_scope, shows) = (subs().count(), show(technique));
                    entries.push(Entry { technique, shows, subs_in_scope, subs: kept });
                }
            }
            if !entries.is_empty() {
                columns.push(Column { tactic, index, in_scope, entries });
            }
        }
        Self { columns }
    }
}
