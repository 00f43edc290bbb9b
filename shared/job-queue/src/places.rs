//! Places in the queue.
//!
//! Redis finds a job in a list by looking at one after the other. So it looks only near the two ends, where new jobs come in and
//! the next ones go out, and of those between a process keeps one list for all who ask.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use redis::Pipeline;
use tokio::time::Instant;

use super::{Error, NAME, Queue, job_id};
use domain::SubmissionId;

/// Jobs at each end of the list among which Redis looks for one.
const NEAR: usize = 128;
/// Jobs between the ends that are kept, those that come first. Of the others it is not known how many are before them.
const KEPT: usize = 200_000;
/// Jobs that are read at once, so that Redis does other things meanwhile.
const PAGE: usize = 10_000;
/// Shortest time for which the list is used.
const LEAST_AGE: Duration = Duration::from_secs(1);
/// How many times as long as it took to read it the list is used.
const AGE_FACTOR: u32 = 50;

/// The lists of waiting jobs: BullMQ before version 5 had one of its own for a queue that is paused.
const LISTS: [&str; 2] = ["wait", "paused"];

/// The jobs between the ends.
#[derive(Debug, Default)]
pub(super) struct Places {
    kept: Mutex<Kept>,
    reading: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Kept {
    middle: Option<Arc<Middle>>,
    /// When to read it anew.
    due: Option<Instant>,
}

impl Kept {
    fn is_due(&self) -> bool {
        self.due.is_none_or(|due| due <= Instant::now())
    }
}

/// Hashes of the ids of jobs, in order, with their places.
#[derive(Debug, Default)]
struct Middle(Vec<(u64, u32)>);

impl Middle {
    fn new(mut places: Vec<(u64, u32)>) -> Self {
        places.sort_unstable();
        places.dedup_by_key(|(job, _)| *job);
        places.shrink_to_fit();
        Self(places)
    }

    fn find(&self, job: &str) -> Option<usize> {
        let job = hash(job);
        let index = self.0.binary_search_by_key(&job, |(job, _)| *job).ok()?;
        usize::try_from(self.0[index].1).ok()
    }
}

/// Of two among a million jobs it is the same once in ten million times, and then a page names a wrong place.
fn hash(job: &str) -> u64 {
    use std::hash::{DefaultHasher, Hasher as _};
    let mut hasher = DefaultHasher::new();
    hasher.write(job.as_bytes());
    hasher.finish()
}

impl Places {
    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The middle of the list, read anew where it is due and nobody else does.
    async fn middle(
        &self,
        read: impl AsyncFnOnce() -> Result<Middle, bullmq::Error>,
    ) -> Result<Arc<Middle>, bullmq::Error> {
        let (old, is_due) = {
            let kept = self.lock();
            (kept.middle.clone(), kept.is_due())
        };
        let _reading = match old {
            Some(old) if !is_due => return Ok(old),
            Some(old) => match self.reading.try_lock() {
                Ok(reading) => reading,
                // An old one is better than a wait.
                Err(_) => return Ok(old),
            },
            None => self.reading.lock().await,
        };
        {
            let mut kept = self.lock();
            // Somebody was quicker.
            if !kept.is_due() {
                return Ok(kept.middle.clone().unwrap_or_default());
            }
            // One that fails or is given up is not repeated at once either.
            kept.due = Some(Instant::now() + LEAST_AGE);
        }
        let began = Instant::now();
        let middle = Arc::new(read().await?);
        let due = Instant::now() + LEAST_AGE.max(began.elapsed() * AGE_FACTOR);
        *self.lock() = Kept {
            middle: Some(middle.clone()),
            due: Some(due),
        };
        Ok(middle)
    }
}

/// The place of a job that is so far from the head of a list, where new ones come in. BullMQ takes from the other end.
fn from_head(index: usize, length: usize) -> usize {
    length.saturating_sub(index).max(1)
}

impl Queue {
    /// Place of a run's job among those that wait, from 1; `None` when it does not wait, or so many are before it that they are not
    /// counted. That of a job far from the next may be some seconds old.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn place(
        &self,
        id: SubmissionId,
        run: i32,
        limit: Duration,
    ) -> Result<Option<usize>, Error> {
        let job = job_id(id, run);
        self.within(limit, async |queue| {
            let lists = LISTS.map(|list| self.list(list));
            let mut near = redis::pipe();
            for list in &lists {
                look_near(&mut near, list, &job);
            }
            // Of each list its length, and where the job is if it is near the head or the tail.
            let (waiting, head, tail, paused, head_paused, tail_paused): (
                usize,
                Option<usize>,
                Option<usize>,
                usize,
                Option<usize>,
                Option<usize>,
            ) = queue.connection().pipe(&near).await?;
            if let Some(index) = head.or(tail) {
                return Ok(Some(from_head(index, waiting)));
            }
            if let Some(index) = head_paused.or(tail_paused) {
                return Ok(Some(from_head(index, paused)));
            }
            if waiting.max(paused) <= 2 * NEAR {
                return Ok(None);
            }
            let longest = &lists[usize::from(paused > waiting)];
            let read = async || read(queue, longest).await;
            Ok(self.places.middle(read).await?.find(&job))
        })
        .await
    }

    fn list(&self, name: &str) -> String {
        let prefix = self.redis.as_ref().map_or("", |redis| &redis.prefix);
        format!("{prefix}:{NAME}:{name}")
    }
}

/// Asks for the length of a list, and where the job is if it is near the head or the tail.
fn look_near(pipeline: &mut Pipeline, list: &str, job: &str) {
    pipeline.llen(list);
    for rank in [1, -1] {
        let look = pipeline.cmd("LPOS").arg(list).arg(job);
        look.arg("RANK").arg(rank).arg("MAXLEN").arg(NEAR);
    }
}

/// Reads the jobs between the ends of a list, the next ones first. Those near that end come nearer still, where Redis finds them as
/// long as they wait.
async fn read(queue: &bullmq::Queue, list: &str) -> Result<Middle, bullmq::Error> {
    let mut places = Vec::new();
    let mut before = NEAR;
    while before < NEAR + KEPT {
        let (last, first) = (before + 1, before + PAGE);
        let range = &mut redis::cmd("LRANGE");
        let range = range
            .arg(list)
            .arg(format!("-{first}"))
            .arg(format!("-{last}"));
        let page: Vec<String> = queue.connection().cmd(range).await?;
        for job in page.iter().rev() {
            before += 1;
            places.push((hash(job), u32::try_from(before).unwrap_or(u32::MAX)));
        }
        if page.len() < PAGE {
            break;
        }
    }
    Ok(Middle::new(places))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_knows_the_place_of_each_job() {
        let jobs: Vec<_> = (1..=1000)
            .map(|_| job_id(SubmissionId::generate(), 1))
            .collect();
        let places = jobs.iter().zip(1..).map(|(job, place)| (hash(job), place));
        let middle = Middle::new(places.collect());
        for (job, place) in jobs.iter().zip(1..) {
            assert_eq!(middle.find(job), Some(place));
        }
        assert_eq!(middle.find("analyze-nonsense-1"), None);
    }

    #[tokio::test(start_paused = true)]
    async fn the_middle_is_read_once_for_all_and_not_again_before_its_time() {
        let places = Places::default();
        let made = std::cell::Cell::new(0);
        let read = async || {
            made.set(made.get() + 1);
            tokio::time::sleep(Duration::from_millis(100)).await;
            Ok(Middle(vec![(hash("job"), made.get())]))
        };
        let ask = async || places.middle(read).await.unwrap().find("job");
        let all = futures::future::join_all((0..50).map(|_| ask())).await;
        assert_eq!(all, [Some(1); 50]);
        // It took 100 ms, so it is used for 5 seconds.
        tokio::time::advance(Duration::from_millis(4900)).await;
        assert_eq!(ask().await, Some(1));
        tokio::time::advance(Duration::from_millis(100)).await;
        // One reads; the others do not wait for it.
        let (one, other) = tokio::join!(ask(), ask());
        assert_eq!((one, other), (Some(2), Some(1)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_that_cannot_be_read_is_not_asked_for_again_by_everybody() {
        let places = Places::default();
        let failed = async || Err(bullmq::Error::ProcessingError("away".to_owned()));
        assert!(places.middle(failed).await.is_err());
        let unasked = async || panic!("it was asked for a moment ago");
        assert_eq!(places.middle(unasked).await.unwrap().find("job"), None);
        tokio::time::advance(LEAST_AGE).await;
        assert!(places.middle(failed).await.is_err());
    }
}
