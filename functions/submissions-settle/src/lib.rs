//! `POST /api/v1/submissions/{id}/settle`: says which output is right where references disagree.

use actions::{
    settle::{self, Settlement},
    view::RunView,
};
use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse, routing::post};
use domain::SubmissionId;
use web::{
    error::ApiError,
    http::{Owned, Paced, SmallJson, Trace},
    state::AppState,
};

/// The route.
pub const PATH: &str = "/api/v1/submissions/{id}/settle";

/// The function's operations, for the API's document.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(handle))]
pub struct Api;

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new().route(PATH, post(handle))
}

/// Says which output is right where the references of a hunt disagree, and runs the submission again from the hunt on.
///
/// The right output becomes a test, and the references that print it stay; after `neither` without an output, others are written. Where
/// the hunt has no open dispute, the dispute is of another run, or the submission is not completed, it is a `conflict`. `settled` of the
/// submission says what was settled; a retry with `from=start` takes all of it back.
#[utoipa::path(
    post, path = PATH, operation_id = "settleDispute", tag = "submissions",
    params(("id" = SubmissionId, Path)),
    request_body = Settlement,
    responses((status = 202, description = "It waits for a worker.", body = RunView), (status = 403), (status = 404), (status = 409), (status = 413), (status = 415), (status = 422), (status = 429)),
    security(("owner" = []))
)]
async fn handle(
    State(state): State<AppState>,
    Owned(id): Owned,
    by: Paced,
    trace: Trace,
    SmallJson(settlement): SmallJson<Settlement>,
) -> Result<impl IntoResponse, ApiError> {
    let changed = settle::settle(&state, id, settlement, &by, &trace).await?;
    Ok((StatusCode::ACCEPTED, Json(RunView::new(id, changed))))
}
