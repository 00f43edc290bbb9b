//! What several functions do alike: rows and queue in the right order.

pub mod create;
pub mod diff;
pub mod markdown;
pub mod report;
pub mod results;
pub mod view;
