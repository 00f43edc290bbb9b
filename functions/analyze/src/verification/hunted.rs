//! Inputs that the hunt finds, as tests.

use domain::{
    Counterexample, Dispute, FixReason, GrowthStep, Helpers, HuntReport, Level, Outcome,
    RunVerdict, Test, TestSource,
};
use judge_api::{Case, ReferenceProgram};

use super::{
    Setting, Verifier, cases,
    trial::Trial,
    verdict::{fails_before, is_mended},
};
use crate::hunt::{Hunter, Quarry};

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
    /// The result of the hunt for an input on which the fix is wrong.
    pub(super) trial: Trial,
    /// Inputs on which something that is no proof says that a fix is wrong.
    pub(super) doubted: Vec<String>,
    /// Whether the helpers that found the failing input were of no use for the fix.
    pub(super) is_lost: bool,
    /// Hunts so far.
    pub(super) hunts: u64,
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
            cases: cases::known(tests),
            reference: self.reference_program(),
            fails: tests
                .iter()
                .any(|test| fails_before(test) && !is_excused(test)),
        })
    }

    pub(super) fn reference_program(&self) -> Option<ReferenceProgram> {
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
        if self.problem.is_none() {
            // Where the user gave the samples, nobody has waited for it before the hunt.
            self.problem = self.statement.now();
        }
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
        let is_agreed = references > 1
            && report.hunt.dispute.is_none()
            && report.hunt.faults.is_empty()
            && !self.any_answer()
            && has_known_output(&self.found.tests);
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
        let Some(found) = &report.hunt.counterexample else {
            return is_new;
        };
        self.add(found, Some(found.outcome.clone())) || is_new
    }

    /// Adds a found input to the tests, or tells what is known of one that is there; whether that is new. `before` is the run of the
    /// submitted program.
    pub(super) fn add(&mut self, found: &Counterexample, before: Option<Outcome>) -> bool {
        let number = 1 + self
            .found
            .tests
            .iter()
            .filter(|test| test.source == TestSource::Hunt)
            .count();
        let is_same = |test: &&mut Test| cases::case(&test.input, None).input == found.input;
        let by_reference = found.level == Level::Reference;
        // Where several outputs are right, it is one of them; the checker decides.
        let expected = found.expected.clone().filter(|_| !self.any_answer());
        match self.found.tests.iter_mut().find(is_same) {
            Some(test) if test.source == TestSource::Hunt => {
                let is_new = test.level != Some(found.level);
                (test.level, test.expected) = (Some(found.level), expected);
                is_new
            }
            Some(test) if test.expected.is_none() => {
                test.expected = expected;
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
                    expected,
                    by_reference,
                    level: Some(found.level),
                    before,
                    after: None,
                });
                true
            }
        }
    }

    /// Whether a test proves that a program is wrong that fails it.
    pub(super) fn is_proof(&self, test: &Test) -> bool {
        match (test.source, test.level) {
            (TestSource::Hunt, Some(level)) => level.is_proof() && !self.hunted.is_guessed,
            (TestSource::Hunt, None) => false,
            (_, Some(level)) => {
                level.is_proof() && (test.expected.is_some() || !self.hunted.is_guessed)
            }
            (_, None) => test.expected.is_some(),
        }
    }

    /// Whether a fix must pass a test. What programs of a model say alone, and inputs that the problem may not allow, are only reported.
    pub(super) fn is_counted(&self, test: &Test) -> bool {
        let is_of_hunt = test.source == TestSource::Hunt || test.level.is_some();
        !is_of_hunt || self.is_proof(test)
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

/// Whether the output of a test is known from elsewhere than a hunt, so that references were tried on it.
fn has_known_output(tests: &[Test]) -> bool {
    tests.iter().any(|test| {
        let is_sample = !matches!(test.source, TestSource::Hunt | TestSource::FailingInput);
        is_sample && test.expected.is_some()
    })
}

/// Why a fix that passes all tests is no more than improved: none of those that the submitted program fails proves anything.
pub(super) fn unproven(tests: &[Test], is_guessed: bool) -> FixReason {
    let mended = tests.iter().filter(|test| is_mended(test));
    match mended.filter_map(|test| test.level).next() {
        Some(Level::Suggested) => FixReason::Suggested,
        Some(_) if is_guessed => FixReason::Guessed,
        _ => FixReason::NotGeneral,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verification::sample::{run, test};

    #[test]
    fn references_agree_on_nothing_before_they_were_tried() {
        let mut sample = test("1", "2");
        assert!(has_known_output(&[sample.clone()]));
        sample.source = TestSource::FailingInput;
        assert!(!has_known_output(&[sample.clone()]));
        sample.source = TestSource::Settled;
        assert!(has_known_output(&[sample.clone()]));
        sample.expected = None;
        assert!(!has_known_output(&[sample]));
    }

    #[test]
    fn what_is_mended_tells_why_it_proves_nothing() {
        let mut found = test("1", "2");
        (found.source, found.level) = (TestSource::Hunt, Some(Level::Suggested));
        found.before = Some(run(RunVerdict::WrongAnswer));
        let reason = |test: &Test, is_guessed| unproven(std::slice::from_ref(test), is_guessed);
        assert_eq!(reason(&found, false), FixReason::NotGeneral);
        found.after = Some(run(RunVerdict::Accepted));
        assert_eq!(reason(&found, true), FixReason::Suggested);
        found.level = Some(Level::Reference);
        assert_eq!(reason(&found, true), FixReason::Guessed);
        assert_eq!(reason(&found, false), FixReason::NotGeneral);
    }
}
