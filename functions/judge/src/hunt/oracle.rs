//! Whether a program is right on an input.

use std::{sync::Arc, time::Instant};

use domain::{Dispute, Level, Outcome, RunLimits, RunVerdict};
use futures::future::try_join_all;
use judge_api::{Case, compare};

use super::harness::{Harness, Input, Job, Line, Reply};
use crate::{Machine, process::Error, program::Program};

/// Longest processor time of a small input, in milliseconds: one that needs more hardly ends at all.
const SMALL_MS: u32 = 1000;
/// How many times the time of the program its reference gets.
const REFERENCE_FACTOR: u32 = 3;

/// How the program does on an input.
#[derive(Clone, Debug)]
pub(super) enum Judgement {
    /// It is right, and this output too.
    Right(Option<String>),
    Wrong(Wrong),
    Disputed(Dispute),
    /// Nobody knows the right output.
    Unknown,
}

/// A run in which the program is wrong.
#[derive(Clone, Debug)]
pub(super) struct Wrong {
    pub(super) expected: Option<String>,
    pub(super) outcome: Outcome,
    pub(super) level: Level,
}

/// The right output, as far as it is known.
enum Answer {
    Known(String, Level),
    Disputed(Dispute),
    /// Only a checker tells.
    Checker,
    Unknown,
}

/// A checker's verdict on an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Checked {
    Right,
    /// It would be wrong beside any answer.
    WrongInItself,
    /// Beside this answer it is wrong, which may be better, or wrong itself.
    WrongBesideAnswer,
}

/// Tells whether a program is right.
pub(super) struct Oracle<'a> {
    pub(super) machine: &'a Machine,
    pub(super) harness: &'a Harness<'a>,
    pub(super) program: Arc<Program>,
    pub(super) limits: RunLimits,
    /// The user's reference.
    pub(super) reference: Option<Arc<Program>>,
    /// The helpers, of which the checker is used here.
    pub(super) helpers: domain::Helpers,
    pub(super) any_answer: bool,
    /// Whether a known output has tested the references.
    pub(super) is_tested: bool,
    /// Whether the inputs are known to be allowed.
    pub(super) is_valid: bool,
    pub(super) end: Instant,
}

impl Oracle<'_> {
    /// Runs the program on the next of these inputs: on one, or at once on two where a processor is free.
    pub(super) async fn judge_next(
        &self,
        inputs: &mut (impl Iterator<Item = Input> + Send),
    ) -> Result<Vec<(Input, Judgement)>, Error> {
        let spare = self.machine.spare_turn();
        let next: Vec<Input> = inputs.take(1 + usize::from(spare.is_some())).collect();
        let judgements = try_join_all(next.iter().map(|input| self.judge(input))).await?;
        Ok(next.into_iter().zip(judgements).collect())
    }

    /// Runs the program on a small input, with less time than it may have.
    pub(super) async fn judge(&self, input: &Input) -> Result<Judgement, Error> {
        let limits = RunLimits {
            time_ms: self.limits.time_ms.min(SMALL_MS),
            ..self.limits
        };
        let answer = self.answer(input).await?;
        self.judge_by(input, answer, limits).await
    }

    /// Runs the program once more, with all the time that it may have: one that depends on chance may be right now.
    pub(super) async fn confirm(&self, input: &Input) -> Result<Judgement, Error> {
        let answer = self.answer(input).await?;
        self.judge_by(input, answer, self.limits).await
    }

    /// Runs the program on an input with a known output.
    pub(super) async fn judge_known(
        &self,
        input: &Input,
        expected: &str,
    ) -> Result<Judgement, Error> {
        let answer = Answer::Known(expected.to_owned(), Level::Given);
        self.judge_by(input, answer, self.limits).await
    }

    /// Runs the program for its end alone.
    pub(super) async fn judge_end(&self, text: &str) -> Result<Outcome, Error> {
        let case = Case {
            input: text.to_owned(),
            expected: None,
        };
        self.machine
            .run(&self.program, &case, self.limits, self.end)
            .await
    }

    async fn judge_by(
        &self,
        input: &Input,
        answer: Answer,
        limits: RunLimits,
    ) -> Result<Judgement, Error> {
        let (expected, level) = match answer {
            Answer::Unknown => return Ok(Judgement::Unknown),
            Answer::Disputed(dispute) => return Ok(Judgement::Disputed(dispute)),
            Answer::Known(expected, level) => (Some(expected), level),
            Answer::Checker => (None, Level::Checked),
        };
        let case = Case {
            input: input.text.clone(),
            expected,
        };
        let outcome = self
            .machine
            .run(&self.program, &case, limits, self.end)
            .await?;
        self.judge_run(input, case.expected, level, outcome).await
    }

    /// The judgement on a run, by a right output if there is one.
    async fn judge_run(
        &self,
        input: &Input,
        expected: Option<String>,
        level: Level,
        outcome: Outcome,
    ) -> Result<Judgement, Error> {
        let wrong = |outcome, level| {
            Ok(Judgement::Wrong(Wrong {
                expected: expected.clone(),
                outcome,
                level,
            }))
        };
        match outcome.verdict {
            RunVerdict::Skipped => Ok(Judgement::Unknown),
            RunVerdict::Accepted if expected.is_some() => Ok(Judgement::Right(expected)),
            RunVerdict::Accepted | RunVerdict::WrongAnswer if self.any_answer => {
                match self
                    .check(&input.text, &outcome, expected.as_deref())
                    .await?
                {
                    Some(Checked::Right) => Ok(Judgement::Right(expected)),
                    Some(refused) => {
                        let outcome = Outcome {
                            verdict: RunVerdict::WrongAnswer,
                            ..outcome
                        };
                        // Beside an answer that is better, it is no surer than that answer.
                        let level = match refused {
                            Checked::WrongInItself => Level::Checked,
                            _ => level,
                        };
                        wrong(outcome, level)
                    }
                    None => Ok(Judgement::Unknown),
                }
            }
            RunVerdict::Accepted => Ok(Judgement::Unknown),
            RunVerdict::WrongAnswer => wrong(outcome, level),
            // Without an output there is no right one, whatever it is: of that one, only a reference tells.
            _ if level == Level::Suggested && self.is_valid => Ok(Judgement::Wrong(Wrong {
                expected: None,
                outcome,
                level: Level::Checked,
            })),
            _ => wrong(outcome, level),
        }
    }

    /// The checker's verdict, if there is one, and if it accepts the answer that it compares with.
    async fn check(
        &self,
        input: &str,
        outcome: &Outcome,
        answer: Option<&str>,
    ) -> Result<Option<Checked>, Error> {
        if self.helpers.checker.is_empty() || outcome.output_cut {
            return Ok(None);
        }
        let job = |output: &str, answer: &str| Job::Check {
            input: input.to_owned(),
            output: output.to_owned(),
            answer: answer.to_owned(),
        };
        let own = outcome.output.as_str();
        let mut jobs = vec![job(own, own)];
        jobs.extend(answer.map(|answer| job(own, answer)));
        jobs.extend(answer.map(|answer| job(answer, answer)));
        let batch = self.harness.run(&self.helpers, &jobs, self.end).await?;
        let said: Option<Vec<bool>> = batch.lines.iter().map(Line::is_right).collect();
        Ok(match said.as_deref() {
            Some([true] | [_, true, true]) => Some(Checked::Right),
            Some([false] | [false, false, true]) => Some(Checked::WrongInItself),
            Some([true, false, true]) => Some(Checked::WrongBesideAnswer),
            // It raises, or refuses the reference's answer too.
            _ => None,
        })
    }

    async fn answer(&self, input: &Input) -> Result<Answer, Error> {
        if let Some(reference) = &self.reference {
            return self.answer_of(reference, input).await;
        }
        let answers: Option<Vec<&String>> = input.answers.iter().map(Reply::answer).collect();
        Ok(match answers.as_deref() {
            Some([one]) => Answer::Known((*one).clone(), Level::Suggested),
            Some([one, other]) if self.any_answer || are_equal(one, other) => {
                let level = if self.is_tested && !self.any_answer {
                    Level::Agreed
                } else {
                    Level::Suggested
                };
                Answer::Known((*one).clone(), level)
            }
            Some([one, other]) => Answer::Disputed(Dispute {
                input: input.text.clone(),
                first: (*one).clone(),
                second: (*other).clone(),
            }),
            Some([]) if !self.helpers.checker.is_empty() => Answer::Checker,
            _ => Answer::Unknown,
        })
    }

    async fn answer_of(&self, reference: &Program, input: &Input) -> Result<Answer, Error> {
        let case = Case {
            input: input.text.clone(),
            expected: None,
        };
        let limits = reference_limits(self.limits);
        let outcome = self.machine.run(reference, &case, limits, self.end).await?;
        Ok(if outcome.is_accepted() && !outcome.output_cut {
            Answer::Known(outcome.output, Level::Reference)
        } else {
            Answer::Unknown
        })
    }
}

/// The limits of a reference, which may be a slow and simple program.
pub(super) fn reference_limits(limits: RunLimits) -> RunLimits {
    let most = *domain::limits::RUN_TIME_MS.end();
    RunLimits {
        time_ms: limits.time_ms.saturating_mul(REFERENCE_FACTOR).min(most),
        ..limits
    }
}

/// Whether either may stand for the other.
fn are_equal(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    compare(one, other).equal || compare(other, one).equal
}
