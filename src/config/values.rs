//! The values of a configuration: what each key takes.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::PathBuf;

use toml::de::{DeTable, DeValue};

use super::keys::FILTERS;
use super::walk::{Item, Walk, shown};
use super::written::{SavedSelection, Setting, TINTS};
use crate::attack::{Domain, Version, WantedVersion};
use crate::coverage::threat::Named;
use crate::coverage::{Metric, Rollup};
use crate::deployment;
use crate::diagnostic::{Action, Code, ParseTargetError, Rule, Target};
use crate::layer::{ColorBy, Expand};
use crate::mapping::read::Columns;
use crate::mapping::select::TechniqueKind;
use crate::mapping::{Category, Level};
use crate::matrix::palette::Color;
use crate::suggest;

/// The most entries of a list.
const MAX_ENTRIES: usize = 10_000;

/// A text with its place.
type Text = (String, Range<usize>);

impl Walk {
    fn invalid(&mut self, bytes: Range<usize>, message: String, help: impl Into<String>) {
        let help: String = help.into();
        self.find(Code::InvalidSetting, bytes, message, (!help.is_empty()).then_some(help));
    }

    /// A string that says something, on one line unless `is_prose`.
    fn string(&mut self, item: &Item<'_>, is_prose: bool) -> Option<Text> {
        let DeValue::String(text) = item.value.get_ref() else {
            self.wrong_type(&item.path, item.value, "a string");
            return None;
        };
        self.checked(&item.path, text, item.value.span(), is_prose)
    }

    fn checked(&mut self, path: &str, text: &str, bytes: Range<usize>, is_prose: bool) -> Option<Text> {
        let path = shown(path);
        if text.trim().is_empty() {
            self.invalid(bytes, format!("`{path}` is empty"), "leave the key out instead");
            return None;
        }
        let is_allowed = |c: char| !c.is_control() || (is_prose && matches!(c, '\n' | '\r' | '\t'));
        if let Some(bad) = text.chars().find(|c| !is_allowed(*c)) {
            let message = format!("`{path}` holds a control character (U+{:04X})", u32::from(bad));
            self.invalid(bytes, message, "");
            return None;
        }
        Some((text.to_owned(), bytes))
    }

    /// One string or several, each once.
    fn strings(&mut self, item: &Item<'_>) -> Vec<Text> {
        let array = match item.value.get_ref() {
            DeValue::String(_) => return self.string(item, false).into_iter().collect(),
            DeValue::Array(array) => array,
            _ => {
                self.wrong_type(&item.path, item.value, "a string or an array of strings");
                return Vec::new();
            }
        };
        if array.len() > MAX_ENTRIES {
            let message = format!("`{}` has more than {MAX_ENTRIES} entries", item.path);
            self.invalid(item.key_bytes.clone(), message, "");
            return Vec::new();
        }
        let mut seen = BTreeSet::new();
        let mut all = Vec::new();
        for value in array {
            let DeValue::String(text) = value.get_ref() else {
                self.wrong_type(&item.path, value, "strings");
                continue;
            };
            if let Some(text) = self.checked(&item.path, text, value.span(), false) {
                if seen.insert(text.0.clone()) {
                    all.push(text);
                } else {
                    let message = format!("`{}` stands in `{}` twice", shown(&text.0), item.path);
                    self.find(Code::RepeatedSetting, text.1, message, Some("it counts once".to_owned()));
                }
            }
        }
        all
    }

    /// One of a few names.
    fn one_of<T: Copy>(&mut self, item: &Item<'_>, names: &[(&'static str, T)]) -> Option<Setting<T>> {
        let (text, bytes) = self.string(item, false)?;
        if let Some((_, value)) = names.iter().find(|(name, _)| *name == text) {
            return Some(self.setting(*value, bytes));
        }
        let names: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
        let message = format!("`{}` cannot be `{}`", item.path, shown(&text));
        self.invalid(bytes, message, near_or_all(&text, &names));
        None
    }

    fn number(&mut self, item: &Item<'_>) -> Option<f64> {
        let number = match item.value.get_ref() {
            DeValue::Integer(number) => {
                i64::from_str_radix(number.as_str(), number.radix()).ok().map(|number| number as f64)
            }
            DeValue::Float(number) => number.as_str().parse().ok(),
            _ => {
                self.wrong_type(&item.path, item.value, "a number");
                return None;
            }
        };
        // A number that is too large for its type is too large for any setting.
        Some(number.unwrap_or(f64::INFINITY))
    }

    fn path(&mut self, item: &Item<'_>) -> Option<Setting<PathBuf>> {
        let (text, bytes) = self.string(item, false)?;
        if text == "-" {
            self.invalid(bytes, format!("`{}` names a folder, and `-` is none", item.path), "");
            return None;
        }
        Some(self.setting(self.folder.join(text), bytes))
    }

    fn text(&mut self, item: &Item<'_>) -> Option<Setting<String>> {
        let (text, bytes) = self.string(item, false)?;
        Some(self.setting(text, bytes))
    }

    pub(super) fn sources(&mut self, item: &Item<'_>) {
        self.written.sources = self.paths(item);
    }

    fn paths(&mut self, item: &Item<'_>) -> Vec<Setting<PathBuf>> {
        let mut paths = Vec::new();
        for (text, bytes) in self.strings(item) {
            if text == "-" {
                let message = format!("`{}` names files, and `-` is standard input", shown(&item.path));
                self.invalid(bytes, message, "give `-` on the command line");
                continue;
            }
            paths.push(self.setting(self.folder.join(text), bytes));
        }
        paths
    }

    pub(super) fn output(&mut self, item: &Item<'_>) {
        self.written.output = self.path(item);
    }

    pub(super) fn templates(&mut self, item: &Item<'_>) {
        self.written.templates = self.path(item);
    }

    pub(super) fn threat(&mut self, item: &Item<'_>) {
        for (text, bytes) in self.strings(item) {
            match Named::list(&text) {
                Ok(named) => {
                    for named in named {
                        let named = match named {
                            Named::Layer(path) => Named::Layer(self.folder.join(path)),
                            actor @ Named::Actor { .. } => actor,
                        };
                        let setting = self.setting(named, bytes.clone());
                        self.written.threat.push(setting);
                    }
                }
                Err(error) => self.invalid(bytes, error.to_string(), ""),
            }
        }
    }

    pub(super) fn deployed_files(&mut self, item: &Item<'_>) {
        let files = self.paths(item).into_iter();
        let text = |file: Setting<PathBuf>| Setting {
            value: file.value.to_string_lossy().into_owned(),
            origin: file.origin,
        };
        self.written.deployed = files.map(text).collect();
    }

    pub(super) fn deployed_when(&mut self, item: &Item<'_>) {
        self.written.deployed_when = self.one_of(item, &deployment::Rule::ALL.map(|rule| (rule.key(), rule)));
    }

    /// The capabilities that checks are about; an empty list ties them to none.
    pub(super) fn check(&mut self, item: &Item<'_>) {
        let names = self.strings(item).into_iter().map(|(text, bytes)| self.setting(text, bytes));
        let names = names.collect();
        let names = self.setting(names, item.value.span());
        self.written.checks.insert(item.key.to_owned(), names);
    }

    pub(super) fn filter(&mut self, item: &Item<'_>) {
        if let Some((key, entries)) = self.filter_entries(item) {
            self.written.filters.insert(key, entries);
        }
    }

    /// The key of a filter and its entries, unless none is sound.
    fn filter_entries(&mut self, item: &Item<'_>) -> Option<(&'static str, Vec<Setting<String>>)> {
        let (key, _) = FILTERS.iter().find(|(key, _)| *key == item.key)?;
        let closed: &[&str] = match *key {
            "category" => &Category::ALL.map(Category::name),
            "level" => &Level::ALL.map(Level::name),
            _ => &[],
        };
        let mut entries = Vec::new();
        for (text, bytes) in self.strings(item) {
            let is_known = closed.iter().any(|name| name.eq_ignore_ascii_case(text.trim()));
            // The names of other filters, and what a pattern matches, only the sources tell.
            if closed.is_empty() || is_known || text.contains(['*', '?', '[', '{']) {
                entries.push(self.setting(text, bytes));
            } else {
                let message = format!("no {key} is called `{}`", shown(&text));
                self.invalid(bytes, message, near_or_all(&text, closed));
            }
        }
        (!entries.is_empty()).then_some((*key, entries))
    }

    /// A saved selection, before its keys are read.
    pub(super) fn selection(&mut self, item: &Item<'_>, table: &DeTable<'_>) {
        let name = item.key.trim().to_lowercase();
        let bytes = item.key_bytes.clone();
        if name.is_empty() {
            self.invalid(bytes, "an empty key names nothing".to_owned(), "");
        } else if table.is_empty() {
            let message = format!("the selection `{}` says nothing", shown(item.key));
            self.invalid(bytes, message, "capability = [\"amazon_guardduty\"], or sources, tag, group, …");
        } else if self.written.selections.insert(name, SavedSelection::default()).is_some() {
            let message = format!("`{}` stands here twice, in another case", shown(item.key));
            self.invalid(bytes, message, "upper and lower case do not count");
        }
    }

    fn selection_of(&mut self, item: &Item<'_>) -> &mut SavedSelection {
        self.written.selections.entry(item.table.trim().to_lowercase()).or_default()
    }

    pub(super) fn selection_filter(&mut self, item: &Item<'_>) {
        if let Some((key, entries)) = self.filter_entries(item) {
            self.selection_of(item).filters.insert(key, entries);
        }
    }

    pub(super) fn selection_sources(&mut self, item: &Item<'_>) {
        let paths = self.paths(item);
        self.selection_of(item).sources = paths;
    }

    pub(super) fn selection_all_tags(&mut self, item: &Item<'_>) {
        if let Some(flag) = self.flag(item) {
            self.selection_of(item).all_tags = Some(flag);
        }
    }

    pub(super) fn metric(&mut self, item: &Item<'_>) {
        self.written.metric = self.one_of(item, &Metric::ALL.map(|metric| (metric.key(), metric)));
    }

    pub(super) fn rollup(&mut self, item: &Item<'_>) {
        self.written.rollup = self.one_of(item, &Rollup::ALL.map(|rollup| (rollup.key(), rollup)));
    }

    pub(super) fn all_tags(&mut self, item: &Item<'_>) {
        self.written.all_tags = self.flag(item);
    }

    fn flag(&mut self, item: &Item<'_>) -> Option<Setting<bool>> {
        if let DeValue::Boolean(value) = item.value.get_ref() {
            return Some(self.setting(*value, item.value.span()));
        }
        self.wrong_type(&item.path, item.value, "a boolean");
        None
    }

    pub(super) fn kind(&mut self, item: &Item<'_>) {
        self.written.kind = self.one_of(item, &TechniqueKind::ALL.map(|kind| (kind.name(), kind)));
    }

    pub(super) fn scale(&mut self, item: &Item<'_>) {
        let Some(level) = Level::ALL.into_iter().find(|level| level.key() == item.key) else { return };
        let Some(number) = self.number(item) else { return };
        let bytes = item.value.span();
        if number > 0.0 && number <= 100.0 {
            self.written.scale.insert(level, self.setting(number, bytes));
        } else {
            let message = format!("`{}` is above 0 and at most 100", item.path);
            self.invalid(bytes, message, "0 < minimal < partial < significant ≤ 100");
        }
    }

    pub(super) fn color_by(&mut self, item: &Item<'_>) {
        self.written.color_by = self.one_of(item, &ColorBy::ALL.map(|by| (by.key(), by)));
    }

    pub(super) fn color(&mut self, item: &Item<'_>) {
        let Some((key, _)) = TINTS.iter().find(|(key, _)| *key == item.key) else { return };
        let Some((text, bytes)) = self.string(item, false) else { return };
        if let Some(color) = Color::from_hex(&text) {
            self.written.colors.insert(key, self.setting(color, bytes));
            return;
        }
        let help = match Color::from_hex(&format!("#{text}")) {
            Some(color) => format!("did you mean `{}`?", color.hex()),
            None => "a colour is written #rrggbb: `#2b6cb0`".to_owned(),
        };
        self.invalid(bytes, format!("`{}` is no colour", shown(&text)), help);
    }

    pub(super) fn expand(&mut self, item: &Item<'_>) {
        self.written.expand = self.one_of(item, &Expand::ALL.map(|expand| (expand.key(), expand)));
    }

    pub(super) fn layer_name(&mut self, item: &Item<'_>) {
        self.written.layer_name = self.text(item);
    }

    pub(super) fn layer_description(&mut self, item: &Item<'_>) {
        let text = self.string(item, true);
        self.written.layer_description = text.map(|(text, bytes)| self.setting(text, bytes));
    }

    pub(super) fn framework_name(&mut self, item: &Item<'_>) {
        let mut names = std::mem::take(&mut self.written.frameworks);
        let name = self.text(item);
        self.entry(item, &mut names, name);
        self.written.frameworks = names;
    }

    pub(super) fn capability_name(&mut self, item: &Item<'_>) {
        let mut names = std::mem::take(&mut self.written.capabilities);
        let name = self.text(item);
        self.entry(item, &mut names, name);
        self.written.capabilities = names;
    }

    pub(super) fn category_word(&mut self, item: &Item<'_>) {
        let mut words = std::mem::take(&mut self.written.categories);
        let category = self.name_of(item, &Category::ALL.map(|one| (one.key(), one)));
        self.entry(item, &mut words, category);
        self.written.categories = words;
    }

    pub(super) fn level_word(&mut self, item: &Item<'_>) {
        let mut words = std::mem::take(&mut self.written.levels);
        let level = self.name_of(item, &Level::ALL.map(|one| (one.key(), one)));
        self.entry(item, &mut words, level);
        self.written.levels = words;
    }

    /// A category or a level, in any case.
    fn name_of<T: Copy>(&mut self, item: &Item<'_>, names: &[(&'static str, T)]) -> Option<Setting<T>> {
        let (text, bytes) = self.string(item, false)?;
        if let Some((_, value)) = names.iter().find(|(name, _)| name.eq_ignore_ascii_case(text.trim())) {
            return Some(self.setting(*value, bytes));
        }
        let names: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
        let message = format!("`{}` cannot be `{}`", shown(&item.path), shown(&text));
        self.invalid(bytes, message, near_or_all(&text, &names));
        None
    }

    /// Takes an entry of a table of any keys, in which case does not count.
    fn entry<T>(
        &mut self,
        item: &Item<'_>,
        entries: &mut BTreeMap<String, Setting<T>>,
        value: Option<Setting<T>>,
    ) {
        let key = item.key.trim().to_lowercase();
        if key.is_empty() {
            self.invalid(item.key_bytes.clone(), "an empty key names nothing".to_owned(), "");
            return;
        }
        let Some(value) = value else { return };
        if entries.insert(key, value).is_some() {
            let message = format!("`{}` stands here twice, in another case", shown(item.key));
            self.invalid(item.key_bytes.clone(), message, "upper and lower case do not count");
        }
    }

    pub(super) fn wanted_version(&mut self, item: &Item<'_>) {
        let Some((text, bytes)) = self.string(item, false) else { return };
        match text.parse::<WantedVersion>() {
            Ok(version) => self.written.wanted_version = Some(self.setting(version, bytes)),
            Err(error) => {
                let message = format!("`{}` is not an ATT&CK version", shown(&text));
                self.invalid(bytes, message, error.to_string());
            }
        }
    }

    pub(super) fn column(&mut self, item: &Item<'_>) {
        let Some(key) = Columns::KEYS.into_iter().find(|key| *key == item.key) else { return };
        if let Some(column) = self.text(item) {
            self.written.columns.insert(key, column);
        }
    }

    pub(super) fn table_framework(&mut self, item: &Item<'_>) {
        self.written.table_framework = self.text(item);
    }

    pub(super) fn attack_version(&mut self, item: &Item<'_>) {
        let Some((text, bytes)) = self.string(item, false) else { return };
        match text.parse::<Version>() {
            Ok(version) => self.written.attack_version = Some(self.setting(version, bytes)),
            Err(error) => self.invalid(bytes, error.to_string(), ""),
        }
    }

    pub(super) fn domain(&mut self, item: &Item<'_>) {
        let Some((text, bytes)) = self.string(item, false) else { return };
        if let Ok(domain) = text.parse::<Domain>() {
            self.written.domain = Some(self.setting(domain, bytes));
        } else {
            let message = format!("`{}` is no ATT&CK domain", shown(&text));
            self.invalid(bytes, message, near_or_all(&text, &Domain::ALL.map(Domain::id)));
        }
    }

    pub(super) fn findings(&mut self, item: &Item<'_>) {
        let Some(action) = Action::ALL.into_iter().find(|action| action.key() == item.key) else { return };
        for (text, bytes) in self.strings(item) {
            let target: Target = match text.trim().parse() {
                Ok(target) => target,
                Err(error) => {
                    let help = target_help(&error);
                    self.invalid(bytes, error.to_string(), help);
                    continue;
                }
            };
            let rule = Rule { target, action };
            if !rule.is_possible() {
                let message =
                    format!("{target} is an error whatever is made of it: there is nothing to go on with");
                self.invalid(bytes, message, "");
                continue;
            }
            let same = |held: &&Setting<Rule>| held.value.target == target;
            if let Some(held) = self.written.findings.iter().find(same) {
                let message = match held.value.action {
                    other if other == action => format!("{target} stands in `{}` twice", item.path),
                    other => format!("{target} stands in `{}` and in `findings.{}`", item.path, other.key()),
                };
                self.find(
                    Code::RepeatedSetting,
                    bytes.clone(),
                    message,
                    Some("the stricter counts".to_owned()),
                );
            }
            let setting = self.setting(rule, bytes);
            self.written.findings.push(setting);
        }
    }
}

/// What a text that names no code may have meant.
pub(super) fn target_help(error: &ParseTargetError) -> String {
    match &error.nearest {
        Some(near) => format!("did you mean `{near}`?"),
        None => "codes are NL0203 or retired-technique; all, warnings and notes are groups".to_owned(),
    }
}

/// "did you mean", or all that there is.
fn near_or_all(typed: &str, names: &[&str]) -> String {
    match suggest::nearest(typed, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("one of {}", names.join(", ")),
    }
}
