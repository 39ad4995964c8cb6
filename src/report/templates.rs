//! The templates: Handlebars in strict mode over typed views, embedded, and overridable file by file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderErrorReason,
};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

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
    "footer.hbs",
    "fraction.hbs",
    "framework.hbs",
    "gaps.hbs",
    "head.hbs",
    "headline.hbs",
    "index.hbs",
    "mapping_table.hbs",
    "matrix.hbs",
    "next.hbs",
    "not_assessed.hbs",
    "places.hbs",
    "references.hbs",
    "site.css",
    "site.js",
    "technique.hbs",
    "technique_list.hbs",
    "threat.hbs",
    "upgrade.hbs",
    "upgrade_record.hbs",
    "upgrades.hbs",
];

/// The styles and scripts that only one page has.
const MORE: [&str; 2] = ["compare.css", "compare.js"];

/// The largest template that is read, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// How deep blocks may nest in a template; the parser's own stack ends far beyond it.
const MAX_DEPTH: usize = 64;

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
        source: std::io::Error,
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
    },
}

/// The templates, compiled.
pub struct Templates {
    handlebars: Handlebars<'static>,
    style: String,
    script: String,
    /// Styles and scripts that one page has beside those of all.
    more: BTreeMap<&'static str, String>,
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
fn grouped(n: f64) -> String {
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
        let mut files: BTreeMap<&str, String> =
            FILES.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
        if let Some(folder) = folder {
            override_files(folder, &mut files)?;
            check_depth(&files)?;
            check_cycles(&files)?;
        }
        let mut handlebars = Handlebars::new();
        handlebars.set_strict_mode(true);
        handlebars.register_escape_fn(escaped);
        let style = files.remove("site.css").unwrap_or_default();
        let script = files.remove("site.js").unwrap_or_default();
        let mut more = BTreeMap::new();
        for name in MORE {
            more.insert(name, files.remove(name).unwrap_or_default());
        }
        for (name, text) in &files {
            let name = name.trim_end_matches(".hbs");
            handlebars.register_template_string(name, text).map_err(|error| {
                let (line, column) = error.pos().unwrap_or((0, 0));
                let reason = first_line(&error.reason().to_string());
                TemplateError::Syntax { name: format!("{name}.hbs"), line, column, reason }
            })?;
        }
        handlebars.register_helper("breakable", Box::new(Breakable));
        handlebars.register_helper("number", Box::new(helpers::number));
        handlebars.register_helper("plural", Box::new(helpers::plural));
        let mut templates = Self { handlebars, style, script, more };
        templates.set_theme("");
        Ok(templates)
    }

    /// Puts the generated part of the style sheet before `site.css`.
    pub fn set_theme(&mut self, theme: &str) {
        let style = format!("{theme}{}", self.style);
        self.put(style, self.script.clone());
    }

    /// As [`Templates::set_theme`], with the styles and the script of one page after those of all: `compare.css` and
    /// `compare.js` of `compare`.
    pub(super) fn set_theme_of(&mut self, page: &str, theme: &str) {
        let own =
            |ending: &str| self.more.get(format!("{page}.{ending}").as_str()).map_or("", String::as_str);
        let style = format!("{theme}{}{}", self.style, own("css"));
        let script = format!("{}{}", self.script, own("js"));
        self.put(style, script);
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
        self.handlebars.render(name, view).map_err(|error| {
            let template = error.template_name.clone().unwrap_or_else(|| name.to_owned());
            let reason = match error.reason() {
                RenderErrorReason::MissingVariable(Some(field)) => format!("the page has no field `{field}`"),
                reason => first_line(&reason.to_string()),
            };
            TemplateError::Render {
                name: format!("{template}.hbs"),
                line: error.line_no.unwrap_or(0),
                column: error.column_no.unwrap_or(0),
                reason,
            }
        })
    }
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

fn override_files(folder: &Path, files: &mut BTreeMap<&str, String>) -> Result<(), TemplateError> {
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
        let Some(held) = files.get_mut(name.as_str()) else {
            let nearest = crate::suggest::nearest(&name, FILES.iter().map(|(name, _)| *name));
            return Err(TemplateError::UnknownName { path, nearest });
        };
        let size = path.metadata().map_err(error(&path))?.len();
        if size > MAX_BYTES {
            return Err(TemplateError::TooMuch { name, reason: "larger than 1 MiB".to_owned() });
        }
        *held = std::fs::read_to_string(&path).map_err(error(&path))?;
    }
    let closes = [
        ("site.css", "</style"),
        ("compare.css", "</style"),
        ("site.js", "</script"),
        ("compare.js", "</script"),
    ];
    for (name, end) in closes {
        if files.get(name).is_some_and(|text| text.to_lowercase().contains(end)) {
            let reason = format!("`{end}` would end the page's own element");
            return Err(TemplateError::TooMuch { name: name.to_owned(), reason });
        }
    }
    Ok(())
}

/// Refuses blocks nested so deep that the parser would run out of stack.
fn check_depth(files: &BTreeMap<&str, String>) -> Result<(), TemplateError> {
    for (name, text) in files {
        let mut depth = 0_usize;
        for tag in text.split("{{").skip(1) {
            let tag = tag.trim_start_matches(['~', '{']);
            if tag.starts_with('#') {
                depth += 1;
            } else if tag.starts_with('/') {
                depth = depth.saturating_sub(1);
            }
            let parens = tag.split("}}").next().map_or(0, |inside| inside.matches('(').count());
            if depth > MAX_DEPTH || parens > MAX_DEPTH {
                let reason = format!("blocks nest deeper than {MAX_DEPTH}");
                return Err(TemplateError::TooMuch { name: (*name).to_owned(), reason });
            }
        }
    }
    Ok(())
}

/// Refuses partials that include each other: Handlebars would follow them until the stack ends.
fn check_cycles(files: &BTreeMap<&str, String>) -> Result<(), TemplateError> {
    let includes: BTreeMap<&str, BTreeSet<&str>> =
        files.iter().filter_map(|(name, text)| Some((name.strip_suffix(".hbs")?, partials(text)))).collect();
    for start in includes.keys() {
        let mut chain = vec![*start];
        follow(&includes, &mut chain)?;
    }
    Ok(())
}

fn follow<'a>(
    includes: &BTreeMap<&'a str, BTreeSet<&'a str>>,
    chain: &mut Vec<&'a str>,
) -> Result<(), TemplateError> {
    let Some(last) = chain.last() else { return Ok(()) };
    for next in includes.get(last).into_iter().flatten() {
        let closes = chain.contains(next);
        chain.push(next);
        if closes {
            return Err(TemplateError::Cycle {
                chain: chain.iter().map(|name| (*name).to_owned()).collect(),
            });
        }
        follow(includes, chain)?;
        chain.pop();
    }
    Ok(())
}

/// The names that a template includes.
fn partials(text: &str) -> BTreeSet<&str> {
    let tags = text.split("{{").skip(1).filter_map(|tag| {
        let tag = tag.trim_start_matches('~');
        let tag = tag.strip_prefix('>').or_else(|| tag.strip_prefix("#>"))?;
        tag.trim_start().split(|c: char| c.is_whitespace() || c == '}' || c == '~').next()
    });
    tags.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_templates_are_sound() {
        Templates::new(None).unwrap();
        let files = FILES.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
        check_depth(&files).unwrap();
        check_cycles(&files).unwrap();
    }

    #[test]
    fn no_template_writes_what_is_not_escaped() {
        for (name, text) in
            FILES.iter().filter(|(name, _)| Path::new(name).extension().is_some_and(|end| end == "hbs"))
        {
            for banned in ["{{{", "{{&", "{{~{", "{{~&", " style=", " onclick=", "javascript:"] {
                assert!(!text.contains(banned), "{name} has {banned}");
            }
        }
    }

    #[test]
    fn every_template_file_is_listed() {
        let mut on_disk: Vec<String> = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("templates")
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        on_disk.sort();
        assert_eq!(on_disk, FILES.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    }

    fn with_override(name: &str, text: &str) -> Result<Templates, TemplateError> {
        let folder = tempfile::tempdir().unwrap();
        crate::output::write_file(&folder.path().join(name), text.as_bytes()).unwrap();
        Templates::new(Some(folder.path()))
    }

    #[test]
    fn mistakes_in_an_override_are_named() {
        let error =
            |name, text| with_override(name, text).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error("footer.hbs", "a\n{{#if x}}").starts_with("footer.hbs:"));
        assert!(error("foter.hbs", "x").contains("not the name of a template"));
        assert!(error("bar.hbs", "{{> fraction}}").is_empty());
        assert!(with_override("bar.hbs", "{{> matrix}}").is_ok());
        let deep = "{{#if a}}".repeat(10_000) + &"{{/if}}".repeat(10_000);
        assert!(error("bar.hbs", &deep).contains("nest deeper"));
        assert!(error("site.css", "</STYLE><script>").contains("would end"));
        let templates = with_override("fraction.hbs", "{{nonsense}}").unwrap();
        let failed = templates.render("fraction", &serde_json::json!({"n": 1})).unwrap_err().to_string();
        assert_eq!(failed, "fraction.hbs:1:1: the page has no field `nonsense`");
    }

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [(0.0, "0"), (999.4, "999"), (20_300.0, "20,300"), (1_234_567.0, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }
}
