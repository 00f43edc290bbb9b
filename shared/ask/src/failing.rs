//! The input on which the program fails, in the terminal.

use domain::{Failing, Hunt, HuntEnding, Level, RunVerdict, limits};

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

/// The failing input with the answers to it, or how the hunt for one ended.
pub(crate) fn failing(submission: &Submission, style: Style) -> String {
    let tests = submission.verification.as_ref();
    let tests = tests.map_or(&[][..], |verification| &verification.tests);
    let hunt = submission.hunt.as_ref().map(|report| &report.hunt);
    let Some(found) = Failing::smallest(hunt, tests) else {
        return hunt.map(nothing).unwrap_or_default();
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
        out.push_str(&style.paint(DIM, "Right is:"));
        out.push_str(&format!("\n{}", excerpt(expected)));
    }
    if let Some(hunt) = hunt.filter(|_| found.is_hunted) {
        if hunt.guessed {
            let guessed =
                "The inputs were guessed from the samples: the problem may not allow this one.";
            out.push_str(&format!("{}\n", style.paint(YELLOW, guessed)));
        }
        out.push_str(&format!("Inputs that were tried: {}.\n", hunt.inputs()));
    }
    out.push('\n');
    out
}

/// Says how a hunt ended that found no failing input.
fn nothing(hunt: &Hunt) -> String {
    match hunt.ending {
        HuntEnding::NothingFound => {
            format!("No failing input among {} inputs.\n\n", hunt.inputs())
        }
        HuntEnding::Disputed => {
            "The programs that were written from the statement disagree on an input; the page shows it.\n\n".to_owned()
        }
        HuntEnding::Found | HuntEnding::Unusable => String::new(),
    }
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
        Level::Checked => "it ends without an answer",
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
            crash.contains("(it ends without an answer)")
                && crash.contains("It ends with RE.\nThe inputs were guessed")
        );
    }

    #[test]
    fn without_one_it_says_what_was_tried() {
        let mut hunt = found("WA", "agreed", Value::Null, false);
        (hunt["ending"], hunt["counterexample"]) = (json!("nothing_found"), Value::Null);
        assert_eq!(shown(&hunt), "No failing input among 12 inputs.\n\n");
        hunt["ending"] = json!("unusable");
        assert_eq!(shown(&hunt), "");
        assert_eq!(shown(&Value::Null), "");
        assert_eq!(excerpt(&"1\n".repeat(30)).lines().count(), LINES + 1);
    }
}
