//! `navlayer catalog groups`: groups and campaigns, listed and searched.

use std::io;

use navlayer::attack::{Actor, Domain, Roster, WantedVersion};
use navlayer::mapping::select::Filter;
use navlayer::tables::{ActorRow, Table};

use super::super::table::{Sheet, TableArgs};
use super::super::{findings, input};
use super::{CommandResult, Failure, Global, Outcome, catalogs};

/// List groups and campaigns, or search them by id, name, alias, or the techniques that they use
///
/// They and what they use are those of one ATT&CK version. Exits with 1 when nobody is called as searched for.
#[derive(Debug, clap::Args)]
#[command(after_help = COLUMNS)]
pub(super) struct Args {
    /// A part of an id, a name or an alias, in any case; several: what any of them finds
    #[arg(value_name = "TEXT")]
    searches: Vec<String>,
    /// Only those that use this technique: T1562.008, "Valid Accounts", 'T1562*' with its sub-techniques; several: any of
    /// them
    #[arg(long, value_name = "NAME")]
    technique: Vec<String>,
    /// The ATT&CK version to look in: 16.1, 16 for the newest of that number, or latest
    #[arg(long, default_value = "latest", value_name = "VERSION")]
    attack_version: WantedVersion,
    /// The domain to look in: enterprise-attack, mobile-attack or ics-attack [default: enterprise-attack, or that of
    /// --attack-data]
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<Domain>,
    #[command(flatten)]
    table: TableArgs,
}

const COLUMNS: &str = "\
Columns: id, kind, name, techniques, sub_techniques, aliases, technique_ids, domain, attack_version

Examples:
  navlayer catalog groups                               all of them
  navlayer catalog groups bear panda                    APT29 is Cozy Bear
  navlayer catalog groups --technique T1562.008 --attack-version 16.1
  navlayer catalog groups --sort -sub_techniques --format csv -o groups.csv";

pub(super) fn run(args: &Args, global: &Global, out: &mut dyn io::Write) -> CommandResult {
    let is_bundle = global.attack_data.is_some();
    let domain = args.domain.or((!is_bundle).then_some(Domain::Enterprise));
    let catalogs = catalogs(args.attack_version, domain, global)?;
    let Some(catalog) = catalogs.first() else { return Err(Failure::new("there is no catalog to look in")) };
    let roster = Roster::new(catalog);
    let mut found: Vec<&Actor> = roster.actors().iter().collect();
    let mut unmet = Vec::new();
    if !args.searches.is_empty() {
        let hits: Vec<Vec<&Actor>> = args.searches.iter().map(|text| roster.search(text).collect()).collect();
        let missed = args.searches.iter().zip(&hits).filter(|(_, hits)| hits.is_empty());
        unmet.extend(missed.map(|(text, _)| text.as_str()));
        found.retain(|actor| hits.iter().flatten().any(|hit| hit.id == actor.id));
    }
    if !args.technique.is_empty() {
        let filter = Filter { techniques: args.technique.clone(), ..Filter::default() };
        let wanted = filter.resolve(&[], catalog).map_err(|unknown| input::explain(unknown, catalog))?;
        let is_wanted = |id| wanted.scope.contains_id(id, catalog);
        found.retain(|actor| actor.techniques.iter().any(|id| is_wanted(*id)));
    }
    let rows: Vec<ActorRow> = found.iter().map(|actor| ActorRow::new(actor, catalog)).collect();
    args.table.write(Sheet { table: Table::new(&rows), below: None }, global, out)?;
    for text in &unmet {
        say_unmet(text, &roster, global);
    }
    let of = roster.actors().len();
    let (domain, version) = (catalog.domain().name(), catalog.version());
    findings::say(
        global,
        &format!("{} of {of} groups and campaigns of {domain} ATT&CK {version}", rows.len()),
    );
    Ok(if unmet.is_empty() { Outcome::Clean } else { Outcome::Findings })
}

/// Says who may be meant by a search that finds nobody.
fn say_unmet(text: &str, roster: &Roster<'_>, global: &Global) {
    let line = match roster.find(text) {
        Ok(found) => match found.instead_of {
            Some(retired) => {
                format!("{} ({}) is revoked: {} took over", retired.id, retired.name, called(found.actor))
            }
            None => called(found.actor),
        },
        Err(error) => match error.help() {
            Some(help) => format!("{error}; {help}"),
            None => error.to_string(),
        },
    };
    findings::say(global, &format!("note: {line}"));
}

fn called(actor: &Actor) -> String {
    format!("{} ({})", actor.id, actor.name)
}
