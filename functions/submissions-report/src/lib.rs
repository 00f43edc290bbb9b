//! `GET /api/v1/submissions/{id}/report`: a submission with all that was found, as a Markdown document.

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, header},
    response::IntoResponse,
    routing::get,
};
use domain::SubmissionId;
use web::{
    error::ApiError,
    http::{PathId, Visitor, attachment},
    state::AppState,
};

mod markdown;
mod report;

/// The route.
pub const PATH: &str = "/api/v1/submissions/{id}/report";

/// The function's operations, for the API's document.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(handle))]
pub struct Api;

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new().route(PATH, get(handle))
}

/// Answers a submission with all that was found, as a Markdown document.
#[utoipa::path(
    get, path = PATH, operation_id = "getSubmissionReport", tag = "submissions",
    params(("id" = SubmissionId, Path)),
    responses((status = 200, description = "The document, in the language of the answer.", content_type = "text/markdown", body = String), (status = 404)),
    security((), ("admin" = []))
)]
async fn handle(
    State(state): State<AppState>,
    PathId(id): PathId,
    visitor: Visitor,
) -> Result<impl IntoResponse, ApiError> {
    let report = report::report(&state, id, visitor.into()).await?;
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/markdown; charset=utf-8"),
        ),
        (
            header::CONTENT_DISPOSITION,
            attachment(&format!("code-checker-{id}.md")),
        ),
        // It changes while the submission is running.
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-cache"),
        ),
    ];
    Ok((headers, report))
}
