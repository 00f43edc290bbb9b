//! The model: questions to an OpenAI-compatible chat endpoint, answered as JSON of a known schema.
//!
//! A request asks for the schema by `response_format: json_schema` and steps down to `json_object` and then to nothing
//! where an endpoint refuses; it streams, has a limit, a temperature and so on only as far as the endpoint takes them.
//! The client remembers each refusal. The prompt always holds the schema too, since some servers only constrain decoding and
//! never show it to the model.

mod asking;
mod budget;
mod capabilities;
mod conversation;
mod data;
mod error;
mod escapes;
mod exchange;
mod extract;
mod failure;
mod judge;
mod limiter;
mod phrases;
mod picture;
mod pieces;
mod question;
mod redact;
mod repetition;
mod reply;
mod request;
mod schema;
mod shrink;
mod sizes;
mod tokens;
mod usage;
mod wait;

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use futures::future::BoxFuture;
use serde_json::Value;
use tokio::time::{Instant, timeout};

use asking::Asking;
pub use capabilities::Quirk;
use capabilities::{Capabilities, Lesson, Memory};
use config::ModelConfig;
pub use data::Data;
use domain::{Chain, Usage, limits};
pub use error::{Error, Feature};
pub use extract::json_object;
use limiter::Limiter;
pub use picture::Picture;
pub use pieces::pieces;
pub use question::{Answer, Question, Turn};
pub use redact::Redactor;
pub use schema::schema_of;

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Most names of models to list if the endpoint does not know the configured one.
const NAMED_MODELS: usize = 8;
/// Names of models that are read from an endpoint's list.
const MODELS: usize = 500;

/// Keeps count of what a question costs.
pub trait Meter: Send + Sync {
    /// Called before each call to the endpoint; an error keeps it from being made and ends the question.
    fn before_call(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async { Ok(()) })
    }
    /// Called with the tokens of each answer, usable or not.
    fn used(&self, usage: Usage);
    /// Called after [`Self::used`], where there is time to write it down.
    fn settle(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
    /// Called with the bytes of an answer so far, each time that more have streamed in.
    fn received(&self, bytes: u64) {
        let _ = bytes;
    }
}

/// The client, one per process: it keeps connections and its lessons about the endpoints.
#[derive(Clone, Debug, Default)]
pub struct Client {
    http: Arc<OnceLock<reqwest::Client>>,
    memories: Arc<Mutex<HashMap<(String, String), Memory>>>,
    limiters: Arc<Mutex<HashMap<String, Arc<Limiter>>>>,
}

/// The client of this process: all who ask share its lessons about an endpoint, and the limits that the endpoint set.
pub fn client() -> &'static Client {
    static CLIENT: LazyLock<Client> = LazyLock::new(Client::default);
    &CLIENT
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
            .map_err(|error| Error::Tls(Chain(&error).to_string()))?;
        Ok(self.http.get_or_init(|| http))
    }

    fn capabilities(&self, endpoint: &ModelConfig) -> Capabilities {
        let memories = self.memories.lock().unwrap_or_else(PoisonError::into_inner);
        memories
            .get(&memory_key(endpoint))
            .map(|memory| memory.capabilities.clone())
            .unwrap_or_default()
            .with(endpoint)
    }

    fn learn(
        &self,
        endpoint: &ModelConfig,
        lessons: &[Lesson],
        question: &Question,
        is_proved: bool,
    ) {
        if lessons.is_empty() {
            return;
        }
        let mut memories = self.memories.lock().unwrap_or_else(PoisonError::into_inner);
        let memory = memories.entry(memory_key(endpoint)).or_default();
        memory.take(lessons, question.fingerprint(), is_proved);
    }

    fn limiter(&self, endpoint: &ModelConfig) -> Arc<Limiter> {
        let mut limiters = self.limiters.lock().unwrap_or_else(PoisonError::into_inner);
        limiters
            .entry(endpoint.base_url.to_string())
            .or_insert_with(|| Arc::new(Limiter::new()))
            .clone()
    }

    /// Forgets what was learned of an endpoint, as it may have been changed.
    pub fn forget(&self, endpoint: &ModelConfig) {
        self.memories
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&memory_key(endpoint));
        // Those who are inside stay counted.
        self.limiter(endpoint).open();
    }

    /// The models that the endpoint lists. Not every endpoint has a list.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn models(&self, endpoint: &ModelConfig) -> Result<Vec<String>, Error> {
        let redactor = Redactor::new(endpoint);
        let request = self.http()?.get(request::url(endpoint, "/models"));
        let read = async {
            let response = request::authorize(endpoint, request).send().await?;
            sizes::capped(response.error_for_status()?, limits::ANSWER_BYTES).await
        };
        let list = timeout(CONNECT_TIMEOUT, read)
            .await
            .map_err(|_| Error::Timeout(CONNECT_TIMEOUT))?
            .map_err(|error| {
                Error::Unreachable(redactor.clean(&Chain(&error.without_url()).to_string()))
            })?;
        let list: Value = serde_json::from_slice(&list)
            .map_err(|_| Error::NotAnEndpoint("its list of models is not JSON.".to_owned()))?;
        let models = list.get("data").or(Some(&list)).and_then(Value::as_array);
        Ok(models
            .into_iter()
            .flatten()
            .filter_map(|model| model.get("id")?.as_str())
            .map(|id| redactor.clean(id))
            .take(MODELS)
            .collect())
    }

    /// Asks until an answer passes `check`, within a budget of calls. `check` says what is wrong with an answer in words
    /// for the model, which is shown them once; it is told whether the answer at hand is the last one. `deadline` is when
    /// the caller gives up: no wait goes beyond it.
    ///
    /// # Errors
    /// [`Error`]; [`Error::is_transient`] tells whether asking again later makes sense.
    pub async fn ask<T: Send + 'static>(
        &self,
        endpoint: &ModelConfig,
        question: &Question,
        deadline: Instant,
        meter: &dyn Meter,
        check: impl Fn(Value, bool) -> Result<T, String> + Send + Sync + 'static,
    ) -> Result<Answer<T>, Error> {
        let mut asking = Asking::new(self, endpoint, question, deadline, meter, Arc::new(check));
        let asked = asking.run().await;
        self.learn(endpoint, &asking.lessons, question, asked.is_ok());
        match asked {
            Err(Error::UnknownModel { message, .. }) => Err(Error::UnknownModel {
                message,
                // The list is a help; an endpoint without one is no other error.
                models: self
                    .models(endpoint)
                    .await
                    .map(|models| most_alike(&endpoint.model, models))
                    .unwrap_or_default(),
            }),
            asked => asked,
        }
    }
}

/// Names of models, those like the configured one first.
fn most_alike(wanted: &str, models: Vec<String>) -> Vec<String> {
    let likeness = |name: &String| match diff::alike(wanted, name) {
        little if little < 0.3 => 0.0,
        much => much,
    };
    let mut models: Vec<_> = models
        .into_iter()
        .map(|name| (likeness(&name), name))
        .collect();
    models.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let names = models.into_iter().map(|(_, name)| name);
    names.take(NAMED_MODELS).collect()
}

fn memory_key(endpoint: &ModelConfig) -> (String, String) {
    (endpoint.base_url.to_string(), endpoint.model.clone())
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
