//! `navlayer combine`: a layer from other layers, by an expression over their scores.

mod sides;
mod told;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use navlayer::attack::upgrade::{Record, Upgrade};
use navlayer::attack::{Catalog, Domain, Version, WantedVersion};
use navlayer::config::{Settings, Written};
use navlayer::diagnostic::{Code, Diagnostic, Severity};
use navlayer::layer::combine::{About, Colors, Combined, Inherit, Options, Origin, Side, combine};
use navlayer::layer::expr::Expression;
use navlayer::layer::read::InputLayer;
use navlayer::layer::write::{ChangeKind, OutputLayer};
use navlayer::layer::{self, Upgraded};
use navlayer::source::Source;
use navlayer::suggest;

use super::account::{self, ReportArgs};
use super::file::write_one;
use super::known::Known;
use super::{CommandResult, Failure, Global, Outcome, config, findings, input, upgrade};
use sides::Sides;
use told::Told;

/// What findings call the expression.
const EXPRESSION: &str = "expression";

/// Make a Navigator layer from other layers, by an expression over their scores
///
/// The language is that of the Navigator's "create layer from other layers": + - * / ^ % mod, == != < <= > >=, and or xor
/// not, a ? b : c, products without a sign (2a), and functions such as min, max, mean, round. A technique without a score
/// counts as 0, and has none where no layer that the expression names has one; what is true is 1. Layers of several ATT&CK
/// versions are carried to the newest of theirs first. Comments, colours and the rest come from the layers that are named
/// for them, or from all.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The expression; blank for no scores, only what is inherited
    #[arg(value_name = "EXPRESSION", allow_hyphen_values = true)]
    expression: String,
    /// The layers: `a=layer.json`, `a=layers.json#2` or `a=layers.json#NAME` for a tab of a file; without a name they are
    /// a, b, c in turn, tab by tab; `-` is standard input
    #[arg(required = true, value_name = "[NAME=]LAYER")]
    layers: Vec<OsString>,
    /// The file to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(long)]
    force: bool,
    /// The layer's name [default: made from those of the layers]
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// The layer's description [default: the expression, the layers and what is inherited]
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// The ATT&CK version of the result: 19.0, 19 for the newest of that number, or latest [default: the newest of the
    /// layers']
    #[arg(long, value_name = "VERSION")]
    to: Option<WantedVersion>,
    /// The ATT&CK version of layers that do not say theirs
    #[arg(long, value_name = "VERSION")]
    from: Option<WantedVersion>,
    #[command(flatten)]
    inherit: InheritArgs,
    #[command(flatten)]
    report: ReportArgs,
}

/// What comes from which layer.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What else the layer has: NAME of a layer, or all")]
struct InheritArgs {
    /// Comments; of all layers, each with its layer's name
    #[arg(long, value_name = "NAME")]
    comments_from: Option<String>,
    /// Colours of techniques, which beat those of scores; of all layers, that of the first which has one
    #[arg(long, value_name = "NAME")]
    color_from: Option<String>,
    /// Metadata of techniques; of all layers, after a row with the layer's name
    #[arg(long, value_name = "NAME")]
    metadata_from: Option<String>,
    /// Links of techniques; of all layers, each once
    #[arg(long, value_name = "NAME")]
    links_from: Option<String>,
    /// Which techniques are disabled; of all layers, where all disable them
    #[arg(long, value_name = "NAME")]
    states_from: Option<String>,
    /// The platforms shown; of all layers, those that any of them shows
    #[arg(long, value_name = "NAME")]
    filters_from: Option<String>,
    /// The legend; of all layers, each item once
    #[arg(long, value_name = "NAME")]
    legend_from: Option<String>,
    /// The gradient, with its ends
    #[arg(long, value_name = "NAME", conflicts_with = "gradient")]
    gradient_from: Option<String>,
    /// The gradient over the range of the scores
    #[arg(long, value_enum, value_name = "COLORS", default_value_t = Gradient::Navigator)]
    gradient: Gradient,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Gradient {
    /// Red to green; white to blue for what is true or false
    Navigator,
    /// That of navlayer's layers
    House,
}

const EXAMPLES: &str = "\
Examples:
  navlayer combine 'max(a, b)' a=aws.json b=gcp.json -o either.json
  navlayer combine 'after - before' before=q1.json after=q2.json -o change.json
  navlayer combine 'threat > 0 and not cover' threat=group.json cover=aws.json --comments-from all
  navlayer combine 'mean(a, b, c)' layers.json                     the tabs of one file, in the Navigator's order
  navlayer combine '' a=scores.json b=notes.json --comments-from all       no scores, only what is said";

/// A layer on the way into the result.
struct Carried {
    layer: InputLayer,
    title: String,
    /// The version that it was on, where it was carried.
    was: Option<Version>,
}

/// Runs the command.
pub(crate) fn run(args: &Args, global: &Global, out: &mut dyn io::Write) -> CommandResult {
    let output = args.output.as_deref().filter(|path| *path != Path::new("-"));
    args.report.check(output)?;
    let settings = config::settings(Written::default(), global)?;
    let known = Known::read(global)?;
    let sides = Sides::read(&args.layers)?;
    let mut found = sides.findings.clone();
    found.extend(sides.files.iter().flat_map(|file| &file.reading.findings).map(upgrade::as_warning));
    if is_stopped(&mut found, &settings, global) {
        return Ok(Outcome::Findings);
    }
    let names: Vec<&str> = sides.chosen.iter().map(|chosen| chosen.name.as_str()).collect();
    let inherit = args.inherit.resolve(&names)?;
    let colors = args.inherit.colors(&names)?;
    let source = Source::new(EXPRESSION, args.expression.clone());
    let expression = match expression(&args.expression, &names, inherit)? {
        Ok(expression) => expression,
        Err(mistakes) => {
            let told: Vec<Diagnostic> = mistakes.iter().map(|one| one.diagnostic(&source)).collect();
            findings::print_all(&told, global);
            return Ok(Outcome::Incomplete);
        }
    };
    let Some((domain, stated)) = versions(args, &known, &sides, &mut found)? else {
        is_stopped(&mut found, &settings, global);
        return Ok(Outcome::Findings);
    };
    let (carried, catalog, records) = carry(args, &known, &sides, domain, &stated, &mut found)?;
    let told = Told { args, sides: &sides, carried: &carried, catalog: &catalog, inherit, colors };
    let Combined { layer, findings: of_parts, notes } = combined(&told, expression.as_ref());
    let blanks = args.expression.len() - args.expression.trim_start().len();
    let whole = blanks..blanks + args.expression.trim().len();
    found.extend(of_parts.into_iter().map(|(about, finding)| match about {
        About::Expression => finding.at(source.place(whole.clone())),
        About::Side(place, span) => {
            finding.at(sides.files[sides.chosen[place].file].source.place(span.range()))
        }
    }));
    let written = OutputLayer::new(&layer, EXPRESSION, domain, Some(catalog.version()));
    let texts = written.changes().iter().filter(|change| change.kind == ChangeKind::Link);
    found.extend(texts.map(|change| Diagnostic::new(Code::NotALink, change.to_string())));
    if is_stopped(&mut found, &settings, global) {
        return Ok(Outcome::Findings);
    }
    findings::print(&found, global);
    account::say(&records, global);
    for note in told.unused(expression.as_ref()).into_iter().chain(notes) {
        findings::say(global, &format!("note: {note}"));
    }
    let bytes = written.to_json();
    match output {
        Some(path) => {
            write_one(path, &bytes, args.force, None)?;
            findings::say(global, &format!("wrote {}", path.display()));
        }
        None => out.write_all(&bytes)?,
    }
    args.report.write(records, &settings, args.force, global, out)?;
    Ok(Outcome::Clean)
}

/// Puts findings in order with the user's levels; prints them when some are errors. A file that is several layers, or one
/// that is used twice, is told of once.
fn is_stopped(found: &mut Vec<Diagnostic>, settings: &Settings, global: &Global) -> bool {
    input::in_source_order(found, &[]);
    found.dedup();
    settings.finding_levels().apply(found);
    let has_errors = found.iter().any(|one| one.severity == Severity::Error);
    if has_errors {
        input::stop::<()>(found, global);
    }
    has_errors
}

fn combined(told: &Told<'_>, expression: Option<&Expression>) -> Combined {
    let args = told.args;
    let parts: Vec<Side<'_>> = told
        .carried
        .iter()
        .zip(&told.sides.chosen)
        .map(|(one, chosen)| Side { name: &chosen.name, title: &one.title, layer: &one.layer })
        .collect();
    let options = Options {
        expression,
        inherit: told.inherit,
        colors: told.colors,
        name: args.name.clone().unwrap_or_else(|| told.name()),
        description: args.description.clone().unwrap_or_else(|| told.description()),
        metadata: told.metadata(),
    };
    combine(&parts, told.catalog, &options)
}

/// The expression; `None` when it is blank and something is inherited.
fn expression(
    text: &str,
    names: &[&str],
    inherit: Inherit,
) -> Result<Result<Option<Expression>, Vec<layer::expr::Mistake>>, Failure> {
    if !text.trim().is_empty() {
        return Ok(Expression::parse(text, names).map(Some));
    }
    if inherit.parts().iter().all(|(_, origin)| *origin == Origin::Nobody) {
        return Err(Failure::new("the expression is blank, and nothing is inherited").with_help(
            "`0` scores every technique 0; --comments-from and its like make a layer without scores",
        ));
    }
    Ok(Ok(None))
}

impl InheritArgs {
    fn resolve(&self, names: &[&str]) -> Result<Inherit, Failure> {
        let origin = |flag: &str, wanted: &Option<String>| match wanted {
            None => Ok(Origin::Nobody),
            Some(all) if all.eq_ignore_ascii_case("all") && !names.contains(&"all") => Ok(Origin::All),
            Some(name) => place(flag, name, names).map(Origin::One),
        };
        Ok(Inherit {
            colors: origin("--color-from", &self.color_from)?,
            comments: origin("--comments-from", &self.comments_from)?,
            metadata: origin("--metadata-from", &self.metadata_from)?,
            links: origin("--links-from", &self.links_from)?,
            states: origin("--states-from", &self.states_from)?,
            filters: origin("--filters-from", &self.filters_from)?,
            legend: origin("--legend-from", &self.legend_from)?,
        })
    }

    fn colors(&self, names: &[&str]) -> Result<Colors, Failure> {
        match (&self.gradient_from, self.gradient) {
            (Some(all), _) if all.eq_ignore_ascii_case("all") && !names.contains(&"all") => {
                Err(Failure::new("a layer has one gradient: --gradient-from names one layer"))
            }
            (Some(name), _) => place("--gradient-from", name, names).map(Colors::Of),
            (None, Gradient::Navigator) => Ok(Colors::Navigator),
            (None, Gradient::House) => Ok(Colors::House),
        }
    }
}

fn place(flag: &str, name: &str, names: &[&str]) -> Result<usize, Failure> {
    let found = names.iter().position(|one| one.eq_ignore_ascii_case(name));
    found.ok_or_else(|| {
        let help = match suggest::nearest(name, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the layers are {}, or all", names.join(", ")),
        };
        Failure::new(format!("{flag}: no layer is called `{name}`")).with_help(help)
    })
}

/// The domain of the layers and the version that each is on; `None` when one of them cannot be used, which is found.
fn versions(
    args: &Args,
    known: &Known,
    sides: &Sides,
    found: &mut Vec<Diagnostic>,
) -> Result<Option<(Domain, Vec<Version>)>, Failure> {
    let before = found.len();
    let mut stated: Vec<(Domain, Version)> = Vec::new();
    for chosen in &sides.chosen {
        let (layer, source) = (sides.layer(chosen), &sides.files[chosen.file].source);
        let Some(domain) = layer.known_domain() else {
            found.push(upgrade::no_domain(layer, source));
            continue;
        };
        let versions = known.releases.versions(domain);
        match (layer.release(domain, versions), args.from) {
            (Some(version), _) if versions.contains(&version) => stated.push((domain, version)),
            (Some(version), _) => {
                found.push(upgrade::unknown(layer, source, domain, version, versions));
            }
            (None, Some(from)) => stated.push((domain, from.among(versions, domain)?)),
            (None, None) => found.push(upgrade::no_version(layer, source)),
        }
    }
    if found.len() > before {
        return Ok(None);
    }
    let Some((domain, _)) = stated.first().copied() else {
        return Err(Failure::new("there is no layer to combine"));
    };
    if let Some(other) = stated.iter().position(|(one, _)| *one != domain) {
        let name = |place: usize| &sides.chosen[place].name;
        return Err(Failure::new(format!(
            "{} is on {}, {} on {}: a layer is of one ATT&CK domain",
            name(0),
            domain.id(),
            name(other),
            stated[other].0.id()
        )));
    }
    Ok(Some((domain, stated.into_iter().map(|(_, version)| version).collect())))
}

/// The layers on one ATT&CK version, with its catalog and the account of how they came there.
fn carry(
    args: &Args,
    known: &Known,
    sides: &Sides,
    domain: Domain,
    stated: &[Version],
    found: &mut Vec<Diagnostic>,
) -> Result<(Vec<Carried>, Catalog, Vec<Record>), Failure> {
    let releases = &known.releases;
    let to = match (args.to, known.bundle) {
        (Some(to), _) => to.among(releases.versions(domain), domain)?,
        (None, Some((of, version))) if of == domain => version,
        (None, _) => match stated.iter().max() {
            Some(newest) => *newest,
            None => WantedVersion::Newest.among(releases.versions(domain), domain)?,
        },
    };
    let catalog = releases.catalog(domain, to)?;
    let mut others: BTreeMap<Version, Catalog> = BTreeMap::new();
    let (mut carried, mut records) = (Vec::new(), Vec::new());
    for (chosen, from) in sides.chosen.iter().zip(stated) {
        let (layer, file) = (sides.layer(chosen), &sides.files[chosen.file]);
        let title = sides.title(chosen.file, layer);
        if *from == to {
            carried.push(Carried { layer: layer.clone(), title, was: None });
            continue;
        }
        if let Entry::Vacant(new) = others.entry(*from) {
            new.insert(releases.catalog(domain, *from)?);
        }
        let way = Upgrade::new(&others[from], &catalog)?;
        let path = file.path.display().to_string();
        let Upgraded { layer, record, findings } = layer::upgrade(layer, &title, &path, &way);
        records.push(record);
        found.extend(findings.into_iter().map(|(span, one)| one.at(file.source.place(span.range()))));
        carried.push(Carried { layer, title, was: Some(*from) });
    }
    Ok((carried, catalog, records))
}
