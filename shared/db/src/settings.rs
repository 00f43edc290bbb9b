//! Table `settings`: values saved in the panel; they win over the environment's.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use super::Result;

/// A stored setting: a value, or a sealed one.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Name of the variable.
    pub key: String,
    /// The value, unless it is a secret.
    pub value: Option<String>,
    /// The sealed value of a secret.
    pub sealed: Option<Vec<u8>>,
    /// When it was saved.
    pub updated_at: DateTime<Utc>,
}

/// Every stored setting.
///
/// # Errors
/// [`super::Error`].
pub async fn list(db: impl PgExecutor<'_>) -> Result<Vec<Stored>> {
    let rows = sqlx::query_as!(
        Stored,
        "-- settings.list
        SELECT key, value, sealed, updated_at
        FROM settings
        ORDER BY key",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// Stores a setting, as a value or sealed.
///
/// # Errors
/// [`super::Error`].
pub async fn put(
    db: impl PgExecutor<'_>,
    key: &str,
    value: Option<&str>,
    sealed: Option<&[u8]>,
) -> Result<()> {
    sqlx::query!(
        "-- settings.put
        INSERT INTO settings (key, value, sealed)
        VALUES ($1, $2, $3)
        ON CONFLICT (key) DO UPDATE
        SET value = EXCLUDED.value, sealed = EXCLUDED.sealed, updated_at = clock_timestamp()",
        key,
        value,
        sealed,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets a setting; `false` when it was not stored.
///
/// # Errors
/// [`super::Error`].
pub async fn delete(db: impl PgExecutor<'_>, key: &str) -> Result<bool> {
    let done = sqlx::query!(
        "-- settings.delete
        DELETE FROM settings
        WHERE key = $1",
        key,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}
