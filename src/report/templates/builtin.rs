//! What the built-in templates are for, as their own first comment says it.

use super::FILES;

/// What a template is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplateKind {
    /// A page.
    Page,
    /// A part of pages, included as `{{> name}}`.
    Partial,
    /// A style sheet.
    Style,
    /// A script.
    Script,
}

impl TemplateKind {
    /// In a word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Partial => "partial",
            Self::Style => "style",
            Self::Script => "script",
        }
    }
}

/// A built-in template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltIn {
    /// The name of the file.
    pub name: &'static str,
    /// What it is.
    pub kind: TemplateKind,
    /// What it is for, in a sentence.
    pub purpose: &'static str,
    /// What a partial is given beside its context; empty for most.
    pub given: &'static str,
    /// The schema of what a page is given, as `navlayer schema` calls it; empty for what is no page.
    pub schema: &'static str,
    /// The whole file.
    pub text: &'static str,
}

/// The templates that are pages, and the schemas of their views.
const PAGES: [(&str, &str); 8] = [
    ("capability.hbs", "view:capability"),
    ("compare.hbs", "view:compare"),
    ("diff.hbs", "view:diff"),
    ("index.hbs", "view:index"),
    ("layer.hbs", "view:layer"),
    ("report.hbs", "view:report"),
    ("technique.hbs", "view:technique"),
    ("upgrade.hbs", "view:upgrade"),
];

/// Every built-in template, by name.
pub fn builtins() -> impl Iterator<Item = BuiltIn> {
    FILES.iter().map(|&(name, text)| {
        let schema = PAGES.iter().find(|(page, _)| *page == name).map_or("", |(_, schema)| *schema);
        let kind = match name.rsplit('.').next() {
            Some("css") => TemplateKind::Style,
            Some("js") => TemplateKind::Script,
            _ if schema.is_empty() => TemplateKind::Partial,
            _ => TemplateKind::Page,
        };
        let comment = first_comment(text);
        let (purpose, given) = match comment.split_once(". ") {
            Some((purpose, given)) => (purpose, given.trim()),
            None => (comment.trim_end_matches('.'), ""),
        };
        BuiltIn { name, kind, purpose, given, schema, text }
    })
}

/// The comment with which a file begins.
fn first_comment(text: &str) -> &str {
    let of = |start: &str, end: &str| text.strip_prefix(start).and_then(|rest| rest.split(end).next());
    let comment = of("{{!--", "--").or_else(|| of("/*", "*/")).or_else(|| of("//", "\n"));
    comment.unwrap_or_default().trim()
}
