//! `DELETE /api/v1/submissions/{id}`: deletes a submission, even while it is running.

use actions::remove;
use axum::{Router, extract::State, http::StatusCode, routing::delete};
use web::{
    error::ApiError,
    http::{Admin, PathId},
    state::AppState,
};

/// The route.
pub const PATH: &str = "/api/v1/submissions/{id}";

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new().route(PATH, delete(handle))
}

async fn handle(
    State(state): State<AppState>,
    _: Admin,
    PathId(id): PathId,
) -> Result<StatusCode, ApiError> {
    remove::delete(&state, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
