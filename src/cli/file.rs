//! Writing the one file that the user names.

use std::io::{self, Write as _};
use std::path::Path;

use navlayer::output;

use super::{Failure, Global, findings};

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
