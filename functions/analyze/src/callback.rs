//! One attempt to tell a receiver of the end of a submission.

use db::webhooks::{self, Due};
use domain::{CallbackState, SubmissionId};
use job_queue::{Delivery, Outcome};
use serde::Deserialize;
use web::state::AppState;
use webhook::{Data, Event};

use crate::{job::database_failed, persist::persist};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Job {
    submission_id: SubmissionId,
    run: i32,
}

/// Processes a delivery.
pub(crate) async fn handle(state: &AppState, delivery: &Delivery) -> Outcome {
    let Ok(Job { submission_id, run }) = Job::deserialize(&delivery.data) else {
        return Outcome::Fail(
            r#"the job's data must be {"submissionId": "<UUID>", "run": 1}"#.to_owned(),
        );
    };
    match attempt(state, submission_id, run, delivery).await {
        Ok(outcome) => outcome,
        Err(error) => database_failed(&error),
    }
}

async fn attempt(
    state: &AppState,
    id: SubmissionId,
    run: i32,
    delivery: &Delivery,
) -> db::Result<Outcome> {
    let Some(due) = webhooks::due(&state.db, id, run).await? else {
        return Ok(Outcome::Done);
    };
    let url = due.url.clone();
    let event = event(id, run, due);
    let delivered = tokio::select! {
        delivered = state.webhooks.deliver(&url, &event) => delivered,
        () = delivery.stopping.cancelled() => return Ok(Outcome::HandBack),
    };
    let is_final = delivered
        .as_ref()
        .err()
        .is_some_and(webhook::Error::is_final);
    let detail = delivered.err().map(|error| error.to_string());
    let state_now = match &detail {
        None => CallbackState::Delivered,
        Some(_) if is_final || delivery.is_last_attempt() => CallbackState::Failed,
        Some(_) => CallbackState::Pending,
    };
    let attempts = i32::try_from(delivery.attempts_made)
        .unwrap_or(i32::MAX)
        .saturating_add(1);
    persist(|| webhooks::record(&state.db, id, run, state_now, attempts, detail.as_deref()))
        .await?;
    tracing::info!(submission.id = %id, run, attempts, state = %state_now, detail, "webhook");
    Ok(match detail {
        None => Outcome::Done,
        Some(detail) if state_now == CallbackState::Failed => Outcome::Fail(detail),
        Some(detail) => Outcome::Retry(detail),
    })
}

fn event(id: SubmissionId, run: i32, due: Due) -> Event {
    let data = Data {
        id,
        status: due.status,
        run,
        version: due.version,
        error_code: due.error_code,
    };
    Event::ended(data, due.finished_at)
}
