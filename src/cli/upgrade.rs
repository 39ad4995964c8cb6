//! `navlayer upgrade`: Navigator layers on another ATT&CK version, or in today's format.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use navlayer::attack::upgrade::{Record, Upgrade};
use navlayer::attack::{Catalog, CatalogError, Domain, Version, WantedVersion};
use navlayer::config::Written;
use navlayer::diagnostic::{Code, Diagnostic, Severity};
use navlayer::layer::read::{self, InputLayer, LayerFile, LayerFiles};
use navlayer::layer::write::{ChangeKind, OutputLayer};
use navlayer::layer::{self, Upgraded};
use navlayer::source::{Source, Span};

use super::account::{self, ReportArgs};
use super::file::write_one;
use super::input::{STANDARD_INPUT, Sources, groups};
use super::known::Known;
use super::{CommandResult, Failure, Global, Outcome, config, findings, input};

/// Carry Navigator layers to another ATT&CK version, or write them in today's format
///
/// Annotations go where ATT&CK says that their techniques went, with their tactics, colours, comments, links and metadata;
/// platform filters are renamed; gradients, legends and layout stay. Several annotations that come to one technique become
/// one, with the highest score, all comments, and the techniques that they were of. Every annotation is accounted for:
/// --report writes the account. Layers of format 2.0 to 4.5 are read, one or several in a file; format 4.5 is written.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Layer files, folders or patterns; `-` is standard input
    #[arg(required = true, value_name = "LAYER")]
    layers: Vec<PathBuf>,
    /// The ATT&CK version to carry them to: 19.0, 19 for the newest of that number, or latest [default: that of
    /// --attack-data]
    #[arg(long, value_name = "VERSION")]
    to: Option<WantedVersion>,
    /// The ATT&CK version of layers that state none
    #[arg(long, value_name = "VERSION", conflicts_with = "format_only")]
    from: Option<WantedVersion>,
    /// Leave the ATT&CK version alone: only write format 4.5
    #[arg(long, conflicts_with = "to")]
    format_only: bool,
    /// The file to write; of several files, the folder [default: standard output]
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    report: ReportArgs,
}

const EXAMPLES: &str = "\
Examples:
  navlayer upgrade layer.json --to latest -o layer-19.json
  navlayer upgrade layers/*.json --to 19.0 -o upgraded/ --report account.html
  navlayer upgrade old.json --to latest --from 8.2       a layer that does not say its version
  navlayer upgrade old.json --format-only -o new.json    format 4.5, the same ATT&CK version";

/// A file on its way.
struct File {
    /// Its name without its folder.
    name: String,
    bytes: Vec<u8>,
}

/// Runs the command.
pub(crate) fn run(args: &Args, global: &Global, out: &mut dyn io::Write) -> CommandResult {
    args.report.check(args.output.as_deref())?;
    if args.format_only && args.report.is_wanted() {
        return Err(Failure::new("--format-only moves nothing that --report could tell"));
    }
    if args.to.is_none() && !args.format_only && global.attack_data.is_none() {
        return Err(Failure::new("no ATT&CK version is named to carry the layers to")
            .with_help("--to <VERSION> names one: 19.0 or latest; --format-only leaves it alone"));
    }
    let settings = config::settings(Written::default(), global)?;
    let known = Known::read(global)?;
    let LayerFiles { files, findings: mut found, errors } = read(&args.layers)?;
    if let Some(error) = errors.into_iter().next() {
        return Err(error.into());
    }
    let mut carrier = Carrier { args, known: &known, catalogs: BTreeMap::new(), records: Vec::new() };
    let mut written = Vec::with_capacity(files.len());
    for file in &files {
        found.extend(file.reading.findings.iter().map(as_warning));
        written.push(carrier.file(file, &mut found)?);
    }
    input::in_source_order(&mut found, &[]);
    settings.finding_levels().apply(&mut found);
    if found.iter().any(|one| one.severity == Severity::Error) {
        input::stop::<()>(&found, global);
        return Ok(Outcome::Findings);
    }
    let records = carrier.records;
    findings::print(&found, global);
    account::say(&records, global);
    write(args, &written, global, out)?;
    args.report.write(records, &settings, args.force, global, out)?;
    Ok(Outcome::Clean)
}

/// What breaks the Navigator need not break a reading of what is there.
pub(super) fn as_warning(finding: &Diagnostic) -> Diagnostic {
    let severity = finding.severity.max(Severity::Warning);
    Diagnostic { severity, ..finding.clone() }
}

fn read(paths: &[PathBuf]) -> Result<LayerFiles, Failure> {
    let mut all = LayerFiles::default();
    for group in groups(paths) {
        let found = match group {
            Sources::StandardInput => read::from_stream(STANDARD_INPUT, io::stdin().lock())?,
            Sources::Paths(paths) => read::from_paths(paths),
        };
        all.files.extend(found.files);
        all.findings.extend(found.findings);
        all.errors.extend(found.errors);
    }
    Ok(all)
}

/// A layer where it was carried to.
struct Carried {
    layer: InputLayer,
    domain: Domain,
    /// The version that it is on now; `None` where it states none, and was left where it is.
    version: Option<Version>,
    /// What was found on the way, in its file.
    findings: Vec<Diagnostic>,
}

struct Carrier<'a> {
    args: &'a Args,
    known: &'a Known,
    /// Each made once.
    catalogs: BTreeMap<(Domain, Version), Catalog>,
    records: Vec<Record>,
}

impl Carrier<'_> {
    /// A file with all its layers carried, as it is written.
    fn file(&mut self, file: &LayerFile, found: &mut Vec<Diagnostic>) -> Result<File, Failure> {
        let mut carried: Vec<Carried> = Vec::new();
        for layer in &file.reading.layers {
            match self.layer(layer, file)? {
                Ok(mut one) => {
                    found.append(&mut one.findings);
                    carried.push(one);
                }
                Err(finding) => found.push(*finding),
            }
        }
        let stem = stem(&file.path);
        let layers: Vec<OutputLayer<'_>> =
            carried.iter().map(|one| OutputLayer::new(&one.layer, &stem, one.domain, one.version)).collect();
        for change in layers.iter().flat_map(OutputLayer::changes) {
            let code = match change.kind {
                ChangeKind::Link => Code::NotALink,
                kind if kind.is_loss() => Code::NotWritten,
                _ => Code::Rewritten,
            };
            found.push(Diagnostic::new(code, change.to_string()).at(file.source.place(change.span.range())));
        }
        let is_array = file.source.text().trim_start().starts_with('[');
        let bytes = match layers.as_slice() {
            [only] if !is_array => only.to_json(),
            all => OutputLayer::to_json_array(all),
        };
        Ok(File { name: format!("{stem}.json"), bytes })
    }

    /// Carries a layer; the finding says why one cannot be.
    fn layer(
        &mut self,
        layer: &InputLayer,
        file: &LayerFile,
    ) -> Result<Result<Carried, Box<Diagnostic>>, Failure> {
        let source = &file.source;
        let releases = &self.known.releases;
        let Some(domain) = layer.known_domain() else { return Ok(Err(Box::new(no_domain(layer, source)))) };
        if let Some((of, _)) = self.known.bundle.filter(|(of, _)| *of != domain && !self.args.format_only) {
            let path = file.path.display();
            let message = format!("the bundle of --attack-data is of {of}, and {path} is on {domain}");
            return Err(
                Failure::new(message).with_help("leave --attack-data out, or give a bundle of that domain")
            );
        }
        let known = releases.versions(domain);
        let stated = layer.release(domain, known);
        if self.args.format_only {
            return Ok(Ok(Carried { layer: layer.clone(), domain, version: stated, findings: Vec::new() }));
        }
        let from = match (stated, self.args.from) {
            (Some(stated), _) if known.contains(&stated) => stated,
            (Some(stated), _) => return Ok(Err(Box::new(unknown(layer, source, domain, stated, known)))),
            (None, Some(from)) => from.among(known, domain)?,
            (None, None) => return Ok(Err(Box::new(no_version(layer, source)))),
        };
        let to = match (self.args.to, self.known.bundle) {
            (Some(to), _) => to.among(known, domain).map_err(|error| of_file(error, &file.path))?,
            (None, Some((of, version))) if of == domain => version,
            (None, _) => releases.table(domain).newest(),
        };
        for version in [from, to] {
            if let Entry::Vacant(new) = self.catalogs.entry((domain, version)) {
                new.insert(releases.catalog(domain, version)?);
            }
        }
        let upgrade = Upgrade::new(&self.catalogs[&(domain, from)], &self.catalogs[&(domain, to)])?;
        let name = layer.name.as_ref().map_or("", |name| name.value.trim());
        let title = if name.is_empty() { stem(&file.path) } else { name.to_owned() };
        let path = file.path.display().to_string();
        let Upgraded { layer, record, findings } = layer::upgrade(layer, &title, &path, &upgrade);
        self.records.push(record);
        let findings = findings.into_iter().map(|(span, finding)| finding.at(source.place(span.range())));
        Ok(Ok(Carried { layer, domain, version: Some(to), findings: findings.collect() }))
    }
}

/// A file's name without its folder and its endings.
pub(super) fn stem(path: &Path) -> String {
    let name = path.file_name().map_or_else(|| "layer".into(), |name| name.to_string_lossy());
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let stem = name.strip_suffix(".json").unwrap_or(name);
    if stem.is_empty() || stem == STANDARD_INPUT { "layer".to_owned() } else { stem.to_owned() }
}

fn opening(layer: &InputLayer) -> Span {
    Span { end: layer.span.start + 1, ..layer.span }
}

fn named(layer: &InputLayer) -> String {
    layer
        .name
        .as_ref()
        .map_or_else(|| "the layer".to_owned(), |name| format!("the layer `{}`", name.value.trim()))
}

pub(super) fn no_domain(layer: &InputLayer, source: &Source) -> Diagnostic {
    let (span, message) = match &layer.domain {
        Some(stated) => (stated.span, format!("`{}` is not an ATT&CK domain", stated.value.trim())),
        None => (opening(layer), format!("{} states no ATT&CK domain", named(layer))),
    };
    let help = "write \"domain\": \"enterprise-attack\", or mobile-attack or ics-attack";
    Diagnostic::new(Code::UnknownDomain, message).at(source.place(span.range())).help(help)
}

/// The target is not known of the domain of a file's layer; other files may be of a domain that has it.
fn of_file(error: CatalogError, path: &Path) -> Failure {
    let failure = Failure::from(error);
    let help = failure.help.map_or_else(String::new, |help| format!("{help}; "));
    Failure::new(format!("{}: {}", path.display(), failure.message))
        .with_help(format!("{help}--to latest takes layers of each domain to its newest"))
}

pub(super) fn no_version(layer: &InputLayer, source: &Source) -> Diagnostic {
    let help =
        "--from 16.1 says on which it was made; the Navigator takes its newest, whatever it was made on";
    let (message, span) = match &layer.attack {
        Some(stated) => {
            let value: String = stated.value.trim().chars().take(60).collect();
            (format!("`{value}` is not an ATT&CK version"), stated.span)
        }
        None => (format!("{} states no ATT&CK version", named(layer)), opening(layer)),
    };
    Diagnostic::new(Code::UnknownVersion, message).at(source.place(span.range())).help(help)
}

pub(super) fn unknown(
    layer: &InputLayer,
    source: &Source,
    domain: Domain,
    stated: Version,
    known: &[Version],
) -> Diagnostic {
    let error = CatalogError::UnknownVersion { domain, version: stated, known: known.to_vec() };
    let span = layer.attack.as_ref().map_or(opening(layer), |attack| attack.span);
    let finding = Diagnostic::new(Code::UnknownVersion, error.to_string()).at(source.place(span.range()));
    Diagnostic { help: error.help(), ..finding }
}

fn write(args: &Args, files: &[File], global: &Global, out: &mut dyn io::Write) -> Result<(), Failure> {
    let path = args.output.as_deref().filter(|path| *path != Path::new("-"));
    let is_folder = |path: &Path| path.is_dir() || path.as_os_str().to_string_lossy().ends_with(['/', '\\']);
    match (path, files) {
        (Some(path), [_, _, ..]) if path.extension().is_none() => {
            into_folder(path, files, args.force, global)
        }
        (Some(path), _) if is_folder(path) => into_folder(path, files, args.force, global),
        (Some(path), [file]) => {
            // A layer may be the only copy of somebody's work: nothing is replaced unasked.
            write_one(path, &file.bytes, args.force, None)?;
            findings::say(global, &format!("wrote {}", path.display()));
            Ok(())
        }
        (None, [file]) => Ok(out.write_all(&file.bytes)?),
        (_, []) => Err(Failure::new("there is no layer to upgrade")),
        _ => Err(Failure::new(format!("{} layer files cannot go into one", files.len()))
            .with_help("-o FOLDER/ writes each by its name")),
    }
}

/// Writes each file by its name into a folder. Other files there are left alone: they may be anybody's layers.
fn into_folder(folder: &Path, files: &[File], force: bool, global: &Global) -> Result<(), Failure> {
    let mut names = BTreeSet::new();
    if let Some(twice) = files.iter().find(|file| !names.insert(file.name.to_lowercase())) {
        return Err(Failure::new(format!("two of the layer files are called {}", twice.name))
            .with_help("nothing was written; upgrade them one by one, or into folders of their own"));
    }
    std::fs::create_dir_all(folder)
        .map_err(|error| Failure::new(format!("cannot make the folder {} ({error})", folder.display())))?;
    // All are asked before the first is written.
    for file in files.iter().filter(|_| !force) {
        let path = folder.join(&file.name);
        if path.exists() && !std::fs::read(&path).is_ok_and(|held| held == file.bytes) {
            return Err(Failure::new(format!("{} exists already", path.display()))
                .with_help("nothing was written; --force replaces it"));
        }
    }
    for file in files {
        write_one(&folder.join(&file.name), &file.bytes, true, None)?;
    }
    let noun = if files.len() == 1 { "layer file" } else { "layer files" };
    findings::say(global, &format!("wrote {} {noun} to {}", files.len(), folder.display()));
    Ok(())
}
