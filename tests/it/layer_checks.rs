//! What is wrong with a layer file: each finding with its code, its place and what to do about it.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use navlayer::attack::Releases;
use navlayer::diagnostic::{Code, Diagnostic, Severity};
use navlayer::layer::check;
use navlayer::mapping::read;
use navlayer::source::Source;
use navlayer::source::node::Document;
use serde_json::{Value, json};

use crate::support::{Workspace, corpus, covered, listing, mapping, plain_row, row, tree, without};

/// A layer with nothing to find in it.
fn sound() -> Value {
    json!({
        "name": "sound",
        "versions": {"attack": "16", "navigator": "5.1.0", "layer": "4.5"},
        "domain": "enterprise-attack",
        "description": "",
        "filters": {"platforms": ["Linux", "Windows"]},
        "sorting": 3,
        "layout": {"layout": "flat", "showID": true, "aggregateFunction": "max", "expandedSubtechniques": "all"},
        "hideDisabled": false,
        "techniques": [
            {"techniqueID": "T1110", "score": 50, "color": "", "comment": "c", "enabled": true,
             "metadata": [{"name": "n", "value": "v"}], "links": [{"label": "l", "url": "https://a.example"}],
             "showSubtechniques": false},
            {"techniqueID": "T1078", "tactic": "persistence", "color": "#66b1ff"},
            {"techniqueID": "T1078", "tactic": "initial-access", "color": "RebeccaPurple"}
        ],
        "gradient": {"colors": ["#ffffff", "#66b1ff"], "minValue": 0, "maxValue": 100},
        "legendItems": [{"label": "l", "color": "rgb(1, 2, 3)"}],
        "tacticRowBackground": "#ddd",
        "metadata": [{"name": "n", "value": "v"}]
    })
}

/// The sound layer with the value at a JSON pointer set; a pointer that ends in `-` adds to a list.
fn with(pointer: &str, value: Value) -> Value {
    let mut layer = sound();
    set(&mut layer, pointer, value);
    layer
}

fn set(layer: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    match layer.pointer_mut(parent).expect("the parent is there") {
        Value::Object(object) => {
            object.insert(key.to_owned(), value);
        }
        Value::Array(list) if key == "-" => list.push(value),
        Value::Array(list) => list[key.parse::<usize>().expect("an index")] = value,
        other => panic!("{other} has no members"),
    }
}

fn checked(text: &str) -> Vec<Diagnostic> {
    let source = Source::new("layer.json", text.to_owned());
    let document = Document::json(&source, 0).expect("it is JSON");
    check::check(&source, document.root(), &Releases::default())
}

fn found(layer: &Value) -> Vec<Diagnostic> {
    checked(&serde_json::to_string_pretty(layer).expect("a value is JSON"))
}

/// A layer with one thing wrong: its code, where it is, and what message and help say of it.
#[track_caller]
fn once(layer: &Value, code: &str, path: &str, says: &[&str]) {
    let findings = found(layer);
    assert_eq!(findings.len(), 1, "{code}: {findings:#?}");
    let finding = &findings[0];
    let place = finding.place.as_ref().expect("it has a place");
    assert_eq!(finding.code.id(), code, "{finding:?}");
    assert!(place.line > 0 && place.column > 0);
    let locator = place.locator.as_ref().map(ToString::to_string).unwrap_or_default();
    assert_eq!(locator, path, "{}", finding.message);
    let help = finding.help.as_deref().expect("every finding says what to do, or what it comes to");
    let text = format!("{}\n{help}", finding.message);
    for part in says {
        assert!(text.contains(part), "`{part}` is not in {text}");
    }
}

#[test]
fn a_sound_layer_has_no_finding() {
    assert_eq!(found(&sound()), []);
    assert_eq!(found(&json!([sound()])), []);
}

#[test]
fn a_value_of_the_wrong_type_is_left_out_or_breaks_the_layer() {
    for (pointer, value, path) in [
        ("/description", json!(5), "description"),
        ("/hideDisabled", json!("no"), "hideDisabled"),
        ("/sorting", json!("1"), "sorting"),
        ("/filters", json!("Linux"), "filters"),
        ("/filters/platforms/-", json!(7), "filters.platforms[2]"),
        ("/layout/showID", json!(1), "layout.showID"),
        ("/layout/layout", json!(null), "layout.layout"),
        ("/showTacticRowBackground", json!("x"), "showTacticRowBackground"),
        ("/selectTechniquesAcrossTactics", json!(0), "selectTechniquesAcrossTactics"),
        ("/techniques/0/comment", json!(["c"]), "techniques[0].comment"),
        ("/techniques/0/enabled", json!("true"), "techniques[0].enabled"),
        ("/techniques/0/color", json!(3), "techniques[0].color"),
        ("/techniques/0/showSubtechniques", json!(null), "techniques[0].showSubtechniques"),
    ] {
        once(&with(pointer, value), "NL0509", path, &["not", "the Navigator leaves"]);
    }
    for (pointer, value, path) in [
        ("/versions", json!(null), "versions"),
        ("/filters", json!(null), "filters"),
        ("/filters/platforms", json!("Linux"), "filters.platforms"),
        ("/layout", json!("side"), "layout"),
        ("/techniques", json!(null), "techniques"),
        ("/techniques/-", json!(null), "techniques[3]"),
        ("/gradient", json!(null), "gradient"),
        ("/gradient/colors", json!("#fff"), "gradient.colors"),
        ("/gradient/colors", json!(["#fff"]), "gradient.colors"),
        ("/legendItems", json!(null), "legendItems"),
        ("/legendItems/-", json!(null), "legendItems[1]"),
        ("/metadata", json!(null), "metadata"),
        ("/metadata/-", json!(null), "metadata[1]"),
        ("/links", json!(null), "links"),
        ("/techniques/0/metadata", json!(null), "techniques[0].metadata"),
        ("/techniques/0/metadata/-", json!("n=v"), "techniques[0].metadata[1]"),
        ("/techniques/0/links", json!({}), "techniques[0].links"),
    ] {
        let findings = found(&with(pointer, value));
        let broken = findings.iter().find(|finding| finding.code == Code::LayerBreaks);
        let broken = broken.unwrap_or_else(|| panic!("{pointer}: {findings:?}"));
        assert_eq!(broken.severity, Severity::Error);
        let place = broken.place.as_ref().and_then(|place| place.locator.as_ref());
        assert_eq!(place.map(ToString::to_string).as_deref(), Some(path));
        // The rest of what is found comes of the value that is not there.
        assert!(
            findings.iter().all(|one| matches!(one.code.id(), "NL0501" | "NL0505" | "NL0506")),
            "{findings:?}"
        );
    }
    let message = "`gradient` has no `colors`";
    once(&with("/gradient", json!({"minValue": 0, "maxValue": 100})), "NL0501", "gradient", &[message]);
}

#[test]
fn name_and_domain_must_be_there() {
    for field in ["name", "domain"] {
        let needed = format!("no `{field}`");
        once(&without(sound(), &[field]), "NL0502", "", &[&needed]);
        for (value, kind) in [(json!(null), "null"), (json!(5), "a number"), (json!([]), "a list")] {
            let says = format!("`{field}` is {kind}, not text");
            once(&with(&format!("/{field}"), value), "NL0502", field, &[&says]);
        }
    }
    for empty in ["", " "] {
        let layer = with("/name", json!(empty));
        once(&layer, "NL0502", "name", &["`name` is empty", "does not check it"]);
        assert_eq!(found(&layer)[0].severity, Severity::Warning, "nothing breaks for it");
    }
    once(&with("/domain", json!("")), "NL0503", "domain", &["`domain` is empty"]);
    for (domain, says) in [
        ("mitre-ics", "did you mean `ics-attack`?"),
        ("Enterprise-Attack", "did you mean `enterprise-attack`?"),
        ("enterprise", "did you mean `enterprise-attack`?"),
        ("zebra", "write enterprise-attack"),
    ] {
        let findings = found(&with("/domain", json!(domain)));
        let finding = findings.iter().find(|finding| finding.code == Code::LayerDomain).expect(domain);
        assert!(finding.help.as_ref().expect("it has help").contains(says), "{finding:?}");
    }
    for domain in ["mitre-enterprise", "enterprise-attack"] {
        assert_eq!(found(&with("/domain", json!(domain))), [], "{domain}");
    }
    once(
        &with("/customDataURL", json!("https://a.example/x.json")),
        "NL0507",
        "customDataURL",
        &["mitreattack-python refuses"],
    );
}

#[test]
fn versions_are_read_as_the_navigator_reads_them() {
    for silent in ["4.5", "4.5.1"] {
        assert_eq!(found(&with("/versions/layer", json!(silent))), []);
    }
    for (minor, says) in [
        ("4.4", "4.5 can hold it all"),
        ("4.0", "4.5 can hold it all"),
        ("4", "4.5 can hold it all"),
        ("4.6", "although it is newer"),
        ("4.10", "although it is newer"),
    ] {
        let says = [minor, "out of date", says];
        once(&with("/versions/layer", json!(minor)), "NL0504", "versions.layer", &says);
    }
    once(&with("/versions/layer", json!("")), "NL0505", "versions.layer", &["the layer format is empty"]);
    let mut layer = sound();
    layer["versions"].as_object_mut().expect("an object").remove("navigator");
    let says = ["no `navigator`, which the format requires", "leaves all of `versions` out"];
    once(&layer, "NL0523", "versions", &says);
    for major in ["3.0", "5.0", ""] {
        once(&with("/versions/layer", json!(major)), "NL0505", "versions.layer", &["warning"]);
    }
    once(&with("/version", json!("2.2")), "NL0505", "version", &["of format 2.2"]);
    let mut layer = sound();
    layer["versions"].as_object_mut().expect("an object").remove("layer");
    once(&layer, "NL0505", "", &["states no version", "\"layer\": \"4.5\""]);
    for silent in ["16", "16.1", "v16", "ATT&CK v16.1"] {
        assert_eq!(found(&with("/versions/attack", json!(silent))), [], "{silent}");
    }
    once(
        &with("/versions/attack", json!(16)),
        "NL0506",
        "versions.attack",
        &["is the number 16", "write \"16\""],
    );
    once(&with("/versions/attack", json!("")), "NL0506", "versions.attack", &["newest"]);
    once(&with("/versions/attack", json!("latest")), "NL0501", "versions.attack", &["no number"]);
    once(&with("/versions/attack", json!("5")), "NL0506", "versions.attack", &["ATT&CK 5 is not known here"]);
    let mut layer = sound();
    layer["versions"].as_object_mut().expect("an object").remove("attack");
    once(&layer, "NL0506", "", &["states no ATT&CK version", "its newest"]);
}

#[test]
fn what_no_format_defines_is_dropped() {
    for (pointer, path, says) in [
        ("/gradiant", "gradiant", "did you mean `gradient`?"),
        ("/versions/tool", "versions.tool", "unknown field `tool` of `versions`"),
        ("/layout/showIDs", "layout.showIDs", "did you mean `showID`?"),
        ("/gradient/mid", "gradient.mid", "unknown field `mid`"),
        ("/legendItems/0/note", "legendItems[0].note", "unknown field `note` of legend items"),
        ("/filters/stages", "filters.stages", "none since 4.0"),
        ("/techniques/1/metadata_", "techniques[1].metadata_", "unknown field `metadata_` of a technique"),
        ("/techniques/0/links/0/title", "techniques[0].links[0].title", "unknown field `title` of links"),
    ] {
        once(&with(pointer, json!("x")), "NL0508", path, &[says]);
    }
    for key in ["score_num", "score_display", "category"] {
        let mut layer = sound();
        for index in 0..3 {
            set(&mut layer, &format!("/techniques/{index}/{key}"), json!(1));
        }
        let says =
            [&format!("`{key}` of 3 techniques"), "mapping_cli writes it", "mitreattack-python refuses"];
        once(&layer, "NL0508", &format!("techniques[0].{key}"), &says);
        let help = found(&layer)[0].help.clone().unwrap_or_default();
        assert!(!help.contains("did you mean"), "{help}");
    }
    once(&with("/techniques/0/scor", json!(1)), "NL0508", "techniques[0].scor", &["did you mean `score`?"]);
    once(&with("/viewMode", json!(1)), "NL0508", "viewMode", &["only where there is no `layout`"]);
    let mut layer = with("/viewMode", json!(1));
    layer.as_object_mut().expect("an object").remove("layout");
    once(&layer, "NL0522", "viewMode", &["mitreattack-python refuses `viewMode`"]);
    let twice = serde_json::to_string(&sound()).expect("JSON").replacen("{\"", "{\"sorting\":0,\"", 1);
    let findings = checked(&twice);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].message.contains("`sorting` stands twice"));
}

#[test]
fn settings_have_the_values_that_the_format_defines() {
    for (pointer, value, path, says) in [
        ("/sorting", json!(4), "sorting", "takes it for 0"),
        ("/sorting", json!(1.5), "sorting", "takes it for 0"),
        ("/layout/layout", json!("fiat"), "layout.layout", "did you mean `flat`?"),
        ("/layout/aggregateFunction", json!("median"), "layout.aggregateFunction", "average, min, max, sum"),
        ("/layout/expandedSubtechniques", json!("some"), "layout.expandedSubtechniques", "annotated"),
        ("/layout/countUnscored", json!(true), "layout.countUnscored", "only an average"),
    ] {
        once(&with(pointer, value), "NL0510", path, &[says]);
    }
}

#[test]
fn platforms_are_those_of_the_version() {
    for (name, says) in [
        ("linux", None),
        ("mac", None),
        ("AWS", None),
        ("MacOS", Some("did you mean `macOS`?")),
        ("Office 365", Some("did you mean `Office Suite`?")),
        ("Toaster", Some("it matches no technique")),
    ] {
        let layer = with("/filters/platforms/-", json!(name));
        match says {
            Some(says) => once(&layer, "NL0511", "filters.platforms[2]", &[says]),
            None => assert_eq!(found(&layer), [], "{name}"),
        }
    }
    once(
        &with("/filters/platforms", json!(["Toaster"])),
        "NL0511",
        "filters.platforms[0]",
        &["the matrix is empty"],
    );
    let mut old = with("/filters/platforms", json!(["AWS", "Linux"]));
    set(&mut old, "/versions/attack", json!("8"));
    once(
        &old,
        "NL0511",
        "filters.platforms[0]",
        &["reads `AWS` as `IaaS`, which Enterprise ATT&CK 8.2 does not have"],
    );
    let empty = with("/filters/platforms", json!([]));
    once(&empty, "NL0522", "filters.platforms", &["is empty", "shows all platforms"]);
}

#[test]
fn colours_are_those_that_the_navigator_reads() {
    for (pointer, path) in [
        ("/techniques/0/color", "techniques[0].color"),
        ("/tacticRowBackground", "tacticRowBackground"),
        ("/gradient/colors/1", "gradient.colors[1]"),
    ] {
        for color in ["none", "#12345", "currentcolor"] {
            once(&with(pointer, json!(color)), "NL0512", path, &[color, "no colour"]);
        }
        for color in ["#fff8", "TOMATO", "hsl(10, 50%, 50%)", " #abc "] {
            assert_eq!(found(&with(pointer, json!(color))), [], "{color}");
        }
    }
    for pointer in ["/tacticRowBackground", "/gradient/colors/1"] {
        let findings = found(&with(pointer, json!("")));
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].message.contains("empty") && !findings[0].message.contains("``"), "{findings:?}");
    }
    for (item, part, says) in [
        (json!({"color": "red"}), "", "without a label"),
        (json!({"label": 5, "color": "red"}), ".label", "the label of a legend item is a number, not text"),
        (json!({"label": "", "color": "red"}), ".label", "the label of a legend item is empty"),
        (json!({"label": "l"}), "", "without a colour"),
        (json!({"label": "l", "color": null}), ".color", "the colour of a legend item is null, not text"),
        (json!({"label": "l", "color": "reddish"}), ".color", "`reddish`"),
    ] {
        let path = format!("legendItems[1]{part}");
        once(&with("/legendItems/-", item), "NL0520", &path, &[says, "drops the item"]);
    }
}

#[test]
fn gradients_have_a_colour_for_every_score() {
    let gradient = |colors: usize, min: f64, max: f64| {
        with("/gradient", json!({"colors": vec!["#fff"; colors], "minValue": min, "maxValue": max}))
    };
    once(&gradient(2, 100.0, 100.0), "NL0513", "gradient.minValue", &["equal to"]);
    once(&gradient(2, 100.0, 0.0), "NL0513", "gradient.minValue", &["above"]);
    once(&gradient(3, 0.0, 1.0), "NL0522", "gradient", &["at least 2"]);
    once(&gradient(2, 0.5, 100.0), "NL0522", "gradient.minValue", &["whole numbers"]);
    let findings = found(&with("/gradient/maxValue", json!("100")));
    let codes: Vec<&str> = findings.iter().map(|finding| finding.code.id()).collect();
    assert_eq!(codes, ["NL0514", "NL0513"], "without an end there is no colour for a score either");
}

#[test]
fn a_score_just_below_the_end_of_the_gradient_breaks_the_navigator() {
    let score = |score: Value| with("/techniques/0/score", score);
    for safe in [0, 50, 99, 100, 250, -5] {
        assert_eq!(found(&score(json!(safe))), [], "{safe}");
    }
    for broken in [json!(99.5), json!(99.6), json!(99.99)] {
        let findings = found(&score(broken.clone()));
        let codes: Vec<&str> = findings.iter().map(|finding| finding.code.id()).collect();
        assert_eq!(codes, ["NL0514", "NL0523"], "{broken}");
        assert_eq!(findings[0].severity, Severity::Error);
    }
    once(&score(json!(99.4)), "NL0523", "techniques[0].score", &["whole numbers"]);
    let mut layer = score(json!(996));
    layer["gradient"]["maxValue"] = json!(1000);
    once(&layer, "NL0514", "techniques[0].score", &["no colour for the score 996", "write 1000"]);
    layer.as_object_mut().expect("an object").remove("gradient");
    assert_eq!(found(&layer), [], "without a gradient the range ends at 100");
    layer["gradient"] = json!({"colors": ["#fff", "#000"], "minValue": 0});
    once(&layer, "NL0514", "gradient", &["no `minValue` or no `maxValue`"]);
    // 200 / 2 is nothing; the mean of 99.1 and 100 is 99.55.
    let mut layer = with("/layout/showAggregateScores", json!(true));
    set(&mut layer, "/layout/aggregateFunction", json!("average"));
    set(&mut layer, "/techniques/0/score", json!(100));
    set(&mut layer, "/techniques/-", json!({"techniqueID": "T1110.001", "score": 99.1}));
    let findings = found(&layer);
    let broken =
        findings.iter().find(|finding| finding.code == Code::ScoreBreaks).expect("99.55 has no colour");
    assert!(broken.message.contains("99.55, the aggregate score of T1110"), "{broken:?}");
}

#[test]
fn a_score_is_a_number() {
    for (value, says) in [
        (json!("50"), "write 50 without quotes"),
        (json!(null), "`score` is null"),
        (json!(true), "a truth value"),
        (json!("high"), "text, not a number"),
    ] {
        once(
            &with("/techniques/0/score", value),
            "NL0515",
            "techniques[0].score",
            &[says, "leaves the score out"],
        );
    }
    let text = serde_json::to_string(&sound()).expect("JSON").replace("\"score\":50", "\"score\":1e999");
    let findings = checked(&text);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].message.contains("no finite number"));
}

#[test]
fn ids_are_active_ones_written_as_attack_writes_them() {
    let id = |id: &str| with("/techniques/-", json!({"techniqueID": id, "comment": "c"}));
    let ghost =
        |id: &str| with("/techniques/-", json!({"techniqueID": id, "tactic": "execution", "comment": "c"}));
    let path = "techniques[3].techniqueID";
    let dropped = "the Navigator drops the annotation without a word";
    let hidden = "a record that nobody sees";
    once(&id("T1053.001"), "NL0203", path, &["revoked, replaced by T1053.002", "write T1053.002", dropped]);
    once(&ghost("T1086"), "NL0203", path, &["replaced by T1059.001", hidden]);
    once(&id("T1400"), "NL0204", path, &["a Mobile technique", dropped]);
    once(&id("T1685"), "NL0204", path, &["not known before ATT&CK", dropped]);
    once(&id("T1562.999"), "NL0202", path, &["did you mean T1562", dropped]);
    once(&id("T1098.A006"), "NL0201", path, &["is not a technique id", dropped]);
    once(&id("TA0001"), "NL0201", path, &["this is a tactic"]);
    once(&id("t1005"), "NL0201", path, &["not how ATT&CK writes T1005"]);
    once(&id(" T1005"), "NL0201", path, &["write T1005", "mitreattack-python refuses"]);
    for absent in [json!(null), json!(""), json!(5)] {
        once(
            &with("/techniques/-", json!({"techniqueID": absent, "score": 1})),
            "NL0516",
            path,
            &["drops it"],
        );
    }
    once(&with("/techniques/-", json!({"score": 1})), "NL0516", "techniques[3]", &["drops it"]);
    once(&with("/techniques/-", json!({"tactic": "execution"})), "NL0516", "techniques[3]", &[hidden]);
}

#[test]
fn a_tactic_is_one_of_the_technique() {
    let tactic = |tactic: Value| {
        with("/techniques/-", json!({"techniqueID": "T1005", "tactic": tactic, "comment": "c"}))
    };
    let path = "techniques[3].tactic";
    assert_eq!(found(&tactic(json!("collection"))), []);
    once(
        &tactic(json!("colection")),
        "NL0517",
        path,
        &["did you mean `collection`?", "a record that nobody sees"],
    );
    once(&tactic(json!("execution")), "NL0517", path, &["it is in collection"]);
    once(&tactic(json!("")), "NL0517", path, &["alert", "leave `tactic` out"]);
    once(&tactic(json!(null)), "NL0517", path, &["a record that nobody sees"]);
}

#[test]
fn of_two_annotations_the_last_is_kept_whole() {
    let path = "techniques[3].techniqueID";
    let again = |tactic: Option<&str>, id: &str| {
        let mut one = json!({"techniqueID": id, "score": 1});
        if let Some(tactic) = tactic {
            one["tactic"] = json!(tactic);
        }
        with("/techniques/-", one)
    };
    once(
        &again(None, "T1110"),
        "NL0518",
        path,
        &["T1110 is annotated a second time", "loses the one of line"],
    );
    let within = "a second time in credential-access";
    once(&again(Some("credential-access"), "T1110"), "NL0518", path, &[within]);
    once(&again(Some("persistence"), "T1078"), "NL0518", path, &["in persistence"]);
    let findings = found(&again(None, "T1078"));
    assert_eq!(findings.len(), 2, "it takes the place of one in each of two tactics: {findings:?}");
    assert_eq!(
        found(&again(Some("stealth"), "T1078")).len(),
        1,
        "no tactic of 16: a ghost, and nobody's place"
    );
    assert_eq!(
        found(&with("/techniques/0", json!({"techniqueID": "T1110"}))),
        [],
        "nothing is lost of nothing"
    );
}

#[test]
fn rows_and_links_have_both_their_parts() {
    for (item, part, says) in [
        (json!({"value": "v"}), "", "without a name"),
        (json!({"name": "", "value": "v"}), ".name", "the name of a row of metadata is empty"),
        (json!({"name": null, "value": "v"}), ".name", "the name of a row of metadata is null, not text"),
        (json!({"name": "n"}), "", "`n` has no value"),
        (json!({"name": "n", "value": ""}), ".value", "`n` has an empty value"),
        (json!({"name": "n", "value": 5}), ".value", "`n` has a number for a value"),
        (json!({"name": "n", "value": null}), ".value", "`n` has null for a value"),
        (json!({"divider": "yes"}), "", "without a name"),
    ] {
        let path = format!("metadata[1]{part}");
        once(&with("/metadata/-", item.clone()), "NL0519", &path, &[says, "drops the row"]);
        once(&with("/techniques/0/metadata/-", item), "NL0519", &format!("techniques[0].{path}"), &[says]);
    }
    for (item, part, says) in [
        (json!({"label": "l"}), "", "without a url"),
        (json!({"url": "https://a.example"}), "", "without a label"),
        (json!({"label": "l", "url": ""}), ".url", "the url of a link is empty"),
        (json!({"label": "l", "url": 5}), ".url", "the url of a link is a number, not text"),
        (json!({"label": "", "url": "https://a.example"}), ".label", "the label of a link is empty"),
    ] {
        let path = format!("techniques[0].links[1]{part}");
        once(&with("/techniques/0/links/-", item), "NL0519", &path, &[says, "drops the link"]);
    }
    let link = |url: &str| with("/techniques/0/links/-", json!({"label": "l", "url": url}));
    once(
        &link("javascript:alert(1)"),
        "NL0401",
        "techniques[0].links[1].url",
        &["not an http or https address"],
    );
}

#[test]
fn the_two_kinds_of_divider_are_told_apart() {
    let divider = json!({"divider": true});
    once(
        &with("/metadata/-", divider.clone()),
        "NL0523",
        "metadata[1]",
        &["leaves out 1 divider in metadata"],
    );
    let mut two = with("/techniques/0/metadata/-", divider.clone());
    set(&mut two, "/techniques/0/metadata/-", divider);
    once(&two, "NL0523", "techniques[0].metadata[1]", &["leaves out 2 dividers"]);
    let row = json!({"name": "DIVIDER", "value": true});
    once(
        &with("/metadata/-", row),
        "NL0521",
        "metadata[1]",
        &["the Navigator drops them", "{\"divider\": true}"],
    );
    once(
        &with("/techniques/0/links/-", json!({"divider": false})),
        "NL0523",
        "techniques[0].links[1]",
        &["the technique"],
    );
    let links = with("/links", json!([{"label": "l", "url": "https://a.example"}]));
    once(&links, "NL0523", "links[0].url", &["leaves out the links of a layer"]);
}

#[test]
fn several_layers_in_a_file_are_each_checked() {
    let mut second = sound();
    set(&mut second, "/techniques/0/score", json!("x"));
    let findings = found(&json!([sound(), second]));
    let codes: Vec<&str> = findings.iter().map(|finding| finding.code.id()).collect();
    assert_eq!(codes, ["NL0525", "NL0515"]);
    let help = findings[0].help.as_deref().unwrap_or_default();
    assert!(help.contains("the Navigator's score expressions"), "{help}");
    let place = findings[1].place.as_ref().and_then(|place| place.locator.as_ref());
    assert_eq!(place.map(ToString::to_string).as_deref(), Some("[1].techniques[0].score"));
    let many = found(&json!(vec![sound(); 12]));
    let codes: Vec<&str> = many.iter().map(|finding| finding.code.id()).collect();
    assert_eq!(codes, ["NL0524", "NL0525"]);
    let none = found(&json!([]));
    assert_eq!((none.len(), none[0].code), (1, Code::LayerBreaks));
}

#[test]
fn an_encoding_other_than_plain_utf_8_is_told() {
    let source = Source::new("layer.json", String::new());
    for (bytes, says) in [
        (&b"\xff\xfe{\0"[..], Some("UTF-16 with a byte order mark")),
        (b"\xfe\xff\0{", Some("UTF-16 with a byte order mark")),
        (b"{\0\"\0", Some("UTF-16 without a byte order mark")),
        (b"\0{\0\"", Some("UTF-16 without a byte order mark")),
        (b"\xef\xbb\xbf{", Some("UTF-8 with a byte order mark")),
        (b"{}", None),
        (b"{\"a\"", None),
        (b"", None),
    ] {
        let finding = check::encoding(&source, bytes);
        assert_eq!(finding.is_some(), says.is_some(), "{bytes:?}");
        let (Some(finding), Some(says)) = (finding, says) else { continue };
        assert_eq!(finding.code, Code::LayerEncoding);
        assert!(finding.message.contains(says), "{finding:?}");
    }
    // And so through the program, from the bytes of a file.
    let space = Workspace::new();
    let text = sound().to_string();
    let wide = |mark: &[u8], bytes: fn(u16) -> [u8; 2]| {
        mark.iter().copied().chain(text.encode_utf16().flat_map(bytes)).collect::<Vec<u8>>()
    };
    space.write("plain.json", &text);
    space.write("marked.json", format!("\u{feff}{text}"));
    space.write("little.json", wide(&[], u16::to_le_bytes));
    space.write("big.json", wide(&[], u16::to_be_bytes));
    space.write("wide.json", wide(&[0xff, 0xfe], u16::to_le_bytes));
    for (file, expected) in [("plain", 0), ("marked", 1), ("little", 1), ("big", 1), ("wide", 1)] {
        let run = space.run(&["validate", &format!("{file}.json")]).ok();
        let codes: Vec<String> = run.report().into_iter().map(|finding| finding.code).collect();
        assert_eq!(codes, vec!["NL0526"; expected], "{file}");
    }
}

#[test]
fn what_is_no_object_is_called_by_what_it_stands_for() {
    for (pointer, says) in [
        ("/techniques/-", "an annotation is a number, not an object"),
        ("/legendItems/-", "a legend item is a number, not an object"),
        ("/metadata/-", "a row of metadata is a number, not an object"),
        ("/gradient", "`gradient` is a number, not an object"),
    ] {
        let findings = found(&with(pointer, json!(5)));
        assert_eq!(findings[0].message, says);
    }
    for (colors, says) in [(0, "has 0 colours"), (1, "has 1 colour"), (101, "has 101 colours")] {
        let findings = found(&with("/gradient/colors", json!(vec!["#fff"; colors])));
        let broken = findings.iter().find(|one| one.code == Code::LayerBreaks).expect("it breaks");
        assert_eq!(broken.message, format!("`gradient.colors` {says}"));
        assert!(
            broken.help.as_ref().is_some_and(|help| help.ends_with("from 2 to 100 colours")),
            "{broken:?}"
        );
    }
    let twice =
        serde_json::to_string(&sound()).expect("JSON").replace("\"showID\":", "\"showID\":false,\"showID\":");
    assert_eq!(checked(&twice)[0].message, "`showID` stands twice in `layout`");
}

#[test]
fn findings_come_in_the_order_of_the_file() {
    let mut layer = with("/techniques/0/score", json!("5"));
    set(&mut layer, "/techniques/2/color", json!("nope"));
    set(&mut layer, "/techniques/1/enabled", json!(1));
    set(&mut layer, "/versions/layer", json!("4.4"));
    set(&mut layer, "/aaa", json!(1));
    let places: Vec<(usize, usize)> = found(&layer)
        .into_iter()
        .map(|finding| finding.place.map(|place| (place.line, place.column)).expect("it has a place"))
        .collect();
    assert_eq!(places.len(), 5);
    assert!(places.is_sorted(), "{places:?}");
}

#[track_caller]
fn clean(name: &str, bytes: &[u8]) {
    let text = String::from_utf8(bytes.to_vec()).expect("it is UTF-8");
    assert_eq!(checked(&text), [], "{name}");
}

#[test]
fn what_navlayer_writes_has_no_finding() {
    let mut files = 0;
    for (name, bytes) in tree(&Path::new(env!("CARGO_MANIFEST_DIR")).join("layers")) {
        if name != "manifest.json" {
            clean(&name, &bytes);
            files += 1;
        }
    }
    assert!(files > 20, "{files} layers are committed");
    let space = Workspace::new();
    let scored = row("lock", "T1110", "protect", "partial");
    space.mapping("scored.json", &mapping(&[scored, row("eye", "T1053.001", "detect", "minimal")]));
    space.mapping("plain.json", &mapping(&[plain_row("lock", "T1110"), plain_row("eye", "T1078")]));
    for source in ["scored.json", "plain.json"] {
        for arguments in [
            &["--metric", "strongest"][..],
            &["--metric", "layered", "--rollup", "mean"],
            &["--metric", "balanced", "--rollup", "max"],
            &["--metric", "count"],
            &["--color-by", "category", "--expand", "annotated"],
            &["--expand", "all"],
            &["--tactic", "credential-access"],
            &["--platform", "Linux"],
            &["--per", "capability", "--bundle"],
        ] {
            let mut all = vec!["layer", source];
            all.extend(arguments);
            clean(&format!("{source} {arguments:?}"), space.run(&all).ok().stdout.as_bytes());
        }
    }
}

#[test]
fn the_published_layers_have_these_findings_and_no_other() {
    let Some(corpus) = corpus() else { return };
    let old = ["NL0203", "NL0505", "NL0506"];
    let pins = ["NL0203", "NL0505", "NL0506", "NL0508", "NL0517"];
    let mut files = 0;
    for path in listing(&corpus.join("navigator-layers")) {
        let findings = checked(&fs::read_to_string(&path).expect("it can be read"));
        let mut codes: Vec<&str> = findings.iter().map(|finding| finding.code.id()).collect();
        codes.sort_unstable();
        codes.dedup();
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        let expected: &[&str] = match name.as_str() {
            // Format 3.0 without an ATT&CK version: on the newest, much of 2020 is retired.
            "Bear_APT.json" | "heatmap_layer.json" => &old,
            // These have stages, and tactics that techniques have left.
            "mapex-aws-4.4.json" => &["NL0504", "NL0516", "NL0523"],
            "ssm-Chronicle-4.x.json" => &["NL0504", "NL0508"],
            _ => &pins,
        };
        assert_eq!(codes, expected, "{name}");
        files += 1;
    }
    assert_eq!(files, 9);
    covered(files);
}

#[test]
fn hostile_layers_are_checked_within_a_second() {
    let many = |count: usize, item: &str| vec![item; count].join(",");
    let layer = |techniques: &str| {
        format!(
            r#"{{"name":"x","versions":{{"attack":"16","layer":"4.5"}},"domain":"enterprise-attack","techniques":[{techniques}]}}"#
        )
    };
    let keys = (0..50_000).map(|n| format!("\"k{n}\":1,")).collect::<Vec<_>>().concat();
    for text in [
        layer(&many(10_000, r#"{"techniqueID":"T1110","score":"x","color":"nope","tactic":""}"#)),
        layer(&many(10_000, r#"{"techniqueID":"T1078","score":1}"#)),
        layer(&many(10_000, "null")),
        layer(&format!("{{{keys}\"techniqueID\":\"T1110\"}}")),
        layer(&format!(r#"{{"techniqueID":"{}"}}"#, "T".repeat(2_000_000))),
        layer(&format!(r#"{{"techniqueID":"T1110","comment":"{}"}}"#, "x".repeat(2_000_000))),
        layer(&format!(r#"{{"techniqueID":"T1110","color":"{}"}}"#, "#".repeat(2_000_000))),
        layer(&format!("{}{}", "[".repeat(100), "]".repeat(100))),
        layer(r#"{"techniqueID":"\ud800","tactic":"\udfff","comment":"\u0000"}"#),
        format!("[{}]", many(5_000, "{}")),
        format!("[{}]", many(2_000, &layer(""))),
    ] {
        let start = Instant::now();
        let findings = checked(&text);
        // Unoptimised tests are some twenty times slower than what is shipped.
        let limit = Duration::from_secs(if cfg!(debug_assertions) { 10 } else { 1 });
        assert!(start.elapsed() < limit, "{:?} for {}…", start.elapsed(), &text[..60]);
        assert!(findings.len() <= 10_001);
        let start = Instant::now();
        let reading = read::from_text("layer.json", &text);
        assert!(start.elapsed() < limit, "{:?} for {}…", start.elapsed(), &text[..60]);
        assert!(reading.sets.len() <= 1 && reading.findings.len() <= 20_002);
    }
}
