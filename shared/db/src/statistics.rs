//! Numbers about the submissions, for the admin. Each query reads one stretch of an index, however many rows there are beside it.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgExecutor;

use super::Result;

/// The submissions of a day of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// The day.
    pub day: NaiveDate,
    /// Submissions made on it.
    pub submissions: i64,
    /// Those of them that have failed.
    pub failed: i64,
}

/// The days since then on which anything was submitted, oldest first.
///
/// # Errors
/// [`super::Error`].
pub async fn days(db: impl PgExecutor<'_>, since: DateTime<Utc>) -> Result<Vec<Day>> {
    let rows = sqlx::query_as!(
        Day,
        r#"-- statistics.days
        SELECT (created_at AT TIME ZONE 'UTC')::date AS "day!", count(*) AS "submissions!",
            count(*) FILTER (WHERE status = 'FAILED') AS "failed!"
        FROM submissions
        WHERE created_at >= $1
        GROUP BY 1
        ORDER BY 1"#,
        since,
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// How many owners of submissions made since then say that the result helped, and that it did not.
///
/// # Errors
/// [`super::Error`].
pub async fn helped(db: impl PgExecutor<'_>, since: DateTime<Utc>) -> Result<(i64, i64)> {
    let row = sqlx::query!(
        r#"-- statistics.helped
        SELECT count(*) FILTER (WHERE helpful) AS "yes!", count(*) FILTER (WHERE NOT helpful) AS "no!"
        FROM submissions
        WHERE created_at >= $1 AND helpful IS NOT NULL"#,
        since,
    )
    .fetch_one(db)
    .await?;
    Ok((row.yes, row.no))
}

/// How many submissions made since then have failed, by the codes of their reasons: the most frequent first, at most `limit` codes.
///
/// # Errors
/// [`super::Error`].
pub async fn failures(
    db: impl PgExecutor<'_>,
    since: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<(String, i64)>> {
    let rows = sqlx::query!(
        r#"-- statistics.failures
        SELECT error_code AS "code!", count(*) AS "count!"
        FROM submissions
        WHERE created_at >= $1 AND status = 'FAILED'
        GROUP BY error_code
        ORDER BY count(*) DESC, error_code
        LIMIT $2"#,
        since,
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.code, row.count)).collect())
}

/// Bytes on the database's disk.
#[derive(Clone, Copy, Debug)]
pub struct Disk {
    /// The whole database.
    pub database: i64,
    /// The images in it.
    pub images: i64,
}

/// How much room the database takes.
///
/// # Errors
/// [`super::Error`].
pub async fn disk(db: impl PgExecutor<'_>) -> Result<Disk> {
    let row = sqlx::query_as!(
        Disk,
        r#"-- statistics.disk
        SELECT pg_database_size(current_database()) AS "database!", pg_total_relation_size('images') AS "images!""#,
    )
    .fetch_one(db)
    .await?;
    Ok(row)
}

/// Submissions that ended within an hour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hour {
    /// The hour, counted from the beginning of the time asked for; `None` for all of them together.
    pub hour: Option<i32>,
    /// Those that were completed.
    pub completed: i64,
    /// Those that failed.
    pub failed: i64,
    /// Half of the completed ones took no longer than this, from the first claim to the end.
    pub median_seconds: Option<f64>,
}

/// The hours since then in which anything ended, oldest first, and all of them together.
///
/// # Errors
/// [`super::Error`].
pub async fn hours(db: impl PgExecutor<'_>, since: DateTime<Utc>) -> Result<Vec<Hour>> {
    let rows = sqlx::query_as!(
        Hour,
        r#"-- statistics.hours
        SELECT hour, count(*) FILTER (WHERE status = 'COMPLETED') AS "completed!",
            count(*) FILTER (WHERE status = 'FAILED') AS "failed!",
            percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) FILTER (WHERE status = 'COMPLETED') AS median_seconds
        FROM (
            SELECT status, floor(extract(epoch FROM finished_at - $1) / 3600)::int AS hour,
                extract(epoch FROM finished_at - started_at)::float8 AS seconds
            FROM submissions
            WHERE finished_at >= $1
        ) ended
        GROUP BY ROLLUP (hour)
        ORDER BY hour"#,
        since,
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}
