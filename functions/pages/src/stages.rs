//! The stages of a submission and how far each is.

use actions::results::Results;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use db::stages::Stage;
use domain::{StageName, StageState, Status};
use site::{Icon, Words, dollars, grouped, seconds};

/// A stage in its progress.
pub(crate) struct StageView {
    pub(crate) name: StageName,
    pub(crate) class: &'static str,
    pub(crate) icon: Icon,
    pub(crate) title: &'static str,
    pub(crate) word: &'static str,
    pub(crate) running_since: Option<String>,
    pub(crate) seconds: String,
    pub(crate) tokens: String,
    pub(crate) model: String,
}

pub(crate) fn stages(results: &Results, words: Words) -> Vec<StageView> {
    let now = Utc::now();
    StageName::ALL
        .iter()
        .map(|name| {
            let row = results.stages.iter().find(|row| row.stage == *name);
            let state = row.map_or(StageState::Pending, |row| row.state);
            // A stage is RUNNING for a moment after its submission was stopped.
            let state = match state {
                StageState::Running if results.submission.status != Status::Processing => {
                    StageState::Pending
                }
                state => state,
            };
            stage(*name, row, state, words, now)
        })
        .collect()
}

pub(crate) fn stage(
    name: StageName,
    row: Option<&Stage>,
    state: StageState,
    words: Words,
    now: DateTime<Utc>,
) -> StageView {
    let (class, icon, word) = match state {
        StageState::Pending => ("pending", Icon::CIRCLE_DASHED, words.find("stage.pending")),
        StageState::Running => ("running", Icon::LOADER, words.find("stage.running")),
        StageState::Completed => (
            "completed",
            Icon::CIRCLE_CHECK,
            words.find("stage.completed"),
        ),
        StageState::Failed => ("failed", Icon::CIRCLE_X, words.find("stage.failed")),
        StageState::Skipped => ("skipped", Icon::SKIP_FORWARD, words.find("stage.skipped")),
    };
    let started = row.and_then(|row| row.started_at);
    let running_since = started.filter(|_| state == StageState::Running);
    let took: Option<TimeDelta> = match state {
        StageState::Running => started.map(|started| now - started),
        StageState::Completed | StageState::Failed => started
            .zip(row.and_then(|row| row.finished_at))
            .map(|(from, to)| to - from),
        _ => None,
    };
    let usage = row.and_then(|row| row.usage.as_ref()).map(|usage| usage.0);
    let tokens = usage
        .filter(|usage| usage.prompt_tokens + usage.completion_tokens > 0)
        .map(|usage| {
            let about = if usage.estimated { "≈ " } else { "" };
            let count = grouped(words, usage.prompt_tokens + usage.completion_tokens);
            let tokens = words.fill("stage.tokens", format!("{about}{count}"));
            match usage.cost {
                Some(cost) => format!("{tokens} · {about}{}", dollars(words, cost)),
                None => tokens,
            }
        });
    StageView {
        name,
        class,
        icon,
        title: stage_title(name, words),
        word: word.unwrap_or_default(),
        running_since: running_since
            .map(|since| since.to_rfc3339_opts(SecondsFormat::Millis, true)),
        seconds: took.map(|took| seconds(words, took)).unwrap_or_default(),
        tokens: tokens.unwrap_or_default(),
        model: row.and_then(|row| row.model.clone()).unwrap_or_default(),
    }
}

pub(crate) fn stage_title(name: StageName, words: Words) -> &'static str {
    words.get(match name {
        StageName::Problem => "stage.problem",
        StageName::Code => "stage.code",
        StageName::Analysis => "stage.analysis",
        StageName::Verification => "stage.verification",
    })
}
