//! Taking jobs out of the queue.

use std::time::Duration;

use futures::future::{BoxFuture, join_all};

use super::{Error, Queue, job_id};
use domain::SubmissionId;

/// Jobs that are removed within one limit.
const PAGE: usize = 1000;
/// Removals on their way to Redis at once.
const AT_ONCE: usize = 128;

impl Queue {
    /// Takes a run's job out of the queue; `false` when a worker has it.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn remove(&self, id: SubmissionId, run: i32, limit: Duration) -> Result<bool, Error> {
        self.within(limit, async |queue| queue.remove(&job_id(id, run)).await)
            .await
    }

    /// Takes the jobs of runs out of the queue, except those that workers have. It is quickest when the newest come first: Redis
    /// looks for them from that end.
    ///
    /// # Errors
    /// [`Error`], at the latest when a thousand of them take longer than `limit`; the rest stay.
    pub async fn remove_all(
        &self,
        runs: &[(SubmissionId, i32)],
        limit: Duration,
    ) -> Result<(), Error> {
        for page in runs.chunks(PAGE) {
            self.within(limit, async |queue| remove_page(queue, page).await)
                .await?;
        }
        Ok(())
    }
}

fn remove_page<'a>(
    queue: &'a bullmq::Queue,
    page: &'a [(SubmissionId, i32)],
) -> BoxFuture<'a, Result<(), bullmq::Error>> {
    Box::pin(async move {
        let jobs: Vec<_> = page.iter().map(|(id, run)| job_id(*id, *run)).collect();
        for jobs in jobs.chunks(AT_ONCE) {
            let mut removals = Vec::with_capacity(jobs.len());
            for job in jobs {
                removals.push(queue.remove(job));
            }
            for removed in join_all(removals).await {
                match removed {
                    // One that BullMQ does not give out must not keep the others.
                    Ok(_) | Err(bullmq::Error::Script { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use tokio::{net::TcpListener, time::Instant};

    use super::*;
    use config::Config;

    #[tokio::test(start_paused = true)]
    async fn a_redis_that_hangs_is_waited_for_once_however_many_jobs_there_are() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let config = Config::from_vars([("REDIS_URL".to_owned(), url)]).unwrap();
        let queue = Queue::new(config.redis);
        let runs: Vec<_> = (0..5 * PAGE)
            .map(|_| (SubmissionId::generate(), 1))
            .collect();
        let (limit, started) = (Duration::from_millis(100), Instant::now());
        let removed = queue.remove_all(&runs, limit).await;
        assert!(matches!(removed, Err(Error::Timeout(_))), "{removed:?}");
        assert_eq!(started.elapsed(), limit);
    }
}
