//! Table `submissions`: what was submitted, where it is, and who holds the lease.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgExecutor;
use uuid::Uuid;

use super::{Error, Result, contains_pattern, held};
use crate::domain::{AnswerLanguage, Status, SubmissionId, Verdict, VisitorId};

/// A submission to be stored.
#[derive(Clone, Debug)]
pub struct NewSubmission {
    /// Its id.
    pub id: SubmissionId,
    /// Problem text; may be empty.
    pub text: String,
    /// Code in a field of its own.
    pub code: Option<String>,
    /// Programming language as the user named it.
    pub language: Option<String>,
    /// What the judge said.
    pub verdict: Option<Verdict>,
    /// The input that fails.
    pub failing_input: Option<String>,
    /// Language of the analysis.
    pub answer_language: AnswerLanguage,
    /// Number of images stored with it.
    pub image_count: i16,
    /// Who submitted it.
    pub visitor: Option<VisitorId>,
    /// SHA-256 of the owner's token.
    pub owner_token_hash: [u8; 32],
    /// Id of the request that made it, for the logs.
    pub request_id: Option<String>,
}

/// A stored submission, without images and stages.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Its id.
    pub id: SubmissionId,
    /// Where it is.
    pub status: Status,
    /// Number of the run, from 1.
    pub run: i32,
    /// Rises with each change.
    pub version: i64,
    /// Title of the problem, once it is known.
    pub title: String,
    /// Problem text.
    pub text: String,
    /// Code in a field of its own.
    pub code: Option<String>,
    /// Programming language as the user named it.
    pub language: Option<String>,
    /// What the judge said.
    pub verdict: Option<Verdict>,
    /// The input that fails.
    pub failing_input: Option<String>,
    /// Language of the analysis.
    pub answer_language: AnswerLanguage,
    /// Number of images.
    pub image_count: i16,
    /// SHA-256 of the owner's token.
    pub owner_token_hash: Option<Vec<u8>>,
    /// Id of the request that made it.
    pub request_id: Option<String>,
    /// Why it failed, as a code.
    pub error_code: Option<String>,
    /// Why it failed, in words.
    pub error_detail: Option<String>,
    /// When it was submitted.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When the current run was asked for.
    pub queued_at: DateTime<Utc>,
    /// When a worker first took it in the current run.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
}

/// Stores a new submission as QUEUED.
///
/// # Errors
/// [`Error`], a constraint's among them.
pub async fn insert(db: impl PgExecutor<'_>, new: &NewSubmission) -> Result<()> {
    sqlx::query!(
        "-- submissions.insert
        INSERT INTO submissions
            (id, text, code, language, verdict, failing_input, answer_language, image_count, visitor_id,
             owner_token_hash, request_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        new.id.as_uuid(),
        new.text,
        new.code,
        new.language,
        new.verdict.map(Verdict::as_str),
        new.failing_input,
        new.answer_language.as_str(),
        new.image_count,
        new.visitor.map(|visitor| visitor.0),
        &new.owner_token_hash[..],
        new.request_id,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The submission of this id.
///
/// # Errors
/// [`Error`].
pub async fn find(db: impl PgExecutor<'_>, id: SubmissionId) -> Result<Option<Submission>> {
    let row = sqlx::query_as!(
        Submission,
        r#"-- submissions.find
        SELECT id AS "id: SubmissionId", status AS "status: Status", run, version, title, text, code, language,
            verdict AS "verdict: Verdict", failing_input, answer_language AS "answer_language: AnswerLanguage",
            image_count, owner_token_hash, request_id, error_code, error_detail,
            created_at, updated_at, queued_at, started_at, finished_at
        FROM submissions
        WHERE id = $1"#,
        id.as_uuid(),
    )
    .fetch_optional(db)
    .await?;
    Ok(row)
}

/// What a list asks for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only this visitor's; `None` means everybody's.
    pub visitor: Option<VisitorId>,
    /// Only in this status.
    pub status: Option<Status>,
    /// Only where title, text or code contains this.
    pub search: Option<String>,
    /// Only those older than this one.
    pub before: Option<SubmissionId>,
}

/// A line of a list, also in JSON.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// Its id.
    pub id: SubmissionId,
    /// Where it is.
    pub status: Status,
    /// Number of the run.
    pub run: i32,
    /// Rises with each change.
    pub version: i64,
    /// Title of the problem, or the beginning of what was submitted.
    pub title: String,
    /// Programming language as the user named it.
    pub language: Option<String>,
    /// What the judge said.
    pub verdict: Option<Verdict>,
    /// Number of images.
    pub image_count: i16,
    /// Why it failed, as a code.
    pub error_code: Option<String>,
    /// When it was submitted.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
}

/// The newest submissions that pass the filter, at most `limit`.
///
/// # Errors
/// [`Error`].
pub async fn list(db: impl PgExecutor<'_>, filter: &Filter, limit: i64) -> Result<Vec<Listed>> {
    let pattern = filter.search.as_deref().map(contains_pattern);
    let rows = sqlx::query_as!(
        Listed,
        r#"-- submissions.list
        SELECT id AS "id: SubmissionId", status AS "status: Status", run, version,
            -- A title is known once the problem is extracted; till then the first words stand for it.
            COALESCE(NULLIF(title, ''), left(btrim(text, E' \t\r\n'), 120), '') AS "title!",
            language, verdict AS "verdict: Verdict", image_count, error_code, created_at, finished_at
        FROM submissions
        WHERE ($1::uuid IS NULL OR visitor_id = $1)
            AND ($2::text IS NULL OR status = $2)
            AND ($3::text IS NULL OR title ILIKE $3 OR text ILIKE $3 OR code ILIKE $3)
            AND ($4::uuid IS NULL OR id < $4)
        ORDER BY id DESC
        LIMIT $5"#,
        filter.visitor.map(|visitor| visitor.0),
        filter.status.map(Status::as_str),
        pattern,
        filter.before.map(SubmissionId::as_uuid),
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// A claim on a submission: only who holds its token may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The submission.
    pub id: SubmissionId,
    /// Random, known to the holder and the row.
    pub token: Uuid,
}

/// Answer to a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is ours; `claims` counts the claims of this run, ours included.
    Claimed {
        /// The lease.
        lease: Lease,
        /// Claims of this run.
        claims: i32,
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
    let claims = sqlx::query_scalar!(
        "-- submissions.claim
        UPDATE submissions
        SET status = 'PROCESSING',
            lease_token = $3,
            lease_expires_at = clock_timestamp() + make_interval(secs => $4),
            claims = CASE WHEN status = 'FAILED' THEN 1 ELSE claims + 1 END,
            attempts_made = $5,
            started_at = CASE WHEN status = 'FAILED' THEN clock_timestamp()
                ELSE COALESCE(started_at, clock_timestamp()) END,
            finished_at = NULL,
            error_code = NULL,
            error_detail = NULL,
            version = version + 1,
            updated_at = clock_timestamp()
        WHERE id = $1
            AND ($2::integer IS NULL OR run = $2)
            AND (status = 'QUEUED'
                OR (status = 'PROCESSING' AND lease_expires_at < clock_timestamp())
                OR (status = 'FAILED' AND attempts_made < $5))
        RETURNING claims",
        id.as_uuid(),
        run,
        token,
        ttl.as_secs_f64(),
        attempts_made,
    )
    .fetch_optional(pool)
    .await?;
    if let Some(claims) = claims {
        return Ok(Claim::Claimed {
            lease: Lease { id, token },
            claims,
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

/// Gives a submission back to the queue. `hand_back` says that the worker stops in good order, which does not count
/// as a claim: only claims that died may add up to a crash loop.
///
/// # Errors
/// [`Error::LeaseLost`] when it is not ours any more.
pub async fn release(db: impl PgExecutor<'_>, lease: Lease, hand_back: bool) -> Result<()> {
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
            claims = CASE WHEN $3 THEN greatest(claims - 1, 0) ELSE claims END,
            version = version + 1,
            updated_at = clock_timestamp()
        WHERE id = $1 AND lease_token = $2",
        lease.id.as_uuid(),
        lease.token,
        hand_back,
    )
    .execute(db)
    .await?;
    held(done.rows_affected())
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

/// Ends a submission as FAILED. A stage that was interrupted last ends with it; one that was given up is left for a retry.
///
/// # Errors
/// [`Error::LeaseLost`] when it is not ours any more.
pub async fn fail(db: impl PgExecutor<'_>, lease: Lease, code: &str, detail: &str) -> Result<()> {
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
            finished_at = clock_timestamp(),
            version = version + 1,
            updated_at = clock_timestamp()
        WHERE id = $1 AND lease_token = $2",
        lease.id.as_uuid(),
        lease.token,
        code,
        detail,
    )
    .execute(db)
    .await?;
    held(done.rows_affected())
}

/// A submission that may have lost its job.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// Its id.
    pub id: SubmissionId,
    /// Its current run.
    pub run: i32,
    /// Its version when it was looked at.
    pub version: i64,
}

/// Submissions unchanged for `age` that are queued, or processing with a lapsed lease; oldest first, at most `limit`.
///
/// # Errors
/// [`Error`].
pub async fn stale(db: impl PgExecutor<'_>, age: Duration, limit: i64) -> Result<Vec<Candidate>> {
    let rows = sqlx::query_as!(
        Candidate,
        r#"-- submissions.stale
        SELECT id AS "id: SubmissionId", run, version
        FROM submissions
        WHERE status IN ('QUEUED', 'PROCESSING')
            AND updated_at < clock_timestamp() - make_interval(secs => $1)
            AND (status = 'QUEUED' OR lease_expires_at < clock_timestamp())
        ORDER BY updated_at
        LIMIT $2"#,
        age.as_secs_f64(),
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// Sets a stale submission back to QUEUED, unless it changed since it was looked at.
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

/// What became of a wish to run a submission again.
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

/// Queues an ended submission as a new run. What is completed is kept, unless it is to begin `from_start`; a COMPLETED one
/// is run again from the start only. Of two at once one starts the run and the other is refused.
///
/// # Errors
/// [`Error`].
pub async fn retry(pool: &sqlx::PgPool, id: SubmissionId, from_start: bool) -> Result<Retry> {
    let mut transaction = pool.begin().await?;
    let started = sqlx::query!(
        "-- submissions.retry
        UPDATE submissions
        SET status = 'QUEUED',
            run = run + 1,
            claims = 0,
            attempts_made = 0,
            error_code = NULL,
            error_detail = NULL,
            queued_at = clock_timestamp(),
            started_at = NULL,
            finished_at = NULL,
            version = version + 1,
            updated_at = clock_timestamp()
        WHERE id = $1 AND (status IN ('FAILED', 'CANCELLED') OR (status = 'COMPLETED' AND $2))
        RETURNING run, version",
        id.as_uuid(),
        from_start,
    )
    .fetch_optional(&mut *transaction)
    .await?;
    let Some(started) = started else {
        let found = find(&mut *transaction, id).await?;
        return Ok(found.map_or(Retry::Missing, |row| Retry::Refused(row.status)));
    };
    sqlx::query!(
        "-- submissions.retry.stages
        UPDATE stages
        SET state = 'PENDING', started_at = NULL, finished_at = NULL, model = NULL, usage = NULL, calls = 0,
            result = NULL, error_code = NULL, error_detail = NULL, raw_answer = NULL
        WHERE submission_id = $1 AND ($2 OR state NOT IN ('COMPLETED', 'SKIPPED'))",
        id.as_uuid(),
        from_start,
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(Retry::Queued {
        run: started.run,
        version: started.version,
    })
}

/// Ends a submission that waits or is worked on as CANCELLED; its lease, if there is one, ends with it.
///
/// Answers its run and version; `None` when it has ended already or is not there.
///
/// # Errors
/// [`Error`].
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

/// A submission that was deleted.
#[derive(Clone, Copy, Debug)]
pub struct Deleted {
    /// Its id.
    pub id: SubmissionId,
    /// Its last run.
    pub run: i32,
    /// What it was doing.
    pub status: Status,
}

/// Deletes a submission with its images and stages, also while it is worked on: its lease ends with it.
///
/// # Errors
/// [`Error`].
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

/// Deletes every submission.
///
/// # Errors
/// [`Error`].
pub async fn delete_all(db: impl PgExecutor<'_>) -> Result<Vec<Deleted>> {
    let rows = sqlx::query_as!(
        Deleted,
        r#"-- submissions.delete_all
        DELETE FROM submissions
        RETURNING id AS "id: SubmissionId", run, status AS "status: Status""#,
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
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

/// Deletes submissions that ended longer ago than `age`; answers how many.
///
/// # Errors
/// [`Error`].
pub async fn delete_older(db: impl PgExecutor<'_>, age: Age) -> Result<u64> {
    let done = sqlx::query!(
        "-- submissions.delete_older
        DELETE FROM submissions
        WHERE status IN ('COMPLETED', 'FAILED', 'CANCELLED')
            AND finished_at < clock_timestamp()
                - make_interval(months => $1, days => $2, hours => $3, mins => $4)",
        age.months,
        age.days,
        age.hours,
        age.minutes,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// Stores a new, queued submission with the content and the images of an old one; `false` when there is no old one.
///
/// # Errors
/// [`Error`].
pub async fn copy(
    db: &mut sqlx::PgConnection,
    from: SubmissionId,
    to: SubmissionId,
    owner_token_hash: &[u8; 32],
    request_id: Option<&str>,
) -> Result<bool> {
    let done = sqlx::query!(
        "-- submissions.copy
        INSERT INTO submissions
            (id, text, code, language, verdict, failing_input, answer_language, image_count, visitor_id,
             owner_token_hash, request_id, regenerated_from)
        SELECT $2, text, code, language, verdict, failing_input, answer_language, image_count, visitor_id, $3, $4, $1
        FROM submissions
        WHERE id = $1",
        from.as_uuid(),
        to.as_uuid(),
        &owner_token_hash[..],
        request_id,
    )
    .execute(&mut *db)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query!(
        "-- submissions.copy.images
        INSERT INTO images (submission_id, position, media_type, width, height, bytes)
        SELECT $2, position, media_type, width, height, bytes
        FROM images
        WHERE submission_id = $1",
        from.as_uuid(),
        to.as_uuid(),
    )
    .execute(&mut *db)
    .await?;
    super::stages::insert_all(&mut *db, to).await?;
    Ok(true)
}

/// Who may retry and cancel a submission, beside the admin.
#[derive(Clone, Debug)]
pub struct Owner {
    /// The visitor who submitted it.
    pub visitor_id: Option<Uuid>,
    /// SHA-256 of the owner's token.
    pub owner_token_hash: Option<Vec<u8>>,
}

/// The owner of a submission.
///
/// # Errors
/// [`Error`].
pub async fn owner(db: impl PgExecutor<'_>, id: SubmissionId) -> Result<Option<Owner>> {
    let row = sqlx::query_as!(
        Owner,
        "-- submissions.owner
        SELECT visitor_id, owner_token_hash
        FROM submissions
        WHERE id = $1",
        id.as_uuid(),
    )
    .fetch_optional(db)
    .await?;
    Ok(row)
}

/// Where a submission and its stages are, without what was submitted and found.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Where it is.
    pub status: Status,
    /// Number of the run.
    pub run: i32,
    /// Rises with each change.
    pub version: i64,
    /// Title of the problem, once it is known.
    pub title: String,
    /// Why it failed, as a code.
    pub error_code: Option<String>,
    /// Why it failed, in words.
    pub error_detail: Option<String>,
}

/// The progress of a submission.
///
/// # Errors
/// [`Error`].
pub async fn progress(db: impl PgExecutor<'_>, id: SubmissionId) -> Result<Option<Progress>> {
    let row = sqlx::query_as!(
        Progress,
        r#"-- submissions.progress
        SELECT status AS "status: Status", run, version, title, error_code, error_detail
        FROM submissions
        WHERE id = $1"#,
        id.as_uuid(),
    )
    .fetch_optional(db)
    .await?;
    Ok(row)
}
