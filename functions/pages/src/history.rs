//! The history: in the column beside a page, and as a page of its own.

use actions::history::{self, Parameters};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use chrono::{SecondsFormat, Utc};
use domain::{Status, SubmissionId, Verdict};
use serde::Deserialize;
use site::{Html, Icon, Page, Words, since};
use web::{
    error::ApiError,
    http::{Query, Visitor},
    state::AppState,
};

/// A part of the history.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    pub(crate) items: Vec<Item>,
    pub(crate) older: Option<String>,
    pub(crate) q: String,
    pub(crate) status: String,
    /// Whether it follows on another part.
    pub(crate) continues: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) id: SubmissionId,
    pub(crate) title: String,
    pub(crate) status: Status,
    pub(crate) verdict: Option<Verdict>,
    pub(crate) language: Option<String>,
    pub(crate) when: String,
    pub(crate) exact: String,
    pub(crate) current: bool,
}

impl History {
    pub(crate) fn is_filtered(&self) -> bool {
        !self.q.is_empty() || !self.status.is_empty()
    }

    /// The statuses to choose from: value, name, and whether it is chosen.
    pub(crate) fn statuses(&self, words: &Words) -> Vec<(&'static str, &'static str, bool)> {
        Status::ALL
            .iter()
            .map(|status| {
                let name = status_word(*words, *status);
                (status.as_str(), name, status.as_str() == self.status)
            })
            .collect()
    }
}

pub(crate) fn status_word(words: Words, status: Status) -> &'static str {
    let key = match status {
        Status::Queued => "status.queued",
        Status::Processing => "status.processing",
        Status::Completed => "status.completed",
        Status::Failed => "status.failed",
        Status::Cancelled => "status.cancelled",
    };
    words.find(key).unwrap_or(key)
}

/// The newest part of the history that this visitor may see.
pub(crate) async fn newest(
    state: &AppState,
    visitor: Visitor,
    words: Words,
    current: Option<SubmissionId>,
) -> Result<History, ApiError> {
    load(state, visitor, words, Parameters::default(), current).await
}

async fn load(
    state: &AppState,
    visitor: Visitor,
    words: Words,
    parameters: Parameters,
    current: Option<SubmissionId>,
) -> Result<History, ApiError> {
    let q = parameters.q.clone().unwrap_or_default();
    let status = parameters.status.clone().unwrap_or_default();
    let continues = parameters.cursor.is_some();
    let page = history::page(state, visitor, parameters).await?;
    let now = Utc::now();
    let items = page
        .items
        .into_iter()
        .map(|row| Item {
            id: row.id,
            title: title(&row.title, words),
            status: row.status,
            verdict: row.verdict,
            language: row.language,
            when: since(words, row.created_at, now),
            exact: row.created_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            current: current == Some(row.id),
        })
        .collect();
    let older = page.next_cursor.map(|cursor| {
        let query = [("q", &q), ("status", &status)]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("&{name}={}", site::query_value(value)))
            .collect::<String>();
        format!("/history?cursor={cursor}{query}")
    });
    Ok(History {
        items,
        older,
        q,
        status,
        continues,
    })
}

/// A title as one line that is never empty.
pub(crate) fn title(title: &str, words: Words) -> String {
    let line = title.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line.trim_start_matches('#').trim();
    if line.is_empty() {
        words.get("untitled").to_owned()
    } else {
        line.to_owned()
    }
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryQuery {
    /// Only in this status.
    status: Option<String>,
    /// Only where title, text or code contains this.
    q: Option<String>,
    /// Where an earlier page ended.
    cursor: Option<String>,
    /// With it, only the items: script puts them into a list that is there.
    part: Option<String>,
}

#[derive(Template)]
#[template(path = "history.html")]
struct HistoryPage {
    page: Page,
    history: History,
}

#[derive(Template)]
#[template(path = "items.html")]
struct Items {
    page: Page,
    history: History,
}

/// Shows the history as a page.
#[utoipa::path(
    get, path = crate::HISTORY, operation_id = "showHistory", tag = "pages",
    params(HistoryQuery),
    responses((status = 200, description = "The page.", content_type = "text/html", body = String), (status = 422)),
    security((), ("visitor" = []), ("admin" = []))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    page: Page,
    visitor: Visitor,
    Query(query): Query<HistoryQuery>,
) -> Result<Response, ApiError> {
    let parameters = Parameters {
        status: query.status,
        q: query.q,
        cursor: query.cursor,
        limit: None,
    };
    let history = load(&state, visitor, page.words, parameters, None).await?;
    Ok(if query.part.is_some() {
        Html(Items { page, history }).into_response()
    } else {
        Html(HistoryPage { page, history }).into_response()
    })
}
