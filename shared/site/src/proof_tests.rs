use domain::{AnswerLanguage, FixReason, Level, Lines};

use super::*;

const ENGLISH: Words = Words(AnswerLanguage::English);
const GERMAN: Words = Words(AnswerLanguage::German);
const CHINESE: Words = Words(AnswerLanguage::Chinese);

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
        tests: vec![
            sample(1),
            sample(2),
            test(TestSource::FailingInput, 1),
            test(TestSource::Hunt, 1),
        ],
        fresh_inputs: 84,
        by_reference: true,
        repairs: 1,
        lines_dropped: 2,
        ..Verification::default()
    };
    assert_eq!(
        ran(ENGLISH, &verification).join(", "),
        "2 samples, your input, 1 found input, 84 further inputs, decided by the program you gave, 1 repair, 2 lines left out as unneeded"
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
            "Without this change, on Sample 1 the program answers `5` instead of `4`.".to_owned(),
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

#[test]
fn a_hunted_input_is_this_input_and_a_test_has_its_name() {
    let outcome = run(
        RunVerdict::WrongAnswer,
        "5",
        Some(Difference {
            expected: Some((0, 1)),
            actual: Some((0, 1)),
        }),
    );
    let hunted = Failing {
        input: "3\n1 1 2\n",
        expected: Some("4\n"),
        outcome: &outcome,
        level: Level::Agreed,
        is_hunted: true,
        is_guessed: false,
        test: None,
    };
    let suggested = Failing {
        level: Level::Suggested,
        ..hunted
    };
    let said = [ENGLISH, GERMAN, CHINESE].map(|words| text(evidence(words, &suggested, &[])));
    assert_eq!(
        said,
        [
            "Your program answers `5` on this input; a program written from the statement answers `4`. Input: `3 1 1 2`",
            "Dein Programm antwortet bei dieser Eingabe `5`; ein aus der Aufgabenstellung geschriebenes Programm antwortet `4`. \
             Eingabe: `3 1 1 2`",
            "在这个输入上，你的程序输出 `5`，一个按题面编写的程序输出 `4`。 输入: `3 1 1 2`"
        ]
    );
    assert_eq!(
        text(evidence(ENGLISH, &hunted, &[])),
        "Your program answers `5` on this input; right is `4`. Input: `3 1 1 2`"
    );
    let tests = [test(TestSource::Given, 2)];
    let given = Failing {
        is_hunted: false,
        test: Some(0),
        ..hunted
    };
    assert_eq!(
        text(evidence(ENGLISH, &given, &tests)),
        "On Sample 2 your program answers `5` instead of `4`. Input: `3 1 1 2`"
    );
    assert!(uncompiled(ENGLISH, &tests).is_none());
}
