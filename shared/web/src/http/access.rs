//! The server's password (`ACCESS_PASSWORD`): while it is set, nothing is answered without it but what keeps nothing.
//!
//! It is a layer around every function's routes, so that no route can be forgotten, also where functions are deployed singly.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, header, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Redirect, Response},
};
use cookie::SameSite;
use domain::Chain;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::ExposeSecret as _;

use super::{auth, layers::is_api, ticket::Ticket};
use crate::{error::ApiError, state::AppState};
use config::crypto::same_secret;

/// The page that asks for the password.
pub const ACCESS: &str = "/access";

/// A visitor's entry. Unlike the admin's it holds for a visit that a link on another site begins.
const TICKET: Ticket = Ticket {
    name: "cc_access",
    purpose: "access",
    seconds: 90 * 24 * 60 * 60,
    same_site: SameSite::Lax,
};
/// Longest address to come back to, in bytes.
const BACK: usize = 2000;

/// In the extensions of a request whose visitor gave the password in a browser: there is an entry to give back.
#[derive(Clone, Copy, Debug)]
pub struct Entered;

/// Whether `given` is the server's password. Without a configured one nothing is.
#[must_use]
pub fn is_access_password(given: &str, state: &AppState) -> bool {
    let password = state.config.secrets.access_password.as_ref();
    password.is_some_and(|password| same_secret(given, password.expose_secret()))
}

/// Whether the request comes from a browser in which the password was given.
pub async fn has_entered(headers: &HeaderMap, state: &AppState) -> bool {
    let password = state.config.secrets.access_password.as_ref();
    match TICKET.is_held(headers, password, state).await {
        Ok(is_held) => is_held,
        Err(error) => {
            // The signature was made for the password. Nothing is read while the database is away, and each page says so.
            tracing::warn!(error = %Chain(&error), "an entry is taken for one that was not given back");
            true
        }
    }
}

/// The cookie for a browser in which the password was given.
#[must_use]
pub fn access_cookie(headers: &HeaderMap, state: &AppState) -> Option<HeaderValue> {
    let password = state.config.secrets.access_password.as_ref()?;
    TICKET.issue(headers, password)
}

/// Gives an entry back, for every copy of its cookie, and answers the cookie that takes it out of the browser.
///
/// # Errors
/// Those of the database: the entry holds on then.
pub async fn end_access(
    headers: &HeaderMap,
    state: &AppState,
) -> Result<Option<HeaderValue>, ApiError> {
    let password = state.config.secrets.access_password.as_ref();
    TICKET.end(headers, password, state).await
}

/// The layer.
pub(super) async fn admit(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if state.config.secrets.access_password.is_none() || is_open(&request) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let admitted = if has_entered(&parts.headers, &state).await {
        parts.extensions.insert(Entered);
        Ok(())
    } else {
        auth::admit(&mut parts, &state).await
    };
    match admitted {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(ApiError::AccessRequired) if wants_page(&parts) => ask(&parts),
        Err(error) => error.into_response(),
    }
}

/// Whether a request needs no password: it is a probe's or a preflight, or it is for what has a lock of its own or holds nothing of
/// anybody's.
fn is_open(request: &Request) -> bool {
    let path = request.uri().path();
    let is_below = |folder: &str| {
        path.strip_prefix(folder)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    *request.method() == Method::OPTIONS
        || ["/health", "/_", "/assets", ACCESS, "/settings"]
            .into_iter()
            .any(is_below)
        || ["/preferences", "/metrics", "/api/v1/session"].contains(&path)
}

/// Whether a request is better answered by the page that asks. Scripts send the forms of pages too, and show what comes back.
fn wants_page(parts: &Parts) -> bool {
    let path = parts.uri.path();
    // Forms of pages go to addresses of their own; what posts to the home page is an extension of the browser.
    if is_api(path) || (parts.method == Method::POST && path == "/") {
        return false;
    }
    let accepted = parts.headers.get(header::ACCEPT);
    let takes_page = accepted
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accepted| accepted.contains("text/html"));
    takes_page || parts.method == Method::POST
}

/// Leads to the page that asks, and from there to where the visitor wanted to go: of a form, the page that it stands on.
fn ask(parts: &Parts) -> Response {
    let back = if matches!(parts.method, Method::GET | Method::HEAD) {
        parts.uri.path_and_query().map_or("/", |here| here.as_str())
    } else {
        let page = parts.uri.path().rsplit_once('/');
        page.map_or("/", |(page, _)| page)
    };
    if back.len() < 2 || back.len() > BACK {
        return Redirect::to(ACCESS).into_response();
    }
    let back = utf8_percent_encode(back, NON_ALPHANUMERIC);
    Redirect::to(&format!("{ACCESS}?back={back}")).into_response()
}
