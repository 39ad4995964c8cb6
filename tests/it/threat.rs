//! Threats: groups and campaigns listed and searched, and what of theirs is covered.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use navlayer::attack::{ActorError, Catalog, Domain, Roster, TechniqueId, Version};
use navlayer::coverage::threat::{Threat, ThreatCoverage, ThreatError};
use navlayer::coverage::{Coverage, Metric, Rules, State};
use navlayer::mapping::{read, select::Selection};
use proptest::prelude::*;
use serde_json::Value;

use crate::support::{Workspace, corpus, covered};

mod compare;
mod output;
mod plan;
mod site;

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is a number"))
}

#[track_caller]
fn assert_close(value: &Value, expected: f64) {
    assert!((number(value) - expected).abs() < 1e-9, "{value} is {expected}");
}

fn catalog(version: &str) -> Catalog {
    let version: Version = version.parse().expect("a version");
    Catalog::embedded(Domain::Enterprise, version).expect("it is embedded")
}

/// Id of a group or campaign → its name and the ids that it uses, straight from a STIX bundle.
fn bundle(version: &str) -> Option<BTreeMap<String, (String, BTreeSet<String>)>> {
    let folder = corpus()?.parent().expect("it is in a folder").join("attack");
    let text = fs::read(folder.join(format!("enterprise-attack-{version}.json"))).expect("the bundle");
    let bundle: Value = serde_json::from_slice(&text).expect("it is JSON");
    let objects = bundle["objects"].as_array().expect("objects");
    let is_retired = |object: &Value| object["revoked"] == true || object["x_mitre_deprecated"] == true;
    let external = |object: &Value| {
        let all = object["external_references"].as_array()?;
        let own = all.iter().find(|one| one["source_name"] == "mitre-attack")?;
        Some(own["external_id"].as_str()?.to_owned())
    };
    let of = |kind: &str| -> BTreeMap<&str, (String, &str, bool)> {
        let held = objects.iter().filter(|object| object["type"] == kind);
        held.filter_map(|object| {
            let name = object["name"].as_str().unwrap_or_default();
            Some((object["id"].as_str()?, (external(object)?, name, is_retired(object))))
        })
        .collect()
    };
    let techniques = of("attack-pattern");
    let mut actors = of("intrusion-set");
    actors.extend(of("campaign"));
    let mut uses: BTreeMap<String, (String, BTreeSet<String>)> = actors
        .values()
        .filter(|(_, _, retired)| !retired)
        .map(|(id, name, _)| (id.clone(), ((*name).to_owned(), BTreeSet::new())))
        .collect();
    let relations =
        objects.iter().filter(|one| one["type"] == "relationship" && one["relationship_type"] == "uses");
    for relation in relations.filter(|relation| !is_retired(relation)) {
        let end = |key: &str| relation[key].as_str().unwrap_or_default();
        let (Some(actor), Some(technique)) =
            (actors.get(end("source_ref")), techniques.get(end("target_ref")))
        else {
            continue;
        };
        if let Some((_, held)) = uses.get_mut(&actor.0) {
            held.insert(technique.0.clone());
        }
    }
    Some(uses)
}

#[test]
fn uses_are_those_of_the_bundles() {
    for version in ["16.1", "19.0"] {
        let Some(bundle) = bundle(version) else { return };
        let catalog = catalog(version);
        let roster = Roster::new(&catalog);
        let own: BTreeMap<String, (String, BTreeSet<String>)> = roster
            .actors()
            .iter()
            .map(|actor| {
                let techniques = actor.techniques.iter().map(ToString::to_string).collect();
                (actor.id.to_string(), (actor.name.to_string(), techniques))
            })
            .collect();
        assert_eq!(own, bundle, "{version}");
        let threat = Threat::of_actors(&roster, [("Cozy Bear", 1.0)]).expect("it is APT29");
        let weights: BTreeSet<String> = threat.weights().keys().map(ToString::to_string).collect();
        assert_eq!(weights, bundle["G0016"].1, "{version}");
        covered(1);
    }
}

#[test]
fn an_actor_is_found_by_id_name_and_alias() {
    let catalog = catalog("16.1");
    let roster = Roster::new(&catalog);
    for name in ["G0016", "g0016", "APT29", " apt29 ", "Cozy Bear", "midnight blizzard"] {
        assert_eq!(roster.find(name).expect(name).actor.id, "G0016", "{name}");
    }
    // A campaign's own name beats what a retired group was called.
    assert_eq!(roster.find("Night Dragon").expect("a campaign").actor.id, "C0002");
    // An alias of an active group beats a retired group's name.
    let oil_rig = roster.find("APT34").expect("an alias");
    assert_eq!((oil_rig.actor.id.as_ref(), oil_rig.instead_of), ("G0049", None));
    let former = roster.find("G0057").expect("OilRig took over");
    assert_eq!(former.actor.id, "G0049");
    assert_eq!(former.instead_of.map(|one| one.name.as_ref()), Some("APT34"));
}

#[test]
fn ambiguous_retired_and_unknown_names_say_what_to_do() {
    let catalog = catalog("16.1");
    let roster = Roster::new(&catalog);
    let ambiguous = roster.find("uac-0056").expect_err("two groups");
    assert!(matches!(&ambiguous, ActorError::Ambiguous { actors, .. } if actors.len() == 2));
    assert_eq!(
        ambiguous.to_string(),
        "`uac-0056` is another name of G1003 (Ember Bear) and of G1031 (Saint Bear)"
    );
    let retired = roster.find("Taidoor").expect_err("deprecated");
    assert_eq!(retired.to_string(), "G0015 (Taidoor) is deprecated in ATT&CK 16.1, and nobody took over");
    assert!(retired.help().is_some_and(|help| help.contains("ATT&CK 8.2-9.0")), "{:?}", retired.help());
    let near = roster.find("Cosy Bear").expect_err("a slip");
    assert!(near.help().is_some_and(|help| help.starts_with("did you mean Cozy Bear (G0016)")));
    let later = roster.find("C0059").expect_err("of a later version");
    assert!(
        later.help().is_some_and(|help| help.starts_with("it is active in ATT&CK")),
        "{:?}",
        later.help()
    );
    let none = roster.find("qqqqqq").expect_err("nobody");
    assert!(none.help().is_some_and(|help| help.contains("catalog groups")));
}

/// What ATT&CK 19.0 forgets of its revoked groups is what the version before it said.
#[test]
fn the_last_word_on_a_successor_counts() {
    let catalog = catalog("19.0");
    let roster = Roster::new(&catalog);
    assert!(catalog.retired_actors().iter().any(|one| one.id == "G0057" && one.replaced_by.is_empty()));
    assert_eq!(roster.find("G0057").expect("OilRig took over").actor.id, "G0049");
}

#[test]
fn weights_and_scores_that_mean_nothing_are_refused() {
    let catalog = catalog("16.1");
    let roster = Roster::new(&catalog);
    for weight in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e7] {
        let error = Threat::of_actors(&roster, [("APT29", weight)]).expect_err("no weight");
        assert!(matches!(error, ThreatError::Weight { .. }), "{error}");
    }
    let twice = Threat::of_actors(&roster, [("APT29", 1.0), ("Cozy Bear", 2.0)]).expect_err("one actor");
    assert_eq!(
        twice.to_string(),
        "`Cozy Bear` is G0016 (APT29), which is named already: an actor has one weight"
    );
    assert!(matches!(Threat::of_actors(&roster, []), Err(ThreatError::Nothing { .. })));
    let id: TechniqueId = "T1078".parse().expect("an id");
    let of = |score| Threat::of_scores("layer", &BTreeMap::from([(id, score)]), &catalog);
    assert!(matches!(of(-0.5), Err(ThreatError::Score { .. })));
    assert!(matches!(of(f64::NAN), Err(ThreatError::Score { .. })));
    assert!(matches!(of(0.0), Err(ThreatError::Nothing { .. })));
    assert!((of(7.0).expect("a threat").usage(id) - 1.0).abs() < f64::EPSILON);
}

/// On 19.0, T1562.008 is T1685.002, and T1043 is gone since long.
#[test]
fn retired_techniques_are_carried_on_or_told() {
    let catalog = catalog("19.0");
    let scores = [("T1562.008", 3.0), ("T1043", 9.0), ("T1078", 1.0)];
    let scores = scores.map(|(id, score)| (id.parse::<TechniqueId>().expect("an id"), score));
    let threat = Threat::of_scores("mine", &BTreeMap::from(scores), &catalog).expect("a threat");
    let ids: Vec<String> = threat.weights().keys().map(ToString::to_string).collect();
    assert_eq!(ids, ["T1078", "T1685.002"]);
    assert_eq!(threat.notes().len(), 2);
    assert!(threat.notes()[0].starts_with("T1043, which mine uses, is "), "{:?}", threat.notes());
    assert!(threat.notes()[1].ends_with("counted as that"), "{:?}", threat.notes());
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

#[test]
fn coverage_of_a_group_is_what_its_techniques_say() {
    let sets = read::embedded().sets;
    let catalog = Catalog::embedded(sets[0].domain, sets[0].attack_version).expect("it is embedded");
    let coverage = Coverage::new(&sets, &catalog, Selection::everything(&sets), Rules::default());
    let threat = Threat::of_actors(&Roster::new(&catalog), [("APT29", 1.0)]).expect("a group");
    let against = ThreatCoverage::new(&threat, &coverage);
    // Counted once more, from the mappings themselves.
    let best = |id: &TechniqueId| {
        let mappings = sets[0].mappings.iter().filter(|mapping| mapping.technique == *id);
        let levels = mappings.filter_map(|mapping| mapping.score().map(|(_, level)| level.name()));
        levels
            .map(|level| match level {
                "Minimal" => 10,
                "Partial" => 50,
                _ => 100,
            })
            .max()
    };
    let scores: Vec<(TechniqueId, Option<i64>)> = threat.weights().keys().map(|id| (*id, best(id))).collect();
    assert_eq!(against.in_scope().total(), scores.len());
    let covered = scores.iter().filter(|(_, score)| score.is_some()).count();
    assert_eq!(against.covered().total(), covered);
    assert!(covered > 10 && covered < scores.len());
    let sum: i64 = scores.iter().filter_map(|(_, score)| *score).sum();
    let weighted = against.weighted().expect("it is in scope");
    assert!(close(weighted, sum as f64 / (100.0 * scores.len() as f64)), "{weighted}");
    for exposure in against.exposures() {
        let score = scores.iter().find(|(id, _)| *id == exposure.technique).expect("it is used").1;
        assert_eq!(exposure.score, score);
        assert_eq!(exposure.state == State::Covered, score.is_some());
        assert!(close(exposure.residual, 1.0 - score.unwrap_or(0) as f64 / 100.0));
    }
    let gaps = against.gaps();
    assert!(
        gaps.is_sorted_by_key(|gap| (gap.score.unwrap_or(-1), gap.technique)),
        "weakest first, then by id"
    );
    assert!(gaps.iter().all(|gap| gap.score != Some(100)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Weights are shares: only how they stand to each other counts. And what is not covered remains.
    #[test]
    fn weights_scale_and_what_is_not_covered_remains(
        picks in prop::collection::btree_map(0_usize..160, 1_u32..1000, 1..6),
        factor in prop::sample::select(vec![0.001, 0.5, 2.0, 17.0, 900.0]),
        metric in prop::sample::select(Metric::ALL.to_vec()),
    ) {
        let sets = read::embedded().sets;
        let catalog = Catalog::embedded(sets[0].domain, sets[0].attack_version).expect("it is embedded");
        let rules = Rules { metric, ..Rules::default() };
        let coverage = Coverage::new(&sets, &catalog, Selection::everything(&sets), rules);
        let roster = Roster::new(&catalog);
        let named: Vec<(&str, f64)> =
            picks.iter().map(|(at, weight)| (roster.actors()[*at].id.as_ref(), f64::from(*weight))).collect();
        let Ok(threat) = Threat::of_actors(&roster, named.iter().copied()) else {
            // Some use nothing.
            return Ok(());
        };
        let scaled = named.iter().map(|(id, weight)| (*id, weight * factor));
        let scaled = Threat::of_actors(&roster, scaled).expect("the same actors");
        let (one, other) = (ThreatCoverage::new(&threat, &coverage), ThreatCoverage::new(&scaled, &coverage));
        prop_assert_eq!(one.covered(), other.covered());
        prop_assert!(close(one.weighted().expect("in scope"), other.weighted().expect("in scope")));
        let ids = |of: &ThreatCoverage<'_>| of.gaps().iter().map(|gap| gap.technique).collect::<Vec<_>>();
        prop_assert_eq!(ids(&one), ids(&other));
        let reached: f64 = one.exposures().iter().map(|one| one.usage * one.strength / 100.0).sum();
        prop_assert!(close(reached + one.total_residual(), one.total_use()));
        prop_assert!(close(one.weighted().expect("in scope"), reached / one.total_use()));
        for exposure in one.exposures() {
            prop_assert!(exposure.usage > 0.0 && exposure.usage <= 1.0);
            prop_assert!((0.0..=exposure.usage).contains(&exposure.residual));
            prop_assert!(close(exposure.usage, other.exposure(exposure.technique).expect("used").usage));
        }
    }
}

fn actors(space: &Workspace, arguments: &[&str], code: i32) -> Vec<Value> {
    let mut all = vec!["catalog", "groups", "--format", "json"];
    all.extend(arguments);
    let run = space.run(&all).ends_with(code);
    serde_json::from_str(&run.stdout).expect("it is an array")
}

fn ids(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["id"].as_str().expect("an id")).collect()
}

#[test]
fn groups_are_listed_and_searched() {
    let space = Workspace::new();
    let all = actors(&space, &["--attack-version", "16.1"], 0);
    assert_eq!(all.len(), catalog("16.1").actors().len());
    assert!(ids(&all).is_sorted());
    let found = actors(&space, &["cozy", "C0024", "--attack-version", "16.1"], 0);
    assert_eq!(ids(&found), ["C0024", "G0016"]);
    assert_eq!(found[1]["kind"], "group");
    assert_eq!(found[0]["kind"], "campaign");
    assert_eq!((&found[1]["techniques"], &found[1]["sub_techniques"]), (&17.into(), &49.into()));
    assert_eq!(found[1]["attack_version"], "16.1");
    let text = space.run(&["catalog", "groups", "cozy", "--attack-version", "16.1"]).ok();
    assert!(text.stdout.contains("APT29") && text.stdout.contains("Midnight"), "{}", text.stdout);
    text.says(&["1 of 193 groups and campaigns of Enterprise ATT&CK 16.1"]);
    let csv = space.run(&["catalog", "groups", "G0016", "--format", "csv"]).ok();
    assert!(
        csv.stdout.starts_with(
            "id,kind,name,techniques,sub_techniques,aliases,technique_ids,domain,attack_version\n"
        )
    );
}

#[test]
fn who_uses_a_technique_is_listed() {
    let space = Workspace::new();
    let users = actors(&space, &["--technique", "T1562.008", "--attack-version", "16.1"], 0);
    assert_eq!(ids(&users), ["G0016"]);
    let family = actors(&space, &["--technique", "T1562*", "--attack-version", "16.1"], 0);
    assert!(family.len() > 20);
    space
        .run(&["catalog", "groups", "--technique", "T1562.008"])
        .ends_with(2)
        .says(&["no technique is called `T1562.008`", "in ATT&CK 19.0 it is revoked, replaced by T1685.002"]);
}

#[test]
fn a_search_that_finds_nobody_names_the_nearest() {
    let space = Workspace::new();
    space.run(&["catalog", "groups", "Cosy Bear"]).ends_with(1).says(&["did you mean Cozy Bear (G0016)"]);
    space
        .run(&["catalog", "groups", "G0057"])
        .ends_with(1)
        .says(&["G0057 (APT34) is revoked: G0049 (OilRig) took over"]);
    space
        .run(&["catalog", "groups", "APT1", "--domain", "ics"])
        .ends_with(1)
        .says(&["no group or campaign of ICS ATT&CK", "Enterprise ATT&CK knows it"]);
}
