//! The explorer: a heatmap that answers its reader in the page, over facts that the page carries along.
//!
//! The script has what the selection leaves of the mappings and adds it up by the same rules as [`crate::coverage`]:
//! every number that it shows is one that the command line gives for the same flags. Comments and references are not
//! among the facts; the script takes them from the sections of the page that show them to everybody.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use crate::attack::TechniqueId;
use crate::coverage::{CapabilityKey, Metric};
use crate::layer::NAVIGATOR;
use crate::mapping::{Level, Mapping, NumericScore};
use crate::matrix::gradient;
use crate::matrix::palette::{Color, Hue, Palette, Theme};

use super::site::Site;

/// What the template of the explorer is given.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ExplorerView {
    /// What the script reads: compact JSON in which nothing ends an element or begins one, so that it may stand in a
    /// `<script type="application/json">` as it is.
    pub data: String,
    /// How many capabilities map anything.
    pub capabilities: usize,
    /// How many techniques and sub-techniques are in scope.
    pub techniques: usize,
}

/// The facts. Lists that are long are tuples, and sets of places are numbers of which each bit is a place.
#[derive(Serialize)]
struct Facts<'a> {
    name: String,
    generator: &'static str,
    attack: Attack,
    rules: Rules,
    base: Base<'a>,
    tactics: Vec<(&'a str, &'a str, &'a str)>,
    platforms: Vec<&'a str>,
    techniques: Vec<Technique>,
    frameworks: Vec<Framework<'a>>,
    capabilities: Vec<Capability<'a>>,
    colors: Colors,
}

#[derive(Serialize)]
struct Attack {
    domain: &'static str,
    title: String,
    version: String,
    /// The start of a technique's address on attack.mitre.org.
    page: String,
    /// The major number, as layers have it.
    major: String,
    navigator: &'static str,
}

#[derive(Serialize)]
struct Rules {
    metric: &'static str,
    rollup: &'static str,
    scale: [f64; 3],
    color: &'static str,
    expand: &'static str,
    /// Key, name, definition.
    metrics: [(&'static str, &'static str, &'static str); 5],
}

/// The filters of the page, within which those of the explorer narrow.
#[derive(Serialize)]
struct Base<'a> {
    /// Places among Protect, Detect and Respond.
    categories: Vec<usize>,
    /// Whether tactics are filtered, so that a technique may stand in fewer than it has.
    tactics: bool,
    /// The platforms asked for.
    platforms: &'a [String],
    /// The filters in words.
    phrases: &'a [String],
}

/// Id, name, places of its tactics and platforms, and as bits what else is to be known: [`LEFT_OUT`] and so on. By id.
#[derive(Serialize)]
struct Technique(String, String, Vec<usize>, Vec<usize>, u8);

/// Of a technique that is not in scope, and here for its sub-techniques or for what is rolled up from it.
const LEFT_OUT: u8 = 1;
/// Of an id that ATT&CK does not have any more: it is in no matrix and in no figure.
const NOT_ACTIVE: u8 = 2;
/// Of a technique that has tactics which the filters leave out.
const MORE_TACTICS: u8 = 4;

#[derive(Serialize)]
struct Framework<'a> {
    name: &'a str,
    label: String,
    /// The rows of a layer's metadata that tell where the mappings are from.
    source: Vec<(&'static str, String)>,
    /// Whether any mapping has a level or a number.
    scored: bool,
    /// How many capabilities it has.
    capabilities: usize,
    /// Whether any of them is asked for.
    involved: bool,
    /// Whether it counts as a whole, so that what it declares not mappable holds.
    whole: bool,
    /// Places of techniques that it declares not mappable.
    declared: Vec<usize>,
    /// Places of techniques that are new since it was made.
    new: Vec<usize>,
}

#[derive(Serialize)]
struct Capability<'a> {
    id: &'a str,
    name: &'a str,
    framework: usize,
    /// The id of its section in the page.
    anchor: String,
    /// In turn the place of a technique and what is said of it, as bits: 4 × category + level, both 0 for none.
    maps: Vec<usize>,
    /// Place of a technique, category (0 for none, else from 1), and the score that a source gives in place of a level.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    numbers: Vec<(usize, usize, f64)>,
}

/// Fill and ink, as `#rrggbb#rrggbb`.
#[derive(Serialize)]
struct Colors {
    light: Ramp,
    dark: Ramp,
    /// The gradients of layers, of two to five colours.
    stops: Vec<Vec<String>>,
    /// The colours of counts from 1 up on the gradients of layers that end at 1, 2 and 3.
    counts: Vec<Vec<String>>,
    /// Key and name of each hue.
    hues: [(&'static str, &'static str); 5],
}

#[derive(Serialize)]
struct Ramp {
    scores: Vec<String>,
    /// By hue, weakest level first.
    hues: Vec<[String; 3]>,
}

/// The explorer of a site's mappings, all sources together.
pub(super) fn explorer(site: &Site<'_>) -> ExplorerView {
    let content = site.content;
    let selection = &content.selection;
    let scope = selection.scope.of_any_kind();
    let catalog = content.catalog;
    let counts = |set: usize, mapping: &Mapping| {
        selection.has(set, mapping) && scope.contains_id(mapping.technique, catalog)
    };
    let active = catalog.techniques().iter().filter(|technique| scope.contains(technique));
    let mut ids: BTreeSet<TechniqueId> = active.map(|technique| technique.id).collect();
    for (set, held) in content.sets.iter().enumerate() {
        let mapped = held.mappings.iter().filter(|mapping| counts(set, mapping));
        ids.extend(mapped.map(|mapping| mapping.technique));
        let declared = held.non_mappable.iter().map(|declared| declared.technique);
        ids.extend(declared.filter(|id| selection.scope.contains_id(*id, catalog)));
    }
    // A sub-technique has its place under its technique, be that in scope or not.
    let parents: Vec<TechniqueId> = ids.iter().filter_map(|id| id.parent()).collect();
    ids.extend(parents.into_iter().filter(|id| catalog.technique(*id).is_some()));
    let places: BTreeMap<TechniqueId, usize> = ids.iter().zip(0..).map(|(id, place)| (*id, place)).collect();
    let mut by_capability: BTreeMap<CapabilityKey, Vec<&Mapping>> = BTreeMap::new();
    for (set, held) in content.sets.iter().enumerate() {
        for mapping in held.mappings.iter().filter(|mapping| counts(set, mapping)) {
            let key = CapabilityKey { set, capability: mapping.capability };
            by_capability.entry(key).or_default().push(mapping);
        }
    }
    let capabilities: Vec<Capability<'_>> =
        by_capability.iter().map(|(key, mappings)| capability(site, *key, mappings, &places)).collect();
    let facts = Facts {
        name: site.name(),
        generator: crate::GENERATOR,
        attack: attack(site),
        rules: rules(site),
        base: base(site),
        tactics: catalog
            .tactics()
            .iter()
            .map(|tactic| (&*tactic.id, &*tactic.shortname, &*tactic.name))
            .collect(),
        platforms: catalog.platforms().iter().map(|name| &**name).collect(),
        techniques: ids.iter().map(|id| technique(site, *id)).collect(),
        frameworks: frameworks(site, &places),
        colors: colors(&content.palette),
        capabilities,
    };
    let in_scope =
        catalog.techniques().iter().filter(|technique| selection.scope.contains(technique)).count();
    ExplorerView { data: harmless(&facts), capabilities: facts.capabilities.len(), techniques: in_scope }
}

fn attack(site: &Site<'_>) -> Attack {
    let catalog = site.content.catalog;
    let page = catalog.version().page("techniques", "");
    Attack {
        domain: catalog.domain().id(),
        title: site.attack(),
        version: catalog.version().to_string(),
        page: page.trim_end_matches('/').to_owned(),
        major: catalog.version().major.to_string(),
        navigator: NAVIGATOR,
    }
}

fn rules(site: &Site<'_>) -> Rules {
    let rules = &site.content.rules;
    Rules {
        metric: rules.metric.key(),
        rollup: rules.rollup.key(),
        scale: Level::ALL.map(|level| rules.scale.score(level)),
        color: site.content.color_by.key(),
        expand: site.content.expand.key(),
        metrics: Metric::ALL.map(|metric| (metric.key(), metric.name(), metric.definition())),
    }
}

fn base<'a>(site: &Site<'a>) -> Base<'a> {
    let selection = &site.content.selection;
    Base {
        categories: selection.categories.iter().map(|category| *category as usize).collect(),
        tactics: selection.scope.tactics().is_some(),
        platforms: &selection.platforms,
        phrases: &selection.phrases,
    }
}

fn technique(site: &Site<'_>, id: TechniqueId) -> Technique {
    let scope = &site.content.selection.scope;
    let left_out = if scope.contains_id(id, site.content.catalog) { 0 } else { LEFT_OUT };
    let Some(technique) = site.content.catalog.technique(id) else {
        return Technique(id.to_string(), site.full_name(id), Vec::new(), Vec::new(), NOT_ACTIVE | left_out);
    };
    let wanted = |tactic: &usize| scope.tactics().is_none_or(|wanted| wanted.contains(tactic));
    let tactics = technique.tactics.iter().filter(wanted).collect();
    let platforms = technique.platforms.iter().collect();
    let more = if technique.tactics.iter().all(|tactic| wanted(&tactic)) { 0 } else { MORE_TACTICS };
    Technique(id.to_string(), technique.name.to_string(), tactics, platforms, left_out | more)
}

fn frameworks<'a>(site: &Site<'a>, places: &BTreeMap<TechniqueId, usize>) -> Vec<Framework<'a>> {
    let selection = &site.content.selection;
    let all = site.content.sets.iter().enumerate().map(|(set, held)| {
        let place = |id: &TechniqueId| places.get(id).copied();
        let mut source =
            vec![("source", held.framework.label()), ("source ATT&CK version", held.made_on().to_string())];
        source.extend(held.publication.organization.clone().map(|name| ("publisher", name)));
        source.extend(held.publication.last_update.clone().map(|date| ("last update", date)));
        let declared: BTreeSet<usize> =
            held.non_mappable.iter().filter_map(|declared| place(&declared.technique)).collect();
        Framework {
            name: held.framework.name(),
            label: held.framework.label(),
            source,
            scored: held.is_scored(),
            capabilities: held.capabilities.len(),
            involved: selection.has_any_capability(set),
            whole: selection.has_all_capabilities(set),
            declared: declared.into_iter().collect(),
            new: held.not_assessed.iter().filter_map(place).collect(),
        }
    });
    all.collect()
}

fn capability<'a>(
    site: &Site<'a>,
    key: CapabilityKey,
    mappings: &[&Mapping],
    places: &BTreeMap<TechniqueId, usize>,
) -> Capability<'a> {
    let held = &site.content.sets[key.set].capabilities[key.capability];
    let mut maps: BTreeMap<usize, usize> = BTreeMap::new();
    let mut numbers: BTreeMap<(usize, usize), NumericScore> = BTreeMap::new();
    for mapping in mappings {
        let Some(place) = places.get(&mapping.technique) else { continue };
        let category = mapping.category.map_or(0, |category| category as usize + 1);
        let level = mapping.level.map_or(0, |level| level as usize + 1);
        *maps.entry(*place).or_default() |= 1 << (4 * category + level);
        if let Some(number) = mapping.numeric {
            let held = numbers.entry((*place, category)).or_insert(number);
            *held = (*held).max(number);
        }
    }
    Capability {
        id: &held.id,
        name: &held.name,
        framework: key.set,
        anchor: anchor(site, key),
        maps: maps.into_iter().flat_map(|(place, bits)| [place, bits]).collect(),
        numbers: numbers
            .into_iter()
            .map(|((place, category), number)| (place, category, number.value()))
            .collect(),
    }
}

/// The id of a capability's section.
fn anchor(site: &Site<'_>, key: CapabilityKey) -> String {
    let path = site.capability_paths.get(&key).map_or("", String::as_str);
    path.trim_start_matches('#').to_owned()
}

fn colors(palette: &Palette) -> Colors {
    let hex = |colors: Vec<Color>| colors.into_iter().map(Color::hex).collect();
    let counts = |top: i64| {
        let count = usize::try_from(top + 1).unwrap_or(2);
        let sampled = gradient::sample(&palette.ramp_stops(Theme::Light, count));
        hex((1..=top).map(|score| sampled[gradient::index(score, 0, top)]).collect())
    };
    Colors {
        light: ramp(palette, Theme::Light),
        dark: ramp(palette, Theme::Dark),
        stops: (2..=5).map(|count| hex(palette.ramp_stops(Theme::Light, count))).collect(),
        counts: (1..=3).map(counts).collect(),
        hues: Hue::ALL.map(|hue| (hue.key(), hue.name())),
    }
}

fn ramp(palette: &Palette, theme: Theme) -> Ramp {
    let pair = |color: Color| format!("{}{}", color.hex(), color.ink().hex());
    let scores = gradient::sample(&palette.ramp_stops(theme, super::theme::STOPS));
    Ramp {
        scores: scores.into_iter().map(pair).collect(),
        hues: Hue::ALL
            .map(|hue| Level::ALL.map(|level| pair(palette.fill(hue, theme, level))))
            .into_iter()
            .collect(),
    }
}

/// JSON that may stand within a script element: what could end it, or begin a comment or an entity in it, is written as
/// an escape of JSON itself.
fn harmless(facts: &impl Serialize) -> String {
    let mut data = String::new();
    for character in serde_json::to_string(facts).unwrap_or_default().chars() {
        if matches!(character, '<' | '>' | '&' | '\u{2028}' | '\u{2029}') {
            let _ = write!(data, "\\u{:04x}", u32::from(character));
        } else {
            data.push(character);
        }
    }
    data
}

#[cfg(test)]
mod tests {
    use schemars::schema_for;
    use serde_json::Value;

    use super::*;
    use crate::attack::Catalog;
    use crate::coverage::Rules;
    use crate::layer::{ColorBy, Expand};
    use crate::mapping::read;
    use crate::mapping::select::Selection;
    use crate::report::Content;

    fn made(text: Option<&str>, use_of: impl FnOnce(&Content<'_>, &ExplorerView, &Value)) {
        let sets = text.map_or_else(read::embedded, |text| read::from_text("lamp.yaml", text)).sets;
        let catalog = Catalog::embedded(sets[0].domain, sets[0].attack_version).expect("it is embedded");
        let content = Content {
            sets: &sets,
            catalog: &catalog,
            selection: Selection::everything(&sets),
            rules: Rules::default(),
            color_by: ColorBy::default(),
            palette: Palette::default(),
            expand: Expand::default(),
            findings: &[],
            threat: None,
            deployed: None,
        };
        let view = explorer(&Site::on_one_page(&content, false));
        let facts = serde_json::from_str(&view.data).expect("it is JSON");
        use_of(&content, &view, &facts);
    }

    #[test]
    fn what_the_template_is_given_is_what_the_schema_says() {
        made(None, |_, view, _| {
            let schema = serde_json::to_value(schema_for!(ExplorerView)).expect("a schema is JSON");
            let validator = jsonschema::validator_for(&schema).expect("the schema is sound");
            assert!(validator.is_valid(&serde_json::to_value(view).expect("a view is JSON")));
        });
    }

    #[test]
    fn the_facts_have_every_mapping_and_every_technique_in_scope() {
        made(None, |content, view, facts| {
            let techniques = facts["techniques"].as_array().expect("a list").iter();
            let active = techniques.filter(|one| one[4].as_u64().expect("bits") & u64::from(NOT_ACTIVE) == 0);
            assert_eq!(active.count(), view.techniques);
            let pairs: BTreeSet<(usize, TechniqueId)> = content.sets[0]
                .mappings
                .iter()
                .map(|mapping| (mapping.capability, mapping.technique))
                .collect();
            let capabilities = facts["capabilities"].as_array().expect("a list");
            let told = capabilities.iter().map(|one| one["maps"].as_array().expect("a list").len() / 2);
            assert_eq!(told.sum::<usize>(), pairs.len());
            assert!(view.data.len() < 60_000, "{} bytes", view.data.len());
        });
    }

    #[test]
    fn no_text_of_a_source_ends_the_element_of_the_facts() {
        let hostile = "ATT&CK version: 16.1\nname: '</script><script>x</script><!-- \u{2028} &amp;'\nplatform: door\n\
                       techniques:\n- id: T1110\n  name: Brute Force\n  technique-scores:\n  \
                       - {category: Detect, value: Minimal}\n";
        made(Some(hostile), |content, view, facts| {
            assert!(!view.data.contains(['<', '>', '&', '\u{2028}', '\u{2029}']), "{}", view.data);
            assert_eq!(facts["capabilities"][0]["name"], content.sets[0].capabilities[0].name.as_str());
            assert!(content.sets[0].capabilities[0].name.contains("</script>"));
        });
    }
}
