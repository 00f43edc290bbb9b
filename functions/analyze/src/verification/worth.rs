//! The verdict on a fix that passes all tests.

use std::ops::ControlFlow;

use domain::{Analysis, FixReason, FixStatus, Outcome, RunVerdict, TestSource};
use judge_api::{Case, MinimiseAnswer};

use super::{
    Setting, Stop, Verifier, cases,
    further::Fresh,
    general::{agrees_with_reference, has_answers_of_its_own},
    hunted::unproven,
    literals::{gives_tests_away, has_odd_numbers},
    minimal,
    observe::outcomes,
    verdict::{Verdict, fails_before, is_by_checker, passes},
};

/// Tests with a known answer that hardly any wrong fix passes by a number that was made up for them.
const MANY_TESTS: usize = 3;

/// A fix without the parts that are not needed.
struct Reduced {
    code: String,
    /// Whether no part of it can go.
    is_complete: bool,
}

impl Verifier<'_> {
    /// The verdict on a fix that passes all tests, of which the program fails one.
    pub(super) async fn judge_right_fix(&mut self, fix: &Analysis) -> Result<Verdict, Stop> {
        let setting = self.setting()?;
        if !self.fails_again(setting).await? {
            return Ok((FixStatus::Unverified, Some(FixReason::NotReproduced)));
        }
        let is_hunted = self.hunted.helpers.is_some();
        let mut fresh = if is_hunted {
            Fresh::default()
        } else {
            self.fresh(setting, &fix.modified_code).await?
        };
        let reduced = match self.reduce(setting, fix, &mut fresh, is_hunted).await? {
            ControlFlow::Continue(reduced) => reduced,
            ControlFlow::Break(verdict) => return Ok(verdict),
        };
        if !is_hunted {
            let was_run = |run: &Outcome| run.verdict != RunVerdict::Skipped;
            let runs = fresh.after.iter().flatten();
            self.found.fresh_inputs = runs.filter(|run| was_run(run)).count();
            self.found.by_reference = fresh.reference.is_some();
        }
        let is_steady = self.answers_alike(setting, &reduced.code, &fresh).await?;
        let is_general = is_steady && (is_hunted || self.is_general(&reduced.code, &fresh));
        Ok(self.worth(&reduced, is_hunted, is_general))
    }

    /// Puts the part of a fix that is needed in its place; or the verdict, where that cannot be told.
    async fn reduce(
        &mut self,
        setting: Setting,
        fix: &Analysis,
        fresh: &mut Fresh,
        is_hunted: bool,
    ) -> Result<ControlFlow<Verdict, Reduced>, Stop> {
        let original = self.program.code.as_str();
        let whole = fix.modified_code.as_str();
        // A test that the fix fails proves nothing.
        let tests = &self.found.tests;
        let places: Vec<usize> = (0..tests.len())
            .filter(|place| passes(tests[*place].after.as_ref()))
            .collect();
        let all = cases::cases(tests);
        let cases: Vec<Case> = places.iter().map(|place| all[*place].clone()).collect();
        let is_by_checker = |test| fails_before(test) && is_by_checker(test);
        let smaller = if tests.iter().any(is_by_checker) {
            // Runs alone do not show that the program fails, so they cannot show which parts of the fix mend it.
            MinimiseAnswer {
                code: whole.to_owned(),
                complete: true,
                compiles: 0,
                parts: Vec::new(),
            }
        } else if is_hunted {
            self.smaller_hunted(setting, whole, cases).await?
        } else {
            self.smaller(setting, whole, cases, fresh).await?
        };
        if smaller.code == original {
            let reason = Some(FixReason::NotReproduced);
            return Ok(ControlFlow::Break((FixStatus::Unverified, reason)));
        }
        if smaller.code != whole {
            if !self.holds(setting, &smaller.code, fresh).await? {
                // It does not answer alike each time.
                let reason = Some(FixReason::NotGeneral);
                return Ok(ControlFlow::Break((FixStatus::Improved, reason)));
            }
            self.found.lines_dropped = minimal::lines_dropped(original, whole, &smaller.code);
            self.found.analysis = Some(minimal::with_code(
                fix,
                original,
                &smaller.code,
                &smaller.parts,
            ));
        }
        self.found.changes = minimal::changes(smaller.parts, &places);
        Ok(ControlFlow::Continue(Reduced {
            code: smaller.code,
            is_complete: smaller.complete,
        }))
    }

    /// Whether further inputs show that a fix is right on others than the tests.
    fn is_general(&self, code: &str, fresh: &Fresh) -> bool {
        let runs = fresh.runs();
        if fresh.reference.is_some() {
            return agrees_with_reference(&runs);
        }
        let original = self.program.code.as_str();
        let (tests, problem) = (&self.found.tests, self.problem.as_ref());
        let known = tests.iter().filter(|test| test.expected.is_some()).count();
        has_answers_of_its_own(&runs, tests)
            && !gives_tests_away(original, code, tests, problem)
            && (known >= MANY_TESTS || !has_odd_numbers(original, code, problem))
    }

    fn worth(&self, fix: &Reduced, is_hunted: bool, is_general: bool) -> Verdict {
        let hunted = &self.hunted;
        let proofs = self
            .found
            .tests
            .iter()
            .filter(|test| fails_before(test) && self.is_proof(test));
        let is_disputed = hunted.dispute.is_some()
            || matches!(self.reference, Some(None))
                && self.work.submission.reference_code.is_some();
        // Without helpers, nothing tells of more inputs like the one that they found.
        let is_lost = hunted.is_lost && proofs.clone().any(|test| test.source == TestSource::Hunt);
        let reason = if is_disputed {
            return (FixStatus::Unverified, Some(FixReason::Disputed));
        } else if minimal::is_rewritten(&self.program.code, &fix.code) {
            FixReason::Rewritten
        } else if proofs.clone().next().is_none() {
            unproven(&self.found.tests, hunted.is_guessed)
        } else if let Some(doubt) = hunted.trial.doubt {
            doubt
        } else if !is_general || is_lost || hunted.trial.is_unsteady {
            FixReason::NotGeneral
        } else if !fix.is_complete || is_hunted && !hunted.trial.is_enough {
            FixReason::Budget
        } else {
            return (FixStatus::Verified, None);
        };
        (FixStatus::Improved, Some(reason))
    }

    /// Whether the submitted program fails again where it did: one that depends on chance may not.
    async fn fails_again(&mut self, setting: Setting) -> Result<bool, FixReason> {
        let cases = cases::cases(&self.found.tests);
        let code = self.program.code.as_str();
        let answer = self.runner.run_all(setting, code, cases).await?;
        let mut runs = self.found.tests.iter().zip(outcomes(&answer));
        Ok(
            runs.all(|(test, run)| {
                !fails_before(test) || is_by_checker(test) || !run.is_accepted()
            }),
        )
    }

    /// Whether a smaller fix passes all tests too; its runs take the place of the larger one's.
    async fn holds(
        &mut self,
        setting: Setting,
        code: &str,
        fresh: &mut Fresh,
    ) -> Result<bool, FixReason> {
        let known = self.found.clone();
        let score = self.run_fix(code).await;
        if !matches!(score, Ok(score) if score.is_full()) {
            self.found = known;
            return score.map(|_| false);
        }
        if !fresh.inputs.is_empty() {
            fresh.after = self.run_fresh(setting, code, &fresh.inputs).await?;
        }
        Ok(true)
    }
}
