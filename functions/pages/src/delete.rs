//! Deleting submissions from the pages, each after a question.

use actions::remove;
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use chrono::Utc;
use db::submissions::{self, Filter, Listed};
use domain::SubmissionId;
use serde::Deserialize;
use site::{Html, Icon, Page};
use web::{
    error::ApiError,
    http::{Fields, Owned, Visitor},
    state::AppState,
};

use crate::{item::Item, see_other};

/// Submissions that one form may delete: as many as a page of the API lists.
const MOST: usize = 100;
/// Submissions that the question names; the others it counts.
const NAMED: usize = 10;

#[derive(Template)]
#[template(path = "delete.html")]
struct DeletePage {
    page: Page,
    action: String,
    question: String,
    ids: Vec<SubmissionId>,
    /// Id and title.
    named: Vec<(SubmissionId, String)>,
    /// Where to go instead.
    back: String,
}

impl DeletePage {
    fn unnamed(&self) -> usize {
        self.ids.len() - self.named.len()
    }
}

/// Asks whether a submission is to be deleted.
#[utoipa::path(
    get, path = crate::DELETE, operation_id = "askToDelete", tag = "pages",
    params(("id" = SubmissionId, Path)),
    responses((status = 200, description = "The question.", content_type = "text/html", body = String), (status = 403), (status = 404)),
    security(("owner" = []))
)]
pub(crate) async fn ask(
    State(state): State<AppState>,
    page: Page,
    Owned(id): Owned,
) -> Result<Response, ApiError> {
    let rows = rows(&state, vec![id]).await?;
    let items: Vec<_> = rows.into_iter().map(|row| item(row, &page)).collect();
    let (action, back) = (
        format!("/submissions/{id}/delete"),
        format!("/submissions/{id}"),
    );
    Ok(question(page, action, &items, back))
}

fn question(page: Page, action: String, items: &[Item], back: String) -> Response {
    let question = match items.len() {
        1 => page.words.get("delete.one").to_owned(),
        count => page.words.fill("delete.many", count),
    };
    let named = items.iter().take(NAMED);
    Html(DeletePage {
        page,
        action,
        question,
        ids: items.iter().map(|item| item.id).collect(),
        named: named.map(|item| (item.id, item.name.clone())).collect(),
        back,
    })
    .into_response()
}

/// Those that are there, newest first.
async fn rows(state: &AppState, ids: Vec<SubmissionId>) -> Result<Vec<Listed>, ApiError> {
    let filter = Filter {
        ids: Some(ids),
        ..Filter::default()
    };
    let most = i64::try_from(MOST).unwrap_or(i64::MAX);
    Ok(submissions::list(&state.db, &filter, most).await?)
}

fn item(row: Listed, page: &Page) -> Item {
    Item::new(row, "", page.words, Utc::now())
}

/// Deletes a submission from the page, even while it is running.
#[utoipa::path(
    post, path = crate::DELETE, operation_id = "deleteFromPage", tag = "pages",
    params(("id" = SubmissionId, Path)),
    responses((status = 303, description = "Leads to the page that follows."), (status = 403), (status = 404)),
    security(("owner" = []))
)]
pub(crate) async fn delete(
    State(state): State<AppState>,
    Owned(id): Owned,
) -> Result<Response, ApiError> {
    remove::delete(&state, id).await?;
    Ok(see_other("/history?deleted=1"))
}

/// The form of the history.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[expect(
    dead_code,
    reason = "a field comes several times, so that the pairs are read one by one"
)]
pub(crate) struct Selection {
    /// The submissions to delete, each in a field of its own.
    #[schema(max_items = 100)]
    id: Vec<SubmissionId>,
    /// `yes` deletes them; without it, the answer is the question.
    confirm: Option<String>,
}

/// Deletes the submissions that were selected in the history, once that is confirmed.
#[utoipa::path(
    post, path = crate::DELETE_SELECTED, operation_id = "deleteSelected", tag = "pages",
    request_body(content = Selection, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The question.", content_type = "text/html", body = String), (status = 303, description = "Leads to the page that follows."), (status = 403), (status = 413), (status = 415), (status = 422)),
    security((), ("visitor" = []), ("admin" = []))
)]
pub(crate) async fn delete_selected(
    State(state): State<AppState>,
    page: Page,
    visitor: Visitor,
    Fields(pairs): Fields<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let mut ids: Vec<SubmissionId> = Vec::new();
    let mut is_confirmed = false;
    for (name, value) in &pairs {
        match name.as_str() {
            "id" => {
                let id = value
                    .parse()
                    .map_err(|_| ApiError::field("id", "must be the id of a submission"))?;
                if !ids.contains(&id) {
                    ids.push(id);
                }
            }
            "confirm" => is_confirmed = value == "yes",
            _ => {}
        }
        if ids.len() > MOST {
            return Err(ApiError::field("id", format!("at most {MOST} at once")));
        }
    }
    // Some may be gone since the page was loaded.
    let rows = rows(&state, ids).await?;
    let is_own = |row: &Listed| row.visitor.is_some() && row.visitor == visitor.id();
    if !visitor.is_admin() && !rows.iter().all(is_own) {
        return Err(ApiError::NotOwner);
    }
    if rows.is_empty() {
        return Ok(see_other("/history"));
    }
    if !is_confirmed {
        let items: Vec<_> = rows.into_iter().map(|row| item(row, &page)).collect();
        let (action, back) = ("/history/delete".to_owned(), "/history".to_owned());
        return Ok(question(page, action, &items, back));
    }
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let count = remove::delete_these(&state, &ids).await?;
    Ok(see_other(&format!("/history?deleted={count}")))
}
