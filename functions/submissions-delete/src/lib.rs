//! `DELETE /api/v1/submissions/{id}`: deletes a submission, even while it is running.

use actions::remove;
use axum::{Router, extract::State, http::StatusCode, routing::delete};
use domain::SubmissionId;
use web::{error::ApiError, http::Owned, state::AppState};

/// The route.
pub const PATH: &str = "/api/v1/submissions/{id}";

/// The function's operations, for the API's document.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(handle))]
pub struct Api;

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new().route(PATH, delete(handle))
}

/// Deletes a submission, even while it is running.
#[utoipa::path(
    delete, path = PATH, operation_id = "deleteSubmission", tag = "submissions",
    params(("id" = SubmissionId, Path)),
    responses((status = 204, description = "It is gone."), (status = 403), (status = 404)),
    security(("owner" = []))
)]
async fn handle(State(state): State<AppState>, Owned(id): Owned) -> Result<StatusCode, ApiError> {
    remove::delete(&state, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
