//! `POST /api/v1/submissions/{id}/regenerate`: makes a new submission from an old one.

use actions::runs;
use axum::{
    Router,
    extract::{Extension, State},
    response::IntoResponse,
    routing::post,
};
use web::{
    error::ApiError,
    http::{Admin, PathId, RequestId, Trace},
    state::AppState,
};

/// The route.
pub const PATH: &str = "/api/v1/submissions/{id}/regenerate";

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new().route(PATH, post(handle))
}

async fn handle(
    State(state): State<AppState>,
    _: Admin,
    PathId(id): PathId,
    Extension(RequestId(request_id)): Extension<RequestId>,
    trace: Trace,
) -> Result<impl IntoResponse, ApiError> {
    runs::regenerate(&state, id, &request_id, &trace).await
}
