//! Lists of texts as Python writes them, which is how Mappings Explorer puts references into a cell: `['u1', "u'2"]`.
//!
//! What is read is what Python's grammar calls a list of string literals, without prefixes, triple quotes or
//! characters by name; what is written is what Python's `repr` gives.

use std::fmt::Write as _;

/// Reads a list; the error is the byte at which the text stops being one.
pub(crate) fn parse_list(text: &str) -> Result<Vec<String>, usize> {
    let mut parser = Parser { text, at: 0 };
    let mut items = Vec::new();
    parser.blanks();
    parser.expect('[')?;
    parser.blanks();
    while !parser.take(']') {
        if let Some(item) = parser.item()? {
            items.push(item);
        }
        parser.blanks();
        if !parser.take(',') {
            parser.expect(']')?;
            break;
        }
        parser.blanks();
    }
    parser.blanks();
    if parser.at == text.len() { Ok(items) } else { Err(parser.at) }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn next(&mut self) -> Option<char> {
        let next = self.rest().chars().next()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.rest().starts_with(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn expect(&mut self, wanted: char) -> Result<(), usize> {
        if self.take(wanted) { Ok(()) } else { Err(self.at) }
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    /// A text, or `None` for Python's own `None`.
    fn item(&mut self) -> Result<Option<String>, usize> {
        if self.rest().starts_with("None") {
            self.at += "None".len();
            return Ok(None);
        }
        let start = self.at;
        let quote = self.next().filter(|c| matches!(c, '\'' | '"')).ok_or(start)?;
        let mut item = String::new();
        loop {
            let at = self.at;
            match self.next().ok_or(start)? {
                c if c == quote => return Ok(Some(item)),
                '\\' => self.escape(&mut item).ok_or(at)?,
                '\n' => return Err(at),
                c => item.push(c),
            }
        }
    }

    /// What follows a backslash; what Python does not know stays as it stands there.
    fn escape(&mut self, item: &mut String) -> Option<()> {
        let escaped = self.next()?;
        let c = match escaped {
            '\n' => return Some(()),
            '\\' | '\'' | '"' => escaped,
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            'x' => self.code(2)?,
            'u' => self.code(4)?,
            'U' => self.code(8)?,
            'N' => return None,
            '0'..='7' => {
                self.at -= 1;
                let octal =
                    self.rest().bytes().take(3).take_while(|byte| matches!(byte, b'0'..=b'7')).count();
                let digits = &self.text[self.at..self.at + octal];
                let code = u32::from_str_radix(digits, 8).ok()?;
                self.at += octal;
                char::from_u32(code)?
            }
            other => {
                item.push('\\');
                other
            }
        };
        item.push(c);
        Some(())
    }

    /// A character by its number, written in this many hexadecimal digits.
    fn code(&mut self, digits: usize) -> Option<char> {
        let text = self.text.get(self.at..self.at + digits)?;
        if !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.at += digits;
        char::from_u32(u32::from_str_radix(text, 16).ok()?)
    }
}

/// Writes a list.
pub(crate) fn list<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = "[".to_owned();
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        push_text(&mut text, item);
    }
    text.push(']');
    text
}

fn push_text(text: &mut String, item: &str) {
    let quote = if item.contains('\'') && !item.contains('"') { '"' } else { '\'' };
    text.push(quote);
    for c in item.chars() {
        // Nothing can be done about a text that cannot be added to.
        let _ = match c {
            '\\' => write!(text, "\\\\"),
            '\n' => write!(text, "\\n"),
            '\r' => write!(text, "\\r"),
            '\t' => write!(text, "\\t"),
            c if c == quote => write!(text, "\\{c}"),
            c if is_shown(c) => write!(text, "{c}"),
            c => match u32::from(c) {
                code @ ..=0xff => write!(text, "\\x{code:02x}"),
                code @ ..=0xffff => write!(text, "\\u{code:04x}"),
                code => write!(text, "\\U{code:08x}"),
            },
        };
    }
    text.push(quote);
}

/// Whether a character is written as it is: neither a control, nor invisible, nor a blank other than the space.
fn is_shown(c: char) -> bool {
    let is_invisible = matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}'..='\u{ffff}'
        | '\u{e0000}'..);
    c == ' ' || !(c.is_control() || c.is_whitespace() || is_invisible)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lists_are_read_as_python_reads_them() {
        for (text, items) in [
            ("[]", vec![]),
            (" [ ] ", vec![]),
            ("['u1', \"u'2\"]", vec!["u1", "u'2"]),
            ("['a',\n 'b',]", vec!["a", "b"]),
            (r"['it\'s', 'C:\\x', 'a\nb\tc']", vec!["it's", "C:\\x", "a\nb\tc"]),
            (r"['\x41\u00e9\U0001f600\101\q']", vec!["Aé😀A\\q"]),
            ("[None, 'a']", vec!["a"]),
            ("['a]b, c']", vec!["a]b, c"]),
        ] {
            assert_eq!(parse_list(text), Ok(items.into_iter().map(str::to_owned).collect()), "{text}");
        }
    }

    #[test]
    fn what_is_no_list_is_told_where_it_stops() {
        for (text, at) in [
            ("", 0),
            ("https://a.example", 0),
            ("['a'", 4),
            ("['a", 1),
            ("['a' 'b']", 5),
            ("[1]", 1),
            ("['a'] x", 6),
            ("['a\nb']", 3),
            (r"['\xg1']", 2),
            (r"['\ud800']", 2),
            ("[,]", 1),
        ] {
            assert_eq!(parse_list(text), Err(at), "{text}");
        }
    }

    #[test]
    fn lists_are_written_as_python_writes_them() {
        let items = ["https://a.example/é", "it's", "it's \"x\"", "a\nb\\", "\u{200b}\u{1}"];
        let text = r#"['https://a.example/é', "it's", 'it\'s "x"', 'a\nb\\', '\u200b\x01']"#;
        assert_eq!(list(items), text);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(items in prop::collection::vec(any::<String>(), 0..5)) {
            prop_assert_eq!(parse_list(&list(items.iter().map(String::as_str))), Ok(items));
        }

        #[test]
        fn any_text_ends_in_a_list_or_a_place(text in "[\\[\\]'\", \\\\xuUN0a\n]*") {
            if let Err(at) = parse_list(&text) {
                prop_assert!(text.is_char_boundary(at));
            }
        }
    }
}
