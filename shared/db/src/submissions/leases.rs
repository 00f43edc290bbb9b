//! Leases: the right to write a submission for a while, and the end of it.

use std::time::Duration;

use sqlx::PgExecutor;
use uuid::Uuid;

use sqlx::types::Json;

use super::{
    super::{Error, Result, held, stages::Stage, webhooks::Callback},
    Submission, find,
};
use domain::{AnswerLanguage, FailureCode, GivenSample, Status, SubmissionId, Verdict};

/// A claim on a submission: only who holds its token may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The submission.
    pub id: SubmissionId,
    /// Random, known to the holder and the row.
    pub token: Uuid,
}

/// Answer to a claim.
#[derive(Clone, Debug)]
pub enum Claim {
    /// It is ours.
    Claimed {
        /// The lease.
        lease: Lease,
        /// The submission, with this claim.
        submission: Box<Submission>,
    },
    /// There is nothing to do: no such row, ended, or an older run.
    Obsolete,
    /// Somebody else holds it, for this long unless they renew.
    Leased(Duration),
}

/// Takes the lease of a submission that is queued, or whose lease has lapsed, for `ttl`.
///
/// `run` is the run that the job was made for; `None` takes the current one. `attempts_made` is BullMQ's count: a FAILED
/// row of the current run is opened again when it is above that of the failing claim, which means that somebody
/// retried the job in the queue.
///
/// # Errors
/// [`Error`].
pub async fn claim(
    pool: &sqlx::PgPool,
    id: SubmissionId,
    run: Option<i32>,
    attempts_made: i32,
    ttl: Duration,
) -> Result<Claim> {
    let token = Uuid::new_v4();
    let claimed = sqlx::query_as!(
        Submission,
        r#"-- submissions.claim
        WITH submissions AS (
            UPDATE submissions
            SET status = 'PROCESSING',
                lease_token = $3,
                contents_lease = $3,
                lease_expires_at = clock_timestamp() + make_interval(secs => $4),
                claims = CASE WHEN status = 'FAILED' THEN 1 ELSE claims + 1 END,
                waits = CASE WHEN status = 'FAILED' THEN 0 ELSE waits END,
                attempts_made = $5,
                started_at = CASE WHEN status = 'FAILED' THEN clock_timestamp()
                    ELSE COALESCE(started_at, clock_timestamp()) END,
                finished_at = NULL,
                deferred_until = NULL,
                error_code = NULL,
                error_detail = NULL,
                retry_at = NULL,
                version = version + 1,
                updated_at = clock_timestamp()
            WHERE id = $1
                AND ($2::integer IS NULL OR run = $2)
                AND (status = 'QUEUED'
                    OR (status = 'PROCESSING' AND lease_expires_at < clock_timestamp())
                    OR (status = 'FAILED' AND attempts_made < $5))
            RETURNING *
        )
        SELECT id AS "id!: SubmissionId", status AS "status!: Status", run AS "run!", version AS "version!", title AS "title!",
            COALESCE(contents.text, submissions.text) AS "text!",
            COALESCE(contents.code, submissions.code) AS code,
            COALESCE(contents.failing_input, submissions.failing_input) AS failing_input,
            COALESCE(contents.samples, submissions.samples, '[]') AS "samples!: Json<Vec<GivenSample>>",
            COALESCE(contents.reference_code, submissions.reference_code) AS reference_code,
            settled AS "settled!: Json<Vec<GivenSample>>", language, verdict AS "verdict: Verdict",
            time_limit_ms, memory_limit_mb, answer_language AS "answer_language!: AnswerLanguage", image_count AS "image_count!",
            visitor_id, owner_token_hash, request_id, error_code, error_detail, retry_at, helpful,
            created_at AS "created_at!", updated_at AS "updated_at!", queued_at AS "queued_at!", started_at, finished_at,
            has_contents AS "has_contents!", claims AS "claims!", is_unlimited AS "is_unlimited!", traceparent,
            (SELECT COALESCE(jsonb_agg(to_jsonb(stages) - 'raw_answer'), '[]') FROM stages WHERE submission_id = $1)
                AS "stages!: Json<Vec<Stage>>",
            NULL::jsonb AS "callback: Json<Callback>"
        FROM submissions
        LEFT JOIN contents ON contents.submission_id = $1"#,
        id.as_uuid(),
        run,
        token,
        ttl.as_secs_f64(),
        attempts_made,
    )
    .fetch_optional(pool)
    .await?;
    if let Some(mut submission) = claimed {
        let has_no_texts = submission.text.is_empty() && submission.code.is_none();
        // Texts that were moved, and stages that ended, while the statement waited for the row are not among what it has read.
        if submission.claims > 1 || (submission.has_contents && has_no_texts) {
            submission = find(pool, id).await?.ok_or(Error::LeaseLost)?;
        }
        return Ok(Claim::Claimed {
            lease: Lease { id, token },
            submission: Box::new(submission.with_all_stages()),
        });
    }
    let seconds_left = sqlx::query_scalar!(
        r#"-- submissions.claim.leased
        SELECT extract(epoch FROM lease_expires_at - clock_timestamp())::float8 AS "seconds!"
        FROM submissions
        WHERE id = $1 AND ($2::integer IS NULL OR run = $2) AND status = 'PROCESSING'"#,
        id.as_uuid(),
        run,
    )
    .fetch_optional(pool)
    .await?;
    // A lease that lapsed between the two statements is answered as one that is about to.
    Ok(seconds_left.map_or(Claim::Obsolete, |seconds| {
        Claim::Leased(Duration::from_secs_f64(seconds.clamp(0.0, 3600.0)))
    }))
}

/// Extends a lease to `ttl` from now.
///
/// # Errors
/// [`Error::LeaseLost`] when it is not ours any more.
pub async fn renew(db: impl PgExecutor<'_>, lease: Lease, ttl: Duration) -> Result<()> {
    let done = sqlx::query!(
        "-- submissions.renew
        UPDATE submissions
        SET lease_expires_at = clock_timestamp() + make_interval(secs => $3)
        WHERE id = $1 AND lease_token = $2",
        lease.id.as_uuid(),
        lease.token,
        ttl.as_secs_f64(),
    )
    .execute(db)
    .await?;
    held(done.rows_affected())
}

/// Why a submission goes back to the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// An attempt failed. Its claim counts: claims that died add up to a crash loop.
    Failed,
    /// The worker stops in good order.
    HandedBack,
    /// The endpoint is away for so long, which counts as a wait.
    PutOff(Duration),
}

/// Gives a submission back to the queue.
///
/// # Errors
/// [`Error::LeaseLost`] when it is not ours any more.
pub async fn release(db: impl PgExecutor<'_>, lease: Lease, why: Release) -> Result<()> {
    let wait = match why {
        Release::PutOff(wait) => Some(wait.as_secs_f64()),
        Release::Failed | Release::HandedBack => None,
    };
    let done = sqlx::query!(
        "-- submissions.release
        WITH reset AS (
            UPDATE stages
            SET state = 'PENDING', started_at = NULL
            FROM submissions
            WHERE stages.submission_id = $1 AND stages.state = 'RUNNING'
                AND submissions.id = $1 AND submissions.lease_token = $2
        )
        UPDATE submissions
        SET status = 'QUEUED',
            lease_token = NULL,
            lease_expires_at = NULL,
            claims = greatest(claims - $3, 0),
            waits = waits + $4,
            retry_at = clock_timestamp() + make_interval(secs => $5),
            version = version + 1,
            updated_at = clock_timestamp()
        WHERE id = $1 AND lease_token = $2",
        lease.id.as_uuid(),
        lease.token,
        i32::from(why != Release::Failed),
        i16::from(wait.is_some()),
        wait,
    )
    .execute(db)
    .await?;
    held(done.rows_affected())
}

/// Gives a submission back to the queue until midnight UTC, as the day's tokens are used up; answers the time until then. Its next
/// stage says so.
///
/// # Errors
/// [`Error::LeaseLost`] when it is not ours any more.
pub async fn defer(
    db: impl PgExecutor<'_>,
    lease: Lease,
    code: FailureCode,
    detail: &str,
) -> Result<Duration> {
    let seconds = sqlx::query_scalar!(
        r#"-- submissions.defer
        WITH clock AS (
            SELECT ((clock_timestamp() AT TIME ZONE 'UTC')::date + 1)::timestamp AT TIME ZONE 'UTC' AS midnight
        ),
        deferred AS (
            UPDATE submissions
            SET status = 'QUEUED',
                lease_token = NULL,
                lease_expires_at = NULL,
                claims = greatest(claims - 1, 0),
                started_at = NULL,
                deferred_until = midnight,
                retry_at = midnight,
                version = version + 1,
                updated_at = clock_timestamp()
            FROM clock
            WHERE id = $1 AND lease_token = $2
            RETURNING id
        ),
        next AS (
            SELECT name AS stage
            FROM unnest(ARRAY['problem', 'code', 'hunt', 'analysis', 'verification']) WITH ORDINALITY AS names (name, place)
            LEFT JOIN stages ON submission_id = $1 AND stage = name
            WHERE state IS NULL OR state IN ('PENDING', 'RUNNING')
            ORDER BY place
            LIMIT 1
        ),
        made AS (
            INSERT INTO stages (submission_id, stage, error_code, error_detail)
            SELECT deferred.id, next.stage, $3, $4
            FROM deferred, next
            ON CONFLICT DO NOTHING
        ),
        told AS (
            UPDATE stages
            SET state = 'PENDING',
                started_at = NULL,
                error_code = CASE WHEN stages.stage = next.stage THEN $3 END,
                error_detail = CASE WHEN stages.stage = next.stage THEN $4 END
            FROM deferred, next
            WHERE stages.submission_id = deferred.id AND stages.state IN ('PENDING', 'RUNNING')
        )
        SELECT extract(epoch FROM midnight - clock_timestamp())::float8 AS "seconds!"
        FROM deferred, clock"#,
        lease.id.as_uuid(),
        lease.token,
        code.as_str(),
        detail,
    )
    .fetch_optional(db)
    .await?
    .ok_or(Error::LeaseLost)?;
    Ok(Duration::from_secs_f64(seconds.clamp(0.0, 86_400.0)))
}

/// How often this run has waited for the endpoint.
///
/// # Errors
/// [`Error::LeaseLost`] when it is not ours any more.
pub async fn waits(db: impl PgExecutor<'_>, lease: Lease) -> Result<usize> {
    let waits = sqlx::query_scalar!(
        "-- submissions.waits
        SELECT waits FROM submissions WHERE id = $1 AND lease_token = $2",
        lease.id.as_uuid(),
        lease.token,
    )
    .fetch_optional(db)
    .await?
    .ok_or(Error::LeaseLost)?;
    Ok(usize::try_from(waits).unwrap_or_default())
}

/// Ends a submission as COMPLETED.
///
/// # Errors
/// [`Error::LeaseLost`] when it is not ours any more.
pub async fn complete(db: impl PgExecutor<'_>, lease: Lease) -> Result<()> {
    let done = sqlx::query!(
        "-- submissions.complete
        UPDATE submissions
        SET status = 'COMPLETED',
            lease_token = NULL,
            lease_expires_at = NULL,
            finished_at = clock_timestamp(),
            version = version + 1,
            updated_at = clock_timestamp()
        WHERE id = $1 AND lease_token = $2",
        lease.id.as_uuid(),
        lease.token,
    )
    .execute(db)
    .await?;
    held(done.rows_affected())
}

/// Ends a submission as FAILED, for an endpoint that asks to wait for `retry_after`. A stage that was interrupted last ends with it; one that was given up is left for a retry.
///
/// # Errors
/// [`Error::LeaseLost`] when it is not ours any more.
pub async fn fail(
    db: impl PgExecutor<'_>,
    lease: Lease,
    code: FailureCode,
    detail: &str,
    retry_after: Option<Duration>,
) -> Result<()> {
    let done = sqlx::query!(
        "-- submissions.fail
        WITH ended AS (
            UPDATE stages
            SET state = CASE WHEN stages.state = 'PENDING' OR $3 = 'deadline' THEN 'FAILED' ELSE 'PENDING' END,
                error_code = CASE WHEN $3 = 'deadline' THEN $3 ELSE stages.error_code END,
                error_detail = CASE WHEN $3 = 'deadline' THEN $4 ELSE stages.error_detail END,
                finished_at = CASE WHEN stages.state = 'PENDING' OR $3 = 'deadline' THEN clock_timestamp() END
            FROM submissions
            WHERE stages.submission_id = $1
                AND (stages.state = 'RUNNING' OR (stages.state = 'PENDING' AND stages.error_code IS NOT NULL))
                AND submissions.id = $1 AND submissions.lease_token = $2
        )
        UPDATE submissions
        SET status = 'FAILED',
            lease_token = NULL,
            lease_expires_at = NULL,
            error_code = $3,
            error_detail = $4,
            retry_at = clock_timestamp() + make_interval(secs => $5),
            finished_at = clock_timestamp(),
            version = version + 1,
            updated_at = clock_timestamp()
        WHERE id = $1 AND lease_token = $2",
        lease.id.as_uuid(),
        lease.token,
        code.as_str(),
        detail,
        retry_after.map(|wait| wait.as_secs_f64()),
    )
    .execute(db)
    .await?;
    held(done.rows_affected())
}
