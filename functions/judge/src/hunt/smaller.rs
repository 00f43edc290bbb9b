//! Making a failing input smaller.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use domain::{Dispute, HelperFault, HelperKind, RunVerdict, UnusableHelper};

use super::{
    fault,
    harness::{Input, Job},
    measure::{Size, tokens},
    oracle::{Judgement, Wrong},
    plan,
    search::Search,
    shrink,
};
use crate::process::Error;

/// Longest time for it.
const TIME: Duration = Duration::from_secs(8);
/// Times that inputs of other shapes are looked at where no step makes one smaller.
const LEAPS: u64 = 2;
/// Makes other seeds of one.
const SEEDS: u64 = 0x9e37_79b9_7f4a_7c15;

/// A failing input with what is known of it.
#[derive(Clone)]
pub(super) enum Found {
    Wrong(Box<(Input, Wrong)>),
    Disputed(Input, Dispute),
}

impl Search<'_> {
    /// Makes a failing input smaller for as long as there is time; answers it with the tokens that it had.
    pub(super) async fn smaller(&self, found: Found) -> Result<(Found, usize), Error> {
        let first = found.clone();
        let mut best = found;
        let before = tokens(&best.input().text);
        let until = self.oracle.end.min(Instant::now() + TIME);
        let mut seen: HashSet<String> = HashSet::from([best.input().text.clone()]);
        let mut leaps = 0;
        while Instant::now() < until && !best.input().tape.is_empty() && leaps <= LEAPS {
            let tapes = shrink::candidates(&best.input().tape);
            let mut jobs: Vec<Job> = tapes.into_iter().map(|tape| Job::Replay { tape }).collect();
            if jobs.is_empty() || leaps > 0 {
                // Other inputs that are smaller: no step may lead to them from this one.
                jobs = plan::ladder_jobs(self.request.seed ^ SEEDS.wrapping_mul(leaps));
            }
            match self.smallest_of(&best, &jobs, until, &mut seen).await? {
                Some(found) => (best, leaps) = (found, 0),
                None => leaps += 1,
            }
        }
        Ok((self.confirmed(best).await?.unwrap_or(first), before))
    }

    /// The smallest input of these jobs that is smaller than the best, and shows the same.
    async fn smallest_of(
        &self,
        best: &Found,
        jobs: &[Job],
        until: Instant,
        seen: &mut HashSet<String>,
    ) -> Result<Option<Found>, Error> {
        let size = Size::of(best.input());
        let batch = self
            .oracle
            .harness
            .run(&self.gates.helpers, jobs, until)
            .await?;
        let mut inputs: Vec<(Size, Input)> = batch
            .inputs()
            .filter(|input| input.is_allowed())
            .map(|input| (Size::of(&input), input))
            .filter(|(other, input)| *other < size && seen.insert(input.text.clone()))
            .collect();
        inputs.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut inputs = inputs.into_iter().map(|(_, input)| input);
        while Instant::now() < until {
            let some = self.oracle.judge_next(&mut inputs).await?;
            if some.is_empty() {
                break;
            }
            let mut some = some.into_iter();
            let found = some.find_map(|(input, judgement)| best.like(input, judgement));
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The input with a run that had all the time that the program may have; none if that run is right.
    async fn confirmed(&self, found: Found) -> Result<Option<Found>, Error> {
        let Found::Wrong(wrong) = found else {
            return Ok(Some(found));
        };
        let (input, _) = *wrong;
        let again = self.oracle.confirm(&input).await?;
        Ok(match again {
            Judgement::Wrong(again) => Some(Found::Wrong(Box::new((input, again)))),
            _ => None,
        })
    }

    /// The fault of a reference that answers an input otherwise when it is asked for that one alone.
    pub(super) async fn unsteady_reference(
        &self,
        input: &Input,
    ) -> Result<Option<UnusableHelper>, Error> {
        if input.answers.is_empty() {
            return Ok(None);
        }
        let job = Job::Look {
            text: input.text.clone(),
            solve: true,
        };
        let batch = self
            .oracle
            .harness
            .run(&self.gates.helpers, &[job], self.oracle.end)
            .await?;
        let again = batch.inputs().next();
        let place = again.and_then(|again| {
            let mut pairs = input.answers.iter().zip(&again.answers);
            pairs.position(|(one, other)| one.answer() != other.answer())
        });
        Ok(place.map(|place| {
            let detail = "it answers the same input in two ways";
            fault(HelperKind::Reference, place, HelperFault::Raises, detail)
        }))
    }
}

impl Found {
    pub(super) const fn input(&self) -> &Input {
        match self {
            Self::Disputed(input, _) => input,
            Self::Wrong(found) => &found.0,
        }
    }

    /// A smaller input, if it shows the same and is as sure.
    fn like(&self, input: Input, judgement: Judgement) -> Option<Self> {
        match (self, judgement) {
            (Self::Disputed(..), Judgement::Disputed(dispute)) => {
                Some(Self::Disputed(input, dispute))
            }
            (Self::Wrong(found), Judgement::Wrong(wrong)) => {
                let is_as_sure = wrong.level.is_proof() || !found.1.level.is_proof();
                // Endless loops take long to try, and are another mistake.
                let is_slower = wrong.outcome.verdict == RunVerdict::TimeLimit
                    && found.1.outcome.verdict != RunVerdict::TimeLimit;
                (is_as_sure && !is_slower).then(|| Self::Wrong(Box::new((input, wrong))))
            }
            _ => None,
        }
    }
}
