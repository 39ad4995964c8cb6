//! What all pages of a site share: its frameworks with their coverage, the names of its files, and how figures,
//! references and cells become views.

use std::collections::{BTreeMap, BTreeSet};

use crate::attack::{Catalog, TechniqueId};
use crate::coverage::threat::{Threat, ThreatCoverage};
use crate::coverage::{CapabilityKey, Cell, Coverage, Metric, Rules, State, Statistics, Tally, whole};
use crate::diagnostic::Diagnostic;
use crate::layer::{self, ColorBy, Expand, Part, Per};
use crate::link;
use crate::mapping::select::Selection;
use crate::mapping::{Category, Level, Mapping, MappingSet, Origin};
use crate::matrix::palette::Palette;
use crate::output::Sink;
use crate::parallel;

use super::deployment::{self, Deployed};
use super::view::{
    CapabilityRef, CellState, CoverageRow, Fraction, LevelShare, MappingView, Page, ReferenceView,
    SourceView, TechniqueRef, Weighted,
};
use super::{theme, threat};

/// What a site is made of.
#[derive(Debug, Clone)]
pub struct Content<'a> {
    /// The mapping sets, all of the catalog's domain.
    pub sets: &'a [MappingSet],
    /// The catalog that they are shown on.
    pub catalog: &'a Catalog,
    /// The filters in force.
    pub selection: Selection,
    /// The metric and the roll-up in force.
    pub rules: Rules,
    /// What the colours tell.
    pub color_by: ColorBy,
    /// The colours of layers and pages.
    pub palette: Palette,
    /// Which techniques the layers expand.
    pub expand: Expand,
    /// What was found in the sources.
    pub findings: &'a [Diagnostic],
    /// Who is to be defended against.
    pub threat: Option<&'a Threat>,
    /// What runs, where the selection is narrowed to that.
    pub deployed: Option<Deployed<'a>>,
}

/// One mapping set of the site.
pub(super) struct Framework<'a> {
    /// The index of the set.
    pub(super) set: usize,
    /// The anchor and file key.
    pub(super) key: String,
    /// Its coverage alone.
    pub(super) coverage: Coverage<'a>,
    /// Its capabilities: those that map something, most techniques first; then the non-mappable ones.
    pub(super) capabilities: Vec<CapabilityPage<'a>>,
    /// Whether its metric was chosen for it.
    pub(super) is_counted: bool,
    /// The layers that a reader of this framework is offered: label and file.
    pub(super) layers: Vec<(String, String)>,
}

/// A capability with a page of its own.
pub(super) struct CapabilityPage<'a> {
    pub(super) key: CapabilityKey,
    pub(super) path: String,
    /// Its layer file; `None` when it maps nothing.
    pub(super) layer: Option<String>,
    pub(super) coverage: Coverage<'a>,
}

/// Where the parts of a report are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// A file each, with layers beside them.
    Files,
    /// All on one page, without layers: links lead to what the page calls them.
    OnePage,
    /// The same without what is looked up: links lead to attack.mitre.org, and to the table of capabilities.
    BriefPage,
}

/// A site while it is made.
pub(super) struct Site<'a> {
    pub(super) content: &'a Content<'a>,
    pub(super) extent: Extent,
    pub(super) frameworks: Vec<Framework<'a>>,
    /// All sets together, in one set of rules.
    pub(super) combined: Coverage<'a>,
    /// All sets together on paper, where the selection is narrowed to what is deployed.
    pub(super) paper: Option<Coverage<'a>>,
    /// The threat held against all sets together.
    pub(super) against: Option<ThreatCoverage<'a>>,
    /// The layer of both; empty without a threat.
    pub(super) overlay: String,
    /// The layers on paper and as deployed; empty where nobody says what is deployed.
    pub(super) both: String,
    pub(super) capability_paths: BTreeMap<CapabilityKey, String>,
    pub(super) technique_pages: BTreeSet<TechniqueId>,
}

impl<'a> Site<'a> {
    /// Adds everything up and gives every file its name. Layers are written into the sink under `layers`.
    pub(super) fn new(content: &'a Content<'a>, sink: &mut Sink, layers: &str) -> Self {
        Self::made(content, Extent::Files, sink, layers)
    }

    /// The same for a report on one page: there are no files, and so no layers.
    pub(super) fn on_one_page(content: &'a Content<'a>, is_brief: bool) -> Self {
        // Only gives names, so that no two parts are called alike.
        let mut sink = Sink::new("", crate::GENERATOR);
        let extent = if is_brief { Extent::BriefPage } else { Extent::OnePage };
        Self::made(content, extent, &mut sink, "")
    }

    fn made(content: &'a Content<'a>, extent: Extent, sink: &mut Sink, layers: &str) -> Self {
        let combined = coverage(content, content.selection.clone());
        let against = content.threat.map(|threat| ThreatCoverage::new(threat, &combined));
        let paper = content.deployed.map(|deployed| coverage(content, deployed.paper.clone()));
        let mut site = Self {
            content,
            extent,
            frameworks: Vec::new(),
            combined,
            paper,
            against,
            overlay: String::new(),
            both: String::new(),
            capability_paths: BTreeMap::new(),
            technique_pages: BTreeSet::new(),
        };
        let parts = layer::split(content.sets, content.catalog, &content.selection, Per::Capability);
        let mut by_key: BTreeMap<CapabilityKey, Part> =
            parts.into_iter().filter_map(|part| Some((*part.capabilities.first()?, part))).collect();
        for (set, held) in content.sets.iter().enumerate() {
            if content.selection.has_any_capability(set) {
                let framework = site.framework(set, held, &mut by_key, sink, layers);
                site.frameworks.push(framework);
            }
        }
        if extent == Extent::Files {
            site.shared_layers(sink, layers);
        }
        if extent != Extent::BriefPage {
            site.technique_pages = site.pages_of_techniques();
        }
        site
    }

    fn framework(
        &mut self,
        set: usize,
        held: &'a MappingSet,
        parts: &mut BTreeMap<CapabilityKey, Part>,
        sink: &mut Sink,
        layers: &str,
    ) -> Framework<'a> {
        let content = self.content;
        let key = crate::output::slug(&layer::framework_key(content.sets, set));
        let taken = self.frameworks.iter().filter(|other| other.key == key).count();
        let key = if taken == 0 { key } else { format!("{key}-{}", set + 1) };
        let coverage = coverage(content, content.selection.with_capabilities(|of, _| of == set));
        let path = sink.name(layers, &key, "json");
        if self.extent == Extent::Files {
            sink.add(path.as_str(), self.layer(&coverage, String::new()));
        }
        let mut wanted = Vec::new();
        for (capability, one) in held.capabilities.iter().enumerate() {
            let place = CapabilityKey { set, capability };
            let part = parts.remove(&place);
            // Names are taken for all, so that a filter changes no name.
            let page = self.capability_page(&key, sink.name("capabilities", &one.id, "html"));
            let layer = sink.name(&join(layers, "capabilities"), &one.id, "json");
            if content.selection.has_capability(set, capability) && (part.is_some() || one.non_mappable) {
                self.capability_paths.insert(place, page.clone());
                wanted.push((place, page, part.map(|part| (layer, part.name))));
            }
        }
        let made = parallel::map(&wanted, |(key, page, layer)| self.capability(*key, page, layer.as_ref()));
        let mut capabilities = Vec::with_capacity(made.len());
        for (page, layer) in made {
            if let Some((path, bytes)) = page.layer.as_ref().zip(layer) {
                sink.add(path.as_str(), bytes);
            }
            capabilities.push(page);
        }
        // Most techniques first; the id breaks ties, since capabilities are in the order of their ids.
        capabilities.sort_by_key(|page| std::cmp::Reverse(page.coverage.cells().len()));
        Framework {
            set,
            is_counted: coverage.rules().metric != content.rules.metric,
            layers: match self.extent {
                Extent::Files => vec![(format!("All of {}", held.framework.name()), path)],
                Extent::OnePage | Extent::BriefPage => Vec::new(),
            },
            key,
            coverage,
            capabilities,
        }
    }

    /// A capability's page and, where it maps something, its layer's path and name made into a layer.
    fn capability(
        &self,
        key: CapabilityKey,
        path: &str,
        layer: Option<&(String, String)>,
    ) -> (CapabilityPage<'a>, Option<Vec<u8>>) {
        let content = self.content;
        let only = |set, capability| CapabilityKey { set, capability } == key;
        let coverage = coverage(content, content.selection.with_capabilities(only));
        let bytes = layer
            .filter(|_| self.extent == Extent::Files)
            .map(|(_, name)| self.layer(&coverage, name.clone()));
        let layer = layer.map(|(path, _)| path.clone());
        (CapabilityPage { key, path: path.to_owned(), layer, coverage }, bytes)
    }

    /// What links to a capability lead to, of the file that a site has for it: `capabilities/aws_config.html`.
    fn capability_page(&self, framework: &str, file: String) -> String {
        match self.extent {
            Extent::Files => file,
            Extent::OnePage => {
                let name = file.trim_start_matches("capabilities/").trim_end_matches(".html");
                format!("#capability-{name}")
            }
            Extent::BriefPage => format!("#{framework}-capabilities"),
        }
    }

    /// Layers that are not of one framework or capability: categories, groups and tags where these put several
    /// capabilities together, the threat, and what is deployed.
    fn shared_layers(&mut self, sink: &mut Sink, layers: &str) {
        let content = self.content;
        if self.frameworks.len() > 1 {
            let path = sink.name(layers, "combined", "json");
            sink.add(path.as_str(), self.layer(&self.combined, String::new()));
            for framework in &mut self.frameworks {
                framework.layers.push(("All sources together".to_owned(), path.clone()));
            }
        }
        for (per, folder) in [(Per::Category, "categories"), (Per::Group, "groups"), (Per::Tag, "tags")] {
            for part in layer::split(content.sets, content.catalog, &content.selection, per) {
                if per != Per::Category && part.capabilities.len() < 2 {
                    continue;
                }
                let path = sink.name(&join(layers, folder), &part.id, "json");
                let involved: BTreeSet<usize> = part.capabilities.iter().map(|key| key.set).collect();
                let coverage = coverage(content, part.selection);
                sink.add(path.as_str(), self.layer(&coverage, part.name.clone()));
                for framework in self.frameworks.iter_mut().filter(|one| involved.contains(&one.set)) {
                    framework.layers.push((part.name.clone(), path.clone()));
                }
            }
        }
        if let Some(against) = &self.against {
            let path = sink.name(layers, "threat", "json");
            sink.add(path.as_str(), threat::overlay(self, against));
            self.overlay = path;
        }
        if let Some(comparison) = deployment::comparison(content) {
            let path = sink.name(layers, "deployed", "json");
            sink.add(path.as_str(), deployment::layers(content, &comparison));
            self.both = path;
        }
    }

    fn layer(&self, coverage: &Coverage<'_>, name: String) -> Vec<u8> {
        let options = layer::Options {
            name,
            description: String::new(),
            color_by: self.content.color_by,
            palette: self.content.palette,
            expand: self.content.expand,
            top: None,
        };
        let mut layer = match self.content.threat {
            None => layer::build(coverage, &options),
            Some(threat) => layer::build_against(coverage, &ThreatCoverage::new(threat, coverage), &options),
        };
        if let Some(deployed) = self.content.deployed {
            layer::add_evidence(&mut layer, coverage, deployed.deployment);
        }
        layer::to_json(&layer)
    }

    /// Every technique that a source says something about or the threat uses, and the technique above each such sub-technique.
    fn pages_of_techniques(&self) -> BTreeSet<TechniqueId> {
        let mut pages = BTreeSet::new();
        for framework in &self.frameworks {
            pages.extend(framework.coverage.cells().keys().copied());
            pages.extend(framework.coverage.not_mappable().iter().copied());
        }
        // What is mapped on paper alone has a page, to say what would cover it.
        if let Some(paper) = &self.paper {
            pages.extend(paper.cells().keys().copied());
        }
        if let Some(against) = &self.against {
            pages.extend(against.exposures().iter().map(|exposure| exposure.technique));
        }
        let parents: Vec<TechniqueId> = pages.iter().filter_map(|id| id.parent()).collect();
        pages.extend(parents.into_iter().filter(|id| self.content.catalog.technique(*id).is_some()));
        pages
    }

    /// The colours of scores that any page shows.
    pub(super) fn used_colors(&self) -> BTreeSet<usize> {
        let scale = &self.content.rules.scale;
        let pages = self.frameworks.iter().flat_map(|one| &one.capabilities).map(|page| &page.coverage);
        let mut used: BTreeSet<usize> = theme::used(std::iter::empty(), 100, scale).collect();
        for coverage in self.frameworks.iter().map(|one| &one.coverage).chain(pages) {
            let scores = coverage.cells().values().filter_map(|cell| coverage.shown_score(cell));
            used.extend(theme::used(scores, layer::score_top(coverage), scale));
        }
        // Mappings that are numbers show them by themselves.
        let numbers = self.content.sets.iter().flat_map(|set| &set.mappings).filter_map(|one| one.numeric);
        used.extend(theme::used(numbers.map(|score| whole(score.value(), 100.0)), 100, scale));
        used
    }

    /// The name of the whole site.
    pub(super) fn name(&self) -> String {
        let names: Vec<&str> =
            self.frameworks.iter().map(|one| self.content.sets[one.set].framework.name()).collect();
        let mut distinct: Vec<&str> = Vec::new();
        for name in names {
            if !distinct.contains(&name) {
                distinct.push(name);
            }
        }
        match distinct.as_slice() {
            [] => "No mapping".to_owned(),
            [one] => (*one).to_owned(),
            [first @ .., last] => format!("{} and {last}", first.join(", ")),
        }
    }

    /// `Enterprise ATT&CK 16.1`
    pub(super) fn attack(&self) -> String {
        format!("{} ATT&CK {}", self.content.catalog.domain().name(), self.content.catalog.version())
    }

    pub(super) fn page(&self, title: String, description: String, root: &str) -> Page {
        Page {
            title,
            description,
            root: root.to_owned(),
            site: self.name(),
            generator: crate::GENERATOR.to_owned(),
        }
    }

    pub(super) fn source(&self, set: usize) -> SourceView {
        let held = &self.content.sets[set];
        let instead = match self.extent {
            Extent::Files => "“navlayer build” and they appear on the pages of capabilities and techniques.",
            Extent::OnePage | Extent::BriefPage => "“navlayer report” and they appear with each mapping.",
        };
        let notice = (held.origin == Origin::Embedded).then(|| {
            format!(
                "The built-in mapping holds facts only. The analysts’ comments are in the file that Mappings Explorer \
                 publishes; give that file to {instead}"
            )
        });
        SourceView { notice, ..source_view(held, self.content.catalog) }
    }

    /// A technique's page on attack.mitre.org, at the version in force.
    pub(super) fn technique_url(&self, id: TechniqueId) -> String {
        self.content.catalog.version().page("techniques", &id.url_path())
    }

    pub(super) fn tactic_url(&self, id: &str) -> String {
        self.content.catalog.version().page("tactics", id)
    }

    /// A technique's page in this site, when it has one.
    pub(super) fn technique_href(&self, id: TechniqueId, root: &str) -> Option<String> {
        self.technique_pages.contains(&id).then(|| match self.extent {
            Extent::Files => format!("{root}techniques/{id}.html"),
            Extent::OnePage | Extent::BriefPage => format!("#{id}"),
        })
    }

    pub(super) fn technique_ref(&self, id: TechniqueId, root: &str) -> TechniqueRef {
        let own = self.technique_href(id, root);
        TechniqueRef {
            id: id.to_string(),
            name: self.full_name(id),
            external: own.is_none(),
            href: own.unwrap_or_else(|| self.technique_url(id)),
        }
    }

    /// The catalog's name; of a sub-technique with its technique's before it; of an unknown id the one given.
    pub(super) fn full_name(&self, id: TechniqueId) -> String {
        self.combined.full_name(id)
    }

    pub(super) fn capability_ref(&self, key: CapabilityKey, root: &str) -> CapabilityRef {
        let capability = &self.content.sets[key.set].capabilities[key.capability];
        // What is not deployed has no page, and stands among what is told of all.
        let instead = match self.extent {
            Extent::OnePage | Extent::BriefPage if self.content.deployed.is_some() => "#evidence",
            Extent::OnePage | Extent::BriefPage => "#sources",
            Extent::Files if self.content.deployed.is_some() => "index.html#evidence",
            Extent::Files => "index.html",
        };
        let path = self.capability_paths.get(&key).map_or(instead, String::as_str);
        CapabilityRef {
            id: capability.id.clone(),
            name: capability.name.clone(),
            href: format!("{root}{path}"),
        }
    }

    pub(super) fn mapping(&self, set: usize, mapping: &Mapping, root: &str) -> MappingView {
        let current = self.content.catalog.technique(mapping.technique).map(|technique| &*technique.name);
        let given = mapping.technique_name.as_str();
        let last = given.rsplit(": ").next().unwrap_or(given);
        let differs = |current: &&str| {
            !given.is_empty()
                && !current.eq_ignore_ascii_case(given)
                && !current.eq_ignore_ascii_case(last.trim())
        };
        MappingView {
            capability: self.capability_ref(CapabilityKey { set, capability: mapping.capability }, root),
            technique_id: mapping.technique.to_string(),
            technique_name: given.to_owned(),
            current_name: current.filter(differs).map(str::to_owned),
            // Rows that became one may be of one technique.
            was: mapping
                .moved_from
                .iter()
                .map(|origin| origin.technique)
                .collect::<BTreeSet<_>>()
                .into_iter()
                .map(|id| format!("{id} (ATT&CK {})", self.content.sets[set].made_on()))
                .collect(),
            technique_href: self
                .technique_href(mapping.technique, root)
                .unwrap_or_else(|| self.technique_url(mapping.technique)),
            mapping_type: mapping.mapping_type.clone(),
            category: mapping.category.map(|category| category.name().to_owned()),
            category_class: mapping.category.map(|category| category.key().to_owned()),
            level: mapping.level.map(|level| level.name().to_owned()),
            level_class: mapping.level.map(|level| level.key().to_owned()),
            score: mapping.numeric.map(|score| score.to_string()),
            score_class: mapping.numeric.map(|score| theme::score_class(whole(score.value(), 100.0), 100)),
            comment: mapping.comment.clone(),
            references: references(mapping.references.iter().map(|reference| &reference.text)),
        }
    }
}

fn coverage<'a>(content: &'a Content<'a>, selection: Selection) -> Coverage<'a> {
    let involved = content.sets.iter().enumerate().filter(|(set, _)| selection.has_any_capability(*set));
    let rules = content.rules.for_sets(involved.map(|(_, set)| set));
    Coverage::new(content.sets, content.catalog, selection, rules)
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

pub(super) fn references<'t>(all: impl IntoIterator<Item = &'t String>) -> Vec<ReferenceView> {
    let view = |text: &String| ReferenceView {
        text: text.clone(),
        href: link::web_address(text).map(str::to_owned),
    };
    all.into_iter().map(view).collect()
}

/// `22 %`: whole percents, one decimal below 1 and above 99, and never 0 or 100 for what is neither.
pub(super) fn percent_text(n: f64, of: f64) -> String {
    if of <= 0.0 {
        return "–".to_owned();
    }
    let percent = 100.0 * n / of;
    if n <= 0.0 {
        "0\u{a0}%".to_owned()
    } else if n >= of {
        "100\u{a0}%".to_owned()
    } else if percent < 1.0 {
        format!("{:.1}\u{a0}%", percent.max(0.1))
    } else if percent > 99.0 {
        format!("{:.1}\u{a0}%", percent.min(99.9))
    } else {
        format!("{percent:.0}\u{a0}%")
    }
}

/// A source without a notice.
pub(super) fn source_view(held: &MappingSet, catalog: &Catalog) -> SourceView {
    SourceView {
        label: held.framework.label(),
        framework: held.framework.id.clone(),
        version: held.framework.version.clone(),
        path: held.origin.to_string(),
        attack_version: held.made_on().to_string(),
        shown_on: catalog.version().to_string(),
        domain: held.domain.name().to_owned(),
        rows: held.rows,
        capabilities: held.capabilities.len(),
        organization: held.publication.organization.clone(),
        last_update: held.publication.last_update.clone(),
        notice: None,
    }
}

pub(super) fn fraction(n: usize, of: usize) -> Fraction {
    Fraction { n, of, percent: percent(n as f64, of as f64), text: percent_text(n as f64, of as f64) }
}

/// To one decimal, so that the text of the number is short and the same everywhere.
fn percent(n: f64, of: f64) -> f64 {
    if of <= 0.0 { 0.0 } else { (1000.0 * n / of).round() / 10.0 }
}

/// Which part of [`Statistics`] a row shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counted {
    Techniques,
    SubTechniques,
    Both,
}

impl Counted {
    fn of(self, tally: Tally) -> usize {
        match self {
            Self::Techniques => tally.techniques,
            Self::SubTechniques => tally.sub_techniques,
            Self::Both => tally.total(),
        }
    }

    fn score(self, statistics: &Statistics) -> f64 {
        match self {
            Self::Techniques => statistics.score_sum.0,
            Self::SubTechniques => statistics.score_sum.1,
            Self::Both => statistics.total_score(),
        }
    }
}

/// A row of figures. `rules` tell whether there are levels and a weighted coverage to show.
pub(super) fn coverage_row(
    name: &str,
    key: &str,
    statistics: &Statistics,
    counted: Counted,
    has_levels: bool,
    rules: &Rules,
) -> CoverageRow {
    let of = counted.of(statistics.in_scope);
    let at_least = |level| fraction(counted.of(statistics.levels.at_least(level)), of);
    let part = |part: Counted| {
        let is_counted = counted == Counted::Both || counted == part;
        is_counted.then(|| fraction(part.of(statistics.mapped), part.of(statistics.in_scope)))
    };
    let sum = counted.score(statistics);
    let weighted = Weighted {
        sum,
        of: 100 * of,
        percent: percent(sum, 100.0 * of as f64),
        text: percent_text(sum, 100.0 * of as f64),
    };
    CoverageRow {
        name: name.to_owned(),
        key: key.to_owned(),
        href: None,
        mapped: fraction(counted.of(statistics.mapped), of),
        techniques: part(Counted::Techniques),
        sub_techniques: part(Counted::SubTechniques),
        partial: has_levels.then(|| at_least(Level::Partial)),
        significant: has_levels.then(|| at_least(Level::Significant)),
        weighted: (has_levels && rules.metric.needs_levels()).then_some(weighted),
        levels: if has_levels { level_shares(statistics, counted, of) } else { Vec::new() },
    }
}

fn level_shares(statistics: &Statistics, counted: Counted, of: usize) -> Vec<LevelShare> {
    let mut start = 0.0;
    let shares = Level::ALL.into_iter().map(|level| {
        let n = counted.of(statistics.levels.exactly(level));
        let width = percent(n as f64, of as f64);
        let share =
            LevelShare { level: level.name().to_owned(), class: level.key().to_owned(), n, start, width };
        start = ((start + width) * 10.0).round() / 10.0;
        share
    });
    shares.collect()
}

/// The three headline rows.
pub(super) fn headline(coverage: &Coverage<'_>, has_levels: bool) -> Vec<CoverageRow> {
    let statistics = coverage.statistics(None, None);
    let rows = [
        ("Techniques", "techniques", Counted::Techniques),
        ("Sub-techniques", "sub-techniques", Counted::SubTechniques),
        ("All", "all", Counted::Both),
    ];
    rows.map(|(name, key, counted)| {
        coverage_row(name, key, &statistics, counted, has_levels, coverage.rules())
    })
    .into()
}

/// One row for each selected category, for what has categories.
pub(super) fn categories(coverage: &Coverage<'_>, has_categories: bool) -> Vec<CoverageRow> {
    if !has_categories {
        return Vec::new();
    }
    let row = |category: &Category| {
        let statistics = coverage.statistics(None, Some(*category));
        coverage_row(category.name(), category.key(), &statistics, Counted::Both, true, coverage.rules())
    };
    coverage.selection().categories.iter().map(row).collect()
}

/// What a cell shows.
#[derive(Debug, Clone)]
pub(super) struct Face {
    pub(super) state: CellState,
    pub(super) class: String,
    pub(super) score: Option<String>,
    pub(super) label: String,
}

/// The face of a technique under a coverage. `top` is the end of the ramp: [`layer::score_top`].
pub(super) fn face(coverage: &Coverage<'_>, id: TechniqueId, color_by: ColorBy, top: i64) -> Face {
    let empty = |state, class: &str, label: &str| Face {
        state,
        class: class.to_owned(),
        score: None,
        label: label.to_owned(),
    };
    match coverage.state(id) {
        State::Covered => covered(coverage, coverage.cell(id), color_by, top),
        State::NotAssessed if coverage.is_new(id) => {
            empty(CellState::NotAssessed, "not-assessed", "not assessed: new in this version")
        }
        State::NotAssessed => empty(CellState::NotAssessed, "not-assessed", "not assessed"),
        State::NotMappable => empty(CellState::NotMappable, "not-mappable", "not mappable"),
        State::NotCovered => empty(CellState::NotCovered, "not-covered", "not covered"),
        State::OutOfScope => empty(CellState::OutOfScope, "out-of-scope", "out of scope"),
    }
}

fn covered(coverage: &Coverage<'_>, cell: Option<&Cell>, color_by: ColorBy, top: i64) -> Face {
    let cell = cell.cloned().unwrap_or_default();
    let score = coverage.shown_score(&cell).unwrap_or_default();
    let categories = &coverage.selection().categories;
    let fill = match color_by {
        ColorBy::Score => None,
        ColorBy::Category => layer::category_fill(&cell, categories, &coverage.rules().scale),
    };
    let class = match fill {
        Some((hue, level)) => theme::category_class(hue, level),
        None => theme::score_class(score, top),
    };
    let rolled = if cell.rolled_up.is_some() { ", rolled up" } else { "" };
    let label = match coverage.rules().metric {
        Metric::Count if score == 1 => format!("1 capability{rolled}"),
        Metric::Count => format!("{score} capabilities{rolled}"),
        Metric::Strongest => {
            let exact = cell.score().unwrap_or_default();
            let level = Level::ALL
                .into_iter()
                .find(|level| (coverage.rules().scale.score(*level) - exact).abs() < f64::EPSILON);
            level.map_or_else(|| format!("{score}{rolled}"), |level| format!("{}{rolled}", level.name()))
        }
        _ => format!("{score}{rolled}"),
    };
    Face { state: CellState::Covered, class, score: Some(score.to_string()), label }
}
