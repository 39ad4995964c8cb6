//! What commands say of a threat: tables, layers, mistakes, the configuration.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::{Workspace, active, values};

/// What the test recomputes of a threat, from the mapping file and the catalog's own list of uses: id → use and score.
fn expected(space: &Workspace, weights: &[(&str, f64)]) -> BTreeMap<String, (f64, Option<f64>)> {
    expected_of(space, weights, &[])
}

/// The same of the mappings that some filters leave.
pub(super) fn expected_of(
    space: &Workspace,
    weights: &[(&str, f64)],
    filters: &[&str],
) -> BTreeMap<String, (f64, Option<f64>)> {
    let all = [&["query", "scores", "--format", "json", "-q"][..], filters].concat();
    let run = space.run(&all).ok();
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

/// Those of which a risk remains, as ids with use and score: most used first, of one use the weakest first, then by id.
pub(super) fn open_in_order<'i>(uses: impl IntoIterator<Item = (&'i str, f64, Option<f64>)>) -> Vec<&'i str> {
    let mut open: Vec<(&str, f64, f64)> = uses
        .into_iter()
        .filter(|(.., score)| score.is_none_or(|score| score < 100.0))
        // Sums of weights in another order differ in their last bits.
        .map(|(id, usage, score)| (id, (usage * 1e6).round(), score.unwrap_or(-1.0)))
        .collect();
    open.sort_by(|one, other| {
        other.1.total_cmp(&one.1).then(one.2.total_cmp(&other.2)).then(one.0.cmp(other.0))
    });
    open.into_iter().map(|(id, ..)| id).collect()
}

pub(super) fn rows(space: &Workspace, arguments: &[&str]) -> Vec<Value> {
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
        assert!((-here.0, here.1, &here.2) > (-last.0, last.1, &last.2), "{here:?} after {last:?}");
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
         by score, {weighted:.1} % of all use is covered, which leaves {:.1} % of it as residual risk",
        count(false, true),
        count(false, false),
        count(true, true),
        count(true, false),
        100.0 - weighted
    );
    space.run(&["query", "gaps", "--threat", "APT29"]).ok().says(&[&line]);
    space.run(&["query", "techniques", "--threat", "Cozy Bear"]).ok().says(&[&line]);
    space.run(&["query", "scores", "--threat", "APT29"]).ok().says(&[&line]);
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
    let weighted = |row: &Value| row["threat_weighted_percent"].as_f64().expect("a share");
    assert!(table.is_sorted_by(|one, next| weighted(one) >= weighted(next)));
}

/// The rows stay those of the mappings; what remains is of the technique, whatever a row alone reaches.
#[test]
fn rows_of_mappings_tell_how_much_their_technique_is_used() {
    let space = Workspace::new();
    let expected = expected(&space, &[("G0016", 2.0), ("G0007", 1.0)]);
    let plain = rows(&space, &["scores"]);
    let told = rows(&space, &["scores", "--threat", "APT29=2,APT28"]);
    assert_eq!(plain.len(), told.len());
    let mut used = 0;
    for (before, mut row) in plain.into_iter().zip(told) {
        let own = row.as_object_mut().expect("a row");
        let [usage, residual, users] =
            ["use", "residual", "used_by"].map(|key| own.remove(key).expect("a column"));
        assert_eq!(before, row, "everything else is as it was");
        match expected.get(row["technique_id"].as_str().expect("an id")) {
            None => assert!(usage.is_null() && residual.is_null() && users == serde_json::json!([])),
            Some((share, score)) => {
                let remains = share * (100.0 - score.expect("a row maps it"));
                assert!((usage.as_f64().expect("a use") - 100.0 * share).abs() <= 0.051, "{row}");
                assert!((residual.as_f64().expect("a risk") - remains).abs() <= 0.051, "{row}");
                used += 1;
            }
        }
    }
    assert!(used > 50);
    let first = &rows(&space, &["scores", "--threat", "APT29=2,APT28", "--sort", "-use"])[0];
    assert_eq!(first["use"], 100.0);
}

#[test]
fn without_a_threat_tables_have_no_column_of_one() {
    let space = Workspace::new();
    for subject in ["gaps", "techniques", "capabilities", "scores"] {
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
        assert_eq!(technique["score"].as_f64(), Some(100.0 - score.unwrap_or(0.0)), "{id}");
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

/// Its scores are risks: read as coverage they would say the opposite.
#[test]
fn an_overlay_is_no_mapping_and_may_be_a_threat() {
    let space = Workspace::new();
    space.run(&["layer", "--threat", "APT29", "--overlay", "-o", "overlay.json"]).ok();
    space.run(&["validate", "overlay.json"]).ok();
    let run = space.run(&["layer", "overlay.json"]).ends_with(1);
    run.says(&["overlay.json:1:1", "what remains of a threat, not what is covered"]);
    let gaps = rows(&space, &["gaps", "--threat", "overlay.json"]);
    assert_eq!(gaps[0]["use"], 100.0);
}

#[test]
fn a_heatmap_tells_of_uses_and_paints_as_ever() {
    let space = Workspace::new();
    let plain = space.run(&["layer"]).ok().layer();
    let told = space.run(&["layer", "--threat", "APT29,APT28,Lazarus Group"]).ok().layer();
    assert_eq!(plain.scores(), told.scores());
    let accounts = &told.technique("T1078.004")["metadata"];
    assert_eq!(values(accounts, "used by"), ["APT29, APT28 (2 of 3)"]);
    assert_eq!(values(accounts, "use"), ["66.7 of 100"]);
    assert_eq!(values(accounts, "residual risk"), ["0 of 100"]);
    assert_eq!(accounts[0]["name"], "used by", "before the first capability, of which it says nothing");
    // What is read back of it is what the plain one says.
    space.write("told.json", serde_json::to_string(&told.0).expect("JSON"));
    let back = space.run(&["layer", "told.json"]).ok().layer();
    assert_eq!(plain.scores(), back.scores());
}

pub(super) fn threat_layer(attack: &str, techniques: &Value) -> String {
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

/// ATT&CK 8.2 names a technique of APT29 that it has withdrawn, and 16.1 none of DragonOK.
#[test]
fn what_cannot_be_held_against_coverage_is_told() {
    let space = Workspace::new();
    let arguments = ["query", "gaps", "--threat", "APT29", "--attack-version", "8.2"];
    space
        .run(&arguments)
        .ok()
        .says(&["note: T1043, which APT29 uses, is deprecated in ATT&CK 8.2: left out"]);
    let run = space.run(&["query", "gaps", "--threat", "APT29,DragonOK"]).ok();
    run.says(&["note: ATT&CK 16.1 knows no technique that DragonOK uses", "12 of 17 techniques"]);
    space
        .run(&["query", "gaps", "--threat", "DragonOK"])
        .ends_with(2)
        .says(&["the weights of the techniques add up to 0"]);
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
