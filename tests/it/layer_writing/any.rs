//! Layers of any format with anything wrong in them.

use proptest::prelude::*;
use serde_json::{Value, json};

/// Values that are no text, or text of another kind than wanted.
fn odd() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..4).prop_map(Value::from),
        Just(json!([])),
        Just(json!({"a": [1, "b", null]})),
        text().prop_map(Value::from),
    ]
}

fn text() -> impl Strategy<Value = String> {
    const WORDS: [&str; 13] =
        ["", " ", "DIVIDER", "true", "null", "\"", "\\", "\n", "a\u{0}", "é", "😀", "\u{7f}", "{}"];
    prop_oneof![
        2 => prop::sample::select(&WORDS[..]).prop_map(str::to_owned),
        2 => "[ -~]{0,12}",
        1 => any::<String>(),
    ]
}

/// A value as wanted, seldom another.
fn mostly(wanted: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Value> {
    prop_oneof![12 => wanted, 1 => odd()].boxed()
}

fn choice<T: Clone + Into<Value> + std::fmt::Debug + 'static>(values: &'static [T]) -> BoxedStrategy<Value> {
    mostly(prop::sample::select(values).prop_map(Into::into))
}

fn number() -> BoxedStrategy<Value> {
    let values =
        [0.0, -0.0, 1.0, 50.0, 100.0, 99.7, 0.1, -5.25, 1e300, 1e18, 1e19, 5e-324, 9_007_199_254_740_993.0];
    let picked = prop::sample::select(values.to_vec()).prop_map(Value::from);
    mostly(prop_oneof![picked, (-9_i64..110).prop_map(Value::from), any::<f64>().prop_map(Value::from)])
}

fn flag() -> BoxedStrategy<Value> {
    mostly(any::<bool>().prop_map(Value::from))
}

fn words() -> BoxedStrategy<Value> {
    mostly(text().prop_map(Value::from))
}

fn colour() -> BoxedStrategy<Value> {
    choice(&[
        "#ff6666",
        "#FFF",
        "#ffffff00",
        "#abc8",
        "fff000",
        "red",
        "Teal",
        "transparent",
        " #123456 ",
        "",
        "rgba(1, 2, 3, .5)",
        "hsl(120, 50%, 50%)",
        "nope",
        "burntsienna",
    ])
}

/// An object with some of these fields, in any combination, and seldom one that no format defines.
fn object(fields: Vec<(&'static str, BoxedStrategy<Value>)>, has_other: bool) -> BoxedStrategy<Value> {
    let (keys, values): (Vec<_>, Vec<_>) = fields.into_iter().unzip();
    let there = prop::collection::vec(prop::bool::weighted(0.7), keys.len());
    let key = prop_oneof![Just("score_num".to_owned()), Just(String::new()), text()];
    let other = prop::collection::btree_map(key, odd(), 0..=if has_other { 2 } else { 0 });
    (values, there, other)
        .prop_map(move |(values, there, other)| {
            let mut object: serde_json::Map<String, Value> = other.into_iter().collect();
            for ((key, value), _) in keys.iter().zip(values).zip(there).filter(|(_, there)| *there) {
                object.insert((*key).to_owned(), value);
            }
            Value::Object(object)
        })
        .boxed()
}

fn list(item: BoxedStrategy<Value>, most: usize) -> BoxedStrategy<Value> {
    mostly(prop::collection::vec(item, 0..=most).prop_map(Value::from))
}

fn metadata() -> BoxedStrategy<Value> {
    let row = object(vec![("name", words()), ("value", words())], false);
    let divider = object(vec![("divider", flag())], false);
    let python = any::<bool>().prop_map(|shown| json!({"name": "DIVIDER", "value": shown}));
    list(mostly(prop_oneof![4 => row, 1 => divider, 1 => python]), 4)
}

fn links() -> BoxedStrategy<Value> {
    let link = object(vec![("label", words()), ("url", words())], false);
    let web = words().prop_map(|label| json!({ "label": label, "url": "https://a.example/b" }));
    let divider = object(vec![("divider", flag())], false);
    list(mostly(prop_oneof![2 => link, 2 => web, 1 => divider]), 3)
}

fn technique() -> BoxedStrategy<Value> {
    let ids = ["T1110", "T1110.001", "T1562", "t1110", " T1562 ", "T9999", "TA0006", "x", "", "T1086"];
    let tactics = ["credential-access", "defense-evasion", "impact", "", "x"];
    let id = mostly(prop::sample::select(ids.to_vec()).prop_map(Value::from));
    object(
        vec![
            ("techniqueID", id),
            ("tactic", mostly(prop::sample::select(tactics.to_vec()).prop_map(Value::from))),
            ("score", number()),
            ("color", colour()),
            ("comment", words()),
            ("enabled", flag()),
            ("metadata", metadata()),
            ("links", links()),
            ("showSubtechniques", flag()),
        ],
        true,
    )
}

fn layout() -> BoxedStrategy<Value> {
    mostly(object(
        vec![
            ("layout", choice(&["side", "flat", "mini"])),
            ("aggregateFunction", choice(&["average", "min", "max", "sum"])),
            ("showID", flag()),
            ("showName", flag()),
            ("showAggregateScores", flag()),
            ("countUnscored", flag()),
            ("expandedSubtechniques", choice(&["none", "annotated", "all"])),
        ],
        false,
    ))
}

/// A layer of any format, with anything wrong in it.
pub(super) fn layer() -> impl Strategy<Value = Value> {
    let versions = object(
        vec![
            ("attack", choice(&["16", "v9", "10.0", "ATT&CK v14.1"])),
            ("navigator", choice(&["4.8.0", "5.1.0"])),
            ("layer", choice(&["4.5", "4.1", "5.0", ""])),
        ],
        false,
    );
    let gradient =
        object(vec![("colors", list(colour(), 4)), ("minValue", number()), ("maxValue", number())], false);
    let platforms = list(choice(&["Linux", "windows", "PRE", ""]), 3);
    let legend = list(object(vec![("label", words()), ("color", colour())], false), 3);
    let domains = ["enterprise-attack", "mitre-enterprise", "mitre-mobile", "ics-attack", "acme", ""];
    let fields = vec![
        ("name", words()),
        ("version", choice(&["2.2", "3.0"])),
        ("versions", mostly(versions)),
        ("customDataURL", prop_oneof![8 => Just(Value::Null), 1 => words()].boxed()),
        ("description", words()),
        ("filters", mostly(object(vec![("platforms", platforms)], false))),
        ("sorting", choice(&[0, 1, 2, 3, 7])),
        ("viewMode", choice(&[0, 1, 2])),
        ("layout", layout()),
        ("hideDisabled", flag()),
        ("gradient", mostly(gradient)),
        ("legendItems", legend),
        ("metadata", metadata()),
        ("links", links()),
        ("showTacticRowBackground", flag()),
        ("tacticRowBackground", colour()),
        ("selectTechniquesAcrossTactics", flag()),
        ("selectSubtechniquesWithParent", flag()),
        ("selectVisibleTechniques", flag()),
    ];
    (object(fields, true), prop::sample::select(domains.to_vec()), list(technique(), 6)).prop_map(
        |(mut layer, domain, techniques)| {
            layer["domain"] = json!(domain);
            layer["techniques"] = techniques;
            layer
        },
    )
}
