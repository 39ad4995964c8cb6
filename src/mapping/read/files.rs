//! Which files there are, and their bytes.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use super::{MAX_BYTES, ReadError};

/// How deep folders are searched.
const MAX_DEPTH: usize = 8;

/// How much of a tag vocabulary is read, in bytes.
const MAX_VOCABULARY: u64 = 1024 * 1024;

/// A file to read.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    pub(crate) path: PathBuf,
    /// The folder or pattern that brought it along; `None` when it was named itself.
    pub(crate) from: Option<PathBuf>,
}

impl Input {
    /// A file that was named itself.
    pub(super) fn named(path: &Path) -> Self {
        Self { path: path.to_owned(), from: None }
    }

    /// The folder that it stands in.
    pub(super) fn folder(&self) -> PathBuf {
        self.path.parent().map(Path::to_owned).unwrap_or_default()
    }
}

/// What paths, folders and patterns name.
#[derive(Debug, Default)]
pub(crate) struct Expansion {
    /// The files, in order, each once.
    pub(crate) inputs: Vec<Input>,
    /// Each folder and pattern with the files that it brings along, those that others bring too included.
    pub(crate) brought: Vec<(PathBuf, Vec<PathBuf>)>,
    /// What cannot be looked up.
    pub(crate) errors: Vec<ReadError>,
}

/// Looks up what paths, folders and patterns name.
pub(crate) fn expand(paths: &[PathBuf]) -> Expansion {
    let mut all = Expansion::default();
    for path in paths {
        let mut found = Vec::new();
        match path.metadata() {
            Ok(metadata) if metadata.is_dir() => list(path, 0, &mut found, &mut all.errors),
            Ok(_) => {
                all.inputs.push(Input::named(path));
                continue;
            }
            Err(source) => {
                // A file may be called like a pattern; only what does not exist is one.
                let Some(pattern) = pattern(path) else {
                    all.errors.push(ReadError::Io { path: path.clone(), source });
                    continue;
                };
                let base = base(path);
                if base.is_dir() {
                    list(&base, 0, &mut found, &mut all.errors);
                }
                found.retain(|path| pattern.is_match(path.strip_prefix("./").unwrap_or(path)));
                if found.is_empty() {
                    all.errors.push(ReadError::NoMatch { path: path.clone() });
                    continue;
                }
            }
        }
        let from = Some(path.clone());
        all.inputs.extend(found.iter().map(|path| Input { path: path.clone(), from: from.clone() }));
        all.brought.push((path.clone(), found));
    }
    // A file is itself however it is named; what was named outright stays so.
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let named: BTreeSet<PathBuf> =
        all.inputs.iter().filter(|input| input.from.is_none()).map(|input| real(&input.path)).collect();
    let mut seen = BTreeSet::new();
    all.inputs.retain(|input| {
        let path = real(&input.path);
        (input.from.is_none() || !named.contains(&path)) && seen.insert(path)
    });
    all
}

/// The pattern that a path is, when it has a pattern's characters.
fn pattern(path: &Path) -> Option<GlobMatcher> {
    let text = path.to_str()?;
    if !text.contains(['*', '?', '[', '{']) {
        return None;
    }
    let text = text.strip_prefix("./").unwrap_or(text);
    Some(GlobBuilder::new(text).literal_separator(true).build().ok()?.compile_matcher())
}

/// The folder that a pattern starts in: everything before the first part with a pattern's characters.
fn base(path: &Path) -> PathBuf {
    let plain = path.components().take_while(|part| match part {
        Component::Normal(name) => !name.to_string_lossy().contains(['*', '?', '[', '{']),
        _ => true,
    });
    let base: PathBuf = plain.collect();
    if base.as_os_str().is_empty() { PathBuf::from(".") } else { base }
}

/// The bytes of a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, ReadError> {
    let error = |source| ReadError::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(error)?;
    let metadata = file.metadata().map_err(error)?;
    if metadata.is_file() && metadata.len() > MAX_BYTES {
        return Err(ReadError::TooLarge { path: path.to_owned() });
    }
    read_bounded(path, file, metadata.len())
}

/// Reads everything, up to the limit; `expected` is how much there seems to be.
pub(crate) fn read_bounded(path: &Path, input: impl io::Read, expected: u64) -> Result<Vec<u8>, ReadError> {
    // A byte more than expected, so that the end is seen without growing.
    let mut bytes = Vec::with_capacity(usize::try_from(expected.min(MAX_BYTES)).unwrap_or(0) + 1);
    let read = input.take(MAX_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|source| ReadError::Io { path: path.to_owned(), source })?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(ReadError::TooLarge { path: path.to_owned() });
    }
    Ok(bytes)
}

/// The files below a folder in the order of their names; hidden ones are left out.
fn list(folder: &Path, depth: usize, files: &mut Vec<PathBuf>, errors: &mut Vec<ReadError>) {
    let error = |source| ReadError::Io { path: folder.to_owned(), source };
    let mut entries = match folder.read_dir().and_then(Iterator::collect::<io::Result<Vec<_>>>) {
        Ok(entries) => entries,
        Err(source) => return errors.push(error(source)),
    };
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        // Links are followed to files, never to folders: a link to a parent would not end.
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth < MAX_DEPTH => list(&path, depth + 1, files, errors),
            Ok(kind) if kind.is_file() || (kind.is_symlink() && path.is_file()) => files.push(path),
            Ok(_) => {}
            Err(source) => errors.push(error(source)),
        }
    }
}

/// A file's name without its folder and its endings: `aws` of `in/aws.csv.gz`.
pub(super) fn stem(path: &str) -> String {
    let name =
        Path::new(path).file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    Path::new(name).file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
}

/// The tags that controls in a folder may have: the lines of the `valid_tags.txt` beside them, when there is one.
pub(super) fn vocabulary(folder: &Path) -> Option<Vec<String>> {
    let mut text = String::new();
    let file = File::open(folder.join("valid_tags.txt")).ok()?;
    file.take(MAX_VOCABULARY).read_to_string(&mut text).ok()?;
    let tags: Vec<String> =
        text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
    (!tags.is_empty()).then_some(tags)
}
