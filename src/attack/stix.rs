//! Reading an ATT&CK release from the STIX bundle that MITRE publishes for it.
//!
//! A [`Release`] holds the facts of one domain in one version. What ATT&CK's own Navigator does with a bundle decides
//! how odd cases are read: tactics stand in the order of the matrices that are not deprecated, a technique belongs to the
//! tactics whose shortnames are among its kill-chain phases, and of two objects with one STIX id the first wins.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::actors::ActorKind;
use super::bundle::{Bundle, Object, text, texts};
use super::table::{CHAIN_SEPARATOR, LIST_SEPARATOR, State, TACTIC_SEPARATOR};
use super::{CatalogError, Domain, PlatformSet, TacticSet, TechniqueId, Version};

/// Far above ATT&CK's largest bundle (60 MB), far below what would trouble a laptop.
const SIZE_LIMIT: u64 = 512_000_000;

/// The facts of one ATT&CK domain in one version.
#[derive(Debug)]
pub struct Release {
    pub(super) path: PathBuf,
    pub(super) domain: Domain,
    pub(super) version: Version,
    /// In the order of the matrix.
    pub(super) tactics: Vec<TacticFacts>,
    pub(super) techniques: BTreeMap<TechniqueId, TechniqueFacts>,
    pub(super) actors: BTreeMap<String, ActorFacts>,
    pub(super) notes: Vec<String>,
}

/// A tactic of a matrix.
#[derive(Debug)]
pub(super) struct TacticFacts {
    pub(super) id: String,
    pub(super) shortname: String,
    pub(super) name: String,
}

/// A technique; one that is retired has no tactics, platforms and parent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TechniqueFacts {
    pub(super) name: String,
    pub(super) tactics: String,
    pub(super) platforms: String,
    pub(super) parent: Option<TechniqueId>,
    pub(super) state: State,
}

/// A group or campaign.
#[derive(Debug)]
pub(super) struct ActorFacts {
    pub(super) kind: ActorKind,
    pub(super) name: String,
    pub(super) aliases: String,
    pub(super) state: State,
    pub(super) uses: BTreeSet<TechniqueId>,
}

impl Release {
    /// Reads the bundle at `path`.
    ///
    /// The version is `version` when it is given, else what the bundle's collection says, else what the file name ends
    /// in (`enterprise-attack-16.1.json`).
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is no STIX bundle, holds no technique, or belongs to no single domain and version.
    pub fn read(path: &Path, version: Option<Version>) -> Result<Self, CatalogError> {
        let failed = |source| CatalogError::Read { path: path.to_owned(), source };
        let file = std::fs::File::open(path).map_err(failed)?;
        let mut bytes = Vec::new();
        file.take(SIZE_LIMIT + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > SIZE_LIMIT {
            return Err(CatalogError::TooLarge { path: path.to_owned(), limit: SIZE_LIMIT });
        }
        Self::from_bytes(path, &bytes, version)
    }

    /// Reads a bundle that is in memory; `path` is its name in errors, and may end in the version.
    ///
    /// # Errors
    ///
    /// As [`Release::read`].
    pub fn from_bytes(path: &Path, bytes: &[u8], version: Option<Version>) -> Result<Self, CatalogError> {
        let objects = parse(path, bytes)?;
        let has_techniques = objects.iter().any(|object| object.is("attack-pattern"));
        if !has_techniques {
            return Err(CatalogError::NoTechniques { path: path.to_owned() });
        }
        let domain = domain_of(path, &objects)?;
        let Some(version) = version.or_else(|| version_of(path, &objects)) else {
            return Err(CatalogError::NoVersion { path: path.to_owned(), domain });
        };
        let mut reader = Reader::new(path, &objects);
        let tactics = reader.tactics()?;
        let techniques = reader.techniques(&tactics)?;
        if techniques.is_empty() {
            return Err(CatalogError::NoTechniques { path: path.to_owned() });
        }
        let actors = reader.actors()?;
        let mut notes = reader.notes;
        notes.extend(misnamed(path, domain));
        Ok(Self { path: path.to_owned(), domain, version, tactics, techniques, actors, notes })
    }

    /// The domain of the release.
    #[must_use]
    pub const fn domain(&self) -> Domain {
        self.domain
    }

    /// The version of the release.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// What the bundle holds that the release leaves out: one sentence each.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}

fn parse<'a>(path: &Path, bytes: &'a [u8]) -> Result<Vec<Object<'a>>, CatalogError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let Some(first) = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) else {
        return Err(CatalogError::Empty { path: path.to_owned() });
    };
    let other = |cause: &str| CatalogError::NotABundle {
        path: path.to_owned(),
        line: 1,
        column: 1,
        cause: cause.to_owned(),
    };
    if *first != b'{' {
        // A derived struct would also be read from an array.
        serde_json::from_slice::<serde::de::IgnoredAny>(bytes).map_err(|error| json_error(path, &error))?;
        return Err(other("a bundle is a JSON object"));
    }
    let bundle: Bundle<'_> = serde_json::from_slice(bytes).map_err(|error| json_error(path, &error))?;
    match (text(bundle.kind.as_ref()), bundle.objects) {
        ("bundle", Some(objects)) => Ok(objects),
        ("bundle", None) => Err(other("it has no `objects`")),
        ("", _) => Err(other("it has no `\"type\": \"bundle\"`")),
        (kind, _) => Err(other(&format!("its type is `{kind}`"))),
    }
}

fn json_error(path: &Path, error: &serde_json::Error) -> CatalogError {
    let path = path.to_owned();
    let (line, column) = (error.line(), error.column());
    let message = error.to_string();
    let cause = message.split(" at line ").next().unwrap_or_default().to_owned();
    match error.classify() {
        serde_json::error::Category::Eof => CatalogError::Truncated { path, line, column, cause },
        serde_json::error::Category::Data => CatalogError::NotABundle { path, line, column, cause },
        _ => CatalogError::NotJson { path, line, column, cause },
    }
}

/// The domain that the matrices name; without a matrix, the one that all techniques share.
fn domain_of(path: &Path, objects: &[Object<'_>]) -> Result<Domain, CatalogError> {
    let problem = |problem: String| CatalogError::NoSingleDomain { path: path.to_owned(), problem };
    let matrices = objects.iter().filter(|object| object.is("x-mitre-matrix"));
    let mut domains: BTreeSet<Domain> =
        matrices.filter_map(|matrix| matrix.external_id()?.parse().ok()).collect();
    if domains.is_empty() {
        let techniques = || objects.iter().filter(|object| object.is("attack-pattern"));
        let stated = techniques().flat_map(|technique| texts(technique.x_mitre_domains.as_ref()));
        domains = stated.filter_map(|domain| domain.parse().ok()).collect();
        if domains.is_empty() {
            domains =
                techniques().filter_map(|technique| domain_of_source(technique.source_name())).collect();
        }
    }
    let mut found = domains.iter();
    match (found.next(), found.next()) {
        (Some(domain), None) => Ok(*domain),
        (None, _) => Err(problem("the bundle names no ATT&CK domain".to_owned())),
        (Some(first), Some(second)) => {
            Err(problem(format!("the bundle holds more than one domain: {first} and {second}")))
        }
    }
}

/// What there is to say of a file that is named for another domain than that of what it holds.
fn misnamed(path: &Path, domain: Domain) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let named = Domain::ALL.into_iter().find(|one| name.starts_with(one.id()))?;
    (named != domain).then(|| format!("the file is named for {named}, and what it holds is of {domain}"))
}

fn domain_of_source(source_name: &str) -> Option<Domain> {
    match source_name {
        "mitre-attack" => Some(Domain::Enterprise),
        "mitre-mobile-attack" => Some(Domain::Mobile),
        "mitre-ics-attack" => Some(Domain::Ics),
        _ => None,
    }
}

fn version_of(path: &Path, objects: &[Object<'_>]) -> Option<Version> {
    let collection = objects.iter().find(|object| object.is("x-mitre-collection"));
    let stated = collection.and_then(|collection| text(collection.x_mitre_version.as_ref()).parse().ok());
    stated.or_else(|| {
        let name = path.file_name()?.to_str()?;
        // Not `file_stem`, which takes `.1` for the extension of `enterprise-attack-16.1`.
        let stem = name.strip_suffix(".json").unwrap_or(name);
        stem.rsplit(['-', '_', ' ']).next()?.parse().ok()
    })
}

/// What the passes over one bundle share.
struct Reader<'o> {
    path: &'o Path,
    objects: Vec<&'o Object<'o>>,
    by_stix_id: BTreeMap<&'o str, &'o Object<'o>>,
    /// STIX id of a revoked object → STIX id of its successor.
    revoked_by: BTreeMap<&'o str, &'o str>,
    /// STIX id of a sub-technique → STIX id of its technique.
    parents: BTreeMap<&'o str, &'o str>,
    /// STIX ids of an actor and a technique.
    uses: Vec<(&'o str, &'o str)>,
    notes: Vec<String>,
}

impl<'o> Reader<'o> {
    fn new(path: &'o Path, all: &'o [Object<'o>]) -> Self {
        let mut reader = Self {
            path,
            objects: Vec::new(),
            by_stix_id: BTreeMap::new(),
            revoked_by: BTreeMap::new(),
            parents: BTreeMap::new(),
            uses: Vec::new(),
            notes: Vec::new(),
        };
        for object in all {
            if object.is("relationship") {
                reader.relation(object);
                continue;
            }
            let id = text(object.id.as_ref());
            if id.is_empty() || !reader.by_stix_id.contains_key(id) {
                reader.by_stix_id.insert(id, object);
                reader.objects.push(object);
            }
        }
        reader
    }

    fn relation(&mut self, relation: &'o Object<'o>) {
        if relation.is_revoked() || relation.is_deprecated() {
            return;
        }
        let (source, target) = (text(relation.source_ref.as_ref()), text(relation.target_ref.as_ref()));
        match text(relation.relationship_type.as_ref()) {
            "revoked-by" => {
                self.revoked_by.insert(source, target);
            }
            "subtechnique-of" => {
                self.parents.insert(source, target);
            }
            "uses" if target.starts_with("attack-pattern--") => self.uses.push((source, target)),
            _ => {}
        }
    }

    fn of_kind(&self, kind: &'static str) -> Vec<&'o Object<'o>> {
        self.objects.iter().copied().filter(|object| object.is(kind)).collect()
    }

    fn tactics(&mut self) -> Result<Vec<TacticFacts>, CatalogError> {
        let matrices = self.of_kind("x-mitre-matrix");
        let shown = matrices.iter().filter(|matrix| !matrix.is_deprecated() && !matrix.is_revoked());
        let mut objects: Vec<&Object<'_>> = shown
            .flat_map(|matrix| texts(matrix.tactic_refs.as_ref()))
            .filter_map(|id| self.by_stix_id.get(id).copied())
            .collect();
        if matrices.is_empty() {
            self.notes
                .push("the bundle has no matrix: the tactics stand in the order of the file".to_owned());
            objects = self.of_kind("x-mitre-tactic");
            objects.retain(|tactic| !tactic.is_deprecated() && !tactic.is_revoked());
        }
        let mut tactics: Vec<TacticFacts> = Vec::new();
        for object in objects {
            let shortname = text(object.x_mitre_shortname.as_ref());
            let Some(id) = object.external_id().filter(|id| is_plain_id(id) && !shortname.is_empty()) else {
                let name = text(object.name.as_ref());
                self.notes.push(format!("left out: the tactic {name:?} without an id or a shortname"));
                continue;
            };
            if tactics.iter().any(|tactic| tactic.id == id || tactic.shortname == shortname) {
                continue;
            }
            tactics.push(TacticFacts {
                id: id.to_owned(),
                shortname: self.clean(id, "shortname", shortname, TACTIC_SEPARATOR)?,
                name: self.clean(id, "name", text(object.name.as_ref()), '\t')?,
            });
        }
        self.check_count("tactics", tactics.len(), TacticSet::LIMIT)?;
        Ok(tactics)
    }

    fn techniques(
        &mut self,
        tactics: &[TacticFacts],
    ) -> Result<BTreeMap<TechniqueId, TechniqueFacts>, CatalogError> {
        let mut techniques = BTreeMap::new();
        let mut platforms = BTreeSet::new();
        let (mut without_id, mut without_tactic) = (0, 0);
        for object in self.of_kind("attack-pattern") {
            let Some(written) = object.external_id() else {
                without_id += 1;
                continue;
            };
            let Ok(id) = written.parse::<TechniqueId>() else {
                self.notes.push(format!("left out: {written:?}, which is not the id of a technique"));
                continue;
            };
            let facts = self.technique(id, object, tactics)?;
            if facts.state == State::Active {
                without_tactic += usize::from(facts.tactics.is_empty());
                platforms.extend(facts.platforms.split(LIST_SEPARATOR).map(str::to_owned));
            }
            keep_better(&mut techniques, id, facts, |facts| &facts.state);
        }
        self.check_count("platforms", platforms.len(), PlatformSet::LIMIT)?;
        self.note_cycles(&techniques);
        if without_id > 0 {
            self.notes.push(format!("left out: {without_id} attack-pattern(s) without an ATT&CK id"));
        }
        if without_tactic > 0 {
            self.notes.push(format!("{without_tactic} active technique(s) stand in no tactic of the matrix"));
        }
        Ok(techniques)
    }

    /// Says which techniques are revoked in a circle: their chains were cut, and lead nowhere.
    fn note_cycles(&mut self, techniques: &BTreeMap<TechniqueId, TechniqueFacts>) {
        let state = |id: &str| Some(&techniques.get(&id.parse().ok()?)?.state);
        let ends_in_circle = |facts: &TechniqueFacts| {
            let end = facts.state.chain().last().and_then(state);
            end.is_some_and(|end| end.chain().next().is_some())
        };
        let circle: Vec<String> = techniques
            .iter()
            .filter(|(_, facts)| ends_in_circle(facts))
            .map(|(id, _)| id.to_string())
            .collect();
        if !circle.is_empty() {
            self.notes
                .push(format!("revoked in a circle, and so without a successor: {}", circle.join(", ")));
        }
    }

    fn technique(
        &self,
        id: TechniqueId,
        object: &'o Object<'o>,
        tactics: &[TacticFacts],
    ) -> Result<TechniqueFacts, CatalogError> {
        let name = self.clean(&id.to_string(), "name", text(object.name.as_ref()), '\t')?;
        let state = self.state(object, |end| end.external_id()?.parse::<TechniqueId>().ok())?;
        if state != State::Active {
            return Ok(TechniqueFacts {
                name,
                tactics: String::new(),
                platforms: String::new(),
                parent: None,
                state,
            });
        }
        let phases: BTreeSet<&str> = object
            .kill_chain_phases
            .iter()
            .flatten()
            .map(|phase| text(phase.phase_name.as_ref()).trim())
            .collect();
        let tactics = tactics.iter().map(|tactic| tactic.shortname.as_str());
        let tactics: Vec<&str> = tactics.filter(|shortname| phases.contains(shortname)).collect();
        let platforms = texts(object.x_mitre_platforms.as_ref())
            .map(|platform| self.clean(&id.to_string(), "platform", platform, LIST_SEPARATOR))
            .collect::<Result<BTreeSet<String>, _>>()?;
        let stated =
            self.parents.get(text(object.id.as_ref())).and_then(|parent| self.by_stix_id.get(parent));
        let parent = stated.and_then(|parent| parent.external_id()?.parse().ok()).or_else(|| id.parent());
        Ok(TechniqueFacts {
            name,
            tactics: tactics.join(&TACTIC_SEPARATOR.to_string()),
            platforms: join(platforms.iter().map(String::as_str).filter(|platform| !platform.is_empty())),
            parent: parent.filter(|parent| *parent != id),
            state,
        })
    }

    fn actors(&mut self) -> Result<BTreeMap<String, ActorFacts>, CatalogError> {
        let mut uses: BTreeMap<&str, BTreeSet<TechniqueId>> = BTreeMap::new();
        for (actor, technique) in &self.uses {
            let Some(object) = self.by_stix_id.get(technique) else { continue };
            let id: Option<TechniqueId> = object.external_id().and_then(|id| id.parse().ok());
            uses.entry(actor).or_default().extend(id);
        }
        let mut actors = BTreeMap::new();
        for (kind, stix_type) in [(ActorKind::Group, "intrusion-set"), (ActorKind::Campaign, "campaign")] {
            for object in self.of_kind(stix_type) {
                let stated = text(object.name.as_ref());
                let Some(id) = object.external_id().filter(|id| is_plain_id(id)) else {
                    self.notes.push(format!("left out: the {} {stated:?} without an ATT&CK id", kind.name()));
                    continue;
                };
                let name = self.clean(id, "name", stated, '\t')?;
                let mut aliases: Vec<String> = Vec::new();
                let mut known = BTreeSet::from([name.clone()]);
                for alias in texts(object.aliases.as_ref()) {
                    let alias = self.clean(id, "alias", alias, LIST_SEPARATOR)?;
                    if !alias.is_empty() && known.insert(alias.clone()) {
                        aliases.push(alias);
                    }
                }
                let state = self.state(object, |end| end.external_id().filter(|id| is_plain_id(id)))?;
                let uses = uses.remove(text(object.id.as_ref())).unwrap_or_default();
                let aliases = join(aliases.iter().map(String::as_str));
                let facts = ActorFacts { kind, name, aliases, state, uses };
                keep_better(&mut actors, id.to_owned(), facts, |facts| &facts.state);
            }
        }
        Ok(actors)
    }

    /// What the release says of an object, with its successors followed to the end; a cycle is cut where it closes.
    ///
    /// The longest chain of the published releases has three successors. One that is far longer is refused: each of its
    /// objects would hold most of it.
    fn state<T: ToString + PartialEq>(
        &self,
        object: &'o Object<'o>,
        id_of: impl Fn(&'o Object<'o>) -> Option<T>,
    ) -> Result<State, CatalogError> {
        const MOST: usize = 100;
        if !object.is_revoked() {
            return Ok(if object.is_deprecated() { State::Deprecated } else { State::Active });
        }
        let mut seen: Vec<T> = id_of(object).into_iter().collect();
        let start = seen.len();
        let mut current = object;
        while current.is_revoked() {
            let next = self.revoked_by.get(text(current.id.as_ref())).and_then(|id| self.by_stix_id.get(id));
            let Some((next, id)) = next.and_then(|next| Some((*next, id_of(next)?))) else { break };
            if seen.contains(&id) {
                break;
            }
            seen.push(id);
            self.check_count("successors of one object", seen.len() - start, MOST)?;
            current = next;
        }
        let chain: Vec<String> = seen[start..].iter().map(ToString::to_string).collect();
        Ok(State::Revoked(Cow::Owned(chain.join(&CHAIN_SEPARATOR.to_string()))))
    }

    /// Trims a value and refuses one that would break the lines or lists of a table.
    fn clean(
        &self,
        id: &str,
        what: &'static str,
        value: &str,
        separator: char,
    ) -> Result<String, CatalogError> {
        let value = value.trim();
        match value.chars().find(|character| character.is_control() || *character == separator) {
            None => Ok(value.to_owned()),
            Some(character) => Err(CatalogError::BadValue {
                path: self.path.to_owned(),
                id: id.to_owned(),
                what,
                value: value.to_owned(),
                character,
            }),
        }
    }

    fn check_count(&self, what: &'static str, count: usize, limit: usize) -> Result<(), CatalogError> {
        if count <= limit {
            return Ok(());
        }
        Err(CatalogError::TooMany { path: self.path.to_owned(), what, count, limit })
    }
}

/// Of two objects with one ATT&CK id, keeps the active one, then the one that names a successor, then the first.
fn keep_better<K: Ord, F>(facts: &mut BTreeMap<K, F>, id: K, new: F, state: impl Fn(&F) -> &State) {
    let rank = |facts: &F| match state(facts) {
        State::Active => 0,
        State::Revoked(chain) if !chain.is_empty() => 1,
        State::Revoked(_) | State::Deprecated => 2,
    };
    if facts.get(&id).is_none_or(|old| rank(&new) < rank(old)) {
        facts.insert(id, new);
    }
}

fn join<'t>(parts: impl Iterator<Item = &'t str>) -> String {
    parts.collect::<Vec<_>>().join(&LIST_SEPARATOR.to_string())
}

/// Whether a tactic's or an actor's id can stand in a table and in a chain: `TA0001`, `G0016`, `ACME-G0001`.
fn is_plain_id(id: &str) -> bool {
    !id.is_empty()
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests;
