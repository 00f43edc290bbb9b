//! Asking the judge, within the time that a submission may take of it.

use std::time::Duration;

use domain::{Chain, FixReason, GrowthStep, RunLimits, RunVerdict};
use judge_api::{
    Capability, Case, Client, Error, GrowthRequest, HuntAnswer, HuntRequest, LONGEST_BUDGET_MS,
    Language, MinimiseAnswer, MinimiseRequest, RunAnswer, RunRequest,
};
use tokio::time::{Instant, sleep, timeout};

/// Time of the judge for one submission in one attempt.
const TIME: Duration = Duration::from_secs(120);
/// Waits for a judge that is busy or away, one after the other.
const WAITS: [Duration; 4] = [
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(6),
];
/// With less time than this nothing is begun.
const LEAST: Duration = Duration::from_millis(500);
/// Time in which the judge's answer comes at the end of its budget.
const MARGIN: Duration = Duration::from_secs(5);

/// The judge, with the time that is left of it.
pub(crate) struct Runner<'a> {
    judge: &'a Client,
    left: Duration,
    /// When all must be done.
    end: Instant,
}

/// How programs are run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) language: Language,
    pub(crate) limits: RunLimits,
}

impl<'a> Runner<'a> {
    pub(super) const fn new(judge: &'a Client, end: Instant) -> Self {
        Self::lasting(judge, end, TIME)
    }

    /// One that may take so long in all.
    pub(crate) const fn lasting(judge: &'a Client, end: Instant, left: Duration) -> Self {
        Self { judge, left, end }
    }

    /// The time that is left.
    pub(super) fn left(&self) -> Duration {
        self.left
            .min(self.end.saturating_duration_since(Instant::now()))
    }

    /// The judge's tools for this language.
    pub(crate) async fn capability(&mut self, language: Language) -> Result<Capability, FixReason> {
        let judge = self.judge;
        let known = self.asked(TIME, |_| judge.known_languages()).await?;
        known.of(language).cloned().ok_or(FixReason::Language)
    }

    /// Runs a program on all cases, for at most so long.
    pub(super) async fn run(
        &mut self,
        setting: Setting,
        code: &str,
        cases: Vec<Case>,
        most: Duration,
    ) -> Result<RunAnswer, FixReason> {
        let judge = self.judge;
        let mut request = RunRequest {
            language: setting.language,
            code: code.to_owned(),
            cases,
            limits: setting.limits,
            budget_ms: None,
        };
        let wanted = request.cases.len();
        let answer = self
            .asked(most, |budget| {
                request.budget_ms = Some(budget);
                let request = request.clone();
                async move { judge.run(&request).await }
            })
            .await?;
        if answer.compiled && answer.cases.len() != wanted {
            tracing::warn!(
                wanted,
                got = answer.cases.len(),
                "the judge answers other cases"
            );
            return Err(FixReason::NoJudge);
        }
        Ok(answer)
    }

    /// [`run`](Self::run), where each case counts: one that the time did not suffice for is an error.
    pub(super) async fn run_all(
        &mut self,
        setting: Setting,
        code: &str,
        cases: Vec<Case>,
    ) -> Result<RunAnswer, FixReason> {
        let answer = self.run(setting, code, cases, TIME).await?;
        let is_skipped = |verdict| verdict == RunVerdict::Skipped;
        if answer
            .cases
            .iter()
            .any(|outcome| is_skipped(outcome.verdict))
        {
            return Err(FixReason::Budget);
        }
        Ok(answer)
    }

    /// Makes a change smaller.
    pub(super) async fn minimise(
        &mut self,
        setting: Setting,
        original: &str,
        fixed: &str,
        cases: Vec<Case>,
    ) -> Result<MinimiseAnswer, FixReason> {
        let judge = self.judge;
        let mut request = MinimiseRequest {
            language: setting.language,
            original: original.to_owned(),
            fixed: fixed.to_owned(),
            cases,
            limits: setting.limits,
            budget_ms: None,
        };
        self.asked(TIME, |budget| {
            request.budget_ms = Some(budget);
            let request = request.clone();
            async move { judge.minimise(&request).await }
        })
        .await
    }

    /// Looks for an input on which a program is wrong, for at most so long.
    pub(crate) async fn hunt(
        &mut self,
        mut request: HuntRequest,
        most: Duration,
    ) -> Result<HuntAnswer, FixReason> {
        let judge = self.judge;
        self.asked(most, |budget| {
            request.budget_ms = Some(budget);
            let request = request.clone();
            async move { judge.hunt(&request).await }
        })
        .await
    }

    /// Runs programs on larger and larger inputs, for at most so long: the first as the one before, the second as the one after.
    pub(crate) async fn growth(
        &mut self,
        mut request: GrowthRequest,
        most: Duration,
    ) -> Result<Vec<GrowthStep>, FixReason> {
        let judge = self.judge;
        let answer = self
            .asked(most, |budget| {
                request.budget_ms = Some(budget);
                let request = request.clone();
                async move { judge.growth(&request).await }
            })
            .await?;
        let steps = answer.sizes.into_iter().map(|size| GrowthStep {
            size: size.size,
            bytes: size.bytes,
            before: size.runs.first().copied().flatten(),
            after: size.runs.get(1).copied().flatten(),
        });
        Ok(steps.collect())
    }

    /// Asks until there is an answer, with a budget of at most `most` and within the time that is left.
    async fn asked<T, F>(
        &mut self,
        most: Duration,
        mut ask: impl FnMut(u32) -> F,
    ) -> Result<T, FixReason>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let begun = Instant::now();
        let until = begun + self.left();
        let mut waits = WAITS.iter();
        let outcome = loop {
            let left = until.saturating_duration_since(Instant::now());
            if left < LEAST {
                break Err(FixReason::Budget);
            }
            // The judge is to end by itself, with what it has; a run that has begun goes on to its own end.
            let budget = most.min(left - (left / 8).min(MARGIN));
            let budget = u32::try_from(budget.as_millis()).unwrap_or(u32::MAX);
            match timeout(left, ask(budget.min(LONGEST_BUDGET_MS))).await {
                Ok(Ok(answer)) => break Ok(answer),
                Ok(Err(error)) => {
                    tracing::warn!(error = %Chain(&error), "the judge does not run it");
                    let may_pass = matches!(error, Error::Away(_) | Error::Busy);
                    match waits.next().filter(|_| may_pass) {
                        Some(wait) => sleep(*wait).await,
                        None => break Err(FixReason::NoJudge),
                    }
                }
                Err(_) => break Err(FixReason::Budget),
            }
        };
        self.left = self.left.saturating_sub(begun.elapsed());
        outcome
    }
}
