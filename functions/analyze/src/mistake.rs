//! The bug and its fix: the stages `hunt`, `analysis` and `verification` together.

use std::{pin::pin, time::Duration};

use domain::{Problem, Program, StageName};
use futures::future::{Either, select};
use tokio::time::timeout;

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
        Box::pin(hunter.before_analysis(quarry.as_ref())).await?;
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
        let (analysis, hunted) = beside(Box::pin(analysis), hunting, PATIENCE).await;
        let analysis = analysis?;
        match hunted {
            Some(hunted) => hunted?,
            None => hunter.give_up().await?,
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

/// Runs both side by side, the second for at most `patience` longer than the first; it is of no use without that.
async fn beside<T, E, S>(
    first: impl Future<Output = Result<T, E>>,
    second: impl Future<Output = S>,
    patience: Duration,
) -> (Result<T, E>, Option<S>) {
    let (first, second) = (pin!(first), pin!(second));
    match select(first, second).await {
        Either::Left((Ok(first), second)) => (Ok(first), timeout(patience, second).await.ok()),
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
        let patience = Duration::from_secs(90);
        let first = || ready(Ok::<_, ()>(1));
        assert_eq!(beside(first(), ready(2), patience).await, (Ok(1), Some(2)));
        assert_eq!(
            beside(first(), pending::<u8>(), patience).await,
            (Ok(1), None)
        );
        let later = async {
            tokio::time::sleep(Duration::from_secs(500)).await;
            Ok::<_, ()>(1)
        };
        assert_eq!(beside(later, ready(2), patience).await, (Ok(1), Some(2)));
        let failed = ready(Err::<u8, _>(()));
        assert_eq!(
            beside(failed, pending::<u8>(), patience).await,
            (Err(()), None)
        );
    }
}
