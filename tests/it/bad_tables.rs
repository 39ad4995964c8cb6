//! Tables that nothing can be built on, and workbooks made to do harm: one clear diagnostic each, and nothing written.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use std::time::{Duration, Instant};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::support::{Run, Workspace};

const HEADER: &str = "capability_id,attack_object_id,attack_version,comments\n";

/// The run on a bad file, which must end at once with an error and without a trace.
#[track_caller]
fn refused(name: &str, content: impl AsRef<[u8]>) -> Run {
    let space = Workspace::new();
    space.write(name, content);
    let start = Instant::now();
    let run = space.run(&["layer", name, "-o", "out.json"]).ends_with(1);
    // Far more than it takes, even on a machine that does other things and without optimization.
    assert!(start.elapsed() < Duration::from_secs(20), "{name} takes {:?}", start.elapsed());
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    assert!(!space.has("out.json"), "nothing is written");
    run
}

/// The message of the one error.
#[track_caller]
fn error(run: &Run) -> String {
    let errors: Vec<_> = run.findings().into_iter().filter(|one| one.severity == "error").collect();
    assert_eq!(errors.len(), 1, "{}", run.stderr);
    format!("{} {} at {}", errors[0].code, errors[0].message, errors[0].place)
}

#[test]
fn a_table_that_is_broken_or_too_large_is_refused_where_it_is() {
    for (content, message) in [
        (
            format!("{HEADER}a,T1110,16.1,\"open\nb,T1111,16.1,x\n"),
            "NL0101 a quote is opened here and never closed at bad.csv:2:14",
        ),
        (
            format!("{HEADER}a,T1110,16.1,x\0y\n"),
            "NL0101 a NUL character stands in the table at bad.csv:2:15",
        ),
        (
            format!("{HEADER}{}", ",".repeat(2_000_000)),
            "NL0101 the table has more than 1000 columns at bad.csv:2:1000",
        ),
        (
            format!("{HEADER}{}", "a,,\n".repeat(400_000)),
            "NL0101 the table has more than 1000000 cells at bad.csv:333334:1",
        ),
        (
            format!("{HEADER}a,T1110,16.1,{}\n", "x".repeat(2 << 20)),
            "NL0110 the cell has 2097152 bytes of text; at most 1048576 are read at bad.csv:2:14",
        ),
        (HEADER.to_owned(), "NL0107 the table has a header and no rows at bad.csv"),
        (
            ",".repeat(2_000_000),
            "NL0102 this is not a mapping file: it is of no form that is known here at bad.csv",
        ),
        (
            format!("{}\n", "x".repeat(2_000_000)),
            "NL0102 this is not a mapping file: it is of no form that is known here at bad.csv",
        ),
    ] {
        assert_eq!(error(&refused("bad.csv", &content)), message);
    }
}

#[test]
fn a_table_of_more_mapping_sets_than_anybody_reads_is_given_up() {
    let mut text = "mapping_framework,capability_id,attack_object_id,attack_version\n".to_owned();
    for number in 0..20_000 {
        let _ = writeln!(text, "f{number},a,T1110,16.1");
    }
    let run = refused("bad.csv", &text);
    assert_eq!(error(&run), "NL0109 the table holds more than 100 mapping sets at bad.csv:102:1");
}

#[test]
fn a_table_full_of_mistakes_is_given_up() {
    let run = refused("bad.csv", format!("{HEADER}{}", "a,T1o10,16.1,\n".repeat(20_000)));
    run.finding("NL0109");
}

/// A workbook of these parts, the usual ones around them.
fn book(parts: &[(&str, &str)]) -> Vec<u8> {
    const USUAL: [(&str, &str); 4] = [
        (
            "[Content_Types].xml",
            r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#,
        ),
        (
            "_rels/.rels",
            r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
        ),
        (
            "xl/workbook.xml",
            r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>"#,
        ),
        (
            "xl/_rels/workbook.xml.rels",
            r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#,
        ),
    ];
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, content) in USUAL.iter().chain(parts) {
        archive.start_file(*name, options).expect("memory takes it");
        archive.write_all(content.as_bytes()).expect("memory takes it");
    }
    archive.finish().expect("memory takes it").into_inner()
}

/// A workbook of one sheet with these rows under a known header, and these shared texts.
fn sheet(rows: &str, shared: &str) -> Vec<u8> {
    let header = ["capability_id", "attack_object_id", "attack_version"];
    let cells: Vec<String> = header.iter().zip(["A1", "B1", "C1"]).map(|(text, at)| cell(at, text)).collect();
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let sheet = format!(
        "<worksheet xmlns=\"{main}\"><sheetData><row r=\"1\">{}</row>{rows}</sheetData></worksheet>",
        cells.concat()
    );
    let shared = format!("<sst xmlns=\"{main}\">{shared}</sst>");
    book(&[("xl/worksheets/sheet1.xml", &sheet), ("xl/sharedStrings.xml", &shared)])
}

fn cell(at: &str, text: &str) -> String {
    format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

#[test]
fn the_workbook_that_the_bad_ones_are_made_of_is_good() {
    let space = Workspace::new();
    let row = format!("<row r=\"2\">{}{}{}</row>", cell("A2", "a"), cell("B2", "T1110"), cell("C2", "16.1"));
    space.write("good.xlsx", sheet(&row, ""));
    assert_eq!(space.layer("good.xlsx", &[]).ids(), ["T1110"]);
}

#[test]
fn a_workbook_made_to_do_harm_is_refused() {
    let far = format!("<row r=\"1048576\">{}</row>", cell("XFD1048576", "x"));
    let backward = format!("<row r=\"3\">{}</row><row r=\"2\">{}</row>", cell("A3", "x"), cell("A2", "x"));
    let shared: String = (2..200).fold(String::new(), |rows, row| {
        rows + &format!("<row r=\"{row}\"><c r=\"A{row}\" t=\"s\"><v>0</v></c></row>")
    });
    let megabyte = format!("<si><t>{}</t></si>", "x".repeat(1 << 20));
    let missing = "<row r=\"2\"><c r=\"A2\" t=\"s\"><v>99</v></c></row>";
    let many: String = "<c><v>1</v></c>".repeat(1_000);
    let many_rows: String =
        (2..1_102).fold(String::new(), |rows, row| rows + &format!("<row r=\"{row}\">{many}</row>"));
    for (bytes, code, message) in [
        (sheet(&far, ""), "NL0101", "it has more than 1000 columns"),
        (sheet(&backward, ""), "NL0101", "its cells are out of order"),
        (sheet(&shared, &megabyte), "NL0101", "its text is more than 64 MiB"),
        (sheet(missing, ""), "NL0101", "the sheet `S` cannot be read"),
        (sheet(&many_rows, ""), "NL0101", "there are more than 1000000 cells"),
        (sheet(&format!("<row r=\"2\">{many}{many}</row>"), ""), "NL0101", "it has more than 1000 columns"),
        (
            sheet("", &"<si><t>x</t></si>".repeat(2_500_000)),
            "NL0101",
            "the workbook unpacks to 40 MiB; at most 32",
        ),
        (
            sheet(&format!("<row r=\"2\">{}</row>", cell("ZZZZZZZ9999999999", "x")), ""),
            "NL0101",
            "names the cell `ZZZZZZZ9999999999`, which no sheet has",
        ),
    ] {
        let run = refused("bad.xlsx", bytes);
        let error = error(&run);
        assert!(
            error.starts_with(code) && error.contains(message) && error.ends_with("at bad.xlsx"),
            "{error}"
        );
    }
}

#[test]
fn a_workbook_that_lies_about_its_size_is_refused() {
    let text = format!("<si><t>{}</t></si>", "x".repeat(40 << 20));
    let mut bytes = sheet("", &text);
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let size = u32::try_from(format!("<sst xmlns=\"{main}\">{text}</sst>").len()).expect("it is small");
    let stated = size.to_le_bytes();
    let places: Vec<usize> = (0..bytes.len() - 4).filter(|at| bytes[*at..at + 4] == stated).collect();
    assert!(!places.is_empty(), "the archive states the size");
    for at in places {
        bytes[at..at + 4].copy_from_slice(&100_u32.to_le_bytes());
    }
    let error = error(&refused("bad.xlsx", bytes));
    assert!(error.contains("the ZIP archive is damaged") || error.contains("more than it says"), "{error}");
}

#[test]
fn an_archive_of_another_kind_is_told_and_passed_over_in_a_folder() {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file("word/document.xml", SimpleFileOptions::default()).expect("memory takes it");
    let docx = archive.finish().expect("memory takes it").into_inner();
    let error_text = error(&refused("text.docx", &docx));
    assert_eq!(
        error_text,
        "NL0102 this is not a mapping file: a ZIP archive that holds no XLSX workbook at text.docx"
    );
    let space = Workspace::new();
    space.write("in/text.docx", &docx);
    space.write("in/map.csv", format!("{HEADER}a,T1110,16.1,\n"));
    let run = space.run(&["layer", "in", "-v"]).ok();
    assert_eq!(run.finding("NL0108").place, "in/text.docx");
    assert!(error(&refused("cut.xlsx", &docx[..20])).contains("the ZIP archive is damaged"));
    let mut old = vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
    old.resize(4_096, 0);
    assert!(error(&refused("old.xls", &old)).contains("an encrypted workbook, or one of Excel before 2007"));
}

#[test]
fn whatever_is_changed_in_a_workbook_ends_in_a_layer_or_a_finding() {
    let row = format!("<row r=\"2\">{}{}{}</row>", cell("A2", "a"), cell("B2", "T1110"), cell("C2", "16.1"));
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let good = format!("<worksheet xmlns=\"{main}\"><sheetData>{row}</sheetData></worksheet>");
    // Every byte of the sheet, replaced by what XML, numbers and references turn on.
    for at in 0..good.len() {
        for byte in [b'<', b'"', b'0', b'&', b'/'] {
            let mut bytes = good.clone().into_bytes();
            bytes[at] = byte;
            let changed = String::from_utf8(bytes).expect("it is ASCII");
            let book = book(&[("xl/worksheets/sheet1.xml", &changed)]);
            let reading =
                navlayer::mapping::read::from_reader("x.xlsx", book.as_slice()).expect("it is small");
            assert!(reading.sets.len() <= 1);
        }
    }
}

#[test]
fn what_stands_before_an_open_quote_is_read_and_checked() {
    let space = Workspace::new();
    space.write(
        "bad.csv",
        format!("{HEADER}a,T1o10,16.1,x\nb,T1111,16.1,y\nc,T1112,16.1,\"open\nd,T1113,16.1,z\n"),
    );
    let run = space.run(&["layer", "bad.csv"]).ends_with(1);
    assert_eq!(run.finding("NL0201").place, "bad.csv:2:3");
    assert_eq!(run.finding("NL0101").place, "bad.csv:4:14");
    assert!(run.findings().len() == 2, "{}", run.stderr);
    // Nothing is said of a version where no row is read, or where the header stands alone.
    for text in ["capability_id,attack_object_id\na,\"T1110\nb,T1111\n", "capability_id,attack_object_id\n"] {
        let run = refused("bad.csv", text);
        assert_eq!(run.findings().len(), 1, "{}", run.stderr);
    }
}

#[test]
fn a_row_shorter_than_the_header_is_found_and_left_out() {
    let space = Workspace::new();
    let text = format!("{HEADER}lock\na,T1110,16.1\nb,T1111,16.1,\n");
    space.write("bad.csv", text);
    let run = space.run(&["layer", "bad.csv"]).ends_with(1);
    let short: Vec<(String, String)> =
        run.findings().into_iter().map(|one| (one.place, one.message)).collect();
    let expected = [
        ("bad.csv:2:1".to_owned(), "the row has 1 cell, and the header 4".to_owned()),
        ("bad.csv:3:1".to_owned(), "the row has 3 cells, and the header 4".to_owned()),
    ];
    assert_eq!(short, expected);
}

#[test]
fn a_named_column_that_is_not_there_is_one_finding() {
    let space = Workspace::new();
    space.write("own.csv", "Control,ATT&CK ID\nEDR,T1110\nEDR,T1046\n");
    space.write("own.xlsx", sheet(&format!("<row r=\"2\">{}</row>", cell("A2", "T1110")), ""));
    for (columns, message, help) in [
        (
            "technique=A",
            "no column `A`, which is named for technique",
            "its columns are `Control`, `ATT&CK ID`",
        ),
        ("technique=ATT&CK IDs,capability=Tool", "no column `ATT&CK IDs`", "did you mean `ATT&CK ID`?"),
        ("technique=ATT&CK ID,capability=Contrl", "no column `Contrl`", "did you mean `Control`?"),
        ("technique=ATT&CK ID,level=Level", "no column `Level`", "its columns are"),
    ] {
        let run = space.run(&["layer", "own.csv", "--columns", columns]).ends_with(1);
        let found = run.findings();
        assert_eq!(found.len(), 1, "{columns}: {}", run.stderr);
        assert_eq!((found[0].code.as_str(), found[0].place.as_str()), ("NL0103", "own.csv:1:1"), "{columns}");
        assert!(found[0].message.contains(message) && found[0].help.contains(help), "{}", run.stderr);
    }
    let table = "<row r=\"3\"/>";
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let rows = format!("<row r=\"2\">{}{}</row>", cell("B2", "Id"), cell("C2", "Tool"));
    let row = format!("<row r=\"4\">{}{}</row>", cell("B4", "T1110"), cell("C4", "EDR"));
    let sheet = format!("<worksheet xmlns=\"{main}\"><sheetData>{rows}{table}{row}</sheetData></worksheet>");
    space.write("own.xlsx", book(&[("xl/worksheets/sheet1.xml", &sheet)]));
    let run = space.run(&["layer", "own.xlsx", "--columns", "technique=A"]).ends_with(1);
    assert_eq!(run.finding("NL0103").place, "own.xlsx:S!B2");
}

#[test]
fn a_row_without_a_technique_is_found_at_its_empty_cell() {
    let header = "capability_id,mapping_type,attack_object_id,attack_version";
    let text = format!("{header}\na,scores,,16.1\n,scores,T1110,16.1\n");
    let space = Workspace::new();
    space.write("gaps.csv", text);
    let run = space.run(&["layer", "gaps.csv"]);
    assert_eq!(run.finding("NL0306").place, "gaps.csv:2:10");
    assert_eq!(run.finding("NL0307").place, "gaps.csv:3:1");
    // The technique's column is the last of the row, and of the sheet.
    let row = format!("<row r=\"3\">{}</row>", cell("A3", "a"));
    let both = format!("<row r=\"2\">{}{}</row>", cell("A2", "b"), cell("C2", "16.1"));
    let mapped = format!("<row r=\"5\">{}{}</row>", cell("A5", "b"), cell("B5", "T1110"));
    let head =
        [("A1", "Tool"), ("B1", "Technique"), ("C1", "Note")].map(|(at, text)| cell(at, text)).concat();
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let sheet = format!(
        "<worksheet xmlns=\"{main}\"><sheetData><row r=\"1\">{head}</row>{both}{row}{mapped}</sheetData></worksheet>"
    );
    space.write("gaps.xlsx", book(&[("xl/worksheets/sheet1.xml", &sheet)]));
    let run = space.run(&["layer", "gaps.xlsx", "--columns", "technique=technique,capability=tool"]).ok();
    let places: Vec<String> =
        run.findings().into_iter().filter(|one| one.code == "NL0306").map(|one| one.place).collect();
    assert_eq!(places, ["gaps.xlsx:S!B2", "gaps.xlsx:S!B3"]);
}

#[test]
fn a_cell_that_no_sheet_has_is_refused_however_it_is_written() {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let row = |cell: &str| {
        format!(
            "<worksheet xmlns=\"{main}\"><sheetData><row r=\"1\"><c {cell} t=\"inlineStr\"><is><t>x</t></is></c></row>\
             </sheetData></worksheet>"
        )
    };
    for cell in [
        "\nr=\"ZZZZZZZZZZZZ1\"",
        "\tr = 'ZZZZZZZZZZZZ1'",
        "x=\">\" r=\"ZZZZZZZZZZZZ1\"",
        "r=\"A4294967296\"",
        "r=\"A1048577\"",
    ] {
        let error = error(&refused("bad.xlsx", book(&[("xl/worksheets/sheet1.xml", &row(cell))])));
        assert!(error.contains("which no sheet has"), "{cell}: {error}");
    }
    let elsewhere = book(&[("xl/elsewhere/Sheet.data", &row("r=\"ZZZZZZZZZZZZ1\""))]);
    assert!(error(&refused("bad.xlsx", elsewhere)).contains("`ZZZZZZZZZZZZ1`, which no sheet has"));
    let back = "<dimension ref=\"B2:A1\"/><sheetData/>";
    let back =
        book(&[("xl/worksheets/sheet1.xml", &format!("<worksheet xmlns=\"{main}\">{back}</worksheet>"))]);
    assert!(error(&refused("bad.xlsx", back)).contains("`B2:A1`, which no sheet has"));
}
