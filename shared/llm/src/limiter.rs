//! The limiter of an endpoint: so many calls at once, and none while it asks to wait.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::{sync::watch, time::Instant};

use super::error::Error;
use config::crypto;

/// Longest pause to wait for.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Longest pause that is kept in mind; then one call finds out anew.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// Those who wait for the same moment spread over this time after it.
const SPREAD: Duration = Duration::from_secs(1);

/// The limiter of one endpoint.
#[derive(Debug)]
pub(super) struct Limiter {
    inside: watch::Sender<usize>,
    closed_until: watch::Sender<Option<Instant>>,
    /// Until when nobody tries again, as the endpoint is away: waiting here would not make it come back.
    away_until: Mutex<Option<Instant>>,
}

/// One call's permit, until it is dropped.
#[derive(Debug)]
pub(super) struct Permit(watch::Sender<usize>);

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.send_modify(|inside| *inside -= 1);
    }
}

impl Limiter {
    pub(super) fn new() -> Self {
        Self {
            inside: watch::Sender::new(0),
            closed_until: watch::Sender::new(None),
            away_until: Mutex::new(None),
        }
    }

    /// A permit, if fewer than `permits` are taken. Each caller may have another number, as settings change.
    fn enter(&self, permits: usize) -> Option<Permit> {
        let has_entered = self.inside.send_if_modified(|inside| {
            let is_free = *inside < permits;
            *inside += usize::from(is_free);
            is_free
        });
        has_entered.then(|| Permit(self.inside.clone()))
    }

    /// Ends a pause.
    pub(super) fn open(&self) {
        self.closed_until.send_replace(None);
        self.set_away(None);
    }

    fn set_away(&self, until: Option<Instant>) {
        *self
            .away_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = until;
    }

    /// Nobody tries for this long, or waits for it.
    pub(super) fn leave_alone(&self, pause: Duration) {
        self.set_away(Some(Instant::now() + pause.min(LONGEST_PAUSE)));
    }

    /// Nobody passes for this long.
    pub(super) fn close(&self, pause: Duration) {
        let until = Instant::now() + pause.min(LONGEST_PAUSE);
        self.closed_until.send_modify(|closed| {
            *closed = Some(closed.map_or(until, |other| other.max(until)));
        });
    }

    /// Waits for a permit, at most `permits` of which are taken at once.
    ///
    /// # Errors
    /// [`Error::TryLater`] when the endpoint is away, the limiter stays closed for longer than anybody waits, or no permit is free until `deadline`.
    pub(super) async fn pass(&self, permits: usize, deadline: Instant) -> Result<Permit, Error> {
        let mut closed_until = self.closed_until.subscribe();
        let mut inside = self.inside.subscribe();
        loop {
            let now = Instant::now();
            let away = *self
                .away_until
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if let Some(until) = away.filter(|until| *until > now) {
                return Err(Error::TryLater {
                    wait: until - now,
                    message: "it was away a moment ago.".to_owned(),
                });
            }
            let until = *closed_until.borrow_and_update();
            if let Some(until) = until.filter(|until| *until > now) {
                let pause = until - now;
                if pause > LONGEST_WAIT.min(deadline.saturating_duration_since(now)) {
                    return Err(Error::TryLater {
                        wait: pause,
                        message: "it asked for patience a moment ago.".to_owned(),
                    });
                }
                let spread = pause.min(SPREAD).mul_f64(crypto::random_fraction());
                tokio::select! {
                    () = tokio::time::sleep_until(until + spread) => {}
                    // Closed for longer.
                    _ = closed_until.changed() => {}
                }
                continue;
            }
            if let Some(place) = self.enter(permits) {
                return Ok(place);
            }
            let free = inside.wait_for(|inside| *inside < permits);
            if tokio::time::timeout_at(deadline, free).await.is_err() {
                return Err(Error::TryLater {
                    wait: SPREAD,
                    message: "other questions were before this one until the time was up."
                        .to_owned(),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(600)
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_holds_everybody_who_comes() {
        let limiter = Limiter::new();
        let begin = Instant::now();
        limiter.close(Duration::from_secs(20));
        let (a, b) = tokio::join!(limiter.pass(4, soon()), limiter.pass(4, soon()));
        assert!(a.is_ok() && b.is_ok());
        let waited = begin.elapsed();
        assert!((20.0..=21.1).contains(&waited.as_secs_f64()), "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_pause_is_not_waited_for() {
        let limiter = Limiter::new();
        limiter.close(Duration::from_secs(90));
        assert!(matches!(
            limiter.pass(1, soon()).await,
            Err(Error::TryLater { .. })
        ));
        let limiter = Limiter::new();
        limiter.close(Duration::from_secs(30));
        let deadline = Instant::now() + Duration::from_secs(10);
        assert!(matches!(
            limiter.pass(1, deadline).await,
            Err(Error::TryLater { .. })
        ));
    }

    #[tokio::test(start_paused = true)]
    async fn an_endpoint_that_is_away_is_not_waited_for_here() {
        let limiter = Limiter::new();
        limiter.leave_alone(Duration::from_secs(5));
        assert!(limiter.pass(1, soon()).await.is_err());
        tokio::time::advance(Duration::from_secs(6)).await;
        assert!(limiter.pass(1, soon()).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_are_inside() {
        let limiter = Limiter::new();
        let inside = limiter.pass(1, soon()).await.unwrap();
        let next = limiter.pass(1, soon());
        tokio::pin!(next);
        assert!(
            tokio::time::timeout(Duration::from_secs(5), &mut next)
                .await
                .is_err()
        );
        // A question that may not wait for so long.
        let deadline = Instant::now() + Duration::from_secs(5);
        assert!(matches!(
            limiter.pass(1, deadline).await,
            Err(Error::TryLater { .. })
        ));
        drop(inside);
        assert!(next.await.is_ok());
        // More permits apply at once.
        let _two = limiter.pass(2, soon()).await.unwrap();
        assert!(limiter.pass(2, soon()).await.is_ok());
    }
}
