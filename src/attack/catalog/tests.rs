//! The embedded catalogs.

use super::*;
use crate::attack::{ActorKind, embedded_versions};

fn id(text: &str) -> TechniqueId {
    text.parse().expect(text)
}

fn catalog(domain: Domain, version: &str) -> Catalog {
    Catalog::embedded(domain, version.parse().expect(version)).expect("the version is embedded")
}

#[test]
fn every_line_of_every_embedded_table_is_read() {
    for domain in Domain::ALL {
        let table = Table::embedded(domain);
        assert!(!table.versions().is_empty() && !table.actors().actors.is_empty());
        assert!(table.versions().is_sorted_by(|one, next| one < next));
        assert!(table.techniques().is_sorted_by_key(|row| row.id));
        assert!(table.actors().uses.is_sorted_by(|one, next| one.id <= next.id));
        for row in &table.actors().uses {
            assert!(row.techniques.split(',').all(|id| id.parse::<TechniqueId>().is_ok()));
        }
        for version in embedded_versions(domain) {
            let catalog = Catalog::embedded(domain, *version).expect("it is listed");
            for technique in catalog.techniques() {
                assert!(!technique.tactics.is_empty(), "{domain} {version} {}", technique.id);
                assert!(!technique.platforms.is_empty(), "{domain} {version} {}", technique.id);
                let parent = technique.parent.map(|parent| catalog.fate(parent));
                assert!(
                    parent.is_none_or(|fate| fate == Fate::Active),
                    "{domain} {version} {}",
                    technique.id
                );
            }
            assert!((0..catalog.tactics().len()).all(|place| !catalog.in_tactic(place).is_empty()));
        }
    }
}

#[test]
fn counts_are_those_of_the_releases() {
    let count = |domain, version: &str| {
        let catalog = catalog(domain, version);
        let subs = catalog.techniques().iter().filter(|technique| technique.id.is_sub()).count();
        let groups = catalog.actors().iter().filter(|actor| actor.kind == ActorKind::Group).count();
        (catalog.tactics().len(), catalog.techniques().len() - subs, subs, groups)
    };
    assert_eq!(count(Domain::Enterprise, "10.1"), (14, 188, 378, 128));
    assert_eq!(count(Domain::Enterprise, "16.1"), (14, 203, 453, 159));
    assert_eq!(count(Domain::Enterprise, "18.1"), (14, 216, 475, 172));
    assert_eq!(count(Domain::Enterprise, "19.0").0, 15);
    assert_eq!(count(Domain::Mobile, "16.1").0, 12);
    assert_eq!(count(Domain::Ics, "16.1").0, 12);
}

#[test]
fn platforms_are_those_of_the_techniques() {
    let platforms = |domain, version: &str| catalog(domain, version).platforms().join(", ");
    let enterprise =
        "Containers, IaaS, Identity Provider, Linux, Network, Office Suite, PRE, SaaS, Windows, macOS";
    assert_eq!(platforms(Domain::Enterprise, "16.1"), enterprise);
    assert_eq!(platforms(Domain::Mobile, "18.1"), "Android, iOS");
    assert_eq!(platforms(Domain::Ics, "18.1"), "None");
    // It has no platform in the bundle, and the Navigator shows it under "None".
    let ics = catalog(Domain::Ics, "18.1");
    assert_eq!(ics.technique(id("T0895")).expect("active").platforms.iter().collect::<Vec<_>>(), [0]);
}

#[test]
fn knows_what_became_of_an_id() {
    let fate = |domain, version: &str, text: &str| catalog(domain, version).fate(id(text));
    let says = |domain, version: &str, text: &str| fate(domain, version, text).describe();
    let enterprise = Domain::Enterprise;
    assert_eq!(fate(enterprise, "16.1", "T1562"), Fate::Active);
    assert_eq!(says(enterprise, "19.0", "T1562"), "revoked, replaced by T1685");
    assert_eq!(says(enterprise, "16.1", "T1053.001"), "revoked, replaced by T1053.002");
    assert_eq!(
        fate(enterprise, "16.1", "T1150"),
        Fate::Revoked { chain: vec![id("T1547.011"), id("T1647")] }
    );
    assert_eq!(fate(enterprise, "16.1", "T1053.004"), Fate::Deprecated);
    assert_eq!(says(enterprise, "16.1", "T1685"), "not known before ATT&CK 19.0");
    assert_eq!(fate(enterprise, "16.1", "T1521.003"), Fate::Elsewhere(Domain::Mobile));
    assert_eq!(says(enterprise, "16.1", "T1521.003"), "a Mobile technique");
    assert_eq!(says(Domain::Mobile, "16.1", "T1562"), "an Enterprise technique");
    assert_eq!(fate(enterprise, "16.1", "T9999"), Fate::Unknown);
    assert_eq!(fate(Domain::Mobile, "12.1", "T1454"), Fate::RevokedWithoutSuccessor);
}

#[test]
fn names_are_those_of_the_version() {
    let name =
        |version: &str, text: &str| catalog(Domain::Enterprise, version).name_of(id(text)).map(str::to_owned);
    assert_eq!(name("13.1", "T1562.008").as_deref(), Some("Disable Cloud Logs"));
    assert_eq!(name("16.1", "T1562.008").as_deref(), Some("Disable or Modify Cloud Logs"));
    assert_eq!(name("16.1", "T1053.001").as_deref(), Some("At (Linux)"));
    assert_eq!(name("16.1", "T1685"), None);
    let table = Table::embedded(Domain::Enterprise);
    assert_eq!(table.names(id("T1562.008")).len(), 2);
    assert_eq!(table.ranges(&table.active_in(id("T1562.008"))), "8.2-18.1");
}

#[test]
fn a_tactic_lists_its_techniques_by_name() {
    let catalog = catalog(Domain::Enterprise, "16.1");
    let names: Vec<&str> = catalog.in_tactic(0).iter().map(|technique| technique.name.as_ref()).collect();
    assert_eq!(catalog.tactics()[0].name, "Reconnaissance");
    assert_eq!(names.first(), Some(&"Active Scanning"));
    assert!(names.is_sorted());
    assert_eq!(catalog.sub_techniques(id("T1562")).len(), 11);
}

#[test]
fn suggests_the_id_that_was_probably_meant() {
    let catalog = catalog(Domain::Enterprise, "16.1");
    assert_eq!(catalog.nearest("T1565.9"), Some(id("T1565")));
    assert_eq!(catalog.nearest("t1562.08"), Some(id("T1562.008")));
    assert_eq!(catalog.nearest("GuardDuty"), None);
}

#[test]
fn actors_use_what_the_release_says() {
    let actors = catalog(Domain::Enterprise, "16.1").actors();
    let apt29 = actors.iter().find(|actor| actor.id == "G0016").expect("it is active");
    assert_eq!(apt29.name, "APT29");
    assert!(apt29.aliases.iter().any(|alias| alias == "Cozy Bear"));
    assert!(apt29.techniques.contains(&id("T1562.008")));
    assert!(apt29.techniques.is_sorted());
    let former = catalog(Domain::Enterprise, "16.1").retired_actors();
    let apt34 = former.iter().find(|actor| actor.id == "G0057").expect("it is listed");
    assert_eq!(apt34.replaced_by, ["G0049"]);
}

#[test]
fn an_unknown_version_lists_the_known_ones() {
    let version = "7.0".parse().expect("a version");
    let error = Catalog::embedded(Domain::Mobile, version).expect_err("it is not embedded");
    let (message, help) = (error.to_string(), error.help().expect("there is advice"));
    assert!(message.contains("known are 12.1, 15.1"), "{message}");
    assert!(help.contains("catalog import") && help.contains("--attack-data"), "{help}");
}
