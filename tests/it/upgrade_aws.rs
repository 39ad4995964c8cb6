//! The built-in AWS mapping on ATT&CK 19: by way of its rows, and by way of its layer.

use std::collections::{BTreeMap, BTreeSet};

use navlayer::attack::{Catalog, Domain, TechniqueId, embedded_versions};
use serde_json::{Value, json};

use crate::support::{Layer, Workspace, mapping, row, without};

fn catalog(version: &str) -> Catalog {
    let version = version.parse().expect("a version");
    Catalog::embedded(Domain::Enterprise, version).expect("it is embedded")
}

fn id(text: &Value) -> TechniqueId {
    text.as_str().and_then(|text| text.parse().ok()).expect("the id of a technique")
}

/// The scored techniques of a layer.
fn scores(layer: &Layer) -> BTreeMap<TechniqueId, i64> {
    let scored = layer.techniques().iter().filter(|one| one["score"].is_number());
    scored.map(|one| (id(&one["techniqueID"]), one["score"].as_i64().expect("a whole number"))).collect()
}

/// Where the T1562 family of 16.1 stands in 19.0, and what else the AWS mapping names that moved.
const MOVED: [(&str, &str); 9] = [
    ("T1053.001", "T1053.002"),
    ("T1070.002", "T1685.006"),
    ("T1562", "T1685"),
    ("T1562.001", "T1685"),
    ("T1562.003", "T1690"),
    ("T1562.004", "T1686"),
    ("T1562.006", "T1685"),
    ("T1562.007", "T1686.001"),
    ("T1562.008", "T1685.002"),
];

/// What the scores on 16.1 come to on 19.0, by the list above.
fn expected(before: &BTreeMap<TechniqueId, i64>) -> BTreeMap<TechniqueId, i64> {
    let mut after = BTreeMap::new();
    for (technique, score) in before {
        let text = technique.to_string();
        let target = MOVED.iter().find(|(from, _)| *from == text).map_or(text.as_str(), |(_, to)| to);
        let target = target.parse().expect("an id");
        let held = after.entry(target).or_insert(*score);
        *held = (*held).max(*score);
    }
    after
}

#[test]
fn every_surviving_technique_is_painted_under_stealth_and_defense_impairment_too() {
    let space = Workspace::new();
    space.run(&["layer", "-o", "old.json"]).ok();
    let upgraded = space.run(&["upgrade", "old.json", "--to", "19.0"]).ok().layer();
    let built = space.run(&["layer", "--attack-version", "19.0"]).ok().layer();
    let before = scores(&Layer(space.json("old.json")));
    let (old, new) = (catalog("16.1"), catalog("19.0"));
    assert_eq!(before.len(), 215, "all that the mapping names");
    for layer in [&upgraded, &built] {
        assert_eq!(layer.0["versions"], json!({"attack": "19", "navigator": "5.1.0", "layer": "4.5"}));
        assert_eq!(scores(layer), expected(&before));
        let mut tactics: BTreeMap<&str, usize> = BTreeMap::new();
        for (technique, _) in scores(layer) {
            let technique = new.technique(technique).expect("it is active");
            for place in technique.tactics.iter() {
                *tactics.entry(&new.tactics()[place].shortname).or_default() += 1;
            }
        }
        assert!(!tactics.contains_key("defense-evasion"), "{tactics:?}");
        assert_eq!((tactics["stealth"], tactics["defense-impairment"]), (19, 14), "{tactics:?}");
        // A tactic would say that the technique is painted in it alone.
        assert!(layer.techniques().iter().all(|one| one.get("tactic").is_none()));
    }
    let evasion =
        old.tactics().iter().position(|tactic| tactic.shortname == "defense-evasion").expect("it is");
    let evaded =
        before.keys().filter(|id| old.technique(**id).is_some_and(|one| one.tactics.contains(evasion)));
    assert!(evaded.count() > 30, "there was something to carry");
    space.write("new.json", space.run(&["upgrade", "old.json", "--to", "19.0"]).ok().stdout);
    assert!(
        space.run(&["validate", "new.json"]).ok().report().is_empty(),
        "the Navigator has nothing to say"
    );
}

#[test]
fn a_layer_says_which_versions_it_has_seen_and_what_each_moved_technique_was() {
    let space = Workspace::new();
    space.run(&["layer", "-o", "old.json"]).ok();
    let upgraded = space.run(&["upgrade", "old.json", "--to", "19.0"]).ok().layer();
    let built = space.run(&["layer", "--attack-version", "19.0"]).ok().layer();
    assert_eq!(upgraded.metadata("ATT&CK"), ["enterprise-attack 19.0"]);
    assert_eq!(upgraded.metadata("upgraded from"), ["enterprise-attack 16.1"]);
    assert_eq!(upgraded.metadata("upgraded to"), ["enterprise-attack 19.0"]);
    let description = upgraded.0["description"].as_str().expect("text");
    assert!(description.ends_with(" Upgraded from enterprise-attack 16.1 to enterprise-attack 19.0."));
    assert_eq!(built.metadata("ATT&CK"), ["enterprise-attack 19.0"]);
    assert_eq!(built.metadata("source ATT&CK version"), ["16.1"]);
    assert_eq!(
        built.metadata("upgrade"),
        [
            "ATT&CK 16.1 to 19.0, rows: 487 = 457 kept + 7 renamed + 4 renumbered + 13 replaced + 6 merged + 0 dropped"
        ]
    );
    for layer in [&upgraded, &built] {
        let mut origins: BTreeSet<(String, String)> = BTreeSet::new();
        for technique in layer.techniques() {
            for row in technique["metadata"].as_array().into_iter().flatten() {
                if row["name"] == "upgraded from" {
                    let value = row["value"].as_str().expect("text");
                    assert!(value.ends_with(" (ATT&CK 16.1)"), "{value}");
                    let former = value.split(' ').next().expect("an id").to_owned();
                    origins.insert((former, technique["techniqueID"].as_str().expect("an id").to_owned()));
                }
            }
        }
        let moved = MOVED.map(|(from, to)| (from.to_owned(), to.to_owned()));
        assert_eq!(origins, BTreeSet::from(moved));
    }
}

#[test]
fn what_is_new_is_not_assessed_and_not_taken_for_a_gap() {
    let space = Workspace::new();
    let built = space.run(&["layer", "--attack-version", "19.0"]).ok().layer();
    let new: Vec<&Value> = built.techniques().iter().filter(|one| one["score"].is_null()).collect();
    assert_eq!(new.len(), 44);
    for one in new {
        assert_eq!(
            one["metadata"],
            json!([{"name": "state", "value": "not assessed: new since ATT&CK 16.1"}])
        );
        assert!(
            one["comment"]
                .as_str()
                .is_some_and(|text| text.starts_with("Not assessed: new since ATT&CK 16.1")),
            "{one}"
        );
    }
    let gaps = space.run(&["query", "gaps", "--attack-version", "19.0", "--format", "json"]).ok();
    let gaps: Vec<Value> = serde_json::from_str(&gaps.stdout).expect("it is JSON");
    let state = |id: &str| gaps.iter().find(|row| row["id"] == id).map(|row| row["state"].clone());
    assert_eq!(state("T1667"), Some(json!("not assessed")), "Email Bombing is of 17");
    assert_eq!(
        state("T1688"),
        Some(json!("not covered")),
        "Safe Mode Boot was T1562.009, which nothing maps"
    );
    assert_eq!(state("T1685.002"), None, "it was T1562.008, which is covered");
    space.run(&["build", "--attack-version", "19.0", "-o", "site"]).ok();
    let summary = space.json("site/summary.json");
    let gaps = &summary["frameworks"][0]["gaps"];
    assert_eq!(gaps["new"].as_array().map(Vec::len), Some(44));
    assert_eq!(gaps["made_on"], "16.1");
    let record = &summary["upgrades"][0];
    assert_eq!((&record["from"], &record["to"]), (&json!("16.1"), &json!("19.0")));
    assert_eq!(record["counts"]["rows"], 487);
    assert_eq!(record["not_assessed"].as_array().map(Vec::len), Some(44));
    let page = space.read("site/index.html");
    assert!(page.contains("id=\"upgrade\"") && page.contains("44 techniques are new since ATT&amp;CK 16.1"));
    let page = space.read("site/techniques/T1685.html");
    assert!(page.contains("was T1562 (ATT&amp;CK 16.1)") && page.contains("was T1562.001 (ATT&amp;CK 16.1)"));
}

/// The techniques of a layer as they are, but for the order of links.
fn techniques(layer: &Layer) -> Vec<Value> {
    let mut techniques = layer.techniques().to_vec();
    for one in &mut techniques {
        if let Some(links) = one.get_mut("links").and_then(Value::as_array_mut) {
            links.sort_by_cached_key(Value::to_string);
        }
    }
    techniques
}

#[test]
fn a_layer_of_navlayers_own_is_on_any_version_what_the_mapping_makes_there() {
    let space = Workspace::new();
    space.run(&["layer", "-o", "old.json"]).ok();
    for version in embedded_versions(Domain::Enterprise) {
        let version = version.to_string();
        let upgraded = space.run(&["upgrade", "old.json", "--to", &version]).ok().layer();
        let built = space.run(&["layer", "--attack-version", &version]).ok().layer();
        assert_eq!(techniques(&upgraded), techniques(&built), "{version}");
    }
}

#[test]
fn a_layer_that_is_read_again_knows_what_its_rows_were_and_what_is_new() {
    let space = Workspace::new();
    let on_19 = ["--attack-version", "19.0"];
    space.run(&[&["layer", "-o", "built.json"][..], &on_19].concat()).ok();
    space.run(&["layer", "-o", "old.json"]).ok();
    space.run(&["upgrade", "old.json", "--to", "18.1", "-o", "between.json"]).ok();
    let second = space.run(&["upgrade", "between.json", "--to", "19.0", "-o", "upgraded.json"]).ok();
    second.says(&["44 techniques of ATT&CK 19.0 are new since ATT&CK 16.1, and not assessed"]);
    let ask = |table: &str, source: &[&str]| -> Vec<Value> {
        let arguments = [&["query", table, "--format", "json"][..], source].concat();
        let mut rows: Value = serde_json::from_str(&space.run(&arguments).ok().stdout).expect("it is JSON");
        let rows = rows.as_array_mut().expect("a list");
        // A layer holds the names of capabilities, and links for a technique as a whole.
        rows.retain(|row| row["kind"] != "capability");
        for row in rows.iter_mut() {
            let lost = ["capability_id", "capabilities", "references", "mapping_type", "tags", "groups"];
            *row = without(row.take(), &lost);
        }
        rows.clone()
    };
    let (gaps, scores) = (ask("gaps", &on_19), ask("scores", &on_19));
    let is_new = |row: &&Value| row["state"] == "not assessed";
    assert_eq!(gaps.iter().filter(is_new).count(), 44);
    assert!(scores.iter().any(|row| row["upgraded_from"] == json!(["T1562", "T1562.001"])));
    for file in ["built.json", "upgraded.json"] {
        assert_eq!(ask("gaps", &[file]), gaps, "{file}");
        assert_eq!(ask("scores", &[file]), scores, "{file}");
        let again = space.run(&["layer", file]).ok().layer();
        assert_eq!(techniques(&again), techniques(&Layer(space.json(file))), "{file}");
    }
    // Nor does the version between count as the one that the mapping was made on.
    space
        .run(&["query", "gaps", "between.json", "--attack-version", "19.0"])
        .ok()
        .says(&["new since ATT&CK 16.1"]);
}

#[test]
fn what_the_way_there_and_back_lost_is_not_called_not_covered() {
    let space = Workspace::new();
    space.run(&["layer", "--attack-version", "19.0", "-o", "there.json"]).ok();
    space.run(&["upgrade", "there.json", "--to", "16.1", "-o", "back.json"]).ok();
    for arguments in [&["back.json"][..], &["there.json", "--attack-version", "16.1"]] {
        let ask = ["query", "gaps", "--technique", "T1562", "--technique", "T1562.006"];
        space
            .run(&[&ask[..], arguments].concat())
            .ok()
            .says(&["0 not covered, 0 not mappable, 2 not assessed"]);
    }
}

#[test]
fn comparisons_and_plans_across_versions_tell_what_moved() {
    let space = Workspace::new();
    let on_19 = ["aws_config", "amazon_guardduty", "--attack-version", "19.0"];
    space.run(&[&["compare", "-o", "page.html"][..], &on_19].concat()).ok();
    let page = space.read("page.html");
    assert!(page.contains("id=\"upgrade\"") && page.contains("new since ATT&amp;CK 16.1"));
    space.run(&[&["compare", "-o", "file.json"][..], &on_19].concat()).ok();
    space.run(&["plan", "--attack-version", "19.0", "--format", "json", "-o", "plan.json"]).ok();
    space.run(&["plan", "--attack-version", "19.0", "--format", "layer", "-o", "layer.json"]).ok();
    let layer = Layer(space.json("layer.json"));
    assert_eq!(layer.metadata("upgrade").len(), 1);
    let technique = layer.technique("T1685.002");
    let origin = json!({"name": "upgraded from",
                        "value": "T1562.008 Impair Defenses: Disable or Modify Cloud Logs (ATT&CK 16.1)"});
    assert!(technique["metadata"].as_array().is_some_and(|rows| rows.contains(&origin)), "{technique}");
    for file in ["file.json", "plan.json"] {
        let record = &space.json(file)["upgrades"][0];
        assert_eq!((&record["from"], &record["to"]), (&json!("16.1"), &json!("19.0")), "{file}");
        assert_eq!(record["counts"]["rows"], 487, "{file}");
        assert_eq!(record["not_assessed"].as_array().map(Vec::len), Some(44), "{file}");
    }
}

#[test]
fn a_layer_of_anybodys_that_was_upgraded_leaves_what_is_new_unassessed() {
    let space = Workspace::new();
    let layer = json!({
        "name": "Purple Team", "domain": "enterprise-attack",
        "versions": {"attack": "16", "navigator": "5.1.0", "layer": "4.5"},
        "techniques": [{"techniqueID": "T1562.008", "score": 50}]
    });
    space.write("theirs.json", layer.to_string());
    let upgraded = space.run(&["upgrade", "theirs.json", "--to", "19.0", "-o", "new.json"]).ok();
    upgraded.says(&["44 techniques"]);
    assert_eq!(
        Layer(space.json("new.json")).techniques().len(),
        1,
        "nobody else's layer gets annotations of ours"
    );
    let gaps = space.run(&["query", "gaps", "new.json", "--technique", "T1667", "--technique", "T1688"]).ok();
    assert!(
        gaps.stdout.lines().any(|line| line.starts_with("T1667") && line.contains("not assessed")),
        "{}",
        gaps.stdout
    );
    assert!(
        gaps.stdout.lines().any(|line| line.starts_with("T1688") && line.contains("not covered")),
        "{}",
        gaps.stdout
    );
    let scores = space.run(&["query", "scores", "new.json", "--format", "json"]).ok();
    assert!(scores.stdout.contains("\"T1562.008\""), "{}", scores.stdout);
}

#[test]
fn the_account_is_the_same_in_every_form() {
    let space = Workspace::new();
    let layer = |file: &str| {
        space.run(&["layer", "--attack-version", "19.0", "-o", "a.json", "--upgrade-report", file]).ok();
        space.read(file)
    };
    let record: Value = serde_json::from_str(&layer("account.json")).expect("it is JSON");
    let (text, page) = (layer("account.txt"), layer("account.html"));
    let counts = &record["upgrades"][0]["counts"];
    for (kind, count) in
        [("kept", 457), ("renamed", 7), ("renumbered", 4), ("replaced", 13), ("merged", 6), ("dropped", 0)]
    {
        assert_eq!(counts[kind], count, "{kind}");
        assert!(text.contains(&format!("  {count:>3}  {kind:<10}  ")), "{kind}\n{text}");
        assert!(page.contains(&format!("<th scope=\"row\" class=\"word\">{kind}</th>")), "{kind}");
    }
    for (from, to) in MOVED {
        assert!(
            page.contains(&format!(">{from}</span>")) && page.contains(&format!(">{to}</span>")),
            "{from}"
        );
        assert!(
            text.lines().any(|line| line.contains(from) && line.contains(&format!("-> {to} "))),
            "{from}\n{text}"
        );
    }
    assert!(
        text.contains("T1685 Disable or Modify Tools, Amazon GuardDuty, Detect: Partial (of T1562 Partial, ")
    );
    assert!(text.contains("TA0005 Defense Evasion is now Stealth"));
    // A second run replaces its own account, and nobody else's file.
    layer("account.txt");
    space.write("mine.txt", "my notes");
    let arguments = ["layer", "--attack-version", "19.0", "-o", "a.json", "--upgrade-report", "mine.txt"];
    space.run(&arguments).ends_with(2).says(&["mine.txt was not written by navlayer", "--force"]);
    assert_eq!(space.read("mine.txt"), "my notes");
    for wrong in ["account", "-", "account.pdf"] {
        space.run(&["layer", "-o", "b.json", "--upgrade-report", wrong]).ends_with(2);
    }
    assert!(!space.has("b.json"), "nothing is half written");
}

#[test]
fn a_version_is_asked_for_in_several_ways() {
    let space = Workspace::new();
    let on = |arguments: &[&str]| space.run(&[&["layer"], arguments].concat()).ok().stdout;
    let exact = on(&["--attack-version", "19.0"]);
    assert_eq!(on(&["--attack-version", "19"]), exact);
    assert_eq!(on(&["--attack-version", "v19.0"]), exact);
    assert_eq!(on(&["--attack-version", "latest"]), exact);
    space.write("navlayer.toml", "attack-version = \"19\"\n");
    assert_eq!(on(&[]), exact);
    assert_ne!(on(&["--attack-version", "16.1"]), exact, "a flag beats the file");
    let run = space.run(&["layer", "--attack-version", "7"]).ends_with(2);
    run.says(&["Enterprise ATT&CK 7.0 is not known; known are 8.2, 9.0", "catalog import"]);
    let run = space.run(&["layer", "--attack-version", "16.7"]).ends_with(2);
    run.says(&["did you mean 16.1?"]);
    space
        .run(&["layer", "--attack-version", "newest"])
        .ends_with(2)
        .says(&["give a version such as 16.1, or latest"]);
}

#[test]
fn a_filter_by_a_former_name_says_what_it_is_called_now() {
    let space = Workspace::new();
    let ask = |filter: &str, name: &str| {
        space.run(&["query", "gaps", "--attack-version", "19.0", filter, name]).ends_with(2)
    };
    ask("--tactic", "defense-evasion").says(&["it is called Stealth: --tactic stealth"]);
    ask("--tactic", "Defense Evasion").says(&["it is called Stealth: --tactic stealth"]);
    ask("--technique", "T1562").says(&["in ATT&CK 19.0 it is revoked, replaced by T1685"]);
    ask("--technique", "T1454").says(&["it is a Mobile technique"]);
    let run = space.run(&["query", "gaps", "--technique", "T1685"]).ends_with(2);
    run.says(&["it is not known before ATT&CK 19.0"]);
}

#[test]
fn a_row_that_is_carried_is_not_told_as_left_out() {
    let space = Workspace::new();
    space.mapping(
        "map.json",
        &mapping(&[
            row("lock", "T1053.001", "protect", "partial"),
            row("lock", "T1053.004", "protect", "partial"),
        ]),
    );
    let codes =
        |arguments: &[&str]| space.run(&[&["layer", "map.json", "-v"], arguments].concat()).ok().codes();
    assert!(codes(&[]).contains(&"NL0203".to_owned()), "on its own version the row stands by its id");
    let carried = codes(&["--attack-version", "19.0"]);
    assert!(!carried.contains(&"NL0203".to_owned()), "{carried:?}");
    assert!(carried.contains(&"NL0801".to_owned()) && carried.contains(&"NL0802".to_owned()), "{carried:?}");
    let convert = ["convert", "map.json", "--attack-version", "19.0"];
    let lost: Vec<String> = space.run(&convert).ok().findings().into_iter().map(|one| one.message).collect();
    let origins = "what 1 row was on ATT&CK 16.1; the first is T1053.001, now T1053.002";
    assert!(lost.iter().any(|message| message.ends_with(origins)), "{lost:?}");
    let new = "44 techniques are new since ATT&CK 16.1 and not assessed";
    assert!(lost.iter().any(|message| message.contains(new)), "{lost:?}");
}

#[test]
fn on_the_way_back_nothing_is_called_new() {
    let space = Workspace::new();
    space.mapping("map.json", &mapping(&[row("lock", "T1110", "protect", "partial")]));
    let run = space.run(&["layer", "map.json", "--attack-version", "8.2"]).ok();
    run.says(&["techniques of ATT&CK 8.2 are not in ATT&CK 16.1, and not assessed"]);
}

#[test]
fn a_layer_that_stays_on_its_version_is_not_said_to_be_upgraded_and_what_is_mended_is_told() {
    let space = Workspace::new();
    let layer = json!({
        "name": "odd", "domain": "enterprise-attack",
        "versions": {"attack": "19", "navigator": "5.1.0", "layer": "4.5"},
        "techniques": [
            {"techniqueID": "T1110", "score": 1},
            {"techniqueID": "t1078", "score": 2},
            {"techniqueID": "T1090", "tactic": "", "score": 3}
        ]
    });
    space.write("odd.json", layer.to_string());
    let run = space.run(&["upgrade", "odd.json", "--to", "19.0", "-v"]).ok();
    let told: Vec<String> =
        run.findings().into_iter().filter(|one| one.code == "NL0804").map(|one| one.message).collect();
    assert_eq!(
        told,
        [
            "the technique `t1078` is written as ATT&CK writes it",
            "T1090 is in no tactic and is written for all of its tactics"
        ]
    );
    let same = run.layer();
    assert!(!same.0.to_string().contains("pgraded"), "{}", same.0);
    assert_eq!(same.scores(), [("T1078", Some(2)), ("T1090", Some(3)), ("T1110", Some(1))]);
    space.run(&["upgrade", "odd.json"]).ends_with(2).says(&["--to <VERSION>", "--format-only"]);
}
