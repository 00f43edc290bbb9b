//! What every function of CodeChecker shares.
//!
//! Modules in the order in which they may use each other (imports point up this list):
//!
//! - [`domain`], [`config`], [`crypto`]: types, settings and keys; no I/O but reading secret files.
//! - [`db`], [`queue`], [`events`], [`guesses`], [`llm`]: Postgres, BullMQ, Pub/Sub and a count on Redis, and the model's endpoint.
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
pub mod guesses;
pub mod http;
pub mod llm;
pub mod pages;
pub mod prompts;
pub mod queue;
pub mod runtime;
pub mod settings;
pub mod state;
mod tls;

/// `text` with every sign that a terminal would obey written as its escape: control characters, those that begin them in eight
/// bits, and those that turn the direction of what follows. Line ends and tabs become their escapes too.
#[must_use]
pub fn printable(text: &str) -> std::borrow::Cow<'_, str> {
    let is_obeyed = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(is_obeyed) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_obeyed(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out.into()
}

/// A `Display` over an error and all its sources, `outer: inner: innermost`, for one log field.
///
/// Our own errors never repeat their source in their own text, so the chain reads as one sentence. Other people's words may be
/// among them, so that what a terminal would obey is escaped.
pub struct Chain<'a>(pub &'a (dyn std::error::Error + 'static));

fn words(error: &(dyn std::error::Error + 'static)) -> String {
    match error.downcast_ref::<tokio::task::JoinError>() {
        // Its own text repeats the panic's message, which may quote a user's text.
        Some(error) if error.is_panic() => "a task panicked".to_owned(),
        _ => error.to_string(),
    }
}

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut said = words(self.0);
        f.write_str(&printable(&said))?;
        let mut next = self.0.source();
        while let Some(error) = next {
            let cause = words(error);
            // Some libraries' errors say their causes themselves.
            if !said.ends_with(&cause) {
                write!(f, ": {}", printable(&cause))?;
                said = cause;
            }
            next = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        assert_eq!(
            printable("a\u{1b}[2Jb\u{9b}31m\u{7f}\u{202e}c\r\n"),
            "a\\u{1b}[2Jb\\u{9b}31m\\u{7f}\\u{202e}c\\r\\n"
        );
        assert_eq!(printable("für 你好 👩‍👩‍👧"), "für 你好 👩‍👩‍👧");
        let error = std::io::Error::other("bad \u{1b}]0;title\u{7}");
        assert_eq!(Chain(&error).to_string(), "bad \\u{1b}]0;title\\u{7}");
    }

    #[tokio::test]
    async fn the_message_of_a_panic_in_a_task_is_not_repeated() {
        let error = tokio::spawn(async { panic!("{}", "a user's program") })
            .await
            .unwrap_err();
        let error = error::ApiError::Internal(Box::new(error));
        assert_eq!(Chain(&error).to_string(), "internal error: a task panicked");
    }
}
