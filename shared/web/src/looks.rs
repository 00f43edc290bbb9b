//! Looks at the progress of a submission, each made once for all who watch it in this process.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use sqlx::PgPool;
use tokio::time::Instant;

use db::submissions::{self, Progress};
use domain::SubmissionId;

type Found = Option<Arc<Progress>>;
type All = Arc<Mutex<HashMap<SubmissionId, Weak<Look>>>>;

/// The submissions that are watched.
#[derive(Clone, Debug, Default)]
pub struct Looks(All);

impl Looks {
    /// Where those who watch this submission share their looks.
    #[must_use]
    pub fn of(&self, id: SubmissionId) -> Arc<Look> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(look) = all.get(&id).and_then(Weak::upgrade) {
            return look;
        }
        let look = Arc::new(Look {
            id,
            last: tokio::sync::Mutex::new(None),
            all: self.0.clone(),
        });
        all.insert(id, Arc::downgrade(&look));
        look
    }
}

/// The last look at a submission.
#[derive(Debug)]
pub struct Look {
    id: SubmissionId,
    last: tokio::sync::Mutex<Option<Last>>,
    all: All,
}

#[derive(Debug)]
struct Last {
    began: Instant,
    /// `None` when the database did not answer.
    found: Option<Found>,
}

impl Drop for Look {
    fn drop(&mut self) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody may have begun to watch anew meanwhile.
        if all
            .get(&self.id)
            .is_some_and(|look| look.strong_count() == 0)
        {
            all.remove(&self.id);
        }
    }
}

impl Look {
    /// The progress by a look that began at `since` or later; `None` when there is no such submission.
    ///
    /// # Errors
    /// [`db::Error`]: that of the look, for one of those who share it; that the database cannot be reached for the others.
    pub async fn progress(&self, db: &PgPool, since: Instant) -> db::Result<Found> {
        self.shared(since, async || submissions::progress(db, self.id).await)
            .await
    }

    async fn shared(
        &self,
        since: Instant,
        look: impl AsyncFnOnce() -> db::Result<Option<Progress>>,
    ) -> db::Result<Found> {
        let mut last = self.last.lock().await;
        if let Some(last) = last.as_ref().filter(|last| last.began >= since) {
            let failed = || db::Error::from(sqlx::Error::PoolTimedOut);
            return last.found.clone().ok_or_else(failed);
        }
        let began = Instant::now();
        let found = look().await.map(|found| found.map(Arc::new));
        *last = Some(Last {
            began,
            found: found.as_ref().ok().cloned(),
        });
        found
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };

    use db::Json;
    use domain::Status;

    use super::*;

    fn at(version: usize) -> Progress {
        Progress {
            status: Status::Queued,
            run: 1,
            version: i64::try_from(version).unwrap(),
            title: String::new(),
            created_at: chrono::Utc::now(),
            error_code: None,
            error_detail: None,
            has_contents: true,
            stages: Json(Vec::new()),
        }
    }

    /// Shares looks, each of which finds the next version.
    struct Counted {
        look: Arc<Look>,
        made: AtomicUsize,
    }

    impl Counted {
        async fn since(&self, since: Instant) -> Option<i64> {
            let look = async || {
                tokio::time::sleep(Duration::from_secs(1)).await;
                Ok(Some(at(self.made.fetch_add(1, Ordering::SeqCst) + 1)))
            };
            let found = self.look.shared(since, look).await.unwrap();
            found.map(|progress| progress.version)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn all_who_heard_the_same_news_share_a_look_and_later_news_is_looked_at_anew() {
        let counted = Counted {
            look: Looks::default().of(SubmissionId::generate()),
            made: AtomicUsize::new(0),
        };
        let first = Instant::now();
        let looks = (0..300).map(|_| counted.since(first));
        assert_eq!(futures::future::join_all(looks).await, [Some(1); 300]);
        // It came while the first look was made.
        let second = first + Duration::from_millis(500);
        let looks = (0..300).map(|_| counted.since(second));
        assert_eq!(futures::future::join_all(looks).await, [Some(2); 300]);
        assert_eq!(counted.since(first).await, Some(2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_that_is_given_up_or_fails_is_none() {
        let look = Looks::default().of(SubmissionId::generate());
        let since = Instant::now();
        let given_up = look.shared(since, async || std::future::pending().await);
        let given_up = tokio::time::timeout(Duration::from_secs(1), given_up).await;
        assert!(given_up.is_err());
        let failed = async || Err(db::Error::from(sqlx::Error::PoolTimedOut));
        assert!(look.shared(since, failed).await.is_err());
        let unasked = async || panic!("the others do not wait for the database too");
        assert!(look.shared(since, unasked).await.is_err());
        let found = look.shared(Instant::now(), async || Ok(None)).await;
        assert!(found.is_err(), "it began at the same moment");
        tokio::time::advance(Duration::from_secs(1)).await;
        let found = look.shared(Instant::now(), async || Ok(None)).await;
        assert!(found.unwrap().is_none());
    }

    #[tokio::test]
    async fn nothing_is_kept_of_what_nobody_watches() {
        let looks = Looks::default();
        let id = SubmissionId::generate();
        let (one, other) = (looks.of(id), looks.of(id));
        assert!(Arc::ptr_eq(&one, &other));
        drop(one);
        assert_eq!(looks.0.lock().unwrap().len(), 1);
        drop(other);
        assert!(looks.0.lock().unwrap().is_empty());
    }
}
