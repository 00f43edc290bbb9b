//! Errors of a question, sorted by what is to be done about them.

use std::time::Duration;

use domain::{FailureCode, limits};

/// A part of a request that some endpoints do not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// `response_format` of the kind in the request.
    ResponseFormat,
    /// Bounds of length and number in a schema.
    SchemaBounds,
    /// The limit's usual name; the other one is used then.
    LimitName,
    /// A limit of ours for the answer.
    OutputLimit,
    /// `temperature`.
    Temperature,
    /// `reasoning_effort`.
    ReasoningEffort,
    /// `stream_options`.
    StreamOptions,
    /// `stream`.
    Stream,
    /// A message with the role `system`.
    SystemRole,
    /// Chat Completions; the Responses API is used then.
    Chat,
}

impl Feature {
    /// How many there are.
    pub(super) const COUNT: usize = Self::ALL.len();

    /// Every one.
    pub(super) const ALL: [Self; 10] = [
        Self::ResponseFormat,
        Self::SchemaBounds,
        Self::LimitName,
        Self::OutputLimit,
        Self::Temperature,
        Self::ReasoningEffort,
        Self::StreamOptions,
        Self::Stream,
        Self::SystemRole,
        Self::Chat,
    ];

    /// That an endpoint lacks it, in a sentence.
    pub(super) const fn lacking(self) -> &'static str {
        match self {
            Self::ResponseFormat => "It does not take every way to ask for JSON.",
            Self::SchemaBounds => "It takes no bounds in a schema.",
            Self::LimitName => "It calls the limit of an answer by another name.",
            Self::OutputLimit => "It takes no limit for an answer, or needs a longer one to think.",
            Self::Temperature => "It takes no temperature.",
            Self::ReasoningEffort => "It takes no reasoning effort.",
            Self::StreamOptions => "It takes no options for streams.",
            Self::Stream => "It does not stream.",
            Self::SystemRole => "It knows no role system.",
            Self::Chat => "It serves this model by the Responses API only.",
        }
    }
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The endpoint cannot be reached.
    #[error("The model's endpoint cannot be reached: {0}.")]
    Unreachable(String),
    /// The endpoint took the connection and closed it without an answer, as a proxy does before a server that is not up.
    #[error("The model's endpoint hung up before it answered: {0}.")]
    HungUp(String),
    /// No secure connection.
    #[error(
        "There is no secure connection to the model's endpoint: {0}. This system must trust its certificate, and the \
         address must begin with http:// where there is no TLS."
    )]
    Tls(String),
    /// The answer did not come in time.
    #[error(
        "The model did not answer within {} seconds. A slow model needs a higher REQUEST_TIMEOUT_SECONDS.",
        .0.as_secs()
    )]
    Timeout(Duration),
    /// The answer was still being written when the time was up.
    #[error(
        "The model had written {} of its answer when the {} seconds of a call were up. A slow model needs a higher \
         REQUEST_TIMEOUT_SECONDS.",
        in_bytes(*.received),
        .limit.as_secs()
    )]
    TooSlow {
        /// The limit of a call.
        limit: Duration,
        /// Bytes that had arrived, hidden reasoning included.
        received: u64,
    },
    /// The answer stopped before its end.
    #[error("The model's answer broke off: {0}.")]
    Broken(String),
    /// The endpoint asks for patience, or has a passing fault.
    #[error("The model's endpoint is busy or out of order (HTTP {status}): {message}")]
    Busy {
        /// HTTP status.
        status: u16,
        /// The endpoint's own words.
        message: String,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// The endpoint asks for more patience than there is.
    #[error("The model's endpoint asks us to try again in {} seconds: {message}", .wait.as_secs_f64().ceil())]
    TryLater {
        /// How long it asks to wait.
        wait: Duration,
        /// The endpoint's own words.
        message: String,
    },
    /// The key is missing, wrong or not allowed.
    #[error(
        "The model's endpoint refuses the key (HTTP {status}): {message} Check OPENAI_API_KEY."
    )]
    Unauthorized {
        /// HTTP status.
        status: u16,
        /// The endpoint's own words.
        message: String,
    },
    /// There is no credit left.
    #[error("The account at the model's endpoint has no credit left: {0}")]
    NoCredit(String),
    /// The account may not send as much at once as the question has.
    #[error(
        "The account at the model's endpoint may not send as many tokens per minute as this question has: {0} The limit \
         is the account's; the submission is not too long for the model."
    )]
    AccountLimit(String),
    /// The endpoint does not serve this part of the world.
    #[error("The model's endpoint does not serve the region that this server is in: {0}")]
    Region(String),
    /// Wrong address.
    #[error("The endpoint has no such address: {0} Check OPENAI_BASE_URL (does it end in /v1?).")]
    NotFound(String),
    /// Wrong model.
    #[error("The endpoint has no such model: {message} Check OPENAI_MODEL.{}", it_has(.models))]
    UnknownModel {
        /// The endpoint's own words.
        message: String,
        /// The models that it has, those with a name like the wrong one first; it need not list any.
        models: Vec<String>,
    },
    /// The question is longer than the model's context.
    #[error("The submission is too long for this model: {0}")]
    TooLong(String),
    /// The endpoint read only a part of the question, and did not say so.
    #[error(
        "The model's endpoint read only {read} tokens of a question of about {sent}: it silently cuts questions longer \
         than its context, so its answer is about something else. Give it a larger context (Ollama: \
         OLLAMA_CONTEXT_LENGTH) and set OPENAI_CONTEXT_TOKENS to the same."
    )]
    Truncated {
        /// Tokens that it read.
        read: u64,
        /// Tokens that were sent, estimated.
        sent: u64,
    },
    /// The model does not read images.
    #[error(
        "This model does not read images: {0} Send the problem as text, or configure a model with vision."
    )]
    NoVision(String),
    /// An image cannot be sent.
    #[error("Image {number} {reason}. Submit it again as PNG or JPEG.")]
    BadImage {
        /// The image, counted from 1.
        number: usize,
        /// The end of a sentence about the image.
        reason: String,
    },
    /// The endpoint refuses the request as it is.
    #[error("The model's endpoint refuses the request (HTTP {status}): {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// The endpoint's own words.
        message: String,
    },
    /// The endpoint does not know a part of the request. It is remembered, and left out from then on.
    #[error(
        "The model's endpoint does not know a part of the request (HTTP {status}): {message} The next attempt does \
         without it."
    )]
    Lacking {
        /// The part.
        feature: Feature,
        /// HTTP status.
        status: u16,
        /// The endpoint's own words.
        message: String,
    },
    /// The model declined.
    #[error("The model declined to answer: {0}")]
    Declined(String),
    /// The endpoint's filter stopped the answer.
    #[error("The content filter of the model's endpoint stopped the answer: {0}")]
    Filtered(String),
    /// The answer was cut at a limit.
    #[error("The answer was cut off {0}.")]
    Cut(String),
    /// The model said the same over and over, and was stopped.
    #[error("The model repeats itself endlessly; a stronger model is needed.")]
    Repeats,
    /// The endpoint took the answer back, as it does not have the form asked for.
    #[error(
        "The model's endpoint found that the answer does not have the form we asked for: {message}"
    )]
    Garbled {
        /// The endpoint's own words.
        message: String,
        /// The answer.
        raw: String,
    },
    /// The limit for the answer is higher than the endpoint takes.
    #[error(
        "The model's endpoint refuses the limit for the answer (HTTP {status}): {message} Lower OPENAI_MAX_OUTPUT_TOKENS."
    )]
    LimitTooHigh {
        /// HTTP status.
        status: u16,
        /// The endpoint's own words.
        message: String,
        /// The highest that it takes, if it says so.
        allowed: Option<u64>,
    },
    /// The answer was empty.
    #[error("The model's answer was empty.")]
    Empty,
    /// The answer is not that of a chat endpoint.
    #[error("The server at OPENAI_BASE_URL is not a chat endpoint: {0}")]
    NotAnEndpoint(String),
    /// The answer could not be used, even after the model was told why.
    #[error("The model's answer cannot be used: {reason}")]
    BadAnswer {
        reason: String,
        /// The answer.
        raw: String,
    },
    /// More calls than one run may make.
    #[error(
        "The stage made {0} calls to the model, the limit for one run, without getting a usable answer."
    )]
    TooManyCalls(i32),
    /// The meter kept a call from being made.
    #[error("the meter did not allow the call")]
    Stopped(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// Its code.
    #[must_use]
    pub const fn code(&self) -> FailureCode {
        match self {
            Self::Unreachable(_) | Self::HungUp(_) => FailureCode::ModelUnreachable,
            Self::Tls(_) => FailureCode::ModelNoSecureConnection,
            Self::Timeout(_) | Self::TooSlow { .. } => FailureCode::ModelTimeout,
            Self::Broken(_) => FailureCode::ModelAnswerBroken,
            Self::Busy { .. } => FailureCode::ModelBusy,
            Self::TryLater { .. } => FailureCode::ModelTryLater,
            Self::Unauthorized { .. } => FailureCode::ModelUnauthorized,
            Self::NoCredit(_) => FailureCode::ModelNoCredit,
            Self::AccountLimit(_) => FailureCode::ModelAccountLimit,
            Self::Region(_) => FailureCode::ModelRegion,
            Self::NotFound(_) => FailureCode::ModelAddressNotFound,
            Self::UnknownModel { .. } => FailureCode::ModelNotFound,
            Self::TooLong(_) | Self::Truncated { .. } => FailureCode::ModelContextTooSmall,
            Self::NoVision(_) => FailureCode::ModelNoVision,
            Self::BadImage { .. } => FailureCode::BadImage,
            Self::Repeats => FailureCode::ModelRepeats,
            Self::Refused { .. } | Self::LimitTooHigh { .. } => FailureCode::ModelRefusedRequest,
            Self::Lacking { .. } => FailureCode::ModelLacksFeature,
            Self::Declined(_) => FailureCode::ModelDeclined,
            Self::Filtered(_) => FailureCode::ModelContentFilter,
            Self::Cut(_) => FailureCode::ModelAnswerCut,
            Self::Empty => FailureCode::ModelAnswerEmpty,
            Self::NotAnEndpoint(_) => FailureCode::ModelNotAnEndpoint,
            Self::BadAnswer { .. } | Self::Garbled { .. } => FailureCode::ModelBadAnswer,
            Self::TooManyCalls(_) => FailureCode::ModelTooManyCalls,
            Self::Stopped(_) => FailureCode::Stopped,
        }
    }

    /// Whether the same question may be answered later.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unreachable(_)
                | Self::HungUp(_)
                | Self::Timeout(_)
                | Self::TooSlow { .. }
                | Self::TryLater { .. }
                | Self::Broken(_)
                | Self::Busy { .. }
                | Self::Lacking { .. }
                | Self::Empty
        )
    }

    /// Whether the endpoint is not there at all, or not yet: nothing listens, a model is being loaded, it is being started. Asking
    /// again within seconds is of no use.
    #[must_use]
    pub fn is_away(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::HungUp(_) | Self::TryLater { .. } => true,
            Self::Busy {
                status, message, ..
            } => *status == 503 || message.to_lowercase().contains("loading"),
            _ => false,
        }
    }

    /// Whether the endpoint answered, and only the answer is of no use.
    #[must_use]
    pub const fn is_about_the_answer(&self) -> bool {
        matches!(
            self,
            Self::BadAnswer { .. }
                | Self::Garbled { .. }
                | Self::Empty
                | Self::Cut(_)
                | Self::Repeats
        )
    }

    /// How long the endpoint asks to wait.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after, .. } => *retry_after,
            Self::TryLater { wait, .. } => Some(*wait),
            _ => None,
        }
    }

    /// The answer that could not be used, shortened.
    #[must_use]
    pub fn raw_answer(&self) -> Option<&str> {
        match self {
            Self::BadAnswer { raw, .. } | Self::Garbled { raw, .. } => {
                Some(limits::cut(raw, limits::RAW_ANSWER_BYTES))
            }
            _ => None,
        }
    }
}

fn it_has(models: &[String]) -> String {
    if models.is_empty() {
        String::new()
    } else {
        format!(" It has {}.", models.join(", "))
    }
}

fn in_bytes(bytes: u64) -> String {
    if bytes < 1000 {
        format!("{bytes} bytes")
    } else {
        format!("{} KB", bytes / 1000)
    }
}
