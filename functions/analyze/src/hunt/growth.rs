//! Times on larger and larger inputs, where the program may be too slow.

use std::time::Duration;

use domain::{GrowthStep, Helpers, RunVerdict, Verdict};
use judge_api::GrowthRequest;

use super::{Hunter, Quarry};
use crate::failure::Failure;

/// Time for the runs of one program, and with those of its fix.
pub(crate) const GROWTH: Duration = Duration::from_secs(15);

impl Hunter<'_> {
    /// Runs the program on larger and larger inputs, if it is said or seen to be too slow. The hunt is complete without that.
    pub(super) async fn measure(&mut self, quarry: &Quarry) {
        let Some(report) = &mut self.report else {
            return;
        };
        let is_late = report
            .hunt
            .counterexample
            .as_ref()
            .is_some_and(|found| found.outcome.verdict == RunVerdict::TimeLimit);
        if self.work.submission.verdict != Some(Verdict::TimeLimit) && !is_late {
            return;
        }
        let request = GrowthRequest {
            language: quarry.setting.language,
            programs: vec![self.program.code.clone()],
            cases: quarry.cases.clone(),
            limits: quarry.setting.limits,
            helpers: self.helpers.clone().unwrap_or_default(),
            budget_ms: None,
        };
        match self.runner.growth(request, GROWTH).await {
            Ok(steps) => report.growth = steps,
            Err(reason) => tracing::info!(%reason, "the growth of the time is not known"),
        }
    }

    /// Keeps the times of the fix.
    pub(crate) async fn grown(&mut self, growth: &[GrowthStep]) -> Result<(), Failure> {
        match &mut self.report {
            Some(report) if report.growth != growth => {
                report.growth = growth.to_vec();
                self.finish(Ok(())).await
            }
            _ => Ok(()),
        }
    }

    /// All helpers for measuring, whatever the hunt says of them.
    pub(crate) fn generators(&self) -> Helpers {
        self.helpers.clone().unwrap_or_default()
    }
}
