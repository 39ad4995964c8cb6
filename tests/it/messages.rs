//! How findings read. Each file of `messages/` is checked, and the text beside it is what `navlayer validate` then says.
//!
//! `NAVLAYER_BLESS=1 cargo test` writes the texts anew; read them before they are committed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Workspace, listing};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/messages")
}

#[test]
#[expect(clippy::disallowed_methods, reason = "writes what is expected from now on, when asked to")]
fn findings_read_as_they_are_meant_to() {
    let bless = std::env::var_os("NAVLAYER_BLESS").is_some();
    let mut wrong = Vec::new();
    let mut cases = 0;
    for source in listing(&folder()).iter().filter(|path| path.extension().is_some_and(|one| one != "txt")) {
        cases += 1;
        let name = source.file_name().expect("it has a name").to_string_lossy();
        let space = Workspace::new();
        space.write(&name, fs::read(source).expect("it can be read"));
        let run = space.run(&["validate", &name]);
        assert!(run.stderr.is_empty(), "{name}: {}", run.stderr);
        let expected = source.with_extension("txt");
        if bless {
            fs::write(&expected, &run.stdout).expect("it can be written");
        }
        let text = fs::read_to_string(&expected).unwrap_or_default();
        if text != run.stdout {
            wrong.push(format!("{name} says:\n{}instead of:\n{text}", run.stdout));
        }
    }
    assert!(cases >= 20, "the twenty most common are there");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_text_has_its_file() {
    for text in listing(&folder()).iter().filter(|path| path.extension().is_some_and(|one| one == "txt")) {
        let has = ["json", "yaml"].iter().any(|extension| text.with_extension(extension).is_file());
        assert!(has, "{} is of no file", text.display());
    }
}
