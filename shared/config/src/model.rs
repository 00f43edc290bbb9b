//! The model's endpoint, and the other settings that the panel can change.

use std::{fmt, time::Duration};

use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::{
    VisitorsConfig, WorkerConfig,
    secrets::no_placeholder,
    table::{
        LLM_MAX_CONCURRENCY, MAX_CONCURRENT_ANALYSIS_TASKS, MODEL_SUPPORTS_VISION, OPENAI_API_KEY,
        OPENAI_BASE_URL, OPENAI_CONTEXT_TOKENS, OPENAI_EXTRA_BODY, OPENAI_JSON_MODE,
        OPENAI_MAX_OUTPUT_TOKENS, OPENAI_MODEL, OPENAI_PROTOCOL, OPENAI_REASONING_EFFORT,
        OPENAI_STREAM, OPENAI_TEMPERATURE, PRICE_CACHED_PER_MTOK, PRICE_INPUT_PER_MTOK,
        PRICE_OUTPUT_PER_MTOK, REQUEST_TIMEOUT_SECONDS, Variable,
    },
    values::{InvalidValue, Values},
    visitors::visitors,
};
use domain::{JsonMode, Protocol};

/// Longest silence within a streamed answer. A comment that keeps the connection alive breaks it.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Calls that one analysis makes at once: the statement is taken apart while the program is looked for.
const CALLS_AT_ONCE: usize = 2;

/// Members of a request that are ours alone.
const OWN_MEMBERS: &[&str] = &["input", "messages", "model", "stream"];

/// The settings that the panel can change, as they are used.
#[derive(Clone, Debug)]
pub struct Effective {
    /// The model's endpoint.
    pub model: ModelConfig,
    /// The consumer.
    pub worker: WorkerConfig,
    /// Limits for everyone but the admin.
    pub visitors: VisitorsConfig,
}

/// The model's endpoint.
#[derive(Clone)]
pub struct ModelConfig {
    /// Base URL without a trailing slash, such as `https://api.openai.com/v1`; may have a query.
    pub base_url: reqwest::Url,
    /// Key, if the endpoint needs one.
    pub api_key: Option<SecretString>,
    /// Name of the model.
    pub model: String,
    /// Whether it reads images.
    pub supports_vision: bool,
    /// Limit for one call, from the connection to the last byte.
    pub timeout: Duration,
    /// Limit for the silence between two chunks of a streamed answer.
    pub idle_timeout: Duration,
    /// Calls at once from this process: as many as its analyses make, unless it is set.
    pub max_concurrency: usize,
    /// The model's context in tokens, if it is known: a longer question is not sent.
    pub context_tokens: Option<u64>,
    /// Limit for an answer in tokens; without one the endpoint's own holds.
    pub max_output_tokens: Option<u64>,
    /// The protocol to ask in; found out where it is not set.
    pub protocol: Option<Protocol>,
    /// How to ask for JSON; found out where it is not set.
    pub json_mode: Option<JsonMode>,
    /// Whether to stream; found out where it is not set.
    pub stream: Option<bool>,
    /// Sampling temperature, if the endpoint's own is not to be used.
    pub temperature: Option<f64>,
    /// How long a reasoning model thinks: `none`, `low`, `medium`, `high` or what else the endpoint knows.
    pub reasoning_effort: Option<String>,
    /// Members that are put into each request as they are; null takes a member of ours out.
    pub extra_body: Map<String, Value>,
    /// The price of the tokens.
    pub prices: Prices,
}

impl ModelConfig {
    /// Whether somebody chose an endpoint: the built-in address answers nothing without a key.
    #[must_use]
    pub fn is_set_up(&self) -> bool {
        self.api_key.is_some()
            || OPENAI_BASE_URL.default != Some(self.base_url.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for ModelConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address may hold a password or a key in its query, and so may the members by hand.
        f.debug_struct("ModelConfig")
            .field("host", &self.base_url.host_str())
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}

/// Prices in US dollars for a million tokens. Without those of input and output there is no cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Prices {
    /// Tokens sent.
    pub input: Option<f64>,
    /// Tokens sent that the endpoint had cached; as other input if it is not set.
    pub cached: Option<f64>,
    /// Tokens received.
    pub output: Option<f64>,
}

/// Reads the settings that the panel can change. Each is checked by itself: values that can be used one by one can be used
/// together.
pub(crate) fn effective(
    values: &Values<'_>,
    shutdown_grace: Duration,
) -> Result<Effective, InvalidValue> {
    let concurrency = values.number(&MAX_CONCURRENT_ANALYSIS_TASKS)?;
    Ok(Effective {
        model: model(values, concurrency)?,
        worker: WorkerConfig {
            concurrency,
            shutdown_grace,
        },
        visitors: visitors(values)?,
    })
}

fn model(values: &Values<'_>, analyses: usize) -> Result<ModelConfig, InvalidValue> {
    let timeout = Duration::from_secs(values.number(&REQUEST_TIMEOUT_SECONDS)?);
    let protocol = values.choice(&OPENAI_PROTOCOL)?;
    let json_mode = values.choice(&OPENAI_JSON_MODE)?;
    let stream = values.choice(&OPENAI_STREAM)?;
    Ok(ModelConfig {
        base_url: required(&OPENAI_BASE_URL, values.address(&OPENAI_BASE_URL)?)?,
        api_key: api_key(values)?,
        model: required(&OPENAI_MODEL, values.word(&OPENAI_MODEL)?)?,
        supports_vision: values.flag(&MODEL_SUPPORTS_VISION)?,
        timeout,
        idle_timeout: timeout.min(IDLE_TIMEOUT),
        max_concurrency: values
            .number_if_set(&LLM_MAX_CONCURRENCY)?
            .unwrap_or(CALLS_AT_ONCE * analyses),
        context_tokens: values.number_if_set(&OPENAI_CONTEXT_TOKENS)?,
        max_output_tokens: values.number_if_set(&OPENAI_MAX_OUTPUT_TOKENS)?,
        // The word "auto" is none of theirs.
        protocol: protocol.and_then(Protocol::parse),
        json_mode: json_mode.and_then(JsonMode::parse),
        stream: stream.filter(|way| *way != "auto").map(|way| way == "on"),
        temperature: values.decimal(&OPENAI_TEMPERATURE)?,
        reasoning_effort: values.word(&OPENAI_REASONING_EFFORT)?,
        extra_body: extra_body(values)?,
        prices: Prices {
            input: values.decimal(&PRICE_INPUT_PER_MTOK)?,
            cached: values.decimal(&PRICE_CACHED_PER_MTOK)?,
            output: values.decimal(&PRICE_OUTPUT_PER_MTOK)?,
        },
    })
}

/// The value of a variable that has a default.
fn required<T>(variable: &Variable, value: Option<T>) -> Result<T, InvalidValue> {
    value.ok_or_else(|| variable.invalid())
}

fn api_key(values: &Values<'_>) -> Result<Option<SecretString>, InvalidValue> {
    let Some(key) = values.text(&OPENAI_API_KEY) else {
        return Ok(None);
    };
    no_placeholder(&OPENAI_API_KEY, key)?;
    if !key.chars().all(|c| c.is_ascii_graphic()) {
        return Err(OPENAI_API_KEY.invalid());
    }
    Ok(Some(SecretString::from(key)))
}

fn extra_body(values: &Values<'_>) -> Result<Map<String, Value>, InvalidValue> {
    let members = values.json(&OPENAI_EXTRA_BODY)?;
    match OWN_MEMBERS.iter().find(|name| members.contains_key(**name)) {
        Some(name) => Err(OPENAI_EXTRA_BODY.refused(format!(
            "must not hold \"{name}\", which CodeChecker sets itself"
        ))),
        None => Ok(members),
    }
}
