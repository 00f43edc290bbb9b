//! The model's client against endpoints with the habits and the errors of real servers, over real HTTP.

mod answer_forms;
mod diagnosis;
mod errors;
mod hygiene;
mod json;
mod responses;
mod retries;
mod server;
mod servers;
mod streams;

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use config::{Config, ModelConfig};
use domain::Usage;
use llm::{Answer, Client, Error, Meter, Question, schema_of};
use serde_json::{Value, json};

pub(crate) use diagnosis::reading_server;
use server::{Line, Server};

/// A right answer.
const SUM: &str = r#"{"reasoning": "1 + 2 ≠ 4: 题目 😀", "sum": 3}"#;

#[derive(schemars::JsonSchema)]
#[expect(dead_code, reason = "only its schema is looked at")]
struct Sum {
    /// How it was found.
    reasoning: String,
    /// The sum.
    sum: i64,
}

fn question() -> Question {
    let task = "Add the two numbers.".to_owned();
    Question::new("sum", schema_of::<Sum>(), task, "1 2".to_owned())
}

fn endpoint(server: &Server, settings: &[(&str, &str)]) -> ModelConfig {
    let base = ("OPENAI_BASE_URL", format!("{}/v1", server.origin));
    let settings = settings
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    // A later one wins.
    let vars = std::iter::once((base.0.to_owned(), base.1)).chain(settings);
    let vars: std::collections::HashMap<_, _> = vars.collect();
    let mut model = Config::from_vars(vars).unwrap().model;
    model.idle_timeout = Duration::from_secs(2);
    model
}

/// Counts what a question costs.
#[derive(Default)]
struct Count {
    calls: Mutex<usize>,
    usage: Mutex<Usage>,
    received: Mutex<Vec<u64>>,
}

impl Meter for Count {
    fn before_call(&self) -> futures::future::BoxFuture<'_, Result<(), Error>> {
        *self.calls.lock().unwrap() += 1;
        Box::pin(async { Ok(()) })
    }

    fn used(&self, usage: Usage) {
        *self.usage.lock().unwrap() += usage;
    }

    fn received(&self, bytes: u64) {
        self.received.lock().unwrap().push(bytes);
    }
}

/// The outcome of a question.
struct Outcome {
    result: Result<Answer<Value>, Error>,
    calls: usize,
    usage: Usage,
    received: Vec<u64>,
    took: Duration,
}

impl Outcome {
    /// The sum and the number of calls, or the error's code and the number of calls.
    fn summary(&self) -> (String, usize) {
        let what = match &self.result {
            Ok(answer) => answer.value["sum"].to_string(),
            Err(error) => error.code().to_string(),
        };
        (what, self.calls)
    }

    fn message(&self) -> String {
        self.result.as_ref().unwrap_err().to_string()
    }
}

async fn ask_with(client: &Client, endpoint: &ModelConfig, question: &Question) -> Outcome {
    let count = Count::default();
    let started = Instant::now();
    let deadline = tokio::time::Instant::now() + endpoint.timeout * 3;
    let result = client
        .ask(endpoint, question, deadline, &count, |value, _| {
            if value["sum"].is_i64() {
                Ok(value)
            } else {
                Err("it has no member sum.".to_owned())
            }
        })
        .await;
    Outcome {
        result,
        calls: count.calls.into_inner().unwrap(),
        usage: count.usage.into_inner().unwrap(),
        received: count.received.into_inner().unwrap(),
        took: started.elapsed(),
    }
}

/// Asks a server with this script; every call that is made must have reached it.
async fn play(
    settings: &[(&str, &str)],
    script: impl IntoIterator<Item = Line>,
) -> (Outcome, Server) {
    let server = Server::start(script).await;
    let outcome = ask_with(
        &Client::default(),
        &endpoint(&server, settings),
        &question(),
    )
    .await;
    let asked = server
        .calls()
        .into_iter()
        .filter(|call| !call.uri.path().ends_with("/models"));
    assert_eq!(asked.count(), outcome.calls, "calls were not counted");
    (outcome, server)
}

/// Plays a script and checks how it ends: with the sum or the error of this code, after so many calls.
async fn expect(
    settings: &[(&str, &str)],
    script: impl IntoIterator<Item = Line>,
    what: &str,
    calls: usize,
) -> (Outcome, Server) {
    let (outcome, server) = play(settings, script).await;
    assert_eq!(
        outcome.summary(),
        (what.to_owned(), calls),
        "{:?}",
        outcome.result
    );
    (outcome, server)
}

/// A member of the body of each call.
fn sent(server: &Server, pointer: &str) -> Vec<Value> {
    let calls = server.calls();
    calls
        .iter()
        .map(|call| call.body.pointer(pointer).cloned().unwrap_or_default())
        .collect()
}

/// The formats that were asked for, one a call.
fn formats(server: &Server) -> Vec<Value> {
    sent(server, "/response_format/type")
}

#[tokio::test]
async fn a_request_holds_what_is_needed_and_nothing_else() {
    let (outcome, server) = expect(
        &[("OPENAI_API_KEY", "sk-1")],
        [server::streamed(SUM)],
        "3",
        1,
    )
    .await;
    let call = &server.calls()[0];
    assert_eq!(call.uri.path(), "/v1/chat/completions");
    assert_eq!(call.headers["authorization"], "Bearer sk-1");
    let names: Vec<_> = call.body.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "model",
            "messages",
            "response_format",
            "max_tokens",
            "stream",
            "stream_options"
        ]
    );
    assert_eq!(
        call.body["messages"][1],
        json!({ "role": "user", "content": "1 2" })
    );
    assert_eq!(outcome.usage.prompt_tokens, 90);
    assert_eq!(outcome.result.unwrap().model, "m-1");
}
