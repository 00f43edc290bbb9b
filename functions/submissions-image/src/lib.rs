//! `GET /api/v1/submissions/{id}/images/{n}`: an image of a submission, as submitted.

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use db::images;
use domain::SubmissionId;
use web::{
    error::ApiError,
    http::{PathId, PathPosition, is_known},
    state::AppState,
};

/// The route.
pub const PATH: &str = "/api/v1/submissions/{id}/images/{n}";

/// The function's operations, for the API's document.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(handle))]
pub struct Api;

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new().route(PATH, get(handle))
}

/// Answers an image of a submission as it was submitted.
#[utoipa::path(
    get, path = PATH, operation_id = "getSubmissionImage", tag = "submissions",
    params(("id" = SubmissionId, Path), ("n" = i16, Path, minimum = 1), ("If-None-Match" = Option<String>, Header, description = "The `ETag` of an earlier answer.")),
    responses(
        (status = 200, description = "The file.", content(("image/png"), ("image/jpeg"), ("image/webp"), ("image/gif"))),
        (status = 304, description = "It never changes."), (status = 404),
    )
)]
async fn handle(
    State(state): State<AppState>,
    PathId(id): PathId,
    PathPosition(position): PathPosition,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    // Before the entity tag: a deleted image is gone for those who have it, too.
    let image = images::find(&state.db, id, position)
        .await?
        .ok_or_else(|| {
            ApiError::NotFound(
                "There is no such image: the submission has fewer, or may have been deleted."
                    .to_owned(),
            )
        })?;
    // An image never changes, so that its place says it all.
    let etag = format!("\"{id}-{position}\"");
    let mut response = if is_known(&headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let media_type = [(header::CONTENT_TYPE, image.media_type.as_str())];
        (media_type, image.bytes).into_response()
    };
    let headers = response.headers_mut();
    for (name, value) in [
        // A browser that keeps it asks each time, as it may have been deleted.
        (header::CACHE_CONTROL, "private, no-cache"),
        (header::CONTENT_DISPOSITION, "inline"),
        // Opened on its own, a stranger's file may do nothing, whatever a browser takes it for.
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; sandbox",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.extend(HeaderValue::from_str(&etag).map(|etag| (header::ETAG, etag)));
    Ok(response)
}
