//! Extractors whose rejections are problem documents.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    body::{Bytes, HttpBody as _},
    extract::{FromRequest, FromRequestParts, RawPathParams, Request},
    http::{Extensions, header, request::Parts},
    middleware::Next,
    response::Response,
};
use futures::StreamExt as _;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::{
    address::ClientAddress,
    room::{Part, Room},
};
use crate::{error::ApiError, state::AppState};
use domain::{SubmissionId, limits};

/// A body that is over its limit is read on, and thrown away, up to so many bytes: a client that is still sending reads the answer
/// only when it is done.
const DRAIN_BYTES: usize = 4 * limits::BODY_BYTES;

/// The beginning of each body, which waits for no room.
const FREE_BYTES: usize = 16 * 1024;
/// A body that turns out to be larger than this is a large one.
const LARGE_BYTES: usize = 128 * 1024;
/// Bytes that bodies may take together until they are answered; each takes its length twice, as its contents are as large again.
const ROOM_BYTES: usize = 24 * 1024 * 1024;
/// Bytes of it for one client: enough for three screenshots of a camera, and others come in beside it.
const SHARE_BYTES: usize = 18 * 1024 * 1024;
static ROOM: Room = Room::new(ROOM_BYTES, SHARE_BYTES);
/// How long a body may take to arrive.
const LONGEST: Duration = Duration::from_secs(60);
/// How long a body may be silent or slow.
const GRACE: Duration = Duration::from_secs(10);
/// Bytes a second that arrive from then on, on average: a body that comes slower holds its room for nothing.
const LEAST_RATE: usize = 16 * 1024;
/// A body that holds no submission: the largest are those with a prompt.
const SMALL_BYTES: usize = 512 * 1024;
/// Bytes of the parser's message that are answered: it may repeat a whole value.
const MESSAGE_BYTES: usize = 300;

/// The whole body, up to the configured limit.
#[derive(Debug)]
pub struct Body(pub Bytes);

impl FromRequest<AppState> for Body {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Self::Rejection> {
        Self::up_to(state.config.http.body_limit, request, state).await
    }
}

impl Body {
    /// The whole body, up to `limit` bytes.
    ///
    /// # Errors
    /// [`ApiError::TooLarge`], [`ApiError::Busy`] where there is no room for it, or [`ApiError::Unreadable`].
    pub async fn up_to(limit: usize, request: Request, state: &AppState) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        let Ok(ClientAddress(client)) = ClientAddress::from_request_parts(&mut parts, state).await;
        read(Request::from_parts(parts, body), client, limit).await
    }
}

/// Length of the body in bytes, unless it comes in chunks.
fn length(request: &Request) -> Option<usize> {
    let length = request.body().size_hint().exact()?;
    Some(usize::try_from(length).unwrap_or(usize::MAX))
}

/// A request's part of [`ROOM`], which it keeps until it is answered.
#[derive(Clone, Debug, Default)]
struct Place(Arc<Mutex<Option<Part>>>);

/// Gives each request a place for its body, which is empty until the body turns out to be large.
pub(super) async fn make_room(mut request: Request, next: Next) -> Response {
    let place = Place::default();
    request.extensions_mut().insert(place.clone());
    let response = next.run(request).await;
    drop(place);
    response
}

/// Gives up the room of a request whose body is no longer needed, for a handler that is about to wait.
pub fn leave_room(extensions: &Extensions) {
    if let Some(Place(part)) = extensions.get() {
        *part.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// How long a body may have taken when so much of it is there.
fn allowed(received: usize) -> Duration {
    let at_least = Duration::from_secs((received / LEAST_RATE) as u64);
    (GRACE + at_least).min(LONGEST)
}

async fn read(request: Request, client: String, limit: usize) -> Result<Body, ApiError> {
    let length = length(&request);
    let place = request
        .extensions()
        .get::<Place>()
        .cloned()
        .unwrap_or_default();
    let is_kept = length.is_none_or(|length| length <= limit);
    let mut part = Part::new(&ROOM, client);
    let mut body = Vec::new();
    let mut received = 0_usize;
    let mut stream = request.into_body().into_data_stream();
    let started = Instant::now();
    // Time spent waiting for room is not the client's.
    let mut waited = Duration::ZERO;
    loop {
        let until = started + allowed(received) + waited;
        let next = tokio::time::timeout_at(until, stream.next()).await;
        let Some(chunk) = next.map_err(|_| {
            ApiError::Unreadable("The body did not arrive in time: it came too slowly.".to_owned())
        })?
        else {
            break;
        };
        let chunk = chunk.map_err(|_| {
            ApiError::Unreadable(
                "The body ended before it was complete, or its chunks are not valid HTTP."
                    .to_owned(),
            )
        })?;
        received = received.saturating_add(chunk.len());
        if received > DRAIN_BYTES.max(limit) {
            break;
        }
        if received > limit || !is_kept {
            body = Vec::new();
            continue;
        }
        // Not before it is there: a connection that says much and sends nothing takes no room.
        if received > FREE_BYTES {
            let waiting = Instant::now();
            // A large one takes all that it will need: two that each have half would wait for each other.
            let needed = match length {
                _ if received <= LARGE_BYTES => received,
                Some(length) => length,
                None => SHARE_BYTES,
            };
            if !part.grow_to(needed.saturating_mul(2)).await {
                return Err(ApiError::Busy);
            }
            waited += waiting.elapsed();
            // Grown step by step it would be copied, and take twice as much, at each.
            let rest = length.unwrap_or_default().saturating_sub(body.len());
            body.reserve_exact(rest.max(chunk.len()));
        }
        body.extend_from_slice(&chunk);
    }
    *place.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(part);
    if received > limit {
        Err(ApiError::TooLarge(limit))
    } else {
        Ok(Body(body.into()))
    }
}

/// A JSON body.
#[derive(Debug)]
pub struct Json<T>(pub T);

/// Whether the request says that its body is of this media type.
pub fn has_media_type(headers: &axum::http::HeaderMap, expected: &str) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            value
                .split(';')
                .next()
                .unwrap_or_default()
                .trim()
                .eq_ignore_ascii_case(expected)
        })
}

impl<T: DeserializeOwned> FromRequest<AppState> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Self::Rejection> {
        if !has_media_type(request.headers(), "application/json") {
            return Err(ApiError::UnsupportedMediaType("application/json"));
        }
        let Body(bytes) = Body::from_request(request, state).await?;
        parse_json(&bytes).map(Self)
    }
}

/// A whole body that holds no submission.
#[derive(Debug)]
pub struct SmallBody(pub Bytes);

impl FromRequest<AppState> for SmallBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Self::Rejection> {
        let limit = SMALL_BYTES.min(state.config.http.body_limit);
        let Body(bytes) = Body::up_to(limit, request, state).await?;
        Ok(Self(bytes))
    }
}

/// A JSON body that holds no submission.
#[derive(Debug)]
pub struct SmallJson<T>(pub T);

impl<T: DeserializeOwned> FromRequest<AppState> for SmallJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Self::Rejection> {
        if !has_media_type(request.headers(), "application/json") {
            return Err(ApiError::UnsupportedMediaType("application/json"));
        }
        let SmallBody(bytes) = SmallBody::from_request(request, state).await?;
        parse_json(&bytes).map(Self)
    }
}

/// Reads JSON: text that is no JSON is a 400, JSON that is not as asked a 422 with a pointer to the place.
///
/// # Errors
/// [`ApiError::Unreadable`] or [`ApiError::Invalid`].
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    // Some editors and shells write a byte order mark, which no JSON has.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|_| {
        ApiError::Unreadable("The body is not valid UTF-8, which JSON must be.".to_owned())
    })?;
    // A list would be taken for the values of the fields in their order.
    if text.trim_start().starts_with('[') {
        return Err(ApiError::field("", "must be a JSON object"));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let pointer = pointer(error.path());
        let error = error.into_inner();
        if error.is_data() {
            ApiError::field(pointer, without_position(&error.to_string()))
        } else {
            ApiError::Unreadable(format!("The body is not valid JSON: {error}."))
        }
    })?;
    deserializer
        .end()
        .map_err(|error| ApiError::Unreadable(format!("The body is not valid JSON: {error}.")))?;
    Ok(value)
}

/// Reads a part of a body that was parsed before.
///
/// # Errors
/// [`ApiError::Invalid`] with a pointer from the part on.
pub fn parse_value<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, ApiError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let pointer = pointer(error.path());
        ApiError::field(pointer, without_position(&error.into_inner().to_string()))
    })
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path.iter() {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => pointer.push_str(&format!(
                "/{}",
                limits::cut(key, 60).replace('~', "~0").replace('/', "~1")
            )),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

/// serde_json's message without its line and column, which say little of a one-line body.
fn without_position(message: &str) -> &str {
    let message = message
        .rfind(" at line ")
        .map_or(message, |at| &message[..at]);
    limits::cut(message, MESSAGE_BYTES)
}

/// The value of a parameter in the address, if it is there and valid UTF-8.
async fn path_parameter<S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
    name: &str,
) -> Option<String> {
    let parameters = RawPathParams::from_request_parts(parts, state).await.ok()?;
    parameters
        .iter()
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

/// The `{id}` of a submission's address.
#[derive(Clone, Copy, Debug)]
pub struct PathId(pub SubmissionId);

impl<S: Send + Sync> FromRequestParts<S> for PathId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let id = path_parameter(parts, state, "id").await;
        id.and_then(|id| id.parse().ok()).map(Self).ok_or_else(|| {
            ApiError::Unreadable(
                "The id in the address is not a UUID such as 019a3b5e-7c1d-7f00-8000-000000000000."
                    .to_owned(),
            )
        })
    }
}

/// The `{n}` of an image's address, counted from 1.
#[derive(Clone, Copy, Debug)]
pub struct PathPosition(pub i16);

impl<S: Send + Sync> FromRequestParts<S> for PathPosition {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let position = path_parameter(parts, state, "n").await.unwrap_or_default();
        // One spelling for each, so that "+1" and "01" are not kept in caches as images of their own.
        (1_i16..)
            .take(limits::IMAGES)
            .find(|known| known.to_string() == position)
            .map(Self)
            .ok_or_else(|| {
                ApiError::Unreadable(format!(
                    "The number of the image in the address must be from 1 to {}.",
                    limits::IMAGES
                ))
            })
    }
}

/// Query parameters.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        match axum::extract::Query::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(rejection) => Err(ApiError::Unreadable(format!(
                "The query cannot be read: {}.",
                rejection.body_text()
            ))),
        }
    }
}

#[cfg(test)]
#[path = "body_tests.rs"]
mod tests;
