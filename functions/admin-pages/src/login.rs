//! Access to the panel: logging in and out, and the frame around its sections.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
};

use actions::session;
use askama::Template;
use axum::{
    Extension,
    extract::{ConnectInfo, FromRequestParts, State},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Redirect, Response},
};
use serde::Deserialize;
use site::{Html, Icon, Page, local};
use web::{
    error::ApiError,
    http::{Admin, ClientAddress, Fields, end_session, is_from_here, session_cookie},
    state::AppState,
};

use crate::{DATA, LOGIN, MODEL, PROMPTS, QUEUE};

/// A section of the panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Model,
    Prompts,
    Data,
    Queue,
}

impl Section {
    pub(crate) const ALL: [Self; 4] = [Self::Model, Self::Prompts, Self::Data, Self::Queue];

    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Model => MODEL,
            Self::Prompts => PROMPTS,
            Self::Data => DATA,
            Self::Queue => QUEUE,
        }
    }

    /// Key of its name.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Model => "panel.model",
            Self::Prompts => "panel.prompts",
            Self::Data => "panel.data",
            Self::Queue => "panel.queue",
        }
    }

    /// Key of what it is for.
    pub(crate) const fn lead(self) -> &'static str {
        match self {
            Self::Model => "panel.model.lead",
            Self::Prompts => "panel.prompts.lead",
            Self::Data => "panel.data.lead",
            Self::Queue => "panel.queue.lead",
        }
    }

    pub(crate) const fn icon(self) -> Icon {
        match self {
            Self::Model => Icon::SPARKLES,
            Self::Prompts => Icon::FILE_TEXT,
            Self::Data => Icon::DATABASE,
            Self::Queue => Icon::LIST,
        }
    }

    /// The section that an address belongs to.
    fn of(path: &str) -> Self {
        let longer = [Self::Prompts, Self::Data, Self::Queue].into_iter();
        longer
            .into_iter()
            .find(|section| path.starts_with(section.path()))
            .unwrap_or(Self::Model)
    }
}

/// Tells the admin what was done.
#[derive(Clone, Debug)]
pub(crate) struct Notice {
    pub(crate) text: String,
    pub(crate) is_error: bool,
}

/// The frame around a section.
#[derive(Clone, Debug)]
pub(crate) struct Panel {
    pub(crate) section: Section,
    pub(crate) notice: Option<Notice>,
}

/// The admin's visit to a section; anyone else gets the form to log in.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) page: Page,
    pub(crate) panel: Panel,
}

impl Visit {
    fn say(mut self, key: &str, count: Option<&str>, is_error: bool) -> Self {
        let words = self.page.words;
        let text = match count {
            Some(count) => words.fill(key, count),
            None => words.get(key).to_owned(),
        };
        self.panel.notice = Some(Notice { text, is_error });
        self
    }

    /// With what was done.
    pub(crate) fn done(self, key: &str) -> Self {
        self.say(key, None, false)
    }

    /// With what was not done, and why.
    pub(crate) fn explained(self, key: &str, reason: &str) -> Self {
        self.say(key, Some(reason), true)
    }

    /// With what was not done.
    pub(crate) fn refused(self, key: &str) -> Self {
        self.say(key, None, true)
    }
}

impl FromRequestParts<AppState> for Visit {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        let Ok(mut page) = Page::from_request_parts(parts, state).await;
        let section = Section::of(parts.uri.path());
        let is_get = parts.method == axum::http::Method::GET;
        if !is_get {
            section.path().clone_into(&mut page.here);
        }
        match Admin::from_request_parts(parts, state).await {
            Ok(Admin) => {}
            Err(ApiError::Unauthorized) => {
                let whereabouts = Whereabouts::of_request(state, parts);
                let problem = (whereabouts == Whereabouts::Nowhere).then_some("login.no-token");
                let status = StatusCode::UNAUTHORIZED;
                return Err(login_page(page, whereabouts, problem, status));
            }
            Err(ApiError::TooManyAttempts(_)) => {
                let status = StatusCode::TOO_MANY_REQUESTS;
                let whereabouts = Whereabouts::of_request(state, parts);
                return Err(login_page(page, whereabouts, Some("login.wait"), status));
            }
            Err(error) => return Err(error.into_response()),
        }
        let notice = None;
        let panel = Panel { section, notice };
        let visit = Self { page, panel };
        Ok(if is_get {
            visit.with_outcome(parts.uri.query().unwrap_or_default())
        } else {
            visit
        })
    }
}

impl Visit {
    /// Says what an action did that led here: `?done=<what>&count=<how many>`.
    fn with_outcome(self, query: &str) -> Self {
        let values: HashMap<_, _> = query
            .split('&')
            .filter_map(|part| part.split_once('='))
            .collect();
        let key = format!("done.{}", values.get("done").unwrap_or(&""));
        let count = values
            .get("count")
            .filter(|count| count.parse::<u64>().is_ok());
        if self.page.words.find(&key).is_some() {
            self.say(&key, count.copied(), false)
        } else {
            self
        }
    }
}

/// Leads to a section that says what was done.
pub(crate) fn outcome(section: Section, done: &str, count: Option<u64>) -> Response {
    let count = count
        .map(|count| format!("&count={count}"))
        .unwrap_or_default();
    Redirect::to(&format!("{}?done={done}{count}", section.path())).into_response()
}

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    page: Page,
    /// Key of what is wrong.
    problem: Option<&'static str>,
    whereabouts: Whereabouts,
}

/// Where the admin finds the token.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Whereabouts {
    /// There is none.
    Nowhere,
    Environment,
    /// In the data folder; with its path for a request of the same machine.
    File(Option<String>),
}

impl Whereabouts {
    fn of(state: &AppState, peer: Option<IpAddr>, headers: &HeaderMap) -> Self {
        match &state.config.embedded.settings_token_file {
            Some(file) if is_from_here(peer, headers) => {
                Self::File(Some(file.display().to_string()))
            }
            Some(_) => Self::File(None),
            None if state.config.secrets.settings_token.is_some() => Self::Environment,
            None => Self::Nowhere,
        }
    }

    fn of_request(state: &AppState, parts: &Parts) -> Self {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Self::of(state, peer.map(|peer| peer.0.ip()), &parts.headers)
    }
}

fn login_page(
    page: Page,
    whereabouts: Whereabouts,
    problem: Option<&'static str>,
    status: StatusCode,
) -> Response {
    let form = LoginPage {
        page,
        problem,
        whereabouts,
    };
    let mut response = Html(form).into_response();
    *response.status_mut() = status;
    response
}

/// Leads to the panel: there is nothing to see where the form to log in goes.
#[utoipa::path(
    get, path = crate::LOGIN, operation_id = "showLogin", tag = "pages",
    responses((status = 303, description = "Leads to the page that follows."))
)]
pub(crate) async fn begin() -> Redirect {
    Redirect::to(MODEL)
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = LoginForm)]
pub(crate) struct Login {
    #[serde(default)]
    token: String,
    #[serde(default)]
    back: String,
}

/// Logs the admin in from the panel.
#[utoipa::path(
    post, path = crate::LOGIN, operation_id = "logInFromPanel", tag = "pages",
    request_body(content = Login, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Leads to the page that follows."), (status = 401, description = "The form again.", content_type = "text/html", body = String), (status = 413), (status = 415), (status = 429))
)]
pub(crate) async fn log_in(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    mut page: Page,
    headers: HeaderMap,
    Fields(login): Fields<Login>,
) -> Result<Response, ApiError> {
    let back = match local(&login.back) {
        "/" | LOGIN => MODEL,
        back => back,
    };
    let (problem, status) = match session::log_in(&state, &address, &login.token).await {
        Ok(()) => {
            let mut response = Redirect::to(back).into_response();
            let cookie = session_cookie(&headers, &state);
            response
                .headers_mut()
                .extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
            return Ok(response);
        }
        Err(ApiError::Unauthorized) => ("login.wrong", StatusCode::UNAUTHORIZED),
        Err(ApiError::TooManyAttempts(_)) => ("login.wait", StatusCode::TOO_MANY_REQUESTS),
        Err(error) => return Err(error),
    };
    back.clone_into(&mut page.here);
    let peer = peer.map(|Extension(ConnectInfo(peer))| peer.ip());
    let whereabouts = Whereabouts::of(&state, peer, &headers);
    Ok(login_page(page, whereabouts, Some(problem), status))
}

/// Logs out from the panel.
#[utoipa::path(
    post, path = crate::LOGOUT, operation_id = "logOutFromPanel", tag = "pages",
    responses((status = 303, description = "Leads to the page that follows."))
)]
pub(crate) async fn log_out(
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let cookie = end_session(&headers, &state).await?;
    let mut response = Redirect::to("/").into_response();
    response
        .headers_mut()
        .extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}
