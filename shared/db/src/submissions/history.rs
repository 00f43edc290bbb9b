//! The list of submissions.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{PgExecutor, PgPool};
use uuid::Uuid;

use super::{
    super::{Result, contains_pattern},
    search,
};
use domain::{FixStatus, Status, SubmissionId, Verdict, VisitorId};

/// Selects the submissions of a list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only this visitor's; `None` means everybody's.
    pub visitor: Option<VisitorId>,
    /// Only in this status.
    pub status: Option<Status>,
    /// Only with this verdict.
    pub verdict: Option<Verdict>,
    /// Only in the language of this tag.
    pub language: Option<&'static str>,
    /// Only where title, text or code contains this.
    pub search: Option<String>,
    /// Only these.
    pub ids: Option<Vec<SubmissionId>>,
    /// Only those older than this one.
    pub before: Option<SubmissionId>,
}

impl Filter {
    pub(super) fn uuids(&self) -> Option<Vec<Uuid>> {
        let ids = self.ids.as_ref()?.iter().copied();
        Some(ids.map(SubmissionId::as_uuid).collect())
    }
}

/// A line of a list, also in JSON.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Listed {
    /// Its id.
    pub id: SubmissionId,
    /// Where it is.
    pub status: Status,
    /// Number of the run.
    pub run: i32,
    /// Rises with each change.
    pub version: i64,
    /// Title of the problem, or the first line of the submitted text.
    pub title: String,
    /// Programming language as the user or else the model named it.
    pub language: Option<String>,
    /// The judge's verdict.
    pub verdict: Option<Verdict>,
    /// Number of images.
    pub image_count: i16,
    /// Why it failed, as a code.
    pub error_code: Option<String>,
    /// Number of fixes, 0 if no bug was found; null while that is not known.
    pub bugs: Option<i16>,
    /// Kind of the most important mistake, in a few words.
    pub category: Option<String>,
    /// How much the fix is worth, by running it.
    pub fix_status: Option<FixStatus>,
    /// When it was submitted.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// Where a search found it; null without a search.
    #[serde(rename = "match")]
    pub hit: Option<Hit>,
    /// The visitor who submitted it.
    #[serde(skip)]
    pub visitor: Option<VisitorId>,
}

domain::text_enum! {
    /// Part of a submission that is searched.
    #[derive(Serialize)]
    #[serde(rename_all = "lowercase")]
    HitField {
        /// Its title.
        Title = "title",
        /// The problem text.
        Text = "text",
        /// The code.
        Code = "code",
    }
}

/// Where a search found a submission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = SearchMatch)]
pub struct Hit {
    /// The part that holds it.
    pub field: HitField,
    /// The text around the first place, as one line.
    pub excerpt: String,
}

/// Characters of an excerpt before the place that was found, and after its beginning.
const BEFORE: i32 = 60;
const AFTER: i32 = 320;

/// The newest submissions that pass the filter, at most `limit`.
///
/// # Errors
/// [`crate::Error`].
pub async fn list(pool: &PgPool, filter: &Filter, limit: i64) -> Result<Vec<Listed>> {
    let mut filter = Cow::Borrowed(filter);
    if let Some(text) = &filter.search {
        let most = usize::try_from(limit).unwrap_or_default();
        let found = search::search(pool, &filter, text, most).await?;
        filter.to_mut().ids = Some(found.into_iter().map(SubmissionId::from).collect());
    }
    let rows = match *filter {
        Filter {
            visitor: Some(visitor),
            status: None,
            verdict: None,
            language: None,
            search: None,
            ids: None,
            before,
        } => newest(pool, visitor, before, limit).await?,
        _ => selected(pool, &filter, limit).await?,
    };
    let search = filter.search.as_deref().unwrap_or_default();
    Ok(rows.into_iter().map(|row| row.listed(search)).collect())
}

/// A row of a list.
struct Row {
    id: SubmissionId,
    status: Status,
    run: i32,
    version: i64,
    title: String,
    /// The beginning of the text, where there is no title.
    beginning: Option<String>,
    language: Option<String>,
    verdict: Option<Verdict>,
    image_count: i16,
    error_code: Option<String>,
    bugs: Option<i16>,
    category: Option<String>,
    fix_status: Option<FixStatus>,
    created_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    visitor_id: Option<Uuid>,
    field: Option<String>,
    excerpt: Option<String>,
    is_cut: Option<bool>,
}

impl Row {
    fn listed(self, search: &str) -> Listed {
        let hit = self.field.as_deref().and_then(HitField::parse);
        let is_cut = self.is_cut == Some(true);
        Listed {
            id: self.id,
            status: self.status,
            run: self.run,
            version: self.version,
            // A title is known once the problem is extracted; till then the first line stands for it.
            title: match self.beginning {
                Some(text) => first_line(&text).to_owned(),
                None => self.title,
            },
            language: self.language,
            verdict: self.verdict,
            image_count: self.image_count,
            error_code: self.error_code,
            bugs: self.bugs,
            category: self.category,
            fix_status: self.fix_status,
            created_at: self.created_at,
            finished_at: self.finished_at,
            hit: hit.zip(self.excerpt).map(|(field, excerpt)| Hit {
                field,
                excerpt: around(&excerpt, is_cut, search),
            }),
            visitor: self.visitor_id.map(VisitorId),
        }
    }
}

/// The first line of the beginning of a text, without blanks around it, in at most 120 characters.
fn first_line(text: &str) -> &str {
    let text = text.trim_start();
    let line = text.split(['\n', '\r']).next().unwrap_or_default();
    let end = line
        .char_indices()
        .nth(120)
        .map_or(line.len(), |(at, _)| at);
    line[..end].trim_end()
}

/// All of a visitor, without a filter: nearly every page shows these.
async fn newest(
    pool: &PgPool,
    visitor: VisitorId,
    before: Option<SubmissionId>,
    limit: i64,
) -> Result<Vec<Row>> {
    let rows = sqlx::query_as!(
        Row,
        r#"-- submissions.newest
        SELECT id AS "id: SubmissionId", status AS "status: Status", run, version, title,
            CASE WHEN title = '' THEN
                left(CASE WHEN left(COALESCE(contents.text, submissions.text), 1) IN (' ', E'\t', E'\r', E'\n')
                    THEN ltrim(left(COALESCE(contents.text, submissions.text), 4000), E' \t\r\n')
                    ELSE COALESCE(contents.text, submissions.text) END, 120)
            END AS beginning,
            COALESCE(language, found_language) AS language, verdict AS "verdict: Verdict", image_count, error_code, bugs, category,
            fix_status AS "fix_status: FixStatus", created_at, finished_at, visitor_id,
            NULL AS field, NULL AS excerpt, NULL::boolean AS is_cut
        FROM submissions
        LEFT JOIN contents ON submission_id = id AND title = ''
        WHERE visitor_id = $1 AND id < COALESCE($2, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
        ORDER BY id DESC
        LIMIT $3"#,
        visitor.0,
        before.map(SubmissionId::as_uuid),
        limit,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows)
}

/// Those that pass the filter.
async fn selected(pool: &PgPool, filter: &Filter, limit: i64) -> Result<Vec<Row>> {
    let pattern = filter.search.as_deref().map(contains_pattern);
    let ids = filter.uuids();
    let rows = sqlx::query_as!(
        Row,
        r#"-- submissions.list
        SELECT id AS "id: SubmissionId", status AS "status: Status", run, version, title,
            CASE WHEN title = '' THEN
                left(CASE WHEN left(COALESCE(contents.text, submissions.text), 1) IN (' ', E'\t', E'\r', E'\n')
                    THEN ltrim(left(COALESCE(contents.text, submissions.text), 4000), E' \t\r\n')
                    ELSE COALESCE(contents.text, submissions.text) END, 120)
            END AS beginning,
            COALESCE(language, found_language) AS language, verdict AS "verdict: Verdict", image_count, error_code, bugs, category,
            fix_status AS "fix_status: FixStatus", created_at, finished_at, visitor_id,
            field AS "field?", substr(part, greatest(at - $8, 1), $8 + $9) AS excerpt, at > $8 + 1 AS is_cut
        FROM (
            SELECT id
            FROM submissions
            WHERE ($1::uuid IS NULL OR visitor_id = $1)
                AND ($2::text IS NULL OR status = $2)
                AND ($5::text IS NULL OR verdict = $5)
                AND ($6::text IS NULL OR language_tag = $6)
                AND ($7::uuid IS NULL OR id < $7)
                AND ($11::uuid[] IS NULL OR id = ANY($11))
            ORDER BY id DESC
            LIMIT $10
        ) AS listed
        JOIN submissions USING (id)
        LEFT JOIN contents ON submission_id = id AND (title = '' OR $3::text IS NOT NULL)
        LEFT JOIN LATERAL (
            SELECT field, part, strpos(lower(part), lower($3)) AS at
            FROM (VALUES (1, 'title', title), (2, 'text', COALESCE(contents.text, submissions.text)),
                (3, 'code', COALESCE(contents.code, submissions.code))) AS parts (place, field, part)
            WHERE $3 IS NOT NULL AND part ILIKE $4
            ORDER BY place
            LIMIT 1
        ) AS hit ON true
        ORDER BY id DESC"#,
        filter.visitor.map(|visitor| visitor.0),
        filter.status.map(Status::as_str),
        filter.search,
        pattern,
        filter.verdict.map(Verdict::as_str),
        filter.language,
        filter.before.map(SubmissionId::as_uuid),
        BEFORE,
        AFTER,
        limit,
        ids.as_deref(),
    )
    .fetch_all(pool)
    .await?;
    Ok(rows)
}

/// Characters that are shown of an excerpt beyond the words that were searched for.
const SHOWN: usize = 120;

/// Longest part of a word that is left out where an excerpt is cut, in bytes.
const PART: usize = 30;

/// An excerpt as one line, cut between words where there are any; `is_cut` where more stands before it.
fn around(text: &str, is_cut: bool, search: &str) -> String {
    // The rest of a word, at whose beginning nothing was found: that is further on.
    let at = text.find(char::is_whitespace).unwrap_or_default();
    let text = if is_cut && at < PART {
        &text[at..]
    } else {
        text
    };
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = if is_cut { format!("…{line}") } else { line };
    let most = SHOWN + search.chars().count();
    match line.char_indices().nth(most) {
        Some((end, _)) => {
            let cut = &line[..end];
            // A word may be longer than all of it.
            let at = cut.rfind(' ').filter(|at| end - at < PART).unwrap_or(end);
            format!("{}…", &line[..at])
        }
        None => line,
    }
}

/// The tags of the languages of a visitor's submissions, or of all. Each costs one look into an index, however many submissions
/// there are.
///
/// # Errors
/// [`crate::Error`].
pub async fn languages(db: impl PgExecutor<'_>, visitor: Option<VisitorId>) -> Result<Vec<String>> {
    let tags = match visitor {
        Some(visitor) => {
            sqlx::query_scalar!(
                r#"-- submissions.languages.own
                WITH RECURSIVE tags AS (
                    (SELECT language_tag FROM submissions WHERE visitor_id = $1 AND language_tag > ''
                    ORDER BY language_tag LIMIT 1)
                    UNION ALL
                    SELECT (SELECT language_tag FROM submissions WHERE visitor_id = $1 AND language_tag > tags.language_tag
                        ORDER BY language_tag LIMIT 1)
                    FROM tags
                    WHERE tags.language_tag IS NOT NULL
                )
                SELECT language_tag AS "tag!" FROM tags WHERE language_tag IS NOT NULL LIMIT 100"#,
                visitor.0,
            )
            .fetch_all(db)
            .await?
        }
        None => {
            sqlx::query_scalar!(
                r#"-- submissions.languages.all
                WITH RECURSIVE tags AS (
                    (SELECT language_tag FROM submissions WHERE language_tag > '' ORDER BY language_tag LIMIT 1)
                    UNION ALL
                    SELECT (SELECT language_tag FROM submissions WHERE language_tag > tags.language_tag
                        ORDER BY language_tag LIMIT 1)
                    FROM tags
                    WHERE tags.language_tag IS NOT NULL
                )
                SELECT language_tag AS "tag!" FROM tags WHERE language_tag IS NOT NULL LIMIT 100"#,
            )
            .fetch_all(db)
            .await?
        }
    };
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_stands_for_a_title() {
        assert_eq!(first_line("\r\n \tA + B \r\n2. C"), "A + B");
        assert_eq!(first_line(" \n"), "");
        assert_eq!(first_line(&"字".repeat(121)), "字".repeat(120));
    }

    #[test]
    fn an_excerpt_is_one_short_line() {
        assert_eq!(around("a\n\n  b\tc ", false, "b"), "a b c");
        assert_eq!(around("ring, a needle", true, "needle"), "…a needle");
        assert_eq!(around("二分查找", true, "二分"), "…二分查找");
        let long = around(&"word ".repeat(100), false, "word");
        assert!(long.ends_with("word…") && long.chars().count() < 130);
        assert_eq!(around(&"字".repeat(400), false, "字").chars().count(), 122);
    }
}
