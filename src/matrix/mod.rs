//! The matrix picture: colours, the Navigator's gradient arithmetic, and a catalog laid out in tactic columns.

pub mod gradient;
pub mod palette;
pub mod sides;
mod view;

pub use view::{Column, Entry, Matrix};
