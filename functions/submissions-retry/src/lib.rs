//! `POST /api/v1/submissions/{id}/retry`: runs an ended submission again.

use actions::{runs, view::RunView};
use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse, routing::post};
use serde::Deserialize;
use web::{
    error::ApiError,
    http::{Owned, Paced, Query, Trace},
    state::AppState,
};

/// The route.
pub const PATH: &str = "/api/v1/submissions/{id}/retry";

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new().route(PATH, post(handle))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    from: Option<String>,
}

async fn handle(
    State(state): State<AppState>,
    Owned(id): Owned,
    _: Paced,
    trace: Trace,
    Query(parameters): Query<Parameters>,
) -> Result<impl IntoResponse, ApiError> {
    let from_start = match parameters.from.as_deref() {
        None => false,
        Some("start") => true,
        Some(_) => return Err(ApiError::field("from", "must be start, or be left out")),
    };
    let changed = runs::retry(&state, id, from_start, &trace).await?;
    Ok((StatusCode::ACCEPTED, Json(RunView::new(id, changed))))
}
