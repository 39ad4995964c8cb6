//! A comparison of sides as a page, and for programs.

mod file;
mod make;
mod threat;
mod view;

pub(super) use file::Count;
pub use file::{ComparisonFile, comparison_file};
pub use make::{PageOptions, compare_page};
pub(super) use make::{beside, page, used_by};
pub use threat::{CompareThreat, ThreatEntry};
pub use view::{CompareCell, CompareMatrix, CompareRow, CompareView, SidesView};

/// What every output of a comparison says of its levels.
pub const METHOD: &str = "A level is its publisher’s judgement of how well a capability can cover a technique: Minimal, Partial or \
     Significant, in Protect, Detect or Respond. It does not say that the capability is switched on or configured well, nor that \
     it stops or detects anything by itself. Publishers judge by rules of their own, so levels of one publisher compare \
     better with each other than with those of another. A technique that no side maps is open here; other capabilities may \
     cover it.";
