//! Taking values out of a document, with a finding for each that is not what the format says.

use std::borrow::Cow;

use super::rows::{Field, short};
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::source::node::{Kind, MAX_MEMBERS, Member, Node};
use crate::source::{Source, Span};
use crate::suggest::Suggestions;

/// How many findings of one file are told.
pub(crate) const MAX_FINDINGS: usize = 10_000;

/// The longest text that is read, in bytes: two hundred times the longest published comment.
pub(crate) const MAX_TEXT: usize = 1024 * 1024;

/// The findings of one file.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) findings: Vec<Diagnostic>,
    suggestions: Suggestions,
}

impl Notes {
    /// Notes a finding.
    pub(crate) fn find(&mut self, place: Place, code: Code, message: impl Into<String>) {
        self.findings.push(Diagnostic::new(code, message).at(place));
    }

    /// Notes a finding with advice.
    pub(crate) fn find_help(
        &mut self,
        place: Place,
        code: Code,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.findings.push(Diagnostic::new(code, message).at(place).help(help));
    }

    /// Whether a file has so many findings that reading on helps nobody.
    pub(crate) fn is_full(&self) -> bool {
        self.findings.len() >= MAX_FINDINGS
    }

    /// Says that reading stopped for the number of findings.
    pub(crate) fn give_up(&mut self, source: &Source) {
        self.findings.push(too_many(source));
    }

    /// A value is of another type than the format says.
    pub(crate) fn wrong_type(&mut self, node: Node<'_>, name: &str, expected: &str) {
        let message = match node.kind() {
            Kind::Object | Kind::List if expected == node.kind().name() => {
                format!("`{name}` has more than {MAX_MEMBERS} members")
            }
            kind => format!("`{name}` is {}, not {expected}", kind.name()),
        };
        let diagnostic = Diagnostic::new(Code::WrongType, message).at(node.place());
        self.findings.push(match node.kind() {
            Kind::Text if expected.starts_with("a list") => diagnostic.help("put it in brackets"),
            Kind::Number | Kind::Bool if expected == Kind::Text.name() => diagnostic.help("put it in quotes"),
            _ => diagnostic,
        });
    }

    /// The members of an object, each key once; what is repeated or not an object is a finding.
    pub(crate) fn members<'d>(&mut self, node: Node<'d>, name: &str) -> Option<Vec<Member<'d>>> {
        let Some(members) = node.members() else {
            self.wrong_type(node, name, Kind::Object.name());
            return None;
        };
        for (index, member) in members.iter().enumerate().skip(1) {
            // Objects are small, and those that are not have few keys that begin alike; a longer one is no row.
            let earlier = &members[..index];
            if index <= 1_000 && earlier.iter().any(|one| one.key == member.key) {
                let message = format!("`{}` stands twice in {name}", short(&member.key));
                let help = "which of them counts is nowhere said: keep one";
                self.find_help(member.value.place_of(member.key_span), Code::WrongType, message, help);
            }
        }
        Some(members)
    }

    /// Finds the keys that the format does not define.
    pub(crate) fn unknown_keys(&mut self, members: &[Member<'_>], known: &[&str]) {
        for member in members.iter().filter(|member| !known.contains(&&*member.key)) {
            let place = member.value.place_of(member.key_span);
            let message = format!("unknown field `{}`", short(&member.key));
            let diagnostic = Diagnostic::new(Code::UnknownField, message).at(place);
            self.findings.push(match self.suggestions.nearest(&member.key, known.iter().copied()) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`? what it holds is not read")),
                None => diagnostic.help("what it holds is not read"),
            });
        }
    }

    /// The text of a value; `None` for null. What is neither is a finding.
    pub(crate) fn text<'d>(&mut self, node: Node<'d>, name: &str) -> Option<Field<'d>> {
        match node.text() {
            Ok(Some(text)) if text.len() > MAX_TEXT => {
                let message =
                    format!("`{name}` has {} bytes of text; at most {MAX_TEXT} are read", text.len());
                self.find(node.place(), Code::TooLong, message);
                None
            }
            Ok(Some(text)) => Some(Field { text, span: node.span() }),
            Ok(None) if node.kind() == Kind::Null => None,
            Ok(None) => {
                self.wrong_type(node, name, Kind::Text.name());
                None
            }
            Err(reason) => {
                let message = format!("`{name}` is not valid text ({reason})");
                self.find(node.place(), Code::Syntax, message);
                None
            }
        }
    }

    /// The text of a value that may also be written as a number, as versions are.
    pub(crate) fn text_or_number<'d>(&mut self, node: Node<'d>, name: &str) -> Option<Field<'d>> {
        match node.number_text() {
            Some(text) => Some(Field { text, span: node.span() }),
            None => self.text(node, name),
        }
    }

    /// The texts of a list; null is none, and so is a null in it.
    pub(crate) fn list<'d>(&mut self, node: Node<'d>, name: &str) -> Vec<Field<'d>> {
        if node.kind() == Kind::Null {
            return Vec::new();
        }
        let Some(items) = node.items() else {
            self.wrong_type(node, name, "a list of texts");
            return Vec::new();
        };
        items.into_iter().filter_map(|item| self.text(item, name)).collect()
    }

    /// A text without blanks around it, when anything is left.
    pub(crate) fn filled(&mut self, node: Option<Node<'_>>, name: &str) -> Option<String> {
        let text = self.text_or_number(node?, name)?.text.trim().to_owned();
        (!text.is_empty()).then_some(text)
    }

    /// A value parsed from its text.
    pub(crate) fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(
        &mut self,
        source: &Source,
        field: Option<&Field<'_>>,
        code: Code,
    ) -> Option<T> {
        let field = field?;
        // The value is cut, and never what is said about it.
        match short(field.text.trim()).parse::<T>() {
            Ok(value) => Some(value),
            Err(error) => {
                self.find(source.place(field.span.range()), code, error.to_string());
                None
            }
        }
    }

    /// A field that the publisher's own tools ask for is not there.
    pub(crate) fn expected(&mut self, place: Place, holder: &str, name: &str) {
        let message = format!("{holder} has no `{name}`");
        self.find_help(place, Code::ExpectedField, message, "its publisher's schema requires one");
    }

    /// A name is understood, and written in other letters than the publisher's own tools take.
    pub(crate) fn letter_case(&mut self, place: Place, given: &str, expected: &str) {
        let given = given.trim();
        if given != expected && given.eq_ignore_ascii_case(expected) {
            let message = format!("`{}` is written `{expected}` by its publisher", short(given));
            self.find_help(place, Code::LetterCase, message, "it is read alike");
        }
    }

    /// A date as published files write it; a finding when it is none.
    pub(crate) fn date(&mut self, node: Option<Node<'_>>, name: &str) -> Option<String> {
        let date = self.filled(node, name)?;
        if let Some(node) = node
            && !is_date(&date)
        {
            let message = format!("`{}` is not a date of the form mm/dd/yyyy", short(&date));
            self.find_help(node.place(), Code::MalformedDate, message, "it is shown as it stands");
        }
        Some(date)
    }
}

/// Reading stopped for the number of findings.
pub(crate) fn too_many(source: &Source) -> Diagnostic {
    let message = format!("the file has more than {MAX_FINDINGS} findings; the rest of it was not read");
    Diagnostic::new(Code::TooManyFindings, message).at(source.whole())
}

/// Whether a text is a day of the calendar, written mm/dd/yyyy.
pub(crate) fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('/').collect();
    let [month, day, year] = parts.as_slice() else { return false };
    let number = |part: &str, digits: usize| {
        (part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| part.parse::<u32>().ok())?
    };
    let (Some(month), Some(day), Some(year)) = (number(month, 2), number(day, 2), number(year, 4)) else {
        return false;
    };
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=last).contains(&day)
}

/// Text that has no place of its own.
pub(crate) fn plain(text: &str) -> Field<'_> {
    Field { text: Cow::Borrowed(text), span: Span::default() }
}

#[cfg(test)]
mod tests {
    use super::is_date;

    #[test]
    fn dates_are_days_of_the_calendar() {
        for good in ["12/12/2024", "02/29/2024", "02/28/2023"] {
            assert!(is_date(good), "{good}");
        }
        for bad in ["99/99/9999", "02/29/2023", "2024-12-12", "6/29/2021", "04/31/2024", "", "1/2"] {
            assert!(!is_date(bad), "{bad}");
        }
    }
}
