//! `navlayer validate`: everything that can be said about mapping files, line by line.

mod codes;
mod text;

use std::io;

use clap::ValueEnum;
use navlayer::attack::Releases;
use navlayer::config::{Settings, Written};
use navlayer::diagnostic::{Code, Report, Severity};
use navlayer::mapping::check;
use navlayer::mapping::read::{self, Inspection, Reader};

use super::account::UpgradeReportArgs;
use super::args::SourceArgs;
use super::input::{STANDARD_INPUT, Sources};
use super::known::Known;
use super::{CommandResult, Failure, Global, Outcome, config, findings, input};

/// Check mapping files and layers, and show every finding with its place
///
/// Each file is checked on the ATT&CK version that it states; a Navigator layer is checked for what the Navigator drops,
/// warns about or breaks off at, and for what mitreattack-python refuses. All findings are listed, notes too, in the order of the
/// files and from top to bottom; -q leaves all but errors out. The report goes to standard output, in every format;
/// what cannot be read is said on standard error, the other files are checked all the same, and the exit code is 2.
#[derive(Debug, clap::Args)]
#[command(mut_arg("sources", |sources| {
    let help = "Mapping files and layers, folders of them, or patterns; `-` is standard input [default: `sources` of \
                navlayer.toml, or the built-in AWS mapping]";
    sources.help(help).long_help(help).value_name("FILE")
}))]
pub(crate) struct Args {
    #[command(flatten)]
    sources: SourceArgs,
    #[command(flatten)]
    account: UpgradeReportArgs,
    /// How findings are shown
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Say only how many findings there are of each code
    #[arg(long)]
    summary: bool,
    /// Print the page of all codes instead: what each means, and what to do about it
    #[arg(long, conflicts_with_all = ["sources", "summary", "upgrade_report"])]
    codes: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: the line with the value marked
    #[default]
    Text,
    /// One object; `navlayer schema findings` describes it
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// Only with --codes
    Markdown,
}

/// Runs the command.
pub(crate) fn run(args: &Args, global: &Global, out: &mut dyn io::Write) -> CommandResult {
    if args.codes {
        return codes::print(args.format, out);
    }
    let impossible = |message: &str, help: &str| Err(Failure::new(message).with_help(help));
    match (args.format, args.summary) {
        (Format::Markdown, _) => {
            return impossible(
                "--format markdown is for --codes",
                "findings are text, json, sarif or github",
            );
        }
        (Format::Sarif | Format::Github, true) => {
            return impossible("--summary is text or json", "leave --format out, or --summary");
        }
        _ => {}
    }
    args.account.check()?;
    let known = Known::read(global)?;
    let mut flags = Written::default();
    args.sources.write(&mut flags);
    let settings = config::settings(flags, global)?;
    let Inspection { mut reading, files, failures } = inspect(&settings, &known.releases);
    let mut findings = reading.findings;
    findings.extend(check::check_each(&reading.sets, &known.releases));
    let moves = input::carry_each(&mut reading.sets, &settings, &known)?;
    input::leave_to(&moves, &mut findings);
    // What is not known was found by the check.
    findings.extend(moves.into_iter().filter(|one| one.code != Code::UnknownVersion));
    settings.finding_levels().apply(&mut findings);
    input::in_source_order(&mut findings, &files);
    let failures: Vec<Failure> = failures.into_iter().map(Failure::from).collect();
    for failure in &failures {
        findings::print_failure(failure);
    }
    let messages: Vec<String> = failures.into_iter().map(|failure| failure.message).collect();
    let report = Report {
        files: &files,
        findings: &findings,
        failures: &messages,
        least: if global.quiet { Severity::Error } else { Severity::Note },
    };
    write(&report, args, out)?;
    args.account.write(&reading.sets, &settings, false, global)?;
    let has_errors = findings.iter().any(|finding| finding.severity == Severity::Error);
    Ok(match (messages.is_empty(), has_errors) {
        (false, _) => Outcome::Incomplete,
        (true, true) => Outcome::Findings,
        (true, false) => Outcome::Clean,
    })
}

/// Reads all sources, standard input where it stands among them.
fn inspect(settings: &Settings, releases: &Releases) -> Inspection {
    let sources = settings.source_paths();
    if sources.is_empty() {
        let reading = read::embedded();
        let files = reading.sets.iter().flat_map(|set| set.sources.iter());
        let files = files.map(|source| source.name().to_string()).collect();
        return Inspection { reading, files, failures: Vec::new() };
    }
    let reader = Reader::new(settings.read_options(releases.clone()));
    let mut all = Inspection::default();
    for group in input::groups(&sources) {
        let found = match group {
            Sources::StandardInput => reader.inspect_stream(STANDARD_INPUT, io::stdin().lock()),
            Sources::Paths(paths) => reader.inspect(paths),
        };
        all.reading.sets.extend(found.reading.sets);
        all.reading.findings.extend(found.reading.findings);
        all.files.extend(found.files);
        all.failures.extend(found.failures);
    }
    all
}

fn write(report: &Report<'_>, args: &Args, out: &mut dyn io::Write) -> Result<(), Failure> {
    let text = match (args.format, args.summary) {
        (Format::Json, true) => report.summary_json(),
        (Format::Json, false) => report.json(),
        (Format::Sarif, _) => report.sarif(),
        (Format::Github, _) => report.github(),
        (Format::Text | Format::Markdown, true) => text::summary(report),
        (Format::Text | Format::Markdown, false) => text::report(report),
    };
    Ok(out.write_all(text.as_bytes())?)
}
