//! The model: questions to an OpenAI-compatible chat endpoint, answered as JSON of a known schema.
//!
//! A request asks for the schema by `response_format: json_schema` and steps down to `json_object` and then to nothing
//! where an endpoint refuses; it streams, has a limit, a temperature and so on only as far as the endpoint takes them.
//! What it refused is remembered. The prompt always holds the schema too, since some servers only constrain decoding and
//! never show it to the model.

mod budget;
mod capabilities;
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
mod tokens;
mod wait;

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use futures::future::BoxFuture;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use tokio::time::{Instant, timeout};

use budget::{Budget, Size, take};
pub use capabilities::Quirk;
use capabilities::{Capabilities, Lesson, Memory};
use config::ModelConfig;
use domain::{Chain, Protocol, Usage, limits};
pub use error::{Error, Feature};
use exchange::Call;
pub use extract::json_object;
use judge::{Check, Judged, judge};
use limiter::Limiter;
pub use picture::Picture;
pub use pieces::pieces;
pub use question::{Answer, Question, Turn};
pub use redact::Redactor;
use reply::Reply;
use request::{Conversation, Request};
pub use schema::schema_of;

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Names of models that are told where the one that was asked for is unknown.
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
    /// Called with the bytes of an answer so far, each time that more have streamed in.
    fn received(&self, bytes: u64) {
        let _ = bytes;
    }
}

/// The client, one per process: it keeps connections and what it learned of the endpoints.
#[derive(Clone, Debug, Default)]
pub struct Client {
    http: Arc<OnceLock<reqwest::Client>>,
    memories: Arc<Mutex<HashMap<(String, String), Memory>>>,
    limiters: Arc<Mutex<HashMap<String, Arc<Limiter>>>>,
}

/// The client of this process. What it learned of an endpoint, and the limits that endpoint set, hold for all who ask.
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
            exchange::capped(response.error_for_status()?, limits::ANSWER_BYTES).await
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
        let check: Check<T> = Arc::new(check);
        let mut lessons = Vec::new();
        let asked = self
            .converse(endpoint, question, deadline, meter, check, &mut lessons)
            .await;
        self.learn(endpoint, &lessons, question, asked.is_ok());
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

    async fn converse<T: Send + 'static>(
        &self,
        endpoint: &ModelConfig,
        question: &Question,
        deadline: Instant,
        meter: &dyn Meter,
        check: Check<T>,
        lessons: &mut Vec<Lesson>,
    ) -> Result<Answer<T>, Error> {
        let redactor = Arc::new(Redactor::new(endpoint));
        let limiter = self.limiter(endpoint);
        let mut capabilities = self.capabilities(endpoint);
        let mut conversation = Conversation::new(question);
        let own_limit = endpoint.max_output_tokens;
        let mut limit = own_limit
            .or_else(|| {
                capabilities
                    .takes(Feature::OutputLimit)
                    .then(|| question.output_tokens())
            })
            .map(|limit| {
                capabilities
                    .highest_limit
                    .map_or(limit, |highest| limit.min(highest))
            });
        let mut budget = Budget::new();
        let mut parse_failed = false;
        let mut cut = None;
        let mut learn = |capabilities: &mut Capabilities, feature, allowed, is_odd| {
            lessons.push(Lesson {
                feature,
                used: capabilities.clone(),
                limit: allowed,
                is_odd,
            });
            let used = capabilities.clone();
            capabilities.learn(feature, &used);
        };
        loop {
            let size = Size::of(&conversation, question.pictures.len());
            size.must_fit(endpoint)?;
            let place = limiter.pass(endpoint.max_concurrency, deadline).await?;
            meter.before_call().await?;
            let mut reply = Reply::default();
            let called = {
                let request = Request::new(endpoint, &conversation, &capabilities, limit);
                self.call(endpoint, &request, question, &redactor, meter, &mut reply)
                    .await
            };
            drop(place);
            if let Some(usage) = reply.usage(size.estimate, endpoint.prices) {
                meter.used(usage);
            }
            let content = match called.and_then(|()| reply.content(&redactor)) {
                // A model that is cut short in a loop needs no longer limit.
                Err(Error::Cut(_))
                    if reply
                        .growing()
                        .iter()
                        .any(|text| repetition::repeats(text, &question.user)) =>
                {
                    Err(Error::Repeats)
                }
                Err(Error::Garbled { raw, .. }) if !raw.trim().is_empty() => Ok(raw),
                content => {
                    content.and_then(|content| size.was_read(endpoint, &reply).map(|()| content))
                }
            };
            let error = match content {
                Ok(content) => {
                    let is_last = budget.repairs == 0;
                    let judged =
                        judge(content, question, &redactor, check.clone(), is_last).await?;
                    let (content, reason, is_json) = match judged {
                        Judged::Right(value, quirks) => {
                            let quirks = reply.quirks.iter().copied().chain(quirks);
                            let quirks: BTreeSet<_> = quirks.chain(reply.lacks_usage()).collect();
                            let remarks = capabilities.refused().map(Feature::lacking);
                            return Ok(Answer {
                                value,
                                model: reply.model(&endpoint.model, &redactor),
                                mode: capabilities.mode,
                                remarks: remarks
                                    .chain(quirks.into_iter().map(Quirk::in_words))
                                    .collect(),
                            });
                        }
                        Judged::Wrong {
                            content,
                            reason,
                            is_json,
                        } => (content, reason, is_json),
                    };
                    if take(&mut budget.repairs) {
                        tracing::info!(
                            schema = question.schema_name,
                            "the answer is not usable; the model is shown why"
                        );
                        conversation.repair(&content, &reason);
                        parse_failed = !is_json;
                        continue;
                    }
                    // Twice in a row no JSON at all: the endpoint takes this response format and does not honour it.
                    let can_step_down = endpoint.json_mode.is_none()
                        && capabilities.mode.below().is_some()
                        && std::mem::take(&mut parse_failed);
                    if !is_json && can_step_down && take(&mut budget.step_downs) {
                        learn(&mut capabilities, Feature::ResponseFormat, None, true);
                        conversation.start_over();
                        continue;
                    }
                    return Err(Error::BadAnswer {
                        reason,
                        raw: content,
                    });
                }
                Err(error) => error,
            };
            match error {
                Error::Lacking { feature, .. } => {
                    learn(&mut capabilities, feature, None, false);
                    if take(&mut budget.switches) {
                        continue;
                    }
                    return Err(error);
                }
                Error::Repeats => {
                    if take(&mut budget.smaller) && conversation.shorten() {
                        tracing::info!(
                            schema = question.schema_name,
                            "the model repeats itself; it is asked a smaller question"
                        );
                        continue;
                    }
                    return Err(error);
                }
                Error::LimitTooHigh { allowed, .. } => {
                    // More than the endpoint allows: what is wrong is still the answer that was cut.
                    if let Some(cut) = cut.take() {
                        return Err(cut);
                    }
                    if limit.is_some() && take(&mut budget.switches) {
                        learn(&mut capabilities, Feature::OutputLimit, allowed, false);
                        limit = allowed;
                        continue;
                    }
                    return Err(error);
                }
                Error::Cut(_)
                    if own_limit.is_none() && limit.is_some() && take(&mut budget.longer) =>
                {
                    if reply.has_thought() {
                        // How long a model thinks is not for us to say.
                        learn(&mut capabilities, Feature::OutputLimit, None, false);
                    }
                    limit = None;
                    continue;
                }
                Error::Cut(_)
                    if limit.is_some() && limit == own_limit && take(&mut budget.longer) =>
                {
                    limit = own_limit.map(|own| own.saturating_mul(2));
                    cut = Some(error);
                    continue;
                }
                _ => {}
            }
            if let (Error::Refused { .. }, Some(cut)) = (&error, cut.take()) {
                return Err(cut);
            }
            let pause = budget.pause(error, reply.received() > 0, deadline, &limiter)?;
            tokio::time::sleep(pause).await;
        }
    }

    /// Makes one call; what has arrived is in `reply` also when it fails.
    async fn call(
        &self,
        endpoint: &ModelConfig,
        request: &Request<'_>,
        question: &Question,
        redactor: &Redactor,
        meter: &dyn Meter,
        reply: &mut Reply,
    ) -> Result<(), Error> {
        let call = Call {
            sent: &request.sent,
            redactor,
            meter,
            idle_timeout: endpoint.idle_timeout,
            given: &question.user,
        };
        let resource = match request.protocol {
            Protocol::Chat => "/chat/completions",
            Protocol::Responses => "/responses",
        };
        let url = request::url(endpoint, resource);
        let body = request
            .body()
            .map_err(|error| Error::Unreachable(error.to_string()))?;
        let post = self.http()?.post(url).body(body);
        let built = request::authorize(endpoint, post.header(CONTENT_TYPE, "application/json"));
        let limit = endpoint.timeout;
        match timeout(limit, call.run(built, reply)).await {
            Ok(called) => called,
            Err(_) if reply.received() > 0 => Err(Error::TooSlow {
                limit,
                received: reply.received(),
            }),
            Err(_) => Err(Error::Timeout(limit)),
        }
    }
}

/// Names of models, those like the one that was asked for first.
fn most_alike(wanted: &str, models: Vec<String>) -> Vec<String> {
    let names: Vec<&str> = models.iter().map(String::as_str).collect();
    let alike = similar::get_close_matches(wanted, &names, NAMED_MODELS, 0.3);
    let rest = names.iter().filter(|name| !alike.contains(name));
    alike
        .iter()
        .chain(rest)
        .take(NAMED_MODELS)
        .map(|name| (*name).to_owned())
        .collect()
}

fn memory_key(endpoint: &ModelConfig) -> (String, String) {
    (endpoint.base_url.to_string(), endpoint.model.clone())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use config::Config;

    /// An endpoint by these settings.
    pub(super) fn endpoint(settings: &[(&str, &str)]) -> ModelConfig {
        let vars = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::from_vars(vars).unwrap().model
    }

    /// A question without pictures.
    pub(super) fn question() -> Question {
        let schema = json!({ "type": "object" });
        Question::new("sum", schema, "Add.".to_owned(), "1 2".to_owned())
    }

    fn read(words: usize, context: &[(&str, &str)], usage: &Value) -> Result<(), Error> {
        let question = Question {
            user: "word ".repeat(words),
            ..question()
        };
        let conversation = Conversation::new(&question);
        let mut reply = Reply::default();
        reply.take(&json!({ "usage": usage })).unwrap();
        Size::of(&conversation, 0).was_read(&endpoint(context), &reply)
    }

    #[test]
    fn a_question_that_was_cut_in_silence_is_noticed() {
        let cut = |words, context: &[(&str, &str)], usage| read(words, context, &usage).is_err();
        assert!(cut(5000, &[], json!({"prompt_tokens": 4096})));
        assert!(cut(9000, &[], json!({"prompt_tokens": 6000})));
        assert!(cut(
            4000,
            &[],
            json!({"prompt_tokens": 3100, "total_tokens": 4096})
        ));
        assert!(!cut(5000, &[], json!({"prompt_tokens": 5100})));
        // Such a number by chance.
        assert!(!cut(3500, &[], json!({"prompt_tokens": 4096})));
        assert!(!cut(10, &[], json!({"prompt_tokens": 40})));
        // Vendors that count what was cached beside the rest.
        let beside =
            json!({"prompt_tokens": 300, "prompt_tokens_details": {"cached_tokens": 4900}});
        assert!(!cut(5000, &[], beside));
        assert!(!cut(5000, &[], json!({"prompt_tokens": 100})));
        // The operator knows better, except where the context is full.
        let known = [("OPENAI_CONTEXT_TOKENS", "32768")];
        assert!(!cut(9000, &known, json!({"prompt_tokens": 6000})));
        assert!(cut(5000, &known, json!({"prompt_tokens": 4096})));
        // An estimate that is not the server's says nothing.
        assert!(!cut(5000, &[], json!({})));
    }

    #[test]
    fn the_model_that_was_meant_comes_first() {
        let models = ["llama3.2:3b", "qwen2.5-coder:7b", "gemma3"].map(str::to_owned);
        assert_eq!(
            most_alike("qwen2.5-coder", models.to_vec()),
            ["qwen2.5-coder:7b", "llama3.2:3b", "gemma3"]
        );
    }

    #[test]
    fn a_question_is_known_by_its_data() {
        let ask = |user: &str| {
            Question {
                user: user.to_owned(),
                ..question()
            }
            .fingerprint()
        };
        assert_eq!(
            ask("<data-1a name=\"x\">\nint x;"),
            ask("<data-2b name=\"x\">\nint x;")
        );
        assert_ne!(ask("int x;"), ask("int y;"));
    }
}
