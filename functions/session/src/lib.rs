//! `POST` and `DELETE /api/v1/session`: logs the admin in and out.

use actions::session;
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
    routing::post,
};
use serde::Deserialize;
use web::{
    error::ApiError,
    http::{ClientAddress, SmallJson, end_session, session_cookie},
    state::AppState,
};

/// The route.
pub const PATH: &str = "/api/v1/session";

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
    SmallJson(request): SmallJson<Request>,
) -> Result<impl IntoResponse, ApiError> {
    session::log_in(&state, &address, &request.token).await?;
    let cookie = session_cookie(&headers, &state).map(|cookie| (header::SET_COOKIE, cookie));
    Ok((StatusCode::NO_CONTENT, HeaderMap::from_iter(cookie)))
}

async fn log_out(
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, ApiError> {
    let cookie = end_session(&headers, &state)
        .await?
        .map(|cookie| (header::SET_COOKIE, cookie));
    Ok((StatusCode::NO_CONTENT, HeaderMap::from_iter(cookie)))
}
