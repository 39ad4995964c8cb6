//! `navlayer report`: one page that holds everything, and says what the data says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Workspace, active, corpus, covered, listing, mapping, plain_row, row, with};

/// What a report weighs at most, in bytes.
const MOST: usize = 1_500_000;

/// The report of a run that must end well.
fn report(space: &Workspace, arguments: &[&str]) -> String {
    let all = [&["report"][..], arguments, &["-o", "-"]].concat();
    space.run(&all).ok().stdout
}

/// The values of an attribute, in order.
fn values<'p>(page: &'p str, attribute: &str) -> Vec<&'p str> {
    let start = format!(" {attribute}=\"");
    page.split(start.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// The part of a page from a section's id to the end of it.
fn section<'p>(page: &'p str, id: &str) -> &'p str {
    let (_, rest) = page.split_once(&format!(" id=\"{id}\"")).unwrap_or_else(|| panic!("there is no #{id}"));
    rest.split_once("\n</section>\n\n").map_or(rest, |(section, _)| section)
}

/// Text as a reader sees it: without markup.
fn seen(markup: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in markup.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => text.push(c),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace("&amp;", "&")
}

/// Nothing but the page itself is asked for, and every link within it leads somewhere.
#[track_caller]
fn holds_together(page: &str) {
    assert!(page.starts_with("<!doctype html>"), "a page");
    assert!(page.contains("default-src 'none'"), "a strict policy");
    for part in [" src=\"", " style=\"", " onclick", "javascript:", "@import", "url(http"] {
        let at = page.find(part);
        assert!(at.is_none(), "`{part}`: {:?}", at.map(|at| &page[at.saturating_sub(80)..at + 40]));
    }
    assert_eq!(page.matches("<h1").count(), 1, "one title");
    let ids = values(page, "id");
    let distinct: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), distinct.len(), "no id stands twice");
    for href in values(page, "href") {
        match href.strip_prefix('#') {
            Some(id) => assert!(distinct.contains(id), "#{id} leads nowhere"),
            None => assert!(
                href.starts_with("https://")
                    || href.starts_with("http://")
                    || href.starts_with("data:image/"),
                "{href}"
            ),
        }
    }
}

#[test]
fn the_built_in_mapping_is_one_page_that_needs_nothing_else() {
    let space = Workspace::new();
    space.run(&["report"]).ok().says(&["wrote navlayer-report.html"]);
    let page = space.read("navlayer-report.html");
    holds_together(&page);
    assert!(page.len() <= MOST, "{} bytes", page.len());
    assert_eq!(space.names("."), ["navlayer-report.html"], "one file");
    assert_eq!(report(&space, &[]), page, "the same input gives the same bytes");
    let order: Vec<usize> =
        ["answer", "heatmap", "tactics", "capabilities", "sides", "gaps", "method", "sources", "techniques"]
            .iter()
            .map(|id| page.find(&format!(" id=\"{id}\"")).expect(id))
            .collect();
    assert!(order.is_sorted(), "the answer first, then what it rests on, then what is looked up: {order:?}");
}

/// The strongest score of each active technique, straight from the built-in mapping's file.
fn strongest() -> BTreeMap<String, i64> {
    let file = "data/mappings/aws-12.12.2024_attack-16.1-enterprise.json";
    let text =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect("the mapping is there");
    let value: Value = serde_json::from_str(&text).expect("it is JSON");
    let known: BTreeSet<String> = active("16.1").into_iter().map(|technique| technique.id).collect();
    let mut scores = BTreeMap::new();
    for object in value["mapping_objects"].as_array().expect("rows") {
        let Some(id) = object["attack_object_id"].as_str().filter(|id| known.contains(*id)) else { continue };
        let score = match object["score_value"].as_str() {
            Some("minimal") => 10,
            Some("partial") => 50,
            Some("significant") => 100,
            _ => continue,
        };
        let held = scores.entry(id.to_owned()).or_insert(0);
        *held = score.max(*held);
    }
    scores
}

#[test]
fn the_answer_says_what_the_mapping_file_says() {
    let space = Workspace::new();
    let page = report(&space, &[]);
    let answer = seen(section(&page, "answer"));
    let scores = strongest();
    let all = active("16.1");
    let share = |n: usize, of: usize| format!("{:.0}\u{a0}%", 100.0 * n as f64 / of as f64);
    let is_sub = |id: &str| id.contains('.');
    let mapped = |sub: bool| scores.keys().filter(|id| is_sub(id) == sub).count();
    let in_scope = |sub: bool| all.iter().filter(|one| is_sub(&one.id) == sub).count();
    let text = format!(
        "AWS maps {} of {} techniques ({}) and {} of {} sub-techniques ({}) of Enterprise ATT&CK 16.1.",
        mapped(false),
        in_scope(false),
        share(mapped(false), in_scope(false)),
        mapped(true),
        in_scope(true),
        share(mapped(true), in_scope(true)),
    );
    // Any kind of space is one.
    let answer = answer.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(answer.contains(&plain(&text)), "{text}\n{answer}");
    // The tactic ahead and the one behind, of those with at least five techniques.
    let mut tactics: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for technique in &all {
        for tactic in &technique.tactics {
            let (n, of) = tactics.entry(tactic).or_default();
            *n += usize::from(scores.contains_key(&technique.id));
            *of += 1;
        }
    }
    let ratio = |(n, of): (usize, usize)| n as f64 / of as f64;
    let best = tactics.values().copied().max_by(|a, b| ratio(*a).total_cmp(&ratio(*b))).expect("tactics");
    let worst = tactics.values().copied().min_by(|a, b| ratio(*a).total_cmp(&ratio(*b))).expect("tactics");
    let text = format!(
        "{} of its {} techniques and sub-techniques are mapped ({})",
        best.0,
        best.1,
        share(best.0, best.1)
    );
    assert!(answer.contains(&plain(&text)), "{text}\n{answer}");
    let text = format!(
        "{} of its {} techniques and sub-techniques are mapped ({}), {} not covered.",
        worst.0,
        worst.1,
        share(worst.0, worst.1),
        worst.1 - worst.0
    );
    assert!(answer.contains(&plain(&text)), "{text}\n{answer}");
    assert_eq!(page.matches("<li><h4>").count(), 6, "three strengths and three gaps");
}

#[test]
fn every_mapping_stands_in_it_once() {
    let space = Workspace::new();
    let rows = [
        with(
            with(row("lock", "T1110", "protect", "partial"), "comments", json!("Holds <b>well</b>.")),
            "references",
            json!(["https://lock.example/a", "See the manual"]),
        ),
        with(row("lock", "T1110", "detect", "minimal"), "references", json!(["https://lock.example/a"])),
        row("lock", "T1110.001", "protect", "significant"),
        with(
            row("camera", "T1110", "detect", "significant"),
            "references",
            json!(["https://camera.example/"]),
        ),
    ];
    space.mapping("two.json", &mapping(&rows));
    let page = report(&space, &["two.json"]);
    holds_together(&page);
    let mappings = section(&page, "mappings");
    assert_eq!(mappings.matches("<div class=\"mapping\">").count(), rows.len());
    assert!(mappings.contains("Holds &lt;b&gt;well&lt;/b&gt;."), "a comment, and no markup of it");
    // Each reference is told once, numbered in the order of its first citation, and cited wherever it belongs.
    let notes = section(&page, "notes");
    let told: Vec<String> = notes
        .split("<li id=\"note-")
        .skip(1)
        .map(|note| seen(&format!("<{}", note.split("</li>").next().unwrap_or(note))))
        .collect();
    let numbered = ["https://lock.example/a", "See the manual", "https://camera.example/"];
    assert_eq!(told.len(), numbered.len(), "{told:?}");
    for (number, text) in numbered.iter().enumerate() {
        assert!(told.iter().any(|note| *note == format!("[{}] {text}", number + 1)), "{text}: {told:?}");
    }
    assert_eq!(mappings.matches(">[1]</a>").count(), 2);
    assert!(mappings.contains("<a href=\"#note-2\">[2]</a>"), "what is no address leads to where it is told");
    assert!(mappings.contains("<a href=\"https://lock.example/a\">[1]</a>"));
    // By technique, too.
    let directory = section(&page, "techniques");
    assert!(directory.contains("<tr id=\"T1110\">") && directory.contains("<tr id=\"T1110.001\">"));
}

#[test]
fn what_a_capability_always_refers_to_is_cited_once() {
    let space = Workspace::new();
    let cited = |technique| {
        with(row("lock", technique, "protect", "partial"), "references", json!(["https://lock.example/"]))
    };
    space.mapping("lock.json", &mapping(&[cited("T1110"), cited("T1078"), cited("T1098")]));
    let page = report(&space, &["lock.json"]);
    assert_eq!(page.matches(">[1]</a>").count(), 1);
}

#[test]
fn a_brief_report_leaves_out_what_is_looked_up() {
    let space = Workspace::new();
    let whole = report(&space, &[]);
    let brief = report(&space, &["--brief"]);
    for id in ["mappings", "techniques", "findings"] {
        assert!(whole.contains(&format!(" id=\"{id}\"")), "{id}");
        assert!(!brief.contains(&format!(" id=\"{id}\"")), "{id}");
    }
    for id in ["answer", "heatmap", "gaps", "method", "sources"] {
        assert!(brief.contains(&format!(" id=\"{id}\"")), "{id}");
    }
    assert!(brief.len() < whole.len() / 2 + whole.len() / 4, "{} of {}", brief.len(), whole.len());
}

#[test]
fn the_title_page_says_what_it_is_told_and_reads_no_clock() {
    let space = Workspace::new();
    let page = report(
        &space,
        &[
            "--title",
            "What AWS <covers>",
            "--subtitle",
            "A first look",
            "--for",
            "Acme & Co",
            "--by",
            "Security",
            "--date",
            "25 November 2026",
        ],
    );
    holds_together(&page);
    let (cover, _) = page.split_once("<main").expect("there is a main part");
    let (_, cover) = cover.split_once("<body").expect("there is a body");
    let cover = seen(cover);
    for part in
        ["What AWS &lt;covers&gt;", "A first look", "Acme & Co", "Prepared bySecurity", "25 November 2026"]
    {
        assert!(cover.contains(part), "{part}: {cover}");
    }
    assert!(cover.contains("487 mappings of 20 capabilities, made on Enterprise ATT&CK 16.1"), "{cover}");
    let plain = report(&space, &["--title", " "]);
    assert!(
        plain.contains("<h1 dir=\"auto\">AWS coverage of Enterprise ATT&amp;CK 16.1</h1>"),
        "a blank title is none"
    );
    assert!(!seen(&plain).contains("Prepared"), "what nobody says does not stand there");
}

#[test]
fn sides_are_those_asked_for() {
    let space = Workspace::new();
    let page = report(&space, &["--side", "AWS Config", "--side", "ours=*guard*"]);
    holds_together(&page);
    let sides = seen(section(&page, "sides"));
    assert!(
        sides.contains("AWS Config, ours : what each covers")
            || sides.contains("AWS Config, ours: what each covers"),
        "{sides}"
    );
    let usual = seen(section(&report(&space, &[]), "sides"));
    assert!(usual.contains("Amazon GuardDuty"), "without a word the capabilities that map most");
    space
        .run(&["report", "--side", "aws_config"])
        .ends_with(2)
        .says(&["two to eight sides, not of 1", "help: --side is given once for each"]);
    space
        .run(&["report", "--side", "aws_config", "--side", "amazon_guardduti"])
        .ends_with(2)
        .says(&["amazon_guardduti", "amazon_guardduty"]);
    space.mapping("lock.json", &mapping(&[row("lock", "T1110", "protect", "partial")]));
    space
        .run(&["report", "--side", "aws_config", "--side", "lock.json"])
        .ends_with(2)
        .says(&["--side lock.json is a source of its own", "navlayer compare"]);
    assert!(!space.has("navlayer-report.html"), "nothing is written");
}

#[test]
fn several_sources_are_told_together_and_apart() {
    let space = Workspace::new();
    space.mapping(
        "lock.json",
        &mapping(&[row("lock", "T1110", "protect", "partial"), row("lock", "T1078", "detect", "minimal")]),
    );
    let other = "name: Lamp\nplatform: door\nATT&CK version: 16.1\ntechniques:\n- id: T1110\n  name: Brute Force\n  technique-scores:\n  \
                 - {category: Detect, value: Significant, comments: Shines.}\n";
    space.write("lamp.yaml", other);
    let page = report(&space, &["lock.json", "lamp.yaml"]);
    holds_together(&page);
    let answer = seen(section(&page, "answer"));
    assert!(answer.contains("together map 2 of"), "{answer}");
    assert!(section(&page, "sides").contains("Mapped by every side"), "the sources are the sides");
    assert!(section(&page, "mappings").contains("Shines."));
}

#[test]
fn mappings_without_levels_are_counted_and_said_to_be() {
    let space = Workspace::new();
    space.mapping(
        "plain.json",
        &mapping(&[plain_row("lock", "T1110"), plain_row("camera", "T1110"), plain_row("camera", "T1078")]),
    );
    let page = report(&space, &["plain.json"]);
    holds_together(&page);
    let answer = seen(section(&page, "answer"));
    assert!(answer.contains("they are counted"), "{answer}");
    assert!(!answer.contains("at least Partial"), "no level where there is none: {answer}");
    assert!(!page.contains(" id=\"categories\""));
    assert_eq!(page.matches("<li><h4>").count(), 6, "three strengths and three gaps without levels, too");
}

#[test]
fn nothing_mapped_is_said_and_nothing_is_praised() {
    let space = Workspace::new();
    let page = report(&space, &["--capability", "aws_artifact"]);
    holds_together(&page);
    let answer = seen(section(&page, "answer"));
    assert!(answer.contains("Nothing of AWS that passes the filters maps a technique"), "{answer}");
    assert!(!page.contains("<li><h4>"), "no strengths of nothing");
}

#[test]
fn a_threat_and_what_is_deployed_have_their_sections() {
    let space = Workspace::new();
    space.write("on.txt", "amazon_guardduty\naws_config\n");
    let page = report(&space, &["--threat", "APT29", "--deployed", "on.txt"]);
    holds_together(&page);
    let answer = seen(section(&page, "answer"));
    assert!(answer.contains("APT29 is not covered in full"), "{answer}");
    assert!(answer.contains("What is deployed of AWS maps"), "{answer}");
    for id in ["threat", "threat-gaps", "threat-matrix", "deployed", "evidence", "next"] {
        assert!(page.contains(&format!(" id=\"{id}\"")), "{id}");
    }
    assert!(!page.contains("layers/"), "a page has no layers beside it");
    assert!(!page.contains("summary.json"));
}

#[test]
fn rows_that_moved_to_another_version_are_told() {
    let space = Workspace::new();
    let page = report(&space, &["--attack-version", "latest"]);
    holds_together(&page);
    assert!(section(&page, "upgrade").contains("ATT&amp;CK versions"));
    assert!(seen(&page).contains("made on Enterprise ATT&CK 16.1 and carried to 19.0"));
}

#[test]
fn paper_is_a4_or_letter() {
    let space = Workspace::new();
    let last = |page: &str| -> Vec<String> {
        let style = page.split("</style>").next().expect("a style sheet");
        let rules =
            style.split("@page").skip(1).map(|rule| rule.split('}').next().unwrap_or(rule).to_owned());
        rules.filter(|rule| rule.contains("size:")).collect()
    };
    for (arguments, size) in [(&[][..], "A4"), (&["--paper", "letter"], "letter")] {
        let rules = last(&report(&space, arguments));
        let [.., upright, cover, lying] = rules.as_slice() else { panic!("{rules:?}") };
        assert!(upright.starts_with(&format!("{{size:{size};")), "{upright}");
        assert!(cover.starts_with(&format!(" cover{{size:{size};")), "{cover}");
        assert!(lying.starts_with(&format!(" matrix{{size:{size} landscape;")), "{lying}");
    }
    space.run(&["report", "--paper", "foolscap"]).ends_with(2).says(&["a4", "letter"]);
}

#[test]
fn a_file_of_somebody_else_stays() {
    let space = Workspace::new();
    space.write("mine.html", "<html>my own page</html>");
    space
        .run(&["report", "-o", "mine.html"])
        .ends_with(2)
        .says(&["mine.html was not written by navlayer", "--force"]);
    assert_eq!(space.read("mine.html"), "<html>my own page</html>");
    space.run(&["report", "-o", "mine.html", "--force"]).ok();
    space.run(&["report", "-o", "mine.html", "--brief"]).ok();
    assert!(space.read("mine.html").starts_with("<!doctype html>"), "one of ours gives way to the next");
}

#[test]
fn hostile_texts_only_show() {
    let space = Workspace::new();
    let nasty = "\"><script>alert(1)</script><img src=x onerror=alert(1)>\u{202e}😀";
    let mut one = with(row("lock", "T1110", "protect", "partial"), "comments", json!(nasty));
    one = with(
        with(one, "references", json!(["javascript:alert(1)", nasty])),
        "capability_description",
        json!(nasty),
    );
    space.mapping("nasty.json", &mapping(&[one, row("camera", "T1110", "detect", "minimal")]));
    let page = report(&space, &["nasty.json", "--title", nasty, "--for", nasty]);
    assert_eq!(page.matches("<script").count(), page.matches("</script>").count());
    assert!(!page.contains("<script>alert") && !page.contains("<img"), "no markup of a file");
    assert!(!page.contains("href=\"javascript:"));
}

#[test]
fn every_published_mapping_makes_a_report() {
    let Some(corpus) = corpus() else { return };
    let space = Workspace::new();
    let files = listing(&corpus.join("mappings-explorer"));
    for file in &files {
        let name = file.to_str().expect("a name in UTF-8");
        let page = report(&space, &[name, "--quiet"]);
        holds_together(&page);
        if name.contains("aws-12.12.2024") {
            assert!(page.len() <= MOST, "{} bytes with all comments", page.len());
        }
    }
    covered(files.len());
}
