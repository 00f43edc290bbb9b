//! The queue: its counts, pausing it, and running failed submissions again.

use std::time::Duration;

use actions::runs;
use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use db::submissions;
use domain::{Chain, Status};
use job_queue::Overview;
use serde::Deserialize;
use site::{Html, Icon, Page, grouped, since};
use web::{
    error::ApiError,
    http::{Fields, Paced, Trace},
    state::AppState,
};

use crate::{
    jobs::{self, Jobs},
    login::{Panel, Section, Visit, outcome},
};

/// Longest wait for Redis.
const TIMEOUT: Duration = Duration::from_secs(3);
/// Work that nobody takes for so long is left lying.
const STALE_AFTER: TimeDelta = TimeDelta::minutes(1);

#[derive(Template)]
#[template(path = "queue.html")]
struct QueuePage {
    page: Page,
    panel: Panel,
    /// `None` when Redis does not answer.
    overview: Option<Overview>,
    /// Key of the name, and number.
    counts: Vec<(&'static str, String)>,
    /// Since when the oldest waits, as text and exactly.
    oldest: Option<(String, String)>,
    failed: i64,
    jobs: Jobs,
}

impl QueuePage {
    fn is_unattended(&self) -> bool {
        self.overview
            .is_some_and(|overview| is_unattended(&overview, Utc::now()))
    }
}

/// Whether work is left lying. Some servers do not say who is connected, and a function is so only while it works: work that stays
/// tells.
fn is_unattended(overview: &Overview, now: DateTime<Utc>) -> bool {
    let oldest = overview.oldest_waiting_since;
    let stays = oldest.is_some_and(|since| now - since > STALE_AFTER);
    overview.workers == 0 && overview.active == 0 && !overview.paused && stays
}

async fn render(state: &AppState, visit: Visit) -> Result<Response, ApiError> {
    let overview = match state.queue.overview(TIMEOUT).await {
        Ok(overview) => Some(overview),
        Err(error) => {
            tracing::warn!(error = %Chain(&error), "the queue cannot be shown");
            None
        }
    };
    let words = visit.page.words;
    let counts = overview.map_or_else(Vec::new, |overview| {
        [
            ("queue.waiting", overview.waiting + overview.prioritized),
            ("queue.active", overview.active),
            ("queue.delayed", overview.delayed),
            ("queue.workers", overview.workers as u64),
        ]
        .map(|(key, count)| (key, grouped(words, count)))
        .to_vec()
    });
    let oldest = overview
        .and_then(|overview| overview.oldest_waiting_since)
        .map(|then| {
            let exact = then.to_rfc3339_opts(SecondsFormat::Secs, true);
            (since(words, then, Utc::now()), exact)
        });
    let found = submissions::counts(&state.db).await?;
    let failed = found.iter().find(|(status, _)| *status == Status::Failed);
    let mut response = Html(QueuePage {
        overview,
        counts,
        oldest,
        failed: failed.map_or(0, |(_, count)| *count),
        jobs: jobs::read(state, words, TIMEOUT).await?,
        page: visit.page,
        panel: visit.panel,
    })
    .into_response();
    if overview.is_none() {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    Ok(response)
}

/// Shows the queue.
#[utoipa::path(
    get, path = crate::QUEUE, operation_id = "showQueue", tag = "pages",
    responses((status = 200, description = "The page.", content_type = "text/html", body = String), (status = 401), (status = 503, description = "The page without numbers: Redis does not answer.", content_type = "text/html", body = String)),
    security(("admin" = []))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    visit: Visit,
) -> Result<Response, ApiError> {
    render(&state, visit).await
}

/// Pauses the queue from the panel.
#[utoipa::path(
    post, path = crate::PAUSE, operation_id = "pauseFromPanel", tag = "pages",
    responses((status = 303, description = "Leads to the page that follows."), (status = 401)),
    security(("admin" = []))
)]
pub(crate) async fn pause(State(state): State<AppState>, _: Visit) -> Result<Response, ApiError> {
    state.queue.set_paused(true, TIMEOUT).await?;
    Ok(outcome(Section::Queue, "paused", None))
}

/// Resumes the queue from the panel.
#[utoipa::path(
    post, path = crate::RESUME, operation_id = "resumeFromPanel", tag = "pages",
    responses((status = 303, description = "Leads to the page that follows."), (status = 401)),
    security(("admin" = []))
)]
pub(crate) async fn resume(State(state): State<AppState>, _: Visit) -> Result<Response, ApiError> {
    state.queue.set_paused(false, TIMEOUT).await?;
    Ok(outcome(Section::Queue, "resumed", None))
}

/// The submission that a button is for.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct JobForm {
    #[serde(default)]
    id: String,
}

/// Runs every failed submission again, or the one that is named.
#[utoipa::path(
    post, path = crate::RETRY, operation_id = "retryFailedFromPanel", tag = "pages",
    request_body(content = JobForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Leads to the page that follows."), (status = 401), (status = 413), (status = 415)),
    security(("admin" = []))
)]
pub(crate) async fn retry(
    State(state): State<AppState>,
    _: Visit,
    by: Paced,
    trace: Trace,
    Fields(form): Fields<JobForm>,
) -> Result<Response, ApiError> {
    if form.id.is_empty() {
        let count = runs::retry_failed(&state).await?;
        return Ok(outcome(Section::Queue, "retried", Some(count as u64)));
    }
    let done = match form.id.parse() {
        Ok(id) => runs::retry(&state, id, false, &by, &trace)
            .await
            .map(|_| ()),
        Err(_) => Err(ApiError::no_submission()),
    };
    told(done, "retry-one", "retry-none")
}

/// Stops the named submission.
#[utoipa::path(
    post, path = crate::CANCEL, operation_id = "cancelFromPanel", tag = "pages",
    request_body(content = JobForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Leads to the page that follows."), (status = 401), (status = 413), (status = 415)),
    security(("admin" = []))
)]
pub(crate) async fn cancel(
    State(state): State<AppState>,
    _: Visit,
    Fields(form): Fields<JobForm>,
) -> Result<Response, ApiError> {
    let done = match form.id.parse() {
        Ok(id) => runs::cancel(&state, id).await.map(|_| ()),
        Err(_) => Err(ApiError::no_submission()),
    };
    told(done, "cancelled", "cancelled-none")
}

/// A submission may have gone on since the page was made, which is no error.
fn told(
    done: Result<(), ApiError>,
    yes: &'static str,
    no: &'static str,
) -> Result<Response, ApiError> {
    match done {
        Ok(()) => Ok(outcome(Section::Queue, yes, None)),
        Err(ApiError::Conflict(_) | ApiError::NotFound(_)) => Ok(outcome(Section::Queue, no, None)),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_work_that_stays_is_unattended() {
        let now = Utc::now();
        let old = Overview {
            waiting: 1,
            active: 0,
            delayed: 0,
            prioritized: 0,
            completed: 0,
            failed: 0,
            paused: false,
            oldest_waiting_since: Some(now - TimeDelta::minutes(2)),
            workers: 0,
        };
        assert!(is_unattended(&old, now));
        let young = Some(now - TimeDelta::seconds(20));
        for other in [
            Overview { workers: 1, ..old },
            Overview { active: 1, ..old },
            Overview {
                paused: true,
                ..old
            },
            Overview {
                oldest_waiting_since: young,
                ..old
            },
            Overview {
                oldest_waiting_since: None,
                ..old
            },
        ] {
            assert!(!is_unattended(&other, now), "{other:?}");
        }
    }
}
