//! Table `contents`: the texts of each submission, written once, and the index of what searches look for in them.
//!
//! A submission is indexed after it has ended, or when it has waited long; until then searches look at its texts. The texts of older
//! versions are moved here from the submissions themselves.

use sqlx::PgPool;
use uuid::Uuid;

use super::{Result, grams};

/// The texts of a submission that searches look at.
struct Texts {
    id: Uuid,
    title: String,
    text: String,
    code: Option<String>,
}

/// The ids of these submissions, and the pieces of each as PostgreSQL writes an array.
async fn indexed(rows: Vec<Texts>) -> Result<(Vec<Uuid>, Vec<String>)> {
    let indexed = tokio::task::spawn_blocking(move || pieces(&rows)).await;
    Ok(indexed.map_err(|_| sqlx::Error::WorkerCrashed)?)
}

fn pieces(rows: &[Texts]) -> (Vec<Uuid>, Vec<String>) {
    let pieces = |row: &Texts| {
        let parts = [Some(&row.title), Some(&row.text), row.code.as_ref()];
        let grams = grams::of_parts(parts.into_iter().flatten().map(String::as_str));
        let grams: Vec<_> = grams.iter().map(i32::to_string).collect();
        // An array of arrays of different lengths is not to be had.
        format!("{{{}}}", grams.join(","))
    };
    rows.iter().map(|row| (row.id, pieces(row))).unzip()
}

/// Indexes submissions that have ended or waited for ten minutes, at most `limit`; answers how many.
///
/// # Errors
/// [`super::Error`].
pub async fn index(pool: &PgPool, limit: i64) -> Result<usize> {
    let mut transaction = crate::begin(pool).await?;
    let rows = sqlx::query_as!(
        Texts,
        r#"-- contents.index.read
        SELECT id, title, contents.text, contents.code
        FROM contents
        JOIN submissions ON id = submission_id
        WHERE grams IS NULL AND (finished_at IS NOT NULL OR created_at < clock_timestamp() - interval '10 minutes')
        ORDER BY submission_id
        LIMIT $1
        FOR NO KEY UPDATE OF contents SKIP LOCKED"#,
        limit,
    )
    .fetch_all(&mut *transaction)
    .await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let (ids, pieces) = indexed(rows).await?;
    sqlx::query!(
        "-- contents.index
        UPDATE contents
        SET grams = found.grams::integer[]
        FROM unnest($1::uuid[], $2::text[]) AS found (id, grams)
        WHERE submission_id = found.id",
        &ids,
        &pieces,
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(ids.len())
}

/// Moves the texts of submissions of an older version here, the newest first and at most `limit`; answers how many. Those that are
/// worked on stay until their end, as a worker of the older version may be about to read them.
///
/// # Errors
/// [`super::Error`].
pub async fn move_in(pool: &PgPool, limit: i64) -> Result<usize> {
    let mut transaction = crate::begin(pool).await?;
    let rows = sqlx::query_as!(
        Texts,
        r#"-- contents.move_in.read
        SELECT id, title, text, code
        FROM submissions
        WHERE NOT has_contents AND status <> 'PROCESSING'
        ORDER BY id DESC
        LIMIT $1
        FOR NO KEY UPDATE SKIP LOCKED"#,
        limit,
    )
    .fetch_all(&mut *transaction)
    .await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let (ids, pieces) = indexed(rows).await?;
    sqlx::query!(
        "-- contents.move_in.copy
        INSERT INTO contents (submission_id, text, code, failing_input, samples, reference_code, grams)
        SELECT submissions.id, text, code, failing_input, samples, reference_code, found.grams::integer[]
        FROM unnest($1::uuid[], $2::text[]) AS found (id, grams)
        JOIN submissions ON submissions.id = found.id",
        &ids,
        &pieces,
    )
    .execute(&mut *transaction)
    .await?;
    sqlx::query!(
        "-- contents.move_in.empty
        UPDATE submissions
        SET has_contents = true, text = '', code = NULL, failing_input = NULL, samples = NULL, reference_code = NULL
        WHERE id = ANY($1)",
        &ids,
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(ids.len())
}
