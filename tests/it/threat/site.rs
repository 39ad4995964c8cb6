//! A threat on the site that `navlayer build` writes.

use serde_json::{Value, json};

use super::output::threat_layer;
use crate::support::{Layer, Workspace, mapping, plain_row, row, with, without};

/// On 16.1, APT29 uses T1078, T1078.004 and 64 others.
fn built(rows: &[Value], arguments: &[&str]) -> Workspace {
    let space = Workspace::new();
    space.mapping("map.json", &mapping(rows));
    let mut all = vec!["build", "map.json", "-o", "site"];
    all.extend(arguments);
    space.run(&all).ok();
    space
}

fn rows() -> Vec<Value> {
    vec![
        row("lock", "T1078", "protect", "partial"),
        row("lock", "T1110.003", "protect", "significant"),
        row("eye", "T1190", "detect", "minimal"),
        row("eye", "T1485", "detect", "minimal"),
    ]
}

#[test]
fn the_index_tells_what_of_a_threat_is_covered() {
    let space = built(&rows(), &["--threat", "APT29"]);
    let index = space.read("site/index.html");
    for part in [
        "Against <span dir=\"auto\">APT29</span>",
        "<a href=\"#threat\">Threat</a>",
        // T1078 and T1190 of 17 techniques; T1110.003 of 49 sub-techniques.
        "<span>2 of 17</span>",
        "<span>1 of 49</span>",
        // 50 + 100 + 10 of 6,600.
        "<span>1.6 of 66, the sum of all uses</span>",
        "<span>64.4 of 66, the sum of all uses</span>",
        "its technique is mapped, which does not cover it",
        "href=\"layers/threat.json\"",
        "A technique is used where ATT&amp;CK 16.1 says that APT29 uses it.",
        "It is no probability",
        ".guard-open{",
    ] {
        assert!(index.contains(part), "{part}");
    }
    let page = space.read("site/techniques/T1190.html");
    assert!(
        page.contains("used, covered below Partial</span> use 100\u{a0}%, residual risk 90\u{a0}%: 100 % is"),
        "{page}"
    );
    assert!(page.contains("https://attack.mitre.org/versions/v16/groups/G0016/"));
    // One that nothing maps has a page too, since the threat uses it.
    assert!(space.read("site/techniques/T1005.html").contains("used, not covered"));
    assert!(!space.read("site/techniques/T1485.html").contains("APT29"));
}

#[test]
fn the_summary_adds_up_and_is_what_the_schema_says() {
    let space = built(&rows(), &["--threat", "APT29=3,Lazarus Group"]);
    let summary = space.json("site/summary.json");
    let schema: Value = serde_json::from_str(&space.run(&["schema", "summary"]).ok().stdout).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is sound");
    assert!(validator.is_valid(&summary));
    let threat = &summary["threat"];
    assert!(
        !validator.is_valid(&with(summary.clone(), "threat", json!({"name": "x"}))),
        "the schema can say no"
    );
    let number = |value: &Value| value.as_f64().expect("a number");
    let techniques = threat["techniques"].as_array().expect("a list");
    let (mut used, mut residual, mut reached) = (0.0, 0.0, 0.0);
    for one in techniques {
        let score = one["score"].as_f64().unwrap_or(0.0);
        used += number(&one["use"]);
        residual += number(&one["residual"]);
        reached += number(&one["use"]) * score / 100.0;
        let users = one["used_by"].as_array().expect("ids");
        let weight: f64 = users.iter().map(|id| if id == "G0016" { 0.75 } else { 0.25 }).sum();
        assert!((number(&one["use"]) - weight).abs() < 1e-9, "{one}");
    }
    assert!((reached + residual - used).abs() < 1e-9);
    assert!((number(&threat["total_use"]) - used).abs() < 1e-9);
    assert!((number(&threat["total_residual"]) - residual).abs() < 1e-9);
    assert!((number(&threat["weighted_coverage"]) - reached / used).abs() < 1e-9);
    let covered = techniques.iter().filter(|one| one["state"] == "covered").count();
    let told = ["techniques_covered", "sub_techniques_covered"]
        .map(|key| threat[key]["n"].as_u64().expect("a count"));
    assert_eq!(told.iter().sum::<u64>(), covered as u64);
    assert_eq!(threat["gaps"].as_array().map(Vec::len), Some(techniques.len() - 1), "all but T1110.003");
    assert_eq!(threat["actors"][1]["name"], "Lazarus Group");
    assert_eq!(threat["attack_version"], "16.1");
}

#[test]
fn without_a_threat_a_site_knows_nothing_of_one() {
    let space = built(&rows(), &[]);
    let plain = space.tree("site");
    assert!(space.json("site/summary.json").get("threat").is_none());
    for (name, bytes) in &plain {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains("threat") && !text.contains("guard-"), "{name}");
    }
    let space = built(&rows(), &["--threat", "APT29", "--only", "layers"]);
    let layer = Layer(space.json("site/threat.json"));
    assert_eq!(layer.score("T1190"), Some(90));
    assert_eq!(layer.score("T1485"), None, "covered, and not used");
}

#[test]
fn every_layer_of_a_site_tells_of_the_threat() {
    let space = built(&rows(), &["--threat", "APT29"]);
    let eye = Layer(space.json("site/layers/capabilities/eye.json"));
    assert_eq!(eye.metadata("threat covered"), ["1 of 17 techniques, 0 of 49 sub-techniques"]);
    let all = Layer(space.json("site/layers/acme.json"));
    assert_eq!(all.metadata("threat covered"), ["2 of 17 techniques, 1 of 49 sub-techniques"]);
    assert_eq!(all.metadata("generator").len(), 1);
}

#[test]
fn kinds_of_empty_are_told_apart() {
    let declared = without(row("mirror", "T1005", "", ""), &["score_category", "score_value"]);
    let declared =
        with(with(declared, "mapping_type", json!("non_mappable")), "status", json!("non_mappable"));
    let declared = with(declared, "capability_id", Value::Null);
    let space = built(&[row("lock", "T1078", "protect", "partial"), declared], &["--threat", "APT29"]);
    let layer = Layer(space.json("site/layers/threat.json"));
    let unassessed = layer.technique("T1005");
    assert!(
        unassessed["comment"].as_str().is_some_and(|text| text.starts_with("Used, not mappable.")),
        "{unassessed}"
    );
    assert_ne!(unassessed["color"], layer.technique("T1047")["color"]);
    assert_eq!(layer.score("T1005"), Some(100));
    assert!(space.read("site/index.html").contains("used, not assessed or not mappable <b>1</b>"));
}

#[test]
fn counted_mappings_leave_no_risk_and_have_no_levels() {
    let space = built(&[plain_row("ac-1", "T1078"), plain_row("ac-2", "T1485")], &["--threat", "APT29"]);
    let layer = Layer(space.json("site/layers/threat.json"));
    assert_eq!((layer.score("T1078"), layer.score("T1005")), (Some(0), Some(100)));
    let legend: Vec<&str> = layer.0["legendItems"]
        .as_array()
        .expect("a legend")
        .iter()
        .map(|item| item["label"].as_str().expect("a label"))
        .collect();
    assert_eq!(legend, ["used, not covered", "used, mapped", "covered, not used"]);
}

#[test]
fn a_roll_up_covers_nothing_of_a_threat() {
    let rows =
        [row("lock", "T1110.003", "protect", "significant"), row("eye", "T1078.001", "detect", "partial")];
    let space = built(&rows, &["--threat", "APT29", "--rollup", "max"]);
    let layer = Layer(space.json("site/layers/threat.json"));
    assert_eq!(Layer(space.json("site/layers/acme.json")).score("T1078"), Some(50), "rolled up");
    assert_eq!(layer.score("T1078"), Some(100));
    assert!(space.json("site/summary.json")["threat"]["techniques_covered"]["n"] == 0);
}

/// What a layer calls itself is text, wherever it stands.
#[test]
fn a_hostile_layer_is_only_text() {
    let space = Workspace::new();
    space.mapping("map.json", &mapping(&rows()));
    let layer = threat_layer("16", &json!([{"techniqueID": "T1078", "score": 4}]));
    space.write("evil.json", layer.replace("Seen by us", "<script>alert(1)</script>[/*?]: x"));
    space.run(&["build", "map.json", "-o", "site", "--threat", "evil.json"]).ok();
    for name in ["index.html", "techniques/T1078.html"] {
        assert!(!space.read(&format!("site/{name}")).contains("<script>alert"), "{name}");
    }
    let layer = space.json("site/layers/threat.json");
    let name = layer["name"].as_str().expect("a name");
    assert!(!name.contains(['/', '*', '?', '[', ']', ':']), "{name}");
    space.run(&["validate", "site/layers/threat.json"]).ok();
}
