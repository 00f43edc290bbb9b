//! Whether a fix is right on other inputs than the tests.

use std::collections::HashSet;

use domain::{Outcome, RunVerdict, Test};
use judge_api::compare;

/// Answers of the fix that no test has, and on which the programs differ, which are enough where no reference decides. A fix that
/// recognises inputs has none, and one that always prints the same has one.
const DIFFERENT_ANSWERS: usize = 2;

/// The runs on a further input; none for a program that does not compile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Runs<'a> {
    pub(super) before: Option<&'a Outcome>,
    pub(super) after: Option<&'a Outcome>,
    pub(super) reference: Option<&'a Outcome>,
}

/// The output of a run that ended in order, if all of it is known.
fn answer(run: Option<&Outcome>) -> Option<&str> {
    let run = run.filter(|run| run.is_accepted() && !run.output_cut)?;
    Some(&run.output)
}

fn was_run(run: Option<&Outcome>) -> bool {
    run.is_some_and(|run| run.verdict != RunVerdict::Skipped && !run.output_cut)
}

fn are_equal(expected: &str, actual: &str) -> bool {
    compare(expected.as_bytes(), actual.as_bytes()).equal
}

/// Whether the submitted program answers otherwise, or does not end in order.
fn differs(before: Option<&Outcome>, answer: &str) -> bool {
    match before {
        // Of an output that was cut only the beginning is known.
        Some(run) if run.is_accepted() => !run.output_cut && !are_equal(answer, &run.output),
        Some(run) => run.verdict != RunVerdict::Skipped,
        None => true,
    }
}

/// Whether the fix agrees with the reference wherever both answer, and somewhere where the submitted program does not.
pub(super) fn agrees_with_reference(runs: &[Runs<'_>]) -> bool {
    let mut mended = 0;
    for run in runs {
        let Some(right) = answer(run.reference) else {
            continue;
        };
        let Some(given) = answer(run.after) else {
            // The input can be answered.
            if was_run(run.after) {
                return false;
            }
            continue;
        };
        if !are_equal(right, given) {
            return false;
        }
        mended += usize::from(differs(run.before, given));
    }
    mended > 0
}

/// Whether the fix has enough answers of its own where the submitted program answers otherwise.
pub(super) fn has_answers_of_its_own(runs: &[Runs<'_>], tests: &[Test]) -> bool {
    let mut own = HashSet::new();
    for run in runs {
        let Some(given) = answer(run.after) else {
            // An input that the submitted program takes and the fix does not speaks against the fix.
            if was_run(run.after) && answer(run.before).is_some() {
                return false;
            }
            continue;
        };
        let is_known = tests
            .iter()
            .filter_map(|test| test.expected.as_deref())
            .any(|expected| are_equal(expected, given));
        if !is_known && differs(run.before, given) {
            own.insert(given.split_whitespace().collect::<Vec<_>>());
        }
    }
    own.len() >= DIFFERENT_ANSWERS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verification::sample::{printed, run, test};

    /// One further input for each: what the program, its fix and the reference print; `!` is a crash.
    fn judged(all: &[(&str, &str, &str)]) -> (bool, bool) {
        let outcome = |text: &str| match text {
            "!" => run(RunVerdict::RuntimeError),
            text => printed(text),
        };
        let outcomes: Vec<[Outcome; 3]> = all
            .iter()
            .map(|(before, after, reference)| [outcome(before), outcome(after), outcome(reference)])
            .collect();
        let runs: Vec<Runs<'_>> = outcomes
            .iter()
            .map(|[before, after, reference]| Runs {
                before: Some(before),
                after: Some(after),
                reference: Some(reference),
            })
            .collect();
        let tests = [test("1 2", "3")];
        (
            agrees_with_reference(&runs),
            has_answers_of_its_own(&runs, &tests),
        )
    }

    #[test]
    fn a_reference_decides_on_every_input_that_both_answer() {
        assert!(judged(&[("-1", "5", "5"), ("1", "1", "1")]).0);
        assert!(judged(&[("!", "5", "5\n"), ("2", "!", "!")]).0);
        assert!(!judged(&[("!", "5", "5"), ("!", "!", "7")]).0);
        for runs in [
            &[("5", "5", "5")][..],
            &[("-1", "5", "5"), ("-1", "5", "6")],
            &[("-1", "5", "!")],
            &[("-1", "!", "5")],
            &[("-1", "5", "5"), ("5", "!", "5")],
            &[],
        ] {
            assert!(!judged(runs).0, "{runs:?}");
        }
    }

    #[test]
    fn without_a_reference_two_answers_of_its_own_are_needed() {
        assert!(judged(&[("-1", "5", ""), ("1", "7", "")]).1);
        assert!(judged(&[("!", "5", ""), ("!", "7", "")]).1);
        for runs in [
            &[("-1", "5", ""), ("1", "5\n", "")][..],
            &[("-1", "3", ""), ("1", "5", "")],
            &[("5", "5", ""), ("7", "7", "")],
            &[("5", "!", ""), ("7", "!", "")],
            &[("-1", "5", ""), ("1", "7", ""), ("2", "!", "")],
        ] {
            assert!(!judged(runs).1, "{runs:?}");
        }
    }

    #[test]
    fn an_input_on_which_the_program_was_not_run_shows_no_difference() {
        let (skipped, five) = (run(RunVerdict::Skipped), printed("5"));
        let runs = [Runs {
            before: Some(&skipped),
            after: Some(&five),
            reference: Some(&five),
        }];
        assert!(!agrees_with_reference(&runs));
    }

    #[test]
    fn of_an_output_that_was_cut_nothing_is_known() {
        let mut cut = printed("5");
        cut.output_cut = true;
        let whole = printed("5");
        let runs = [Runs {
            before: None,
            after: Some(&cut),
            reference: Some(&whole),
        }];
        assert!(!agrees_with_reference(&runs));
        let runs = [Runs {
            before: Some(&cut),
            after: Some(&whole),
            reference: Some(&whole),
        }];
        assert!(!agrees_with_reference(&runs));
    }
}
