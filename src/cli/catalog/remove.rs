//! `navlayer catalog remove`: forgetting ATT&CK releases that were imported.

use std::io;
use std::path::Path;

use navlayer::attack::{Domain, Table, Version, embedded_versions};

use super::import;
use super::{CommandResult, Failure, Global, Outcome};
use crate::cli::known;

/// Forget an ATT&CK release that was imported
///
/// Takes its facts out of navlayer's data folder; nothing else there is touched. What is built in cannot be removed: of a
/// version that is built in, too, the built-in facts count again. `navlayer catalog list` shows what is imported.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Its domain: enterprise-attack, mobile-attack or ics-attack
    #[arg(value_name = "DOMAIN")]
    domain: Domain,
    /// Its version; several are removed together or not at all
    #[arg(required = true, value_name = "VERSION")]
    versions: Vec<Version>,
}

pub(super) fn run(args: &Args, global: &Global, out: &mut dyn io::Write) -> CommandResult {
    let domain = args.domain;
    let folder = known::tables(global)?;
    let table = match &folder {
        Some(folder) => Table::read(folder, domain)?,
        None => None,
    };
    let imported = table.as_ref().map(Table::versions).unwrap_or_default();
    if let Some(missing) = args.versions.iter().find(|version| !imported.contains(version)) {
        return Err(not_imported(domain, *missing, table.as_ref(), folder.as_deref()));
    }
    let (Some(table), Some(folder)) = (table, folder) else { return Ok(Outcome::Clean) };
    match table.without(&args.versions) {
        Some(rest) => import::write(&folder, &rest.files(), false)?,
        None => remove_files(&folder, domain)?,
    }
    for version in table.versions().iter().filter(|version| args.versions.contains(version)) {
        writeln!(out, "removed: {domain} {version} from {}", folder.display())?;
        if embedded_versions(domain).contains(version) {
            writeln!(out, "note: {domain} {version} is built in; from now on the built-in facts count")?;
        }
    }
    Ok(Outcome::Clean)
}

/// Why a version cannot be removed, and which can.
fn not_imported(domain: Domain, version: Version, table: Option<&Table>, folder: Option<&Path>) -> Failure {
    let message = if embedded_versions(domain).contains(&version) {
        format!("{domain} {version} is built in: only what was imported can be removed")
    } else {
        format!("{domain} {version} was not imported")
    };
    let place = folder.map(|folder| format!(" in {}", folder.display())).unwrap_or_default();
    let there = match table {
        Some(table) => format!("imported{place}: {domain} {}", table.ranges(table.versions())),
        None => format!("nothing of {domain} is imported{place}"),
    };
    Failure::new(message).with_help(format!("nothing was removed; {there}"))
}

/// Removes the files of a table that has been read. The first alone makes it a table: when a later one stays, the release
/// is gone all the same.
fn remove_files(folder: &Path, domain: Domain) -> Result<(), Failure> {
    for name in Table::file_names(domain) {
        let path = folder.join(name);
        std::fs::remove_file(&path)
            .map_err(|error| Failure::new(format!("cannot remove {} ({error})", path.display())))?;
    }
    Ok(())
}
