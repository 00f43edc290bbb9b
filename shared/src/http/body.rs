//! Extractors whose rejections are problem documents.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    body::{Bytes, HttpBody as _},
    extract::{FromRequest, FromRequestParts, RawPathParams, Request},
    http::{header, request::Parts},
    middleware::Next,
    response::Response,
};
use futures::StreamExt as _;
use serde::de::DeserializeOwned;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{
    domain::{SubmissionId, limits},
    error::ApiError,
    state::AppState,
};

/// A body that is over its limit is read on, and thrown away, up to so many bytes: a client that is still sending reads the answer
/// only when it is done.
const DRAIN_BYTES: usize = 4 * limits::BODY_BYTES;

/// Bodies up to this size are taken at any time.
const SMALL_BYTES: usize = 512 * 1024;
/// Bytes that larger ones may take together until they are answered; each takes its length twice, as what is in it is as large
/// again. There is room for one with three screenshots of a camera, or for many with smaller ones.
const ROOM_BYTES: usize = 24 * 1024 * 1024;
static ROOM: Semaphore = Semaphore::const_new(ROOM_BYTES);
/// How long a large body waits for room.
const TURN: Duration = Duration::from_secs(30);
/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(60);
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
    pub(super) async fn up_to(
        limit: usize,
        request: Request,
        _: &AppState,
    ) -> Result<Self, ApiError> {
        tokio::time::timeout(PATIENCE, read(request, limit))
            .await
            .map_err(|_| {
                ApiError::Unreadable(format!(
                    "The body did not arrive within {} seconds.",
                    PATIENCE.as_secs()
                ))
            })?
    }
}

/// Length of the body in bytes, unless it comes in chunks.
fn length(request: &Request) -> Option<usize> {
    let length = request.body().size_hint().exact()?;
    Some(usize::try_from(length).unwrap_or(usize::MAX))
}

/// A request's part of [`ROOM`], which it keeps until it is answered.
#[derive(Clone, Debug, Default)]
struct Place(Arc<Mutex<Option<SemaphorePermit<'static>>>>);

/// Gives each request a place for its body, which is empty until the body turns out to be large.
pub(super) async fn make_room(mut request: Request, next: Next) -> Response {
    let place = Place::default();
    request.extensions_mut().insert(place.clone());
    let response = next.run(request).await;
    drop(place);
    response
}

/// Waits until there is room for a body, of `length` bytes if that is known.
async fn room(length: Option<usize>) -> Result<SemaphorePermit<'static>, ApiError> {
    let needed = length.map_or(ROOM_BYTES, |length| ROOM_BYTES.min(length * 2));
    let needed = u32::try_from(needed).unwrap_or(u32::MAX);
    let permit = tokio::time::timeout(TURN, ROOM.acquire_many(needed)).await;
    permit.ok().and_then(Result::ok).ok_or(ApiError::Busy)
}

async fn read(request: Request, limit: usize) -> Result<Body, ApiError> {
    let length = length(&request);
    let place = request
        .extensions()
        .get::<Place>()
        .cloned()
        .unwrap_or_default();
    let is_kept = length.is_none_or(|length| length <= limit);
    let mut body = Vec::new();
    let mut has_room = false;
    let mut received = 0_usize;
    let mut stream = request.into_body().into_data_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| {
            ApiError::Unreadable(
                "The body ended before it was complete, or is not in chunks as HTTP has them."
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
        // Not before so much of it is there: a connection that says much and sends nothing takes no room.
        if received > SMALL_BYTES && !has_room {
            let permit = room(length).await?;
            *place.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(permit);
            has_room = true;
            body.reserve_exact(length.unwrap_or_default().saturating_sub(body.len()));
        }
        body.extend_from_slice(&chunk);
    }
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
pub(super) fn has_media_type(headers: &axum::http::HeaderMap, expected: &str) -> bool {
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
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[serde(default)]
        images: Vec<String>,
    }

    fn errors(body: &[u8]) -> Vec<(String, String)> {
        match parse_json::<Sample>(body).unwrap_err() {
            ApiError::Invalid(errors) => {
                errors.into_iter().map(|e| (e.pointer, e.detail)).collect()
            }
            ApiError::Unreadable(detail) => vec![("unreadable".to_owned(), detail)],
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_wrong_type_is_pointed_at() {
        assert_eq!(
            errors(br#"{"images": ["a", 5]}"#),
            [(
                "/images/1".to_owned(),
                "invalid type: integer `5`, expected a string".to_owned()
            )]
        );
        assert_eq!(errors(br#"{"imags": []}"#)[0].0, "/imags");
        assert!(
            errors(br#"{"imags": []}"#)[0]
                .1
                .starts_with("unknown field `imags`, expected `images`")
        );
    }

    #[test]
    fn what_is_no_json_is_unreadable() {
        for body in [
            &b"{"[..],
            b"",
            b"{} x",
            b"{\"images\": [\"\xff\"]}",
            br#"{"images": ["\ud800"]}"#,
        ] {
            assert_eq!(errors(body)[0].0, "unreadable", "{body:?}");
        }
        for body in [
            &br#"{"images": ["a"]}"#[..],
            b"\xef\xbb\xbf {\"images\": [\"a\"]}\n",
        ] {
            assert_eq!(parse_json::<Sample>(body).unwrap().images, ["a"]);
        }
    }
}
