//! Table `ended_sessions`: sessions that the admin logged out of before they expired.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use super::Result;

/// Ends a session, which would have ended by itself at `ends_at`; those that have are forgotten.
///
/// # Errors
/// [`super::Error`].
pub async fn put(db: impl PgExecutor<'_>, id: &str, ends_at: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "-- ended_sessions.put
        WITH lapsed AS (
            DELETE FROM ended_sessions
            WHERE ends_at < clock_timestamp() - interval '1 day' AND id <> $1
        )
        INSERT INTO ended_sessions (id, ends_at)
        VALUES ($1, $2)
        ON CONFLICT (id) DO NOTHING",
        id,
        ends_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether a session was ended.
///
/// # Errors
/// [`super::Error`].
pub async fn has(db: impl PgExecutor<'_>, id: &str) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"-- ended_sessions.has
        SELECT EXISTS (SELECT FROM ended_sessions WHERE id = $1) AS "found!""#,
        id,
    )
    .fetch_one(db)
    .await?;
    Ok(found)
}
