//! What the Navigator would drop without a word, warn about or break off at in a layer file, and what the strict loader
//! of mitreattack-python refuses.
//!
//! The rules are those of Navigator 5.1.0 and of layer format 4.5, and of mitreattack-python 5.6.1.

mod fields;
mod gradient;
mod techniques;

use std::collections::BTreeMap;

use super::model::FORMAT;
use super::read::{
    self, Fields, InputLayer, InputLink, InputMetadata, LayerReading, MAX_FINDINGS, Spanned, quoted, short,
    stated_version,
};
use crate::attack::{Catalog, Domain, Releases, Version};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::link;
use crate::source::node::{Kind, Node};
use crate::source::{Source, Span};
use crate::suggest;

/// From how many tabs on the Navigator offers no further one.
const MANY: usize = 12;

/// Checks a file of one layer, or of several in an array, on the ATT&CK releases that are known. Findings are in source order, all of them.
#[must_use]
pub fn check(source: &Source, root: Node<'_>, releases: &Releases) -> Vec<Diagnostic> {
    let LayerReading { layers, mut findings } = read::read(root);
    let nodes = match root.kind() {
        Kind::List => root.items().unwrap_or_default(),
        _ => vec![root],
    };
    for node in &nodes {
        findings.append(&mut fields::unknown(*node));
    }
    let mut nodes = nodes.into_iter();
    let mut catalogs = Catalogs::new();
    for layer in &layers {
        // One more than are told, so that it can be said that there are more.
        let left = (MAX_FINDINGS + 1).saturating_sub(findings.len());
        // What is no object was passed over.
        let fields = nodes.find(|node| node.span() == layer.span).and_then(Fields::of);
        let mut checker = Checker { source, layer, fields, releases, findings: Vec::new(), left };
        checker.layer(&mut catalogs);
        findings.append(&mut checker.findings);
    }
    findings.extend(of_several(source, root, &layers));
    in_order(&mut findings);
    if findings.len() > MAX_FINDINGS {
        findings.truncate(MAX_FINDINGS);
        let message = format!("the file has more than {MAX_FINDINGS} findings; the rest is not told");
        findings.push(Diagnostic::new(Code::TooManyFindings, message).at(source.whole()));
    }
    findings
}

/// The unknown fields of a file that no [`InputLayer`] holds: those inside of rows, links, filters and the like.
#[must_use]
pub(super) fn not_read(root: Node<'_>) -> Vec<Diagnostic> {
    let nodes = match root.kind() {
        Kind::List => root.items().unwrap_or_default(),
        _ => vec![root],
    };
    nodes.into_iter().flat_map(fields::not_read).collect()
}

/// What the bytes of a layer file say before they are decoded.
#[must_use]
pub fn encoding(source: &Source, bytes: &[u8]) -> Option<Diagnostic> {
    let tries =
        "mitreattack-python tries UTF-16, and then the machine's own encoding; write UTF-8 without a mark";
    let (message, help) = match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => (
            "the file is UTF-16 with a byte order mark",
            "mitreattack-python writes and reads it so; JSON is passed on as UTF-8, which every tool reads",
        ),
        [1..=0x7f, 0, 1..=0x7f, 0, ..] | [0, 1..=0x7f, 0, 1..=0x7f, ..] => {
            ("the file is UTF-16 without a byte order mark", tries)
        }
        [0xef, 0xbb, 0xbf, ..] => ("the file is UTF-8 with a byte order mark", tries),
        _ => return None,
    };
    Some(Diagnostic::new(Code::LayerEncoding, message).at(source.whole()).help(help))
}

/// From top to bottom; what is about the file as a whole first.
fn in_order(findings: &mut [Diagnostic]) {
    findings.sort_by_key(|finding| finding.place.as_ref().map(|place| (place.line, place.column)));
}

/// What only a file of several layers has.
fn of_several(source: &Source, root: Node<'_>, layers: &[InputLayer]) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let place = || source.place(root.span().range().start..root.span().range().start + 1);
    if root.kind() == Kind::List && root.items().is_some_and(|items| items.is_empty()) {
        let message = "the file holds no layer";
        findings
            .push(Diagnostic::new(Code::LayerBreaks, message).at(place()).help("the Navigator refuses it"));
    }
    if layers.len() >= MANY {
        let message = format!("the file holds {} layers", layers.len());
        let help = format!(
            "the Navigator opens them all; from {MANY} tabs on it offers no further one, and its guide says 10"
        );
        findings.push(Diagnostic::new(Code::ManyLayers, message).at(place()).help(help));
    }
    // Navlayer writes the last layer first, so that the tabs come right.
    if layers.len() > 1 && !layers.iter().all(is_own) {
        let message =
            format!("the Navigator opens the tabs of these {} layers in reverse order", layers.len());
        let help = "the last layer becomes the first tab, and `a` in the Navigator's score expressions";
        findings.push(Diagnostic::new(Code::LayerOrder, message).at(place()).help(help));
    }
    findings
}

/// Whether navlayer wrote the layer.
pub(super) fn is_own(layer: &InputLayer) -> bool {
    layer.metadata.iter().any(|row| match row {
        InputMetadata::Row { name, value } => name == "generator" && value.value.starts_with("navlayer "),
        InputMetadata::Divider { .. } => false,
    })
}

/// The catalogs of a file's layers, each made once; `None` for a release that is not known here.
type Catalogs = BTreeMap<(Domain, Version), Option<Catalog>>;

struct Checker<'a> {
    source: &'a Source,
    layer: &'a InputLayer,
    /// The layer's fields as they stand in the file.
    fields: Option<Fields<'a>>,
    releases: &'a Releases,
    findings: Vec<Diagnostic>,
    /// How many more findings are told.
    left: usize,
}

impl Checker<'_> {
    fn find(&mut self, span: Span, code: Code, message: impl Into<String>, help: impl Into<String>) {
        self.add(span, Diagnostic::new(code, message).help(help));
    }

    fn add(&mut self, span: Span, finding: Diagnostic) {
        if self.findings.len() < self.left {
            self.findings.push(finding.at(self.source.place(span.range())));
        }
    }

    /// Where the layer begins.
    fn opening(&self) -> Span {
        Span { end: self.layer.span.start + 1, ..self.layer.span }
    }

    /// A field as it stands in the file.
    fn stated(&self, key: &str) -> Option<Node<'_>> {
        self.fields.as_ref()?.get(key)
    }

    /// A field that has to be text, and is not there, or is something else.
    fn needed(&mut self, key: &str, help: &str) {
        let (span, message) = match self.stated(key).map(|node| (node.span(), node.kind())) {
            None => (self.opening(), format!("the layer has no `{key}`")),
            // What cannot be read as text was told.
            Some((_, Kind::Text)) => return,
            Some((span, kind)) => (span, format!("`{key}` is {}, not text", kind.name())),
        };
        self.find(span, Code::LayerNeeds, message, help);
    }

    fn layer(&mut self, catalogs: &mut Catalogs) {
        self.head();
        self.navigator();
        self.format();
        let release = self.release();
        let catalog = release.and_then(|(domain, version)| {
            let made = || self.releases.catalog(domain, version).ok();
            catalogs.entry((domain, version)).or_insert_with(made).as_ref()
        });
        match (catalog, release, &self.layer.attack) {
            (Some(catalog), ..) => self.platforms(catalog),
            (None, Some((domain, version)), Some(attack)) => {
                let message = format!("{} ATT&CK {} is not known here", domain.name(), version.major);
                let help =
                    "the Navigator discards the layer if it has no such version; techniques were not checked";
                self.find(attack.span, Code::LayerAttackVersion, message, help);
            }
            _ => {}
        }
        if let Some(platforms) = self.layer.platforms.as_ref().filter(|platforms| platforms.value.is_empty())
        {
            let help = "the Navigator shows all platforms then; leave `filters` out instead";
            let message = "`filters.platforms` is empty, which mitreattack-python cannot load";
            self.find(platforms.span, Code::PythonRefuses, message, help);
        }
        self.techniques(catalog);
        self.gradient(catalog);
        self.rows();
    }

    /// Name, domain, and data of the layer's own.
    fn head(&mut self) {
        let layer = self.layer;
        match &layer.name {
            None => self.needed(
                "name",
                "the Navigator opens the layer, and stumbles over it when it names a tab or a file",
            ),
            Some(name) if name.value.trim().is_empty() => {
                let help = "the Navigator does not check it, and calls the layer's tab and files by it";
                let mut finding = Diagnostic::new(Code::LayerNeeds, "`name` is empty").help(help);
                // Nothing breaks for it.
                finding.severity = Severity::Warning;
                self.add(name.span, finding);
            }
            Some(_) => {}
        }
        match &layer.domain {
            None => self.needed(
                "domain",
                "the Navigator cannot open it; write enterprise-attack, mobile-attack or ics-attack",
            ),
            Some(domain) if layer.custom_data_url.is_none() && !is_loaded(&domain.value) => {
                let message =
                    format!("`domain` is {}, which the Navigator does not load", quoted(&domain.value));
                let near = domain.value.trim().parse::<Domain>().ok().map(Domain::id);
                let near = near
                    .or_else(|| suggest::nearest(&domain.value, Domain::ALL.map(Domain::id)))
                    .map_or_else(|| "write".to_owned(), |near| format!("did you mean `{near}`? it reads"));
                let help = format!("{near} enterprise-attack, mobile-attack and ics-attack");
                self.find(domain.span, Code::LayerDomain, message, help);
            }
            Some(_) => {}
        }
        if layer.custom_data_url.is_some() {
            let message = "the layer is on ATT&CK data of its own";
            let help =
                "the Navigator opens it only while that same data is open; mitreattack-python refuses it";
            let span = self.stated("customDataURL").map_or(self.opening(), Node::span);
            self.find(span, Code::CustomData, message, help);
        }
    }

    /// The version of the Navigator, which only Python reads.
    fn navigator(&mut self) {
        let Some(node) = self.stated("versions") else { return };
        if Fields::of(node).is_none_or(|versions| versions.has("navigator")) {
            return;
        }
        let span = node.span();
        let message = "`versions` has no `navigator`, which the format requires";
        let help = "the Navigator does not read it; mitreattack-python then leaves all of `versions` out";
        self.find(Span { end: span.start + 1, ..span }, Code::PythonLoses, message, help);
    }

    /// The version of the layer format.
    fn format(&mut self) {
        let warns = "the Navigator asks to dismiss a warning that the layer may not be restored in full";
        let Some(format) = &self.layer.format else {
            let message = "the layer states no version of the layer format";
            let help = format!("{warns}; write \"versions\": {{\"layer\": \"{FORMAT}\"}}");
            self.find(self.opening(), Code::LayerFormatMajor, message, help);
            return;
        };
        let mut parts = format.value.split('.');
        let mut known = FORMAT.split('.');
        let same_major = parts.next() == known.next();
        let (minor, known_minor) = (parts.next(), known.next());
        let message = if format.value.is_empty() {
            format!("the version of the layer format is empty, and the Navigator's is {FORMAT}")
        } else {
            format!("the layer is of format {}, the Navigator of {FORMAT}", short(&format.value))
        };
        if !same_major {
            self.find(format.span, Code::LayerFormatMajor, message, warns);
        } else if minor != known_minor {
            let number = |minor: Option<&str>| minor.and_then(|minor| minor.parse::<u32>().ok());
            let help = if number(minor) > number(known_minor) {
                "the Navigator says for a few seconds that it is out of date, although it is newer; what is new in \
                 it, the Navigator drops"
                    .to_owned()
            } else {
                format!(
                    "the Navigator says for a few seconds that it is out of date; {FORMAT} can hold it all"
                )
            };
            self.find(format.span, Code::LayerFormat, message, help);
        }
    }

    /// The release that the Navigator opens the layer on, and what is odd about how it is stated.
    fn release(&mut self) -> Option<(Domain, Version)> {
        let domain = self.layer.known_domain()?;
        let known = self.releases.versions(domain);
        let newest = self.releases.table(domain).newest();
        let Some(attack) = &self.layer.attack else {
            let message = "the layer states no ATT&CK version";
            let help = "the Navigator opens it on its newest, whatever it was made on; write \"versions\": \
                        {\"attack\": \"16\"}";
            self.find(self.opening(), Code::LayerAttackVersion, message, help);
            return Some((domain, newest));
        };
        let stated = short(&attack.value);
        if !self.source.text()[attack.span.range()].starts_with('"') {
            let message = format!("`versions.attack` is the number {stated}, not text");
            let help = format!("the Navigator takes its newest instead; write \"{stated}\"");
            self.find(attack.span, Code::LayerAttackVersion, message, help);
        } else if attack.value.trim().is_empty() {
            let help = "the Navigator opens the layer on its newest";
            self.find(attack.span, Code::LayerAttackVersion, "`versions.attack` is empty", help);
            return Some((domain, newest));
        }
        let Some((major, _)) = stated_version(&attack.value) else {
            let message = format!("`versions.attack` is `{stated}`, which has no number");
            let help = "the Navigator breaks off here; write the major number, such as \"16\"";
            self.find(attack.span, Code::LayerBreaks, message, help);
            return None;
        };
        Some((domain, self.layer.attack_version(known).unwrap_or(Version { major, minor: 0 })))
    }

    fn platforms(&mut self, catalog: &Catalog) {
        let known = catalog.platforms();
        let is_known = |name: &str| known.iter().any(|platform| platform == name) || name == "None";
        let Some(wanted) = self.layer.platforms.as_ref().map(|platforms| &platforms.value) else { return };
        let shows_nothing = wanted.iter().all(|platform| !is_known(read_as(&platform.value)));
        for platform in wanted {
            let name = read_as(&platform.value);
            if is_known(name) {
                continue;
            }
            let attack = format!("{} ATT&CK {}", catalog.domain().name(), catalog.version());
            let message = if name == platform.value {
                format!("the platform `{}` is none of {attack}", short(name))
            } else {
                format!("the Navigator reads `{}` as `{name}`, which {attack} does not have", platform.value)
            };
            let near = suggest::nearest(name, known.iter().map(|platform| &**platform));
            let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
            let help = if shows_nothing {
                format!("{near}no platform of the filter is known, so that the matrix is empty")
            } else {
                format!("{near}it matches no technique")
            };
            self.find(platform.span, Code::PlatformFilter, message, help);
        }
    }

    /// Rows and links: what only one of the two readers takes.
    fn rows(&mut self) {
        let layer = self.layer;
        let of_techniques = || layer.techniques.iter().flat_map(|technique| &technique.metadata);
        let dividers = |wanted: bool| {
            layer.metadata.iter().chain(of_techniques()).filter_map(move |row| match row {
                InputMetadata::Divider { is_row, span, .. } if *is_row == wanted => Some(*span),
                _ => None,
            })
        };
        let (count, plural) = first_of(dividers(true));
        if let Some((span, count)) = count {
            let message = format!("{count} divider{plural} written as a row called DIVIDER");
            let help =
                "mitreattack-python writes them so, and the Navigator drops them; write {\"divider\": true}";
            self.find(span, Code::ForeignDivider, message, help);
        }
        let (count, plural) = first_of(dividers(false));
        if let Some((span, count)) = count {
            let message = format!("mitreattack-python leaves out {count} divider{plural} in metadata");
            self.find(
                span,
                Code::PythonLoses,
                message,
                "the Navigator shows them; the rows around them stay",
            );
        }
        let blanks =
            layer.techniques.iter().flat_map(|technique| &technique.links).filter_map(|link| match link {
                InputLink::Divider { shown: false, span } => Some(*span),
                _ => None,
            });
        let (count, plural) = first_of(blanks);
        if let Some((span, count)) = count {
            let message = format!(
                "mitreattack-python leaves out the technique for {count} link divider{plural} that is false"
            );
            self.find(span, Code::PythonLoses, message, "leave the divider out, or write true");
        }
        if let Some(InputLink::Link { url: Spanned { span, .. }, .. } | InputLink::Divider { span, .. }) =
            layer.links.first()
        {
            let message = "mitreattack-python leaves out the links of a layer";
            self.find(*span, Code::PythonLoses, message, "it keeps those of techniques");
        }
        let links = layer.techniques.iter().flat_map(|technique| &technique.links).chain(&layer.links);
        for link in links {
            if let InputLink::Link { url, .. } = link
                && link::web_address(&url.value).is_none()
            {
                let message = format!("the link `{}` is not an http or https address", short(&url.value));
                self.find(url.span, Code::NotALink, message, "the Navigator opens whatever stands there");
            }
        }
    }
}

/// The first of some places, how many there are, and an `s` for several.
fn first_of(mut spans: impl Iterator<Item = Span>) -> (Option<(Span, usize)>, &'static str) {
    let first = spans.next();
    let more = spans.count();
    (first.map(|span| (span, more + 1)), if more == 0 { "" } else { "s" })
}

/// Whether the Navigator knows a domain by this name; old layers have two others.
fn is_loaded(domain: &str) -> bool {
    matches!(
        domain,
        "enterprise-attack" | "mobile-attack" | "ics-attack" | "mitre-enterprise" | "mitre-mobile"
    )
}

/// What the Navigator takes an old platform's name for.
fn read_as(platform: &str) -> &str {
    match platform {
        "android" => "Android",
        "ios" => "iOS",
        "windows" => "Windows",
        "linux" => "Linux",
        "mac" => "macOS",
        "AWS" | "GCP" | "Azure" => "IaaS",
        other => other,
    }
}
