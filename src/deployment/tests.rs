use std::collections::BTreeMap;

use super::*;
use crate::mapping::read;
use crate::source::Source;

const HEADER: &str = "PROVIDER;ACCOUNTID;REGION;CHECKID;STATUS;RESOURCEID;MUTED\n";

fn scans(rows: &str) -> Scans {
    let mut scans = Scans::default();
    let found = scans.read(&Source::new("scan.csv", format!("{HEADER}{rows}")));
    assert!(found.is_empty(), "{found:?}");
    scans
}

/// How the capabilities of the built-in mapping stand that are not without a result.
fn standings(rows: &str) -> BTreeMap<String, Standing> {
    let sets = read::embedded().sets;
    let deployment = Deployment::new(&sets, Rule::All, &scans(rows), &OwnTies::new());
    let all = sets[0].capabilities.iter().enumerate();
    let all = all
        .map(|(capability, one)| (one.id.clone(), deployment.standing(CapabilityKey { set: 0, capability })));
    all.filter(|(_, standing)| *standing != Standing::NoResult).collect()
}

#[test]
fn a_capability_stands_as_its_results_came_out() {
    let found = standings(
        "aws;1;eu;guardduty_is_enabled;PASS;d;False\n\
         aws;1;eu;guardduty_centrally_managed;MANUAL;d;False\n\
         aws;1;eu;macie_is_enabled;FAIL;m;False\n\
         aws;1;eu;s3_bucket_public_access;PASS;a;False\n\
         aws;1;eu;s3_bucket_public_access;FAIL;b;False\n\
         aws;1;eu;kms_cmk_rotation_enabled;MANUAL;k;False\n\
         aws;1;eu;securityhub_enabled;PASS;h;False\n\
         aws;1;us;securityhub_enabled;FAIL;h;True\n",
    );
    let expected = [
        ("amazon_guardduty", Standing::Passing),
        ("amazon_macie", Standing::Failing),
        ("aws_s3", Standing::InPart),
        ("aws_security_hub", Standing::Passing),
    ];
    assert_eq!(found, expected.map(|(id, standing)| (id.to_owned(), standing)).into());
}

#[test]
fn the_rule_decides_what_passes_in_part() {
    assert!(Standing::InPart.is_deployed(Rule::Any) && !Standing::InPart.is_deployed(Rule::All));
    for rule in Rule::ALL {
        assert!(Standing::Listed.is_deployed(rule) && Standing::Passing.is_deployed(rule));
        assert!(!Standing::Failing.is_deployed(rule) && !Standing::NoResult.is_deployed(rule));
    }
}

#[test]
fn a_result_that_stands_twice_counts_once() {
    let row = "aws;1;eu;macie_is_enabled;FAIL;m;False\n";
    let mut twice = scans(&row.repeat(3));
    assert!(twice.read(&Source::new("again.csv", format!("{HEADER}{row}"))).is_empty());
    let all: Vec<Counts> = twice.results().map(|(_, counts)| counts).collect();
    assert_eq!(all, [Counts { failed: 1, ..Counts::default() }]);
}

#[test]
fn evidence_says_where() {
    let sets = read::embedded().sets;
    let scans = scans(
        "aws;222;us-east-1;macie_is_enabled;FAIL;m;False\n\
         aws;111;eu-west-1;macie_is_enabled;PASS;m;False\n\
         aws;111;eu-west-1;macie_automated_sensitive_data_discovery_enabled;PASS;m;False\n\
         aws;111;eu-west-1;ec2_ebs_volume_encryption;PASS;v;False\n",
    );
    let deployment = Deployment::new(&sets, Rule::Any, &scans, &OwnTies::new());
    let capability =
        sets[0].capabilities.iter().position(|one| one.id == "amazon_macie").expect("it is there");
    let evidence = deployment.evidence(CapabilityKey { set: 0, capability }).expect("there are results");
    assert_eq!(evidence.in_words(), "2 passed, 1 failed; accounts 111, 222; regions eu-west-1, us-east-1");
    assert_eq!(evidence.failed_checks().collect::<Vec<_>>(), ["macie_is_enabled"]);
    assert_eq!(deployment.untied().keys().collect::<Vec<_>>(), ["ec2"]);
}
