//! `capabilities/<id>.html`: one capability, what it maps, and what only it maps.

use super::deployment;
use super::index::{group_name, only};
use super::matrix::matrix;
use super::site::{CapabilityPage, Framework, Site, categories, face, headline, references};
use super::view::{CapabilityRef, CapabilityView, TechniqueGroup};
use crate::layer;

/// From a capability's page to the site's root.
const ROOT: &str = "../";

/// The view of the page at `position` in the framework's order.
pub(super) fn capability(site: &Site<'_>, framework: &Framework<'_>, position: usize) -> CapabilityView {
    let page = &framework.capabilities[position];
    let held = &site.content.sets[page.key.set];
    let capability = &held.capabilities[page.key.capability];
    let scored = held.is_scored();
    let framework_name = held.framework.name().to_owned();
    let neighbour = |position: Option<usize>| -> Option<CapabilityRef> {
        let page = framework.capabilities.get(position?)?;
        Some(site.capability_ref(page.key, ROOT))
    };
    let caption = format!("{} on {}", capability.name, site.attack());
    let description =
        format!("Which techniques of {} {} covers, and how well.", site.attack(), capability.name);
    // Two frameworks may name a capability alike, and one framework two by the same name.
    let title = format!("{} ({}, {framework_name})", capability.name, capability.id);
    CapabilityView {
        page: site.page(title, description, ROOT),
        id: capability.id.clone(),
        name: capability.name.clone(),
        description: capability.description.clone(),
        framework: framework_name,
        framework_key: framework.key.clone(),
        source: site.source(page.key.set),
        group: group_name(site, page.key),
        tags: capability.tags.clone(),
        non_mappable: page.layer.is_none(),
        deployed: deployment::standing(site, page.key),
        comment: capability.comment.clone(),
        references: references(&capability.references),
        scored,
        headline: headline(&page.coverage, scored),
        categories: categories(&page.coverage, held.has_categories()),
        matrix: matrix(site, &page.coverage, caption, ROOT, true),
        techniques: techniques(site, page),
        only: only(framework, page.key).map(|id| site.technique_ref(id, ROOT)).collect(),
        layer: page.layer.as_ref().map(|path| format!("{ROOT}{path}")),
        previous: neighbour(position.checked_sub(1)),
        next: neighbour(Some(position + 1)),
    }
}

fn techniques(site: &Site<'_>, page: &CapabilityPage<'_>) -> Vec<TechniqueGroup> {
    let top = layer::score_top(&page.coverage);
    let groups =
        page.coverage.cells().iter().filter(|(_, cell)| cell.is_mapped()).map(|(id, cell)| TechniqueGroup {
            technique: site.technique_ref(*id, ROOT),
            class: face(&page.coverage, *id, site.content.color_by, top).class,
            mappings: page
                .coverage
                .mappings(cell)
                .map(|(_, mapping)| site.mapping(page.key.set, mapping, ROOT))
                .collect(),
        });
    groups.collect()
}
