//! Deleting submissions.

use sqlx::{PgExecutor, PgPool, Postgres, Transaction, error::DatabaseError};

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

/// Deletes these submissions; answers those that were there.
///
/// # Errors
/// [`crate::Error`].
pub async fn delete_these(db: impl PgExecutor<'_>, ids: &[SubmissionId]) -> Result<Vec<Deleted>> {
    let ids: Vec<_> = ids.iter().map(|id| id.as_uuid()).collect();
    let rows = sqlx::query_as!(
        Deleted,
        r#"-- submissions.delete_these
        DELETE FROM submissions
        WHERE id = ANY($1)
        RETURNING id AS "id: SubmissionId", run, status AS "status: Status""#,
        &ids,
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// Deletes some submissions, the newest first and at most `limit`; none are left when the answer is empty.
///
/// # Errors
/// [`crate::Error`].
pub async fn delete_some(db: impl PgExecutor<'_>, limit: i64) -> Result<Vec<Deleted>> {
    let rows = sqlx::query_as!(
        Deleted,
        r#"-- submissions.delete_some
        DELETE FROM submissions
        WHERE id IN (SELECT id FROM submissions ORDER BY id DESC LIMIT $1)
        RETURNING id AS "id: SubmissionId", run, status AS "status: Status""#,
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// All submissions that were deleted.
#[derive(Clone, Debug)]
pub struct Cleared {
    /// How many there were.
    pub count: usize,
    /// Those that waited or were running, the newest first.
    pub unfinished: Vec<Deleted>,
}

/// Deletes every submission at once with all that belongs to it, even while others are added: those come before or after it. `None`
/// when it cannot, as others use the table for longer than may be waited for, it takes too long, or only its owner may.
///
/// # Errors
/// [`crate::Error`].
pub async fn delete_all(db: &PgPool) -> Result<Option<Cleared>> {
    match truncate(crate::begin(db).await?).await {
        Ok(cleared) => Ok(Some(cleared)),
        Err(sqlx::Error::Database(error)) if is_in_the_way(&*error) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn is_in_the_way(error: &dyn DatabaseError) -> bool {
    let (locked, deadlock, timeout, not_permitted) = ("55P03", "40P01", "57014", "42501");
    // A table that is none of ours refers to them.
    let referred_to = "0A000";
    let codes = [locked, deadlock, timeout, not_permitted, referred_to];
    error.code().is_some_and(|code| codes.contains(&&*code))
}

async fn truncate(mut transaction: Transaction<'_, Postgres>) -> sqlx::Result<Cleared> {
    // It may take seconds, in which nobody has to wait.
    let count = sqlx::query_scalar!(
        r#"-- submissions.delete_all.count
        SELECT count(*) AS "count!"
        FROM submissions"#,
    )
    .fetch_one(&mut *transaction)
    .await?;
    // Shorter than deadlock_timeout: whoever waits for this one in turn goes on before they are taken for a deadlock.
    sqlx::query("SET LOCAL lock_timeout = '500ms'")
        .execute(&mut *transaction)
        .await?;
    sqlx::query("LOCK TABLE submissions IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *transaction)
        .await?;
    let unfinished = sqlx::query_as!(
        Deleted,
        r#"-- submissions.delete_all.unfinished
        SELECT id AS "id: SubmissionId", run, status AS "status: Status"
        FROM submissions
        WHERE status IN ('QUEUED', 'PROCESSING')
        ORDER BY id DESC"#,
    )
    .fetch_all(&mut *transaction)
    .await?;
    sqlx::query("TRUNCATE submissions, contents, stages, images, webhooks, idempotency_keys")
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(Cleared {
        count: usize::try_from(count).unwrap_or_default(),
        unfinished,
    })
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
