//! `POST /api/v1/submissions/{id}/retry`: runs an ended submission again.

use actions::{runs, view::RunView};
use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse, routing::post};
use domain::SubmissionId;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use web::{
    error::ApiError,
    http::{Owned, Paced, Query, Trace},
    state::AppState,
};

/// The route.
pub const PATH: &str = "/api/v1/submissions/{id}/retry";

/// The function's operations, for the API's document.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(handle))]
pub struct Api;

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new().route(PATH, post(handle))
}

/// A place to begin at.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "the schema of `from`")]
enum Place {
    Start,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// `start` runs all stages again.
    #[param(inline, value_type = Option<Place>)]
    from: Option<String>,
}

/// Runs an ended submission again, from the first stage that did not complete.
///
/// While it is queued or running, and for a completed one without `from=start`, it is a `conflict`.
#[utoipa::path(
    post, path = PATH, operation_id = "retrySubmission", tag = "submissions",
    params(("id" = SubmissionId, Path), Parameters),
    responses((status = 202, description = "It waits for a worker.", body = RunView), (status = 403), (status = 404), (status = 409), (status = 422), (status = 429)),
    security(("owner" = []))
)]
async fn handle(
    State(state): State<AppState>,
    Owned(id): Owned,
    by: Paced,
    trace: Trace,
    Query(parameters): Query<Parameters>,
) -> Result<impl IntoResponse, ApiError> {
    let from_start = match parameters.from.as_deref() {
        None => false,
        Some("start") => true,
        Some(_) => return Err(ApiError::field("from", "must be start, or be left out")),
    };
    let changed = runs::retry(&state, id, from_start, &by, &trace).await?;
    Ok((StatusCode::ACCEPTED, Json(RunView::new(id, changed))))
}
