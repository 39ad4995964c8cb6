//! `navlayer catalog import`: making ATT&CK releases known that navlayer does not ship with.

use std::io;
use std::path::{Path, PathBuf};

use navlayer::attack::{Table, embedded_versions};
use navlayer::output;

use super::{CommandResult, Failure, Global, Outcome};
use crate::cli::known;

/// Make an ATT&CK release known, from the STIX bundle that MITRE publishes
///
/// The facts that navlayer needs go into its data folder, beside those of earlier imports; from then on the release is
/// found by its version, like those that are built in. Of a version that is there already, the bundle's facts count. To
/// use a bundle for one run only, give it to any other command with --attack-data. `catalog remove` takes it out again.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// STIX bundles as MITRE publishes them: enterprise-attack-16.1.json
    #[arg(required = true, value_name = "BUNDLE")]
    bundles: Vec<PathBuf>,
    /// Write the tables of these bundles alone to this folder, for navlayer's own data/attack
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Replace files that are not tables of navlayer
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: &Args, global: &Global, out: &mut dyn io::Write) -> CommandResult {
    let imported = Table::from_bundles(&args.bundles)?;
    let Some(folder) = args.output.clone().or_else(|| known::home(global)) else {
        return Err(Failure::new("there is no home folder to keep the release in")
            .with_help("--data-dir DIR or NAVLAYER_DATA names a folder"));
    };
    let mut summary = Vec::new();
    for table in &imported {
        summary.extend(table.notes().iter().map(|note| format!("note: {note}")));
    }
    let mut tables = Vec::new();
    for table in imported {
        let domain = table.domain();
        let versions = table.versions().to_vec();
        let noun = if versions.len() == 1 { "version" } else { "versions" };
        let count = versions.len();
        let place = match &args.output {
            Some(_) => table.files().into_iter().map(|(name, _)| name).collect::<Vec<_>>().join(", "),
            None => folder.display().to_string(),
        };
        summary.push(format!("{domain}: {count} {noun} ({}) in {place}", table.ranges(&versions)));
        if args.output.is_none() {
            let again = versions.iter().filter(|version| embedded_versions(domain).contains(version));
            summary.extend(again.map(|version| {
                format!("note: {domain} {version} is built in, too; from now on the imported facts count")
            }));
        }
        tables.push(if args.output.is_some() { table } else { beside(table, &folder, args.force)? });
    }
    let files: Vec<(String, String)> = tables.iter().flat_map(Table::files).collect();
    write(&folder, &files, args.force)?;
    for line in summary {
        writeln!(out, "{line}")?;
    }
    Ok(Outcome::Clean)
}

/// The table with what was imported before.
fn beside(table: Table, folder: &Path, force: bool) -> Result<Table, Failure> {
    match Table::read(folder, table.domain()) {
        Ok(None) => Ok(table),
        Ok(Some(known)) => Ok(known.with(&table)?),
        // What is broken is replaced when the user insists.
        Err(_) if force => Ok(table),
        Err(error) => Err(Failure::from(error)),
    }
}

/// Writes the files of tables to a folder, unless something else stands in the place of one.
pub(super) fn write(folder: &Path, files: &[(String, String)], force: bool) -> Result<(), Failure> {
    std::fs::create_dir_all(folder)
        .map_err(|error| Failure::new(format!("cannot make the folder {} ({error})", folder.display())))?;
    // All are asked before the first is written: tables belong together.
    for (name, _) in files.iter().filter(|_| !force) {
        let path = folder.join(name);
        if path.exists() && !is_table(&path) {
            return Err(Failure::new(format!("{} is not a table of navlayer", path.display()))
                .with_help("nothing was written; --force replaces it"));
        }
    }
    for (name, content) in files {
        output::write_file(&folder.join(name), content.as_bytes())?;
    }
    Ok(())
}

/// Whether a file is a table as `import` writes it, by its first line.
fn is_table(path: &Path) -> bool {
    std::fs::read(path).is_ok_and(|held| held.starts_with(b"# navlayer ATT&CK facts"))
}
