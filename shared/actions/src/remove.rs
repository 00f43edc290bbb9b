//! Deleting submissions. Running ones stop: their lease ends with their row.

use std::time::Duration;

use super::{create::QUEUE_TIMEOUT, runs::unqueue};
use db::submissions::{self, Age, Deleted};
use domain::{Chain, SubmissionId, text_enum};
use job_queue::events::{SubmissionEvent, Topic};
use web::{error::ApiError, state::AppState};

/// Submissions that one statement deletes: a second's work, as their images and the index of their words go with them.
const BATCH: i64 = 500;
/// Longest wait for Redis to remove a thousand jobs.
const JOBS_TIMEOUT: Duration = Duration::from_secs(2);

/// Deletes a submission.
///
/// # Errors
/// [`ApiError::NotFound`]; those of the database.
pub async fn delete(state: &AppState, id: SubmissionId) -> Result<(), ApiError> {
    let deleted = submissions::delete(&state.db, id)
        .await?
        .ok_or_else(ApiError::no_submission)?;
    forget(state, deleted).await;
    Ok(())
}

/// Deletes these submissions; answers how many were there.
///
/// # Errors
/// Those of the database.
pub async fn delete_these(state: &AppState, ids: &[SubmissionId]) -> Result<usize, ApiError> {
    let deleted = submissions::delete_these(&state.db, ids).await?;
    for deleted in &deleted {
        state.events.publish(deleted.id, SubmissionEvent::Changed);
    }
    unqueue_all(state, &deleted).await;
    Ok(deleted.len())
}

/// Deletes every submission; answers how many.
///
/// # Errors
/// Those of the database.
pub async fn clear(state: &AppState) -> Result<usize, ApiError> {
    let gone = || {
        let changed = SubmissionEvent::Changed;
        state.events.publish(Topic::Everything, changed);
    };
    if let Some(cleared) = submissions::delete_all(&state.db).await? {
        gone();
        unqueue_all(state, &cleared.unfinished).await;
        return Ok(cleared.count);
    }
    let (mut count, mut takes_jobs) = (0, true);
    loop {
        let mut deleted = submissions::delete_some(&state.db, BATCH).await?;
        if deleted.is_empty() {
            return Ok(count);
        }
        gone();
        count += deleted.len();
        deleted.retain(|deleted| !deleted.status.is_finished());
        // Once Redis does not answer, waiting for it with each batch would take too long.
        takes_jobs = takes_jobs && unqueue_all(state, &deleted).await;
    }
}

async fn forget(state: &AppState, deleted: Deleted) {
    state.events.publish(deleted.id, SubmissionEvent::Changed);
    unqueue(state, deleted.id, deleted.run, QUEUE_TIMEOUT).await;
}

/// Takes the jobs of submissions out of the queue. Those that stay, for which this is `false`, find nothing to do when their turn comes.
async fn unqueue_all(state: &AppState, deleted: &[Deleted]) -> bool {
    let runs: Vec<_> = deleted.iter().map(|it| (it.id, it.run)).collect();
    let removed = state.queue.remove_all(&runs, JOBS_TIMEOUT).await;
    if let Err(error) = &removed {
        tracing::info!(error = %Chain(error), "jobs stay until their turn comes");
    }
    removed.is_ok()
}

text_enum! {
    /// Unit of an age.
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "lowercase")]
    Unit {
        /// 60 seconds.
        Minutes = "minutes",
        /// 60 minutes.
        Hours = "hours",
        /// 24 hours.
        Days = "days",
        /// Calendar months.
        Months = "months",
    }
}

/// Largest amount of each unit: about a hundred years.
const fn most(unit: Unit) -> i32 {
    match unit {
        Unit::Minutes => 52_560_000,
        Unit::Hours => 876_000,
        Unit::Days => 36_500,
        Unit::Months => 1_200,
    }
}

/// Deletes submissions that ended longer ago than this; answers how many.
///
/// # Errors
/// [`ApiError::Invalid`] for an amount that makes no sense; those of the database.
pub async fn prune(state: &AppState, amount: i64, unit: Unit) -> Result<u64, ApiError> {
    let age = age(amount, unit)?;
    let mut count = 0;
    loop {
        let deleted = submissions::delete_older(&state.db, age, BATCH).await?;
        if deleted == 0 {
            return Ok(count);
        }
        count += deleted;
    }
}

/// How many submissions [`prune`] would delete.
///
/// # Errors
/// As for [`prune`].
pub async fn count_older(state: &AppState, amount: i64, unit: Unit) -> Result<i64, ApiError> {
    Ok(submissions::count_older(&state.db, age(amount, unit)?).await?)
}

fn age(amount: i64, unit: Unit) -> Result<Age, ApiError> {
    let amount = i32::try_from(amount)
        .ok()
        .filter(|amount| (1..=most(unit)).contains(amount))
        .ok_or_else(|| {
            ApiError::field(
                "/amount",
                format!("must be a whole number from 1 to {}", most(unit)),
            )
        })?;
    Ok(match unit {
        Unit::Minutes => Age {
            minutes: amount,
            ..Age::default()
        },
        Unit::Hours => Age {
            hours: amount,
            ..Age::default()
        },
        Unit::Days => Age {
            days: amount,
            ..Age::default()
        },
        Unit::Months => Age {
            months: amount,
            ..Age::default()
        },
    })
}
