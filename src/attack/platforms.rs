//! Platforms between versions: they were renamed, joined and split.

use std::collections::BTreeMap;

use super::Catalog;

/// A former name of a platform, and the name that took over: the platforms of the published releases.
pub(crate) const RENAMED: [(&str, &str); 7] = [
    ("AWS", "IaaS"),
    ("Azure", "IaaS"),
    ("Azure AD", "Identity Provider"),
    ("GCP", "IaaS"),
    ("Google Workspace", "Office Suite"),
    ("Network", "Network Devices"),
    ("Office 365", "Office Suite"),
];

/// The other names that a platform has had, as far as a catalog has them: those that took over first.
pub(crate) fn other_names(name: &str, in_catalog: &Catalog) -> Vec<&'static str> {
    let forwards = RENAMED.iter().filter(|(former, _)| *former == name).map(|(_, now)| *now);
    let backwards = RENAMED.iter().filter(|(_, now)| *now == name).map(|(former, _)| *former);
    forwards.chain(backwards).filter(|one| has(in_catalog, one)).collect()
}

/// Whether a catalog has a platform.
pub(crate) fn has(catalog: &Catalog, name: &str) -> bool {
    catalog.platforms().iter().any(|known| known == name)
}

/// The platforms of two catalogs by the names of the later one.
pub(super) struct Names {
    /// Former name → the name that took over.
    renamed: BTreeMap<&'static str, &'static str>,
}

impl Names {
    pub(super) fn between(one: &Catalog, other: &Catalog) -> Self {
        let (earlier, later) = if one.version() <= other.version() { (one, other) } else { (other, one) };
        let applies =
            |(former, now): &&(&str, &str)| has(earlier, former) && !has(later, former) && has(later, now);
        Self { renamed: RENAMED.iter().filter(applies).copied().collect() }
    }

    /// What the later catalog calls a platform of either.
    pub(super) fn of<'n>(&self, name: &'n str) -> &'n str {
        self.renamed.get(name).copied().unwrap_or(name)
    }

    /// Each name that took over, with those that it took over from; by name.
    pub(super) fn all(&self) -> BTreeMap<&'static str, Vec<&'static str>> {
        let mut all: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (former, now) in &self.renamed {
            all.entry(*now).or_default().push(former);
        }
        all
    }
}
