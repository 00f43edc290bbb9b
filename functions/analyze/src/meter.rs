//! The calls of a stage and the tokens that they use.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use db::{spending, stages, submissions::Lease};
use domain::{Chain, StageName, Usage};
use futures::future::BoxFuture;
use job_queue::events::SubmissionEvent;
use llm::Meter;
use tokio::{runtime::Handle, time::Instant};
use web::state::AppState;

use crate::persist::persist;

/// How often watchers hear how much of an answer has arrived.
const PROGRESS: Duration = Duration::from_millis(500);
/// Calls to the model that one stage may make in one run, over all attempts: as many as three full attempts make.
const MAX_CALLS: i32 = 18;

/// Nothing.
const ZERO: Usage = Usage {
    prompt_tokens: 0,
    completion_tokens: 0,
    cached_tokens: 0,
    reasoning_tokens: 0,
    estimated: false,
    cost: None,
};

/// Counts the calls of a stage in its row, and adds up what they use.
pub(crate) struct StageMeter<'a> {
    state: &'a AppState,
    lease: Lease,
    name: StageName,
    usage: Mutex<Usage>,
    /// The part of it that is not among the day's tokens yet.
    unspent: Mutex<Usage>,
    /// The calls of the stage with the next one, which the stage's beginning has counted.
    counted: Mutex<Option<i32>>,
    /// Whether the end of the stage adds to the day's tokens what it used.
    is_settled_at_end: bool,
    /// When those who watch were last told how much has arrived.
    told: Mutex<Option<Instant>>,
}

impl<'a> StageMeter<'a> {
    /// For a stage whose beginning has counted the first call, as the last of `calls`, and whose end takes what is unspent. `usage` is
    /// that of earlier runs.
    pub(crate) const fn of_stage(
        state: &'a AppState,
        lease: Lease,
        name: StageName,
        usage: Usage,
        calls: i32,
    ) -> Self {
        Self::with(state, lease, name, usage, Some(calls))
    }

    /// For a question within a stage; `usage` is that of those before it.
    pub(crate) const fn new(
        state: &'a AppState,
        lease: Lease,
        name: StageName,
        usage: Usage,
    ) -> Self {
        Self::with(state, lease, name, usage, None)
    }

    const fn with(
        state: &'a AppState,
        lease: Lease,
        name: StageName,
        usage: Usage,
        counted: Option<i32>,
    ) -> Self {
        Self {
            state,
            lease,
            name,
            usage: Mutex::new(usage),
            unspent: Mutex::new(ZERO),
            is_settled_at_end: counted.is_some(),
            counted: Mutex::new(counted),
            told: Mutex::new(None),
        }
    }

    /// Takes out what is not among the day's tokens yet.
    pub(crate) fn take_unspent(&self) -> Option<Usage> {
        let mut unspent = self.unspent.lock().unwrap_or_else(PoisonError::into_inner);
        Some(std::mem::take(&mut *unspent)).filter(|usage| *usage != ZERO)
    }

    /// Puts back what was taken out and could not be stored.
    pub(crate) fn put_back(&self, usage: Usage) {
        *self.unspent.lock().unwrap_or_else(PoisonError::into_inner) += usage;
    }

    /// Whether the call that the stage's beginning counted was not made.
    pub(crate) fn was_not_called(&self) -> bool {
        let counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        counted.is_some()
    }

    /// Counts the next call; answers the new count.
    async fn count(&self) -> db::Result<i32> {
        let counted = self
            .counted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(calls) = counted {
            return Ok(calls);
        }
        if let Some(usage) = self.take_unspent() {
            spend(self.state, &usage).await;
        }
        let usage = self.total();
        persist(|| stages::count_call(&self.state.db, self.lease, self.name, &usage)).await
    }

    pub(crate) fn total(&self) -> Usage {
        *self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds to the day's tokens.
async fn spend(state: &AppState, usage: &Usage) {
    if let Err(error) = persist(|| spending::add(&state.db, usage)).await {
        tracing::warn!(error = %Chain(&error), "tokens are missing from the day's");
    }
}

impl Drop for StageMeter<'_> {
    /// A call that was given up has cost something all the same.
    fn drop(&mut self) {
        if let Some(usage) = self.take_unspent()
            && let Ok(runtime) = Handle::try_current()
        {
            let state = self.state.clone();
            runtime.spawn(async move { spend(&state, &usage).await });
        }
    }
}

impl Meter for StageMeter<'_> {
    fn before_call(&self) -> BoxFuture<'_, Result<(), llm::Error>> {
        Box::pin(async move {
            let calls = self
                .count()
                .await
                .map_err(|error| llm::Error::Stopped(Box::new(error)))?;
            if calls > MAX_CALLS {
                Err(llm::Error::TooManyCalls(MAX_CALLS))
            } else {
                Ok(())
            }
        })
    }

    fn used(&self, usage: Usage) {
        *self.usage.lock().unwrap_or_else(PoisonError::into_inner) += usage;
        *self.unspent.lock().unwrap_or_else(PoisonError::into_inner) += usage;
    }

    fn settle(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            if !self.is_settled_at_end
                && let Some(usage) = self.take_unspent()
            {
                spend(self.state, &usage).await;
            }
        })
    }

    fn received(&self, bytes: u64) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_none_or(|at| at.elapsed() >= PROGRESS) {
            *told = Some(Instant::now());
            let stage = self.name;
            let event = SubmissionEvent::Received { stage, bytes };
            self.state.events.publish(self.lease.id, event);
        }
    }
}
