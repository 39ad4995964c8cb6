//! The layers that are combined: which tab of which file, and what the expression calls it.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use navlayer::diagnostic::Diagnostic;
use navlayer::layer::expr::{is_layer_name, is_reserved};
use navlayer::layer::read::{self, InputLayer, LayerFile, LayerFiles};

use super::super::Failure;
use super::super::input::STANDARD_INPUT;
use super::super::upgrade::stem;

/// The layers, with the files that hold them.
pub(super) struct Sides {
    pub(super) files: Vec<LayerFile>,
    pub(super) chosen: Vec<Chosen>,
    /// Why a file holds no layer.
    pub(super) findings: Vec<Diagnostic>,
}

/// A layer with its name.
pub(super) struct Chosen {
    pub(super) name: String,
    /// Its file's place.
    pub(super) file: usize,
    /// Its place in the file.
    place: usize,
}

/// A layer as the command line names it.
struct Argument {
    name: Option<String>,
    path: PathBuf,
    /// After `#`: the number of its tab, or its name.
    tab: Option<String>,
}

impl Argument {
    fn parse(argument: &OsString) -> Result<Self, Failure> {
        let (name, rest) = match argument.to_str().and_then(|text| text.split_once('=')) {
            Some((name, rest)) if is_word(name) && !Path::new(argument).exists() => {
                (Some(checked(name)?), OsString::from(rest))
            }
            _ => (None, argument.clone()),
        };
        if rest.is_empty() {
            return Err(Failure::new("a layer has no file").with_help("a=layer.json names both"));
        }
        let whole = PathBuf::from(&rest);
        let parted = rest.to_str().and_then(|text| text.rsplit_once('#')).filter(|_| !whole.exists());
        Ok(match parted {
            Some((path, tab)) => Self { name, path: path.into(), tab: Some(tab.to_owned()) },
            None => Self { name, path: whole, tab: None },
        })
    }
}

/// Whether the part before a `=` is meant for a name.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// A name in small letters.
fn checked(name: &str) -> Result<String, Failure> {
    let lower = name.to_lowercase();
    if is_layer_name(&lower) {
        return Ok(lower);
    }
    Err(if is_reserved(&lower) {
        Failure::new(format!("a layer cannot be called `{name}`: the word has a meaning in expressions"))
            .with_help(format!("{lower}1={lower}.json would do"))
    } else {
        Failure::new(format!("a layer cannot be called `{name}`"))
            .with_help("a name is a letter from a to z, then letters, digits and `_`")
    })
}

impl Sides {
    /// Reads the layers that the command line names.
    pub(super) fn read(arguments: &[OsString]) -> Result<Self, Failure> {
        let arguments: Vec<Argument> = arguments.iter().map(Argument::parse).collect::<Result<_, _>>()?;
        let mut taken = BTreeSet::new();
        for name in arguments.iter().filter_map(|argument| argument.name.as_ref()) {
            if !taken.insert(name.clone()) {
                return Err(Failure::new(format!("two layers are called `{name}`")));
            }
        }
        let mut letters = ('a'..='z').map(String::from).filter(|letter| !taken.contains(letter));
        let mut sides = Self { files: Vec::new(), chosen: Vec::new(), findings: Vec::new() };
        for argument in &arguments {
            let places = sides.files_of(&argument.path)?;
            let tabs = sides.tabs(&places);
            // What is no layer is a finding already.
            if tabs.is_empty() {
                continue;
            }
            let picked = sides.picked(argument, tabs)?;
            for (file, place) in picked {
                let name = argument.name.clone().or_else(|| letters.next()).ok_or_else(|| {
                    Failure::new("there are more layers than letters").with_help("name them: one=layer.json")
                })?;
                sides.chosen.push(Chosen { name, file, place });
            }
        }
        Ok(sides)
    }

    /// The places of a path's files; each is read once.
    fn files_of(&mut self, path: &Path) -> Result<Vec<usize>, Failure> {
        let named = if path == Path::new("-") { Path::new(STANDARD_INPUT) } else { path };
        if let Some(held) = self.files.iter().position(|file| file.path == named) {
            return Ok(vec![held]);
        }
        let LayerFiles { files, findings, errors } = if path == Path::new("-") {
            read::from_stream(STANDARD_INPUT, io::stdin().lock())?
        } else {
            read::from_paths(&[path.to_owned()])
        };
        if let Some(error) = errors.into_iter().next() {
            return Err(error.into());
        }
        self.findings.extend(findings);
        let first = self.files.len();
        self.files.extend(files);
        Ok((first..self.files.len()).collect())
    }

    /// The layers of files in the order of the Navigator's tabs: it opens those of one file from the last to the first.
    fn tabs(&self, files: &[usize]) -> Vec<(usize, usize)> {
        let of = |file: &usize| {
            let file = *file;
            (0..self.files[file].reading.layers.len()).rev().map(move |place| (file, place))
        };
        files.iter().flat_map(of).collect()
    }

    /// The layers that an argument means: with a name or a tab one, else all of the file.
    fn picked(&self, argument: &Argument, tabs: Vec<(usize, usize)>) -> Result<Vec<(usize, usize)>, Failure> {
        let path = argument.path.display();
        let Some(tab) = &argument.tab else {
            if argument.name.is_none() || tabs.len() == 1 {
                return Ok(tabs);
            }
            let name = argument.name.as_deref().unwrap_or_default();
            return Err(Failure::new(format!("{path} holds {} layers", tabs.len()))
                .with_help(format!("{name}={path}#1 names one of {}", self.listed(&tabs))));
        };
        let by_number = tab.parse::<usize>().ok().and_then(|number| tabs.get(number.checked_sub(1)?));
        let by_name = || {
            let is_called = |(file, place): &&(usize, usize)| {
                let name = self.files[*file].reading.layers[*place].name.as_ref();
                name.is_some_and(|name| name.value.trim().eq_ignore_ascii_case(tab.trim()))
            };
            let mut called = tabs.iter().filter(is_called);
            called.next().filter(|_| called.next().is_none())
        };
        let picked = by_number.or_else(by_name).copied();
        let picked = picked.ok_or_else(|| {
            Failure::new(format!("{path} has no layer `{tab}`, or more than one"))
                .with_help(format!("its layers are {}", self.listed(&tabs)))
        })?;
        Ok(vec![picked])
    }

    /// Layers by number and name.
    fn listed(&self, tabs: &[(usize, usize)]) -> String {
        const MOST: usize = 20;
        let shown = tabs.iter().enumerate().take(MOST).map(|(number, (file, place))| {
            format!("{} `{}`", number + 1, self.title(*file, &self.files[*file].reading.layers[*place]))
        });
        let more = if tabs.len() > MOST { ", ..." } else { "" };
        shown.collect::<Vec<_>>().join(", ") + more
    }

    pub(super) fn layer(&self, chosen: &Chosen) -> &InputLayer {
        &self.files[chosen.file].reading.layers[chosen.place]
    }

    /// A layer's name, or that of its file.
    pub(super) fn title(&self, file: usize, layer: &InputLayer) -> String {
        let name = layer.name.as_ref().map_or("", |name| name.value.trim());
        if name.is_empty() { stem(&self.files[file].path) } else { name.to_owned() }
    }
}
