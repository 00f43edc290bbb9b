//! One file per story of a user.

mod bad_input;
mod check;
mod endpoint_secrets;
mod guesses;
mod headers;
mod health;
mod history;
mod image;
mod mcp;
mod model_trouble;
mod pages;
mod panel;
mod panel_pages;
mod patch;
mod queue_contract;
mod read;
mod remove;
mod repeat_request;
mod report;
mod roles;
mod run_again;
mod samples;
pub(crate) mod submit;
mod verification;
mod watch;
mod weak_answers;
mod webhooks;
