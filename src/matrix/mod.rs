//! The matrix picture: colours, the Navigator's gradient arithmetic, and a catalog laid out in tactic columns.

mod aggregate;
pub mod gradient;
pub mod palette;
mod shown;
pub mod sides;
mod view;

pub use aggregate::aggregate;
pub(crate) use shown::stops;
pub use shown::{Mark, Shown, ShownCell, ShownTactic, ShownTechnique};
pub use view::{Column, Entry, Matrix};
