//! The bug and its fix: the stages `hunt`, `analysis` and `verification` together.

use std::{pin::pin, time::Duration};

use domain::{Problem, Program, StageName};
use futures::future::{Either, select};
use tokio::time::{Instant, timeout};

use crate::{
    analysis,
    failure::Failure,
    hunt::Hunter,
    stage::Work,
    verification::{Statement, Verifier},
};

/// Longest wait for the hunt when the analysis is done.
const PATIENCE: Duration = Duration::from_secs(90);

impl Work<'_> {
    /// The bug and its fix, between the runs of the program and those of the fix; `problem` is what was read from the images.
    pub(crate) async fn analysed(
        &self,
        problem: Option<&Problem>,
        program: &Program,
        statement: &Statement,
    ) -> Result<(), Failure> {
        // The work of each is too large for one future: a thread's stack would have to hold all of them.
        let mut verifier = Box::pin(Verifier::begin(self, program, statement)).await?;
        let mut hunter = Hunter::new(self, program, statement, verifier.end());
        let quarry = verifier.quarry();
        let is_away = quarry.is_none() && verifier.is_judge_away();
        if !is_away {
            Box::pin(hunter.before_analysis(quarry.as_ref())).await?;
        }
        verifier.take_hunt(&hunter).await?;
        let evidence = verifier.evidence();
        let verdict = self.submission.verdict;
        let analysis = self.run(
            StageName::Analysis,
            || {
                analysis::question(
                    self.task(StageName::Analysis),
                    &self.submission,
                    problem,
                    &self.pictures,
                    program,
                    &evidence,
                )
            },
            {
                let (program, failure) = (program.clone(), evidence.failure.clone());
                move |answer, last| {
                    analysis::check(answer, last, &program, verdict, failure.as_deref())
                }
            },
        );
        let hunting = Box::pin(hunter.beside_analysis(quarry.as_ref()));
        let (analysis, hunted) = beside(Box::pin(analysis), hunting, verifier.end()).await;
        let analysis = analysis?;
        match hunted {
            Some(hunted) => hunted?,
            None => hunter.give_up().await?,
        }
        if is_away {
            Box::pin(late(&mut verifier, &mut hunter)).await?;
        }
        verifier.take_hunt(&hunter).await?;
        Box::pin(verifier.verify(&analysis)).await?;
        hunter.grown(verifier.growth()).await?;
        if let Some(dispute) = verifier.new_dispute(&hunter) {
            hunter.dispute(dispute).await?;
        }
        Ok(())
    }
}

/// Hunts where the judge did not answer before the analysis: it may just have begun.
async fn late(verifier: &mut Verifier<'_>, hunter: &mut Hunter<'_>) -> Result<(), Failure> {
    let patience = patience(verifier.end());
    let quarry = verifier.look_again().await?;
    match timeout(patience, hunter.after_analysis(quarry.as_ref())).await {
        Ok(hunted) => hunted,
        Err(_) => hunter.give_up().await,
    }
}

/// How long the hunt is waited for: the fix needs some of the time until `end`.
fn patience(end: Instant) -> Duration {
    PATIENCE.min(end.saturating_duration_since(Instant::now()) / 3)
}

/// Runs both side by side, the second not much longer than the first, and for a third of the time until `end` at most; it is of no use
/// without that.
async fn beside<T, E, S>(
    first: impl Future<Output = Result<T, E>>,
    second: impl Future<Output = S>,
    end: Instant,
) -> (Result<T, E>, Option<S>) {
    let (first, second) = (pin!(first), pin!(second));
    match select(first, second).await {
        Either::Left((Ok(first), second)) => {
            let waited = timeout(patience(end), second).await;
            (Ok(first), waited.ok())
        }
        Either::Left((Err(error), _)) => (Err(error), None),
        Either::Right((second, first)) => (first.await, Some(second)),
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_second_is_waited_for_only_so_long() {
        let end = Instant::now() + Duration::from_secs(900);
        let first = || ready(Ok::<_, ()>(1));
        assert_eq!(beside(first(), ready(2), end).await, (Ok(1), Some(2)));
        assert_eq!(beside(first(), pending::<u8>(), end).await, (Ok(1), None));
        let later = async {
            tokio::time::sleep(Duration::from_secs(500)).await;
            Ok::<_, ()>(1)
        };
        assert_eq!(beside(later, ready(2), end).await, (Ok(1), Some(2)));
        let now = Instant::now();
        let end = now + Duration::from_secs(60);
        assert_eq!(beside(first(), pending::<u8>(), end).await, (Ok(1), None));
        assert!(now.elapsed() < Duration::from_secs(21));
        let failed = ready(Err::<u8, _>(()));
        assert_eq!(beside(failed, pending::<u8>(), end).await, (Err(()), None));
    }
}
