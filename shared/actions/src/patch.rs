//! The fix of a submission as a patch.

use super::{
    results,
    reveal::{self, Reader},
};
use domain::{FileName, Status, SubmissionId};
use web::{error::ApiError, state::AppState};

/// The fix of a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// The file that it changes.
    pub file: FileName,
    /// The unified diff.
    pub text: String,
}

/// The fix of a submission as a patch of a file of this name, or else of one named after the language.
///
/// # Errors
/// [`ApiError::NotFound`]; [`ApiError::Conflict`] while there is nothing to patch, and when no bug was found;
/// [`ApiError::NotRevealed`]; those of the database.
pub async fn patch(
    state: &AppState,
    id: SubmissionId,
    file: Option<FileName>,
    reader: Reader,
) -> Result<Patch, ApiError> {
    let found = results::load(state, id, reader).await?;
    let conflict = |detail: String| Err(ApiError::Conflict(detail));
    match (found.submission.status, found.submission.error_code) {
        (Status::Completed, _) => {}
        (status @ (Status::Queued | Status::Processing), _) => {
            return conflict(format!(
                "The submission is {status}. There is a patch once it is COMPLETED."
            ));
        }
        (status, code) => {
            let reason = code.map(|code| format!(" ({code})")).unwrap_or_default();
            return conflict(format!(
                "The submission is {status}{reason}, so there is no patch. Retry it to get one."
            ));
        }
    }
    let (Some(program), Some(analysis)) = (found.program, found.analysis) else {
        return conflict(
            "The stored result comes from another version of CodeChecker. Retry the submission from the start to get a patch."
                .to_owned(),
        );
    };
    if !analysis.bug_found {
        return conflict("No bug was found, so there is nothing to patch.".to_owned());
    }
    if let Some(refusal) = reveal::refusal(found.shown) {
        return Err(refusal);
    }
    let file = file.unwrap_or_else(|| FileName::of_language(&program.language));
    // Two large programs that differ in every line keep a thread busy for a while.
    tokio::task::spawn_blocking(move || Patch {
        text: diff::unified(&program.code, &analysis.modified_code, &file),
        file,
    })
    .await
    .map_err(|error| ApiError::Internal(Box::new(error)))
}
