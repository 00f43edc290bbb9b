//! How much a fix is worth.

use std::time::Duration;

use domain::{Analysis, FixReason, FixStatus, Outcome};
use judge_api::{Case, Language, MinimiseAnswer};

use super::{
    Setting, Stop, Verifier, cases, fresh,
    general::{Runs, agrees_with_reference, has_answers_of_its_own},
    hunted::{Tried, unproven},
    literals::{gives_tests_away, has_odd_numbers},
    minimal,
    observe::{messages, outcomes},
    verdict::{Score, Verdict, fails_before, has_answers, has_other_answers, is_by_checker},
};

/// Tests with a known answer that hardly any wrong fix passes by a number that was made up for them.
const MANY_TESTS: usize = 3;
/// Further fixes that are asked for.
const REPAIRS: usize = 2;
/// Further inputs for a compiled program, and for an interpreted one, which takes much longer to begin.
const FRESH: usize = 100;
const FRESH_SLOW: usize = 40;
/// Longest time of one program on the further inputs.
const FRESH_TIME: Duration = Duration::from_secs(15);
/// Further inputs on which the smaller fix must answer as the whole one does.
const GUARDS: usize = 20;
const GUARDS_SLOW: usize = 8;

/// The runs on further inputs.
#[derive(Default)]
struct Fresh {
    inputs: Vec<String>,
    before: Option<Vec<Outcome>>,
    after: Option<Vec<Outcome>>,
    reference: Option<Vec<Outcome>>,
}

impl Fresh {
    fn runs(&self) -> Vec<Runs<'_>> {
        (0..self.inputs.len())
            .map(|place| Runs {
                before: self.before.as_ref().and_then(|runs| runs.get(place)),
                after: self.after.as_ref().and_then(|runs| runs.get(place)),
                reference: self.reference.as_ref().and_then(|runs| runs.get(place)),
            })
            .collect()
    }
}

impl Verifier<'_> {
    /// Runs the fix, mends it, makes it smaller, and tells how much it is worth.
    pub(super) async fn prove(&mut self, analysis: &Analysis) -> Result<Verdict, Stop> {
        if self.work.state.judge.is_configured() {
            // The flags and limits of the statement count, whoever gave the samples.
            self.statement.until(self.end).await;
        }
        self.observe().await?;
        let best = self.found.analysis.clone();
        let mut best = best.unwrap_or_else(|| analysis.clone());
        let mut score = self.run_fix(&best.modified_code).await?;
        if !has_answers(&self.found.tests) {
            return Err(FixReason::NoTests.into());
        }
        self.store().await?;
        loop {
            Box::pin(self.mend(&mut best, &mut score)).await?;
            self.needs_no_checker()?;
            if !score.is_full() {
                return Ok(self.verdict_on_failing(score));
            }
            if !self.found.tests.iter().any(fails_before) {
                let worth = self.worth_by_time(&best.modified_code).await?;
                return Ok(worth.unwrap_or_else(|| self.not_reproduced()));
            }
            let Tried::Wrong(found) = Box::pin(self.hunt_fix(&best.modified_code)).await? else {
                break;
            };
            self.add_for_fix(&found).await?;
            score = self.run_fix(&best.modified_code).await?;
            self.store().await?;
            if score.is_full() {
                // It is wrong only at times.
                return Ok((FixStatus::Improved, Some(FixReason::NotGeneral)));
            }
        }
        Box::pin(self.judge_right_fix(&best)).await
    }

    /// Asks for other fixes until one passes all tests, or there have been enough.
    async fn mend(&mut self, best: &mut Analysis, score: &mut Score) -> Result<(), Stop> {
        while !score.is_full() && self.found.repairs < REPAIRS {
            self.needs_no_checker()?;
            let Some(candidate) = self.repair(Some(best)).await? else {
                break;
            };
            self.found.repairs += 1;
            let known = self.found.clone();
            let other = self.run_fix(&candidate.modified_code).await;
            match other {
                Ok(other) if other.is_better_than(*score) => {
                    *score = other;
                    self.found.analysis = Some(candidate.clone());
                    *best = candidate;
                }
                other => {
                    self.found = known;
                    other?;
                }
            }
            self.store().await?;
        }
        Ok(())
    }

    /// The verdict on a fix that fails a test. Inputs that prove nothing do not speak against it.
    fn verdict_on_failing(&self, score: Score) -> Verdict {
        if score.mended == 0 && score.broken == 0 && self.fails_without_proof() {
            self.not_reproduced()
        } else {
            score.verdict()
        }
    }

    /// The verdict where nothing shows that the submitted program is wrong.
    fn not_reproduced(&self) -> Verdict {
        let reason = if self.hunted.dispute.is_some() {
            FixReason::Disputed
        } else {
            FixReason::NotReproduced
        };
        (FixStatus::Unverified, Some(reason))
    }

    /// Where several outputs are right, another one than expected tells nothing.
    fn needs_no_checker(&self) -> Result<(), FixReason> {
        if self.any_answer() && has_other_answers(&self.found.tests) {
            Err(FixReason::NeedsChecker)
        } else {
            Ok(())
        }
    }

    /// Runs a fixed program on all tests.
    async fn run_fix(&mut self, code: &str) -> Result<Score, FixReason> {
        let setting = self.setting()?;
        let cases = cases::cases(&self.found.tests);
        let answer = self.runner.run_all(setting, code, cases).await?;
        self.found.fix_compiler = messages(&answer);
        for (test, outcome) in self.found.tests.iter_mut().zip(outcomes(&answer)) {
            test.after = Some(outcome);
        }
        Ok(Score::of(&self.found.tests, answer.compiled))
    }

    /// The verdict on a fix that passes all tests, of which the program fails one.
    async fn judge_right_fix(&mut self, fix: &Analysis) -> Result<Verdict, Stop> {
        let setting = self.setting()?;
        let original = self.program.code.as_str();
        if !self.fails_again(setting).await? {
            return Ok((FixStatus::Unverified, Some(FixReason::NotReproduced)));
        }
        let mut code = fix.modified_code.clone();
        let is_hunted = self.hunted.helpers.is_some();
        let mut fresh = if is_hunted {
            Fresh::default()
        } else {
            self.fresh(setting, &code).await?
        };
        let smaller = if is_hunted {
            self.smaller_hunted(setting, &code).await?
        } else {
            self.smaller(setting, &code, &fresh).await?
        };
        if smaller.code == original {
            return Ok((FixStatus::Unverified, Some(FixReason::NotReproduced)));
        }
        if smaller.code != code {
            if !self.holds(setting, &smaller.code, &mut fresh).await? {
                // It does not answer alike each time.
                return Ok((FixStatus::Improved, Some(FixReason::NotGeneral)));
            }
            self.found.lines_dropped = minimal::lines_dropped(original, &code, &smaller.code);
            self.found.analysis = Some(minimal::with_code(
                fix,
                original,
                &smaller.code,
                &smaller.parts,
            ));
            code = smaller.code;
        }
        self.found.changes = minimal::changes(smaller.parts, self.found.tests.len());
        let runs = fresh.runs();
        let was_run = |run: Option<&Outcome>| {
            run.is_some_and(|run| run.verdict != domain::RunVerdict::Skipped)
        };
        if !is_hunted {
            self.found.fresh_inputs = runs.iter().filter(|run| was_run(run.after)).count();
            self.found.by_reference = fresh.reference.is_some();
        }
        let is_steady = self.answers_alike(setting, &code, &fresh).await?;
        let has_proof = self
            .found
            .tests
            .iter()
            .any(|test| fails_before(test) && self.is_proof(test));
        let is_disputed = self.hunted.dispute.is_some()
            || matches!(self.reference, Some(None))
                && self.work.submission.reference_code.is_some();
        let is_general = if is_hunted {
            self.found.fresh_inputs > 0 && !self.hunted.is_doubted
        } else if fresh.reference.is_some() {
            agrees_with_reference(&runs)
        } else {
            let (tests, problem) = (&self.found.tests, self.problem.as_ref());
            let known = tests.iter().filter(|test| test.expected.is_some()).count();
            has_answers_of_its_own(&runs, tests)
                && !gives_tests_away(original, &code, tests, problem)
                && (known >= MANY_TESTS || !has_odd_numbers(original, &code, problem))
        };
        Ok(if is_disputed {
            (FixStatus::Unverified, Some(FixReason::Disputed))
        } else if minimal::is_rewritten(original, &code) {
            (FixStatus::Improved, Some(FixReason::Rewritten))
        } else if !has_proof {
            let reason = unproven(&self.found.tests, self.hunted.is_guessed);
            (FixStatus::Improved, Some(reason))
        } else if self.hunted.is_doubted {
            (FixStatus::Improved, Some(FixReason::Suggested))
        } else if !(is_general && is_steady) {
            (FixStatus::Improved, Some(FixReason::NotGeneral))
        } else if !smaller.complete {
            (FixStatus::Improved, Some(FixReason::Budget))
        } else {
            (FixStatus::Verified, None)
        })
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

    /// Whether the fix answers the further inputs as it did before.
    async fn answers_alike(
        &mut self,
        setting: Setting,
        code: &str,
        fresh: &Fresh,
    ) -> Result<bool, FixReason> {
        let Some(before) = fresh.after.as_ref().filter(|runs| !runs.is_empty()) else {
            return Ok(true);
        };
        let Some(again) = self.run_fresh(setting, code, &fresh.inputs).await? else {
            return Ok(false);
        };
        let is_skipped = |run: &Outcome| run.verdict == domain::RunVerdict::Skipped;
        Ok(before.iter().zip(&again).all(|(one, other)| {
            is_skipped(one)
                || is_skipped(other)
                || one.is_accepted() == other.is_accepted()
                    && (!one.is_accepted() || one.output == other.output)
        }))
    }

    /// Runs all programs on further inputs.
    async fn fresh(&mut self, setting: Setting, code: &str) -> Result<Fresh, FixReason> {
        let seeds: Vec<&str> = self
            .found
            .tests
            .iter()
            .map(|test| test.input.as_str())
            .collect();
        let count = if is_slow(setting.language) {
            FRESH_SLOW
        } else {
            FRESH
        };
        let inputs = fresh::inputs(&seeds, count);
        let mut fresh = Fresh {
            inputs,
            before: None,
            after: None,
            reference: None,
        };
        if fresh.inputs.is_empty() {
            return Ok(fresh);
        }
        fresh.after = self.run_fresh(setting, code, &fresh.inputs).await?;
        fresh.before = self
            .run_fresh(setting, &self.program.code, &fresh.inputs)
            .await?;
        let reference = self.work.submission.reference_code.as_deref();
        if let (Some(Some(setting)), Some(reference)) = (self.reference, reference) {
            fresh.reference = self.run_fresh(setting, reference, &fresh.inputs).await?;
        }
        Ok(fresh)
    }

    /// Runs one program on further inputs; none where it does not compile.
    async fn run_fresh(
        &mut self,
        setting: Setting,
        code: &str,
        inputs: &[String],
    ) -> Result<Option<Vec<Outcome>>, FixReason> {
        let cases = inputs.iter().map(|input| cases::case(input, None));
        let answer = self
            .runner
            .run(setting, code, cases.collect(), FRESH_TIME)
            .await?;
        Ok(answer.compiled.then_some(answer.cases))
    }

    /// The smallest part of a fix that passes all tests, and answers further inputs as all of it does: the tests may show less than
    /// all mistakes of the program.
    async fn smaller(
        &mut self,
        setting: Setting,
        code: &str,
        fresh: &Fresh,
    ) -> Result<MinimiseAnswer, FixReason> {
        let original = self.program.code.as_str();
        let tests = cases::cases(&self.found.tests);
        let mut guarded = tests.clone();
        guarded.extend(guards(setting.language, fresh));
        let answer = self
            .runner
            .minimise(setting, original, code, guarded)
            .await?;
        if answer.complete || !answer.parts.is_empty() {
            return Ok(answer);
        }
        // It does not answer further inputs alike each time.
        self.runner.minimise(setting, original, code, tests).await
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

const fn is_slow(language: Language) -> bool {
    matches!(
        language,
        Language::Python3 | Language::Java | Language::JavaScript
    )
}

/// Further inputs with the fix's answers, where nothing speaks against them; those first on which the submitted program answers
/// otherwise.
fn guards(language: Language, fresh: &Fresh) -> Vec<Case> {
    let most = if is_slow(language) {
        GUARDS_SLOW
    } else {
        GUARDS
    };
    let is_answer = |run: &&Outcome| run.is_accepted() && !run.output_cut;
    let mut guards: Vec<(bool, Case)> = Vec::new();
    for (input, run) in fresh.inputs.iter().zip(fresh.runs()) {
        let Some(after) = run.after.filter(is_answer) else {
            continue;
        };
        let equals = |other: &Outcome| {
            judge_api::compare(other.output.as_bytes(), after.output.as_bytes()).equal
        };
        if run.reference.is_some_and(|reference| !equals(reference)) {
            continue;
        }
        let is_mended = !run.before.filter(is_answer).is_some_and(equals);
        guards.push((!is_mended, cases::case(input, Some(&after.output))));
    }
    guards.sort_by_key(|(order, _)| *order);
    guards.truncate(most);
    guards.into_iter().map(|(_, case)| case).collect()
}
