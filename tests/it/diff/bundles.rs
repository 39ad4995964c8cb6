//! Bundles of the test's own: what no published release has, and what a hostile one might.

use navlayer::attack::Catalog;
use navlayer::attack::diff::{Diff, Retirement};
use serde_json::{Value, json};

use crate::support::Workspace;

/// An Enterprise release, made of techniques.
fn bundle(tactics: &[(&str, &str)], objects: &[Value]) -> Value {
    let reference = |id: &str| json!([{"source_name": "mitre-attack", "external_id": id}]);
    let refs: Vec<String> = tactics.iter().map(|(id, _)| format!("x-mitre-tactic--{id}")).collect();
    let matrix = json!({
        "type": "x-mitre-matrix", "id": "x-mitre-matrix--1", "tactic_refs": refs,
        "external_references": reference("enterprise-attack"),
    });
    let tactics = tactics.iter().map(|(id, name)| {
        json!({
            "type": "x-mitre-tactic", "id": format!("x-mitre-tactic--{id}"), "name": name,
            "x_mitre_shortname": id.to_lowercase(), "external_references": reference(id),
        })
    });
    let all: Vec<Value> = std::iter::once(matrix).chain(tactics).chain(objects.iter().cloned()).collect();
    json!({"type": "bundle", "objects": all})
}

fn technique(id: &str, name: &str, tactics: &[&str], platforms: &[&str]) -> Value {
    let phases: Vec<Value> = tactics
        .iter()
        .map(|tactic| json!({"kill_chain_name": "mitre-attack", "phase_name": tactic.to_lowercase()}))
        .collect();
    json!({
        "type": "attack-pattern", "id": format!("attack-pattern--{id}"), "name": name,
        "kill_chain_phases": phases, "x_mitre_platforms": platforms,
        "x_mitre_is_subtechnique": id.contains('.'),
        "external_references": [{"source_name": "mitre-attack", "external_id": id}],
    })
}

fn relationship(kind: &str, from: &str, to: &str) -> Value {
    json!({
        "type": "relationship", "id": format!("relationship--{kind}-{from}"), "relationship_type": kind,
        "source_ref": format!("attack-pattern--{from}"), "target_ref": format!("attack-pattern--{to}"),
    })
}

fn with(mut object: Value, field: &str) -> Value {
    object[field] = json!(true);
    object
}

fn catalog(space: &Workspace, version: &str, bundle: &Value) -> Catalog {
    let name = format!("enterprise-attack-{version}.json");
    space.write(&name, bundle.to_string());
    Catalog::from_bundle(&space.path(&name), None).expect("it is a release")
}

const TACTICS: [(&str, &str); 3] = [("TA9001", "One"), ("TA9002", "Two"), ("TA9003", "Three")];

/// What is not in any published release: vanished ids, other parents, tactics in another order, chains that end in
/// nothing.
fn made_up() -> Diff {
    let space = Workspace::new();
    let plain = |id: &str| technique(id, &format!("Name {id}"), &["TA9001"], &["Linux"]);
    let from = bundle(
        &TACTICS,
        &[
            plain("T8001"),
            plain("T8001.001"),
            plain("T8002"),
            plain("T8003"),
            plain("T8004"),
            plain("T8005"),
            plain("T8006"),
            relationship("subtechnique-of", "T8001.001", "T8001"),
        ],
    );
    let to = bundle(
        &[TACTICS[1], TACTICS[2], TACTICS[0]],
        &[
            plain("T8001"),
            plain("T8001.001"),
            technique("T8002", "Other name", &["TA9002"], &["Linux", "macOS"]),
            with(plain("T8004"), "revoked"),
            with(plain("T8005"), "revoked"),
            with(plain("T8006"), "x_mitre_deprecated"),
            with(plain("T8007"), "revoked"),
            with(plain("T8008"), "x_mitre_deprecated"),
            relationship("subtechnique-of", "T8001.001", "T8002"),
            relationship("revoked-by", "T8004", "T8007"),
            relationship("revoked-by", "T8007", "T8002"),
            relationship("revoked-by", "T8005", "T8008"),
        ],
    );
    Diff::new(&catalog(&space, "20.0", &from), &catalog(&space, "21.0", &to)).expect("one domain")
}

#[test]
fn what_no_release_did_yet_is_told_as_well() {
    let diff = made_up();
    let how = |id: &str| {
        let one = diff.retired.iter().find(|one| one.technique.id.to_string() == id);
        one.unwrap_or_else(|| panic!("{id} is retired")).how.clone()
    };
    assert_eq!(how("T8003"), Retirement::Removed);
    assert_eq!(how("T8006"), Retirement::Deprecated);
    assert_eq!(how("T8004").describe(), "replaced by T8002 Other name (by way of T8007)");
    assert_eq!(how("T8005").describe(), "replaced by T8008 Name T8008, which is not active itself");
    assert_eq!(how("T8005").successor(), None);
    let changed = |id: &str| diff.changed.iter().find(|one| one.technique.id.to_string() == id);
    let parent = changed("T8001.001").and_then(|one| one.parent.as_ref()).expect("it moved");
    assert_eq!(
        parent.describe(),
        "a sub-technique of T8002 Other name instead of a sub-technique of T8001 Name T8001"
    );
    assert_eq!(changed("T8002").map(navlayer::attack::diff::Changed::count), Some(3));
    assert_eq!(diff.merged.len(), 1);
    let moved: Vec<&str> = diff.tactics.iter().filter(|one| one.moved).map(|one| one.id.as_str()).collect();
    assert_eq!(moved, ["TA9001"], "it went to the end, the others only moved up");
    assert_eq!(diff.tactics[0].describe(diff.from), "TA9001 One: at place 3 of the matrix, in 20.0 at 1");
    assert_eq!((diff.counts.removed.total(), diff.counts.moved_parent.total()), (1, 1));
}

#[test]
fn what_is_dropped_stands_in_the_layers_metadata() {
    let layer = navlayer::layer::of_diff(&made_up());
    let told = |name: &str| -> Vec<&str> {
        layer.metadata.iter().filter(|row| row.name == name).map(|row| row.value.as_str()).collect()
    };
    assert_eq!(told("removed"), ["T8003 Name T8003: removed, not even listed as retired"]);
    assert_eq!(told("deprecated"), ["T8006 Name T8006: deprecated"]);
    assert_eq!(told("revoked").len(), 1, "what has an active successor is told there");
    let comment = |id: &str| {
        let one = layer.techniques.iter().find(|one| one.technique_id.to_string() == id);
        one.map(|one| one.comment.clone()).unwrap_or_default()
    };
    assert!(comment("T8002").ends_with("Takes over T8004 Name T8004."), "{}", comment("T8002"));
    assert!(comment("T8001.001").starts_with("Other parent: a sub-technique of T8002"));
}

#[test]
fn a_bundle_of_the_users_own_stands_for_the_side_that_it_is() {
    let space = Workspace::new();
    let text = bundle(&TACTICS, &[technique("T8001", "Future Technique", &["TA9001"], &["Linux"])]);
    space.write("enterprise-attack-20.0.json", text.to_string());
    let run = |arguments: &[&str]| {
        let bundle = ["--attack-data", "enterprise-attack-20.0.json"];
        let all: Vec<&str> = ["catalog", "diff"].iter().chain(arguments).chain(&bundle).copied().collect();
        space.run(&all)
    };
    let told = run(&["19.0", "20.0"]).ok().stdout;
    assert!(told.contains("Added (1 of 1: 1 technique, 0 sub-techniques)"), "{told}");
    assert!(told.contains("Removed, not even listed as retired (697 of 697"), "{told}");
    let back = run(&["20.0", "19.0"]).ok().stdout;
    assert!(back.contains("Not there yet (1 of 1: 1 technique, 0 sub-techniques)"), "{back}");
    assert!(run(&["20.0", "20.0"]).ok().stdout.contains("Nothing differs"));
    assert_eq!(run(&["19.0", "latest"]).ok().stdout, told, "it is the latest");
    run(&["16.1", "19.0"]).ends_with(2).says(&["20.0, which is neither FROM nor TO", "name 20.0"]);
    run(&["16.1", "20.0", "--domain", "ics"]).ends_with(2).says(&["is of enterprise-attack, not ics-attack"]);
}

#[test]
fn what_a_bundle_holds_is_shown_and_never_obeyed() {
    let space = Workspace::new();
    let name = "<script>alert(1)</script> \"quoted\" & 'so' {{page}}";
    let text = bundle(
        &[("TA9001", "<b>One</b>")],
        &[
            technique("T8001", name, &["TA9001"], &["<i>Linux</i>"]),
            technique("T1046", name, &["TA9001"], &["PRE"]),
        ],
    );
    space.write("enterprise-attack-20.0.json", text.to_string());
    let run = |format: &str| {
        let arguments = ["catalog", "diff", "19.0", "20.0", "--attack-data", "enterprise-attack-20.0.json"];
        space.run(&[&arguments[..], &["--format", format]].concat()).ok().stdout
    };
    let page = run("html");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && page.contains("&lt;i&gt;Linux"));
    assert!(!page.contains("<script>alert") && !page.contains("<b>One"));
    assert!(run("text").contains(name));
    assert!(run("layer").is_ascii());
    let told: Value = serde_json::from_str(&run("json")).expect("it is JSON");
    assert_eq!(told["added"][0]["technique"]["name"], name, "data is as it was");
}
