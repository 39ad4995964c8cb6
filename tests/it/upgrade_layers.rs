//! Layers on other ATT&CK versions: tactics, merging, platforms, what stays as it is, and that twice is once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use navlayer::attack::upgrade::{Kind, Record, TacticChange, TacticMove};
use navlayer::attack::{Catalog, Domain, TechniqueId};
use navlayer::layer::read::{self, InputLayer, InputTactic};
use navlayer::layer::write::OutputLayer;
use navlayer::layer::{Upgraded, upgrade};
use navlayer::source::Source;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

use crate::support::{Workspace, corpus, covered, listing, values, without};
use crate::upgrade::{ids, in_turn, text};
use crate::upgrade_facts::{InTurn, catalog, catalogs, id, pairs, triples, way};

fn parsed(layers: &Value) -> Vec<InputLayer> {
    let source = Source::new("layer.json", layers.to_string());
    let reading = read::from_source(&source).expect("it is a layer");
    reading.layers
}

fn parse(layer: &Value) -> InputLayer {
    parsed(layer).remove(0)
}

fn carry(layer: &InputLayer, from: &'static Catalog, to: &'static Catalog) -> (InputLayer, Record) {
    let Upgraded { layer, record, .. } = upgrade(layer, "layer", "layer.json", &way(from, to));
    (layer, record)
}

/// A layer as it is written, which is what it says without the places.
fn written(layer: &InputLayer, on: &Catalog) -> Value {
    let bytes = OutputLayer::new(layer, "layer", on.domain(), Some(on.version())).to_json();
    serde_json::from_slice(&bytes).expect("it is JSON")
}

/// The same with annotations of different techniques and tactics, and what several of them brought to one, in order: which
/// of several came first is not the same in two steps. The tactic of a technique with one tactic need not be named.
fn in_order(mut layer: Value, on: &Catalog) -> Value {
    for one in layer["techniques"].as_array_mut().into_iter().flatten() {
        let technique = on.technique(id(one["techniqueID"].as_str().expect("an id"))).expect("it is active");
        if technique.tactics.iter().count() == 1 {
            *one = without(one.take(), &["tactic"]);
        }
        if let Some(comment) = one["comment"].as_str() {
            // A comment that was all that several said stands without their ids, whoever joins them later.
            let said = |part: &'_ str| match part.split_once(": ") {
                Some((id, said)) if id.parse::<TechniqueId>().is_ok() => said.to_owned(),
                _ => part.to_owned(),
            };
            let parts: BTreeSet<String> = comment.split("\n\n").map(said).collect();
            one["comment"] = json!(parts);
        }
        if let Some(rows) = one["metadata"].as_array() {
            one["metadata"] = blocks(rows);
        }
        if let Some(links) = one.get_mut("links").and_then(Value::as_array_mut) {
            links.sort_by_cached_key(Value::to_string);
        }
    }
    let key = |one: &Value| (one["techniqueID"].to_string(), one["tactic"].to_string());
    layer["techniques"].as_array_mut().expect("a list").sort_by_key(key);
    layer
}

/// Rows of metadata as what each annotation brought, between dividers, in order. Where they come from stands by
/// itself, without the names: a technique is named as in the last version that has it.
fn blocks(rows: &[Value]) -> Value {
    let (origins, rows): (Vec<&Value>, Vec<&Value>) =
        rows.iter().partition(|row| row["name"] == "upgraded from");
    let ids: BTreeSet<&str> =
        origins.iter().filter_map(|row| row["value"].as_str()?.split(' ').next()).collect();
    let mut blocks: Vec<&[&Value]> = rows.split(|row| row["divider"] == true).collect();
    blocks.sort_by_cached_key(|block| json!(block).to_string());
    json!([ids, blocks])
}

fn twice_is_once(layer: &InputLayer, [from, between, to]: [&'static Catalog; 3]) {
    let once = in_order(written(&carry(layer, from, to).0, to), to);
    let twice = in_order(written(&carry(&carry(layer, from, between).0, between, to).0, to), to);
    let versions = [from, between, to].map(Catalog::version);
    let of = |layer: &Value| layer["techniques"].to_string();
    let before = of(&written(layer, from));
    assert!(twice == once, "{versions:?}: {before}\ntwice {}\nonce  {}", of(&twice), of(&once));
}

/// Where an annotation of one tactic alone goes, as ids of tactics: to the same tactic, else to those that the technique has
/// joined, else to all that it is in.
fn tactics_to(
    from: &Catalog,
    to: &Catalog,
    source: TechniqueId,
    target: TechniqueId,
    tactic: &str,
) -> BTreeSet<String> {
    let of = |catalog: &Catalog, id| -> BTreeSet<String> {
        let technique = catalog.technique(id).expect("it is active");
        technique.tactics.iter().map(|place| catalog.tactics()[place].id.to_string()).collect()
    };
    let (before, now) = (of(from, source), of(to, target));
    if now.contains(tactic) {
        return BTreeSet::from([tactic.to_owned()]);
    }
    let joined: BTreeSet<String> = now.difference(&before).cloned().collect();
    if joined.is_empty() { now } else { joined }
}

/// The techniques whose tactics two upgrades in turn do not carry where one does, for some three versions.
fn odd_tactics(domain: Domain, forwards: bool) -> BTreeSet<String> {
    let all = catalogs(domain);
    let ways: Vec<Vec<_>> = all.iter().map(|from| all.iter().map(|to| way(from, to)).collect()).collect();
    let mut odd = BTreeSet::new();
    for [first, b, last] in triples(domain) {
        let (a, c) = if forwards { (first, last) } else { (last, first) };
        for one in all[a].techniques() {
            let (Some(between), Some(end)) =
                (ways[a][b].of(one.id).target(one.id), ways[a][c].of(one.id).target(one.id))
            else {
                continue;
            };
            for place in one.tactics.iter() {
                let tactic = &all[a].tactics()[place].id;
                let once = tactics_to(&all[a], &all[c], one.id, end, tactic);
                let first = tactics_to(&all[a], &all[b], one.id, between, tactic);
                let twice: BTreeSet<String> = first
                    .iter()
                    .flat_map(|tactic| tactics_to(&all[b], &all[c], between, end, tactic))
                    .collect();
                if once != twice {
                    odd.insert(one.id.to_string());
                }
            }
        }
    }
    odd
}

/// These joined another tactic (Persistence) in one release, and in a later one left Defense Evasion for Defense Impairment.
/// An upgrade over both takes what is said of Defense Evasion to both tactics that the technique has joined; one in two steps
/// finds Defense Evasion in the version between, and takes it to Defense Impairment alone.
const ODD: [&str; 6] = ["T1112", "T1556", "T1556.001", "T1556.002", "T1556.003", "T1556.004"];

#[test]
fn two_upgrades_in_turn_take_an_annotation_to_the_tactics_where_one_does() {
    assert_eq!(odd_tactics(Domain::Enterprise, true), ODD.map(str::to_owned).into());
    // On the way back T1112 stays in Persistence as long as it is in it, and has one tactic before.
    assert_eq!(odd_tactics(Domain::Enterprise, false), ODD[1..].iter().map(ToString::to_string).collect());
    for domain in [Domain::Mobile, Domain::Ics] {
        assert_eq!((odd_tactics(domain, true), odd_tactics(domain, false)), Default::default());
    }
}

/// What an annotation says beside its technique and tactic.
fn any_content() -> impl Strategy<Value = Value> {
    // Few of each, so that several annotations of one technique have the same.
    let score = prop::option::weighted(0.7, prop::sample::select(&[0, 40, 100][..]));
    let color = prop::option::weighted(0.4, prop::sample::select(&["#ff0000", "#00ff00"][..]));
    let enabled = prop::bool::weighted(0.85);
    let rows = prop::collection::vec(prop::sample::select(&["a", "b", "c"][..]), 0..3);
    let links = prop::collection::vec(prop::sample::select(&["x", "y"][..]), 0..2);
    (score, color, enabled, text(), rows, links, any::<bool>()).prop_map(
        |(score, color, enabled, comment, rows, links, shows)| {
            let rows: Vec<Value> = rows.iter().map(|row| json!({"name": row, "value": "1"})).collect();
            let links: Vec<Value> = links
                .iter()
                .map(|link| json!({"label": link, "url": format!("https://{link}.example")}))
                .collect();
            let mut one = json!({"comment": comment, "enabled": enabled, "metadata": rows, "links": links,
                                 "showSubtechniques": shows});
            if let Some(score) = score {
                one["score"] = score.into();
            }
            if let Some(color) = color {
                one["color"] = color.into();
            }
            one
        },
    )
}

fn any_layer() -> impl Strategy<Value = (Value, InTurn)> {
    in_turn().prop_flat_map(|turn| {
        let id = prop::sample::select(ids(turn.domain, turn.places[0]));
        let tactic = prop::option::of((any::<prop::sample::Index>(), prop::bool::weighted(0.95)));
        let annotations = prop::collection::vec((id, tactic, any_content()), 0..16);
        (annotations, text()).prop_map(move |(annotations, description)| {
            let from = turn.catalogs()[0];
            let techniques = annotations.into_iter().map(|(id, tactic, mut one)| {
                one["techniqueID"] = id.to_string().into();
                // A retired technique stands in no tactic: one that is stated says nothing that the next version keeps.
                let technique = from.technique(id).filter(|_| !ODD.contains(&id.to_string().as_str()));
                if let (Some((index, right)), Some(technique)) = (tactic, technique) {
                    let own: Vec<usize> = technique.tactics.iter().collect();
                    let places =
                        if right && !own.is_empty() { own } else { (0..from.tactics().len()).collect() };
                    one["tactic"] = from.tactics()[*index.get(&places)].shortname.to_string().into();
                }
                one
            });
            let layer = json!({
                "name": "any", "domain": turn.domain.id(), "description": description,
                "versions": {"attack": from.version().to_string(), "layer": "4.5", "navigator": "5.1.0"},
                "techniques": techniques.collect::<Vec<Value>>()
            });
            (layer, turn)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, max_shrink_iters: 60, failure_persistence: None, rng_seed: RngSeed::Fixed(19), ..ProptestConfig::default() })]

    #[test]
    fn any_layer_says_the_same_after_two_upgrades_as_after_one((layer, turn) in any_layer()) {
        twice_is_once(&parse(&layer), turn.catalogs());
    }
}

/// A layer on Enterprise ATT&CK 16.1 with these annotations.
fn on_16(techniques: &Value) -> Value {
    json!({
        "name": "Purple Team", "versions": {"attack": "16", "navigator": "5.1.0", "layer": "4.5"},
        "domain": "enterprise-attack", "description": "What we have seen.", "techniques": techniques
    })
}

/// The layer on 19.0, and what became of it.
fn on_19(techniques: &Value) -> (Value, Record) {
    let (from, to) = (catalog(Domain::Enterprise, "16.1"), catalog(Domain::Enterprise, "19.0"));
    let (layer, record) = carry(&parse(&on_16(techniques)), from, to);
    (written(&layer, to), record)
}

/// Technique, tactic and score of every annotation, in order.
fn scores(layer: &Value) -> Vec<String> {
    let techniques = layer["techniques"].as_array().expect("a list");
    let text = |one: &Value| {
        let tactic = one["tactic"].as_str().unwrap_or("*");
        format!("{}@{tactic} {}", one["techniqueID"].as_str().unwrap_or_default(), one["score"])
    };
    techniques.iter().map(text).collect()
}

/// Why annotations were dropped, with their techniques.
fn dropped(record: &Record) -> Vec<(&str, &str, usize)> {
    record
        .of(Kind::Dropped)
        .map(|one| (one.from.id.as_str(), one.reason.as_deref().unwrap_or_default(), one.rows))
        .collect()
}

#[test]
fn tactics_follow_their_techniques() {
    let (layer, record) = on_19(&json!([
        {"techniqueID": "T1078", "tactic": "defense-evasion", "score": 1},
        {"techniqueID": "T1078", "tactic": "persistence", "score": 2},
        {"techniqueID": "T1562.008", "tactic": "defense-evasion", "score": 3},
        {"techniqueID": "T1110", "tactic": "persistence", "score": 4},
        {"techniqueID": "T1053.005", "tactic": "execution", "score": 5},
        {"techniqueID": "T1053.005", "score": 6},
        {"techniqueID": "T1486", "score": 7},
        {"techniqueID": "T1486", "tactic": "impact", "score": 8},
        {"techniqueID": "TA0005", "score": 9}
    ]));
    assert_eq!(
        scores(&layer),
        [
            "T1078@stealth 1",
            "T1078@persistence 2",
            "T1685.002@defense-impairment 3",
            "T1053.005@* 6",
            "T1486@impact 8",
        ]
    );
    let ghost = "the Navigator shows it nowhere: T1110 is not in the tactic persistence";
    let hidden = "a later annotation of the same technique takes its place";
    assert_eq!(
        dropped(&record),
        [
            ("T1053.005", hidden, 1),
            ("T1110", ghost, 1),
            ("T1486", hidden, 1),
            ("TA0005", "not the id of a technique", 1),
        ]
    );
    let moves: Vec<String> = record.tactic_moves.iter().map(TacticMove::describe).collect();
    assert_eq!(
        moves,
        ["T1078: defense-evasion is now stealth", "T1685.002: defense-evasion is now defense-impairment"]
    );
    let tactics: Vec<String> = record.tactics.iter().map(TacticChange::describe).collect();
    assert_eq!(tactics, ["TA0005 Defense Evasion is now Stealth", "TA0112 Defense Impairment is new"]);
    assert_eq!(
        record.counts.to_string(),
        "9 = 4 kept + 0 renamed + 0 renumbered + 1 replaced + 0 merged + 4 dropped"
    );
}

#[test]
fn annotations_of_several_tactics_that_come_to_one_become_one() {
    // T1574.001 leaves Persistence and Privilege Escalation, and joins Execution.
    let (layer, record) = on_19(&json!([
        {"techniqueID": "T1574.001", "tactic": "persistence", "score": 50, "comment": "At start."},
        {"techniqueID": "T1574.001", "tactic": "privilege-escalation", "score": 10, "comment": "With rights."},
        {"techniqueID": "T1574.001", "tactic": "defense-evasion", "score": 20}
    ]));
    assert_eq!(scores(&layer), ["T1574.001@execution 50", "T1574.001@stealth 20"]);
    let one = &layer["techniques"][0];
    assert_eq!(one["comment"], "T1574.001: At start.\n\nT1574.001: With rights.");
    assert!(one.get("metadata").is_none(), "it has not moved: {one}");
    assert_eq!((record.counts.rows, record.counts.renamed, record.counts.merged), (3, 2, 1));
}

#[test]
fn a_comment_that_another_begins_like_is_not_lost() {
    let (layer, record) = on_19(&json!([
        {"techniqueID": "T1574", "tactic": "privilege-escalation", "comment": "Rule 1"},
        {"techniqueID": "T1574", "tactic": "persistence", "comment": "Rule 12"}
    ]));
    let comments: Vec<&str> = layer["techniques"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|one| one["comment"].as_str())
        .collect();
    assert_eq!(comments, ["T1574: Rule 1\n\nT1574: Rule 12"]);
    assert_eq!(record.counts.merged, 1);
}

#[test]
fn annotations_of_several_techniques_become_one_with_all_that_they_say() {
    let row = |name: &str| json!([{"name": name, "value": "yes"}]);
    let link = |url: &str| json!([{"label": "more", "url": url}]);
    let (layer, record) = on_19(&json!([
        {"techniqueID": "T1562", "score": 10, "color": "#ff0000", "comment": "All of it.", "metadata": row("seen"),
         "links": link("https://a.example"), "enabled": false},
        {"techniqueID": "T1562.001", "tactic": "defense-evasion", "score": 90, "comment": "Tools.",
         "metadata": row("tested"), "links": link("https://b.example")},
        {"techniqueID": "T1562.006", "score": 40, "comment": "Tools.", "links": link("https://a.example"),
         "showSubtechniques": true}
    ]));
    assert_eq!(scores(&layer), ["T1685@* 90"], "the one tactic of T1685 need not be named");
    let one = &layer["techniques"][0];
    assert_eq!(one["comment"], "T1562: All of it.\n\nT1562.001: Tools.\n\nT1562.006: Tools.");
    assert_eq!((&one["enabled"], &one["showSubtechniques"]), (&json!(true), &json!(true)));
    assert!(one.get("color").is_none(), "the colour of 10 is not that of 90");
    assert_eq!(
        values(&one["metadata"], "upgraded from"),
        [
            "T1562 Impair Defenses (ATT&CK 16.1)",
            "T1562.001 Impair Defenses: Disable or Modify Tools (ATT&CK 16.1)",
            "T1562.006 Impair Defenses: Indicator Blocking (ATT&CK 16.1)",
        ]
    );
    assert_eq!(
        (values(&one["metadata"], "seen"), values(&one["metadata"], "tested")),
        (vec!["yes"], vec!["yes"])
    );
    let links: Vec<&str> =
        one["links"].as_array().expect("a list").iter().filter_map(|one| one["url"].as_str()).collect();
    assert_eq!(links, ["https://a.example", "https://b.example"]);
    assert_eq!(
        record.counts.to_string(),
        "3 = 0 kept + 0 renamed + 1 renumbered + 0 replaced + 2 merged + 0 dropped"
    );
    let merge = &record.merges[0];
    assert_eq!((merge.of.as_str(), merge.result.as_str(), merge.rows.len()), ("defense-impairment", "90", 3));
}

#[test]
fn an_explicit_colour_goes_with_its_score_and_a_disabled_entry_gives_way() {
    let (layer, _) = on_19(&json!([
        {"techniqueID": "T1562", "color": "#00ff00"},
        {"techniqueID": "T1562.001", "comment": "No score, no colour."}
    ]));
    assert_eq!(layer["techniques"][0]["color"], "#00ff00", "where nobody has a score");
    let (layer, record) = on_19(&json!([
        {"techniqueID": "T1562", "score": 30, "color": "#00ff00"},
        {"techniqueID": "T1562.001", "score": 90, "enabled": false}
    ]));
    assert_eq!(record.merges[0].origins(), ["T1562 30", "T1562.001 90 (disabled)"]);
    assert_eq!(record.merges[0].result, "30");
    let note = record.merges[0].note.as_deref();
    assert_eq!(note, Some("a higher score is disabled, and does not count"));
    let one = &layer["techniques"][0];
    assert_eq!(
        (&one["score"], &one["color"], &one["enabled"]),
        (&json!(30), &json!("#00ff00"), &json!(true))
    );
    let (layer, record) = on_19(&json!([
        {"techniqueID": "T1562", "enabled": false},
        {"techniqueID": "T1562.001", "enabled": false}
    ]));
    assert_eq!(record.merges[0].note, None);
    assert_eq!(layer["techniques"][0]["enabled"], false);
}

/// An annotation of navlayer's own, whose blocks say what a capability says; `rows` are name and value.
fn own(technique: &str, comment: &str, rows: &[(&str, &str)]) -> Value {
    let rows: Vec<Value> = rows.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    json!({"techniqueID": technique, "score": 10, "comment": comment, "metadata": rows})
}

#[test]
fn mappings_in_our_own_layers_become_one_as_mappings_do() {
    let mut before = on_16(&json!([
        own(
            "T1562",
            "3 capabilities: Lock (Protect Minimal), Eye (score 40), Old",
            &[
                ("capability", "Lock"),
                ("category", "Protect"),
                ("level", "Minimal"),
                ("comment", "Weak."),
                ("capability", "Eye"),
                ("score", "40"),
                ("comment", "Seen."),
                ("capability", "Old"),
                ("mapping type", "mitigates")
            ]
        ),
        own(
            "T1562.001",
            "I have changed this.",
            &[
                ("capability", "Lock"),
                ("category", "Protect"),
                ("level", "Partial"),
                ("comment", "Better."),
                ("capability", "Lock"),
                ("category", "Detect"),
                ("level", "Minimal"),
                ("owner", "red")
            ]
        ),
        own("T1562.006", "By hand.", &[])
    ]));
    before["metadata"] = json!([
        {"name": "source", "value": "demo"}, {"name": "source ATT&CK version", "value": "16.1"},
        {"name": "generator", "value": "navlayer 0.1.0"}
    ]);
    let (from, to) = (catalog(Domain::Enterprise, "16.1"), catalog(Domain::Enterprise, "19.0"));
    let after = written(&carry(&parse(&before), from, to).0, to);
    let is_merged = |one: &&Value| one["techniqueID"] == "T1685";
    let one = after["techniques"].as_array().expect("a list").iter().find(is_merged).expect("it came");
    let comment = "3 capabilities: Eye (score 40), Lock (Protect Partial, Detect Minimal), Old\n\nT1562.001: I have changed this.\n\nT1562.006: By hand.";
    assert_eq!(one["comment"], comment);
    let rows: Vec<String> = one["metadata"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| {
            format!("{}: {}", row["name"].as_str().unwrap_or("-"), row["value"].as_str().unwrap_or("-"))
        })
        .collect();
    assert_eq!(
        rows,
        [
            "upgraded from: T1562 Impair Defenses (ATT&CK 16.1)",
            "upgraded from: T1562.001 Impair Defenses: Disable or Modify Tools (ATT&CK 16.1)",
            "capability: Eye",
            "score: 40",
            "made of: T1562",
            "comment: Seen.",
            "capability: Lock",
            "category: Protect",
            "level: Partial",
            "comment: T1562: Weak.\n\nT1562.001: Better.",
            "capability: Lock",
            "category: Detect",
            "level: Minimal",
            "made of: T1562.001",
            "capability: Old",
            "mapping type: mitigates",
            "made of: T1562",
            "owner: red",
        ]
    );
}

#[test]
fn long_lists_of_rows_that_come_together_take_no_longer_than_their_length() {
    let many = |name: &str| -> Vec<Value> {
        (0..30_000).map(|at| json!({"name": name, "value": format!("row {at}")})).collect()
    };
    let (layer, _) = on_19(&json!([
        {"techniqueID": "T1562", "metadata": many("one")},
        {"techniqueID": "T1562.001", "metadata": many("other")}
    ]));
    // All of both, a line between them, and where they come from.
    assert_eq!(layer["techniques"][0]["metadata"].as_array().map(Vec::len), Some(60_003));
    // Sixty thousand annotations of ours that name as many techniques that they were of.
    let origins: Vec<Value> =
        (0..30_000).map(|at| json!({"name": "upgraded from", "value": format!("T{:04}.{:03} x", at / 900 + 1000, at % 900)})).collect();
    let (layer, _) = on_19(&json!([
        {"techniqueID": "T1562", "metadata": origins},
        {"techniqueID": "T1562.001", "metadata": origins}
    ]));
    assert_eq!(layer["techniques"][0]["metadata"].as_array().map(Vec::len), Some(30_000));
}

#[test]
fn what_is_not_of_a_technique_stays_as_it_is() {
    let mut before = on_16(&json!([{"techniqueID": "T1110", "score": 5}]));
    let kept = json!({
        "sorting": 3, "hideDisabled": true,
        "gradient": {"colors": ["#ff6666ff", "#ffe766ff", "#8ec843ff"], "minValue": 1, "maxValue": 8},
        "legendItems": [{"label": "seen", "color": "#ff0000"}],
        "links": [{"label": "more", "url": "https://a.example"}],
        "layout": {"layout": "flat", "aggregateFunction": "max", "showID": true, "showName": true,
                   "showAggregateScores": true, "countUnscored": true, "expandedSubtechniques": "all"},
        "showTacticRowBackground": true, "tacticRowBackground": "#dddddd",
        "selectTechniquesAcrossTactics": false, "selectSubtechniquesWithParent": true, "selectVisibleTechniques": true
    });
    for (field, value) in kept.as_object().expect("an object") {
        before[field] = value.clone();
    }
    before["metadata"] = json!([{"name": "owner", "value": "red"}]);
    let (from, to) = (catalog(Domain::Enterprise, "16.1"), catalog(Domain::Enterprise, "19.0"));
    let after = written(&carry(&parse(&before), from, to).0, to);
    for (field, value) in kept.as_object().expect("an object") {
        assert_eq!(after[field], *value, "{field}");
    }
    let mut row = json!({"techniqueID": "T1110", "score": 5, "enabled": true, "showSubtechniques": false});
    assert_eq!(after["techniques"], json!([row.take()]));
    assert_eq!(after["versions"]["attack"], "19");
    assert_eq!(
        after["description"],
        "What we have seen. Upgraded from enterprise-attack 16.1 to enterprise-attack 19.0."
    );
    assert_eq!(values(&after["metadata"], "owner"), ["red"]);
    assert_eq!(values(&after["metadata"], "upgraded from"), ["enterprise-attack 16.1"]);
    assert_eq!(values(&after["metadata"], "upgraded to"), ["enterprise-attack 19.0"]);
}

#[test]
fn platform_filters_are_renamed() {
    let platforms = |from: &str, to: &str, names: &[&str]| {
        let (from, to) = (catalog(Domain::Enterprise, from), catalog(Domain::Enterprise, to));
        let mut layer = on_16(&json!([]));
        layer["filters"] = json!({"platforms": names});
        let (layer, record) = carry(&parse(&layer), from, to);
        let names = written(&layer, to)["filters"]["platforms"].clone();
        (names, record.platforms)
    };
    let (names, told) =
        platforms("15.1", "19.0", &["Azure AD", "Office 365", "Google Workspace", "Network", "Linux"]);
    assert_eq!(names, json!(["Identity Provider", "Office Suite", "Network Devices", "Linux"]));
    assert_eq!(told[0], "Azure AD is now Identity Provider.");
    assert_eq!(told.last().map(String::as_str), Some("ESXi is new, and not in the filter: it is not shown."));
    assert_eq!(platforms("8.2", "9.0", &["GCP", "AWS", "Azure"]).0, json!(["IaaS"]));
    assert_eq!(platforms("9.0", "8.2", &["IaaS"]).0, json!(["AWS", "Azure", "GCP"]));
    assert_eq!(
        platforms("17.1", "15.1", &["Network Devices", "Identity Provider"]).0,
        json!(["Network", "Azure AD"])
    );
    let (names, told) = platforms("19.0", "15.1", &["Office Suite", "ESXi"]);
    assert_eq!(names, json!(["Google Workspace", "Office 365"]));
    assert!(told.contains(&"ESXi is no platform of ATT&CK 15.1: it is left out.".to_owned()), "{told:?}");
    let (names, told) = platforms("19.0", "15.1", &["ESXi"]);
    assert_eq!(names, Value::Null);
    assert_eq!(
        told.last().map(String::as_str),
        Some("Nothing is left of the filter: all platforms are shown.")
    );
    let all: Vec<&str> = catalog(Domain::Enterprise, "16.1").platforms().iter().map(AsRef::as_ref).collect();
    let (names, told) = platforms("16.1", "19.0", &all);
    assert_eq!(names, Value::Null);
    assert_eq!(told, ["The filter names every platform of ATT&CK 16.1: it is left out."]);
}

/// How many annotations the file has, and what the upgrade must be, whatever the layer.
fn is_sound(layer: &InputLayer, from: &'static Catalog, to: &'static Catalog) {
    let place = format!("{:?} {} to {}", layer.name, from.version(), to.version());
    let (after, record) = carry(layer, from, to);
    let counts = record.counts;
    assert_eq!(counts.rows, layer.techniques.len(), "{place}");
    assert_eq!(Kind::ALL.iter().map(|kind| counts.of(*kind)).sum::<usize>(), counts.rows, "{place}");
    let told: usize = record.of(Kind::Dropped).map(|change| change.rows).sum();
    assert_eq!(told, counts.dropped, "{place}: every dropped row has its reason");
    let way = way(from, to);
    // What the Navigator shows, by technique of the target, and by where it came from.
    let mut best: BTreeMap<TechniqueId, Option<f64>> = BTreeMap::new();
    for (id, scores) in shown(layer, from) {
        let Some(target) = way.of(id).target(id) else { continue };
        let held = best.entry(target).or_default();
        for score in scores {
            *held = (*held).into_iter().chain(score).reduce(f64::max);
        }
    }
    let found: BTreeMap<TechniqueId, Option<f64>> = shown(&after, to)
        .into_iter()
        .map(|(id, scores)| (id, scores.into_iter().flatten().reduce(f64::max)))
        .collect();
    for (id, best) in best {
        assert_eq!(found.get(&id), Some(&best), "{place}: {id}");
    }
    assert!(
        after.techniques.iter().all(|one| one.id().is_some_and(|id| to.technique(id).is_some())),
        "{place}"
    );
}

/// The scores of what the Navigator shows of each technique; of one that is retired, of all that is stated.
fn shown(layer: &InputLayer, on: &Catalog) -> BTreeMap<TechniqueId, Vec<Option<f64>>> {
    let mut by_tactic: BTreeMap<(TechniqueId, String), Option<f64>> = BTreeMap::new();
    for one in &layer.techniques {
        let Some(id) = one.id() else { continue };
        let known: Option<Vec<String>> = on.technique(id).map(|technique| {
            technique.tactics.iter().map(|place| on.tactics()[place].shortname.to_string()).collect()
        });
        let tactics = match (&one.tactic, known) {
            (InputTactic::One(tactic), Some(known)) if !known.contains(&tactic.value) => continue,
            (InputTactic::One(tactic), _) => vec![tactic.value.clone()],
            (_, Some(known)) => known,
            (_, None) => vec![String::new()],
        };
        for tactic in tactics {
            by_tactic.insert((id, tactic), one.score.as_ref().map(|score| score.value));
        }
    }
    let mut scores: BTreeMap<TechniqueId, Vec<Option<f64>>> = BTreeMap::new();
    for ((id, _), score) in by_tactic {
        scores.entry(id).or_default().push(score);
    }
    scores
}

/// The layer without the tactics that two upgrades do not carry where one does: those of [`ODD`], and of retired techniques,
/// which stand in no tactic and whose successor may be in one only later.
fn without_odd(layer: &InputLayer, on: &Catalog) -> InputLayer {
    let mut layer = layer.clone();
    for one in &mut layer.techniques {
        let is_odd = |id| on.technique(id).is_none() || ODD.contains(&id.to_string().as_str());
        if one.id().is_some_and(is_odd) {
            one.tactic = InputTactic::Every;
        }
    }
    layer
}

#[test]
fn every_annotation_of_the_published_layers_is_accounted_for_between_all_versions() {
    let Some(corpus) = corpus() else { return };
    let mut files = 0;
    for path in listing(&corpus.join("navigator-layers")) {
        let text = fs::read_to_string(&path).expect("it is UTF-8");
        let json: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).expect("it is JSON");
        for layer in parsed(&json) {
            let domain = layer.known_domain().expect("it states its domain");
            for (from, to) in pairs(domain) {
                is_sound(&layer, from, to);
            }
            let all = catalogs(domain);
            for [first, between, last] in triples(domain).step_by(11) {
                let layer = without_odd(&layer, &all[first]);
                twice_is_once(&layer, [&all[first], &all[between], &all[last]]);
            }
        }
        files += 1;
    }
    assert_eq!(files, 9);
    covered(files);
}

/// The binary on a layer of 16.1.
fn space() -> Workspace {
    let space = Workspace::new();
    space.mapping("in.json", &on_16(&json!([{"techniqueID": "T1562.008", "score": 5}])));
    space
}

#[test]
fn the_binary_writes_the_upgraded_layer_and_the_account() {
    let space = space();
    let run = space.run(&["upgrade", "in.json", "--to", "latest", "-o", "out.json", "--report", "-"]).ok();
    assert!(run.stdout.contains("T1562.008"), "the account tells of it: {}", run.stdout);
    let out = space.json("out.json");
    assert_eq!(
        (out["techniques"][0]["techniqueID"].as_str(), out["versions"]["layer"].as_str()),
        (Some("T1685.002"), Some("4.5"))
    );
    assert_eq!(space.names(""), ["in.json", "out.json"]);
    let through = space.run_with(&["upgrade", "-", "--to", "19.0"], &space.bytes("in.json")).ok();
    assert_eq!(through.stdout.as_bytes(), space.bytes("out.json"), "standard input says the same");
    // Nothing is replaced unasked.
    space.run(&["upgrade", "in.json", "--to", "17.1", "-o", "out.json"]).ends_with(2);
    assert_eq!(space.json("out.json"), out);
}

#[test]
fn format_only_leaves_the_version_alone() {
    let space = Workspace::new();
    let old = json!({"name": "old", "version": "3.0", "domain": "mitre-enterprise", "techniques": [
        {"techniqueID": "T1562.008", "tactic": "defense-evasion", "score": 1}, {"techniqueID": "T1150", "score": 2}]});
    space.mapping("old.json", &old);
    let run = space.run(&["upgrade", "old.json", "--format-only"]).ok();
    let layer: Value = serde_json::from_str(&run.stdout).expect("it is JSON");
    assert_eq!(scores(&layer), ["T1562.008@defense-evasion 1", "T1150@* 2"]);
    assert_eq!(layer["versions"], json!({"navigator": layer["versions"]["navigator"], "layer": "4.5"}));
    assert_eq!(layer["domain"], "enterprise-attack");
    let run = space.run(&["upgrade", "old.json", "--format-only", "--report", "account.txt"]);
    run.ends_with(2).says(&["--format-only"]);
    assert_eq!(space.names(""), ["old.json"]);
}

#[test]
fn layers_of_one_file_keep_their_order_and_several_files_go_to_a_folder() {
    let space = space();
    let called = |name: &str| {
        let mut layer = on_16(&json!([{"techniqueID": "T1562", "score": 1}]));
        layer["name"] = json!(name);
        layer
    };
    space.mapping("many.json", &json!([called("b"), called("a"), called("c")]));
    space.run(&["upgrade", "in.json", "many.json", "--to", "19.0", "-o", "out/"]).ok();
    assert_eq!(space.names("out"), ["in.json", "many.json"]);
    let many = space.json("out/many.json");
    let names: Vec<&str> =
        many.as_array().expect("a list").iter().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(names, ["b", "a", "c"]);
    assert_eq!(space.json("out/in.json")["techniques"][0]["techniqueID"], "T1685.002");
    // What stands there stays, and is replaced when somebody insists.
    space.write("out/many.json", "mine");
    space.run(&["upgrade", "in.json", "--to", "19.0", "-o", "out/"]).ok();
    let run = space.run(&["upgrade", "many.json", "--to", "19.0", "-o", "out/"]).ends_with(2);
    run.says(&["exists already", "--force"]);
    assert_eq!(space.read("out/many.json"), "mine");
    space.run(&["upgrade", "many.json", "--to", "19.0", "-o", "out/", "--force"]).ok();
    assert_eq!(space.json("out/many.json"), many);
    let run = space.run(&["upgrade", "in.json", "many.json", "--to", "19.0"]).ends_with(2);
    assert_eq!(run.stdout, "");
    run.says(&["2 layer files cannot go into one", "-o FOLDER/"]);
    space.run(&["upgrade", "in.json", "many.json", "--to", "19.0", "-o", "one.json"]).ends_with(2);
    assert!(!space.has("one.json"));
}
