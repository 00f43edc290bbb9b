//! Everything on Redis: the queue `code-analysis` (BullMQ, through the crate by BullMQ's own authors), events of submissions, the count
//! of wrong tokens, problems on their way to a form, and the doorbell of a consumer that sleeps.
//!
//! BullMQ decides when a job runs; Postgres decides what is true (see `db::submissions`). Both [`Queue`] and
//! [`Consumer`] connect when they are first needed: a function that never queues anything never talks to Redis.

mod consumer;
mod delayed;
pub mod doorbell;
mod error;
pub mod events;
pub mod guesses;
pub mod imports;
mod places;
mod removal;

use std::{collections::HashSet, sync::Arc, time::Duration};

use bullmq::{
    JobOptions, JobState, QueueOptions,
    options::{RedisConnectionOptions, TlsCerts},
    types::{BackoffStrategy, KeepJobs, RemoveOnFinish},
};
use serde::Serialize;
use tokio::{sync::OnceCell, time::timeout};

use config::{RedisConfig, tls};
pub use consumer::{Consumer, Delivery, Handler, Outcome};
pub use delayed::DelayedRun;
use domain::SubmissionId;
pub use error::Error;
use places::Places;

/// Name of the queue.
pub const NAME: &str = "code-analysis";
/// Name of its jobs.
pub const JOB_NAME: &str = "analyze";
/// Name of the jobs that tell of the end of a submission.
pub const WEBHOOK_JOB_NAME: &str = "webhook";
/// Attempts of such a job: the last one comes 43 minutes after the first.
const WEBHOOK_ATTEMPTS: u32 = 10;
/// Wait before its second attempt; doubles with each.
const WEBHOOK_BACKOFF: Duration = Duration::from_secs(5);
/// Attempts of one job.
pub const ATTEMPTS: u32 = 3;
/// Wait before the second attempt; doubles with each.
const BACKOFF: Duration = Duration::from_secs(2);
/// A delayed job may come so much later than asked without being late.
const MARGIN: Duration = Duration::from_secs(60);
const DAY_SECONDS: u64 = 24 * 60 * 60;

/// Id of the job of one run of a submission.
#[must_use]
pub fn job_id(id: SubmissionId, run: i32) -> String {
    format!("{JOB_NAME}-{id}-{run}")
}

/// The run that a job's id names, if the id is one of ours for this submission.
#[must_use]
pub fn run_of_job(job: &str, id: SubmissionId) -> Option<i32> {
    job.strip_prefix(&format!("{JOB_NAME}-{id}-"))?
        .parse()
        .ok()
        .filter(|run| *run >= 1)
}

fn connection(redis: &RedisConfig) -> RedisConnectionOptions {
    let options = RedisConnectionOptions::new().url(redis.expose_url());
    // The crate has roots of its own, which know no private authority.
    match tls::system_roots().filter(|_| redis.is_tls()) {
        Some(roots) => options.tls_certs(TlsCerts {
            root_cert: Some(roots.to_vec()),
            ..TlsCerts::default()
        }),
        None => options,
    }
}

/// The producer's side of the queue.
#[derive(Clone)]
pub struct Queue {
    redis: Option<Arc<RedisConfig>>,
    inner: Arc<OnceCell<bullmq::Queue>>,
    places: Arc<Places>,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue")
            .field("connected", &self.inner.initialized())
            .finish_non_exhaustive()
    }
}

impl Queue {
    /// The queue on this Redis; nothing is connected yet.
    #[must_use]
    pub fn new(redis: Option<RedisConfig>) -> Self {
        Self {
            redis: redis.map(Arc::new),
            inner: Arc::default(),
            places: Arc::default(),
        }
    }

    async fn connected(&self) -> Result<&bullmq::Queue, Error> {
        let redis = self.redis.as_ref().ok_or(Error::NotConfigured)?;
        self.inner
            .get_or_try_init(|| async {
                let options = QueueOptions::new()
                    .connection(connection(redis))
                    .prefix(&redis.prefix);
                Ok(bullmq::Queue::with_options(NAME, options).await?)
            })
            .await
    }

    /// Calls the queue, and gives up after `limit`: the driver itself waits far longer than a request may.
    async fn within<T>(
        &self,
        limit: Duration,
        call: impl AsyncFnOnce(&bullmq::Queue) -> Result<T, bullmq::Error>,
    ) -> Result<T, Error> {
        timeout(limit, async { Ok(call(self.connected().await?).await?) })
            .await
            .map_err(|_| Error::Timeout(limit))?
    }

    /// Queues the analysis of one run of a submission. A job that is there already stays as it is.
    ///
    /// # Errors
    /// [`Error`], at the latest after `limit`. The job may have been taken all the same: its id keeps it single.
    pub async fn add(&self, id: SubmissionId, run: i32, limit: Duration) -> Result<(), Error> {
        self.within(limit, async |queue| {
            queue
                .add(JOB_NAME, serde_json::json!({ "submissionId": id }))
                .options(options(id, run))
                .await?;
            Ok(())
        })
        .await
    }

    /// Queues telling of the end of a run. A job that is there already stays as it is.
    ///
    /// # Errors
    /// [`Error`], at the latest after `limit`.
    pub async fn add_webhook(
        &self,
        id: SubmissionId,
        run: i32,
        limit: Duration,
    ) -> Result<(), Error> {
        let data = serde_json::json!({ "submissionId": id, "run": run });
        let options = JobOptions::new()
            .job_id(format!("{WEBHOOK_JOB_NAME}-{id}-{run}"))
            .attempts(WEBHOOK_ATTEMPTS)
            .backoff(exponential(WEBHOOK_BACKOFF))
            .remove_on_complete(keep(100, DAY_SECONDS))
            .remove_on_fail(keep(200, 7 * DAY_SECONDS));
        self.within(limit, async |queue| {
            queue.add(WEBHOOK_JOB_NAME, data).options(options).await?;
            Ok(())
        })
        .await
    }

    /// Ids of the jobs that are waiting, prioritized, delayed or active, read at one moment.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn pending(&self, limit: Duration) -> Result<HashSet<String>, Error> {
        self.within(limit, async |queue| {
            let ids = queue
                .get_ranges(
                    &["waiting", "prioritized", "delayed", "active"],
                    0,
                    -1,
                    true,
                )
                .await?;
            Ok(ids.into_iter().collect())
        })
        .await
    }

    /// How much there is to do.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn backlog(&self, limit: Duration) -> Result<Backlog, Error> {
        self.within(limit, async |queue| {
            let counts = queue.get_job_counts().await?;
            Ok(Backlog {
                waiting: counts.waiting + counts.prioritized,
                active: counts.active,
                delayed: counts.delayed,
                paused: queue.is_paused().await?,
            })
        })
        .await
    }

    /// How Redis makes room when it is full, if it throws away what it was given: jobs would be lost. `None` where it keeps
    /// everything or does not say.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn evicts(&self, limit: Duration) -> Result<Option<String>, Error> {
        self.within(limit, async |queue| {
            let memory: String = queue
                .connection()
                .cmd(redis::cmd("INFO").arg("memory"))
                .await?;
            let policy = memory
                .lines()
                .find_map(|line| line.trim().strip_prefix("maxmemory_policy:"));
            Ok(policy
                .filter(|policy| *policy != "noeviction")
                .map(str::to_owned))
        })
        .await
    }

    /// Queues a run again whose job is lost or finished. `false` when the job is pending after all.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn add_again(
        &self,
        id: SubmissionId,
        run: i32,
        limit: Duration,
    ) -> Result<bool, Error> {
        let job = job_id(id, run);
        let finished = self
            .within(limit, async |queue| {
                Ok(match queue.get_job_state(&job).await? {
                    // A hash without a state is what a half-done removal leaves; it would block the new job.
                    JobState::Completed | JobState::Failed | JobState::Unknown => {
                        queue.remove(&job).await?
                    }
                    _ => false,
                })
            })
            .await?;
        if finished {
            self.add(id, run, limit).await?;
        }
        Ok(finished)
    }

    /// Lets a run's job come at once that is delayed, and has waited longer than it was to; no time at all means that the clock was
    /// set back. `false` when it is not delayed, or its time has not come.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn hurry(
        &self,
        id: SubmissionId,
        run: i32,
        waited: Duration,
        limit: Duration,
    ) -> Result<bool, Error> {
        let id = job_id(id, run);
        self.within(limit, async |queue| {
            if queue.get_job_state(&id).await? != JobState::Delayed {
                return Ok(false);
            }
            let Some(job) = queue.get_job(&id).await? else {
                return Ok(false);
            };
            let is_due = waited.is_zero() || waited > Duration::from_millis(job.delay()) + MARGIN;
            if is_due {
                job.promote().await?;
            }
            Ok(is_due)
        })
        .await
    }

    /// How much the queue holds, and who works on it.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn overview(&self, limit: Duration) -> Result<Overview, Error> {
        self.within(limit, async |queue| {
            let counts = queue.get_job_counts().await?;
            let oldest = queue
                .get_waiting(0, 0)
                .await?
                .first()
                .map(bullmq::Job::timestamp);
            Ok(Overview {
                waiting: counts.waiting,
                active: counts.active,
                delayed: counts.delayed,
                prioritized: counts.prioritized,
                completed: counts.completed,
                failed: counts.failed,
                paused: queue.is_paused().await?,
                oldest_waiting_since: oldest
                    .and_then(|ms| i64::try_from(ms).ok())
                    .and_then(chrono::DateTime::from_timestamp_millis),
                workers: queue.get_workers_count().await?,
            })
        })
        .await
    }

    /// Stops or lets workers take jobs, all of them, until it is said otherwise.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn set_paused(&self, paused: bool, limit: Duration) -> Result<(), Error> {
        self.within(limit, async |queue| {
            if paused {
                queue.pause().await
            } else {
                queue.resume().await
            }
        })
        .await
    }

    /// Whether Redis answers, and takes what it is given: one that is full still answers.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn ping(&self, limit: Duration) -> Result<(), Error> {
        let prefix = self.redis.as_ref().map_or("", |redis| &redis.prefix);
        let key = format!("{prefix}:{NAME}-probe");
        self.within(limit, async |queue| {
            let probe = &mut redis::cmd("SET");
            let probe = probe.arg(&key).arg(1).arg("EX").arg(60);
            queue.connection().cmd::<()>(probe).await
        })
        .await
    }
}

/// How much there is to do.
#[derive(Clone, Copy, Debug)]
pub struct Backlog {
    /// Jobs that wait, those with a priority among them.
    pub waiting: u64,
    /// Running jobs.
    pub active: u64,
    /// Jobs that come again later.
    pub delayed: u64,
    /// Whether workers take no jobs.
    pub paused: bool,
}

/// The queue in numbers.
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
pub struct Overview {
    /// Waiting jobs.
    pub waiting: u64,
    /// Running jobs.
    pub active: u64,
    /// Jobs that come again later.
    pub delayed: u64,
    /// Jobs with a priority that wait.
    pub prioritized: u64,
    /// Completed jobs that are kept.
    pub completed: u64,
    /// Failed jobs that are kept.
    pub failed: u64,
    /// Whether workers take no jobs.
    pub paused: bool,
    /// When the job that is next was added.
    pub oldest_waiting_since: Option<chrono::DateTime<chrono::Utc>>,
    /// Connected workers.
    pub workers: usize,
}

fn options(id: SubmissionId, run: i32) -> JobOptions {
    JobOptions::new()
        .job_id(job_id(id, run))
        .attempts(ATTEMPTS)
        .backoff(exponential(BACKOFF))
        // `age` is in seconds, as on the wire, whatever the crate's documentation says.
        .remove_on_complete(keep(100, DAY_SECONDS))
        .remove_on_fail(keep(200, 7 * DAY_SECONDS))
}

fn exponential(first: Duration) -> BackoffStrategy {
    BackoffStrategy::Exponential(u64::try_from(first.as_millis()).unwrap_or(u64::MAX))
}

fn keep(count: usize, age: u64) -> RemoveOnFinish {
    RemoveOnFinish::Options(KeepJobs {
        age: Some(age),
        count: Some(count),
        limit: None,
    })
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
