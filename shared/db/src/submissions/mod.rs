//! Table `submissions`: the content of each, its progress, and the holder of its lease.

mod findings;
mod history;
mod leases;
mod removal;
mod runs;
mod search;
mod stored;
mod sweep;

use chrono::{DateTime, Utc};
use sqlx::{PgExecutor, types::Json};
use uuid::Uuid;

use super::{Result, stages::Stage, webhooks::Callback};
use domain::{AnswerLanguage, GivenSample, Status, SubmissionId, Verdict, VisitorId};

pub(crate) use findings::Findings;
pub use findings::fill_in;
pub use history::{Filter, Hit, HitField, Listed, languages, list};
pub use leases::{Claim, Lease, Release, claim, complete, defer, fail, release, renew, waits};
pub use removal::{
    Age, Cleared, Deleted, count_older, counts, delete, delete_all, delete_older, delete_some,
    delete_these,
};
pub use runs::{Disputed, Retry, cancel, disputed, retry, retry_failed, settle};
pub use stored::{Failed, Running, Selection, Stored, failed, running, stored, titles};
pub use sweep::{Candidate, lock_sweeper, requeue, stale};

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
    /// The judge's verdict.
    pub verdict: Option<Verdict>,
    /// The input that fails.
    pub failing_input: Option<String>,
    /// Inputs with their outputs.
    pub samples: Vec<GivenSample>,
    /// Processor time of a run, in milliseconds.
    pub time_limit_ms: Option<i32>,
    /// Memory of a run, in MiB.
    pub memory_limit_mb: Option<i32>,
    /// A program that is right, to compare with.
    pub reference_code: Option<String>,
    /// Language of the analysis.
    pub answer_language: AnswerLanguage,
    /// Number of images stored with it.
    pub image_count: i16,
    /// The visitor who submitted it.
    pub visitor: Option<VisitorId>,
    /// SHA-256 of the owner's token.
    pub owner_token_hash: [u8; 32],
    /// Whether the admin submitted it, so that the day's budget does not hold it up.
    pub is_unlimited: bool,
    /// Id of the request that made it, for the logs.
    pub request_id: Option<String>,
    /// The span that its job continues.
    pub traceparent: Option<String>,
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
    /// The judge's verdict.
    pub verdict: Option<Verdict>,
    /// The input that fails.
    pub failing_input: Option<String>,
    /// Inputs with their outputs, as the user gave them.
    pub samples: Json<Vec<GivenSample>>,
    /// Inputs on which references disagreed, with the outputs that the user says are right.
    pub settled: Json<Vec<GivenSample>>,
    /// Processor time of a run, in milliseconds.
    pub time_limit_ms: Option<i32>,
    /// Memory of a run, in MiB.
    pub memory_limit_mb: Option<i32>,
    /// A program that is right, to compare with; no model sees it.
    pub reference_code: Option<String>,
    /// Language of the analysis.
    pub answer_language: AnswerLanguage,
    /// Number of images.
    pub image_count: i16,
    /// The visitor who submitted it.
    pub visitor_id: Option<Uuid>,
    /// SHA-256 of the owner's token.
    pub owner_token_hash: Option<Vec<u8>>,
    /// Id of the request that made it.
    pub request_id: Option<String>,
    /// Why it failed, as a code.
    pub error_code: Option<String>,
    /// Why it failed, in words.
    pub error_detail: Option<String>,
    /// When the endpoint may take it again, if it asked to wait.
    pub retry_at: Option<DateTime<Utc>>,
    /// Whether it helped, as its owner says.
    pub helpful: Option<bool>,
    /// When it was submitted.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When somebody asked for the current run.
    pub queued_at: DateTime<Utc>,
    /// When a worker first took it in the current run.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// Whether its texts are in their own table. A stage of such a submission may have no row before it begins.
    pub has_contents: bool,
    /// Claims of its run.
    pub claims: i32,
    /// Whether the admin asked for this run, which the day's budget does not hold up.
    pub is_unlimited: bool,
    /// The span that the work on it continues.
    pub traceparent: Option<String>,
    /// Its stages, as they were at the same moment: a client that hangs up must not leave a transaction behind, so that they are
    /// read in one statement.
    pub stages: Json<Vec<Stage>>,
    /// How far telling of its end is, if somebody is told.
    pub callback: Option<Json<Callback>>,
}

/// Stores a new submission as QUEUED. It has no stages until they begin.
///
/// # Errors
/// [`crate::Error`], a constraint's among them.
pub async fn insert(db: impl PgExecutor<'_>, new: &NewSubmission) -> Result<()> {
    sqlx::query!(
        "-- submissions.insert
        WITH made AS (
            INSERT INTO submissions
                (id, language, verdict, answer_language, image_count, visitor_id, owner_token_hash, request_id, traceparent,
                 time_limit_ms, memory_limit_mb, language_tag, is_unlimited, has_contents)
            VALUES ($1, $4, $5, $7, $8, $9, $10, $11, $12, $14, $15, $17, $18, true)
            RETURNING id
        )
        INSERT INTO contents (submission_id, text, code, failing_input, samples, reference_code)
        SELECT id, $2, $3, $6, $13, $16 FROM made",
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
        new.traceparent,
        (!new.samples.is_empty()).then_some(Json(&new.samples)) as _,
        new.time_limit_ms,
        new.memory_limit_mb,
        new.reference_code,
        domain::language::language(new.language.as_deref().unwrap_or_default()).tag,
        new.is_unlimited,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The number of submissions that are queued; `most` where there are more.
///
/// # Errors
/// [`crate::Error`].
pub async fn count_queued(db: impl PgExecutor<'_>, most: i64) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"-- submissions.count_queued
        SELECT count(*) AS "count!"
        FROM (SELECT 1 FROM submissions WHERE status = 'QUEUED' LIMIT $1) queued"#,
        most,
    )
    .fetch_one(db)
    .await?;
    Ok(count)
}

/// Submissions that have not ended.
#[derive(Clone, Copy, Debug)]
pub struct Unfinished {
    /// Those that wait.
    pub queued: i64,
    /// Those that are being worked on.
    pub processing: i64,
    /// Time since the one that waits longest was queued, but for those that wait for the next day; 0 if none waits.
    pub oldest_queued_seconds: f64,
}

/// Counts the submissions that have not ended.
///
/// # Errors
/// [`crate::Error`].
pub async fn unfinished(db: impl PgExecutor<'_>) -> Result<Unfinished> {
    let row = sqlx::query_as!(
        Unfinished,
        r#"-- submissions.unfinished
        SELECT count(*) FILTER (WHERE status = 'QUEUED') AS "queued!",
            count(*) FILTER (WHERE status = 'PROCESSING') AS "processing!",
            COALESCE(extract(epoch FROM clock_timestamp() - min(queued_at)
                    FILTER (WHERE status = 'QUEUED' AND COALESCE(deferred_until <= clock_timestamp(), true))), 0)::float8
                AS "oldest_queued_seconds!"
        FROM submissions
        WHERE status IN ('QUEUED', 'PROCESSING')"#,
    )
    .fetch_one(db)
    .await?;
    Ok(row)
}

/// The submission of this id.
///
/// # Errors
/// [`crate::Error`].
pub async fn find(db: impl PgExecutor<'_>, id: SubmissionId) -> Result<Option<Submission>> {
    let row = sqlx::query_as!(
        Submission,
        r#"-- submissions.find
        SELECT id AS "id: SubmissionId", status AS "status: Status", run, version, title,
            -- A row of an older version has its texts itself until it is moved.
            COALESCE(contents.text, submissions.text) AS "text!",
            COALESCE(contents.code, submissions.code) AS code,
            COALESCE(contents.failing_input, submissions.failing_input) AS failing_input,
            COALESCE(contents.samples, submissions.samples, '[]') AS "samples!: Json<Vec<GivenSample>>",
            COALESCE(contents.reference_code, submissions.reference_code) AS reference_code,
            settled AS "settled: Json<Vec<GivenSample>>", language, verdict AS "verdict: Verdict",
            time_limit_ms, memory_limit_mb, answer_language AS "answer_language: AnswerLanguage", image_count,
            visitor_id, owner_token_hash, request_id, error_code, error_detail, retry_at, helpful,
            created_at, updated_at, queued_at, started_at, finished_at, has_contents, claims, is_unlimited, traceparent,
            (SELECT COALESCE(jsonb_agg(to_jsonb(stages) - 'raw_answer'), '[]') FROM stages WHERE submission_id = $1)
                AS "stages!: Json<Vec<Stage>>",
            (SELECT to_jsonb(webhooks) - 'url' FROM webhooks WHERE submission_id = $1) AS "callback: Json<Callback>"
        FROM submissions
        LEFT JOIN contents ON contents.submission_id = $1
        WHERE id = $1"#,
        id.as_uuid(),
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(Submission::with_all_stages))
}

impl Submission {
    /// A stage has a row from its beginning on; the others wait.
    pub(crate) fn with_all_stages(mut self) -> Self {
        if self.has_contents && self.status != Status::Completed {
            super::stages::add_waiting(&mut self.stages.0, |stage| stage.stage, Stage::waiting);
        }
        self
    }
}

/// Keeps whether the result helped, as the owner says; `false` if there is no result. No viewer waits for that, so that the version
/// stays.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_helpful(db: impl PgExecutor<'_>, id: SubmissionId, helpful: bool) -> Result<bool> {
    let done = sqlx::query!(
        "-- submissions.set_helpful
        UPDATE submissions SET helpful = $2 WHERE id = $1 AND status = 'COMPLETED'",
        id.as_uuid(),
        helpful,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Median time of the newest `count` runs that completed, in seconds; `None` if none did.
///
/// # Errors
/// [`crate::Error`].
pub async fn usual_seconds(db: impl PgExecutor<'_>, count: i64) -> Result<Option<f64>> {
    let median = sqlx::query_scalar!(
        "-- submissions.usual_seconds
        SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - started_at))
        FROM (
            SELECT started_at, finished_at FROM submissions WHERE status = 'COMPLETED' ORDER BY id DESC LIMIT $1
        ) AS newest",
        count,
    )
    .fetch_one(db)
    .await?;
    Ok(median)
}

/// Stores a new, queued submission, which no budget holds up, with the content and the images of an old one; `false` when there is no old one.
///
/// # Errors
/// [`crate::Error`].
pub async fn copy(
    db: &mut sqlx::PgConnection,
    from: SubmissionId,
    to: SubmissionId,
    owner_token_hash: &[u8; 32],
    request_id: Option<&str>,
    traceparent: Option<&str>,
) -> Result<bool> {
    let done = sqlx::query!(
        "-- submissions.copy
        WITH made AS (
            INSERT INTO submissions
                (id, language, verdict, answer_language, image_count, visitor_id, owner_token_hash, request_id, traceparent,
                 regenerated_from, time_limit_ms, memory_limit_mb, language_tag, is_unlimited, has_contents)
            SELECT $2, language, verdict, answer_language, image_count, visitor_id, $3, $4, $5,
                $1, time_limit_ms, memory_limit_mb, language_tag, true, true
            FROM submissions
            WHERE id = $1
            RETURNING id
        )
        INSERT INTO contents (submission_id, text, code, failing_input, samples, reference_code)
        SELECT made.id, COALESCE(contents.text, old.text), COALESCE(contents.code, old.code),
            COALESCE(contents.failing_input, old.failing_input), COALESCE(contents.samples, old.samples),
            COALESCE(contents.reference_code, old.reference_code)
        FROM made
        JOIN submissions old ON old.id = $1
        LEFT JOIN contents ON contents.submission_id = $1",
        from.as_uuid(),
        to.as_uuid(),
        &owner_token_hash[..],
        request_id,
        traceparent,
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
    Ok(true)
}

/// The visitor and the token that may retry and cancel a submission, beside the admin.
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
/// [`crate::Error`].
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

/// The progress of a submission and its stages, without their contents.
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
    /// When it was submitted.
    pub created_at: DateTime<Utc>,
    /// Why it failed, as a code.
    pub error_code: Option<String>,
    /// Why it failed, in words.
    pub error_detail: Option<String>,
    /// Whether its texts are in their own table. A stage of such a submission may have no row before it begins.
    pub has_contents: bool,
    /// Its stages, as they were at the same moment.
    pub stages: Json<Vec<super::stages::Progress>>,
}

/// The progress of a submission.
///
/// # Errors
/// [`crate::Error`].
pub async fn progress(db: impl PgExecutor<'_>, id: SubmissionId) -> Result<Option<Progress>> {
    let row = sqlx::query_as!(
        Progress,
        r#"-- submissions.progress
        SELECT status AS "status: Status", run, version, title, created_at, error_code, error_detail, has_contents,
            (SELECT COALESCE(jsonb_agg(jsonb_build_object('stage', stage, 'state', state, 'started_at', stages.started_at,
                    'finished_at', stages.finished_at, 'model', model, 'usage', usage, 'calls', calls)), '[]')
                FROM stages WHERE submission_id = $1)
                AS "stages!: Json<Vec<super::stages::Progress>>"
        FROM submissions
        WHERE id = $1"#,
        id.as_uuid(),
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|mut row: Progress| {
        if row.has_contents && row.status != Status::Completed {
            super::stages::add_waiting(
                &mut row.stages.0,
                |stage| stage.stage,
                super::stages::Progress::waiting,
            );
        }
        row
    }))
}
