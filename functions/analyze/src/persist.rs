//! Writes that wait for the database, and the NUL characters that it cannot take.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use db::submissions::Lease;
use job_queue::events::{Author, SubmissionEvent};
use serde_json::Value;
use web::state::AppState;

/// Repeats a fenced write while the database is away: a result that was paid for is worth waiting for, and nobody can take
/// the lease meanwhile.
pub(crate) async fn persist<T, F>(write: impl FnMut() -> F) -> db::Result<T>
where
    F: Future<Output = db::Result<T>>,
{
    write
        .retry(
            ExponentialBuilder::default()
                .with_min_delay(Duration::from_millis(200))
                .with_max_delay(Duration::from_secs(5))
                .with_jitter()
                .with_max_times(12),
        )
        .when(db::Error::is_transient)
        .await
}

/// [`persist`]s a change of the submission, and tells whoever watches it.
pub(crate) async fn change<T, F>(
    state: &AppState,
    lease: Lease,
    write: impl FnMut() -> F,
) -> db::Result<T>
where
    F: Future<Output = db::Result<T>>,
{
    let written = persist(write).await?;
    tell(state, lease);
    Ok(written)
}

/// Tells whoever watches the submission of a change that was made under the lease.
pub(crate) fn tell(state: &AppState, lease: Lease) {
    let changed = SubmissionEvent::Changed;
    state.events.publish_by(author(lease), lease.id, changed);
}

/// The holder of a lease as the author of news, by half of its token: the whole stays secret.
pub(crate) fn author(lease: Lease) -> Author {
    Author(lease.token.as_u64_pair().1)
}

/// Takes NUL characters out of every string: Postgres has no place for them.
pub(crate) fn without_nul(value: Value) -> Value {
    match value {
        Value::String(text) if text.contains('\0') => Value::String(text.replace('\0', "")),
        Value::Array(items) => Value::Array(items.into_iter().map(without_nul).collect()),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| (name.replace('\0', ""), without_nul(value)))
            .collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_nul_reaches_the_database() {
        assert_eq!(
            without_nul(json!({"a\0": ["x\0y", 1, null]})),
            json!({"a": ["xy", 1, null]})
        );
    }
}
