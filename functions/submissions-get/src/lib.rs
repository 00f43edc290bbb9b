//! `GET /api/v1/submissions/{id}`: a submission with its stages and results.

use actions::view;
use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use domain::SubmissionId;
use web::{
    error::ApiError,
    http::{PathId, Visitor, is_known},
    state::AppState,
};

/// The route.
pub const PATH: &str = "/api/v1/submissions/{id}";

/// The function's operations, for the API's document.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(handle))]
pub struct Api;

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new().route(PATH, get(handle))
}

/// Answers a submission with its stages and results.
#[utoipa::path(
    get, path = PATH, operation_id = "getSubmission", tag = "submissions",
    params(("id" = SubmissionId, Path), ("If-None-Match" = Option<String>, Header, description = "The `ETag` of an earlier answer.")),
    responses((status = 200, description = "The submission as it is now.", body = view::Submission), (status = 304, description = "It has not changed."), (status = 404)),
    security((), ("admin" = []))
)]
async fn handle(
    State(state): State<AppState>,
    PathId(id): PathId,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let submission = view::load(&state, id, visitor.into()).await?;
    let etag = submission.etag();
    let mut response = if is_known(&headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Json(submission).into_response()
    };
    let headers = response.headers_mut();
    // Caches may keep it, but must ask again each time: it changes while it is running.
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache"),
    );
    headers.extend(HeaderValue::from_str(&etag).map(|etag| (header::ETAG, etag)));
    Ok(response)
}
