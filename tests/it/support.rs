//! The driver that the tests share: a folder of their own, the binary run in it, and what it wrote taken apart.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::{Value, json};

/// A folder for one test, gone when the test ends. The binary runs in it.
pub(crate) struct Workspace(tempfile::TempDir);

impl Workspace {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder can be made"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.path(name).symlink_metadata().is_ok()
    }

    /// Writes an input of the test, folders included.
    #[expect(clippy::disallowed_methods, reason = "a test's own input, not an output of the tool")]
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("the path is below the folder")).expect("it can be made");
        fs::write(path, content).expect("the folder can be written to");
    }

    /// Writes a mapping file, indented as the published ones are; gives its text, to look up places in.
    pub(crate) fn mapping(&self, name: &str, mapping: &Value) -> String {
        let text = serde_json::to_string_pretty(mapping).expect("a value is JSON");
        self.write(name, &text);
        text
    }

    pub(crate) fn read(&self, name: &str) -> String {
        let bytes = self.bytes(name);
        String::from_utf8(bytes).unwrap_or_else(|error| panic!("{name} is UTF-8: {error}"))
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name} can be read: {error}"))
    }

    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&self.bytes(name)).unwrap_or_else(|error| panic!("{name} is JSON: {error}"))
    }

    /// Every file below a folder, by its path in the folder, with its bytes. Empty when there is no such folder.
    pub(crate) fn tree(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        tree(&self.path(folder))
    }

    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        self.tree(folder).into_keys().collect()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, b"")
    }

    /// Runs the binary in a folder below.
    pub(crate) fn run_in(&self, folder: &str, arguments: &[&str]) -> Run {
        Self::run_at(&self.path(folder), arguments, b"")
    }

    /// Runs the binary with this standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &[u8]) -> Run {
        Self::run_at(self.0.path(), arguments, input)
    }

    fn run_at(folder: &Path, arguments: &[&str], input: &[u8]) -> Run {
        let mut command = Command::cargo_bin("navlayer").expect("the binary is built");
        // What the machine at hand likes must not show in the results.
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "RUST_BACKTRACE"] {
            command.env_remove(name);
        }
        // Nor what was imported on it.
        command.env("NAVLAYER_DATA", folder.join("no-such-data"));
        command.current_dir(folder).args(arguments).write_stdin(input);
        let output = command.output().expect("the binary runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the output is UTF-8");
        Run {
            line: arguments.join(" "),
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// The layer of a mapping, made with further arguments, which must end without an error.
    pub(crate) fn layer(&self, source: &str, arguments: &[&str]) -> Layer {
        let mut all = vec!["layer", source];
        all.extend(arguments);
        self.run(&all).ok().layer()
    }
}

/// Every file below a folder, by its path in the folder, with its bytes. Empty when there is no such folder.
pub(crate) fn tree(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    if root.is_dir() {
        collect(root, root, &mut files);
    }
    files
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("the folder can be listed") {
        let path = entry.expect("the folder can be listed").path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let name = path.strip_prefix(root).expect("it is below").to_string_lossy().replace('\\', "/");
            files.insert(name, fs::read(&path).expect("the file can be read"));
        }
    }
}

/// What a run gave.
pub(crate) struct Run {
    line: String,
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// The run, which must have ended well.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        self.ends_with(0)
    }

    /// The run, which must have ended with this exit code.
    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "navlayer {}\n{}", self.line, self.stderr);
        self
    }

    /// The run, whose standard error must hold each of these.
    #[track_caller]
    pub(crate) fn says(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(
                self.stderr.contains(part),
                "`{part}` is not in what {} says:\n{}",
                self.line,
                self.stderr
            );
        }
        self
    }

    /// Standard output as a layer.
    #[track_caller]
    pub(crate) fn layer(&self) -> Layer {
        let value = serde_json::from_str(&self.stdout);
        Layer(value.unwrap_or_else(|error| panic!("{} gives no layer: {error}\n{}", self.line, self.stderr)))
    }

    /// What standard error reports, in its order, but for what holds of every bare mapping of a test: it has no comments
    /// and no references, and its rows are in no group.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let mut all = findings(&self.stderr);
        all.retain(|finding| !["NL0314", "NL0402", "NL0403"].contains(&finding.code.as_str()));
        all
    }

    /// What standard output reports, all of it, in its order.
    pub(crate) fn report(&self) -> Vec<Finding> {
        findings(&self.stdout)
    }

    /// The one finding with this code.
    #[track_caller]
    pub(crate) fn finding(&self, code: &str) -> Finding {
        let mut all: Vec<Finding> = self.findings();
        all.retain(|finding| finding.code == code);
        assert_eq!(all.len(), 1, "{code} stands once in what {} says:\n{}", self.line, self.stderr);
        all.remove(0)
    }

    /// The codes of the findings, each once, in order.
    pub(crate) fn codes(&self) -> Vec<String> {
        let mut codes: Vec<String> = self.findings().into_iter().map(|finding| finding.code).collect();
        codes.sort();
        codes.dedup();
        codes
    }
}

/// The findings in a text as it shows them, in its order.
fn findings(text: &str) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for line in text.lines() {
        let head = line.split_once("]: ").and_then(|(head, message)| {
            let (severity, code) = head.split_once('[')?;
            code.starts_with("NL").then_some((severity, code, message))
        });
        if let Some((severity, code, message)) = head {
            findings.push(Finding {
                severity: severity.to_owned(),
                code: code.to_owned(),
                message: message.to_owned(),
                place: String::new(),
                help: String::new(),
            });
        } else if line.starts_with("error: ") {
            // What stopped the run; its help is not the last finding's.
            break;
        } else if let Some(last) = findings.last_mut() {
            if let Some(place) = line.trim_start().strip_prefix("--> ") {
                place.clone_into(&mut last.place);
            } else if let Some((_, help)) = line.split_once("= help: ") {
                help.clone_into(&mut last.help);
            }
        }
    }
    findings
}

/// One finding as standard error shows it.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) severity: String,
    pub(crate) code: String,
    pub(crate) message: String,
    /// `file:line:column`, or the file alone.
    pub(crate) place: String,
    pub(crate) help: String,
}

/// `file:line:column` of the `number`th time (from 0) that `part` stands in a text: lines and characters from 1.
pub(crate) fn place(file: &str, text: &str, part: &str, number: usize) -> String {
    let (at, _) = text.match_indices(part).nth(number).unwrap_or_else(|| panic!("{part} is in the text"));
    let before = &text[..at];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("{file}:{line}:{column}")
}

/// A layer as any program sees it.
pub(crate) struct Layer(pub(crate) Value);

impl Layer {
    pub(crate) fn techniques(&self) -> &[Value] {
        self.0["techniques"].as_array().expect("a layer has techniques")
    }

    pub(crate) fn ids(&self) -> Vec<&str> {
        self.techniques().iter().map(|one| one["techniqueID"].as_str().expect("an id")).collect()
    }

    /// The one entry of a technique.
    #[track_caller]
    pub(crate) fn technique(&self, id: &str) -> &Value {
        let entries: Vec<&Value> = self.techniques().iter().filter(|one| one["techniqueID"] == id).collect();
        assert_eq!(entries.len(), 1, "{id} stands once in {:?}", self.ids());
        entries[0]
    }

    /// A technique's score; `None` when it is there without one.
    #[track_caller]
    pub(crate) fn score(&self, id: &str) -> Option<i64> {
        self.technique(id).get("score").map(|score| score.as_i64().expect("a whole number"))
    }

    /// Id and score of every technique, in order.
    pub(crate) fn scores(&self) -> Vec<(&str, Option<i64>)> {
        self.ids().into_iter().map(|id| (id, self.score(id))).collect()
    }

    /// The layer's own metadata with this name.
    pub(crate) fn metadata(&self, name: &str) -> Vec<&str> {
        values(&self.0["metadata"], name)
    }
}

/// The values of the metadata rows with this name.
pub(crate) fn values<'a>(metadata: &'a Value, name: &str) -> Vec<&'a str> {
    let rows = metadata.as_array().map(Vec::as_slice).unwrap_or_default();
    rows.iter().filter(|row| row["name"] == name).map(|row| row["value"].as_str().expect("text")).collect()
}

/// A mapping set of the test's own, on Enterprise ATT&CK 16.1.
///
/// It defines the mapping types that its rows name, and two groups.
pub(crate) fn mapping(rows: &[Value]) -> Value {
    let used = rows.iter().filter_map(|row| row["mapping_type"].as_str());
    let used = used.filter(|id| !id.is_empty() && *id != "non_mappable");
    let types: serde_json::Map<String, Value> =
        used.map(|id| (id.to_owned(), json!({"name": id, "description": ""}))).collect();
    json!({
        "metadata": {
            "mapping_version": "",
            "technology_domain": "enterprise",
            "attack_version": "16.1",
            "mapping_framework": "acme",
            "mapping_framework_version": "03/04/2025",
            "author": null,
            "contact": "",
            "organization": "Acme Works",
            "creation_date": "02/03/2024",
            "last_update": "03/04/2025",
            "mapping_types": types,
            "capability_groups": {"watch": "Watching", "wall": "Walls"}
        },
        "mapping_objects": rows
    })
}

/// A scored row: `row("lock", "T1110", "protect", "partial")`.
pub(crate) fn row(capability: &str, technique: &str, category: &str, level: &str) -> Value {
    json!({
        "capability_id": capability,
        "capability_description": name(capability),
        "capability_group": "",
        "mapping_type": "technique_scores",
        "attack_object_id": technique,
        "attack_object_name": "",
        "score_category": category,
        "score_value": level,
        "related_score": "",
        "comments": "",
        "references": [],
        "status": "complete"
    })
}

/// A row without category and level.
pub(crate) fn plain_row(capability: &str, technique: &str) -> Value {
    without(
        with(row(capability, technique, "", ""), "mapping_type", json!("mitigates")),
        &["score_category", "score_value", "related_score"],
    )
}

/// What [`row`] calls a capability: `door_lock` is `Door Lock`.
pub(crate) fn name(capability: &str) -> String {
    let words = capability.split('_').map(|word| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    });
    words.collect::<Vec<String>>().join(" ")
}

/// The object with one field set.
pub(crate) fn with(mut object: Value, field: &str, value: Value) -> Value {
    object[field] = value;
    object
}

/// The object without some fields.
pub(crate) fn without(mut object: Value, fields: &[&str]) -> Value {
    let map = object.as_object_mut().expect("an object");
    for field in fields {
        map.remove(*field);
    }
    object
}

/// The folder that holds `corpus/` and `attack/`, when the environment names one; says so when it does not.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
pub(crate) fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("NAVLAYER_CORPUS").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: NAVLAYER_CORPUS is not set");
    }
    folder.map(|folder| folder.canonicalize().expect("NAVLAYER_CORPUS names a folder").join("corpus"))
}

/// Says how much of the real data a test covered.
#[expect(clippy::print_stderr, reason = "a test on real data says how much it covered")]
pub(crate) fn covered(files: usize) {
    eprintln!("covered: {files} files");
}

/// The names in a folder of the corpus, sorted.
pub(crate) fn listing(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be listed").path()).collect();
    paths.sort();
    paths
}

/// An active technique of Enterprise ATT&CK as the embedded table has it.
pub(crate) struct Active {
    pub(crate) id: String,
    pub(crate) tactics: Vec<String>,
    pub(crate) platforms: Vec<String>,
}

/// The active techniques and sub-techniques of a version, straight from the table's text.
pub(crate) fn active(version: &str) -> Vec<Active> {
    active_of("enterprise-attack", version)
}

/// Those of a domain.
pub(crate) fn active_of(domain: &str, version: &str) -> Vec<Active> {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("data/attack/{domain}.tsv"));
    let text = fs::read_to_string(table).expect("the table can be read");
    let versions: Vec<&str> = text
        .lines()
        .find_map(|line| line.strip_prefix("# versions: "))
        .expect("the table names its versions")
        .split(' ')
        .collect();
    let position = |name: &str| versions.iter().position(|one| *one == name).expect("a known version");
    let wanted = position(version);
    let holds = |ranges: &str| {
        ranges.split(',').any(|range| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            (position(first)..=position(last)).contains(&wanted)
        })
    };
    let list = |text: &str, separator: char| text.split(separator).map(str::to_owned).collect();
    let rows =
        text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect::<Vec<_>>());
    let rows = rows.filter(|row| row[5] == "active" && holds(row[1]));
    rows.map(|row| Active { id: row[0].to_owned(), tactics: list(row[3], ','), platforms: list(row[4], '|') })
        .collect()
}
