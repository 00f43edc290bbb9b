//! Waiting for a submission to end.

use std::time::Duration;

use actions::{
    progress::{self, Progress},
    results,
    reveal::Reader,
};
use domain::{Status, SubmissionId};
use job_queue::events::SubmissionEvent;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use web::{error::ApiError, state::AppState};

use crate::answers::State;

/// How often to ask Postgres while Redis is away.
const POLL: Duration = Duration::from_secs(2);
/// How long a function behind a gateway waits: the gateway gives up after half a minute.
const BEHIND_A_GATEWAY: Duration = Duration::from_secs(20);

/// Waits until the submission has ended, the time is up, the client has hung up, or the process is to stop.
///
/// # Errors
/// [`ApiError::NotFound`], or those of the database.
pub(crate) async fn wait(
    state: &AppState,
    id: SubmissionId,
    reader: Reader,
    patience: Duration,
    hung_up: &CancellationToken,
) -> Result<State, ApiError> {
    let now = ended(state, id, reader, patience, hung_up).await?;
    if now.status != Status::Completed {
        return Ok(State::of(now, None));
    }
    let found = results::load(state, id, reader).await?;
    Ok(State::of(now, Some(found)))
}

async fn ended(
    state: &AppState,
    id: SubmissionId,
    reader: Reader,
    patience: Duration,
    hung_up: &CancellationToken,
) -> Result<Progress, ApiError> {
    let patience = match state.config.lambda {
        Some(_) => patience.min(BEHIND_A_GATEWAY),
        None => patience,
    };
    let until = Instant::now() + patience;
    let mut watch = progress::Watch::begin(state, id, reader).await;
    loop {
        let now = watch
            .look(state)
            .await?
            .ok_or_else(ApiError::no_submission)?;
        if now.status.is_finished() {
            return Ok(now);
        }
        tokio::select! {
            biased;
            () = hung_up.cancelled() => return Ok(now),
            () = state.stopping.cancelled() => return Ok(now),
            () = tokio::time::sleep_until(until) => return Ok(now),
            () = change(&mut watch) => {}
        }
    }
}

/// The next news of its status or stages.
async fn change(watch: &mut progress::Watch) {
    while let SubmissionEvent::Received { .. } = watch.next(POLL).await {}
}
