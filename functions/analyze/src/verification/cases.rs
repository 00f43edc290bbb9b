//! The tests of a submission.

use db::submissions::Submission;
use domain::{Problem, Test, TestSource, limits};
use judge_api::Case;

/// The tests: the user's samples, else those of the statement, the inputs that the user settled, and the user's failing input.
pub(super) fn tests(submission: &Submission, problem: Option<&Problem>) -> Vec<Test> {
    let test = |source, number, input: &str, expected: Option<&str>| Test {
        source,
        number,
        input: input.to_owned(),
        expected: expected.map(str::to_owned),
        by_reference: false,
        level: None,
        before: None,
        after: None,
    };
    let mut tests: Vec<Test> = if submission.samples.0.is_empty() {
        let samples = problem.into_iter().flat_map(|problem| &problem.samples);
        let samples = samples
            .filter(|sample| !sample.input.trim().is_empty() || !sample.output.trim().is_empty());
        (1..)
            .zip(samples.take(limits::GIVEN_SAMPLES))
            .map(|(number, sample)| {
                // A statement's sample without an output tells only that the program must end.
                let output =
                    Some(sample.output.as_str()).filter(|output| !output.trim().is_empty());
                test(TestSource::Statement, number, &sample.input, output)
            })
            .collect()
    } else {
        (1..)
            .zip(&submission.samples.0)
            .map(|(number, sample)| {
                test(
                    TestSource::Given,
                    number,
                    &sample.input,
                    Some(&sample.output),
                )
            })
            .collect()
    };
    let settled = (1..).zip(&submission.settled.0);
    tests.extend(settled.map(|(number, sample)| {
        test(
            TestSource::Settled,
            number,
            &sample.input,
            Some(&sample.output),
        )
    }));
    if let Some(input) = &submission.failing_input {
        tests.push(test(TestSource::FailingInput, 1, input, None));
    }
    tests
}

/// Whether two lists have the same inputs from the same places, whatever is known of them.
pub(super) fn are_alike(one: &[Test], other: &[Test]) -> bool {
    let key = |test: &Test| (test.source, test.number, test.input.clone());
    one.iter().map(key).eq(other.iter().map(key))
}

/// A case to run. Files of judges end with the end of a line.
pub(super) fn case(input: &str, expected: Option<&str>) -> Case {
    let mut input = input.to_owned();
    if !input.is_empty() && !input.ends_with('\n') {
        input.push('\n');
    }
    Case {
        input,
        expected: expected.map(str::to_owned),
    }
}

/// The cases of tests.
pub(super) fn cases(tests: &[Test]) -> Vec<Case> {
    tests
        .iter()
        .map(|test| case(&test.input, test.expected.as_deref()))
        .collect()
}

/// The cases of tests for a hunt, with the outputs that the user, the statement or the user's reference gives: what programs of a
/// model print is for the hunt to find out.
pub(super) fn known(tests: &[Test]) -> Vec<Case> {
    tests
        .iter()
        .map(|test| {
            let is_known =
                test.source != TestSource::Hunt && (test.level.is_none() || test.by_reference);
            case(&test.input, test.expected.as_deref().filter(|_| is_known))
        })
        .collect()
}

/// Takes out all that a hunt found: its tests, and outputs that programs of a model print.
pub(super) fn without_hunt(tests: &mut Vec<Test>) {
    tests.retain(|test| test.source != TestSource::Hunt);
    for test in tests {
        if test.level.take().is_some() && !test.by_reference {
            (test.expected, test.before, test.after) = (None, None, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{GivenSample, Level, Outcome, RunVerdict, Sample};

    use super::*;
    use crate::verification::sample::submission;

    fn problem(count: usize) -> Problem {
        let sample = |input: &str, output: &str| Sample {
            input: input.to_owned(),
            output: output.to_owned(),
            explanation: String::new(),
        };
        let mut samples = vec![sample(" ", "")];
        samples.extend((0..count).map(|n| sample(&n.to_string(), "1")));
        Problem {
            samples,
            ..Problem::default()
        }
    }

    #[test]
    fn samples_of_the_statement_are_used_where_the_user_gave_none() {
        let mut submission = submission("");
        submission.failing_input = Some("5".to_owned());
        let found = tests(&submission, Some(&problem(30)));
        assert_eq!(found.len(), limits::GIVEN_SAMPLES + 1);
        assert_eq!(
            (found[0].source, found[0].number),
            (TestSource::Statement, 1)
        );
        let last = found.last().unwrap();
        assert_eq!(
            (last.source, &last.expected),
            (TestSource::FailingInput, &None)
        );

        submission.samples.0 = vec![GivenSample {
            input: "9".to_owned(),
            output: "8".to_owned(),
        }];
        let found = tests(&submission, Some(&problem(30)));
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].source, found[0].input.as_str()),
            (TestSource::Given, "9")
        );
        assert!(are_alike(&found, &tests(&submission, None)));
        submission.samples.0.clear();
        assert!(!are_alike(&found, &tests(&submission, None)));
    }

    #[test]
    fn an_input_ends_its_last_line() {
        assert_eq!(case("1", None).input, "1\n");
        assert_eq!(case("1\n", Some("2")).input, "1\n");
        assert_eq!(case("", None).input, "");
    }

    #[test]
    fn outputs_of_a_models_programs_are_not_known() {
        let found = |source, level, by_reference| Test {
            source,
            level,
            by_reference,
            before: Some(Outcome::not_run(RunVerdict::WrongAnswer)),
            ..crate::verification::sample::test("1", "2")
        };
        let tests = vec![
            found(TestSource::Given, None, false),
            found(TestSource::Settled, None, false),
            found(TestSource::FailingInput, None, true),
            found(TestSource::FailingInput, Some(Level::Reference), true),
            found(TestSource::FailingInput, Some(Level::Agreed), false),
            found(TestSource::Hunt, Some(Level::Agreed), false),
            found(TestSource::Hunt, Some(Level::Reference), true),
        ];
        let known: Vec<bool> = known(&tests)
            .iter()
            .map(|case| case.expected.is_some())
            .collect();
        assert_eq!(known, [true, true, true, true, false, false, false]);

        let mut left = tests;
        without_hunt(&mut left);
        let left: Vec<_> = left
            .iter()
            .map(|test| (test.expected.is_some(), test.before.is_some()))
            .collect();
        let (kept, forgotten) = ((true, true), (false, false));
        assert_eq!(left, [kept, kept, kept, kept, forgotten]);
    }
}
