//! `GET /api/v1/submissions`: a page of the history, newest first.

use actions::{
    history::{self, Parameters},
    view::{BASE, Links, links},
};
use axum::{Json, Router, extract::State, http::header, response::IntoResponse, routing::get};
use db::submissions::Listed;
use serde::Serialize;
use web::{
    error::ApiError,
    http::{Query, Visitor},
    state::AppState,
};

/// The route.
pub const PATH: &str = BASE;

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new().route(PATH, get(handle))
}

#[derive(Debug, Serialize)]
struct Page {
    items: Vec<Item>,
    /// Give it as `cursor` to read on; null at the end.
    next_cursor: Option<String>,
}

#[derive(Debug, Serialize)]
struct Item {
    #[serde(flatten)]
    row: Listed,
    links: Links,
}

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
