//! AWS Lambda: HTTP functions, the queue's consumer, and tasks.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use axum::{Router, response::Response};
use lambda_http::{
    lambda_runtime::{self, Context, LambdaEvent},
    service_fn,
};
use serde_json::{Value, json};
use tokio::{sync::Mutex, time::Instant};

use super::{Error, Work, otlp, shutdown_signal};
use config::LambdaConfig;
use domain::Chain;
use job_queue::{Backlog, Consumer, Handler};
use web::{settings, state::AppState};

/// Time kept at the end of an invocation to close the queue and to answer.
const MARGIN: Duration = Duration::from_secs(15);
/// Longest that a function may run, for where the platform does not say.
const LONGEST: Duration = Duration::from_secs(900);
/// How often to look at the queue.
const LOOK: Duration = Duration::from_secs(1);
/// Looks at an empty queue after which it is believed: a job may be between two states.
const QUIET: u32 = 2;
/// How long to wait for a job that comes again soon, or that a dead worker left: BullMQ needs two passes to notice.
const LINGER: Duration = Duration::from_secs(12);
/// Longest wait for Redis.
const REDIS: Duration = Duration::from_secs(2);
/// Looks in a row at a queue that does not answer after which the invocation fails.
const UNANSWERED: u32 = 5;

/// Serves an HTTP function.
pub(super) async fn serve(app: Router, lambda: LambdaConfig) -> Result<(), Error> {
    // The platform stops the process as soon as it has answered.
    let app = app.layer(axum::middleware::map_response(
        async |response: Response| {
            otlp::flush().await;
            response
        },
    ));
    if lambda.streams {
        lambda_http::run_with_streaming_response(app).await
    } else {
        lambda_http::run(app).await
    }
}

/// Answers each event, whatever it holds.
pub(super) async fn invoked<F>(answer: impl Fn(LambdaEvent<Value>) -> F) -> Result<(), Error>
where
    F: Future<Output = Result<Value, Error>>,
{
    lambda_runtime::run(service_fn(async |event| {
        let answered = answer(event).await;
        otlp::flush().await;
        answered
    }))
    .await
}

/// Runs the queue's consumer at each event: a schedule, messages of SQS, or anything else.
pub(super) async fn consume(state: AppState, work: Work) -> Result<(), Error> {
    let stopping = state.stopping.clone();
    let signal = shutdown_signal();
    tokio::spawn(async move {
        signal.await;
        stopping.cancel();
    });
    let busy = Mutex::new(());
    let serve = invoked(async |event: LambdaEvent<Value>| {
        let _busy = busy.lock().await;
        let report = drain(&state, work, &event.context).await?;
        tracing::info!(%report, "drained");
        Ok(if is_sqs(&event.payload) {
            // The messages only ring: what they rang for is in the queue.
            json!({ "batchItemFailures": [] })
        } else {
            report
        })
    });
    let stopped = async {
        state.stopping.cancelled().await;
        drop(busy.lock().await);
        // The answer is on its way.
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    tokio::select! {
        outcome = serve => outcome,
        () = stopped => Ok(()),
    }
}

fn is_sqs(event: &Value) -> bool {
    let source = event.pointer("/Records/0/eventSource");
    source.and_then(Value::as_str) == Some("aws:sqs")
}

/// Time that is left to an invocation. One that is over already is a platform's that does not know.
fn time_left(context: &Context) -> Duration {
    context
        .deadline()
        .duration_since(SystemTime::now())
        .unwrap_or(LONGEST)
}

/// Why no more jobs are taken.
enum End {
    /// There are none.
    Done,
    /// A job that began now might not end in time.
    Late,
    /// The process is to stop.
    Stopped,
}

/// Jobs that were taken.
#[derive(Clone, Default)]
struct JobCounts {
    running: Arc<AtomicUsize>,
    all: Arc<AtomicU64>,
}

/// A job that runs.
struct Running(Arc<AtomicUsize>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl JobCounts {
    /// The handler, with its jobs counted.
    fn count(&self, handler: Handler) -> Handler {
        let taken = self.clone();
        Arc::new(move |delivery| {
            taken.running.fetch_add(1, Ordering::SeqCst);
            taken.all.fetch_add(1, Ordering::SeqCst);
            let running = Running(taken.running.clone());
            let job = handler(delivery);
            Box::pin(async move {
                let _running = running;
                job.await
            })
        })
    }
}

/// Runs jobs until none are left or the time is up, and rings again if some are.
async fn drain(state: &AppState, work: Work, context: &Context) -> Result<Value, Error> {
    let end = Instant::now() + time_left(context);
    let settings = settings::effective(state).await?;
    let job = state.config.job_deadline(settings.model.timeout);
    let last_start = end
        .checked_sub(job + MARGIN)
        .filter(|last| *last > Instant::now())
        .ok_or_else(|| {
            format!(
                "a job may take {} s, and the function ends in {} s: give it a timeout of at least {} s, or lower \
                 REQUEST_TIMEOUT_SECONDS",
                job.as_secs(),
                end.saturating_duration_since(Instant::now()).as_secs(),
                (job + MARGIN).as_secs() + 5,
            )
        })?;
    let redis = state
        .config
        .redis
        .clone()
        .ok_or(job_queue::Error::NotConfigured)?;
    (work.sweep)(state.clone()).await;
    let taken = JobCounts::default();
    let handler = taken.count((work.handler)(state.clone()));
    let consumer = Consumer::start(redis, settings.worker.concurrency, handler);
    let watched = watch(state, &taken, last_start).await;
    let grace = match watched {
        Ok(End::Late) => (end - MARGIN).saturating_duration_since(Instant::now()),
        Ok(End::Done) => MARGIN,
        Ok(End::Stopped) | Err(_) => Duration::ZERO,
    };
    consumer.stop(grace).await;
    watched?;
    let left = state.queue.backlog(REDIS).await?;
    if waits(&left) {
        state.doorbell.ring().await;
    }
    Ok(json!({
        "handled": taken.all.load(Ordering::SeqCst),
        "waiting": left.waiting,
        "delayed": left.delayed,
    }))
}

fn waits(queue: &Backlog) -> bool {
    !queue.paused && queue.waiting > 0
}

/// Looks at the queue until there is a reason to take no more jobs.
async fn watch(state: &AppState, taken: &JobCounts, last_start: Instant) -> Result<End, Error> {
    let mut quiet = 0;
    let mut unanswered = 0;
    let mut busy_at = Instant::now();
    let mut ticks = tokio::time::interval(LOOK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        if state
            .stopping
            .run_until_cancelled(ticks.tick())
            .await
            .is_none()
        {
            return Ok(End::Stopped);
        }
        if Instant::now() >= last_start {
            tracing::info!("no further job is begun: it might not end in time");
            return Ok(End::Late);
        }
        let queue = match state.queue.backlog(REDIS).await {
            Ok(queue) => queue,
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "the queue does not answer");
                unanswered += 1;
                if unanswered == UNANSWERED {
                    return Err(error.into());
                }
                continue;
            }
        };
        unanswered = 0;
        if waits(&queue) || taken.running.load(Ordering::SeqCst) > 0 {
            busy_at = Instant::now();
            quiet = 0;
            continue;
        }
        if queue.delayed + queue.active > 0 && busy_at.elapsed() < LINGER {
            continue;
        }
        quiet += 1;
        if quiet == QUIET {
            return Ok(End::Done);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_sqs_are_told_from_other_events() {
        assert!(is_sqs(
            &json!({ "Records": [{ "eventSource": "aws:sqs", "body": "" }] })
        ));
        for other in [
            json!({ "source": "aws.events", "detail-type": "Scheduled Event" }),
            json!({ "Records": [{ "eventSource": "aws:s3" }] }),
            json!(null),
            json!({}),
        ] {
            assert!(!is_sqs(&other), "{other}");
        }
    }

    #[test]
    fn a_deadline_in_the_past_is_no_deadline() {
        let mut context = Context::default();
        assert_eq!(time_left(&context), LONGEST);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        context.deadline = u64::try_from(now.unwrap().as_millis()).unwrap() + 60_000;
        let left = time_left(&context);
        assert!(left > Duration::from_secs(50) && left <= Duration::from_secs(60));
    }
}
