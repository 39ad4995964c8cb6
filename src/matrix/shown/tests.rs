use serde_json::{Value, json};

use super::*;
use crate::attack::Domain;
use crate::layer::read;
use crate::source::Source;

/// A layer of Enterprise ATT&CK 16.1 with some annotations, and fields beside or instead of the usual ones.
fn layer(techniques: &Value, more: Value) -> InputLayer {
    let mut layer = json!({
        "name": "x", "domain": "enterprise-attack", "versions": {"attack": "16", "navigator": "5.1.0", "layer": "4.5"},
        "techniques": techniques,
    });
    if let Value::Object(more) = more {
        layer.as_object_mut().expect("an object").extend(more);
    }
    let reading = read::from_source(&Source::new("x.json", layer.to_string())).expect("it is a layer");
    reading.layers.into_iter().next().expect("there is one")
}

fn catalog() -> Catalog {
    Catalog::embedded(Domain::Enterprise, "16.1".parse().expect("a version")).expect("it is embedded")
}

/// What a technique or sub-technique shows in a tactic; `None` when it is not there.
fn cell(layer: &InputLayer, tactic: &str, id: &str) -> Option<(Option<String>, bool, Option<Mark>)> {
    let catalog = catalog();
    let shown = Shown::new(layer, &catalog, Theme::Light, None);
    let column = shown.columns.iter().find(|column| column.tactic.shortname == tactic)?;
    let mut cells = column.techniques.iter().flat_map(|one| std::iter::once(&one.cell).chain(&one.subs));
    let cell = cells.find(|cell| cell.technique.id.to_string() == id)?;
    Some((cell.fill.map(Color::hex), cell.is_enabled, cell.mark))
}

fn fill(layer: &InputLayer, tactic: &str, id: &str) -> Option<String> {
    cell(layer, tactic, id).expect("it is there").0
}

/// The ids of a tactic's techniques, in the order in which they stand; or of one technique's sub-techniques.
fn order(layer: &InputLayer, tactic: &str, of: Option<&str>) -> Vec<String> {
    let catalog = catalog();
    let shown = Shown::new(layer, &catalog, Theme::Light, None);
    let column = shown.columns.iter().find(|column| column.tactic.shortname == tactic).expect("it is there");
    let id = |cell: &ShownCell<'_>| cell.technique.id.to_string();
    match of {
        None => column.techniques.iter().map(|one| id(&one.cell)).collect(),
        Some(of) => {
            let one = column.techniques.iter().find(|one| id(&one.cell) == of).expect("it is there");
            one.subs.iter().map(id).collect()
        }
    }
}

fn expanded(layer: &InputLayer, tactic: &str) -> Vec<String> {
    let catalog = catalog();
    let shown = Shown::new(layer, &catalog, Theme::Light, None);
    let column = shown.columns.iter().find(|column| column.tactic.shortname == tactic).expect("it is there");
    let open = column.techniques.iter().filter(|one| one.is_expanded);
    open.map(|one| one.cell.technique.id.to_string()).collect()
}

/// Reference values of the Navigator's default gradient.
#[test]
fn scores_have_the_colours_of_the_navigator() {
    for (score, expected) in
        [(0, "#ff6666"), (25, "#ffa866"), (50, "#fde665"), (75, "#c4d754"), (100, "#8ec843")]
    {
        let layer = layer(&json!([{"techniqueID": "T1059", "score": score}]), json!({}));
        assert_eq!(fill(&layer, "execution", "T1059").as_deref(), Some(expected), "{score}");
        assert_eq!(fill(&layer, "execution", "T1203"), None, "what has no score has no fill");
    }
    // Where the Navigator breaks off, the last colour.
    let layer = layer(&json!([{"techniqueID": "T1059", "score": 99.6}]), json!({}));
    assert_eq!(fill(&layer, "execution", "T1059").as_deref(), Some("#8ec843"));
}

#[test]
fn a_gradient_without_opacity_and_one_turned_round() {
    let gradient = |colors: Value, min: i64, max: i64| json!({"gradient": {"colors": colors, "minValue": min, "maxValue": max}});
    let half = json!([{"techniqueID": "T1059", "score": 0.5}]);
    let blue = layer(&half, gradient(json!(["#ffffff00", "#66b1ffff"]), 0, 1));
    assert_eq!(fill(&blue, "execution", "T1059").as_deref(), Some("#b2d8ff"));
    let turned = layer(
        &json!([{"techniqueID": "T1059", "score": 50}]),
        gradient(json!(["#000000", "#ffffff"]), 100, 0),
    );
    assert_eq!(fill(&turned, "execution", "T1059").as_deref(), Some("#ffffff"));
    let below = layer(
        &json!([{"techniqueID": "T1059", "score": -1}]),
        gradient(json!(["#000000", "#ffffff"]), 100, 0),
    );
    assert_eq!(fill(&below, "execution", "T1059").as_deref(), Some("#000000"));
    let spoilt = layer(
        &json!([{"techniqueID": "T1059", "score": 10}]),
        gradient(json!(["#000000", "no colour"]), 0, 10),
    );
    assert_eq!(
        fill(&spoilt, "execution", "T1059").as_deref(),
        Some("#8ec843"),
        "its ends hold, its colours do not"
    );
}

#[test]
fn the_last_word_counts_whole() {
    let specific =
        json!({"techniqueID": "T1078", "tactic": "persistence", "color": "#111111", "comment": "own"});
    let every = json!({"techniqueID": "T1078", "color": "#222222"});
    let layer_of = |techniques: Value| layer(&techniques, json!({}));
    let later = layer_of(json!([specific, every]));
    assert_eq!(cell(&later, "persistence", "T1078"), Some((Some("#222222".to_owned()), true, None)));
    let earlier = layer_of(json!([every, specific]));
    assert_eq!(
        cell(&earlier, "persistence", "T1078"),
        Some((Some("#111111".to_owned()), true, Some(Mark::Comment)))
    );
    assert_eq!(fill(&earlier, "initial-access", "T1078").as_deref(), Some("#222222"));
}

#[test]
fn ghosts_are_shown_nowhere() {
    let ghosts = layer(
        &json!([
            {"techniqueID": "T1059", "tactic": "impact", "score": 1},
            {"techniqueID": "T1086", "score": 1},
            {"techniqueID": "T9999", "score": 1},
            {"tactic": "execution", "score": 1},
        ]),
        json!({}),
    );
    let catalog = catalog();
    let shown = Shown::new(&ghosts, &catalog, Theme::Light, None);
    let cells = shown.columns.iter().flat_map(|column| &column.techniques);
    let cells = cells.flat_map(|one| std::iter::once(&one.cell).chain(&one.subs));
    assert!(cells.into_iter().all(|cell| cell.annotation.is_none() && cell.fill.is_none()));
}

#[test]
fn fills_have_an_order() {
    let annotations = json!([
        {"techniqueID": "T1059", "score": 0, "color": "#12345680"},
        {"techniqueID": "T1106", "score": 0, "enabled": false, "color": "#123456"},
        {"techniqueID": "T1053", "score": 0},
        {"techniqueID": "T1053.005", "score": 100},
    ]);
    let aggregates =
        json!({"layout": {"layout": "side", "showAggregateScores": true, "aggregateFunction": "max"}});
    let layer = layer(&annotations, aggregates);
    assert_eq!(fill(&layer, "execution", "T1059").as_deref(), Some("#8899aa"), "a colour first, on white");
    assert_eq!(cell(&layer, "execution", "T1106"), Some((None, false, None)), "what is disabled has none");
    assert_eq!(
        fill(&layer, "execution", "T1053").as_deref(),
        Some("#8ec843"),
        "the aggregate before the score"
    );
    assert_eq!(fill(&layer, "execution", "T1053.005").as_deref(), Some("#8ec843"));
}

#[test]
fn platforms_and_what_is_disabled_hide() {
    let everything = layer(&json!([]), json!({}));
    let all: usize = Shown::new(&everything, &catalog(), Theme::Light, None)
        .columns
        .iter()
        .map(|column| column.techniques.len())
        .sum();
    let catalog = catalog();
    let in_tactics = |one: &Technique| one.parent.is_none() && one.platforms.iter().next().is_some();
    let expected: usize =
        catalog.techniques().iter().filter(|one| in_tactics(one)).map(|one| one.tactics.iter().count()).sum();
    assert_eq!(all, expected);
    let linux = layer(&json!([]), json!({"filters": {"platforms": ["linux", "unheard of"]}}));
    assert!(cell(&linux, "execution", "T1059.004").is_some(), "a name of the first formats is read");
    assert!(cell(&linux, "execution", "T1059.001").is_none(), "PowerShell is of Windows");
    let nothing = layer(&json!([]), json!({"filters": {"platforms": ["LINUX"]}}));
    assert!(
        Shown::new(&nothing, &catalog, Theme::Light, None).columns.is_empty(),
        "names are read to the letter"
    );
    let disabled = json!([
        {"techniqueID": "T1106", "enabled": false},
        {"techniqueID": "T1059", "enabled": false},
        {"techniqueID": "T1059.001", "enabled": false},
    ]);
    let hidden = layer(&disabled, json!({"hideDisabled": true}));
    assert!(cell(&hidden, "execution", "T1106").is_none());
    assert!(cell(&hidden, "execution", "T1059").is_some(), "other sub-techniques are enabled");
    assert!(cell(&hidden, "execution", "T1059.001").is_none());
    assert!(cell(&hidden, "execution", "T1059.003").is_some());
}

#[test]
fn what_is_expanded() {
    let annotations = json!([
        {"techniqueID": "T1059", "showSubtechniques": true},
        {"techniqueID": "T1053.005", "tactic": "persistence", "score": 1},
    ]);
    let of = |which: &str| {
        layer(&annotations, json!({"layout": {"layout": "side", "expandedSubtechniques": which}}))
    };
    assert_eq!(expanded(&of("none"), "execution"), ["T1059"]);
    assert_eq!(expanded(&of("annotated"), "execution"), ["T1059", "T1053"], "in every tactic");
    let all = expanded(&of("all"), "execution");
    assert!(all.len() > 2 && !all.contains(&"T1106".to_owned()), "it has no sub-technique: {all:?}");
}

#[test]
fn orders_are_by_name_or_by_score() {
    let annotations = json!([
        {"techniqueID": "T1106", "score": 5},
        {"techniqueID": "T1203", "score": -3},
        {"techniqueID": "T1059.001", "score": -1},
        {"techniqueID": "T1059.004", "score": 7},
    ]);
    let of = |sorting: u8| layer(&annotations, json!({"sorting": sorting}));
    let names = order(&of(0), "execution", None);
    let mut turned = order(&of(1), "execution", None);
    turned.reverse();
    assert_eq!(names, turned);
    let up = order(&of(2), "execution", None);
    assert_eq!(
        up[up.len() - 2..],
        ["T1203", "T1106"],
        "what has no score comes first, below what is negative"
    );
    assert_eq!(order(&of(3), "execution", None)[..2], ["T1106", "T1203"]);
    let subs = order(&of(2), "execution", Some("T1059"));
    assert_eq!(
        (subs[0].as_str(), subs[subs.len() - 1].as_str()),
        ("T1059.001", "T1059.004"),
        "unscored ones count 0"
    );
}
