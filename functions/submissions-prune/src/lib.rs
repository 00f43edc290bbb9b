//! `POST /api/v1/submissions/prune`: deletes submissions that ended long ago.

use actions::remove::{self, Unit};
use axum::{Router, extract::State, response::IntoResponse, routing::post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{
    error::ApiError,
    http::{Admin, SmallJson},
    state::AppState,
};

/// The route.
pub const PATH: &str = "/api/v1/submissions/prune";

/// The function's operations, for the API's document.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(handle))]
pub struct Api;

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new().route(PATH, post(handle))
}

/// An age.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Age)]
#[serde(deny_unknown_fields)]
struct Request {
    /// How many units, at most about a hundred years.
    #[schema(minimum = 1)]
    amount: i64,
    /// The unit.
    unit: Unit,
}

/// How many submissions were deleted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Deleted)]
struct Response {
    /// Submissions that are gone.
    deleted: u64,
}

/// Deletes submissions that ended long ago.
#[utoipa::path(
    post, path = PATH, operation_id = "pruneSubmissions", tag = "submissions",
    request_body = Request,
    responses((status = 200, description = "They are gone.", body = Response), (status = 401), (status = 413), (status = 415), (status = 422)),
    security(("admin" = []))
)]
async fn handle(
    State(state): State<AppState>,
    _: Admin,
    SmallJson(request): SmallJson<Request>,
) -> Result<impl IntoResponse, ApiError> {
    let deleted = remove::prune(&state, request.amount, request.unit).await?;
    Ok(axum::Json(Response { deleted }))
}
