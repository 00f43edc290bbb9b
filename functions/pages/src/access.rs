//! The page that asks for the server's password.

use actions::session;
use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
};
use serde::Deserialize;
use site::{Html, Icon, Page, local, query_value};
use web::{
    error::ApiError,
    http::{ACCESS, ClientAddress, Fields, Query, access_cookie, end_access, has_entered},
    state::AppState,
};

#[derive(Template)]
#[template(path = "access.html")]
struct AccessPage {
    page: Page,
    /// Where it leads.
    back: String,
    /// Key of what is wrong.
    problem: Option<&'static str>,
}

/// Where a visitor goes from here.
fn onward(back: &str) -> &str {
    match local(back) {
        // From there it would lead here.
        back if back.starts_with(ACCESS) => "/",
        back => back,
    }
}

fn ask(mut page: Page, back: &str, problem: Option<&'static str>, status: StatusCode) -> Response {
    let back = onward(back).to_owned();
    page.here = format!("{ACCESS}?back={}", query_value(&back));
    let mut response = Html(AccessPage {
        page,
        back,
        problem,
    })
    .into_response();
    *response.status_mut() = status;
    // Or the browser shows it again, where the visitor goes back after giving the password.
    let no_store = HeaderValue::from_static("no-store");
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, no_store);
    response
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AccessQuery {
    /// The page to lead to.
    #[serde(default)]
    back: String,
}

/// Asks for the server's password.
#[utoipa::path(
    get, path = ACCESS, operation_id = "showAccess", tag = "pages",
    params(AccessQuery),
    responses((status = 200, description = "The page.", content_type = "text/html", body = String), (status = 303, description = "Leads to the page that follows, where no password is needed."))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    page: Page,
    headers: HeaderMap,
    Query(query): Query<AccessQuery>,
) -> Response {
    let is_free = state.config.secrets.access_password.is_none();
    if is_free || page.is_admin || has_entered(&headers, &state).await {
        return Redirect::to(onward(&query.back)).into_response();
    }
    ask(page, &query.back, None, StatusCode::OK)
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = AccessForm)]
pub(crate) struct Entry {
    /// `ACCESS_PASSWORD`.
    #[serde(default)]
    password: String,
    /// The page to lead to.
    #[serde(default)]
    back: String,
}

/// Lets a visitor in who gives the server's password.
#[utoipa::path(
    post, path = ACCESS, operation_id = "enter", tag = "pages",
    request_body(content = Entry, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Leads to the page that follows."), (status = 401, description = "The form again.", content_type = "text/html", body = String), (status = 413), (status = 415), (status = 429))
)]
pub(crate) async fn enter(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    page: Page,
    headers: HeaderMap,
    Fields(entry): Fields<Entry>,
) -> Result<Response, ApiError> {
    if state.config.secrets.access_password.is_none() {
        return Ok(Redirect::to(onward(&entry.back)).into_response());
    }
    let (problem, status) = match session::enter(&state, &address, &entry.password).await {
        Ok(()) => {
            let mut response = Redirect::to(onward(&entry.back)).into_response();
            let cookie = access_cookie(&headers, &state);
            response
                .headers_mut()
                .extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
            return Ok(response);
        }
        Err(ApiError::AccessRequired) => ("access.wrong", StatusCode::UNAUTHORIZED),
        Err(ApiError::TooManyAttempts(_)) => ("login.wait", StatusCode::TOO_MANY_REQUESTS),
        Err(error) => return Err(error),
    };
    Ok(ask(page, &entry.back, Some(problem), status))
}

/// Leaves a server that asks for a password: ends what the password gave, for every copy of its cookie.
#[utoipa::path(
    post, path = crate::LEAVE, operation_id = "leave", tag = "pages",
    responses((status = 303, description = "Leads to the page that follows."))
)]
pub(crate) async fn leave(
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let cookie = end_access(&headers, &state).await?;
    let mut response = Redirect::to(ACCESS).into_response();
    response
        .headers_mut()
        .extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}
