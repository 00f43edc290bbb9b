//! The findings of a submission that a list tells, beside the results that they are taken from.

use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use super::super::Result;
use domain::{
    FixStatus, StageName,
    language::language,
    limits::{TITLE_BYTES, cut},
};

/// Bytes that a list keeps of a category and of a language.
const WORDS: usize = 160;

/// The findings that the end of a stage sets.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Findings<'a> {
    /// Whether it sets `bugs` and `category`.
    pub(crate) has_bugs: bool,
    pub(crate) bugs: Option<i16>,
    pub(crate) category: Option<&'a str>,
    /// Whether it sets `fix_status`.
    pub(crate) has_worth: bool,
    pub(crate) fix_status: Option<FixStatus>,
    pub(crate) language: Option<&'a str>,
    pub(crate) tag: Option<&'static str>,
    /// The title that lists show.
    pub(crate) title: Option<&'a str>,
}

impl<'a> Findings<'a> {
    /// Those of a stage that ended with this result, or without one.
    pub(crate) fn of(stage: StageName, result: Option<&'a Value>) -> Self {
        match stage {
            StageName::Hunt => Self::default(),
            StageName::Problem => Self {
                title: result
                    .and_then(|result| result["title"].as_str())
                    .map(|title| cut(title.trim(), TITLE_BYTES)),
                ..Self::default()
            },
            StageName::Code => {
                let name = result.and_then(|result| result["language"].as_str());
                let name = name.filter(|name| !name.trim().is_empty());
                Self {
                    language: name.map(|name| cut(name, WORDS)),
                    tag: name.map(|name| language(name).tag),
                    ..Self::default()
                }
            }
            StageName::Analysis => Self {
                has_bugs: true,
                has_worth: true,
                ..Self::of_analysis(result)
            },
            StageName::Verification => {
                let repaired = result.map(|result| &result["analysis"]);
                let repaired = repaired.filter(|analysis| analysis.is_object());
                let status = result.and_then(|result| result["status"].as_str());
                Self {
                    has_bugs: repaired.is_some(),
                    has_worth: true,
                    fix_status: status.and_then(FixStatus::parse),
                    ..Self::of_analysis(repaired)
                }
            }
        }
    }

    fn of_analysis(analysis: Option<&'a Value>) -> Self {
        let Some(analysis) = analysis else {
            return Self::default();
        };
        let fixes = analysis["fixes"].as_array().map_or(&[][..], Vec::as_slice);
        // An analysis may find a bug without a change that mends it.
        let bugs = match analysis["bug_found"].as_bool() {
            Some(true) => fixes.len().max(1),
            _ => 0,
        };
        let category = fixes.first().and_then(|fix| fix["category"].as_str());
        Self {
            bugs: i16::try_from(bugs).ok(),
            category: category
                .map(|category| cut(category, WORDS))
                .filter(|category| bugs > 0 && !category.is_empty()),
            ..Self::default()
        }
    }
}

/// Fills in the findings of ended submissions that an older version stored, at most `limit`; answers how many. Their version stays:
/// nothing that it stands for changes.
///
/// # Errors
/// [`crate::Error`].
pub async fn fill_in(pool: &PgPool, limit: i64) -> Result<usize> {
    let mut transaction = crate::begin(pool).await?;
    let rows = sqlx::query!(
        r#"-- submissions.fill_in.read
        SELECT s.id, s.language, code.result AS "code: Value",
            jsonb_build_object('bug_found', analysis.result -> 'bug_found', 'fixes',
                CASE jsonb_typeof(analysis.result -> 'fixes') WHEN 'array' THEN analysis.result -> 'fixes' END) AS "analysis: Value",
            jsonb_build_object('status', verification.result -> 'status', 'analysis', verification.result -> 'analysis')
                AS "verification: Value"
        FROM submissions s
        LEFT JOIN stages code ON code.submission_id = s.id AND code.stage = 'code' AND code.state = 'COMPLETED'
        LEFT JOIN stages analysis
            ON analysis.submission_id = s.id AND analysis.stage = 'analysis' AND analysis.state = 'COMPLETED'
        LEFT JOIN stages verification
            ON verification.submission_id = s.id AND verification.stage = 'verification' AND verification.state = 'COMPLETED'
        WHERE s.finished_at IS NOT NULL AND (language_tag IS NULL OR (s.status = 'COMPLETED' AND bugs IS NULL))
        ORDER BY s.id
        LIMIT $1
        FOR NO KEY UPDATE OF s SKIP LOCKED"#,
        limit,
    )
    .fetch_all(&mut *transaction)
    .await?;
    let (mut ids, mut bugs, mut categories) = (Vec::new(), Vec::new(), Vec::new());
    let (mut worths, mut languages, mut tags) = (Vec::new(), Vec::new(), Vec::new());
    for row in &rows {
        let code = Findings::of(StageName::Code, row.code.as_ref());
        let first = Findings::of(StageName::Analysis, row.analysis.as_ref());
        let last = Findings::of(StageName::Verification, row.verification.as_ref());
        let named = row.language.as_deref().unwrap_or_default();
        let found = if last.has_bugs { &last } else { &first };
        ids.push(row.id);
        bugs.push(found.bugs.unwrap_or_default());
        categories.push(found.category.map(str::to_owned));
        worths.push(last.fix_status.map(|status| status.as_str().to_owned()));
        languages.push(code.language.map(str::to_owned));
        tags.push(code.tag.unwrap_or_else(|| language(named).tag).to_owned());
    }
    write(
        &mut transaction,
        (&ids, &bugs, &categories),
        (&worths, &languages, &tags),
    )
    .await?;
    transaction.commit().await?;
    Ok(rows.len())
}

type Words = [Option<String>];

async fn write(
    db: &mut sqlx::PgConnection,
    (ids, bugs, categories): (&[Uuid], &[i16], &Words),
    (worths, languages, tags): (&Words, &Words, &[String]),
) -> Result<()> {
    sqlx::query!(
        "-- submissions.fill_in.write
        UPDATE submissions
        SET bugs = CASE WHEN status = 'COMPLETED' THEN found.bugs ELSE submissions.bugs END,
            category = CASE WHEN status = 'COMPLETED' THEN found.category ELSE submissions.category END,
            fix_status = CASE WHEN status = 'COMPLETED' THEN found.fix_status ELSE submissions.fix_status END,
            found_language = found.language,
            language_tag = found.tag
        FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::text[])
            AS found (id, bugs, category, fix_status, language, tag)
        WHERE submissions.id = found.id",
        ids,
        bugs,
        categories as &Words,
        worths as &Words,
        languages as &Words,
        tags,
    )
    .execute(db)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_findings_of_a_stage_are_those_that_its_end_sets() {
        let code = json!({ "language": "GNU C++20 (64)" });
        let found = Findings::of(StageName::Code, Some(&code));
        assert_eq!(
            (found.language, found.tag),
            (Some("GNU C++20 (64)"), Some("cpp"))
        );
        let problem = json!({ "title": " Sum " });
        let found = Findings::of(StageName::Problem, Some(&problem));
        assert_eq!(found.title, Some("Sum"));
        let analysis = json!({ "bug_found": true, "fixes": [{ "category": "off-by-one" }, { "category": "overflow" }] });
        let found = Findings::of(StageName::Analysis, Some(&analysis));
        assert_eq!((found.bugs, found.category), (Some(2), Some("off-by-one")));
        let nothing = json!({ "bug_found": false, "fixes": [] });
        assert_eq!(
            Findings::of(StageName::Analysis, Some(&nothing)).bugs,
            Some(0)
        );
        // A stage that failed takes back the findings of an earlier run.
        let failed = Findings::of(StageName::Analysis, None);
        assert!(failed.has_bugs && failed.bugs.is_none());
        let kept = json!({ "status": "verified", "analysis": null });
        let found = Findings::of(StageName::Verification, Some(&kept));
        assert_eq!(
            (found.has_bugs, found.fix_status),
            (false, Some(FixStatus::Verified))
        );
        let repaired = json!({ "status": "improved", "analysis": analysis });
        assert_eq!(
            Findings::of(StageName::Verification, Some(&repaired)).bugs,
            Some(2)
        );
    }

    #[test]
    fn other_peoples_words_are_cut() {
        let long = json!({ "bug_found": true, "fixes": [{ "category": "€".repeat(500) }] });
        let found = Findings::of(StageName::Analysis, Some(&long));
        assert_eq!(found.category.unwrap().len(), 159);
        let odd = json!({ "bug_found": "yes", "fixes": 7, "language": ["C"] });
        for stage in [StageName::Analysis, StageName::Code] {
            assert_eq!(Findings::of(stage, Some(&odd)).bugs.unwrap_or_default(), 0);
        }
    }
}
