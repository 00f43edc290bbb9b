//! What the functions share above the crates beside it: problem documents and extractors, what several functions do alike, the frame
//! of the pages, and the one `main`.
//!
//! The crates in the order in which they may use each other; cargo keeps it:
//!
//! - [`domain`]: types, limits and languages, without I/O.
//! - [`config`]: settings and keys.
//! - [`db`] (Postgres), [`queue`] with [`events`], [`guesses`] and [`doorbell`] (Redis), [`llm`] (the model's endpoint): side by side.
//!
//! Modules here, in the same sense (imports point up this list):
//!
//! - [`prompts`]: the built-in prompts and those saved in their place.
//! - [`error`], [`http`]: problem documents, extractors and layers.
//! - [`state`]: what a handler is given; [`settings`]: what the panel can change.
//! - [`actions`]: what several functions do alike, rows and queue in the right order.
//! - [`pages`]: the frame, words, assets and security of what people see.
//! - [`runtime`]: the one `main` of every function.

pub use config::{self, crypto};
pub use domain::{self, Chain, printable};
pub use job_queue::{self as queue, doorbell, events, guesses};
pub use {db, llm};

pub mod actions;
pub mod error;
pub mod http;
pub mod pages;
pub mod prompts;
pub mod runtime;
pub mod settings;
pub mod state;
