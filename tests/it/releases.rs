//! ATT&CK releases of the user's own: importing, finding them by version, and what goes wrong with them.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Workspace, mapping, place, row, without};

const DATA: [&str; 2] = ["--data-dir", "data"];

/// A technique of a bundle, in Initial Access.
fn technique(id: &str, name: &str) -> Value {
    json!({
        "type": "attack-pattern", "id": format!("attack-pattern--{id}"), "name": name,
        "x_mitre_platforms": ["Linux"],
        "kill_chain_phases": [{"kill_chain_name": "mitre-attack", "phase_name": "initial-access"}],
        "external_references": [{"source_name": "mitre-attack", "external_id": id}]
    })
}

fn revoked(id: &str, name: &str) -> Value {
    let mut one = technique(id, name);
    one["revoked"] = json!(true);
    one
}

fn revoked_by(id: &str, by: &str) -> Value {
    json!({
        "type": "relationship", "id": format!("relationship--{id}-{by}"), "relationship_type": "revoked-by",
        "source_ref": format!("attack-pattern--{id}"), "target_ref": format!("attack-pattern--{by}")
    })
}

/// A bundle of a domain with these objects beside its matrix, which has one tactic.
fn bundle(domain: &str, objects: Vec<Value>) -> String {
    let mut all = vec![
        json!({"type": "x-mitre-matrix", "id": "x-mitre-matrix--1", "tactic_refs": ["x-mitre-tactic--1"],
               "external_references": [{"source_name": "mitre-attack", "external_id": domain}]}),
        json!({"type": "x-mitre-tactic", "id": "x-mitre-tactic--1", "name": "First Steps",
               "x_mitre_shortname": "initial-access",
               "external_references": [{"source_name": "mitre-attack", "external_id": "TA0001"}]}),
    ];
    all.extend(objects);
    serde_json::to_string_pretty(&json!({"type": "bundle", "objects": all})).expect("a value is JSON")
}

/// ATT&CK 20.0: T2001 took over from T1078, T1190 has another name, and its tactic too.
fn twenty() -> String {
    let objects = vec![
        technique("T2001", "Borrowed Accounts"),
        technique("T1190", "Exploit What Faces The World"),
        technique("T1566", "Phishing"),
        revoked("T1078", "Valid Accounts"),
        revoked_by("T1078", "T2001"),
    ];
    bundle("enterprise-attack", objects)
}

/// A folder with 20.0 imported, a mapping and a layer on 16.1.
fn space() -> Workspace {
    let space = Workspace::new();
    space.write("enterprise-attack-20.0.json", twenty());
    let import = ["catalog", "import", "enterprise-attack-20.0.json", DATA[0], DATA[1]];
    let run = space.run(&import).ok();
    assert!(run.stdout.contains("enterprise-attack: 1 version (20.0)"), "{}", run.stdout);
    sources(&space);
    space
}

fn sources(space: &Workspace) {
    let rows = [
        row("lock", "T1078", "protect", "partial"),
        row("lock", "T1190", "protect", "minimal"),
        row("eye", "T1562.008", "detect", "significant"),
    ];
    space.mapping("mapping.json", &mapping(&rows));
    space.mapping(
        "layer.json",
        &layer("16", &json!([{"techniqueID": "T1078", "tactic": "initial-access", "score": 7}])),
    );
}

fn layer(version: &str, techniques: &Value) -> Value {
    json!({"name": "Purple Team", "domain": "enterprise-attack", "techniques": techniques,
           "versions": {"attack": version, "navigator": "5.1.0", "layer": "4.5"}})
}

/// The arguments, with the data folder.
fn with_data<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [arguments, &DATA].concat()
}

#[test]
fn an_imported_release_is_found_by_its_version_everywhere() {
    let space = space();
    for version in ["20.0", "20", "latest"] {
        let run = space.run(&with_data(&["layer", "mapping.json", "--attack-version", version])).ok();
        let layer = run.layer();
        assert_eq!(layer.ids(), ["T1190", "T2001"], "{version}");
        assert_eq!((layer.score("T2001"), layer.0["versions"]["attack"].as_str()), (Some(50), Some("20")));
        let run = space.run(&with_data(&["upgrade", "layer.json", "--to", version])).ok();
        let upgraded: Value = serde_json::from_str(&run.stdout).expect("it is JSON");
        assert_eq!(upgraded["techniques"][0]["techniqueID"], "T2001", "{version}");
        assert_eq!(upgraded["versions"]["attack"], "20");
        let shown = space.run(&with_data(&[
            "catalog",
            "show",
            "T1078",
            "T1190",
            "--attack-version",
            version,
            "--domain",
            "enterprise",
        ]));
        for part in ["revoked, replaced by T2001", "Exploit What Faces The World"] {
            assert!(shown.stdout.contains(part), "{version}: {}", shown.stdout);
        }
    }
    let run =
        space.run(&with_data(&["query", "techniques", "mapping.json", "--attack-version", "latest"])).ok();
    assert!(run.stdout.contains("Borrowed Accounts"), "{}", run.stdout);
    let list = space.run(&with_data(&["catalog", "list", "--format", "json"])).ok().stdout;
    let list: Value = serde_json::from_str(&list).expect("it is JSON");
    assert_eq!(
        (&list[0]["source"], &list[1]["source"]),
        (&json!("embedded and imported"), &json!("embedded"))
    );
    let versions = list[0]["versions"].as_array().expect("a list");
    let of = |version: &str| versions.iter().find(|one| one["version"] == version).expect("it is listed");
    assert_eq!((&of("20.0")["source"], &of("19.0")["source"]), (&json!("imported"), &json!("embedded")));
    assert_eq!((&of("20.0")["techniques"], &of("20.0")["retired"]), (&json!(3), &json!(1)));
    let table = space.run(&with_data(&["catalog", "list"])).ok().stdout;
    assert!(table.lines().any(|line| line.contains("20.0") && line.ends_with("imported")), "{table}");
    // Without the folder nobody knows of it.
    let run = space.run(&["upgrade", "layer.json", "--to", "20.0"]).ends_with(2);
    assert_eq!(run.stdout, "");
    run.says(&[
        "Enterprise ATT&CK 20.0 is not known; known are 8.2, 9.0, 10.0,",
        "18.1 and 19.0",
        "catalog import",
    ]);
}

#[test]
fn the_environment_names_the_folder_too() {
    let space = space();
    // The driver lets NAVLAYER_DATA point to this folder of the run's own.
    space.write("home/layer.json", space.bytes("layer.json"));
    for (name, bytes) in space.tree("data") {
        space.write(&format!("home/no-such-data/{name}"), bytes);
    }
    let run = space.run_in("home", &["upgrade", "layer.json", "--to", "latest"]).ok();
    assert!(run.stdout.contains("T2001"), "{}", run.stdout);
    // What is named goes first.
    let run =
        space.run_in("home", &["upgrade", "layer.json", "--to", "latest", "--data-dir", "../data"]).ok();
    assert!(run.stdout.contains("T2001"), "{}", run.stdout);
    space
        .run(&["upgrade", "layer.json", "--to", "latest", "--data-dir", "no/such"])
        .ends_with(2)
        .says(&["there is no folder no/such", "catalog import"]);
}

#[test]
fn imports_stand_beside_each_other_whatever_their_order() {
    let space = space();
    let later = bundle(
        "enterprise-attack",
        vec![technique("T2001", "Borrowed Accounts"), technique("T2002", "Next")],
    );
    space.write("enterprise-attack-21.0.json", later);
    space.write("mobile-attack-20.0.json", bundle("mobile-attack", vec![technique("T1400", "Phone")]));
    let names = ["enterprise-attack-20.0.json", "enterprise-attack-21.0.json", "mobile-attack-20.0.json"];
    for name in &names[1..] {
        space.run(&with_data(&["catalog", "import", name])).ok();
    }
    let run = space.run(&with_data(&["catalog", "show", "T2001", "--attack-version", "20.0"])).ok();
    assert!(run.stdout.contains("ATT&CK 20.0"), "the first is still known: {}", run.stdout);
    let run = space.run(&with_data(&["upgrade", "layer.json", "--to", "latest"])).ok();
    assert!(run.stdout.contains("\"attack\": \"21\""), "{}", run.stdout);
    let wanted = space.tree("data");
    assert_eq!(space.names("data/attack").len(), 6, "{:?}", space.names("data/attack"));
    for (place, order) in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]].into_iter().enumerate() {
        let (one_by_one, together) = (format!("one-{place}"), format!("all-{place}"));
        let mut all = vec!["catalog", "import"];
        for at in order {
            space.run(&["catalog", "import", names[at], "--data-dir", &one_by_one]).ok();
            all.push(names[at]);
        }
        all.extend(["--data-dir", &together]);
        space.run(&all).ok();
        assert!(space.tree(&one_by_one) == wanted, "{order:?}");
        assert!(space.tree(&together) == wanted, "{order:?}");
    }
}

#[test]
fn importing_a_version_again_replaces_it() {
    let space = space();
    let other = bundle(
        "enterprise-attack",
        vec![technique("T2003", "Second Thoughts"), technique("T1078", "Valid Accounts")],
    );
    space.write("enterprise-attack-20.0.json", other);
    space.run(&with_data(&["catalog", "import", "enterprise-attack-20.0.json"])).ok();
    let run = space.run(&with_data(&["catalog", "show", "T1078", "T2003", "--domain", "enterprise"])).ok();
    assert!(run.stdout.contains("Second Thoughts") && !run.stdout.contains("T2001"), "{}", run.stdout);
    space.run(&with_data(&["catalog", "show", "T2001", "--domain", "enterprise"])).ends_with(1);
    space.run(&["catalog", "import", "enterprise-attack-20.0.json", "--data-dir", "fresh"]).ok();
    assert!(space.tree("fresh") == space.tree("data"), "nothing of the first is left");
    // The same holds of a version that is built in.
    space.write("enterprise-attack-19.0.json", twenty());
    let run = space.run(&with_data(&["catalog", "import", "enterprise-attack-19.0.json"])).ok();
    assert!(
        run.stdout.contains("19.0 is built in, too; from now on the imported facts count"),
        "{}",
        run.stdout
    );
    let run = space.run(&with_data(&["catalog", "show", "T2001", "--attack-version", "19.0"])).ok();
    assert!(run.stdout.contains("Borrowed Accounts"), "{}", run.stdout);
}

#[test]
fn a_broken_table_is_an_error_and_never_a_panic() {
    let space = space();
    let table = space.read("data/attack/enterprise-attack.tsv");
    let lines: Vec<&str> = table.lines().collect();
    let rows = lines.iter().filter(|line| !line.starts_with('#')).count();
    assert_eq!(rows, 4, "{table}");
    let broken = [
        String::new(),
        "id,name\n".to_owned(),
        table.replace("# domain: enterprise-attack", "# domain: atlantis"),
        table.replace("# domain: enterprise-attack", "# domain: mobile-attack"),
        table.replace("# versions: 20.0", "# versions: twenty"),
        table.replace("# versions: 20.0", "# versions: 20.0 19.0"),
        table.replace("# versions: 20.0", "# versions: 20.0 20.0"),
        table.replace("# versions: 20.0", "# versions:"),
        table.replace("format 1", "format 99"),
        table.replace("T2001", "T20x1"),
        table.replace("\t20.0\t", "\t33.0\t"),
        table.replace("\tactive", "\talive"),
        table.replace("\tactive", ""),
        table.replace('\t', " "),
        format!("{table}{}\n", "x\t".repeat(40)),
        "\u{0}".repeat(10),
    ];
    let mut panics = Vec::new();
    for (place, content) in broken.iter().enumerate() {
        assert_ne!(*content, table, "{place} is broken");
        space.write("data/attack/enterprise-attack.tsv", content);
        for command in
            [&["catalog", "list"][..], &["layer", "mapping.json"], &["upgrade", "layer.json", "--to", "19.0"]]
        {
            let run = space.run(&with_data(command));
            if run.code != 2
                || !run.stdout.is_empty()
                || !run.stderr.contains("enterprise-attack.tsv is not a fact table")
            {
                panics.push(format!("{place} {command:?}: {} {}", run.code, run.stderr));
            }
        }
        let run = space.run(&with_data(&["catalog", "import", "enterprise-attack-20.0.json"]));
        if run.code != 2 || space.read("data/attack/enterprise-attack.tsv") != *content {
            panics.push(format!("{place} import: {} {} {}", run.code, run.stdout, run.stderr));
        }
    }
    assert!(panics.is_empty(), "{}", panics.join("\n"));
    space.run(&with_data(&["catalog", "import", "enterprise-attack-20.0.json", "--force"])).ok();
    assert_eq!(space.read("data/attack/enterprise-attack.tsv"), table);
    // More tactics or platforms than a catalog can tell apart.
    let tactics = space.read("data/attack/enterprise-attack.tactics.tsv");
    let many: Vec<String> =
        (0..40).map(|at| format!("TA1{at:03}\t20.0\ttactic-{at}\tTactic {at}\t{}", at + 2)).collect();
    let platforms: Vec<String> = (0..80).map(|at| format!("Platform {at}")).collect();
    for (file, content, good) in [
        ("data/attack/enterprise-attack.tactics.tsv", format!("{tactics}{}\n", many.join("\n")), &tactics),
        ("data/attack/enterprise-attack.tsv", table.replace("Linux", &platforms.join("|")), &table),
    ] {
        space.write(file, &content);
        let run = space.run(&with_data(&["catalog", "show", "T2001", "--attack-version", "20.0"])).ok();
        assert!(run.stdout.contains("Borrowed Accounts"), "what is too much is left out: {}", run.stdout);
        space.write(file, good);
    }
    // A file of the folder is missing.
    for name in space.names("data/attack").iter().filter(|name| name.starts_with("enterprise-attack")) {
        let copy = Workspace::new();
        for (other, bytes) in space.tree("data").iter().filter(|(other, _)| !other.ends_with(name.as_str())) {
            copy.write(&format!("data/{other}"), bytes);
        }
        let run = copy.run(&with_data(&["catalog", "list"]));
        assert!(run.code == 2 || name == "enterprise-attack.tsv", "{name}: {}", run.stderr);
        assert!(!run.stderr.contains("panicked"), "{name}: {}", run.stderr);
    }
}

/// A run that must give nothing but what it says.
#[track_caller]
fn fails(space: &Workspace, arguments: &[&str], code: i32, says: &[&str]) {
    let before = space.names("");
    let run = space.run(arguments).ends_with(code);
    assert_eq!(run.stdout, "");
    assert_eq!(space.names(""), before, "nothing is written");
    run.says(says);
}

#[test]
fn a_layer_that_does_not_say_where_it_is_stops_the_upgrade() {
    let space = Workspace::new();
    let techniques = json!([{"techniqueID": "T1078"}]);
    let mut one = layer("16", &techniques);
    one["versions"] = json!({"layer": "4.5", "navigator": "5.1.0"});
    space.mapping("in.json", &one);
    let upgrade = |to: &'static str| ["upgrade", "in.json", "--to", to, "-o", "out.json"];
    let says = ["the layer `Purple Team` states no ATT&CK version", "in.json:1:1", "--from 16.1"];
    fails(&space, &upgrade("19.0"), 1, &says);
    let mut odd = one.clone();
    odd["versions"]["attack"] = json!("sixteen");
    let text = space.mapping("odd.json", &odd);
    let says =
        ["`sixteen` is not an ATT&CK version", &place("odd.json", &text, "\"sixteen\"", 0), "--from 16.1"];
    fails(&space, &["upgrade", "odd.json", "--to", "19.0", "-o", "out.json"], 1, &says);
    space
        .run(&["query", "gaps", "odd.json"])
        .ends_with(1)
        .says(&["`sixteen` is not an ATT&CK version; 19.0 is assumed"]);
    space.run(&["upgrade", "in.json", "--to", "19.0", "--from", "16.1", "-o", "from.json"]).ok();
    assert_eq!(space.json("from.json")["versions"]["attack"], "19");

    let mut one = layer("16", &techniques);
    one["domain"] = json!("acme-attack");
    space.mapping("in.json", &one);
    fails(&space, &upgrade("19.0"), 1, &["`acme-attack` is not an ATT&CK domain"]);
    one["domain"] = json!("ics-attack");
    one["versions"]["attack"] = json!("16");
    space.mapping("ics.json", &one);
    // Layers of two domains, of which one has no such version.
    let says =
        ["ics.json: ICS ATT&CK 19.0 is not known", "--to latest takes layers of each domain to its newest"];
    fails(&space, &["upgrade", "ics.json", "--to", "19.0", "-o", "out.json"], 2, &says);
    let zipped = ["upgrade", "ics.json", "--to", "18.1", "-o", "out.json.gz"];
    space.run(&zipped).ends_with(2).says(&["out.json.gz", "does not write it"]);
    assert!(!space.has("out.json.gz"));
    space.mapping("in.json", &without(one, &["domain"]));
    let says = ["the layer `Purple Team` states no ATT&CK domain", "write \"domain\": \"enterprise-attack\""];
    fails(&space, &upgrade("19.0"), 1, &says);

    let text = space.mapping("in.json", &layer("5", &techniques));
    let at = place("in.json", &text, "\"5\"", 0);
    let known = "Enterprise ATT&CK 5.0 is not known; known are 8.2, 9.0, 10.0, 10.1,";
    fails(&space, &upgrade("19.0"), 1, &[known, &at, "catalog import"]);

    // Of several layers in a file, one at fault stops all.
    space.mapping("in.json", &json!([layer("16", &techniques), layer("5", &techniques)]));
    fails(&space, &upgrade("19.0"), 1, &[known]);
    space.mapping("in.json", &layer("16", &techniques));
    fails(&space, &upgrade("99"), 2, &["known are 8.2", "catalog import", "--attack-data"]);
    fails(&space, &["upgrade", "in.json"], 2, &["--to <VERSION>"]);
    fails(&space, &["upgrade", "in.json", "--to", "soon"], 2, &["soon"]);
    fails(&space, &["upgrade", "in.json", "--to", "19.0", "--format-only"], 2, &["cannot be used with"]);
    let both = ["upgrade", "in.json", "--to", "19.0", "--report", "-"];
    let says = ["the layer and the account cannot both go to standard output", "-o FILE"];
    fails(&space, &both, 2, &says);
    let both = ["upgrade", "in.json", "--to", "19.0", "-o", "out.json", "--report", "out.json"];
    fails(&space, &both, 2, &["the layer and the account cannot both go to one file", "--report FILE"]);
    let odd = ["upgrade", "in.json", "--to", "19.0", "-o", "out.json", "--report", "account.xyz"];
    fails(&space, &odd, 2, &["account.xyz does not tell the form of the account", ".txt, .json and .html"]);
    fails(&space, &["upgrade", "absent.json", "--to", "19.0"], 2, &["absent.json"]);
}

#[test]
fn a_mapping_on_a_version_that_is_not_known_is_not_carried() {
    let space = Workspace::new();
    sources(&space);
    let arguments = ["layer", "mapping.json", "-o", "out.json", "--attack-version", "99"];
    let says = ["Enterprise ATT&CK 99.0 is not known; known are 8.2", "catalog import"];
    fails(&space, &arguments, 2, &says);
    let mut old = mapping(&[row("lock", "T1078", "protect", "partial")]);
    old["metadata"]["attack_version"] = json!("7.2");
    space.mapping("mapping.json", &old);
    let arguments = ["layer", "mapping.json", "-o", "out.json", "--attack-version", "19.0"];
    fails(&space, &arguments, 1, &["7.2", "known are 8.2", "catalog import"]);
}

#[test]
fn a_bundle_that_does_not_fit_is_refused() {
    let space = Workspace::new();
    sources(&space);
    let (good, other) = ("enterprise-attack-20.0.json", "mobile-attack-20.0.json");
    space.write(other, bundle("mobile-attack", vec![technique("T1400", "Phone")]));
    let arguments = ["layer", "mapping.json", "-o", "out.json", "--attack-data", other];
    let says = "the bundle of --attack-data is of mobile-attack, and the mappings are on enterprise-attack";
    fails(&space, &arguments, 2, &[says]);
    let arguments = ["catalog", "show", "T1078", "--domain", "enterprise", "--attack-data", other];
    fails(&space, &arguments, 2, &["the bundle of --attack-data is of mobile-attack, not enterprise-attack"]);

    let whole = twenty();
    let cut = &whole[..whole.len() / 2];
    let (line, column) = (cut.lines().count(), cut.lines().last().expect("it has lines").len());
    space.write(good, cut);
    let says = format!("{good}:{line}:{column}: the JSON ends too early");
    fails(&space, &with_data(&["catalog", "import", good]), 2, &[&says, "help: "]);
    fails(&space, &["layer", "mapping.json", "-o", "out.json", "--attack-data", good], 2, &[&says]);
    let upgrade = ["upgrade", "layer.json", "--to", "20.0", "-o", "out.json", "--attack-data", good];
    fails(&space, &upgrade, 2, &[&says]);
    // A good bundle beside a bad one is not kept.
    fails(&space, &with_data(&["catalog", "import", other, good]), 2, &[&says]);

    space.write(good, &whole);
    let run = space.run(&["upgrade", "layer.json", "--to", "20.0", "--attack-data", good]).ok();
    assert!(run.stdout.contains("T2001"), "a bundle for one run needs no import: {}", run.stdout);
}

#[test]
fn what_is_revoked_in_a_circle_is_told_at_import_and_dropped_with_the_reason() {
    let space = Workspace::new();
    let objects = vec![
        revoked("T1078", "Valid Accounts"),
        revoked("T2001", "Borrowed Accounts"),
        revoked("T1190", "Exploit Public-Facing Application"),
        technique("T2002", "Next"),
        revoked_by("T1078", "T2001"),
        revoked_by("T2001", "T1078"),
    ];
    space.write("enterprise-attack-20.0.json", bundle("enterprise-attack", objects));
    let run = space.run(&with_data(&["catalog", "import", "enterprise-attack-20.0.json"])).ok();
    let note = "note: enterprise-attack 20.0: revoked in a circle, and so without a successor: T1078, T2001";
    assert!(run.stdout.lines().any(|line| line == note), "{}", run.stdout);
    sources(&space);
    let circle =
        "T1078 has no place in ATT&CK 20.0: revoked in a circle by way of T2001, and so without a successor";
    let arguments = ["upgrade", "layer.json", "--to", "20.0", "-o", "out.json", "--report", "account.json"];
    let counts = "1 annotation = 0 kept + 0 renamed + 0 renumbered + 0 replaced + 0 merged + 1 dropped";
    space.run(&with_data(&arguments)).ok().says(&[circle, counts]);
    assert_eq!(space.json("out.json")["techniques"], json!([]));
    let account = space.read("account.json");
    assert!(account.contains("revoked in a circle by way of T2001, and so without a successor"), "{account}");
    let run = space.run(&with_data(&["layer", "mapping.json", "--attack-version", "20.0"])).ok();
    let findings = run.findings();
    let dropped: Vec<&str> =
        findings.iter().map(|one| one.message.as_str()).filter(|text| text.contains("no place")).collect();
    assert_eq!(
        dropped,
        [
            circle,
            "T1190 has no place in ATT&CK 20.0: revoked without a successor",
            "T1562.008 has no place in ATT&CK 20.0: replaced by T1685.002, which was last active in ATT&CK 19.0, and is not \
             listed any more",
        ]
    );
    assert_eq!(run.layer().scores(), [("T2002", None)], "what is new, and not assessed");
}

#[test]
fn the_list_says_where_imports_are() {
    let space = space();
    let data = Path::new("data").join("attack");
    let list = space.run(&with_data(&["catalog", "list"])).ok().stdout;
    let place = list.lines().last().expect("it has lines");
    assert_eq!(place, format!("imported: enterprise-attack 20.0 (in {})", data.display()));
    let json = space.run(&with_data(&["catalog", "list", "--format", "json"])).ok().stdout;
    let json: Value = serde_json::from_str(&json).expect("it is JSON");
    for domain in json.as_array().expect("a row for each domain") {
        assert_eq!(domain["folder"], data.display().to_string());
        let imported = domain["versions"].as_array().expect("they are listed").iter();
        let imported: Vec<&Value> =
            imported.filter(|one| one["source"] == "imported").map(|one| &one["version"]).collect();
        let wanted: &[&str] = if domain["domain"] == "enterprise-attack" { &["20.0"] } else { &[] };
        assert_eq!(imported, wanted);
    }
    let list = space.run(&["catalog", "list"]).ok().stdout;
    let place = list.lines().last().expect("it has lines");
    assert!(place.starts_with("imported: nothing (in ") && place.ends_with("attack)"), "{place}");
    // A bundle for one run has no folder.
    let bundle = ["catalog", "list", "--attack-data", "enterprise-attack-20.0.json"];
    assert!(!space.run(&bundle).ok().stdout.contains("imported"));
}

#[test]
fn what_was_imported_can_be_removed_and_nothing_else() {
    let space = space();
    space.write("data/attack/notes.txt", "mine");
    let before = space.tree("data");
    let other = bundle("enterprise-attack", vec![technique("T2002", "Next")]);
    space.write("enterprise-attack-21.0.json", &other);
    space.write("enterprise-attack-19.0.json", &other);
    space.write("mobile-attack-20.0.json", bundle("mobile-attack", vec![technique("T1400", "Phone")]));
    let names = ["enterprise-attack-21.0.json", "enterprise-attack-19.0.json", "mobile-attack-20.0.json"];
    let mut import = vec!["catalog", "import"];
    import.extend(names);
    space.run(&with_data(&import)).ok();
    let all = space.tree("data");

    // What cannot be removed keeps the rest from going.
    let refused: [(&[&str], &str); 3] = [
        (&["enterprise", "20", "18.1"], "enterprise-attack 18.1 is built in: only what was imported"),
        (&["enterprise", "22.0"], "enterprise-attack 22.0 was not imported"),
        (&["ics", "18.1"], "ics-attack 18.1 is built in: only what was imported"),
    ];
    for (what, says) in refused {
        let run = space.run(&with_data(&[&["catalog", "remove"], what].concat())).ends_with(2);
        let there = if what[0] == "ics" { "nothing of ics-attack is imported in" } else { "19.0-21.0" };
        run.says(&[says, "nothing was removed", there]);
    }
    space
        .run(&["catalog", "remove", "ics", "18.1", "--data-dir", "no/such"])
        .ends_with(2)
        .says(&["there is no folder no/such"]);
    assert!(space.tree("data") == all, "nothing is touched");

    let run = space.run(&with_data(&["catalog", "remove", "enterprise", "19.0", "21"])).ok();
    assert!(run.stdout.contains("removed: enterprise-attack 21.0 from "), "{}", run.stdout);
    assert!(
        run.stdout.contains("note: enterprise-attack 19.0 is built in; from now on the built-in facts count"),
        "{}",
        run.stdout
    );
    let run = space.run(&with_data(&["catalog", "remove", "mobile-attack", "20.0"])).ok();
    assert!(!run.stdout.contains("note"), "{}", run.stdout);
    assert!(space.tree("data") == before, "as if they had never been imported");
    let run = space.run(&with_data(&["catalog", "show", "T1078", "--attack-version", "19.0"])).ok();
    assert!(run.stdout.contains("Valid Accounts"), "{}", run.stdout);

    space.run(&with_data(&["catalog", "remove", "enterprise", "20.0"])).ok();
    assert_eq!(space.names("data"), ["attack/notes.txt"], "what is not ours stays");
    space.run(&with_data(&["catalog", "show", "T2001", "--attack-version", "20.0"])).ends_with(2);
    space.run(&with_data(&["catalog", "remove", "enterprise", "20.0"])).ends_with(2);
}

#[test]
fn an_id_that_only_an_imported_release_of_another_domain_knows_is_told_as_that() {
    let space = space();
    space.write("mobile-attack-20.0.json", bundle("mobile-attack", vec![technique("T4077", "Phone")]));
    let rows = [row("lock", "T4077", "protect", "partial"), row("lock", "T1078", "protect", "partial")];
    space.mapping("stray.json", &mapping(&rows));
    space.mapping("stray-layer.json", &layer("16", &json!([{"techniqueID": "T4077", "score": 1}])));
    let runs: [&[&str]; 4] = [
        &["validate", "stray.json"],
        &["layer", "stray.json", "--attack-version", "19.0"],
        &["upgrade", "stray-layer.json", "--to", "19.0"],
        &["catalog", "show", "T4077", "--domain", "enterprise"],
    ];
    let told = |more: &[&str]| -> Vec<String> {
        let run = |arguments: &&[&str]| {
            let run = space.run(&[arguments, more].concat());
            run.stdout + &run.stderr
        };
        runs.iter().map(run).collect()
    };
    for text in told(&[]) {
        assert!(!text.to_lowercase().contains("mobile"), "{text}");
    }
    space.run(&with_data(&["catalog", "import", "mobile-attack-20.0.json"])).ok();
    for text in told(&DATA) {
        assert!(text.contains("a Mobile technique") || text.contains("mobile-attack"), "{text}");
        assert!(!text.contains("never"), "{text}");
    }
}
