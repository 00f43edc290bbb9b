//! Runs in words, for the model.

use domain::{FileName, Level, Outcome, RunVerdict, Test, TestSource, Verification, limits};

use super::verdict::{fails_before, is_by_checker, passes, smallest_failing};

/// Bytes of an input, of an output, and of error output and compiler's messages.
const INPUT_BYTES: usize = 2000;
const OUTPUT_BYTES: usize = 1000;
const ERRORS_BYTES: usize = 1500;
/// Bytes of a fix that is shown as a diff.
const DIFF_BYTES: usize = 16 * 1024;

/// The name of the part of the data that tells of the runs.
pub(crate) const RUNS: &str = "what happened when the program was run";

/// Facts for the analysis.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// Parts of the data: names and contents.
    pub(crate) parts: Vec<(&'static str, String)>,
    /// How the program fails, if it was run and fails, in a few words.
    pub(crate) failure: Option<String>,
}

/// The runs of the submitted program. `any_answer` says that another output than the expected one may be right too, `is_guessed` that the
/// problem may not allow the inputs of the hunt.
pub(super) fn of_program(found: &Verification, any_answer: bool, is_guessed: bool) -> Evidence {
    if !found.compiler.is_empty() {
        let messages = limits::cut(&found.compiler, ERRORS_BYTES);
        let text = format!("As {}, it does not compile:\n{messages}", found.language);
        return Evidence {
            parts: vec![(RUNS, text)],
            failure: Some("it does not compile".to_owned()),
        };
    }
    let is_failure = |test: &&Test| {
        let is_excused = any_answer
            && !is_by_checker(test)
            && verdict_of(test.before.as_ref()) == Some(RunVerdict::WrongAnswer);
        let is_sure = test.level.is_none_or(Level::is_proof)
            && !(is_guessed && test.source == TestSource::Hunt);
        fails_before(test) && !is_excused && is_sure
    };
    let run = found.tests.iter().filter(|test| test.before.is_some());
    let count = run.clone().count();
    if count == 0 {
        return Evidence::default();
    }
    let passed = run.filter(|test| passes(test.before.as_ref())).count();
    let mut text = format!("It was run as {} on {count} inputs", found.language);
    if let Some(limits) = found.limits {
        text.push_str(&format!(
            ", each with {} ms and {} MB",
            limits.time_ms, limits.memory_mb
        ));
    }
    text.push_str(&format!(". It does as it should on {passed} of them.\n"));
    for test in found.tests.iter().filter(|test| fails_before(test)) {
        text.push_str(&format!(
            "- {}: {}\n",
            name(test),
            result(test.before.as_ref())
        ));
    }
    if any_answer {
        text.push_str("Several outputs may be right: an output other than the expected one is not wrong for that alone.\n");
    }
    if let Some((test, outcome)) = smallest_failing(found.tests.iter(), |test| test.before.as_ref())
    {
        text.push_str(&format!("\n{}", failing(test, &outcome)));
    }
    let failed = found.tests.iter().find(is_failure);
    Evidence {
        parts: vec![(RUNS, text)],
        failure: failed.map(|test| format!("{} on {}", result(test.before.as_ref()), name(test))),
    }
}

/// The runs of a fix that does not pass all of these tests, or does not compile, as `compiler` says then.
pub(super) fn of_fix<'a>(
    tests: impl Iterator<Item = &'a Test>,
    compiler: &str,
    original: &str,
    fixed: &str,
) -> Evidence {
    let diff = diff::unified(original, fixed, &FileName::of_language(""));
    let mut parts = vec![(
        "the fix that was tried",
        limits::cut(&diff, DIFF_BYTES).to_owned(),
    )];
    let shown = if compiler.is_empty() {
        smallest_failing(tests, |test| test.after.as_ref())
            .map(|(test, outcome)| failing(test, &outcome))
    } else {
        let messages = limits::cut(compiler, ERRORS_BYTES);
        Some(format!("It does not compile:\n{messages}"))
    };
    parts.push((
        "what happened when the fixed program was run",
        shown.unwrap_or_default(),
    ));
    Evidence {
        parts,
        failure: Some("the submitted program fails a test".to_owned()),
    }
}

fn verdict_of(run: Option<&Outcome>) -> Option<RunVerdict> {
    run.map(|run| run.verdict)
}

fn name(test: &Test) -> String {
    match test.source {
        TestSource::Given | TestSource::Statement => format!("sample {}", test.number),
        TestSource::FailingInput => "the input on which it fails".to_owned(),
        TestSource::Hunt => format!("an input that was found by trying many ({})", test.number),
        TestSource::Settled => format!("an input that the contestant answered ({})", test.number),
    }
}

/// The verdict of a run in words, with what is known of it.
fn result(run: Option<&Outcome>) -> String {
    let Some(run) = run else {
        return "not run".to_owned();
    };
    let verdict = match run.verdict {
        RunVerdict::Accepted => "right",
        RunVerdict::WrongAnswer => "Wrong Answer",
        RunVerdict::TimeLimit => "Time Limit Exceeded",
        RunVerdict::MemoryLimit => "Memory Limit Exceeded",
        RunVerdict::RuntimeError => "Runtime Error",
        RunVerdict::OutputLimit => "Output Limit Exceeded",
        RunVerdict::CompileError => "Compile Error",
        RunVerdict::Skipped => "not run",
    };
    match (&run.signal, run.exit_code) {
        (Some(signal), _) => format!("{verdict} ({signal})"),
        (None, Some(code)) if code != 0 => format!("{verdict} (exit code {code})"),
        _ => verdict.to_owned(),
    }
}

/// A failing run with all that was put in and came out.
fn failing(test: &Test, outcome: &Outcome) -> String {
    let mut text = format!(
        "The smallest input on which it fails is {}: {}\nInput:\n{}\n",
        name(test),
        result(Some(outcome)),
        shown(&test.input, INPUT_BYTES)
    );
    if let Some(expected) = &test.expected {
        text.push_str(&format!(
            "Expected output:\n{}\n",
            shown(expected, OUTPUT_BYTES)
        ));
    }
    if let Some(level) = test.level {
        text.push_str(how_sure(level));
        text.push('\n');
    }
    text.push_str(&format!(
        "Actual output:\n{}\n",
        shown(&outcome.output, OUTPUT_BYTES)
    ));
    if !outcome.errors.trim().is_empty() {
        let errors = outcome.errors.trim_end();
        let start = errors.ceil_char_boundary(errors.len().saturating_sub(ERRORS_BYTES));
        text.push_str(&format!("End of its error output:\n{}\n", &errors[start..]));
    }
    text
}

/// How sure it is that a program is wrong on an input that was found, in a sentence.
const fn how_sure(level: Level) -> &'static str {
    match level {
        Level::Given => "The statement or the contestant gives that output: it is right.",
        Level::Reference => {
            "A program that the contestant says is right prints that output. The input was made after the form of the samples: if the \
             statement does not allow it, it shows no mistake."
        }
        Level::Agreed => {
            "Two programs that were written from the statement independently print that output: it is most likely right."
        }
        Level::Checked => {
            "A check that was written from the statement refuses what the program does there, or the program does not end in order \
             there: it is most likely wrong."
        }
        Level::Suggested => {
            "One program that was written from the statement prints that output, and may itself be wrong: work the input out by hand \
             before you believe it."
        }
    }
}

fn shown(text: &str, bytes: usize) -> String {
    let text = text.trim_end();
    if text.is_empty() {
        "(nothing)".to_owned()
    } else if text.len() > bytes {
        format!("{}\n(and more)", limits::cut(text, bytes))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use domain::RunLimits;

    use super::*;
    use crate::verification::sample::{printed, run, test};

    fn found() -> Verification {
        let mut wrong = test("5 6\n", "11\n");
        wrong.before = Some(Outcome {
            verdict: RunVerdict::WrongAnswer,
            ..printed("-1\n")
        });
        let mut crash = test("1\n", "1\n");
        crash.number = 2;
        crash.before = Some(Outcome {
            exit_code: Some(1),
            errors: format!(
                "{}\nIndexError: list index out of range\n",
                "x".repeat(5000)
            ),
            ..run(RunVerdict::RuntimeError)
        });
        let mut right = test("0 0\n", "0\n");
        right.before = Some(printed("0\n"));
        Verification {
            language: "Python 3.12".to_owned(),
            limits: Some(RunLimits::default()),
            tests: vec![wrong, crash, right],
            ..Verification::default()
        }
    }

    #[test]
    fn the_facts_are_told_in_a_few_kilobytes() {
        let evidence = of_program(&found(), false, false);
        let (name, text) = &evidence.parts[0];
        assert_eq!(*name, RUNS);
        for fact in [
            "Python 3.12 on 3 inputs, each with 2000 ms and 256 MB",
            "1 of them",
            "- sample 1: Wrong Answer\n",
            "- sample 2: Runtime Error (exit code 1)\n",
            "Input:\n1\nExpected output:\n1\nActual output:\n(nothing)",
            "IndexError: list index out of range",
        ] {
            assert!(text.contains(fact), "{fact}: {text}");
        }
        assert!(text.len() < 4000);
        assert_eq!(
            evidence.failure.as_deref(),
            Some("Wrong Answer on sample 1")
        );

        let mut large = found();
        large.tests[1].input = "长".repeat(30_000);
        large.tests[1].expected = Some("8".repeat(60_000));
        large.tests[0].before = Some(printed("11"));
        assert!(of_program(&large, false, false).parts[0].1.len() < 6000);
    }

    #[test]
    fn another_output_is_no_failure_where_several_are_right() {
        let mut found = found();
        assert_eq!(
            of_program(&found, true, false).failure.as_deref(),
            Some("Runtime Error (exit code 1) on sample 2")
        );
        found.tests[1].before = Some(printed("1"));
        assert_eq!(of_program(&found, true, false).failure, None);
    }

    #[test]
    fn how_sure_a_found_input_is_is_told() {
        let mut found = found();
        found.tests.truncate(1);
        let mut test = found.tests.remove(0);
        test.source = TestSource::Hunt;
        for (level, words) in [
            (Level::Suggested, "may itself be wrong"),
            (Level::Agreed, "independently"),
        ] {
            test.level = Some(level);
            let found = Verification {
                tests: vec![test.clone()],
                ..found.clone()
            };
            let evidence = of_program(&found, false, false);
            assert!(evidence.parts[0].1.contains(words), "{level}");
            // One program's word is no fact to insist on.
            assert_eq!(evidence.failure.is_some(), level.is_proof());
            // Neither is an input that the problem may not allow.
            assert_eq!(of_program(&found, false, true).failure, None);
        }
    }

    #[test]
    fn nothing_is_told_where_nothing_was_run() {
        assert_eq!(
            of_program(&Verification::default(), false, false),
            Evidence::default()
        );
        let broken = Verification {
            compiler: "error: expected ';'".to_owned(),
            ..Verification::default()
        };
        assert!(
            of_program(&broken, false, false).parts[0]
                .1
                .contains("expected ';'")
        );
    }

    #[test]
    fn a_fix_is_shown_with_its_smallest_failure() {
        let mut found = found();
        for test in &mut found.tests {
            test.after = test.before.clone();
        }
        let evidence = of_fix(found.tests.iter(), "", "a\nb\n", "a\nc\n");
        assert!(evidence.parts[0].1.contains("-b\n+c\n"));
        assert!(
            evidence.parts[1].1.contains("sample 2"),
            "{:?}",
            evidence.parts[1]
        );
        let evidence = of_fix(found.tests.iter(), "no such thing", "a", "b");
        assert!(evidence.parts[1].1.contains("no such thing"));
    }
}
