//! Mapping sets on other ATT&CK versions: every row is accounted for, nothing is lost, and twice is once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use navlayer::attack::upgrade::{Counts, Kind, Move, Upgrade};
use navlayer::attack::{Catalog, Domain, TechniqueId};
use navlayer::mapping::read::{Options, Reader};
use navlayer::mapping::upgrade::{rename, upgrade};
use navlayer::mapping::{
    Capability, Category, Framework, Level, ListedTechnique, Mapping, MappingOrigin, MappingSet,
    NonMappableTechnique, NumericScore, Origin, Reference,
};
use navlayer::source::Span;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::support::{corpus, covered, listing};
use crate::upgrade_facts::{InTurn, catalog, catalogs, id, odd, pairs, triples, way};

/// What any upgrade of a set must be.
fn is_sound(before: &MappingSet, from: &'static Catalog, to: &'static Catalog) {
    let place = || format!("{} {} to {}", before.origin, from.version(), to.version());
    let way = way(from, to);
    let after = carried(before, &way);
    let counts = after.upgrades.last().expect("it was upgraded").counts;
    assert_eq!(counts.rows, rows(before), "{}: rows in", place());
    assert_eq!(Kind::ALL.iter().map(|kind| counts.of(*kind)).sum::<usize>(), counts.rows, "{}", place());
    assert_eq!(counts.rows_out(), rows(&after), "{}: rows out", place());
    assert_eq!(counts, counted(before, &way), "{}", place());
    assert_eq!(after.attack_version, to.version());

    // No capability loses a technique, nor a level.
    let target = |row: &Mapping| way.of(row.technique).target(row.technique);
    let kept: Vec<(TechniqueId, &Mapping)> =
        before.mappings.iter().filter_map(|row| Some((target(row)?, row))).collect();
    let wanted = strongest(kept.iter().copied());
    let found = strongest(after.mappings.iter().map(|row| (row.technique, row)));
    assert_eq!(found, wanted, "{}", place());

    // Nor a word.
    let mut said: BTreeMap<(usize, TechniqueId), Vec<&Mapping>> = BTreeMap::new();
    for row in &after.mappings {
        assert!(to.technique(row.technique).is_some(), "{}: {} is not active", place(), row.technique);
        assert_eq!(Some(row.technique_name.as_str()), to.name_of(row.technique), "{}", place());
        said.entry((row.capability, row.technique)).or_default().push(row);
    }
    for (target, row) in kept {
        let of = &said[&(row.capability, target)];
        // What an earlier upgrade made of several rows counts as these.
        let own = vec![MappingOrigin::of(row)];
        for was in if row.moved_from.is_empty() { &own } else { &row.moved_from } {
            assert!(of.iter().any(|one| one.comment.contains(&was.comment)), "{}: {row:?}", place());
            let stayed = |one: &Mapping| one.technique == was.technique && one.moved_from.is_empty();
            let is_told = |one: &&&Mapping| stayed(one) || one.moved_from.contains(was);
            assert!(of.iter().any(|one| is_told(&one)), "{}: {row:?} is not told", place());
        }
        for reference in &row.references {
            let has = |one: &&Mapping| one.references.iter().any(|held| held.text == reference.text);
            assert!(of.iter().any(has), "{}: {row:?}", place());
        }
    }
    for row in before.non_mappable.iter().filter(|row| !row.comment.is_empty()) {
        let Some(target) = way.of(row.technique).target(row.technique) else { continue };
        let has = |one: &&NonMappableTechnique| one.technique == target && one.comment.contains(&row.comment);
        assert!(after.non_mappable.iter().any(|one| has(&one)), "{}: {row:?}", place());
    }
}

fn rows(set: &MappingSet) -> usize {
    set.mappings.len() + set.non_mappable.len() + set.listed.len()
}

fn carried(set: &MappingSet, way: &Upgrade<'_>) -> MappingSet {
    let mut set = set.clone();
    upgrade(&mut set, way);
    // A name that the source gives stays; those who write the set anew call all by the names of the target.
    rename(&mut set, way.to());
    set
}

/// The strongest level and number of every capability, technique and category.
#[expect(clippy::type_complexity, reason = "the key is what a row says its score of")]
fn strongest<'r>(
    rows: impl Iterator<Item = (TechniqueId, &'r Mapping)>,
) -> BTreeMap<(usize, TechniqueId, Option<Category>, &'r str), (Option<Level>, Option<NumericScore>)> {
    let mut best = BTreeMap::new();
    for (target, row) in rows {
        let held: &mut (Option<Level>, Option<NumericScore>) =
            best.entry((row.capability, target, row.category, row.mapping_type.as_str())).or_default();
        *held = (held.0.max(row.level), held.1.max(row.numeric));
    }
    best
}

/// The account, counted once more: of rows that share everything but their level, the first of the strongest stands for all
/// where they come from different techniques; of declarations, those of the first technique stay.
fn counted(set: &MappingSet, way: &Upgrade<'_>) -> Counts {
    type Strength = (Option<Level>, Option<NumericScore>);
    let mut groups: BTreeMap<(TechniqueId, String), Vec<(TechniqueId, Strength)>> = BTreeMap::new();
    let mut counts = Counts { rows: rows(set), ..Counts::default() };
    let mappings = set.mappings.iter().map(|row| {
        let strength = (row.level, row.numeric);
        let kind = (row.level.is_some(), row.numeric.is_some());
        let key = format!("{:?}", (row.capability, &row.mapping_type, row.category, kind));
        (row.technique, key, strength)
    });
    let declared = set.non_mappable.iter().map(|row| (row.technique, "declared".to_owned(), (None, None)));
    let listed = set.listed.iter().map(|row| (row.technique, "listed".to_owned(), (None, None)));
    for (source, key, strength) in mappings.chain(declared).chain(listed) {
        match way.of(source).target(source) {
            Some(target) => groups.entry((target, key)).or_default().push((source, strength)),
            None => counts.dropped += 1,
        }
    }
    for ((_, key), group) in groups {
        let is_merge = group.iter().any(|(source, _)| *source != group[0].0);
        let best = group.iter().map(|(_, strength)| *strength).max();
        let first = group.iter().position(|(_, strength)| Some(*strength) == best);
        for (place, (source, _)) in group.iter().enumerate() {
            let stands = match key.as_str() {
                "declared" | "listed" => *source == group[0].0,
                _ => !is_merge || Some(place) == first,
            };
            let count = match way.of(*source) {
                _ if !stands => &mut counts.merged,
                Move::Kept => &mut counts.kept,
                Move::Renamed => &mut counts.renamed,
                Move::Renumbered { .. } => &mut counts.renumbered,
                Move::Replaced { .. } => &mut counts.replaced,
                Move::Dropped(_) => &mut counts.dropped,
            };
            *count += 1;
        }
    }
    counts
}

/// Every mapping set of the corpus, and how many files they came from.
fn sets(corpus: &Path) -> (Vec<MappingSet>, usize) {
    let mut paths: Vec<PathBuf> = Vec::new();
    for folder in ["mappings-explorer", "mappings-explorer-exports", "prowler"] {
        paths.extend(listing(&corpus.join(folder)));
    }
    let mut files = paths.len();
    for name in ["AWS", "GCP"] {
        let folder = corpus.join("security-stack-mappings").join(name);
        files += listing(&folder).len();
        paths.push(folder);
    }
    let reader = Reader::new(Options::default());
    let sets = paths.iter().flat_map(|path| {
        let reading = reader.paths(std::slice::from_ref(path)).expect("it can be read");
        assert_eq!(reading.sets.len(), 1, "{}", path.display());
        reading.sets
    });
    (sets.collect(), files)
}

#[test]
fn every_row_of_the_published_mappings_is_accounted_for_between_all_versions() {
    let Some(corpus) = corpus() else { return };
    let (sets, files) = sets(&corpus);
    let mut upgrades = 0;
    for set in sets {
        let made_on = set.attack_version;
        let is_export = set.origin.to_string().contains("exports");
        let is_large = set.mappings.len() > 2_000;
        let mut set = set;
        for (from, to) in pairs(set.domain) {
            // The largest set has one technique in many rows, and exports hold what is in the JSON beside them: for these,
            // the ways from the version that they were made on.
            if (is_large || is_export) && from.version() != made_on {
                continue;
            }
            set.attack_version = from.version();
            is_sound(&set, from, to);
            upgrades += 1;
        }
    }
    assert_eq!(upgrades, 1_996);
    covered(files);
}

/// What a set says after upgrades, without the accounts and the places. Of techniques that are declared, the words.
#[derive(Debug, PartialEq)]
struct Said {
    mappings: Vec<String>,
    declared: Vec<String>,
    listed: Vec<String>,
    not_assessed: BTreeSet<TechniqueId>,
}

fn said(set: MappingSet) -> Said {
    let row = |row: &Mapping| {
        let references: Vec<&str> = row.references.iter().map(|one| one.text.as_str()).collect();
        let score = (row.category, row.level, row.numeric, row.related_score);
        let head = (row.capability, row.group, row.technique, &row.technique_name, &row.mapping_type);
        format!("{:?}", (head, score, &row.comment, references, &row.moved_from))
    };
    let declared = |row: &NonMappableTechnique| {
        let words: BTreeSet<&str> = row.comment.split_whitespace().collect();
        format!("{:?}", (row.technique, &row.name, words))
    };
    Said {
        mappings: set.mappings.iter().map(row).collect(),
        declared: set.non_mappable.iter().map(declared).collect(),
        listed: set.listed.iter().map(|row| format!("{:?}", (row.technique, &row.name))).collect(),
        not_assessed: set.not_assessed,
    }
}

/// Two upgrades in turn must say what one does.
fn twice_is_once(set: &MappingSet, [from, between, to]: [&'static Catalog; 3]) {
    let once = said(carried(set, &way(from, to)));
    let mut halfway = set.clone();
    upgrade(&mut halfway, &way(from, between));
    let twice = said(carried(&halfway, &way(between, to)));
    let versions = [from, between, to].map(Catalog::version);
    assert!(twice == once, "{} {versions:?}: {:?}", set.origin, differences(&twice, &once));
}

/// The lines of two things that differ.
pub(crate) fn differences(one: &impl std::fmt::Debug, other: &impl std::fmt::Debug) -> Vec<String> {
    let lines = |thing: String| thing.lines().map(str::to_owned).collect::<Vec<_>>();
    let (one, other) = (lines(format!("{one:#?}")), lines(format!("{other:#?}")));
    let only = |these: &[String], those: &[String], sign: &str| -> Vec<String> {
        these.iter().filter(|line| !those.contains(line)).map(|line| format!("{sign}{line}")).collect()
    };
    [only(&one, &other, "-"), only(&other, &one, "+")].concat()
}

/// The set without what the facts of some versions in turn take elsewhere than those of two.
fn without_odd(set: &MappingSet) -> MappingSet {
    let odd = odd(set.domain);
    let mut set = set.clone();
    set.mappings.retain(|row| !odd.contains(&row.technique));
    set.non_mappable.retain(|row| !odd.contains(&row.technique));
    set.listed.retain(|row| !odd.contains(&row.technique));
    for row in &mut set.mappings {
        row.related_score = row.related_score.filter(|id| !odd.contains(id));
    }
    set
}

#[test]
fn published_mappings_say_the_same_after_two_upgrades_as_after_one() {
    let Some(corpus) = corpus() else { return };
    let (sets, files) = sets(&corpus);
    let mut compared = 0;
    for set in sets.iter().map(without_odd) {
        let all = catalogs(set.domain);
        for places in triples(set.domain) {
            let [first, between, last] = places.map(|place| &all[place]);
            // Each on the way from its own version, forwards and backwards.
            if first.version() == set.attack_version {
                twice_is_once(&set, [first, between, last]);
                compared += 1;
            } else if last.version() == set.attack_version {
                twice_is_once(&set, [last, between, first]);
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 646);
    covered(files);
}

fn reference(text: &str) -> Reference {
    Reference { text: text.to_owned(), span: Span::default() }
}

fn mapping(technique: TechniqueId, level: Level, comment: &str, references: &[&str]) -> Mapping {
    Mapping {
        capability: 0,
        group: None,
        technique,
        technique_name: String::new(),
        mapping_type: "technique_scores".to_owned(),
        category: Some(Category::Detect),
        level: Some(level),
        numeric: None,
        comment: comment.to_owned(),
        references: references.iter().map(|text| reference(text)).collect(),
        related_score: None,
        moved_from: Vec::new(),
        id_span: Span::default(),
        name_span: Span::default(),
        level_span: Span::default(),
        related_span: Span::default(),
    }
}

fn set(domain: Domain, from: &Catalog, mappings: Vec<Mapping>) -> MappingSet {
    let framework = Framework::new("acme", "1");
    let mut set = MappingSet::new(framework, domain, from.version(), Origin::Path("made".to_owned()));
    let names = ["eye", "ear", "nose"];
    set.capabilities =
        names.map(|id| Capability { id: id.to_owned(), name: id.to_owned(), ..Capability::default() }).into();
    set.mappings = mappings;
    set
}

#[test]
fn rows_that_become_one_keep_the_strongest_level_every_word_and_where_they_were() {
    use Level::{Minimal, Partial, Significant};
    let (from, to) = (catalog(Domain::Enterprise, "16.1"), catalog(Domain::Enterprise, "19.0"));
    let rows = vec![
        mapping(id("T1562.006"), Partial, "Blocks.", &["https://a.example", "https://b.example"]),
        mapping(id("T1562"), Minimal, "Watches all of it.", &["https://c.example"]),
        mapping(id("T1078"), Partial, "Accounts.", &[]),
        mapping(id("T1562.001"), Significant, "Sees tools stop.", &["https://b.example"]),
        Mapping { category: Some(Category::Protect), ..mapping(id("T1562.001"), Minimal, "Locks.", &[]) },
        Mapping { capability: 1, ..mapping(id("T1562.001"), Minimal, "Hears.", &[]) },
        mapping(id("T1562.008"), Partial, "Logs.", &[]),
        mapping(id("T1053.004"), Partial, "Gone.", &[]),
    ];
    let after = carried(&set(Domain::Enterprise, from, rows), &way(from, to));
    let said: Vec<(usize, String, &str, Option<Level>, &str)> = after
        .mappings
        .iter()
        .map(|row| {
            (
                row.capability,
                row.technique.to_string(),
                row.technique_name.as_str(),
                row.level,
                row.comment.as_str(),
            )
        })
        .collect();
    let joined = "T1562: Watches all of it.\n\nT1562.001: Sees tools stop.\n\nT1562.006: Blocks.";
    let tools = "Disable or Modify Tools";
    assert_eq!(
        said,
        [
            (0, "T1078".to_owned(), "Valid Accounts", Some(Partial), "Accounts."),
            (0, "T1685".to_owned(), tools, Some(Significant), joined),
            (0, "T1685".to_owned(), tools, Some(Minimal), "Locks."),
            (1, "T1685".to_owned(), tools, Some(Minimal), "Hears."),
            (0, "T1685.002".to_owned(), "Disable or Modify Cloud Log", Some(Partial), "Logs."),
        ]
    );
    let merged = &after.mappings[1];
    let origins: Vec<(String, &str)> =
        merged.moved_from.iter().map(|one| (one.technique.to_string(), one.comment.as_str())).collect();
    assert_eq!(
        origins,
        [
            ("T1562".to_owned(), "Watches all of it."),
            ("T1562.001".to_owned(), "Sees tools stop."),
            ("T1562.006".to_owned(), "Blocks."),
        ]
    );
    let references: Vec<&str> = merged.references.iter().map(|one| one.text.as_str()).collect();
    assert_eq!(references, ["https://a.example", "https://b.example", "https://c.example"]);
    assert!(after.mappings[0].moved_from.is_empty());
    let record = &after.upgrades[0];
    assert_eq!(
        record.counts.to_string(),
        "8 = 1 kept + 0 renamed + 3 renumbered + 1 replaced + 2 merged + 1 dropped"
    );
    let merge = &record.merges[..];
    assert_eq!(merge.len(), 1);
    assert_eq!((merge[0].of.as_str(), merge[0].result.as_str()), ("eye, Detect", "Significant"));
    let rows: Vec<String> = merge[0].rows.iter().map(ToString::to_string).collect();
    assert_eq!(rows, ["T1562.006 Partial", "T1562 Minimal", "T1562.001 Significant"]);
    let change = record.change_of("T1562.006").expect("it changed");
    assert_eq!((change.kind, change.rows, change.merged), (Kind::Replaced, 1, 1));
    let dropped = record.change_of("T1053.004").expect("it changed");
    assert_eq!((dropped.kind, dropped.reason.as_deref()), (Kind::Dropped, Some("deprecated")));
}

#[test]
fn rows_that_come_together_in_two_steps_read_as_in_one() {
    let catalogs = ["8.2", "16.1", "19.0"].map(|version| catalog(Domain::Enterprise, version));
    // T1073 came to T1574.002 before 8.2, and T1574.002 to T1574.001 in 17.1; T1038 came to T1574.001 before 8.2.
    let ids = ["T1073", "T1574.001", "T1574.002", "T1038", "T1073"].map(id);
    let levels = [Level::Partial, Level::Significant, Level::Significant, Level::Minimal, Level::Significant];
    for turn in 0..ids.len() {
        for step in [1, 2, 3] {
            let order: Vec<usize> = (0..ids.len()).map(|at| (turn + at * step) % ids.len()).collect();
            let row = |(line, at): (usize, &usize)| {
                let (own, common) = (format!("https://{at}.example"), "https://common.example".to_owned());
                let mut row = mapping(ids[*at], levels[*at], &format!("Says {at}."), &[&own, &common]);
                row.id_span = Span::new(0, line * 10..line * 10 + 1);
                for (place, one) in row.references.iter_mut().enumerate() {
                    one.span = Span::new(0, line * 10 + place..line * 10 + place + 1);
                }
                row
            };
            let rows: Vec<Mapping> = order.iter().enumerate().map(row).collect();
            let set = set(Domain::Enterprise, catalogs[0], rows);
            let after = carried(&set, &way(catalogs[0], catalogs[2]));
            assert_eq!((after.mappings.len(), after.mappings[0].moved_from.len()), (1, 5));
            twice_is_once(&set, catalogs);
        }
    }
}

#[test]
fn declarations_that_become_one_keep_every_word() {
    let (from, to) = (catalog(Domain::Enterprise, "16.1"), catalog(Domain::Enterprise, "19.0"));
    let declared = |text: &str, comment: &str| NonMappableTechnique {
        technique: id(text),
        name: String::new(),
        comment: comment.to_owned(),
        id_span: Span::default(),
        name_span: Span::default(),
    };
    let mut before = set(Domain::Enterprise, from, Vec::new());
    before.non_mappable = vec![
        declared("T1562.001", "Out of reach."),
        declared("T1562", "Too wide."),
        declared("T1562.006", "Out of reach."),
    ];
    let after = carried(&before, &way(from, to));
    assert_eq!(after.non_mappable.len(), 1);
    assert_eq!(after.non_mappable[0].technique, id("T1685"));
    assert_eq!(after.non_mappable[0].comment, "Out of reach.\n\nToo wide.");
    let record = after.upgrades.last().expect("it was upgraded");
    let told: Vec<String> = record.merges.iter().map(|one| format!("{}, {}", one.to.id, one.of)).collect();
    assert_eq!(told, ["T1685, declared not mappable"]);
    assert_eq!(record.merges[0].origins(), ["T1562.001", "T1562", "T1562.006"]);
    assert_eq!(record.merged_amount(), "1 technique, 2 rows");
    before.non_mappable.clear();
    before.listed = ["T1562.001", "T1562.001", "T1562"]
        .map(|text| ListedTechnique {
            technique: id(text),
            name: String::new(),
            id_span: Span::default(),
            name_span: Span::default(),
        })
        .into();
    let mut listed = before.clone();
    let findings = upgrade(&mut listed, &way(from, to));
    assert_eq!(listed.listed.len(), 2, "what the source lists twice stays so");
    assert_eq!(listed.upgrades[0].merges[0].of, "listed without a mapping");
    let messages: Vec<&str> = findings.iter().map(|one| one.message.as_str()).collect();
    assert!(
        messages.contains(&"this row of T1562 becomes part of the one of T1685, listed without a mapping"),
        "{messages:?}"
    );
    is_sound(&before, from, to);
}

/// Three versions of a domain, of which each is later than the one before, or each earlier.
pub(crate) fn in_turn() -> impl Strategy<Value = InTurn> {
    let domain =
        prop_oneof![6 => Just(Domain::Enterprise), 2 => Just(Domain::Mobile), 1 => Just(Domain::Ics)];
    (domain, any::<prop::sample::Index>(), any::<bool>()).prop_map(|(domain, index, forwards)| {
        let all: Vec<[usize; 3]> = triples(domain).collect();
        let mut places = *index.get(&all);
        if !forwards {
            places.reverse();
        }
        InTurn { domain, places }
    })
}

/// Ids that a version lists: those that move on the way to any other, and those that others come to, more often than the
/// rest.
pub(crate) fn ids(domain: Domain, from: usize) -> Vec<TechniqueId> {
    static KNOWN: Mutex<BTreeMap<(Domain, usize), Vec<TechniqueId>>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().expect("no test fails while it holds it");
    known.entry((domain, from)).or_insert_with(|| ids_of(domain, from)).clone()
}

fn ids_of(domain: Domain, from: usize) -> Vec<TechniqueId> {
    let all = catalogs(domain);
    let odd = odd(domain);
    let listed = all[from].techniques().iter().map(|one| one.id).chain(all[from].retired());
    let listed: BTreeSet<TechniqueId> = listed.filter(|id| !odd.contains(id)).collect();
    let ways: Vec<Upgrade<'_>> = all.iter().map(|to| way(&all[from], to)).collect();
    let mut of_note = BTreeSet::new();
    for id in &listed {
        let targets: BTreeSet<TechniqueId> = ways.iter().filter_map(|way| way.of(*id).target(*id)).collect();
        if targets.iter().any(|target| target != id) {
            of_note.extend(targets.into_iter().chain([*id]).filter(|id| listed.contains(id)));
        }
    }
    let mut ids: Vec<TechniqueId> = of_note.iter().flat_map(|id| [*id; 3]).collect();
    let families = ["T1562", "T1574", "T1053", "T1547", "T1070"];
    let is_of_family = |id: &&TechniqueId| families.iter().any(|family| id.to_string().starts_with(family));
    ids.extend(of_note.iter().filter(is_of_family).flat_map(|id| [*id; 12]));
    ids.extend(listed);
    ids
}

/// Text without blanks around it, as readers give it.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let text = prop_oneof![Just(String::new()), "[a-d]", "[a-z ]{1,12}", Just("one\n\ntwo".to_owned())];
    text.prop_map(|text| text.trim().to_owned())
}

fn any_mapping(ids: Vec<TechniqueId>) -> impl Strategy<Value = Mapping> {
    let technique = prop::sample::select(ids.clone());
    let level = prop_oneof![4 => prop::sample::select(&Level::ALL[..]).prop_map(Some), 1 => Just(None)];
    let numeric = prop::option::of((1_u8..=100).prop_map(f64::from));
    let category =
        prop_oneof![3 => Just(Some(Category::Detect)), 1 => Just(Some(Category::Protect)), 1 => Just(None)];
    let related = prop::option::weighted(0.2, prop::sample::select(ids));
    let references = prop::collection::vec("[a-f]", 0..3);
    let fields = (0_usize..2, technique, level, numeric, category, text(), references, related);
    fields.prop_map(
        |(capability, technique, level, numeric, category, comment, references, related_score)| Mapping {
            capability,
            category,
            level,
            // A number stands in place of a level.
            numeric: numeric.filter(|_| level.is_none()).and_then(NumericScore::new),
            related_score,
            references: references.iter().map(|text| reference(text)).collect(),
            ..mapping(technique, Level::Minimal, &comment, &[])
        },
    )
}

fn any_set() -> impl Strategy<Value = (MappingSet, InTurn)> {
    in_turn().prop_flat_map(|turn| {
        let ids = ids(turn.domain, turn.places[0]);
        let one = || prop::sample::select(ids.clone());
        let mappings = prop::collection::vec(any_mapping(ids.clone()), 0..32);
        let declared = prop::collection::vec((one(), "[a-c]{0,2}"), 0..6);
        let listed = prop::collection::vec(one(), 0..6);
        (mappings, declared, listed).prop_map(move |(mappings, declared, listed)| {
            let mut set = set(turn.domain, turn.catalogs()[0], mappings);
            // Every row stands somewhere else, as in a file.
            let mut at = 0;
            let mut next = || {
                at += 1;
                Span::new(0, at..at + 1)
            };
            for row in &mut set.mappings {
                row.id_span = next();
                row.references.iter_mut().for_each(|one| one.span = next());
            }
            let (name, id_span, name_span) = (String::new(), Span::default(), Span::default());
            set.non_mappable = declared
                .into_iter()
                .map(|(technique, comment)| NonMappableTechnique {
                    technique,
                    name: name.clone(),
                    comment,
                    id_span,
                    name_span,
                })
                .collect();
            set.listed = listed
                .into_iter()
                .map(|technique| ListedTechnique { technique, name: name.clone(), id_span, name_span })
                .collect();
            (set, turn)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, max_shrink_iters: 400, failure_persistence: None, rng_seed: RngSeed::Fixed(19), ..ProptestConfig::default() })]

    #[test]
    fn any_set_says_the_same_after_two_upgrades_as_after_one((set, turn) in any_set()) {
        twice_is_once(&set, turn.catalogs());
    }

    #[test]
    fn no_row_of_any_set_is_lost((set, turn) in any_set()) {
        let [from, between, to] = turn.catalogs();
        is_sound(&set, from, to);
        is_sound(&set, from, between);
        is_sound(&carried(&set, &way(from, between)), between, to);
    }
}
