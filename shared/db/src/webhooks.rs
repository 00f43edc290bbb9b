//! Table `webhooks`: who is told of the end of a submission, and how far that is.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::PgExecutor;

use super::Result;
use domain::{CallbackState, Status, SubmissionId, limits};

/// Longest time after which the end of a submission is still told, when the queue has lost it.
const FRESH: Duration = Duration::from_secs(2 * 24 * 60 * 60);
/// Why an attempt failed, in bytes.
const DETAIL_BYTES: usize = 1024;

/// How far telling is.
#[derive(Clone, Debug, Deserialize)]
pub struct Callback {
    /// The last run whose end was told or given up; 0 before the first.
    pub run: i32,
    /// How that ended.
    pub state: CallbackState,
    /// Attempts so far.
    pub attempts: i32,
    /// Why the last one failed.
    pub detail: Option<String>,
}

/// An end to tell of.
#[derive(Clone, Debug)]
pub struct Due {
    /// The receiver.
    pub url: String,
    /// How it ended.
    pub status: Status,
    /// The submission's version.
    pub version: i64,
    /// Why it failed, as a code.
    pub error_code: Option<String>,
    /// When it ended.
    pub finished_at: DateTime<Utc>,
}

/// Stores the receiver of a new submission.
///
/// # Errors
/// [`super::Error`].
pub async fn insert(db: impl PgExecutor<'_>, id: SubmissionId, url: &str) -> Result<()> {
    sqlx::query!(
        "-- webhooks.insert
        INSERT INTO webhooks (submission_id, url) VALUES ($1, $2)",
        id.as_uuid(),
        url,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The run of a submission whose end is still to be told, if there is one.
///
/// # Errors
/// [`super::Error`].
pub async fn untold_run(db: impl PgExecutor<'_>, id: SubmissionId) -> Result<Option<i32>> {
    let run = sqlx::query_scalar!(
        "-- webhooks.untold_run
        SELECT submissions.run
        FROM webhooks JOIN submissions ON id = submission_id
        WHERE id = $1 AND webhooks.run < submissions.run AND finished_at IS NOT NULL",
        id.as_uuid(),
    )
    .fetch_optional(db)
    .await?;
    Ok(run)
}

/// The end of a run, if it is to be told.
///
/// # Errors
/// [`super::Error`].
pub async fn due(db: impl PgExecutor<'_>, id: SubmissionId, run: i32) -> Result<Option<Due>> {
    let due = sqlx::query_as!(
        Due,
        r#"-- webhooks.due
        SELECT url, status AS "status: Status", version, error_code, finished_at AS "finished_at!"
        FROM webhooks JOIN submissions ON id = submission_id
        WHERE id = $1 AND submissions.run = $2 AND webhooks.run < $2 AND finished_at IS NOT NULL"#,
        id.as_uuid(),
        run,
    )
    .fetch_optional(db)
    .await?;
    Ok(due)
}

/// Ends that were not told for `age`, and their runs.
///
/// # Errors
/// [`super::Error`].
pub async fn overdue(
    db: impl PgExecutor<'_>,
    age: Duration,
    limit: i64,
) -> Result<Vec<(SubmissionId, i32)>> {
    let rows = sqlx::query!(
        r#"-- webhooks.overdue
        SELECT id AS "id: SubmissionId", submissions.run
        FROM submissions JOIN webhooks ON id = submission_id
        WHERE finished_at > clock_timestamp() - make_interval(secs => $1)
            AND finished_at < clock_timestamp() - make_interval(secs => $2)
            AND webhooks.run < submissions.run
        LIMIT $3"#,
        FRESH.as_secs_f64(),
        age.as_secs_f64(),
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.run)).collect())
}

/// Keeps how an attempt ended.
///
/// # Errors
/// [`super::Error`].
pub async fn record(
    db: impl PgExecutor<'_>,
    id: SubmissionId,
    run: i32,
    state: CallbackState,
    attempts: i32,
    detail: Option<&str>,
) -> Result<()> {
    sqlx::query!(
        "-- webhooks.record
        UPDATE webhooks
        SET run = CASE WHEN $3 = 'PENDING' THEN run ELSE $2 END, state = $3, attempts = $4, detail = $5
        WHERE submission_id = $1 AND run < $2",
        id.as_uuid(),
        run,
        state.as_str(),
        attempts,
        detail.map(|detail| limits::cut(detail, DETAIL_BYTES)),
    )
    .execute(db)
    .await?;
    Ok(())
}
