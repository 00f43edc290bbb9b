//! End-to-end tests: a real Postgres, a real Redis, real HTTP. Only the model is stood in for.

mod config_docs;
mod faults;
mod journeys;
mod layering;
mod migrations;
mod support;
