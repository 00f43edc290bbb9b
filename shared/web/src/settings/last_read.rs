//! The settings as this process last read them: nearly every request asks for them, and they change once in a while.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use config::Effective;

/// How long a change that another process saved may go unnoticed.
const HOLDS: Duration = Duration::from_secs(1);

/// The settings of a moment ago.
#[derive(Clone, Debug, Default)]
pub struct LastRead(Arc<Mutex<Slot>>);

#[derive(Debug, Default)]
struct Slot {
    read: Option<(Instant, Arc<Effective>)>,
    /// When this process last saved some.
    saved: Option<Instant>,
}

impl LastRead {
    pub(super) fn known(&self, now: Instant) -> Option<Arc<Effective>> {
        let slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, settings) = slot.read.as_ref()?;
        (now.saturating_duration_since(*at) < HOLDS).then(|| settings.clone())
    }

    /// Keeps what was asked for at this time, unless it may be older than what is known.
    pub(super) fn keep(&self, asked: Instant, settings: Arc<Effective>) {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = slot.read.as_ref().map(|(at, _)| *at).max(slot.saved);
        if newest.is_none_or(|newest| newest < asked) {
            slot.read = Some((asked, settings));
        }
    }

    /// Forgets them, as others have been saved by now.
    pub(super) fn forget(&self, now: Instant) {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *slot = Slot {
            read: None,
            saved: Some(now),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_hold_for_a_second_and_until_others_are_saved() {
        let (last_read, start) = (LastRead::default(), Instant::now());
        let after = |milliseconds| start + Duration::from_millis(milliseconds);
        let settings = |concurrency| {
            let mut settings = config::Config::from_vars([]).unwrap().effective();
            settings.worker.concurrency = concurrency;
            Arc::new(settings)
        };
        let known = |milliseconds| {
            let known = last_read.known(after(milliseconds));
            known.map(|settings| settings.worker.concurrency)
        };
        assert_eq!(known(0), None);
        last_read.keep(after(10), settings(1));
        assert_eq!(
            (known(10), known(1009), known(1010)),
            (Some(1), Some(1), None)
        );
        // An answer that comes late is of an earlier time.
        last_read.keep(after(5), settings(2));
        assert_eq!(known(20), Some(1));
        last_read.forget(after(30));
        assert_eq!(known(30), None);
        last_read.keep(after(25), settings(3));
        assert_eq!(known(30), None);
        last_read.keep(after(31), settings(4));
        assert_eq!(known(40), Some(4));
    }
}
