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

/// The function's operations, for the API's document.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(log_in, log_out))]
pub struct Api;

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new().route(PATH, post(log_in).delete(log_out))
}

/// The admin's token.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = Login)]
#[serde(deny_unknown_fields)]
struct Request {
    /// `SETTINGS_TOKEN`.
    token: String,
}

/// Logs the admin in: a session cookie for a week.
#[utoipa::path(
    post, path = PATH, operation_id = "logIn", tag = "session",
    request_body = Request,
    responses((status = 204, description = "Logged in."), (status = 401), (status = 413), (status = 415), (status = 422), (status = 429))
)]
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

/// Logs out: ends the session for every copy of its cookie.
#[utoipa::path(
    delete, path = PATH, operation_id = "logOut", tag = "session",
    responses((status = 204, description = "Logged out; also without a session."))
)]
async fn log_out(
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, ApiError> {
    let cookie = end_session(&headers, &state)
        .await?
        .map(|cookie| (header::SET_COOKIE, cookie));
    Ok((StatusCode::NO_CONTENT, HeaderMap::from_iter(cookie)))
}
