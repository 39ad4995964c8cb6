//! Findings of a scan as Prowler writes them in the Open Cybersecurity Schema Framework: a list of objects, of which
//! `metadata.event_code` is the check, `status_code` the outcome and `status` whether somebody muted it.

use std::borrow::Cow;

use serde::Deserialize;

use super::{Reader, ScanResult};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::node::{Document, Kind};

/// A text that may be absent.
type Text<'a> = Option<Cow<'a, str>>;

/// The parts of a finding that are read.
#[derive(Deserialize)]
struct Finding<'a> {
    #[serde(borrow, default)]
    metadata: Option<Metadata<'a>>,
    #[serde(borrow, default, rename = "finding_info")]
    info: Option<Info<'a>>,
    #[serde(borrow, default)]
    status_code: Text<'a>,
    #[serde(borrow, default)]
    status: Text<'a>,
    #[serde(borrow, default)]
    cloud: Option<Cloud<'a>>,
    #[serde(borrow, default)]
    resources: Option<Vec<Resource<'a>>>,
}

#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow, default)]
    event_code: Text<'a>,
}

#[derive(Deserialize)]
struct Info<'a> {
    #[serde(borrow, default)]
    uid: Text<'a>,
}

#[derive(Deserialize)]
struct Cloud<'a> {
    #[serde(borrow, default)]
    provider: Text<'a>,
    #[serde(borrow, default)]
    region: Text<'a>,
    #[serde(borrow, default)]
    account: Option<Account<'a>>,
}

#[derive(Deserialize)]
struct Account<'a> {
    #[serde(borrow, default)]
    uid: Text<'a>,
}

#[derive(Deserialize)]
struct Resource<'a> {
    #[serde(borrow, default)]
    uid: Text<'a>,
    #[serde(borrow, default)]
    region: Text<'a>,
}

/// Reads the document.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<(), Diagnostic> {
    let source = reader.source;
    let document = Document::json(source, 0)?;
    let root = document.root();
    if root.kind() != Kind::List {
        let message =
            format!("this is no scan: findings in OCSF are a list, and this is {}", root.kind().name());
        return Err(Diagnostic::new(Code::NotAScan, message).at(source.whole()).help(HELP));
    }
    let mut any_check = false;
    root.for_each_item(|_, item| {
        let bytes = item.span().range();
        let finding: Finding<'_> = match serde_json::from_str(item.raw()) {
            Ok(finding) => finding,
            Err(error) => {
                reader.results += 1;
                return reader.find(
                    bytes,
                    &format!("the finding is not as OCSF says: {}", said(&error)),
                    "it is left out",
                );
            }
        };
        any_check |= finding.metadata.as_ref().is_some_and(|one| one.event_code.is_some());
        reader.push(&finding.result(), bytes)
    });
    if !any_check && reader.results > 0 {
        reader.findings.clear();
        let message = "this is no scan: no item of the list names a check in `metadata.event_code`";
        return Err(Diagnostic::new(Code::NotAScan, message).at(source.whole()).help(HELP));
    }
    Ok(())
}

pub(super) const HELP: &str = "read are Prowler's findings (*.ocsf.json, *.csv) and its compliance tables (compliance/*.csv), \
     each also gzipped, and lists of capabilities, one on each line";

/// What the parser says, without where: its lines are counted from the item.
fn said(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rfind(" at line ").map_or(text.clone(), |at| text[..at].to_owned())
}

impl Finding<'_> {
    fn result(&self) -> ScanResult<'_> {
        let cloud = self.cloud.as_ref();
        let resource = self.resources.as_ref().and_then(|all| all.first());
        let region = text(resource.map(|one| &one.region));
        let resource = text(resource.map(|one| &one.uid));
        ScanResult {
            provider: text(cloud.map(|one| &one.provider)),
            check: text(self.metadata.as_ref().map(|one| &one.event_code)),
            account: text(cloud.and_then(|one| one.account.as_ref()).map(|one| &one.uid)),
            region: if region.is_empty() { text(cloud.map(|one| &one.region)) } else { region },
            // A finding without a resource is told apart from others by its own id.
            resource: if resource.is_empty() {
                text(self.info.as_ref().map(|one| &one.uid))
            } else {
                resource
            },
            status: self.status_code.as_deref().unwrap_or_default(),
            is_muted: self.status.as_deref() == Some("Suppressed"),
        }
    }
}

fn text<'t>(held: Option<&'t Text<'_>>) -> &'t str {
    held.and_then(Option::as_deref).unwrap_or_default()
}
