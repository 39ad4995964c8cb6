//! Threats: groups and campaigns listed and searched, and what of theirs is covered.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use navlayer::attack::{ActorError, Catalog, Domain, Roster, TechniqueId, Version};
use navlayer::coverage::threat::{Threat, ThreatCoverage, ThreatError};
use navlayer::coverage::{Coverage, Metric, Rules, State};
use navlayer::mapping::{read, select::Selection};
use proptest::prelude::*;
use serde_json::Value;

use crate::support::{Workspace, active, corpus, covered};

mod site;

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

/// What the test recomputes of a threat, from the mapping file and the catalog's own list of uses: id → use and score.
fn expected(space: &Workspace, weights: &[(&str, f64)]) -> BTreeMap<String, (f64, Option<f64>)> {
    let run = space.run(&["query", "scores", "--format", "json", "-q"]).ok();
    let rows: Vec<Value> = serde_json::from_str(&run.stdout).expect("it is an array");
    let mut scores: BTreeMap<String, f64> = BTreeMap::new();
    for row in &rows {
        let score = match row["level"].as_str().expect("a level") {
            "Minimal" => 10.0,
            "Partial" => 50.0,
            _ => 100.0,
        };
        let held = scores.entry(row["technique_id"].as_str().expect("an id").to_owned()).or_insert(score);
        *held = held.max(score);
    }
    let total: f64 = weights.iter().map(|(_, weight)| weight).sum();
    let mut uses: BTreeMap<String, (f64, Option<f64>)> = BTreeMap::new();
    for (id, weight) in weights {
        let run = space
            .run(&[
                "catalog",
                "show",
                id,
                "--attack-version",
                "16.1",
                "--domain",
                "enterprise",
                "--format",
                "json",
            ])
            .ok();
        let shown: Value = serde_json::from_str(&run.stdout).expect("it is JSON");
        for technique in shown[0]["techniques"].as_array().expect("uses") {
            let id = technique.as_str().expect("an id").to_owned();
            let score = scores.get(&id).copied();
            uses.entry(id).or_insert((0.0, score)).0 += weight / total;
        }
    }
    uses
}

fn rows(space: &Workspace, arguments: &[&str]) -> Vec<Value> {
    let mut all = vec!["query"];
    all.extend(arguments);
    all.extend(["--format", "json", "-q"]);
    serde_json::from_str(&space.run(&all).ok().stdout).expect("it is an array")
}

#[test]
fn gaps_of_a_threat_come_most_used_and_weakest_first() {
    let space = Workspace::new();
    let expected = expected(&space, &[("G0016", 2.0), ("G0007", 1.0)]);
    let gaps = rows(&space, &["gaps", "--threat", "APT29=2, fancy bear"]);
    let open = expected.iter().filter(|(_, (_, score))| score.is_none_or(|score| score < 100.0));
    assert_eq!(gaps.len(), open.count());
    let mut last = (f64::INFINITY, -1.0, String::new());
    for gap in &gaps {
        let id = gap["id"].as_str().expect("an id");
        let (usage, score) = expected[id];
        let residual = usage * (1.0 - score.unwrap_or(0.0) / 100.0);
        assert!((gap["use"].as_f64().expect("a use") - 100.0 * usage).abs() <= 0.051, "{gap}");
        assert!((gap["residual"].as_f64().expect("a risk") - 100.0 * residual).abs() <= 0.051, "{gap}");
        assert_eq!(gap["score"].as_f64(), score, "{gap}");
        assert_eq!(gap["state"], if score.is_some() { "covered" } else { "not covered" });
        let here = ((1e6 * usage).round(), score.unwrap_or(-1.0), id.to_owned());
        assert!(
            here.0 < last.0 || here.0 == last.0 && (here.1, &here.2) > (last.1, &last.2),
            "{here:?} after {last:?}"
        );
        last = here;
    }
    // T1098 is mapped, and covers none of its sub-techniques.
    let delegate = gaps.iter().find(|gap| gap["id"] == "T1098.002").expect("APT29 uses it");
    assert_eq!(delegate["comment"], "T1098 is mapped, which does not cover this sub-technique.");
    assert_eq!(delegate["used_by"], serde_json::json!(["APT29", "APT28"]));
}

#[test]
fn what_is_covered_of_a_threat_is_said_with_its_denominators() {
    let space = Workspace::new();
    let expected = expected(&space, &[("G0016", 1.0)]);
    let count = |sub: bool, covered: bool| {
        expected
            .iter()
            .filter(|(id, (_, score))| id.contains('.') == sub && (!covered || score.is_some()))
            .count()
    };
    let weighted: f64 = expected.values().map(|(usage, score)| usage * score.unwrap_or(0.0)).sum::<f64>()
        / expected.values().map(|(usage, _)| usage).sum::<f64>();
    let line = format!(
        "against APT29: {} of {} techniques and {} of {} sub-techniques that ATT&CK 16.1 says it uses are covered; weighted \
         by use and score {weighted:.1} %, which leaves {:.1} % of all use as residual risk",
        count(false, true),
        count(false, false),
        count(true, true),
        count(true, false),
        100.0 - weighted
    );
    space.run(&["query", "gaps", "--threat", "APT29"]).ok().says(&[&line]);
    space.run(&["query", "techniques", "--threat", "Cozy Bear"]).ok().says(&[&line]);
    space.run(&["layer", "--threat", "G0016"]).ok().says(&[&line]);
    let techniques = rows(&space, &["techniques", "--all", "--threat", "APT29"]);
    let used = techniques.iter().filter(|row| !row["use"].is_null()).count();
    assert_eq!(used, expected.len());
    space
        .run(&["query", "gaps", "--threat", "APT29", "--platform", "IaaS"])
        .ok()
        .says(&["more are out of scope"]);
}

#[test]
fn what_each_capability_covers_of_a_threat_is_told() {
    let space = Workspace::new();
    let used: BTreeSet<String> = expected(&space, &[("G0016", 1.0)]).into_keys().collect();
    let mut covered: BTreeMap<String, BTreeMap<String, f64>> = BTreeMap::new();
    for row in rows(&space, &["scores"]) {
        let text = |key: &str| row[key].as_str().expect("text").to_owned();
        if used.contains(&text("technique_id")) {
            let score = row["score"].as_f64().expect("a score");
            let held = covered
                .entry(text("capability_id"))
                .or_default()
                .entry(text("technique_id"))
                .or_insert(score);
            *held = held.max(score);
        }
    }
    let table = rows(&space, &["capabilities", "--threat", "APT29"]);
    for row in &table {
        let scores: Vec<f64> = covered
            .get(row["id"].as_str().expect("an id"))
            .map(|held| held.values().copied().collect())
            .unwrap_or_default();
        assert_eq!(row["threat_covered"], serde_json::json!({"n": scores.len(), "of": used.len()}), "{row}");
        let weighted = scores.iter().sum::<f64>() / used.len() as f64;
        assert!(
            (row["threat_weighted_percent"].as_f64().expect("a share") - weighted).abs() <= 0.051,
            "{row}"
        );
    }
    let order =
        |row: &Value| (-10.0 * row["threat_weighted_percent"].as_f64().expect("a share")).round() as i64;
    assert!(table.is_sorted_by_key(order));
}

#[test]
fn without_a_threat_tables_have_no_column_of_one() {
    let space = Workspace::new();
    for subject in ["gaps", "techniques", "capabilities"] {
        let rows = rows(&space, &[subject]);
        assert!(
            ["use", "residual", "threat_covered"].iter().all(|key| rows[0].get(key).is_none()),
            "{subject}"
        );
    }
}

#[test]
fn an_overlay_shows_threat_and_coverage_at_once() {
    let space = Workspace::new();
    let expected = expected(&space, &[("G0016", 1.0)]);
    let run = space.run(&["layer", "--threat", "APT29", "--overlay"]).ok();
    let layer = run.layer();
    assert_eq!(layer.0["name"], "AWS 12.12.2024 against APT29");
    let legend = layer.0["legendItems"].as_array().expect("a legend");
    let color = |label: &str| {
        let item = legend.iter().find(|item| item["label"] == label).unwrap_or_else(|| panic!("{label}"));
        item["color"].as_str().expect("a colour").to_owned()
    };
    for (id, (_, score)) in &expected {
        let technique = layer.technique(id);
        let label = match score {
            None => "used, not covered",
            Some(score) if *score < 50.0 => "used, covered below Partial",
            Some(_) => "used, covered at least Partial",
        };
        assert_eq!(technique["color"], color(label), "{id}");
        assert_eq!(technique["score"], (100.0 - score.unwrap_or(0.0)) as i64, "{id}");
    }
    let heatmap = space.run(&["layer"]).ok().layer();
    let active: BTreeSet<String> = active("16.1").into_iter().map(|one| one.id).collect();
    let is_other = |id: &&str| active.contains(*id) && !expected.contains_key(*id);
    let others: Vec<&str> = heatmap.ids().into_iter().filter(is_other).collect();
    for id in &others {
        let technique = layer.technique(id);
        assert_eq!(
            (technique["color"].as_str(), technique.get("score")),
            (Some(color("covered, not used").as_str()), None)
        );
    }
    assert_eq!(layer.ids().len(), others.len() + expected.len());
    assert_eq!(layer.metadata("threat"), ["APT29"]);
}

#[test]
fn a_heatmap_tells_of_uses_and_paints_as_ever() {
    let space = Workspace::new();
    let plain = space.run(&["layer"]).ok().layer();
    let told = space.run(&["layer", "--threat", "APT29,APT28,Lazarus Group"]).ok().layer();
    assert_eq!(plain.scores(), told.scores());
    let accounts = &told.technique("T1078.004")["metadata"];
    assert_eq!(crate::support::values(accounts, "used by"), ["APT29, APT28 (2 of 3)"]);
    assert_eq!(crate::support::values(accounts, "use"), ["66.7 of 100"]);
    assert_eq!(crate::support::values(accounts, "residual risk"), ["0 of 100"]);
    assert_eq!(accounts[0]["name"], "used by", "before the first capability, of which it says nothing");
    // What is read back of it is what the plain one says.
    space.write("told.json", serde_json::to_string(&told.0).expect("JSON"));
    let back = space.run(&["layer", "told.json"]).ok().layer();
    assert_eq!(plain.scores(), back.scores());
}

fn threat_layer(attack: &str, techniques: &Value) -> String {
    let mut layer = serde_json::json!({
        "name": "Seen by us",
        "versions": {"attack": attack, "navigator": "5.1.0", "layer": "4.5"},
        "domain": "enterprise-attack",
        "techniques": techniques
    });
    if attack.is_empty() {
        layer["versions"].as_object_mut().expect("an object").remove("attack");
    }
    layer.to_string()
}

#[test]
fn a_layer_is_a_threat_by_its_scores() {
    let space = Workspace::new();
    let techniques = serde_json::json!([
        {"techniqueID": "T1078", "score": 4},
        {"techniqueID": "T1098.002", "score": 8},
        {"techniqueID": "T1005", "score": 2, "enabled": false},
        {"techniqueID": "T1110", "score": 0},
        {"techniqueID": "T1053.001", "score": 1, "tactic": "execution"},
        {"techniqueID": "T1053.002", "score": 1, "tactic": "execution"}
    ]);
    space.write("seen.json", threat_layer("8", &techniques));
    let run = space.run(&["query", "gaps", "--threat", "seen.json", "--format", "json"]).ok();
    let run = run.says(&[
        "against Seen by us: 1 of 1 techniques and 0 of 2 sub-techniques with a score there are covered",
        "1 disabled annotation is left out",
    ]);
    let gaps: Vec<Value> = serde_json::from_str(&run.stdout).expect("it is an array");
    let uses: Vec<(&str, f64)> = gaps
        .iter()
        .map(|gap| (gap["id"].as_str().expect("an id"), gap["use"].as_f64().expect("a use")))
        .collect();
    // T1053.001 was revoked by T1053.002.
    assert_eq!(uses, [("T1098.002", 100.0), ("T1078", 50.0), ("T1053.002", 12.5)]);

    let bare = serde_json::json!([{"techniqueID": "T1078", "color": "#ff0000"}, {"techniqueID": "T1005", "comment": "seen"},
        {"techniqueID": "T1110", "showSubtechniques": true}]);
    space.write("bare.json", threat_layer("", &bare));
    space.run(&["query", "gaps", "--threat", "bare.json"]).ok().says(&[
        "states no ATT&CK version; it is read as of 16.1",
        "the layer has no scores: every technique that it annotates counts 1",
        "1 of 2 techniques",
    ]);
}

#[test]
fn every_mistake_in_a_threat_is_told() {
    let space = Workspace::new();
    let one = serde_json::json!([{"techniqueID": "T1078", "score": -4}]);
    space.write("negative.json", threat_layer("16", &one));
    space.write("zero.json", threat_layer("16", &serde_json::json!([{"techniqueID": "T1078", "score": 0}])));
    space.write("two.json", format!("[{0},{0}]", threat_layer("16", &one)));
    space.write("mobile.json", threat_layer("16", &one).replace("enterprise", "mobile"));
    space.write("old.json", threat_layer("3", &one));
    space.write("none.json", "{\"a\": 1}");
    for (threat, says) in [
        ("APT29=0", "a weight is a number above 0"),
        ("APT29=-1", "`-1` is no weight of APT29"),
        ("APT29=many", "`many` is no weight of APT29"),
        ("APT29,,APT28", "names nobody"),
        ("Cosy Bear", "did you mean Cozy Bear (G0016)"),
        ("UAC-0056", "is another name of G1003 (Ember Bear) and of G1031 (Saint Bear)"),
        ("Taidoor", "is deprecated in ATT&CK 16.1, and nobody took over"),
        ("APT29,Cozy Bear", "`Cozy Bear` is G0016 (APT29), which is named already"),
        ("APT29,zero.json", "a threat is one layer or some actors"),
        ("zero.json=2", "its scores are the weights"),
        ("absent.json", "absent.json"),
        ("negative.json", "T1078 has the score -4 in Seen by us"),
        ("zero.json", "the weights of the techniques add up to 0"),
        ("two.json", "holds 2 layers, and a threat is one"),
        ("mobile.json", "is on mobile-attack, and the mappings are on enterprise-attack"),
        ("old.json", "Enterprise ATT&CK 3.0 is not known"),
        ("none.json", "this is not an ATT&CK Navigator layer"),
    ] {
        let run = space.run(&["query", "gaps", "--threat", threat]).ends_with(2).says(&[says]);
        assert!(run.stdout.is_empty(), "{threat}");
    }
    space.run(&["layer", "--overlay"]).ends_with(2).says(&["no threat is named"]);
    let former = space.run(&["query", "gaps", "--threat", "G0057"]).ok();
    former.says(&["note: G0057 (APT34) is revoked: G0049 (OilRig) took over", "against OilRig"]);
}

#[test]
fn a_threat_stands_in_the_configuration() {
    let space = Workspace::new();
    space.write("navlayer.toml", "threat = [\"APT29=2\", \"Lazarus Group\"]\n");
    space.run(&["query", "gaps"]).ok().says(&["against APT29 (weight 2), Lazarus Group (weight 1)"]);
    space.run(&["query", "gaps", "--threat", "APT28"]).ok().says(&["against APT28:"]);
    space.run(&["config", "show"]).ok();
    space.write("below/navlayer.toml", "threat = [\"APT29\", \"Cosy Bear\"]\n");
    space
        .run_in("below", &["query", "gaps"])
        .ends_with(2)
        .says(&["navlayer.toml:1:20", "did you mean Cozy Bear (G0016)"]);
    space.write("below/navlayer.toml", "threat = \"APT29=none\"\n");
    space
        .run_in("below", &["query", "gaps"])
        .ends_with(2)
        .says(&["navlayer.toml:1:10", "`none` is no weight of APT29"]);
    space.write("below/navlayer.toml", "threat = \"seen.json\"\n");
    space.write(
        "below/seen.json",
        threat_layer("16", &serde_json::json!([{"techniqueID": "T1078", "score": 4}])),
    );
    space
        .run(&["--config", "below/navlayer.toml", "query", "gaps"])
        .ok()
        .says(&["against Seen by us: 1 of 1 technique"]);
}
