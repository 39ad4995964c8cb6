//! `navlayer catalog list`.

use std::io;

use navlayer::attack::{ActorKind, Catalog, Domain, Releases, Table, Version};
use serde::Serialize;

use super::{CommandResult, Failure, Global, Known, ListFormat, Outcome};
use crate::cli::known;

/// What is known of one domain.
#[derive(Serialize)]
struct DomainRow {
    domain: Domain,
    /// `embedded`, `embedded and imported`, or the path of the bundle.
    source: String,
    /// The folder that imported releases are read from, whether there are any or not; absent where there is no home for
    /// one, and where a bundle stands for everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    folder: Option<String>,
    versions: Vec<VersionRow>,
}

#[derive(Serialize)]
struct VersionRow {
    version: Version,
    /// `embedded`, `imported`, or the path of the bundle.
    source: String,
    tactics: usize,
    techniques: usize,
    sub_techniques: usize,
    retired: usize,
    groups: usize,
    campaigns: usize,
}

pub(super) fn run(format: ListFormat, global: &Global, out: &mut dyn io::Write) -> CommandResult {
    let known = Known::read(global)?;
    let rows = if let (Some((domain, version)), Some(path)) = (known.bundle, &global.attack_data) {
        let catalog = known.releases.catalog(domain, version)?;
        let source = path.display().to_string();
        let versions = vec![count(&catalog, source.clone())];
        vec![DomainRow { domain, source, folder: None, versions }]
    } else {
        let folder = known::home(global).map(|folder| folder.display().to_string());
        let row = |domain: Domain| all(domain, &known.releases, folder.as_ref());
        Domain::ALL.into_iter().map(row).collect::<Result<_, Failure>>()?
    };
    match format {
        ListFormat::Json => {
            serde_json::to_writer_pretty(&mut *out, &rows).map_err(io::Error::from)?;
            writeln!(out)?;
        }
        ListFormat::Table => {
            write_tables(&rows, out)?;
            if known.bundle.is_none() {
                write_imports(&known.releases, rows[0].folder.as_deref(), out)?;
            }
        }
    }
    Ok(Outcome::Clean)
}

fn all(domain: Domain, releases: &Releases, folder: Option<&String>) -> Result<DomainRow, Failure> {
    let imported = releases.brought(domain).map(Table::versions).unwrap_or_default();
    let row = |version: &Version| {
        let source = if imported.contains(version) { "imported" } else { "embedded" };
        Ok(count(&releases.catalog(domain, *version)?, source.to_owned()))
    };
    let versions = releases.versions(domain).iter().map(row).collect::<Result<_, Failure>>()?;
    let source = if imported.is_empty() { "embedded" } else { "embedded and imported" };
    Ok(DomainRow { domain, source: source.to_owned(), folder: folder.cloned(), versions })
}

fn count(catalog: &Catalog, source: String) -> VersionRow {
    let sub_techniques = catalog.techniques().iter().filter(|technique| technique.parent.is_some()).count();
    let actors = catalog.actors();
    let groups = actors.iter().filter(|actor| actor.kind == ActorKind::Group).count();
    VersionRow {
        version: catalog.version(),
        source,
        tactics: catalog.tactics().len(),
        techniques: catalog.techniques().len() - sub_techniques,
        sub_techniques,
        retired: catalog.retired().count(),
        groups,
        campaigns: actors.len() - groups,
    }
}

fn write_tables(rows: &[DomainRow], out: &mut dyn io::Write) -> io::Result<()> {
    for (place, domain) in rows.iter().enumerate() {
        if place > 0 {
            writeln!(out)?;
        }
        writeln!(out, "{} ({})", domain.domain, domain.source)?;
        writeln!(out, "  version  tactics  techniques  sub-techniques  retired  groups  campaigns")?;
        for row in &domain.versions {
            let mark = if row.source == "imported" { "  imported" } else { "" };
            writeln!(
                out,
                "  {:>7}  {:>7}  {:>10}  {:>14}  {:>7}  {:>6}  {:>9}{mark}",
                row.version.to_string(),
                row.tactics,
                row.techniques,
                row.sub_techniques,
                row.retired,
                row.groups,
                row.campaigns
            )?;
        }
    }
    Ok(())
}

/// Says which releases are imported, and where they are or would be.
fn write_imports(releases: &Releases, folder: Option<&str>, out: &mut dyn io::Write) -> io::Result<()> {
    let Some(folder) = folder else {
        return writeln!(
            out,
            "\nimported: nothing; there is no home folder, and --data-dir DIR names another"
        );
    };
    let tables: Vec<&Table> = Domain::ALL.into_iter().filter_map(|domain| releases.brought(domain)).collect();
    let list = tables.iter().map(|table| format!("{} {}", table.domain(), table.ranges(table.versions())));
    let list = list.collect::<Vec<_>>().join("; ");
    let what = if tables.is_empty() { "nothing" } else { &list };
    writeln!(out, "\nimported: {what} (in {folder})")
}
