//! `POST` and `DELETE /api/v1/session`: logs the admin in and out.

use std::time::Duration;

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
    routing::post,
};
use serde::Deserialize;
use shared::{
    Chain,
    error::ApiError,
    http::{ClientAddress, Json, end_session_cookie, is_admin_token, session_cookie},
    state::AppState,
};

/// The route.
pub const PATH: &str = "/api/v1/session";

/// Failed logins from one address after which it has to wait.
const FREE_ATTEMPTS: u64 = 5;
/// How long it has to wait, from its last attempt on.
const WINDOW: Duration = Duration::from_secs(15 * 60);
/// Longest wait for Redis.
const TIMEOUT: Duration = Duration::from_secs(1);

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new().route(PATH, post(log_in).delete(log_out))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    token: String,
}

async fn log_in(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    Json(request): Json<Request>,
) -> Result<impl IntoResponse, ApiError> {
    // Before the token is looked at: a right one must not be found by trying on.
    if state
        .queue
        .failed_logins(&address, TIMEOUT)
        .await
        .is_ok_and(|count| count >= FREE_ATTEMPTS)
    {
        return Err(ApiError::TooManyAttempts(WINDOW.as_secs()));
    }
    if !is_admin_token(request.token.trim(), &state) {
        tracing::warn!(client.address = address, "a login failed");
        if let Err(error) = state
            .queue
            .count_failed_login(&address, WINDOW, TIMEOUT)
            .await
        {
            // Nobody counts, so every attempt has to wait.
            tracing::warn!(error = %Chain(&error), "the failed login was not counted");
            tokio::time::sleep(TIMEOUT).await;
        }
        return Err(ApiError::Unauthorized);
    }
    let cookie = session_cookie(&headers, &state).map(|cookie| (header::SET_COOKIE, cookie));
    Ok((StatusCode::NO_CONTENT, HeaderMap::from_iter(cookie)))
}

async fn log_out(headers: HeaderMap) -> impl IntoResponse {
    let cookie = end_session_cookie(&headers).map(|cookie| (header::SET_COOKIE, cookie));
    (StatusCode::NO_CONTENT, HeaderMap::from_iter(cookie))
}
