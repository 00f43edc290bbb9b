//! Traces, as a collector gets them.

use std::{collections::HashMap, sync::Arc};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use nix::sys::signal::Signal;
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value::Value as Any},
    trace::v1::Span,
};
use prost::Message as _;
use reqwest::StatusCode;
use serde_json::Value;
use sqlx::PgPool;
use tokio::{sync::watch, task::JoinHandle};

use crate::support::{
    app::{API, TOKEN, buggy, variables},
    model::{Act, BUGGY, Model, STATEMENT, analysis},
    process::Process,
};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CLIENT: &str = "00f067aa0ba902b7";

/// The exported spans.
#[derive(Default)]
struct Exported {
    requests: Vec<ExportTraceServiceRequest>,
    bytes: Vec<u8>,
    authorization: Option<String>,
}

impl Exported {
    fn spans(&self) -> impl Iterator<Item = &Span> {
        let resources = self
            .requests
            .iter()
            .flat_map(|request| &request.resource_spans);
        let scopes = resources.flat_map(|resource| &resource.scope_spans);
        scopes.flat_map(|scope| &scope.spans)
    }

    /// The span that answers to a name in a trace.
    fn of_trace(&self, trace: &str, name: &str) -> Vec<&Span> {
        self.spans()
            .filter(|span| hex(&span.trace_id) == trace && span.name == name)
            .collect()
    }
}

/// A collector.
struct Collector {
    url: String,
    exported: Arc<watch::Sender<Exported>>,
    server: JoinHandle<()>,
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn take(
    State(exported): State<Arc<watch::Sender<Exported>>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let Ok(request) = ExportTraceServiceRequest::decode(body.clone()) else {
        return StatusCode::BAD_REQUEST;
    };
    let authorization = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok());
    exported.send_modify(|exported| {
        exported.requests.push(request);
        exported.bytes.extend_from_slice(&body);
        exported.authorization = authorization.map(str::to_owned);
    });
    StatusCode::OK
}

impl Collector {
    async fn start() -> Self {
        let exported = Arc::new(watch::Sender::new(Exported::default()));
        let app = Router::new()
            .route("/v1/traces", post(take))
            .with_state(exported.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            url,
            exported,
            server,
        }
    }

    /// Waits until what was exported is enough.
    async fn has(&self, what: &str, is_enough: impl FnMut(&Exported) -> bool) {
        let mut exported = self.exported.subscribe();
        let enough = exported.wait_for(is_enough);
        tokio::time::timeout(std::time::Duration::from_secs(60), enough)
            .await
            .unwrap_or_else(|_| panic!("{what} was not exported"))
            .unwrap();
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn attribute(attributes: &[KeyValue], name: &str) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.key == name)?;
    match &found.value {
        Some(AnyValue {
            value: Some(Any::StringValue(text)),
        }) => Some(text.clone()),
        Some(AnyValue {
            value: Some(Any::IntValue(number)),
        }) => Some(number.to_string()),
        _ => None,
    }
}

/// The variables of a process with this collector.
fn traced(model: &Model, pool: &PgPool, collector: &str) -> HashMap<String, String> {
    variables(
        model,
        &crate::support::app::prefix(),
        &[
            ("DATABASE_URL", &crate::support::database_url(pool)),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector),
            (
                "OTEL_EXPORTER_OTLP_HEADERS",
                "authorization=Basic%20tr4ces-key",
            ),
            ("OTEL_SERVICE_NAME", "the-tests"),
            // The level of the log is none of the spans'.
            ("LOG_LEVEL", "warn,runtime=info"),
        ],
    )
}

async fn submit(process: &Process, body: &Value, traceparent: &str) -> String {
    let request = process.client.post(format!("{}{API}", process.url));
    let response = request.header("traceparent", traceparent).json(body).send();
    let response = response.await.unwrap();
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    let answer: Value = response.json().await.unwrap();
    answer["id"].as_str().unwrap().to_owned()
}

#[sqlx::test(migrations = false)]
async fn a_submission_is_followed_from_the_request_to_the_call_to_the_model(pool: PgPool) {
    let model = Model::start().await;
    let collector = Collector::start().await;
    let process = Process::start_with(traced(&model, &pool, &collector.url)).await;
    let id = submit(&process, &buggy(), &format!("00-{TRACE}-{CLIENT}-01")).await;
    process.completed(&id).await;
    collector
        .has("the job", |exported| {
            !exported.of_trace(TRACE, "job").is_empty()
        })
        .await;
    {
        let exported = collector.exported.borrow();
        let one = |name: &str| {
            let found = exported.of_trace(TRACE, name);
            assert_eq!(found.len(), 1, "{name}");
            found[0]
        };
        let request = one(&format!("POST {API}"));
        let job = one("job");
        assert_eq!(hex(&request.parent_span_id), CLIENT);
        assert_eq!(
            attribute(&request.attributes, "http.response.status_code").as_deref(),
            Some("202")
        );
        assert_eq!(job.parent_span_id, request.span_id);
        // Two of the stages ask the model: the program is in a field of its own.
        let stages = exported.of_trace(TRACE, "stage");
        let mut names: Vec<_> = stages
            .iter()
            .map(|stage| attribute(&stage.attributes, "stage").unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["analysis", "problem"]);
        for stage in &stages {
            assert_eq!(stage.parent_span_id, job.span_id);
            assert_eq!(
                attribute(&stage.attributes, "submission.id").as_deref(),
                Some(id.as_str())
            );
            assert_eq!(
                attribute(&stage.attributes, "job.attempt").as_deref(),
                Some("1")
            );
        }
        let calls = exported.of_trace(TRACE, "model_call");
        assert_eq!(calls.len(), 2);
        for call in calls {
            assert!(
                stages
                    .iter()
                    .any(|stage| stage.span_id == call.parent_span_id)
            );
            assert_eq!(
                attribute(&call.attributes, "model").as_deref(),
                Some("stand-in")
            );
        }
        let resource = exported.requests[0].resource_spans[0]
            .resource
            .as_ref()
            .unwrap();
        assert_eq!(
            attribute(&resource.attributes, "service.name").as_deref(),
            Some("the-tests")
        );
        assert_eq!(exported.authorization.as_deref(), Some("Basic tr4ces-key"));
    }
    // A header that says nothing begins a trace.
    let other = submit(&process, &buggy(), "00-0-0-00").await;
    process.completed(&other).await;
    collector
        .has("the second submission's stage", |exported| {
            exported.spans().any(|span| {
                span.name == "stage"
                    && hex(&span.trace_id) != TRACE
                    && attribute(&span.attributes, "submission.id") == Some(other.clone())
            })
        })
        .await;
    assert!(process.signal(Signal::SIGTERM).await.success());
}

#[sqlx::test(migrations = false)]
async fn no_signal_holds_a_text_or_a_key(pool: PgPool) {
    let model = Model::start().await;
    let collector = Collector::start().await;
    let mut vars = traced(&model, &pool, &collector.url);
    vars.insert("LOG_LEVEL".to_owned(), "debug".to_owned());
    vars.insert(
        "OPENAI_API_KEY".to_owned(),
        "sk-0123456789abcdef".to_owned(),
    );
    let process = Process::start_with(vars).await;
    // One that is of no use, and one that quotes the key.
    let quoted = serde_json::json!({ "error": { "message": "sk-0123456789abcdef does not like a-secret-answer" } });
    model.next(
        "analysis",
        [
            Act::Text("a-secret-answer".to_owned()),
            Act::Fail(500, quoted),
        ],
    );
    let trace = "11111111111111111111111111111111";
    let mut body = buggy();
    body["failing_input"] = "a-secret-input".into();
    let id = submit(&process, &body, &format!("00-{trace}-{CLIENT}-01")).await;
    process.completed(&id).await;
    let url = format!("{}/metrics", process.url);
    let metrics = process
        .client
        .get(url)
        .bearer_auth(TOKEN)
        .send()
        .await
        .unwrap();
    let metrics = metrics.text().await.unwrap();
    assert!(
        metrics.contains("code_checker_model_retries_total"),
        "{metrics}"
    );
    let log = process.rest_of_log().await;
    let log = Value::from(log).to_string();
    // The end of the process exports what is left.
    collector
        .has("the job", |exported| {
            !exported.of_trace(trace, "job").is_empty()
        })
        .await;
    assert!(log.contains(trace) && log.contains("answered"), "{log}");
    let exported = collector.exported.borrow();
    assert!(exported.spans().all(|span| span.events.is_empty()));
    let spans = String::from_utf8_lossy(&exported.bytes);
    let reasoning = analysis()["reasoning"].as_str().unwrap().to_owned();
    for secret in [
        BUGGY.lines().nth(3).unwrap().trim(),
        STATEMENT.lines().nth(3).unwrap(),
        "a-secret",
        "prints the difference",
        &reasoning,
        "sk-0123456789abcdef",
        "tr4ces-key",
        TOKEN,
    ] {
        for (name, signal) in [
            ("log", log.as_str()),
            ("spans", &spans),
            ("metrics", &metrics),
        ] {
            assert!(
                !signal.contains(secret),
                "{secret} is in the {name}: {signal}"
            );
        }
    }
}

#[sqlx::test(migrations = false)]
async fn a_collector_that_is_away_holds_nothing_up(pool: PgPool) {
    let model = Model::start().await;
    // Nothing listens on port 1.
    let mut process = Process::start_with(traced(&model, &pool, "http://127.0.0.1:1")).await;
    let id = process.submit().await;
    process.completed(&id).await;
    let line = process.logged("spans cannot be exported").await;
    assert!(!line.to_string().contains("tr4ces-key"), "{line}");
    let id = process.submit().await;
    process.completed(&id).await;
    assert!(process.signal(Signal::SIGTERM).await.success());
}
