//! The layers around the routes of every function: request id, access log, panics, and answers for unknown routes.

use std::time::Instant;

use axum::{
    Router,
    extract::{MatchedPath, Request},
    http::{HeaderValue, Method, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument as _;
use uuid::Uuid;

use super::{auth::is_own, body::make_room};
use crate::{
    error::{ApiError, ErrorCode},
    state::AppState,
};

const REQUEST_ID: &str = "x-request-id";

/// Id of the request, in its extensions: the client's own if it sent a usable one.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// Puts the layers around a function's routes.
pub fn wrap(routes: Router<AppState>) -> Router<AppState> {
    routes
        .fallback(|| async {
            ApiError::NotFound(
                "There is nothing at this address; the README lists the routes.".to_owned(),
            )
        })
        .method_not_allowed_fallback(|| async { ApiError::MethodNotAllowed })
        .layer(middleware::from_fn(make_room))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(observe))
}

/// Where it was has been logged; the message may quote a user's text.
fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    ApiError::Internal("a handler panicked".into()).into_response()
}

async fn observe(mut request: Request, next: Next) -> Response {
    let id = request
        .headers()
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|id| (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic()))
        .map_or_else(|| Uuid::new_v4().to_string(), str::to_owned);
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map(|path| path.as_str().to_owned());
    request.extensions_mut().insert(RequestId(id.clone()));
    // A browser sends cookies also with what another port or subdomain of this host has it send: they prove nothing there.
    let changes = !matches!(method, Method::GET | Method::HEAD | Method::OPTIONS);
    if changes && !is_own(request.headers()) {
        request.headers_mut().remove(header::COOKIE);
    }

    let started = Instant::now();
    let span = tracing::info_span!("request", request.id = %id);
    let mut response = next.run(request).instrument(span.clone()).await;
    let _entered = span.enter();

    let status = response.status().as_u16();
    let code = response.extensions().get::<ErrorCode>().map(|code| code.0);
    let route = route.as_deref().unwrap_or("-");
    let duration_ms = (started.elapsed().as_secs_f64() * 10_000.0).round() / 10.0;
    if route.starts_with("/health/") || route.starts_with("/_/") {
        tracing::debug!(http.method = %method, http.route = route, http.status = status, duration_ms, "answered");
    } else {
        tracing::info!(
            http.method = %method, http.route = route, http.status = status, duration_ms, error.code = code, "answered"
        );
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    headers
        .entry(header::X_CONTENT_TYPE_OPTIONS)
        .or_insert(HeaderValue::from_static("nosniff"));
    response
}
