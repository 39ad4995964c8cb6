//! Templates of the user's own: listed, exported, replaced, and refused when they are wrong or would not end.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{Workspace, mapping, row, tree};

fn repository(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A folder with a small mapping.
fn space() -> Workspace {
    let space = Workspace::new();
    space.mapping("map.json", &mapping(&[row("lock", "T1110", "protect", "partial")]));
    space
}

const BUILD: [&str; 6] = ["build", "map.json", "-o", "site", "--templates", "mine"];

// The list and the export

#[test]
fn the_list_tells_what_each_template_is_for() {
    let space = space();
    let list = space.run(&["templates", "list", "--format", "json"]).ok().stdout;
    let list: Vec<Value> = serde_json::from_str(&list).expect("it is JSON");
    let names: Vec<&str> = list.iter().filter_map(|row| row["name"].as_str()).collect();
    let held: Vec<String> = tree(&repository("templates")).into_keys().collect();
    assert_eq!(names, held);
    let schemas = space.run(&["schema", "--list"]).ok().stdout;
    let views: Vec<&str> = schemas.lines().filter(|name| name.starts_with("view:")).collect();
    let mut given: Vec<&str> = list.iter().filter_map(|row| row["schema"].as_str()).collect();
    given.sort_unstable();
    let mut sorted = views.clone();
    sorted.sort_unstable();
    assert_eq!(given, sorted, "every page has its schema, and every schema its page");
    for row in &list {
        assert!(row["purpose"].as_str().is_some_and(|text| text.len() > 10), "{row}");
        assert!(row["replaced"].is_null(), "no folder was named");
    }
    let page = list.iter().find(|row| row["name"] == "index.hbs").expect("it is there");
    assert_eq!(page["kind"], "page");
}

#[test]
fn the_list_tells_which_templates_are_replaced() {
    let space = space();
    space.write("mine/footer.hbs", "x");
    space.write("navlayer.toml", "templates = \"mine\"\n");
    for arguments in [&["--templates", "mine", "--no-config"][..], &[]] {
        let command =
            [&["templates", "list", "--select", "name,replaced", "--format", "csv"], arguments].concat();
        let list = space.run(&command).ok().stdout;
        assert!(list.contains("footer.hbs,yes") && list.contains("head.hbs,no"), "{list}");
    }
    space.write("mine/foter.hbs", "x");
    space.run(&["templates", "list"]).ends_with(2).says(&["foter.hbs", "did you mean footer.hbs?"]);
}

#[test]
fn an_export_is_what_is_built_in_and_makes_the_same_pages() {
    let space = space();
    space.run(&["templates", "export", "mine"]).ok().says(&["wrote", "templates to mine"]);
    assert_eq!(space.tree("mine"), tree(&repository("templates")));
    space.run(&["templates", "export", "mine"]).ok().says(&["nothing to write"]);
    space.run(&BUILD).ok();
    space.run(&["build", "map.json", "-o", "plain"]).ok();
    assert_eq!(space.tree("site"), space.tree("plain"));
}

#[test]
fn an_export_writes_the_templates_that_are_named_and_replaces_nothing_unasked() {
    let space = space();
    space.run(&["templates", "export", "mine", "logo.hbs", "head"]).ok();
    assert_eq!(space.names("mine"), ["head.hbs", "logo.hbs"]);
    space.write("mine/logo.hbs", "my own");
    let run = space.run(&["templates", "export", "mine", "footer", "logo"]).ends_with(2);
    run.says(&["mine/logo.hbs differs", "--force"]);
    assert_eq!(space.names("mine"), ["head.hbs", "logo.hbs"], "nothing half written");
    assert_eq!(space.read("mine/logo.hbs"), "my own");
    space.run(&["templates", "export", "mine", "logo", "--force"]).ok().says(&["wrote mine/logo.hbs"]);
    assert!(space.read("mine/logo.hbs").starts_with("{{!--"));
    let run = space.run(&["templates", "export", "mine", "foter.hbs"]).ends_with(2);
    run.says(&["no template is called `foter.hbs`", "did you mean footer.hbs?"]);
    space.run(&["templates", "export", "map.json"]).ends_with(2).says(&["map.json is not a folder"]);
}

// Replacing

#[test]
fn a_template_may_include_the_built_in_one_that_it_replaces() {
    let space = space();
    space.run(&["build", "map.json", "-o", "plain"]).ok();
    space.write("mine/footer.hbs", "<aside>mine</aside>\n{{> builtin/footer}}");
    space.write("mine/index.hbs", "{{> builtin/index}}<!-- end -->");
    space.run(&BUILD).ok();
    let page = space.read("site/index.html");
    assert!(page.ends_with("<!-- end -->"));
    let without = page.replace("<aside>mine</aside>\n", "").replace("<!-- end -->", "");
    assert_eq!(without, space.read("plain/index.html"), "and all else is as it was");
    assert!(space.read("site/techniques/T1110.html").contains("<aside>mine</aside>"));
}

#[test]
fn a_style_and_a_script_may_add_to_the_built_in_ones() {
    let space = space();
    space.run(&["build", "map.json", "-o", "plain"]).ok();
    space.write("mine/site.css", "a { color: red }\n  /* builtin */\nb { color: blue }\n/* builtin */\n");
    space.write("mine/site.js", "/* builtin */\r\nfirst();");
    space.run(&BUILD).ok();
    let (page, plain) = (space.read("site/index.html"), space.read("plain/index.html"));
    let built_in = fs::read_to_string(repository("templates/site.css")).expect("it is there");
    assert!(page.contains(&format!("a {{ color: red }}\n{built_in}b {{ color: blue }}\n/* builtin */\n")));
    assert!(page.contains("first();</script>"));
    let policy =
        |page: &str| page.split_once("Content-Security-Policy").map(|(_, rest)| rest[..300].to_owned());
    assert_ne!(policy(&page), policy(&plain), "the hashes are those of what is there now");
    space.write("mine/site.css", "a { color: red }");
    space.run(&[&BUILD[..], &["--force"]].concat()).ok();
    assert!(!space.read("site/index.html").contains(&built_in), "without the line, it is replaced");
}

#[test]
fn the_worked_example_changes_logo_colours_and_one_section() {
    let space = space();
    let example = tree(&repository("docs/examples/templates"));
    let lines: usize = example.values().map(|bytes| String::from_utf8_lossy(bytes).lines().count()).sum();
    assert!(lines <= 20, "{lines} lines");
    for (name, bytes) in &example {
        space.write(&format!("mine/{name}"), bytes);
    }
    space.run(&BUILD).ok();
    for page in ["index.html", "capabilities/lock.html", "techniques/T1110.html"] {
        let page = space.read(&format!("site/{page}"));
        let (_, masthead) = page.split_once("<header class=\"masthead").expect("there is one");
        assert!(masthead.contains("aria-label=\"Acme\""), "the logo");
        assert!(
            page.contains("--link: #0b6b43") && page.contains("--gutter:"),
            "colours, beside the style of ours"
        );
        assert!(page.contains("default-src 'none'") && !page.contains("unsafe"), "as strict as before");
        assert!(!page.contains(" style="), "a style in an attribute would be blocked");
    }
    let index = space.read("site/index.html");
    assert!(
        index.contains("Acme counts 1 of ") && index.contains("class=\"figures\""),
        "the section, and ours"
    );
    let docs = fs::read_to_string(repository("docs/templates.md")).expect("the page is there");
    for (name, bytes) in example {
        assert!(docs.contains(&*String::from_utf8_lossy(&bytes)), "docs/templates.md shows {name} as it is");
    }
}

// Mistakes

/// What is said of a template of the user's own, with nothing written.
#[track_caller]
fn refused(files: &[(&str, &str)], parts: &[&str]) {
    let space = space();
    for (name, text) in files {
        space.write(&format!("mine/{name}"), text);
    }
    space.run(&BUILD).ends_with(2).says(&["a template is not sound"]).says(parts);
    assert!(!space.has("site"), "{files:.200?}");
}

#[test]
fn a_mistake_names_file_line_column_and_field() {
    refused(
        &[("footer.hbs", "a\n  {{titel}}\n")],
        &["mine/footer.hbs:2:3: the page has no field `titel`", "did you mean `title`?", "schema view:"],
    );
    refused(
        &[("footer.hbs", "{{#if page.nonsense}}x{{/if}}{{nonsense}}")],
        &["mine/footer.hbs:1:", "nonsense"],
    );
    refused(&[("footer.hbs", "a\n{{#if title}}\nb")], &["mine/footer.hbs:", "syntax"]);
    refused(&[("footer.hbs", "a\n\n{{#if title}}b{{/each}}")], &["mine/footer.hbs:3:", "each"]);
    refused(
        &[("footer.hbs", "a\n {{> fotter}}")],
        &["mine/footer.hbs:2:", "no partial `fotter`", "`footer`"],
    );
    refused(
        &[("footer.hbs", "{{> builtin/nothing}}")],
        &["mine/footer.hbs:1:", "no partial `builtin/nothing`"],
    );
    refused(
        &[("index.hbs", "{{#if false}}{{> heada}}{{/if}}")],
        &["mine/index.hbs:1:", "no partial `heada`", "did you mean `head`?"],
    );
    refused(&[("footer.hbs", "{{nothing title}}")], &["mine/footer.hbs:1:", "nothing"]);
    let large = "x".repeat(1024 * 1024 + 1);
    refused(&[("footer.hbs", &large)], &["mine/footer.hbs: larger than 1 MiB"]);
}

#[test]
fn a_mistake_in_what_a_built_in_partial_is_given_is_told_of_it() {
    // The partial is sound; what it is included over is not a row of figures.
    refused(
        &[("footer.hbs", "{{> headline}}")],
        &["the built-in headline.hbs:3:", "the page has no field `mapped.text`"],
    );
    refused(&[("headline.hbs", "{{> builtin/headline page}}")], &["mapped"]);
}

// What must never crash, nor go on and on

#[test]
fn templates_that_include_each_other_are_refused() {
    for text in
        ["{{> bar}}", "{{>bar}}", "{{~> bar}}", "{{> 'bar'}}", "{{> [bar]}}", "{{#if a}}{{> bar x=1}}{{/if}}"]
    {
        refused(&[("fraction.hbs", text), ("bar.hbs", "{{> fraction}}")], &["error"]);
    }
    refused(
        &[("fraction.hbs", "{{> bar}}"), ("bar.hbs", "{{> fraction}}")],
        &["bar > fraction > bar", "without end", "builtin/"],
    );
    refused(&[("head.hbs", "{{> builtin/index}}")], &["without end"]);
    refused(&[("bar.hbs", "{{> (lookup this \"name\")}}")], &["mine/bar.hbs:1:", "cannot be computed"]);
    refused(
        &[("bar.hbs", "{{#*inline \"a\"}}{{> b}}{{/inline}}{{#*inline \"b\"}}{{> a}}{{/inline}}{{> a}}")],
        &["mine/bar.hbs:1:", "a file of its own"],
    );
    refused(&[("bar.hbs", "{{#> fraction}}x{{/fraction}}")], &["mine/bar.hbs:1:", "takes no block"]);
}

#[test]
fn what_nests_too_deep_is_refused() {
    let blocks = |open: &str, close: &str| open.repeat(10_000) + &close.repeat(10_000);
    for text in [
        blocks("{{#if a}}", "{{/if}}"),
        blocks("{{~#if a}}", "{{~/if}}"),
        blocks("{{# if a}}", "{{/ if}}"),
        blocks("{{#if a}}\n", ""),
        // What looks like an end, and is none.
        blocks("{{#if a}}{{!-- {{/if}} --}}", "{{/if}}"),
        blocks("{{#if a}}{{! {{/if}}", "{{/if}}"),
        blocks("{{#if a}}\\{{/if}}", "{{/if}}"),
        blocks("{{#if a}}{{\"{{/if}}\"}}", "{{/if}}"),
        blocks("{{#if a}}{{\"}}{{/if}}\"}}", "{{/if}}"),
        blocks("{{#if a}}{{[}}{{/if}}]}}", "{{/if}}"),
        blocks("{{#if a}}{{{{raw}}}}{{/if}}{{{{/raw}}}}", "{{/if}}"),
        blocks("{{#if a}}\\\\", "{{/if}}"),
        "{{#if a}}".to_owned() + &"{{else if a}}".repeat(10_000) + "{{/if}}",
        "{{#if a}}".to_owned() + &"{{^if a}}".repeat(10_000) + "{{/if}}",
        format!("{{{{#if {}a{}}}}}{{{{/if}}}}", "(len ".repeat(10_000), ")".repeat(10_000)),
        format!("{{{{len {}{}}}}}", "[".repeat(10_000), "]".repeat(10_000)),
        format!("{{{{len {}{}}}}}", "{\"a\":".repeat(10_000), "}".repeat(10_000)),
    ] {
        refused(&[("bar.hbs", &text)], &["mine/bar.hbs:"]);
    }
    // Each nests a little, all of them together too much.
    let some = |next: &str| "{{#if true}}".repeat(30) + next + &"{{/if}}".repeat(30);
    refused(
        &[
            ("bar.hbs", &some("{{> fraction}}")),
            ("fraction.hbs", &some("{{> places}}")),
            ("places.hbs", &some("")),
        ],
        &["mine/bar.hbs: its blocks and those that it includes nest deeper than 64"],
    );
}

#[test]
fn as_deep_as_is_allowed_is_drawn() {
    let space = space();
    space.write("mine/footer.hbs", "{{#if true}}".repeat(60) + "deep" + &"{{/if}}".repeat(60));
    space.run(&BUILD).ok();
    assert!(space.read("site/index.html").ends_with("deep"));
    let chain: String = std::iter::repeat_n("{{else if false}}", 50).collect();
    space.write("mine/footer.hbs", format!("{{{{#if false}}}}{chain}{{{{else}}}}last{{{{/if}}}}"));
    space.run(&[&BUILD[..], &["--force"]].concat()).ok();
    assert!(space.read("site/index.html").ends_with("last"));
}

#[test]
fn loops_that_run_away_are_refused_whether_they_write_or_not() {
    let loops = |inside: &str| {
        let each = "{{#each @root.frameworks}}{{#each capabilities}}{{#each @root.page}}{{#each @root.method.scale}}";
        each.repeat(4) + inside + &"{{/each}}".repeat(16)
    };
    let large = "x".repeat(64 * 1024);
    let items = "[1,1,1,1,1,1,1,1,1,1]";
    let literal = |inside: &str| format!("{{{{#each {items}}}}}").repeat(8) + inside + &"{{/each}}".repeat(8);
    refused(&[("index.hbs", &literal(""))], &["mine/index.hbs:1:", "more than 500000 blocks"]);
    refused(&[("index.hbs", &literal(&large))], &["mine/index.hbs:1:", "larger than 64 MiB"]);
    refused(&[("footer.hbs", &loops(""))], &["mine/footer.hbs:1:"]);
    // Twice the next, which has twice the next.
    let names = ["bar", "footer", "fraction", "gaps", "head", "headline", "logo", "matrix", "next", "places"];
    let names: Vec<&str> =
        names.into_iter().chain(["references", "threat", "upgrades", "framework"]).collect();
    let files: Vec<(String, String)> = names
        .windows(2)
        .map(|pair| (format!("{}.hbs", pair[0]), format!("{{{{> {}}}}}", pair[1]).repeat(8)))
        .chain([
            ("framework.hbs".to_owned(), String::new()),
            ("index.hbs".to_owned(), "{{> bar 1}}".to_owned()),
        ])
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    refused(&files, &["more than 500000 blocks"]);
}

// The docs

#[test]
fn the_page_of_views_is_what_the_command_prints() {
    let held = fs::read_to_string(repository("docs/views.md")).expect("the page is there");
    let made = Workspace::new().run(&["templates", "views"]).ok().stdout;
    assert!(held == made, "docs/views.md is out of date: run `navlayer templates views > docs/views.md`");
    for part in ["## index.hbs: IndexView", "## CoverageRow", "| `mapped` | [Fraction](#fraction) |"] {
        assert!(made.contains(part), "{part}");
    }
    let links = made.split("](#").skip(1).filter_map(|rest| rest.split(')').next());
    let headings: Vec<String> =
        made.lines().filter_map(|line| line.strip_prefix("## ")).map(str::to_lowercase).collect();
    for link in links {
        assert!(headings.iter().any(|heading| heading == link), "{link} leads nowhere");
    }
}

#[test]
fn the_table_of_templates_in_the_docs_is_the_list() {
    let docs = fs::read_to_string(repository("docs/templates.md")).expect("the page is there");
    let list = Workspace::new().run(&["templates", "list", "--format", "markdown"]).ok().stdout;
    assert!(
        docs.contains(&list),
        "the table of docs/templates.md is not what `navlayer templates list --format markdown` prints"
    );
}
