//! The JSON of a submission, as every function answers it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    progress::{Failure, Stages},
    reveal::{self, Reader, Withheld},
    runs::Changed,
};
use db::{images, submissions, webhooks};
use domain::{
    Analysis, AnswerLanguage, CallbackState, GivenSample, HuntReport, MediaType, Problem, Program,
    StageState, Status, SubmissionId, Usage, Verdict, Verification,
};
use web::{error::ApiError, state::AppState};

/// Where the submissions' routes begin.
pub const BASE: &str = "/api/v1/submissions";

/// A submission with its stages.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Submission {
    /// Its id.
    id: SubmissionId,
    /// Where it is in its life.
    status: Status,
    /// Number of its run, from 1; a retry begins the next.
    run: i32,
    /// Rises with each change; also the entity tag.
    version: i64,
    /// Title of the problem, or the beginning of the submitted text.
    title: String,
    /// The problem as submitted; empty if it came as images or not at all.
    text: String,
    /// The program as submitted in a field of its own.
    code: Option<String>,
    /// Programming language as the user named it.
    language: Option<String>,
    /// The judge's verdict.
    verdict: Option<Verdict>,
    /// An input on which the program fails.
    failing_input: Option<String>,
    /// The samples that the user gave.
    samples: Vec<GivenSample>,
    /// The inputs on which references disagreed, with the output that the user says is right. A run from the start forgets them.
    settled: Vec<GivenSample>,
    /// Processor time of a run that the user gave, in milliseconds.
    time_limit_ms: Option<i32>,
    /// Memory of a run that the user gave, in MiB.
    memory_limit_mb: Option<i32>,
    /// The user's own program that is right, to compare with.
    reference_code: Option<String>,
    /// Language in which the analysis is written.
    answer_language: AnswerLanguage,
    /// The images as submitted, in order.
    images: Vec<Image>,
    /// Why it failed, or what a queued one waits out.
    error: Option<Failure>,
    /// Its stages with their results.
    #[schema(value_type = SubmissionStages)]
    stages: Stages<Stage>,
    /// The parts of the fix that this answer leaves out, as visitors may not see it yet (`REVEAL`): its texts are empty, `modified_code`
    /// is the program as submitted. Null where nothing is left out.
    withheld: Option<Withheld>,
    /// How far it is to tell the sender of its end; null if no `callback_url` was given.
    callback: Option<Callback>,
    /// When it was submitted.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
    /// When its run was queued.
    queued_at: DateTime<Utc>,
    /// When a worker began its run.
    started_at: Option<DateTime<Utc>>,
    /// When it ended.
    finished_at: Option<DateTime<Utc>>,
    /// Addresses that belong to it.
    links: Links,
}

/// The stages with their results; null before they are stored.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the schema of stages whose results are stored JSON"
)]
struct SubmissionStages {
    /// Extracts the statement.
    problem: Option<Stage<Problem>>,
    /// Finds the program and lays it out.
    code: Option<Stage<Program>>,
    /// Looks for the smallest input on which the program is wrong; has a result as soon as it has found one.
    hunt: Option<Stage<HuntReport>>,
    /// Finds the bug and the smallest fix.
    analysis: Option<Stage<Analysis>>,
    /// Runs the program and its fix; has a result as soon as the program was run.
    verification: Option<Stage<Verification>>,
}

/// An image of a submission.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SubmissionImage)]
struct Image {
    /// Its place, from 1.
    position: i16,
    /// Its media type, by its first bytes.
    media_type: MediaType,
    /// Width in pixels.
    width: i32,
    /// Height in pixels.
    height: i32,
    /// Address of the file.
    href: String,
}

/// How far it is to tell the sender of the end of the run.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct Callback {
    /// Where it is.
    state: CallbackState,
    /// Attempts so far.
    attempts: i32,
    /// Why the last attempt failed.
    detail: Option<String>,
}

/// A stage.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct Stage<R = Value> {
    /// Where it is.
    state: StageState,
    /// When it began.
    started_at: Option<DateTime<Utc>>,
    /// When it ended.
    finished_at: Option<DateTime<Utc>>,
    /// The model that answered, as the endpoint names it.
    model: Option<String>,
    /// Tokens that it used.
    usage: Option<Usage>,
    /// Calls to the model.
    calls: i32,
    /// Why it failed.
    error: Option<Failure>,
    /// The result of the stage.
    result: Option<R>,
}

/// Addresses that belong to a submission.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Links {
    /// The submission itself.
    #[serde(rename = "self")]
    pub this: String,
    /// Its page, for people.
    pub page: String,
    /// The fix as a patch, once there is one.
    pub patch: String,
    /// The smallest failing input, once one is known.
    pub counterexample: String,
    /// All of it as a Markdown document.
    pub report: String,
}

/// The addresses of a submission.
#[must_use]
pub fn links(id: SubmissionId) -> Links {
    Links {
        this: format!("{BASE}/{id}"),
        page: format!("/submissions/{id}"),
        patch: format!("{BASE}/{id}/patch"),
        counterexample: format!("{BASE}/{id}/counterexample"),
        report: format!("{BASE}/{id}/report"),
    }
}

/// A submission after its run was changed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ChangedRun)]
pub struct RunView {
    /// The submission.
    id: SubmissionId,
    /// Where it is now.
    status: Status,
    /// Number of its run.
    run: i32,
    /// Rises with each change.
    version: i64,
    /// Addresses that belong to it.
    links: Links,
}

impl RunView {
    /// The view of a change.
    #[must_use]
    pub fn new(id: SubmissionId, changed: Changed) -> Self {
        Self {
            id,
            status: changed.status,
            run: changed.run,
            version: changed.version,
            links: links(id),
        }
    }
}

impl Submission {
    /// The entity tag: the version, which rises with each change, and how much of the fix is there.
    #[must_use]
    pub fn etag(&self) -> String {
        match &self.withheld {
            None => format!("\"{}\"", self.version),
            Some(withheld) => format!("\"{}-{}\"", self.version, withheld.up_to()),
        }
    }
}

/// `told` may be of an earlier run.
fn callback(told: webhooks::Callback, run: i32) -> Callback {
    if told.run < run && told.state != CallbackState::Pending {
        return Callback {
            state: CallbackState::Pending,
            attempts: 0,
            detail: None,
        };
    }
    Callback {
        state: told.state,
        attempts: told.attempts,
        detail: told.detail,
    }
}

/// Reads a submission with its stages, all of one moment, as far as this reader may see it.
///
/// # Errors
/// [`ApiError::NotFound`], or those of the database.
pub async fn load(
    state: &AppState,
    id: SubmissionId,
    reader: Reader,
) -> Result<Submission, ApiError> {
    let mut row = submissions::find(&state.db, id)
        .await?
        .ok_or_else(ApiError::no_submission)?;
    let images = if row.image_count > 0 {
        images::list(&state.db, id).await?
    } else {
        Vec::new()
    };

    let shown = reveal::shown(state, reader, row.created_at).await?;
    reveal::mask_stages(&mut row.stages.0, shown);
    let detail = reveal::failure_detail(shown, row.error_code.as_deref(), row.error_detail);
    let stages = row
        .stages
        .0
        .into_iter()
        .map(|row| {
            let stage = Stage {
                state: row.state,
                started_at: row.started_at,
                finished_at: row.finished_at,
                model: row.model,
                usage: row.usage.map(|usage| usage.0),
                calls: row.calls,
                error: Failure::of(row.error_code, row.error_detail),
                result: row.result,
            };
            (row.stage, stage)
        })
        .collect();
    Ok(Submission {
        id,
        status: row.status,
        run: row.run,
        version: row.version,
        title: row.title,
        text: row.text,
        code: row.code,
        language: row.language,
        verdict: row.verdict,
        failing_input: row.failing_input,
        samples: row.samples.0,
        settled: row.settled.0,
        time_limit_ms: row.time_limit_ms,
        memory_limit_mb: row.memory_limit_mb,
        reference_code: row.reference_code,
        answer_language: row.answer_language,
        images: images
            .into_iter()
            .map(|image| Image {
                position: image.position,
                media_type: image.media_type,
                width: image.width,
                height: image.height,
                href: format!("{BASE}/{id}/images/{}", image.position),
            })
            .collect(),
        error: Failure::of(row.error_code, detail),
        stages,
        withheld: Withheld::of(shown),
        callback: row.callback.map(|told| callback(told.0, row.run)),
        created_at: row.created_at,
        updated_at: row.updated_at,
        queued_at: row.queued_at,
        started_at: row.started_at,
        finished_at: row.finished_at,
        links: links(id),
    })
}
