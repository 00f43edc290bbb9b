//! The fix of a submission as a patch.

use super::{
    results,
    reveal::{self, Reader},
};
use domain::{Failing, FileName, Status, SubmissionId};
use web::{error::ApiError, state::AppState};

/// A failing input, or its output, that stands above the diff, in bytes.
const HEAD_BYTES: usize = 100;

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
    match (found.submission.status, &found.submission.error_code) {
        (Status::Completed, _) => {}
        (status @ (Status::Queued | Status::Processing), _) => {
            return conflict(format!(
                "The submission is {status}. There is a patch once it is COMPLETED."
            ));
        }
        (status, code) => {
            let reason = code.as_ref().map(|code| format!(" ({code})"));
            let reason = reason.unwrap_or_default();
            return conflict(format!(
                "The submission is {status}{reason}, so there is no patch. Retry it to get one."
            ));
        }
    }
    let head = found.failing().and_then(|failing| head(&failing));
    let head = head.unwrap_or_default();
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
        text: head + &diff::unified(&program.code, &analysis.modified_code, &file),
        file,
    })
    .await
    .map_err(|error| ApiError::Internal(Box::new(error)))
}

/// Lines above the diff, which programs that apply it skip: the failing input and its right output, if they are short. They state a
/// fact, so there are none for an input that may not be allowed or an output that may be wrong.
fn head(failing: &Failing<'_>) -> Option<String> {
    if !failing.level.is_proof() || failing.is_guessed {
        return None;
    }
    let input = short(failing.input)?;
    let expected = failing.expected.and_then(short);
    let right = expected.map(|expected| format!("; right is {expected}"));
    Some(format!(
        "# The program fails on the input {input}{}\n",
        right.unwrap_or_default()
    ))
}

/// The text in one line of ASCII, if it is short.
fn short(text: &str) -> Option<String> {
    let lines: Vec<_> = text.trim().lines().map(str::trim).collect();
    let line = lines.join(" / ");
    let is_plain = |c: char| c.is_ascii_graphic() || c == ' ';
    (!line.is_empty() && line.len() <= HEAD_BYTES && line.chars().all(is_plain)).then_some(line)
}

#[cfg(test)]
mod tests {
    use domain::{Level, Outcome, RunVerdict};

    use super::*;

    #[test]
    fn a_short_failing_input_stands_above_the_diff() {
        let outcome = Outcome::not_run(RunVerdict::WrongAnswer);
        let failing = |input, expected| Failing {
            input,
            expected,
            outcome: &outcome,
            level: Level::Agreed,
            is_hunted: true,
            is_guessed: false,
            test: None,
        };
        let long = "1 ".repeat(HEAD_BYTES);
        for (input, expected, said) in [
            (
                "3\n1 1 2\n",
                Some("4\n"),
                Some("# The program fails on the input 3 / 1 1 2; right is 4\n"),
            ),
            ("1", None, Some("# The program fails on the input 1\n")),
            (
                "1",
                Some(&*long),
                Some("# The program fails on the input 1\n"),
            ),
            (&*long, Some("4"), None),
            ("", Some("4"), None),
            ("\u{202e}", Some("4"), None),
        ] {
            assert_eq!(head(&failing(input, expected)).as_deref(), said);
        }
        let suggested = Failing {
            level: Level::Suggested,
            ..failing("1", Some("4"))
        };
        let guessed = Failing {
            is_guessed: true,
            ..failing("1", Some("4"))
        };
        assert_eq!([head(&suggested), head(&guessed)], [None, None]);
    }
}
