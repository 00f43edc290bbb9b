//! `POST /api/v1/submissions/{id}/cancel`: stops a submission, and the model call that works on it.

use actions::{runs, view::RunView};
use axum::{Json, Router, extract::State, response::IntoResponse, routing::post};
use web::{error::ApiError, http::Owned, state::AppState};

/// The route.
pub const PATH: &str = "/api/v1/submissions/{id}/cancel";

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new().route(PATH, post(handle))
}

async fn handle(
    State(state): State<AppState>,
    Owned(id): Owned,
) -> Result<impl IntoResponse, ApiError> {
    let changed = runs::cancel(&state, id).await?;
    Ok(Json(RunView::new(id, changed)))
}
