//! The history: in the column beside a page, and as a page of its own.

use actions::history::{self, Parameters};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use chrono::Utc;
use domain::{Status, SubmissionId, Verdict, language, limits};
use serde::Deserialize;
use site::{Html, Icon, Page, Words};
use web::{
    error::ApiError,
    http::{Query, Visitor},
    state::AppState,
};

use crate::item::Item;

/// A part of the history.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    pub(crate) items: Vec<Item>,
    pub(crate) older: Option<String>,
    pub(crate) q: String,
    pub(crate) status: String,
    pub(crate) verdict: String,
    /// Tag of the language that is chosen.
    pub(crate) language: String,
    /// Tags of the languages to choose from; only a page of its own has them.
    pub(crate) languages: Vec<String>,
    /// Whether it follows on another part.
    pub(crate) continues: bool,
}

/// Value, name, and whether it is chosen.
type Choice<N> = (&'static str, N, bool);

impl History {
    pub(crate) fn is_filtered(&self) -> bool {
        [&self.q, &self.status, &self.verdict, &self.language]
            .iter()
            .any(|field| !field.is_empty())
    }

    /// The statuses to choose from.
    pub(crate) fn statuses(&self, words: &Words) -> Vec<Choice<&'static str>> {
        Status::ALL
            .iter()
            .map(|status| {
                let name = status_word(*words, *status);
                (status.as_str(), name, status.as_str() == self.status)
            })
            .collect()
    }

    /// The verdicts to choose from.
    fn verdicts(&self, words: &Words) -> Vec<Choice<String>> {
        Verdict::ALL
            .iter()
            .map(|verdict| {
                let name = format!("{verdict} · {}", words.verdict(verdict));
                (verdict.as_str(), name, verdict.as_str() == self.verdict)
            })
            .collect()
    }

    /// The languages to choose from, by their names.
    fn language_choices(&self) -> Vec<(&str, String, bool)> {
        let mut choices: Vec<_> = self
            .languages
            .iter()
            .map(|tag| (&**tag, language::name(tag), *tag == self.language))
            .collect();
        // A filter that finds nothing is still shown as chosen.
        if !self.language.is_empty() && !choices.iter().any(|(.., chosen)| *chosen) {
            choices.push((&self.language, language::name(&self.language), true));
        }
        choices.sort_by_key(|(_, name, _)| name.to_lowercase());
        choices
    }

    /// The items of each day, under its name.
    fn days(&self) -> Vec<(&str, &[Item])> {
        self.items
            .chunk_by(|a, b| a.day == b.day)
            .filter_map(|items| Some((&*items.first()?.day, items)))
            .collect()
    }

    /// Whether any of the items is the visitor's to delete.
    fn has_own(&self) -> bool {
        self.items.iter().any(|item| item.own)
    }

    /// Says that nothing matches.
    pub(crate) fn nothing(&self, words: &Words) -> String {
        if self.q.is_empty() {
            words.get("history.nothing").to_owned()
        } else {
            words.fill("history.nothing.q", &self.q)
        }
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
    let given = |value: &Option<String>| value.as_deref().unwrap_or_default().trim().to_owned();
    let named = given(&parameters.language);
    let mut history = History {
        q: given(&parameters.q),
        status: given(&parameters.status).to_ascii_uppercase(),
        verdict: given(&parameters.verdict).to_ascii_uppercase(),
        language: language::language(limits::cut(&named, 200)).tag.to_owned(),
        continues: parameters.cursor.is_some(),
        ..History::default()
    };
    let page = history::page(state, visitor, parameters).await?;
    let now = Utc::now();
    history.items = page
        .items
        .into_iter()
        .map(|row| {
            let own = visitor.is_admin() || (row.visitor.is_some() && row.visitor == visitor.id());
            let mut item = Item::new(row, &history.q, words, now);
            item.own = own;
            item.current = current == Some(item.id);
            item
        })
        .collect();
    history.older = page.next_cursor.map(|cursor| {
        let query = [
            ("q", &history.q),
            ("status", &history.status),
            ("verdict", &history.verdict),
            ("language", &history.language),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("&{name}={}", site::query_value(value)))
        .collect::<String>();
        format!("/history?cursor={cursor}{query}")
    });
    Ok(history)
}

/// A title as one line that is never empty.
pub(crate) fn title(title: &str, words: Words) -> String {
    let line = line_of(title);
    if line.is_empty() {
        words.get("untitled").to_owned()
    } else {
        line
    }
}

/// A title as one line.
pub(crate) fn line_of(title: &str) -> String {
    let line = title.split_whitespace().collect::<Vec<_>>().join(" ");
    line.trim_start_matches('#').trim().to_owned()
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryQuery {
    /// Only in this status.
    status: Option<String>,
    /// Only with this verdict.
    verdict: Option<String>,
    /// Only in this language.
    language: Option<String>,
    /// Only where title, text or code contains this.
    q: Option<String>,
    /// Where an earlier page ended.
    cursor: Option<String>,
    /// With it, only the items: `rows` of the table, or whatever else, entries of the list. Script puts them into what is there.
    part: Option<String>,
    /// How many were just deleted, to be said.
    deleted: Option<String>,
}

#[derive(Template)]
#[template(path = "history.html")]
struct HistoryPage {
    page: Page,
    history: History,
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "items.html")]
struct Items {
    page: Page,
    history: History,
}

#[derive(Template)]
#[template(path = "rows.html")]
struct Rows {
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
        verdict: query.verdict,
        language: query.language,
        q: query.q,
        cursor: query.cursor,
        limit: None,
    };
    let mut history = load(&state, visitor, page.words, parameters, None).await?;
    Ok(match query.part.as_deref() {
        Some("rows") => Html(Rows { page, history }).into_response(),
        Some(_) => Html(Items { page, history }).into_response(),
        None => {
            history.languages = history::languages(&state, visitor).await?;
            let count = query.deleted.and_then(|count| count.parse::<u16>().ok());
            let done = count.map(|count| match count {
                1 => page.words.get("history.deleted.one").to_owned(),
                _ => page.words.fill("history.deleted", count),
            });
            Html(HistoryPage {
                page,
                history,
                done,
            })
            .into_response()
        }
    })
}
