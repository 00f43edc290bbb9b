//! Table `stages`: one row per submission and stage.
//!
//! The lease fences every write, which raises the submission's version in the same statement.

use chrono::{DateTime, Utc};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use sqlx::{PgExecutor, types::Json};

use super::{
    Result, held,
    submissions::{Findings, Lease},
};
use domain::{FailureCode, FixStatus, StageName, StageState, SubmissionId, Usage};

/// A stored stage.
#[derive(Clone, Debug, Deserialize)]
pub struct Stage {
    /// Which one.
    pub stage: StageName,
    /// Where it is.
    pub state: StageState,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// The model that answered, as the endpoint names it.
    pub model: Option<String>,
    /// Tokens over all calls.
    pub usage: Option<Json<Usage>>,
    /// Calls to the model.
    pub calls: i32,
    pub result: Option<Value>,
    /// Why it failed, as a code.
    pub error_code: Option<String>,
    /// Why it failed, in words.
    pub error_detail: Option<String>,
}

impl Stage {
    /// Its result, if it is completed. A result that an older version stored in another form counts as none, and is made again.
    #[must_use]
    pub fn completed<T: DeserializeOwned>(&self) -> Option<T> {
        let result = self.result.clone()?;
        (self.state == StageState::Completed)
            .then(|| serde_json::from_value(result).ok())
            .flatten()
    }
}

/// The answers of the model that could not be used, by the stages of a submission: for its owner's eyes alone.
///
/// # Errors
/// [`super::Error`].
pub async fn raw_answers(
    db: impl PgExecutor<'_>,
    id: SubmissionId,
) -> Result<Vec<(StageName, String)>> {
    let rows = sqlx::query!(
        r#"-- stages.raw_answers
        SELECT stage AS "stage: StageName", raw_answer AS "raw_answer!"
        FROM stages
        WHERE submission_id = $1 AND raw_answer IS NOT NULL"#,
        id.as_uuid(),
    )
    .fetch_all(db)
    .await?;
    let rows = rows.into_iter();
    Ok(rows.map(|row| (row.stage, row.raw_answer)).collect())
}

/// Makes the rows of a new submission.
///
/// # Errors
/// [`super::Error`].
pub async fn insert_all(db: impl PgExecutor<'_>, id: SubmissionId) -> Result<()> {
    sqlx::query!(
        "-- stages.insert_all
        INSERT INTO stages (submission_id, stage)
        VALUES ($1, 'problem'), ($1, 'code'), ($1, 'hunt'), ($1, 'analysis'), ($1, 'verification')",
        id.as_uuid(),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The stages of a submission.
///
/// # Errors
/// [`super::Error`].
pub async fn list(db: impl PgExecutor<'_>, id: SubmissionId) -> Result<Vec<Stage>> {
    let rows = sqlx::query_as!(
        Stage,
        r#"-- stages.list
        SELECT stage AS "stage: StageName", state AS "state: StageState", started_at, finished_at, model,
            usage AS "usage: Json<Usage>", calls, result, error_code, error_detail
        FROM stages
        WHERE submission_id = $1"#,
        id.as_uuid(),
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// Sets a stage RUNNING. A hunt and a verification keep what they have shown so far; their rows are made for a submission that is
/// older than these stages.
///
/// # Errors
/// [`super::Error::LeaseLost`] when the lease is not ours any more.
pub async fn start(db: impl PgExecutor<'_>, lease: Lease, stage: StageName) -> Result<()> {
    let done = sqlx::query!(
        "-- stages.start
        WITH lease AS (
            UPDATE submissions
            SET version = version + 1, updated_at = clock_timestamp()
            WHERE id = $1 AND lease_token = $2
            RETURNING id
        )
        INSERT INTO stages (submission_id, stage, state, started_at)
        SELECT lease.id, $3, 'RUNNING', clock_timestamp() FROM lease
        ON CONFLICT (submission_id, stage) DO UPDATE
        SET state = 'RUNNING',
            result = CASE WHEN stages.stage IN ('hunt', 'verification') THEN stages.result END,
            started_at = clock_timestamp(),
            finished_at = NULL,
            error_code = NULL,
            error_detail = NULL,
            raw_answer = NULL",
        lease.id.as_uuid(),
        lease.token,
        stage.as_str(),
    )
    .execute(db)
    .await?;
    held(done.rows_affected())
}

/// Counts a call to the model before it is made, so that not even a killed worker loses count, and keeps the `usage` of
/// those before it; answers the new count.
///
/// # Errors
/// [`super::Error::LeaseLost`] when the lease is not ours any more: the call must not be made.
pub async fn count_call(
    db: impl PgExecutor<'_>,
    lease: Lease,
    stage: StageName,
    usage: &Usage,
) -> Result<i32> {
    let calls = sqlx::query_scalar!(
        "-- stages.count_call
        WITH lease AS (
            UPDATE submissions
            SET version = version + 1, updated_at = clock_timestamp()
            WHERE id = $1 AND lease_token = $2
            RETURNING id
        )
        UPDATE stages
        SET calls = calls + 1, usage = $4
        FROM lease
        WHERE submission_id = lease.id AND stage = $3
        RETURNING calls",
        lease.id.as_uuid(),
        lease.token,
        stage.as_str(),
        Json(usage) as _,
    )
    .fetch_optional(db)
    .await?;
    calls.ok_or(super::Error::LeaseLost)
}

/// Stores the result of a RUNNING stage as far as it goes.
///
/// # Errors
/// [`super::Error::LeaseLost`] when the lease is not ours any more.
pub async fn store_partial(
    db: impl PgExecutor<'_>,
    lease: Lease,
    stage: StageName,
    result: &Value,
) -> Result<()> {
    let done = sqlx::query!(
        "-- stages.store_partial
        WITH lease AS (
            UPDATE submissions
            SET version = version + 1, updated_at = clock_timestamp()
            WHERE id = $1 AND lease_token = $2
            RETURNING id
        )
        UPDATE stages
        SET result = $4
        FROM lease
        WHERE submission_id = lease.id AND stage = $3 AND state = 'RUNNING'",
        lease.id.as_uuid(),
        lease.token,
        stage.as_str(),
        result,
    )
    .execute(db)
    .await?;
    held(done.rows_affected())
}

/// How a stage ended.
#[derive(Clone, Debug)]
pub enum Ending<'a> {
    /// With a result.
    Completed {
        /// The model that answered, if one was asked.
        model: Option<&'a str>,
        /// A JSON object.
        result: &'a Value,
    },
    /// Without the result that was wanted.
    Failed {
        /// Why, as a code.
        code: FailureCode,
        /// Why, in words.
        detail: &'a str,
        /// The answer that could not be used.
        raw_answer: Option<&'a str>,
        /// A JSON object with what is of use when it is tried again.
        result: Option<&'a Value>,
    },
    /// Without a result; it is to be tried again.
    Interrupted {
        /// Why, as a code.
        code: FailureCode,
        /// Why, in words.
        detail: &'a str,
    },
    /// There is nothing to do.
    Skipped,
}

/// Ends a stage; `usage` is what it used over all its calls so far.
///
/// # Errors
/// [`super::Error::LeaseLost`] when the lease is not ours any more.
pub async fn finish(
    db: impl PgExecutor<'_>,
    lease: Lease,
    stage: StageName,
    usage: &Usage,
    ending: Ending<'_>,
) -> Result<()> {
    let (state, model, result, code, detail, raw) = match &ending {
        Ending::Completed { model, result } => (
            StageState::Completed,
            *model,
            Some(*result),
            None,
            None,
            None,
        ),
        Ending::Failed {
            code,
            detail,
            raw_answer,
            result,
        } => (
            StageState::Failed,
            None,
            *result,
            Some(code.as_str()),
            Some(*detail),
            *raw_answer,
        ),
        Ending::Interrupted { code, detail } => (
            StageState::Pending,
            None,
            None,
            Some(code.as_str()),
            Some(*detail),
            None,
        ),
        Ending::Skipped => (StageState::Skipped, None, None, None, None, None),
    };
    let found = Findings::of(stage, result);
    let done = sqlx::query!(
        "-- stages.finish
        WITH lease AS (
            UPDATE submissions
            SET version = version + 1,
                updated_at = clock_timestamp(),
                bugs = CASE WHEN $11 THEN $12 ELSE bugs END,
                category = CASE WHEN $11 THEN $13 ELSE category END,
                fix_status = CASE WHEN $14 THEN $15 ELSE fix_status END,
                found_language = COALESCE($16, found_language),
                language_tag = COALESCE($17, language_tag)
            WHERE id = $1 AND lease_token = $2
            RETURNING id
        )
        INSERT INTO stages (submission_id, stage, state, finished_at, model, usage, result, error_code, error_detail, raw_answer)
        SELECT lease.id, $3, $4, CASE WHEN $4 = 'PENDING' THEN NULL ELSE clock_timestamp() END, $5, $6, $7, $8, $9, $10
        FROM lease
        ON CONFLICT (submission_id, stage) DO UPDATE
        SET state = excluded.state,
            finished_at = excluded.finished_at,
            model = COALESCE(excluded.model, stages.model),
            usage = excluded.usage,
            result = excluded.result,
            error_code = excluded.error_code,
            error_detail = excluded.error_detail,
            raw_answer = excluded.raw_answer",
        lease.id.as_uuid(),
        lease.token,
        stage.as_str(),
        state.as_str(),
        model,
        Json(usage) as _,
        result,
        code,
        detail,
        raw,
        found.has_bugs,
        found.bugs,
        found.category,
        found.has_worth,
        found.fix_status.map(FixStatus::as_str),
        found.language,
        found.tag,
    )
    .execute(db)
    .await?;
    held(done.rows_affected())
}

/// A stage without what it found.
#[derive(Clone, Debug, Deserialize)]
pub struct Progress {
    /// Which one.
    pub stage: StageName,
    /// Where it is.
    pub state: StageState,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// The model that answered.
    pub model: Option<String>,
    /// Tokens over all calls.
    pub usage: Option<Json<Usage>>,
    /// Calls to the model.
    pub calls: i32,
}
