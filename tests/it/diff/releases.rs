//! With NAVLAYER_CORPUS: the same, computed straight from the STIX bundles.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use navlayer::attack::diff::{Diff, Retirement};
use navlayer::attack::{Catalog, Domain, Version};
use serde::Deserialize;

use crate::support::{corpus, covered, listing};

#[derive(Deserialize)]
struct Bundle {
    objects: Vec<Object>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Object {
    #[serde(rename = "type")]
    kind: String,
    id: String,
    name: String,
    revoked: bool,
    x_mitre_deprecated: bool,
    x_mitre_is_subtechnique: bool,
    x_mitre_shortname: String,
    x_mitre_platforms: Vec<String>,
    kill_chain_phases: Vec<Phase>,
    external_references: Vec<Reference>,
    relationship_type: String,
    source_ref: String,
    target_ref: String,
}

#[derive(Deserialize)]
struct Phase {
    phase_name: String,
}

#[derive(Deserialize)]
struct Reference {
    source_name: String,
    #[serde(default)]
    external_id: String,
}

impl Object {
    fn attack_id(&self) -> &str {
        let ours = self.external_references.iter().find(|one| one.source_name.starts_with("mitre-"));
        ours.map_or("", |one| &one.external_id)
    }
}

struct Facts {
    name: String,
    tactics: BTreeSet<String>,
    platforms: BTreeSet<String>,
    parent: Option<String>,
}

/// The active techniques by id, and the retired ones with the end of their successors.
struct Release {
    version: Version,
    active: BTreeMap<String, Facts>,
    retired: BTreeMap<String, (bool, Option<String>)>,
}

fn release(path: &Path, version: Version) -> Release {
    let bytes = fs::read(path).expect("the file can be read");
    let objects = serde_json::from_slice::<Bundle>(&bytes).expect("it is a bundle").objects;
    let by_id: BTreeMap<&str, &Object> = objects.iter().map(|one| (one.id.as_str(), one)).collect();
    let related = |kind: &str| -> BTreeMap<&str, &str> {
        let all = objects.iter().filter(|one| one.relationship_type == kind && !one.revoked);
        all.map(|one| (one.source_ref.as_str(), one.target_ref.as_str())).collect()
    };
    let (parents, successors) = (related("subtechnique-of"), related("revoked-by"));
    let tactics = objects.iter().filter(|one| one.kind == "x-mitre-tactic");
    let tactics: BTreeMap<&str, &str> =
        tactics.map(|one| (one.x_mitre_shortname.as_str(), one.attack_id())).collect();
    let mut release = Release { version, active: BTreeMap::new(), retired: BTreeMap::new() };
    for one in objects.iter().filter(|one| one.kind == "attack-pattern") {
        let id = one.attack_id().to_owned();
        if one.revoked || one.x_mitre_deprecated {
            let mut end = None;
            let mut at = one.id.as_str();
            while let Some(next) = successors.get(at).filter(|_| by_id[at].revoked) {
                at = next;
                end = Some(by_id[at].attack_id().to_owned());
            }
            release.retired.insert(id, (one.revoked, end));
            continue;
        }
        let phases = one.kill_chain_phases.iter().map(|phase| tactics[phase.phase_name.as_str()].to_owned());
        let parent = parents.get(one.id.as_str()).filter(|_| one.x_mitre_is_subtechnique);
        let facts = Facts {
            name: one.name.clone(),
            tactics: phases.collect(),
            platforms: one.x_mitre_platforms.iter().map(|platform| platform.trim().to_owned()).collect(),
            parent: parent.map(|parent| by_id[parent].attack_id().to_owned()),
        };
        release.active.insert(id, facts);
    }
    // A technique without platforms is on the platform "None" where there is one.
    if release.active.values().any(|facts| facts.platforms.contains("None")) {
        for facts in release.active.values_mut().filter(|facts| facts.platforms.is_empty()) {
            facts.platforms.insert("None".to_owned());
        }
    }
    release
}

/// What the later of two releases calls a platform.
fn later_name(name: &str, earlier: &Release, later: &Release) -> String {
    let has = |release: &Release, name: &str| release.active.values().any(|one| one.platforms.contains(name));
    let now = match name {
        "AWS" | "Azure" | "GCP" => "IaaS",
        "Azure AD" => "Identity Provider",
        "Google Workspace" | "Office 365" => "Office Suite",
        "Network" => "Network Devices",
        other => other,
    };
    let is_renamed = has(earlier, name) && !has(later, name) && has(later, now);
    (if is_renamed { now } else { name }).to_owned()
}

fn compare(domain: Domain, from: &Release, to: &Release) {
    let catalog = |release: &Release| Catalog::embedded(domain, release.version).expect("it is embedded");
    let diff = Diff::new(&catalog(from), &catalog(to)).expect("one domain");
    let name = diff.title();
    let added: Vec<String> = diff.added.iter().map(|one| one.technique.id.to_string()).collect();
    let back: Vec<String> = diff.brought_back.iter().map(|one| one.technique.id.to_string()).collect();
    let new = to.active.keys().filter(|id| !from.active.contains_key(*id));
    let (wanted_back, wanted): (Vec<&String>, Vec<&String>) =
        new.partition(|id| from.retired.contains_key(*id));
    assert_eq!(added.iter().collect::<Vec<_>>(), wanted, "{name}: added");
    assert_eq!(back.iter().collect::<Vec<_>>(), wanted_back, "{name}: brought back");

    let shared: Vec<(&String, &Facts, &Facts)> =
        from.active.iter().filter_map(|(id, before)| Some((id, before, to.active.get(id)?))).collect();
    let told = |is: &dyn Fn(&navlayer::attack::diff::Changed) -> bool| -> Vec<String> {
        diff.changed.iter().filter(|one| is(one)).map(|one| one.technique.id.to_string()).collect()
    };
    let differing = |differs: &dyn Fn(&Facts, &Facts) -> bool| -> Vec<String> {
        let all = shared.iter().filter(|(_, before, after)| differs(before, after));
        all.map(|(id, ..)| (*id).clone()).collect()
    };
    assert_eq!(
        told(&|one| one.former_name.is_some()),
        differing(&|a, b| a.name != b.name),
        "{name}: renamed"
    );
    assert_eq!(
        told(&|one| one.tactics.is_some()),
        differing(&|a, b| a.tactics != b.tactics),
        "{name}: tactics"
    );
    assert_eq!(told(&|one| one.parent.is_some()), differing(&|a, b| a.parent != b.parent), "{name}: parents");
    let [earlier, later] = if from.version < to.version { [from, to] } else { [to, from] };
    let called = |facts: &Facts| -> BTreeSet<String> {
        facts.platforms.iter().map(|name| later_name(name, earlier, later)).collect()
    };
    let platforms = differing(&|a, b| called(a) != called(b));
    assert_eq!(told(&|one| one.platforms.is_some()), platforms, "{name}: platforms");
    let is_same = |a: &Facts, b: &Facts| {
        a.name == b.name && a.tactics == b.tactics && a.parent == b.parent && called(a) == called(b)
    };
    let unchanged = shared.iter().filter(|(_, a, b)| is_same(a, b)).count();
    assert_eq!(diff.counts.unchanged.total(), unchanged, "{name}");

    let gone: Vec<&String> = from.active.keys().filter(|id| !to.active.contains_key(*id)).collect();
    assert_eq!(diff.retired.len(), gone.len(), "{name}: retired");
    for (one, id) in diff.retired.iter().zip(gone) {
        assert_eq!(one.technique.id.to_string(), *id, "{name}");
        match (&one.how, to.retired.get(id)) {
            (Retirement::Replaced { chain }, Some((true, Some(end)))) => {
                assert_eq!(
                    chain.last().map(|step| step.technique.id.to_string()).as_ref(),
                    Some(end),
                    "{name}"
                );
            }
            (Retirement::RevokedWithoutSuccessor, Some((true, None)))
            | (Retirement::Deprecated, Some((false, _))) => {}
            (Retirement::Removed, None) => assert!(!diff.is_backwards(), "{name}: {id}"),
            (Retirement::NotYet, None) => assert!(diff.is_backwards(), "{name}: {id}"),
            (told, _) => panic!("{name}: {id} is {told:?}"),
        }
    }
}

#[test]
fn diffs_of_the_embedded_catalogs_are_those_of_the_bundles() {
    let Some(corpus) = corpus() else { return };
    let bundles = listing(&corpus.with_file_name("attack"));
    let mut releases: BTreeMap<Domain, Vec<Release>> = BTreeMap::new();
    for path in &bundles {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("a name");
        let (domain, version) = stem.rsplit_once('-').expect("domain and version");
        let version = version.parse().expect("a version");
        releases.entry(domain.parse().expect("a domain")).or_default().push(release(path, version));
    }
    let mut pairs = 0;
    for (domain, releases) in &releases {
        for from in releases {
            for to in releases {
                compare(*domain, from, to);
                pairs += 1;
            }
        }
    }
    assert_eq!(pairs, 13 * 13 + 5 * 5 + 5 * 5);
    covered(bundles.len());
}
