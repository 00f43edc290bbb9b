//! How much a fix is worth, by the runs of both programs.

use domain::{FixReason, FixStatus, Outcome, RunVerdict, Test};

/// Status and reason together.
pub(super) type Verdict = (FixStatus, Option<FixReason>);

/// Whether a run was as it should be; one that was not made was not.
pub(super) fn passes(run: Option<&Outcome>) -> bool {
    run.is_some_and(Outcome::is_accepted)
}

/// Whether the submitted program fails a test.
pub(super) fn fails_before(test: &Test) -> bool {
    test.before.as_ref().is_some_and(|run| !run.is_accepted())
}

/// Whether the fix passes a test that the submitted program fails.
pub(super) fn is_mended(test: &Test) -> bool {
    fails_before(test) && passes(test.after.as_ref())
}

/// Whether only a checker told that the submitted program is wrong, so that a run alone does not.
pub(super) fn is_by_checker(test: &Test) -> bool {
    let verdict = test.before.as_ref().map(|run| run.verdict);
    test.expected.is_none() && verdict == Some(RunVerdict::WrongAnswer)
}

/// Whether any program answered otherwise than expected, which is no mistake where several outputs are right and no checker has
/// told.
pub(super) fn has_other_answers(tests: &[Test]) -> bool {
    tests
        .iter()
        .filter(|test| !is_by_checker(test))
        .flat_map(|test| [&test.before, &test.after])
        .flatten()
        .any(|run| run.verdict == RunVerdict::WrongAnswer)
}

/// Whether a test's expected output is known, so that passing it says something.
pub(super) fn has_answers(tests: &[Test]) -> bool {
    tests.iter().any(|test| test.expected.is_some())
}

/// How a fix does on the tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Score {
    /// Whether it compiles.
    pub(super) compiles: bool,
    /// Tests that it passes.
    pub(super) passed: usize,
    /// Tests that it fails and the submitted program passes.
    pub(super) broken: usize,
    /// Tests that it passes and the submitted program fails.
    pub(super) mended: usize,
    /// All tests.
    pub(super) all: usize,
}

impl Score {
    /// `tests` are those that prove something.
    pub(super) fn of<'a>(tests: impl Iterator<Item = &'a Test>, compiles: bool) -> Self {
        let runs: Vec<(bool, bool)> = tests
            .map(|test| (passes(test.before.as_ref()), passes(test.after.as_ref())))
            .collect();
        let count = |is: &dyn Fn(bool, bool) -> bool| {
            runs.iter()
                .filter(|(before, after)| is(*before, *after))
                .count()
        };
        Self {
            compiles,
            passed: count(&|_, after| after),
            broken: count(&|before, after| before && !after),
            mended: count(&|before, after| !before && after),
            all: runs.len(),
        }
    }

    pub(super) const fn is_full(self) -> bool {
        self.compiles && self.passed == self.all
    }

    /// Whether it is a better one: it compiles, loses no test, passes more.
    pub(super) fn is_better_than(self, other: Self) -> bool {
        let rank = |score: Self| (score.compiles, score.broken == 0, score.passed);
        rank(self) > rank(other)
    }

    /// The verdict on a fix that does not pass all tests.
    pub(super) const fn verdict(self) -> Verdict {
        if !self.compiles {
            (FixStatus::Failed, Some(FixReason::CompileError))
        } else if self.broken > 0 {
            (FixStatus::Failed, Some(FixReason::BreaksTest))
        } else if self.mended == 0 {
            (FixStatus::Failed, Some(FixReason::NoEffect))
        } else {
            (FixStatus::Improved, Some(FixReason::StillFails))
        }
    }
}

/// The verdict where it ends early for a reason of its own: a fix that failed a test has failed all the same, and one that passes
/// all is better than the program. `is_counted` tells which tests prove something.
pub(super) fn early(
    tests: &[Test],
    is_counted: impl Fn(&Test) -> bool,
    compiles: bool,
    reason: FixReason,
) -> Verdict {
    let is_run = !tests.is_empty()
        && tests
            .iter()
            .all(|test| test.before.is_some() && test.after.is_some());
    if !is_run
        || !has_answers(tests)
        || (compiles && has_other_answers(tests) && reason == FixReason::NeedsChecker)
    {
        return (FixStatus::Unverified, Some(reason));
    }
    let score = Score::of(tests.iter().filter(|test| is_counted(test)), compiles);
    if !score.is_full() {
        score.verdict()
    } else if !tests.iter().any(is_mended) {
        (FixStatus::Unverified, Some(FixReason::NotReproduced))
    } else {
        (FixStatus::Improved, Some(reason))
    }
}

/// The shortest test that the fix fails, or without a fix the submitted program; one whose output is sure first, and one whose output
/// is known before others.
pub(super) fn smallest_failing<'a>(
    tests: impl Iterator<Item = &'a Test>,
    run: impl Fn(&'a Test) -> Option<&'a Outcome>,
) -> Option<(&'a Test, Outcome)> {
    let failing = tests.filter_map(|test| {
        let outcome = run(test).filter(|outcome| !outcome.is_accepted())?.clone();
        Some((test, outcome))
    });
    let is_doubtful = |test: &Test| test.level.is_some_and(|level| !level.is_proof());
    failing.min_by_key(|(test, _)| (is_doubtful(test), test.expected.is_none(), test.input.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verification::sample::{run, tests};
    use RunVerdict::{Accepted, CompileError, RuntimeError, TimeLimit, WrongAnswer};

    #[test]
    fn a_fix_that_does_not_pass_all_is_judged_by_what_it_mends_and_breaks() {
        for (before, after, expected) in [
            (
                [WrongAnswer, Accepted],
                [WrongAnswer, Accepted],
                (FixStatus::Failed, FixReason::NoEffect),
            ),
            (
                [WrongAnswer, Accepted],
                [Accepted, TimeLimit],
                (FixStatus::Failed, FixReason::BreaksTest),
            ),
            (
                [WrongAnswer, RuntimeError],
                [Accepted, RuntimeError],
                (FixStatus::Improved, FixReason::StillFails),
            ),
            (
                [Accepted, Accepted],
                [Accepted, WrongAnswer],
                (FixStatus::Failed, FixReason::BreaksTest),
            ),
        ] {
            let score = Score::of(tests(before, after).iter(), true);
            assert!(!score.is_full());
            assert_eq!(
                score.verdict(),
                (expected.0, Some(expected.1)),
                "{before:?} {after:?}"
            );
        }
        let broken = Score::of(tests([WrongAnswer; 2], [CompileError; 2]).iter(), false);
        assert_eq!(
            broken.verdict(),
            (FixStatus::Failed, Some(FixReason::CompileError))
        );
    }

    #[test]
    fn the_better_fix_loses_no_test_and_passes_more() {
        let score = |after, compiles| {
            Score::of(
                tests([Accepted, WrongAnswer, WrongAnswer], after).iter(),
                compiles,
            )
        };
        let nothing = score([Accepted, WrongAnswer, WrongAnswer], true);
        let half = score([Accepted, Accepted, WrongAnswer], true);
        let losing = score([WrongAnswer, Accepted, Accepted], true);
        let broken = score([CompileError; 3], false);
        assert!(half.is_better_than(nothing) && half.is_better_than(losing));
        assert!(nothing.is_better_than(losing) && losing.is_better_than(broken));
        assert!(!half.is_better_than(half));
    }

    #[test]
    fn an_early_end_keeps_what_is_known() {
        let known = |before, after| early(&tests(before, after), |_| true, true, FixReason::Budget);
        assert_eq!(
            known([WrongAnswer], [Accepted]),
            (FixStatus::Improved, Some(FixReason::Budget))
        );
        assert_eq!(
            known([Accepted], [Accepted]),
            (FixStatus::Unverified, Some(FixReason::NotReproduced))
        );
        assert_eq!(
            known([Accepted], [WrongAnswer]),
            (FixStatus::Failed, Some(FixReason::BreaksTest))
        );
        let mut unknown = tests([WrongAnswer], [Accepted]);
        unknown[0].after = None;
        assert_eq!(
            early(&unknown, |_| true, true, FixReason::NoJudge),
            (FixStatus::Unverified, Some(FixReason::NoJudge))
        );
        assert_eq!(
            early(&[], |_| true, true, FixReason::NoJudge),
            (FixStatus::Unverified, Some(FixReason::NoJudge))
        );
    }

    #[test]
    fn a_test_that_proves_nothing_does_not_count() {
        let mut all = tests([Accepted, WrongAnswer], [Accepted, WrongAnswer]);
        let is_counted = |test: &Test| test.number == 1;
        let known = |all: &[Test]| early(all, is_counted, true, FixReason::Budget);
        assert_eq!(
            known(&all),
            (FixStatus::Unverified, Some(FixReason::NotReproduced))
        );
        all[1].after = Some(run(Accepted));
        assert_eq!(known(&all), (FixStatus::Improved, Some(FixReason::Budget)));
    }

    #[test]
    fn the_smallest_failing_test_is_one_whose_output_is_known() {
        let mut all = tests([WrongAnswer, WrongAnswer, RuntimeError], [Accepted; 3]);
        all[0].input = "1 2 3".to_owned();
        all[1].input = "1 2".to_owned();
        all[2].input = "1".to_owned();
        all[2].expected = None;
        let (test, outcome) = smallest_failing(all.iter(), |test| test.before.as_ref()).unwrap();
        assert_eq!((test.input.as_str(), outcome.verdict), ("1 2", WrongAnswer));
        all[2].after = Some(run(TimeLimit));
        assert!(
            smallest_failing(all.iter(), |test| test.after.as_ref())
                .is_some_and(|(test, _)| test.input == "1")
        );
    }
}
