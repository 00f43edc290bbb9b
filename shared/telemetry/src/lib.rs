//! Signals of a running process: its counters for `/metrics`, and the context of its traces.
//!
//! Labels and attributes hold names of routes, stages, outcomes and models, and numbers. A text of a user, an answer, a prompt or
//! a key must never reach one.

pub mod metrics;
pub mod trace;
