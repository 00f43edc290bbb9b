//! One file per story of a user.

mod bad_input;
mod health;
mod history;
mod image;
mod model_trouble;
mod patch;
mod queue_contract;
mod read;
mod repeat_request;
mod report;
mod submit;
