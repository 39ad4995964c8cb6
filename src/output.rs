//! Writing a folder of files: all or nothing to look at, the same bytes every time, and nothing of the user's lost.
//!
//! A [`Sink`] collects every file in memory under a safe name, so that whatever fails, fails before the first write.
//! Then each file is written beside its target and renamed over it. `manifest.json` remembers what was written: only
//! those files are ever replaced or, once they are no longer made, removed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::parallel;

/// The name of the manifest in an output folder.
pub const MANIFEST: &str = "manifest.json";

/// Files to be written to one folder.
#[derive(Debug)]
pub struct Sink {
    root: PathBuf,
    /// The command whose output it is, as people type it.
    command: String,
    files: BTreeMap<String, Vec<u8>>,
    /// Names taken, in lower case: some file systems know no other.
    taken: BTreeSet<String>,
}

/// What stopped the writing. Files written before it are whole.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SinkError {
    /// A file stands there that navlayer did not write.
    #[error("{} was not written by navlayer", path.display())]
    NotOurs {
        /// The file.
        path: PathBuf,
    },
    /// The folder holds the output of another command, which this one would remove.
    #[error("{} holds the output of `{held}`", path.display())]
    OtherCommand {
        /// The folder.
        path: PathBuf,
        /// The other command.
        held: String,
    },
    /// The folder is a file.
    #[error("{} is not a folder", path.display())]
    NotAFolder {
        /// The file.
        path: PathBuf,
    },
    /// Something other than a file or folder, such as a link, stands where one is to be written.
    #[error("{} is not a plain file", path.display())]
    NotAFile {
        /// What stands there.
        path: PathBuf,
    },
    /// The folder of a file does not exist.
    #[error("cannot write {}: there is no folder {}", path.display(), folder.display())]
    NoFolder {
        /// The file.
        path: PathBuf,
        /// The folder.
        folder: PathBuf,
    },
    /// Reading or writing failed.
    #[error("cannot write {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The manifest of an earlier run cannot be read.
    #[error("{} is not a manifest of navlayer ({reason})", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// What a run did, or would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// The file is new.
    Add,
    /// The file has other bytes.
    Change,
    /// The file is no longer made.
    Remove,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Add => "add",
            Self::Change => "change",
            Self::Remove => "remove",
        })
    }
}

/// A file and what a run did or would do to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// The path in the folder, with `/`.
    pub path: String,
    /// What was done to it.
    pub action: Action,
}

/// What the folder's files are, as `manifest.json` says it.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    generator: String,
    command: String,
    files: Vec<ManifestFile>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ManifestFile {
    path: String,
    bytes: usize,
}

impl Sink {
    /// A sink for a folder, which need not exist. `command` says whose output it is: a folder holds that of one.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>, command: impl Into<String>) -> Self {
        Self {
            root: root.into(),
            command: command.into(),
            files: BTreeMap::new(),
            taken: BTreeSet::from([MANIFEST.to_owned()]),
        }
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Takes a name for `id` in a folder: `folder/slug.extension`, or with `-2`, `-3`, … where that is taken.
    ///
    /// The same calls in the same order give the same names. `folder` and `extension` are ours; `id` is anybody's.
    pub fn name(&mut self, folder: &str, id: &str, extension: &str) -> String {
        let slug = slug(id);
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let mut path = format!("{prefix}{slug}.{extension}");
        let mut number = 2;
        while !self.taken.insert(path.to_lowercase()) {
            path = format!("{prefix}{slug}-{number}.{extension}");
            number += 1;
        }
        path
    }

    /// Adds a file under a name that [`Sink::name`] gave, or under a fixed name of ours.
    pub fn add(&mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        let path = path.into();
        self.taken.insert(path.to_lowercase());
        self.files.insert(path, bytes.into());
    }

    /// The files added, by path.
    #[must_use]
    pub fn files(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.files
    }

    /// What [`Sink::write`] would do.
    ///
    /// # Errors
    /// When the folder or its manifest cannot be read.
    pub fn changes(&self) -> Result<Vec<Change>, SinkError> {
        if self.root.exists() && !self.root.is_dir() {
            return Err(SinkError::NotAFolder { path: self.root.clone() });
        }
        let (earlier, _) = self.earlier()?;
        let manifest = self.manifest();
        let mut changes = Vec::new();
        let all = self.files.iter().map(|(path, bytes)| (path.as_str(), bytes));
        for (path, bytes) in all.chain([(MANIFEST, &manifest)]) {
            match self.held(path)? {
                None => changes.push(Change { path: path.to_owned(), action: Action::Add }),
                Some(held) if held != *bytes => {
                    changes.push(Change { path: path.to_owned(), action: Action::Change });
                }
                Some(_) => {}
            }
        }
        for path in earlier.difference(&self.files.keys().cloned().collect()) {
            if self.held(path)?.is_some() {
                changes.push(Change { path: path.clone(), action: Action::Remove });
            }
        }
        changes.sort();
        Ok(changes)
    }

    /// Writes all files and the manifest, and removes those of an earlier run that are no longer made. Files that have
    /// the right bytes already are left alone. Returns what was done.
    ///
    /// # Errors
    /// When a file that is not ours or the output of another command would be replaced, and `force` is not set: then
    /// nothing is written. When the system
    /// refuses: then the files written so far are whole, and the next run takes up from there.
    pub fn write(&self, force: bool) -> Result<Vec<Change>, SinkError> {
        let changes = self.changes()?;
        let (earlier, held) = self.earlier()?;
        if let Some(held) = held.filter(|held| *held != self.command && !force) {
            return Err(SinkError::OtherCommand { path: self.root.clone(), held });
        }
        for change in &changes {
            let ours =
                change.action != Action::Change || earlier.contains(&change.path) || change.path == MANIFEST;
            if !ours && !force {
                return Err(SinkError::NotOurs { path: self.root.join(&change.path) });
            }
        }
        let manifest = self.manifest();
        // The manifest comes last: should the run break off, what it says is still true.
        let written: Vec<(&String, &Vec<u8>)> = changes
            .iter()
            .filter(|change| change.action != Action::Remove)
            .filter_map(|change| self.files.get_key_value(&change.path))
            .collect();
        for (path, _) in &written {
            self.make_folder(path)?;
        }
        let results = parallel::map(&written, |(path, bytes)| write_file(&self.root.join(path), bytes));
        results.into_iter().collect::<Result<Vec<()>, SinkError>>()?;
        for change in changes.iter().filter(|change| change.action == Action::Remove) {
            let path = self.root.join(&change.path);
            std::fs::remove_file(&path).map_err(|source| SinkError::Io { path: path.clone(), source })?;
            // A folder that is empty now was made for this file; one that is not stays.
            if let Some(parent) = path.parent().filter(|parent| *parent != self.root) {
                let _ = std::fs::remove_dir(parent);
            }
        }
        if changes.iter().any(|change| change.path == MANIFEST) {
            self.make_folder(MANIFEST)?;
            write_file(&self.root.join(MANIFEST), &manifest)?;
        }
        Ok(changes)
    }

    /// The bytes that stand at a path now.
    fn held(&self, path: &str) -> Result<Option<Vec<u8>>, SinkError> {
        let full = self.root.join(path);
        match full.symlink_metadata() {
            Ok(metadata) if metadata.is_file() => {
                let bytes = std::fs::read(&full);
                bytes.map(Some).map_err(|source| SinkError::Io { path: full, source })
            }
            // A link might lead out of the folder.
            Ok(_) => Err(SinkError::NotAFile { path: full }),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Ok(None)
            }
            Err(source) => Err(SinkError::Io { path: full, source }),
        }
    }

    /// The paths that an earlier run wrote, and its command.
    fn earlier(&self) -> Result<(BTreeSet<String>, Option<String>), SinkError> {
        let Some(bytes) = self.held(MANIFEST)? else { return Ok((BTreeSet::new(), None)) };
        let error = |reason: String| SinkError::Manifest { path: self.root.join(MANIFEST), reason };
        let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|cause| error(cause.to_string()))?;
        if !manifest.generator.starts_with("navlayer") {
            return Err(error("it is another program's".to_owned()));
        }
        let paths = manifest.files.into_iter().map(|file| file.path);
        // A manifest is a file like any other: what it says is not trusted to stay in the folder.
        Ok((paths.filter(|path| is_inside(path)).collect(), Some(manifest.command)))
    }

    fn manifest(&self) -> Vec<u8> {
        let files =
            self.files.iter().map(|(path, bytes)| ManifestFile { path: path.clone(), bytes: bytes.len() });
        let manifest = Manifest {
            generator: crate::GENERATOR.to_owned(),
            command: self.command.clone(),
            files: files.collect(),
        };
        let mut bytes = serde_json::to_vec_pretty(&manifest).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    fn make_folder(&self, path: &str) -> Result<(), SinkError> {
        let full = self.root.join(path);
        let folder = full.parent().unwrap_or(&self.root);
        if folder.is_dir() {
            return Ok(());
        }
        std::fs::create_dir_all(folder).map_err(|source| SinkError::Io { path: folder.to_owned(), source })
    }
}

/// Writes one file: beside its target first, then renamed over it. The folder must exist.
///
/// # Errors
/// When the system refuses; the target is then as it was.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), SinkError> {
    // Only the kind of the error: its text names the temporary file, which nobody knows.
    let error = |source: io::Error| SinkError::Io { path: path.to_owned(), source: source.kind().into() };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.exists() {
        return Err(SinkError::NoFolder { path: path.to_owned(), folder: folder.to_owned() });
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".navlayer-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // What any new file gets; the umask takes its part away.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder).map_err(error)?;
    file.write_all(bytes).map_err(error)?;
    file.persist(path).map_err(|failed| error(failed.error))?;
    Ok(())
}

/// Whether a relative path stays in its folder.
fn is_inside(path: &str) -> bool {
    !path.is_empty()
        && !path.contains(['\\', ':', '\0'])
        && path.split('/').all(|part| !part.is_empty() && part != "." && part != "..")
}

/// The longest file name made of an id, without extension and number.
const LONGEST: usize = 80;

/// A file name from any text: lower-case letters, digits, `-`, `_` and `.`, never empty, never hidden, never a name
/// that Windows reserves.
#[must_use]
pub fn slug(text: &str) -> String {
    let mut slug = String::new();
    for character in deunicode::deunicode(text).chars() {
        if slug.len() >= LONGEST {
            break;
        }
        if character.is_ascii_alphanumeric() || matches!(character, '_' | '.') {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_matches(['-', '.']);
    if slug.is_empty() {
        return "unnamed".to_owned();
    }
    let stem = slug.split('.').next().unwrap_or(slug);
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix).is_some_and(|rest| rest.len() == 1 && rest.as_bytes()[0].is_ascii_digit())
    };
    let reserved = matches!(stem, "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt");
    if reserved { format!("_{slug}") } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn slugs_are_names_that_every_file_system_takes() {
        for (id, expected) in [
            ("amazon_guardduty", "amazon_guardduty"),
            ("AC-02", "ac-02"),
            ("I&S-03", "i-s-03"),
            ("cloud_hardware_security_module_(hsm)", "cloud_hardware_security_module_-hsm"),
            ("action.malware.variety.Spyware/Keylogger", "action.malware.variety.spyware-keylogger"),
            ("../../x", "x"),
            ("", "unnamed"),
            ("...", "unnamed"),
            ("CON", "_con"),
            ("com1.x", "_com1.x"),
            ("naïve", "naive"),
            (".hidden", "hidden"),
        ] {
            assert_eq!(slug(id), expected, "{id}");
        }
    }

    #[test]
    fn names_that_collide_are_numbered() {
        let mut sink = Sink::new("x", "test");
        assert_eq!(sink.name("a", "Action.x", "html"), "a/action.x.html");
        assert_eq!(sink.name("a", "action.X", "html"), "a/action.x-2.html");
        assert_eq!(sink.name("a", "action/x", "html"), "a/action-x.html");
        assert_eq!(sink.name("", "manifest", "json"), "manifest-2.json");
    }

    proptest! {
        #[test]
        fn no_id_leaves_the_folder(id in any::<String>()) {
            let slug = slug(&id);
            prop_assert!(is_inside(&slug) && !slug.contains('/') && !slug.starts_with('.'));
            prop_assert!(slug.len() <= LONGEST + 12);
        }
    }

    #[test]
    fn writes_replaces_and_removes_only_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let mut first = Sink::new(root, "test");
        first.add("a.txt", "one");
        first.add("sub/b.txt", "two");
        assert_eq!(first.write(false).unwrap().len(), 3);
        assert!(first.changes().unwrap().is_empty());
        assert!(first.write(false).unwrap().is_empty(), "a second run changes nothing");

        write_file(&root.join("mine.txt"), b"mine").unwrap();
        let mut second = Sink::new(root, "test");
        second.add("a.txt", "other");
        second.add("mine.txt", "ours");
        let refused = second.write(false).unwrap_err();
        assert!(matches!(&refused, SinkError::NotOurs { path } if path.ends_with("mine.txt")));
        assert_eq!(std::fs::read(root.join("a.txt")).unwrap(), b"one", "nothing is written");
        assert!(root.join("sub/b.txt").exists());

        second.write(true).unwrap();
        assert_eq!(std::fs::read(root.join("mine.txt")).unwrap(), b"ours");
        assert!(!root.join("sub").exists(), "what is no longer made goes");
    }

    #[test]
    fn the_output_of_another_command_is_not_removed() {
        let folder = tempfile::tempdir().unwrap();
        let mut site = Sink::new(folder.path(), "navlayer build");
        site.add("index.html", "x");
        site.write(false).unwrap();
        let mut layers = Sink::new(folder.path(), "navlayer layer --per category");
        layers.add("protect.json", "{}");
        let refused = layers.write(false).unwrap_err();
        assert!(matches!(&refused, SinkError::OtherCommand { held, .. } if held == "navlayer build"));
        assert!(folder.path().join("index.html").exists() && !folder.path().join("protect.json").exists());
        layers.write(true).unwrap();
        assert!(!folder.path().join("index.html").exists());
    }

    #[test]
    fn a_manifest_cannot_point_outside() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("out");
        std::fs::create_dir(&root).unwrap();
        let victim = folder.path().join("victim.txt");
        write_file(&victim, b"keep").unwrap();
        let manifest = br#"{"generator": "navlayer 0", "command": "test", "files": [{"path": "../victim.txt", "bytes": 4}]}"#;
        write_file(&root.join(MANIFEST), manifest).unwrap();
        Sink::new(&root, "test").write(true).unwrap();
        assert!(victim.exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let victim = folder.path().join("victim.txt");
        write_file(&victim, b"keep").unwrap();
        let root = folder.path().join("out");
        std::fs::create_dir(&root).unwrap();
        std::os::unix::fs::symlink(&victim, root.join("a.txt")).unwrap();
        let mut sink = Sink::new(&root, "test");
        sink.add("a.txt", "x");
        assert!(matches!(sink.write(true), Err(SinkError::NotAFile { .. })));
        assert_eq!(std::fs::read(&victim).unwrap(), b"keep");
    }
}
