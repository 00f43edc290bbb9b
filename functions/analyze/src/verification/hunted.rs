//! Inputs that the hunt finds, as tests; and the hunt for an input on which the fix is wrong.

use std::time::Duration;

use domain::{
    Counterexample, Dispute, FixReason, GrowthStep, Helpers, HuntEnding, HuntReport, Level,
    Outcome, RunVerdict, Test, TestSource,
};
use judge_api::{Case, HuntRequest, MinimiseAnswer, ReferenceProgram};

use super::{
    Setting, Stop, Verifier, cases,
    verdict::{fails_before, passes},
};
use crate::hunt::{Hunter, Quarry};

/// Time of the hunt for an input on which the fix is wrong, and for one on which its smaller form is.
const FIX: Duration = Duration::from_secs(15);
const SMALLER_TIME: Duration = Duration::from_secs(8);
/// Smaller fixes that are hunted, until the whole one is kept.
const SMALLER: usize = 3;
/// Tests of the hunt that a smaller fix must pass too.
const GUARDS: usize = 20;
/// The inputs for the first fix; each further hunt has others.
const SEED: u64 = 100;

/// Facts of the hunt that the fix is tested by.
#[derive(Debug, Default)]
pub(super) struct Hunted {
    /// Helpers that are of use.
    pub(super) helpers: Option<Helpers>,
    /// Whether inputs were made after the samples alone.
    pub(super) is_guessed: bool,
    /// An input on which references disagree, until the user settles it.
    pub(super) dispute: Option<Dispute>,
    /// Tests whose outputs are known.
    pub(super) guards: Vec<Case>,
    /// All helpers, to make large inputs.
    pub(super) generators: Helpers,
    /// Times on larger and larger inputs.
    pub(super) growth: Vec<GrowthStep>,
    /// Whether one reference alone says that the fix is wrong.
    pub(super) is_doubted: bool,
    /// Hunts so far.
    hunts: u64,
}

/// How a hunt for the fix ended.
pub(super) enum Tried {
    /// There is nothing to hunt with.
    Not,
    /// It is right on all inputs.
    Right,
    /// It is wrong on this one.
    Wrong(Box<Counterexample>),
}

impl Verifier<'_> {
    /// The program to hunt for; none where it was not run.
    pub(crate) fn quarry(&self) -> Option<Quarry> {
        let setting = self.setting().ok()?;
        let tests = &self.found.tests;
        if !self.found.compiler.is_empty() || self.is_done || tests.is_empty() {
            return None;
        }
        let is_excused = |test: &Test| {
            let verdict = test.before.as_ref().map(|run| run.verdict);
            self.any_answer() && verdict == Some(RunVerdict::WrongAnswer)
        };
        Some(Quarry {
            setting,
            cases: cases::cases(tests),
            reference: self.reference_program(),
            fails: tests
                .iter()
                .any(|test| fails_before(test) && !is_excused(test)),
        })
    }

    fn reference_program(&self) -> Option<ReferenceProgram> {
        let setting: Setting = self.reference.flatten()?;
        let code = self.work.submission.reference_code.clone()?;
        Some(ReferenceProgram {
            language: setting.language,
            code,
        })
    }

    /// Takes what the hunt found among the tests.
    pub(crate) async fn take_hunt(
        &mut self,
        hunter: &Hunter<'_>,
    ) -> Result<(), crate::failure::Failure> {
        let Some(report) = hunter.report().filter(|_| !self.is_done) else {
            return Ok(());
        };
        self.hunted.helpers = hunter.helpers();
        self.hunted.generators = hunter.generators();
        self.hunted.growth.clone_from(&report.growth);
        self.hunted.is_guessed = report.hunt.guessed;
        self.hunted.dispute.clone_from(&report.hunt.dispute);
        self.hunted.guards = hunter.cases().to_vec();
        let is_new = self.learn(report, hunter.cases());
        if is_new {
            self.store().await?;
        }
        Ok(())
    }

    /// Whether a test is new, or its output.
    fn learn(&mut self, report: &HuntReport, known: &[Case]) -> bool {
        let mut is_new = false;
        let references = self
            .hunted
            .helpers
            .as_ref()
            .map_or(0, |helpers| helpers.references.len());
        let is_agreed =
            references > 1 && report.hunt.dispute.is_none() && report.hunt.faults.is_empty();
        for test in &mut self.found.tests {
            if test.source == TestSource::FailingInput && test.expected.is_none() && is_agreed {
                let input = cases::case(&test.input, None).input;
                let case = known.iter().find(|case| case.input == input);
                if let Some(expected) = case.and_then(|case| case.expected.clone()) {
                    test.before = test.before.take().map(|run| compared(run, &expected));
                    test.expected = Some(expected);
                    test.level = Some(Level::Agreed);
                    is_new = true;
                }
            }
        }
        let Some(mut found) = report.hunt.counterexample.clone() else {
            return is_new;
        };
        if self.any_answer() {
            // The expected output is one of several; the checker decides.
            found.expected = None;
        }
        self.add(&found, Some(found.outcome.clone())) || is_new
    }

    /// Adds a found input to the tests, or tells what is known of one that is there; whether that is new. `before` is the run of the
    /// submitted program.
    fn add(&mut self, found: &Counterexample, before: Option<Outcome>) -> bool {
        let number = 1 + self
            .found
            .tests
            .iter()
            .filter(|test| test.source == TestSource::Hunt)
            .count();
        let is_same = |test: &&mut Test| cases::case(&test.input, None).input == found.input;
        let by_reference = found.level == Level::Reference;
        match self.found.tests.iter_mut().find(is_same) {
            Some(test) if test.source == TestSource::Hunt => {
                let is_new = test.level != Some(found.level);
                (test.level, test.expected) = (Some(found.level), found.expected.clone());
                is_new
            }
            Some(test) if test.expected.is_none() => {
                test.expected.clone_from(&found.expected);
                test.by_reference = by_reference;
                test.level = Some(found.level);
                test.before = before.or(test.before.take());
                true
            }
            Some(_) => false,
            None => {
                self.found.tests.push(Test {
                    source: TestSource::Hunt,
                    number,
                    input: found.input.clone(),
                    expected: found.expected.clone(),
                    by_reference,
                    level: Some(found.level),
                    before,
                    after: None,
                });
                true
            }
        }
    }

    /// Adds an input on which the fix is wrong, with the submitted program's run of it.
    pub(super) async fn add_for_fix(&mut self, found: &Counterexample) -> Result<(), Stop> {
        let setting = self.setting()?;
        let case = cases::case(&found.input, found.expected.as_deref());
        let code = self.program.code.as_str();
        let answer = self.runner.run_all(setting, code, vec![case]).await?;
        self.add(found, answer.cases.into_iter().next());
        Ok(())
    }

    /// Looks for an input on which the fix is wrong.
    pub(super) async fn hunt_fix(&mut self, code: &str) -> Result<Tried, Stop> {
        self.hunt_for(code, FIX).await
    }

    /// Looks for an input on which a smaller fix is wrong.
    async fn hunt_smaller(&mut self, code: &str) -> Result<Tried, Stop> {
        self.hunt_for(code, SMALLER_TIME).await
    }

    async fn hunt_for(&mut self, code: &str, most: Duration) -> Result<Tried, Stop> {
        let Some(helpers) = self.hunted.helpers.clone() else {
            return Ok(Tried::Not);
        };
        let setting = self.setting()?;
        self.hunted.hunts += 1;
        let reference = self.reference_program();
        let by_reference = reference.is_some();
        let request = HuntRequest {
            language: setting.language,
            code: code.to_owned(),
            cases: cases::cases(&self.found.tests),
            limits: setting.limits,
            reference,
            helpers,
            any_answer: self.any_answer(),
            seed: SEED + self.hunted.hunts,
            budget_ms: None,
        };
        let answer = self.runner.hunt(request, most).await?;
        if !answer.compiled || answer.hunt.ending == HuntEnding::Unusable {
            // Another test has shown that they are of no use.
            self.hunted.helpers = None;
            return Ok(Tried::Not);
        }
        self.found.fresh_inputs = answer.hunt.inputs();
        self.found.hunted = answer.hunt.tried;
        self.found.by_reference = by_reference;
        self.hunted.is_doubted = false;
        if !answer.cases.is_empty() {
            self.hunted.guards = answer.cases;
        }
        if answer.hunt.dispute.is_some() {
            self.hunted.dispute = answer.hunt.dispute;
            return Ok(Tried::Right);
        }
        Ok(match answer.hunt.counterexample {
            Some(found) if found.level.is_proof() => Tried::Wrong(Box::new(found)),
            found => {
                self.hunted.is_doubted = found.is_some();
                Tried::Right
            }
        })
    }

    /// The smallest part of a fix that passes all tests, and on which the hunt finds no input where it is wrong.
    pub(super) async fn smaller_hunted(
        &mut self,
        setting: Setting,
        code: &str,
    ) -> Result<MinimiseAnswer, Stop> {
        let original = self.program.code.as_str();
        let tests = cases::cases(&self.found.tests);
        let mut guards = self.hunted_guards();
        let known = (self.found.fresh_inputs, self.found.hunted.clone());
        for _ in 0..SMALLER {
            let mut guarded = tests.clone();
            guarded.extend(guards.iter().cloned());
            let answer = self
                .runner
                .minimise(setting, original, code, guarded)
                .await?;
            if answer.code == code {
                return Ok(answer);
            }
            match Box::pin(self.hunt_smaller(&answer.code)).await? {
                Tried::Wrong(found) => {
                    guards.insert(0, cases::case(&found.input, found.expected.as_deref()));
                }
                _ => return Ok(answer),
            }
        }
        // The whole fix is the one that was hunted.
        (self.found.fresh_inputs, self.found.hunted) = known;
        Ok(MinimiseAnswer {
            code: code.to_owned(),
            complete: false,
            compiles: 0,
            parts: Vec::new(),
        })
    }

    /// Further cases of the hunt for a smaller fix, beside the tests.
    fn hunted_guards(&self) -> Vec<Case> {
        let tests = cases::cases(&self.found.tests);
        let is_new = |case: &&Case| tests.iter().all(|test| test.input != case.input);
        let guards = self.hunted.guards.iter().filter(is_new);
        guards.take(GUARDS).cloned().collect()
    }

    /// Whether a test proves that a program is wrong that fails it.
    pub(super) fn is_proof(&self, test: &Test) -> bool {
        match (test.source, test.level) {
            (TestSource::Hunt, Some(level)) => level.is_proof() && !self.hunted.is_guessed,
            (TestSource::Hunt, None) => false,
            (_, Some(level)) => level.is_proof() && test.expected.is_some(),
            (_, None) => test.expected.is_some(),
        }
    }

    /// Whether nothing but inputs of the hunt that prove nothing speaks against the fix.
    pub(super) fn fails_without_proof(&self) -> bool {
        let failing = self
            .found
            .tests
            .iter()
            .filter(|test| !passes(test.after.as_ref()));
        self.found.fix_compiler.is_empty()
            && failing
                .clone()
                .all(|test| test.source == TestSource::Hunt && !self.is_proof(test))
    }

    /// Times on larger and larger inputs.
    pub(crate) fn growth(&self) -> &[GrowthStep] {
        &self.hunted.growth
    }

    /// The input that the user is to settle, where the hunt's row does not have it yet.
    pub(crate) fn new_dispute(&self, hunter: &Hunter<'_>) -> Option<Dispute> {
        let known = hunter
            .report()
            .and_then(|report| report.hunt.dispute.as_ref());
        self.hunted
            .dispute
            .clone()
            .filter(|dispute| known != Some(dispute))
    }
}

/// A run that was made before its output was known, with the verdict by it.
fn compared(run: Outcome, expected: &str) -> Outcome {
    if !run.is_accepted() || run.output_cut {
        return run;
    }
    let comparison = judge_api::compare(expected.as_bytes(), run.output.as_bytes());
    if comparison.equal {
        return run;
    }
    Outcome {
        verdict: RunVerdict::WrongAnswer,
        difference: comparison.difference,
        ..run
    }
}

/// Why a fix that passes all tests is no more than improved: none of those that the submitted program fails proves anything.
pub(super) fn unproven(tests: &[Test], is_guessed: bool) -> FixReason {
    let failing = tests.iter().filter(|test| fails_before(test));
    let of_hunt = failing.filter(|test| test.source == TestSource::Hunt);
    match of_hunt.filter_map(|test| test.level).next() {
        Some(Level::Suggested) => FixReason::Suggested,
        Some(_) if is_guessed => FixReason::Guessed,
        _ => FixReason::NotGeneral,
    }
}
