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

/// The work that is done now.
pub(crate) struct Now {
    pub(crate) sentence: &'static str,
    /// RFC 3339.
    pub(crate) since: String,
    pub(crate) seconds: String,
    elapsed: i64,
    /// Seconds that it usually takes in all.
    pub(crate) usual: Option<u64>,
}

impl Now {
    /// The work on a submission, if somebody works on it.
    pub(crate) fn of(results: &Results, usual: Option<u64>, words: Words) -> Option<Self> {
        let submission = &results.submission;
        let since = submission
            .started_at
            .filter(|_| submission.status == Status::Processing)?;
        // The last of those that run side by side is the one that is waited for.
        let mut stages = results.stages.iter().rev();
        let key = match stages.find(|row| row.state == StageState::Running) {
            Some(row) if row.stage == StageName::Verification && results.analysis.is_some() => {
                "progress.now.proving".to_owned()
            }
            Some(row) => format!("progress.now.{}", row.stage),
            None => "progress.now.starting".to_owned(),
        };
        let elapsed = Utc::now() - since;
        Some(Self {
            sentence: words.find(&key).unwrap_or_default(),
            since: since.to_rfc3339_opts(SecondsFormat::Millis, true),
            seconds: seconds(words, elapsed),
            elapsed: elapsed.num_seconds().max(0),
            usual,
        })
    }

    /// Seconds so far, at most those that it usually takes.
    pub(crate) fn whole_seconds(&self) -> u64 {
        let elapsed = self.elapsed.unsigned_abs();
        self.usual.map_or(elapsed, |usual| elapsed.min(usual))
    }
}

/// A run that has ended, in one line.
#[derive(Default)]
pub(crate) struct Total {
    pub(crate) text: String,
    /// Models, tokens and price.
    pub(crate) costs: Vec<String>,
}

/// The run in one line.
pub(crate) fn total(results: &Results, words: Words) -> Total {
    let submission = &results.submission;
    let took = submission
        .started_at
        .zip(submission.finished_at)
        .map(|(from, to)| seconds(words, to - from));
    let key = match submission.status {
        Status::Completed => "progress.done",
        _ => "progress.ended",
    };
    let mut models: Vec<_> = results
        .stages
        .iter()
        .filter_map(|row| row.model.clone())
        .collect();
    models.dedup();
    let usages = results.stages.iter().filter_map(|row| row.usage.as_ref());
    let usages: Vec<_> = usages.map(|usage| usage.0).collect();
    let count: u64 = usages
        .iter()
        .map(|usage| usage.prompt_tokens + usage.completion_tokens)
        .sum();
    let about = if usages.iter().any(|usage| usage.estimated) {
        "≈ "
    } else {
        ""
    };
    let tokens = words.fill("stage.tokens", format!("{about}{}", grouped(words, count)));
    let cost: f64 = usages.iter().filter_map(|usage| usage.cost).sum();
    let has_price = usages.iter().any(|usage| usage.cost.is_some());
    Total {
        text: took.map_or_else(
            || words.get("progress.title").to_owned(),
            |took| words.fill(key, took),
        ),
        costs: models
            .into_iter()
            .chain((count > 0).then_some(tokens))
            .chain(has_price.then(|| format!("{about}{}", dollars(words, cost))))
            .collect(),
    }
}

pub(crate) fn stages(results: &Results, words: Words) -> Vec<StageView> {
    let now = Utc::now();
    StageName::ALL
        .iter()
        .map(|name| {
            let row = results.stages.iter().find(|row| row.stage == *name);
            // A submission that is older than the stage has no row of it.
            let missing = match results.submission.status {
                Status::Completed => StageState::Skipped,
                _ => StageState::Pending,
            };
            let state = row.map_or(missing, |row| row.state);
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
        StageName::Hunt => "stage.hunt",
        StageName::Analysis => "stage.analysis",
        StageName::Verification => "stage.verification",
    })
}
