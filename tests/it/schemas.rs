//! The schemas hold for what is published, for what we write, and against what is wrong.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Workspace, corpus, covered, listing, mapping, plain_row, row, with};

fn validator(what: &str) -> jsonschema::Validator {
    let schema = Workspace::new().run(&["schema", what]).ok().stdout;
    let schema = serde_json::from_str(&schema).expect("a schema is JSON");
    jsonschema::validator_for(&schema).expect("the schema is sound")
}

#[track_caller]
fn is_valid(validator: &jsonschema::Validator, value: &Value, name: &str) {
    let errors: Vec<String> = validator
        .iter_errors(value)
        .take(5)
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
}

fn json_file(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("the file can be read")).expect("it is JSON")
}

#[test]
fn what_convert_writes_is_what_the_schema_says() {
    let mapping_schema = validator("mapping");
    let space = Workspace::new();
    let lawn =
        with(with(row("lawn", "", "", ""), "status", json!("non_mappable")), "attack_object_id", Value::Null);
    let rows = [row("lock", "T1110.001", "protect", "partial"), plain_row("eye", "T1046"), lawn];
    space.mapping("map.json", &mapping(&rows));
    is_valid(&mapping_schema, &space.json("map.json"), "the test's own");
    for source in ["map.json", "controls"] {
        if source == "controls" {
            space.write("controls/lock.yaml", include_str!("reading/controls/lock.yaml"));
            space.write("controls/lawn.yaml", include_str!("reading/controls/lawn.yaml"));
        }
        space.run(&["convert", source, "-o", "out.json", "--force", "-q"]).ok();
        is_valid(&mapping_schema, &space.json("out.json"), source);
        space.run(&["convert", source, "-o", "out.yaml", "--force", "-q"]).ok();
        let yaml: Value = serde_saphyr::from_str(&space.read("out.yaml")).expect("it is YAML");
        is_valid(&mapping_schema, &yaml, source);
    }
    space.run(&["convert", "-o", "aws.json"]).ok();
    is_valid(&mapping_schema, &space.json("aws.json"), "the built-in mapping");
}

#[test]
fn the_schema_of_mappings_can_say_no() {
    let schema = validator("mapping");
    let good = mapping(&[row("lock", "T1110", "protect", "partial")]);
    is_valid(&schema, &good, "a good one");
    for (pointer, value) in [
        ("/metadata/attack_version", json!("sixteen")),
        ("/metadata/attack_version", Value::Null),
        ("/metadata/technology_domain", json!("cloud")),
        ("/metadata/capability_groups", json!([])),
        ("/mapping_objects", json!([])),
        ("/mapping_objects/0/score_category", json!("prevent")),
        ("/mapping_objects/0/score_value", json!("Mninimal")),
        ("/mapping_objects/0/attack_object_id", json!("TA0001")),
        ("/mapping_objects/0/references", json!("https://a.example")),
        ("/mapping_objects/0/status", json!("done")),
        ("/mapping_objects/0/comments", json!(5)),
        ("/mapping_objects/0/comment", json!("misspelt")),
    ] {
        let mut bad = good.clone();
        match bad.pointer_mut(pointer) {
            Some(held) => *held = value,
            None => bad["mapping_objects"][0]["comment"] = value,
        }
        assert!(!schema.is_valid(&bad), "{pointer}");
    }
}

#[test]
fn the_schema_of_mappings_and_the_reader_know_the_same_fields() {
    let schema = Workspace::new().run(&["schema", "mapping"]).ok().stdout;
    let schema: Value = serde_json::from_str(&schema).expect("a schema is JSON");
    let space = Workspace::new();
    let good = mapping(&[row("lock", "T1110", "protect", "partial")]);
    for (definition, pointer) in [("Metadata", "/metadata"), ("Row", "/mapping_objects/0")] {
        let fields = schema["$defs"][definition]["properties"].as_object().expect("it has fields");
        for field in fields.keys() {
            let mut file = good.clone();
            let held = file.pointer_mut(pointer).expect("it is there").as_object_mut().expect("an object");
            held.entry(field.clone()).or_insert(Value::Null);
            space.mapping("map.json", &file);
            let codes = space.run(&["layer", "map.json", "-v", "-o", "out.json", "--force"]).ok().codes();
            assert!(!codes.contains(&"NL0111".to_owned()), "{definition} {field} is not known to the reader");
        }
        let mut file = good.clone();
        file.pointer_mut(pointer).expect("it is there")["surely_unknown"] = json!("x");
        space.mapping("map.json", &file);
        space.run(&["layer", "map.json"]).ok().finding("NL0111");
    }
}

#[test]
fn published_mappings_are_what_the_schema_says() {
    let Some(corpus) = corpus() else { return };
    let schema = validator("mapping");
    let mut files = 0;
    for path in listing(&corpus.join("mappings-explorer")) {
        is_valid(&schema, &json_file(&path), &path.to_string_lossy());
        files += 1;
    }
    for path in listing(&corpus.join("mappings-explorer-exports")) {
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let text = fs::read_to_string(&path).expect("the file can be read");
            let value: Value = serde_saphyr::from_str(&text).expect("it is YAML");
            is_valid(&schema, &value, &path.to_string_lossy());
            files += 1;
        }
    }
    assert!(files >= 13, "{files}");
    covered(files);
}

#[test]
fn layers_of_every_format_are_what_the_schema_says_and_become_layers_of_ours() {
    let (any, ours) = (validator("any-layer"), validator("layer"));
    let space = Workspace::new();
    for arguments in [&[][..], &["--per", "category", "--bundle"][..], &["--color-by", "category"][..]] {
        let written = space.run(&[&["layer"][..], arguments].concat()).ok().stdout;
        let value: Value = serde_json::from_str(&written).expect("it is JSON");
        is_valid(&any, &value, &format!("{arguments:?}"));
    }
    for bad in [json!({"domain": "x"}), json!([]), json!({"domain": "x", "techniques": [{"score": "5"}]})] {
        assert!(!any.is_valid(&bad), "{bad}");
    }
    let Some(corpus) = corpus() else { return };
    let files = listing(&corpus.join("navigator-layers"));
    for path in &files {
        let name = path.to_string_lossy();
        is_valid(&any, &json_file(path), &name);
        let run = space.run(&["layer", &name, "-q"]).ok();
        is_valid(&ours, &serde_json::from_str(&run.stdout).expect("it is JSON"), &name);
    }
    covered(files.len());
}
