//! Small layers, and what the rules of the Navigator say of their cells.
//!
//! The colours are written down as they follow from the rules, not worked out by the code that is tested: black to white in
//! the 100 steps of the Navigator is `255 × step / 99` in each channel.

#![expect(clippy::too_many_lines, reason = "a table is as long as it has rows")]
#![expect(clippy::needless_pass_by_value, reason = "literals read best without a sign before each")]

use serde_json::{Value, json};

use self::Look::{Absent, Blank, Closed, Disabled, Fill};

/// What is expected of a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Look {
    /// Drawn with this fill.
    Fill(&'static str),
    /// Drawn without one.
    Blank,
    /// Drawn without one, in grey.
    Disabled,
    /// Under a technique that is not open: in tables alone, with this fill, or empty without one.
    Closed(&'static str),
    /// Nowhere.
    Absent,
}

/// A layer, and what is expected of its cells, by tactic and id. No other cell has a fill.
pub(super) struct Case {
    pub(super) rule: &'static str,
    pub(super) layer: Value,
    pub(super) cells: Vec<(&'static str, &'static str, Look)>,
}

pub(super) fn case(
    rule: &'static str,
    techniques: Value,
    more: Value,
    cells: &[(&'static str, &'static str, Look)],
) -> Case {
    let mut layer = json!({
        "name": "x", "domain": "enterprise-attack", "versions": {"attack": "16", "navigator": "5.1.0", "layer": "4.5"},
        "techniques": techniques,
    });
    let (Value::Object(layer_fields), Value::Object(more)) = (&mut layer, more) else { panic!("objects") };
    layer_fields.extend(more);
    Case { rule, layer, cells: cells.to_vec() }
}

/// The techniques of a tactic that are in no other.
const RECONNAISSANCE: [&str; 10] =
    ["T1595", "T1592", "T1589", "T1590", "T1591", "T1598", "T1597", "T1596", "T1593", "T1594"];

/// A layer with these scores, one technique each, in this gradient.
fn scored(rule: &'static str, gradient: Value, scores: &[(f64, &'static str)]) -> Case {
    let ids = || RECONNAISSANCE.into_iter().zip(scores);
    assert!(scores.len() <= RECONNAISSANCE.len());
    let techniques: Vec<Value> =
        ids().map(|(id, (score, _))| json!({"techniqueID": id, "score": score})).collect();
    let cells: Vec<_> = ids().map(|(id, (_, fill))| ("reconnaissance", id, Fill(fill))).collect();
    let more = if gradient.is_null() { json!({}) } else { json!({"gradient": gradient}) };
    case(rule, json!(techniques), more, &cells)
}

fn gradient(colors: &[&str], min: f64, max: f64) -> Value {
    json!({"colors": colors, "minValue": min, "maxValue": max})
}

/// Black to white on 0 to 100.
pub(super) fn grey() -> Value {
    gradient(&["#000000", "#ffffff"], 0.0, 100.0)
}

/// Section 5: from scores to colours.
pub(super) fn gradients() -> Vec<Case> {
    vec![
        scored(
            "the Navigator's own values for its default gradient",
            Value::Null,
            &[
                (0.0, "#ff6666"),
                (1.0, "#ff6966"),
                (25.0, "#ffa866"),
                (49.0, "#ffe766"),
                (50.0, "#fde665"),
                (51.0, "#fae665"),
                (75.0, "#c4d754"),
                (99.0, "#8ec843"),
            ],
        ),
        scored(
            "beyond its ends a gradient has the colours of its ends; just below its top, where the Navigator breaks off, the last",
            grey(),
            &[
                (-5.0, "#000000"),
                (0.0, "#000000"),
                (0.4, "#000000"),
                (0.5, "#030303"),
                (98.4, "#fcfcfc"),
                (98.5, "#ffffff"),
                (99.6, "#ffffff"),
                (100.0, "#ffffff"),
                (1e300, "#ffffff"),
                (-1e300, "#000000"),
            ],
        ),
        scored(
            "two colours are 99 steps",
            grey(),
            &[(10.0, "#1a1a1a"), (25.0, "#404040"), (33.0, "#555555"), (50.0, "#818181"), (60.0, "#9b9b9b")],
        ),
        scored(
            "four colours are three segments of 33 steps",
            gradient(&["#000000", "#ff0000", "#00ff00", "#0000ff"], 0.0, 100.0),
            &[
                (1.0, "#080000"),
                (33.0, "#ff0000"),
                (34.0, "#f70800"),
                (66.0, "#00ff00"),
                (67.0, "#00f708"),
                (98.0, "#0008f7"),
                (99.0, "#0000ff"),
            ],
        ),
        scored(
            "five colours would be 100 steps: the first segment has one less",
            gradient(&["#000000", "#ff0000", "#00ff00", "#0000ff", "#ffffff"], 0.0, 100.0),
            &[
                (23.0, "#f40000"),
                (24.0, "#ff0000"),
                (25.0, "#f50a00"),
                (49.0, "#00ff00"),
                (74.0, "#0000ff"),
                (99.0, "#ffffff"),
            ],
        ),
        scored(
            "eight colours would be 98 steps: the first segment has one more",
            gradient(
                &["#000000", "#ff0000", "#00ff00", "#0000ff", "#ffff00", "#ff00ff", "#00ffff", "#ffffff"],
                0.0,
                100.0,
            ),
            &[
                (14.0, "#ee0000"),
                (15.0, "#ff0000"),
                (29.0, "#00ff00"),
                (43.0, "#0000ff"),
                (57.0, "#ffff00"),
                (71.0, "#ff00ff"),
                (85.0, "#00ffff"),
                (99.0, "#ffffff"),
            ],
        ),
        scored(
            "ends other than 0 and 100",
            gradient(&["#000000", "#ffffff"], -10.0, 10.0),
            &[(-11.0, "#000000"), (-5.0, "#404040"), (0.0, "#818181"), (10.0, "#ffffff")],
        ),
        scored(
            "the opacity of a gradient's colours is left out",
            gradient(&["#ffffff00", "#66b1ffff"], 0.0, 1.0),
            &[(0.0, "#ffffff"), (0.5, "#b2d8ff"), (1.0, "#66b1ff")],
        ),
        scored(
            "ends that are one: from there on the last colour, below the first",
            gradient(&["#000000", "#ffffff"], 5.0, 5.0),
            &[(4.9, "#000000"), (5.0, "#ffffff"), (6.0, "#ffffff")],
        ),
        scored(
            "ends turned round: from the second on the last colour, below the first, nothing between",
            gradient(&["#000000", "#ffffff"], 100.0, 0.0),
            &[(-1.0, "#000000"), (0.0, "#ffffff"), (50.0, "#ffffff"), (100.0, "#ffffff")],
        ),
        scored(
            "a colour that is none: the default colours, between the layer's own ends",
            gradient(&["#000000", "no colour"], 0.0, 10.0),
            &[(0.0, "#ff6666"), (5.0, "#fde665"), (10.0, "#8ec843")],
        ),
    ]
}

pub(super) const EXECUTION: &str = "execution";
pub(super) const CREDENTIALS: &str = "credential-access";

/// Section 3: which annotation counts, and which colour.
pub(super) fn annotations() -> Vec<Case> {
    let on_grey = || json!({"gradient": grey()});
    vec![
        case(
            "a colour goes before the score, of which 0 is one",
            json!([
                {"techniqueID": "T1059", "score": 100, "color": "#123456"},
                {"techniqueID": "T1106", "score": 0},
                {"techniqueID": "T1203", "color": "#abcdef"},
            ]),
            on_grey(),
            &[
                (EXECUTION, "T1059", Fill("#123456")),
                (EXECUTION, "T1106", Fill("#000000")),
                (EXECUTION, "T1203", Fill("#abcdef")),
                (EXECUTION, "T1129", Blank),
            ],
        ),
        case(
            "an empty colour, and one that is none, leave the score; a score that is no number is none",
            json!([
                {"techniqueID": "T1059", "score": 100, "color": ""},
                {"techniqueID": "T1106", "score": 50, "color": "none"},
                {"techniqueID": "T1203", "score": "50"},
                {"techniqueID": "T1129", "score": null, "comment": "seen"},
            ]),
            on_grey(),
            &[
                (EXECUTION, "T1059", Fill("#ffffff")),
                (EXECUTION, "T1106", Fill("#818181")),
                (EXECUTION, "T1203", Blank),
                (EXECUTION, "T1129", Blank),
            ],
        ),
        case(
            "colours are read as tinycolor reads them, and one with an opacity lies on white",
            json!([
                {"techniqueID": "T1595", "color": "red"},
                {"techniqueID": "T1592", "color": "#f0a"},
                {"techniqueID": "T1589", "color": "ABCDEF"},
                {"techniqueID": "T1590", "color": "rgb(1, 2, 3)"},
                {"techniqueID": "T1591", "color": "hsl(120, 100%, 50%)"},
                {"techniqueID": "T1598", "color": "#ff000080"},
                {"techniqueID": "T1597", "color": "transparent"},
                {"techniqueID": "T1596", "color": " Blue "},
            ]),
            on_grey(),
            &[
                ("reconnaissance", "T1595", Fill("#ff0000")),
                ("reconnaissance", "T1592", Fill("#ff00aa")),
                ("reconnaissance", "T1589", Fill("#abcdef")),
                ("reconnaissance", "T1590", Fill("#010203")),
                ("reconnaissance", "T1591", Fill("#00ff00")),
                ("reconnaissance", "T1598", Fill("#ff7f7f")),
                ("reconnaissance", "T1597", Fill("#ffffff")),
                ("reconnaissance", "T1596", Fill("#0000ff")),
            ],
        ),
        case(
            "without a tactic in all of them, with one in that one",
            json!([
                {"techniqueID": "T1078", "score": 100},
                {"techniqueID": "T1053", "tactic": "persistence", "score": 50},
                {"techniqueID": "T1053", "tactic": "impact", "score": 100},
                {"techniqueID": "T1106", "tactic": null, "score": 100},
                {"techniqueID": "T1203", "tactic": "", "score": 100},
            ]),
            on_grey(),
            &[
                ("defense-evasion", "T1078", Fill("#ffffff")),
                ("persistence", "T1078", Fill("#ffffff")),
                ("privilege-escalation", "T1078", Fill("#ffffff")),
                ("initial-access", "T1078", Fill("#ffffff")),
                ("persistence", "T1053", Fill("#818181")),
                ("privilege-escalation", "T1053", Blank),
                (EXECUTION, "T1053", Blank),
                ("impact", "T1053", Absent),
                (EXECUTION, "T1106", Blank),
                (EXECUTION, "T1203", Blank),
            ],
        ),
        case(
            "of several the last counts, whole",
            json!([
                {"techniqueID": "T1078", "tactic": "persistence", "score": 100},
                {"techniqueID": "T1078", "color": "#111111"},
                {"techniqueID": "T1078", "tactic": "initial-access", "score": 50},
                {"techniqueID": "T1106", "score": 100, "color": "#222222"},
                {"techniqueID": "T1106", "score": 50},
                {"techniqueID": "T1203", "score": 50},
                {"techniqueID": "T1203", "comment": "no more"},
            ]),
            on_grey(),
            &[
                ("persistence", "T1078", Fill("#111111")),
                ("initial-access", "T1078", Fill("#818181")),
                ("defense-evasion", "T1078", Fill("#111111")),
                ("privilege-escalation", "T1078", Fill("#111111")),
                (EXECUTION, "T1106", Fill("#818181")),
                (EXECUTION, "T1203", Blank),
            ],
        ),
        case(
            "ids that are unknown or retired are nowhere",
            json!([
                {"techniqueID": "T9999", "score": 100},
                {"techniqueID": "T1086", "score": 100},
                {"techniqueID": "T1053.001", "tactic": "execution", "score": 100},
            ]),
            on_grey(),
            &[(EXECUTION, "T9999", Absent), (EXECUTION, "T1086", Absent), (EXECUTION, "T1053.001", Absent)],
        ),
        case(
            "what is disabled has no fill",
            json!([
                {"techniqueID": "T1106", "score": 100, "enabled": false},
                {"techniqueID": "T1203", "color": "#123456", "enabled": false},
                {"techniqueID": "T1078", "tactic": "persistence", "enabled": false},
            ]),
            on_grey(),
            &[
                (EXECUTION, "T1106", Disabled),
                (EXECUTION, "T1203", Disabled),
                ("persistence", "T1078", Disabled),
                ("initial-access", "T1078", Blank),
            ],
        ),
    ]
}

/// Sections 3 and 10: which cells there are.
pub(super) fn visibility() -> Vec<Case> {
    let brute = |enabled: [bool; 5]| -> Value {
        let ids = ["T1110", "T1110.001", "T1110.002", "T1110.003", "T1110.004"].into_iter().zip(enabled);
        ids.map(|(id, enabled)| json!({"techniqueID": id, "enabled": enabled, "showSubtechniques": true}))
            .collect()
    };
    let hiding = || json!({"hideDisabled": true});
    vec![
        case(
            "hidden is what is disabled",
            json!([
                {"techniqueID": "T1106", "enabled": false},
                {"techniqueID": "T1078", "tactic": "persistence", "enabled": false},
                {"techniqueID": "T1078.001", "tactic": "persistence", "enabled": false},
                {"techniqueID": "T1078.002", "tactic": "persistence", "enabled": false},
                {"techniqueID": "T1078.003", "tactic": "persistence", "enabled": false},
                {"techniqueID": "T1078.004", "tactic": "persistence", "enabled": false},
            ]),
            hiding(),
            &[
                (EXECUTION, "T1106", Absent),
                (EXECUTION, "T1203", Blank),
                ("persistence", "T1078", Absent),
                ("persistence", "T1078.004", Absent),
                ("initial-access", "T1078", Blank),
                ("initial-access", "T1078.004", Closed("")),
            ],
        ),
        case(
            "a disabled technique stays while a sub-technique is enabled",
            brute([false, false, false, false, true]),
            hiding(),
            &[
                (CREDENTIALS, "T1110", Disabled),
                (CREDENTIALS, "T1110.001", Absent),
                (CREDENTIALS, "T1110.004", Blank),
            ],
        ),
        case(
            "and goes with the last of them",
            brute([false; 5]),
            hiding(),
            &[(CREDENTIALS, "T1110", Absent), (CREDENTIALS, "T1110.004", Absent)],
        ),
        case(
            "an enabled one stays without them",
            brute([true, false, false, false, false]),
            hiding(),
            &[(CREDENTIALS, "T1110", Blank), (CREDENTIALS, "T1110.001", Absent)],
        ),
        case(
            "a sub-technique on no selected platform keeps none",
            json!([
                {"techniqueID": "T1053", "enabled": false},
                {"techniqueID": "T1053.007", "tactic": "execution", "enabled": false},
            ]),
            json!({"hideDisabled": true, "filters": {"platforms": ["Containers"]}}),
            &[
                (EXECUTION, "T1053", Absent),
                (EXECUTION, "T1053.005", Absent),
                ("persistence", "T1053", Disabled),
                ("persistence", "T1053.007", Closed("")),
            ],
        ),
        case(
            "there is what is on a selected platform",
            json!([
                {"techniqueID": "T1053.005", "score": 100},
                {"techniqueID": "T1053.007", "tactic": "execution", "score": 50},
                {"techniqueID": "T1106", "score": 50},
            ]),
            json!({"filters": {"platforms": ["Containers"]}, "gradient": grey()}),
            &[
                (EXECUTION, "T1053", Blank),
                (EXECUTION, "T1053.005", Absent),
                (EXECUTION, "T1053.007", Closed("#818181")),
                (EXECUTION, "T1106", Absent),
                ("reconnaissance", "T1595", Absent),
            ],
        ),
        case(
            "no platforms are all, an older name is its newer one, an unknown one is none",
            json!([{"techniqueID": "T1106", "score": 50}]),
            json!({"filters": {"platforms": ["windows", "Nowhere"]}, "gradient": grey()}),
            &[(EXECUTION, "T1106", Fill("#818181")), ("reconnaissance", "T1595", Absent)],
        ),
        case(
            "an empty filter shows all",
            json!([{"techniqueID": "T1106", "score": 50}]),
            json!({"filters": {"platforms": []}, "gradient": grey()}),
            &[(EXECUTION, "T1106", Fill("#818181")), ("reconnaissance", "T1595", Blank)],
        ),
        case(
            "unknown platforms alone show nothing",
            json!([{"techniqueID": "T1106", "score": 50}]),
            json!({"filters": {"platforms": ["Nowhere"]}}),
            &[(EXECUTION, "T1106", Absent), ("reconnaissance", "T1595", Absent)],
        ),
        case(
            "a technique is open where it says so",
            json!([
                {"techniqueID": "T1110", "showSubtechniques": true},
                {"techniqueID": "T1078", "tactic": "persistence", "showSubtechniques": true},
                {"techniqueID": "T1078.004", "score": 50},
            ]),
            json!({"gradient": grey()}),
            &[
                (CREDENTIALS, "T1110.001", Blank),
                ("persistence", "T1078.004", Fill("#818181")),
                ("initial-access", "T1078.004", Closed("#818181")),
                ("defense-evasion", "T1078.004", Closed("#818181")),
                ("privilege-escalation", "T1078.004", Closed("#818181")),
                (EXECUTION, "T1059.001", Closed("")),
            ],
        ),
        case(
            "with `annotated` also where a sub-technique is annotated, in every tactic",
            json!([
                {"techniqueID": "T1078.004", "tactic": "persistence", "score": 50},
                {"techniqueID": "T1110", "showSubtechniques": true},
                {"techniqueID": "T1059", "score": 100},
            ]),
            json!({"layout": {"expandedSubtechniques": "annotated"}, "gradient": grey()}),
            &[
                ("persistence", "T1078.004", Fill("#818181")),
                ("initial-access", "T1078.004", Blank),
                (CREDENTIALS, "T1110.001", Blank),
                (EXECUTION, "T1059", Fill("#ffffff")),
                (EXECUTION, "T1059.001", Closed("")),
            ],
        ),
        case(
            "with `all` everywhere",
            json!([]),
            json!({"layout": {"expandedSubtechniques": "all"}}),
            &[(EXECUTION, "T1059.001", Blank), (CREDENTIALS, "T1110.001", Blank)],
        ),
    ]
}

/// Scores of the technique `T1110` and of its four sub-techniques, aggregated.
fn aggregated(
    rule: &'static str,
    layout: Value,
    scores: [Option<f64>; 5],
    gradient: Value,
    fill: Look,
) -> Case {
    const FILLS: [&str; 4] = ["T1110.001", "T1110.002", "T1110.003", "T1110.004"];
    let ids = std::iter::once("T1110").chain(FILLS).zip(scores);
    // The sub-techniques have a colour of their own, so that only the technique's is about scores.
    let techniques: Vec<Value> = ids
        .filter_map(|(id, score)| Some((id, score?)))
        .map(|(id, score)| match id {
            "T1110" => json!({"techniqueID": id, "score": score}),
            _ => json!({"techniqueID": id, "score": score, "color": "#00ff00"}),
        })
        .collect();
    let mut all = json!({"showAggregateScores": true});
    let (Value::Object(fields), Value::Object(layout)) = (&mut all, layout) else { panic!("objects") };
    fields.extend(layout);
    let mut cells = vec![(CREDENTIALS, "T1110", fill)];
    let subs = FILLS.into_iter().zip(&scores[1..]);
    cells.extend(
        subs.map(|(id, score)| (CREDENTIALS, id, Closed(if score.is_some() { "#00ff00" } else { "" }))),
    );
    case(rule, json!(techniques), json!({"layout": all, "gradient": gradient}), &cells)
}

/// Section 4: aggregate scores.
pub(super) fn aggregates() -> Vec<Case> {
    let average = || json!({"aggregateFunction": "average"});
    let counting = || json!({"aggregateFunction": "average", "countUnscored": true});
    let function = |name: &str| json!({"aggregateFunction": name});
    let two = [None, Some(50.0), Some(70.0), None, None];
    let three = [Some(30.0), Some(50.0), Some(70.0), None, None];
    let negative = || gradient(&["#000000", "#ffffff"], -10.0, 10.0);
    vec![
        aggregated("average: (50 + 70) / 2 = 60", average(), two, grey(), Fill("#9b9b9b")),
        aggregated("average is the default", json!({}), two, grey(), Fill("#9b9b9b")),
        aggregated("counting what is unscored: 120 / 5 = 24", counting(), two, grey(), Fill("#3e3e3e")),
        aggregated("with the technique's own: 150 / 3 = 50", average(), three, grey(), Fill("#818181")),
        aggregated("counting what is unscored: 150 / 5 = 30", counting(), three, grey(), Fill("#4d4d4d")),
        aggregated(
            "0 is a score: (0 + 50) / 2 = 25",
            average(),
            [Some(0.0), Some(50.0), None, None, None],
            grey(),
            Fill("#404040"),
        ),
        aggregated("the least, an unscored technique being 0", function("min"), two, grey(), Fill("#000000")),
        aggregated(
            "the least, an unscored sub-technique being none",
            function("min"),
            [Some(60.0), Some(50.0), Some(70.0), None, None],
            grey(),
            Fill("#818181"),
        ),
        aggregated(
            "the greatest, an unscored technique being 0",
            function("max"),
            [None, Some(-5.0), Some(-7.0), None, None],
            negative(),
            Fill("#818181"),
        ),
        aggregated(
            "the greatest of a scored technique and its sub-techniques: -5",
            function("max"),
            [Some(-6.0), Some(-5.0), Some(-7.0), None, None],
            negative(),
            Fill("#404040"),
        ),
        aggregated("the sum, above the top", function("sum"), two, grey(), Fill("#ffffff")),
        aggregated(
            "the sum: 30 + 10 + 20 = 60",
            function("sum"),
            [Some(30.0), Some(10.0), Some(20.0), None, None],
            grey(),
            Fill("#9b9b9b"),
        ),
        aggregated(
            "what is unscored counts in no function but the average",
            json!({"aggregateFunction": "sum", "countUnscored": true}),
            [Some(30.0), Some(10.0), Some(20.0), None, None],
            grey(),
            Fill("#9b9b9b"),
        ),
        aggregated(
            "two decimals: 0.044 is 0.04",
            average(),
            [Some(0.044), None, None, None, None],
            gradient(&["#000000", "#ffffff"], 0.0, 0.1),
            Fill("#676767"),
        ),
        aggregated("nothing scored is no score", average(), [None; 5], grey(), Blank),
        aggregated(
            "without showing them, the own score",
            json!({"showAggregateScores": false}),
            [Some(0.0), Some(50.0), None, None, None],
            grey(),
            Fill("#000000"),
        ),
        case(
            "a colour goes before them, a disabled technique has none, one without sub-techniques has its score",
            json!([
                {"techniqueID": "T1110", "score": 10, "color": "#123456"},
                {"techniqueID": "T1110.001", "score": 50},
                {"techniqueID": "T1059", "score": 10, "enabled": false},
                {"techniqueID": "T1059.001", "score": 50},
                {"techniqueID": "T1203", "score": 50},
            ]),
            json!({"layout": {"showAggregateScores": true}, "gradient": grey()}),
            &[
                (CREDENTIALS, "T1110", Fill("#123456")),
                (CREDENTIALS, "T1110.001", Closed("#818181")),
                (EXECUTION, "T1059", Disabled),
                (EXECUTION, "T1059.001", Closed("#818181")),
                (EXECUTION, "T1203", Fill("#818181")),
            ],
        ),
        case(
            "what is disabled, filtered out or in another tactic: of each tactic all that is scored in it",
            json!([
                {"techniqueID": "T1053.005", "tactic": "execution", "score": 50, "enabled": false},
                {"techniqueID": "T1053.007", "tactic": "execution", "score": 70},
                {"techniqueID": "T1053.003", "tactic": "persistence", "score": 25},
            ]),
            json!({"layout": {"showAggregateScores": true}, "filters": {"platforms": ["Containers"]}, "gradient": grey()}),
            &[
                (EXECUTION, "T1053", Fill("#9b9b9b")),
                (EXECUTION, "T1053.005", Absent),
                (EXECUTION, "T1053.007", Closed("#b4b4b4")),
                ("persistence", "T1053", Fill("#404040")),
                ("privilege-escalation", "T1053", Blank),
            ],
        ),
    ]
}
