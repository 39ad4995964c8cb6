//! Plans: what to switch on next, checked against every choice that there is.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use navlayer::attack::{Catalog, TechniqueId};
use navlayer::coverage::plan::{
    Amount, Answer, Budget, Candidate, Change, Cover, PlanError, Problem, Proof, Standing, Terms,
};
use navlayer::coverage::{CapabilityKey, Coverage, Rules};
use navlayer::mapping::{Level, MappingSet, read, select::Selection};
use proptest::prelude::*;
use serde_json::Value;

use crate::support::{corpus, covered, mapping, plain_row, row};

fn id(text: &str) -> TechniqueId {
    text.parse().expect("a technique id")
}

fn amount(text: &str) -> Amount {
    text.parse().expect("an amount")
}

fn plan(sets: &[MappingSet], terms: &Terms) -> Result<Problem, PlanError> {
    let catalog = Catalog::embedded(sets[0].domain, sets[0].attack_version).expect("the version is embedded");
    let rules = Rules::default().for_sets(sets);
    Problem::of(&Coverage::new(sets, &catalog, Selection::everything(sets), rules), terms)
}

fn sets(rows: &[Value]) -> Vec<MappingSet> {
    read::from_text("acme.json", &mapping(rows).to_string()).sets
}

fn key(sets: &[MappingSet], name: &str) -> CapabilityKey {
    let found = sets[0].capabilities.iter().position(|capability| capability.id == name);
    CapabilityKey { set: 0, capability: found.expect("the capability is there") }
}

fn names<'s>(sets: &'s [MappingSet], answer: &Answer) -> Vec<&'s str> {
    let name = |key: CapabilityKey| sets[key.set].capabilities[key.capability].id.as_str();
    answer.chosen.iter().map(|step| name(step.capability)).collect()
}

/// The scores of the embedded mapping straight from its rows: per capability with any, by id, a score per technique.
fn scores(set: &MappingSet) -> Vec<(&str, Vec<u32>)> {
    let techniques: BTreeSet<TechniqueId> = set.mappings.iter().map(|mapping| mapping.technique).collect();
    let position = |id: TechniqueId| techniques.iter().position(|one| *one == id).expect("it is mapped");
    let mut scores: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for mapping in &set.mappings {
        let (_, level) = mapping.score().expect("every row is scored");
        let score = match level {
            Level::Minimal => 10,
            Level::Partial => 50,
            Level::Significant => 100,
        };
        let of = scores.entry(&set.capabilities[mapping.capability].id);
        let held = &mut of.or_insert_with(|| vec![0; techniques.len()])[position(mapping.technique)];
        *held = score.max(*held);
    }
    scores.into_iter().collect()
}

/// The first of the best choices of at most `left` more capabilities from `next` on, by trying all of them.
fn try_all(
    scores: &[(&str, Vec<u32>)],
    chosen: &[usize],
    reached: &[u32],
    left: usize,
    best: &mut (u32, Vec<usize>),
) {
    let value = reached.iter().sum();
    if (Reverse(value), chosen.len(), chosen) < (Reverse(best.0), best.1.len(), best.1.as_slice()) {
        *best = (value, chosen.to_vec());
    }
    if left == 0 {
        return;
    }
    for next in chosen.last().map_or(0, |last| last + 1)..scores.len() {
        let higher: Vec<u32> = reached.iter().zip(&scores[next].1).map(|(a, b)| *a.max(b)).collect();
        let with = [chosen, &[next]].concat();
        try_all(scores, &with, &higher, left - 1, best);
    }
}

/// The first of the smallest sets of candidates whose bits together are all bits, by trying all of them.
fn smallest_cover(bits: &[[u64; 4]]) -> Vec<usize> {
    let or = |a: [u64; 4], b: &[u64; 4]| [a[0] | b[0], a[1] | b[1], a[2] | b[2], a[3] | b[3]];
    let all = bits.iter().fold([0; 4], or);
    let mut best: Option<Vec<usize>> = None;
    let mut stack = vec![(0, [0; 4], Vec::new())];
    while let Some((next, reached, chosen)) = stack.pop() {
        if reached == all {
            let found: &Vec<usize> = &chosen;
            if best.as_ref().is_none_or(|best| (found.len(), found) < (best.len(), best)) {
                best = Some(chosen);
            }
        } else if next < bits.len() {
            let with = [chosen.as_slice(), &[next]].concat();
            stack.push((next + 1, reached, chosen));
            stack.push((next + 1, or(reached, &bits[next]), with));
        }
    }
    best.expect("all of them cover")
}

#[test]
fn the_best_services_of_aws_are_those_of_all_choices() {
    let sets = read::embedded().sets;
    let problem = plan(&sets, &Terms::default()).expect("it can be planned");
    let expected = [
        "amazon_virtual_private_cloud",
        "aws_config",
        "amazon_guardduty",
        "aws_network_firewall",
        "aws_cloudendure_disaster_recovery",
    ];
    let scores = scores(&sets[0]);
    for (count, value) in [(1, "29.6"), (3, "74.8"), (5, "89.5")] {
        let answer = problem.best(Budget::Capabilities(count)).expect("a budget");
        assert_eq!(names(&sets, &answer), expected[..count], "most gain first");
        assert_eq!((answer.after.value, answer.proof), (amount(value), Proof::Optimal));
        let mut best = (0, Vec::new());
        try_all(&scores, &[], &[0; 215], count, &mut best);
        assert_eq!(amount(value), Amount::new(f64::from(best.0) / 100.0).expect("an amount"));
        let mut chosen = names(&sets, &answer);
        chosen.sort_unstable();
        assert_eq!(chosen, best.1.iter().map(|one| scores[*one].0).collect::<Vec<_>>());
    }
}

#[test]
fn the_covers_of_aws_are_the_smallest_of_all() {
    let sets = read::embedded().sets;
    let problem = plan(&sets, &Terms::default()).expect("it can be planned");
    let scores = scores(&sets[0]);
    let top: Vec<u32> = (0..215)
        .map(|technique| scores.iter().map(|(_, scores)| scores[technique]).max().expect("there are some"))
        .collect();
    for (cover, count, without) in [
        (
            Cover::Any,
            14,
            vec![
                "amazon_cognito",
                "aws_iot_device_defender",
                "aws_key_management_service",
                "aws_rds",
                "aws_s3",
                "aws_shield",
            ],
        ),
        (
            Cover::Best,
            16,
            vec!["amazon_cognito", "aws_iot_device_defender", "aws_key_management_service", "aws_s3"],
        ),
    ] {
        let answer = problem.cover(cover);
        assert_eq!((answer.chosen.len(), answer.proof), (count, Proof::Optimal));
        assert_eq!(answer.after.covered, 215);
        assert_eq!((answer.cost, answer.reachable.covered), (amount(&count.to_string()), 215));
        let bits: Vec<[u64; 4]> = scores
            .iter()
            .map(|(_, scores)| {
                let mut bits = [0; 4];
                for (technique, score) in scores.iter().enumerate() {
                    let due = if cover == Cover::Any { 1 } else { top[technique] };
                    bits[technique / 64] |= u64::from(*score >= due) << (technique % 64);
                }
                bits
            })
            .collect();
        let mut chosen = names(&sets, &answer);
        chosen.sort_unstable();
        assert_eq!(chosen, smallest_cover(&bits).iter().map(|one| scores[*one].0).collect::<Vec<_>>());
        let mut spared: Vec<&str> = scores.iter().map(|(name, _)| *name).collect();
        spared.retain(|name| !chosen.contains(name));
        assert_eq!(spared, without);
    }
    assert_eq!(problem.cover(Cover::Best).after, problem.cover(Cover::Best).reachable);
}

#[test]
fn a_ranking_adds_up_to_everything() {
    let sets = read::embedded().sets;
    let problem = plan(&sets, &Terms::default()).expect("it can be planned");
    let ranking = problem.rank();
    assert_eq!(ranking.before, Standing::default());
    assert_eq!((ranking.reachable.value, ranking.reachable.covered), (amount("117"), 215));
    assert_eq!(ranking.steps.iter().map(|step| step.gain).sum::<Amount>(), ranking.reachable.value);
    assert_eq!(ranking.steps.iter().map(|step| step.newly_covered).sum::<usize>(), 215);
    assert_eq!(ranking.steps.len() + ranking.rest.len(), sets[0].capabilities.len());
    assert!(ranking.steps.windows(2).all(|pair| pair[0].gain >= pair[1].gain));
    assert!(ranking.steps.iter().all(|step| step.alone >= step.gain));
}

#[test]
fn a_step_says_from_what_to_what() {
    let sets = sets(&[
        row("lock", "T1110", "protect", "minimal"),
        row("alarm", "T1110", "detect", "significant"),
        row("alarm", "T1078", "respond", "minimal"),
        row("alarm", "T1046", "detect", "partial"),
        row("guard", "T1046", "detect", "partial"),
        row("guard", "T1059", "detect", "minimal"),
    ]);
    let terms = Terms { enabled: [key(&sets, "lock")].into(), ..Terms::default() };
    let ranking = plan(&sets, &terms).expect("it can be planned").rank();
    let alarm = &ranking.steps[0];
    assert_eq!(alarm.capability, key(&sets, "alarm"));
    assert_eq!((alarm.gain, alarm.alone, alarm.newly_covered), (amount("1.5"), amount("1.5"), 2));
    let change = |technique, from, to| Change { technique: id(technique), from, to };
    assert_eq!(
        alarm.changes,
        [change("T1046", None, 50), change("T1078", None, 10), change("T1110", Some(10), 100)]
    );
    let guard = &ranking.steps[1];
    assert_eq!((guard.gain, guard.alone), (amount("0.1"), amount("0.6")), "less than alone");
    assert_eq!(guard.changes, [change("T1059", None, 10)]);
    assert!(ranking.rest.is_empty(), "what is enabled is not ranked");
}

#[test]
fn weights_costs_and_what_is_enabled_decide() {
    let sets = sets(&[
        row("lock", "T1110", "protect", "significant"),
        row("alarm", "T1078", "detect", "significant"),
        row("alarm", "T1046", "detect", "significant"),
        row("guard", "T1110", "detect", "partial"),
        row("guard", "T1078", "detect", "minimal"),
        row("guard", "T1046", "detect", "minimal"),
    ]);
    let best = |terms: &Terms, budget| {
        let answer = plan(&sets, terms).expect("it can be planned").best(budget).expect("a budget");
        assert_eq!(answer.proof, Proof::Optimal);
        names(&sets, &answer).join(" ")
    };
    let terms = Terms::default();
    assert_eq!(best(&terms, Budget::Capabilities(1)), "alarm");
    let heavy = Terms { weights: [(id("T1110"), amount("2.5"))].into(), ..terms.clone() };
    assert_eq!(best(&heavy, Budget::Capabilities(1)), "lock");
    let off = Terms { weights: [(id("T1078"), Amount::ZERO)].into(), ..terms.clone() };
    assert_eq!(plan(&sets, &off).expect("it can be planned").rank().reachable.covered, 2);
    let dear = Terms { costs: [(key(&sets, "alarm"), amount("2.01"))].into(), ..terms.clone() };
    assert_eq!(best(&dear, Budget::Cost(amount("2"))), "lock guard", "alarm alone is too dear");
    assert_eq!(best(&dear, Budget::Cost(amount("3.01"))), "lock alarm", "most for its cost first");
    let cover = |terms: &Terms, cover| {
        let answer = plan(&sets, terms).expect("it can be planned").cover(cover);
        (names(&sets, &answer).join(" "), answer.cost)
    };
    assert_eq!(cover(&terms, Cover::Any), ("guard".to_owned(), amount("1")));
    assert_eq!(cover(&terms, Cover::Best), ("alarm lock".to_owned(), amount("2")));
    let on = Terms { enabled: [key(&sets, "lock")].into(), ..dear };
    assert_eq!(cover(&on, Cover::Any), ("guard".to_owned(), amount("1")));
    assert_eq!(cover(&on, Cover::Best), ("alarm".to_owned(), amount("2.01")));
    let all =
        Terms { enabled: sets[0].capabilities.iter().map(|one| key(&sets, &one.id)).collect(), ..terms };
    assert_eq!(cover(&all, Cover::Best), (String::new(), Amount::ZERO));
}

#[test]
fn without_levels_a_plan_counts_techniques() {
    let sets = sets(&[
        plain_row("lock", "T1110"),
        plain_row("alarm", "T1078"),
        plain_row("alarm", "T1046"),
        plain_row("guard", "T1046"),
    ]);
    let problem = plan(&sets, &Terms::default()).expect("it can be planned");
    let answer = problem.best(Budget::Capabilities(1)).expect("a budget");
    assert_eq!((names(&sets, &answer), answer.after.value), (vec!["alarm"], amount("2")));
    assert_eq!(names(&sets, &problem.cover(Cover::Any)), ["alarm", "lock"]);
    assert_eq!(problem.cover(Cover::Any), problem.cover(Cover::Best));
}

#[test]
fn budgets_have_ends() {
    let sets = read::embedded().sets;
    let problem = plan(&sets, &Terms::default()).expect("it can be planned");
    assert_eq!(problem.best(Budget::Capabilities(0)), Err(PlanError::EmptyBudget));
    assert_eq!(problem.best(Budget::Cost(Amount::ZERO)), Err(PlanError::EmptyBudget));
    let all = problem.best(Budget::Capabilities(1000)).expect("a budget");
    assert!(all.is_ample && !problem.best(Budget::Capabilities(16)).expect("a budget").is_ample);
    assert_eq!(names(&sets, &all), names(&sets, &problem.cover(Cover::Best)), "no more than add something");
    let paid = problem.best(Budget::Cost(amount("30"))).expect("a budget");
    assert_eq!((paid.chosen, paid.is_ample), (all.chosen, true));
}

#[test]
fn what_cannot_be_planned_is_refused() {
    let sets = read::embedded().sets;
    let nobody = CapabilityKey { set: 0, capability: 999 };
    let refused = |terms: Terms| plan(&sets, &terms).err();
    let terms = Terms { enabled: [nobody].into(), ..Terms::default() };
    assert_eq!(refused(terms), Some(PlanError::UnknownCapability(nobody)));
    let terms = Terms { costs: [(nobody, Amount::ONE)].into(), ..Terms::default() };
    assert_eq!(refused(terms), Some(PlanError::UnknownCapability(nobody)));
    let terms = Terms { other_weight: Amount::ZERO, ..Terms::default() };
    assert_eq!(refused(terms), Some(PlanError::NoWeight));
    let candidate =
        |score, cost| Candidate { key: nobody, cost, enabled: false, scores: [(id("T1110"), score)].into() };
    for score in [0, 101] {
        let refused = Problem::new(&[candidate(score, Amount::ONE)], |_| Amount::ONE).err();
        assert_eq!(refused, Some(PlanError::Score { technique: id("T1110"), score }));
    }
    let dear = vec![candidate(1, amount("1000000")); 20_000];
    assert_eq!(Problem::new(&dear, |_| Amount::ONE).err(), Some(PlanError::TooLarge("costs")));
    let nothing = Problem::new(&[], |_| Amount::ONE).expect("nothing is no error");
    assert_eq!(nothing.cover(Cover::Any).chosen, []);
    assert_eq!(nothing.best(Budget::Capabilities(3)).expect("a budget").chosen, []);
}

#[test]
fn every_published_mapping_is_solved_to_the_end() {
    let Some(corpus) = corpus() else { return };
    let files = [
        ("aws-12.12.2024_attack-16.1-enterprise.json", 14),
        ("gcp-03.06.2025_attack-16.1-enterprise.json", 24),
        ("nist_800_53-rev5_attack-16.1-enterprise.json", 14),
        ("veris-1.4.0_attack-16.1-enterprise.json", 48),
        ("kev-02.13.2025_attack-15.1-enterprise.json", 61),
    ];
    for (file, count) in files {
        let path = corpus.join("mappings-explorer").join(file);
        let sets = read::from_path(&path).expect("it can be read").sets;
        let problem = plan(&sets, &Terms::default()).expect("it can be planned");
        let answer = problem.cover(Cover::Any);
        assert_eq!((answer.chosen.len(), answer.proof), (count, Proof::Optimal), "{file}");
        assert_eq!(problem.cover(Cover::Best).proof, Proof::Optimal, "{file}");
        for count in [1, 3, 5, 10] {
            let answer = problem.best(Budget::Capabilities(count)).expect("a budget");
            assert_eq!(answer.proof, Proof::Optimal, "{file}: {count}");
        }
    }
    covered(files.len());
}

/// A choice as an answer is checked against: value and cost in whole units.
fn standing(candidates: &[Candidate], weights: &[u64], chosen: u32) -> (u64, usize) {
    let mut strongest: BTreeMap<TechniqueId, u8> = BTreeMap::new();
    for (index, candidate) in candidates.iter().enumerate() {
        if candidate.enabled || chosen >> index & 1 == 1 {
            for (technique, score) in &candidate.scores {
                let held = strongest.entry(*technique).or_default();
                *held = (*held).max(*score);
            }
        }
    }
    let weight = |technique: TechniqueId| weights[technique_index(technique)];
    strongest.retain(|technique, _| weight(*technique) > 0);
    let value = strongest.iter().map(|(technique, score)| weight(*technique) * u64::from(*score));
    (value.sum(), strongest.len())
}

fn technique(index: usize) -> TechniqueId {
    id(&format!("T{:04}", 1000 + index))
}

fn technique_index(technique: TechniqueId) -> usize {
    technique.to_string()[1..].parse::<usize>().expect("four digits") - 1000
}

const TECHNIQUES: usize = 8;

fn any_candidates() -> impl Strategy<Value = Vec<Candidate>> {
    let score = prop_oneof![Just(10_u8), Just(50), Just(100), 1_u8..=100];
    let scores = prop::collection::btree_map((0..TECHNIQUES).prop_map(technique), score, 0..TECHNIQUES);
    let one = (
        scores,
        prop_oneof![3 => Just("1"), 1 => Just("0"), 1 => Just("2.5"), 1 => Just("0.3")],
        prop::bool::weighted(0.15),
    );
    prop::collection::vec(one, 1..8).prop_map(|all| {
        let candidate = |(index, (scores, cost, enabled))| Candidate {
            key: CapabilityKey { set: 0, capability: index },
            cost: amount(cost),
            enabled,
            scores,
        };
        all.into_iter().enumerate().map(candidate).collect()
    })
}

/// The key by which choices are compared, least first, for what is asked.
fn first_of<K: Ord>(
    candidates: &[Candidate],
    key: impl Fn(u32, Amount, Vec<usize>) -> Option<K>,
) -> Vec<usize> {
    let open = |chosen: u32| (0..candidates.len()).filter(move |index| chosen >> index & 1 == 1);
    let choices = (0..1_u32 << candidates.len())
        .filter(|chosen| open(*chosen).all(|index| !candidates[index].enabled))
        .filter_map(|chosen| {
            let cost = open(chosen).map(|index| candidates[index].cost).sum();
            key(chosen, cost, open(chosen).collect()).map(|key| (key, open(chosen).collect()))
        });
    choices.min_by(|a, b| a.0.cmp(&b.0)).expect("nothing at all, or everything, is a choice").1
}

fn chosen(answer: &Answer) -> Vec<usize> {
    let mut chosen: Vec<usize> = answer.chosen.iter().map(|step| step.capability.capability).collect();
    chosen.sort_unstable();
    chosen
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn answers_are_the_first_of_the_best(
        candidates in any_candidates(),
        weights in prop::collection::vec(prop_oneof![4 => Just(4_u64), 1 => Just(0), 1 => 1_u64..9], TECHNIQUES),
        budget in prop_oneof![
            (1_usize..9).prop_map(Budget::Capabilities),
            prop_oneof![Just("0.5"), Just("1"), Just("2.8"), Just("4")].prop_map(|cost| Budget::Cost(amount(cost))),
        ],
    ) {
        // In quarters: the weights are not whole.
        let weight = |of| Amount::new(weights[technique_index(of)] as f64 / 4.0).expect("an amount");
        let problem = Problem::new(&candidates, weight);
        prop_assume!(problem.is_ok());
        let problem = problem.expect("it was just asked");

        let best = problem.best(budget).expect("no budget is 0");
        prop_assert_eq!(best.proof, Proof::Optimal);
        let expected = first_of(&candidates, |bits, cost, list| {
            let fits = match budget {
                Budget::Capabilities(count) => list.len() <= count,
                Budget::Cost(limit) => cost <= limit,
            };
            fits.then(|| (Reverse(standing(&candidates, &weights, bits).0), list.len(), cost, list))
        });
        prop_assert_eq!(chosen(&best), expected);
        prop_assert_eq!(best.before.value + best.chosen.iter().map(|step| step.gain).sum(), best.after.value);

        let all = standing(&candidates, &weights, u32::MAX);
        for cover in [Cover::Any, Cover::Best] {
            let answer = problem.cover(cover);
            prop_assert_eq!(answer.proof, Proof::Optimal);
            let expected = first_of(&candidates, |bits, cost, list| {
                let (value, covered) = standing(&candidates, &weights, bits);
                let is_kept = if cover == Cover::Any { covered == all.1 } else { value == all.0 };
                is_kept.then_some((cost, list.len(), list))
            });
            prop_assert_eq!(chosen(&answer), expected);
        }
    }

    #[test]
    fn a_limit_is_kept_and_said(candidates in any_candidates(), nodes in 0_u64..3) {
        let problem = Problem::new(&candidates, |_| Amount::ONE).expect("every weight is 1");
        let (short, long) = (problem.clone().with_nodes(nodes), problem);
        let budget = Budget::Capabilities(2);
        let (quick, best) = (short.best(budget).expect("a budget"), long.best(budget).expect("a budget"));
        prop_assert!(quick.nodes <= nodes);
        match quick.proof {
            Proof::Within { known, bound } => {
                prop_assert_eq!(known, quick.after.value);
                prop_assert!(known <= best.after.value && best.after.value <= bound);
                prop_assert!((0.0..1.0).contains(&quick.proof.gap()));
            }
            Proof::Optimal | Proof::OptimalUpToTies => prop_assert_eq!(quick.after.value, best.after.value),
        }
        let (quick, best) = (short.cover(Cover::Any), long.cover(Cover::Any));
        prop_assert_eq!(quick.after.covered, best.after.covered);
        match quick.proof {
            Proof::Within { known, bound } => {
                prop_assert_eq!(known, quick.cost);
                prop_assert!(bound <= best.cost && best.cost <= known);
            }
            Proof::Optimal | Proof::OptimalUpToTies => prop_assert_eq!(quick.cost, best.cost),
        }
    }
}
