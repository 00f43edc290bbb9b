//! Comparing two texts line by line: as a patch, as rows of a page, and as a number of changed lines. Each comparison has a deadline,
//! after which it is finished roughly: longer than need be, but right.

mod patch;
mod rows;
mod size;

use std::time::Duration;

pub use patch::unified;
pub use rows::{CONTEXT, Row, around, rows};
pub use size::{ChangeSize, change_size};

/// Longest time of a comparison that nobody watches.
const TIME: Duration = Duration::from_millis(500);
