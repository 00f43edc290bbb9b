//! An endpoint that plays a script: each call is answered by the next line of it, over real HTTP.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode, Uri},
    response::Response,
};
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};

/// A piece of a body.
#[derive(Clone)]
pub(super) enum Piece {
    Bytes(Bytes),
    /// Nothing for a while.
    Silence(Duration),
    /// The connection breaks.
    Break,
}

/// An answer.
#[derive(Clone)]
pub(super) struct Line {
    status: u16,
    headers: Vec<(&'static str, String)>,
    pieces: Vec<Piece>,
}

impl Line {
    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(super) fn then(mut self, piece: Piece) -> Self {
        self.pieces.push(piece);
        self
    }

    /// The same body, a byte at a time.
    pub(super) fn in_bytes(mut self) -> Self {
        self.pieces = self
            .pieces
            .into_iter()
            .flat_map(|piece| match piece {
                Piece::Bytes(bytes) => bytes
                    .iter()
                    .map(|byte| Piece::Bytes(Bytes::copy_from_slice(&[*byte])))
                    .collect(),
                other => vec![other],
            })
            .collect();
        self
    }
}

/// A body of text.
pub(super) fn text(status: u16, media_type: &str, body: impl Into<Bytes>) -> Line {
    Line {
        status,
        headers: vec![("content-type", media_type.to_owned())],
        pieces: vec![Piece::Bytes(body.into())],
    }
}

/// A JSON body.
pub(super) fn body(status: u16, body: &Value) -> Line {
    text(status, "application/json", body.to_string())
}

/// An error in OpenAI's shape.
pub(super) fn error(status: u16, message: &str) -> Line {
    body(
        status,
        &json!({ "error": { "message": message, "type": "invalid_request_error", "param": null, "code": null } }),
    )
}

/// A whole answer with this content.
pub(super) fn whole(content: &str) -> Line {
    body(
        200,
        &json!({
            "id": "chatcmpl-1", "model": "m-1",
            "choices": [{ "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": content } }],
            "usage": { "prompt_tokens": 90, "completion_tokens": 10, "total_tokens": 100 }
        }),
    )
}

/// A stream of these events.
pub(super) fn events(data: impl IntoIterator<Item = String>) -> Line {
    let body: String = data
        .into_iter()
        .map(|data| format!("data: {data}\n\n"))
        .collect();
    text(200, "text/event-stream", body)
}

/// A chunk with this delta.
pub(super) fn delta(delta: &Value) -> String {
    json!({ "model": "m-1", "choices": [{ "index": 0, "delta": delta, "finish_reason": null }] })
        .to_string()
}

/// The chunk that ends the text.
pub(super) fn finish(reason: &str) -> String {
    json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] }).to_string()
}

/// The chunk with the usage.
pub(super) fn usage() -> String {
    json!({ "choices": [], "usage": { "prompt_tokens": 90, "completion_tokens": 10, "total_tokens": 100 } }).to_string()
}

/// A whole stream with this content in two parts, as OpenAI sends it.
pub(super) fn streamed(content: &str) -> Line {
    let (a, b) = content.split_at(content.floor_char_boundary(content.len() / 2));
    events([
        delta(&json!({ "role": "assistant", "content": null, "refusal": null })),
        delta(&json!({ "content": a })),
        delta(&json!({ "content": b })),
        finish("stop"),
        usage(),
        "[DONE]".to_owned(),
    ])
}

/// A call that came in.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
    /// Calls that were being answered when it came.
    pub(super) beside: usize,
}

#[derive(Clone, Default)]
struct Shared {
    script: Arc<Mutex<VecDeque<Line>>>,
    calls: Arc<Mutex<Vec<Call>>>,
    inside: Arc<AtomicUsize>,
}

/// A call that is being answered.
struct Inside(Arc<AtomicUsize>);

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The endpoint.
pub(crate) struct Server {
    /// Its address, without a path.
    pub(crate) origin: String,
    shared: Shared,
    #[expect(dead_code, reason = "it ends with the server")]
    task: Task,
}

struct Task(tokio::task::JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Server {
    pub(super) async fn start(script: impl IntoIterator<Item = Line>) -> Self {
        let shared = Shared {
            script: Arc::new(Mutex::new(script.into_iter().collect())),
            ..Shared::default()
        };
        let app = axum::Router::new()
            .fallback(answer)
            .with_state(shared.clone());
        Self {
            shared,
            ..Self::serve(app).await
        }
    }

    /// Serves something else than a script.
    pub(super) async fn serve(app: axum::Router) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            origin,
            shared: Shared::default(),
            task: Task(task),
        }
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.shared.calls.lock().unwrap().clone()
    }
}

async fn answer(State(shared): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    shared.calls.lock().unwrap().push(Call {
        uri: parts.uri,
        headers: parts.headers,
        body: serde_json::from_slice(&body).unwrap_or_default(),
        beside: shared.inside.fetch_add(1, Ordering::SeqCst),
    });
    let line = shared.script.lock().unwrap().pop_front();
    let line = line.unwrap_or_else(|| error(418, "the script is at its end"));
    let mut response = Response::builder().status(StatusCode::from_u16(line.status).unwrap());
    for (name, value) in &line.headers {
        response = response.header(*name, value);
    }
    let inside = Inside(shared.inside.clone());
    let pieces = stream::iter(line.pieces).then(move |piece| {
        // Lives as long as the body.
        let _inside = &inside;
        async move {
            match piece {
                Piece::Bytes(bytes) => Ok(bytes),
                Piece::Silence(time) => {
                    tokio::time::sleep(time).await;
                    Ok(Bytes::new())
                }
                Piece::Break => Err(std::io::Error::other("broken off")),
            }
        }
    });
    response.body(Body::from_stream(pieces)).unwrap()
}
