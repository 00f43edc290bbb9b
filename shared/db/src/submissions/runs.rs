//! Running an ended submission again, and stopping one.

use sqlx::PgExecutor;

use super::{super::Result, find};
use domain::{Status, SubmissionId};

/// What became of a wish to run a submission again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// It is queued as this run, at this version.
    Queued {
        /// The new run.
        run: i32,
        /// The new version.
        version: i64,
    },
    /// Its status does not allow it.
    Refused(Status),
    /// There is no such submission.
    Missing,
}

/// Queues an ended submission as a new run. What is completed is kept, unless it is to begin `from_start`; a COMPLETED one
/// is run again from the start only. Of two at once one starts the run and the other is refused.
///
/// # Errors
/// [`crate::Error`].
pub async fn retry(pool: &sqlx::PgPool, id: SubmissionId, from_start: bool) -> Result<Retry> {
    let mut transaction = pool.begin().await?;
    let started = sqlx::query!(
        "-- submissions.retry
        UPDATE submissions
        SET status = 'QUEUED',
            run = run + 1,
            claims = 0,
            waits = 0,
            attempts_made = 0,
            error_code = NULL,
            error_detail = NULL,
            queued_at = clock_timestamp(),
            started_at = NULL,
            finished_at = NULL,
            version = version + 1,
            updated_at = clock_timestamp()
        WHERE id = $1 AND (status IN ('FAILED', 'CANCELLED') OR (status = 'COMPLETED' AND $2))
        RETURNING run, version",
        id.as_uuid(),
        from_start,
    )
    .fetch_optional(&mut *transaction)
    .await?;
    let Some(started) = started else {
        let found = find(&mut *transaction, id).await?;
        return Ok(found.map_or(Retry::Missing, |row| Retry::Refused(row.status)));
    };
    sqlx::query!(
        "-- submissions.retry.stages
        UPDATE stages
        SET state = 'PENDING', started_at = NULL, finished_at = NULL, model = NULL, usage = NULL, calls = 0,
            result = NULL, error_code = NULL, error_detail = NULL, raw_answer = NULL
        WHERE submission_id = $1 AND ($2 OR state NOT IN ('COMPLETED', 'SKIPPED'))",
        id.as_uuid(),
        from_start,
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(Retry::Queued {
        run: started.run,
        version: started.version,
    })
}

/// Ends a submission that waits or is worked on as CANCELLED; its lease, if there is one, ends with it.
///
/// Answers its run and version; `None` when it has ended already or is not there.
///
/// # Errors
/// [`crate::Error`].
pub async fn cancel(db: impl PgExecutor<'_>, id: SubmissionId) -> Result<Option<(i32, i64)>> {
    let row = sqlx::query!(
        "-- submissions.cancel
        WITH reset AS (
            UPDATE stages
            SET state = 'PENDING', started_at = NULL
            FROM submissions
            WHERE stages.submission_id = $1 AND stages.state = 'RUNNING'
                AND submissions.id = $1 AND submissions.status IN ('QUEUED', 'PROCESSING')
        )
        UPDATE submissions
        SET status = 'CANCELLED',
            lease_token = NULL,
            lease_expires_at = NULL,
            finished_at = clock_timestamp(),
            version = version + 1,
            updated_at = clock_timestamp()
        WHERE id = $1 AND status IN ('QUEUED', 'PROCESSING')
        RETURNING run, version",
        id.as_uuid(),
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.run, row.version)))
}

/// Queues failed submissions as new runs, those after `last` in the order of their ids and at most `limit`; answers each with its
/// run. What is completed is kept.
///
/// # Errors
/// [`crate::Error`].
pub async fn retry_failed(
    db: impl PgExecutor<'_>,
    last: Option<SubmissionId>,
    limit: i64,
) -> Result<Vec<(SubmissionId, i32)>> {
    let rows = sqlx::query!(
        r#"-- submissions.retry_failed
        WITH started AS (
            UPDATE submissions
            SET status = 'QUEUED',
                run = run + 1,
                claims = 0,
                waits = 0,
                attempts_made = 0,
                error_code = NULL,
                error_detail = NULL,
                queued_at = clock_timestamp(),
                started_at = NULL,
                finished_at = NULL,
                version = version + 1,
                updated_at = clock_timestamp()
            WHERE status = 'FAILED' AND id IN (
                SELECT id
                FROM submissions
                WHERE status = 'FAILED' AND ($1::uuid IS NULL OR id > $1)
                ORDER BY id
                LIMIT $2
            )
            RETURNING id, run
        ), reset AS (
            UPDATE stages
            SET state = 'PENDING', started_at = NULL, finished_at = NULL, model = NULL, usage = NULL, calls = 0,
                result = NULL, error_code = NULL, error_detail = NULL, raw_answer = NULL
            FROM started
            WHERE submission_id = started.id AND state NOT IN ('COMPLETED', 'SKIPPED')
        )
        SELECT id AS "id: SubmissionId", run FROM started"#,
        last.map(SubmissionId::as_uuid),
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.run)).collect())
}
