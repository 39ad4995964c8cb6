//! One text that names capabilities: `amazon_guardduty`, `*guard*`, `aws`, `aws@2021`, `aws#amazon_guardduty`, `group:AC`,
//! `tag:Network`.

use super::model::MappingSet;
use super::select::{Filter, UnknownName, unknown};

/// What a text names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A capability, or several by a pattern.
    Capability,
    /// A group of capabilities.
    Group,
    /// All capabilities with a tag.
    Tag,
    /// All capabilities of a framework, in one edition or in all.
    Framework,
}

impl What {
    /// All of them, in the order in which a text is tried.
    pub const ALL: [Self; 4] = [Self::Capability, Self::Framework, Self::Group, Self::Tag];

    /// `capability`: the word that may stand before a name, `capability:amazon_guardduty`.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Capability => "capability",
            Self::Group => "group",
            Self::Tag => "tag",
            Self::Framework => "framework",
        }
    }

    fn filter(self, name: &str) -> Filter {
        let names = vec![name.to_owned()];
        match self {
            Self::Capability => Filter { capabilities: names, ..Filter::default() },
            Self::Group => Filter { groups: names, ..Filter::default() },
            Self::Tag => Filter { tags: names, ..Filter::default() },
            Self::Framework => Filter { frameworks: names, ..Filter::default() },
        }
    }

    /// The names that such a thing has, those of each together.
    fn names(self, sets: &[MappingSet]) -> Vec<Vec<String>> {
        let capabilities = || sets.iter().flat_map(|set| &set.capabilities);
        match self {
            Self::Capability => capabilities().map(|one| vec![one.name.clone(), one.id.clone()]).collect(),
            Self::Group => {
                let groups = sets.iter().flat_map(|set| &set.groups);
                groups.map(|group| vec![group.name.clone(), group.id.clone()]).collect()
            }
            Self::Tag => capabilities().flat_map(|one| &one.tags).map(|tag| vec![tag.clone()]).collect(),
            Self::Framework => sets
                .iter()
                .map(|set| {
                    let own = &set.framework;
                    vec![own.name().to_owned(), own.id.clone(), own.label()]
                })
                .collect(),
        }
    }
}

/// A name with what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// What it names.
    pub what: What,
    /// The mappings that it names, to resolve on the sets that it was found in.
    pub filter: Filter,
    /// The name as typed, without the word before it.
    pub name: String,
}

impl Named {
    /// Finds what a text names among mapping sets: after one of the words of [`What::key`] and a colon only that, else a
    /// capability, a framework, a group, a tag, in this order, and last the capabilities that a pattern fits. Case does
    /// not count. `FRAMEWORK@EDITION` is the edition that holds these letters, and `FRAMEWORK#NAME` something of it.
    ///
    /// # Errors
    /// When nothing is called so, with the nearest names.
    pub fn find(text: &str, sets: &[MappingSet]) -> Result<Self, UnknownName> {
        let text = text.trim();
        let stated = text.split_once(':').and_then(|(word, name)| {
            let what = What::ALL.into_iter().find(|what| what.key().eq_ignore_ascii_case(word.trim()))?;
            Some((what, name.trim()))
        });
        if let Some((what, name)) = stated {
            let names = what.names(sets);
            let found = is_pattern(name) || has(&names, name);
            return match edition(text_of(what, name), sets) {
                _ if found => Ok(Self { what, filter: what.filter(name), name: name.to_owned() }),
                Some(filter) => Ok(Self { what, filter, name: name.to_owned() }),
                None => Err(unknown_among(what.key(), name, &names)),
            };
        }
        for what in What::ALL {
            if has(&what.names(sets), text) {
                return Ok(Self { what, filter: what.filter(text), name: text.to_owned() });
            }
        }
        if let Some(filter) = edition(Some(text), sets) {
            return Ok(Self { what: What::Framework, filter, name: text.to_owned() });
        }
        if let Some((framework, part)) = text.split_once('#')
            && let Ok(framework) = Self::find(&format!("framework:{framework}"), sets)
        {
            let within = Self::find(part, &of_framework(&framework, sets))?;
            let filter = Filter { frameworks: framework.filter.frameworks, ..within.filter };
            return Ok(Self { filter, ..within });
        }
        let what = What::Capability;
        if is_pattern(text) {
            return Ok(Self { what, filter: what.filter(text), name: text.to_owned() });
        }
        let all: Vec<Vec<String>> = What::ALL.into_iter().flat_map(|what| what.names(sets)).collect();
        Err(unknown_among("capability, framework, group or tag", text, &all))
    }
}

/// The sets that a framework's name means.
fn of_framework(named: &Named, sets: &[MappingSet]) -> Vec<MappingSet> {
    let counts = named.filter.frameworks(sets).unwrap_or_default();
    sets.iter().zip(counts).filter(|(_, counts)| *counts).map(|(set, _)| set.clone()).collect()
}

/// A framework's name may stand with its edition.
fn text_of(what: What, name: &str) -> Option<&str> {
    (what == What::Framework).then_some(name)
}

/// The filter of `FRAMEWORK@EDITION`; `None` where it is none, or there is none.
fn edition(text: Option<&str>, sets: &[MappingSet]) -> Option<Filter> {
    let (framework, edition) = text?.rsplit_once('@')?;
    let (framework, edition) = (framework.trim(), edition.trim().to_lowercase());
    let is_meant = |set: &&MappingSet| {
        let own = &set.framework;
        let is_named = own.id.eq_ignore_ascii_case(framework) || own.name().eq_ignore_ascii_case(framework);
        is_named && !edition.is_empty() && own.version.to_lowercase().contains(&edition)
    };
    let labels: Vec<String> = sets.iter().filter(is_meant).map(|set| set.framework.label()).collect();
    (!labels.is_empty()).then(|| Filter { frameworks: labels, ..Filter::default() })
}

fn has(names: &[Vec<String>], text: &str) -> bool {
    let text = text.to_lowercase();
    names.iter().flatten().any(|name| name.to_lowercase() == text)
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

fn unknown_among(what: &'static str, text: &str, names: &[Vec<String>]) -> UnknownName {
    let names: Vec<Vec<&str>> =
        names.iter().map(|names| names.iter().map(String::as_str).collect()).collect();
    unknown(what, text, &names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attack::Catalog;
    use crate::mapping::read;

    /// How many capabilities a text names, of the sets.
    fn count(text: &str, sets: &[MappingSet]) -> Result<usize, UnknownName> {
        let catalog = Catalog::embedded(sets[0].domain, sets[0].attack_version).expect("it is embedded");
        let selection = Named::find(text, sets)?.filter.resolve(sets, &catalog)?;
        let all = sets.iter().enumerate().flat_map(|(set, content)| {
            (0..content.capabilities.len()).map(move |capability| (set, capability))
        });
        Ok(all.filter(|(set, capability)| selection.has_capability(*set, *capability)).count())
    }

    #[test]
    fn a_text_names_capabilities_in_many_ways() {
        let mut sets = read::embedded().sets;
        let mut former = sets[0].clone();
        former.framework.version = "09/21/2021".to_owned();
        former.capabilities[0].tags = vec!["Former".to_owned()];
        sets.push(former);
        let every = sets[0].capabilities.len();
        for (text, expected) in [
            ("amazon_guardduty", 2),
            ("Amazon GuardDuty", 2),
            ("AMAZON_GUARDDUTY", 2),
            ("aws#amazon_guardduty", 2),
            ("aws@2021#amazon_guardduty", 1),
            ("capability:amazon_guardduty", 2),
            ("amazon_guard*", 2),
            ("aws", 2 * every),
            ("aws@2021", every),
            ("AWS@2024", every),
            ("framework:AWS 12/12/2024", every),
            ("framework:aws@2024", every),
            ("Former", 1),
            ("tag:former", 1),
        ] {
            assert_eq!(count(text, &sets), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_nobody_is_called_names_the_nearest() {
        let sets = read::embedded().sets;
        for (text, nearest) in [
            ("guarduty", "Amazon GuardDuty"),
            ("awss", "aws"),
            ("capability:aws_confg", "aws_config"),
            ("framework:awz", "aws"),
            ("aws#aws_confg", "aws_config"),
        ] {
            let unknown = count(text, &sets).expect_err(text);
            assert!(unknown.nearest.iter().any(|name| name.eq_ignore_ascii_case(nearest)), "{unknown:?}");
        }
        for text in ["aws@2019", "azure", "group:nobody", "tag:x", "*nobody*"] {
            assert!(count(text, &sets).is_err(), "{text}");
        }
    }
}
