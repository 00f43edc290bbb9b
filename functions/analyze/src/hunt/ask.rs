//! Asking the model for helpers.

use domain::StageName;
use serde_json::Value;
use tokio::time::Instant;

use super::{Hunter, Stop};
use crate::{
    failure::{Failure, detail},
    measure,
    meter::StageMeter,
    persist::without_nul,
};

impl Hunter<'_> {
    /// Asks the model, for at most half of the time that is left.
    pub(super) async fn ask<T: Send + 'static>(
        &mut self,
        question: &llm::Question,
        check: impl Fn(Value, bool) -> Result<T, String> + Send + Sync + 'static,
    ) -> Result<T, Stop> {
        let work = self.work;
        let now = Instant::now();
        let deadline = now + self.end.saturating_duration_since(now) / 2;
        let meter = StageMeter::new(work.state, work.lease, StageName::Hunt, self.usage);
        let check = move |answer, last| check(without_nul(answer), last);
        let asked = Box::pin(llm::client().ask(work.model, question, deadline, &meter, check));
        let asked = measure::stage(StageName::Hunt, work.lease.id, work.attempt, asked).await;
        self.usage = meter.total();
        match asked {
            Ok(answer) => {
                self.model = Some(answer.model);
                Ok(answer.value)
            }
            Err(llm::Error::Stopped(error)) => {
                Err(Stop::Failure(match error.downcast::<db::Error>() {
                    Ok(error) => Failure::Database(*error),
                    Err(error) => Failure::Model(llm::Error::Stopped(error)),
                }))
            }
            Err(error) => {
                tracing::info!(submission.id = %work.lease.id, error.code = error.code().as_str(), "there are no helpers for the hunt");
                let words = if error.is_about_the_answer() {
                    // Its words may quote a helper.
                    "The model gave no helpers that can be used.".to_owned()
                } else {
                    detail(&error)
                };
                Err(Stop::Model(error.code(), words))
            }
        }
    }
}
