//! `GET /api/v1/submissions/{id}/patch`: the fix as a unified diff that `patch -p1` and `git apply` take.

use actions::patch;
use axum::{
    Router,
    extract::State,
    http::{HeaderValue, header},
    response::IntoResponse,
    routing::get,
};
use domain::{FileName, SubmissionId};
use serde::Deserialize;
use web::{
    error::ApiError,
    http::{PathId, Query, Visitor, attachment},
    state::AppState,
};

/// The route.
pub const PATH: &str = "/api/v1/submissions/{id}/patch";

/// The function's operations, for the API's document.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(handle))]
pub struct Api;

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new().route(PATH, get(handle))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// The file that the patch is for: a relative path; if left out, a name that suits the language.
    name: Option<String>,
}

/// Answers the fix as a unified diff that `patch -p1` and `git apply` take.
///
/// Before there is a fix, and where no bug was found, it is a `conflict`.
#[utoipa::path(
    get, path = PATH, operation_id = "getSubmissionPatch", tag = "submissions",
    params(("id" = SubmissionId, Path), Parameters),
    responses((status = 200, description = "The patch.", content_type = "text/x-diff", body = String), (status = 403), (status = 404), (status = 409), (status = 422)),
    security((), ("admin" = []))
)]
async fn handle(
    State(state): State<AppState>,
    PathId(id): PathId,
    visitor: Visitor,
    Query(parameters): Query<Parameters>,
) -> Result<impl IntoResponse, ApiError> {
    let file = match parameters.name {
        Some(name) => {
            let name = FileName::parse(&name);
            Some(name.ok_or_else(|| ApiError::field("name", FileName::RULE))?)
        }
        None => None,
    };
    let patch = patch::patch(&state, id, file, visitor.into()).await?;
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/x-diff; charset=utf-8"),
        ),
        (
            header::CONTENT_DISPOSITION,
            attachment(&format!("{}.patch", patch.file)),
        ),
        // A retry makes another one.
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-cache"),
        ),
    ];
    Ok((headers, patch.text))
}
