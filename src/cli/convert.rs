//! `navlayer convert`: a mapping set in another form of Mappings Explorer.

use std::io;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use navlayer::config::Written;
use navlayer::diagnostic::Severity;
use navlayer::mapping::MappingSet;
use navlayer::mapping::write::{Content, Form, WriteError, file_stem, losses, write};
use navlayer::output::Sink;

use super::account::UpgradeReportArgs;
use super::args::SourceArgs;
use super::file::write_one;
use super::{CommandResult, Failure, Global, Outcome, config, findings, input};

/// Write a mapping set in another form: Mappings Explorer JSON, YAML, CSV, TSV or XLSX
///
/// What the form has no place for is left out, with a warning for each kind of thing; --strict writes nothing then. Texts
/// are written without blanks around them, and what is not mappable in one spelling.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    sources: SourceArgs,
    #[command(flatten)]
    account: UpgradeReportArgs,
    /// The file to write, its ending telling the form; or a folder (`out/`), for one file per mapping set [default:
    /// standard output]
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// The form [default: by the file's ending; JSON on standard output and in a folder]
    #[arg(long, value_enum, value_name = "FORM")]
    format: Option<FormArg>,
    /// Leave out every sentence: comments and descriptions. What is built into navlayer is made so
    #[arg(long)]
    facts: bool,
    /// Replace the file if it exists
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormArg {
    Json,
    Yaml,
    Csv,
    Tsv,
    Xlsx,
}

impl From<FormArg> for Form {
    fn from(form: FormArg) -> Self {
        match form {
            FormArg::Json => Self::Json,
            FormArg::Yaml => Self::Yaml,
            FormArg::Csv => Self::Csv,
            FormArg::Tsv => Self::Tsv,
            FormArg::Xlsx => Self::Xlsx,
        }
    }
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        Self::new(error.to_string())
    }
}

/// Where the files go.
enum Target<'a> {
    StandardOutput,
    File(&'a Path),
    Folder(&'a Path),
}

/// Runs the command.
pub(crate) fn run(args: &Args, global: &Global, out: &mut dyn io::Write) -> CommandResult {
    // What cannot be written is said before anything is read.
    args.account.check()?;
    let (target, form) = target(args)?;
    let content = if args.facts { Content::Facts } else { Content::Everything };
    let mut flags = Written::default();
    args.sources.write(&mut flags);
    let settings = config::settings(flags, global)?;
    let Some(sets) = input::load_sets(&settings, global)? else { return Ok(Outcome::Findings) };
    if !matches!(target, Target::Folder(_)) && sets.len() != 1 {
        return Err(not_one(&sets));
    }
    let mut lost: Vec<_> = sets.iter().flat_map(|set| losses(set, form, content)).collect();
    settings.finding_levels().apply(&mut lost);
    if lost.iter().any(|one| one.severity == Severity::Error) {
        input::stop::<()>(&lost, global);
        return Ok(Outcome::Findings);
    }
    findings::print(&lost, global);
    args.account.write(&sets, &settings, args.force, global)?;
    match target {
        Target::StandardOutput => out.write_all(&write(&sets[0], form, content)?)?,
        Target::File(path) => {
            // A mapping may be the only copy of somebody's work: nothing is replaced unasked.
            write_one(path, &write(&sets[0], form, content)?, args.force, None)?;
            findings::say(global, &format!("wrote {}", path.display()));
        }
        Target::Folder(folder) => {
            let mut sink = Sink::new(folder, "navlayer convert");
            for set in &sets {
                let path = sink.name("", &file_stem(set), form.extension());
                sink.add(path, write(set, form, content)?);
            }
            let changes = sink.write(args.force)?;
            findings::say_written(global, &sink, &changes, "mapping set");
        }
    }
    Ok(Outcome::Clean)
}

/// Where to write, and in which form.
fn target(args: &Args) -> Result<(Target<'_>, Form), Failure> {
    let stated = args.format.map(Form::from);
    let Some(path) = args.output.as_deref().filter(|path| *path != Path::new("-")) else {
        let form = stated.unwrap_or(Form::Json);
        if !form.is_text() {
            return Err(Failure::new(format!("{} is no text for standard output", form.name()))
                .with_help(format!("-o FILE.{} names a file", form.extension())));
        }
        return Ok((Target::StandardOutput, form));
    };
    if path.is_dir() || path.as_os_str().to_string_lossy().ends_with(['/', '\\']) {
        return Ok((Target::Folder(path), stated.unwrap_or(Form::Json)));
    }
    let Some(form) = stated.or_else(|| Form::of_path(path)) else {
        let endings = Form::ALL.map(|form| format!(".{}", form.extension())).join(", ");
        return Err(Failure::new(format!("{} does not tell the form to write", path.display()))
            .with_help(format!("the endings {endings} do; --format names the form of any other file")));
    };
    Ok((Target::File(path), form))
}

/// A file holds one mapping set.
fn not_one(sets: &[MappingSet]) -> Failure {
    if sets.is_empty() {
        return Failure::new("the sources hold no mapping set");
    }
    let mut names: Vec<String> =
        sets.iter().take(5).map(|set| format!("{} ({})", set.framework.label(), set.origin)).collect();
    if sets.len() > names.len() {
        names.push(format!("{} more", sets.len() - names.len()));
    }
    Failure::new(format!(
        "the sources hold {} mapping sets, and a file holds one: {}",
        sets.len(),
        names.join(", ")
    ))
    .with_help("-o FOLDER/ writes one file for each")
}
