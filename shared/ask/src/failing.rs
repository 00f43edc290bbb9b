//! The input on which the program fails, in the terminal.

use domain::{Failing, Hunt, HuntEnding, Level, RunVerdict, Verification, limits};

use crate::{
    submission::Submission,
    terminal::{Style, clean},
};

const BOLD: &str = "1";
const DIM: &str = "2";
const YELLOW: &str = "33";

/// Lines, and bytes, of a text that are shown.
const LINES: usize = 20;
const BYTES: usize = 2000;
/// Bytes of each answer of a dispute.
const ANSWER_BYTES: usize = 200;

/// The failing input with the answers to it, or how the hunt for one ended.
pub(crate) fn failing(submission: &Submission, style: Style) -> String {
    let tests = Verification::tests_of(submission.verification.as_ref());
    let hunt = submission.hunt.as_ref().map(|report| &report.hunt);
    let Some(found) = Failing::smallest(hunt, tests) else {
        return hunt.map(ending).unwrap_or_default();
    };
    let mut out = style.paint(BOLD, "Your program fails on this input");
    out.push_str(&format!(" ({}):\n{}", sure(&found), excerpt(found.input)));
    let run = found.outcome;
    match run.verdict {
        RunVerdict::WrongAnswer => {
            out.push_str(&style.paint(DIM, "It answers:"));
            out.push_str(&format!("\n{}", excerpt(&run.output)));
        }
        verdict => out.push_str(&format!("It ends with {verdict}.\n")),
    }
    if let Some(expected) = found.expected {
        let lead = match found.level {
            Level::Suggested => "A program written from the statement answers:",
            _ => "Right is:",
        };
        out.push_str(&style.paint(DIM, lead));
        out.push_str(&format!("\n{}", excerpt(expected)));
    }
    if found.is_guessed {
        let guessed =
            "The inputs were guessed from the samples: the problem may not allow this one.";
        out.push_str(&format!("{}\n", style.paint(YELLOW, guessed)));
    }
    if let Some(hunt) = hunt.filter(|_| found.is_hunted) {
        out.push_str(&format!("Inputs that were tried: {}.\n", hunt.inputs()));
    }
    out.push_str(&hunt.map(disputed).unwrap_or_default());
    out.push('\n');
    out
}

/// Says how a hunt ended that found no failing input.
fn ending(hunt: &Hunt) -> String {
    let nothing = match (hunt.ending, hunt.inputs()) {
        (HuntEnding::NothingFound, 1) => "No failing input: 1 input was tried.\n".to_owned(),
        (HuntEnding::NothingFound, inputs) => format!("No failing input among {inputs} inputs.\n"),
        _ => String::new(),
    };
    let said = nothing + &disputed(hunt);
    if said.is_empty() { said } else { said + "\n" }
}

/// Shows the input on which references disagree, if there is one, with both answers.
fn disputed(hunt: &Hunt) -> String {
    let Some(dispute) = hunt.open_dispute() else {
        return String::new();
    };
    let [first, second] = dispute.answers(ANSWER_BYTES);
    format!(
        "Disputed: the programs that were written from the statement disagree on this input; settle on the page which is right:\n\
         {}First answer:\n{}Second answer:\n{}",
        excerpt(&dispute.input),
        excerpt(&first.text),
        excerpt(&second.text)
    )
}

fn sure(found: &Failing<'_>) -> &'static str {
    match found.level {
        Level::Given => "confirmed: the right output is given",
        Level::Reference => "confirmed by the program you gave",
        Level::Agreed => {
            "corroborated: two programs written independently from the statement agree"
        }
        Level::Checked if found.outcome.verdict == RunVerdict::WrongAnswer => {
            "corroborated by a checker"
        }
        Level::Checked => "corroborated: it gives no answer",
        Level::Suggested => "suggested by one program written from the statement: check it by hand",
    }
}

/// The text with an indent, or its beginning.
fn excerpt(text: &str) -> String {
    if text.trim().is_empty() {
        return "    (nothing)\n".to_owned();
    }
    let short = limits::cut(text, BYTES);
    let mut out = String::new();
    for line in short.lines().take(LINES) {
        out.push_str(&format!("    {}\n", clean(line)));
    }
    if short.len() < text.len() || short.lines().count() > LINES {
        out.push_str("    …\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const PLAIN: Style = Style {
        colours: false,
        width: 60,
    };

    fn shown(hunt: &Value) -> String {
        let value = json!({ "status": "COMPLETED", "stages": { "hunt": { "result": hunt } } });
        failing(&Submission::read(&value).unwrap(), PLAIN)
    }

    fn found(verdict: &str, level: &str, expected: Value, guessed: bool) -> Value {
        let outcome = json!({ "verdict": verdict, "cpu_ms": 1, "memory_kb": 1, "exit_code": 0, "signal": null, "output": "5\u{7}\n",
            "output_cut": false, "errors": "", "difference": null, "near_limit": false, "white_space_differs": false });
        let counterexample = json!({ "input": "3\n1 1 2\n", "expected": expected, "outcome": outcome, "level": level,
            "tokens_found": 9, "tokens": 4 });
        json!({ "ending": "found", "guessed": guessed, "counterexample": counterexample, "dispute": null,
            "tried": [{ "kind": "tiny", "inputs": 12 }], "faults": [] })
    }

    #[test]
    fn the_failing_input_is_shown_with_both_answers() {
        assert_eq!(
            shown(&found("WA", "agreed", json!("4\n"), false)),
            "Your program fails on this input (corroborated: two programs written independently from the statement agree):\n    \
             3\n    1 1 2\nIt answers:\n    5\\u{7}\nRight is:\n    4\nInputs that were tried: 12.\n\n"
        );
        let crash = shown(&found("RE", "checked", Value::Null, true));
        assert!(
            crash.contains("(corroborated: it gives no answer)")
                && crash.contains("It ends with RE.\nThe inputs were guessed")
        );
    }

    #[test]
    fn a_dispute_is_shown_however_the_hunt_ended() {
        let said = "Disputed: the programs that were written from the statement disagree on this input; settle on the page which \
                    is right:\n    2\nFirst answer:\n    1\nSecond answer:\n    (nothing)\n\n";
        for ending in ["found", "disputed", "nothing_found"] {
            let mut hunt = found("WA", "suggested", json!("4\n"), false);
            hunt["ending"] = json!(ending);
            hunt["dispute"] = json!({ "input": "2\n", "first": "1\n", "second": "" });
            let shown = shown(&hunt);
            assert!(shown.ends_with(said), "{shown}");
            assert_eq!(
                shown.contains("A program written from the statement answers:\n    4\n"),
                ending == "found"
            );
            assert!(!shown.contains("Right is"));
        }
    }

    #[test]
    fn without_one_it_says_what_was_tried() {
        let mut hunt = found("WA", "agreed", Value::Null, false);
        (hunt["ending"], hunt["counterexample"]) = (json!("nothing_found"), Value::Null);
        assert_eq!(shown(&hunt), "No failing input among 12 inputs.\n\n");
        hunt["tried"][0]["inputs"] = json!(1);
        assert_eq!(shown(&hunt), "No failing input: 1 input was tried.\n\n");
        hunt["ending"] = json!("unusable");
        assert_eq!(shown(&hunt), "");
        assert_eq!(shown(&Value::Null), "");
        assert_eq!(excerpt(&"1\n".repeat(30)).lines().count(), LINES + 1);
    }
}
