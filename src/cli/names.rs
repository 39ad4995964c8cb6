//! Capabilities by what people call them: on the command line, and in lists.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use globset::GlobBuilder;
use navlayer::config::Settings;
use navlayer::coverage::CapabilityKey;
use navlayer::diagnostic::{Code, Diagnostic};
use navlayer::mapping::MappingSet;
use navlayer::source::Source;
use navlayer::suggest;

use super::file::{self, MAX_FINDINGS, nearby};
use super::input::Input;
use super::sides::Asked;
use super::{Failure, Global};

/// How many entries a list may have: ten times the capabilities of the largest published framework.
const MAX_ENTRIES: usize = 10_000;

/// How many names are looked for that are near to one that nobody has.
const MAX_SUGGESTIONS: usize = 50;

/// The capabilities of mapping sets by id and name, in any case.
pub(crate) struct Names<'a> {
    /// In small letters.
    keys: BTreeMap<String, BTreeSet<CapabilityKey>>,
    /// As they are written, each once.
    written: BTreeSet<&'a str>,
    suggestions: Cell<usize>,
}

impl<'a> Names<'a> {
    pub(crate) fn new(sets: &'a [MappingSet]) -> Self {
        let mut keys: BTreeMap<String, BTreeSet<CapabilityKey>> = BTreeMap::new();
        let mut written = BTreeSet::new();
        for (set, held) in sets.iter().enumerate() {
            for (capability, one) in held.capabilities.iter().enumerate() {
                for name in [one.id.trim(), one.name.trim()] {
                    keys.entry(name.to_lowercase()).or_default().insert(CapabilityKey { set, capability });
                    written.insert(name);
                }
            }
        }
        Self { keys, written, suggestions: Cell::new(0) }
    }

    /// The capabilities of this id or name.
    pub(crate) fn called(&self, name: &str) -> Option<&BTreeSet<CapabilityKey>> {
        self.keys.get(&name.trim().to_lowercase())
    }

    /// The capabilities of this id or name or, where nothing is called so, of this pattern.
    pub(crate) fn matching(&self, name: &str) -> Option<BTreeSet<CapabilityKey>> {
        if let Some(called) = self.called(name) {
            return Some(called.clone());
        }
        let name = name.trim();
        let glob = name.contains(['*', '?', '[', '{']).then(|| {
            GlobBuilder::new(name).case_insensitive(true).build().ok().map(|glob| glob.compile_matcher())
        });
        let glob = glob.flatten()?;
        let matched = self.keys.iter().filter(|(name, _)| glob.is_match(name));
        let keys: BTreeSet<CapabilityKey> = matched.flat_map(|(_, keys)| keys).copied().collect();
        (!keys.is_empty()).then_some(keys)
    }

    /// The name nearest to one that nobody has; of many, only the first are looked for.
    fn nearest(&self, name: &str) -> Option<&'a str> {
        self.suggestions.set(self.suggestions.get() + 1);
        if self.suggestions.get() > MAX_SUGGESTIONS {
            return None;
        }
        suggest::nearest(name.trim(), self.written.iter().copied())
    }

    /// What to do about a name that nobody has.
    pub(crate) fn advice(&self, name: &str) -> String {
        match self.nearest(name) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`navlayer query capabilities --all` lists them".to_owned(),
        }
    }

    /// A finding about a name that nobody has.
    pub(crate) fn unknown(&self, name: &str) -> Diagnostic {
        let message = format!("no capability is called `{}`", file::short(name));
        Diagnostic::new(Code::NoSuchCapability, message).help(self.advice(name))
    }
}

/// The capabilities of a selection that navlayer.toml saves: `@prod`.
fn saved(
    argument: &str,
    input: &Input,
    settings: &Settings,
    global: &Global,
) -> Result<BTreeSet<CapabilityKey>, Failure> {
    let asked = Asked::parse(argument.trim(), settings)?;
    if asked.own_sources().is_some() {
        return Err(Failure::new(format!("{} has sources of its own", argument.trim())).with_help(
            "what is enabled is some of the sources of the plan; leave `sources` out of the selection",
        ));
    }
    let side = asked.resolve(&input.sets, 0..input.sets.len(), &input.catalog, settings, global)?;
    let keys = input.sets.iter().enumerate().flat_map(|(set, held)| {
        (0..held.capabilities.len()).map(move |capability| CapabilityKey { set, capability })
    });
    Ok(keys.filter(|key| side.selection.has_capability(key.set, key.capability)).collect())
}

/// What an argument means: capabilities, or a file.
pub(crate) enum Meant {
    /// Capabilities, by a name, a pattern or a saved selection.
    Capabilities {
        /// What named them.
        name: String,
        /// Which they are.
        keys: BTreeSet<CapabilityKey>,
    },
    /// A file, to be read.
    File(PathBuf),
}

/// What an argument of `flag` means: a capability's id or name, else a pattern of them, else a file, else several of these
/// with commas between them; or `@SELECTION`. A name goes before a file of that name.
pub(crate) fn meant(
    argument: &str,
    flag: &str,
    names: &Names<'_>,
    (input, settings): (&Input, &Settings),
    global: &Global,
) -> Result<Vec<Meant>, Failure> {
    let one = |text: &str| -> Result<Option<Meant>, Failure> {
        let name = text.trim().to_owned();
        if name.starts_with('@') {
            let keys = saved(&name, input, settings, global)?;
            return Ok(Some(Meant::Capabilities { name, keys }));
        }
        if let Some(keys) = names.matching(text) {
            return Ok(Some(Meant::Capabilities { name, keys }));
        }
        let path = Path::new(text);
        // A pipe is read, too.
        Ok((path.exists() && !path.is_dir()).then(|| Meant::File(path.to_owned())))
    };
    // A selection's name may hold no comma, a capability's may.
    if (!argument.contains(',') || !argument.trim_start().starts_with('@'))
        && let Some(meant) = one(argument)?
    {
        return Ok(vec![meant]);
    }
    let parts: Vec<&str> = argument.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return Err(Failure::new(format!("{flag} names nothing")).with_help("leave it out"));
    }
    let meant = parts.into_iter().map(|part| {
        one(part)?.ok_or_else(|| {
            let message = format!("no capability is called `{}`, and no file either", file::short(part));
            let near = names.nearest(part).map(|near| format!("did you mean `{near}`?"));
            Failure::new(message)
                .with_help(near.or_else(|| nearby(Path::new(part))).unwrap_or_else(|| names.advice(part)))
        })
    });
    meant.collect()
}

/// The capabilities of a list: an id, a name or a pattern on each line; from `#` on a line is a comment.
pub(crate) fn list(
    source: &Source,
    names: &Names<'_>,
    findings: &mut Vec<Diagnostic>,
) -> BTreeSet<CapabilityKey> {
    let mut all = BTreeSet::new();
    let (mut start, mut entries) = (0, 0);
    for line in source.text().split_inclusive('\n') {
        let text = match line.find('#') {
            Some(0) => "",
            Some(at) if line[..at].ends_with([' ', '\t']) => &line[..at],
            _ => line,
        };
        let from = start + text.len() - text.trim_start().len();
        start += line.len();
        let entry = text.trim();
        if entry.is_empty() {
            continue;
        }
        let place = || source.place(from..from + entry.len());
        entries += 1;
        if entries > MAX_ENTRIES || findings.len() >= MAX_FINDINGS {
            let message =
                format!("no more of the list is read: it has {MAX_ENTRIES} entries, or too many mistakes");
            findings.push(Diagnostic::new(Code::TooManyFindings, message).at(place()));
            break;
        }
        match names.matching(entry) {
            Some(keys) => all.extend(keys),
            None => findings.push(names.unknown(entry).at(place())),
        }
    }
    if entries == 0 {
        let message = "the list names no capability";
        findings.push(Diagnostic::new(Code::NoSuchCapability, message).at(source.whole()));
    }
    all
}
