//! `GET /api/v1/queue`, `POST /api/v1/queue/pause` and `/resume`: counting its jobs, and pausing it.

use std::time::Duration;

use axum::{
    Json, Router,
    extract::State,
    response::IntoResponse,
    routing::{get, post},
};
use job_queue::Overview;
use web::{error::ApiError, http::Admin, state::AppState};

/// The queue in numbers.
pub const PATH: &str = "/api/v1/queue";
/// Workers take no more jobs.
pub const PAUSE_PATH: &str = "/api/v1/queue/pause";
/// Workers take jobs again.
pub const RESUME_PATH: &str = "/api/v1/queue/resume";

/// Longest wait for Redis.
const TIMEOUT: Duration = Duration::from_secs(3);

/// The function's operations, for the API's document.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(show, pause, resume))]
pub struct Api;

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new()
        .route(PATH, get(show))
        .route(PAUSE_PATH, post(pause))
        .route(RESUME_PATH, post(resume))
}

/// Counts the jobs of the queue and its workers.
#[utoipa::path(
    get, path = PATH, operation_id = "getQueue", tag = "queue",
    responses((status = 200, description = "The queue in numbers.", body = Overview), (status = 401)),
    security(("admin" = []))
)]
async fn show(State(state): State<AppState>, _: Admin) -> Result<impl IntoResponse, ApiError> {
    Ok(Json(state.queue.overview(TIMEOUT).await?))
}

/// Pauses the queue: workers take no more jobs.
#[utoipa::path(
    post, path = PAUSE_PATH, operation_id = "pauseQueue", tag = "queue",
    responses((status = 200, description = "The queue in numbers.", body = Overview), (status = 401)),
    security(("admin" = []))
)]
async fn pause(State(state): State<AppState>, _: Admin) -> Result<impl IntoResponse, ApiError> {
    set_paused(&state, true).await
}

/// Resumes the queue: workers take jobs again.
#[utoipa::path(
    post, path = RESUME_PATH, operation_id = "resumeQueue", tag = "queue",
    responses((status = 200, description = "The queue in numbers.", body = Overview), (status = 401)),
    security(("admin" = []))
)]
async fn resume(State(state): State<AppState>, _: Admin) -> Result<impl IntoResponse, ApiError> {
    set_paused(&state, false).await
}

async fn set_paused(state: &AppState, paused: bool) -> Result<Json<Overview>, ApiError> {
    state.queue.set_paused(paused, TIMEOUT).await?;
    Ok(Json(state.queue.overview(TIMEOUT).await?))
}
