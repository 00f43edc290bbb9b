//! The stored submissions: counting, listing and deleting them.

use actions::remove::{self, Unit};
use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use db::submissions;
use domain::Status;
use serde::Deserialize;
use site::{Html, Icon, Page, Words, grouped};
use web::{
    error::ApiError,
    http::{Fields, Query},
    state::AppState,
};

use crate::{
    login::{Panel, Section, Visit, outcome},
    numbers::{self, Numbers},
    spending::Spending,
    stored::{self, Chosen, Doomed, List, ListQuery, looks},
};

/// The contents of the fields.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
pub(crate) struct DataForm {
    #[serde(default)]
    amount: String,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    confirm: String,
    #[serde(default)]
    id: String,
}

/// Which field is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    Amount,
    Confirm,
    Id,
}

#[derive(Template)]
#[template(path = "data.html")]
struct DataPage {
    page: Page,
    panel: Panel,
    /// Status, class, icon, key of its name, number.
    counts: Vec<(&'static str, Icon, &'static str, String)>,
    total: String,
    numbers: Numbers,
    list: List,
    /// The submissions to confirm, if some were chosen.
    doomed: Option<Doomed>,
    spending: Spending,
    form: DataForm,
    wrong: Option<Wrong>,
    /// The pruning to confirm, if its count was asked for.
    would_prune: Option<Pruning>,
}

/// A pruning to be confirmed.
struct Pruning {
    count: String,
    /// Sent back to confirm it.
    confirm: String,
}

impl DataPage {
    fn is_wrong(&self, field: Wrong) -> bool {
        self.wrong == Some(field)
    }

    /// The units: value, name, and whether it is chosen.
    fn units(&self, words: &Words) -> Vec<(&'static str, String, bool)> {
        let chosen = Unit::parse(&self.form.unit).unwrap_or(Unit::Days);
        Unit::ALL
            .iter()
            .map(|unit| {
                let name = words.get(&format!("unit.{unit}")).to_owned();
                (unit.as_str(), name, *unit == chosen)
            })
            .collect()
    }
}

/// The parts of the page that only some answers have.
#[derive(Default)]
struct Extras {
    form: DataForm,
    wrong: Option<Wrong>,
    /// A count to confirm, and what confirms it.
    would_prune: Option<(i64, String)>,
    query: ListQuery,
    doomed: Option<Doomed>,
}

impl Extras {
    fn wrong(form: DataForm, wrong: Wrong) -> Self {
        Self {
            form,
            wrong: Some(wrong),
            ..Self::default()
        }
    }
}

async fn render(state: &AppState, visit: Visit, extras: Extras) -> Result<Response, ApiError> {
    let found = submissions::counts(&state.db).await?;
    let words = visit.page.words;
    let number = |count: i64| grouped(words, count.unsigned_abs());
    let counts = Status::ALL.iter().map(|status| {
        let (class, icon, key) = looks(*status);
        let count = found.iter().find(|(other, _)| other == status);
        (
            class,
            icon,
            key,
            number(count.map_or(0, |(_, count)| *count)),
        )
    });
    let mut response = Html(DataPage {
        counts: counts.collect(),
        total: number(found.iter().map(|(_, count)| count).sum()),
        numbers: numbers::read(state, words).await?,
        list: stored::read(state, words, extras.query).await?,
        doomed: extras.doomed,
        spending: Spending::load(state, words).await?,
        form: extras.form,
        wrong: extras.wrong,
        would_prune: extras.would_prune.map(|(count, confirm)| Pruning {
            count: number(count),
            confirm,
        }),
        page: visit.page,
        panel: visit.panel,
    })
    .into_response();
    if extras.wrong.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DataQuery {
    /// An id to delete, not deleted yet.
    delete: Option<String>,
}

/// Shows the stored submissions: numbers, and a list.
#[utoipa::path(
    get, path = crate::DATA, operation_id = "showData", tag = "pages",
    params(DataQuery, ListQuery),
    responses((status = 200, description = "The page.", content_type = "text/html", body = String), (status = 401)),
    security(("admin" = []))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    visit: Visit,
    Query(deletion): Query<DataQuery>,
    Query(query): Query<ListQuery>,
) -> Result<Response, ApiError> {
    let form = DataForm {
        id: deletion.delete.unwrap_or_default(),
        ..DataForm::default()
    };
    let extras = Extras {
        form,
        query,
        ..Extras::default()
    };
    render(&state, visit, extras).await
}

/// Asks whether to delete the chosen submissions, and deletes them when that is confirmed.
#[utoipa::path(
    post, path = crate::SELECTED, operation_id = "deleteSelectedFromPanel", tag = "pages",
    request_body(content = std::collections::HashMap<String, String>, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The page.", content_type = "text/html", body = String), (status = 303, description = "Leads to the page that follows."), (status = 401), (status = 413), (status = 415)),
    security(("admin" = []))
)]
pub(crate) async fn delete_selected(
    State(state): State<AppState>,
    visit: Visit,
    Fields(fields): Fields<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let chosen = Chosen::read(fields);
    if chosen.is_confirmed {
        let deleted = chosen.delete(&state).await?;
        return Ok(outcome(Section::Data, "pruned", Some(deleted)));
    }
    let doomed = Doomed::of(&state, visit.page.words, &chosen.ids).await?;
    let visit = match doomed {
        Some(_) => visit,
        None => visit.refused("data.selected.none"),
    };
    let extras = Extras {
        query: chosen.query,
        doomed,
        ..Extras::default()
    };
    render(&state, visit, extras).await
}

/// Says how many submissions would go, and deletes them when that is confirmed.
#[utoipa::path(
    post, path = crate::PRUNE, operation_id = "pruneFromPanel", tag = "pages",
    request_body(content = DataForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The page.", content_type = "text/html", body = String), (status = 303, description = "Leads to the page that follows."), (status = 401), (status = 413), (status = 415), (status = 422, description = "The page again, with what is wrong.", content_type = "text/html", body = String)),
    security(("admin" = []))
)]
pub(crate) async fn prune(
    State(state): State<AppState>,
    visit: Visit,
    Fields(form): Fields<DataForm>,
) -> Result<Response, ApiError> {
    // A wrong number becomes 0, which is refused.
    let amount = form.amount.trim().parse().unwrap_or(0);
    let unit = Unit::parse(&form.unit).unwrap_or(Unit::Days);
    // It deletes the submissions it counted, not those of an age typed since.
    let confirm = format!("{amount} {unit}");
    let done = if form.confirm == confirm {
        remove::prune(&state, amount, unit).await.map(Err)
    } else {
        remove::count_older(&state, amount, unit).await.map(Ok)
    };
    match done {
        Ok(Err(deleted)) => Ok(outcome(Section::Data, "pruned", Some(deleted))),
        Ok(Ok(count)) => {
            let extras = Extras {
                form,
                would_prune: Some((count, confirm)),
                ..Extras::default()
            };
            render(&state, visit, extras).await
        }
        Err(ApiError::Invalid(_)) => {
            render(&state, visit, Extras::wrong(form, Wrong::Amount)).await
        }
        Err(error) => Err(error),
    }
}

/// Deletes every submission from the panel.
#[utoipa::path(
    post, path = crate::CLEAR, operation_id = "clearFromPanel", tag = "pages",
    request_body(content = DataForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Leads to the page that follows."), (status = 401), (status = 413), (status = 415), (status = 422, description = "The page again, with what is wrong.", content_type = "text/html", body = String)),
    security(("admin" = []))
)]
pub(crate) async fn clear(
    State(state): State<AppState>,
    visit: Visit,
    Fields(form): Fields<DataForm>,
) -> Result<Response, ApiError> {
    let word = visit.page.words.get("data.clear.word");
    if form.confirm.trim() != word {
        return render(&state, visit, Extras::wrong(form, Wrong::Confirm)).await;
    }
    let deleted = remove::clear(&state).await?;
    Ok(outcome(Section::Data, "cleared", Some(deleted as u64)))
}

/// Deletes a submission from the panel.
#[utoipa::path(
    post, path = crate::DELETE, operation_id = "deleteFromPanel", tag = "pages",
    request_body(content = DataForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Leads to the page that follows."), (status = 401), (status = 413), (status = 415), (status = 422, description = "The page again, with what is wrong.", content_type = "text/html", body = String)),
    security(("admin" = []))
)]
pub(crate) async fn delete(
    State(state): State<AppState>,
    visit: Visit,
    Fields(form): Fields<DataForm>,
) -> Result<Response, ApiError> {
    // The address of its page will do.
    let id = form.id.trim().trim_end_matches('/');
    let id = id.rsplit('/').next().unwrap_or_default().parse();
    let deleted = match id {
        Ok(id) => remove::delete(&state, id).await,
        Err(_) => Err(ApiError::no_submission()),
    };
    match deleted {
        Ok(()) => Ok(outcome(Section::Data, "deleted", None)),
        Err(ApiError::NotFound(_)) => render(&state, visit, Extras::wrong(form, Wrong::Id)).await,
        Err(error) => Err(error),
    }
}
