//! What the sweeper does: finds submissions that may have lost their job, and queues them again.

use std::time::Duration;

use sqlx::PgExecutor;

use super::super::Result;
use domain::SubmissionId;

/// No wait of ours but those that an endpoint asks for is longer.
const OVERDUE: Duration = Duration::from_secs(120);

/// A submission that may have lost its job.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// Its id.
    pub id: SubmissionId,
    /// Its current run.
    pub run: i32,
    /// Its version at the last look.
    pub version: i64,
    /// How long it has waited beyond any wait that we ask for, if it has; zero if it changed in the future, as the clock was set
    /// back since.
    pub overdue: Option<Duration>,
    /// Whether it waits for the next day, as the day's tokens were used up.
    pub is_deferred: bool,
}

/// Submissions unchanged for `age` that are queued, or processing with a lapsed lease; oldest first, at most `limit`. Those that wait
/// for the next day are among them only where there is `room` in today's budget after all.
///
/// # Errors
/// [`crate::Error`].
pub async fn stale(
    db: impl PgExecutor<'_>,
    age: Duration,
    room: bool,
    limit: i64,
) -> Result<Vec<Candidate>> {
    let rows = sqlx::query!(
        r#"-- submissions.stale
        SELECT id AS "id: SubmissionId", run, version, status = 'QUEUED' AS "is_queued!",
            extract(epoch FROM clock_timestamp() - updated_at)::float8 AS "seconds!",
            COALESCE(deferred_until > clock_timestamp(), false) AS "is_deferred!"
        FROM submissions
        WHERE status IN ('QUEUED', 'PROCESSING')
            AND (updated_at < clock_timestamp() - make_interval(secs => $1)
                OR updated_at > clock_timestamp() + interval '1 minute')
            AND (status = 'QUEUED' OR lease_expires_at < clock_timestamp())
            AND ($2 OR COALESCE(deferred_until <= clock_timestamp(), true))
        ORDER BY updated_at
        LIMIT $3"#,
        age.as_secs_f64(),
        room,
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Candidate {
            id: row.id,
            run: row.run,
            version: row.version,
            overdue: Duration::try_from_secs_f64(row.seconds.max(0.0))
                .ok()
                .filter(|waited| row.is_queued && (waited.is_zero() || *waited > OVERDUE)),
            is_deferred: row.is_deferred,
        })
        .collect())
}

/// Sets a stale submission back to QUEUED, unless it has changed since the last look.
///
/// # Errors
/// [`crate::Error`].
pub async fn requeue(db: impl PgExecutor<'_>, candidate: Candidate) -> Result<bool> {
    let done = sqlx::query!(
        "-- submissions.requeue
        WITH reset AS (
            UPDATE stages
            SET state = 'PENDING', started_at = NULL
            FROM submissions
            WHERE stages.submission_id = $1 AND stages.state = 'RUNNING'
                AND submissions.id = $1 AND submissions.version = $2
        )
        UPDATE submissions
        SET status = 'QUEUED',
            lease_token = NULL,
            lease_expires_at = NULL,
            version = version + 1,
            updated_at = clock_timestamp()
        WHERE id = $1 AND version = $2
            AND (status = 'QUEUED' OR (status = 'PROCESSING' AND lease_expires_at < clock_timestamp()))",
        candidate.id.as_uuid(),
        candidate.version,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Key of the advisory lock that lets one sweeper work at a time ("sweep" in ASCII).
const SWEEPER_LOCK: i64 = 0x73_77_65_65_70;

/// Takes the sweeper's lock until the transaction ends; `false` when another one has it.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock_sweeper(db: impl PgExecutor<'_>) -> Result<bool> {
    let locked = sqlx::query_scalar!(
        r#"-- submissions.lock_sweeper
        SELECT pg_try_advisory_xact_lock($1) AS "locked!""#,
        SWEEPER_LOCK,
    )
    .fetch_one(db)
    .await?;
    Ok(locked)
}
