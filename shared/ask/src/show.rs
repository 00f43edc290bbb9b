//! The result in the terminal.

use domain::{Analysis, FileName, Fix, FixStatus, Outcome, TestSource, Verification};
use serde_json::Value;

use crate::{
    Trouble,
    failing::failing,
    markdown::plain,
    submission::Submission,
    terminal::{Style, clean},
};

const BOLD: &str = "1";
const DIM: &str = "2";
const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const CYAN: &str = "36";

/// The submission as JSON; what a terminal would obey is escaped, which JSON reads as the same.
pub(crate) fn json(value: &Value) -> Result<String, Trouble> {
    let text =
        serde_json::to_string_pretty(value).map_err(|error| Trouble::Refused(error.to_string()))?;
    let mut out = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        let is_plain = c == '\n'
            || matches!(
                domain::printable(c.encode_utf8(&mut [0; 4])),
                std::borrow::Cow::Borrowed(_)
            );
        if is_plain {
            out.push(c);
        } else {
            // All that is escaped has one unit in UTF-16.
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        }
    }
    out.push('\n');
    Ok(out)
}

/// The submission in words: its bugs, the fix as a diff, the runs, and the address of its page.
pub(crate) fn submission(
    submission: &Submission,
    file: &FileName,
    page: &str,
    style: Style,
) -> String {
    let mut out = String::new();
    if let Some(analysis) = &submission.analysis {
        out.push_str(&explanation(analysis, style));
        let has_fix = analysis.bug_found && submission.withheld.is_none();
        if let Some(program) = submission.program.as_ref().filter(|_| has_fix) {
            let diff = diff::unified(&program.code, &analysis.modified_code, file);
            out.push_str(&coloured(&diff, style));
            out.push('\n');
        }
    }
    out.push_str(&failing(submission, style));
    if let Some(verification) = &submission.verification {
        out.push_str(&proof(verification, style));
    }
    if let Some(withheld) = &submission.withheld {
        let said = format!("Not all is shown: {withheld}");
        out.push_str(&style.paint(YELLOW, &clean(&said)));
        out.push_str("\n\n");
    }
    out.push_str(&clean(page));
    out.push('\n');
    out
}

fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    clean(&line).into_owned()
}

fn explanation(analysis: &Analysis, style: Style) -> String {
    let title = match (analysis.bug_found, analysis.fixes.len()) {
        (false, _) => "No bug found".to_owned(),
        (true, 0 | 1) => "1 bug found".to_owned(),
        (true, count) => format!("{count} bugs found"),
    };
    let colour = if analysis.bug_found { RED } else { GREEN };
    let mut out = style.paint(&format!("{BOLD};{colour}"), &title);
    out.push('\n');
    out.push_str(&plain(&analysis.summary, style.width));
    out.push('\n');
    for (number, fix) in (1..).zip(&analysis.fixes) {
        out.push_str(&style.paint(BOLD, &format!("{number}. {}", heading(fix))));
        out.push('\n');
        // A server that withholds explanations may show hints.
        let words = match &*fix.explanation {
            "" => &fix.hint,
            explanation => explanation,
        };
        out.push_str(&plain(words, style.width));
        out.push('\n');
    }
    out
}

fn heading(fix: &Fix) -> String {
    let place = fix.lines.map(|lines| {
        if lines.start == lines.end {
            format!("line {}", lines.start)
        } else {
            format!("lines {}–{}", lines.start, lines.end)
        }
    });
    let parts = [one_line(&fix.category), one_line(&fix.severity)];
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    parts.chain(place).collect::<Vec<_>>().join(" · ")
}

fn coloured(diff: &str, style: Style) -> String {
    let mut out = String::new();
    for (number, line) in diff.lines().enumerate() {
        let colour = match line.as_bytes().first() {
            _ if number < 2 => BOLD,
            Some(b'@') => CYAN,
            Some(b'+') => GREEN,
            Some(b'-') => RED,
            Some(b'\\') => DIM,
            _ => "",
        };
        let line = clean(line);
        if colour.is_empty() {
            out.push_str(&line);
        } else {
            out.push_str(&style.paint(colour, &line));
        }
        out.push('\n');
    }
    out
}

fn proof(verification: &Verification, style: Style) -> String {
    let mut out = String::new();
    for test in &verification.tests {
        let name = match test.source {
            TestSource::Given | TestSource::Statement => format!("sample {}", test.number),
            TestSource::FailingInput => "your input".to_owned(),
            TestSource::Hunt => format!("found input {}", test.number),
            TestSource::Settled => format!("settled input {}", test.number),
        };
        let verdict = |outcome: &Option<Outcome>| {
            let Some(outcome) = outcome else {
                return style.paint(DIM, "not run");
            };
            let colour = if outcome.is_accepted() { GREEN } else { RED };
            style.paint(colour, outcome.verdict.as_str())
        };
        let mut line = format!("{name}: {}", verdict(&test.before));
        if test.after.is_some() {
            line.push_str(&format!(" → {} with the fix", verdict(&test.after)));
        }
        out.push_str(&line);
        out.push('\n');
    }
    if let Some(status) = verification.status {
        let (colour, words) = match status {
            FixStatus::Verified => (
                GREEN,
                "verified: your program fails a test, and the fix passes all",
            ),
            FixStatus::Improved => (
                YELLOW,
                "improved: it passes tests that your program fails, but it is not proven",
            ),
            FixStatus::Failed => (RED, "failed: it does not pass the tests"),
            FixStatus::Unverified => (YELLOW, "not verified"),
        };
        let why = verification.reason.map_or_else(String::new, |reason| {
            format!(" ({})", reason.as_str().replace('_', " "))
        });
        out.push_str(&format!("The fix is {}{why}\n", style.paint(colour, words)));
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const PLAIN: Style = Style {
        colours: false,
        width: 60,
    };

    fn given() -> Value {
        let run = |verdict: &str| {
            json!({ "verdict": verdict, "cpu_ms": 1, "memory_kb": 1, "exit_code": 0, "signal": null, "output": "", "output_cut": false,
                "errors": "", "difference": null, "near_limit": false, "white_space_differs": false })
        };
        let test = json!({ "source": "given", "number": 1, "input": "", "expected": "", "by_reference": false,
            "before": run("WA"), "after": run("AC") });
        let fix = json!({ "category": "off-by\u{1b}[2J-one", "severity": "critical", "hint": "", "explanation": "So **it** is.",
            "original_snippet": "a", "modified_snippet": "b", "lines": { "start": 1, "end": 2 } });
        let analysis = json!({ "bug_found": true, "summary": "It is\u{7} wrong.", "fixes": [fix], "modified_code": "b\r\n",
            "lines_added": 1, "lines_removed": 1 });
        let code = json!({ "language": "C", "code": "a\r\n", "source": "code", "verified": true });
        let verification = json!({ "status": "verified", "tests": [test] });
        json!({ "status": "COMPLETED", "error": null, "stages": { "code": { "result": code }, "analysis": { "result": analysis },
            "verification": { "result": verification } } })
    }

    #[test]
    fn a_result_is_shown_without_anything_to_obey() {
        let found = Submission::read(&given()).unwrap();
        let file = FileName::parse("main.c").unwrap();
        assert_eq!(
            submission(&found, &file, "http://localhost/x", PLAIN),
            "1 bug found\nIt is\\u{7} wrong.\n\n1. off-by\\u{1b}[2J-one · critical · lines 1–2\nSo it is.\n\n\
             --- a/main.c\n+++ b/main.c\n@@ -1 +1 @@\n-a\n+b\n\nYour program fails on this input (confirmed: the right output is given):\n    (nothing)\nIt answers:\n    (nothing)\nRight is:\n    (nothing)\n\nsample 1: WA → AC with the fix\n\
             The fix is verified: your program fails a test, and the fix passes all\n\nhttp://localhost/x\n"
        );
        assert!(found.outcome("").unwrap());
        let coloured = Style {
            colours: true,
            ..PLAIN
        };
        let shown = submission(&found, &file, "", coloured);
        assert!(shown.contains("\u{1b}[31m-a\u{1b}[0m\n\u{1b}[32m+b\u{1b}[0m\n"));
    }

    #[test]
    fn json_stays_what_it_is() {
        let value = json!({ "a": "\u{1b}[2J\u{9b}\u{202e}\u{7f} 字", "b": 1 });
        let text = json(&value).unwrap();
        assert!(text.contains("\\u001b[2J\\u009b\\u202e\\u007f 字"));
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
