//! Table `stages`: one row per submission and stage.
//!
//! The lease fences every write, which raises the submission's version in the same statement.

use chrono::{DateTime, Utc};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use sqlx::{PgExecutor, types::Json};

use super::{
    Result, held, spending,
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
    /// One that has not begun.
    pub(crate) const fn waiting(stage: StageName) -> Self {
        Self {
            stage,
            state: StageState::Pending,
            started_at: None,
            finished_at: None,
            model: None,
            usage: None,
            calls: 0,
            result: None,
            error_code: None,
            error_detail: None,
        }
    }

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

/// Adds the stages that have not begun, which have no row.
pub(crate) fn add_waiting<T>(
    stages: &mut Vec<T>,
    name: impl Fn(&T) -> StageName,
    waiting: impl Fn(StageName) -> T,
) {
    for stage in StageName::ALL.iter().copied() {
        if !stages.iter().any(|row| name(row) == stage) {
            stages.push(waiting(stage));
        }
    }
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

/// Sets a stage RUNNING and counts the `calls` to the model that follow at once, as [`count_call`] does; answers the new count. A hunt
/// and a verification keep what they have shown so far.
///
/// # Errors
/// [`super::Error::LeaseLost`] when the lease is not ours any more.
pub async fn start(
    db: impl PgExecutor<'_>,
    lease: Lease,
    stage: StageName,
    calls: i32,
) -> Result<i32> {
    let calls = sqlx::query_scalar!(
        "-- stages.start
        WITH lease AS (
            UPDATE submissions
            SET version = version + 1, updated_at = clock_timestamp()
            WHERE id = $1 AND lease_token = $2
            RETURNING id
        )
        INSERT INTO stages (submission_id, stage, state, started_at, calls)
        SELECT lease.id, $3, 'RUNNING', clock_timestamp(), $4 FROM lease
        ON CONFLICT (submission_id, stage) DO UPDATE
        SET state = 'RUNNING',
            calls = stages.calls + excluded.calls,
            result = CASE WHEN stages.stage IN ('hunt', 'verification') THEN stages.result END,
            started_at = clock_timestamp(),
            finished_at = NULL,
            error_code = NULL,
            error_detail = NULL,
            raw_answer = NULL
        RETURNING calls",
        lease.id.as_uuid(),
        lease.token,
        stage.as_str(),
        calls,
    )
    .fetch_optional(db)
    .await?;
    calls.ok_or(super::Error::LeaseLost)
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

/// Takes back the call that the beginning of a stage counted and that was not made.
///
/// # Errors
/// [`super::Error::LeaseLost`] when the lease is not ours any more.
pub async fn uncount_call(db: impl PgExecutor<'_>, lease: Lease, stage: StageName) -> Result<()> {
    let done = sqlx::query!(
        "-- stages.uncount_call
        UPDATE stages
        SET calls = greatest(calls - 1, 0)
        FROM submissions
        WHERE submission_id = $1 AND stage = $3 AND id = $1 AND lease_token = $2",
        lease.id.as_uuid(),
        lease.token,
        stage.as_str(),
    )
    .execute(db)
    .await?;
    held(done.rows_affected())
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

impl<'a> Ending<'a> {
    /// Its columns: state, model, result, code, detail and raw answer of an error.
    fn columns(&self) -> Columns<'a> {
        let none = Columns {
            state: StageState::Skipped,
            model: None,
            result: None,
            code: None,
            detail: None,
            raw_answer: None,
        };
        match *self {
            Self::Completed { model, result } => Columns {
                state: StageState::Completed,
                model,
                result: Some(result),
                ..none
            },
            Self::Failed {
                code,
                detail,
                raw_answer,
                result,
            } => Columns {
                state: StageState::Failed,
                result,
                code: Some(code.as_str()),
                detail: Some(detail),
                raw_answer,
                ..none
            },
            Self::Interrupted { code, detail } => Columns {
                state: StageState::Pending,
                code: Some(code.as_str()),
                detail: Some(detail),
                ..none
            },
            Self::Skipped => none,
        }
    }
}

struct Columns<'a> {
    state: StageState,
    model: Option<&'a str>,
    result: Option<&'a Value>,
    code: Option<&'static str>,
    detail: Option<&'a str>,
    raw_answer: Option<&'a str>,
}

/// Ends a stage; `usage` is what it used over all its calls so far, and `spent` what is to be added to the tokens of the day, which
/// are added even when the lease is lost.
///
/// # Errors
/// [`super::Error::LeaseLost`] when the lease is not ours any more.
pub async fn finish(
    db: impl PgExecutor<'_>,
    lease: Lease,
    stage: StageName,
    usage: &Usage,
    spent: Option<&Usage>,
    ending: Ending<'_>,
) -> Result<()> {
    let columns = ending.columns();
    let found = Findings::of(stage, columns.result);
    let done = sqlx::query!(
        "-- stages.finish
        WITH lease AS (
            UPDATE submissions
            SET version = version + 1,
                updated_at = clock_timestamp(),
                title = COALESCE($18, title),
                bugs = CASE WHEN $11 THEN $12 ELSE bugs END,
                category = CASE WHEN $11 THEN $13 ELSE category END,
                fix_status = CASE WHEN $14 THEN $15 ELSE fix_status END,
                found_language = COALESCE($16, found_language),
                language_tag = COALESCE($17, language_tag)
            WHERE id = $1 AND lease_token = $2
            RETURNING id
        ),
        spent AS (
            INSERT INTO spending (day, prompt_tokens, completion_tokens, cost)
            SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date, $19, $20, $21
            WHERE $19::bigint IS NOT NULL
            ON CONFLICT (day) DO UPDATE
            SET prompt_tokens = spending.prompt_tokens + excluded.prompt_tokens,
                completion_tokens = spending.completion_tokens + excluded.completion_tokens,
                cost = CASE WHEN excluded.cost IS NULL THEN spending.cost
                    ELSE COALESCE(spending.cost, 0) + excluded.cost END
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
        columns.state.as_str(),
        columns.model,
        Json(usage) as _,
        columns.result,
        columns.code,
        columns.detail,
        columns.raw_answer,
        found.has_bugs,
        found.bugs,
        found.category,
        found.has_worth,
        found.fix_status.map(FixStatus::as_str),
        found.language,
        found.tag,
        found.title,
        spent.map(|spent| spending::tokens(spent.prompt_tokens)),
        spent.map(|spent| spending::tokens(spent.completion_tokens)),
        spent.and_then(|spent| spent.cost),
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

impl Progress {
    /// Of a stage that has not begun.
    pub(crate) const fn waiting(stage: StageName) -> Self {
        Self {
            stage,
            state: StageState::Pending,
            started_at: None,
            finished_at: None,
            model: None,
            usage: None,
            calls: 0,
        }
    }
}
