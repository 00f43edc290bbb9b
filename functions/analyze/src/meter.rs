//! The calls of a stage and the tokens that they use.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use db::{stages, submissions::Lease};
use domain::{StageName, Usage};
use futures::future::BoxFuture;
use job_queue::events::SubmissionEvent;
use llm::Meter;
use tokio::time::Instant;
use web::state::AppState;

use crate::persist::persist;

/// How often watchers hear how much of an answer has arrived.
const PROGRESS: Duration = Duration::from_millis(500);
/// Calls to the model that one stage may make in one run, over all attempts: as many as three full attempts make.
const MAX_CALLS: i32 = 18;

/// Counts the calls of a stage in its row, and adds up what they use.
pub(crate) struct StageMeter<'a> {
    state: &'a AppState,
    lease: Lease,
    name: StageName,
    usage: Mutex<Usage>,
    /// When those who watch were last told how much has arrived.
    told: Mutex<Option<Instant>>,
}

impl<'a> StageMeter<'a> {
    /// `usage` is that of earlier runs.
    pub(crate) const fn new(
        state: &'a AppState,
        lease: Lease,
        name: StageName,
        usage: Usage,
    ) -> Self {
        Self {
            state,
            lease,
            name,
            usage: Mutex::new(usage),
            told: Mutex::new(None),
        }
    }

    pub(crate) fn total(&self) -> Usage {
        *self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Meter for StageMeter<'_> {
    fn before_call(&self) -> BoxFuture<'_, Result<(), llm::Error>> {
        Box::pin(async move {
            let usage = self.total();
            let count = || stages::count_call(&self.state.db, self.lease, self.name, &usage);
            let calls = persist(count)
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
