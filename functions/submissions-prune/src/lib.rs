//! `POST /api/v1/submissions/prune`: deletes submissions that ended long ago.

use actions::remove::{self, Unit};
use axum::{Router, extract::State, response::IntoResponse, routing::post};
use serde::{Deserialize, Serialize};
use web::{
    error::ApiError,
    http::{Admin, SmallJson},
    state::AppState,
};

/// The route.
pub const PATH: &str = "/api/v1/submissions/prune";

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new().route(PATH, post(handle))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    amount: i64,
    unit: Unit,
}

#[derive(Debug, Serialize)]
struct Response {
    deleted: u64,
}

async fn handle(
    State(state): State<AppState>,
    _: Admin,
    SmallJson(request): SmallJson<Request>,
) -> Result<impl IntoResponse, ApiError> {
    let deleted = remove::prune(&state, request.amount, request.unit).await?;
    Ok(axum::Json(Response { deleted }))
}
