//! Drawing: how what was made looks in a format of somebody else's. No rule of scores is known here.
//!
//! Everything that is drawn may come from a hostile file, and each format has its own way of being fooled.

pub mod csv;
pub mod markdown;

use std::borrow::Cow;

/// Text without what a terminal or an editor would obey rather than show: control characters, and marks that turn the
/// direction of writing. `keep` says which of these the format has a place for.
#[must_use]
pub fn without_controls(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    let is_hostile = |c: char| {
        (c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
            && !keep(c)
    };
    if text.chars().any(is_hostile) {
        Cow::Owned(text.chars().map(|c| if is_hostile(c) { '\u{fffd}' } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}
