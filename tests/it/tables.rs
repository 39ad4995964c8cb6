//! Tables as mapping sources: what is read from them, and what is found in which cell.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use navlayer::attack::{Catalog, Domain, Version};
use navlayer::diagnostic::{Code, Diagnostic};
use navlayer::mapping::read::{Columns, Options, Reader, Reading, from_reader, from_text};
use navlayer::mapping::{Category, Level};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use serde_json::json;

use crate::support::{Workspace, mapping, row, with};

const HEADER: &str = ",mapping_framework,mapping_framework_version,capability_group,capability_id,\
                      capability_description,mapping_type,attack_object_id,attack_object_name,attack_version,\
                      technology_domain,score_category,score_value,related_score,references,comments,organization,\
                      creation_date,last_update\n";

/// A Mappings Explorer CSV; each row gives capability, type, technique, category, level, references and comment.
fn explorer(rows: &[[&str; 7]]) -> String {
    let mut text = HEADER.to_owned();
    for (index, [capability, kind, technique, category, level, references, comment]) in
        rows.iter().enumerate()
    {
        let _ = writeln!(
            text,
            "{index},acme,1,Watching,{capability},Name of {capability},{kind},{technique},,16.1,enterprise,{category},\
             {level},,{references},{comment},Acme,01/02/2024,03/04/2024"
        );
    }
    text
}

/// Each finding with its place as people read it.
fn found(reading: &Reading) -> Vec<(Code, String)> {
    let place = |finding: &Diagnostic| finding.place.as_ref().map_or_else(String::new, ToString::to_string);
    reading.findings.iter().map(|finding| (finding.code, place(finding))).collect()
}

/// The place of the one finding with a code, as its file's own terms say it.
#[track_caller]
fn locator(reading: &Reading, code: Code) -> String {
    let all: Vec<&Diagnostic> = reading.findings.iter().filter(|finding| finding.code == code).collect();
    assert_eq!(all.len(), 1, "{code} once in {:?}", reading.findings);
    let place = all[0].place.as_ref().expect("it has a place");
    place.locator.as_ref().map_or_else(String::new, ToString::to_string)
}

/// A workbook of one sheet for each list of rows.
fn workbook(sheets: &[(&str, Vec<Vec<&str>>)]) -> Vec<u8> {
    let mut book = Workbook::new();
    for (name, rows) in sheets {
        let sheet = book.add_worksheet().set_name(*name).expect("a name");
        for (number, row) in (0_u32..).zip(rows) {
            for (column, text) in (0_u16..).zip(row) {
                sheet.write_string(number, column, *text).expect("a cell");
            }
        }
    }
    book.save_to_buffer().expect("it can be made")
}

/// The rows of a text without quotes.
fn cells(text: &str) -> Vec<Vec<&str>> {
    text.lines().map(|line| line.split(',').collect()).collect()
}

fn own(columns: &[(&str, &str)]) -> Options {
    let mut held = Columns::default();
    for (key, column) in columns {
        assert!(held.set(key, column), "{key} is a key");
    }
    let framework = Some("acme".to_owned());
    Options {
        columns: Some(held),
        framework,
        attack_version: Some(Version { major: 16, minor: 1 }),
        ..Options::default()
    }
}

#[test]
fn the_same_mapping_gives_the_same_layer_in_every_form() {
    let space = Workspace::new();
    let comment = "It \"sees\" much,\nnot; all.\r\n= a lot";
    let scored = with(row("camera", "T1046", "detect", "partial"), "comments", json!(comment));
    let scored = with(scored, "references", json!(["https://a.example/it's?a,b", "see \"it\""]));
    let scored = with(with(scored, "capability_group", json!("watch")), "related_score", json!("T1040"));
    let denied = with(
        with(row("lawn", "", "", ""), "status", json!("non_mappable")),
        "mapping_type",
        json!("non_mappable"),
    );
    let set = mapping(&[scored, row("lock", "T1110", "protect", "minimal"), denied]);
    space.mapping("map.json", &set);
    let wanted = space.run(&["layer", "map.json"]).ok().stdout;
    assert!(wanted.contains("not; all."), "{wanted}");
    for form in ["json", "yaml", "csv", "tsv", "xlsx"] {
        let file = format!("as.{form}");
        space.run(&["convert", "map.json", "-o", &file]).ok();
        assert!(space.run(&["layer", &file]).ok().stdout == wanted, "{form} gives another layer");
        // Nor does it matter through how many forms it went.
        space.run(&["convert", &file, "-o", "again.csv", "--force"]).ok();
        assert!(
            space.run(&["layer", "again.csv"]).ok().stdout == wanted,
            "{form} to CSV gives another layer"
        );
    }
}

#[test]
fn an_explorer_table_is_read_with_all_that_it_says() {
    let text = explorer(&[
        [
            "camera",
            "technique_scores",
            "T1046",
            "detect",
            "partial",
            "\"['https://a.example/1', \"\"it's\"\"]\"",
            "\"a\nb\"",
        ],
        ["lawn", "non_mappable", "", "", "", "[]", ""],
        ["", "non_mappable", "T1200", "", "", "[]", "Hands only."],
    ]);
    let reading = from_text("acme.csv", &text);
    assert_eq!(found(&reading), []);
    let set = &reading.sets[0];
    assert_eq!((set.framework.id.as_str(), set.framework.version.as_str()), ("acme", "1"));
    assert_eq!((set.domain, set.attack_version), (Domain::Enterprise, Version { major: 16, minor: 1 }));
    assert_eq!(set.publication.organization.as_deref(), Some("Acme"));
    assert_eq!(set.publication.last_update.as_deref(), Some("03/04/2024"));
    let mapping = &set.mappings[0];
    assert_eq!(mapping.comment, "a\nb");
    assert_eq!(
        mapping.references.iter().map(|one| one.text.as_str()).collect::<Vec<_>>(),
        ["https://a.example/1", "it's"]
    );
    assert_eq!((set.groups[0].id.as_str(), set.groups[0].name.as_str()), ("watching", "Watching"));
    let lawn = set.capabilities.iter().find(|one| one.id == "lawn").expect("it is there");
    assert!(lawn.non_mappable && lawn.name == "Name of lawn");
    assert_eq!(set.non_mappable[0].comment, "Hands only.");
    assert_eq!((set.rows, set.non_mappable_rows), (3, 2));
}

#[test]
fn a_finding_in_a_table_points_at_its_cell() {
    let rows = [
        ["camera", "technique_scores", "T1046", "detect", "partial", "[]", "\"two\nlines\""],
        ["camera", "technique_scores", "T1o46", "detct", "partial", "['a", ""],
    ];
    let text = explorer(&rows);
    let reading = from_text("acme.csv", &text);
    assert_eq!(locator(&reading, Code::MalformedId), "record 2, attack_object_id");
    assert_eq!(locator(&reading, Code::UnknownCategory), "record 2, score_category");
    assert_eq!(locator(&reading, Code::WrongType), "record 2, references");
    let (_, place) =
        found(&reading).into_iter().find(|(code, _)| *code == Code::MalformedId).expect("it is there");
    assert_eq!(
        place,
        crate::support::place("acme.csv", &text, "T1o46", 0),
        "the comment before it has two lines"
    );
    assert_eq!(reading.sets[0].mappings.len(), 1);

    let header = cells(HEADER.trim_start_matches(','));
    let text = "acme,1,,camera,,technique_scores,T1o46,,16.1,enterprise,detect,partial,,['a,,,,";
    let book = workbook(&[("Mine", [header, cells(text)].concat())]);
    let reading = from_reader("acme.xlsx", book.as_slice()).expect("it can be read");
    assert_eq!(locator(&reading, Code::MalformedId), "Mine!G2");
    assert_eq!(locator(&reading, Code::WrongType), "Mine!N2");
    assert!(found(&reading).contains(&(Code::MalformedId, "acme.xlsx:Mine!G2".to_owned())));

    let space = Workspace::new();
    space.write("acme.xlsx", book);
    let run = space.run(&["layer", "acme.xlsx"]).ends_with(1);
    assert_eq!(run.finding("NL0201").place, "acme.xlsx:Mine!G2");
    assert!(run.stderr.contains("T1o46"), "{}", run.stderr);
}

#[test]
fn a_list_that_is_none_is_kept_as_the_text_that_it_is() {
    for (cell, found, references) in [
        ("[]", 0, vec![]),
        ("", 0, vec![]),
        ("https://a.example", 0, vec!["https://a.example"]),
        ("https://a.example https://b.example", 0, vec!["https://a.example", "https://b.example"]),
        ("['https://a.example'", 1, vec!["['https://a.example'"]),
        ("[1]", 1, vec!["[1]"]),
    ] {
        let row = ["camera", "technique_scores", "T1046", "detect", "partial", cell, ""];
        let reading = from_text("acme.csv", &explorer(&[row]));
        assert_eq!(reading.findings.len(), found, "{cell}: {:?}", reading.findings);
        let held = &reading.sets[0].mappings[0].references;
        assert_eq!(held.iter().map(|one| one.text.as_str()).collect::<Vec<_>>(), references, "{cell}");
    }
}

#[test]
fn a_table_of_several_frameworks_gives_a_set_for_each() {
    let line = |framework: &str, version: &str, domain: &str, technique: &str| {
        format!("{framework},{version},{domain},lock,{technique}\n")
    };
    let text = "mapping_framework,attack_version,technology_domain,capability_id,attack_object_id\n"
        .to_owned()
        + &line("acme", "16.1", "enterprise", "T1110")
        + &line("other", "16.1", "enterprise", "T1110")
        + &line("", "", "", "T1046")
        + &line("Acme", "15.1", "enterprise", "T1110")
        + &line("acme", "[UNKNOWN_VERSION]", "enterprise", "T1200")
        + &line("acme", "16.1", "ics", "T0800");
    let reading = from_text("all.csv", &text);
    let sets: Vec<_> = reading
        .sets
        .iter()
        .map(|set| {
            (set.framework.id.as_str(), set.attack_version.to_string(), set.domain.name(), set.mappings.len())
        })
        .collect();
    assert_eq!(
        sets,
        [
            ("acme", "16.1".to_owned(), "Enterprise", 3),
            ("other", "16.1".to_owned(), "Enterprise", 1),
            ("acme", "15.1".to_owned(), "Enterprise", 1),
            ("acme", "16.1".to_owned(), "ICS", 1),
        ]
    );
    assert_eq!(found(&reading), [(Code::MixedVersions, "all.csv:5:6".to_owned())]);
}

#[test]
fn rows_that_disagree_about_their_publication_are_found_once() {
    let text = "capability_id,attack_object_id,attack_version,organization,creation_date\n\
                a,T1110,16.1,,2024-01-02\na,T1111,16.1,Acme,\na,T1112,16.1,Other,03/04/2024\na,T1113,16.1,Third,\n";
    let reading = from_text("acme.csv", text);
    let publication = &reading.sets[0].publication;
    assert_eq!(publication.organization.as_deref(), Some("Acme"));
    let codes: Vec<Code> = reading.findings.iter().map(|one| one.code).collect();
    assert_eq!(codes, [Code::MalformedDate, Code::MixedPublication, Code::MixedPublication]);
    assert!(reading.findings[1].message.contains("`Other` here and `Acme`"), "{:?}", reading.findings[1]);
    assert_eq!(reading.sets[0].framework.id, "acme", "the file's name, for want of a column");
}

#[test]
fn an_editor_table_is_read_in_its_own_order_and_words() {
    let header = "Capability Id\tCapability Description\tMapping Type\tAttack Object Id\tAttack Object Name\t\
                  Capability Group\tScore Category\tScore Value\tRelated Score\tComments\tReferences\tAuthor\t\
                  Mapping Framework\tMapping Framework Version\tTechnology Domain\tAttack Version\tCreation Date\t\
                  Last Update\tStatus";
    let rows = [
        "lock\tLock\tTechnique Scores\tT1110.001\tPassword Guessing\tWalls\tProtect\tSignificant\tT1110\tHolds.\t\
         https://a.example/x,y,https://b.example\tAnn\tacme\t1\tenterprise\t16.1\t01/02/2024\t03/04/2024\tIn Progress",
        "lawn\tLawn\t\t\t\tWalls\t\t\t\t\t\tBob\tacme\t1\tenterprise\t[UNKNOWN_VERSION]\t01/02/2024\t03/04/2024\tNon-Mappable",
    ];
    let text = format!("{header}\r\n{}\r\n", rows.join("\r\n"));
    let tabs = from_text("acme.tsv", &text);
    assert_eq!(found(&tabs), []);
    let book: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    let book = from_reader("acme.xlsx", workbook(&[("Export", book)]).as_slice()).expect("it can be read");
    let commas = text
        .replace("https://a.example/x,y,https://b.example", "\"https://a.example/x,y,https://b.example\"");
    let commas = from_text("acme.csv", &commas.replace('\t', ","));
    for reading in [tabs, book, commas] {
        let set = &reading.sets[0];
        let mapping = &set.mappings[0];
        assert_eq!(mapping.score(), Some((Category::Protect, Level::Significant)));
        assert_eq!(mapping.comment, "Holds.");
        let references: Vec<&str> = mapping.references.iter().map(|one| one.text.as_str()).collect();
        assert_eq!(references, ["https://a.example/x,y", "https://b.example"]);
        assert_eq!(mapping.related_score.map(|id| id.to_string()).as_deref(), Some("T1110"));
        assert_eq!(set.publication.author.as_deref(), Some("Ann"));
        assert!(set.capabilities[0].non_mappable && set.capabilities[0].id == "lawn");
        assert_eq!(reading.sets.len(), 1);
    }
}

#[test]
fn without_a_status_a_row_that_names_one_side_alone_is_non_mappable() {
    let text = "Capability Id,Mapping Type,Attack Object Id,Attack Version\nlock,,T1110,16.1\nlawn,,,16.1\n,,T1200,16.1\n\
                log,Scores,,16.1\n";
    let reading = from_text("acme.csv", text);
    assert_eq!(found(&reading).iter().map(|(code, _)| *code).collect::<Vec<_>>(), [Code::NoTechnique]);
    let set = &reading.sets[0];
    let lawn = set.capabilities.iter().find(|one| one.id == "lawn").expect("it is there");
    assert!(lawn.non_mappable);
    assert_eq!(set.non_mappable.len(), 1);
}

#[test]
fn a_table_of_ones_own_is_read_by_its_columns() {
    let text = "Control;ATT&CK ID;Function;Coverage;Notes;Links\n\
                EDR;T1110;stops;high;Good.;https://a.example;https://b.example\n";
    let text = text.replace(";https://b", " https://b");
    let columns = [
        ("technique", " att&ckid"),
        ("capability", "control"),
        ("category", "FUNCTION"),
        ("level", "Coverage"),
        ("comment", "Notes"),
        ("references", "Links"),
    ];
    let mut options = own(&columns);
    options.categories.insert("stops".to_owned(), Category::Protect);
    options.levels.insert("high".to_owned(), Level::Significant);
    let reading = Reader::new(options.clone()).text("My Table.csv", &text);
    assert_eq!(found(&reading), []);
    let set = &reading.sets[0];
    assert_eq!((set.framework.id.as_str(), set.capabilities[0].id.as_str()), ("acme", "EDR"));
    let mapping = &set.mappings[0];
    assert_eq!(mapping.score(), Some((Category::Protect, Level::Significant)));
    assert_eq!((mapping.comment.as_str(), mapping.references.len()), ("Good.", 2));

    // The usual words count too, and what is neither is found with its cell.
    let other = text.replace("stops;high", "Detect;hihg");
    let reading = Reader::new(options).text("My Table.csv", &other);
    assert_eq!(locator(&reading, Code::UnknownLevel), "record 1, Coverage");
}

#[test]
fn without_a_capability_column_the_framework_is_the_one_capability() {
    let mut options = own(&[("technique", "id")]);
    options.framework = None;
    options.attack_version = None;
    let reading = Reader::new(options).text("in/My EDR.csv.gz", "id,name\nT1110,x\nT1046,y\n");
    let set = &reading.sets[0];
    assert_eq!((set.framework.id.as_str(), set.capabilities[0].id.as_str()), ("my_edr", "my_edr"));
    assert_eq!(set.mappings.len(), 2);
    assert_eq!(set.attack_version, Catalog::newest(Domain::Enterprise).version());
    assert_eq!(found(&reading), [(Code::VersionAssumed, "in/My EDR.csv.gz".to_owned())]);
}

#[test]
fn a_column_that_is_not_there_is_found_with_the_nearest() {
    let reading = Reader::new(own(&[("technique", "id"), ("level", "Coverage"), ("category", "kind")]))
        .text("own.csv", "id,coverge,kind\nT1110,high,Protect\n");
    let finding = reading.findings.iter().find(|one| one.code == Code::MissingField).expect("it is found");
    assert!(finding.message.contains("`Coverage`"), "{finding:?}");
    assert_eq!(finding.help.as_deref(), Some("did you mean `coverge`?"));
    assert_eq!(locator(&reading, Code::MissingField), "header");
}

#[test]
fn a_level_without_a_category_column_is_said_once() {
    let reading = Reader::new(own(&[("technique", "id"), ("level", "level")]))
        .text("own.csv", "id,level\nT1110,high\nT1046,low\n");
    assert_eq!(found(&reading), [(Code::HalfScore, "own.csv:1:4".to_owned())]);
    assert!(reading.sets[0].mappings.iter().all(|mapping| mapping.score().is_none()));
}

#[test]
fn a_table_of_an_unknown_header_is_told_how_to_be_read() {
    let space = Workspace::new();
    space.write("own.csv", "Control,ATT&CK ID,Level\nEDR,T1110,high\n");
    let run = space.run(&["layer", "own.csv"]).ends_with(1);
    let finding = run.finding("NL0102");
    assert_eq!(finding.place, "own.csv:1:1");
    assert!(finding.help.contains("`Control`, `ATT&CK ID`, `Level`"), "{finding:?}");
    assert!(
        finding.help.contains("--columns 'technique=ATT&CK ID,capability=Control,level=Level'"),
        "{finding:?}"
    );
    space.write("scan.csv", "PROVIDER;REQUIREMENTS_ID;STATUS;CHECKID\naws;T1110;FAIL;x\n");
    space.run(&["layer", "scan.csv"]).ends_with(1).says(&["the result of a Prowler scan"]);
    space.write("words.txt", "just, some words\n");
    space.run(&["layer", "words.txt"]).ends_with(1).says(&["it is of no form that is known here"]);
}

#[test]
fn unknown_and_repeated_columns_are_found_in_the_header() {
    let text =
        "capability_id,attack_object_id,attack_version,coments,score_value,score_value\na,T1110,16.1,x,,\n";
    let reading = from_text("acme.csv", text);
    assert_eq!(
        found(&reading),
        [(Code::UnknownField, "acme.csv:1:47".to_owned()), (Code::WrongType, "acme.csv:1:67".to_owned())]
    );
    assert!(reading.findings[0].help.as_ref().is_some_and(|help| help.contains("`comments`")));
}

#[test]
fn a_row_longer_than_the_header_is_found_and_left_out() {
    let text =
        "capability_id,attack_object_id,attack_version,comments\na,T1110,16.1,one, two\nb,T1110,16.1,,,\n";
    let reading = from_text("acme.csv", text);
    assert_eq!(found(&reading), [(Code::WrongType, "acme.csv:2:18".to_owned())]);
    assert_eq!(reading.sets[0].capabilities.len(), 1, "empty cells past the header are nothing");
}

#[test]
fn senseless_versions_and_domains_are_found_once_at_their_cells() {
    let text = "capability_id,attack_object_id,attack_version,technology_domain\na,T1110,sixteen,enterprise\n\
                a,T1111,sixteen,cloud\na,T1112,16.1,cloud\n";
    let reading = from_text("acme.csv", text);
    let codes: Vec<Code> = reading.findings.iter().map(|one| one.code).collect();
    assert_eq!(codes, [Code::UnknownVersion, Code::UnknownDomain]);
    assert_eq!(locator(&reading, Code::UnknownVersion), "record 1, attack_version");
    assert_eq!(locator(&reading, Code::UnknownDomain), "record 2, technology_domain");
}

#[test]
fn the_sheets_of_a_workbook_that_have_a_known_header_are_read() {
    let header = "capability_id,attack_object_id,attack_version,capability_description";
    let one = format!("{header}\nlock,T1110,16.1,Lock");
    let two = format!("{header}\ncamera,T1046,16.1,Camera\nlock,T1110,16.1,");
    let book = workbook(&[
        ("Notes", cells("about,this\nwords,words")),
        ("First", cells(&one)),
        ("Empty", Vec::new()),
        ("Second", cells(&two)),
    ]);
    let space = Workspace::new();
    space.write("in.xlsx", &book);
    let run = space.run(&["layer", "in.xlsx", "-v"]).ok();
    assert_eq!(run.layer().ids(), ["T1046", "T1110"], "one set on two sheets");
    assert!(run.finding("NL0108").message.contains("`Notes`"));
    assert_eq!(run.finding("NL0301").place, "in.xlsx:Second!B3");
    let others = workbook(&[("Own", cells("Technique,Tool\nT1110,EDR"))]);
    space.write("own.xlsx", others);
    let run = space.run(&["layer", "own.xlsx"]).ends_with(1);
    assert!(run.finding("NL0102").help.contains("--columns technique=Technique,capability=Tool"));
}

#[test]
fn numbers_and_dates_of_a_spreadsheet_are_read_as_they_are_shown() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let header =
        ["capability_id", "attack_object_id", "attack_version", "mapping_framework_version", "last_update"];
    for (column, name) in (0_u16..).zip(header) {
        sheet.write_string(0, column, name).expect("a cell");
    }
    let date = Format::new().set_num_format("yyyy-mm-dd");
    let day = ExcelDateTime::from_ymd(2024, 12, 11).expect("a day");
    sheet.write_number(1, 0, 12).expect("a cell");
    sheet.write_string(1, 1, "T1110").expect("a cell");
    sheet.write_number(1, 2, 16.1).expect("a cell");
    sheet.write_number(1, 3, 5).expect("a cell");
    sheet.write_datetime_with_format(1, 4, &day, &date).expect("a cell");
    let book = book.save_to_buffer().expect("it can be made");
    let reading = from_reader("in.xlsx", book.as_slice()).expect("it can be read");
    assert_eq!(found(&reading), []);
    let set = &reading.sets[0];
    assert_eq!((set.capabilities[0].id.as_str(), set.framework.version.as_str()), ("12", "5"));
    assert_eq!(set.attack_version, Version { major: 16, minor: 1 });
    assert_eq!(set.publication.last_update.as_deref(), Some("12/11/2024"));
}

#[test]
fn a_comment_that_looks_like_another_form_does_not_make_it_one() {
    let row = [
        "camera",
        "technique_scores",
        "T1046",
        "detect",
        "partial",
        "[]",
        "\"see\nATT&CK version: 9\nmetadata\"",
    ];
    let reading = from_text("acme.csv", &explorer(&[row]));
    assert_eq!(found(&reading), []);
    assert_eq!(reading.sets[0].mappings.len(), 1);
}

#[test]
fn a_folder_of_tables_is_read_and_copies_are_left_out() {
    let space = Workspace::new();
    let row = ["camera", "technique_scores", "T1046", "detect", "partial", "[]", ""];
    let text = explorer(&[row]);
    space.write("in/a.csv", &text);
    space.write("in/b.tsv", text.replace(',', "\t"));
    space.write("in/other.csv", "a,b\n1,2\n");
    let run = space.run(&["layer", "in", "-v"]).ok();
    assert_eq!(run.layer().ids(), ["T1046"]);
    let skipped: BTreeMap<String, String> = run
        .findings()
        .into_iter()
        .filter(|one| one.code == "NL0108")
        .map(|one| (one.place, one.message))
        .collect();
    assert_eq!(skipped.keys().collect::<Vec<_>>(), ["in/b.tsv", "in/other.csv:1:1"]);
}

#[test]
fn the_header_may_stand_below_blank_lines_and_a_title() {
    let options = own(&[("technique", "attack id"), ("capability", "tool")]);
    for (text, place) in [
        ("\n\nTool,ATT&CK\n", None),
        ("\n,,\n\nTool,Attack ID,Note\nEDR,T1o10,\n", Some("5:5 record 1, Attack ID")),
        ("Our tools, 2024\n\nTool;Attack ID;Note\nEDR;T1o10;\n", Some("4:5 record 1, Attack ID")),
        ("\"Our\ntools\"\nTool\tAttack ID\nEDR\tT1o10\n", Some("4:5 record 1, Attack ID")),
    ] {
        let reading = Reader::new(options.clone()).text("own.csv", text);
        let places: Vec<String> = reading
            .findings
            .iter()
            .filter(|one| one.code == Code::MalformedId)
            .filter_map(|one| one.place.as_ref())
            .map(|place| {
                format!("{}:{} {}", place.line, place.column, place.locator.as_ref().expect("it has one"))
            })
            .collect();
        assert_eq!(places, Vec::from_iter(place.map(str::to_owned)), "{text:?}: {:?}", reading.findings);
        assert_eq!(reading.findings.len(), 1, "{text:?}: {:?}", reading.findings);
    }
    let far = format!("{}Tool,Attack ID\nEDR,T1110\n", "title\n".repeat(25));
    let reading = Reader::new(options.clone()).text("own.csv", &far);
    assert_eq!(reading.sets.len(), 0, "only the first records are looked at");

    let rows =
        vec![vec!["Our tools", "of 2024"], vec![], vec!["", "Tool", "Attack ID"], vec!["", "EDR", "T1o10"]];
    let book = workbook(&[("Map pings'x", rows)]);
    let reading = Reader::new(options).stream("own.xlsx", book.as_slice()).expect("it can be read");
    assert_eq!(found(&reading), [(Code::MalformedId, "own.xlsx:'Map pings''x'!C4".to_owned())]);
}

#[test]
fn a_hidden_sheet_is_left_out_with_a_note() {
    let mut book = Workbook::new();
    for (name, technique) in [("Shown", "T1110"), ("Old", "T1046"), ("Older", "T1040")] {
        let sheet = book.add_worksheet().set_name(name).expect("a name");
        for (column, text) in (0_u16..).zip(["capability_id", "attack_object_id", "attack_version"]) {
            sheet.write_string(0, column, text).expect("a cell");
        }
        for (column, text) in (0_u16..).zip(["lock", technique, "16.1"]) {
            sheet.write_string(1, column, text).expect("a cell");
        }
        match name {
            "Old" => drop(sheet.set_hidden(true)),
            "Older" => drop(sheet.set_very_hidden(true)),
            _ => {}
        }
    }
    let space = Workspace::new();
    space.write("in.xlsx", book.save_to_buffer().expect("it can be made"));
    let run = space.run(&["layer", "in.xlsx", "-v"]).ok();
    assert_eq!(run.layer().ids(), ["T1110"]);
    let notes: Vec<String> =
        run.findings().into_iter().filter(|one| one.code == "NL0108").map(|one| one.message).collect();
    assert_eq!(
        notes,
        ["the sheet `Old` is left out: it is hidden", "the sheet `Older` is left out: it is hidden"]
    );
}

#[test]
fn an_unknown_word_is_told_the_nearest_of_the_words_of_ones_own() {
    let mut options = own(&[("technique", "id"), ("category", "kind"), ("level", "level")]);
    options.categories.insert("stops".to_owned(), Category::Protect);
    options.levels.insert("excellent".to_owned(), Level::Significant);
    let text = "id,kind,level\nT1110,stops,excelent\nT1111,stosp,Partial\nT1112,Detct,zzz\nT1113,,zzz\n";
    let reading = Reader::new(options).text("own.csv", text);
    let helps: Vec<&str> = reading.findings.iter().filter_map(|one| one.help.as_deref()).collect();
    let level = "words of your own stand in [values.level] of navlayer.toml";
    let category = "words of your own stand in [values.category] of navlayer.toml";
    assert_eq!(
        helps,
        [
            format!("did you mean `excellent`? {level}"),
            format!("did you mean `stops`? {category}"),
            format!("did you mean `Detect`? {category}"),
            format!("a level is Minimal, Partial or Significant. {level}"),
            format!("a level is Minimal, Partial or Significant. {level}"),
        ]
    );
    assert_eq!(reading.findings.len(), 5, "half a score is not said too");
    let set = &reading.sets[0];
    assert!(set.mappings.len() == 4 && set.mappings.iter().all(|mapping| mapping.score().is_none()));
}

#[test]
fn addresses_parted_by_commas_are_references_of_their_own() {
    let options = own(&[("technique", "id"), ("references", "links")]);
    for (cell, references) in [
        ("http://a.example,http://b.example", vec!["http://a.example", "http://b.example"]),
        ("http://a.example/x,y, https://b.example", vec!["http://a.example/x,y", "https://b.example"]),
        ("http://a.example, and a book", vec!["http://a.example, and a book"]),
        ("a book,http://a.example", vec!["a book,http://a.example"]),
    ] {
        let reading = Reader::new(options.clone()).text("own.csv", &format!("id,links\nT1110,\"{cell}\"\n"));
        let held = &reading.sets[0].mappings[0].references;
        assert_eq!(held.iter().map(|one| one.text.as_str()).collect::<Vec<_>>(), references, "{cell}");
    }
}

#[test]
fn a_table_of_another_kind_in_a_folder_is_passed_over() {
    let space = Workspace::new();
    space.write("in/own.csv", "ID,Tool\nT1110,EDR\n");
    space.write("in/staff.csv", "name,room\nA,1\nB,2\n");
    let run = space.run(&["layer", "in", "--columns", "technique=ID,capability=Tool", "-v"]).ok();
    assert_eq!(run.layer().ids(), ["T1110"]);
    assert_eq!(run.finding("NL0108").place, "in/staff.csv:1:1");
    space.run(&["layer", "in/staff.csv", "--columns", "technique=ID"]).ends_with(1).finding("NL0103");
}
