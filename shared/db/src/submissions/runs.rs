//! Running an ended submission again, and stopping one.

use serde_json::Value;
use sqlx::{PgConnection, PgExecutor, types::Json};
use uuid::Uuid;

use super::super::Result;
use domain::{GivenSample, Status, SubmissionId};

/// The outcome of a request to run a submission again.
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

/// Queues an ended submission as a new run. It keeps its completed stages, unless it is to begin `from_start`; a COMPLETED one
/// can only run again from the start, which forgets the disputes that were settled. Its job continues `traceparent`; if it `is_unlimited`, no budget holds it up. Of two requests at once, one starts the run and the other is refused.
///
/// # Errors
/// [`crate::Error`].
pub async fn retry(
    transaction: &mut PgConnection,
    id: SubmissionId,
    from_start: bool,
    is_unlimited: bool,
    traceparent: Option<&str>,
) -> Result<Retry> {
    let status = sqlx::query_scalar!(
        r#"-- submissions.retry
        SELECT status AS "status: Status" FROM submissions WHERE id = $1 FOR UPDATE"#,
        id.as_uuid(),
    )
    .fetch_optional(&mut *transaction)
    .await?;
    let Some(status) = status else {
        return Ok(Retry::Missing);
    };
    match status {
        Status::Failed | Status::Cancelled => {}
        Status::Completed if from_start => {}
        _ => return Ok(Retry::Refused(status)),
    }
    let ids = [id.as_uuid()];
    let started = queue_again(transaction, &ids, from_start, is_unlimited, traceparent).await?;
    Ok(started.first().map_or(Retry::Missing, |row| Retry::Queued {
        run: row.run,
        version: row.version,
    }))
}

/// A submission whose dispute may be settled.
#[derive(Clone, Debug)]
pub struct Disputed {
    /// Its status.
    pub status: Status,
    /// The number of its run.
    pub run: i32,
    /// The inputs that were settled before.
    pub settled: Json<Vec<GivenSample>>,
    /// The result of its hunt.
    pub hunt: Option<Value>,
}

/// Locks a submission whose dispute is to be settled; `None` when there is none of this id.
///
/// # Errors
/// [`crate::Error`].
pub async fn disputed(
    transaction: &mut PgConnection,
    id: SubmissionId,
) -> Result<Option<Disputed>> {
    let row = sqlx::query_as!(
        Disputed,
        r#"-- submissions.disputed
        SELECT status AS "status: Status", run, settled AS "settled: Json<Vec<GivenSample>>",
            (SELECT result FROM stages WHERE submission_id = $1 AND stage = 'hunt' AND state = 'COMPLETED') AS "hunt: Value"
        FROM submissions
        WHERE id = $1
        FOR UPDATE"#,
        id.as_uuid(),
    )
    .fetch_optional(transaction)
    .await?;
    Ok(row)
}

/// Keeps the inputs that are settled, and queues a locked submission as a new run from the hunt on: the program and the analysis
/// stay, and so do runs. Without a new one the helpers of the hunt are dropped, as all of them were wrong.
///
/// # Errors
/// [`crate::Error`].
pub async fn settle(
    transaction: &mut PgConnection,
    id: SubmissionId,
    settled: Option<&[GivenSample]>,
    is_unlimited: bool,
    traceparent: Option<&str>,
) -> Result<Retry> {
    if let Some(settled) = settled {
        sqlx::query!(
            "-- submissions.settle
            UPDATE submissions SET settled = $2 WHERE id = $1",
            id.as_uuid(),
            Json(settled) as _,
        )
        .execute(&mut *transaction)
        .await?;
    }
    sqlx::query!(
        "-- submissions.settle.stages
        UPDATE stages
        SET state = 'PENDING', result = CASE WHEN stage = 'verification' OR $2 THEN result END
        WHERE submission_id = $1 AND stage IN ('hunt', 'verification')",
        id.as_uuid(),
        settled.is_some(),
    )
    .execute(&mut *transaction)
    .await?;
    let ids = [id.as_uuid()];
    let started = queue_again(transaction, &ids, false, is_unlimited, traceparent).await?;
    Ok(started.first().map_or(Retry::Missing, |row| Retry::Queued {
        run: row.run,
        version: row.version,
    }))
}

/// A run that begins.
struct NewRun {
    id: SubmissionId,
    run: i32,
    version: i64,
}

/// Queues submissions that the transaction has locked as new runs.
async fn queue_again(
    transaction: &mut PgConnection,
    ids: &[Uuid],
    from_start: bool,
    is_unlimited: bool,
    traceparent: Option<&str>,
) -> Result<Vec<NewRun>> {
    sqlx::query!(
        "-- submissions.queue_again.stages
        UPDATE stages
        SET state = 'PENDING', started_at = NULL, finished_at = NULL, model = NULL, usage = NULL, calls = 0,
            -- Runs of programs stay true, and helpers of a hunt of use, unless all is to begin anew.
            result = CASE WHEN stage IN ('hunt', 'verification') AND NOT $2 THEN result END, error_code = NULL, error_detail = NULL, raw_answer = NULL
        WHERE submission_id = ANY($1) AND ($2 OR state NOT IN ('COMPLETED', 'SKIPPED'))",
        ids,
        from_start,
    )
    .execute(&mut *transaction)
    .await?;
    let started = sqlx::query_as!(
        NewRun,
        r#"-- submissions.queue_again
        UPDATE submissions
        SET status = 'QUEUED',
            run = run + 1,
            claims = 0,
            waits = 0,
            attempts_made = 0,
            error_code = NULL,
            error_detail = NULL,
            retry_at = NULL,
            helpful = NULL,
            queued_at = clock_timestamp(),
            started_at = NULL,
            finished_at = NULL,
            deferred_until = NULL,
            is_unlimited = $4,
            traceparent = $2,
            bugs = CASE WHEN $3 THEN NULL ELSE bugs END,
            category = CASE WHEN $3 THEN NULL ELSE category END,
            fix_status = CASE WHEN $3 THEN NULL ELSE fix_status END,
            settled = CASE WHEN $3 THEN '[]' ELSE settled END,
            version = version + 1,
            updated_at = clock_timestamp()
        WHERE id = ANY($1)
        RETURNING id AS "id: SubmissionId", run, version"#,
        ids,
        traceparent,
        from_start,
        is_unlimited,
    )
    .fetch_all(transaction)
    .await?;
    Ok(started)
}

/// Ends a waiting or running submission as CANCELLED; its lease, if there is one, ends with it.
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
            retry_at = NULL,
            deferred_until = NULL,
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

/// Queues failed submissions as new runs that no budget holds up, those after `last` in the order of their ids and at most `limit`; answers each with its
/// run. Each keeps its completed stages.
///
/// # Errors
/// [`crate::Error`].
pub async fn retry_failed(
    pool: &sqlx::PgPool,
    last: Option<SubmissionId>,
    limit: i64,
) -> Result<Vec<(SubmissionId, i32)>> {
    let mut transaction = crate::begin(pool).await?;
    let ids = sqlx::query_scalar!(
        "-- submissions.retry_failed
        SELECT id
        FROM submissions
        WHERE status = 'FAILED' AND ($1::uuid IS NULL OR id > $1)
        ORDER BY id
        LIMIT $2
        FOR UPDATE",
        last.map(SubmissionId::as_uuid),
        limit,
    )
    .fetch_all(&mut *transaction)
    .await?;
    let started = queue_again(&mut transaction, &ids, false, true, None).await?;
    transaction.commit().await?;
    Ok(started.into_iter().map(|row| (row.id, row.run)).collect())
}
