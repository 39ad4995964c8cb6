//! The templates: Handlebars in strict mode over typed views, embedded, and overridable file by file.

mod builtin;
mod check;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderErrorReason, Template,
};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

pub use builtin::{BuiltIn, TemplateKind, builtins};

macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        /// Every file under `templates/`, by name: the one list that embedding, overriding and tests go by.
        pub const FILES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../templates/", $name))),)+];
    };
}

files![
    "bar.hbs",
    "capability.hbs",
    "capability_table.hbs",
    "compare.css",
    "compare.hbs",
    "compare.js",
    "compare_gaps.hbs",
    "compare_matrix.hbs",
    "compare_threat.hbs",
    "coverage_table.hbs",
    "deployed.hbs",
    "diff.hbs",
    "explorer.css",
    "explorer.hbs",
    "explorer.js",
    "explorer_address.js",
    "explorer_export.js",
    "explorer_keys.js",
    "explorer_panel.js",
    "explorer_scores.js",
    "findings.hbs",
    "footer.hbs",
    "fraction.hbs",
    "framework.hbs",
    "gaps.hbs",
    "head.hbs",
    "headline.hbs",
    "index.hbs",
    "layer.css",
    "layer.hbs",
    "logo.hbs",
    "mapping_table.hbs",
    "matrix.hbs",
    "method.hbs",
    "next.hbs",
    "not_assessed.hbs",
    "places.hbs",
    "references.hbs",
    "report.css",
    "report.hbs",
    "report_capabilities.hbs",
    "report_cites.hbs",
    "report_cover.hbs",
    "report_notes.hbs",
    "report_sides.hbs",
    "report_techniques.hbs",
    "site.css",
    "site.js",
    "sources.hbs",
    "technique.hbs",
    "technique_list.hbs",
    "threat.hbs",
    "upgrade.hbs",
    "upgrade_record.hbs",
    "upgrades.hbs",
];

/// The styles and scripts that only one page has, in the order in which they stand on it.
const MORE: [(&str, &str); 11] = [
    ("compare", "compare.css"),
    ("compare", "compare.js"),
    ("layer", "layer.css"),
    ("report", "report.css"),
    ("report", "explorer.css"),
    ("report", "explorer_scores.js"),
    ("report", "explorer_address.js"),
    ("report", "explorer_export.js"),
    ("report", "explorer_keys.js"),
    ("report", "explorer_panel.js"),
    ("report", "explorer.js"),
];

/// The largest template that is read, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// How deep blocks may nest in a template; the parser's own stack ends far beyond it.
const MAX_DEPTH: usize = 64;

/// How many blocks and templates a page may enter when any template is the user's own: some 30 times
/// what ours do for six published frameworks at once, and done in seconds.
const MAX_STEPS: u64 = 500_000;

/// The largest page that a template of the user's own may make, in bytes.
const MAX_PAGE: usize = 64 * 1024 * 1024;

/// Before the name of a built-in template, where one of the user's own includes it.
const BUILT_IN: &str = "builtin/";

/// The line of a style or script of the user's own for which the built-in one stands.
const BUILT_IN_LINE: &str = "/* builtin */";

/// What is wrong with a template.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// The folder or a file of it cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of the folder is none of the templates.
    #[error("{} is not the name of a template", path.display())]
    UnknownName {
        /// The file.
        path: PathBuf,
        /// The nearest name, when one is near.
        nearest: Option<&'static str>,
    },
    /// A template is too large or nests too deep.
    #[error("{name}: {reason}")]
    TooMuch {
        /// The template.
        name: String,
        /// What there is too much of.
        reason: String,
    },
    /// Partials include each other.
    #[error("{}: these templates include each other without end", chain.join(" > "))]
    Cycle {
        /// The templates, the first one again at the end.
        chain: Vec<String>,
    },
    /// A template includes one that does not exist.
    #[error("{name}:{line}:{column}: there is no partial `{partial}`")]
    UnknownPartial {
        /// The template.
        name: String,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What it includes.
        partial: String,
        /// The nearest name, when one is near.
        nearest: Option<String>,
    },
    /// A template breaks Handlebars' rules.
    #[error("{name}:{line}:{column}: {reason}")]
    Syntax {
        /// The template.
        name: String,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong.
        reason: String,
    },
    /// A template asks for something that its page does not have.
    #[error("{name}:{line}:{column}: {reason}")]
    Render {
        /// The template.
        name: String,
        /// The line, from 1; 0 when Handlebars does not say.
        line: usize,
        /// The column, from 1; 0 when Handlebars does not say.
        column: usize,
        /// What is wrong.
        reason: String,
        /// The template of the page.
        page: String,
        /// The nearest name of a field, when it is one that is missing.
        nearest: Option<String>,
    },
}

impl TemplateError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let meant = |name: &str| format!("did you mean {name}?");
        match self {
            Self::UnknownName { nearest, .. } => {
                Some(nearest.map_or_else(|| "`navlayer templates list` names them all".to_owned(), meant))
            }
            Self::UnknownPartial { nearest, .. } => Some(nearest.as_ref().map_or_else(
                || "`navlayer templates list` names them all".to_owned(),
                |name| meant(&format!("`{name}`")),
            )),
            Self::Cycle { .. } => Some(format!(
                "`{{{{> {BUILT_IN}NAME}}}}` includes the built-in template that yours takes the place of"
            )),
            Self::Render { page, nearest, .. } => {
                let schema = format!("`navlayer schema view:{page}` tells what {page}.hbs is given");
                Some(match nearest {
                    Some(nearest) => format!("did you mean `{nearest}`? {schema}"),
                    None => schema,
                })
            }
            _ => None,
        }
    }
}

/// The templates, compiled.
pub struct Templates {
    handlebars: Handlebars<'static>,
    style: String,
    script: String,
    /// Styles and scripts that one page has beside those of all.
    more: BTreeMap<&'static str, String>,
    own: Own,
}

/// The templates of the user's own.
#[derive(Default)]
struct Own {
    /// Their files, by the name of the built-in one.
    files: BTreeMap<&'static str, PathBuf>,
}

impl Own {
    /// What messages call a template: the user's file, or the built-in one.
    fn shown(&self, template: &str) -> String {
        let file = format!("{}.hbs", template.trim_start_matches(BUILT_IN));
        match self.files.get(file.as_str()) {
            Some(path) if !template.starts_with(BUILT_IN) => path.display().to_string(),
            _ if self.files.is_empty() => file,
            _ => format!("the built-in {file}"),
        }
    }
}

/// Text that a helper writes as it is: ours, never a file's.
struct Raw(String);

impl HelperDef for Raw {
    fn call<'reg: 'rc, 'rc>(
        &self,
        _: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        Ok(out.write(&self.0)?)
    }
}

/// JSON for a data block, as it is: refused where anything in it could end the block's element.
struct Data;

impl HelperDef for Data {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let text = helper.param(0).and_then(|param| param.value().as_str()).unwrap_or_default();
        if text.contains(['<', '>', '&']) {
            let reason = "`data` writes only JSON that has `<`, `>` and `&` as escapes".to_owned();
            return Err(RenderErrorReason::Other(reason).into());
        }
        Ok(out.write(text)?)
    }
}

/// Escaped text that may break after a slash: "Websites/Domains" in a narrow cell.
struct Breakable;

impl HelperDef for Breakable {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let text = helper.param(0).and_then(|param| param.value().as_str()).unwrap_or_default();
        Ok(out.write(&escaped(text).replace('/', "/<wbr>"))?)
    }
}

/// The helpers that templates have beside Handlebars' own; the macro makes a type of each.
mod helpers {
    #![allow(missing_docs, reason = "the macro takes no documentation")]
    use handlebars::handlebars_helper;

    handlebars_helper!(number: |n: f64| super::grouped(n));
    handlebars_helper!(plural: |n: f64, one: str, many: str| {
        if (n - 1.0).abs() < f64::EPSILON { one } else { many }.to_owned()
    });
}

/// Text from a view as HTML text: what markup would obey is escaped, and the control characters that HTML does not
/// allow become U+FFFD. Line breaks and tabs stay.
fn escaped(text: &str) -> String {
    let text = handlebars::html_escape(text);
    let is_odd = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if text.contains(is_odd) { text.replace("\r\n", "\n").replace(is_odd, "\u{fffd}") } else { text }
}

/// A whole number with its thousands set apart: 20300.4 is `20,300`.
pub(super) fn grouped(n: f64) -> String {
    let digits = format!("{:.0}", n.round());
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

impl Templates {
    /// The embedded templates, with those of `folder` in their place where it has a file of the same name.
    ///
    /// # Errors
    /// When the folder cannot be read, holds a file that is no template, or a template is not sound.
    pub fn new(folder: Option<&Path>) -> Result<Self, TemplateError> {
        let mut files: BTreeMap<&'static str, String> =
            FILES.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
        let mut own = Own::default();
        if let Some(folder) = folder {
            own.files = override_files(folder, &mut files)?;
        }
        let mut handlebars = Handlebars::new();
        handlebars.set_strict_mode(true);
        handlebars.register_escape_fn(escaped);
        let style = files.remove("site.css").unwrap_or_default();
        let script = files.remove("site.js").unwrap_or_default();
        let mut more = BTreeMap::new();
        for (_, name) in MORE {
            more.insert(name, files.remove(name).unwrap_or_default());
        }
        for (name, template) in compile(&files, &own, &mut handlebars)? {
            handlebars.register_template(&name, template);
        }
        handlebars.register_helper("breakable", Box::new(Breakable));
        handlebars.register_helper("data", Box::new(Data));
        handlebars.register_helper("number", Box::new(helpers::number));
        handlebars.register_helper("plural", Box::new(helpers::plural));
        let mut templates = Self { handlebars, style, script, more, own };
        templates.set_theme("");
        Ok(templates)
    }

    /// Puts the generated part of the style sheet before `site.css`.
    pub fn set_theme(&mut self, theme: &str) {
        let style = format!("{theme}{}", self.style);
        self.put(style, self.script.clone());
    }

    /// As [`Templates::set_theme`], with the styles and the script of one page after those of all: `compare.css` and
    /// `compare.js` of `compare`; `last` ends the style sheet, and so has the last word.
    pub(super) fn set_theme_of(&mut self, page: &str, theme: &str, last: &str) {
        let own = |ending: &str| -> String {
            let files = MORE.iter().filter(|(of, name)| *of == page && name.ends_with(ending));
            files.filter_map(|(_, name)| self.more.get(name).map(String::as_str)).collect()
        };
        let style = format!("{theme}{}{}{last}", self.style, own(".css"));
        let script = format!("{}{}", self.script, own(".js"));
        self.put(style, script);
    }

    /// The picture of a page that has one: SVG of ours.
    pub(super) fn set_picture(&mut self, picture: String) {
        self.handlebars.register_helper("picture", Box::new(Raw(picture)));
    }

    fn put(&mut self, style: String, script: String) {
        let csp = policy(&style, &script);
        self.handlebars.register_helper("stylesheet", Box::new(Raw(style)));
        self.handlebars.register_helper("script", Box::new(Raw(script)));
        self.handlebars.register_helper("csp", Box::new(Raw(csp)));
    }

    /// A page from its view.
    ///
    /// # Errors
    /// When the template asks for something that the view does not have.
    pub fn render(&self, name: &str, view: &impl Serialize) -> Result<String, TemplateError> {
        if self.own.files.is_empty() {
            return self.handlebars.render(name, view).map_err(|error| self.failed(name, view, &error));
        }
        check::start();
        let mut page = Page(Vec::new());
        self.handlebars
            .render_to_write(name, view, &mut page)
            .map_err(|error| self.failed(name, view, &error))?;
        Ok(String::from_utf8_lossy(&page.0).into_owned())
    }

    fn failed(&self, page: &str, view: &impl Serialize, error: &handlebars::RenderError) -> TemplateError {
        let template = error.template_name.as_deref().unwrap_or(page);
        let mut nearest = None;
        let reason = match error.reason() {
            RenderErrorReason::MissingVariable(Some(field)) => {
                nearest = serde_json::to_value(view).ok().and_then(|view| nearest_field(field, &view));
                format!("the page has no field `{field}`")
            }
            RenderErrorReason::IOError(error) => error.to_string(),
            reason => first_line(&reason.to_string()),
        };
        TemplateError::Render {
            name: self.own.shown(template),
            line: error.line_no.unwrap_or(0),
            column: error.column_no.unwrap_or(0),
            reason,
            page: page.to_owned(),
            nearest,
        }
    }
}

/// A page of templates of the user's own, as far as it may grow.
struct Page(Vec<u8>);

impl io::Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_PAGE {
            return Err(io::Error::other(format!("the page is larger than {} MiB", MAX_PAGE / 1024 / 1024)));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The templates by name, the built-in ones that are included beside one of the user's own among them, checked where
/// any is the user's own.
fn compile(
    files: &BTreeMap<&'static str, String>,
    own: &Own,
    handlebars: &mut Handlebars<'_>,
) -> Result<BTreeMap<String, Template>, TemplateError> {
    let mut texts: BTreeMap<String, &str> =
        files.iter().map(|(name, text)| (name.trim_end_matches(".hbs").to_owned(), text.as_str())).collect();
    if !own.files.is_empty() {
        let built_in = FILES.iter().filter(|(name, _)| files.contains_key(name));
        let included =
            built_in.map(|(name, text)| (format!("{BUILT_IN}{}", name.trim_end_matches(".hbs")), *text));
        let is_included =
            |name: &str| own.files.keys().any(|own| files.get(own).is_some_and(|text| text.contains(name)));
        texts.extend(included.filter(|(name, _)| is_included(name)));
    }
    let mut templates = BTreeMap::new();
    for (name, text) in texts {
        if !own.files.is_empty() {
            check::nesting(&own.shown(&name), text)?;
        }
        let template = Template::compile_with_name(text, name.clone()).map_err(|error| {
            let (line, column) = error.pos().unwrap_or((0, 0));
            let reason = first_line(&error.reason().to_string());
            TemplateError::Syntax { name: own.shown(&name), line, column, reason }
        })?;
        templates.insert(name, template);
    }
    if !own.files.is_empty() {
        check::includes(&templates, &|name| own.shown(name))?;
        check::count(&mut templates, handlebars).map_err(|error| TemplateError::TooMuch {
            name: "a built-in template".to_owned(),
            reason: error.reason().to_string(),
        })?;
    }
    Ok(templates)
}

/// The field of a view, at any depth, that is called most like the last part of a path.
fn nearest_field(path: &str, view: &Value) -> Option<String> {
    fn collect<'a>(value: &'a Value, names: &mut std::collections::BTreeSet<&'a str>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    names.insert(name);
                    collect(value, names);
                }
            }
            _ => {}
        }
    }
    let mut names = std::collections::BTreeSet::new();
    collect(view, &mut names);
    let field = path.rsplit(['.', '/']).next().unwrap_or(path);
    crate::suggest::nearest(field, names).map(str::to_owned)
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// The policy that lets a page use its own style and script and nothing else: no request can leave it.
fn policy(style: &str, script: &str) -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())));
    format!(
        "default-src 'none'; style-src {}; script-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        hash(style),
        hash(script)
    )
}

/// The files of a folder that take the place of built-in templates, by the name of the built-in one.
///
/// # Errors
/// When the folder cannot be read, or holds a file that is no template.
pub fn replaced(folder: &Path) -> Result<BTreeMap<&'static str, PathBuf>, TemplateError> {
    override_files(folder, &mut BTreeMap::new())
}

/// Puts the files of a folder in the place of the built-in ones; tells which.
fn override_files(
    folder: &Path,
    files: &mut BTreeMap<&'static str, String>,
) -> Result<BTreeMap<&'static str, PathBuf>, TemplateError> {
    let mut own = BTreeMap::new();
    let error = |path: &Path| {
        let path = path.to_owned();
        move |source| TemplateError::Io { path, source }
    };
    let mut entries = Vec::new();
    for entry in folder.read_dir().map_err(error(folder))? {
        entries.push(entry.map_err(error(folder))?.path());
    }
    entries.sort();
    for path in entries {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with('.') {
            continue;
        }
        let Some((known, built_in)) = FILES.iter().find(|(known, _)| *known == name) else {
            let nearest = crate::suggest::nearest(&name, FILES.iter().map(|(name, _)| *name));
            return Err(TemplateError::UnknownName { path, nearest });
        };
        let size = path.metadata().map_err(error(&path))?.len();
        if size > MAX_BYTES {
            let reason = "larger than 1 MiB".to_owned();
            return Err(TemplateError::TooMuch { name: path.display().to_string(), reason });
        }
        let text = std::fs::read_to_string(&path).map_err(error(&path))?;
        let is_handlebars = Path::new(known).extension().is_some_and(|ending| ending == "hbs");
        files.insert(known, if is_handlebars { text } else { with_builtin(&text, built_in) });
        own.insert(*known, path);
    }
    for name in ["site.css", "site.js"].into_iter().chain(MORE.map(|(_, name)| name)) {
        let is_style = Path::new(name).extension().is_some_and(|ending| ending == "css");
        let end = if is_style { "</style" } else { "</script" };
        if files.get(name).is_some_and(|text| text.to_lowercase().contains(end)) {
            let reason = format!("`{end}` would end the page's own element");
            let name = own.get(name).map_or_else(|| name.to_owned(), |path| path.display().to_string());
            return Err(TemplateError::TooMuch { name, reason });
        }
    }
    Ok(own)
}

/// A style or script of the user's own, the built-in one in the place of the first line that asks for it.
fn with_builtin(text: &str, built_in: &str) -> String {
    let mut lines = text.split_inclusive('\n');
    let mut made: String = lines.by_ref().take_while(|line| line.trim() != BUILT_IN_LINE).collect();
    let asks = text.lines().any(|line| line.trim() == BUILT_IN_LINE);
    if asks {
        made.push_str(built_in);
    }
    made.extend(lines);
    made
}
