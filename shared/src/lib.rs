//! What every function of CodeChecker shares.
//!
//! Modules in the order in which they may use each other (imports point up this list):
//!
//! - [`domain`], [`config`], [`crypto`]: types, settings and keys; no I/O but reading secret files.
//! - [`db`], [`queue`], [`events`], [`llm`]: Postgres, BullMQ and Pub/Sub on Redis, and the model's endpoint.
//! - [`prompts`]: the built-in prompts and those saved in their place.
//! - [`error`], [`http`]: problem documents, extractors and layers.
//! - [`state`]: what a handler is given; [`settings`]: what the panel can change.
//! - [`actions`]: what several functions do alike, rows and queue in the right order.
//! - [`pages`]: the frame, words, assets and security of what people see.
//! - [`runtime`]: the one `main` of every function.

pub mod actions;
pub mod config;
pub mod crypto;
pub mod db;
pub mod domain;
pub mod doorbell;
pub mod error;
pub mod events;
pub mod http;
pub mod llm;
pub mod pages;
pub mod prompts;
pub mod queue;
pub mod runtime;
pub mod settings;
pub mod state;
mod tls;

/// A `Display` over an error and all its sources, `outer: inner: innermost`, for one log field.
///
/// Our own errors never repeat their source in their own text, so the chain reads as one sentence.
pub struct Chain<'a>(pub &'a (dyn std::error::Error + 'static));

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut said = self.0.to_string();
        f.write_str(&said)?;
        let mut next = self.0.source();
        while let Some(error) = next {
            let cause = error.to_string();
            // Some libraries' errors say their causes themselves.
            if !said.ends_with(&cause) {
                write!(f, ": {cause}")?;
                said = cause;
            }
            next = error.source();
        }
        Ok(())
    }
}
