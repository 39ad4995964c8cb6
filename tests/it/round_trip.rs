//! A mapping set, written in any form and read again, is what the form holds of it.

use std::collections::{BTreeMap, BTreeSet};

use navlayer::attack::{Domain, TechniqueId, Version};
use navlayer::diagnostic::Severity;
use navlayer::mapping::read::{self, Reading};
use navlayer::mapping::write::{Content, Form, losses, write};
use navlayer::mapping::{
    Capability, Category, Framework, Group, Level, Mapping, MappingSet, MappingType, NonMappableTechnique,
    Origin, Publication, Reference,
};
use navlayer::source::Span;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::support::{corpus, covered, listing};

/// What a set says, without where it says it.
#[derive(Debug, Default, PartialEq)]
struct Said {
    head: Vec<String>,
    publication: Publication,
    groups: BTreeMap<String, String>,
    types: BTreeMap<String, (String, String)>,
    capabilities: Vec<SaidCapability>,
    mappings: Vec<String>,
    non_mappable: Vec<String>,
}

#[derive(Debug, PartialEq)]
struct SaidCapability {
    id: String,
    name: String,
    description: Option<String>,
    groups: Vec<String>,
    tags: Vec<String>,
    comment: String,
    references: Vec<String>,
    non_mappable: bool,
}

/// Everything that a set says.
fn everything(set: &MappingSet) -> Said {
    let mut types: BTreeMap<String, (String, String)> = set
        .mapping_types
        .iter()
        .map(|(id, kind)| (id.clone(), (kind.name.clone(), kind.description.clone())))
        .collect();
    // A type that is used is defined, by its name if by nothing else.
    for mapping in set.mappings.iter().filter(|mapping| !mapping.mapping_type.is_empty()) {
        let name = &mapping.mapping_type;
        if types.values().all(|(known, _)| known != name) {
            let id = if types.contains_key(name) { format!("{name} 2") } else { name.clone() };
            types.insert(id, (name.clone(), String::new()));
        }
    }
    let capabilities = set.capabilities.iter().map(|one| SaidCapability {
        id: one.id.clone(),
        name: one.name.clone(),
        description: one.description.clone(),
        groups: one.groups.iter().map(|group| set.groups[*group].id.clone()).collect(),
        tags: one.tags.clone(),
        comment: one.comment.clone(),
        references: one.references.clone(),
        non_mappable: one.non_mappable,
    });
    Said {
        head: vec![
            set.framework.id.clone(),
            set.framework.version.clone(),
            set.domain.to_string(),
            set.attack_version.to_string(),
        ],
        publication: set.publication.clone(),
        groups: set.groups.iter().map(|group| (group.id.clone(), group.name.clone())).collect(),
        types,
        capabilities: capabilities.collect(),
        mappings: set
            .mappings
            .iter()
            .map(|one| {
                let references: Vec<&str> = one.references.iter().map(|held| held.text.as_str()).collect();
                format!(
                    "{:?}",
                    (
                        &set.capabilities[one.capability].id,
                        one.technique,
                        &one.technique_name,
                        &one.mapping_type,
                        one.category,
                        one.level,
                        &one.comment,
                        references,
                        one.related_score,
                    )
                )
            })
            .collect(),
        non_mappable: set
            .non_mappable
            .iter()
            .map(|one| format!("{:?}", (one.technique, &one.name, &one.comment)))
            .collect(),
    }
}

/// The set without what a form has no place for: the rules of each form, said once more and in another way.
fn held(set: &MappingSet, form: Form) -> Said {
    let mut set = set.clone();
    let rows = |set: &MappingSet, index: usize| {
        let mapped = set.mappings.iter().filter(|mapping| mapping.capability == index).count();
        mapped + usize::from(set.capabilities[index].non_mappable)
    };
    let counts: Vec<usize> = (0..set.capabilities.len()).map(|index| rows(&set, index)).collect();
    for (capability, count) in set.capabilities.iter_mut().zip(&counts) {
        capability.tags.clear();
        capability.description = None;
        capability.groups.truncate(*count);
        if !capability.non_mappable {
            capability.comment.clear();
            capability.references.clear();
        }
    }
    if form.is_table() {
        set.publication =
            Publication { mapping_version: None, author: None, contact: None, ..set.publication };
        set.mapping_types.clear();
        replace_unheld(&mut set);
    }
    let mut said = everything(&set);
    said.capabilities.retain(|one| {
        set.capabilities.iter().zip(&counts).any(|(held, count)| held.id == one.id && *count > 0)
    });
    if form.is_table() {
        let names: BTreeMap<&str, &str> =
            set.groups.iter().map(|group| (group.id.as_str(), group.name.as_str())).collect();
        by_name(&mut said, &names);
    }
    said
}

/// Calls groups by their names, which is all that tables hold of them.
fn by_name(said: &mut Said, names: &BTreeMap<&str, &str>) {
    let mut used = BTreeMap::new();
    for capability in &mut said.capabilities {
        let mut seen = BTreeSet::new();
        capability.groups = capability.groups.iter().map(|id| names[id.as_str()].to_owned()).collect();
        capability.groups.retain(|name| seen.insert(name.clone()));
        used.extend(capability.groups.iter().map(|name| (name.clone(), name.clone())));
    }
    said.groups = used;
}

/// What no table holds is shown as such.
fn replace_unheld(set: &mut MappingSet) {
    let replace = |text: &mut String| {
        let is_unheld = |c: char| (c < ' ' && !"\t\r\n".contains(c)) || matches!(c, '\u{fffe}' | '\u{ffff}');
        *text = text.replace(is_unheld, "\u{fffd}");
    };
    replace(&mut set.framework.version);
    let publication = &mut set.publication;
    for field in [&mut publication.organization, &mut publication.creation_date, &mut publication.last_update]
    {
        field.iter_mut().for_each(replace);
    }
    set.groups.iter_mut().for_each(|group| replace(&mut group.name));
    for capability in &mut set.capabilities {
        for text in [&mut capability.id, &mut capability.name, &mut capability.comment] {
            replace(text);
        }
    }
    for mapping in &mut set.mappings {
        for text in [&mut mapping.technique_name, &mut mapping.mapping_type, &mut mapping.comment] {
            replace(text);
        }
    }
    for technique in &mut set.non_mappable {
        for text in [&mut technique.name, &mut technique.comment] {
            replace(text);
        }
    }
}

/// The set as this form gives it back.
fn again(set: &MappingSet, form: Form) -> MappingSet {
    let bytes = write(set, form, Content::Everything).expect("it can be written");
    let Reading { mut sets, findings } =
        read::from_reader("again", bytes.as_slice()).expect("it can be read");
    let errors: Vec<_> = findings.iter().filter(|one| one.severity == Severity::Error).collect();
    let text = if form.is_text() { String::from_utf8_lossy(&bytes).into_owned() } else { String::new() };
    assert!(errors.is_empty(), "{form:?}: {errors:#?}\n{text}");
    assert_eq!(sets.len(), 1, "{form:?}\n{text}");
    sets.remove(0)
}

/// What came back of a form, as far as the form tells it.
fn given_back(set: &MappingSet, form: Form) -> Said {
    let mut said = everything(set);
    if form.is_table() {
        let names: BTreeMap<&str, &str> =
            set.groups.iter().map(|group| (group.id.as_str(), group.name.as_str())).collect();
        by_name(&mut said, &names);
    }
    said
}

#[track_caller]
fn comes_back(set: &MappingSet) {
    for form in Form::ALL {
        let read = again(set, form);
        assert_eq!(given_back(&read, form), held(set, form), "{form:?}");
        if losses(set, form, Content::Everything)
            .iter()
            .all(|one| one.code.id() == "NL0611" || one.code.id() == "NL0612")
        {
            assert_eq!(everything(&read), everything(set), "{form:?} loses nothing that is not told");
        }
        let twice = write(&read, form, Content::Everything).expect("it can be written");
        assert_eq!(twice, write(set, form, Content::Everything).expect("it can be written"), "{form:?}");
    }
}

/// Words that some form, or some program that reads it, would take for something else.
const WORDS: [&str; 44] = [
    "null",
    "Null",
    "~",
    "yes",
    "No",
    "on",
    "true",
    "16.1",
    "1e3",
    "0x1f",
    "0o7",
    "1_000",
    ".inf",
    "2024-01-01",
    "12:30:00",
    "=1+1",
    "+1",
    "-1",
    "@x",
    "- a",
    "? a",
    ": a",
    "a: b",
    "a #b",
    "#a",
    "[]",
    "{}",
    "[a, b]",
    "*a",
    "&a",
    "!a",
    "|",
    ">",
    "%a",
    "`a`",
    "'",
    "\"",
    "it's \"x\"",
    "\\n",
    "_x000D_",
    "...",
    "---",
    "<<",
    "no\tt,ab;s",
];

/// Text without blanks around it, which no form keeps.
fn text() -> impl Strategy<Value = String> {
    let word = prop::sample::select(&WORDS[..]).prop_map(str::to_owned);
    let breaks = prop::sample::select(
        &["\n", "\r\n", "\r", "\n\n", " ", "  ", "\n  ", "\u{85}", "\u{2028}", "\u{a0}", "\u{1}"][..],
    );
    let odd = prop::sample::select(
        &["é", "–", "😀", "\u{feff}", "\u{200b}", "\u{202e}", "\u{7f}", "\u{ffff}", "\u{0}"][..],
    );
    let piece = prop_oneof![
        4 => word,
        2 => "[ -~]{0,12}",
        1 => "\\PC{0,6}",
        1 => any::<String>(),
        2 => odd.prop_map(str::to_owned),
        2 => breaks.prop_map(str::to_owned),
    ];
    let long = "[a-z ]{100,200}";
    let pieces = prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat());
    prop_oneof![8 => pieces, 1 => long].prop_map(|text| text.trim().to_owned())
}

fn filled() -> impl Strategy<Value = String> {
    text().prop_map(|text| if text.is_empty() { "x".to_owned() } else { text })
}

fn reference() -> impl Strategy<Value = String> {
    let address =
        "https://[a-z]{1,5}\\.example/[a-z,;'\"?=&%\\[\\]]{0,10}".prop_map(|text| text.trim().to_owned());
    // Several addresses in one text are several references to a reader.
    prop_oneof![address, filled()].prop_filter("one reference", |text| text.matches("http").count() < 2)
}

fn technique() -> impl Strategy<Value = TechniqueId> {
    (1000_u16..2000, 0_u16..4).prop_map(|(number, sub)| {
        let id = if sub == 0 { format!("T{number}") } else { format!("T{number}.{sub:03}") };
        id.parse().expect("an id")
    })
}

fn publication() -> impl Strategy<Value = Publication> {
    let field = || prop::option::of(filled());
    let date = || prop::option::of(prop_oneof![Just("01/02/2024".to_owned()), filled()]);
    (field(), field(), field(), field(), date(), date()).prop_map(
        |(mapping_version, author, contact, organization, creation_date, last_update)| Publication {
            mapping_version,
            author,
            contact,
            organization,
            creation_date,
            last_update,
        },
    )
}

fn capability(id: String, groups: usize) -> impl Strategy<Value = Capability> {
    let fields = (
        filled(),
        prop::option::weighted(0.2, filled()),
        prop::collection::btree_set(0..groups.max(1), 0..=groups.min(2)),
        prop::collection::vec(filled(), 0..2),
        text(),
        prop::collection::vec(reference(), 0..2),
        prop::bool::weighted(0.3),
    );
    fields.prop_map(move |(name, description, groups, tags, comment, references, non_mappable)| Capability {
        id: id.clone(),
        name,
        description,
        groups: groups.into_iter().collect(),
        tags,
        comment,
        references: references.into_iter().collect::<BTreeSet<_>>().into_iter().collect(),
        non_mappable,
        ..Capability::default()
    })
}

fn mapping(capabilities: usize) -> impl Strategy<Value = Mapping> {
    let category = prop::option::of(prop::sample::select(&Category::ALL[..]));
    let level = prop::option::of(prop::sample::select(&Level::ALL[..]));
    let kind = prop_oneof![
        Just(String::new()),
        prop::sample::select(&["technique_scores", "related-to", "what it does", "x: y"][..])
            .prop_map(str::to_owned)
    ];
    let fields = (
        (0..capabilities, technique(), text(), kind),
        (category, level, text(), prop::collection::vec(reference(), 0..3), prop::option::of(technique())),
    );
    fields.prop_map(
        |(
            (capability, technique, technique_name, mapping_type),
            (category, level, comment, references, related_score),
        )| {
            let references = references.into_iter().map(|text| Reference { text, span: Span::default() });
            Mapping {
                capability,
                group: None,
                technique,
                technique_name,
                mapping_type,
                category,
                level,
                numeric: None,
                comment,
                references: references.collect(),
                related_score,
                moved_from: Vec::new(),
                id_span: Span::default(),
                name_span: Span::default(),
                level_span: Span::default(),
                related_span: Span::default(),
            }
        },
    )
}

fn non_mappable() -> impl Strategy<Value = NonMappableTechnique> {
    (technique(), text(), text()).prop_map(|(technique, name, comment)| NonMappableTechnique {
        technique,
        name,
        comment,
        id_span: Span::default(),
        name_span: Span::default(),
    })
}

fn mapping_types() -> impl Strategy<Value = BTreeMap<String, MappingType>> {
    let defined = prop::collection::btree_map(
        prop::sample::select(&["technique_scores", "related_to", "x: y", "unused"][..])
            .prop_map(str::to_owned),
        (prop::sample::select(&["technique_scores", "related-to", "own"][..]), text()),
        0..3,
    );
    defined.prop_map(|types| {
        let mut names = BTreeSet::new();
        let kinds = types.into_iter().map(|(id, (name, description))| {
            (id, MappingType { name: name.to_owned(), description, ..MappingType::default() })
        });
        // Two types of one name are one to whoever names it.
        kinds.filter(|(_, kind)| names.insert(kind.name.clone())).collect()
    })
}

fn set() -> impl Strategy<Value = MappingSet> {
    let ids = |most| prop::collection::btree_set(prop_oneof!["[a-z_.&/() -]{1,8}", filled()], 1..most);
    let ids = move |most| {
        ids(most).prop_map(|ids: BTreeSet<String>| {
            // What is replaced in an id might make it another's.
            let is_shown = |c: &char| !c.is_control() && *c != '\u{ffff}';
            let clean = |id: String| id.chars().filter(is_shown).collect::<String>().trim().to_owned();
            let trimmed: BTreeSet<String> = ids.into_iter().map(clean).collect();
            let mut kept: Vec<String> = trimmed.into_iter().filter(|id| !id.is_empty()).collect();
            if kept.is_empty() {
                kept.push("one".to_owned());
            }
            kept
        })
    };
    let groups = ids(4).prop_flat_map(|ids| {
        let count = ids.len();
        prop::collection::vec(filled(), count).prop_map(move |names| {
            let groups = ids.iter().zip(names).map(|(id, name)| Group { id: id.clone(), name, span: None });
            groups.collect::<Vec<Group>>()
        })
    });
    let capabilities = (groups, ids(5)).prop_flat_map(|(groups, ids)| {
        let count = groups.len();
        let all: Vec<_> = ids.into_iter().map(|id| capability(id, count)).collect();
        (Just(groups), all)
    });
    let head = ("[a-z0-9_]{1,8}", text(), prop::sample::select(&Domain::ALL[..]), (8_u16..20, 0_u16..12));
    (head, publication(), mapping_types(), capabilities).prop_flat_map(
        |(head, publication, types, (groups, capabilities))| {
            let mappings = prop::collection::vec(mapping(capabilities.len()), 1..6);
            (mappings, prop::collection::vec(non_mappable(), 0..3)).prop_map(
                move |(mappings, non_mappable)| {
                    let (id, version, domain, (major, minor)) = head.clone();
                    let framework = Framework::new(id, version);
                    let origin = Origin::Path("made".to_owned());
                    let mut set = MappingSet::new(framework, domain, Version { major, minor }, origin);
                    set.publication = publication.clone();
                    set.groups.clone_from(&groups);
                    set.mapping_types.clone_from(&types);
                    set.capabilities.clone_from(&capabilities);
                    set.mappings = mappings;
                    set.non_mappable = non_mappable;
                    set
                },
            )
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, rng_seed: RngSeed::Fixed(19), ..ProptestConfig::default() })]

    #[test]
    fn any_set_comes_back_as_its_form_holds_it(set in set()) {
        comes_back(&set);
    }
}

#[test]
fn published_mappings_come_back_in_every_form() {
    let Some(corpus) = corpus() else { return };
    let mut files = 0;
    for folder in ["mappings-explorer", "mappings-explorer-exports"] {
        for path in listing(&corpus.join(folder)) {
            let reading = read::from_path(&path).expect("it can be read");
            assert_eq!(reading.sets.len(), 1, "{}", path.display());
            comes_back(&reading.sets[0]);
            files += 1;
        }
    }
    covered(files);
}

#[test]
fn the_downloads_of_one_mapping_are_one_mapping() {
    let Some(corpus) = corpus() else { return };
    let stems = ["aws-12.12.2024_attack-16.1-enterprise", "veris-1.4.0_attack-16.1-ics"];
    let mut files = 0;
    for stem in stems {
        let json =
            read::from_path(&corpus.join(format!("mappings-explorer/{stem}.json"))).expect("it can be read");
        let wanted = everything(&json.sets[0]);
        for path in listing(&corpus.join("mappings-explorer-exports")) {
            if path.file_stem().is_none_or(|name| name != stem) {
                continue;
            }
            let mut said = everything(&read::from_path(&path).expect("it can be read").sets[0]);
            // Tables have no column for these two, and call types by their names.
            said.publication.contact.clone_from(&wanted.publication.contact);
            if stem.starts_with("veris") {
                said.types.clone_from(&wanted.types);
            }
            assert_eq!(said, wanted, "{}", path.display());
            files += 1;
        }
    }
    assert_eq!(files, 5);
    covered(files);
}
