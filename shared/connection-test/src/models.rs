//! The names of an endpoint's models, for the admin to choose one.

use web::{
    settings::{self, Change, SaveError},
    state::AppState,
};

/// Most names to offer.
const MOST: usize = 300;
/// Longest name to offer, in bytes; the setting takes no longer one either.
const LONGEST: usize = 200;

/// The endpoint's own list, in the order of the alphabet, or why there is none, in words. The endpoint is the one with `changes`,
/// unsaved; it does not see a key that was given for another server.
///
/// # Errors
/// [`SaveError`] when the changes cannot be used.
pub async fn models(
    state: &AppState,
    changes: &[Change],
) -> Result<Result<Vec<String>, String>, SaveError> {
    let unsaved = settings::with_unsaved(state, changes).await?;
    let listed = llm::client().models(&unsaved.settings.model).await;
    Ok(match listed {
        Ok(mut names) => {
            names.retain(|name| !name.trim().is_empty() && name.len() <= LONGEST);
            names.sort_unstable();
            names.dedup();
            names.truncate(MOST);
            Ok(names)
        }
        Err(error) => Err(error.to_string()),
    })
}
