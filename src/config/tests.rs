//! What a configuration says, what is wrong in it, and in which order flags, file and defaults count.

use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::attack::Releases;
use crate::coverage::{Metric, Rollup};
use crate::diagnostic::{Action, Rule, Severity};
use crate::mapping::{Category, Level};

fn read(text: &str) -> Parsed {
    parse(FILE, Path::new("folder"), text.to_owned())
}

/// Code, line and column of each finding.
fn found(text: &str) -> Vec<(&'static str, usize, usize)> {
    let findings = read(text).findings;
    let place = |one: &Diagnostic| one.place.as_ref().map_or((0, 0), |place| (place.line, place.column));
    findings.iter().map(|one| (one.code.id(), place(one).0, place(one).1)).collect()
}

fn in_force(text: &str, flags: Written) -> Settings {
    let Parsed { written, findings } = read(text);
    assert!(findings.is_empty(), "{findings:?}");
    Settings::new(Some(FILE.into()), flags.over(written))
}

#[test]
fn flags_beat_the_file_and_the_file_beats_the_defaults() {
    let text = "sources = \"a.json\"\noutput = \"site\"\n[score]\nmetric = \"layered\"\nrollup = \"max\"\n\
                [filters]\ntactic = [\"TA0005\", \"TA0006\"]\nlevel = \"Partial\"\n";
    let flags = || Written {
        sources: vec![Setting::flag(PathBuf::from("b.json"), "command line")],
        metric: Some(Setting::flag(Metric::Mean, "--metric")),
        filters: [("tactic", vec![Setting::flag("impact".to_owned(), "--tactic")])].into(),
        ..Written::default()
    };
    let origin = |settings: &Settings, key: &str| {
        let rows = settings.in_force().settings;
        let row = rows.into_iter().find(|row| row.key == key).expect("the key is shown");
        let origins: Vec<String> = row.origins.iter().map(ToString::to_string).collect();
        (row.value.as_str().map_or_else(|| row.value.to_string(), str::to_owned), origins.join(" "))
    };
    let given = |value: &str, from: &str| (value.to_owned(), from.to_owned());

    let all = in_force(text, flags());
    assert_eq!(origin(&all, "score.metric"), given("mean", "--metric"));
    assert_eq!(origin(&all, "score.rollup"), given("max", "navlayer.toml:5"));
    assert_eq!(origin(&all, "colors.by"), given("score", "default"));
    assert_eq!(origin(&all, "sources"), given(r#"["b.json"]"#, "command line"));
    assert_eq!(origin(&all, "filters.tactic"), given(r#"["impact"]"#, "--tactic"), "a list is replaced");
    assert_eq!(origin(&all, "filters.level"), given(r#"["Partial"]"#, "navlayer.toml:8"), "another stays");

    let file = in_force(text, Written::default());
    assert_eq!(file.metric.value, Metric::Layered);
    assert_eq!(file.source_paths(), [PathBuf::from("folder/a.json")], "paths are the file's");
    assert_eq!(file.output.value, PathBuf::from("folder/site"));

    let alone = in_force("", Written::default());
    assert_eq!((alone.metric.value, alone.rollup.value), (Metric::Strongest, Rollup::None));
    assert_eq!(alone.output.value, PathBuf::from("navlayer-out"));
    assert_eq!(alone.read_options(Releases::default()), crate::mapping::read::Options::default());
    assert_eq!(alone.palette(), crate::matrix::palette::Palette::default());
}

#[test]
fn what_is_made_of_findings_adds_up_with_flags_last() {
    let rule = |action| Rule { target: "NL0203".parse().expect("a code"), action };
    let flags = Written { findings: vec![Setting::flag(rule(Action::Warn), "--warn")], ..Written::default() };
    let settings = in_force("[findings]\ndeny = \"NL0203\"\nallow = [\"name-differs\"]\n", flags);
    let mut findings = vec![
        Diagnostic::new(Code::RetiredTechnique, "x"),
        Diagnostic::new(Code::NameDiffers, "y"),
        Diagnostic::new(Code::DuplicateRow, "z"),
    ];
    settings.finding_levels().apply(&mut findings);
    let left: Vec<_> = findings.iter().map(|one| (one.code, one.severity)).collect();
    assert_eq!(left, [(Code::RetiredTechnique, Severity::Warning), (Code::DuplicateRow, Severity::Note)]);
}

#[test]
fn tables_of_ones_own_become_options_of_readers() {
    let text = "[columns]\ntechnique = \"ID\"\ncapability = \"Service\"\n[values.level]\nHigh = \"Significant\"\n\
                [values.category]\nprevent = \"protect\"\n\
                [table]\nframework = \"acme\"\nattack-version = \"v16.1\"\ndomain = \"ics\"\n";
    let options = in_force(text, Written::default()).read_options(Releases::default());
    let columns = options.columns.expect("they are named");
    assert_eq!((columns.technique.as_str(), columns.get("capability")), ("ID", Some("Service")));
    assert_eq!(options.levels, [("high".to_owned(), Level::Significant)].into());
    assert_eq!(options.categories, [("prevent".to_owned(), Category::Protect)].into());
    assert_eq!(options.framework.as_deref(), Some("acme"));
    assert_eq!(options.attack_version.map(|version| version.to_string()).as_deref(), Some("16.1"));
    assert_eq!(options.domain, Some(crate::attack::Domain::Ics));
}

#[test]
fn a_scale_must_rise_also_over_the_defaults() {
    for (text, expected) in [
        ("[scale]\npartial = 5\n", vec![("NL0704", 2, 11)]),
        ("[scale]\nminimal = 60\n", vec![("NL0704", 2, 11)]),
        ("[scale]\nsignificant = 50.0\n", vec![("NL0704", 2, 15)]),
        ("[scale]\nminimal = 30\npartial = 20\nsignificant = 90\n", vec![("NL0704", 3, 11)]),
        (
            "[scale]\nminimal = 0\npartial = nan\nsignificant = 1e999\n",
            vec![("NL0704", 2, 11), ("NL0704", 3, 11), ("NL0704", 4, 15)],
        ),
        ("[scale]\nminimal = 0x5\npartial = 12.5\nsignificant = 99_9\n", vec![("NL0704", 4, 15)]),
        ("[scale]\nminimal = 0x5\npartial = 12.5\nsignificant = 99\n", vec![]),
    ] {
        assert_eq!(found(text), expected, "{text}");
    }
    let settings = in_force("[scale]\npartial = 40\n", Written::default());
    assert!((settings.rules().scale.score(Level::Partial) - 40.0).abs() < f64::EPSILON);
    assert!((settings.rules().scale.score(Level::Minimal) - 10.0).abs() < f64::EPSILON);
}

#[test]
fn a_line_that_is_no_toml_does_not_hide_the_others() {
    assert_eq!(
        found("[score]\nmetric = layered\nrollup = \"min\"\n[colours]\n"),
        [("NL0701", 2, 10), ("NL0704", 3, 10), ("NL0702", 4, 2)]
    );
    assert_eq!(found("output = \"a\"\noutput = \"b\"\n"), [("NL0701", 2, 1)]);
    assert_eq!(found("[layer\nexpand = \"all\"\n"), [("NL0701", 1, 7)]);
}

#[test]
fn a_mark_and_windows_line_ends_are_no_mistakes() {
    let text = "\u{feff}[score]\r\nmetric = \"layered\"\r\nrollup = \"min\"\r\n";
    assert_eq!(found(text), [("NL0704", 3, 10)]);
    assert_eq!(read(text).written.metric.map(|metric| metric.value), Some(Metric::Layered));
}

#[test]
fn keys_of_any_table_do_not_differ_by_case_alone() {
    assert_eq!(
        found("[values.level]\nHigh = \"partial\"\nhigh = \"minimal\"\n\"\" = \"minimal\"\n").len(),
        2
    );
}

#[test]
fn controls_in_texts_are_refused_but_for_line_ends_in_prose() {
    assert_eq!(found("output = \"a\\u0000b\"\n"), [("NL0704", 1, 10)]);
    assert_eq!(found("[names]\nlayer = \"a\\nb\"\ndescription = \"\"\"a\nb\"\"\"\n"), [("NL0704", 2, 9)]);
}

#[test]
fn the_nearest_folder_above_counts() {
    let root = tempfile::tempdir().expect("a folder");
    let below = root.path().join("a/b");
    std::fs::create_dir_all(&below).expect("folders");
    crate::output::write_file(&root.path().join(FILE), b"").expect("a file");
    assert_eq!(find(&below), Some(PathBuf::from("../../navlayer.toml")));
    assert_eq!(find(root.path()), Some(PathBuf::from("navlayer.toml")));
    std::fs::create_dir(below.join(FILE)).expect("a folder of that name is not it");
    assert_eq!(find(&below), Some(PathBuf::from("../../navlayer.toml")));
    crate::output::write_file(&root.path().join("a").join(FILE), b"").expect("a file");
    assert_eq!(find(&below), Some(PathBuf::from("../navlayer.toml")));
}

#[test]
fn hostile_files_end_in_a_few_findings() {
    let long = usize::try_from(MAX_BYTES).expect("it fits") / 2;
    let many: String = (0..50_000).fold(String::new(), |text, index| format!("{text}k{index}=1\n"));
    let entries = format!("sources = [{}]", "\"a\",".repeat(long / 5));
    let inline = format!("names = {{ frameworks = {{ {} }} }}", "a.b=1,".repeat(long / 8));
    for text in [
        "a.".repeat(long),
        format!("[{}", "a.".repeat(long)),
        "[".repeat(long),
        "{".repeat(long),
        format!("a = {}", "[".repeat(long)),
        format!("a = {}", "{b=".repeat(long / 3)),
        "\"\"\"".repeat(long / 3),
        "[[a]]\n".repeat(long / 6),
        "x=1\n".repeat(long / 4),
        "\0".repeat(1000),
        "\r".repeat(1000),
        "é".repeat(1000),
        many,
        entries,
        inline,
    ] {
        let start: String = text.chars().take(20).collect();
        let findings = read(&text).findings;
        assert!(!findings.is_empty() && findings.len() <= MAX_FINDINGS, "{start}: {}", findings.len());
    }
}

const EXAMPLE: &str = include_str!("../../docs/navlayer.toml");

#[test]
fn the_example_is_sound_and_holds_every_key() {
    let Parsed { written, findings } = read(EXAMPLE);
    assert!(findings.is_empty(), "{findings:?}");
    let rows = Settings::new(None, written).in_force().settings;
    let unset: Vec<&str> =
        rows.iter().filter(|row| row.toml().is_none()).map(|row| row.key.as_str()).collect();
    assert!(unset.is_empty(), "the example lacks {unset:?}");
    for key in accepted() {
        let prefix = key.split_once('*').map_or(key.as_str(), |(prefix, _)| prefix);
        let is_shown = rows.iter().any(|row| row.key == key || row.key.starts_with(prefix));
        assert!(is_shown, "{key} is read and not shown");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        let _ = read(&text);
    }

    #[test]
    fn no_damage_to_the_example_makes_it_panic(
        at in 0..EXAMPLE.len(),
        length in 0_usize..40,
        put in "[\\[\\]{}=.,\"'#\n a-c0-9]{0,6}",
    ) {
        let floor = |mut at: usize| {
            at = at.min(EXAMPLE.len());
            while !EXAMPLE.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (start, end) = (floor(at), floor(at + length));
        let text = format!("{}{put}{}", &EXAMPLE[..start], &EXAMPLE[end..]);
        for finding in read(&text).findings {
            prop_assert!(finding.place.is_some_and(|place| place.line > 0));
        }
    }
}
