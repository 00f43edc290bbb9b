//! How much a fix is worth.

use domain::{Analysis, FixReason, FixStatus, Test};

use super::{
    Stop, Verifier, cases,
    observe::{messages, outcomes},
    trial::Tried,
    verdict::{Score, Verdict, has_answers, has_other_answers, is_mended},
};

/// Further fixes that are asked for.
const REPAIRS: usize = 2;

impl Verifier<'_> {
    /// Runs the fix, mends it, makes it smaller, and tells how much it is worth.
    pub(super) async fn prove(&mut self, analysis: &Analysis) -> Result<Verdict, Stop> {
        if self.work.state.judge.is_configured() {
            // The flags and limits of the statement count, whoever gave the samples.
            self.statement.until(self.end).await;
        }
        self.observe().await?;
        let best = self.found.analysis.clone();
        let mut best = best.unwrap_or_else(|| analysis.clone());
        let mut score = self.run_fix(&best.modified_code).await?;
        if !has_answers(&self.found.tests) {
            return Err(FixReason::NoTests.into());
        }
        self.store().await?;
        loop {
            Box::pin(self.mend(&mut best, &mut score)).await?;
            self.needs_no_checker()?;
            if !score.is_full() {
                return Ok(score.verdict());
            }
            if !self.found.tests.iter().any(is_mended) {
                let worth = self.worth_by_time(&best.modified_code).await?;
                return Ok(worth.unwrap_or_else(|| self.not_reproduced()));
            }
            let Tried::Wrong(found) = Box::pin(self.hunt_fix(&best.modified_code)).await? else {
                break;
            };
            self.add_for_fix(&found).await?;
            score = self.run_fix(&best.modified_code).await?;
            self.store().await?;
            if score.is_full() {
                // It is wrong only at times.
                return Ok((FixStatus::Improved, Some(FixReason::NotGeneral)));
            }
        }
        Box::pin(self.judge_right_fix(&best)).await
    }

    /// Asks for other fixes until one passes all tests, or there have been enough.
    async fn mend(&mut self, best: &mut Analysis, score: &mut Score) -> Result<(), Stop> {
        while !score.is_full() && self.found.repairs < REPAIRS {
            self.needs_no_checker()?;
            let Some(candidate) = self.repair(Some(best)).await? else {
                break;
            };
            self.found.repairs += 1;
            let known = self.found.clone();
            let other = self.run_fix(&candidate.modified_code).await;
            match other {
                Ok(other) if other.is_better_than(*score) => {
                    *score = other;
                    self.found.analysis = Some(candidate.clone());
                    *best = candidate;
                }
                other => {
                    self.found = known;
                    other?;
                }
            }
            self.store().await?;
        }
        Ok(())
    }

    /// The verdict where nothing shows that the submitted program is wrong.
    fn not_reproduced(&self) -> Verdict {
        let reason = if self.hunted.dispute.is_some() {
            FixReason::Disputed
        } else {
            FixReason::NotReproduced
        };
        (FixStatus::Unverified, Some(reason))
    }

    /// Where several outputs are right, another one than expected tells nothing.
    fn needs_no_checker(&self) -> Result<(), FixReason> {
        if self.any_answer() && has_other_answers(&self.found.tests) {
            Err(FixReason::NeedsChecker)
        } else {
            Ok(())
        }
    }

    /// The tests that a fix must pass: all but those that prove nothing.
    pub(super) fn counted(&self) -> impl Iterator<Item = &Test> {
        self.found.tests.iter().filter(|test| self.is_counted(test))
    }

    /// Runs a fixed program on all tests.
    pub(super) async fn run_fix(&mut self, code: &str) -> Result<Score, FixReason> {
        let setting = self.setting()?;
        let cases = cases::cases(&self.found.tests);
        let answer = self.runner.run_all(setting, code, cases).await?;
        self.found.fix_compiler = messages(&answer);
        for (test, outcome) in self.found.tests.iter_mut().zip(outcomes(&answer)) {
            test.after = Some(outcome);
        }
        Ok(Score::of(self.counted(), answer.compiled))
    }
}
