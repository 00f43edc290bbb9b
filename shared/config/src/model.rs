//! The model's endpoint, and the other settings that the panel can change.

use std::{fmt, time::Duration};

use secrecy::SecretString;
use serde_json::{Map, Value};

use super::{ConfigError, WorkerConfig, boolean, invalid, no_placeholder, number};
use domain::{JsonMode, Protocol};

/// Longest silence within a streamed answer. A comment that keeps the connection alive breaks it.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Members of a request that are ours alone.
const OWN_MEMBERS: &[&str] = &["input", "messages", "model", "stream"];

/// The settings that the panel can change, as they are used.
#[derive(Clone, Debug)]
pub struct Effective {
    /// The model's endpoint.
    pub model: ModelConfig,
    /// The consumer.
    pub worker: WorkerConfig,
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
    /// Calls at once from this process.
    pub max_concurrency: usize,
    /// The model's context in tokens, if it is known: what does not fit is not sent.
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
    /// What tokens cost.
    pub prices: Prices,
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

/// Reads the settings that the panel can change.
pub(super) fn effective<'a>(
    get: impl Fn(&str) -> Option<&'a str>,
    shutdown_grace: Duration,
) -> Result<Effective, ConfigError> {
    let whole = |name, default, min, max| number(name, get(name), default, min, max);
    let tokens = |name, min| {
        get(name)
            .map(|text| number(name, Some(text), min, min, 10_000_000))
            .transpose()
    };
    let timeout = Duration::from_secs(whole("REQUEST_TIMEOUT_SECONDS", 180, 1, 3600)?);
    let api_key = get("OPENAI_API_KEY").map(str::trim);
    if let Some(key) = api_key {
        no_placeholder("OPENAI_API_KEY", key)?;
    }
    if api_key.is_some_and(|key| !key.chars().all(|c| c.is_ascii_graphic())) {
        return Err(invalid(
            "OPENAI_API_KEY",
            "must consist of ASCII letters, digits and signs without spaces",
        ));
    }
    Ok(Effective {
        model: ModelConfig {
            base_url: base_url(get("OPENAI_BASE_URL").unwrap_or("https://api.openai.com/v1"))?,
            api_key: api_key.map(SecretString::from),
            model: word(
                "OPENAI_MODEL",
                get("OPENAI_MODEL"),
                "must be the name of a model",
            )?
            .unwrap_or_else(|| "gpt-4o".to_owned()),
            supports_vision: boolean("MODEL_SUPPORTS_VISION", get("MODEL_SUPPORTS_VISION"), true)?,
            timeout,
            idle_timeout: timeout.min(IDLE_TIMEOUT),
            max_concurrency: whole("LLM_MAX_CONCURRENCY", 4, 1, 64)? as usize,
            context_tokens: tokens("OPENAI_CONTEXT_TOKENS", 1024)?,
            max_output_tokens: tokens("OPENAI_MAX_OUTPUT_TOKENS", 16)?,
            protocol: protocol(get("OPENAI_PROTOCOL"))?,
            json_mode: json_mode(get("OPENAI_JSON_MODE"))?,
            stream: stream(get("OPENAI_STREAM"))?,
            temperature: decimal("OPENAI_TEMPERATURE", get("OPENAI_TEMPERATURE"), 2.0)?,
            reasoning_effort: word(
                "OPENAI_REASONING_EFFORT",
                get("OPENAI_REASONING_EFFORT"),
                "must be a word such as none, low, medium or high",
            )?,
            extra_body: extra_body(get("OPENAI_EXTRA_BODY"))?,
            prices: Prices {
                input: price("PRICE_INPUT_PER_MTOK", get("PRICE_INPUT_PER_MTOK"))?,
                cached: price("PRICE_CACHED_PER_MTOK", get("PRICE_CACHED_PER_MTOK"))?,
                output: price("PRICE_OUTPUT_PER_MTOK", get("PRICE_OUTPUT_PER_MTOK"))?,
            },
        },
        worker: WorkerConfig {
            concurrency: whole("MAX_CONCURRENT_ANALYSIS_TASKS", 3, 1, 64)? as usize,
            shutdown_grace,
        },
    })
}

/// Checks and tidies an endpoint's address: white space, a trailing slash and a pasted `/chat/completions` or `/responses` go.
fn base_url(text: &str) -> Result<reqwest::Url, ConfigError> {
    let wrong = || {
        invalid(
            "OPENAI_BASE_URL",
            "must be an http or https address such as https://api.openai.com/v1 or http://localhost:11434/v1",
        )
    };
    let mut url = reqwest::Url::parse(text.trim()).map_err(|_| wrong())?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(wrong());
    }
    url.set_fragment(None);
    let path = url.path().trim_end_matches('/').to_owned();
    let path = path
        .strip_suffix("/chat/completions")
        .or_else(|| path.strip_suffix("/responses"))
        .unwrap_or(&path)
        .trim_end_matches('/')
        .to_owned();
    url.set_path(&path);
    Ok(url)
}

fn word(
    name: &'static str,
    text: Option<&str>,
    expected: &str,
) -> Result<Option<String>, ConfigError> {
    let word = text.map(str::trim);
    if word.is_some_and(|word| word.chars().count() > 200 || word.chars().any(char::is_control)) {
        return Err(invalid(name, expected));
    }
    Ok(word.map(str::to_owned))
}

fn protocol(text: Option<&str>) -> Result<Option<Protocol>, ConfigError> {
    match text.map(str::trim) {
        None | Some("auto") => Ok(None),
        Some(text) => Protocol::parse(text).map(Some).ok_or_else(|| {
            invalid(
                "OPENAI_PROTOCOL",
                format!("must be auto, {}", Protocol::choices()),
            )
        }),
    }
}

fn json_mode(text: Option<&str>) -> Result<Option<JsonMode>, ConfigError> {
    match text.map(str::trim) {
        None | Some("auto") => Ok(None),
        Some(text) => JsonMode::parse(text).map(Some).ok_or_else(|| {
            invalid(
                "OPENAI_JSON_MODE",
                format!("must be auto, {}", JsonMode::choices()),
            )
        }),
    }
}

fn stream(text: Option<&str>) -> Result<Option<bool>, ConfigError> {
    match text.map(str::trim) {
        None | Some("auto") => Ok(None),
        Some("on") => Ok(Some(true)),
        Some("off") => Ok(Some(false)),
        Some(_) => Err(invalid("OPENAI_STREAM", "must be auto, on or off")),
    }
}

fn decimal(name: &'static str, text: Option<&str>, max: f64) -> Result<Option<f64>, ConfigError> {
    let Some(text) = text else { return Ok(None) };
    match text.trim().parse::<f64>() {
        Ok(value) if (0.0..=max).contains(&value) => Ok(Some(value)),
        _ => Err(invalid(
            name,
            format!("must be a number from 0 to {max}, such as 0.2"),
        )),
    }
}

fn price(name: &'static str, text: Option<&str>) -> Result<Option<f64>, ConfigError> {
    decimal(name, text, 100_000.0)
}

fn extra_body(text: Option<&str>) -> Result<Map<String, Value>, ConfigError> {
    let Some(text) = text else {
        return Ok(Map::new());
    };
    let members = serde_json::from_str::<Map<String, Value>>(text).map_err(|_| {
        invalid(
            "OPENAI_EXTRA_BODY",
            r#"must be a JSON object such as {"thinking": {"type": "disabled"}}"#,
        )
    })?;
    match OWN_MEMBERS.iter().find(|name| members.contains_key(**name)) {
        Some(name) => Err(invalid(
            "OPENAI_EXTRA_BODY",
            format!("must not hold \"{name}\", which CodeChecker sets itself"),
        )),
        None => Ok(members),
    }
}
