//! The consumer's side: BullMQ's own worker, with what it leaves to its caller.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use bullmq::{Job, Worker, WorkerOptions};
use chrono::Utc;
use futures::{FutureExt as _, future::BoxFuture};
use serde_json::Value;
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{Error, NAME, connection};
use config::RedisConfig;
use domain::Chain;

/// How long BullMQ's lock holds without being renewed. As long as our own lease, so that a job of a dead worker comes
/// back when its row can be claimed.
const LOCK: Duration = Duration::from_secs(30);
/// How often to look for stalled jobs: two passes after the lock has expired they run again.
const STALLED_INTERVAL: Duration = Duration::from_secs(5);
/// BullMQ must never give up on a job before `submissions.claims` does.
const MAX_STALLED: u32 = 1000;
/// Longest block on an empty queue; also how long a stopping worker may sit in one.
const DRAIN_DELAY: Duration = Duration::from_secs(1);
/// Pause after a failed fetch.
const FETCH_RETRY: Duration = Duration::from_secs(1);
/// Longest wait for the worker's loop once its jobs are done. It sits in a block of at most 5 s for a delayed job.
const CLOSE: Duration = Duration::from_secs(7);

/// A job as the handler gets it.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The job's name.
    pub name: String,
    /// The job's id.
    pub job_id: String,
    /// Its data, of any shape: other clients can add jobs too. JSON null if it was no JSON.
    pub data: Value,
    /// Attempts that ended before this one, by BullMQ's count.
    pub attempts_made: u32,
    /// Attempts that the job has in all.
    pub attempts: u32,
    /// Set when the worker stops: the handler is to hand the job back soon.
    pub stopping: CancellationToken,
}

impl Delivery {
    /// Whether a failure of this attempt ends the job.
    #[must_use]
    pub const fn is_last_attempt(&self) -> bool {
        self.attempts_made + 1 >= self.attempts
    }
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done, or there was nothing to do.
    Done,
    /// It failed and may be tried again, as its attempts and backoff say.
    Retry(String),
    /// It failed for good.
    Fail(String),
    /// It is to come again later; the attempt does not count.
    Postpone(Duration),
    /// It is to be run by another worker now; the attempt does not count.
    HandBack,
}

/// Processes a job.
pub type Handler = Arc<dyn Fn(Delivery) -> BoxFuture<'static, Outcome> + Send + Sync>;

/// A running worker.
///
/// It starts in the background and keeps trying while Redis is away.
pub struct Consumer {
    concurrency: watch::Sender<usize>,
    task: JoinHandle<()>,
    stopping: CancellationToken,
    closing: CancellationToken,
}

impl std::fmt::Debug for Consumer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Consumer")
            .field("stopping", &self.stopping.is_cancelled())
            .finish_non_exhaustive()
    }
}

impl Consumer {
    /// Starts a worker that runs up to `concurrency` jobs at once.
    #[must_use]
    pub fn start(redis: RedisConfig, concurrency: usize, handler: Handler) -> Self {
        let stopping = CancellationToken::new();
        let closing = CancellationToken::new();
        let (concurrency, wanted) = watch::channel(concurrency);
        let task = tokio::spawn(run(
            redis,
            wanted,
            handler,
            stopping.clone(),
            closing.clone(),
        ));
        Self {
            concurrency,
            task,
            stopping,
            closing,
        }
    }

    /// Changes how many jobs run at once, from the next job on; running ones go on.
    pub fn set_concurrency(&self, concurrency: usize) {
        let changed = self.concurrency.send_if_modified(|wanted| {
            let changes = *wanted != concurrency;
            *wanted = concurrency;
            changes
        });
        if changed {
            tracing::info!(concurrency, "the number of jobs at once is changed");
        }
    }

    /// Stops: takes no further job, lets running ones go on for `grace`, then has them handed back, and returns when all
    /// have ended.
    pub async fn stop(self, grace: Duration) {
        self.closing.cancel();
        let mut task = self.task;
        if tokio::time::timeout(grace, &mut task).await.is_ok() {
            return;
        }
        self.stopping.cancel();
        if tokio::time::timeout(CLOSE + Duration::from_secs(5), &mut task)
            .await
            .is_err()
        {
            tracing::warn!("jobs that did not end in time are left to their leases");
            task.abort();
        }
    }
}

async fn run(
    redis: RedisConfig,
    mut wanted: watch::Receiver<usize>,
    handler: Handler,
    stopping: CancellationToken,
    closing: CancellationToken,
) {
    let Some(worker) = closing
        .run_until_cancelled(connect(&redis, &wanted, handler, &stopping))
        .await
        .flatten()
    else {
        return;
    };
    tracing::info!(concurrency = worker.concurrency(), "waiting for jobs");
    // The worker's events go into a channel without a bound: it must be read.
    let events = async {
        while let Some(event) = worker.next_event().await {
            tracing::trace!(?event, "worker");
        }
    };
    // A change made while the worker was connecting counts too.
    wanted.mark_changed();
    let changes = async {
        while wanted.changed().await.is_ok() {
            worker.set_concurrency(*wanted.borrow_and_update());
        }
    };
    tokio::select! {
        ((), ()) = async { tokio::join!(events, changes) } => {}
        () = closing.cancelled() => {}
    }
    worker.pause();
    // A job may be between being fetched and being counted, so idle is believed the second time it is seen.
    let mut idle = 0;
    while idle < 2 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        idle = if worker.active_count().await == 0 {
            idle + 1
        } else {
            0
        };
    }
    if let Err(error) = worker
        .close(u64::try_from(CLOSE.as_millis()).unwrap_or(u64::MAX))
        .await
    {
        tracing::warn!(error = %Chain(&error), "the worker did not close well");
    }
}

async fn connect(
    redis: &RedisConfig,
    wanted: &watch::Receiver<usize>,
    handler: Handler,
    stopping: &CancellationToken,
) -> Option<Worker> {
    let mut pauses = ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(200))
        .with_max_delay(Duration::from_secs(5))
        .without_max_times()
        .build();
    loop {
        let handler = handler.clone();
        let stopping = stopping.clone();
        let processor = move |job: Job, _: bullmq::worker::CancellationToken| {
            process(job, handler.clone(), stopping.clone())
        };
        let options = WorkerOptions::new()
            .connection(connection(redis))
            .prefix(&redis.prefix)
            .concurrency(*wanted.borrow())
            .lock_duration(LOCK)
            .max_stalled_count(MAX_STALLED)
            .stalled_interval(STALLED_INTERVAL)
            .drain_delay(DRAIN_DELAY)
            .run_retry_delay(FETCH_RETRY);
        match Worker::with_options(NAME, processor, options).await {
            Ok(worker) => return Some(worker),
            Err(error) => {
                let error = Error::from(error);
                tracing::warn!(error = %Chain(&error), "the worker cannot reach Redis and will try again");
                tokio::time::sleep(pauses.next()?).await;
            }
        }
    }
}

/// Runs the handler for a job and tells BullMQ what became of it.
async fn process(
    job: Job,
    handler: Handler,
    stopping: CancellationToken,
) -> Result<Value, bullmq::Error> {
    let delivery = Delivery {
        name: job.name().to_owned(),
        job_id: job.id().to_owned(),
        data: job.data().clone(),
        attempts_made: job.attempts_made(),
        attempts: job.opts().attempts.unwrap_or(1).max(1),
        stopping,
    };
    // The worker would renew the lock of a job whose processor panicked for ever.
    let outcome = AssertUnwindSafe(async { handler(delivery).await })
        .catch_unwind()
        .await
        .unwrap_or_else(|_| {
            tracing::error!(job.id = job.id(), "the handler panicked");
            Outcome::Retry("the worker panicked".to_owned())
        });
    match outcome {
        Outcome::Done => Ok(Value::Null),
        Outcome::Retry(reason) => Err(bullmq::Error::ProcessingError(reason)),
        Outcome::Fail(reason) => Err(bullmq::Error::Unrecoverable(reason)),
        Outcome::Postpone(by) => {
            let due = Utc::now()
                .timestamp_millis()
                .saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX));
            job.move_to_delayed(u64::try_from(due).unwrap_or_default())
                .await?;
            Err(bullmq::Error::Delayed)
        }
        Outcome::HandBack => {
            job.move_to_wait(None).await?;
            Err(bullmq::Error::Delayed)
        }
    }
}
