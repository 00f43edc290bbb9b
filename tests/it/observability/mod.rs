//! The signals of a running CodeChecker: metrics, traces, lines of the log.

mod metrics;
mod rules;
mod traces;
