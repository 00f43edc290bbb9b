//! The smallest input on which a submitted program fails.

use super::{Hunt, Level, Outcome, RunVerdict, Test, TestSource};

/// An input on which a submitted program fails.
#[derive(Clone, Copy, Debug)]
pub struct Failing<'a> {
    /// The input.
    pub input: &'a str,
    /// A right output, if it is known.
    pub expected: Option<&'a str>,
    /// The program's run.
    pub outcome: &'a Outcome,
    /// How sure it is that the program is wrong.
    pub level: Level,
    /// Whether a hunt found it.
    pub is_hunted: bool,
    /// Whether it was made after the samples alone, so that the problem may not allow it.
    pub is_guessed: bool,
    /// Its place among the tests, from 0, if it is one.
    pub test: Option<usize>,
}

impl<'a> Failing<'a> {
    /// The counterexample of a hunt, or else the shortest test that the program fails.
    #[must_use]
    pub fn smallest(hunt: Option<&'a Hunt>, tests: &'a [Test]) -> Option<Self> {
        hunt.and_then(|hunt| Self::of_hunt(hunt, tests))
            .or_else(|| {
                let failing = Self::of_tests(tests)?;
                let is_guessed = failing.is_hunted && hunt.is_some_and(|hunt| hunt.guessed);
                Some(Self {
                    is_guessed,
                    ..failing
                })
            })
    }

    fn of_hunt(hunt: &'a Hunt, tests: &[Test]) -> Option<Self> {
        hunt.found().map(|found| Self {
            input: &found.input,
            expected: found.expected.as_deref(),
            outcome: &found.outcome,
            level: found.level,
            is_hunted: true,
            is_guessed: hunt.guessed,
            test: tests.iter().position(|test| test.input == found.input),
        })
    }

    fn of_tests(tests: &'a [Test]) -> Option<Self> {
        let failed = tests.iter().enumerate().filter_map(|(place, test)| {
            let run = test.before.as_ref()?;
            // A program that does not compile fails on no input.
            let fails = run.is_failed() && run.verdict != RunVerdict::CompileError;
            fails.then_some((place, test, run))
        });
        let (place, test, outcome) = failed.min_by_key(|(_, test, _)| test.input.len())?;
        Some(Self {
            input: &test.input,
            expected: test.expected.as_deref(),
            outcome,
            level: test.level.unwrap_or(match &test.expected {
                None => Level::Checked,
                Some(_) if test.by_reference => Level::Reference,
                Some(_) => Level::Given,
            }),
            is_hunted: test.source == TestSource::Hunt,
            is_guessed: false,
            test: Some(place),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Counterexample, HuntEnding};

    fn test(input: &str, expected: Option<&str>, verdict: RunVerdict) -> Test {
        Test {
            source: TestSource::Given,
            number: 1,
            input: input.to_owned(),
            expected: expected.map(str::to_owned),
            by_reference: false,
            level: None,
            before: Some(Outcome::not_run(verdict)),
            after: None,
        }
    }

    fn hunt(ending: HuntEnding, input: &str) -> Hunt {
        Hunt {
            ending,
            guessed: false,
            counterexample: Some(Counterexample {
                input: input.to_owned(),
                expected: Some("4".to_owned()),
                outcome: Outcome::not_run(RunVerdict::WrongAnswer),
                level: Level::Agreed,
                tokens_found: 9,
                tokens: 4,
            }),
            dispute: None,
            tried: Vec::new(),
            faults: Vec::new(),
            unsteady: 0,
            complete: false,
        }
    }

    #[test]
    fn it_is_the_hunted_one_or_else_the_shortest_test() {
        let tests = [
            test("1 2 3", Some("6"), RunVerdict::WrongAnswer),
            test("1", Some("1"), RunVerdict::Accepted),
            test("1 2", None, RunVerdict::RuntimeError),
            test("", Some("0"), RunVerdict::CompileError),
            test("5", Some("0"), RunVerdict::Skipped),
        ];
        let found = Failing::smallest(None, &tests).unwrap();
        assert_eq!((found.input, found.level), ("1 2", Level::Checked));
        assert_eq!((found.test, found.is_hunted), (Some(2), false));
        let hunted = hunt(HuntEnding::Found, "1 2 3");
        let found = Failing::smallest(Some(&hunted), &tests).unwrap();
        assert_eq!((found.input, found.level), ("1 2 3", Level::Agreed));
        assert_eq!((found.test, found.is_hunted), (Some(0), true));
        let disputed = hunt(HuntEnding::Disputed, "x");
        assert!(Failing::smallest(Some(&disputed), &tests[1..2]).is_none());
        let given = Failing::smallest(None, &tests[..2]).unwrap();
        assert_eq!(given.level, Level::Given);
    }
}
