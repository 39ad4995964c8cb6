//! Several coverages as one.

use std::collections::{BTreeMap, BTreeSet};

use super::{Cell, Coverage, Rollup, Rules, add_up, declared, new_to_all};
use crate::attack::TechniqueId;

impl Coverage<'_> {
    /// Adds up what coverages of the same sets, on the same catalog and with the same scope, have of mappings, each mapping
    /// once. Rules, scope and phrases are the first one's; nothing is rolled up. `None` when there is no coverage.
    ///
    /// Where the coverages have different categories or levels selected, the selection of all together may hold more than
    /// was added up: see [`Selection::widened_to`](crate::mapping::select::Selection::widened_to).
    #[must_use]
    pub fn together(parts: &[&Self]) -> Option<Self> {
        let (first, others) = parts.split_first()?;
        let selection = others
            .iter()
            .fold(first.selection.clone(), |selection, other| selection.widened_to(&other.selection));
        let rules = Rules { rollup: Rollup::None, ..first.rules };
        let mut mappings: BTreeMap<TechniqueId, BTreeSet<(usize, usize)>> = BTreeMap::new();
        for (id, cell) in parts.iter().flat_map(|part| &part.cells).filter(|(_, cell)| cell.is_mapped()) {
            mappings.entry(*id).or_default().extend(&cell.mappings);
        }
        let mut cells: BTreeMap<TechniqueId, Cell> = BTreeMap::new();
        for (id, mappings) in mappings {
            let mut cell = Cell { mappings: mappings.into_iter().collect(), ..Cell::default() };
            add_up(&mut cell, first.sets, &selection, &rules);
            cells.insert(id, cell);
        }
        let declared = declared(first.sets, first.catalog, &selection).into_iter();
        Some(Self {
            sets: first.sets,
            catalog: first.catalog,
            not_mappable: declared.filter(|id| !cells.contains_key(id)).collect(),
            new: new_to_all(first.sets, &selection),
            selection,
            rules,
            cells,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attack::Catalog;
    use crate::coverage::Metric;
    use crate::mapping::named::Named;
    use crate::mapping::read;
    use crate::mapping::select::{Filter, Selection};

    #[test]
    fn parts_together_are_what_they_are_parts_of() {
        let sets = read::embedded().sets;
        let catalog = Catalog::embedded(sets[0].domain, sets[0].attack_version).expect("it is embedded");
        for metric in Metric::ALL {
            let rules = Rules { metric, ..Rules::default() };
            let of = |filter: &Filter| {
                let selection = filter.resolve(&sets, &catalog).expect("it names something");
                Coverage::new(&sets, &catalog, selection, rules)
            };
            let capability = |glob: &str| of(&Named::find(glob, &sets).expect(glob).filter);
            // Some of them overlap.
            let parts = ["amazon_*", "*guard*", "*config*"].map(capability);
            let names = ["amazon_*", "*guard*", "*config*"].map(str::to_owned).to_vec();
            let whole = of(&Filter { capabilities: names, ..Filter::default() });
            let together = Coverage::together(&parts.each_ref()).expect("there are some");
            assert_eq!(together.cells().len(), whole.cells().len());
            for (id, cell) in whole.cells() {
                let own = together.cell(*id).expect("it is mapped");
                assert_eq!(
                    (&own.mappings, own.own_score),
                    (&cell.mappings, cell.own_score),
                    "{metric:?} {id}"
                );
            }
            let categories = ["protect", "detect", "respond"];
            let parts =
                categories.map(|name| of(&Filter { categories: vec![name.to_owned()], ..Filter::default() }));
            let whole = Coverage::new(&sets, &catalog, Selection::everything(&sets), rules);
            let together = Coverage::together(&parts.each_ref()).expect("there are some");
            let scores = |of: &Coverage<'_>| -> Vec<_> {
                of.cells().iter().map(|(id, cell)| (*id, cell.own_score)).collect()
            };
            assert_eq!(scores(&together), scores(&whole), "{metric:?}");
        }
        assert!(Coverage::together(&[]).is_none());
    }
}
