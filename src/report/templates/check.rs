//! What templates of the user's own are held to before they are used: nothing in them may end the process, or never end.
//!
//! [`nesting`] goes over the text, as the parser would run out of stack; the rest goes over what was parsed.

use std::cell::Cell;
use std::collections::BTreeMap;

use handlebars::template::{Parameter, TemplateElement, TemplateMapping};
use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderErrorReason, Template,
};

use super::{MAX_DEPTH, MAX_STEPS, TemplateError};

/// The helper that counts; no template can call it by accident.
const STEP: &str = "navlayer-step";

thread_local! {
    /// How many blocks and templates the page that this thread draws may still enter.
    static LEFT: Cell<u64> = const { Cell::new(u64::MAX) };
}

/// Refuses blocks and parentheses nested so deep that the parser would run out of stack.
///
/// It reads tags as the parser does; what it could read otherwise (`}}` within a text) it refuses.
pub(super) fn nesting(name: &str, text: &str) -> Result<(), TemplateError> {
    // For each open block how many levels it takes: each `{{else if …}}` of it is one more.
    let mut open: Vec<usize> = Vec::new();
    let mut depth = 0;
    let mut at = 0;
    while let Some(start) = text[at..].find("{{").map(|found| at + found) {
        let refused =
            |reason: String| Err(TemplateError::TooMuch { name: line_of(name, text, start), reason });
        let rest = &text[start + 2..];
        let is_escaped = text[..start].ends_with('\\') && !text[..start].ends_with("\\\\");
        if is_escaped {
            at = start + if rest.starts_with("{{") { 4 } else { 2 };
            continue;
        }
        if let Some(comment) = rest.strip_prefix('!') {
            let long = comment.strip_prefix("--").and_then(|long| long.find("--}}").map(|end| end + 6));
            let Some(length) = long.or_else(|| comment.find("}}").map(|end| end + 2)) else { return Ok(()) };
            at = start + 3 + length;
            continue;
        }
        if rest.starts_with("{{") {
            return refused("`{{{{` blocks are not supported".to_owned());
        }
        let Some(tag) = Tag::read(rest) else {
            return refused("this tag has no end, or `}}` within a text".to_owned());
        };
        if tag.parens > MAX_DEPTH {
            return refused(format!("parentheses nest deeper than {MAX_DEPTH}"));
        }
        match tag.kind() {
            Kind::Open => open.push(1),
            Kind::Chain => {
                if let Some(last) = open.last_mut() {
                    *last += 1;
                }
            }
            Kind::Close => depth -= open.pop().unwrap_or_default(),
            Kind::Other => {}
        }
        depth += usize::from(matches!(tag.kind(), Kind::Open | Kind::Chain) && !open.is_empty());
        if depth > MAX_DEPTH {
            return refused(format!("blocks nest deeper than {MAX_DEPTH}"));
        }
        at = start + 2 + tag.inside.len();
    }
    Ok(())
}

fn line_of(name: &str, text: &str, at: usize) -> String {
    format!("{name}:{}", text[..at].matches('\n').count() + 1)
}

/// What stands between `{{` and `}}`.
struct Tag<'a> {
    inside: &'a str,
    /// How many parentheses and brackets open in it.
    parens: usize,
}

enum Kind {
    Open,
    /// `{{else if …}}`
    Chain,
    Close,
    Other,
}

impl<'a> Tag<'a> {
    /// The tag at the start of a text; `None` when it does not end, or not outside of a text or a bracket.
    fn read(rest: &'a str) -> Option<Self> {
        let mut within = None;
        let mut parens = 0;
        let mut escaped = false;
        for (at, c) in rest.char_indices() {
            let is_end = rest[at..].starts_with("}}");
            match within {
                Some(_) if is_end => return None,
                Some(end) if c == end && !escaped => within = None,
                Some(_) => {}
                None if is_end => return Some(Self { inside: &rest[..at], parens }),
                None => match c {
                    '"' | '\'' => within = Some(c),
                    '[' => {
                        within = Some(']');
                        parens += 1;
                    }
                    '(' => parens += 1,
                    '{' if at > 1 => parens += 1,
                    _ => {}
                },
            }
            escaped = c == '\\' && !escaped;
        }
        None
    }

    fn kind(&self) -> Kind {
        let inside = self.inside.trim_start_matches('~').trim_start();
        let inside = inside.strip_suffix('~').unwrap_or(inside).trim_end();
        let chain = inside.strip_prefix("else").or_else(|| inside.strip_prefix('^'));
        match chain {
            _ if inside.starts_with('#') => Kind::Open,
            _ if inside.starts_with('/') => Kind::Close,
            Some(more) if !more.is_empty() => Kind::Chain,
            _ => Kind::Other,
        }
    }
}

/// A place where a template includes another.
struct Include<'a> {
    name: &'a str,
    line: usize,
    column: usize,
    /// How many blocks are open there.
    depth: usize,
}

/// What one template includes, and how deep its blocks nest.
#[derive(Default)]
struct Parts<'a> {
    includes: Vec<Include<'a>>,
    depth: usize,
}

/// Refuses partials that do not exist or include each other: Handlebars would follow them until the stack ends. Also
/// what could hide such a thing: names that are computed, and partials made within a template.
///
/// `shown` is what a message calls a template.
pub(super) fn includes(
    templates: &BTreeMap<String, Template>,
    shown: &dyn Fn(&str) -> String,
) -> Result<(), TemplateError> {
    let mut parts: BTreeMap<&str, Parts<'_>> = BTreeMap::new();
    for (name, template) in templates {
        let mut found = Parts::default();
        let at = |mapping: &TemplateMapping| (shown(name), mapping.0, mapping.1);
        collect(template, 1, &at, &mut found)?;
        let unknown = found.includes.iter().find(|include| !templates.contains_key(include.name));
        if let Some(Include { name: unknown, line, column, .. }) = unknown {
            let nearest = crate::suggest::nearest(unknown, templates.keys().map(String::as_str));
            return Err(TemplateError::UnknownPartial {
                name: shown(name),
                line: *line,
                column: *column,
                partial: (*unknown).to_owned(),
                nearest: nearest.map(str::to_owned),
            });
        }
        parts.insert(name, found);
    }
    let mut depths = BTreeMap::new();
    for name in templates.keys() {
        let depth = follow(&parts, &mut vec![name], &mut depths)?;
        if depth > MAX_DEPTH {
            let reason = format!("its blocks and those that it includes nest deeper than {MAX_DEPTH}");
            return Err(TemplateError::TooMuch { name: shown(name), reason });
        }
    }
    Ok(())
}

type Place<'a> = dyn Fn(&TemplateMapping) -> (String, usize, usize) + 'a;

fn collect<'a>(
    template: &'a Template,
    depth: usize,
    place: &Place<'_>,
    parts: &mut Parts<'a>,
) -> Result<(), TemplateError> {
    parts.depth = parts.depth.max(depth);
    for (element, mapping) in template.elements.iter().zip(&template.mapping) {
        let (name, line, column) = place(mapping);
        let refused =
            |reason: &str| Err(TemplateError::Syntax { name, line, column, reason: reason.to_owned() });
        match element {
            TemplateElement::HelperBlock(block) => {
                for inner in [&block.template, &block.inverse].into_iter().flatten() {
                    collect(inner, depth + 1, place, parts)?;
                }
            }
            TemplateElement::PartialExpression(partial) => match &partial.name {
                Parameter::Name(name) => parts.includes.push(Include { name, line, column, depth }),
                _ => return refused("the name of a partial cannot be computed"),
            },
            TemplateElement::PartialBlock(_) => {
                return refused("a partial takes no block: `{{> name}}` includes it");
            }
            TemplateElement::DecoratorExpression(_) | TemplateElement::DecoratorBlock(_) => {
                return refused("a partial is a file of its own, not made within a template");
            }
            _ => {}
        }
    }
    Ok(())
}

/// How deep the last template of a chain nests, with all that it includes.
fn follow<'a>(
    parts: &BTreeMap<&'a str, Parts<'a>>,
    chain: &mut Vec<&'a str>,
    depths: &mut BTreeMap<&'a str, usize>,
) -> Result<usize, TemplateError> {
    let Some((last, held)) = chain.last().and_then(|last| parts.get_key_value(last)) else { return Ok(0) };
    if let Some(depth) = depths.get(last) {
        return Ok(*depth);
    }
    let mut depth = held.depth;
    for Include { name, depth: above, .. } in &held.includes {
        let closes = chain.contains(name);
        chain.push(name);
        if closes {
            let chain = chain.iter().map(|name| (*name).to_owned()).collect();
            return Err(TemplateError::Cycle { chain });
        }
        depth = depth.max(above + follow(parts, chain, depths)?);
        chain.pop();
    }
    depths.insert(last, depth);
    Ok(depth)
}

/// The helper that ends a page that goes on and on, with or without writing anything.
struct Step;

impl HelperDef for Step {
    fn call<'reg: 'rc, 'rc>(
        &self,
        _: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        _: &mut dyn Output,
    ) -> HelperResult {
        LEFT.with(|left| {
            let Some(less) = left.get().checked_sub(1) else {
                let reason = format!("loops go through more than {MAX_STEPS} blocks for one page");
                return Err(RenderErrorReason::Other(reason).into());
            };
            left.set(less);
            Ok(())
        })
    }
}

/// Lets the page that this thread draws next enter so many blocks.
pub(super) fn start() {
    LEFT.set(MAX_STEPS);
}

/// Makes every template and every block of it count as it is entered.
pub(super) fn count(
    templates: &mut BTreeMap<String, Template>,
    handlebars: &mut Handlebars<'_>,
) -> Result<(), handlebars::TemplateError> {
    handlebars.register_helper(STEP, Box::new(Step));
    let step = Template::compile(&format!("{{{{{STEP}}}}}"))?;
    if let (Some(element), Some(mapping)) = (step.elements.first(), step.mapping.first()) {
        for template in templates.values_mut() {
            put(template, element, mapping);
        }
    }
    Ok(())
}

fn put(template: &mut Template, element: &TemplateElement, mapping: &TemplateMapping) {
    for inner in &mut template.elements {
        if let TemplateElement::HelperBlock(block) = inner {
            for inner in [&mut block.template, &mut block.inverse].into_iter().flatten() {
                put(inner, element, mapping);
            }
        }
    }
    let mapping = template.mapping.first().unwrap_or(mapping).clone();
    template.elements.insert(0, element.clone());
    template.mapping.insert(0, mapping);
}
