//! `GET /api/v1/queue`, `POST /api/v1/queue/pause` and `/resume`: counting its jobs, and pausing it.

use std::time::Duration;

use axum::{
    Json, Router,
    extract::State,
    response::IntoResponse,
    routing::{get, post},
};
use web::{error::ApiError, http::Admin, state::AppState};

/// The queue in numbers.
pub const PATH: &str = "/api/v1/queue";
/// Workers take no more jobs.
pub const PAUSE_PATH: &str = "/api/v1/queue/pause";
/// Workers take jobs again.
pub const RESUME_PATH: &str = "/api/v1/queue/resume";

/// Longest wait for Redis.
const TIMEOUT: Duration = Duration::from_secs(3);

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new()
        .route(PATH, get(show))
        .route(
            PAUSE_PATH,
            post(async |state, admin| set_paused(state, admin, true).await),
        )
        .route(
            RESUME_PATH,
            post(async |state, admin| set_paused(state, admin, false).await),
        )
}

async fn show(State(state): State<AppState>, _: Admin) -> Result<impl IntoResponse, ApiError> {
    Ok(Json(state.queue.overview(TIMEOUT).await?))
}

async fn set_paused(
    State(state): State<AppState>,
    _: Admin,
    paused: bool,
) -> Result<impl IntoResponse + use<>, ApiError> {
    state.queue.set_paused(paused, TIMEOUT).await?;
    Ok(Json(state.queue.overview(TIMEOUT).await?))
}
