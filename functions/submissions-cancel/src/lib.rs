//! `POST /api/v1/submissions/{id}/cancel`: stops a submission, and the model call that works on it.

use actions::{runs, view::RunView};
use axum::{Json, Router, extract::State, response::IntoResponse, routing::post};
use domain::SubmissionId;
use web::{error::ApiError, http::Owned, state::AppState};

/// The route.
pub const PATH: &str = "/api/v1/submissions/{id}/cancel";

/// The function's operations, for the API's document.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(handle))]
pub struct Api;

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new().route(PATH, post(handle))
}

/// Stops a submission, and the call to the model that works on it.
///
/// Cancelling a cancelled one changes nothing. One that has completed or failed is a `conflict`.
#[utoipa::path(
    post, path = PATH, operation_id = "cancelSubmission", tag = "submissions",
    params(("id" = SubmissionId, Path)),
    responses((status = 200, description = "It is cancelled.", body = RunView), (status = 403), (status = 404), (status = 409)),
    security(("owner" = []))
)]
async fn handle(
    State(state): State<AppState>,
    Owned(id): Owned,
) -> Result<impl IntoResponse, ApiError> {
    let changed = runs::cancel(&state, id).await?;
    Ok(Json(RunView::new(id, changed)))
}
