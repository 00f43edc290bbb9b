//! `GET /api/v1/submissions`: a page of the history, newest first.

use actions::{
    history::{self, Parameters},
    view::{BASE, Links, links},
};
use axum::{Json, Router, extract::State, http::header, response::IntoResponse, routing::get};
use db::submissions::Listed;
use serde::Serialize;
use utoipa::ToSchema;
use web::{
    error::ApiError,
    http::{Query, Visitor},
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
    Router::new().route(PATH, get(handle))
}

/// A page of the history.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SubmissionPage)]
struct Page {
    /// Its lines, newest first.
    items: Vec<Item>,
    /// Give it as `cursor` to read on; null at the end.
    next_cursor: Option<String>,
}

/// A submission in a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ListedSubmission)]
struct Item {
    #[serde(flatten)]
    row: Listed,
    /// Addresses that belong to it.
    links: Links,
}

/// Answers a page of the history, newest first.
///
/// A visitor sees their own submissions, the admin all of them; with `PUBLIC_HISTORY` everyone sees all.
#[utoipa::path(
    get, path = PATH, operation_id = "listSubmissions", tag = "submissions",
    params(Parameters),
    responses((status = 200, description = "A page.", body = Page), (status = 422)),
    security((), ("visitor" = []), ("admin" = []))
)]
async fn handle(
    State(state): State<AppState>,
    visitor: Visitor,
    Query(parameters): Query<Parameters>,
) -> Result<impl IntoResponse, ApiError> {
    let page = history::page(&state, visitor, parameters).await?;
    let page = Page {
        items: page
            .items
            .into_iter()
            .map(|row| Item {
                links: links(row.id),
                row,
            })
            .collect(),
        next_cursor: page.next_cursor,
    };
    Ok(([(header::CACHE_CONTROL, "private, no-store")], Json(page)))
}
