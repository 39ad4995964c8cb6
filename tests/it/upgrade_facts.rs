//! Where ids go between ATT&CK versions, against the `revoked-by` relations of the bundles, and from version to version.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use navlayer::attack::upgrade::{Move, Reason, Upgrade};
use navlayer::attack::{Catalog, Domain, TechniqueId, Version, embedded_versions};
use serde_json::Value;

use crate::support::{corpus, covered};

/// The embedded catalogs of a domain, in ascending order of their versions; each is made once.
pub(crate) fn catalogs(domain: Domain) -> &'static [Catalog] {
    static ALL: [OnceLock<Vec<Catalog>>; 3] = [const { OnceLock::new() }; 3];
    ALL[domain as usize].get_or_init(|| {
        let versions = embedded_versions(domain).iter();
        versions.map(|version| Catalog::embedded(domain, *version).expect("it is embedded")).collect()
    })
}

/// The embedded catalog of a version.
pub(crate) fn catalog(domain: Domain, version: &str) -> &'static Catalog {
    let wanted: Version = version.parse().expect("a version");
    catalogs(domain).iter().find(|one| one.version() == wanted).expect("it is embedded")
}

/// Every two catalogs of one domain, in both directions and each with itself.
pub(crate) fn pairs(domain: Domain) -> impl Iterator<Item = (&'static Catalog, &'static Catalog)> {
    catalogs(domain).iter().flat_map(move |from| catalogs(domain).iter().map(move |to| (from, to)))
}

/// The places of every three versions of which each is later than the one before.
pub(crate) fn triples(domain: Domain) -> impl Iterator<Item = [usize; 3]> {
    let count = catalogs(domain).len();
    (0..count).flat_map(move |a| (a + 1..count).flat_map(move |b| (b + 1..count).map(move |c| [a, b, c])))
}

/// Three versions of a domain, in turn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InTurn {
    pub(crate) domain: Domain,
    pub(crate) places: [usize; 3],
}

impl InTurn {
    pub(crate) fn catalogs(self) -> [&'static Catalog; 3] {
        self.places.map(|place| &catalogs(self.domain)[place])
    }
}

pub(crate) fn way(from: &'static Catalog, to: &'static Catalog) -> Upgrade<'static> {
    Upgrade::new(from, to).expect("of one domain")
}

pub(crate) fn id(text: &str) -> TechniqueId {
    text.parse().expect("an id")
}

/// A technique as an object of a bundle has it.
#[derive(Clone)]
struct Object {
    id: TechniqueId,
    name: String,
    revoked: bool,
    deprecated: bool,
}

/// What a bundle says of techniques: nothing but its objects and its `revoked-by` relations.
struct Bundle {
    /// By STIX id.
    objects: BTreeMap<String, Object>,
    revoked_by: BTreeMap<String, String>,
}

/// Where an id goes, as a bundle has it.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    Active,
    /// The ids on the way, the last of which is active.
    To(Vec<TechniqueId>),
    /// The ids on the way, the last of which is deprecated.
    Deprecated(Vec<TechniqueId>),
    /// The ids on the way, the last of which is revoked by nothing.
    NoSuccessor(Vec<TechniqueId>),
    NotListed,
}

impl Bundle {
    fn read(folder: &Path, domain: Domain, version: &str) -> Self {
        let path = folder.join(format!("{}-{version}.json", domain.id()));
        let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let bundle: Value = serde_json::from_slice(&bytes).expect("a bundle is JSON");
        let (mut objects, mut revoked_by) = (BTreeMap::new(), BTreeMap::new());
        for object in bundle["objects"].as_array().expect("a bundle has objects") {
            let text = |field: &str| object[field].as_str().unwrap_or_default();
            let flag = |field: &str| object[field] == true;
            if object["relationship_type"] == "revoked-by" {
                revoked_by.insert(text("source_ref").to_owned(), text("target_ref").to_owned());
            } else if object["type"] == "attack-pattern" {
                let references = object["external_references"].as_array().expect("it has references");
                let own = references.iter().find(|one| {
                    ["mitre-attack", "mitre-mobile-attack", "mitre-ics-attack"]
                        .contains(&one["source_name"].as_str().unwrap_or_default())
                });
                let own = own.expect("one of them is ATT&CK's");
                let one = Object {
                    id: id(own["external_id"].as_str().expect("it has an id")),
                    name: text("name").to_owned(),
                    revoked: flag("revoked"),
                    deprecated: flag("x_mitre_deprecated"),
                };
                objects.insert(text("id").to_owned(), one);
            }
        }
        Self { objects, revoked_by }
    }

    fn active(&self) -> impl Iterator<Item = &Object> {
        self.objects.values().filter(|one| !one.revoked && !one.deprecated)
    }

    fn name(&self, id: TechniqueId) -> Option<&str> {
        self.active().find(|one| one.id == id).map(|one| one.name.as_str())
    }

    /// Follows `revoked-by` to the end.
    fn fate(&self, id: TechniqueId) -> Fate {
        let mut of_id: Vec<(&String, &Object)> =
            self.objects.iter().filter(|(_, one)| one.id == id).collect();
        of_id.sort_by_key(|(_, one)| (one.revoked, one.deprecated));
        let Some((mut stix, mut one)) = of_id.first().copied() else { return Fate::NotListed };
        let mut chain = Vec::new();
        while one.revoked {
            let Some(next) = self.revoked_by.get(stix) else { return Fate::NoSuccessor(chain) };
            assert!(chain.len() < 10, "{id} is revoked in a circle");
            (stix, one) = self.objects.get_key_value(next).expect("the relation leads to an object");
            chain.push(one.id);
        }
        match (one.deprecated, chain.is_empty()) {
            (true, _) => Fate::Deprecated(chain),
            (false, true) => Fate::Active,
            (false, false) => Fate::To(chain),
        }
    }
}

/// The same as an upgrade has it, with whether the name stays.
fn told(what: &Move) -> (Fate, Option<bool>) {
    match what.clone() {
        Move::Kept => (Fate::Active, Some(true)),
        Move::Renamed => (Fate::Active, Some(false)),
        Move::Renumbered { chain } => (Fate::To(chain), Some(true)),
        Move::Replaced { chain } => (Fate::To(chain), Some(false)),
        Move::Dropped(Reason::Deprecated { chain }) => (Fate::Deprecated(chain), None),
        Move::Dropped(Reason::NoSuccessor { chain }) => (Fate::NoSuccessor(chain), None),
        Move::Dropped(Reason::Removed { .. }) => (Fate::NotListed, None),
        Move::Dropped(reason) => panic!("{reason:?} on the way forwards"),
    }
}

/// Compares every active technique of some versions with the bundles of later ones; gives how many times.
fn compare(folder: &Path, domain: Domain, from: &[&str], to: &[&str]) -> usize {
    let mut compared = 0;
    let targets: Vec<Bundle> = to.iter().map(|version| Bundle::read(folder, domain, version)).collect();
    for version in from {
        let source = Bundle::read(folder, domain, version);
        let active: BTreeSet<TechniqueId> = source.active().map(|one| one.id).collect();
        let embedded: BTreeSet<TechniqueId> =
            catalog(domain, version).techniques().iter().map(|one| one.id).collect();
        assert_eq!(embedded, active, "{domain} {version}: what is active");
        for (target, name) in targets.iter().zip(to) {
            let upgrade = way(catalog(domain, version), catalog(domain, name));
            for id in &active {
                let place = format!("{domain} {version} to {name}: {id}");
                let wanted = target.fate(*id);
                let what = upgrade.of(*id);
                let (fate, same_name) = told(&what);
                assert_eq!(fate, wanted, "{place}");
                let end = match &wanted {
                    Fate::Active => Some(*id),
                    Fate::To(chain) => chain.last().copied(),
                    _ => None,
                };
                assert_eq!(what.target(*id), end, "{place}");
                let is_same = end.map(|end| source.name(*id) == target.name(end));
                assert_eq!(same_name, is_same, "{place}: the name");
                compared += 1;
            }
        }
    }
    compared
}

#[test]
fn every_active_technique_goes_where_the_bundles_say() {
    let Some(corpus) = corpus() else { return };
    let folder = corpus.parent().expect("it is in a folder").join("attack");
    let enterprise = ["8.2", "9.0", "10.1", "12.1", "16.1", "18.1"];
    assert_eq!(compare(&folder, Domain::Enterprise, &enterprise, &["18.1", "19.0"]), 7178);
    let others = ["12.1", "15.1", "16.1", "17.1", "18.1"];
    let counts = [Domain::Mobile, Domain::Ics].map(|domain| compare(&folder, domain, &others, &["18.1"]));
    assert_eq!(counts, [590, 411]);
    covered(7 + 5 + 5);
}

/// What becomes of an id, in words.
fn said(upgrade: &Upgrade<'_>, text: &str) -> String {
    let list = |chain: &[TechniqueId]| chain.iter().map(ToString::to_string).collect::<Vec<_>>().join(" > ");
    match upgrade.of(id(text)) {
        Move::Kept => "kept".to_owned(),
        Move::Renamed => "renamed".to_owned(),
        Move::Renumbered { chain } => format!("renumbered {}", list(&chain)),
        Move::Replaced { chain } => format!("replaced {}", list(&chain)),
        Move::Dropped(reason) => reason.describe(),
    }
}

#[track_caller]
fn goes(domain: Domain, from: &str, to: &str, wanted: &[(&str, &str)]) {
    let upgrade = way(catalog(domain, from), catalog(domain, to));
    let found: Vec<(&str, String)> = wanted.iter().map(|(id, _)| (*id, said(&upgrade, id))).collect();
    let found: Vec<(&str, &str)> = found.iter().map(|(id, what)| (*id, what.as_str())).collect();
    assert_eq!(found, wanted, "{from} to {to}");
}

#[test]
fn the_t1562_family_goes_where_19_0_puts_it() {
    let family = [
        ("T1562", "replaced T1685"),
        ("T1562.001", "renumbered T1685"),
        ("T1562.002", "replaced T1685.001"),
        ("T1562.003", "replaced T1690"),
        ("T1562.004", "renumbered T1686"),
        ("T1562.006", "replaced T1685"),
        ("T1562.007", "replaced T1686.001"),
        ("T1562.008", "replaced T1685.002"),
        ("T1562.009", "renumbered T1688"),
        ("T1562.010", "renumbered T1689"),
        ("T1562.011", "replaced T1685.003"),
        ("T1562.012", "replaced T1685.004"),
    ];
    goes(Domain::Enterprise, "16.1", "19.0", &family);
}

#[test]
fn sub_techniques_become_techniques_and_the_other_way_round() {
    let plists = [
        ("T1547.011", "replaced T1647"),
        ("T1150", "replaced T1547.011 > T1647"),
        ("T1053.001", "replaced T1053.002"),
        ("T1053.002", "renamed"),
        ("T1053.004", "deprecated"),
        ("T1647", "kept"),
        ("T1562.012", "not known before ATT&CK 14.1"),
        ("T1685", "not known before ATT&CK 19.0"),
        ("T1521.003", "a Mobile technique"),
        ("T1999", "never a technique of ATT&CK, as far as is known"),
    ];
    goes(Domain::Enterprise, "10.1", "11.3", &plists);
    goes(
        Domain::Enterprise,
        "11.3",
        "10.1",
        &[("T1647", "replaced T1547.011"), ("T1150", "renumbered T1547.011")],
    );
    goes(
        Domain::Enterprise,
        "16.1",
        "17.1",
        &[("T1574.002", "replaced T1574.001"), ("T1574.001", "renamed")],
    );
    goes(
        Domain::Mobile,
        "12.1",
        "18.1",
        &[("T1431", "replaced by T1476, which is deprecated"), ("T1451", "kept")],
    );
}

#[test]
fn the_way_back_takes_every_technique_to_the_one_that_it_came_from() {
    let mut found = Vec::new();
    let mut not_yet = 0;
    for domain in Domain::ALL {
        for pair in catalogs(domain).windows(2) {
            let back = way(&pair[1], &pair[0]);
            for one in pair[1].techniques() {
                match back.of(one.id) {
                    Move::Kept | Move::Renamed => {}
                    Move::Dropped(Reason::NotYet { first }) => {
                        assert_eq!(first, pair[1].version(), "{}", one.id);
                        not_yet += 1;
                    }
                    _ => found.push(format!(
                        "{} {} {}",
                        pair[1].version(),
                        one.id,
                        said(&back, &one.id.to_string())
                    )),
                }
            }
        }
    }
    let wanted = [
        "11.3 T1647 replaced T1547.011",
        "19.0 T1684.001 renumbered T1656",
        "19.0 T1684.002 renumbered T1672",
        // Of T1562, T1562.001 and T1562.006, the one of the same name.
        "19.0 T1685 renumbered T1562.001",
        "19.0 T1685.001 replaced T1562.002",
        "19.0 T1685.002 replaced T1562.008",
        "19.0 T1685.003 replaced T1562.011",
        "19.0 T1685.004 replaced T1562.012",
        "19.0 T1685.005 renumbered T1070.001",
        "19.0 T1685.006 renumbered T1070.002",
        "19.0 T1686 renumbered T1562.004",
        "19.0 T1686.001 replaced T1562.007",
        "19.0 T1686.002 replaced T1562.013",
        "19.0 T1688 renumbered T1562.009",
        "19.0 T1689 renumbered T1562.010",
        "19.0 T1690 replaced T1562.003",
        // They were withdrawn and came back.
        "17.1 T1451 deprecated",
        "18.1 T1453 deprecated",
    ];
    assert_eq!(found, wanted);
    assert!(not_yet > 100, "{not_yet}");
}

/// The ids that two upgrades in turn do not take where one does: the id, and the versions between which the second sets out
/// and ends.
///
/// All of them are retired in the version that the way starts from; whoever maps an active technique is not concerned.
const FORWARDS: [(Domain, &str, [&str; 2], [&str; 2]); 4] = [
    // Revoked without a successor; 18.1 is the first release to name one.
    (Domain::Mobile, "T1415", ["15.1", "17.1"], ["18.1", "18.1"]),
    (Domain::Mobile, "T1419", ["15.1", "17.1"], ["18.1", "18.1"]),
    // Deprecated, and active again later: an upgrade to a version between drops it.
    (Domain::Mobile, "T1451", ["15.1", "16.1"], ["17.1", "18.1"]),
    (Domain::Mobile, "T1453", ["15.1", "17.1"], ["18.1", "18.1"]),
];

/// The same on the way back. Each is active in the target, and in the version between already retired: one step keeps it,
/// two take its successor, or drop what was deprecated.
const BACKWARDS: [(Domain, &str, [&str; 2], [&str; 2]); 4] = [
    (Domain::Enterprise, "T1053.001", ["11.3", "18.1"], ["8.2", "10.1"]),
    (Domain::Enterprise, "T1053.004", ["10.0", "18.1"], ["8.2", "9.0"]),
    // By way of T1574.002.
    (Domain::Enterprise, "T1073", ["17.1", "18.1"], ["8.2", "16.1"]),
    (Domain::Enterprise, "T1574.002", ["17.1", "18.1"], ["8.2", "16.1"]),
];

/// The ids of a version that two upgrades in turn may take elsewhere than one, by way of any version.
pub(crate) fn odd(domain: Domain) -> BTreeSet<TechniqueId> {
    let all = FORWARDS.iter().chain(&BACKWARDS).filter(|(of, ..)| *of == domain);
    all.map(|(_, text, ..)| id(text)).collect()
}

#[test]
fn two_upgrades_in_turn_take_every_id_where_one_does() {
    for (listed, forwards) in [(FORWARDS, true), (BACKWARDS, false)] {
        let mut wanted = BTreeSet::new();
        let mut found = BTreeSet::new();
        let mut compared = 0;
        for domain in Domain::ALL {
            let all = catalogs(domain);
            let ways: Vec<Vec<Upgrade<'_>>> =
                all.iter().map(|from| all.iter().map(|to| way(from, to)).collect()).collect();
            for [first, between, last] in triples(domain) {
                let (from, to) = if forwards { (first, last) } else { (last, first) };
                let versions = [from, between, to].map(|place| all[place].version());
                let within = |version: Version, range: [&str; 2]| {
                    let [low, high] = range.map(|text| text.parse::<Version>().expect("a version"));
                    (low..=high).contains(&version)
                };
                for (of, text, second, end) in listed {
                    if of == domain && within(versions[1], second) && within(versions[2], end) {
                        wanted.insert((domain, id(text), versions));
                    }
                }
                for id in all[from].techniques().iter().map(|one| one.id).chain(all[from].retired()) {
                    let once = ways[from][to].of(id).target(id);
                    let before = ways[from][between].of(id).target(id);
                    let twice = before.and_then(|next| ways[between][to].of(next).target(next));
                    if once != twice {
                        assert!(all[from].technique(id).is_none(), "{id} is active in {}", versions[0]);
                        found.insert((domain, id, versions));
                    }
                    compared += 1;
                }
            }
        }
        assert_eq!(found, wanted, "forwards: {forwards}");
        assert!(compared > 200_000, "{compared}");
    }
}

#[test]
fn what_an_upgrade_gives_is_active_in_its_target() {
    for domain in Domain::ALL {
        for (from, to) in pairs(domain) {
            let upgrade = way(from, to);
            let mut reached = BTreeSet::new();
            for one in from.techniques() {
                if let Some(target) = upgrade.of(one.id).target(one.id) {
                    assert!(
                        to.technique(target).is_some(),
                        "{} to {}: {target}",
                        from.version(),
                        to.version()
                    );
                    reached.insert(target);
                }
            }
            let new: BTreeSet<TechniqueId> =
                to.techniques().iter().map(|one| one.id).filter(|id| !reached.contains(id)).collect();
            assert_eq!(upgrade.new_techniques(), new, "{} to {}", from.version(), to.version());
            if from.version() == to.version() {
                assert!(from.techniques().iter().all(|one| upgrade.of(one.id) == Move::Kept));
            }
        }
    }
}
