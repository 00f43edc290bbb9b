//! End-to-end tests: a real Postgres, a real Redis, real HTTP. Only the model is stood in for.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod ask;
mod browser;
mod bullmq;
mod compose;
mod config_docs;
mod counts;
mod faults;
mod functions;
mod fuzzing;
mod journeys;
mod judging;
mod layering;
mod llm;
mod markup;
mod migrations;
mod observability;
mod openapi;
mod routes;
mod support;
mod template;
