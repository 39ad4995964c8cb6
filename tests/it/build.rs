//! The site that `navlayer build` writes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path};

use serde_json::{Value, json};

use crate::support::{Layer, Workspace, mapping, plain_row, row, with};

/// Two capabilities of a group, one of another, one that cannot be mapped.
fn example() -> Value {
    let grouped = |row: Value, group: &str| with(row, "capability_group", json!(group));
    let commented =
        with(row("camera", "T1078.004", "detect", "partial"), "comments", json!("Sees every\nlogin."));
    mapping(&[
        grouped(row("lock", "T1110", "protect", "partial"), "wall"),
        grouped(row("lock", "T1110.001", "protect", "significant"), "wall"),
        grouped(row("fence", "T1110", "protect", "minimal"), "wall"),
        with(grouped(commented, "watch"), "references", json!(["https://camera.example/logins"])),
        grouped(row("camera", "T1053.001", "respond", "minimal"), "watch"),
        with(
            with(row("lawn", "", "", ""), "mapping_type", json!("non_mappable")),
            "status",
            json!("non_mappable"),
        ),
    ])
}

/// A framework without levels, on any version of any domain.
fn counted(framework: &str, domain: &str, version: &str, technique: &str) -> Value {
    let declared = with(row("", "T1200", "", ""), "mapping_type", json!("non_mappable"));
    let mut set = mapping(&[plain_row("ac-1", technique), plain_row("ac-2", technique), declared]);
    if domain != "enterprise" {
        set["mapping_objects"].as_array_mut().expect("a list").pop();
    }
    set["metadata"]["mapping_framework"] = json!(framework);
    set["metadata"]["technology_domain"] = json!(domain);
    set["metadata"]["attack_version"] = json!(version);
    set
}

fn built(mapping: &Value, arguments: &[&str]) -> Workspace {
    let space = Workspace::new();
    space.mapping("map.json", mapping);
    let mut all = vec!["build", "map.json", "-o", "site"];
    all.extend(arguments);
    space.run(&all).ok();
    space
}

#[test]
fn a_site_has_pages_layers_a_summary_and_a_manifest() {
    let space = built(&example(), &[]);
    assert_eq!(
        space.names("site"),
        [
            "capabilities/camera.html",
            "capabilities/fence.html",
            "capabilities/lawn.html",
            "capabilities/lock.html",
            "index.html",
            "layers/acme.json",
            "layers/capabilities/camera.json",
            "layers/capabilities/fence.json",
            "layers/capabilities/lock.json",
            "layers/categories/detect.json",
            "layers/categories/protect.json",
            "layers/categories/respond.json",
            "layers/groups/wall.json",
            "manifest.json",
            "summary.json",
            "techniques/T1053.001.html",
            "techniques/T1053.html",
            "techniques/T1078.004.html",
            "techniques/T1078.html",
            "techniques/T1110.001.html",
            "techniques/T1110.html",
        ]
    );
    let manifest = space.json("site/manifest.json");
    let listed: Vec<&str> = manifest["files"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|file| file["path"].as_str().expect("text"))
        .collect();
    let mut written = space.names("site");
    written.retain(|name| name != "manifest.json");
    assert_eq!(listed, written);
}

#[test]
fn without_a_source_the_built_in_mapping_is_used_and_the_page_says_what_it_lacks() {
    let space = Workspace::new();
    let run = space.run(&["build"]).ok();
    run.says(&["open navlayer-out/index.html"]);
    let index = space.read("navlayer-out/index.html");
    assert!(
        index.contains("holds facts only") && index.contains("AWS 12/12/2024"),
        "the notice is on the page"
    );
    assert!(index.len() < 1_000_000, "{} bytes", index.len());
    let summary = space.json("navlayer-out/summary.json");
    assert_eq!(summary["frameworks"][0]["techniques"].as_array().map(Vec::len), Some(215));
    assert_eq!(summary["frameworks"][0]["source"]["path"], "embedded in navlayer");
}

#[test]
fn a_second_run_changes_no_byte_and_says_so() {
    let space = built(&example(), &[]);
    let first = space.tree("site");
    space.run(&["build", "map.json", "-o", "site"]).ok().says(&["20 files in site: up to date"]);
    assert_eq!(space.tree("site"), first);
    space.run(&["build", "map.json", "-o", "elsewhere"]).ok();
    assert!(space.tree("elsewhere") == first, "another folder gets the same bytes");
}

#[test]
fn check_says_what_would_change_and_writes_nothing() {
    let space = Workspace::new();
    space.mapping("map.json", &example());
    let check = ["build", "map.json", "-o", "site", "--check"];
    space.run(&check).ends_with(1).says(&["would add index.html", "21 files in site would change"]);
    assert!(!space.has("site"), "a check writes nothing");
    space.run(&check[..4]).ok();
    space.run(&check).ok().says(&["20 files in site: up to date"]);
    let before = space.tree("site");
    space.write("site/techniques/T1110.html", "edited");
    space
        .run(&check)
        .ends_with(1)
        .says(&["would change techniques/T1110.html", "1 file in site would change"]);
    assert_eq!(space.read("site/techniques/T1110.html"), "edited");
    space.run(&check[..4]).ok();
    let mut narrowed = check.to_vec();
    narrowed.extend(["--category", "protect"]);
    let run = space.run(&narrowed).ends_with(1);
    run.says(&[
        "would remove techniques/T1078.004.html",
        "would change index.html",
        "would change manifest.json",
    ]);
    assert_eq!(space.tree("site"), before);
}

#[test]
fn only_layers_writes_the_layers_straight_into_the_folder() {
    let space = built(&example(), &[]);
    space.run(&["build", "map.json", "--only", "layers", "-o", "only"]).ok();
    let mut alone = space.tree("only");
    assert!(alone.remove("manifest.json").is_some());
    let all = space.tree("site");
    let within = all
        .iter()
        .filter_map(|(name, bytes)| Some((name.strip_prefix("layers/")?.to_owned(), bytes.clone())));
    assert_eq!(alone, within.collect());
    space.run(&["build", "map.json", "--only", "layers", "-o", "only", "--check"]).ok();
}

#[test]
fn files_that_are_not_ours_are_left_alone() {
    let space = Workspace::new();
    space.mapping("map.json", &example());
    space.write("site/index.html", "my own page");
    space.write("site/notes/keep.txt", "keep");
    let run = space.run(&["build", "map.json", "-o", "site"]).ends_with(2);
    run.says(&["index.html was not written by navlayer", "help: ", "--force", "-o DIR"]);
    assert_eq!(space.names("site"), ["index.html", "notes/keep.txt"], "nothing at all is written");
    assert_eq!(space.read("site/index.html"), "my own page");
    space.run(&["build", "map.json", "-o", "site", "--force"]).ok();
    assert!(space.read("site/index.html").starts_with("<!doctype html>"));
    assert_eq!(space.read("site/notes/keep.txt"), "keep", "what is not in the way stays even then");
}

#[test]
fn a_manifest_of_another_program_stops_the_run() {
    let space = Workspace::new();
    space.mapping("map.json", &example());
    for manifest in
        ["{}", "not json", r#"{"generator": "webpack", "files": []}"#, r#"{"name": "App", "icons": []}"#]
    {
        space.write("site/manifest.json", manifest);
        space.run(&["build", "map.json", "-o", "site"]).ends_with(2).says(&["manifest.json"]);
        assert_eq!(space.names("site"), ["manifest.json"]);
        assert_eq!(space.read("site/manifest.json"), manifest);
    }
}

#[test]
fn stale_files_go_and_the_folders_that_are_empty_then() {
    let space = built(&example(), &[]);
    space.write("site/capabilities/mine.html", "mine");
    space.mapping("map.json", &mapping(&[row("lock", "T1110", "protect", "partial")]));
    space.run(&["build", "map.json", "-o", "site"]).ok();
    assert_eq!(
        space.names("site"),
        [
            "capabilities/lock.html",
            "capabilities/mine.html",
            "index.html",
            "layers/acme.json",
            "layers/capabilities/lock.json",
            "layers/categories/protect.json",
            "manifest.json",
            "summary.json",
            "techniques/T1110.html",
        ]
    );
    assert!(!space.has("site/layers/groups"), "an empty folder is removed");
}

#[test]
fn nothing_that_a_mapping_is_called_leads_out_of_the_folder() {
    let ids = [
        "../../x",
        "..",
        ".",
        "/etc/x",
        "C:\\x",
        "..\\..\\x",
        "con",
        "a/b/../c",
        "\u{202e}x",
        "index",
        "%2e%2e/x",
    ];
    let rows: Vec<Value> = ids
        .iter()
        .map(|id| with(row(id, "T1110", "protect", "partial"), "capability_group", json!("../../g")))
        .collect();
    let mut set = mapping(&rows);
    set["metadata"]["mapping_framework"] = json!("../../../acme");
    let space = Workspace::new();
    space.mapping("in/map.json", &set);
    space.run(&["build", "in/map.json", "-o", "in/deep/site"]).ok();
    space.run(&["layer", "in/map.json", "--per", "capability", "-o", "in/deep/layers"]).ok();
    let outside: Vec<String> = space
        .names("")
        .into_iter()
        .filter(|name| !name.starts_with("in/deep/site/") && !name.starts_with("in/deep/layers/"))
        .collect();
    assert_eq!(outside, ["in/map.json"]);
    let pages = space.names("in/deep/site/capabilities");
    assert_eq!(pages.len(), ids.len(), "each has a page of its own: {pages:?}");
    assert!(pages.iter().all(|name| !name.starts_with('.') && !name.contains('\\')), "{pages:?}");
    links_lead_somewhere(&space, "in/deep/site");
}

// Several sources

#[test]
fn several_frameworks_share_a_site_and_a_technique_page() {
    let space = Workspace::new();
    space.mapping("one.json", &example());
    space.mapping("two.json", &counted("other", "enterprise", "16.1", "T1110"));
    let run = space.run(&["build", "one.json", "two.json", "-o", "site"]).ok();
    assert!(!run.stderr.contains("was made on"), "{}", run.stderr);
    let summary = space.json("site/summary.json");
    let frameworks = summary["frameworks"].as_array().expect("a list");
    assert_eq!(frameworks.len(), 2);
    assert_eq!((&frameworks[0]["metric"], &frameworks[1]["metric"]), (&json!("strongest"), &json!("count")));
    assert_eq!((&frameworks[0]["scored"], &frameworks[1]["scored"]), (&json!(true), &json!(false)));
    let page = space.read("site/techniques/T1110.html");
    for part in [
        "acme 03/04/2025",
        "other 03/04/2025",
        "<code>lock</code>",
        "<code>ac-1</code>",
        "<code>mitigates</code>",
    ] {
        assert!(page.contains(part), "{part} is not on the page");
    }
    let index = space.read("site/index.html");
    assert!(index.contains("id=\"acme\"") && index.contains("id=\"other\""));
    for layer in ["acme.json", "other.json"] {
        assert!(space.has(&format!("site/layers/{layer}")), "{layer}");
    }
    links_lead_somewhere(&space, "site");
}

#[test]
fn the_same_framework_in_two_editions_stays_apart() {
    let space = Workspace::new();
    space.mapping("new.json", &example());
    let mut old = mapping(&[row("lock", "T1046", "detect", "minimal")]);
    old["metadata"]["mapping_framework_version"] = json!("01/01/2020");
    space.mapping("old.json", &old);
    space.run(&["build", "new.json", "old.json", "-o", "site"]).ok();
    let mut layers = space.names("site/layers");
    layers.retain(|name| !name.contains('/'));
    assert_eq!(layers, ["acme-01-01-2020.json", "acme-03-04-2025.json", "combined.json"]);
    let old = Layer(space.json("site/layers/acme-01-01-2020.json"));
    assert_eq!(old.scores(), [("T1046", Some(10))], "the other edition's rows are not in it");
    assert!(space.has("site/capabilities/lock.html") && space.has("site/capabilities/lock-2.html"));
    links_lead_somewhere(&space, "site");
}

#[test]
fn sources_of_different_domains_are_a_clear_error() {
    let space = Workspace::new();
    space.mapping("phones.json", &counted("phones", "mobile", "15.1", "T1521"));
    space.mapping("map.json", &example());
    let run = space.run(&["build", "map.json", "phones.json", "-o", "site"]).ends_with(2);
    run.says(&[
        "(map.json) is on enterprise-attack, phones 03/04/2025 (phones.json) on mobile-attack",
        "once for each domain",
    ]);
    assert!(!space.has("site"));
}

#[test]
fn sources_of_different_versions_are_carried_to_the_newest() {
    let space = Workspace::new();
    let mut old = mapping(&[
        row("camera", "T1046", "detect", "partial"),
        row("camera", "T1053.004", "detect", "minimal"),
    ]);
    old["metadata"]["mapping_framework"] = json!("veteran");
    old["metadata"]["attack_version"] = json!("9.0");
    old["mapping_objects"][0]["attack_object_name"] = json!("Network Service Scanning");
    space.mapping("old.json", &old);
    space.mapping("new.json", &example());
    let run = space.run(&["build", "old.json", "new.json", "-o", "site", "-v"]).ok();
    let dropped =
        run.findings().into_iter().find(|one| one.place.starts_with("old.json")).expect("a finding");
    assert_eq!(dropped.code, "NL0801");
    assert_eq!(dropped.message, "T1053.004 has no place in ATT&CK 16.1: deprecated");
    assert!(!run.codes().contains(&"NL0205".to_owned()), "names are compared on the version of the source");
    run.says(&[
        "note: veteran 03/04/2025: ATT&CK 9.0 to 16.1, 2 rows = 0 kept + 1 renamed + 0 renumbered + 0 replaced + 0 \
         merged + 1 dropped",
        "techniques of ATT&CK 16.1 are new since ATT&CK 9.0, and not assessed",
    ]);
    let summary = space.json("site/summary.json");
    assert_eq!(summary["attack_version"], "16.1");
    let source = &summary["frameworks"][0]["source"];
    assert_eq!((&source["attack_version"], &source["shown_on"]), (&json!("9.0"), &json!("16.1")));
    assert_eq!(space.json("site/layers/veteran.json")["versions"]["attack"], "16");
    let page = space.read("site/techniques/T1046.html");
    assert!(
        page.contains("<h1>")
            && page.contains("Network Service Discovery")
            && page.contains("Network Service Scanning")
    );
}

// The pages

/// The pages of a site.
fn pages(space: &Workspace, site: &str) -> Vec<String> {
    space.names(site).into_iter().filter(|name| name.strip_suffix(".html").is_some()).collect()
}

/// The addresses in a page: of links, style sheets, scripts, images.
fn addresses(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    for attribute in [" href=\"", " src=\"", " action=\"", " srcset=\"", " data=\"", " poster=\""] {
        for part in page.split(attribute).skip(1) {
            let address = part.split('"').next().expect("a first part");
            found.push(address.replace("&amp;", "&").replace("&#x3D;", "=").replace("&#x27;", "'"));
        }
    }
    found
}

/// The page without its own style and script, which are ours and hold no text from a file.
fn markup(page: &str) -> String {
    let mut rest = page;
    let mut kept = String::new();
    while let Some((before, after)) =
        ["<style>", "<script>"].iter().filter_map(|open| Some((rest.find(open)?, *open))).min().map(
            |(at, open)| {
                let close = open.replace('<', "</");
                let end = rest[at..].find(&close).expect("the element ends") + at + close.len();
                (&rest[..at], &rest[end..])
            },
        )
    {
        kept.push_str(before);
        rest = after;
    }
    kept + rest
}

/// Checks that every link of every page leads to a file of the site and to an element of it, or to the web.
fn links_lead_somewhere(space: &Workspace, site: &str) {
    let files = space.tree(site);
    let ids = |name: &String| -> BTreeSet<String> {
        let page = space.read(&format!("{site}/{name}"));
        page.split(" id=\"").skip(1).filter_map(|part| part.split('"').next()).map(str::to_owned).collect()
    };
    let pages = pages(space, site);
    let ids: BTreeMap<&str, BTreeSet<String>> = pages.iter().map(|name| (name.as_str(), ids(name))).collect();
    let mut followed = 0;
    for name in &pages {
        let page = markup(&space.read(&format!("{site}/{name}")));
        for address in addresses(&page) {
            if address.starts_with("https://")
                || address.starts_with("http://")
                || address.starts_with("data:image/svg")
            {
                continue;
            }
            assert!(!address.contains(':') && !address.starts_with('/'), "{name}: {address}");
            let (path, fragment) = address.split_once('#').unwrap_or((&address, ""));
            let target = if path.is_empty() { name.clone() } else { resolve(name, path) };
            assert!(files.contains_key(&target), "{name} links to {address}, and there is no {target}");
            if !fragment.is_empty() {
                assert!(
                    ids[target.as_str()].contains(fragment),
                    "{name} links to {address}, and {target} has no such id"
                );
            }
            followed += 1;
        }
    }
    assert!(followed > 10, "the scan finds links");
}

/// A relative address seen from a page; it must not leave the site.
fn resolve(from: &str, to: &str) -> String {
    let mut parts: Vec<String> = from.split('/').map(str::to_owned).collect();
    parts.pop();
    for part in Path::new(to).components() {
        match part {
            Component::ParentDir => assert!(parts.pop().is_some(), "{to} leaves the site from {from}"),
            Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
            _ => {}
        }
    }
    parts.join("/")
}

#[test]
fn every_relative_link_leads_to_a_file_of_the_site() {
    let space = built(&example(), &[]);
    links_lead_somewhere(&space, "site");
    let narrowed = built(&example(), &["--category", "detect", "--color-by", "category"]);
    links_lead_somewhere(&narrowed, "site");
    let whole = Workspace::new();
    whole.run(&["build", "-o", "site"]).ok();
    links_lead_somewhere(&whole, "site");
}

#[test]
fn every_page_forbids_requests_and_holds_no_left_over_of_a_template() {
    let space = Workspace::new();
    space.mapping("one.json", &example());
    space.mapping("two.json", &counted("other", "enterprise", "16.1", "T1110"));
    space.run(&["build", "one.json", "two.json", "-o", "site"]).ok();
    let pages = pages(&space, "site");
    assert_eq!(pages.len(), 14);
    for name in pages {
        let page = space.read(&format!("site/{name}"));
        let policy =
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-";
        assert!(page.contains(policy), "{name} has no policy");
        let head = page.split("</head>").next().expect("a head");
        assert!(
            head.find("http-equiv").expect("a policy") < head.find("<style>").expect("a style"),
            "{name}"
        );
        assert!(!page.contains("unsafe-inline") && !page.contains("unsafe-eval"), "{name}");
        let markup = markup(&page);
        for rest in [
            "{{",
            "}}",
            "[object",
            " style=\"",
            " onclick",
            "<script src",
            "<link rel=\"stylesheet\"",
            "@import",
        ] {
            assert!(!markup.contains(rest), "{name} holds {rest}");
        }
        assert!(!page.contains("url(http") && !page.contains("@import"), "{name}");
        assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"), "{name}");
        assert!(page.contains("The MITRE Corporation"), "{name} has the notice");
    }
}

const HOSTILE: &str =
    "<script>alert(1)</script></style></title>\"'><img src=x onerror=alert(2)>{{page.title}}";

#[test]
fn hostile_text_is_shown_and_never_obeyed() {
    let mut hostile = row("plain", "T1110", "protect", "partial");
    for field in ["capability_id", "capability_description", "attack_object_name"] {
        hostile = with(hostile, field, json!(format!("{field} {HOSTILE}")));
    }
    let hostile =
        with(hostile, "comments", json!(format!("<NetworkProviderName>\n{HOSTILE}\u{0} \u{1b}[31m")));
    let hostile = with(hostile, "capability_group", json!(HOSTILE));
    let hostile = with(
        hostile,
        "references",
        json!([
            "javascript:alert(3)",
            " JaVaScRiPt:alert(4)",
            "data:text/html,<b>",
            "vbscript:x",
            "file:///etc/passwd",
            "//a.example",
            "https://a.example/\"onmouseover=alert(5)",
            "https://a.example/<b>",
            "https://good.example/?a=1&b=2"
        ]),
    );
    let mut declared = with(row("no <b>", "", "", ""), "mapping_type", json!("non_mappable"));
    declared = with(with(declared, "status", json!("non_mappable")), "comments", json!(HOSTILE));
    let twin = with(row("twin", "T1110", "detect", "minimal"), "capability_group", json!(HOSTILE));
    let mut set = mapping(&[hostile, twin, declared]);
    set["metadata"]["mapping_framework"] = json!(HOSTILE);
    set["metadata"]["mapping_framework_version"] = json!(HOSTILE);
    set["metadata"]["organization"] = json!(HOSTILE);
    set["metadata"]["last_update"] = json!(HOSTILE);
    set["metadata"]["capability_groups"] = json!({HOSTILE: HOSTILE});
    let space = Workspace::new();
    space.mapping("map.json", &set);
    space.run(&["build", "map.json", "-o", "site", "-v"]).ok();
    links_lead_somewhere(&space, "site");
    let own = Workspace::new();
    own.mapping("map.json", &example());
    own.run(&["build", "map.json", "-o", "site"]).ok();
    let tags = |space: &Workspace| -> BTreeSet<String> {
        let text: String =
            pages(space, "site").iter().map(|name| space.read(&format!("site/{name}"))).collect();
        let tags = text
            .split('<')
            .skip(1)
            .map(|part| part.chars().take_while(char::is_ascii_alphanumeric).collect());
        tags.filter(|tag: &String| !tag.is_empty()).collect()
    };
    let harmless = ["code", "details", "summary", "article", "b", "br", "dl", "dt", "dd", "time"];
    for tag in tags(&space).difference(&tags(&own)) {
        assert!(harmless.contains(&tag.as_str()), "<{tag}> comes from the mapping");
    }
    for name in pages(&space, "site") {
        let page = space.read(&format!("site/{name}"));
        assert_eq!(page.matches("<script").count(), 1, "{name} has its own script alone");
        assert_eq!(page.matches("</style").count(), 1, "{name}");
        assert_eq!(page.matches("</title>").count(), 1, "{name}");
        assert!(!page.contains("<img") && !page.contains("<NetworkProviderName"), "{name}");
        assert!(
            !page.chars().any(|c| c.is_control() && c != '\n' && c != '\t'),
            "{name} holds a control character"
        );
        for address in addresses(&markup(&page)) {
            let scheme = address.split_once(':').map_or("", |(scheme, _)| scheme);
            assert!(["", "https", "http", "data"].contains(&scheme), "{name} links to {address}");
            assert!(
                scheme != "data" || address.starts_with("data:image/svg+xml"),
                "{name} links to {address}"
            );
            assert!(!address.contains("a.example"), "{name} links to {address}");
        }
    }
    let page = space.read("site/techniques/T1110.html");
    assert!(page.contains("&lt;NetworkProviderName&gt;"), "the comment is shown letter by letter");
    assert!(page.contains("{{page.title}}"), "and is no template");
    assert!(page.contains("javascript:alert(3)"), "an odd reference is shown as text");
    let good =
        addresses(&page).into_iter().filter(|address| address == "https://good.example/?a=1&b=2").count();
    assert_eq!(good, 1);
    let layer = Layer(space.json("site/layers/capabilities/twin.json"));
    assert_eq!(layer.score("T1110"), Some(10));
}

#[test]
fn a_technique_page_shows_each_row_with_its_comment_references_and_given_name() {
    let mut set = example();
    set["mapping_objects"][3]["attack_object_name"] = json!("Cloudy Accounts");
    let space = built(&set, &[]);
    let page = space.read("site/techniques/T1078.004.html");
    for part in [
        "<code>camera</code>",
        "Detect",
        "Partial",
        "<code>technique_scores</code>",
        "Cloudy Accounts",
        "now: Cloud Accounts",
        "Sees every\nlogin.",
        "href=\"https://camera.example/logins\"",
        "https://attack.mitre.org/versions/v16/techniques/T1078/004/",
        "../capabilities/camera.html",
        "T1078.html",
    ] {
        assert!(page.contains(part), "{part} is not on the page");
    }
    let retired = space.read("site/techniques/T1053.001.html");
    assert!(retired.contains("revoked, replaced by T1053.002"));
    let lawn = space.read("site/capabilities/lawn.html");
    assert!(lawn.contains("not mappable"));
}

// Templates

#[test]
fn a_template_of_the_users_own_takes_the_place_of_ours() {
    let space = Workspace::new();
    space.mapping("map.json", &example());
    space.write("mine/footer.hbs", "<footer>Made for {{site}} & co.</footer>\n</body>\n</html>\n");
    space.write("mine/.gitkeep", "");
    space.run(&["build", "map.json", "-o", "site", "--templates", "mine"]).ok();
    for page in ["index.html", "capabilities/lock.html", "techniques/T1110.html"] {
        let page = space.read(&format!("site/{page}"));
        assert!(page.contains("<footer>Made for acme & co.</footer>"), "{page}");
        assert!(!page.contains("colophon\">"), "ours is gone");
    }
}

#[test]
fn mistakes_in_templates_are_named_and_nothing_is_written() {
    for (name, text, parts) in [
        ("foter.hbs", "x", &["mine/foter.hbs is not the name of a template", "did you mean footer.hbs?"][..]),
        ("footer.hbs", "a\nb\n  {{page.nonsense}}\n", &["footer.hbs:3:", "nonsense"][..]),
        ("footer.hbs", "a\n{{#if page}}\n", &["footer.hbs:"][..]),
        ("footer.hbs", "{{> nowhere}}", &["footer.hbs:1:", "nowhere"][..]),
        ("footer.hbs", "{{nothing page}}", &["footer.hbs:1:", "nothing"][..]),
        ("bar.hbs", "{{> bar}}", &["bar > bar", "without end"][..]),
        ("site.css", "</style><script>", &["site.css", "</style"][..]),
        ("site.js", "x = '</script>'", &["site.js", "</script"][..]),
    ] {
        let space = Workspace::new();
        space.mapping("map.json", &example());
        space.write(&format!("mine/{name}"), text);
        let run = space.run(&["build", "map.json", "-o", "site", "--templates", "mine"]).ends_with(2);
        run.says(&["error: a template is not sound"]).says(parts);
        assert!(!space.has("site"), "{name} {text}");
    }
    let space = Workspace::new();
    space.mapping("map.json", &example());
    space.run(&["build", "map.json", "-o", "site", "--templates", "nowhere"]).ends_with(2).says(&["nowhere"]);
    assert!(!space.has("site"));
}

// The summary

fn validator(space: &Workspace, what: &str) -> jsonschema::Validator {
    let schema = space.run(&["schema", what]).ok().stdout;
    let schema = serde_json::from_str(&schema).expect("a schema is JSON");
    jsonschema::validator_for(&schema).expect("it is a sound schema")
}

#[track_caller]
fn is_valid(validator: &jsonschema::Validator, value: &Value) {
    let errors: Vec<String> = validator.iter_errors(value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn summaries_and_layers_are_what_their_schemas_say() {
    let space = Workspace::new();
    space.mapping("one.json", &example());
    space.mapping("two.json", &counted("other", "enterprise", "15.1", "T1110"));
    let (summary, layer) = (validator(&space, "summary"), validator(&space, "layer"));
    for arguments in [
        &["one.json"][..],
        &["two.json"][..],
        &["one.json", "two.json", "--rollup", "mean", "--metric", "balanced"][..],
        &[
            "one.json",
            "--platform",
            "Linux",
            "--tactic",
            "persistence",
            "--color-by",
            "category",
            "--expand",
            "all",
        ][..],
        &["one.json", "--capability", "lock", "--category", "respond"][..],
        &[][..],
    ] {
        let mut build = vec!["build", "-o", "site"];
        build.extend(arguments);
        space.run(&build).ok();
        is_valid(&summary, &space.json("site/summary.json"));
        let layers = space.names("site/layers");
        for name in &layers {
            is_valid(&layer, &space.json(&format!("site/layers/{name}")));
        }
        assert!(!layers.is_empty());
    }
    let mut wrong = space.json("site/summary.json");
    wrong["frameworks"][0]["headline"][0]["mapped"]["n"] = json!("many");
    assert!(!summary.is_valid(&wrong), "the schema can say no");
    let mut wrong = space.json("site/layers/aws.json");
    wrong["techniques"][0]["techniqueID"] = json!("TA0001");
    assert!(!layer.is_valid(&wrong), "the schema can say no");
}

#[test]
fn figures_of_the_summary_agree_with_the_layer() {
    let space = Workspace::new();
    space.run(&["build", "-o", "site"]).ok();
    let framework = space.json("site/summary.json")["frameworks"][0].clone();
    let layer = Layer(space.json("site/layers/aws.json"));
    let techniques = framework["techniques"].as_array().expect("a list");
    let told: Vec<(&str, Option<i64>)> =
        techniques.iter().map(|one| (one["id"].as_str().expect("text"), one["score"].as_i64())).collect();
    assert_eq!(told, layer.scores());
    let active = techniques.iter().filter(|one| one["active"] == true);
    let (subs, parents): (Vec<&Value>, Vec<&Value>) =
        active.partition(|one| one["id"].as_str().expect("text").contains('.'));
    let headline = &framework["headline"];
    for (row, of) in [(0, &parents), (1, &subs)] {
        let reach = |least: i64| of.iter().filter(|one| one["score"].as_i64() >= Some(least)).count();
        assert_eq!(headline[row]["mapped"]["n"], of.len());
        assert_eq!(headline[row]["partial"]["n"], reach(50));
        assert_eq!(headline[row]["significant"]["n"], reach(100));
        let sum: i64 = of.iter().filter_map(|one| one["score"].as_i64()).sum();
        assert_eq!(
            headline[row]["weighted"]["sum"].as_f64().map(|sum| sum.round().to_string()),
            Some(sum.to_string())
        );
    }
    let both = |field: &str| {
        headline[0][field]["n"].as_u64().zip(headline[1][field]["n"].as_u64()).map(|(a, b)| a + b)
    };
    for field in ["mapped", "partial", "significant"] {
        assert_eq!(headline[2][field]["n"].as_u64(), both(field), "{field}");
    }
    for category in ["protect", "detect", "respond"] {
        let rows = framework["categories"].as_array().expect("a list");
        let row = rows.iter().find(|row| row["key"] == category).expect("each category has a row");
        let layer = Layer(space.json(&format!("site/layers/categories/{category}.json")));
        let wanted = layer
            .ids()
            .iter()
            .filter(|id| techniques.iter().any(|one| one["id"] == **id && one["active"] == true))
            .count();
        assert_eq!(row["mapped"]["n"], wanted, "{category}");
    }
    for row in framework["capabilities"].as_array().expect("a list") {
        let id = row["id"].as_str().expect("text");
        let by = techniques
            .iter()
            .filter(|one| one["capabilities"].as_array().is_some_and(|all| all.contains(&json!(id))));
        let active = by.clone().filter(|one| one["active"] == true).count();
        assert_eq!(row["coverage"]["mapped"]["n"], active, "{id}");
        let by = by.filter(|one| one["active"] == true);
        let alone = by.filter(|one| one["capabilities"].as_array().map(Vec::len) == Some(1)).count();
        assert_eq!(row["only"], alone, "{id}");
    }
}

#[test]
fn per_tactic_figures_count_a_technique_in_each_of_its_tactics() {
    let space = built(&example(), &[]);
    let framework = space.json("site/summary.json")["frameworks"][0].clone();
    let mapped: Vec<(String, u64)> = framework["tactics"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| {
            (row["key"].as_str().expect("text").to_owned(), row["mapped"]["n"].as_u64().expect("a count"))
        })
        .filter(|(_, count)| *count > 0)
        .collect();
    let wanted = [
        ("initial-access", 1),
        ("persistence", 1),
        ("privilege-escalation", 1),
        ("defense-evasion", 1),
        ("credential-access", 2),
    ];
    assert_eq!(mapped, wanted.map(|(key, count)| (key.to_owned(), count)), "T1078.004 stands in four");
    assert_eq!(framework["headline"][2]["mapped"]["n"], 3, "and once in the total");
    assert_eq!(framework["tactics"].as_array().map(Vec::len), Some(14));
}

#[test]
fn what_is_left_open_is_listed_by_tactic_and_by_kind_of_empty() {
    let mut set = example();
    let rows = set["mapping_objects"].as_array_mut().expect("a list");
    rows.push(row("lock", "T1046", "", ""));
    let declared = with(row("", "T1200", "", ""), "mapping_type", json!("non_mappable"));
    rows.push(declared);
    let space = built(&set, &[]);
    let gaps = &space.json("site/summary.json")["frameworks"][0]["gaps"];
    assert_eq!(gaps["not_mappable"][0]["id"], "T1200");
    assert_eq!(gaps["not_assessed"][0]["id"], "T1046");
    assert_eq!(gaps["retired"][0]["id"], "T1053.001");
    assert_eq!(gaps["non_mappable_capabilities"][0]["id"], "lawn");
    let open: BTreeSet<&str> = gaps["not_covered"]
        .as_array()
        .expect("a list")
        .iter()
        .flat_map(|group| group["techniques"].as_array().expect("a list"))
        .map(|one| one["id"].as_str().expect("text"))
        .collect();
    assert!(open.contains("T1190") && open.len() > 190);
    for covered in ["T1110", "T1046", "T1200", "T1078"] {
        assert!(!open.contains(covered), "{covered} is not simply open");
    }
}
