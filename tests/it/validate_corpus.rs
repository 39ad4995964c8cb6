//! What is found in the published mappings, with NAVLAYER_CORPUS: every finding is known, and none is false.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{Workspace, corpus, covered, listing};

/// A source and what there is to find in it: the code, how often, and what it is in the data.
type Known = (&'static str, &'static [(&'static str, usize, &'static str)]);

const KNOWN: &[Known] = &[
    ("mappings-explorer/aws-09.21.2021_attack-9.0-enterprise.json", &[]),
    (
        "mappings-explorer/aws-12.12.2024_attack-16.1-enterprise.json",
        &[
            ("NL0203", 1, "T1053.001 of amazon_inspector is revoked"),
            ("NL0205", 27, "names from before 16.1"),
        ],
    ),
    (
        "mappings-explorer/azure-06.29.2021_attack-8.2-enterprise.json",
        &[("NL0402", 1, "azure_active_directory_password_protection has none in any row")],
    ),
    (
        "mappings-explorer/gcp-03.06.2025_attack-16.1-enterprise.json",
        &[
            ("NL0301", 2, "artifact_analysis: T1068 and T1610, each with two comments on one level"),
            ("NL0401", 1, "an address that opens with a quote"),
        ],
    ),
    ("mappings-explorer/gcp-06.28.2022_attack-10.0-enterprise.json", &[]),
    (
        "mappings-explorer/kev-02.13.2025_attack-15.1-enterprise.json",
        &[
            ("NL0315", 1, "`uncategorized` is defined, and of no row"),
            ("NL0401", 7, "pieces of an address to highlighted text, and one of a browser's extension"),
        ],
    ),
    (
        "mappings-explorer/kev-02.13.2025_attack-15.1-mobile.json",
        &[("NL0315", 2, "`uncategorized` and, in eight rows, `secondary_impact`")],
    ),
    (
        "mappings-explorer/nist_800_53-rev5_attack-16.1-enterprise.json",
        &[
            ("NL0204", 1, "T1521.003 is a Mobile technique"),
            ("NL0301", 50, "whole rows copied"),
            ("NL0324", 1, "the row of T1521.003 is on `[UNKNOWN_VERSION]`"),
            ("NL0402", 106, "ten rows, of three controls, have a comment"),
            ("NL0403", 1, "no row has a reference"),
        ],
    ),
    (
        "mappings-explorer/veris-1.4.0_attack-16.1-enterprise.json",
        &[
            ("NL0301", 9, "whole rows copied"),
            ("NL0306", 1, "action.malware.variety.In-memory is complete, without an id"),
            ("NL0402", 1, "no row has a comment"),
            ("NL0403", 1, "no row has a reference"),
        ],
    ),
    (
        "mappings-explorer/veris-1.4.0_attack-16.1-ics.json",
        &[("NL0402", 1, "no row has a comment"), ("NL0403", 1, "no row has a reference")],
    ),
    (
        "mappings-explorer/veris-1.4.0_attack-16.1-mobile.json",
        &[
            ("NL0301", 1, "a row copied"),
            ("NL0308", 3, "buffer overflow, phishing and partner are mapped, and declared non-mappable"),
            ("NL0402", 1, "no row has a comment"),
            ("NL0403", 1, "no row has a reference"),
        ],
    ),
    (
        "mappings-explorer-exports/aws-12.12.2024_attack-16.1-enterprise.yaml",
        &[("NL0203", 1, "as in its JSON"), ("NL0205", 27, "as in its JSON")],
    ),
    (
        "mappings-explorer-exports/aws-12.12.2024_attack-16.1-enterprise.csv",
        &[("NL0203", 1, "as in its JSON"), ("NL0205", 27, "as in its JSON")],
    ),
    (
        "mappings-explorer-exports/aws-12.12.2024_attack-16.1-enterprise.xlsx",
        &[("NL0203", 1, "as in its JSON"), ("NL0205", 27, "as in its JSON")],
    ),
    (
        "mappings-explorer-exports/veris-1.4.0_attack-16.1-ics.csv",
        &[("NL0402", 1, "as in its JSON"), ("NL0403", 1, "as in its JSON")],
    ),
    (
        "mappings-explorer-exports/veris-1.4.0_attack-16.1-ics.yaml",
        &[("NL0402", 1, "as in its JSON"), ("NL0403", 1, "as in its JSON")],
    ),
    (
        "prowler/mitre_attack_aws.json",
        &[
            ("NL0112", 1, "`Version` is empty"),
            ("NL0205", 2, "T1074 and T1562.006 have the names of other techniques"),
            ("NL0318", 1, "34 sub-techniques without a level"),
        ],
    ),
    (
        "prowler/mitre_attack_gcp.json",
        &[
            ("NL0112", 1, "`Version` is empty"),
            ("NL0205", 3, "T1074 and T1562.006 have the names of other techniques, T1098.002 an old one"),
            ("NL0301", 57, "60 services stand twice in one category, 3 of them with different levels"),
            ("NL0302", 3, "the three"),
            ("NL0304", 1, "`Mninimal`"),
            ("NL0318", 1, "45 sub-techniques without a level"),
        ],
    ),
    (
        "security-stack-mappings/AWS",
        &[
            ("NL0108", 1, "valid_tags.txt"),
            ("NL0322", 8, "controls that cannot be mapped"),
            ("NL0405", 1, "a control without the field"),
        ],
    ),
    (
        "security-stack-mappings/GCP",
        &[
            ("NL0322", 10, "controls that cannot be mapped"),
            ("NL0323", 162, "sub-techniques stand beside techniques"),
            ("NL0404", 1, "a date without its zeros"),
            ("NL0407", 12, "quotes and dashes from a word processor"),
        ],
    ),
];

/// The severe ones by what they point at.
const SEVERE: &[(&str, &str, &str)] = &[
    ("aws-12.12.2024_attack-16.1-enterprise.csv", "NL0203", "T1053.001"),
    ("aws-12.12.2024_attack-16.1-enterprise.json", "NL0203", "\"T1053.001\""),
    ("aws-12.12.2024_attack-16.1-enterprise.xlsx", "NL0203", "T1053.001"),
    ("aws-12.12.2024_attack-16.1-enterprise.yaml", "NL0203", "T1053.001"),
    ("mitre_attack_aws.json", "NL0112", "\"\""),
    ("mitre_attack_gcp.json", "NL0112", "\"\""),
    ("mitre_attack_gcp.json", "NL0302", "\"Partial\""),
    ("mitre_attack_gcp.json", "NL0302", "\"Partial\""),
    ("mitre_attack_gcp.json", "NL0302", "\"Significant\""),
    ("mitre_attack_gcp.json", "NL0304", "\"Mninimal\""),
    ("nist_800_53-rev5_attack-16.1-enterprise.json", "NL0204", "\"T1521.003\""),
    ("nist_800_53-rev5_attack-16.1-enterprise.json", "NL0324", "\"[UNKNOWN_VERSION]\""),
    ("veris-1.4.0_attack-16.1-enterprise.json", "NL0306", "{"),
    ("veris-1.4.0_attack-16.1-mobile.json", "NL0308", "\"Action.Hacking.Variety.Buffer overflow\""),
    ("veris-1.4.0_attack-16.1-mobile.json", "NL0308", "\"Action.Social.Variety.Phishing\""),
    ("veris-1.4.0_attack-16.1-mobile.json", "NL0308", "\"Value_chain.distribution.variety.Partner\""),
];

#[test]
fn every_finding_in_the_published_mappings_is_known() {
    let Some(corpus) = corpus() else { return };
    let space = Workspace::new();
    let mut severe: Vec<(String, String, String)> = Vec::new();
    for (source, known) in KNOWN {
        let path = corpus.join(source);
        let run = space.run(&["validate", "--format", "json", &path.to_string_lossy()]);
        let report: Value =
            serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{source}: {error}"));
        let mut found: BTreeMap<&str, usize> = BTreeMap::new();
        for finding in report["findings"].as_array().expect("a list") {
            let text = |field: &str| finding[field].as_str().unwrap_or_default();
            *found.entry(text("code")).or_default() += 1;
            if text("severity") != "note" {
                let file = text("file").rsplit('/').next().unwrap_or_default();
                let value = text("value").lines().next().unwrap_or_default();
                severe.push((file.to_owned(), text("code").to_owned(), value.to_owned()));
            }
            let place = ["file", "line", "column", "locator", "value"].map(|field| !finding[field].is_null());
            let whole = ["NL0108", "NL0405"].contains(&text("code"));
            assert_eq!(place, [true, !whole, !whole, !whole, !whole], "{source}: {finding}");
        }
        let known: BTreeMap<&str, usize> = known.iter().map(|(code, count, _)| (*code, *count)).collect();
        assert_eq!(found, known, "{source}");
    }
    severe.sort();
    let known: Vec<_> = SEVERE
        .iter()
        .map(|(file, code, value)| ((*file).to_owned(), (*code).to_owned(), (*value).to_owned()))
        .collect();
    assert_eq!(severe, known);
    covered(KNOWN.len());
}

#[test]
fn every_published_mapping_is_among_the_known() {
    let Some(corpus) = corpus() else { return };
    for folder in ["mappings-explorer", "mappings-explorer-exports", "prowler"] {
        for path in listing(&corpus.join(folder)) {
            let name = path.strip_prefix(&corpus).expect("it is below").to_string_lossy().replace('\\', "/");
            assert!(KNOWN.iter().any(|(source, _)| *source == name), "{name}");
        }
    }
}

#[test]
fn all_published_mappings_are_checked_in_one_run() {
    let Some(corpus) = corpus() else { return };
    let space = Workspace::new();
    let folder = corpus.join("mappings-explorer");
    let run = space.run(&["validate", &folder.to_string_lossy()]).ok();
    assert!(
        run.stdout.ends_with("11 files: 7 warnings, 214 notes\n"),
        "{}",
        run.stdout.lines().last().unwrap_or("")
    );
    assert_eq!(run.report().len(), 221, "none is cut");
    covered(11);
}
