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

use std::path::Path;

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
    for framework in &site.frameworks {
        for (position, page) in framework.capabilities.iter().enumerate() {
            let view = capability::capability(&site, framework, position);
            sink.add(page.path.as_str(), templates.render("capability", &view)?);
        }
    }
    for id in &site.technique_pages {
        let view = technique::technique(&site, *id);
        sink.add(format!("techniques/{id}.html"), templates.render("technique", &view)?);
    }
    Ok(())
}
