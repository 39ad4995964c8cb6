//! The templates as they are, and what is refused of the user's own.

use super::*;

#[test]
fn the_embedded_templates_are_sound() {
    Templates::new(None).unwrap();
    // The checks that are made only where a template is the user's own.
    with_override("logo.hbs", "{{> builtin/logo}}").unwrap();
}

#[test]
fn no_template_writes_what_is_not_escaped() {
    for (name, text) in
        FILES.iter().filter(|(name, _)| Path::new(name).extension().is_some_and(|end| end == "hbs"))
    {
        for banned in ["{{{", "{{&", "{{~{", "{{~&", " style=", " onclick=", "javascript:"] {
            assert!(!text.contains(banned), "{name} has {banned}");
        }
    }
}

#[test]
fn every_template_file_is_listed() {
    let mut on_disk: Vec<String> = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("templates")
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    on_disk.sort();
    assert_eq!(on_disk, FILES.iter().map(|(name, _)| *name).collect::<Vec<_>>());
}

fn with_override(name: &str, text: &str) -> Result<Templates, TemplateError> {
    let folder = tempfile::tempdir().unwrap();
    crate::output::write_file(&folder.path().join(name), text.as_bytes()).unwrap();
    Templates::new(Some(folder.path()))
}

#[test]
fn mistakes_in_an_override_are_named() {
    let error =
        |name, text| with_override(name, text).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(error("footer.hbs", "a\n{{#if x}}").contains("footer.hbs:2:"));
    assert!(error("foter.hbs", "x").contains("not the name of a template"));
    assert!(error("bar.hbs", "{{> fraction}}").is_empty());
    assert!(with_override("bar.hbs", "{{> matrix}}").is_ok());
    let deep = "{{#if a}}".repeat(10_000) + &"{{/if}}".repeat(10_000);
    assert!(error("bar.hbs", &deep).contains("nest deeper"));
    assert!(error("site.css", "</STYLE><script>").contains("would end"));
    let templates = with_override("fraction.hbs", "{{nonsense}}").unwrap();
    let failed = templates.render("fraction", &serde_json::json!({"n": 1})).unwrap_err().to_string();
    assert!(failed.ends_with("fraction.hbs:1:1: the page has no field `nonsense`"), "{failed}");
}

#[test]
fn numbers_are_grouped() {
    for (number, text) in [(0.0, "0"), (999.4, "999"), (20_300.0, "20,300"), (1_234_567.0, "1,234,567")] {
        assert_eq!(grouped(number), text);
    }
}
