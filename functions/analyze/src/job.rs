//! One job: claims the submission, works under its lease, and decides what BullMQ is told.
//!
//! The row changes before BullMQ is told. If a worker dies in between, BullMQ's stalled check or the sweeper finds the job.

use std::{panic::AssertUnwindSafe, time::Duration};

use actions::budget;
use config::crypto::random_fraction;
use db::submissions::{self, Claim, Lease, Release, Submission};
use domain::{Chain, FailureCode, SubmissionId};
use futures::FutureExt as _;
use job_queue::{
    self as queue, Delivery, Outcome,
    events::{SubmissionEvent, Watcher},
};
use serde_json::Value;
use telemetry::{metrics, trace};
use tokio::time::Instant;
use tracing::{Instrument as _, Span, field::Empty};
use web::{settings, state::AppState};

use crate::{callback, failure::Failure, measure, persist, stage};

/// How long a lease holds without being renewed.
const LEASE: Duration = Duration::from_secs(30);
/// How often it is renewed.
const RENEWAL: Duration = Duration::from_secs(5);
/// Claims of one run, after which it is taken to kill its workers.
const MAX_CLAIMS: i32 = 10;
/// Waits for an endpoint that is away, one after the other: together they are longer than a model takes to load.
const ENDPOINT_WAITS: [Duration; 3] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(90),
];
/// Longest wait that an endpoint may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);
/// Longest time after which an endpoint may let a failed submission run again. Beyond it stands a timestamp, or nonsense.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 3600);
/// Wait before a job comes again when the database does not answer.
const DATABASE_AWAY: Duration = Duration::from_secs(5);

/// Processes a delivery.
pub(crate) async fn handle(state: &AppState, delivery: Delivery) -> Outcome {
    let span = tracing::info_span!(
        "job", job.id = %delivery.job_id, job.attempt = attempt(&delivery), trace.id = Empty, otel.kind = Empty
    );
    if delivery.name == queue::WEBHOOK_JOB_NAME {
        return callback::handle(state, &delivery).instrument(span).await;
    }
    let outcome = match submission_id(&delivery.data) {
        Some(id) => claimed(state, id, &delivery, &span).await,
        None => span.in_scope(|| {
            tracing::error!("the job's data is not of this queue");
            let reason = r#"the job's data must be {"submissionId": "<UUID of a submission>"}"#;
            Outcome::Fail(reason.to_owned())
        }),
    };
    measure::delivery(&outcome);
    outcome
}

const fn attempt(delivery: &Delivery) -> u32 {
    delivery.attempts_made.saturating_add(1)
}

/// Claims the submission and works on it. The span is first entered when the trace that it continues is known.
async fn claimed(state: &AppState, id: SubmissionId, delivery: &Delivery, span: &Span) -> Outcome {
    let run = queue::run_of_job(&delivery.job_id, id);
    let attempts_made = i32::try_from(delivery.attempts_made).unwrap_or(i32::MAX);
    let claim = submissions::claim(&state.db, id, run, attempts_made, LEASE).await;
    if let Ok(Claim::Claimed { lease, submission }) = claim {
        trace::begin_job(span, submission.traceparent.as_deref());
        trace::note(span, "submission.id", id.to_string());
        let work = async {
            let outcome = if submission.claims > MAX_CLAIMS {
                crash_loop(state, lease).await
            } else {
                process(state, lease, *submission, delivery).await
            };
            if matches!(outcome, Outcome::Done | Outcome::Fail(_)) {
                actions::callback::queue(state, id).await;
            }
            outcome
        };
        return work.instrument(span.clone()).await;
    }
    span.in_scope(|| match claim {
        Ok(Claim::Claimed { .. } | Claim::Obsolete) => {
            metrics::job("obsolete");
            tracing::info!(submission.id = %id, "there is nothing to do");
            Outcome::Done
        }
        Ok(Claim::Leased(left)) => {
            tracing::info!(submission.id = %id, "another worker has it");
            Outcome::Postpone(left + Duration::from_secs(1))
        }
        Err(error) => database_failed(&error),
    })
}

fn submission_id(data: &Value) -> Option<SubmissionId> {
    data.get("submissionId")?.as_str()?.parse().ok()
}

/// A claim or a write failed while the database was away: the lease, if there is one, lapses by itself, and the job comes
/// again.
pub(crate) fn database_failed(error: &db::Error) -> Outcome {
    if matches!(error, db::Error::LeaseLost) {
        metrics::job("dropped");
        tracing::info!("the lease is lost; the result is dropped");
        return Outcome::Done;
    }
    tracing::error!(error = %Chain(error), "the database failed");
    Outcome::Postpone(DATABASE_AWAY)
}

/// The database failed under a lease. An error that will not pass ends the submission rather than its workers.
async fn failed_under_lease(state: &AppState, lease: Lease, error: &db::Error) -> Outcome {
    if error.is_transient() || matches!(error, db::Error::LeaseLost) {
        return database_failed(error);
    }
    tracing::error!(submission.id = %lease.id, error = %Chain(error), "the submission cannot be stored");
    let detail = "Something went wrong on our side; the log of the worker says what.";
    match persist::change(state, lease, || {
        submissions::fail(&state.db, lease, FailureCode::Internal, detail, None)
    })
    .await
    {
        Ok(()) => Outcome::Fail(format!("internal: {detail}")),
        Err(error) => database_failed(&error),
    }
}

async fn crash_loop(state: &AppState, lease: Lease) -> Outcome {
    let detail = format!(
        "{MAX_CLAIMS} workers in a row died or lost their connection while they worked on it. Retry it, and if it \
         happens again look at the worker's log."
    );
    tracing::error!(submission.id = %lease.id, "too many claims");
    match persist::change(state, lease, || {
        submissions::fail(&state.db, lease, FailureCode::CrashLoop, &detail, None)
    })
    .await
    {
        Ok(()) => Outcome::Fail(format!("crash_loop: {detail}")),
        Err(error) => database_failed(&error),
    }
}

/// Why the work ended before it was done.
enum Interruption {
    LeaseLost,
    Stopping,
    Deadline(Duration),
}

async fn process(
    state: &AppState,
    lease: Lease,
    submission: Submission,
    delivery: &Delivery,
) -> Outcome {
    let id = lease.id;
    let started = std::time::Instant::now();
    tracing::info!(submission.id = %id, "started");
    persist::tell(state, lease);
    let settings = match persist::persist(|| settings::afresh(state)).await {
        Ok(settings) => settings,
        Err(error) => return failed_under_lease(state, lease, &error).await,
    };
    if !submission.is_unlimited {
        match deferred(state, lease, settings.visitors.daily_tokens).await {
            Ok(Some(wait)) => return Outcome::Postpone(wait),
            Ok(None) => {}
            Err(error) => return failed_under_lease(state, lease, &error).await,
        }
    }
    let model = &settings.model;
    let deadline = state.config.job_deadline(model.timeout);
    let end = Instant::now() + deadline;
    let work = stage::run_all(state, lease, submission, model, end, attempt(delivery));
    let worked = tokio::select! {
        outcome = caught(work) => Ok(outcome),
        () = renew(state, lease) => Err(Interruption::LeaseLost),
        () = delivery.stopping.cancelled() => Err(Interruption::Stopping),
        () = tokio::time::sleep(deadline) => Err(Interruption::Deadline(deadline)),
    };
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    match worked {
        Ok(Ok(())) => {
            match persist::change(state, lease, || submissions::complete(&state.db, lease)).await {
                Ok(()) => {
                    metrics::job("completed");
                    tracing::info!(submission.id = %id, duration_ms, "completed");
                    Outcome::Done
                }
                Err(error) => database_failed(&error),
            }
        }
        Ok(Err(failure)) => failed(state, lease, delivery, &failure).await,
        Err(Interruption::Deadline(limit)) => {
            failed(state, lease, delivery, &Failure::Deadline(limit)).await
        }
        Err(Interruption::LeaseLost) => database_failed(&db::Error::LeaseLost),
        Err(Interruption::Stopping) => {
            match persist::change(state, lease, || {
                submissions::release(&state.db, lease, Release::HandedBack)
            })
            .await
            {
                Ok(()) => {
                    tracing::info!(submission.id = %id, duration_ms, "handed back");
                    Outcome::HandBack
                }
                Err(error) => database_failed(&error),
            }
        }
    }
}

/// Puts a submission off until the next day if the day's tokens are used up, and answers for how long.
async fn deferred(
    state: &AppState,
    lease: Lease,
    daily_tokens: u64,
) -> db::Result<Option<Duration>> {
    let are_used_up = || budget::are_tokens_used_up(state, daily_tokens);
    if !persist::persist(are_used_up).await? {
        return Ok(None);
    }
    let detail = "This server has used the tokens that it may use in a day. The analysis goes on after midnight UTC.";
    let defer = || submissions::defer(&state.db, lease, FailureCode::BudgetUsed, detail);
    let wait = persist::persist(defer).await?;
    persist::tell(state, lease);
    tracing::info!(submission.id = %lease.id, wait_s = wait.as_secs(), "the day's tokens are used up");
    // Each comes at its own time, so that they do not all come at once.
    Ok(Some(
        wait + Duration::from_secs(1).mul_f64(random_fraction() * 60.0),
    ))
}

/// A panic anywhere in the work is an attempt that failed. It has said so in the log, and nothing of it is used again.
async fn caught(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    AssertUnwindSafe(work)
        .catch_unwind()
        .await
        .unwrap_or(Err(Failure::Crashed))
}

/// Keeps the lease; returns when it is lost. While the database is away nobody else can take it either.
///
/// News of the submission may be that it was cancelled or deleted, so it looks at them at once.
async fn renew(state: &AppState, lease: Lease) {
    let mut watcher = state.events.watch(lease.id).await;
    let mut due = Instant::now() + RENEWAL;
    loop {
        tokio::select! {
            () = tokio::time::sleep_until(due) => {}
            () = changed(&mut watcher, lease) => {}
        }
        match submissions::renew(&state.db, lease, LEASE).await {
            Ok(()) => {}
            Err(db::Error::LeaseLost) => return,
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "the lease could not be renewed; trying again")
            }
        }
        due = Instant::now() + RENEWAL;
    }
}

/// Waits for news of a change that somebody else made.
async fn changed(watcher: &mut Watcher, lease: Lease) {
    let own = Some(persist::author(lease));
    loop {
        // Without Redis this would look too often; the renewal is often enough.
        let news = watcher.news(RENEWAL).await;
        if news.event == SubmissionEvent::Changed && news.by != own {
            return;
        }
    }
}

async fn failed(state: &AppState, lease: Lease, delivery: &Delivery, failure: &Failure) -> Outcome {
    if let Failure::Database(error) = failure {
        return failed_under_lease(state, lease, error).await;
    }
    let (code, detail) = (failure.code(), failure.detail());
    let reason = format!("{code}: {detail}");
    if let Some(wait) = failure.wait() {
        match wait_for(state, lease, wait).await {
            Ok(Some(wait)) => {
                tracing::warn!(submission.id = %lease.id, error.code = code.as_str(), wait_s = wait.as_secs(), "the endpoint is away");
                return Outcome::Postpone(wait);
            }
            // There is no patience left.
            Ok(None) => {}
            Err(error) => return failed_under_lease(state, lease, &error).await,
        }
    }
    let is_away = failure.wait().is_some();
    let retry_after = pause(failure.retry_after());
    let again = failure.is_transient() && !is_away && !delivery.is_last_attempt();
    let written = if again {
        persist::change(state, lease, || {
            submissions::release(&state.db, lease, Release::Failed)
        })
        .await
    } else {
        persist::change(state, lease, || {
            submissions::fail(&state.db, lease, code, &detail, retry_after)
        })
        .await
    };
    trace::fail(&Span::current(), code.as_str());
    tracing::warn!(submission.id = %lease.id, error.code = code.as_str(), again, "failed");
    match written {
        Ok(()) if again => Outcome::Retry(reason),
        Ok(()) => Outcome::Fail(reason),
        Err(error) => failed_under_lease(state, lease, &error).await,
    }
}

/// The pause that an endpoint asks for, if it can be one.
fn pause(asked: Option<Duration>) -> Option<Duration> {
    asked.filter(|asked| *asked <= LONGEST_PAUSE)
}

/// Puts the submission off until the endpoint may be there: for as long as it asks, or longer each time. `None` when it was waited
/// for often enough.
async fn wait_for(
    state: &AppState,
    lease: Lease,
    asked: Option<Duration>,
) -> db::Result<Option<Duration>> {
    if asked.is_some_and(|asked| asked > LONGEST_WAIT) {
        return Ok(None);
    }
    let waits = persist::persist(|| submissions::waits(&state.db, lease)).await?;
    let Some(wait) = ENDPOINT_WAITS.get(waits) else {
        return Ok(None);
    };
    let wait = asked.unwrap_or_default().max(*wait);
    persist::change(state, lease, || {
        submissions::release(&state.db, lease, Release::PutOff(wait))
    })
    .await?;
    Ok(Some(wait))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_attempt_that_failed() {
        let failure = caught(async { panic!("on purpose") }).await.unwrap_err();
        assert_eq!(failure.code(), FailureCode::Crashed);
        assert!(failure.is_transient() && failure.wait().is_none());
        assert!(caught(async { Ok(()) }).await.is_ok());
    }

    #[test]
    fn a_timestamp_is_no_pause() {
        let seconds = |seconds| pause(Some(Duration::from_secs(seconds)));
        assert_eq!(seconds(3600), Some(Duration::from_secs(3600)));
        assert_eq!(seconds(24 * 3600), Some(LONGEST_PAUSE));
        for nonsense in [24 * 3600 + 1, 1_800_000_000, u64::MAX] {
            assert_eq!(seconds(nonsense), None, "{nonsense}");
        }
        assert_eq!(pause(None), None);
    }

    #[test]
    fn only_data_of_this_queue_names_a_submission() {
        let id = SubmissionId::generate();
        assert_eq!(submission_id(&json!({ "submissionId": id })), Some(id));
        for data in [
            json!(null),
            json!([]),
            json!({}),
            json!({"submissionId": 5}),
            json!({"submissionId": "x"}),
        ] {
            assert_eq!(submission_id(&data), None, "{data}");
        }
    }
}
