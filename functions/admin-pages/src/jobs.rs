//! The jobs as the queue's page lists them, and how fast they went lately.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use db::{
    statistics::{self, Hour},
    submissions,
};
use domain::{Chain, SubmissionId};
use site::{Words, grouped, seconds, since};
use web::{error::ApiError, state::AppState};

use crate::{
    chart::{Chart, Value, bars},
    numbers::reason,
    prompts,
    stored::title,
};

/// Most jobs in a list.
const MOST: u16 = 20;
/// Most failed ones: they have a page of their own.
const FAILED: i64 = 10;
/// Hours that are looked back upon.
const HOURS: i32 = 24;

/// A running submission.
pub(crate) struct Running {
    pub(crate) id: SubmissionId,
    pub(crate) title: String,
    /// Key of the stage.
    pub(crate) stage: Option<&'static str>,
    pub(crate) seconds: String,
}

/// A submission whose job comes again later.
pub(crate) struct Later {
    pub(crate) id: SubmissionId,
    pub(crate) title: String,
    pub(crate) due: String,
    pub(crate) exact: String,
}

/// A submission that failed.
pub(crate) struct Failed {
    pub(crate) id: SubmissionId,
    pub(crate) title: String,
    pub(crate) reason: &'static str,
    pub(crate) code: String,
    pub(crate) when: String,
    pub(crate) exact: String,
}

/// An hour as a row.
pub(crate) struct Row {
    pub(crate) ago: i32,
    pub(crate) completed: String,
    pub(crate) failed: String,
    pub(crate) median: String,
}

/// The lists, and the last day.
pub(crate) struct Jobs {
    pub(crate) running: Vec<Running>,
    pub(crate) later: Vec<Later>,
    pub(crate) failed: Vec<Failed>,
    pub(crate) charts: Vec<Chart>,
    pub(crate) rows: Vec<Row>,
}

pub(crate) async fn read(
    state: &AppState,
    words: Words,
    limit: Duration,
) -> Result<Jobs, ApiError> {
    let now = Utc::now();
    let hours = statistics::hours(&state.db, now - TimeDelta::hours(HOURS.into())).await?;
    Ok(Jobs {
        running: running(state, words, now).await?,
        later: later(state, words, now, limit).await?,
        failed: failed(state, words, now).await?,
        charts: charts(words, &hours),
        rows: rows(words, &hours),
    })
}

fn exact(then: DateTime<Utc>) -> String {
    then.to_rfc3339_opts(SecondsFormat::Secs, true)
}

async fn running(
    state: &AppState,
    words: Words,
    now: DateTime<Utc>,
) -> Result<Vec<Running>, ApiError> {
    let rows = submissions::running(&state.db, MOST.into()).await?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|row| Running {
            id: row.id,
            title: title(&row.title, words),
            stage: row.stage.map(prompts::title),
            seconds: row.started_at.map_or_else(String::new, |then| {
                let whole = (now - then).num_seconds().max(0);
                grouped(words, whole.unsigned_abs())
            }),
        })
        .collect())
}

/// Empty where Redis does not answer: the page says so above.
async fn later(
    state: &AppState,
    words: Words,
    now: DateTime<Utc>,
    limit: Duration,
) -> Result<Vec<Later>, ApiError> {
    let delayed = match state.queue.delayed(MOST.into(), limit).await {
        Ok(delayed) => delayed,
        Err(error) => {
            tracing::debug!(error = %Chain(&error), "the delayed jobs cannot be shown");
            return Ok(Vec::new());
        }
    };
    if delayed.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<_> = delayed.iter().map(|job| job.id).collect();
    let titles = submissions::titles(&state.db, &ids).await?;
    let line = |job: &job_queue::DelayedRun| {
        let (_, text) = titles.iter().find(|(id, _)| *id == job.id)?;
        let wait = (job.due - now).num_seconds();
        Some(Later {
            id: job.id,
            title: title(text, words),
            due: match wait {
                1.. => words.fill("queue.later.in", grouped(words, wait.unsigned_abs())),
                _ => words.get("queue.later.now").to_owned(),
            },
            exact: exact(job.due),
        })
    };
    Ok(delayed.iter().filter_map(line).collect())
}

async fn failed(
    state: &AppState,
    words: Words,
    now: DateTime<Utc>,
) -> Result<Vec<Failed>, ApiError> {
    let rows = submissions::failed(&state.db, FAILED).await?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|row| {
            let code = row.error_code.unwrap_or_default();
            Failed {
                id: row.id,
                title: title(&row.title, words),
                reason: reason(words, &code),
                code,
                when: row
                    .finished_at
                    .map_or_else(String::new, |then| since(words, then, now)),
                exact: row.finished_at.map_or_else(String::new, exact),
            }
        })
        .collect())
}

fn spell(words: Words, time: f64) -> String {
    let milliseconds = (time * 1000.0).round() as i64;
    seconds(words, TimeDelta::milliseconds(milliseconds))
}

fn rows(words: Words, hours: &[Hour]) -> Vec<Row> {
    let number = |count: i64| grouped(words, count.unsigned_abs());
    let row = |hour: &Hour| {
        Some(Row {
            ago: HOURS - hour.hour?,
            completed: number(hour.completed),
            failed: number(hour.failed),
            median: hour
                .median_seconds
                .map_or_else(|| "–".to_owned(), |median| spell(words, median)),
        })
    };
    hours.iter().rev().filter_map(row).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a bar is a hundred units high")]
fn charts(words: Words, hours: &[Hour]) -> Vec<Chart> {
    let all = hours.iter().find(|hour| hour.hour.is_none());
    let Some(all) = all.filter(|all| all.completed + all.failed > 0) else {
        return Vec::new();
    };
    let draw = |name, says: String, value: &dyn Fn(&Hour) -> Value| {
        let values: Vec<_> = (0..HOURS)
            .map(|at| {
                let hour = hours.iter().find(|hour| hour.hour == Some(at));
                let none = Hour {
                    hour: Some(at),
                    completed: 0,
                    failed: 0,
                    median_seconds: None,
                };
                value(hour.unwrap_or(&none))
            })
            .collect();
        let most = values.iter().fold(("", 0.0), |most, it| {
            if it.value > most.1 {
                (it.says.as_str(), it.value)
            } else {
                most
            }
        });
        Chart {
            name,
            says,
            failed: None,
            most: words.fill("data.days.most", most.0),
            ends: (
                words.fill("time.hours", HOURS),
                words.get("time.now").to_owned(),
            ),
            bars: bars(values),
        }
    };
    let ended = |hour: &Hour| Value {
        value: (hour.completed + hour.failed) as f64,
        failed: hour.failed as f64,
        says: grouped(words, (hour.completed + hour.failed).unsigned_abs()),
    };
    let median = |hour: &Hour| Value {
        value: hour.median_seconds.unwrap_or_default(),
        failed: 0.0,
        says: spell(words, hour.median_seconds.unwrap_or_default()),
    };
    let sum = grouped(words, (all.completed + all.failed).unsigned_abs());
    let mut charts = vec![draw(
        "queue.day.ended",
        words.fill("data.days.sum", sum),
        &ended,
    )];
    charts[0].failed = Some(words.fill("chart.failed", grouped(words, all.failed.unsigned_abs())));
    if let Some(time) = all.median_seconds {
        let says = spell(words, time);
        charts.push(draw("queue.day.median", says, &median));
    }
    charts
}

#[cfg(test)]
mod tests {
    use domain::AnswerLanguage;

    use super::*;

    #[test]
    fn the_last_day_has_a_bar_for_each_hour() {
        let words = Words(AnswerLanguage::English);
        let hour = |hour, completed, failed, median_seconds| Hour {
            hour,
            completed,
            failed,
            median_seconds,
        };
        let hours = [
            hour(Some(0), 1, 1, Some(8.0)),
            hour(Some(23), 4, 0, Some(2.0)),
            hour(None, 5, 1, Some(2.5)),
        ];
        let drawn = charts(words, &hours);
        assert_eq!(drawn[0].bars.len(), 24);
        assert_eq!((drawn[0].bars[0].height, drawn[0].bars[0].failed), (50, 25));
        assert_eq!(
            (drawn[0].bars[1].height, drawn[0].bars[23].height),
            (0, 100)
        );
        assert_eq!(drawn[0].says, "6 in all");
        assert_eq!(
            (drawn[1].says.as_str(), drawn[1].most.as_str()),
            ("2.5 s", "peak 8.0 s")
        );
        let rows = rows(words, &hours);
        assert_eq!((rows.len(), rows[0].ago, rows[1].ago), (2, 1, 24));
        assert!(charts(words, &[hour(None, 0, 0, None)]).is_empty());
    }
}
