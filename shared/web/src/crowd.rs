//! How many submissions wait, for those that would join them.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use db::submissions;
use sqlx::PgPool;

/// How long a count holds that is far from the most.
const HOLDS: Duration = Duration::from_secs(1);

/// The count of this process.
#[derive(Clone, Debug, Default)]
pub struct Crowd(Arc<Mutex<Option<Counted>>>);

#[derive(Clone, Copy, Debug)]
struct Counted {
    at: Instant,
    waiting: i64,
}

impl Crowd {
    /// The number of submissions that wait, `most` where there are more, for one that is to join them. Up to a quarter of `most` it
    /// is counted once a second, with those that this process has added since: there is room for those that others add.
    ///
    /// # Errors
    /// [`db::Error`].
    pub async fn waiting(&self, db: &PgPool, most: i64) -> db::Result<i64> {
        if let Some(known) = self.known(most, Instant::now()) {
            return Ok(known);
        }
        let at = Instant::now();
        let waiting = submissions::count_queued(db, most).await?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Counted { at, waiting });
        Ok(waiting)
    }

    fn known(&self, most: i64, now: Instant) -> Option<i64> {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = counted.as_mut()?;
        if counted.waiting >= most / 4 || now.duration_since(counted.at) >= HOLDS {
            return None;
        }
        counted.waiting += 1;
        Some(counted.waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_holds_for_a_second_and_up_to_a_quarter() {
        let (crowd, at) = (Crowd::default(), Instant::now());
        assert_eq!(crowd.known(100, at), None);
        *crowd.0.lock().unwrap() = Some(Counted { at, waiting: 22 });
        let known: Vec<_> = (0..4).map(|_| crowd.known(100, at)).collect();
        assert_eq!(known, [Some(23), Some(24), Some(25), None]);
        *crowd.0.lock().unwrap() = Some(Counted { at, waiting: 0 });
        assert_eq!(crowd.known(100, at + HOLDS), None);
        assert_eq!(crowd.known(3, at), None);
    }
}
