//! The parts of a layer, one function each.

use std::borrow::Cow;

use super::shape::{Fields, Shape, Spanned, quoted, short};
use super::{InputAnnotation, InputGradient, InputLayer, InputLink, InputMetadata, InputTactic};
use crate::diagnostic::Code;
use crate::layer::color;
use crate::layer::model::{Expand, Layout, LegendItem};
use crate::source::node::{Kind, Node};

/// The fields of a layer, those of old formats included.
pub(in crate::layer) const LAYER: [&str; 21] = [
    "name",
    "version",
    "versions",
    "domain",
    "customDataURL",
    "description",
    "filters",
    "sorting",
    "viewMode",
    "layout",
    "hideDisabled",
    "techniques",
    "gradient",
    "legendItems",
    "showTacticRowBackground",
    "tacticRowBackground",
    "selectTechniquesAcrossTactics",
    "selectSubtechniquesWithParent",
    "selectVisibleTechniques",
    "metadata",
    "links",
];

/// The fields of an annotation.
pub(in crate::layer) const TECHNIQUE: [&str; 9] = [
    "techniqueID",
    "tactic",
    "score",
    "color",
    "comment",
    "enabled",
    "metadata",
    "links",
    "showSubtechniques",
];

/// The longest text of an unknown field that is kept, in bytes.
const MAX_OTHER: usize = 64 * 1024;

/// What a row with an empty or a missing part comes to.
const ROW_DROPPED: &str =
    "the Navigator drops the row; a row has a name and a value, both text and not empty";
const LINK_DROPPED: &str =
    "the Navigator drops the link; a link has a label and a url, both text and not empty";
const LEGEND_DROPPED: &str = "the Navigator drops the item; an item has a label, which is text, and a colour";

/// A layer.
pub(super) fn layer(shape: &mut Shape, node: Node<'_>) -> Option<InputLayer> {
    let fields = shape.fields(node, "the layer")?;
    let get = |key: &str| fields.get(key);
    let versions = get("versions").and_then(|node| shape.fields(node, "versions"));
    let version_of = |key: &str| versions.as_ref().and_then(|versions| versions.get(key));
    let mut version = |node: Option<Node<'_>>, name: &str| {
        let node = node?;
        Some(Spanned::at(node, shape.version(node, name)?.into_owned()))
    };
    let attack = version(version_of("attack"), "versions.attack");
    let format =
        version(get("version"), "version").or_else(|| version(version_of("layer"), "versions.layer"));
    let navigator = version(version_of("navigator"), "versions.navigator").map(|one| one.value);
    // What is no text here is as good as absent.
    let stated = |key: &str| get(key).filter(|node| node.kind() == Kind::Text);
    let name = spanned_text(shape, stated("name"), "name");
    let domain = spanned_text(shape, stated("domain"), "domain");
    let techniques = get("techniques").map(|node| shape.items(node, "techniques")).unwrap_or_default();
    Some(InputLayer {
        name,
        description: shape.text_of(get("description"), "description").unwrap_or_default(),
        domain,
        attack,
        format,
        navigator,
        platforms: get("filters").and_then(|node| platforms(shape, node)),
        sorting: sorting(shape, get("sorting")),
        layout: layout(shape, get("layout"), get("viewMode")),
        hide_disabled: shape.flag(get("hideDisabled"), "hideDisabled").unwrap_or(false),
        techniques: techniques.into_iter().filter_map(|node| annotation(shape, node)).collect(),
        gradient: get("gradient").and_then(|node| gradient(shape, node)),
        legend: get("legendItems").map(|node| legend(shape, node)).unwrap_or_default(),
        metadata: get("metadata").map(|node| metadata(shape, node)).unwrap_or_default(),
        links: get("links").map(|node| links(shape, node)).unwrap_or_default(),
        show_tactic_row_background: shape
            .flag(get("showTacticRowBackground"), "showTacticRowBackground")
            .unwrap_or(false),
        tactic_row_background: colour(shape, get("tacticRowBackground"), "tacticRowBackground")
            .unwrap_or_else(|| "#dddddd".to_owned()),
        select_techniques_across_tactics: shape
            .flag(get("selectTechniquesAcrossTactics"), "selectTechniquesAcrossTactics")
            .unwrap_or(true),
        select_subtechniques_with_parent: shape
            .flag(get("selectSubtechniquesWithParent"), "selectSubtechniquesWithParent")
            .unwrap_or(false),
        select_visible_techniques: shape
            .flag(get("selectVisibleTechniques"), "selectVisibleTechniques")
            .unwrap_or(false),
        custom_data_url: shape.text_of(get("customDataURL"), "customDataURL"),
        other: other(&fields, &LAYER),
        span: node.span(),
    })
}

/// The fields that no format defines, as JSON text.
fn other(fields: &Fields<'_>, known: &[&str]) -> Vec<(String, String)> {
    let unknown = fields.members.iter().filter(|member| !known.contains(&&*member.key));
    let small = unknown.filter(|member| member.value.span().range().len() <= MAX_OTHER);
    small.map(|member| (member.key.to_string(), member.value.raw().to_owned())).collect()
}

fn spanned_text(shape: &mut Shape, node: Option<Node<'_>>, name: &str) -> Option<Spanned<String>> {
    let node = node?;
    Some(Spanned::at(node, shape.text(node, name)?.into_owned()))
}

/// A colour that the Navigator reads.
fn colour(shape: &mut Shape, node: Option<Node<'_>>, name: &str) -> Option<String> {
    let node = node?;
    let text = shape.text(node, name)?;
    if text.is_empty() && name == "color" {
        return None;
    }
    if color::parse(&text).is_none() {
        not_a_color(shape, node, name, &text);
        return None;
    }
    Some(text.into_owned())
}

fn not_a_color(shape: &mut Shape, node: Node<'_>, name: &str, text: &str) {
    let message = format!("`{name}` is {}, which is no colour", quoted(text));
    let help = "the Navigator leaves it out; it reads #rgb, #rrggbb, rgb(…), hsl(…) and the names of CSS";
    shape.find(node, Code::LayerColor, message, help);
}

fn platforms(shape: &mut Shape, node: Node<'_>) -> Option<Spanned<Vec<Spanned<String>>>> {
    // A text has no `platforms`, and JavaScript asks it all the same.
    if node.kind() == Kind::Text {
        shape.ignored(node, "filters", Kind::Object.name());
        return None;
    }
    let list = shape.fields(node, "filters")?.get("platforms")?;
    let items = shape.items(list, "filters.platforms");
    if list.kind() != Kind::List {
        return None;
    }
    let mut platforms = Vec::with_capacity(items.len());
    for item in items {
        if item.kind() != Kind::Text {
            let message = format!("`filters.platforms` holds {}, not text", item.kind().name());
            let help = "the Navigator leaves the whole list out, and shows all platforms";
            shape.find(item, Code::IgnoredValue, message, help);
            return None;
        }
        platforms.extend(spanned_text(shape, Some(item), "filters.platforms"));
    }
    Some(Spanned::at(list, platforms))
}

fn sorting(shape: &mut Shape, node: Option<Node<'_>>) -> u8 {
    let Some(number) = shape.number(node, "sorting") else { return 0 };
    let known = [0_u8, 1, 2, 3].into_iter().find(|known| (f64::from(*known) - number).abs() < f64::EPSILON);
    if let Some(node) = node
        && known.is_none()
    {
        let message = format!("`sorting` is {number}, which the format does not define");
        let help =
            "the Navigator takes it for 0, and mitreattack-python refuses the layer; it is 0, 1, 2 or 3";
        shape.find(node, Code::LayerOption, message, help);
    }
    known.unwrap_or(0)
}

fn layout(shape: &mut Shape, node: Option<Node<'_>>, view_mode: Option<Node<'_>>) -> Layout {
    let mut layout = Layout::default();
    let Some(node) = node else {
        match view_mode.and_then(Node::number) {
            Some(mode) if (mode - 1.0).abs() < f64::EPSILON => {
                layout.show_id = true;
                layout.show_name = false;
            }
            Some(mode) if (mode - 2.0).abs() < f64::EPSILON => "mini".clone_into(&mut layout.layout),
            _ => {}
        }
        return layout;
    };
    let Some(fields) = shape.fields(node, "layout") else { return layout };
    let get = |key: &str| fields.get(key);
    if let Some(kind) = shape.choice(get("layout"), "layout.layout", &["side", "flat", "mini"]) {
        kind.clone_into(&mut layout.layout);
    }
    let functions = ["average", "min", "max", "sum"];
    if let Some(kind) = shape.choice(get("aggregateFunction"), "layout.aggregateFunction", &functions) {
        kind.clone_into(&mut layout.aggregate_function);
    }
    let expand = ["none", "annotated", "all"];
    layout.expanded_subtechniques =
        match shape.choice(get("expandedSubtechniques"), "layout.expandedSubtechniques", &expand) {
            Some("annotated") => Expand::Annotated,
            Some("all") => Expand::All,
            _ => Expand::None,
        };
    layout.show_id = shape.flag(get("showID"), "layout.showID").unwrap_or(false);
    layout.show_name = shape.flag(get("showName"), "layout.showName").unwrap_or(true);
    layout.show_aggregate_scores =
        shape.flag(get("showAggregateScores"), "layout.showAggregateScores").unwrap_or(false);
    layout.count_unscored = shape.flag(get("countUnscored"), "layout.countUnscored").unwrap_or(false);
    layout
}

fn annotation(shape: &mut Shape, node: Node<'_>) -> Option<InputAnnotation> {
    let fields = shape.fields(node, "an annotation")?;
    let get = |key: &str| fields.get(key);
    // An absent, null or empty id is told by the check: mapex writes null for what is not mappable.
    let technique = get("techniqueID").filter(|node| node.kind() == Kind::Text);
    let technique = spanned_text(shape, technique, "techniqueID").filter(|id| !id.value.trim().is_empty());
    let tactic = match get("tactic") {
        None => InputTactic::Every,
        Some(node) => match node.text() {
            Ok(Some(name)) if !name.is_empty() => InputTactic::One(Spanned::at(node, name.into_owned())),
            _ => InputTactic::Nowhere(node.span()),
        },
    };
    let comment = spanned_text(shape, get("comment"), "comment").unwrap_or_default();
    Some(InputAnnotation {
        technique,
        id_span: get("techniqueID").map(Node::span),
        tactic,
        score: get("score").and_then(|node| score(shape, node)),
        color: colour(shape, get("color"), "color"),
        comment,
        enabled: shape.flag(get("enabled"), "enabled").unwrap_or(true),
        metadata: get("metadata").map(|node| metadata(shape, node)).unwrap_or_default(),
        links: get("links").map(|node| links(shape, node)).unwrap_or_default(),
        show_subtechniques: shape.flag(get("showSubtechniques"), "showSubtechniques").unwrap_or(false),
        other: other(&fields, &TECHNIQUE),
        span: node.span(),
    })
}

fn score(shape: &mut Shape, node: Node<'_>) -> Option<Spanned<f64>> {
    let number = node.number();
    if number.is_none() {
        let what = match node.kind() {
            Kind::Number => "no finite number".to_owned(),
            kind => format!("{}, not a number", kind.name()),
        };
        let help = "the Navigator leaves the score out, and mitreattack-python refuses the layer";
        let help = match node.text() {
            Ok(Some(text)) if text.trim().parse::<f64>().is_ok_and(f64::is_finite) => {
                format!("write {} without quotes; {help}", short(text.trim()))
            }
            _ => help.to_owned(),
        };
        shape.find(node, Code::IgnoredScore, format!("`score` is {what}"), help);
    }
    number.map(|number| Spanned::at(node, number))
}

fn gradient(shape: &mut Shape, node: Node<'_>) -> Option<InputGradient> {
    let fields = shape.fields(node, "gradient")?;
    let Some(list) = fields.get("colors") else {
        let help = "the Navigator breaks off here; a gradient has two colours or more";
        shape.find(node, Code::LayerBreaks, "`gradient` has no `colors`".to_owned(), help);
        return None;
    };
    let items = shape.items(list, "gradient.colors");
    let is_list = list.kind() == Kind::List;
    if is_list && !(2..=100).contains(&items.len()) {
        let message = match items.len() {
            1 => "`gradient.colors` has 1 colour".to_owned(),
            count => format!("`gradient.colors` has {count} colours"),
        };
        let help = "the Navigator breaks off here; a gradient has from 2 to 100 colours";
        shape.find(list, Code::LayerBreaks, message, help);
    }
    let mut colors = Vec::with_capacity(items.len());
    for item in items {
        let Some(text) = shape.text(item, "gradient.colors") else { continue };
        if color::parse(&text).is_none() {
            let message = if text.is_empty() {
                "`gradient.colors` holds an empty text, which is no colour".to_owned()
            } else {
                format!("`gradient.colors` holds `{}`, which is no colour", short(&text))
            };
            let help = "the Navigator keeps its own colours, red to green, for the whole gradient; it reads #rgb, \
                        #rrggbb, rgb(…), hsl(…) and the names of CSS";
            shape.find(item, Code::LayerColor, message, help);
        }
        colors.push(Spanned::at(item, text.into_owned()));
    }
    let mut end = |key: &str, name: &str| {
        let node = fields.get(key)?;
        let number = node.number();
        if number.is_none() {
            let message = format!("`{name}` is {}, not a number", node.kind().name());
            let help = "the Navigator does not check it, and finds no colours by it";
            shape.find(node, Code::GradientRange, message, help);
        }
        number.map(|number| Spanned::at(node, number))
    };
    let min = end("minValue", "gradient.minValue");
    let max = end("maxValue", "gradient.maxValue");
    Some(InputGradient { colors, min, max, span: node.span() })
}

fn legend(shape: &mut Shape, node: Node<'_>) -> Vec<LegendItem> {
    let mut legend = Vec::new();
    for item in shape.items(node, "legendItems") {
        let Some(fields) = shape.fields(item, "a legend item") else { continue };
        let (label_node, color_node) = (fields.get("label"), fields.get("color"));
        let (at, problem) = match (label_node.and_then(filled), color_node.and_then(filled)) {
            (None, _) => (label_node, lacking("legend item", "label", label_node)),
            (_, None) => (color_node, lacking("legend item", "colour", color_node)),
            (_, Some(text)) if color::parse(&text).is_none() => {
                (color_node, format!("the colour of a legend item is `{}`, which is none", short(&text)))
            }
            (Some(label), Some(color)) => {
                legend.push(LegendItem { label: label.into_owned(), color: color.into_owned() });
                continue;
            }
        };
        shape.find(at.unwrap_or(item), Code::DroppedLegendItem, problem, LEGEND_DROPPED);
    }
    legend
}

/// What is wrong with a part that has no text: absent, empty, or something else.
fn lacking(whole: &str, part: &str, node: Option<Node<'_>>) -> String {
    match node.map(Node::kind) {
        None => format!("a {whole} without a {part}"),
        Some(Kind::Text) => format!("the {part} of a {whole} is empty"),
        Some(kind) => format!("the {part} of a {whole} is {}, not text", kind.name()),
    }
}

/// The text of a value, when there is any.
fn filled(node: Node<'_>) -> Option<Cow<'_, str>> {
    node.text().ok().flatten().filter(|text| !text.is_empty())
}

fn metadata(shape: &mut Shape, node: Node<'_>) -> Vec<InputMetadata> {
    let mut rows = Vec::new();
    for item in shape.items(node, "metadata") {
        let Some(fields) = shape.fields(item, "a row of metadata") else { continue };
        let span = item.span();
        let (name, value) = (fields.get("name"), fields.get("value"));
        let Some(name_node) = name else {
            match fields.get("divider").and_then(Node::bool) {
                Some(shown) => rows.push(InputMetadata::Divider { shown, is_row: false, span }),
                None => drop_row(shape, item, &lacking("row of metadata", "name", None), ROW_DROPPED),
            }
            continue;
        };
        let name = filled(name_node);
        let is_divider = name.as_deref() == Some("DIVIDER");
        if let Some(shown) = value.and_then(Node::bool).filter(|_| is_divider) {
            rows.push(InputMetadata::Divider { shown, is_row: true, span });
            continue;
        }
        let Some(name) = name else {
            drop_row(shape, name_node, &lacking("row of metadata", "name", name_node.into()), ROW_DROPPED);
            continue;
        };
        let what = match value {
            None => "no value".to_owned(),
            Some(value) => match value.kind() {
                Kind::Text => match shape.text(value, "value") {
                    Some(text) if !text.is_empty() => {
                        let value = Spanned::at(value, text.into_owned());
                        rows.push(InputMetadata::Row { name: name.into_owned(), value });
                        continue;
                    }
                    Some(_) => "an empty value".to_owned(),
                    None => continue,
                },
                // A number says something, even where the Navigator does not listen.
                Kind::Number | Kind::Bool => {
                    let text = Spanned::at(value, value.raw().to_owned());
                    rows.push(InputMetadata::Row { name: name.to_string(), value: text });
                    format!("{} for a value", value.kind().name())
                }
                kind => format!("{} for a value", kind.name()),
            },
        };
        let at = value.unwrap_or(item);
        drop_row(shape, at, &format!("the row of metadata `{}` has {what}", short(&name)), ROW_DROPPED);
    }
    rows
}

fn links(shape: &mut Shape, node: Node<'_>) -> Vec<InputLink> {
    let mut links = Vec::new();
    for item in shape.items(node, "links") {
        let Some(fields) = shape.fields(item, "a link") else { continue };
        let label = fields.get("label");
        let Some(url) = fields.get("url") else {
            match fields.get("divider").and_then(Node::bool) {
                Some(shown) => links.push(InputLink::Divider { shown, span: item.span() }),
                None => drop_row(shape, item, &lacking("link", "url", None), LINK_DROPPED),
            }
            continue;
        };
        match (label.and_then(filled), filled(url)) {
            (Some(label), Some(text)) => {
                let url = Spanned::at(url, text.into_owned());
                links.push(InputLink::Link { label: label.into_owned(), url });
            }
            (_, None) => drop_row(shape, url, &lacking("link", "url", Some(url)), LINK_DROPPED),
            (None, _) => {
                drop_row(shape, label.unwrap_or(item), &lacking("link", "label", label), LINK_DROPPED);
            }
        }
    }
    links
}

fn drop_row(shape: &mut Shape, at: Node<'_>, what: &str, help: &str) {
    shape.find(at, Code::DroppedRow, what.to_owned(), help);
}
