//! `POST /api/v1/submissions/{id}/regenerate`: makes a new submission from an old one.

use actions::{create, runs};
use axum::{
    Router,
    extract::{Extension, State},
    response::IntoResponse,
    routing::post,
};
use domain::SubmissionId;
use web::{
    error::ApiError,
    http::{Admin, PathId, RequestId, Trace},
    state::AppState,
};

/// The route.
pub const PATH: &str = "/api/v1/submissions/{id}/regenerate";

/// The function's operations, for the API's document.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(handle))]
pub struct Api;

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new().route(PATH, post(handle))
}

/// Makes a new submission of the content of an old one.
#[utoipa::path(
    post, path = PATH, operation_id = "regenerateSubmission", tag = "submissions",
    params(("id" = SubmissionId, Path)),
    responses((status = 202, description = "The new one waits for a worker.", body = create::Body), (status = 401), (status = 404)),
    security(("admin" = []))
)]
async fn handle(
    State(state): State<AppState>,
    _: Admin,
    PathId(id): PathId,
    Extension(RequestId(request_id)): Extension<RequestId>,
    trace: Trace,
) -> Result<impl IntoResponse, ApiError> {
    runs::regenerate(&state, id, &request_id, &trace).await
}
