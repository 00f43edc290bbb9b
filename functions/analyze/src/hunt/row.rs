//! The row of the stage.

use db::stages::{self, Ending};
use domain::{FailureCode, Helpers, Hunt, StageName};
use serde_json::{Value, json};

use super::{Hunter, Stop};
use crate::{
    failure::Failure,
    persist::{change, without_nul},
};

impl Hunter<'_> {
    /// Keeps helpers, which were paid for.
    pub(super) async fn keep(&mut self, helpers: &Helpers) -> Result<(), Stop> {
        self.helpers = Some(helpers.clone());
        if let Some(report) = &mut self.report {
            report.helpers = Some(helpers.clone());
        }
        Ok(self.store().await?)
    }

    /// Says in the row that the stage is running.
    pub(super) async fn start(&mut self) -> Result<(), db::Error> {
        let work = self.work;
        if !self.is_running {
            change(work.state, work.lease, || {
                stages::start(&work.state.db, work.lease, StageName::Hunt, 0)
            })
            .await?;
            self.is_running = true;
        }
        Ok(())
    }

    /// Stores what is known so far.
    pub(super) async fn store(&mut self) -> Result<(), db::Error> {
        self.start().await?;
        let work = self.work;
        let result = self.result();
        change(work.state, work.lease, || {
            stages::store_partial(&work.state.db, work.lease, StageName::Hunt, &result)
        })
        .await
    }

    fn result(&self) -> Value {
        // Before the first hunt there are only the helpers, which nobody is shown.
        let result = match &self.report {
            Some(report) => serde_json::to_value(report).unwrap_or_default(),
            None => json!({ "helpers": self.helpers }),
        };
        without_nul(result)
    }

    pub(super) async fn finish(&mut self, outcome: Result<(), Stop>) -> Result<(), Failure> {
        let outcome = match outcome {
            Err(Stop::Failure(failure)) => return Err(failure),
            outcome => outcome,
        };
        let work = self.work;
        let result = self.result();
        let kept = Some(&result).filter(|_| self.helpers.is_some());
        let ending = match &outcome {
            Err(Stop::Model(code, detail)) => Ending::Failed {
                code: *code,
                detail,
                raw_answer: None,
                result: kept,
            },
            Ok(()) | Err(Stop::Judge) if self.report.is_some() => Ending::Completed {
                model: self.model.as_deref(),
                result: &result,
            },
            Err(Stop::Judge) => Ending::Failed {
                code: FailureCode::JudgeAway,
                detail: "The judge was busy, or did not answer.",
                raw_answer: None,
                result: kept,
            },
            _ => Ending::Skipped,
        };
        work.finish(StageName::Hunt, &self.usage, || ending.clone())
            .await?;
        let hunt: Option<&Hunt> = self.report.as_ref().map(|report| &report.hunt);
        tracing::info!(
            submission.id = %work.lease.id,
            ending = hunt.map(|hunt| hunt.ending.as_str()),
            inputs = hunt.map(Hunt::inputs),
            "hunted"
        );
        self.is_done = true;
        Ok(())
    }
}
