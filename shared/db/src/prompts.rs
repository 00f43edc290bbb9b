//! Table `prompts`: prompts that replace the built-in ones.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use super::Result;
use domain::StageName;

/// A stored prompt.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The stage it is for.
    pub stage: StageName,
    /// The prompt.
    pub template: String,
    /// SHA-256 of the built-in prompt that it replaced, if that is known.
    pub replaced: Option<Vec<u8>>,
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
        SELECT stage AS "stage: StageName", template, replaced, updated_at
        FROM prompts"#,
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// Stores the prompt of a stage, with the SHA-256 of the built-in one that it replaces.
///
/// # Errors
/// [`super::Error`].
pub async fn put(
    db: impl PgExecutor<'_>,
    stage: StageName,
    template: &str,
    replaced: &[u8; 32],
) -> Result<()> {
    sqlx::query!(
        "-- prompts.put
        INSERT INTO prompts (stage, template, replaced)
        VALUES ($1, $2, $3)
        ON CONFLICT (stage) DO UPDATE
        SET template = EXCLUDED.template, replaced = EXCLUDED.replaced, updated_at = clock_timestamp()",
        stage.as_str(),
        template,
        replaced,
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
