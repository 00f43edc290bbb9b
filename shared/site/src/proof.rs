//! How much a fix is worth and what was run, in words: the same in pages and in reports.

use domain::{
    Difference, FixStatus, NeededChange, Outcome, RunVerdict, Test, TestSource, Verification,
    limits,
};

use super::Words;

/// Bytes of somebody else's text that stand within a sentence.
const QUOTE_BYTES: usize = 60;

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Our words.
    Text(String),
    /// Text that a program read or wrote.
    Code(String),
}

/// The short word for a status.
#[must_use]
pub fn status(words: Words, status: FixStatus) -> &'static str {
    let key = format!("proof.{status}");
    words.find(&key).unwrap_or(status.as_str())
}

/// Says what the status means: the reason, if there is one.
#[must_use]
pub fn sentence(words: Words, verification: &Verification) -> &'static str {
    let of_reason = verification
        .reason
        .and_then(|reason| words.find(&format!("reason.{reason}")));
    let of_status = || {
        let status = verification.status?;
        words.find(&format!("proof.{status}.text"))
    };
    of_reason.or_else(of_status).unwrap_or_default()
}

/// The verdict of a run in words.
#[must_use]
pub fn verdict(words: Words, verdict: RunVerdict) -> &'static str {
    let key = format!("verdict.{}", verdict.as_str().to_lowercase());
    words.find(&key).unwrap_or(verdict.as_str())
}

/// Name of a test, as a title.
#[must_use]
pub fn title(words: Words, test: &Test) -> String {
    match test.source {
        TestSource::FailingInput => words.get("runs.failing").to_owned(),
        TestSource::Hunt => words.fill("runs.hunt", test.number),
        TestSource::Settled => words.fill("runs.settled", test.number),
        TestSource::Given | TestSource::Statement => {
            format!("{} {}", words.get("problem.sample"), test.number)
        }
    }
}

/// Name of a test within a sentence.
fn name(words: Words, test: &Test) -> String {
    match test.source {
        TestSource::FailingInput => words.get("proof.failing").to_owned(),
        TestSource::Given | TestSource::Statement | TestSource::Hunt | TestSource::Settled => {
            title(words, test)
        }
    }
}

/// The runs and the work on the fix, in a few words each.
#[must_use]
pub fn ran(words: Words, verification: &Verification) -> Vec<String> {
    let is_given = |test: &&Test| test.source == TestSource::FailingInput;
    let given = verification.tests.iter().filter(is_given).count();
    let is_sample = |test: &&Test| matches!(test.source, TestSource::Given | TestSource::Statement);
    let samples = verification.tests.iter().filter(is_sample).count();
    let count = |one: &str, many: &str, number: usize| match number {
        0 => None,
        1 => Some(words.get(one).to_owned()),
        number => Some(words.fill(many, number)),
    };
    let fresh = verification.fresh_inputs;
    let of_reference = verification.by_reference && fresh > 0;
    [
        count("proof.samples.one", "proof.samples", samples),
        (given > 0).then(|| words.get("proof.failing").to_owned()),
        count("proof.fresh.one", "proof.fresh", fresh),
        of_reference.then(|| words.get("proof.reference").to_owned()),
        count("proof.repairs.one", "proof.repairs", verification.repairs),
        count(
            "proof.dropped.one",
            "proof.dropped",
            verification.lines_dropped,
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Why a change is needed, unless its test is not there.
#[must_use]
pub fn needed(words: Words, change: &NeededChange, tests: &[Test]) -> Option<Vec<Part>> {
    let test = tests.get(change.test)?;
    Some(said(words, "why", test, &change.without))
}

/// The shortest test that the program itself fails, by its place, and how it fails it.
#[must_use]
pub fn evidence(words: Words, verification: &Verification) -> Option<(usize, Vec<Part>)> {
    let fails = |test: &Test| test.before.as_ref().is_some_and(Outcome::is_failed);
    let tests = verification.tests.iter().enumerate();
    let (place, test) = tests
        .filter(|(_, test)| fails(test))
        .min_by_key(|(_, test)| test.input.len())?;
    let mut parts = said(words, "yours", test, test.before.as_ref()?);
    parts.extend(input(words, test).into_iter().flatten());
    Some((place, parts))
}

/// The input of a test behind a sentence, unless it is empty.
fn input(words: Words, test: &Test) -> Option<[Part; 2]> {
    let input = test.input.split_whitespace().take(QUOTE_BYTES);
    let input = quote(&input.collect::<Vec<_>>().join(" "));
    let lead = format!(" {}: ", words.get("problem.input"));
    (!input.is_empty()).then_some([Part::Text(lead), Part::Code(input)])
}

/// The test that speaks most against a fix, and how the fix fails it.
#[must_use]
pub fn against(words: Words, verification: &Verification) -> Option<Vec<Part>> {
    let fails = |test: &&Test| test.after.as_ref().is_some_and(|run| !run.is_accepted());
    let breaks =
        |test: &&Test| fails(test) && test.before.as_ref().is_some_and(Outcome::is_accepted);
    let tests = &verification.tests;
    let test = tests
        .iter()
        .find(breaks)
        .or_else(|| tests.iter().find(fails))?;
    let mut parts = said(words, "fails", test, test.after.as_ref()?);
    parts.extend(input(words, test).into_iter().flatten());
    Some(parts)
}

/// The result of a run on a test, by the sentences whose keys begin with `kind`.
fn said(words: Words, kind: &str, test: &Test, run: &Outcome) -> Vec<Part> {
    let name = || Part::Text(name(words, test));
    let Difference { expected, actual } = run.difference.unwrap_or(Difference {
        expected: None,
        actual: None,
    });
    let expected = token(test.expected.as_deref().unwrap_or_default(), expected);
    let actual = token(&run.output, actual);
    let (form, values) = match (run.verdict, actual, expected) {
        (RunVerdict::CompileError, ..) => ("compile", Vec::new()),
        (RunVerdict::WrongAnswer, Some(actual), Some(expected)) => (
            "answers",
            vec![name(), Part::Code(actual), Part::Code(expected)],
        ),
        (RunVerdict::WrongAnswer, Some(actual), None) => ("more", vec![name(), Part::Code(actual)]),
        (RunVerdict::WrongAnswer, None, Some(expected)) => {
            ("less", vec![name(), Part::Code(expected)])
        }
        (other, ..) => (
            "other",
            vec![name(), Part::Text(verdict(words, other).to_owned())],
        ),
    };
    filled(words.get(&format!("{kind}.{form}")), values)
}

/// The text with each `{}` filled in by the next value.
fn filled(text: &str, values: Vec<Part>) -> Vec<Part> {
    let mut values = values.into_iter();
    let mut parts = Vec::new();
    for (place, piece) in text.split("{}").enumerate() {
        if place > 0 {
            parts.extend(values.next());
        }
        if !piece.is_empty() {
            parts.push(Part::Text(piece.to_owned()));
        }
    }
    parts
}

/// The part of a text that a difference is in. The text may have been cut after it was compared.
fn token(text: &str, range: Option<(usize, usize)>) -> Option<String> {
    let (start, end) = range?;
    let token = text.get(start..end.min(text.len()))?;
    Some(quote(token)).filter(|token| !token.is_empty())
}

fn quote(text: &str) -> String {
    let short = limits::cut(text, QUOTE_BYTES);
    if short.len() == text.len() {
        text.to_owned()
    } else {
        format!("{short}…")
    }
}

#[cfg(test)]
mod tests {
    use domain::{AnswerLanguage, FixReason, Lines};

    use super::*;

    const ENGLISH: Words = Words(AnswerLanguage::English);

    fn test(source: TestSource, number: usize) -> Test {
        Test {
            source,
            number,
            input: "1\n2\n".to_owned(),
            expected: Some("3 4\n".to_owned()),
            by_reference: false,
            level: None,
            before: None,
            after: None,
        }
    }

    fn run(verdict: RunVerdict, output: &str, difference: Option<Difference>) -> Outcome {
        Outcome {
            output: output.to_owned(),
            difference,
            ..Outcome::not_run(verdict)
        }
    }

    fn text(parts: Vec<Part>) -> String {
        let part = |part| match part {
            Part::Text(text) => text,
            Part::Code(code) => format!("`{code}`"),
        };
        parts.into_iter().map(part).collect()
    }

    #[test]
    fn what_was_run_is_counted() {
        let sample = |number| test(TestSource::Statement, number);
        let mut verification = Verification {
            tests: vec![sample(1), sample(2), test(TestSource::FailingInput, 1)],
            fresh_inputs: 84,
            by_reference: true,
            repairs: 1,
            lines_dropped: 2,
            ..Verification::default()
        };
        assert_eq!(
            ran(ENGLISH, &verification).join(", "),
            "2 samples, your input, 84 further inputs, decided by the program you gave, 1 repair, 2 lines left out as unneeded"
        );
        verification.tests.truncate(1);
        (verification.fresh_inputs, verification.repairs) = (0, 0);
        assert_eq!(
            ran(ENGLISH, &verification),
            ["1 sample", "2 lines left out as unneeded"]
        );
        assert!(ran(ENGLISH, &Verification::default()).is_empty());
    }

    #[test]
    fn every_status_and_every_reason_has_words_in_every_language() {
        for (language, _) in Words::LANGUAGES {
            let words = Words(language);
            for status in FixStatus::ALL {
                assert!(words.find(&format!("proof.{status}")).is_some(), "{status}");
                let verification = Verification {
                    status: Some(*status),
                    ..Verification::default()
                };
                assert!(!sentence(words, &verification).is_empty(), "{status}");
            }
            for reason in FixReason::ALL {
                assert!(
                    words.find(&format!("reason.{reason}")).is_some(),
                    "{reason}"
                );
            }
            for verdict in RunVerdict::ALL {
                assert_ne!(super::verdict(words, *verdict), verdict.as_str());
            }
        }
    }

    #[test]
    fn a_change_is_needed_for_what_the_program_does_without_it() {
        let tests = [
            test(TestSource::Given, 1),
            test(TestSource::FailingInput, 1),
        ];
        let long = "9".repeat(100);
        let both = |expected, actual| Some(Difference { expected, actual });
        for (place, without, said) in [
            (
                0,
                run(
                    RunVerdict::WrongAnswer,
                    "3 5",
                    both(Some((2, 3)), Some((2, 3))),
                ),
                "Without this change, on Sample 1 the program answers `5` instead of `4`."
                    .to_owned(),
            ),
            (
                1,
                run(
                    RunVerdict::WrongAnswer,
                    &long,
                    both(Some((0, 1)), Some((0, 100))),
                ),
                format!(
                    "Without this change, on your input the program answers `{}…` instead of `3`.",
                    &long[..60]
                ),
            ),
            (
                0,
                run(RunVerdict::WrongAnswer, "3", both(Some((2, 3)), None)),
                "Without this change, on Sample 1 the program leaves out `4`.".to_owned(),
            ),
            (
                0,
                run(RunVerdict::WrongAnswer, "3 4 x", both(None, Some((4, 5)))),
                "Without this change, on Sample 1 the program answers `x` too much.".to_owned(),
            ),
            (
                0,
                run(RunVerdict::CompileError, "", None),
                "Without this change the program does not compile.".to_owned(),
            ),
            (
                0,
                run(RunVerdict::TimeLimit, "", None),
                "Without this change, the program ends on Sample 1 with: Time Limit Exceeded."
                    .to_owned(),
            ),
            // A range that is not in the text, or within a character.
            (
                0,
                run(
                    RunVerdict::WrongAnswer,
                    "é",
                    both(Some((90, 99)), Some((1, 2))),
                ),
                "Without this change, the program ends on Sample 1 with: Wrong Answer.".to_owned(),
            ),
        ] {
            let lines = Lines { start: 1, end: 1 };
            let change = NeededChange {
                lines,
                test: place,
                without,
            };
            assert_eq!(text(needed(ENGLISH, &change, &tests).unwrap()), said);
        }
        let change = NeededChange {
            lines: Lines { start: 1, end: 1 },
            test: 2,
            without: run(RunVerdict::Skipped, "", None),
        };
        assert!(needed(ENGLISH, &change, &tests).is_none());
    }

    #[test]
    fn a_test_that_only_the_fix_fails_speaks_most_against_it() {
        let with = |number, before, after| Test {
            before: Some(run(before, "", None)),
            after: Some(run(after, "", None)),
            ..test(TestSource::Statement, number)
        };
        let verification = Verification {
            tests: vec![
                with(1, RunVerdict::WrongAnswer, RunVerdict::RuntimeError),
                with(2, RunVerdict::Accepted, RunVerdict::TimeLimit),
            ],
            ..Verification::default()
        };
        assert_eq!(
            text(against(ENGLISH, &verification).unwrap()),
            "The fix ends on Sample 2 with: Time Limit Exceeded. Input: `1 2`"
        );
        assert!(against(ENGLISH, &Verification::default()).is_none());
    }
}
