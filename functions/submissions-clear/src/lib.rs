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

/// The function's operations, for the API's document.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(handle))]
pub struct Api;

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new().route(PATH, delete(handle))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    confirm: Option<String>,
}

/// The word that is asked for.
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "the schema of `confirm`")]
enum Confirmation {
    All,
}

/// How many submissions were deleted.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Deleted)]
struct Response {
    /// Submissions that are gone.
    deleted: usize,
}

/// Deletes every submission, and stops the work on them.
#[utoipa::path(
    delete, path = PATH, operation_id = "clearSubmissions", tag = "submissions",
    params(("confirm" = inline(Confirmation), Query, description = "`all`: this deletes every submission.")),
    responses((status = 200, description = "They are gone.", body = Response), (status = 401), (status = 422)),
    security(("admin" = []))
)]
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
