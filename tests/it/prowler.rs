//! Prowler's compliance files as mappings.

use serde_json::{Value, json};

use crate::support::{Workspace, corpus, covered, listing, values};

fn requirement(id: &str, subs: &[&str], attributes: &[Value]) -> Value {
    json!({
        "Name": "Some Technique", "Id": id, "Tactics": ["Impact"], "SubTechniques": subs, "Platforms": ["IaaS"],
        "Description": "", "TechniqueURL": format!("https://attack.example/{id}/"), "Checks": [],
        "Attributes": attributes
    })
}

fn attribute(service: &str, category: &str, level: &str) -> Value {
    json!({"AWSService": service, "Category": category, "Value": level, "Comment": format!("{service} says.")})
}

fn file(requirements: &[Value]) -> String {
    let file = json!({"Framework": "MITRE-ATTACK", "Name": "", "Version": "", "Provider": "AWS", "Description": "",
        "Requirements": requirements});
    serde_json::to_string_pretty(&file).expect("a value is JSON")
}

#[test]
fn services_become_capabilities_and_attributes_mappings() {
    let space = Workspace::new();
    let guard =
        [attribute("Amazon GuardDuty", "Detect", "Partial"), attribute("AWS WAF", "Protect", "Significant")];
    space.write(
        "prowler.json",
        file(&[
            requirement("T1078", &["T1078.001 - Default Accounts"], &guard),
            requirement("T1110", &[], &guard[..1]),
        ]),
    );
    let run = space.run(&["layer", "prowler.json"]).ok();
    let layer = run.layer();
    assert_eq!(layer.scores(), [("T1078", Some(100)), ("T1078.001", None), ("T1110", Some(50))]);
    assert_eq!(values(&layer.technique("T1078")["metadata"], "capability"), ["Amazon GuardDuty", "AWS WAF"]);
    assert_eq!(values(&layer.technique("T1078")["metadata"], "comment")[0], "Amazon GuardDuty says.");
    let listed = &layer.technique("T1078.001")["metadata"];
    assert!(values(listed, "state")[0].starts_with("not assessed"), "listed, and not scored: {listed}");
    assert_eq!(layer.technique("T1110")["links"][0]["url"], "https://attack.example/T1110/");
    assert_eq!(layer.metadata("source"), ["Prowler AWS"]);
    let assumed = run.finding("NL0112");
    assert!(assumed.message.contains("13.1"), "{assumed:?}");
    assert_eq!(space.layer("prowler.json", &["--capability", "aws_waf"]).scores().len(), 2);
}

#[test]
fn what_is_misspelt_or_misplaced_is_found_at_its_line() {
    let space = Workspace::new();
    let text = file(&[requirement(
        "T1190",
        &["T1562.006 - Disable or Modify Tools", "T1190x - What"],
        &[
            attribute("Chronicle", "Detect", "Mninimal"),
            json!({"Category": "Detect", "Value": "Partial"}),
            json!(7),
        ],
    )]);
    space.write("prowler.json", &text);
    let run = space.run(&["layer", "prowler.json"]).ends_with(1);
    let level = run.finding("NL0304");
    assert!(level.help.contains("did you mean `Minimal`?"), "{level:?}");
    assert_eq!(level.place, crate::support::place("prowler.json", &text, "\"Mninimal\"", 0));
    assert!(run.finding("NL0206").message.contains("T1562.006 is not a sub-technique of T1190"));
    assert!(run.finding("NL0201").message.contains("T1190x"));
    assert!(run.finding("NL0307").message.contains("no capability"));
    assert!(run.finding("NL0104").message.contains("is a number, not an object"));
}

#[test]
fn prowlers_own_files_are_read() {
    let Some(corpus) = corpus() else { return };
    let space = Workspace::new();
    let files = listing(&corpus.join("prowler"));
    for (path, errors, capabilities) in
        files.iter().zip([(0, 29), (1, 48)]).map(|(path, one)| (path, one.0, one.1))
    {
        let path = path.to_string_lossy();
        let run = space.run(&["layer", &path, "--metric", "count"]).ends_with(i32::from(errors > 0));
        if errors > 0 {
            let typo = run.finding("NL0304");
            assert!(typo.message.contains("Mninimal") && typo.help.contains("`Minimal`"), "{typo:?}");
            continue;
        }
        space.run(&["build", &path, "-o", "site"]).ok();
        let framework = &space.json("site/summary.json")["frameworks"][0];
        assert_eq!(framework["source"]["capabilities"], capabilities);
    }
    covered(files.len());
}
