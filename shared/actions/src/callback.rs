//! Telling the address that a sender gave of the end of a submission.

use db::webhooks;
use domain::{Chain, SubmissionId};
use web::state::AppState;

use super::create::QUEUE_TIMEOUT;

/// Queues telling of the end of a submission, if somebody is to be told. The sweeper finds one that is not queued now.
pub async fn queue(state: &AppState, id: SubmissionId) {
    if state.config.webhooks.is_none() {
        return;
    }
    let run = match webhooks::untold_run(&state.db, id).await {
        Ok(Some(run)) => run,
        Ok(None) => return,
        Err(error) => {
            tracing::warn!(submission.id = %id, error = %Chain(&error), "the webhook is left to the sweeper");
            return;
        }
    };
    match state.queue.add_webhook(id, run, QUEUE_TIMEOUT).await {
        Ok(()) => state.doorbell.ring().await,
        Err(error) => {
            tracing::warn!(submission.id = %id, error = %Chain(&error), "the webhook is left to the sweeper");
        }
    }
}
