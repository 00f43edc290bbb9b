//! The model: questions to an OpenAI-compatible chat endpoint, answered as JSON of a known schema.
//!
//! A request asks for the schema by `response_format: json_schema` and steps down to `json_object` and then to nothing
//! where an endpoint refuses; what an endpoint refused is remembered. The prompt always holds the schema too, since some
//! servers only constrain decoding and never show it to the model.

mod error;
mod extract;
mod schema;
mod wire;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use futures::future::BoxFuture;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{config::ModelConfig, crypto, domain::Usage};
pub use error::{Error, Redactor};
pub use extract::json_object;
pub use schema::schema_of;
use wire::{Mode, Reply};

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest `Retry-After` that is waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Calls that are repeated after a passing error.
const TRANSPORT_RETRIES: usize = 2;
/// Calls that are repeated without a feature that the endpoint lacks.
const SWITCHES: usize = 2;
/// Calls that show the model what was wrong with its answer.
const REPAIRS: usize = 1;
/// Bytes of a wrong answer that are shown to the model again.
const REPAIR_BYTES: usize = 16 * 1024;

/// Where the model is.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Base URL; `/chat/completions` is appended to its path.
    pub base_url: reqwest::Url,
    /// Key, sent as a bearer token.
    pub api_key: Option<SecretString>,
    /// Name of the model.
    pub model: String,
    /// Limit for one call, from connecting to the last byte.
    pub timeout: Duration,
}

impl From<&ModelConfig> for Endpoint {
    fn from(config: &ModelConfig) -> Self {
        Self {
            base_url: config.base_url.clone(),
            api_key: config.api_key.clone(),
            model: config.model.clone(),
            timeout: config.timeout,
        }
    }
}

/// A picture in a question.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Media type, such as `image/png`.
    pub media_type: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
}

/// What the model is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// The task.
    pub system: String,
    /// The data.
    pub user: String,
    /// Pictures that belong to the data.
    pub pictures: Vec<Picture>,
    /// Name of the schema: letters, digits, `_` and `-`.
    pub schema_name: &'static str,
    /// Schema of the answer, as [`schema_of`] makes it.
    pub schema: Value,
}

/// A usable answer.
#[derive(Clone, Debug)]
pub struct Answer<T> {
    /// What the check made of it.
    pub value: T,
    /// The model that answered, as the endpoint names it.
    pub model: String,
}

/// Keeps count of what a question costs.
pub trait Meter: Send + Sync {
    /// Called before each call to the endpoint; an error keeps it from being made and ends the question.
    fn before_call(&self) -> BoxFuture<'_, Result<(), Error>>;
    /// Called with the tokens of each answer, usable or not.
    fn used(&self, usage: Usage);
}

/// The client, one per process: it keeps connections and what it learned of the endpoints.
#[derive(Clone, Debug, Default)]
pub struct Client {
    http: Arc<OnceLock<reqwest::Client>>,
    modes: Arc<Mutex<HashMap<(String, String), Mode>>>,
}

impl Client {
    /// Made when it is first used: a function that never asks a model does not load the system's certificates.
    fn http(&self) -> Result<&reqwest::Client, Error> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .user_agent(concat!("CodeChecker/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| {
                Error::Unreachable(format!("TLS cannot be set up ({})", crate::Chain(&error)))
            })?;
        Ok(self.http.get_or_init(|| http))
    }

    fn mode(&self, endpoint: &Endpoint) -> Mode {
        let modes = self.modes.lock().unwrap_or_else(PoisonError::into_inner);
        modes
            .get(&memory_key(endpoint))
            .copied()
            .unwrap_or_default()
    }

    fn remember(&self, endpoint: &Endpoint, mode: Mode) {
        self.modes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(memory_key(endpoint), mode);
    }

    /// Asks until an answer passes `check`, within a budget of calls. `check` says what is wrong with an answer in words
    /// for the model, which is shown them once; it is told whether the answer at hand is the last one.
    ///
    /// # Errors
    /// [`Error`]; [`Error::is_transient`] tells whether asking again later makes sense.
    pub async fn ask<T>(
        &self,
        endpoint: &Endpoint,
        question: &Question,
        meter: &dyn Meter,
        check: impl Fn(Value, bool) -> Result<T, String>,
    ) -> Result<Answer<T>, Error> {
        let mut messages = wire::messages(question);
        let mut mode = self.mode(endpoint);
        let mut pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_secs(1))
            .with_max_delay(Duration::from_secs(20))
            .with_max_times(TRANSPORT_RETRIES)
            .build();
        let mut switches = SWITCHES;
        let mut repairs = REPAIRS;
        loop {
            meter.before_call().await?;
            let body = wire::Request::new(&endpoint.model, &messages, question, mode);
            let outcome = self
                .call(endpoint, &body, !question.pictures.is_empty())
                .await;
            let error = match outcome {
                Ok(reply) => {
                    meter.used(reply.usage(&messages));
                    match reply.content() {
                        Ok(content) => match json_object(&content)
                            .and_then(|value| check(value, repairs == 0))
                        {
                            Ok(value) => {
                                return Ok(Answer {
                                    value,
                                    model: reply.model(&endpoint.model),
                                });
                            }
                            Err(reason) if repairs > 0 => {
                                repairs -= 1;
                                tracing::info!(
                                    schema = question.schema_name,
                                    "the answer is not usable; the model is shown why"
                                );
                                messages.extend(repair(&content, &reason));
                                continue;
                            }
                            Err(reason) => {
                                return Err(Error::BadAnswer {
                                    reason,
                                    raw: content,
                                });
                            }
                        },
                        Err(error) => error,
                    }
                }
                Err(error) => error,
            };
            if let Some(lower) = mode
                .below()
                .filter(|_| switches > 0 && matches!(error, Error::NoResponseFormat { .. }))
            {
                switches -= 1;
                tracing::info!(from = ?mode, to = ?lower, "the endpoint does not know this response format");
                mode = lower;
                self.remember(endpoint, lower);
                continue;
            }
            if !error.is_worth_repeating() {
                return Err(error);
            }
            let Some(pause) = pauses.next() else {
                return Err(error);
            };
            let pause = match error.retry_after() {
                Some(wanted) if wanted > LONGEST_WAIT => return Err(error),
                Some(wanted) => wanted,
                // Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
                None => pause.mul_f64(crypto::random_fraction()),
            };
            tracing::info!(error = %crate::Chain(&error), pause_ms = pause.as_secs_f64() * 1e3, "the call is repeated");
            tokio::time::sleep(pause).await;
        }
    }

    async fn call(
        &self,
        endpoint: &Endpoint,
        body: &wire::Request<'_>,
        has_pictures: bool,
    ) -> Result<Reply, Error> {
        let redactor = Redactor::new(endpoint.api_key.as_ref());
        let mut url = endpoint.base_url.clone();
        url.set_path(&format!(
            "{}/chat/completions",
            url.path().trim_end_matches('/')
        ));
        let mut request = self.http()?.post(url).json(body);
        if let Some(key) = &endpoint.api_key {
            request = request.bearer_auth(key.expose_secret());
        }
        timeout(
            endpoint.timeout,
            wire::exchange(request, has_pictures, &redactor),
        )
        .await
        .map_err(|_| Error::Timeout(endpoint.timeout))?
    }
}

fn memory_key(endpoint: &Endpoint) -> (String, String) {
    (endpoint.base_url.to_string(), endpoint.model.clone())
}

fn repair(content: &str, reason: &str) -> [Value; 2] {
    let shown = crate::domain::limits::cut(content, REPAIR_BYTES);
    [
        json!({ "role": "assistant", "content": shown }),
        json!({
            "role": "user",
            "content": format!(
                "That answer cannot be used: {reason}\nAnswer again, completely, with only the corrected JSON object."
            ),
        }),
    ]
}
