//! How the submitted program does on its tests.

use std::time::Duration;

use domain::{
    FixReason, Outcome, RunLimits, RunVerdict, Test, TestSource, Verification, detected,
    limits as bounds,
};
use judge_api::{Language, RunAnswer};
use tokio::time::Instant;

use super::{Setting, Stop, Verifier, cases, file_io, limits, verdict::is_by_checker};
use crate::{failure::Failure, hunt::Quarry};

/// How many times the time of the program its reference gets, which may be a slow and simple one.
const REFERENCE_FACTOR: u32 = 3;
/// How long the program may be run before the analysis, which waits for it.
const BEFORE_ANALYSIS: Duration = Duration::from_secs(30);

/// A reference's run of the tests.
struct Checked {
    setting: Option<Setting>,
    tests: Vec<Test>,
}

/// The runs to make.
struct Plan {
    /// The language with the version of its compiler.
    title: String,
    setting: Setting,
    tests: Vec<Test>,
}

impl Verifier<'_> {
    /// Runs the program on its tests before the analysis, which shall not wait long: tests that there is no time for are left for
    /// later.
    pub(super) async fn observe_early(&mut self, wait: Instant) -> Result<(), Failure> {
        let observed = self.observe_for(wait, BEFORE_ANALYSIS).await;
        let is_configured = self.work.state.judge.is_configured();
        self.is_judge_away =
            is_configured && matches!(observed, Err(Stop::Reason(FixReason::NoJudge)));
        match observed {
            Ok(()) => Ok(()),
            Err(Stop::Reason(reason)) => {
                tracing::info!(submission.id = %self.work.lease.id, %reason, "the program is not run before the analysis");
                Ok(())
            }
            Err(Stop::Failure(failure)) => Err(failure),
        }
    }

    /// Whether the judge did not answer before the analysis.
    pub(crate) const fn is_judge_away(&self) -> bool {
        self.is_judge_away
    }

    /// Runs the program on its tests after the analysis, if the judge answers by then; the program to hunt for.
    pub(crate) async fn look_again(&mut self) -> Result<Option<Quarry>, Failure> {
        if self.work.state.judge.known_languages().await.is_err() {
            return Ok(None);
        }
        self.observe_early(Instant::now()).await?;
        Ok(self.quarry())
    }

    /// Runs the program on all tests, unless that is known already.
    pub(super) async fn observe(&mut self) -> Result<(), Stop> {
        self.observe_for(self.end, self.runner.left()).await?;
        if self.found.tests.iter().any(|test| test.before.is_none()) {
            return Err(FixReason::Budget.into());
        }
        Ok(())
    }

    async fn observe_for(&mut self, wait: Instant, most: Duration) -> Result<(), Stop> {
        let plan = self.plan(wait).await?;
        let is_known = self.found.limits == Some(plan.setting.limits)
            && cases::are_alike(&plan.tests, &self.found.tests)
            && self.found.tests.iter().all(|test| test.before.is_some());
        let has_reference = self.work.submission.reference_code.is_some();
        if is_known && (!has_reference || self.reference.is_some()) {
            return Ok(());
        }
        self.start().await?;
        let checked = self.check_reference(plan.setting, plan.tests, most).await?;
        self.reference = Some(checked.setting);
        if is_known {
            return Ok(());
        }
        let mut tests = checked.tests;
        let cases = cases::cases(&tests);
        let code = &self.program.code;
        let answer = self.runner.run(plan.setting, code, cases, most).await?;
        for (test, outcome) in tests.iter_mut().zip(outcomes(&answer)) {
            if is_by_checker(test) {
                continue;
            }
            test.before = Some(outcome).filter(|run| run.verdict != RunVerdict::Skipped);
        }
        self.found = Verification {
            language: plan.title,
            limits: Some(plan.setting.limits),
            compiler: messages(&answer),
            tests,
            repairs: self.found.repairs,
            analysis: self.found.analysis.take(),
            ..Verification::default()
        };
        self.store().await?;
        Ok(())
    }

    /// Plans the runs. Where the user gave no samples, it waits for those of the statement.
    async fn plan(&mut self, wait: Instant) -> Result<Plan, FixReason> {
        if !self.work.state.judge.is_configured() {
            return Err(FixReason::NoJudge);
        }
        let language = Language::recognise(&self.program.language).ok_or(FixReason::Language)?;
        let title = self.runner.capability(language).await?.title;
        if file_io::opens_files(&self.program.code, language) {
            return Err(FixReason::FileIo);
        }
        let submission = &self.work.submission;
        self.problem = if submission.samples.0.is_empty() {
            self.statement.until(wait).await
        } else {
            self.statement.now()
        };
        let problem = self.problem.as_ref();
        if problem.is_some_and(|problem| problem.interactive) {
            return Err(FixReason::Interactive);
        }
        let mut tests = cases::tests(submission, problem);
        let is_found = |test: &&Test| test.source == TestSource::Hunt;
        tests.extend(self.found.tests.iter().filter(is_found).cloned());
        if tests.is_empty() {
            return Err(FixReason::NoTests);
        }
        let limits = limits::of(submission, problem, language);
        Ok(Plan {
            title,
            setting: Setting { language, limits },
            tests,
        })
    }

    /// How programs of the submission are run. It is known once the program was run.
    pub(super) fn setting(&self) -> Result<Setting, FixReason> {
        let language = Language::recognise(&self.program.language).ok_or(FixReason::Language)?;
        let limits = self.found.limits.ok_or(FixReason::NoTests)?;
        Ok(Setting { language, limits })
    }

    /// Runs the reference on the tests. Its output becomes the expected one where there is none, if it passes all others.
    async fn check_reference(
        &mut self,
        setting: Setting,
        tests: Vec<Test>,
        most: Duration,
    ) -> Result<Checked, FixReason> {
        let Some(code) = &self.work.submission.reference_code else {
            return Ok(Checked {
                setting: None,
                tests,
            });
        };
        // It may be of another language than the program.
        let detected =
            Language::recognise(detected(code)).filter(|other| *other != setting.language);
        for language in [Some(setting.language), detected].into_iter().flatten() {
            match self.runner.capability(language).await {
                Ok(_) => {}
                Err(FixReason::Language) => continue,
                Err(reason) => return Err(reason),
            }
            let time_ms = setting.limits.time_ms.saturating_mul(REFERENCE_FACTOR);
            let limits = RunLimits {
                time_ms: time_ms.min(*bounds::RUN_TIME_MS.end()),
                ..setting.limits
            };
            let setting = Setting { language, limits };
            let answer = self
                .runner
                .run(setting, code, cases::cases(&tests), most)
                .await?;
            if answer.compiled && answer.cases.iter().all(Outcome::is_accepted) {
                return Ok(Checked {
                    setting: Some(setting),
                    tests: answered(tests, &answer.cases),
                });
            }
        }
        tracing::info!(submission.id = %self.work.lease.id, "the reference fails a test and is not used");
        Ok(Checked {
            setting: None,
            tests,
        })
    }
}

/// The tests with the reference's output where none is known.
fn answered(mut tests: Vec<Test>, runs: &[Outcome]) -> Vec<Test> {
    for (test, run) in tests.iter_mut().zip(runs) {
        if test.expected.is_none() && !run.output_cut {
            test.expected = Some(run.output.clone());
            test.by_reference = true;
        }
    }
    tests
}

/// The runs of an answer; of a program that does not compile, runs without end that were not made.
pub(super) fn outcomes(answer: &RunAnswer) -> Box<dyn Iterator<Item = Outcome> + Send + '_> {
    if answer.compiled {
        Box::new(answer.cases.iter().cloned())
    } else {
        Box::new(std::iter::repeat_with(|| {
            Outcome::not_run(RunVerdict::CompileError)
        }))
    }
}

/// The compiler's messages where the program does not compile; never empty then.
pub(super) fn messages(answer: &RunAnswer) -> String {
    match answer.compiler.trim() {
        _ if answer.compiled => String::new(),
        "" => "It does not compile.".to_owned(),
        messages => messages.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verification::sample::{printed, test};

    #[test]
    fn a_reference_answers_where_nothing_is_known() {
        let mut unknown = test("5", "");
        unknown.expected = None;
        let mut cut = printed("1");
        cut.output_cut = true;
        let tests = vec![test("1 2", "3"), unknown.clone(), unknown];
        let tests = answered(tests, &[printed("3.0"), printed("7\n"), cut]);
        assert_eq!(
            (tests[0].expected.as_deref(), tests[0].by_reference),
            (Some("3"), false)
        );
        assert_eq!(
            (tests[1].expected.as_deref(), tests[1].by_reference),
            (Some("7\n"), true)
        );
        assert_eq!((&tests[2].expected, tests[2].by_reference), (&None, false));
    }

    #[test]
    fn a_program_that_does_not_compile_was_run_on_nothing() {
        let answer = RunAnswer {
            compiled: false,
            compiler: " ".to_owned(),
            compile_ms: 5,
            cases: Vec::new(),
        };
        assert!(!messages(&answer).is_empty());
        let runs: Vec<Outcome> = outcomes(&answer).take(2).collect();
        assert_eq!(runs.len(), 2);
        assert_eq!(runs[0].verdict, RunVerdict::CompileError);
    }
}
