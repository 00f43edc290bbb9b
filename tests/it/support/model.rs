//! A stand-in for the model: an OpenAI-compatible endpoint that answers as it is told.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};

/// How one call is answered.
#[derive(Clone)]
pub(crate) enum Act {
    /// With this object as the answer.
    Say(Value),
    /// With this text as the answer.
    Text(String),
    /// With this text as the answer, after a while.
    Slow(Duration, String),
    /// With this status and body.
    Fail(u16, Value),
    /// Not before the gate has a permit, then with this object.
    Hold(Arc<Semaphore>, Value),
    /// With the first half of this object as a stream, and the rest when the gate has a permit.
    Stream(Arc<Semaphore>, Value),
}

/// A call that came in.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) stage: &'static str,
    pub(crate) body: Value,
    pub(crate) authorization: Option<String>,
}

impl Call {
    pub(crate) fn system(&self) -> &str {
        self.body["messages"][0]["content"]
            .as_str()
            .unwrap_or_default()
    }

    /// The text of the user's message that holds the data: the last one, behind the examples.
    pub(crate) fn user(&self) -> &str {
        let messages = self.body["messages"].as_array().unwrap();
        let texts = messages
            .iter()
            .filter(|message| message["role"] == "user")
            .map(|message| {
                let content = &message["content"];
                content.as_str().or_else(|| content[0]["text"].as_str())
            });
        let data = texts.flatten().filter(|text| text.starts_with("<data-"));
        data.into_iter().next_back().unwrap_or_default()
    }

    /// The message that tells the model what was wrong with its last answer.
    pub(crate) fn repair(&self) -> &str {
        let last = self.body["messages"].as_array().unwrap().last().unwrap();
        let text = last["content"].as_str().unwrap_or_default();
        if text.starts_with("<data-") { "" } else { text }
    }
}

#[derive(Default)]
struct Script {
    next: HashMap<&'static str, VecDeque<Act>>,
    usual: HashMap<&'static str, Act>,
    calls: Vec<Call>,
}

#[derive(Clone)]
struct Shared {
    script: Arc<Mutex<Script>>,
    count: watch::Sender<usize>,
    hung_up: watch::Sender<usize>,
}

/// Counts a caller that went away before it was answered.
struct HangUp(Option<watch::Sender<usize>>);

impl Drop for HangUp {
    fn drop(&mut self) {
        if let Some(count) = self.0.take() {
            count.send_modify(|count| *count += 1);
        }
    }
}

/// The stand-in.
pub(crate) struct Model {
    pub(crate) base_url: String,
    shared: Shared,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Model {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Model {
    /// Starts one that solves [`BUGGY`].
    pub(crate) async fn start() -> Self {
        let shared = Shared {
            script: Arc::default(),
            count: watch::Sender::new(0),
            hung_up: watch::Sender::new(0),
        };
        let app = Router::new()
            .route("/v1/chat/completions", post(complete))
            .with_state(shared.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let model = Self {
            base_url,
            shared,
            server,
        };
        model.usually("problem", Act::Say(problem()));
        model.usually(
            "code",
            Act::Say(json!({ "language": "C++", "first": "#include <iostream>", "last": "}" })),
        );
        // Helpers are the matter of few tests.
        model.usually("hunt", Act::Say(no_helpers()));
        model.usually("analysis", Act::Say(analysis()));
        model.usually("verification", Act::Say(analysis()));
        model
    }

    /// Answers every call of a stage like this, unless something else is next.
    pub(crate) fn usually(&self, stage: &'static str, act: Act) {
        self.shared.script.lock().unwrap().usual.insert(stage, act);
    }

    /// Answers the next calls of a stage like this.
    pub(crate) fn next(&self, stage: &'static str, acts: impl IntoIterator<Item = Act>) {
        self.shared
            .script
            .lock()
            .unwrap()
            .next
            .entry(stage)
            .or_default()
            .extend(acts);
    }

    /// Holds the next call of a stage until the gate is given a permit.
    pub(crate) fn hold(&self, stage: &'static str, then: Value) -> Arc<Semaphore> {
        let gate = Arc::new(Semaphore::new(0));
        self.next(stage, [Act::Hold(gate.clone(), then)]);
        gate
    }

    pub(crate) fn calls(&self, stage: &str) -> Vec<Call> {
        self.shared
            .script
            .lock()
            .unwrap()
            .calls
            .iter()
            .filter(|call| call.stage == stage)
            .cloned()
            .collect()
    }

    /// Waits until this many callers hung up on a held call.
    pub(crate) async fn hung_up(&self, times: usize) {
        let mut count = self.shared.hung_up.subscribe();
        let arrived = count.wait_for(|count| *count >= times);
        tokio::time::timeout(std::time::Duration::from_secs(60), arrived)
            .await
            .expect("nobody hung up")
            .unwrap();
    }

    /// Waits until a stage was called this many times.
    pub(crate) async fn called(&self, stage: &str, times: usize) {
        let mut count = self.shared.count.subscribe();
        let arrived = count.wait_for(|_| self.calls(stage).len() >= times);
        tokio::time::timeout(std::time::Duration::from_secs(90), arrived)
            .await
            .unwrap_or_else(|_| panic!("gave up waiting for call {times} of {stage}"))
            .unwrap();
    }
}

async fn complete(
    State(shared): State<Shared>,
    headers: HeaderMap,
    body: axum::Json<Value>,
) -> Response {
    let system = body["messages"][0]["content"].as_str().unwrap_or_default();
    let stage = if system.contains("A fix for this program was run") {
        "verification"
    } else if system.contains("\"reference\"") {
        "hunt"
    } else if system.contains("\"samples\"") {
        "problem"
    } else if system.contains("\"fixes\"") {
        "analysis"
    } else {
        "code"
    };
    let authorization = headers
        .get("authorization")
        .map(|value| value.to_str().unwrap().to_owned());
    let act = {
        let mut script = shared.script.lock().unwrap();
        script.calls.push(Call {
            stage,
            body: body.0,
            authorization,
        });
        let next = script.next.get_mut(stage).and_then(VecDeque::pop_front);
        next.unwrap_or_else(|| script.usual[stage].clone())
    };
    shared.count.send_modify(|count| *count += 1);
    let content = match act {
        Act::Say(value) => value.to_string(),
        Act::Text(text) => text,
        Act::Slow(time, text) => {
            tokio::time::sleep(time).await;
            text
        }
        Act::Fail(status, body) => {
            return (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response();
        }
        Act::Hold(gate, value) => {
            let mut hang_up = HangUp(Some(shared.hung_up.clone()));
            gate.acquire().await.unwrap().forget();
            hang_up.0 = None;
            value.to_string()
        }
        Act::Stream(gate, value) => return streamed(gate, &value.to_string()),
    };
    axum::Json(json!({
        "model": "stand-in-1",
        "choices": [{ "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": content } }],
        "usage": { "prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110 }
    }))
    .into_response()
}

fn streamed(gate: Arc<Semaphore>, content: &str) -> Response {
    let (first, rest) = content.split_at(content.floor_char_boundary(content.len() / 2));
    let chunk = |delta: Value, finish_reason: Value| {
        let chunk = json!({
            "model": "stand-in-1",
            "choices": [{ "index": 0, "delta": delta, "finish_reason": finish_reason }]
        });
        format!("data: {chunk}\n\n")
    };
    let begin = chunk(json!({ "content": first }), Value::Null);
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110 } });
    let end = format!(
        "{}{}data: {usage}\n\ndata: [DONE]\n\n",
        chunk(json!({ "content": rest }), Value::Null),
        chunk(json!({}), json!("stop"))
    );
    let begin = stream::once(async { Ok::<_, std::io::Error>(begin) });
    let end = stream::once(async move {
        gate.acquire().await.unwrap().forget();
        Ok(end)
    });
    let body = axum::body::Body::from_stream(begin.chain(end));
    ([("content-type", "text/event-stream")], body).into_response()
}

/// A program with a bug: it subtracts.
pub(crate) const BUGGY: &str = "#include <iostream>\n\nint main() {\n    long long a, b;\n    std::cin >> a >> b;\n    std::cout << a - b << \"\\n\";\n}\n";

/// The statement it is meant for.
pub(crate) const STATEMENT: &str = "A + B\nTime limit: 1 s\nMemory limit: 256 MB\nPrint the sum of two integers.\n\
    Input: two integers.\nOutput: their sum.\nSample input: 1 2\nSample output: 3";

pub(crate) fn problem() -> Value {
    json!({
        "title": "A + B", "time_limit": "1 s", "memory_limit": "256 MB",
        "description": "Print the sum of two integers.", "input_format": "Two integers.", "output_format": "Their sum.",
        "samples": [{ "input": "1 2", "output": "3", "explanation": "" }], "notes": ""
    })
}

pub(crate) fn analysis() -> Value {
    json!({
        "reasoning": "1 - 2 is -1, not 3.",
        "summary": "The program prints the difference instead of the sum.",
        "fixes": [{
            "category": "wrong operator", "severity": "critical", "hint": "What does it print for 1 2?",
            "explanation": "`a - b` is the difference.",
            "old": "    std::cout << a - b << \"\\n\";",
            "new": "    std::cout << a + b << \"\\n\";",
            "line": 0
        }]
    })
}

/// Helpers that are of no use.
fn no_helpers() -> Value {
    json!({
        "generator": "def case(g):\n    raise ValueError", "validators": ["def valid(text):\n    raise ValueError"],
        "reference": "def solve(text):\n    raise ValueError", "checker": ""
    })
}
