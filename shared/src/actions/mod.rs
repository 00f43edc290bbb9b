//! What several functions do alike: rows and queue in the right order.

pub mod create;
pub mod diff;
pub mod results;
pub mod view;
