//! Drawing: how what was made looks in a format of somebody else's. No rule of scores is known here.
//!
//! Everything that is drawn may come from a hostile file, and each format has its own way of being fooled.

pub mod csv;
mod font;
pub mod markdown;
pub mod picture;
pub mod png;
pub mod sheets;
pub mod svg;
pub mod xlsx;

use std::borrow::Cow;

use crate::diagnostic::is_hostile;

/// Text without what a terminal or an editor would obey rather than show, see [`is_hostile`]. `keep` says which of these
/// characters the format has a place for.
#[must_use]
pub fn without_controls(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    let is_refused = |c: char| is_hostile(c) && !keep(c);
    if text.chars().any(is_refused) {
        Cow::Owned(text.chars().map(|c| if is_refused(c) { '\u{fffd}' } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}
