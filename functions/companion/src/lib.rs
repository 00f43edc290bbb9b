//! Takes problems from Competitive Companion, a browser extension, and passes them on to the open form.
//!
//! The extension posts to `http://localhost:PORT/` and nowhere else, and reads no answer. Pages of other sites may not.

mod problem;
mod seat;

use std::{convert::Infallible, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{
        IntoResponse as _, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::{get, post},
};
use futures::{Stream, stream};
use job_queue::{
    events::{Topic, Watcher},
    imports::{Import, Place},
};
use problem::{Problem, Sent};
use seat::Seat;
use serde::Deserialize;
use web::{
    error::ApiError,
    http::{Body, CompanionClient, Query, has_media_type, is_own, parse_json},
    state::AppState,
};

/// Where the extension sends problems.
pub const PATH: &str = "/";
/// Where the form hears of them.
pub const EVENTS: &str = "/api/v1/companion/events";

/// Longest document of the extension, in bytes.
const SENT_BYTES: usize = 256 * 1024;
/// How often to look while no events can be heard.
const POLL: Duration = Duration::from_secs(2);
/// Pause between signs of life.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a form waits before it connects again.
const RECONNECT: Duration = Duration::from_secs(2);

/// Begins the origin of a browser's extension, which no page can have.
const EXTENSIONS: [&str; 3] = [
    "chrome-extension://",
    "moz-extension://",
    "safari-web-extension://",
];
/// A browser asks by one of these whether a public page may reach a private address, and is told by the other.
const NETWORKS: [(&str, &str); 2] = [
    (
        "access-control-request-private-network",
        "access-control-allow-private-network",
    ),
    (
        "access-control-request-local-network",
        "access-control-allow-local-network",
    ),
];

/// The function's operations, for the API's document.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(take, preflight, watch), components(schemas(Problem)))]
pub struct Api;

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new()
        .route(PATH, post(take).options(preflight))
        .route(EVENTS, get(watch))
}

/// The extension that sent the request, if one did; refused if a page of another site did.
fn extension(headers: &HeaderMap) -> Result<Option<HeaderValue>, ApiError> {
    let origin = headers.get(header::ORIGIN);
    let is_extension = origin
        .and_then(|origin| origin.to_str().ok())
        .is_some_and(|origin| EXTENSIONS.iter().any(|scheme| origin.starts_with(scheme)));
    match origin {
        Some(origin) if is_extension => Ok(Some(origin.clone())),
        _ if is_own(headers) => Ok(None),
        _ => Err(ApiError::ForeignForm),
    }
}

/// Takes a problem from Competitive Companion.
///
/// Only from this machine, unless `COMPETITIVE_COMPANION` says otherwise. The open form fills in with its samples and limits; it is
/// forgotten after ten minutes. Further members of the extension's document are left alone.
#[utoipa::path(
    post, path = PATH, operation_id = "takeProblem", tag = "pages",
    request_body = Sent,
    responses((status = 204, description = "The form has it, or the next one that is opened."), (status = 403), (status = 404, description = "This server takes none from there."), (status = 413), (status = 415), (status = 422), (status = 429), (status = 503))
)]
async fn take(
    State(state): State<AppState>,
    CompanionClient(client): CompanionClient,
    request: Request,
) -> Result<Response, ApiError> {
    let extension = extension(request.headers())?;
    state.import_pace.take(&client)?;
    if !has_media_type(request.headers(), "application/json") {
        return Err(ApiError::UnsupportedMediaType("application/json"));
    }
    let limit = SENT_BYTES.min(state.config.http.body_limit);
    let Body(bytes) = Body::up_to(limit, request, &state).await?;
    let problem = serde_json::to_string(&Problem::try_from(parse_json::<Sent>(&bytes)?)?)
        .map_err(|error| ApiError::Internal(Box::new(error)))?;
    state.imports.add(&client, &problem).await?;
    state
        .events
        .publish(Topic::Imports, job_queue::events::SubmissionEvent::Changed);
    let mut response = StatusCode::NO_CONTENT.into_response();
    allow(&mut response, extension);
    Ok(response)
}

/// Lets a browser send what its extension asks to send.
///
/// The answer to a preflight, also for a private network. Pages get none.
#[utoipa::path(
    options, path = PATH, operation_id = "allowProblem", tag = "pages",
    responses((status = 204, description = "The extension may send."), (status = 403), (status = 404, description = "This server takes none from there."))
)]
async fn preflight(_: CompanionClient, headers: HeaderMap) -> Result<Response, ApiError> {
    let extension = extension(&headers)?;
    let is_extension = extension.is_some();
    let mut response = StatusCode::NO_CONTENT.into_response();
    allow(&mut response, extension);
    if is_extension {
        let answer = response.headers_mut();
        answer.insert(
            header::ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static("POST"),
        );
        answer.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("content-type"),
        );
        for (asked, allowed) in NETWORKS {
            if headers.get(asked).is_some_and(|value| value == "true") {
                answer.insert(
                    HeaderName::from_static(allowed),
                    HeaderValue::from_static("true"),
                );
            }
        }
    }
    Ok(response)
}

/// Lets this extension, if it is one, read the answer.
fn allow(response: &mut Response, extension: Option<HeaderValue>) {
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("origin"));
    headers.extend(extension.map(|origin| (header::ACCESS_CONTROL_ALLOW_ORIGIN, origin)));
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct WatchQuery {
    /// The id of the last event that the form has seen, as `Last-Event-ID` has it after a lost connection.
    after: Option<String>,
}

/// Streams the problems that arrive for this client.
///
/// Each is a `Problem`. The newest of the last ten minutes comes first, unless it was seen.
#[utoipa::path(
    get, path = EVENTS, operation_id = "watchProblems", tag = "pages",
    params(WatchQuery),
    responses(
        (status = 200, description = "The problems, with a comment every 15 seconds as a sign of life.", content_type = "text/event-stream", body = String),
        (status = 403), (status = 404, description = "This server takes none from there."), (status = 429), (status = 501),
    )
)]
async fn watch(
    State(state): State<AppState>,
    CompanionClient(client): CompanionClient,
    Query(query): Query<WatchQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if !is_own(&headers) {
        return Err(ApiError::ForeignForm);
    }
    if !state.config.can_stream() {
        return Err(ApiError::CannotStream);
    }
    let seat = Seat::take(&client).ok_or(ApiError::TooManyAttempts(30))?;
    let seen = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let place = seen.or(query.after.as_deref()).and_then(Place::parse);
    let watcher = state.events.watch(Topic::Imports).await;
    let watch = Watch {
        state,
        client,
        watcher,
        place,
        is_new: true,
        _seat: seat,
    };
    let events = Sse::new(events(watch)).keep_alive(KeepAlive::new().interval(HEARTBEAT));
    let mut response = events.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

struct Watch {
    state: AppState,
    client: String,
    watcher: Watcher,
    /// Up to where it was looked.
    place: Option<Place>,
    is_new: bool,
    _seat: Seat,
}

fn events(watch: Watch) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(watch, async |mut watch| {
        let event = watch.next().await?;
        Some((Ok(event), watch))
    })
}

impl Watch {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if !std::mem::take(&mut self.is_new) {
                let stopping = self.state.stopping.clone();
                stopping
                    .run_until_cancelled(self.watcher.next(POLL))
                    .await?;
            }
            // Redis is away: the next look may find it back.
            let Ok(import) = self
                .state
                .imports
                .newest(&self.client, self.place.as_ref())
                .await
            else {
                tokio::time::sleep(POLL).await;
                continue;
            };
            if let Some(Import { id, problem }) = import {
                self.place = Place::parse(&id);
                return Some(Event::default().id(id).data(problem).retry(RECONNECT));
            }
        }
    }
}
