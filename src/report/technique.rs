//! `techniques/<id>.html`: one technique, and every mapping of it, framework by framework.

use crate::attack::TechniqueId;
use crate::coverage::{Cell, Coverage};

use super::index::top;
use super::site::{Framework, Site, face};
use super::view::{CategoryLevel, SubTechniqueRow, TacticRef, TechniqueFramework, TechniqueView};
use super::{deployment, threat};

/// From a technique's page to the site's root.
const ROOT: &str = "../";

/// The view of a technique's page.
pub(super) fn technique(site: &Site<'_>, id: TechniqueId) -> TechniqueView {
    let catalog = site.content.catalog;
    let active = catalog.technique(id);
    let name = active.map_or_else(|| site.full_name(id), |technique| technique.name.to_string());
    let attack = site.attack();
    let title = format!("{id} {name}");
    let description = format!("What {} says of {id} {name} of {attack}.", site.name());
    let tactic = |index: usize| {
        let tactic = &catalog.tactics()[index];
        TacticRef {
            id: tactic.id.to_string(),
            name: tactic.name.to_string(),
            url: site.tactic_url(&tactic.id),
        }
    };
    let frameworks = site.frameworks.iter().filter_map(|framework| in_framework(site, framework, id));
    TechniqueView {
        page: site.page(title, description, ROOT),
        id: id.to_string(),
        name,
        url: site.technique_url(id),
        tactics: active.map(|technique| technique.tactics.iter().map(tactic).collect()).unwrap_or_default(),
        platforms: active
            .map(|technique| {
                technique.platforms.iter().map(|index| catalog.platforms()[index].to_string()).collect()
            })
            .unwrap_or_default(),
        parent: active.and_then(|technique| technique.parent).map(|parent| site.technique_ref(parent, ROOT)),
        fate: active.is_none().then(|| catalog.fate(id).describe()),
        threat: threat::of_technique(site, id),
        not_deployed: deployment::not_deployed(site, id),
        frameworks: frameworks.collect(),
        sub_techniques: catalog.sub_techniques(id).map(|sub| sub_technique(site, sub.id)).collect(),
        attack,
    }
}

fn in_framework(site: &Site<'_>, framework: &Framework<'_>, id: TechniqueId) -> Option<TechniqueFramework> {
    let held = &site.content.sets[framework.set];
    let coverage = &framework.coverage;
    let cell = coverage.cell(id).filter(|cell| cell.is_mapped());
    let declared =
        held.non_mappable.iter().find(|one| one.technique == id && coverage.not_mappable().contains(&id));
    if cell.is_none() && declared.is_none() {
        return None;
    }
    let scored = held.is_scored();
    let face = face(coverage, id, site.content.color_by, top(framework));
    let strongest =
        cell.filter(|_| held.has_categories()).map(|cell| strongest(coverage, cell)).unwrap_or_default();
    let mut mappings: Vec<_> = cell.map(|cell| coverage.mappings(cell).collect()).unwrap_or_default();
    mappings.sort_by(|(_, a), (_, b)| {
        let name = |capability: usize| &held.capabilities[capability].name;
        (name(a.capability), a.capability, a.category).cmp(&(name(b.capability), b.capability, b.category))
    });
    // Where the score is all that its colour means, the level that it comes from says more.
    let score_label = if face.score.as_ref() == Some(&face.label) {
        let level = cell
            .and_then(|cell| cell.levels().level(&coverage.selection().categories, &coverage.rules().scale));
        level.map_or_else(String::new, |level| format!("strongest level {level}"))
    } else {
        face.label
    };
    Some(TechniqueFramework {
        label: held.framework.label(),
        key: framework.key.clone(),
        scored,
        strongest,
        score: face.score,
        class: face.class,
        score_label,
        capabilities: cell.map_or(0, |cell| cell.capabilities.len()),
        mappings: mappings.iter().map(|(_, mapping)| site.mapping(framework.set, mapping, ROOT)).collect(),
        not_mappable: declared.map(|declared| declared.comment.clone()),
    })
}

pub(super) fn strongest(coverage: &Coverage<'_>, cell: &Cell) -> Vec<CategoryLevel> {
    let levels = cell.levels();
    let of = |category| {
        let level = levels.level_in(category, &coverage.rules().scale);
        CategoryLevel {
            category: crate::mapping::Category::name(category).to_owned(),
            key: category.key().to_owned(),
            level: level.map(|level| level.name().to_owned()),
            level_class: level.map_or("none", crate::mapping::Level::key).to_owned(),
            capabilities: cell.capabilities.iter().filter(|(_, levels)| levels.has(category)).count(),
        }
    };
    coverage.selection().categories.iter().copied().map(of).collect()
}

/// A sub-technique's colour is that of the first framework that maps it, else of the first that there is.
fn sub_technique(site: &Site<'_>, id: TechniqueId) -> SubTechniqueRow {
    let mapping = site.frameworks.iter().find(|framework| framework.coverage.cell(id).is_some());
    let face = mapping
        .or(site.frameworks.first())
        .map(|framework| face(&framework.coverage, id, site.content.color_by, top(framework)));
    let count = |framework: &Framework<'_>| framework.coverage.cell(id).map_or(0, |cell| cell.mappings.len());
    SubTechniqueRow {
        technique: super::view::TechniqueRef {
            name: site.content.catalog.name_of(id).unwrap_or_default().to_owned(),
            ..site.technique_ref(id, ROOT)
        },
        class: face.as_ref().map_or_else(String::new, |face| face.class.clone()),
        label: face.map_or_else(String::new, |face| face.label),
        mappings: site.frameworks.iter().map(count).sum(),
    }
}
