//! Submissions as the admin lists them: to delete some, to see which run, and which failed.

use chrono::{DateTime, Utc};
use sqlx::{PgExecutor, PgPool};
use uuid::Uuid;

use super::{super::Result, Filter, search};
use domain::{StageName, Status, SubmissionId, Verdict};

/// Selects stored submissions.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only in this status.
    pub status: Option<Status>,
    /// Only where title, text or code contains this.
    pub search: Option<String>,
    /// Only those older than this one.
    pub before: Option<SubmissionId>,
}

/// A stored submission as a line.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its id.
    pub id: SubmissionId,
    /// Where it is.
    pub status: Status,
    /// Title of the problem, or the beginning of the submitted text.
    pub title: String,
    /// Programming language as the user named it.
    pub language: Option<String>,
    /// The judge's verdict.
    pub verdict: Option<Verdict>,
    /// When it was submitted.
    pub created_at: DateTime<Utc>,
    /// Bytes of its texts, its images and its results.
    pub bytes: i64,
}

/// The newest selected submissions, at most `limit`.
///
/// # Errors
/// [`crate::Error`].
pub async fn stored(pool: &PgPool, selection: &Selection, limit: i64) -> Result<Vec<Stored>> {
    let mut ids = None;
    if let Some(text) = &selection.search {
        let filter = Filter {
            status: selection.status,
            before: selection.before,
            ..Filter::default()
        };
        let most = usize::try_from(limit).unwrap_or_default();
        ids = Some(search::search(pool, &filter, text, most).await?);
    }
    let rows = sqlx::query_as!(
        Stored,
        r#"-- submissions.stored
        SELECT id AS "id: SubmissionId", status AS "status: Status",
            COALESCE(NULLIF(title, ''), left(btrim(COALESCE(contents.text, submissions.text), E' \t\r\n'), 120), '') AS "title!",
            language, verdict AS "verdict: Verdict", created_at,
            (octet_length(COALESCE(contents.text, submissions.text))
                + COALESCE(octet_length(COALESCE(contents.code, submissions.code)), 0)
                + COALESCE(octet_length(COALESCE(contents.failing_input, submissions.failing_input)), 0)
                + COALESCE(octet_length(COALESCE(contents.reference_code, submissions.reference_code)), 0)
                + COALESCE(pg_column_size(COALESCE(contents.samples, submissions.samples)), 0)
                + COALESCE((SELECT sum(octet_length(bytes)) FROM images WHERE images.submission_id = submissions.id), 0)
                + COALESCE((SELECT sum(pg_column_size(result)) FROM stages WHERE stages.submission_id = submissions.id), 0)
            )::bigint AS "bytes!"
        FROM submissions
        LEFT JOIN contents ON submission_id = id
        WHERE ($1::text IS NULL OR status = $1)
            AND ($2::uuid[] IS NULL OR id = ANY($2))
            AND ($3::uuid IS NULL OR id < $3)
        ORDER BY id DESC
        LIMIT $4"#,
        selection.status.map(Status::as_str),
        ids.as_deref(),
        selection.before.map(SubmissionId::as_uuid),
        limit,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows)
}

/// The titles of those of these submissions that there are.
///
/// # Errors
/// [`crate::Error`].
pub async fn titles(
    db: impl PgExecutor<'_>,
    ids: &[SubmissionId],
) -> Result<Vec<(SubmissionId, String)>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
    let rows = sqlx::query!(
        r#"-- submissions.titles
        SELECT id AS "id: SubmissionId",
            COALESCE(NULLIF(title, ''), left(btrim(COALESCE(contents.text, submissions.text), E' \t\r\n'), 120), '') AS "title!"
        FROM submissions
        LEFT JOIN contents ON submission_id = id
        WHERE id = ANY($1)
        ORDER BY id DESC"#,
        &ids,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.title)).collect())
}

/// A submission that is being worked on.
#[derive(Clone, Debug)]
pub struct Running {
    /// Its id.
    pub id: SubmissionId,
    /// Title of the problem, or the beginning of the submitted text.
    pub title: String,
    /// When a worker first took it in the current run.
    pub started_at: Option<DateTime<Utc>>,
    /// The stage that began last of those that run.
    pub stage: Option<StageName>,
}

/// The newest submissions that are being worked on, at most `limit`.
///
/// # Errors
/// [`crate::Error`].
pub async fn running(db: impl PgExecutor<'_>, limit: i64) -> Result<Vec<Running>> {
    let rows = sqlx::query_as!(
        Running,
        r#"-- submissions.running
        SELECT id AS "id: SubmissionId",
            COALESCE(NULLIF(title, ''), left(btrim(COALESCE(contents.text, submissions.text), E' \t\r\n'), 120), '') AS "title!", started_at,
            (SELECT stage FROM stages WHERE stages.submission_id = submissions.id AND state = 'RUNNING'
                ORDER BY started_at DESC LIMIT 1) AS "stage: StageName"
        FROM submissions
        LEFT JOIN contents ON submission_id = id
        WHERE status = 'PROCESSING'
        ORDER BY id DESC
        LIMIT $1"#,
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// A submission that failed.
#[derive(Clone, Debug)]
pub struct Failed {
    /// Its id.
    pub id: SubmissionId,
    /// Title of the problem, or the beginning of the submitted text.
    pub title: String,
    /// The reason, as a code.
    pub error_code: Option<String>,
    /// When it failed.
    pub finished_at: Option<DateTime<Utc>>,
}

/// The newest submissions that failed, at most `limit`.
///
/// # Errors
/// [`crate::Error`].
pub async fn failed(db: impl PgExecutor<'_>, limit: i64) -> Result<Vec<Failed>> {
    let rows = sqlx::query_as!(
        Failed,
        r#"-- submissions.failed
        SELECT id AS "id: SubmissionId",
            COALESCE(NULLIF(title, ''), left(btrim(COALESCE(contents.text, submissions.text), E' \t\r\n'), 120), '') AS "title!", error_code, finished_at
        FROM submissions
        LEFT JOIN contents ON submission_id = id
        WHERE status = 'FAILED'
        ORDER BY id DESC
        LIMIT $1"#,
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}
