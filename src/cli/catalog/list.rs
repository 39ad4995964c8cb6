//! `navlayer catalog list`.

use std::io;
use std::path::Path;

use navlayer::attack::{ActorKind, Catalog, Domain, Version, embedded_versions};
use serde::Serialize;

use super::{CommandResult, Failure, ListFormat, Outcome};

/// What is known of one domain.
#[derive(Serialize)]
struct DomainRow {
    domain: Domain,
    /// `embedded`, or the path of the bundle.
    source: String,
    versions: Vec<VersionRow>,
}

#[derive(Serialize)]
struct VersionRow {
    version: Version,
    tactics: usize,
    techniques: usize,
    sub_techniques: usize,
    retired: usize,
    groups: usize,
    campaigns: usize,
}

pub(super) fn run(format: ListFormat, attack_data: Option<&Path>, out: &mut dyn io::Write) -> CommandResult {
    let rows = match attack_data {
        Some(path) => {
            let catalog = Catalog::from_bundle(path, None)?;
            vec![DomainRow {
                domain: catalog.domain(),
                source: path.display().to_string(),
                versions: vec![count(&catalog)],
            }]
        }
        None => Domain::ALL.into_iter().map(embedded).collect::<Result<_, Failure>>()?,
    };
    match format {
        ListFormat::Json => {
            serde_json::to_writer_pretty(&mut *out, &rows).map_err(io::Error::from)?;
            writeln!(out)?;
        }
        ListFormat::Table => write_tables(&rows, out)?,
    }
    Ok(Outcome::Clean)
}

fn embedded(domain: Domain) -> Result<DomainRow, Failure> {
    let versions = embedded_versions(domain)
        .iter()
        .map(|version| Ok(count(&Catalog::embedded(domain, *version)?)))
        .collect::<Result<_, Failure>>()?;
    Ok(DomainRow { domain, source: "embedded".to_owned(), versions })
}

fn count(catalog: &Catalog) -> VersionRow {
    let sub_techniques = catalog.techniques().iter().filter(|technique| technique.parent.is_some()).count();
    let actors = catalog.actors();
    let groups = actors.iter().filter(|actor| actor.kind == ActorKind::Group).count();
    VersionRow {
        version: catalog.version(),
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
            writeln!(
                out,
                "  {:>7}  {:>7}  {:>10}  {:>14}  {:>7}  {:>6}  {:>9}",
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
