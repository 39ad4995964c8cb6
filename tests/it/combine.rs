//! Layers from layers: the Navigator's rules record by record, and where they are mended.

use std::fmt::Write as _;

use navlayer::attack::{Catalog, Domain};
use navlayer::layer::combine::{Combined, Options, Side, combine};
use navlayer::layer::expr::{Expression, Function};
use navlayer::layer::read::{self, InputLayer, InputTactic};
use navlayer::source::Source;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{Layer, Workspace, values};

/// T1110 is in one tactic, T1078 in four.
const X: &str = "T1110";
const Y: &str = "T1486";
const FOUR: &str = "T1078";

/// A layer of Enterprise ATT&CK 16.1.
fn layer(name: &str, techniques: &Value) -> Value {
    json!({
        "name": name,
        "versions": {"attack": "16", "navigator": "5.1.0", "layer": "4.5"},
        "domain": "enterprise-attack",
        "techniques": techniques,
    })
}

fn scored(id: &str, score: impl Into<Value>) -> Value {
    json!({"techniqueID": id, "score": score.into()})
}

/// A layer of scores: `X 10 Y 8`; `-` is an annotation without a score.
fn scores(text: &str) -> Value {
    let words: Vec<&str> = text.split_whitespace().collect();
    let one = |pair: &[&str]| {
        let id = if pair[0] == "X" { X } else { Y };
        match pair[1].parse::<f64>() {
            Ok(score) => scored(id, score),
            Err(_) => json!({"techniqueID": id, "comment": "c"}),
        }
    };
    layer("scores", &words.chunks(2).map(one).collect())
}

fn space(layers: &[(&str, Value)]) -> Workspace {
    let space = Workspace::new();
    for (file, layer) in layers {
        space.mapping(file, layer);
    }
    space
}

/// Expression, layers a, b, c, and what comes of it, as [`scores`] has it; whole numbers, or two digits after the point.
type Case = (&'static str, &'static [&'static str], &'static str);

/// What the Navigator gives, too.
const SAME: &[Case] = &[
    ("a - b", &["X 10", "X 4 Y 8"], "X 6 Y -8"),
    ("a", &["X 10 Y 0"], "X 10 Y 0"),
    ("a + b", &["X 10", "Y 8"], "X 10 Y 8"),
    ("a + b", &["X 10 Y -", "Y -"], "X 10"),
    ("a + b", &["X 10 Y -", "Y 3"], "X 10 Y 3"),
    ("a", &["X -", "X 5 Y 8"], ""),
    ("a * b", &["X 10", "X 4 Y 8"], "X 40 Y 0"),
    ("a / 4", &["X 10 Y 8"], "X 2.5 Y 2"),
    ("a ^ 2 - 1", &["X 10 Y 8"], "X 99 Y 63"),
    ("-a ^ 2", &["X 3"], "X -9"),
    ("a % 4", &["X 10 Y 8"], "X 2 Y 0"),
    ("a mod 3", &["X 10 Y -7"], "X 1 Y 2"),
    ("50% a", &["X 4"], "X 2"),
    ("a + 10%", &["X 50"], "X 55"),
    ("2a + 1", &["X 10 Y 8"], "X 21 Y 17"),
    ("a b", &["X 10", "X 4"], "X 40"),
    ("a c 2", &["X 10", "X 1", "X 4"], "X 80"),
    ("1/2 a", &["X 10"], "X 5"),
    ("a/2 b", &["X 12", "X 3"], "X 2"),
    ("(a)(b)", &["X 10", "X 4"], "X 40"),
    ("a + b * c", &["X 1", "X 2", "X 3"], "X 7"),
    ("(a + b) * c", &["X 1", "X 2", "X 3"], "X 9"),
    ("a - b - c", &["X 9", "X 2", "X 3"], "X 4"),
    ("a > b", &["X 10 Y 1", "X 4 Y 8"], "X 1 Y 0"),
    ("a >= b", &["X 4", "X 4 Y 8"], "X 1 Y 0"),
    ("a < b", &["X 10", "X 4 Y 8"], "X 0 Y 1"),
    ("a <= b", &["X 10", "X 4 Y 8"], "X 0 Y 1"),
    ("a == b", &["X 4", "X 4 Y 8"], "X 1 Y 0"),
    ("a != b", &["X 4", "X 4 Y 8"], "X 0 Y 1"),
    ("a == 0.3", &["X 0.30000000000000004 Y 0.4"], "X 1 Y 0"),
    ("0 < a < 9", &["X 10 Y 8"], "X 0 Y 1"),
    ("a and b", &["X 10 Y 3", "X 4"], "X 1 Y 0"),
    ("a or b", &["X 10 Y 0", "X 4"], "X 1 Y 0"),
    ("a xor b", &["X 10", "X 4 Y 8"], "X 0 Y 1"),
    ("not a", &["X 10 Y 0"], "X 0 Y 1"),
    ("not a and c", &["X 0", "X 1", "X 5 Y 5"], "X 1 Y 1"),
    ("(a > 5) + (c > 5)", &["X 10 Y 8", "X 1", "X 6"], "X 2 Y 1"),
    ("a > 5 ? a : 0", &["X 10 Y 3"], "X 10 Y 0"),
    ("a ? 1 : c ? 2 : 3", &["X 1 Y 0", "X 1", "Y 4"], "X 1 Y 2"),
    ("true", &["X 3"], "all 1"),
    ("true ? a : 9", &["X 3"], "X 3"),
    ("min(a, c)", &["X 10 Y 8", "X 1", "X 4"], "X 4 Y 0"),
    ("max(a, c)", &["X 10 Y 8", "X 1", "X 40"], "X 40 Y 8"),
    ("mean(a, b, c)", &["X 3", "X 4", "X 5 Y 9"], "X 4 Y 3"),
    ("median(a, b, c)", &["X 3", "X 40", "X 5 Y 9"], "X 5 Y 0"),
    ("sum(a, b, c)", &["X 3", "X 40", "X 5 Y 9"], "X 48 Y 9"),
    ("round(a / 3)", &["X 10 Y 8"], "X 3 Y 3"),
    ("floor(a / 3)", &["X 10 Y 8"], "X 3 Y 2"),
    ("ceil(a / 3)", &["X 10 Y 8"], "X 4 Y 3"),
    ("round(a / 3, 2)", &["X 10"], "X 3.33"),
    ("abs(a - c)", &["X 1 Y 8", "X 1", "X 4"], "X 3 Y 8"),
    ("sqrt(a)", &["X 16 Y 9"], "X 4 Y 3"),
    ("A + C", &["X 10", "X 1", "X 4"], "X 14"),
    ("1", &["X 3"], "all 1"),
    ("2 ^ 3 ^ 2 - 500", &["X 3"], "all 12"),
    ("round(pi)", &["X 3"], "all 3"),
    ("e > 2 and e < 3", &["X 3"], "all 1"),
];

/// What the Navigator gives otherwise, for no reason that a reader of scores would see.
const MENDED: &[Case] = &[
    // A unit of mathjs: the constant 1.
    ("not b", &["X 9", "X 10 Y 0"], "X 0 Y 1"),
    ("b == b", &["X 9", "X 10"], "X 1"),
    // Leaves a range in the condition's first value: no expression.
    ("a ? c ? 1 : 2 : 3", &["X 1 Y 0", "X 1", "Y 4"], "X 2 Y 3"),
    // A call of what is no function.
    ("a(c + 1)", &["X 2", "X 1", "X 4"], "X 10"),
    // Infinite, and kept; no number, and the colours break off.
    ("a / c", &["X 10 Y 8", "X 1", "X 5"], "X 2"),
    ("a mod c / c", &["X 10", "X 1", "Y 5"], "Y 0"),
    // No real number: abandoned with an alert.
    ("sqrt(a)", &["X 16 Y -9"], "X 4"),
];

#[test]
fn scores_are_those_of_the_expression() {
    assert!(SAME.len() + MENDED.len() >= 60, "{}", SAME.len() + MENDED.len());
    let catalog = catalog();
    for (text, layers, expected) in SAME.iter().chain(MENDED) {
        let layers: Vec<InputLayer> = layers.iter().map(|one| input(&scores(one))).collect();
        let combined = combined(text, &layers, &catalog);
        let found = &combined.layer.techniques;
        if let Some(score) = expected.strip_prefix("all ") {
            assert_eq!(found.len(), catalog.techniques().len(), "{text}: every technique and sub-technique");
            assert!(found.iter().all(|one| one.tactic == InputTactic::Every), "{text}");
            let score: f64 = score.parse().expect("a number");
            assert!(
                found.iter().all(|one| one.score.as_ref().is_some_and(|s| (s.value - score).abs() < 1e-9))
            );
            continue;
        }
        let mut told = String::new();
        for one in found {
            let id = if one.id().expect("an id").to_string() == X { "X" } else { "Y" };
            let score = one.score.as_ref().expect("without a score there is nothing to say").value;
            let _ = write!(told, "{id} {score} ");
        }
        assert_eq!(told.trim_end(), *expected, "{text}");
    }
}

fn catalog() -> Catalog {
    Catalog::embedded(Domain::Enterprise, "16.1".parse().expect("a version")).expect("it is embedded")
}

fn input(layer: &Value) -> InputLayer {
    let source = Source::new("layer.json", layer.to_string());
    read::from_source(&source).expect("it is a layer").layers.remove(0)
}

fn combined(text: &str, layers: &[InputLayer], catalog: &Catalog) -> Combined {
    let names = &["a", "b", "c"][..layers.len()];
    let sides: Vec<Side<'_>> =
        names.iter().zip(layers).map(|(name, layer)| Side { name, title: name, layer }).collect();
    let expression = Expression::parse(text, names).unwrap_or_else(|mistakes| panic!("{text}: {mistakes:?}"));
    combine(&sides, catalog, &Options { expression: Some(&expression), ..Options::default() })
}

#[test]
fn a_record_is_a_technique_in_a_tactic() {
    let of = |tactic: &str, score: i64| json!({"techniqueID": FOUR, "tactic": tactic, "score": score});
    let space = space(&[
        ("a.json", layer("a", &json!([scored(FOUR, 10)]))),
        ("b.json", layer("b", &json!([of("persistence", 3)]))),
        ("c.json", layer("c", &json!([scored(FOUR, 1), of("persistence", 3), scored(FOUR, 5)]))),
    ]);
    let made = space.run(&["combine", "a + b", "a.json", "b.json"]).ok().layer();
    let found: Vec<_> =
        made.techniques().iter().map(|one| (one["tactic"].as_str(), one["score"].as_i64())).collect();
    let tactics = ["initial-access", "persistence", "privilege-escalation", "defense-evasion"];
    let mut expected =
        tactics.map(|tactic| (Some(tactic), Some(if tactic == "persistence" { 13 } else { 10 })));
    let mut found = found;
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
    // The last annotation counts, whatever it is for; and what all tactics agree on stands once.
    let made = space.run(&["combine", "c", "c=c.json"]).ok().layer();
    assert_eq!(made.scores(), [(FOUR, Some(5))]);
    assert!(made.technique(FOUR).get("tactic").is_none());
    // A tactic alone stays alone.
    let made = space.run(&["combine", "b", "b=b.json"]).ok().layer();
    assert_eq!((made.technique(FOUR)["tactic"].as_str(), made.score(FOUR)), (Some("persistence"), Some(3)));
}

#[test]
fn what_the_navigator_shows_nowhere_takes_no_part() {
    let techniques = json!([
        scored(X, 5),
        {"techniqueID": X, "tactic": "impact", "score": 50},
        {"techniqueID": "T9999", "tactic": "impact", "score": 60},
        {"techniqueID": "T1053.001", "score": 70},
        {"techniqueID": "lock", "score": 80},
        {"techniqueID": "T1098", "tactic": null, "score": 7},
        {"techniqueID": "T1485", "enabled": true},
    ]);
    let space = space(&[("a.json", layer("a", &techniques))]);
    let run = space.run(&["combine", "a + 1", "a.json"]).ok();
    assert_eq!(run.layer().scores(), [("T1098", Some(8)), (X, Some(6))]);
    let told: Vec<_> =
        run.findings().into_iter().filter(|one| one.code == "NL0904").map(|one| one.message).collect();
    assert_eq!(
        told,
        [
            "T1110 is not in the tactic `impact`",
            "T9999 is not active in ATT&CK 16.1: not known",
            "T1053.001 is not active in ATT&CK 16.1: revoked, replaced by T1053.002",
            "`lock`: not the id of a technique",
        ]
    );
    let twice = space.run(&["combine", "a + b", "a.json", "a.json"]).ok();
    assert_eq!(twice.findings().len(), run.findings().len(), "a file is told of once");
    let help =
        run.findings().into_iter().find(|one| one.message.starts_with("T1053")).expect("it is told").help;
    assert_eq!(help, "it takes no part; `navlayer upgrade --to 16.1` carries it to what took over");
}

#[test]
fn what_has_no_value_is_a_finding_and_has_no_score() {
    let space = space(&[
        (
            "a.json",
            layer(
                "a",
                &json!([scored(X, 10), scored(Y, 0), {"techniqueID": FOUR, "score": 1, "comment": "kept"}]),
            ),
        ),
        (
            "b.json",
            layer("b", &json!([scored(X, 5), {"techniqueID": FOUR, "tactic": "persistence", "score": 2}])),
        ),
    ]);
    let run = space.run(&["combine", "  a / b", "a.json", "b.json", "--comments-from", "a"]).ok();
    let findings: Vec<_> = run.findings().iter().map(|one| (one.code.clone(), one.message.clone())).collect();
    assert_eq!(
        findings,
        [
            (
                "NL0903".to_owned(),
                "the score of T1078 in initial-access, privilege-escalation, defense-evasion is infinite (a = 1, b = 0)"
                    .to_owned()
            ),
            ("NL0903".to_owned(), "the score of T1486 is no number (a = 0, b = 0)".to_owned()),
        ]
    );
    assert_eq!(run.findings()[0].place, "expression:1:3");
    let made = run.layer();
    assert_eq!(made.score(X), Some(2));
    assert!(!made.ids().contains(&Y), "there is nothing to say of it");
    let four: Vec<_> = made.techniques().iter().filter(|one| one["techniqueID"] == FOUR).collect();
    assert_eq!(four.len(), 4);
    assert!(four.iter().all(|one| one["comment"] == "kept"));
    assert_eq!(four.iter().filter(|one| one["score"].is_number()).count(), 1);
    let run = space.run(&["combine", "a * 10^300", "a.json"]).ok();
    assert!(run.findings().iter().any(|one| one.message.contains("too large for a layer (a = 10)")));
    space.run(&["--strict", "combine", "a / b", "a.json", "b.json", "-o", "c.json"]).ends_with(1);
    assert!(!space.has("c.json"));
}

/// Colours, and the ends.
fn gradient(layer: &Layer) -> (usize, f64, f64) {
    let gradient = &layer.0["gradient"];
    let end = |name: &str| gradient[name].as_f64().expect("a number");
    (gradient["colors"].as_array().expect("colours").len(), end("minValue"), end("maxValue"))
}

#[test]
fn the_gradient_is_the_navigators_over_the_range() {
    let mut a = scores("X 10 Y -4.5");
    a["gradient"] = json!({"colors": ["red", "#000000"], "minValue": 1, "maxValue": 20});
    let space = space(&[("a.json", a)]);
    for (text, arguments, expected) in [
        ("a", &[][..], (3, -5.0, 10.0)),
        ("a > 0", &[], (2, 0.0, 1.0)),
        ("a > 0 ? 50 : 50", &[], (3, 0.0, 100.0)),
        ("1", &[], (3, 0.0, 100.0)),
        ("a > 0 ? 99.6 : 0", &[], (3, 0.0, 101.0)),
        ("a > 0 ? 0.997 : 0", &[], (3, 0.0, 2.0)),
        ("a > 0 ? 99.7 : 99.7", &[], (3, 0.0, 101.0)),
        ("a", &["--gradient", "house"], (5, -5.0, 10.0)),
        ("a", &["--gradient-from", "a"], (2, 1.0, 20.0)),
        ("a > 0 ? 19.95 : 20", &["--gradient-from", "a"], (2, 1.0, 21.0)),
    ] {
        let mut all = vec!["combine", text, "a.json"];
        all.extend(arguments);
        let run = space.run(&all).ok();
        assert_eq!(gradient(&run.layer()), expected, "{text}");
        let widened = run.stderr.contains("note: the gradient runs to ");
        assert_eq!(widened, text.contains("9."), "{text}: {}", run.stderr);
    }
    let made = space.run(&["combine", "a", "a.json", "--gradient-from", "A"]).ok().layer();
    assert_eq!(made.0["gradient"]["colors"], json!(["red", "#000000"]));
    space
        .run(&["combine", "a", "a.json", "--gradient-from", "all"])
        .ends_with(2)
        .says(&["a layer has one gradient"]);
    space.run(&["combine", "a", "a.json", "--gradient-from", "a", "--gradient", "house"]).ends_with(2);
}

/// Two layers that say all that there is to say.
fn telling() -> Workspace {
    let one = |score: i64, word: &str| {
        json!({"techniqueID": X, "score": score, "comment": format!("{word} says"), "color": "#112233",
               "metadata": [{"name": "n", "value": word}, {"divider": true}],
               "links": [{"label": "same", "url": "https://a.example"}, {"label": word, "url": "https://b.example"}]})
    };
    let off = |id: &str| json!({"techniqueID": id, "enabled": false});
    let mut a = layer("Left", &json!([one(1, "left"), off(Y), off(FOUR)]));
    a["filters"] = json!({"platforms": ["Linux", "Windows"]});
    a["legendItems"] = json!([{"label": "both", "color": "#000000"}, {"label": "left", "color": "#111111"}]);
    let mut right = one(2, "right");
    right["color"] = json!("#445566");
    let mut b = layer("Right", &json!([right, off(Y), {"techniqueID": "T1485", "color": "red"}]));
    b["filters"] = json!({"platforms": ["Windows", "macOS"]});
    b["legendItems"] = json!([{"label": "both", "color": "#000000"}, {"label": "right", "color": "#222222"}]);
    space(&[("a.json", a), ("b.json", b), ("c.json", scores("X 4"))])
}

#[test]
fn nothing_is_inherited_unasked() {
    let made = telling().run(&["combine", "a + b", "a.json", "b.json"]).ok().layer();
    assert_eq!(made.scores(), [(X, Some(3))]);
    let expected = json!({"techniqueID": X, "score": 3, "enabled": true, "showSubtechniques": false});
    assert_eq!(*made.technique(X), expected);
    assert!(made.0.get("filters").is_none() && made.0.get("legendItems").is_none());
}

#[test]
fn what_is_inherited_comes_from_the_layer_that_is_named() {
    let space = telling();
    let mut all = vec!["combine", "a + c", "a.json", "b.json", "c.json"];
    for flag in ["comments", "color", "metadata", "links", "states", "filters", "legend"] {
        all.push(Box::leak(format!("--{flag}-from").into_boxed_str()));
        all.push("b");
    }
    let made = space.run(&all).ok().layer();
    let of = made.technique(X);
    assert_eq!(
        (&of["comment"], &of["color"], &of["score"]),
        (&json!("right says"), &json!("#445566"), &json!(5))
    );
    assert_eq!(of["metadata"], json!([{"name": "n", "value": "right"}, {"divider": true}]));
    assert_eq!(of["links"].as_array().map(Vec::len), Some(2));
    assert_eq!(made.technique("T1485")["color"], "red", "of a technique that the expression says nothing of");
    assert_eq!((&made.technique(Y)["enabled"], made.score(Y)), (&json!(false), None));
    assert_eq!(made.0["filters"], json!({"platforms": ["Windows", "macOS"]}));
    assert_eq!(made.0["legendItems"][1]["label"], "right");
    assert!(!made.ids().contains(&FOUR), "b says nothing of it");
}

#[test]
fn from_all_layers_everything_is_united() {
    let space = telling();
    let mut all = vec!["combine", "", "a.json", "b.json"];
    for flag in ["comments", "color", "metadata", "links", "states", "filters", "legend"] {
        all.push(Box::leak(format!("--{flag}-from").into_boxed_str()));
        all.push("all");
    }
    let made = space.run(&all).ok().layer();
    let of = made.technique(X);
    assert_eq!(
        (&of["comment"], &of["color"]),
        (&json!("Left: left says\n\nRight: right says"), &json!("#112233"))
    );
    assert!(of.get("score").is_none(), "a blank expression gives no scores");
    assert_eq!(values(&of["metadata"], "layer"), ["Left", "Right"]);
    assert_eq!(values(&of["metadata"], "n"), ["left", "right"]);
    let labels: Vec<_> =
        of["links"].as_array().expect("links").iter().map(|one| one["label"].clone()).collect();
    assert_eq!(labels, ["same", "left", "right"]);
    assert_eq!(made.technique(Y)["enabled"], false);
    assert!(!made.ids().contains(&FOUR), "enabled in b, which says nothing of it");
    assert_eq!(made.0["filters"], json!({"platforms": ["Linux", "Windows", "macOS"]}));
    let legend: Vec<_> =
        made.0["legendItems"].as_array().expect("items").iter().map(|one| one["label"].clone()).collect();
    assert_eq!(legend, ["both", "left", "right"]);
    // A layer that shows all platforms makes all of them shown.
    let made =
        space.run(&["combine", "a", "a.json", "b.json", "c.json", "--filters-from", "all"]).ok().layer();
    assert!(made.0.get("filters").is_none());
    space
        .run(&["combine", " ", "a.json"])
        .ends_with(2)
        .says(&["the expression is blank, and nothing is inherited"]);
    space
        .run(&["combine", "a", "abc=a.json", "bcd=b.json", "--comments-from", "abd"])
        .ends_with(2)
        .says(&["--comments-from: no layer is called `abd`", "did you mean `abc`?"]);
}

#[test]
fn layers_of_the_same_name_are_told_apart() {
    let space = space(&[("a.json", scores("X 1 Y -")), ("b.json", scores("Y -"))]);
    let made = space
        .run(&["combine", "one + two", "one=a.json", "two=b.json", "--comments-from", "all"])
        .ok()
        .layer();
    assert_eq!(made.technique(Y)["comment"], "scores (one): c\n\nscores (two): c");
}

#[test]
fn mistakes_point_into_the_expression() {
    let space = space(&[("a.json", scores("X 1")), ("b.json", scores("Y 1"))]);
    for (text, place, message, help) in [
        ("a + maxx(b)", "expression:1:5", "`maxx` is no function", "did you mean `max`?"),
        (
            "a +",
            "expression:1:4",
            "the expression ends where a layer, a number, a function or `(` is expected",
            "",
        ),
        ("a + d", "expression:1:5", "`d` is no layer", "the layers are `a`, `b`"),
        (
            "(a + b",
            "expression:1:7",
            "the expression ends where an operator or `)` is expected",
            "the bracket at column 1 is not closed",
        ),
        ("a && b", "expression:1:3", "`&&` is no operator of expressions", "write `and`"),
        ("a +\n  ab", "expression:2:3", "`ab` is no layer", "a product of layers is `a * b`"),
    ] {
        let run = space.run(&["combine", text, "a.json", "b.json", "-o", "c.json"]).ends_with(2);
        let finding = run.findings().remove(0);
        assert_eq!((finding.place.as_str(), finding.message.as_str()), (place, message), "{text}");
        assert_eq!(finding.help, help, "{text}");
        assert!(!space.has("c.json"));
    }
    let two = space.run(&["combine", "x + y", "a.json"]).ends_with(2).findings();
    assert_eq!(two.len(), 2, "every name that is none");
    for hostile in ["(".repeat(100_000), "-".repeat(4_000), "9".repeat(4_000), "max(".repeat(900)] {
        let run = space.run(&["combine", &hostile, "a.json"]).ends_with(2);
        assert_eq!(run.findings().len(), 1);
        assert!(run.stderr.len() < 4_000, "{}", run.stderr.len());
    }
}

#[test]
fn layers_are_named_as_one_likes() {
    let space = space(&[("a.json", scores("X 10 Y 2"))]);
    for name in ["e", "i", "b", "t", "pi", "in", "before_2024", "all"] {
        let side = format!("{name}=a.json");
        let made = space.run(&["combine", &format!("not {name} + {name}"), &side]).ok().layer();
        assert_eq!(made.scores(), [(X, Some(10)), (Y, Some(2))], "{name}");
    }
    space.run(&["combine", "-A", "A=a.json"]).ok();
    space.run(&["combine", "-o", "out.json", "-a", "a.json"]).ok();
    assert_eq!(Layer(space.json("out.json")).score(X), Some(-10));
    space
        .run(&["combine", "2a", "a.json", "-o", "out.json"])
        .ends_with(2)
        .says(&["--force"])
        .says(&["exists already"]);
    space.run(&["combine", "a", "a.json", "-o", "out.json", "--force"]).ok();
    for (arguments, message) in [
        (&["max=a.json"][..], "a layer cannot be called `max`: the word has a meaning in expressions"),
        (&["1st=a.json"], "a layer cannot be called `1st`"),
        (&["a=a.json", "a=a.json"], "two layers are called `a`"),
        (&["a="], "a layer has no file"),
        (&["none.json"], "none.json"),
    ] {
        let mut all = vec!["combine", "a"];
        all.extend(arguments);
        space.run(&all).ends_with(2).says(&[message]);
    }
    let run = space.run(&["combine", "a", "a.json", "z=a.json"]).ok();
    assert!(run.stderr.contains("note: the layer z is not used"));
    space.write("odd=1.json", scores("X 3").to_string());
    assert_eq!(space.run(&["combine", "a", "odd=1.json"]).ok().layer().scores(), [(X, Some(3))]);
}

#[test]
fn the_tabs_of_a_file_are_the_navigators() {
    let named = |name: &str, score: i64| layer(name, &json!([scored(X, score)]));
    // The Navigator opens the last layer of a file first.
    let bundle = json!([named("Third", 3), named("Second", 2), named("First", 1)]);
    let space = space(&[("tabs.json", bundle), ("one.json", named("Alone", 9))]);
    let score = |arguments: &[&str]| {
        let mut all = vec!["combine"];
        all.extend(arguments);
        space.run(&all).ok().layer().score(X)
    };
    assert_eq!(score(&["100a + 10b + c", "tabs.json"]), Some(123));
    assert_eq!(score(&["100a + 10b + d", "one.json", "tabs.json"]), Some(913));
    assert_eq!(score(&["10a + b", "tabs.json#3", "tabs.json#first"]), Some(31));
    assert_eq!(score(&["10 x + a", "x=tabs.json#2", "tabs.json#1"]), Some(21));
    space
        .run(&["combine", "x", "x=tabs.json"])
        .ends_with(2)
        .says(&["tabs.json holds 3 layers", "x=tabs.json#1 names one of 1 `First`, 2 `Second`, 3 `Third`"]);
    space.run(&["combine", "x", "x=tabs.json#4"]).ends_with(2).says(&["tabs.json has no layer `4`"]);
    let text = space.read("one.json");
    let run = space.run_with(&["combine", "a + b", "-", "tabs.json#1"], text.as_bytes()).ok();
    assert_eq!(run.layer().score(X), Some(10));
}

#[test]
fn layers_of_several_versions_come_to_the_newest() {
    let on = |version: &str, techniques: &Value| {
        let mut layer = layer(&format!("of {version}"), techniques);
        layer["versions"]["attack"] = json!(version);
        layer
    };
    let mut unstated = scores("X 1");
    unstated["versions"].as_object_mut().expect("an object").remove("attack");
    let mobile =
        json!({"name": "m", "versions": {"attack": "16"}, "domain": "mobile-attack", "techniques": []});
    let space = space(&[
        ("old.json", on("16", &json!([scored("T1562.008", 10), scored(X, 4)]))),
        ("new.json", on("19", &json!([scored("T1685.002", 3)]))),
        ("unstated.json", unstated),
        ("mobile.json", mobile),
        ("future.json", on("77", &json!([]))),
    ]);
    let run = space
        .run(&["combine", "a + b", "old.json", "new.json", "--report", "account.json", "-o", "c.json"])
        .ok();
    let made = Layer(space.json("c.json"));
    assert_eq!(made.0["versions"]["attack"], "19");
    assert_eq!(made.scores(), [(X, Some(4)), ("T1685.002", Some(13))]);
    let run = run.says(&["note: of 16: ATT&CK 16.1 to 19.0, 2 annotations = "]);
    assert!(!run.stderr.contains("of 19"), "it stays where it is");
    assert_eq!(space.json("account.json")["upgrades"].as_array().map(Vec::len), Some(1));
    assert_eq!(made.metadata("ATT&CK"), ["enterprise-attack 19.0"]);
    assert_eq!(made.metadata("layer a"), ["of 16 (old.json), upgraded from ATT&CK 16.1"]);
    assert_eq!(made.metadata("expression"), ["a + b"]);
    assert_eq!(
        made.0["description"],
        "Scores: a + b, with a = of 16 (of ATT&CK 16.1), b = of 19, on Enterprise ATT&CK 19.0."
    );
    let back = space.run(&["combine", "a + b", "old.json", "new.json", "--to", "16.1"]).ok().layer();
    assert_eq!(back.0["versions"]["attack"], "16");
    let finding = space.run(&["combine", "a", "unstated.json"]).ends_with(1).finding("NL0105");
    assert!(finding.help.starts_with("--from 16.1 says"), "{}", finding.help);
    let made = space.run(&["combine", "a", "unstated.json", "--from", "16.1", "--to", "17.1"]).ok().layer();
    assert_eq!(made.0["versions"]["attack"], "17");
    space
        .run(&["combine", "a", "old.json", "mobile.json"])
        .ends_with(2)
        .says(&["a layer is of one ATT&CK domain"]);
    space.run(&["combine", "a", "future.json"]).ends_with(1).finding("NL0105");
}

#[test]
fn a_combined_layer_has_nothing_that_a_reader_stumbles_over() {
    let space = Workspace::new();
    for category in ["protect", "detect"] {
        space.run(&["layer", "--category", category, "-o", &format!("{category}.json")]).ok();
    }
    let files = [
        "p=protect.json",
        "d=detect.json",
        "--comments-from",
        "all",
        "--metadata-from",
        "all",
        "--links-from",
        "all",
    ];
    for text in ["p - d", "p > d", "(p + d) * 0.997 / 2", "p and d"] {
        let mut all =
            vec!["combine", text, "-o", "c.json", "--force", "--legend-from", "p", "--name", "[p/d]"];
        all.extend(files);
        space.run(&all).ok();
        let report = space.run(&["validate", "c.json"]).ok().report();
        // mitreattack-python cuts fractions, which is a note.
        assert!(report.iter().all(|one| one.code == "NL0523" && text.contains("/ 2")), "{text}: {report:?}");
        let first = space.bytes("c.json");
        space.run(&all).ok();
        assert_eq!(first, space.bytes("c.json"), "the same bytes");
    }
    assert_eq!(space.json("c.json")["name"], "[p/d]");
}

fn any_scores() -> impl Strategy<Value = Vec<(usize, Option<i32>)>> {
    prop::collection::vec((0..6_usize, prop::option::of(-200..200_i32)), 0..8)
}

/// Techniques of one tactic and of several, and two annotations of one tactic.
fn made_of(records: &[(usize, Option<i32>)]) -> InputLayer {
    const PLACES: [(&str, &str); 6] =
        [(X, ""), (Y, ""), (FOUR, ""), (FOUR, "persistence"), ("T1053.005", "execution"), ("T1548", "")];
    let one = |(place, score): &(usize, Option<i32>)| {
        let (id, tactic) = PLACES[*place];
        let mut one = json!({"techniqueID": id, "comment": "c"});
        if !tactic.is_empty() {
            one["tactic"] = json!(tactic);
        }
        if let Some(score) = score {
            one["score"] = json!(score);
        }
        one
    };
    input(&layer("made", &records.iter().map(one).collect()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn laws_of_combinations_hold(one in any_scores(), other in any_scores()) {
        let catalog = catalog();
        let (a, b) = (made_of(&one), made_of(&other));
        let zero = combined("a - a", std::slice::from_ref(&a), &catalog);
        prop_assert!(zero.layer.techniques.iter().all(|one| one.score.as_ref().is_some_and(|score| score.value == 0.0)));
        let same = combined("a", std::slice::from_ref(&a), &catalog);
        prop_assert_eq!(zero.layer.techniques.len() <= same.layer.techniques.len(), true);
        let both = [a.clone(), b.clone()];
        let turned = [b, a];
        for text in ["a + b", "max(a, b)", "a and b", "mean(a, b)", "a b", "a == b"] {
            let (here, there) = (combined(text, &both, &catalog), combined(text, &turned, &catalog));
            prop_assert_eq!(&here.layer.techniques, &there.layer.techniques);
            prop_assert_eq!(&here.layer.gradient, &there.layer.gradient);
        }
        let (low, high) = (combined("min(a, b)", &both, &catalog), combined("max(a, b)", &both, &catalog));
        let ordered = combined("min(a, b) <= max(a, b)", &both, &catalog);
        prop_assert!(ordered.layer.techniques.iter().all(|one| one.score.as_ref().is_some_and(|score| score.value > 0.0)));
        prop_assert!(low.findings.is_empty() && high.findings.is_empty());
    }
}

#[test]
fn the_readme_names_every_function() {
    let readme =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("it is there");
    let names: Vec<&str> = Function::all().map(Function::name).collect();
    let listed: String = readme.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(listed.contains(&format!("`{}`", names.join(" "))), "{}", names.join(" "));
}
