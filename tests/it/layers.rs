//! The layers that `navlayer layer` writes.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Layer, Workspace, mapping, plain_row, row, values, with};

/// The mapping whose scores the tests below compute by hand.
fn example() -> Value {
    mapping(&[
        row("lock", "T1110", "protect", "partial"),
        row("camera", "T1110", "protect", "minimal"),
        row("camera", "T1110", "detect", "partial"),
        row("guard", "T1110", "detect", "minimal"),
        row("guard", "T1110.001", "respond", "significant"),
        row("lock", "T1110.003", "protect", "partial"),
        row("lock", "T1078", "protect", "significant"),
        row("lock", "T1078.004", "protect", "minimal"),
        row("lock", "T1059.001", "detect", "partial"),
    ])
}

fn space(mapping: &Value) -> Workspace {
    let space = Workspace::new();
    space.mapping("map.json", mapping);
    space
}

/// Two scored frameworks' worth of options, to look at every construct that a layer can hold.
const VARIANTS: [&[&str]; 9] = [
    &[],
    &["--metric", "layered", "--rollup", "mean"],
    &["--metric", "count", "--rollup", "max"],
    &["--metric", "balanced", "--expand", "all"],
    &["--color-by", "category", "--expand", "annotated"],
    &["--color-by", "category", "--rollup", "max", "--metric", "mean"],
    &["--tactic", "persistence", "--platform", "Linux"],
    &["--name", "naïve “name”", "--description", "Ünïcode 😀"],
    &["--capability", "guard", "--level", "significant"],
];

#[test]
fn a_layer_has_every_field_of_format_4_5() {
    let layer = space(&example()).layer("map.json", &[]);
    let mut keys: Vec<&str> = layer.0.as_object().expect("an object").keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(
        keys,
        [
            "description",
            "domain",
            "gradient",
            "hideDisabled",
            "layout",
            "legendItems",
            "metadata",
            "name",
            "selectSubtechniquesWithParent",
            "selectTechniquesAcrossTactics",
            "selectVisibleTechniques",
            "showTacticRowBackground",
            "tacticRowBackground",
            "techniques",
            "versions"
        ]
    );
    assert_eq!(layer.0["versions"], json!({"attack": "16", "navigator": "5.1.0", "layer": "4.5"}));
    assert_eq!(layer.0["domain"], "enterprise-attack");
    assert_eq!(
        layer.0["layout"],
        json!({
            "layout": "side", "aggregateFunction": "average", "showID": false, "showName": true,
            "showAggregateScores": false, "countUnscored": false, "expandedSubtechniques": "none"
        })
    );
    assert_eq!(
        (&layer.0["gradient"]["minValue"], &layer.0["gradient"]["maxValue"]),
        (&json!(0), &json!(100))
    );
    let colors = layer.0["gradient"]["colors"].as_array().expect("colours");
    assert!(colors.iter().all(|color| is_color(color.as_str().expect("text"))), "{colors:?}");
    for technique in layer.techniques() {
        assert_eq!(technique["enabled"], true);
        assert_eq!(technique["showSubtechniques"], false);
    }
}

fn is_color(text: &str) -> bool {
    text.len() == 7 && text.starts_with('#') && text[1..].bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[test]
fn each_domain_and_version_is_written_as_the_navigator_reads_it() {
    for (domain, version, technique, id, major) in [
        ("mobile", "15.1", "T1521.003", "mobile-attack", "15"),
        ("ics", "12.1", "T0801", "ics-attack", "12"),
        ("enterprise", "8.2", "T1110", "enterprise-attack", "8"),
        ("enterprise", "19.0", "T1110", "enterprise-attack", "19"),
    ] {
        let mut set = mapping(&[row("lock", technique, "protect", "partial")]);
        set["metadata"]["technology_domain"] = json!(domain);
        set["metadata"]["attack_version"] = json!(version);
        let layer = space(&set).layer("map.json", &[]);
        assert_eq!((&layer.0["domain"], &layer.0["versions"]["attack"]), (&json!(id), &json!(major)));
        assert_eq!(layer.metadata("ATT&CK"), [format!("{id} {version}")]);
        assert_eq!(layer.scores(), [(technique, Some(50))]);
    }
}

#[test]
fn each_metric_gives_what_was_computed_by_hand() {
    let space = space(&example());
    // T1110: lock 50 protect; camera 10 protect and 50 detect; guard 10 detect.
    for (metric, brute_force, guessing, cloud, accounts) in [
        // 50
        ("strongest", 50, 100, 10, 100),
        // 100 × (1 − 0.5 × 0.5 × 0.9) = 77.5
        ("layered", 78, 100, 10, 100),
        // (50 + 50 + 10) / 3 = 36.7
        ("mean", 37, 100, 10, 100),
        // (50 + 50 + 0) / 3 = 33.3
        ("balanced", 33, 33, 3, 33),
        ("count", 3, 1, 1, 1),
    ] {
        let layer = space.layer("map.json", &["--metric", metric]);
        assert_eq!(layer.metadata("metric"), [metric]);
        let scores = ["T1110", "T1110.001", "T1078.004", "T1078"].map(|id| layer.score(id));
        assert_eq!(scores, [brute_force, guessing, cloud, accounts].map(Some), "{metric}");
    }
}

#[test]
fn metrics_look_at_the_selected_categories_alone() {
    let space = space(&example());
    // T1110 in Detect: camera 50, guard 10.
    for (metric, score) in [("strongest", 50), ("layered", 55), ("mean", 30), ("balanced", 50), ("count", 2)]
    {
        let layer = space.layer("map.json", &["--metric", metric, "--category", "detect"]);
        assert_eq!(layer.score("T1110"), Some(score), "{metric}");
        assert_eq!(layer.ids(), ["T1059.001", "T1110"]);
    }
    let two = ["--metric", "balanced", "--category", "detect,respond"];
    assert_eq!(space.layer("map.json", &two).score("T1110"), Some(25), "(50 + 0) / 2");
}

#[test]
fn only_what_is_full_is_shown_as_full() {
    let rows: Vec<Value> =
        (0..12).map(|number| row(&format!("one_{number}"), "T1110", "detect", "partial")).collect();
    let layer = space(&mapping(&rows)).layer("map.json", &["--metric", "layered"]);
    assert_eq!(layer.score("T1110"), Some(99), "99.98 is not 100, and the Navigator throws just below it");
}

#[test]
fn a_roll_up_scores_techniques_from_their_sub_techniques() {
    let space = space(&example());
    let scores = |rollup: &str| {
        let layer = space.layer("map.json", &["--rollup", rollup]);
        assert_eq!(layer.metadata("roll-up"), [rollup]);
        let own = ["T1110.001", "T1110.003", "T1078.004", "T1059.001"].map(|id| layer.score(id));
        assert_eq!(own, [100, 50, 10, 50].map(Some), "sub-techniques stay as they are");
        let roll = ["T1110", "T1078", "T1059"];
        roll.map(|id| if layer.ids().contains(&id) { layer.score(id) } else { None })
    };
    assert_eq!(scores("none"), [Some(50), Some(100), None]);
    assert_eq!(scores("max"), [Some(100), Some(100), Some(50)]);
    // T1110 has 4 sub-techniques: (100 + 0 + 50 + 0) / 4 = 37.5 does not lower its own 50. T1059 has 11: 50 / 11.
    assert_eq!(scores("mean"), [Some(50), Some(100), Some(5)]);
}

#[test]
fn metadata_says_which_score_is_rolled_up() {
    let layer = space(&example()).layer("map.json", &["--rollup", "max"]);
    let told = |id: &str, name: &str| -> Vec<String> {
        values(&layer.technique(id)["metadata"], name).into_iter().map(str::to_owned).collect()
    };
    assert_eq!(
        (told("T1110", "rolled-up score"), told("T1110", "own score")),
        (vec!["100".to_owned()], vec!["50".to_owned()])
    );
    assert_eq!(
        (told("T1059", "rolled-up score"), told("T1059", "own score")),
        (vec!["50".to_owned()], vec!["none".to_owned()])
    );
    assert!(told("T1078", "rolled-up score").is_empty(), "its own score is higher");
    let comment = layer.technique("T1059")["comment"].as_str().expect("a comment");
    assert!(comment.contains("rolled up"), "{comment}");
}

#[test]
fn a_mean_roll_up_counts_the_sub_techniques_in_scope_alone() {
    let layer = space(&example()).layer(
        "map.json",
        &["--rollup", "mean", "--technique", "T1059", "--technique", "T1059.001", "--technique", "T1059.002"],
    );
    assert_eq!(layer.score("T1059"), Some(25), "50 / 2");
}

#[test]
fn a_roll_up_enters_no_figure() {
    let space = space(&example());
    let headline = |rollup: &str| {
        space.run(&["build", "map.json", "-o", "site", "--rollup", rollup]).ok();
        space.json("site/summary.json")["frameworks"][0]["headline"].clone()
    };
    assert_eq!(headline("max"), headline("none"));
    let summary = space.json("site/summary.json");
    assert_eq!(summary["rollup"], "none");
}

#[test]
fn mappings_without_levels_are_counted_and_it_is_said() {
    let space = space(&mapping(&[
        plain_row("ac-2", "T1110"),
        plain_row("ac-3", "T1110"),
        plain_row("ac-3", "T1046"),
    ]));
    let run = space.run(&["layer", "map.json"]).ok();
    let layer = run.layer();
    assert_eq!(layer.scores(), [("T1046", Some(1)), ("T1110", Some(2))]);
    assert_eq!(layer.metadata("metric"), ["count"]);
    assert_eq!(layer.metadata("scale"), Vec::<&str>::new(), "no levels, no scale");
    assert_eq!((&layer.0["gradient"]["minValue"], &layer.0["gradient"]["maxValue"]), (&json!(0), &json!(2)));
    run.says(&["note: acme 03/04/2025 has no levels", "count"]);
    assert_eq!(
        space.run(&["layer", "map.json", "--metric", "count", "-o", "a.json"]).ok().stderr,
        "wrote a.json\n"
    );
    assert_eq!(space.run(&["layer", "map.json", "-q"]).ok().stderr, "");
}

#[test]
fn a_layer_of_scored_and_unscored_frameworks_does_not_claim_to_count() {
    let space = space(&example());
    let mut other = mapping(&[plain_row("ac-2", "T1110"), plain_row("ac-2", "T1046")]);
    other["metadata"]["mapping_framework"] = json!("other");
    space.mapping("other.json", &other);
    let run = space.run(&["layer", "map.json", "other.json"]).ok();
    let layer = run.layer();
    assert_eq!(layer.metadata("metric"), ["strongest"]);
    assert_eq!((layer.score("T1110"), layer.score("T1046")), (Some(50), None));
    assert!(!run.stderr.contains("count"), "{}", run.stderr);
    run.says(&["note: other 03/04/2025 has no levels"]);
}

#[test]
fn no_score_stands_where_the_navigator_throws_even_with_250_capabilities_on_one_technique() {
    let mut rows: Vec<Value> = Vec::new();
    for (technique, count) in [("T1110", 250), ("T1078", 249), ("T1046", 248), ("T1190", 247), ("T1059", 1)] {
        rows.extend((0..count).map(|number| plain_row(&format!("control_{number:03}"), technique)));
    }
    let layer = space(&mapping(&rows)).layer("map.json", &[]);
    assert_eq!(layer.score("T1110"), Some(250));
    assert_eq!(layer.score("T1078"), Some(249));
    does_not_throw(&layer);
    assert_eq!(layer.0["gradient"]["minValue"], 0);
}

/// Checks the rule that the Navigator samples a gradient into 100 colours and throws on index 100.
fn does_not_throw(layer: &Layer) {
    let bound = |name: &str| layer.0["gradient"][name].as_f64().expect("a number");
    let (min, max) = (bound("minValue"), bound("maxValue"));
    assert!(min < max);
    for (id, score) in layer.scores() {
        let Some(score) = score else { continue };
        #[expect(clippy::cast_precision_loss, reason = "scores are small")]
        let share = (score as f64 - min) / (max - min);
        assert!(!(0.995..1.0).contains(&share), "{id}: {score} of {max}");
    }
}

#[test]
fn every_variant_has_whole_scores_no_null_and_nothing_empty() {
    let space = space(&example());
    for arguments in VARIANTS {
        let layer = space.layer("map.json", arguments);
        does_not_throw(&layer);
        for technique in layer.techniques() {
            assert!(technique.get("score").is_none_or(Value::is_i64), "{technique}");
        }
        holds_something(&layer.0, arguments);
    }
}

/// The Navigator drops or stumbles over nulls, and over empty names, values, labels and addresses.
fn holds_something(value: &Value, arguments: &[&str]) {
    match value {
        Value::Null => panic!("a null in the layer of {arguments:?}"),
        Value::Array(all) => all.iter().for_each(|one| holds_something(one, arguments)),
        Value::Object(map) => {
            for (key, one) in map {
                let must = ["name", "value", "label", "url", "color", "tactic", "techniqueID", "comment"];
                assert!(!must.contains(&key.as_str()) || *one != json!(""), "an empty {key}: {arguments:?}");
                holds_something(one, arguments);
            }
        }
        _ => {}
    }
}

#[test]
fn the_output_is_ascii_and_says_what_was_given() {
    let mut set = example();
    set["mapping_objects"][0]["comments"] = json!("naïve – “quoted” 😀\nnext line");
    set["mapping_objects"][0]["capability_description"] = json!("Schloß");
    let space = space(&set);
    for arguments in VARIANTS {
        let mut all = vec!["layer", "map.json"];
        all.extend(arguments);
        let run = space.run(&all).ok();
        assert!(run.stdout.is_ascii(), "{arguments:?}");
        assert!(run.stdout.ends_with("}\n"), "{arguments:?}");
    }
    let layer = space.layer("map.json", &["--name", "naïve “name”", "--description", "Ünïcode 😀"]);
    assert_eq!((&layer.0["name"], &layer.0["description"]), (&json!("naïve “name”"), &json!("Ünïcode 😀")));
    let metadata = &layer.technique("T1110")["metadata"];
    assert!(values(metadata, "comment").contains(&"naïve – “quoted” 😀\nnext line"));
    assert!(values(metadata, "capability").contains(&"Schloß"));
}

#[test]
fn the_same_command_gives_the_same_bytes() {
    let space = space(&example());
    for arguments in VARIANTS {
        let mut all = vec!["layer", "map.json"];
        all.extend(arguments);
        assert_eq!(space.run(&all).stdout, space.run(&all).stdout, "{arguments:?}");
    }
}

#[test]
fn metadata_of_a_technique_has_one_block_for_each_capability_and_category() {
    let mut set = example();
    set["mapping_objects"][2]["comments"] = json!("  Sees it.\n");
    let layer = space(&set).layer("map.json", &["--technique", "T1110"]);
    let rows = layer.technique("T1110")["metadata"].as_array().expect("metadata").clone();
    let told: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| (row["name"].as_str().expect("text"), row["value"].as_str().expect("text")))
        .collect();
    assert_eq!(
        told,
        [
            ("capability", "Camera"),
            ("category", "Protect"),
            ("level", "Minimal"),
            ("capability", "Camera"),
            ("category", "Detect"),
            ("level", "Partial"),
            ("comment", "Sees it."),
            ("capability", "Guard"),
            ("category", "Detect"),
            ("level", "Minimal"),
            ("capability", "Lock"),
            ("category", "Protect"),
            ("level", "Partial"),
        ]
    );
    assert_eq!(
        layer.technique("T1110")["comment"],
        "3 capabilities: Camera (Protect Minimal, Detect Partial), Guard (Detect Minimal), Lock (Protect Partial)"
    );
}

#[test]
fn the_layers_own_metadata_says_where_it_comes_from_and_how() {
    let layer = space(&example()).layer("map.json", &[]);
    for (name, value) in [
        ("source", "acme 03/04/2025"),
        ("source ATT&CK version", "16.1"),
        ("publisher", "Acme Works"),
        ("last update", "03/04/2025"),
        ("ATT&CK", "enterprise-attack 16.1"),
        ("metric", "strongest"),
        ("scale", "Minimal 10, Partial 50, Significant 100"),
        ("roll-up", "none"),
    ] {
        assert_eq!(layer.metadata(name), [value], "{name}");
    }
    assert!(layer.metadata("generator")[0].starts_with("navlayer "));
}

#[test]
fn a_name_made_from_a_date_holds_nothing_that_a_sheet_name_refuses() {
    let space = space(&example());
    assert_eq!(space.layer("map.json", &[]).0["name"], "acme 03.04.2025");
    assert_eq!(
        space.layer("map.json", &["--name", "A/B: [mine]"]).0["name"],
        "A/B: [mine]",
        "as the user says"
    );
}

#[test]
fn colours_by_category_tell_category_and_level_and_the_legend_explains_each() {
    let set = mapping(&[
        row("a", "T1110", "protect", "significant"),
        row("a", "T1078", "protect", "minimal"),
        row("a", "T1046", "detect", "significant"),
        row("a", "T1190", "respond", "significant"),
        row("a", "T1059", "protect", "significant"),
        row("b", "T1059", "detect", "minimal"),
        row("b", "T1021", "protect", "significant"),
        row("b", "T1053", "", ""),
    ]);
    let layer = space(&set).layer("map.json", &["--color-by", "category"]);
    let color = |id: &str| layer.technique(id)["color"].as_str().expect("a colour");
    assert_eq!(color("T1110"), color("T1021"), "the same category and level have one colour");
    let used: BTreeSet<&str> = ["T1110", "T1078", "T1046", "T1190", "T1059"].map(color).into();
    assert_eq!(used.len(), 5, "all others differ: {used:?}");
    assert!(used.iter().all(|color| is_color(color)));
    assert!(layer.technique("T1053").get("color").is_none(), "mapped without a score is not painted");
    let legend = layer.0["legendItems"].as_array().expect("a legend");
    let label = |id: &str| {
        let item = legend.iter().find(|item| item["color"] == color(id)).expect("the legend has the colour");
        item["label"].as_str().expect("text")
    };
    assert_eq!(label("T1110"), "Protect: Significant");
    assert_eq!(label("T1078"), "Protect: Minimal");
    assert_eq!(label("T1046"), "Detect: Significant");
    assert_eq!(label("T1190"), "Respond: Significant");
    assert_eq!(label("T1059"), "Several categories: Significant");
    assert_eq!(legend.len(), 5, "and no other");
    assert_eq!(layer.score("T1110"), Some(100), "the score stays, for those who recolour");
}

#[test]
fn a_category_filter_leaves_one_hue() {
    let set = mapping(&[row("a", "T1059", "protect", "significant"), row("b", "T1059", "detect", "minimal")]);
    let layer = space(&set).layer("map.json", &["--color-by", "category", "--category", "detect"]);
    assert_eq!(layer.0["legendItems"][0]["label"], "Detect: Minimal");
    assert_eq!(layer.0["legendItems"].as_array().expect("a list").len(), 1);
}

#[test]
fn a_layer_coloured_by_score_leaves_the_colour_to_the_gradient() {
    let layer = space(&example()).layer("map.json", &[]);
    assert!(layer.techniques().iter().all(|one| one.get("color").is_none()));
    let legend = layer.0["legendItems"].as_array().expect("a legend");
    let labels: Vec<&Value> = legend.iter().map(|item| &item["label"]).collect();
    assert_eq!(labels, ["Minimal (10)", "Partial (50)", "Significant (100)"]);
    assert_eq!(
        legend[2]["color"],
        layer.0["gradient"]["colors"].as_array().expect("colours").last().expect("one").clone()
    );
}

#[test]
fn expanding_opens_those_asked_for() {
    let set = mapping(&[
        row("a", "T1110", "protect", "partial"),
        row("a", "T1110.001", "protect", "partial"),
        row("a", "T1078", "protect", "partial"),
        row("a", "T1046", "protect", "partial"),
    ]);
    let space = space(&set);
    for (expand, open) in [("none", vec![]), ("annotated", vec!["T1110"]), ("all", vec!["T1078", "T1110"])] {
        let layer = space.layer("map.json", &["--expand", expand]);
        assert_eq!(layer.0["layout"]["expandedSubtechniques"], expand);
        let shown = layer.techniques().iter().filter(|one| one["showSubtechniques"] == true);
        let shown: Vec<&str> = shown.map(|one| one["techniqueID"].as_str().expect("text")).collect();
        assert_eq!(shown, open, "{expand}");
    }
}

#[test]
fn not_mappable_techniques_are_there_without_a_score_or_colour() {
    let mut declared = row("", "T1200", "", "");
    declared = with(with(declared, "mapping_type", json!("non_mappable")), "status", json!("non_mappable"));
    let mut set = example();
    set["mapping_objects"].as_array_mut().expect("a list").push(declared);
    let space = space(&set);
    for arguments in VARIANTS.iter().take(6) {
        let layer = space.layer("map.json", arguments);
        let technique = layer.technique("T1200");
        assert!(technique.get("score").is_none() && technique.get("color").is_none(), "{arguments:?}");
        assert_eq!(values(&technique["metadata"], "state"), ["not mappable"]);
    }
}

// One layer for each of several parts

/// Three capabilities in two groups.
fn grouped() -> Workspace {
    let mut set = example();
    for one in set["mapping_objects"].as_array_mut().expect("a list") {
        let group = if one["capability_id"] == "lock" { "wall" } else { "watch" };
        one["capability_group"] = json!(group);
    }
    space(&set)
}

#[test]
fn per_capability_category_group_and_framework_write_one_layer_each() {
    let space = grouped();
    for (per, files, names) in [
        (
            "capability",
            vec!["camera.json", "guard.json", "lock.json"],
            vec!["Camera (acme)", "Guard (acme)", "Lock (acme)"],
        ),
        (
            "category",
            vec!["detect.json", "protect.json", "respond.json"],
            vec!["Detect (acme)", "Protect (acme)", "Respond (acme)"],
        ),
        ("group", vec!["wall.json", "watch.json"], vec!["Walls (acme)", "Watching (acme)"]),
        ("framework", vec!["acme.json"], vec!["acme 03.04.2025"]),
    ] {
        let run = space.run(&["layer", "map.json", "--per", per, "-o", per]).ok();
        assert_eq!(run.stdout, "");
        let mut written = space.names(per);
        written.retain(|name| name != "manifest.json");
        assert_eq!(written, files, "{per}");
        let found: Vec<Value> =
            files.iter().map(|file| space.json(&format!("{per}/{file}"))["name"].clone()).collect();
        assert_eq!(found, names, "{per}");
    }
    let guard = Layer(space.json("capability/guard.json"));
    assert_eq!(guard.scores(), [("T1110", Some(10)), ("T1110.001", Some(100))]);
    let detect = Layer(space.json("category/detect.json"));
    assert_eq!(detect.scores(), [("T1059.001", Some(50)), ("T1110", Some(50))]);
    let watch = Layer(space.json("group/watch.json"));
    assert_eq!(watch.scores(), [("T1110", Some(50)), ("T1110.001", Some(100))]);
}

#[test]
fn per_tag_writes_a_layer_for_each_tag_of_a_control() {
    let space = Workspace::new();
    space.write("controls/lock.yaml", include_str!("reading/controls/lock.yaml"));
    space.write("controls/camera.yaml", include_str!("reading/controls/Camera On Gate.yaml"));
    space.write("controls/lawn.yaml", include_str!("reading/controls/lawn.yaml"));
    space.run(&["layer", "controls", "--per", "tag", "-o", "tags"]).ok();
    assert_eq!(space.names("tags"), ["entrance.json", "hardware.json", "manifest.json"]);
    assert_eq!(Layer(space.json("tags/hardware.json")).score("T1110"), Some(50));
}

#[test]
fn parts_are_of_what_the_filters_leave() {
    let space = grouped();
    space.run(&["layer", "map.json", "--per", "capability", "--category", "respond", "-o", "out"]).ok();
    assert_eq!(space.names("out"), ["guard.json", "manifest.json"]);
    let run = space.run(&[
        "layer",
        "map.json",
        "--per",
        "group",
        "--capability",
        "lock",
        "--category",
        "respond",
        "-o",
        "none",
    ]);
    run.ends_with(2).says(&["nothing is left to write a layer of", "help: "]);
    assert!(!space.has("none"));
}

#[test]
fn a_name_goes_before_the_names_of_the_parts() {
    let space = grouped();
    space
        .run(&[
            "layer",
            "map.json",
            "--per",
            "category",
            "--name",
            "Ours",
            "--description",
            "All.",
            "-o",
            "out",
        ])
        .ok();
    let layer = space.json("out/respond.json");
    assert_eq!((&layer["name"], &layer["description"]), (&json!("Ours: Respond (acme)"), &json!("All.")));
}

#[test]
fn per_without_a_folder_stops_the_run_with_2() {
    let space = grouped();
    space.run(&["layer", "map.json", "--per", "category"]).ends_with(2).says(&["-o DIR", "--bundle"]);
    space.run(&["layer", "map.json", "--bundle"]).ends_with(2).says(&["--per"]);
}

#[test]
fn a_bundle_opens_its_tabs_in_the_order_of_the_parts() {
    let space = grouped();
    let run = space.run(&["layer", "map.json", "--per", "category", "--bundle"]).ok();
    let bundle: Vec<Value> = serde_json::from_str(&run.stdout).expect("a bundle is an array");
    let names: Vec<&Value> = bundle.iter().map(|layer| &layer["name"]).collect();
    // The Navigator puts each further layer before the one that it opened last.
    assert_eq!(names, ["Respond (acme)", "Detect (acme)", "Protect (acme)"]);
    space.run(&["layer", "map.json", "--per", "category", "--bundle", "-o", "bundle.json"]).ok();
    assert_eq!(space.read("bundle.json"), run.stdout);
    space.run(&["layer", "map.json", "--per", "group", "--bundle", "-o", "bundle.json"]).ok();
    assert_eq!(space.json("bundle.json").as_array().map(Vec::len), Some(2), "a bundle of ours is replaced");
}

// Where it is written

#[test]
fn a_layer_of_ours_is_replaced_and_another_file_is_not() {
    let space = space(&example());
    space.run(&["layer", "map.json", "-o", "out.json"]).ok();
    space.run(&["layer", "map.json", "--category", "detect", "-o", "out.json"]).ok();
    assert_eq!(Layer(space.json("out.json")).ids(), ["T1059.001", "T1110"]);
    let foreign =
        r#"{"name": "mine", "versions": {"layer": "4.5"}, "domain": "enterprise-attack", "techniques": []}"#;
    for held in ["words", foreign, "", "[]"] {
        space.write("out.json", held);
        let run = space.run(&["layer", "map.json", "-o", "out.json"]).ends_with(2);
        run.says(&["error: out.json was not written by navlayer", "help: --force replaces it"]);
        assert_eq!(space.read("out.json"), held, "it is left alone");
    }
    space.run(&["layer", "map.json", "-o", "out.json", "--force"]).ok();
    assert_eq!(Layer(space.json("out.json")).score("T1110"), Some(50));
}

#[test]
fn a_folder_is_not_overwritten_by_a_file_nor_a_missing_folder_made() {
    let space = space(&example());
    space.write("folder/keep.txt", "keep");
    space.run(&["layer", "map.json", "-o", "folder", "--force"]).ends_with(2).says(&["folder is a folder"]);
    space.run(&["layer", "map.json", "-o", "missing/out.json"]).ends_with(2).says(&["missing/out.json"]);
    assert_eq!(space.names(""), ["folder/keep.txt", "map.json"]);
}

#[test]
fn a_part_does_not_replace_a_file_of_the_users_own() {
    let space = grouped();
    space.write("out/lock.json", "mine");
    let arguments = ["layer", "map.json", "--per", "capability", "-o", "out"];
    space.run(&arguments).ends_with(2).says(&["lock.json was not written by navlayer"]);
    assert_eq!(space.names("out"), ["lock.json"], "all or nothing");
    assert_eq!(space.read("out/lock.json"), "mine");
    let mut forced = arguments.to_vec();
    forced.push("--force");
    space.run(&forced).ok();
    assert_eq!(space.names("out"), ["camera.json", "guard.json", "lock.json", "manifest.json"]);
}

#[test]
fn convert_never_replaces_a_mapping_unasked() {
    let space = space(&example());
    space.run(&["convert", "map.json", "-o", "copy.json"]).ok();
    let copy = space.read("copy.json");
    space.run(&["convert", "map.json", "-o", "copy.json"]).ok();
    space.run(&["convert", "map.json", "--facts", "-o", "map.json"]).ends_with(2).says(&["--force"]);
    assert_eq!(space.layer("copy.json", &[]).scores(), space.layer("map.json", &[]).scores());
    assert_eq!(space.read("copy.json"), copy);
}

#[test]
fn converting_keeps_every_mapping_and_facts_leave_out_the_prose() {
    let mut set = example();
    set["mapping_objects"][0]["comments"] = json!("A long sentence.");
    set["mapping_objects"][0]["references"] = json!(["https://a.example/x", "see the manual"]);
    let space = space(&set);
    space.run(&["convert", "map.json", "-o", "all.json"]).ok();
    space.run(&["convert", "map.json", "--facts", "-o", "facts.json"]).ok();
    let whole = space.layer("map.json", &[]);
    assert_eq!(space.layer("all.json", &[]).0, whole.0, "nothing is lost");
    assert_eq!(space.layer("facts.json", &[]).scores(), whole.scores());
    let facts = space.read("facts.json");
    assert!(!facts.contains("sentence") && !facts.contains("manual"), "{facts}");
    assert!(facts.contains("https://a.example/x"));
}

#[test]
fn layers_into_a_folder_remove_no_output_of_another_command() {
    let space = Workspace::new();
    space.run(&["build", "-o", "out"]).ok();
    let before = space.names("out");
    let refused = space.run(&["layer", "--per", "category", "-o", "out"]);
    refused.ends_with(2).says(&["out holds the output of `navlayer build`", "--force"]);
    assert_eq!(space.names("out"), before);
    space.run(&["layer", "--per", "category", "-o", "layers"]).ok();
    space.run(&["layer", "--per", "capability", "-o", "layers"]).ends_with(2);
    assert_eq!(space.names("layers").len(), 4, "three layers and the manifest");
}

#[test]
fn filters_that_leave_nothing_are_said() {
    let space = Workspace::new();
    let run = space.run(&["layer", "--tactic", "discovery", "--category", "respond", "--technique", "T1613"]);
    run.ok().says(&["no mapping passes the filters"]);
}

#[test]
fn a_dash_is_standard_output() {
    let space = Workspace::new();
    let run = space.run(&["layer", "-o", "-"]).ok();
    assert_eq!(run.layer().ids().len(), 215);
    assert!(space.names("").is_empty(), "no file is called -");
}

#[test]
fn a_capability_without_a_technique_in_scope_gets_no_layer() {
    let space = Workspace::new();
    space.run(&["layer", "--per", "capability", "--tactic", "collection", "-o", "layers"]).ok();
    let names = space.names("layers");
    assert!(!names.is_empty());
    for name in names.iter().filter(|name| *name != "manifest.json") {
        assert!(!Layer(space.json(&format!("layers/{name}"))).ids().is_empty(), "{name} is empty");
    }
}
