//! The public pages: submit, read, and the history; and the assets of all pages.

mod access;
mod budget;
mod check;
#[cfg(test)]
mod cost_tests;
mod delete;
mod example;
mod failure;
mod fix;
mod found;
mod growth;
mod highlight;
mod history;
mod home;
mod hunted;
mod item;
mod kept;
mod lines;
mod mistakes;
mod settle;
mod stages;
mod submission;
mod submitted;
mod verdicts;
mod worth;

use actions::runs;
use axum::{
    Router,
    extract::{Extension, Path, State},
    http::{HeaderMap, HeaderValue, Method, Uri, header},
    response::{IntoResponse as _, Redirect, Response},
    routing::{any, get, post},
};
use db::submissions;
use domain::SubmissionId;
use serde::Deserialize;
use site::{self as pages, preference_cookie};
use web::{
    error::ApiError,
    http::{ACCESS, Admin, Fields, Owned, Paced, PathId, RequestId, Trace, without_slash},
    state::AppState,
};

/// Submit.
pub const HOME: &str = "/";
/// The history.
pub const HISTORY: &str = "/history";
/// A worked example.
pub const EXAMPLE: &str = "/example";
/// Where the form goes.
pub const SUBMISSIONS: &str = "/submissions";
/// Where the form goes to run the program.
pub const CHECK: &str = "/check";
/// A submission.
pub const SUBMISSION: &str = "/submissions/{id}";
/// Runs it again.
pub const RETRY: &str = "/submissions/{id}/retry";
/// Says which output is right where references disagree.
pub const SETTLE: &str = "/submissions/{id}/settle";
/// Stops it.
pub const CANCEL: &str = "/submissions/{id}/cancel";
/// Asks whether to delete it, and does.
pub const DELETE: &str = "/submissions/{id}/delete";
/// Deletes those that were selected in the history.
pub const DELETE_SELECTED: &str = "/history/delete";
/// Makes a new one of it.
pub const REGENERATE: &str = "/submissions/{id}/regenerate";
/// Whether it helped.
pub const FEEDBACK: &str = "/submissions/{id}/feedback";
/// Leaves a server that asks for a password.
pub const LEAVE: &str = "/access/logout";
/// Language and colours.
pub const PREFERENCES: &str = "/preferences";
/// Style sheet, scripts and icons.
pub const ASSETS: &str = "/assets/{name}";

/// Begins the addresses of the panel's forms.
const PANEL: [&str; 4] = [
    "/settings/logout",
    "/settings/prompts/",
    "/settings/data/",
    "/settings/queue/",
];

/// The function's operations, for the API's document.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(
    home::show,
    history::show,
    example::show,
    home::submit,
    check::run,
    submission::show,
    retry,
    settle::settle,
    cancel,
    regenerate,
    feedback,
    delete::ask,
    delete::delete,
    delete::delete_selected,
    access::show,
    access::enter,
    access::leave,
    prefer,
    asset
))]
pub struct Api;

/// The function's routes.
pub fn router() -> Router<AppState> {
    let routes = Router::new()
        .route(HOME, get(home::show))
        .route(HISTORY, get(history::show))
        .route(EXAMPLE, get(example::show))
        .route(SUBMISSIONS, post(home::submit))
        .route(CHECK, post(check::run))
        .route(SUBMISSION, get(submission::show))
        .route(RETRY, post(retry))
        .route(SETTLE, post(settle::settle))
        .route(CANCEL, post(cancel))
        .route(REGENERATE, post(regenerate))
        .route(FEEDBACK, post(feedback))
        .route(DELETE, get(delete::ask).post(delete::delete))
        .route(DELETE_SELECTED, post(delete::delete_selected))
        .route(ACCESS, get(access::show).post(access::enter))
        .route(LEAVE, post(access::leave))
        .route(PREFERENCES, post(prefer))
        .route(ASSETS, get(asset));
    pages::secure(routes).route("/{*path}", any(nothing_here))
}

/// An address that no function has: a page for people, a problem document for programs.
async fn nothing_here(
    method: Method,
    uri: Uri,
    page: pages::Page,
    request_id: Option<Extension<RequestId>>,
    headers: HeaderMap,
) -> Response {
    if let Some(address) = without_slash(&uri) {
        return Redirect::permanent(&address).into_response();
    }
    // A gateway sends what no function has here, and knows the forms of the panel by the method that sends them.
    let is_of_panel = PANEL.iter().any(|page| uri.path().starts_with(page));
    if let Some(page) = pages::page_of_form(&method, &uri).filter(|_| is_of_panel) {
        return see_other(page);
    }
    let error =
        ApiError::NotFound("There is nothing at this address; /docs lists the routes.".to_owned());
    let wants_page = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accepted| accepted.contains("text/html"));
    if wants_page {
        pages::error_page(error, page, request_id.map(|Extension(id)| id))
    } else {
        error.into_response()
    }
}

fn see_other(location: &str) -> Response {
    Redirect::to(location).into_response()
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct RetryForm {
    /// `start` runs all stages again.
    from: Option<String>,
}

/// Runs a submission again from the page.
#[utoipa::path(
    post, path = RETRY, operation_id = "retryFromPage", tag = "pages",
    params(("id" = SubmissionId, Path)),
    request_body(content = RetryForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Leads to the page that follows."), (status = 403), (status = 404), (status = 413), (status = 415), (status = 429)),
    security(("owner" = []))
)]
async fn retry(
    State(state): State<AppState>,
    Owned(id): Owned,
    by: Paced,
    trace: Trace,
    Fields(form): Fields<RetryForm>,
) -> Result<Response, ApiError> {
    let from_start = form.from.as_deref() == Some("start");
    changed(runs::retry(&state, id, from_start, &by, &trace).await)?;
    Ok(see_other(&format!("/submissions/{id}")))
}

/// Stops a submission from the page.
#[utoipa::path(
    post, path = CANCEL, operation_id = "cancelFromPage", tag = "pages",
    params(("id" = SubmissionId, Path)),
    responses((status = 303, description = "Leads to the page that follows."), (status = 403), (status = 404)),
    security(("owner" = []))
)]
async fn cancel(State(state): State<AppState>, Owned(id): Owned) -> Result<Response, ApiError> {
    changed(runs::cancel(&state, id).await)?;
    Ok(see_other(&format!("/submissions/{id}")))
}

/// Lets a conflict pass: the page that follows shows the state that was in the way.
fn changed<T>(result: Result<T, ApiError>) -> Result<(), ApiError> {
    match result {
        Ok(_) | Err(ApiError::Conflict(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes a new submission of the same content from the page.
#[utoipa::path(
    post, path = REGENERATE, operation_id = "regenerateFromPage", tag = "pages",
    params(("id" = SubmissionId, Path)),
    responses((status = 303, description = "Leads to the page that follows."), (status = 401), (status = 404)),
    security(("admin" = []))
)]
async fn regenerate(
    State(state): State<AppState>,
    _: Admin,
    PathId(id): PathId,
    Extension(RequestId(request_id)): Extension<RequestId>,
    trace: Trace,
) -> Result<Response, ApiError> {
    let created = runs::regenerate(&state, id, &request_id, &trace).await?;
    Ok(see_other(&format!("/submissions/{}", created.id)))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct FeedbackForm {
    /// `yes` or `no`.
    helpful: String,
}

/// Keeps whether a result helped, as its owner says.
#[utoipa::path(
    post, path = FEEDBACK, operation_id = "sayWhetherItHelped", tag = "pages",
    params(("id" = SubmissionId, Path)),
    request_body(content = FeedbackForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Leads to the page that follows."), (status = 403), (status = 404), (status = 413), (status = 415)),
    security(("owner" = []))
)]
async fn feedback(
    State(state): State<AppState>,
    Owned(id): Owned,
    Fields(form): Fields<FeedbackForm>,
) -> Result<Response, ApiError> {
    submissions::set_helpful(&state.db, id, form.helpful == "yes").await?;
    Ok(see_other(&format!("/submissions/{id}#feedback")))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct PreferencesForm {
    /// `en`, `zh` or `de`.
    language: Option<String>,
    /// `system`, `light` or `dark`.
    theme: Option<String>,
    /// The page to come back to.
    #[serde(default)]
    back: String,
}

/// Keeps the language and colours of the pages in cookies.
#[utoipa::path(
    post, path = PREFERENCES, operation_id = "setPreferences", tag = "pages",
    request_body(content = PreferencesForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Leads to the page that follows."), (status = 413), (status = 415))
)]
async fn prefer(Fields(form): Fields<PreferencesForm>) -> Response {
    let mut response = see_other(pages::local(&form.back));
    for (name, value) in [("language", form.language), ("theme", form.theme)] {
        let cookie = value.and_then(|value| preference_cookie(name, &value));
        if let Some(cookie) = cookie {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    response
}

/// Serves a style sheet, a script, an icon or the font of formulas.
#[utoipa::path(
    get, path = ASSETS, operation_id = "getAsset", tag = "pages",
    params(("name" = String, Path, description = "As the pages name it: a hash of the content, and its name.")),
    responses(
        (status = 200, description = "The file.", content(("text/css"), ("text/javascript"), ("image/svg+xml"), ("font/woff2"))),
        (status = 304, description = "It never changes."), (status = 404),
    )
)]
async fn asset(name: Path<String>, headers: HeaderMap) -> Result<Response, ApiError> {
    pages::serve_asset(name, headers).await
}

/// Leads to what was made, and makes its visitor known.
fn made(location: &str, cookie: Option<HeaderValue>) -> Response {
    let mut response = see_other(location);
    response
        .headers_mut()
        .extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    response
}
