//! Leases: the right to write a submission for a while, and the end of it.

use std::time::Duration;

use sqlx::PgExecutor;
use uuid::Uuid;

use super::super::{Error, Result, held};
use domain::{FailureCode, SubmissionId};

/// A claim on a submission: only who holds its token may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The submission.
    pub id: SubmissionId,
    /// Random, known to the holder and the row.
    pub token: Uuid,
}

/// Answer to a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is ours; `claims` counts the claims of this run, ours included.
    Claimed {
        /// The lease.
        lease: Lease,
        /// Claims of this run.
        claims: i32,
        /// The span that the work continues.
        traceparent: Option<String>,
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
    let claimed = sqlx::query!(
        "-- submissions.claim
        UPDATE submissions
        SET status = 'PROCESSING',
            lease_token = $3,
            lease_expires_at = clock_timestamp() + make_interval(secs => $4),
            claims = CASE WHEN status = 'FAILED' THEN 1 ELSE claims + 1 END,
            waits = CASE WHEN status = 'FAILED' THEN 0 ELSE waits END,
            attempts_made = $5,
            started_at = CASE WHEN status = 'FAILED' THEN clock_timestamp()
                ELSE COALESCE(started_at, clock_timestamp()) END,
            finished_at = NULL,
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
        RETURNING claims, traceparent",
        id.as_uuid(),
        run,
        token,
        ttl.as_secs_f64(),
        attempts_made,
    )
    .fetch_optional(pool)
    .await?;
    if let Some(row) = claimed {
        return Ok(Claim::Claimed {
            lease: Lease { id, token },
            claims: row.claims,
            traceparent: row.traceparent,
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

/// No wait of ours but those that an endpoint asks for is longer.
const OVERDUE: Duration = Duration::from_secs(120);

/// A submission that may have lost its job.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// Its id.
    pub id: SubmissionId,
    /// Its current run.
    pub run: i32,
    /// Its version at the last look.
    pub version: i64,
    /// How long it has waited beyond any wait that we ask for, if it has; zero if it changed in the future, as the clock was set
    /// back since.
    pub overdue: Option<Duration>,
}

/// Submissions unchanged for `age` that are queued, or processing with a lapsed lease; oldest first, at most `limit`.
///
/// # Errors
/// [`Error`].
pub async fn stale(db: impl PgExecutor<'_>, age: Duration, limit: i64) -> Result<Vec<Candidate>> {
    let rows = sqlx::query!(
        r#"-- submissions.stale
        SELECT id AS "id: SubmissionId", run, version, status = 'QUEUED' AS "is_queued!",
            extract(epoch FROM clock_timestamp() - updated_at)::float8 AS "seconds!"
        FROM submissions
        WHERE status IN ('QUEUED', 'PROCESSING')
            AND (updated_at < clock_timestamp() - make_interval(secs => $1)
                OR updated_at > clock_timestamp() + interval '1 minute')
            AND (status = 'QUEUED' OR lease_expires_at < clock_timestamp())
        ORDER BY updated_at
        LIMIT $2"#,
        age.as_secs_f64(),
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Candidate {
            id: row.id,
            run: row.run,
            version: row.version,
            overdue: Duration::try_from_secs_f64(row.seconds.max(0.0))
                .ok()
                .filter(|waited| row.is_queued && (waited.is_zero() || *waited > OVERDUE)),
        })
        .collect())
}

/// Sets a stale submission back to QUEUED, unless it has changed since the last look.
///
/// # Errors
/// [`Error`].
pub async fn requeue(db: impl PgExecutor<'_>, candidate: Candidate) -> Result<bool> {
    let done = sqlx::query!(
        "-- submissions.requeue
        WITH reset AS (
            UPDATE stages
            SET state = 'PENDING', started_at = NULL
            FROM submissions
            WHERE stages.submission_id = $1 AND stages.state = 'RUNNING'
                AND submissions.id = $1 AND submissions.version = $2
        )
        UPDATE submissions
        SET status = 'QUEUED',
            lease_token = NULL,
            lease_expires_at = NULL,
            version = version + 1,
            updated_at = clock_timestamp()
        WHERE id = $1 AND version = $2
            AND (status = 'QUEUED' OR (status = 'PROCESSING' AND lease_expires_at < clock_timestamp()))",
        candidate.id.as_uuid(),
        candidate.version,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Key of the advisory lock that lets one sweeper work at a time ("sweep" in ASCII).
const SWEEPER_LOCK: i64 = 0x73_77_65_65_70;

/// Takes the sweeper's lock until the transaction ends; `false` when another one has it.
///
/// # Errors
/// [`Error`].
pub async fn lock_sweeper(db: impl PgExecutor<'_>) -> Result<bool> {
    let locked = sqlx::query_scalar!(
        r#"-- submissions.lock_sweeper
        SELECT pg_try_advisory_xact_lock($1) AS "locked!""#,
        SWEEPER_LOCK,
    )
    .fetch_one(db)
    .await?;
    Ok(locked)
}

/// Sets the title that lists show.
///
/// # Errors
/// [`Error::LeaseLost`] when the lease is not ours any more.
pub async fn set_title(db: impl PgExecutor<'_>, lease: Lease, title: &str) -> Result<(), Error> {
    let done = sqlx::query!(
        "-- submissions.set_title
        UPDATE submissions
        SET title = $3, version = version + 1, updated_at = clock_timestamp()
        WHERE id = $1 AND lease_token = $2",
        lease.id.as_uuid(),
        lease.token,
        title,
    )
    .execute(db)
    .await?;
    held(done.rows_affected())
}
