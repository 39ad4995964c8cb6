//! What is in force, as `navlayer config show` lists it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::keys::FILTERS;
use super::settings::Settings;
use super::written::{Origin, Setting, TINTS, origins};
use crate::diagnostic::Action;
use crate::mapping::read::Columns;
use crate::mapping::{Category, Level};

/// Every setting with its origin.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct InForce {
    /// The configuration that was read, relative to the working directory; `null` when there is none.
    pub file: Option<String>,
    /// Every setting, in the order of the documentation.
    pub settings: Vec<SettingView>,
}

/// A setting.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SettingView {
    /// The key, dotted, as TOML writes it: `score.metric`, `names.frameworks.aws`.
    pub key: String,
    /// The value as the configuration would hold it: a text, a number or a list of texts; `null` when nothing is set.
    pub value: Value,
    /// What stands in for a value that is `null`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instead: Option<&'static str>,
    /// Where the value came from, at least one: a list may be written on several lines.
    pub origins: Vec<OriginView>,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum OriginView {
    /// From nobody.
    Default,
    /// From a configuration.
    File {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
    },
    /// From a flag of this run.
    Flag {
        /// The flag with its dashes, or `command line` for what stands without one.
        flag: String,
    },
}

impl From<&Origin> for OriginView {
    fn from(origin: &Origin) -> Self {
        match origin {
            Origin::Default => Self::Default,
            Origin::File(position) => {
                let place = position.place();
                Self::File { file: place.file.to_string(), line: place.line }
            }
            Origin::Flag(flag) => Self::Flag { flag: flag.to_string() },
        }
    }
}

impl std::fmt::Display for OriginView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { file, line } => write!(f, "{file}:{line}"),
            Self::Flag { flag } => f.write_str(flag),
        }
    }
}

/// The rows while they are made.
#[derive(Default)]
struct Rows(Vec<SettingView>);

impl Rows {
    fn push(
        &mut self,
        key: impl Into<String>,
        value: Value,
        instead: Option<&'static str>,
        from: Vec<Origin>,
    ) {
        let from = if from.is_empty() { vec![Origin::Default] } else { from };
        let instead = instead.filter(|_| value.is_null());
        let origins = from.iter().map(OriginView::from).collect();
        self.0.push(SettingView { key: key.into(), value, instead, origins });
    }

    fn one<T>(&mut self, key: &str, setting: &Setting<T>, value: impl Into<Value>) {
        self.push(key, value.into(), None, vec![setting.origin.clone()]);
    }

    fn maybe<T>(&mut self, key: &str, setting: &Setting<T>, value: Option<String>, instead: &'static str) {
        let value = value.map_or(Value::Null, Value::from);
        self.push(key, value, Some(instead), vec![setting.origin.clone()]);
    }

    fn list<T>(
        &mut self,
        key: String,
        settings: &[Setting<T>],
        instead: &'static str,
        text: impl Fn(&T) -> String,
    ) {
        let mut values: Vec<String> = Vec::with_capacity(settings.len());
        for value in settings.iter().map(|setting| text(&setting.value)) {
            if !values.contains(&value) {
                values.push(value);
            }
        }
        let value = if values.is_empty() { Value::Null } else { json!(values) };
        self.push(key, value, Some(instead), origins(settings));
    }

    /// One row for each entry.
    fn map<T>(&mut self, key: &str, settings: &BTreeMap<String, Setting<T>>, text: impl Fn(&T) -> String) {
        if settings.is_empty() {
            self.push(key, Value::Null, None, Vec::new());
        }
        for (entry, setting) in settings {
            self.one(&format!("{key}.{}", part(entry)), setting, text(&setting.value));
        }
    }
}

/// A part of a dotted key, in quotes where TOML wants them.
fn part(key: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !key.is_empty() && key.chars().all(is_bare) { key.to_owned() } else { toml_string(key) }
}

/// A text as TOML writes it: what JSON escapes, TOML reads, and it wants the delete character escaped too.
fn toml_string(text: &str) -> String {
    Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

impl SettingView {
    /// The value as TOML writes it, on one line; `None` for what is not set, or what no file can say: that standard
    /// input is read.
    #[must_use]
    pub fn toml(&self) -> Option<String> {
        match &self.value {
            Value::Null => None,
            Value::Array(values) => {
                let texts = values.iter().filter_map(Value::as_str).filter(|text| *text != "-");
                let texts: Vec<String> = texts.map(toml_string).collect();
                // A list without an entry says that there is none.
                (values.is_empty() || !texts.is_empty()).then(|| format!("[{}]", texts.join(", ")))
            }
            Value::String(text) => Some(toml_string(text)),
            other => Some(other.to_string()),
        }
    }
}

impl Settings {
    /// Every setting, in the order of the documentation.
    #[must_use]
    pub fn in_force(&self) -> InForce {
        let mut rows = Rows::default();
        let path = |path: &std::path::PathBuf| path.display().to_string();
        rows.list("sources".to_owned(), &self.sources, "the built-in AWS mapping", path);
        rows.one("output", &self.output, path(&self.output.value));
        let version = self.wanted_version.value.map(|version| version.to_string());
        rows.maybe(
            "attack-version",
            &self.wanted_version,
            version,
            "the sources' own, or the newest of theirs",
        );
        rows.maybe(
            "templates",
            &self.templates,
            self.templates.value.as_ref().map(path),
            "the built-in ones",
        );
        rows.list("threat".to_owned(), &self.threat, "nobody", ToString::to_string);
        rows.list("deployed.files".to_owned(), &self.deployed, "everything mapped", Clone::clone);
        rows.one("deployed.when", &self.deployed_when, self.deployed_when.value.key());
        if self.checks.is_empty() {
            rows.push("deployed.checks", Value::Null, None, Vec::new());
        }
        for (start, names) in &self.checks {
            let value: Vec<Value> = names.value.iter().map(|name| name.value.clone().into()).collect();
            rows.push(format!("deployed.checks.{}", part(start)), value.into(), None, origins([names]));
        }
        for (key, _) in FILTERS {
            let entries = self.filters.get(key).map(Vec::as_slice).unwrap_or_default();
            rows.list(format!("filters.{key}"), entries, "everything", Clone::clone);
        }
        rows.one("filters.all-tags", &self.all_tags, self.all_tags.value);
        let kind = self.kind.value.map(|kind| kind.name().to_owned());
        rows.maybe("filters.kind", &self.kind, kind, "everything");
        self.selections(&mut rows);
        rows.one("score.metric", &self.metric, self.metric.value.key());
        rows.one("score.rollup", &self.rollup, self.rollup.value.key());
        for (level, setting) in Level::ALL.into_iter().zip(&self.scale) {
            rows.one(&format!("scale.{}", level.key()), setting, number(setting.value));
        }
        rows.one("colors.by", &self.color_by, self.color_by.value.key());
        for (key, _) in TINTS {
            let color = self.colors.get(key);
            let value = color.map_or(Value::Null, |color| color.value.hex().into());
            rows.push(format!("colors.{key}"), value, Some("the built-in colours"), origins(color));
        }
        self.names(&mut rows);
        rows.one("layer.expand", &self.expand, self.expand.value.key());
        self.tables(&mut rows);
        for action in Action::ALL {
            let rules: Vec<_> =
                self.findings.iter().filter(|rule| rule.value.action == action).cloned().collect();
            let key = format!("findings.{}", action.key());
            rows.list(key, &rules, "nothing", |rule| rule.target.to_string());
        }
        InForce { file: self.file.as_ref().map(ToString::to_string), settings: rows.0 }
    }

    fn selections(&self, rows: &mut Rows) {
        if self.selections.is_empty() {
            rows.push("selections", Value::Null, None, Vec::new());
        }
        for (name, saved) in &self.selections {
            let key = |key: &str| format!("selections.{}.{key}", part(name));
            if !saved.sources.is_empty() {
                rows.list(key("sources"), &saved.sources, "", |path| path.display().to_string());
            }
            for (filter, entries) in &saved.filters {
                rows.list(key(filter), entries, "", Clone::clone);
            }
            if let Some(flag) = &saved.all_tags {
                rows.one(&key("all-tags"), flag, flag.value);
            }
        }
    }

    fn names(&self, rows: &mut Rows) {
        let filled = |text: &String| (!text.is_empty()).then(|| text.clone());
        rows.map("names.frameworks", &self.frameworks, Clone::clone);
        rows.map("names.capabilities", &self.capabilities, Clone::clone);
        let instead = "made from the sources";
        rows.maybe("names.layer", &self.layer_name, filled(&self.layer_name.value), instead);
        let description = filled(&self.layer_description.value);
        rows.maybe("names.description", &self.layer_description, description, instead);
    }

    /// What tables with a header of the user's own are read by.
    fn tables(&self, rows: &mut Rows) {
        for key in Columns::KEYS {
            let column = self.columns.get(key);
            let value = column.map_or(Value::Null, |column| column.value.clone().into());
            rows.push(format!("columns.{key}"), value, None, origins(column));
        }
        rows.map("values.category", &self.categories, |category: &Category| category.key().to_owned());
        rows.map("values.level", &self.levels, |level: &Level| level.key().to_owned());
        let framework = self.table_framework.value.clone();
        rows.maybe("table.framework", &self.table_framework, framework, "the file's name");
        let version = self.attack_version.value.map(|version| version.to_string());
        rows.maybe("table.attack-version", &self.attack_version, version, "what the source states");
        let domain = self.domain.value.map(|domain| domain.id().to_owned());
        rows.maybe("table.domain", &self.domain, domain, "what the source states");
    }
}

/// A whole number as one.
fn number(value: f64) -> Value {
    // The scale's numbers are from 0 to 100.
    #[expect(clippy::cast_possible_truncation, reason = "between 0 and 100")]
    let whole = value as i64;
    if (whole as f64 - value).abs() < f64::EPSILON { whole.into() } else { value.into() }
}
