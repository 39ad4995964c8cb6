//! The keys of a configuration: one table of what is read by what, and so of what is accepted.

use super::walk::{Item, Walk};
use super::written::TINTS;
use crate::mapping::read::Columns;
use crate::mapping::select::Filter;

/// A list of a [`Filter`].
pub type FilterList = fn(&mut Filter) -> &mut Vec<String>;

/// The filters: their keys in `[filters]`, which are their flags without the dashes, and their lists.
pub const FILTERS: [(&str, FilterList); 9] = [
    ("framework", |filter| &mut filter.frameworks),
    ("category", |filter| &mut filter.categories),
    ("level", |filter| &mut filter.levels),
    ("capability", |filter| &mut filter.capabilities),
    ("group", |filter| &mut filter.groups),
    ("tag", |filter| &mut filter.tags),
    ("tactic", |filter| &mut filter.tactics),
    ("platform", |filter| &mut filter.platforms),
    ("technique", |filter| &mut filter.techniques),
];

/// How many of [`FILTERS`], from the first on, say which mappings count. The others say which techniques are in scope.
const OF_MAPPINGS: usize = 6;

/// The filters of a saved selection: those that say which mappings count. The scope is one for all that is asked at once.
pub const SELECTION_FILTERS: &[(&str, FilterList)] = FILTERS.split_at(OF_MAPPINGS).0;

const FILTER_KEYS: [&str; FILTERS.len()] = {
    let mut keys = [""; FILTERS.len()];
    let mut index = 0;
    while index < keys.len() {
        keys[index] = FILTERS[index].0;
        index += 1;
    }
    keys
};

const SELECTION_KEYS: &[&str] = FILTER_KEYS.split_at(OF_MAPPINGS).0;

const TINT_KEYS: [&str; TINTS.len()] = {
    let mut keys = [""; TINTS.len()];
    let mut index = 0;
    while index < keys.len() {
        keys[index] = TINTS[index].0;
        index += 1;
    }
    keys
};

/// What reads a value.
pub(super) type Reader = fn(&mut Walk, &Item<'_>);

/// What may stand under a key.
#[derive(Debug, Clone, Copy)]
pub(super) enum Node {
    /// A value.
    Value(Reader),
    /// A table of these keys.
    Table(&'static [(&'static str, Node)]),
    /// A table of these keys, all read alike, beside those of the list.
    Keys(&'static [&'static str], Reader, &'static [(&'static str, Node)]),
    /// A table of any keys.
    Map(Reader),
    /// A table of any keys, each a table of these keys, all read alike, beside those of the list.
    Tables(&'static [&'static str], Reader, &'static [(&'static str, Node)]),
}

/// Everything that a configuration may hold.
pub(super) const ROOT: Node = Node::Table(&[
    ("sources", Node::Value(Walk::sources)),
    ("output", Node::Value(Walk::output)),
    ("attack-version", Node::Value(Walk::wanted_version)),
    ("templates", Node::Value(Walk::templates)),
    ("threat", Node::Value(Walk::threat)),
    (
        "deployed",
        Node::Table(&[
            ("files", Node::Value(Walk::deployed_files)),
            ("when", Node::Value(Walk::deployed_when)),
            ("checks", Node::Map(Walk::check)),
        ]),
    ),
    (
        "filters",
        Node::Keys(
            &FILTER_KEYS,
            Walk::filter,
            &[("all-tags", Node::Value(Walk::all_tags)), ("kind", Node::Value(Walk::kind))],
        ),
    ),
    (
        "selections",
        Node::Tables(
            SELECTION_KEYS,
            Walk::selection_filter,
            &[
                ("sources", Node::Value(Walk::selection_sources)),
                ("all-tags", Node::Value(Walk::selection_all_tags)),
            ],
        ),
    ),
    ("score", Node::Table(&[("metric", Node::Value(Walk::metric)), ("rollup", Node::Value(Walk::rollup))])),
    ("scale", Node::Keys(&["minimal", "partial", "significant"], Walk::scale, &[])),
    ("colors", Node::Keys(&TINT_KEYS, Walk::color, &[("by", Node::Value(Walk::color_by))])),
    (
        "names",
        Node::Table(&[
            ("frameworks", Node::Map(Walk::framework_name)),
            ("capabilities", Node::Map(Walk::capability_name)),
            ("layer", Node::Value(Walk::layer_name)),
            ("description", Node::Value(Walk::layer_description)),
        ]),
    ),
    ("layer", Node::Table(&[("expand", Node::Value(Walk::expand))])),
    ("columns", Node::Keys(&Columns::KEYS, Walk::column, &[])),
    (
        "values",
        Node::Table(&[("category", Node::Map(Walk::category_word)), ("level", Node::Map(Walk::level_word))]),
    ),
    (
        "table",
        Node::Table(&[
            ("framework", Node::Value(Walk::table_framework)),
            ("attack-version", Node::Value(Walk::attack_version)),
            ("domain", Node::Value(Walk::domain)),
        ]),
    ),
    ("findings", Node::Keys(&["allow", "warn", "deny"], Walk::findings, &[])),
]);

impl Node {
    /// The keys, as they are listed to people.
    pub(super) fn keys(self) -> Vec<&'static str> {
        match self {
            Self::Value(_) | Self::Map(_) | Self::Tables(..) => Vec::new(),
            Self::Table(nodes) => nodes.iter().map(|(key, _)| *key).collect(),
            Self::Keys(keys, _, nodes) => {
                nodes.iter().map(|(key, _)| *key).chain(keys.iter().copied()).collect()
            }
        }
    }

    /// What may stand under a key.
    pub(super) fn get(self, key: &str) -> Option<Self> {
        let of = |nodes: &'static [(&'static str, Node)]| {
            nodes.iter().find(|(name, _)| *name == key).map(|(_, node)| *node)
        };
        match self {
            Self::Value(_) => None,
            Self::Table(nodes) => of(nodes),
            Self::Keys(keys, reader, nodes) => {
                of(nodes).or_else(|| keys.contains(&key).then_some(Self::Value(reader)))
            }
            Self::Map(reader) => Some(Self::Value(reader)),
            Self::Tables(keys, reader, nodes) => Some(Self::Keys(keys, reader, nodes)),
        }
    }
}

/// Every key that is accepted, dotted: `score.metric`; for any key stands `*`.
#[must_use]
pub fn accepted() -> Vec<String> {
    let mut all = Vec::new();
    collect(ROOT, "", &mut all);
    all
}

fn collect(node: Node, path: &str, all: &mut Vec<String>) {
    match node {
        Node::Value(_) => all.push(path.to_owned()),
        Node::Map(_) => all.push(format!("{path}.*")),
        Node::Tables(keys, reader, nodes) => {
            collect(Node::Keys(keys, reader, nodes), &format!("{path}.*"), all);
        }
        Node::Table(_) | Node::Keys(..) => {
            for key in node.keys() {
                let below = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
                collect(node.get(key).expect("a key of its own"), &below, all);
            }
        }
    }
}
