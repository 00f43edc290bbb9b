//! Stage `verification`: runs the program on its tests before the model is asked for the bug, and the fix afterwards.
//!
//! [`Verifier::begin`] finds out how the program fails, which the analysis is told. [`Verifier::verify`] runs the fix, asks for
//! another one where it fails a test, makes it as small as the tests allow, and says how much it is worth. All of it that is known so
//! far is in the stage's row, so that those who watch see it at once and a crash loses none of it. Trouble with the judge is never the
//! submission's failure.

mod cases;
mod evidence;
mod file_io;
mod fresh;
mod further;
mod general;
mod hunted;
mod limits;
mod literals;
mod minimal;
mod observe;
mod proof;
mod repair;
mod runner;
#[cfg(test)]
pub(crate) mod sample;
mod slow;
mod statement;
mod trial;
mod verdict;
mod worth;

use std::time::Duration;

use db::stages::{self, Ending, Stage};
use domain::{
    Analysis, FixReason, Problem, Program, StageName, Test, TestSource, Usage, Verification,
};
use tokio::time::{Instant, timeout_at};

use crate::{
    failure::Failure,
    hunt,
    persist::{change, without_nul},
    stage::Work,
};
pub(crate) use evidence::Evidence;
use hunted::Hunted;
pub(crate) use runner::{Runner, Setting};
pub(crate) use statement::Statement;
use verdict::fails_before;

/// Time before the job's deadline by which all is to be stored.
const RESERVE: Duration = Duration::from_secs(5);
/// Longest wait for the statement's samples before the analysis.
const STATEMENT: Duration = Duration::from_secs(30);

/// Why it does not go on.
#[derive(Debug)]
enum Stop {
    /// The fix cannot be tested, or not further.
    Reason(FixReason),
    /// The job cannot go on.
    Failure(Failure),
}

impl From<FixReason> for Stop {
    fn from(reason: FixReason) -> Self {
        Self::Reason(reason)
    }
}

impl From<db::Error> for Stop {
    fn from(error: db::Error) -> Self {
        Self::Failure(error.into())
    }
}

/// The verification of one submission.
pub(crate) struct Verifier<'a> {
    work: &'a Work<'a>,
    program: &'a Program,
    statement: &'a Statement,
    runner: Runner<'a>,
    /// When all must be known.
    end: Instant,
    /// Everything that is known so far.
    found: Verification,
    /// Whether nothing is left to do.
    is_done: bool,
    /// Whether the stage's row says that it is running.
    is_running: bool,
    /// Whether the judge did not answer before the analysis.
    is_judge_away: bool,
    /// Facts of the hunt.
    hunted: Hunted,
    /// The statement, once it was needed.
    problem: Option<Problem>,
    /// How the user's reference is run, if it may be used; none before that is known.
    reference: Option<Option<Setting>>,
    usage: Usage,
    /// The model that mended the fix.
    model: Option<String>,
}

impl<'a> Verifier<'a> {
    /// Runs the program on its tests, if that was not done yet and is not too late.
    pub(crate) async fn begin(
        work: &'a Work<'a>,
        program: &'a Program,
        statement: &'a Statement,
    ) -> Result<Self, Failure> {
        let stored = work.stored(StageName::Verification);
        let done = stored.and_then(Stage::completed::<Verification>);
        let is_done = done.is_some();
        let partial = || {
            let result = stored?.result.clone()?;
            serde_json::from_value(result).ok()
        };
        let mut found = done.or_else(partial).unwrap_or_default();
        if !is_done && found.status.take().is_some() {
            // It was complete once, and a dispute is settled since: there are tests again that no fix has been tried on.
            (found.reason, found.repairs) = (None, 0);
        }
        let is_hunted = work.stored(StageName::Hunt).is_some_and(hunt::is_over);
        if !is_done && !is_hunted {
            // The hunt begins again, perhaps since what one of its references said is refuted, and finds them again.
            cases::without_hunt(&mut found.tests);
        }
        let now = Instant::now();
        let end = work.deadline.checked_sub(RESERVE).unwrap_or(now);
        let mut verifier = Self {
            work,
            program,
            statement,
            runner: Runner::new(&work.state.judge, end),
            end,
            found,
            is_done,
            is_running: false,
            is_judge_away: false,
            hunted: Hunted::default(),
            problem: None,
            reference: None,
            usage: stored
                .and_then(|stage| stage.usage)
                .map(|usage| usage.0)
                .unwrap_or_default(),
            model: None,
        };
        let is_analysed = work
            .stored(StageName::Analysis)
            .is_some_and(|stage| stage.completed::<Analysis>().is_some());
        let is_needed = !(is_analysed && is_hunted);
        if !is_done && is_needed {
            let quarter = end.saturating_duration_since(now) / 4;
            verifier.observe_early(now + STATEMENT.min(quarter)).await?;
        }
        Ok(verifier)
    }

    /// Facts for the analysis.
    pub(crate) fn evidence(&self) -> Evidence {
        let mut evidence =
            evidence::of_program(&self.found, self.any_answer(), self.hunted.is_guessed);
        let times = slow::in_words(&self.hunted.growth);
        let times = times.filter(|_| slow::is_slow(&self.hunted.growth));
        evidence
            .parts
            .extend(times.map(|times| ("how long it takes on large inputs", times)));
        evidence
    }

    /// Whether several outputs may be right.
    fn any_answer(&self) -> bool {
        self.problem
            .as_ref()
            .is_some_and(|problem| problem.any_answer)
    }

    /// The end of all its work.
    pub(crate) const fn end(&self) -> Instant {
        self.end
    }

    /// The fix of the analysis; where that found nothing and the hunt an input that proves a mistake, another one.
    async fn fix_to_prove(&mut self, analysis: &Analysis) -> Result<Option<Analysis>, Stop> {
        if analysis.bug_found || self.found.analysis.is_some() {
            return Ok(Some(analysis.clone()));
        }
        let is_of_hunt =
            |test: &Test| matches!(test.source, TestSource::Hunt | TestSource::Settled);
        let tests = &self.found.tests;
        let is_proven = tests
            .iter()
            .any(|test| is_of_hunt(test) && fails_before(test) && self.is_proof(test));
        let is_slow = slow::is_slow(&self.hunted.growth);
        if !(is_proven || is_slow) || self.found.repairs > 0 {
            return Ok(None);
        }
        self.found.repairs += 1;
        let fix = self.repair(None).await?;
        self.found.analysis.clone_from(&fix);
        self.store().await?;
        Ok(fix)
    }

    /// Finds out how much the fix is worth, and stores all of it.
    pub(crate) async fn verify(&mut self, analysis: &Analysis) -> Result<(), Failure> {
        if self.is_done {
            return Ok(());
        }
        let end = self.end;
        let fix = match timeout_at(end, Box::pin(self.fix_to_prove(analysis))).await {
            Ok(Err(Stop::Failure(failure))) => return Err(failure),
            Ok(Ok(fix)) => fix,
            _ => None,
        };
        if let Some(fix) = fix {
            let proof = timeout_at(end, Box::pin(self.prove(&fix))).await;
            let verdict = match proof.unwrap_or(Err(Stop::Reason(FixReason::Budget))) {
                Ok(verdict) => verdict,
                Err(Stop::Reason(reason)) => verdict::early(
                    &self.found.tests,
                    |test| self.is_counted(test),
                    self.found.fix_compiler.is_empty(),
                    reason,
                ),
                Err(Stop::Failure(failure)) => return Err(failure),
            };
            (self.found.status, self.found.reason) = (Some(verdict.0), verdict.1);
        } else {
            // There is no fix, but how the program does is worth knowing.
            let observed = timeout_at(end, self.observe()).await;
            if let Ok(Err(Stop::Failure(failure))) = observed {
                return Err(failure);
            }
        }
        self.finish().await?;
        Ok(())
    }

    /// Says in the row that the stage is running.
    async fn start(&mut self) -> Result<(), db::Error> {
        let work = self.work;
        if !self.is_running {
            change(work.state, work.lease, || {
                stages::start(&work.state.db, work.lease, StageName::Verification, 0)
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
            stages::store_partial(&work.state.db, work.lease, StageName::Verification, &result)
        })
        .await
    }

    async fn finish(&self) -> Result<(), db::Error> {
        let result = self.result();
        let work = self.work;
        tracing::info!(
            submission.id = %work.lease.id,
            status = self.found.status.map(domain::FixStatus::as_str),
            reason = self.found.reason.map(FixReason::as_str),
            "verified"
        );
        work.finish(StageName::Verification, &self.usage, || Ending::Completed {
            model: self.model.as_deref(),
            result: &result,
        })
        .await
    }

    fn result(&self) -> serde_json::Value {
        without_nul(serde_json::to_value(&self.found).unwrap_or_default())
    }
}
