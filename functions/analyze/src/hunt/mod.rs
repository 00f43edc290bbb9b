//! Stage `hunt`: looks for the smallest input on which the program is wrong.
//!
//! A reference that the user gave needs no model: it is hunted with before the analysis, on inputs like the samples. Without one, and
//! where no test fails, the model writes helpers beside the analysis: it is shown the statement alone, never the program. A mistake
//! that only one reference of a model tells is checked against a second one. Trouble with the model or the judge is never the
//! submission's failure. What is known so far is in the stage's row.

mod ask;
mod growth;
mod question;
mod row;

use std::time::Duration;

use db::stages::Stage;
use domain::{
    FailureCode, FixReason, HelperFault, HelperKind, Helpers, HuntEnding, HuntReport, Level,
    Program, StageName, StageState, UnusableHelper, Usage, hunt::REFERENCES,
};
use judge_api::{Case, HuntAnswer, HuntRequest, Language, ReferenceProgram};
use tokio::time::Instant;

use crate::{
    failure::Failure,
    stage::Work,
    verification::{Runner, Setting, Statement},
};

pub(crate) use growth::GROWTH;

/// Time of the hunt before the analysis, which waits for it.
const EARLY: Duration = Duration::from_secs(10);
/// Time of the hunt beside the analysis.
const BESIDE: Duration = Duration::from_secs(20);
/// Further time for a judge that is busy or away.
const SLACK: Duration = Duration::from_secs(20);
/// Longest wait for the statement's parts.
const STATEMENT: Duration = Duration::from_secs(120);
/// The inputs of all hunts for the same program, so that what was found is found again.
const SEED: u64 = 1;

/// The program to hunt for, as its runs on the tests have shown it.
#[derive(Clone, Debug)]
pub(crate) struct Quarry {
    pub(crate) setting: Setting,
    pub(crate) cases: Vec<Case>,
    /// The user's reference, if it passes the tests.
    pub(crate) reference: Option<ReferenceProgram>,
    /// Whether a test fails already.
    pub(crate) fails: bool,
}

/// Why it does not go on.
enum Stop {
    /// The judge cannot hunt, or there is nothing to ask the model about.
    Skip,
    /// The judge is busy or away.
    Judge,
    /// The model gave no helpers.
    Model(FailureCode, String),
    Failure(Failure),
}

impl From<db::Error> for Stop {
    fn from(error: db::Error) -> Self {
        Self::Failure(error.into())
    }
}

impl From<FixReason> for Stop {
    fn from(reason: FixReason) -> Self {
        match reason {
            FixReason::NoJudge | FixReason::Budget => Self::Judge,
            _ => Self::Skip,
        }
    }
}

/// The hunt of one submission.
pub(crate) struct Hunter<'a> {
    work: &'a Work<'a>,
    program: &'a Program,
    statement: &'a Statement,
    runner: Runner<'a>,
    /// When all must be known.
    end: Instant,
    helpers: Option<Helpers>,
    report: Option<HuntReport>,
    /// Tests with known outputs that the hunt answered.
    cases: Vec<Case>,
    /// Whether nothing is left to do.
    is_done: bool,
    /// Whether the stage's row says that it is running.
    is_running: bool,
    usage: Usage,
    model: Option<String>,
}

impl<'a> Hunter<'a> {
    pub(crate) fn new(
        work: &'a Work<'a>,
        program: &'a Program,
        statement: &'a Statement,
        end: Instant,
    ) -> Self {
        let stored = work.stored(StageName::Hunt);
        let result = stored.and_then(|stage| stage.result.as_ref());
        let helpers = result.and_then(|result| {
            let helpers = result.get("helpers")?.clone();
            serde_json::from_value(helpers).ok()
        });
        Self {
            work,
            program,
            statement,
            runner: Runner::lasting(&work.state.judge, end, SLACK + BESIDE * 2),
            end,
            helpers,
            report: stored.and_then(Stage::completed),
            cases: Vec::new(),
            is_done: stored.is_some_and(is_over),
            is_running: false,
            usage: stored
                .and_then(|stage| stage.usage)
                .map(|usage| usage.0)
                .unwrap_or_default(),
            model: None,
        }
    }

    /// The result, once there is one.
    pub(crate) const fn report(&self) -> Option<&HuntReport> {
        self.report.as_ref()
    }

    /// The helpers of the hunt, where it was one: those that a model wrote, or none beside the user's reference.
    pub(crate) fn helpers(&self) -> Option<Helpers> {
        let report = self.report.as_ref()?;
        (report.hunt.ending != HuntEnding::Unusable).then(|| self.generators())
    }

    /// Tests whose outputs are known, for the fix.
    pub(crate) fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// Hunts before the analysis where the user gave a reference, so that it has the evidence; skips the stage where there is nothing
    /// to do.
    pub(crate) async fn before_analysis(&mut self, quarry: Option<&Quarry>) -> Result<(), Failure> {
        if self.is_done {
            return Ok(());
        }
        let outcome = match quarry {
            Some(quarry) if quarry.reference.is_some() => {
                self.with_reference(quarry).await.map(|()| true)
            }
            Some(quarry) if self.helpers.is_some() || !quarry.fails => Ok(false),
            _ => Err(Stop::Skip),
        };
        match outcome {
            Ok(false) => Ok(()),
            outcome => self.finish(outcome.map(|_| ())).await,
        }
    }

    /// Hunts after the analysis where the judge did not answer before.
    pub(crate) async fn after_analysis(&mut self, quarry: Option<&Quarry>) -> Result<(), Failure> {
        if quarry.is_none() && !self.is_done {
            return self.finish(Err(Stop::Judge)).await;
        }
        self.before_analysis(quarry).await?;
        self.beside_analysis(quarry).await
    }

    /// Hunts beside the analysis with what a model wrote, unless that was done.
    pub(crate) async fn beside_analysis(&mut self, quarry: Option<&Quarry>) -> Result<(), Failure> {
        let Some(quarry) = quarry.filter(|_| !self.is_done) else {
            return Ok(());
        };
        let outcome = self.with_model(quarry).await;
        self.finish(outcome).await
    }

    /// Ends it where it was given up: with what is known by then.
    pub(crate) async fn give_up(&mut self) -> Result<(), Failure> {
        if self.is_done {
            return Ok(());
        }
        let outcome = match &self.report {
            Some(_) => Ok(()),
            None => Err(Stop::Model(
                FailureCode::ModelTimeout,
                "There was no failing input when all else was done.".to_owned(),
            )),
        };
        self.finish(outcome).await
    }

    /// Keeps an input on which references disagree when they look at the fix.
    pub(crate) async fn dispute(&mut self, dispute: domain::Dispute) -> Result<(), Failure> {
        if let Some(report) = &mut self.report {
            report.hunt.dispute = Some(dispute);
            self.finish(Ok(())).await?;
        }
        Ok(())
    }

    async fn with_reference(&mut self, quarry: &Quarry) -> Result<(), Stop> {
        self.start().await?;
        let answer = self.hunt(quarry, Helpers::default(), false, EARLY).await?;
        self.take(answer);
        self.measure(quarry).await;
        Ok(())
    }

    async fn with_model(&mut self, quarry: &Quarry) -> Result<(), Stop> {
        let now = Instant::now();
        self.runner.capability(Language::Python3).await?;
        let problem = self.statement.until(self.end.min(now + STATEMENT)).await;
        if problem.as_ref().is_some_and(|problem| problem.interactive) {
            return Err(Stop::Skip);
        }
        let any_answer = problem.as_ref().is_some_and(|problem| problem.any_answer);
        let submission = &self.work.submission;
        let material = question::material(submission, problem.as_ref(), self.program);
        self.start().await?;
        let mut helpers = match self.helpers.clone() {
            Some(helpers) => helpers,
            None => {
                let material = material.as_deref().ok_or(Stop::Skip)?;
                let question = question::question(self.work.task(StageName::Hunt), material);
                let helpers = self.ask(&question, question::check).await?;
                self.keep(&helpers).await?;
                helpers
            }
        };
        let answer = self
            .hunt(quarry, helpers.clone(), any_answer, BESIDE)
            .await?;
        let is_settled = !submission.settled.0.is_empty();
        if is_settled && drop_refuted(&mut helpers, &answer.hunt.faults) {
            self.keep(&helpers).await?;
        }
        self.take(answer);
        self.measure(quarry).await;
        match material.filter(|_| !any_answer) {
            Some(material) => self.arbitrate(quarry, helpers, &material).await,
            None => Ok(()),
        }
    }

    /// Asks for further references while one alone says that the program is wrong, or none is left.
    async fn arbitrate(
        &mut self,
        quarry: &Quarry,
        mut helpers: Helpers,
        material: &str,
    ) -> Result<(), Stop> {
        let question = question::second_question(self.work.task(StageName::Hunt), material);
        while helpers.references.len() < REFERENCES
            && (helpers.references.is_empty()
                || self.counterexample_level() == Some(Level::Suggested))
        {
            // It is seen at once, and is all there is if the reference does not come.
            self.store().await?;
            match self
                .ask(&question, |answer, _| question::check_second(answer))
                .await
            {
                Ok(reference) => helpers.references.push(reference),
                Err(Stop::Failure(failure)) => return Err(Stop::Failure(failure)),
                Err(_) => break,
            }
            self.keep(&helpers).await?;
            let Ok(answer) = self.hunt(quarry, helpers.clone(), false, BESIDE).await else {
                break;
            };
            let ending = self.report.as_ref().map(|report| report.hunt.ending);
            if ending == Some(HuntEnding::Unusable)
                || matches!(answer.hunt.ending, HuntEnding::Found | HuntEnding::Disputed)
            {
                self.take(answer);
            }
        }
        Ok(())
    }

    fn counterexample_level(&self) -> Option<Level> {
        let counterexample = self.report.as_ref()?.hunt.counterexample.as_ref()?;
        Some(counterexample.level)
    }

    async fn hunt(
        &mut self,
        quarry: &Quarry,
        helpers: Helpers,
        any_answer: bool,
        most: Duration,
    ) -> Result<HuntAnswer, FixReason> {
        let request = HuntRequest {
            language: quarry.setting.language,
            code: self.program.code.clone(),
            cases: quarry.cases.clone(),
            limits: quarry.setting.limits,
            reference: quarry.reference.clone(),
            helpers,
            any_answer,
            seed: SEED,
            budget_ms: None,
        };
        let answer = self.runner.hunt(request, most).await?;
        if answer.compiled {
            Ok(answer)
        } else {
            Err(FixReason::CompileError)
        }
    }

    fn take(&mut self, answer: HuntAnswer) {
        let growth = self.report.take().map(|report| report.growth);
        self.cases = answer.cases;
        self.report = Some(HuntReport {
            hunt: answer.hunt,
            growth: growth.unwrap_or_default(),
            helpers: self.helpers.clone(),
        });
    }
}

/// Takes out the references that a settled input refutes; whether there are any.
fn drop_refuted(helpers: &mut Helpers, faults: &[UnusableHelper]) -> bool {
    let faults = faults
        .iter()
        .filter(|fault| fault.helper == HelperKind::Reference);
    let is_refuted = |fault: &UnusableHelper| fault.fault == HelperFault::WrongOnSample;
    if !faults.clone().all(is_refuted) {
        // The places are those that were left without the others.
        return false;
    }
    let places: Vec<usize> = faults.map(|fault| fault.place).collect();
    let mut numbers = 0..;
    helpers.references.retain(|_| {
        let number = numbers.next();
        number.is_none_or(|number| !places.contains(&number))
    });
    !places.is_empty()
}

/// Whether a stage is not begun again in this run. Where the judge was away, it may be there at the next attempt.
pub(crate) fn is_over(stage: &Stage) -> bool {
    let is_away = stage.error_code.as_deref() == Some(FailureCode::JudgeAway.as_str());
    match stage.state {
        StageState::Completed | StageState::Skipped => true,
        StageState::Failed => !is_away,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_that_a_settled_input_refutes_are_dropped() {
        let fault = |place, fault| UnusableHelper {
            helper: HelperKind::Reference,
            place,
            fault,
            detail: String::new(),
        };
        let left = |faults: &[UnusableHelper]| {
            let mut helpers = Helpers {
                references: vec!["a".to_owned(), "b".to_owned()],
                ..Helpers::default()
            };
            let is_dropped = drop_refuted(&mut helpers, faults);
            assert_eq!(is_dropped, helpers.references.len() < 2);
            helpers.references.concat()
        };
        let (wrong, raises) = (HelperFault::WrongOnSample, HelperFault::Raises);
        assert_eq!(left(&[]), "ab");
        assert_eq!(left(&[fault(0, wrong)]), "b");
        assert_eq!(left(&[fault(0, wrong), fault(1, wrong)]), "");
        assert_eq!(left(&[fault(0, raises), fault(0, wrong)]), "ab");
    }

    #[test]
    fn a_judge_that_is_busy_or_away_may_be_there_the_next_time() {
        for (reason, is_away) in [
            (FixReason::NoJudge, true),
            (FixReason::Budget, true),
            (FixReason::Language, false),
            (FixReason::CompileError, false),
        ] {
            assert_eq!(matches!(Stop::from(reason), Stop::Judge), is_away);
        }
    }
}
