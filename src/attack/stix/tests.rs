//! Bundles made by hand, one oddity each.

use serde_json::{Value, json};

use super::*;
use crate::attack::text::read_table;
use crate::attack::{Catalog, Fate, Table, union};

fn object(kind: &str, stix: &str, id: &str, name: &str) -> Value {
    let source = "mitre-attack";
    json!({
        "type": kind, "id": format!("{kind}--{stix}"), "name": name,
        "external_references": [
            {"source_name": "Somebody's blog", "external_id": "T9999"},
            {"source_name": source, "external_id": id},
        ],
    })
}

fn technique(stix: &str, id: &str) -> Value {
    let mut technique = object("attack-pattern", stix, id, &format!("Name of {id}"));
    technique["kill_chain_phases"] = json!([{"kill_chain_name": "mitre-attack", "phase_name": "execution"}]);
    technique["x_mitre_platforms"] = json!(["macOS", " Linux "]);
    technique
}

fn revoked(stix: &str, id: &str) -> Value {
    let mut technique = technique(stix, id);
    technique["revoked"] = json!(true);
    technique
}

fn relation(kind: &str, source: &str, target: &str) -> Value {
    json!({"type": "relationship", "relationship_type": kind, "source_ref": source, "target_ref": target})
}

fn replaced(source: &str, target: &str) -> Value {
    relation("revoked-by", &format!("attack-pattern--{source}"), &format!("attack-pattern--{target}"))
}

/// The objects under a matrix with two tactics, of which the second in the file is the first in the matrix.
fn bundle(objects: Vec<Value>) -> Value {
    let mut all = vec![
        json!({"type": "marking-definition", "definition": {"statement": "\u{e4}"}}),
        object("x-mitre-matrix", "m", "enterprise-attack", "Enterprise ATT&CK"),
        object("x-mitre-tactic", "ta2", "TA0002", "Execution"),
        object("x-mitre-tactic", "ta1", "TA0001", "Initial Access"),
    ];
    all[1]["tactic_refs"] = json!(["x-mitre-tactic--ta1", "x-mitre-tactic--none", "x-mitre-tactic--ta2"]);
    all[2]["x_mitre_shortname"] = json!("execution");
    all[3]["x_mitre_shortname"] = json!("initial-access");
    all.extend(objects);
    json!({"type": "bundle", "id": "bundle--1", "spec_version": "2.0", "objects": all})
}

fn read(name: &str, bundle: &Value) -> Result<Release, CatalogError> {
    Release::from_bytes(Path::new(name), bundle.to_string().as_bytes(), None)
}

fn catalog(objects: Vec<Value>) -> Catalog {
    let release = read("enterprise-attack-99.1.json", &bundle(objects)).expect("the bundle is sound");
    Catalog::from_release(release).expect("one release makes a catalog")
}

fn id(text: &str) -> TechniqueId {
    text.parse().expect(text)
}

fn chain(ids: &[&str]) -> Fate {
    Fate::Revoked { chain: ids.iter().map(|text| id(text)).collect() }
}

#[test]
fn reads_a_technique_with_its_tactics_and_platforms() {
    let mut first = technique("1", "T1001");
    first["kill_chain_phases"] = json!([
        {"phase_name": "execution"}, {"phase_name": "initial-access"}, {"phase_name": "elsewhere"}
    ]);
    let catalog = catalog(vec![first, technique("2", "T1002")]);
    assert_eq!(catalog.version().to_string(), "99.1");
    let names: Vec<&str> = catalog.tactics().iter().map(|tactic| tactic.shortname.as_ref()).collect();
    assert_eq!(names, ["initial-access", "execution"]);
    assert_eq!(catalog.platforms(), ["Linux", "macOS"]);
    let technique = catalog.technique(id("T1001")).expect("it is active");
    assert_eq!(technique.tactics.iter().collect::<Vec<_>>(), [0, 1]);
    assert_eq!(technique.platforms.iter().collect::<Vec<_>>(), [0, 1]);
    assert_eq!(catalog.in_tactic(0).len(), 1);
    assert_eq!(catalog.in_tactic(1).len(), 2);
    assert!(catalog.in_tactic(2).is_empty());
}

#[test]
fn a_file_that_is_named_for_another_domain_is_told() {
    let release = |name: &str| read(name, &bundle(vec![technique("1", "T1001")])).expect("it is a release");
    assert_eq!(
        release("mobile-attack-16.1.json").notes(),
        ["the file is named for mobile-attack, and what it holds is of enterprise-attack"]
    );
    assert!(release("enterprise-attack-16.1.json").notes().is_empty());
    assert!(release("mine-16.1.json").notes().is_empty());
}

#[test]
fn refuses_chains_that_no_release_has() {
    let chain = |length: usize| {
        let id = |at: usize| format!("T{:04}", 1000 + at);
        let mut objects: Vec<Value> = (0..length).map(|at| revoked(&id(at), &id(at))).collect();
        objects.push(technique(&id(length), &id(length)));
        objects.extend((0..length).map(|at| replaced(&id(at), &id(at + 1))));
        read("enterprise-attack-16.1.json", &bundle(objects))
    };
    assert!(chain(100).is_ok());
    let error = chain(101).expect_err("it is too long").to_string();
    assert!(error.ends_with("101 successors of one object, and a catalog holds at most 100"), "{error}");
}

#[test]
fn follows_successors_to_the_end_and_cuts_cycles() {
    let mut retired_relation = replaced("6", "1");
    retired_relation["x_mitre_deprecated"] = json!(true);
    let mut deprecated = technique("7", "T1007");
    deprecated["x_mitre_deprecated"] = json!(true);
    let catalog = catalog(vec![
        technique("1", "T1001"),
        revoked("2", "T1002"),
        revoked("3", "T1003"),
        replaced("3", "2"),
        replaced("2", "1"),
        revoked("4", "T1004"),
        revoked("5", "T1005"),
        replaced("4", "5"),
        replaced("5", "4"),
        revoked("6", "T1006"),
        retired_relation,
        deprecated,
        revoked("8", "T1008"),
        replaced("8", "8"),
        revoked("9", "T1009"),
        replaced("9", "nowhere"),
    ]);
    assert_eq!(catalog.fate(id("T1001")), Fate::Active);
    assert_eq!(catalog.fate(id("T1002")), chain(&["T1001"]));
    assert_eq!(catalog.fate(id("T1003")), chain(&["T1002", "T1001"]));
    assert_eq!(catalog.fate(id("T1003")).describe(), "revoked, replaced by T1001 (by way of T1002)");
    assert_eq!(catalog.fate(id("T1004")), chain(&["T1005"]));
    assert_eq!(catalog.fate(id("T1005")), chain(&["T1004"]));
    assert_eq!(catalog.fate(id("T1006")), Fate::RevokedWithoutSuccessor);
    assert_eq!(catalog.fate(id("T1007")), Fate::Deprecated);
    assert_eq!(catalog.fate(id("T1008")), Fate::RevokedWithoutSuccessor);
    assert_eq!(catalog.fate(id("T1009")), Fate::RevokedWithoutSuccessor);
    assert_eq!(catalog.name_of(id("T1003")), Some("Name of T1003"));
    assert_eq!(catalog.techniques().len(), 1);
    assert_eq!(catalog.retired().count(), 8);
}

#[test]
fn of_two_objects_with_one_id_the_active_wins() {
    let mut deprecated = technique("0", "T1001");
    deprecated["x_mitre_deprecated"] = json!(true);
    let objects =
        vec![deprecated.clone(), revoked("1", "T1001"), technique("2", "T1002"), replaced("1", "2")];
    assert_eq!(catalog(objects.clone()).fate(id("T1001")), chain(&["T1002"]));
    let with_active = [objects, vec![technique("3", "T1001"), deprecated]].concat();
    assert_eq!(catalog(with_active).fate(id("T1001")), Fate::Active);
}

#[test]
fn takes_the_parent_from_the_relation_and_else_from_the_id() {
    let catalog = catalog(vec![
        technique("1", "T1001"),
        technique("2", "T1001.001"),
        technique("3", "T1002.001"),
        technique("4", "T1002"),
        relation("subtechnique-of", "attack-pattern--3", "attack-pattern--1"),
    ]);
    let parent = |text: &str| catalog.technique(id(text)).expect(text).parent;
    assert_eq!(parent("T1001"), None);
    assert_eq!(parent("T1001.001"), Some(id("T1001")));
    assert_eq!(parent("T1002.001"), Some(id("T1001")));
    let subs: Vec<TechniqueId> = catalog.sub_techniques(id("T1001")).map(|sub| sub.id).collect();
    assert_eq!(subs, [id("T1001.001"), id("T1002.001")]);
    assert_eq!(catalog.sub_techniques(id("T1002")).len(), 0);
}

#[test]
fn reads_groups_and_campaigns_with_what_they_use() {
    let mut group = object("intrusion-set", "g", "G0001", "Doppelg\u{e4}nger");
    group["aliases"] = json!(["Doppelg\u{e4}nger", "Ghost ", "Ghost"]);
    let mut former = object("intrusion-set", "h", "G0002", "Old");
    former["revoked"] = json!(true);
    let catalog = catalog(vec![
        technique("1", "T1001"),
        revoked("2", "T1002"),
        group,
        former,
        object("campaign", "c", "C0001", "Operation"),
        object("malware", "s", "S0001", "Software"),
        relation("uses", "intrusion-set--g", "attack-pattern--2"),
        relation("uses", "intrusion-set--g", "attack-pattern--1"),
        relation("uses", "intrusion-set--g", "malware--s"),
        relation("uses", "malware--s", "attack-pattern--1"),
        relation("revoked-by", "intrusion-set--h", "intrusion-set--g"),
    ]);
    let actors = catalog.actors();
    let [campaign, group] = actors.as_slice() else { panic!("{actors:?}") };
    assert_eq!((campaign.id.as_ref(), campaign.kind), ("C0001", ActorKind::Campaign));
    assert_eq!((group.name.as_ref(), group.kind), ("Doppelg\u{e4}nger", ActorKind::Group));
    assert_eq!(group.aliases, ["Ghost"]);
    assert_eq!(group.techniques, [id("T1001"), id("T1002")]);
    let former = catalog.retired_actors();
    assert_eq!(former.len(), 1);
    assert_eq!((former[0].revoked, former[0].replaced_by.as_slice()), (true, &["G0001".to_owned()][..]));
}

#[test]
fn reads_stix_2_1_with_a_collection_and_without_a_matrix() {
    let bundle = json!({"type": "bundle", "id": "bundle--1", "objects": [
        {"type": "x-mitre-collection", "spec_version": "2.1", "x_mitre_version": "17.0", "x_mitre_contents": [{}]},
        {"type": "attack-pattern", "spec_version": "2.1", "id": "attack-pattern--1", "name": "One \"two\"",
         "revoked": false, "x_mitre_deprecated": null, "x_mitre_domains": ["ics-attack"],
         "external_references": [{"source_name": "mitre-attack", "external_id": "T0801"}]},
        {"type": "attack-pattern", "id": "attack-pattern--2", "name": "No id"},
        {"type": "attack-pattern", "id": "attack-pattern--3", "name": "Odd id",
         "external_references": [{"source_name": "mitre-attack", "external_id": "T1098.A006"}]},
    ]});
    let release = read("anything-1.0.json", &bundle).expect("the bundle is sound");
    assert_eq!((release.domain(), release.version().to_string().as_str()), (Domain::Ics, "17.0"));
    assert_eq!(release.techniques[&id("T0801")].name, "One \"two\"");
    assert_eq!(release.techniques.len(), 1);
    let notes = release.notes().join("\n");
    for part in ["no matrix", "1 attack-pattern(s) without", "T1098.A006", "no tactic"] {
        assert!(notes.contains(part), "{notes}");
    }
}

#[test]
fn leaves_out_the_tactics_of_a_deprecated_matrix() {
    let mut matrix = object("x-mitre-matrix", "m2", "enterprise-attack", "Old");
    matrix["x_mitre_deprecated"] = json!(true);
    matrix["tactic_refs"] = json!(["x-mitre-tactic--ta3"]);
    let mut tactic = object("x-mitre-tactic", "ta3", "TA0003", "Persistence");
    tactic["x_mitre_shortname"] = json!("persistence");
    assert_eq!(catalog(vec![matrix, tactic, technique("1", "T1001")]).tactics().len(), 2);
}

#[test]
fn says_what_is_wrong_with_a_file() {
    let error = |bytes: &[u8]| {
        Release::from_bytes(Path::new("x-1.0.json"), bytes, None)
            .expect_err("it must not be read")
            .to_string()
    };
    assert_eq!(error(b" \n"), "x-1.0.json is empty");
    assert!(error(b"# Markdown").starts_with("x-1.0.json:1:1: not JSON (expected value"));
    assert!(
        error(b"{\"type\": \"bundle\",\n \"objects\": [")
            .starts_with("x-1.0.json:2:13: the JSON ends too early")
    );
    assert_eq!(error(b"[]"), "x-1.0.json:1:1: not a STIX bundle (a bundle is a JSON object)");
    assert_eq!(error(b"{}"), "x-1.0.json:1:1: not a STIX bundle (it has no `\"type\": \"bundle\"`)");
    assert_eq!(error(b"{\"type\": \"report\"}"), "x-1.0.json:1:1: not a STIX bundle (its type is `report`)");
    assert_eq!(error(b"{\"type\": \"bundle\"}"), "x-1.0.json:1:1: not a STIX bundle (it has no `objects`)");
    let wrong = error(b"{\"type\": \"bundle\",\n\"objects\": [{\"name\": 5}]}");
    assert!(wrong.starts_with("x-1.0.json:2:") && wrong.contains("expected a string"), "{wrong}");
    let empty = error(b"\xEF\xBB\xBF{\"type\": \"bundle\", \"objects\": []}");
    assert_eq!(empty, "x-1.0.json is a STIX bundle, but holds no ATT&CK technique");
}

#[test]
fn wants_one_domain_and_a_version() {
    let sound = bundle(vec![technique("1", "T1001")]);
    let error = read("enterprise-attack.json", &sound).expect_err("there is no version");
    assert!(matches!(error, CatalogError::NoVersion { .. }));
    assert!(error.help().is_some_and(|help| help.contains("enterprise-attack-16.1.json")));
    for name in ["enterprise-attack-9.json", "enterprise_attack_v9.0.json", "enterprise-attack-9.0"] {
        assert_eq!(read(name, &sound).expect(name).version().to_string(), "9.0");
    }
    let given = "3.1".parse().ok();
    let release = Release::from_bytes(Path::new("x"), sound.to_string().as_bytes(), given);
    assert_eq!(release.expect("the version is given").version().to_string(), "3.1");

    let mobile = object("x-mitre-matrix", "m2", "mobile-attack", "Mobile");
    let error = read("x-1.0.json", &bundle(vec![mobile, technique("1", "T1001")])).expect_err("two domains");
    assert!(error.to_string().contains("enterprise-attack and mobile-attack"), "{error}");
}

#[test]
fn refuses_values_that_would_break_a_table() {
    let mut tabbed = technique("1", "T1001");
    tabbed["name"] = json!("One\tTwo");
    let error = read("x-1.0.json", &bundle(vec![tabbed])).expect_err("a tab separates columns");
    assert_eq!(error.to_string(), "x-1.0.json: the name of T1001 holds '\\t': \"One\\tTwo\"");
    let mut barred = technique("1", "T1001");
    barred["x_mitre_platforms"] = json!(["Linux|Windows"]);
    let error = read("x-1.0.json", &bundle(vec![barred])).expect_err("a bar separates platforms");
    assert!(error.to_string().contains("the platform of T1001 holds '|'"), "{error}");
    let mut many = technique("1", "T1001");
    many["x_mitre_platforms"] = (0..65).map(|number| json!(format!("P{number}"))).collect();
    let error = read("x-1.0.json", &bundle(vec![many])).expect_err("too many");
    assert!(error.to_string().contains("65 platforms"), "{error}");
}

#[test]
fn joins_versions_and_refuses_the_same_twice() {
    let one = || read("enterprise-attack-1.0.json", &bundle(vec![technique("1", "T1001")])).expect("sound");
    let two = || {
        let mut renamed = technique("1", "T1001");
        renamed["name"] = json!("New name");
        read("enterprise-attack-2.0.json", &bundle(vec![renamed, technique("2", "T1002")])).expect("sound")
    };
    let three = || read("enterprise-attack-3.0.json", &bundle(vec![technique("1", "T1001")])).expect("sound");
    let files = |releases| -> Vec<(String, String)> {
        let tables: Vec<Table> = union::tables(releases).expect("the versions differ");
        tables.iter().flat_map(Table::files).collect()
    };
    let sorted = files(vec![one(), two(), three()]);
    assert_eq!(sorted, files(vec![three(), one(), two()]));
    let rows: Vec<&str> = sorted[0].1.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(
        rows,
        [
            "T1001\t1.0,3.0\tName of T1001\texecution\tLinux|macOS\tactive",
            "T1001\t2.0\tNew name\texecution\tLinux|macOS\tactive",
            "T1002\t2.0\tName of T1002\texecution\tLinux|macOS\tactive",
        ]
    );
    let error = union::tables(vec![one(), two(), one()]).expect_err("1.0 is there twice");
    assert!(error.to_string().ends_with("are both enterprise-attack 1.0"), "{error}");
}

#[test]
fn a_written_table_is_read_as_it_was() {
    let objects = vec![
        technique("1", "T1001"),
        technique("2", "T1001.001"),
        technique("3", "T1002.001"),
        relation("subtechnique-of", "attack-pattern--3", "attack-pattern--1"),
        revoked("4", "T1002.002"),
        object("intrusion-set", "g", "G0001", "Ghost"),
    ];
    let one = read("enterprise-attack-1.0.json", &bundle(objects)).expect("sound");
    let two = read("enterprise-attack-2.0.json", &bundle(vec![technique("5", "T1003")])).expect("sound");
    let table = union::tables(vec![one, two]).expect("the versions differ").remove(0);
    let files = table.files();
    for line_end in ["\n", "\r\n"] {
        let text = |place: usize| -> &'static str { files[place].1.replace('\n', line_end).leak() };
        let again = read_table(Domain::Enterprise, text(1), text(0), text(2)).expect("it was written");
        let mut second = Vec::new();
        again.for_each_technique_in(1, |row| second.push(row.id));
        assert_eq!(second, [id("T1003")]);
        assert_eq!(again.techniques(), table.techniques());
        assert_eq!(again.files(), files);
    }
}
