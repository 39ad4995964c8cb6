use proptest::prelude::*;

use super::*;
use crate::mapping::named::Named;
use crate::mapping::read;

/// A mapping of rows `capability technique category level`.
fn sets(rows: &[&str]) -> Vec<MappingSet> {
    let row = |row: &&str| {
        let words: Vec<&str> = row.split(' ').collect();
        format!(
            "{{\"capability_id\":\"{}\",\"attack_object_id\":\"{}\",\"score_category\":\"{}\",\"score_value\":\"{}\",\
             \"mapping_type\":\"t\",\"capability_group\":null,\"status\":\"complete\",\"references\":[]}}",
            words[0], words[1], words[2], words[3]
        )
    };
    let rows: Vec<String> = rows.iter().map(row).collect();
    let text = format!(
        "{{\"metadata\":{{\"mapping_framework\":\"own\",\"mapping_framework_version\":\"1\",\"attack_version\":\"16.1\",\
         \"technology_domain\":\"enterprise\",\"mapping_version\":\"\",\"author\":\"\",\"contact\":\"\",\
         \"creation_date\":\"01/01/2025\",\"last_update\":\"01/01/2025\",\"organization\":\"\",\
         \"mapping_types\":{{\"t\":{{\"name\":\"t\",\"description\":\"\"}}}},\"capability_groups\":{{}}}},\
         \"mapping_objects\":[{}]}}",
        rows.join(",")
    );
    read::from_text("own.json", &text).sets
}

fn catalog(sets: &[MappingSet]) -> Catalog {
    Catalog::embedded(sets[0].domain, sets[0].attack_version).expect("it is embedded")
}

fn compare<'a>(sets: &'a [MappingSet], catalog: &'a Catalog, names: &[&str]) -> Comparison<'a> {
    let side = |name: &&str| {
        let found = Named::find(name, sets).expect(name);
        ((*name).to_owned(), found.filter.resolve(sets, catalog).expect(name))
    };
    Comparison::new(sets, catalog, Rules::default(), &names.iter().map(side).collect::<Vec<_>>())
}

const EXAMPLE: [&str; 8] = [
    "lock T1110 protect partial",
    "lock T1110 detect minimal",
    "lock T1078 protect minimal",
    "lock T1053.001 protect minimal",
    "alarm T1110 detect significant",
    "alarm T1021.001 detect minimal",
    "bell T1021.001 detect minimal",
    "alarm T1190 protect partial",
];

#[test]
fn who_is_strongest_is_told_per_technique_and_category() {
    let sets = sets(&EXAMPLE);
    let catalog = catalog(&sets);
    let comparison = compare(&sets, &catalog, &["lock", "alarm", "bell"]);
    let verdict = |id: &str, category: Option<Category>| {
        let row = comparison.row(id.parse().expect(id)).expect(id);
        let standing = match category {
            None => &row.overall,
            Some(category) => &row.categories.iter().find(|(of, _)| *of == category).expect(id).1,
        };
        (standing.verdict(), standing.lead())
    };
    assert_eq!(verdict("T1110", None), (Verdict::Strongest(1), 50));
    assert_eq!(verdict("T1110", Some(Category::Protect)), (Verdict::Only(0), 50));
    assert_eq!(verdict("T1110", Some(Category::Detect)), (Verdict::Strongest(1), 90));
    assert_eq!(verdict("T1078", None), (Verdict::Only(0), 10));
    assert_eq!(verdict("T1021.001", None), (Verdict::Equal(vec![1, 2]), 0));
    assert_eq!(comparison.categories(), [Category::Protect, Category::Detect]);
    let retired = comparison.row("T1053.001".parse().expect("an id")).expect("it is mapped");
    assert!(!retired.is_active, "revoked in 16.1");
    assert!(!comparison.nobody().contains(&"T1110".parse().expect("an id")));
}

#[test]
fn figures_are_of_active_techniques_in_scope() {
    let sets = sets(&EXAMPLE);
    let catalog = catalog(&sets);
    let comparison = compare(&sets, &catalog, &["lock", "alarm"]);
    let figures = comparison.overall();
    assert_eq!(figures.in_scope.total(), catalog.techniques().len());
    let tally = |techniques, sub_techniques| Tally { techniques, sub_techniques };
    assert_eq!((figures.any, figures.every, figures.equal), (tally(3, 1), tally(1, 0), tally(0, 0)));
    assert_eq!(figures.nobody.total(), figures.in_scope.total() - 4);
    assert_eq!(figures.nobody.total(), comparison.nobody().len());
    let only: Vec<Tally> = figures.sides.iter().map(|side| side.only).collect();
    assert_eq!(only, [tally(1, 0), tally(1, 1)]);
    let lead: Vec<i64> = figures.sides.iter().map(|side| side.lead_sum).collect();
    assert_eq!(lead, [10, 50 + 10 + 50]);
    let pair = &comparison.pairs()[0].overall;
    assert_eq!((pair.both, pair.left_only, pair.right_only, pair.right_stronger), (1, 1, 2, 1));
    assert_eq!(pair.jaccard(), Some(0.25));
    assert_eq!((pair.lower_sum, pair.higher_sum), (50, 100 + 10 + 10 + 50));
}

#[test]
fn what_another_does_at_least_as_well_is_dominated() {
    let sets = sets(&[
        "lock T1110 protect partial",
        "safe T1110 protect partial",
        "safe T1078 detect minimal",
        "twin T1110 protect partial",
        "late T1078 detect partial",
        "gone T1053.001 protect minimal",
    ]);
    let catalog = catalog(&sets);
    let comparison = compare(&sets, &catalog, &["lock", "safe", "twin", "late", "gone"]);
    let name = |key: crate::coverage::CapabilityKey| sets[0].capabilities[key.capability].id.as_str();
    let told: Vec<(&str, Vec<(&str, bool)>)> = comparison
        .dominated()
        .iter()
        .map(|one| {
            (name(one.capability), one.by.iter().map(|by| (name(by.capability), by.is_same)).collect())
        })
        .collect();
    assert_eq!(
        told,
        [("lock", vec![("safe", false), ("twin", true)]), ("twin", vec![("lock", true), ("safe", false)]),],
        "not what maps no active technique"
    );
}

#[test]
fn a_side_against_itself_is_equal_and_an_empty_one_has_nothing() {
    let sets = sets(&EXAMPLE);
    let catalog = catalog(&sets);
    let same = compare(&sets, &catalog, &["lock", "lock"]);
    assert!(same.rows().iter().all(|row| !row.overall.differs()));
    let overlap = same.pairs()[0].overall;
    assert_eq!((overlap.jaccard(), overlap.weighted_jaccard()), (Some(1.0), Some(1.0)));
    assert!(same.dominated().is_empty(), "no capability dominates itself");
    let nothing = Selection::everything(&sets).with_capabilities(|_, _| false);
    let sides = vec![("none".to_owned(), nothing.clone()), ("nothing".to_owned(), nothing)];
    let empty = Comparison::new(&sets, &catalog, Rules::default(), &sides);
    assert!(empty.sides().iter().all(Side::is_empty) && empty.rows().is_empty());
    assert_eq!(
        (empty.pairs()[0].overall.jaccard(), empty.pairs()[0].overall.weighted_jaccard()),
        (None, None)
    );
    assert_eq!(empty.nobody().len(), catalog.techniques().len());
}

const TECHNIQUES: [&str; 6] = ["T1110", "T1110.001", "T1078", "T1190", "T1021.001", "T1053.005"];
const CAPABILITIES: [&str; 4] = ["a", "b", "c", "d"];

fn any_row() -> impl Strategy<Value = (usize, usize, usize, usize)> {
    (0..CAPABILITIES.len(), 0..TECHNIQUES.len(), 0_usize..3, 0_usize..3)
}

proptest! {
    /// Against the definitions, applied to the rows as they stand.
    #[test]
    fn overlap_and_dominance_are_what_their_definitions_say(rows in prop::collection::vec(any_row(), 1..40)) {
        // Each capability is there, so that it can be named.
        let named = (0..CAPABILITIES.len()).map(|one| (one, 0, 0, 0));
        let rows: Vec<(usize, usize, usize, usize)> = rows.into_iter().chain(named).collect();
        let texts: Vec<String> = rows
            .iter()
            .map(|(capability, technique, category, level)| format!(
                "{} {} {} {}",
                CAPABILITIES[*capability], TECHNIQUES[*technique], Category::ALL[*category].key(), Level::ALL[*level].key(),
            ))
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let sets = sets(&texts);
        let catalog = catalog(&sets);
        let comparison = compare(&sets, &catalog, &CAPABILITIES);
        let level = |capability: usize, technique: usize, category: Option<usize>| {
            let fits = |row: &&(usize, usize, usize, usize)| {
                row.0 == capability && row.1 == technique && category.is_none_or(|category| row.2 == category)
            };
            rows.iter().filter(fits).map(|row| row.3).max()
        };
        let score = |level: Option<usize>| level.map_or(0, |level| [10, 50, 100][level]);
        for pair in comparison.pairs() {
            let all = 0..TECHNIQUES.len();
            let of = |side: usize, technique: usize| level(side, technique, None);
            let both = all.clone().filter(|one| of(pair.left, *one).is_some() && of(pair.right, *one).is_some());
            let either = all.clone().filter(|one| of(pair.left, *one).is_some() || of(pair.right, *one).is_some());
            prop_assert_eq!(pair.overall.both, both.count());
            prop_assert_eq!(pair.overall.union(), either.count());
            let sums = all.map(|one| (score(of(pair.left, one)), score(of(pair.right, one))));
            let (lower, higher) = sums.fold((0, 0), |(low, high), (a, b)| (low + a.min(b), high + a.max(b)));
            prop_assert_eq!((pair.overall.lower_sum, pair.overall.higher_sum), (lower, higher));
        }
        let id = |key: crate::coverage::CapabilityKey| sets[key.set].capabilities[key.capability].id.clone();
        for (one, name) in CAPABILITIES.iter().enumerate() {
            let does = |other: usize| {
                (0..TECHNIQUES.len()).all(|technique| {
                    (0..3).all(|category| level(other, technique, Some(category)) >= level(one, technique, Some(category)))
                })
            };
            let expected: BTreeSet<String> = (0..CAPABILITIES.len())
                .filter(|other| *other != one && does(*other))
                .map(|other| CAPABILITIES[other].to_owned())
                .collect();
            let found = comparison.dominated().iter().find(|dominated| id(dominated.capability) == *name);
            let found: BTreeSet<String> =
                found.iter().flat_map(|one| &one.by).map(|by| id(by.capability)).collect();
            prop_assert_eq!(found, expected, "{}", name);
        }
        let figures = comparison.overall();
        let alone: usize = figures.sides.iter().map(|side| side.only.total() + side.stronger.total()).sum();
        prop_assert_eq!(alone + figures.equal.total(), figures.any.total());
    }
}
