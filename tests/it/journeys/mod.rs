//! One file per story of a user.

mod bad_input;
mod health;
mod history;
mod model_trouble;
mod panel;
mod queue_contract;
mod read;
mod remove;
mod repeat_request;
mod run_again;
mod submit;
mod watch;
