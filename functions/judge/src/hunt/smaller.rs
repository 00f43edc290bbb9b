//! Making a failing input smaller.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use domain::{Dispute, RunVerdict};

use super::{
    harness::{Input, Job},
    measure::{Size, tokens},
    oracle::{Judgement, Wrong},
    search::Search,
    shrink,
};
use crate::process::Error;

/// Longest time for it.
const TIME: Duration = Duration::from_secs(8);

/// A failing input with what is known of it.
pub(super) enum Found {
    Wrong(Box<(Input, Wrong)>),
    Disputed(Input, Dispute),
}

impl Search<'_> {
    /// Makes a failing input smaller for as long as there is time; answers it with the tokens that it had.
    pub(super) async fn smaller(&self, found: Found) -> Result<(Found, usize), Error> {
        let mut best = found;
        let before = tokens(&best.input().text);
        let until = self.oracle.end.min(Instant::now() + TIME);
        let mut seen: HashSet<String> = HashSet::from([best.input().text.clone()]);
        while Instant::now() < until && !best.input().tape.is_empty() {
            let size = Size::of(best.input());
            let jobs: Vec<Job> = shrink::candidates(&best.input().tape)
                .into_iter()
                .map(|tape| Job::Replay { tape })
                .collect();
            let batch = self
                .oracle
                .harness
                .run(&self.gates.helpers, &jobs, until)
                .await?;
            let mut inputs: Vec<(Size, Input)> = batch
                .inputs()
                .filter(|input| input.is_allowed() && seen.insert(input.text.clone()))
                .map(|input| (Size::of(&input), input))
                .filter(|(other, _)| *other < size)
                .collect();
            inputs.sort_by(|(one, _), (other, _)| one.cmp(other));
            let mut inputs = inputs.into_iter().map(|(_, input)| input);
            let mut next = None;
            while next.is_none() && Instant::now() < until {
                let some = self.oracle.judge_next(&mut inputs).await?;
                if some.is_empty() {
                    break;
                }
                let mut some = some.into_iter();
                next = some.find_map(|(input, judgement)| best.like(input, judgement));
            }
            match next {
                Some(found) => best = found,
                None => break,
            }
        }
        Ok((self.confirmed(best).await?, before))
    }

    /// The last run, with all the time that the program may have.
    async fn confirmed(&self, found: Found) -> Result<Found, Error> {
        let Found::Wrong(wrong) = found else {
            return Ok(found);
        };
        let (input, wrong) = *wrong;
        let again = if input.tape.is_empty() {
            Judgement::Unknown
        } else {
            self.oracle.confirm(&input).await?
        };
        Ok(Found::Wrong(Box::new(match again {
            Judgement::Wrong(again) => (input, again),
            _ => (input, wrong),
        })))
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
