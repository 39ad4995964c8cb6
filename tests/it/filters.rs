//! Filters: which mappings count, and what a percentage is a percentage of.

use serde_json::{Value, json};

use crate::support::{Workspace, active, mapping, row, with};

/// Four capabilities in two groups, on five techniques.
fn space() -> Workspace {
    let grouped = |row: Value, group: &str| with(row, "capability_group", json!(group));
    let space = Workspace::new();
    space.mapping(
        "map.json",
        &mapping(&[
            grouped(row("door_lock", "T1110", "protect", "partial"), "wall"),
            grouped(row("door_lock", "T1110.001", "protect", "significant"), "wall"),
            grouped(row("gate_camera", "T1078", "detect", "minimal"), "watch"),
            grouped(row("gate_camera", "T1110", "detect", "significant"), "watch"),
            grouped(row("night_guard", "T1046", "respond", "partial"), "watch"),
            grouped(row("night_guard", "T1562.008", "protect", "minimal"), "watch"),
            grouped(row("brackets [x]", "T1562.008", "detect", "minimal"), "wall"),
        ]),
    );
    space
}

/// The scores that are left by these filters.
#[track_caller]
fn left(space: &Workspace, arguments: &[&str], wanted: &[(&str, i64)]) {
    let layer = space.layer("map.json", arguments);
    let wanted: Vec<(&str, Option<i64>)> = wanted.iter().map(|(id, score)| (*id, Some(*score))).collect();
    assert_eq!(layer.scores(), wanted, "{arguments:?}");
}

#[test]
fn without_a_filter_everything_counts() {
    let all = [("T1046", 50), ("T1078", 10), ("T1110", 100), ("T1110.001", 100), ("T1562.008", 10)];
    left(&space(), &[], &all);
}

#[test]
fn categories_are_named_in_any_case_and_repeatedly() {
    let space = space();
    let protect = [("T1110", 50), ("T1110.001", 100), ("T1562.008", 10)];
    for argument in ["protect", "PROTECT", "Prot*"] {
        left(&space, &["--category", argument], &protect);
    }
    let two = [("T1046", 50), ("T1110", 50), ("T1110.001", 100), ("T1562.008", 10)];
    left(&space, &["--category", "respond", "--category", "protect"], &two);
    left(&space, &["--category", "respond,protect"], &two);
}

#[test]
fn levels_are_those_asked_for_and_no_higher_ones() {
    let space = space();
    left(&space, &["--level", "partial"], &[("T1046", 50), ("T1110", 50)]);
    left(
        &space,
        &["--level", "Minimal", "--level", "SIGNIFICANT"],
        &[("T1078", 10), ("T1110", 100), ("T1110.001", 100), ("T1562.008", 10)],
    );
}

#[test]
fn capabilities_are_named_by_id_by_name_or_by_glob() {
    let space = space();
    let lock = [("T1110", 50), ("T1110.001", 100)];
    for argument in [
        "door_lock",
        "Door_LOCK",
        "Door Lock",
        "door lock",
        "door_*",
        "*lock",
        "d??r_lock",
        "{door,window}_lock",
        "[d]oor_lock",
    ] {
        left(&space, &["--capability", argument], &lock);
    }
    let two = [("T1046", 50), ("T1110", 50), ("T1110.001", 100), ("T1562.008", 10)];
    left(&space, &["--capability", "door_lock", "--capability", "Night Guard"], &two);
}

#[test]
fn an_id_with_brackets_is_an_id_before_it_is_a_glob() {
    left(&space(), &["--capability", "Brackets [x]"], &[("T1562.008", 10)]);
}

#[test]
fn groups_are_named_by_id_or_by_name() {
    let space = space();
    for argument in ["wall", "WALLS", "wall*"] {
        left(&space, &["--group", argument], &[("T1110", 50), ("T1110.001", 100), ("T1562.008", 10)]);
    }
}

#[test]
fn tags_of_controls_are_filtered_by() {
    let space = Workspace::new();
    space.write("controls/lock.yaml", include_str!("reading/controls/lock.yaml"));
    space.write("controls/camera.yaml", include_str!("reading/controls/Camera On Gate.yaml"));
    for argument in ["Hardware", "hardware", "ENT*"] {
        let layer = space.layer("controls", &["--tag", argument]);
        assert_eq!(layer.ids(), ["T1110", "T1110.001", "T1110.003"], "{argument}");
        assert_eq!(layer.score("T1110"), Some(50));
    }
    space
        .run(&["layer", "controls", "--tag", "software"])
        .ends_with(2)
        .says(&["no tag is called `software`"]);
}

#[test]
fn every_tag_is_asked_for_or_any() {
    let space = Workspace::new();
    let lock = include_str!("reading/controls/lock.yaml");
    space.write("controls/lock.yaml", lock);
    space.write("controls/camera.yaml", include_str!("reading/controls/Camera On Gate.yaml"));
    let tags: Vec<&str> = lock
        .lines()
        .skip_while(|line| *line != "tags:")
        .skip(1)
        .map_while(|line| line.trim().strip_prefix("- "))
        .collect();
    let [first, second] = tags[..] else { panic!("two tags: {tags:?}") };
    let both = ["--tag", first, "--tag", second];
    let ids = |arguments: &[&str]| space.layer("controls", arguments).ids().len();
    assert_eq!(ids(&[&both[..], &["--all-tags"]].concat()), 3, "the lock has both");
    let layer = space.layer("controls", &[&both[..], &["--all-tags"]].concat());
    assert_eq!(layer.metadata("filter"), [format!("every tag of: {first}, {second}")]);
    space.run(&["layer", "controls", "--all-tags"]).ends_with(2).says(&["--tag"]);
}

#[test]
fn every_tag_leaves_only_capabilities_that_have_all() {
    let control = |name: &str, technique: &str, tags: &str| {
        format!(
            "version: 1\nATT&CK version: 9\ncreation date: 01/02/2021\nname: {name}\ncontact: a@a.example\n\
             organization: Acme\nplatform: acme\ntags: {tags}\ndescription: A control.\ntechniques:\n  - id: {technique}\n    \
             name: N\n    technique-scores:\n      - category: Protect\n        value: Partial\n"
        )
    };
    let space = Workspace::new();
    space.write("controls/a.yaml", control("A", "T1110", "[Net, Hard]"));
    space.write("controls/b.yaml", control("B", "T1046", "[Net]"));
    space.write("controls/c.yaml", control("C", "T1078", "[Hard, Other]"));
    let ids = |arguments: &[&str]| -> Vec<String> {
        space.layer("controls", arguments).ids().into_iter().map(str::to_owned).collect()
    };
    assert_eq!(ids(&["--tag", "net", "--tag", "hard"]), ["T1046", "T1078", "T1110"]);
    assert_eq!(ids(&["--tag", "net", "--tag", "hard", "--all-tags"]), ["T1110"]);
    assert_eq!(
        ids(&["--tag", "*t*", "--tag", "hard", "--all-tags"]),
        ["T1078", "T1110"],
        "any tag that a glob names"
    );
    space
        .run(&["layer", "controls", "--tag", "net", "--tag", "hrad", "--all-tags"])
        .ends_with(2)
        .says(&["no tag is called `hrad`", "did you mean `Hard`?"]);
}

#[test]
fn frameworks_are_named_by_id_by_name_or_with_their_edition() {
    let space = space();
    let other = with(mapping(&[row("eye", "T1046", "detect", "minimal")]), "metadata", {
        let metadata = with(mapping(&[])["metadata"].clone(), "mapping_framework", json!("AWS"));
        with(metadata, "mapping_framework_version", json!("7"))
    });
    space.mapping("other.json", &other);
    for argument in ["aws", "AWS", "AWS 7", "a?s", "aws*"] {
        let arguments = ["layer", "map.json", "other.json", "--framework", argument];
        let layer = space.run(&arguments).ok().layer();
        assert_eq!(layer.scores(), [("T1046", Some(10))], "{argument}");
        assert_eq!(layer.metadata("filter"), ["framework: AWS 7"]);
    }
    let arguments = ["layer", "map.json", "other.json", "--framework", "*"];
    assert_eq!(space.run(&arguments).ok().layer().ids().len(), 5);
    space
        .run(&["build", "map.json", "other.json", "--framework", "acne", "-o", "site"])
        .ends_with(2)
        .says(&["no framework is called `acne`", "did you mean `acme`"]);
    space.run(&["build", "map.json", "other.json", "--framework", "acme", "-o", "site"]).ok();
    let summary = space.json("site/summary.json");
    assert_eq!(summary["frameworks"].as_array().expect("a list").len(), 1);
    assert_eq!(summary["method"]["filters"], json!(["framework: acme 03/04/2025"]));
}

#[test]
fn a_framework_that_is_filtered_out_declares_nothing_not_mappable() {
    let space = space();
    let row =
        with(with(row("", "T1600", "", ""), "status", json!("non_mappable")), "capability_id", Value::Null);
    let metadata = with(mapping(&[])["metadata"].clone(), "mapping_framework", json!("rules"));
    space.mapping("other.json", &with(mapping(&[row]), "metadata", metadata));
    let ids = |framework: &str| -> Vec<String> {
        let run = space.run(&["layer", "map.json", "other.json", "--framework", framework]).ok();
        run.layer().ids().into_iter().map(str::to_owned).collect()
    };
    assert!(ids("*").contains(&"T1600".to_owned()));
    assert!(!ids("acme").contains(&"T1600".to_owned()));
}

#[test]
fn techniques_and_sub_techniques_are_asked_for_apart() {
    let space = space();
    left(&space, &["--kind", "sub-technique"], &[("T1110.001", 100), ("T1562.008", 10)]);
    left(&space, &["--kind", "technique"], &[("T1046", 50), ("T1078", 10), ("T1110", 100)]);
    // Techniques are scored from their sub-techniques all the same.
    let rolled = [("T1046", 50), ("T1078", 10), ("T1110", 100), ("T1562", 10)];
    left(&space, &["--kind", "technique", "--rollup", "max"], &rolled);
    assert_eq!(space.layer("map.json", &["--kind", "technique"]).metadata("filter"), ["kind: technique"]);
    space.run(&["build", "map.json", "-o", "site", "--kind", "sub-technique"]).ok();
    let summary = space.json("site/summary.json");
    let headline = &summary["frameworks"][0]["headline"];
    let subs = active("16.1").iter().filter(|one| one.id.contains('.')).count();
    assert_eq!((&headline[0]["mapped"]["of"], &headline[1]["mapped"]["of"]), (&json!(0), &json!(subs)));
    assert_eq!(headline[2]["mapped"], json!({"n": 2, "of": subs, "percent": 0.4, "text": "0.4\u{a0}%"}));
    assert_eq!(summary["method"]["filters"], json!(["kind: sub-technique"]));
    space
        .run(&["layer", "map.json", "--kind", "tactic"])
        .ends_with(2)
        .says(&["possible values: technique, sub-technique"]);
}

#[test]
fn techniques_are_named_by_id_by_name_or_by_glob() {
    let space = space();
    for argument in ["T1110", "t1110", "Brute Force", "brute*"] {
        left(&space, &["--technique", argument], &[("T1110", 100)]);
    }
    left(&space, &["--technique", "T1110*"], &[("T1110", 100), ("T1110.001", 100)]);
    left(&space, &["--technique", "T1046", "--technique", "Valid Accounts"], &[("T1046", 50), ("T1078", 10)]);
}

#[test]
fn a_retired_technique_can_still_be_asked_for() {
    let space = Workspace::new();
    space.mapping(
        "map.json",
        &mapping(&[row("eye", "T1053.001", "detect", "partial"), row("eye", "T1046", "detect", "minimal")]),
    );
    left(&space, &["--technique", "T1053.001"], &[("T1053.001", 50)]);
}

#[test]
fn a_tactic_filter_names_the_tactic_only_where_the_technique_stands_in_others_too() {
    let space = space();
    for argument in ["credential-access", "Credential Access", "ta0006", "CREDENTIAL*"] {
        let layer = space.layer("map.json", &["--tactic", argument]);
        assert_eq!(layer.scores(), [("T1110", Some(100)), ("T1110.001", Some(100))], "{argument}");
        assert!(layer.techniques().iter().all(|one| one.get("tactic").is_none()), "they stand in no other");
    }
    let tactics = |arguments: &[&str]| -> Vec<String> {
        let layer = space.layer("map.json", arguments);
        let all = layer.techniques().iter().filter(|one| one["techniqueID"] == "T1078");
        all.map(|one| one.get("tactic").map_or("", |tactic| tactic.as_str().expect("text")).to_owned())
            .collect()
    };
    assert_eq!(tactics(&["--tactic", "persistence"]), ["persistence"]);
    assert_eq!(
        tactics(&["--tactic", "Persistence", "--tactic", "TA0001"]),
        ["initial-access", "persistence"]
    );
    let all = [
        "--tactic",
        "initial-access",
        "--tactic",
        "persistence",
        "--tactic",
        "privilege-escalation",
        "--tactic",
        "TA0005",
    ];
    assert_eq!(tactics(&all), [""], "all of its tactics are asked for");
    assert_eq!(tactics(&["--tactic", "discovery"]), Vec::<String>::new());
    assert_eq!(tactics(&[]), [""]);
}

#[test]
fn a_tactic_filter_leaves_its_own_row_and_denominator() {
    let space = space();
    space.run(&["build", "map.json", "-o", "site", "--tactic", "credential-access"]).ok();
    let framework = &space.json("site/summary.json")["frameworks"][0];
    let in_tactic =
        active("16.1").into_iter().filter(|one| one.tactics.contains(&"credential-access".to_owned()));
    let (subs, techniques): (Vec<_>, Vec<_>) = in_tactic.partition(|one| one.id.contains('.'));
    assert_eq!(framework["headline"][0]["mapped"]["of"], techniques.len());
    assert_eq!(framework["headline"][1]["mapped"]["of"], subs.len());
    assert_eq!(framework["headline"][2]["mapped"]["of"], techniques.len() + subs.len());
    assert_eq!(framework["headline"][2]["mapped"]["n"], 2);
    let rows = framework["tactics"].as_array().expect("a list");
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0]["key"], "credential-access");
}

#[test]
fn a_platform_filter_is_written_into_the_layer_and_changes_every_denominator() {
    let space = space();
    assert!(space.layer("map.json", &[]).0.get("filters").is_none(), "no filter, no filter written");
    for (arguments, platforms, ids) in [
        (vec!["--platform", "iaas"], vec!["IaaS"], 5),
        (vec!["--platform", "Identity*"], vec!["Identity Provider"], 4),
        (vec!["--platform", "PRE"], vec!["PRE"], 0),
        (vec!["--platform", "windows", "--platform", "Office Suite"], vec!["Office Suite", "Windows"], 5),
    ] {
        let layer = space.layer("map.json", &arguments);
        assert_eq!(layer.0["filters"]["platforms"], json!(platforms), "{arguments:?}");
        assert_eq!(layer.ids().len(), ids, "{arguments:?}");
        let mut build = vec!["build", "map.json", "-o", "site"];
        build.extend(&arguments);
        space.run(&build).ok();
        let framework = &space.json("site/summary.json")["frameworks"][0];
        let is_shown =
            |one: &crate::support::Active| one.platforms.iter().any(|own| platforms.contains(&own.as_str()));
        let wanted = active("16.1").iter().filter(|one| is_shown(one)).count();
        assert_eq!(framework["headline"][2]["mapped"]["of"], wanted, "{arguments:?}");
        assert_eq!(framework["headline"][2]["mapped"]["n"], ids);
        assert_eq!(framework["headline"][2]["weighted"]["of"], 100 * wanted);
        assert_eq!(framework["categories"][0]["mapped"]["of"], wanted);
        for row in framework["tactics"].as_array().expect("a list") {
            let tactic = row["key"].as_str().expect("text").to_owned();
            let of =
                active("16.1").iter().filter(|one| is_shown(one) && one.tactics.contains(&tactic)).count();
            assert_eq!(row["mapped"]["of"], of, "{tactic} {arguments:?}");
        }
    }
}

#[test]
fn without_filters_the_denominators_are_all_active_techniques() {
    let space = space();
    space.run(&["build", "map.json", "-o", "site"]).ok();
    let framework = &space.json("site/summary.json")["frameworks"][0];
    assert_eq!(
        framework["headline"][0]["mapped"],
        json!({"n": 3, "of": 203, "percent": 1.5, "text": "1\u{a0}%"})
    );
    assert_eq!(framework["headline"][1]["mapped"]["of"], 453);
    assert_eq!(framework["headline"][2]["mapped"]["of"], 656);
    assert_eq!(active("16.1").len(), 656, "the tables say the same");
}

#[test]
fn filters_of_different_kinds_add_up() {
    let space = space();
    left(&space, &["--group", "watch", "--category", "protect"], &[("T1562.008", 10)]);
    left(
        &space,
        &["--group", "watch", "--level", "significant", "--tactic", "credential-access"],
        &[("T1110", 100)],
    );
    left(&space, &["--capability", "door_lock", "--group", "watch"], &[]);
    left(
        &space,
        &[
            "--category",
            "protect",
            "--platform",
            "Identity Provider",
            "--technique",
            "T1110*",
            "--capability",
            "*lock",
        ],
        &[("T1110", 50), ("T1110.001", 100)],
    );
}

#[test]
fn filters_in_force_are_stated_in_layers_and_reports() {
    let space = space();
    let arguments = ["--category", "protect", "--category", "detect", "--tactic", "TA0006"];
    let layer = space.layer("map.json", &arguments);
    assert_eq!(layer.metadata("filter"), ["category: Protect, Detect", "tactic: Credential Access"]);
    assert!(
        layer.0["description"]
            .as_str()
            .expect("text")
            .contains("category: Protect, Detect; tactic: Credential Access")
    );
    let mut build = vec!["build", "map.json", "-o", "site"];
    build.extend(arguments);
    space.run(&build).ok();
    let filters = json!(["category: Protect, Detect", "tactic: Credential Access"]);
    assert_eq!(space.json("site/summary.json")["method"]["filters"], filters);
    assert!(space.read("site/index.html").contains("<li>category: Protect, Detect</li>"));
}

#[test]
fn an_unknown_name_stops_the_run_with_2_and_the_nearest_ones() {
    let space = space();
    for (option, value, what, help) in [
        ("--category", "detct", "category", "did you mean `Detect`?"),
        ("--level", "partiall", "level", "did you mean `Partial`?"),
        ("--capability", "dor_lock", "capability", "did you mean `door_lock`"),
        ("--group", "watching_", "group", "did you mean `Watching`"),
        ("--tactic", "credential-acess", "tactic", "did you mean `credential-access`"),
        ("--platform", "Linus", "platform", "did you mean `Linux`"),
        ("--technique", "Brute Forse", "technique", "did you mean `Brute Force`"),
        ("--category", "zzz", "category", "known here: Protect, Detect, Respond"),
        ("--capability", "zz*", "capability", "known here: "),
        ("--technique", "T99*", "technique", ""),
        ("--tag", "any", "tag", ""),
        ("--capability", "", "capability", ""),
    ] {
        for command in [["layer", "map.json", "-o", "out.json"], ["build", "map.json", "-o", "out"]] {
            let mut arguments = command.to_vec();
            arguments.extend([option, value]);
            let run = space.run(&arguments).ends_with(2);
            run.says(&[&format!("error: no {what} is called `{value}`"), help]);
        }
    }
    assert_eq!(space.names(""), ["map.json"], "nothing is written");
}

#[test]
fn what_is_unknown_beside_something_known_still_stops_the_run() {
    let arguments = ["layer", "map.json", "--tactic", "persistence", "--tactic", "persistance"];
    space().run(&arguments).ends_with(2).says(&["`persistance`", "did you mean", "`Persistence`?"]);
}

#[test]
fn filters_also_apply_to_mappings_without_levels() {
    let space = Workspace::new();
    let rows = [crate::support::plain_row("ac-2", "T1110"), crate::support::plain_row("ac-3", "T1046")];
    space.mapping("map.json", &mapping(&rows));
    left(&space, &["--capability", "AC-2"], &[("T1110", 1)]);
    assert!(space.layer("map.json", &["--category", "protect"]).ids().is_empty(), "none is in a category");
    assert!(space.layer("map.json", &["--level", "minimal"]).ids().is_empty(), "none has a level");
}
