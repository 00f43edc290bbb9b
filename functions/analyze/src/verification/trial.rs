//! The hunt for an input on which the fix is wrong.

use std::time::Duration;

use domain::{Counterexample, FixReason, HuntEnding, Level};
use judge_api::{Case, HuntAnswer, HuntRequest, MinimiseAnswer};

use super::{Setting, Stop, Verifier, cases};

/// Time of the hunt for an input on which the fix is wrong, and for one on which its smaller form is.
const FIX: Duration = Duration::from_secs(15);
const SMALLER_TIME: Duration = Duration::from_secs(8);
/// Inputs on which a fix must be right, unless there are no more.
const LEAST: usize = 50;
/// Smaller fixes that are hunted, until the whole one is kept.
const SMALLER: usize = 3;
/// Tests of the hunt that a smaller fix must pass too.
const GUARDS: usize = 20;
/// The inputs for the first fix; each further hunt has others.
const SEED: u64 = 100;

/// The result of the hunt for an input on which a fix is wrong; a smaller form of the fix inherits all doubts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Trial {
    /// Whether there were enough inputs that were made, and on which it was right.
    pub(super) is_enough: bool,
    /// Why it may be wrong after all.
    pub(super) doubt: Option<FixReason>,
    /// Whether it was wrong on an input once and right the next time.
    pub(super) is_unsteady: bool,
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

impl Trial {
    /// Takes an answer; the input on which the fix is wrong for sure, or one on which it may be.
    fn take(&mut self, answer: &HuntAnswer) -> Option<Seen> {
        let hunt = &answer.hunt;
        let answered = hunt.answered();
        self.is_enough = answered >= LEAST || hunt.complete && answered > 0;
        self.is_unsteady |= hunt.unsteady > 0;
        let found = hunt
            .counterexample
            .as_ref()
            .filter(|_| hunt.dispute.is_none())?;
        let is_sure = found.level == Level::Given || found.level.is_proof() && !hunt.guessed;
        if is_sure {
            return Some(Seen::Wrong(Box::new(found.clone())));
        }
        let is_suggested = !found.level.is_proof();
        self.doubt.get_or_insert(if is_suggested {
            FixReason::Suggested
        } else {
            FixReason::Guessed
        });
        Some(Seen::Doubted(found.input.clone()))
    }
}

/// An input on which a fix is wrong, or may be.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Wrong(Box<Counterexample>),
    Doubted(String),
}

impl Verifier<'_> {
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
        self.hunted.trial = Trial::default();
        if self.hunted.helpers.is_none() {
            return Ok(Tried::Not);
        }
        let Some(answer) = self.hunt_for(code, FIX).await? else {
            // Another test has shown that they are of no use.
            self.hunted.helpers = None;
            self.hunted.is_lost = true;
            return Ok(Tried::Not);
        };
        self.found.fresh_inputs = answer.hunt.inputs();
        self.found.hunted.clone_from(&answer.hunt.tried);
        self.found.by_reference = self.reference_program().is_some();
        Ok(self.tried(answer))
    }

    /// Looks for an input on which a smaller fix is wrong.
    async fn hunt_smaller(&mut self, code: &str) -> Result<Tried, Stop> {
        let Some(answer) = self.hunt_for(code, SMALLER_TIME).await? else {
            return Ok(Tried::Not);
        };
        Ok(self.tried(answer))
    }

    /// Hunts a fix; none where that cannot be done.
    async fn hunt_for(&mut self, code: &str, most: Duration) -> Result<Option<HuntAnswer>, Stop> {
        let Some(helpers) = self.hunted.helpers.clone() else {
            return Ok(None);
        };
        let setting = self.setting()?;
        self.hunted.hunts += 1;
        let mut cases = cases::known(&self.found.tests);
        for input in &self.hunted.doubted {
            if cases.iter().all(|case| case.input != *input) {
                cases.push(cases::case(input, None));
            }
        }
        let request = HuntRequest {
            language: setting.language,
            code: code.to_owned(),
            cases,
            limits: setting.limits,
            reference: self.reference_program(),
            helpers,
            any_answer: self.any_answer(),
            seed: SEED + self.hunted.hunts,
            budget_ms: None,
        };
        let answer = self.runner.hunt(request, most).await?;
        let is_of_use = answer.compiled && answer.hunt.ending != HuntEnding::Unusable;
        Ok(is_of_use.then_some(answer))
    }

    fn tried(&mut self, answer: HuntAnswer) -> Tried {
        let seen = self.hunted.trial.take(&answer);
        if !answer.cases.is_empty() {
            self.hunted.guards = answer.cases;
        }
        if answer.hunt.dispute.is_some() {
            self.hunted.dispute = answer.hunt.dispute;
        }
        match seen {
            Some(Seen::Wrong(found)) => Tried::Wrong(found),
            Some(Seen::Doubted(input)) => {
                self.hunted.doubted.push(input);
                Tried::Right
            }
            None => Tried::Right,
        }
    }

    /// The smallest part of a fix that passes these tests, and on which the hunt finds no input where it is wrong.
    pub(super) async fn smaller_hunted(
        &mut self,
        setting: Setting,
        code: &str,
        tests: Vec<Case>,
    ) -> Result<MinimiseAnswer, Stop> {
        let original = self.program.code.as_str();
        let mut guards = self.hunted_guards();
        let known = self.hunted.trial;
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
                    let expected = found.expected.as_deref().filter(|_| !self.any_answer());
                    guards.insert(0, cases::case(&found.input, expected));
                }
                Tried::Right => return Ok(answer),
                Tried::Not => break,
            }
        }
        // The whole fix is the one that was hunted.
        self.hunted.trial = known;
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
}

#[cfg(test)]
mod tests {
    use domain::{Hunt, InputKind, Outcome, RunVerdict};

    use super::*;

    fn answer(level: Option<Level>, guessed: bool, unsteady: usize) -> HuntAnswer {
        let tried = |kind, inputs| domain::Tried { kind, inputs };
        HuntAnswer {
            compiled: true,
            compiler: String::new(),
            hunt: Hunt {
                ending: HuntEnding::Found,
                guessed,
                counterexample: level.map(|level| Counterexample {
                    input: "1\n".to_owned(),
                    expected: None,
                    outcome: Outcome::not_run(RunVerdict::WrongAnswer),
                    level,
                    tokens_found: 1,
                    tokens: 1,
                }),
                dispute: None,
                tried: vec![
                    tried(InputKind::Known, 5),
                    tried(InputKind::Tiny, 30),
                    tried(InputKind::Extreme, 12),
                    tried(InputKind::Large, 2),
                ],
                faults: Vec::new(),
                unsteady,
                complete: false,
            },
            cases: Vec::new(),
        }
    }

    #[test]
    fn only_a_proof_shows_that_a_fix_is_wrong() {
        for (level, guessed, doubt) in [
            (Level::Agreed, false, None),
            (Level::Reference, false, None),
            (Level::Given, true, None),
            (Level::Reference, true, Some(FixReason::Guessed)),
            (Level::Suggested, false, Some(FixReason::Suggested)),
            (Level::Suggested, true, Some(FixReason::Suggested)),
        ] {
            let mut trial = Trial::default();
            let seen = trial.take(&answer(Some(level), guessed, 0));
            assert_eq!(trial.doubt, doubt, "{level} {guessed}");
            assert_eq!(
                matches!(seen, Some(Seen::Wrong(_))),
                doubt.is_none(),
                "{level} {guessed}"
            );
        }
    }

    #[test]
    fn few_inputs_are_enough_where_there_are_no_more() {
        let mut answer = answer(None, false, 0);
        let mut is_enough = |complete, tiny| {
            answer.hunt.complete = complete;
            answer.hunt.tried[1].inputs = tiny;
            let mut trial = Trial::default();
            trial.take(&answer);
            trial.is_enough
        };
        assert!(is_enough(false, 38) && is_enough(true, 0) && !is_enough(false, 37));
        answer.hunt.tried.truncate(1);
        answer.hunt.complete = true;
        let mut trial = Trial::default();
        trial.take(&answer);
        assert!(!trial.is_enough);
    }

    #[test]
    fn doubts_stay_for_a_smaller_fix() {
        let mut trial = Trial::default();
        trial.take(&answer(Some(Level::Suggested), false, 1));
        assert_eq!(trial.take(&answer(None, false, 0)), None);
        assert_eq!(
            trial,
            Trial {
                is_enough: false,
                doubt: Some(FixReason::Suggested),
                is_unsteady: true,
            }
        );
    }
}
