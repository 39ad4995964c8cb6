//! The accounts of upgrades, as they are read: on narrow screens, of several files, and by each command that upgrades.

use crate::support::Workspace;

/// The parts of a page between two marks.
fn between<'a>(page: &'a str, open: &'a str, close: &'a str) -> impl Iterator<Item = &'a str> {
    page.split(open).skip(1).filter_map(move |rest| rest.split_once(close).map(|(part, _)| part))
}

/// The words of an element, without tags.
fn words(element: &str) -> String {
    let text: String = element
        .split('<')
        .enumerate()
        .map(|(at, part)| if at == 0 { part } else { after_tag(part) })
        .collect();
    text.trim().to_owned()
}

fn after_tag(part: &str) -> &str {
    part.split_once('>').map_or("", |(_, text)| text)
}

#[test]
fn on_a_narrow_screen_every_cell_says_which_column_it_is_of() {
    let space = Workspace::new();
    let upgraded = ["layer", "--attack-version", "19.0", "-o", "a.json", "--upgrade-report", "account.html"];
    space.run(&upgraded).ok();
    space.run(&["catalog", "diff", "16.1", "19.0", "-o", "changes.html"]).ok();
    for (page, count) in [("account.html", 2), ("changes.html", 7)] {
        let page = space.read(page);
        let tables: Vec<&str> = between(&page, " stack\"", "</table>").collect();
        assert_eq!(tables.len(), count, "tables that are stacked");
        for table in tables {
            let columns: Vec<String> =
                between(table, "role=\"columnheader\"", "</th>").map(words_after).collect();
            assert!(columns.len() > 2, "{columns:?}");
            let body = table.split_once("<tbody role=\"rowgroup\">").expect("a body").1;
            let mut rows = 0;
            for row in between(body, "<tr role=\"row\"", "</tr>") {
                let labels: Vec<&str> = between(row, " data-label=\"", "\"").collect();
                assert_eq!(row.matches("<td role=\"cell\"").count(), columns.len() - 1, "{row}");
                assert_eq!(row.matches("<th role=\"rowheader\"").count(), 1, "{row}");
                // The id and the name stand for themselves.
                assert_eq!(labels.len(), columns.len() - 2, "{row}");
                for (label, column) in labels.iter().zip(&columns[2..]) {
                    let version = label.strip_prefix("In ");
                    assert!(
                        column == label || version.is_some_and(|one| column.ends_with(one)),
                        "{label}: {column}"
                    );
                }
                rows += 1;
            }
            assert!(rows > 0, "{table}");
        }
    }
}

fn words_after(rest: &str) -> String {
    words(after_tag(rest))
}
