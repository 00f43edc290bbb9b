//! The sweeper: finds waiting or running submissions whose job is lost, and queues them again.
//!
//! Jobs get lost when Redis was away at creation, was emptied, or forgot its last second. One sweeper works at a time,
//! whatever number of processes runs one.

use std::time::{Duration, Instant};

use actions::budget;
use db::{
    contents, idempotency_keys, spending,
    submissions::{self, Candidate},
    webhooks,
};
use domain::Chain;
use job_queue::{self as queue, events::SubmissionEvent};
use tokio_util::sync::CancellationToken;
use web::{error::ApiError, settings, state::AppState};

/// Time between two sweeps.
const INTERVAL: Duration = Duration::from_secs(15);
/// A submission that changed more recently than this is left alone: its job may be on the way.
const AGE: Duration = Duration::from_secs(15);
/// Most submissions to look at in one sweep.
const LIMIT: i64 = 500;
/// Submissions of an older version whose findings are filled in between two sweeps: their results are read whole, and each may have
/// megabytes.
const OLD: i64 = 20;
/// Submissions that are indexed, or whose texts are moved, in one transaction: each may have half a megabyte.
const TEXTS: i64 = 20;
/// How long that goes on in one sweep, so that the database has time for others.
const TEXTS_TIME: Duration = Duration::from_secs(5);
/// Longest wait for Redis.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(5);

/// Sweeps until the token is cancelled.
pub async fn run(state: &AppState, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        stop.run_until_cancelled(once(state)).await;
    }
}

/// Sweeps once.
pub async fn once(state: &AppState) {
    match sweep(state, AGE).await {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "lost jobs were queued again"),
        Err(error) => {
            tracing::warn!(error = %Chain(&error), "the sweep failed; the next one is due soon")
        }
    }
    match submissions::fill_in(&state.db, OLD).await {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "findings of older submissions were filled in"),
        Err(error) => {
            tracing::warn!(error = %Chain(&error), "lists do not tell the findings of older submissions yet")
        }
    }
    match texts(state).await {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "texts of older submissions were moved"),
        Err(error) => tracing::warn!(error = %Chain(&error), "searches take longer for now"),
    }
}

/// Indexes new submissions for searches, and moves the texts of older ones; answers how many it moved.
async fn texts(state: &AppState) -> db::Result<usize> {
    let end = Instant::now() + TEXTS_TIME;
    // A text that cannot be indexed must not keep the others from being moved.
    let indexed = loop {
        match contents::index(&state.db, TEXTS).await {
            Ok(count) if count > 0 && Instant::now() < end => {}
            ended => break ended,
        }
    };
    let mut count = 0;
    while Instant::now() < end {
        match contents::move_in(&state.db, TEXTS).await? {
            0 => break,
            moved => count += moved,
        }
    }
    indexed.map(|_| count)
}

/// Queues lost jobs of submissions that did not change for `age`; answers how many.
///
/// # Errors
/// When Postgres or Redis does not answer; the jobs queued until then stay queued.
pub async fn sweep(state: &AppState, age: Duration) -> Result<usize, ApiError> {
    // The admin may have raised the budget.
    let daily_tokens = settings::effective(state).await?.visitors.daily_tokens;
    let room = !budget::are_tokens_used_up(state, daily_tokens).await?;
    let mut transaction = db::begin(&state.db).await?;
    if !submissions::lock_sweeper(&mut *transaction).await? {
        return Ok(0);
    }
    idempotency_keys::expire(&mut transaction).await?;
    spending::forget(&mut transaction).await?;
    let stale = submissions::stale(&mut *transaction, age, room, LIMIT).await?;
    // Redis may take long. Should another sweeper look at the same meanwhile, versions and the jobs' ids keep each job single.
    transaction.commit().await?;
    let mut count = 0;
    if state.config.webhooks.is_some() {
        for (id, run) in webhooks::overdue(&state.db, age, LIMIT).await? {
            // A job that is there already stays as it is.
            state.queue.add_webhook(id, run, QUEUE_TIMEOUT).await?;
        }
    }
    if !stale.is_empty() {
        let pending = state.queue.pending(QUEUE_TIMEOUT).await?;
        for candidate in stale {
            let is_pending = pending.contains(&queue::job_id(candidate.id, candidate.run));
            if is_pending && candidate.overdue.is_none() && !candidate.is_deferred {
                continue;
            }
            match queued_again(state, candidate, is_pending).await {
                Ok(true) => count += 1,
                Ok(false) => {}
                // One that cannot be mended must not keep the others from it.
                Err(error) => {
                    tracing::warn!(submission.id = %candidate.id, error = %Chain(&error), "it was not queued again");
                }
            }
        }
    }
    Ok(count)
}

async fn queued_again(
    state: &AppState,
    candidate: Candidate,
    is_pending: bool,
) -> Result<bool, ApiError> {
    let Candidate { id, run, .. } = candidate;
    let is_queued = if is_pending {
        // It waits for a time that is long past by the database's clock, or that Redis' clock has been set back from, or for the
        // next day, though there is room in today's budget.
        let waited = candidate.overdue.filter(|_| !candidate.is_deferred);
        let waited = waited.unwrap_or_default();
        state.queue.hurry(id, run, waited, QUEUE_TIMEOUT).await?
    } else {
        submissions::requeue(&state.db, candidate).await?
            && state.queue.add_again(id, run, QUEUE_TIMEOUT).await?
    };
    if is_queued {
        state.events.publish(id, SubmissionEvent::Changed);
        tracing::info!(submission.id = %id, run, "queued again");
    }
    Ok(is_queued)
}
