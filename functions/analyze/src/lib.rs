//! The queue's consumer: one job in, one outcome out, and the sweeper that finds jobs that were lost.
//!
//! A job has five stages. [`problem`] extracts the statement, [`code`] finds the program, [`hunt`] looks for the smallest input on which
//! it is wrong, [`analysis`] finds the bug in it, and [`verification`] runs the program before and the fix afterwards. [`job`] holds
//! the lease, which fences every write.

mod analysis;
mod answer;
mod callback;
mod code;
mod failure;
mod fidelity;
mod hunt;
mod job;
mod latex;
mod measure;
mod meter;
mod mistake;
mod persist;
mod pictures;
mod problem;
pub mod source;
mod stage;
pub mod sweeper;
mod verification;

use std::sync::Arc;

use futures::future::BoxFuture;
use job_queue::Handler;
use runtime::Work;
use tokio_util::sync::CancellationToken;
use web::state::AppState;

/// The handler of jobs.
#[must_use]
pub fn handler(state: AppState) -> Handler {
    Arc::new(move |delivery| {
        let state = state.clone();
        Box::pin(async move { job::handle(&state, delivery).await })
    })
}

/// The work of the consumer.
pub const WORK: Work = Work {
    handler,
    background,
    sweep: |state| Box::pin(async move { sweeper::once(&state).await }),
};

/// Runs beside the jobs: the sweeper, until the token is cancelled.
pub fn background(state: AppState, stop: CancellationToken) -> BoxFuture<'static, ()> {
    Box::pin(async move { sweeper::run(&state, stop).await })
}
