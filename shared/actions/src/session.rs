//! Letting the admin and visitors in, slowly for anyone who guesses.

use job_queue::guesses::TooMany;
use web::{
    error::ApiError,
    http::{is_access_password, is_admin_token},
    state::AppState,
};

/// Checks the token that somebody at `address` gives.
///
/// # Errors
/// [`ApiError::Unauthorized`] for another token; [`ApiError::TooManyAttempts`] after too many of them.
pub async fn log_in(state: &AppState, address: &str, token: &str) -> Result<(), ApiError> {
    let is_right = is_admin_token(token.trim(), state);
    counted(state, address, is_right, ApiError::Unauthorized).await
}

/// Checks the server's password that somebody at `address` gives.
///
/// # Errors
/// [`ApiError::AccessRequired`] for another one; [`ApiError::TooManyAttempts`] after too many of them.
pub async fn enter(state: &AppState, address: &str, password: &str) -> Result<(), ApiError> {
    let is_right = is_access_password(password.trim(), state);
    counted(state, address, is_right, ApiError::AccessRequired).await
}

async fn counted(
    state: &AppState,
    address: &str,
    is_right: bool,
    wrong: ApiError,
) -> Result<(), ApiError> {
    let refused = |TooMany(seconds)| ApiError::TooManyAttempts(seconds);
    if is_right {
        return state.guesses.right(address).await.map_err(refused);
    }
    state.guesses.wrong(address).await.map_err(refused)?;
    Err(wrong)
}
