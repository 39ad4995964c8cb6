//! The site: an index, a page for each capability and technique, the layers, and a summary for programs.
//!
//! Views are typed and know no markup ([`view`]); templates know no rule ([`templates`]); this module joins them and
//! puts the files into a [`Sink`].

mod against;
mod briefing;
mod capability;
mod compare;
mod deployment;
mod diff;
mod explorer;
mod index;
mod layer;
mod matrix;
mod next;
mod plan;
mod site;
mod summary;
mod technique;
pub mod templates;
mod theme;
mod threat;
mod upgrade;
pub mod view;

use std::path::Path;
use std::thread;

use crate::attack::TechniqueId;
use crate::output::Sink;
use crate::parallel;

pub use against::{ActorEntry, GuardEntry, ThreatFacts, ThreatFigures};
pub use briefing::{
    AnswerView, CapabilityEntry, CoverView, MappedEntry, NoteRef, NoteView, Paper, PointView,
    ReportFramework, ReportMapping, ReportOptions, ReportView, TechniqueEntry, report_page,
};
pub use compare::{
    CompareCell, CompareMatrix, CompareRow, CompareThreat, CompareView, ComparisonFile, METHOD, PageOptions,
    SidesView, ThreatEntry, compare_page, comparison_file,
};
pub use deployment::{
    Deployed, DeployedView, EvidenceView, LostRow, NotDeployed, PaperRow, PlaceCounts, StandingRow,
    UntiedRow, frameworks, sides,
};
pub use diff::{DiffItem, DiffRow, DiffSection, DiffView, SumRow, diff_page};
pub use explorer::ExplorerView;
pub use layer::{LayerFact, LayerRow, LayerView, layer_page};
pub use next::{ChoiceView, NextThreat, NextView, Reached, ThreatChoice};
pub use plan::{
    Asked, CapabilityName, ChangeView, PlanFile, PlanGap, PlanThreat, ProofKind, ProofView, Reach, StepView,
    plan_file,
};
pub use site::Content;
use site::Site;
pub use summary::{CategoryStrength, FrameworkSummary, Summary, TechniqueSummary};
pub use templates::{TemplateError, Templates};
pub use threat::{
    ActorRow, GapView, GuardShare, TechniqueThreat, ThreatSummary, ThreatTechnique, ThreatView, UseShare,
    UserRef,
};
pub use upgrade::{
    ACCOUNT_TITLE, AbsenceView, AccountRow, CountedView, DroppedRow, MergeView, MovedRow, UpgradeFile,
    UpgradePage, UpgradeView, upgrade_file, upgrade_page,
};

/// Makes the layers of a site: `<framework>.json`, and one each for categories, capabilities, and the groups and tags
/// that put capabilities together; straight into the sink's folder.
pub fn layers(content: &Content<'_>, sink: &mut Sink) {
    Site::new(content, sink, "");
}

/// Makes a whole site: pages, layers under `layers/`, and `summary.json`. Templates of `folder` take the place of the
/// embedded ones.
///
/// # Errors
/// When a template is not sound, or asks for what its page does not have. The sink is then not to be written.
pub fn site(content: &Content<'_>, folder: Option<&Path>, sink: &mut Sink) -> Result<(), TemplateError> {
    // Compiling the templates takes about as long as adding up, and needs nothing of it.
    let (templates, site, index) = thread::scope(|scope| {
        let templates = scope.spawn(|| Templates::new(folder));
        let site = Site::new(content, sink, "layers");
        let index = index::index(&site);
        let templates = templates.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (templates, site, index)
    });
    let mut templates = templates?;
    let scale = &content.rules.scale;
    let mut style = theme::style(&site.used_colors(), &content.palette, scale);
    if site.against.is_some() {
        style += &theme::threat_style(&content.palette);
    }
    if let Some(comparison) = deployment::comparison(content) {
        let page = compare::page(&comparison, &content.palette, &mut templates)?;
        sink.add(deployment::PAGE, page);
    }
    templates.set_theme(&style);
    let mut summary = serde_json::to_vec_pretty(&summary::summary(&site, &index)).unwrap_or_default();
    summary.push(b'\n');
    sink.add("summary.json", summary);
    for (path, page) in pages(&site, &index, &templates) {
        sink.add(path, page?);
    }
    Ok(())
}

/// A page that is still to be drawn.
enum Job {
    Index,
    /// The capability at this position of the framework at this position.
    Capability(usize, usize),
    Technique(TechniqueId),
}

/// All pages, drawn on all processors, in the order of their jobs: the largest first, so that none is left for the end.
fn pages(
    site: &Site<'_>,
    index: &view::IndexView,
    templates: &Templates,
) -> Vec<(String, Result<String, TemplateError>)> {
    let capabilities = site.frameworks.iter().enumerate().flat_map(|(framework, content)| {
        (0..content.capabilities.len()).map(move |position| Job::Capability(framework, position))
    });
    let techniques = site.technique_pages.iter().copied().map(Job::Technique);
    let jobs: Vec<Job> = std::iter::once(Job::Index).chain(capabilities).chain(techniques).collect();
    parallel::map(&jobs, |job| match job {
        Job::Index => ("index.html".to_owned(), templates.render("index", index)),
        Job::Capability(framework, position) => {
            let framework = &site.frameworks[*framework];
            let view = capability::capability(site, framework, *position);
            (framework.capabilities[*position].path.clone(), templates.render("capability", &view))
        }
        Job::Technique(id) => {
            let view = technique::technique(site, *id);
            (format!("techniques/{id}.html"), templates.render("technique", &view))
        }
    })
}

#[cfg(test)]
mod tests {
    use schemars::{JsonSchema, schema_for};
    use serde::Serialize;

    use super::*;
    use crate::attack::{Catalog, Roster};
    use crate::coverage::Rules;
    use crate::coverage::threat::Threat;
    use crate::layer::{ColorBy, Expand};
    use crate::mapping::read;
    use crate::mapping::select::Selection;
    use crate::matrix::palette::Palette;

    fn check<V: Serialize + JsonSchema>(views: impl Iterator<Item = V>) -> usize {
        let schema = serde_json::to_value(schema_for!(V)).expect("a schema is JSON");
        let validator = jsonschema::validator_for(&schema).expect("the schema is sound");
        let checked = views.map(|view| {
            let value = serde_json::to_value(&view).expect("a view is JSON");
            let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{errors:?}");
        });
        checked.count()
    }

    #[test]
    fn what_templates_are_given_is_what_the_schemas_say() {
        let mut sets = read::embedded().sets;
        let other = "ATT&CK version: 16.1\nname: Lamp\nplatform: door\ntechniques:\n- id: T1110\n  name: Brute Force\n  \
                     technique-scores:\n  - {category: Detect, value: Minimal, comments: Shines.}\n";
        sets.extend(read::from_text("lamp.yaml", other).sets);
        let catalog = Catalog::embedded(sets[0].domain, sets[0].attack_version).expect("it is embedded");
        let threat =
            Threat::of_actors(&Roster::new(&catalog), [("APT29", 2.0), ("C0024", 1.0)]).expect("known");
        let content = Content {
            sets: &sets,
            catalog: &catalog,
            selection: Selection::everything(&sets),
            rules: Rules::default(),
            color_by: ColorBy::default(),
            palette: Palette::default(),
            expand: Expand::default(),
            findings: &[],
            threat: Some(&threat),
            deployed: None,
        };
        let site = Site::new(&content, &mut Sink::new("x", "test"), "layers");
        assert_eq!(check(std::iter::once(index::index(&site))), 1);
        let capabilities = site.frameworks.iter().flat_map(|framework| {
            let site = &site;
            (0..framework.capabilities.len()).map(move |at| capability::capability(site, framework, at))
        });
        assert_eq!(check(capabilities), 31, "30 AWS services and a lamp");
        let techniques = site.technique_pages.iter().map(|id| technique::technique(&site, *id));
        assert_eq!(check(techniques), site.technique_pages.len());
        assert!(site.technique_pages.len() > 200, "all that AWS maps");
        let (report, style) = briefing::make(&content, &ReportOptions::default());
        // What classes name a colour has one.
        let columns = report.matrix.columns.iter().flat_map(|column| &column.cells);
        let cells = columns.flat_map(|cell| std::iter::once(cell).chain(&cell.subs)).map(|cell| &cell.class);
        let sides = report.sides.iter().flat_map(|sides| &sides.rows).flat_map(|row| &row.places);
        let classes = cells.chain(sides.map(|place| &place.class)).filter(|class| class.starts_with('g'));
        assert!(classes.into_iter().all(|class| style.contains(&format!(".{class}{{"))));
        assert_eq!(check(std::iter::once(report)), 1);
    }
}
