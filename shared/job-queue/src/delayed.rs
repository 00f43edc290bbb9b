//! The jobs that come again later.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::SubmissionId;

use super::{Error, JOB_NAME, NAME, Queue};

/// BullMQ keeps the time of a delayed job in milliseconds, times this: the rest keeps those of one moment in order.
const SCORE_UNIT: f64 = 4096.0;

/// A run that waits for its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DelayedRun {
    /// Its submission.
    pub id: SubmissionId,
    /// When it comes again.
    pub due: DateTime<Utc>,
}

impl Queue {
    /// The analyses that come again later, the next one first, at most `most` jobs.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn delayed(&self, most: usize, limit: Duration) -> Result<Vec<DelayedRun>, Error> {
        let prefix = self.redis.as_ref().map_or("", |redis| &redis.prefix);
        let key = format!("{prefix}:{NAME}:delayed");
        self.within(limit, async |queue| {
            let range = &mut redis::cmd("ZRANGE");
            let range = range
                .arg(&key)
                .arg(0)
                .arg(most.saturating_sub(1))
                .arg("WITHSCORES");
            let jobs: Vec<(String, f64)> = queue.connection().cmd(range).await?;
            Ok(jobs
                .iter()
                .filter_map(|(job, score)| run(job, *score))
                .collect())
        })
        .await
    }
}

fn run(job: &str, score: f64) -> Option<DelayedRun> {
    let rest = job.strip_prefix(JOB_NAME)?.strip_prefix('-')?;
    let (id, _) = rest.rsplit_once('-')?;
    Some(DelayedRun {
        id: id.parse().ok()?,
        due: DateTime::from_timestamp_millis((score / SCORE_UNIT) as i64)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job_id;

    #[test]
    fn the_analyses_among_the_jobs_are_found_with_their_time() {
        let id = SubmissionId::generate();
        let due = DateTime::from_timestamp_millis(1_764_000_000_123).unwrap();
        let score = due.timestamp_millis() as f64 * SCORE_UNIT + 7.0;
        assert_eq!(run(&job_id(id, 2), score), Some(DelayedRun { id, due }));
        assert_eq!(run(&format!("webhook-{id}-1"), score), None);
        assert_eq!(run("analyze-nonsense-1", score), None);
    }
}
