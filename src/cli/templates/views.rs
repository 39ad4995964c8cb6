//! What templates are given, as a page of Markdown: the JSON Schemas in tables.

use std::collections::BTreeMap;
use std::io;

use navlayer::render::markdown::escape;
use navlayer::report::templates::builtins;
use serde_json::Value;

use crate::cli::schema;
use crate::cli::{CommandResult, Outcome};

const START: &str = "\
# What templates are given

Made by `navlayer templates views` from the JSON Schemas that `navlayer schema view:…` prints. First the views of pages,
then the parts that they share, by name. A field that is not always there is tested first: `{{#if field}}`. How templates
are replaced is told in [templates.md](templates.md).
";

/// Prints the page.
pub(super) fn print(out: &mut dyn io::Write) -> CommandResult {
    out.write_all(START.as_bytes())?;
    let mut shared: BTreeMap<String, Value> = BTreeMap::new();
    for page in builtins().filter(|template| !template.schema.is_empty()) {
        let Some(mut schema) = schema::of(page.schema) else { continue };
        if let Some(Value::Object(parts)) = schema.get_mut("$defs").map(Value::take) {
            shared.extend(parts);
        }
        let title = schema.get("title").and_then(Value::as_str).unwrap_or(page.schema);
        section(&format!("{}: {title}", page.name), &schema, out)?;
    }
    for (name, schema) in &shared {
        section(name, schema, out)?;
    }
    Ok(Outcome::Clean)
}

fn section(heading: &str, schema: &Value, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "\n## {heading}\n\n{}", description(schema))?;
    let Some(fields) = schema.get("properties").and_then(Value::as_object) else {
        return writeln!(out, "\nIn JSON: {}.", kind(schema));
    };
    let always: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    writeln!(out, "\n| Field | What it is | What it says |\n|---|---|---|")?;
    for (name, field) in fields {
        let maybe = if always.contains(&name.as_str()) { "" } else { ", or absent" };
        writeln!(out, "| `{name}` | {}{maybe} | {} |", kind(field), description(field).replace('|', "\\|"))?;
    }
    Ok(())
}

fn description(schema: &Value) -> String {
    let text = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The type of a value in words: `string`, `list of CoverageRow`, `string or null`.
fn kind(schema: &Value) -> String {
    let several = |key: &str| schema.get(key).and_then(Value::as_array);
    let link = |name: &str| {
        let target = name.to_lowercase();
        format!("[{name}](#{target})")
    };
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        return link(name.rsplit('/').next().unwrap_or(name));
    }
    if let Some(kinds) = several("anyOf").or_else(|| several("oneOf")) {
        return kinds.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    if let Some(words) = several("enum") {
        let words: Vec<String> =
            words.iter().filter_map(Value::as_str).map(|word| format!("`{word}`")).collect();
        return words.join(" or ");
    }
    if let Some(word) = schema.get("const").and_then(Value::as_str) {
        return format!("`{word}`");
    }
    let of = |name: &str| match (name, schema.get("items")) {
        ("array", Some(items)) => format!("list of {}", kind(items)),
        _ => escape(name),
    };
    match schema.get("type") {
        Some(Value::String(name)) => of(name),
        Some(Value::Array(names)) => {
            names.iter().filter_map(Value::as_str).map(of).collect::<Vec<_>>().join(" or ")
        }
        _ => "any value".to_owned(),
    }
}
