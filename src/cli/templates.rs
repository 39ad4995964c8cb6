//! `navlayer templates`: the built-in templates, to look at and to start from.

mod views;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use navlayer::config::{Setting, Written};
use navlayer::output;
use navlayer::report::templates::{BuiltIn, builtins, replaced};
use navlayer::suggest;
use navlayer::tables::{Table, TemplateRow};

use super::table::{Sheet, TableArgs};
use super::{CommandResult, Failure, Global, Outcome, config, findings};

/// List and export the templates that pages are made of, to make some of your own
///
/// A file of the same name in the folder of --templates takes the place of a built-in one, and may include it:
/// {{> builtin/head}} in a head.hbs, the line /* builtin */ in a site.css.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

const EXAMPLES: &str = "\
Examples:
  navlayer templates list                          what templates there are
  navlayer templates export mine logo.hbs          one of them, to change it
  navlayer build --templates mine                  pages with it in its place";

#[derive(Debug, Subcommand)]
enum Action {
    List(ListArgs),
    Export(ExportArgs),
    /// Print the fields of what templates are given, as a page of Markdown
    ///
    /// The same as the schemas `navlayer schema view:index` and so on, for people. docs/views.md is what it prints.
    Views,
}

/// List the templates: what each is for, and what it is given
#[derive(Debug, clap::Args)]
struct ListArgs {
    /// A folder of templates of your own: tells which are replaced
    #[arg(long, value_name = "DIR")]
    templates: Option<PathBuf>,
    #[command(flatten)]
    table: TableArgs,
}

/// Write the built-in templates to a folder
///
/// Export only those that you change: what is in your folder stays as it is when navlayer gets better ones.
#[derive(Debug, clap::Args)]
struct ExportArgs {
    /// The folder to write to
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Which templates [default: all]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Replace files that differ
    #[arg(long)]
    force: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Args, global: &Global, out: &mut dyn io::Write) -> CommandResult {
    match &args.action {
        Action::List(args) => list(args, global, out),
        Action::Export(args) => export(args, global),
        Action::Views => views::print(out),
    }
}

fn list(args: &ListArgs, global: &Global, out: &mut dyn io::Write) -> CommandResult {
    let flags = Written {
        templates: args.templates.clone().map(|folder| Setting::flag(folder, "--templates")),
        ..Written::default()
    };
    let folder = config::settings(flags, global)?.templates.value;
    let own = folder.as_deref().map(replaced).transpose()?;
    let is_replaced = |name: &str| own.as_ref().map(|own| own.contains_key(name));
    let rows: Vec<TemplateRow> = builtins()
        .map(|template| TemplateRow { template, is_replaced: is_replaced(template.name) })
        .collect();
    args.table.write(Sheet { table: Table::new(&rows), below: None }, global, out)?;
    Ok(Outcome::Clean)
}

fn export(args: &ExportArgs, global: &Global) -> CommandResult {
    let chosen = chosen(&args.names)?;
    if args.folder.exists() && !args.folder.is_dir() {
        return Err(Failure::new(format!("{} is not a folder", args.folder.display())));
    }
    // All are looked at before the first is written.
    let mut missing = Vec::new();
    for template in chosen {
        let path = args.folder.join(template.name);
        match held(&path)? {
            Some(held) if held == template.text.as_bytes() => {}
            Some(_) if !args.force => {
                return Err(Failure::new(format!("{} differs from the built-in template", path.display()))
                    .with_help("nothing was written; --force replaces it"));
            }
            _ => missing.push((path, template)),
        }
    }
    let failed = |error: io::Error| Failure::new(format!("cannot make {} ({error})", args.folder.display()));
    std::fs::create_dir_all(&args.folder).map_err(failed)?;
    for (path, template) in &missing {
        output::write_file(path, template.text.as_bytes())?;
    }
    let noun = if missing.len() == 1 { "template" } else { "templates" };
    let told = match missing.as_slice() {
        [] => format!("{} holds them already: nothing to write", args.folder.display()),
        [(path, _)] => format!("wrote {}", path.display()),
        _ => format!("wrote {} {noun} to {}", missing.len(), args.folder.display()),
    };
    findings::say(global, &told);
    Ok(Outcome::Clean)
}

/// The bytes of a file; `None` where nothing is.
fn held(path: &Path) -> Result<Option<Vec<u8>>, Failure> {
    let failed = |error: io::Error| Failure::new(format!("cannot read {} ({error})", path.display()));
    match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(error)),
        Ok(found) if !found.is_file() => Err(Failure::new(format!("{} is not a plain file", path.display()))),
        Ok(_) => std::fs::read(path).map(Some).map_err(failed),
    }
}

/// The templates of these names, each once; all of them without a name. `index` will do for `index.hbs`.
fn chosen(names: &[String]) -> Result<Vec<BuiltIn>, Failure> {
    let mut wanted = BTreeSet::new();
    for name in names {
        let found = builtins().find(|one| one.name == name || one.name.strip_suffix(".hbs") == Some(name));
        let Some(found) = found else {
            let nearest = suggest::nearest(name, builtins().map(|one| one.name));
            let help = nearest.map_or_else(
                || "`navlayer templates list` names them all".to_owned(),
                |nearest| format!("did you mean {nearest}?"),
            );
            return Err(Failure::new(format!("no template is called `{name}`")).with_help(help));
        };
        wanted.insert(found.name);
    }
    Ok(builtins().filter(|one| names.is_empty() || wanted.contains(one.name)).collect())
}
