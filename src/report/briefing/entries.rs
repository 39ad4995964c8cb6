//! The parts of a report that are looked up: what each capability maps, who maps each technique, what is referred to.

use std::collections::BTreeMap;

use super::grouped;
use super::view::{CapabilityEntry, MappedEntry, NoteRef, NoteView, ReportMapping, TechniqueEntry};
use crate::attack::TechniqueId;
use crate::coverage::CapabilityKey;
use crate::layer;
use crate::link;
use crate::mapping::{Mapping, MappingSet};
use crate::report::index::{group_name, only};
use crate::report::site::{CapabilityPage, Framework, Site, face};
use crate::report::technique::strongest;
use crate::report::view::{CapabilityRef, MappingView};

/// What mappings refer to, each text once, numbered in the order in which they are cited.
#[derive(Debug, Default)]
pub(super) struct Notes {
    numbers: BTreeMap<String, usize>,
    texts: Vec<String>,
}

impl Notes {
    fn cite<'t>(&mut self, texts: impl IntoIterator<Item = &'t String>) -> Vec<NoteRef> {
        let mut cited: Vec<NoteRef> = Vec::new();
        for text in texts {
            let next = self.texts.len() + 1;
            let place = *self.numbers.entry(text.clone()).or_insert(next);
            if place == next {
                self.texts.push(text.clone());
            }
            if cited.iter().all(|note| note.place != place) {
                let href = link::web_address(text).map_or_else(|| format!("#note-{place}"), str::to_owned);
                cited.push(NoteRef { place, href });
            }
        }
        cited
    }

    pub(super) fn views(self) -> Vec<NoteView> {
        let view = |(place, text): (usize, String)| NoteView {
            place: place + 1,
            href: link::web_address(&text).map(str::to_owned),
            text,
        };
        self.texts.into_iter().enumerate().map(view).collect()
    }
}

/// Every capability of a source with what it maps.
pub(super) fn capabilities(
    site: &Site<'_>,
    framework: &Framework<'_>,
    notes: &mut Notes,
) -> Vec<CapabilityEntry> {
    framework.capabilities.iter().map(|page| capability(site, framework, page, notes)).collect()
}

fn capability(
    site: &Site<'_>,
    framework: &Framework<'_>,
    page: &CapabilityPage<'_>,
    notes: &mut Notes,
) -> CapabilityEntry {
    let held = &site.content.sets[page.key.set];
    let capability = &held.capabilities[page.key.capability];
    let mut own = notes.cite(&capability.references);
    let coverage = &page.coverage;
    let mapped = coverage.cells().iter().filter(|(_, cell)| cell.is_mapped());
    let mut entries: Vec<MappedEntry> = mapped
        .map(|(id, cell)| MappedEntry {
            id: id.to_string(),
            name: site.full_name(*id),
            href: format!("#{id}"),
            mappings: coverage
                .mappings(cell)
                .map(|(_, mapping)| report_mapping(site, page.key, mapping, notes))
                .collect(),
        })
        .collect();
    say_once(&mut own, &mut entries);
    CapabilityEntry {
        key: page.path.trim_start_matches('#').to_owned(),
        id: capability.id.clone(),
        name: capability.name.clone(),
        description: capability.description.clone(),
        group: group_name(site, page.key),
        summary: summary(site, framework, page, held),
        non_mappable: page.layer.is_none(),
        comment: capability.comment.clone(),
        notes: own,
        commented: entries
            .iter()
            .flat_map(|entry| &entry.mappings)
            .any(|mapping| !mapping.comment.is_empty()),
        entries,
    }
}

/// Where every mapping of a capability refers to the same, the capability does so once.
fn say_once(own: &mut Vec<NoteRef>, entries: &mut [MappedEntry]) {
    let mut all = entries.iter_mut().flat_map(|entry| &mut entry.mappings).collect::<Vec<_>>();
    let Some(first) = all.first().map(|mapping| mapping.notes.clone()) else { return };
    if all.len() < 2 || all.iter().any(|mapping| mapping.notes != first) {
        return;
    }
    for mapping in &mut all {
        mapping.notes.clear();
    }
    let missing = first.into_iter().filter(|note| !own.contains(note)).collect::<Vec<_>>();
    own.extend(missing);
}

/// `Maps 21 of 202 techniques and 54 of 454 sub-techniques; 12 of them no other capability of AWS maps.`
fn summary(
    site: &Site<'_>,
    framework: &Framework<'_>,
    page: &CapabilityPage<'_>,
    held: &MappingSet,
) -> String {
    let statistics = page.coverage.statistics(None, None);
    let (mapped, all) = (statistics.mapped, statistics.in_scope);
    let only = only(framework, page.key).count();
    let alone = match only {
        0 => String::new(),
        1 => format!("; 1 of them no other capability of {} maps", held.framework.name()),
        n => format!("; {} of them no other capability of {} maps", grouped(n), held.framework.name()),
    };
    let cells = page.coverage.cells();
    let inactive = cells.keys().filter(|id| site.content.catalog.technique(**id).is_none()).count();
    let retired = match inactive {
        0 => String::new(),
        n => format!(
            " {} mapped {} not active in this version of ATT&CK and {} in no figure.",
            grouped(n),
            if n == 1 { "id is" } else { "ids are" },
            if n == 1 { "counts" } else { "count" }
        ),
    };
    format!(
        "Maps {} of {} techniques and {} of {} sub-techniques{alone}.{retired}",
        grouped(mapped.techniques),
        grouped(all.techniques),
        grouped(mapped.sub_techniques),
        grouped(all.sub_techniques),
    )
}

fn report_mapping(
    site: &Site<'_>,
    key: CapabilityKey,
    mapping: &Mapping,
    notes: &mut Notes,
) -> ReportMapping {
    let MappingView {
        technique_name,
        current_name,
        was,
        mapping_type,
        category,
        category_class,
        level,
        level_class,
        score,
        score_class,
        comment,
        ..
    } = site.mapping(key.set, mapping, "");
    let (label, class) = match (level, score) {
        (Some(level), _) => {
            let level_class = level_class.unwrap_or_default();
            (level, category_class.map_or_else(String::new, |category| format!("{category}-{level_class}")))
        }
        (None, Some(score)) => (score, score_class.unwrap_or_default()),
        (None, None) => (mapping_type, String::new()),
    };
    ReportMapping {
        category,
        label,
        class,
        comment,
        given_name: current_name.map(|_| technique_name),
        was,
        notes: notes.cite(mapping.references.iter().map(|reference| &reference.text)),
    }
}

/// Every technique that the sources or the threat say something of, with who maps it.
pub(super) fn techniques(site: &Site<'_>, has_categories: bool) -> Vec<TechniqueEntry> {
    site.technique_pages.iter().map(|id| technique(site, *id, has_categories)).collect()
}

fn technique(site: &Site<'_>, id: TechniqueId, has_categories: bool) -> TechniqueEntry {
    let coverage = &site.combined;
    let catalog = site.content.catalog;
    let face = face(coverage, id, site.content.color_by, layer::score_top(coverage));
    let cell = coverage.cell(id).filter(|cell| cell.is_mapped());
    let mut capabilities: Vec<CapabilityRef> = cell
        .into_iter()
        .flat_map(|cell| &cell.capabilities)
        .map(|(key, _)| site.capability_ref(*key, ""))
        .collect();
    capabilities.sort_by(|a, b| (&a.name, &a.href).cmp(&(&b.name, &b.href)));
    TechniqueEntry {
        id: id.to_string(),
        name: site.full_name(id),
        url: site.technique_url(id),
        fate: catalog.technique(id).is_none().then(|| catalog.fate(id).describe()),
        class: face.class,
        label: face.label,
        strongest: cell.filter(|_| has_categories).map(|cell| strongest(coverage, cell)).unwrap_or_default(),
        capabilities,
    }
}
