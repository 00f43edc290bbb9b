//! Going through inputs until the program is wrong on one, and making that one smaller.

use std::{collections::HashSet, time::Instant};

use domain::{Counterexample, Dispute, Hunt, HuntEnding, InputKind, Level, RunVerdict, Tried};
use judge_api::{Case, HuntAnswer, HuntRequest};

use super::{
    gates::Gates,
    harness::{Input, Job, Line, Values},
    measure::{Size, tokens},
    oracle::{Judgement, Oracle, Wrong},
    plan,
    smaller::Found,
};
use crate::process::Error;

/// Inputs of one scale at most.
const EVERY: usize = 2000;
/// Scales of which all inputs are tried.
const SCALES: u64 = 6;
/// Rounds of random inputs.
const ROUNDS: u64 = 4;
/// The part of the time for the tiny inputs, and from which on nothing new is looked for.
const TINY: f64 = 0.3;
const RANDOM: f64 = 0.85;
/// The size of the first large input, and tries with half of it.
const LARGE: u64 = 200_000;
const HALVES: u32 = 8;
/// Longest input that is answered, in bytes.
const INPUT_BYTES: usize = 64 * 1024;
/// Tests that are answered for another program, and their bytes.
const KEPT: usize = 100;
const KEPT_BYTES: usize = 64 * 1024;
/// Programs that are wrong only at times are given up after so many inputs.
const FLAKES: usize = 3;

/// A hunt under way.
pub(super) struct Search<'a> {
    pub(super) oracle: &'a Oracle<'a>,
    pub(super) request: &'a HuntRequest,
    pub(super) gates: Gates,
    is_guessed: bool,
    began: Instant,
    seen: HashSet<String>,
    tried: Vec<Tried>,
    kept: Vec<Case>,
    kept_bytes: usize,
    flakes: usize,
    /// Whether the time was up before all random inputs were tried.
    is_late: bool,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        oracle: &'a Oracle<'a>,
        request: &'a HuntRequest,
        gates: Gates,
        is_guessed: bool,
    ) -> Self {
        Self {
            oracle,
            request,
            gates,
            is_guessed,
            began: Instant::now(),
            seen: HashSet::new(),
            tried: Vec::new(),
            kept: Vec::new(),
            kept_bytes: 0,
            flakes: 0,
            is_late: false,
        }
    }

    /// Hunts to the end. A generator that was guessed may make inputs that are not allowed.
    pub(super) async fn run(mut self, is_guessed: bool) -> Result<HuntAnswer, Error> {
        let Some(ladder) = self.try_helpers(is_guessed).await? else {
            return Ok(self.answer(HuntEnding::Unusable, None, None));
        };
        let known = self.try_known().await?;
        let found = match self.try_tiny().await? {
            Some(found) => Some(found),
            None => self.try_random(ladder).await?,
        };
        let found = match found {
            None if known.is_none() => self.try_large().await?,
            found => found,
        };
        let found = match found {
            Some(found) => Some(self.smaller(found).await?),
            None => None,
        };
        if let Some((found, _)) = &found
            && let Some(fault) = self.unsteady_reference(found.input()).await?
        {
            self.gates.faults.push(fault);
            return Ok(self.answer(HuntEnding::Unusable, None, None));
        }
        Ok(match (found, known) {
            (Some((found, before)), known) => self.ended(found, before, known),
            (None, Some(known)) => {
                let before = tokens(&known.0.text);
                self.ended(Found::Wrong(Box::new(known)), before, None)
            }
            (None, None) => self.answer(HuntEnding::NothingFound, None, None),
        })
    }

    fn until(&self, part: f64) -> Instant {
        let whole = self.oracle.end.saturating_duration_since(self.began);
        self.began + whole.mul_f64(part)
    }

    /// The known inputs; one that the program fails is remembered, as there may be a smaller one.
    async fn try_known(&mut self) -> Result<Option<(Input, Wrong)>, Error> {
        let mut failing: Option<(Input, Wrong)> = None;
        for input in std::mem::take(&mut self.gates.known) {
            let case = self
                .request
                .cases
                .iter()
                .find(|case| case.input == input.text);
            let expected = case.and_then(|case| case.expected.as_deref());
            let judge = || async {
                match expected {
                    Some(expected) => self.oracle.judge_known(&input, expected).await,
                    None => self.oracle.confirm(&input).await,
                }
            };
            let mut judgement = judge().await?;
            if matches!(judgement, Judgement::Wrong(_)) {
                judgement = judge().await?;
            }
            if matches!(judgement, Judgement::Right(_) | Judgement::Wrong(_)) {
                self.count(InputKind::Known);
            }
            self.seen.insert(input.text.clone());
            match judgement {
                Judgement::Wrong(wrong) => {
                    let is_smaller = failing
                        .as_ref()
                        .is_none_or(|(other, _)| input.text.len() < other.text.len());
                    if is_smaller {
                        failing = Some((input, wrong));
                    }
                }
                Judgement::Right(expected) => self.keep(&input.text, expected),
                _ => {}
            }
        }
        Ok(failing)
    }

    async fn try_tiny(&mut self) -> Result<Option<Found>, Error> {
        let until = self.until(TINY);
        for scale in 1..=SCALES {
            if Instant::now() >= until {
                break;
            }
            let job = Job::Every { scale, most: EVERY };
            // Half of the time is for the runs.
            let half = until.saturating_duration_since(Instant::now()) / 2;
            let batch = self
                .oracle
                .harness
                .run(&self.gates.helpers, &[job], Instant::now() + half)
                .await?;
            let is_whole = batch
                .lines
                .iter()
                .any(|line| matches!(line, Line::End { end: true }));
            let mut inputs: Vec<Input> = batch.inputs().collect();
            inputs.sort_by_cached_key(Size::of);
            if let Some(found) = self.try_all(InputKind::Tiny, inputs, until).await? {
                return Ok(Some(found));
            }
            if !is_whole {
                break;
            }
        }
        Ok(None)
    }

    /// Random inputs; the first ladder is made already.
    async fn try_random(&mut self, ladder: Vec<Input>) -> Result<Option<Found>, Error> {
        let until = self.until(RANDOM);
        if let Some(found) = self.try_all(InputKind::Ladder, ladder, until).await? {
            return Ok(Some(found));
        }
        for round in 0..ROUNDS {
            for (kind, jobs) in plan::round(round, self.request.seed) {
                if round == 0 && kind == InputKind::Ladder {
                    continue;
                }
                if Instant::now() >= until {
                    self.is_late = true;
                    return Ok(None);
                }
                let batch = self
                    .oracle
                    .harness
                    .run(&self.gates.helpers, &jobs, until)
                    .await?;
                let inputs = batch.inputs().collect();
                if let Some(found) = self.try_all(kind, inputs, until).await? {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }

    /// A few large inputs: nobody answers them, but the program must end in order.
    async fn try_large(&mut self) -> Result<Option<Found>, Error> {
        for values in [Values::Full, Values::Equal] {
            let mut size = LARGE;
            for _ in 0..HALVES {
                if Instant::now() >= self.oracle.end {
                    return Ok(None);
                }
                let job = plan::large(size, self.request.seed, values);
                let batch = self
                    .oracle
                    .harness
                    .run(&self.gates.helpers, &[job], self.oracle.end)
                    .await?;
                size /= 2;
                let Some(input) = batch.inputs().find(Input::is_allowed) else {
                    continue;
                };
                let mut outcome = self.oracle.judge_end(&input.text).await?;
                if outcome.is_failed() {
                    outcome = self.oracle.judge_end(&input.text).await?;
                }
                if outcome.verdict != RunVerdict::Skipped {
                    self.count(InputKind::Large);
                }
                if !outcome.is_failed() {
                    break;
                }
                // It may be shorter and still fail.
                if input.text.len() <= INPUT_BYTES {
                    let level = if self.is_guessed {
                        Level::Suggested
                    } else {
                        Level::Checked
                    };
                    let wrong = Wrong {
                        expected: None,
                        outcome,
                        level,
                    };
                    return Ok(Some(Found::Wrong(Box::new((input, wrong)))));
                }
            }
        }
        Ok(None)
    }

    /// Runs the program on all inputs until it is wrong on one.
    async fn try_all(
        &mut self,
        kind: InputKind,
        inputs: Vec<Input>,
        until: Instant,
    ) -> Result<Option<Found>, Error> {
        let mut inputs = inputs.into_iter();
        while Instant::now() < until && self.flakes < FLAKES {
            let fresh = |input: &Input| input.is_allowed() && self.seen.insert(input.text.clone());
            let some = self
                .oracle
                .judge_next(&mut inputs.by_ref().filter(fresh))
                .await?;
            if some.is_empty() {
                break;
            }
            for (input, judgement) in some {
                if let Some(found) = self.looked_at(kind, input, judgement).await? {
                    return Ok(Some(found));
                }
            }
        }
        self.is_late |= kind != InputKind::Tiny && inputs.next().is_some();
        Ok(None)
    }

    /// Notes how the program did on an input; answers it if the program is wrong.
    async fn looked_at(
        &mut self,
        kind: InputKind,
        input: Input,
        judgement: Judgement,
    ) -> Result<Option<Found>, Error> {
        if !matches!(judgement, Judgement::Unknown) {
            self.count(kind);
        }
        match judgement {
            Judgement::Right(expected) => self.keep(&input.text, expected),
            Judgement::Unknown => {}
            Judgement::Disputed(dispute) => return Ok(Some(Found::Disputed(input, dispute))),
            Judgement::Wrong(first) => match self.oracle.confirm(&input).await? {
                Judgement::Wrong(wrong) => {
                    return Ok(Some(Found::Wrong(Box::new((input, wrong)))));
                }
                // It had less time at first.
                _ if first.outcome.verdict == RunVerdict::TimeLimit => {}
                _ => self.flakes += 1,
            },
        }
        Ok(None)
    }

    fn count(&mut self, kind: InputKind) {
        match self.tried.iter_mut().find(|tried| tried.kind == kind) {
            Some(tried) => tried.inputs += 1,
            None => self.tried.push(Tried { kind, inputs: 1 }),
        }
    }

    /// Keeps a test for another program.
    fn keep(&mut self, input: &str, expected: Option<String>) {
        let Some(expected) = expected.filter(|_| !self.request.any_answer) else {
            return;
        };
        let bytes = input.len() + expected.len();
        if self.kept.len() < KEPT && self.kept_bytes + bytes <= KEPT_BYTES {
            self.kept_bytes += bytes;
            self.kept.push(Case {
                input: input.to_owned(),
                expected: Some(expected),
            });
        }
    }

    /// The answer with a failing input, or with the known one where that is no larger and as sure.
    fn ended(self, found: Found, before: usize, known: Option<(Input, Wrong)>) -> HuntAnswer {
        let (input, wrong) = match found {
            Found::Disputed(_, dispute) if known.is_none() => {
                return self.answer(HuntEnding::Disputed, None, Some(dispute));
            }
            Found::Disputed(..) => match known {
                Some(known) => known,
                None => return self.answer(HuntEnding::NothingFound, None, None),
            },
            Found::Wrong(found) => match known {
                Some(known) if is_better(&known, &found) => known,
                _ => *found,
            },
        };
        let counterexample = Counterexample {
            tokens_found: before.max(tokens(&input.text)),
            tokens: tokens(&input.text),
            input: input.text,
            expected: wrong.expected,
            outcome: wrong.outcome,
            level: wrong.level,
        };
        self.answer(HuntEnding::Found, Some(counterexample), None)
    }

    fn answer(
        self,
        ending: HuntEnding,
        counterexample: Option<Counterexample>,
        dispute: Option<Dispute>,
    ) -> HuntAnswer {
        HuntAnswer {
            compiled: true,
            compiler: String::new(),
            hunt: Hunt {
                ending,
                guessed: self.is_guessed,
                counterexample,
                dispute,
                tried: self.tried,
                faults: self.gates.faults,
                unsteady: self.flakes,
                complete: !self.is_late,
            },
            cases: self.kept,
        }
    }
}

/// Whether a failing input is surer than another one, or as sure and no larger.
fn is_better(one: &(Input, Wrong), other: &(Input, Wrong)) -> bool {
    let rank = |(input, wrong): &(Input, Wrong)| (!wrong.level.is_proof(), tokens(&input.text));
    rank(one) <= rank(other)
}
