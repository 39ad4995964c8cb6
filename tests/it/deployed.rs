//! `--deployed`: what of the mapped capabilities runs, by lists and by scans, and coverage on paper beside coverage so.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

use crate::support::{Workspace, corpus, covered, place};

const SCAN: &str = include_str!("deployed/scan.csv");
const OCSF: &str = include_str!("deployed/scan.ocsf.json");

/// A folder with the scan in both forms.
fn space() -> Workspace {
    let space = Workspace::new();
    space.write("scan.csv", SCAN);
    space.write("scan.ocsf.json", OCSF);
    space
}

/// Id → the row of `query capabilities --all`, with these arguments more.
fn standings(space: &Workspace, arguments: &[&str]) -> BTreeMap<String, Value> {
    let all = ["query", "capabilities", "--all", "--format", "json", "-q"];
    let run = space.run(&[&all, arguments].concat()).ok();
    let rows: Vec<Value> = serde_json::from_str(&run.stdout).expect("rows");
    rows.into_iter().map(|row| (row["id"].as_str().expect("an id").to_owned(), row)).collect()
}

fn deployed(rows: &BTreeMap<String, Value>) -> Vec<&str> {
    rows.iter().filter(|(_, row)| row["deployed"] == "yes").map(|(id, _)| id.as_str()).collect()
}

#[test]
fn a_scan_tells_what_runs_and_where() {
    let space = space();
    for file in ["scan.csv", "scan.ocsf.json"] {
        let rows = standings(&space, &["--deployed", file]);
        assert_eq!(deployed(&rows), ["amazon_guardduty", "amazon_inspector"], "{file}");
        let stands = |id: &str| rows[id]["standing"].as_str().expect("a word").to_owned();
        assert_eq!(stands("aws_config"), "in part");
        assert_eq!(stands("aws_identity_and_access_management"), "failing");
        assert_eq!(stands("amazon_virtual_private_cloud"), "failing");
        assert_eq!(stands("aws_key_management_service"), "no result");
        assert_eq!(stands("aws_shield"), "no result");
        let guardduty = &rows["amazon_guardduty"];
        assert_eq!(
            [&guardduty["passed"], &guardduty["failed"], &guardduty["manual"], &guardduty["muted"]],
            [&json!(2), &json!(0), &json!(1), &json!(0)]
        );
        assert_eq!(guardduty["regions"], json!(["eu-west-1", "us-east-1"]));
        assert_eq!(rows["aws_config"]["accounts"], json!(["111122223333", "444455556666"]));
        assert_eq!(rows["aws_config"]["failed_checks"], json!(["config_recorder_all_regions_enabled"]));
        assert_eq!(rows["amazon_inspector"]["muted"], 1, "a muted result counts as neither");
        assert_eq!(rows["aws_shield"]["passed"], Value::Null);
    }
}

#[test]
fn both_forms_of_a_scan_say_the_same_and_together_no_more() {
    let space = space();
    let csv = standings(&space, &["--deployed", "scan.csv"]);
    assert_eq!(standings(&space, &["--deployed", "scan.ocsf.json"]), csv);
    assert_eq!(standings(&space, &["--deployed", "scan.csv", "--deployed", "scan.ocsf.json"]), csv);
    assert_eq!(standings(&space, &["--deployed", "scan.csv,scan.ocsf.json"]), csv);
}

#[test]
fn what_passes_in_part_counts_when_asked_for() {
    let space = space();
    let rows = standings(&space, &["--deployed", "scan.csv", "--deployed-when", "any"]);
    assert_eq!(deployed(&rows), ["amazon_guardduty", "amazon_inspector", "aws_config"]);
    let run = space.run(&["layer", "--deployed", "scan.csv", "-o", "a.json"]).ok();
    run.says(&[
        "deployed: 2 of 20 capabilities that map something (2 passing, 1 passing in part, 2 failing, 15 without a result)",
        "with --deployed-when any it does",
        "1 result of checks of ec2 is about no capability",
    ]);
}

/// A layer of what runs has the scores of a layer of those capabilities, and no other.
#[test]
fn a_layer_is_of_what_runs() {
    let space = space();
    let run = space.run(&["layer", "--deployed", "scan.csv", "-o", "deployed.json"]).ok();
    let named = ["--capability", "amazon_guardduty", "--capability", "amazon_inspector"];
    space.run(&[&["layer", "-o", "named.json"], &named[..]].concat()).ok();
    let (deployed, named) = (space.json("deployed.json"), space.json("named.json"));
    let scores = |layer: &Value| -> BTreeMap<String, i64> {
        let all = layer["techniques"].as_array().expect("a list").iter();
        all.filter_map(|one| Some((one["techniqueID"].as_str()?.to_owned(), one["score"].as_i64()?)))
            .collect()
    };
    assert_eq!(scores(&deployed), scores(&named));
    space.run(&["layer", "-o", "paper.json"]).ok();
    let paper = scores(&space.json("paper.json"));
    let open: BTreeSet<&String> = paper.keys().filter(|id| !scores(&deployed).contains_key(*id)).collect();
    let told: BTreeSet<String> = deployed["techniques"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|one| one["metadata"][0]["value"] == "not deployed")
        .map(|one| one["techniqueID"].as_str().expect("an id").to_owned())
        .collect();
    assert_eq!(
        told.iter().collect::<BTreeSet<_>>(),
        open,
        "what is covered on paper alone is told, and not painted"
    );
    assert!(deployed["techniques"].as_array().expect("a list").iter().all(|one| {
        one["metadata"][0]["value"] != "not deployed"
            || (one.get("score").is_none() && one.get("color").is_none())
    }));
    let of = |name: &str| -> Vec<String> {
        let rows = deployed["metadata"].as_array().expect("a list").iter().filter(|row| row["name"] == name);
        rows.map(|row| row["value"].as_str().expect("text").to_owned()).collect()
    };
    assert_eq!(of("deployed"), ["Amazon GuardDuty, Amazon Inspector"]);
    assert_eq!(of("filter"), ["deployed: scan.csv"]);
    assert_eq!(
        of("evidence"),
        [
            "Amazon GuardDuty: 2 passed, 0 failed, 1 to be looked at; account 111122223333; regions eu-west-1, us-east-1",
            "Amazon Inspector: 1 passed, 0 failed, 1 muted; account 111122223333; regions eu-west-1, us-east-1",
        ]
    );
    let counts = |run: &str| run.lines().find(|line| line.starts_with("as deployed")).map(str::to_owned);
    assert!(counts(&run.stderr).expect("it is said").contains("on paper 92 and 122"), "{}", run.stderr);
}

#[test]
fn a_layer_of_what_runs_reads_back_as_what_runs() {
    let space = space();
    space.run(&["layer", "--deployed", "scan.csv", "-o", "deployed.json"]).ok();
    space
        .run(&[
            "layer",
            "--capability",
            "amazon_guardduty",
            "--capability",
            "amazon_inspector",
            "-o",
            "named.json",
        ])
        .ok();
    let rows = |file: &str| space.run(&["query", "scores", file, "--format", "csv", "-q"]).ok().stdout;
    assert_eq!(rows("deployed.json"), rows("named.json"));
    let findings =
        |file: &str| space.run(&["validate", file, "--format", "json"]).stdout.matches("\"code\"").count();
    assert_eq!(findings("deployed.json"), findings("named.json"), "it has no finding more");
}

#[test]
fn gaps_and_techniques_tell_what_would_cover_them() {
    let space = space();
    let rows = |subject: &str, more: &[&str]| -> BTreeMap<String, Value> {
        let all = ["query", subject, "--deployed", "scan.csv", "--format", "json", "-q"];
        let run = space.run(&[&all, more].concat()).ok();
        let rows: Vec<Value> = serde_json::from_str(&run.stdout).expect("rows");
        rows.into_iter().map(|row| (row["id"].as_str().expect("an id").to_owned(), row)).collect()
    };
    let gaps = rows("gaps", &[]);
    // Only AWS Network Firewall and Amazon VPC map it, and neither runs.
    assert_eq!(gaps["T1008"]["paper_score"], 50);
    assert_eq!(
        gaps["T1008"]["not_deployed"],
        json!(["AWS Network Firewall", "Amazon Virtual Private Cloud"])
    );
    assert_eq!(gaps["T1001"]["paper_score"], Value::Null);
    let techniques = rows("techniques", &["--all"]);
    let paper: Value = serde_json::from_str(
        &space.run(&["query", "techniques", "--all", "--format", "json", "-q"]).ok().stdout,
    )
    .expect("rows");
    for row in paper.as_array().expect("rows") {
        let id = row["id"].as_str().expect("an id");
        assert_eq!(techniques[id]["paper_score"], row["score"], "{id}");
    }
}

/// Capabilities that are declared not mappable stand below the gaps, in the same columns.
#[test]
fn gaps_have_the_same_columns_down_to_the_last_row() {
    let space = space();
    let arguments = ["query", "gaps", "--deployed", "amazon_macie,amazon_guardduty", "--format"];
    let csv = space.run(&[&arguments[..], &["csv"]].concat()).ok().stdout;
    let header = csv.lines().next().expect("a header");
    assert!(header.contains("paper_score,not_deployed") && csv.contains("amazon_macie"));
    let json = space.run(&[&arguments[..], &["json"]].concat()).ok().stdout;
    let rows: Vec<Value> = serde_json::from_str(&json).expect("rows");
    let macie = rows.iter().find(|row| row["id"] == "amazon_macie").expect("it is declared");
    assert_eq!((&macie["paper_score"], &macie["frameworks"]), (&Value::Null, &json!(["AWS 12/12/2024"])));
}

/// The last result of a scan that cannot be counted makes it no scan.
#[test]
fn a_scan_without_a_result_that_counts_is_none() {
    let space = space();
    space.write("bad.csv", "PROVIDER;CHECKID;STATUS\naws;;PASS\naws;macie_is_enabled;MAYBE\n");
    let run = space.run(&["layer", "-o", "l.json", "--deployed", "bad.csv"]).ends_with(2);
    assert!(run.finding("NL1101").message.contains("no result of a check that can be counted"));
}

#[test]
fn lists_name_what_runs_and_beat_a_scan() {
    let space = space();
    space.write("on.txt", "# ours\namazon_guardduty   # by id\nAWS Shield\naws_cloud*\n");
    let rows = standings(&space, &["--deployed", "on.txt"]);
    assert_eq!(
        deployed(&rows),
        [
            "amazon_guardduty",
            "aws_cloudendure_disaster_recovery",
            "aws_cloudhsm",
            "aws_cloudtrail",
            "aws_cloudwatch",
            "aws_shield"
        ]
    );
    assert_eq!(rows["aws_shield"]["standing"], "listed");
    let rows = standings(&space, &["--deployed", "scan.csv", "--deployed", "AWS Config,aws_shield"]);
    assert_eq!(deployed(&rows), ["amazon_guardduty", "amazon_inspector", "aws_config", "aws_shield"]);
    assert_eq!(rows["aws_config"]["failed"], 1, "the evidence stays");
    space.write("navlayer.toml", "[selections.prod]\ncapability = [\"aws_shield\"]\n");
    assert_eq!(deployed(&standings(&space, &["--deployed", "@prod"])), ["aws_shield"]);
}

#[test]
fn the_configuration_says_it_too() {
    let space = space();
    let text = "[deployed]\nfiles = \"scan.csv\"\nwhen = \"any\"\n[deployed.checks]\nec2_ebs = \"aws_shield\"\niam = []\n\
                kms = [\"no_such_thing\"]\n";
    space.write("own/navlayer.toml", text.replace("scan.csv", "../scan.csv"));
    // A name that nobody has unties nothing: `kms` stays what it is about.
    let config = ["--config", "own/navlayer.toml"];
    let rows = standings(&space, &config);
    assert_eq!(deployed(&rows), ["amazon_guardduty", "amazon_inspector", "aws_config", "aws_shield"]);
    assert_eq!(
        rows["aws_identity_and_access_management"]["standing"], "no result",
        "its checks are tied to none"
    );
    let run = space.run(&[&["layer", "-o", "l.json"], &config[..]].concat()).ok();
    let unmet = run.finding("NL0707");
    assert!(unmet.message.contains("`kms_…`") && unmet.message.contains("no_such_thing"), "{unmet:?}");
    assert_eq!(
        unmet.place,
        place("own/navlayer.toml", &space.read("own/navlayer.toml"), "\"no_such_thing\"", 0)
    );
    let shown = space.run(&[&["config", "show"], &config[..]].concat()).ok().stdout;
    assert!(shown.contains("deployed.when") && shown.contains("deployed.checks.ec2_ebs"), "{shown}");
}

#[test]
fn a_plan_goes_on_from_what_runs() {
    let space = space();
    let plan = |more: &[&str]| -> Value {
        let run = space.run(&[&["plan", "--budget", "3", "--format", "json", "-q"], more].concat()).ok();
        serde_json::from_str(&run.stdout).expect("it is JSON")
    };
    let deployed = plan(&["--deployed", "scan.csv"]);
    assert_eq!(deployed, plan(&["--enabled", "amazon_guardduty,amazon_inspector"]));
    assert_eq!(deployed["enabled"].as_array().expect("a list").len(), 2);
    let both = plan(&["--deployed", "scan.csv", "--enabled", "aws_shield"]);
    assert_eq!(both["enabled"].as_array().expect("a list").len(), 3);
    let layer = space.run(&["plan", "--deployed", "scan.csv", "--budget", "1", "--format", "layer"]).ok();
    assert!(layer.stdout.contains("Amazon Inspector: 1 passed"), "the evidence is in the layer");
    space.run(&["plan", "--enabled", "scan.csv"]).ends_with(2).says(&["--deployed reads it"]);
}

#[test]
fn one_side_or_none_is_compared_with_what_of_it_runs() {
    let space = space();
    let compare = |more: &[&str]| -> Value {
        let run = space
            .run(&[&["compare", "--deployed", "scan.csv", "--format", "json", "-q"], more].concat())
            .ok();
        serde_json::from_str(&run.stdout).expect("it is JSON")
    };
    let names = |file: &Value| -> Vec<String> {
        let sides = file["sides"].as_array().expect("sides").iter();
        sides.map(|side| side["name"].as_str().expect("a name").to_owned()).collect()
    };
    let all = compare(&[]);
    assert_eq!(names(&all), ["AWS on paper", "AWS as deployed"]);
    let mapped = |file: &Value, side: usize| file["sides"][side]["overall"]["mapped"]["total"].as_u64();
    assert_eq!(mapped(&all, 0), Some(214));
    assert_eq!(all["deployed"]["capabilities"]["n"], 2);
    assert_eq!(all["deployed"]["totals"][2]["deployed"]["mapped"]["n"].as_u64(), mapped(&all, 1));
    let one = compare(&["*guard*"]);
    assert_eq!(mapped(&one, 0), mapped(&one, 1));
    let two = compare(&["amazon_guardduty", "aws_config"]);
    assert_eq!(names(&two), ["Amazon GuardDuty", "AWS Config"]);
    assert_eq!(mapped(&two, 1), Some(0), "AWS Config passes in part alone");
    let run = space.run(&["compare", "amazon_guardduty", "aws_config", "--deployed", "scan.csv"]).ok();
    run.says(&["warning: nothing of AWS Config is deployed; the side is empty"]);
    space.run(&["compare", "aws"]).ends_with(2).says(&["not of one side", "with --deployed FILE"]);
    space.run(&["compare"]).ends_with(2).says(&["two to eight sides, not of none"]);
    let run = space.run(&["compare", "--deployed", "scan.csv", "--format", "layer"]).ok();
    let layers: Value = serde_json::from_str(&run.stdout).expect("layers");
    let tabs: Vec<&str> =
        layers.as_array().expect("three").iter().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(tabs.len(), 3);
    assert!(tabs.contains(&"AWS on paper") && tabs.contains(&"AWS as deployed"), "{tabs:?}");
    let text = space.run(&["compare", "aws", "--deployed", "scan.csv"]).ok().stdout;
    assert!(text.contains("What is deployed, of the capabilities that map something"), "{text}");
    let page = space.run(&["compare", "--deployed", "scan.csv", "--format", "html"]).ok().stdout;
    assert!(
        page.contains("On paper and as deployed") && page.contains("444455556666"),
        "evidence is on the page"
    );
}

#[test]
fn a_site_shows_both() {
    let space = space();
    space.run(&["build", "--deployed", "scan.csv", "--threat", "APT29", "-o", "site"]).ok();
    let summary = space.json("site/summary.json");
    let deployed = &summary["deployed"];
    assert_eq!(deployed["capabilities"], json!({"n": 2, "of": 20, "percent": 10.0, "text": "10\u{a0}%"}));
    let framework = &summary["frameworks"][0];
    assert_eq!(framework["headline"][2]["mapped"]["n"], deployed["totals"][2]["deployed"]["mapped"]["n"]);
    assert_eq!(deployed["totals"][2]["paper"]["mapped"]["n"], 214);
    space.run(&["build", "-o", "paper"]).ok();
    let paper = space.json("paper/summary.json");
    for (row, whole) in deployed["tactics"]
        .as_array()
        .expect("rows")
        .iter()
        .zip(paper["frameworks"][0]["tactics"].as_array().expect("rows"))
    {
        assert_eq!(row["paper"]["mapped"], whole["mapped"], "{}", row["name"]);
    }
    assert_eq!(deployed["untied"][0]["service"], "ec2");
    let next = &framework["next"];
    let names = |refs: &Value| -> Vec<String> {
        let all = refs.as_array().expect("a list").iter();
        all.map(|one| one["id"].as_str().expect("an id").to_owned()).collect()
    };
    assert_eq!(names(&next["deployed"]), ["amazon_guardduty", "amazon_inspector"]);
    let plan = space.run(&["plan", "--deployed", "scan.csv", "--budget", "3", "--format", "json", "-q"]).ok();
    let plan: Value = serde_json::from_str(&plan.stdout).expect("it is JSON");
    let steps: Vec<String> = plan["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .map(|step| step["capability"]["id"].as_str().expect("an id").to_owned())
        .collect();
    assert_eq!(names(&next["choices"][1]["capabilities"]), steps, "the site says what the plan says");
    assert!(paper.get("deployed").is_none(), "nothing is said where nobody asks");
    let index = space.read("site/index.html");
    assert!(index.contains("On paper and as deployed") && index.contains("444455556666"));
    assert!(space.read("site/capabilities/amazon_guardduty.html").contains("2 passed, 0 failed"));
    assert!(!space.has("site/capabilities/aws_config.html"), "what does not run has no page");
    let technique = space.read("site/techniques/T1008.html");
    assert!(technique.contains("On paper alone") && technique.contains("AWS Network Firewall"));
    assert!(space.has("site/deployed.html") && space.has("site/layers/deployed.json"));
    // Every address within the site is one of its files.
    let files: BTreeSet<String> = space.tree("site").into_keys().collect();
    for page in files.iter().filter(|name| Path::new(name).extension().is_some_and(|ending| ending == "html"))
    {
        let folder = Path::new(page).parent().expect("a folder");
        for part in space.read(&format!("site/{page}")).split("href=\"").skip(1) {
            let target = part.split('"').next().unwrap_or_default().split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") || target.starts_with("data:") {
                continue;
            }
            let mut at = folder.to_owned();
            for part in Path::new(target).components() {
                if part.as_os_str() == ".." {
                    at.pop();
                } else {
                    at.push(part);
                }
            }
            assert!(files.contains(at.to_str().expect("text")), "{page} leads to {target}");
        }
    }
}

#[test]
fn nothing_deployed_is_nothing_covered() {
    let space = space();
    space.write(
        "none.csv",
        format!(
            "{}\naws;x;1;eu;d;T1078;FAIL;x;r;macie_is_enabled;False;r;M\n",
            SCAN.lines().next().expect("a header")
        ),
    );
    let run = space.run(&["layer", "--deployed", "none.csv", "-o", "l.json"]).ok();
    run.says(&[
        "deployed: 0 of 20",
        "as deployed 0 of 203 techniques and 0 of 453",
        "no mapping passes the filters",
    ]);
    let layer = space.json("l.json");
    assert_eq!(layer["name"], "AWS 12.12.2024");
    assert!(layer["techniques"].as_array().expect("a list").iter().all(|one| one.get("score").is_none()));
    space.run(&["build", "--deployed", "none.csv", "-o", "site"]).ok();
    let summary = space.json("site/summary.json");
    assert_eq!(summary["frameworks"][0]["metric"], "strongest", "the rules stay those of what is mapped");
    assert_eq!(summary["frameworks"][0]["headline"][0]["mapped"]["text"], "0\u{a0}%");
    space.run(&["compare", "--deployed", "none.csv"]).ok();
    space.run(&["query", "gaps", "--deployed", "none.csv"]).ok();
    space.run(&["plan", "--deployed", "none.csv"]).ok();
}

#[test]
fn mistakes_are_told() {
    let space = space();
    let layer = |file: &str| space.run(&["layer", "-o", "l.json", "--deployed", file]).ends_with(2);
    layer("amazon_guarduty").says(&[
        "no capability is called `amazon_guarduty`, and no file either",
        "did you mean `amazon_guardduty`?",
    ]);
    layer("missing.csv").says(&["no capability is called `missing.csv`, and no file either"]);
    layer(",").says(&["--deployed names nothing"]);
    layer("@prod").says(&["no selection is called `@prod`"]);
    space
        .run(&["layer", "-o", "l.json", "--deployed-when", "any"])
        .ends_with(2)
        .says(&["nothing says what is"]);
    let list = "amazon_guardduty\nAWS Sheild\n";
    space.write("list.txt", list);
    let unknown = layer("list.txt").finding("NL1002");
    assert_eq!(unknown.place, place("list.txt", list, "AWS Sheild", 0));
    assert!(unknown.help.contains("`AWS Shield`"));
    space.write("empty.txt", "# nothing\n");
    assert!(layer("empty.txt").finding("NL1002").message.contains("names no capability"));
    for (name, text, says) in [
        ("object.json", "{\"a\": 1}", "this is an object"),
        ("other.json", "[{\"a\": 1}]", "no item of the list names a check"),
        ("none.json", "[]", "holds no result"),
        ("half.csv", "CHECKID;REGION\nguardduty_is_enabled;eu\n", "has no column STATUS"),
        ("header.csv", "CHECKID;STATUS\n", "holds no result"),
    ] {
        space.write(name, text);
        let finding = layer(name).finding("NL1101");
        assert!(finding.message.contains(says), "{name}: {finding:?}");
    }
    space.write("broken.json", &OCSF[..400]);
    assert!(layer("broken.json").finding("NL0101").place.starts_with("broken.json:"));
    assert!(!space.has("l.json"), "nothing was written");
}

#[test]
fn a_spoilt_result_is_left_out_and_told() {
    let space = space();
    let text = format!(
        "{SCAN}aws;x;1;eu;d;T1;OK;x;r;macie_is_enabled;False;r;M\naws;x;1;eu;d;T1;PASS;x;r;;False;r;M\n"
    );
    space.write("spoilt.csv", &text);
    let run = space.run(&["layer", "-o", "l.json", "--deployed", "spoilt.csv"]).ok();
    let found: Vec<_> = run.findings().into_iter().filter(|one| one.code == "NL1102").collect();
    assert_eq!(found.len(), 2);
    assert!(found[0].message.contains("the status `OK`"), "{found:?}");
    assert!(found[0].place.starts_with(&format!("spoilt.csv:{}:", SCAN.lines().count() + 1)), "{found:?}");
    assert!(found[1].message.contains("names no check"));
    assert_eq!(
        standings(&space, &["--deployed", "spoilt.csv"]),
        standings(&space, &["--deployed", "scan.csv"])
    );
    let mut items: Vec<Value> = serde_json::from_str(OCSF).expect("a list");
    items.push(json!({"metadata": {"event_code": 7}, "status_code": "PASS"}));
    space.write("spoilt.json", serde_json::to_string_pretty(&items).expect("JSON"));
    let run = space.run(&["layer", "-o", "l.json", "--deployed", "spoilt.json", "--force"]).ok();
    assert!(run.finding("NL1102").message.contains("invalid type: integer `7`"));
    let strict = space.run(&["layer", "-o", "l.json", "--deployed", "spoilt.csv", "--strict", "--force"]);
    strict.ends_with(2).says(&["cannot be told"]);
}

/// Prowler's own table and those of other clouds name their columns otherwise; files come in every encoding.
#[test]
fn every_table_of_prowler_is_read() {
    let space = space();
    let own = "AUTH_METHOD;TIMESTAMP;ACCOUNT_UID;FINDING_UID;PROVIDER;CHECK_ID;STATUS;STATUS_EXTENDED;MUTED;RESOURCE_UID;REGION\r\n\
               profile;2026;111;u1;aws;guardduty_is_enabled;PASS;\"two\r\nlines; one cell\";False;arn;eu-west-1\r\n";
    space.write("own.csv", own);
    space.write("mark.csv", format!("\u{feff}{own}"));
    let utf16: Vec<u8> =
        std::iter::once(0xfeff).chain(own.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    space.write("utf16.csv", utf16);
    space.write("comma.csv", own.replace(';', ",").replace("lines, one", "lines; one"));
    let rows = standings(&space, &["--deployed", "own.csv"]);
    assert_eq!(deployed(&rows), ["amazon_guardduty"]);
    assert_eq!(rows["amazon_guardduty"]["accounts"], json!(["111"]));
    for file in ["mark.csv", "utf16.csv", "comma.csv"] {
        assert_eq!(standings(&space, &["--deployed", file]), rows, "{file}");
    }
    for (provider, account, check) in [
        ("azure", "SUBSCRIPTIONID", "keyvault_rbac_enabled"),
        ("gcp", "PROJECTID", "cloudstorage_bucket_public_access"),
    ] {
        space.write(
            "vault.json",
            crate::support::mapping(&[
                crate::support::row("azure_key_vault", "T1110", "protect", "partial"),
                crate::support::row("cloud_storage", "T1110", "protect", "partial"),
            ])
            .to_string(),
        );
        let text = format!(
            "PROVIDER;{account};LOCATION;CHECKID;STATUS;RESOURCEID\n{provider};mine;west;{check};PASS;r\n"
        );
        space.write("cloud.csv", text);
        let rows = standings(&space, &["vault.json", "--deployed", "cloud.csv"]);
        let id = if provider == "azure" { "azure_key_vault" } else { "cloud_storage" };
        assert_eq!(deployed(&rows), [id]);
        assert_eq!((&rows[id]["accounts"], &rows[id]["regions"]), (&json!(["mine"]), &json!(["west"])));
    }
}

/// What a scan names is shown and does nothing, and of very much only the first is.
#[test]
fn a_hostile_scan_is_shown_and_does_nothing() {
    let space = space();
    let many = (0..3_000).flat_map(|index| {
        let place = format!("aws;{index:04};r{}", index % 20);
        [format!("{place};macie_is_enabled;FAIL;r\n"), format!("{place};made{index}_up;PASS;r\n")]
    });
    let header = "PROVIDER;ACCOUNTID;REGION;CHECKID;STATUS;RESOURCEID\n".to_owned();
    let mut text: String = std::iter::once(header).chain(many).collect();
    text += "aws;<script>alert(1)</script>;\u{1b}[31m;guardduty_is_enabled;PASS;r\n";
    space.write("hostile.csv", text);
    let run = space.run(&["build", "--deployed", "hostile.csv", "-o", "site"]).ok();
    assert!(
        !run.stderr.contains('\u{1b}') && run.stderr.contains("more are about no capability"),
        "{}",
        run.stderr
    );
    let index = space.read("site/index.html");
    assert!(!index.contains("<script>alert(1)") && index.contains("&lt;script&gt;alert(1)"));
    assert!(index.len() < 400_000, "{}", index.len());
    let table = space.run(&["query", "capabilities", "--deployed", "hostile.csv"]).ok().stdout;
    assert!(!table.contains('\u{1b}'), "{table:?}");
}

#[test]
fn a_scan_is_no_mapping() {
    let space = space();
    for file in ["scan.csv", "scan.ocsf.json"] {
        let finding = space.run(&["layer", file]).ends_with(1).finding("NL0102");
        let told = finding.message + &finding.help;
        assert!(
            told.contains("scan, which says what passed") && told.contains("`--deployed FILE`"),
            "{told}"
        );
    }
}

/// The scan of a simulated account, in both forms that Prowler writes; recounted from the findings by their resource group.
#[test]
fn a_real_scan_is_counted() {
    let Some(corpus) = corpus() else { return };
    let folder = corpus.join("prowler-scan");
    let packed = fs::read(folder.join("findings.ocsf.json.gz")).expect("it is there");
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(packed.as_slice()), &mut text)
        .expect("text");
    let findings: Vec<Value> = serde_json::from_str(&text).expect("a list");
    let mut counts: BTreeMap<String, [u64; 2]> = BTreeMap::new();
    for one in &findings {
        let group = one["resources"][0]["group"]["name"].as_str().expect("a group").to_owned();
        let at = ["PASS", "FAIL"].iter().position(|status| one["status_code"] == **status);
        if let Some(at) = at {
            counts.entry(group).or_default()[at] += 1;
        }
    }
    let space = Workspace::new();
    let path = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let ocsf = standings(&space, &["--deployed", &path("findings.ocsf.json.gz")]);
    assert_eq!(standings(&space, &["--deployed", &path("mitre_attack_aws.csv")]), ocsf);
    for (service, id) in [
        ("guardduty", "amazon_guardduty"),
        ("iam", "aws_identity_and_access_management"),
        ("s3", "aws_s3"),
        ("config", "aws_config"),
        ("cloudwatch", "aws_cloudwatch"),
        ("securityhub", "aws_security_hub"),
        ("organizations", "aws_organizations"),
        ("macie", "amazon_macie"),
    ] {
        let [passed, failed] = counts[service];
        assert_eq!(
            (ocsf[id]["passed"].as_u64(), ocsf[id]["failed"].as_u64()),
            (Some(passed), Some(failed)),
            "{id}"
        );
        let stands = match (passed, failed) {
            (_, 0) => "passing",
            (0, _) => "failing",
            _ => "in part",
        };
        assert_eq!(ocsf[id]["standing"], stands, "{id}");
        assert_eq!(ocsf[id]["accounts"], json!(["123456789012"]));
    }
    // Network ACLs are of EC2 to Prowler, and of the VPC to the mapping.
    let acls = findings.iter().filter(|one| {
        one["metadata"]["event_code"].as_str().is_some_and(|check| check.starts_with("ec2_networkacl"))
    });
    assert_eq!(ocsf["amazon_virtual_private_cloud"]["failed"].as_u64(), Some(acls.count() as u64));
    covered(2);
}

/// The capabilities that checks of Prowler's own mapping of each cloud look at.
const AWS: &str = "amazon_guardduty amazon_inspector amazon_macie amazon_virtual_private_cloud aws_certificate_manager \
                   aws_cloudendure_disaster_recovery aws_cloudwatch aws_config aws_identity_and_access_management \
                   aws_key_management_service aws_network_firewall aws_organizations aws_rds aws_s3 aws_secrets_manager \
                   aws_security_hub aws_shield";
const GCP: &str = "artifact_analysis cloud_asset_inventory cloud_key_management cloud_logging cloud_ngfw cloud_storage \
                   identity_and_access_management shielded_vm";

/// Every check of Prowler's own mapping of a cloud is about a capability that this mapping names, or about none.
#[test]
fn checks_of_a_cloud_are_about_its_capabilities() {
    let Some(corpus) = corpus() else { return };
    let space = Workspace::new();
    let mut files = 0;
    for (cloud, mapping, known) in [
        ("aws", "aws-12.12.2024_attack-16.1-enterprise.json", AWS),
        ("gcp", "gcp-03.06.2025_attack-16.1-enterprise.json", GCP),
    ] {
        let text = fs::read(corpus.join(format!("prowler/mitre_attack_{cloud}.json"))).expect("it is there");
        let file: Value = serde_json::from_slice(&text).expect("it is JSON");
        let checks: BTreeSet<&str> = file["Requirements"]
            .as_array()
            .expect("a list")
            .iter()
            .flat_map(|one| one["Checks"].as_array().expect("a list"))
            .filter_map(Value::as_str)
            .collect();
        let rows: Vec<String> = checks.iter().map(|check| format!("{cloud};1;eu;{check};PASS;r\n")).collect();
        space.write(
            "scan.csv",
            format!("PROVIDER;ACCOUNTID;REGION;CHECKID;STATUS;RESOURCEID\n{}", rows.concat()),
        );
        let mapping = corpus.join("mappings-explorer").join(mapping);
        let rows = standings(&space, &[&mapping.to_string_lossy(), "--deployed", "scan.csv"]);
        assert_eq!(deployed(&rows).join(" "), known, "{cloud}");
        files += 1;
    }
    covered(files);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, rng_seed: RngSeed::Fixed(11), ..ProptestConfig::default() })]

    /// Whatever results there are, in whatever order: a capability runs when one of its results passed, and none failed.
    #[test]
    fn a_capability_runs_when_its_results_pass(
        results in prop::collection::vec((0..4_usize, 0..3_usize, 0..3_usize, any::<bool>()), 1..40),
    ) {
        const CHECKS: [(&str, &str); 4] = [
            ("guardduty_is_enabled", "amazon_guardduty"),
            ("macie_is_enabled", "amazon_macie"),
            ("s3_bucket_public_access", "aws_s3"),
            ("shield_advanced_protection", "aws_shield"),
        ];
        let space = Workspace::new();
        let line = |(check, status, resource, muted): &(usize, usize, usize, bool)| {
            let status = ["PASS", "FAIL", "MANUAL"][*status];
            format!("aws;1;eu;{};{status};r{resource};{}\n", CHECKS[*check].0, if *muted { "True" } else { "False" })
        };
        let rows: String = results.iter().map(line).collect();
        space.write("scan.csv", format!("PROVIDER;ACCOUNTID;REGION;CHECKID;STATUS;RESOURCEID;MUTED\n{rows}"));
        let counted: BTreeSet<_> = results.iter().filter(|one| !one.3).collect();
        let held = standings(&space, &["--deployed", "scan.csv"]);
        for (check, (_, id)) in CHECKS.iter().enumerate() {
            let of = |status| counted.iter().filter(|one| one.0 == check && one.1 == status).count();
            let (passed, failed) = (of(0), of(1));
            let runs = passed > 0 && failed == 0;
            prop_assert_eq!(&held[*id]["deployed"], if runs { "yes" } else { "no" });
            if results.iter().any(|one| one.0 == check) {
                prop_assert_eq!(held[*id]["passed"].as_u64(), Some(passed as u64));
                prop_assert_eq!(held[*id]["failed"].as_u64(), Some(failed as u64));
            }
        }
    }
}
