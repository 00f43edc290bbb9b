//! What several functions do alike: rows and queue in the right order.

pub mod create;
pub mod diff;
mod draft_image;
pub mod form;
pub mod history;
pub mod markdown;
pub mod model_test;
pub mod progress;
pub mod remove;
pub mod report;
pub mod results;
pub mod runs;
pub mod session;
pub mod view;
