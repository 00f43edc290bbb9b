//! Deleting submissions.

use sqlx::PgExecutor;

use super::super::Result;
use domain::{Status, SubmissionId};

/// A submission that was deleted.
#[derive(Clone, Copy, Debug)]
pub struct Deleted {
    /// Its id.
    pub id: SubmissionId,
    /// Its last run.
    pub run: i32,
    /// Its last status.
    pub status: Status,
}

/// Deletes a submission with its images and stages, even while it is running: its lease ends with it.
///
/// # Errors
/// [`crate::Error`].
pub async fn delete(db: impl PgExecutor<'_>, id: SubmissionId) -> Result<Option<Deleted>> {
    let row = sqlx::query_as!(
        Deleted,
        r#"-- submissions.delete
        DELETE FROM submissions
        WHERE id = $1
        RETURNING id AS "id: SubmissionId", run, status AS "status: Status""#,
        id.as_uuid(),
    )
    .fetch_optional(db)
    .await?;
    Ok(row)
}

/// Deletes some submissions, at most `limit`; none are left when the answer is empty.
///
/// # Errors
/// [`crate::Error`].
pub async fn delete_some(db: impl PgExecutor<'_>, limit: i64) -> Result<Vec<Deleted>> {
    let rows = sqlx::query_as!(
        Deleted,
        r#"-- submissions.delete_some
        DELETE FROM submissions
        WHERE id IN (SELECT id FROM submissions ORDER BY id LIMIT $1)
        RETURNING id AS "id: SubmissionId", run, status AS "status: Status""#,
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// Age for [`delete_older`], in one of its parts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Age {
    /// Minutes.
    pub minutes: i32,
    /// Hours.
    pub hours: i32,
    /// Days.
    pub days: i32,
    /// Calendar months.
    pub months: i32,
}

/// Deletes submissions that ended longer ago than `age`, the oldest first and at most `limit`; answers how many.
///
/// # Errors
/// [`crate::Error`].
pub async fn delete_older(db: impl PgExecutor<'_>, age: Age, limit: i64) -> Result<u64> {
    let done = sqlx::query!(
        "-- submissions.delete_older
        DELETE FROM submissions
        WHERE id IN (
            SELECT id
            FROM submissions
            WHERE status IN ('COMPLETED', 'FAILED', 'CANCELLED')
                AND finished_at IS NOT NULL
                AND finished_at < clock_timestamp()
                    - make_interval(months => $1, days => $2, hours => $3, mins => $4)
            ORDER BY finished_at
            LIMIT $5
        )",
        age.months,
        age.days,
        age.hours,
        age.minutes,
        limit,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// How many submissions [`delete_older`] would delete.
///
/// # Errors
/// [`crate::Error`].
pub async fn count_older(db: impl PgExecutor<'_>, age: Age) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"-- submissions.count_older
        SELECT count(*) AS "count!"
        FROM submissions
        WHERE status IN ('COMPLETED', 'FAILED', 'CANCELLED')
            AND finished_at < clock_timestamp()
                - make_interval(months => $1, days => $2, hours => $3, mins => $4)"#,
        age.months,
        age.days,
        age.hours,
        age.minutes,
    )
    .fetch_one(db)
    .await?;
    Ok(count)
}

/// How many submissions there are of each status that any has.
///
/// # Errors
/// [`crate::Error`].
pub async fn counts(db: impl PgExecutor<'_>) -> Result<Vec<(Status, i64)>> {
    let rows = sqlx::query!(
        r#"-- submissions.counts
        SELECT status AS "status: Status", count(*) AS "count!"
        FROM submissions
        GROUP BY status"#,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.status, row.count))
        .collect())
}
