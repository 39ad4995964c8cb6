//! The site: an index, a page for each capability and technique, the layers, and a summary for programs.
//!
//! Views are typed and know no markup ([`view`]); templates know no rule ([`templates`]); this module joins them and
//! puts the files into a [`Sink`].

mod capability;
mod index;
mod matrix;
mod site;
mod summary;
mod technique;
pub mod templates;
mod theme;
pub mod view;

use std::num::NonZero;
use std::path::Path;
use std::thread;

use crate::attack::TechniqueId;
use crate::output::Sink;

pub use site::Content;
use site::Site;
pub use summary::{CategoryStrength, FrameworkSummary, Summary, TechniqueSummary};
pub use templates::{TemplateError, Templates};

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
    let templates = Templates::new(folder, &theme::style())?;
    let site = Site::new(content, sink, "layers");
    let view = index::index(&site);
    sink.add("index.html", templates.render("index", &view)?);
    let mut summary = serde_json::to_vec_pretty(&summary::summary(&site, &view)).unwrap_or_default();
    summary.push(b'\n');
    sink.add("summary.json", summary);
    for (path, page) in pages(&site, &templates) {
        sink.add(path, page?);
    }
    Ok(())
}

/// A page that is still to be drawn.
enum Job {
    /// The capability at this position of the framework at this position.
    Capability(usize, usize),
    Technique(TechniqueId),
}

/// The pages of capabilities and techniques, drawn on all processors, in the order of their jobs.
fn pages(site: &Site<'_>, templates: &Templates) -> Vec<(String, Result<String, TemplateError>)> {
    let capabilities = site.frameworks.iter().enumerate().flat_map(|(framework, content)| {
        (0..content.capabilities.len()).map(move |position| Job::Capability(framework, position))
    });
    let jobs: Vec<Job> =
        capabilities.chain(site.technique_pages.iter().copied().map(Job::Technique)).collect();
    let draw = |job: &Job| match job {
        Job::Capability(framework, position) => {
            let framework = &site.frameworks[*framework];
            let view = capability::capability(site, framework, *position);
            (framework.capabilities[*position].path.clone(), templates.render("capability", &view))
        }
        Job::Technique(id) => {
            let view = technique::technique(site, *id);
            (format!("techniques/{id}.html"), templates.render("technique", &view))
        }
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(jobs.len().max(1));
    // Large pages stand together at the front; dealt out in turn, they fall to all threads alike.
    let mut drawn: Vec<(usize, (String, Result<String, TemplateError>))> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|first| {
                let jobs = jobs.iter().enumerate().skip(first).step_by(threads);
                scope.spawn(move || jobs.map(|(index, job)| (index, draw(job))).collect::<Vec<_>>())
            })
            .collect();
        let results = workers.into_iter().map(|worker| match worker.join() {
            Ok(pages) => pages,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        results.flatten().collect()
    });
    drawn.sort_by_key(|(index, _)| *index);
    drawn.into_iter().map(|(_, page)| page).collect()
}
