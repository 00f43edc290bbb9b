//! `DELETE /api/v1/submissions?confirm=all`: deletes every submission, and stops the work on them.

use actions::{remove, view::BASE};
use axum::{Json, Router, extract::State, response::IntoResponse, routing::delete};
use serde::{Deserialize, Serialize};
use web::{
    error::ApiError,
    http::{Admin, Query},
    state::AppState,
};

/// The route.
pub const PATH: &str = BASE;

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new().route(PATH, delete(handle))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    confirm: Option<String>,
}

#[derive(Debug, Serialize)]
struct Response {
    deleted: usize,
}

async fn handle(
    State(state): State<AppState>,
    _: Admin,
    Query(parameters): Query<Parameters>,
) -> Result<impl IntoResponse, ApiError> {
    if parameters.confirm.as_deref() != Some("all") {
        return Err(ApiError::field(
            "confirm",
            "must be all: this deletes every submission",
        ));
    }
    let deleted = remove::clear(&state).await?;
    Ok(Json(Response { deleted }))
}
