//! The progress of a submission, small enough to send at every change.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::reveal::{self, Reader};
use db::submissions;
use domain::{StageName, StageState, Status, SubmissionId, Usage};
use job_queue::events::{SubmissionEvent, Watcher};
use web::{error::ApiError, looks::Look, state::AppState};

/// Where a submission and its stages are.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Progress {
    /// Its id.
    pub id: SubmissionId,
    /// Its status.
    pub status: Status,
    /// Its run.
    pub run: i32,
    /// Its version, the id of the event.
    pub version: i64,
    /// Title of the problem, once it is known.
    pub title: String,
    /// Why it failed.
    pub error: Option<Failure>,
    /// Its stages.
    pub stages: Stages<Stage>,
}

/// Why it failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Failure {
    /// As a code.
    pub code: String,
    /// In words.
    pub detail: String,
}

impl Failure {
    /// The failure that a row's columns hold, if they hold one.
    pub(super) fn of(code: Option<String>, detail: Option<String>) -> Option<Self> {
        code.map(|code| Self {
            code,
            detail: detail.unwrap_or_default(),
        })
    }
}

/// The stages, each as a `T`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Stages<T> {
    /// Extracts the statement.
    pub problem: Option<T>,
    /// Finds the program.
    pub code: Option<T>,
    /// Looks for the smallest failing input.
    pub hunt: Option<T>,
    /// Finds the bug.
    pub analysis: Option<T>,
    /// Runs the program and its fix.
    pub verification: Option<T>,
}

impl<T> FromIterator<(StageName, T)> for Stages<T> {
    fn from_iter<I: IntoIterator<Item = (StageName, T)>>(stages: I) -> Self {
        let mut all = Self {
            problem: None,
            code: None,
            hunt: None,
            analysis: None,
            verification: None,
        };
        for (name, stage) in stages {
            let place = match name {
                StageName::Problem => &mut all.problem,
                StageName::Code => &mut all.code,
                StageName::Hunt => &mut all.hunt,
                StageName::Analysis => &mut all.analysis,
                StageName::Verification => &mut all.verification,
            };
            *place = Some(stage);
        }
        all
    }
}

/// A stage.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = StageProgress)]
pub struct Stage {
    /// Where it is.
    pub state: StageState,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// The model that answered.
    pub model: Option<String>,
    /// Tokens over all calls.
    pub usage: Option<Usage>,
    /// Calls to the model.
    pub calls: i32,
}

/// Watches the progress of a submission, as far as its reader may see it.
#[derive(Debug)]
pub struct Watch {
    id: SubmissionId,
    reader: Reader,
    watcher: Watcher,
    look: Arc<Look>,
}

impl Watch {
    /// Begins to watch. The first look follows, or a change between the two would be missed.
    pub async fn begin(state: &AppState, id: SubmissionId, reader: Reader) -> Self {
        Self {
            id,
            reader,
            watcher: state.events.watch(id).await,
            look: state.looks.of(id),
        }
    }

    /// The progress, all of one moment that is no older than the last event; `None` when there is no such submission. All in this
    /// process who heard of the same event share a query.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn look(&self, state: &AppState) -> Result<Option<Progress>, ApiError> {
        match self.look.progress(&state.db, self.watcher.since()).await? {
            Some(row) => Ok(Some(shown(state, self.id, self.reader, &row).await?)),
            None => Ok(None),
        }
    }

    /// The next event, as [`Watcher::next`] has it.
    pub async fn next(&mut self, poll: Duration) -> SubmissionEvent {
        self.watcher.next(poll).await
    }
}

async fn shown(
    state: &AppState,
    id: SubmissionId,
    reader: Reader,
    row: &submissions::Progress,
) -> Result<Progress, ApiError> {
    let stages = row.stages.0.iter().map(|row| {
        let stage = Stage {
            state: row.state,
            started_at: row.started_at,
            finished_at: row.finished_at,
            model: row.model.clone(),
            usage: row.usage.as_ref().map(|usage| usage.0),
            calls: row.calls,
        };
        (row.stage, stage)
    });
    let mut detail = row.error_detail.clone();
    if row.error_code.as_deref().is_some_and(reveal::quotes) {
        let shown = reveal::shown(state, reader, row.created_at).await?;
        detail = reveal::failure_detail(shown, row.error_code.as_deref(), detail);
    }
    Ok(Progress {
        id,
        status: row.status,
        run: row.run,
        version: row.version,
        title: row.title.clone(),
        error: Failure::of(row.error_code.clone(), detail),
        stages: stages.collect(),
    })
}
