//! Fields that the layer format does not define.

use std::collections::BTreeMap;

use super::super::read::{Fields, parts, short};
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::source::node::Node;
use crate::suggest;

/// The fields of the objects in a layer.
const VERSIONS: [&str; 3] = ["attack", "navigator", "layer"];
const FILTERS: [&str; 1] = ["platforms"];
const LAYOUT: [&str; 7] = [
    "layout",
    "showID",
    "showName",
    "showAggregateScores",
    "countUnscored",
    "aggregateFunction",
    "expandedSubtechniques",
];
const GRADIENT: [&str; 3] = ["colors", "minValue", "maxValue"];
const LEGEND: [&str; 2] = ["label", "color"];
const METADATA: [&str; 3] = ["name", "value", "divider"];
const LINK: [&str; 3] = ["label", "url", "divider"];

/// What the layers of Security Stack Mappings' own tool have on each technique beside the fields of the format.
const OF_MAPPING_CLI: [&str; 3] = ["score_num", "score_display", "category"];

/// Unknown fields: for each kind of object and key the first place, how often, and what is known.
#[derive(Default)]
struct Unknown {
    seen: BTreeMap<(&'static str, String), (Place, usize, &'static [&'static str])>,
}

/// The fields of a layer that no format defines, and those that are no longer read: one finding for each field of a kind
/// of object, however often it stands there.
pub(super) fn unknown(layer: Node<'_>) -> Vec<Diagnostic> {
    let Some(fields) = Fields::of(layer) else { return Vec::new() };
    let mut unknown = Unknown::default();
    unknown.object(&fields, "the layer", &parts::LAYER);
    for technique in fields.get("techniques").and_then(Node::items).unwrap_or_default() {
        if let Some(technique) = Fields::of(technique) {
            unknown.object(&technique, "techniques", &parts::TECHNIQUE);
        }
    }
    unknown.nested(&fields);
    let mut findings = unknown.findings();
    findings.extend(view_mode(&fields));
    findings.extend(count_unscored(&fields));
    findings
}

/// Those of [`unknown`] that stand deeper than in the layer or in a technique: nothing that was read holds them.
pub(super) fn not_read(layer: Node<'_>) -> Vec<Diagnostic> {
    let Some(fields) = Fields::of(layer) else { return Vec::new() };
    let mut unknown = Unknown::default();
    unknown.nested(&fields);
    unknown.findings()
}
fn key_name(key: &str) -> &'static str {
    match key {
        "versions" => "`versions`",
        "filters" => "`filters`",
        "layout" => "`layout`",
        _ => "`gradient`",
    }
}

impl Unknown {
    /// The keys of what stands in a layer and in its techniques.
    fn nested(&mut self, fields: &Fields<'_>) {
        let one = |key: &str| fields.get(key).and_then(Fields::of);
        for (key, known) in
            [("versions", &VERSIONS[..]), ("filters", &FILTERS), ("layout", &LAYOUT), ("gradient", &GRADIENT)]
        {
            if let Some(object) = one(key) {
                self.object(&object, key_name(key), known);
            }
        }
        self.list(fields, "legendItems", "legend items", &LEGEND);
        self.list(fields, "metadata", "rows of metadata", &METADATA);
        self.list(fields, "links", "links", &LINK);
        for technique in fields.get("techniques").and_then(Node::items).unwrap_or_default() {
            let Some(technique) = Fields::of(technique) else { continue };
            self.list(&technique, "metadata", "rows of metadata", &METADATA);
            self.list(&technique, "links", "links", &LINK);
        }
    }

    /// The keys of an object that are not known.
    fn object(&mut self, fields: &Fields<'_>, place: &'static str, known: &'static [&'static str]) {
        for member in fields.members.iter().filter(|member| !known.contains(&&*member.key)) {
            let key = (place, short(&member.key).into_owned());
            // A hostile file has more keys than anybody reads.
            if self.seen.len() < super::MAX_FINDINGS || self.seen.contains_key(&key) {
                let at = || (member.value.place_of(member.key_span), 0, known);
                self.seen.entry(key).or_insert_with(at).1 += 1;
            }
        }
    }

    fn list(&mut self, fields: &Fields<'_>, key: &str, place: &'static str, known: &'static [&'static str]) {
        for item in fields.get(key).and_then(Node::items).unwrap_or_default() {
            if let Some(object) = Fields::of(item) {
                self.object(&object, place, known);
            }
        }
    }

    fn findings(self) -> Vec<Diagnostic> {
        let all = self.seen.into_iter().map(|((place, key), (at, count, known))| {
            let message = match (place, count) {
                ("techniques", 1) => format!("unknown field `{key}` of a technique"),
                ("techniques", _) => format!("unknown field `{key}` of {count} techniques"),
                (_, 1) => format!("unknown field `{key}` of {place}"),
                _ => format!("unknown field `{key}` of {count} {place}"),
            };
            let own = OF_MAPPING_CLI.contains(&key.as_str()) && place == "techniques";
            let near = suggest::nearest(&key, known.iter().copied()).filter(|_| !own);
            let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
            let python = if matches!(place, "techniques" | "the layer") {
                ", and mitreattack-python refuses the layer"
            } else {
                ""
            };
            let help = match (place, key.as_str()) {
                ("`filters`", "stages") => {
                    "the format has none since 4.0: the stages of PRE-ATT&CK became a platform".to_owned()
                }
                _ if own => format!(
                    "mapping_cli writes it for itself; the Navigator drops it when it saves the layer{python}"
                ),
                _ => format!("{near}the Navigator drops it when it saves the layer{python}"),
            };
            Diagnostic::new(Code::DroppedField, message).at(at).help(help)
        });
        all.collect()
    }
}

/// The layout of formats up to 2.2, which counts where there is no newer one.
fn view_mode(fields: &Fields<'_>) -> Option<Diagnostic> {
    let node = fields.get("viewMode")?;
    if !fields.has("layout") && node.number().is_some() {
        let message = "mitreattack-python refuses `viewMode`";
        let help = "the Navigator reads it where there is no `layout`, which took its place in format 3.0";
        return Some(Diagnostic::new(Code::PythonRefuses, message).at(node.place()).help(help));
    }
    let help = "the Navigator reads it only where there is no `layout`, which took its place in format 3.0";
    Some(Diagnostic::new(Code::DroppedField, "`viewMode` is not read").at(node.place()).help(help))
}

/// A setting that only one function knows.
fn count_unscored(fields: &Fields<'_>) -> Option<Diagnostic> {
    let layout = Fields::of(fields.get("layout")?)?;
    let node = layout.get("countUnscored").filter(|node| node.bool() == Some(true))?;
    let function = layout.get("aggregateFunction")?.text().ok()??;
    matches!(&*function, "min" | "max" | "sum").then(|| {
        let message = format!("`layout.countUnscored` says nothing for `{function}`");
        let help =
            "the Navigator takes it for false, and writes that; only an average counts what has no score";
        Diagnostic::new(Code::LayerOption, message).at(node.place()).help(help)
    })
}
