//! `navlayer catalog diff`: what changed between two versions of ATT&CK.

mod bundles;
mod releases;

use std::collections::BTreeSet;

use navlayer::attack::diff::{Count, Diff};
use navlayer::attack::{Catalog, Domain, TechniqueId, Version, embedded_versions};
use navlayer::layer;
use serde_json::{Value, json};

use crate::support::{Layer, Run, Workspace, values};

fn diff(arguments: &[&str]) -> Run {
    let all: Vec<&str> = ["catalog", "diff"].iter().chain(arguments).copied().collect();
    Workspace::new().run(&all)
}

fn json_of(arguments: &[&str]) -> Value {
    let run = diff(&[arguments, &["--format", "json"]].concat()).ok();
    serde_json::from_str(&run.stdout).expect("it is JSON")
}

/// The entry of a technique in a list.
#[track_caller]
fn entry<'v>(list: &'v Value, id: &str) -> &'v Value {
    let all = list.as_array().expect("a list");
    all.iter().find(|one| one["technique"]["id"] == id).unwrap_or_else(|| panic!("{id} is in the list"))
}

fn ids(list: &Value) -> Vec<&str> {
    let all = list.as_array().expect("a list").iter();
    all.map(|one| one["technique"]["id"].as_str().expect("an id")).collect()
}

fn count(techniques: usize, sub_techniques: usize) -> Value {
    json!({"techniques": techniques, "sub_techniques": sub_techniques})
}

#[test]
fn figures_of_16_1_to_19_0_are_those_of_the_bundles() {
    let told = json_of(&["16.1", "19.0"]);
    for (name, wanted) in [
        ("from", count(203, 453)),
        ("to", count(222, 475)),
        ("unchanged", count(122, 330)),
        ("changed", count(79, 109)),
        ("retired", count(2, 14)),
        ("replaced", count(2, 14)),
        ("deprecated", count(0, 0)),
        ("removed", count(0, 0)),
        ("not_yet", count(0, 0)),
        ("added", count(21, 36)),
        ("brought_back", count(0, 0)),
        ("renamed", count(3, 8)),
        ("moved_tactic", count(18, 53)),
        ("moved_parent", count(0, 0)),
        ("platforms", count(60, 53)),
    ] {
        assert_eq!(told["counts"][name], wanted, "{name}");
    }
    assert_eq!(told["platforms"], json!({"gained": ["ESXi"], "lost": []}));
    let renamed = json!([{"from": ["Network"], "to": ["Network Devices"], "techniques": count(48, 46)}]);
    assert_eq!(told["renamed_platforms"], renamed);
    let tactics = told["tactics"].as_array().expect("a list");
    assert_eq!(tactics.len(), 2);
    assert_eq!(tactics[0]["id"], "TA0005");
    assert_eq!(
        (&tactics[0]["from"]["name"], &tactics[0]["to"]["name"]),
        (&json!("Defense Evasion"), &json!("Stealth"))
    );
    assert_eq!(tactics[1]["id"], "TA0112");
    assert_eq!(
        tactics[1]["to"],
        json!({"name": "Defense Impairment", "shortname": "defense-impairment", "position": 8})
    );
    assert!(tactics.iter().all(|one| one["moved"] == false), "the others are only shifted");
}

#[test]
fn techniques_of_16_1_to_19_0_are_told_as_they_are() {
    let told = json_of(&["16.1", "19.0"]);
    let impair = entry(&told["retired"], "T1562");
    assert_eq!(impair["how"], "replaced");
    assert_eq!(impair["chain"], json!([{"id": "T1685", "name": "Disable or Modify Tools", "active": true}]));
    let logs = entry(&told["retired"], "T1562.003");
    assert_eq!(logs["technique"]["parent_name"], "Impair Defenses");
    assert_eq!(logs["chain"][0]["id"], "T1690");
    assert_eq!(
        logs["parent"],
        json!({"from": {"id": "T1562", "name": "Impair Defenses"}}),
        "now a technique"
    );
    let taken: Vec<&str> = entry(&told["added"], "T1685")["replaces"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["id"].as_str().expect("an id"))
        .collect();
    assert_eq!(taken, ["T1562", "T1562.001", "T1562.006"]);
    assert_eq!(entry(&told["added"], "T1682")["replaces"], json!([]), "wholly new");
    assert_eq!(ids(&told["merged"]), ["T1574.001"]);
    // Renamed, moved and on other platforms at once.
    let library = entry(&told["changed"], "T1574.001");
    assert_eq!(library["former_name"], "DLL Search Order Hijacking");
    assert_eq!(library["tactics"]["gained"], json!([{"id": "TA0002", "name": "Execution"}]));
    let history = entry(&told["changed"], "T1552.003");
    assert_eq!(
        (&history["former_name"], &history["technique"]["name"]),
        (&json!("Bash History"), &json!("Shell History"))
    );
    assert_eq!(history["platforms"], json!({"gained": ["Windows"], "lost": []}));
    // That its tactic is called otherwise moves no technique.
    let moved = told["changed"].as_array().expect("a list").iter().filter(|one| !one["tactics"].is_null());
    let ids: BTreeSet<&str> = moved.map(|one| one["technique"]["id"].as_str().expect("an id")).collect();
    assert!(ids.contains("T1207") && !ids.contains("T1027"), "{ids:?}");
}

#[test]
fn the_text_says_it_in_sections_with_counts() {
    let text = diff(&["16.1", "19.0"]).ok().stdout;
    for part in [
        "Enterprise ATT&CK 16.1 -> 19.0\n",
        "active in 16.1             203             453       656\n",
        "  TA0005 Stealth: called Defense Evasion in 16.1\n",
        "  TA0112 Defense Impairment: added at place 8 of the matrix\n",
        "  added    ESXi\n  renamed  Network is called Network Devices: 48 techniques, 46 sub-techniques\n",
        "Replaced (16 of 656: 2 techniques, 14 sub-techniques)\n",
        "  T1562      Impair Defenses -> T1685 Disable or Modify Tools\n",
        "  T1685.002  Disable or Modify Tools: Disable or Modify Cloud Log; replaces T1562.008\n",
        "Renamed (11 of 656: 3 techniques, 8 sub-techniques)\n",
        "  T1552.003  Unsecured Credentials: Bash History -> Shell History\n",
        "  + Defense Impairment  - Defense Evasion (40)\n    T1207      Rogue Domain Controller\n",
        "  + ESXi (106)\n",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    assert!(!text.contains("Deprecated"), "no section without an entry");
    assert_eq!(text, diff(&["v16.1", "latest"]).ok().stdout, "the same in other words");
}

#[test]
fn backwards_it_says_what_is_different_in_the_earlier_version() {
    let told = json_of(&["19.0", "16.1"]);
    assert_eq!(told["counts"]["from"], count(222, 475));
    assert_eq!(told["counts"]["not_yet"], count(21, 36));
    assert_eq!(told["counts"]["retired"], count(21, 36));
    assert_eq!(told["counts"]["brought_back"], count(2, 14));
    assert_eq!(told["counts"]["changed"], count(79, 109));
    assert_eq!(entry(&told["retired"], "T1685")["how"], "not_yet");
    assert_eq!(entry(&told["brought_back"], "T1562")["was"]["chain"][0]["id"], "T1685");
    assert_eq!(entry(&told["changed"], "T1552.003")["former_name"], "Shell History");
    let tactics = told["tactics"].as_array().expect("a list");
    assert!(tactics[1]["to"].is_null(), "Defense Impairment is not there yet");
    let text = diff(&["19.0", "16.1"]).ok().stdout;
    for part in [
        "19.0 is the later version",
        "Not there yet (57 of 697",
        "Retired later (16 of 656",
        "TA0005 Defense Evasion: called Stealth in 19.0\n",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(!text.contains("Added (") && !text.contains("Brought back"), "{text}");
}

#[test]
fn retired_techniques_that_are_active_again_are_brought_back() {
    let told = json_of(&["16.1", "18.1", "--domain", "mobile"]);
    assert_eq!(ids(&told["brought_back"]), ["T1451", "T1453"]);
    assert_eq!(entry(&told["brought_back"], "T1451")["was"], json!({"how": "deprecated"}));
    let text = diff(&["16.1", "18.1", "--domain", "mobile"]).ok().stdout;
    assert!(text.contains("T1451  SIM Card Swap; in 16.1 deprecated"), "{text}");
}

#[test]
fn a_version_does_not_differ_from_itself() {
    let told = json_of(&["16.1", "16.1"]);
    assert_eq!(told["counts"]["unchanged"], told["counts"]["from"]);
    for list in ["tactics", "added", "brought_back", "changed", "merged", "retired"] {
        assert_eq!(told[list], json!([]), "{list}");
    }
    let text = diff(&["16.1", "16.1"]).ok().stdout;
    assert!(text.contains("Nothing differs: 203 techniques and 453 sub-techniques"), "{text}");
    let page = diff(&["16.1", "16.1", "--format", "html"]).ok().stdout;
    assert!(page.contains("Nothing differs between the two."));
    let layer = diff(&["16.1", "16.1", "--format", "layer"]).ok().layer();
    assert!(layer.techniques().is_empty());
    assert!(layer.0["description"].as_str().is_some_and(|text| text.starts_with("Nothing differs")));
}

#[test]
fn versions_and_domains_that_do_not_fit_are_errors_with_advice() {
    diff(&["7", "19.0"]).ends_with(2).says(&["8.2, 9.0, 10.0", "--attack-data", "catalog import"]);
    diff(&["16.0", "19.0"]).ends_with(2).says(&["ATT&CK 16.0 is not known", "did you mean 16.1?"]);
    assert_eq!(
        diff(&["16", "19"]).ok().stdout,
        diff(&["16.1", "19.0"]).ok().stdout,
        "the newest of a number"
    );
    diff(&["16.1", "19.0", "--domain", "ics"]).ends_with(2).says(&["ICS ATT&CK 19.0 is not known", "18.1"]);
    diff(&["sixteen", "19.0"]).ends_with(2).says(&["give a version such as 16.1, or latest"]);
    diff(&["16.1"]).ends_with(2);
    let mismatch = Diff::new(&Catalog::newest(Domain::Mobile), &Catalog::newest(Domain::Ics));
    let message = mismatch.expect_err("they are of different domains").to_string();
    assert!(message.starts_with("mobile-attack and ics-attack: versions are compared"), "{message}");
}

#[test]
fn the_files_ending_tells_the_format_and_no_file_is_replaced_unasked() {
    let space = Workspace::new();
    let run = |arguments: &[&str]| {
        let all: Vec<&str> = ["catalog", "diff", "16.1", "19.0"].iter().chain(arguments).copied().collect();
        space.run(&all)
    };
    assert_eq!(run(&["-o", "a.txt"]).ok().stderr, "wrote a.txt\n");
    assert!(space.read("a.txt").starts_with("Enterprise ATT&CK 16.1 -> 19.0"));
    run(&["-o", "a.html", "-q"]).ok();
    assert!(space.read("a.html").starts_with("<!doctype html>"));
    run(&["-o", "a.json"]).ok();
    assert_eq!(space.json("a.json")["to"], "19.0");
    run(&["-o", "a.layer"]).ends_with(2).says(&["does not tell the format", "--format"]);
    run(&["-o", "layer.json", "--format", "layer"]).ok();
    assert_eq!(space.json("layer.json")["versions"]["layer"], "4.5");
    run(&["-o", "layer.json", "--format", "layer"]).ok();
    run(&["-o", "layer.json"]).ends_with(2).says(&["layer.json exists already", "--force"]);
    run(&["-o", "layer.json", "--force"]).ok();
    run(&["--templates", "mine"]).ends_with(2).says(&["--format html"]);
}

#[test]
fn json_and_layers_are_what_their_schemas_say() {
    for (format, what) in [("json", "diff"), ("layer", "layer")] {
        let schema = Workspace::new().run(&["schema", what]).ok().stdout;
        let schema: Value = serde_json::from_str(&schema).expect("a schema is JSON");
        let validator = jsonschema::validator_for(&schema).expect("the schema is sound");
        for pair in [["16.1", "19.0"], ["19.0", "16.1"], ["8.2", "19.0"], ["9.0", "9.0"]] {
            let run = diff(&[&pair[..], &["--format", format]].concat()).ok();
            let value = serde_json::from_str(&run.stdout).expect("it is JSON");
            let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{what} {pair:?}: {errors:?}");
        }
        assert!(!validator.is_valid(&json!({"domain": "enterprise-attack"})), "the schema can say no");
    }
}

// Over all versions

fn pairs() -> Vec<(Catalog, Catalog)> {
    let catalog = |domain, version: &Version| Catalog::embedded(domain, *version).expect("it is embedded");
    let mut pairs = Vec::new();
    for domain in Domain::ALL {
        for from in embedded_versions(domain) {
            let all = embedded_versions(domain).iter();
            pairs.extend(all.map(|to| (catalog(domain, from), catalog(domain, to))));
        }
    }
    pairs
}

fn sum<const N: usize>(counts: [Count; N]) -> Count {
    counts.iter().fold(Count::default(), |sum, one| Count {
        techniques: sum.techniques + one.techniques,
        sub_techniques: sum.sub_techniques + one.sub_techniques,
    })
}

#[test]
fn the_counts_of_every_pair_of_versions_add_up() {
    let pairs = pairs();
    assert_eq!(pairs.len(), 13 * 13 + 5 * 5 + 5 * 5);
    for (from, to) in &pairs {
        let diff = Diff::new(from, to).expect("one domain");
        let (counts, name) = (diff.counts, diff.title());
        let count_of = |catalog: &Catalog| {
            let subs = catalog.techniques().iter().filter(|one| one.parent.is_some()).count();
            Count { techniques: catalog.techniques().len() - subs, sub_techniques: subs }
        };
        assert_eq!((counts.from, counts.to), (count_of(from), count_of(to)), "{name}");
        assert_eq!(counts.from, sum([counts.unchanged, counts.changed, counts.retired]), "{name}");
        let after = sum([counts.unchanged, counts.changed, counts.brought_back, counts.added]);
        assert_eq!(counts.to, after, "{name}");
        let retired = [
            counts.replaced,
            counts.revoked_without_successor,
            counts.deprecated,
            counts.removed,
            counts.not_yet,
        ];
        assert_eq!(counts.retired, sum(retired), "{name}");
        assert_eq!(counts.retired.total(), diff.retired.len(), "{name}");
        let known: BTreeSet<TechniqueId> = from.techniques().iter().map(|one| one.id).collect();
        let gone: BTreeSet<TechniqueId> = diff.retired.iter().map(|one| one.technique.id).collect();
        let came = diff.added.iter().map(|one| &one.technique);
        let came = came.chain(diff.brought_back.iter().map(|one| &one.technique)).map(|one| one.id);
        let mut then: BTreeSet<TechniqueId> = known.difference(&gone).copied().collect();
        then.extend(came);
        let active: BTreeSet<TechniqueId> = to.techniques().iter().map(|one| one.id).collect();
        assert_eq!(then, active, "{name}");
        assert!(from.version() != to.version() || diff.is_empty(), "{name}");
    }
}

#[test]
fn the_way_back_undoes_the_way_there() {
    for (from, to) in &pairs() {
        let there = Diff::new(from, to).expect("one domain");
        let back = Diff::new(to, from).expect("one domain");
        assert_eq!(there.counts.changed, back.counts.changed, "{}", there.title());
        assert_eq!(there.counts.retired, sum([back.counts.added, back.counts.brought_back]));
        assert_eq!(there.platforms.gained, back.platforms.lost);
        for (one, other) in there.renamed_platforms.iter().zip(&back.renamed_platforms) {
            assert_eq!((&one.from, &one.to), (&other.to, &other.from));
        }
        for (one, other) in there.changed.iter().zip(&back.changed) {
            assert_eq!(one.technique.id, other.technique.id);
            let exchanged = one.platforms.as_ref().zip(other.platforms.as_ref());
            assert!(
                exchanged.is_none_or(|(one, other)| one.gained == other.lost && one.lost == other.gained)
            );
        }
    }
}

// The layer

#[test]
fn a_layer_of_every_pair_names_active_techniques_once_and_explains_every_colour() {
    for (from, to) in &pairs() {
        let diff = Diff::new(from, to).expect("one domain");
        let bytes = layer::to_json(&layer::of_diff(&diff));
        assert!(bytes.is_ascii());
        let layer = Layer(serde_json::from_slice(&bytes).expect("it is JSON"));
        let name = diff.title();
        let ids: BTreeSet<&str> = layer.ids().into_iter().collect();
        assert_eq!(ids.len(), layer.ids().len(), "{name}: each once");
        let items = layer.0["legendItems"].as_array().expect("a legend");
        let legend: BTreeSet<&str> = items.iter().map(|item| item["color"].as_str().expect("text")).collect();
        let mut used = BTreeSet::new();
        for one in layer.techniques() {
            let id = one["techniqueID"].as_str().expect("an id");
            assert!(to.technique(id.parse().expect(id)).is_some(), "{name}: {id} is active");
            assert!(one.get("score").is_none() && one["comment"] != "", "{name}: {id}");
            assert!(!values(&one["metadata"], "change").is_empty(), "{name}: {id}");
            used.insert(one["color"].as_str().expect("a colour"));
        }
        assert_eq!(used, legend, "{name}: no colour without a meaning, no meaning without a colour");
        let counts = diff.counts;
        let told = sum([counts.added, counts.brought_back, counts.changed]).total();
        assert!((told..=told + diff.merged.len()).contains(&ids.len()), "{name}");
        let dropped = diff.retired.iter().filter(|one| one.how.successor().is_none()).count();
        let kinds = ["revoked", "deprecated", "removed", "not there yet"];
        assert_eq!(kinds.iter().map(|kind| layer.metadata(kind).len()).sum::<usize>(), dropped, "{name}");
        let rows = layer.0["metadata"].as_array().expect("metadata");
        assert!(rows.iter().all(|row| row["name"] != "" && row["value"] != ""), "{name}");
    }
}

#[test]
fn a_layers_colour_is_that_of_the_weightiest_change_and_its_comment_tells_all() {
    let layer = diff(&["16.1", "19.0", "--format", "layer"]).ok().layer();
    assert_eq!(layer.0["name"], "Enterprise ATT&CK 16.1 to 19.0");
    assert_eq!(layer.0["versions"], json!({"attack": "19", "navigator": "5.1.0", "layer": "4.5"}));
    let label = |id: &str| {
        let color = &layer.technique(id)["color"];
        let items = layer.0["legendItems"].as_array().expect("a legend");
        let item = items.iter().find(|item| item["color"] == *color).expect("it is in the legend");
        item["label"].as_str().expect("text").to_owned()
    };
    for (id, kind) in [
        ("T1685", "Takes over a retired technique"),
        ("T1574.001", "Takes over a retired technique"),
        ("T1682", "New"),
        ("T1552.003", "Several changes"),
        ("T1207", "Other tactics"),
        ("T1211", "Renamed"),
        ("T1485", "Other platforms"),
    ] {
        assert_eq!(label(id), kind, "{id}");
    }
    let comment = |id: &str| layer.technique(id)["comment"].as_str().expect("a comment").to_owned();
    assert_eq!(
        comment("T1685"),
        "New: not in ATT&CK 16.1. Takes over T1562 Impair Defenses; T1562.001 Impair Defenses: Disable or Modify \
         Tools; T1562.006 Impair Defenses: Indicator Blocking."
    );
    let library = comment("T1574.001");
    for part in [
        "Renamed: called DLL Search Order Hijacking in ATT&CK 16.1.",
        "Other tactics: gained Execution (TA0002); lost Persistence (TA0003), Privilege Escalation (TA0004).",
        "Takes over T1574.002 Hijack Execution Flow: DLL Side-Loading.",
    ] {
        assert!(library.contains(part), "{part} is not in {library}");
    }
    assert_eq!(
        values(&layer.technique("T1207")["metadata"], "tactics gained"),
        ["Defense Impairment (TA0112)"]
    );
    assert!(!layer.ids().contains(&"T1562"), "it is not on 19.0");
    let description = layer.0["description"].as_str().expect("text");
    assert!(description.contains("2 + 14 of 203 + 453 in 16.1 are no longer active"), "{description}");
}

// The page

#[test]
fn the_page_holds_every_section_and_needs_nothing_else() {
    let page = diff(&["16.1", "19.0", "--format", "html"]).ok().stdout;
    for part in [
        "<title>Enterprise ATT&amp;CK 16.1 to 19.0 · ATT&amp;CK changes</title>",
        "id=\"replaced\"",
        "16 of 656 active in 16.1: 2 techniques and 14 sub-techniques.",
        "44 wholly new and 13 in the place of former ones.",
        "https://attack.mitre.org/versions/v16/techniques/T1562/008/",
        "https://attack.mitre.org/versions/v19/techniques/T1685/002/",
        "Defense Evasion, place 7",
        "Bash History",
    ] {
        assert!(page.contains(part), "{part} is not on the page");
    }
    assert!(!page.contains("publisher’s judgement"), "no mapping is shown");
    for (tag, attribute) in [("<table", "<caption>"), ("<th ", "scope=")] {
        for part in page.split(tag).skip(1) {
            assert!(
                part.get(..200).unwrap_or(part).contains(attribute),
                "{tag} without {attribute}: {part:.120}"
            );
        }
    }
    assert!(!page.contains("src=") && !page.contains("@import"), "nothing is fetched");
}

#[test]
fn a_template_of_the_users_own_takes_the_place_of_the_page() {
    let space = Workspace::new();
    space.write("mine/diff.hbs", "{{domain}} {{from}} {{to}}: {{len sections}}");
    let arguments = ["catalog", "diff", "16.1", "19.0", "--format", "html", "--templates", "mine"];
    assert_eq!(space.run(&arguments).ok().stdout, "Enterprise 16.1 19.0: 6");
    space.write("mine/diff.hbs", "{{nonsense}}");
    space.run(&arguments).ends_with(2).says(&["diff.hbs:1:", "nonsense"]);
}
