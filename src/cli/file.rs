//! The one file that the user names: one beside the mappings to read, or one to write.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use navlayer::diagnostic::{Code, Diagnostic};
use navlayer::output;
use navlayer::source::Source;
use navlayer::source::decode::{Decoded, decode_within};
use navlayer::suggest;

use super::{Failure, Global, findings};

/// How many findings of a file are kept.
pub(crate) const MAX_FINDINGS: usize = 1_000;

/// How much of a hostile word a message repeats, in characters.
const MAX_WORD: usize = 80;

/// In a folder of more files than this, none is looked for that is called like one that is not there.
const MAX_NAMES: usize = 10_000;

/// What to do about a path at which nothing is: the file or folder beside it that is called most like it.
pub(crate) fn nearby(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if path.exists() {
        return None;
    }
    let entries = std::fs::read_dir(folder).ok()?.take(MAX_NAMES + 1).filter_map(Result::ok);
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    if names.len() > MAX_NAMES {
        return None;
    }
    names.sort_unstable();
    let near = suggest::nearest(name, names.iter().map(String::as_str))?;
    Some(format!("did you mean `{}`?", path.with_file_name(near).display()))
}

/// A word of a file, as a message shows it.
pub(crate) fn short(word: &str) -> String {
    match word.char_indices().nth(MAX_WORD) {
        Some((at, _)) => format!("{}…", &word[..at]),
        None => word.to_owned(),
    }
}

/// The text of a file of at most so many bytes, packed or not, or why it is none.
pub(crate) fn open(path: &Path, most: u64) -> Result<Result<Source, Diagnostic>, Failure> {
    let failed = |error| {
        let failure = Failure::new(format!("cannot read {} ({error})", path.display()));
        Failure { help: nearby(path), ..failure }
    };
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes)).map_err(failed)?;
    if bytes.len() as u64 > most {
        return Err(Failure::new(format!("{} is larger than {} MiB", path.display(), most / 1024 / 1024)));
    }
    let name = path.display().to_string();
    Ok(match decode_within(path, bytes, most) {
        Ok(Decoded::Text(text)) => Ok(Source::new(name, text)),
        Ok(Decoded::Archive(_)) => {
            let finding = Diagnostic::new(Code::Syntax, "a spreadsheet is not read here");
            Err(finding.at(Source::new(name, String::new()).whole()).help("save it as CSV"))
        }
        Err(finding) => Err(finding),
    })
}

/// Writes a file that the user named, unless something else stands there than these bytes or, where `is_ours` can tell,
/// an earlier output of ours.
pub(crate) fn write_one(
    path: &Path,
    bytes: &[u8],
    force: bool,
    is_ours: Option<fn(&[u8]) -> bool>,
) -> Result<(), Failure> {
    if path.is_dir() {
        return Err(Failure::new(format!("{} is a folder", path.display())).with_help("-o names a file here"));
    }
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gz")) {
        return Err(Failure::new(format!("{}: navlayer reads gzip, and does not write it", path.display()))
            .with_help("leave .gz out of the name, and let gzip compress the file"));
    }
    // What cannot be read may be anybody's.
    let may_go = |held: Vec<u8>| held == bytes || is_ours.is_some_and(|is_ours| is_ours(&held));
    if !force && path.is_file() && !std::fs::read(path).is_ok_and(may_go) {
        let why = if is_ours.is_some() { "was not written by navlayer" } else { "exists already" };
        return Err(Failure::new(format!("{} {why}", path.display())).with_help("--force replaces it"));
    }
    // A device or a pipe cannot be replaced, only written to.
    if path.exists() && !path.is_file() {
        let mut file = std::fs::OpenOptions::new().write(true).open(path)?;
        file.write_all(bytes)?;
        return Ok(());
    }
    output::write_file(path, bytes)?;
    Ok(())
}

/// Writes to the file that the user named, and says so, or to standard output. See [`write_one`].
pub(crate) fn deliver(
    output: Option<&Path>,
    bytes: &[u8],
    force: bool,
    is_ours: Option<fn(&[u8]) -> bool>,
    global: &Global,
    out: &mut dyn io::Write,
) -> Result<(), Failure> {
    let Some(path) = output else { return Ok(out.write_all(bytes)?) };
    write_one(path, bytes, force, is_ours)?;
    findings::say(global, &format!("wrote {}", path.display()));
    Ok(())
}
