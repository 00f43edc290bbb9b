//! The JSON of a submission, as every function answers it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::{
    progress::{Failure, Stages},
    runs::Changed,
};
use db::{images, submissions, webhooks};
use domain::{
    AnswerLanguage, CallbackState, MediaType, StageState, Status, SubmissionId, Usage, Verdict,
};
use web::{error::ApiError, state::AppState};

/// Where the submissions' routes begin.
pub const BASE: &str = "/api/v1/submissions";

/// A submission with its stages.
#[derive(Clone, Debug, Serialize)]
pub struct Submission {
    id: SubmissionId,
    status: Status,
    run: i32,
    version: i64,
    title: String,
    text: String,
    code: Option<String>,
    language: Option<String>,
    verdict: Option<Verdict>,
    failing_input: Option<String>,
    answer_language: AnswerLanguage,
    images: Vec<Image>,
    error: Option<Failure>,
    stages: Stages<Stage>,
    callback: Option<Callback>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    queued_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    finished_at: Option<DateTime<Utc>>,
    links: Links,
}

/// An image of a submission.
#[derive(Clone, Debug, Serialize)]
struct Image {
    position: i16,
    media_type: MediaType,
    width: i32,
    height: i32,
    href: String,
}

/// How far it is to tell the sender of the end of the run.
#[derive(Clone, Debug, Serialize)]
struct Callback {
    state: CallbackState,
    attempts: i32,
    /// Why the last attempt failed.
    detail: Option<String>,
}

/// A stage.
#[derive(Clone, Debug, Serialize)]
struct Stage {
    state: StageState,
    started_at: Option<DateTime<Utc>>,
    finished_at: Option<DateTime<Utc>>,
    model: Option<String>,
    usage: Option<Usage>,
    calls: i32,
    error: Option<Failure>,
    result: Option<Value>,
}

/// Addresses that belong to a submission.
#[derive(Clone, Debug, Serialize)]
pub struct Links {
    /// The submission itself.
    #[serde(rename = "self")]
    pub this: String,
    /// Its page, for people.
    pub page: String,
    /// The fix as a patch, once there is one.
    pub patch: String,
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
        report: format!("{BASE}/{id}/report"),
    }
}

/// A submission after its run was changed.
#[derive(Clone, Debug, Serialize)]
pub struct RunView {
    id: SubmissionId,
    status: Status,
    run: i32,
    version: i64,
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
    /// The entity tag: the version, which rises with each change.
    #[must_use]
    pub fn etag(&self) -> String {
        format!("\"{}\"", self.version)
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

/// Reads a submission with its stages, all of one moment.
///
/// # Errors
/// [`ApiError::NotFound`], or those of the database.
pub async fn load(state: &AppState, id: SubmissionId) -> Result<Submission, ApiError> {
    let row = submissions::find(&state.db, id)
        .await?
        .ok_or_else(ApiError::no_submission)?;
    let images = if row.image_count > 0 {
        images::list(&state.db, id).await?
    } else {
        Vec::new()
    };

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
        error: Failure::of(row.error_code, row.error_detail),
        stages,
        callback: row.callback.map(|told| callback(told.0, row.run)),
        created_at: row.created_at,
        updated_at: row.updated_at,
        queued_at: row.queued_at,
        started_at: row.started_at,
        finished_at: row.finished_at,
        links: links(id),
    })
}
