//! The Runtime API that a function in AWS Lambda asks for its invocations:
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::HeaderMap,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use serde_json::Value;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use super::Function;

/// An answer of a function: what it gives back, or its error.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) outcome: Result<Bytes, Value>,
    pub(super) headers: HeaderMap,
}

impl Answer {
    pub(super) fn json(self) -> Value {
        serde_json::from_slice(&self.outcome.unwrap()).unwrap()
    }
}

struct Invocation {
    id: String,
    event: String,
    deadline: u128,
}

type Waiting = Arc<Mutex<HashMap<String, oneshot::Sender<Answer>>>>;

#[derive(Clone)]
struct Shared {
    next: Arc<tokio::sync::Mutex<mpsc::UnboundedReceiver<Invocation>>>,
    waiting: Waiting,
}

/// A function that runs in Lambda.
pub(super) struct Lambda {
    pub(super) function: Function,
    invocations: mpsc::UnboundedSender<Invocation>,
    waiting: Waiting,
    server: JoinHandle<()>,
}

impl Drop for Lambda {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Lambda {
    pub(super) async fn start(name: &str, mut environment: HashMap<String, String>) -> Self {
        let (invocations, next) = mpsc::unbounded_channel();
        let waiting = Waiting::default();
        let shared = Shared {
            next: Arc::new(tokio::sync::Mutex::new(next)),
            waiting: waiting.clone(),
        };
        let base = "/2018-06-01/runtime";
        let app = Router::new()
            .route(&format!("{base}/invocation/next"), get(next_invocation))
            .route(
                &format!("{base}/invocation/{{id}}/response"),
                post(answered),
            )
            .route(&format!("{base}/invocation/{{id}}/error"), post(failed))
            .with_state(shared);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        for (variable, value) in [
            ("AWS_LAMBDA_RUNTIME_API", address.as_str()),
            ("AWS_LAMBDA_FUNCTION_NAME", name),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "test"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "test"),
        ] {
            environment.insert(variable.to_owned(), value.to_owned());
        }
        Self {
            function: Function::start(name, &environment),
            invocations,
            waiting,
            server,
        }
    }

    /// Invokes it with this much time; the answer comes later.
    pub(super) fn invoke_within(&self, event: &Value, time: Duration) -> oneshot::Receiver<Answer> {
        let (sender, answer) = oneshot::channel();
        let id = uuid::Uuid::new_v4().to_string();
        self.waiting.lock().unwrap().insert(id.clone(), sender);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        self.invocations
            .send(Invocation {
                id,
                event: event.to_string(),
                deadline: (now + time).as_millis(),
            })
            .unwrap();
        answer
    }

    /// Invokes it with the time that a gateway gives.
    pub(super) async fn invoke(&self, event: &Value) -> Answer {
        self.invoke_within(event, Duration::from_secs(30))
            .await
            .unwrap()
    }
}

async fn next_invocation(State(shared): State<Shared>) -> Response {
    let Some(invocation) = shared.next.lock().await.recv().await else {
        return std::future::pending().await;
    };
    (
        [
            ("lambda-runtime-aws-request-id", invocation.id),
            (
                "lambda-runtime-deadline-ms",
                invocation.deadline.to_string(),
            ),
            (
                "lambda-runtime-invoked-function-arn",
                "arn:aws:lambda:eu-central-1:123456789012:function:test".to_owned(),
            ),
            (
                "lambda-runtime-trace-id",
                "Root=1-65f0a000-0123456789abcdef01234567".to_owned(),
            ),
        ],
        invocation.event,
    )
        .into_response()
}

fn give(shared: &Shared, id: &str, answer: Answer) {
    let waiting = shared.waiting.lock().unwrap().remove(id).unwrap();
    // Nobody waits any more where a test has ended.
    let _ = waiting.send(answer);
}

async fn answered(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) {
    let outcome = Ok(body);
    give(&shared, &id, Answer { outcome, headers });
}

async fn failed(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) {
    let outcome = Err(serde_json::from_slice(&body).unwrap());
    give(&shared, &id, Answer { outcome, headers });
}
