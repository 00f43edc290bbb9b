//! Running a submission again, stopping it, and making a new one from it.

use std::time::Duration;

use super::{
    budget::Allowance,
    callback,
    create::{Created, OWNER_TOKEN, QUEUE_TIMEOUT},
};
use config::crypto::sha256;
use db::submissions::{self, Retry};
use domain::{Chain, Status, SubmissionId};
use job_queue::events::SubmissionEvent;
use web::{
    error::ApiError,
    http::{Paced, Trace},
    state::AppState,
};

/// Failed submissions that one statement starts again.
const BATCH: i64 = 500;

/// Where a submission is after it was retried or cancelled.
#[derive(Clone, Copy, Debug)]
pub struct Changed {
    /// Its status.
    pub status: Status,
    /// Its run.
    pub run: i32,
    /// Its version.
    pub version: i64,
}

/// Runs an ended submission again, from the first stage that did not complete or from the start.
///
/// # Errors
/// [`ApiError::Conflict`] while it is queued or running, and for a completed one that is not to begin from the start;
/// [`ApiError::BudgetUsed`] and [`ApiError::DailyLimit`]; [`ApiError::NotFound`]; those of the database.
pub async fn retry(
    state: &AppState,
    id: SubmissionId,
    from_start: bool,
    by: &Paced,
    trace: &Trace,
) -> Result<Changed, ApiError> {
    let traceparent = trace.0.as_ref().map(ToString::to_string);
    let traceparent = traceparent.as_deref();
    let allowance = Allowance::of(state, by).await?;
    let mut transaction = db::begin(&state.db).await?;
    let is_unlimited = by.is_admin();
    let retried =
        submissions::retry(&mut transaction, id, from_start, is_unlimited, traceparent).await?;
    match retried {
        Retry::Queued { run, version } => {
            let taken = allowance.take(&mut transaction, state, by, by.visitor());
            taken.await?;
            transaction.commit().await?;
            state.events.publish(id, SubmissionEvent::Changed);
            queue(state, id, run).await;
            Ok(Changed {
                status: Status::Queued,
                run,
                version,
            })
        }
        Retry::Missing => Err(ApiError::no_submission()),
        Retry::Refused(Status::Completed) => Err(ApiError::Conflict(
            "The submission is COMPLETED. To run all of it again, retry it with ?from=start."
                .to_owned(),
        )),
        Retry::Refused(status) => Err(ApiError::Conflict(format!(
            "The submission is {status}. You can retry it once it has ended; to end it now, cancel it."
        ))),
    }
}

/// Runs every failed submission again; answers how many.
///
/// # Errors
/// Those of the database.
pub async fn retry_failed(state: &AppState) -> Result<usize, ApiError> {
    let (mut count, mut takes_jobs, mut last) = (0, true, None);
    loop {
        let started = submissions::retry_failed(&state.db, last, BATCH).await?;
        let Some(newest) = started.iter().map(|(id, _)| *id).max() else {
            break;
        };
        last = Some(newest);
        count += started.len();
        for (id, run) in started {
            state.events.publish(id, SubmissionEvent::Changed);
            // Once Redis does not answer, the sweeper adds the rest: waiting for each would take too long.
            takes_jobs = takes_jobs && add(state, id, run).await;
        }
    }
    if count > 0 {
        state.doorbell.ring().await;
    }
    Ok(count)
}

/// Stops a submission: at once if it waits, within a second if it is running, in any process.
///
/// # Errors
/// [`ApiError::Conflict`] when it has completed or failed; [`ApiError::NotFound`]; those of the database. Cancelling a
/// cancelled one changes nothing and is no error.
pub async fn cancel(state: &AppState, id: SubmissionId) -> Result<Changed, ApiError> {
    if let Some((run, version)) = submissions::cancel(&state.db, id).await? {
        state.events.publish(id, SubmissionEvent::Changed);
        unqueue(state, id, run, QUEUE_TIMEOUT).await;
        callback::queue(state, id).await;
        return Ok(Changed {
            status: Status::Cancelled,
            run,
            version,
        });
    }
    let row = submissions::progress(&state.db, id)
        .await?
        .ok_or_else(ApiError::no_submission)?;
    if row.status == Status::Cancelled {
        return Ok(Changed {
            status: row.status,
            run: row.run,
            version: row.version,
        });
    }
    Err(ApiError::Conflict(format!(
        "The submission is {} already; there is nothing to cancel.",
        row.status
    )))
}

/// Makes a new submission from an old one, with the same content and for the same visitor.
///
/// # Errors
/// [`ApiError::NotFound`]; those of the database.
pub async fn regenerate(
    state: &AppState,
    from: SubmissionId,
    request_id: &str,
    trace: &Trace,
) -> Result<Created, ApiError> {
    let id = SubmissionId::generate();
    let owner_token = state.keys.sign(OWNER_TOKEN, &id.to_string());
    let hash = sha256(owner_token.as_bytes());
    let mut transaction = db::begin(&state.db).await?;
    let traceparent = trace.0.as_ref().map(ToString::to_string);
    let request_id = Some(request_id);
    if !submissions::copy(
        &mut transaction,
        from,
        id,
        &hash,
        request_id,
        traceparent.as_deref(),
    )
    .await?
    {
        return Err(ApiError::no_submission());
    }
    transaction.commit().await?;
    queue(state, id, 1).await;
    Ok(Created {
        id,
        status: Status::Queued,
        run: 1,
        version: 1,
        owner_token: Some(owner_token),
    })
}

/// Queues a run that is stored. A job that Redis does not take now, for which this is `false`, is added by the sweeper.
pub(super) async fn queue(state: &AppState, id: SubmissionId, run: i32) -> bool {
    let added = add(state, id, run).await;
    // Also when it was not added: the consumer sweeps.
    state.doorbell.ring().await;
    added
}

async fn add(state: &AppState, id: SubmissionId, run: i32) -> bool {
    let added = state.queue.add(id, run, QUEUE_TIMEOUT).await;
    if let Err(error) = &added {
        tracing::warn!(submission.id = %id, error = %Chain(error), "the job is left to the sweeper");
    }
    added.is_ok()
}

/// Takes a run's job out of the queue. One that stays, for which this is `false`, is found to have nothing to do when its turn
/// comes.
pub(super) async fn unqueue(state: &AppState, id: SubmissionId, run: i32, limit: Duration) -> bool {
    let removed = state.queue.remove(id, run, limit).await;
    if let Err(error) = &removed {
        tracing::info!(submission.id = %id, error = %Chain(error), "the job stays until its turn comes");
    }
    removed.is_ok()
}
