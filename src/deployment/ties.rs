//! Which capabilities a check is about: by the service that its id starts with.
//!
//! Prowler names a check after the service that it looks at: `guardduty_is_enabled`, `s3_bucket_public_access`. Where that is
//! not what mappings call the service, or where some checks of a service look at another one, [`FACTS`] says so.

use std::collections::{BTreeMap, BTreeSet};

use crate::coverage::CapabilityKey;
use crate::mapping::MappingSet;

/// What checks the user ties to which capabilities: by the start of a check's id, up to an `_` or its end. Of several that
/// fit, the longest counts; one that names no capability ties its checks to none.
pub type OwnTies = BTreeMap<String, BTreeSet<CapabilityKey>>;

/// The clouds whose checks are never about another's capabilities.
const PROVIDERS: [&str; 3] = ["aws", "azure", "gcp"];

/// What may stand before a service's name and does not tell it.
const VENDORS: [&str; 6] = ["amazon", "aws", "azure", "microsoft", "google", "gcp"];

/// Cloud, start of a check's id, and what mappings call the service, as [`compact`] writes it. The services are those of
/// Prowler 5.46; one that is called so in mappings, too, needs no row.
const FACTS: &[(&str, &str, &[&str])] = &[
    ("aws", "accessanalyzer", &["iamaccessanalyzer"]),
    ("aws", "acm", &["certificatemanager"]),
    ("aws", "awslambda", &["lambda"]),
    ("aws", "drs", &["elasticdisasterrecovery", "cloudenduredisasterrecovery"]),
    ("aws", "ec2", &["ec2", "elasticcomputecloud"]),
    ("aws", "ec2_networkacl", &["virtualprivatecloud", "vpc"]),
    ("aws", "ec2_securitygroup", &["virtualprivatecloud", "vpc"]),
    ("aws", "elb", &["elasticloadbalancing"]),
    ("aws", "elbv2", &["elasticloadbalancing"]),
    ("aws", "fms", &["firewallmanager"]),
    // What was found, not what is on: a service that finds something runs.
    ("aws", "guardduty_no_high_severity_findings", &[]),
    ("aws", "iam", &["identityandaccessmanagement", "iam"]),
    ("aws", "inspector2", &["inspector"]),
    ("aws", "inspector2_active_findings_exist", &[]),
    ("aws", "kms", &["keymanagementservice"]),
    ("aws", "rds", &["rds", "relationaldatabaseservice"]),
    ("aws", "s3", &["s3", "simplestorageservice"]),
    ("aws", "ssm", &["systemsmanager"]),
    ("aws", "vpc", &["virtualprivatecloud", "vpc"]),
    ("aws", "vpc_flow_logs", &["virtualprivatecloud", "vpc", "vpcflowlogs"]),
    ("aws", "waf", &["webapplicationfirewall"]),
    ("aws", "wafv2", &["webapplicationfirewall"]),
    ("azure", "defender_ensure_defender_for_app_services", &["defenderforappservice"]),
    ("azure", "defender_ensure_defender_for_arm", &["defenderforresourcemanager"]),
    (
        "azure",
        "defender_ensure_defender_for_azure_sql_databases",
        &["advancedthreatprotectionforazuresqldatabase"],
    ),
    (
        "azure",
        "defender_ensure_defender_for_containers",
        &["defenderforkubernetes", "defenderforcontainerregistries"],
    ),
    ("azure", "defender_ensure_defender_for_cosmosdb", &["alertsforazurecosmosdb"]),
    ("azure", "defender_ensure_defender_for_dns", &["alertsfordns"]),
    ("azure", "defender_ensure_defender_for_keyvault", &["defenderforkeyvault"]),
    ("azure", "defender_ensure_defender_for_server", &["alertsforwindowsmachines"]),
    ("azure", "defender_ensure_defender_for_storage", &["defenderforstorage"]),
    ("azure", "entra_conditional_access", &["conditionalaccess"]),
    ("azure", "entra_non_privileged_user_has_mfa", &["admultifactorauthentication"]),
    ("azure", "entra_privileged_user_has_mfa", &["admultifactorauthentication"]),
    ("azure", "iam", &["rolebasedaccesscontrol"]),
    ("azure", "network_http", &["networksecuritygroups"]),
    ("azure", "network_rdp", &["networksecuritygroups"]),
    ("azure", "network_ssh", &["networksecuritygroups"]),
    ("azure", "network_udp", &["networksecuritygroups"]),
    ("azure", "recovery", &["backup"]),
    ("azure", "sqlserver_va", &["sqlvulnerabilityassessment"]),
    ("gcp", "artifacts", &["artifactregistry", "artifactanalysis"]),
    ("gcp", "compute", &["computeengine"]),
    ("gcp", "compute_firewall", &["firewalls", "cloudnextgenerationfirewall"]),
    ("gcp", "compute_instance_confidential", &["confidentialvm", "confidentialvmandcomputeengine"]),
    ("gcp", "compute_instance_shielded_vm", &["shieldedvm"]),
    ("gcp", "compute_network", &["virtualprivatecloud", "vpc"]),
    ("gcp", "compute_project_os_login", &["oslogin"]),
    ("gcp", "compute_subnet", &["virtualprivatecloud", "vpc"]),
    ("gcp", "gcr", &["containerregistry"]),
    ("gcp", "gke", &["kubernetesengine"]),
    ("gcp", "iam", &["identityandaccessmanagement"]),
    ("gcp", "iam_cloud_asset_inventory", &["cloudassetinventory"]),
    ("gcp", "kms", &["cloudkeymanagement"]),
    ("gcp", "logging", &["cloudlogging"]),
];

/// The service that a check's id starts with: `guardduty` of `guardduty_is_enabled`.
#[must_use]
pub fn service(check: &str) -> &str {
    check.split('_').next().unwrap_or(check)
}

/// A service's name without what differs from one mapping to the next: the vendor before it, what stands in brackets, blanks
/// and signs. `AWS Key Management Service` is `keymanagementservice`.
fn compact(name: &str) -> String {
    let name = name.split('(').next().unwrap_or_default().replace('_', " ").to_lowercase();
    let mut words = name.split_whitespace().peekable();
    while words.peek().is_some_and(|word| VENDORS.contains(word)) {
        words.next();
    }
    words.flat_map(str::chars).filter(|c| c.is_alphanumeric()).collect()
}

/// Whether a check's id starts with this, up to an `_` or its end.
fn starts_with(check: &str, start: &str) -> bool {
    check.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
}

/// The capabilities of mapping sets, to be found by checks.
pub(super) struct Ties<'a> {
    own: &'a OwnTies,
    /// By the compact name, each with the cloud of its framework.
    named: BTreeMap<String, Vec<(Option<&'static str>, CapabilityKey)>>,
    /// What was found so far, by cloud and check.
    found: BTreeMap<(String, String), Vec<CapabilityKey>>,
}

impl<'a> Ties<'a> {
    pub(super) fn new(sets: &[MappingSet], own: &'a OwnTies) -> Self {
        let mut named: BTreeMap<String, Vec<(Option<&'static str>, CapabilityKey)>> = BTreeMap::new();
        for (set, held) in sets.iter().enumerate() {
            let framework = held.framework.id.to_lowercase();
            let mut parts = framework.split(|c: char| !c.is_alphanumeric());
            let provider = parts.find_map(|part| PROVIDERS.into_iter().find(|provider| *provider == part));
            for (capability, one) in held.capabilities.iter().enumerate() {
                let key = CapabilityKey { set, capability };
                let both: BTreeSet<String> = [compact(&one.id), compact(&one.name)].into();
                for name in both {
                    named.entry(name).or_default().push((provider, key));
                }
            }
        }
        Self { own, named, found: BTreeMap::new() }
    }

    /// The capabilities that a check is about, in order.
    pub(super) fn of(&mut self, provider: &str, check: &str) -> &[CapabilityKey] {
        let asked = (provider.to_owned(), check.to_owned());
        if !self.found.contains_key(&asked) {
            let about = self.look_up(provider, check);
            self.found.insert(asked.clone(), about);
        }
        self.found.get(&asked).map(Vec::as_slice).unwrap_or_default()
    }

    fn look_up(&self, provider: &str, check: &str) -> Vec<CapabilityKey> {
        let own = self.own.iter().filter(|(start, _)| starts_with(check, start));
        if let Some((_, keys)) = own.max_by_key(|(start, _)| start.len()) {
            return keys.iter().copied().collect();
        }
        let facts = FACTS.iter().filter(|(of, start, _)| *of == provider && starts_with(check, start));
        let called: Vec<String> = match facts.max_by_key(|(_, start, _)| start.len()) {
            Some((.., names)) => names.iter().map(|name| (*name).to_owned()).collect(),
            None => vec![compact(service(check))],
        };
        let fits = |of: Option<&str>| of.is_none_or(|of| provider.is_empty() || of == provider);
        let found = called.iter().filter_map(|name| self.named.get(name)).flatten();
        let keys: BTreeSet<CapabilityKey> = found.filter(|(of, _)| fits(*of)).map(|(_, key)| *key).collect();
        keys.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::read;

    /// The names of the capabilities of the built-in mapping that a check of AWS is about.
    fn about(check: &str) -> Vec<String> {
        let sets = read::embedded().sets;
        let own = OwnTies::new();
        let mut ties = Ties::new(&sets, &own);
        ties.of("aws", check)
            .iter()
            .map(|key| sets[key.set].capabilities[key.capability].id.clone())
            .collect()
    }

    #[test]
    fn checks_are_about_their_service() {
        for (check, capability) in [
            ("guardduty_is_enabled", "amazon_guardduty"),
            ("config_recorder_all_regions_enabled", "aws_config"),
            ("ec2_networkacl_allow_ingress_any_port", "amazon_virtual_private_cloud"),
            ("ec2_securitygroup_default_restrict_traffic", "amazon_virtual_private_cloud"),
            ("vpc_flow_logs_enabled", "amazon_virtual_private_cloud"),
            ("networkfirewall_in_all_vpc", "aws_network_firewall"),
            ("inspector2_is_enabled", "amazon_inspector"),
            ("securityhub_enabled", "aws_security_hub"),
            ("wafv2_webacl_logging_enabled", "aws_web_application_firewall"),
            ("iam_root_mfa_enabled", "aws_identity_and_access_management"),
            ("rds_instance_backup_enabled", "aws_rds"),
            ("drs_job_exist", "aws_cloudendure_disaster_recovery"),
            ("secretsmanager_automatic_rotation_enabled", "aws_secrets_manager"),
            ("cognito_user_pool_mfa_enabled", "amazon_cognito"),
            ("organizations_delegated_administrators", "aws_organizations"),
            ("shield_advanced_protection_in_route53_hosted_zones", "aws_shield"),
            ("kms_cmk_rotation_enabled", "aws_key_management_service"),
            ("cloudwatch_log_metric_filter_root_usage", "aws_cloudwatch"),
            ("s3_bucket_public_access", "aws_s3"),
            ("macie_is_enabled", "amazon_macie"),
            ("cloudtrail_multi_region_enabled", "aws_cloudtrail"),
            ("acm_certificates_expiration_check", "aws_certificate_manager"),
            ("fms_policy_compliant", "aws_firewall_manager"),
            ("directoryservice_ldap_certificate_expiration", "aws_directory_service"),
        ] {
            assert_eq!(about(check), [capability], "{check}");
        }
        assert!(about("guardduty_no_high_severity_findings").is_empty(), "it runs, and found something");
        assert!(about("ec2_ebs_snapshots_encrypted").is_empty());
        assert!(about("s3control_something").is_empty());
        assert!(about("").is_empty());
    }

    #[test]
    fn what_the_user_ties_comes_first() {
        let sets = read::embedded().sets;
        let place = |id: &str| CapabilityKey {
            set: 0,
            capability: sets[0].capabilities.iter().position(|one| one.id == id).expect("it is there"),
        };
        let own = OwnTies::from([
            ("ec2".to_owned(), BTreeSet::from([place("aws_config")])),
            ("ec2_ebs".to_owned(), BTreeSet::new()),
        ]);
        let mut ties = Ties::new(&sets, &own);
        assert_eq!(ties.of("aws", "ec2_networkacl_allow_ingress_any_port"), [place("aws_config")]);
        assert!(ties.of("aws", "ec2_ebs_snapshots_encrypted").is_empty());
        assert_eq!(ties.of("aws", "kms_cmk_rotation_enabled"), [place("aws_key_management_service")]);
    }

    #[test]
    fn a_check_is_about_its_own_cloud() {
        let sets = read::embedded().sets;
        let own = OwnTies::new();
        let mut ties = Ties::new(&sets, &own);
        assert!(ties.of("gcp", "iam_sa_no_administrative_privileges").is_empty());
        assert_eq!(ties.of("", "guardduty_is_enabled").len(), 1);
        assert!(ties.of("", "iam_root_mfa_enabled").is_empty());
    }

    #[test]
    fn names_are_compared_by_what_tells_them() {
        assert_eq!(compact("AWS Key Management Service"), "keymanagementservice");
        assert_eq!(compact("amazon_virtual_private_cloud"), "virtualprivatecloud");
        assert_eq!(compact("Cloud Hardware Security Module (HSM)"), "cloudhardwaresecuritymodule");
        assert_eq!(compact("AWS CloudEndure Disaster Recovery"), "cloudenduredisasterrecovery");
    }
}
