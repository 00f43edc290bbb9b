use domain::{AnswerLanguage, Difference, FixStatus, Lines, NeededChange};

use super::*;
use crate::worth::Proof;

const ENGLISH: Words = Words(AnswerLanguage::English);

fn run(verdict: RunVerdict, output: &str) -> Outcome {
    Outcome {
        output: output.to_owned(),
        ..Outcome::not_run(verdict)
    }
}

fn test(input: &str, expected: Option<&str>, before: Outcome) -> Test {
    Test {
        source: TestSource::Given,
        number: 1,
        input: input.to_owned(),
        expected: expected.map(str::to_owned),
        by_reference: false,
        level: None,
        before: Some(before),
        after: None,
    }
}

fn view(tests: Vec<Test>) -> RunsView {
    let verification = Verification {
        tests,
        ..Verification::default()
    };
    RunsView::of(&verification, ENGLISH).unwrap()
}

fn text<'a>(test: &'a TestView, title: &str) -> &'a Excerpt {
    let body = test.body.as_ref().unwrap();
    let found = body.texts.iter().find(|(other, _)| *other == title);
    &found.unwrap().1
}

fn differing(expected: Option<(usize, usize)>, actual: Option<(usize, usize)>) -> Outcome {
    Outcome {
        difference: Some(Difference { expected, actual }),
        ..run(RunVerdict::WrongAnswer, "1 3\n")
    }
}

#[test]
fn the_first_difference_is_marked_on_both_sides() {
    let wrong = differing(Some((2, 3)), Some((2, 3)));
    let view = view(vec![test("x", Some("1 2\n"), wrong)]);
    let expected = text(&view.tests[0], "runs.expected");
    assert_eq!(expected.html.to_string(), "1 <mark>2</mark>");
    let actual = text(&view.tests[0], "runs.actual");
    assert_eq!(actual.html.to_string(), "1 <mark>3</mark>");
    assert!(view.tests[0].open && !actual.ended && !actual.cut_after);
}

#[test]
fn a_side_that_has_ended_says_so() {
    let less = Outcome {
        output: "1\n".to_owned(),
        ..differing(Some((2, 3)), None)
    };
    let view = view(vec![test("x", Some("1 2\n"), less)]);
    assert!(text(&view.tests[0], "runs.actual").ended);
    assert!(!text(&view.tests[0], "runs.expected").ended);
}

#[test]
fn ranges_that_are_not_in_the_text_mark_nothing() {
    for (expected, actual) in [
        (Some((90, 99)), Some((4, 4))),
        (Some((3, 2)), Some((usize::MAX, usize::MAX))),
        (Some((0, usize::MAX)), Some((1, 2))),
    ] {
        let wrong = Outcome {
            output: "é\u{fffd}".to_owned(),
            ..differing(expected, actual)
        };
        let view = view(vec![test("x", Some("1 2"), wrong)]);
        let actual = text(&view.tests[0], "runs.actual").html.to_string();
        assert_eq!(actual, "é\u{fffd}");
    }
}

#[test]
fn a_long_text_is_shown_around_its_difference() {
    let long = "12345 é\n".repeat(2000);
    let at = long.len() - 9;
    let wrong = Outcome {
        output: long.clone(),
        output_cut: true,
        ..differing(Some((at, at + 5)), Some((at, at + 5)))
    };
    let view = view(vec![test(&long, Some(&long), wrong)]);
    let (input, actual) = (
        text(&view.tests[0], "problem.input"),
        text(&view.tests[0], "runs.actual"),
    );
    assert!(!input.cut_before && input.cut_after);
    assert!(actual.cut_before && actual.cut_after);
    for shown in [input, actual] {
        assert!(shown.html.len() <= SHOWN_BYTES + 20);
    }
    assert!(actual.html.to_string().contains("<mark>12345</mark> é"));
    // A token that is longer than what is shown.
    let token = "9".repeat(3 * SHOWN_BYTES);
    let wrong = Outcome {
        output: token.clone(),
        ..differing(Some((0, 1)), Some((0, token.len())))
    };
    let view = self::view(vec![test("x", Some("1"), wrong)]);
    let actual = text(&view.tests[0], "runs.actual").html.to_string();
    assert_eq!(actual.len(), SHOWN_BYTES + "<mark></mark>".len());
}

#[test]
fn a_page_shows_so_much_and_the_failure_first() {
    let long = "1\n".repeat(5000);
    let mut tests: Vec<_> = (0..120)
        .map(|_| test(&long, Some(&long), run(RunVerdict::Accepted, &long)))
        .collect();
    tests[119].before = Some(run(RunVerdict::TimeLimit, &long));
    let view = view(tests);
    assert!(view.short && view.tests.len() == 120);
    assert!(view.bytes() < PAGE_BYTES + 64 * 1024);
    let open: Vec<_> = view.tests.iter().filter(|test| test.open).collect();
    assert_eq!(open.len(), 1);
    assert!(open[0].number == 120 && open[0].body.is_some());
}

#[test]
fn an_end_in_order_is_not_called_accepted() {
    let ended = test("x", None, run(RunVerdict::Accepted, "7\n"));
    let view = view(vec![ended]);
    let (_, run) = &view.tests[0].runs[0];
    assert_eq!((run.label, run.words), ("OK", "Exited normally"));
    let notes = &view.tests[0].body.as_ref().unwrap().notes;
    assert!(notes[0].starts_with("The expected output is not known"));
}

#[test]
fn endings_are_said_in_words() {
    let crashed = Outcome {
        signal: Some("segmentation fault".to_owned()),
        errors: "é".repeat(SHOWN_BYTES),
        near_limit: true,
        ..run(RunVerdict::RuntimeError, "")
    };
    let exited = Outcome {
        exit_code: Some(3),
        white_space_differs: true,
        ..run(RunVerdict::RuntimeError, "")
    };
    let view = view(vec![
        test("x", Some("1"), crashed),
        test("x", Some("1"), exited),
    ]);
    let notes = |at: usize| view.tests[at].body.as_ref().unwrap().notes.join(" ");
    assert!(notes(0).starts_with("Ended by a signal: segmentation fault It took longer"));
    assert_eq!(notes(1), "Exit code 3 Only the white space differs.");
    assert!(text(&view.tests[0], "runs.actual").empty);
    assert!(text(&view.tests[0], "runs.errors").html.len() <= SHOWN_BYTES);
}

#[test]
fn nothing_that_a_program_reads_or_writes_is_markup() {
    let evil = "<script>alert(1)</script>";
    let all = Some((0, evil.len()));
    let outcome = Outcome {
        output: evil.to_owned(),
        errors: evil.to_owned(),
        signal: Some(evil.to_owned()),
        difference: Some(Difference {
            expected: all,
            actual: all,
        }),
        ..run(RunVerdict::WrongAnswer, "")
    };
    let verification = Verification {
        status: Some(FixStatus::Failed),
        language: evil.to_owned(),
        compiler: evil.to_owned(),
        tests: vec![Test {
            after: Some(outcome.clone()),
            ..test(evil, Some(evil), outcome.clone())
        }],
        changes: vec![NeededChange {
            lines: Lines { start: 1, end: 1 },
            test: 0,
            without: outcome,
        }],
        ..Verification::default()
    };
    let view = RunsView::of(&verification, ENGLISH).unwrap();
    let proof = Proof::of(&verification, ENGLISH).unwrap();
    let needed = crate::worth::explain(&mut [], Some(&verification), ENGLISH);
    let texts = view.tests[0].body.iter().flat_map(|body| &body.texts);
    let html: Vec<_> = texts
        .map(|(_, text)| text.html.to_string())
        .chain(proof.against.map(|against| against.to_string()))
        .chain(needed.iter().map(|needed| needed.why.to_string()))
        .collect();
    assert_eq!(html.len(), 8);
    for part in html {
        assert!(
            part.contains("&lt;script&gt;") && !part.contains("<script"),
            "{part}"
        );
    }
}
