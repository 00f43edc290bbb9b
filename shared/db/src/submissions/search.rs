//! Finding submissions by what their title, text or code contains, the newest first.
//!
//! A word that many submissions have is found among the newest of them, and a rare one in the index; each way is bounded, so that
//! neither has to be guessed beforehand from PostgreSQL's statistics.

use std::time::Duration;

use sqlx::{PgConnection, PgPool};
use tokio::time::timeout;
use uuid::Uuid;

use super::{
    super::{Result, contains_pattern, grams},
    Filter,
};
use domain::{Status, SubmissionId, Verdict};

/// Submissions that are looked at first, and at a time where a word turns out to be frequent.
const FIRST: i64 = 100;
const WINDOW: i64 = 2_000;
/// Looks of that size after which the index is asked for all that is left.
const WINDOWS: usize = 3;
/// Hits among the first with which a word is taken for frequent.
const FREQUENT: usize = 3;
/// Hits of a rare word at most; with more of them it is frequent after all.
const RARE: i64 = 2_000;
/// Hits that are left at most when the index is asked for all of them.
const ALL: i64 = 100_000;
/// Longest time of a search.
const TIME: Duration = Duration::from_secs(10);

/// The ids of the newest submissions that pass the filter and contain what it searches for, at most `limit`, the newest first.
///
/// # Errors
/// [`crate::Error`].
pub(super) async fn search(
    pool: &PgPool,
    filter: &Filter,
    text: &str,
    limit: usize,
) -> Result<Vec<Uuid>> {
    // Which index is best depends on the values: a plan for any of them would stay with the connection.
    let mut transaction = super::super::begin_planned(pool).await?;
    let searched = Searched {
        filter,
        pattern: contains_pattern(text),
        grams: grams::of_search(text),
    };
    let found = timeout(TIME, searched.find(&mut transaction, limit))
        .await
        .map_err(|_| sqlx::Error::PoolTimedOut)??;
    transaction.commit().await?;
    Ok(found)
}

struct Searched<'a> {
    filter: &'a Filter,
    pattern: String,
    grams: Vec<i32>,
}

impl Searched<'_> {
    async fn find(&self, db: &mut PgConnection, limit: usize) -> Result<Vec<Uuid>> {
        let mut before = self.filter.before.map(SubmissionId::as_uuid);
        let mut found = Vec::new();
        for look in 0_usize.. {
            let window = if look == 0 { FIRST } else { WINDOW };
            let looked = self.newest(db, before, window).await?;
            let hits = looked.hits.len();
            found.extend(looked.hits);
            before = looked.last;
            if found.len() >= limit || looked.count < window {
                break;
            }
            let most = match look {
                0 if hits < FREQUENT => RARE,
                WINDOWS => ALL,
                _ => continue,
            };
            if self.grams.is_empty() {
                continue;
            }
            let mut rest = self.indexed(db, before, most).await?;
            if i64::try_from(rest.len()).is_ok_and(|hits| hits < most) {
                rest.sort_unstable_by(|a, b| b.cmp(a));
                found.extend(rest);
                break;
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    /// Looks at the newest `window` submissions before this one.
    async fn newest(
        &self,
        db: &mut PgConnection,
        before: Option<Uuid>,
        window: i64,
    ) -> Result<Looked> {
        let (filter, ids) = (self.filter, self.filter.uuids());
        let row = sqlx::query_as!(
            Looked,
            r#"-- submissions.search.newest
            WITH newest AS MATERIALIZED (
                SELECT id, title, text, code
                FROM submissions
                WHERE ($1::uuid IS NULL OR visitor_id = $1)
                    AND ($2::text IS NULL OR status = $2)
                    AND ($3::text IS NULL OR verdict = $3)
                    AND ($4::text IS NULL OR language_tag = $4)
                    AND ($5::uuid IS NULL OR id < $5)
                    AND ($6::uuid[] IS NULL OR id = ANY($6))
                ORDER BY id DESC
                LIMIT $7
            ),
            looked AS (
                SELECT id,
                    (contents.grams IS NULL OR contents.grams @> $9 OR contents.grams = '{0}')
                        AND (title ILIKE $8 OR COALESCE(contents.text, newest.text) ILIKE $8
                            OR COALESCE(contents.code, newest.code) ILIKE $8) AS is_hit
                FROM newest
                LEFT JOIN contents ON submission_id = id
            )
            SELECT count(*) AS "count!", (array_agg(id ORDER BY id))[1] AS last,
                COALESCE(array_agg(id ORDER BY id DESC) FILTER (WHERE is_hit), '{}') AS "hits!"
            FROM looked"#,
            filter.visitor.map(|visitor| visitor.0),
            filter.status.map(Status::as_str),
            filter.verdict.map(Verdict::as_str),
            filter.language,
            before,
            ids.as_deref(),
            window,
            self.pattern,
            &self.grams,
        )
        .fetch_one(db)
        .await?;
        Ok(row)
    }

    /// Finds those before this one in the index, and those that are not in it yet; some of them where there are `most` or more.
    async fn indexed(
        &self,
        db: &mut PgConnection,
        before: Option<Uuid>,
        most: i64,
    ) -> Result<Vec<Uuid>> {
        let (filter, listed) = (self.filter, self.filter.uuids());
        let ids = sqlx::query_scalar!(
            r#"-- submissions.search.indexed
            SELECT id AS "id!"
            FROM (
                SELECT submission_id, text, code FROM contents WHERE grams @> $9
                UNION ALL
                SELECT submission_id, text, code FROM contents WHERE grams @> '{0}' AND NOT grams @> $9
                UNION ALL
                SELECT submission_id, text, code FROM contents WHERE grams IS NULL
                UNION ALL
                SELECT id, text, code FROM submissions WHERE NOT has_contents
            ) AS texts
            JOIN submissions ON id = submission_id
            WHERE ($1::uuid IS NULL OR visitor_id = $1)
                AND ($2::text IS NULL OR status = $2)
                AND ($3::text IS NULL OR verdict = $3)
                AND ($4::text IS NULL OR language_tag = $4)
                AND ($5::uuid IS NULL OR id < $5)
                AND ($6::uuid[] IS NULL OR id = ANY($6))
                AND (title ILIKE $8 OR texts.text ILIKE $8 OR texts.code ILIKE $8)
            LIMIT $7"#,
            filter.visitor.map(|visitor| visitor.0),
            filter.status.map(Status::as_str),
            filter.verdict.map(Verdict::as_str),
            filter.language,
            before,
            listed.as_deref(),
            most,
            self.pattern,
            &self.grams,
        )
        .fetch_all(db)
        .await?;
        Ok(ids)
    }
}

/// A look at some submissions.
struct Looked {
    /// How many there were.
    count: i64,
    /// The oldest of them.
    last: Option<Uuid>,
    /// Those that contain what is searched for, the newest first.
    hits: Vec<Uuid>,
}
