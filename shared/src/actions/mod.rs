//! What several functions do alike: rows and queue in the right order.

pub mod create;
pub mod model_test;
pub mod progress;
pub mod remove;
pub mod runs;
pub mod view;
