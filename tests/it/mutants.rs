//! Files with anything wrong in them anywhere: reading never panics, and what it says points into the file.

use std::io::Write as _;

use navlayer::attack::Catalog;
use navlayer::mapping::check;
use navlayer::mapping::read::{Columns, Options, Reader, Reading};
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::json;

use crate::support::{mapping, plain_row, row};

/// A small file of each form that is text.
fn seeds() -> Vec<String> {
    let rows =
        [row("lock", "T1110", "protect", "partial"), plain_row("eye", "T1562.008"), row("", "", "", "")];
    let unified = mapping(&rows);
    let layer = json!({
        "name": "a", "versions": {"attack": "16", "navigator": "5.1.0", "layer": "4.5"},
        "domain": "enterprise-attack", "gradient": {"colors": ["#ffffff", "#ff0000"], "minValue": 0, "maxValue": 10},
        "techniques": [
            {"techniqueID": "T1110", "tactic": "credential-access", "score": 3, "color": "#e60d0d", "comment": "x",
             "enabled": true, "metadata": [{"name": "a", "value": "b"}, {"divider": true}],
             "links": [{"label": "l", "url": "https://a.example"}]},
            {"techniqueID": "T1562", "score": 0}
        ]
    });
    let prowler = json!({"Framework": "MITRE-ATTACK", "Version": "", "Provider": "AWS", "Requirements": [
        {"Id": "T1110", "Name": "n", "SubTechniques": ["T1110.001 - Password Guessing"], "Checks": [],
         "Attributes": [{"AWSService": "IAM", "Category": "Protect", "Value": "Partial", "Comment": "c"}]}]});
    vec![
        unified.to_string(),
        serde_json::to_string_pretty(&unified).expect("a value is JSON"),
        layer.to_string(),
        json!([layer, layer]).to_string(),
        prowler.to_string(),
        include_str!("reading/controls/lock.yaml").to_owned(),
        "metadata:\n  attack_version: 16.1\n  mapping_framework: x\n  technology_domain: enterprise\n\
         mapping_objects:\n- {attack_object_id: T1110, capability_id: a, score_category: protect, score_value: partial}\n\
         - &a\n  capability_id: b\n  references: ['x', \"y\"]\n- *a\n"
            .to_owned(),
        ",mapping_framework,mapping_framework_version,capability_group,capability_id,capability_description,mapping_type,\
         attack_object_id,attack_object_name,attack_version,technology_domain,score_category,score_value,related_score,\
         references,comments,organization,creation_date,last_update\r\n0,aws,1,g,c,d,technique_scores,T1110,Brute Force,\
         16.1,enterprise,protect,partial,,\"['https://a.example', \"\"b'c\"\"]\",\"a\r\nb\",o,01/01/2024,01/01/2024\r\n"
            .to_owned(),
        "ID;Service;Category;Level\nT1110;IAM;protect;high\n\"T1562.008\";\"a;b\";detect;low\n".to_owned(),
    ]
}

/// What may be put into a file anywhere.
const PIECES: [&str; 26] = [
    "",
    "\"",
    "'",
    "{",
    "}",
    "[",
    "]",
    ",",
    ";",
    ":",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "\\",
    "\\ud800",
    "null",
    "-1",
    "1e999",
    "true",
    "&a *a",
    "- ",
    "\u{202e}",
    "é😀",
    "T9999.999",
    "---\n",
];

/// Reads and checks; what is found must stand in the file.
fn read(reading: &Reading) {
    for finding in &reading.findings {
        assert!(!finding.message.is_empty());
        if let Some(place) = &finding.place {
            assert!(place.line == 0 || place.column > 0, "{finding:?}");
            assert!(place.excerpt.text.get(place.excerpt.mark.clone()).is_some(), "{finding:?}");
        }
    }
    for set in &reading.sets {
        if let Ok(catalog) = Catalog::embedded(set.domain, set.attack_version) {
            let _ = check::check(set, &catalog);
        }
    }
}

fn reader() -> Reader {
    let columns = Columns {
        technique: "ID".to_owned(),
        capability: Some("Service".to_owned()),
        category: Some("Category".to_owned()),
        level: Some("Level".to_owned()),
        ..Columns::default()
    };
    Reader::new(Options { columns: Some(columns), ..Options::default() })
}

proptest! {
    #![proptest_config(Config { cases: 1_500, ..Config::default() })]

    #[test]
    fn a_file_with_anything_anywhere_is_read_or_found_fault_with(
        seed in 0_usize..9,
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 0_usize..6, 0_usize..PIECES.len()), 1..5),
    ) {
        let mut characters: Vec<char> = seeds()[seed].chars().collect();
        for (at, removed, piece) in edits {
            let at = at.index(characters.len() + 1);
            let end = (at + removed).min(characters.len());
            characters.splice(at..end, PIECES[piece].chars());
        }
        let text: String = characters.into_iter().collect();
        let reader = reader();
        let reading = reader.text("mutant", &text);
        read(&reading);
    }

    #[test]
    fn bytes_with_anything_anywhere_are_read_or_found_fault_with(
        seed in 0_usize..9,
        form in 0_usize..4,
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let text = &seeds()[seed];
        let mut bytes: Vec<u8> = match form {
            0 => text.clone().into_bytes(),
            1 => [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect(),
            2 => [0xfe, 0xff].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect(),
            _ => {
                let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                packed.write_all(text.as_bytes()).expect("memory takes it");
                packed.finish().expect("memory takes it")
            }
        };
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let reader = reader();
        let reading = reader.stream("mutant", bytes.as_slice()).expect("it is small");
        read(&reading);
    }
}
