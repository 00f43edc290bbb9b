//! Logging the admin in, slowly for anyone who guesses.

use job_queue::guesses::TooMany;
use web::{error::ApiError, http::is_admin_token, state::AppState};

/// Checks the token that somebody at `address` gives.
///
/// # Errors
/// [`ApiError::Unauthorized`] for another token; [`ApiError::TooManyAttempts`] after too many of them.
pub async fn log_in(state: &AppState, address: &str, token: &str) -> Result<(), ApiError> {
    let refused = |TooMany(seconds)| ApiError::TooManyAttempts(seconds);
    if is_admin_token(token.trim(), state) {
        return state.guesses.right(address).await.map_err(refused);
    }
    state.guesses.wrong(address).await.map_err(refused)?;
    Err(ApiError::Unauthorized)
}
