//! `GET /api/openapi.json` and `GET /docs`: the API's document, and the page made of it.

mod fields;
mod limits;
mod page;
mod reference;

use std::{io::read_to_string, sync::LazyLock};

use axum::{
    Router,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use config::crypto::sha256;
use flate2::read::GzDecoder;
use web::{
    http::{accepts, is_known},
    state::AppState,
};

/// The document.
pub const PATH: &str = "/api/openapi.json";
/// The page.
pub const DOCS: &str = "/docs";

/// The document, compressed when the crate is built: it would be a quarter of a megabyte.
static COMPRESSED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/openapi.json.gz"));

static ETAG: LazyLock<String> = LazyLock::new(|| {
    let hash = sha256(COMPRESSED);
    let hex: String = hash[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
});

/// The document as text.
fn document() -> String {
    read_to_string(GzDecoder::new(COMPRESSED)).unwrap_or_default()
}

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
    let media_type = (
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    let mut response = if is_known(&headers, &ETAG) {
        StatusCode::NOT_MODIFIED.into_response()
    } else if accepts(&headers, "gzip") {
        let coding = (header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        ([media_type, coding], COMPRESSED).into_response()
    } else {
        ([media_type], document()).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, no-cache"),
    );
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.extend(HeaderValue::from_str(&ETAG).map(|etag| (header::ETAG, etag)));
    response
}
