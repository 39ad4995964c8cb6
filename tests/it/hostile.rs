//! Files made to do harm: each ends in a diagnostic, within the memory that a mapping may cost.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Workspace, mapping, row, with};

/// What a run may take, in MiB of address space: 200 for the run itself, and what the system maps beside it.
const MEMORY: usize = 200 + 64;

/// Runs the binary on a file with a bound on its memory; its exit code and what it said.
fn run(space: &Workspace, file: &str) -> (i32, String) {
    let binary = assert_cmd::cargo::cargo_bin("navlayer");
    let script = format!("ulimit -v {} && exec \"$0\" layer \"$1\" -o out.json", MEMORY * 1024);
    let output = Command::new("sh")
        .args(["-c", &script])
        .arg(binary)
        .arg(file)
        .current_dir(space.path("."))
        // One heap: glibc maps another for each thread, and what is mapped counts here, used or not.
        .env("MALLOC_ARENA_MAX", "1")
        .output()
        .expect("a shell runs");
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The file must end in this diagnostic, and nothing be written.
#[track_caller]
fn ends_in(space: &Workspace, file: &str, code: i32, part: &str) {
    let (found, said) = run(space, file);
    let said: String = said.chars().take(2_000).collect();
    assert_eq!(found, code, "{file}: {said}");
    assert!(said.contains(part), "`{part}` is not in what is said of {file}: {said}");
    assert!(!space.has("out.json"), "{file}");
}

fn good() -> String {
    mapping(&[with(row("lock", "T1110", "protect", "partial"), "comments", json!("@"))]).to_string()
}

#[test]
fn the_bound_itself_lets_a_good_file_through() {
    let space = Workspace::new();
    space.write("good.json", good());
    assert_eq!(run(&space, "good.json").0, 0);
    space.write("half.json", good().replace('@', &"x".repeat(1_000_000)));
    assert!(run(&space, "half.json").0 == 0, "a comment of a million bytes is long, and read");
}

#[test]
fn one_text_of_sixty_million_bytes() {
    let space = Workspace::new();
    space.write("long.json", good().replace('@', &"x".repeat(60_000_000)));
    ends_in(&space, "long.json", 1, "error[NL0110]: `comments` has 60000000 bytes of text");
    space.write("longer.json", good().replace('@', &"x".repeat(100_000_000)));
    ends_in(&space, "longer.json", 2, "larger than 64 MiB");
}

#[test]
fn rows_and_fields_without_number() {
    let space = Workspace::new();
    let text = good();
    let (before, after) = text.split_once("\"mapping_objects\":[").expect("it has rows");
    let numbers = "1,".repeat(20_000_000);
    space.write("rows.json", format!("{before}\"mapping_objects\":[{numbers}{after}"));
    ends_in(&space, "rows.json", 1, "error[NL0109]");
    let mut keys = String::new();
    for number in 0..2_000_000 {
        write!(keys, "\"k{number}\":1,").expect("memory takes it");
    }
    space.write("keys.json", text.replacen("\"comments\"", &format!("{keys}\"comments\""), 1));
    ends_in(&space, "keys.json", 1, "has more than 100000 members");
    let keys = "\"\":1,".repeat(5_000_000);
    space.write("top.json", format!("{{{keys}\"a\":1}}"));
    ends_in(&space, "top.json", 1, "error[NL0102]");
}

#[test]
fn findings_without_number() {
    let space = Workspace::new();
    let bad: Vec<Value> =
        (0..30_000).map(|number| row("lock", &format!("X{number}"), "protect", "partial")).collect();
    space.write("bad.json", mapping(&bad).to_string());
    ends_in(&space, "bad.json", 1, "error[NL0109]: the file has more than 10000 findings");
}

#[test]
fn nesting_and_aliases_without_end() {
    let space = Workspace::new();
    space.write("open.json", "[".repeat(20_000_000));
    ends_in(&space, "open.json", 1, "error[NL0101]");
    space.write(
        "deep.json",
        good().replace("\"@\"", &format!("{}{}", "[".repeat(10_000), "]".repeat(10_000))),
    );
    ends_in(&space, "deep.json", 1, "error[NL0104]: `comments` is a list, not text");
    let rows = format!("metadata: {{}}\nmapping_objects: {}{}", "[".repeat(10_000), "]".repeat(10_000));
    space.write("deep.yaml", rows);
    ends_in(&space, "deep.yaml", 1, "error[NL0101]");
    let letters = b"abcdefghijklm";
    let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for pair in letters.windows(2) {
        let (held, name) = (char::from(pair[0]), char::from(pair[1]));
        let nine = vec![format!("*{held}"); 9].join(", ");
        writeln!(bomb, "{name}: &{name} [{nine}]").expect("memory takes it");
    }
    bomb.push_str("metadata: {}\nmapping_objects: *m\n");
    space.write("bomb.yaml", bomb);
    ends_in(&space, "bomb.yaml", 1, "error[NL0101]");
    space.write("wide.yaml", format!("metadata: {{}}\nmapping_objects:\n{}", "- a: b\n".repeat(1_000_000)));
    ends_in(&space, "wide.yaml", 1, "error[NL0101]");
    space.write("large.yaml", format!("metadata: {{}}\nmapping_objects:\n- {}", "x y ".repeat(3_000_000)));
    ends_in(&space, "large.yaml", 1, "the YAML is larger than 8 MiB");
}

#[test]
fn archives_that_unpack_to_more_than_anybody_has() {
    let space = Workspace::new();
    let zeros = vec![b' '; 1 << 20];
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..66 {
        packed.write_all(&zeros).expect("memory takes it");
    }
    space.write("bomb.json.gz", packed.finish().expect("memory takes it"));
    ends_in(&space, "bomb.json.gz", 1, "the gzip file unpacks to more than 64 MiB");
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    archive.start_file("xl/sharedStrings.xml", options).expect("memory takes it");
    for _ in 0..34 {
        archive.write_all(&zeros).expect("memory takes it");
    }
    let bytes = archive.finish().expect("memory takes it").into_inner();
    space.write("bomb.xlsx", bytes);
    ends_in(&space, "bomb.xlsx", 1, "the workbook unpacks to 34 MiB");
}

#[test]
fn a_sparse_file_of_two_gigabytes() {
    let space = Workspace::new();
    space.write("sparse.json", "{");
    let file = std::fs::OpenOptions::new().write(true).open(space.path("sparse.json")).expect("it is there");
    file.set_len(2_000_000_000).expect("the file system has sparse files");
    ends_in(&space, "sparse.json", 2, "larger than 64 MiB");
}

#[test]
#[cfg(unix)]
fn a_device_without_end_is_read_no_further_than_a_file() {
    let space = Workspace::new();
    if Path::new("/dev/zero").exists() {
        std::os::unix::fs::symlink("/dev/zero", space.path("zero.json")).expect("links can be made");
        ends_in(&space, "zero.json", 2, "larger than 64 MiB");
    }
}

#[test]
fn characters_that_no_text_has() {
    let space = Workspace::new();
    space.write("nul.json", good().replace('@', "\0"));
    ends_in(&space, "nul.json", 1, "error[NL0101]");
    space.write("nul.yaml", "ATT&CK version: 9\nname: \0\n");
    ends_in(&space, "nul.yaml", 1, "error[NL0101]");
    space.write("half.json", good().replace('@', "\\ud800"));
    ends_in(&space, "half.json", 1, "`comments` is not valid text");
}

/// A control with this under `techniques`.
fn control(techniques: &str) -> String {
    format!(
        "version: 1\nATT&CK version: 9\nname: lock\nplatform: house\ntags: []\ndescription: x\ntechniques:\n{techniques}"
    )
}

/// A block of as many sub-techniques and scores.
fn product(subs: usize, scores: usize, comment: &str) -> String {
    let subs = "      - id: T1110.001\n".repeat(subs);
    let score = format!("      - {{category: Protect, value: Partial, comments: {comment}}}\n");
    format!(
        "- id: T1110\n  name: x\n  technique-scores: []\n  sub-techniques-scores:\n    - sub-techniques:\n{subs}      scores:\n{}",
        score.repeat(scores)
    )
}

#[test]
fn products_of_few_words() {
    let space = Workspace::new();
    space.write("rows.yaml", control(&product(2_000, 2_000, "x")));
    ends_in(&space, "rows.yaml", 1, "the file makes more than 100000 rows; the rest was not read");
    space.write("text.yaml", control(&product(2_000, 1, &"x".repeat(500_000))));
    ends_in(&space, "text.yaml", 1, "the file makes more than 64 MiB of text in its rows");
    let attributes: Vec<Value> =
        (0..3_000).map(|number| json!({"AWSService": format!("s{number}")})).collect();
    let subs = vec!["T1110.001 - x"; 3_000];
    let requirement = json!({"Id": "T1110", "SubTechniques": subs, "Attributes": attributes});
    let prowler = json!({"Framework": "MITRE-ATTACK", "Provider": "AWS", "Requirements": [requirement]});
    space.write("prowler.json", prowler.to_string());
    ends_in(&space, "prowler.json", 1, "the file makes more than 100000 rows");
    let rows: Vec<Value> = (0..700)
        .flat_map(|_| {
            [json!({"name": "capability", "value": "a"}), json!({"name": "level", "value": "Partial"})]
        })
        .collect();
    let links = vec![json!({"label": "x", "url": format!("https://a.example/{}", "x".repeat(200))}); 700];
    let layer = json!({
        "name": "x", "domain": "enterprise-attack", "versions": {"layer": "4.5", "attack": "16"},
        "techniques": [{"techniqueID": "T1110", "metadata": rows, "links": links}],
    });
    space.write("layer.json", layer.to_string());
    ends_in(&space, "layer.json", 1, "the file makes more than 64 MiB of text in its rows");
}

/// Runs on a file, which must not take as long as what grows with the square of it.
#[track_caller]
fn is_quick(space: &Workspace, args: &[&str]) -> crate::support::Run {
    let start = std::time::Instant::now();
    let run = space.run(args);
    assert!(start.elapsed() < std::time::Duration::from_secs(20), "{args:?} takes {:?}", start.elapsed());
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    run
}

#[test]
fn names_that_are_not_defined() {
    let space = Workspace::new();
    let mut rows: Vec<Value> = (0..2_000)
        .map(|number| {
            with(
                row("lock", "T1110", "protect", "partial"),
                "capability_group",
                json!(format!("unknown{number}")),
            )
        })
        .collect();
    rows.push(rows[0].clone());
    let mut many = mapping(&rows);
    let groups = (0..50_000).map(|number| (format!("group{number}"), json!("x")));
    many["metadata"]["capability_groups"] = Value::Object(groups.collect());
    space.write("groups.json", many.to_string());
    let run = is_quick(&space, &["layer", "groups.json", "-o", "out.json"]);
    let told = run.findings().iter().filter(|one| one.message.contains("the group `unknown0` is")).count();
    assert_eq!(told, 1, "an undefined group is told once");
}

#[test]
fn layers_and_annotations_of_one_name() {
    let space = Workspace::new();
    let layer = |techniques: Value| {
        json!({
            "name": "x", "domain": "enterprise-attack",
            "versions": {"layer": "4.5", "attack": "16", "navigator": "5.1.0"}, "techniques": techniques,
        })
    };
    let one = layer(json!([{"techniqueID": "T1110", "score": 1}]));
    space.write("layers.json", Value::Array(vec![one; 6_000]).to_string());
    is_quick(&space, &["layer", "layers.json", "-o", "out.json"]);
    let annotations: Vec<Value> = (0..30_000)
        .map(|number| {
            let links = json!([{"label": "x", "url": format!("https://a.example/{number}")}]);
            json!({"techniqueID": "T1110", "score": 1, "comment": format!("c{number}"), "links": links})
        })
        .collect();
    space.write("annotations.json", layer(Value::Array(annotations)).to_string());
    is_quick(&space, &["layer", "annotations.json", "-o", "out.json"]);
    let mut many = layer(json!([{"techniqueID": "T1110", "metadata": [
        {"name": "capability", "value": "lock (s (9) 7)"}, {"name": "level", "value": "Partial"},
    ]}]));
    let sources = (0..10_000).map(|number| json!({"name": "source", "value": format!("s (9) {number}")}));
    many["metadata"] = Value::Array(sources.collect());
    space.write("sources.json", many.to_string());
    is_quick(&space, &["convert", "sources.json", "-o", "mapping.json"]);
    assert!(space.read("mapping.json").contains("\"lock\""), "the source is parted from the name");
}

#[test]
fn texts_that_stand_in_one_list() {
    let space = Workspace::new();
    let references: String = (0..20_000).fold(String::new(), |all, number| all + &format!("  - r{number}\n"));
    space.write("list.yaml", format!("{}references:\n{references}", control(&product(1, 1, "x"))));
    is_quick(&space, &["layer", "list.yaml", "-o", "out.json"]);
}
