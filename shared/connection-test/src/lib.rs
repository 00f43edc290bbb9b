//! The test of the model's settings: a tiny question, and one as long as an analysis. It tells whether the endpoint can be used as it is
//! set, and if not, which setting is wrong and what to put in its place.

mod models;
mod total;
mod trial;

use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::timeout_at;

use config::{ModelConfig, crypto, masked_url};
use db::spending;
use domain::{Chain, FailureCode, JsonMode, Usage};
use llm::{Error, Picture, Question, schema_of};
use total::Total;
use web::{
    settings::{self, Change, SaveError},
    state::AppState,
};

pub use models::models;
pub use trial::{Trial, try_prompt};

/// A red square, large enough for every model.
const RED: [u8; 3] = [220, 20, 20];
/// Its side in pixels.
const SIDE: u32 = 64;
const TASK: &str = "You are being tested. Answer briefly and exactly.";
/// Lines of the long question, which make about as many tokens as a statement, a program and our own words.
const LONG_QUESTION_LINES: usize = 700;
/// Paths that people leave out of the address.
const FORGOTTEN_PATHS: &[&str] = &["/v1", "/api/v1", "/v1beta/openai"];

#[derive(Debug, Deserialize, JsonSchema)]
struct Answer {
    /// 17 + 25.
    sum: i64,
    /// The colour of the picture, in one English word; empty if there is no picture.
    colour: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct LongAnswer {
    /// The number in the first line.
    number: i64,
}

/// The findings of the calls; `None` means that they did not get so far.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ConnectionTest)]
pub struct Report {
    /// Whether the settings can be used as they are.
    pub ok: bool,
    /// Says what is wrong and what to do, or what is worth knowing; empty when there is nothing to say.
    pub message: String,
    /// The code of the error.
    pub code: Option<FailureCode>,
    /// Whether the endpoint answered at all.
    pub reachable: bool,
    /// Whether it accepts the key.
    pub key: Option<bool>,
    /// Whether it knows the model.
    pub model: Option<bool>,
    /// Whether the model answers in JSON.
    pub json: Option<bool>,
    /// The strictest way to ask for JSON that the endpoint takes.
    pub structured_output: Option<JsonMode>,
    /// Whether it sees; not tried when vision is off.
    pub vision: Option<bool>,
    /// Whether a question as long as an analysis is read whole.
    pub context: Option<bool>,
    /// An address that works in place of the one that was tried.
    pub suggested_base_url: Option<String>,
    /// Models that the endpoint has, the most alike first, if it does not know the configured one.
    pub models: Vec<String>,
    /// Ways of the endpoint and the model that are their own and dealt with, in sentences.
    pub remarks: Vec<&'static str>,
    /// Seconds until the first answer was there.
    pub seconds: f64,
    /// Seconds until the answer to the long question was there.
    pub long_seconds: Option<f64>,
    /// Tokens that the test cost.
    pub usage: Usage,
}

/// Tries settings in place of those in use, unsaved. It leaves out a secret given for another server, and the report says so.
///
/// # Errors
/// [`SaveError`] when they cannot be used.
pub async fn try_out(state: &AppState, changes: &[Change]) -> Result<Report, SaveError> {
    let unsaved = settings::with_unsaved(state, changes).await?;
    let mut report = run(&unsaved.settings.model).await;
    count(state, &report.usage).await;
    for name in unsaved.left_out {
        let note = format!(
            "This test left out {name}, which was given for a server other than this address. To use it here, give it again \
             together with the address. "
        );
        report.message.insert_str(0, &note);
        if name == settings::API_KEY && report.ok {
            // Nothing is known of the key.
            report.key = None;
        }
    }
    report.message.truncate(report.message.trim_end().len());
    Ok(report)
}

/// Counts tokens among the day's. The answer was paid for, so it is told although they cannot be counted.
async fn count(state: &AppState, usage: &Usage) {
    if let Err(error) = spending::add(&state.db, usage).await {
        tracing::warn!(error = %Chain(&error), "the tokens of a test were not counted");
    }
}

/// Asks the model what any can answer.
pub async fn run(config: &ModelConfig) -> Report {
    // Earlier lessons may be out of date, which is why people test.
    llm::client().forget(config);
    let total = Total::default();
    let test = Test {
        config,
        total: &total,
    };
    let mut report = Report {
        ok: false,
        message: String::new(),
        code: None,
        reachable: true,
        key: Some(true),
        model: Some(true),
        json: Some(true),
        structured_output: None,
        vision: None,
        context: None,
        suggested_base_url: None,
        models: Vec::new(),
        remarks: Vec::new(),
        seconds: 0.0,
        long_seconds: None,
        usage: Usage::default(),
    };
    let started = Instant::now();
    let asked = test.tiny(config, config.supports_vision).await;
    report.seconds = seconds(started);
    match asked {
        Ok(answer) => test.judge(&mut report, &answer).await,
        Err(error) => test.diagnose(&mut report, &error).await,
    }
    report.usage = total.sum();
    report
}

fn seconds(since: Instant) -> f64 {
    (since.elapsed().as_secs_f64() * 100.0).round() / 100.0
}

struct Test<'a> {
    config: &'a ModelConfig,
    total: &'a Total,
}

impl Test<'_> {
    async fn tiny(
        &self,
        config: &ModelConfig,
        with_picture: bool,
    ) -> Result<llm::Answer<Answer>, Error> {
        let pictures = with_picture.then(|| Picture::plain(SIDE, RED)).flatten();
        let user = "How much is 17 + 25, and what colour is the picture, if there is one?";
        let question = Question {
            pictures: pictures.into_iter().collect(),
            ..Question::new(
                "test",
                schema_of::<Answer>(),
                TASK.to_owned(),
                user.to_owned(),
            )
        };
        self.ask(config, &question).await
    }

    async fn ask<T: for<'de> Deserialize<'de> + Send + 'static>(
        &self,
        config: &ModelConfig,
        question: &Question,
    ) -> Result<llm::Answer<T>, Error> {
        let deadline = tokio::time::Instant::now() + config.timeout;
        let check = |value, _| {
            serde_json::from_value::<T>(value)
                .map_err(|error| format!("it does not match the schema: {error}."))
        };
        let asked = llm::client().ask(config, question, deadline, self.total, check);
        timeout_at(deadline, asked)
            .await
            .unwrap_or(Err(Error::Timeout(config.timeout)))
    }

    /// The model answered: well enough?
    async fn judge(&self, report: &mut Report, answer: &llm::Answer<Answer>) {
        report.structured_output = Some(answer.mode);
        report.remarks.clone_from(&answer.remarks);
        let colour = answer.value.colour.to_lowercase();
        let sees = ["red", "crimson", "scarlet"]
            .iter()
            .any(|red| colour.contains(red));
        report.vision = self.config.supports_vision.then_some(sees);
        if report.vision == Some(false) {
            report.code = Some(FailureCode::ModelNoVision);
            report.message = "The model accepts images but does not see what they show. Set MODEL_SUPPORTS_VISION to false, \
                              or use a model with vision."
                .to_owned();
        } else if answer.value.sum != 42 {
            report.code = Some(FailureCode::ModelTooWeak);
            report.message =
                "The model answers, but cannot add 17 and 25. Use a stronger one.".to_owned();
        } else {
            self.long(report).await;
        }
    }

    /// Asks about the beginning of a long text, which is what a context that is too small loses.
    async fn long(&self, report: &mut Report) {
        let number = 1000 + (crypto::random_fraction() * 9000.0) as i64;
        let mut user = format!("The number is {number}.\n");
        for line in 2..=LONG_QUESTION_LINES {
            user.push_str(&format!("Line {line} of this text says nothing.\n"));
        }
        user.push_str("Which number stands in the first line?");
        let question = Question::new("test", schema_of::<LongAnswer>(), TASK.to_owned(), user);
        let started = Instant::now();
        let asked = self.ask::<LongAnswer>(self.config, &question).await;
        let took = seconds(started);
        report.long_seconds = Some(took);
        let limit = self.config.timeout;
        let is_slow = took > limit.as_secs_f64() / 2.0;
        match asked {
            Ok(answer) if answer.value.number != number => {
                report.context = Some(false);
                report.code = Some(FailureCode::ModelContextTooSmall);
                report.message =
                    "The model did not find a number at the beginning of a long question. Its context is too small \
                     (Ollama: OLLAMA_CONTEXT_LENGTH; 16384 is enough for most submissions), or it is too weak."
                        .to_owned();
            }
            Ok(_) if is_slow => {
                report.context = Some(true);
                self.too_slow(report, took);
            }
            Ok(answer) => {
                report.context = Some(true);
                report.ok = true;
                for remark in answer.remarks {
                    if !report.remarks.contains(&remark) {
                        report.remarks.push(remark);
                    }
                }
                if answer_is_unenforced(report) && self.config.json_mode.is_none() {
                    report.message =
                        "The endpoint has no structured output, so CodeChecker asks the model for JSON by words alone. \
                         A weak model may fail at that."
                            .to_owned();
                }
            }
            Err(error @ (Error::TooLong(_) | Error::Truncated { .. })) => {
                report.context = Some(false);
                report.code = Some(error.code());
                report.message = format!(
                    "The model did not read all of a question as long as an analysis. {error} 16384 tokens are enough \
                     for most submissions."
                );
            }
            Err(Error::Timeout(_) | Error::TooSlow { .. }) => self.too_slow(report, took),
            Err(error) => {
                report.code = Some(error.code());
                report.message =
                    format!("The model answered a tiny question, but not a long one. {error}");
            }
        }
    }

    fn too_slow(&self, report: &mut Report, took: f64) {
        report.code = Some(FailureCode::ModelTooSlow);
        report.message = format!(
            "The model is too slow: a question as long as an analysis, with an answer of one word, took {took} s, and a \
             call may take {} s. Raise REQUEST_TIMEOUT_SECONDS, or use a faster model.",
            self.config.timeout.as_secs()
        );
    }

    /// Finds out why the model did not answer, and says what to do.
    async fn diagnose(&self, report: &mut Report, error: &Error) {
        use Error as E;
        let (reachable, key, model, json) = match error {
            E::Unreachable(_) | E::HungUp(_) | E::Tls(_) | E::Timeout(_) | E::NotAnEndpoint(_) => {
                (false, None, None, None)
            }
            E::Unauthorized { .. } => (true, Some(false), None, None),
            E::UnknownModel { .. } => (true, None, Some(false), None),
            E::NoVision(_) => (true, Some(true), Some(true), None),
            E::BadAnswer { .. } | E::Garbled { .. } | E::Repeats | E::Empty | E::Cut(_) => {
                (true, Some(true), Some(true), Some(false))
            }
            _ => (true, None, None, None),
        };
        (report.reachable, report.key, report.model, report.json) = (reachable, key, model, json);
        report.code = Some(error.code());
        report.message = error.to_string();
        let config = self.config;
        match error {
            E::NotFound(_) | E::NotAnEndpoint(_) => self.look_elsewhere(report).await,
            E::Unauthorized { .. } if config.api_key.is_none() => {
                report.message =
                    "The model's endpoint wants a key, and OPENAI_API_KEY is not set.".to_owned();
            }
            E::Unreachable(_) | E::HungUp(_) if is_this_machine(config) => {
                if config.base_url.scheme() == "https" {
                    report
                        .message
                        .push_str(" A server without TLS has an address that begins with http://.");
                }
                report.message.push_str(
                    " Inside a container, localhost is the container itself: the host is host.docker.internal there, and \
                     another service goes by its own name.",
                );
            }
            E::UnknownModel { models, .. } => report.models.clone_from(models),
            E::Timeout(limit) | E::TooSlow { limit, .. } => {
                report.code = Some(FailureCode::ModelTooSlow);
                report.message = format!(
                    "The model did not answer a tiny question within {} seconds. If it was being loaded, test again; \
                     otherwise raise REQUEST_TIMEOUT_SECONDS, or use a faster model.",
                    limit.as_secs()
                );
            }
            E::BadAnswer { .. } => {
                report.message.push_str(
                    " The model does not keep to the form that CodeChecker asks for. Use a stronger one, or an endpoint \
                     with structured output.",
                );
            }
            E::NoVision(_) => {
                report.vision = Some(false);
                // The rest may be in order.
                if let Ok(answer) = self.tiny(config, false).await {
                    report.structured_output = Some(answer.mode);
                    report.json = Some(true);
                }
                report
                    .message
                    .push_str(" Set MODEL_SUPPORTS_VISION to false to use it for text.");
            }
            _ => {}
        }
    }

    /// Looks for the endpoint where people forget a part of the path.
    async fn look_elsewhere(&self, report: &mut Report) {
        let path = self.config.base_url.path().trim_end_matches('/').to_owned();
        let under = FORGOTTEN_PATHS
            .iter()
            .filter(|forgotten| !path.ends_with(**forgotten))
            .map(|forgotten| format!("{path}{forgotten}"));
        let instead = FORGOTTEN_PATHS
            .iter()
            .filter(|other| !path.is_empty() && path != **other)
            .map(|other| (*other).to_owned());
        for other_path in under.chain(instead) {
            let mut other = self.config.clone();
            other.base_url.set_path(&other_path);
            other.timeout = other.timeout.min(Duration::from_secs(30));
            match self.tiny(&other, false).await {
                Err(
                    Error::NotFound(_)
                    | Error::NotAnEndpoint(_)
                    | Error::Unreachable(_)
                    | Error::Refused { .. },
                ) => {}
                _ => {
                    let suggestion = masked_url(&other.base_url).to_string();
                    report.reachable = true;
                    report
                        .message
                        .push_str(&format!(" Did you mean {suggestion}?"));
                    report.suggested_base_url = Some(suggestion);
                    return;
                }
            }
        }
    }
}

fn answer_is_unenforced(report: &Report) -> bool {
    report.structured_output == Some(JsonMode::Text)
}

fn is_this_machine(config: &ModelConfig) -> bool {
    config
        .base_url
        .host_str()
        .is_some_and(|host| host == "localhost" || host.starts_with("127.") || host == "[::1]")
}
