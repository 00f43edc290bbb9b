//! Measures what the consumer does: a span of each stage, and the outcomes of jobs.

use domain::{StageName, SubmissionId};
use job_queue::Outcome;
use telemetry::{metrics, trace};
use tokio::time::Instant;
use tracing::Instrument as _;

/// Asks a stage's question in a span of its own, and measures how long that takes.
pub(crate) async fn stage<T>(
    name: StageName,
    id: SubmissionId,
    attempt: u32,
    asked: impl Future<Output = Result<T, llm::Error>>,
) -> Result<T, llm::Error> {
    let span = tracing::info_span!("stage", stage = %name);
    trace::note(&span, "submission.id", id.to_string());
    trace::note(&span, "job.attempt", i64::from(attempt));
    let started = Instant::now();
    let answer = asked.instrument(span.clone()).await;
    let outcome = match &answer {
        Ok(_) => "completed",
        Err(error) => {
            trace::fail(&span, error.code().as_str());
            "failed"
        }
    };
    metrics::stage(name.as_str(), outcome, started.elapsed());
    answer
}

/// Counts a delivery. One that is done is counted where it is known whether there was anything to do.
pub(crate) fn delivery(outcome: &Outcome) {
    let outcome = match outcome {
        Outcome::Done => return,
        Outcome::Retry(_) => "retried",
        Outcome::Fail(_) => "failed",
        Outcome::Postpone(_) => "postponed",
        Outcome::HandBack => "handed_back",
    };
    metrics::job(outcome);
}
