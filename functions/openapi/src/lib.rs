//! `GET /api/openapi.json` and `GET /docs`: the API's document, and the page made of it.

mod fields;
mod limits;
mod page;
mod reference;

use std::sync::LazyLock;

use axum::{
    Router,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use config::crypto::sha256;
use web::{http::is_known, state::AppState};

/// The document.
pub const PATH: &str = "/api/openapi.json";
/// The page.
pub const DOCS: &str = "/docs";

/// The document, as a test compares it with the handlers.
pub const DOCUMENT: &str = include_str!("../openapi.json");

static ETAG: LazyLock<String> = LazyLock::new(|| {
    let hash = sha256(DOCUMENT.as_bytes());
    let hex: String = hash[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
});

/// The function's operations, for the API's document.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(handle, page::show))]
pub struct Api;

/// The function's routes.
pub fn router() -> Router<AppState> {
    site::secure(Router::new().route(DOCS, get(page::show))).route(PATH, get(handle))
}

/// Answers this document.
#[utoipa::path(
    get, path = PATH, operation_id = "getOpenApi", tag = "docs",
    params(("If-None-Match" = Option<String>, Header, description = "The `ETag` of an earlier answer.")),
    responses(
        (status = 200, description = "The document, OpenAPI 3.1.", content_type = "application/json", body = serde_json::Value),
        (status = 304, description = "It has not changed."),
    )
)]
async fn handle(headers: HeaderMap) -> Response {
    let mut response = if is_known(&headers, &ETAG) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let media_type = HeaderValue::from_static("application/json");
        ([(header::CONTENT_TYPE, media_type)], DOCUMENT).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, no-cache"),
    );
    headers.extend(HeaderValue::from_str(&ETAG).map(|etag| (header::ETAG, etag)));
    response
}
