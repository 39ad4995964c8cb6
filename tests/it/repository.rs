//! What the repository holds beside the code is what the code makes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Workspace, corpus, covered, tree};

fn repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[test]
fn the_layers_folder_is_what_build_writes() {
    let space = Workspace::new();
    space.run(&["build", "--only", "layers", "-o", "layers"]).ok();
    let made = space.tree("layers");
    let held = tree(&repository("layers"));
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<String>>();
    let advice = "run `navlayer build --only layers -o layers`";
    assert_eq!(names(&held), names(&made), "{advice}");
    for (name, bytes) in &made {
        assert!(held[name] == *bytes, "layers/{name} is out of date: {advice}");
    }
}

#[test]
fn the_schemas_folder_is_what_schema_prints() {
    let space = Workspace::new();
    let names = space.run(&["schema", "--list"]).ok().stdout;
    for what in names.lines() {
        let file = format!("schemas/{}.schema.json", what.replace(':', "-"));
        let held = fs::read_to_string(repository(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let made = space.run(&["schema", what]).ok().stdout;
        assert!(held == made, "{file} is out of date: run `navlayer schema {what} > {file}`");
    }
    assert_eq!(tree(&repository("schemas")).len(), names.lines().count(), "and no other file");
}

#[test]
fn the_page_of_findings_is_what_validate_prints() {
    let held = fs::read_to_string(repository("docs/findings.md")).expect("the page is there");
    let command = ["validate", "--codes", "--format", "markdown"];
    let made = Workspace::new().run(&command).ok().stdout;
    assert!(
        held == made,
        "docs/findings.md is out of date: run `navlayer {} > docs/findings.md`",
        command.join(" ")
    );
}

#[test]
fn the_built_in_mapping_is_the_published_one_without_its_prose() {
    let Some(corpus) = corpus() else { return };
    let name = "aws-12.12.2024_attack-16.1-enterprise.json";
    let published = corpus.join("mappings-explorer").join(name);
    let made = Workspace::new().run(&["convert", "--facts", &published.to_string_lossy()]).ok().stdout;
    let held = fs::read_to_string(repository("data/mappings").join(name)).expect("the mapping is there");
    assert!(held == made, "data/mappings/{name} is out of date: run `navlayer convert --facts`");
    assert!(!held.contains("\"comments\""), "an analyst's comment is no fact");
    covered(1);
}

#[test]
fn the_readme_names_only_options_that_exist() {
    // Before there is a README, nothing in it can be wrong.
    let Ok(readme) = fs::read_to_string(repository("README.md")) else { return };
    let known = options();
    // Lines that build or install the tool name other programs' options.
    let ours =
        readme.lines().filter(|line| !["cargo ", "git ", "pip "].iter().any(|other| line.contains(other)));
    let named: BTreeSet<String> = ours.flat_map(long_options).collect();
    let unknown: Vec<&String> = named.difference(&known).collect();
    assert!(unknown.is_empty(), "no --help names {unknown:?}");
}

#[test]
fn every_option_is_found_in_some_help() {
    let known = options();
    for option in
        ["--per", "--bundle", "--templates", "--attack-data", "--facts", "--category", "--check", "--domain"]
    {
        assert!(known.contains(option), "{option} is not in {known:?}");
    }
}

/// Every long option of every command.
fn options() -> BTreeSet<String> {
    let space = Workspace::new();
    let mut known = BTreeSet::new();
    let mut commands: Vec<Vec<String>> = vec![Vec::new()];
    while let Some(command) = commands.pop() {
        let mut arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        arguments.push("--help");
        let help = space.run(&arguments).ok().stdout;
        known.extend(help.lines().flat_map(long_options));
        let below = help.split_once("Commands:\n").map_or("", |(_, below)| below);
        for line in below.lines().take_while(|line| line.starts_with("  ")) {
            let Some(name) = line.strip_prefix("  ").filter(|line| !line.starts_with(' ')) else { continue };
            let name = name.split(' ').next().unwrap_or_default();
            if name != "help" {
                commands.push(command.iter().cloned().chain([name.to_owned()]).collect());
            }
        }
    }
    known
}

/// The long options that a line names: `--color-by` in `[--color-by=WHAT]`.
fn long_options(line: &str) -> Vec<String> {
    let starts = line.match_indices("--").map(|(at, _)| at);
    let alone = starts.filter(|at| !line[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '-'));
    let names = alone.map(|at| {
        let name = line[at + 2..].chars().take_while(|c| c.is_ascii_lowercase() || *c == '-');
        name.collect::<String>()
    });
    names
        .filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase()))
        .map(|name| format!("--{name}"))
        .collect()
}
