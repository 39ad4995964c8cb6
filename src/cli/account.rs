//! The account of an upgrade: on the terminal in a line each, and in full in a file.

mod text;

use std::io;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use navlayer::attack::upgrade::Record;
use navlayer::report::{upgrade_file, upgrade_page};

use super::file::write_one;
use super::{Failure, Global, findings};

/// Where the account of an upgrade goes.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "The account of an upgrade")]
pub(crate) struct ReportArgs {
    /// Write what moved, merged and was dropped, and what is new, to this file: .txt, .json or .html; `-` is standard
    /// output
    #[arg(long = "report", value_name = "FILE")]
    path: Option<PathBuf>,
    /// The form of that file [default: by its ending; text on standard output]
    #[arg(long = "report-format", value_enum, value_name = "FORMAT", requires = "path")]
    format: Option<Format>,
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

impl ReportArgs {
    /// Whether anybody asked.
    pub(crate) fn is_wanted(&self) -> bool {
        self.path.is_some()
    }

    /// Refuses what cannot be, before anything is read.
    pub(crate) fn check(&self, output_is_taken: bool) -> Result<(), Failure> {
        let Some(path) = &self.path else { return Ok(()) };
        if path == Path::new("-") && output_is_taken {
            return Err(Failure::new("the output and the account cannot both go to standard output")
                .with_help("-o FILE or --report FILE names a file"));
        }
        self.format().map(|_| ())
    }

    fn format(&self) -> Result<Format, Failure> {
        let path = self.path.as_deref().unwrap_or(Path::new("-"));
        if let Some(format) = self.format {
            return Ok(format);
        }
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        match ending.as_deref() {
            Some("json") => Ok(Format::Json),
            Some("html" | "htm") => Ok(Format::Html),
            Some("txt") => Ok(Format::Text),
            _ if path == Path::new("-") => Ok(Format::Text),
            _ => Err(Failure::new(format!("{} does not tell the form of the account", path.display()))
                .with_help(
                    "the endings .txt, .json and .html do; --report-format names the form of any other file",
                )),
        }
    }

    /// Writes the account, where one is wanted.
    pub(crate) fn write(
        &self,
        records: Vec<Record>,
        global: &Global,
        out: &mut dyn io::Write,
    ) -> Result<(), Failure> {
        let Some(path) = &self.path else { return Ok(()) };
        let bytes = match self.format()? {
            Format::Text => text::account(&records).into_bytes(),
            Format::Html => upgrade_page(&records, None)?.into_bytes(),
            Format::Json => {
                let json = serde_json::to_string_pretty(&upgrade_file(records));
                (json.map_err(|error| Failure::new(error.to_string()))? + "\n").into_bytes()
            }
        };
        if path == Path::new("-") {
            return Ok(out.write_all(&bytes)?);
        }
        write_one(path, &bytes, true, None)?;
        findings::say(global, &format!("wrote {}", path.display()));
        Ok(())
    }
}

/// Says in a line each what became of the rows, and how much nobody has assessed.
pub(crate) fn say<'r>(records: impl IntoIterator<Item = &'r Record>, global: &Global) {
    for record in records {
        findings::say(global, &format!("note: {}", record.summary()));
        let count = record.not_assessed.len();
        if count > 0 {
            let (noun, verb) = if count == 1 { ("technique", "is") } else { ("techniques", "are") };
            let (from, to) = (record.from, record.to);
            let line =
                format!("note: {count} {noun} of ATT&CK {to} {verb} new since {from}, and not assessed");
            findings::say(global, &line);
        }
    }
}
