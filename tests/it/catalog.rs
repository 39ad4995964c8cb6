//! `navlayer catalog`: the embedded facts, and importing bundles.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use navlayer::attack::Table;

fn navlayer(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("navlayer").expect("the binary is built");
    command.arg("catalog").args(arguments);
    command
}

/// Runs the command; gives its exit code, standard output and standard error.
fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = navlayer(arguments).output().expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the output is UTF-8");
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

#[test]
#[expect(clippy::print_stderr, reason = "says how much of the real data was covered")]
fn embedded_tables_are_what_the_bundles_say() {
    let Some(corpus) = std::env::var_os("NAVLAYER_CORPUS") else {
        eprintln!("skipped: NAVLAYER_CORPUS is not set");
        return;
    };
    let mut bundles: Vec<PathBuf> = fs::read_dir(Path::new(&corpus).join("attack"))
        .expect("NAVLAYER_CORPUS has a folder `attack`")
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    // The order of the arguments must not matter.
    bundles.sort_by(|one, other| other.cmp(one));
    let tables = Table::from_bundles(&bundles).expect("every bundle is read");
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/attack");
    let mut files = 0;
    for (name, content) in tables.iter().flat_map(Table::files) {
        let kept = fs::read_to_string(data.join(&name)).expect(&name);
        assert!(kept == content, "data/attack/{name} is out of date: run `navlayer catalog import`");
        files += 1;
    }
    assert_eq!(files, fs::read_dir(data).expect("the tables are there").count());
    let versions: usize = tables.iter().map(|table| table.versions().len()).sum();
    assert_eq!(versions, bundles.len());
    assert!(tables.iter().all(|table| table.notes().is_empty()), "something was left out");
    eprintln!("covered: {} bundles, {files} tables", bundles.len());
}

#[test]
fn lists_every_version_with_its_counts() {
    let (code, text, _) = run(&["list"]);
    assert_eq!(code, 0);
    assert!(text.contains("     16.1       14         203             453"), "{text}");
    let (_, json, _) = run(&["list", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(json[0]["domain"], "enterprise-attack");
    assert_eq!(json[0]["source"], "embedded");
    assert_eq!(json[2]["versions"][0]["tactics"], 12);
}

#[test]
fn shows_an_active_technique() {
    let (code, text, _) = run(&["show", "T1562.008", "--attack-version", "16.1"]);
    assert_eq!(code, 0);
    for part in [
        "T1562.008  Disable or Modify Cloud Logs",
        "sub-technique of T1562 Impair Defenses",
        "Defense Evasion (TA0005)",
        "IaaS, Identity Provider, Office Suite, SaaS",
        "8.2-18.1",
        "Disable Cloud Logs (since 8.2)",
        "https://attack.mitre.org/versions/v16/techniques/T1562/008/",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn shows_what_became_of_a_retired_technique() {
    let (code, text, _) = run(&["show", "t1150"]);
    assert_eq!(code, 0);
    assert!(text.contains("revoked, replaced by T1647 (by way of T1547.011)"), "{text}");
    let (_, text, _) = run(&["show", "T1431", "--domain", "mobile"]);
    assert!(text.contains("replaced by T1476, which is itself deprecated"), "{text}");
    let (code, text, _) = run(&["show", "Impair Defenses: Disable Cloud Logs", "--attack-version", "16.1"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.starts_with("T1562.008  Disable or Modify Cloud Logs"), "{text}");
}

#[test]
fn shows_tactics_groups_and_campaigns_by_any_name() {
    let (_, text, _) = run(&["show", "defense-evasion", "Cozy bear", "C0024", "--attack-version", "18.1"]);
    for part in ["TA0005  Defense Evasion", "tactic 7 of 14", "G0016  APT29", "C0024  SolarWinds Compromise"]
    {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn what_is_unknown_ends_with_1_and_a_suggestion() {
    let (code, text, _) = run(&["show", "credential dumping", "T1078"]);
    assert_eq!(code, 1);
    assert!(text.contains("did you mean   T1003"), "{text}");
    assert!(text.contains("T1078  Valid Accounts"), "{text}");
    let (code, text, _) = run(&["show", "T1521.003", "--domain", "enterprise", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!((code, json[0]["other_domain"].as_str()), (1, Some("mobile-attack")));
}

#[test]
fn a_version_that_is_not_known_ends_with_2() {
    let (code, out, error) = run(&["show", "T1078", "--attack-version", "7"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(error.contains("8.2, 9.0, 10.0") && error.contains("--attack-data"), "{error}");
}

const BUNDLE: &str = r#"{"type": "bundle", "objects": [
  {"type": "x-mitre-matrix", "id": "x-mitre-matrix--1", "tactic_refs": ["x-mitre-tactic--1"],
   "external_references": [{"source_name": "mitre-attack", "external_id": "enterprise-attack"}]},
  {"type": "x-mitre-tactic", "id": "x-mitre-tactic--1", "name": "Execution", "x_mitre_shortname": "execution",
   "external_references": [{"source_name": "mitre-attack", "external_id": "TA0002"}]},
  {"type": "attack-pattern", "id": "attack-pattern--1", "name": "Future Technique",
   "kill_chain_phases": [{"kill_chain_name": "mitre-attack", "phase_name": "execution"}],
   "external_references": [{"source_name": "mitre-attack", "external_id": "T8001"}]}]}"#;

#[test]
fn a_bundle_of_the_users_own_stands_for_the_embedded_ones() {
    let folder = tempfile::tempdir().expect("a folder");
    let bundle = folder.path().join("enterprise-attack-20.0.json");
    fs_write(&bundle, BUNDLE);
    let path = bundle.to_str().expect("the path is UTF-8");
    let (code, text, error) = run(&["show", "T8001", "T1562", "--attack-data", path]);
    assert_eq!(code, 0, "{error}");
    assert!(text.contains("T8001  Future Technique\n  domain         Enterprise, ATT&CK 20.0"), "{text}");
    assert!(text.contains("last known in ATT&CK 18.1"), "{text}");
    let (_, text, _) = run(&["list", "--attack-data", path]);
    assert!(text.contains("     20.0        1           1"), "{text}");
}

#[test]
fn imports_all_or_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = folder.path().join("enterprise-attack-20.0.json");
    fs_write(&good, BUNDLE);
    let bad = folder.path().join("mobile-attack-20.0.json");
    let output = folder.path().join("tables");
    let import = |bundles: &[&Path]| {
        let paths = bundles.iter().map(|path| path.to_str().expect("the path is UTF-8"));
        let mut arguments = vec!["import"];
        arguments.extend(paths);
        arguments.extend(["-o", output.to_str().expect("the path is UTF-8")]);
        run(&arguments)
    };
    let cut = &BUNDLE[..200];
    for (content, message) in [
        ("", "is empty"),
        (cut, "the JSON ends too early"),
        ("id,name\n", "not JSON"),
        (r#"{"version": "4.5", "name": "a layer"}"#, "not a STIX bundle"),
        (r#"{"type": "bundle", "objects": []}"#, "holds no ATT&CK technique"),
    ] {
        fs_write(&bad, content);
        let (code, out, error) = import(&[&good, &bad]);
        assert_eq!((code, out.as_str()), (2, ""), "{content}");
        assert!(error.contains(message) && error.contains("help: "), "{error}");
        assert!(!output.exists(), "{content}");
    }
    let (code, _, error) = import(&[&good, &good]);
    assert!(code == 2 && error.contains("are both enterprise-attack 20.0"), "{error}");
    let (code, out, error) = import(&[&good]);
    assert_eq!(code, 0, "{error}");
    assert!(out.contains("enterprise-attack: 1 version (20.0) in enterprise-attack.tsv"), "{out}");
    assert_eq!(fs::read_dir(&output).expect("the folder was made").count(), 3);
}

#[expect(clippy::disallowed_methods, reason = "a test's own input, not an output of the tool")]
fn fs_write(path: &Path, content: &str) {
    fs::write(path, content).expect("the folder can be written to");
}
