//! Whether the fix ends in time on large inputs where the program does not.

use domain::{FixReason, FixStatus, Growth, GrowthRun, GrowthStep, RunVerdict};
use judge_api::GrowthRequest;

use super::{Stop, Verifier, cases, verdict::Verdict};
use crate::hunt::GROWTH;

/// Whether the program does not end in time on the largest input.
pub(super) fn is_slow(growth: &[GrowthStep]) -> bool {
    let late = |run: &GrowthRun| run.verdict == RunVerdict::TimeLimit;
    growth
        .iter()
        .any(|step| step.before.as_ref().is_some_and(late))
}

/// Whether the fix ends in time on the largest input, where the program does not.
fn is_mended(growth: &[GrowthStep]) -> bool {
    let ends = |run: GrowthRun| run.verdict == RunVerdict::Accepted;
    let last = growth.last().and_then(|step| step.after);
    is_slow(growth) && last.is_some_and(ends)
}

/// The times of the program in words, for the model.
pub(super) fn in_words(growth: &[GrowthStep]) -> Option<String> {
    if growth.is_empty() {
        return None;
    }
    let mut text = match Growth::of(growth) {
        Some(kind) => format!("On larger and larger inputs, {}:\n", kind.in_words()),
        None => "On larger and larger inputs:\n".to_owned(),
    };
    for step in growth {
        let run = match step.before {
            Some(run) if run.verdict == RunVerdict::TimeLimit => {
                format!("Time Limit Exceeded after {} ms", run.cpu_ms)
            }
            Some(run) => format!("{} ms", run.cpu_ms),
            None => "not run, as a smaller input took too long".to_owned(),
        };
        text.push_str(&format!("- size {}: {run}\n", step.size));
    }
    Some(text)
}

impl Verifier<'_> {
    /// Runs the program and its fix on larger and larger inputs, and tells what the fix is worth by that alone; none where it is not
    /// faster.
    pub(super) async fn worth_by_time(&mut self, code: &str) -> Result<Option<Verdict>, Stop> {
        if !is_slow(&self.hunted.growth) {
            return Ok(None);
        }
        let setting = self.setting()?;
        let request = GrowthRequest {
            language: setting.language,
            programs: vec![self.program.code.clone(), code.to_owned()],
            cases: cases::cases(&self.found.tests),
            limits: setting.limits,
            helpers: self.hunted.generators.clone(),
            budget_ms: None,
        };
        let growth = self.runner.growth(request, GROWTH * 2).await?;
        if growth.is_empty() {
            return Ok(None);
        }
        self.hunted.growth = growth;
        Ok(
            is_mended(&self.hunted.growth)
                .then_some((FixStatus::Improved, Some(FixReason::InTime))),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(size: u64, before: Option<u64>, after: Option<u64>) -> GrowthStep {
        let run = |cpu_ms: u64| GrowthRun {
            verdict: if cpu_ms < 2000 {
                RunVerdict::Accepted
            } else {
                RunVerdict::TimeLimit
            },
            cpu_ms,
        };
        GrowthStep {
            size,
            bytes: 10,
            before: before.map(run),
            after: after.map(run),
        }
    }

    #[test]
    fn a_fix_is_faster_where_the_program_does_not_end() {
        let faster = [
            step(1, Some(1), Some(1)),
            step(500, Some(2000), Some(20)),
            step(1000, None, Some(40)),
        ];
        assert!(is_slow(&faster) && is_mended(&faster));
        let words = in_words(&faster).unwrap();
        assert!(
            words.contains("size 500: Time Limit Exceeded after 2000 ms"),
            "{words}"
        );
        assert!(words.contains("size 1000: not run"), "{words}");
        let slow = [step(1, Some(1), Some(1)), step(500, Some(2000), Some(2000))];
        assert!(is_slow(&slow) && !is_mended(&slow));
        let quick = [step(1, Some(1), Some(1)), step(500, Some(30), Some(30))];
        assert!(!is_slow(&quick) && !is_mended(&quick));
    }

    #[test]
    fn an_endless_loop_is_named() {
        let words = in_words(&[step(1, Some(2000), None), step(500, None, None)]).unwrap();
        assert!(words.contains("endless loop"), "{words}");
        assert_eq!(in_words(&[]), None);
    }
}
