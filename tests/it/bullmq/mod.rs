//! BullMQ's own clients, in Node and Python, and Bull Board work on the queue.
//!
//! `tests/run` installs them. Where one is missing, its tests say so and do nothing.

mod board;
mod client;
mod jobs;
mod workers;
