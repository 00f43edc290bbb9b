//! The results of a submission's stages, typed.

use serde::de::DeserializeOwned;

use super::reveal::{self, Reader};
use db::{
    stages::Stage,
    submissions::{self, Submission},
};
use domain::{
    Analysis, HuntReport, Problem, Program, Shown, StageName, SubmissionId, Test, Verification,
};
use web::{error::ApiError, state::AppState};

/// A submission with what was found so far.
#[derive(Clone, Debug)]
pub struct Results {
    /// The submission.
    pub submission: Submission,
    /// Its stages in their order.
    pub stages: Vec<Stage>,
    /// The statement in its parts.
    pub problem: Option<Problem>,
    /// The program.
    pub program: Option<Program>,
    /// The hunt for the smallest failing input, without its helpers.
    pub hunt: Option<HuntReport>,
    /// The bug and its fix: after repairs and without unneeded changes, where the fix was run.
    pub analysis: Option<Analysis>,
    /// The runs of the program and its fix, and their result; the hunted input is among the tests from the moment when it is found.
    pub verification: Option<Verification>,
    /// How much of the fix is there: the rest was taken out, as its reader may not see it.
    pub shown: Shown,
}

/// Reads a submission with what its stages found, all of one moment, as far as this reader may see it.
///
/// # Errors
/// [`ApiError::NotFound`], or those of the database.
pub async fn load(state: &AppState, id: SubmissionId, reader: Reader) -> Result<Results, ApiError> {
    let mut submission = submissions::find(&state.db, id)
        .await?
        .ok_or_else(ApiError::no_submission)?;
    let mut stages = std::mem::take(&mut submission.stages.0);
    reveal::hide_helpers(&mut stages);
    stages.sort_by_key(|row| StageName::ALL.iter().position(|name| *name == row.stage));
    let verification: Option<Verification> = result(&stages, StageName::Verification);
    let proven = verification
        .as_ref()
        .and_then(|verification| verification.analysis.clone());
    let shown = reveal::shown(state, reader, submission.created_at).await?;
    let mut results = Results {
        problem: result(&stages, StageName::Problem),
        program: result(&stages, StageName::Code),
        hunt: result(&stages, StageName::Hunt),
        analysis: proven.or_else(|| result(&stages, StageName::Analysis)),
        verification,
        submission,
        stages,
        shown: Shown::ALL,
    };
    results.join_hunted();
    results.mask(shown);
    Ok(results)
}

impl Results {
    /// The tests; none before there are any.
    #[must_use]
    pub fn tests(&self) -> &[Test] {
        Verification::tests_of(self.verification.as_ref())
    }

    /// Puts the hunted input behind the tests, unless it is one of them.
    fn join_hunted(&mut self) {
        let hunted = self.hunt.as_ref().and_then(|report| report.hunt.test());
        let Some(hunted) = hunted else {
            return;
        };
        let verification = self.verification.get_or_insert_default();
        let is_known = |test: &Test| test.input == hunted.input;
        if !verification.tests.iter().any(is_known) {
            verification.tests.push(hunted);
        }
    }
}

/// The result of a stage. One that an older version stored in another form counts as none, as it does for the analysis.
pub(super) fn result<T: DeserializeOwned>(stages: &[Stage], name: StageName) -> Option<T> {
    let row = stages.iter().find(|row| row.stage == name)?;
    match T::deserialize(row.result.as_ref()?) {
        Ok(result) => Some(result),
        Err(error) => {
            tracing::warn!(stage = %name, %error, "a stored result has another form");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::StageState;
    use serde_json::json;

    use super::*;

    #[test]
    fn nobody_is_shown_the_helpers_of_a_hunt() {
        let mut row: Stage = serde_json::from_value(json!({
            "stage": StageName::Hunt, "state": StageState::Completed, "calls": 1,
        }))
        .unwrap();
        let report = json!({
            "ending": "nothing_found", "guessed": false, "counterexample": null, "dispute": null, "tried": [],
            "faults": [], "helpers": { "references": ["def solve(text): return 'the secret'"] },
        });
        for (stored, is_known) in [(report, true), (json!({ "helpers": "the secret" }), false)] {
            row.result = Some(stored);
            let mut rows = [row.clone()];
            reveal::hide_helpers(&mut rows);
            let shown = serde_json::to_string(&rows[0].result).unwrap();
            assert!(
                !shown.contains("secret") && !shown.contains("helpers"),
                "{shown}"
            );
            assert_eq!(
                result::<HuntReport>(&rows, StageName::Hunt).is_some(),
                is_known
            );
        }
    }

    #[test]
    fn a_result_of_another_form_counts_as_none() {
        let mut row: Stage = serde_json::from_value(json!({
            "stage": StageName::Code, "state": StageState::Completed, "calls": 1,
        }))
        .unwrap();
        row.result = Some(json!({ "lines": 3 }));
        assert!(result::<Program>(&[row], StageName::Code).is_none());
    }
}
