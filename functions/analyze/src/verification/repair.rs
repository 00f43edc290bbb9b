//! Another fix, where the one that was tried fails a test.

use std::{borrow::Cow, time::Duration};

use domain::{Analysis, StageName};
use tokio::time::Instant;

use super::{Stop, Verifier, evidence};
use crate::{analysis, failure::Failure, measure, meter::StageMeter, persist::without_nul};

/// With less time than this the model is not asked.
const LEAST: Duration = Duration::from_secs(5);

impl Verifier<'_> {
    /// Asks the model for another fix than this one, or for one at all where there is none yet; none where it has none. Its trouble is not the
    /// submission's failure: there is an analysis already.
    pub(super) async fn repair(
        &mut self,
        fix: Option<&Analysis>,
    ) -> Result<Option<Analysis>, Stop> {
        let now = Instant::now();
        let left = self.end.saturating_duration_since(now);
        if left < LEAST {
            return Ok(None);
        }
        let work = self.work;
        let (question, failure) = self.question(fix);
        self.start().await?;
        let meter = StageMeter::new(work.state, work.lease, StageName::Verification, self.usage);
        let check = {
            let (program, verdict) = (self.program.clone(), work.submission.verdict);
            move |answer, last| {
                let answer = without_nul(answer);
                analysis::check(answer, last, &program, verdict, failure.as_deref())
            }
        };
        // The judge needs some of the time that is left.
        let deadline = now + left * 3 / 4;
        let asked = Box::pin(llm::client().ask(work.model, &question, deadline, &meter, check));
        let asked =
            measure::stage(StageName::Verification, work.lease.id, work.attempt, asked).await;
        self.usage = meter.total();
        match asked {
            Ok(answer) => {
                self.model = Some(answer.model);
                Ok(Some(answer.value).filter(|analysis| analysis.bug_found))
            }
            Err(llm::Error::Stopped(error)) => {
                Err(Stop::Failure(match error.downcast::<db::Error>() {
                    Ok(error) => Failure::Database(*error),
                    Err(error) => Failure::Model(llm::Error::Stopped(error)),
                }))
            }
            Err(error) => {
                tracing::info!(submission.id = %work.lease.id, error.code = error.code().as_str(), "the fix is not mended");
                Ok(None)
            }
        }
    }

    /// The question for another fix, and how the program fails, in a few words.
    fn question(&self, fix: Option<&Analysis>) -> (llm::Question, Option<String>) {
        let work = self.work;
        let task = match fix {
            Some(_) => Cow::Owned(format!(
                "{}\n\n{}",
                work.task(StageName::Analysis).trim_end(),
                work.task(StageName::Verification)
            )),
            None => Cow::Borrowed(work.task(StageName::Analysis)),
        };
        let in_images = work.submission.image_count > 0;
        let problem = self.problem.as_ref().filter(|_| in_images);
        let evidence = match fix {
            Some(fix) => evidence::of_fix(
                self.counted(),
                &self.found.fix_compiler,
                &self.program.code,
                &fix.modified_code,
            ),
            None => self.evidence(),
        };
        let question = analysis::question(
            &task,
            &work.submission,
            problem,
            &work.pictures,
            self.program,
            &evidence,
        );
        (question, evidence.failure)
    }
}
