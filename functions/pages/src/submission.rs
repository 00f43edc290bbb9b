//! A submission: its progress and its results.

use actions::results::{self, Results};
use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use chrono::{DateTime, SecondsFormat, Utc};
use db::{stages::raw_answers, submissions};
use domain::{Chain, FixStatus, Rung, StageName, StageState, Status, Verdict};
use serde::Deserialize;
use site::{Html, Icon, Page, Words, markdown::SafeHtml, since, step_cookie, step_of, withheld};
use std::{sync::Arc, time::Duration};
use web::{
    error::ApiError,
    http::{PathId, Query, Rights, Visitor},
    state::AppState,
};

use crate::{
    failure::{FailureView, Wait, Waits, failure, waits_for},
    found::{CodeView, Found, PREVIEW},
    history::{self, History, status_word, title},
    kept,
    lines::escaped,
    stages::{Now, StageView, Total, stage, stage_title, stages, total},
    submitted::Submitted,
};

/// How long the page waits for the place in the queue.
const QUEUE_TIME: Duration = Duration::from_millis(300);

/// The usual time is that of so many runs.
const USUAL_OF: i64 = 20;

/// The learner's steps: number, icon, key of the name.
static LADDER: [(u8, Icon, &str); 4] = [
    (1, Icon::MAP_PIN, "ladder.where"),
    (2, Icon::LIGHTBULB, "ladder.hint"),
    (3, Icon::FILE_TEXT, "ladder.explanation"),
    (4, Icon::WRENCH, "ladder.fix"),
];

/// The top of the page.
pub(crate) struct Head {
    pub(crate) id: String,
    pub(crate) version: i64,
    pub(crate) run: i32,
    pub(crate) title: String,
    pub(crate) status: Status,
    pub(crate) status_word: &'static str,
    pub(crate) finished: bool,
    pub(crate) verdict: Option<Verdict>,
    pub(crate) language: String,
    pub(crate) size: Option<(usize, usize)>,
    pub(crate) when: String,
    pub(crate) exact: String,
    pub(crate) owned: bool,
    pub(crate) can_retry: bool,
    pub(crate) can_restart: bool,
    pub(crate) can_cancel: bool,
    /// Whether the viewer is asked if it helped.
    pub(crate) asks: bool,
    pub(crate) helpful: Option<bool>,
    pub(crate) has_patch: bool,
    pub(crate) example: bool,
    /// As an attribute `lang`.
    pub(crate) answer_language: &'static str,
    pub(crate) place: Option<usize>,
}

/// An answer of the model that could not be used.
struct RawAnswer {
    stage: &'static str,
    text: String,
}

#[derive(Template)]
#[template(path = "submission.html")]
pub(crate) struct SubmissionPage {
    page: Page,
    history: History,
    head: Head,
    stages: Vec<StageView>,
    /// The work that is done now.
    now: Option<Now>,
    total: Total,
    failure: Option<FailureView>,
    /// The trouble that the submission waits out while it is QUEUED.
    waits_for: Option<Waits>,
    raw_answers: Vec<RawAnswer>,
    /// The highest step that may be shown.
    highest: u8,
    /// Says from when the steps above it are shown, if there are any.
    locked: Option<String>,
    step: u8,
    found: Arc<Found>,
    submitted: Submitted,
}

impl SubmissionPage {
    /// Whether the same again would end the same: something has to be changed first.
    fn is_to_be_edited(&self) -> bool {
        self.failure.as_ref().is_some_and(|failure| failure.edit)
            || self.found.fix.as_ref().is_some_and(|fix| !fix.bug_found)
    }

    /// The time before which the endpoint takes nothing.
    fn retry(&self) -> Option<&Wait> {
        self.failure.as_ref()?.retry.as_ref()
    }

    /// The key of the words for the way to this step.
    fn next(&self, step: &u8) -> &'static str {
        match step {
            2 => "ladder.next.2",
            3 => "ladder.next.3",
            _ => "ladder.next.4",
        }
    }

    /// The tab that is shown first: without a fix the parts that are there.
    fn first(&self) -> &'static str {
        let is_empty = self.head.finished && self.found.fix.is_none() && self.found.runs.is_none();
        match (is_empty, &self.found.problem) {
            (false, _) => "fix",
            (true, Some(_)) => "problem",
            (true, None) => "submitted",
        }
    }

    /// Whether there is a program before the fix and one after it.
    fn has_both(&self) -> bool {
        let fix = self.found.fix.as_ref();
        let is_cut = |code: &CodeView| code.notes.contains(&"code.cut");
        fix.is_some_and(|fix| fix.bug_found && !fix.cut && !fix.hunks.is_empty())
            && !self.found.code.as_ref().is_some_and(is_cut)
            && self.locked.is_none()
    }

    /// The program's first lines, for those who wait.
    fn preview(&self) -> Vec<(usize, SafeHtml)> {
        match (&self.found.code, &self.submitted.code) {
            (Some(code), _) => code.preview.clone(),
            (None, Some(code)) => (1..)
                .zip(code.lines().take(PREVIEW))
                .map(|(number, line)| (number, escaped(line)))
                .collect(),
            (None, None) => Vec::new(),
        }
    }

    /// The words against a fix that is folded away.
    fn against(&self) -> Option<&SafeHtml> {
        self.found.proof.as_ref()?.against.as_ref()
    }

    pub(crate) fn example(
        page: Page,
        history: History,
        head: Head,
        step: u8,
        found: Arc<Found>,
        submitted: Submitted,
    ) -> Self {
        Self {
            stages: StageName::ALL
                .iter()
                .map(|name| {
                    let state = match name {
                        StageName::Hunt => StageState::Skipped,
                        _ => StageState::Completed,
                    };
                    stage(*name, None, state, page.words, Utc::now())
                })
                .collect(),
            now: None,
            total: Total::default(),
            page,
            history,
            head,
            failure: None,
            waits_for: None,
            raw_answers: Vec::new(),
            highest: Rung::Fix.number(),
            locked: None,
            step,
            found,
            submitted,
        }
    }
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SubmissionQuery {
    /// How much of the fix to show at first: 1 to 4, or `all`.
    pub(crate) step: Option<String>,
}

/// The step that is shown, and the cookie that remembers it: all steps, or again from the first.
pub(crate) fn chosen_step(
    query: &SubmissionQuery,
    headers: &HeaderMap,
) -> (u8, Option<HeaderValue>) {
    match query.step.as_deref() {
        Some("all") => (4, step_cookie(4)),
        Some("1") => (1, step_cookie(1)),
        Some(step) => (
            step.parse()
                .ok()
                .filter(|step| (1..=4).contains(step))
                .unwrap_or(1),
            None,
        ),
        None => (step_of(headers), None),
    }
}

/// Shows a submission: its progress, the fix, the problem and the program.
#[utoipa::path(
    get, path = crate::SUBMISSION, operation_id = "showSubmission", tag = "pages",
    params(("id" = domain::SubmissionId, Path), SubmissionQuery),
    responses((status = 200, description = "The page.", content_type = "text/html", body = String), (status = 404))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    mut page: Page,
    id: Result<PathId, ApiError>,
    rights: Result<Rights, ApiError>,
    visitor: Visitor,
    headers: HeaderMap,
    Query(query): Query<SubmissionQuery>,
) -> Result<Response, ApiError> {
    // No submission has an address without a valid id.
    let PathId(id) = id.map_err(|_| ApiError::no_submission())?;
    let words = page.words;
    let results = results::load(&state, id, visitor.into()).await?;
    let seen = results.shown;
    let owned = rights.is_ok_and(|rights| rights.may_act_on(id, results.submission.visitor_id));
    let has_error = results
        .stages
        .iter()
        .any(|stage| stage.error_code.is_some());
    // Only a stage that failed has one, and it holds all that the stage found.
    let raw_answers = if owned && has_error && seen.is_all() {
        raw_answers(&state.db, id).await?
    } else {
        Vec::new()
    };
    let history = history::newest(&state, visitor, words, Some(id)).await?;
    let (step, cookie) = chosen_step(&query, &headers);
    let step = step.min(seen.rung.number());
    let status = results.submission.status;
    let place = match status {
        Status::Queued => state
            .queue
            .place(id, results.submission.run, QUEUE_TIME)
            .await
            .unwrap_or_else(|error| {
                tracing::debug!(error = %Chain(&error), "the place in the queue is not known");
                None
            }),
        _ => None,
    };
    page.favicon = match status {
        Status::Completed => "favicon-done.svg",
        Status::Failed => "favicon-failed.svg",
        _ => "favicon.svg",
    };
    let usual = match status {
        Status::Processing => usual(&state).await,
        _ => None,
    };
    let results = Arc::new(results);
    let found = kept::found(&results, words).await?;
    let mut response = Html(SubmissionPage {
        head: head(&results, owned, place, words),
        stages: stages(&results, words),
        now: Now::of(&results, usual, words),
        total: total(&results, words),
        failure: failure(&results, page.is_admin, words),
        waits_for: waits_for(&results, words),
        raw_answers: raw_answers
            .into_iter()
            .map(|(name, text)| RawAnswer {
                stage: stage_title(name, words),
                text,
            })
            .collect(),
        highest: seen.rung.number(),
        locked: (!seen.is_all()).then(|| withheld(words, seen)),
        submitted: Submitted::of(&results.submission, found.code.is_some(), words),
        page,
        history,
        step,
        found,
    })
    .into_response();
    response
        .headers_mut()
        .extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}

/// Seconds that an analysis usually takes; `None` where that is not known.
async fn usual(state: &AppState) -> Option<u64> {
    let seconds = submissions::usual_seconds(&state.db, USUAL_OF).await;
    let seconds = seconds.unwrap_or_else(|error| {
        tracing::debug!(error = %Chain(&error), "the usual time is not known");
        None
    });
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between the bounds"
    )]
    seconds.map(|seconds| seconds.round().clamp(1.0, 86_400.0) as u64)
}

fn exact(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn head(results: &Results, owned: bool, place: Option<usize>, words: Words) -> Head {
    let submission = &results.submission;
    let named = [
        results
            .problem
            .as_ref()
            .map(|problem| problem.title.as_str()),
        Some(submission.title.as_str()),
        submission.text.lines().find(|line| !line.trim().is_empty()),
    ]
    .into_iter()
    .flatten()
    .find(|title| !title.trim().is_empty())
    .unwrap_or_default();
    let named = domain::limits::cut(named, 1024);
    let status = submission.status;
    let bug = results.analysis.as_ref().filter(|found| found.bug_found);
    let verification = results.verification.as_ref();
    let has_failed = verification.is_some_and(|found| found.status == Some(FixStatus::Failed));
    Head {
        id: submission.id.to_string(),
        version: submission.version,
        run: submission.run,
        title: title(named, words),
        status,
        status_word: status_word(words, status),
        finished: status.is_finished(),
        verdict: submission.verdict,
        language: results
            .program
            .as_ref()
            .map(|program| program.language.clone())
            .or_else(|| submission.language.clone())
            .unwrap_or_default(),
        size: bug.map(|found| (found.lines_added, found.lines_removed)),
        when: since(words, submission.created_at, Utc::now()),
        exact: exact(submission.created_at),
        owned,
        can_retry: owned && matches!(status, Status::Failed | Status::Cancelled),
        can_restart: owned && status == Status::Completed,
        can_cancel: owned && !status.is_finished(),
        asks: owned && status == Status::Completed && results.analysis.is_some(),
        helpful: submission.helpful,
        has_patch: status == Status::Completed
            && bug.is_some()
            && !has_failed
            && results.shown.is_all(),
        example: false,
        answer_language: Words(submission.answer_language).tag(),
        place,
    }
}
