//! The steps that several functions take alike: create, retry, cancel, remove, and load a submission for its readers. Each changes the
//! rows first and then the queue, so that nothing is lost when one of the two is away.

pub mod budget;
pub mod callback;
mod check;
pub mod counterexample;
pub mod create;
mod draft_image;
mod draft_sample;
pub mod form;
pub mod history;
pub mod patch;
pub mod progress;
pub mod remove;
pub mod results;
pub mod reveal;
pub mod runs;
pub mod samples;
pub mod session;
pub mod settle;
pub mod view;
