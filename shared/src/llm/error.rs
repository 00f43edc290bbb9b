//! What can go wrong with a question, sorted by what is to be done about it.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use crate::domain::limits;

/// Characters of an endpoint's own message that are kept.
const MESSAGE_CHARS: usize = 300;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The endpoint cannot be reached.
    #[error("The model's endpoint cannot be reached: {0}.")]
    Unreachable(String),
    /// The answer did not come in time.
    #[error("The model did not answer within {} seconds.", .0.as_secs())]
    Timeout(Duration),
    /// The endpoint asks for patience, or has a passing fault.
    #[error("The model's endpoint is busy or out of order (HTTP {status}): {message}")]
    Busy {
        /// HTTP status.
        status: u16,
        /// What the endpoint says.
        message: String,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// The key is missing, wrong or not allowed.
    #[error(
        "The model's endpoint refuses the key (HTTP {status}): {message} Check OPENAI_API_KEY."
    )]
    Unauthorized {
        /// HTTP status.
        status: u16,
        /// What the endpoint says.
        message: String,
    },
    /// There is no credit left.
    #[error("The account at the model's endpoint has no credit left: {0}")]
    NoCredit(String),
    /// Wrong address or model.
    #[error(
        "The endpoint knows no such address or model (HTTP 404): {0} Check OPENAI_BASE_URL (does it end in /v1?) and \
         OPENAI_MODEL."
    )]
    NotFound(String),
    /// The question is longer than the model's context.
    #[error("The submission is too long for this model: {0}")]
    TooLong(String),
    /// The model does not read images.
    #[error(
        "This model does not read images: {0} Send the problem as text, or configure a model with vision."
    )]
    NoVision(String),
    /// The endpoint refuses the request as it is.
    #[error("The model's endpoint refuses the request (HTTP {status}): {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// What the endpoint says.
        message: String,
    },
    /// The endpoint does not know the response format that was asked for.
    #[error(
        "The model's endpoint cannot be asked for JSON in any known way (HTTP {status}): {message}"
    )]
    NoResponseFormat {
        /// HTTP status.
        status: u16,
        /// What the endpoint says.
        message: String,
    },
    /// The model declined.
    #[error("The model declined to answer: {0}")]
    Declined(String),
    /// The endpoint's filter stopped the answer.
    #[error("The content filter of the model's endpoint stopped the answer.")]
    Filtered,
    /// The answer was cut at the endpoint's limit.
    #[error("The answer was longer than the model's endpoint allows and was cut off.")]
    Cut,
    /// The answer was empty.
    #[error("The model's answer was empty.")]
    Empty,
    /// What came is not an answer of a chat endpoint.
    #[error("What answers at OPENAI_BASE_URL is not a chat endpoint: {0}")]
    NotAnEndpoint(String),
    /// The answer could not be used, even after the model was told why.
    #[error("The model's answer cannot be used: {reason}")]
    BadAnswer {
        /// What is wrong with it.
        reason: String,
        /// The answer.
        raw: String,
    },
    /// More calls than one run may make.
    #[error(
        "The stage made {0} calls to the model without a usable answer, which is the limit for one run."
    )]
    TooManyCalls(i32),
    /// The meter kept a call from being made.
    #[error("the call was not allowed")]
    Stopped(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// Short, stable code for the row and the API.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "model_unreachable",
            Self::Timeout(_) => "model_timeout",
            Self::Busy { .. } => "model_busy",
            Self::Unauthorized { .. } => "model_unauthorized",
            Self::NoCredit(_) => "model_no_credit",
            Self::NotFound(_) => "model_not_found",
            Self::TooLong(_) => "model_context_too_small",
            Self::NoVision(_) => "model_no_vision",
            Self::Refused { .. } => "model_refused_request",
            Self::NoResponseFormat { .. } => "model_no_response_format",
            Self::Declined(_) => "model_declined",
            Self::Filtered => "model_content_filter",
            Self::Cut => "model_answer_cut",
            Self::Empty => "model_answer_empty",
            Self::NotAnEndpoint(_) => "model_not_an_endpoint",
            Self::BadAnswer { .. } => "model_bad_answer",
            Self::TooManyCalls(_) => "model_too_many_calls",
            Self::Stopped(_) => "stopped",
        }
    }

    /// Whether the same question may be answered later.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unreachable(_) | Self::Timeout(_) | Self::Busy { .. } | Self::Empty
        )
    }

    /// Whether the call is worth repeating at once. A call that took its whole time is not: the job's next attempt is.
    pub(super) const fn is_worth_repeating(&self) -> bool {
        self.is_transient() && !matches!(self, Self::Timeout(_))
    }

    /// How long the endpoint asks to wait.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// The answer that could not be used, shortened.
    #[must_use]
    pub fn raw_answer(&self) -> Option<&str> {
        match self {
            Self::BadAnswer { raw, .. } => Some(limits::cut(raw, limits::RAW_ANSWER_BYTES)),
            _ => None,
        }
    }
}

/// Takes secrets out of what an endpoint says before anybody sees it.
#[derive(Debug)]
pub struct Redactor<'a> {
    key: Option<&'a SecretString>,
}

impl<'a> Redactor<'a> {
    /// Hides `key` and everything that looks like one.
    #[must_use]
    pub const fn new(key: Option<&'a SecretString>) -> Self {
        Self { key }
    }

    /// The first characters of `text` in one line, without secrets.
    #[must_use]
    pub fn clean(&self, text: &str) -> String {
        let mut text = text.to_owned();
        if let Some(key) = self
            .key
            .map(ExposeSecret::expose_secret)
            .filter(|key| key.len() >= 4)
        {
            text = text.replace(key, "[key]");
        }
        let mut words = Vec::new();
        let mut after_bearer = false;
        for word in text.split_whitespace() {
            let core = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
            let looks_like_key = core.starts_with("sk-") || (after_bearer && core.len() >= 8);
            after_bearer = core.eq_ignore_ascii_case("bearer");
            words.push(if looks_like_key { "[key]" } else { word });
        }
        words.join(" ").chars().take(MESSAGE_CHARS).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_taken_out_of_messages() {
        let key = SecretString::from("my-own-key");
        let redactor = Redactor::new(Some(&key));
        assert_eq!(
            redactor.clean("Incorrect API key provided: \"sk-abc***xyz\".\n  Header: Bearer 0123456789, my-own-key!"),
            "Incorrect API key provided: [key] Header: Bearer [key] [key]!"
        );
        assert_eq!(redactor.clean(&"a".repeat(1000)).len(), MESSAGE_CHARS);
    }
}
