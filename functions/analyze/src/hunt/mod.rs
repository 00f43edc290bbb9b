//! Stage `hunt`: looks for the smallest input on which the program is wrong.
//!
//! A reference that the user gave needs no model: it is hunted with before the analysis, on inputs like the samples. Without one, and
//! where no test fails, the model writes helpers beside the analysis: it is shown the statement alone, never the program. A mistake
//! that only one reference of a model tells is checked against a second one. Trouble with the model or the judge is never the
//! submission's failure. What is known so far is in the stage's row.

mod ask;
mod growth;
mod question;

use std::time::Duration;

use db::stages::{self, Ending, Stage};
use domain::{
    FailureCode, FixReason, Helpers, Hunt, HuntEnding, HuntReport, Level, Program, StageName,
    StageState, Usage, hunt::REFERENCES,
};
use judge_api::{Case, HuntAnswer, HuntRequest, Language, ReferenceProgram};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    failure::Failure,
    persist::{change, without_nul},
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
    fn from(_: FixReason) -> Self {
        Self::Skip
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
        self.take(answer);
        self.measure(quarry).await;
        let is_suggested = self.counterexample_level() == Some(Level::Suggested);
        if !is_suggested || any_answer || helpers.references.len() >= REFERENCES {
            return Ok(());
        }
        let Some(material) = material else {
            return Ok(());
        };
        // It is seen at once, and is all there is if the second reference does not come.
        self.store().await?;
        let question = question::second_question(self.work.task(StageName::Hunt), &material);
        match self
            .ask(&question, |answer, _| question::check_second(answer))
            .await
        {
            Ok(reference) => helpers.references.push(reference),
            Err(Stop::Failure(failure)) => return Err(Stop::Failure(failure)),
            Err(_) => return Ok(()),
        }
        self.keep(&helpers).await?;
        let answer = self.hunt(quarry, helpers, any_answer, BESIDE).await;
        if let Ok(answer) = answer
            && matches!(answer.hunt.ending, HuntEnding::Found | HuntEnding::Disputed)
        {
            self.take(answer);
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

    /// Keeps helpers, which were paid for.
    async fn keep(&mut self, helpers: &Helpers) -> Result<(), Stop> {
        self.helpers = Some(helpers.clone());
        if let Some(report) = &mut self.report {
            report.helpers = Some(helpers.clone());
        }
        Ok(self.store().await?)
    }

    /// Says in the row that the stage is running.
    async fn start(&mut self) -> Result<(), db::Error> {
        let work = self.work;
        if !self.is_running {
            change(work.state, work.lease, || {
                stages::start(&work.state.db, work.lease, StageName::Hunt)
            })
            .await?;
            self.is_running = true;
        }
        Ok(())
    }

    /// Stores what is known so far.
    async fn store(&mut self) -> Result<(), db::Error> {
        self.start().await?;
        let work = self.work;
        let result = self.result();
        change(work.state, work.lease, || {
            stages::store_partial(&work.state.db, work.lease, StageName::Hunt, &result)
        })
        .await
    }

    fn result(&self) -> Value {
        // Before the first hunt there are only the helpers, which nobody is shown.
        let result = match &self.report {
            Some(report) => serde_json::to_value(report).unwrap_or_default(),
            None => json!({ "helpers": self.helpers }),
        };
        without_nul(result)
    }

    async fn finish(&mut self, outcome: Result<(), Stop>) -> Result<(), Failure> {
        let outcome = match outcome {
            Err(Stop::Failure(failure)) => return Err(failure),
            outcome => outcome,
        };
        let work = self.work;
        let result = self.result();
        let ending = match &outcome {
            Err(Stop::Model(code, detail)) => Ending::Failed {
                code: *code,
                detail,
                raw_answer: None,
            },
            Ok(()) if self.report.is_some() => Ending::Completed {
                model: self.model.as_deref(),
                result: &result,
            },
            _ => Ending::Skipped,
        };
        work.finish(StageName::Hunt, &self.usage, || ending.clone())
            .await?;
        let hunt: Option<&Hunt> = self.report.as_ref().map(|report| &report.hunt);
        tracing::info!(
            submission.id = %work.lease.id,
            ending = hunt.map(|hunt| hunt.ending.as_str()),
            inputs = hunt.map(Hunt::inputs),
            "hunted"
        );
        self.is_done = true;
        Ok(())
    }
}

/// Whether a stage is not begun again in this run.
pub(crate) fn is_over(stage: &Stage) -> bool {
    matches!(
        stage.state,
        StageState::Completed | StageState::Skipped | StageState::Failed
    )
}
