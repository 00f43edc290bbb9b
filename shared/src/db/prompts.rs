//! Table `prompts`: prompts that replace the built-in ones.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use super::Result;
use crate::domain::StageName;

/// A stored prompt.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The stage it is for.
    pub stage: StageName,
    /// The prompt.
    pub template: String,
    /// When it was saved.
    pub updated_at: DateTime<Utc>,
}

/// Every stored prompt.
///
/// # Errors
/// [`super::Error`].
pub async fn list(db: impl PgExecutor<'_>) -> Result<Vec<Stored>> {
    let rows = sqlx::query_as!(
        Stored,
        r#"-- prompts.list
        SELECT stage AS "stage: StageName", template, updated_at
        FROM prompts"#,
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// Stores the prompt of a stage.
///
/// # Errors
/// [`super::Error`].
pub async fn put(db: impl PgExecutor<'_>, stage: StageName, template: &str) -> Result<()> {
    sqlx::query!(
        "-- prompts.put
        INSERT INTO prompts (stage, template)
        VALUES ($1, $2)
        ON CONFLICT (stage) DO UPDATE
        SET template = EXCLUDED.template, updated_at = clock_timestamp()",
        stage.as_str(),
        template,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets the prompt of a stage, so that the built-in one is used; `false` when there was none.
///
/// # Errors
/// [`super::Error`].
pub async fn delete(db: impl PgExecutor<'_>, stage: StageName) -> Result<bool> {
    let done = sqlx::query!(
        "-- prompts.delete
        DELETE FROM prompts
        WHERE stage = $1",
        stage.as_str(),
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}
