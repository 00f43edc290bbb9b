//! Table `idempotency_keys`: which submission a client's key already made.

use std::time::Duration;

use sqlx::PgConnection;
use uuid::Uuid;

use super::Result;
use domain::SubmissionId;

/// How long to remember a key.
pub const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// The earlier use of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// It is new, and now stands for the submission.
    First,
    /// It made this submission, from the same body.
    Same(SubmissionId),
    /// It was used with another body.
    OtherBody,
}

/// Takes a key for a submission that is stored in the same transaction.
///
/// Of two transactions with the same key the second waits here for the end of the first.
///
/// # Errors
/// [`super::Error`].
pub async fn take(
    db: &mut PgConnection,
    scope: &str,
    key: &str,
    body_hash: &[u8; 32],
    id: SubmissionId,
) -> Result<Use> {
    sqlx::query!(
        "-- idempotency_keys.expire
        DELETE FROM idempotency_keys
        WHERE scope = $1 AND key = $2 AND created_at < clock_timestamp() - make_interval(secs => $3)",
        scope,
        key,
        LIFETIME.as_secs_f64(),
    )
    .execute(&mut *db)
    .await?;
    let taken = sqlx::query!(
        "-- idempotency_keys.take
        INSERT INTO idempotency_keys (scope, key, body_hash, submission_id)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (scope, key) DO NOTHING",
        scope,
        key,
        &body_hash[..],
        id.as_uuid(),
    )
    .execute(&mut *db)
    .await?;
    if taken.rows_affected() == 1 {
        return Ok(Use::First);
    }
    let known = sqlx::query!(
        r#"-- idempotency_keys.find
        SELECT body_hash, submission_id AS "submission_id: Uuid"
        FROM idempotency_keys
        WHERE scope = $1 AND key = $2"#,
        scope,
        key,
    )
    .fetch_one(&mut *db)
    .await?;
    Ok(if known.body_hash == body_hash {
        Use::Same(known.submission_id.into())
    } else {
        Use::OtherBody
    })
}

/// Forgets keys that are older than [`LIFETIME`].
///
/// # Errors
/// [`super::Error`].
pub async fn expire(db: &mut PgConnection) -> Result<u64> {
    let done = sqlx::query!(
        "-- idempotency_keys.expire_all
        DELETE FROM idempotency_keys
        WHERE created_at < clock_timestamp() - make_interval(secs => $1)",
        LIFETIME.as_secs_f64(),
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
