//! A layer of any format, written in format 4.5 and read again, is what it was.

mod any;

use std::collections::BTreeSet;
use std::fs;
use std::sync::LazyLock;

use navlayer::attack::{Domain, Releases, Version, embedded_versions};
use navlayer::diagnostic::Severity;
use navlayer::layer::check;
use navlayer::layer::color;
use navlayer::layer::read::{
    self, InputAnnotation, InputGradient, InputLayer, InputLink, InputMetadata, InputTactic, Spanned,
};
use navlayer::layer::write::{Change, ChangeKind, OutputLayer};
use navlayer::source::node::Document;
use navlayer::source::{Source, Span};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

use crate::support::{corpus, covered, listing};

const FALLBACK: &str = "from a file";

fn layers(text: &str) -> Vec<InputLayer> {
    let source = Source::new("layer.json", text.to_owned());
    read::from_source(&source).expect("it is a layer").layers
}

#[track_caller]
fn one(text: &str) -> InputLayer {
    let mut layers = layers(text);
    assert_eq!(layers.len(), 1);
    layers.remove(0)
}

/// The domain and release that a layer is on, 16.1 where it states none.
fn release(layer: &InputLayer) -> (Domain, Version) {
    let domain = layer.known_domain().unwrap_or(Domain::Enterprise);
    (domain, layer.attack_version(embedded_versions(domain)).unwrap_or(Version { major: 16, minor: 1 }))
}

fn output(layer: &InputLayer) -> OutputLayer<'_> {
    let (domain, attack) = release(layer);
    OutputLayer::new(layer, FALLBACK, domain, Some(attack))
}

fn written(layer: &InputLayer) -> String {
    String::from_utf8(output(layer).to_json()).expect("it is UTF-8")
}

/// What an example comes to, as any program sees it, and what changed.
fn example(layer: &Value) -> (Value, Vec<Change>) {
    let layer = one(&layer.to_string());
    let value = serde_json::from_str(&written(&layer)).expect("it is JSON");
    (value, output(&layer).changes().to_vec())
}

fn bare<T>(value: &mut Spanned<T>) {
    value.span = Span::default();
}

fn bare_rows(rows: &mut [InputMetadata]) {
    for row in rows {
        match row {
            InputMetadata::Row { value, .. } => bare(value),
            InputMetadata::Divider { span, .. } => *span = Span::default(),
        }
    }
}

fn bare_links(links: &mut [InputLink]) {
    for link in links {
        match link {
            InputLink::Link { url, .. } => bare(url),
            InputLink::Divider { span, .. } => *span = Span::default(),
        }
    }
}

/// The layer without where it says what, and with each colour of the gradient in one spelling.
fn without_places(layer: &InputLayer) -> InputLayer {
    let mut layer = layer.clone();
    layer.span = Span::default();
    for text in [&mut layer.name, &mut layer.domain, &mut layer.attack, &mut layer.format] {
        text.iter_mut().for_each(bare);
    }
    if let Some(platforms) = &mut layer.platforms {
        platforms.value.iter_mut().for_each(bare);
        bare(platforms);
    }
    if let Some(gradient) = &mut layer.gradient {
        gradient.span = Span::default();
        for color in &mut gradient.colors {
            bare(color);
            if let Some(read) = color::parse(&color.value) {
                color.value = format!("{:?} {}", read.rgb, (read.alpha * 255.0).round());
            }
        }
        for end in [&mut gradient.min, &mut gradient.max] {
            end.iter_mut().for_each(bare);
        }
    }
    bare_rows(&mut layer.metadata);
    bare_links(&mut layer.links);
    for annotation in &mut layer.techniques {
        annotation.span = Span::default();
        annotation.id_span.iter_mut().for_each(|span| *span = Span::default());
        annotation.technique.iter_mut().for_each(bare);
        annotation.score.iter_mut().for_each(bare);
        bare(&mut annotation.comment);
        match &mut annotation.tactic {
            InputTactic::Every => {}
            InputTactic::One(tactic) => bare(tactic),
            InputTactic::Nowhere(span) => *span = Span::default(),
        }
        bare_rows(&mut annotation.metadata);
        bare_links(&mut annotation.links);
    }
    layer
}

fn stated(value: &str) -> Spanned<String> {
    Spanned { value: value.to_owned(), span: Span::default() }
}

/// The rows with the dividers of Python in the Navigator's way, and after them what no format defines.
fn held_rows(rows: &mut Vec<InputMetadata>, other: &mut Vec<(String, String)>) {
    for row in rows.iter_mut() {
        if let InputMetadata::Divider { is_row, .. } = row {
            *is_row = false;
        }
    }
    for (key, json) in other.drain(..) {
        let value = match serde_json::from_str(&json) {
            Ok(Value::String(text)) => text,
            _ => json,
        };
        if !value.is_empty() {
            let name = if key.is_empty() { "\"\"".to_owned() } else { key };
            rows.push(InputMetadata::Row { name, value: stated(&value) });
        }
    }
}

/// The links to the web, each divider shown; what the others say is a row.
fn held_links(rows: &mut Vec<InputMetadata>, links: &mut Vec<InputLink>) {
    let is_web = |url: &str| ["http://", "https://"].iter().any(|scheme| url.starts_with(scheme));
    for link in links.iter() {
        if let InputLink::Link { label, url } = link
            && !is_web(&url.value)
        {
            rows.push(InputMetadata::Row { name: label.clone(), value: url.clone() });
        }
    }
    links.retain(|link| !matches!(link, InputLink::Link { url, .. } if !is_web(&url.value)));
    for link in links {
        if let InputLink::Divider { shown, .. } = link {
            *shown = true;
        }
    }
}

fn held_gradient(gradient: &mut InputGradient) {
    if let [only] = gradient.colors.as_slice() {
        gradient.colors.push(only.clone());
    } else if gradient.colors.is_empty() {
        gradient.colors = ["#ff6666", "#ffe766", "#8ec843"].map(stated).into();
    }
}

/// Whether the Navigator shows an annotation only once its id or its tactic is mended.
fn is_mended(annotation: &InputAnnotation) -> bool {
    let is_misspelt = annotation
        .technique
        .as_ref()
        .is_some_and(|id| annotation.id().is_some_and(|parsed| parsed.to_string() != id.value));
    is_misspelt || matches!(annotation.tactic, InputTactic::Nowhere(_))
}

/// What format 4.5 holds of a layer: the rules of the writer, said once more and in another way.
fn held(layer: &InputLayer) -> InputLayer {
    let (domain, attack) = release(layer);
    let mut layer = layer.clone();
    let is_named = layer.name.as_ref().is_some_and(|name| !name.value.trim().is_empty());
    if !is_named {
        layer.name = Some(stated(FALLBACK));
    }
    layer.custom_data_url = layer.custom_data_url.filter(|url| !url.is_empty());
    let is_own = layer.custom_data_url.is_some() && layer.known_domain().is_none();
    if !is_own || layer.domain.as_ref().is_none_or(|domain| domain.value.trim().is_empty()) {
        layer.domain = Some(stated(domain.id()));
    }
    layer.attack = Some(stated(&attack.major.to_string()));
    layer.format = Some(stated("4.5"));
    layer.navigator = Some("5.1.0".to_owned());
    layer.platforms = layer.platforms.filter(|platforms| !platforms.value.is_empty());
    layer.gradient.iter_mut().for_each(held_gradient);
    held_rows(&mut layer.metadata, &mut layer.other);
    held_links(&mut layer.metadata, &mut layer.links);
    layer.techniques.retain(|annotation| annotation.technique.is_some());
    layer.techniques.sort_by_key(|annotation| !is_mended(annotation));
    for annotation in &mut layer.techniques {
        if let Some(id) = annotation.id() {
            annotation.technique = Some(stated(&id.to_string()));
        }
        if let InputTactic::Nowhere(_) = annotation.tactic {
            annotation.tactic = InputTactic::Every;
        }
        held_rows(&mut annotation.metadata, &mut annotation.other);
        held_links(&mut annotation.metadata, &mut annotation.links);
    }
    without_places(&layer)
}

/// The codes of what the project's own check finds in a text; of the errors alone, or of everything.
fn codes(text: &str, only_errors: bool) -> BTreeSet<&'static str> {
    let source = Source::new("layer.json", text.to_owned());
    let document = Document::json(&source, 0).expect("it is JSON");
    let findings = check::check(&source, document.root(), &Releases::default());
    let wanted = findings.iter().filter(|one| !only_errors || one.severity == Severity::Error);
    wanted.map(|finding| finding.code.id()).collect()
}

/// What no layer that was written may have: all that has a spelling in format 4.5.
const MENDED: [&str; 11] = [
    "NL0502", "NL0503", "NL0504", "NL0505", "NL0508", "NL0509", "NL0515", "NL0516", "NL0519", "NL0520",
    "NL0521",
];

static ANY_LAYER: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/any-layer.schema.json");
    let schema = fs::read_to_string(path).expect("the schema is there");
    let schema = serde_json::from_str(&schema).expect("it is JSON");
    jsonschema::validator_for(&schema).expect("the schema is sound")
});

/// Everything that holds of any layer that is written.
#[track_caller]
fn comes_back(text: &str) {
    for layer in layers(text) {
        let first = written(&layer);
        assert!(first.is_ascii() && first.ends_with("}\n"));
        let again = one(&first);
        assert_eq!(without_places(&again), held(&layer), "{first}");
        assert_eq!(written(&again), first, "written twice");
        assert!(output(&again).changes().is_empty(), "{:?}\n{first}", output(&again).changes());
        let value: Value = serde_json::from_str(&first).expect("it is JSON");
        assert!(ANY_LAYER.is_valid(&value), "{first}");

        let mut known = codes(text, true);
        // What could not be read, or checked on any release, can be now; and what counts now has an aggregate score.
        let is_checked = layer.known_domain().is_some() && !known.contains("NL0501");
        if !is_checked || layer.techniques.iter().any(is_mended) {
            known.extend(["NL0202", "NL0514"]);
        }
        let errors = codes(&first, true);
        assert!(errors.is_subset(&known), "{errors:?} of {first}\nnot {known:?} of {text}");
        if layer.custom_data_url.is_none() {
            let found = codes(&first, false);
            assert!(MENDED.iter().all(|code| !found.contains(code)), "{found:?} of {first}");
        }
    }
}

/// Whether it is taken for a layer: an odd field may make it one of another format.
fn is_layer(text: &str) -> bool {
    read::from_source(&Source::new("layer.json", text.to_owned())).is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, rng_seed: RngSeed::Fixed(19), ..ProptestConfig::default() })]

    #[test]
    fn any_layer_comes_back_as_format_4_5_holds_it(layer in any::layer()) {
        let text = serde_json::to_string_pretty(&layer).expect("a value is JSON");
        if is_layer(&text) {
            comes_back(&text);
        }
    }
}

/// The keys that stand at an indent in a text, in order.
fn keys<'a>(text: &'a str, indent: &str) -> Vec<&'a str> {
    let lines = text.lines().filter_map(|line| line.strip_prefix(indent)?.strip_prefix('"'));
    lines.filter_map(|line| Some(line.split_once("\":")?.0)).collect()
}

#[test]
fn an_old_layer_becomes_one_of_today_in_the_navigators_order() {
    let old = json!({
        "name": "old", "version": "2.2", "domain": "mitre-enterprise", "viewMode": 2, "sorting": 1,
        "description": "d\u{e9}", "filters": {"stages": ["act"], "platforms": ["windows"]},
        "legendItems": [{"label": "l", "color": "red"}], "links": [{"label": "a", "url": "https://a.example"}],
        "metadata": [{"name": "n", "value": "v"}], "gradient": {"colors": ["#fff", "teal"], "minValue": 1, "maxValue": 8.5},
        "customDataURL": "https://data.example",
        "techniques": [{"techniqueID": "T1110", "tactic": "credential-access", "score": 1.0, "color": "red",
                        "comment": "c", "enabled": false, "metadata": [{"name": "DIVIDER", "value": true}],
                        "links": [{"divider": true}], "showSubtechniques": true}]
    });
    let layer = one(&old.to_string());
    let text = written(&layer);
    assert_eq!(
        keys(&text, " "),
        [
            "name",
            "versions",
            "domain",
            "customDataURL",
            "description",
            "filters",
            "sorting",
            "layout",
            "hideDisabled",
            "techniques",
            "gradient",
            "legendItems",
            "metadata",
            "links",
            "showTacticRowBackground",
            "tacticRowBackground",
            "selectTechniquesAcrossTactics",
            "selectSubtechniquesWithParent",
            "selectVisibleTechniques",
        ]
    );
    assert_eq!(
        keys(&text, "   ")[..9],
        [
            "techniqueID",
            "tactic",
            "score",
            "color",
            "comment",
            "enabled",
            "metadata",
            "links",
            "showSubtechniques"
        ]
    );
    let (new, changes) = example(&old);
    assert_eq!(new["versions"], json!({"attack": "16", "navigator": "5.1.0", "layer": "4.5"}));
    assert_eq!((&new["domain"], &new["sorting"]), (&json!("enterprise-attack"), &json!(1)));
    assert_eq!(new["layout"]["layout"], "mini");
    assert_eq!(new["filters"], json!({"platforms": ["windows"]}));
    assert_eq!(new["gradient"], json!({"colors": ["#fff", "#008080"], "minValue": 1, "maxValue": 8.5}));
    let technique = &new["techniques"][0];
    assert_eq!((&technique["score"], &technique["metadata"]), (&json!(1), &json!([{"divider": true}])));
    let kinds: Vec<ChangeKind> = changes.iter().map(|change| change.kind).collect();
    assert_eq!(kinds, [ChangeKind::MetadataDivider, ChangeKind::GradientColor]);
}

#[test]
fn scores_are_the_numbers_that_they_were() {
    for (given, wanted) in [
        ("0", "0"),
        ("-0", "0"),
        ("50.0", "50"),
        ("5e1", "50"),
        ("-7", "-7"),
        ("99.7", "99.7"),
        ("0.1", "0.1"),
        ("1e300", "1e+300"),
        ("1000000000000000000", "1000000000000000000"),
    ] {
        let text =
            format!(r#"{{"domain": "x", "techniques": [{{"techniqueID": "T1110", "score": {given}}}]}}"#);
        let score = format!("\"score\": {wanted},");
        assert!(written(&one(&text)).contains(&score), "{given} is written as {wanted}");
    }
}

#[test]
fn a_field_that_no_format_defines_becomes_a_row() {
    let (new, changes) = example(&json!({
        "name": "n", "domain": "enterprise-attack", "owner": "us", "tags": ["a", 1],
        "techniques": [{"techniqueID": "T1110", "metadata": [{"name": "n", "value": "v"}], "category": "Protect",
                        "score_num": 3, "score_display": ""}]
    }));
    assert_eq!(
        new["metadata"],
        json!([{"name": "owner", "value": "us"}, {"name": "tags", "value": "[\"a\",1]"}])
    );
    assert_eq!(
        new["techniques"][0]["metadata"],
        json!([{"name": "n", "value": "v"}, {"name": "category", "value": "Protect"}, {"name": "score_num", "value": "3"}])
    );
    let told: Vec<String> = changes.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "the field `category`, which no format defines, becomes a row of metadata",
            "the field `score_display`, which no format defines, is empty and left out",
            "the field `score_num`, which no format defines, becomes a row of metadata",
            "the field `owner`, which no format defines, becomes a row of metadata",
            "the field `tags`, which no format defines, becomes a row of metadata",
        ]
    );
}

#[test]
fn what_cannot_be_written_is_told_where_it_stands() {
    let text = r#"{"name": "n", "domain": "enterprise-attack", "techniques": [
        {"techniqueID": null, "score": 5}, {"score": 6}, {"techniqueID": "T1110"}]}"#;
    let layer = one(text);
    let output = output(&layer);
    let losses: Vec<&str> = output
        .changes()
        .iter()
        .filter(|change| change.kind.is_loss())
        .map(|change| &text[change.span.range()])
        .collect();
    assert_eq!(losses, ["null", r#"{"score": 6}"#]);
    let value: Value = serde_json::from_slice(&output.to_json()).expect("it is JSON");
    assert_eq!(value["techniques"].as_array().map(Vec::len), Some(1));
}

#[test]
fn what_was_not_shown_never_takes_the_place_of_what_was() {
    let (new, changes) = example(&json!({
        "name": "n", "domain": "enterprise-attack",
        "techniques": [
            {"techniqueID": "T1110", "tactic": "credential-access", "score": 1},
            {"techniqueID": "T1110", "tactic": null, "score": 2},
            {"techniqueID": " t1110", "score": 3},
            {"techniqueID": "T1562", "tactic": "", "score": 4}
        ]
    }));
    assert_eq!(changes.len(), 3, "{changes:?}");
    let techniques = new["techniques"].as_array().expect("a list");
    let scores: Vec<&Value> = techniques.iter().map(|one| &one["score"]).collect();
    assert_eq!(scores, [2, 3, 4, 1]);
    assert!(techniques.iter().all(|one| one["techniqueID"] != " t1110"));
    assert!(techniques[..3].iter().all(|one| one.get("tactic").is_none()), "all tactics");
}

#[test]
fn a_layer_on_data_of_its_own_keeps_its_domain() {
    let domain = |layer: &Value| example(layer).0["domain"].clone();
    let own = json!({"domain": "acme-attack", "techniques": [], "customDataURL": "https://data.example"});
    assert_eq!(domain(&own), "acme-attack");
    assert_eq!(domain(&json!({"domain": "acme-attack", "techniques": []})), "enterprise-attack");
    assert_eq!(
        domain(&json!({"domain": "mitre-mobile", "techniques": [], "customDataURL": ""})),
        "mobile-attack"
    );
}

#[test]
fn several_layers_keep_the_order_of_their_file() {
    let layer = |name: &str| json!({"name": name, "domain": "enterprise-attack", "techniques": []});
    let read = layers(&json!([layer("a"), layer("b"), layer("c")]).to_string());
    let outputs: Vec<OutputLayer<'_>> = read.iter().map(output).collect();
    let text = String::from_utf8(OutputLayer::to_json_array(&outputs)).expect("it is UTF-8");
    let names: Vec<String> =
        layers(&text).into_iter().map(|layer| layer.name.expect("a name").value).collect();
    assert_eq!(names, ["a", "b", "c"]);
}

/// What a layer says of its techniques, straight from the JSON; only those that name one.
fn entries(layer: &Value) -> Vec<[Value; 8]> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let number = |value: &Value| value.as_f64().map_or(Value::Null, Value::from);
    let known = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let all = list(&layer["techniques"]).into_iter().filter(|one| one["techniqueID"].is_string());
    all.map(|one| {
        let mut rows = list(&one["metadata"]);
        for field in ["score_num", "score_display", "category"] {
            let value = one.get(field).map(|value| value.as_str().map_or(value.to_string(), str::to_owned));
            rows.extend(value.map(|value| json!({"name": field, "value": value})));
        }
        [
            one["techniqueID"].clone(),
            json!(known(&one["tactic"])),
            number(&one["score"]),
            json!(known(&one["color"])),
            json!(known(&one["comment"])),
            json!(one["enabled"].as_bool().unwrap_or(true)),
            json!(rows),
            json!(list(&one["links"])),
        ]
    })
    .collect()
}

#[test]
fn published_layers_keep_all_that_they_say_of_techniques() {
    let Some(corpus) = corpus() else { return };
    let files = listing(&corpus.join("navigator-layers"));
    let (mut scores, mut colors, mut comments, mut rows) = (0, 0, 0, 0);
    for path in &files {
        let text = fs::read_to_string(path).expect("the file can be read");
        comes_back(&text);
        let raw: Value = serde_json::from_str(&text).expect("it is JSON");
        let layer = one(&text);
        let new: Value = serde_json::from_str(&written(&layer)).expect("it is JSON");
        let held = entries(&new);
        assert!(held == entries(&raw), "{}", path.display());
        let stated = raw["techniques"].as_array().map_or(0, Vec::len);
        let lost = output(&layer).changes().iter().filter(|change| change.kind.is_loss()).count();
        assert_eq!(held.len() + lost, stated, "{}", path.display());
        for field in ["name", "description", "gradient", "legendItems"] {
            let empty = raw[field] == json!("") || raw[field] == json!([]);
            assert!(empty || raw[field] == new[field], "{field} of {}", path.display());
        }
        assert_eq!(new["domain"], "enterprise-attack");
        assert_eq!((new["versions"]["layer"].as_str(), new.get("version")), (Some("4.5"), None));
        for entry in &held {
            scores += usize::from(!entry[2].is_null());
            colors += usize::from(!entry[3].is_null());
            comments += usize::from(!entry[4].is_null());
            rows += entry[6].as_array().map_or(0, Vec::len);
        }
    }
    // Counted in the files by other means; there may be more files one day.
    assert!(scores >= 772 && colors >= 232 && comments >= 318 && rows >= 3_007);
    covered(files.len());
}
