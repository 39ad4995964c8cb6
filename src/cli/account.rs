//! The account of an upgrade: on the terminal in a line each, and in full in a file.

mod text;

use std::io;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use navlayer::attack::upgrade::Record;
use navlayer::config::Settings;
use navlayer::mapping::MappingSet;
use navlayer::report::{ACCOUNT_TITLE, upgrade_file, upgrade_page};

use super::file::write_one;
use super::{Failure, Global, findings};

/// Where `upgrade` puts its account.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "The account of the upgrade")]
pub(crate) struct ReportArgs {
    /// Write what moved, merged and was dropped, and what is new, to this file: .txt, .json or .html; `-` is standard
    /// output
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// The form of that file [default: by its ending; text on standard output]
    #[arg(long, value_enum, value_name = "FORMAT", requires = "report")]
    report_format: Option<Format>,
}

/// Where a command that reads mappings puts the account of their upgrade.
#[derive(Debug, clap::Args)]
pub(crate) struct UpgradeReportArgs {
    /// Write what became of every row on the way to another ATT&CK version to this file: .txt, .json or .html
    #[arg(long, value_name = "FILE")]
    upgrade_report: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One object; `navlayer schema upgrade` describes it
    Json,
    /// A page by itself
    Html,
}

impl Format {
    /// What a file's ending says; text on standard output.
    fn of(path: &Path) -> Result<Self, Failure> {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        match ending.as_deref() {
            Some("json") => Ok(Self::Json),
            Some("html" | "htm") => Ok(Self::Html),
            Some("txt") => Ok(Self::Text),
            _ if is_standard_output(path) => Ok(Self::Text),
            _ => Err(Failure::new(format!("{} does not tell the form of the account", path.display()))
                .with_help("the endings .txt, .json and .html do")),
        }
    }
}

fn is_standard_output(path: &Path) -> bool {
    path == Path::new("-")
}

impl ReportArgs {
    /// Whether anybody asked.
    pub(crate) fn is_wanted(&self) -> bool {
        self.report.is_some()
    }

    /// Refuses what cannot be, before anything is read. `output`: where the layer goes; `None` is standard output.
    pub(crate) fn check(&self, output: Option<&Path>) -> Result<(), Failure> {
        let Some(path) = &self.report else { return Ok(()) };
        let output = output.unwrap_or(Path::new("-"));
        if path == output {
            let place = if is_standard_output(path) { "standard output" } else { "one file" };
            return Err(Failure::new(format!("the layer and the account cannot both go to {place}"))
                .with_help("-o FILE or --report FILE names a file"));
        }
        self.report_format.map_or_else(|| Format::of(path), Ok).map(|_| ())
    }

    /// Writes the account, where one is wanted.
    pub(crate) fn write(
        &self,
        records: Vec<Record>,
        settings: &Settings,
        force: bool,
        global: &Global,
        out: &mut dyn io::Write,
    ) -> Result<(), Failure> {
        let Some(path) = &self.report else { return Ok(()) };
        let format = self.report_format.map_or_else(|| Format::of(path), Ok)?;
        let bytes = bytes(records, format, settings)?;
        if is_standard_output(path) {
            return Ok(out.write_all(&bytes)?);
        }
        put(path, &bytes, force, global)
    }
}

impl UpgradeReportArgs {
    /// Refuses what cannot be, before anything is read.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        match &self.upgrade_report {
            Some(path) if is_standard_output(path) => {
                Err(Failure::new("the account of the upgrade needs a file of its own")
                    .with_help("--upgrade-report FILE.html names one"))
            }
            Some(path) => Format::of(path).map(|_| ()),
            None => Ok(()),
        }
    }

    /// Writes the account of the sets' upgrades, where one is wanted; of sets that nothing moved, an empty one.
    pub(crate) fn write(
        &self,
        sets: &[MappingSet],
        settings: &Settings,
        force: bool,
        global: &Global,
    ) -> Result<(), Failure> {
        let Some(path) = &self.upgrade_report else { return Ok(()) };
        let records = sets.iter().flat_map(|set| &set.upgrades).cloned().collect();
        put(path, &bytes(records, Format::of(path)?, settings)?, force, global)
    }
}

fn bytes(records: Vec<Record>, format: Format, settings: &Settings) -> Result<Vec<u8>, Failure> {
    Ok(match format {
        Format::Text => text::account(&records).into_bytes(),
        Format::Html => upgrade_page(&records, settings.templates.value.as_deref())?.into_bytes(),
        Format::Json => {
            let json = serde_json::to_string_pretty(&upgrade_file(records));
            (json.map_err(|error| Failure::new(error.to_string()))? + "\n").into_bytes()
        }
    })
}

fn put(path: &Path, bytes: &[u8], force: bool, global: &Global) -> Result<(), Failure> {
    write_one(path, bytes, force, Some(is_our_account))?;
    findings::say(global, &format!("wrote {}", path.display()));
    Ok(())
}

/// Whether a file is an account as it is written here.
fn is_our_account(held: &[u8]) -> bool {
    let text = String::from_utf8_lossy(held);
    let marks = [ACCOUNT_TITLE, "\"upgrades\": [", text::OPENING];
    marks.iter().any(|mark| text.contains(mark)) && text.contains("navlayer ")
}

/// Says in a line each what became of the rows, and how much nobody has assessed.
pub(crate) fn say<'r>(records: impl IntoIterator<Item = &'r Record>, global: &Global) {
    for record in records {
        findings::say(global, &format!("note: {}", record.summary()));
        let count = record.not_assessed.len();
        if count > 0 {
            let (noun, verb) = if count == 1 { ("technique", "is") } else { ("techniques", "are") };
            let (to, absence) = (record.to, record.absence());
            let line = format!("note: {count} {noun} of ATT&CK {to} {verb} {absence}, and not assessed");
            findings::say(global, &line);
        }
    }
}
