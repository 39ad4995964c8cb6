//! `navlayer config`, and what every command takes from the configuration.

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Subcommand, ValueEnum};
use navlayer::config::{
    self, ConfigError, InForce, OriginView, Parsed, Setting, SettingView, Settings, Written,
};
use navlayer::diagnostic::{Action, Group, Rule, Severity, Target};
use navlayer::mapping::read::Columns;
use serde_json::Value;

use super::args::{FilterArgs, RuleArgs, SourceArgs, ThreatArgs};
use super::{CommandResult, Failure, Global, Outcome, findings};

/// Show what is in force
///
/// navlayer.toml is looked for in the working directory and the folders above it. It holds sources, threat, filters, metric,
/// roll-up, scale, colours, names, templates, the columns of tables of your own, and what is made of findings. Flags
/// override it.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Show(ShowArgs),
}

/// Show every setting in force, and where each value came from
///
/// With the flags of `navlayer build`, it shows what that command would go by.
#[derive(Debug, clap::Args)]
struct ShowArgs {
    #[command(flatten)]
    sources: SourceArgs,
    /// How to show it
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// The folder to write to [default: navlayer-out]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// A folder of templates that take the place of the built-in ones of the same name
    #[arg(long, value_name = "DIR")]
    templates: Option<PathBuf>,
    #[command(flatten)]
    threat: ThreatArgs,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    filters: FilterArgs,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    /// What is set, in columns; -v shows what is not, too
    #[default]
    Text,
    /// Everything, for programs
    Json,
    /// A navlayer.toml that says the same
    Toml,
}

/// Runs the command.
pub(crate) fn run(args: &Args, global: &Global, out: &mut dyn io::Write) -> CommandResult {
    let Command::Show(args) = &args.command;
    let mut flags = Written::default();
    args.sources.write(&mut flags);
    args.threat.write(&mut flags);
    args.rules.write(&mut flags);
    args.filters.write(&mut flags);
    flags.output = args.output.clone().map(|folder| Setting::flag(folder, "--output"));
    flags.templates = args.templates.clone().map(|folder| Setting::flag(folder, "--templates"));
    let in_force = settings(flags, global)?.in_force();
    let text = match args.format {
        Format::Text => text(&in_force, global.verbose),
        Format::Json => {
            let json = serde_json::to_string_pretty(&in_force);
            json.map_err(|error| Failure::new(error.to_string()))? + "\n"
        }
        Format::Toml => toml(&in_force),
    };
    out.write_all(text.as_bytes())?;
    Ok(Outcome::Clean)
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(error.to_string())
    }
}

/// What is in force: the configuration with the flags laid over it. Mistakes in it are printed, and stop the run.
pub(crate) fn settings(flags: Written, global: &Global) -> Result<Settings, Failure> {
    let path = match &global.config {
        Some(path) => Some(path.clone()),
        None if global.no_config => None,
        // Where there is no working directory, there is nothing above it.
        None => std::env::current_dir().ok().and_then(|folder| config::find(&folder)),
    };
    let Parsed { written, mut findings } = match &path {
        Some(path) => config::load(path)?,
        None => Parsed::default(),
    };
    let file: Option<Arc<str>> = path.map(|path| path.display().to_string().into());
    let flags = Written { findings: rules(global), ..flags };
    let settings = Settings::new(file, flags.over(written));
    settings.finding_levels().apply(&mut findings);
    findings::print_all(&findings, global);
    let mistakes = findings.iter().filter(|one| one.severity == Severity::Error).count();
    if mistakes > 0 {
        return Err(failure(settings.file.as_deref(), mistakes));
    }
    if !settings.columns.is_empty() && !settings.columns.contains_key(Columns::KEYS[0]) {
        return Err(Failure::new("--columns does not name the column of techniques")
            .with_help("--columns technique=ID,…"));
    }
    Ok(settings)
}

/// What mistakes in the configuration end in.
pub(crate) fn failure(file: Option<&str>, mistakes: usize) -> Failure {
    let noun = if mistakes == 1 { "mistake" } else { "mistakes" };
    let more = if mistakes >= config::MAX_FINDINGS { " or more" } else { "" };
    Failure::new(format!("{} has {mistakes} {noun}{more}", file.unwrap_or(config::FILE)))
        .with_help("nothing was written; --no-config leaves the file out")
}

/// What the flags make of findings.
fn rules(global: &Global) -> Vec<Setting<Rule>> {
    let lists = [
        (Action::Allow, "--allow", &global.allow),
        (Action::Warn, "--warn", &global.warn),
        (Action::Deny, "--deny", &global.deny),
    ];
    let all = lists.into_iter().flat_map(|(action, flag, targets)| {
        targets.iter().map(move |target| Setting::flag(Rule { target: *target, action }, flag))
    });
    let strict = Rule { target: Target::Group(Group::Warnings), action: Action::Deny };
    all.chain(global.strict.then(|| Setting::flag(strict, "--strict"))).collect()
}

/// A code of `--allow`.
pub(crate) fn allowed(text: &str) -> Result<Target, String> {
    target(text, Action::Allow)
}

/// A code of `--warn`.
pub(crate) fn warned(text: &str) -> Result<Target, String> {
    target(text, Action::Warn)
}

/// A code of `--deny`.
pub(crate) fn denied(text: &str) -> Result<Target, String> {
    target(text, Action::Deny)
}

fn target(text: &str, action: Action) -> Result<Target, String> {
    let target: Target = text.trim().parse().map_err(|error: navlayer::diagnostic::ParseTargetError| {
        match &error.nearest {
            Some(near) => format!("{error}; did you mean `{near}`?"),
            None => error.to_string(),
        }
    })?;
    let rule = Rule { target, action };
    if rule.is_possible() {
        Ok(target)
    } else {
        Err(format!("{target} is an error whatever is made of it: there is nothing to go on with"))
    }
}

/// Key, value and origin in columns.
fn text(in_force: &InForce, is_verbose: bool) -> String {
    let is_shown = |row: &&SettingView| {
        is_verbose || !row.value.is_null() || ["sources", "templates"].contains(&row.key.as_str())
    };
    let rows: Vec<[String; 3]> = in_force.settings.iter().filter(is_shown).map(columns).collect();
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        // One long value does not push all origins off the screen.
        widths.filter(|width| *width <= 60).max().unwrap_or(0)
    };
    let (first, second) = (width(0), width(1));
    let mut text = match &in_force.file {
        Some(file) => format!("configuration: {}\n\n", findings::clean(file)),
        None => "configuration: none\n\n".to_owned(),
    };
    for [key, value, origin] in &rows {
        let _ = writeln!(text, "{key:first$}  {value:second$}  {origin}");
    }
    text
}

/// A setting's key, value and origin.
fn columns(row: &SettingView) -> [String; 3] {
    let value = match &row.value {
        Value::Null => format!("({})", row.instead.unwrap_or("nothing")),
        Value::Array(values) => values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    [findings::clean(&row.key), findings::clean(&value), origins(&row.origins)]
}

fn origins(origins: &[OriginView]) -> String {
    let texts: Vec<String> = origins.iter().map(|origin| findings::clean(&origin.to_string())).collect();
    match texts.as_slice() {
        [first, .., last] if texts.len() > 3 => format!("{first} to {last}"),
        _ => texts.join(", "),
    }
}

/// A configuration that says the same. What is not set stands there as a comment.
fn toml(in_force: &InForce) -> String {
    let table = |row: &SettingView| row.key.split_once('.').map_or("", |(table, _)| table).to_owned();
    let mut text = String::new();
    for rows in in_force.settings.chunk_by(|a, b| table(a) == table(b)) {
        let name = table(&rows[0]);
        if !name.is_empty() {
            // A table that stands there empty may lack what it needs.
            let is_set = rows.iter().any(|row| row.toml().is_some());
            let _ = write!(text, "\n{}[{name}]\n", if is_set { "" } else { "# " });
        }
        for row in rows {
            let key = row.key.strip_prefix(&format!("{name}.")).unwrap_or(&row.key);
            let _ = match row.toml() {
                Some(value) => writeln!(text, "{key} = {value}  # {}", origins(&row.origins)),
                None => writeln!(text, "# {key}: {}", row.instead.unwrap_or("nothing")),
            };
        }
    }
    text
}
