//! Whole commands as users run them, start-up and files included: `cargo bench`.
//!
//! The commands on the corpus run only when `NAVLAYER_CORPUS` names the folder that holds it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use navlayer::attack::{Catalog, Domain};
use navlayer::coverage::{Coverage, Metric, Rules};
use navlayer::mapping::{read, select::Selection};

fn navlayer(arguments: &[&str], output: &Path) {
    let status = Command::new(env!("CARGO_BIN_EXE_navlayer"))
        .args(arguments)
        .args(["--quiet", "--output"])
        .arg(output)
        .status()
        .expect("the binary runs");
    assert!(status.success(), "{arguments:?}: {status}");
}

fn validate(folder: &Path, format: &str) {
    let output = Command::new(env!("CARGO_BIN_EXE_navlayer"))
        .args(["validate", "--format", format])
        .arg(folder)
        .output()
        .expect("the binary runs");
    assert!(output.status.success() && !output.stdout.is_empty(), "{format}: {}", output.status);
}

/// What people look at, of the built-in mapping and of a layer's file.
fn pages_and_pictures(group: &mut BenchmarkGroup<'_, WallTime>, layer: &str) {
    // To a device: a file is not replaced unasked.
    let nowhere = Path::new("/dev/null");
    for (name, format) in [
        ("render, AWS layer as SVG", "svg"),
        ("render, AWS layer as PNG of 1920×1080", "png"),
        ("render, AWS layer as a workbook", "xlsx"),
        ("render, AWS layer as a page", "html"),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| navlayer(&["render", layer, "--format", format], nowhere));
        });
    }
    let eight = [
        "amazon_guardduty",
        "aws_config",
        "amazon_inspector",
        "aws_security_hub",
        "aws_network_firewall",
        "aws_web_application_firewall",
        "aws_identity_and_access_management",
        "amazon_virtual_private_cloud",
    ];
    for (name, sides) in [("compare, two services", &eight[..2]), ("compare, eight services", &eight[..])] {
        for format in ["html", "layer"] {
            let arguments = [&["compare"], sides, &["--format", format]].concat();
            group.bench_function(format!("{name}, as {format}"), |bencher| {
                bencher.iter(|| navlayer(&arguments, nowhere));
            });
        }
    }
    group.bench_function("report, embedded AWS", |bencher| {
        bencher.iter(|| navlayer(&["report", "-o", "-"], nowhere));
    });
}

fn commands(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = |name: &str| folder.path().join(name);
    let mut group = criterion.benchmark_group("command");
    group.measurement_time(Duration::from_secs(5));
    let file = out("layer.json");
    group.bench_function("layer, embedded AWS", |bencher| bencher.iter(|| navlayer(&["layer"], &file)));
    group.bench_function("layer --attack-version 19.0, embedded AWS", |bencher| {
        bencher.iter(|| navlayer(&["layer", "--attack-version", "19.0"], &file));
    });
    let old = out("old.json");
    navlayer(&["layer"], &old);
    let old = old.display().to_string();
    // To a device: a table does not replace a file unasked.
    let nowhere = Path::new("/dev/null");
    group.bench_function("query scores, embedded AWS", |bencher| {
        bencher.iter(|| navlayer(&["query", "scores"], nowhere));
    });
    group.bench_function("plan, embedded AWS", |bencher| bencher.iter(|| navlayer(&["plan"], nowhere)));
    group.bench_function("plan --budget 5, embedded AWS", |bencher| {
        bencher.iter(|| navlayer(&["plan", "--budget", "5"], nowhere));
    });
    group.bench_function("plan --cover best, embedded AWS", |bencher| {
        bencher.iter(|| navlayer(&["plan", "--cover", "best"], nowhere));
    });
    group.bench_function("upgrade, AWS layer", |bencher| {
        bencher.iter(|| navlayer(&["upgrade", &old, "--to", "19.0"], nowhere));
    });
    pages_and_pictures(&mut group, &old);
    group.bench_function("catalog diff 16.1 19.0", |bencher| {
        bencher.iter(|| navlayer(&["catalog", "diff", "16.1", "19.0"], nowhere));
    });
    // Each time into a new folder, as a first build does; removing the last one first would measure how ext4 passes over
    // inodes that were just deleted.
    let mut count = 0;
    group.sample_size(20);
    group.bench_function("build, embedded AWS", |bencher| {
        bencher.iter_batched(
            || {
                count += 1;
                out(&format!("site-{count}"))
            },
            |site| navlayer(&["build"], &site),
            criterion::BatchSize::PerIteration,
        );
    });
    if let Some(corpus) = std::env::var_os("NAVLAYER_CORPUS").map(PathBuf::from) {
        let nist = corpus.join("corpus/mappings-explorer/nist_800_53-rev5_attack-16.1-enterprise.json");
        let nist = nist.display().to_string();
        group.bench_function("layer, NIST 800-53 (2 MB)", |bencher| {
            bencher.iter(|| navlayer(&["layer", &nist], &file));
        });
        group.bench_function("plan --budget 10, NIST 800-53", |bencher| {
            bencher.iter(|| navlayer(&["plan", &nist, "--budget", "10"], nowhere));
        });
        group.bench_function("layer --attack-version 19.0, NIST 800-53", |bencher| {
            bencher.iter(|| navlayer(&["layer", &nist, "--attack-version", "19.0"], &file));
        });
        let explorer = corpus.join("corpus/mappings-explorer");
        for (name, format) in [("validate, all JSON of the corpus", "text"), ("the same as SARIF", "sarif")] {
            group.bench_function(name, |bencher| bencher.iter(|| validate(&explorer, format)));
        }
        let workbook =
            corpus.join("corpus/mappings-explorer-exports/aws-12.12.2024_attack-16.1-enterprise.xlsx");
        let old = corpus.join("corpus/mappings-explorer/aws-09.21.2021_attack-9.0-enterprise.json");
        let new = corpus.join("corpus/mappings-explorer/aws-12.12.2024_attack-16.1-enterprise.json");
        let editions =
            ["compare", &old.display().to_string(), &new.display().to_string(), "--format", "html"];
        group.bench_function("compare, two editions of AWS, as html", |bencher| {
            bencher.iter(|| navlayer(&editions, Path::new("/dev/null")));
        });
        group.bench_function("validate, AWS workbook", |bencher| {
            bencher.iter(|| validate(&workbook, "text"));
        });
    }
    group.finish();
}

fn library(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("library");
    let sets = read::embedded().sets;
    let catalog = Catalog::embedded(sets[0].domain, sets[0].attack_version).expect("the version is embedded");
    group.bench_function("read the embedded mapping", |bencher| bencher.iter(read::embedded));
    group.bench_function("catalog, Enterprise 16.1", |bencher| {
        bencher.iter(|| Catalog::embedded(Domain::Enterprise, catalog.version()));
    });
    for metric in Metric::ALL {
        let rules = Rules { metric, ..Rules::default() };
        group.bench_function(format!("coverage, {metric}"), |bencher| {
            bencher.iter(|| Coverage::new(&sets, &catalog, Selection::everything(&sets), rules));
        });
    }
    group.finish();
}

criterion_group!(benches, commands, library);
criterion_main!(benches);
