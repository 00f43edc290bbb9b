//! Logging the admin in, slowly for who guesses.

use std::time::Duration;

use crate::{Chain, error::ApiError, http::is_admin_token, state::AppState};

/// Failed logins from one address after which it has to wait.
const FREE_ATTEMPTS: u64 = 5;
/// How long it has to wait, from its last attempt on.
const WINDOW: Duration = Duration::from_secs(15 * 60);
/// Longest wait for Redis.
const TIMEOUT: Duration = Duration::from_secs(1);

/// Checks the token that somebody at `address` gives.
///
/// # Errors
/// [`ApiError::Unauthorized`] for another token; [`ApiError::TooManyAttempts`] after too many of them.
pub async fn log_in(state: &AppState, address: &str, token: &str) -> Result<(), ApiError> {
    // Before the token is looked at: a right one must not be found by trying on.
    if state
        .queue
        .failed_logins(address, TIMEOUT)
        .await
        .is_ok_and(|count| count >= FREE_ATTEMPTS)
    {
        return Err(ApiError::TooManyAttempts(WINDOW.as_secs()));
    }
    if is_admin_token(token.trim(), state) {
        return Ok(());
    }
    tracing::warn!(client.address = address, "a login failed");
    if let Err(error) = state
        .queue
        .count_failed_login(address, WINDOW, TIMEOUT)
        .await
    {
        // Nobody counts, so every attempt has to wait.
        tracing::warn!(error = %Chain(&error), "the failed login was not counted");
        tokio::time::sleep(TIMEOUT).await;
    }
    Err(ApiError::Unauthorized)
}
