//! `GET /api/v1/submissions/{id}/events`: server-sent events of a submission, until it ends.
//!
//! First a `snapshot`, then a `change` whenever its status or a stage changes; both have the version as their id and the
//! progress as their data. `received` says how much of a streamed answer has arrived, and `deleted` that it is gone.

use std::{convert::Infallible, time::Duration};

use actions::{
    progress::{self, Progress},
    reveal::Reader,
};
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{
        IntoResponse as _, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::get,
};
use domain::{StageName, SubmissionId};
use futures::{Stream, stream};
use job_queue::events::SubmissionEvent;
use serde::Serialize;
use web::{
    error::ApiError,
    http::{PathId, Visitor},
    state::AppState,
};

/// The route.
pub const PATH: &str = "/api/v1/submissions/{id}/events";

/// How often to ask Postgres while Redis is away.
const POLL: Duration = Duration::from_secs(2);
/// Pause between signs of life.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a client waits before it connects again.
const RECONNECT: Duration = Duration::from_secs(2);

/// The function's operations, for the API's document.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(handle), components(schemas(Progress, Received)))]
pub struct Api;

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new().route(PATH, get(handle))
}

/// Streams the events of a submission until its analysis ends.
///
/// `snapshot` and `change` hold a `Progress`, `received` a `Received`, and `deleted` is the end. Ask again with `Last-Event-ID` after a lost
/// connection.
#[utoipa::path(
    get, path = PATH, operation_id = "watchSubmission", tag = "submissions",
    params(("id" = SubmissionId, Path), ("Last-Event-ID" = Option<i64>, Header, description = "The id of the last event: the version of the submission.")),
    responses(
        (status = 200, description = "The events, with a comment every 15 seconds as a sign of life.", content_type = "text/event-stream", body = String),
        (status = 204, description = "The submission has ended, and the last event was seen."), (status = 404), (status = 501),
    ),
    security((), ("admin" = []))
)]
async fn handle(
    State(state): State<AppState>,
    PathId(id): PathId,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if !state.config.can_stream() {
        return Err(ApiError::CannotStream);
    }
    let watch = progress::Watch::begin(&state, id, Reader::from(visitor)).await;
    let first = watch
        .look(&state)
        .await?
        .ok_or_else(ApiError::no_submission)?;
    let seen = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok()?.trim().parse::<i64>().ok());
    if first.status.is_finished() && seen == Some(first.version) {
        // There is nothing to come: this is how a client is told not to connect again.
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let watch = Watch {
        state,
        watch,
        last: None,
        first: Some(first),
        done: false,
    };
    let events = Sse::new(events(watch)).keep_alive(KeepAlive::new().interval(HEARTBEAT));
    let mut response = events.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Or nginx keeps the events back until there are many.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// The data of `received`: how much of the model's answer has come.
#[derive(Serialize, utoipa::ToSchema)]
struct Received {
    /// The stage that asked.
    stage: StageName,
    /// Bytes so far.
    bytes: u64,
}

struct Watch {
    state: AppState,
    watch: progress::Watch,
    first: Option<Progress>,
    last: Option<Progress>,
    done: bool,
}

fn events(watch: Watch) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(watch, async |mut watch| {
        let event = watch.next().await?;
        Some((Ok(event), watch))
    })
}

impl Watch {
    async fn next(&mut self) -> Option<Event> {
        if self.done {
            return None;
        }
        if let Some(first) = self.first.take() {
            return Some(self.tell("snapshot", first).retry(RECONNECT));
        }
        loop {
            let stopping = self.state.stopping.clone();
            match stopping.run_until_cancelled(self.watch.next(POLL)).await? {
                SubmissionEvent::Received { stage, bytes } => {
                    let received = Received { stage, bytes };
                    let data = serde_json::to_string(&received).unwrap_or_default();
                    return Some(Event::default().event("received").data(data));
                }
                SubmissionEvent::Changed => {
                    match self.watch.look(&self.state).await {
                        Ok(None) => {
                            self.done = true;
                            return Some(Event::default().event("deleted").data("{}"));
                        }
                        Ok(Some(now)) if self.last.as_ref() != Some(&now) => {
                            return Some(self.tell("change", now));
                        }
                        Ok(Some(_)) => {}
                        // Postgres is away: the next look may find it back.
                        Err(_) => tokio::time::sleep(POLL).await,
                    }
                }
            }
        }
    }

    fn tell(&mut self, name: &str, progress: Progress) -> Event {
        self.done = progress.status.is_finished();
        let data = serde_json::to_string(&progress).unwrap_or_default();
        let event = Event::default()
            .event(name)
            .id(progress.version.to_string())
            .data(data);
        self.last = Some(progress);
        event
    }
}
